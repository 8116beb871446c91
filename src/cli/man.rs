//! `migrator man`

use super::App;
use super::output::Format;
use crate::diagnostics::{ExitStatus, Usage};

/// Print the manual page
///
/// `migrator man | man -l -` shows it; `migrator man upgrade` prints that of a command.
#[derive(Debug, clap::Args)]
pub(super) struct ManArgs {
    /// Of which command, such as `upgrade` or `schema dump`; of migrator itself if left out
    #[arg(value_name = "COMMAND")]
    command: Vec<String>,
}

pub(super) fn run(app: &mut App, args: &ManArgs) -> anyhow::Result<ExitStatus> {
    let mut command = super::command();
    let mut full_name = command.get_name().to_owned();
    for name in &args.command {
        let found = command
            .get_subcommands()
            .find(|it| it.get_name() == name || it.get_all_aliases().any(|alias| alias == name));
        let found = found.ok_or_else(|| {
            Usage::new(format!("there is no command `{}`", args.command.join(" ")))
                .hint(format!("`{full_name} --help` lists the commands"))
        })?;
        full_name = format!("{full_name} {}", found.get_name());
        let display_name = full_name.replace(' ', "-");
        command = found.clone().display_name(display_name).bin_name(&full_name);
    }
    if app.output.format == Format::Json {
        return Err(Usage::new("a manual page has no JSON form").into());
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    app.output.line(String::from_utf8_lossy(&page).trim_end())?;
    Ok(ExitStatus::Done)
}
