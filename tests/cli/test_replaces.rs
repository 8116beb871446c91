//! The header key `replaces`: a revision that stands for others

use crate::support::TestEnv;
use crate::test_offline::sqlite3;

/// A project whose database ran `a1`, `b2` and `c3`, of which `s9` makes the first two one.
fn squashed(target: &str) -> TestEnv {
    let env = TestEnv::with_graph(&["a1", "b2 < a1", "c3 < b2"]);
    env.run(&format!("upgrade {target}")).ok();
    files_of_after(&env);
    env
}

/// Writes `s9`.
fn write_squash(env: &TestEnv) {
    env.revision("s9")
        .header("replaces = [\"a1\", \"b2\"]")
        .up("CREATE TABLE t_a1 (id INTEGER PRIMARY KEY);\nCREATE TABLE t_b2 (id INTEGER PRIMARY KEY);")
        .down("DROP TABLE t_b2;\nDROP TABLE t_a1;")
        .write();
}

#[test]
fn a_database_that_ran_what_is_replaced_finds_nothing_to_do() {
    let env = squashed("b2");
    insta::assert_snapshot!(env.run("current"), @"s9");
    insta::assert_snapshot!(env.run("history -i"), @"
    s9 -> c3 (head), make c3
    <base> -> s9 (current), make s9
    ");
    insta::assert_snapshot!(env.run("upgrade s9"), @"
    ------- stderr -------
    nothing to do: app.db is at b2
    ");
    insta::assert_snapshot!(env.run("check --database"), @"
    ------- stderr -------
    no difference between the revisions up to b2 and app.db
    ");
    assert_eq!(env.rows(), ["b2"]);
    insta::assert_snapshot!(env.run("upgrade --dry-run"), @"
    upgrade c3, make c3 (1 statement, 0 changed rows, [time])
    the database would be at c3
    it has 24 KiB now, and up to 32 KiB during the run, its journal included
    ------- stderr -------
    everything was rolled back; nothing was changed
    ");
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    upgrade c3, make c3 ([time])
    app.db is at c3
    ");
    assert_eq!(env.rows(), ["c3"]);
    insta::assert_snapshot!(env.run("downgrade base"), @"
    ------- stderr -------
    backup app.db.20261103T144011Z.bak ([time])
    downgrade c3, make c3 ([time])
    downgrade s9, make s9 ([time])
    app.db is at base
    ");
    assert_eq!(env.rows(), [""; 0]);
    assert_eq!(env.tables(), [""; 0]);
}

#[test]
fn its_row_is_taken_back_as_it_stands() {
    let env = squashed("b2");
    insta::assert_snapshot!(env.run("downgrade -1"), @"
    ------- stderr -------
    backup app.db.20261103T144011Z.bak ([time])
    downgrade s9, make s9 ([time])
    app.db is at base
    ");
    assert_eq!(env.rows(), [""; 0]);
    assert_eq!(env.tables(), [""; 0]);
}

#[test]
fn files_of_before_find_what_was_taken_back_with_it() {
    for command in ["downgrade base", "stamp base"] {
        let env = squashed("b2");
        env.run(command).ok();
        if command == "stamp base" {
            env.sql("DROP TABLE t_b2; DROP TABLE t_a1");
        }
        files_of_before(&env);
        env.run("status").ok();
        env.run("upgrade").ok();
        env.run("status").ok();
    }
}

/// A new database that `s9` was run on, then files of before.
fn squash_ran(target: &str) -> TestEnv {
    let env = TestEnv::with_graph(&["c3 < s9"]);
    write_squash(&env);
    env.run(&format!("upgrade {target}")).ok();
    files_of_before(&env);
    env
}

fn files_of_before(env: &TestEnv) {
    env.remove("versions/s9.sql");
    env.graph(&["a1", "b2 < a1", "c3 < b2"]);
}

fn files_of_after(env: &TestEnv) {
    env.remove("versions/a1.sql").remove("versions/b2.sql");
    env.graph(&["c3 < s9"]);
    write_squash(env);
}

#[test]
fn what_a_squash_did_is_known_to_files_of_before() {
    let env = squash_ran("c3");
    insta::assert_snapshot!(env.run("log"), @"
    2026-11-03 14:40:11  upgrade   c3, make c3 ([time], migrator 0.1.0)
    2026-11-03 14:40:11  upgrade   s9, which no file declares ([time], migrator 0.1.0)
    2026-11-03 14:40:11  stamp     b2, make b2 (migrator 0.1.0)
    2026-11-03 14:40:11  stamp     a1, make a1 (migrator 0.1.0)
    ");
    insta::assert_snapshot!(env.run("status"), @"
    database  app.db
    at        c3
    pending   nothing
    log       4 rows since 2026-11-03 14:40:11
    wrong     the file of revision `s9`, which ran (2026-11-03 14:40:11, migrator 0.1.0), is gone
                `migrator repair s9` accepts that it is gone; what it did stays
                or bring the file back: it was deleted, is on another branch of your repository, or belongs to another version of the program
    [exit status: 1]
    ");
    env.run("repair s9").ok();
    env.run("status").ok();
    insta::assert_snapshot!(env.run("upgrade --out-of-order"), @"
    ------- stderr -------
    nothing to do: app.db is at c3
    ");
    files_of_after(&env);
    env.run("status").ok();
    assert!(env.run("log").ok().contains("stamp     b2, which `s9` replaces"));
    env.run("downgrade base").ok();
    files_of_before(&env);
    env.run("status").ok();
    env.run("upgrade").ok();
    files_of_after(&env);
    env.run("status").ok();
}

#[test]
fn a_stamp_leads_from_a_squash_to_what_it_replaced() {
    let env = squash_ran("s9");
    insta::assert_snapshot!(env.run("status"), @"
    database  app.db
    at        s9
    pending   c3, make c3
    log       3 rows since 2026-11-03 14:40:11
    wrong     the database is at `s9`, which no revision file declares (upgrade 2026-11-03 14:40:11, migrator 0.1.0)
                bring back the file: it belongs to a newer version of the program, was deleted, or is on another branch of your repository
                or, if it is gone for good, `migrator stamp b2` goes back to what the files declare, without running anything: what it did stays
    unknown   the schema was not compared: no file says what the newest revisions make
    [exit status: 1]
    ");
    env.run("stamp b2").ok();
    env.run("status").ok();
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    upgrade c3, make c3 ([time])
    app.db is at c3
    ");
    env.run("status").ok();
    files_of_after(&env);
    env.run("status").ok();
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    nothing to do: app.db is at c3
    ");
}

/// The old files take it back, and it is gone for them.
#[test]
fn what_old_files_took_back_is_not_said_to_be_there() {
    let env = squash_ran("c3");
    env.run("repair s9").ok();
    env.run("downgrade base").ok();
    files_of_after(&env);
    insta::assert_snapshot!(env.run("status"), @"
    database  app.db
    at        base
    pending   s9, make s9
              c3, make c3
    log       8 rows since 2026-11-03 14:40:11
    ------- stderr -------
    nothing is wrong
    ");
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    upgrade s9, make s9 ([time])
    upgrade c3, make c3 ([time])
    app.db is at c3
    ");
}

#[test]
fn what_is_stamped_and_repaired_is_known_to_files_of_before_and_after() {
    let objects =
        "CREATE TABLE t_a1 (id INTEGER PRIMARY KEY); CREATE TABLE t_b2 (id INTEGER PRIMARY KEY)";
    let env = TestEnv::with_graph(&["c3 < s9"]);
    write_squash(&env);
    env.sql(objects);
    env.run("stamp s9").ok();
    env.run("upgrade").ok();
    files_of_before(&env);
    env.run("repair s9").ok();
    env.run("status").ok();
    // Another tool took all of it back.
    env.sql("DROP TABLE t_c3; DROP TABLE t_b2; DROP TABLE t_a1; DELETE FROM alembic_version");
    files_of_after(&env);
    env.run("repair --all version-table").ok();
    env.run("status").ok();
    files_of_before(&env);
    env.run("status").ok();
    env.run("upgrade").ok();
}

#[test]
fn a_database_without_a_log_ran_what_its_row_names() {
    let env = squashed("b2");
    env.sql("DROP TABLE migrator_log");
    let said = env.run("upgrade").exits_with(0);
    assert!(said.contains("did not know of the 2 revisions from `a1` to `b2`"), "{said}");
    env.run("status").ok();
    files_of_before(&env);
    env.run("status").ok();
    env.run("upgrade").ok();
}

/// Its log is one in which a squash wrote of itself alone.
#[test]
fn what_a_squash_did_is_not_done_again_by_files_of_before() {
    let env = squash_ran("c3");
    env.sql("DELETE FROM migrator_log WHERE direction = 'stamp'");
    let said = "`migrator repair a1 b2`, without those whose work `s9`, which was applied and has no file here, did not do";
    let status = env.run("status").stdout;
    assert!(status.contains(said), "{status}");
    env.run("repair s9").ok();
    let status = env.run("status").stdout;
    assert!(status.contains(said), "{status}");
    insta::assert_snapshot!(env.run("upgrade --out-of-order"), @"
    ------- stderr -------
    error: revision `a1` never ran here, and never would: it was put below `c3`, which did

    error: revision `b2` never ran here, and never would: it was put below `c3`, which did
    hint: `migrator repair a1 b2`, without those whose work `s9`, which was applied and has no file here, did not do
    hint: then `migrator upgrade --out-of-order --allow-changed` runs the others, where that is safe
    hint: nothing was changed; `migrator upgrade --out-of-order --allow-changed` goes on this once, and `migrator status` shows all that is wrong
    [exit status: 2]
    ");
    env.run("repair a1 b2").ok();
    env.run("status").ok();
}

#[test]
fn beside_something_that_is_gone_what_was_inserted_runs_when_told_twice() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1", "c3 < b2"]);
    env.run("upgrade").ok();
    env.remove("versions/b2.sql");
    env.graph(&["x9 < a1", "c3 < x9"]);
    env.run("repair b2").ok();
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    error: revision `x9` never ran here, and never would: it was put below `c3`, which did
    hint: `migrator repair x9`, if `b2`, which was applied and has no file here, did what it does
    hint: or `migrator upgrade --out-of-order --allow-changed` runs it, if it did not, and where that is safe
    hint: nothing was changed; `migrator upgrade --allow-changed` goes on this once, and `migrator status` shows all that is wrong
    [exit status: 2]
    ");
    let run = env.run("upgrade --out-of-order --allow-changed");
    insta::assert_snapshot!(run, @"
    ------- stderr -------
    upgrade x9, make x9 ([time])
    app.db is at c3
    ");
    env.run("upgrade").ok();
}

#[test]
fn what_another_tool_took_back_is_accepted_by_any_of_its_names() {
    for name in ["s9", "a1", "b2", "--all version-table"] {
        let env = squashed("b2");
        env.sql("DROP TABLE t_b2; DROP TABLE t_a1; DELETE FROM alembic_version");
        let status = env.run("status");
        assert!(status.stdout.contains("`migrator repair s9` accepts"), "{status}");
        insta::allow_duplicates!(insta::assert_snapshot!(env.run(&format!("repair {name}")), @"
        ------- stderr -------
        accepted s9 as not applied
        "));
        env.run("status").ok();
        env.run("upgrade").ok();
        env.run("status").ok();
    }
}

#[test]
fn where_nothing_is_wrong_there_is_nothing_to_accept() {
    for name in ["s9", "a1", "b2"] {
        let env = squashed("b2");
        insta::allow_duplicates!(insta::assert_snapshot!(env.run(&format!("repair {name}")), @"
        ------- stderr -------
        nothing to repair in app.db
        "));
        env.run("status").ok();
    }
}

#[test]
fn a_stamp_writes_the_id_of_today() {
    let env = squashed("b2");
    insta::assert_snapshot!(env.run("stamp s9"), @"
    ------- stderr -------
    app.db is at s9
    ");
    assert_eq!(env.rows(), ["s9"]);
}

#[test]
fn a_database_in_the_middle_is_refused() {
    let env = squashed("a1");
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    error: the database is at `a1`, in the middle of what `s9` replaces
    hint: with the files from before the squash (they are in git), bring it to `b2`: `migrator upgrade b2`
    hint: if it has all of that already: `migrator stamp s9`
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("current"), @"
    ------- stderr -------
    error: the database is at `a1`, in the middle of what `s9` replaces
    hint: with the files from before the squash (they are in git), bring it to `b2`: `migrator upgrade b2`
    hint: if it has all of that already: `migrator stamp s9`
    [exit status: 2]
    ");
    // What the message says, where the database has all of it after all.
    env.sql("CREATE TABLE t_b2 (id INTEGER PRIMARY KEY)");
    insta::assert_snapshot!(env.run("stamp s9"), @"
    ------- stderr -------
    replaced `a1`, which no revision file declares
    app.db is at s9
    ");
    assert_eq!(env.rows(), ["s9"]);
}

#[test]
fn two_rows_that_say_the_same_are_refused() {
    let env = squashed("b2");
    env.sql("INSERT INTO alembic_version VALUES ('s9')");
    insta::assert_snapshot!(env.run("current"), @"
    ------- stderr -------
    error: the version table has two rows of one line: `b2` comes before `s9`, so only `s9` should be there
    hint: the version table was edited by hand, or a file was changed after it ran; `migrator stamp s9` leaves the one row, without running anything
    [exit status: 2]
    ");
    env.run("stamp s9").ok();
    assert_eq!(env.rows(), ["s9"]);
}

#[test]
fn the_end_of_what_is_replaced_is_a_target_and_the_middle_is_none() {
    let env = squashed("b2");
    insta::assert_snapshot!(env.run("show b2"), @"
    Rev: s9
    Parent: <base>
    Replaces: a1, b2
    Path: versions/s9.sql

        make s9

        Revision ID: s9
        Revises:
        Create Date:
    ");
    insta::assert_snapshot!(env.run("show a1"), @"
    ------- stderr -------
    error: revision `a1` is no more: `s9` replaces it and those after it
    hint: `s9` is the revision to name
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("heads --json"), @r#"
    [
      {
        "revision": "c3",
        "down_revision": [
          "s9"
        ],
        "depends_on": [],
        "branch_labels": [],
        "message": "make c3",
        "create_date": null,
        "path": "versions/c3.sql",
        "followed_by": [],
        "is_head": true,
        "is_effective_head": false,
        "is_base": false,
        "is_branch_point": false,
        "is_merge_point": false,
        "is_reversible": true
      }
    ]
    "#);
    insta::assert_snapshot!(env.run("history -r :s9 --json"), @r#"
    [
      {
        "revision": "s9",
        "down_revision": [],
        "depends_on": [],
        "replaces": [
          "a1",
          "b2"
        ],
        "branch_labels": [],
        "message": "make s9",
        "create_date": null,
        "path": "versions/s9.sql",
        "followed_by": [
          "c3"
        ],
        "is_head": false,
        "is_effective_head": false,
        "is_base": true,
        "is_branch_point": false,
        "is_merge_point": false,
        "is_reversible": true
      }
    ]
    "#);
}

#[test]
fn a_file_that_is_still_there_is_named_with_the_way_on() {
    let env = squashed("b2");
    env.graph(&["a1"]);
    insta::assert_snapshot!(env.run("heads"), @r#"
    ------- stderr -------
    error: revision `s9` replaces `a1`, which a file still declares
     --> versions/s9.sql:4:16
      |
    4 | -- replaces = ["a1", "b2"]
      |                ^^^^ declared in versions/a1.sql:2
    hint: to stay with `s9`, remove `versions/a1.sql`, and let what followed the last replaced revision follow `s9`
    hint: to go back, remove the file of `s9` and take the others from git
    [exit status: 2]
    "#);
}

#[test]
fn a_file_of_another_branch_that_follows_what_is_gone() {
    let env = squashed("b2");
    env.graph(&["d4 < b2", "e5 < s9 ~a1"]);
    insta::assert_snapshot!(env.run("heads"), @r#"
    ------- stderr -------
    error: revision `d4` follows `b2`, which no file declares
     --> versions/d4.sql:3:20
      |
    3 | -- down_revision = "b2"
      |                    ^^^^ `s9` replaces it
    hint: write `down_revision = "s9"`, or take the files from before the squash

    error: revision `e5` depends on `a1`, which is neither a revision nor a branch label
     --> versions/e5.sql:4:18
      |
    4 | -- depends_on = ["a1"]
      |                  ^^^^
    hint: `s9` replaces `a1`: write its id
    [exit status: 2]
    "#);
}

#[test]
fn two_files_that_replace_the_same_one() {
    let env = squashed("b2");
    env.revision("s8").header("replaces = [\"a1\"]").write();
    insta::assert_snapshot!(env.run("heads"), @r#"
    ------- stderr -------
    error: revisions `s8` and `s9` both replace `a1`
     --> versions/s9.sql:4:16
      |
    4 | -- replaces = ["a1", "b2"]
      |                ^^^^
    hint: two branches squashed the same revisions: keep one of the two files
    [exit status: 2]
    "#);
    env.revision("s8").header("replaces = \"a1\"").write();
    insta::assert_snapshot!(env.run("heads"), @r#"
    ------- stderr -------
    error: `replaces` must be an array of strings, not a string
     --> versions/s8.sql:4:15
      |
    4 | -- replaces = "a1"
      |               ^^^^
    hint: put it in brackets, each of several in quotes of its own: `replaces = ["…"]`
    [exit status: 2]
    "#);
}

/// Where a database is, and all that is wrong with it, but for how many rows its log has.
fn place(env: &TestEnv) -> String {
    let status = env.run("status").to_string();
    let lines = status.lines().filter(|it| !it.starts_with("log"));
    format!("{}\n{:?} {:?}", lines.collect::<Vec<_>>().join("\n"), env.rows(), env.tables())
}

/// A database that ran the range has the row `b2`; one that was made from the new file, or was stamped
/// since, `s9`.
const ROWS: [&str; 2] = ["b2", "s9"];

fn at(row: &str, target: &str) -> TestEnv {
    let env = squashed("b2");
    if row == "s9" {
        env.remove("app.db");
        env.run("upgrade s9").ok();
    }
    if target != "s9" {
        env.run(&format!("upgrade {target}")).ok();
    }
    env
}

/// What the log says of each revision last.
fn last_said(env: &TestEnv) -> Vec<String> {
    env.query(
        "SELECT revision || ' ' || direction FROM migrator_log \
         WHERE id IN (SELECT max(id) FROM migrator_log GROUP BY revision) ORDER BY 1",
    )
}

/// A script must do with either database what the command does.
#[track_caller]
fn check_script(script: &str, online: &str, target: &str) {
    for row in ROWS {
        let (env, other) = (at(row, target), at(row, target));
        let script = env.run(script).ok();
        let Some((is_ok, said)) = sqlite3(&env, &script) else { return };
        assert!(is_ok, "{row}: {said}");
        other.run(online).ok();
        assert_eq!(place(&env), place(&other), "{row}");
        // Of a stamp a script does not know what it changes.
        if !online.starts_with("stamp") {
            assert_eq!(last_said(&env), last_said(&other), "{row}, {script}");
        }
        assert_eq!(env.run("upgrade").to_string(), other.run("upgrade").to_string(), "{row}");
        assert_eq!(env.rows(), ["c3"]);
    }
}

#[test]
fn a_script_takes_a_database_with_the_old_row_and_one_with_the_new() {
    for start in ROWS {
        check_script(&format!("upgrade --sql {start}:head"), "upgrade", "s9");
        check_script(&format!("downgrade --sql {start}:base"), "downgrade base", "s9");
        check_script(&format!("stamp --sql {start}:c3"), "stamp c3", "s9");
        check_script(&format!("stamp --sql {start}:{start}"), "stamp s9", "s9");
        check_script(&format!("downgrade --sql c3:{start}"), "downgrade s9", "c3");
        check_script(&format!("stamp --sql --purge {start}"), "stamp --purge s9", "s9");
    }
    check_script("downgrade --sql head:base", "downgrade base", "c3");
}

/// A stamp that leaves all of it, by a script and by the command, with a log and without.
#[test]
fn a_stamp_that_leads_away_leaves_nothing_that_is_wrong() {
    for (row, has_log) in ROWS.into_iter().flat_map(|row| [(row, true), (row, false)]) {
        for by_script in [true, false] {
            let env = at(row, "s9");
            if !has_log {
                env.sql("DROP TABLE migrator_log");
            }
            if by_script {
                let script = env.run(&format!("stamp --sql {row}:base")).ok();
                let Some((is_ok, said)) = sqlite3(&env, &script) else { return };
                assert!(is_ok, "{row}: {said}");
            } else {
                env.run("stamp base").ok();
            }
            env.sql("DROP TABLE t_b2; DROP TABLE t_a1");
            env.run("status").ok();
            files_of_before(&env);
            env.run("status").ok();
            env.run("upgrade").ok();
            env.run("status").ok();
        }
    }
}

/// A script that begins the log writes what the command writes, of either row.
#[test]
fn a_script_begins_the_log_with_what_the_row_names() {
    for row in ROWS {
        let (env, other) = (at(row, "s9"), at(row, "s9"));
        for it in [&env, &other] {
            it.sql("DROP TABLE migrator_log");
        }
        let script = env.run("upgrade --sql s9:head").ok();
        let Some((is_ok, said)) = sqlite3(&env, &script) else { return };
        assert!(is_ok, "{row}: {said}");
        other.run("upgrade").ok();
        let log = "SELECT revision || ' ' || direction || ' ' || coalesce(checksum, '') FROM migrator_log \
                   ORDER BY id";
        assert_eq!(env.query(log), other.query(log), "{row}");
    }
}

#[test]
fn a_script_names_both_rows() {
    let env = squashed("b2");
    env.config("[database]\nurl = \"app.db\"\nlog = false");
    insta::assert_snapshot!(env.run("upgrade --sql b2:head"), @r#"
    .bail on

    PRAGMA foreign_keys = OFF;
    BEGIN IMMEDIATE;
    CREATE TABLE temp._migrator_guard (ok CONSTRAINT "alembic_version must hold exactly b2 or s9" CHECK (ok));
    INSERT INTO temp._migrator_guard SELECT count(*) = 1 AND sum(version_num IN ('b2', 's9')) = 1 FROM alembic_version;
    DROP TABLE temp._migrator_guard;
    CREATE TABLE temp._migrator_violations AS SELECT "table", "rowid" AS "row", parent FROM pragma_foreign_key_check;

    -- Running upgrade s9 -> c3, make c3

    CREATE TABLE t_c3 (id INTEGER PRIMARY KEY);
    UPDATE alembic_version SET version_num = 'c3' WHERE version_num IN ('b2', 's9');

    CREATE TABLE temp._migrator_guard (ok CONSTRAINT "rows would violate foreign keys" CHECK (ok));
    INSERT INTO temp._migrator_guard SELECT 0 FROM (SELECT "table", "rowid", parent FROM pragma_foreign_key_check EXCEPT SELECT "table", "row", parent FROM temp._migrator_violations) LIMIT 1;
    DROP TABLE temp._migrator_guard;
    DROP TABLE temp._migrator_violations;
    COMMIT;
    "#);
    insta::assert_snapshot!(env.run("downgrade --sql s9:base"), @r#"
    .bail on

    PRAGMA foreign_keys = OFF;
    BEGIN IMMEDIATE;
    CREATE TABLE temp._migrator_guard (ok CONSTRAINT "alembic_version must hold exactly b2 or s9" CHECK (ok));
    INSERT INTO temp._migrator_guard SELECT count(*) = 1 AND sum(version_num IN ('b2', 's9')) = 1 FROM alembic_version;
    DROP TABLE temp._migrator_guard;
    CREATE TABLE temp._migrator_violations AS SELECT "table", "rowid" AS "row", parent FROM pragma_foreign_key_check;

    -- Running downgrade s9 -> , make s9

    DROP TABLE t_b2;
    DROP TABLE t_a1;
    DELETE FROM alembic_version WHERE version_num IN ('b2', 's9');

    CREATE TABLE temp._migrator_guard (ok CONSTRAINT "rows would violate foreign keys" CHECK (ok));
    INSERT INTO temp._migrator_guard SELECT 0 FROM (SELECT "table", "rowid", parent FROM pragma_foreign_key_check EXCEPT SELECT "table", "row", parent FROM temp._migrator_violations) LIMIT 1;
    DROP TABLE temp._migrator_guard;
    DROP TABLE temp._migrator_violations;
    COMMIT;
    "#);
    insta::assert_snapshot!(env.run("stamp --sql b2:s9"), @r#"
    .bail on

    BEGIN IMMEDIATE;
    CREATE TABLE temp._migrator_guard (ok CONSTRAINT "alembic_version must hold exactly b2 or s9" CHECK (ok));
    INSERT INTO temp._migrator_guard SELECT count(*) = 1 AND sum(version_num IN ('b2', 's9')) = 1 FROM alembic_version;
    DROP TABLE temp._migrator_guard;
    UPDATE alembic_version SET version_num = 's9' WHERE version_num = 'b2';
    COMMIT;
    "#);
    insta::assert_snapshot!(env.run("upgrade --sql b2:s9"), @"
    ------- stderr -------
    nothing to do from s9: the script is empty
    ");
    insta::assert_snapshot!(env.run("upgrade --sql a1:head"), @"
    ------- stderr -------
    error: revision `a1` is no more: `s9` replaces it and those after it
    hint: `s9` is the revision to name
    [exit status: 2]
    ");
}

#[test]
fn a_script_stops_where_the_row_is_neither_or_both() {
    let env = squashed("b2");
    let script = env.run("upgrade --sql b2:head").ok();
    env.sql("UPDATE alembic_version SET version_num = 'a1'");
    let Some((is_ok, said)) = sqlite3(&env, &script) else { return };
    assert!(!is_ok);
    insta::assert_snapshot!(said, @"Runtime error near line 6: CHECK constraint failed: alembic_version must hold exactly b2 or s9 (19)");
    env.sql("UPDATE alembic_version SET version_num = 'b2'");
    env.sql("INSERT INTO alembic_version VALUES ('s9')");
    let (is_ok, said) = sqlite3(&env, &script).unwrap();
    assert!(!is_ok && said.contains("must hold exactly b2 or s9"), "{said}");
    assert_eq!(env.tables(), ["t_a1", "t_b2"]);
}

#[test]
fn a_script_leaves_the_row_of_a_lineage_that_it_does_not_touch() {
    for row in ROWS {
        let env = at(row, "s9");
        env.remove("versions/c3.sql").graph(&["x1", "y2 < x1"]);
        env.run("upgrade y2").ok();
        let script = env.run("downgrade --sql heads:x1").ok();
        let Some((is_ok, said)) = sqlite3(&env, &script) else { return };
        assert!(is_ok, "{said}");
        assert_eq!(env.rows(), [row, "x1"]);
        env.run("status").ok();
    }
}

#[test]
fn a_body_outside_a_transaction_and_a_database_without_a_log_make_no_difference() {
    let prepared = |row| {
        let env = at(row, "s9");
        let up = "CREATE TABLE t_c3 (id INTEGER PRIMARY KEY);";
        env.revision("c3").after("s9").header("transaction = false").up(up).write();
        env.sql("DROP TABLE migrator_log");
        env
    };
    for row in ROWS {
        let (env, other) = (prepared(row), prepared(row));
        let script = env.run("upgrade --sql b2:head").ok();
        let Some((is_ok, said)) = sqlite3(&env, &script) else { return };
        assert!(is_ok, "{row}: {said}");
        other.run("upgrade").ok();
        assert_eq!(place(&env), place(&other), "{row}");
        let revisions = "SELECT revision || ' ' || direction FROM migrator_log";
        assert_eq!(env.query(revisions), other.query(revisions), "{row}");
    }
}

#[test]
fn the_beginning_of_an_id_that_is_replaced_is_enough() {
    let env = TestEnv::new();
    env.revision("48608a7f0bdb")
        .header("replaces = [\"5e6f0a1b2c3d\", \"5e70aaaaaaaa\", \"a90b3f6d1e28\"]")
        .write();
    env.revision("c3d8e52f7041").after("48608a7f0bdb").write();
    env.run("upgrade").ok();
    for line in ["show 5e6f", "downgrade 5e6f", "schema dump 5e6f", "history -r 5e6f:"] {
        let said = env.run(line).exits_with(2);
        assert_eq!(
            said,
            "error: revision `5e6f0a1b2c3d` is no more: `48608a7f0bdb` replaces it and those after it\n\
             hint: `48608a7f0bdb` is the revision to name\n",
            "{line}"
        );
    }
    insta::assert_snapshot!(env.run("show 5e"), @"
    ------- stderr -------
    error: `5e` is the beginning of several revisions: `5e6f0a1b2c3d`, `5e70aaaaaaaa`
    hint: type more of it
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("show 5f"), @"
    ------- stderr -------
    error: no revision or branch label is called `5f` or begins with it
    hint: `migrator history` lists all revisions and labels
    [exit status: 2]
    ");
    // The last of them is the same state.
    env.run("downgrade a90b").ok();
    assert_eq!(env.rows(), ["48608a7f0bdb"]);
    assert_eq!(env.run("show a90b").ok(), env.run("show 48608a7f0bdb").ok());
}
