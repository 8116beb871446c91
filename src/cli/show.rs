//! `migrator show`

use super::App;
use super::format::Formatter;
use super::output::Format;
use crate::diagnostics::ExitStatus;
use crate::graph::symbol::RevisionSymbol;

/// Show a revision
#[derive(Debug, clap::Args)]
pub(super) struct ShowArgs {
    /// Which: an id or the beginning of one, a branch label, `head`, `heads`, or `current`
    #[arg(value_name = "REVISION", allow_negative_numbers = true, add = super::completions::revisions())]
    revision: RevisionSymbol,
}

pub(super) fn run(app: &mut App, args: &ShowArgs) -> anyhow::Result<ExitStatus> {
    let project = app.project()?;
    let graph = project.graph()?;
    let shown = project.resolve_with_current(&graph, &args.revision)?;
    let formatter = Formatter::new(&graph, None);
    if app.output.format == Format::Json {
        let answer: Vec<_> = shown.iter().map(|it| formatter.json(*it)).collect();
        app.output.json(&answer)?;
        return Ok(ExitStatus::Done);
    }
    if shown.is_empty() {
        app.output.status(format_args!("`{}` names no revision", args.revision));
    }
    for index in shown {
        app.output.line(formatter.block(index))?;
    }
    Ok(ExitStatus::Done)
}
