//! `upgrade --backup`, `migrator backup` and `migrator restore`

use rusqlite::Connection;

use crate::support::TestEnv;

/// A project at `b2` with a row, and revisions that lose something and that do not.
fn env(config: &str) -> TestEnv {
    let env = TestEnv::new();
    env.config(&format!("[database]\nurl = \"sqlite:///app.db\"\n{config}"));
    env.revisions(
        "
        a1
        + CREATE TABLE t (a, b);
        - DROP TABLE t;
        b2 < a1
        + CREATE INDEX i ON t (a);
        - DROP INDEX i;
        c3 < b2
        + INSERT INTO t VALUES (3, 4);
        - DELETE FROM t WHERE a = 3;
        d4 < c3
        + ALTER TABLE t DROP COLUMN b;
        - ALTER TABLE t ADD COLUMN b;
    ",
    );
    env.run("upgrade b2").ok();
    env.sql("INSERT INTO t VALUES (1, 2)");
    env
}

/// The backups, sorted by name.
fn backups(env: &TestEnv) -> Vec<String> {
    env.files().into_iter().filter(|it| it.contains(".bak")).collect()
}

/// The rows of `t` in a file.
fn rows(env: &TestEnv, file: &str) -> Vec<String> {
    let db = Connection::open(env.path(file)).unwrap();
    let mut statement = db.prepare("SELECT * FROM t").unwrap();
    let n_columns = statement.column_count();
    let rows = statement.query_map([], |row| {
        let values = (0..n_columns).map(|it| row.get::<_, Option<i64>>(it).unwrap());
        Ok(values
            .map(|it| it.map_or("NULL".to_owned(), |it| it.to_string()))
            .collect::<Vec<_>>()
            .join(" "))
    });
    rows.unwrap().map(Result::unwrap).collect()
}

/// A trigger may delete what no statement names.
#[test]
fn before_a_downgrade_writes_rows_there_is_a_backup() {
    let env = env("");
    let up = "CREATE TABLE k (a);\nCREATE TRIGGER g AFTER INSERT ON k BEGIN DELETE FROM t; END;";
    let down = "INSERT INTO k VALUES (1);\nDROP TRIGGER g;";
    env.revision("e5").after("b2").up(up).down(down).write();
    env.run("upgrade e5").ok();
    assert_eq!(backups(&env), Vec::<String>::new());
    env.run("downgrade b2").ok();
    assert_eq!(rows(&env, "app.db"), Vec::<String>::new());
    assert_eq!(rows(&env, "app.db.20261103T144011Z.bak"), ["1 2"]);
}

#[test]
fn before_something_is_lost_there_is_a_backup() {
    let env = env("");
    assert_eq!(backups(&env), Vec::<String>::new());
    insta::assert_snapshot!(env.run("upgrade c3"), @"
    ------- stderr -------
    upgrade c3, make c3 (1 changed row, [time])
    app.db is at c3
    ");
    insta::assert_snapshot!(env.run("upgrade d4"), @"
    ------- stderr -------
    backup app.db.20261103T144011Z.bak ([time])
    warning: `d4`: 1 drop-column; `migrator lint d4` tells more
    upgrade d4, make d4 ([time])
    app.db is at d4
    ");
    assert_eq!(rows(&env, "app.db"), ["1", "3"]);
    assert_eq!(rows(&env, "app.db.20261103T144011Z.bak"), ["1 2", "3 4"]);
    insta::assert_snapshot!(env.run("downgrade c3"), @"
    ------- stderr -------
    downgrade d4, make d4 ([time])
    app.db is at c3
    ");
    insta::assert_snapshot!(env.run("downgrade b2"), @"
    ------- stderr -------
    backup app.db.20261103T144011Z-2.bak ([time])
    downgrade c3, make c3 (1 changed row, [time])
    app.db is at b2
    ");
    insta::assert_snapshot!(env.run("downgrade a1"), @"
    ------- stderr -------
    downgrade b2, make b2 ([time])
    app.db is at a1
    ");
    insta::assert_snapshot!(env.run("downgrade base"), @"
    ------- stderr -------
    backup app.db.20261103T144011Z-3.bak ([time])
    downgrade a1, make a1 ([time])
    app.db is at base
    ");
}

#[test]
fn one_backup_precedes_all_transactions_of_a_run() {
    let env = env("");
    env.change("alembic.toml", "[database]", "transaction = \"revision\"\n[database]");
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    backup app.db.20261103T144011Z.bak ([time])
    warning: `d4`: 1 drop-column; `migrator lint d4` tells more
    upgrade c3, make c3 (1 changed row, [time])
    upgrade d4, make d4 ([time])
    app.db is at d4
    ");
    assert_eq!(rows(&env, "app.db.20261103T144011Z.bak"), ["1 2"]);
}

#[test]
fn one_backup_precedes_a_body_outside_a_transaction() {
    let env = env("");
    let body = env.revision("e5").after("d4").header("transaction = false");
    body.up("DROP TABLE t; CREATE TABLE t (c);").write();
    env.run("upgrade d4 --no-backup").ok();
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    warning: `e5`: 1 drop-table; `migrator lint e5` tells more
    `e5` runs outside a transaction: each statement stays once it is done
    backup app.db.20261103T144011Z.bak ([time])
    upgrade e5, make e5 ([time])
    app.db is at e5
    ");
    assert_eq!(rows(&env, "app.db.20261103T144011Z.bak"), ["1", "3"]);
}

#[test]
fn the_configuration_says_when() {
    let env_always = env("backup = \"always\"");
    insta::assert_snapshot!(env_always.run("upgrade c3"), @"
    ------- stderr -------
    backup app.db.20261103T144011Z.bak ([time])
    upgrade c3, make c3 (1 changed row, [time])
    app.db is at c3
    ");
    insta::assert_snapshot!(env_always.run("upgrade c3"), @"
    ------- stderr -------
    nothing to do: app.db is at c3
    ");
    insta::assert_snapshot!(env_always.run("upgrade --no-backup"), @"
    ------- stderr -------
    warning: `d4`: 1 drop-column; `migrator lint d4` tells more
    upgrade d4, make d4 ([time])
    app.db is at d4
    ");
    assert_eq!(backups(&env_always).len(), 1);

    let env_never = env("backup = \"never\"");
    insta::assert_snapshot!(env_never.run("upgrade"), @"
    ------- stderr -------
    warning: `d4`: 1 drop-column; `migrator lint d4` tells more
    upgrade c3, make c3 (1 changed row, [time])
    upgrade d4, make d4 ([time])
    app.db is at d4
    ");
    insta::assert_snapshot!(env_never.run("downgrade c3 --backup"), @"
    ------- stderr -------
    backup app.db.20261103T144011Z.bak ([time])
    downgrade d4, make d4 ([time])
    app.db is at c3
    ");

    let env_wrong = TestEnv::new();
    env_wrong.config("[database]\nurl = \"app.db\"\nbackup = \"sometimes\"\nkeep = -1");
    insta::assert_snapshot!(env_wrong.run("upgrade"), @r#"
    ------- stderr -------
    error: `database.backup` must be `always`, `destructive` or `never`, not `sometimes`
     --> alembic.toml:3:10
      |
    3 | backup = "sometimes"
      |          ^^^^^^^^^^^

    error: `database.keep` must not be negative
     --> alembic.toml:4:8
      |
    4 | keep = -1
      |        ^^
    [exit status: 2]
    "#);
}

#[test]
fn where_nothing_is_there_is_no_backup() {
    let env = TestEnv::with_graph(&["a1"]);
    env.config("[database]\nurl = \"app.db\"\nbackup = \"always\"");
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    upgrade a1, make a1 ([time])
    app.db is at a1
    ");
    env.run("downgrade base --no-backup").ok();
    // What is left is only migrator's own.
    insta::assert_snapshot!(env.run("upgrade --backup"), @"
    ------- stderr -------
    warning: no backup: there is nothing in `$DIR/app.db`
    upgrade a1, make a1 ([time])
    app.db is at a1
    ");
    insta::assert_snapshot!(env.run("upgrade --backup"), @"
    ------- stderr -------
    nothing to do: app.db is at a1
    ");
    insta::assert_snapshot!(env.run("downgrade base --dry-run"), @"
    downgrade a1, make a1 (1 statement, 0 changed rows, [time])
    the database would be at base
    it has 20 KiB now, and up to 28 KiB during the run, its journal included
    ------- stderr -------
    everything was rolled back; nothing was changed
    ");
    env.run("downgrade a1:base --sql").ok();
    assert_eq!(backups(&env), Vec::<String>::new());
}

#[test]
fn a_backup_goes_where_it_is_told_to() {
    let env = env("");
    env.folder("far");
    insta::assert_snapshot!(env.run("upgrade c3 --backup=far/before.db"), @"
    ------- stderr -------
    backup far/before.db ([time])
    upgrade c3, make c3 (1 changed row, [time])
    app.db is at c3
    ");
    insta::assert_snapshot!(env.run("upgrade d4 --backup=far"), @"
    ------- stderr -------
    backup far/app.db-[id].20261103T144011Z.bak ([time])
    warning: `d4`: 1 drop-column; `migrator lint d4` tells more
    upgrade d4, make d4 ([time])
    app.db is at d4
    ");
    assert_eq!(rows(&env, "far/before.db"), ["1 2"]);
    let made = backups(&env).pop().unwrap();
    assert_eq!(rows(&env, &made), ["1 2", "3 4"]);
    assert_eq!(env.files().iter().filter(|it| it.starts_with("app.db")).count(), 1);
}

/// SQLite and migrator write over such files, or remove them.
#[test]
fn a_backup_has_no_name_of_another_purpose() {
    for journal in ["delete", "wal"] {
        let env = env("");
        env.sql(&format!("PRAGMA journal_mode = {journal}"));
        // Readers leave an empty log.
        let is_log = |it: &String| it.ends_with("-wal") || it.ends_with("-shm");
        let files = || env.files().into_iter().filter(|it| !is_log(it)).collect::<Vec<_>>();
        let before = files();
        for name in ["app.db-journal", "app.db-wal", "app.db-shm", "app.db-migrator-lock"] {
            for path in [name.to_owned(), format!("versions/../{name}")] {
                let said = env.run(&format!("backup {path}")).to_string();
                assert!(said.contains("is no name for a backup"), "{said}");
                assert!(said.contains("[exit status: 2]"), "{said}");
            }
        }
        insta::allow_duplicates! {
            insta::assert_snapshot!(env.run("upgrade --backup=app.db-journal"), @"
            ------- stderr -------
            error: the database could not be backed up
            caused by: `$DIR/app.db-journal` is no name for a backup: SQLite or migrator give it to files of their own
            hint: nothing was changed; name another file with `--backup=PATH`, or go on without one: `--no-backup`
            [exit status: 2]
            ");
            insta::assert_snapshot!(env.run("backup x.bak.migrator-tmp"), @"
            ------- stderr -------
            error: `$DIR/x.bak.migrator-tmp` is no name for a backup: SQLite or migrator give it to files of their own
            hint: name another file, or a folder
            [exit status: 2]
            ");
        }
        assert_eq!(files(), before);
        env.file("x.bak-journal", "of another one");
        insta::allow_duplicates! {
            insta::assert_snapshot!(env.run("backup x.bak"), @"
            ------- stderr -------
            error: there is a file `$DIR/x.bak-journal` already
            hint: name another file, or a folder
            [exit status: 2]
            ");
        }
        env.run("backup other-journal").ok();
        assert_eq!(rows(&env, "other-journal"), ["1 2"]);
    }
}

#[test]
fn only_backups_of_the_database_itself_make_room() {
    let env = env("keep = 1");
    env.folder("ann");
    env.folder("bob");
    env.folder("far");
    for url in ["ann/app.db", "bob/app.db"] {
        env.run(&format!("--url {url} upgrade b2")).ok();
    }
    env.run("--url ann/app.db backup far").ok();
    let of_ann = backups(&env);
    env.file("far/app.db.20201103T144011Z.bak", "of nobody knows which");
    for _ in 0..3 {
        env.run("--url bob/app.db backup far").ok();
    }
    assert!(backups(&env).contains(&of_ann[0]));
    assert!(backups(&env).contains(&"far/app.db.20201103T144011Z.bak".to_owned()));
    assert_eq!(backups(&env).len(), 3);
    // The next one of hers takes the place of the first; a link is the same database.
    std::os::unix::fs::symlink("../ann/app.db", env.path("far/app.db")).unwrap();
    insta::assert_snapshot!(env.run("--url far/app.db backup far"), @"
    far/app.db-[id].20261103T144011Z-2.bak
    ------- stderr -------
    removed far/app.db-[id].20261103T144011Z.bak: there are newer ones
    ");
    assert!(!backups(&env).contains(&of_ann[0]));
    // Beside the database its name is enough, however the folder is called.
    insta::assert_snapshot!(env.run("--url ann/app.db backup bob/../ann"), @"bob/../ann/app.db.20261103T144011Z.bak");
}

#[test]
fn what_cannot_be_backed_up_is_not_upgraded() {
    let env = env("");
    env.file("taken", "");
    insta::assert_snapshot!(env.run("upgrade --backup=taken"), @"
    ------- stderr -------
    error: the database could not be backed up
    caused by: there is a file `$DIR/taken` already
    hint: nothing was changed; name another file with `--backup=PATH`, or go on without one: `--no-backup`
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("upgrade --backup=nowhere/x"), @"
    ------- stderr -------
    error: the database could not be backed up
    caused by: cannot write the backup `$DIR/nowhere/x.migrator-tmp`
    caused by: No such file or directory (os error 2)
    hint: nothing was changed; put the backup elsewhere with `--backup=PATH`, or go on without one: `--no-backup`
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("upgrade --backup --no-backup"), @"
    ------- stderr -------
    error: the argument '--backup[=<PATH>]' cannot be used with '--no-backup'

    Usage: migrator upgrade --backup[=<PATH>] [TARGET]

    For more information, try '--help'.
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("upgrade --backup --dry-run"), @"
    ------- stderr -------
    error: the argument '--backup[=<PATH>]' cannot be used with '--dry-run'

    Usage: migrator upgrade --backup[=<PATH>] [TARGET]

    For more information, try '--help'.
    [exit status: 2]
    ");
    assert_eq!((env.rows(), env.read("taken")), (vec!["b2".to_owned()], String::new()));
}

#[test]
fn a_damaged_database_is_not_upgraded() {
    let env = env("");
    env.sql("CREATE TABLE u (a); INSERT INTO u VALUES (zeroblob(9000)); DROP TABLE u");
    env.sql("CREATE TABLE v (a)");
    let root: usize =
        env.query("SELECT rootpage FROM sqlite_schema WHERE name = 'v'")[0].parse().unwrap();
    let mut bytes = std::fs::read(env.path("app.db")).unwrap();
    bytes[(root - 1) * 4096..][..4096].fill(1);
    env.bytes("app.db", &bytes);
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    error: the database could not be backed up
    caused by: the copy of `$DIR/app.db` is damaged: Tree 7 page 7: btreeInitPage() returns error code 11
    hint: nothing was changed; take an older backup back with `migrator restore FILE`, or try `sqlite3 FILE .recover`
    [exit status: 2]
    ");
    assert_eq!(env.rows(), ["b2"]);
    assert_eq!(backups(&env), Vec::<String>::new());
}

#[test]
fn a_run_that_changes_nothing_leaves_no_backup() {
    let env = env("");
    env.revision("e5").after("d4").up("DROP TABLE nope;").write();
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    backup app.db.20261103T144011Z.bak ([time])
    warning: 2 revisions: 1 drop-table, 1 drop-column; `migrator lint d4:e5` tells more
    upgrade c3, make c3 (1 changed row, [time])
    upgrade d4, make d4 ([time])
    removed app.db.20261103T144011Z.bak again: the database is what it was
    error: revision `e5` failed at statement 1 of 1; the 3 revisions from `c3` to `e5` were rolled back
     --> versions/e5.sql:8:1
      |
    8 | DROP TABLE nope;
      | ^^^^^^^^^^^^^^^ no such table: nope
    hint: the database is at `b2`; mend the cause and run the same command again
    [exit status: 3]
    ");
    assert_eq!(backups(&env), Vec::<String>::new());
}

#[test]
fn the_newest_backups_are_kept() {
    let env = env("keep = 2").with("MIGRATOR_NOW", "2027-01-01T00:00:00Z");
    for day in 1..=4 {
        env.file(&format!("app.db.2026110{day}T000000Z.bak"), "");
    }
    env.file("app.db.bak", "").file("app.db.20261101T000000Z.bak.gz", "");
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    backup app.db.20270101T000000Z.bak ([time])
    removed app.db.20261101T000000Z.bak: there are newer ones
    removed app.db.20261102T000000Z.bak: there are newer ones
    warning: `d4`: 1 drop-column; `migrator lint d4` tells more
    upgrade c3, make c3 (1 changed row, [time])
    upgrade d4, make d4 ([time])
    removed app.db.20261103T000000Z.bak: there are newer ones
    app.db is at d4
    ");
    insta::assert_snapshot!(backups(&env).join("\n"), @"
    app.db.20261101T000000Z.bak.gz
    app.db.20261104T000000Z.bak
    app.db.20270101T000000Z.bak
    app.db.bak
    ");
    insta::assert_snapshot!(env.run("backup"), @"
    app.db.20270101T000000Z-2.bak
    ------- stderr -------
    removed app.db.20261104T000000Z.bak: there are newer ones
    ");
    env.change("alembic.toml", "keep = 2", "keep = 0");
    env.run("backup").ok();
    env.run("backup").ok();
    insta::assert_snapshot!(backups(&env).join("\n"), @"
    app.db.20261101T000000Z.bak.gz
    app.db.20270101T000000Z-2.bak
    app.db.20270101T000000Z-3.bak
    app.db.20270101T000000Z-4.bak
    app.db.20270101T000000Z.bak
    app.db.bak
    ");
}

#[test]
fn a_run_keeps_the_backup_that_it_has_made() {
    let env = env("keep = 1");
    for number in ["", "-2", "-3"] {
        env.run("backup").ok();
        assert_eq!(backups(&env), [format!("app.db.20261103T144011Z{number}.bak")]);
    }
    // A clock was wrong once.
    env.file("app.db.20990101T000000Z.bak", "");
    env.run("backup").ok();
    assert_eq!(backups(&env), ["app.db.20261103T144011Z-4.bak"]);
}

#[test]
fn a_backup_is_named_in_json() {
    let env = env("");
    let run = env.run("upgrade --json").json();
    assert_eq!(run["backup"], "app.db.20261103T144011Z.bak");
    insta::assert_snapshot!(env.run("backup --json"), @r#"
    {
      "database": "app.db",
      "backup": "app.db.20261103T144011Z-2.bak",
      "rows": [
        "d4"
      ],
      "removed": []
    }
    "#);
    insta::assert_snapshot!(env.run("downgrade c3 -q"), @"");
}

#[test]
fn a_backup_can_be_made_at_any_time() {
    let env = env("");
    env.folder("far");
    insta::assert_snapshot!(env.run("backup"), @"app.db.20261103T144011Z.bak");
    insta::assert_snapshot!(env.run("backup far"), @"far/app.db-[id].20261103T144011Z.bak");
    insta::assert_snapshot!(env.run("backup far/b.db"), @"far/b.db");
    insta::assert_snapshot!(env.run("backup far/b.db"), @"
    ------- stderr -------
    error: there is a file `$DIR/far/b.db` already
    hint: name another file, or a folder
    [exit status: 2]
    ");
    assert_eq!(rows(&env, "far/b.db"), ["1 2"]);
    env.remove("app.db");
    insta::assert_snapshot!(env.run("backup"), @"
    ------- stderr -------
    error: the database `$DIR/app.db` does not exist
    hint: `migrator upgrade` makes it; if it should be there, check the path: it comes from `--url`, or else from `database.url` in alembic.toml
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("backup --url :memory:"), @"
    ------- stderr -------
    error: the database is in memory: its result would be lost at once
    hint: name a file, with --url or as `database.url` in alembic.toml
    [exit status: 2]
    ");
}

/// A project at `d4`, with the backup that was made before.
fn upgraded() -> TestEnv {
    let env = env("");
    env.run("upgrade").ok();
    env
}

const BACKUP: &str = "app.db.20261103T144011Z.bak";

#[test]
fn a_backup_of_another_database_is_no_older_one() {
    let env = upgraded();
    env.revision("z9").up("CREATE TABLE z (a);").write();
    env.run("upgrade z9 --url other.db").ok();
    env.run("backup --url other.db z.bak").ok();
    insta::assert_snapshot!(env.run("restore z.bak"), @"
    ------- stderr -------
    error: the backup `z.bak` is of another database: its log begins with `upgrade z9` (2026-11-03T14:40:11.000Z), and not with `upgrade a1` (2026-11-03T14:40:11.000Z)
    hint: nothing was changed; `--yes` overwrites the database, and keeps a backup of what is there
    [exit status: 2]
    ");
    assert_eq!(env.rows(), ["d4"]);

    // One whose log somebody has pruned is its own.
    env.run("backup own.bak").ok();
    env.sql("DELETE FROM migrator_log WHERE id = 1; INSERT INTO t VALUES ('more')");
    let said = env.run("restore own.bak").stderr;
    assert!(said.contains("was written to after the backup"), "{said}");
}

#[test]
fn a_backup_is_taken_back_by_those_who_agree_to_what_is_lost() {
    let env = upgraded();
    let restore = format!("restore {BACKUP}");
    insta::assert_snapshot!(env.run(&restore), @"
    ------- stderr -------
    error: the backup `app.db.20261103T144011Z.bak` is older than the database: 2 revisions ran after it, `upgrade d4` last
    hint: nothing was changed; `--yes` overwrites the database, and keeps a backup of what is there
    [exit status: 2]
    ");
    assert_eq!(env.rows(), ["d4"]);
    assert_eq!(backups(&env), [BACKUP]);
    insta::assert_snapshot!(env.run(&format!("{restore} --yes")), @"
    ------- stderr -------
    backup app.db.20261103T144011Z-2.bak ([time])
    app.db was at d4, and is at b2
    ");
    assert_eq!((env.rows(), rows(&env, "app.db")), (vec!["b2".to_owned()], vec!["1 2".to_owned()]));
    insta::assert_snapshot!(env.run(&format!("{restore} --yes")), @"
    ------- stderr -------
    nothing to do: app.db is the same, and at b2
    ");

    // What was overwritten is newer, but nobody knows who has written what since.
    insta::assert_snapshot!(env.run("restore app.db.20261103T144011Z-2.bak"), @"
    ------- stderr -------
    error: the database was written to after the backup `app.db.20261103T144011Z-2.bak` was made
    hint: nothing was changed; `--yes` overwrites the database, and keeps a backup of what is there
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("restore app.db.20261103T144011Z-2.bak --yes"), @"
    ------- stderr -------
    backup app.db.20261103T144011Z-3.bak ([time])
    app.db was at b2, and is at d4
    ");
    assert_eq!(
        (env.rows(), rows(&env, "app.db")),
        (vec!["d4".to_owned()], vec!["1".to_owned(), "3".to_owned()])
    );
    // The state that made room for it has a backup of its own.
    insta::assert_snapshot!(backups(&env).join("\n"), @"
    app.db.20261103T144011Z-2.bak
    app.db.20261103T144011Z-3.bak
    app.db.20261103T144011Z.bak
    ");
}

#[test]
fn rows_that_were_written_since_are_not_lost_without_a_word() {
    let env = upgraded();
    env.run("backup b.db").ok();
    env.sql("INSERT INTO t VALUES (5)");
    insta::assert_snapshot!(env.run("restore b.db"), @"
    ------- stderr -------
    error: the database was written to after the backup `b.db` was made
    hint: nothing was changed; `--yes` overwrites the database, and keeps a backup of what is there
    [exit status: 2]
    ");
    env.sql("DELETE FROM t WHERE a = 5");
    insta::assert_snapshot!(env.run("restore b.db"), @"
    ------- stderr -------
    error: the database was written to after the backup `b.db` was made
    hint: nothing was changed; `--yes` overwrites the database, and keeps a backup of what is there
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("restore b.db --yes --no-backup"), @"
    ------- stderr -------
    app.db was at d4, and is at d4
    ");
    insta::assert_snapshot!(env.run("restore b.db"), @"
    ------- stderr -------
    nothing to do: app.db is the same, and at d4
    ");
    assert_eq!(backups(&env), [BACKUP]);
}

/// Gives a file the time when it was written last.
fn written_at(env: &TestEnv, file: &str, time: &str) {
    let time = chrono::DateTime::parse_from_rfc3339(time).unwrap();
    let file = std::fs::OpenOptions::new().write(true).open(env.path(file)).unwrap();
    file.set_modified(time.into()).unwrap();
}

#[test]
fn a_newer_backup_is_taken_back_while_nobody_has_written_since() {
    let env = upgraded();
    env.run("backup newer.db").ok();
    env.run(&format!("restore {BACKUP} --yes --no-backup")).ok();
    env.sql("INSERT INTO t VALUES (7, 8)");
    insta::assert_snapshot!(env.run("restore newer.db"), @"
    ------- stderr -------
    error: the database was written to after the backup `newer.db` was made
    hint: nothing was changed; `--yes` overwrites the database, and keeps a backup of what is there
    [exit status: 2]
    ");
    assert_eq!(rows(&env, "app.db"), ["1 2", "7 8"]);
    // A database that lay there before the backup was made.
    written_at(&env, "newer.db", "2026-11-03T10:00:00Z");
    written_at(&env, "app.db", "2026-11-03T09:59:59Z");
    let old = std::fs::read(env.path("app.db")).unwrap();
    insta::assert_snapshot!(env.run("restore newer.db"), @"
    ------- stderr -------
    backup app.db.20261103T144011Z-2.bak ([time])
    app.db was at b2, and is at d4
    ");
    // The name tells where the file was copied since.
    let copy = "copy.20261103T095900Z.bak";
    std::fs::rename(env.path("newer.db"), env.path(copy)).unwrap();
    env.bytes("app.db", &old);
    written_at(&env, "app.db", "2026-11-03T09:59:59Z");
    env.run(&format!("restore {copy}")).exits_with(2);
    // What is in its log may not be in the database file yet.
    written_at(&env, "app.db", "2026-11-03T09:58:59Z");
    env.file("app.db-wal", "?");
    env.run(&format!("restore {copy}")).exits_with(2);
    env.remove("app.db-wal");
    env.run(&format!("restore {copy}")).ok();
    assert_eq!(env.rows(), ["d4"]);
}

#[test]
fn a_database_without_a_log_may_be_any() {
    let env = upgraded();
    env.run("backup newer.db").ok();
    env.sql("DROP TABLE migrator_log");
    written_at(&env, "app.db", "2026-11-03T10:00:00Z");
    insta::assert_snapshot!(env.run("restore newer.db"), @"
    ------- stderr -------
    error: the database is not what it was when the backup `newer.db` was made
    hint: nothing was changed; `--yes` overwrites the database, and keeps a backup of what is there
    [exit status: 2]
    ");
    assert_eq!(env.tables(), ["t"]);
}

#[test]
fn without_backups_even_a_newer_one_needs_a_yes() {
    let env = upgraded();
    env.run("backup newer.db").ok();
    env.run(&format!("restore {BACKUP} --yes --no-backup")).ok();
    insta::assert_snapshot!(env.run("restore newer.db --no-backup"), @"
    ------- stderr -------
    error: the database was written to after the backup `newer.db` was made
    hint: nothing was changed; `--yes` overwrites the database
    [exit status: 2]
    ");
    env.change("alembic.toml", "[database]", "[database]\nbackup = \"never\"");
    insta::assert_snapshot!(env.run("restore newer.db"), @"
    ------- stderr -------
    error: the database was written to after the backup `newer.db` was made
    hint: nothing was changed; `--yes` overwrites the database
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("restore newer.db -y"), @"
    ------- stderr -------
    app.db was at b2, and is at d4
    ");
}

#[test]
fn rows_of_the_version_table_alone_are_something() {
    let env = upgraded();
    env.run("backup mine.bak").ok();
    env.remove("app.db");
    env.sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)");
    // It is as good as none.
    env.run("restore mine.bak").ok();
    env.remove("app.db");
    env.sql(
        "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL); \
         INSERT INTO alembic_version VALUES ('zz')",
    );
    assert_eq!(env.run("restore mine.bak").status, Some(2));
    assert_eq!(env.rows(), ["zz"]);
    let said = env.run("restore mine.bak --yes").exits_with(0);
    assert!(said.starts_with("backup app.db."), "{said}");
}

#[test]
fn a_database_that_is_gone_is_made() {
    let env = upgraded();
    env.remove("app.db");
    insta::assert_snapshot!(env.run(&format!("restore {BACKUP}")), @"
    ------- stderr -------
    app.db is at b2
    ");
    assert_eq!(rows(&env, "app.db"), ["1 2"]);
    assert_eq!(backups(&env), [BACKUP]);
    // An empty one has nothing to lose either.
    env.file("app.db", "");
    insta::assert_snapshot!(env.run(&format!("restore {BACKUP}")), @"
    ------- stderr -------
    app.db was at base, and is at b2
    ");
}

#[test]
fn what_is_no_backup_is_refused() {
    let env = upgraded();
    env.file(
        "text",
        "not a database, but long enough to be taken for one at first sight; and a half",
    );
    env.file("empty", "");
    env.run("backup cut.db").ok();
    let mut bytes = std::fs::read(env.path("cut.db")).unwrap();
    bytes[4096 * 2..4096 * 3].fill(1);
    env.bytes("cut.db", &bytes);
    insta::assert_snapshot!(env.run("restore cut.db"), @"
    ------- stderr -------
    error: the backup `cut.db` is damaged: Tree 3 page 3: btreeInitPage() returns error code 11
    hint: nothing was changed; take an older one, or try `sqlite3 FILE .recover`
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("restore text"), @"
    ------- stderr -------
    error: `text` is not an SQLite database
    caused by: file is not a database
    hint: nothing was changed; name another file
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("restore empty"), @"
    ------- stderr -------
    error: `empty` is no backup: it is empty, or a link to nothing
    hint: backups lie beside the database, as `NAME.TIMESTAMP.bak`; `migrator backup` makes one
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("restore nowhere"), @"
    ------- stderr -------
    error: there is no backup `nowhere`
    hint: backups lie beside the database, as `NAME.TIMESTAMP.bak`; `migrator backup` makes one
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("restore app.db"), @"
    ------- stderr -------
    error: `app.db` is the database itself
    hint: name one of its backups, `NAME.TIMESTAMP.bak`
    [exit status: 2]
    ");
    // What its log holds is not in a second name.
    let _other = env.db();
    env.sql("PRAGMA journal_mode = wal; INSERT INTO t VALUES (7)");
    std::fs::hard_link(env.path("app.db"), env.path("hard.db")).unwrap();
    insta::assert_snapshot!(env.run("restore hard.db --yes"), @"
    ------- stderr -------
    error: `hard.db` is the database itself, under another name
    hint: name one of its backups, `NAME.TIMESTAMP.bak`
    [exit status: 2]
    ");
    env.sql("PRAGMA journal_mode = delete");
    insta::assert_snapshot!(env.run(&format!("restore {BACKUP} --url :memory:")), @"
    ------- stderr -------
    error: the database is in memory: its result would be lost at once
    hint: name a file, with --url or as `database.url` in alembic.toml
    [exit status: 2]
    ");
    env.file(&format!("{BACKUP}-journal"), "something");
    insta::assert_snapshot!(env.run(&format!("restore {BACKUP}")), @"
    ------- stderr -------
    error: `app.db.20261103T144011Z.bak` is in use, or was when a process was killed: there is a file `app.db.20261103T144011Z.bak-journal`
    hint: let its program end, or open and close it once: `sqlite3 FILE .schema`
    [exit status: 2]
    ");
    assert_eq!(env.rows(), ["d4"]);
}

#[test]
fn a_database_that_cannot_be_read_is_moved_away_first() {
    let env = upgraded();
    env.file(
        "app.db",
        "not a database, but long enough to be taken for one at first sight; and a half",
    );
    insta::assert_snapshot!(env.run(&format!("restore {BACKUP} --yes")), @"
    ------- stderr -------
    error: `$DIR/app.db` is not an SQLite database
    caused by: file is not a database
    hint: nothing was changed; move the file away, with `-wal` and `-journal` beside it, and run the same command again: it makes the database anew
    [exit status: 2]
    ");
    std::fs::rename(env.path("app.db"), env.path("app.db.damaged")).unwrap();
    insta::assert_snapshot!(env.run(&format!("restore {BACKUP}")), @"
    ------- stderr -------
    app.db is at b2
    ");
}

#[test]
fn a_damaged_database_is_overwritten_where_nobody_wants_it_back() {
    let env = upgraded();
    env.sql("CREATE TABLE v (a); INSERT INTO v VALUES (zeroblob(9000))");
    let mut bytes = std::fs::read(env.path("app.db")).unwrap();
    let n_pages = bytes.len() / 4096;
    bytes[(n_pages - 3) * 4096..(n_pages - 2) * 4096].fill(1);
    env.bytes("app.db", &bytes);
    insta::assert_snapshot!(env.run(&format!("restore {BACKUP} --yes")), @"
    ------- stderr -------
    error: the database could not be backed up before it is overwritten
    caused by: the copy of `$DIR/app.db` is damaged: Tree 7 page 7: btreeInitPage() returns error code 11
    hint: nothing was changed; go on without: `--no-backup`
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run(&format!("restore {BACKUP} --yes --no-backup")), @"
    ------- stderr -------
    app.db was at d4, and is at b2
    ");
}

#[test]
fn a_journal_that_changes_is_named() {
    let env = upgraded();
    env.run("backup delete.db").ok();
    env.sql("PRAGMA journal_mode = wal");
    env.run("backup wal.db").ok();
    insta::assert_snapshot!(env.run("restore delete.db --yes"), @"
    ------- stderr -------
    nothing to do: app.db is the same, and at d4
    ");
    assert_eq!(env.query("PRAGMA journal_mode"), ["wal"]);
    env.sql("PRAGMA journal_mode = delete; INSERT INTO t VALUES (9)");
    insta::assert_snapshot!(env.run("restore wal.db --yes"), @"
    ------- stderr -------
    backup app.db.20261103T144011Z-2.bak ([time])
    app.db was at d4, and is at d4
    it keeps a write-ahead log now, as the backup does
    ");
    assert_eq!(env.query("PRAGMA journal_mode"), ["wal"]);
}

/// SQLite attaches no database with another encoding, and a connection that has looked at one takes a
/// while to see that it has another now.
#[test]
fn texts_may_have_another_encoding() {
    for (settings, journal, page_size) in [
        ("PRAGMA encoding = 'UTF-16le'", "delete", 4096),
        ("PRAGMA encoding = 'UTF-16le'", "wal", 4096),
        ("PRAGMA encoding = 'UTF-16be'", "wal", 8192),
    ] {
        let env = env("");
        env.sql(&format!("PRAGMA journal_mode = {journal}"));
        let other = Connection::open(env.path("other.bak")).unwrap();
        let sql = format!(
            "{settings}; PRAGMA page_size = {page_size}; CREATE TABLE t (a, b); \
             INSERT INTO t VALUES (7, 8); CREATE TABLE alembic_version (version_num); \
             INSERT INTO alembic_version VALUES ('a1')"
        );
        other.execute_batch(&sql).unwrap();
        drop(other);
        let restored = env.run("restore other.bak --yes --json").ok();
        assert!(restored.contains("\"to\": [\n    \"a1\"\n  ]"), "{restored}");
        let is_wal = restored.contains("\"wal\": true");
        assert_eq!(is_wal, journal == "wal", "{restored}");
        assert_eq!(rows(&env, "app.db"), ["7 8"]);
        let database = Connection::open(env.path("app.db")).unwrap();
        let mode = database.query_row("PRAGMA journal_mode", [], |it| it.get::<_, String>(0));
        assert_eq!(mode.unwrap(), journal);
        drop(database);
        // And back.
        let [kept, _] = &backups(&env)[..] else { panic!("{:?}", backups(&env)) };
        env.run(&format!("restore {kept} --yes")).ok();
        assert_eq!(rows(&env, "app.db"), ["1 2"]);
    }
}

#[test]
fn pages_may_have_another_size() {
    let env = upgraded();
    env.sql("PRAGMA page_size = 512; VACUUM");
    env.run("backup small.db").ok();
    env.sql("PRAGMA page_size = 8192; VACUUM; PRAGMA journal_mode = wal");
    let db = env.db();
    let _n: i64 = db.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap();
    env.change("alembic.toml", "[database]", "[database]\nbusy_timeout = \"50ms\"");
    insta::assert_snapshot!(env.run("restore small.db --yes"), @"
    ------- stderr -------
    error: the pages of `$DIR/app.db` have 8192 bytes and those of the backup 512, and somebody has it open
    hint: nothing was changed; end the programs that use the database, and run it again
    [exit status: 2]
    ");
    drop(db);
    insta::assert_snapshot!(env.run("restore small.db --yes"), @"
    ------- stderr -------
    backup app.db.20261103T144011Z-2.bak ([time])
    app.db was at d4, and is at d4
    ");
    assert_eq!(env.query("PRAGMA page_size"), ["512"]);
    assert_eq!(env.query("PRAGMA journal_mode"), ["wal"]);
}

#[test]
fn backups_of_what_restores_overwrite_make_room_too() {
    let env = env("keep = 2");
    env.run("backup").ok();
    let first = backups(&env);
    for n in 3..6 {
        env.sql(&format!("INSERT INTO t VALUES ({n}, 0)"));
        env.run(&format!("restore {BACKUP} --yes")).ok();
        assert_eq!(env.query("SELECT count(*) FROM t"), ["1"]);
    }
    env.sql("INSERT INTO t VALUES (6, 0)");
    insta::assert_snapshot!(env.run(&format!("restore {BACKUP} --yes")), @"
    ------- stderr -------
    backup app.db.20261103T144011Z-5.bak ([time])
    removed app.db.20261103T144011Z-3.bak: there are newer ones
    app.db was at b2, and is at b2
    ");
    // The one that was taken back stays, however old it is.
    assert!(backups(&env).contains(&first[0]));
    assert_eq!(backups(&env).len(), 3);
}

#[test]
fn a_restore_is_told_in_json() {
    let env = upgraded();
    insta::assert_snapshot!(env.run(&format!("restore {BACKUP} --yes --json -q")), @r#"
    {
      "database": "app.db",
      "file": "app.db.20261103T144011Z.bak",
      "same": false,
      "from": [
        "d4"
      ],
      "to": [
        "b2"
      ],
      "backup": "app.db.20261103T144011Z-2.bak",
      "wal": false
    }
    "#);
    insta::assert_snapshot!(env.run(&format!("restore {BACKUP} --json")), @r#"
    {
      "database": "app.db",
      "file": "app.db.20261103T144011Z.bak",
      "same": true,
      "from": [
        "b2"
      ],
      "to": [
        "b2"
      ],
      "backup": null,
      "wal": false
    }
    "#);
}

#[test]
fn a_refusal_of_the_first_body_comes_before_the_backup() {
    let refuse = "-- migrate:refuse-if rows are in t_a1: SELECT id FROM t_a1\nDROP TABLE t_a1;";
    for header in ["", "transaction = false"] {
        let env = TestEnv::with_graph(&["a1"]);
        env.run("upgrade -q").exits_with(0);
        env.sql("INSERT INTO t_a1 VALUES (1)");
        let revision = env.revision("b2").after("a1");
        let revision = if header.is_empty() { revision } else { revision.header(header) };
        revision.up(refuse).down("SELECT 1;").write();
        let said = env.run("upgrade").exits_with(2);
        assert!(said.contains("rows are in t_a1: 1 row"), "{said}");
        assert!(!said.contains("backup"), "{said}");
        env.sql("DELETE FROM t_a1");
        let said = env.run("upgrade").exits_with(0);
        assert!(said.contains("backup app.db."), "{said}");
    }
}
