//! Revisions run in a scratch database.

use super::*;
use crate::db::Scratch;
use crate::graph::RevisionIndex;

const REPLAY: Replay<'_> =
    Replay { version_table: "alembic_version", log: true, extensions: &[], beside: &[] };

fn replay(project: &Project) -> Result<Scratch, ReplayError> {
    let heads = project.graph.real_heads();
    REPLAY.run(&project.graph, &heads)
}

/// The names of the objects but for migrator's own, or the error.
fn objects(scratch: &Scratch) -> String {
    let is_own = |it: &str| ["alembic_version", "migrator_log"].contains(&it);
    let objects = scratch.database().schema_objects(&is_own).unwrap();
    objects.iter().map(|it| it.name.as_str()).collect::<Vec<_>>().join(" ")
}

/// `bodies` are those of a line of revisions.
#[track_caller]
fn check(bodies: &[&str], expected: &str) {
    let revisions: Vec<Revision> = (1..)
        .zip(bodies)
        .map(|(n, body)| {
            let mut revision = revision(&format!("r{n}"), body, "DROP TABLE t;");
            if n > 1 {
                revision.down_revisions = vec![RevisionId::new(&format!("r{}", n - 1)).unwrap()];
                revision.spans.down_revisions = vec![std::ops::Range::default()];
            }
            let autocommit = body.contains("autocommit");
            with_mode(revision, autocommit, body.contains("enforced"))
        })
        .collect();
    let found = match replay(&Project::new(revisions)) {
        Ok(scratch) => objects(&scratch),
        Err(err) => match &err.failure {
            Failure::Statement { location, source, .. } => {
                let (line, column) = location.line_column();
                format!("{err} | {line}:{column} {source}")
            }
            _ => err.to_string(),
        },
    };
    assert_eq!(found, expected);
}

#[test]
fn the_revisions_make_their_objects() {
    check(&["CREATE TABLE t(a);", "CREATE INDEX i ON t(a); CREATE VIEW v AS SELECT 1;"], "t i v");
    check(&[], "");
}

#[test]
fn every_kind_of_body_runs() {
    check(
        &[
            FAMILY,
            REBUILD,
            "-- autocommit\nVACUUM; PRAGMA journal_mode = WAL; BEGIN; CREATE TABLE x(a); COMMIT;",
            "-- enforced\nDELETE FROM p WHERE id = 1;",
            "INSERT INTO x SELECT count(*) FROM c; CREATE TABLE ok(a CHECK (a = 1));
             INSERT INTO ok SELECT a FROM x;",
        ],
        "c p x ok",
    );
}

#[test]
fn settings_and_temporary_tables_do_not_reach_the_next_body() {
    check(
        &[
            "PRAGMA writable_schema = ON; CREATE TEMP TABLE t(a);",
            "CREATE TABLE t(a);",
            "INSERT INTO t VALUES (1); CREATE TABLE main.u AS SELECT * FROM main.t;",
        ],
        "t u",
    );
}

#[test]
fn a_body_finds_the_version_table_as_it_would_be() {
    check(
        &[
            "CREATE TABLE seen(version CHECK (version = 'r1'));",
            "INSERT INTO seen SELECT version_num FROM alembic_version;
             INSERT INTO seen SELECT 'r1' FROM migrator_log;",
        ],
        "seen",
    );
}

#[test]
fn the_rows_say_the_end() {
    let project = Project::of_upgrades(&["CREATE TABLE t(a);"]);
    let scratch = replay(&project).unwrap();
    let rows = crate::db::VersionTable::new("alembic_version").rows(scratch.database());
    assert_eq!(rows.unwrap(), ["r1"]);
}

#[test]
fn what_the_application_has_is_stubbed() {
    check(&["CREATE TABLE t(a CHECK (is_ok(a)) COLLATE app);", "CREATE INDEX i ON t(a);"], "t i");
}

#[test]
fn an_error_has_its_place() {
    check(
        &["CREATE TABLE t(a);", "SELECT 1;\nSELECT\n  nope FROM t;"],
        "cannot replay the revisions: revision `r2` failed at statement 2 of 2 | 5:3 no such column: \
         nope",
    );
    check(
        &["CREATE TABLE t(a); BEGIN;"],
        "cannot replay the revisions: the revisions have statements that cannot run inside a \
         transaction",
    );
    check(
        &["-- autocommit\nBEGIN;"],
        "cannot replay the revisions: revision `r1` left a transaction open",
    );
    check(
        &["CREATE TABLE t(a UNIQUE ON CONFLICT ROLLBACK); INSERT INTO t VALUES (1), (1);"],
        "cannot replay the revisions: revision `r1` failed at statement 2 of 2 | 3:48 UNIQUE \
         constraint failed: t.a",
    );
}

#[test]
fn one_body_runs_alone() {
    let project =
        Project::new(vec![revision("a", "CREATE TABLE t(a);", "DROP TABLE t; SELECT x;")]);
    let scratch = REPLAY.start().unwrap();
    let only = RevisionIndex::from_usize(0);
    let run = |direction| run_in_memory(&scratch, &project.graph, only, direction);
    run(Direction::Upgrade).unwrap();
    assert_eq!(objects(&scratch), "t");
    let err = run(Direction::Downgrade).unwrap_err();
    assert_eq!(err.to_string(), "revision `a` failed at statement 2 of 2");
    assert_eq!(objects(&scratch), "t");
}

#[test]
fn directives_are_evaluated_before_one_body() {
    let upgrade = "CREATE TABLE t(a); INSERT INTO t VALUES (slug('x')), (2);";
    let directive = "-- migrate:refuse-if rows of t are too many: SELECT a FROM t WHERE a > slug(1)
DROP TABLE t;";
    let project = Project::new(vec![revision("a", &upgrade.replace("slug('x')", "1"), directive)]);
    let scratch = REPLAY.start().unwrap();
    let only = RevisionIndex::from_usize(0);
    let run = |direction| run_in_memory(&scratch, &project.graph, only, direction);
    assert_eq!(run(Direction::Upgrade).unwrap(), 2);
    let err = run(Direction::Downgrade).unwrap_err();
    let Failure::Directive { source, .. } = err else { panic!("{err}") };
    assert_eq!(source.message, "`slug` is a function that only the application has");
}
