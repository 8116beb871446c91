//! What is not tried, because it needs a revision that does not go up.

use std::collections::HashMap;

use crate::graph::{Edges, RevisionGraph, RevisionIndex};

/// Revisions that cannot be tried, each with the one that keeps it from it.
#[derive(Debug, Default)]
pub(super) struct Lost {
    reasons: HashMap<RevisionIndex, RevisionIndex>,
}

impl Lost {
    /// Notes that a revision does not go up.
    pub fn add(&mut self, graph: &RevisionGraph, revision: RevisionIndex) {
        for it in graph.descendants([revision], Edges::All).iter() {
            self.reasons.entry(it).or_insert(revision);
        }
    }

    /// Why a revision cannot be tried, if it cannot.
    pub fn reason(&self, revision: RevisionIndex) -> Option<RevisionIndex> {
        self.reasons.get(&revision).copied()
    }
}
