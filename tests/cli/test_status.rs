//! `migrator status`, and every trouble made for real, found, refused and mended with the command
//! that the message gives

use crate::support::TestEnv;
use crate::support::advice::{obey, wrong};

const LINE: &[&str] = &["a1", "b2 < a1", "c3 < b2"];

/// A line of three revisions, all of which ran; `b2` inserts a row.
fn env() -> TestEnv {
    let env = TestEnv::new().with("MIGRATOR_USER", "ada");
    env.graph(LINE);
    write_b2(&env, "'seven'");
    env.run("upgrade").ok();
    env
}

/// The file of `b2`, which inserts this value.
fn write_b2(env: &TestEnv, value: &str) {
    let up = format!(
        "CREATE TABLE t_b2 (id INTEGER PRIMARY KEY, v TEXT);\nINSERT INTO t_b2 (v) VALUES ({value});"
    );
    env.revision("b2").after("a1").up(&up).down("DROP TABLE t_b2;").write();
}

/// Asserts that nothing is wrong, and that an upgrade goes on.
#[track_caller]
fn is_clean(env: &TestEnv) {
    let output = env.run("status");
    assert_eq!(output.status, Some(0), "{output}");
    env.run("upgrade").ok();
    env.run("status").ok();
}

#[test]
fn nothing_is_wrong() {
    let env = TestEnv::with_graph(LINE).with("MIGRATOR_USER", "ada");
    insta::assert_snapshot!(env.run("status"), @"
    ------- stderr -------
    error: the database `$DIR/app.db` does not exist
    hint: `migrator upgrade` makes it; if it should be there, check the path: it comes from `--url`, or else from `database.url` in alembic.toml
    [exit status: 2]
    ");
    env.run("upgrade b2").ok();
    insta::assert_snapshot!(env.run("status"), @"
    database  app.db
    at        b2
    pending   c3, make c3
    log       2 rows since 2026-11-03 14:40:11
    ------- stderr -------
    nothing is wrong
    ");
    insta::assert_snapshot!(env.run("status -q"), @"
    database  app.db
    at        b2
    pending   c3, make c3
    log       2 rows since 2026-11-03 14:40:11
    ");
    insta::assert_snapshot!(env.run("status --json"), @r#"
    {
      "database": "app.db",
      "rows": [
        "b2"
      ],
      "pending": [
        "c3"
      ],
      "lint": [],
      "has_log": true,
      "is_clean": true,
      "troubles": [],
      "drift": []
    }
    "#);
    assert_eq!(
        env.files(),
        [
            "alembic.toml",
            "app.db",
            "versions/",
            "versions/a1.sql",
            "versions/b2.sql",
            "versions/c3.sql"
        ]
    );
    env.run("downgrade base").ok();
    insta::assert_snapshot!(env.run("status"), @"
    database  app.db
    at        base
    pending   a1, make a1
              b2, make b2
              c3, make c3
    log       4 rows since 2026-11-03 14:40:11
    ------- stderr -------
    nothing is wrong
    ");
}

#[test]
fn an_edited_revision_is_found_refused_and_accepted() {
    let env = env();
    write_b2(&env, "'eight'");
    insta::assert_snapshot!(env.run("status"), @"
    database  app.db
    at        c3
    pending   nothing
    log       3 rows since 2026-11-03 14:40:11
    wrong     revision `b2` was edited after it ran (2026-11-03 14:40:11 by ada, migrator 0.1.0)
                put versions/b2.sql back to what ran, and write a new revision for the change
                or, if the database has all that it makes now, `migrator repair b2` accepts the file as it is; it runs nothing
    [exit status: 1]
    ");
    insta::assert_snapshot!(env.run("status --json"), @r#"
    {
      "database": "app.db",
      "rows": [
        "c3"
      ],
      "pending": [],
      "lint": [],
      "has_log": true,
      "is_clean": false,
      "troubles": [
        {
          "kind": "edited",
          "revision": "b2",
          "message": "revision `b2` was edited after it ran (2026-11-03 14:40:11 by ada, migrator 0.1.0)",
          "hints": [
            "put versions/b2.sql back to what ran, and write a new revision for the change",
            "or, if the database has all that it makes now, `migrator repair b2` accepts the file as it is; it runs nothing"
          ]
        }
      ],
      "drift": []
    }
    [exit status: 1]
    "#);
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    error: revision `b2` was edited after it ran (2026-11-03 14:40:11 by ada, migrator 0.1.0)
    hint: put versions/b2.sql back to what ran, and write a new revision for the change
    hint: or, if the database has all that it makes now, `migrator repair b2` accepts the file as it is; it runs nothing
    hint: nothing was changed; `migrator upgrade --allow-changed` goes on this once, and `migrator status` shows all that is wrong
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("upgrade --dry-run"), @"
    ------- stderr -------
    error: revision `b2` was edited after it ran (2026-11-03 14:40:11 by ada, migrator 0.1.0)
    hint: put versions/b2.sql back to what ran, and write a new revision for the change
    hint: or, if the database has all that it makes now, `migrator repair b2` accepts the file as it is; it runs nothing
    hint: nothing was changed; `migrator upgrade --dry-run --allow-changed` goes on this once, and `migrator status` shows all that is wrong
    [exit status: 2]
    ");

    let said = wrong(&env);
    insta::assert_snapshot!(obey(&env, &said, "repair").command, @"migrator repair b2");
    is_clean(&env);
    // Back to what ran is an edit again; to what was accepted it is none.
    write_b2(&env, "'seven'");
    wrong(&env);
    write_b2(&env, "'eight'");
    is_clean(&env);
}

#[test]
fn an_edited_revision_can_be_put_back_or_passed_over_once() {
    let env = env();
    write_b2(&env, "'eight'");
    env.graph(&["d4 < c3"]);
    let said = env.run("upgrade").exits_with(2);
    assert_eq!(env.rows(), ["c3"]);
    obey(&env, &said, "--allow-changed");
    assert_eq!(env.rows(), ["d4"]);
    let said = env.run("upgrade").exits_with(2);
    assert!(said.contains("`b2` was edited"), "{said}");
    write_b2(&env, "'seven'");
    is_clean(&env);
}

#[test]
fn an_edited_revision_is_warned_of_when_it_is_reverted() {
    let env = env();
    write_b2(&env, "'eight'");
    insta::assert_snapshot!(env.run("downgrade a1"), @"
    ------- stderr -------
    backup app.db.20261103T144011Z.bak ([time])
    downgrade c3, make c3 ([time])
    downgrade b2, make b2 ([time])
    warning: revision `b2` was edited after it ran (2026-11-03 14:40:11 by ada, migrator 0.1.0)
    app.db is at a1
    ");
    // What is not applied may be edited.
    is_clean(&env);
    assert_eq!(env.query("SELECT v FROM t_b2"), ["eight"]);
}

/// What takes away what is too much must not take away what another environment has run.
#[test]
fn the_version_table_of_another_environment_is_no_drift() {
    let env = TestEnv::new();
    env.config(
        "[database]\nurl = \"app.db\"\n[schema]\nexclude = [\"t_*\"]\n\
         [env.b]\nversion_locations = [\"b\"]\n[env.b.database]\nversion_table = \"b_version\"",
    );
    env.revision("a1").up("CREATE TABLE t_a (a);").write();
    env.file("b/b1.sql", &env.revision("b1").up("CREATE TABLE t_b (a);").text());
    env.run("upgrade").exits_with(0);
    env.run("-n b upgrade").exits_with(0);
    for command in ["status", "-n b status", "check --database", "-n b check --database"] {
        env.run(command).exits_with(0);
    }
    // In another database it says nothing about this one.
    env.config(
        "[database]\nurl = \"app.db\"\n[schema]\nexclude = [\"t_*\"]\n\
         [env.b]\nversion_locations = [\"b\"]\n[env.b.database]\nurl = \"b.db\"\n\
         version_table = \"b_version\"",
    );
    env.run("check --database").exits_with(1);
}

/// What a checkout makes of the line ends changes neither what ran nor the schema, in a string as
/// little as between statements.
#[test]
fn a_checkout_with_other_line_ends_is_no_drift() {
    let body = "CREATE TABLE t (a DEFAULT 'x\ny', b DEFAULT \"x\ny\", CHECK (a <> 'p\nq'));\n\
                CREATE VIEW v AS SELECT 'x\ny' AS z;\n\
                CREATE TRIGGER r AFTER DELETE ON t BEGIN INSERT INTO t VALUES ('x\ny', 1); END;\n\
                CREATE INDEX i ON t (a || 'x\ny');";
    let file = |body: &str| {
        format!(
            "-- /// revision\n-- revision = \"a1\"\n-- ///\n\n-- migrate:upgrade\n{body}\n\n-- migrate:downgrade\n"
        )
    };
    let texts = [file(body), file(body).replace('\n', "\r\n")];
    for (ran, now) in [(0, 1), (1, 0)] {
        let env = TestEnv::new();
        env.file("versions/a1.sql", &texts[ran]);
        env.run("upgrade").ok();
        env.file("versions/a1.sql", &texts[now]);
        let output = env.run("status");
        assert_eq!(output.status, Some(0), "{output}");
        assert!(output.stderr.contains("nothing is wrong"), "{output}");
        assert_eq!(env.run("check --database").status, Some(0));
    }
    let env = TestEnv::new();
    env.file("versions/a1.sql", &file(body));
    env.run("upgrade").ok();
    env.file("versions/a1.sql", &file(&body.replace("x\ny", "x\ry")));
    assert_eq!(env.run("status").status, Some(1));
}

#[test]
fn a_checksum_is_of_meaning() {
    let file = |body: &str| {
        format!(
            "-- /// revision\n-- revision = \"a1\"\n-- ///\n-- migrate:upgrade\n{body}\n-- migrate:downgrade\n"
        )
    };
    let body =
        "CREATE TABLE t (a TEXT DEFAULT 'x y');\nINSERT INTO t VALUES ('one'), ('two\nlines');";
    let check = |text: &[u8], is_same: bool| {
        let env = TestEnv::new();
        env.file("versions/a1.sql", &file(body));
        env.run("upgrade").ok();
        env.bytes("versions/a1.sql", text);
        let expected = if is_same { Some(0) } else { Some(2) };
        let output = env.run("upgrade");
        assert_eq!(output.status, expected, "{}\n{output}", String::from_utf8_lossy(text));
    };
    let same = |text: String| check(text.as_bytes(), true);
    same(file(body).replace('\n', "\r\n"));
    same(format!("\u{feff}{}", file(body)));
    same(file(body).replace(";\n", ";  \t \n"));
    same(file(&format!("-- a comment\n{} /* and one more */", body.replace("(a", "(/* c */ a"))));
    same(file(
        "CREATE TABLE t\n(\n  a   TEXT\n  DEFAULT 'x y'\n)\n;;\nINSERT   INTO t VALUES('one')\n,('two\nlines')",
    ));
    same(
        file(body)
            .replace("-- ///\n-- migrate", "-- message = \"now with one\"\n-- ///\n\n\n-- migrate"),
    );
    same(file(&format!("-- migrate:warn-if rows of t: SELECT 1\n{body}")));
    same(file(&body.replace("CREATE TABLE t", "create table T")));

    let other = |text: String| check(text.as_bytes(), false);
    other(file(&body.replace("one", "One")));
    other(file(&body.replace("x y", "x  y")));
    other(file(&body.replace("INSERT INTO t VALUES ('one'), ('two\nlines');", "")));
    other(file(&format!("{body}\nINSERT INTO t VALUES ('two');")));
    other(file(&body.replace("'one'", "'one\n'")));
    other(file(&body.replace("DEFAULT 'x y'", "DEFAULT Word")));
}

#[test]
fn a_revision_file_that_is_gone_is_found_refused_and_accepted() {
    let env = env();
    env.remove("versions/b2.sql");
    env.revision("c3").after("a1").write();
    insta::assert_snapshot!(env.run("status"), @"
    database  app.db
    at        c3
    pending   nothing
    log       3 rows since 2026-11-03 14:40:11
    wrong     the file of revision `b2`, which ran (2026-11-03 14:40:11 by ada, migrator 0.1.0), is gone
                `migrator repair b2` accepts that it is gone; what it did stays
                or bring the file back: it was deleted, is on another branch of your repository, or belongs to another version of the program
    wrong     the schema is not what the applied revisions make; it has more (+), less (-) or something else (~):
                + table  t_b2  (id, v)
                this may come from what is named above: mend that first, and ask again
    [exit status: 1]
    ");
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    error: the file of revision `b2`, which ran (2026-11-03 14:40:11 by ada, migrator 0.1.0), is gone
    hint: `migrator repair b2` accepts that it is gone; what it did stays
    hint: or bring the file back: it was deleted, is on another branch of your repository, or belongs to another version of the program
    hint: nothing was changed; `migrator upgrade --allow-changed` goes on this once, and `migrator status` shows all that is wrong
    [exit status: 2]
    ");
    let said = env.run("upgrade").exits_with(2);
    obey(&env, &said, "repair b2");
    // Its table is still there; the next command takes it away.
    let said = wrong(&env);
    insta::assert_snapshot!(said, @"
    database  app.db
    at        c3
    pending   nothing
    log       4 rows since 2026-11-03 14:40:11
    wrong     the schema is not what the applied revisions make; it has more (+), less (-) or something else (~):
                + table  t_b2  (id, v)
                what undoes it drops the table `t_b2`, with all that is in there: `migrator backup` first
                then `migrator schema diff database current --sql --yes | sqlite3 -bail app.db` undoes it; look at the SQL first
                or, if another program makes it, name it in `exclude` under `[schema]` in alembic.toml
                or, to keep it, let a revision make it (`migrator schema diff current database --sql` has the SQL), and `migrator stamp` that
    ");
    obey(&env, &said, "schema diff");
    is_clean(&env);
    assert_eq!(env.tables(), ["t_a1", "t_c3"]);
}

#[test]
fn a_revision_file_that_is_gone_can_be_brought_back() {
    let env = env();
    let b2 = env.read("versions/b2.sql");
    env.remove("versions/b2.sql");
    env.revision("c3").after("a1").write();
    wrong(&env);
    env.file("versions/b2.sql", &b2);
    env.revision("c3").after("b2").write();
    is_clean(&env);
}

/// Puts `x9` between `a1` and `b2`.
fn insert_x9(env: &TestEnv, up: &str) {
    env.revision("x9").after("a1").up(up).down("DROP TABLE IF EXISTS t_x9;").write();
    let b2 =
        env.read("versions/b2.sql").replace("down_revision = \"a1\"", "down_revision = \"x9\"");
    env.file("versions/b2.sql", &b2);
}

#[test]
fn an_inserted_revision_is_found_refused_and_run() {
    let env = env();
    insert_x9(&env, "CREATE TABLE t_x9 (id INTEGER PRIMARY KEY);");
    env.graph(&["d4 < c3"]);
    insta::assert_snapshot!(env.run("status"), @"
    database  app.db
    at        c3
    pending   d4, make d4
    log       3 rows since 2026-11-03 14:40:11
    wrong     revision `x9` never ran here, and never would: it was put below `b2`, which did
                `migrator upgrade --out-of-order` runs it, where that is safe
                or `migrator repair x9`, if what it does is there already
    wrong     the schema is not what the applied revisions make; it has more (+), less (-) or something else (~):
                - table  t_x9
                this may come from what is named above: mend that first, and ask again
    [exit status: 1]
    ");
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    error: revision `x9` never ran here, and never would: it was put below `b2`, which did
    hint: `migrator upgrade --out-of-order` runs it, where that is safe
    hint: or `migrator repair x9`, if what it does is there already
    hint: nothing was changed; `migrator upgrade --allow-changed` goes on this once, and `migrator status` shows all that is wrong
    [exit status: 2]
    ");
    let said = env.run("upgrade").exits_with(2);
    insta::assert_snapshot!(env.run("upgrade --out-of-order --dry-run"), @"
    upgrade x9, make x9 (1 statement, 0 changed rows, [time])
    upgrade d4, make d4 (1 statement, 0 changed rows, [time])
    the database would be at d4
    it has 28 KiB now, and up to 40 KiB during the run, its journal included
    ------- stderr -------
    everything was rolled back; nothing was changed
    ");
    obey(&env, &said, "--out-of-order");
    assert_eq!(env.tables(), ["t_a1", "t_b2", "t_c3", "t_d4", "t_x9"]);
    is_clean(&env);
    insta::assert_snapshot!(env.run("log"), @"
    2026-11-03 14:40:11  upgrade   d4, make d4 ([time], by ada, migrator 0.1.0)
    2026-11-03 14:40:11  upgrade   x9, make x9 ([time], by ada, migrator 0.1.0)
    2026-11-03 14:40:11  upgrade   c3, make c3 ([time], by ada, migrator 0.1.0)
    2026-11-03 14:40:11  upgrade   b2, make b2 ([time], by ada, migrator 0.1.0)
    2026-11-03 14:40:11  upgrade   a1, make a1 ([time], by ada, migrator 0.1.0)
    ");
    env.run("downgrade base").ok();
    is_clean(&env);
}

#[test]
fn an_inserted_revision_is_not_undone() {
    let env = env();
    insert_x9(&env, "CREATE TABLE t_x9 (id INTEGER PRIMARY KEY);");
    insta::assert_snapshot!(env.run("downgrade a1"), @"
    ------- stderr -------
    error: revision `x9` never ran here, and never would: it was put below `b2`, which did
    hint: `migrator upgrade --out-of-order` runs it, where that is safe
    hint: or `migrator repair x9`, if what it does is there already
    hint: nothing was changed; `migrator downgrade a1 --allow-changed` goes on this once and leaves out the bodies of what never ran, and `migrator status` shows all that is wrong
    [exit status: 2]
    ");
    assert_eq!(env.rows(), ["c3"]);
    // What lies above it can be reverted.
    env.run("downgrade x9").ok();
    let said = wrong(&env);
    obey(&env, &said, "--out-of-order");
    is_clean(&env);
    env.run("downgrade a1").ok();
    is_clean(&env);
    assert_eq!(env.tables(), ["t_a1", "t_b2", "t_c3", "t_x9"]);
}

#[test]
fn an_inserted_revision_can_be_accepted() {
    let env = env();
    insert_x9(&env, "CREATE TABLE t_x9 (id INTEGER PRIMARY KEY);");
    env.sql("CREATE TABLE t_x9 (id INTEGER PRIMARY KEY)");
    let said = wrong(&env);
    obey(&env, &said, "repair x9");
    is_clean(&env);
}

#[test]
fn an_inserted_revision_runs_only_where_that_is_safe() {
    let env = env();
    insert_x9(&env, "UPDATE t_a1 SET id = id + 1;");
    env.revision("c3").after("b2").up("DELETE FROM t_a1;").write();
    env.run("repair c3").ok();
    insta::assert_snapshot!(env.run("upgrade --out-of-order"), @"
    ------- stderr -------
    error: `x9` works on rows of `t_a1`, and `c3`, which ran without it, has to do with it too
    hint: nothing was changed; put `x9` on top of the others with another `down_revision`, and mend its body for that place
    [exit status: 2]
    ");
    insert_x9(&env, "CREATE INDEX ix ON t_b2 (v);");
    insta::assert_snapshot!(env.run("upgrade --out-of-order"), @"
    ------- stderr -------
    error: `x9` cannot run after the others: revision `x9` failed at statement 1 of 1
     --> versions/x9.sql:8:1
      |
    8 | CREATE INDEX ix ON t_b2 (v);
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^ no such table: main.t_b2
    hint: nothing was changed; put `x9` on top of the others with another `down_revision`, and mend its body for that place
    [exit status: 2]
    ");
    insert_x9(&env, "CREATE TABLE IF NOT EXISTS t_c3 (other);");
    env.revision("c3")
        .after("b2")
        .up("CREATE TABLE IF NOT EXISTS t_c3 (id INTEGER PRIMARY KEY);")
        .write();
    env.run("repair c3").ok();
    insta::assert_snapshot!(env.run("upgrade --out-of-order"), @"
    ------- stderr -------
    error: `x9` would leave another schema when run after the others than in its place
    caused by: + column t_c3.id INTEGER PRIMARY KEY
    caused by: - column t_c3.other
    caused by: + primary key t_c3 (id)
    hint: nothing was changed; put `x9` on top of the others with another `down_revision`, and mend its body for that place
    [exit status: 2]
    ");
    assert_eq!(env.rows(), ["c3"]);
}

#[test]
fn an_inserted_column_is_refused_where_a_later_body_copies_by_position() {
    let env = TestEnv::new();
    env.revision("a1").up("CREATE TABLE t (id INTEGER PRIMARY KEY);").write();
    let phone = "ALTER TABLE t ADD COLUMN phone TEXT;";
    env.revision("b2").after("a1").up(phone).write();
    env.run("upgrade").ok();
    env.revision("x9").after("a1").up("ALTER TABLE t ADD COLUMN email TEXT;").write();
    env.revision("b2").after("x9").up(phone).write();
    let rebuild = |select: &str| {
        let up = format!(
            "CREATE TABLE n (id INTEGER PRIMARY KEY, email TEXT, phone TEXT);\n\
             INSERT INTO n SELECT {select} FROM t; DROP TABLE t; ALTER TABLE n RENAME TO t;"
        );
        env.revision("c3").after("b2").up(&up).write();
    };
    rebuild("*");
    insta::assert_snapshot!(env.run("upgrade --out-of-order"), @"
    ------- stderr -------
    error: `x9` would leave the columns of `t` in another order than in its place, and `c3` goes by their positions
    hint: name the columns in `c3` instead of `*`, or in its INSERT
    hint: nothing was changed; put `x9` on top of the others with another `down_revision`, and mend its body for that place
    [exit status: 2]
    ");
    assert_eq!(env.rows(), ["b2"]);
    rebuild("id, email, phone");
    insta::assert_snapshot!(env.run("upgrade --out-of-order --no-backup"), @"
    ------- stderr -------
    upgrade x9, make x9 ([time])
    upgrade c3, make c3 ([time])
    app.db is at c3
    ");
    insta::assert_snapshot!(env.run("status"), @"
    database  app.db
    at        c3
    pending   nothing
    log       4 rows since 2026-11-03 14:40:11
    ------- stderr -------
    nothing is wrong
    ");
}

#[test]
fn what_later_bodies_ran_through_is_not_changed_below_them() {
    let env = TestEnv::new();
    env.revision("a1")
        .up("CREATE TABLE t (x); CREATE TABLE l (x);\n\
             CREATE TRIGGER g AFTER UPDATE ON t BEGIN INSERT INTO l VALUES (old.x); END;")
        .write();
    env.revision("b2").after("a1").up("UPDATE t SET x = 'b'; PRAGMA user_version = 3;").write();
    env.run("upgrade").ok();
    env.revision("b2").after("x9").up("UPDATE t SET x = 'b'; PRAGMA user_version = 3;").write();
    let inserted = |up: &str| env.revision("x9").after("a1").up(up).write();
    inserted("DROP TRIGGER g;");
    insta::assert_snapshot!(env.run("upgrade --out-of-order"), @"
    ------- stderr -------
    error: `x9` changes `t`, and `b2`, which ran without it, works on rows that pass through it
    hint: nothing was changed; put `x9` on top of the others with another `down_revision`, and mend its body for that place
    [exit status: 2]
    ");
    inserted("PRAGMA user_version = 2;");
    insta::assert_snapshot!(env.run("upgrade --out-of-order"), @"
    ------- stderr -------
    error: `x9` would leave `PRAGMA user_version` at 2 when run after the others, and in its place at 3
    hint: nothing was changed; put `x9` on top of the others with another `down_revision`, and mend its body for that place
    [exit status: 2]
    ");
    assert_eq!(env.rows(), ["b2"]);
}

#[test]
fn a_database_that_is_ahead_of_the_files_is_found_and_refused() {
    let env = env();
    let c3 = env.read("versions/c3.sql");
    env.remove("versions/c3.sql");
    insta::assert_snapshot!(env.run("status"), @"
    database  app.db
    at        c3
    pending   nothing
    log       3 rows since 2026-11-03 14:40:11
    wrong     the database is at `c3`, which no revision file declares (upgrade 2026-11-03 14:40:11 by ada, migrator 0.1.0)
                bring back the file: it belongs to a newer version of the program, was deleted, or is on another branch of your repository
                or, if it is gone for good, `migrator stamp b2` goes back to what the files declare, without running anything: what it did stays
    unknown   the schema was not compared: no file says what the newest revisions make
    [exit status: 1]
    ");
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    error: the database is at `c3`, which no revision file declares
    hint: bring back what declares `c3`: a file that was deleted, that is on another branch of your repository, or that belongs to a newer version of the program
    hint: if the revision is gone for good, `migrator stamp REVISION` replaces it by one that exists, without running anything; `migrator status` names it, and says when this one ran
    [exit status: 2]
    ");
    env.file("versions/c3.sql", &c3);
    is_clean(&env);

    env.remove("versions/c3.sql");
    let said = wrong(&env);
    insta::assert_snapshot!(obey(&env, &said, "stamp").command, @"migrator stamp b2");
    // What it made is still there.
    let said = wrong(&env);
    obey(&env, &said, "schema diff");
    is_clean(&env);
    assert_eq!(env.rows(), ["b2"]);
}

#[test]
fn a_version_table_that_was_moved_back_by_hand_is_found() {
    let env = env();
    env.sql("UPDATE alembic_version SET version_num = 'a1'");
    insta::assert_snapshot!(env.run("status"), @"
    database  app.db
    at        a1
    pending   b2, make b2
              c3, make c3
    log       3 rows since 2026-11-03 14:40:11
    wrong     the log says that `b2` is applied (upgrade 2026-11-03 14:40:11 by ada, migrator 0.1.0), the version table says that it is not
              the log says that `c3` is applied (upgrade 2026-11-03 14:40:11 by ada, migrator 0.1.0), the version table says that it is not
                `migrator stamp c3` puts the version table back to what the log says; the schema is what the log has
    wrong     the schema is not what the applied revisions make; it has more (+), less (-) or something else (~):
                + table  t_b2  (id, v)
                + table  t_c3  (id)
                this may come from what is named above: mend that first, and ask again
    [exit status: 1]
    ");
    let said = wrong(&env);
    insta::assert_snapshot!(obey(&env, &said, "stamp").command, @"migrator stamp c3");
    assert_eq!(env.rows(), ["c3"]);
    is_clean(&env);

    env.sql("UPDATE alembic_version SET version_num = 'b2'; DROP TABLE t_c3;");
    let said = wrong(&env);
    insta::assert_snapshot!(obey(&env, &said, "repair").command, @"migrator repair c3");
    is_clean(&env);
    assert_eq!(env.tables(), ["t_a1", "t_b2", "t_c3"]);
}

#[test]
fn the_schema_tells_whether_the_version_table_or_the_log_is_right() {
    // What another tool takes back it does not write into the log.
    let env = env();
    env.sql("DROP TABLE t_c3; UPDATE alembic_version SET version_num = 'b2'");
    insta::assert_snapshot!(env.run("status"), @"
    database  app.db
    at        b2
    pending   c3, make c3
    log       3 rows since 2026-11-03 14:40:11
    wrong     the log says that `c3` is applied (upgrade 2026-11-03 14:40:11 by ada, migrator 0.1.0), the version table says that it is not
                `migrator repair c3` accepts that it is not applied; the schema is what the version table has
    [exit status: 1]
    ");
    let said = wrong(&env);
    insta::assert_snapshot!(obey(&env, &said, "").command, @"migrator repair c3");
    is_clean(&env);
    // Neither is right, or both are: what runs nothing comes first.
    env.sql("UPDATE alembic_version SET version_num = 'b2'; DROP TABLE t_a1");
    insta::assert_snapshot!(env.run("status"), @"
    database  app.db
    at        b2
    pending   c3, make c3
    log       5 rows since 2026-11-03 14:40:11
    wrong     the log says that `c3` is applied (upgrade 2026-11-03 14:40:11 by ada, migrator 0.1.0), the version table says that it is not
                `migrator stamp c3`, if it was not reverted: puts the version table back to what the log says
                or `migrator repair c3`, if it was reverted, by another tool or by hand: accepts that it is not applied
    wrong     the schema is not what the applied revisions make; it has more (+), less (-) or something else (~):
                + table  t_c3  (id)
                - table  t_a1
                this may come from what is named above: mend that first, and ask again
    [exit status: 1]
    ");
}

#[test]
fn what_the_log_has_as_applied_runs_again_with_a_warning() {
    let env = env();
    env.revision("d4").after("c3").up("UPDATE t_b2 SET v = v || v;").down("").write();
    env.run("upgrade").ok();
    env.sql("UPDATE alembic_version SET version_num = 'c3'");
    insta::assert_snapshot!(env.run("upgrade --dry-run"), @"
    upgrade d4, make d4 (1 statement, 1 changed row, [time])
    the database would be at d4
    it has 28 KiB now, and up to 36 KiB during the run, its journal included
    ------- stderr -------
    warning: the log has `d4` as applied, the version table has not: it runs again; `migrator status` tells more
    everything was rolled back; nothing was changed
    ");
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    backup app.db.20261103T144011Z-2.bak ([time])
    warning: the log has `d4` as applied, the version table has not: it runs again; `migrator status` tells more
    upgrade d4, make d4 (1 changed row, [time])
    app.db is at d4
    ");
    env.sql("UPDATE alembic_version SET version_num = 'a1'");
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    warning: the log has `b2`, `c3`, `d4` as applied, the version table has not: they run again; `migrator status` tells more
    error: revision `b2` failed at statement 1 of 2; it was rolled back
     --> versions/b2.sql:8:14
      |
    8 | CREATE TABLE t_b2 (id INTEGER PRIMARY KEY, v TEXT);
      |              ^^^^ table t_b2 already exists
    hint: `b2` ran before, as the log has it: what it does may be there already; `migrator status` tells more
    hint: the database is at `a1`; mend the cause and run the same command again
    [exit status: 3]
    ");
    // One that runs outside a transaction.
    env.run("stamp d4").ok();
    env.revision("e5")
        .after("d4")
        .header("transaction = false")
        .up("PRAGMA user_version = 5;")
        .down("")
        .write();
    env.run("upgrade").ok();
    env.sql("UPDATE alembic_version SET version_num = 'd4'");
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    `e5` runs outside a transaction: each statement stays once it is done
    warning: the log has `e5` as applied, the version table has not: it runs again; `migrator status` tells more
    upgrade e5, make e5 ([time])
    app.db is at e5
    ");
    // What migrator itself took back is not applied by the log.
    env.run("downgrade -1").ok();
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    `e5` runs outside a transaction: each statement stays once it is done
    upgrade e5, make e5 ([time])
    app.db is at e5
    ");
}

#[test]
fn a_schema_that_cannot_be_compared_is_not_called_clean() {
    let env = env();
    env.config("[database]\nurl = \"app.db\"\n[sqlite]\nextensions = [\"./vec0\"]");
    insta::assert_snapshot!(env.run("status"), @"
    database  app.db
    at        c3
    pending   nothing
    log       3 rows since 2026-11-03 14:40:11
    unknown   the schema was not compared: cannot load the extension `$DIR/vec0`: $DIR/vec0.so: cannot open shared object file: No such file or directory
                nothing was changed; check `extensions` under `[sqlite]` in alembic.toml: a path is relative to alembic.toml, and may leave out `.so`, `.dylib` or `.dll`
    [exit status: 1]
    ");
    let status = env.run("status --json");
    assert_eq!(status.status, Some(1));
    let status: serde_json::Value = serde_json::from_str(&status.stdout).unwrap();
    assert_eq!((&status["is_clean"], &status["drift"]), (&false.into(), &serde_json::Value::Null));
    insta::assert_snapshot!(serde_json::to_string_pretty(&status["troubles"]).unwrap(), @r#"
    [
      {
        "hints": [
          "nothing was changed; check `extensions` under `[sqlite]` in alembic.toml: a path is relative to alembic.toml, and may leave out `.so`, `.dylib` or `.dll`"
        ],
        "kind": "not-compared",
        "message": "the schema was not compared: cannot load the extension `$DIR/vec0`: $DIR/vec0.so: cannot open shared object file: No such file or directory",
        "revision": null
      }
    ]
    "#);
}

#[test]
fn a_version_table_that_was_moved_on_by_hand_is_found() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1", "x9"]);
    env.run("upgrade a1").ok();
    env.sql(
        "UPDATE alembic_version SET version_num = 'b2'; INSERT INTO alembic_version VALUES ('x9')",
    );
    insta::assert_snapshot!(env.run("status"), @"
    database  app.db
    at        b2, x9
    pending   nothing
    log       1 row since 2026-11-03 14:40:11
    wrong     the version table says that `x9` is applied, the log does not know of it
              the version table says that `b2` is applied, the log does not know of it
                `migrator stamp --purge a1` puts the version table back to what the log says; the schema is what the log has
    wrong     the schema is not what the applied revisions make; it has more (+), less (-) or something else (~):
                - table  t_x9
                - table  t_b2
                this may come from what is named above: mend that first, and ask again
    [exit status: 1]
    ");
    let said = wrong(&env);
    insta::assert_snapshot!(obey(&env, &said, "stamp").command, @"migrator stamp --purge a1");
    assert_eq!(env.rows(), ["a1"]);
    env.run("status").ok();

    env.sql(
        "UPDATE alembic_version SET version_num = 'b2'; CREATE TABLE t_b2 (id INTEGER PRIMARY KEY)",
    );
    let said = wrong(&env);
    insta::assert_snapshot!(obey(&env, &said, "repair").command, @"migrator repair b2");
    env.run("status").ok();
}

#[test]
fn rows_that_cannot_stand_side_by_side_are_found() {
    let env = env();
    env.sql("INSERT INTO alembic_version VALUES ('a1')");
    insta::assert_snapshot!(env.run("status"), @"
    database  app.db
    at        c3, a1
    pending   nothing
    log       3 rows since 2026-11-03 14:40:11
    wrong     the version table has two rows of one line: `a1` comes before `c3`, so only `c3` should be there
                the version table was edited by hand, or a file was changed after it ran; `migrator stamp c3` leaves the one row, without running anything
    [exit status: 1]
    ");
    let said = wrong(&env);
    obey(&env, &said, "stamp");
    assert_eq!(env.rows(), ["c3"]);
    is_clean(&env);

    env.sql(
        "DROP TABLE alembic_version; CREATE TABLE alembic_version (version_num TEXT); \
             INSERT INTO alembic_version VALUES ('c3'), ('c3')",
    );
    let said = wrong(&env);
    obey(&env, &said, "stamp");
    assert_eq!(env.rows(), ["c3"]);
    is_clean(&env);
}

#[test]
fn a_schema_that_was_changed_by_hand_is_found() {
    let env = env();
    env.sql("ALTER TABLE t_a1 ADD COLUMN note TEXT; DROP TABLE t_c3; CREATE INDEX ix ON t_b2 (v)");
    insta::assert_snapshot!(env.run("status"), @"
    database  app.db
    at        c3
    pending   nothing
    log       3 rows since 2026-11-03 14:40:11
    wrong     the schema is not what the applied revisions make; it has more (+), less (-) or something else (~):
                - table   t_c3
                + column  t_a1.note  TEXT
                + index   ix         ON t_b2 (v)
                what undoes it drops the column `t_a1.note`, with all that is in there: `migrator backup` first
                then `migrator schema diff database current --sql --yes | sqlite3 -bail app.db` undoes it; look at the SQL first
                or, if another program makes it, name it in `exclude` under `[schema]` in alembic.toml
                or, to keep it, let a revision make it (`migrator schema diff current database --sql` has the SQL), and `migrator stamp` that
    [exit status: 1]
    ");
    let said = wrong(&env);
    obey(&env, &said, "schema diff");
    is_clean(&env);
    assert_eq!(env.query("SELECT v FROM t_b2"), ["seven"]);
}

#[test]
fn a_database_without_a_log_is_told_once_what_it_lacks() {
    let env = env();
    env.sql("DROP TABLE migrator_log").graph(&["d4 < c3"]);
    insta::assert_snapshot!(env.run("status"), @"
    database  app.db
    at        c3
    pending   d4, make d4
    log       none: what ran before is not known; it begins with the next upgrade, downgrade or stamp
    ------- stderr -------
    nothing is wrong
    ");
    insta::assert_snapshot!(env.run("upgrade --dry-run"), @"
    upgrade d4, make d4 (1 statement, 0 changed rows, [time])
    the database would be at d4
    it has 28 KiB now, and up to 40 KiB during the run, its journal included
    ------- stderr -------
    everything was rolled back; nothing was changed
    ");
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    upgrade d4, make d4 ([time])
    warning: migrator_log did not know of the 3 revisions from `a1` to `c3`: what ran before is not known, and is taken as the files say now
    app.db is at d4
    ");
    insta::assert_snapshot!(env.run("log"), @"
    2026-11-03 14:40:11  upgrade   d4, make d4 ([time], by ada, migrator 0.1.0)
    2026-11-03 14:40:11  baseline  c3, make c3 (by ada, migrator 0.1.0)
    2026-11-03 14:40:11  baseline  b2, make b2 (by ada, migrator 0.1.0)
    2026-11-03 14:40:11  baseline  a1, make a1 (by ada, migrator 0.1.0)
    ");
    is_clean(&env);
    write_b2(&env, "'eight'");
    wrong(&env);
}

#[test]
fn a_stamp_begins_the_log_too() {
    let env = env();
    env.sql("DROP TABLE migrator_log").graph(&["d4 < c3"]);
    insta::assert_snapshot!(env.run("stamp a1"), @"
    ------- stderr -------
    warning: migrator_log did not know of the 3 revisions from `a1` to `c3`: what ran before is not known, and is taken as the files say now
    app.db is at a1
    ");
    insta::assert_snapshot!(env.run("log --limit 3"), @"
    2026-11-03 14:40:11  unstamp   b2, make b2 (by ada, migrator 0.1.0)
    2026-11-03 14:40:11  unstamp   c3, make c3 (by ada, migrator 0.1.0)
    2026-11-03 14:40:11  baseline  c3, make c3 (by ada, migrator 0.1.0)
    ");
    assert_eq!(
        env.query("SELECT group_concat(revision || ' ' || direction, ', ') FROM migrator_log"),
        ["a1 baseline, b2 baseline, c3 baseline, c3 unstamp, b2 unstamp"]
    );
}

#[test]
fn a_stamp_as_a_script_keeps_the_log_too() {
    let env = env();
    let run_script = |line: &str| {
        env.sql(env.run(line).ok().split_once(".bail on\n").unwrap().1);
        assert!(!env.run("status").stdout.contains("the log says"), "{line}");
        assert!(!env.run("status").stdout.contains("the log does not"), "{line}");
    };
    run_script("stamp --sql c3:a1");
    let last = "SELECT revision || ' ' || direction FROM migrator_log WHERE id > 3";
    assert_eq!(env.query(last), ["c3 unstamp", "b2 unstamp"]);
    run_script("stamp --sql --purge b2");
    assert_eq!(env.query(last)[2..], ["a1 stamp", "b2 stamp"]);
    run_script("stamp --sql --purge base");
    assert_eq!(env.query(last)[4..], ["a1 unstamp", "b2 unstamp"]);
    // A database without a log.
    env.run("stamp c3").ok();
    env.sql("DROP TABLE migrator_log");
    run_script("stamp --sql c3:b2");
    assert_eq!(
        env.query("SELECT revision || ' ' || direction FROM migrator_log"),
        ["a1 baseline", "b2 baseline", "c3 baseline", "c3 unstamp"]
    );
    env.graph(&["d4 < c3"]);
    env.sql("DROP TABLE t_c3");
    run_script("upgrade --sql b2:d4");
    is_clean(&env);
}

#[test]
fn what_is_pending_says_what_it_loses() {
    let env = TestEnv::with_graph(&["a1"]);
    env.run("upgrade").ok();
    env.revision("b2").after("a1").up("DROP TABLE t_a1;").write();
    insta::assert_snapshot!(env.run("status"), @"
    database  app.db
    at        a1
    pending   b2, make b2
    lint      1 downgrade-does-not-undo, 1 drop-table; `migrator lint current:` tells more
    log       1 row since 2026-11-03 14:40:11
    ------- stderr -------
    nothing is wrong with what ran
    ");
}

#[test]
fn a_database_that_another_tool_moved_on_goes_on() {
    let env = TestEnv::with_graph(LINE);
    env.run("upgrade a1").ok();
    env.sql(
        "CREATE TABLE t_b2 (id INTEGER PRIMARY KEY); UPDATE alembic_version SET version_num = 'b2'",
    );
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    upgrade c3, make c3 ([time])
    warning: the version table calls `b2` applied, and migrator_log does not know of that: `migrator status` says what to do
    app.db is at c3
    ");
    // Whose word counts is still to be said.
    let said = wrong(&env);
    insta::assert_snapshot!(obey(&env, &said, "repair").command, @"migrator repair b2");
    is_clean(&env);
}

#[test]
fn a_log_of_an_older_version_is_completed() {
    let env = env();
    // It named of a stamp only the target, and nobody.
    env.sql(
        "ALTER TABLE migrator_log DROP COLUMN who; DELETE FROM migrator_log WHERE revision = 'a1'",
    );
    env.graph(&["d4 < c3"]);
    env.run("status").ok();
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    upgrade d4, make d4 ([time])
    warning: migrator_log did not know of `a1`: what ran before is not known, and is taken as the files say now
    app.db is at d4
    ");
    is_clean(&env);
    assert_eq!(env.query("SELECT DISTINCT who FROM migrator_log WHERE id > 3"), ["ada"]);
}

#[test]
fn without_a_log_rows_and_files_tell_what_they_can() {
    let env = TestEnv::new();
    env.config("[database]\nurl = \"sqlite:///app.db\"\nlog = false").graph(LINE);
    env.run("upgrade b2").ok();
    insta::assert_snapshot!(env.run("status"), @"
    database  app.db
    at        b2
    pending   c3, make c3
    log       off (`log = false`): what ran, and whether it is what the files say, is not known
    ------- stderr -------
    nothing is wrong
    ");
    env.revision("a1").up("CREATE TABLE t_a1 (id INTEGER PRIMARY KEY, more);").write();
    insta::assert_snapshot!(env.run("status"), @"
    database  app.db
    at        b2
    pending   c3, make c3
    log       off (`log = false`): what ran, and whether it is what the files say, is not known
    wrong     the schema is not what the applied revisions make; it has more (+), less (-) or something else (~):
                - column  t_a1.more
                `migrator schema diff database current --sql | sqlite3 -bail app.db` undoes it; look at the SQL first
                or, to keep it, let a revision make it (`migrator schema diff current database --sql` has the SQL), and `migrator stamp` that
    [exit status: 1]
    ");
    env.run("upgrade").ok();
    insta::assert_snapshot!(env.run("repair a1"), @"
    ------- stderr -------
    error: `log = false` under `[database]`: what ran is not recorded
    hint: nothing was changed; there is nothing to accept, and nothing that `upgrade` would refuse for it; `migrator stamp` sets the version table
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("log"), @"
    ------- stderr -------
    app.db has no log of what ran
    ");
}

#[test]
fn only_what_can_be_repaired_is() {
    let env = env();
    insta::assert_snapshot!(env.run("repair a1 c3"), @"
    ------- stderr -------
    nothing to repair in app.db
    ");
    env.graph(&["d4 < c3"]);
    insta::assert_snapshot!(env.run("repair d4"), @"
    ------- stderr -------
    error: `d4` is not applied, neither by the version table nor by the log
    hint: `migrator upgrade d4` applies it
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("repair nope"), @"
    ------- stderr -------
    error: no revision or branch label is called `nope` or begins with it
    hint: `migrator history` lists all revisions and labels
    [exit status: 2]
    ");
    env.sql("UPDATE alembic_version SET version_num = 'zz'");
    insta::assert_snapshot!(env.run("repair zz"), @"
    ------- stderr -------
    error: the database is at `zz`, which no revision file declares
    hint: bring back the file, or replace the row by a revision that exists: `migrator stamp REVISION`
    [exit status: 2]
    ");
    write_b2(&env, "'eight'");
    env.sql("UPDATE alembic_version SET version_num = 'c3'");
    insta::assert_snapshot!(env.run("repair b2 --tag ticket-7 --json"), @r#"
    {
      "database": "app.db",
      "revisions": [
        {
          "revision": "b2",
          "is_applied": true
        }
      ]
    }
    "#);
    insta::assert_snapshot!(env.run("log b2"), @"
    2026-11-03 14:40:11  repair    b2, make b2 (by ada, migrator 0.1.0, tag ticket-7)
    2026-11-03 14:40:11  upgrade   b2, make b2 ([time], by ada, migrator 0.1.0)
    ");
    std::fs::remove_file(env.path("app.db")).unwrap();
    insta::assert_snapshot!(env.run("repair b2"), @"
    ------- stderr -------
    error: the database `$DIR/app.db` does not exist
    hint: `migrator upgrade` makes it; if it should be there, check the path: it comes from `--url`, or else from `database.url` in alembic.toml
    [exit status: 2]
    ");
    assert!(!env.path("app.db").exists());
}

#[test]
fn the_log_says_who_what_and_when() {
    let env = env();
    env.run("downgrade -1 --tag oops").ok();
    insta::assert_snapshot!(env.run("log"), @"
    2026-11-03 14:40:11  downgrade c3, make c3 ([time], by ada, migrator 0.1.0, tag oops)
    2026-11-03 14:40:11  upgrade   c3, make c3 ([time], by ada, migrator 0.1.0)
    2026-11-03 14:40:11  upgrade   b2, make b2 ([time], by ada, migrator 0.1.0)
    2026-11-03 14:40:11  upgrade   a1, make a1 ([time], by ada, migrator 0.1.0)
    ");
    insta::assert_snapshot!(env.run("log --limit 1"), @"2026-11-03 14:40:11  downgrade c3, make c3 ([time], by ada, migrator 0.1.0, tag oops)");
    insta::assert_snapshot!(env.run("log c3"), @"
    2026-11-03 14:40:11  downgrade c3, make c3 ([time], by ada, migrator 0.1.0, tag oops)
    2026-11-03 14:40:11  upgrade   c3, make c3 ([time], by ada, migrator 0.1.0)
    ");
    insta::assert_snapshot!(env.run("log nope"), @"
    ------- stderr -------
    error: no revision or branch label is called `nope` or begins with it
    hint: `migrator history` lists all revisions and labels
    [exit status: 2]
    ");
    let json = env.run("log --limit 1 --json").json();
    assert_eq!(json[0]["direction"], "downgrade");
    assert_eq!(json[0]["who"], "ada");
    assert_eq!(json[0]["tag"], "oops");
    assert_eq!(json.as_array().unwrap().len(), 1);
}

/// A version table that takes anything, with these values.
fn with_values(env: &TestEnv, values: &str) {
    env.sql(&format!(
        "DROP TABLE alembic_version; CREATE TABLE alembic_version (version_num);
         INSERT INTO alembic_version VALUES {values}"
    ));
}

#[test]
fn rows_that_are_no_revisions_are_found() {
    let env = env();
    with_values(&env, "(NULL), ('c3'), (x'00ff'), (''), (7), (NULL)");
    insta::assert_snapshot!(env.run("status"), @"
    database  app.db
    at        c3, what is no revision
    pending   nothing
    log       3 rows since 2026-11-03 14:40:11
    wrong     a row of the version table holds NULL instead of a revision
              a row of the version table holds a blob of 2 bytes instead of a revision
              a row of the version table holds an empty text instead of a revision
              and 1 more; `migrator status --json` has all
                `migrator stamp --purge c3` leaves what the log says, without running anything
    unknown   the schema was not compared: the version table does not say what is applied
    [exit status: 1]
    ");
    let said = wrong(&env);
    insta::assert_snapshot!(obey(&env, &said, "stamp").command, @"migrator stamp --purge c3");
    is_clean(&env);
}

#[test]
fn each_row_that_is_no_revision_is_mended_by_what_is_said() {
    for values in
        ["(NULL)", "(x'00ff')", "('')", "(1.5)", "(CAST(x'ff' AS TEXT))", "(NULL), ('c3')"]
    {
        for has_log in [true, false] {
            let env = env();
            let rows = env.rows();
            if !has_log {
                env.sql("DROP TABLE migrator_log");
            }
            with_values(&env, values);
            let before = std::fs::read(env.path("app.db")).unwrap();
            let said = wrong(&env);
            assert!(std::fs::read(env.path("app.db")).unwrap() == before);
            env.run("upgrade").exits_with(2);
            if !has_log && !values.contains("c3") {
                assert!(said.contains("`migrator schema diff database REVISION`"), "{said}");
                env.run(&format!("schema diff database {}", rows[0])).ok();
                env.run(&format!("stamp --purge {}", rows[0])).ok();
            } else {
                obey(&env, &said, "stamp --purge");
            }
            assert_eq!(env.rows(), rows, "{values}");
            is_clean(&env);
        }
    }
}

#[test]
fn two_equal_rows_are_mended_by_what_is_said() {
    for has_log in [true, false] {
        let env = env();
        let rows = env.rows();
        if !has_log {
            env.sql("DROP TABLE migrator_log");
        }
        with_values(&env, "('c3'), ('c3')");
        let said = wrong(&env);
        assert!(said.contains("the version table has the row `c3` twice"), "{said}");
        obey(&env, &said, "stamp --purge");
        assert_eq!(env.rows(), rows);
        is_clean(&env);
    }
}

#[test]
fn without_a_log_there_is_nothing_to_repair() {
    let env = env();
    env.config("[database]\nurl = \"app.db\"\nlog = false");
    insta::assert_snapshot!(env.run("repair b2"), @"
    ------- stderr -------
    error: `log = false` under `[database]`: what ran is not recorded
    hint: nothing was changed; there is nothing to accept, and nothing that `upgrade` would refuse for it; `migrator stamp` sets the version table
    [exit status: 2]
    ");
}

#[test]
fn a_database_of_another_tool_can_be_taken_over() {
    let env = TestEnv::new();
    env.sql(
        "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
         INSERT INTO alembic_version VALUES ('3b8ff9aee0c1');",
    );
    let said = env.run("upgrade").exits_with(2);
    insta::assert_snapshot!(said, @r#"
    error: the database is at `3b8ff9aee0c1`, which no revision file declares
    hint: if Alembic brought it there, take it over: `migrator schema dump > schema.sql`, with `files = ["schema.sql"]` under `[schema]` in alembic.toml, then `migrator revision --autogenerate --rev-id 3b8ff9aee0c1 -m "…"`, and it is at that revision
    hint: or bring back the files of the revisions: they were deleted, or are elsewhere
    "#);
    let hint = said.lines().find_map(|it| it.strip_prefix("hint: ")).unwrap();
    assert!(env.run("status").stdout.contains(hint), "{said}");
}

#[test]
fn a_log_that_somebody_wrote_into_is_shown_all_the_same() {
    let env = env();
    let odd = ["9e999", "-9e999", "1e30", "-1", "7", "'soon'", "x'00'", "x'ff'", "NULL"];
    for column in ["duration_ms", "who", "tag"] {
        for value in odd {
            env.sql(&format!("UPDATE migrator_log SET {column} = {value} WHERE revision = 'b2'"));
            let output = env.run("log");
            assert_eq!(output.status, Some(0), "{column} {value}: {output}");
            assert!(
                output.stdout.contains("upgrade   b2, make b2 ("),
                "{column} {value}: {output}"
            );
            env.run("log --json").ok();
            is_clean(&env);
        }
    }
}

/// As Alembic's users do who have several projects in one database.
#[test]
fn two_version_tables_in_one_database_have_a_log_each() {
    let env = TestEnv::new();
    env.config(
        "[database]\nurl = 'app.db'\n\n[env.a]\nversion_locations = ['va']\n[env.a.database]\nversion_table = 'version_a'\n\
         [env.a.schema]\nexclude = ['b*', 'version_b', 'alembic_version']\n\
         [env.b]\nversion_locations = ['vb']\n[env.b.database]\nversion_table = 'Version_B'\n\
         [env.b.schema]\nexclude = ['a*', 'version_a']\n\
         [env.c]\nversion_locations = ['vb']\n[env.c.database]\n\
         [env.c.schema]\nexclude = ['a*', 'version_*']\n",
    );
    let file = |folder: &str, id: &str, sql: &str, back: &str| {
        let head = format!("-- /// revision\n-- revision = \"{id}\"\n-- ///\n");
        let bodies = format!("-- migrate:upgrade\n{sql}\n-- migrate:downgrade\n{back}\n");
        env.file(&format!("{folder}/{id}.sql"), &format!("{head}{bodies}"));
    };
    file("va", "a1", "CREATE TABLE a (x);", "DROP TABLE a;");
    file("vb", "b1", "CREATE TABLE IF NOT EXISTS b (x);", "DROP TABLE IF EXISTS b;");
    for name in ["a", "b", "c"] {
        env.run(&format!("-n {name} upgrade")).ok();
        env.run(&format!("-n {name} status")).ok();
    }
    for (name, other) in [("a", "b1"), ("b", "a1"), ("c", "a1")] {
        env.run(&format!("-n {name} status")).ok();
        let log = env.run(&format!("-n {name} log")).ok();
        assert!(!log.contains(other), "{name}: {log}");
        assert_eq!(log.lines().count(), 1, "{name}: {log}");
    }
    // A script writes what a run does.
    let run_script = |command: &str| {
        let script = env.run(command).ok();
        env.sql(script.strip_prefix(".bail on\n").unwrap());
    };
    run_script("-n a downgrade --sql a1:base");
    env.run("-n a status").ok();
    run_script("-n a stamp --sql --purge a1");
    env.sql("CREATE TABLE a (x)");
    for name in ["a", "b", "c"] {
        env.run(&format!("-n {name} status")).ok();
    }
}

#[test]
fn a_log_of_before_its_version_table_was_named_belongs_to_the_next_that_runs() {
    let env = TestEnv::new();
    env.config("[database]\nurl = 'app.db'\nversion_table = 'version_a'\n");
    env.graph(&["a1", "b2 < a1"]);
    env.run("upgrade a1").ok();
    env.sql("ALTER TABLE migrator_log DROP COLUMN version_table");
    is_clean(&env);
    let log = env.run("log").ok();
    assert_eq!(log.lines().count(), 2, "{log}");
    assert_eq!(env.query("SELECT DISTINCT version_table FROM migrator_log"), ["version_a"]);
}
