//! Graphs for tests, written on one line.

use std::sync::Arc;

use super::{RevisionGraph, RevisionIndex};
use crate::revision::{Body, BranchLabel, Downgrade, HeaderSpans, Revision, RevisionId, RunMode};
use crate::source::Source;

/// A revision without a file.
pub(crate) fn revision(id: &str, down: &[&str], deps: &[&str], labels: &[&str]) -> Revision {
    let source =
        Arc::new(Source { path: format!("versions/{id}.sql").into(), text: String::new() });
    Revision {
        id: id_of(id),
        down_revisions: down.iter().map(|it| id_of(it)).collect(),
        branch_labels: labels.iter().map(|it| BranchLabel::new(it).expect("a label")).collect(),
        depends_on: deps.iter().map(|it| (*it).to_owned()).collect(),
        replaces: Vec::new(),
        squashed: Vec::new(),
        message: format!("revision {id}"),
        create_date: String::new(),
        mode: RunMode::default(),
        upgrade: Body::default(),
        downgrade: Downgrade::Body(Body::default()),
        spans: HeaderSpans {
            id: 0..0,
            down_revisions: vec![0..0; down.len()],
            branch_labels: vec![0..0; labels.len()],
            depends_on: vec![0..0; deps.len()],
            ..HeaderSpans::default()
        },
        source,
    }
}

pub(crate) fn id_of(text: &str) -> RevisionId {
    RevisionId::new(text).expect("an id")
}

/// Reads `"a<-[label] b<-a c<-a~b"`: each word is `id<-parents~dependencies[labels]`, lists are
/// separated by commas, and the order of the words is the load order.
pub(crate) fn revisions(text: &str) -> Vec<Revision> {
    text.split_whitespace()
        .map(|word| {
            let (id, rest) = word.split_once("<-").expect("id<-parents");
            let (rest, labels) = rest
                .strip_suffix(']')
                .map_or((rest, ""), |it| it.split_once('[').expect("an opening bracket"));
            let (down, deps) = rest.split_once('~').unwrap_or((rest, ""));
            let list = |it: &'static str| -> Vec<&str> {
                it.split(',').filter(|it| !it.is_empty()).collect()
            };
            let leak = |it: &str| -> &'static str { Box::leak(it.to_owned().into_boxed_str()) };
            revision(id, &list(leak(down)), &list(leak(deps)), &list(leak(labels)))
        })
        .collect()
}

/// Gives each of them a body of its own.
pub(crate) fn write_bodies(revisions: &mut [Revision]) {
    for revision in revisions {
        let sql = format!("CREATE TABLE {}(x)", revision.id);
        let path = revision.source.path.clone();
        revision.upgrade.span = 0..sql.len();
        revision.source = Arc::new(Source { path, text: sql });
    }
}

/// The graph of such a text.
#[track_caller]
pub(crate) fn graph(text: &str) -> RevisionGraph {
    RevisionGraph::new(revisions(text)).expect("a valid graph")
}

/// What is wrong with the graph of such a text.
#[track_caller]
pub(crate) fn describe_problems(text: &str) -> Vec<String> {
    let problems = RevisionGraph::new(revisions(text)).expect_err("an invalid graph");
    problems.iter().map(|it| it.kind.to_string()).collect()
}

/// The revisions of a blank-separated list.
pub(crate) fn indices(graph: &RevisionGraph, ids: &str) -> Vec<RevisionIndex> {
    ids.split_whitespace().map(|it| graph.by_id(it).expect("a known id")).collect()
}

/// A blank-separated list of ids.
pub(crate) fn words(
    graph: &RevisionGraph,
    indices: impl IntoIterator<Item = RevisionIndex>,
) -> String {
    indices.into_iter().map(|it| graph.id(it).to_string()).collect::<Vec<_>>().join(" ")
}

/// Any graph of up to `n_max` revisions, in the notation of [`revisions`]: branches, merges, several
/// bases and dependencies, loaded in an order that has nothing to do with the edges.
pub(crate) fn any_graph(n_max: usize) -> impl proptest::strategy::Strategy<Value = String> {
    use proptest::prelude::*;

    let node = (
        proptest::collection::vec(any::<prop::sample::Index>(), 0..3),
        proptest::collection::vec(any::<prop::sample::Index>(), 0..3),
        0..100_u8,
        any::<u32>(),
    );
    proptest::collection::vec(node, 1..=n_max).prop_map(|nodes| {
        let mut words: Vec<(u32, String)> = Vec::new();
        for (idx, (parents, dependencies, shape, load_key)) in nodes.into_iter().enumerate() {
            let mut below: Vec<usize> = Vec::new();
            let mut required: Vec<usize> = Vec::new();
            if idx > 0 {
                // One parent mostly, now and then a base or a merge.
                let n_parents = match shape {
                    0..10 => 0,
                    10..70 => 1,
                    _ => 2,
                };
                for parent in parents.iter().take(n_parents).map(|it| it.index(idx)) {
                    if !below.contains(&parent) {
                        below.push(parent);
                    }
                }
                if shape % 3 == 0 {
                    for dependency in dependencies.iter().map(|it| it.index(idx)) {
                        if !below.contains(&dependency) && !required.contains(&dependency) {
                            required.push(dependency);
                        }
                    }
                }
            }
            let list = |them: Vec<usize>| {
                them.iter().map(|it| format!("r{it}")).collect::<Vec<_>>().join(",")
            };
            words.push((load_key, format!("r{idx}<-{}~{}", list(below), list(required))));
        }
        words.sort();
        words.into_iter().map(|(_, word)| word).collect::<Vec<_>>().join(" ")
    })
}
