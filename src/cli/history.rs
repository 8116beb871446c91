//! `migrator history`

use renderdag::{Ancestor, GraphRowRenderer, Renderer as _};

use super::App;
use super::format::{Formatter, LineParts};
use super::output::Format;
use crate::diagnostics::ExitStatus;
use crate::graph::symbol::{Anchor, SymbolRange};
use crate::graph::walk::RevisionSet;
use crate::graph::{RevisionGraph, RevisionIndex};

/// List the revisions, newest first
///
/// Each line says what a revision follows, its id, its branch labels and its message.
#[derive(Debug, clap::Args)]
pub(super) struct HistoryArgs {
    /// List only A to B, both included; either side may be left out
    ///
    /// `-r current:` is what is applied and what is not yet; `-r -3:` is three below each head.
    #[arg(long, short, value_name = "A:B", allow_hyphen_values = true)]
    rev_range: Option<SymbolRange>,

    /// Mark the current revisions of the database
    #[arg(long, short)]
    indicate_current: bool,

    /// Draw branches and merges beside the revisions
    #[arg(long)]
    graph: bool,
}

pub(super) fn run(app: &mut App, args: &HistoryArgs) -> anyhow::Result<ExitStatus> {
    let project = app.project()?;
    let graph = project.graph()?;
    let (lower, upper) = match &args.rev_range {
        Some(range) => (range.lower.as_ref(), range.upper.as_ref()),
        None => (None, None),
    };
    let asks_database = args.indicate_current
        || [lower, upper].into_iter().flatten().any(|it| it.anchor == Anchor::Current);
    let rows = if asks_database { project.applied(&graph)? } else { Vec::new() };
    let listed = graph.history(lower, upper, &rows).map_err(crate::Error::from)?;
    let marked = args.indicate_current.then(|| RevisionSet::of(&graph, rows.iter().copied()));
    let formatter = Formatter::new(&graph, marked);

    if app.output.format == Format::Json {
        let answer: Vec<_> = listed.iter().map(|it| formatter.json(*it)).collect();
        app.output.json(&answer)?;
        return Ok(ExitStatus::Done);
    }
    if graph.indices().next().is_none() {
        app.output.status(super::NO_REVISIONS);
    }
    let is_verbose = app.output.verbosity > 0;
    let show = |index: RevisionIndex| {
        if is_verbose {
            return formatter.block(index);
        }
        let parts = LineParts { parents: !args.graph, labels: true, points: true, message: true };
        formatter.line(index, parts)
    };
    if args.graph {
        let current = RevisionSet::of(&graph, rows);
        for row in drawn(&graph, &listed, &current, show) {
            app.output.line(row.trim_end_matches('\n'))?;
        }
    } else {
        for index in listed {
            app.output.line(show(index))?;
        }
    }
    Ok(ExitStatus::Done)
}

/// The revisions with lines between them, one text for each.
fn drawn(
    graph: &RevisionGraph,
    listed: &[RevisionIndex],
    current: &RevisionSet,
    show: impl Fn(RevisionIndex) -> String,
) -> Vec<String> {
    let is_listed = RevisionSet::of(graph, listed.iter().copied());
    let mut renderer = GraphRowRenderer::new().output().with_min_row_height(0).build_box_drawing();
    listed
        .iter()
        .map(|index| {
            let edge = |parent: &RevisionIndex| {
                if is_listed.contains(*parent) {
                    Ancestor::Parent(*parent)
                } else {
                    // It goes on below what is listed.
                    Ancestor::Anonymous
                }
            };
            let parents = graph.parents(*index).iter().map(edge).collect();
            let glyph = if current.contains(*index) { "@" } else { "o" };
            renderer.next_row(*index, parents, glyph.to_owned(), show(*index))
        })
        .collect()
}
