//! Heads, bases, branch points, and what `current` adds to the rows.

use super::walk::RevisionSet;
use super::{Edges, RevisionGraph, RevisionIndex};

impl RevisionGraph {
    /// The revisions that no other follows, in load order. `heads` prints them, and `head` must be
    /// one of them; one that another depends on is among them (an *effective head*).
    pub fn heads(&self) -> Vec<RevisionIndex> {
        self.indices().filter(|it| self.is_head(*it)).collect()
    }

    /// The heads that no other revision depends on: what `upgrade heads` leads to.
    pub fn real_heads(&self) -> Vec<RevisionIndex> {
        self.indices().filter(|it| self.children(*it).is_empty()).collect()
    }

    /// The revisions that follow no other, in load order.
    pub fn bases(&self) -> Vec<RevisionIndex> {
        self.indices().filter(|it| self.down(*it).is_empty()).collect()
    }

    /// Whether no other revision follows it.
    pub fn is_head(&self, index: RevisionIndex) -> bool {
        self.down_children(index).is_empty()
    }

    /// Whether it is a head that another revision depends on, so that the version table has no row
    /// for it once that other one ran.
    pub fn is_effective_head(&self, index: RevisionIndex) -> bool {
        self.is_head(index) && !self.children(index).is_empty()
    }

    /// The tips of everything that `rows` imply, by `down_revision` alone: the rows, and the
    /// dependencies of theirs that no other tip follows (Alembic's `_get_all_current`).
    pub fn current_tips(&self, rows: &[RevisionIndex]) -> Vec<RevisionIndex> {
        let applied = self.ancestors(rows.iter().copied(), Edges::All);
        self.down_maximal(&applied)
    }

    /// The members of `set` that no other member follows by `down_revision`, in load order.
    pub fn down_maximal(&self, set: &RevisionSet) -> Vec<RevisionIndex> {
        let is_tip =
            |it: &RevisionIndex| !self.down_children(*it).iter().any(|child| set.contains(*child));
        set.iter().filter(is_tip).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{graph, indices, words};

    #[test]
    fn a_head_that_another_depends_on_is_effective() {
        let graph = graph("a1<- a2<-a1 b1<- b2<-b1~a2");
        assert_eq!(words(&graph, graph.heads()), "a2 b2");
        assert_eq!(words(&graph, graph.real_heads()), "b2");
        assert_eq!(words(&graph, graph.bases()), "a1 b1");
        let a2 = graph.by_id("a2").unwrap();
        assert!(graph.is_effective_head(a2));
        assert_eq!(words(&graph, graph.current_tips(&indices(&graph, "b2"))), "a2 b2");
        assert_eq!(words(&graph, graph.current_tips(&indices(&graph, "b1"))), "b1");
    }
}
