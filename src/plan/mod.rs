//! What a command would do: steps and version rows, computed and not yet run.
//!
//! Pure. A [`Plan`] is computed from the graph, the rows of the version table and a target; the
//! executor computes it again inside the transaction, so that what runs fits what the database says
//! at that moment.

use crate::graph::RevisionIndex;
use crate::revision::RevisionId;

/// Which way a revision runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Its upgrade body.
    Upgrade,
    /// Its downgrade body.
    Downgrade,
}

/// One statement on the version table. It must hit exactly one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowWrite {
    /// Adds a row.
    Insert(RevisionId),
    /// Replaces a row.
    Update {
        /// What the row says now.
        from: String,
        /// What it will say.
        to: RevisionId,
    },
    /// Removes a row.
    Delete(String),
}

/// One revision to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Which.
    pub revision: RevisionIndex,
    /// Which way.
    pub direction: Direction,
    /// What happens to the version table after its body ran, in this order.
    pub writes: Vec<RowWrite>,
}

/// What an upgrade or a downgrade would do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// The revisions, in the order in which they run.
    pub steps: Vec<Step>,
    /// The rows of the version table before, as they were given.
    pub start: Vec<String>,
    /// The rows after, sorted.
    pub end: Vec<RevisionId>,
}
