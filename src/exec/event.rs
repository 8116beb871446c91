//! What happens while a plan runs, for whoever shows it.
//!
//! The executor prints nothing; it tells an [`Observer`].

use std::path::Path;
use std::time::Duration;

use crate::plan::Direction;
use crate::revision::Revision;

/// Something that happened during a run.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event<'a> {
    /// Another process holds the database; sent about once a second while waiting.
    WaitingForLock {
        /// For how long so far.
        waited: Duration,
    },
    /// The database was copied, as it is before the first statement.
    BackedUp {
        /// The copy.
        path: &'a Path,
        /// How long it took.
        elapsed: Duration,
    },
    /// A backup was removed.
    BackupRemoved {
        /// What it was called.
        path: &'a Path,
        /// It is the backup of this run, which changed nothing; otherwise one of an earlier run, since
        /// there are more than are to be kept.
        is_own: bool,
    },
    /// Everything that is to run is known, and its first transaction has begun. Sent once more if
    /// another process changed what there is to do.
    RunStarted {
        /// The revisions of all transactions, in order.
        revisions: Vec<&'a Revision>,
    },
    /// The plan was computed inside the transaction and is about to run.
    PlanStarted {
        /// The revisions of this transaction, in order.
        revisions: Vec<&'a Revision>,
        /// Whether further transactions follow, because a revision asks for one of its own.
        more_follow: bool,
    },
    /// A revision is about to run.
    StepStarted {
        /// Which.
        revision: &'a Revision,
        /// Which way.
        direction: Direction,
        /// How many statements its body has.
        n_statements: usize,
    },
    /// A statement is about to run.
    StatementStarted {
        /// Its text.
        sql: &'a str,
        /// Its number in the body, counted from 1.
        number: usize,
    },
    /// The statement that started last has run.
    StatementFinished {
        /// How long it took.
        elapsed: Duration,
        /// How many rows it changed.
        n_changes: u64,
    },
    /// A revision ran, and the version table says so (in this transaction).
    StepFinished {
        /// Which.
        revision: &'a Revision,
        /// Which way.
        direction: Direction,
        /// How long its body took.
        elapsed: Duration,
        /// How many statements it had.
        n_statements: usize,
        /// How many rows they changed.
        n_changes: u64,
    },
    /// The database had no log of what ran before, or not of all of it; from now on it has.
    LogBegun {
        /// The revisions whose bodies are taken as the files say now, in the order in which they
        /// run.
        revisions: Vec<String>,
    },
    /// Something to know that does not stop the run.
    Warning {
        /// What, as a sentence without a full stop.
        message: String,
    },
    /// The transaction was committed (or, in a rehearsal, rolled back).
    Committed {
        /// The revisions in it, in order.
        revisions: Vec<&'a Revision>,
    },
}

/// Is told what happens during a run.
///
/// Not while a statement runs: that call would come from inside of SQLite, from where nothing that
/// is borrowed can be reached.
pub trait Observer {
    /// Called for each event, on the thread of the run.
    fn event(&mut self, event: &Event<'_>);
}

/// An observer that does nothing.
#[derive(Debug, Clone, Copy)]
pub struct Silent;

impl Observer for Silent {
    fn event(&mut self, _event: &Event<'_>) {}
}

impl<F: FnMut(&Event<'_>)> Observer for F {
    fn event(&mut self, event: &Event<'_>) {
        self(event);
    }
}
