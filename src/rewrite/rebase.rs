//! A line of revisions moved onto another head.

use super::RewriteError;
use crate::graph::rivals::Databases;
use crate::graph::walk::RevisionSet;
use crate::graph::{Edges, RevisionGraph, RevisionIndex};
use crate::revision::{Revision, RevisionId, edit};

/// A line that moves: one file that changes, and what comes of it.
#[derive(Debug)]
pub struct Rebase {
    /// The first revision of the line, with another `down_revision`.
    pub first: Revision,
    /// What it followed before, as declared.
    pub from: Vec<RevisionId>,
    /// The head that it follows now.
    pub onto: RevisionId,
    /// All that moves, in the order in which it runs.
    pub moved: Vec<RevisionIndex>,
    /// The graph that comes out, loaded in the same order.
    pub graph: RevisionGraph,
}

/// Moves a line onto a head; `None` where it stands there already, or there is no other head.
///
/// Of a head that is named, the line is all that leads to it and not to the other head: from the
/// fork on. Of another revision it is that revision and all that follows it. In both cases the
/// revisions that follow any of the line move with it, since they follow it still.
///
/// A line of one database never moves onto a head of another, see [`Databases`].
///
/// Without `onto` it is the only other head that shares an ancestor with the line. A first revision
/// that is a merge follows the new head in place of the one parent that the head comes after.
///
/// # Errors
///
/// [`RewriteError`]; nothing is left to be guessed.
pub fn rebase(
    graph: &RevisionGraph,
    revision: RevisionIndex,
    onto: Option<RevisionIndex>,
    databases: &Databases,
) -> Result<Option<Rebase>, RewriteError> {
    let only = || only_other_head(graph, revision, databases);
    let Some(onto) = onto.map_or_else(only, |it| Ok(Some(it)))? else {
        return Ok(None);
    };
    if !graph.is_head(onto) {
        return Err(RewriteError::NotAHead {
            onto: graph.id(onto).clone(),
            children: graph.ids(graph.down_children(onto)),
        });
    }
    if databases.part(revision, onto) {
        let names = |it| databases.of(it).map(str::to_owned).collect();
        return Err(RewriteError::OtherDatabase {
            revision: graph.id(revision).clone(),
            of: names(revision),
            onto: graph.id(onto).clone(),
            onto_of: names(onto),
        });
    }
    let below = graph.ancestors([onto], Edges::Down);
    let first = first_of_line(graph, revision, onto, &below)?;
    let moved = graph.descendants([first], Edges::Down);
    if moved.contains(onto) {
        let (onto, first) = (graph.id(onto).clone(), graph.id(first).clone());
        return Err(RewriteError::OntoItself { onto, first });
    }
    if graph.down(first).contains(&onto) {
        return Ok(None);
    }
    refuse_merges(graph, first, &moved, &below, onto)?;

    let to = graph.id(onto);
    let changed = match parent_to_replace(graph, first, &below, onto)? {
        None => edit::with_parent(&graph[first], to),
        Some(parent) => edit::reparented(&graph[first], graph.id(parent), to),
    };
    let changed = changed.map_err(RewriteError::File)?;
    let mut revisions: Vec<Revision> = graph.indices().map(|it| graph[it].clone()).collect();
    revisions[first.as_usize()] = changed.clone();
    let new_graph = RevisionGraph::new(revisions).map_err(RewriteError::Graph)?;
    let order = new_graph.upgrade_order(&RevisionSet::of(&new_graph, moved.iter()));
    Ok(Some(Rebase {
        first: changed,
        from: graph[first].down_revisions.clone(),
        onto: to.clone(),
        moved: order,
        graph: new_graph,
    }))
}

/// The head that a line can only mean: the only other one of its tree.
fn only_other_head(
    graph: &RevisionGraph,
    revision: RevisionIndex,
    databases: &Databases,
) -> Result<Option<RevisionIndex>, RewriteError> {
    let line = graph.descendants([revision], Edges::Down);
    let mut others = graph.heads();
    others.retain(|it| !line.contains(*it) && !databases.part(revision, *it));
    let ancestors = graph.ancestors([revision], Edges::Down);
    let shares = |it: &RevisionIndex| {
        graph.ancestors([*it], Edges::Down).iter().any(|it| ancestors.contains(it))
    };
    let related: Vec<RevisionIndex> = others.iter().copied().filter(shares).collect();
    match (related.as_slice(), others.as_slice()) {
        ([only], _) => Ok(Some(*only)),
        ([], []) => Ok(None),
        ([], [only]) => Err(RewriteError::Unrelated {
            revision: graph.id(revision).clone(),
            head: graph.id(*only).clone(),
        }),
        ([], heads) | (heads, _) => Err(RewriteError::SeveralHeads {
            revision: graph.id(revision).clone(),
            heads: graph.ids(heads),
        }),
    }
}

/// The first revision that moves.
fn first_of_line(
    graph: &RevisionGraph,
    revision: RevisionIndex,
    onto: RevisionIndex,
    below: &RevisionSet,
) -> Result<RevisionIndex, RewriteError> {
    if !graph.is_head(revision) || revision == onto {
        return Ok(revision);
    }
    let mut line = graph.ancestors([revision], Edges::Down);
    line.retain(|it| !below.contains(it));
    let is_first =
        |it: &RevisionIndex| !graph.down(*it).iter().any(|parent| line.contains(*parent));
    let firsts: Vec<RevisionIndex> = line.iter().filter(is_first).collect();
    match firsts.as_slice() {
        [first] => Ok(*first),
        several => Err(RewriteError::SeveralFirsts {
            head: graph.id(revision).clone(),
            firsts: graph.ids(several),
        }),
    }
}

/// The parent that the new head takes the place of; `None` for a base.
fn parent_to_replace(
    graph: &RevisionGraph,
    first: RevisionIndex,
    below: &RevisionSet,
    onto: RevisionIndex,
) -> Result<Option<RevisionIndex>, RewriteError> {
    let parents = graph.down(first);
    if parents.len() <= 1 {
        return Ok(parents.first().copied());
    }
    let mut passed = parents.iter().filter(|it| below.contains(**it));
    match (passed.next(), passed.next()) {
        (Some(parent), None) => Ok(Some(*parent)),
        _ => Err(RewriteError::MergeFirst {
            revision: graph.id(first).clone(),
            parents: graph.ids(parents),
            onto: graph.id(onto).clone(),
        }),
    }
}

/// Refuses a merge, other than the first revision, that joins what the line would come after: it
/// would merge a revision with its own ancestor.
fn refuse_merges(
    graph: &RevisionGraph,
    first: RevisionIndex,
    moved: &RevisionSet,
    below: &RevisionSet,
    onto: RevisionIndex,
) -> Result<(), RewriteError> {
    for merge in moved.iter().filter(|it| *it != first) {
        if let Some(parent) = graph.down(merge).iter().find(|it| below.contains(**it)) {
            return Err(RewriteError::MergeInside {
                revision: graph.id(merge).clone(),
                parent: graph.id(*parent).clone(),
                onto: graph.id(onto).clone(),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "rebase_tests.rs"]
pub(super) mod tests;
