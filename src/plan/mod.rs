//! What a command would do: steps and version rows, computed and not yet run.
//!
//! Pure. A plan is computed from the graph, the rows of the version table and a [`Goal`]; the
//! executor computes it again inside the transaction, so that what runs fits what the database says
//! at that moment. The goal is fixed once: `+1` means one step from where the database was when the
//! command looked first, however many others run at the same time.

pub mod goal;
pub mod stamp;
pub mod version_rows;

#[cfg(test)]
mod replay;

use crate::graph::resolve::{ResolveError, list};
use crate::graph::walk::RevisionSet;
use crate::graph::{Edges, RevisionGraph, RevisionIndex};
use crate::revision::RevisionId;
use version_rows::VersionRows;

/// Which way a revision runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Its upgrade body.
    Upgrade,
    /// Its downgrade body.
    Downgrade,
}

impl Direction {
    /// `upgrade` or `downgrade`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Upgrade => "upgrade",
            Self::Downgrade => "downgrade",
        }
    }
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

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The target names nothing (useful).
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// The version table names revisions that no file declares.
    #[error("the database is at {}, which no revision file declares", list(.rows))]
    UnknownRows {
        /// Those rows.
        rows: Vec<String>,
        /// All rows.
        all: Vec<String>,
    },
    /// Two rows of the version table lie on one line.
    #[error(
        "the version table has two rows of one line: `{lower}` comes before `{upper}`, so only \
         `{upper}` should be there"
    )]
    OverlappingRows {
        /// The row that should not be there.
        lower: RevisionId,
        /// The row that implies it.
        upper: RevisionId,
    },
    /// The version table has the same row twice.
    #[error("the version table has the row `{row}` twice")]
    RepeatedRow {
        /// The row.
        row: String,
    },
    /// The target of a downgrade is not applied.
    #[error("cannot downgrade to `{target}`, which is not applied")]
    NotApplied {
        /// The target.
        target: RevisionId,
        /// The rows.
        rows: Vec<RevisionId>,
    },
    /// A downgrade would have to revert revisions that its target did not ask for.
    #[error("downgrading to `{target}` must also revert {}", list(.also))]
    RevertsMore {
        /// The target, as it was typed.
        target: String,
        /// The revisions of other branches that need what would go, in the order in which they
        /// would be reverted.
        also: Vec<RevisionId>,
    },
}

/// The revisions that the rows of a version table name, in their order.
///
/// # Errors
///
/// Rows that no file declares, and rows that cannot stand side by side.
pub fn applied_rows(
    graph: &RevisionGraph,
    rows: &[String],
) -> Result<Vec<RevisionIndex>, PlanError> {
    let unknown: Vec<String> =
        rows.iter().filter(|it| graph.by_id(it).is_none()).cloned().collect();
    if !unknown.is_empty() {
        return Err(PlanError::UnknownRows { rows: unknown, all: rows.to_vec() });
    }
    let indices: Vec<RevisionIndex> = rows.iter().filter_map(|it| graph.by_id(it)).collect();
    let mut seen = RevisionSet::new(graph);
    for (index, row) in indices.iter().zip(rows) {
        if !seen.insert(*index) {
            return Err(PlanError::RepeatedRow { row: row.clone() });
        }
    }
    match graph.find_overlap(&indices, Edges::All) {
        None => Ok(indices),
        Some((lower, upper)) => Err(PlanError::OverlappingRows {
            lower: graph.id(lower).clone(),
            upper: graph.id(upper).clone(),
        }),
    }
}

/// The steps that run `wanted` in `direction`, and the rows after each.
///
/// `wanted` must be what lies between the rows and a state that revisions can reach: for an upgrade
/// nothing that is applied, and with each revision all that it needs; for a downgrade only what is
/// applied, and with each revision all that needs it.
fn plan_steps(
    graph: &RevisionGraph,
    rows: &[String],
    indices: &[RevisionIndex],
    wanted: &RevisionSet,
    direction: Direction,
) -> Plan {
    let mut order = graph.downgrade_order(wanted);
    if direction == Direction::Upgrade {
        order.reverse();
    }
    let mut version_rows = VersionRows::new(graph, indices);
    let steps = order
        .into_iter()
        .map(|revision| {
            let writes = match direction {
                Direction::Upgrade => version_rows.upgrade(revision),
                Direction::Downgrade => version_rows.downgrade(revision),
            };
            Step { revision, direction, writes }
        })
        .collect();
    Plan { steps, start: rows.to_vec(), end: version_rows.rows() }
}
