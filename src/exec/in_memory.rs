//! Revisions run in a scratch database: what they make of an empty one, without a live one.
//!
//! The plan, the statements and the order are those of a real run; locks, the log's rows and the
//! checks of data are not, since there is none.

use super::TransactionMode;
use super::body::statement_failure;
use super::directives::evaluate_in_memory;
use super::error::Failure;
use super::group::blame;
use super::work::{Task, Work};
use crate::db::{
    DbError, Lock, LogTable, Quoting, SchemaSnapshot, Scratch, VersionTable, has_dangling_keys,
};
use crate::graph::{RevisionGraph, RevisionIndex};
use crate::plan::goal::Goal;
use crate::plan::{Direction, Plan, Step, joined};
use crate::revision::{Body, Revision};
use crate::schema::SchemaObject;
use crate::sql::effect::may_break_references;
use crate::sql::lexer::names;
use std::collections::HashSet;
use std::path::PathBuf;

/// How revisions are run in memory.
#[derive(Debug, Clone, Copy)]
pub struct Replay<'a> {
    /// The name of the version table.
    pub version_table: &'a str,
    /// Whether `migrator_log` is there.
    pub log: bool,
    /// Extensions of SQLite, which are loaded first.
    pub extensions: &'a [PathBuf],
    /// Tables and views of other programs, which are there where something needs them; see
    /// [`Foreign`](super::Foreign).
    pub beside: &'a [SchemaObject],
}

/// Why revisions could not be run in memory. No live database was touched.
#[derive(Debug, thiserror::Error)]
#[error("cannot replay the revisions: {failure}")]
pub struct ReplayError {
    /// What went wrong.
    pub failure: Failure,
}

impl<E: Into<Failure>> From<E> for ReplayError {
    fn from(failure: E) -> Self {
        Self { failure: failure.into() }
    }
}

impl Replay<'_> {
    /// An empty database as revisions find it: with the version table and the log.
    ///
    /// # Errors
    ///
    /// An extension that cannot be loaded.
    pub fn start(&self) -> Result<Scratch, ReplayError> {
        let mut scratch = Scratch::new(Quoting::Lenient, self.extensions)?;
        scratch.lend(self.beside);
        VersionTable::new(self.version_table).ensure(scratch.database())?;
        LogTable::new(self.log, self.version_table).ensure(scratch.database())?;
        Ok(scratch)
    }

    /// Runs the upgrades of `targets` and of all that they need; none gives an empty database.
    ///
    /// The version table and the log are there from the start, since bodies may name them. Rows are
    /// written after each body if one of them names the version table, else all at the end.
    ///
    /// # Errors
    ///
    /// As for a real run: statements that a transaction forbids, what SQLite refuses.
    pub fn run(
        &self,
        graph: &RevisionGraph,
        targets: &[RevisionIndex],
    ) -> Result<Scratch, ReplayError> {
        self.watch(graph, targets, &mut |_, _| Ok(()))
    }

    /// The same; `after` is asked when a body has run, with the database as it is then, and may end it.
    ///
    /// # Errors
    ///
    /// As for [`Replay::run`], and what `after` says.
    pub fn watch(
        &self,
        graph: &RevisionGraph,
        targets: &[RevisionIndex],
        after: &mut dyn FnMut(&Scratch, RevisionIndex) -> Result<(), DbError>,
    ) -> Result<Scratch, ReplayError> {
        let scratch = self.start()?;
        let plan = Goal::Applied(targets.to_vec()).plan(graph, &[]);
        let plan = plan.map_err(|err| Failure::Planner(Box::new(err)))?;
        let mut work = Work::new(graph, plan, Vec::new())?;

        let table = VersionTable::new(self.version_table);
        let texts = work.rest().iter().flat_map(Task::texts);
        let writes_early = { texts }.any(|it| table.is_named_in(it.as_bytes()));

        let mut writes = Vec::new();
        while let Some(group) = work.next_group(TransactionMode::Run) {
            scratch.database().set_foreign_keys(group.mode.foreign_keys)?;
            if !group.mode.autocommit {
                scratch.database().begin(Lock::Write)?;
            }
            for task in &work.rest()[..group.n_steps] {
                run_body(&scratch, task)?;
                if writes_early {
                    let write = |it| table.apply(scratch.database(), it);
                    let written = task.writes.iter().try_for_each(write);
                    written.map_err(|err| blame(&table, work.rest(), err))?;
                } else {
                    writes.extend_from_slice(&task.writes);
                }
                if let Some(index) = graph.by_id(task.revision.id.as_str()) {
                    after(&scratch, index)?;
                }
            }
            if !group.mode.autocommit {
                scratch.database().commit()?;
            }
            work.advance(group.n_steps, Vec::new());
        }
        scratch.database().set_foreign_keys(false)?;
        joined(&writes).iter().try_for_each(|it| table.apply(scratch.database(), it))?;
        Ok(scratch)
    }
}

/// Runs one body of one revision in a scratch database, in a transaction unless the revision says
/// otherwise; the version table is left alone.
///
/// # Errors
///
/// As for [`Replay::run`], and what the directives of the body refuse; the transaction is rolled back.
pub fn run_in_memory(
    scratch: &Scratch,
    graph: &RevisionGraph,
    revision: RevisionIndex,
    direction: Direction,
) -> Result<u64, Failure> {
    let database = scratch.database();
    let mode = graph[revision].mode;
    database.set_foreign_keys(mode.foreign_keys)?;
    if !mode.autocommit {
        database.begin(Lock::Write)?;
    }
    let outcome = run_inside(scratch, graph, revision, direction).and_then(|n_changes| {
        if !mode.autocommit {
            database.commit()?;
        }
        Ok(n_changes)
    });
    if outcome.is_err() {
        database.rollback()?;
    }
    database.set_foreign_keys(false)?;
    outcome
}

/// The same inside of the transaction that the caller has open, for revisions that run in one;
/// returns how many rows the body changed. After an error the caller takes back what was done.
///
/// # Errors
///
/// As for [`run_in_memory`].
pub fn run_inside(
    scratch: &Scratch,
    graph: &RevisionGraph,
    revision: RevisionIndex,
    direction: Direction,
) -> Result<u64, Failure> {
    let step = Step { revision, direction, runs: true, writes: Vec::new() };
    let plan = Plan { steps: vec![step], ..Plan::default() };
    let work = Work::new(graph, plan, Vec::new())?;
    let mut n_changes = 0;
    for task in work.rest() {
        evaluate_in_memory(scratch, task)?;
        n_changes += run_body(scratch, task)?;
    }
    Ok(n_changes)
}

/// Whether a body that ran in memory, and left this schema, may have left rows that reference nothing
/// or foreign keys that cannot be checked: a look at the tables that it names, or at all where
/// triggers may have changed any.
///
/// `was_clean` says whether nothing of that kind was there before.
pub fn may_dangle(
    scratch: &Scratch,
    revision: &Revision,
    body: &Body,
    (schema, n_changes): (&SchemaSnapshot, u64),
    was_clean: bool,
) -> bool {
    if !revision.statements(body).any(may_break_references) {
        return false;
    }
    let names: HashSet<String> = names(revision.body_text(body)).collect();
    let all = n_changes > 0 && schema.has_triggers();
    let mut children = schema.children(if all { None } else { Some(&names) }).peekable();
    let is_concerned = children.peek().is_some();
    is_concerned && !was_clean || has_dangling_keys(scratch.database(), children)
}

/// Writes the version rows of a step whose body ran in a scratch database.
///
/// # Errors
///
/// [`Failure::VersionTable`] where the body changed the table itself.
pub fn write_rows(
    scratch: &Scratch,
    graph: &RevisionGraph,
    table: &VersionTable,
    step: &Step,
) -> Result<(), Failure> {
    let write = |it| table.apply(scratch.database(), it);
    let Err(err) = step.writes.iter().try_for_each(write) else { return Ok(()) };
    let plan = Plan { steps: vec![step.clone()], ..Plan::default() };
    Err(blame(table, Work::new(graph, plan, Vec::new())?.rest(), err))
}

/// Runs the statements of a body; returns how many rows they changed.
fn run_body(scratch: &Scratch, task: &Task<'_>) -> Result<u64, Failure> {
    let revision = task.revision;
    let is_inside = !revision.mode.autocommit;
    let database = scratch.database();
    let mut n_changes = 0;
    for (number, span) in (1..).zip(task.statements) {
        let outcome = scratch.execute(&revision.source.text[span.clone()]);
        n_changes += outcome.map_err(|err| statement_failure(task, span, number, err))?;
        if is_inside && database.is_autocommit() {
            return Err(Failure::TransactionEnded {
                revision: revision.id.clone(),
                location: Box::new(revision.location(span)),
                number,
                of: task.statements.len(),
            });
        }
    }
    if !is_inside && !database.is_autocommit() {
        return Err(Failure::TransactionLeftOpen { revision: revision.id.clone() });
    }
    if !is_inside {
        database.detach_all()?;
    }
    // What a body leaves in the connection must not reach the next one.
    if task.has_pragma() {
        database.reset_settings()?;
    }
    if task.may_have_temporary() {
        database.drop_temporary()?;
    }
    Ok(n_changes)
}
