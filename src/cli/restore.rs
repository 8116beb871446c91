//! `migrator restore`

use std::path::PathBuf;

use serde::Serialize;

use super::App;
use super::interrupt::listen;
use super::output::Format;
use super::progress::Progress;
use super::project::clock;
use super::prompt::{can_ask, confirm};
use super::words::describe_rows;
use crate::Error;
use crate::config::BackupMode;
use crate::diagnostics::{ExitStatus, Usage};
use crate::exec::{BackupPlan, Consent, Loss, RestoreError, Run, restore};

/// Take a backup back into the database, while it is in use
///
/// In one transaction: whoever has the database open goes on with the old content. What is
/// overwritten is backed up before, unless alembic.toml says `backup = "never"`; of such backups the
/// newest stay, `keep` in alembic.toml, and FILE in any case.
///
/// Where a backup may be older than the database, or would overwrite what is not backed up, you are
/// asked on a terminal, and it is refused elsewhere; `--yes` is the answer. It is newer if its
/// `migrator_log` begins with that of the database and goes on, and if nobody has written to the
/// database since: by the time of its file and its `-wal`, and the earlier of the times in the
/// backup's name and of its file. Where both hold the same, nothing is done.
#[derive(Debug, clap::Args)]
pub(super) struct RestoreArgs {
    /// The backup
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Overwrite a database that may be newer, without asking
    #[arg(long, short)]
    yes: bool,

    /// Do not back up what is overwritten, whatever alembic.toml says
    #[arg(long)]
    no_backup: bool,
}

/// A restore, as JSON.
#[derive(Serialize)]
struct RestoreJson {
    /// The database, as messages name it.
    database: String,
    /// The backup that it is now.
    file: String,
    /// Whether it was that already, and was left alone.
    same: bool,
    /// The rows of the version table before; `null` where there was no database.
    from: Option<Vec<String>>,
    /// The rows now.
    to: Vec<String>,
    /// The backup of what was overwritten.
    backup: Option<String>,
    /// Whether it keeps a write-ahead log now.
    wal: bool,
}

pub(super) fn run(app: &mut App, args: &RestoreArgs) -> anyhow::Result<ExitStatus> {
    let project = app.project()?;
    let location = project.lasting_location()?;
    let settings = &project.config.database;
    let mode = if args.no_backup { BackupMode::Never } else { settings.backup };
    let clock = clock()?;
    let request = Run {
        backup: BackupPlan { mode, target: None, keep: settings.keep, is_wanted: false },
        cancel: Some(listen()?),
        ..project.run_on(&location, clock.as_ref())
    };
    let mut answer = Ok(args.yes);
    let mut progress = Progress::new(&app.output, &project.here, false, false);
    let outcome = restore(
        &request,
        &args.file,
        &mut |loss| {
            if args.yes {
                return Consent::ToAnything;
            }
            if can_ask() {
                answer = confirm(&question(loss.clone()));
            }
            if matches!(answer, Ok(true)) { Consent::ToThis } else { Consent::No }
        },
        &mut progress,
    );
    progress.finish();
    let was_asked = can_ask() && !args.yes;
    let restored = match (outcome, answer) {
        (Err(RestoreError::Older(_)), Err(err)) => return Err(err),
        (Err(RestoreError::Older(_)), Ok(_)) if was_asked => {
            return Err(Usage::new("not confirmed; nothing was changed").into());
        }
        (outcome, _) => outcome.map_err(Error::from)?,
    };

    let database = project.shown_database(&location);
    let at = describe_rows(&restored.to);
    if !restored.is_same {
        app.output.did(format_args!("the backup was taken back, and {database} is at {at}"));
    }
    if app.output.format == Format::Json {
        app.output.json(&RestoreJson {
            database,
            file: project.shown(&project.here.join(&args.file)),
            same: restored.is_same,
            from: restored.from,
            to: restored.to,
            backup: restored.backup.map(|it| project.shown(&it)),
            wal: restored.is_wal[1],
        })?;
    } else if restored.is_same {
        app.output.status(format_args!("nothing to do: {database} is the same, and at {at}"));
    } else {
        match restored.from {
            Some(rows) => {
                let was = describe_rows(&rows);
                app.output.status(format_args!("{database} was at {was}, and is at {at}"));
            }
            None => app.output.status(format_args!("{database} is at {at}")),
        }
        match restored.is_wal {
            [false, true] => {
                app.output.status("it keeps a write-ahead log now, as the backup does");
            }
            [true, false] => app.output.status("it keeps no write-ahead log any more"),
            _ => {}
        }
    }
    Ok(ExitStatus::Done)
}

/// What is asked on a terminal.
fn question(loss: Loss) -> String {
    let kept = if loss.is_kept {
        " What it holds is backed up first."
    } else {
        " What it holds is not backed up."
    };
    format!("{}.{kept} Overwrite the database?", RestoreError::Older(loss))
}
