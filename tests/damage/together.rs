//! Runs that start at once: one applies, the others wait and find nothing to do.

use std::time::Duration;

use super::content::content;
use super::kill::can_inject;
use super::project::{Journal, Project, binary, finish};

const N_RUNS: usize = 8;

/// How many revisions; each counts itself, so that one that ran twice shows.
const N_REVISIONS: usize = 30;

/// A counter to add to.
const START: &str = "CREATE TABLE k(n INTEGER NOT NULL); INSERT INTO k VALUES (0);";

/// `r1` to `r30`, which count themselves. The header of the revision in the middle has this line,
/// and its body this statement.
fn project(config: &str, header_of_middle: &str, body_of_middle: &str) -> Project {
    let mut project = Project::with_config(config, "busy_timeout = \"120s\"");
    for n in 1..=N_REVISIONS {
        let mut header =
            if n == 1 { String::new() } else { format!("down_revision = \"r{:02}\"\n", n - 1) };
        let mut upgrade = format!("UPDATE k SET n = n + 1;\nCREATE TABLE t{n}(a);");
        if n == N_REVISIONS / 2 {
            header.push_str(header_of_middle);
            upgrade.push_str(body_of_middle);
        }
        let downgrade = format!("UPDATE k SET n = n - 1;\nDROP TABLE t{n};");
        project = project.revision(&format!("r{n:02}"), &header, &upgrade, &downgrade);
    }
    project
}

/// Starts all runs, and fails unless all of them succeed and one did each thing.
fn run_together(project: &Project, args: &[&str], verb: &str, n_expected: usize) {
    let runs: Vec<_> = (0..N_RUNS).map(|_| project.migrator(args).spawn().unwrap()).collect();
    let runs: Vec<_> = runs.into_iter().map(finish).collect();
    let mut n_lines = 0;
    for ran in runs {
        let ran = ran.exits(0);
        n_lines += ran.stderr.lines().filter(|it| it.starts_with(verb)).count();
    }
    assert_eq!(n_lines, n_expected);
}

fn upgrade_together(project: &Project) {
    run_together(project, &["upgrade"], "upgrade r", N_REVISIONS);
    assert_eq!(project.query("SELECT n FROM k"), N_REVISIONS.to_string());
    assert_eq!(project.rows(), format!("r{N_REVISIONS}"));
    let logged = "SELECT group_concat(revision) FROM migrator_log";
    let expected: Vec<_> = (1..=N_REVISIONS).map(|n| format!("r{n:02}")).collect();
    assert_eq!(project.query(logged), expected.join(","));
    content(&project.connect());
    // Nothing is left beside it, but a backup of each that did something.
    let names = std::fs::read_dir(project.path("")).unwrap();
    let names: Vec<_> = names.map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
    let n_backups = names.iter().filter(|it| it.contains(".bak")).count();
    assert!(names.len() - n_backups == 3 && n_backups <= N_RUNS, "{names:?}");
}

#[test]
fn each_body_runs_once_in_one_transaction() {
    for journal in Journal::BOTH {
        let project = project("", "", "").database(journal, START);
        upgrade_together(&project);
        run_together(&project, &["downgrade", "base"], "downgrade r", N_REVISIONS);
        assert_eq!(project.query("SELECT n FROM k"), "0");
        assert_eq!(project.rows(), "");
    }
}

#[test]
fn each_body_runs_once_in_a_transaction_each() {
    for journal in Journal::BOTH {
        upgrade_together(&project("transaction = \"revision\"", "", "").database(journal, START));
    }
}

#[test]
fn each_body_runs_once_with_one_outside_a_transaction() {
    for journal in Journal::BOTH {
        upgrade_together(&project("", "transaction = false", "VACUUM;").database(journal, START));
    }
}

#[test]
fn each_body_runs_once_with_one_under_foreign_keys() {
    upgrade_together(&project("", "foreign_keys = true", "").database(Journal::Delete, START));
}

#[test]
fn each_body_runs_once_where_one_drops_a_table() {
    for journal in Journal::BOTH {
        let rebuild = "CREATE TABLE k2(n INTEGER NOT NULL); INSERT INTO k2 SELECT n FROM k;
                       DROP TABLE k; ALTER TABLE k2 RENAME TO k;";
        upgrade_together(&project("", "", rebuild).database(journal, START));
    }
}

#[test]
fn a_database_is_made_once() {
    for mode in ["", "transaction = false"] {
        let project = project("", mode, "").revision("r00", "", START, "DROP TABLE k;");
        // The first one follows it.
        let first = std::fs::read_to_string(project.path("versions/r01.sql")).unwrap();
        let first = first.replace(
            "-- message = \"r01\"\n",
            "-- message = \"r01\"\n-- down_revision = \"r00\"\n",
        );
        project.write("versions/r01.sql", first);
        run_together(&project, &["upgrade"], "upgrade r", N_REVISIONS + 1);
        assert_eq!(project.query("SELECT n FROM k"), N_REVISIONS.to_string());
        content(&project.connect());
    }
}

#[test]
fn steps_are_counted_from_where_each_run_began() {
    // Whoever sees the rows of another's step has its own target from before: none goes further
    // than one step.
    let project = project("", "", "").database(Journal::Wal, START);
    project.run(&["upgrade", "r05"]).exits(0);
    let blocker = project.connect();
    blocker.execute_batch("BEGIN IMMEDIATE").unwrap();
    let runs: Vec<_> =
        (0..N_RUNS).map(|_| project.migrator(&["upgrade", "+1"]).spawn().unwrap()).collect();
    let mut runs: Vec<_> = runs.into_iter().collect();
    // All have looked at the rows once they say that they wait.
    for run in &mut runs {
        await_line(run, "waiting");
    }
    blocker.execute_batch("ROLLBACK").unwrap();
    for run in runs {
        finish(run).exits(0);
    }
    assert_eq!((project.rows(), project.query("SELECT n FROM k")), ("r06".into(), "6".into()));
}

/// Reads standard error up to a line that holds `text`.
pub fn await_line(child: &mut std::process::Child, text: &str) {
    use std::io::Read as _;
    let stderr = child.stderr.as_mut().unwrap();
    let mut read = String::new();
    let mut byte = [0];
    while !(read.ends_with('\n') && read.contains(text)) {
        assert_eq!(stderr.read(&mut byte).unwrap(), 1, "it ended after {read}");
        read.push(char::from(byte[0]));
    }
}

/// What is read of the version table and of the schema may be of two moments.
#[test]
fn a_run_while_it_is_looked_at_is_nothing_that_is_wrong() {
    if !can_inject("a run between two looks") {
        return;
    }
    // The second time is that of the schema; `verify` copies twice.
    for args in [["status"].as_slice(), &["check", "--database"], &["verify", "--database"]] {
        let project = Project::new().line(&["CREATE TABLE a(x);", "CREATE TABLE b(x);"]);
        project.run(&["upgrade", "r1"]).exits(0);
        let mut looking = project.command("strace");
        looking.args(["-f", "-qq", "-o", "/dev/null", "-P"]).arg(project.db());
        looking.args(["-e", "inject=openat:delay_enter=1500000:when=2"]).arg(binary()).args(args);
        let looking = looking.spawn().unwrap();
        std::thread::sleep(Duration::from_millis(700));
        project.run(&["upgrade"]).exits(0);
        let ran = finish(looking).exits(0);
        let said = format!("{}{}", ran.stdout, ran.stderr);
        assert!(said.contains("r2") && !said.contains("r1"), "{said}");
    }
}

/// In its middle the version table does not say that anything runs.
#[test]
fn a_rehearsal_waits_for_a_body_outside_a_transaction() {
    let body = "CREATE TABLE first(x);
                SELECT count(*) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL
                SELECT i + 1 FROM n WHERE i < 6000000) SELECT i FROM n);
                CREATE TABLE second(x);";
    let project = Project::new()
        .revision("r1", "transaction = false", body, "DROP TABLE second; DROP TABLE first;")
        .database(Journal::Wal, "CREATE TABLE a(x);");
    let mut run = project.migrator(&["upgrade"]).spawn().unwrap();
    let reader = project.connect();
    reader.busy_timeout(Duration::from_mins(1)).unwrap();
    let is_begun = "SELECT count(*) FROM sqlite_schema WHERE name = 'first'";
    while reader.query_row(is_begun, [], |row| row.get::<_, i64>(0)).unwrap() == 0 {
        assert!(run.try_wait().unwrap().is_none());
        std::thread::sleep(Duration::from_millis(5));
    }
    project.run(&["verify", "--database"]).exits(0).says(&["waiting", "nothing to do"]);
    finish(run).exits(0);
}
