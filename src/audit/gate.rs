//! What a history means for a run.

use std::collections::HashSet;

use super::{History, HistoryError, Net, Trouble, audit, implied, inserted};
use crate::graph::{RevisionGraph, RevisionIndex};
use crate::plan::{Direction, Plan, Step};
use crate::revision::RevisionId;

/// Refuses a run that would build on what is not there, or undo it: an upgrade where the files are not
/// what ran, a downgrade of what never ran. What was inserted may be `wanted`: that goes through, but
/// not while something that ran has no file, for that may have done what the inserted one does.
///
/// # Errors
///
/// [`HistoryError::Troubles`] with everything that stops the run.
pub fn refuse_changed(
    graph: &RevisionGraph,
    history: &History,
    plan: &Plan,
    direction: Direction,
    wanted: bool,
) -> Result<(), HistoryError> {
    let reverted = revisions(graph, plan);
    let is_concerned = |it: &Trouble| match direction {
        Direction::Upgrade => !(wanted && matches!(it, Trouble::Inserted { gone: None, .. })),
        Direction::Downgrade => it.revision().is_some_and(|it| reverted.contains(it)),
    };
    let mut troubles = audit(graph, history);
    troubles.retain(|it| it.stops(direction) && is_concerned(it));
    if troubles.is_empty() {
        return Ok(());
    }
    Err(HistoryError::Troubles { direction, troubles })
}

/// A revision that ran, and that an upgrade runs again: what its body did may be there already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Again {
    /// Which.
    pub revision: RevisionId,
    /// Whether the log does not have it as applied any more, though nothing took it back; otherwise it
    /// has, and the version table has not.
    pub is_left: bool,
}

/// The revisions of an upgrade that ran, as the log has it.
pub fn run_again(graph: &RevisionGraph, history: &History, plan: &Plan) -> Vec<Again> {
    if history.log.is_empty() {
        return Vec::new();
    }
    let net = Net::new(&history.log);
    let up = plan.steps.iter().filter(|it| it.direction == Direction::Upgrade);
    let again = up.filter_map(|it| {
        let revision = &graph[it.revision];
        let is_left = net.left_behind(revision).is_some();
        let has_run = is_left || net.applied_or_replaced(revision).is_some();
        has_run.then(|| Again { revision: revision.id.clone(), is_left })
    });
    again.collect()
}

/// Puts inserted revisions before the rest of an upgrade. The rows imply them already.
pub fn run_first(plan: &mut Plan, inserted: &[RevisionIndex]) {
    let step = |revision: &RevisionIndex| Step {
        revision: *revision,
        direction: Direction::Upgrade,
        runs: true,
        writes: Vec::new(),
    };
    plan.steps.splice(0..0, inserted.iter().map(step));
}

/// Leaves out the bodies of a downgrade that would undo what never ran; the version table forgets
/// those revisions all the same.
pub fn leave_out(plan: &mut Plan, inserted: &[RevisionIndex]) {
    for step in &mut plan.steps {
        step.runs &= !inserted.contains(&step.revision);
    }
}

/// What is to be known of a downgrade that goes on: of the revisions that it reverts, whose way back
/// may be another one than that of what ran; of those without a file that ran among them, and that
/// it leaves behind; and of those that it leads to, if they never ran.
pub fn describe_changed(graph: &RevisionGraph, history: &History, plan: &Plan) -> Vec<String> {
    let reverted = revisions(graph, plan);
    let net = Net::new(&history.log);
    let mut stays = implied(graph, &history.rows);
    stays.retain(|it| !reverted.contains(graph.id(it).as_str()));
    let tips = if plan.steps.is_empty() { Vec::new() } else { graph.maximal(&stays) };
    let mut never_ran = inserted(graph, history);
    never_ran.retain(|it| tips.contains(it));
    let stays: HashSet<&str> = stays.iter().map(|it| net.key(&graph[it])).collect();
    let ran_among: HashSet<&str> =
        net.in_order().rev().take_while(|it| !stays.contains(it)).collect();
    let is_concerned = |it: &Trouble| match it {
        Trouble::Gone { revision, .. } => {
            !plan.steps.is_empty() && ran_among.contains(revision.as_str())
        }
        it => it.revision().is_some_and(|it| reverted.contains(it)),
    };
    let mut troubles = audit(graph, history);
    troubles.retain(|it| it.stops(Direction::Upgrade) && is_concerned(it));
    let left_out: HashSet<&str> =
        plan.steps.iter().filter(|it| !it.runs).map(|it| graph.id(it.revision).as_str()).collect();
    let describe = |it: &Trouble| match it {
        Trouble::Inserted { revision, .. } if left_out.contains(revision.as_str()) => {
            format!("revision `{revision}` never ran here, and its way back did not run either")
        }
        Trouble::Gone { .. } => format!("{it}: nothing here undoes what it did"),
        it => it.to_string(),
    };
    let never_ran = never_ran
        .into_iter()
        .map(|it| format!("revision `{}`, to which this leads, never ran here", graph.id(it)));
    troubles.iter().map(describe).chain(never_ran).collect()
}

/// The ids of what a plan runs.
fn revisions<'g>(graph: &'g RevisionGraph, plan: &Plan) -> HashSet<&'g str> {
    plan.steps.iter().map(|it| graph.id(it.revision).as_str()).collect()
}
