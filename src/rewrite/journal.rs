//! A change of several files that a kill may cut short: what each of them said, and is to say.
//!
//! No file system changes several files at once. Before the first of them changes, all texts, the old
//! and the new, go into one file beside `alembic.toml`, which is removed when the last one has
//! changed. Whoever finds it knows that the change is under way, or was cut short, and has all that
//! it takes to lead it to its end or back.

use std::collections::BTreeSet;
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::RewriteError;
use crate::fsutil::{self, FileError};

/// What the file is called.
const NAME: &str = ".migrator-squash";

/// What it holds: the form of it, so that another version can tell, and the files in their order.
#[derive(Serialize, Deserialize)]
struct Content {
    version: u32,
    files: Vec<Change>,
}

/// The only form that there is.
const VERSION: u32 = 1;

/// What one file said, and is to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The file; relative to the folder of the journal where it lies below.
    pub path: PathBuf,
    /// Its text; `None` where it is not there.
    pub old: Option<String>,
    /// The text that it is to have; `None` where it is to be removed.
    pub new: Option<String>,
}

/// Where a change leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// To the new texts, the first file first.
    Forward,
    /// To the old ones, the last file first.
    Back,
}

impl Change {
    fn ends(&self, way: Way) -> (Option<&str>, Option<&str>) {
        let (old, new) = (self.old.as_deref(), self.new.as_deref());
        match way {
            Way::Forward => (old, new),
            Way::Back => (new, old),
        }
    }
}

/// A change that has begun. While this value lives, others find it under way.
#[derive(Debug)]
pub struct Journal {
    /// What the paths are relative to.
    pub folder: PathBuf,
    /// Where it leads to in the end, file by file.
    pub changes: Vec<Change>,
    /// Closing it releases the lock.
    _file: File,
}

impl Journal {
    /// Writes down what is to be changed, before anything is.
    ///
    /// # Errors
    ///
    /// [`RewriteError::Interrupted`] and [`RewriteError::UnderWay`] where another change has begun,
    /// [`RewriteError::ChangedMeanwhile`] where one has come to its end since the texts were read, or
    /// somebody has changed a file, and what the file system says. Nothing was changed.
    pub fn begin(folder: &Path, changes: &[Change]) -> Result<Self, RewriteError> {
        refuse_begun(folder)?;
        let files = changes.iter().map(|it| {
            let path = it.path.strip_prefix(folder).unwrap_or(&it.path).to_owned();
            Change { path, ..it.clone() }
        });
        let content = Content { version: VERSION, files: files.collect() };
        let path = folder.join(NAME);
        let text = serde_json::to_string_pretty(&content).map_err(io::Error::other);
        let text = text.map_err(FileError::new("write", &path))?;
        let file = fsutil::write_locked(&path, &text).map_err(|err| match err.source.kind() {
            io::ErrorKind::AlreadyExists => RewriteError::UnderWay { path },
            _ => err.into(),
        })?;
        let journal = Self { folder: folder.to_owned(), changes: content.files, _file: file };
        if let Err(err) = journal.require_old() {
            journal.close()?;
            return Err(err);
        }
        Ok(journal)
    }

    /// Fails unless all files are as they were.
    fn require_old(&self) -> Result<(), RewriteError> {
        for change in &self.changes {
            let text = fsutil::read_if_exists(&self.folder.join(&change.path))?;
            if text.as_deref() != change.old.as_deref().map(str::as_bytes) {
                return Err(RewriteError::ChangedMeanwhile { path: change.path.clone() });
            }
        }
        Ok(())
    }

    /// A change that was cut short; `None` where there is none.
    ///
    /// # Errors
    ///
    /// [`RewriteError::UnderWay`] where it goes on, and what the file system says.
    pub fn interrupted(folder: &Path) -> Result<Option<Self>, RewriteError> {
        let path = folder.join(NAME);
        let Some(file) = open(&path)? else { return Ok(None) };
        if !is_free(&file.try_lock()) {
            return Err(RewriteError::UnderWay { path });
        }
        let read = || {
            // Through the handle that has the lock: some systems let no other one read.
            let content: Content = serde_json::from_reader(io::BufReader::new(&file))?;
            if content.version == VERSION {
                return Ok(content);
            }
            Err(io::Error::other("another version of migrator wrote it"))
        };
        let content = read().map_err(FileError::new("read", &path))?;
        Ok(Some(Self { folder: folder.to_owned(), changes: content.files, _file: file }))
    }

    /// Leads all files one way; those that are there already stay as they are. The journal is gone
    /// when all are.
    ///
    /// # Errors
    ///
    /// [`RewriteError::ChangedSince`], before anything was changed, and what the file system says.
    pub fn lead(&self, way: Way) -> Result<(), RewriteError> {
        let changed = self.pending(way)?;
        let in_order: Box<dyn Iterator<Item = &Change>> = match way {
            Way::Forward => Box::new(changed.into_iter()),
            Way::Back => Box::new(changed.into_iter().rev()),
        };
        for change in in_order {
            let path = self.folder.join(&change.path);
            match change.ends(way) {
                (None, Some(new)) => fsutil::write_new(&path, new)?,
                (Some(old), Some(new)) => fsutil::replace(&path, old, new)?,
                (Some(old), None) => fsutil::remove(&path, old)?,
                (None, None) => {}
            }
        }
        let paths = self.changes.iter().map(|it| self.folder.join(&it.path));
        let folders: BTreeSet<PathBuf> =
            paths.map(|it| fsutil::folder_of(&it).to_owned()).collect();
        for folder in &folders {
            fsutil::remove_abandoned(folder);
        }
        self.close()
    }

    /// Nothing is under way any more.
    fn close(&self) -> Result<(), RewriteError> {
        let path = self.folder.join(NAME);
        std::fs::remove_file(&path).map_err(FileError::new("remove", &path))?;
        // If the power goes and brings the journal back, it says nothing that is wrong.
        fsutil::sync_folder(&self.folder).ok();
        Ok(())
    }

    /// The files that are not where they are to be.
    fn pending(&self, way: Way) -> Result<Vec<&Change>, RewriteError> {
        let mut pending = Vec::new();
        for change in &self.changes {
            let path = self.folder.join(&change.path);
            let text = fsutil::read_if_exists(&path)?;
            let (from, to) = change.ends(way);
            let is = |wanted: Option<&str>| text.as_deref() == wanted.map(str::as_bytes);
            if is(to) {
                continue;
            }
            if !is(from) {
                return Err(RewriteError::ChangedSince { path: change.path.clone() });
            }
            pending.push(change);
        }
        Ok(pending)
    }
}

/// Refuses where a change of the files of this project has begun and has not come to its end.
///
/// # Errors
///
/// [`RewriteError::Interrupted`], [`RewriteError::UnderWay`].
pub fn refuse_begun(folder: &Path) -> Result<(), RewriteError> {
    let path = folder.join(NAME);
    let Some(file) = open(&path)? else { return Ok(()) };
    // Shared, so that two who look do not take each other for the one at work.
    if is_free(&file.try_lock_shared()) {
        Err(RewriteError::Interrupted { path })
    } else {
        Err(RewriteError::UnderWay { path })
    }
}

fn open(path: &Path) -> Result<Option<File>, RewriteError> {
    match File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(err) => Err(FileError::new("read", path)(err).into()),
    }
}

/// Whether a lock was got. Where there are no locks nothing is known to hold one.
fn is_free(outcome: &Result<(), TryLockError>) -> bool {
    !matches!(outcome, Err(TryLockError::WouldBlock))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(path: &str, old: Option<&str>, new: Option<&str>) -> Change {
        Change { path: path.into(), old: old.map(str::to_owned), new: new.map(str::to_owned) }
    }

    /// A folder with files, and the change of one of each kind.
    fn folder() -> (tempfile::TempDir, Vec<Change>) {
        let folder = tempfile::tempdir().unwrap();
        for name in ["changed", "removed"] {
            fsutil::write_new(&folder.path().join("v").join(name), "old").unwrap();
        }
        let changes = [
            change("v/made", None, Some("new")),
            change("v/changed", Some("old"), Some("new")),
            change("v/removed", Some("old"), None),
        ];
        let absolute =
            changes.iter().map(|it| Change { path: folder.path().join(&it.path), ..it.clone() });
        let absolute = absolute.collect();
        (folder, absolute)
    }

    /// All files as `name=text`.
    fn files(folder: &Path) -> String {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(folder.join("v")).unwrap().flatten() {
            let text = std::fs::read_to_string(entry.path()).unwrap();
            found.push(format!("{}={text}", entry.file_name().display()));
        }
        found.sort();
        let is_begun = folder.join(NAME).exists();
        format!("{}{}", found.join(" "), if is_begun { " (begun)" } else { "" })
    }

    const OLD: &str = "changed=old removed=old";
    const NEW: &str = "changed=new made=new";

    #[test]
    fn it_leads_from_every_point_to_either_end() {
        for n_done in 0..=3 {
            for (way, end) in [(Way::Forward, NEW), (Way::Back, OLD)] {
                let (folder, changes) = folder();
                let root = folder.path();
                drop(Journal::begin(root, &changes).unwrap());
                // A run that was killed after so many files.
                let mut journal = Journal::interrupted(root).unwrap().unwrap();
                let all = journal.changes.clone();
                journal.changes.truncate(n_done);
                let text = std::fs::read_to_string(root.join(NAME)).unwrap();
                journal.lead(Way::Forward).unwrap();
                fsutil::write_new(&root.join(NAME), &text).unwrap();
                assert!(matches!(refuse_begun(root), Err(RewriteError::Interrupted { .. })));
                drop(journal);

                let journal = Journal::interrupted(root).unwrap().unwrap();
                assert_eq!(journal.changes, all);
                journal.lead(way).unwrap();
                assert_eq!(files(root), end, "{n_done} {way:?}");
                refuse_begun(root).unwrap();
                assert!(Journal::interrupted(root).unwrap().is_none());
            }
        }
    }

    #[test]
    fn paths_are_kept_relative_so_that_the_folder_may_move() {
        let (folder, changes) = folder();
        let journal = Journal::begin(folder.path(), &changes).unwrap();
        assert_eq!(journal.changes[0].path, Path::new("v/made"));
    }

    /// Another change may have come to its end since the files were read, be it the same one.
    #[test]
    fn it_begins_with_what_was_read_or_not_at_all() {
        let (folder, changes) = folder();
        let root = folder.path();
        Journal::begin(root, &changes).unwrap().lead(Way::Forward).unwrap();
        let refused = |name: &str| {
            let err = Journal::begin(root, &changes).unwrap_err();
            let is_it =
                matches!(&err, RewriteError::ChangedMeanwhile { path } if path.ends_with(name));
            assert!(is_it, "{err:?}");
        };
        refused("v/made");
        assert_eq!(files(root), NEW);
        fsutil::remove(&root.join("v/made"), "new").unwrap();
        refused("v/changed");
        fsutil::replace(&root.join("v/changed"), "new", "old").unwrap();
        refused("v/removed");
        assert_eq!(files(root), "changed=old");
    }

    #[test]
    fn a_file_that_somebody_changed_stops_it_before_anything_is() {
        let (folder, changes) = folder();
        let root = folder.path();
        let journal = Journal::begin(root, &changes).unwrap();
        fsutil::replace(&root.join("v/removed"), "old", "mine").unwrap();
        for way in [Way::Forward, Way::Back] {
            let err = journal.lead(way).unwrap_err();
            assert!(
                matches!(err, RewriteError::ChangedSince { path } if path.ends_with("v/removed"))
            );
        }
        assert_eq!(files(root), "changed=old removed=mine (begun)");
    }

    #[cfg(unix)]
    #[test]
    fn one_that_is_under_way_is_told_from_one_that_was_cut_short() {
        let (folder, changes) = folder();
        let root = folder.path();
        let journal = Journal::begin(root, &changes).unwrap();
        let under_way = |outcome| matches!(outcome, Err(RewriteError::UnderWay { .. }));
        assert!(under_way(refuse_begun(root)));
        assert!(under_way(Journal::interrupted(root).map(drop)));
        assert!(under_way(Journal::begin(root, &changes).map(drop)));
        drop(journal);
        let begun = Journal::begin(root, &changes).map(drop);
        assert!(matches!(begun, Err(RewriteError::Interrupted { .. })));
    }
}
