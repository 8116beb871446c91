//! The file of a backup: it has its name only when it is whole and lasts.

use std::ffi::{OsStr, OsString};
use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use chrono::{DateTime, Utc};

use super::BackupError;
use super::name::{Stamp, parse_temporary, temporary};
use crate::fsutil::{self, Claim, FileError, folder_of, is_at, sync_folder};

/// A file that is being written under a name of its own. Dropping it removes it.
#[derive(Debug)]
pub(super) struct NewFile {
    /// What it will be called.
    path: PathBuf,
    /// What it is called now.
    temporary: PathBuf,
    /// Empty when it was made. Holds a lock, where there are such, that tells a file that is being
    /// written from one whose writer was killed.
    file: File,
    /// When it was made, by the clock of the folder.
    started: SystemTime,
    is_done: bool,
}

impl NewFile {
    /// One in `folder`, with a name that says of which database it is and when it was made. Takes
    /// those away that a killed process left there.
    pub(super) fn of(
        database: &OsStr,
        folder: &Path,
        now: DateTime<Utc>,
    ) -> Result<Self, BackupError> {
        remove_abandoned(folder, database);
        let names = names(folder).unwrap_or_default();
        let stamp = |name: &OsString| {
            Stamp::parse(name, database).or_else(|| parse_temporary(name, database))
        };
        let mut stamp = Stamp::after(now, names.iter().filter_map(stamp));
        loop {
            let path = folder.join(stamp.name(database));
            match Self::at(&path) {
                Err(BackupError::Exists { .. }) => stamp = stamp.next(),
                outcome => return outcome,
            }
        }
    }

    /// One with this name, which nothing may have yet.
    pub(super) fn at(path: &Path) -> Result<Self, BackupError> {
        let exists = || BackupError::Exists { path: path.to_owned() };
        let Some(name) = path.file_name() else { return Err(exists()) };
        if path.symlink_metadata().is_ok() {
            return Err(exists());
        }
        let temporary = path.with_file_name(temporary(name));
        if let Some(_locked) = fsutil::abandoned(&temporary) {
            std::fs::remove_file(&temporary).ok();
        }
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true);
        // Nobody else reads it before it has the permissions of the database.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = match options.open(&temporary) {
            Err(err) if err.kind() == io::ErrorKind::AlreadyExists => return Err(exists()),
            outcome => outcome.map_err(FileError::new("write the backup", &temporary))?,
        };
        let error = FileError::new("write the backup", &temporary);
        // Whoever writes this one has the right to the name. Between our making it and our lock
        // another process may have taken it for an abandoned one; it is not ours to remove then.
        let claim = fsutil::claim(&file, &temporary);
        let started = || file.metadata().and_then(|it| it.modified());
        let (claim, started) = claim.and_then(|it| Ok((it, started()?))).map_err(error)?;
        if claim == Claim::Theirs {
            return Err(exists());
        }
        let new = Self { path: path.to_owned(), temporary, file, started, is_done: false };
        // Another one may have given the name meanwhile.
        if new.path.symlink_metadata().is_ok() {
            return Err(exists());
        }
        Ok(new)
    }

    /// What it is called while it is written.
    pub(super) fn temporary(&self) -> &Path {
        &self.temporary
    }

    /// Makes it last, and gives it its name; whoever may read `like` may read it. No other process
    /// prunes it while the file that is returned is open.
    pub(super) fn finish(mut self, like: &Path) -> Result<(PathBuf, File), BackupError> {
        let finish = || -> io::Result<File> {
            let held = self.file.try_clone()?;
            copy_permissions(like, &self.file)?;
            // What is written to the database while it is copied may not be in the copy.
            self.file.set_modified(self.started)?;
            self.file.sync_all()?;
            // Another file of that name nobody has synced.
            if !is_at(&self.file, &self.temporary)? {
                return Err(io::Error::other("somebody has removed it while it was written"));
            }
            std::fs::rename(&self.temporary, &self.path)?;
            sync_folder(folder_of(&self.path)).inspect_err(|_| {
                std::fs::remove_file(&self.path).ok();
            })?;
            Ok(held)
        };
        let held = finish().map_err(FileError::new("write the backup", &self.path))?;
        self.is_done = true;
        Ok((self.path.clone(), held))
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        // What has the name may be another's by now.
        if !self.is_done && is_at(&self.file, &self.temporary).unwrap_or(true) {
            std::fs::remove_file(&self.temporary).ok();
        }
    }
}

/// The backups of a database in a folder, the newest first; none where the folder cannot be read.
pub(super) fn newest_first(folder: &Path, database: &OsStr) -> Vec<PathBuf> {
    let stamped = |name: OsString| Some((Stamp::parse(&name, database)?, name));
    let mut found: Vec<(Stamp, OsString)> =
        names(folder).unwrap_or_default().into_iter().filter_map(stamped).collect();
    found.sort();
    found.into_iter().rev().map(|(_, name)| folder.join(name)).collect()
}

/// Removes what processes that were killed left in a folder. One that cannot be removed stays.
fn remove_abandoned(folder: &Path, database: &OsStr) {
    let Ok(names) = names(folder) else { return };
    for name in names.iter().filter(|it| parse_temporary(it, database).is_some()) {
        let path = folder.join(name);
        if let Some(_locked) = fsutil::abandoned(&path) {
            std::fs::remove_file(&path).ok();
        }
    }
}

/// The names of the ordinary files in a folder.
pub(super) fn names(folder: &Path) -> io::Result<Vec<OsString>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            names.push(entry.file_name());
        }
    }
    Ok(names)
}

/// A backup is nothing for people who may not see the database.
#[cfg(unix)]
fn copy_permissions(from: &Path, to: &File) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt as _;

    let (from, now) = (from.metadata()?, to.metadata()?);
    if (from.uid(), from.gid()) != (now.uid(), now.gid())
        && std::os::unix::fs::fchown(to, Some(from.uid()), Some(from.gid())).is_err()
    {
        return Ok(());
    }
    to.set_permissions(from.permissions())
}

#[cfg(not(unix))]
fn copy_permissions(_from: &Path, _to: &File) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone as _;

    fn now() -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 11, 23, 10, 15, 0).unwrap()
    }

    fn make(folder: &Path, now: DateTime<Utc>) -> PathBuf {
        let database = folder.join("a.db");
        let file = NewFile::of(OsStr::new("a.db"), folder, now).unwrap();
        file.finish(&database).unwrap().0
    }

    /// A folder with a database in it.
    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        File::create(folder.path().join("a.db")).unwrap();
        folder
    }

    fn files(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            names(folder).unwrap().into_iter().map(|it| it.into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn each_has_a_name_of_its_own() {
        let folder = folder();
        let first = NewFile::of(OsStr::new("a.db"), folder.path(), now()).unwrap();
        let second = NewFile::of(OsStr::new("a.db"), folder.path(), now()).unwrap();
        first.finish(&folder.path().join("a.db")).unwrap();
        second.finish(&folder.path().join("a.db")).unwrap();
        make(folder.path(), now());
        let expected = [
            "a.db",
            "a.db.20261123T101500Z-2.bak",
            "a.db.20261123T101500Z-3.bak",
            "a.db.20261123T101500Z.bak",
        ];
        assert_eq!(files(folder.path()), expected);
    }

    #[test]
    fn one_that_is_not_finished_leaves_nothing() {
        let folder = folder();
        drop(NewFile::of(OsStr::new("a.db"), folder.path(), now()).unwrap());
        assert_eq!(files(folder.path()), ["a.db"]);
    }

    #[cfg(unix)]
    #[test]
    fn one_that_somebody_took_away_is_not_finished() {
        let folder = folder();
        let new = || NewFile::of(OsStr::new("a.db"), folder.path(), now()).unwrap();
        let gone = new();
        std::fs::remove_file(gone.temporary()).unwrap();
        let other = new();
        assert_eq!(other.temporary(), gone.temporary());
        let err = gone.finish(&folder.path().join("a.db")).unwrap_err();
        assert!(matches!(err, BackupError::File(_)), "{err:?}");
        let (path, _) = other.finish(&folder.path().join("a.db")).unwrap();
        assert_eq!(files(folder.path()), ["a.db", path.file_name().unwrap().to_str().unwrap()]);
    }

    #[test]
    fn nothing_is_written_over() {
        let folder = folder();
        let err = NewFile::at(&folder.path().join("a.db")).unwrap_err();
        assert!(matches!(err, BackupError::Exists { .. }), "{err:?}");
        assert_eq!(files(folder.path()), ["a.db"]);
    }

    #[cfg(unix)]
    #[test]
    fn what_a_killed_process_left_is_removed_and_what_is_being_written_is_not() {
        let folder = folder();
        let living = NewFile::of(OsStr::new("a.db"), folder.path(), now()).unwrap();
        for name in
            ["a.db.20251123T101500Z.bak.migrator-tmp", "b.db.20251123T101500Z.bak.migrator-tmp"]
        {
            File::create(folder.path().join(name)).unwrap();
        }
        let second = NewFile::of(OsStr::new("a.db"), folder.path(), now()).unwrap();
        let expected = [
            "a.db",
            "a.db.20261123T101500Z-2.bak.migrator-tmp",
            "a.db.20261123T101500Z.bak.migrator-tmp",
            "b.db.20251123T101500Z.bak.migrator-tmp",
        ];
        assert_eq!(files(folder.path()), expected);
        drop((living, second));
    }

    #[cfg(unix)]
    #[test]
    fn it_is_as_private_as_the_database() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = folder();
        for mode in [0o600, 0o640, 0o644] {
            let permissions = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(folder.path().join("a.db"), permissions).unwrap();
            let made = make(folder.path(), now());
            assert_eq!(made.metadata().unwrap().permissions().mode() & 0o777, mode);
        }
    }
}
