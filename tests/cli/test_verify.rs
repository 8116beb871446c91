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
    env.revision("b2")
        .after("a1")
        .up("ALTER TABLE t_a1 ADD COLUMN name TEXT;\nCREATE INDEX ix_name ON t_a1 (name);")
        .down("DROP INDEX ix_name;")
        .write();
    env.revision("c3")
        .after("b2")
        .up("CREATE TABLE u (a);")
        .down("DROP TABLE u;\nDROP TABLE v;")
        .write();
    env.revision("d4")
        .after("c3")
        .up("ALTER TABLE u ADD COLUMN b;")
        .down("DROP TABLE u;\nCREATE TABLE u (a TEXT);")
        .write();
    env.revision("e5").after("d4").up("INSERT INTO t_a1 (id) VALUES (1);").down("").write();
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
