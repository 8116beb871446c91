//! Whether a revision that was inserted below others can still run after them.
//!
//! Proven, not assumed. In memory, the revisions run in the order of the graph and then once more
//! with the inserted ones last; both must leave the same schema. Rows cannot be compared like that,
//! since they are in the live database only: where an inserted body works on rows, no body that ran
//! after its place may name a table or view that those rows go through.

mod rows;

use crate::autogenerate::{AutogenerateError, compare, read_schema};
use crate::db::Scratch;
use crate::diff::lines::Line;
use crate::exec::{Replay, ReplayError, run_in_memory};
use crate::graph::walk::RevisionSet;
use crate::graph::{RevisionGraph, RevisionIndex};
use crate::plan::Direction;
use crate::revision::RevisionId;

/// What is to be proven.
pub struct Question<'a> {
    /// The revisions.
    pub graph: &'a RevisionGraph,
    /// Everything that counts as applied, in the order in which it would run on an empty database.
    pub applied: &'a [RevisionIndex],
    /// What of it never ran, in the same order.
    pub inserted: &'a [RevisionIndex],
    /// How revisions are run in memory.
    pub replay: Replay<'a>,
    /// Whether the order of columns is part of the schema.
    pub by_order: bool,
    /// The names of tables and views that are nobody's business here.
    pub is_excluded: &'a dyn Fn(&str) -> bool,
}

/// Why inserted revisions cannot run after those that ran. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum OutOfOrderError {
    /// They leave another schema than in their place.
    #[error(
        "{} would leave another schema when run after the others than in {} place",
        describe(.revisions),
        if .revisions.len() == 1 { "its" } else { "their" }
    )]
    Differs {
        /// The inserted revisions.
        revisions: Vec<RevisionId>,
        /// What would differ from the schema that they make in their place; not empty.
        lines: Vec<Line>,
    },
    /// A body works on rows that others worked on after its place.
    #[error(
        "`{revision}` works on rows of `{of}`, and `{by}`, which ran without it, has to do with {}",
        if of == table {
            "it too".to_owned()
        } else {
            format!("`{table}`, which a foreign key, a view or a trigger ties to that")
        }
    )]
    Rows {
        /// The inserted revision.
        revision: RevisionId,
        /// A table or view that it names.
        of: String,
        /// The same one, or one that rows pass to from there.
        table: String,
        /// A revision that names the latter.
        by: RevisionId,
    },
    /// A body fails, in its place or after the others.
    #[error("{} cannot run after the others: {}", describe(.revisions), .source.failure)]
    Replay {
        /// The inserted revisions.
        revisions: Vec<RevisionId>,
        /// What failed.
        source: Box<ReplayError>,
    },
    /// A scratch database failed.
    #[error(transparent)]
    Scratch(#[from] AutogenerateError),
}

/// The ids, in backticks.
fn describe(revisions: &[RevisionId]) -> String {
    revisions.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ")
}

/// Proves that the inserted revisions can run last.
///
/// # Errors
///
/// [`OutOfOrderError`], with the first object or table that speaks against it.
pub fn prove(question: &Question<'_>) -> Result<(), OutOfOrderError> {
    let Question { graph, applied, inserted, .. } = question;
    let revisions = || graph.ids(inserted);
    let failed = |err| OutOfOrderError::Replay { revisions: revisions(), source: Box::new(err) };
    let is_inserted = RevisionSet::of(graph, inserted.iter().copied());
    let others: Vec<RevisionIndex> =
        applied.iter().copied().filter(|it| !is_inserted.contains(*it)).collect();

    let in_place = run_all(question, applied).map_err(failed)?;
    let late = run_all(question, &others).map_err(failed)?;
    let before = rows::Objects::new(&[&in_place, &late]).map_err(AutogenerateError::from)?;
    for index in *inserted {
        let place = applied.iter().position(|it| it == index).unwrap_or_default();
        let after = applied[place..].iter().copied().filter(|it| !is_inserted.contains(*it));
        if let Some(rows::InTheWay { of, table, by }) = before.in_the_way(graph, *index, after) {
            let revision = graph.id(*index).clone();
            return Err(OutOfOrderError::Rows { revision, of, table, by: graph.id(by).clone() });
        }
    }
    for index in *inserted {
        let outcome = run_in_memory(&late, graph, *index, Direction::Upgrade);
        outcome.map_err(|err| failed(err.into()))?;
    }
    let in_place = read_schema(&in_place, question.is_excluded)?;
    let late = read_schema(&late, question.is_excluded)?;
    let lines = compare(&in_place, &late, question.by_order);
    if lines.is_empty() {
        return Ok(());
    }
    Err(OutOfOrderError::Differs { revisions: revisions(), lines })
}

/// Runs these revisions in an empty database.
fn run_all(question: &Question<'_>, order: &[RevisionIndex]) -> Result<Scratch, ReplayError> {
    let scratch = question.replay.start()?;
    for index in order {
        run_in_memory(&scratch, question.graph, *index, Direction::Upgrade)?;
    }
    Ok(scratch)
}

#[cfg(test)]
mod tests;
