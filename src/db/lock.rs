//! A lock beside the database, for the revisions during which no lock in it can be held.
//!
//! A body that runs outside a transaction would run twice when two runs begin at once. What keeps
//! the second one out is a lock of the operating system on a file of its own: SQLite's own file must
//! not be locked or even opened by others, since closing it drops SQLite's POSIX locks.
//!
//! **Invariant.** While it is held nobody else writes, though others only look: they hold the database
//! against writers, then ask [`SidecarLock::require_free`]; whoever takes the lock holds the database
//! once before he reads what he goes by. So either he waits for them, or they find his lock.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::DbError;
use crate::fsutil::{folder_of, is_at, with_suffix};

/// A held lock. Dropping it releases it and removes its file; a kill releases it too, and the file
/// that is left then means nothing.
#[derive(Debug)]
pub struct SidecarLock {
    path: PathBuf,
    /// Closing it releases the lock.
    file: File,
}

impl SidecarLock {
    /// What its file has behind the name of the database.
    pub const SUFFIX: &str = "-migrator-lock";

    /// Takes the lock that stands for the database at `database`, without waiting.
    ///
    /// # Errors
    ///
    /// [`DbError::Busy`] where another process holds it.
    pub fn try_take(database: &Path) -> Result<Self, DbError> {
        let path = lock_path(database);
        let error = |source| DbError::Sidecar { path: path.clone(), source };
        loop {
            let mut options = OpenOptions::new();
            let options = options.read(true).write(true).create(true).truncate(false);
            let file = options.open(&path).map_err(error)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(busy(database)),
                Err(TryLockError::Error(source)) => return Err(error(source)),
            }
            // The one that held it removed the file between our opening and our locking: what is
            // locked now has no name, and the next one would lock another file.
            if is_at(&file, &path).map_err(error)? {
                return Ok(Self { path, file });
            }
        }
    }

    /// Fails while another process, or another part of this one, holds the lock for a database. Where
    /// there is no file, or none that can be opened or locked, nobody does.
    ///
    /// # Errors
    ///
    /// [`DbError::Busy`].
    pub fn require_free(database: &Path) -> Result<(), DbError> {
        let Ok(file) = File::open(lock_path(database)) else { return Ok(()) };
        match file.try_lock_shared() {
            Err(TryLockError::WouldBlock) => Err(busy(database)),
            Ok(()) | Err(TryLockError::Error(_)) => Ok(()),
        }
    }
}

/// The file that stands for a database: two names of one lead to one lock.
fn lock_path(database: &Path) -> PathBuf {
    let real = database.canonicalize().or_else(|_| {
        // It is not there yet.
        let name = database.file_name().unwrap_or_default();
        folder_of(database).canonicalize().map(|it| it.join(name))
    });
    with_suffix(&real.unwrap_or_else(|_| database.to_owned()), SidecarLock::SUFFIX)
}

fn busy(database: &Path) -> DbError {
    DbError::Busy { path: database.to_owned(), waited: Duration::ZERO }
}

impl Drop for SidecarLock {
    fn drop(&mut self) {
        // While it is still held; where that is impossible (Windows) the file stays, which harms
        // nobody.
        if cfg!(unix) {
            std::fs::remove_file(&self.path).ok();
        }
        self.file.unlock().ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_one_finds_it_taken_until_it_is_released() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("app.db");
        let first = SidecarLock::try_take(&database).unwrap();
        assert!(SidecarLock::try_take(&database).unwrap_err().is_busy());
        drop(first);
        drop(SidecarLock::try_take(&database).unwrap());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), usize::from(!cfg!(unix)));
    }

    #[test]
    fn whoever_looks_finds_it_held_and_makes_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("app.db");
        SidecarLock::require_free(&database).unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        let held = SidecarLock::try_take(&folder.path().join("../").join(&database)).unwrap();
        assert!(SidecarLock::require_free(&database).unwrap_err().is_busy());
        File::create(&database).unwrap();
        assert!(SidecarLock::require_free(&database).unwrap_err().is_busy());
        // As after a kill.
        let left = folder.path().join("app.db-migrator-lock");
        drop(held);
        File::create(left).unwrap();
        SidecarLock::require_free(&database).unwrap();
    }

    #[test]
    fn only_one_of_many_holds_it_at_a_time() {
        use std::sync::atomic::{AtomicU32, Ordering};

        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("app.db");
        let (n_inside, n_done) = (AtomicU32::new(0), AtomicU32::new(0));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    while n_done.load(Ordering::SeqCst) < 500 {
                        if let Ok(_lock) = SidecarLock::try_take(&database) {
                            assert_eq!(n_inside.fetch_add(1, Ordering::SeqCst), 0);
                            n_done.fetch_add(1, Ordering::SeqCst);
                            n_inside.fetch_sub(1, Ordering::SeqCst);
                        }
                    }
                });
            }
        });
    }
}
