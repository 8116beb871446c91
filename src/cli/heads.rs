//! `migrator heads`

use super::App;
use super::format::{Formatter, LineParts};
use super::output::Format;
use crate::diagnostics::ExitStatus;

/// Show the head revisions
///
/// A head is a revision that no other follows. More than one means that the history has branched;
/// `migrator merge heads` joins it.
#[derive(Debug, clap::Args)]
pub(super) struct HeadsArgs {
    /// Leave out heads that another revision depends on
    #[arg(long)]
    resolve_dependencies: bool,
}

pub(super) fn run(app: &mut App, args: &HeadsArgs) -> anyhow::Result<ExitStatus> {
    let graph = app.project()?.graph()?;
    let heads = if args.resolve_dependencies { graph.real_heads() } else { graph.heads() };
    let formatter = Formatter::new(&graph, None);
    if app.output.format == Format::Json {
        let answer: Vec<_> = heads.iter().map(|it| formatter.json(*it)).collect();
        app.output.json(&answer)?;
        return Ok(ExitStatus::Done);
    }
    if heads.is_empty() {
        app.output.status(super::NO_REVISIONS);
    }
    let is_verbose = app.output.verbosity > 0;
    for head in heads {
        if is_verbose {
            app.output.line(formatter.block(head))?;
        } else {
            let parts = LineParts { labels: true, ..LineParts::default() };
            app.output.line(formatter.line(head, parts))?;
        }
    }
    Ok(ExitStatus::Done)
}
