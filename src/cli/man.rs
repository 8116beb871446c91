//! `migrator man`

use super::App;
use super::output::Format;
use crate::diagnostics::{ExitStatus, Usage};

/// Print the manual page
///
/// `migrator man | man -l -` shows it; `migrator man upgrade` prints that of a command.
#[derive(Debug, clap::Args)]
pub(super) struct ManArgs {
    /// Of which command; of migrator itself if left out
    #[arg(value_name = "COMMAND")]
    command: Option<String>,
}

pub(super) fn run(app: &mut App, args: &ManArgs) -> anyhow::Result<ExitStatus> {
    let whole = super::command();
    let command = match &args.command {
        None => whole,
        Some(name) => {
            let found = whole.get_subcommands().find(|it| {
                it.get_name() == name || it.get_all_aliases().any(|alias| alias == name)
            });
            let found = found.ok_or_else(|| {
                Usage::new(format!("there is no command `{name}`"))
                    .hint("`migrator --help` lists the commands")
            })?;
            let name = found.get_name();
            found
                .clone()
                .display_name(format!("migrator-{name}"))
                .bin_name(format!("migrator {name}"))
        }
    };
    if app.output.format == Format::Json {
        return Err(Usage::new("a manual page has no JSON form").into());
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    app.output.line(String::from_utf8_lossy(&page).trim_end())?;
    Ok(ExitStatus::Done)
}
