//! `migrator edit`

use std::process::Command;

use super::{App, completions};
use crate::diagnostics::{ExitStatus, Usage};
use crate::graph::symbol::RevisionSymbol;

/// Open a revision file in your editor
///
/// The editor is $VISUAL, or else $EDITOR, or else `vi` (`notepad` on Windows); both may have
/// arguments, such as `code --wait`.
#[derive(Debug, clap::Args)]
pub(super) struct EditArgs {
    /// Which: an id or the beginning of one, a branch label, `head`, `heads`, or `current`
    #[arg(value_name = "REVISION", allow_negative_numbers = true, default_value = "head", add = completions::revisions())]
    revision: RevisionSymbol,
}

/// What is started where neither variable is set.
const FALLBACK: &str = if cfg!(windows) { "notepad" } else { "vi" };

pub(super) fn run(app: &mut App, args: &EditArgs) -> anyhow::Result<ExitStatus> {
    let project = app.project()?;
    let graph = project.graph()?;
    let revisions = project.resolve_with_current(&graph, &args.revision)?;
    if revisions.is_empty() {
        let usage = Usage::new(format!("`{}` names no revision to edit", args.revision));
        return Err(if graph.is_empty() {
            usage.hint(super::NO_REVISIONS)
        } else {
            usage.hint("`migrator history` lists the revisions")
        }
        .into());
    }

    let set = |key: &'static str| {
        let value = super::project::environment(key).filter(|it| !it.trim().is_empty());
        value.map(|value| (key, value))
    };
    let (origin, editor) = set("VISUAL")
        .or_else(|| set("EDITOR"))
        .unwrap_or_else(|| ("the default editor", FALLBACK.to_owned()));
    let words = shell_words::split(&editor)
        .map_err(|err| Usage::new(format!("{origin} is `{editor}`: {err}")))?;
    let Some((program, arguments)) = words.split_first() else {
        return Err(Usage::new(format!("{origin} names no program")).into());
    };
    let files = revisions.iter().map(|it| project.here.join(&graph[*it].source.path));
    let status = Command::new(program).args(arguments).args(files).status().map_err(|err| {
        Usage::new(format!("cannot start the editor `{program}`: {err}"))
            .hint("set VISUAL or EDITOR to the editor you use")
    })?;
    if !status.success() {
        return Err(Usage::unfinished(format!("the editor `{program}` failed ({status})")).into());
    }
    Ok(ExitStatus::Done)
}
