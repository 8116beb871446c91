//! `migrator branches`

use serde::Serialize;

use super::App;
use super::format::{Formatter, LineParts, RevisionJson};
use super::output::Format;
use crate::diagnostics::ExitStatus;
use crate::graph::walk::RevisionSet;

/// Show the revisions at which the history branches
///
/// A branch point is a revision that several others follow. Each is shown with those that follow
/// it; with `-v`, in full.
#[derive(Debug, clap::Args)]
pub(super) struct BranchesArgs {}

/// A branch point as JSON: the revision, and the revisions that follow it.
#[derive(Serialize)]
struct BranchJson {
    #[serde(flatten)]
    revision: RevisionJson,
    branches: Vec<RevisionJson>,
}

pub(super) fn run(app: &mut App, _args: &BranchesArgs) -> anyhow::Result<ExitStatus> {
    let graph = app.project()?.graph()?;
    let formatter = Formatter::new(&graph, None);
    let mut points = graph.downgrade_order(&RevisionSet::of(&graph, graph.indices()));
    points.retain(|it| graph.is_branch_point(*it));
    if app.output.format == Format::Json {
        let answer: Vec<_> = points
            .iter()
            .map(|point| BranchJson {
                revision: formatter.json(*point),
                branches: graph
                    .down_children(*point)
                    .iter()
                    .map(|it| formatter.json(*it))
                    .collect(),
            })
            .collect();
        app.output.json(&answer)?;
        return Ok(ExitStatus::Done);
    }
    let is_verbose = app.output.verbosity > 0;
    for point in points {
        let head = if is_verbose {
            formatter.block(point)
        } else {
            let parts = LineParts { labels: true, points: true, ..LineParts::default() };
            formatter.line(point, parts)
        };
        app.output.line(head)?;
        let indent = " ".repeat(graph.id(point).as_str().chars().count());
        for child in graph.down_children(point) {
            let parts = LineParts {
                labels: true,
                points: true,
                message: is_verbose,
                ..LineParts::default()
            };
            app.output.line(format_args!("{indent} -> {}", formatter.line(*child, parts)))?;
        }
        app.output.line("")?;
    }
    Ok(ExitStatus::Done)
}
