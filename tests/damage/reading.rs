//! Reading leaves no file and changes no byte.

use super::project::{Journal, Project};

/// Commands that read, rehearse or print.
const COMMANDS: [&[&str]; 17] = [
    &["current"],
    &["current", "-v"],
    &["current", "--check-heads"],
    &["heads"],
    &["branches"],
    &["history"],
    &["history", "-i"],
    &["history", "-r", "current:heads"],
    &["show", "current"],
    &["upgrade", "--sql"],
    &["downgrade", "r2:base", "--sql"],
    &["stamp", "heads", "--sql"],
    &["upgrade", "--dry-run"],
    &["downgrade", "base", "--dry-run"],
    &["verify"],
    &["verify", "--database"],
    &["verify", "--database", "--json", "r1"],
];

fn project() -> Project {
    Project::new().revision("r1", "", "CREATE TABLE a(x);", "DROP TABLE a;").revision(
        "r2",
        "down_revision = \"r1\"",
        "CREATE TABLE b(x); INSERT INTO a VALUES (1);",
        "DROP TABLE b; DELETE FROM a;",
    )
}

fn check_unchanged(project: &Project, with_database: bool) {
    let before = project.bytes();
    for args in COMMANDS {
        let ran = project.run(args);
        let expected = match args {
            ["current", "--check-heads"] if with_database => Some(1),
            // Some need a database, and do not make it.
            _ if with_database => Some(0),
            _ => ran.code.filter(|it| [0, 2].contains(it)),
        };
        assert_eq!(ran.code, expected, "{args:?}: {ran}");
        let after = project.bytes();
        let names = |files: &[(std::path::PathBuf, Vec<u8>)]| -> Vec<_> {
            files.iter().map(|it| it.0.clone()).collect()
        };
        assert_eq!(names(&after), names(&before), "{args:?}");
        for (now, then) in after.iter().zip(&before) {
            // What processes share about a log while they use it is no content.
            let is_shared_memory = now.0.extension().is_some_and(|it| it == "db-shm");
            assert!(is_shared_memory || now == then, "{args:?} changed {}", now.0.display());
        }
    }
}

#[test]
fn a_database_that_is_not_there_is_not_made() {
    check_unchanged(&project(), false);
}

#[test]
fn an_empty_file_stays_empty() {
    let project = project();
    project.write("app.db", "");
    let before = project.bytes();
    for args in COMMANDS {
        project.run(args);
        assert_eq!(project.bytes(), before, "{args:?}");
    }
}

#[test]
fn a_database_stays_as_it_is() {
    for journal in Journal::BOTH {
        let project = project().database(journal, "CREATE TABLE t(a); INSERT INTO t VALUES (1);");
        project.run(&["upgrade", "r1"]).exits(0);
        check_unchanged(&project, true);
    }
}

#[test]
fn a_log_that_others_are_using_stays_as_it_is() {
    let project = project().database(Journal::Wal, "");
    project.run(&["upgrade", "r1"]).exits(0);
    let other = project.connect();
    other.execute_batch("CREATE TABLE t(a); INSERT INTO t VALUES (1);").unwrap();
    assert!(project.path("app.db-wal").metadata().unwrap().len() > 0);
    check_unchanged(&project, true);
    drop(other);
}

#[test]
fn a_log_that_a_crash_left_stays_as_it_is() {
    let living = project().database(Journal::Wal, "");
    living.run(&["upgrade", "r1"]).exits(0);
    let other = living.connect();
    other.execute_batch("CREATE TABLE t(a); INSERT INTO t VALUES (1);").unwrap();
    let crashed = living.copy();
    drop(other);
    assert!(crashed.path("app.db-wal").metadata().unwrap().len() > 0);
    check_unchanged(&crashed, true);
    // The next one that writes takes it up.
    crashed.run(&["upgrade"]).exits(0);
    assert!(!crashed.path("app.db-wal").exists());
    assert_eq!(crashed.query("SELECT count(*) FROM t"), "1");
}

#[test]
fn a_stamp_or_an_upgrade_with_nothing_to_do_changes_nothing() {
    for journal in Journal::BOTH {
        let project = project().database(journal, "");
        project.run(&["upgrade"]).exits(0);
        let before = project.bytes();
        for args in [
            &["upgrade"][..],
            &["upgrade", "r1"],
            &["downgrade", "r2"],
            &["stamp", "head"],
            &["ensure-version"],
        ] {
            project.run(args).exits(0);
            assert!(project.bytes() == before, "{args:?}");
        }
    }
}
