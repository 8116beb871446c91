//! The database: opened with care, and what migrator itself keeps in it.
//!
//! With the introspection of schemas, the only code that names rusqlite; the stages above see plain
//! data and [`DbError`]. Nothing here decides what to run: [`crate::exec`] does.

mod backup;
mod beside;
mod checks;
mod error;
mod extension;
mod functions;
mod journal;
mod listing;
mod lock;
mod log;
mod place;
mod recheck;
#[cfg(feature = "cli")]
pub mod refinery;
mod restore;
mod schema_objects;
mod scratch;
mod snapshot;
mod stub;
mod version_table;
mod waiting;
mod witness;

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

pub use self::backup::{FileCheck, check_file};
pub use self::beside::{has_hot_journal, has_wal_header, length_beside};
pub(crate) use self::checks::keys_that_act_sql;
pub use self::checks::{
    BrokenObject, DropEffect, ForeignKeyState, ForeignKeyViolation, ObjectState, effect_of_drop,
    foreign_keys, has_dangling_keys, objects,
};
pub use self::error::{DbError, SqliteError, SqliteErrorKind};
pub use self::listing::RowsFound;
pub use self::lock::SidecarLock;
pub use self::log::{LogEntry, LogTable};
pub use self::place::exists;
pub use self::recheck::CheckedSchema;
pub use self::scratch::{Quoting, Scratch};
pub use self::snapshot::{HeaderNumber, SchemaSnapshot};
pub use self::stub::Stub;
pub use self::version_table::VersionTable;
pub use self::waiting::{Notice, Pace, Waiting};
pub use self::witness::{Touched, Witness};
use crate::config::url::DatabaseLocation;

/// What a database is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// To read it; every write fails. The file must exist.
    Read,
    /// To read and write it. The file must exist.
    Write,
    /// To read and write it; the file, and the folder it lies in, are made if they are missing.
    Create,
}

/// How a transaction begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lock {
    /// No other connection can write; `BEGIN IMMEDIATE`.
    Write,
    /// In a rollback-journal mode no other connection can read either; `BEGIN EXCLUSIVE`.
    Exclusive,
}

/// Is asked every few thousand steps of SQLite's virtual machine whether to go on: `false`
/// interrupts the statement. Runs inside of SQLite and must not use the database.
pub type Watch = Arc<dyn Fn() -> bool + Send + Sync>;

/// How many steps of the virtual machine pass between two calls of a [`Watch`]: well under a
/// millisecond, and too many for the calls to show in a profile.
const WATCH_STEPS: i32 = 10_000;

/// What [`Database::reset_settings`] sets, but for `case_sensitive_like`.
///
/// `defer_foreign_keys` is not here: SQLite resets it at the end of the transaction, and doing so
/// earlier would forget the violations counted so far.
const SETTINGS: [(&str, i64); 7] = [
    ("legacy_alter_table", 0),
    ("writable_schema", 0),
    ("ignore_check_constraints", 0),
    ("recursive_triggers", 0),
    ("reverse_unordered_selects", 0),
    ("query_only", 0),
    ("trusted_schema", 1),
];

/// An open database.
pub struct Database {
    connection: Connection,
    /// For messages.
    path: PathBuf,
    /// How often [`Database::rollback`] was called.
    n_rollbacks: Cell<u64>,
    /// Whether somebody ended a wait.
    is_stopped: Arc<AtomicBool>,
}

impl Database {
    /// Opens a database, and reads its schema once, so that a file that is no database is found here
    /// and not half-way.
    ///
    /// `waiting` is how SQLite waits for other connections, here and later.
    ///
    /// # Errors
    ///
    /// [`DbError::Missing`], [`DbError::MissingFolder`] and [`DbError::IsDirectory`] before the file
    /// system is touched; [`DbError::ReadOnly`] where the file cannot be written and `access` asks
    /// for it.
    pub fn open(
        location: &DatabaseLocation,
        access: Access,
        waiting: impl Into<Waiting>,
    ) -> Result<Self, DbError> {
        // Reading opens for writing too: only such a connection rolls back the journal that a crash
        // left, and only such a connection removes the -wal and -shm files that reading a WAL
        // database makes. SQLite itself falls back to read-only where the file is.
        let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_URI
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let (name, path) = match location {
            DatabaseLocation::File(path) => (path.as_path(), path.clone()),
            DatabaseLocation::Uri { uri, path } => (Path::new(uri.as_str()), path.clone()),
            DatabaseLocation::Memory => (Path::new(":memory:"), PathBuf::from(":memory:")),
        };
        if let Some(path) = location.path() {
            place::prepare(location, path, access)?;
        }
        if access == Access::Create {
            flags |= OpenFlags::SQLITE_OPEN_CREATE;
        }
        let connection = Connection::open_with_flags(name, flags)
            .map_err(|err| place::unopened(location, err.into()))?;
        let (n_rollbacks, is_stopped) = (Cell::new(0), Arc::default());
        let mut database = Self { connection, path, n_rollbacks, is_stopped };
        database.set_waiting(waiting)?;
        if access == Access::Read && beside::has_log(&database.path) {
            database.set_checkpoint_on_close(false)?;
        }
        functions::register(&database.connection).map_err(database.error("open"))?;
        database.set_query_only(true)?;
        database.read_schema()?;
        if access != Access::Read {
            database.allow_writes()?;
        }
        Ok(database)
    }

    /// A database that lasts as long as this value.
    pub fn open_in_memory() -> Result<Self, DbError> {
        Self::open(&DatabaseLocation::Memory, Access::Write, Duration::ZERO)
    }

    /// Turns a connection opened with [`Access::Read`] into one that may write.
    ///
    /// # Errors
    ///
    /// [`DbError::ReadOnly`]; asked here because `BEGIN IMMEDIATE` succeeds on a read-only file.
    pub fn allow_writes(&mut self) -> Result<(), DbError> {
        self.refuse_read_only()?;
        self.set_query_only(false)
    }

    /// Refuses a file that cannot be written, or is not to be.
    ///
    /// # Errors
    ///
    /// [`DbError::ReadOnly`].
    pub fn refuse_read_only(&self) -> Result<(), DbError> {
        if self.connection.is_readonly(rusqlite::MAIN_DB).map_err(self.error("open"))? {
            return Err(DbError::ReadOnly { path: self.path.clone(), source: None });
        }
        Ok(())
    }

    /// Lets the last connection to a WAL database move its log into it when it is closed, as SQLite
    /// does by itself. One that was opened with [`Access::Read`] leaves a log that it found: reading
    /// changes no file.
    pub fn checkpoint_on_close(&self) -> Result<(), DbError> {
        self.set_checkpoint_on_close(true)
    }

    fn set_checkpoint_on_close(&self, on: bool) -> Result<(), DbError> {
        let outcome =
            self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, !on);
        outcome.map(drop).map_err(self.error("open"))
    }

    /// The connection, for the introspection of schemas.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// How SQLite itself waits for other connections.
    pub fn set_waiting(&mut self, waiting: impl Into<Waiting>) -> Result<(), DbError> {
        let waiting = waiting.into();
        self.is_stopped.store(false, Ordering::Relaxed);
        let outcome = if waiting.timeout.is_zero() {
            self.connection.busy_timeout(Duration::ZERO)
        } else {
            self.connection.busy_handler(Some(waiting.handler(Arc::clone(&self.is_stopped))))
        };
        outcome.map_err(self.error("open"))
    }

    /// Lets `watch` be asked from time to time while statements run; `None` ends that.
    pub fn set_watch(&mut self, watch: Option<Watch>) -> Result<(), DbError> {
        let handler = watch.map(|watch| move || !watch());
        let outcome = self.connection.progress_handler(WATCH_STEPS, handler);
        outcome.map_err(self.error("watch"))
    }

    /// Runs one statement to its end, whatever rows it returns, and says how many rows it changed,
    /// those changed by triggers and foreign keys included.
    ///
    /// # Errors
    ///
    /// What SQLite said, or that the statement has a parameter: SQLite would bind NULL to it.
    pub fn execute(&self, sql: &str) -> Result<u64, SqliteError> {
        let before = self.connection.total_changes();
        let run = || -> Result<(), SqliteError> {
            let mut statement = self.connection.prepare(sql)?;
            listing::refuse_parameters(&statement)?;
            let mut rows = statement.raw_query();
            while rows.next()?.is_some() {}
            Ok(())
        };
        run().map_err(|err| self.told(err))?;
        Ok(self.connection.total_changes() - before)
    }

    /// What SQLite said; of a wait that somebody ended it only says that the database is locked.
    fn told(&self, err: SqliteError) -> SqliteError {
        let is_stopped = || self.is_stopped.load(Ordering::Relaxed);
        match err.kind {
            SqliteErrorKind::Busy if is_stopped() => {
                SqliteError { kind: SqliteErrorKind::Interrupted, ..err }
            }
            _ => err,
        }
    }

    /// Reads several things as of one moment. No transaction may be open.
    pub fn read_at_once<T>(
        &self,
        read: impl FnOnce(&Self) -> Result<T, DbError>,
    ) -> Result<T, DbError> {
        self.run("begin to read", "BEGIN")?;
        let outcome = read(self);
        self.rollback()?;
        outcome
    }

    /// A number that is another one after another connection committed something. Only numbers of
    /// one connection can be compared.
    pub fn data_version(&self) -> Result<i64, DbError> {
        let value = self.connection.pragma_query_value(None, "data_version", |row| row.get(0));
        value.map_err(self.error("read"))
    }

    /// Whether no transaction is open.
    pub fn is_autocommit(&self) -> bool {
        self.connection.is_autocommit()
    }

    /// Begins a transaction.
    pub fn begin(&self, lock: Lock) -> Result<(), DbError> {
        let sql = match lock {
            Lock::Write => "BEGIN IMMEDIATE",
            Lock::Exclusive => "BEGIN EXCLUSIVE",
        };
        self.run("begin a transaction in", sql)
    }

    /// Writes something inside the open transaction that changes nothing: what cannot be written at
    /// all, since there is no room for a journal or its folder is read-only, shows here.
    pub fn try_write(&self) -> Result<(), DbError> {
        let version = self.pragma("user_version")?;
        self.run("write to", &format!("PRAGMA user_version = {version}"))
    }

    /// Commits. After an error other than [`DbError::Busy`] it is unknown whether it did: on a WAL
    /// database a failing sync is reported although the commit is there.
    pub fn commit(&self) -> Result<(), DbError> {
        self.run("commit to", "COMMIT")
    }

    /// Rolls back what is open, if something is.
    pub fn rollback(&self) -> Result<(), DbError> {
        self.n_rollbacks.set(self.n_rollbacks.get() + 1);
        if self.is_autocommit() { Ok(()) } else { self.run("roll back", "ROLLBACK") }
    }

    /// Whether the database keeps a write-ahead log, so that readers never block a writer.
    pub fn is_wal(&self) -> Result<bool, DbError> {
        let mode = self.connection.pragma_query_value(None, "journal_mode", |row| {
            Ok(row.get_ref(0)?.as_str()?.eq_ignore_ascii_case("wal"))
        });
        mode.map_err(self.error("read"))
    }

    /// Sets whether SQLite enforces foreign keys, and makes sure of it: inside a transaction SQLite
    /// ignores the PRAGMA without an error.
    pub fn set_foreign_keys(&self, enforced: bool) -> Result<(), DbError> {
        self.set("foreign_keys", i64::from(enforced))
    }

    /// Whether SQLite enforces foreign keys now.
    pub fn enforces_foreign_keys(&self) -> Result<bool, DbError> {
        Ok(self.pragma("foreign_keys")? != 0)
    }

    /// Makes a commit to a WAL database last through a power cut; there, and only there, a lower
    /// setting than FULL loses commits that were acknowledged. Never lowers the setting.
    pub fn raise_synchronous(&self) -> Result<(), DbError> {
        const FULL: i64 = 2;
        if self.is_wal()? && self.pragma("synchronous")? < FULL {
            self.set("synchronous", FULL)?;
        }
        Ok(())
    }

    /// Gives the connection back the settings that a body may have changed with PRAGMAs. They are
    /// no part of the transaction and would apply to the bodies after it.
    pub fn reset_settings(&self) -> Result<(), DbError> {
        // Cannot be read, so that it is set without a look.
        self.run("change a setting of", "PRAGMA case_sensitive_like = OFF")?;
        SETTINGS.into_iter().try_for_each(|(setting, value)| self.set(setting, value))
    }

    /// Drops the temporary tables, views and triggers that a body left.
    pub fn drop_temporary(&self) -> Result<(), DbError> {
        // Triggers and views first: a table takes its own triggers along.
        let sql = "SELECT format('DROP %s IF EXISTS temp.\"%w\"', type, name)
                   FROM temp.sqlite_schema
                   WHERE type IN ('table', 'view', 'trigger') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
                   ORDER BY type = 'table', type = 'view'";
        let error = self.error("read the temporary tables of");
        let mut statement = self.connection.prepare(sql).map_err(&error)?;
        let found = statement.query_map([], |row| row.get(0)).map_err(&error)?;
        let drops: Vec<String> = found.collect::<Result<_, _>>().map_err(&error)?;
        drops.iter().try_for_each(|sql| self.run("drop the temporary tables of", sql))
    }

    /// Lets go of the databases that a body attached.
    pub fn detach_all(&self) -> Result<(), DbError> {
        let sql = "SELECT format('DETACH \"%w\"', name) FROM pragma_database_list
                   WHERE name NOT IN ('main', 'temp')";
        let error = self.error("read the attached databases of");
        let mut statement = self.connection.prepare(sql).map_err(&error)?;
        let found = statement.query_map([], |row| row.get(0)).map_err(&error)?;
        let detaches: Vec<String> = found.collect::<Result<_, _>>().map_err(&error)?;
        drop(statement);
        detaches.iter().try_for_each(|sql| self.run("detach the databases of", sql))
    }

    /// How large the database is, in bytes, with what the open transaction has added so far.
    pub fn size(&self) -> Result<u64, DbError> {
        let bytes = self.pragma("page_count")?.saturating_mul(self.pragma("page_size")?);
        Ok(bytes.unsigned_abs())
    }

    /// How large its journal or its log is, in bytes. Of a log that is without the pages that SQLite
    /// still holds in its cache, 2 MiB at most: to write them would change a file that is only read.
    pub fn size_beside(&self) -> u64 {
        length_beside(&self.path)
    }

    fn set_query_only(&self, on: bool) -> Result<(), DbError> {
        self.set("query_only", i64::from(on))
    }

    /// Sets a PRAGMA and reads it back.
    fn set(&self, setting: &'static str, wanted: i64) -> Result<(), DbError> {
        self.connection
            .pragma_update(None, setting, wanted)
            .map_err(self.error("change a setting of"))?;
        let found = self.pragma(setting)?;
        if found == wanted {
            return Ok(());
        }
        Err(DbError::Setting { path: self.path.clone(), setting, wanted, found })
    }

    fn pragma(&self, setting: &str) -> Result<i64, DbError> {
        let value = self.connection.pragma_query_value(None, setting, |row| row.get(0));
        value.map_err(self.error("read a setting of"))
    }

    /// SQLite reads nothing when it opens a file.
    fn read_schema(&self) -> Result<(), DbError> {
        self.run("read", "SELECT 1 FROM main.sqlite_schema LIMIT 1")
    }

    /// Runs one statement of our own.
    fn run(&self, action: &'static str, sql: &str) -> Result<(), DbError> {
        let outcome = self.execute(sql);
        outcome.map(drop).map_err(|err| DbError::sqlite(self.path.clone(), action, err))
    }

    /// Names `action` and the database in an error of rusqlite.
    fn error(&self, action: &'static str) -> impl Fn(rusqlite::Error) -> DbError {
        move |err| DbError::sqlite(self.path.clone(), action, self.told(err.into()))
    }
}

/// An identifier as SQL.
///
/// Left bare where it can be, because the version table should be stored as Alembic stores it: no
/// keyword of SQLite has an underscore but `CURRENT_DATE`, `CURRENT_TIME` and `CURRENT_TIMESTAMP`.
pub fn quote_identifier(name: &str) -> String {
    let is_plain = name.contains('_')
        && !name.starts_with(|it: char| it.is_ascii_digit())
        && name.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_')
        && !name.to_ascii_lowercase().starts_with("current_");
    if is_plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// [`Database::reset_settings`] as statements, without semicolons.
pub(crate) fn reset_settings_sql() -> impl Iterator<Item = String> {
    let rest = SETTINGS.into_iter().map(|(setting, value)| format!("PRAGMA {setting} = {value}"));
    std::iter::once("PRAGMA case_sensitive_like = 0".to_owned()).chain(rest)
}

/// A text as an SQL literal.
pub fn quote_text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests;
