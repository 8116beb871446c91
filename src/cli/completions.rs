//! `migrator completions`, and the completion of revisions
//!
//! The script that is printed calls `migrator` again for every completion, so that revision ids and
//! labels are those of the project at that moment.

use clap::ValueEnum;
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};
use clap_complete::env::Shells;

use super::App;
use super::globals::GlobalArgs;
use super::project::Project;
use crate::config::{self, templates::Template};
use crate::diagnostics::{ExitStatus, Usage};

/// Print a completion script for a shell
///
/// bash: `source <(migrator completions bash)` in ~/.bashrc.
/// zsh: `source <(migrator completions zsh)` in ~/.zshrc.
/// fish: `migrator completions fish | source` in ~/.config/fish/config.fish.
/// powershell: `migrator completions powershell | Out-String | Invoke-Expression` in $PROFILE.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct CompletionsArgs {
    /// For which shell
    #[arg(value_name = "SHELL", value_enum)]
    shell: Shell,
}

/// A shell whose completion is known.
#[derive(Debug, Clone, Copy, ValueEnum)]
#[expect(clippy::enum_variant_names, reason = "the shells are called so")]
enum Shell {
    Bash,
    Zsh,
    Fish,
    #[value(name = "powershell")]
    PowerShell,
}

pub(super) fn run(app: &mut App, args: &CompletionsArgs) -> anyhow::Result<ExitStatus> {
    let name = match args.shell {
        Shell::Bash => "bash",
        Shell::Zsh => "zsh",
        Shell::Fish => "fish",
        Shell::PowerShell => "powershell",
    };
    let shells = Shells::builtins();
    let shell = shells
        .completer(name)
        .ok_or_else(|| Usage::new(format!("the completion of {name} is not built in")))?;
    let mut script = Vec::new();
    shell.write_registration("COMPLETE", "migrator", "migrator", "migrator", &mut script)?;
    app.output.line(String::from_utf8_lossy(&script).trim_end())?;
    Ok(ExitStatus::Done)
}

/// Completes ids, labels and the symbols that name revisions.
pub(super) fn revisions() -> ArgValueCandidates {
    ArgValueCandidates::new(|| candidates(&["head", "heads", "base", "current"]))
}

/// The same, with the symbols of a run.
pub(super) fn targets() -> ArgValueCandidates {
    ArgValueCandidates::new(|| candidates(&["head", "heads", "base", "+1", "-1"]))
}

/// Completes what names a schema; files are left to the shell.
pub(super) fn schemas() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        candidates(&["database", "declared", "head", "heads", "base", "current"])
    })
}

/// Completes the kinds of projects.
pub(super) fn templates() -> ArgValueCandidates {
    let candidate = |it: &Template| CompletionCandidate::new(it.name).help(Some(it.summary.into()));
    ArgValueCandidates::new(move || config::templates::templates().iter().map(candidate).collect())
}

/// The global options of the line that is being typed, which stands behind `--`; none where it
/// makes no sense yet.
fn typed_globals() -> GlobalArgs {
    let words = std::env::args_os().skip_while(|it| it != "--").skip(1);
    let matches = super::command().ignore_errors(true).try_get_matches_from(words);
    matches.and_then(|it| GlobalArgs::from_all(&it)).unwrap_or_default()
}

/// The symbols, then the revisions and labels of the project that the current folder is in. A
/// project that cannot be read completes nothing: the command itself will say why.
fn candidates(symbols: &[&str]) -> Vec<CompletionCandidate> {
    let mut found: Vec<CompletionCandidate> =
        symbols.iter().map(|it| CompletionCandidate::new(*it)).collect();
    let project = Project::find(&typed_globals());
    if let Ok(graph) = project.and_then(|it| it.graph()) {
        for index in graph.indices().rev() {
            let help = Some(graph[index].summary()).filter(|it| !it.is_empty());
            let id = graph.id(index).to_string();
            found.push(CompletionCandidate::new(id).help(help.map(Into::into)));
        }
        for (label, index) in graph.labels() {
            let help = format!("branch of {}", graph.id(index));
            found.push(CompletionCandidate::new(format!("{label}@head")).help(Some(help.into())));
        }
    }
    found
}
