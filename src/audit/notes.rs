//! What is to be written into the log besides what ran.

use super::{
    History, HistoryError, LogDirection, Net, checksum, find_inserted, implied, is_declared,
    upgrade_order,
};
use crate::graph::RevisionGraph;
use crate::graph::walk::RevisionSet;
use crate::revision::RevisionId;

/// Something to write into the log, about a revision whose body did not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Its id; there may be no file for it.
    pub revision: String,
    /// What happened to it.
    pub direction: LogDirection,
    /// The checksum that counts from then on.
    pub checksum: Option<String>,
}

/// The revisions of a set, taken as their files say now.
pub fn baseline(graph: &RevisionGraph, applied: &RevisionSet) -> Vec<Note> {
    let note = |index| Note {
        revision: graph.id(index).to_string(),
        direction: LogDirection::Baseline,
        checksum: Some(checksum(&graph[index])),
    };
    upgrade_order(graph, applied).into_iter().map(note).collect()
}

/// What the version table implies and the log does not know: everything where the log has yet to
/// begin, else what another tool ran. Not what was inserted, which ran nowhere.
pub fn unlogged(graph: &RevisionGraph, history: &History) -> Vec<Note> {
    let net = Net::new(&history.log);
    let mut applied = implied(graph, &history.rows);
    let inserted = find_inserted(graph, history.is_whole, &net, &applied);
    applied.retain(|it| net.applied_or_replaced(&graph[it]).is_none());
    inserted.into_iter().for_each(|it| _ = applied.remove(it));
    baseline(graph, &applied)
}

/// What a stamp means that leaves the rows `end`: the log says afterwards what they imply. What was
/// inserted stays as it is: the stamp does not ask for it.
pub fn stamped(graph: &RevisionGraph, history: &History, end: &[RevisionId]) -> Vec<Note> {
    let end: Vec<String> = end.iter().map(ToString::to_string).collect();
    let after = implied(graph, &end);
    let net = Net::new(&history.log);
    let mut notes = Vec::new();
    let mut before = implied(graph, &history.rows);
    if history.log.is_empty() {
        notes = baseline(graph, &before);
    } else {
        before = RevisionSet::of(
            graph,
            graph.indices().filter(|it| net.applied_or_replaced(&graph[*it]).is_some()),
        );
    }

    let note = |revision: &str, direction| Note {
        revision: revision.to_owned(),
        direction,
        checksum: None,
    };
    let unknown = net.ids().into_iter().filter(|it| !is_declared(graph, it));
    notes.extend(unknown.map(|it| note(it, LogDirection::Unstamp)));
    let mut leaving = before.clone();
    leaving.retain(|it| !after.contains(it));
    let leaving = graph.ids(&graph.downgrade_order(&leaving));
    notes.extend(leaving.iter().map(|it| note(it.as_str(), LogDirection::Unstamp)));

    let inserted = find_inserted(graph, history.is_whole, &net, &after);
    let mut coming = after;
    coming.retain(|it| !before.contains(it));
    inserted.into_iter().for_each(|it| _ = coming.remove(it));
    let coming = graph.ids(&upgrade_order(graph, &coming));
    notes.extend(coming.iter().map(|it| note(it.as_str(), LogDirection::Stamp)));
    notes
}

/// What accepts a revision as it is; `None` where nothing is wrong about it.
///
/// One that the version table implies is applied, with the body of its file; any other is not.
///
/// # Errors
///
/// A revision that neither the version table nor the log calls applied, a row of the version table
/// that no file declares, and a database without a log.
pub fn repair(
    graph: &RevisionGraph,
    history: &History,
    revision: &str,
) -> Result<Option<Note>, HistoryError> {
    if history.log.is_empty() {
        return Err(HistoryError::NoLog);
    }
    let net = Net::new(&history.log);
    let logged = net.applied(revision);
    let index = graph.by_id(revision);
    if index.is_none() && history.rows.iter().any(|it| it == revision) {
        return Err(HistoryError::UnknownRow { revision: revision.to_owned() });
    }
    let index = index.filter(|it| implied(graph, &history.rows).contains(*it));
    let checksum = match (index, logged) {
        (None, None) => {
            return Err(HistoryError::NotApplied { revision: revision.to_owned() });
        }
        (None, Some(_)) => None,
        (Some(index), logged) => {
            let now = checksum(&graph[index]);
            if logged.is_some_and(|it| it.checksum.as_ref().is_none_or(|it| *it == now)) {
                return Ok(None);
            }
            Some(now)
        }
    };
    let revision = revision.to_owned();
    Ok(Some(Note { revision, direction: LogDirection::Repair, checksum }))
}
