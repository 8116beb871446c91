//! What to type where `head` names several.

use super::App;
use super::ways::{self, Ways};
use crate::Error;
use crate::diagnostics::Usage;
use crate::graph::resolve::ResolveError;
use crate::graph::rivals::Databases;
use crate::graph::symbol::RevisionSymbol;
use crate::graph::{RevisionGraph, RevisionIndex};
use crate::plan::PlanError;
use crate::revision::RevisionId;

/// The same error with hints that are known to work, if it is that one.
pub(super) fn explain(app: &App, err: anyhow::Error) -> anyhow::Error {
    let found = err.chain().find_map(|it| match it.downcast_ref::<Error>() {
        Some(Error::Plan(PlanError::Resolve(ResolveError::MultipleHeads { symbol, heads }))) => {
            Some((symbol.as_str(), heads.as_slice()))
        }
        _ => None,
    });
    let Some((symbol, heads)) = found else { return err };
    // Whatever keeps from knowing more: what the error itself says is true.
    let Ok(hints) = hints(app, symbol, heads) else { return err };
    let usage = Usage::new(err.to_string());
    hints.into_iter().fold(usage, Usage::hint).into()
}

fn hints(app: &App, symbol: &str, heads: &[RevisionId]) -> anyhow::Result<Vec<String>> {
    let project = app.project()?;
    let graph = project.graph()?;
    let databases = project.databases(app, &graph);
    let heads: Vec<RevisionIndex> =
        heads.iter().filter_map(|it| graph.by_id(it.as_str())).collect();
    if let Some(name) = of_several(&heads, &databases) {
        return Ok(vec![format!(
            "these are the heads of several databases: choose one with `-n`, for example `-n {name}`"
        )]);
    }
    let names: Vec<String> = heads.iter().map(|it| name(&graph, *it)).collect();
    let names = names.join("`, `");
    let mut hints = vec![if symbol == "head" {
        format!("name one of them, `{names}`, or say `heads` for all")
    } else {
        format!("name one of them: `{names}`")
    }];
    let rivals = graph.rivals(&heads, &databases);
    if rivals.is_empty() {
        let merge = ways::merge(&graph, &heads);
        hints.push(format!("or, if they are not meant to stay apart, {merge}"));
    } else {
        let known = ways::known_if_any(app, &project);
        let ways = Ways { project: &project, graph: &graph, databases: &databases, known: &known };
        hints.extend(rivals.iter().map(|it| ways.of(it)));
    }
    Ok(hints)
}

/// The name of one of several databases that have no head in common.
fn of_several<'d>(heads: &[RevisionIndex], databases: &'d Databases) -> Option<&'d str> {
    let (first, rest) = heads.split_first()?;
    rest.iter().find(|it| databases.part(*first, **it))?;
    databases.of(*first).next()
}

/// What names a head and no other, now and when something follows it; else its id.
fn name(graph: &RevisionGraph, head: RevisionIndex) -> String {
    let labels = &graph.branch_labels()[head.as_usize()];
    let is_its = |it: &String| {
        let symbol = it.parse::<RevisionSymbol>();
        symbol.is_ok_and(|it| graph.resolve_one(&it).is_ok_and(|found| found == head))
    };
    let by_label = labels.iter().map(|it| format!("{it}@head")).find(is_its);
    by_label.unwrap_or_else(|| graph.id(head).to_string())
}
