//! A database copied whole, through SQLite.
//!
//! Copying the file itself would be wrong in three ways: the journal or the log beside it belongs to
//! it, another process may write in the middle, and closing the copied file would drop the locks that
//! this process holds on the database (POSIX locks belong to the process, not to the descriptor).

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use super::{Access, Database, DbError, Lock, SqliteErrorKind, Watch};
use crate::config::url::DatabaseLocation;

/// How many pages are copied between two questions whether to go on: 2 MiB of the usual size, 32 MiB
/// of the largest.
pub(super) const PAGES_AT_ONCE: i32 = 512;

/// What a look at all pages of a file found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileCheck {
    /// Nothing.
    Sound,
    /// That it is damaged: the first thing that SQLite says about it.
    Damaged(String),
    /// It could not be looked at to the end, because SQLite lacks something that it needs.
    Incomplete(String),
}

impl Database {
    /// Copies the whole database into the file `target`, which is made, or is empty: one consistent
    /// state, with row numbers, free pages and settings as they are. `go_on` is asked from time to time
    /// whether to.
    ///
    /// Call it on a connection that has no transaction open; what another connection of this process
    /// has not committed is not in it. The target is not synced to disk.
    ///
    /// # Errors
    ///
    /// What SQLite says: a full disk, a source that another connection holds exclusively for longer
    /// than the busy timeout. [`DbError::Interrupted`] where `go_on` said no.
    pub fn copy_while(&self, target: &Path, go_on: &dyn Fn() -> bool) -> Result<(), DbError> {
        // One transaction over all steps: without it, a writer that never rests would begin the copy
        // anew for ever.
        self.run("read", "BEGIN")?;
        let outcome = self.read_schema().and_then(|()| self.copy_pages(target, go_on));
        self.rollback()?;
        outcome
    }

    fn copy_pages(&self, target: &Path, go_on: &dyn Fn() -> bool) -> Result<(), DbError> {
        let action = "write the copy";
        let error = |err: rusqlite::Error| DbError::sqlite(target.to_owned(), action, err.into());
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let mut copy = Connection::open_with_flags(target, flags).map_err(error)?;
        // A copy that is not finished is of no use to anybody.
        copy.pragma_update(None, "journal_mode", "off").map_err(error)?;
        copy.pragma_update(None, "synchronous", "off").map_err(error)?;
        let backup = Backup::new(&self.connection, &mut copy).map_err(error)?;
        loop {
            match backup.step(PAGES_AT_ONCE).map_err(error)? {
                StepResult::Done => return Ok(()),
                StepResult::More if go_on() => {}
                StepResult::More => {
                    return Err(DbError::Interrupted { path: self.path.clone(), action: "copy" });
                }
                _ => return Err(DbError::Busy { path: self.path.clone(), waited: Duration::ZERO }),
            }
        }
    }

    /// Opens a database that nobody writes to, to read it. No file beside it is looked at or made.
    pub fn open_unchanging(path: &Path) -> Result<Self, DbError> {
        Self::open(&DatabaseLocation::unchanging(path), Access::Read, Duration::ZERO)
    }

    /// Calls `read` outside of the transaction that was begun with [`Lock::Exclusive`] and has not
    /// written, and begins it anew: in a rollback-journal mode, where that lock keeps everybody out, it
    /// is held all the time. Within the transaction there is no copy of the database to be had.
    pub fn while_held<T>(&self, read: impl FnOnce(&Self) -> T) -> Result<T, DbError> {
        self.keep_lock()?;
        let value = read(self);
        self.keep_lock_no_more()?;
        self.begin(Lock::Exclusive)?;
        Ok(value)
    }

    /// Ends a transaction that was begun with [`Lock::Exclusive`] in a rollback-journal mode, and keeps
    /// its lock.
    pub(super) fn keep_lock(&self) -> Result<(), DbError> {
        self.run("lock", "PRAGMA main.locking_mode = EXCLUSIVE")?;
        self.rollback()
    }

    /// Lets the lock go when the next transaction ends, not before.
    pub(super) fn keep_lock_no_more(&self) -> Result<(), DbError> {
        self.run("lock", "PRAGMA main.locking_mode = NORMAL")
    }

    /// Whether there is anything in it but SQLite's own and these tables.
    pub fn has_objects_besides(&self, tables: [&str; 2]) -> Result<bool, DbError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM main.sqlite_schema
                   WHERE lower(tbl_name) NOT IN (lower(?1), lower(?2))
                   AND tbl_name NOT LIKE 'sqlite\\_%' ESCAPE '\\')";
        let found = self.connection.query_row(sql, tables, |row| row.get(0));
        found.map_err(self.error("read the schema of"))
    }
}

/// Looks at all pages of a database that nobody writes to. What its rows hold is not its concern: a
/// database may hold what its constraints refuse, and so may its copy.
///
/// # Errors
///
/// A file that cannot be read, or that is no database at all, and [`DbError::Interrupted`] where
/// `go_on`, which is asked from time to time, said no.
pub fn check_file(path: &Path, go_on: &Watch) -> Result<FileCheck, DbError> {
    let mut database = match Database::open_unchanging(path) {
        Err(DbError::Corrupt { source, .. }) => return Ok(FileCheck::Damaged(source.message)),
        outcome => outcome?,
    };
    database.set_watch(Some(Arc::clone(go_on)))?;
    let check = || -> rusqlite::Result<FileCheck> {
        database.connection.pragma_update(None, "ignore_check_constraints", true)?;
        let mut statement = database.connection.prepare("PRAGMA main.quick_check")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let message: String = row.get(0)?;
            // The first one has the name of the database in a line above it.
            let message = message.lines().find(|it| !it.starts_with("***")).unwrap_or_default();
            if message != "ok" && !is_about_values(message) {
                return Ok(FileCheck::Damaged(message.to_owned()));
            }
        }
        Ok(FileCheck::Sound)
    };
    match check().map_err(database.error("check")) {
        Err(DbError::Sqlite { source, .. }) if source.kind == SqliteErrorKind::Other => {
            Ok(FileCheck::Incomplete(source.message))
        }
        Err(DbError::Corrupt { source, .. }) => Ok(FileCheck::Damaged(source.message)),
        outcome => outcome,
    }
}

/// Whether `quick_check` says only that a value is of a type that its column refuses: `NULL value in
/// t.a`, `non-INT value in t.a`.
fn is_about_values(message: &str) -> bool {
    let words: Vec<&str> = message.split(' ').take(3).collect();
    matches!(words[..], [kind, "value", "in"] if matches!(kind, "NULL" | "NUMERIC" | "TEXT") || kind.starts_with("non-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(path: &Path, access: Access) -> Database {
        let location = DatabaseLocation::File(path.to_owned());
        Database::open(&location, access, Duration::ZERO).unwrap()
    }

    fn go_on() -> Watch {
        Arc::new(|| true)
    }

    fn rows(path: &Path) -> Vec<i64> {
        let database = open(path, Access::Read);
        let mut statement = database.connection.prepare("SELECT rowid FROM t").unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn a_copy_is_what_was_committed() {
        for journal in ["delete", "wal"] {
            let folder = tempfile::tempdir().unwrap();
            let (original, copy) = (folder.path().join("a.db"), folder.path().join("b.db"));
            let writer = open(&original, Access::Create);
            writer.execute(&format!("PRAGMA journal_mode = {journal}")).unwrap();
            writer.execute("CREATE TABLE t(a)").unwrap();
            writer.execute("INSERT INTO t(rowid, a) VALUES (7, 'x')").unwrap();
            writer.execute("BEGIN IMMEDIATE").unwrap();
            writer.execute("INSERT INTO t(rowid, a) VALUES (8, 'y')").unwrap();
            open(&original, Access::Read).copy_while(&copy, &|| true).unwrap();
            assert_eq!(check_file(&copy, &go_on()).unwrap(), FileCheck::Sound);
            assert_eq!(rows(&copy), [7]);
        }
    }

    #[test]
    fn a_copy_in_several_steps_is_of_one_moment() {
        let folder = tempfile::tempdir().unwrap();
        let (original, copy) = (folder.path().join("a.db"), folder.path().join("b.db"));
        let writer = open(&original, Access::Create);
        writer.execute("PRAGMA journal_mode = wal").unwrap();
        writer.execute("CREATE TABLE t(a)").unwrap();
        let fill = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9000)
                    INSERT INTO t SELECT zeroblob(4000) FROM n";
        writer.execute(fill).unwrap();
        let n_asked = std::cell::Cell::new(0);
        let write = || {
            n_asked.set(n_asked.get() + 1);
            writer.execute("DELETE FROM t WHERE rowid % 2 = 0").unwrap();
            true
        };
        open(&original, Access::Read).copy_while(&copy, &write).unwrap();
        assert!(n_asked.get() > 1);
        assert_eq!(rows(&copy).len(), 9000);
        assert_eq!(rows(&original).len(), 4500);
    }

    #[test]
    fn a_copy_can_be_interrupted() {
        let folder = tempfile::tempdir().unwrap();
        let original = folder.path().join("a.db");
        let writer = open(&original, Access::Create);
        writer.execute("CREATE TABLE t(a)").unwrap();
        writer.execute("INSERT INTO t VALUES (zeroblob(20000000))").unwrap();
        let reader = open(&original, Access::Read);
        let err = reader.copy_while(&folder.path().join("b.db"), &|| false).unwrap_err();
        assert!(matches!(err, DbError::Interrupted { .. }), "{err:?}");
        assert!(reader.is_autocommit());
    }

    #[test]
    fn a_database_that_is_held_exclusively_is_busy() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let writer = open(&path, Access::Create);
        writer.execute("CREATE TABLE t(a)").unwrap();
        let reader = open(&path, Access::Read);
        writer.execute("BEGIN EXCLUSIVE").unwrap();
        let err = reader.copy_while(&folder.path().join("b.db"), &|| true).unwrap_err();
        assert!(err.is_busy(), "{err:?}");
    }

    #[track_caller]
    fn check_check(sql: &str, damage: impl Fn(&mut Vec<u8>), expected: &FileCheck) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a?#%41.db");
        let writer = open(&path, Access::Create);
        writer.connection.execute_batch(sql).unwrap();
        drop(writer);
        let mut bytes = std::fs::read(&path).unwrap();
        damage(&mut bytes);
        #[expect(clippy::disallowed_methods, reason = "a scratch folder")]
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(check_file(&path, &go_on()).unwrap(), *expected, "{sql}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "{sql}");
    }

    #[test]
    fn what_rows_hold_is_no_damage() {
        let schema = |sql: &str| {
            format!("PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = '{sql}'")
        };
        for (journal, column) in
            [("delete", "a NOT NULL"), ("wal", "a CHECK (a > 1)"), ("delete", "a UNIQUE")]
        {
            let sql = format!(
                "PRAGMA journal_mode = {journal}; CREATE TABLE t(a); INSERT INTO t VALUES (NULL), (1), (1); {}",
                if column.contains("UNIQUE") {
                    String::new()
                } else {
                    schema(&format!("CREATE TABLE t({column})"))
                }
            );
            check_check(&sql, |_| (), &FileCheck::Sound);
        }
        let typed = "CREATE TABLE t(a); INSERT INTO t VALUES ('x'), (1);";
        check_check(
            &format!("{typed} {}", schema("CREATE TABLE t(a INT) STRICT")),
            |_| (),
            &FileCheck::Sound,
        );
        check_check(
            &format!("{typed} {}", schema("CREATE TABLE t(a TEXT)")),
            |_| (),
            &FileCheck::Sound,
        );
    }

    #[test]
    fn a_page_that_is_not_what_it_was_is_damage() {
        let sql = "CREATE TABLE t(a); INSERT INTO t VALUES (zeroblob(20000))";
        let found = |message: &str| FileCheck::Damaged(message.to_owned());
        check_check(sql, |bytes| bytes.truncate(8192), &found("database disk image is malformed"));
        let zero = |bytes: &mut Vec<u8>| bytes[4096..8192].fill(0);
        check_check(sql, zero, &found("Tree 2 page 2: btreeInitPage() returns error code 11"));
    }

    #[test]
    fn a_look_at_all_pages_can_be_stopped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let database = open(&path, Access::Create);
        database.execute("CREATE TABLE t(a)").unwrap();
        let rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
                    INSERT INTO t SELECT zeroblob(100) FROM n";
        database.execute(rows).unwrap();
        let stop: Watch = Arc::new(|| false);
        let err = check_file(&path, &stop).unwrap_err();
        assert!(matches!(err, DbError::Interrupted { .. }), "{err:?}");
    }
}
