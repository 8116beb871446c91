//! `migrator backup`

use std::path::PathBuf;

use serde::Serialize;

use super::App;
use super::interrupt;
use super::output::Format;
use super::project::clock;
use crate::Error;
use crate::db::{Database, VersionTable};
use crate::diagnostics::{ExitStatus, Usage};
use crate::exec::{make_backup, prune_backups};

/// Copy the database while it is in use
///
/// The copy is one consistent state, whoever writes meanwhile: a database file of its own, beside
/// the database as `NAME.TIMESTAMP.bak`, or in another folder as `NAME-ID.TIMESTAMP.bak`, where ID
/// stands for this very file. `migrator restore` takes it back. Of those with such names the newest
/// stay, `keep` under `[database]` in alembic.toml.
#[derive(Debug, clap::Args)]
pub(super) struct BackupArgs {
    /// Where to: a file that is not there yet, or a folder
    #[arg(value_name = "PATH")]
    path: Option<PathBuf>,
}

/// A backup, as JSON.
#[derive(Serialize)]
struct BackupJson {
    /// The database, as messages name it.
    database: String,
    /// The copy.
    backup: String,
    /// The rows of its version table.
    rows: Vec<String>,
    /// Older backups that had to go.
    removed: Vec<String>,
}

pub(super) fn run(app: &mut App, args: &BackupArgs) -> anyhow::Result<ExitStatus> {
    let project = app.project()?;
    let location = project.lasting_location()?;
    let settings = &project.config.database;
    let target = args.path.as_ref().map(|it| project.here.join(it));
    let target = target.as_deref();
    let go_on = interrupt::watch(interrupt::listen()?);

    let database = project.open(&location)?;
    let path = location.path().unwrap_or_else(|| std::path::Path::new(""));
    let clock = clock()?;
    let made = make_backup(&database, path, target, clock.now(), &go_on).map_err(Error::from)?;
    if let Some(reason) = made.unchecked {
        app.output.warning(format_args!("the backup could not be checked to its end: {reason}"));
    }
    let (removed, failed) = prune_backups(&made.path, path, target, clock.now(), settings.keep);
    if let Some(err) = failed {
        app.output.warning(format_args!("{err}: {}", err.source));
    }
    let removed: Vec<String> = removed.iter().map(|it| project.shown(it)).collect();
    let backup = project.shown(&made.path);
    app.output.did(format_args!("the backup `{backup}` was made"));
    if app.output.format == Format::Json {
        let rows = Database::open_unchanging(&made.path)
            .and_then(|copy| VersionTable::new(&settings.version_table).rows(&copy))
            .map_err(|err| {
                let note = Usage::unfinished("the backup could not be read")
                    .hint(format!("the backup `{backup}` was made"));
                anyhow::Error::from(Error::from(err)).context(note)
            })?;
        let database = project.shown_database(&location);
        app.output.json(&BackupJson { database, backup, rows, removed })?;
    } else {
        app.output.line(backup)?;
        for path in removed {
            app.output.status(format_args!("removed {path}: there are newer ones"));
        }
    }
    Ok(ExitStatus::Done)
}
