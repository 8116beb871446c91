//! What ran, and whether it still is what the files say.
//!
//! Pure. Three sides are compared: the revision files, the rows of the version table, and the log of
//! what ran ([`History`]). Where two of them disagree there is a [`Trouble`]; what to type then is
//! told elsewhere. Linear in the number of revisions and rows.
//!
//! **Invariant.** Whatever migrator itself does to a database leaves nothing to report.

mod gate;
mod history;
mod notes;
mod trouble;

use std::collections::HashMap;

pub use self::gate::{Again, describe_changed, leave_out, refuse_changed, run_again, run_first};
use self::history::State;
pub use self::history::{History, LogDirection, LogRow, Net};
pub use self::notes::{Accepted, Note, Repair, baseline, repair, stamped, stood_for, unlogged};
pub use self::trouble::{HistoryError, Ran, Right, Trouble, to_the_second};
use crate::graph::symbol::RevisionSymbol;
use crate::graph::walk::RevisionSet;
use crate::graph::{Edges, RevisionGraph, RevisionIndex};
use crate::plan::stamp::{Purge, plan_stamp};
use crate::plan::{PlanError, applied_rows};
use crate::revision::{Revision, RevisionId};
use crate::sql::statement;

/// The checksum of the body that an upgrade runs.
pub fn checksum(revision: &Revision) -> String {
    statement::checksum(revision.body_text(&revision.upgrade))
}

/// Whether a checksum is that of a body without a statement: its author had yet to write it.
pub fn was_empty(checksum: &str) -> bool {
    checksum == statement::checksum("")
}

/// Everything that is wrong, in the order of [`Trouble`]'s kinds, each in the order of the graph.
pub fn audit(graph: &RevisionGraph, history: &History) -> Vec<Trouble> {
    let net = Net::new(&history.log);
    let applied = implied(graph, &history.rows);
    let mut troubles: Vec<Trouble> = edited(graph, &net, &graph.upgrade_order(&applied)).collect();
    if history.rows.iter().all(|it| is_declared(graph, it)) {
        troubles.extend(gone(graph, &net));
    }
    let partly = find_partly_run(graph, history.is_whole, &net, &applied);
    let inserted = find_inserted(graph, history.is_whole, &net, &applied);
    if !inserted.is_empty() {
        let above = logged_above(graph, &net, &applied);
        let gone = ran_and_gone(graph, history);
        troubles.extend(inserted.iter().map(|it| Trouble::Inserted {
            revision: graph.id(*it).clone(),
            path: graph[*it].source.path.clone(),
            below: above[it.as_usize()].map(|it| graph.id(it).clone()),
            gone: gone.cloned(),
        }));
    }
    let is_known = partly.iter().map(|it| it.0).chain(inserted.iter().copied());
    let known = RevisionSet::of(graph, is_known);
    troubles.extend(partly.into_iter().map(|it| it.1));
    troubles.extend(unreadable(graph, history, &net));
    troubles.extend(ahead(graph, history, &net));
    troubles.extend(version_table(graph, history, &net, &applied, &known));
    troubles
}

/// What the rows of a version table imply; rows that no file declares imply nothing.
pub fn implied(graph: &RevisionGraph, rows: &[String]) -> RevisionSet {
    graph.ancestors(rows.iter().filter_map(|it| graph.of_row(it)), Edges::All)
}

/// Whether a file answers for an id: it declares or replaces it.
pub fn is_declared(graph: &RevisionGraph, id: &str) -> bool {
    graph.by_id(id).is_some() || graph.replaced_by(id).is_some()
}

/// What is applied and has another body by now.
fn edited<'a>(
    graph: &'a RevisionGraph,
    net: &'a Net<'_>,
    order: &'a [RevisionIndex],
) -> impl Iterator<Item = Trouble> + 'a {
    order.iter().filter_map(|index| {
        let revision = &graph[*index];
        let row = net.applied(revision.id.as_str())?;
        let ran = row.checksum.as_ref()?;
        if *ran == checksum(revision) {
            return None;
        }
        let (id, at) = (revision.id.clone(), Ran::of(row));
        Some(if was_empty(ran) {
            Trouble::FilledIn { revision: id, ran: at }
        } else {
            Trouble::Edited { revision: id, path: revision.source.path.clone(), ran: at }
        })
    })
}

/// What ran and has no file.
fn gone<'a>(graph: &'a RevisionGraph, net: &'a Net<'_>) -> impl Iterator<Item = Trouble> + 'a {
    let ids = net.ids().into_iter().filter(|it| !is_declared(graph, it));
    ids.filter_map(|id| {
        let row = net.applied(id)?;
        Some(Trouble::Gone { revision: id.to_owned(), ran: Ran::of(row) })
    })
}

/// The last revision that ran or was stamped, was not reverted and has no file that answers for it,
/// also where somebody accepted that, or stamped another one: that undoes nothing.
fn ran_and_gone<'h>(graph: &RevisionGraph, history: &'h History) -> Option<&'h String> {
    let mut is_reverted = HashMap::new();
    let mut rows = history.log.iter().rev().filter(|it| !is_declared(graph, &it.revision));
    let found = rows.find(|row| {
        // The last row of each comes first.
        let is_reverted = is_reverted
            .entry(&row.revision)
            .or_insert_with(|| row.direction() == Some(LogDirection::Downgrade));
        row.state() == Some(State::Applied) && !*is_reverted
    });
    found.map(|row| &row.revision)
}

/// What counts as applied, never ran, and never would: something that comes after it ran, or the log
/// says so. In the order in which it would have run.
pub fn inserted(graph: &RevisionGraph, history: &History) -> Vec<RevisionIndex> {
    let net = Net::new(&history.log);
    find_inserted(graph, history.is_whole, &net, &implied(graph, &history.rows))
}

fn find_inserted(
    graph: &RevisionGraph,
    is_whole: bool,
    net: &Net<'_>,
    applied: &RevisionSet,
) -> Vec<RevisionIndex> {
    let state = |it: RevisionIndex| net.state_or_replaced(&graph[it]);
    let logged: Vec<_> = applied.iter().filter(|it| state(*it) == Some(State::Applied)).collect();
    if !is_whole || logged.len() == applied.len() {
        return Vec::new();
    }
    let below = graph.ancestors(logged, Edges::All);
    let mut inserted = applied.clone();
    inserted.retain(|it| match state(it) {
        Some(State::Applied | State::Found) => false,
        Some(State::Skipped) => true,
        None => below.contains(it),
        // It was reverted, and is back in the version table: put below others by now, or run again by
        // another tool, as others were that the log still has as applied.
        // What ran, and was given up, is another trouble.
        Some(State::Absent) => {
            below.contains(it)
                && net.left_behind(&graph[it]).is_none()
                && was_put_below(graph, net, applied, it)
        }
    });
    for (index, _) in find_partly_run(graph, is_whole, net, applied) {
        inserted.remove(index);
    }
    graph.upgrade_order(&inserted)
}

/// Whether a revision was not there when one ran that comes after it now.
fn was_put_below(
    graph: &RevisionGraph,
    net: &Net<'_>,
    applied: &RevisionSet,
    revision: RevisionIndex,
) -> bool {
    let mut above = graph.descendants([revision], Edges::All);
    above.retain(|it| applied.contains(it));
    let mut rows = above.iter().filter_map(|it| net.applied_or_replaced(&graph[it]));
    rows.any(|row| !net.was_there(&graph[revision], row))
}

/// What stands for several revisions of which only some ran, with the trouble that it is.
fn find_partly_run(
    graph: &RevisionGraph,
    is_whole: bool,
    net: &Net<'_>,
    applied: &RevisionSet,
) -> Vec<(RevisionIndex, Trouble)> {
    if !is_whole {
        return Vec::new();
    }
    let partly = |index: RevisionIndex| {
        let revision = &graph[index];
        if revision.replaces.is_empty() || net.key(revision) == revision.id.as_str() {
            return None;
        }
        let ran = revision.replaces.iter().rev().find_map(|it| net.applied(it.as_str()))?;
        let missing = not_run(revision, net);
        if missing.is_empty() {
            return None;
        }
        let trouble = Trouble::PartlyRun {
            revision: revision.id.clone(),
            missing,
            other: ran.revision.clone(),
            ran: Ran::of(ran),
        };
        Some((index, trouble))
    };
    applied.iter().filter_map(partly).collect()
}

/// What a revision stands for and what never ran. One that stood for others itself did what they did:
/// where it ran they need not have, and where they ran it need not have.
fn not_run(revision: &Revision, net: &Net<'_>) -> Vec<RevisionId> {
    let may_have_run = |id: &str| matches!(net.state(id), Some(State::Applied | State::Found));
    let mut missing: Vec<RevisionId> = Vec::new();
    for id in &revision.replaces {
        let is_squash = revision.squashed.contains(id);
        match may_have_run(id.as_str()) {
            true if is_squash => missing.clear(),
            false if !is_squash => missing.push(id.clone()),
            _ => {}
        }
    }
    missing
}

/// For each revision, in load order, one that comes after it, is applied and ran.
fn logged_above(
    graph: &RevisionGraph,
    net: &Net<'_>,
    applied: &RevisionSet,
) -> Vec<Option<RevisionIndex>> {
    let mut above = vec![None; graph.len()];
    for index in graph.downgrade_order(applied) {
        let children = graph.children(index).iter().filter(|it| applied.contains(**it));
        let found = children.filter_map(|child| match net.applied_or_replaced(&graph[*child]) {
            Some(_) => Some(*child),
            None => above[child.as_usize()],
        });
        above[index.as_usize()] = { found }.next();
    }
    above
}

/// The rows that are no revisions, each kind of them once.
fn unreadable(graph: &RevisionGraph, history: &History, net: &Net<'_>) -> Vec<Trouble> {
    let by_log = !history.log.is_empty();
    let mut found = history.unreadable.clone();
    found.sort();
    found.dedup();
    let rest = || {
        let rows = history.rows.iter().filter_map(|it| graph.of_row(it));
        let mut targets = graph.ids(&graph.maximal(&graph.ancestors(rows, Edges::All)));
        targets.sort();
        (!targets.is_empty()).then_some(Back { targets, purge: true })
    };
    let back = || match back(graph, history, net) {
        // No other stamp reads the table.
        Some(back) => Some(Back { purge: true, ..back }),
        None => rest(),
    };
    found.into_iter().map(|found| Trouble::Unreadable { found, back: back(), by_log }).collect()
}

/// The rows that no file declares.
fn ahead<'a>(
    graph: &'a RevisionGraph,
    history: &'a History,
    net: &'a Net<'_>,
) -> impl Iterator<Item = Trouble> + 'a {
    let unknown = history.rows.iter().filter(|it| !is_declared(graph, it));
    unknown.map(move |id| Trouble::Ahead {
        revision: id.clone(),
        ran: net.last(id).map(Ran::of),
        back: back(graph, history, net),
    })
}

/// Where the version table and the log disagree, or the table disagrees with itself.
fn version_table(
    graph: &RevisionGraph,
    history: &History,
    net: &Net<'_>,
    applied: &RevisionSet,
    known: &RevisionSet,
) -> Vec<Trouble> {
    let mut troubles = Vec::new();
    match applied_rows(graph, &history.rows) {
        Ok(_) | Err(PlanError::UnknownRows { .. }) => {}
        Err(err) => troubles.push(Trouble::Rows(err)),
    }
    // Below a row that nobody knows anything may have run.
    let are_known =
        history.unreadable.is_empty() && history.rows.iter().all(|it| graph.of_row(it).is_some());
    if history.log.is_empty() || !are_known {
        return troubles;
    }
    let lacking = graph.indices().filter(|it| !applied.contains(*it));
    let lacking = lacking.filter_map(|it| Some((it, net.applied_or_replaced(&graph[it])?)));
    let lacking = RevisionSet::of(graph, lacking.map(|(index, _)| index));
    let mut unlogged = applied.clone();
    unlogged.retain(|it| net.applied_or_replaced(&graph[it]).is_none());
    if history.is_whole {
        unlogged.retain(|it| !known.contains(it));
    } else {
        unlogged = RevisionSet::new(graph);
    }
    if lacking.len() + unlogged.len() == 0 {
        return troubles;
    }
    let back = back(graph, history, net);
    for index in graph.upgrade_order(&lacking) {
        if let Some(row) = net.applied_or_replaced(&graph[index]) {
            troubles.push(Trouble::NotInTable {
                revision: graph.id(index).clone(),
                ran: Ran::of(row),
                back: back.clone(),
            });
        }
    }
    let kept = graph.ancestors(
        back.iter().flat_map(|it| &it.targets).filter_map(|it| graph.by_id(it.as_str())),
        Edges::All,
    );
    for index in graph.upgrade_order(&unlogged) {
        let revision = graph.id(index).clone();
        // What ran above it keeps it in the version table.
        let back = back.clone().filter(|_| !kept.contains(index));
        let left = net.left_behind(&graph[index]).map(Ran::of);
        troubles.push(Trouble::NotInLog { revision, left, back });
    }
    troubles
}

/// A stamp.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Back {
    /// Its arguments; none stands for `base`.
    pub targets: Vec<RevisionId>,
    /// Whether the rows have to be forgotten first.
    pub purge: bool,
}

/// The stamp that puts the version table back to what the log says; `None` where there is no log.
fn back(graph: &RevisionGraph, history: &History, net: &Net<'_>) -> Option<Back> {
    if history.log.is_empty() {
        return None;
    }
    let logged = graph.indices().filter(|it| net.applied_or_replaced(&graph[*it]).is_some());
    let targets = graph.ids(&graph.maximal(&graph.ancestors(logged, Edges::All)));
    Some(stamp_to(graph, &history.rows, targets))
}

/// The stamp after which the version table of a database with these rows has `targets`.
pub fn stamp_to(graph: &RevisionGraph, rows: &[String], mut targets: Vec<RevisionId>) -> Back {
    targets.sort();
    let symbols: Vec<RevisionSymbol> = match &targets[..] {
        [] => "base".parse().into_iter().collect(),
        ids => ids.iter().filter_map(|it| it.as_str().parse().ok()).collect(),
    };
    let plain = plan_stamp(graph, rows, &symbols, Purge::No);
    let purge = plain.map_or(true, |plan| plan.end != targets);
    Back { targets, purge }
}

#[cfg(test)]
mod squash_tests;
#[cfg(test)]
mod tests;
