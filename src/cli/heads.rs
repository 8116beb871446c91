//! `migrator heads`

use super::App;
use super::format::{Formatter, LineParts};
use super::output::Format;
use crate::diagnostics::ExitStatus;
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

    /// Exit with 1 if there is more than one
    ///
    /// For CI: two branches that each added a revision are two heads when they are merged, and
    /// `upgrade head` is refused then.
    #[arg(long)]
    check: bool,
}

pub(super) fn run(app: &mut App, args: &HeadsArgs) -> anyhow::Result<ExitStatus> {
    let graph = app.project()?.graph()?;
    let heads = if args.resolve_dependencies { graph.real_heads() } else { graph.heads() };
    let is_branched = heads.len() > 1;
    let status = if args.check && is_branched { ExitStatus::No } else { ExitStatus::Done };
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
    if status == ExitStatus::No {
        let ids = graph.ids(&heads);
        let ids: Vec<&str> = ids.iter().map(RevisionId::as_str).collect();
        let last = ids.last().copied().unwrap_or("HEAD");
        app.output.status(format_args!("there are {} heads: {}", ids.len(), ids.join(", ")));
        app.output.status(format_args!(
            "`migrator rebase {last}` puts what leads to it on top of the other; `migrator merge \
             heads` joins them in a revision of its own"
        ));
    }
    Ok(status)
}
