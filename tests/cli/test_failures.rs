//! Runs that fail, and what they leave

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};

use crate::support::TestEnv;

#[test]
fn broken_sql_is_quoted_and_everything_is_rolled_back() {
    let env = TestEnv::with_graph(&["a1"]);
    env.run("upgrade").ok();
    env.graph(&["b2 < a1"]);
    env.revision("c3")
        .after("b2")
        .up("CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT);\n\nUPDATE users SET email = lower(emial);")
        .write();
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    upgrade b2, make b2 ([time])
    error: revision `c3` failed at statement 2 of 2; the 2 revisions from `b2` to `c3` were rolled back
      --> versions/c3.sql:10:32
       |
    10 | UPDATE users SET email = lower(emial);
       |                                ^^^^^ no such column: emial
    hint: the database is at `a1`; mend the cause and run the same command again
    [exit status: 3]
    ");
    assert_eq!(env.rows(), ["a1"]);
    assert_eq!(env.tables(), ["t_a1"]);
}

#[test]
fn a_syntax_error_is_pointed_at() {
    let env = TestEnv::new();
    env.revision("a1").up("CREATE TABEL users (id INTEGER);").write();
    insta::assert_snapshot!(env.run("upgrade"), @r#"
    ------- stderr -------
    error: revision `a1` failed at statement 1 of 1; it was rolled back
     --> versions/a1.sql:7:8
      |
    7 | CREATE TABEL users (id INTEGER);
      |        ^^^^^ near "TABEL": syntax error
    hint: the database is at base; mend the cause and run the same command again
    [exit status: 3]
    "#);
}

#[test]
fn an_error_without_a_place_quotes_the_statement() {
    let env = TestEnv::new();
    env.revision("a1").up("CREATE TABLE t (x UNIQUE);\nINSERT INTO t\n  VALUES (1), (1);").write();
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    error: revision `a1` failed at statement 2 of 2; it was rolled back
     --> versions/a1.sql:8:1
      |
    8 | INSERT INTO t
      | ^^^^^^^^^^^^^ UNIQUE constraint failed: t.x
    hint: the database is at base; mend the cause and run the same command again
    [exit status: 3]
    ");
    env.revision("a1").up("INSERT INTO missing VALUES (1);").write();
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    error: revision `a1` failed at statement 1 of 1; it was rolled back
     --> versions/a1.sql:7:1
      |
    7 | INSERT INTO missing VALUES (1);
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ no such table: missing
    hint: the database is at base; mend the cause and run the same command again
    [exit status: 3]
    ");
}

#[test]
fn with_a_transaction_for_each_revision_those_before_stay() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1"]);
    env.config("transaction = \"revision\"");
    env.revision("c3").after("b2").up("SELECT missing;").write();
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    upgrade a1, make a1 ([time])
    upgrade b2, make b2 ([time])
    error: revision `c3` failed at statement 1 of 1; it was rolled back; the 2 revisions before it, `a1` to `b2`, stay
     --> versions/c3.sql:8:8
      |
    8 | SELECT missing;
      |        ^^^^^^^ no such column: missing
    hint: the database is at `b2`; mend the cause and run the same command again
    [exit status: 3]
    ");
    assert_eq!(env.rows(), ["b2"]);
}

#[test]
fn a_revision_outside_a_transaction_says_what_stays() {
    let env = TestEnv::with_graph(&["a1"]);
    env.revision("b2")
        .after("a1")
        .header("transaction = false")
        .up("CREATE TABLE one (x);\nCREATE TABLE two (x);\nSELECT missing;")
        .write();
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    upgrade a1, make a1 ([time])
    `b2` runs outside a transaction: each statement stays once it is done
    error: revision `b2` failed at statement 3 of 3; 2 statements of `b2` were run and stay; `a1`, before it, stays
      --> versions/b2.sql:11:8
       |
    11 | SELECT missing;
       |        ^^^^^^^ no such column: missing
    hint: the database is at `a1`; before it is run again, undo by hand what `b2` did, or take the statements that were run out of its file
    [exit status: 3]
    ");
    assert_eq!(env.rows(), ["a1"]);
    env.revision("b2").after("a1").header("transaction = false").up("VACUUM;").write();
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    `b2` runs outside a transaction: each statement stays once it is done
    upgrade b2, make b2 ([time])
    app.db is at b2
    ");
}

#[test]
fn the_plan_says_where_it_is_split() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1"]);
    env.revision("c3").after("b2").header("foreign_keys = true").write();
    env.revision("d4").after("c3").write();
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    `a1` to `b2` are one transaction; the rest follows in others
    upgrade a1, make a1 ([time])
    upgrade b2, make b2 ([time])
    `c3` runs with foreign keys enforced, in a transaction of its own
    upgrade c3, make c3 ([time])
    upgrade d4, make d4 ([time])
    app.db is at d4
    ");
}

#[test]
fn transaction_control_in_a_body_is_refused_before_anything_runs() {
    let env = TestEnv::with_graph(&["a1"]);
    env.revision("b2").after("a1").up("BEGIN;\nCREATE TABLE t (x);\nCOMMIT;").write();
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    error: `BEGIN` would begin a transaction inside the one that the revision runs in
     --> versions/b2.sql:8:1
      |
    8 | BEGIN;
      | ^^^^^

    error: `COMMIT` would end the transaction that the revision runs in
      --> versions/b2.sql:10:1
       |
    10 | COMMIT;
       | ^^^^^^
    hint: migrator runs the body in a transaction of its own; leave the statement out, or write `-- transaction = false` into the header to run the body without one
    [exit status: 2]
    ");
    env.revision("b2").after("a1").up("PRAGMA foreign_keys = ON;").write();
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    error: `PRAGMA foreign_keys` is ignored by SQLite inside a transaction
     --> versions/b2.sql:8:1
      |
    8 | PRAGMA foreign_keys = ON;
      | ^^^^^^^^^^^^^^^^^^^
    hint: migrator has them off while a body runs, and checks afterwards that no row lost its parent; leave the statement out, or write `-- foreign_keys = true` into the header to run the body with foreign keys enforced
    [exit status: 2]
    ");
    env.revision("b2").after("a1").up("ATTACH 'other.db' AS other;").write();
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    error: `ATTACH` would add a database that need not be committed together with this one
     --> versions/b2.sql:8:1
      |
    8 | ATTACH 'other.db' AS other;
      | ^^^^^^
    hint: migrator runs the body in a transaction of its own; leave the statement out, or write `-- transaction = false` into the header to run the body without one
    [exit status: 2]
    ");
    assert!(!env.path("app.db").exists());
}

#[test]
fn a_statement_that_ends_the_transaction_is_an_error() {
    let env = TestEnv::new();
    env.revision("a1")
        .up("CREATE TABLE t (x UNIQUE);\nINSERT INTO t VALUES (1);\nINSERT OR ROLLBACK INTO t VALUES (1);")
        .write();
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    error: revision `a1` failed at statement 3 of 3; it was rolled back
     --> versions/a1.sql:9:1
      |
    9 | INSERT OR ROLLBACK INTO t VALUES (1);
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ UNIQUE constraint failed: t.x
    hint: the database is at base; mend the cause and run the same command again
    [exit status: 3]
    ");
    env.revision("a1")
        .up("CREATE TABLE t (x);\nCREATE TRIGGER no BEFORE INSERT ON t\nBEGIN\n  SELECT RAISE(ROLLBACK, 'not today');\nEND;\nINSERT INTO t VALUES (1);\nCREATE TABLE after (x);")
        .write();
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    error: revision `a1` failed at statement 3 of 4; it was rolled back
      --> versions/a1.sql:12:1
       |
    12 | INSERT INTO t VALUES (1);
       | ^^^^^^^^^^^^^^^^^^^^^^^^ not today
    hint: the database is at base; mend the cause and run the same command again
    [exit status: 3]
    ");
    assert!(env.tables().is_empty());
}

#[test]
fn rows_without_parents_are_refused() {
    let env = TestEnv::new();
    env.revision("a1")
        .up("CREATE TABLE p (id INTEGER PRIMARY KEY);\nCREATE TABLE c (p REFERENCES p);\nINSERT INTO c VALUES (1), (2);")
        .write();
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    upgrade a1, make a1 (2 changed rows, [time])
    error: 2 rows of `c` would violate foreign keys; `a1` was rolled back
    caused by: `c` references rows of `p` that are not there; rowid 1, 2
    hint: the database is at base; mend the cause and run the same command again
    [exit status: 3]
    ");
}

#[test]
fn a_view_that_would_not_compile_any_more_is_refused() {
    let env = TestEnv::new();
    env.revision("a1").up("CREATE TABLE t (x, y);\nCREATE VIEW v AS SELECT y FROM t;").write();
    env.run("upgrade").ok();
    env.revision("b2").after("a1").up("DROP TABLE t;\nCREATE TABLE t (x);").write();
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    backup app.db.20261103T144011Z.bak ([time])
    warning: `b2`: 1 drop-table; `migrator lint b2` tells more
    upgrade b2, make b2 ([time])
    removed app.db.20261103T144011Z.bak again: the database is what it was
    error: `v` would not compile any more; `b2` was rolled back
    caused by: `v`: no such column: y
    hint: the database is at `a1`; mend the cause and run the same command again
    [exit status: 3]
    ");
    assert_eq!(env.rows(), ["a1"]);
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let env = TestEnv::with_graph(&["a1"]);
    env.file("app.db", "this is a text, and no database at all\n");
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    error: `$DIR/app.db` is not an SQLite database
    caused by: file is not a database
    hint: check the path: it comes from `--url`, or else from `database.url` in alembic.toml
    [exit status: 2]
    ");
    let env = TestEnv::with_graph(&["a1"]);
    env.folder("app.db");
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    error: `$DIR/app.db` is a folder, not a database
    hint: check the path: it comes from `--url`, or else from `database.url` in alembic.toml
    [exit status: 2]
    ");
}

#[test]
fn a_database_that_another_process_holds_is_waited_for() {
    let env = TestEnv::with_graph(&["a1"]);
    env.config("[database]\nurl = \"app.db\"\nbusy_timeout = \"100ms\"");
    let other = env.db();
    other.execute_batch("BEGIN IMMEDIATE; CREATE TABLE x (y)").unwrap();
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    error: the database `$DIR/app.db` is locked by another process
    hint: nothing was changed; run it again when the other process is done, or wait longer: `busy_timeout` under `[database]` in alembic.toml
    [exit status: 2]
    ");
    // Ctrl-C ends the waiting.
    env.config("[database]\nurl = \"app.db\"\nbusy_timeout = \"1m\"");
    let mut child = env.command(&["upgrade"]).stderr(Stdio::piped()).spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut text = String::new();
    stderr.read_line(&mut text).unwrap();
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    stderr.read_to_string(&mut text).unwrap();
    insta::assert_snapshot!(env.normalize(&text), @"
    another process holds the database; waiting ([time])
    error: cancelled
    hint: nothing was changed
    ");
    assert_eq!(child.wait().unwrap().code(), Some(2));
    drop(other);
    env.run("upgrade").ok();
}

/// What is said of a body that changes the version table; the table is as it was.
#[track_caller]
fn version_table_changed_by(header: &str, up: &str) -> (TestEnv, String) {
    let env = TestEnv::with_graph(&["a1"]);
    env.run("upgrade -q").exits_with(0);
    let revision = env.revision("b2").after("a1");
    let revision = if header.is_empty() { revision } else { revision.header(header) };
    revision.up(up).write();
    let said = env.run("upgrade").exits_with(3);
    (env, said)
}

#[test]
fn a_body_that_changes_the_version_table_is_named() {
    let up = "CREATE TABLE t (x);\nDELETE FROM alembic_version;";
    let (env, said) = version_table_changed_by("", up);
    insta::assert_snapshot!(said, @"
    backup app.db.20261103T144011Z.bak ([time])
    warning: `b2`: 1 delete-rows; `migrator lint b2` tells more
    removed app.db.20261103T144011Z.bak again: the database is what it was
    error: statement 2 of 2 of revision `b2` changes `alembic_version`, whose rows migrator writes; it was rolled back
     --> versions/b2.sql:9:1
      |
    9 | DELETE FROM alembic_version;
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^
    hint: leave the statement out: what the table says follows from what ran, and `migrator stamp` sets it where nothing is to run
    hint: the database is at `a1`; mend the cause and run the same command again
    ");
    assert_eq!(env.rows(), ["a1"]);
    insta::assert_snapshot!(env.run("status"), @"
    database  app.db
    at        a1
    pending   b2, make b2
    lint      1 downgrade-does-not-undo, 1 does-not-run; `migrator lint current:` tells more
    log       1 row since 2026-11-03 14:40:11
    ------- stderr -------
    warning: `b2` does not run in memory: of 1 revision only the text was looked at, not what it does to the schema
    nothing is wrong with what ran
    ");

    insta::assert_snapshot!(env.run("lint"), @"
    error[does-not-run]: `b2` does not run on an empty database: statement 2 of 2 of revision `b2` changes `alembic_version`, whose rows migrator writes
     --> versions/b2.sql:9:1
      |
    9 | DELETE FROM alembic_version;
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^
    hint: what it and the revisions that need it do to the schema is not checked

    error[downgrade-does-not-undo]: the downgrade does not run after the upgrade: no such table: t_b2
      --> versions/b2.sql:12:1
       |
    12 | DROP TABLE t_b2;
       | ^^^^^^^^^^^^^^^
    hint: the upgrade and then the downgrade were run on an empty database

    ------- stderr -------
    warning: `b2` does not run in memory: of 1 revision only the text was looked at, not what it does to the schema
    2 errors in 2 revisions
    [exit status: 1]
    ");
    insta::assert_snapshot!(env.run("verify"), @"
    failed b2, make b2 (versions/b2.sql:9:1)
      the upgrade fails:
        error: statement 2 of 2 of revision `b2` changes `alembic_version`, whose rows migrator writes
         --> versions/b2.sql:9:1
          |
        9 | DELETE FROM alembic_version;
          | ^^^^^^^^^^^^^^^^^^^^^^^^^^^
    2 revisions: 1 goes up, down and up again; 1 does not
    [exit status: 1]
    ");

    for up in [
        "INSERT INTO Alembic_Version VALUES ('x');",
        "UPDATE \"alembic_version\" SET version_num = 'x';",
    ] {
        let (env, said) = version_table_changed_by("", up);
        assert!(
            said.contains("statement 1 of 1 of revision `b2` changes `alembic_version`"),
            "{said}"
        );
        assert_eq!(env.rows(), ["a1"]);
    }
    let (_, said) = version_table_changed_by("transaction = false", up);
    insta::assert_snapshot!(said, @"
    warning: `b2`: 1 delete-rows; `migrator lint b2` tells more
    `b2` runs outside a transaction: each statement stays once it is done
    backup app.db.20261103T144011Z.bak ([time])
    error: statement 2 of 2 of revision `b2` changes `alembic_version`, whose rows migrator writes; 2 statements of `b2` were run and stay
      --> versions/b2.sql:10:1
       |
    10 | DELETE FROM alembic_version;
       | ^^^^^^^^^^^^^^^^^^^^^^^^^^^
    hint: leave the statement out: what the table says follows from what ran, and `migrator stamp` sets it where nothing is to run
    hint: the database is at base; before it is run again, undo by hand what `b2` did, or take the statements that were run out of its file
    ");
}
