//! What is printed is what Alembic prints, for the same graph and the same database.

use serde_json::{Value, json};

use super::graphs;
use super::project::{Pair, Tool};

/// Without what must differ: paths, how the database is called, and what Alembic keeps in sets,
/// whose order is another each time.
fn normalized(text: &str) -> String {
    let is_same = |line: &&str| !line.starts_with("Path: ") && !line.starts_with("Current rev");
    let lines = text.lines().map(str::trim_end).filter(is_same);
    let mut lines: Vec<String> = lines.map(sort_sets).collect();
    // The children of a branch point.
    let is_child = |line: &String| line.trim_start().starts_with("-> ");
    for children in lines.chunk_by_mut(|a, b| is_child(a) && is_child(b)) {
        children.sort();
    }
    lines.join("\n")
}

/// Sorts the labels, children and marks in a line.
fn sort_sets(line: &str) -> String {
    if line.starts_with("Rev: ") {
        // Alembic's blocks, other than its lines, do not tell an effective head from a head.
        let line = line.replace("(effective head)", "(head)");
        let mut words: Vec<&str> = line.split(" (").collect();
        words[1..].sort_unstable();
        return words.join(" (");
    }
    let sort = |list: &str| {
        let mut items: Vec<&str> = list.split(", ").collect();
        items.sort_unstable();
        items.join(", ")
    };
    for key in ["Branches into: ", "Branch names: "] {
        if let Some(list) = line.strip_prefix(key) {
            return format!("{key}{}", sort(list));
        }
    }
    // `a -> b (label, label) (head), message`
    match line.split_once(" (").and_then(|(id, rest)| Some((id, rest.split_once(')')?))) {
        Some((id, (list, rest))) if !id.contains(", What") => {
            format!("{id} ({}){rest}", sort(list))
        }
        _ => line.to_owned(),
    }
}

/// Entries of a list whose order in Alembic is that of a set.
fn sorted(text: &str) -> Vec<String> {
    let text = normalized(text);
    let is_block = text.starts_with("Rev: ");
    let separator = if is_block { "\nRev: " } else { "\n" };
    let mut entries: Vec<String> =
        text.split(separator).map(|it| it.trim_start_matches("Rev: ").trim().to_owned()).collect();
    entries.sort();
    entries
}

struct Command<'c> {
    theirs: &'c str,
    args: &'c [&'c str],
    options: Value,
    ours: &'c [&'c str],
    is_set: bool,
}

fn check(pair: &mut Pair, graph: &str, command: &Command<'_>) {
    let theirs = pair.alembic(command.theirs, command.args, &command.options).unwrap();
    let ours = pair.migrator(command.ours).unwrap();
    if command.is_set {
        assert_eq!(sorted(&ours), sorted(&theirs), "{graph}: {:?}", command.ours);
    } else {
        assert_eq!(normalized(&ours), normalized(&theirs), "{graph}: {:?}", command.ours);
    }
}

#[test]
fn lists_of_the_graph_are_the_same() {
    for graph in graphs::ALL {
        let Some(mut pair) = Pair::new(graph) else { return };
        for (name, is_set) in [("history", false), ("heads", true), ("branches", true)] {
            for verbose in [false, true] {
                let ours: &[&str] = if verbose { &[name, "-v"] } else { &[name] };
                let options = json!({"verbose": verbose});
                let command = Command { theirs: name, args: &[], options, ours, is_set };
                check(&mut pair, graph.name, &command);
            }
        }
        for id in graph.revisions.iter().map(|it| it.id) {
            let (args, ours) = ([id], ["show", id]);
            let options = json!({});
            let command =
                Command { theirs: "show", args: &args, options, ours: &ours, is_set: false };
            check(&mut pair, graph.name, &command);
        }
    }
}

#[test]
fn where_the_database_is_reads_the_same() {
    for graph in graphs::ALL {
        let Some(mut pair) = Pair::new(graph) else { return };
        let targets = graph.revisions.iter().map(|it| it.id).chain(["heads"]);
        for target in targets {
            pair.run(Tool::Migrator, ("upgrade", target)).unwrap();
            for verbose in [false, true] {
                let options = json!({"verbose": verbose});
                let ours: &[&str] = if verbose { &["current", "-v"] } else { &["current"] };
                let command = Command { theirs: "current", args: &[], options, ours, is_set: true };
                check(&mut pair, graph.name, &command);
            }
            let options = json!({"indicate_current": true});
            let ours: &[&str] = &["history", "-i"];
            let command = Command { theirs: "history", args: &[], options, ours, is_set: false };
            check(&mut pair, graph.name, &command);
        }
    }
}

#[test]
fn ranges_of_history_are_the_same() {
    for (graph, ranges) in [
        (&graphs::LINEAR, &["2bbb:3ccc", "2bbb:", ":3ccc", "base:head", "-2:", ":"][..]),
        (&graphs::DIAMOND, &["aaaa:cccc", "b111:", "b222:dddd", ":b111"]),
        (&graphs::BRANCHES, &["shop1:", "root0:ship@head", "shop@base:shop@head"]),
        (&graphs::BASES, &["x111:merge", "z111:", "y222:after"]),
        (&graphs::LADDER, &["l111:mmmm", "root:nnnn", "r111:"]),
    ] {
        let Some(mut pair) = Pair::new(graph) else { return };
        for range in ranges {
            let ours = ["history", "-r", range];
            let options = json!({"rev_range": range});
            let command =
                Command { theirs: "history", args: &[], options, ours: &ours, is_set: false };
            check(&mut pair, graph.name, &command);
        }
    }
}
