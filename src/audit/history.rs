//! What a database says of its own history.

use std::collections::HashMap;

use crate::plan::Direction;
use crate::revision::{Revision, RevisionId};

/// What happened to a revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogDirection {
    /// Its upgrade body ran.
    Upgrade,
    /// Its downgrade body ran.
    Downgrade,
    /// It counts as applied from then on, and nothing ran.
    Stamp,
    /// It does not count as applied any more, and nothing ran.
    Unstamp,
    /// It was applied already when the log began, or another tool applied it.
    Baseline,
    /// Somebody accepted it as it is: with a checksum as applied with that body, without one that its
    /// file is gone, be it by a stamp that leads away from it.
    Repair,
    /// The version table called it applied when something else ran, and the log did not know that it
    /// ran.
    Found,
    /// The version table called it applied when something else ran, and the log knew that it had not
    /// run; or somebody said so.
    Skipped,
}

impl LogDirection {
    /// All that this version knows.
    pub const ALL: [Self; 8] = [
        Self::Upgrade,
        Self::Downgrade,
        Self::Stamp,
        Self::Unstamp,
        Self::Baseline,
        Self::Repair,
        Self::Found,
        Self::Skipped,
    ];

    /// As the table says it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Upgrade => "upgrade",
            Self::Downgrade => "downgrade",
            Self::Stamp => "stamp",
            Self::Unstamp => "unstamp",
            Self::Baseline => "baseline",
            Self::Repair => "repair",
            Self::Found => "found",
            Self::Skipped => "skipped",
        }
    }
}

impl From<Direction> for LogDirection {
    fn from(direction: Direction) -> Self {
        match direction {
            Direction::Upgrade => Self::Upgrade,
            Direction::Downgrade => Self::Downgrade,
        }
    }
}

/// A row of the log.
#[derive(Debug, Clone, PartialEq)]
pub struct LogRow {
    /// The id of the revision.
    pub revision: String,
    /// What happened to it, as the table says it; a newer version may say what this one cannot.
    pub direction: String,
    /// When that began: UTC, RFC 3339.
    pub started_at: String,
    /// How long the body took, in milliseconds.
    pub duration_ms: Option<f64>,
    /// The checksum of the body.
    pub checksum: Option<String>,
    /// The version of migrator.
    pub version: String,
    /// What `--tag` gave.
    pub tag: Option<String>,
    /// The user of the operating system.
    pub who: Option<String>,
}

impl LogRow {
    /// What happened to the revision; `None` for what this version does not know.
    pub fn direction(&self) -> Option<LogDirection> {
        LogDirection::ALL.into_iter().find(|it| it.as_str() == self.direction)
    }

    /// What the log says of the revision after it.
    pub(super) fn state(&self) -> Option<State> {
        Some(match self.direction()? {
            LogDirection::Upgrade | LogDirection::Stamp | LogDirection::Baseline => State::Applied,
            LogDirection::Repair if self.checksum.is_some() => State::Applied,
            LogDirection::Repair | LogDirection::Downgrade | LogDirection::Unstamp => State::Absent,
            LogDirection::Found => State::Found,
            LogDirection::Skipped => State::Skipped,
        })
    }
}

/// What a database says of its own history, all of it read at the same moment.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct History {
    /// The rows of the version table.
    pub rows: Vec<String>,
    /// The rows of the log, oldest first; empty where there is no log.
    pub log: Vec<LogRow>,
    /// Whether the log names all that is applied: an older version named of a stamp only its
    /// target.
    pub is_whole: bool,
    /// What stands in other rows of the version table, which are no revisions, in words. Whoever does
    /// more than to tell of them is refused.
    pub unreadable: Vec<String>,
}

impl History {
    /// A database of which only the version table is known.
    pub fn of_rows(rows: Vec<String>) -> Self {
        Self { rows, ..Self::default() }
    }
}

/// What the log says of a revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// It is applied.
    Applied,
    /// It is not applied.
    Absent,
    /// The version table had it, and who ran it, if anybody did, is not known.
    Found,
    /// The version table has it, and it never ran.
    Skipped,
}

/// What the log says all in all: of each revision its last row.
#[derive(Debug)]
pub struct Net<'h> {
    log: &'h [LogRow],
    decided: HashMap<&'h str, Decided<'h>>,
}

/// The last row that says something of the state of a revision.
#[derive(Debug)]
struct Decided<'h> {
    state: State,
    row: &'h LogRow,
    /// How many rows stand before it.
    place: usize,
}

impl<'h> Net<'h> {
    /// Adds up the rows.
    pub fn new(log: &'h [LogRow]) -> Self {
        let mut decided = HashMap::with_capacity(log.len());
        for (place, row) in log.iter().enumerate() {
            if let Some(state) = row.state() {
                decided.insert(row.revision.as_str(), Decided { state, row, place });
            }
        }
        Self { log, decided }
    }

    /// The row that made a revision applied; `None` where it is not.
    pub fn applied(&self, revision: &str) -> Option<&'h LogRow> {
        self.decided.get(revision).filter(|it| it.state == State::Applied).map(|it| it.row)
    }

    /// What the log says of an id; `None` where it says nothing.
    pub(super) fn state(&self, revision: &str) -> Option<State> {
        self.decided.get(revision).map(|it| it.state)
    }

    /// The same for a revision that may stand for others.
    pub(super) fn state_or_replaced(&self, revision: &Revision) -> Option<State> {
        self.state(self.key(revision))
    }

    /// The same for a revision that may stand for others: it is applied where the last of them is,
    /// until the log says something of it itself, and again where files of before have run since.
    pub fn applied_or_replaced(&self, revision: &Revision) -> Option<&'h LogRow> {
        self.applied(self.key(revision))
    }

    /// Whether a revision was, or may have been, applied when another became applied by `row`.
    pub(super) fn was_there(&self, revision: &Revision, row: &LogRow) -> bool {
        let key = self.key(revision);
        let before = self.log.iter().take_while(|it| !std::ptr::eq(*it, row));
        let state = before.filter(|it| it.revision == key).filter_map(LogRow::state).last();
        matches!(state, Some(State::Applied | State::Found))
    }

    /// The id that tells of a revision.
    pub(super) fn key<'r>(&self, revision: &'r Revision) -> &'r str {
        let own = revision.id.as_str();
        let Some(end) = revision.replaces.last().map(RevisionId::as_str) else { return own };
        let (Some(of_own), of_end) = (self.decided.get(own), self.decided.get(end)) else {
            return end;
        };
        let is_later = of_end.is_none_or(|it| it.place < of_own.place);
        // What takes the one for gone, with files that have the others, is no word on these.
        let is_aside = of_own.row.direction() == Some(LogDirection::Repair)
            && of_own.state == State::Absent
            && of_end.is_some_and(|it| it.state == State::Applied);
        if is_later && !is_aside { own } else { end }
    }

    /// What the log has as applied, in the order in which it became so.
    pub(super) fn in_order(&self) -> impl DoubleEndedIterator<Item = &'h str> {
        let decides =
            |it: &&'h LogRow| self.applied(&it.revision).is_some_and(|row| std::ptr::eq(row, *it));
        self.log.iter().filter(decides).map(|it| it.revision.as_str())
    }

    /// The run of a body that nothing took back, and that the log does not count any more, because its
    /// file was gone.
    pub fn left_behind(&self, revision: &Revision) -> Option<&'h LogRow> {
        let key = self.key(revision);
        if self.decided.get(key).is_none_or(|it| it.state == State::Applied) {
            return None;
        }
        let end = revision.replaces.last().map(RevisionId::as_str);
        let is_it = |it: &&LogRow| it.revision == key || Some(it.revision.as_str()) == end;
        let mut is_given_up = false;
        for row in self.log.iter().rev().filter(is_it) {
            let is_key = row.revision == key;
            let Some(direction) = row.direction() else { continue };
            match direction {
                // What a version table said does not tell.
                LogDirection::Found => {}
                LogDirection::Repair if row.checksum.is_none() => is_given_up |= is_key,
                LogDirection::Upgrade if is_key => return is_given_up.then_some(row),
                LogDirection::Downgrade => return None,
                _ if is_key && !is_given_up => return None,
                _ => {}
            }
        }
        None
    }

    /// The last row of a revision.
    pub fn last(&self, revision: &str) -> Option<&'h LogRow> {
        self.log.iter().rfind(|it| it.revision == revision)
    }

    /// The ids of all that is applied, sorted.
    pub fn ids(&self) -> Vec<&'h str> {
        let applied = self.decided.iter().filter(|(_, it)| it.state == State::Applied);
        let mut ids: Vec<&str> = applied.map(|(id, _)| *id).collect();
        ids.sort_unstable();
        ids
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_row_of_a_revision_decides() {
        let rows = [
            ("up", "upgrade", "x"),
            ("down", "upgrade", "x"),
            ("down", "downgrade", "x"),
            ("again", "downgrade", "x"),
            ("again", "upgrade", "x"),
            ("stamped", "stamp", ""),
            ("unstamped", "upgrade", "x"),
            ("unstamped", "unstamp", ""),
            ("baseline", "baseline", "x"),
            ("repaired", "repair", "x"),
            ("gone", "upgrade", "x"),
            ("gone", "repair", ""),
            ("newer", "upgrade", "x"),
            ("newer", "what a newer version says", "x"),
            ("found", "found", ""),
            ("skipped", "upgrade", "x"),
            ("skipped", "skipped", ""),
        ];
        let log = rows.map(|(revision, direction, checksum)| LogRow {
            revision: revision.to_owned(),
            direction: direction.to_owned(),
            started_at: String::new(),
            duration_ms: None,
            checksum: (!checksum.is_empty()).then(|| checksum.to_owned()),
            version: String::new(),
            tag: None,
            who: None,
        });
        let applied = ["again", "baseline", "newer", "repaired", "stamped", "up"];
        assert_eq!(Net::new(&log).ids(), applied);
    }
}
