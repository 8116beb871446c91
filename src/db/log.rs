//! `migrator_log`: what ran here, and when.
//!
//! For people, and to notice that a revision file was edited after it ran. Nothing is decided by
//! it: a database without the table, or with rows removed, works as well.

use chrono::{DateTime, SecondsFormat, Utc};
use rusqlite::params;

use super::version_table::table_exists;
use super::{Database, DbError, quote_text};
use crate::plan::Direction;

/// The definition of the table, from its name on.
///
/// `duration_ms` has a fraction, since most revisions take less than one; it is NULL where nothing
/// was measured. `checksum` is the SHA-256 of the tokens of the body that ran, in hexadecimal, and
/// NULL for a stamp. `tag` is free text. `started_at` is UTC, RFC 3339 with milliseconds.
const DEFINITION: &str = "migrator_log (id INTEGER PRIMARY KEY, revision TEXT NOT NULL, \
     direction TEXT NOT NULL, started_at TEXT NOT NULL, duration_ms REAL, checksum TEXT, \
     version TEXT NOT NULL, tag TEXT)";

const INSERT: &str = "INSERT INTO main.migrator_log \
     (revision, direction, started_at, duration_ms, checksum, version, tag) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

/// What happened to a revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogDirection {
    /// Its upgrade body ran.
    Upgrade,
    /// Its downgrade body ran.
    Downgrade,
    /// It was written into the version table, and nothing ran.
    Stamp,
}

impl LogDirection {
    /// As the table says it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Upgrade => "upgrade",
            Self::Downgrade => "downgrade",
            Self::Stamp => "stamp",
        }
    }
}

impl From<Direction> for LogDirection {
    fn from(direction: Direction) -> Self {
        match direction {
            Direction::Upgrade => Self::Upgrade,
            Direction::Downgrade => Self::Downgrade,
        }
    }
}

/// A row to add.
#[derive(Debug, Clone, PartialEq)]
pub struct LogEntry<'a> {
    /// Its id.
    pub revision: &'a str,
    /// What happened to it.
    pub direction: LogDirection,
    /// When that began.
    pub started_at: DateTime<Utc>,
    /// How long the body took, in milliseconds; `None` where there was none.
    pub duration_ms: Option<f64>,
    /// The fingerprint of the body, in hexadecimal; `None` where there was none.
    pub checksum: Option<String>,
    /// What `--tag` gave; `None` where it gave nothing.
    pub tag: Option<&'a str>,
}

/// The log of a database, if it is to have one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogTable {
    /// Rows are added.
    On,
    /// `log = false`: nothing is made and nothing is written.
    Off,
}

impl LogTable {
    /// The name of the table.
    pub const NAME: &str = "migrator_log";

    /// Makes the table where it is missing.
    pub fn ensure(self, database: &Database) -> Result<(), DbError> {
        if self == Self::Off || table_exists(database, Self::NAME)? {
            return Ok(());
        }
        database.run("make migrator_log in", &Self::create_sql(""))
    }

    /// Adds rows; where there are none to add, the table may be missing.
    pub fn append<'e>(
        self,
        database: &Database,
        entries: impl IntoIterator<Item = LogEntry<'e>>,
    ) -> Result<(), DbError> {
        let mut entries = entries.into_iter().peekable();
        if self == Self::Off || entries.peek().is_none() {
            return Ok(());
        }
        let add = || -> rusqlite::Result<()> {
            let mut statement = database.connection.prepare_cached(INSERT)?;
            for entry in entries {
                statement.execute(params![
                    entry.revision,
                    entry.direction.as_str(),
                    entry.started_at.to_rfc3339_opts(SecondsFormat::Millis, true),
                    entry.duration_ms,
                    entry.checksum,
                    env!("CARGO_PKG_VERSION"),
                    entry.tag,
                ])?;
            }
            Ok(())
        };
        add().map_err(database.error("write migrator_log in"))
    }

    /// `CREATE TABLE`, as text; `if_not_exists` is empty or the clause with a blank after it.
    pub(crate) fn create_sql(if_not_exists: &str) -> String {
        format!("CREATE TABLE {if_not_exists}{DEFINITION}")
    }

    /// A row, as text whose time is that at which it runs; nothing is measured there.
    pub(crate) fn append_sql(
        revision: &str,
        direction: LogDirection,
        checksum: Option<&str>,
        tag: Option<&str>,
    ) -> String {
        let quoted = |it: Option<&str>| it.map_or_else(|| "NULL".to_owned(), quote_text);
        format!(
            "INSERT INTO migrator_log \
             (revision, direction, started_at, duration_ms, checksum, version, tag) VALUES \
             ({}, '{}', strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), NULL, {}, '{}', {})",
            quote_text(revision),
            direction.as_str(),
            quoted(checksum),
            env!("CARGO_PKG_VERSION"),
            quoted(tag),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(revision: &str) -> LogEntry<'_> {
        LogEntry {
            tag: None,
            revision,
            direction: LogDirection::Upgrade,
            started_at: DateTime::from_timestamp_millis(1_795_341_847_005).unwrap(),
            duration_ms: Some(1.5),
            checksum: Some("c0ffee".to_owned()),
        }
    }

    #[test]
    fn a_row_says_what_ran_when_and_for_how_long() {
        let database = Database::open_in_memory().unwrap();
        LogTable::On.ensure(&database).unwrap();
        LogTable::On.ensure(&database).unwrap();
        LogTable::On.append(&database, [entry("a")]).unwrap();
        database
            .execute(&LogTable::append_sql("it's", LogDirection::Stamp, None, Some("a'b")))
            .unwrap();
        let rows: Vec<String> = database
            .connection
            .prepare(
                "SELECT concat_ws('|', id, revision, direction, started_at, duration_ms, checksum)
                 FROM migrator_log WHERE id = 1
                 UNION ALL SELECT concat_ws('|', revision, direction, length(started_at), checksum, tag)
                 FROM migrator_log WHERE id = 2",
            )
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        assert_eq!(rows, ["1|a|upgrade|2026-11-22T10:04:07.005Z|1.5|c0ffee", "it's|stamp|24|a'b"]);
    }

    #[test]
    fn a_log_that_is_off_makes_no_table() {
        let database = Database::open_in_memory().unwrap();
        LogTable::Off.ensure(&database).unwrap();
        LogTable::Off.append(&database, [entry("a")]).unwrap();
        assert!(!table_exists(&database, LogTable::NAME).unwrap());
    }
}
