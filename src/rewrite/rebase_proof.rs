//! Whether a line that moved does what it did: the schema at the heads, and the way back.
//!
//! Two branches have no order. `upgrade heads` takes one, and what it leads to is what must come out;
//! a database of the line may have run it before the other branch, and what that would lead to must
//! not be lost either.

use super::side_by_side::other_rows;
use super::{Rebase, RewriteError};
use crate::autogenerate::{compare, fill, read_schema};
use crate::db::Scratch;
use crate::diff::lines::Sign;
use crate::exec::{ReplayError, run_in_memory};
use crate::graph::walk::RevisionSet;
use crate::graph::{Edges, RevisionGraph, RevisionIndex};
use crate::plan::Direction;
use crate::rehearsal::{self, Fault, Finding, Rehearsal, Tried, Verdict, number_lines};
use crate::schema::Schema;

/// How the two orders are run and compared.
pub struct RebaseProof<'a> {
    /// The graph before the rebase, how its revisions are run, and what counts as the same schema.
    pub before: Rehearsal<'a>,
    /// The heads of a graph that one database has together.
    pub heads: &'a dyn Fn(&RevisionGraph) -> Vec<RevisionIndex>,
}

impl RebaseProof<'_> {
    /// Proves that the line may move.
    ///
    /// # Errors
    ///
    /// A body that does not run in the new order, and did without the other branch; another schema at
    /// the heads.
    pub fn hold(&self, rebased: &Rebase) -> Result<(), RewriteError> {
        let (old, new) = (self.before.graph, &rebased.graph);
        let found = self.heads(new).map_err(RewriteError::replay)?;
        let after = self.schema(&found)?;
        // Orders of before may be such that do not run: then it was one that had to follow the other.
        let before = [(self.heads(old), true), (self.line_first(old, &rebased.moved), false)];
        let is_order = before[0].0.is_ok();
        for (scratch, is_all) in before {
            let Ok(scratch) = scratch else { continue };
            let mut lines = compare(&self.schema(&scratch)?, &after, self.before.by_order);
            if is_all {
                lines.extend(number_lines(&scratch.other_numbers(&found)?));
            }
            if lines.iter().any(|it| is_all || it.sign != Sign::Added) {
                let (first, onto) = (rebased.first.id.clone(), rebased.onto.clone());
                return Err(RewriteError::OtherOrder { first, onto, lines });
            }
        }
        if is_order {
            self.same_rows(rebased, &after)?;
        }
        self.same_verdicts(rebased)
    }

    /// From where the order changes on, both make the same of invented rows.
    fn same_rows(&self, rebased: &Rebase, schema: &Schema) -> Result<(), RewriteError> {
        let (old, new) = (self.before.graph, &rebased.graph);
        // The load order is the same, and so are the indices.
        let (before, after) = (self.order(old), self.order(new));
        let n_same = before.iter().zip(&after).take_while(|(left, right)| left == right).count();
        let (below, before) = before.split_at(n_same);
        let after = &after[n_same..];
        if after.is_empty() {
            return Ok(());
        }
        let run = |scratch: &Scratch, graph, order: &[RevisionIndex]| {
            let scratch = scratch.copy()?;
            for index in order {
                run_in_memory(&scratch, graph, *index, Direction::Upgrade)
                    .map_err(|err| RewriteError::replay(err.into()))?;
            }
            Ok::<_, RewriteError>(scratch)
        };
        let bare = run(&self.before.replay.start().map_err(RewriteError::replay)?, old, below)?;
        let start = fill(&bare, &self.schema(&bare)?, |it| run(it, old, before).is_ok())?;
        let wanted = run(&start, old, before)?;
        let found = run(&start, new, after)?;
        match other_rows(schema, &wanted, &found, || run(&start, old, before))? {
            None => Ok(()),
            Some(table) => Err(RewriteError::OtherRowsAfter {
                first: rebased.first.id.clone(),
                onto: rebased.onto.clone(),
                table,
            }),
        }
    }

    /// What runs on a database of the heads, in its order.
    fn order(&self, graph: &RevisionGraph) -> Vec<RevisionIndex> {
        graph.upgrade_order(&graph.ancestors((self.heads)(graph), Edges::All))
    }

    /// What went up and down without the other branch does so after it.
    fn same_verdicts(&self, rebased: &Rebase) -> Result<(), RewriteError> {
        let (old, new) = (self.before.graph, &rebased.graph);
        let line = RevisionSet::of(old, rebased.moved.iter().copied());
        let alone = rehearsal::in_memory(&self.before, &[], &old.maximal(&line))?;
        let was_fine = |revision: RevisionIndex| {
            let is_it = |it: &&Tried| it.revision == revision;
            let verdict = alone.iter().find(is_it).map(|it| &it.verdict);
            matches!(verdict, Some(Verdict::Fine | Verdict::Irreversible))
        };
        let moved = RevisionSet::of(new, rebased.moved.iter().copied());
        let rehearsal = Rehearsal { graph: new, ..self.before };
        for tried in rehearsal::in_memory(&rehearsal, &[], &new.maximal(&moved))? {
            if let Verdict::Failed(faults) = tried.verdict
                && was_fine(tried.revision)
                && let Some(fault) = faults.into_iter().next()
            {
                let location = Box::new(fault.location(new, tried.revision));
                let Fault { phase, finding } = fault;
                let (failure, lines) = match finding {
                    Finding::Failure(failure) => (Some(failure), Vec::new()),
                    Finding::Schema(lines) => (None, lines),
                };
                return Err(RewriteError::OtherVerdict {
                    revision: new.id(tried.revision).clone(),
                    onto: rebased.onto.clone(),
                    direction: phase.direction(),
                    location,
                    failure,
                    lines,
                });
            }
        }
        Ok(())
    }

    /// What the revisions make of an empty database.
    fn heads(&self, graph: &RevisionGraph) -> Result<Scratch, ReplayError> {
        let applied = graph.ancestors((self.heads)(graph), Edges::All);
        self.before.replay.run(graph, &graph.maximal(&applied))
    }

    /// The same with a line, and what it needs, before all else.
    fn line_first(
        &self,
        graph: &RevisionGraph,
        line: &[RevisionIndex],
    ) -> Result<Scratch, ReplayError> {
        let first = graph.ancestors(line.iter().copied(), Edges::All);
        let mut rest = graph.ancestors((self.heads)(graph), Edges::All);
        rest.retain(|it| !first.contains(it));
        let scratch = self.before.replay.start()?;
        for set in [first, rest] {
            for index in graph.upgrade_order(&set) {
                run_in_memory(&scratch, graph, index, Direction::Upgrade)?;
            }
        }
        Ok(scratch)
    }

    fn schema(&self, scratch: &Scratch) -> Result<Schema, RewriteError> {
        Ok(read_schema(scratch, self.before.is_excluded)?)
    }
}

#[cfg(test)]
#[path = "rebase_proof_tests.rs"]
mod tests;
