//! A schema that SQLite's own `ALTER` has written equals the one that a person would write.

use super::*;

#[track_caller]
fn check(before: &str, alter: &str, expected: &str) {
    let db = database(before);
    if let Err(err) = db.execute_batch(alter) {
        panic!("{err}: {alter}");
    }
    let (found, expected) = (read_from(&db), schema(expected));
    assert_eq!(found, expected);
}

#[test]
fn a_renamed_table_equals_a_new_one() {
    check(
        "CREATE TABLE a (id INTEGER PRIMARY KEY, up REFERENCES a, CHECK (a.id > 0)); \
         CREATE TABLE c (x REFERENCES a (id)); CREATE INDEX i ON a(up) WHERE a.up > 1; \
         CREATE VIEW v AS SELECT a.id FROM a; \
         CREATE TRIGGER r AFTER INSERT ON a BEGIN UPDATE a SET up = 1; END",
        "ALTER TABLE a RENAME TO b",
        "CREATE TABLE b (id INTEGER PRIMARY KEY, up REFERENCES b, CHECK (b.id > 0)); \
         CREATE TABLE c (x REFERENCES b (id)); CREATE INDEX i ON b(up) WHERE b.up > 1; \
         CREATE VIEW v AS SELECT b.id FROM b; \
         CREATE TRIGGER r AFTER INSERT ON b BEGIN UPDATE b SET up = 1; END",
    );
}

#[test]
fn a_renamed_column_equals_a_new_one() {
    check(
        "CREATE TABLE t (a TEXT UNIQUE CHECK (a <> ''), b AS (a || 'x'), CHECK (length(a) > 1)); \
         CREATE TABLE c (x REFERENCES t (a)); CREATE INDEX i ON t('a', lower(a)) WHERE a > 1; \
         CREATE VIEW v AS SELECT a FROM t; \
         CREATE TRIGGER r UPDATE OF a ON t WHEN new.a > 1 BEGIN SELECT old.a; END",
        "ALTER TABLE t RENAME a TO \"order\"",
        "CREATE TABLE t (\"order\" TEXT UNIQUE CHECK ([order] <> ''), b AS (`order` || 'x'), \
         CHECK (length(\"order\") > 1)); \
         CREATE TABLE c (x REFERENCES t (\"order\")); \
         CREATE INDEX i ON t(\"order\", lower(\"order\")) WHERE \"order\" > 1; \
         CREATE VIEW v AS SELECT \"order\" FROM t; \
         CREATE TRIGGER r UPDATE OF \"order\" ON t WHEN new.\"order\" > 1 BEGIN \
         SELECT old.\"order\"; END",
    );
}

#[test]
fn strings_in_double_quotes_become_strings() {
    let view = "CREATE TABLE other (x); CREATE VIEW v AS SELECT x FROM other;";
    check(
        &format!(
            "CREATE TABLE t (a, b DEFAULT \"Word\", c AS (a || \"X\"), CHECK (a <> \"None\")); \
             CREATE INDEX i ON t(a, (b || \"Y\")) WHERE a <> \"Z\"; {view}"
        ),
        "ALTER TABLE t RENAME a TO d; ALTER TABLE other RENAME x TO y",
        "CREATE TABLE t (d, b DEFAULT \"Word\", c AS (d || \"X\"), CHECK (d <> \"None\")); \
         CREATE INDEX i ON t(d, (b || \"Y\")) WHERE d <> \"Z\"; \
         CREATE TABLE other (y); CREATE VIEW v AS SELECT y FROM other;",
    );
    check(
        &format!("CREATE TABLE t (a, CHECK (a <> \"None\" AND t.\"a\" <> \"it's\")); {view}"),
        "ALTER TABLE other RENAME x TO y",
        "CREATE TABLE t (a, CHECK (a <> 'None' AND \"t\".a <> 'it''s')); \
         CREATE TABLE other (y); CREATE VIEW v AS SELECT y FROM other;",
    );
}

#[test]
fn added_and_dropped_columns_leave_no_trace() {
    check(
        "CREATE TABLE t (a INT, b INT -- the last\n, CHECK (a) ) STRICT",
        "ALTER TABLE t ADD COLUMN c TEXT NOT NULL DEFAULT 'x' COLLATE NOCASE; ALTER TABLE t DROP b",
        "CREATE TABLE t (a INT, c TEXT COLLATE NOCASE DEFAULT 'x' NOT NULL, CHECK (a)) STRICT",
    );
    check(
        "CREATE TABLE p (id PRIMARY KEY); CREATE TABLE t (a, b REFERENCES p, c CHECK (c), d)",
        "ALTER TABLE t DROP b; ALTER TABLE t DROP c; ALTER TABLE t DROP d; \
         ALTER TABLE t ADD e REFERENCES p ON DELETE CASCADE",
        "CREATE TABLE p (id PRIMARY KEY); \
         CREATE TABLE t (a, e, FOREIGN KEY (e) REFERENCES p (id) ON DELETE CASCADE)",
    );
}

#[test]
fn added_and_dropped_constraints_leave_no_trace() {
    check(
        "CREATE TABLE t (a, b NOT NULL, CONSTRAINT c CHECK (a), CONSTRAINT d CHECK (b) UNIQUE (a))",
        "ALTER TABLE t ALTER a SET NOT NULL; ALTER TABLE t ALTER b DROP NOT NULL; \
         ALTER TABLE t DROP CONSTRAINT c; ALTER TABLE t DROP CONSTRAINT d; \
         ALTER TABLE t ADD CONSTRAINT e CHECK (a > 1); ALTER TABLE t ADD CHECK (b > 1)",
        "CREATE TABLE t (a NOT NULL, b, UNIQUE (a), CHECK (b > 1), CONSTRAINT e CHECK (a > 1))",
    );
    check(
        "CREATE TABLE p (id PRIMARY KEY); CREATE TABLE t (a CONSTRAINT f REFERENCES p, b, \
         CONSTRAINT g FOREIGN KEY (b) REFERENCES p, CONSTRAINT h CHECK (b))",
        "ALTER TABLE t DROP CONSTRAINT f; ALTER TABLE t DROP CONSTRAINT g; \
         ALTER TABLE t ALTER b SET NOT NULL ON CONFLICT IGNORE",
        "CREATE TABLE p (id PRIMARY KEY); \
         CREATE TABLE t (a, b NOT NULL ON CONFLICT IGNORE, CONSTRAINT h CHECK (b))",
    );
}
