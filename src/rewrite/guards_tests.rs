//! Which directives may be asked at the beginning.

use std::sync::Arc;

use super::*;
use crate::revision::file;
use crate::source::Source;

#[test]
fn a_statement_says_what_it_changes() {
    let check = |sql: &str, expected: &str| {
        let found = match (keeps_rows(sql), targets(sql)) {
            (true, _) => "nothing".to_owned(),
            (false, None) => "anything".to_owned(),
            (false, Some(names)) => names.into_iter().collect::<Vec<_>>().join(" "),
        };
        assert_eq!(found, expected, "{sql}");
    };
    check("INSERT OR REPLACE INTO main.T SELECT * FROM u", "t");
    check("REPLACE INTO \"a b\" VALUES (1)", "a b");
    check("WITH x AS (SELECT replace(a, 'b', 'c') FROM u) DELETE FROM t WHERE a IN x", "t");
    check("UPDATE OR IGNORE t SET a = 1 FROM u", "t");
    check("CREATE TABLE IF NOT EXISTS t AS SELECT 1", "t");
    check("DROP TABLE IF EXISTS main.t", "t");
    check("ALTER TABLE t RENAME TO u", "t u");
    check("ALTER TABLE t RENAME a TO b", "t");
    check("ALTER TABLE t DROP COLUMN a", "t");
    check("PRAGMA user_version = 1", "anything");
    check("CREATE TABLE IF NOT EXISTS temp.t (a)", "t");
    check("WITH replace AS (SELECT 1) REPLACE INTO t SELECT * FROM replace", "t");
    check("WITH x AS (SELECT 1) SELECT * FROM x", "nothing");
    check("ALTER TABLE main.t DROP CONSTRAINT c", "nothing");
    check("ALTER TABLE t ALTER COLUMN a SET NOT NULL", "nothing");
    check("ALTER TABLE t ADD COLUMN a", "nothing");
    check("DROP INDEX i", "nothing");
    check("CREATE TRIGGER r AFTER INSERT ON t BEGIN DELETE FROM u; END", "nothing");
    check("CREATE TABLE t (a)", "nothing");
    check("SELECT 1", "nothing");
}

/// What becomes of a directive behind an earlier body; `t`, `u`, and a view of `t` are there, and a
/// trigger of `u` that writes `w`. Others have `log`, a view of it, and a trigger that writes `w`.
#[track_caller]
fn check(earlier: &str, directive: &str, expected: &str) {
    let others = Scratch::new(Quoting::Lenient, &[]).unwrap();
    for sql in [
        "CREATE TABLE log (a)",
        "CREATE VIEW lines AS SELECT a FROM log",
        "CREATE TRIGGER s AFTER INSERT ON log BEGIN INSERT INTO w VALUES (1); END",
    ] {
        others.execute(sql).unwrap();
    }
    let mut start = Scratch::new(Quoting::Lenient, &[]).unwrap();
    start.lend(&others.database().schema_objects(&|_| false).unwrap());
    for sql in [
        "CREATE TABLE t (a, b)",
        "CREATE TABLE u (a)",
        "CREATE TABLE w (a)",
        "CREATE TABLE kept (a)",
        "CREATE VIEW v AS SELECT a FROM t",
        "CREATE TRIGGER r AFTER INSERT ON u BEGIN INSERT INTO w VALUES (1); END",
    ] {
        start.execute(sql).unwrap();
    }
    let revision = |id: &str, body: &str| {
        let text = format!(
            "-- /// revision\n-- revision = \"{id}\"\n-- ///\n-- migrate:upgrade\n{body}\n"
        );
        let path = format!("versions/{id}.sql").into();
        file::parse(&Arc::new(Source { path, text })).unwrap()
    };
    let (first, second) =
        (revision("one", earlier), revision("two", &format!("-- migrate:{directive}")));
    let bodies = [(&first, &first.upgrade), (&second, &second.upgrade)];
    let mut guards = Guards::new(&start, &bodies, Direction::Upgrade, &["kept"]).unwrap();
    guards.pass(&first, &first.upgrade).unwrap();
    let found = match guards.place(&second, &second.upgrade.directives[0]) {
        Ok(place) => format!("{place:?}"),
        Err(RewriteError::Guard { earlier: Some(it), .. }) => {
            format!("not after {}", &it.source.text[it.span.clone()])
        }
        Err(err) => err.to_string(),
    };
    assert_eq!(found, expected);
}

#[test]
fn a_refusal_moves_where_nothing_before_it_changes_what_it_finds() {
    let refusal = "refuse-if rows: SELECT a FROM t WHERE b IS NULL";
    check("UPDATE u SET a = (SELECT a FROM t)", refusal, "Moves");
    check("CREATE INDEX i ON t (a); ALTER TABLE t ADD COLUMN c", refusal, "Moves");
    check("CREATE TABLE x (a); INSERT INTO x VALUES (1); DROP TABLE x", refusal, "Moves");
    check("DELETE FROM u", "refuse-if rows: SELECT 1 FROM u WHERE 0", "not after DELETE FROM u");
    let via_view = "refuse-if rows: SELECT a FROM v";
    check("DELETE FROM u", via_view, "Moves");
    check("DELETE FROM t", via_view, "not after DELETE FROM t");
}

#[test]
fn a_refusal_that_is_needed_where_it_stands_is_no_part_of_a_body() {
    let refusal = "refuse-if rows: SELECT a FROM t WHERE b IS NULL";
    let update = "UPDATE t SET b = '' WHERE b IS NULL";
    check(update, refusal, &format!("not after {update}"));
    check("DROP TABLE t", refusal, "not after DROP TABLE t");
    let rename = "ALTER TABLE u RENAME TO t2";
    check(rename, "refuse-if rows: SELECT a FROM t2", &format!("not after {rename}"));
    let copy = "INSERT INTO u SELECT a FROM t";
    check(copy, "refuse-if rows: SELECT a FROM w", &format!("not after {copy}"));
    // A column that is none yet is a string to SQLite.
    let add = "ALTER TABLE t ADD COLUMN c";
    check(add, "refuse-if rows: SELECT a FROM t WHERE \"c\" = 'c'", &format!("not after {add}"));
    check(
        "CREATE TABLE x (a)",
        "refuse-if rows: SELECT a FROM x WHERE a IN (SELECT a FROM t)",
        "not after CREATE TABLE x (a)",
    );
    check(
        "CREATE TABLE x (a); INSERT INTO x SELECT a FROM v",
        "refuse-if rows: SELECT a FROM x",
        "not after INSERT INTO x SELECT a FROM v",
    );
    check(
        "CREATE TABLE IF NOT EXISTS x (a)",
        "refuse-if rows: SELECT a FROM x",
        "not after CREATE TABLE IF NOT EXISTS x (a)",
    );
    check(
        "CREATE INDEX i ON t (a)",
        "refuse-if rows: SELECT name FROM sqlite_schema WHERE name = 'x'",
        "not after CREATE INDEX i ON t (a)",
    );
}

#[test]
fn tables_of_others_are_there_before_anything_misses_them() {
    let refusal = "refuse-if rows: SELECT a FROM log";
    check("DELETE FROM log", refusal, "not after DELETE FROM log");
    check("DELETE FROM u", refusal, "Moves");
    check("DELETE FROM log", "refuse-if rows: SELECT a FROM lines", "not after DELETE FROM log");
    check("DELETE FROM log", "refuse-if rows: SELECT a FROM w", "not after DELETE FROM log");
    let copy = "CREATE TABLE x AS SELECT a FROM log";
    check(copy, "refuse-if rows: SELECT a FROM x", &format!("not after {copy}"));
}

#[test]
fn a_refusal_that_only_the_range_decides_becomes_a_comment() {
    check("CREATE TABLE x (a)", "refuse-if rows: SELECT a FROM x", "LeftOut");
    check(
        "CREATE TABLE x (a); CREATE TABLE y AS SELECT * FROM x",
        "refuse-if rows: SELECT a FROM y",
        "LeftOut",
    );
}

#[test]
fn a_refusal_that_asks_something_else_at_the_beginning_is_no_part_of_a_body() {
    let view = "CREATE VIEW v AS SELECT b AS a FROM t";
    let via_view = "refuse-if rows: SELECT a FROM v";
    check(&format!("DROP VIEW v; {view}"), via_view, &format!("not after {view}"));
    let other = "CREATE VIEW v AS SELECT a FROM t WHERE b";
    check(&format!("DROP VIEW v; {other}"), via_view, &format!("not after {other}"));
    let same = "DROP VIEW v; CREATE VIEW v AS SELECT a FROM t";
    check(same, via_view, "Moves");
    let constant = "CREATE VIEW x AS SELECT 1";
    check(
        &format!("CREATE VIEW x AS SELECT 1 WHERE 0; DROP VIEW x; {constant}"),
        "refuse-if rows: SELECT 1 FROM x",
        "LeftOut",
    );
    check(
        "DROP VIEW v; CREATE VIEW v AS SELECT 1 AS a WHERE 0; DROP VIEW v; \
         CREATE VIEW v AS SELECT a FROM t WHERE 1",
        via_view,
        "not after CREATE VIEW v AS SELECT a FROM t WHERE 1",
    );
    // A view of a view.
    check(
        &format!("CREATE VIEW y AS SELECT a FROM v; DROP VIEW v; {view}"),
        "refuse-if rows: SELECT a FROM y",
        &format!("not after {view}"),
    );
    // Where `b` is first sought, it is found.
    let add = "ALTER TABLE u ADD COLUMN b";
    let correlated = "refuse-if rows: SELECT a FROM t \
                      WHERE NOT EXISTS (SELECT 1 FROM u WHERE u.a = t.a AND b = 1)";
    check(add, correlated, &format!("not after {add}"));
    check("ALTER TABLE u ADD COLUMN c", correlated, "Moves");
    let natural = "refuse-if rows: SELECT 1 FROM t NATURAL JOIN u";
    check(add, natural, &format!("not after {add}"));
    check("CREATE INDEX i ON u (a)", natural, "Moves");
    let second = "ALTER TABLE t RENAME COLUMN b TO a";
    check(
        &format!("ALTER TABLE t RENAME COLUMN a TO c; {second}"),
        "refuse-if rows: SELECT 1 FROM t WHERE a IS NULL",
        "not after ALTER TABLE t RENAME COLUMN a TO c",
    );
    let index = "CREATE INDEX i ON u (a)";
    check(index, "refuse-if rows: SELECT t.a FROM t, json_each(t.b)", "Moves");
    check(
        index,
        "refuse-if rows: SELECT \"table\" FROM pragma_foreign_key_check",
        &format!("not after {index}"),
    );
    // A directive of the body may read what no name in it tells of.
    let schema = "CREATE VIEW s AS SELECT name FROM sqlite_schema";
    check(schema, "refuse-if rows: SELECT name FROM s", &format!("not after {schema}"));
    check(
        "INSERT INTO u VALUES (1)",
        "refuse-if rows: SELECT a FROM kept",
        "`kept`, which the upgrade of `two` uses, is something else where the bodies are one",
    );
}

#[test]
fn rows_that_came_from_elsewhere_are_not_those_of_the_range() {
    let refusal = "refuse-if rows: SELECT 1 FROM x";
    for from in [
        "SELECT * FROM pragma_foreign_key_check",
        "SELECT name FROM pragma_table_info('t')",
        "SELECT name FROM sqlite_schema",
    ] {
        let copy = format!("CREATE TABLE x AS {from}");
        check(&copy, refusal, &format!("not after {copy}"));
    }
    let copy = "CREATE TABLE x AS SELECT name FROM s";
    check(
        &format!("CREATE VIEW s AS SELECT name FROM sqlite_schema; {copy}"),
        refusal,
        &format!("not after {copy}"),
    );
    let insert = "INSERT INTO x SELECT name FROM pragma_table_info('t')";
    check(&format!("CREATE TABLE x (a); {insert}"), refusal, &format!("not after {insert}"));
    // Tomorrow it may find some.
    check(
        "CREATE TABLE x (a); INSERT INTO x VALUES ('2030-01-01')",
        "refuse-if rows: SELECT 1 FROM x WHERE a < date('now')",
        "not after INSERT INTO x VALUES ('2030-01-01')",
    );
    check(
        "CREATE TABLE x (a); INSERT INTO x SELECT value FROM json_each('[1]') WHERE value > 1",
        refusal,
        "LeftOut",
    );
}

#[test]
fn a_warning_moves_where_it_can_be_asked() {
    check("DELETE FROM t", "warn-if rows: SELECT a FROM t", "Moves");
    check("CREATE TABLE x (a)", "warn-if rows: SELECT a FROM x", "LeftOut");
}
