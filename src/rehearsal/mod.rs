//! Revisions tried out one by one: up, down and up again.
//!
//! [`in_memory`] tries them on a scratch database, [`on_a_copy`] those that are pending on a copy of
//! the real one, with its rows. Neither touches the database itself. What comes out is data: what each
//! downgrade left behind, took too much of or changed, and which bodies do not run.

mod checks;
mod copy;
mod lost;
mod memory;
mod meter;
mod places;
mod report;

use std::path::PathBuf;

pub use self::checks::number_lines;
pub use self::copy::{CopyReport, OnCopy, RowCount, TriedOnCopy, on_a_copy};
pub use self::memory::in_memory;
pub use self::report::{Fault, Finding, Phase, Tried, Verdict};

use crate::db::DbError;
use crate::exec::{Replay, ReplayError};
use crate::fsutil::FileError;
use crate::graph::RevisionGraph;
use crate::plan::PlanError;
use crate::revision::RevisionId;
use crate::schema;
use crate::source::Location;

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
    Db(DbError),
    /// A schema could not be taken apart.
    #[error(transparent)]
    Schema(#[from] schema::ReadError),
    /// There is no order in which to run them.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// Revisions that ran before did not run again.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// A body would write into a file that is no copy.
    #[error(
        "revision `{revision}` cannot be rehearsed: `{what}` reaches another file than the copy"
    )]
    OtherFile {
        /// The first such revision.
        revision: RevisionId,
        /// The statement.
        location: Box<Location>,
        /// What of it.
        what: &'static str,
    },
    /// The folder for a copy could not be made or cleared.
    #[error(transparent)]
    Folder(#[from] FileError),
    /// The disk of the copy is full.
    #[error("there is no room for a copy of the database in `{}`", folder.display())]
    NoRoom {
        /// The folder.
        folder: PathBuf,
        /// How many bytes the copy had, with its journal, when there was no more.
        size: u64,
    },
    /// A crash has left a journal beside the database: reading it would roll that back, in the database
    /// itself.
    #[error("a run that did not end has left a journal beside `{}`", path.display())]
    HotJournal {
        /// The database.
        path: PathBuf,
    },
    /// The database is not any more where it was when it was copied first.
    #[error("the database was changed by another process meanwhile")]
    Moved,
    /// Somebody asked to stop.
    #[error("cancelled")]
    Cancelled,
}

impl From<DbError> for RehearsalError {
    fn from(err: DbError) -> Self {
        match err {
            // Nothing but a cancellation interrupts.
            DbError::Interrupted { .. } => Self::Cancelled,
            other => Self::Db(other),
        }
    }
}

#[cfg(test)]
mod tests;
