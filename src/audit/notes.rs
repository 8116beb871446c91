//! What is to be written into the log besides what ran.

use super::history::State;
use super::{
    History, HistoryError, LogDirection, LogRow, Net, checksum, find_inserted, find_partly_run,
    implied, is_declared, not_run,
};
use crate::graph::walk::RevisionSet;
use crate::graph::{RevisionGraph, RevisionIndex};
use crate::plan::Plan;
use crate::revision::{Revision, RevisionId};

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

/// The revisions of a set, taken as their files say now. One that a row of the version table names by
/// what it replaces did not run itself.
pub fn baseline(graph: &RevisionGraph, applied: &RevisionSet, rows: &[String]) -> Vec<Note> {
    let mut notes = Vec::new();
    for index in graph.upgrade_order(applied) {
        let revision = &graph[index];
        notes.extend(notes_of(stood_for(revision, LogDirection::Baseline)));
        if !revision.replaces.iter().any(|it| rows.iter().any(|row| row == it.as_str())) {
            notes.push(Note {
                revision: revision.id.to_string(),
                direction: LogDirection::Baseline,
                checksum: Some(checksum(revision)),
            });
        }
    }
    notes
}

/// What the log says of the revisions that one stands for, beside what it says of that one: older
/// files, which have them, find what became of them. Before its own row where it becomes applied, in
/// the order in which they would have run; behind it, the other way round, where it is no more.
pub fn stood_for(revision: &Revision, direction: LogDirection) -> Vec<(&RevisionId, LogDirection)> {
    let all = revision.replaces.iter();
    match direction {
        LogDirection::Upgrade | LogDirection::Stamp => {
            all.map(|it| (it, LogDirection::Stamp)).collect()
        }
        LogDirection::Baseline | LogDirection::Found => all.map(|it| (it, direction)).collect(),
        // Of a downgrade: what they did was undone, whoever had done it.
        LogDirection::Downgrade
        | LogDirection::Unstamp
        | LogDirection::Repair
        | LogDirection::Skipped => all.rev().map(|it| (it, direction)).collect(),
    }
}

/// The same where it becomes applied, but for those that ran: their checksums go on to count.
fn newly_stood_for<'r>(
    revision: &'r Revision,
    net: &Net<'_>,
) -> Vec<(&'r RevisionId, LogDirection)> {
    let mut found = stood_for(revision, LogDirection::Stamp);
    found.retain(|it| net.applied(it.0.as_str()).is_none());
    found
}

fn notes_of(found: Vec<(&RevisionId, LogDirection)>) -> impl Iterator<Item = Note> {
    found.into_iter().map(|(revision, direction)| Note {
        revision: revision.to_string(),
        direction,
        checksum: None,
    })
}

/// What the log has to be told before `plan` runs, of what the version table implies and the log does
/// not have as applied.
///
/// Where the log has yet to begin, all of it is taken as the files say now. A log that has begun knows
/// better: nobody ran these here. What was inserted was skipped; anything else was found, be it that
/// another tool ran it or that the version table was edited. Neither counts as applied for that, also
/// when the run changes what is above it.
pub fn unlogged(graph: &RevisionGraph, history: &History, plan: &Plan) -> Vec<Note> {
    let net = Net::new(&history.log);
    let applied = implied(graph, &history.rows);
    let state = |it: RevisionIndex| net.state_or_replaced(&graph[it]);
    let mut unlogged = applied.clone();
    unlogged.retain(|it| state(it) != Some(State::Applied));
    if history.log.is_empty() || !history.is_whole {
        return baseline(graph, &unlogged, &history.rows);
    }
    let inserted = find_inserted(graph, history.is_whole, &net, &applied);
    for (index, _) in find_partly_run(graph, history.is_whole, &net, &applied) {
        unlogged.remove(index);
    }
    let mut notes = Vec::new();
    for index in graph.upgrade_order(&unlogged) {
        let (direction, known) = if inserted.contains(&index) {
            (LogDirection::Skipped, State::Skipped)
        } else {
            (LogDirection::Found, State::Found)
        };
        // What this run does with one that was skipped says enough.
        let is_told =
            direction == LogDirection::Skipped && plan.steps.iter().any(|it| it.revision == index);
        if state(index) != Some(known) && !is_told {
            notes.push(Note { revision: graph.id(index).to_string(), direction, checksum: None });
        }
    }
    notes
}

/// What a stamp means that leaves the rows `end`: the log says afterwards what they imply. What was
/// inserted stays as it is, unless the stamp asks for it by name.
pub fn stamped(graph: &RevisionGraph, history: &History, end: &[RevisionId]) -> Vec<Note> {
    let end: Vec<String> = end.iter().map(ToString::to_string).collect();
    let after = implied(graph, &end);
    let net = Net::new(&history.log);
    let mut notes = Vec::new();
    let mut before = implied(graph, &history.rows);
    if history.log.is_empty() {
        notes = baseline(graph, &before, &history.rows);
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
    // What they did stays.
    notes.extend(unknown.map(|it| note(it, LogDirection::Repair)));
    let mut leaving = before.clone();
    let marked = |it: &RevisionIndex| {
        matches!(net.state_or_replaced(&graph[*it]), Some(State::Found | State::Skipped))
    };
    for index in graph.indices().filter(marked) {
        leaving.insert(index);
    }
    leaving.retain(|it| !after.contains(it));
    for index in graph.downgrade_order(&leaving) {
        notes.push(note(graph.id(index).as_str(), LogDirection::Unstamp));
        notes.extend(notes_of(stood_for(&graph[index], LogDirection::Unstamp)));
    }

    let inserted = find_inserted(graph, history.is_whole, &net, &after);
    let mut coming = after;
    coming.retain(|it| !before.contains(it));
    for index in inserted {
        if !end.iter().any(|it| graph.of_row(it) == Some(index)) {
            coming.remove(index);
        }
    }
    for index in graph.upgrade_order(&coming) {
        notes.extend(notes_of(newly_stood_for(&graph[index], &net)));
        notes.push(note(graph.id(index).as_str(), LogDirection::Stamp));
    }
    notes
}

/// What is said of a revision that is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// That it is right as it is.
    AsItIs,
    /// That it never ran, whatever the version table says.
    AsSkipped,
}

/// What is to be written so that something is accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repair {
    /// Of the revision itself.
    pub note: Note,
    /// Of those that it stands for.
    pub others: Vec<Note>,
}

impl Repair {
    /// Of `note`, with what it means for those that its revision stands for.
    fn new(note: Note, revision: Option<&Revision>, net: &Net<'_>) -> Self {
        let others = |it| match note.checksum {
            Some(_) => newly_stood_for(it, net),
            None => stood_for(it, note.direction),
        };
        let others = notes_of(revision.map(others).unwrap_or_default()).collect();
        Self { note, others }
    }

    /// All of them, in the order in which they are to be written.
    pub fn notes(&self) -> impl Iterator<Item = &Note> {
        let (first, last) = match self.note.checksum {
            Some(_) => (&self.others[..], &[][..]),
            None => (&[][..], &self.others[..]),
        };
        first.iter().chain([&self.note]).chain(last)
    }
}

/// What accepts a revision as it is; `None` where nothing is wrong about it. An id that was replaced
/// means what stands for it now.
///
/// One that the version table implies is applied, with the body of its file, or else never ran, as
/// `accepted` has it; any other is not applied.
///
/// # Errors
///
/// A revision that neither the version table nor the log calls applied, a row of the version table
/// that no file declares, and a database without a log.
pub fn repair(
    graph: &RevisionGraph,
    history: &History,
    revision: &str,
    accepted: Accepted,
) -> Result<Option<Repair>, HistoryError> {
    if history.log.is_empty() {
        return Err(HistoryError::NoLog);
    }
    let net = Net::new(&history.log);
    let index = graph.by_id(revision).or_else(|| graph.replaced_by(revision));
    let logged = match index {
        Some(index) => net.applied_or_replaced(&graph[index]),
        None => net.applied(revision),
    };
    let revision = index.map_or(revision, |it| graph.id(it).as_str());
    if index.is_none() && history.rows.iter().any(|it| it == revision) {
        return Err(HistoryError::UnknownRow { revision: revision.to_owned() });
    }
    let declared = index.map(|it| &graph[it]);
    let index = index.filter(|it| implied(graph, &history.rows).contains(*it));
    if accepted == Accepted::AsSkipped {
        if index.is_none() {
            return Err(HistoryError::NotApplied { revision: revision.to_owned() });
        }
        let (revision, direction) = (revision.to_owned(), LogDirection::Skipped);
        let is_new = net.state(&revision) != Some(State::Skipped);
        let note = Note { revision, direction, checksum: None };
        return Ok(is_new.then(|| Repair::new(note, declared, &net)));
    }
    let checksum = match (index, logged) {
        (None, None) => {
            return Err(HistoryError::NotApplied { revision: revision.to_owned() });
        }
        (None, Some(_)) => None,
        (Some(index), logged) => {
            let now = checksum(&graph[index]);
            let is_right = |row: &LogRow| {
                if row.revision == revision {
                    row.checksum.as_ref().is_none_or(|it| *it == now)
                } else {
                    not_run(&graph[index], &net).is_empty()
                }
            };
            if logged.is_some_and(is_right) {
                return Ok(None);
            }
            Some(now)
        }
    };
    let revision = revision.to_owned();
    // What has a file is there to be run; what has none may have left something.
    let is_revoked = declared.is_some() && checksum.is_none();
    let direction = if is_revoked { LogDirection::Unstamp } else { LogDirection::Repair };
    let note = Note { revision, direction, checksum };
    Ok(Some(Repair::new(note, declared, &net)))
}
