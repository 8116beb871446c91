//! Tables that `exclude` leaves to other programs, and that revisions use

use crate::support::TestEnv;

/// A view over a table of another program, and columns that come and go after it: SQLite alters no
/// table while a view does not compile.
fn env() -> TestEnv {
    let env = TestEnv::with_graph(&["a1"]);
    env.revision("b2")
        .after("a1")
        .up("CREATE VIEW lines AS SELECT line FROM legacy_log, t_a1;")
        .down("DROP VIEW lines;")
        .write();
    env.revision("c3")
        .after("b2")
        .up("ALTER TABLE t_a1 ADD COLUMN size INTEGER;")
        .down("ALTER TABLE t_a1 DROP COLUMN size;")
        .write();
    env.revision("d4")
        .after("c3")
        .up("ALTER TABLE t_a1 RENAME COLUMN size TO n_bytes;")
        .down("ALTER TABLE t_a1 RENAME COLUMN n_bytes TO size;")
        .write();
    env.config("[schema]\nfiles = ['schema.sql']\nexclude = ['legacy_*']");
    env.file(
        "schema.sql",
        "CREATE TABLE t_a1 (id INTEGER PRIMARY KEY, n_bytes INTEGER);\n\
         CREATE TABLE legacy_log (line TEXT);\n\
         CREATE TRIGGER legacy_later AFTER INSERT ON legacy_log BEGIN DELETE FROM t_a1; END;\n\
         CREATE VIEW lines AS SELECT line FROM legacy_log, t_a1;\n",
    );
    env
}

/// A database that the other program has been at.
fn with_database() -> TestEnv {
    let env = env();
    env.sql("CREATE TABLE legacy_log (line TEXT)");
    env.run("upgrade").ok();
    env
}

#[test]
fn verify_tries_revisions_that_use_it() {
    insta::assert_snapshot!(env().run("verify"), @"4 revisions: 4 go up, down and up again");
}

#[test]
fn lint_finds_nothing_broken() {
    insta::assert_snapshot!(env().run("lint --json"), @r#"
    {
      "revisions": 4,
      "errors": 0,
      "warnings": 0,
      "notes": 0,
      "findings": [],
      "unseen": null
    }
    ------- stderr -------
    nothing found in 4 revisions
    "#);
}

#[test]
fn check_compares_as_before() {
    let env = with_database();
    insta::assert_snapshot!(env.run("check"), @"
    ------- stderr -------
    no difference between the revisions and the declared schema
    ");
    insta::assert_snapshot!(env.run("check --database"), @"
    ------- stderr -------
    no difference between the revisions up to d4 and app.db
    ");
}

#[test]
fn status_knows_the_drift_and_what_is_pending() {
    let env = with_database();
    env.run("downgrade c3").ok();
    insta::assert_snapshot!(env.run("status"), @"
    database  app.db
    at        c3
    pending   d4, make d4
    log       5 rows since 2026-11-03 14:40:11
    ------- stderr -------
    nothing is wrong
    ");
}

#[test]
fn an_inserted_revision_is_proven() {
    let env = with_database();
    env.graph(&["x9 < a1"]);
    env.revision("b2")
        .after("x9")
        .up("CREATE VIEW lines AS SELECT line FROM legacy_log, t_a1;")
        .down("DROP VIEW lines;")
        .write();
    insta::assert_snapshot!(env.run("upgrade --out-of-order"), @"
    ------- stderr -------
    upgrade x9, make x9 ([time])
    app.db is at d4
    ");
}

#[test]
fn squash_leaves_it_out_of_the_sum() {
    let env = env();
    insta::assert_snapshot!(env.run("squash b2:d4 -m lines"), @"
    wrote versions/aaaa11112222_lines.sql (proven: the bodies of 3 revisions)
    removed versions/b2.sql
    removed versions/c3.sql
    removed versions/d4.sql
    ");
    insta::assert_snapshot!(env.read("versions/aaaa11112222_lines.sql"), @r#"
    -- /// revision
    -- revision = "aaaa11112222"
    -- replaces = ["b2", "c3", "d4"]
    -- down_revision = "a1"
    -- message = "lines"
    -- create_date = 2026-11-03T14:40:11Z
    -- ///

    -- migrate:upgrade
    -- from b2: make b2
    CREATE VIEW lines AS SELECT line FROM legacy_log, t_a1;

    -- from c3: make c3
    ALTER TABLE t_a1 ADD COLUMN size INTEGER;

    -- from d4: make d4
    ALTER TABLE t_a1 RENAME COLUMN size TO n_bytes;

    -- migrate:downgrade
    -- from d4: make d4
    ALTER TABLE t_a1 RENAME COLUMN n_bytes TO size;

    -- from c3: make c3
    ALTER TABLE t_a1 DROP COLUMN size;

    -- from b2: make b2
    DROP VIEW lines;
    "#);
    insta::assert_snapshot!(env.run("verify"), @"2 revisions: 2 go up, down and up again");
}

#[test]
fn squash_keeps_a_question_behind_what_empties_it() {
    let env = TestEnv::with_graph(&["a1"]);
    env.config("[schema]\nfiles = ['schema.sql']\nexclude = ['legacy_*']");
    env.file("schema.sql", "CREATE TABLE legacy_log (line TEXT);");
    env.revision("e5").after("a1").up("DELETE FROM legacy_log;").down("SELECT 1;").write();
    env.revision("f6")
        .after("e5")
        .up("-- migrate:refuse-if lines: SELECT line FROM legacy_log\nSELECT 1;")
        .down("SELECT 1;")
        .write();
    insta::assert_snapshot!(env.run("squash e5:f6 -m lines"), @"
    ------- stderr -------
    error: what the upgrade of `f6` refuses to run on may be changed by statements of the range before it
     --> versions/f6.sql:8:1
      |
    8 | -- migrate:refuse-if lines: SELECT line FROM legacy_log
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ in one body it would be asked before all statements
    hint: versions/e5.sql:8 runs before it: `DELETE FROM legacy_log`
    hint: let the range begin with `f6`, or end before it
    hint: or, once no database needs it any more, remove the line: a comment is no part of what ran
    [exit status: 2]
    ");
}

#[test]
fn a_new_view_over_it_is_still_told_of() {
    let env = env();
    let schema = env.read("schema.sql") + "CREATE VIEW more AS SELECT * FROM legacy_log;\n";
    env.file("schema.sql", &schema);
    insta::assert_snapshot!(env.run("revision --autogenerate -m more"), @"
      + view  more
    wrote versions/aaaa11112222_more.sql (proven: up and down)
    ------- stderr -------
    warning: the view more uses legacy_log, which `exclude` leaves to others: `upgrade` takes it only in a database that has legacy_log
    ");
}

#[test]
fn what_a_revision_makes_itself_is_not_in_its_way() {
    let env = env();
    env.revision("e5")
        .after("d4")
        .up("CREATE TABLE legacy_users (name TEXT NOT NULL);\n\
             CREATE VIEW names AS SELECT name FROM legacy_users;")
        .down("DROP VIEW names;\nDROP TABLE legacy_users;")
        .write();
    let schema = env.read("schema.sql")
        + "CREATE TABLE legacy_users (id INTEGER);\nCREATE VIEW names AS SELECT id FROM legacy_users;\n";
    env.file("schema.sql", &schema);
    insta::assert_snapshot!(env.run("verify"), @"5 revisions: 5 go up, down and up again");
    // One that takes it away is told so.
    env.revision("f6").after("e5").up("DROP TABLE legacy_users;").irreversible().write();
    insta::assert_snapshot!(env.run("verify"), @"
    failed f6, make f6 (versions/f6.sql:8:1)
      the upgrade fails:
        error: `names` would not compile any more
        caused by: `names`: no such table: main.legacy_users
    6 revisions: 5 go up, down and up again; 1 does not
    [exit status: 1]
    ");
}

#[test]
fn without_a_declaration_it_is_not_there() {
    let env = env();
    env.config("[schema]\nexclude = ['legacy_*']");
    insta::assert_snapshot!(env.run("verify"), @"
    failed b2, make b2 (versions/b2.sql:8:1)
      the upgrade fails:
        error: `lines` would not compile any more
        caused by: `lines`: no such table: main.legacy_log
    failed c3, make c3 (versions/c3.sql:11:1)
      the downgrade fails:
        error: revision `c3` failed at statement 1 of 1
          --> versions/c3.sql:11:1
           |
        11 | ALTER TABLE t_a1 DROP COLUMN size;
           | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ error in view lines: no such table: main.legacy_log
    failed d4, make d4 (versions/d4.sql:8:1)
      the upgrade fails:
        error: revision `d4` failed at statement 1 of 1
         --> versions/d4.sql:8:1
          |
        8 | ALTER TABLE t_a1 RENAME COLUMN size TO n_bytes;
          | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ error in view lines: no such table: main.legacy_log
    4 revisions: 1 goes up, down and up again; 3 do not
    [exit status: 1]
    ");
}

#[test]
fn a_declaration_that_cannot_be_read_is_the_reason() {
    let env = env();
    env.file("schema.sql", "CREATE TABLE t_a1 (id INTEGER PRIMARY KEY;");
    insta::assert_snapshot!(env.run("verify"), @"
    ------- stderr -------
    error: incomplete input
     --> schema.sql:1:1
      |
    1 | CREATE TABLE t_a1 (id INTEGER PRIMARY KEY;
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("lint"), @"
    ------- stderr -------
    error: incomplete input
     --> schema.sql:1:1
      |
    1 | CREATE TABLE t_a1 (id INTEGER PRIMARY KEY;
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    [exit status: 2]
    ");
    // Where nothing uses it, nobody asks.
    env.config("[schema]\nfiles = ['schema.sql']\nexclude = ['others_*']");
    insta::assert_snapshot!(env.run("verify a1"), @"1 revision: 1 goes up, down and up again");
}
