//! Bodies for pairs of schemas, proven as for a user: what is written, and what is refused.

use super::*;
use crate::db::Quoting;
use crate::sql::statement::split;

fn scratch(sql: &str, quoting: Quoting) -> Scratch {
    let scratch = Scratch::new(quoting, &[]).unwrap();
    for statement in split(sql).unwrap() {
        scratch.execute(&sql[statement.span]).unwrap();
    }
    scratch
}

/// What leads from one schema to the other, with the options that `change` sets.
fn try_with(
    from: &str,
    to: &str,
    change: impl FnOnce(&mut Request<'_>),
) -> Result<Option<Generated>, AutogenerateError> {
    let (from, to) = (scratch(from, Quoting::Lenient), scratch(to, Quoting::Strict));
    let to = read_schema(&to, &|_| false).unwrap();
    let mut request = Request {
        from: &from,
        to: &to,
        hinted_tables: &[],
        renames: &[],
        fills: &[],
        target: 54,
        by_order: false,
        is_excluded: &|_| false,
    };
    change(&mut request);
    autogenerate(&request)
}

/// The statements of a body, without comments and on one line each.
fn statements(body: &str) -> Vec<String> {
    let spans = split(body).unwrap();
    spans.into_iter().map(|it| crate::sql::layout::one_line(&body[it.span])).collect()
}

/// The statements of the upgrade.
#[track_caller]
fn check(from: &str, to: &str, expected: &[&str]) {
    check_with(from, to, |_| (), expected);
}

#[track_caller]
fn check_with(from: &str, to: &str, change: impl FnOnce(&mut Request<'_>), expected: &[&str]) {
    let found = try_with(from, to, change).unwrap_or_else(|err| panic!("{err}"));
    let upgrade = found.map_or_else(String::new, |it| it.upgrade);
    assert_eq!(statements(&upgrade), expected);
}

/// The rebuild of `t`, in which only these three statements differ, with what follows it.
fn rebuild(body: &str, columns: &str, values: &str, after: &[&str]) -> Vec<String> {
    let mut statements = vec![
        "PRAGMA legacy_alter_table = ON".to_owned(),
        "ALTER TABLE t RENAME TO _migrator_old_t".to_owned(),
        "PRAGMA legacy_alter_table = OFF".to_owned(),
        format!("CREATE TABLE t {body}"),
        format!("INSERT OR ABORT INTO t ({columns}) SELECT {values} FROM _migrator_old_t"),
        "DROP TABLE _migrator_old_t".to_owned(),
    ];
    statements.extend(after.iter().map(|it| (*it).to_owned()));
    statements
}

#[track_caller]
fn check_rebuild(from: &str, to: &str, columns: &str, values: &str, after: &[&str]) {
    let found =
        try_with(&format!("CREATE TABLE t {from}"), &format!("CREATE TABLE t {to}"), |_| ());
    let found = found.unwrap_or_else(|err| panic!("{err}")).expect("a difference");
    let body = to.split(';').next().unwrap_or_default();
    assert_eq!(statements(&found.upgrade), rebuild(body, columns, values, after));
}

#[test]
fn what_sqlite_can_alter_is_altered() {
    let from = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT NOT NULL)";
    let to = |columns: &str| format!("CREATE TABLE t (id INTEGER PRIMARY KEY, {columns})");
    check(
        from,
        &to("a TEXT, b TEXT NOT NULL, c INT DEFAULT -1"),
        &["ALTER TABLE t ADD COLUMN c INT DEFAULT -1"],
    );
    check(from, &to("b TEXT NOT NULL"), &["ALTER TABLE t DROP COLUMN a"]);
    check(
        from,
        &to("a TEXT NOT NULL, b TEXT"),
        &[
            "ALTER TABLE t ALTER COLUMN a SET NOT NULL",
            "ALTER TABLE t ALTER COLUMN b DROP NOT NULL",
        ],
    );
    check(
        from,
        &to("a TEXT, b TEXT NOT NULL, CONSTRAINT c CHECK (a <> b)"),
        &["ALTER TABLE t ADD CONSTRAINT c CHECK (a <> b)"],
    );
    check(&to("a, CONSTRAINT c CHECK (a > 0)"), &to("a"), &["ALTER TABLE t DROP CONSTRAINT c"]);
    check(
        &to("a, CONSTRAINT k FOREIGN KEY (a) REFERENCES t"),
        &to("a"),
        &["ALTER TABLE t DROP CONSTRAINT k"],
    );
}

#[test]
fn what_depends_on_the_rows_is_not_altered() {
    // Each of these ALTER TABLE statements runs on an empty table and fails on another.
    check_rebuild(
        "(id INTEGER PRIMARY KEY)",
        "(id INTEGER PRIMARY KEY, a TEXT DEFAULT (datetime('now')))",
        "id",
        "id",
        &[],
    );
    check_rebuild(
        "(id INTEGER PRIMARY KEY)",
        "(id INTEGER PRIMARY KEY, a INT NOT NULL DEFAULT CURRENT_TIMESTAMP)",
        "id",
        "id",
        &[],
    );
    check_rebuild(
        "(id INTEGER PRIMARY KEY, a)",
        "(id INTEGER PRIMARY KEY, a, b AS (a) STORED)",
        "id, a",
        "id, a",
        &[],
    );
}

#[test]
fn a_rebuild_keeps_what_hangs_on_the_table() {
    // The rowid has no name in this table.
    check_rebuild("(a)", "(a UNIQUE)", "rowid, a", "rowid, a", &[]);
    check_rebuild("(rowid, a)", "(rowid UNIQUE, a)", "_rowid_, rowid, a", "_rowid_, rowid, a", &[]);
    check_rebuild("(a)", "(id INTEGER PRIMARY KEY, a)", "id, a", "rowid, a", &[]);
    check_rebuild(
        "(a PRIMARY KEY, b); CREATE INDEX i ON t(b)",
        "(a PRIMARY KEY, b UNIQUE); CREATE INDEX i ON t(b)",
        "rowid, a, b",
        "rowid, a, b",
        &["CREATE INDEX i ON t(b)"],
    );
    let trigger = "CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; END";
    let from = format!("CREATE TABLE t (a); CREATE VIEW v AS SELECT * FROM t; {trigger};");
    let to = format!("CREATE TABLE t (a UNIQUE); CREATE VIEW v AS SELECT * FROM t; {trigger};");
    let expected = rebuild("(a UNIQUE)", "rowid, a", "rowid, a", &[trigger]);
    check(&from, &to, &expected.iter().map(String::as_str).collect::<Vec<_>>());
    let body = "(id INTEGER PRIMARY KEY AUTOINCREMENT, a UNIQUE)";
    check(
        "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a)",
        &format!("CREATE TABLE t {body}"),
        &[
            "PRAGMA legacy_alter_table = ON",
            "ALTER TABLE t RENAME TO _migrator_old_t",
            "PRAGMA legacy_alter_table = OFF",
            &format!("CREATE TABLE t {body}"),
            "INSERT OR ABORT INTO t (id, a) SELECT id, a FROM _migrator_old_t",
            "DELETE FROM sqlite_sequence WHERE name = 't'",
            "UPDATE sqlite_sequence SET name = 't' WHERE name = '_migrator_old_t'",
            "DROP TABLE _migrator_old_t",
        ],
    );
}

#[test]
fn views_that_would_be_in_the_way_are_made_again() {
    check(
        "CREATE TABLE t (a, b); CREATE VIEW v AS SELECT b FROM t; CREATE VIEW w AS SELECT * FROM v",
        "CREATE TABLE t (a); CREATE VIEW v AS SELECT a FROM t; CREATE VIEW w AS SELECT * FROM v",
        &[
            "DROP VIEW v",
            "DROP VIEW w",
            "ALTER TABLE t DROP COLUMN b",
            "CREATE VIEW v AS SELECT a FROM t",
            "CREATE VIEW w AS SELECT * FROM v",
        ],
    );
}

#[test]
fn what_means_the_same_is_no_difference() {
    for (from, to) in [
        (
            "CREATE TABLE t (a INTEGER PRIMARY KEY)",
            "create table \"T\" (A integer, primary key (a))",
        ),
        ("CREATE TABLE t (a DEFAULT 1, b)", "CREATE TABLE t (b, a DEFAULT (1))"),
        (
            "CREATE TABLE t (a); CREATE INDEX i ON t (a ASC)",
            "CREATE TABLE t (a);CREATE INDEX i ON t(a)",
        ),
        (
            "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE t (a REFERENCES p)",
            "CREATE TABLE t (a, FOREIGN KEY (a) REFERENCES p (id)); CREATE TABLE p (id INTEGER PRIMARY KEY)",
        ),
    ] {
        check(from, to, &[]);
    }
}

#[test]
fn an_order_that_counts_is_a_difference() {
    let (from, to) = ("CREATE TABLE t (a, b)", "CREATE TABLE t (b, a)");
    let expected = rebuild("(b, a)", "rowid, b, a", "rowid, b, a", &[]);
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    check_with(from, to, |it| it.by_order = true, &expected);
}

#[test]
fn an_older_sqlite_rebuilds() {
    let (from, to) = ("CREATE TABLE t (a)", "CREATE TABLE t (a NOT NULL)");
    check(from, to, &["ALTER TABLE t ALTER COLUMN a SET NOT NULL"]);
    let expected = rebuild("(a NOT NULL)", "rowid, a", "rowid, a", &[]);
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    check_with(from, to, |it| it.target = 35, &expected);
}

fn rename(text: (&str, Option<&str>, &str)) -> Rename {
    Rename { table: Name::new(text.0), column: text.1.map(Name::new), to: Name::new(text.2) }
}

#[track_caller]
fn check_renames(from: &str, to: &str, renames: &[(&str, Option<&str>, &str)], expected: &[&str]) {
    let renames: Vec<Rename> = renames.iter().copied().map(rename).collect();
    let (from_db, to_db) = (scratch(from, Quoting::Lenient), scratch(to, Quoting::Strict));
    let to = read_schema(&to_db, &|_| false).unwrap();
    let found = autogenerate(&Request {
        from: &from_db,
        to: &to,
        hinted_tables: &[],
        renames: &renames,
        fills: &[],
        target: 54,
        by_order: false,
        is_excluded: &|_| false,
    });
    let found = match found {
        Ok(found) => statements(&found.expect("a difference").upgrade),
        Err(err) => vec![err.to_string()],
    };
    assert_eq!(found, expected);
}

#[test]
fn renames_are_followed() {
    let from = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); CREATE INDEX i ON t (a);
                CREATE TABLE c (t REFERENCES t (id)); CREATE VIEW v AS SELECT a FROM t";
    check_renames(
        from,
        "CREATE TABLE u (id INTEGER PRIMARY KEY, b TEXT); CREATE INDEX i ON u (b);
         CREATE TABLE c (t REFERENCES u (id)); CREATE VIEW v AS SELECT b FROM u",
        &[("t", None, "u"), ("u", Some("a"), "b")],
        // The column of a view keeps its name where SQLite renames what it reads.
        &["ALTER TABLE t RENAME TO u", "ALTER TABLE u RENAME COLUMN a TO b"],
    );
    check_renames(
        "CREATE TABLE t (a INT, b TEXT)",
        "CREATE TABLE t (b INT, a TEXT)",
        &[("t", Some("a"), "b"), ("t", Some("b"), "a")],
        &[
            "ALTER TABLE t RENAME COLUMN a TO _migrator_renamed_b",
            "ALTER TABLE t RENAME COLUMN b TO _migrator_renamed_a",
            "ALTER TABLE t RENAME COLUMN _migrator_renamed_b TO b",
            "ALTER TABLE t RENAME COLUMN _migrator_renamed_a TO a",
        ],
    );
}

#[test]
fn a_rename_that_is_none_is_refused() {
    let (from, to) = ("CREATE TABLE t (a)", "CREATE TABLE t (a, b)");
    check_renames(from, to, &[("x", None, "t")], &["nothing is called `x` before this revision"]);
    check_renames(
        from,
        to,
        &[("t", Some("a"), "c")],
        &["the declared schema has nothing called `t.c`"],
    );
    check_renames(
        from,
        to,
        &[("t", Some("a"), "b")],
        &["the declared schema still has `t.a`, so that `t.b` is something new"],
    );
}

#[test]
fn triggers_and_views_keep_naming_a_virtual_table_that_is_replaced() {
    let schema = |tokenizer: &str| {
        format!(
            "CREATE TABLE t (a); CREATE VIRTUAL TABLE f USING fts5(a, tokenize = '{tokenizer}'); \
             CREATE VIEW v AS SELECT a FROM f; CREATE TRIGGER g AFTER INSERT ON t BEGIN \
             INSERT INTO f (rowid, a) VALUES (new.rowid, new.a); END"
        )
    };
    check(
        &schema("unicode61"),
        &schema("porter"),
        &[
            "PRAGMA legacy_alter_table = ON",
            "ALTER TABLE f RENAME TO _migrator_old_f",
            "PRAGMA legacy_alter_table = OFF",
            "CREATE VIRTUAL TABLE f USING fts5(a, tokenize = 'porter')",
            "INSERT INTO f (rowid, a) SELECT rowid, a FROM _migrator_old_f",
            "DROP TABLE _migrator_old_f",
        ],
    );
}

/// A column's value, and what is looked for, by the renames and the fill that are asked for.
#[track_caller]
fn check_fill(from: &str, to: &str, rename: Option<(&str, &str)>, fill: (&str, &str)) -> String {
    let (from, to) = (scratch(from, Quoting::Lenient), scratch(to, Quoting::Strict));
    let to = read_schema(&to, &|_| false).unwrap();
    let rename = rename.map(|(old, new)| Rename {
        table: Name::new("t"),
        column: Some(Name::new(old)),
        to: Name::new(new),
    });
    let (column, expression) = (Name::new(fill.0), fill.1.to_owned());
    let request = Request {
        from: &from,
        to: &to,
        hinted_tables: &[],
        renames: rename.as_slice(),
        fills: &[Fill { table: Name::new("t"), column, expression }],
        target: 54,
        by_order: false,
        is_excluded: &|_| false,
    };
    let found = autogenerate(&request).unwrap_or_else(|err| panic!("{err}"));
    found.expect("a difference").upgrade
}

#[test]
fn a_fill_can_convert_a_value_but_not_replace_it() {
    let convert = |to: &str, fill: &str| {
        check_fill("CREATE TABLE t (a TEXT)", &format!("CREATE TABLE t (a {to}"), None, ("a", fill))
    };
    let upgrade = convert("BLOB NOT NULL) STRICT", "CAST(a AS BLOB)");
    assert!(upgrade.contains("SELECT rowid, CAST(a AS BLOB)\n"), "{upgrade}");
    assert!(upgrade.contains("WHERE typeof((CAST(a AS BLOB))) NOT IN ('blob', 'null')"));
    assert!(upgrade.contains("rows of t have NULL in a: "), "{upgrade}");
    for (to, fill) in [("TEXT NOT NULL)", "lower(a)"), ("BLOB NOT NULL)", "(SELECT max(a) FROM t)")]
    {
        let upgrade = convert(to, fill);
        assert!(upgrade.contains(&format!("SELECT rowid, coalesce(a, {fill})\n")), "{upgrade}");
    }
}

#[test]
fn a_fill_that_names_a_renamed_column_is_looked_at_under_the_old_name() {
    let to = "CREATE TABLE t (b, c TEXT NOT NULL UNIQUE)";
    let upgrade = check_fill("CREATE TABLE t (a)", to, Some(("a", "b")), ("c", "lower(b)"));
    assert!(upgrade.contains("CAST(lower(a) AS TEXT) AS c FROM t"), "{upgrade}");
    assert!(upgrade.contains("SELECT rowid, b, lower(b)\n"), "{upgrade}");
}

#[test]
fn views_and_triggers_in_the_way_of_a_rename_are_dropped_before() {
    let schema = |column: &str, shown: &str| {
        format!(
            "CREATE TABLE u (a INTEGER PRIMARY KEY, {column}); \
             CREATE VIEW v AS SELECT {shown} FROM u; \
             CREATE TRIGGER tv INSTEAD OF INSERT ON v BEGIN \
             INSERT INTO u ({column}) VALUES (new.b); END"
        )
    };
    check_renames(
        &schema("b", "b"),
        &schema("c", "c AS b"),
        &[("u", Some("b"), "c")],
        &[
            "DROP TRIGGER tv",
            "DROP VIEW v",
            "ALTER TABLE u RENAME COLUMN b TO c",
            "CREATE VIEW v AS SELECT c AS b FROM u",
            "CREATE TRIGGER tv INSTEAD OF INSERT ON v BEGIN INSERT INTO u (c) VALUES (new.b); END",
        ],
    );
    // Another view stands on the first, and stays as it is.
    let other = "CREATE VIEW w AS SELECT b FROM v";
    check_renames(
        &format!("{}; {other}", schema("b", "b")),
        &format!("{}; {other}", schema("c", "c AS b")),
        &[("u", Some("b"), "c")],
        &[
            "DROP TRIGGER tv",
            "DROP VIEW v",
            "DROP VIEW w",
            "ALTER TABLE u RENAME COLUMN b TO c",
            "CREATE VIEW v AS SELECT c AS b FROM u",
            other,
            "CREATE TRIGGER tv INSTEAD OF INSERT ON v BEGIN INSERT INTO u (c) VALUES (new.b); END",
        ],
    );
}

#[test]
fn a_key_with_two_ends_of_another_type_is_looked_at_once() {
    let schema = |datatype: &str| {
        format!(
            "CREATE TABLE p (a {datatype} UNIQUE); \
             CREATE TABLE t (a {datatype} NOT NULL REFERENCES p (a))"
        )
    };
    let found = try_with(&schema("REAL"), &schema("TEXT"), |_| ()).unwrap().unwrap();
    let n_of = |text: &str| found.notes.iter().filter(|it| it.rows.contains(text)).count();
    assert_eq!(n_of("that is not in p"), 1);
    assert_eq!(n_of("NULL"), 0, "none becomes NULL by another type");
}

#[test]
fn tables_that_reference_others_are_dropped_first() {
    check(
        "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p); CREATE TABLE t (a)",
        "CREATE TABLE t (a)",
        &["DROP TABLE c", "DROP TABLE p"],
    );
}

#[test]
fn expressions_may_want_json() {
    for (from, to, value) in [
        ("j TEXT", "j TEXT, at TEXT NOT NULL", "ifnull(j ->> 'at', '')"),
        ("j", "j, at TEXT NOT NULL", "ifnull(j ->> 'at', '')"),
        // No blob of ours is JSON.
        ("j BLOB", "j BLOB, at TEXT NOT NULL", "ifnull(j ->> 'at', '')"),
    ] {
        let (from, to) = (format!("CREATE TABLE t ({from})"), format!("CREATE TABLE t ({to})"));
        check_fill(&from, &to, None, ("at", value));
    }
    let index = "CREATE INDEX i ON t (j ->> 'at')";
    for column in ["j TEXT", "j BLOB"] {
        let table = format!("CREATE TABLE t ({column})");
        check(&table, &format!("{table}; {index}"), &[index]);
    }
    check(
        "CREATE TABLE t (j TEXT)",
        "CREATE TABLE t (j TEXT, at TEXT AS (j ->> 'at')); CREATE INDEX i ON t (at)",
        &["ALTER TABLE t ADD COLUMN at TEXT AS (j ->> 'at')", "CREATE INDEX i ON t (at)"],
    );
}

/// What is said of rows, as the directives say it.
#[track_caller]
fn check_notes(from: &str, to: &str, expected: &[&str]) {
    let found = try_with(from, to, |_| ()).unwrap_or_else(|err| panic!("{err}"));
    let notes = found.expect("a difference").notes;
    let notes: Vec<String> =
        notes.into_iter().map(|it| format!("{}: {}", it.rows, it.query)).collect();
    assert_eq!(notes, expected);
}

#[test]
fn rows_that_are_lost_or_in_the_way_are_looked_for() {
    check_notes(
        "CREATE TABLE t (a, b)",
        "CREATE TABLE t (a)",
        &["rows of t have a value in b, which is dropped: SELECT rowid FROM t WHERE b IS NOT NULL"],
    );
    for (default, query) in [
        ("DEFAULT 0", "a value other than the default|b <> 0"),
        ("NOT NULL DEFAULT -1", "a value other than the default|b <> -1"),
        ("DEFAULT \"it's\"", "a value other than the default|b <> 'it''s'"),
        ("DEFAULT true", "a value other than the default|b <> true"),
        ("DEFAULT NULL", "a value|b IS NOT NULL"),
        ("DEFAULT CURRENT_TIMESTAMP", "a value|b IS NOT NULL"),
        ("DEFAULT 'x' COLLATE NOCASE", "a value|b IS NOT NULL"),
    ] {
        let (what, condition) = query.split_once('|').unwrap();
        check_notes(
            &format!("CREATE TABLE t (a, b {default})"),
            "CREATE TABLE t (a)",
            &[&format!(
                "rows of t have {what} in b, which is dropped: SELECT rowid FROM t WHERE {condition}"
            )],
        );
    }
    check_notes(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a)",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a NOT NULL)",
        &["rows of t have NULL in a: SELECT id FROM t WHERE a IS NULL"],
    );
    // Whatever a value becomes, it is NULL if it was.
    check_notes(
        "CREATE TABLE t (a INTEGER)",
        "CREATE TABLE t (a NUMERIC NOT NULL)",
        &["rows of t have NULL in a: SELECT rowid FROM t WHERE a IS NULL"],
    );
    check_notes(
        "CREATE TABLE t (a); CREATE TABLE u (a)",
        "CREATE TABLE t (a)",
        &["rows of u are deleted with it: SELECT rowid FROM u"],
    );
    check_notes(
        "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE t (a)",
        "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE t (a REFERENCES p)",
        &[
            "rows of t have a value in a that is not in p: SELECT rowid FROM t WHERE t.a IS NOT NULL AND \
           NOT EXISTS (SELECT 1 FROM p AS parent WHERE parent.id = t.a)",
        ],
    );
}

#[test]
fn a_fill_gives_old_rows_a_value() {
    let fills =
        [Fill { table: Name::new("t"), column: Name::new("b"), expression: "'US'".to_owned() }];
    let (from, to) =
        (scratch("CREATE TABLE t (a)", Quoting::Lenient), "CREATE TABLE t (a, b TEXT NOT NULL)");
    let to = read_schema(&scratch(to, Quoting::Strict), &|_| false).unwrap();
    let request = Request {
        from: &from,
        to: &to,
        hinted_tables: &[],
        renames: &[],
        fills: &fills,
        target: 54,
        by_order: false,
        is_excluded: &|_| false,
    };
    let found = autogenerate(&request).unwrap().unwrap();
    assert!(found.notes.is_empty());
    assert_eq!(
        statements(&found.upgrade),
        rebuild("(a, b TEXT NOT NULL)", "rowid, a, b", "rowid, a, 'US'", &[])
    );
}

#[test]
fn a_hint_that_was_followed_means_nothing_more() {
    // Both names are there on both sides: a swap that was made, or a name that was used again.
    let swapped = "CREATE TABLE t (id INTEGER PRIMARY KEY, b TEXT, -- migrator:renamed from a
                   a TEXT -- migrator:renamed from b
                   )";
    check(swapped, swapped, &[]);
    let letters = "CREATE TABLE t (email TEXT -- migrator:renamed from Email
                   )";
    check(letters, letters, &[]);
    let used_again = "CREATE TABLE t (b TEXT, -- migrator:renamed from a
                      a TEXT, c)";
    check("CREATE TABLE t (b TEXT, a TEXT)", used_again, &["ALTER TABLE t ADD COLUMN c"]);
}

#[test]
fn nothing_is_renamed_twice() {
    check_renames(
        "CREATE TABLE t (a, x)",
        "CREATE TABLE t (b, c)",
        &[("t", Some("a"), "b"), ("t", Some("a"), "c")],
        &["`t.a` cannot be renamed to `t.c`: one of the two is renamed otherwise as well"],
    );
    check_renames(
        "CREATE TABLE t (a, b)",
        "CREATE TABLE t (b, a)",
        &[("t", Some("a"), "b")],
        &["`t.b` is there before this revision already"],
    );
}

#[test]
fn a_fill_is_one_value_for_each_row() {
    let fill = |expression: &str| {
        let fills = [Fill {
            table: Name::new("t"),
            column: Name::new("b"),
            expression: expression.to_owned(),
        }];
        let from = scratch("CREATE TABLE t (a)", Quoting::Lenient);
        let to = scratch("CREATE TABLE t (a, b INT NOT NULL)", Quoting::Strict);
        let to = read_schema(&to, &|_| false).unwrap();
        let found = autogenerate(&Request {
            from: &from,
            to: &to,
            hinted_tables: &[],
            renames: &[],
            fills: &fills,
            target: 54,
            by_order: false,
            is_excluded: &|_| false,
        });
        match found {
            Ok(found) => found.unwrap().notes.into_iter().map(|it| it.query).collect(),
            Err(err) => vec![err.to_string()],
        }
    };
    assert!(fill("7").is_empty());
    // It may give NULL, which is found before anything runs.
    assert_eq!(fill("a"), ["SELECT rowid FROM t WHERE (a) IS NULL"]);
    let aggregate = "`--fill t.b` is no value for each row: it has an aggregate function";
    assert_eq!(fill("coalesce(max(a), 0) + 1"), [aggregate]);
}

#[test]
fn what_is_lost_in_other_ways_is_said() {
    check_notes(
        "CREATE TABLE t (a, b)",
        "CREATE TABLE t (a, b AS (a * 2) STORED)",
        &["rows of t have a value in b, which is dropped: SELECT rowid FROM t WHERE b IS NOT NULL"],
    );
    check_notes(
        "CREATE TABLE t (a INT)",
        "CREATE TABLE t (a REAL)",
        &["rows of t have an integer that REAL cannot hold in a, which becomes REAL: \
           SELECT rowid FROM t WHERE typeof(a) = 'integer' AND \
           CAST(CAST(a AS REAL) AS INTEGER) <> a"],
    );
    check_notes(
        "CREATE VIRTUAL TABLE f USING fts5(title, body); CREATE TABLE t (a)",
        "CREATE TABLE t (a)",
        &["rows of f are deleted with it: SELECT rowid FROM f"],
    );
    check_notes(
        "CREATE VIRTUAL TABLE f USING fts5(title, body)",
        "CREATE VIRTUAL TABLE f USING fts5(title)",
        &["rows of f have a value in body, which is dropped: \
           SELECT rowid FROM f WHERE body IS NOT NULL"],
    );
}

#[test]
fn rows_are_looked_at_with_what_the_new_column_makes_of_them() {
    // Outside STRICT, `ANY` is a number where it can be.
    check_notes(
        "CREATE TABLE t (a TEXT)",
        "CREATE TABLE t (a TEXT, b ANY AS (substr(a, 1, 2)) STORED CHECK (b <> 13))",
        &["rows of t are against the check b <> 13: \
           SELECT rowid FROM (SELECT *, CASE WHEN (substr(a, 1, 2)) = \
           CAST(substr(a, 1, 2) AS NUMERIC) THEN CAST(substr(a, 1, 2) AS NUMERIC) \
           ELSE (substr(a, 1, 2)) END AS b FROM (SELECT rowid AS rowid, a FROM t)) AS t \
           WHERE NOT (b <> 13)"],
    );
    // What is a number anyway stays as it is written.
    check_notes(
        "CREATE TABLE t (a INT)",
        "CREATE TABLE t (a INT, b INT AS (a * 2) STORED CHECK (b <> 13))",
        &["rows of t are against the check b <> 13: \
           SELECT rowid FROM (SELECT *, (a * 2) AS b FROM (SELECT rowid AS rowid, a FROM t)) AS t \
           WHERE NOT (b <> 13)"],
    );
    check_notes(
        "CREATE TABLE t (a ANY) STRICT",
        "CREATE TABLE t (a ANY)",
        &["rows of t have a text that is a number in a, which becomes ANY: \
           SELECT rowid FROM t WHERE typeof(a) = 'text' AND a = CAST(a AS NUMERIC)"],
    );
    // Another collation takes more for equal.
    check_notes(
        "CREATE TABLE t (a TEXT CHECK (a <> 'x')); CREATE UNIQUE INDEX i ON t (a)",
        "CREATE TABLE t (a TEXT COLLATE NOCASE CHECK (a <> 'x')); CREATE UNIQUE INDEX i ON t (a)",
        &[
            "rows of t are against the check a <> 'x': SELECT rowid FROM \
             (SELECT rowid AS rowid, a COLLATE NOCASE AS a FROM t) AS t WHERE NOT (a <> 'x')",
            "rows of t share their a: SELECT rowid FROM (SELECT rowid, count(*) OVER \
             (PARTITION BY a) AS n_alike FROM (SELECT rowid AS rowid, a COLLATE NOCASE AS a \
             FROM t) AS t WHERE a IS NOT NULL) WHERE n_alike > 1",
        ],
    );
    // The key that tells the rows apart is one of the columns, in whatever case.
    check_notes(
        "CREATE TABLE t (id INT PRIMARY KEY) WITHOUT ROWID",
        "CREATE TABLE t (ID TEXT PRIMARY KEY) WITHOUT ROWID",
        &[
            "rows of t share their ID: SELECT id FROM (SELECT id, count(*) OVER (PARTITION BY ID) \
             AS n_alike FROM (SELECT CAST(id AS TEXT) AS ID FROM t) AS t WHERE ID IS NOT NULL) \
             WHERE n_alike > 1",
            "rows of t have a number in ID, which becomes TEXT: \
             SELECT id FROM t WHERE typeof(ID) IN ('integer', 'real')",
        ],
    );
}

#[test]
fn a_fill_is_looked_at_like_any_value() {
    let upgrade = check_fill(
        "CREATE TABLE t (a TEXT, b TEXT)",
        "CREATE TABLE t (a TEXT NOT NULL, b TEXT)",
        None,
        ("a", "lower(b)"),
    );
    assert!(upgrade.contains("WHERE coalesce(a, lower(b)) IS NULL"), "{upgrade}");
    let upgrade = check_fill(
        "CREATE TABLE t (a ANY) STRICT",
        "CREATE TABLE t (a ANY, b INT NOT NULL) STRICT",
        None,
        ("b", "a || ''"),
    );
    assert!(upgrade.contains("rows of t have something else than INT in b: "), "{upgrade}");
}

#[test]
fn a_default_of_another_type_is_against_strict() {
    let from = "CREATE TABLE t (a TEXT) STRICT";
    for (column, is_wrong) in [
        ("b INT DEFAULT x'00'", true),
        ("b INT DEFAULT 'x'", true),
        ("b INT DEFAULT (TRUE)", false),
        ("b REAL DEFAULT -1", false),
        ("b ANY DEFAULT x'00'", false),
        ("b TEXT DEFAULT (datetime('now'))", false),
    ] {
        let to = format!("CREATE TABLE t (a TEXT UNIQUE, {column}) STRICT");
        let found = try_with(from, &to, |_| ()).unwrap().unwrap();
        let is_said = found.notes.iter().any(|it| it.rows.ends_with(" in b"));
        assert_eq!(is_said, is_wrong, "{column}: {:?}", found.notes);
    }
}

/// In such a table the check takes a value for the default of its column.
#[test]
fn what_the_integrity_check_does_not_read_is_no_damage() {
    let from = "CREATE TABLE t (g AS (id) VIRTUAL, id INTEGER PRIMARY KEY, a REAL DEFAULT 'x')";
    let index = "CREATE INDEX i ON t (a)";
    check(from, &format!("{from}; {index}"), &[index]);
}

#[test]
fn columns_that_an_rtree_only_keeps_are_kept() {
    check(
        "CREATE VIRTUAL TABLE r USING rtree(id, x0, x1, +label TEXT)",
        "CREATE VIRTUAL TABLE r USING rtree(id, x0, x1, +label TEXT, +other TEXT)",
        &[
            "PRAGMA legacy_alter_table = ON",
            "ALTER TABLE r RENAME TO _migrator_old_r",
            "PRAGMA legacy_alter_table = OFF",
            "CREATE VIRTUAL TABLE r USING rtree(id, x0, x1, +label TEXT, +other TEXT)",
            "INSERT INTO r (id, x0, x1, label) SELECT id, x0, x1, label FROM _migrator_old_r",
            "DROP TABLE _migrator_old_r",
        ],
    );
}

#[test]
fn no_comment_is_taken_for_a_marker() {
    let found = try_with(
        "CREATE TABLE \"migrate:upgrade\" (a)",
        "CREATE TABLE \"migrate:upgrade\" (a, b)",
        |_| (),
    );
    let upgrade = found.unwrap().unwrap().upgrade;
    assert!(upgrade.lines().all(|it| !it.starts_with("-- migrate:")), "{upgrade}");
}
