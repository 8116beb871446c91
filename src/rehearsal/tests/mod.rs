//! Revisions with known faults: each is found, and nothing else.

mod chain;
mod invent;

use super::*;
use crate::exec::testing::revision;
use crate::revision::{Revision, RevisionId, RunMode};

/// A revision on top of others.
fn on(parents: &[&str], revision: Revision) -> Revision {
    let down_revisions: Vec<RevisionId> =
        parents.iter().map(|it| RevisionId::new(it).unwrap()).collect();
    let mut revision = Revision { down_revisions, ..revision };
    revision.spans.down_revisions = vec![std::ops::Range::default(); parents.len()];
    revision
}

fn with_mode(revision: Revision, autocommit: bool, foreign_keys: bool) -> Revision {
    Revision { mode: RunMode { autocommit, foreign_keys }, ..revision }
}

/// What is found wrong with each revision, one to a line: `b1 downgrade: + index i`. Those that are
/// fine are left out.
fn verify(revisions: Vec<Revision>) -> Vec<String> {
    let graph = RevisionGraph::new(revisions).unwrap();
    let replay =
        Replay { version_table: "alembic_version", log: true, extensions: &[], beside: &[] };
    let is_own = |it: &str| ["alembic_version", "migrator_log", "excluded"].contains(&it);
    let rehearsal = Rehearsal { graph: &graph, replay, by_order: false, is_excluded: &is_own };
    let tried = in_memory(&rehearsal, &[], &graph.real_heads()).unwrap();
    assert_eq!(tried.len(), graph.len());
    tried.iter().flat_map(|it| described(&graph, it)).collect()
}

fn described(graph: &RevisionGraph, tried: &Tried) -> Vec<String> {
    let id = graph.id(tried.revision);
    match &tried.verdict {
        Verdict::Fine => Vec::new(),
        Verdict::Irreversible => vec![format!("{id} irreversible")],
        Verdict::NotTried(reason) => vec![format!("{id} not tried: {}", graph.id(*reason))],
        Verdict::Failed(faults) => {
            assert!(!faults.is_empty());
            faults.iter().flat_map(|it| described_fault(id.as_str(), it)).collect()
        }
    }
}

fn described_fault(id: &str, fault: &Fault) -> Vec<String> {
    let phase = fault.phase.as_str();
    match &fault.finding {
        Finding::Failure(failure) => vec![format!("{id} {phase}: {}", failure.sentence())],
        Finding::Schema(lines) => {
            assert!(!lines.is_empty());
            let line = |it: &crate::diff::lines::Line| {
                let detail =
                    if it.detail.is_empty() { String::new() } else { format!(" {}", it.detail) };
                format!("{id} {phase}: {} {} {}{detail}", it.sign.symbol(), it.kind, it.name)
            };
            lines.iter().map(line).collect()
        }
    }
}

/// A line of revisions `r1`, `r2`, … with these bodies.
fn line(bodies: &[(&str, &str)]) -> Vec<Revision> {
    let revisions = (1..).zip(bodies).map(|(n, (up, down))| {
        let parent = format!("r{}", n - 1);
        let parents: &[&str] = if n == 1 { &[] } else { &[&parent] };
        on(parents, revision(&format!("r{n}"), up, down))
    });
    revisions.collect()
}

#[track_caller]
fn check(bodies: &[(&str, &str)], expected: &[&str]) {
    assert_eq!(verify(line(bodies)), expected);
}

const T: (&str, &str) = ("CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT)", "DROP TABLE t");

#[test]
fn what_goes_up_down_and_up_again_is_fine() {
    check(&[T, ("CREATE INDEX i ON t(b)", "DROP INDEX i")], &[]);
    check(&[], &[]);
    check(&[("", "")], &[]);
    let column = ("ALTER TABLE t ADD COLUMN c DEFAULT 'x'", "ALTER TABLE t DROP COLUMN c");
    check(&[T, column, column_by_rebuild()], &[]);
    let sequence = (
        "CREATE TABLE s(a INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO s DEFAULT VALUES",
        "DROP TABLE s",
    );
    check(&[T, sequence], &[]);
    let docs = ("CREATE VIRTUAL TABLE docs USING fts5(body)", "DROP TABLE docs");
    check(&[docs, T], &[]);
    check(
        &[T, ("CREATE TABLE excluded(a)", "")],
        &[
            "r2 upgrade again: revision `r2` failed at statement 1 of 1: table excluded already exists",
        ],
    );
}

/// A revision that rebuilds `t` in both directions; SQLite writes its name in quotes then.
fn column_by_rebuild() -> (&'static str, &'static str) {
    (
        "CREATE TABLE n(a INTEGER PRIMARY KEY, b TEXT NOT NULL, c DEFAULT 'x');
         INSERT INTO n SELECT * FROM t; DROP TABLE t; ALTER TABLE n RENAME TO t",
        "CREATE TABLE n(a INTEGER PRIMARY KEY, b TEXT, c DEFAULT 'x');
         INSERT INTO n SELECT * FROM t; DROP TABLE t; ALTER TABLE n RENAME TO t",
    )
}

#[test]
fn what_stays_goes_or_changes_is_named() {
    check(
        &[T, ("CREATE INDEX i ON t(b); CREATE VIEW v AS SELECT a FROM t", "DROP INDEX i")],
        &[
            "r2 downgrade: + view v",
            "r2 upgrade again: revision `r2` failed at statement 2 of 2: view v already exists",
        ],
    );
    check(
        &[T, ("ALTER TABLE t ADD COLUMN c", "ALTER TABLE t DROP COLUMN b")],
        &[
            "r2 downgrade: + column t.c",
            "r2 downgrade: - column t.b",
            "r2 upgrade again: revision `r2` failed at statement 1 of 1: duplicate column name: c",
        ],
    );
    check(
        &[T, ("DROP TABLE t", "CREATE TABLE t(a INTEGER PRIMARY KEY, b INTEGER)")],
        &["r2 downgrade: ~ column t.b now INTEGER, was TEXT"],
    );
    check(
        &[T, ("CREATE VIEW v AS SELECT a FROM t", "DROP VIEW v; DROP TABLE t")],
        &[
            "r2 downgrade: - table t",
            "r2 upgrade again: `v` would not compile any more: no such table: main.t",
        ],
    );
    check(
        &[("PRAGMA user_version = 7", "")],
        &["r1 downgrade: ~ pragma user_version now 7, was 0"],
    );
}

#[test]
fn what_the_second_upgrade_makes_otherwise_is_found() {
    check(
        &[T, ("CREATE TABLE IF NOT EXISTS u(a)", "CREATE TABLE w(a); DROP TABLE w; DROP TABLE u")],
        &[],
    );
    check(
        &[
            ("CREATE TABLE flag(a)", "DROP TABLE flag"),
            (
                "PRAGMA user_version = 1; CREATE TABLE u(a)",
                "PRAGMA user_version = 0; DROP TABLE u; INSERT INTO flag VALUES (1); CREATE INDEX
                 flag_a ON flag(a); DROP INDEX flag_a",
            ),
        ],
        &[],
    );
}

#[test]
fn bodies_that_fail_say_why() {
    check(
        &[T, ("SELECT nope", "")],
        &["r2 upgrade: revision `r2` failed at statement 1 of 1: no such column: nope"],
    );
    check(
        &[
            T,
            ("CREATE TABLE u(a)", "DROP TABLE u; DROP TABLE nope"),
            ("CREATE TABLE w(a)", "DROP TABLE w"),
        ],
        &["r2 downgrade: revision `r2` failed at statement 2 of 2: no such table: nope"],
    );
    check(
        &[T, ("INSERT INTO t VALUES (1, 'x')", "")],
        &[
            "r2 upgrade again: revision `r2` failed at statement 1 of 1: UNIQUE constraint failed: t.a",
        ],
    );
    check(
        &[("CREATE TABLE u(a); COMMIT", "DROP TABLE u")],
        &[
            "r1 upgrade: the revisions have statements that cannot run inside a transaction: `COMMIT` would end the transaction that the revision runs in",
        ],
    );
}

#[test]
fn what_needs_a_revision_that_does_not_go_up_is_not_tried() {
    let revisions = vec![
        revision("a", T.0, T.1),
        on(&["a"], revision("b", "SELECT nope", "")),
        on(&["b"], revision("c", "", "")),
        on(&["a"], revision("d", "CREATE TABLE d(a)", "")),
        on(&["c", "d"], revision("e", "", "")),
        on(&["d"], revision("f", "", "irreversible")),
    ];
    let mut found = verify(revisions);
    found.sort();
    assert_eq!(
        found,
        [
            "b upgrade: revision `b` failed at statement 1 of 1: no such column: nope",
            "c not tried: b",
            "d downgrade: + table d (a)",
            "d upgrade again: revision `d` failed at statement 1 of 1: table d already exists",
            "e not tried: b",
            "f irreversible",
        ]
    );
}

#[test]
fn a_revision_goes_on_from_a_fresh_upgrade() {
    // The rows of a second upgrade, and what a wrong downgrade left, must not reach those after it.
    check(
        &[
            ("CREATE TABLE t(a)", "DROP TABLE t"),
            ("INSERT INTO t VALUES (1)", ""),
            ("CREATE UNIQUE INDEX i ON t(a)", "DROP INDEX i"),
        ],
        &[],
    );
    check(
        &[
            T,
            ("CREATE TABLE u(a)", "DROP TABLE u; DROP TABLE t"),
            (
                "ALTER TABLE t ADD COLUMN c; ALTER TABLE u ADD COLUMN c",
                "ALTER TABLE t DROP COLUMN c; ALTER TABLE u DROP COLUMN c",
            ),
        ],
        &["r2 downgrade: - table t"],
    );
    // The failing statement takes the transaction along.
    let t =
        ("CREATE TABLE t(a UNIQUE ON CONFLICT ROLLBACK); INSERT INTO t VALUES (1)", "DROP TABLE t");
    let rolls_back = ("CREATE TABLE u(a)", "DROP TABLE u; INSERT INTO t VALUES (1)");
    check(
        &[t, rolls_back, ("CREATE INDEX i ON u(a)", "DROP INDEX i")],
        &["r2 downgrade: revision `r2` failed at statement 2 of 2: UNIQUE constraint failed: t.a"],
    );
}

#[test]
fn revisions_outside_a_transaction_or_with_keys_are_tried_too() {
    let mut revisions = line(&[
        T,
        (
            "VACUUM; CREATE TABLE u(t REFERENCES t); INSERT INTO t VALUES (1, 'x')",
            "DELETE FROM t; DROP TABLE u",
        ),
        ("CREATE TABLE w(a); BEGIN", "DROP TABLE w"),
    ]);
    revisions[1] = with_mode(revisions[1].clone(), true, false);
    revisions[2] = with_mode(revisions[2].clone(), true, false);
    assert_eq!(verify(revisions), ["r3 upgrade: revision `r3` left a transaction open"]);

    let mut revisions = line(&[
        T,
        (
            "CREATE TABLE u(t REFERENCES t DEFERRABLE INITIALLY DEFERRED)",
            "INSERT INTO u VALUES (9)",
        ),
        ("CREATE TABLE w(a)", "DROP TABLE w; DROP TABLE nope"),
        ("CREATE INDEX i ON w(a); CREATE INDEX j ON u(t)", "DROP INDEX i; DROP INDEX j"),
    ]);
    revisions[1] = with_mode(revisions[1].clone(), false, true);
    revisions[2] = with_mode(revisions[2].clone(), true, false);
    assert_eq!(
        verify(revisions),
        [
            "r2 downgrade: cannot commit to `:memory:`: FOREIGN KEY constraint failed",
            "r3 downgrade: revision `r3` failed at statement 2 of 2: no such table: nope",
        ]
    );
}

#[test]
fn what_a_run_would_take_back_is_found() {
    check(
        &[
            T,
            ("CREATE VIEW v AS SELECT b FROM t", "DROP VIEW v"),
            (
                "ALTER TABLE t ADD COLUMN c; DROP TABLE t",
                "CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT)",
            ),
        ],
        &["r3 upgrade: `v` would not compile any more: no such table: main.t"],
    );
    let seed =
        ("INSERT INTO t VALUES (1, 'x'); INSERT INTO c VALUES (1)", "DELETE FROM t; DELETE FROM c");
    check(
        &[
            T,
            ("CREATE TABLE c(t REFERENCES t(a))", "DROP TABLE c"),
            seed,
            ("DELETE FROM t", "INSERT INTO t VALUES (1, 'x')"),
        ],
        &["r4 upgrade: 1 row of `c` would violate foreign keys"],
    );
    check(
        &[T, ("CREATE TABLE c(t REFERENCES t(b))", "DROP TABLE c")],
        &[
            "r2 upgrade: `c` would reference what is no key of its parent: foreign key mismatch - \"c\" referencing \"t\"",
        ],
    );
}

#[test]
fn directives_are_evaluated() {
    let down = "-- migrate:refuse-if rows of t are there: SELECT a FROM t\nDROP TABLE t";
    check(&[(T.0, down)], &[]);
    check(
        &[("CREATE TABLE t(a); INSERT INTO t VALUES (5)", down)],
        &["r1 downgrade: revision `r1` refuses to run: 1 row of t is there; the first: a 5"],
    );
}

#[test]
fn bodies_find_the_version_table_as_it_would_be() {
    check(
        &[
            ("CREATE TABLE seen(v CHECK (v = 'r1'))", "DROP TABLE seen"),
            ("INSERT INTO seen SELECT version_num FROM alembic_version", "DELETE FROM seen"),
            (
                "CREATE TABLE w(v CHECK (v = 'r2')); INSERT INTO w SELECT version_num FROM alembic_version",
                "DROP TABLE w",
            ),
        ],
        &[],
    );
}

#[test]
fn a_range_is_tried_where_it_begins() {
    let graph = RevisionGraph::new(line(&[
        ("CREATE TABLE t(a)", ""),
        ("CREATE TABLE u(a)", ""),
        ("CREATE TABLE w(a)", ""),
    ]))
    .unwrap();
    let replay =
        Replay { version_table: "alembic_version", log: true, extensions: &[], beside: &[] };
    let rehearsal = Rehearsal { graph: &graph, replay, by_order: false, is_excluded: &|_| false };
    let [first, second] = ["r1", "r2"].map(|it| graph.by_id(it).unwrap());
    let tried = in_memory(&rehearsal, &[first], &[second]).unwrap();
    assert_eq!(tried.iter().map(|it| it.revision).collect::<Vec<_>>(), [second]);
}
