//! The version table: one row for each head, exactly as Alembic keeps it.
//!
//! Its writes are the only ones that say which revision a database is at, so each must hit exactly
//! one row: anything else means that something changed the table behind our back.

use rusqlite::types::ValueRef;
use rusqlite::{OptionalExtension as _, Row};

use super::{Database, DbError, quote_identifier, quote_text};
use crate::plan::RowWrite;

/// The name of the version table, and the SQL for it.
#[derive(Debug, Clone)]
pub struct VersionTable {
    name: String,
    /// Quoted.
    identifier: String,
    // Kept so that rusqlite finds its prepared statements by them without formatting.
    insert: String,
    update: String,
    delete: String,
}

impl VersionTable {
    /// The version table of this name.
    pub fn new(name: &str) -> Self {
        let identifier = quote_identifier(name);
        Self {
            name: name.to_owned(),
            insert: format!("INSERT INTO main.{identifier} (version_num) VALUES (?1)"),
            update: format!("UPDATE main.{identifier} SET version_num = ?2 WHERE version_num = ?1"),
            delete: format!("DELETE FROM main.{identifier} WHERE version_num = ?1"),
            identifier,
        }
    }

    /// Its name, as configured.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its name, as SQL.
    pub fn identifier(&self) -> &str {
        &self.identifier
    }

    /// Whether the table (or a view in its place) is there.
    pub fn exists(&self, database: &Database) -> Result<bool, DbError> {
        table_exists(database, &self.name)
    }

    /// What its rows say, in the order in which they were added; nothing where there is no table.
    ///
    /// # Errors
    ///
    /// [`DbError::NoVersionColumn`] and [`DbError::NotARevision`] where the table is another
    /// program's.
    pub fn rows(&self, database: &Database) -> Result<Vec<String>, DbError> {
        let (rows, unreadable) = self.read(database)?;
        match unreadable.into_iter().next() {
            None => Ok(rows),
            Some(found) => Err(DbError::NotARevision {
                path: database.path.clone(),
                table: self.name.clone(),
                found,
            }),
        }
    }

    /// The same, and apart from it what stands in rows that are no revisions, in words.
    ///
    /// # Errors
    ///
    /// [`DbError::NoVersionColumn`].
    pub fn read(&self, database: &Database) -> Result<(Vec<String>, Vec<String>), DbError> {
        if !self.exists(database)? {
            return Ok(Default::default());
        }
        self.require_column(database)?;
        let select = format!("SELECT version_num FROM main.{}", self.identifier);
        // Without an order SQLite would read the index of the primary key. A table WITHOUT ROWID,
        // or a view, has no rowid to order by.
        let connection = &database.connection;
        let statement = connection
            .prepare(&format!("{select} ORDER BY rowid"))
            .or_else(|_| connection.prepare(&select));
        let error = database.error("read the version table of");
        let mut statement = statement.map_err(&error)?;
        let mut rows = statement.query([]).map_err(&error)?;
        let (mut found, mut unreadable) = (Vec::new(), Vec::new());
        while let Some(row) = rows.next().map_err(&error)? {
            match row_text(row).map_err(&error)? {
                Ok(text) => found.push(text),
                Err(words) => unreadable.push(words),
            }
        }
        Ok((found, unreadable))
    }

    fn require_column(&self, database: &Database) -> Result<(), DbError> {
        let sql = "SELECT 1 FROM pragma_table_info(?1, 'main')
                   WHERE lower(name) = 'version_num'";
        let column = database.connection.query_row(sql, [&self.name], |_| Ok(())).optional();
        match column.map_err(database.error("read the version table of"))? {
            Some(()) => Ok(()),
            None => Err(DbError::NoVersionColumn {
                path: database.path.clone(),
                table: self.name.clone(),
            }),
        }
    }

    /// Whether a view or a trigger may read or write the table.
    pub fn is_named_in_schema(&self, database: &Database) -> Result<bool, DbError> {
        let sql = "SELECT sql FROM main.sqlite_schema WHERE type IN ('view', 'trigger')";
        let find = || -> rusqlite::Result<bool> {
            let mut statement = database.connection.prepare(sql)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                if row.get_ref(0)?.as_bytes().is_ok_and(|it| self.is_named_in(it)) {
                    return Ok(true);
                }
            }
            Ok(false)
        };
        find().map_err(database.error("read the schema of"))
    }

    /// Whether some SQL may read or write the table: its name stands there, in any case. A name that
    /// can be written in several ways may stand anywhere.
    pub fn is_named_in(&self, sql: &[u8]) -> bool {
        let name = self.name.as_bytes();
        let is_plain = name.iter().all(|it| it.is_ascii_alphanumeric() || *it == b'_');
        !is_plain || contains(sql, name)
    }

    /// Makes the table where it is missing; says whether it was.
    pub fn ensure(&self, database: &Database) -> Result<bool, DbError> {
        if self.exists(database)? {
            return Ok(false);
        }
        database.run("make the version table of", &self.create_sql(""))?;
        Ok(true)
    }

    /// Writes one row.
    ///
    /// # Errors
    ///
    /// [`DbError::RowCount`] unless exactly one row was changed.
    pub fn apply(&self, database: &Database, write: &RowWrite) -> Result<(), DbError> {
        let connection = &database.connection;
        let run = || match write {
            RowWrite::Insert(id) => connection.prepare_cached(&self.insert)?.execute([id.as_str()]),
            RowWrite::Update { from, to } => {
                connection.prepare_cached(&self.update)?.execute([from.as_str(), to.as_str()])
            }
            RowWrite::Delete(id) => connection.prepare_cached(&self.delete)?.execute([id]),
        };
        match run().map_err(database.error("write the version table of"))? {
            1 => Ok(()),
            n_rows => Err(DbError::RowCount {
                path: database.path.clone(),
                table: self.name.clone(),
                write: write.clone(),
                n_rows,
            }),
        }
    }

    /// Removes all rows, whatever they hold.
    pub fn clear(&self, database: &Database) -> Result<(), DbError> {
        self.require_column(database)?;
        database.run("write the version table of", &format!("{};", self.clear_sql()))
    }

    /// `CREATE TABLE`, word for word Alembic's; `if_not_exists` is empty or the clause with a blank
    /// after it.
    pub(crate) fn create_sql(&self, if_not_exists: &str) -> String {
        let constraint = quote_identifier(&format!("{}_pkc", self.name));
        format!(
            "CREATE TABLE {if_not_exists}{} (version_num VARCHAR(32) NOT NULL, \
             CONSTRAINT {constraint} PRIMARY KEY (version_num))",
            self.identifier
        )
    }

    /// The removal of all rows, as text.
    pub(crate) fn clear_sql(&self) -> String {
        format!("DELETE FROM {}", self.identifier)
    }

    /// A write, as text; the row that it changes may be `synonym` too.
    pub(crate) fn write_sql(&self, write: &RowWrite, synonym: Option<&str>) -> String {
        let table = &self.identifier;
        let is = |row: &str| match synonym {
            Some(other) => format!("IN ({}, {})", quote_text(other), quote_text(row)),
            None => format!("= {}", quote_text(row)),
        };
        match write {
            RowWrite::Insert(id) => {
                format!("INSERT INTO {table} (version_num) VALUES ({})", quote_text(id.as_str()))
            }
            RowWrite::Update { from, to } => format!(
                "UPDATE {table} SET version_num = {} WHERE version_num {}",
                quote_text(to.as_str()),
                is(from)
            ),
            RowWrite::Delete(id) => {
                format!("DELETE FROM {table} WHERE version_num {}", is(id))
            }
        }
    }
}

/// Whether `name`, which is not empty, stands in `sql`, in any case.
fn contains(sql: &[u8], name: &[u8]) -> bool {
    // Most places differ in the first byte already.
    let begins = |it: &[u8]| it[0].eq_ignore_ascii_case(&name[0]);
    sql.windows(name.len()).any(|it| begins(it) && it.eq_ignore_ascii_case(name))
}

/// The text of the first column, or what stands there instead, in words.
fn row_text(row: &Row<'_>) -> rusqlite::Result<Result<String, String>> {
    Ok(match row.get_ref(0)? {
        ValueRef::Text(b"") => Err("an empty text".to_owned()),
        ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => Ok(text.to_owned()),
            Err(_) => Err("a text that is not UTF-8".to_owned()),
        },
        ValueRef::Null => Err("NULL".to_owned()),
        ValueRef::Integer(integer) => Err(format!("the integer {integer}")),
        ValueRef::Real(real) => Err(format!("the number {real}")),
        ValueRef::Blob(bytes) => Err(format!("a blob of {} bytes", bytes.len())),
    })
}

/// Whether the main database has a table or a view of this name.
pub(super) fn table_exists(database: &Database, name: &str) -> Result<bool, DbError> {
    let sql = "SELECT 1 FROM main.sqlite_schema
               WHERE name = ?1 COLLATE NOCASE AND type IN ('table', 'view')";
    let found = database.connection.query_row(sql, [name], |_| Ok(())).optional();
    Ok(found.map_err(database.error("read"))?.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::revision::RevisionId;

    fn database(sql: &str) -> Database {
        let database = Database::open_in_memory().unwrap();
        database.connection.execute_batch(sql).unwrap();
        database
    }

    fn id(text: &str) -> RevisionId {
        RevisionId::new(text).unwrap()
    }

    fn table() -> VersionTable {
        VersionTable::new("alembic_version")
    }

    #[track_caller]
    fn check_unreadable(sql: &str, expected: &str) {
        let err = table().rows(&database(sql)).unwrap_err();
        assert_eq!(err.to_string(), expected);
    }

    #[test]
    fn the_table_is_exactly_alembics() {
        let database = database("");
        assert!(table().ensure(&database).unwrap());
        assert!(!table().ensure(&database).unwrap());
        let sql: String = database
            .connection
            .query_row("SELECT sql FROM sqlite_schema WHERE type = 'table'", [], |row| row.get(0))
            .unwrap();
        assert_eq!(
            sql,
            "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, \
             CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
        );
    }

    #[test]
    fn any_name_can_be_configured() {
        for name in ["order", "a b", "it's", "say \"x\"", "current_date", "9_lives", "Versions_2"] {
            let (database, table) = (database(""), VersionTable::new(name));
            table.ensure(&database).unwrap();
            table.apply(&database, &RowWrite::Insert(id("a"))).unwrap();
            assert_eq!(table.rows(&database).unwrap(), ["a"], "{name}");
            table.clear(&database).unwrap();
            assert!(table.rows(&database).unwrap().is_empty(), "{name}");
        }
    }

    #[test]
    fn a_missing_table_has_no_rows() {
        assert!(table().rows(&database("")).unwrap().is_empty());
    }

    #[test]
    fn rows_come_in_the_order_in_which_they_were_added() {
        let database = database("");
        table().ensure(&database).unwrap();
        for row in ["c", "a", "b"] {
            table().apply(&database, &RowWrite::Insert(id(row))).unwrap();
        }
        assert_eq!(table().rows(&database).unwrap(), ["c", "a", "b"]);
    }

    #[test]
    fn a_table_of_another_shape_is_read_or_named() {
        let unordered = "CREATE TABLE alembic_version(version_num TEXT PRIMARY KEY) WITHOUT ROWID;
                         INSERT INTO alembic_version VALUES ('a')";
        assert_eq!(table().rows(&database(unordered)).unwrap(), ["a"]);
        check_unreadable(
            "CREATE TABLE alembic_version(version)",
            "the table `alembic_version` in `:memory:` has no column `version_num`",
        );
        check_unreadable(
            "CREATE TABLE alembic_version(version_num); INSERT INTO alembic_version VALUES (NULL)",
            "a row of `alembic_version` in `:memory:` holds NULL instead of a revision",
        );
        check_unreadable(
            "CREATE TABLE alembic_version(version_num); INSERT INTO alembic_version VALUES (7)",
            "a row of `alembic_version` in `:memory:` holds the integer 7 instead of a revision",
        );
    }

    #[test]
    fn a_write_must_hit_exactly_one_row() {
        let database = database("");
        table().ensure(&database).unwrap();
        table().apply(&database, &RowWrite::Insert(id("a"))).unwrap();
        table().apply(&database, &RowWrite::Update { from: "a".into(), to: id("b") }).unwrap();
        assert_eq!(table().rows(&database).unwrap(), ["b"]);
        let stale = RowWrite::Update { from: "a".into(), to: id("c") };
        let err = table().apply(&database, &stale).unwrap_err();
        assert_eq!(
            err.to_string(),
            "0 rows of `alembic_version` in `:memory:` were changed by changing `a` to `c`, not one"
        );
        let err = table().apply(&database, &RowWrite::Delete("a".into())).unwrap_err();
        assert!(matches!(err, DbError::RowCount { n_rows: 0, .. }));
        table().apply(&database, &RowWrite::Delete("b".into())).unwrap();
        assert!(table().rows(&database).unwrap().is_empty());
    }
}
