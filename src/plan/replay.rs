//! Replays the calls that were recorded from Alembic's own tests (`tests/cases/traversal.txt`).
//!
//! Each must give the same revisions in the same order, leave the same rows, and fail where
//! Alembic fails; except those in [`ON_PURPOSE`], each with the point of the contract (section 4.1)
//! that it falls under.

use std::collections::BTreeSet;

use super::goal::{Goal, reverted_from};
use super::stamp::{Purge, plan_stamp};
use super::{Plan, PlanError};
use crate::graph::history::RangeKind;
use crate::graph::resolve::Overwalk;
use crate::graph::symbol::RevisionSymbol;
use crate::graph::testing::{revisions, words};
use crate::graph::{Edges, RevisionGraph, RevisionIndex};

/// The calls that differ, what we answer, and the point of the contract that says so.
const ON_PURPOSE: &[(&str, &str, &str)] = &[
    // Point 4: `-N` with several rows is an error; Alembic takes the first one.
    ("BranchedPathTest::test_downgrade_once_order_left", "error", "4"),
    ("BranchedPathTest::test_downgrade_once_order_left_unbalanced", "error", "4"),
    ("BranchedPathTest::test_downgrade_once_order_right", "error", "4"),
    ("BranchedPathTest::test_downgrade_once_order_right_unbalanced", "error", "4"),
    // Point 7: a stamp loses no other lineage; Alembic forgets `b2`, and here `d1`.
    ("DependsOnBranchTestOne::test_stamp_across_dependency", "b1,b2", "7"),
    ("MergedPathTest::test_stamp_down_across_merge_point_branch", "c2,d1", "7"),
];

/// One recorded call.
#[derive(Default)]
struct Call {
    name: String,
    run: String,
    /// The revisions in order; `None` for a stamp, which is known by its rows.
    result: Option<String>,
    /// The rows after.
    end: Option<String>,
}

/// The fixture's graphs and their calls.
fn read_fixture(text: &str) -> Vec<(String, Vec<Call>)> {
    let mut graphs: Vec<(String, Vec<Call>)> = Vec::new();
    let mut fixture = "";
    for line in text.lines().filter(|it| !it.starts_with('#') && !it.is_empty()) {
        if let Some(name) = line.strip_prefix("graph ") {
            fixture = name;
            graphs.push((String::new(), Vec::new()));
            continue;
        }
        let (graph, calls) = graphs.last_mut().expect("a graph comes first");
        if let Some(name) = line.strip_prefix("call ") {
            calls.push(Call { name: format!("{fixture}::{name}"), ..Call::default() });
            continue;
        }
        let line = line.trim_start();
        match calls.last_mut() {
            None => line.clone_into(graph),
            Some(call) => {
                if let Some(result) = line.strip_prefix("-> ") {
                    call.result = Some(result.to_owned());
                } else if let Some(rows) = line.strip_prefix("rows ") {
                    call.end = rows.split_once(" -> ").map(|(_, end)| end.to_owned());
                } else {
                    line.clone_into(&mut call.run);
                }
            }
        }
    }
    graphs
}

/// The items of an argument: `()` is none, commas separate several.
fn items(argument: &str) -> Vec<&str> {
    match argument {
        "()" => Vec::new(),
        list => list.split(',').collect(),
    }
}

fn symbol(text: &str) -> RevisionSymbol {
    // `PARTIAL:c:4` is the beginning of a random id in the recording.
    let text = text.strip_prefix("PARTIAL:").and_then(|it| it.split(':').next()).unwrap_or(text);
    text.parse().expect("a symbol")
}

/// The revisions that a list of symbols without steps names.
fn resolve_all(graph: &RevisionGraph, argument: &str) -> Result<Vec<RevisionIndex>, PlanError> {
    let mut found: Vec<RevisionIndex> = Vec::new();
    for item in items(argument) {
        for index in graph.resolve_absolute(&symbol(item))? {
            if !found.contains(&index) {
                found.push(index);
            }
        }
    }
    Ok(found)
}

/// Answers one call: the revisions and, where it runs something, the rows after.
fn answer(text: &str, run: &str) -> Result<(String, Option<String>), String> {
    let graph = RevisionGraph::new(revisions(text)).map_err(|_| "no graph".to_owned())?;
    let mut arguments = run.split_whitespace();
    let mut next = || arguments.next().unwrap_or("()");
    let (operation, first, second) = (next(), next(), next());
    let flags: Vec<&str> = run.split_whitespace().filter(|it| it.starts_with('+')).collect();
    let has = |flag: &str| flags.contains(&flag);

    let result = match operation {
        "get_revision" => resolve_all(&graph, first).and_then(|found| match found.as_slice() {
            [] => Ok((String::new(), None)),
            [_] => Ok((words(&graph, found), None)),
            _ => Err(graph.resolve_one(&symbol(first)).expect_err("several").into()),
        }),
        "get_revisions" => resolve_all(&graph, first).map(|it| (words(&graph, it), None)),
        "iterate_revisions" if has("+select_for_downgrade") => {
            let inclusive = has("+inclusive");
            iterate_down(&graph, first, second, inclusive, has("+implicit_base"))
                .map(|it| (it, None))
        }
        "iterate_revisions" => {
            let kind = if has("+implicit_base") { RangeKind::Missing } else { RangeKind::Between };
            iterate_up(&graph, first, second, has("+inclusive"), kind).map(|it| (it, None))
        }
        "upgrade" => upgrade(&graph, first, second).map(|plan| described(&graph, &plan)),
        "downgrade" => downgrade(&graph, first, second).map(|plan| described(&graph, &plan)),
        "stamp" => {
            let symbols: Vec<RevisionSymbol> = items(first).into_iter().map(symbol).collect();
            plan_stamp(&graph, &rows(second), &symbols, Purge::No)
                .map(|plan| (String::new(), Some(ids(&plan.end))))
        }
        other => panic!("unknown operation {other}"),
    };
    result.map_err(|err| err.to_string())
}

fn described(graph: &RevisionGraph, plan: &Plan) -> (String, Option<String>) {
    (words(graph, plan.steps.iter().map(|it| it.revision)), Some(ids(&plan.end)))
}

fn ids(ids: &[crate::revision::RevisionId]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

fn rows(argument: &str) -> Vec<String> {
    items(argument).into_iter().filter(|it| *it != "base").map(str::to_owned).collect()
}

fn upgrade(graph: &RevisionGraph, target: &str, from: &str) -> Result<Plan, PlanError> {
    let rows = rows(from);
    let mut targets = Vec::new();
    for target in items(target) {
        match Goal::upgrade(graph, &rows, &symbol(target))? {
            Goal::Applied(found) => targets.extend(found),
            Goal::Reverted(_) => unreachable!("an upgrade applies"),
        }
    }
    Goal::Applied(targets).plan(graph, &rows)
}

fn downgrade(graph: &RevisionGraph, target: &str, from: &str) -> Result<Plan, PlanError> {
    let rows = rows(from);
    let target = if target == "()" { "base" } else { target };
    Goal::downgrade(graph, &rows, &symbol(target))?.plan(graph, &rows)
}

fn iterate_up(
    graph: &RevisionGraph,
    upper: &str,
    lower: &str,
    inclusive: bool,
    kind: RangeKind,
) -> Result<String, PlanError> {
    let mut lower_end = Vec::new();
    for item in items(lower) {
        lower_end.extend(graph.resolve_range_start(&symbol(item))?);
    }
    let mut upper_end = Vec::new();
    for item in items(upper) {
        for index in graph.resolve_upgrade(&symbol(item), &lower_end, Overwalk::Stop)? {
            if !upper_end.contains(&index) {
                upper_end.push(index);
            }
        }
    }
    if let [lower] = items(lower).as_slice()
        && let Some(branch) = graph.branch_of(&symbol(lower))?
    {
        upper_end.retain(|it| branch.lineage.contains(*it));
    }
    let mut found = graph.range(&upper_end, &lower_end, kind)?;
    if inclusive {
        for index in lower_end {
            found.insert(index);
        }
    }
    Ok(words(graph, graph.downgrade_order(&found)))
}

fn iterate_down(
    graph: &RevisionGraph,
    upper: &str,
    lower: &str,
    inclusive: bool,
    implicit_base: bool,
) -> Result<String, PlanError> {
    let rows = resolve_all(graph, upper)?;
    let lower = symbol(lower);
    let target = graph.resolve_absolute(&lower);
    let roots = match (target.as_deref(), inclusive) {
        // Inclusive: the target goes too. It has no meaning for the base.
        (Ok([target]), true) => vec![*target],
        _ => match Goal::downgrade_from(graph, &rows, &lower)? {
            Goal::Reverted(reverted) => reverted.roots,
            Goal::Applied(_) => unreachable!("a downgrade reverts"),
        },
    };
    let mut found = reverted_from(graph, &rows, &roots);
    if implicit_base {
        // Other branches are wound back to the base too.
        let below = graph.ancestors(roots, Edges::All);
        for index in graph.ancestors(rows, Edges::All).iter() {
            if !below.contains(index) {
                found.insert(index);
            }
        }
    }
    Ok(words(graph, graph.downgrade_order(&found)))
}

/// A comma-separated list without its order.
fn as_set(list: &str) -> BTreeSet<&str> {
    items(list).into_iter().filter(|it| !it.is_empty()).collect()
}

#[test]
fn every_recorded_call_replays() {
    let text = include_str!("../../tests/cases/traversal.txt");
    let mut n_calls = 0;
    let mut differing: Vec<String> = Vec::new();
    let mut wrong: Vec<String> = Vec::new();
    for (graph, calls) in read_fixture(text) {
        for call in calls {
            n_calls += 1;
            let found = answer(&graph, &call.run);
            let described = match &found {
                Err(_) => "error".to_owned(),
                Ok((_, Some(end))) if call.result.is_none() => end.clone(),
                Ok((list, _)) if list.is_empty() => "()".to_owned(),
                Ok((list, _)) => list.clone(),
            };
            let is_same_result = call.result.as_ref().is_none_or(|it| *it == described);
            let is_same_end = match (&found, &call.end) {
                (Ok((_, Some(end))), Some(expected)) => as_set(end) == as_set(expected),
                (_, None) | (Ok((_, None)), _) => true,
                (Err(_), Some(_)) => call.result.as_deref() == Some("error"),
            };
            if is_same_result && is_same_end {
                continue;
            }
            if ON_PURPOSE.iter().any(|(name, ours, _)| *name == call.name && *ours == described) {
                differing.push(call.name);
            } else {
                wrong.push(format!(
                    "{}: {}\n  graph {graph}\n  alembic {:?} {:?}\n  migrator {found:?}",
                    call.name, call.run, call.result, call.end
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} calls differ:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(n_calls, 206);
    let listed: Vec<&str> = ON_PURPOSE.iter().map(|(name, _, _)| *name).collect();
    assert_eq!(differing.len(), listed.len(), "all that is listed must differ: {listed:?}");
}
