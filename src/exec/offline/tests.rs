//! What scripts look like, and what the `sqlite3` shell makes of them where there is one.

use std::io::Write as _;
use std::process::{Command, Stdio};

use super::*;
use crate::audit::LogDirection;
use crate::exec::testing::{Options, Project, revision};
use crate::revision::{Revision, RevisionId, RunMode};

const OFFLINE: Offline<'_> = Offline {
    version_table: "alembic_version",
    log: false,
    transaction: TransactionMode::Run,
    tag: None,
};

fn with_mode(revision: Revision, autocommit: bool, foreign_keys: bool) -> Revision {
    Revision { mode: RunMode { autocommit, foreign_keys }, ..revision }
}

/// Pipes a script into the shell; `None` where there is none, else whether it succeeded and what it
/// said.
fn pipe(project: &Project, script: &str) -> Option<(bool, String)> {
    let mut shell = Command::new("sqlite3")
        .arg("-batch")
        .arg(project.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    // It stops reading at an error.
    shell.stdin.take().unwrap().write_all(script.as_bytes()).ok();
    let output = shell.wait_with_output().unwrap();
    Some((output.status.success(), String::from_utf8(output.stderr).unwrap()))
}

fn rows(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|&it| it.to_owned()).collect()
}

/// Pipes the script from `start` to the first `n_wanted` revisions; `error` is a part of what the
/// shell says, or empty where it should succeed.
#[track_caller]
fn check(project: &Project, start: &[&str], n_wanted: u32, error: &str, summary: &str) {
    let offline = Offline { log: true, ..OFFLINE };
    let text = script(&offline, &project.graph, project.plan(&rows(start), n_wanted)).unwrap();
    let Some((is_success, said)) = pipe(project, &text) else { return };
    assert_eq!(is_success, error.is_empty(), "{said}");
    assert!(said.contains(error), "{said}");
    assert_eq!(project.summary(), summary);
}

#[test]
fn a_script_shows_what_would_run() {
    let project = Project::of_upgrades(&["CREATE TABLE a(x) -- a comment\n;\n\nSELECT ';' -- end"]);
    let text = script(&OFFLINE, &project.graph, project.plan(&[], 1)).unwrap();
    assert_eq!(
        text,
        r#".bail on

PRAGMA foreign_keys = OFF;
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num));
CREATE TABLE temp._migrator_guard (ok CONSTRAINT "alembic_version must be empty" CHECK (ok));
INSERT INTO temp._migrator_guard SELECT count(*) = 0 FROM alembic_version;
DROP TABLE temp._migrator_guard;
CREATE TABLE temp._migrator_violations AS SELECT "table", "rowid" AS "row", parent FROM pragma_foreign_key_check;

-- Running upgrade  -> r1, what r1 does

CREATE TABLE a(x);
SELECT ';';
INSERT INTO alembic_version (version_num) VALUES ('r1');

CREATE TABLE temp._migrator_guard (ok CONSTRAINT "rows would violate foreign keys" CHECK (ok));
INSERT INTO temp._migrator_guard SELECT 0 FROM (SELECT "table", "rowid", parent FROM pragma_foreign_key_check EXCEPT SELECT "table", "row", parent FROM temp._migrator_violations) LIMIT 1;
DROP TABLE temp._migrator_guard;
DROP TABLE temp._migrator_violations;
COMMIT;

"#
    );
}

#[test]
fn nothing_to_do_is_no_script() {
    let project = Project::of_upgrades(&[]);
    assert_eq!(script(&OFFLINE, &project.graph, project.plan(&[], 0)).unwrap(), "");
}

#[test]
fn what_cannot_run_is_no_script() {
    let project = Project::of_upgrades(&["COMMIT"]);
    let err = script(&OFFLINE, &project.graph, project.plan(&[], 1)).unwrap_err();
    assert!(matches!(err.failure, Failure::Forbidden { .. }));
}

#[test]
fn a_script_runs_once() {
    let project = Project::of_upgrades(&[
        "CREATE TABLE a(x);\nINSERT INTO a VALUES ('it''s; -- odd\n.bail off\n')",
        "CREATE TABLE b(x); CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; SELECT 2; END",
    ]);
    check(&project, &[], 2, "", "a b @ r2");
    check(&project, &[], 2, "CHECK constraint failed: alembic_version must be empty", "a b @ r2");
    check(&project, &["r1"], 2, "alembic_version must hold exactly r1", "a b @ r2");
    if project.path().exists() {
        assert_eq!(project.query("SELECT count(*) FROM migrator_log"), "2");
    }
}

#[test]
fn migrator_goes_on_where_a_script_stopped_and_the_other_way_round() {
    let project =
        Project::of_upgrades(&["CREATE TABLE a(x)", "CREATE TABLE b(x)", "CREATE TABLE c(x)"]);
    project.run_to(1, &Options::default(), &mut crate::exec::event::Silent).unwrap();
    check(&project, &["r1"], 2, "", "a b @ r2");
    if project.summary() == "a b @ r2" {
        project.upgrade(&Options::default()).unwrap();
        assert_eq!(project.summary(), "a b c @ r3");
    }
}

#[test]
fn a_statement_that_fails_leaves_nothing() {
    let project = Project::of_upgrades(&["CREATE TABLE a(x)", "CREATE TABLE b(x); SELECT nope"])
        .prepare("CREATE TABLE o(x)");
    check(&project, &[], 2, "no such column: nope", "o @ no version table");
}

#[test]
fn a_rebuild_keeps_the_children_and_a_new_violation_is_rolled_back() {
    let family = "CREATE TABLE p(id INTEGER PRIMARY KEY);
        CREATE TABLE c(id INTEGER PRIMARY KEY, p REFERENCES p(id) ON DELETE CASCADE);
        INSERT INTO p VALUES (1); INSERT INTO c VALUES (10, 1), (11, 99);";
    let rebuild = "CREATE TABLE n(id INTEGER PRIMARY KEY); INSERT INTO n SELECT id FROM p;
        DROP TABLE p; ALTER TABLE n RENAME TO p";
    let project = Project::of_upgrades(&[rebuild, "DELETE FROM p"]).prepare(family);
    check(&project, &[], 1, "", "c p @ r1");
    assert_eq!(project.query("SELECT count(*) FROM c"), "2");
    check(&project, &["r1"], 2, "rows would violate foreign keys", "c p @ r1");
}

#[test]
fn revisions_with_a_mode_have_their_own_part() {
    let project = Project::new(vec![
        revision("r1", "CREATE TABLE a(x); PRAGMA legacy_alter_table = ON", ""),
        with_mode(revision("r2", "PRAGMA journal_mode = WAL; VACUUM", ""), true, false),
        with_mode(revision("r3", "CREATE TABLE b(x)", ""), false, true),
    ]);
    let text = script(&OFFLINE, &project.graph, project.plan(&[], 3)).unwrap();
    let parts: Vec<_> = text
        .lines()
        .filter(|it| {
            ["PRAGMA f", "PRAGMA l", "PRAGMA j", "BEGIN", "COMMIT", "-- "]
                .iter()
                .any(|start| it.starts_with(start))
        })
        .collect();
    assert_eq!(
        parts,
        [
            "PRAGMA foreign_keys = OFF;",
            "BEGIN IMMEDIATE;",
            "-- Running upgrade  -> r1, what r1 does",
            "PRAGMA legacy_alter_table = ON;",
            "PRAGMA legacy_alter_table = 0;",
            "COMMIT;",
            "PRAGMA foreign_keys = OFF;",
            "BEGIN IMMEDIATE;",
            "COMMIT;",
            "-- Running upgrade  -> r2, what r2 does",
            "PRAGMA journal_mode = WAL;",
            "PRAGMA legacy_alter_table = 0;",
            "BEGIN IMMEDIATE;",
            "COMMIT;",
            "PRAGMA foreign_keys = ON;",
            "BEGIN IMMEDIATE;",
            "-- Running upgrade  -> r3, what r3 does",
            "COMMIT;",
        ]
    );
    check(&project, &[], 3, "", "a b @ r3");
}

#[test]
fn a_downgrade_is_a_script_too() {
    let project = Project::new(vec![revision("r1", "CREATE TABLE a(x)", "DROP TABLE a")]);
    check(&project, &[], 1, "", "a @ r1");
    check(&project, &["r1"], 0, "", " @ ");
}

#[test]
fn a_stamp_is_a_script_too() {
    let id = |text: &str| RevisionId::new(text).unwrap();
    let direction = LogDirection::Stamp;
    let note = Note { revision: "x".to_owned(), direction, checksum: None };
    let stamp = Stamp { writes: vec![RowWrite::Insert(id("x"))], notes: vec![note] };
    let offline = Offline { log: true, ..OFFLINE };
    let project = Project::of_upgrades(&[]).prepare("CREATE TABLE o(x)");
    if pipe(&project, &stamp_script(&offline, &project.graph, &[], false, &stamp))
        == Some((true, String::new()))
    {
        assert_eq!(project.summary(), "o @ x");
        let (is_success, _) =
            pipe(&project, &stamp_script(&offline, &project.graph, &[], false, &stamp)).unwrap();
        assert!(!is_success);
        let purged =
            pipe(&project, &stamp_script(&offline, &project.graph, &[], true, &stamp)).unwrap();
        assert_eq!(purged, (true, String::new()));
        assert_eq!(project.summary(), "o @ x");
    }
}

#[test]
fn a_script_does_not_drop_a_parent_whose_children_would_go_with_it() {
    let family = "CREATE TABLE p(id INTEGER PRIMARY KEY);
        CREATE TABLE c(id INTEGER PRIMARY KEY, p REFERENCES p(id) ON DELETE CASCADE);
        INSERT INTO p VALUES (1); INSERT INTO c VALUES (10, 1);";
    let project = |body: &str, autocommit| {
        Project::new(vec![with_mode(revision("r1", body, ""), autocommit, true)]).prepare(family)
    };
    for autocommit in [false, true] {
        for drop in ["DROP TABLE p", "drop table if exists main.\"P\""] {
            let project = project(drop, autocommit);
            let message = ", which would change rows of other tables";
            let rows = if autocommit { "" } else { "no version table" };
            check(&project, &[], 1, message, &format!("c p @ {rows}"));
        }
        check(&project("DROP TABLE c; DROP TABLE p", autocommit), &[], 1, "", " @ r1");
        check(&project("DROP TABLE IF EXISTS q", autocommit), &[], 1, "", "c p @ r1");
    }
    // Whoever turns enforcement on by hand gets the same.
    let body = "PRAGMA foreign_keys = ON; DROP TABLE p";
    let outside = Project::new(vec![with_mode(revision("r1", body, ""), true, false)]);
    check(&outside.prepare(family), &[], 1, "would change rows of other tables", "c p @ ");
    let body = "DROP TABLE p";
    let outside = Project::new(vec![with_mode(revision("r1", body, ""), true, false)]);
    check(&outside.prepare(family), &[], 1, "", "c @ r1");
}

#[test]
fn settings_that_a_body_outside_a_transaction_left_end_with_it() {
    let body = "CREATE TABLE a(x CHECK (x > 0)); PRAGMA ignore_check_constraints = ON";
    let project = Project::new(vec![
        with_mode(revision("r1", body, ""), true, false),
        revision("r2", "INSERT INTO a VALUES (-1)", ""),
    ]);
    check(&project, &[], 2, "CHECK constraint failed", "a @ r1");
}

/// A table, and a body that wants it clean.
const PICKY: [&str; 2] = [
    "CREATE TABLE a(x); INSERT INTO a VALUES (1)",
    "-- migrate:refuse-if rows of \"a\" are too big: SELECT x FROM a WHERE x > 1; -- see above\n\
     -- migrate:warn-if rows of a are gone: SELECT x FROM a\r\n\
     DROP TABLE a",
];

#[test]
fn a_script_refuses_what_a_body_refuses() {
    let project = Project::of_upgrades(&PICKY);
    let text = script(&OFFLINE, &project.graph, project.plan(&rows(&["r1"]), 2)).unwrap();
    assert!(
        text.contains(
            r#"
-- Running upgrade  -> r2, what r2 does

CREATE TABLE temp._migrator_guard (ok CONSTRAINT "r2: rows of ""a"" are too big" CHECK (ok));
INSERT INTO temp._migrator_guard SELECT 0 WHERE EXISTS (SELECT x FROM a WHERE x > 1);
DROP TABLE temp._migrator_guard;
-- migrate:warn-if rows of a are gone: SELECT x FROM a
DROP TABLE a;
"#
        ),
        "{text}"
    );
    let big = Project::of_upgrades(&PICKY).prepare("CREATE TABLE b(x)");
    check(&big, &[], 1, "", "a b @ r1");
    if big.summary() == "a b @ r1" {
        big.connect().execute("UPDATE a SET x = 2", []).unwrap();
        check(&big, &["r1"], 2, "CHECK constraint failed: r2: rows of \"a\" are", "a b @ r1");
        big.connect().execute("UPDATE a SET x = 1", []).unwrap();
        check(&big, &["r1"], 2, "", "b @ r2");
    }
}
