//! Revisions outside a transaction.

use std::cell::RefCell;

use super::*;
use crate::config::BackupMode;
use crate::db::SidecarLock;
use crate::exec::event::{Event, Silent};
use crate::plan::single_step;

fn outside(id: &str, body: &str) -> Revision {
    with_mode(revision(id, body, ""), true, false)
}

#[test]
fn it_may_do_what_a_transaction_forbids() {
    let project = Project::new(vec![
        revision("r1", "CREATE TABLE a(x)", ""),
        outside("r2", "PRAGMA journal_mode = WAL; VACUUM; BEGIN; CREATE TABLE b(x); COMMIT;"),
        revision("r3", "CREATE TABLE c(x)", ""),
    ]);
    let outcome = project.upgrade(&Options::default()).unwrap();
    assert_eq!(ids(&outcome.steps), ["r1", "r2", "r3"]);
    assert_eq!(project.summary(), "a b c @ r3");
    assert_eq!(project.query("SELECT journal_mode FROM pragma_journal_mode"), "wal");
    assert_eq!(project.query("SELECT count(*) FROM migrator_log"), "3");
    assert_eq!(contents(&project).len(), 1, "the lock is gone");
}

#[test]
fn a_failure_says_how_many_statements_stay() {
    let project = Project::new(vec![
        revision("r1", "CREATE TABLE a(x)", ""),
        outside("r2", "CREATE TABLE b(x); CREATE TABLE c(x); SELECT nope"),
    ]);
    let err = project.upgrade(&Options::default()).unwrap_err();
    assert_eq!(
        err.to_string(),
        "revision `r2` failed at statement 3 of 3; 2 statements of `r2` were run and stay; \
         `r1`, before it, stays"
    );
    assert_eq!(err.exit_class(), ExitClass::Failed);
    assert_eq!(err.state.rows.as_deref(), Some(&["r1".to_owned()][..]));
    assert_eq!(project.summary(), "a b c @ r1");
}

#[test]
fn what_stands_in_an_unfinished_transaction_of_its_own_does_not_stay() {
    let project = Project::new(vec![outside(
        "r1",
        "CREATE TABLE a(x); BEGIN; CREATE TABLE b(x); SELECT nope; COMMIT",
    )]);
    let err = project.upgrade(&Options::default()).unwrap_err();
    assert_eq!(err.state.partial.as_ref().unwrap().1, 1);
    assert_eq!(project.summary(), "a @ no version table");
}

#[test]
fn a_transaction_that_is_left_open_is_rolled_back() {
    let project = Project::new(vec![outside("r1", "CREATE TABLE a(x); BEGIN; CREATE TABLE b(x)")]);
    let err = project.upgrade(&Options::default()).unwrap_err();
    assert_eq!(
        err.to_string(),
        "revision `r1` left a transaction open; 1 statement of `r1` was run and stays"
    );
    assert_eq!(project.summary(), "a @ no version table");
}

#[test]
fn foreign_keys_are_off_unless_asked_for() {
    let body = "DELETE FROM p WHERE id = 1";
    let project = Project::new(vec![outside("r1", body)]).prepare(FAMILY);
    let mut warnings = Vec::new();
    let mut observer = |event: &Event<'_>| {
        if let Event::Warning { message } = event {
            warnings.push(message.clone());
        }
    };
    project.run_to(1, &Options::default(), &mut observer).unwrap();
    assert_eq!(project.query("SELECT count(*) FROM c"), "2");
    assert_eq!(warnings, ["revision `r1` left rows in `c` that violate its foreign key to `p`: 1"]);

    let enforcing = with_mode(revision("r1", body, ""), true, true);
    let project = Project::new(vec![enforcing]).prepare(FAMILY);
    project.upgrade(&Options::default()).unwrap();
    assert_eq!(project.query("SELECT count(*) FROM c"), "1");
}

#[test]
fn a_version_table_that_moved_meanwhile_is_noticed() {
    // What another tool could do, which knows nothing of the lock beside the database.
    let project = Project::new(vec![outside("r1", "CREATE TABLE t(x); CREATE TABLE u(x)")]);
    let mut observer = |event: &Event<'_>| {
        if let Event::StatementFinished { .. } = event {
            let sql = "CREATE TABLE IF NOT EXISTS alembic_version(version_num);
                INSERT INTO alembic_version VALUES ('r1')";
            project.connect().execute_batch(sql).unwrap();
        }
    };
    let err = project.run_to(1, &Options::default(), &mut observer).unwrap_err();
    assert!(matches!(err.failure, Failure::Overtaken { .. }), "{err:?}");
    assert_eq!(err.state.partial.as_ref().unwrap().1, 2);
}

#[test]
fn what_another_tool_took_back_meanwhile_does_not_begin_the_log() {
    let side = revision("side", "CREATE TABLE s(x)", "DROP TABLE s");
    let project = Project::new(vec![side, outside("r1", "CREATE TABLE t(x)")]);
    let project = project.prepare(
        "CREATE TABLE s(x); CREATE TABLE alembic_version(version_num VARCHAR(32) NOT NULL);
         INSERT INTO alembic_version VALUES ('side')",
    );
    let mut observer = |event: &Event<'_>| {
        if let Event::StatementFinished { .. } = event {
            let sql = "DROP TABLE s; DELETE FROM alembic_version WHERE version_num = 'side'";
            project.connect().execute_batch(sql).unwrap();
        }
    };
    run_one(&project, "r1", &Options::default(), &mut observer).unwrap();
    assert_eq!(project.summary(), "t @ r1");
    let log = "SELECT group_concat(direction || ' ' || revision) FROM migrator_log";
    assert_eq!(project.query(log), "upgrade r1");
}

/// Upgrades one revision.
fn run_one(
    project: &Project,
    id: &str,
    options: &Options,
    observer: &mut dyn Observer,
) -> Result<Outcome, ExecError> {
    let index = project.graph.by_id(id).unwrap();
    let mut plan = |history: &History| {
        Ok(single_step(&project.graph, &history.rows, index, Direction::Upgrade)?)
    };
    project.request(options, |it| run(it, &project.graph, &mut plan, observer))
}

#[test]
fn nobody_else_writes_meanwhile() {
    let side = revision("side", "CREATE TABLE s(x)", "DROP TABLE s");
    for body in ["CREATE TABLE t(x); INSERT INTO t VALUES (1)", "BEGIN; CREATE TABLE t(x); COMMIT"]
    {
        let project = Project::new(vec![side.clone(), outside("r1", body)]);
        let options = || Options { busy_timeout: Duration::from_millis(20), ..Options::default() };
        let mut n_refused = 0;
        let mut observer = |event: &Event<'_>| {
            let Event::StatementFinished { .. } = event else { return };
            let stamped = Stamp { writes: Vec::new(), notes: Vec::new() };
            let outcomes = [
                run_one(&project, "side", &options(), &mut Silent).map(drop),
                project.request(&options(), |it| {
                    stamp(it, true, &mut |_| Ok(stamped.clone()), &mut Silent).map(drop)
                }),
                project.request(&options(), |it| ensure_version(it, &mut Silent).map(drop)),
            ];
            for outcome in outcomes {
                let err = outcome.unwrap_err();
                assert!(matches!(&err.failure, Failure::Database(it) if it.is_busy()), "{err:?}");
                assert_eq!(err.exit_class(), ExitClass::Refused);
                n_refused += 1;
            }
        };
        run_one(&project, "r1", &Options::default(), &mut observer).unwrap();
        assert_eq!(n_refused, 3 * if body.contains("BEGIN") { 3 } else { 2 });
        assert_eq!(project.summary(), "t @ r1");
        run_one(&project, "side", &options(), &mut Silent).unwrap();
        assert_eq!(contents(&project).len(), 1);
    }
}

#[test]
fn a_version_table_that_the_body_itself_moved_is_blamed_on_it() {
    let body =
        "CREATE TABLE alembic_version(version_num); INSERT INTO alembic_version VALUES ('r1')";
    let project = Project::new(vec![outside("r1", body)]);
    let err = project.upgrade(&Options::default()).unwrap_err();
    assert!(matches!(err.failure, Failure::VersionTable { number: 2, of: 2, .. }), "{err:?}");
    assert_eq!(err.state.partial.as_ref().unwrap().1, 2);
}

#[test]
fn a_body_that_came_to_its_end_is_in_the_version_table_even_if_the_checks_are_cancelled() {
    let body = "CREATE TABLE p(id INTEGER PRIMARY KEY);
        CREATE TABLE c(p REFERENCES p(id));
        INSERT INTO p VALUES (1);
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000)
        INSERT INTO c SELECT 1 FROM n";
    let project = Project::new(vec![outside("r1", body)]);
    let cancel = Arc::new(AtomicBool::new(false));
    let options = Options { cancel: Some(Arc::clone(&cancel)), ..Options::default() };
    let (mut n_finished, mut warnings) = (0, Vec::new());
    let mut observer = |event: &Event<'_>| {
        n_finished += u32::from(matches!(event, Event::StatementFinished { .. }));
        cancel.store(n_finished == 4, Ordering::Relaxed);
        if let Event::Warning { message } = event {
            warnings.push(message.clone());
        }
    };
    project.run_to(1, &options, &mut observer).unwrap();
    assert_eq!(project.summary(), "c p @ r1");
    let [warning] = &warnings[..] else { panic!("{warnings:?}") };
    assert!(warning.starts_with("what revision `r1` left could not be checked: "), "{warning}");
}

#[test]
fn settings_that_the_body_left_do_not_keep_the_version_from_being_written() {
    let project = Project::new(vec![outside("r1", "CREATE TABLE a(x); PRAGMA query_only = ON")]);
    project.upgrade(&Options::default()).unwrap();
    assert_eq!(project.summary(), "a @ r1");
}

/// The lock may be taken while somebody thinks about what he would lose.
#[test]
fn a_restore_overwrites_nothing_under_a_body() {
    for mode in ["delete", "wal"] {
        let project = Project::of_upgrades(&["CREATE TABLE a(x)"])
            .prepare(&format!("PRAGMA journal_mode = {mode}; CREATE TABLE o(x)"));
        let path = project.location.path().unwrap();
        let backup = project.folder.path().join("o.bak");
        let copy = format!("VACUUM INTO '{}'", backup.display());
        project.connect().execute_batch(&copy).unwrap();
        project.upgrade(&Options::default()).unwrap();
        let held = RefCell::new(None);
        let take_back = |takes: bool| {
            let mut agrees = |_: &Loss| {
                if takes {
                    *held.borrow_mut() = Some(SidecarLock::try_take(path).unwrap());
                }
                Consent::ToAnything
            };
            let options = Options { busy_timeout: Duration::from_millis(20), ..Options::default() };
            project.request(&options, |it| {
                let backup_plan = BackupPlan { mode: BackupMode::Always, ..BackupPlan::NONE };
                let request = Run { backup: backup_plan, ..it.clone() };
                restore(&request, &backup, &mut agrees, &mut Silent)
            })
        };
        let err = take_back(true).unwrap_err();
        assert!(matches!(&err, RestoreError::Database(it) if it.is_busy()), "{mode}: {err:?}");
        assert_eq!(project.summary(), "a o @ r1", "{mode}");
        // Before anybody is asked.
        let err = take_back(false).unwrap_err();
        assert!(matches!(&err, RestoreError::Database(it) if it.is_busy()), "{mode}: {err:?}");
        let names: Vec<PathBuf> = contents(&project).into_keys().collect();
        let is_backup = |it: &&PathBuf| it.extension().is_some_and(|it| it == "bak");
        assert_eq!(names.iter().filter(is_backup).count(), 1, "{names:?}");
        held.take();
        take_back(false).unwrap();
        assert_eq!(project.summary(), "o @ no version table", "{mode}");
    }
}
