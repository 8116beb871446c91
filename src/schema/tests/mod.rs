//! What is read, against tables of facts and against SQLite.

use rusqlite::Connection;

use super::*;

mod facts;
mod generated;
mod oracle;
mod rewritten;

/// A database in memory; what it refuses is a mistake in the test.
#[track_caller]
fn database(sql: &str) -> Connection {
    let db = Connection::open_in_memory().unwrap();
    if let Err(err) = db.execute_batch(sql) {
        panic!("{err}: {sql}");
    }
    db
}

/// The rows of `sqlite_schema` that a user made.
fn objects(db: &Connection) -> Vec<SchemaObject> {
    let mut statement = db
        .prepare(
            "SELECT type, name, tbl_name, sql FROM sqlite_schema \
             WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite@_%' ESCAPE '@' \
             AND name NOT IN (SELECT name FROM pragma_table_list WHERE type = 'shadow')",
        )
        .unwrap();
    let rows = statement.query_map([], |row| {
        let kind = match row.get::<_, String>(0)?.as_str() {
            "table" => ObjectKind::Table,
            "index" => ObjectKind::Index,
            "view" => ObjectKind::View,
            _ => ObjectKind::Trigger,
        };
        Ok(SchemaObject { kind, name: row.get(1)?, table: row.get(2)?, sql: row.get(3)? })
    });
    rows.unwrap().map(Result::unwrap).collect()
}

#[track_caller]
fn read_from(db: &Connection) -> Schema {
    match read(&objects(db)) {
        Ok(schema) => schema,
        Err(err) => panic!("{err}: {}", err.sql),
    }
}

/// The schema that `sql` makes.
#[track_caller]
fn schema(sql: &str) -> Schema {
    read_from(&database(sql))
}

/// The only table of `sql`.
#[track_caller]
fn table(sql: &str) -> Table {
    let schema = schema(sql);
    assert_eq!(schema.tables.len(), 1, "{sql}");
    schema.tables.into_iter().next().unwrap()
}
