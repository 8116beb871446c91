//! Whether a line that moved does what it did: the schema at the heads, and the way back.
//!
//! Two branches have no order. `upgrade heads` takes one, and what it leads to is what must come out;
//! a database of the line may have run it before the other branch, and what that would lead to must
//! not be lost either.

use super::{Rebase, RewriteError};
use crate::autogenerate::{compare, read_schema};
use crate::db::Scratch;
use crate::diff::lines::Sign;
use crate::exec::{ReplayError, run_in_memory};
use crate::graph::walk::RevisionSet;
use crate::graph::{Edges, RevisionGraph, RevisionIndex};
use crate::plan::Direction;
use crate::rehearsal::{self, Fault, Finding, Rehearsal, Tried, Verdict};
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
        let after = self.schema(&self.heads(new).map_err(RewriteError::replay)?)?;
        // Orders of before may be such that do not run: then it was one that had to follow the other.
        let before = [(self.heads(old), true), (self.line_first(old, &rebased.moved), false)];
        for (scratch, is_all) in before {
            let Ok(scratch) = scratch else { continue };
            let lines = compare(&self.schema(&scratch)?, &after, self.before.by_order);
            if lines.iter().any(|it| is_all || it.sign != Sign::Added) {
                let (first, onto) = (rebased.first.id.clone(), rebased.onto.clone());
                return Err(RewriteError::OtherOrder { first, onto, lines });
            }
        }
        self.same_verdicts(rebased)
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
            for index in graph.downgrade_order(&set).into_iter().rev() {
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
