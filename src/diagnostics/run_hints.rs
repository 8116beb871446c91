//! What to do about a database that cannot be used, and about a run that did not succeed.
//!
//! Exhaustive like [`super::hints`].

use std::io;
use std::path::Path;

use super::hints::{one, ticked};
use crate::db::{DbError, SqliteError};
use crate::exec::{
    BackupError, CommitOutcome, ExecError, ExitClass, Failure, NotRehearsable, Refusal,
    RestoreError, State,
};
use crate::plan::Direction;
use crate::rehearsal::RehearsalError;
use crate::revision::script_dir;
use crate::source::Location;
use crate::sql::aggregate::always_gives_row;
use crate::sql::head::{Verb, head};
use crate::sql::transaction_control::Forbidden;

/// What to do about rows that a revision refuses.
const MEND_ROWS: &str = "mend the rows, or edit the revision, and run the same command again";

/// What to do where no rows would be let through.
const MEND_QUERY: &str = "edit the revision, and run the same command again";

/// What to do about a database that could not be used, before anything ran.
pub fn database(err: &DbError) -> Vec<String> {
    let unchanged = matches!(
        err,
        DbError::Corrupt { .. }
            | DbError::ReadOnly { .. }
            | DbError::Busy { .. }
            | DbError::Setting { .. }
            | DbError::Extension { .. }
            | DbError::Folder(_)
            | DbError::NotALog { .. }
            | DbError::Unreachable { .. }
            | DbError::BrokenLink { .. }
            | DbError::FixedMode { .. }
            | DbError::Unopened { .. }
            | DbError::Unmade { .. }
            | DbError::Sqlite { action: "open", .. }
    );
    let start = if unchanged { "nothing was changed; " } else { "" };
    database_at_any_time(err).into_iter().map(|it| format!("{start}{it}")).collect()
}

/// What to do about a database that cannot be used, whatever ran before.
fn database_at_any_time(err: &DbError) -> Vec<String> {
    match err {
        DbError::Missing { .. } | DbError::MissingFolder { .. } => one(
            "`migrator upgrade` makes it; if it should be there, check the path: it comes from `--url`, or else from `database.url` in alembic.toml",
        ),
        DbError::IsDirectory { .. } | DbError::NotADatabase { .. } => one(
            "check the path: it comes from `--url`, or else from `database.url` in alembic.toml",
        ),
        DbError::FixedMode { .. } => {
            one(format!("leave the `mode` out, or check the path: {ORIGIN}"))
        }
        DbError::Unopened { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
            one(format!("let this user read and write the file, or check the path: {ORIGIN}"))
        }
        DbError::Unmade { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
            one(format!("let this user write its folder, or check the path: {ORIGIN}"))
        }
        DbError::Unmade { .. } => {
            one(format!("its folder takes no such file; check the path: {ORIGIN}"))
        }
        DbError::Unopened { .. } | DbError::Sqlite { action: "open", .. } => {
            one(format!("check the path: {ORIGIN}"))
        }
        DbError::Folder(err) => unreachable(&err.source),
        DbError::Unreachable { source, .. } => unreachable(source),
        DbError::BrokenLink { .. } => one(
            "make the folder that it names, or the link anew; `migrator upgrade` makes the file",
        ),
        DbError::Corrupt { .. } => one("restore a backup, or try `sqlite3 FILE .recover`"),
        DbError::ReadOnly { .. } => one("make the file and its folder writable, and run it again"),
        DbError::Busy { .. } => {
            one("run it again when the other process is done, or wait longer: \
             `busy_timeout` under `[database]` in alembic.toml")
        }
        DbError::Full { .. } => one("make room on the disk, and run it again"),
        DbError::Interrupted { .. } | DbError::Sqlite { .. } | DbError::Sidecar { .. } => {
            Vec::new()
        }
        DbError::Extension { .. } => one(
            "check `extensions` under `[sqlite]` in alembic.toml: a path is relative to alembic.toml, \
             and may leave out `.so`, `.dylib` or `.dll`",
        ),
        DbError::SchemaObject { source, .. } => module(source),
        DbError::Setting { .. } => one("the SQLite in use is built without it"),
        DbError::NoVersionColumn { .. } => {
            one("name another table: `version_table` under `[database]` in alembic.toml")
        }
        DbError::NotALog { .. } => one(
            "it belongs to another program: leave the log of migrator out with `log = false` under \
             `[database]` in alembic.toml, or rename that table",
        ),
        DbError::NotARevision { .. } => one(
            "the version table was edited by hand; `migrator stamp --purge REVISION` sets it anew, and \
             `migrator status` says to what",
        ),
        DbError::RowCount { .. } => one(
            "the version table was edited by hand; `migrator stamp --purge REVISION` sets it anew",
        ),
    }
}

/// Where the path of a database comes from.
const ORIGIN: &str = "it comes from `--url`, or else from `database.url` in alembic.toml";

/// What to do about a path that the operating system does not follow.
fn unreachable(err: &io::Error) -> Vec<String> {
    one(match err.kind() {
        io::ErrorKind::PermissionDenied => {
            format!("let this user enter and write the folder, or check the path: {ORIGIN}")
        }
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
            format!(
                "a file is where its folder should be: move it away, or check the path: {ORIGIN}"
            )
        }
        _ => format!("check the path: {ORIGIN}"),
    })
}

/// What to do about a virtual table whose module nothing knows.
pub fn module(err: &SqliteError) -> Vec<String> {
    match err.missing_module() {
        Some(name) => one(format!(
            "if an extension of SQLite has `{name}`, name its file in alembic.toml: `extensions = \
             [\"…\"]` under `[sqlite]`"
        )),
        None => Vec::new(),
    }
}

/// What to do about a statement that has no place in a transaction.
pub fn forbidden(problem: &Forbidden) -> Vec<String> {
    one(match problem.what.as_str() {
        "PRAGMA foreign_keys" => {
            "migrator has them off while a body runs, and checks afterwards that no row lost its \
             parent; leave the statement out, or write `-- foreign_keys = true` into the header to \
             run the body with foreign keys enforced"
        }
        _ => {
            "migrator runs the body in a transaction of its own; leave the statement out, or write \
             `-- transaction = false` into the header to run the body without one"
        }
    })
}

/// What is wrong in detail, where the message only counts it.
pub fn details(failure: &Failure) -> Vec<String> {
    match failure {
        Failure::ForeignKeys { violations } => violations
            .iter()
            .map(|it| {
                let rowids: Vec<String> = it.rowids.iter().map(ToString::to_string).collect();
                let which = if rowids.is_empty() {
                    String::new()
                } else {
                    format!("; rowid {}", rowids.join(", "))
                };
                format!(
                    "`{}` references rows of `{}` that are not there{which}",
                    it.child, it.parent
                )
            })
            .collect(),
        Failure::Broken { objects } => {
            objects.iter().map(|it| format!("`{}`: {}", it.name, it.message)).collect()
        }
        _ => Vec::new(),
    }
}

/// The backup that takes back what no downgrade does; paths are shown relative to `here`.
pub fn backup_before(failure: &Failure, here: &Path) -> Option<String> {
    let Failure::Irreversible { revision, backup, .. } = failure else { return None };
    let shown = script_dir::shown(backup.as_deref()?, here).display().to_string();
    Some(format!(
        "`migrator restore {}` takes back the newest backup from before `{revision}` ran, and asks first: \
         what was written since is not in it",
        shell_words::quote(&shown)
    ))
}

/// Where the rows are that keep a body from running, or that there need be none.
pub fn refusal(refusal: &Refusal) -> String {
    let Location { source, span } = &refusal.location;
    let query = &source.text[span.clone()];
    if always_gives_row(query) {
        return "this query gives a row whatever the tables hold, and so it always refuses: let it list \
                the rows that are in the way, `SELECT rowid FROM …`, and migrator counts them"
            .to_owned();
    }
    format!("to see them: `{query}`")
}

/// What to do about a body that refuses to run.
fn mend(refusals: &[Refusal]) -> &'static str {
    let query = |it: &Refusal| always_gives_row(&it.location.source.text[it.location.span.clone()]);
    if refusals.iter().all(query) { MEND_QUERY } else { MEND_ROWS }
}

/// What to do about a run that did not succeed.
pub fn failure(failure: &Failure, state: &State) -> Vec<String> {
    let has_run = state.has_run;
    match failure {
        Failure::Cancelled if !has_run => one("nothing was changed"),
        Failure::Directive { .. } if !has_run => {
            one("nothing was changed; mend the query in the revision's file")
        }
        Failure::Statement { revision, .. } if state.again.contains(revision) => one(format!(
            "`{revision}` ran before, as the log has it: what it does may be there already; \
             `migrator status` tells more"
        )),
        Failure::Statement { source, location, .. } => {
            let mut hints = module(source);
            let is_there = ["already", "duplicate column name"];
            // In memory nothing else can have made it.
            let is_live =
                state.is_first_run || state.rows.as_ref().is_some_and(|it| !it.is_empty());
            if is_live && is_there.iter().any(|it| source.message.contains(it)) {
                hints.push(there_already(state));
            }
            let sql = location.source.text.get(location.span.clone()).unwrap_or_default();
            if head(sql).verb == Verb::Attach && source.message.contains("unable to open") {
                hints.push(
                    "SQLite takes a relative path of ATTACH from the current folder, and not from \
                     that of alembic.toml: start the command there, or write an absolute path"
                        .to_owned(),
                );
            }
            hints
        }
        Failure::Broken { objects } if objects.iter().any(|it| it.is_mismatch) => one(
            "a foreign key must lead to the primary key of its parent or to columns that are UNIQUE; \
             where foreign keys are enforced, SQLite would refuse to write to either table",
        ),
        Failure::Planner(_)
        | Failure::Directive { .. }
        | Failure::Cancelled
        | Failure::ForeignKeys { .. }
        | Failure::Broken { .. }
        | Failure::Forbidden { .. } => Vec::new(),
        Failure::Backup { source } => missing_backup(source, has_run),
        Failure::Database(it) if has_run => database_at_any_time(it),
        Failure::Database(it) => database(it),
        Failure::Refused { direction, refusals, .. } => {
            let mend = mend(refusals);
            // Where revisions before it stay, [`self::state`] says so, and what to do.
            let mut hints = if state.applied.is_empty() {
                one(format!("nothing was changed; {mend}"))
            } else {
                Vec::new()
            };
            // What the query sees may not be there any more.
            if let (Some(last), Direction::Upgrade) = (state.rolled_back.last(), direction) {
                hints.push(format!(
                    "the query was evaluated after `{last}`, which was rolled back; \
                     `migrator upgrade {last}` stops there"
                ));
            }
            hints
        }
        Failure::Irreversible { .. } => one(
            "write a downgrade in place of `irreversible`; `migrator stamp` changes the version table \
             alone",
        ),
        Failure::NotRehearsable { reason, .. } => match reason {
            NotRehearsable::Autocommit => vec![
                "`migrator verify --database` tries what is pending on a copy of the database, with its \
                 rows"
                    .to_owned(),
                "or rehearse those before it alone: name the last of them as the target".to_owned(),
            ],
            NotRehearsable::ForeignKeys => one(
                "rehearse the revisions before it by naming them, then upgrade, then rehearse it alone",
            ),
        },
        Failure::VersionTable { .. } => one(
            "leave the statement out: what the table says follows from what ran, and `migrator stamp` \
             sets it where nothing is to run",
        ),
        Failure::TransactionEnded { .. } => {
            one("leave out `ON CONFLICT ROLLBACK`, `OR ROLLBACK` and `RAISE(ROLLBACK, …)`")
        }
        Failure::DropsParent { effect, .. } => one(format!(
            "to rebuild the table, run with foreign keys off: without `-- foreign_keys = true`; to \
             drop it for good, drop `{}` first",
            effect.child
        )),
        Failure::TransactionLeftOpen { .. } => one("end the body with `COMMIT;`"),
        Failure::Overtaken { .. } => one("run `migrator current` to see where the database is"),
        Failure::Commit { outcome, .. } => match outcome {
            CommitOutcome::NotApplied => one("run it again when the cause is gone"),
            CommitOutcome::Unknown => {
                one("run `migrator current` to see where the database is before anything else")
            }
        },
    }
}

/// What to do about what is there although it never ran here: by hand, by another program, or because
/// a stamp named another revision than the right one.
fn there_already(state: &State) -> String {
    if let Some((revision, _)) = &state.partial {
        return format!(
            "it is there already, perhaps from an earlier run of `{revision}` that failed half way: undo by \
             hand what that did, or take the statements that were run out of its file; `migrator status` \
             says which revision the schema is that of, if it is"
        );
    }
    let never = if state.is_first_run { "nothing ran here before, and " } else { "" };
    format!(
        "{never}it is there already: `migrator status` says which revision the schema is that of, if it \
         is, and the stamp that says so without running anything"
    )
}

/// What to do about a backup that somebody asked for and that could not be made.
pub fn backup(err: &BackupError) -> Vec<String> {
    match err {
        BackupError::Exists { .. } | BackupError::Reserved { .. } => {
            one("name another file, or a folder")
        }
        BackupError::Database(DbError::Full { .. }) => {
            one("make room on the disk, or name a file elsewhere: `migrator backup PATH`")
        }
        BackupError::File(_) => one("name a file elsewhere: `migrator backup PATH`"),
        BackupError::Database(err) => database(err),
        BackupError::Damaged { .. } => one(DAMAGED),
        BackupError::Cancelled => one("nothing was changed, and nothing of it is left"),
    }
}

/// What to do about a backup that was not taken back.
pub fn restore(err: &RestoreError) -> Vec<String> {
    match err {
        RestoreError::InMemory => {
            one("name a file, with --url or as `database.url` in alembic.toml")
        }
        RestoreError::Missing { .. } | RestoreError::Empty { .. } => one(
            "backups lie beside the database, as `NAME.TIMESTAMP.bak`; `migrator backup` makes one",
        ),
        RestoreError::Itself { .. } => one("name one of its backups, `NAME.TIMESTAMP.bak`"),
        RestoreError::InUse { .. } => {
            one("let its program end, or open and close it once: `sqlite3 FILE .schema`")
        }
        RestoreError::Unreadable(_) => one("nothing was changed; name another file"),
        RestoreError::Damaged { .. } => {
            one("nothing was changed; take an older one, or try `sqlite3 FILE .recover`")
        }
        RestoreError::WrittenMeanwhile { .. } => one(
            "nothing was changed; stop whoever writes to it, or overwrite it with `--yes`, which keeps \
             a backup of what is there",
        ),
        RestoreError::Older(loss) => {
            let kept = if loss.is_kept { ", and keeps a backup of what is there" } else { "" };
            one(format!("nothing was changed; `--yes` overwrites the database{kept}"))
        }
        RestoreError::Database(DbError::Corrupt { .. } | DbError::NotADatabase { .. }) => one(
            "nothing was changed; move the file away, with `-wal` and `-journal` beside it, and run \
             the same command again: it makes the database anew",
        ),
        RestoreError::Database(err) => database(err),
        RestoreError::PageSize { .. } => {
            one("nothing was changed; end the programs that use the database, and run it again")
        }
        RestoreError::Backup { source } => match source {
            BackupError::Database(DbError::Full { .. }) => {
                one("nothing was changed; make room on the disk, or go on without: `--no-backup`")
            }
            _ => one("nothing was changed; go on without: `--no-backup`"),
        },
        RestoreError::Unfinished { .. } => one(
            "the database is what it was, or what the backup is, and nothing between; run it again \
             when the cause is gone",
        ),
        RestoreError::File(_) => Vec::new(),
        RestoreError::Cancelled => one("nothing was changed"),
    }
}

/// What to do about a run that did not begin, or did not go on, for want of a backup.
fn missing_backup(err: &BackupError, has_run: bool) -> Vec<String> {
    let start = if has_run { "" } else { "nothing was changed; " };
    let way = match err {
        BackupError::Damaged { .. } => return one(format!("{start}{DAMAGED}")),
        BackupError::Exists { .. } | BackupError::Reserved { .. } => {
            "name another file with `--backup=PATH`, or "
        }
        BackupError::Database(DbError::Full { .. }) => {
            "make room on the disk, put the backup elsewhere with `--backup=PATH`, or "
        }
        BackupError::File(_) => "put the backup elsewhere with `--backup=PATH`, or ",
        BackupError::Database(_) | BackupError::Cancelled => "",
    };
    one(format!("{start}{way}go on without one: `--no-backup`"))
}

/// What to do about a damaged database.
const DAMAGED: &str =
    "take an older backup back with `migrator restore FILE`, or try `sqlite3 FILE .recover`";

/// What to do about revisions that cannot be run in memory.
pub fn replay(failure: &Failure) -> Vec<String> {
    let mut hints = self::failure(failure, &State { has_run: true, ..State::default() });
    hints.push(
        "they were run in an empty database in memory, to see what they make; nothing was changed"
            .to_owned(),
    );
    hints
}

/// What to do about revisions that could not be tried.
pub fn rehearsal(err: &RehearsalError) -> Vec<String> {
    match err {
        RehearsalError::Db(err) => database(err),
        RehearsalError::Replay(err) => replay(&err.failure),
        RehearsalError::Schema(_) | RehearsalError::Plan(_) => Vec::new(),
        RehearsalError::OtherFile { .. } => one(
            "nothing was run; rehearse the revisions before it by naming them: `migrator verify \
             --database REVISION`",
        ),
        RehearsalError::Folder(_) => one("name a folder for the copy: `--copy-to DIR`"),
        RehearsalError::NoRoom { size, .. } => one(format!(
            "the copy and its journal had {size} bytes when there was no more room; name a folder on \
             another disk: `--copy-to DIR`; the database was not touched, and the copy is gone"
        )),
        RehearsalError::HotJournal { .. } => one(
            "whoever opens it next rolls back what is unfinished, which changes the file: do that with \
             `migrator current`, and run this again",
        ),
        RehearsalError::Moved => one("run it again; nothing was changed by this one"),
        RehearsalError::Cancelled => one("nothing was changed, and the copy is gone"),
    }
}

/// Where the database is now, where something ran.
pub fn state(err: &ExecError) -> Vec<String> {
    let state = &err.state;
    if !state.has_run || err.exit_class() == ExitClass::Refused {
        return Vec::new();
    }
    match &state.rows {
        None => one("where the database is could not be read; `migrator current` tries again"),
        Some(rows) => {
            let at = if rows.is_empty() { "base".to_owned() } else { ticked(rows, ", ") };
            let next = match (&err.failure, &state.partial) {
                (_, Some((revision, n))) if *n > 0 => format!(
                    "before it is run again, undo by hand what `{revision}` did, or take the \
                     statements that were run out of its file"
                ),
                (Failure::Refused { refusals, .. }, _) => mend(refusals).to_owned(),
                (Failure::Cancelled, _) => "run the same command again to go on".to_owned(),
                _ => "mend the cause and run the same command again".to_owned(),
            };
            one(format!("the database is at {at}; {next}"))
        }
    }
}
