//! What lies beside the file of a database, and belongs to it: its journal, or its log.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use crate::fsutil::with_suffix;

/// How large the journal and the log of a database are, in bytes; `-shm` is no part of them: it is
/// memory.
pub fn length_beside(database: &Path) -> u64 {
    length(&beside(database, "-journal")) + length(&beside(database, "-wal"))
}

/// Whether a write-ahead log with content lies beside a database.
pub(super) fn has_log(database: &Path) -> bool {
    length(&beside(database, "-wal")) > 0
}

/// Whether there is a journal that a crash has left: whoever opens the database with the right to write
/// rolls it back, and changes the file by that. One of a transaction that is going on is none.
///
/// `false` where it cannot be known.
pub fn has_hot_journal(database: &Path) -> bool {
    // One that the log has taken the place of is removed by whoever comes.
    if length(&beside(database, "-journal")) == 0 || has_wal_header(database) {
        return false;
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let read = || -> rusqlite::Result<()> {
        let connection = Connection::open_with_flags(database, flags)?;
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
    };
    // SQLite looks at the locks, and says that it must not roll back.
    matches!(read(), Err(err) if err.sqlite_error().is_some_and(|it| {
        it.extended_code == rusqlite::ffi::SQLITE_READONLY_ROLLBACK
    }))
}

/// A file beside a database, where the database itself is no link.
fn beside(database: &Path, suffix: &str) -> PathBuf {
    with_suffix(&database.canonicalize().unwrap_or_else(|_| database.to_owned()), suffix)
}

fn length(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |it| it.len())
}

/// Whether the header of a database says that there is a write-ahead log. Not for one that this process
/// has open: closing the file drops the locks of SQLite.
pub fn has_wal_header(database: &Path) -> bool {
    let mut header = [0; 20];
    let read = File::open(database).and_then(|mut it| it.read_exact(&mut header));
    read.is_ok() && header[18..20] == [2, 2]
}
