//! The process dies at every system call that writes, and the file is whole.
//!
//! strace kills it when it enters the Nth call of a kind, for every kind and every N that a run has.

use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use rusqlite::Connection;

use super::content::content;
use super::project::{Journal, Project, Ran, binary, skip};

/// The system calls that change a file or make a change last.
const WRITES: [&str; 8] =
    ["pwrite64", "write", "fsync", "fdatasync", "unlink", "ftruncate", "fallocate", "mkdir"];

/// Whether the machine can do this; says so where it cannot.
pub fn can_inject(test: &str) -> bool {
    if !cfg!(target_os = "linux") {
        skip(test, "strace is for Linux only");
        return false;
    }
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "--seccomp-bpf", "-o", "/dev/null", "-e", "trace=close", "true"]);
    match command.status() {
        Ok(status) if status.success() => true,
        Ok(_) => {
            skip(test, "strace may not trace here");
            false
        }
        Err(_) => {
            skip(test, "strace is not installed");
            false
        }
    }
}

/// Runs the binary under strace with a fault.
pub fn run_injected(project: &Project, inject: &str, args: &[&str]) -> Ran {
    let mut command = project.command("strace");
    let call = inject.split(':').next().unwrap();
    command.args(["-f", "-qq", "-o", "/dev/null", "-e"]).arg(format!("trace={call}"));
    // Much faster, as it does not stop at other calls; but it sends no signals then.
    if !inject.contains(":signal=") {
        command.arg("--seccomp-bpf");
    }
    command.arg("-e").arg(format!("inject={inject}"));
    Ran::from(command.arg(binary()).args(args).output().unwrap())
}

/// The system calls of these kinds that a run makes, one a line, in order.
pub fn traced(calls: &[&str], project: &Project, args: &[&str]) -> Vec<String> {
    let trace = project.path("trace");
    let mut command = project.command("strace");
    command.args(["-f", "-qq", "--seccomp-bpf", "-o"]).arg(&trace);
    command.arg("-e").arg(format!("trace={}", calls.join(",")));
    Ran::from(command.arg(binary()).args(args).output().unwrap()).exits(0);
    let lines = std::fs::read_to_string(trace).unwrap();
    let is_call = |line: &&str| calls.iter().any(|call| line.contains(&format!(" {call}(")));
    lines.lines().filter(is_call).map(str::to_owned).collect()
}

/// How often a run makes each of these system calls.
pub fn count_calls<'c>(
    calls: &[&'c str],
    project: &Project,
    args: &[&str],
) -> Vec<(&'c str, usize)> {
    let made = traced(calls, project, args);
    let count = |call: &str| made.iter().filter(|it| it.contains(&format!(" {call}("))).count();
    calls.iter().map(|call| (*call, count(call))).collect()
}

/// Calls `check` for every item, on as many threads as there are processors.
pub fn for_each<T: Sync>(items: &[T], check: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    let n_threads = std::thread::available_parallelism().map_or(1, Into::into);
    std::thread::scope(|scope| {
        for _ in 0..n_threads {
            scope.spawn(|| {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    check(item);
                }
            });
        }
    });
}

/// A database at `r1`, and revisions above it: a rebuild of a parent whose children cascade, with a
/// trigger, an index and a view on it, more data than one page, and an index.
pub fn project() -> Project {
    Project::new()
        .revision("r1", "", "CREATE TABLE t(a);", "DROP TABLE t;")
        .revision(
            "r2",
            "down_revision = \"r1\"",
            "CREATE TABLE parent_new(id INTEGER PRIMARY KEY, name TEXT NOT NULL, size INTEGER);
             INSERT INTO parent_new SELECT id, name, length(name) FROM parent;
             DROP TABLE parent;
             PRAGMA legacy_alter_table = ON;
             ALTER TABLE parent_new RENAME TO parent;
             CREATE INDEX ix_parent ON parent(name);",
            "ALTER TABLE parent DROP COLUMN size;",
        )
        .revision(
            "r3",
            "down_revision = \"r2\"",
            "INSERT INTO t SELECT hex(zeroblob(400)) FROM parent;
             UPDATE child SET note = 'r3' WHERE id % 7 = 0;",
            "DELETE FROM t; UPDATE child SET note = NULL;",
        )
        .revision(
            "r4",
            "down_revision = \"r3\"",
            "CREATE INDEX ix_t ON t(a); DROP VIEW v;",
            "DROP INDEX ix_t; CREATE VIEW v AS SELECT name FROM parent;",
        )
}

/// What [`project`] works on.
pub const START: &str = "
    CREATE TABLE parent(id INTEGER PRIMARY KEY, name TEXT NOT NULL);
    CREATE TABLE child(
        id INTEGER PRIMARY KEY,
        parent_id INTEGER NOT NULL REFERENCES parent(id) ON DELETE CASCADE,
        note TEXT
    );
    CREATE VIEW v AS SELECT name FROM parent;
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60)
    INSERT INTO parent SELECT i, printf('name %0100d', i) FROM n;
    INSERT INTO child SELECT id, id, NULL FROM parent;
";

/// Kills a run at every point. The file must be as before or as after one of the transactions that
/// `via` leads through, say so itself, and be brought to the end by the next run.
pub fn kill_everywhere(name: &str, start: &Project, args: &[&str], via: &[&[&str]]) {
    if !can_inject(name) {
        return;
    }
    // A file that is not there is as good as an empty one.
    let state = |project: &Project| (content(&project.copy().connect()), project.copy().rows());
    let mut states = vec![state(start)];
    let whole = start.copy();
    for args in via {
        whole.run(args).exits(0);
        states.push(state(&whole));
    }

    let mut points = Vec::new();
    for (call, n) in count_calls(&WRITES, &start.copy(), args) {
        // One more than there are, which does no harm.
        points.extend((1..=n + 1).map(|when| (call, when, when > n)));
    }
    let n_found: Vec<AtomicUsize> = states.iter().map(|_| AtomicUsize::new(0)).collect();
    for_each(&points, |&(call, when, is_beyond)| {
        let project = start.copy();
        let ran = run_injected(&project, &format!("{call}:signal=KILL:when={when}"), args);
        let point = format!("{name}: {call} number {when}");
        // How many lines leave together depends on the time.
        let is_beyond = if call == "write" { ran.code == Some(0) } else { is_beyond };
        assert_eq!(ran.code, is_beyond.then_some(0), "{point}: {ran}");

        // Looked at in a copy, so that migrator itself finds the file as the kill left it.
        for backup in new_backups(&project, start) {
            let backup = Connection::open(backup).unwrap();
            assert_eq!(content(&backup), states[0].0, "{point}: the backup");
        }
        let found = state(&project);
        let n = states.iter().position(|it| *it == found);
        let n = n.unwrap_or_else(|| panic!("{point}: neither before nor after: {found:?}"));
        assert!(!is_beyond || n == states.len() - 1, "{point}");
        n_found[n].fetch_add(1, Ordering::Relaxed);
        if project.db().exists() {
            let current = project.run(&["current"]).exits(0);
            let current: Vec<&str> =
                current.stdout.lines().filter_map(|it| it.split(' ').next()).collect();
            assert_eq!(current.join(","), states[n].1, "{point}");
        }
        project.run(args).exits(0);
        assert_eq!(Some(&state(&project)), states.last(), "{point}");
        let left = files(&project).into_iter().find(|it| it.ends_with(".migrator-tmp"));
        assert_eq!(left, None, "{point}");
    });
    let n_found: Vec<usize> = n_found.into_iter().map(AtomicUsize::into_inner).collect();
    eprintln!("{name}: {} kill points, found {n_found:?}", points.len() - WRITES.len());
    assert!(n_found.iter().all(|it| *it > 3), "{n_found:?}");
}

/// The names of the files in a project's folder.
fn files(project: &Project) -> Vec<String> {
    let entries = std::fs::read_dir(project.path("")).unwrap();
    entries.map(|it| it.unwrap().file_name().into_string().unwrap()).collect()
}

/// The backups, whole ones, that were not there at the start.
fn new_backups(project: &Project, start: &Project) -> Vec<PathBuf> {
    let known = files(start);
    let is_new = |it: &String| it.contains("Z.bak") && !it.contains("tmp") && !known.contains(it);
    files(project).into_iter().filter(is_new).map(|it| project.path(&it)).collect()
}

#[test]
fn a_killed_upgrade_is_done_or_not_begun_with_a_rollback_journal() {
    kill_upgrade(Journal::Delete);
}

#[test]
fn a_killed_upgrade_is_done_or_not_begun_with_a_write_ahead_log() {
    kill_upgrade(Journal::Wal);
}

fn kill_upgrade(journal: Journal) {
    let name = format!("an upgrade, {}", journal.as_str());
    let start = project().database(journal, START);
    start.run(&["upgrade", "r1"]).exits(0);
    kill_everywhere(&name, &start, &["upgrade"], &[&["upgrade"]]);
}

#[test]
fn a_killed_upgrade_in_several_transactions_is_between_two_of_them() {
    for journal in Journal::BOTH {
        let name = format!("an upgrade in several transactions, {}", journal.as_str());
        let start = project().database(journal, START);
        start.run(&["upgrade", "r1"]).exits(0);
        let config = std::fs::read_to_string(start.path("alembic.toml")).unwrap();
        start.write("alembic.toml", format!("transaction = \"revision\"\n{config}"));
        let via: [&[&str]; 3] = [&["upgrade", "r2"], &["upgrade", "r3"], &["upgrade", "r4"]];
        kill_everywhere(&name, &start, &["upgrade"], &via);
    }
}

#[test]
fn a_killed_downgrade_is_done_or_not_begun() {
    let start = project().database(Journal::Delete, START);
    start.run(&["upgrade"]).exits(0);
    let args: &[&str] = &["downgrade", "r1"];
    kill_everywhere("a downgrade", &start, args, &[args]);
}

#[test]
fn a_killed_first_upgrade_is_done_or_not_begun() {
    let start = Project::new().line(&["CREATE TABLE a(x);", "CREATE TABLE b(x);"]);
    kill_everywhere("a first upgrade", &start, &["upgrade"], &[&["upgrade"]]);
}

#[test]
fn a_killed_stamp_is_done_or_not_begun() {
    let start = project().database(Journal::Delete, START);
    start.run(&["upgrade"]).exits(0);
    let args: &[&str] = &["stamp", "r2"];
    kill_everywhere("a stamp", &start, args, &[args]);
}
