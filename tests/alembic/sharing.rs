//! Either tool goes on where the other stopped.

use std::collections::BTreeSet;

use serde_json::json;

use super::graphs::{self, Graph};
use super::project::{Pair, Step, Tool};

/// Who does the steps: each tool alone, and both in turn.
const TURNS: [[Tool; 2]; 4] = [
    [Tool::Alembic, Tool::Alembic],
    [Tool::Migrator, Tool::Migrator],
    [Tool::Alembic, Tool::Migrator],
    [Tool::Migrator, Tool::Alembic],
];

/// The database after a step.
#[derive(Debug, PartialEq, Eq)]
struct State {
    rows: BTreeSet<String>,
    /// Both tools' `current`, in the order of lines.
    current: Vec<String>,
    journal: Vec<String>,
}

fn sorted_lines(text: &str) -> Vec<String> {
    let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

/// Runs all steps and returns what each left. Both tools must agree on where the database is.
fn run(pair: &mut Pair, turns: [Tool; 2], steps: &[Step<'_>], may_fail: bool) -> Vec<State> {
    pair.reset();
    let mut states = Vec::new();
    for (step, tool) in steps.iter().zip(turns.iter().cycle()) {
        let (rows, journal) = (pair.rows(), pair.journal());
        if let Err(err) = pair.run(*tool, *step) {
            assert!(may_fail, "{tool:?} {step:?}: {err}");
            assert_eq!((pair.rows(), pair.journal()), (rows, journal), "{tool:?} {step:?}: {err}");
        }
        let current = sorted_lines(&pair.migrator(&["current"]).unwrap());
        let theirs = sorted_lines(&pair.alembic("current", &[], &json!({})).unwrap());
        assert_eq!(current, theirs, "{turns:?} after {step:?}");
        states.push(State { rows: pair.rows(), current, journal: pair.journal() });
    }
    states
}

/// Whoever does the steps, each must leave what Alembic alone leaves.
fn check(graph: &Graph, steps: &[Step<'_>], may_fail: bool) {
    let Some(mut pair) = Pair::new(graph) else { return };
    let expected = run(&mut pair, TURNS[0], steps, may_fail);
    for turns in &TURNS[1..] {
        let found = run(&mut pair, *turns, steps, may_fail);
        for ((step, found), expected) in steps.iter().zip(&found).zip(&expected) {
            assert_eq!(found, expected, "{}: {turns:?}, {step:?} of {steps:?}", graph.name);
        }
    }
}

#[test]
fn a_line() {
    check(
        &graphs::LINEAR,
        &[
            ("upgrade", "2bbb"),
            ("upgrade", "+1"),
            ("downgrade", "-1"),
            ("upgrade", "head"),
            ("upgrade", "head"),
            ("downgrade", "1aaa"),
            ("stamp", "3ccc"),
            ("upgrade", "heads"),
            ("stamp", "base"),
            ("stamp", "head"),
            ("downgrade", "4ddd"),
        ],
        false,
    );
}

#[test]
fn a_diamond() {
    check(
        &graphs::DIAMOND,
        &[
            ("upgrade", "b222"),
            ("upgrade", "b111"),
            ("upgrade", "cccc"),
            ("downgrade", "b111"),
            ("upgrade", "head"),
            ("downgrade", "aaaa"),
            ("upgrade", "dddd"),
            ("downgrade", "base"),
            ("upgrade", "head"),
            // Not `b111`: Alembic would forget that `b222` is applied.
            ("stamp", "cccc"),
            ("stamp", "heads"),
            ("stamp", "aaaa"),
            ("stamp", "base"),
        ],
        false,
    );
}

#[test]
fn branches_with_labels() {
    check(
        &graphs::BRANCHES,
        &[
            ("upgrade", "shop@head"),
            ("upgrade", "ship@+1"),
            ("upgrade", "heads"),
            ("downgrade", "ship@ship1"),
            ("downgrade", "shop@-1"),
            ("upgrade", "sea@head"),
            ("upgrade", "shop@+1"),
            ("downgrade", "root0"),
            ("upgrade", "heads"),
            ("stamp", "shop1"),
            ("upgrade", "ship@head"),
            ("downgrade", "base"),
        ],
        false,
    );
}

#[test]
fn dependencies_across_trees() {
    check(
        &graphs::DEPENDENCIES,
        &[
            ("upgrade", "b222"),
            ("upgrade", "a333"),
            ("upgrade", "b333"),
            ("upgrade", "a444"),
            ("downgrade", "b222"),
            ("upgrade", "cars@head"),
            ("downgrade", "b111"),
            ("upgrade", "heads"),
            ("downgrade", "a222"),
            ("upgrade", "heads"),
            ("downgrade", "base"),
            ("upgrade", "c111"),
            ("upgrade", "b111"),
            ("upgrade", "heads"),
        ],
        false,
    );
}

#[test]
fn several_bases() {
    check(
        &graphs::BASES,
        &[
            ("upgrade", "x222"),
            ("upgrade", "z111"),
            ("upgrade", "heads"),
            ("downgrade", "merge"),
            ("downgrade", "x222"),
            ("upgrade", "merge"),
            ("downgrade", "z111"),
            ("upgrade", "heads"),
            ("downgrade", "base"),
            ("upgrade", "merge"),
        ],
        false,
    );
}

#[test]
fn merges_within_merges() {
    check(
        &graphs::LADDER,
        &[
            ("upgrade", "mmmm"),
            ("upgrade", "nnnn"),
            ("upgrade", "r111"),
            ("upgrade", "heads"),
            ("downgrade", "mmmm"),
            ("upgrade", "heads"),
            ("downgrade", "l111"),
            ("upgrade", "l333"),
            ("upgrade", "tttt"),
            ("downgrade", "root"),
            ("upgrade", "heads"),
            ("downgrade", "base"),
        ],
        false,
    );
}

#[test]
fn any_targets() {
    // The same ones each time; what one tool refuses the other may take for nothing to do, and
    // neither changes anything then.
    let mut state: u32 = 2026;
    let mut next = |n: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize % n
    };
    for graph in graphs::ALL {
        let ids: Vec<&str> = graph.revisions.iter().map(|it| it.id).collect();
        let steps: Vec<Step<'_>> = (0..20)
            .map(|_| match next(8) {
                0..=3 => ("upgrade", ids[next(ids.len())]),
                4..=5 => ("downgrade", ids[next(ids.len())]),
                6 => ("upgrade", "heads"),
                _ => ("downgrade", "base"),
            })
            .collect();
        check(graph, &steps, true);
    }
}

#[test]
fn neither_finds_anything_to_do_after_the_other() {
    for graph in graphs::ALL {
        let Some(mut pair) = Pair::new(graph) else { return };
        for [first, second] in [TURNS[2], TURNS[3]] {
            pair.reset();
            for step in [("upgrade", "heads"), ("downgrade", "base")] {
                pair.run(first, step).unwrap();
                let (rows, journal) = (pair.rows(), pair.journal());
                assert_eq!(journal.len() % graph.revisions.len(), 0);
                pair.run(second, step).unwrap();
                assert_eq!((pair.rows(), pair.journal()), (rows, journal), "{}", graph.name);
            }
            pair.run(first, ("upgrade", "heads")).unwrap();
            pair.migrator(&["current", "--check-heads"]).unwrap();
        }
    }
}

#[test]
fn a_database_that_came_from_alembic_is_told_once_what_it_lacks() {
    let Some(mut pair) = Pair::new(&graphs::LINEAR) else { return };
    pair.run(Tool::Alembic, ("upgrade", "2bbb")).unwrap();
    let status = pair.good_status();
    assert!(status.contains("log       none: what ran before is not known"), "{status}");
    let told = "warning: migrator_log did not know of the 2 revisions from `1aaa` to `2bbb`: what \
                ran before is not known, and is taken as the files say now";
    let said = pair.says(&["upgrade", "3ccc"]);
    assert_eq!(said.matches(told).count(), 1, "{said}");
    for args in [
        ["upgrade", "head"],
        ["downgrade", "-1"],
        ["upgrade", "head"],
        ["stamp", "2bbb"],
        ["stamp", "head"],
    ] {
        let said = pair.says(&args);
        assert!(!said.contains("migrator_log"), "{said}");
        // A stamp runs nothing, which the schema shows; the log knows of it.
        let status = pair.output_of(&["status"]).1;
        assert!(!status.contains("the version table says"), "{status}");
    }
    let logged = pair.migrator(&["log", "1aaa"]).unwrap();
    assert!(logged.contains("  baseline  1aaa"), "{logged}");

    // What Alembic runs from then on is found, and does no harm.
    pair.run(Tool::Alembic, ("downgrade", "2bbb")).unwrap();
    pair.run(Tool::Alembic, ("upgrade", "4ddd")).unwrap();
    pair.good_status();
    pair.run(Tool::Alembic, ("downgrade", "base")).unwrap();
    pair.migrator(&["status"]).unwrap_err();
    pair.migrator(&["upgrade", "head"]).unwrap();
    pair.good_status();
}

#[test]
fn what_alembic_ran_is_accepted_and_runs_no_second_time() {
    let Some(mut pair) = Pair::new(&graphs::LINEAR) else { return };
    pair.run(Tool::Migrator, ("upgrade", "1aaa")).unwrap();
    pair.run(Tool::Alembic, ("upgrade", "2bbb")).unwrap();
    let journal = pair.journal();
    // The first thing that is said mends it, whether the next upgrade comes before or after.
    let mend = |pair: &Pair| {
        let status = pair.output_of(&["status"]).1;
        let (_, wrong) = status.split_once("\nwrong ").expect("a trouble");
        let (_, hint) = wrong.split_once("`migrator ").expect("a command");
        let (command, rest) = hint.split_once('`').unwrap();
        pair.migrator(&command.split(' ').collect::<Vec<_>>()).unwrap();
        pair.good_status();
        (command.to_owned(), rest.to_owned())
    };
    let (command, rest) = mend(&pair);
    assert_eq!(command, "repair 2bbb");
    assert!(rest.contains("; the schema is what the version table has"), "{rest}");
    pair.migrator(&["upgrade", "2bbb"]).unwrap();
    assert_eq!(pair.journal(), journal);

    pair.run(Tool::Alembic, ("upgrade", "3ccc")).unwrap();
    let said = pair.says(&["upgrade", "head"]);
    assert!(said.contains("the version table calls `3ccc` applied"), "{said}");
    assert_eq!(mend(&pair).0, "repair 3ccc");
    assert_eq!(pair.journal(), ["+1aaa", "+2bbb", "+3ccc", "+4ddd"]);
    let again = pair.says(&["upgrade", "head"]);
    assert!(again.contains("nothing to do"), "{again}");
}

#[test]
fn the_version_table_is_the_same_to_the_letter() {
    let Some(mut pair) = Pair::new(&graphs::LINEAR) else { return };
    let mut table = |tool, step| {
        pair.reset();
        pair.run(tool, step).unwrap();
        // Alembic breaks the line, which SQLite keeps.
        pair.version_table()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .replace("( ", "(")
            .replace(" )", ")")
    };
    let theirs = table(Tool::Alembic, ("upgrade", "head"));
    assert_eq!(table(Tool::Migrator, ("upgrade", "head")), theirs);
    assert_eq!(table(Tool::Migrator, ("stamp", "head")), theirs);
}
