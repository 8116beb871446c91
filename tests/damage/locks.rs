//! A lock that somebody else has for a moment, wherever it is asked for, only makes migrator wait.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::content::content;
use super::kill::{START, can_inject, for_each, run_injected, traced};
use super::project::{Journal, Project};

/// One point in so many is tried where a run has more than [`MANY`]. All of them, 1444, take half
/// a minute; they held when this was written.
const SAMPLE: usize = 7;
const MANY: usize = 70;

/// The calls that ask for a lock, by number among those of `fcntl`.
///
/// Not those that only give back a part of one: they cannot be refused. SQLite asks for the byte before
/// the shared ones when it begins to read, and so it is that one that is refused.
fn requests(project: &Project, args: &[&str]) -> Vec<usize> {
    const SHARED: &str = "l_type=F_RDLCK, l_whence=SEEK_SET, l_start=1073741826";
    let is_request = |call: &str| {
        call.contains("F_SETLK") && !call.contains("l_type=F_UNLCK") && !call.contains(SHARED)
    };
    let calls = traced(&["fcntl"], project, args);
    (1..).zip(&calls).filter(|(_, call)| is_request(call)).map(|(n, _)| n).collect()
}

/// The names of the revision files.
fn versions(project: &Project) -> BTreeSet<OsString> {
    let entries = std::fs::read_dir(project.path("versions")).unwrap();
    entries.map(|it| it.unwrap().file_name()).collect()
}

/// Lets each request for a lock fail once. A run must end as one that met nobody.
fn meet_everywhere(name: &str, start: &Project, args: &[&str]) {
    if !can_inject(name) {
        return;
    }
    let whole = start.copy();
    let asked = requests(&start.copy(), args);
    let said = whole.run(args).exits(0).stdout;
    let points: Vec<usize> = asked
        .iter()
        .enumerate()
        .filter(|(n, _)| asked.len() <= MANY || n.is_multiple_of(SAMPLE))
        .map(|(_, n)| *n)
        .collect();
    let (after, written) = (content(&whole.connect()), versions(&whole));
    let n_tried = AtomicUsize::new(0);
    for_each(&points, |n| {
        let project = start.copy();
        let ran = run_injected(&project, &format!("fcntl:error=EAGAIN:when={n}"), args);
        let point = format!("{name}: lock {n}");
        assert_eq!(ran.code, Some(0), "{point}: {ran}");
        assert!(!ran.stderr.contains("locked"), "{point}: it gave up on something\n{ran}");
        assert_eq!(ran.stdout.lines().count(), said.lines().count(), "{point}: {ran}");
        assert_eq!(content(&project.connect()), after, "{point}: {ran}");
        assert_eq!(versions(&project), written, "{point}: {ran}");
        n_tried.fetch_add(1, Ordering::Relaxed);
    });
    eprintln!("{name}: {} of {} locks", n_tried.into_inner(), asked.len());
    assert!(asked.len() >= 3, "{asked:?}");
}

/// A body outside a transaction between others, a backup of `r1`, and the database at `r3`.
fn start(journal: Journal) -> Project {
    let start = Project::new()
        .revision("r1", "", START, "DROP VIEW v; DROP TABLE child; DROP TABLE parent;")
        .revision(
            "r2",
            "down_revision = \"r1\"",
            "CREATE TABLE t(a REFERENCES parent(id));",
            "DROP TABLE t;",
        )
        .revision(
            "r3",
            "down_revision = \"r2\"",
            "UPDATE child SET note = 'r3' WHERE id % 7 = 0;",
            "UPDATE child SET note = NULL;",
        )
        .revision(
            "r4",
            "down_revision = \"r3\"\ntransaction = false",
            "CREATE INDEX ix_note ON child(note); CREATE INDEX ix_name ON parent(name);",
            "DROP INDEX ix_name; DROP INDEX ix_note;",
        )
        .revision(
            "r5",
            "down_revision = \"r4\"",
            "INSERT INTO t SELECT id FROM parent;",
            "DELETE FROM t;",
        )
        .database(journal, "");
    start.run(&["upgrade", "r1"]).exits(0);
    start.run(&["backup", "before.db"]).exits(0);
    start.run(&["upgrade", "r3"]).exits(0);
    start
}

fn meet(what: &str, args: &[&str]) {
    for journal in Journal::BOTH {
        meet_everywhere(&format!("{what}, {}", journal.as_str()), &start(journal), args);
    }
}

#[test]
fn an_upgrade_waits_for_each() {
    meet("locks of an upgrade", &["upgrade"]);
}

#[test]
fn a_downgrade_waits_for_each() {
    meet("locks of a downgrade", &["downgrade", "r1"]);
}

#[test]
fn a_restore_waits_for_each() {
    meet("locks of a restore", &["restore", "before.db", "--yes"]);
}

#[test]
fn a_backup_waits_for_each() {
    meet("locks of a backup", &["backup", "now.db"]);
    meet("locks of an upgrade with one", &["upgrade", "--backup"]);
}

#[test]
fn what_writes_a_few_rows_waits_for_each() {
    for args in [&["stamp", "head"][..], &["stamp", "--purge", "base"], &["repair", "r1"]] {
        meet(&format!("locks of `{}`", args.join(" ")), args);
    }
}

#[test]
fn what_only_reads_waits_for_each() {
    let commands: [&[&str]; 8] = [
        &["status"],
        &["current"],
        &["log"],
        &["check", "--database"],
        &["lint"],
        &["history", "-i"],
        &["schema", "dump"],
        &["schema", "diff", "r2", "database"],
    ];
    for args in commands {
        meet(&format!("locks of `{}`", args.join(" ")), args);
    }
}

#[test]
fn what_writes_revisions_waits_for_each() {
    let commands: [&[&str]; 3] = [
        &["squash", "r1:r2", "-m", "both", "--rev-id", "both"],
        &["rebase", "side", "--onto", "r5"],
        &["revision", "-m", "from it", "--autogenerate", "--from-database", "--rev-id", "new"],
    ];
    for (n, args) in (0..).zip(commands) {
        let prepare = |start: Project| match n {
            1 => start.revision("side", "down_revision = \"r3\"", "CREATE TABLE side(a);", ""),
            2 => {
                start.run(&["upgrade"]).exits(0);
                let declared = start.run(&["schema", "dump"]).exits(0).stdout;
                start.write("schema.sql", declared + "CREATE TABLE more(a);");
                let config = std::fs::read_to_string(start.path("alembic.toml")).unwrap();
                start.write("alembic.toml", config + "[schema]\nfiles = [\"schema.sql\"]\n");
                start
            }
            _ => start,
        };
        for journal in Journal::BOTH {
            let name = format!("locks of `{}`, {}", args[0], journal.as_str());
            meet_everywhere(&name, &prepare(start(journal)), args);
        }
    }
}

#[test]
fn a_rehearsal_waits_for_each() {
    meet("locks of a rehearsal", &["verify", "--database"]);
    meet("locks of a dry run", &["downgrade", "r1", "--dry-run"]);
}
