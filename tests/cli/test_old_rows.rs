//! Upgrades that delete or overwrite rows of before: what is said, kept and counted

use crate::support::TestEnv;
use crate::support::advice::commands;

/// A project at `a1`, in whose table `users` there are two rows.
fn env() -> TestEnv {
    let env = TestEnv::new();
    env.revision("a1")
        .up("CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, username TEXT);")
        .down("DROP TABLE users;")
        .write();
    env.run("upgrade").ok();
    env.sql("INSERT INTO users (email, username) VALUES ('A@x', 'ada'), ('B@x', 'ben')");
    env
}

#[test]
fn what_nothing_brings_back_is_in_a_backup() {
    let env = env();
    env.revision("b2").after("a1").up("DELETE FROM users;").irreversible().write();
    insta::assert_snapshot!(env.run("lint b2"), @"
    warning[delete-rows]: deletes all rows of `users`
     --> versions/b2.sql:8:1
      |
    8 | DELETE FROM users;
      | ^^^^^^^^^^^^^^^^^
    hint: no downgrade brings them back; if nobody needs them, say so: `-- migrator:allow delete-rows: WHY` above the statement; `-- migrate:warn-if MESSAGE: QUERY` says how many there are

    ------- stderr -------
    1 warning in 1 revision
    ");
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    backup app.db.20261103T144011Z.bak ([time])
    warning: `b2`: 1 delete-rows; `migrator lint b2` tells more
    upgrade b2, make b2 (2 changed rows, [time])
    app.db is at b2
    ");
    assert_eq!(env.query("SELECT count(*) FROM users"), ["0"]);
    // A later backup has not what is missing.
    env.revision("c3").after("b2").up("CREATE TABLE t (a);").down("DROP TABLE t;").write();
    env.run("upgrade --backup").ok();
    env.sql("INSERT INTO users (email) VALUES ('C@x')");
    let refused = env.run("downgrade a1").exits_with(2);
    insta::assert_snapshot!(refused, @"
    error: revision `b2` is irreversible
      --> versions/b2.sql:10:1
       |
    10 | -- migrate:downgrade irreversible
       | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    hint: `migrator restore app.db.20261103T144011Z.bak` takes back the newest backup from before `b2` ran, and asks first: what was written since is not in it
    hint: write a downgrade in place of `irreversible`; `migrator stamp` changes the version table alone
    ");
    let restore = commands(&refused)[0];
    assert_eq!(env.query("SELECT email FROM users"), ["C@x"], "nothing was changed");
    // What was written since would be lost, so it asks; here nobody can answer.
    insta::assert_snapshot!(env.run(restore), @"
    ------- stderr -------
    error: the backup `app.db.20261103T144011Z.bak` is older than the database: 2 revisions ran after it, `upgrade c3` last
    hint: nothing was changed; `--yes` overwrites the database, and keeps a backup of what is there
    [exit status: 2]
    ");
    env.run(&format!("{restore} --yes")).ok();
    assert_eq!(env.query("SELECT email FROM users"), ["A@x", "B@x"]);
    assert_eq!(env.rows(), ["a1"]);
}

#[test]
fn a_backup_is_not_spoken_of_where_there_is_none() {
    let env = env();
    env.revision("b2").after("a1").up("DELETE FROM users;").irreversible().write();
    env.run("upgrade --no-backup").ok();
    let without = env.run("downgrade a1").exits_with(2);
    assert!(!without.contains("backup"), "{without}");
    // One in which it has run, too, and something that only looks like one.
    env.run("backup").ok();
    env.file("app.db.20261103T144010Z.bak", "nothing");
    assert_eq!(env.run("downgrade a1").exits_with(2), without);
    assert!(!env.run("downgrade a1 --sql").exits_with(2).contains("restore"));
}

/// What an upgrade says, and how many backups there are then.
fn upgrade(up: &str) -> (String, usize) {
    let env = env();
    env.revision("b2").after("a1").up(up).irreversible().write();
    let said = env.run("upgrade").exits_with(0);
    let n_backups = env.files().iter().filter(|it| it.contains(".bak")).count();
    (said, n_backups)
}

#[test]
fn rows_of_before_are_backed_up_and_others_are_not() {
    #[track_caller]
    fn check(up: &str, expected: usize) {
        let (said, n_backups) = upgrade(up);
        assert_eq!(n_backups, expected, "{up}\n{said}");
    }
    check("DELETE FROM users WHERE id = 1;", 1);
    check("WITH x AS (SELECT 1) DELETE FROM users;", 1);
    check("UPDATE users SET username = lower(email);", 1);
    check("UPDATE users SET username = 'x' WHERE true;", 1);
    check("REPLACE INTO users VALUES (1, 'a', 'b');", 1);
    check("UPDATE users SET username = lower(email) WHERE id = 1;", 0);
    check("INSERT INTO users (email) VALUES ('x');", 0);
    check("CREATE TABLE t (a);\nINSERT INTO t VALUES (1);\nUPDATE t SET a = 2;\nDELETE FROM t;", 0);
    check("CREATE TEMP TABLE t AS SELECT id FROM users;\nDELETE FROM t;", 0);
}

#[test]
fn the_rows_are_counted() {
    insta::assert_snapshot!(upgrade("UPDATE users SET username = lower(email);").0, @"
    backup app.db.20261103T144011Z.bak ([time])
    upgrade b2, make b2 (2 changed rows, [time])
    app.db is at b2
    ");
    insta::assert_snapshot!(upgrade("DELETE FROM users WHERE id = 1;").0, @"
    backup app.db.20261103T144011Z.bak ([time])
    warning: `b2`: 1 delete-rows; `migrator lint b2` tells more
    upgrade b2, make b2 (1 changed row, [time])
    app.db is at b2
    ");
    insta::assert_snapshot!(upgrade("CREATE TABLE t (a);").0, @"
    upgrade b2, make b2 ([time])
    app.db is at b2
    ");
}

#[test]
fn status_counts_what_is_pending() {
    let env = env();
    env.revision("b2").after("a1").up("DELETE FROM users;").irreversible().write();
    env.revision("c3").after("b2").up("").down("").write();
    insta::assert_snapshot!(env.run("status"), @"
    database  app.db
    at        a1
    pending   b2, make b2
              c3, make c3
    lint      1 delete-rows, 1 empty-upgrade; `migrator lint current:` tells more
    log       1 row since 2026-11-03 14:40:11
    ------- stderr -------
    nothing is wrong
    ");
}

#[test]
fn an_upgrade_that_was_not_filled_in_is_told() {
    let env = env();
    env.run("revision -m 'Add posts'").ok();
    insta::assert_snapshot!(env.run("lint head"), @r#"
    warning[empty-upgrade]: the upgrade of `aaaa11112222` has no statement
     --> versions/aaaa11112222_add_posts.sql:2:15
      |
    2 | -- revision = "aaaa11112222"
      |               ^^^^^^^^^^^^^^
    hint: fill it in before it is applied: what is added later does not run there; if nothing is to be done, say so: `-- migrator:allow empty-upgrade: WHY`

    ------- stderr -------
    1 warning in 1 revision
    "#);
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    warning: `aaaa11112222`: 1 empty-upgrade; `migrator lint aaaa11112222` tells more
    upgrade aaaa11112222, Add posts ([time])
    app.db is at aaaa11112222
    ");
    // It is there for a reason.
    env.run("revision -m 'Release of May'").ok();
    let file = env.files().into_iter().find(|it| it.contains("release_of_may")).unwrap();
    env.change(
        &file,
        "-- migrate:upgrade\n",
        "-- migrate:upgrade\n-- migrator:allow empty-upgrade: a tag\n",
    );
    let said = env.run("upgrade").exits_with(0);
    assert!(said.contains("Release of May") && !said.contains("warning"), "{said}");
    env.run("lint --strict head").exits_with(0);
}

#[test]
fn strict_refuses_warnings_too_and_no_notes() {
    let env = env();
    env.revision("b2")
        .after("a1")
        .up("UPDATE users SET username = lower(email);")
        .irreversible()
        .write();
    env.run("lint --strict").exits_with(0);
    env.revision("c3").after("b2").up("DELETE FROM users;").irreversible().write();
    env.run("lint").exits_with(0);
    env.run("lint --strict --format github").exits_with(1);
    env.run("lint --strict b2").exits_with(0);
}

#[test]
fn a_number_of_rows_is_always_there() {
    let env = env();
    env.revision("b2")
        .after("a1")
        .up("-- migrate:refuse-if there are users: SELECT count(*) FROM users WHERE email IS NULL\nCREATE TABLE t (a);")
        .irreversible()
        .write();
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    error: there are users: 1 row; the first: count(*) 0
     --> versions/b2.sql:8:39
      |
    8 | -- migrate:refuse-if there are users: SELECT count(*) FROM users WHERE email IS NULL
      |                                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ `b2` refuses to run while this finds rows
    hint: this query gives a row whatever the tables hold, and so it always refuses: let it list the rows that are in the way, `SELECT rowid FROM …`, and migrator counts them
    hint: nothing was changed; edit the revision, and run the same command again
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("lint b2"), @"
    warning[always-finds-rows]: the query gives a row whatever the tables hold, and the body never runs
     --> versions/b2.sql:8:39
      |
    8 | -- migrate:refuse-if there are users: SELECT count(*) FROM users WHERE email IS NULL
      |                                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    hint: list the rows, and migrator counts them: `SELECT rowid FROM …`

    error[does-not-run]: `b2` does not run on an empty database: there are users: 1 row; the first: count(*) 0
     --> versions/b2.sql:8:39
      |
    8 | -- migrate:refuse-if there are users: SELECT count(*) FROM users WHERE email IS NULL
      |                                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    hint: what it and the revisions that need it do to the schema is not checked

    ------- stderr -------
    warning: `b2` does not run in memory: of 1 revision only the text was looked at, not what it does to the schema
    1 error, 1 warning in 1 revision
    [exit status: 1]
    ");
    env.change("versions/b2.sql", "count(*)", "rowid");
    env.run("lint b2 --strict").exits_with(0);
    env.run("upgrade").ok();
    assert_eq!(env.rows(), ["b2"]);
}

#[test]
fn rows_without_a_number_are_counted_once_a_table() {
    let env = TestEnv::new();
    env.revision("a1")
        .up("CREATE TABLE users (id INTEGER PRIMARY KEY);\nCREATE TABLE tags (id INTEGER PRIMARY KEY);\n\
             CREATE TABLE user_tags (u REFERENCES users, t REFERENCES tags, PRIMARY KEY (u, t)) WITHOUT ROWID;\n\
             INSERT INTO user_tags VALUES (1, 2);")
        .write();
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    upgrade a1, make a1 (1 changed row, [time])
    error: up to 2 rows of `user_tags` would violate foreign keys; `a1` was rolled back
    caused by: `user_tags` references rows of `tags` that are not there
    caused by: `user_tags` references rows of `users` that are not there
    hint: the database is at base; mend the cause and run the same command again
    [exit status: 3]
    ");
}
