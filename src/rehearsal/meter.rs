//! How large a database gets while something runs.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::db::length_beside;
use crate::exec::event::{Event, Observer};

/// Looks at the file of a database, its journal and its log; from any thread.
#[derive(Debug)]
pub(super) struct Meter {
    database: PathBuf,
    /// The journal or the log when it was looked at last.
    beside: AtomicU64,
    peak: AtomicU64,
}

impl Meter {
    /// A meter for the database at `path`.
    pub fn new(path: &Path) -> Self {
        Self { database: path.to_owned(), beside: AtomicU64::new(0), peak: AtomicU64::new(0) }
    }

    /// Looks at the files.
    pub fn sample(&self) {
        let beside = length_beside(&self.database);
        self.note(length(&self.database) + beside);
        self.beside.store(beside, Ordering::Relaxed);
    }

    /// Looks at the files after a commit or at the end: the file has grown while the journal was
    /// still there, or the log when it was written into the file. Nobody could look in between.
    pub fn settle(&self) {
        self.note(length(&self.database) + self.beside.load(Ordering::Relaxed));
        self.sample();
    }

    /// The most so far, in bytes.
    pub fn peak(&self) -> u64 {
        self.peak.load(Ordering::Relaxed)
    }

    fn note(&self, size: u64) {
        self.peak.fetch_max(size, Ordering::Relaxed);
    }
}

/// The size of a database now, with what lies beside it, in bytes.
pub(super) fn size_of(database: Option<&Path>) -> u64 {
    database.map_or(0, |it| length(it) + length_beside(it))
}

fn length(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |it| it.len())
}

/// An observer that looks at the files whenever something happened, keeps the warnings, and passes
/// all on.
pub(super) struct Metered<'a> {
    meter: &'a Meter,
    inner: &'a mut dyn Observer,
    /// What was warned of so far.
    pub warnings: Vec<String>,
    /// Whether that is passed on too.
    warns: bool,
}

impl<'a> Metered<'a> {
    /// Passes events on to `inner`.
    pub fn new(meter: &'a Meter, inner: &'a mut dyn Observer) -> Self {
        Self { meter, inner, warnings: Vec::new(), warns: true }
    }

    /// The same without the warnings, for what was run before.
    pub fn without_warnings(meter: &'a Meter, inner: &'a mut dyn Observer) -> Self {
        Self { warns: false, ..Self::new(meter, inner) }
    }
}

impl Observer for Metered<'_> {
    fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::StatementFinished { .. } => self.meter.sample(),
            Event::Committed { .. } => self.meter.settle(),
            Event::Warning { message } => {
                self.warnings.push(message.clone());
                if !self.warns {
                    return;
                }
            }
            _ => {}
        }
        self.inner.event(event);
    }
}
