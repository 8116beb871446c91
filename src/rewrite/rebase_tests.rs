//! What a rebase changes, and what it refuses.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::graph::testing::{any_graph, revisions, words};
use crate::revision::{BranchLabel, file};
use crate::source::Source;

/// The graph of a text, with a file for each revision.
pub(crate) fn graph_of_files(text: &str) -> RevisionGraph {
    let revisions = revisions(text).into_iter().map(|it| {
        let list = |ids: Vec<&str>| {
            ids.iter().map(|it| format!("'{it}'")).collect::<Vec<_>>().join(" , ")
        };
        let down = it.down_revisions.iter().map(RevisionId::as_str).collect();
        let dependencies = it.depends_on.iter().map(String::as_str).collect();
        let labels = it.branch_labels.iter().map(BranchLabel::as_str).collect();
        let text = format!(
            "-- /// revision\r\n-- revision = \"{id}\"\r\n-- down_revision = [ {} ] # not {id}\r\n\
             -- depends_on = [{}]\r\n-- branch_labels = [{}]\r\n-- ///\r\n-- migrate:upgrade\r\n\
             CREATE TABLE t_{id} (id INTEGER PRIMARY KEY);\r\n-- migrate:downgrade\r\nDROP TABLE t_{id};",
            list(down),
            list(dependencies),
            list(labels),
            id = it.id,
        );
        file::parse(&Arc::new(Source { path: it.source.path.clone(), text })).unwrap()
    });
    RevisionGraph::new(revisions.collect()).unwrap()
}

/// What moves where: `first: parents before -> parents after; all that moves`.
#[track_caller]
fn check(text: &str, revision: &str, onto: Option<&str>, expected: Result<&str, &str>) {
    let graph = graph_of_files(text);
    let onto = onto.map(|it| graph.by_id(it).unwrap());
    let found = rebase(&graph, graph.by_id(revision).unwrap(), onto, &Databases::default());
    let list =
        |ids: &[RevisionId]| ids.iter().map(RevisionId::as_str).collect::<Vec<_>>().join(",");
    let found = found.map(|it| match it {
        None => "nothing".to_owned(),
        Some(it) => format!(
            "{}: {} -> {}; {}",
            it.first.id,
            list(&it.from),
            list(&it.first.down_revisions),
            words(&it.graph, it.moved)
        ),
    });
    let found = found.map_err(|err| match err {
        RewriteError::Graph(problems) => problems[0].kind.to_string(),
        err => err.to_string(),
    });
    assert_eq!(found.as_deref().map_err(String::as_str), expected);
}

/// Two branches, of which one forks again.
const BRANCHES: &str = "a<- b<-a c<-b x<-a y<-x z<-x";

#[test]
fn a_head_moves_with_all_that_leads_to_it_from_the_fork() {
    check("a<- b<-a c<-b x<-a y<-x", "y", None, Ok("x: a -> c; x y"));
    check("a<- b<-a c<-b x<-a y<-x", "c", None, Ok("b: a -> y; b c"));
    check("a<- b<-a x<-a", "x", None, Ok("x: a -> b; x"));
}

#[test]
fn another_revision_moves_with_all_that_follows_it() {
    check(BRANCHES, "x", None, Ok("x: a -> c; x z y"));
    check(BRANCHES, "y", Some("c"), Ok("x: a -> c; x z y"));
    check(BRANCHES, "y", Some("z"), Ok("y: x -> z; y"));
    check(BRANCHES, "b", Some("y"), Ok("b: a -> y; b c"));
}

#[test]
fn several_other_heads_are_not_chosen_from() {
    check(BRANCHES, "c", None, Err("`c` could move onto several heads: `y`, `z`"));
    check("a<- b<-a x<-", "x", None, Err("`x` and `b`, the only other head, share no ancestor"));
}

#[test]
fn a_tree_of_its_own_moves_where_it_is_told_to() {
    check("a<- b<-a x<- y<-x", "y", Some("b"), Ok("x:  -> b; x y"));
    // Another tree is no other head of this one.
    check("a<- b<-a c<-a x<-", "c", None, Ok("c: a -> b; c"));
}

#[test]
fn what_stands_there_already_stays() {
    check("a<- b<-a", "b", None, Ok("nothing"));
    check("a<- b<-a", "a", None, Ok("nothing"));
}

#[test]
fn only_a_head_that_does_not_move_can_be_moved_onto() {
    check(BRANCHES, "y", Some("b"), Err("`b` is no head: `c` comes after it"));
    check(BRANCHES, "x", Some("y"), Err("`y` is one of the revisions that would move"));
    check(BRANCHES, "y", Some("y"), Err("`y` is one of the revisions that would move"));
}

#[test]
fn merges_are_moved_where_it_is_clear_what_they_mean() {
    // m joins both branches of a fork that x stands on too: two lines lead to it.
    let fork = "a<- b<-a c<-a m<-b,c x<-a";
    check(fork, "m", None, Err("what leads to `m` begins with several revisions: `b`, `c`"));
    check(fork, "x", None, Ok("x: a -> m; x"));
    check(fork, "b", Some("x"), Ok("b: a -> x; b m"));
    // m follows what x has, and something else.
    let other = "a<- b<-a x<-b q<- m<-a,q n<-m";
    check(other, "n", Some("x"), Err("`m` would move, and it merges `a`, which `x` has already"));
    check(other, "m", Some("x"), Ok("m: a,q -> x,q; m n"));
    let neither = "x<- p<- q<- m<-p,q n<-m";
    check(
        neither,
        "m",
        Some("x"),
        Err("`m` merges `p`, `q`, and it is not clear which of them `x` takes the place of"),
    );
}

#[test]
fn a_dependency_that_would_turn_round_is_refused() {
    check("a<- b<-a~x x<-a", "x", Some("b"), Err("dependencies form a cycle: b -> x -> b"));
}

/// The bytes of a text that stand in another one at the same distance from both ends.
fn common(left: &str, right: &str) -> usize {
    let same = |(left, right): &(u8, u8)| left == right;
    let front = left.bytes().zip(right.bytes()).take_while(same).count();
    let (left, right) = (&left.as_bytes()[front..], &right.as_bytes()[front..]);
    let back = left.iter().rev().zip(right.iter().rev());
    front + back.take_while(|(left, right)| left == right).count()
}

/// The files of a graph, as the library takes them.
pub(crate) fn files(graph: &RevisionGraph) -> Vec<(std::path::PathBuf, String)> {
    let sources = graph.indices().map(|it| &graph[it].source);
    sources.map(|it| (it.path.clone(), it.text.clone())).collect()
}

/// The files with a database, brought to `targets`; says which revisions ran.
pub(crate) fn upgrade(
    graph: &RevisionGraph,
    database: &std::path::Path,
    targets: &[RevisionId],
) -> Vec<String> {
    let migrator = crate::Migrator::from_files(files(graph), database.to_str().unwrap()).unwrap();
    let mut ran = Vec::new();
    for target in targets {
        let outcome = migrator.upgrade(target.as_str()).unwrap();
        ran.extend(outcome.steps.iter().map(|it| it.revision.to_string()));
    }
    ran
}

/// The schema and the rows of a database, but for what migrator keeps in it.
pub(crate) fn content(database: &std::path::Path) -> Vec<String> {
    let connection = rusqlite::Connection::open(database).unwrap();
    let query = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL \
                 AND tbl_name NOT IN ('alembic_version', 'migrator_log') ORDER BY 1";
    let mut statement = connection.prepare(query).unwrap();
    let texts = statement.query_map([], |row| row.get(0)).unwrap();
    texts.collect::<Result<_, _>>().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(100) })]

    #[test]
    fn a_line_that_moved_runs_where_the_rest_ran_and_leads_to_the_same_schema(
        text in any_graph(10),
        chosen in any::<prop::sample::Index>(),
    ) {
        let graph = graph_of_files(&text);
        let heads = graph.heads();
        let pairs = graph.indices().flat_map(|it| heads.iter().map(move |onto| (it, *onto)));
        let mut moves: Vec<Rebase> =
            pairs.filter_map(|(it, onto)| rebase(&graph, it, Some(onto), &Databases::default()).ok().flatten()).collect();
        prop_assume!(!moves.is_empty());
        let rebased = moves.swap_remove(chosen.index(moves.len()));
        let new = &rebased.graph;

        // One file changes, and of it only a name between two quotes.
        let changed: Vec<_> = graph.indices().filter(|it| graph[*it].source != new[*it].source).collect();
        prop_assert_eq!(changed.len(), 1);
        let (old_text, new_text) = (&graph[changed[0]].source.text, &new[changed[0]].source.text);
        let id = rebased.onto.as_str();
        prop_assert!(common(old_text, new_text) + id.len() + 2 >= new_text.len());
        let is_named = ["'", "\""].iter().any(|quote| new_text.contains(&[*quote, id, *quote].concat()));
        prop_assert!(is_named);
        // What follows what has not changed otherwise.
        for index in graph.indices().filter(|it| *it != changed[0]) {
            prop_assert_eq!(graph.down(index), new.down(index));
        }
        prop_assert!(new.ancestors(rebased.moved.iter().copied(), Edges::Down).contains(new.by_id(id).unwrap()));

        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let ids = |graph: &RevisionGraph| graph.ids(&graph.real_heads());
        upgrade(&graph, &path("old.db"), &ids(&graph));
        upgrade(new, &path("new.db"), &ids(new));
        prop_assert_eq!(content(&path("old.db")), content(&path("new.db")));

        // A database that has all but the line, and what depends on it.
        let gone = graph.descendants(rebased.moved.iter().copied(), Edges::All);
        let rest = RevisionSet::of(&graph, graph.indices().filter(|it| !gone.contains(*it)));
        upgrade(&graph, &path("other.db"), &graph.ids(&graph.maximal(&rest)));
        let mut ran = upgrade(new, &path("other.db"), &ids(new));
        ran.sort();
        let mut expected: Vec<String> = gone.iter().map(|it| graph.id(it).to_string()).collect();
        expected.sort();
        prop_assert_eq!(ran, expected);
        prop_assert_eq!(content(&path("other.db")), content(&path("new.db")));
    }
}
