//! `migrator heads`

use super::App;
use super::format::{Formatter, LineParts};
use super::output::Format;
use super::ways::{self, Ways};
use crate::diagnostics::ExitStatus;
use crate::graph::rivals::Databases;
use crate::revision::RevisionId;

/// Show the head revisions
///
/// A head is a revision that no other follows. More than one means that the history has branched;
/// `migrator merge heads` joins it, and `migrator rebase` makes one line of it.
#[derive(Debug, clap::Args)]
pub(super) struct HeadsArgs {
    /// Leave out heads that another revision depends on
    #[arg(long)]
    resolve_dependencies: bool,

    /// Exit with 1 if there are several that nothing tells apart
    ///
    /// For CI: two branches that each added a revision are two heads when they are merged, and
    /// `upgrade head` is refused then. Heads with different branch labels are meant to stay apart, and
    /// so are those of different databases.
    #[arg(long)]
    check: bool,
}

pub(super) fn run(app: &mut App, args: &HeadsArgs) -> anyhow::Result<ExitStatus> {
    let project = app.project()?;
    let graph = project.graph()?;
    let heads = if args.resolve_dependencies { graph.real_heads() } else { graph.heads() };
    let databases = if args.check { project.databases(app, &graph) } else { Databases::default() };
    let rivals = if args.check { graph.rivals(&heads, &databases) } else { Vec::new() };
    let status = if rivals.is_empty() { ExitStatus::Done } else { ExitStatus::No };
    let formatter = Formatter::new(&graph, None);
    if app.output.format == Format::Json {
        let answer: Vec<_> = heads.iter().map(|it| formatter.json(*it)).collect();
        app.output.json(&answer)?;
        return Ok(status);
    }
    if heads.is_empty() {
        app.output.status(super::NO_REVISIONS);
    }
    let is_verbose = app.output.verbosity > 0;
    for head in heads.iter().copied() {
        if is_verbose {
            app.output.line(formatter.block(head))?;
        } else {
            let parts = LineParts { labels: true, ..LineParts::default() };
            app.output.line(formatter.line(head, parts))?;
        }
    }
    if !rivals.is_empty() {
        let known = ways::known_if_any(app, &project);
        let ways = Ways { project: &project, graph: &graph, databases: &databases, known: &known };
        for group in &rivals {
            let ids = graph.ids(group);
            let ids: Vec<&str> = ids.iter().map(RevisionId::as_str).collect();
            let apart = if group.len() == heads.len() { "" } else { " that nothing tells apart" };
            let ids = format!("{} heads{apart}: {}", ids.len(), ids.join(", "));
            app.output.status(format_args!("there are {ids}"));
            app.output.status(ways.of(group));
        }
    }
    Ok(status)
}
