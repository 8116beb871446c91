//! Ctrl-C while a database is copied or overwritten: it is what it was, and nothing is left beside
//! it; or all was done already.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::kill::{can_inject, count_calls, for_each, run_injected};
use super::project::{Journal, Project, Ran, finish};
use super::signals::send;

/// The system calls that a copy makes on its way.
const CALLS: [&str; 6] = ["pwrite64", "fsync", "fdatasync", "rename", "unlink", "ftruncate"];

/// How many of the calls of one kind are tried; all where there are fewer.
const MOST_POINTS: usize = 5;

/// More than migrator copies between two looks whether somebody wants it to stop.
const ROWS: usize = 3 << 10;

const BACKUP: &[&str] = &["backup"];
const UPGRADE: &[&str] = &["upgrade"];
const RESTORE: &[&str] = &["restore", "--yes", "old.bak"];
const VERIFY: &[&str] = &["verify", "--database", "--copy-to", "tmp"];

const ALL: [&[&str]; 4] = [BACKUP, UPGRADE, RESTORE, VERIFY];

/// A large database, a revision that rebuilds its table, and a backup of before some rows changed.
fn project(journal: Journal, n_rows: usize) -> Project {
    let project = Project::with_config("", "busy_timeout = \"60s\"\nkeep = 2")
        .revision("r1", "", "CREATE TABLE t(a, b);", "DROP TABLE t;")
        .revision(
            "r2",
            "down_revision = \"r1\"",
            "CREATE TABLE n(a, b, c); INSERT INTO n SELECT a, b, 0 FROM t WHERE a < 3; DROP TABLE t;
             ALTER TABLE n RENAME TO t;",
            "ALTER TABLE t DROP COLUMN c;",
        )
        .database(journal, "");
    project.run(&["upgrade", "r1"]).exits(0);
    let rows = format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {n_rows})
         INSERT INTO t SELECT i, zeroblob(900) FROM n"
    );
    project.connect().execute_batch(&rows).unwrap();
    project.run(&["backup", "old.bak"]).exits(0);
    project.connect().execute_batch("UPDATE t SET b = 'new' WHERE a % 10 = 0").unwrap();
    std::fs::create_dir(project.path("tmp")).unwrap();
    project
}

/// The names of all files but those that SQLite keeps beside a database that was in use.
fn files(project: &Project) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in ["", "tmp"] {
        let entries = std::fs::read_dir(project.path(folder)).unwrap();
        found.extend(entries.map(|it| it.unwrap().path()));
    }
    let is_ours = |it: &PathBuf| {
        let name = it.to_string_lossy();
        !name.ends_with("-shm") && !name.ends_with("-wal") && !name.ends_with("trace")
    };
    found.retain(is_ours);
    let relative = |it: PathBuf| it.strip_prefix(project.path("")).unwrap().to_owned();
    let mut found: Vec<PathBuf> = found.into_iter().map(relative).collect();
    found.sort();
    found
}

/// What the database holds, put shortly, since it holds much.
#[track_caller]
fn content(project: &Project) -> [String; 3] {
    let n_columns = "SELECT count(*) FROM pragma_table_info('t')";
    let rows = "SELECT count(*) || ' ' || sum(a) || ' ' || sum(length(b)) || ' ' || sum(b = 'new')
                FROM t";
    assert_eq!(project.query("SELECT * FROM pragma_quick_check"), "ok");
    [project.query(n_columns), project.query(rows), project.rows()]
}

/// What must hold after a run that was interrupted, and whether it was; `ends` are the contents of
/// before and after.
#[track_caller]
fn check(
    project: &Project,
    ran: &Ran,
    point: &str,
    before: &[PathBuf],
    ends: &[[String; 3]; 2],
) -> bool {
    let found = content(project);
    match ran.code {
        Some(0) => {
            assert!(found == ends[1], "{point}: {ran}");
            false
        }
        // 2 where nothing was begun, 3 where something was rolled back.
        Some(code @ (2 | 3)) => {
            assert!(ran.stderr.contains("error: cancelled"), "{point}: {ran}");
            let said = if code == 2 { "nothing was changed" } else { "rolled back" };
            assert!(ran.stderr.contains(said), "{point}: {ran}");
            assert!(found == ends[0], "{point}: {ran}");
            assert_eq!(files(project), before, "{point}: {ran}");
            true
        }
        _ => panic!("{point}: {ran}"),
    }
}

/// Interrupts a run when it enters some of its system calls.
fn interrupt_everywhere(args: &[&str], journal: Journal) {
    let name = format!("{} with {}", args[0], journal.as_str());
    let start = project(journal, ROWS);
    let whole = start.copy();
    whole.run(args).exits(0);
    let ends = [content(&start), content(&whole)];
    let before = files(&start);

    let mut points = Vec::new();
    for (call, n) in count_calls(&CALLS, &start.copy(), args) {
        let n_points = n.min(MOST_POINTS);
        points.extend((1..=n_points).map(|it| (call, it * n / n_points)));
    }
    let n_stopped = AtomicUsize::new(0);
    for_each(&points, |&(call, when)| {
        let project = start.copy();
        let inject = format!("{call}:signal=INT:when={when}");
        let ran = run_injected(&project, &inject, args);
        let point = format!("{name}: {call} number {when}");
        if check(&project, &ran, &point, &before, &ends) {
            n_stopped.fetch_add(1, Ordering::Relaxed);
            project.run(args).exits(0);
            assert!(content(&project) == ends[1], "{point}");
        }
    });
    let n_stopped = n_stopped.into_inner();
    eprintln!("{name}: {} points, stopped {n_stopped} times", points.len());
    assert!(n_stopped > 2, "{n_stopped}");
}

#[cfg(unix)]
#[test]
fn an_interrupted_backup_leaves_nothing() {
    if can_inject("an interrupted backup") {
        for journal in Journal::BOTH {
            interrupt_everywhere(BACKUP, journal);
        }
    }
}

#[cfg(unix)]
#[test]
fn an_upgrade_that_is_interrupted_in_its_backup_leaves_nothing() {
    if can_inject("an interrupted upgrade") {
        for journal in Journal::BOTH {
            interrupt_everywhere(UPGRADE, journal);
        }
    }
}

#[cfg(unix)]
#[test]
fn an_interrupted_restore_leaves_what_was_there() {
    if can_inject("an interrupted restore") {
        for journal in Journal::BOTH {
            interrupt_everywhere(RESTORE, journal);
        }
    }
}

#[cfg(unix)]
#[test]
fn an_interrupted_rehearsal_leaves_nothing() {
    if can_inject("an interrupted rehearsal") {
        for journal in Journal::BOTH {
            interrupt_everywhere(VERIFY, journal);
        }
    }
}

/// Whether there is a file that grows to this size, in the folder or in that for temporary files.
fn has_grown(project: &Project, size: u64) -> bool {
    let mut folders = vec![project.path("")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let is_copy = name.ends_with(".migrator-tmp") || path.starts_with(project.path("tmp"));
            if is_copy && path.metadata().is_ok_and(|it| it.len() >= size) {
                return true;
            }
        }
    }
    false
}

/// The signals themselves, sent by another process while the copy grows.
#[cfg(unix)]
#[test]
fn every_signal_that_asks_to_stop_ends_a_copy_half_way() {
    let start = project(Journal::Delete, 24 * ROWS);
    let before = (files(&start), content(&start));
    for args in ALL {
        for signal in ["-INT", "-TERM", "-HUP"] {
            let run = start.migrator(args).spawn().unwrap();
            let begun = Instant::now();
            while !has_grown(&start, 1 << 20) {
                assert!(begun.elapsed() < Duration::from_mins(1), "{args:?} copies nothing");
                std::thread::yield_now();
            }
            send(signal, &run);
            finish(run).exits(2).says(&["error: cancelled", "nothing was changed"]);
            assert_eq!(files(&start), before.0, "{args:?} {signal}");
            assert!(content(&start) == before.1, "{args:?} {signal}");
        }
    }
}
