//! The order in which a range and what lies beside it run, before and after it is one revision.
//!
//! Branches have no order of their own. Ties go to the order of the files, and the file of the one
//! revision may stand elsewhere than those of the range did: then another branch that worked on the
//! rows after the range works on them before it. Where that happens it is proven as for a revision
//! that was put below others, or refused.

use super::squash::Settings;
use super::{Range, RewriteError};
use crate::graph::walk::RevisionSet;
use crate::graph::{RevisionGraph, RevisionIndex};
use crate::out_of_order::{self, Question};
use crate::revision::RevisionId;

impl Range {
    /// Whether in `new`, where the revision `one` stands for the range, everything runs in the order
    /// of before.
    pub fn keeps_order(
        &self,
        graph: &RevisionGraph,
        new: &RevisionGraph,
        one: &RevisionId,
    ) -> bool {
        order(graph) == self.new_order(graph, new, one)
    }

    /// The order of `new`, in revisions of `graph`.
    fn new_order(
        &self,
        graph: &RevisionGraph,
        new: &RevisionGraph,
        one: &RevisionId,
    ) -> Vec<RevisionIndex> {
        let old = |it: RevisionIndex| match new.id(it) {
            id if id == one => self.members.clone(),
            id => graph.by_id(id.as_str()).into_iter().collect(),
        };
        order(new).into_iter().flat_map(old).collect()
    }

    /// Proves that it makes no difference in which order the range and others run where that changes.
    ///
    /// # Errors
    ///
    /// [`RewriteError::BranchOrder`].
    pub(super) fn prove_order(
        &self,
        graph: &RevisionGraph,
        new: &RevisionGraph,
        one: &RevisionId,
        settings: &Settings<'_>,
    ) -> Result<(), RewriteError> {
        let mut now = order(graph);
        let mut wanted = self.new_order(graph, new, one);
        // What is to run last is moved there, until nothing is left to be moved.
        loop {
            while now.last().is_some_and(|it| wanted.last() == Some(it)) {
                now.pop();
                wanted.pop();
            }
            let mut limit = now.len();
            let stands_before = |it: &&RevisionIndex| {
                let place = now.iter().position(|other| other == *it);
                place.is_some_and(|place| std::mem::replace(&mut limit, place) > place)
            };
            let n_moved = wanted.iter().rev().take_while(stands_before).count();
            let moved = wanted.split_off(wanted.len() - n_moved);
            if moved.is_empty() {
                return Ok(());
            }
            let question = Question {
                graph,
                applied: &now,
                inserted: &moved,
                replay: settings.replay,
                by_order: settings.by_order,
                is_excluded: &|it| settings.is_of_others(it),
            };
            out_of_order::prove(&question).map_err(|source| RewriteError::BranchOrder {
                first: graph.id(self.first).clone(),
                beside: self.beside(graph, &now, &moved),
                source: Box::new(source),
            })?;
            now.retain(|it| !moved.contains(it));
        }
    }

    /// What of `order` is not in the range and changes places with some of it, where `moved` is to run
    /// last.
    fn beside(
        &self,
        graph: &RevisionGraph,
        order: &[RevisionIndex],
        moved: &[RevisionIndex],
    ) -> Vec<RevisionId> {
        let is_moved = RevisionSet::of(graph, moved.iter().copied());
        let is_ours = |it: &RevisionIndex| self.members.contains(it);
        let first = order.iter().position(|it| is_moved.contains(*it)).unwrap_or_default();
        let passed = order[first..].iter().copied();
        let all = passed.filter(|it| {
            let crosses = is_moved.contains(*it) != moved.iter().any(is_ours);
            !is_ours(it) && crosses
        });
        graph.ids(&all.collect::<Vec<_>>())
    }
}

/// All revisions, in the order of an upgrade.
fn order(graph: &RevisionGraph) -> Vec<RevisionIndex> {
    graph.upgrade_order(&RevisionSet::of(graph, graph.indices()))
}
