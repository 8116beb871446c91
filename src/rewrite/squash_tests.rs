//! Squashes of invented graphs, with real databases: before, in the old order, in the new one.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;

use super::super::rebase::tests::{content, upgrade};
use super::*;
use crate::graph::testing::{any_graph, revisions};
use crate::graph::walk::RevisionSet;
use crate::revision::{Revision, RevisionId, file};
use crate::source::Source;

/// What the bodies of an invented revision do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Make a table of its own.
    Table,
    /// And give the table of a parent a column.
    Column,
    /// And fill both.
    Rows,
}

/// The graph of a text, with a file for each revision; `kinds` are taken in turn.
fn graph_with_bodies(text: &str, kinds: &[Kind]) -> RevisionGraph {
    let revisions = revisions(text).into_iter().enumerate().map(|(n, it)| {
        let quoted = |it: &str| format!("\"{it}\"");
        let down: Vec<String> = it.down_revisions.iter().map(|it| quoted(it.as_str())).collect();
        let dependencies: Vec<String> = it.depends_on.iter().map(|it| quoted(it)).collect();
        let id = &it.id;
        let kind = kinds[n % kinds.len()];
        let mut up = format!("CREATE TABLE t_{id} (id INTEGER PRIMARY KEY, a TEXT);\n");
        let mut down_body = format!("DROP TABLE t_{id};\n");
        if kind == Kind::Rows {
            writeln!(up, "INSERT INTO t_{id} (a) VALUES ('of {id}'), (NULL) -- rows\n;").unwrap();
        }
        if let (Some(parent), true) = (it.down_revisions.first(), kind != Kind::Table) {
            writeln!(up, "ALTER TABLE t_{parent} ADD COLUMN c_{id} TEXT;").unwrap();
            down_body = format!("ALTER TABLE t_{parent} DROP COLUMN c_{id};\n{down_body}");
            if kind == Kind::Rows {
                // What it leaves does not depend on what others of the same parent did before.
                writeln!(
                    up,
                    "UPDATE t_{parent} SET c_{id} = a || '{id}' WHERE a IS NOT NULL;\n\
                     INSERT INTO t_{parent} (c_{id}) VALUES ('{id}');"
                )
                .unwrap();
                down_body = format!("DELETE FROM t_{parent} WHERE a IS NULL;\n{down_body}");
            }
        }
        let text = format!(
            "-- /// revision\n-- revision = \"{id}\"\n-- down_revision = [{}]\n-- depends_on = [{}]\n\
             -- ///\n-- migrate:upgrade\n{up}-- migrate:downgrade\n{down_body}",
            down.join(", "),
            dependencies.join(", "),
        );
        file::parse(&Arc::new(Source { path: it.source.path.clone(), text })).unwrap()
    });
    RevisionGraph::new(revisions.collect()).unwrap()
}

/// The new revision of a range, as the command writes it without a template of one's own.
pub(super) fn draft(graph: &RevisionGraph, range: &Range, candidate: &Candidate) -> Revision {
    draft_at(graph, range, candidate, "versions/squashed.sql")
}

fn draft_at(graph: &RevisionGraph, range: &Range, candidate: &Candidate, path: &str) -> Revision {
    let down = crate::revision::edit::array(&graph[range.first].down_revisions);
    let text = format!(
        "-- /// revision\n-- revision = \"squashed\"\n-- down_revision = {down}\n\
         -- depends_on = [{}]\n-- ///\n-- migrate:upgrade\n{}\n-- migrate:downgrade\n{}",
        range.depends_on.iter().map(|it| format!("\"{it}\"")).collect::<Vec<_>>().join(", "),
        candidate.upgrade,
        candidate.downgrade.as_deref().unwrap_or_default(),
    );
    let draft = file::parse(&Arc::new(Source { path: path.into(), text })).unwrap();
    range.head(&draft, candidate.downgrade.is_some()).unwrap()
}

/// Every row of every table, but for the number that it got and the order of its columns: both depend
/// on which branch ran first.
fn rows(database: &Path) -> Vec<String> {
    let connection = rusqlite::Connection::open(database).unwrap();
    let texts = |sql: &str| -> Vec<String> {
        let mut statement = connection.prepare(sql).unwrap();
        let texts = statement.query_map([], |row| row.get(0)).unwrap();
        texts.collect::<Result<_, _>>().unwrap()
    };
    let tables =
        texts("SELECT name FROM sqlite_schema WHERE name LIKE 't\\_%' ESCAPE '\\' ORDER BY 1");
    let mut found = Vec::new();
    for table in tables {
        let columns = texts(&format!(
            "SELECT name FROM pragma_table_info('{table}') \
             WHERE name <> 'id' ORDER BY 1"
        ));
        let values: Vec<String> =
            columns.iter().map(|it| format!("'{it}=' || quote({it})")).collect();
        let sql = format!("SELECT concat_ws(' ', {}) FROM {table} ORDER BY 1", values.join(", "));
        found.push(format!("{table} ({})", columns.join(", ")));
        found.extend(texts(&sql));
    }
    found
}

pub(super) const SETTINGS: Settings<'_> = Settings {
    replay: Replay { version_table: "alembic_version", log: true, extensions: &[], beside: &[] },
    target: 54,
    by_order: false,
};

/// Squashes the range, if it is one; `None` where rows would meet others of another branch, in an order
/// that no name of the file can keep.
fn squash(
    graph: &RevisionGraph,
    first: RevisionIndex,
    last: RevisionIndex,
) -> Option<(Range, Candidate, RevisionGraph)> {
    let range = Range::new(graph, first, last).unwrap();
    let squash = Squash::new(graph, &range, &SETTINGS).unwrap();
    let mut refusals = Vec::new();
    for candidate in squash.candidates().unwrap() {
        let members = range.members.iter().map(|it| format!("{}0", graph.id(*it)));
        let names = members.chain(["0".to_owned(), "zz".to_owned()]);
        let mut made: Vec<RevisionGraph> = names
            .map(|it| {
                let path = format!("versions/{it}.sql");
                let revision = draft_at(graph, &range, &candidate, &path);
                let (followers, new) = range.replace(graph, &revision).unwrap();
                assert_eq!(followers.len(), range.followers.len());
                new
            })
            .collect();
        let keeps = made.iter().position(|it| range.keeps_order(graph, it, &id("squashed")));
        let new = made.swap_remove(keeps.unwrap_or_default());
        let squashed = new.by_id("squashed").unwrap();
        let proof = squash.prove(&new, squashed);
        match proof.and_then(|()| squash.prove_heads(&new, squashed)) {
            Ok(()) => return Some((range, candidate, new)),
            Err(RewriteError::BranchOrder { .. }) if keeps.is_none() => return None,
            Err(err) => refusals.push(err.to_string()),
        }
    }
    panic!("nothing is proven: {refusals:?}");
}

fn any_kind() -> impl Strategy<Value = Kind> {
    prop_oneof![Just(Kind::Table), Just(Kind::Column), Just(Kind::Rows)]
}

#[test]
fn the_sum_is_taken_where_it_says_all() {
    let check = |kinds: &[Kind], first: &str, is_sum: bool| {
        let graph = graph_with_bodies("a<- b<-a c<-b d<-c", kinds);
        let index = |id| graph.by_id(id).unwrap();
        let (_, candidate, _) = squash(&graph, index(first), index("d")).unwrap();
        assert_eq!(candidate.is_sum, is_sum);
        assert_eq!(candidate.is_way_back_sum, is_sum);
    };
    check(&[Kind::Table], "a", true);
    check(&[Kind::Column], "a", true);
    // The first of them gives a table that was there before a column.
    check(&[Kind::Column], "b", false);
    check(&[Kind::Table, Kind::Table, Kind::Column], "b", true);
    check(&[Kind::Table, Kind::Table, Kind::Table, Kind::Rows], "b", false);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(40) })]

    #[test]
    fn a_range_made_one_is_known_where_it_ran_and_does_the_same_elsewhere(
        text in any_graph(9),
        kinds in proptest::collection::vec(any_kind(), 1..4),
        chosen in any::<prop::sample::Index>(),
    ) {
        let graph = graph_with_bodies(&text, &kinds);
        let pairs = graph.indices().flat_map(|it| graph.indices().map(move |other| (it, other)));
        let ranges: Vec<_> = pairs.filter(|it| Range::new(&graph, it.0, it.1).is_ok()).collect();
        prop_assume!(!ranges.is_empty());
        let (first, last) = *chosen.get(&ranges);
        let squashed = squash(&graph, first, last);
        prop_assume!(squashed.is_some());
        let (range, _, new) = squashed.unwrap();

        // Of what stays nothing changes but the name of the end.
        let end = graph.id(range.last).to_string();
        for index in new.indices().filter(|it| new.id(*it).as_str() != "squashed") {
            let old = &graph[graph.by_id(new.id(index).as_str()).unwrap()];
            let changed = old.source.text.replacen(&format!("\"{end}\""), "\"squashed\"", 1);
            let text = &new[index].source.text;
            prop_assert!(*text == old.source.text || *text == changed, "{text}");
        }

        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let heads = |graph: &RevisionGraph| graph.ids(&graph.real_heads());
        let same = |left: &Path, right: &Path| {
            assert_eq!(rows(left), rows(right));
            assert_eq!(unordered(&content(left)), unordered(&content(right)));
        };
        upgrade(&graph, &path("old.db"), &heads(&graph));
        upgrade(&new, &path("new.db"), &heads(&new));
        same(&path("old.db"), &path("new.db"));

        // All of the old ones ran.
        prop_assert_eq!(upgrade(&new, &path("old.db"), &heads(&new)), [""; 0]);
        // The range ran, and what it needs.
        upgrade(&graph, &path("end.db"), &[graph.id(range.last).clone()]);
        prop_assert_eq!(upgrade(&new, &path("end.db"), &[id("squashed")]), [""; 0]);
        // What runs there now is what was left.
        let ran = graph.ancestors([range.last], Edges::All);
        let mut left: Vec<String> =
            graph.indices().filter(|it| !ran.contains(*it)).map(|it| graph.id(it).to_string()).collect();
        left.sort();
        prop_assert_eq!(sorted(upgrade(&new, &path("end.db"), &heads(&new))), left);
        same(&path("end.db"), &path("new.db"));
        // Nothing of the range ran.
        upgrade(&graph, &path("below.db"), &graph.ids(&range.below(&graph)));
        prop_assert!(upgrade(&new, &path("below.db"), &heads(&new)).contains(&"squashed".to_owned()));
        same(&path("below.db"), &path("new.db"));

        // And back, each from where it came.
        for name in ["old.db", "new.db", "end.db"] {
            let files = super::super::rebase::tests::files(&new);
            let migrator = crate::Migrator::from_files(files, path(name).to_str().unwrap()).unwrap();
            migrator.downgrade("base").unwrap();
            prop_assert_eq!(content(&path(name)), [""; 0]);
        }
        let members = RevisionSet::of(&graph, range.members.iter().copied());
        prop_assert_eq!(new.len(), graph.len() - members.len() + 1);
    }
}

fn id(text: &str) -> RevisionId {
    RevisionId::new(text).unwrap()
}

fn sorted(mut texts: Vec<String>) -> Vec<String> {
    texts.sort();
    texts
}

/// Definitions whose columns stand in the order of their names.
fn unordered(definitions: &[String]) -> Vec<String> {
    let columns = |it: &String| {
        let (head, columns) = it.trim_end_matches(')').split_once(" (").unwrap();
        let columns = columns.split(", ").map(str::to_owned).collect();
        format!("{head}: {}", sorted(columns).join(", "))
    };
    definitions.iter().map(columns).collect()
}
