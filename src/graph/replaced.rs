//! Revisions that stand for others: the header key `replaces`.
//!
//! A squash makes one revision of a range, and databases that ran the range must not run the one.
//! The list is in the order in which the range ran, so that its last id is the state that the one
//! revision leads to: a version row that names it says the same. A row that names another one says
//! that the database stopped in the middle, where no file leads on from.

use std::collections::HashMap;

use super::{GraphProblem, RevisionGraph, RevisionIndex};
use crate::revision::{Revision, RevisionId};
use crate::source::Problem;

impl RevisionGraph {
    /// The revision that stands for `id`, which no file declares any more.
    pub fn replaced_by(&self, id: &str) -> Option<RevisionIndex> {
        self.replaced.get(id).copied()
    }

    /// All ids that are replaced, and what stands for them, in no order.
    pub(super) fn all_replaced(&self) -> impl Iterator<Item = (&RevisionId, RevisionIndex)> {
        self.replaced.iter().map(|(id, by)| (id, *by))
    }

    /// The revision that is applied where a version row says `row`: the one with this id, or the
    /// one that replaces it as the last of its range.
    pub fn of_row(&self, row: &str) -> Option<RevisionIndex> {
        self.by_id(row).or_else(|| {
            let index = self.replaced_by(row)?;
            (self[index].replaces.last()?.as_str() == row).then_some(index)
        })
    }
}

/// All replaced ids and who replaces them.
pub(super) fn index(
    revisions: &[Revision],
    by_id: &HashMap<RevisionId, RevisionIndex>,
    problems: &mut Vec<Problem<GraphProblem>>,
) -> HashMap<RevisionId, RevisionIndex> {
    let mut replaced: HashMap<RevisionId, RevisionIndex> = HashMap::new();
    for (idx, revision) in revisions.iter().enumerate() {
        for (old, span) in revision.replaces.iter().zip(&revision.spans.replaces) {
            let id = revision.id.clone();
            let kind = if let Some(declared) = by_id.get(old) {
                let declared = &revisions[declared.as_usize()];
                GraphProblem::ReplacedDeclared {
                    id,
                    replaced: old.clone(),
                    declared: declared.location(&declared.spans.id),
                }
            } else if let Some(other) = replaced.get(old) {
                let other = revisions[other.as_usize()].id.clone();
                GraphProblem::ReplacedTwice { id, replaced: old.clone(), other }
            } else {
                replaced.insert(old.clone(), RevisionIndex::from_usize(idx));
                continue;
            };
            problems.push(Problem { location: revision.location(span), kind });
        }
    }
    replaced
}

#[cfg(test)]
mod tests {
    use super::super::testing::{graph, revisions, words};
    use super::*;

    /// The problems of a graph in which `by` replaces `old`.
    fn with_replaces(text: &str, replaces: &[(&str, &str)]) -> Result<RevisionGraph, Vec<String>> {
        let mut revisions = revisions(text);
        for (by, old) in replaces {
            let revision = revisions.iter_mut().find(|it| it.id.as_str() == *by).unwrap();
            revision.replaces =
                old.split_whitespace().map(|it| RevisionId::new(it).unwrap()).collect();
            revision.spans.replaces = vec![0..0; revision.replaces.len()];
        }
        RevisionGraph::new(revisions)
            .map_err(|problems| problems.iter().map(|it| it.kind.to_string()).collect())
    }

    #[test]
    fn a_row_of_the_last_replaced_one_is_the_replacing_one() {
        let graph = with_replaces("s<- c<-s", &[("s", "a b")]).unwrap();
        let of_row = |row| graph.of_row(row).map(|it| words(&graph, [it]));
        assert_eq!(of_row("b").as_deref(), Some("s"));
        assert_eq!(of_row("c").as_deref(), Some("c"));
        assert_eq!(of_row("a"), None);
        assert_eq!(graph.replaced_by("a"), graph.by_id("s"));
        assert_eq!(graph.replaced_by("s"), None);
    }

    #[test]
    fn a_graph_without_the_key_replaces_nothing() {
        assert_eq!(graph("a<-").replaced_by("a"), None);
    }

    #[track_caller]
    fn check_problem(text: &str, replaces: &[(&str, &str)], expected: &str) {
        assert_eq!(with_replaces(text, replaces).unwrap_err(), [expected]);
    }

    #[test]
    fn a_replaced_revision_is_declared_nowhere_and_replaced_once() {
        check_problem(
            "a<- s<-a",
            &[("s", "a")],
            "revision `s` replaces `a`, which a file still declares",
        );
        check_problem(
            "s<- t<-s",
            &[("s", "a"), ("t", "a")],
            "revisions `s` and `t` both replace `a`",
        );
        check_problem(
            "s<-[a]",
            &[("s", "a")],
            "branch label `a` of revision `s` is already the id of a revision",
        );
        check_problem(
            "s<- t<-a",
            &[("s", "a b")],
            "revision `t` follows `a`, which no file declares",
        );
    }
}
