//! What a query lists: how many rows, and the first of them.

use rusqlite::types::ValueRef;

use super::{Database, DbError, SqliteError, SqliteErrorKind, quote_identifier};

/// How much of a value is shown, in characters.
const MAX_VALUE_LENGTH: usize = 60;

/// What a query found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowsFound {
    /// How many rows; not zero.
    pub n_rows: u64,
    /// The name of the first column.
    pub column: String,
    /// Its value in the first row, as SQL; cut where it is long.
    pub value: String,
}

impl Database {
    /// How many rows a table has; `None` where SQLite cannot say, since it lacks the module of a
    /// virtual table.
    pub fn n_rows(&self, table: &str) -> Result<Option<u64>, DbError> {
        let sql = format!("SELECT count(*) FROM main.{}", quote_identifier(table));
        let count = self.connection.query_row(&sql, [], |row| row.get::<_, i64>(0));
        count.map(|it| Some(it.unsigned_abs())).or_else(|err| match SqliteError::from(err) {
            err if err.kind == SqliteErrorKind::Other => Ok(None),
            err => Err(DbError::sqlite(self.path.clone(), "count the rows of", err)),
        })
    }

    /// Counts the rows of a query that only reads; `None` where there are none.
    ///
    /// One pass over the rows, of which none is kept but the first.
    ///
    /// # Errors
    ///
    /// What SQLite said; that the query would write, or that it has a parameter, which would be NULL.
    pub fn rows_found(&self, query: &str) -> Result<Option<RowsFound>, SqliteError> {
        let mut statement = self.connection.prepare(query)?;
        if !statement.readonly() {
            return Err(SqliteError::own("it would write, and a query only reads".to_owned()));
        }
        refuse_parameters(&statement)?;
        let column = statement.column_name(0)?.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut rows = statement.raw_query();
        let Some(first) = rows.next()? else { return Ok(None) };
        let value = shown(first.get_ref(0)?);
        let mut n_rows = 1;
        while rows.next()?.is_some() {
            n_rows += 1;
        }
        Ok(Some(RowsFound { n_rows, column, value }))
    }
}

/// Fails where a statement has a parameter: SQLite would bind NULL to it.
pub(super) fn refuse_parameters(statement: &rusqlite::Statement<'_>) -> Result<(), SqliteError> {
    if statement.parameter_count() == 0 {
        return Ok(());
    }
    let name = statement.parameter_name(1).unwrap_or("?");
    Err(SqliteError::own(format!("`{name}` is a parameter, and it has no value")))
}

/// A value as SQL, on one line.
fn shown(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "NULL".to_owned(),
        ValueRef::Integer(it) => it.to_string(),
        ValueRef::Real(it) => format!("{it:?}"),
        ValueRef::Text(bytes) => {
            let text = String::from_utf8_lossy(bytes);
            let mut shown = String::new();
            for it in text.chars().take(MAX_VALUE_LENGTH) {
                match it {
                    '\'' => shown.push_str("''"),
                    it if it.is_control() => shown.extend(it.escape_default()),
                    it => shown.push(it),
                }
            }
            let more = if text.chars().nth(MAX_VALUE_LENGTH).is_some() { "…" } else { "" };
            format!("'{shown}{more}'")
        }
        ValueRef::Blob(bytes) => {
            let most = MAX_VALUE_LENGTH / 2;
            let digits: Vec<String> =
                bytes.iter().take(most).map(|it| format!("{it:02x}")).collect();
            let more = if bytes.len() > most { "…" } else { "" };
            format!("x'{}{more}'", digits.concat())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(query: &str, expected: Result<Option<(u64, &str, &str)>, &str>) {
        let database = Database::open_in_memory().unwrap();
        database.execute("CREATE TABLE t(a, b)").unwrap();
        database.execute("INSERT INTO t VALUES (7, 'x'), (8, 'y'), (NULL, 'z')").unwrap();
        let found = database.rows_found(query).map_err(|err| err.to_string());
        let expected = expected
            .map(|it| {
                it.map(|(n_rows, column, value)| RowsFound {
                    n_rows,
                    column: column.to_owned(),
                    value: value.to_owned(),
                })
            })
            .map_err(str::to_owned);
        assert_eq!(found, expected, "{query}");
    }

    #[test]
    fn rows_are_counted_and_the_first_is_shown() {
        check("SELECT a FROM t WHERE a > 100", Ok(None));
        check("SELECT b, a FROM t ORDER BY a DESC", Ok(Some((3, "b", "'y'"))));
        check("SELECT rowid FROM t WHERE a IS NULL", Ok(Some((1, "rowid", "3"))));
        check(
            "WITH x AS (SELECT a FROM t) SELECT a AS \"the\n a\" FROM x",
            Ok(Some((3, "the a", "7"))),
        );
    }

    #[test]
    fn a_value_is_shown_as_sql() {
        let long = "é".repeat(61);
        let shown = format!("'{}…'", "é".repeat(60));
        check(&format!("SELECT '{long}' AS v"), Ok(Some((1, "v", &shown))));
        let shown = format!("x'{}…'", "00".repeat(30));
        check("SELECT zeroblob(31) AS v", Ok(Some((1, "v", &shown))));
        for (value, shown) in [
            ("NULL", "NULL"),
            ("1.0", "1.0"),
            ("9e999", "inf"),
            ("'it''s'", "'it''s'"),
            ("'a' || char(10, 27)", "'a\\n\\u{1b}'"),
            ("x'00ff'", "x'00ff'"),
            ("CAST(x'ff' AS TEXT)", "'\u{fffd}'"),
        ] {
            check(&format!("SELECT {value} AS v"), Ok(Some((1, "v", shown))));
        }
    }

    #[test]
    fn what_writes_or_cannot_run_is_refused() {
        let writes = "it would write, and a query only reads";
        check("WITH x AS (SELECT 1) DELETE FROM t", Err(writes));
        check("SELECT a FROM t WHERE a = ?", Err("`?` is a parameter, and it has no value"));
        check("SELECT nope FROM t", Err("no such column: nope"));
        check("SELECT abs(-9223372036854775808)", Err("integer overflow"));
    }
}
