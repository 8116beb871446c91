//! A backup taken back into the database that it was made of.
//!
//! **Invariant.** Nothing is overwritten that somebody did not agree to lose, or that is not in a
//! backup of its own: what a database holds now is worth more than what it held once.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::file::NewFile;
use super::prune::{hold, prune};
use super::restore_error::{Loss, RestoreError};
use super::taken_back::{has_same_pages, is_beginning, is_written_since, open_backup};
use super::{BackupError, Made, folder_of, goes_on, make, name_in, real_path, warn_of};
use crate::audit::LogRow;
use crate::config::BackupMode;
use crate::db::{
    self, Access, Database, DbError, Lock, LogTable, SidecarLock, VersionTable, Watch,
};
use crate::exec::Run;
use crate::exec::event::{Event, Observer};
use crate::exec::wait::Patience;
use crate::fsutil::FileError;

/// What a restore did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Restored {
    /// The rows of the version table before; `None` where there was no database.
    pub from: Option<Vec<String>>,
    /// The rows now.
    pub to: Vec<String>,
    /// The database was the same as the backup, and was left alone.
    pub is_same: bool,
    /// The backup of what was overwritten.
    pub backup: Option<PathBuf>,
    /// Whether the database keeps a write-ahead log, before and now.
    pub is_wal: [bool; 2],
}

/// Makes the database of `request` what the backup `file` is: in one transaction, while others have it
/// open. A database that is missing is made.
///
/// `agrees` is asked where something would be lost. Nothing is where there is nothing in the database,
/// where both hold the same, and where the backup is newer and what is overwritten is backed up. It is
/// newer if it has all that is in the `migrator_log` of the database, and more, and nobody has written
/// to the database since it was made.
///
/// # Errors
///
/// After [`RestoreError::Unfinished`] alone the database may be another one than before.
pub fn restore(
    request: &Run<'_>,
    file: &Path,
    agrees: &mut dyn FnMut(&Loss) -> Consent,
    observer: &mut dyn Observer,
) -> Result<Restored, RestoreError> {
    let mut n_tries = 1;
    loop {
        match restore_once(request, file, agrees, observer) {
            // Somebody wrote while it waited: what would be lost is another thing now.
            Err(RestoreError::WrittenMeanwhile { .. }) if n_tries < MOST_TRIES => n_tries += 1,
            Err(err @ RestoreError::Backup { source: BackupError::File(_) }) => {
                return Err(is_read_only(request).map_or(err, RestoreError::Database));
            }
            outcome => return outcome,
        }
    }
}

/// How often what would be lost is found out anew. The first write shows in the time of the file, so
/// that somebody is asked, or it is refused; more than that is a file system without times.
const MOST_TRIES: usize = 3;

/// That the database cannot be written, which is then why nothing can be backed up beside it.
fn is_read_only(request: &Run<'_>) -> Option<DbError> {
    let write = || {
        let database = Database::open(request.location, Access::Write, Duration::ZERO)?;
        database.begin(Lock::Write)?;
        let outcome = database.try_write();
        database.rollback()?;
        outcome
    };
    write().err().filter(|it| matches!(it, DbError::ReadOnly { .. }))
}

fn restore_once(
    request: &Run<'_>,
    file: &Path,
    agrees: &mut dyn FnMut(&Loss) -> Consent,
    observer: &mut dyn Observer,
) -> Result<Restored, RestoreError> {
    let Some(path) = request.location.path() else {
        return Err(RestoreError::InMemory);
    };
    let source = open_backup(file, path, &goes_on(request))?;
    let _held = hold(file);
    let is_backup_wal = db::has_wal_header(file);
    let to =
        VersionTable::new(request.version_table).rows(&source).map_err(RestoreError::Unreadable)?;
    let cancel = request.cancel.as_deref();
    let patience = Patience { timeout: request.busy_timeout, cancel, waited: Duration::ZERO };
    let mut restorer = Restorer { request, path, file, source: &source, patience, observer };
    // What a body outside a transaction leaves counts too.
    restorer.retry(|| SidecarLock::require_free(path))?;
    // Before it is opened: whoever closes it last may write what its log holds.
    let is_written = is_written_since(path, file);
    let is_new = !db::exists(request.location);
    if is_new {
        drop(restorer.open(Access::Create)?);
    }

    let witness = restorer.open(Access::Read)?;
    let looked_at = restorer.retry(|| witness.data_version()).ok();
    let Held { from, is_wal, is_empty, runs } = restorer.look(&witness)?;
    // Whoever kept it from being read until now may have written.
    let has_waited = !restorer.patience.waited.is_zero();
    let is_written = is_written || has_waited && is_written_since(path, file);
    let from = from.filter(|_| !is_new);
    let is_kept = !is_empty && request.backup.mode != BackupMode::Never;
    let mut watched = looked_at;
    if !is_empty {
        if restorer.is_same(&witness)? {
            let is_wal = [is_wal; 2];
            return Ok(Restored { from, to, is_same: true, is_wal, backup: None });
        }
        if let Some(loss) = restorer.loss(runs, is_written, is_kept)? {
            match agrees(&loss) {
                Consent::No => return Err(RestoreError::Older(loss)),
                Consent::ToThis if !is_kept => {}
                Consent::ToThis | Consent::ToAnything => watched = None,
            }
        }
    }
    let (made, is_wal_now) = restorer.replace(witness, watched, is_kept)?;
    restorer.prune(made.as_ref());
    let is_wal = if is_new { [is_backup_wal; 2] } else { [is_wal, is_backup_wal || is_wal_now] };
    Ok(Restored { from, to, is_same: false, backup: made.map(|it| it.path), is_wal })
}

/// Whether somebody agrees to lose what a database holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// No.
    No,
    /// To what was asked about: where no backup keeps it, what others write after that is asked about
    /// anew.
    ToThis,
    /// To whatever it is.
    ToAnything,
}

/// What a database holds before it is overwritten.
struct Held {
    /// The rows of the version table; `None` where they cannot be read.
    from: Option<Vec<String>>,
    is_wal: bool,
    /// Whether it has no objects but those of migrator, and they are empty.
    is_empty: bool,
    /// The log.
    runs: Vec<LogRow>,
}

/// What a restore works with.
struct Restorer<'a> {
    request: &'a Run<'a>,
    /// The database.
    path: &'a Path,
    /// The backup.
    file: &'a Path,
    source: &'a Database,
    patience: Patience<'a>,
    observer: &'a mut dyn Observer,
}

impl Restorer<'_> {
    fn open(&mut self, access: Access) -> Result<Database, RestoreError> {
        let location = self.request.location;
        self.retry(|| Database::open(location, access, Duration::ZERO))
    }

    /// Calls `attempt` until the database is not busy, within the timeout.
    fn retry<T>(&mut self, attempt: impl FnMut() -> Result<T, DbError>) -> Result<T, RestoreError> {
        Ok(self.patience.retry(self.observer, attempt)?)
    }

    /// Whether nobody wants it to stop.
    fn goes_on(&self) -> Watch {
        goes_on(self.request)
    }

    /// Fails where somebody has written since a connection said `version`.
    fn require(&mut self, database: &Database, version: Option<i64>) -> Result<(), RestoreError> {
        let now = self.retry(|| database.data_version())?;
        if version.is_some_and(|it| it != now) {
            return Err(RestoreError::WrittenMeanwhile { path: self.path.to_owned() });
        }
        Ok(())
    }

    /// What the database holds, as `witness` reads it.
    fn look(&mut self, witness: &Database) -> Result<Held, RestoreError> {
        let table = VersionTable::new(self.request.version_table);
        // What cannot be read is no reason to keep it.
        let from = match self.retry(|| table.rows(witness)) {
            Ok(rows) => Some(rows),
            Err(RestoreError::Database(err)) if !err.is_busy() => None,
            Err(err) => return Err(err),
        };
        let is_wal = self.retry(|| witness.is_wal())?;
        let own = [table.name(), LogTable::NAME];
        let has_objects = self.retry(|| witness.has_objects_besides(own))?;
        let runs = self.retry(|| LogTable::read_all(witness))?;
        // What ran is something too, even if it left nothing, and so is what was stamped.
        let has_rows = from.as_ref().is_none_or(|it| !it.is_empty());
        Ok(Held { from, is_wal, is_empty: !has_objects && !has_rows && runs.is_empty(), runs })
    }

    /// What would be lost of a database whose log is `runs`; `None` where nothing is.
    fn loss(
        &self,
        runs: Vec<LogRow>,
        is_written: bool,
        is_kept: bool,
    ) -> Result<Option<Loss>, RestoreError> {
        let runs_of_backup = LogTable::read_all(self.source).map_err(RestoreError::Unreadable)?;
        // Without a log nothing says what it was.
        let is_newer = is_beginning(&runs, &runs_of_backup) && !runs.is_empty() && !is_written;
        if is_kept && is_newer {
            return Ok(None);
        }
        // Of a log that was pruned, or made anew, only the end is the same.
        let are_apart = !runs.iter().any(|it| runs_of_backup.contains(it));
        let firsts = runs_of_backup.first().cloned().zip(runs.first().cloned());
        let firsts_apart =
            firsts.filter(|_| are_apart).map(|(there, here)| Box::new([there, here]));
        let runs = runs.into_iter().filter(|it| !runs_of_backup.contains(it)).collect();
        let backup = self.file.to_owned();
        Ok(Some(Loss { backup, runs, firsts_apart, is_written, is_kept }))
    }

    /// Whether the database holds what the backup holds.
    fn is_same(&mut self, witness: &Database) -> Result<bool, RestoreError> {
        if self.retry(|| witness.pages())?
            != self.source.pages().map_err(RestoreError::Unreadable)?
        {
            return Ok(false);
        }
        // A log belongs to the content, and a writer must not come in between: so it is a copy that is
        // compared.
        let path = real_path(self.path);
        let name = path.file_name().unwrap_or_default();
        let copy = NewFile::of(name, folder_of(&path), self.request.clock.now());
        let copy = copy.map_err(|source| RestoreError::Backup { source })?;
        let goes_on = self.goes_on();
        self.retry(|| witness.copy_while(copy.temporary(), goes_on.as_ref()))?;
        let is_same = has_same_pages(copy.temporary(), self.file, goes_on.as_ref());
        let is_same = is_same.map_err(FileError::new("compare", self.file))?;
        is_same.ok_or(RestoreError::Cancelled)
    }

    /// Overwrites the database, unless somebody has written since `witness` said `watched`. Returns the
    /// backup of what it held, where that is to be kept, and whether it has a write-ahead log again.
    fn replace(
        &mut self,
        witness: Database,
        mut watched: Option<i64>,
        is_kept: bool,
    ) -> Result<(Option<Made>, bool), RestoreError> {
        let mut database = self.open(Access::Write)?;
        database.checkpoint_on_close()?;
        let was_wal = self.retry(|| database.is_wal())?;
        // Each connection knows only what it has seen itself, so that one hands over to the next.
        if watched.is_some() {
            let version = self.retry(|| database.data_version())?;
            self.require(&witness, watched)?;
            watched = Some(version);
        }
        // Ours too would be in the way of another size of the pages.
        drop(witness);
        let has_left_wal = self.change_page_size(&database)?;
        let outcome = self.open(Access::Read).and_then(|witness| {
            if watched.is_some() && self.retry(|| database.is_wal())? {
                let version = self.retry(|| witness.data_version())?;
                self.require(&database, watched)?;
                watched = Some(version);
            }
            self.retry(|| database.raise_synchronous())?;
            self.overwrite(&mut database, &witness, watched, is_kept)
        });
        drop(database);
        // From here on nothing can fail: what is restored is restored, whoever holds it now. So what it
        // is like now is not read, either.
        let is_wal_back = has_left_wal && self.enter_wal();
        Ok((outcome?, is_wal_back || was_wal && !has_left_wal))
    }

    /// Lets the pages have the size of those of the backup, where that cannot be done later: with a
    /// write-ahead log it cannot change. Whether that was left for it.
    fn change_page_size(&mut self, database: &Database) -> Result<bool, RestoreError> {
        let pages = self.source.pages().map_err(RestoreError::Unreadable)?;
        let sizes = [self.retry(|| database.pages())?.page, pages.page];
        if sizes[0] == sizes[1] || !self.retry(|| database.is_wal())? {
            return Ok(false);
        }
        let path = self.path.to_owned();
        let outcome = self.retry(|| database.leave_wal());
        outcome.map(|()| true).map_err(|err| match err {
            RestoreError::Database(DbError::Busy { .. }) => RestoreError::PageSize { path, sizes },
            other => other,
        })
    }

    /// Goes back to the write-ahead log that was left, whatever came of the rest; says so where it cannot.
    /// On a connection of its own: the other one may have known another text encoding.
    fn enter_wal(&mut self) -> bool {
        let database = self.open(Access::Write);
        let outcome = database.and_then(|database| self.retry(|| database.enter_wal()));
        if let Err(err) = &outcome {
            let message = format!("the write-ahead log could not be brought back: {err}");
            self.observer.event(&Event::Warning { message });
        }
        outcome.is_ok()
    }

    /// Removes the oldest backups, all but as many as are to be kept, `made` and the one that was taken
    /// back.
    fn prune(&mut self, made: Option<&Made>) {
        let (Some(Made { path: made, .. }), keep @ 1..) = (made, self.request.backup.keep) else {
            return;
        };
        let name = name_in(folder_of(made), &real_path(self.path));
        let now = self.request.clock.now();
        let (removed, failed) = prune(made, &name, now, keep, Some(self.file));
        for path in &removed {
            self.observer.event(&Event::BackupRemoved { path, is_own: false });
        }
        if let Some(err) = failed {
            warn_of(&err, self.observer);
        }
    }

    /// Overwrites the database, unless somebody has written since it, or `witness` where it has a
    /// write-ahead log, said `watched`. What it holds at that moment is backed up where it is to be kept.
    /// Returns that backup.
    fn overwrite(
        &mut self,
        database: &mut Database,
        witness: &Database,
        watched: Option<i64>,
        is_kept: bool,
    ) -> Result<Option<Made>, RestoreError> {
        let (request, path, source) = (self.request, self.path, self.source);
        let goes_on = self.goes_on();
        let mut backup = None;
        let mut is_other = false;
        let outcome = self.retry(|| {
            // Whoever waits must not be in the way of a body outside a transaction.
            SidecarLock::require_free(path)?;
            let mut keep = |database: &Database| {
                SidecarLock::require_free(path)?;
                if let Some(watched) = watched {
                    is_other = database.data_version()? != watched;
                    if is_other {
                        return Ok(false);
                    }
                }
                if !is_kept {
                    return Ok(true);
                }
                let started = Instant::now();
                let target = request.backup.target;
                let made = make(database, path, target, request.clock.now(), &goes_on);
                let is_made = made.is_ok();
                backup = Some(made.map(|made| (made, started.elapsed())));
                Ok(is_made)
            };
            database.replace_with(source, witness, &mut keep, goes_on.as_ref())
        });
        if is_other {
            return Err(RestoreError::WrittenMeanwhile { path: path.to_owned() });
        }
        let backup = backup.transpose()?;
        // After a failing sync it is not known what the database is.
        let outcome = match outcome {
            Err(RestoreError::Database(source)) if !source.is_busy() => {
                Err(RestoreError::Unfinished { source })
            }
            outcome => outcome,
        };
        let Some((made, elapsed)) = backup else { return outcome.map(|_| None) };
        if let Err(err @ (RestoreError::Cancelled | RestoreError::Database(_))) = outcome {
            std::fs::remove_file(&made.path)
                .map_err(FileError::new("remove the backup", &made.path))?;
            return Err(err);
        }
        self.observer.event(&Event::BackedUp { path: &made.path, elapsed });
        if let Some(reason) = &made.unchecked {
            let message = format!("the backup could not be checked to its end: {reason}");
            self.observer.event(&Event::Warning { message });
        }
        outcome.map(|_| Some(made))
    }
}
