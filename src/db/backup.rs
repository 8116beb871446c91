//! A database copied whole, through SQLite.
//!
//! Copying the file itself would be wrong in three ways: the journal or the log beside it belongs to
//! it, another process may write in the middle, and closing the copied file would drop the locks that
//! this process holds on the database (POSIX locks belong to the process, not to the descriptor).

use std::path::Path;
use std::time::Duration;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use super::{Database, DbError};

impl Database {
    /// Copies the whole database into the file `target`, which is made or replaced page by page: one
    /// consistent state, with row numbers, free pages and settings as they are.
    ///
    /// In one step: with several, a writer that never rests would begin it anew for ever. Call it on a
    /// connection that has no transaction open; what another connection of this process has not
    /// committed is not in it. The target is not synced to disk.
    ///
    /// # Errors
    ///
    /// What SQLite says: a full disk, a source that another connection holds exclusively for longer
    /// than the busy timeout.
    pub fn copy_to(&self, target: &Path) -> Result<(), DbError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let error = |err| DbError::sqlite(target.to_owned(), "write the copy", err);
        let mut copy =
            Connection::open_with_flags(target, flags).map_err(|err| error(err.into()))?;
        let backup = Backup::new(&self.connection, &mut copy).map_err(|err| error(err.into()))?;
        match backup.step(-1).map_err(|err| error(err.into()))? {
            StepResult::Done => Ok(()),
            _ => Err(DbError::Busy { path: self.path.clone(), waited: Duration::ZERO }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::url::DatabaseLocation;
    use crate::db::Access;

    #[test]
    fn a_copy_is_what_was_committed() {
        let folder = tempfile::tempdir().unwrap();
        let (original, copy) = (folder.path().join("a.db"), folder.path().join("b.db"));
        let open = |path: &Path, access| {
            let location = DatabaseLocation::File(path.to_owned());
            Database::open(&location, access, Duration::ZERO).unwrap()
        };
        let mut writer = open(&original, Access::Create);
        writer.allow_writes().unwrap();
        writer.execute("CREATE TABLE t(a)").unwrap();
        writer.execute("INSERT INTO t(rowid, a) VALUES (7, 'x')").unwrap();
        writer.execute("BEGIN IMMEDIATE").unwrap();
        writer.execute("INSERT INTO t(rowid, a) VALUES (8, 'y')").unwrap();
        open(&original, Access::Read).copy_to(&copy).unwrap();
        let rows: Vec<i64> = open(&copy, Access::Read)
            .connection
            .prepare("SELECT rowid FROM t")
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        assert_eq!(rows, [7]);
    }

    #[test]
    fn a_database_that_is_held_exclusively_is_busy() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let location = DatabaseLocation::File(path);
        let mut writer = Database::open(&location, Access::Create, Duration::ZERO).unwrap();
        writer.allow_writes().unwrap();
        writer.execute("CREATE TABLE t(a)").unwrap();
        let reader = Database::open(&location, Access::Read, Duration::ZERO).unwrap();
        writer.execute("BEGIN EXCLUSIVE").unwrap();
        let err = reader.copy_to(&folder.path().join("b.db")).unwrap_err();
        assert!(err.is_busy(), "{err:?}");
    }
}
