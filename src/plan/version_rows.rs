//! The rows of the version table, step by step.
//!
//! **Invariant.** The rows are the maximal elements of the applied revisions: those that nothing
//! applied follows or depends on. Alembic states the same as a table of six cases (`HeadMaintainer`,
//! `RevisionStep`); here they follow from one number per revision, how many of its children are
//! applied, so that a redundant dependency or a merge that lists an ancestor of another parent is
//! no special case (Alembic fails on both in the middle of a run).

use std::collections::HashMap;

use super::RowWrite;
use crate::graph::walk::RevisionSet;
use crate::graph::{Edges, RevisionGraph, RevisionIndex};
use crate::revision::RevisionId;

/// What is applied, and which rows say so.
pub struct VersionRows<'a> {
    graph: &'a RevisionGraph,
    applied: RevisionSet,
    /// How many children of each revision are applied, in load order.
    n_applied_children: Vec<usize>,
    /// What the row of a revision says where that is not its id but one that it replaces.
    texts: HashMap<RevisionIndex, RevisionId>,
}

impl<'a> VersionRows<'a> {
    /// Everything that `rows` imply is applied.
    pub fn new(graph: &'a RevisionGraph, rows: &[RevisionIndex]) -> Self {
        let applied = graph.ancestors(rows.iter().copied(), Edges::All);
        let n_applied_children = graph
            .indices()
            .map(|it| graph.children(it).iter().filter(|child| applied.contains(**child)).count())
            .collect();
        Self { graph, applied, n_applied_children, texts: HashMap::new() }
    }

    /// The same for rows that say this: a revision may be there under an id that it replaces.
    #[must_use]
    pub fn with_texts(mut self, rows: &[String]) -> Self {
        for row in rows.iter().filter(|it| self.graph.by_id(it).is_none()) {
            if let (Some(index), Ok(id)) = (self.graph.of_row(row), RevisionId::new(row)) {
                self.texts.insert(index, id);
            }
        }
        self
    }

    /// What is applied.
    #[cfg(test)]
    pub fn applied(&self) -> &RevisionSet {
        &self.applied
    }

    /// The ids of the rows, sorted.
    pub fn rows(&self) -> Vec<RevisionId> {
        let text = |it: RevisionIndex| self.texts.get(&it).unwrap_or(self.graph.id(it)).clone();
        let mut rows: Vec<RevisionId> =
            self.graph.maximal(&self.applied).into_iter().map(text).collect();
        rows.sort();
        rows
    }

    /// Applies a revision whose predecessors are applied; gives what to write.
    ///
    /// The rows that it follows or depends on leave: all but the last are deleted, the last becomes
    /// the new row. Where there is none the row is inserted.
    pub fn upgrade(&mut self, revision: RevisionIndex) -> Vec<RowWrite> {
        let parents = self.parents(revision);
        let mut leaving: Vec<RevisionIndex> =
            parents.iter().copied().filter(|it| self.is_row(*it)).collect();
        for parent in parents {
            self.n_applied_children[parent.as_usize()] += 1;
        }
        self.applied.insert(revision);

        let to = self.graph.id(revision).clone();
        let Some(last) = leaving.pop() else { return vec![RowWrite::Insert(to)] };
        let mut writes: Vec<RowWrite> =
            leaving.into_iter().map(|it| RowWrite::Delete(self.take_text(it))).collect();
        writes.push(RowWrite::Update { from: self.take_text(last), to });
        writes
    }

    /// Reverts a revision that is a row; gives what to write.
    ///
    /// What it follows or depends on and nothing else applied does becomes rows: all but the last
    /// are inserted, the row of the revision becomes the last. Where there is none it is deleted.
    pub fn downgrade(&mut self, revision: RevisionIndex) -> Vec<RowWrite> {
        let parents = self.parents(revision);
        self.applied.remove(revision);
        for parent in &parents {
            let n_children = &mut self.n_applied_children[parent.as_usize()];
            *n_children = n_children.saturating_sub(1);
        }
        let mut emerging: Vec<RevisionIndex> =
            parents.into_iter().filter(|it| self.is_row(*it)).collect();

        let from = self.take_text(revision);
        let Some(last) = emerging.pop() else { return vec![RowWrite::Delete(from)] };
        let inserts = emerging.into_iter().map(|it| RowWrite::Insert(self.graph.id(it).clone()));
        let update = RowWrite::Update { from, to: self.graph.id(last).clone() };
        inserts.chain([update]).collect()
    }

    /// What a revision follows or depends on, each once, redundant dependencies included.
    fn parents(&self, revision: RevisionIndex) -> Vec<RevisionIndex> {
        let mut parents = self.graph.down(revision).to_vec();
        for dependency in self.graph.dependencies(revision) {
            if !parents.contains(dependency) {
                parents.push(*dependency);
            }
        }
        parents
    }

    fn is_row(&self, index: RevisionIndex) -> bool {
        self.applied.contains(index) && self.n_applied_children[index.as_usize()] == 0
    }

    /// What the row says that leaves; should the revision come back, it says its own id.
    fn take_text(&mut self, index: RevisionIndex) -> String {
        let text = self.texts.remove(&index);
        text.unwrap_or_else(|| self.graph.id(index).clone()).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::testing::{graph, indices};

    /// The writes of one step, as short SQL.
    fn describe(writes: &[RowWrite]) -> String {
        let texts = writes.iter().map(|it| match it {
            RowWrite::Insert(id) => format!("+{id}"),
            RowWrite::Update { from, to } => format!("{from}>{to}"),
            RowWrite::Delete(row) => format!("-{row}"),
        });
        texts.collect::<Vec<_>>().join(" ")
    }

    #[track_caller]
    fn check(text: &str, rows: &str, step: &str, expected: &str) {
        let graph = graph(text);
        let mut version_rows = VersionRows::new(&graph, &indices(&graph, rows));
        let (up, id) = step.split_at(1);
        let revision = graph.by_id(id).unwrap();
        let writes = match up {
            "+" => version_rows.upgrade(revision),
            _ => version_rows.downgrade(revision),
        };
        assert_eq!(describe(&writes), expected);
        assert_eq!(version_rows.applied().contains(revision), up == "+");
    }

    const DIAMOND: &str = "a<- b1<-a b2<-a c<-b1,b2";

    #[test]
    fn a_base_is_inserted_and_deleted() {
        check(DIAMOND, "", "+a", "+a");
        check(DIAMOND, "a", "-a", "-a");
    }

    #[test]
    fn a_line_is_updated() {
        check(DIAMOND, "a", "+b2", "a>b2");
        check(DIAMOND, "b2", "-b2", "b2>a");
    }

    #[test]
    fn a_branch_is_inserted_and_deleted() {
        check(DIAMOND, "b2", "+b1", "+b1");
        check(DIAMOND, "b1 b2", "-b1", "-b1");
    }

    #[test]
    fn a_merge_takes_all_its_rows_and_gives_them_back() {
        check(DIAMOND, "b1 b2", "+c", "-b1 b2>c");
        check(DIAMOND, "c", "-c", "+b1 c>b2");
    }

    #[test]
    fn a_dependency_is_absorbed_and_given_back() {
        let text = "a1<- a2<-a1 b1<- b2<-b1~a2 a3<-a2";
        check(text, "a2 b1", "+b2", "-b1 a2>b2");
        check(text, "b2", "-b2", "+b1 b2>a2");
        check(text, "b2", "+a3", "+a3");
        check(text, "a3 b2", "-b2", "b2>b1");
    }

    #[test]
    fn a_row_that_names_what_is_replaced_is_written_as_it_stands() {
        let mut revisions = crate::graph::testing::revisions("p<- s<-p c<-s");
        let s = revisions.iter_mut().find(|it| it.id.as_str() == "s").unwrap();
        s.replaces = ["a", "b"].map(|it| RevisionId::new(it).unwrap()).to_vec();
        s.spans.replaces = vec![0..0; 2];
        let graph = RevisionGraph::new(revisions).unwrap();
        let rows = ["b".to_owned()];
        let index = |id| graph.by_id(id).unwrap();
        let at_b = || VersionRows::new(&graph, &[index("s")]).with_texts(&rows);
        assert_eq!(at_b().rows(), [RevisionId::new("b").unwrap()]);

        let mut version_rows = at_b();
        assert_eq!(describe(&version_rows.upgrade(index("c"))), "b>c");
        assert_eq!(describe(&version_rows.downgrade(index("c"))), "c>s");
        assert_eq!(describe(&version_rows.downgrade(index("s"))), "s>p");
        assert_eq!(describe(&at_b().downgrade(index("s"))), "b>p");
    }

    #[test]
    fn redundant_dependencies_are_no_special_case() {
        let text = "a1<- a2<-a1 b<-~a1,a2";
        check(text, "a2", "+b", "a2>b");
        check(text, "b", "-b", "b>a2");
        let text = "a<- b<-a c<-a,b";
        check(text, "b", "+c", "b>c");
        check(text, "c", "-c", "c>b");
    }
}
