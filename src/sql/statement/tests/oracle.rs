//! Scripts of nasty statements, cut here and by SQLite.

use super::*;

use rusqlite::Connection;
use rusqlite::fallible_iterator::FallibleIterator;

/// What the statements of [`STATEMENTS`] need to be there.
const SCHEMA: &str = "
    CREATE TABLE t (a INTEGER PRIMARY KEY, b, \"END\", [;], `BEGIN` DEFAULT ';');
    CREATE TABLE \"größe\" (\"😀\");
    CREATE TABLE doc (j);
    CREATE VIEW v AS SELECT a, b FROM t;
    CREATE INDEX i ON t (b);
    CREATE TRIGGER tr AFTER DELETE ON t BEGIN SELECT 1; END;
    ATTACH ':memory:' AS other;
";

/// Statements that a careless splitter cuts in the wrong place. None is run.
#[rustfmt::skip]
const STATEMENTS: &[&str] = &[
    "SELECT ';'",
    "SELECT 'it''s; fine'",
    "SELECT '--', '/*', '*/', ''';'",
    "SELECT \";\" FROM (SELECT 1 AS \";\")",
    "SELECT [;] FROM t",
    "SELECT `;` FROM t",
    "SELECT \"END\" FROM t",
    "SELECT 1 AS end_",
    "SELECT 1 AS [END]",
    "SELECT `BEGIN` FROM t",
    "SELECT 1 -- ; not the end\n + 2",
    "SELECT 1 -- it's\n",
    "SELECT 1 /* ; \"not the end */ + 2",
    "SELECT 1 /**/+/***/2",
    "SELECT 1 /* a /* b */ + 2",
    "SELECT x'00', X'ABcd', x''",
    "SELECT 1e5, .5, 1., 0x1F, 1_000, 0xA_B, 1.5E-3",
    "SELECT ?1, :a, @b, $c, $d::e(f;g), ?",
    "SELECT j -> '$.a;' ->> '$.b' FROM doc",
    "SELECT 1 <> 2, 1 != 2, 1 == 2, 1 << 2 >> 3, ~1, 1 || 2, 1 | 2 & 3, 7 % 2",
    "SELECT CASE WHEN 1 THEN 2 ELSE 3 END",
    "SELECT CASE a WHEN 1 THEN CASE b WHEN 2 THEN ';' END END FROM t",
    "SELECT '\u{feff}', '\u{a0}'",
    "SELECT \"😀\" FROM \"größe\"",
    "SELECT 1 AS größe",
    "SELECT 'line\nbreak;\r\n'",
    "SELECT ';' ';'",
    "SELECT(1)",
    "select\t1\x0c",
    "VALUES (1), (2), (';')",
    "WITH x(a) AS (SELECT 1 UNION ALL SELECT a + 1 FROM x WHERE a < 3) SELECT * FROM x",
    "WITH \"WITH;\" AS (VALUES (1)) INSERT INTO t (b) SELECT * FROM \"WITH;\"",
    "INSERT INTO t (b) VALUES ('BEGIN; SELECT 1; END;')",
    "INSERT INTO t (\"END\", [;]) VALUES (1, 2) ON CONFLICT DO UPDATE SET b = ';' RETURNING a",
    "REPLACE INTO t (a) VALUES (1)",
    "UPDATE t SET b = b || ';' WHERE [;] = ';'",
    "UPDATE OR IGNORE t SET \"END\" = 1",
    "DELETE FROM t WHERE b LIKE '%;%' ESCAPE ';'",
    "CREATE TABLE n1 (a DEFAULT ';', b CHECK (b <> ';'), \"c;\" TEXT /* ; */)",
    "CREATE TABLE trigger_ (a)",
    "CREATE TABLE trigger (temp, trigger)",
    "CREATE TABLE \"trigger\" (\"end\", \"begin\")",
    "CREATE TABLE n2 (a INT AS (CASE b WHEN 1 THEN ';' END), b INT) STRICT",
    "CREATE TEMP TABLE n3 AS SELECT ';' AS x",
    "CREATE TEMPORARY VIEW n4 AS SELECT 1 AS begin",
    "CREATE VIEW n5 AS SELECT CASE WHEN 1 THEN 2 END AS \"END;\"",
    "CREATE UNIQUE INDEX n6 ON t (b COLLATE NOCASE) WHERE b <> ';'",
    "CREATE VIRTUAL TABLE n7 USING fts5(a, tokenize = 'porter; ascii')",
    "CREATE TRIGGER n8 AFTER INSERT ON t BEGIN SELECT 1; END",
    "CREATE TRIGGER n9 AFTER INSERT ON t BEGIN SELECT CASE WHEN 1 THEN 2 END; END",
    "CREATE TEMP TRIGGER n10 AFTER INSERT ON t BEGIN SELECT 1; SELECT 2; END",
    "CREATE TEMPORARY TRIGGER n11 AFTER UPDATE OF b ON t BEGIN DELETE FROM t; END",
    "CREATE TRIGGER n12 INSTEAD OF INSERT ON v BEGIN REPLACE INTO t (b) VALUES (';'); END",
    "CREATE TRIGGER n13 AFTER INSERT ON t BEGIN SELECT 1 AS \"END\"; SELECT \"END\" FROM t; END",
    "CREATE TRIGGER \"n14; END;\" AFTER INSERT ON t BEGIN SELECT '; END;'; /* ; END; */ END",
    "CREATE TRIGGER n15 AFTER INSERT ON t WHEN 1 <> ';' BEGIN SELECT RAISE(ABORT, 'a; END;'); END",
    "create /* TABLE */ trigger n16 after insert on t for each row begin -- ; end;\n select 1; end",
    "CREATE TRIGGER n17 AFTER INSERT ON t BEGIN UPDATE t SET b = CASE a WHEN 1 THEN 2 END; END",
    "CREATE TRIGGER begin AFTER INSERT ON t BEGIN SELECT 1 AS begin; END",
    "CREATE TRIGGER end AFTER INSERT ON t BEGIN SELECT 1; END",
    "CREATE TRIGGER trigger AFTER INSERT ON t BEGIN WITH x AS (SELECT 1) SELECT * FROM x; END",
    "CREATE TRIGGER IF NOT EXISTS n18 AFTER INSERT ON t BEGIN SELECT 1 end; END",
    "CREATE TRIGGER n19 AFTER INSERT ON t BEGIN SELECT 1; -- END;\n END",
    "EXPLAIN CREATE TRIGGER n20 AFTER INSERT ON t BEGIN SELECT 1; END",
    "EXPLAIN QUERY PLAN CREATE TRIGGER n21 AFTER INSERT ON t BEGIN SELECT 1; SELECT 2; END",
    "EXPLAIN SELECT 1",
    "EXPLAIN QUERY PLAN SELECT * FROM t ORDER BY b",
    "DROP TABLE doc",
    "DROP TRIGGER tr",
    "DROP VIEW IF EXISTS \"no; such\"",
    "ALTER TABLE t RENAME TO \"t;2\"",
    "ALTER TABLE t ADD COLUMN \"c;\" DEFAULT ';'",
    "ALTER TABLE t RENAME COLUMN \"END\" TO \"BEGIN;\"",
    "BEGIN",
    "BEGIN IMMEDIATE TRANSACTION",
    "COMMIT",
    "END",
    "END TRANSACTION",
    "ROLLBACK",
    "SAVEPOINT \"s;\"",
    "RELEASE s",
    "PRAGMA user_version",
    "PRAGMA main.table_info('t;')",
    "VACUUM",
    "ANALYZE",
    "REINDEX",
    "ATTACH ';' AS \"a;\"",
    "DETACH other",
];

fn database() -> Connection {
    let db = Connection::open_in_memory().unwrap();
    db.execute_batch(SCHEMA).unwrap();
    db
}

/// The tokens that SQLite's parser gets to see, without the semicolons around them.
fn content(sql: &str) -> Vec<&str> {
    let texts = tokens(sql).filter(Token::is_significant).map(|it| it.text(sql));
    let mut texts: Vec<&str> = texts.skip_while(|it| *it == ";").collect();
    while texts.last() == Some(&";") {
        texts.pop();
    }
    texts
}

#[test]
fn every_statement_of_the_list_is_one_for_sqlite() {
    let db = database();
    for statement in STATEMENTS {
        let prepared = db.prepare(statement);
        assert!(prepared.is_ok(), "{statement}: {}", prepared.unwrap_err());
    }
}

/// What may stand between two statements.
fn separator() -> impl Strategy<Value = String> {
    let space = prop::sample::select(vec![
        "",
        " ",
        "\n",
        "\r\n",
        "\t",
        "\u{feff}",
        "-- x; 'y\n",
        "--\n",
        "/* ; ' \" [ */",
        "/**/",
        ";",
        "; ;",
        " -- CREATE TRIGGER\n",
    ]);
    let spaces = prop::collection::vec(space, 0..3).prop_map(|it| it.concat());
    // The line feed keeps a byte order mark from going on a name.
    let before = prop_oneof![Just(String::new()), spaces.clone().prop_map(|it| format!("\n{it}"))];
    (before, spaces).prop_map(|(before, after)| format!("{before};{after}"))
}

/// SQL keywords and quotes in any order.
fn sql_like() -> impl Strategy<Value = String> {
    let words = vec![
        "CREATE", "TEMP", "TRIGGER", "BEGIN", "END", "EXPLAIN", ";", ";", "SELECT", "'", "\"", "[",
        "]", "/*", "*/", "--", "\n", "x'", "1a", "{", "é", "\0", "$a(",
    ];
    prop::collection::vec(prop::sample::select(words), 0..30).prop_map(|it| it.join(" "))
}

/// The same without what cannot be split.
fn closed_sql_like() -> impl Strategy<Value = String> {
    let words = vec![
        "CREATE",
        "TEMP",
        "TRIGGER x BEGIN",
        "BEGIN",
        "; END ;",
        "END",
        "EXPLAIN",
        ";",
        "SELECT",
        "'a'",
        "\"b\"",
        "/**/",
        "\n",
        "é",
    ];
    prop::collection::vec(prop::sample::select(words), 0..20).prop_map(|it| it.join(" "))
}

/// A failure shows its script; a file of seeds would only say the same again.
fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn a_script_is_split_as_sqlite_splits_it(
        parts in prop::collection::vec((prop::sample::select(STATEMENTS), separator()), 0..9),
        before in separator(),
    ) {
        let mut script = before;
        let mut expected = Vec::new();
        for (statement, separator) in &parts {
            script += statement;
            script += separator;
            // A comment at the end of a statement is outside of it.
            let last = tokens(statement).filter(Token::is_significant).last().unwrap();
            expected.push(&statement[..last.span.end]);
        }
        let statements = split(&script).unwrap();
        let found: Vec<&str> = statements.iter().map(|it| &script[it.span.clone()]).collect();
        prop_assert_eq!(&found, &expected);

        let db = database();
        let mut batch = rusqlite::Batch::new(&db, &script);
        for text in found {
            let statement = batch.next().unwrap().unwrap();
            // In the expanded text, NULL stands for a variable.
            if statement.parameter_count() == 0 {
                let sql = statement.expanded_sql().unwrap();
                prop_assert_eq!(content(&sql), content(text));
            }
            // An error if more than one statement is in there.
            prop_assert!(db.prepare(text).is_ok(), "{}", text);
        }
        prop_assert!(batch.next().unwrap().is_none());
    }
}

proptest! {
    #![proptest_config(config(3000))]

    #[test]
    fn any_text_is_split_or_refused_without_panic(
        script in prop_oneof![sql_like(), closed_sql_like(), any::<String>()],
    ) {
        let spans: Vec<Range<usize>> = match split(&script) {
            Ok(statements) => {
                prop_assert!(statements.is_sorted_by(|a, b| a.span.end < b.span.start));
                statements.into_iter().map(|it| it.span).collect()
            }
            Err(problems) => {
                prop_assert!(!problems.is_empty());
                prop_assert!(problems.is_sorted_by_key(|(span, _)| span.start));
                problems.into_iter().map(|(span, _)| span).collect()
            }
        };
        for span in spans {
            prop_assert!(span.start < span.end);
            prop_assert!(script.get(span).is_some());
        }
        let _hash = fingerprint(&script);
    }

    #[test]
    fn a_piece_of_a_split_is_one_statement(script in closed_sql_like()) {
        for statement in split(&script).into_iter().flatten() {
            let text = &script[statement.span];
            let whole = Statement { span: 0..text.len() };
            prop_assert_eq!(split(text), Ok(vec![whole]), "{}", text);
        }
    }

    #[test]
    fn a_fingerprint_is_that_of_the_statements(script in closed_sql_like()) {
        if let Ok(statements) = split(&script) {
            let texts: Vec<&str> = statements.into_iter().map(|it| &script[it.span]).collect();
            prop_assert_eq!(fingerprint(&script), fingerprint(&texts.join(";")));
        }
    }
}
