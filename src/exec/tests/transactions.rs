//! One process, ordinary revisions.

use super::*;
use crate::db::{DbError, SqliteErrorKind};
use crate::exec::event::Event;

#[test]
fn an_upgrade_runs_bodies_and_writes_rows_and_log() {
    let project = Project::of_upgrades(&["CREATE TABLE a(x);", "CREATE TABLE b(x)", ""]);
    let outcome = project.upgrade(&Options::default()).unwrap();
    assert_eq!(ids(&outcome.steps), ["r1", "r2", "r3"]);
    assert_eq!(outcome.rows, ["r3"]);
    assert_eq!(project.summary(), "a b @ r3");
    let log = "SELECT group_concat(concat_ws('|', revision, direction, started_at,
               duration_ms >= 0, length(checksum)), ' ') FROM migrator_log";
    assert_eq!(
        project.query(log),
        "r1|upgrade|2026-11-22T10:04:07.000Z|1|64 r2|upgrade|2026-11-22T10:04:07.000Z|1|64 \
         r3|upgrade|2026-11-22T10:04:07.000Z|1|64"
    );
}

#[test]
fn what_is_up_to_date_is_left_alone() {
    let project = Project::of_upgrades(&["CREATE TABLE a(x)"]);
    project.upgrade(&Options::default()).unwrap();
    let before = contents(&project);
    let outcome = project.upgrade(&Options::default()).unwrap();
    assert!(outcome.steps.is_empty());
    assert_eq!(outcome.rows, ["r1"]);
    assert_eq!(contents(&project), before);
}

#[test]
fn nothing_to_do_makes_neither_file_nor_table() {
    let project = Project::of_upgrades(&[]);
    project.upgrade(&Options::default()).unwrap();
    assert!(contents(&project).is_empty());
    let project = project.prepare("CREATE TABLE a(x)");
    project.upgrade(&Options::default()).unwrap();
    assert_eq!(project.summary(), "a @ no version table");
}

#[test]
fn a_downgrade_runs_the_other_bodies() {
    let project = Project::new(vec![
        revision("r1", "CREATE TABLE a(x)", "DROP TABLE a"),
        revision("r2", "CREATE TABLE b(x)", "DROP TABLE b"),
    ]);
    project.upgrade(&Options::default()).unwrap();
    let outcome = project.run_to(0, &Options::default(), &mut event::Silent).unwrap();
    assert_eq!(ids(&outcome.steps), ["r2", "r1"]);
    assert!(outcome.rows.is_empty());
    assert_eq!(project.summary(), " @ ");
    assert_eq!(
        project.query("SELECT count(*) FROM migrator_log WHERE direction = 'downgrade'"),
        "2"
    );
}

#[test]
fn a_body_finds_the_version_that_it_would_find_alone() {
    let look = "INSERT INTO seen SELECT version_num FROM \"Alembic_Version\"";
    let project = Project::of_upgrades(&["CREATE TABLE seen(v)", "", look, "", look]);
    project.upgrade(&Options::default()).unwrap();
    assert_eq!(project.query("SELECT group_concat(v) FROM seen"), "r2,r4");
}

#[test]
fn a_trigger_finds_the_version_that_its_revision_would_find_alone() {
    let project = Project::of_upgrades(&["", "INSERT INTO t VALUES (1)"]).prepare(
        "CREATE TABLE alembic_version(version_num); CREATE TABLE t(x); CREATE TABLE seen(v);
         CREATE TRIGGER look AFTER INSERT ON t BEGIN
             INSERT INTO seen SELECT version_num FROM alembic_version;
         END",
    );
    project.upgrade(&Options::default()).unwrap();
    assert_eq!(project.query("SELECT group_concat(v) FROM seen"), "r1");
}

#[test]
fn a_failure_at_any_statement_leaves_nothing() {
    let statements =
        ["CREATE TABLE a(x)", "INSERT INTO a VALUES (1)", "CREATE TABLE b(x)", "DROP TABLE o"];
    for n in 0..=statements.len() {
        let mut body = statements.to_vec();
        body.insert(n, "SELECT nope");
        let project = Project::of_upgrades(&["CREATE TABLE first(x)", &body.join(";\n")])
            .prepare("CREATE TABLE o(x); INSERT INTO o VALUES (1)");
        let before = contents(&project);
        let err = project.upgrade(&Options::default()).unwrap_err();
        assert_eq!(err.exit_class(), ExitClass::Failed);
        assert_eq!(err.state.rows.as_deref(), Some(&[][..]));
        let Failure::Statement { number, of: 5, location, .. } = &err.failure else {
            panic!("{err:?}")
        };
        assert_eq!(*number, n + 1);
        assert_eq!(&location.source.text[location.span.clone()], "nope");
        assert_eq!(contents(&project), before);
    }
}

#[test]
fn an_error_says_what_became_of_the_rest() {
    let bodies = ["CREATE TABLE a(x)", "CREATE TABLE b(x)", "SELECT 1;\nSELECT nope;"];
    let err = Project::of_upgrades(&bodies).upgrade(&Options::default()).unwrap_err();
    assert_eq!(
        err.to_string(),
        "revision `r3` failed at statement 2 of 2; the 3 revisions from `r1` to `r3` were rolled back"
    );
    let options = Options { transaction: TransactionMode::Revision, ..Options::default() };
    let project = Project::of_upgrades(&bodies);
    let err = project.upgrade(&options).unwrap_err();
    assert_eq!(
        err.to_string(),
        "revision `r3` failed at statement 2 of 2; it was rolled back; \
         the 2 revisions before it, `r1` to `r2`, stay"
    );
    assert_eq!(std::error::Error::source(&err).unwrap().to_string(), "no such column: nope");
    assert_eq!(err.state.rows.as_deref(), Some(&["r2".to_owned()][..]));
    assert_eq!(project.summary(), "a b @ r2");
}

#[test]
fn a_rebuild_of_a_parent_keeps_its_children() {
    let project = Project::of_upgrades(&[REBUILD]).prepare(FAMILY);
    project.upgrade(&Options::default()).unwrap();
    assert_eq!(project.query("SELECT count(*) FROM c"), "2");
    assert_eq!(project.summary(), "c p @ r1");
}

#[test]
fn foreign_keys_are_enforced_where_a_revision_asks_for_it() {
    let body = "DELETE FROM p WHERE id = 1";
    let enforcing = with_mode(revision("r2", body, ""), false, true);
    let project = Project::new(vec![revision("r1", "SELECT 1", ""), enforcing]).prepare(FAMILY);
    let mut groups = Vec::new();
    let mut observer = |event: &Event<'_>| {
        if let Event::PlanStarted { revisions, more_follow } = event {
            groups.push((revisions.len(), *more_follow));
        }
    };
    project.run_to(2, &Options::default(), &mut observer).unwrap();
    assert_eq!(groups, [(1, true), (1, false)]);
    assert_eq!(project.query("SELECT group_concat(id) FROM c"), "11");

    let err =
        Project::of_upgrades(&[body]).prepare(FAMILY).upgrade(&Options::default()).unwrap_err();
    assert_eq!(err.to_string(), "1 row of `c` would violate foreign keys; `r1` was rolled back");
}

#[test]
fn a_new_violation_is_rolled_back_and_an_old_one_tolerated() {
    let dangling = format!("{FAMILY} INSERT INTO c VALUES (12, 99);");
    let project =
        Project::of_upgrades(&["INSERT INTO c VALUES (13, 2)", "INSERT INTO c VALUES (14, 98)"])
            .prepare(&dangling);
    project.run_to(1, &Options::default(), &mut event::Silent).unwrap();
    let err = project.upgrade(&Options::default()).unwrap_err();
    let Failure::ForeignKeys { violations } = &err.failure else { panic!("{err:?}") };
    assert_eq!((violations[0].child.as_str(), violations[0].parent.as_str()), ("c", "p"));
    assert_eq!((violations[0].n_rows, &violations[0].rowids[..]), (1, &[14][..]));
    assert_eq!(project.query("SELECT group_concat(id) FROM c"), "10,11,12,13");
    assert_eq!(project.summary(), "c p @ r1");
}

#[test]
fn a_newly_broken_view_is_rolled_back() {
    let project = Project::of_upgrades(&["DROP TABLE p"]).prepare(
        "CREATE TABLE p(a); CREATE VIEW v AS SELECT a FROM p; CREATE VIEW w AS SELECT 1 FROM z",
    );
    let err = project.upgrade(&Options::default()).unwrap_err();
    assert_eq!(err.to_string(), "`v` would not compile any more; `r1` was rolled back");
    assert_eq!(project.summary(), "p @ no version table");
}

#[test]
fn a_new_foreign_key_mismatch_is_rolled_back_and_called_that() {
    let unique = "CREATE TABLE p(a, b UNIQUE); CREATE TABLE c(b REFERENCES p(b));
                  CREATE TABLE old(a REFERENCES p(a)); CREATE VIEW v AS SELECT a FROM p;";
    let rebuild = "DROP TABLE p; CREATE TABLE p(b); DROP VIEW v;";
    let check = |sql: &str, expected: &str| {
        let project = Project::of_upgrades(&[sql]).prepare(unique);
        let err = project.upgrade(&Options::default()).unwrap_err();
        assert_eq!(err.to_string(), format!("{expected}; `r1` was rolled back"));
        assert_eq!(project.summary(), "c old p @ no version table");
    };
    check(rebuild, "`c` would reference what is no key of its parent");
    check("CREATE TABLE d(a REFERENCES p(a))", "`d` would reference what is no key of its parent");
    check(
        &rebuild.replace("DROP VIEW v", ""),
        "`v` would not compile any more, and `c` would reference what is no key of its parent",
    );
}

#[test]
fn what_only_the_application_can_compile_is_a_warning() {
    let project =
        Project::of_upgrades(&["CREATE VIEW v AS SELECT slugify('x')", "CREATE TABLE t(x)"]);
    let mut warnings = Vec::new();
    let options = Options { transaction: TransactionMode::Revision, ..Options::default() };
    let mut observer = |event: &Event<'_>| {
        if let Event::Warning { message } = event {
            warnings.push(message.clone());
        }
    };
    project.run_to(2, &options, &mut observer).unwrap();
    assert_eq!(
        warnings,
        ["cannot check `v`, which the application may be able to: no such function: slugify"]
    );
}

#[test]
fn nothing_runs_after_a_statement_that_ended_the_transaction() {
    for ending in ["INSERT OR ROLLBACK INTO t VALUES (1)", "INSERT INTO g VALUES (1)"] {
        let body = format!("CREATE TABLE a(x); {ending}; CREATE TABLE b(x)");
        let project = Project::of_upgrades(&["CREATE TABLE first(x)", &body]).prepare(
            "CREATE TABLE t(x UNIQUE); INSERT INTO t VALUES (1); CREATE TABLE g(x);
             CREATE TRIGGER h BEFORE INSERT ON g BEGIN SELECT RAISE(ROLLBACK, 'no'); END;",
        );
        let err = project.upgrade(&Options::default()).unwrap_err();
        let Failure::Statement { number: 2, of: 3, source, .. } = &err.failure else {
            panic!("{err:?}")
        };
        assert_eq!(source.kind, SqliteErrorKind::Constraint);
        assert_eq!(project.summary(), "g t @ no version table");
    }
}

#[test]
fn what_must_be_refused_is_refused_before_anything_runs() {
    let bodies = ["CREATE TABLE a(x)", "SELECT 1;\n/* */ commit;\nPRAGMA foreign_keys = off"];
    let project = Project::of_upgrades(&bodies);
    let options = Options { transaction: TransactionMode::Revision, ..Options::default() };
    let err = project.upgrade(&options).unwrap_err();
    let Failure::Forbidden { problems } = &err.failure else { panic!("{err:?}") };
    let found: Vec<_> = problems
        .iter()
        .map(|it| (it.kind.what.as_str(), &it.location.source.text[it.location.span.clone()]))
        .collect();
    assert_eq!(found, [("COMMIT", "commit"), ("PRAGMA foreign_keys", "PRAGMA foreign_keys")]);
    assert_eq!(err.exit_class(), ExitClass::Refused);
    assert!(contents(&project).is_empty());
}

#[test]
fn an_irreversible_revision_refuses_the_whole_downgrade() {
    let project = Project::new(vec![
        revision("r1", "CREATE TABLE a(x)", "irreversible"),
        revision("r2", "CREATE TABLE b(x)", "DROP TABLE b"),
    ]);
    project.upgrade(&Options::default()).unwrap();
    let options = Options { transaction: TransactionMode::Revision, ..Options::default() };
    let err = project.run_to(0, &options, &mut event::Silent).unwrap_err();
    assert_eq!(err.to_string(), "revision `r1` is irreversible");
    assert_eq!(err.exit_class(), ExitClass::Refused);
    assert_eq!(project.summary(), "a b @ r2");
}

#[test]
fn a_refusal_of_the_planner_is_passed_through_and_makes_no_file() {
    let project = Project::of_upgrades(&["CREATE TABLE a(x)"]);
    let err = project
        .request(&Options::default(), |request| {
            run(
                request,
                &project.graph,
                &mut |_| Err("no such revision".into()),
                &mut event::Silent,
            )
        })
        .unwrap_err();
    assert_eq!(err.to_string(), "no such revision");
    assert_eq!(err.exit_class(), ExitClass::Refused);
    assert!(contents(&project).is_empty());
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let project = Project::of_upgrades(&["CREATE TABLE a(x)"]);
    crate::fsutil::write_new(&project.path(), &"no database ".repeat(99)).unwrap();
    let before = contents(&project);
    let err = project.upgrade(&Options::default()).unwrap_err();
    assert!(matches!(err.failure, Failure::Database(DbError::NotADatabase { .. })));
    assert_eq!(err.exit_class(), ExitClass::Refused);
    assert_eq!(contents(&project), before);
}

#[test]
fn a_read_only_database_is_refused() {
    let mut project = Project::of_upgrades(&["CREATE TABLE a(x)"]).prepare("CREATE TABLE o(x)");
    let before = contents(&project);
    let path = project.path();
    let uri = format!("file:{}?mode=ro", path.display());
    project.location = DatabaseLocation::Uri { uri, path };
    let err = project.upgrade(&Options::default()).unwrap_err();
    assert!(matches!(err.failure, Failure::Database(DbError::ReadOnly { .. })));
    assert_eq!(err.exit_class(), ExitClass::Refused);
    assert_eq!(contents(&project), before);
}

#[test]
fn a_full_disk_leaves_nothing_wherever_it_is_full() {
    let body = "CREATE TABLE a(x); CREATE INDEX i ON a(x);
        INSERT INTO a SELECT randomblob(900) FROM json_each('[1,2,3,4,5,6,7,8,9,10,11,12]');
        DROP TABLE o";
    let mut n_full = 0;
    for n_pages in 3..40 {
        let limited = format!("PRAGMA max_page_count = {n_pages}; {body}");
        let project = Project::of_upgrades(&["CREATE TABLE first(x)", &limited])
            .prepare("CREATE TABLE o(x); INSERT INTO o VALUES (1)");
        match project.upgrade(&Options::default()) {
            Ok(_) => assert_eq!(project.summary(), "a first @ r2"),
            Err(err) => {
                n_full += 1;
                assert!(err.to_string().ends_with("were rolled back"), "{err}");
                assert_eq!(project.summary(), "o @ no version table");
            }
        }
        assert_eq!(project.query("SELECT integrity_check FROM pragma_integrity_check"), "ok");
    }
    assert!(n_full > 5, "{n_full}");
}

#[test]
fn a_commit_that_is_refused_is_rolled_back() {
    // The new table satisfies the children, but RENAME does not count back what DROP counted.
    let body = format!("PRAGMA defer_foreign_keys = ON; {REBUILD}");
    let family = FAMILY.replace("ON DELETE CASCADE", "");
    let project =
        Project::new(vec![with_mode(revision("r1", &body, ""), false, true)]).prepare(&family);
    let err = project.upgrade(&Options::default()).unwrap_err();
    let Failure::Commit { outcome: CommitOutcome::NotApplied, .. } = &err.failure else {
        panic!("{err:?}")
    };
    assert_eq!(err.to_string(), "the transaction could not be committed; `r1` was rolled back");
    assert_eq!(project.summary(), "c p @ no version table");
}

#[test]
fn settings_do_not_leak_into_the_next_body() {
    let project = Project::of_upgrades(&[
        "PRAGMA legacy_alter_table = ON; PRAGMA ignore_check_constraints = ON",
        "INSERT INTO t VALUES (0)",
    ])
    .prepare("CREATE TABLE t(x CHECK (x > 0))");
    let err = project.upgrade(&Options::default()).unwrap_err();
    assert!(err.to_string().starts_with("revision `r2` failed at statement 1 of 1"), "{err}");
}

#[test]
fn settings_do_not_leak_into_the_next_transaction() {
    let project = Project::of_upgrades(&[
        "PRAGMA locking_mode = EXCLUSIVE; PRAGMA max_page_count = 9; CREATE TABLE a(x)",
        "CREATE TABLE b(x); INSERT INTO b SELECT zeroblob(4000) FROM json_each('[1,2,3,4,5,6,7,8,9]')",
    ]);
    let options = Options { transaction: TransactionMode::Revision, ..Options::default() };
    project.upgrade(&options).unwrap();
    assert_eq!(project.summary(), "a b @ r2");
}

#[test]
fn temporary_tables_do_not_leak_into_the_next_body() {
    let body = "CREATE TEMP TABLE scratch(id INTEGER PRIMARY KEY AUTOINCREMENT);
        CREATE TEMP TABLE \"a \"\"b\"(x); CREATE TEMP VIEW w AS SELECT * FROM scratch;
        CREATE TEMP TRIGGER g AFTER INSERT ON t BEGIN INSERT INTO scratch VALUES (NULL); END;
        INSERT INTO t VALUES (1);";
    let project = Project::of_upgrades(&[body, body]).prepare("CREATE TABLE t(x)");
    project.upgrade(&Options::default()).unwrap();
    assert_eq!(project.summary(), "t @ r2");
}

#[test]
fn a_wal_database_stays_one() {
    let project =
        Project::of_upgrades(&[REBUILD]).prepare(&format!("PRAGMA journal_mode = WAL; {FAMILY}"));
    project.upgrade(&Options::default()).unwrap();
    assert_eq!(project.query("SELECT journal_mode FROM pragma_journal_mode"), "wal");
    assert_eq!(project.summary(), "c p @ r1");
    assert_eq!(contents(&project).len(), 1);
}

#[test]
fn events_tell_what_happens() {
    let project = Project::of_upgrades(&["CREATE TABLE a(x); INSERT INTO a VALUES (1), (2)"]);
    let mut events = Vec::new();
    let mut observer = |event: &Event<'_>| {
        events.push(match event {
            Event::RunStarted { revisions } => format!("run {}", revisions.len()),
            Event::PlanStarted { revisions, .. } => format!("plan {}", revisions.len()),
            Event::StepStarted { revision, n_statements, .. } => {
                format!("step {} {n_statements}", revision.id)
            }
            Event::StatementStarted { sql, number } => format!("{number} {sql}"),
            Event::StatementFinished { n_changes, .. } => format!("changed {n_changes}"),
            Event::StepFinished { n_changes, .. } => format!("done {n_changes}"),
            Event::Committed { revisions } => format!("committed {}", revisions.len()),
            other => format!("{other:?}"),
        });
    };
    project.run_to(1, &Options::default(), &mut observer).unwrap();
    assert_eq!(
        events,
        [
            "run 1",
            "plan 1",
            "step r1 2",
            "1 CREATE TABLE a(x)",
            "changed 0",
            "2 INSERT INTO a VALUES (1), (2)",
            "changed 2",
            "done 2",
            "committed 1",
        ]
    );
}

#[test]
fn a_run_in_several_transactions_is_told_of_once() {
    let project = Project::of_upgrades(&["CREATE TABLE a(x)", "CREATE TABLE b(x)"]);
    let mut events = Vec::new();
    let mut observer = |event: &Event<'_>| match event {
        Event::RunStarted { revisions } => events.push(format!("run {}", revisions.len())),
        Event::PlanStarted { revisions, .. } => events.push(format!("plan {}", revisions.len())),
        _ => {}
    };
    let options = Options { transaction: TransactionMode::Revision, ..Options::default() };
    project.run_to(2, &options, &mut observer).unwrap();
    assert_eq!(events, ["run 2", "plan 1", "plan 1"]);
}

#[test]
fn with_foreign_keys_a_table_that_is_not_there_can_be_dropped_if_it_exists() {
    let body = "DROP TABLE IF EXISTS gone; CREATE TABLE a(x)";
    let project = Project::new(vec![with_mode(revision("r1", body, ""), false, true)]).prepare(
        "CREATE TABLE c(x REFERENCES gone(id) ON DELETE CASCADE); INSERT INTO c VALUES (NULL)",
    );
    project.upgrade(&Options::default()).unwrap();
    assert_eq!(project.summary(), "a c @ r1");
}
