//! The backup that is taken back: whether it is a whole database, and how it compares with the one
//! that it is to overwrite.

use std::fs::File;
use std::io::{self, Read as _};
use std::ops::Range;
use std::path::Path;
use std::time::SystemTime;

use super::name::time_in;
use super::real_path;
use super::restore_error::RestoreError;
use crate::audit::LogRow;
use crate::db::{self, Database, DbError, FileCheck, Watch};
use crate::fsutil::{FileError, is_same_file, with_suffix};

/// Bytes of the first page that are others in each copy: what the journal is, the counters of changes,
/// the version of SQLite.
const COUNTERS: [Range<usize>; 4] = [18..20, 24..28, 40..44, 92..100];

/// Opens a backup, once it is known to be a whole database, and one that nobody writes to.
pub(super) fn open_backup(
    file: &Path,
    database: &Path,
    go_on: &Watch,
) -> Result<Database, RestoreError> {
    let is_missing = match file.metadata() {
        Ok(found) => found.len() == 0,
        Err(err) if err.kind() == io::ErrorKind::NotFound => true,
        Err(err) => return Err(RestoreError::File(FileError::new("read", file)(err))),
    };
    if is_missing {
        let path = file.to_owned();
        let is_there = file.symlink_metadata().is_ok();
        return Err(if is_there {
            RestoreError::Empty { path }
        } else {
            RestoreError::Missing { path }
        });
    }
    if is_same_file(file, database) {
        let is_link = file.file_name() != database.file_name();
        return Err(RestoreError::Itself { path: file.to_owned(), is_link });
    }
    for suffix in ["-journal", "-wal"] {
        let beside = with_suffix(file, suffix);
        if beside.metadata().is_ok_and(|it| it.len() > 0) {
            return Err(RestoreError::InUse { path: file.to_owned(), beside });
        }
    }
    match db::check_file(file, go_on) {
        Err(DbError::Interrupted { .. }) => Err(RestoreError::Cancelled),
        Err(err) => Err(RestoreError::Unreadable(err)),
        Ok(FileCheck::Damaged(message)) => {
            Err(RestoreError::Damaged { path: file.to_owned(), message })
        }
        Ok(FileCheck::Sound | FileCheck::Incomplete(_)) => {
            Database::open_unchanging(file).map_err(RestoreError::Unreadable)
        }
    }
}

/// Whether anybody has written to a database since a backup was made: then, or before, its file has the
/// time that it was written last, unless it was copied or renamed, and its name says the time, unless
/// somebody gave it another one. So it is the earlier of the two.
pub(super) fn is_written_since(database: &Path, backup: &Path) -> bool {
    let written = |path: &Path| path.metadata().and_then(|it| it.modified()).ok();
    let in_name = backup.file_name().and_then(time_in).map(SystemTime::from);
    let made = written(backup).into_iter().chain(in_name).min();
    let log = with_suffix(&real_path(database), "-wal");
    // Readers leave an empty one.
    let log = log.metadata().is_ok_and(|it| it.len() > 0).then(|| written(&log));
    let last = [Some(written(database)), log].into_iter().flatten();
    // What is not known is no reason to overwrite anything.
    last.into_iter().any(|it| it.zip(made).is_none_or(|(written, made)| written >= made))
}

/// Whether there is more behind `beginning` in `whole`, and the same before.
pub(super) fn is_beginning(beginning: &[LogRow], whole: &[LogRow]) -> bool {
    whole.len() > beginning.len() && whole.starts_with(beginning)
}

/// Whether two databases are the same, page by page; counters of changes do not count. `None` where
/// `go_on` said no.
pub(super) fn has_same_pages(
    left: &Path,
    right: &Path,
    go_on: &dyn Fn() -> bool,
) -> io::Result<Option<bool>> {
    const CHUNK: u64 = 1 << 20;
    let (left, right) = (File::open(left)?, File::open(right)?);
    if left.metadata()?.len() != right.metadata()?.len() {
        return Ok(Some(false));
    }
    let [mut a, mut b] = [Vec::new(), Vec::new()];
    let mut is_first = true;
    loop {
        for (chunk, file) in [(&mut a, &left), (&mut b, &right)] {
            chunk.clear();
            file.take(CHUNK).read_to_end(chunk)?;
            if is_first {
                for range in COUNTERS {
                    if let Some(bytes) = chunk.get_mut(range) {
                        bytes.fill(0);
                    }
                }
            }
        }
        if a != b {
            return Ok(Some(false));
        }
        if a.is_empty() {
            return Ok(Some(true));
        }
        if !go_on() {
            return Ok(None);
        }
        is_first = false;
    }
}
