//! A copy of the database as it is before the first statement of a run.
//!
//! **Invariant.** What the backup holds is what the first statement finds: the connection of the run
//! holds the database against writers from before the copy until its first statement. Only a body
//! outside a transaction has no lock that would last from the one to the other.

mod before;
mod error;
mod file;
mod name;
mod prune;
mod restore;
mod restore_error;
mod taken_back;

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

pub(super) use self::before::name_backup;
pub use self::error::BackupError;
use self::file::NewFile;
use self::name::{is_temporary, owner};
pub use self::restore::{Consent, restore};
pub use self::restore_error::{Loss, RestoreError};
use super::Run;
use super::error::Failure;
use super::event::{Event, Observer};
use super::session::{Progress, Session};
use super::work::Work;
use crate::config::BackupMode;
use crate::db::{self, Access, Database, DbError, FileCheck, Lock, LogTable, Watch};
use crate::fsutil::{FileError, folder_of, with_suffix};

/// How often a backup is made at most before a body outside a transaction, where somebody writes after
/// each.
const MOST_ATTEMPTS: usize = 3;

/// Whether and where a run makes a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackupPlan<'a> {
    /// Before which runs.
    pub mode: BackupMode,
    /// A file that is not there yet, or a folder; `None` for beside the database.
    pub target: Option<&'a Path>,
    /// How many of those that were named after the database stay in the folder; 0 for all.
    pub keep: usize,
    /// Somebody asked for it, and wants to know if there is nothing to back up.
    pub is_wanted: bool,
}

impl BackupPlan<'_> {
    /// None at all.
    pub const NONE: Self =
        BackupPlan { mode: BackupMode::Never, target: None, keep: 0, is_wanted: false };
}

/// The backup of a run.
#[derive(Debug, Default)]
pub(super) enum BackupState {
    /// It is still to be made, if one is needed.
    #[default]
    Due,
    /// It is made, and not out of date.
    Made(Made),
    /// There was nothing to back up.
    Empty,
}

impl BackupState {
    /// Its file.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Made(made) => Some(&made.path),
            Self::Due | Self::Empty => None,
        }
    }
}

impl Session<'_> {
    /// Whether what is left to do must not begin without a backup.
    pub fn needs_backup(&self, work: &Work<'_>) -> bool {
        if self.request.rehearse || !matches!(self.progress.backup, BackupState::Due) {
            return false;
        }
        match self.request.backup.mode {
            BackupMode::Always => true,
            BackupMode::Destructive => work.loses_data(),
            BackupMode::Never => false,
        }
    }

    /// Makes the backup inside the transaction that has just begun with this lock.
    pub fn back_up(&mut self, lock: Lock) -> Result<(), Failure> {
        if self.is_empty()? {
            return Ok(());
        }
        let started = Instant::now();
        let made = match lock {
            Lock::Write => self.copy_beside(),
            Lock::Exclusive => {
                let request = self.request;
                Ok(self.database.while_held(|database| copy(request, database))?)
                    .and_then(|made| Ok(made?))
            }
        };
        let made = made.map_err(|it| self.find_cause(it))?;
        self.announce(made, started);
        Ok(())
    }

    /// Makes the backup before a body that runs outside a transaction, as close to its first
    /// statement as that can be: what others write after it, no lock keeps out.
    ///
    /// `false` where the version table is not what `work` was planned for.
    pub fn back_up_outside(&mut self, work: &Work<'_>) -> Result<bool, Failure> {
        if self.is_empty()? {
            return Ok(true);
        }
        let started = Instant::now();
        for attempt in 1.. {
            self.begin_inside(Lock::Write)?;
            if self.table.rows(&self.database)? != work.rows {
                self.database.rollback()?;
                return Ok(false);
            }
            let made = self.copy_beside().map_err(|it| self.find_cause(it))?;
            let version = self.database.data_version()?;
            self.database.rollback()?;
            if self.database.data_version()? == version || attempt == MOST_ATTEMPTS {
                self.announce(made, started);
                break;
            }
            std::fs::remove_file(&made.path)
                .map_err(FileError::new("remove the backup", &made.path))
                .map_err(BackupError::from)?;
        }
        Ok(true)
    }

    /// Why a file beside the database could not be made: where the database cannot be written either,
    /// because of the folder that both lie in, that is what is to be heard of.
    pub fn find_cause(&self, failure: Failure) -> Failure {
        let is_beside = match &failure {
            Failure::Backup { source } => matches!(source, BackupError::File(_)),
            Failure::Database(err) => matches!(err, DbError::Sidecar { .. }),
            _ => false,
        };
        let write = || {
            if !self.database.is_autocommit() {
                return self.database.try_write();
            }
            self.database.begin(Lock::Write)?;
            let outcome = self.database.try_write();
            self.database.rollback()?;
            outcome
        };
        match is_beside.then(write) {
            Some(Err(err @ DbError::ReadOnly { .. })) => err.into(),
            _ => failure,
        }
    }

    /// Whether there is nothing to back up; then that is settled.
    fn is_empty(&mut self) -> Result<bool, Failure> {
        // A database in memory is gone with its connection, and no other one can see it.
        if let Some(path) = self.request.location.path() {
            if self.database.has_objects_besides([self.table.name(), LogTable::NAME])? {
                return Ok(false);
            }
            if self.request.backup.is_wanted {
                self.warn(format!("no backup: there is nothing in `{}`", path.display()));
            }
        }
        self.progress.backup = BackupState::Empty;
        Ok(true)
    }

    /// Copies the database, which this connection holds against writers, through another one: its own
    /// would copy nothing while it has begun to write.
    fn copy_beside(&mut self) -> Result<Made, Failure> {
        let request = self.request;
        let open = || Database::open(request.location, Access::Read, Duration::ZERO);
        let source = self.retry_beside(open)?;
        Ok(copy(request, &source)?)
    }

    /// Notes a backup that is made, and says so.
    fn announce(&mut self, made: Made, started: Instant) {
        self.observer.event(&Event::BackedUp { path: &made.path, elapsed: started.elapsed() });
        if let Some(reason) = &made.unchecked {
            self.warn(format!("the backup could not be checked to its end: {reason}"));
        }
        self.progress.backup = BackupState::Made(made);
        // One more for as long as it is not certain that this one will be needed; but not ever more
        // where each run is killed.
        keep_newest(self.request, self.progress, 1, self.observer);
    }
}

/// Makes the backup of a run, through this connection.
fn copy(request: &Run<'_>, source: &Database) -> Result<Made, BackupError> {
    let path = request.location.path().unwrap_or_else(|| Path::new(""));
    make(source, path, request.backup.target, request.clock.now(), &goes_on(request))
}

/// Whether nobody wants a run to stop.
fn goes_on(request: &Run<'_>) -> Watch {
    let cancel = request.cancel.clone();
    Arc::new(move || !cancel.as_ref().is_some_and(|it| it.load(Ordering::Relaxed)))
}

/// Removes the backup of a run that failed and left the database as it was: those of earlier runs,
/// which are worth more, would have to make room for one of each attempt. After an error that throws
/// doubt on the file it stays.
pub(super) fn settle(
    request: &Run<'_>,
    progress: &mut Progress,
    outcome: Result<(), &Failure>,
    observer: &mut dyn Observer,
) {
    let is_doubtful = match outcome {
        Ok(()) | Err(Failure::Commit { .. }) => true,
        Err(Failure::Database(err)) => {
            !matches!(err, DbError::Busy { .. } | DbError::Full { .. } | DbError::ReadOnly { .. })
        }
        Err(_) => false,
    };
    if is_doubtful || progress.has_changed() {
        keep_newest(request, progress, 0, observer);
    } else {
        remove(progress, observer);
    }
}

/// Removes a backup that was made, and nobody needs.
fn remove(progress: &mut Progress, observer: &mut dyn Observer) {
    let BackupState::Made(Made { path, _held, .. }) = std::mem::take(&mut progress.backup) else {
        return;
    };
    let removal = std::fs::remove_file(&path).map_err(FileError::new("remove the backup", &path));
    match removal {
        Ok(()) => observer.event(&Event::BackupRemoved { path: &path, is_own: true }),
        Err(err) => warn_of(&err, observer),
    }
}

/// Removes the oldest backups beside the one that a run made, all but as many as are to be kept, and
/// `more`.
fn keep_newest(request: &Run<'_>, progress: &Progress, more: usize, observer: &mut dyn Observer) {
    let BackupPlan { target, keep, .. } = request.backup;
    let (Some(made), Some(database)) = (progress.backup.path(), request.location.path()) else {
        return;
    };
    let keep = if keep == 0 { 0 } else { keep + more };
    let (removed, failed) = prune(made, database, target, request.clock.now(), keep);
    for path in &removed {
        observer.event(&Event::BackupRemoved { path, is_own: false });
    }
    if let Some(err) = failed {
        warn_of(&err, observer);
    }
}

fn warn_of(err: &FileError, observer: &mut dyn Observer) {
    let message = format!("{err}: {}", err.source);
    observer.event(&Event::Warning { message });
}

/// A backup that was made. While it lives, no other process prunes its file.
#[derive(Debug)]
pub struct Made {
    /// Its file.
    pub path: PathBuf,
    /// The file with its lock.
    _held: File,
    /// Why it could not be looked at to its end: SQLite lacks something that it needs.
    pub unchecked: Option<String>,
}

/// Makes a backup of the database at `path`, which `source` reads: in the file `target`, which must
/// not be there, in the folder `target`, or beside the database. It has its name only when it is
/// copied, synced and checked.
///
/// In a folder that others may use too, the name says which of the databases with its name it is.
///
/// # Errors
///
/// Then nothing is left of it, unless the process is killed.
pub fn make(
    source: &Database,
    path: &Path,
    target: Option<&Path>,
    now: DateTime<Utc>,
    go_on: &Watch,
) -> Result<Made, BackupError> {
    let path = real_path(path);
    let new = match target {
        Some(target) if !target.is_dir() => {
            refuse_reserved(target)?;
            NewFile::at(target)?
        }
        folder => {
            let folder = folder.unwrap_or_else(|| folder_of(&path));
            NewFile::of(&name_in(folder, &path), folder, now)?
        }
    };
    source.copy_while(new.temporary(), go_on.as_ref())?;
    let unchecked = match db::check_file(new.temporary(), go_on)? {
        FileCheck::Sound => None,
        FileCheck::Incomplete(reason) => Some(reason),
        FileCheck::Damaged(message) => return Err(BackupError::Damaged { path, message }),
    };
    if !go_on() {
        return Err(BackupError::Cancelled);
    }
    let (path, held) = new.finish(&path)?;
    Ok(Made { path, _held: held, unchecked })
}

/// Fails where a file of this name would not stay what it is, or would not be read as it is: what lies
/// beside a database belongs to it.
fn refuse_reserved(path: &Path) -> Result<(), BackupError> {
    let name = path.file_name().unwrap_or_default();
    let belongs = owner(name).is_some_and(|it| path.with_file_name(it).exists());
    if belongs || is_temporary(name) {
        return Err(BackupError::Reserved { path: path.to_owned() });
    }
    for suffix in ["-journal", "-wal"] {
        let beside = with_suffix(path, suffix);
        if beside.symlink_metadata().is_ok() {
            return Err(BackupError::Exists { path: beside });
        }
    }
    Ok(())
}

/// Removes the oldest backups of a database from the folder in which `made` is, all but `keep`, unless
/// that is 0 or `made` has a name that somebody gave it; never `made` itself, what is newer, or what
/// another process needs. Returns what was removed, and why not all.
pub fn prune(
    made: &Path,
    database: &Path,
    target: Option<&Path>,
    now: DateTime<Utc>,
    keep: usize,
) -> (Vec<PathBuf>, Option<FileError>) {
    if keep == 0 || target == Some(made) {
        return (Vec::new(), None);
    }
    prune::prune(made, &name_in(folder_of(made), &real_path(database)), now, keep, None)
}

/// What the names of the backups of a database begin with: beside it with its name, which no other file
/// there has; in another folder with what tells it from others that are called the same.
fn name_in(folder: &Path, database: &Path) -> OsString {
    let mut name = database.file_name().unwrap_or_default().to_owned();
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    if real(folder) != real(folder_of(database)) {
        let mut identity = real(database).into_os_string().into_encoded_bytes();
        // The same path may be another file elsewhere, say in two containers that share the folder.
        #[cfg(unix)]
        if let Ok(metadata) = database.metadata() {
            let inode = std::os::unix::fs::MetadataExt::ino(&metadata);
            identity.extend(inode.to_le_bytes());
        }
        name.push(format!("-{:08x}", fnv(&identity)));
    }
    name
}

/// A hash that stays the same from one version to the next: FNV-1a.
fn fnv(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

/// The file itself, where `path` is a link to it: there its journal lies too.
fn real_path(path: &Path) -> PathBuf {
    let is_link = path.symlink_metadata().is_ok_and(|it| it.is_symlink());
    let real = if is_link { path.canonicalize().ok() } else { None };
    real.unwrap_or_else(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::url::DatabaseLocation;

    /// What making a backup of a sound database says, and what is left beside that.
    #[track_caller]
    fn check(go_on: &Watch, expected: &[&str]) -> Result<Made, BackupError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let location = DatabaseLocation::File(path.clone());
        let source = Database::open(&location, Access::Create, Duration::ZERO).unwrap();
        source.execute("CREATE TABLE t(a)").unwrap();
        let now = DateTime::from_timestamp(1_795_341_847, 0).unwrap();
        let made = make(&source, &path, None, now, go_on);
        let names = std::fs::read_dir(folder.path()).unwrap();
        let mut names: Vec<_> =
            names.map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        assert_eq!(names, expected);
        made
    }

    #[test]
    fn a_backup_that_is_cancelled_leaves_nothing() {
        let outcome = check(&(Arc::new(|| false) as Watch), &["a.db"]);
        assert!(matches!(outcome, Err(BackupError::Cancelled)), "{outcome:?}");
        let made =
            check(&(Arc::new(|| true) as Watch), &["a.db", "a.db.20261122T100407Z.bak"]).unwrap();
        assert_eq!(made.unchecked, None);
    }
}
