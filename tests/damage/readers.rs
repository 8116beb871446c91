//! Others who use the database while it is upgraded.

use std::time::Instant;

use rusqlite::Connection;

use super::content::content;
use super::project::{Journal, Project, finish};
use super::together::await_line;

/// A connection in the middle of reading.
fn reader(project: &Project) -> Connection {
    let reader = project.connect();
    reader.execute_batch("BEGIN").unwrap();
    let n: i64 = reader.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap();
    assert_eq!(n, 1);
    reader
}

const START: &str = "CREATE TABLE t(a); INSERT INTO t VALUES (1);";

fn project(busy_timeout: &str, journal: Journal, upgrades: &[&str]) -> Project {
    Project::with_config("", &format!("busy_timeout = \"{busy_timeout}\""))
        .line(upgrades)
        .database(journal, START)
}

#[test]
fn with_a_write_ahead_log_a_reader_is_no_obstacle_and_keeps_its_view() {
    let project = project("0s", Journal::Wal, &["INSERT INTO t VALUES (2);"]);
    let reader = reader(&project);
    project.run(&["upgrade"]).exits(0);
    let count = |connection: &Connection| -> i64 {
        connection.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap()
    };
    assert_eq!(count(&reader), 1);
    reader.execute_batch("COMMIT").unwrap();
    assert_eq!(count(&reader), 2);
}

#[test]
fn with_a_rollback_journal_a_commit_waits_for_readers() {
    let project = project("60s", Journal::Delete, &["INSERT INTO t VALUES (2);"]);
    let reader = reader(&project);
    let mut run = project.migrator(&["upgrade"]).spawn().unwrap();
    await_line(&mut run, "upgrade r1");
    await_line(&mut run, "another process holds the database; waiting");
    // The body is done, and nobody can see it.
    assert_eq!(project.query("SELECT count(*) FROM sqlite_schema"), "1");
    reader.execute_batch("COMMIT").unwrap();
    finish(run).exits(0);
    assert_eq!(project.rows(), "r1");
}

#[test]
fn a_commit_that_waits_in_vain_is_rolled_back() {
    let project = project("200ms", Journal::Delete, &["INSERT INTO t VALUES (2);"]);
    let before = content(&project.connect());
    let reader = reader(&project);
    let ran = project.run(&["upgrade"]).exits(3).says(&[
        "app.db` is locked by another process",
        "`r1` was rolled back",
        "`busy_timeout`",
        "the database is at base",
    ]);
    assert!(!ran.stderr.contains("nothing was changed"), "{ran}");
    reader.execute_batch("COMMIT").unwrap();
    assert_eq!(content(&project.connect()), before);
    project.run(&["upgrade"]).exits(0);
}

#[test]
fn a_commit_that_waits_in_vain_leaves_the_revisions_before() {
    // The reader comes between two transactions: nothing else could.
    let body = "INSERT INTO t SELECT a FROM t;";
    let project = Project::with_config("transaction = \"revision\"", "busy_timeout = \"200ms\"")
        .line(&["INSERT INTO t VALUES (2);", body])
        .database(Journal::Delete, START);
    project.run(&["upgrade", "r1"]).exits(0);
    let before = content(&project.connect());
    let reader = project.connect();
    reader.execute_batch("BEGIN").unwrap();
    let _n: i64 = reader.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap();
    project.run(&["upgrade"]).exits(3).says(&["`r2` was rolled back", "the database is at `r1`"]);
    reader.execute_batch("COMMIT").unwrap();
    assert_eq!(content(&project.connect()), before);
}

#[test]
fn with_a_rollback_journal_a_rebuild_fails_at_its_beginning() {
    let rebuild = "CREATE TABLE u(a); INSERT INTO u SELECT a FROM t; DROP TABLE t;
                   ALTER TABLE u RENAME TO t;";
    let project = project("200ms", Journal::Delete, &[rebuild]);
    let before = project.bytes();
    let reader = reader(&project);
    let ran = project.run(&["upgrade"]).exits(2).says(&["is locked", "nothing was changed"]);
    assert!(!ran.stderr.contains("upgrade r1"), "{ran}");
    drop(reader);
    assert!(project.bytes() == before);
    project.run(&["upgrade"]).exits(0);
}

#[test]
fn a_transaction_that_outgrows_the_cache_under_a_reader_is_rolled_back() {
    let grow = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000)
                INSERT INTO t SELECT hex(zeroblob(1000)) FROM n;";
    let project = project("200ms", Journal::Delete, &["CREATE TABLE u(a);", grow]);
    let before = content(&project.connect());
    let reader = reader(&project);
    project.run(&["upgrade"]).exits(3).says(&["locked", "rolled back", "the database is at base"]);
    reader.execute_batch("COMMIT").unwrap();
    assert_eq!(content(&project.connect()), before);
    project.run(&["upgrade"]).exits(0);
}

#[test]
fn a_database_that_another_one_writes_to_is_waited_for_as_long_as_said() {
    for journal in Journal::BOTH {
        for lock in ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"] {
            let project = project("200ms", journal, &["CREATE TABLE u(a);"]);
            let before = project.bytes();
            let writer = project.connect();
            writer.execute_batch(lock).unwrap();
            let commands: [&[&str]; 4] =
                [&["upgrade"], &["stamp", "head"], &["ensure-version"], &["upgrade", "--dry-run"]];
            for args in commands {
                let start = Instant::now();
                project.run(args).exits(2).says(&[
                    "the database `",
                    "app.db` is locked by another process",
                    "nothing was changed; run it again when the other process is done",
                    "`busy_timeout`",
                ]);
                assert!(start.elapsed().as_millis() >= 200, "{args:?}");
            }
            let reads = journal == Journal::Wal || lock == "BEGIN IMMEDIATE";
            let ran = project.run(&["current"]).exits(if reads { 0 } else { 2 });
            assert!(reads || ran.stderr.contains("is locked by another process"), "{ran}");
            drop(writer);
            assert!(project.bytes() == before, "{journal:?}, {lock}");
            project.run(&["upgrade"]).exits(0);
        }
    }
}
