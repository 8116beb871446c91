//! `--sql`: scripts for `sqlite3`

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::support::TestEnv;

/// Pipes a script into the shell of SQLite; `None` where there is none.
pub fn sqlite3(env: &TestEnv, script: &str) -> Option<(bool, String)> {
    let mut child = Command::new("sqlite3")
        .arg(env.path("app.db"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text =
        String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    Some((output.status.success(), text))
}

#[test]
fn a_script_begins_at_the_base() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1"]);
    env.config("[database]\nurl = \"app.db\"\nlog = false");
    let before = env.files();
    insta::assert_snapshot!(env.run("upgrade --sql"), @r#"
    .bail on

    PRAGMA foreign_keys = OFF;
    BEGIN IMMEDIATE;
    CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num));
    CREATE TABLE temp._migrator_guard (ok CONSTRAINT "alembic_version must be empty" CHECK (ok));
    INSERT INTO temp._migrator_guard SELECT count(*) = 0 FROM alembic_version;
    DROP TABLE temp._migrator_guard;
    CREATE TABLE temp._migrator_violations AS SELECT "table", "rowid" AS "row", parent FROM pragma_foreign_key_check;

    -- Running upgrade  -> a1, make a1

    CREATE TABLE t_a1 (id INTEGER PRIMARY KEY);
    INSERT INTO alembic_version (version_num) VALUES ('a1');

    -- Running upgrade a1 -> b2, make b2

    CREATE TABLE t_b2 (id INTEGER PRIMARY KEY);
    UPDATE alembic_version SET version_num = 'b2' WHERE version_num = 'a1';

    CREATE TABLE temp._migrator_guard (ok CONSTRAINT "rows would violate foreign keys" CHECK (ok));
    INSERT INTO temp._migrator_guard SELECT 0 FROM (SELECT "table", "rowid", parent FROM pragma_foreign_key_check EXCEPT SELECT "table", "row", parent FROM temp._migrator_violations) LIMIT 1;
    DROP TABLE temp._migrator_guard;
    DROP TABLE temp._migrator_violations;
    COMMIT;
    "#);
    assert_eq!(env.files(), before);
}

#[test]
fn the_log_is_kept_by_a_script_too() {
    let env = TestEnv::with_graph(&["a1"]);
    insta::assert_snapshot!(env.run("upgrade --sql a1"), @r#"
    .bail on

    PRAGMA foreign_keys = OFF;
    BEGIN IMMEDIATE;
    CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num));
    CREATE TABLE temp._migrator_guard (ok CONSTRAINT "alembic_version must be empty" CHECK (ok));
    INSERT INTO temp._migrator_guard SELECT count(*) = 0 FROM alembic_version;
    DROP TABLE temp._migrator_guard;
    CREATE TABLE IF NOT EXISTS migrator_log (id INTEGER PRIMARY KEY, revision TEXT NOT NULL, direction TEXT NOT NULL, started_at TEXT NOT NULL, duration_ms REAL, checksum TEXT, version TEXT NOT NULL, tag TEXT, who TEXT, version_table TEXT);
    CREATE TABLE temp._migrator_violations AS SELECT "table", "rowid" AS "row", parent FROM pragma_foreign_key_check;

    -- Running upgrade  -> a1, make a1

    CREATE TABLE t_a1 (id INTEGER PRIMARY KEY);
    INSERT INTO alembic_version (version_num) VALUES ('a1');
    INSERT INTO migrator_log (revision, direction, started_at, duration_ms, checksum, version, tag, version_table) VALUES ('a1', 'upgrade', strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), NULL, '4fe613b1beb229fdaeadd9bcd458cfcf5ed8e74f588f3135378a56804d046e23', '0.1.0', NULL, NULL);

    CREATE TABLE temp._migrator_guard (ok CONSTRAINT "rows would violate foreign keys" CHECK (ok));
    INSERT INTO temp._migrator_guard SELECT 0 FROM (SELECT "table", "rowid", parent FROM pragma_foreign_key_check EXCEPT SELECT "table", "row", parent FROM temp._migrator_violations) LIMIT 1;
    DROP TABLE temp._migrator_guard;
    DROP TABLE temp._migrator_violations;
    COMMIT;
    "#);
}

#[test]
fn a_script_does_what_the_command_does() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1", "c3 < a1", "d4 < b2 c3"]);
    let Some((is_ok, text)) = sqlite3(&env, &env.run("upgrade --sql").ok()) else { return };
    assert!(is_ok, "{text}");
    assert_eq!(env.rows(), ["d4"]);
    assert_eq!(env.tables(), ["t_a1", "t_b2", "t_c3", "t_d4"]);
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    nothing to do: app.db is at d4
    ");
    let (is_ok, text) = sqlite3(&env, &env.run("downgrade --sql d4:a1").ok()).unwrap();
    assert!(is_ok, "{text}");
    assert_eq!(env.rows(), ["a1"]);
    let (is_ok, text) = sqlite3(&env, &env.run("upgrade --sql a1:c3").ok()).unwrap();
    assert!(is_ok, "{text}");
    assert_eq!(env.rows(), ["c3"]);
    let (is_ok, text) = sqlite3(&env, &env.run("stamp --sql c3:d4").ok()).unwrap();
    assert!(is_ok, "{text}");
    assert_eq!(env.rows(), ["d4"]);
}

#[test]
fn a_script_stops_on_a_database_that_is_somewhere_else() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1"]);
    env.run("upgrade").ok();
    let script = env.run("upgrade --sql a1:b2").ok();
    let Some((is_ok, text)) = sqlite3(&env, &script) else { return };
    assert!(!is_ok);
    insta::assert_snapshot!(text, @"Runtime error near line 6: CHECK constraint failed: alembic_version must hold exactly a1 (19)");
    assert_eq!(env.rows(), ["b2"]);
}

#[test]
fn a_script_stops_where_rows_would_lose_their_parents() {
    let env = TestEnv::with_graph(&["a1"]);
    env.revision("b2")
        .after("a1")
        .up("CREATE TABLE p (id INTEGER PRIMARY KEY);\nCREATE TABLE c (p REFERENCES p);\nINSERT INTO c VALUES (1);")
        .write();
    let Some((is_ok, text)) = sqlite3(&env, &env.run("upgrade --sql").ok()) else { return };
    assert!(!is_ok);
    insta::assert_snapshot!(text, @"Runtime error near line 27: CHECK constraint failed: rows would violate foreign keys (19)");
    assert!(env.tables().is_empty());
}

#[test]
fn a_range_says_where_the_script_begins() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1", "c3 < b2"]);
    let steps = |line: &str| -> Vec<String> {
        let script = env.run(line).ok();
        script.lines().filter(|it| it.starts_with("-- Running")).map(str::to_owned).collect()
    };
    insta::assert_debug_snapshot!(steps("upgrade --sql a1:c3"), @r#"
    [
        "-- Running upgrade a1 -> b2, make b2",
        "-- Running upgrade b2 -> c3, make c3",
    ]
    "#);
    insta::assert_debug_snapshot!(steps("upgrade b2: --sql"), @r#"
    [
        "-- Running upgrade b2 -> c3, make c3",
    ]
    "#);
    insta::assert_debug_snapshot!(steps("upgrade :a1 --sql"), @r#"
    [
        "-- Running upgrade  -> a1, make a1",
    ]
    "#);
    insta::assert_debug_snapshot!(steps("upgrade a1:+1 --sql"), @r#"
    [
        "-- Running upgrade a1 -> b2, make b2",
    ]
    "#);
    insta::assert_debug_snapshot!(steps("downgrade c3:a1 --sql"), @r#"
    [
        "-- Running downgrade c3 -> b2, make c3",
        "-- Running downgrade b2 -> a1, make b2",
    ]
    "#);
    insta::assert_debug_snapshot!(steps("downgrade head: --sql"), @r#"
    [
        "-- Running downgrade c3 -> b2, make c3",
        "-- Running downgrade b2 -> a1, make b2",
        "-- Running downgrade a1 -> , make a1",
    ]
    "#);
    insta::assert_debug_snapshot!(steps("downgrade c3:-1 --sql"), @r#"
    [
        "-- Running downgrade c3 -> b2, make c3",
    ]
    "#);
}

#[test]
fn a_range_that_leads_nowhere_is_refused_or_empty() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1 [left]", "c3 < a1"]);
    insta::assert_snapshot!(env.run("downgrade --sql a1"), @"
    ------- stderr -------
    error: a downgrade with --sql needs a range `FROM:TO`
    hint: the database is not looked at; say where the script starts, for example `head:base`
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("downgrade --sql a1:b2"), @"
    ------- stderr -------
    error: cannot downgrade to `b2`, which is not applied
    hint: the database is at `a1`; `migrator upgrade b2` would apply it
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("upgrade --sql b2:a1"), @"
    ------- stderr -------
    nothing to do from b2: the script is empty
    ");
    insta::assert_snapshot!(env.run("upgrade --sql a1:b2:c3"), @"
    ------- stderr -------
    error: `a1:b2:c3` is no revision: a range has two ends, `A:B`
    hint: revisions are named by id, `head`, `heads`, `base`, `+N`, `-N`, `REV+N`, `REV-N`, `LABEL@head` and the like
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("upgrade --sql a1:head"), @"
    ------- stderr -------
    error: `head` is ambiguous, there are several heads: `b2`, `c3`
    hint: name one of them, `left@head`, `c3`, or say `heads` for all
    hint: or, if they are not meant to stay apart, `migrator merge heads` joins them in a revision of its own
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("upgrade --sql current:b2"), @"
    ------- stderr -------
    error: `current` has no meaning here: only `history`, `show` and `edit` know `current`
    hint: name a revision; `migrator current` shows where the database is
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("upgrade --sql --dry-run"), @"
    ------- stderr -------
    error: the argument '--sql' cannot be used with '--dry-run'

    Usage: migrator upgrade --sql [TARGET]

    For more information, try '--help'.
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("stamp --sql a1:"), @"
    ------- stderr -------
    error: a range for stamp needs its upper end
    hint: for example `a:b`
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("stamp --sql --purge a1:b2"), @"
    ------- stderr -------
    error: `--purge` forgets all rows, so a range has no meaning
    [exit status: 2]
    ");
}

#[test]
fn a_downgrade_that_reverts_a_sibling_needs_a_yes_here_too() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1 [left]", "c3 < a1", "d4 < b2 c3"]);
    insta::assert_snapshot!(env.run("downgrade --sql heads:left@base"), @"
    ------- stderr -------
    error: downgrading to `left@base` must also revert `c3`
    hint: add `--yes` if that is meant, or name a target higher up
    [exit status: 2]
    ");
    let script = env.run("downgrade --sql heads:left@base --yes").ok();
    assert_eq!(script.matches("-- Running downgrade").count(), 4);
}

#[test]
fn a_stamp_is_a_script() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1", "c3 < a1"]);
    insta::assert_snapshot!(env.run("stamp --sql heads"), @r#"
    .bail on

    BEGIN IMMEDIATE;
    CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num));
    CREATE TABLE temp._migrator_guard (ok CONSTRAINT "alembic_version must be empty" CHECK (ok));
    INSERT INTO temp._migrator_guard SELECT count(*) = 0 FROM alembic_version;
    DROP TABLE temp._migrator_guard;
    CREATE TABLE IF NOT EXISTS migrator_log (id INTEGER PRIMARY KEY, revision TEXT NOT NULL, direction TEXT NOT NULL, started_at TEXT NOT NULL, duration_ms REAL, checksum TEXT, version TEXT NOT NULL, tag TEXT, who TEXT, version_table TEXT);
    INSERT INTO alembic_version (version_num) VALUES ('b2');
    INSERT INTO alembic_version (version_num) VALUES ('c3');
    INSERT INTO migrator_log (revision, direction, started_at, duration_ms, checksum, version, tag, version_table) VALUES ('a1', 'stamp', strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), NULL, NULL, '0.1.0', NULL, NULL);
    INSERT INTO migrator_log (revision, direction, started_at, duration_ms, checksum, version, tag, version_table) VALUES ('c3', 'stamp', strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), NULL, NULL, '0.1.0', NULL, NULL);
    INSERT INTO migrator_log (revision, direction, started_at, duration_ms, checksum, version, tag, version_table) VALUES ('b2', 'stamp', strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), NULL, NULL, '0.1.0', NULL, NULL);
    COMMIT;
    "#);
    insta::assert_snapshot!(env.run("stamp --sql --purge a1"), @"
    .bail on

    BEGIN IMMEDIATE;
    CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num));
    CREATE TABLE IF NOT EXISTS migrator_log (id INTEGER PRIMARY KEY, revision TEXT NOT NULL, direction TEXT NOT NULL, started_at TEXT NOT NULL, duration_ms REAL, checksum TEXT, version TEXT NOT NULL, tag TEXT, who TEXT, version_table TEXT);
    DELETE FROM alembic_version;
    INSERT INTO alembic_version (version_num) VALUES ('a1');
    INSERT INTO migrator_log (revision, direction, started_at, duration_ms, checksum, version, tag, version_table) SELECT revision, CASE WHEN revision IN ('a1', 'b2', 'c3') THEN 'unstamp' ELSE 'repair' END, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), NULL, NULL, '0.1.0', NULL, NULL FROM (SELECT revision, direction, checksum, max(id) FROM migrator_log WHERE direction IN ('upgrade', 'downgrade', 'stamp', 'unstamp', 'baseline', 'repair', 'found', 'skipped') AND version_table IS NULL GROUP BY revision) WHERE (direction IN ('upgrade', 'stamp', 'baseline', 'found', 'skipped') OR (direction = 'repair' AND checksum IS NOT NULL)) AND revision NOT IN ('a1');
    INSERT INTO migrator_log (revision, direction, started_at, duration_ms, checksum, version, tag, version_table) VALUES ('a1', 'stamp', strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), NULL, NULL, '0.1.0', NULL, NULL);
    COMMIT;
    ");
    insta::assert_snapshot!(env.run("stamp --sql a1:b2"), @r#"
    .bail on

    BEGIN IMMEDIATE;
    CREATE TABLE temp._migrator_guard (ok CONSTRAINT "alembic_version must hold exactly a1" CHECK (ok));
    INSERT INTO temp._migrator_guard SELECT count(*) = 1 AND sum(version_num IN ('a1')) = 1 FROM alembic_version;
    DROP TABLE temp._migrator_guard;
    CREATE TABLE IF NOT EXISTS migrator_log (id INTEGER PRIMARY KEY, revision TEXT NOT NULL, direction TEXT NOT NULL, started_at TEXT NOT NULL, duration_ms REAL, checksum TEXT, version TEXT NOT NULL, tag TEXT, who TEXT, version_table TEXT);
    INSERT INTO migrator_log (revision, direction, started_at, duration_ms, checksum, version, tag, version_table) SELECT column1, 'baseline', strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), NULL, column2, '0.1.0', NULL, NULL FROM (VALUES ('a1', '4fe613b1beb229fdaeadd9bcd458cfcf5ed8e74f588f3135378a56804d046e23')) WHERE NOT EXISTS (SELECT 1 FROM migrator_log WHERE version_table IS NULL);
    UPDATE alembic_version SET version_num = 'b2' WHERE version_num = 'a1';
    INSERT INTO migrator_log (revision, direction, started_at, duration_ms, checksum, version, tag, version_table) VALUES ('b2', 'stamp', strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), NULL, NULL, '0.1.0', NULL, NULL);
    COMMIT;
    "#);
}

#[test]
fn what_the_run_refuses_the_script_refuses() {
    let env = TestEnv::with_graph(&["a1"]);
    env.revision("b2").after("a1").up("COMMIT;").irreversible().write();
    insta::assert_snapshot!(env.run("upgrade --sql"), @"
    ------- stderr -------
    error: `COMMIT` would end the transaction that the revision runs in
     --> versions/b2.sql:8:1
      |
    8 | COMMIT;
      | ^^^^^^
    hint: migrator runs the body in a transaction of its own; leave the statement out, or write `-- transaction = false` into the header to run the body without one
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("downgrade --sql b2:a1"), @"
    ------- stderr -------
    error: revision `b2` is irreversible
      --> versions/b2.sql:10:1
       |
    10 | -- migrate:downgrade irreversible
       | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    hint: write a downgrade in place of `irreversible`; `migrator stamp` changes the version table alone
    [exit status: 2]
    ");
}

#[test]
fn outside_a_transaction_the_script_leaves_it_too() {
    let env = TestEnv::with_graph(&["a1"]);
    env.revision("b2").after("a1").header("transaction = false").up("VACUUM;").write();
    env.revision("c3").after("b2").header("foreign_keys = true").write();
    env.graph(&["d4 < c3"]);
    let Some((is_ok, text)) = sqlite3(&env, &env.run("upgrade --sql").ok()) else { return };
    assert!(is_ok, "{text}");
    assert_eq!(env.rows(), ["d4"]);
}

#[test]
fn an_older_sqlite_is_refused_before_anything_runs() {
    let env = TestEnv::new();
    env.config(
        "[database]\nurl = \"app.db\"\nlog = false\n[sqlite]\nextensions = [\"lib/vec0.so\", \"spatialite\"]",
    );
    env.revision("a1").up("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, old TEXT);").write();
    env.revision("b2")
        .after("a1")
        .up("ALTER TABLE t DROP COLUMN old;\nALTER TABLE t ALTER COLUMN name SET NOT NULL;")
        .write();
    let script = env.run("upgrade --sql").ok();
    let before: Vec<&str> = script.lines().take_while(|it| !it.starts_with("PRAGMA")).collect();
    insta::assert_snapshot!(before.join("\n"), @r#"
    -- needs an extension of SQLite: .load vec0.so
    -- needs an extension of SQLite: .load spatialite
    .bail on

    CREATE TABLE temp._migrator_guard (ok CONSTRAINT "SQLite 3.53 is needed for ALTER TABLE … ALTER COLUMN: use a newer sqlite3, or let migrator run it, without --sql" CHECK (ok));
    INSERT INTO temp._migrator_guard SELECT CAST(substr(sqlite_version(), 3) AS INTEGER) >= 53;
    DROP TABLE temp._migrator_guard;
    "#);
    // Nothing of it needs more than everybody has.
    assert!(!env.run("upgrade --sql a1").ok().contains("sqlite_version"));
    let Some((true, version)) = sqlite3(&env, "SELECT sqlite_version();") else { return };
    let minor: u32 = version.trim().split('.').nth(1).unwrap().parse().unwrap();
    let (is_success, said) = sqlite3(&env, &script).unwrap();
    assert_eq!(is_success, minor >= 53, "{said}");
    if !is_success {
        assert!(said.contains("SQLite 3.53 is needed for ALTER TABLE … ALTER COLUMN"), "{said}");
        assert!(env.tables().is_empty());
    }
}

#[test]
fn what_takes_a_drift_back_is_for_any_sqlite3() {
    let table = "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, CONSTRAINT k CHECK (id > 0))";
    let by_hand = "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL, more TEXT)";
    let undo = "schema diff database current --sql";
    let env = TestEnv::new();
    env.revision("a1").up(&format!("{table};")).write();
    env.run("upgrade").ok();
    env.sql(&format!(
        "DROP TABLE t; {by_hand}; INSERT INTO t VALUES (1, 'a', NULL), (7, 'b', NULL)"
    ));
    let script = env.run(undo).ok();
    for newer in ["ALTER COLUMN", "DROP COLUMN", "ADD CONSTRAINT"] {
        assert!(!script.contains(newer), "{newer}\n{script}");
    }
    // Who names a newer version gets what it can do, and is told where it is too new.
    env.config("[database]\nurl = \"app.db\"\n[sqlite]\ntarget = \"3.54\"");
    let guard = "\"SQLite 3.53 is needed for ALTER TABLE … ADD CHECK: use a newer sqlite3, or lower \
                 `target` under [sqlite] in alembic.toml and print this again\"";
    let newest = env.run(undo).ok();
    assert!(newest.contains(guard), "{newest}");
    env.config("");
    let Some((is_success, said)) = sqlite3(&env, &script) else { return };
    assert!(is_success, "{said}");
    assert_eq!(env.query("SELECT id || name FROM t"), ["1a", "7b"]);
    env.run("status").ok();
}

#[test]
fn what_takes_a_drift_back_protects_itself() {
    let env = TestEnv::new();
    env.config("[database]\nurl = \"app.db\"\n[sqlite]\ntarget = \"3.35\"");
    let profiles = "CREATE TABLE profiles (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL UNIQUE \
                    REFERENCES users (id))";
    let users = "CREATE TABLE users (id INTEGER PRIMARY KEY)";
    env.revision("a1").up(&format!("{users};\n{profiles};")).write();
    env.run("upgrade").ok();
    let by_hand = profiles.replace(" UNIQUE", "");
    env.sql(&format!(
        "DROP TABLE profiles; {by_hand}; INSERT INTO users VALUES (1), (2); \
         INSERT INTO profiles (user_id) VALUES (1), (1), (2)"
    ));
    let undo = "schema diff database current --sql";
    insta::assert_snapshot!(env.run(undo), @r#"
    .bail on

    CREATE TABLE temp._migrator_guard (ok CONSTRAINT "SQLite 3.26 is needed for PRAGMA legacy_alter_table: use a newer sqlite3" CHECK (ok));
    INSERT INTO temp._migrator_guard SELECT CAST(substr(sqlite_version(), 3) AS INTEGER) >= 26;
    DROP TABLE temp._migrator_guard;

    PRAGMA foreign_keys = OFF;
    BEGIN IMMEDIATE;
    CREATE TABLE temp._migrator_violations AS SELECT "table", "rowid" AS "row", parent FROM pragma_foreign_key_check;
    CREATE TABLE temp._migrator_guard (ok CONSTRAINT "rows of profiles share their user_id" CHECK (ok));
    INSERT INTO temp._migrator_guard SELECT 0 WHERE EXISTS (SELECT id FROM (SELECT id, count(*) OVER (PARTITION BY user_id) AS n_alike FROM profiles WHERE user_id IS NOT NULL) WHERE n_alike > 1);
    DROP TABLE temp._migrator_guard;

    -- profiles: rebuilt to change unique constraints
    -- migrate:refuse-if rows of profiles share their user_id: SELECT id FROM (SELECT id, count(*) OVER (PARTITION BY user_id) AS n_alike FROM profiles WHERE user_id IS NOT NULL) WHERE n_alike > 1
    PRAGMA legacy_alter_table = ON;
    ALTER TABLE profiles RENAME TO _migrator_old_profiles;
    PRAGMA legacy_alter_table = OFF;
    CREATE TABLE profiles (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL UNIQUE REFERENCES users (id));
    INSERT OR ABORT INTO profiles (id, user_id)
    SELECT id, user_id
    FROM _migrator_old_profiles;
    DROP TABLE _migrator_old_profiles;

    CREATE TABLE temp._migrator_guard (ok CONSTRAINT "rows would violate foreign keys" CHECK (ok));
    INSERT INTO temp._migrator_guard SELECT 0 FROM (SELECT "table", "rowid", parent FROM pragma_foreign_key_check EXCEPT SELECT "table", "row", parent FROM temp._migrator_violations) LIMIT 1;
    DROP TABLE temp._migrator_guard;
    DROP TABLE temp._migrator_violations;
    COMMIT;
    "#);
    let Some((is_ok, text)) = sqlite3(&env, &env.run(undo).ok()) else { return };
    assert!(!is_ok && text.contains("rows of profiles share their user_id"), "{text}");
    // As it was, and nothing half done.
    assert_eq!(env.query("SELECT count(*) FROM profiles"), ["3"]);
    assert_eq!(env.tables(), ["profiles", "users"]);
    env.sql("PRAGMA foreign_keys = OFF; DELETE FROM profiles WHERE id = 2; UPDATE profiles SET user_id = 9");
    env.sql("DELETE FROM profiles WHERE id = 3");
    // What violated a foreign key before does so still.
    assert_eq!(sqlite3(&env, &env.run(undo).ok()), Some((true, String::new())));
    env.run("status").ok();
    assert_eq!(env.query("SELECT user_id FROM profiles"), ["9"]);
}

#[test]
fn what_a_rebuild_left_is_not_dropped_while_it_has_rows() {
    let env = TestEnv::with_graph(&["a1"]);
    env.run("upgrade").ok();
    env.sql("CREATE TABLE _migrator_old_t_a1 (id INTEGER PRIMARY KEY); INSERT INTO _migrator_old_t_a1 VALUES (7)");
    insta::assert_snapshot!(env.run("status"), @"
    database  app.db
    at        a1
    pending   nothing
    log       1 row since 2026-11-03 14:40:11
    wrong     the schema is not what the applied revisions make; it has more (+), less (-) or something else (~):
                + table  _migrator_old_t_a1  (id)
                `_migrator_old_t_a1` is what a rebuild of `t_a1` left that did not come to its end, and may have rows that are nowhere else: put them back before it is dropped
                what undoes it drops the table `_migrator_old_t_a1`, with all that is in there: `migrator backup` first
                then `migrator schema diff database current --sql --yes | sqlite3 -bail app.db` undoes it; look at the SQL first
                or, if another program makes it, name it in `exclude` under `[schema]` in alembic.toml
                or, to keep it, let a revision make it (`migrator schema diff current database --sql` has the SQL), and `migrator stamp` that
    [exit status: 1]
    ");
    let undo = env.run("schema diff database current --sql").ok();
    let Some((is_ok, text)) = sqlite3(&env, &undo) else { return };
    let says = "rows of t_a1 from before a rebuild that failed are in _migrator_old_t_a1 alone";
    assert!(!is_ok && text.contains(says), "{text}");
    env.sql("INSERT INTO t_a1 SELECT * FROM _migrator_old_t_a1; DELETE FROM _migrator_old_t_a1");
    assert_eq!(sqlite3(&env, &undo), Some((true, String::new())));
    env.run("status").ok();
}
