//! Names in every place that SQLite has for one.

use proptest::prelude::*;
use rusqlite::Connection;

use super::*;

/// Statements with `@` where a name stands. They are run in this order.
const PLACES: &[&str] = &[
    "CREATE TABLE @ (a)",
    "DROP TABLE @",
    "CREATE TABLE main.@ (a)",
    "SELECT @.a, a FROM @ WHERE @.a > 1 ORDER BY @.a",
    "DROP TABLE main.@",
    "CREATE TABLE t (@ INT, b, CONSTRAINT @ PRIMARY KEY (@), UNIQUE (b, @), CHECK (@ > b))",
    "CREATE TABLE c (@ REFERENCES t (@), b AS (@ + 1), FOREIGN KEY (@) REFERENCES t (@))",
    "CREATE TABLE d (@)",
    "CREATE TABLE e (@ PRIMARY KEY, CHECK (@))",
    "CREATE TABLE f (a REFERENCES @, FOREIGN KEY (a) REFERENCES @)",
    "CREATE INDEX @ ON t (@, (@ + 1), @ COLLATE NOCASE DESC) WHERE @ IS NOT NULL AND NOT @",
    "DROP INDEX @",
    "CREATE VIEW @ (@) AS SELECT @ AS @ FROM t AS @ GROUP BY @ HAVING @ ORDER BY @",
    "SELECT @ FROM @",
    "DROP VIEW @",
    "CREATE TRIGGER @ AFTER UPDATE OF @ ON t WHEN new.@ > old.@ BEGIN \
        UPDATE t SET @ = new.@, b = @ WHERE @ = b; \
        INSERT INTO t (@, b) SELECT @, b FROM t WHERE @ IN (1); \
        DELETE FROM t WHERE @ BETWEEN 1 AND @; END",
    "SELECT CASE @ WHEN @ THEN @ ELSE @ END, -@, (@), @ = @, @ LIKE @, max(@, 1), t.@ FROM t",
    "SELECT @, b, @ FROM t JOIN d USING (@)",
    "INSERT INTO t (@) SELECT @ FROM t",
    "DROP TRIGGER @",
    "ALTER TABLE t RENAME COLUMN @ TO other",
    "ALTER TABLE t RENAME other TO @",
    "ALTER TABLE d ADD COLUMN other REFERENCES t (@)",
    "ALTER TABLE t RENAME TO @",
    "ALTER TABLE @ RENAME TO t",
];

#[track_caller]
fn check_everywhere(name: &str) {
    let db = Connection::open_in_memory().unwrap();
    let name_in_sql = identifier(name);
    for place in PLACES {
        let sql = place.replace('@', &name_in_sql);
        if let Err(err) = db.execute_batch(&sql) {
            panic!("{name}: {err}: {sql}");
        }
    }
    let found: String = db
        .query_row("SELECT name FROM pragma_table_xinfo('t') LIMIT 1", [], |row| row.get(0))
        .unwrap();
    assert_eq!(found, name);
}

#[test]
fn a_keyword_is_a_name_everywhere() {
    assert!(KEYWORDS.is_sorted());
    for keyword in KEYWORDS {
        check_everywhere(keyword);
        check_everywhere(&keyword.to_ascii_lowercase());
    }
}

#[test]
fn a_name_in_an_expression_is_the_column() {
    for keyword in KEYWORDS {
        let db = Connection::open_in_memory().unwrap();
        let name = identifier(keyword);
        let sql = format!("CREATE TABLE t ({name}); INSERT INTO t VALUES ('it')");
        db.execute_batch(&sql).unwrap();
        let sql = format!("SELECT {name} FROM t");
        let found: String = db.query_row(&sql, [], |row| row.get(0)).unwrap();
        assert_eq!(found, "it", "{keyword}");
    }
}

#[track_caller]
fn check_bare(name: &str) {
    assert_eq!(identifier(name), name);
    check_everywhere(name);
}

#[test]
fn words_that_are_no_keywords_stay_bare() {
    let words = [
        "a",
        "A1",
        "_",
        "_x",
        "größe",
        "ñ",
        "users",
        "user",
        "name",
        "type",
        "date",
        "text",
        "integer",
        "strict",
        "stored",
        "rank",
        "value",
        "count",
        "main",
        "keys",
        "timestamp",
        "user_id",
        "first_name",
        "order_",
        "boolean",
        "int",
        "year",
        "status",
        "position",
    ];
    for word in words {
        check_bare(word);
    }
}

#[track_caller]
fn check_quoted(name: &str, expected: &str) {
    assert_eq!(identifier(name), expected);
    check_everywhere(name);
}

#[test]
fn other_names_are_quoted() {
    check_quoted("order", "\"order\"");
    check_quoted("Key", "\"Key\"");
    check_quoted("true", "\"true\"");
    check_quoted("1a", "\"1a\"");
    check_quoted("a b", "\"a b\"");
    check_quoted("a.b", "\"a.b\"");
    check_quoted("a$b", "\"a$b\"");
    check_quoted("it's", "\"it's\"");
    check_quoted("a\"b", "\"a\"\"b\"");
    check_quoted("a]b`c", "\"a]b`c\"");
    check_quoted("--", "\"--\"");
    check_quoted("😀", "\"😀\"");
    check_quoted("a\u{a0}b", "\"a\u{a0}b\"");
    check_quoted("\u{feff}", "\"\u{feff}\"");
    assert_eq!(identifier(""), "\"\"");
}

#[test]
fn a_text_is_a_literal() {
    let db = Connection::open_in_memory().unwrap();
    for text in ["", "a", "it's", "''", "\"", "a\nb", "😀", "--", "\\'"] {
        let sql = format!("SELECT {}", literal(text));
        assert_eq!(db.query_row(&sql, [], |row| row.get::<_, String>(0)).unwrap(), text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 200,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_name_is_a_name_everywhere(name in "[^\0]{1,6}|[a-z]{2,4}") {
        // These are the names of other things in the statements.
        let taken = ["a", "b", "c", "d", "e", "f", "t", "v"];
        let is_taken = taken.iter().any(|it| it.eq_ignore_ascii_case(&name));
        prop_assume!(!is_taken && !name.to_ascii_lowercase().starts_with("sqlite_"));
        check_everywhere(&name);
    }
}
