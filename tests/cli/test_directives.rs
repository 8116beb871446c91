//! `-- migrate:refuse-if` and `-- migrate:warn-if`

use crate::support::TestEnv;

const REFUSAL: &str = "-- migrate:refuse-if rows of users have NULL in email: \
                       SELECT rowid FROM users WHERE email IS NULL";

/// A database at `a1` with a table of users, two of them without an email, and a revision that
/// wants all to have one.
fn env() -> TestEnv {
    let env = TestEnv::new();
    env.revision("a1").up("CREATE TABLE users (email TEXT, nickname TEXT);").write();
    env.run("upgrade").ok();
    env.sql("INSERT INTO users VALUES ('a', 'x'), (NULL, NULL), (NULL, 'y')");
    env.revision("b2")
        .after("a1")
        .up(&format!("{REFUSAL}\nALTER TABLE users ALTER COLUMN email SET NOT NULL;"))
        .down("ALTER TABLE users ALTER COLUMN email DROP NOT NULL;")
        .write();
    env
}

#[test]
fn a_revision_refuses_rows_that_it_cannot_take() {
    let env = env();
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    error: 2 rows of users have NULL in email; the first: rowid 2
     --> versions/b2.sql:8:56
      |
    8 | -- migrate:refuse-if rows of users have NULL in email: SELECT rowid FROM users WHERE email IS NULL
      |                                                        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ `b2` refuses to run while this finds rows
    hint: to see them: `SELECT rowid FROM users WHERE email IS NULL`
    hint: nothing was changed; mend the rows, or edit the revision, and run the same command again
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("upgrade --dry-run"), @"
    ------- stderr -------
    error: 2 rows of users have NULL in email; the first: rowid 2
     --> versions/b2.sql:8:56
      |
    8 | -- migrate:refuse-if rows of users have NULL in email: SELECT rowid FROM users WHERE email IS NULL
      |                                                        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ `b2` refuses to run while this finds rows
    hint: to see them: `SELECT rowid FROM users WHERE email IS NULL`
    hint: nothing was changed; mend the rows, or edit the revision, and run the same command again
    [exit status: 2]
    ");
    assert_eq!(env.rows(), ["a1"]);
    env.sql("DELETE FROM users WHERE nickname IS NULL");
    insta::assert_snapshot!(env.run("--json upgrade"), @"
    ------- stderr -------
    error: 1 row of users has NULL in email; the first: rowid 3
     --> versions/b2.sql:8:56
      |
    8 | -- migrate:refuse-if rows of users have NULL in email: SELECT rowid FROM users WHERE email IS NULL
      |                                                        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ `b2` refuses to run while this finds rows
    hint: to see them: `SELECT rowid FROM users WHERE email IS NULL`
    hint: nothing was changed; mend the rows, or edit the revision, and run the same command again
    [exit status: 2]
    ");
    env.sql("UPDATE users SET email = 'y' WHERE email IS NULL");
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    upgrade b2, make b2 ([time])
    app.db is at b2
    ");
}

#[test]
fn everything_that_is_refused_is_said_at_once() {
    let env = env();
    env.revision("b2")
        .after("a1")
        .up(&format!("{REFUSAL}\n-- migrate:refuse-if no nickname: SELECT email, 1 FROM users WHERE nickname IS NULL;"))
        .write();
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    error: 2 rows of users have NULL in email; the first: rowid 2
     --> versions/b2.sql:8:56
      |
    8 | -- migrate:refuse-if rows of users have NULL in email: SELECT rowid FROM users WHERE email IS NULL
      |                                                        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ `b2` refuses to run while this finds rows
    hint: to see them: `SELECT rowid FROM users WHERE email IS NULL`

    error: no nickname: 1 row; the first: email NULL
     --> versions/b2.sql:9:35
      |
    9 | -- migrate:refuse-if no nickname: SELECT email, 1 FROM users WHERE nickname IS NULL;
      |                                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ `b2` refuses to run while this finds rows
    hint: to see them: `SELECT email, 1 FROM users WHERE nickname IS NULL`
    hint: nothing was changed; mend the rows, or edit the revision, and run the same command again
    [exit status: 2]
    ");
}

#[test]
fn what_ran_before_a_refusal_is_rolled_back() {
    let env = env();
    env.revision("b2").after("a1").up("INSERT INTO users VALUES (NULL, 'z');").write();
    env.revision("c3").after("b2").up(REFUSAL).write();
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    upgrade b2, make b2 (1 changed row, [time])
    error: 3 rows of users have NULL in email; the first: rowid 2
     --> versions/c3.sql:8:56
      |
    8 | -- migrate:refuse-if rows of users have NULL in email: SELECT rowid FROM users WHERE email IS NULL
      |                                                        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ `c3` refuses to run while this finds rows
    hint: to see them: `SELECT rowid FROM users WHERE email IS NULL`
    hint: nothing was changed; mend the rows, or edit the revision, and run the same command again
    hint: the query was evaluated after `b2`, which was rolled back; `migrator upgrade b2` stops there
    [exit status: 2]
    ");
    assert_eq!(env.rows(), ["a1"]);
    env.config("transaction = \"revision\"");
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    upgrade b2, make b2 (1 changed row, [time])
    error: 3 rows of users have NULL in email; the first: rowid 2
     --> versions/c3.sql:8:56
      |
    8 | -- migrate:refuse-if rows of users have NULL in email: SELECT rowid FROM users WHERE email IS NULL
      |                                                        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ `c3` refuses to run while this finds rows
    hint: to see them: `SELECT rowid FROM users WHERE email IS NULL`
    hint: the database is at `b2`; mend the rows, or edit the revision, and run the same command again
    [exit status: 3]
    ");
    assert_eq!(env.rows(), ["b2"]);
}

#[test]
fn a_warning_is_said_and_the_revision_runs() {
    let env = env();
    env.revision("b2")
        .after("a1")
        .up("-- migrate:warn-if rows of users have a value in nickname, which is dropped: SELECT rowid FROM users WHERE nickname IS NOT NULL\nALTER TABLE users DROP COLUMN nickname;")
        .down("-- migrate:refuse-if rows of users are left: SELECT email FROM users\nALTER TABLE users ADD COLUMN nickname TEXT;")
        .write();
    insta::assert_snapshot!(env.run("upgrade --dry-run"), @"
    upgrade b2, make b2 (1 statement, 0 changed rows, [time])
    the database would be at b2
    it has 20 KiB now, and up to 28 KiB during the run, its journal included
    ------- stderr -------
    warning: b2: 2 rows of users have a value in nickname, which is dropped
    everything was rolled back; nothing was changed
    ");
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    backup app.db.20261103T144011Z.bak ([time])
    warning: b2: 2 rows of users have a value in nickname, which is dropped
    upgrade b2, make b2 ([time])
    app.db is at b2
    ");
    insta::assert_snapshot!(env.run("downgrade -1"), @"
    ------- stderr -------
    error: 3 rows of users are left; the first: email 'a'
      --> versions/b2.sql:12:46
       |
    12 | -- migrate:refuse-if rows of users are left: SELECT email FROM users
       |                                              ^^^^^^^^^^^^^^^^^^^^^^^ `b2` refuses to run while this finds rows
    hint: to see them: `SELECT email FROM users`
    hint: nothing was changed; mend the rows, or edit the revision, and run the same command again
    [exit status: 2]
    ");
}

#[test]
fn a_query_that_cannot_run_is_pointed_at() {
    let env = env();
    env.revision("b2").after("a1").up("-- migrate:warn-if a: SELECT emial FROM users").write();
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    error: a directive of revision `b2` cannot be evaluated
     --> versions/b2.sql:8:30
      |
    8 | -- migrate:warn-if a: SELECT emial FROM users
      |                              ^^^^^ no such column: emial
    hint: nothing was changed; mend the query in the revision's file
    [exit status: 2]
    ");
    env.revision("b2")
        .after("a1")
        .up("-- migrate:warn-if a: WITH x AS (SELECT 1) DELETE FROM users")
        .write();
    env.revision("c3").after("a1").write();
    insta::assert_snapshot!(env.run("upgrade heads"), @"
    ------- stderr -------
    upgrade c3, make c3 ([time])
    error: a directive of revision `b2` cannot be evaluated; `c3` was rolled back
     --> versions/b2.sql:8:23
      |
    8 | -- migrate:warn-if a: WITH x AS (SELECT 1) DELETE FROM users
      |                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ it would write, and a query only reads
    hint: the database is at `a1`; mend the cause and run the same command again
    [exit status: 3]
    ");
    assert_eq!(env.query("SELECT count(*) FROM users"), ["3"]);
}

#[test]
fn a_script_refuses_and_warns_as_it_can() {
    let env = env();
    env.config("[database]\nurl = \"app.db\"\nlog = false");
    env.revision("b2")
        .after("a1")
        .up(&format!(
            "{REFUSAL}\n-- migrate:warn-if rows of users are old: SELECT 1 FROM users\nSELECT 1;"
        ))
        .write();
    insta::assert_snapshot!(env.run("upgrade a1:b2 --sql"), @r#"
    .bail on

    PRAGMA foreign_keys = OFF;
    BEGIN IMMEDIATE;
    CREATE TABLE temp._migrator_guard (ok CONSTRAINT "alembic_version must hold exactly a1" CHECK (ok));
    INSERT INTO temp._migrator_guard SELECT count(*) = 1 AND sum(version_num IN ('a1')) = 1 FROM alembic_version;
    DROP TABLE temp._migrator_guard;
    CREATE TABLE temp._migrator_violations AS SELECT "table", "rowid" AS "row", parent FROM pragma_foreign_key_check;

    -- Running upgrade a1 -> b2, make b2

    CREATE TABLE temp._migrator_guard (ok CONSTRAINT "b2: rows of users have NULL in email" CHECK (ok));
    INSERT INTO temp._migrator_guard SELECT 0 WHERE EXISTS (SELECT rowid FROM users WHERE email IS NULL);
    DROP TABLE temp._migrator_guard;
    -- migrate:warn-if rows of users are old: SELECT 1 FROM users
    SELECT 1;
    UPDATE alembic_version SET version_num = 'b2' WHERE version_num = 'a1';

    CREATE TABLE temp._migrator_guard (ok CONSTRAINT "rows would violate foreign keys" CHECK (ok));
    INSERT INTO temp._migrator_guard SELECT 0 FROM (SELECT "table", "rowid", parent FROM pragma_foreign_key_check EXCEPT SELECT "table", "row", parent FROM temp._migrator_violations) LIMIT 1;
    DROP TABLE temp._migrator_guard;
    DROP TABLE temp._migrator_violations;
    COMMIT;
    "#);
}

#[test]
fn what_looks_like_a_marker_or_a_directive_must_be_one() {
    let env = TestEnv::new();
    env.file(
        "versions/a1.sql",
        "-- /// revision\n-- revision = \"a1\"\n-- ///\n\n-- migrate:upgrade\n\
         -- migrator:refuse-if rows of t: SELECT 1\nCREATE TABLE t (x); -- Migrator:allow drop-table\n\
         -- migrate:allow drop-table\n\n-- migrator:downgrade\nDROP TABLE t;\n",
    );
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    error: this looks like `-- migrate:refuse-if`, and is only a comment
     --> versions/a1.sql:6:1
      |
    6 | -- migrator:refuse-if rows of t: SELECT 1
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    hint: write exactly `-- migrate:refuse-if`, at the beginning of its line, or begin the comment otherwise

    error: this looks like `-- migrator:allow`, and is only a comment
     --> versions/a1.sql:7:21
      |
    7 | CREATE TABLE t (x); -- Migrator:allow drop-table
      |                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    hint: write exactly `-- migrator:allow`, at the beginning of its line, or begin the comment otherwise

    error: unknown marker `-- migrate:allow`
     --> versions/a1.sql:8:1
      |
    8 | -- migrate:allow drop-table
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^
    hint: did you mean `-- migrator:allow`?

    error: this looks like `-- migrate:downgrade`, and is only a comment
      --> versions/a1.sql:10:1
       |
    10 | -- migrator:downgrade
       | ^^^^^^^^^^^^^^^^^^^^^
    hint: write exactly `-- migrate:downgrade`, at the beginning of its line, or begin the comment otherwise
    [exit status: 2]
    ");
    assert!(!env.path("app.db").exists(), "nothing ran");
}

#[test]
fn wrong_directives_are_mistakes_of_the_file() {
    let env = TestEnv::new();
    env.revision("a1")
        .up("-- migrate:refuse-if rows of users\n\
             -- migrate:refuse-if : SELECT 1\n\
             -- migrate:warn-if a: DELETE FROM users\n\
             -- migrate:warn-if a: SELECT 1; SELECT 2\n  -- migrate:warn-if a: SELECT 1")
        .irreversible()
        .write();
    insta::assert_snapshot!(env.run("heads"), @"
    ------- stderr -------
    error: the directive has no query: `: SELECT …` or `: WITH …` must follow the message
     --> versions/a1.sql:7:1
      |
    7 | -- migrate:refuse-if rows of users
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

    error: the directive has no message
     --> versions/a1.sql:8:1
      |
    8 | -- migrate:refuse-if : SELECT 1
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

    error: the query of a directive is a SELECT, not `DELETE`
     --> versions/a1.sql:9:1
      |
    9 | -- migrate:warn-if a: DELETE FROM users
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    hint: write what the rows are, and the query that lists them: `-- migrate:refuse-if rows of users have NULL in email: SELECT rowid FROM users WHERE email IS NULL`

    error: a directive has one query; this is another statement
      --> versions/a1.sql:10:33
       |
    10 | -- migrate:warn-if a: SELECT 1; SELECT 2
       |                                 ^^^^^^^^
    hint: give each query a line of its own

    error: a marker or a directive begins its line, with `-- migrate:`
      --> versions/a1.sql:11:3
       |
    11 |   -- migrate:warn-if a: SELECT 1
       |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    hint: put it on a line of its own, without blanks before it
    [exit status: 2]
    ");
    env.revision("a1").up("-- migrate:refuse_if rows of users are old: SELECT 1").write();
    insta::assert_snapshot!(env.run("heads"), @"
    ------- stderr -------
    error: unknown marker `-- migrate:refuse_if`
     --> versions/a1.sql:7:1
      |
    7 | -- migrate:refuse_if rows of users are old: SELECT 1
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    hint: did you mean `-- migrate:refuse-if`?
    [exit status: 2]
    ");
    env.file(
        "versions/a1.sql",
        "-- /// revision\n-- revision = \"a1\"\n-- ///\n\n-- migrate:upgrade\n\n\
         -- migrate:downgrade irreversible\n-- migrate:warn-if a: SELECT 1\n",
    );
    insta::assert_snapshot!(env.run("heads"), @"
    ------- stderr -------
    error: the directive stands in no body, and would never be evaluated
     --> versions/a1.sql:8:1
      |
    8 | -- migrate:warn-if a: SELECT 1
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    hint: put it below `-- migrate:upgrade`, or below a `-- migrate:downgrade` that is not irreversible
    [exit status: 2]
    ");
}
