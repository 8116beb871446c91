//! The table of facts: which version is the first that can read a text.
//!
//! Established in November 2026 by making each of them in a database file with SQLite 3.54.1 and
//! opening that file with 3.35.4, 3.36.0, 3.37.0, 3.38.2, 3.39.2, 3.40.0, 3.41.2, 3.42.0, 3.43.0,
//! 3.44.0, 3.45.0, 3.46.0, 3.47.0, 3.48.0, 3.49.0, 3.49.1, 3.50.2, 3.51.1, 3.53.0, 3.53.2 and 3.54.1
//! (the amalgamations in the packages libsqlite3-sys and apsw): `SELECT count(*) FROM
//! sqlite_schema`, and for the entries at the end a `SELECT` from what was made. There is no 3.52.
//! Before 3.38 the functions of JSON were an option of the build, which those two do not have.

use rusqlite::Connection;
use rusqlite::functions::{Context, FunctionFlags};

use super::*;

/// What all of the texts may name.
const BASE: &str = "CREATE TABLE b(x INTEGER PRIMARY KEY, y, z)";

#[rustfmt::skip]
const FACTS: &[(&str, &str, u32)] = &[
    // What makes the whole database unreadable.
    ("CREATE TABLE t(a INT) STRICT", "STRICT", 37),
    ("CREATE TABLE t(a INT PRIMARY KEY) WITHOUT ROWID, strict", "strict", 37),
    ("CREATE TABLE IF NOT EXISTS \"t\"(a INT CHECK (a > (1))) /* c */ Strict -- c", "Strict", 37),
    ("CREATE TABLE t(a INT PRIMARY KEY) WITHOUT ROWID, WITHOUT ROWID", ",", 37),
    ("CREATE VIEW v AS SELECT \u{feff} 1", "\u{feff}", 36),
    ("CREATE TABLE t(a, b AS (a -> '$.x'))", "->", 38),
    ("CREATE TABLE t(a CHECK (a->>'x' > 0))", "->>", 38),
    ("CREATE INDEX i ON b(y ->> 'x')", "->>", 38),
    ("CREATE INDEX i ON b(y) WHERE z->>'x' = 1", "->>", 38),
    ("CREATE VIEW v AS SELECT y->>'x' FROM b", "->>", 38),
    ("CREATE TRIGGER r AFTER INSERT ON b WHEN NEW.y -> 0 BEGIN SELECT 1; END", "->", 38),
    ("CREATE VIEW v AS SELECT 1 FROM b FULL JOIN b AS c USING (x)", "FULL JOIN", 39),
    ("CREATE VIEW v AS SELECT 1 FROM b right outer join b AS c USING (x)", "right outer join", 39),
    ("CREATE VIEW v AS SELECT 1 FROM b NATURAL RIGHT JOIN b AS c", "NATURAL RIGHT JOIN", 39),
    ("CREATE VIEW v AS SELECT 1 FROM b OUTER RIGHT JOIN b AS c", "OUTER RIGHT JOIN", 39),
    ("CREATE VIEW v AS SELECT 1 FROM b AS left RIGHT JOIN b AS full", "RIGHT JOIN", 39),
    ("CREATE VIEW v AS SELECT 1 FROM b LEFT JOIN (b AS c FULL JOIN b AS d)", "FULL JOIN", 39),
    ("CREATE TABLE t(a CHECK (a IS DISTINCT FROM 1))", "IS DISTINCT FROM", 39),
    ("CREATE TABLE t(a CHECK (a is not /**/ distinct from 1))", "is not /**/ distinct from", 39),
    ("CREATE TRIGGER r AFTER UPDATE ON b WHEN NEW.y IS DISTINCT FROM OLD.y BEGIN SELECT 1; END", "IS DISTINCT FROM", 39),
    ("CREATE VIEW v AS SELECT left(y) FROM b", "left", 42),
    ("CREATE VIEW v AS SELECT 1 FROM b JOIN b AS c ON RIGHT(b.y) = 1", "RIGHT", 42),
    ("CREATE VIEW v AS SELECT natural(*) AS n FROM b", "natural", 42),
    ("CREATE VIEW v AS SELECT group_concat(y ORDER BY z) FROM b", "ORDER BY", 44),
    ("CREATE VIEW v AS SELECT \"group_concat\"(DISTINCT y order by z) FROM b", "order by", 44),
    ("CREATE VIEW v AS SELECT 1 FROM b WHERE (SELECT max(y ORDER BY z) FROM b) ORDER BY 1", "ORDER BY", 44),
    ("CREATE TABLE t(a CHECK (json_valid(a, 6)))", "json_valid", 45),
    ("CREATE INDEX i ON b(y) WHERE JSON_VALID(y, max(4, 6))", "JSON_VALID", 45),
    ("CREATE TABLE t(a DEFAULT 1_000)", "1_000", 46),
    ("CREATE TABLE t(a CHECK (a < 0x1_0))", "0x1_0", 46),
    ("CREATE TRIGGER r AFTER INSERT ON b BEGIN SELECT RAISE(ABORT, 'no ' || NEW.y); END", "RAISE", 47),
    ("CREATE TRIGGER r AFTER INSERT ON b BEGIN SELECT raise(FAIL, 1); END", "raise", 47),
    ("CREATE TRIGGER r AFTER INSERT ON b BEGIN SELECT RAISE(ROLLBACK, NULL); END", "RAISE", 47),
    ("CREATE TRIGGER r AFTER INSERT ON b BEGIN SELECT RAISE(ABORT, NEW.y); END", "RAISE", 47),
    ("CREATE TRIGGER r AFTER INSERT ON b BEGIN SELECT RAISE(ABORT, ('x')); END", "RAISE", 47),
    ("CREATE TABLE t(a CHECK (iif(a, 1)))", "iif", 48),
    ("CREATE INDEX i ON b(\"iif\"(y, (1)))", "\"iif\"", 48),
    ("CREATE TABLE t(a, b AS (iif(a, 1, a, 2)))", "iif", 49),
    ("CREATE TABLE t(a CHECK (iif(a, 1, a, 2, 3)))", "iif", 49),
    ("CREATE TRIGGER r AFTER INSERT ON b BEGIN UPDATE b AS c SET y = 1 WHERE c.x = 1; END", "AS", 53),
    ("CREATE TRIGGER r AFTER INSERT ON b BEGIN UPDATE OR IGNORE b AS c SET y = 1; END", "AS", 53),
    ("CREATE TRIGGER r AFTER INSERT ON b BEGIN SELECT 1; DELETE FROM \"b\" as c; END", "as", 53),
    ("CREATE TRIGGER r AFTER UPDATE ON b BEGIN INSERT INTO b AS c VALUES (1, 2, 3); END", "AS", 53),
    ("CREATE TRIGGER r AFTER UPDATE ON b BEGIN REPLACE INTO b AS c VALUES (1, 2, 3); END", "AS", 53),
    // What cannot be used.
    ("CREATE VIEW v AS SELECT sum(x) FROM b HAVING sum(x) > 1", "HAVING", 39),
    ("CREATE VIEW v AS SELECT y FROM b GROUP BY y UNION SELECT sum(x) FROM b having 1", "having", 39),
    ("CREATE VIRTUAL TABLE v USING fts5(a, content='', contentless_delete=1)", "contentless_delete", 43),
    ("CREATE VIRTUAL TABLE v USING FTS5(a, TokenData = 1)", "TokenData", 45),
    ("CREATE VIRTUAL TABLE v USING fts5(a, tokenize='trigram remove_diacritics 1')", "tokenize", 45),
    ("CREATE VIRTUAL TABLE v USING fts5(a, locale=1)", "locale", 47),
    ("CREATE VIRTUAL TABLE v USING fts5(a, content='', contentless_unindexed=1)", "contentless_unindexed", 47),
];

/// What looks like one of them, and 3.35.4 reads it.
#[rustfmt::skip]
const OLD: &[&str] = &[
    "CREATE TABLE strict(strict strict, CHECK (strict > 1))",
    "CREATE TABLE t(a PRIMARY KEY DEFAULT strict) WITHOUT ROWID -- STRICT",
    "CREATE TABLE t(a, b AS (a + 1) STORED, c DEFAULT '->>', \"1_000\" _1_000)",
    "CREATE VIEW v AS SELECT y - -x, y > x FROM b",
    "CREATE VIEW v AS SELECT 1 FROM b AS right JOIN b AS full",
    "CREATE VIEW v AS WITH full AS (SELECT 1), right(q) AS (SELECT 2) SELECT * FROM full JOIN right",
    "CREATE VIEW v AS WITH right AS (SELECT 1) SELECT * FROM b, right JOIN b AS c",
    "CREATE VIEW v AS SELECT 1 FROM b LEFT OUTER JOIN b AS c CROSS JOIN b AS d NATURAL JOIN b AS e",
    "CREATE TABLE left(right, full, PRIMARY KEY (right, full), FOREIGN KEY (right, full) REFERENCES left(right, full))",
    "CREATE VIEW v AS SELECT \"left\"(y) FROM b",
    "CREATE TRIGGER r AFTER UPDATE OF y, z ON b BEGIN INSERT INTO b(x) VALUES (1); END",
    "CREATE VIEW v AS SELECT count(DISTINCT y), y IS NOT NULL FROM b WHERE x IS NOT 1",
    "CREATE VIEW v AS SELECT DISTINCT y FROM b",
    "CREATE VIEW v AS SELECT sum(x) OVER (ORDER BY y), sum(x) OVER w FROM b WINDOW w AS (ORDER BY z)",
    "CREATE VIEW v AS SELECT sum(x) FILTER (WHERE x > 1) OVER (w ORDER BY y) FROM b WINDOW w AS (PARTITION BY z)",
    "CREATE VIEW v AS SELECT 1 FROM b WHERE x IN (SELECT 1 ORDER BY 1) AND EXISTS (SELECT 1 ORDER BY 1)",
    "CREATE VIEW v AS WITH q AS MATERIALIZED (SELECT y FROM b ORDER BY z) SELECT * FROM q ORDER BY 1",
    "CREATE VIEW v AS SELECT y FROM b GROUP BY y HAVING y > (SELECT 1)",
    "CREATE VIEW v AS SELECT iif(1, 2, 3), max(iif(1, 2, 3), 4, 5, 6)",
    "CREATE TABLE iif(a, b, UNIQUE (a, b), FOREIGN KEY (a, b) REFERENCES iif(a, b))",
    "CREATE TABLE t(a CHECK (iif(a, max(1, 2), 3)), b CHECK (json_valid(b)))",
    "CREATE TRIGGER r AFTER INSERT ON b BEGIN SELECT RAISE(ABORT, 'no'), RAISE(IGNORE), RAISE(FAIL, \"no\"); END",
    "CREATE TRIGGER r AFTER INSERT ON b BEGIN SELECT RAISE(ABORT, current_time), RAISE(ABORT, no); END",
    "CREATE TRIGGER r AFTER INSERT ON b BEGIN UPDATE b SET y = c.y FROM b AS c WHERE c.x = b.x; END",
    "CREATE TRIGGER r AFTER INSERT ON b BEGIN INSERT INTO b SELECT 1, 2, 3 FROM b AS c WHERE 1 ON CONFLICT DO UPDATE SET y = excluded.y; DELETE FROM b WHERE x IN (SELECT 1 AS a); END",
    "CREATE VIRTUAL TABLE v USING fts5(locale, a, content='', tokenize='porter trigram', prefix='2 3')",
    "CREATE VIRTUAL TABLE v USING rtree(id, x0, x1)",
];

#[track_caller]
fn check(sql: &str, expected: &[(&str, u32)]) {
    let database = Connection::open_in_memory().unwrap();
    database.execute_batch(BASE).unwrap();
    for name in JOIN_WORDS {
        let answer = |_: &Context<'_>| Ok(1);
        database.create_scalar_function(name, -1, FunctionFlags::default(), answer).unwrap();
    }
    database.execute_batch(sql).unwrap_or_else(|err| panic!("{sql}: {err}"));
    let found = features(sql);
    let found: Vec<_> = found.iter().map(|(it, span)| (&sql[span.clone()], it.since())).collect();
    assert_eq!(found, expected, "{sql}");
}

#[test]
fn each_feature_is_found_at_its_place() {
    for (sql, place, since) in FACTS {
        check(sql, &[(*place, *since)]);
    }
}

#[test]
fn what_only_looks_new_is_not_found() {
    for sql in OLD {
        check(sql, &[]);
    }
}

#[test]
fn several_features_come_in_order_and_once() {
    check(
        "CREATE TABLE t(a INT DEFAULT 1_0, b INT AS (a ->> 1) CHECK (b IS DISTINCT FROM a -> 1)) STRICT",
        &[("1_0", 46), ("->>", 38), ("IS DISTINCT FROM", 39), ("STRICT", 37)],
    );
}

#[test]
fn any_text_can_be_looked_at() {
    for sql in [
        "",
        "CREATE",
        "CREATE TABLE",
        "CREATE TABLE t",
        ")",
        "CREATE INDEX i ON",
        "JOIN",
        "CREATE TRIGGER r BEGIN INSERT",
        "CREATE TRIGGER r ; RAISE(",
        "CREATE VIRTUAL TABLE t USING",
        "CREATE VIEW v AS IS DISTINCT FROM",
        "CREATE VIEW v AS DISTINCT FROM",
    ] {
        features(sql);
    }
}
