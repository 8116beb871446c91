//! `migrator verify`

use crate::support::TestEnv;

#[test]
fn everything_goes_up_down_and_up_again() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1", "c3 < a1", "d4 < b2 c3"]);
    env.revision("e5").after("d4").up("DELETE FROM t_a1;").irreversible().write();
    insta::assert_snapshot!(env.run("verify"), @"
    irreversible e5, make e5
    5 revisions: 4 go up, down and up again; 1 irreversible
    ");
    insta::assert_snapshot!(env.run("verify -v"), @"
    ok a1, make a1
    ok c3, make c3
    ok b2, make b2
    ok d4, make d4
    irreversible e5, make e5
    5 revisions: 4 go up, down and up again; 1 irreversible
    ");
    insta::assert_snapshot!(env.run("verify -v b2"), @"
    ok a1, make a1
    ok b2, make b2
    2 revisions: 2 go up, down and up again
    ");
    insta::assert_snapshot!(env.run("verify -v b2:d4"), @"
    ok c3, make c3
    ok d4, make d4
    2 revisions: 2 go up, down and up again
    ");
    insta::assert_snapshot!(env.run("verify -v d4:"), @"
    irreversible e5, make e5
    1 revision: 0 go up, down and up again; 1 irreversible
    ");
    insta::assert_snapshot!(env.run("verify a1:a1"), @"
    ------- stderr -------
    there is nothing to try
    ");
    assert!(!env.path("app.db").exists());
}

#[test]
fn without_revisions_there_is_nothing_to_try() {
    let env = TestEnv::new();
    insta::assert_snapshot!(env.run("verify"), @r#"
    ------- stderr -------
    there are no revisions yet; `migrator revision -m "…"` makes one
    "#);
    insta::assert_snapshot!(env.run("verify --json"), @r#"
    {
      "is_clean": true,
      "revisions": []
    }
    "#);
    insta::assert_snapshot!(env.run("verify nope"), @"
    ------- stderr -------
    error: no revision or branch label is called `nope` or begins with it
    hint: `migrator history` lists all revisions and labels
    [exit status: 2]
    ");
}

/// Wrong downgrades of each kind.
fn wrong() -> TestEnv {
    let env = TestEnv::with_graph(&["a1"]);
    env.revisions(
        "
        b2 < a1
        + ALTER TABLE t_a1 ADD COLUMN name TEXT;
        + CREATE INDEX ix_name ON t_a1 (name);
        - DROP INDEX ix_name;
        c3 < b2
        + CREATE TABLE u (a);
        - DROP TABLE u;
        - DROP TABLE v;
        d4 < c3
        + ALTER TABLE u ADD COLUMN b;
        - DROP TABLE u;
        - CREATE TABLE u (a TEXT);
        e5 < d4
        + INSERT INTO t_a1 (id) VALUES (1);
        -
    ",
    );
    env.revision("f6").after("e5").up("SELECT id,\n  nope FROM t_a1;").write();
    env.graph(&["g7 < f6"]);
    env
}

#[test]
fn what_is_wrong_is_listed_for_each_revision() {
    let env = wrong();
    insta::assert_snapshot!(env.run("verify"), @"
    failed b2, make b2 (versions/b2.sql:12:1)
      after the downgrade the schema is not the one before:
        + column  t_a1.name  stayed: TEXT
      the upgrade fails the second time:
        error: revision `b2` failed at statement 1 of 2
         --> versions/b2.sql:8:1
          |
        8 | ALTER TABLE t_a1 ADD COLUMN name TEXT;
          | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ duplicate column name: name
    failed c3, make c3 (versions/c3.sql:12:1)
      the downgrade fails:
        error: revision `c3` failed at statement 2 of 2
          --> versions/c3.sql:12:1
           |
        12 | DROP TABLE v;
           | ^^^^^^^^^^^^ no such table: v
    failed d4, make d4 (versions/d4.sql:11:1)
      after the downgrade the schema is not the one before:
        ~ column  u.a  changed: now TEXT
    failed e5, make e5 (versions/e5.sql:8:1)
      the upgrade fails the second time:
        error: revision `e5` failed at statement 1 of 1
         --> versions/e5.sql:8:1
          |
        8 | INSERT INTO t_a1 (id) VALUES (1);
          | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ UNIQUE constraint failed: t_a1.id
    failed f6, make f6 (versions/f6.sql:9:3)
      the upgrade fails:
        error: revision `f6` failed at statement 1 of 1
         --> versions/f6.sql:9:3
          |
        9 |   nope FROM t_a1;
          |   ^^^^ no such column: nope
    not tried g7, make g7: it needs f6, which does not go up
    7 revisions: 1 goes up, down and up again; 5 do not; 1 not tried
    [exit status: 1]
    ");
    insta::assert_snapshot!(env.run("verify d4:"), @"
    failed e5, make e5 (versions/e5.sql:8:1)
      the upgrade fails the second time:
        error: revision `e5` failed at statement 1 of 1
         --> versions/e5.sql:8:1
          |
        8 | INSERT INTO t_a1 (id) VALUES (1);
          | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ UNIQUE constraint failed: t_a1.id
    failed f6, make f6 (versions/f6.sql:9:3)
      the upgrade fails:
        error: revision `f6` failed at statement 1 of 1
         --> versions/f6.sql:9:3
          |
        9 |   nope FROM t_a1;
          |   ^^^^ no such column: nope
    not tried g7, make g7: it needs f6, which does not go up
    3 revisions: 0 go up, down and up again; 2 do not; 1 not tried
    [exit status: 1]
    ");
}

#[test]
fn what_is_wrong_is_listed_for_programs() {
    let env = wrong();
    insta::assert_snapshot!(env.run("verify --json c3:"), @r#"
    {
      "is_clean": false,
      "revisions": [
        {
          "revision": "d4",
          "message": "make d4",
          "path": "versions/d4.sql",
          "result": "failed",
          "faults": [
            {
              "phase": "downgrade",
              "line": 11,
              "column": 1,
              "changes": [
                {
                  "change": "changed",
                  "kind": "column",
                  "name": "u.a",
                  "detail": "now TEXT"
                }
              ]
            }
          ]
        },
        {
          "revision": "e5",
          "message": "make e5",
          "path": "versions/e5.sql",
          "result": "failed",
          "faults": [
            {
              "phase": "upgrade again",
              "line": 8,
              "column": 1,
              "error": "revision `e5` failed at statement 1 of 1: UNIQUE constraint failed: t_a1.id",
              "changes": []
            }
          ]
        },
        {
          "revision": "f6",
          "message": "make f6",
          "path": "versions/f6.sql",
          "result": "failed",
          "faults": [
            {
              "phase": "upgrade",
              "line": 9,
              "column": 3,
              "error": "revision `f6` failed at statement 1 of 1: no such column: nope",
              "changes": []
            }
          ]
        },
        {
          "revision": "g7",
          "message": "make g7",
          "path": "versions/g7.sql",
          "result": "not tried",
          "needs": "f6",
          "faults": []
        }
      ]
    }
    [exit status: 1]
    "#);
    assert!(!env.path("app.db").exists());
}

/// A database at `a1` with rows, and revisions that are pending.
fn with_rows() -> TestEnv {
    let env = TestEnv::new();
    env.revision("a1").up("CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT);").write();
    env.run("upgrade").ok();
    env.sql("INSERT INTO users (email) VALUES ('A@x.org'), ('b@x.org'), (NULL)");
    env
}

/// A database with rows, and three revisions that it lacks.
fn pending() -> TestEnv {
    let env = with_rows();
    env.revisions("
        b2 < a1
        + UPDATE users SET email = lower(email);
        + ALTER TABLE users ADD COLUMN name TEXT;
        - ALTER TABLE users DROP COLUMN name;
        c3 < b2
        + -- migrate:warn-if rows of users have no email, and go: SELECT id FROM users WHERE email IS NULL
        + DELETE FROM users WHERE email IS NULL;
        -
    ");
    env.revision("d4").after("c3").up("UPDATE users SET name = 'x';").irreversible().write();
    env
}

#[test]
fn the_pending_revisions_are_tried_on_a_copy_with_its_rows() {
    let env = pending();
    let before = env.files();
    insta::assert_snapshot!(env.run("verify --database"), @"
    ok b2, make b2: up [time], 3 changed rows; down [time], 0 changed rows
    ok c3, make c3: up [time], 1 changed row; down [time], 0 changed rows
      users had 3 rows before the upgrade and has 2 after the downgrade
    irreversible d4, make d4: up [time], 2 changed rows
    3 revisions: 2 go up, down and up again; 1 irreversible
    `migrator upgrade heads` would take app.db from a1 to d4 in [time]
    app.db has 20 KiB now, and up to 28 KiB during the upgrade, its journal included
    ------- stderr -------
    trying what is pending on a copy of app.db
    warning: c3: 1 row of users has no email, and go
    app.db was only read; the copy is removed
    ");
    insta::assert_snapshot!(env.run("verify --database b2"), @"
    ok b2, make b2: up [time], 3 changed rows; down [time], 0 changed rows
    1 revision: 1 goes up, down and up again
    `migrator upgrade b2` would take app.db from a1 to b2 in [time]
    app.db has 20 KiB now, and up to 28 KiB during the upgrade, its journal included
    ------- stderr -------
    trying what is pending on a copy of app.db
    app.db was only read; the copy is removed
    ");
    assert_eq!(env.files(), before);
    env.run("upgrade").ok();
    insta::assert_snapshot!(env.run("verify --database"), @"
    ------- stderr -------
    trying what is pending on a copy of app.db
    nothing to do: app.db is at d4
    app.db was only read; the copy is removed
    ");
}

#[test]
fn the_report_on_a_copy_is_there_for_programs() {
    let env = pending();
    insta::assert_snapshot!(hide_times(&env.run("verify --database --json c3").to_string()), @r#"
    {
      "is_clean": true,
      "revisions": [
        {
          "revision": "b2",
          "message": "make b2",
          "path": "versions/b2.sql",
          "result": "ok",
          "faults": [],
          "runs": [
            {
              "phase": "upgrade",
              "elapsed_ms": [time],
              "statements": 2,
              "changed_rows": 3
            },
            {
              "phase": "downgrade",
              "elapsed_ms": [time],
              "statements": 1,
              "changed_rows": 0
            },
            {
              "phase": "upgrade again",
              "elapsed_ms": [time],
              "statements": 2,
              "changed_rows": 3
            }
          ],
          "rows": []
        },
        {
          "revision": "c3",
          "message": "make c3",
          "path": "versions/c3.sql",
          "result": "ok",
          "faults": [],
          "runs": [
            {
              "phase": "upgrade",
              "elapsed_ms": [time],
              "statements": 1,
              "changed_rows": 1
            },
            {
              "phase": "downgrade",
              "elapsed_ms": [time],
              "statements": 0,
              "changed_rows": 0
            },
            {
              "phase": "upgrade again",
              "elapsed_ms": [time],
              "statements": 1,
              "changed_rows": 0
            }
          ],
          "rows": [
            {
              "table": "users",
              "before": 3,
              "after": 2
            }
          ]
        }
      ],
      "database": "app.db",
      "size": 20480,
      "peak_size": 29200,
      "upgrade": {
        "exit": 0,
        "from": [
          "a1"
        ],
        "to": [
          "c3"
        ],
        "warnings": [
          "c3: 1 row of users has no email, and go"
        ]
      }
    }
    ------- stderr -------
    trying what is pending on a copy of app.db
    warning: c3: 1 row of users has no email, and go
    "#);
}

/// The text without the values of `elapsed_ms`.
fn hide_times(text: &str) -> String {
    let hide = |line: &str| match line.split_once("\"elapsed_ms\": ") {
        Some((before, _)) => format!("{before}\"elapsed_ms\": [time],\n"),
        None => format!("{line}\n"),
    };
    text.lines().map(hide).collect()
}

#[test]
fn what_is_wrong_on_the_copy_is_listed_too() {
    let env = with_rows();
    env.revisions(
        "
        b2 < a1
        + CREATE INDEX ix_email ON users (email);
        + CREATE TABLE logs (a);
        - DROP TABLE logs;
        c3 < b2
        + ALTER TABLE users ADD COLUMN age INTEGER;
        + INSERT INTO logs VALUES (1);
        - ALTER TABLE users DROP COLUMN age;
        - DELETE FROM nowhere;
        d4 < c3
        + -- migrate:refuse-if rows of users have no email: SELECT id FROM users WHERE email IS NULL
        + DROP TABLE logs;
        - CREATE TABLE logs (a);
    ",
    );
    env.graph(&["e5 < d4"]);
    insta::assert_snapshot!(env.run("verify --database"), @"
    failed b2, make b2 (versions/b2.sql:12:1): up [time], 0 changed rows; down [time], 0 changed rows
      after the downgrade the schema is not the one before:
        + index  ix_email  stayed: ON users (email)
      the upgrade fails the second time:
        error: revision `b2` failed at statement 1 of 2
         --> versions/b2.sql:8:1
          |
        8 | CREATE INDEX ix_email ON users (email);
          | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ index ix_email already exists
    failed c3, make c3 (versions/c3.sql:13:1): up [time], 1 changed row
      the downgrade fails:
        error: revision `c3` failed at statement 2 of 2
          --> versions/c3.sql:13:1
           |
        13 | DELETE FROM nowhere;
           | ^^^^^^^^^^^^^^^^^^^ no such table: nowhere
    failed d4, make d4 (versions/d4.sql:8:51)
      the upgrade fails:
        error: 1 row of users has no email; the first: id 3
         --> versions/d4.sql:8:51
          |
        8 | -- migrate:refuse-if rows of users have no email: SELECT id FROM users WHERE email IS NULL
          |                                                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ `d4` refuses to run while this finds rows
    not tried e5, make e5: it needs d4, which does not go up
    4 revisions: 0 go up, down and up again; 3 do not; 1 not tried
    `migrator upgrade heads` would say:
      error: 1 row of users has no email; the first: id 3
       --> versions/d4.sql:8:51
        |
      8 | -- migrate:refuse-if rows of users have no email: SELECT id FROM users WHERE email IS NULL
        |                                                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ `d4` refuses to run while this finds rows
      hint: to see them: `SELECT id FROM users WHERE email IS NULL`
      hint: nothing was changed; mend the rows, or edit the revision, and run the same command again
      hint: the query was evaluated after `c3`, which was rolled back; `migrator upgrade c3` stops there
    app.db has 20 KiB now, and up to 24 KiB during the upgrade, its journal included
    ------- stderr -------
    trying what is pending on a copy of app.db
    app.db was only read; the copy is removed
    [exit status: 1]
    ");
    insta::assert_snapshot!(env.run("verify --database c3"), @"
    failed b2, make b2 (versions/b2.sql:12:1): up [time], 0 changed rows; down [time], 0 changed rows
      after the downgrade the schema is not the one before:
        + index  ix_email  stayed: ON users (email)
      the upgrade fails the second time:
        error: revision `b2` failed at statement 1 of 2
         --> versions/b2.sql:8:1
          |
        8 | CREATE INDEX ix_email ON users (email);
          | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ index ix_email already exists
    failed c3, make c3 (versions/c3.sql:13:1): up [time], 1 changed row
      the downgrade fails:
        error: revision `c3` failed at statement 2 of 2
          --> versions/c3.sql:13:1
           |
        13 | DELETE FROM nowhere;
           | ^^^^^^^^^^^^^^^^^^^ no such table: nowhere
    2 revisions: 0 go up, down and up again; 2 do not
    `migrator upgrade c3` would take app.db from a1 to c3 in [time]
    app.db has 20 KiB now, and up to 32 KiB during the upgrade, its journal included
    ------- stderr -------
    trying what is pending on a copy of app.db
    app.db was only read; the copy is removed
    [exit status: 1]
    ");
    assert_eq!(env.rows(), ["a1"]);
    assert_eq!(env.tables(), ["users"]);
}

#[test]
fn rows_that_a_downgrade_loses_are_seen_in_tables_with_any_name() {
    for name in ["mytable", "\"my table\"", "[a-b]", "'tiré'", "\"MY TABLE\""] {
        let env = TestEnv::new();
        env.revision("a1").up(&format!("CREATE TABLE {name} (id INTEGER PRIMARY KEY);")).write();
        env.run("upgrade").ok();
        env.sql(&format!("INSERT INTO {name} DEFAULT VALUES"));
        let (up, down) = ("CREATE TABLE t (x);", format!("DROP TABLE t;\nDELETE FROM {name};"));
        env.revision("b2").after("a1").up(up).down(&down).write();
        // Refuses where the downgrade has emptied the table of the copy.
        let guard =
            "-- migrate:refuse-if no row is there: SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM";
        env.revision("c3")
            .after("b2")
            .up(&format!("{guard} {name})\nSELECT 1;"))
            .down("SELECT 1;")
            .write();
        let output = env.run("verify --database");
        assert!(
            output.stdout.contains("had 1 row before the upgrade and has 0 after"),
            "{name}: {output}"
        );
        assert!(!output.stdout.contains("failed c3"), "{name}: {output}");
    }
}

#[test]
fn a_copy_cannot_be_made_of_everything() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1"]);
    insta::assert_snapshot!(env.run("verify --database"), @"
    ------- stderr -------
    trying what is pending on a copy of app.db
    error: the database `$DIR/app.db` does not exist
    hint: `migrator upgrade` makes it; if it should be there, check the path: it comes from `--url`, or else from `database.url` in alembic.toml
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("verify --database --url :memory:"), @"
    ------- stderr -------
    error: the database is in memory: there is nothing to copy
    hint: without --database the revisions are tried in memory
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("verify --copy-to ."), @"
    ------- stderr -------
    error: `migrator verify` needs `--database`
    hint: did you mean `migrator verify --copy-to . --database`?
    [exit status: 2]
    ");
    env.run("upgrade a1").ok();
    insta::assert_snapshot!(env.run("verify --database a1:"), @"
    ------- stderr -------
    error: `a1:` is a range
    hint: with --database name only the target; where to start from, the database says
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("verify --database --copy-to nowhere"), @"
    ------- stderr -------
    trying what is pending on a copy of app.db
    error: cannot make a folder for the copy in `nowhere`
    caused by: No such file or directory (os error 2)
    hint: name a folder for the copy: `--copy-to DIR`
    [exit status: 2]
    ");
    env.sql("UPDATE alembic_version SET version_num = 'zz'");
    insta::assert_snapshot!(env.run("verify --database"), @"
    ------- stderr -------
    trying what is pending on a copy of app.db
    error: the database is at `zz`, which no revision file declares
    hint: bring back what declares `zz`: a file that was deleted, that is on another branch of your repository, or that belongs to a newer version of the program
    hint: if the revision is gone for good, `migrator stamp REVISION` replaces it by one that exists, without running anything; `migrator status` names it, and says when this one ran
    [exit status: 2]
    ");
}

#[test]
fn what_reaches_another_file_is_not_tried_on_a_copy() {
    let env = TestEnv::with_graph(&["a1"]);
    env.run("upgrade").ok();
    for (up, down) in [
        ("ATTACH 'b.db' AS b;\nINSERT INTO b.t VALUES (1);", ""),
        ("VACUUM INTO 'b.db';", ""),
        ("VACUUM;", "ATTACH 'b.db' AS b;\nDROP TABLE b.t;"),
    ] {
        env.revision("b2").after("a1").header("transaction = false").up(up).down(down).write();
        env.run("verify --database").exits_with(2);
        assert!(!env.path("b.db").exists(), "{up}");
    }
    insta::assert_snapshot!(env.run("verify --database"), @"
    ------- stderr -------
    trying what is pending on a copy of app.db
    error: revision `b2` cannot be rehearsed: `ATTACH` reaches another file than the copy
      --> versions/b2.sql:12:1
       |
    12 | ATTACH 'b.db' AS b;
       | ^^^^^^^^^^^^^^^^^^
    hint: nothing was run; rehearse the revisions before it by naming them: `migrator verify --database REVISION`
    [exit status: 2]
    ");
    env.run("verify --database a1").ok();
    // No file is reached by these.
    let up = "VACUUM;\nATTACH ':memory:' AS m;\nDETACH m;";
    env.revision("b2").after("a1").header("transaction = false").up(up).down("").write();
    env.run("verify --database").ok();
}

#[test]
fn in_memory_there_is_nothing_to_step_back_from() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1"]);
    insta::assert_snapshot!(env.run("verify -1"), @"
    ------- stderr -------
    error: `-1` has no meaning here: in memory nothing is applied
    hint: name a revision: it is tried with all below it; `A:` tries what follows `A`
    [exit status: 2]
    ");
}

#[test]
fn a_default_of_null_is_none() {
    let env = TestEnv::new();
    env.revision("a1")
        .up("CREATE TABLE t (id INTEGER PRIMARY KEY, b INT);")
        .down("DROP TABLE t;")
        .write();
    env.revision("b2")
        .after("a1")
        .up("ALTER TABLE t DROP COLUMN b;")
        .down("ALTER TABLE t ADD COLUMN b INT DEFAULT NULL;")
        .write();
    insta::assert_snapshot!(env.run("verify"), @"2 revisions: 2 go up, down and up again");
}

#[test]
fn what_runs_outside_a_transaction_is_said_once() {
    let env = TestEnv::with_graph(&["a1"]);
    env.run("upgrade -q").exits_with(0);
    env.revision("b2").after("a1").header("transaction = false").write();
    let said = env.run("verify --database").exits_with(0);
    assert_eq!(said.matches("runs outside a transaction").count(), 1, "{said}");
}

#[test]
fn a_database_that_may_only_be_read_is_not_said_to_go_up() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1"]);
    env.run("upgrade a1").ok();
    let url = "--url file:app.db?mode=ro";
    insta::assert_snapshot!(env.run(&format!("verify --database {url}")), @"
    ok b2, make b2: up [time], 0 changed rows; down [time], 0 changed rows
    1 revision: 1 goes up, down and up again
    `migrator --url 'file:app.db?mode=ro' upgrade heads` would say:
      error: the database `$DIR/app.db` is read-only
      hint: nothing was changed; make the file and its folder writable, and run it again
    app.db has 20 KiB now, and up to 28 KiB during the upgrade, its journal included
    ------- stderr -------
    trying what is pending on a copy of app.db
    app.db was only read; the copy is removed
    [exit status: 1]
    ");
    insta::assert_snapshot!(env.run(&format!("upgrade heads {url}")), @"
    ------- stderr -------
    error: the database `$DIR/app.db` is read-only
    hint: nothing was changed; make the file and its folder writable, and run it again
    [exit status: 2]
    ");
    // What there is nothing to do on, nobody writes.
    env.run("upgrade b2").ok();
    insta::assert_snapshot!(env.run(&format!("verify --database {url}")), @"
    ------- stderr -------
    trying what is pending on a copy of app.db
    nothing to do: app.db is at b2
    app.db was only read; the copy is removed
    ");
}
