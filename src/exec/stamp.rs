//! Writes to the version table without running anything.

use super::error::{ExecError, Failure, PlanFailure};
use super::event::Observer;
use super::session::{Look, Progress, Session};
use super::{Outcome, Run};
use crate::audit::{History, LogDirection, Note};
use crate::plan::RowWrite;

/// What a stamp writes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stamp {
    /// The writes to the version table, in this order.
    pub writes: Vec<RowWrite>,
    /// What the log gets to know.
    pub notes: Vec<Note>,
}

/// Writes what `planner` wants into the version table, and makes it if it is missing, all in one
/// transaction.
///
/// `planner` is called as by [`super::run`]. With `purge` all rows are removed first, whatever they
/// hold, and it sees none; the log it sees.
pub fn stamp(
    request: &Run<'_>,
    purge: bool,
    planner: &mut dyn FnMut(&History) -> Result<Stamp, PlanFailure>,
    observer: &mut dyn Observer,
) -> Result<Outcome, ExecError> {
    let mut progress = Progress::default();
    let outcome = write(request, purge, planner, observer, &mut progress);
    outcome.map_err(|failure| progress.fail(request, failure))
}

/// Makes the version table if it is missing, and the database with it; says whether it was.
pub fn ensure_version(request: &Run<'_>, observer: &mut dyn Observer) -> Result<bool, ExecError> {
    let mut progress = Progress::default();
    let outcome = Look::new(request, observer).and_then(|mut look| {
        if look.has_table(observer)? {
            // It may be another program's.
            look.rows(observer)?;
            return Ok(false);
        }
        let mut session = Session::new(look, observer, &mut progress)?;
        session.in_transaction(|session| Ok(session.table.ensure(&session.database)?))
    });
    outcome.map_err(|failure| progress.fail(request, failure))
}

fn write(
    request: &Run<'_>,
    purge: bool,
    planner: &mut dyn FnMut(&History) -> Result<Stamp, PlanFailure>,
    observer: &mut dyn Observer,
    progress: &mut Progress,
) -> Result<Outcome, Failure> {
    let mut look = Look::new(request, observer)?;
    // Rows that nobody can read are there to be purged.
    let history = if purge { History::default() } else { look.history(observer)?.clone() };
    let planned = planner(&history).map_err(Failure::Planner)?;
    let has_nothing_to_do = !purge && planned.writes.is_empty() && planned.notes.is_empty();
    if has_nothing_to_do && look.has_table(observer)? {
        let rows = history.rows;
        return Ok(Outcome { rows, waited: look.waited(), ..Outcome::default() });
    }
    let mut session = Session::new(look, observer, progress)?;
    let (rows, begun) = session.in_transaction(|session| {
        session.table.ensure(&session.database)?;
        if purge {
            session.table.clear(&session.database)?;
        }
        let history = session.log.history(&session.database, &session.table)?;
        let Stamp { writes, notes } = planner(&history).map_err(Failure::Planner)?;
        if !notes.is_empty() {
            session.log.ensure(&session.database)?;
        }
        for write in &writes {
            session.table.apply(&session.database, write)?;
        }
        session.write_notes(&notes)?;
        let is_baseline = |it: &Note| it.direction == LogDirection::Baseline;
        let begun: Vec<Note> = notes.into_iter().filter(is_baseline).collect();
        Ok((session.table.rows(&session.database)?, begun))
    })?;
    session.tell_of_unlogged(&begun);
    Ok(Outcome { rows, waited: session.waited(), ..Outcome::default() })
}
