//! A database replaced whole by another one, while others have it open.
//!
//! Through SQLite, in one transaction of the database that is replaced: whoever has it open goes on
//! with the new content, and whoever is killed leaves a journal that leads back. Replacing the file
//! would do neither: open connections keep the old one, and a log beside it would be played into the
//! new one.

use std::time::Duration;

use rusqlite::backup::{Backup, StepResult};

use super::backup::PAGES_AT_ONCE;
use super::{Database, DbError, Lock};

/// How large a database is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// How many bytes a page has.
    pub page: i64,
    /// How many pages there are.
    pub n_pages: i64,
}

impl Database {
    /// How large it is.
    pub fn pages(&self) -> Result<Size, DbError> {
        Ok(Size { page: self.pragma("page_size")?, n_pages: self.pragma("page_count")? })
    }

    /// Leaves the write-ahead log for a rollback journal, which nobody else may have open: only then
    /// can the size of the pages change.
    pub fn leave_wal(&self) -> Result<(), DbError> {
        self.run("change the journal of", "PRAGMA journal_mode = DELETE")?;
        if self.is_wal()? {
            return Err(DbError::Busy { path: self.path.clone(), waited: Duration::ZERO });
        }
        Ok(())
    }

    /// Goes back to the write-ahead log that was left.
    pub fn enter_wal(&self) -> Result<(), DbError> {
        self.run("change the journal of", "PRAGMA journal_mode = WAL")
    }

    /// Makes this database what `source` is, in one transaction.
    ///
    /// When nobody else can write it any more, and before anything is written, `keep` is called with a
    /// connection that reads it: this one, or `witness` where there is a write-ahead log. Returns `false`
    /// where it said no; then nothing was changed. `go_on` is asked from time to time whether to.
    ///
    /// # Errors
    ///
    /// [`DbError::Busy`] where somebody else holds the database, before `keep` is called, what `keep`
    /// says, and [`DbError::Interrupted`] where `go_on` said no; then nothing was changed.
    pub fn replace_with(
        &mut self,
        source: &Self,
        witness: &Self,
        keep: &mut dyn FnMut(&Self) -> Result<bool, DbError>,
        go_on: &dyn Fn() -> bool,
    ) -> Result<bool, DbError> {
        let is_wal = self.is_wal()?;
        // A database that is to be replaced must have no transaction open.
        if !is_wal {
            self.begin(Lock::Exclusive)?;
            self.keep_lock()?;
            let is_kept = keep(self);
            self.keep_lock_no_more()?;
            if !matches!(is_kept, Ok(true)) {
                // Ends a transaction, and so the lock.
                self.read_schema()?;
                return is_kept;
            }
        }
        let path = self.path.clone();
        let error = |err: rusqlite::Error| DbError::sqlite(path.clone(), "restore", err.into());
        let busy = || DbError::Busy { path: path.clone(), waited: Duration::ZERO };
        let backup = Backup::new(&source.connection, &mut self.connection).map_err(error)?;
        // Without a page it only takes the lock.
        if backup.step(0).map_err(error)? != StepResult::More {
            return Err(busy());
        }
        if is_wal && !keep(witness)? {
            return Ok(false);
        }
        loop {
            match backup.step(PAGES_AT_ONCE).map_err(error)? {
                StepResult::Done => return Ok(true),
                StepResult::More if go_on() => {}
                StepResult::More => {
                    return Err(DbError::Interrupted { path: path.clone(), action: "restore" });
                }
                _ => return Err(busy()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::url::DatabaseLocation;
    use crate::db::{Access, SqliteErrorKind};

    fn open(path: &Path, access: Access) -> Database {
        let location = DatabaseLocation::File(path.to_owned());
        Database::open(&location, access, Duration::ZERO).unwrap()
    }

    fn make(path: &Path, setting: &str, row: &str) {
        let database = open(path, Access::Create);
        database.execute(setting).unwrap();
        database.execute("CREATE TABLE t(a)").unwrap();
        database.execute(&format!("INSERT INTO t VALUES ({row})")).unwrap();
    }

    fn content(database: &Database) -> String {
        let sql = "SELECT group_concat(a) FROM t";
        database.connection.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    fn replace(database: &mut Database, source: &Database) -> Result<bool, DbError> {
        let witness = open(&database.path, Access::Read);
        database.replace_with(source, &witness, &mut |_| Ok(true), &|| true)
    }

    const MODES: [&str; 2] = ["PRAGMA journal_mode = delete", "PRAGMA journal_mode = wal"];

    #[test]
    fn whoever_has_it_open_finds_the_new_content() {
        for (live, backup) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            let folder = tempfile::tempdir().unwrap();
            let (path, source) = (folder.path().join("a.db"), folder.path().join("b.db"));
            make(&path, MODES[live], "zeroblob(50000)");
            make(&source, MODES[backup], "'old'");
            let reader = open(&path, Access::Write);
            reader.execute("UPDATE t SET a = 'new'").unwrap();
            assert_eq!(content(&reader), "new");
            let mut database = open(&path, Access::Write);
            let source = Database::open_unchanging(&source).unwrap();
            assert!(replace(&mut database, &source).unwrap());
            assert_eq!(content(&reader), "old", "{live} {backup}");
            // The lock is gone.
            reader.execute("UPDATE t SET a = 'newer'").unwrap();
            assert_eq!(content(&database), "newer", "{live} {backup}");
        }
    }

    #[test]
    fn a_reader_in_a_transaction_is_in_the_way_unless_there_is_a_log() {
        for (mode, is_busy) in [(MODES[0], true), (MODES[1], false)] {
            let folder = tempfile::tempdir().unwrap();
            let (path, source) = (folder.path().join("a.db"), folder.path().join("b.db"));
            make(&path, mode, "'new'");
            make(&source, MODES[0], "'old'");
            let reader = open(&path, Access::Read);
            reader.execute("BEGIN").unwrap();
            assert_eq!(content(&reader), "new");
            let mut database = open(&path, Access::Write);
            let source = Database::open_unchanging(&source).unwrap();
            let outcome = replace(&mut database, &source);
            assert_eq!(outcome.as_ref().is_err_and(DbError::is_busy), is_busy, "{outcome:?}");
            assert_eq!(content(&reader), "new");
            reader.rollback().unwrap();
            assert_eq!(content(&reader), if is_busy { "new" } else { "old" });
            // Nothing is held that was taken.
            open(&path, Access::Write).execute("INSERT INTO t VALUES (2)").unwrap();
        }
    }

    #[test]
    fn what_is_overwritten_is_shown_when_nobody_can_change_it_any_more() {
        for mode in MODES {
            for agrees in [false, true] {
                let folder = tempfile::tempdir().unwrap();
                let (path, source) = (folder.path().join("a.db"), folder.path().join("b.db"));
                make(&path, mode, "'new'");
                make(&source, MODES[0], "'old'");
                let mut database = open(&path, Access::Write);
                let (witness, writer) = (open(&path, Access::Read), open(&path, Access::Write));
                let source = Database::open_unchanging(&source).unwrap();
                let copy = folder.path().join("c.db");
                let mut keep = |database: &Database| {
                    assert_eq!(
                        writer.execute("DELETE FROM t").unwrap_err().kind,
                        SqliteErrorKind::Busy
                    );
                    database.copy_while(&copy, &|| true).unwrap();
                    Ok(agrees)
                };
                let outcome = database.replace_with(&source, &witness, &mut keep, &|| true);
                assert_eq!(outcome.unwrap(), agrees, "{mode}");
                assert_eq!(content(&open(&copy, Access::Read)), "new");
                assert_eq!(content(&writer), if agrees { "old" } else { "new" });
                // Nothing is held that was taken.
                writer.execute("DELETE FROM t").unwrap();
                // The journal is gone, too.
                assert!(!folder.path().join("a.db-journal").exists());
            }
        }
    }

    #[test]
    fn a_transaction_that_keeps_everybody_out_can_be_copied() {
        let folder = tempfile::tempdir().unwrap();
        let (path, copy) = (folder.path().join("a.db"), folder.path().join("b.db"));
        make(&path, MODES[0], "'new'");
        let (database, other) = (open(&path, Access::Write), open(&path, Access::Write));
        database.begin(Lock::Exclusive).unwrap();
        let outcome = database.while_held(|database| {
            assert!(other.read_schema().is_err_and(|err| err.is_busy()));
            database.copy_while(&copy, &|| true)
        });
        outcome.unwrap().unwrap();
        assert!(!database.is_autocommit());
        assert!(other.read_schema().is_err_and(|err| err.is_busy()));
        database.execute("DELETE FROM t").unwrap();
        database.commit().unwrap();
        other.execute("INSERT INTO t VALUES (1)").unwrap();
        assert_eq!(content(&open(&copy, Access::Read)), "new");
        assert!(!folder.path().join("a.db-journal").exists());
    }

    #[test]
    fn pages_may_be_of_another_size() {
        for mode in MODES {
            for (live, backup) in [(1024, 8192), (8192, 1024)] {
                let folder = tempfile::tempdir().unwrap();
                let (path, source) = (folder.path().join("a.db"), folder.path().join("b.db"));
                make(&path, &format!("PRAGMA page_size = {live}; "), "zeroblob(90000)");
                open(&path, Access::Write).execute(mode).unwrap();
                make(&source, &format!("PRAGMA page_size = {backup}"), "'old'");
                let mut database = open(&path, Access::Write);
                let source = Database::open_unchanging(&source).unwrap();
                if mode == MODES[1] {
                    database.leave_wal().unwrap();
                }
                assert!(replace(&mut database, &source).unwrap());
                drop(database);
                assert_eq!(content(&open(&path, Access::Read)), "old");
                assert_eq!(open(&path, Access::Read).pages().unwrap().page, backup);
                let sound = crate::db::FileCheck::Sound;
                assert_eq!(
                    crate::db::check_file(
                        &path,
                        &(std::sync::Arc::new(|| true) as crate::db::Watch)
                    )
                    .unwrap(),
                    sound
                );
            }
        }
    }
}
