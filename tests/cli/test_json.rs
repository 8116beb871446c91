//! `--json` of every command; the shapes are those of docs/json.md

use serde_json::{Value, json};

use crate::support::TestEnv;

/// A diamond with a label, at b2.
fn env() -> TestEnv {
    let env = TestEnv::with_graph(&["a1", "b2 < a1 [left]", "c3 < a1", "d4 < b2 c3 ~x9", "x9"]);
    env.run("upgrade b2").ok();
    env
}

/// The ids of a list of revisions.
fn ids(answer: &Value) -> Vec<&str> {
    answer.as_array().unwrap().iter().map(|it| it["revision"].as_str().unwrap()).collect()
}

/// The keys of an object, in the order in which they are printed.
fn keys(env: &TestEnv, line: &str) -> Vec<String> {
    let text = env.run(line).stdout;
    let keys = text.lines().filter_map(|it| it.trim().strip_prefix('"')?.split_once("\":"));
    keys.map(|(key, _)| key.to_owned()).collect()
}

#[test]
fn a_revision_has_the_same_shape_everywhere() {
    let env = env();
    let shown = env.run("show d4 --json").json();
    assert_eq!(
        shown,
        json!([{
            "revision": "d4",
            "down_revision": ["b2", "c3"],
            "depends_on": ["x9"],
            "branch_labels": ["left"],
            "message": "make d4",
            "create_date": null,
            "path": "versions/d4.sql",
            "followed_by": [],
            "is_head": true,
            "is_effective_head": false,
            "is_base": false,
            "is_branch_point": false,
            "is_merge_point": true,
            "is_reversible": true,
        }])
    );
    assert_eq!(env.run("heads --json --resolve-dependencies").json(), shown);
    assert_eq!(env.run("--json history -r d4:").json(), shown);
    assert_eq!(ids(&env.run("heads --json").json()), ["d4", "x9"]);
    assert_eq!(ids(&env.run("show --json heads").json()), ["d4"]);
    assert_eq!(ids(&env.run("show --json current").json()), ["b2"]);
    assert_eq!(ids(&env.run("history --json").json()), ["d4", "b2", "c3", "a1", "x9"]);
    assert_eq!(env.run("show base --json").json(), json!([]));
}

#[test]
fn history_marks_what_is_current() {
    let env = env();
    let history = env.run("history --json -i").json();
    let current: Vec<_> = history.as_array().unwrap().iter().map(|it| &it["is_current"]).collect();
    assert_eq!(current, [false, true, false, false, false]);
    assert_eq!(history[0]["is_reversible"], true);
    env.revision("x9").irreversible().header("create_date = 2026-11-03T14:40:11Z").write();
    let shown = env.run("show x9 --json").json();
    assert_eq!(shown[0]["is_reversible"], false);
    assert_eq!(shown[0]["create_date"], "2026-11-03T14:40:11Z");
    assert!(shown[0].get("is_current").is_none());
}

#[test]
fn current_says_what_is_pending() {
    let env = env();
    let mut current = env.run("current --json").json();
    assert_eq!(ids(&current["revisions"]), ["b2"]);
    current["revisions"] = Value::Null;
    assert_eq!(
        current,
        json!({
            "database": "app.db",
            "rows": ["b2"],
            "revisions": null,
            "pending": ["x9", "c3", "d4"],
            "is_at_heads": false,
        })
    );
    env.run("current --json -c").exits_with(1);
    env.run("upgrade heads").ok();
    let current = env.run("current --json -c");
    assert_eq!(current.status, Some(0));
    assert_eq!(current.json()["is_at_heads"], true);
}

#[test]
fn branches_have_what_follows_them() {
    let branches = env().run("branches --json").json();
    assert_eq!(ids(&branches), ["a1"]);
    assert_eq!(branches[0]["is_branch_point"], true);
    assert_eq!(ids(&branches[0]["branches"]), ["b2", "c3"]);
}

#[test]
fn a_run_says_what_ran() {
    let env = env();
    env.revision("c3")
        .after("a1")
        .up("INSERT INTO t_a1 VALUES (7), (8);\nSELECT 1;")
        .down("")
        .write();
    let mut run = env.run("upgrade c3 --json").json();
    assert!(run["revisions"][0]["elapsed_ms"].as_f64().unwrap() > 0.0);
    run["revisions"][0]["elapsed_ms"] = json!(0);
    let expected = json!({
        "database": "app.db",
        "direction": "upgrade",
        "dry_run": false,
        "from": ["b2"],
        "to": ["b2", "c3"],
        "revisions": [{
            "revision": "c3",
            "message": "make c3",
            "elapsed_ms": 0,
            "statements": 2,
            "changed_rows": 2,
        }],
        "backup": null,
    });
    assert_eq!(run, expected);
    assert_eq!(env.run("upgrade c3 --json").json()["revisions"], json!([]));
    let run = env.run("downgrade base --json --dry-run").json();
    assert_eq!(run["direction"], "downgrade");
    assert_eq!(run["dry_run"], true);
    assert_eq!(run["to"], json!([]));
    assert_eq!(ids(&run["revisions"]), ["b2", "c3", "a1"]);
    assert_eq!(env.rows(), ["b2", "c3"]);
}

#[test]
fn a_stamp_says_from_where_to_where() {
    let env = env();
    assert_eq!(
        env.run("stamp c3 x9 --json").json(),
        json!({"database": "app.db", "dry_run": false, "from": ["b2"], "to": ["b2", "c3", "x9"]})
    );
    assert_eq!(
        env.run("stamp base --json --dry-run").json(),
        json!({"database": "app.db", "dry_run": true, "from": ["b2", "c3", "x9"], "to": []})
    );
}

#[test]
fn a_new_file_is_named() {
    let env = env();
    assert_eq!(
        env.run("revision --json -m 'add email' --head d4").json(),
        json!({
            "revision": "aaaa11112222",
            "down_revision": ["d4"],
            "message": "add email",
            "path": "versions/aaaa11112222_add_email.sql",
        })
    );
    env.run("revision --head c3 --splice").ok();
    let merged = env.run("merge --json aaaa bbbb -m join").json();
    assert_eq!(merged["down_revision"], json!(["aaaa11112222", "bbbb11112222"]));
}

#[test]
fn a_hook_does_not_write_into_the_answer() {
    let env = TestEnv::new();
    env.config("[[hooks]]\ncommand = [\"echo\", \"reformatted\"]");
    let output = env.run("revision --json");
    assert!(output.stderr.contains("reformatted\n"), "{output}");
    assert_eq!(output.json()["revision"], "aaaa11112222");
}

#[test]
fn a_project_and_its_templates_are_named() {
    let env = TestEnv::empty();
    assert_eq!(
        env.run("init --json app").json(),
        json!({
            "directory": "$DIR/app",
            "template": "generic",
            "files": [
                "app/alembic.toml",
                "app/versions/README.md",
                "app/.env.example",
                "app/templates/revision.sql.jinja",
            ],
        })
    );
    let templates = env.run("list-templates --json").json();
    assert_eq!(templates[0], json!({"name": "generic", "summary": "one database"}));
    assert_eq!(templates.as_array().unwrap().len(), 4);
}

#[test]
fn the_version_table_is_named() {
    let env = TestEnv::with_graph(&["a1"]);
    let made = json!({"database": "app.db", "version_table": "alembic_version", "made": true});
    assert_eq!(env.run("ensure-version --json").json(), made);
    assert_eq!(env.run("ensure-version --json").json()["made"], false);
}

#[test]
fn an_error_leaves_the_answer_empty() {
    let env = TestEnv::with_graph(&["a1"]);
    for line in ["upgrade nope --json", "current --json", "show nope --json", "man --json"] {
        let output = env.run(line);
        assert_eq!((output.status, output.stdout.as_str()), (Some(2), ""), "{line}");
        assert!(output.stderr.starts_with("error: "), "{line}");
    }
}

#[test]
fn the_document_has_every_key() {
    let env = env();
    let document = include_str!("../../docs/json.md");
    for line in [
        "show d4 --json",
        "history -i --json",
        "current --json",
        "branches --json",
        "upgrade --json --dry-run",
        "backup --json",
        "stamp --json --dry-run a1",
        "revision --json -m x --head d4",
        "ensure-version --json",
        "list-templates --json",
        "init --json elsewhere",
    ] {
        for key in keys(&env, line) {
            assert!(document.contains(&format!("`{key}`")), "docs/json.md lacks `{key}` ({line})");
        }
    }
}
