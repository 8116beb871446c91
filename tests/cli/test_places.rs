//! Files, folders and databases that cannot be used: why, what state things are in, and what to do

use crate::support::TestEnv;

/// What reading and running say about a database; both say the same.
#[track_caller]
fn both(env: &TestEnv, options: &str) -> String {
    let read = env.run(&format!("{options} current")).exits_with(2);
    assert_eq!(env.run(&format!("{options} upgrade")).exits_with(2), read);
    assert_eq!(env.run(&format!("{options} upgrade --dry-run")).exits_with(2), read);
    read
}

#[cfg(unix)]
#[test]
fn a_database_that_cannot_be_reached() {
    use std::os::unix::fs::symlink;
    let env = TestEnv::with_graph(&["a1"]);
    env.file("data", "a file");
    insta::assert_snapshot!(both(&env, "--url data/app.db"), @"
    error: cannot reach the database `$DIR/data/app.db`
    caused by: Not a directory (os error 20)
    hint: nothing was changed; a file is where its folder should be: move it away, or check the path: it comes from `--url`, or else from `database.url` in alembic.toml
    ");
    symlink("loop.db", env.path("loop.db")).unwrap();
    insta::assert_snapshot!(both(&env, "--url loop.db"), @"
    error: cannot reach the database `$DIR/loop.db`
    caused by: Too many levels of symbolic links (os error 40)
    hint: nothing was changed; check the path: it comes from `--url`, or else from `database.url` in alembic.toml
    ");
    symlink("gone/app.db", env.path("link.db")).unwrap();
    insta::assert_snapshot!(both(&env, "--url link.db"), @"
    error: the database `$DIR/link.db` is a link to `gone/app.db`, which does not exist
    hint: nothing was changed; make the folder that it names, or the link anew; `migrator --url link.db upgrade` makes the file
    ");
    // Where the folder is there, the file that the link names is made.
    env.folder("there");
    symlink("there/app.db", env.path("new.db")).unwrap();
    env.run("--url new.db current").exits_with(2);
    env.run("--url new.db upgrade -q").exits_with(0);
    assert!(env.path("there/app.db").exists());
}

#[test]
fn a_database_that_its_url_keeps_from_being_made() {
    let env = TestEnv::with_graph(&["a1"]);
    insta::assert_snapshot!(both(&env, "--url file:app.db?mode=ro"), @"
    error: the database `$DIR/app.db` does not exist, and `mode=ro` in its URL keeps it from being made
    hint: nothing was changed; leave the `mode` out, or check the path: it comes from `--url`, or else from `database.url` in alembic.toml
    ");
    both(&env, "--url sqlite:///there/app.db?mode=rw");
    assert_eq!(env.files(), ["alembic.toml", "versions/", "versions/a1.sql"]);
    // The way out, as it is said.
    env.run("--url file:app.db upgrade -q").ok();
    env.run("--url file:app.db?mode=ro current").ok();
}

#[cfg(target_os = "linux")]
#[test]
fn a_database_in_a_folder_that_takes_no_files() {
    let env = TestEnv::with_graph(&["a1"]);
    for line in ["upgrade", "stamp head", "ensure-version"] {
        let text = env.run(&format!("--url /proc/app.db {line}")).exits_with(2);
        insta::allow_duplicates! {
            insta::assert_snapshot!(text, @"
            error: cannot make the database `/proc/app.db`
            caused by: No such file or directory (os error 2)
            hint: nothing was changed; its folder takes no such file; check the path: it comes from `--url`, or else from `database.url` in alembic.toml
            ");
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn files_that_cannot_be_read_or_written() {
    use std::os::unix::fs::symlink;
    let env = TestEnv::with_graph(&["a1"]);
    symlink("b2.sql", env.path("versions/b2.sql")).unwrap();
    insta::assert_snapshot!(env.run("heads"), @"
    ------- stderr -------
    error: cannot read `$DIR/versions/b2.sql`
    caused by: Too many levels of symbolic links (os error 40)
    hint: nothing was changed; look at the path, and whether this user may use it
    [exit status: 2]
    ");
    // Nobody can make a folder there, whoever runs the test.
    insta::assert_snapshot!(env.run("init /proc/new"), @"
    ------- stderr -------
    error: cannot make the folder `/proc/new`
    caused by: No such file or directory (os error 2)
    hint: nothing was changed; look at the path, and whether this user may use it
    [exit status: 2]
    ");
}

#[test]
fn a_table_that_only_has_the_name_of_the_log() {
    let env = TestEnv::with_graph(&["a1"]);
    env.sql("CREATE TABLE migrator_log (id INTEGER PRIMARY KEY, line TEXT)");
    for line in ["upgrade", "status", "upgrade --dry-run", "log"] {
        let said = env.run(line).exits_with(2);
        insta::allow_duplicates! { insta::assert_snapshot!(said, @"
        error: the table `migrator_log` in `$DIR/app.db` is not the log of migrator: it has no column `revision`
        hint: nothing was changed; it belongs to another program: leave the log of migrator out with `log = false` under `[database]` in alembic.toml, or rename that table
        "); }
    }
    env.config("[database]\nurl = \"app.db\"\nlog = false");
    env.run("upgrade -q").exits_with(0);
}

#[test]
fn a_file_that_is_no_schema() {
    let env = TestEnv::with_graph(&["a1"]);
    insta::assert_snapshot!(env.run("schema dump alembic.toml"), @"
    ------- stderr -------
    error: `$DIR/alembic.toml` is not an SQLite database
    hint: `alembic.toml` was named as a schema; a schema is `database`, `declared`, a SQL file or folder, a database or its URL, or a revision
    [exit status: 2]
    ");
}

#[test]
fn settings_that_are_almost_right() {
    let env = TestEnv::with_graph(&["a1"]);
    env.config("[[hooks]]\ncommand = [\"true\"]").run("heads").ok();
    env.config("[hooks]\ncommand = [\"true\"]");
    insta::assert_snapshot!(env.run("heads"), @"
    ------- stderr -------
    error: `hooks` must be an array of tables, not a table
     --> alembic.toml:1:1
      |
    1 | [hooks]
      | ^^^^^^^
    hint: there may be several, so it has two brackets: `[[hooks]]`
    [exit status: 2]
    ");
    env.config("[database]\nurl = \"app.db\"\n[database]\nlog = false");
    insta::assert_snapshot!(env.run("heads"), @"
    ------- stderr -------
    error: duplicate key
     --> alembic.toml:3:2
      |
    3 | [database]
      |  ^^^^^^^^
    hint: each key and each table stands once: remove one of the two, and keep what both say
    [exit status: 2]
    ");
    env.config("[database]\nurl = \"app.db\"\nbusy_timeout = 5");
    insta::assert_snapshot!(env.run("heads"), @r#"
    ------- stderr -------
    error: `database.busy_timeout` must be a string, not a whole number
     --> alembic.toml:3:16
      |
    3 | busy_timeout = 5
      |                ^
    hint: a duration has a unit, and stands in quotes: `busy_timeout = "5s"`
    [exit status: 2]
    "#);
    env.config("timezone = 2");
    insta::assert_snapshot!(env.run("heads"), @r#"
    ------- stderr -------
    error: `timezone` must be a string, not a whole number
     --> alembic.toml:1:12
      |
    1 | timezone = 2
      |            ^
    hint: a text stands in quotes: `"…"`
    [exit status: 2]
    "#);
}

#[test]
fn an_upgrade_does_not_go_down() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1"]);
    env.run("upgrade -q").exits_with(0);
    insta::assert_snapshot!(env.run("upgrade -1"), @"
    ------- stderr -------
    error: `-1` has no meaning here: an upgrade leads up
    hint: nothing was changed; `migrator downgrade -1` leads down
    [exit status: 2]
    ");
}

#[test]
fn an_attached_path_is_relative_to_the_current_folder() {
    let env = TestEnv::new();
    let up = "ATTACH 'sub/x.db' AS x;";
    env.revision("a1").header("transaction = false").up(up).write();
    insta::assert_snapshot!(env.inside("sub").run("upgrade -q"), @"
    ------- stderr -------
    warning: `a1`: 1 attach-in-wal; `migrator lint a1` tells more
    error: revision `a1` failed at statement 1 of 1; no statement of `a1` that ran now stays
     --> $DIR/versions/a1.sql:8:1
      |
    8 | ATTACH 'sub/x.db' AS x;
      | ^^^^^^^^^^^^^^^^^^^^^^ unable to open database: sub/x.db
    hint: SQLite takes a relative path of ATTACH from the current folder, and not from that of alembic.toml: start the command there, or write an absolute path
    hint: the database is at base; mend the cause and run the same command again
    [exit status: 3]
    ");
}

/// What an earlier run left is not said to be gone, nor that nothing ran.
#[test]
fn a_body_that_failed_half_way_is_told_of_when_it_runs_again() {
    let env = TestEnv::new();
    let up = "CREATE TABLE a (x);\nINSERT INTO nope VALUES (1);";
    env.revision("a1").header("transaction = false").up(up).write();
    env.run("upgrade -q").exits_with(3);
    insta::assert_snapshot!(env.run("upgrade -q"), @"
    ------- stderr -------
    error: revision `a1` failed at statement 1 of 2; no statement of `a1` that ran now stays
     --> versions/a1.sql:8:14
      |
    8 | CREATE TABLE a (x);
      |              ^ table a already exists
    hint: it is there already, perhaps from an earlier run of `a1` that failed half way: undo by hand what that did, or take the statements that were run out of its file; `migrator status` says which revision the schema is that of, if it is
    hint: the database is at base; mend the cause and run the same command again
    [exit status: 3]
    ");
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_back_up_is_followed_once() {
    use std::os::unix::fs::symlink;
    let env = TestEnv::with_graph(&["a1"]);
    env.config("recursive_version_locations = true");
    env.file("versions/sub/b2.sql", &env.revision("b2").after("a1").text());
    symlink("..", env.path("versions/sub/up")).unwrap();
    symlink("sub", env.path("versions/twin")).unwrap();
    assert_eq!(env.run("heads").ok(), "b2 (head)\n");
    assert_eq!(env.run("history").ok().lines().count(), 2);
}
