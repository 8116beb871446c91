//! Several runs at once, locks, and cancellation.

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Instant;

use super::*;
use crate::db::DbError;
use crate::exec::event::{Event, Silent};

/// `n_threads` runs of the same upgrade at once: all succeed, and each body runs once.
#[track_caller]
fn check_race(project: &Project, n_threads: usize, options: fn() -> Options) {
    let n_steps: usize = thread::scope(|scope| {
        let runs: Vec<_> =
            (0..n_threads).map(|_| scope.spawn(move || project.upgrade(&options()))).collect();
        runs.into_iter().map(|it| it.join().unwrap().unwrap().steps.len()).sum()
    });
    assert_eq!(n_steps, 20);
    assert_eq!(project.query("SELECT n FROM k"), "20");
    assert_eq!(project.query("SELECT count(*) FROM migrator_log"), "20");
    assert_eq!(project.summary(), "k @ r20");
}

fn counting(autocommit: fn(usize) -> bool) -> Vec<Revision> {
    (0..20)
        .map(|n| {
            let revision = revision(&format!("r{}", n + 1), "UPDATE k SET n = n + 1", "");
            with_mode(revision, autocommit(n), false)
        })
        .collect()
}

#[test]
fn of_several_runs_one_applies_and_the_others_find_nothing_to_do() {
    for mode in ["delete", "wal"] {
        let prepare =
            format!("PRAGMA journal_mode = {mode}; CREATE TABLE k(n); INSERT INTO k VALUES (0)");
        check_race(&Project::new(counting(|_| false)).prepare(&prepare), 2, Options::default);
        check_race(&Project::new(counting(|_| false)).prepare(&prepare), 8, Options::default);
    }
}

#[test]
fn several_runs_share_the_work_of_separate_transactions() {
    let options = || Options { transaction: TransactionMode::Revision, ..Options::default() };
    let prepare = "CREATE TABLE k(n); INSERT INTO k VALUES (0)";
    check_race(&Project::new(counting(|_| false)).prepare(prepare), 8, options);
}

#[test]
fn revisions_outside_a_transaction_run_once_too() {
    let prepare = "CREATE TABLE k(n); INSERT INTO k VALUES (0)";
    check_race(&Project::new(counting(|n| n % 3 == 1)).prepare(prepare), 8, Options::default);
}

#[test]
fn several_runs_may_make_the_database() {
    let project = Project::of_upgrades(&["CREATE TABLE a(x)", "CREATE TABLE b(x)"]);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| project.upgrade(&Options::default()).unwrap());
        }
    });
    assert_eq!(project.summary(), "a b @ r2");
    assert_eq!(contents(&project).len(), 1);
}

#[test]
fn a_database_that_stays_locked_is_refused_and_unchanged() {
    for lock in ["IMMEDIATE", "EXCLUSIVE"] {
        let project = Project::of_upgrades(&["CREATE TABLE a(x)"]).prepare("CREATE TABLE o(x)");
        let other = project.connect();
        other.execute_batch(&format!("BEGIN {lock}")).unwrap();
        let options = Options { busy_timeout: Duration::from_millis(40), ..Options::default() };
        let err = project.upgrade(&options).unwrap_err();
        let Failure::Database(DbError::Busy { waited, .. }) = err.failure else {
            panic!("{err:?}")
        };
        assert!(waited >= options.busy_timeout);
        assert_eq!(err.exit_class(), ExitClass::Refused);
        drop(other);
        assert_eq!(project.summary(), "o @ no version table");
    }
}

#[test]
fn a_reader_makes_a_rebuild_fail_before_it_begins() {
    let project = Project::of_upgrades(&[REBUILD]).prepare(FAMILY);
    let reader = project.connect();
    reader.execute_batch("BEGIN; SELECT * FROM p").unwrap();
    let options = Options { busy_timeout: Duration::from_millis(40), ..Options::default() };
    let err = project.upgrade(&options).unwrap_err();
    assert_eq!(err.exit_class(), ExitClass::Refused);
    assert!(matches!(err.failure, Failure::Database(DbError::Busy { .. })), "{err:?}");
}

#[test]
fn a_reader_that_keeps_the_commit_waiting_too_long_rolls_it_back() {
    let project = Project::of_upgrades(&["CREATE TABLE a(x)"]).prepare(FAMILY);
    let reader = project.connect();
    reader.execute_batch("BEGIN; SELECT * FROM p").unwrap();
    let options = Options { busy_timeout: Duration::from_millis(40), ..Options::default() };
    let err = project.upgrade(&options).unwrap_err();
    assert_eq!(err.exit_class(), ExitClass::Failed);
    assert_eq!(err.state.rolled_back.len(), 1);
    drop(reader);
    assert_eq!(project.summary(), "c p @ no version table");
}

#[test]
fn a_commit_waits_for_a_reader_to_finish() {
    let project = Project::of_upgrades(&["CREATE TABLE a(x)"]).prepare(FAMILY);
    let reader = project.connect();
    reader.execute_batch("BEGIN; SELECT * FROM p").unwrap();
    let mut reader = Some(reader);
    let mut observer = |event: &Event<'_>| {
        if let Event::WaitingForLock { .. } = event {
            drop(reader.take());
        }
    };
    let outcome = project.run_to(1, &Options::default(), &mut observer).unwrap();
    assert!(outcome.waited > Duration::ZERO);
    assert_eq!(project.summary(), "a c p @ r1");
}

#[test]
fn a_cancelled_statement_is_interrupted_and_rolled_back() {
    let body = format!("CREATE TABLE a(x); {ENDLESS}");
    let project = Project::of_upgrades(&["CREATE TABLE t(x)", &body]);
    let (cancel, n_ticks) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    let ticker: Arc<dyn Fn() + Send + Sync> = {
        let (cancel, n_ticks) = (Arc::clone(&cancel), Arc::clone(&n_ticks));
        Arc::new(move || {
            if n_ticks.fetch_add(1, Ordering::SeqCst) == 1 {
                cancel.store(true, Ordering::SeqCst);
            }
        })
    };
    let options = Options { cancel: Some(cancel), ticker: Some(ticker), ..Options::default() };
    let start = Instant::now();
    let err = project.upgrade(&options).unwrap_err();
    assert!(start.elapsed() < Duration::from_secs(20));
    assert!(matches!(err.failure, Failure::Cancelled), "{err:?}");
    assert_eq!(err.to_string(), "cancelled; the 2 revisions from `r1` to `r2` were rolled back");
    assert_eq!(n_ticks.load(Ordering::SeqCst), 2);
    assert_eq!(project.summary(), " @ no version table");
}

#[test]
fn a_run_that_is_cancelled_before_it_begins_does_nothing() {
    let project = Project::of_upgrades(&["CREATE TABLE t(x)"]).prepare("CREATE TABLE o(x)");
    let cancel = Some(Arc::new(AtomicBool::new(true)));
    let err = project.upgrade(&Options { cancel, ..Options::default() }).unwrap_err();
    assert!(matches!(err.failure, Failure::Cancelled));
    assert_eq!(err.exit_class(), ExitClass::Refused);
    assert_eq!(project.summary(), "o @ no version table");
}

#[test]
fn the_log_is_the_one_inside_the_transaction() {
    let project = Project::of_upgrades(&["CREATE TABLE a(x)", "CREATE TABLE b(x)"]);
    project.run_to(1, &Options::default(), &mut Silent).unwrap();
    let mut seen: Vec<usize> = Vec::new();
    let outcome = project.request(&Options::default(), |request| {
        let mut planner = |history: &History| {
            if seen.is_empty() {
                let row = "INSERT INTO migrator_log (revision, direction, started_at, version)
                           VALUES ('r1', 'repair', 'now', '1')";
                project.connect().execute_batch(row).unwrap();
            }
            seen.push(history.log.len());
            Ok(project.plan(&history.rows, 2))
        };
        run(request, &project.graph, &mut planner, &mut Silent)
    });
    outcome.unwrap();
    assert_eq!(seen, [1, 2]);
}

#[test]
fn who_has_the_log_to_himself_is_asked_once() {
    for (transaction, n_groups) in [(TransactionMode::Run, 1), (TransactionMode::Revision, 3)] {
        let project = Project::of_upgrades(&["SELECT 1", "SELECT 2", "SELECT 3"]).prepare("");
        let options = Options { transaction, ..Options::default() };
        let (mut n_plans, mut n_committed) = (0, 0);
        let outcome = project.request(&options, |request| {
            let mut planner = |history: &History| {
                n_plans += 1;
                Ok(project.plan(&history.rows, 3))
            };
            let mut observer = |event: &Event<'_>| {
                n_committed += usize::from(matches!(event, Event::Committed { .. }));
            };
            run(request, &project.graph, &mut planner, &mut observer)
        });
        outcome.unwrap();
        assert_eq!((n_plans, n_committed), (1, n_groups));
    }
}
