//! The operating system refuses to write, to sync or to read, once or from some point on: the file
//! is as before or as after, and what migrator says about it is true.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::content::content;
use super::kill::{START, can_inject, count_calls, for_each, project, run_injected};
use super::project::{Journal, Project, Ran};

/// What is made to fail. Standard error must stay writable, or nothing can be said; SQLite writes
/// with `pwrite64`.
const CALLS: [&str; 6] = ["pread64", "pwrite64", "fsync", "fdatasync", "unlink", "ftruncate"];

/// One point in so many is tried. All of them, 2554, take a minute; they held when this was written.
const SAMPLE: usize = 8;

/// What a file holds, and what it is called in messages.
#[derive(PartialEq)]
struct State {
    content: String,
    at: String,
}

fn state(project: &Project) -> State {
    // On copies, so that the file stays as it was found.
    let rows = project.copy().rows();
    let at = if rows.is_empty() { "base".to_owned() } else { format!("`{rows}`") };
    State { content: content(&project.copy().connect()), at }
}

/// Fails unless `ran` says nothing about the file that is not so. `found` is its state now, of all
/// `states` that a run passes through.
#[track_caller]
fn check_claims(ran: &Ran, found: usize, states: &[State], point: &str) {
    let (first, last, at) = (0, states.len() - 1, &states[found].at);
    let message = &ran.stderr;
    match ran.code {
        Some(0) => assert_eq!(found, last, "{point}: it is not done\n{ran}"),
        // 127: the loader of the system could not read a library.
        Some(2 | 127) => assert_eq!(found, first, "{point}: something was changed\n{ran}"),
        Some(3) => {
            let is_unsure = message.contains("could not be read") || message.contains("unknown");
            match message.lines().find_map(|it| it.split_once("the database is at ")) {
                Some((_, claim)) => {
                    assert!(claim.starts_with(&format!("{at};")), "{point}: it is at {at}\n{ran}");
                }
                None => assert!(is_unsure, "{point}: it does not say where it is\n{ran}"),
            }
        }
        _ => panic!("{point}: {ran}"),
    }
    let is_false = |claim: &&&str| match **claim {
        "nothing was changed" => found != first,
        // Whatever else a run does, the last thing in it was rolled back.
        _ => found == last,
    };
    let claims = ["nothing was changed", "rolled back", "could not be committed"];
    let claim = claims.iter().filter(is_false).find(|it| message.contains(**it));
    assert_eq!(claim, None, "{point}: this is not so\n{ran}");
}

/// Lets calls fail once and from there on, in a run with these arguments that passes through the
/// states that `via` leads to.
fn fail_everywhere(name: &str, start: &Project, args: &[&str], via: &[&[&str]]) {
    if !can_inject(name) {
        return;
    }
    let mut states = vec![state(start)];
    let whole = start.copy();
    for args in via {
        whole.run(args).exits(0);
        states.push(state(&whole));
    }
    let mut points = Vec::new();
    for (call, n) in count_calls(&CALLS, &start.copy(), args) {
        let errors: &[&str] = if call == "pwrite64" { &["ENOSPC", "EIO"] } else { &["EIO"] };
        for when in 1..=n {
            for error in errors {
                points.push(format!("{call}:error={error}:when={when}+"));
                points.push(format!("{call}:error={error}:when={when}"));
            }
        }
    }
    // Neither all of one error nor all of one persistence.
    let points: Vec<_> = points
        .into_iter()
        .enumerate()
        .filter(|(n, _)| (n + n / SAMPLE).is_multiple_of(SAMPLE))
        .collect();
    let n_failed = AtomicUsize::new(0);
    for_each(&points, |(_, inject)| {
        let project = start.copy();
        let ran = run_injected(&project, inject, args);
        let point = format!("{name}: {inject}");
        let found = state(&project);
        let found = states.iter().position(|it| *it == found);
        let found = found.unwrap_or_else(|| panic!("{point}: neither before nor after\n{ran}"));
        check_claims(&ran, found, &states, &point);
        n_failed.fetch_add(usize::from(ran.code == Some(3)), Ordering::Relaxed);
        project.run(args).exits(0);
        assert!(states.last().is_some_and(|it| *it == state(&project)), "{point}");
    });
    let n_failed = n_failed.into_inner();
    eprintln!("{name}: {} faults, {n_failed} with exit code 3", points.len());
    assert!(n_failed * 3 > points.len(), "{n_failed} of {}", points.len());
}

#[test]
fn an_upgrade_that_cannot_write_its_journal_or_its_file_says_where_the_database_is() {
    let start = project().database(Journal::Delete, START);
    start.run(&["upgrade", "r1"]).exits(0);
    fail_everywhere("I/O errors of an upgrade, delete", &start, &["upgrade"], &[&["upgrade"]]);
}

#[test]
fn an_upgrade_that_cannot_write_its_log_says_where_the_database_is() {
    let start = project().database(Journal::Wal, START);
    start.run(&["upgrade", "r1"]).exits(0);
    fail_everywhere("I/O errors of an upgrade, wal", &start, &["upgrade"], &[&["upgrade"]]);
}

#[test]
fn an_upgrade_in_several_transactions_says_which_of_them_stay() {
    for journal in Journal::BOTH {
        let start = project().database(journal, START);
        start.run(&["upgrade", "r1"]).exits(0);
        let config = std::fs::read_to_string(start.path("alembic.toml")).unwrap();
        start.write("alembic.toml", format!("transaction = \"revision\"\n{config}"));
        let via: [&[&str]; 3] = [&["upgrade", "r2"], &["upgrade", "r3"], &["upgrade", "r4"]];
        let name = format!("I/O errors of several transactions, {}", journal.as_str());
        fail_everywhere(&name, &start, &["upgrade"], &via);
    }
}

#[test]
fn a_first_upgrade_that_cannot_write_leaves_an_empty_database_or_a_whole_one() {
    let start = Project::new().line(&["CREATE TABLE a(x);", "CREATE TABLE b(x);"]);
    fail_everywhere("I/O errors of a first upgrade", &start, &["upgrade"], &[&["upgrade"]]);
}

#[test]
fn a_downgrade_that_cannot_write_says_where_the_database_is() {
    let start = project().database(Journal::Delete, START);
    start.run(&["upgrade"]).exits(0);
    let args: &[&str] = &["downgrade", "r1"];
    fail_everywhere("I/O errors of a downgrade", &start, args, &[args]);
}

#[test]
fn outside_a_transaction_the_statements_that_stay_are_counted_right() {
    let name = "I/O errors outside a transaction";
    if !can_inject(name) {
        return;
    }
    for journal in Journal::BOTH {
        let body = "INSERT INTO k VALUES (1); INSERT INTO k VALUES (2); INSERT INTO k VALUES (3);";
        let start = Project::new()
            .revision("r1", "transaction = false", body, "")
            .database(journal, "CREATE TABLE k(n);");
        let mut points = Vec::new();
        for (call, n) in count_calls(&CALLS, &start.copy(), &["upgrade"]) {
            for when in (1..=n).step_by(2) {
                points.push(format!("{call}:error=EIO:when={when}+"));
                points.push(format!("{call}:error=EIO:when={}", when + 1));
            }
        }
        for_each(&points, |inject| {
            let project = start.copy();
            let ran = run_injected(&project, inject, &["upgrade"]);
            let point = format!("{name}, {}: {inject}", journal.as_str());
            let n_rows: usize = project.copy().query("SELECT count(*) FROM k").parse().unwrap();
            let (is_at_r1, message) = (project.copy().rows() == "r1", &ran.stderr);
            match ran.code {
                Some(0) => assert!(is_at_r1 && n_rows == 3, "{point}: {n_rows}\n{ran}"),
                Some(2 | 127) => assert!(!is_at_r1 && n_rows == 0, "{point}: {n_rows}\n{ran}"),
                _ => {
                    let claim = (0..=3).find(|n| match n {
                        0 => message.contains("no statement of `r1` that ran now stays"),
                        1 => message.contains("1 statement of `r1` was run and stays"),
                        n => message.contains(&format!("{n} statements of `r1` were run and stay")),
                    });
                    let is_unsure = message.contains("may stay too") || message.contains("unknown");
                    assert!(claim == Some(n_rows) || is_unsure, "{point}: {n_rows}\n{ran}");
                    let at = if is_at_r1 { "at `r1`" } else { "at base" };
                    let is_unread = message.contains("could not be read");
                    assert!(message.contains(at) || is_unread, "{point}: it is {at}\n{ran}");
                }
            }
            content(&project.connect());
        });
    }
}
