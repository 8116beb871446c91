//! `migrator ensure-version`

use serde::Serialize;

use super::App;
use super::interrupt::listen;
use super::output::Format;
use super::progress::tell;
use super::project::clock;
use crate::Error;
use crate::db::VersionTable;
use crate::diagnostics::ExitStatus;
use crate::exec;
use crate::exec::event::Event;

/// Make the version table if it is missing, and nothing else
#[derive(Debug, clap::Args)]
pub(super) struct EnsureVersionArgs {
    /// Print the SQL instead of running it
    #[arg(long)]
    sql: bool,
}

/// What was done, as JSON.
#[derive(Serialize)]
struct EnsureVersionJson<'a> {
    database: String,
    version_table: &'a str,
    /// Whether the table was made now.
    made: bool,
}

pub(super) fn run(app: &mut App, args: &EnsureVersionArgs) -> anyhow::Result<ExitStatus> {
    let project = app.project()?;
    let version_table = project.config.database.version_table.as_str();
    if args.sql {
        let sql = VersionTable::new(version_table).create_sql("IF NOT EXISTS ");
        app.output.line(format_args!("{sql};"))?;
        return Ok(ExitStatus::Done);
    }
    listen()?;
    let location = project.lasting_location()?;
    let clock = clock()?;
    let request = project.run_on(&location, clock.as_ref());
    let mut observer = |event: &Event<'_>| tell(&app.output, event);
    let made = exec::ensure_version(&request, &mut observer).map_err(Error::from)?;
    let database = project.shown_database(&location);
    if made {
        app.output.did(format_args!("made the table {version_table} in {database}"));
    }
    if app.output.format == Format::Json {
        app.output.json(&EnsureVersionJson { database, version_table, made })?;
    } else if made {
        app.output.status(format_args!("made the table {version_table} in {database}"));
    } else {
        app.output.status(format_args!("{database} has the table {version_table} already"));
    }
    Ok(ExitStatus::Done)
}
