//! Invented branches: a line that may move leads to the same schema, and back.

use std::sync::Arc;

use proptest::prelude::*;
use rusqlite::Connection;

use super::*;
use crate::exec::Replay;
use crate::graph::rivals::Databases;
use crate::revision::file;
use crate::rewrite::rebase;
use crate::source::Source;

/// What a body may do, and its way back; `n` is another number in each.
fn bodies(kind: usize, n: usize) -> (String, String) {
    let rebuild = |columns: &str, select: &str| {
        format!(
            "CREATE TABLE n ({columns}); INSERT INTO n SELECT {select} FROM t; DROP TABLE t;
             ALTER TABLE n RENAME TO t;"
        )
    };
    let (up, down) = match kind {
        0 | 1 => {
            (format!("ALTER TABLE t ADD COLUMN c{n};"), format!("ALTER TABLE t DROP COLUMN c{n};"))
        }
        2 => (format!("CREATE TABLE w{n} (a);"), format!("DROP TABLE w{n};")),
        3 => (format!("CREATE INDEX i{n} ON t (a);"), format!("DROP INDEX i{n};")),
        4 => (rebuild("id, a DEFAULT 1, b", "id, a, b"), rebuild("id, a, b", "id, a, b")),
        5 => (
            "CREATE TABLE n AS SELECT * FROM t; DROP TABLE t; ALTER TABLE n RENAME TO t;"
                .to_owned(),
            "SELECT 1;".to_owned(),
        ),
        6 => (format!("ALTER TABLE t ADD COLUMN c{n};"), rebuild("id, a, b", "id, a, b")),
        7 => (
            format!("DROP VIEW IF EXISTS v; CREATE VIEW v AS SELECT {n} AS n;"),
            "DROP VIEW v;".to_owned(),
        ),
        8 => ("ALTER TABLE t DROP COLUMN b;".to_owned(), "ALTER TABLE t ADD COLUMN b;".to_owned()),
        9 => ("UPDATE t SET a = a + 1;".to_owned(), "UPDATE t SET a = a - 1;".to_owned()),
        _ => (
            format!("ALTER TABLE t RENAME COLUMN a TO a{n};"),
            format!("ALTER TABLE t RENAME COLUMN a{n} TO a;"),
        ),
    };
    (up, down)
}

/// A schema, by the names of its columns.
fn schema(db: &Connection) -> Vec<String> {
    let sql = "SELECT type || ' ' || s.name || ' ' || iif(type = 'table', (
                   SELECT group_concat(concat_ws(' ', c.name, c.dflt_value), ', ' ORDER BY c.name)
                   FROM pragma_table_info(s.name) AS c
               ), sql)
               FROM sqlite_schema AS s ORDER BY 1";
    let mut statement = db.prepare(sql).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

/// Runs the upgrades of a graph in this order; the schema before each and at the end.
fn upgrade(
    graph: &RevisionGraph,
    order: &[RevisionIndex],
) -> Option<(Connection, Vec<Vec<String>>)> {
    let db = Connection::open_in_memory().unwrap();
    let mut found = vec![schema(&db)];
    for index in order {
        let revision = &graph[*index];
        db.execute_batch(revision.body_text(&revision.upgrade)).ok()?;
        found.push(schema(&db));
    }
    Some((db, found))
}

/// How many revisions go down from the end of this order, each to the schema of before.
fn n_led_back(graph: &RevisionGraph, order: &[RevisionIndex]) -> usize {
    let Some((db, schemas)) = upgrade(graph, order) else { return 0 };
    let steps = order.iter().zip(&schemas).rev();
    let leads_back = |(index, before): &(&RevisionIndex, &Vec<String>)| {
        let revision = &graph[**index];
        let crate::revision::Downgrade::Body(body) = &revision.downgrade else { return false };
        db.execute_batch(revision.body_text(body)).is_ok() && schema(&db) == **before
    };
    { steps }.take_while(leads_back).count()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn a_line_that_may_move_leads_to_the_same_schema_and_back(
        x in prop::collection::vec(0_usize..11, 1..=3),
        y in prop::collection::vec(0_usize..11, 1..=3),
    ) {
        let make = |id: &str, parent: &str, (up, down): (String, String)| {
            let parents = if parent.is_empty() { String::new() } else { format!("\"{parent}\"") };
            let text = format!(
                "-- /// revision\n-- revision = \"{id}\"\n-- down_revision = [{parents}]\n-- ///\n\
                 -- migrate:upgrade\n{up}\n-- migrate:downgrade\n{down}"
            );
            let path = format!("versions/{id}.sql").into();
            file::parse(&Arc::new(Source { path, text })).unwrap()
        };
        let table = ("CREATE TABLE t (id, a, b);".to_owned(), "DROP TABLE t;".to_owned());
        let mut revisions = vec![make("root", "", table)];
        for (name, kinds, first) in [("x", &x, 10), ("y", &y, 20)] {
            let mut parent = "root".to_owned();
            for (n, kind) in kinds.iter().enumerate() {
                let id = format!("{name}{n}");
                revisions.push(make(&id, &parent, bodies(*kind, first + n)));
                parent = id;
            }
        }
        let old = RevisionGraph::new(revisions).unwrap();
        let index = |id: &str| old.by_id(id).unwrap();
        let onto = index(&format!("x{}", x.len() - 1));
        let rebased = rebase(&old, index("y0"), Some(onto), &Databases::default()).unwrap().unwrap();
        let replay = Replay { version_table: "alembic_version", log: true, extensions: &[], beside: &[] };
        let before = Rehearsal { graph: &old, replay, by_order: false, is_excluded: &|_| false };
        if (RebaseProof { before, heads: &|it| it.heads() }).hold(&rebased).is_err() {
            return Ok(());
        }

        let new = &rebased.graph;
        let all = |graph: &RevisionGraph| graph.upgrade_order(&RevisionSet::of(graph, graph.indices()));
        let after = upgrade(new, &all(new));
        prop_assert!(after.is_some(), "does not run");
        let (_, after) = after.unwrap();
        if let Some((_, before)) = upgrade(&old, &all(&old)) {
            prop_assert_eq!(before.last(), after.last());
        }
        // What led back without the other branch does so after it.
        let line = old.upgrade_order(&old.ancestors([index(&format!("y{}", y.len() - 1))], Edges::All));
        let n_before = n_led_back(&old, &line).min(y.len());
        prop_assert!(n_led_back(new, &all(new)) >= n_before);
    }
}
