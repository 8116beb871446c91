//! The proof that `upgrade --out-of-order` asks for.

use super::project::Project;
use crate::audit::{History, implied};
use crate::exec::{PlanFailure, Replay};
use crate::graph::{RevisionGraph, RevisionIndex};
use crate::out_of_order::{self, Question};

/// Proves that inserted revisions can run after those that ran.
pub(super) fn prove(
    project: &Project,
    replay: Replay<'_>,
    graph: &RevisionGraph,
    history: &History,
    inserted: &[RevisionIndex],
) -> Result<(), PlanFailure> {
    let applied = graph.upgrade_order(&implied(graph, &history.rows));
    Ok(out_of_order::prove(&Question {
        graph,
        applied: &applied,
        inserted,
        replay,
        by_order: project.config.schema.column_order,
        is_excluded: &|name| project.config.is_excluded(name),
    })?)
}
