//! Which branch labels each revision carries.
//!
//! A label is declared once and belongs to a branch. Alembic spreads it to all descendants, and
//! towards the base as long as the line is a single one (`_add_branches`); there, whether ancestors
//! get it can depend on the order of a set. Here they get it exactly when the labelled revision
//! lies on one line from there to its head.

use std::collections::BTreeSet;

use super::{Edges, RevisionGraph, RevisionIndex};
use crate::revision::BranchLabel;

impl RevisionGraph {
    /// The labels of every revision, own and inherited, sorted; the lists stand in load order.
    pub fn branch_labels(&self) -> Vec<BTreeSet<&BranchLabel>> {
        let mut labels = vec![BTreeSet::new(); self.len()];
        for (label, declared_by) in self.labels() {
            let descendants = self.descendants([declared_by], Edges::Down);
            for index in descendants.iter() {
                labels[index.as_usize()].insert(label);
            }
            let is_one_line = descendants.iter().all(|it| self.is_plain(it));
            let mut at = is_one_line.then_some(declared_by);
            while let Some(index) = at.filter(|it| self.is_plain(*it)) {
                labels[index.as_usize()].insert(label);
                at = self.down(index).first().copied();
            }
        }
        labels
    }

    /// Neither a branch point, dependents counted, nor a merge point.
    fn is_plain(&self, index: RevisionIndex) -> bool {
        self.children(index).len() <= 1 && !self.is_merge_point(index)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::graph;

    /// The labels of each revision as `id:labels`.
    #[track_caller]
    fn check(text: &str, expected: &str) {
        let graph = graph(text);
        let labels = graph.branch_labels();
        let found: Vec<String> = graph
            .indices()
            .map(|it| {
                let own: Vec<&str> = labels[it.as_usize()].iter().map(|it| it.as_str()).collect();
                format!("{}:{}", graph.id(it), own.join(","))
            })
            .collect();
        assert_eq!(found.join(" "), expected);
    }

    #[test]
    fn on_a_single_line_all_carry_it() {
        check("r1<- r2<-r1 r3<-r2[L] r4<-r3 r5<-r4", "r1:L r2:L r3:L r4:L r5:L");
    }

    #[test]
    fn above_a_fork_only_descendants_carry_it() {
        check("r1<- r2<-r1[L] r3<-r2 r4<-r2", "r1: r2:L r3:L r4:L");
    }

    #[test]
    fn below_a_branch_point_nobody_carries_it() {
        check("a<- b1<-a c1<-b1[x] b2<-a c2<-b2[y]", "a: b1:x c1:x b2:y c2:y");
    }

    #[test]
    fn a_merge_carries_the_labels_of_both() {
        check("a<- b1<-a[x] b2<-a[y] c<-b1,b2", "a: b1:x b2:y c:x,y");
    }
}
