//! `verify --database`: the database stays as it is, byte for byte, and nothing is left of the copy.

use std::path::PathBuf;

use super::files::SmallDisk;
use super::project::{Journal, Project, Ran, finish};
use super::signals::send;
use super::together::await_line;

/// Runs for hours.
const LONG: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
                    INSERT INTO t SELECT i, i FROM n WHERE i > 1000000000000";

/// Half a dozen megabytes, more than SQLite keeps in memory.
const MANY_ROWS: &str =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6000)
                         INSERT INTO t SELECT i, randomblob(900) FROM n;";

/// A project whose temporary files lie in a folder of its own, with rows and revisions of which some
/// are wrong.
fn project(journal: Journal) -> Project {
    let project = Project::new()
        .revision("r1", "", "CREATE TABLE t(a, b);", "DROP TABLE t;")
        .database(journal, "");
    std::fs::create_dir(project.path("tmp")).unwrap();
    project.run(&["upgrade"]).exits(0);
    project.connect().execute_batch(MANY_ROWS).unwrap();
    project
        .revision(
            "r2",
            "down_revision = \"r1\"",
            "DELETE FROM t WHERE a % 2; CREATE INDEX i ON t(a);",
            "",
        )
        .revision(
            "r3",
            "down_revision = \"r2\"",
            "CREATE TABLE n(a, b NOT NULL); INSERT INTO n SELECT * FROM t; DROP TABLE t;
             ALTER TABLE n RENAME TO t; CREATE INDEX i ON t(a);",
            "ALTER TABLE t DROP COLUMN b;",
        )
        .revision("r4", "down_revision = \"r3\"\ntransaction = false", "VACUUM;", "SELECT nope;")
}

fn temporary(project: &Project) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(project.path("tmp")).unwrap();
    entries.map(|it| it.unwrap().path()).collect()
}

fn verify(project: &Project, more: &[&str]) -> Ran {
    let mut command = project.migrator(&["verify", "--database"]);
    Ran::from(command.args(more).env("TMPDIR", project.path("tmp")).output().unwrap())
}

/// What changes while others read is memory, and no content.
fn content(project: &Project) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = project.bytes();
    files.retain(|it| !it.0.to_string_lossy().ends_with("-shm"));
    files
}

#[track_caller]
fn check_failed_and_unchanged(project: &Project, before: &[(PathBuf, Vec<u8>)]) {
    let ran = verify(project, &[]).exits(1);
    for text in [
        "failed r2, r2 (versions/r2.sql:10:1)",
        "+ index  i  stayed: ON t (a)",
        "failed r3",
        "- column  t.b  is missing",
        "failed r4",
        "3 revisions: 0 go up, down and up again; 3 do not",
        "would take app.db from r1 to r4",
    ] {
        assert!(ran.stdout.contains(text), "`{text}` is not in\n{ran}");
    }
    assert!(content(project) == before);
    assert!(temporary(project).is_empty());
}

#[test]
fn the_database_stays_as_it_is_and_the_copy_goes() {
    for journal in Journal::BOTH {
        let project = project(journal);
        let before = project.bytes();
        check_failed_and_unchanged(&project, &content(&project));
        assert!(project.bytes() == before, "{journal:?}");
    }
}

#[test]
fn a_log_that_was_not_written_back_is_part_of_the_copy_and_stays() {
    let project = project(Journal::Wal);
    let other = project.connect();
    other.execute_batch("INSERT INTO t VALUES (8000, 'in the log')").unwrap();
    let before = content(&project);
    assert!(project.path("app.db-wal").metadata().unwrap().len() > 0);
    check_failed_and_unchanged(&project, &before);
    // An open transaction of another process is no part of it, and does not keep it from being made.
    other.execute_batch("BEGIN IMMEDIATE; DELETE FROM t WHERE a = 1").unwrap();
    check_failed_and_unchanged(&project, &before);

    let crashed = project.copy();
    drop(other);
    let before = content(&crashed);
    assert!(crashed.path("app.db-wal").metadata().unwrap().len() > 0);
    check_failed_and_unchanged(&crashed, &before);
}

#[test]
fn what_a_crash_left_is_not_rolled_back_in_the_database() {
    let project = project(Journal::Delete);
    let other = project.connect();
    other
        .execute_batch("PRAGMA cache_size = 5; BEGIN; UPDATE t SET b = hex(zeroblob(2000))")
        .unwrap();
    assert!(project.path("app.db-journal").metadata().unwrap().len() > 0);
    let crashed = project.copy();
    other.execute_batch("ROLLBACK").unwrap();
    let before = crashed.bytes();
    verify(&crashed, &[])
        .exits(2)
        .says(&["a run that did not end has left a journal beside", "`migrator current`"]);
    assert!(crashed.bytes() == before);
    crashed.run(&["current"]).exits(0);
    assert!(!crashed.path("app.db-journal").exists());
    let before = content(&crashed);
    check_failed_and_unchanged(&crashed, &before);
}

#[cfg(unix)]
#[test]
fn an_interrupted_one_leaves_no_copy() {
    for (journal, signal) in
        [(Journal::Delete, "-INT"), (Journal::Wal, "-TERM"), (Journal::Wal, "-HUP")]
    {
        let project = project(journal).revision("r2", "down_revision = \"r1\"", LONG, "");
        let before = project.bytes();
        let mut command = project.migrator(&["verify", "--database", "-v", "r2"]);
        let mut run = command.env("TMPDIR", project.path("tmp")).spawn().unwrap();
        await_line(&mut run, "WITH RECURSIVE");
        assert_eq!(temporary(&project).len(), 1);
        send(signal, &run);
        finish(run)
            .exits(2)
            .says(&["error: cancelled", "nothing was changed, and the copy is gone"]);
        assert!(temporary(&project).is_empty());
        assert!(project.bytes() == before);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_without_room_for_the_copy_is_named() {
    let project = project(Journal::Delete);
    let Some(disk) = SmallDisk::mount(project.path("disk")) else {
        eprintln!("SKIPPED a disk without room for a copy: mounting one is not permitted here");
        return;
    };
    let left = || std::fs::read_dir(&disk.0).unwrap().count();
    let said = ["there is no room for a copy of the database in `disk`", "`--copy-to DIR`"];
    verify(&project, &["--copy-to", "disk"]).exits(2).says(&said);
    assert_eq!(left(), 0);

    // There is room for the copy, but not for what the revisions make of it.
    let small = Project::new()
        .revision("r1", "", "CREATE TABLE t(a, b);", "")
        .revision("r2", "down_revision = \"r1\"", MANY_ROWS, "DELETE FROM t;")
        .database(Journal::Delete, "");
    std::fs::create_dir(small.path("tmp")).unwrap();
    small.run(&["upgrade", "r1"]).exits(0);
    let folder = disk.0.to_string_lossy();
    verify(&small, &["--copy-to", &folder]).exits(2).says(&["there is no room", "--copy-to DIR"]);
    assert_eq!(left(), 0);
    verify(&small, &[]).exits(0);
}
