//! Runs a plan.
//!
//! **Invariant.** Whatever happens, the database is at one revision or at another, and the version
//! table says which: bodies and version rows are one transaction. A revision outside a transaction
//! is the exception that its author asked for; then the error says which statements stay.
//!
//! **Invariant.** What runs was planned for the rows that the version table holds inside the
//! transaction. With several runs at once one applies, and the others find nothing left to do.
//!
//! Nothing here prints, decides what to run, or contains SQL: that is what [`event::Observer`], the
//! planner and [`crate::db`] are for.

mod autocommit;
mod backup;
mod body;
mod checks;
mod commit;
mod counting;
mod directives;
mod error;
pub mod event;
mod foreign;
mod group;
mod in_memory;
pub mod offline;
mod session;
mod stamp;
mod wait;
mod work;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub use self::backup::{
    BackupError, BackupPlan, Consent, Loss, RestoreError, make as make_backup,
    prune as prune_backups, restore,
};
pub use self::error::{
    CommitOutcome, ExecError, ExitClass, Failure, NotRehearsable, PlanFailure, Refusal, State,
};
use self::event::Observer;
pub use self::foreign::Foreign;
pub use self::in_memory::{Replay, ReplayError, may_dangle, run_in_memory, run_inside, write_rows};
use self::session::{Look, Progress, Session};
pub use self::stamp::{Stamp, ensure_version, stamp};
pub use self::wait::await_free;
use self::work::Work;
use crate::audit::{self, History};
use crate::clock::Clock;
use crate::config::TransactionMode;
use crate::config::url::DatabaseLocation;
use crate::db::{LogTable, Notice, Waiting, Watch};
use crate::graph::RevisionGraph;
use crate::plan::{Direction, Plan};
use crate::revision::RevisionId;

/// What a run works on, and how.
#[derive(Clone)]
pub struct Run<'a> {
    /// The database.
    pub location: &'a DatabaseLocation,
    /// The name of the version table.
    pub version_table: &'a str,
    /// Whether `migrator_log` gets a row for each revision.
    pub log: bool,
    /// How long to wait for a database that another process holds.
    pub busy_timeout: Duration,
    /// How many revisions share a transaction.
    pub transaction: TransactionMode,
    /// Extensions of SQLite that bodies need; loaded before anything runs.
    pub extensions: &'a [PathBuf],
    /// Whether a backup comes first.
    pub backup: BackupPlan<'a>,
    /// Do everything and take it back: one transaction, rolled back at its end.
    pub rehearse: bool,
    /// A text that the log keeps with each revision.
    pub tag: Option<&'a str>,
    /// The user of the operating system, for the log.
    pub who: Option<&'a str>,
    /// What time it is, for the log.
    pub clock: &'a dyn Clock,
    /// Ends the run as soon as it is set: a running statement is interrupted, and its transaction
    /// rolled back. A COMMIT that has begun is not.
    pub cancel: Option<Arc<AtomicBool>>,
    /// Called about ten times a second while a statement runs, from inside of SQLite: it must not
    /// use the database. Apart from the observer, which cannot be reached from there.
    pub ticker: Option<Arc<dyn Fn() + Send + Sync>>,
    /// Called while SQLite waits for another process in the middle of a statement, which the observer
    /// cannot be told either.
    pub notice: Option<Notice>,
}

impl Run<'_> {
    /// How SQLite waits for other processes where nothing else can.
    pub fn waiting(&self) -> Waiting {
        let go_on = self
            .cancel
            .clone()
            .map(|cancel| -> Watch { Arc::new(move || !cancel.load(Ordering::Relaxed)) });
        Waiting { timeout: self.busy_timeout, go_on, notice: self.notice.clone() }
    }

    fn log_table(&self) -> LogTable<'_> {
        LogTable::new(self.log, self.version_table)
    }
}

/// One revision that ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepReport {
    /// Which.
    pub revision: RevisionId,
    /// Which way.
    pub direction: Direction,
    /// How long its body took.
    pub elapsed: Duration,
    /// How many statements it had.
    pub n_statements: usize,
    /// How many rows they changed.
    pub n_changes: u64,
}

impl StepReport {
    /// How long the body took, in milliseconds; whole microseconds are all that a clock can vouch
    /// for.
    pub fn elapsed_ms(&self) -> f64 {
        (self.elapsed.as_secs_f64() * 1e6).round() / 1e3
    }
}

/// What a run did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outcome {
    /// What ran, in order; empty where there was nothing to do.
    pub steps: Vec<StepReport>,
    /// The rows of the version table at the end; after a rehearsal those that there would be.
    pub rows: Vec<String>,
    /// How long other processes were waited for.
    pub waited: Duration,
    /// The backup of what was there before; `None` where none was made.
    pub backup: Option<PathBuf>,
    /// How large the database is and would become; of a rehearsal, where something ran.
    pub growth: Option<Growth>,
}

/// How large a database is, and how large it becomes while revisions run; in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Growth {
    /// Before, without journal and log.
    pub before: u64,
    /// At most, with its journal or log.
    pub peak: u64,
}

/// Computes what is to do from the rows of the version table and the log, read at one moment.
///
/// Called at least once, first for what the database says before the transaction, and again whenever
/// it turns out that it says something else. It must mean the same target each time: `+1` is one
/// step from the rows of the first call.
pub type Planner<'p> = dyn FnMut(&History) -> Result<Plan, PlanFailure> + 'p;

/// Brings a database to where `planner` wants it.
///
/// A database that does not exist has no rows. Its file, and the folder for it, are made only when
/// there is something to run and nothing speaks against running it. If that fails then, an empty
/// file is left: removing it could take it away from another process.
///
/// # Errors
///
/// See [`Failure`]. [`ExecError::exit_class`] says whether anything was run.
pub fn run(
    request: &Run<'_>,
    graph: &RevisionGraph,
    planner: &mut Planner<'_>,
    observer: &mut dyn Observer,
) -> Result<Outcome, ExecError> {
    let mut progress = Progress::default();
    let outcome = run_plan(request, graph, planner, observer, &mut progress);
    backup::settle(request, &mut progress, outcome.as_ref().map(drop), observer);
    outcome.map_err(|failure| {
        let failure = backup::name_backup(request, graph, failure);
        progress.fail(request, failure)
    })
}

fn run_plan(
    request: &Run<'_>,
    graph: &RevisionGraph,
    planner: &mut Planner<'_>,
    observer: &mut dyn Observer,
    progress: &mut Progress,
) -> Result<Outcome, Failure> {
    let mut look = Look::new(request, observer)?;
    let mut renew = |history: &History| {
        let plan = planner(history).map_err(Failure::Planner)?;
        let again = audit::run_again(graph, history, &plan);
        let is_logged = request.log && !plan.steps.is_empty();
        let unlogged = is_logged.then(|| audit::unlogged(graph, history, &plan));
        let mut work = Work::new(graph, plan, history.rows.clone())?;
        work.again = again;
        work.unlogged = unlogged.unwrap_or_default();
        Ok(work)
    };
    let history = look.history(observer)?;
    progress.is_first_run = history.rows.is_empty() && history.log.is_empty();
    let mut work = renew(history)?;
    if work.rest().is_empty() {
        return Ok(Outcome { rows: work.rows, waited: look.waited(), ..Outcome::default() });
    }
    if request.rehearse {
        work.rehearsal_group()?;
    }
    let mut session = Session::new(look, observer, progress)?;
    while let Some(group) = session.next_group(&work)? {
        work = if group.mode.autocommit {
            session.run_autocommit(work, &mut renew)?
        } else {
            session.run_group(work, &group, &mut renew)?
        };
    }
    let waited = session.waited();
    let backup = progress.backup.path().map(ToOwned::to_owned);
    let steps = std::mem::take(&mut progress.done);
    Ok(Outcome { steps, rows: work.rows, waited, backup, growth: progress.growth })
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
