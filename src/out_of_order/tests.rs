//! What may run late and what may not, on small graphs.

use super::*;
use crate::audit::{implied, upgrade_order};
use crate::exec::testing::revision;

/// Revisions `a`, `x`, `b`, of which `x` was inserted between the others; what stands against
/// running it last.
#[track_caller]
fn check(first: &str, inserted: &str, second: &str, expected: Option<&str>) {
    let after = |id: &str, body: &str, below: &str| {
        let mut made = revision(id, body, "");
        made.down_revisions = vec![RevisionId::new(below).unwrap()];
        made.spans.down_revisions = vec![0..0; 1];
        made
    };
    let revisions =
        vec![revision("a", first, ""), after("x", inserted, "a"), after("b", second, "x")];
    let graph = RevisionGraph::new(revisions).unwrap();
    let applied = upgrade_order(&graph, &implied(&graph, &["b".to_owned()]));
    let question = Question {
        graph: &graph,
        applied: &applied,
        inserted: &[graph.by_id("x").unwrap()],
        replay: Replay {
            version_table: "alembic_version",
            log: true,
            extensions: &[],
            beside: &[],
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
