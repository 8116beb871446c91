//! What a history means for a run.

use std::collections::HashSet;

use super::{History, HistoryError, Net, Trouble, audit};
use crate::graph::{RevisionGraph, RevisionIndex};
use crate::plan::{Direction, Plan, Step};
use crate::revision::RevisionId;

/// Refuses an upgrade where the files are not what ran; what was inserted may be `wanted`.
///
/// # Errors
///
/// [`HistoryError::Troubles`] with everything that an upgrade must not build on.
pub fn refuse_changed(
    graph: &RevisionGraph,
    history: &History,
    wanted: bool,
) -> Result<(), HistoryError> {
    let mut troubles = audit(graph, history);
    troubles.retain(|it| it.stops_upgrade() && !(wanted && matches!(it, Trouble::Inserted { .. })));
    if troubles.is_empty() { Ok(()) } else { Err(HistoryError::Troubles(troubles)) }
}

/// The revisions of an upgrade that are applied, as the log has it, and that the version table does not
/// have: what their bodies did may be there already.
pub fn run_again(graph: &RevisionGraph, history: &History, plan: &Plan) -> Vec<RevisionId> {
    if history.log.is_empty() {
        return Vec::new();
    }
    let net = Net::new(&history.log);
    let up = plan.steps.iter().filter(|it| it.direction == Direction::Upgrade);
    let again = up.filter(|it| net.applied_or_replaced(&graph[it.revision]).is_some());
    again.map(|it| graph.id(it.revision).clone()).collect()
}

/// Puts inserted revisions before the rest of an upgrade. The rows imply them already.
pub fn run_first(plan: &mut Plan, inserted: &[RevisionIndex]) {
    let step = |revision: &RevisionIndex| Step {
        revision: *revision,
        direction: Direction::Upgrade,
        writes: Vec::new(),
    };
    plan.steps.splice(0..0, inserted.iter().map(step));
}

/// What is to be known of the revisions that a downgrade reverts: their way back may be another one
/// than that of what ran.
pub fn describe_changed(graph: &RevisionGraph, history: &History, plan: &Plan) -> Vec<String> {
    let reverted: HashSet<&str> =
        plan.steps.iter().map(|it| graph.id(it.revision).as_str()).collect();
    let mut troubles = audit(graph, history);
    troubles
        .retain(|it| it.stops_upgrade() && it.revision().is_some_and(|it| reverted.contains(it)));
    troubles.iter().map(ToString::to_string).collect()
}
