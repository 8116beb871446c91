//! Revisions run in Alembic's order.

use serde_json::json;

use super::graphs;
use super::project::Pair;

/// `upgrade aaaa -> b111` for each step of a script.
fn steps(script: &str) -> Vec<String> {
    let steps = script.lines().filter_map(|it| it.strip_prefix("-- Running "));
    steps.map(|it| it.split(", What").next().unwrap().trim_end().to_owned()).collect()
}

#[test]
fn scripts_have_the_same_steps() {
    for graph in graphs::ALL {
        let Some(mut pair) = Pair::new(graph) else { return };
        let mut targets: Vec<String> = graph.revisions.iter().map(|it| it.id.to_owned()).collect();
        targets.push("heads".to_owned());
        for target in targets {
            let theirs = pair.alembic("upgrade", &[&target], &json!({"sql": true})).unwrap();
            let ours = pair.migrator(&["upgrade", &target, "--sql"]).unwrap();
            assert!(!steps(&theirs).is_empty());
            assert_eq!(steps(&ours), steps(&theirs), "{} to {target}", graph.name);
        }
        for id in graph.revisions.iter().map(|it| it.id) {
            let range = format!("{id}:base");
            let theirs = pair.alembic("downgrade", &[&range], &json!({"sql": true})).unwrap();
            let ours = pair.migrator(&["downgrade", &range, "--sql"]).unwrap();
            assert_eq!(steps(&ours), steps(&theirs), "{} {range}", graph.name);
        }
    }
}
