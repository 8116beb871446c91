//! `--dry-run` of `upgrade`

use crate::support::TestEnv;

#[test]
fn a_dry_run_does_everything_and_leaves_nothing() {
    let env = TestEnv::with_graph(&["a1"]);
    env.run("upgrade").ok();
    env.revision("b2")
        .after("a1")
        .up("INSERT INTO t_a1 VALUES (1), (2), (3);\nDELETE FROM t_a1 WHERE id = 1;")
        .write();
    env.graph(&["c3 < b2"]);
    let log = env.query("SELECT count(*) FROM migrator_log");
    insta::assert_snapshot!(env.run("upgrade --dry-run"), @"
    upgrade b2, make b2 (2 statements, 4 changed rows, [time])
    upgrade c3, make c3 (1 statement, 0 changed rows, [time])
    the database would be at c3
    it has 20 KiB now, and up to 32 KiB during the run, its journal included
    ------- stderr -------
    warning: `b2`: 1 delete-rows; `migrator lint b2` tells more
    everything was rolled back; nothing was changed
    ");
    assert_eq!(env.rows(), ["a1"]);
    assert_eq!(env.tables(), ["t_a1"]);
    assert_eq!(env.query("SELECT count(*) FROM t_a1"), ["0"]);
    assert_eq!(env.query("SELECT count(*) FROM migrator_log"), log);
    insta::assert_snapshot!(env.run("upgrade --dry-run b2 -v"), @"
    upgrade b2, make b2 (2 statements, 4 changed rows, [time])
    the database would be at b2
    it has 20 KiB now, and up to 28 KiB during the run, its journal included
    ------- stderr -------
    warning: `b2`: 1 delete-rows; `migrator lint b2` tells more
        INSERT INTO t_a1 VALUES (1), (2), (3)
        DELETE FROM t_a1 WHERE id = 1
    everything was rolled back; nothing was changed
    ");
    insta::assert_snapshot!(env.run("upgrade --dry-run a1"), @"
    ------- stderr -------
    nothing to do: app.db is at a1
    ");
}

#[test]
fn a_dry_run_reports_to_programs_what_a_run_does_not() {
    let env = TestEnv::with_graph(&["a1"]);
    env.run("upgrade").ok();
    env.revision("b2")
        .after("a1")
        .up("-- migrate:warn-if rows are few: SELECT 1\nINSERT INTO t_a1 VALUES (1), (2);")
        .write();
    let answer = env.run("upgrade --dry-run --json").json();
    let number = |key: &str| answer[key].as_u64().unwrap();
    assert_eq!(answer["warnings"], serde_json::json!(["b2: rows are few: 1 row"]));
    assert_eq!(answer["revisions"][0]["changed_rows"], 2);
    assert_eq!(number("size") % 4096, 0);
    assert!(number("size") > 0 && number("peak_size") >= number("size"));
    let answer = env.run("upgrade --json").json();
    assert!(answer.get("size").is_none() && answer.get("warnings").is_none());
    let answer = env.run("upgrade --dry-run --json").json();
    assert!(answer.get("size").is_none());
    assert_eq!(answer["warnings"], serde_json::json!([]));
}

#[test]
fn the_journal_takes_room_too() {
    for journal in ["delete", "wal"] {
        let env = TestEnv::with_graph(&["a1"]);
        env.run("upgrade").ok();
        env.sql(&format!("PRAGMA journal_mode = {journal}"));
        env.sql(
            "CREATE TABLE big AS SELECT zeroblob(4000) AS b FROM json_each('[1,2,3,4,5,6,7,8]')",
        );
        env.sql("INSERT INTO big SELECT b.b FROM big AS b, big, big");
        env.sql("PRAGMA wal_checkpoint(TRUNCATE)");
        env.revision("b2").after("a1").up("UPDATE big SET b = randomblob(4000);").write();
        let answer = env.run("upgrade --dry-run --json").json();
        let number = |key: &str| answer[key].as_u64().unwrap();
        let pages = 520 * 4096;
        assert!(number("size") > pages, "{journal}: {answer}");
        // A log is without what SQLite still has in its cache.
        let cached = if journal == "wal" { 2_100_000 } else { 0 };
        assert!(number("peak_size") + cached > number("size") + pages, "{journal}: {answer}");
        let verified = env.run("verify --database --json").json();
        let verified = verified["peak_size"].as_u64().unwrap();
        assert!(
            verified.abs_diff(number("peak_size")) < 100_000 + cached,
            "{journal}: {verified} {answer}"
        );
    }
}

#[test]
fn a_dry_run_without_a_database_makes_none() {
    let env = TestEnv::with_graph(&["a1"]);
    let before = env.files();
    insta::assert_snapshot!(env.run("upgrade --dry-run"), @"
    upgrade a1, make a1 (1 statement, 0 changed rows, [time])
    the database would be at a1
    it has 0 bytes now, and up to 20 KiB during the run, its journal included
    ------- stderr -------
    everything was rolled back; nothing was changed
    ");
    insta::assert_snapshot!(env.run("upgrade --dry-run --url :memory:"), @"
    upgrade a1, make a1 (1 statement, 0 changed rows, [time])
    the database would be at a1
    it has 0 bytes now, and up to 20 KiB during the run, its journal included
    ------- stderr -------
    everything was rolled back; nothing was changed
    ");
    assert_eq!(env.files(), before);
}

#[test]
fn a_dry_run_fails_as_the_run_would() {
    let env = TestEnv::with_graph(&["a1"]);
    env.run("upgrade").ok();
    env.revision("b2").after("a1").up("SELECT missing;").write();
    insta::assert_snapshot!(env.run("upgrade --dry-run"), @"
    ------- stderr -------
    error: revision `b2` failed at statement 1 of 1; it was rolled back
     --> versions/b2.sql:8:8
      |
    8 | SELECT missing;
      |        ^^^^^^^ no such column: missing
    hint: the database is at `a1`; mend the cause and run the same command again
    [exit status: 3]
    ");
    env.revision("b2").after("a1").header("transaction = false").up("VACUUM;").write();
    insta::assert_snapshot!(env.run("upgrade --dry-run"), @"
    ------- stderr -------
    error: revision `b2` cannot be rehearsed: it runs outside a transaction
    hint: `migrator verify --database` tries what is pending on a copy of the database, with its rows
    hint: or rehearse those before it alone: name the last of them as the target
    [exit status: 2]
    ");
    assert_eq!(env.rows(), ["a1"]);
}
