//! Revisions tried out one by one: up, down and up again.
//!
//! [`in_memory`] tries them on a scratch database, [`on_a_copy`] those that are pending on a copy of
//! the real one, with its rows. Neither touches the database itself. What comes out is data: what each
//! downgrade left behind, took too much of or changed, and which bodies do not run.

mod checks;
mod memory;
mod report;

pub use self::memory::in_memory;
pub use self::report::{Fault, Finding, Phase, Tried, Verdict};

use crate::db::DbError;
use crate::exec::{Replay, ReplayError};
use crate::graph::RevisionGraph;
use crate::plan::PlanError;
use crate::schema;

/// What is tried, and what counts as the same schema.
pub struct Rehearsal<'a> {
    /// The revisions.
    pub graph: &'a RevisionGraph,
    /// How they are run in memory.
    pub replay: Replay<'a>,
    /// Whether the order of columns is part of the schema.
    pub by_order: bool,
    /// The names of tables and views that are nobody's business.
    pub is_excluded: &'a dyn Fn(&str) -> bool,
}

/// Why revisions could not be tried. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum RehearsalError {
    /// A database failed.
    #[error(transparent)]
    Db(#[from] DbError),
    /// A schema could not be taken apart.
    #[error(transparent)]
    Schema(#[from] schema::ReadError),
    /// There is no order in which to run them.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// Revisions that ran before did not run again.
    #[error(transparent)]
    Replay(#[from] ReplayError),
}

#[cfg(test)]
mod tests;
