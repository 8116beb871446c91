//! Where an upgrade or a downgrade is to lead, and the plan that leads there.

use super::{Direction, Plan, PlanError, applied_rows, plan_steps};
use crate::graph::history::RangeKind;
use crate::graph::resolve::{Branch, Overwalk, ResolveError};
use crate::graph::symbol::{Anchor, RevisionSymbol};
use crate::graph::walk::RevisionSet;
use crate::graph::{Edges, RevisionGraph, RevisionIndex};

/// Where a run is to lead, in terms that do not move while others run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Goal {
    /// These revisions are applied, and all that they need.
    Applied(Vec<RevisionIndex>),
    /// These revisions are reverted, and all that needs them.
    Reverted(Reverted),
}

/// What a downgrade reverts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reverted {
    /// The revisions nearest to the base that are to go.
    pub roots: Vec<RevisionIndex>,
    /// Of what is reverted, the revisions that the target did not ask for: on a sibling branch, or
    /// in another tree that depends on what goes. In the order in which they are reverted.
    pub also: Vec<RevisionIndex>,
    /// All that is reverted. Another process may apply more of it before the run begins; that was
    /// not asked for.
    planned: RevisionSet,
    /// The target, as it was typed.
    target: String,
}

impl Goal {
    /// What `upgrade SYMBOL` means for a database with these rows.
    pub fn upgrade(
        graph: &RevisionGraph,
        rows: &[String],
        symbol: &RevisionSymbol,
    ) -> Result<Self, PlanError> {
        let rows = applied_rows(graph, rows)?;
        graph.refuse_bare_number(symbol, '+')?;
        let targets = graph.resolve_upgrade(symbol, &rows, Overwalk::Refuse)?;
        graph.refuse_overlap(&targets, Edges::All)?;
        Ok(Self::Applied(targets))
    }

    /// What `downgrade SYMBOL` means for a database with these rows.
    pub fn downgrade(
        graph: &RevisionGraph,
        rows: &[String],
        symbol: &RevisionSymbol,
    ) -> Result<Self, PlanError> {
        let rows = applied_rows(graph, rows)?;
        graph.refuse_bare_number(symbol, '-')?;
        Self::downgrade_from(graph, &rows, symbol)
    }

    /// The same, with rows that are known to be good.
    pub(super) fn downgrade_from(
        graph: &RevisionGraph,
        rows: &[RevisionIndex],
        symbol: &RevisionSymbol,
    ) -> Result<Self, PlanError> {
        let branch = graph.branch_of(symbol)?;
        let (roots, asked_for) = match (symbol.steps, &symbol.anchor) {
            (Some(steps), Anchor::Database) => {
                below_the_row(graph, rows, symbol, branch.as_ref(), steps)?
            }
            (Some(steps), _) => {
                let (start, target) =
                    graph.resolve_downgrade_steps(symbol, branch.as_ref(), steps)?;
                let branch = branch.map(|it| it.lineage);
                let counted_from = start.filter(|_| steps < 0).map(|it| graph.lineage(it));
                match (branch, counted_from) {
                    // Down to the base: of the tree it is counted in, not of every tree.
                    (None, Some(lineage)) if target.is_none() => {
                        above(graph, rows, None, Some(lineage))?
                    }
                    // `c-1` names the revision below `c`; what stands on it besides the lineage
                    // of `c` goes too, but was not asked for.
                    (None, Some(lineage)) => {
                        let (roots, _) = above(graph, rows, target, None)?;
                        (roots, lineage)
                    }
                    (branch, _) => above(graph, rows, target, branch)?,
                }
            }
            (None, _) => {
                let target = match graph.resolve_absolute(symbol)?.as_slice() {
                    [] => None,
                    [index] => Some(*index),
                    several => {
                        return Err(PlanError::Resolve(ResolveError::NotOne {
                            symbol: symbol.text.clone(),
                            revisions: graph.ids(several),
                        }));
                    }
                };
                above(graph, rows, target, branch.map(|it| it.lineage))?
            }
        };
        let reverted = reverted_from(graph, rows, &roots);
        let mut also = graph.downgrade_order(&reverted);
        also.retain(|it| !asked_for.contains(*it));
        let target = symbol.text.clone();
        Ok(Self::Reverted(Reverted { roots, also, planned: reverted, target }))
    }

    /// Which way it leads.
    pub fn direction(&self) -> Direction {
        match self {
            Self::Applied(_) => Direction::Upgrade,
            Self::Reverted(_) => Direction::Downgrade,
        }
    }

    /// What is left to do for a database with these rows; nothing where the goal is reached.
    ///
    /// # Errors
    ///
    /// A downgrade refuses to revert what was not applied yet when its goal was set.
    pub fn plan(&self, graph: &RevisionGraph, rows: &[String]) -> Result<Plan, PlanError> {
        let indices = applied_rows(graph, rows)?;
        let wanted = match self {
            Self::Applied(targets) => graph.range(targets, &indices, RangeKind::Missing)?,
            Self::Reverted(Reverted { roots, planned, target, .. }) => {
                let wanted = reverted_from(graph, &indices, roots);
                let mut newcomers = graph.downgrade_order(&wanted);
                newcomers.retain(|it| !planned.contains(*it));
                if !newcomers.is_empty() {
                    let (target, also) = (target.clone(), graph.ids(&newcomers));
                    return Err(PlanError::RevertsMore { target, also });
                }
                wanted
            }
        };
        Ok(plan_steps(graph, rows, &indices, &wanted, self.direction()))
    }
}

/// What is applied of `roots` and of all that needs them.
pub(super) fn reverted_from(
    graph: &RevisionGraph,
    rows: &[RevisionIndex],
    roots: &[RevisionIndex],
) -> RevisionSet {
    let applied = graph.ancestors(rows.iter().copied(), Edges::All);
    let mut reverted = graph.descendants(roots.iter().copied(), Edges::All);
    reverted.retain(|it| applied.contains(it));
    reverted
}

/// `-N`: the row itself, and what lies below it until N revisions are counted. A merge is undone as
/// one step; below it the way is no longer unique.
fn below_the_row(
    graph: &RevisionGraph,
    rows: &[RevisionIndex],
    symbol: &RevisionSymbol,
    branch: Option<&Branch>,
    steps: i64,
) -> Result<(Vec<RevisionIndex>, RevisionSet), PlanError> {
    if steps > 0 {
        let reason = "a downgrade leads down";
        return Err(ResolveError::NotHere { symbol: symbol.text.clone(), reason }.into());
    }
    let row = graph.downgrade_start(symbol, rows, branch)?;
    let mut last = row;
    for n_reverted in 1..steps.unsigned_abs() {
        last = match graph.down(last) {
            [parent] => *parent,
            [] => {
                let possible = usize::try_from(n_reverted).unwrap_or(usize::MAX);
                let symbol = symbol.text.clone();
                return Err(ResolveError::OutOfRange { symbol, possible }.into());
            }
            several => {
                return Err(PlanError::Resolve(ResolveError::AmbiguousStep {
                    symbol: symbol.text.clone(),
                    at: Some(graph.id(last).clone()),
                    is_up: false,
                    candidates: graph.ids(several),
                }));
            }
        };
    }
    let asked_for = branch.map_or_else(|| graph.lineage(row), |it| it.lineage.clone());
    Ok((vec![last], asked_for))
}

/// Everything above `target` (`None`: the base), on `lineage` if there is one.
fn above(
    graph: &RevisionGraph,
    rows: &[RevisionIndex],
    target: Option<RevisionIndex>,
    lineage: Option<RevisionSet>,
) -> Result<(Vec<RevisionIndex>, RevisionSet), PlanError> {
    let Some(target) = target else {
        let mut roots = graph.bases();
        if let Some(lineage) = &lineage {
            roots.retain(|it| lineage.contains(*it));
        }
        let asked_for = lineage.unwrap_or_else(|| RevisionSet::of(graph, graph.indices()));
        return Ok((roots, asked_for));
    };

    let applied = graph.ancestors(rows.iter().copied(), Edges::All);
    if !applied.contains(target) {
        let target = graph.id(target).clone();
        return Err(PlanError::NotApplied { target, rows: graph.ids(rows) });
    }
    let mut roots = graph.down_children(target).to_vec();
    if let Some(lineage) = &lineage {
        roots.retain(|it| lineage.contains(*it));
    }
    let asked_for = lineage.unwrap_or_else(|| graph.descendants([target], Edges::Down));
    Ok((roots, asked_for))
}

#[cfg(test)]
#[path = "goal_tests.rs"]
mod tests;
