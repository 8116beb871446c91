//! What is compiled again must come out as if all were.

use proptest::prelude::*;

use super::*;
use crate::db::{Quoting, Scratch};

/// Statements over few names, so that they meet; many of them fail.
const STATEMENTS: [&str; 30] = [
    "CREATE TABLE t$1(a, c$2)",
    "CREATE TABLE t$1(a, b, c$2 UNIQUE, c$3 REFERENCES t$3)",
    "CREATE TABLE v$1(a, c$2)",
    "DROP TABLE t$1",
    "ALTER TABLE t$1 ADD COLUMN c$2",
    "ALTER TABLE t$1 DROP COLUMN c$2",
    "ALTER TABLE t$1 RENAME COLUMN c$2 TO c$3",
    "ALTER TABLE t$1 RENAME TO t$2",
    "PRAGMA legacy_alter_table = ON",
    "PRAGMA legacy_alter_table = OFF",
    "CREATE VIEW v$1 AS SELECT a, c$2 FROM t$3",
    "CREATE VIEW v$1 AS SELECT * FROM V$2 NATURAL JOIN \"T$3\"",
    "CREATE VIEW v$1 AS SELECT a, c$2 FROM v$3",
    "CREATE VIEW v$1 AS SELECT a FROM 't$2' INDEXED BY i$3",
    "CREATE VIEW v$1 AS SELECT a, f$2(a) AS c$3 FROM [t$3]",
    "CREATE VIEW v$1 AS WITH t$2(a) AS (SELECT 1) SELECT a FROM t$2, t$3",
    "CREATE VIEW v$1 AS SELECT line AS a FROM log, t$2",
    "DROP VIEW v$1",
    "CREATE INDEX i$1 ON t$2(c$3)",
    "CREATE UNIQUE INDEX i$1 ON t$2(c$3)",
    "DROP INDEX i$1",
    "CREATE TRIGGER r$1 AFTER INSERT ON t$2 BEGIN INSERT INTO t$3(a) VALUES (new.c$1); END",
    "CREATE TRIGGER r$1 AFTER UPDATE OF a ON t$2 BEGIN DELETE FROM t$3; UPDATE t$3 SET c$2 = 1; END",
    "CREATE TRIGGER r$1 BEFORE DELETE ON t$2 BEGIN
         INSERT INTO t$3(c$1) VALUES (1) ON CONFLICT(c$1) DO UPDATE SET a = f$1(1); END",
    "CREATE TRIGGER r$1 AFTER DELETE ON t$2 BEGIN SELECT * FROM v$3; END",
    "CREATE TRIGGER r$1 INSTEAD OF INSERT ON v$2 BEGIN INSERT INTO v$3(a) VALUES (new.a); END",
    "CREATE TRIGGER r$1 INSTEAD OF DELETE ON v$2 BEGIN DELETE FROM t$3 WHERE c$1 = old.a; END",
    "CREATE TRIGGER r$1 AFTER INSERT ON t$2 BEGIN INSERT INTO log VALUES (new.a); END",
    "DROP TRIGGER r$1",
    "CREATE VIRTUAL TABLE t$1 USING fts5(a, c$2, content = 't$3')",
];

fn statement((which, numbers): &(usize, [u8; 3])) -> String {
    let mut text = STATEMENTS[*which].to_owned();
    for (place, number) in ["$1", "$2", "$3"].into_iter().zip(numbers) {
        text = text.replace(place, &number.to_string());
    }
    text
}

/// What does not compile. Of several reasons SQLite names any: it depends on which views it has had
/// to do with.
fn names(state: &ObjectState) -> Vec<(&str, &[String])> {
    let all = state.broken.values().chain(state.unknown.values());
    all.map(|it| (it.name.as_str(), it.triggers.as_slice())).collect()
}

/// Runs statements; after each, and after what is then taken back, compares.
fn check(statements: &[(String, bool)]) {
    let other = Scratch::new(Quoting::Lenient, &[]).unwrap();
    other.execute("CREATE TABLE log(line)").unwrap();
    let log = other.database().schema_objects(&|_| false).unwrap();
    let mut scratch = Scratch::new(Quoting::Lenient, &[]).unwrap();
    scratch.lend(&log);

    let mut checked = CheckedSchema::default();
    for (sql, is_taken_back) in statements {
        for is_over in [false, true] {
            if *is_taken_back && !is_over {
                scratch.execute("SAVEPOINT it").unwrap();
            }
            if is_over && *is_taken_back {
                scratch.execute("ROLLBACK TO it").unwrap();
                scratch.execute("RELEASE it").unwrap();
            } else if !is_over && scratch.execute(sql).is_err() {
                continue;
            }
            let now = scratch.snapshot(&checked.schema).unwrap();
            let found = scratch.recheck(&checked, &now).unwrap();
            assert_eq!(names(&found.objects), names(&scratch.objects().unwrap()), "after {sql}");
            checked = found;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_is_as_if_everything_was_compiled(
        numbers in prop::collection::vec(
            ((0..STATEMENTS.len(), prop::array::uniform3(0..3_u8)), prop::bool::weighted(0.2)), 1..80,
        )
    ) {
        let statements = numbers.iter().map(|(it, back)| (statement(it), *back));
        check(&statements.collect::<Vec<_>>());
    }
}

/// What is compiled after the second statements where the first made the schema.
#[track_caller]
fn check_concerned(first: &[&str], then: &[&str], names: &[&str], expected: &[&str]) {
    let scratch = Scratch::new(Quoting::Lenient, &[]).unwrap();
    let run = |statements: &[&str]| {
        for sql in statements {
            scratch.execute(sql).unwrap();
        }
    };
    run(first);
    let schema = scratch.snapshot(&SchemaSnapshot::default()).unwrap();
    run(then);
    let now = scratch.snapshot(&schema).unwrap();
    let concerned = CheckedSchema::new(schema, ObjectState::default()).concerned(&now);
    let is_concerned = |it: &&&str| concerned.contains(&hash(it));
    assert_eq!(names.iter().filter(is_concerned).copied().collect::<Vec<_>>(), expected);
}

#[test]
fn only_what_leads_to_a_change_is_compiled() {
    let schema = [
        "CREATE TABLE a(x)",
        "CREATE TABLE b(x REFERENCES a)",
        "CREATE VIEW over_a AS SELECT x FROM \"A\"",
        "CREATE VIEW over_that AS SELECT x FROM over_a",
        "CREATE VIEW over_b AS SELECT x FROM b",
        "CREATE TRIGGER r AFTER INSERT ON b BEGIN DELETE FROM a; END",
    ];
    let names = ["a", "b", "over_a", "over_that", "over_b"];
    check_concerned(&schema, &[], &names, &[]);
    check_concerned(&schema, &["CREATE TABLE c(x)"], &names, &[]);
    check_concerned(&schema, &["CREATE VIEW c AS SELECT x FROM a"], &names, &[]);
    check_concerned(&schema, &["DROP VIEW over_that"], &names, &["over_that"]);
    check_concerned(&schema, &["ALTER TABLE b ADD COLUMN y"], &names, &["b", "over_b"]);
    check_concerned(&schema, &["DROP VIEW over_a"], &names, &["over_a", "over_that"]);
    // The trigger of b writes it.
    check_concerned(&schema, &["CREATE INDEX i ON a(x)"], &names, &names);
}
