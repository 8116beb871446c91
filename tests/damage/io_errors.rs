//! The operating system refuses to write, to sync or to read, from any point on or once: the file is
//! as before or as after, and what migrator says about it is true.

use std::collections::BTreeSet;
use std::sync::Mutex;

use super::content::content;
use super::kill::{START, can_inject, count_calls, for_each, project, run_injected};
use super::project::{Journal, Project, Ran};

/// Standard error must stay writable, or nothing can be said; SQLite writes with `pwrite64`.
const CALLS: [&str; 6] = ["pread64", "pwrite64", "fsync", "fdatasync", "unlink", "ftruncate"];

/// What a state of the file is called in messages.
struct State {
    content: String,
    rows: String,
}

/// Fails unless `ran` says nothing about the file that is not so.
#[track_caller]
fn check_claims(ran: &Ran, found: &State, old: &State, point: &str) {
    let is_old = found.content == old.content;
    let at = if found.rows.is_empty() { "base".to_owned() } else { format!("`{}`", found.rows) };
    let message = &ran.stderr;
    match ran.code {
        Some(0) => assert!(!is_old, "{point}: it is not done\n{ran}"),
        // The loader of the system could not read a library.
        Some(127) => assert!(is_old, "{point}: {ran}"),
        Some(2) => assert!(is_old, "{point}: something was changed\n{ran}"),
        Some(3) => {
            let is_unsure = message.contains("could not be read") || message.contains("unknown");
            let claim = message.lines().find_map(|it| it.split_once("the database is at "));
            match claim {
                Some((_, claim)) => {
                    assert!(claim.starts_with(&format!("{at};")), "{point}: it is at {at}\n{ran}");
                }
                None => assert!(is_unsure, "{point}: it does not say where it is\n{ran}"),
            }
        }
        _ => panic!("{point}: {ran}"),
    }
    if !is_old {
        for claim in ["rolled back", "nothing was changed", "could not be committed"] {
            assert!(!message.contains(claim), "{point}: `{claim}` is not so\n{ran}");
        }
    }
}

/// Lets each call fail with each error, once and from there on, in a run with these arguments.
fn fail_everywhere(name: &str, start: &Project, args: &[&str]) {
    let state = |project: &Project| State {
        content: content(&project.copy().connect()),
        rows: project.copy().rows(),
    };
    let old = state(start);
    let whole = start.copy();
    whole.run(args).exits(0);
    let new = state(&whole);

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
    let kinds = Mutex::new(BTreeSet::new());
    for_each(&points, |inject| {
        let project = start.copy();
        let ran = run_injected(&project, inject, args);
        let point = format!("{name}: {inject}");
        let found = state(&project);
        assert!([&old, &new].iter().any(|it| it.content == found.content), "{point}");
        check_claims(&ran, &found, &old, &point);
        project.run(args).exits(0);
        assert_eq!(content(&project.connect()), new.content, "{point}");
        kinds.lock().unwrap().insert((ran.code, ran.stderr.clone()));
    });
    println!("{name}: {} faults", points.len());
    for k in kinds.into_inner().unwrap() { println!("{k:?}") }
}

#[test]
fn an_upgrade_with_failing_writes_says_where_the_database_is() {
    for journal in Journal::BOTH {
        let name = format!("I/O errors of an upgrade, {}", journal.as_str());
        if can_inject(&name) {
            let start = project().database(journal, START);
            start.run(&["upgrade", "r1"]).exits(0);
            fail_everywhere(&name, &start, &["upgrade"]);
        }
    }
}
