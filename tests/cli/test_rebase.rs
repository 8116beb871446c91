//! `migrator rebase`

use crate::support::TestEnv;

/// Two branches of a repository, merged: each added revisions.
fn two_heads() -> TestEnv {
    TestEnv::with_graph(&["a1", "b2 < a1", "c3 < a1", "d4 < c3"])
}

#[test]
fn a_head_moves_with_its_line_onto_the_other_head() {
    let env = two_heads();
    let before = env.read("versions/c3.sql");
    let other = env.read("versions/d4.sql");
    insta::assert_snapshot!(env.run("rebase d4"), @"
    wrote versions/c3.sql: c3 follows b2 (before: a1)
    ------- stderr -------
    d4 moved with it
    ");
    assert_eq!(env.read("versions/c3.sql"), before.replace("\"a1\"", "\"b2\""));
    assert_eq!(env.read("versions/d4.sql"), other);
    insta::assert_snapshot!(env.run("history"), @"
    c3 -> d4 (head), make d4
    b2 -> c3, make c3
    a1 -> b2, make b2
    <base> -> a1, make a1
    ");
    insta::assert_snapshot!(env.run("heads --check"), @"d4 (head)");
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    upgrade a1, make a1 ([time])
    upgrade b2, make b2 ([time])
    upgrade c3, make c3 ([time])
    upgrade d4, make d4 ([time])
    app.db is at d4
    ");
}

#[test]
fn a_rebase_is_rehearsed() {
    let env = two_heads();
    let before = env.read("versions/b2.sql");
    insta::assert_snapshot!(env.run("rebase b2 --onto d4 --dry-run"), @"would write versions/b2.sql: b2 follows d4 (before: a1)");
    assert_eq!(env.read("versions/b2.sql"), before);
}

#[test]
fn programs_are_told_what_moved() {
    let env = two_heads();
    insta::assert_snapshot!(env.run("rebase c3 --json"), @r#"
    {
      "revision": "c3",
      "from": [
        "a1"
      ],
      "down_revision": [
        "b2"
      ],
      "moved": [
        "c3",
        "d4"
      ],
      "path": "versions/c3.sql",
      "dry_run": false
    }
    "#);
    insta::assert_snapshot!(env.run("rebase d4 --json"), @r#"
    {
      "revision": null,
      "from": [],
      "down_revision": [],
      "moved": [],
      "path": null,
      "dry_run": false
    }
    ------- stderr -------
    there is one head; no file was written
    "#);
}

#[test]
fn nothing_else_in_the_file_changes() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1"]);
    let text = |parent: &str| {
        format!(
            "\u{feff}-- ours\r\n-- /// revision\r\n--   revision='c3'\r\n-- down_revision = [ # one\r\n\
             --   '{parent}', # the fork\r\n-- ]\r\n-- message = \"after a1\"\r\n-- ///\r\n\r\n\
             -- migrate:upgrade\r\nSELECT 'a1';\r\n-- the end, without a line end"
        )
    };
    env.file("versions/c3.sql", &text("a1"));
    insta::assert_snapshot!(env.run("rebase c3"), @"wrote versions/c3.sql: c3 follows b2 (before: a1)");
    assert_eq!(env.read("versions/c3.sql"), text("b2"));
}

#[test]
fn the_permissions_stay_and_a_link_stays_a_link() {
    use std::os::unix::fs::PermissionsExt as _;
    let env = two_heads();
    let real = env.path("elsewhere.sql");
    std::fs::rename(env.path("versions/c3.sql"), &real).unwrap();
    std::os::unix::fs::symlink(&real, env.path("versions/c3.sql")).unwrap();
    std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o640)).unwrap();
    env.run("rebase d4").ok();
    assert!(env.path("versions/c3.sql").is_symlink());
    assert!(env.read("elsewhere.sql").contains("down_revision = \"b2\""));
    assert_eq!(real.metadata().unwrap().permissions().mode() & 0o777, 0o640);
    // Nothing is left beside it.
    assert_eq!(env.files().iter().filter(|it| it.contains(".migrator-")).count(), 0);
}

#[test]
fn what_is_not_clear_is_refused() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1", "c3 < a1", "d4 < c3", "e5 < a1"]);
    insta::assert_snapshot!(env.run("rebase d4"), @"
    ------- stderr -------
    error: `d4` could move onto several heads: `b2`, `e5`
    hint: name one, for example `migrator rebase d4 --onto b2`
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("rebase d4 --onto c3"), @"
    ------- stderr -------
    error: `c3` is no head: `d4` comes after it
    hint: a line moves onto a head; `migrator heads` lists them
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("rebase c3 --onto d4"), @"
    ------- stderr -------
    error: `d4` is one of the revisions that would move
    hint: all that follows `c3` moves with it; name another head with `--onto`
    [exit status: 2]
    ");
    let env = TestEnv::with_graph(&["a1", "b2 < a1", "c3 < a1", "d4 < b2 c3", "e5 < a1"]);
    insta::assert_snapshot!(env.run("rebase d4 --onto e5"), @"
    ------- stderr -------
    error: what leads to `d4` begins with several revisions: `b2`, `c3`
    hint: name the first revision of the line that is to move: `b2` or `c3`
    [exit status: 2]
    ");
    let env = TestEnv::with_graph(&["a1", "b2 < a1 ~c3", "c3 < a1"]);
    insta::assert_snapshot!(env.run("rebase c3 --onto b2"), @r#"
    ------- stderr -------
    error: dependencies form a cycle: b2 -> c3 -> b2
     --> versions/b2.sql:4:18
      |
    4 | -- depends_on = ["c3"]
      |                  ^^^^
    hint: remove one `depends_on` so that the chain ends at a base
    [exit status: 2]
    "#);
}

#[test]
fn what_ran_keeps_its_place() {
    let env = two_heads();
    env.run("upgrade c3").ok();
    let files = env.read("versions/c3.sql");
    insta::assert_snapshot!(env.run("rebase d4"), @"
    ------- stderr -------
    error: `c3` is applied to app.db
    hint: a revision that ran keeps its place, or the database would miss what comes before it
    hint: take it back there first: `migrator downgrade a1`, and `upgrade` again when the line has moved
    hint: another way: `migrator rebase b2` puts what leads to it on top of the other; `migrator merge heads` joins them in a revision of its own
    [exit status: 2]
    ");
    assert_eq!(env.read("versions/c3.sql"), files);
    // The way out that it gave.
    env.run("downgrade a1").ok();
    insta::assert_snapshot!(env.run("rebase d4"), @"
    wrote versions/c3.sql: c3 follows b2 (before: a1)
    ------- stderr -------
    d4 moved with it
    ");
}

#[test]
fn what_ran_on_the_database_of_another_environment_keeps_its_place() {
    let env = two_heads();
    env.config(
        "[env.staging.database]\nurl = \"sqlite:///staging.db\"\n\
         [env.absent.database]\nurl = \"sqlite:///absent.db\"\n\
         [env.secret.database]\nurl = \"${SECRET_URL}\"\n\
         [env.other]\nversion_locations = [\"other\"]\n\
         [env.other.database]\nurl = \"sqlite:///other.db\"\n",
    );
    env.folder("other").file("other.db", "no database at all, and not of these revisions");
    env.run("-n staging upgrade d4").ok();
    insta::assert_snapshot!(env.run("rebase d4"), @"
    ------- stderr -------
    warning: the database of `-n secret` was not asked: `${SECRET_URL}` has no value
    error: `c3` is applied to staging.db
    hint: a revision that ran keeps its place, or the database would miss what comes before it
    hint: take it back there first: `migrator -n staging downgrade a1`, and `upgrade` again when the line has moved
    hint: another way: `migrator rebase b2` puts what leads to it on top of the other; `migrator merge heads` joins them in a revision of its own
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("rebase b2"), @"
    wrote versions/b2.sql: b2 follows d4 (before: a1)
    ------- stderr -------
    warning: the database of `-n secret` was not asked: `${SECRET_URL}` has no value
    ");
    assert!(!env.path("absent.db").exists());
}

#[test]
fn what_only_the_log_knows_of_keeps_its_place() {
    let env = two_heads();
    env.run("upgrade d4").ok();
    env.sql("UPDATE alembic_version SET version_num = 'a1'");
    insta::assert_snapshot!(env.run("rebase d4"), @"
    ------- stderr -------
    error: `c3` ran on app.db
    hint: a revision that ran keeps its place, or the database would miss what comes before it
    hint: its version table does not say so: find out which is true first
    hint: another way: `migrator rebase b2` puts what leads to it on top of the other; `migrator merge heads` joins them in a revision of its own
    [exit status: 2]
    ");
}

#[test]
fn a_database_that_cannot_tell_is_refused() {
    let env = two_heads();
    env.config("[database]\nurl = \"sqlite:///app.db\"\nlog = false\n");
    env.run("upgrade a1").ok();
    env.sql("UPDATE alembic_version SET version_num = 'zz'");
    insta::assert_snapshot!(env.run("rebase d4"), @"
    ------- stderr -------
    error: app.db is at `zz`, which no revision file declares, and has no log of what ran
    hint: what ran there cannot be known: bring back the files that declare the rows, or `migrator stamp REVISION`
    hint: another way: `migrator merge heads` joins them in a revision of its own
    [exit status: 2]
    ");
}

#[test]
fn a_line_that_does_not_run_in_the_new_order_is_refused() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1"]);
    env.revision("c3").after("a1").up("CREATE TABLE t_b2 (other TEXT);").down("").write();
    let before = env.read("versions/c3.sql");
    insta::assert_snapshot!(env.run("rebase c3"), @"
    ------- stderr -------
    error: cannot replay the revisions: revision `c3` failed at statement 1 of 1
     --> versions/c3.sql:8:14
      |
    8 | CREATE TABLE t_b2 (other TEXT);
      |              ^^^^ table t_b2 already exists
    hint: they were run in an empty database in memory, to see what they make; nothing was changed
    hint: no file was written; the revisions run in neither order: they change the same thing; edit one of them (`migrator verify` shows where it fails)
    [exit status: 2]
    ");
    assert_eq!(env.read("versions/c3.sql"), before);
}

#[test]
fn another_schema_in_the_new_order_is_refused() {
    let env = TestEnv::new();
    env.revision("a1").up("CREATE TABLE t (a TEXT);").write();
    let view =
        |body: &str| format!("DROP VIEW IF EXISTS v; CREATE VIEW v AS SELECT {body} FROM t;");
    env.revision("b2").after("a1").up(&view("1 AS b")).write();
    env.revision("c3").after("a1").up(&view("2 AS c")).write();
    let before = env.read("versions/c3.sql");
    insta::assert_snapshot!(env.run("rebase c3"), @r#"
    ------- stderr -------
    error: after `b2`, the line that begins with `c3` leads to another schema
    caused by: ~ view v
    hint: both branches change it: edit `c3` so that it builds on what `b2` leaves, and rebase again
    hint: if it is meant like that, write `down_revision = "b2"` into the file by hand
    hint: no file was written; `migrator merge heads` joins them in a revision of its own
    [exit status: 2]
    "#);
    assert_eq!(env.read("versions/c3.sql"), before);
}

#[test]
fn a_rebuild_that_knows_nothing_of_the_other_branch_is_refused() {
    let env = TestEnv::new();
    let rebuild = |columns: &str, names: &str| {
        format!(
            "CREATE TABLE n ({columns}); INSERT INTO n ({names}) SELECT {names} FROM t;\n\
             DROP TABLE t; ALTER TABLE n RENAME TO t;"
        )
    };
    env.revision("a1")
        .up("CREATE TABLE t (id INTEGER PRIMARY KEY, x);")
        .down("DROP TABLE t;")
        .write();
    let y = |env: &TestEnv, id: &str, parent: &str| {
        let down = "ALTER TABLE t DROP COLUMN y;";
        env.revision(id).after(parent).up("ALTER TABLE t ADD COLUMN y;").down(down).write();
    };
    let z = |env: &TestEnv, id: &str, names: &str| {
        let up = rebuild(&format!("id INTEGER PRIMARY KEY, x DEFAULT 1{}", &names[5..]), names);
        let down = rebuild(&format!("id INTEGER PRIMARY KEY, x{}", &names[5..]), names);
        env.revision(id).after("a1").up(&up).down(&down).write();
    };
    y(&env, "b2", "a1");
    z(&env, "c3", "id, x");
    insta::assert_snapshot!(env.run("rebase c3"), @r#"
    ------- stderr -------
    error: after `b2`, the line that begins with `c3` leads to another schema
    caused by: - column t.y
    hint: both branches change it: edit `c3` so that it builds on what `b2` leaves, and rebase again
    hint: if it is meant like that, write `down_revision = "b2"` into the file by hand
    hint: no file was written; `migrator rebase b2` puts what leads to it on top of the other; `migrator merge heads` joins them in a revision of its own
    [exit status: 2]
    "#);
    // Put below it, it takes nothing away.
    insta::assert_snapshot!(env.run("rebase b2 --dry-run"), @"would write versions/b2.sql: b2 follows c3 (before: a1)");
    // As the refusal has it: the one builds on the other.
    z(&env, "c3", "id, x, y");
    insta::assert_snapshot!(env.run("rebase c3"), @"wrote versions/c3.sql: c3 follows b2 (before: a1)");
    insta::assert_snapshot!(env.run("verify"), @"3 revisions: 3 go up, down and up again");
}

#[test]
fn a_downgrade_that_does_not_lead_back_in_the_new_order_is_refused() {
    let env = TestEnv::new();
    env.revision("a1").up("CREATE TABLE t (id INTEGER PRIMARY KEY);").write();
    env.revision("b2")
        .after("a1")
        .up("ALTER TABLE t ADD COLUMN y;")
        .down("ALTER TABLE t DROP COLUMN y;")
        .write();
    let z = |down: &str| {
        env.revision("c3").after("a1").up("ALTER TABLE t ADD COLUMN z;").down(down).write();
    };
    z("CREATE TABLE n (id INTEGER PRIMARY KEY); INSERT INTO n SELECT id FROM t;\n\
       DROP TABLE t; ALTER TABLE n RENAME TO t;");
    let before = env.read("versions/c3.sql");
    insta::assert_snapshot!(env.run("rebase c3"), @r#"
    ------- stderr -------
    error: after `b2`, the downgrade of `c3` leaves another schema than it must
      --> versions/c3.sql:11:1
       |
    11 | CREATE TABLE n (id INTEGER PRIMARY KEY); INSERT INTO n SELECT id FROM t;
       | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    caused by: - column t.y
    hint: both branches change it: edit `c3` so that it builds on what `b2` leaves, and rebase again
    hint: if it is meant like that, write `down_revision = "b2"` into the file by hand
    hint: no file was written; `migrator rebase b2` puts what leads to it on top of the other; `migrator merge heads` joins them in a revision of its own
    [exit status: 2]
    "#);
    z("CREATE TABLE n (id INTEGER PRIMARY KEY); ALTER TABLE t DROP COLUMN z;\n\
       INSERT INTO n SELECT * FROM t; DROP TABLE t; ALTER TABLE n RENAME TO t;");
    insta::assert_snapshot!(env.run("rebase c3"), @r#"
    ------- stderr -------
    error: after `b2`, the downgrade of `c3` fails: revision `c3` failed at statement 3 of 5: table n has 1 columns but 2 values were supplied
      --> versions/c3.sql:12:1
       |
    12 | INSERT INTO n SELECT * FROM t; DROP TABLE t; ALTER TABLE n RENAME TO t;
       | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ table n has 1 columns but 2 values were supplied
    hint: both branches change it: edit `c3` so that it builds on what `b2` leaves, and rebase again
    hint: if it is meant like that, write `down_revision = "b2"` into the file by hand
    hint: no file was written; `migrator rebase b2` puts what leads to it on top of the other; `migrator merge heads` joins them in a revision of its own
    [exit status: 2]
    "#);
    // What was wrong before is no reason.
    z("ALTER TABLE t DROP COLUMN nope;");
    insta::assert_snapshot!(env.run("rebase c3"), @"wrote versions/c3.sql: c3 follows b2 (before: a1)");
    assert_ne!(env.read("versions/c3.sql"), before);
}

#[test]
fn what_ran_before_it_was_squashed_keeps_its_place() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1", "c3 < b2", "e5 < c3"]);
    env.run("upgrade e5").ok();
    // It stands on a revision that only another branch of the repository has.
    std::fs::remove_file(env.path("versions/e5.sql")).unwrap();
    env.run("squash b2:c3 -m 'Both' --rev-id s1").ok();
    env.graph(&["d4 < a1"]);
    let files = env.files();
    insta::assert_snapshot!(env.run("rebase s1 --onto d4"), @"
    ------- stderr -------
    error: `s1` ran on app.db
    hint: a revision that ran keeps its place, or the database would miss what comes before it
    hint: its version table does not say so: find out which is true first
    hint: another way: `migrator rebase d4` puts what leads to it on top of the other; `migrator merge heads` joins them in a revision of its own
    [exit status: 2]
    ");
    assert_eq!(env.files(), files);
}

#[test]
fn other_numbers_in_the_header_are_refused() {
    let env = TestEnv::with_graph(&["a1"]);
    env.revision("b2").after("a1").up("PRAGMA user_version = 2;").write();
    env.revision("c3").after("a1").up("PRAGMA user_version = 3;").write();
    let files = env.files();
    insta::assert_snapshot!(env.run("rebase c3"), @r#"
    ------- stderr -------
    error: after `b2`, the line that begins with `c3` leads to another schema
    caused by: ~ pragma user_version now 3, was 2
    hint: both branches change it: edit `c3` so that it builds on what `b2` leaves, and rebase again
    hint: if it is meant like that, write `down_revision = "b2"` into the file by hand
    hint: no file was written; `migrator rebase b2` puts what leads to it on top of the other; `migrator merge heads` joins them in a revision of its own
    [exit status: 2]
    "#);
    assert_eq!(env.files(), files);
    // As it says: in this order nothing changes.
    env.run("rebase b2").ok();
}

#[test]
fn other_rows_in_the_new_order_are_refused() {
    let env = TestEnv::new();
    env.revision("a1").up("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);").write();
    env.revision("b2").after("a1").up("INSERT INTO t (v) VALUES ('b');").write();
    env.revision("c3").after("a1").up("UPDATE t SET v = v || '!';").write();
    let files = env.files();
    insta::assert_snapshot!(env.run("rebase c3"), @r#"
    ------- stderr -------
    error: after `b2`, the line that begins with `c3` leaves other rows in t than in the order of before
    hint: both branches change it: edit `c3` so that it builds on what `b2` leaves, and rebase again
    hint: if it is meant like that, write `down_revision = "b2"` into the file by hand
    hint: no file was written; `migrator rebase b2` puts what leads to it on top of the other; `migrator merge heads` joins them in a revision of its own
    [exit status: 2]
    "#);
    assert_eq!(env.files(), files);
    env.run("rebase b2 --dry-run").ok();
    // Rows that are never the same prove nothing against it.
    env.revision("c3").after("a1").up("CREATE TABLE r AS SELECT random() AS a;").write();
    env.run("rebase c3").ok();
}
