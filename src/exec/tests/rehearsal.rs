//! Runs that take everything back.

use super::*;

fn rehearsing() -> Options {
    Options { rehearse: true, ..Options::default() }
}

#[test]
fn nothing_remains() {
    // More than the cache of SQLite holds, so that it writes to the file before the end.
    let big = format!(
        "{REBUILD} CREATE TABLE big(x); INSERT INTO big SELECT randomblob(4000) FROM
         (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) SELECT i FROM n)"
    );
    for mode in ["delete", "wal"] {
        let project = Project::of_upgrades(&[&big, "CREATE TABLE b(x)"])
            .prepare(&format!("PRAGMA journal_mode = {mode}; {FAMILY}"));
        let before = contents(&project);
        for transaction in [TransactionMode::Run, TransactionMode::Revision] {
            let outcome = project.upgrade(&Options { transaction, ..rehearsing() }).unwrap();
            assert_eq!(ids(&outcome.steps), ["r1", "r2"]);
            assert_eq!(outcome.steps[0].n_changes, 2002);
            assert_eq!(outcome.rows, ["r2"]);
            assert_eq!(contents(&project), before, "{mode}");
        }
    }
}

#[test]
fn a_missing_database_is_rehearsed_in_memory() {
    let project = Project::of_upgrades(&["CREATE TABLE a(x)"]);
    let outcome = project.upgrade(&rehearsing()).unwrap();
    assert_eq!(ids(&outcome.steps), ["r1"]);
    assert!(contents(&project).is_empty());
}

#[test]
fn a_failure_is_found() {
    let project = Project::of_upgrades(&["CREATE TABLE a(x)", "DELETE FROM p"]).prepare(FAMILY);
    let before = contents(&project);
    let err = project.upgrade(&rehearsing()).unwrap_err();
    assert!(matches!(err.failure, Failure::ForeignKeys { .. }));
    assert_eq!(contents(&project), before);
}

#[test]
fn what_one_transaction_cannot_hold_is_refused() {
    let project = Project::new(vec![
        revision("r1", "CREATE TABLE a(x)", ""),
        with_mode(revision("r2", "VACUUM", ""), true, false),
    ]);
    let err = project.upgrade(&rehearsing()).unwrap_err();
    assert_eq!(err.to_string(), "revision `r2` cannot be rehearsed: it runs outside a transaction");
    assert_eq!(err.exit_class(), ExitClass::Refused);

    let enforcing = || with_mode(revision("r2", "DELETE FROM p WHERE id = 1", ""), false, true);
    let project = Project::new(vec![revision("r1", "SELECT 1", ""), enforcing()]);
    let err = project.upgrade(&rehearsing()).unwrap_err();
    assert_eq!(
        err.to_string(),
        "revision `r2` cannot be rehearsed: it runs with foreign keys enforced, \
         in a transaction of its own"
    );
    let project = Project::new(vec![enforcing()]).prepare(FAMILY);
    project.upgrade(&rehearsing()).unwrap();
    assert_eq!(project.query("SELECT count(*) FROM c"), "2");
}
