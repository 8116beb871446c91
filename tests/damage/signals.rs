//! Ctrl-C and `kill` in the middle of a run.

use std::process::{Child, Command};
use std::time::{Duration, Instant};

use super::content::content;
use super::project::{Journal, Project, finish};
use super::together::await_line;

/// Runs for hours.
const LONG: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
                    SELECT count(*) FROM n";
const LONG_WRITE: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
                          INSERT INTO t SELECT i FROM n WHERE i > 1000000000000";

const START: &str = "CREATE TABLE t(a); INSERT INTO t VALUES (1);";

pub fn send(signal: &str, child: &Child) {
    let status = Command::new("kill").arg(signal).arg(child.id().to_string()).status().unwrap();
    assert!(status.success());
}

fn interrupt(journal: Journal, signal: &str, body: &str) {
    let project = Project::new()
        .line(&["CREATE TABLE u(a); INSERT INTO u VALUES (1);", &format!("DELETE FROM t; {body};")])
        .database(journal, START);
    let before = content(&project.connect());
    let mut run = project.migrator(&["upgrade", "-v"]).spawn().unwrap();
    await_line(&mut run, "WITH RECURSIVE");
    send(signal, &run);
    finish(run).exits(3).says(&[
        "error: cancelled",
        "`r1` to `r2` were rolled back",
        "the database is at base",
    ]);
    assert_eq!(content(&project.connect()), before, "{journal:?} {signal}");
    assert!(!project.path("app.db-journal").exists());
}

#[cfg(unix)]
#[test]
fn a_long_statement_is_interrupted_and_everything_is_rolled_back() {
    for journal in Journal::BOTH {
        interrupt(journal, "-INT", LONG);
        interrupt(journal, "-TERM", LONG_WRITE);
        interrupt(journal, "-HUP", LONG_WRITE);
    }
}

#[cfg(unix)]
#[test]
fn a_transaction_each_keeps_those_before() {
    let project = Project::with_config("transaction = \"revision\"", "")
        .line(&["CREATE TABLE u(a);", LONG])
        .database(Journal::Delete, START);
    let mut run = project.migrator(&["upgrade", "-v"]).spawn().unwrap();
    await_line(&mut run, "WITH RECURSIVE");
    send("-INT", &run);
    finish(run).exits(3).says(&["error: cancelled", "`r1`, before it, stays", "at `r1`"]);
    assert_eq!(project.rows(), "r1");
}

#[cfg(unix)]
#[test]
fn outside_a_transaction_it_says_which_statements_stay() {
    let body = format!("INSERT INTO t VALUES (2); INSERT INTO t VALUES (3); {LONG_WRITE};");
    let project = Project::new()
        .revision("r1", "transaction = false", &body, "")
        .database(Journal::Delete, START);
    let mut run = project.migrator(&["upgrade", "-v"]).spawn().unwrap();
    await_line(&mut run, "WITH RECURSIVE");
    send("-TERM", &run);
    finish(run).exits(3).says(&[
        "error: cancelled",
        "2 statements of `r1` were run and stay",
        "the database is at base",
    ]);
    assert_eq!(project.query("SELECT group_concat(a) FROM t"), "1,2,3");
    assert_eq!(project.rows(), "");
    content(&project.connect());
}

#[cfg(unix)]
#[test]
fn waiting_ends_at_once_with_nothing_changed() {
    let project = Project::new().line(&["CREATE TABLE u(a);"]).database(Journal::Delete, START);
    let before = project.bytes();
    let writer = project.connect();
    writer.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut run = project.migrator(&["upgrade"]).spawn().unwrap();
    await_line(&mut run, "waiting");
    send("-INT", &run);
    finish(run).exits(2).says(&["error: cancelled"]);
    drop(writer);
    assert!(project.bytes() == before);
}

#[cfg(unix)]
#[test]
fn a_commit_that_waits_can_be_interrupted_and_is_rolled_back() {
    let project = Project::new().line(&["CREATE TABLE u(a);"]).database(Journal::Delete, START);
    let before = content(&project.connect());
    let reader = project.connect();
    reader.execute_batch("BEGIN").unwrap();
    let _n: i64 = reader.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap();
    let mut run = project.migrator(&["upgrade"]).spawn().unwrap();
    await_line(&mut run, "waiting");
    send("-INT", &run);
    finish(run).exits(3).says(&["error: cancelled", "rolled back"]);
    drop(reader);
    assert_eq!(content(&project.connect()), before);
}

/// What another process holds exclusively, so that it cannot even be read.
fn held() -> Project {
    let project = Project::new()
        .revision("r1", "", "CREATE TABLE u(a);", "DROP TABLE u;")
        .revision("r2", "down_revision = \"r1\"", "CREATE TABLE v(a);", "DROP TABLE v;")
        .database(Journal::Delete, START);
    project.run(&["upgrade", "r1"]).exits(0);
    project.run(&["backup", "old.bak"]).exits(0);
    project
}

#[cfg(unix)]
#[test]
fn whoever_waits_to_write_ends_at_once() {
    let project = held();
    let before = project.bytes();
    let holder = project.connect();
    holder.execute_batch("BEGIN EXCLUSIVE").unwrap();
    for args in [
        &["upgrade"][..],
        &["upgrade", "--dry-run"],
        &["downgrade", "base"],
        &["stamp", "r2"],
        &["stamp", "r2", "--purge"],
        &["ensure-version"],
        &["repair", "r1"],
        &["backup"],
        &["restore", "--yes", "old.bak"],
        &["verify", "--database"],
    ] {
        let mut run = project.migrator(args).spawn().unwrap();
        await_line(&mut run, "another process holds the database; waiting");
        let asked = Instant::now();
        send("-INT", &run);
        let ran = finish(run).exits(2).says(&["cancelled", "nothing was changed"]);
        let took = asked.elapsed();
        assert!(took < Duration::from_secs(2), "{args:?} took {took:?}\n{ran}");
    }
    drop(holder);
    assert!(project.bytes() == before);
}

#[cfg(unix)]
#[test]
fn whoever_waits_to_read_says_so_and_is_ended_by_the_signal() {
    let project = held();
    let holder = project.connect();
    holder.execute_batch("BEGIN EXCLUSIVE").unwrap();
    for args in [
        &["current"][..],
        &["status"],
        &["log"],
        &["history", "-r", "current:"],
        &["check", "--database"],
        &["lint"],
        &["schema", "dump"],
        &["squash", "r1:r2", "-m", "one"],
    ] {
        let mut run = project.migrator(args).spawn().unwrap();
        await_line(&mut run, "another process holds the database; waiting");
        let asked = Instant::now();
        send("-INT", &run);
        let ran = finish(run);
        assert_eq!(ran.code, None, "{args:?} {ran}");
        assert!(asked.elapsed() < Duration::from_secs(2), "{args:?}");
    }
}

#[cfg(unix)]
#[test]
fn whoever_waits_to_read_goes_on_when_it_may() {
    let project = held();
    let holder = project.connect();
    holder.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let mut run = project.migrator(&["current"]).spawn().unwrap();
    await_line(&mut run, "another process holds the database; waiting");
    drop(holder);
    assert_eq!(finish(run).exits(0).stdout, "r1\n");
}

/// More than SQLite's cache holds, so that it must write into the file before the end.
const SPILL: &str =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
                     INSERT INTO t SELECT zeroblob(1000) FROM n";

/// A statement that waits in its middle is interrupted, and its revision rolled back.
#[cfg(unix)]
fn interrupt_inside(header: &str, expected: &[&str]) {
    let project = Project::new()
        .revision("r1", header, &format!("{SPILL};"), "")
        .database(Journal::Delete, START);
    let before = content(&project.connect());
    let reader = project.connect();
    reader.execute_batch("BEGIN").unwrap();
    let _n: i64 = reader.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap();
    let mut run = project.migrator(&["upgrade", "-v"]).spawn().unwrap();
    await_line(&mut run, "INSERT INTO t");
    await_line(&mut run, "another process holds the database; waiting");
    let asked = Instant::now();
    send("-INT", &run);
    let ran = finish(run).exits(3).says(expected);
    assert!(asked.elapsed() < Duration::from_secs(2), "{ran}");
    drop(reader);
    assert_eq!(content(&project.connect()), before);
}

#[cfg(unix)]
#[test]
fn a_statement_that_waits_in_its_middle_can_be_interrupted() {
    interrupt_inside("", &["error: cancelled", "`r1` was rolled back", "the database is at base"]);
    interrupt_inside("transaction = false", &["error: cancelled", "the database is at base"]);
}
