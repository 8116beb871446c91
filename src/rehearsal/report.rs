//! What came out of trying a revision.

use crate::diff::lines::Line;
use crate::exec::Failure;
use crate::graph::{RevisionGraph, RevisionIndex};
use crate::plan::Direction;
use crate::revision::{Downgrade, Revision};
use crate::source::Location;

/// The three runs of a revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Its upgrade.
    Up,
    /// Its downgrade, right after it.
    Down,
    /// Its upgrade once more.
    Again,
}

impl Phase {
    /// The body that runs.
    pub fn direction(self) -> Direction {
        match self {
            Self::Up | Self::Again => Direction::Upgrade,
            Self::Down => Direction::Downgrade,
        }
    }

    /// `upgrade`, `downgrade` or `upgrade again`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Up => "upgrade",
            Self::Down => "downgrade",
            Self::Again => "upgrade again",
        }
    }
}

/// A revision, and what came of it.
#[derive(Debug)]
pub struct Tried {
    /// Which.
    pub revision: RevisionIndex,
    /// What came of it.
    pub verdict: Verdict,
}

/// What came of a revision.
#[derive(Debug)]
pub enum Verdict {
    /// It goes up, down and up again.
    Fine,
    /// It goes up, and its author says that there is no way back.
    Irreversible,
    /// Something is wrong; not empty.
    Failed(Vec<Fault>),
    /// It was not tried: it needs this one, which does not go up.
    NotTried(RevisionIndex),
}

/// Something that is wrong with a revision.
#[derive(Debug)]
pub struct Fault {
    /// In which of its runs.
    pub phase: Phase,
    /// What.
    pub finding: Finding,
}

/// What is wrong.
#[derive(Debug)]
pub enum Finding {
    /// The body does not run, or leaves what a run takes back.
    Failure(Box<Failure>),
    /// The schema is not the one that it should be: that of before the upgrade, or that of after
    /// the first one. Not empty; added is what stayed, dropped what is missing.
    Schema(Vec<Line>),
}

impl From<Failure> for Finding {
    fn from(failure: Failure) -> Self {
        Self::Failure(Box::new(failure))
    }
}

impl Fault {
    /// Where it is, in the file of its revision: the statement that fails, or else the beginning of
    /// the body.
    pub fn location(&self, graph: &RevisionGraph, revision: RevisionIndex) -> Location {
        let known = match &self.finding {
            Finding::Failure(failure) => failure.location(),
            Finding::Schema(_) => None,
        };
        known.cloned().unwrap_or_else(|| beginning(&graph[revision], self.phase.direction()))
    }
}

/// The first statement of a body, or the marker of an empty one.
fn beginning(revision: &Revision, direction: Direction) -> Location {
    let body = match (direction, &revision.downgrade) {
        (Direction::Downgrade, Downgrade::Body(body)) => body,
        _ => &revision.upgrade,
    };
    // The body begins behind the line of its marker.
    let before = &revision.source.text.as_bytes()[..body.span.start.saturating_sub(1)];
    let marker = before.iter().rposition(|it| *it == b'\n').map_or(0, |it| it + 1);
    let span = body.statements.first().cloned().unwrap_or(marker..marker);
    revision.location(&span)
}
