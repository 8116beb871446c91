//! What a database holds, as text that can be compared.

use std::fmt::Write as _;

use rusqlite::Connection;
use rusqlite::types::ValueRef;

/// The schema and all rows, the version table included; of `migrator_log` what does not depend on
/// the time. Integrity is checked on the way.
///
/// An empty database has an empty text, and so has one that is not there.
#[track_caller]
pub fn content(connection: &Connection) -> String {
    check_integrity(connection);
    let mut text = String::new();
    let mut schema = connection
        .prepare("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name, type")
        .unwrap();
    let mut tables = Vec::new();
    let mut rows = schema.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let (kind, name): (String, String) = (row.get(0).unwrap(), row.get(1).unwrap());
        writeln!(text, "{}", values(row)).unwrap();
        if kind == "table" {
            tables.push(name);
        }
    }
    for table in tables {
        let columns = match table.as_str() {
            "migrator_log" => "id, revision, direction, checksum, version, tag",
            _ => "*",
        };
        let sql = format!("SELECT {columns} FROM \"{table}\" ORDER BY rowid");
        let mut statement = connection.prepare(&sql).unwrap();
        let mut rows = statement.query([]).unwrap();
        let mut lines = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            lines.push(values(row));
        }
        // Which of several rows of it is changed is of no meaning.
        if table == "alembic_version" {
            lines.sort();
        }
        for line in lines {
            writeln!(text, "{table}: {line}").unwrap();
        }
    }
    text
}

#[track_caller]
fn check_integrity(connection: &Connection) {
    let mut statement = connection.prepare("PRAGMA integrity_check").unwrap();
    let found = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let found: Vec<String> = found.map(Result::unwrap).collect();
    assert_eq!(found, ["ok"]);
}

fn values(row: &rusqlite::Row<'_>) -> String {
    let n_columns = row.as_ref().column_count();
    let value = |n| match row.get_ref(n).unwrap() {
        ValueRef::Null => "NULL".to_owned(),
        ValueRef::Integer(it) => it.to_string(),
        ValueRef::Real(it) => it.to_string(),
        ValueRef::Text(it) => format!("{:?}", String::from_utf8_lossy(it)),
        ValueRef::Blob(it) => format!("{it:?}"),
    };
    (0..n_columns).map(value).collect::<Vec<_>>().join("|")
}
