//! Which backups go where there are more than are to be kept.
//!
//! **Invariant.** The `keep` newest stay, however many processes make backups at once: each removes only
//! what is older than its own, and only where enough newer ones are there. What somebody holds stays,
//! and does not count: the backup of a run that is not over is removed with it where it fails.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::file::names;
use super::name::Stamp;
use crate::fsutil::{FileError, folder_of};

/// How far the time of a backup may be ahead of ours.
const MOST_AHEAD: TimeDelta = TimeDelta::minutes(1);

/// How often a backup that is looked at by whoever prunes is tried to be held.
const MOST_ATTEMPTS: usize = 10;

/// Removes the oldest backups of a database from the folder of `made`, all but `keep` and the file
/// `spared`. Returns which, and what kept it from going on.
///
/// One with a time that is still to come was made while a clock was wrong, so that it is older than it
/// seems.
pub(super) fn prune(
    made: &Path,
    database: &OsStr,
    now: DateTime<Utc>,
    keep: usize,
    spared: Option<&Path>,
) -> (Vec<PathBuf>, Option<FileError>) {
    let folder = folder_of(made);
    let names = match names(folder).map_err(FileError::new("read the folder", folder)) {
        Ok(names) => names,
        Err(err) => return (Vec::new(), Some(err)),
    };
    // The clocks of two machines that use one folder differ a little.
    let latest = Stamp::new(now + MOST_AHEAD, 1);
    let age = |name: &OsStr| Stamp::parse(name, database).map(|it| (it <= latest, it));
    let Some(own) = made.file_name().and_then(age) else { return (Vec::new(), None) };
    let real = |path: &Path| path.canonicalize().ok();
    let spared = spared.and_then(real);
    let mut n_kept = 0_usize;
    let mut older = Vec::new();
    for name in names {
        let Some(age) = age(&name) else { continue };
        let path = folder.join(name);
        let is_spared = || spared.is_some() && real(&path) == spared;
        if age != own && (is_spared() || unheld(&path).is_none()) {
            continue;
        }
        n_kept += 1;
        if age < own {
            older.push((age, path));
        }
    }
    older.sort();
    let n_old = n_kept.saturating_sub(keep.max(1)).min(older.len());
    let mut removed = Vec::with_capacity(n_old);
    for (_, path) in older.into_iter().take(n_old) {
        let Some(_taken) = unheld(&path) else { continue };
        match std::fs::remove_file(&path) {
            Ok(()) => removed.push(path),
            // Another one prunes too.
            Err(err) if err.kind() == io::ErrorKind::NotFound => {}
            Err(err) => {
                return (removed, Some(FileError::new("remove the old backup", &path)(err)));
            }
        }
    }
    (removed, None)
}

/// Keeps others from pruning a backup that is read, for as long as what is returned is open; where it
/// cannot be held, it can be read all the same.
pub(super) fn hold(backup: &Path) -> Option<File> {
    let file = File::open(backup).ok()?;
    #[cfg(unix)]
    for _ in 0..MOST_ATTEMPTS {
        match file.try_lock_shared() {
            Err(std::fs::TryLockError::WouldBlock) => {
                std::thread::sleep(Duration::from_millis(1));
            }
            _ => break,
        }
    }
    Some(file)
}

/// A backup that no process holds, opened and, where there are locks, locked.
///
/// `None` too for one that cannot be opened: it is somebody else's, and nothing tells whether he needs
/// it.
fn unheld(backup: &Path) -> Option<File> {
    let open = |is_written| File::options().read(true).write(is_written).open(backup);
    // Over a network an exclusive lock may need the right to write.
    let file = open(true).or_else(|_| open(false)).ok()?;
    #[cfg(unix)]
    if matches!(file.try_lock(), Err(std::fs::TryLockError::WouldBlock)) {
        return None;
    }
    Some(file)
}

#[cfg(test)]
mod tests {
    use super::super::file::NewFile;
    use super::*;
    use chrono::TimeZone as _;

    fn now() -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 11, 23, 10, 15, 0).unwrap()
    }

    /// A folder with a database in it, where backups are made.
    struct Folder(tempfile::TempDir);

    impl Folder {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            File::create(folder.path().join("a.db")).unwrap();
            Self(folder)
        }

        /// A backup with this time; it is held while the file is open.
        fn make(&self, time: DateTime<Utc>) -> (PathBuf, File) {
            let new = NewFile::of(OsStr::new("a.db"), self.0.path(), time).unwrap();
            new.finish(&self.0.path().join("a.db")).unwrap()
        }

        /// Those with the times that many seconds after the first; nobody holds them.
        fn made(&self, seconds: &[i64]) -> Vec<PathBuf> {
            let time = |it: &i64| now() + TimeDelta::seconds(*it);
            seconds.iter().map(|it| self.make(time(it)).0).collect()
        }

        /// Fails unless the backups are these: what stands between `a.db.` and `.bak`.
        #[track_caller]
        fn check(&self, expected: &[&str]) {
            let names = names(self.0.path()).unwrap().into_iter().filter_map(|it| {
                let name = it.into_string().unwrap();
                Some(name.strip_prefix("a.db.")?.strip_suffix(".bak")?.to_owned())
            });
            let mut names: Vec<String> = names.collect();
            names.sort();
            assert_eq!(names, expected);
        }
    }

    /// Prunes for `made`, and says how many went.
    #[track_caller]
    fn n_pruned(made: &Path, keep: usize) -> usize {
        let (removed, failed) = prune(made, OsStr::new("a.db"), now(), keep, None);
        assert!(failed.is_none(), "{failed:?}");
        assert!(!removed.iter().any(|it| it.exists()), "{removed:?}");
        removed.len()
    }

    #[test]
    fn the_newest_are_kept() {
        let folder = Folder::new();
        let made = folder.made(&[0, 1, 2, 3, 3]);
        File::create(folder.0.path().join("a.db.20251123T101500Z.bak.gz")).unwrap();
        std::fs::create_dir(folder.0.path().join("a.db.20241123T101500Z.bak")).unwrap();
        assert_eq!(n_pruned(&made[4], 2), 3);
        folder.check(&["20261123T101503Z", "20261123T101503Z-2"]);
    }

    #[test]
    fn the_one_that_was_just_made_is_kept() {
        let folder = Folder::new();
        for _ in 0..3 {
            let (made, _held) = folder.make(now());
            n_pruned(&made, 1);
        }
        folder.check(&["20261123T101500Z-3"]);
    }

    #[test]
    fn whoever_comes_late_removes_none_that_is_newer() {
        let folder = Folder::new();
        let made = folder.made(&[0, 1, 2]);
        assert_eq!(n_pruned(&made[0], 1), 0);
        assert_eq!(n_pruned(&made[1], 1), 1);
        folder.check(&["20261123T101501Z", "20261123T101502Z"]);
        // What is gone is none of those that are there.
        assert_eq!(n_pruned(&made[0], 2), 0);
        assert_eq!(n_pruned(&made[2], 1), 1);
        folder.check(&["20261123T101502Z"]);
    }

    #[cfg(unix)]
    #[test]
    fn the_backup_of_a_run_that_goes_on_stays_and_does_not_count() {
        let folder = Folder::new();
        folder.made(&[0, 1]);
        let (running, held) = folder.make(now() + TimeDelta::seconds(2));
        let made = folder.made(&[3, 4]);
        assert_eq!(n_pruned(&made[0], 2), 2);
        folder.check(&["20261123T101502Z", "20261123T101503Z", "20261123T101504Z"]);
        // Where the run fails, and takes its own away, as many are left as are to be kept.
        assert_eq!(n_pruned(&running, 2), 0);
        drop(held);
        assert_eq!(n_pruned(&made[1], 2), 1);
        folder.check(&["20261123T101503Z", "20261123T101504Z"]);
    }

    #[cfg(unix)]
    #[test]
    fn one_that_is_read_stays() {
        let folder = Folder::new();
        let made = folder.made(&[0, 1, 2]);
        let read = hold(&made[0]).unwrap();
        assert_eq!(n_pruned(&made[2], 1), 1);
        folder.check(&["20261123T101500Z", "20261123T101502Z"]);
        drop(read);
        assert_eq!(n_pruned(&made[2], 1), 1);
        folder.check(&["20261123T101502Z"]);
    }

    #[test]
    fn one_of_the_future_is_older_than_it_seems() {
        let folder = Folder::new();
        let year = 365 * 24 * 3600;
        folder.made(&[70 * year, 71 * year, 72 * year]);
        // Another machine, the clock of which is ahead a little.
        folder.made(&[5]);
        for second in 1..3 {
            let made = folder.made(&[second]);
            n_pruned(&made[0], 3);
        }
        folder.check(&["20261123T101501Z", "20261123T101502Z", "20261123T101505Z"]);
    }
}
