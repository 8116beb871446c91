//! Revisions tried on a copy of the real database, with its rows and by the real runner.
//!
//! The copy is an online backup in a folder of its own, which goes with this process: also after a
//! failure and after Ctrl-C, not after `kill -9`.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tempfile::TempDir;

use super::checks::Faults;
use super::lost::Lost;
use super::meter::{Meter, Metered, size_of};
use super::{Phase, Rehearsal, RehearsalError, Tried, Verdict};
use crate::config::url::DatabaseLocation;
use crate::db::{Access, Database, SchemaSnapshot, SidecarLock, VersionTable, has_hot_journal};
use crate::exec::event::Observer;
use crate::exec::{self, ExecError, Failure, Outcome, Run, StepReport};
use crate::fsutil::FileError;
use crate::graph::RevisionIndex;
use crate::graph::symbol::RevisionSymbol;
use crate::plan::goal::Goal;
use crate::plan::{Direction, Plan, PlanError, single_step};
use crate::revision::{Downgrade, Revision};
use crate::sql::effect::opens_file;
use crate::sql::lexer;

/// What is copied, and where to.
pub struct OnCopy<'a> {
    /// A run on the real database, which is only read: all but its location is that of the runs on
    /// the copy.
    pub run: Run<'a>,
    /// Where an upgrade is to lead.
    pub target: &'a RevisionSymbol,
    /// The folder for the copy.
    pub folder: &'a Path,
}

/// What came out of it. `R` and `E` are what an upgrade gives.
#[derive(Debug)]
pub struct CopyReport<R, E> {
    /// What `upgrade` says, run as a whole on a copy.
    pub upgrade: Result<R, E>,
    /// What it warned of.
    pub warnings: Vec<String>,
    /// How large the database is now, with the log beside it, in bytes.
    pub size: u64,
    /// How large it was at most during that upgrade, with the journal or the log beside it.
    pub peak: u64,
    /// Each pending revision, in the order of an upgrade.
    pub revisions: Vec<TriedOnCopy>,
}

/// A revision, and what came of it with rows.
#[derive(Debug)]
pub struct TriedOnCopy {
    /// What came of it.
    pub tried: Tried,
    /// Those of its runs that came to their end.
    pub runs: Vec<(Phase, StepReport)>,
    /// The tables that have more or fewer rows after the downgrade than before the upgrade: a fact
    /// for people, and no fault.
    pub rows: Vec<RowCount>,
}

/// How many rows a table has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowCount {
    /// The table.
    pub table: String,
    /// Before the upgrade.
    pub before: u64,
    /// After the downgrade.
    pub after: u64,
}

/// Runs the pending revisions as `upgrade` does on a copy of the database, and then, on a fresh copy,
/// one by one: up, down and up again.
///
/// `upgrade` is given the run on the copy.
///
/// # Errors
///
/// What keeps them from being tried at all, no room for the copy among it; what is wrong with a
/// revision is its verdict.
pub fn on_a_copy<R, E>(
    rehearsal: &Rehearsal<'_>,
    request: &OnCopy<'_>,
    upgrade: impl FnOnce(&Run<'_>, &mut dyn Observer) -> Result<R, E>,
    observer: &mut dyn Observer,
) -> Result<CopyReport<R, E>, RehearsalError> {
    if let Some(path) = request.run.location.path()
        && has_hot_journal(path)
    {
        return Err(RehearsalError::HotJournal { path: path.to_owned() });
    }
    let mut bench = Bench::new(rehearsal, request)?;
    let size = size_of(request.run.location.path());
    bench.copy(observer)?;
    bench.rows = Some(bench.read_rows()?);
    let pending = bench.pending()?;
    for revision in &pending {
        refuse_other_files(&rehearsal.graph[*revision])?;
    }

    let mut metered = Metered::new(&bench.meter, observer);
    let run = bench.run();
    let upgrade = upgrade(&run, &mut metered);
    let warnings = std::mem::take(&mut metered.warnings);
    bench.meter.settle();
    let peak = bench.meter.peak();
    bench.check_cancelled()?;

    let mut revisions = Vec::with_capacity(pending.len());
    if !pending.is_empty() {
        bench.copy(observer)?;
        let mut bench = Trial::new(&bench, observer)?;
        let mut lost = Lost::default();
        for revision in pending {
            let outcome = match lost.reason(revision) {
                Some(reason) => TriedOnCopy::skipped(revision, reason),
                None => bench.try_out(revision)?,
            };
            if !bench.applied.contains(&revision) {
                lost.add(rehearsal.graph, revision);
            }
            revisions.push(outcome);
        }
    }
    Ok(CopyReport { upgrade, warnings, size, peak, revisions })
}

/// Refuses what would write into a file that is no copy: a body outside a transaction may, and runs
/// several times.
fn refuse_other_files(revision: &Revision) -> Result<(), RehearsalError> {
    if !revision.mode.autocommit {
        return Ok(());
    }
    for span in revision.bodies().flat_map(|it| &it.statements) {
        if let Some(what) = opens_file(&revision.source.text[span.clone()]) {
            let location = Box::new(revision.location(span));
            return Err(RehearsalError::OtherFile {
                revision: revision.id.clone(),
                location,
                what,
            });
        }
    }
    Ok(())
}

/// The copy, and what is run on it.
struct Bench<'a> {
    rehearsal: &'a Rehearsal<'a>,
    request: &'a OnCopy<'a>,
    folder: TempDir,
    location: DatabaseLocation,
    path: PathBuf,
    meter: Arc<Meter>,
    /// The rows of the version table in the first copy, once there is one.
    rows: Option<Vec<String>>,
}

impl<'a> Bench<'a> {
    fn new(rehearsal: &'a Rehearsal<'a>, request: &'a OnCopy<'a>) -> Result<Self, RehearsalError> {
        let mut builder = tempfile::Builder::new();
        builder.prefix("migrator-verify-");
        let error = || FileError::new("make a folder for the copy in", request.folder);
        let made =
            std::fs::read_dir(request.folder).and_then(|_| builder.tempdir_in(request.folder));
        let folder = made.map_err(error())?;
        // Under its own name, by which messages will call it.
        let name = request.run.location.path().and_then(Path::file_name);
        let path = folder.path().join(name.unwrap_or(OsStr::new("copy.db")));
        let location = DatabaseLocation::File(path.clone());
        let meter = Arc::new(Meter::new(&path));
        Ok(Self { rehearsal, request, folder, location, path, meter, rows: None })
    }

    /// Copies the database as it is now, in the place of what was left of the copy before; fails where
    /// another process has run something since the first copy, or is at work outside a transaction.
    fn copy(&self, observer: &mut dyn Observer) -> Result<(), RehearsalError> {
        let entries = std::fs::read_dir(self.folder.path());
        let entries = entries.map_err(FileError::new("read", self.folder.path()))?;
        for entry in entries.flatten() {
            let path = entry.path();
            std::fs::remove_file(&path).map_err(FileError::new("remove", &path))?;
        }
        let run = &self.request.run;
        // A body outside a transaction writes its row when it is through.
        exec::await_free(run, observer).map_err(|err| match err {
            Failure::Database(err) => RehearsalError::Db(err),
            _ => RehearsalError::Cancelled,
        })?;
        let source = Database::open(run.location, Access::Read, run.waiting())?;
        let goes_on = || self.check_cancelled().is_ok();
        let outcome = source.copy_while(&self.path, &goes_on);
        self.meter.sample();
        outcome.map_err(|err| self.without_room(err.into()))?;
        self.check_cancelled()?;
        let is_at_work =
            run.location.path().is_some_and(|it| SidecarLock::require_free(it).is_err());
        match &self.rows {
            _ if is_at_work => Err(RehearsalError::Moved),
            Some(rows) if *rows != self.read_rows()? => Err(RehearsalError::Moved),
            _ => Ok(()),
        }
    }

    /// The rows of the version table in the copy.
    fn read_rows(&self) -> Result<Vec<String>, RehearsalError> {
        Ok(VersionTable::new(self.request.run.version_table).rows(&self.open()?)?)
    }

    /// What an upgrade of the copy would run, in order.
    fn pending(&self) -> Result<Vec<RevisionIndex>, RehearsalError> {
        let graph = self.rehearsal.graph;
        let rows = self.read_rows()?;
        let goal = Goal::upgrade(graph, &rows, self.request.target)?;
        Ok(goal.plan(graph, &rows)?.steps.iter().map(|it| it.revision).collect())
    }

    /// The copy, to look at.
    fn open(&self) -> Result<Database, RehearsalError> {
        let run = &self.request.run;
        let mut database = Database::open(&self.location, Access::Read, run.waiting())?;
        // Only the module of a virtual table knows which tables are its shadow tables.
        database.load_extensions(run.extensions)?;
        if let Some(cancel) = run.cancel.clone() {
            database.set_watch(Some(Arc::new(move || !cancel.load(Ordering::Relaxed))))?;
        }
        Ok(database)
    }

    /// A run on the copy, which is measured.
    fn run(&self) -> Run<'_> {
        let (meter, ticker) = (Arc::clone(&self.meter), self.request.run.ticker.clone());
        let tick = move || {
            meter.sample();
            if let Some(ticker) = &ticker {
                ticker();
            }
        };
        Run { location: &self.location, ticker: Some(Arc::new(tick)), ..self.request.run.clone() }
    }

    fn check_cancelled(&self) -> Result<(), RehearsalError> {
        let cancel = self.request.run.cancel.as_ref();
        let is_cancelled = cancel.is_some_and(|it| it.load(Ordering::Relaxed));
        if is_cancelled { Err(RehearsalError::Cancelled) } else { Ok(()) }
    }

    /// The error for a failure that says nothing about the revisions.
    fn without_room(&self, err: RehearsalError) -> RehearsalError {
        match err {
            RehearsalError::Db(err) if err.is_full() => RehearsalError::NoRoom {
                folder: self.request.folder.to_owned(),
                size: self.meter.peak(),
            },
            other => other,
        }
    }
}

/// The copy on its way up, revision by revision.
struct Trial<'a> {
    bench: &'a Bench<'a>,
    observer: &'a mut dyn Observer,
    /// The pending revisions that were applied, in order.
    applied: Vec<RevisionIndex>,
    schema: SchemaSnapshot,
}

/// How a body ran.
struct Ran {
    report: StepReport,
    schema: SchemaSnapshot,
}

impl<'a> Trial<'a> {
    fn new(bench: &'a Bench<'a>, observer: &'a mut dyn Observer) -> Result<Self, RehearsalError> {
        let schema = bench.open()?.snapshot(&SchemaSnapshot::default())?;
        Ok(Self { bench, observer, applied: Vec::new(), schema })
    }

    fn try_out(&mut self, revision: RevisionIndex) -> Result<TriedOnCopy, RehearsalError> {
        let file = &self.bench.rehearsal.graph[revision];
        let is_irreversible = matches!(file.downgrade, Downgrade::Irreversible(_));
        let mut faults = Faults::new(self.bench.rehearsal);
        let mut outcome = TriedOnCopy {
            tried: Tried { revision, verdict: Verdict::Irreversible },
            runs: Vec::new(),
            rows: Vec::new(),
        };
        let before = self.schema.clone();
        let rows_before = if is_irreversible { Vec::new() } else { self.count(file, &before)? };
        let up = match self.run_body(revision, Direction::Upgrade)? {
            Ok(ran) => ran,
            Err(failure) => {
                // Outside a transaction something of it may stay.
                if file.mode.autocommit {
                    self.restore()?;
                }
                faults.failure(Phase::Up, failure);
                outcome.tried.verdict = faults.verdict();
                return Ok(outcome);
            }
        };
        self.applied.push(revision);
        self.schema = up.schema.clone();
        outcome.runs.push((Phase::Up, up.report));
        if is_irreversible {
            return Ok(outcome);
        }

        let rows_up = self.count(file, &up.schema)?;
        for phase in [Phase::Down, Phase::Again] {
            match self.run_body(revision, phase.direction())? {
                Ok(ran) => {
                    if phase == Phase::Down {
                        faults.after_down(&before, &ran.schema)?;
                        outcome.rows = differing(&rows_before, &self.count(file, &ran.schema)?);
                    } else {
                        faults.after_again(&up.schema, &ran.schema)?;
                    }
                    self.schema = ran.schema;
                    outcome.runs.push((phase, ran.report));
                }
                Err(failure) => {
                    faults.failure(phase, failure);
                    break;
                }
            }
        }
        if !faults.is_empty() || self.count(file, &self.schema)? != rows_up {
            self.restore()?;
            self.schema = up.schema;
        }
        outcome.tried.verdict = faults.verdict();
        Ok(outcome)
    }

    /// Runs one body as `upgrade` and `downgrade` do, checks of foreign keys, views and triggers
    /// included. Its failure is no error: that is what is looked for.
    fn run_body(
        &mut self,
        revision: RevisionIndex,
        direction: Direction,
    ) -> Result<Result<Ran, Failure>, RehearsalError> {
        let graph = self.bench.rehearsal.graph;
        let outcome = self.run_plan(&|rows| single_step(graph, rows, revision, direction));
        let steps = match outcome {
            Ok(outcome) => outcome.steps,
            Err(err) => match err.failure {
                Failure::Cancelled => return Err(RehearsalError::Cancelled),
                failure if failure.is_full() => return Err(self.no_room()),
                failure => return Ok(Err(failure)),
            },
        };
        let schema = self.bench.open()?.snapshot(&self.schema)?;
        let report = steps.into_iter().next().ok_or(RehearsalError::Moved)?;
        Ok(Ok(Ran { report, schema }))
    }

    fn run_plan(
        &mut self,
        plan: &dyn Fn(&[String]) -> Result<Plan, PlanError>,
    ) -> Result<Outcome, ExecError> {
        let run = self.bench.run();
        let mut metered = Metered::without_warnings(&self.bench.meter, self.observer);
        let graph = self.bench.rehearsal.graph;
        let outcome = exec::run(&run, graph, &mut |history| Ok(plan(&history.rows)?), &mut metered);
        self.bench.meter.settle();
        outcome
    }

    /// Makes the state anew: a fresh copy, and on it the upgrades so far.
    fn restore(&mut self) -> Result<(), RehearsalError> {
        self.bench.copy(self.observer)?;
        let graph = self.bench.rehearsal.graph;
        for revision in self.applied.clone() {
            let outcome = self
                .run_plan(&|rows| single_step(graph, rows, revision, Direction::Upgrade))
                .map_err(|err| match err.failure {
                    Failure::Cancelled => RehearsalError::Cancelled,
                    failure if failure.is_full() => self.no_room(),
                    _ => RehearsalError::Moved,
                })?;
            if outcome.steps.is_empty() {
                return Err(RehearsalError::Moved);
            }
        }
        Ok(())
    }

    fn no_room(&self) -> RehearsalError {
        let folder = self.bench.request.folder.to_owned();
        RehearsalError::NoRoom { folder, size: self.bench.meter.peak() }
    }

    /// The rows of the tables that a revision may change: those that it names, or all where triggers
    /// and foreign keys pass changes on.
    fn count(
        &self,
        revision: &Revision,
        schema: &SchemaSnapshot,
    ) -> Result<Vec<(String, u64)>, RehearsalError> {
        let bodies = revision.bodies().map(|it| revision.body_text(it));
        let names: HashSet<String> = bodies.flat_map(lexer::names).collect();
        let all = revision.mode.foreign_keys || schema.has_triggers();
        let database = self.bench.open()?;
        let is_excluded = self.bench.rehearsal.is_excluded;
        let mut counts = Vec::new();
        for table in schema.tables().filter(|it| !is_excluded(it)) {
            let is_named = all || names.contains(&table.to_ascii_lowercase());
            if is_named && let Some(n_rows) = database.n_rows(table)? {
                counts.push((table.to_owned(), n_rows));
            }
        }
        Ok(counts)
    }
}

impl TriedOnCopy {
    fn skipped(revision: RevisionIndex, reason: RevisionIndex) -> Self {
        let tried = Tried { revision, verdict: Verdict::NotTried(reason) };
        Self { tried, runs: Vec::new(), rows: Vec::new() }
    }
}

/// The tables of both sides that have more or fewer rows.
fn differing(before: &[(String, u64)], after: &[(String, u64)]) -> Vec<RowCount> {
    let of = |table: &str| after.iter().find(|it| it.0 == table).map(|it| it.1);
    let counts = before.iter().filter_map(|(table, before)| {
        let after = of(table)?;
        (after != *before).then(|| RowCount { table: table.clone(), before: *before, after })
    });
    counts.collect()
}
