//! What may run late and what may not, on small graphs.

use super::*;
use crate::audit::implied;
use crate::exec::testing::revision;

/// Revisions `a`, `x`, `b`, of which `x` was inserted between the others; what stands against
/// running it last.
#[track_caller]
fn check(first: &str, inserted: &str, second: &str, expected: Option<&str>) {
    check_with(first, inserted, second, "", expected);
}

/// The same with a revision `c` that is still to run.
#[track_caller]
fn check_with(first: &str, inserted: &str, second: &str, third: &str, expected: Option<&str>) {
    check_beside(&[], [first, inserted, second, third], expected);
}

/// The same where other programs made something.
#[track_caller]
fn check_beside(others: &[&str], bodies: [&str; 4], expected: Option<&str>) {
    let [first, inserted, second, third] = bodies;
    let made = Scratch::new(crate::db::Quoting::Lenient, &[]).unwrap();
    for sql in others {
        made.execute(sql).unwrap();
    }
    let beside = made.database().schema_objects(&|_| false).unwrap();
    let after = |id: &str, body: &str, below: &str| {
        let mut made = revision(id, body, "");
        made.down_revisions = vec![RevisionId::new(below).unwrap()];
        made.spans.down_revisions = vec![0..0; 1];
        made
    };
    let revisions = vec![
        revision("a", first, ""),
        after("x", inserted, "a"),
        after("b", second, "x"),
        after("c", third, "b"),
    ];
    let graph = RevisionGraph::new(revisions).unwrap();
    let applied = graph.upgrade_order(&implied(&graph, &["b".to_owned()]));
    let question = Question {
        graph: &graph,
        applied: &applied,
        inserted: &[graph.by_id("x").unwrap()],
        replay: Replay {
            version_table: "alembic_version",
            log: true,
            extensions: &[],
            beside: &beside,
        },
        by_order: false,
        is_excluded: &|_| false,
    };
    let found = prove(&question).err().map(|err| match err {
        OutOfOrderError::Differs { lines, .. } => {
            let names: Vec<_> = lines.iter().map(|it| it.name.clone()).collect();
            format!("differs: {}", names.join(", "))
        }
        OutOfOrderError::Rows { of, table, by, .. } if of == table => format!("rows: {of}, {by}"),
        OutOfOrderError::Rows { of, table, by, .. } => format!("rows: {of} and {table}, {by}"),
        OutOfOrderError::Touches { table, by, .. } => format!("touches: {table}, {by}"),
        OutOfOrderError::OtherRows { table, .. } => format!("other rows: {table}"),
        OutOfOrderError::Number { name, in_place, late, .. } => {
            format!("{name}: {in_place}, {late}")
        }
        OutOfOrderError::Positions { table, by, .. } => format!("positions: {table}, {by}"),
        OutOfOrderError::Replay { .. } => "fails".to_owned(),
        OutOfOrderError::Scratch(err) => panic!("{err}"),
    });
    assert_eq!(found.as_deref(), expected);
}

const T: &str = "CREATE TABLE t (a)";

#[test]
fn a_schema_that_comes_out_the_same_is_safe() {
    check(T, "CREATE TABLE u (a)", "CREATE TABLE v (a)", None);
    check(T, "ALTER TABLE t ADD COLUMN x", "ALTER TABLE t ADD COLUMN b", None);
    check(T, "CREATE INDEX i ON t (a)", "CREATE TABLE v (a)", None);
}

#[test]
fn a_schema_that_comes_out_otherwise_is_not() {
    let copy = "CREATE TABLE v AS SELECT * FROM t";
    check(T, "ALTER TABLE t ADD COLUMN x", copy, Some("differs: v.x"));
    let rebuild = "CREATE TABLE n (a, b); DROP TABLE t; ALTER TABLE n RENAME TO t";
    check(T, "CREATE INDEX i ON t (a)", rebuild, Some("differs: i"));
}

#[test]
fn a_body_that_fails_late_or_in_its_place_is_not_safe() {
    check(T, "CREATE INDEX i ON t (a)", "DROP TABLE t", Some("fails"));
    check(T, "CREATE TABLE u (a)", "CREATE TABLE u (a)", Some("fails"));
}

#[test]
fn rows_that_nobody_looked_at_since_are_safe() {
    check(T, "INSERT INTO t VALUES (1)", "CREATE TABLE v (a)", None);
    let made = "CREATE TABLE kinds (k); INSERT INTO kinds VALUES ('x')";
    check(T, made, "INSERT INTO t VALUES (1)", None);
}

#[test]
fn rows_that_another_body_worked_on_are_not() {
    check(T, "UPDATE t SET a = 1", "UPDATE T SET a = 2", Some("rows: t, b"));
    check(T, "INSERT INTO t VALUES (1)", "CREATE INDEX i ON \"t\" (a)", Some("rows: t, b"));
    let viewed = "CREATE TABLE t (a); CREATE VIEW w AS SELECT a FROM t; CREATE TABLE u (a)";
    check(viewed, "INSERT INTO u SELECT a FROM w", "DELETE FROM t", Some("rows: w and t, b"));
    let counted = "CREATE TABLE t (a); CREATE TABLE n (c);
        CREATE TRIGGER r AFTER INSERT ON t BEGIN INSERT INTO n VALUES (1); END;";
    check(counted, "UPDATE n SET c = 0", "INSERT INTO t VALUES (7)", Some("rows: n and t, b"));
    let other = "CREATE TABLE t (a PRIMARY KEY)";
    let child = "CREATE TABLE c (a REFERENCES t (a))";
    check(other, "UPDATE t SET a = 1", child, Some("rows: t, b"));
    let trigger = "CREATE TRIGGER r AFTER INSERT ON t BEGIN DELETE FROM t; END;";
    check(T, trigger, "INSERT INTO t VALUES (7)", Some("rows: t, b"));
}

#[test]
fn tables_of_others_have_their_triggers() {
    let others =
        ["CREATE TABLE log (a)", "CREATE TRIGGER r AFTER INSERT ON log BEGIN DELETE FROM t; END"];
    let note = "INSERT INTO log VALUES (1)";
    let put = "INSERT INTO t VALUES (7)";
    check_beside(&others, [T, note, put, ""], Some("rows: log and t, b"));
    check_beside(&others[..1], [T, note, put, ""], None);
}

#[test]
fn what_rows_went_through_since_is_not_to_be_changed() {
    let unique = "CREATE TABLE t (a); CREATE UNIQUE INDEX i ON t (a)";
    let put = "INSERT OR IGNORE INTO t VALUES (7)";
    check(unique, "DROP INDEX i", put, Some("touches: t, b"));
    check(T, "CREATE UNIQUE INDEX i ON t (a)", put, Some("touches: t, b"));
    let counted = "CREATE TABLE t (a); CREATE TABLE n (c);
        CREATE TRIGGER r AFTER UPDATE ON t BEGIN INSERT INTO n (c) VALUES (1); END;";
    check(counted, "DROP TRIGGER r", "UPDATE t SET a = 2", Some("touches: t, b"));
    check(
        counted,
        "ALTER TABLE n ADD COLUMN d CHECK (d > 1)",
        "UPDATE t SET a = 2",
        Some("touches: n, b"),
    );
    // The trigger is gone by now, and was there.
    check(
        counted,
        "CREATE INDEX i ON n (c)",
        "UPDATE t SET a = 2; DROP TRIGGER r",
        Some("touches: n, b"),
    );
    let viewed = "CREATE TABLE t (a); CREATE VIEW v AS SELECT a FROM t; CREATE TABLE u (a)";
    let other = "DROP VIEW v; CREATE VIEW v AS SELECT 1 AS a FROM t";
    check(viewed, other, "INSERT INTO u SELECT a FROM v", Some("touches: v, b"));
    check(unique, put, "DROP INDEX i", Some("rows: t, b"));
    let ignored = "CREATE TRIGGER r BEFORE INSERT ON t BEGIN SELECT RAISE(IGNORE); END";
    check(T, ignored, "INSERT INTO t VALUES (1)", Some("rows: t, b"));
}

#[test]
fn what_makes_no_difference_to_rows_may_come_late() {
    let column = "ALTER TABLE t ADD COLUMN x DEFAULT 5";
    check(T, column, "UPDATE t SET a = 1", None);
    check(T, column, "INSERT INTO t (a) VALUES (1)", None);
    check(T, column, "UPDATE t SET a = \"x\"", Some("touches: t, b"));
    check(T, "CREATE INDEX i ON t (a)", "UPDATE t SET a = 1", None);
    let copy = "CREATE TABLE u (a); INSERT INTO u SELECT a FROM t";
    check(T, "CREATE INDEX i ON t (a)", copy, Some("touches: t, b"));
    check(T, "CREATE TABLE u (a REFERENCES t)", "DELETE FROM t", None);
    let trigger = "CREATE TRIGGER r AFTER UPDATE ON t BEGIN DELETE FROM t; END;";
    check(T, "CREATE UNIQUE INDEX i ON t (a)", trigger, None);
}

#[test]
fn the_numbers_in_the_header_are_to_be_the_same() {
    let set = |n: u8| format!("PRAGMA user_version = {n}");
    check(T, &set(2), &set(3), Some("user_version: 3, 2"));
    check(T, &set(2), "CREATE TABLE u (a)", None);
    check(T, "PRAGMA application_id = 2", &set(3), None);
}

#[test]
fn nothing_goes_by_the_positions_of_columns_that_stand_otherwise() {
    let column = |name: &str| format!("ALTER TABLE t ADD COLUMN {name}");
    let rebuild = "CREATE TABLE n (a, x, b); INSERT INTO n SELECT * FROM t; DROP TABLE t;
        ALTER TABLE n RENAME TO t";
    let refusal = Some("positions: t, `c`");
    check_with(T, &column("x"), &column("b"), rebuild, refusal);
    let renamed = "ALTER TABLE t RENAME TO u; INSERT INTO u VALUES (1, 2, 3)";
    check_with(T, &column("x"), &column("b"), renamed, refusal);
    let named = "CREATE TABLE n (a, x, b); INSERT INTO n SELECT a, x, b FROM t";
    check_with(T, &column("x"), &column("b"), named, None);
    let valued = |name: &str| format!("ALTER TABLE t ADD COLUMN {name} DEFAULT '{name}'");
    let filled = "CREATE TABLE t (a); INSERT INTO t VALUES (1)";
    check_with(filled, &valued("x"), &valued("b"), rebuild, refusal);
    // Only one of them adds columns.
    check_with(T, &column("x"), "CREATE TABLE u (a)", rebuild, None);
    let viewed = "CREATE TABLE t (a); CREATE VIEW v AS SELECT * FROM t";
    check(viewed, &column("x"), &column("b"), Some("positions: t, the view `v`"));
}

#[test]
fn rows_are_made_to_tell_what_no_text_does() {
    // What is copied is not named, but its number in the header is.
    let copy = "CREATE TABLE u AS SELECT user_version AS v FROM pragma_user_version";
    check(T, "PRAGMA user_version = 2", copy, Some("other rows: u"));
    // Rows of `k` are against what the body asks of them; those of `t` are not.
    let tables = "CREATE TABLE t (a); CREATE TABLE k (a)";
    let picky = "CREATE TABLE n (a CHECK (a IS NULL)); INSERT INTO n SELECT a FROM k;
        CREATE TABLE u AS SELECT user_version AS v FROM t, pragma_user_version";
    check(tables, "PRAGMA user_version = 2", picky, Some("other rows: u"));
    let random = "CREATE TABLE u AS SELECT random() AS v";
    check(T, "CREATE TABLE x (a)", random, None);
}
