//! Rules over what a file says, and over what only trying tells.

use super::{Project, check_but_rows as check, rules, show};
use crate::rule::Rule;
use crate::sql::lexer::tokens;

#[test]
fn strings_in_double_quotes() {
    let given = "CREATE TABLE t (a, b TEXT);";
    let wrong = "double-quoted-string";
    check(given, "UPDATE t SET a = \"c\";", wrong);
    check(given, "INSERT INTO t VALUES (\"x\", 1);", wrong);
    check(given, "CREATE INDEX i ON t (\"c\");", wrong);
    check(given, "CREATE TABLE u (a CHECK (a <> \"c\"));", wrong);
    check(given, "CREATE VIEW v AS SELECT \"c\" AS x FROM t;", wrong);
    check(given, "CREATE TRIGGER r AFTER DELETE ON t BEGIN UPDATE t SET a = \"c\"; END;", wrong);
    check(given, "UPDATE t SET \"a\" = \"b\" || 'c';", "");
    check(given, "CREATE TABLE \"u\" (\"a b\" TEXT, \"c\" CHECK (\"c\" > 1));", "");
    check(given, "CREATE VIEW \"v\" AS SELECT \"a\" AS \"x y\" FROM \"t\" ORDER BY \"x y\";", "");
    check(given, "ALTER TABLE \"t\" RENAME COLUMN \"a\" TO \"c\";\nUPDATE t SET \"c\" = 1;", "");
    check(given, "UPDATE t SET a = '\"c\"'; -- \"c\"", "");
    check(given, "UPDATE t SET a = app(\"b\");", "");
    check(given, "ALTER TABLE t ADD COLUMN d DEFAULT \"new\";", wrong);
    check(given, "CREATE TABLE u (a TEXT NOT NULL DEFAULT \"new\", \"b\");", wrong);
    check(given, "CREATE TABLE u (a DEFAULT 'new', \"default\" INT, \"b\" DEFAULT 1);", "");
    let refuse = "-- migrate:refuse-if rows are wrong: SELECT 1 FROM t WHERE";
    check(given, &format!("{refuse} \"c\" IS NULL\nCREATE TABLE u (a);"), wrong);
    check(given, &format!("{refuse} \"a\" IS NULL\nCREATE TABLE u (a);"), "");
    let down = |body: &str| {
        let up = "-- migrate:upgrade\nALTER TABLE t RENAME COLUMN a TO c;";
        rules(
            given,
            &format!("{up}\n\n-- migrate:downgrade\n{body}\nALTER TABLE t RENAME COLUMN c TO a;"),
        )
    };
    assert_eq!(down("UPDATE t SET c = lower(\"a\");"), wrong);
    assert_eq!(down("UPDATE t SET c = lower(\"c\");"), "");
    assert_eq!(down(&format!("{refuse} \"a\" IS NULL")), wrong);
    assert_eq!(down(&format!("{refuse} \"c\" IS NULL")), "");
    // What was there before is not this revision's.
    let old = "CREATE TABLE t (a CHECK (a <> \"c\")); CREATE VIEW v AS SELECT \"d\" FROM t;";
    check(old, "CREATE TABLE \"u\" (a);\nALTER TABLE \"t\" ADD COLUMN b;", "");
}

#[test]
fn pragmas_in_transactions() {
    check("", "PRAGMA foreign_keys = OFF;\nCREATE TABLE t (a);", "pragma-in-transaction");
    check("", "pragma main.journal_mode(wal);", "pragma-in-transaction");
    check("", "PRAGMA foreign_keys;", "");
    check("", "PRAGMA user_version = 3;", "");
    check("", "PRAGMA legacy_alter_table = ON;", "");
    let alone = "-- transaction = false\n-- ///\n\n-- migrate:upgrade\nPRAGMA foreign_keys = OFF;";
    assert_eq!(rules("", alone), "");
    let down = "-- migrate:upgrade\nCREATE TABLE t (a);\n\n-- migrate:downgrade\n\
                PRAGMA foreign_keys = OFF;\nDROP TABLE t;";
    assert_eq!(rules("", down), "pragma-in-transaction");
    // What follows is tried out all the same.
    let given = "CREATE TABLE t (a);";
    check(given, "PRAGMA foreign_keys = OFF;\nDROP TABLE t;", "pragma-in-transaction drop-table");
}

#[test]
fn databases_are_attached() {
    check("", "CREATE TABLE attach (a);\nSELECT 'ATTACH';", "");
    let alone = "-- transaction = false\n-- ///\n\n-- migrate:upgrade\nattach 'x.db' AS x;";
    assert_eq!(rules("", alone), "attach-in-wal");
    let text = format!("{alone}\nCREATE TABLE x.old AS SELECT * FROM t;\nDROP TABLE t;");
    assert_eq!(rules("CREATE TABLE t (a);", &text), "attach-in-wal");
    let text = format!("{alone}\nCREATE TABLE t AS SELECT * FROM x.old;");
    assert_eq!(rules("", &text), "attach-in-wal does-not-run");
}

#[test]
fn comments_behind_new_columns() {
    let given = "CREATE TABLE t (a);";
    let found = "trailing-comment-in-add-column";
    check(given, "ALTER TABLE t ADD COLUMN b -- why\n;", found);
    check(given, "ALTER TABLE t ADD b\n-- why\n;\nSELECT 1;", found);
    check(given, "ALTER TABLE t ADD COLUMN b -- why", found);
    check(given, "ALTER TABLE t ADD COLUMN b; -- why", "");
    check(given, "ALTER TABLE t ADD COLUMN b /* why */;", "");
    check(given, "-- why\nALTER TABLE t ADD COLUMN b;\n-- why not\nSELECT 1;", "");
    check(given, "ALTER TABLE t ADD COLUMN b -- why\n  INTEGER;", "");
    check(given, "ALTER TABLE t RENAME TO u -- why\n;", "");
    check(given, "CREATE TABLE u (a) -- why\n;", "");
}

#[test]
fn sqlite_takes_the_comment_into_the_schema() {
    let scratch = crate::db::Scratch::new(crate::db::Quoting::Lenient, &[]).unwrap();
    scratch.execute("CREATE TABLE t (a)").unwrap();
    let err = scratch.execute("ALTER TABLE t ADD COLUMN b -- why\n").unwrap_err();
    assert_eq!(err.message, "error in table t after add column: incomplete input");
    assert!(scratch.execute("ALTER TABLE t ADD COLUMN b -- why\n INTEGER").is_ok());
    assert!(scratch.execute("ALTER TABLE t ADD COLUMN c /* why */").is_ok());
}

#[test]
fn clauses_that_hide_what_is_there() {
    let found = "if-not-exists-hides-drift";
    check("", "CREATE TABLE IF NOT EXISTS t (a);", found);
    check("", "CREATE TABLE t (a);\nCREATE UNIQUE INDEX IF NOT EXISTS i ON t (a);", found);
    check("", "DROP VIEW IF EXISTS v;", found);
    let down =
        "-- migrate:upgrade\nCREATE TABLE t (a);\n\n-- migrate:downgrade\nDROP TABLE IF EXISTS t;";
    assert_eq!(rules("", down), found);
    check("", "CREATE TEMP TABLE IF NOT EXISTS t (a);", "");
    check("", "CREATE TEMP TABLE t (a);\nDROP TABLE IF EXISTS temp.t;", "");
    check(
        "",
        "DROP TABLE IF EXISTS \"TEMP\".t;\nCREATE TEMPORARY TABLE t (a);\nDROP TABLE IF EXISTS t;",
        "",
    );
    check("", "DROP TABLE IF EXISTS temp;", found);
    check("", "CREATE TEMP TABLE t (a);\nDROP TABLE t;\nDROP TABLE IF EXISTS t;", found);
    check("", "CREATE TABLE \"if\" (\"not\", \"exists\");", "");
    check("", "CREATE TABLE t (a DEFAULT 'IF NOT EXISTS'); -- IF NOT EXISTS", "");
}

#[test]
fn downgrades_that_are_empty() {
    let bodies = |up: &str, down: &str| {
        rules(
            "CREATE TABLE t (a);",
            &format!("-- migrate:upgrade\n{up}\n\n-- migrate:downgrade{down}"),
        )
    };
    assert_eq!(bodies("CREATE TABLE u (a);", ""), "no-downgrade");
    assert_eq!(bodies("ALTER TABLE t ADD COLUMN b;", "\n-- nothing\n"), "no-downgrade");
    assert_eq!(bodies("CREATE TABLE u (a);", " irreversible"), "");
    assert_eq!(bodies("PRAGMA user_version = 4;", ""), "no-downgrade");
    assert_eq!(bodies("PRAGMA user_version = 0;", ""), "");
    assert_eq!(bodies("INSERT INTO t VALUES (1);", ""), "");
    assert_eq!(bodies("", ""), "empty-upgrade");
    assert_eq!(bodies("CREATE TABLE u (a);\nDROP TABLE u;", ""), "");
}

#[test]
fn downgrades_that_do_not_lead_back() {
    let bodies = |up: &str, down: &str| {
        let text = format!("-- migrate:upgrade\n{up}\n\n-- migrate:downgrade\n{down}");
        rules("CREATE TABLE t (a, b DEFAULT 1); CREATE INDEX i ON t (a);", &text)
    };
    let wrong = "downgrade-does-not-undo";
    let add = "ALTER TABLE t ADD COLUMN c;";
    assert_eq!(bodies(add, "ALTER TABLE t DROP COLUMN c;"), "");
    assert_eq!(bodies(add, "ALTER TABLE t DROP COLUMN a;"), wrong);
    assert_eq!(bodies(add, "SELECT 1;"), wrong);
    assert_eq!(bodies(add, "DROP TABLE nope;"), wrong);
    assert_eq!(bodies("DROP INDEX i;", "CREATE INDEX i ON t (b);"), wrong);
    assert_eq!(bodies("DROP INDEX i;", "create index I on \"T\" ([a]);"), "");
    let dropped = "-- migrator:allow drop-column\nALTER TABLE t DROP COLUMN b;";
    let version = "PRAGMA user_version = 3;";
    assert_eq!(bodies(version, "SELECT 1;"), wrong);
    assert_eq!(bodies(version, "PRAGMA user_version = 0;"), "");
    // The order of columns is no part of it; a default is.
    assert_eq!(bodies(dropped, "ALTER TABLE t ADD COLUMN b DEFAULT 1;"), "");
    assert_eq!(bodies(dropped, "ALTER TABLE t ADD COLUMN b;"), wrong);
}

#[test]
fn what_a_downgrade_leaves_is_named() {
    let text = "-- migrate:upgrade\nCREATE TABLE t (a);\nCREATE TABLE u (a);\n\n-- migrate:downgrade\nDROP TABLE u;";
    let found = Project::on("", text).findings(&[]);
    assert_eq!(found[0].message, "the downgrade does not lead back: table `t` stays");
    assert_eq!(show(&found), "downgrade-does-not-undo 8:1 -- migrate:downgrade");
    let text = text.replace("DROP TABLE u", "SELECT 1;\nDROP TABLE nope");
    let found = Project::on("", &text).findings(&[]);
    assert_eq!(
        found[0].message,
        "the downgrade does not run after the upgrade: no such table: nope"
    );
    assert_eq!(show(&found), "downgrade-does-not-undo 10:1 DROP TABLE nope");
}

#[test]
fn heads_that_nothing_tells_apart() {
    let body = |id: &str| format!("-- migrate:upgrade\nCREATE TABLE t_{id} (a);");
    let labelled =
        |id: &str, label: &str| format!("-- branch_labels = [\"{label}\"]\n-- ///\n\n{}", body(id));
    let base = || Project::new().revision("a1", &[], &body("a1"));
    let two = base().revision("b2", &["a1"], &body("b2")).revision("c3", &["a1"], &body("c3"));
    assert_eq!(show(&two.findings(&[])), "two-heads 2:15 \"c3\"\ntwo-heads 2:15 \"b2\"");
    assert_eq!(show(&two.findings(&["a1"])), "");
    let merged = two.revision("d4", &["b2", "c3"], "-- migrate:upgrade\nSELECT 1;");
    assert_eq!(show(&merged.findings(&[])), "");
    let apart = base().revision("b2", &["a1"], &labelled("b2", "shop")).revision(
        "c3",
        &["a1"],
        &labelled("c3", "blog"),
    );
    assert_eq!(show(&apart.findings(&[])), "");
    let half = base()
        .revision("b2", &["a1"], &labelled("b2", "shop"))
        .revision("c3", &["a1"], &body("c3"))
        .revision("d4", &["b2"], &body("d4"))
        .revision("e5", &["b2"], &body("e5"));
    assert_eq!(show(&half.findings(&[])), "two-heads 2:15 \"e5\"\ntwo-heads 2:15 \"d4\"");
}

#[test]
fn what_does_not_run_is_found() {
    let project = || {
        Project::new()
            .revision("a1", &[], "-- migrate:upgrade\nCREATE TABLE t (a);")
            .revision("b2", &["a1"], "-- migrate:upgrade\nUPDATE t SET b = 1;")
            .revision(
                "c3",
                &["b2"],
                "-- migrate:upgrade\nDROP TABLE IF EXISTS t;\n-- migrator:allow drop-table",
            )
    };
    // Texts are still looked at, and nothing is said to be unused.
    let all = "does-not-run 6:1 UPDATE t SET b = 1\nif-not-exists-hides-drift 6:12 IF EXISTS";
    assert_eq!(show(&project().findings(&[])), all);
    assert_eq!(show(&project().findings(&["c3"])), all);
    assert_eq!(show(&project().findings(&["a1"])), "");
    let found = project().findings(&["b2"]);
    assert_eq!(found[0].message, "`b2` does not run on an empty database: no such column: b");
    // A query that SQLite does not understand would fail later.
    let query = "-- migrate:refuse-if rows are wrong: SELECT nope FROM t\nCREATE TABLE u (a);";
    check("CREATE TABLE t (a);", query, "does-not-run");
    check("CREATE TABLE t (a);", &query.replace("nope", "app(a)"), "");
    check("", "BEGIN;\nCREATE TABLE t (a);\nCOMMIT;", "does-not-run");
    check("", "CREATE TABLE t (a);\nVACUUM;", "does-not-run");
    check(
        "CREATE TABLE t (a); INSERT INTO t VALUES (1);",
        "ALTER TABLE t ADD COLUMN b NOT NULL;",
        "does-not-run",
    );
}

/// What is not looked at of revisions `id < parents: upgrade`, all or some of them, and the rules that
/// are found.
#[track_caller]
fn check_unseen(revisions: &[&str], linted: &[&str], expected: (&str, &str)) {
    let mut project = Project::new();
    for text in revisions {
        let (header, body) = text.split_once(": ").unwrap();
        let (id, parents) = header.split_once(" < ").unwrap_or((header, ""));
        let parents: Vec<&str> = parents.split_whitespace().collect();
        let marker = if body.contains("migrate:upgrade") { "" } else { "-- migrate:upgrade\n" };
        let text = format!("{marker}{body}\n-- migrate:downgrade irreversible");
        project = project.revision(id, &parents, &text);
    }
    let report = project.report(linted);
    let unseen = report.unseen.map(|it| format!("{} {}", it.because_of, it.n_revisions));
    let names: Vec<&str> = report.findings.iter().map(|it| it.rule.name()).collect();
    assert_eq!((unseen.unwrap_or_default().as_str(), names.join(" ").as_str()), expected);
}

#[test]
fn what_needs_what_does_not_run_is_not_looked_at() {
    const BASE: &str = "a1: CREATE TABLE t (a, b);";
    const FAILS: &str = "b2 < a1: UPDATE nope SET b = 1;";
    const REBUILD: &str = "CREATE TABLE n (a); DROP TABLE t; ALTER TABLE n RENAME TO t;";
    let rebuild = |at: &str| format!("{at}: {REBUILD}");

    check_unseen(&[BASE, &rebuild("c3 < a1")], &[], ("", "drop-table"));
    let line = [BASE, FAILS, &rebuild("c3 < b2")];
    check_unseen(&line, &[], ("b2 2", "does-not-run"));
    check_unseen(&line, &["c3"], ("b2 1", "does-not-run"));
    check_unseen(&line, &["a1"], ("", ""));
    // Another branch has nothing to do with it.
    let branches = [
        BASE,
        FAILS,
        &rebuild("c3 < a1"),
        "d4 < b2 c3: CREATE TABLE u (a);",
        "e5 < c3: DROP TABLE t;",
    ];
    check_unseen(&branches, &["c3", "e5"], ("", "drop-table two-heads drop-table"));
    check_unseen(&branches, &["b2", "c3", "d4"], ("b2 2", "drop-table does-not-run two-heads"));
    let two = [BASE, FAILS, "c3 < a1: DROP TABLE nope;", "d4 < b2 c3: CREATE TABLE u (a);"];
    check_unseen(&two, &[], ("c3 3", "does-not-run does-not-run"));
    // Silenced or not.
    let silenced = [BASE, "b2 < a1: -- migrator:allow does-not-run\nUPDATE nope SET b = 1;"];
    check_unseen(&silenced, &[], ("b2 1", ""));
}

#[test]
fn what_ran_outside_a_transaction_is_taken_back() {
    let half = "b2 < a1: -- transaction = false\n-- ///\n\n-- migrate:upgrade\n\
                CREATE TABLE u (a);\nATTACH 'x.db' AS x;\nUPDATE nope SET b = 1;";
    let revisions = ["a1: CREATE TABLE t (a);", half, "c3 < a1: CREATE TABLE u (a, b);"];
    check_unseen(&revisions, &["c3"], ("", "two-heads"));
}

#[test]
fn rows_that_reference_nothing_do_not_run() {
    let given = "CREATE TABLE p (id INTEGER PRIMARY KEY, b UNIQUE, c);
        CREATE TABLE t (a UNIQUE REFERENCES p);";
    check(given, "INSERT INTO t VALUES (7);", "does-not-run");
    check(given, "INSERT INTO t VALUES (7);\nINSERT INTO p (id) VALUES (7);", "");
    check(given, "INSERT INTO t VALUES (NULL);", "");
    check(given, "CREATE TABLE u (a UNIQUE REFERENCES p (c));", "does-not-run");
    check(given, "CREATE TABLE u (a UNIQUE REFERENCES p (b));", "");
    let odd = given.replace("TABLE t ", "TABLE \"a [child]\" ");
    check(&odd, "INSERT INTO \"a [child]\" VALUES (7);", "does-not-run");
    // It was so before.
    let wrong = format!("{given} INSERT INTO t VALUES (7);");
    check(&wrong, "INSERT INTO t VALUES (NULL);", "");
    check(&wrong, "INSERT INTO t VALUES (8);", "does-not-run");
    let text = "-- migrate:upgrade\nSELECT 1;\nINSERT INTO t VALUES (7);";
    let found = Project::on(given, text).findings(&["b2"]);
    assert_eq!(show(&found), "does-not-run 7:1 INSERT INTO t VALUES (7)");
    assert_eq!(
        found[0].message,
        "`b2` does not run on an empty database: 1 row of `t` would violate foreign keys"
    );
}

#[test]
fn bodies_may_use_the_version_table() {
    let text = "-- migrate:upgrade\nCREATE TABLE t AS SELECT version_num FROM alembic_version;\n\
                CREATE TABLE u (a CHECK (a = 1));\nINSERT INTO u SELECT count(*) FROM t;";
    assert_eq!(rules("CREATE TABLE s (a);", text), "");
}

#[test]
fn a_place_is_one_in_the_text() {
    let text = "-- migrate:upgrade\nUPDATE t SET a = \"ä\" || \"c\";";
    let found = Project::on("CREATE TABLE t (a);", text).findings(&["b2"]);
    for it in found.iter().filter(|it| it.rule == Rule::DoubleQuotedString) {
        let shown = &it.location.source.text[it.location.span.clone()];
        assert_eq!(tokens(shown).count(), 1, "{shown}");
    }
}
