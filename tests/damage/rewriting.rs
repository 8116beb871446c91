//! `squash` and `rebase` change revision files: killed at every system call that changes one, and
//! with every such call failing.
//!
//! What is found is the old folder, or the new one, or one that every command refuses with what to
//! type; and typing it leads to either end.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::content::content;
use super::kill::{can_inject, count_calls, for_each, run_injected};
use super::project::{Journal, Project, Ran};

/// The system calls that change a folder or a file of it, or make a change last.
const CHANGES: [&str; 11] = [
    "write",
    "fsync",
    "fdatasync",
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "unlink",
    "unlinkat",
    "fchmod",
];

const SQUASH: &[&str] = &["squash", "r2:r4", "-m", "Sum", "--rev-id", "s1"];
const CONTINUE: &[&str] = &["squash", "--continue"];
const ABORT: &[&str] = &["squash", "--abort"];
const REBASE: &[&str] = &["rebase", "x2", "--onto", "r5"];

/// Where a database may be.
const PLACES: [&str; 6] = ["base", "r1", "r2", "r3", "r4", "r5"];

/// Five revisions, of which three are to be one, and a second base that needs the end of them; with a
/// database at each place.
fn project() -> Project {
    let project = Project::new()
        .revision("r1", "", "CREATE TABLE t(a, b);", "DROP TABLE t;")
        .revision(
            "r2",
            "down_revision = \"r1\"",
            "INSERT INTO t VALUES (1, 2); CREATE INDEX t_a ON t(a);",
            "DROP INDEX t_a; DELETE FROM t;",
        )
        .revision("r3", "down_revision = \"r2\"", "CREATE TABLE u(c);", "DROP TABLE u;")
        .revision("r4", "down_revision = \"r3\"", "UPDATE t SET b = 3;", "UPDATE t SET b = 2;")
        .revision("r5", "down_revision = \"r4\"", "CREATE TABLE w(d);", "DROP TABLE w;")
        .revision("x1", "depends_on = [\"r4\"]", "CREATE TABLE x(y);", "DROP TABLE x;");
    for place in PLACES {
        if place == "base" {
            project.run(&["ensure-version", "--url", &url(place)]).exits(0);
        } else {
            project.run(&["upgrade", place, "--url", &url(place)]).exits(0);
        }
    }
    project
}

fn url(place: &str) -> String {
    format!("sqlite:///{place}.db")
}

/// The revision files with their texts, but for the time in them.
fn revisions(project: &Project) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(project.path("versions")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !name.starts_with('.') {
            let text = std::fs::read_to_string(&path).unwrap();
            let lines = text.lines().filter(|it| !it.starts_with("-- create_date"));
            found.insert(name, lines.collect::<Vec<_>>().join("\n"));
        }
    }
    found
}

/// What else lies there that no one has asked for.
fn hidden(project: &Project) -> Vec<String> {
    let mut found = Vec::new();
    for folder in ["", "versions"] {
        for entry in std::fs::read_dir(project.path(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            found.extend(name.starts_with('.').then_some(name));
        }
    }
    found
}

/// What the databases hold, of which no rewriting of files may change anything.
fn databases(project: &Project) -> Vec<String> {
    let open = |place: &&str| rusqlite::Connection::open(project.path(&format!("{place}.db")));
    PLACES.iter().map(|it| content(&open(it).unwrap())).collect()
}

/// The folder of before, and of after.
struct Ends {
    old: BTreeMap<String, String>,
    new: BTreeMap<String, String>,
}

impl Ends {
    fn of(start: &Project, args: &[&str]) -> Self {
        let whole = start.copy();
        whole.run(args).exits(0);
        assert_eq!(hidden(&whole), [""; 0]);
        Self { old: revisions(start), new: revisions(&whole) }
    }

    /// Where a folder is: 0 for before, 2 for after; 1 for between the two, which is named with two
    /// ways that lead to the ends.
    #[track_caller]
    fn check(&self, project: &Project, point: &str) -> usize {
        let heads = project.run(&["heads"]);
        let found = revisions(project);
        if heads.code == Some(0) {
            let place = [&self.old, &self.new].iter().position(|it| **it == found);
            return 2 * place.unwrap_or_else(|| panic!("{point}: {found:#?}"));
        }
        let named = [
            "error: a squash was interrupted",
            "squash --continue` leads it to its end",
            "squash --abort` takes all files back",
        ];
        heads.exits(2).says(&named);
        let before = databases(project);
        project.run(&["upgrade", "r1", "--url", &url("r1")]).exits(2).says(&named);
        project.run(&["status", "--url", &url("r1")]).exits(2).says(&named);
        project.run(SQUASH).exits(2).says(&named);
        assert_eq!(databases(project), before, "{point}");
        for (args, end) in [(CONTINUE, &self.new), (ABORT, &self.old)] {
            let project = project.copy();
            project.run(args).exits(0);
            assert_eq!(revisions(&project), *end, "{point}, then {args:?}");
            assert_eq!(hidden(&project), [""; 0], "{point}, then {args:?}");
            project.run(&["heads"]).exits(0);
            project.run(args).exits(2).says(&["no squash was interrupted"]);
        }
        1
    }
}

/// Every point of a run: the call, which of them, and whether that is one more than there are.
fn points(start: &Project, args: &[&str]) -> Vec<(&'static str, usize, bool)> {
    let mut points = Vec::new();
    for (call, n) in count_calls(&CHANGES, &start.copy(), args) {
        points.extend((1..=n + 1).map(|when| (call, when, when > n)));
    }
    points
}

/// Kills a run at every point. Returns how often which of the places of [`Ends::check`] was found.
fn kill_everywhere(name: &str, start: &Project, args: &[&str], ends: &Ends) -> Vec<usize> {
    let points = points(start, args);
    let before = databases(start);
    let n_found = [0; 3].map(AtomicUsize::new);
    for_each(&points, |&(call, when, is_beyond)| {
        let project = start.copy();
        let ran = run_injected(&project, &format!("{call}:signal=KILL:when={when}"), args);
        let point = format!("{name}: {call} number {when}");
        assert_eq!(ran.code, is_beyond.then_some(0), "{point}: {ran}");
        assert_eq!(databases(&project), before, "{point}");
        let place = ends.check(&project, &point);
        n_found[place].fetch_add(1, Ordering::Relaxed);
        // What a kill leaves beside the files goes with the next command that writes there.
        if place == 0 {
            project.run(args).exits(0);
            assert_eq!(revisions(&project), ends.new, "{point}");
            assert_eq!(hidden(&project), [""; 0], "{point}");
        }
    });
    let n_found = n_found.map(AtomicUsize::into_inner).to_vec();
    eprintln!("{name}: {} kill points, found {n_found:?}", points.len() - CHANGES.len());
    n_found
}

#[test]
fn a_killed_squash_is_done_or_not_begun_or_led_on_or_back() {
    if !can_inject("a killed squash") {
        return;
    }
    let start = project();
    let ends = Ends::of(&start, SQUASH);
    let n_found = kill_everywhere("a squash", &start, SQUASH, &ends);
    assert!(n_found[0] > 1 && n_found[1] > 10 && n_found[2] > 1, "{n_found:?}");

    // And what leads on or back is killed too: right after the journal was written, and with one of
    // the old files gone.
    for inject in ["renameat2:signal=KILL:when=2", "unlink:signal=KILL:when=2"] {
        let half = start.copy();
        assert_eq!(run_injected(&half, inject, SQUASH).code, None, "{inject}");
        assert_eq!(ends.check(&half, inject), 1, "{inject}");
        for (name, args) in [("squash --continue", CONTINUE), ("squash --abort", ABORT)] {
            for_each(&points(&half, args), |&(call, when, is_beyond)| {
                let project = half.copy();
                let ran = run_injected(&project, &format!("{call}:signal=KILL:when={when}"), args);
                assert_eq!(ran.code, is_beyond.then_some(0), "{name} {call} {when}: {ran}");
                ends.check(&project, &format!("{inject}, {name}: {call} number {when}"));
            });
        }
    }
}

#[test]
fn a_squash_that_cannot_write_takes_back_what_it_did_or_says_how() {
    if !can_inject("a squash that cannot write") {
        return;
    }
    let start = project();
    let ends = Ends::of(&start, SQUASH);
    // From some point on nothing works, or only once.
    for every in ["", "+"] {
        let n_half = AtomicUsize::new(0);
        for_each(&points(&start, SQUASH), |&(call, when, is_beyond)| {
            if is_beyond {
                return;
            }
            let point = format!("{call} number {when}{every}");
            let project = start.copy();
            let ran =
                run_injected(&project, &format!("{call}:error=EIO:when={when}{every}"), SQUASH);
            match ends.check(&project, &point) {
                0 => assert_eq!(ran.code, Some(2), "{point}: {ran}"),
                1 => {
                    let ran = ran.exits(3);
                    if call != "write" {
                        ran.says(&["squash --continue", "squash --abort"]);
                    }
                    n_half.fetch_add(1, Ordering::Relaxed);
                }
                // The answer could not be printed, or the folder not synced a last time.
                _ => assert_ne!(ran.code, None, "{point}: {ran}"),
            }
        });
        let n_half = n_half.into_inner();
        eprintln!("failing calls{every}: {n_half} times half done");
        assert_eq!(n_half == 0, every.is_empty(), "{n_half}");
    }
}

#[test]
fn databases_at_every_old_revision_go_on_after_a_squash() {
    let start = project();
    let squashed = start.copy();
    squashed.run(SQUASH).exits(0);
    let end = |project: &Project, place: &str| {
        let connection = rusqlite::Connection::open(project.path(&format!("{place}.db"))).unwrap();
        let text = content(&connection);
        // The log tells of other revisions: that is what it is for.
        let lines = text.lines().filter(|it| !it.starts_with("migrator_log"));
        lines.collect::<Vec<_>>().join("\n")
    };
    for place in PLACES {
        start.run(&["upgrade", "heads", "--url", &url(place)]).exits(0);
        if ["r2", "r3"].contains(&place) {
            let before = squashed.bytes();
            let on = format!("`{place}`, in the middle of what `s1` replaces");
            let ran = squashed.run(&["upgrade", "heads", "--url", &url(place)]).exits(2);
            ran.says(&[&on, "with the files from before the squash", " upgrade r4`"]);
            assert!(squashed.bytes() == before);
            // What it says: on to the end with the old files, and from there with the new ones.
            let old = project();
            old.run(&["upgrade", "r4", "--url", &url(place)]).exits(0);
            let name = format!("{place}.db");
            std::fs::copy(old.path(&name), squashed.path(&name)).unwrap();
        }
        squashed.run(&["upgrade", "heads", "--url", &url(place)]).exits(0);
        assert_eq!(end(&squashed, place), end(&start, place), "{place}");
        squashed.run(&["status", "--url", &url(place)]).exits(0);
        squashed.run(&["downgrade", "base", "--yes", "--url", &url(place)]).exits(0);
    }
}

/// A second head, to be put on the first one.
fn two_heads() -> Project {
    project()
        .revision("x2", "down_revision = \"r1\"", "CREATE TABLE x2(y);", "DROP TABLE x2;")
        .database(Journal::Delete, "")
}

#[test]
fn a_killed_rebase_is_done_or_not_begun() {
    if !can_inject("a killed rebase") {
        return;
    }
    let start = two_heads();
    let ends = Ends::of(&start, REBASE);
    let n_found = kill_everywhere("a rebase", &start, REBASE, &ends);
    assert!(n_found[0] > 1 && n_found[1] == 0 && n_found[2] > 1, "{n_found:?}");
}

#[test]
fn a_rebase_that_cannot_write_changes_nothing() {
    if !can_inject("a rebase that cannot write") {
        return;
    }
    let start = two_heads();
    let ends = Ends::of(&start, REBASE);
    for_each(&points(&start, REBASE), |&(call, when, is_beyond)| {
        let project = start.copy();
        let ran = run_injected(&project, &format!("{call}:error=EIO:when={when}"), REBASE);
        let point = format!("{call} number {when}");
        match ends.check(&project, &point) {
            0 => assert!(!is_beyond && ran.code == Some(2), "{point}: {ran}"),
            // The answer could not be printed.
            place => assert!(place == 2 && (is_beyond || call == "write"), "{point}: {ran}"),
        }
        assert_eq!(hidden(&project), [""; 0], "{point}");
    });
}

#[test]
fn two_at_once_do_not_get_in_each_others_way() {
    let project = project();
    let ends = Ends::of(&project, SQUASH);
    let runs: Vec<_> = (0..4).map(|_| project.migrator(SQUASH).spawn().unwrap()).collect();
    let ran: Vec<Ran> = runs.into_iter().map(super::project::finish).collect();
    let codes: Vec<Option<i32>> = ran.iter().map(|it| it.code).collect();
    assert_eq!(codes.iter().filter(|it| **it == Some(0)).count(), 1, "{ran:?}");
    assert!(codes.iter().all(|it| matches!(it, Some(0 | 2))), "{ran:?}");
    assert_eq!(ends.check(&project, "two at once"), 2);
    assert_eq!(hidden(&project), [""; 0]);
}
