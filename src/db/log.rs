//! `migrator_log`: what ran here, when, and by whom.
//!
//! For people, and to notice where the revision files are not what ran: [`crate::audit`] decides
//! that, and an upgrade is refused for it. Which revisions are applied is the version table's word
//! alone: a database without the log works as well, and the log begins with the next run.

use chrono::{DateTime, SecondsFormat, Utc};
use rusqlite::params;
use rusqlite::types::ValueRef;

use super::version_table::table_exists;
use super::{Database, DbError, VersionTable, quote_text};
use crate::audit::{History, LogDirection, LogRow, Note};
use crate::config::DEFAULT_VERSION_TABLE;

/// The definition of the table, from its name on.
///
/// `duration_ms` has a fraction, since most revisions take less than one; it is NULL where nothing
/// was measured. `checksum` is the SHA-256 of the tokens of the body that ran, in hexadecimal, or of
/// the one that counts as run (`baseline`, `repair`), and NULL for a stamp. `tag` is free text. `who`
/// is the user of the operating system, where he is known. `version_table` is NULL where that is
/// `alembic_version`, so that two projects may share a database. These two columns are younger than
/// the others. `started_at` is UTC, RFC 3339 with milliseconds.
const DEFINITION: &str = "migrator_log (id INTEGER PRIMARY KEY, revision TEXT NOT NULL, \
     direction TEXT NOT NULL, started_at TEXT NOT NULL, duration_ms REAL, checksum TEXT, \
     version TEXT NOT NULL, tag TEXT, who TEXT, version_table TEXT)";

const INSERT: &str = "INSERT INTO main.migrator_log \
     (revision, direction, started_at, duration_ms, checksum, version, tag, who, version_table) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";

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
    /// The user of the operating system.
    pub who: Option<&'a str>,
}

impl<'a> LogEntry<'a> {
    /// What is written of a revision whose body did not run.
    pub fn of_note(
        note: &'a Note,
        now: DateTime<Utc>,
        tag: Option<&'a str>,
        who: Option<&'a str>,
    ) -> Self {
        Self {
            revision: &note.revision,
            direction: note.direction,
            started_at: now,
            duration_ms: None,
            checksum: note.checksum.clone(),
            tag,
            who,
        }
    }
}

/// The log of a database, if it is to have one: what it says of one version table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogTable<'a> {
    /// Without it (`log = false`) nothing is made, read or written.
    is_on: bool,
    /// As the rows have it.
    version_table: Option<&'a str>,
}

impl<'a> LogTable<'a> {
    /// The name of the table.
    pub const NAME: &'static str = "migrator_log";

    /// The log, or none, of what this version table tells of.
    pub fn new(is_on: bool, version_table: &'a str) -> Self {
        let is_default = version_table.eq_ignore_ascii_case(DEFAULT_VERSION_TABLE);
        Self { is_on, version_table: (!is_default).then_some(version_table) }
    }

    /// Makes the table where it is missing, and the columns that an older version did not make.
    pub fn ensure(self, database: &Database) -> Result<(), DbError> {
        if !self.is_on {
            return Ok(());
        }
        if !table_exists(database, Self::NAME)? {
            return database.run("make migrator_log in", &Self::create_sql(""));
        }
        let has = Younger::of(database)?;
        let add = |sql: &str| database.run("add a column to migrator_log in", sql);
        if !has.who {
            add("ALTER TABLE migrator_log ADD COLUMN who TEXT")?;
        }
        if !has.version_table {
            add("ALTER TABLE migrator_log ADD COLUMN version_table TEXT")?;
            // All of it was ours until now.
            if let Some(name) = self.version_table {
                add(&format!("UPDATE migrator_log SET version_table = {}", quote_text(name)))?;
            }
        }
        Ok(())
    }

    /// What the version table and the log say, inside the open transaction. A log that is off says
    /// nothing, whatever it holds.
    pub fn history(self, database: &Database, table: &VersionTable) -> Result<History, DbError> {
        let rows = table.rows(database)?;
        let (log, is_whole) = self.rows(database)?;
        Ok(History { rows, log, is_whole, ..History::default() })
    }

    /// The same where rows of the version table may be no revisions: to tell of them.
    pub fn survey(self, database: &Database, table: &VersionTable) -> Result<History, DbError> {
        let (rows, unreadable) = table.read(database)?;
        let (log, is_whole) = self.rows(database)?;
        Ok(History { rows, log, is_whole, unreadable })
    }

    /// What it says, oldest first; nothing where it is off or not there.
    pub fn read(self, database: &Database) -> Result<Vec<LogRow>, DbError> {
        Ok(self.rows(database)?.0)
    }

    /// All that the log of a database says, whatever version table it tells of, oldest first.
    pub fn read_all(database: &Database) -> Result<Vec<LogRow>, DbError> {
        if !table_exists(database, Self::NAME)? {
            return Ok(Vec::new());
        }
        read_rows(database, Younger::of(database)?.who, "", &[])
    }

    /// The rows, oldest first, and whether they name all that is applied.
    fn rows(self, database: &Database) -> Result<(Vec<LogRow>, bool), DbError> {
        if !self.is_on || !table_exists(database, Self::NAME)? {
            return Ok((Vec::new(), true));
        }
        let has = Younger::of(database)?;
        let rows = if has.version_table {
            let ours = "WHERE version_table IS ?1 COLLATE NOCASE ";
            read_rows(database, has.who, ours, &[&self.version_table])?
        } else {
            read_rows(database, has.who, "", &[])?
        };
        Ok((rows, has.who))
    }

    /// Adds rows; where there are none to add, the table may be missing.
    pub fn append<'e>(
        self,
        database: &Database,
        entries: impl IntoIterator<Item = LogEntry<'e>>,
    ) -> Result<(), DbError> {
        let mut entries = entries.into_iter().peekable();
        if !self.is_on || entries.peek().is_none() {
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
                    entry.who,
                    self.version_table,
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

    /// Rows that begin the log of a database that has none, as text; nothing where it has one. Of those
    /// in `column1` and `column2`, the id and the checksum, `condition` chooses some: SQL that goes on
    /// behind a WHERE, or nothing.
    pub(crate) fn begin_sql(self, notes: &[Note], tag: Option<&str>, condition: &str) -> String {
        let (name, ours) = self.as_sql();
        let values: Vec<String> = notes
            .iter()
            .map(|it| format!("({}, {})", quote_text(&it.revision), quoted(it.checksum.as_deref())))
            .collect();
        format!(
            "INSERT INTO migrator_log \
             (revision, direction, started_at, duration_ms, checksum, version, tag, version_table) \
             SELECT column1, '{}', strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), NULL, column2, '{}', {}, {name} \
             FROM (VALUES {}) WHERE NOT EXISTS (SELECT 1 FROM migrator_log WHERE {ours}){condition}",
            LogDirection::Baseline.as_str(),
            env!("CARGO_PKG_VERSION"),
            quoted(tag),
            values.join(", "),
        )
    }

    /// Rows that end what the log calls applied, or found or skipped, but for `kept`, as text: what
    /// [`crate::audit::Net`] calls so, which passes over what only a newer version knows. Of what is not
    /// `declared` they say that it is gone.
    pub(crate) fn unstamp_others_sql(
        self,
        kept: &[&str],
        declared: &[&str],
        tag: Option<&str>,
    ) -> String {
        let (name, ours) = self.as_sql();
        let list =
            |ids: &[&str]| ids.iter().map(|it| quote_text(it)).collect::<Vec<_>>().join(", ");
        let known = LogDirection::ALL.map(|it| quote_text(it.as_str())).join(", ");
        format!(
            "INSERT INTO migrator_log \
             (revision, direction, started_at, duration_ms, checksum, version, tag, version_table) \
             SELECT revision, CASE WHEN revision IN ({}) THEN '{}' ELSE '{}' END, \
             strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), NULL, NULL, '{}', {}, {name} \
             FROM (SELECT revision, direction, checksum, max(id) FROM migrator_log \
             WHERE direction IN ({known}) AND {ours} GROUP BY revision) \
             WHERE (direction IN ('{}', '{}', '{}', '{}', '{}') OR (direction = '{}' AND checksum IS NOT NULL)) \
             AND revision NOT IN ({})",
            list(declared),
            LogDirection::Unstamp.as_str(),
            LogDirection::Repair.as_str(),
            env!("CARGO_PKG_VERSION"),
            quoted(tag),
            LogDirection::Upgrade.as_str(),
            LogDirection::Stamp.as_str(),
            LogDirection::Baseline.as_str(),
            LogDirection::Found.as_str(),
            LogDirection::Skipped.as_str(),
            LogDirection::Repair.as_str(),
            list(kept),
        )
    }

    /// A row, as text whose time is that at which it runs; nothing is measured there, and who runs
    /// it is not known.
    pub(crate) fn append_sql(
        self,
        revision: &str,
        direction: LogDirection,
        checksum: Option<&str>,
        tag: Option<&str>,
    ) -> String {
        let (name, _) = self.as_sql();
        format!(
            "INSERT INTO migrator_log \
             (revision, direction, started_at, duration_ms, checksum, version, tag, version_table) VALUES \
             ({}, '{}', strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), NULL, {}, '{}', {}, {name})",
            quote_text(revision),
            direction.as_str(),
            quoted(checksum),
            env!("CARGO_PKG_VERSION"),
            quoted(tag),
        )
    }

    /// The version table as the rows have it, and the condition for the rows that are ours.
    fn as_sql(self) -> (String, String) {
        match self.version_table.map(quote_text) {
            None => ("NULL".to_owned(), "version_table IS NULL".to_owned()),
            Some(name) => {
                let ours = format!("version_table = {name} COLLATE NOCASE");
                (name, ours)
            }
        }
    }
}

/// The rows that a clause leaves, oldest first.
fn read_rows(
    database: &Database,
    has_who: bool,
    clause: &str,
    values: &[&dyn rusqlite::ToSql],
) -> Result<Vec<LogRow>, DbError> {
    let who = if has_who { "who" } else { "NULL" };
    let sql = format!(
        "SELECT revision, direction, started_at, duration_ms, checksum, version, tag, {who} \
         FROM main.migrator_log {clause}ORDER BY id"
    );
    let read = || -> rusqlite::Result<Vec<LogRow>> {
        let mut statement = database.connection.prepare(&sql)?;
        let rows = statement.query_map(values, |row| {
            Ok(LogRow {
                revision: text(row, 0)?.unwrap_or_default(),
                direction: text(row, 1)?.unwrap_or_default(),
                started_at: text(row, 2)?.unwrap_or_default(),
                duration_ms: number(row, 3)?,
                checksum: text(row, 4)?,
                version: text(row, 5)?.unwrap_or_default(),
                tag: text(row, 6)?,
                who: text(row, 7)?,
            })
        })?;
        rows.collect()
    };
    read().map_err(database.error("read migrator_log in"))
}

/// A value as text, whatever somebody wrote there: one odd row must not keep all others from being
/// read.
fn text(row: &rusqlite::Row<'_>, index: usize) -> rusqlite::Result<Option<String>> {
    Ok(match row.get_ref(index)? {
        ValueRef::Null => None,
        ValueRef::Integer(value) => Some(value.to_string()),
        ValueRef::Real(value) => Some(value.to_string()),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            Some(String::from_utf8_lossy(bytes).into_owned())
        }
    })
}

/// A value as a number; none where it is something else.
fn number(row: &rusqlite::Row<'_>, index: usize) -> rusqlite::Result<Option<f64>> {
    Ok(match row.get_ref(index)? {
        ValueRef::Real(value) => Some(value),
        #[expect(clippy::cast_precision_loss, reason = "milliseconds")]
        ValueRef::Integer(value) => Some(value as f64),
        _ => None,
    })
}

/// A text as SQL, or NULL.
fn quoted(text: Option<&str>) -> String {
    text.map_or_else(|| "NULL".to_owned(), quote_text)
}

/// Which of the columns that are younger than the others the table has; those it must have.
#[derive(Debug, Clone, Copy)]
struct Younger {
    who: bool,
    version_table: bool,
}

impl Younger {
    fn of(database: &Database) -> Result<Self, DbError> {
        let read = || -> rusqlite::Result<Vec<String>> {
            let sql = "SELECT name FROM pragma_table_info('migrator_log', 'main')";
            database.connection.prepare(sql)?.query_map([], |row| row.get(0))?.collect()
        };
        let columns = read().map_err(database.error("read migrator_log in"))?;
        let has = |column: &str| columns.iter().any(|it| it.eq_ignore_ascii_case(column));
        match COLUMNS.into_iter().find(|it| !has(it)) {
            None => Ok(Self { who: has("who"), version_table: has("version_table") }),
            Some(column) => Err(DbError::NotALog { path: database.path.clone(), column }),
        }
    }
}

/// What every log has.
const COLUMNS: [&str; 8] =
    ["id", "revision", "direction", "started_at", "duration_ms", "checksum", "version", "tag"];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::audit::Net;

    const LOG: LogTable<'_> = LogTable { is_on: true, version_table: None };

    fn entry(revision: &str) -> LogEntry<'_> {
        LogEntry {
            tag: None,
            who: Some("ada"),
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
        LOG.ensure(&database).unwrap();
        LOG.ensure(&database).unwrap();
        LOG.append(&database, [entry("a")]).unwrap();
        database.execute(&LOG.append_sql("it's", LogDirection::Stamp, None, Some("a'b"))).unwrap();
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
        let off = LogTable::new(false, DEFAULT_VERSION_TABLE);
        off.ensure(&database).unwrap();
        off.append(&database, [entry("a")]).unwrap();
        assert!(!table_exists(&database, LogTable::NAME).unwrap());
    }

    /// A row of a log that anybody may have written: revisions that differ in little, and what a newer
    /// version may say of them.
    fn any_row() -> impl Strategy<Value = (&'static str, &'static str, Option<&'static str>)> {
        let revision = prop::sample::select(vec!["a", "A", "a ", "it's", "ä", "NULL", "b2"]);
        let direction = prop::sample::select(vec![
            "upgrade",
            "downgrade",
            "stamp",
            "unstamp",
            "baseline",
            "repair",
            "verify",
            "Upgrade",
            "",
        ]);
        (revision, direction, prop::option::of(prop::sample::select(vec!["c0ffee", ""])))
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) })]

        /// The rule of [`Net`] stands in SQL too, for scripts, which nobody's program reads.
        #[test]
        fn a_script_ends_what_the_log_calls_applied(
            rows in prop::collection::vec(any_row(), 0..16),
            gaps in prop::collection::vec(1..4_i64, 16),
            kept in prop::sample::subsequence(vec!["a", "A", "it's", "gone", "NULL"], 0..=5),
        ) {
            let database = Database::open_in_memory().unwrap();
            LOG.ensure(&database).unwrap();
            // Not in the order of their ids, which are what counts.
            let mut id = 0;
            let mut numbered = Vec::new();
            for (row, gap) in rows.into_iter().zip(gaps) {
                id += gap;
                numbered.push((id, row));
            }
            numbered.sort_by_key(|(id, _)| id % 3);
            let insert = "INSERT INTO migrator_log (id, revision, direction, started_at, checksum, version)
                          VALUES (?1, ?2, ?3, '', ?4, '')";
            for (id, (revision, direction, checksum)) in numbered {
                let values = params![id, revision, direction, checksum];
                database.connection.execute(insert, values).unwrap();
            }
            let before = LOG.read(&database).unwrap();
            database.execute(&LOG.unstamp_others_sql(&kept, &["a", "b"], Some("it's"))).unwrap();
            let after = LOG.read(&database).unwrap();

            let (before, added) = (&after[..before.len()], &after[before.len()..]);
            let applied: BTreeSet<&str> = Net::new(before).ids().into_iter().collect();
            let kept: BTreeSet<&str> = kept.into_iter().collect();
            let ended: Vec<&str> = added.iter().map(|it| it.revision.as_str()).collect();
            let expected: BTreeSet<&str> = applied.difference(&kept).copied().collect();
            prop_assert_eq!(ended.len(), expected.len());
            prop_assert_eq!(ended.into_iter().collect::<BTreeSet<_>>(), expected);
            let is_right = |it: &LogRow| {
                let is_declared = ["a", "b"].contains(&it.revision.as_str());
                let known = [LogDirection::Repair, LogDirection::Unstamp][usize::from(is_declared)];
                it.direction() == Some(known) && it.checksum.is_none()
            };
            prop_assert!(added.iter().all(is_right));
            let left: BTreeSet<&str> = Net::new(&after).ids().into_iter().collect();
            prop_assert_eq!(left, applied.intersection(&kept).copied().collect::<BTreeSet<_>>());
        }
    }
}
