//! `migrator upgrade`

use crate::support::TestEnv;

/// A base, two branches, and a merge.
const DIAMOND: &[&str] = &["a1", "b2 < a1 [left]", "c3 < a1 [right]", "d4 < b2 c3"];

#[test]
fn one_line_for_each_revision() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1"]);
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    upgrade a1, make a1 ([time])
    upgrade b2, make b2 ([time])
    app.db is at b2
    ");
    assert_eq!(env.rows(), ["b2"]);
    assert_eq!(env.tables(), ["t_a1", "t_b2"]);
    insta::assert_snapshot!(env.run("upgrade head"), @"
    ------- stderr -------
    nothing to do: app.db is at b2
    ");
}

#[test]
fn steps_and_names_are_targets() {
    let env = TestEnv::with_graph(&["a100", "b200 < a100", "c300 < b200", "d400 < c300"]);
    insta::assert_snapshot!(env.run("upgrade +1"), @"
    ------- stderr -------
    upgrade a100, make a100 ([time])
    app.db is at a100
    ");
    insta::assert_snapshot!(env.run("upgrade b2"), @"
    ------- stderr -------
    upgrade b200, make b200 ([time])
    app.db is at b200
    ");
    insta::assert_snapshot!(env.run("upgrade b200+1"), @"
    ------- stderr -------
    upgrade c300, make c300 ([time])
    app.db is at c300
    ");
    insta::assert_snapshot!(env.run("upgrade a100"), @"
    ------- stderr -------
    nothing to do: app.db is at c300
    ");
    insta::assert_snapshot!(env.run("upgrade base"), @"
    ------- stderr -------
    nothing to do: app.db is at c300
    ");
    insta::assert_snapshot!(env.run("upgrade head-1"), @"
    ------- stderr -------
    nothing to do: app.db is at c300
    ");
    insta::assert_snapshot!(env.run("upgrade base+4"), @"
    ------- stderr -------
    upgrade d400, make d400 ([time])
    app.db is at d400
    ");
    insta::assert_snapshot!(env.run("upgrade +1"), @"
    ------- stderr -------
    error: `+1` is out of range: there is no step that way
    hint: `migrator history` lists the revisions in order
    [exit status: 2]
    ");
}

#[test]
fn labels_are_targets() {
    let env = TestEnv::with_graph(DIAMOND);
    insta::assert_snapshot!(env.run("upgrade left@+1"), @"
    ------- stderr -------
    upgrade a1, make a1 ([time])
    app.db is at a1
    ");
    insta::assert_snapshot!(env.run("upgrade right@c3"), @"
    ------- stderr -------
    upgrade c3, make c3 ([time])
    app.db is at c3
    ");
    insta::assert_snapshot!(env.run("upgrade left"), @"
    ------- stderr -------
    upgrade b2, make b2 ([time])
    app.db is at c3, b2
    ");
    insta::assert_snapshot!(env.run("upgrade left@head"), @"
    ------- stderr -------
    upgrade d4, make d4 ([time])
    app.db is at d4
    ");
    assert_eq!(env.rows(), ["d4"]);
}

#[test]
fn several_heads_are_all_meant_by_heads() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1 [shop]", "c3 < a1", "x9"]);
    insta::assert_snapshot!(env.run("upgrade"), @r#"
    ------- stderr -------
    error: `head` is ambiguous, there are several heads: `b2`, `c3`, `x9`
    hint: say `heads` for all of them, or name one
    hint: `migrator merge heads -m "…"` joins them in one revision
    [exit status: 2]
    "#);
    insta::assert_snapshot!(env.run("upgrade shop@head"), @"
    ------- stderr -------
    upgrade a1, make a1 ([time])
    upgrade b2, make b2 ([time])
    app.db is at b2
    ");
    insta::assert_snapshot!(env.run("upgrade heads"), @"
    ------- stderr -------
    upgrade x9, make x9 ([time])
    upgrade c3, make c3 ([time])
    app.db is at b2, x9, c3
    ");
    assert_eq!(env.rows(), ["b2", "c3", "x9"]);
    insta::assert_snapshot!(env.run("upgrade +1"), @"
    ------- stderr -------
    error: `+1` is ambiguous: the database is at several revisions: `b2`, `x9`, `c3`
    hint: say from which: `b2@+1` or `x9@+1` or `c3@+1`
    [exit status: 2]
    ");
}

#[test]
fn a_wrong_target_is_refused_and_makes_no_database() {
    let env = TestEnv::with_graph(&["27c6a30d7c24 [shop]", "27c6b1 < 27c6a30d7c24"]);
    insta::assert_snapshot!(env.run("upgrade haed"), @"
    ------- stderr -------
    error: no revision or branch label is called `haed` or begins with it
    hint: `migrator history` lists all revisions and labels
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("upgrade 27c6"), @"
    ------- stderr -------
    error: `27c6` is the beginning of several revisions: `27c6a30d7c24`, `27c6b1`
    hint: type more of it
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("upgrade +3"), @"
    ------- stderr -------
    error: `+3` is out of range: there are 2 steps that way
    hint: `migrator history` lists the revisions in order
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("upgrade -1"), @"
    ------- stderr -------
    error: `-1` has no meaning here: an upgrade leads up
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("upgrade shopp@head"), @"
    ------- stderr -------
    error: no branch label or revision is called `shopp`
    hint: did you mean `shop`?
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("upgrade 27c6b1+1x"), @"
    ------- stderr -------
    error: `27c6b1+1x` is no revision: after `+` or `-` stands a number and nothing else
    hint: revisions are named by id, `head`, `heads`, `base`, `+N`, `-N`, `REV+N`, `REV-N`, `LABEL@head` and the like
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("upgrade base:head"), @"
    ------- stderr -------
    error: `base:head` is a range, which is for --sql only
    hint: name only the target; where the database is, it knows itself
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("upgrade ''"), @"
    ------- stderr -------
    error: `` is no revision: there is nothing
    hint: revisions are named by id, `head`, `heads`, `base`, `+N`, `-N`, `REV+N`, `REV-N`, `LABEL@head` and the like
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("upgrade current"), @"
    ------- stderr -------
    error: `current` has no meaning here: it needs a database to start from
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("upgrade 27c6a30d7c24 27c6b1"), @"
    ------- stderr -------
    error: unexpected argument '27c6b1' found

    Usage: migrator upgrade [OPTIONS] [TARGET]

    For more information, try '--help'.
    [exit status: 2]
    ");
    assert!(!env.path("app.db").exists());
}

#[test]
fn a_misspelt_option_is_no_target() {
    let env = TestEnv::with_graph(&["a1"]);
    insta::assert_snapshot!(env.run("upgrade --dryrun"), @"
    ------- stderr -------
    error: `--dryrun` is no revision: after `+` or `-` stands a number and nothing else
    hint: revisions are named by id, `head`, `heads`, `base`, `+N`, `-N`, `REV+N`, `REV-N`, `LABEL@head` and the like
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("upgrade -z"), @"
    ------- stderr -------
    error: `-z` is no revision: after `+` or `-` stands a number and nothing else
    hint: revisions are named by id, `head`, `heads`, `base`, `+N`, `-N`, `REV+N`, `REV-N`, `LABEL@head` and the like
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("downgrade --dryrun"), @"
    ------- stderr -------
    error: `--dryrun` is no revision: after `+` or `-` stands a number and nothing else
    hint: revisions are named by id, `head`, `heads`, `base`, `+N`, `-N`, `REV+N`, `REV-N`, `LABEL@head` and the like
    [exit status: 2]
    ");
}

#[test]
fn a_revision_of_another_branch_is_refused() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1 [shop]", "c3 < a1"]);
    insta::assert_snapshot!(env.run("upgrade shop@c3"), @"
    ------- stderr -------
    error: revision `c3` is not on the branch `shop`
    hint: `migrator history -r shop@base:shop@head` lists the branch
    [exit status: 2]
    ");
}

#[test]
fn an_empty_project_has_nothing_to_do() {
    let env = TestEnv::new();
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    nothing to do: app.db is at base
    ");
    insta::assert_snapshot!(env.run("upgrade heads"), @"
    ------- stderr -------
    nothing to do: app.db is at base
    ");
    assert!(!env.path("app.db").exists());
}

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
    error: revision `c3` failed at statement 2 of 2; all 2 revisions from `b2` to `c3` were rolled back
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
    env.revision("a1")
        .up("CREATE TABLE t (x UNIQUE);\nINSERT INTO t\n  VALUES (1), (1);")
        .write();
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
    insta::assert_snapshot!(env.run("upgrade"), @r#"
    ------- stderr -------
    error: revision `a1` failed at statement 1 of 1; it was rolled back
     --> versions/a1.sql:7:13
      |
    7 | INSERT INTO nothing VALUES (1);
      |             ^^^^^^^ near "nothing": syntax error
    hint: the database is at base; mend the cause and run the same command again
    [exit status: 3]
    "#);
}

#[test]
fn with_a_transaction_for_each_revision_those_before_stay() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1"]);
    env.config("transaction = \"revision\"");
    env.revision("c3").after("b2").up("SELECT missing;").write();
    insta::assert_snapshot!(env.run("upgrade"), @r#"
    ------- stderr -------
    upgrade a1, make a1 ([time])
    upgrade b2, make b2 ([time])
    error: revision `c3` failed at statement 1 of 1; it was rolled back; the 2 revisions before it, `a1` to `b2`, stay
     --> versions/c3.sql:8:8
      |
    8 | SELECT missing;
      |        ^^^^^^^ near "nothing": syntax error
    hint: the database is at `b2`; mend the cause and run the same command again
    [exit status: 3]
    "#);
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
    insta::assert_snapshot!(env.run("upgrade"), @r#"
    ------- stderr -------
    upgrade a1, make a1 ([time])
    error: revision `b2` failed at statement 3 of 3; 2 statements of `b2` were run and stay; `a1`, before it, stays
      --> versions/b2.sql:11:8
       |
    11 | SELECT missing;
       |        ^^^^^^^ near "nothing": syntax error
    hint: the database is at `a1`; mend the cause and run the same command again
    [exit status: 3]
    "#);
    assert_eq!(env.rows(), ["a1"]);
    env.revision("b2").after("a1").header("transaction = false").up("VACUUM;").write();
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    upgrade b2, make b2 ([time])
    app.db is at b2
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
    hint: migrator runs the body in a transaction of its own; leave the statement out, or write `-- transaction = false` into the header to run the body without one

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
    hint: migrator runs the body in a transaction of its own; leave the statement out, or write `-- transaction = false` into the header to run the body without one
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
    upgrade a1, make a1 ([time])
    error: 2 rows of `c` would violate foreign keys; it was rolled back
    hint: `c` references rows of `p` that are not there; rowid 1, 2
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
    upgrade b2, make b2 ([time])
    error: `v` would not compile any more; it was rolled back
    hint: `v`: no such column: y
    hint: the database is at `a1`; mend the cause and run the same command again
    [exit status: 3]
    ");
    assert_eq!(env.rows(), ["a1"]);
}

#[test]
fn an_id_that_no_file_declares_is_explained() {
    let env = TestEnv::with_graph(&["a1"]);
    env.run("upgrade").ok();
    env.sql("UPDATE alembic_version SET version_num = 'feedbeef'");
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    error: the database is at `feedbeef`, which no revision file declares
    hint: a newer version of the program may have upgraded the database: use its revision files, which have `feedbeef`
    hint: if the revision is gone for good, `migrator stamp REVISION` replaces it by one that exists, without running anything
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("current"), @"
    ------- stderr -------
    error: the database is at `feedbeef`, which no revision file declares
    hint: a newer version of the program may have upgraded the database: use its revision files, which have `feedbeef`
    hint: if the revision is gone for good, `migrator stamp REVISION` replaces it by one that exists, without running anything
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("downgrade base"), @"
    ------- stderr -------
    error: the database is at `feedbeef`, which no revision file declares
    hint: a newer version of the program may have upgraded the database: use its revision files, which have `feedbeef`
    hint: if the revision is gone for good, `migrator stamp REVISION` replaces it by one that exists, without running anything
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("history -i"), @"
    ------- stderr -------
    error: the database is at `feedbeef`, which no revision file declares
    hint: a newer version of the program may have upgraded the database: use its revision files, which have `feedbeef`
    hint: if the revision is gone for good, `migrator stamp REVISION` replaces it by one that exists, without running anything
    [exit status: 2]
    ");
}

#[test]
fn rows_on_one_line_are_explained() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1", "c3 < b2"]);
    env.run("upgrade b2").ok();
    env.sql("INSERT INTO alembic_version VALUES ('a1')");
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    error: the version table has two rows of one line: `a1` comes before `b2`, so only `b2` should be there
    hint: the version table was edited by hand, or a file was changed after it ran; `migrator stamp b2` leaves the one row, without running anything
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("stamp b2"), @"
    ------- stderr -------
    app.db is at b2
    ");
    assert_eq!(env.rows(), ["b2"]);
}

#[test]
fn a_dry_run_does_everything_and_leaves_nothing() {
    let env = TestEnv::with_graph(&["a1"]);
    env.run("upgrade").ok();
    env.revision("b2")
        .after("a1")
        .up("INSERT INTO t_a1 VALUES (1), (2), (3);\nDELETE FROM t_a1 WHERE id = 1;")
        .write();
    env.graph(&["c3 < b2"]);
    let log = env.query("SELECT count(*) FROM migrator_log");
    insta::assert_snapshot!(env.run("upgrade --dry-run"), @"
    upgrade b2, make b2 (2 statements, 4 changed rows, [time])
    upgrade c3, make c3 (1 statement, 0 changed rows, [time])
    the database would be at c3
    ------- stderr -------
    everything was rolled back; nothing was changed
    ");
    assert_eq!(env.rows(), ["a1"]);
    assert_eq!(env.tables(), ["t_a1"]);
    assert_eq!(env.query("SELECT count(*) FROM t_a1"), ["0"]);
    assert_eq!(env.query("SELECT count(*) FROM migrator_log"), log);
    insta::assert_snapshot!(env.run("upgrade --dry-run b2 -v"), @"
    upgrade b2, make b2 (2 statements, 4 changed rows, [time])
    the database would be at b2
    ------- stderr -------
        INSERT INTO t_a1 VALUES (1), (2), (3)
        DELETE FROM t_a1 WHERE id = 1
        1 revision committed
    everything was rolled back; nothing was changed
    ");
    insta::assert_snapshot!(env.run("upgrade --dry-run a1"), @"
    the database is at a1
    ------- stderr -------
    everything was rolled back; nothing was changed
    ");
}

#[test]
fn a_dry_run_without_a_database_makes_none() {
    let env = TestEnv::with_graph(&["a1"]);
    let before = env.files();
    insta::assert_snapshot!(env.run("upgrade --dry-run"), @"
    upgrade a1, make a1 (1 statement, 0 changed rows, [time])
    the database would be at a1
    ------- stderr -------
    everything was rolled back; nothing was changed
    ");
    insta::assert_snapshot!(env.run("upgrade --dry-run --url :memory:"), @"
    upgrade a1, make a1 (1 statement, 0 changed rows, [time])
    the database would be at a1
    ------- stderr -------
    everything was rolled back; nothing was changed
    ");
    assert_eq!(env.files(), before);
}

#[test]
fn a_dry_run_fails_as_the_run_would() {
    let env = TestEnv::with_graph(&["a1"]);
    env.run("upgrade").ok();
    env.revision("b2").after("a1").up("SELECT missing;").write();
    insta::assert_snapshot!(env.run("upgrade --dry-run"), @r#"
    ------- stderr -------
    error: revision `b2` failed at statement 1 of 1; it was rolled back
     --> versions/b2.sql:8:8
      |
    8 | SELECT missing;
      |        ^^^^^^^ near "nothing": syntax error
    hint: the database is at `a1`; mend the cause and run the same command again
    [exit status: 3]
    "#);
    env.revision("b2").after("a1").header("transaction = false").up("VACUUM;").write();
    insta::assert_snapshot!(env.run("upgrade --dry-run"), @"
    ------- stderr -------
    error: revision `b2` cannot be rehearsed: it runs outside a transaction
    hint: rehearse the revisions before it by naming them: `migrator upgrade --dry-run REVISION`
    [exit status: 2]
    ");
    assert_eq!(env.rows(), ["a1"]);
}

#[test]
fn the_log_keeps_a_tag() {
    let env = TestEnv::with_graph(&["a1"]);
    env.run("upgrade --tag 'release 7'").ok();
    assert_eq!(env.query("SELECT tag FROM migrator_log"), ["release 7"]);
}

#[test]
fn the_database_and_its_folder_are_made() {
    let env = TestEnv::with_graph(&["a1"]);
    env.config("[database]\nurl = \"sqlite:///deep/down/app.db\"");
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    upgrade a1, make a1 ([time])
    deep/down/app.db is at a1
    ");
    assert!(env.path("deep/down/app.db").exists());
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let env = TestEnv::with_graph(&["a1"]);
    env.file("app.db", "this is a text, and no database at all\n");
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    error: `$DIR/app.db` is not an SQLite database
    caused by: file is not a database
    hint: check `database.url` in alembic.toml, or give another with `--url`
    [exit status: 2]
    ");
    let env = TestEnv::with_graph(&["a1"]);
    env.folder("app.db");
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    error: `$DIR/app.db` is a folder, not a database
    hint: check `database.url` in alembic.toml, or give another with `--url`
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
    drop(other);
    env.run("upgrade").ok();
}
