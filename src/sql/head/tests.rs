use std::sync::{Arc, Mutex};

use rusqlite::Connection;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};

use super::*;

/// What stands in `main` and in `temp` before each statement.
const SCHEMA: &str = "
    CREATE TABLE t (a, b, \"to\", CONSTRAINT k CHECK (a > 0));
    CREATE TABLE temp (a);
    CREATE TABLE \"if\" (a);
    CREATE TABLE \"a \"\"b.\" (a);
    CREATE TEMP TABLE gone (a);
    CREATE TEMP TABLE t2 (a);
    CREATE VIEW v AS SELECT a FROM t;
    CREATE INDEX i ON t (a);
    CREATE TRIGGER r AFTER DELETE ON t BEGIN SELECT 1; END;
    CREATE TEMP VIEW tv AS SELECT 1 AS a;
";

fn world() -> Connection {
    let world = Connection::open_in_memory().unwrap();
    world.execute_batch(SCHEMA).unwrap();
    world
}

/// Schema, kind, name, and what it is on, of everything that has a statement.
fn objects(world: &Connection) -> Vec<String> {
    let sql = "SELECT 'main', type, name, tbl_name FROM main.sqlite_schema WHERE sql > '' \
               UNION ALL SELECT 'temp', type, name, tbl_name FROM temp.sqlite_schema WHERE sql > ''";
    let mut statement = world.prepare(sql).unwrap();
    let row = |row: &rusqlite::Row<'_>| {
        let parts: Vec<String> = (0..4).map(|it| row.get(it)).collect::<Result<_, _>>()?;
        Ok(parts.join("|"))
    };
    statement.query_map([], row).unwrap().collect::<Result<_, _>>().unwrap()
}

/// The number that a query finds.
fn number(world: &Connection, sql: &str, parameter: &str) -> i64 {
    world.query_row(sql, [parameter], |it| it.get(0)).unwrap()
}

fn schema_of(head: &Head<'_>) -> &'static str {
    if head.is_temporary { "temp" } else { "main" }
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Table => "table",
        Kind::View => "view",
        Kind::Index => "index",
        Kind::Trigger => "trigger",
    }
}

/// SQLite makes what the head says.
#[track_caller]
fn check_created(sql: &str) {
    let head = head(sql);
    let Verb::Create(kind) = head.verb else { panic!("{sql}: {head:?}") };
    let name = head.name.as_deref().unwrap();
    let on = head.on.as_deref().unwrap_or(name);
    let (world, schema) = (world(), schema_of(&head));
    let before = objects(&world);
    world.execute_batch(sql).unwrap();
    let mut made = objects(&world);
    made.retain(|it| !before.contains(it));
    let expected = format!("{schema}|{}|{name}|{on}", word(kind));
    let is_own = |it: &&String| !it.contains(&format!("|{name}_"));
    assert_eq!(made.iter().filter(is_own).collect::<Vec<_>>(), [&expected], "{sql}");
    if kind == Kind::Table {
        let quoted = format!("{schema}.\"{}\"", name.replace('"', "\"\""));
        let n_rows = number(&world, &format!("SELECT count(*) FROM {quoted} WHERE 1 OR ?1"), "");
        assert_eq!(head.makes_rows, n_rows > 0, "{sql}");
        let page =
            format!("SELECT rootpage FROM {schema}.sqlite_schema WHERE name = ?1 COLLATE NOCASE");
        assert_eq!(head.is_virtual, number(&world, &page, name) == 0, "{sql}");
    }
    let is_unique = "SELECT count(*) FROM pragma_index_list('t') WHERE name = ?1 AND \"unique\"";
    assert_eq!(head.is_unique, number(&world, is_unique, name) > 0, "{sql}");
    assert_eq!(head.is_conditional, world.execute_batch(sql).is_ok(), "{sql}");
}

#[test]
fn sqlite_makes_what_stands_there() {
    for sql in [
        "CREATE TABLE n (a)",
        "; /* x */ create table -- y\n n(a)",
        "CREATE TABLE IF NOT EXISTS n (a AS (1), b)",
        "CREATE TABLE main.n (a)",
        "CREATE TABLE temp.n (a)",
        "CREATE TABLE TEMP . n (a)",
        "CREATE TABLE \"temp\".n (a)",
        "CREATE TABLE IF NOT EXISTS temp.n (a)",
        "CREATE TEMP TABLE n (a)",
        "CREATE TEMPORARY TABLE IF NOT EXISTS temp.n (a)",
        "CREATE TABLE n AS SELECT 1",
        "CREATE TABLE IF NOT EXISTS main.n AS VALUES (1)",
        "CREATE TABLE temp.n AS SELECT 1 AS a",
        "CREATE TABLE \"n \"\"n\"\".\" (a)",
        "CREATE TABLE [n m] (a)",
        "CREATE TABLE `n``m` (a)",
        "CREATE TABLE 'n''m' (a)",
        "CREATE TABLE view (a)",
        "CREATE TABLE trigger (a)",
        "CREATE TABLE \"table\" (a)",
        "CREATE TABLE main.\"if\"\"\" (a)",
        "CREATE VIRTUAL TABLE n USING fts5(a)",
        "CREATE VIRTUAL TABLE IF NOT EXISTS temp.n USING fts5(a)",
        "CREATE VIEW n AS SELECT 1",
        "CREATE TEMP VIEW n (a) AS SELECT 1",
        "CREATE VIEW temp.n AS SELECT 1",
        "CREATE INDEX n ON t (a)",
        "CREATE INDEX IF NOT EXISTS main.n ON \"t\" (a) WHERE b",
        "CREATE UNIQUE INDEX n ON t (a)",
        "CREATE UNIQUE INDEX IF NOT EXISTS n ON t (a)",
        "CREATE INDEX temp.n ON t2 (a)",
        "CREATE TRIGGER n AFTER INSERT ON t BEGIN DELETE FROM temp; END",
        "CREATE TRIGGER IF NOT EXISTS main.n BEFORE UPDATE OF a, \"to\" ON main.t BEGIN SELECT 1; END",
        "CREATE TRIGGER n INSTEAD OF DELETE ON v BEGIN SELECT 1; END",
        "CREATE TEMP TRIGGER n AFTER DELETE ON t FOR EACH ROW BEGIN SELECT 1; END",
        "CREATE TRIGGER temp.n DELETE ON main.t BEGIN SELECT 1; END",
        "CREATE TRIGGER n AFTER DELETE ON temp.t2 BEGIN SELECT 1; END",
    ] {
        check_created(sql);
    }
}

/// SQLite drops what the head says.
#[track_caller]
fn check_dropped(sql: &str) {
    let head = head(sql);
    let Verb::Drop(kind) = head.verb else { panic!("{sql}: {head:?}") };
    let world = world();
    let mut gone = objects(&world);
    world.execute_batch(sql).unwrap();
    let after = objects(&world);
    gone.retain(|it| !after.contains(it));
    let name = head.name.as_deref().unwrap();
    let expected = format!("{}|{}|{name}|", schema_of(&head), word(kind));
    assert!(gone.iter().any(|it| it.starts_with(&expected)), "{sql}: {gone:?}");
    assert_eq!(head.is_conditional, world.execute_batch(sql).is_ok(), "{sql}");
}

#[test]
fn sqlite_drops_what_stands_there() {
    for sql in [
        "DROP TABLE t",
        ";; drop /* x */ table if exists main . \"t\"",
        "DROP TABLE temp",
        "DROP TABLE main.temp",
        "DROP TABLE temp.gone",
        "DROP TABLE IF EXISTS temp.gone",
        "DROP TABLE \"if\"",
        "DROP TABLE 'a \"b.'",
        "DROP VIEW v",
        "DROP VIEW temp.tv",
        "DROP INDEX IF EXISTS i",
        "DROP TRIGGER main.r",
    ] {
        check_dropped(sql);
    }
}

/// The columns of a table, in a row.
fn columns(world: &Connection, table: &str) -> String {
    let sql = "SELECT group_concat(name) FROM pragma_table_info(?1)";
    world.query_row(sql, [table], |it| it.get(0)).unwrap()
}

/// SQLite leaves these columns, or the table under its new name.
#[track_caller]
fn check_altered(sql: &str, expected: &str) {
    let head = head(sql);
    assert_eq!(head.verb, Verb::Alter, "{sql}");
    let name = head.name.clone().unwrap();
    let world = world();
    let before = columns(&world, &name);
    world.execute_batch(sql).unwrap();
    let found = match head.action.unwrap() {
        Action::RenameTo(new) => {
            assert!(objects(&world).contains(&format!("main|table|{new}|{new}")), "{sql}");
            format!("renamed to {new}")
        }
        Action::RenameColumn(old, new) => {
            let after = before.split(',').map(|it| if it == old { &new } else { it });
            assert_eq!(after.collect::<Vec<_>>().join(","), columns(&world, &name), "{sql}");
            format!("{old} to {new}")
        }
        Action::AddColumn(new) => {
            assert_eq!(format!("{before},{new}"), columns(&world, &name), "{sql}");
            format!("added {new}")
        }
        Action::DropColumn(old) => {
            let after = before.split(',').filter(|it| *it != old);
            assert_eq!(after.collect::<Vec<_>>().join(","), columns(&world, &name), "{sql}");
            format!("dropped {old}")
        }
        other => {
            assert_eq!(before, columns(&world, &name), "{sql}");
            format!("{other:?}")
        }
    };
    assert_eq!(found, expected, "{sql}");
}

#[test]
fn sqlite_alters_what_stands_there() {
    check_altered("ALTER TABLE temp RENAME TO n", "renamed to n");
    check_altered("; alter table main.\"if\" rename to [to]", "renamed to to");
    check_altered("ALTER TABLE if RENAME TO 'n n'", "renamed to n n");
    check_altered("ALTER TABLE t RENAME COLUMN b TO c", "b to c");
    check_altered("ALTER TABLE main.t RENAME b TO \"rename\"", "b to rename");
    check_altered("ALTER TABLE t RENAME \"to\" TO \"drop\"", "to to drop");
    check_altered("ALTER TABLE t ADD c INT", "added c");
    check_altered("ALTER TABLE t ADD COLUMN \"constraint\" CHECK (1)", "added constraint");
    check_altered("ALTER TABLE t ADD COLUMN column", "added column");
    check_altered("ALTER TABLE temp ADD rename", "added rename");
    check_altered("ALTER TABLE t DROP b", "dropped b");
    check_altered("ALTER TABLE main . t DROP COLUMN 'to'", "dropped to");
    check_altered("ALTER TABLE t ADD CONSTRAINT c CHECK (b > 0)", "AddConstraint");
    check_altered("ALTER TABLE t ADD CHECK (b > 0)", "AddConstraint");
    check_altered("ALTER TABLE t DROP CONSTRAINT k", "DropConstraint");
    check_altered("ALTER TABLE t ALTER COLUMN b SET NOT NULL", "AlterColumn");
    check_altered("ALTER TABLE t ALTER b DROP NOT NULL", "AlterColumn");
}

/// SQLite asks for leave to write the rows that the head says, and for no other.
#[track_caller]
fn check_written(sql: &str) {
    let head = head(sql);
    let mut world = world();
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let note = Arc::clone(&asked);
    let authorizer = move |it: AuthContext<'_>| {
        let (verb, table) = match it.action {
            AuthAction::Insert { table_name } => ("Insert", table_name),
            AuthAction::Update { table_name, .. } => ("Update", table_name),
            AuthAction::Delete { table_name } => ("Delete", table_name),
            _ => return Authorization::Allow,
        };
        let schema = it.database_name.unwrap_or_default();
        note.lock().unwrap().push(format!("{verb} {schema}.{table}"));
        Authorization::Allow
    };
    world.authorizer(Some(authorizer)).unwrap();
    world.prepare(sql).unwrap();
    let name = head.name.as_deref().unwrap_or_default();
    let expected = format!("{:?} {}.{name}", head.verb, schema_of(&head));
    let asked = asked.lock().unwrap();
    if head.verb.writes_rows() {
        assert_eq!(asked.first(), Some(&expected), "{sql}");
    } else {
        assert_eq!((head.verb, asked.as_slice()), (Verb::Select, &[][..]), "{sql}");
    }
}

#[test]
fn sqlite_writes_what_stands_there() {
    for sql in [
        "INSERT INTO t (a) VALUES (1)",
        "; insert or replace into main.t (a) values (1)",
        "REPLACE INTO \"if\" VALUES (1)",
        "INSERT OR IGNORE INTO if SELECT 1",
        "INSERT INTO temp.t2 AS x VALUES (1)",
        "UPDATE temp SET a = 1",
        "UPDATE OR ABORT temp.t2 SET a = 1",
        "UPDATE t SET a = (SELECT 1) FROM temp",
        "DELETE FROM temp",
        "DELETE FROM [a \"b.]",
        "WITH x AS (SELECT 1) INSERT INTO t (a) SELECT * FROM x",
        "WITH x (a, b) AS MATERIALIZED (SELECT replace('a', 'b', 'c'), 2) DELETE FROM t
             WHERE a IN (SELECT a FROM x)",
        "WITH RECURSIVE x (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM x WHERE n < 3), y AS NOT
             MATERIALIZED (SELECT 2) UPDATE t SET a = (SELECT max(n) FROM x)",
        "WITH replace AS (SELECT 1) REPLACE INTO temp SELECT * FROM replace",
        "WITH x AS (SELECT replace('a', 'b', 'c')) SELECT * FROM x",
        "WITH replace AS (SELECT 1), \"insert\" AS (SELECT 2) SELECT * FROM replace",
        "SELECT 'DELETE FROM t'",
        "VALUES (1)",
    ] {
        check_written(sql);
    }
}

#[test]
fn sqlite_does_with_a_row_in_the_way_what_stands_there() {
    for sql in [
        "INSERT INTO u VALUES (1, 'new')",
        "REPLACE INTO u VALUES (1, 'new')",
        "INSERT OR REPLACE INTO u VALUES (1, 'new')",
        "INSERT OR IGNORE INTO u VALUES (1, 'new')",
        "INSERT OR ABORT INTO u VALUES (1, 'new')",
        "INSERT OR FAIL INTO u VALUES (1, 'new')",
        "WITH x AS (SELECT 1) INSERT OR IGNORE INTO u SELECT 1, 'new'",
        "UPDATE u SET a = 1 WHERE a = 2",
        "UPDATE OR IGNORE u SET a = 1 WHERE a = 2",
        "UPDATE OR REPLACE u SET a = 1 WHERE a = 2",
        "UPDATE OR ROLLBACK u SET a = 1 WHERE a = 2",
    ] {
        let connection = Connection::open_in_memory().unwrap();
        let rows = "CREATE TABLE u (a PRIMARY KEY, b); INSERT INTO u VALUES (1, 'old'), (2, 'new')";
        connection.execute_batch(rows).unwrap();
        let is_done = connection.execute_batch(sql).is_ok();
        let rows = "SELECT b FROM u WHERE a = 1";
        let found: String = connection.query_row(rows, [], |row| row.get(0)).unwrap();
        let conflict = match (is_done, found.as_str()) {
            (false, _) => Conflict::Fail,
            (true, "old") => Conflict::Ignore,
            (true, _) => Conflict::Replace,
        };
        assert_eq!(head(sql).conflict, conflict, "{sql}");
    }
}

#[track_caller]
fn check(sql: &str, verb: Verb, name: &str, end: usize) {
    let head = head(sql);
    let found = (head.verb, head.name.as_deref().unwrap_or_default(), head.end);
    assert_eq!(found, (verb, name, end), "{sql}");
}

#[test]
fn what_is_explained_does_nothing() {
    for sql in [
        "EXPLAIN DROP TABLE t",
        "EXPLAIN QUERY PLAN DELETE FROM t",
        "explain attach 'x' AS y",
        "SAVEPOINT \"create\"",
        "\"DROP\" TABLE t",
        "",
        ";",
        " -- DROP TABLE t",
    ] {
        let head = head(sql);
        assert_eq!((head.verb, head.name), (Verb::Other, None), "{sql}");
    }
}

#[test]
fn what_comes_behind_begins_where_the_head_ends() {
    check("PRAGMA foreign_keys = ON", Verb::Pragma, "foreign_keys", 19);
    check("PRAGMA main.'foreign_keys'(1)", Verb::Pragma, "foreign_keys", 26);
    check("; attach database 'x' AS y", Verb::Attach, "", 8);
    check("VACUUM INTO 'x'", Verb::Vacuum, "", 6);
    check("DELETE FROM temp", Verb::Delete, "temp", 16);
    check("INSERT INTO t (a) VALUES (1)", Verb::Insert, "t", 13);
    check("CREATE INDEX i ON t (a)", Verb::Create(Kind::Index), "i", 19);
}

#[test]
fn of_what_is_cut_off_the_rest_is_told() {
    check("DROP TABLE", Verb::Drop(Kind::Table), "", 10);
    check("DROP TABLE temp.", Verb::Drop(Kind::Table), "", 16);
    check("CREATE TEMP", Verb::Other, "", 11);
    check("CREATE TRIGGER r AFTER", Verb::Create(Kind::Trigger), "r", 22);
    check("ALTER TABLE", Verb::Alter, "", 11);
    check("ALTER VIEW v", Verb::Other, "", 5);
    check("WITH x AS (SELECT 1", Verb::Other, "", 19);
    check("WITH x DELETE FROM t", Verb::Other, "", 6);
    assert_eq!(head("ALTER TABLE t RENAME a").action, None);
    // Wherever it is cut.
    let sql = "WITH x AS (SELECT 1) INSERT OR IGNORE INTO temp.\"ä ö\" AS y SELECT 1";
    for (at, _) in sql.char_indices() {
        assert!(head(&sql[..at]).end <= at, "{}", &sql[..at]);
    }
}
