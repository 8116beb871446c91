//! What `stamp` writes: the version table is set to revisions without running anything.
//!
//! Alembic moves each row for each argument on its own and can forget lineages, store both an
//! ancestor and its descendant, or fail in the middle. Here the arguments change the set of applied
//! revisions, and the rows are its maximal elements: what else is applied stays applied.

use super::{PlanError, RowWrite};
use crate::graph::resolve::ResolveError;
use crate::graph::symbol::{Anchor, RevisionSymbol};
use crate::graph::walk::RevisionSet;
use crate::graph::{Edges, RevisionGraph, RevisionIndex};
use crate::revision::RevisionId;

/// What a stamp would write.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StampPlan {
    /// The writes, in order; empty where the table says so already.
    pub writes: Vec<RowWrite>,
    /// The rows before, as they were given.
    pub start: Vec<String>,
    /// The rows after, sorted.
    pub end: Vec<RevisionId>,
    /// Rows that no file declares and that are replaced.
    pub unknown: Vec<String>,
}

/// Whether the rows are forgotten first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purge {
    /// They count.
    No,
    /// They do not.
    Yes,
}

/// Plans `stamp SYMBOL…` for a version table with these rows.
///
/// A revision as target is applied with all that it needs, and nothing that comes after it is.
/// `base` unapplies everything, `LABEL@base` what is of that lineage and what depends on the
/// branch.
///
/// # Errors
///
/// Targets that lie on one line, and steps, which have no meaning here.
pub fn plan_stamp(
    graph: &RevisionGraph,
    rows: &[String],
    symbols: &[RevisionSymbol],
    purge: Purge,
) -> Result<StampPlan, PlanError> {
    let mut targets: Vec<RevisionIndex> = Vec::new();
    let mut unapplied: Vec<RevisionSet> = Vec::new();
    for symbol in symbols {
        let found = graph.resolve_absolute(symbol)?;
        if symbol.anchor == Anchor::Base {
            unapplied.push(match graph.branch_of(symbol)? {
                Some(branch) => {
                    let mut lineage = branch.lineage;
                    // What depends on the branch cannot stay without it.
                    for index in graph.descendants([branch.start], Edges::All).iter() {
                        lineage.insert(index);
                    }
                    lineage
                }
                None => RevisionSet::of(graph, graph.indices()),
            });
        } else if symbol.anchor == Anchor::Heads {
            targets.extend(found);
        } else if let [target] = found.as_slice() {
            targets.push(*target);
        } else {
            let (symbol, revisions) = (symbol.text.clone(), graph.ids(&found));
            return Err(ResolveError::NotOne { symbol, revisions }.into());
        }
    }
    targets.sort();
    targets.dedup();
    graph.refuse_overlap(&targets, Edges::All)?;

    let (known, unknown): (Vec<&String>, Vec<&String>) =
        rows.iter().partition(|it| graph.of_row(it).is_some());
    let mut applied = RevisionSet::new(graph);
    if purge == Purge::No {
        let known = known.iter().filter_map(|it| graph.of_row(it));
        applied = graph.ancestors(known, Edges::All);
    }
    for lineage in unapplied {
        applied.retain(|it| !lineage.contains(it));
        // What the other lineages need stays, though it is of this one too.
        applied = graph.ancestors(applied.iter().collect::<Vec<_>>(), Edges::All);
    }
    let after = targets.iter().flat_map(|it| graph.children(*it)).copied();
    let after = graph.descendants(after, Edges::All);
    applied.retain(|it| !after.contains(it));
    for index in graph.ancestors(targets, Edges::All).iter() {
        applied.insert(index);
    }

    let mut end = graph.ids(&graph.maximal(&applied));
    end.sort();
    Ok(StampPlan {
        writes: row_changes(rows, &end),
        start: rows.to_vec(),
        end,
        unknown: unknown.into_iter().cloned().collect(),
    })
}

/// Turns one set of rows into another: rows that leave are updated to those that come, the rest
/// deleted or inserted.
fn row_changes(rows: &[String], end: &[RevisionId]) -> Vec<RowWrite> {
    let mut leaving: Vec<&String> = Vec::new();
    let mut kept: Vec<&str> = Vec::new();
    for row in rows {
        // A row that stands there twice is kept once.
        if end.iter().any(|it| it.as_str() == row) && !kept.contains(&row.as_str()) {
            kept.push(row);
        } else {
            leaving.push(row);
        }
    }
    let mut coming = end.iter().filter(|it| !kept.contains(&it.as_str()));
    let mut writes = Vec::new();
    for row in leaving {
        writes.push(match coming.next() {
            Some(to) => RowWrite::Update { from: row.clone(), to: to.clone() },
            None => RowWrite::Delete(row.clone()),
        });
    }
    writes.extend(coming.map(|to| RowWrite::Insert(to.clone())));
    writes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::testing::graph;

    /// Two branches, a tree of its own, and a dependency between them.
    const GRAPH: &str = "a<- b1<-a c1<-b1[one] b2<-a c2<-b2 m<-c1,c2 r1<- r2<-r1~b2 r3<-r2";

    #[track_caller]
    fn check(rows: &str, targets: &str, expected: Result<&str, &str>) {
        check_purge(rows, targets, Purge::No, expected);
    }

    #[track_caller]
    fn check_purge(rows: &str, targets: &str, purge: Purge, expected: Result<&str, &str>) {
        let graph = graph(GRAPH);
        let rows: Vec<String> = rows.split_whitespace().map(str::to_owned).collect();
        let symbols: Vec<RevisionSymbol> =
            targets.split_whitespace().map(|it| it.parse().unwrap()).collect();
        let found = plan_stamp(&graph, &rows, &symbols, purge);
        let ids =
            |plan: StampPlan| plan.end.iter().map(RevisionId::as_str).collect::<Vec<_>>().join(" ");
        let found = found.map(ids).map_err(|err| err.to_string());
        assert_eq!(found.as_deref().map_err(String::as_str), expected);
    }

    #[test]
    fn a_stamp_moves_up_and_down_a_line() {
        check("", "b1", Ok("b1"));
        check("a", "c1", Ok("c1"));
        check("c1", "a", Ok("a"));
        check("c1", "c1", Ok("c1"));
    }

    #[test]
    fn other_lineages_stay() {
        check("c1 c2 r1", "a r1", Ok("a r1"));
        check("c1 c2 r3", "b1", Ok("b1 c2 r3"));
        check("m", "c1", Ok("c1 c2"));
        check("c1 r3", "r1", Ok("b2 c1 r1"));
    }

    #[test]
    fn what_depends_on_a_target_is_not_applied_any_more() {
        check("r3", "b2", Ok("b2 r1"));
    }

    #[test]
    fn base_unapplies_a_lineage_or_everything() {
        check("c1 c2 r1", "base", Ok(""));
        check("c1 c2", "one@base", Ok("c2"));
        check("m", "one@base", Ok("c2"));
        check("r3", "b2@base", Ok("r1"));
        check("r2 c1", "b2@base", Ok("c1 r1"));
    }

    #[test]
    fn arguments_on_one_line_are_refused() {
        check("", "a c1", Err("`a` and `c1` lie on one line: `a` comes before `c1`"));
        check("", "b2 r3", Err("`b2` and `r3` lie on one line: `b2` comes before `r3`"));
    }

    #[test]
    fn all_heads_may_be_stamped_at_once() {
        check("b1", "heads", Ok("m r3"));
        check("b1", "c1 c2", Ok("c1 c2"));
    }

    #[test]
    fn rows_that_no_file_declares_are_replaced() {
        check("zzz", "c1", Ok("c1"));
        check("zzz r1", "c1", Ok("c1 r1"));
        check("a c1", "c1", Ok("c1"));
        check_purge("zzz r1", "c1", Purge::Yes, Ok("c1"));
    }

    #[test]
    fn steps_are_refused() {
        let reason = "steps are counted by `upgrade`, `downgrade` and `history` only";
        check("a", "+1", Err(&format!("`+1` has no meaning here: {reason}")));
    }

    #[test]
    fn rows_change_by_as_few_statements_as_possible() {
        let id = |it: &str| RevisionId::new(it).unwrap();
        let rows = ["a".to_owned(), "b".to_owned(), "c".to_owned()];
        assert_eq!(
            row_changes(&rows, &[id("b"), id("x")]),
            [
                RowWrite::Update { from: "a".to_owned(), to: id("x") },
                RowWrite::Delete("c".to_owned()),
            ]
        );
    }
}
