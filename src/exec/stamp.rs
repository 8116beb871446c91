//! Writes to the version table without running anything.

use super::error::{ExecError, Failure, PlanFailure};
use super::event::Observer;
use super::session::{Look, Progress, Session};
use super::{Outcome, Run};
use crate::db::{LogDirection, LogEntry};
use crate::plan::RowWrite;
use crate::revision::RevisionId;

/// What a stamp writes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stamp {
    /// The writes to the version table, in this order.
    pub writes: Vec<RowWrite>,
    /// The revisions that the log says were stamped.
    pub revisions: Vec<RevisionId>,
}

/// Writes what `planner` wants into the version table, and makes it if it is missing, all in one
/// transaction.
///
/// `planner` is called as by [`super::run`]. With `purge` all rows are removed first, whatever they
/// hold, and it sees none.
pub fn stamp(
    request: &Run<'_>,
    purge: bool,
    planner: &mut dyn FnMut(&[String]) -> Result<Stamp, PlanFailure>,
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
    planner: &mut dyn FnMut(&[String]) -> Result<Stamp, PlanFailure>,
    observer: &mut dyn Observer,
    progress: &mut Progress,
) -> Result<Outcome, Failure> {
    let mut look = Look::new(request, observer)?;
    let rows = if purge { Vec::new() } else { look.rows(observer)? };
    let planned = planner(&rows).map_err(Failure::Planner)?;
    if planned.writes.is_empty() && !purge && look.has_table(observer)? {
        return Ok(Outcome { rows, waited: look.waited(), ..Outcome::default() });
    }
    let mut session = Session::new(look, observer, progress)?;
    let rows = session.in_transaction(|session| {
        session.table.ensure(&session.database)?;
        let now = if purge {
            session.table.clear(&session.database)?;
            Vec::new()
        } else {
            session.table.rows(&session.database)?
        };
        let Stamp { writes, revisions } =
            if now == rows { planned } else { planner(&now).map_err(Failure::Planner)? };
        if !revisions.is_empty() {
            session.log.ensure(&session.database)?;
        }
        for write in &writes {
            session.table.apply(&session.database, write)?;
        }
        let request = session.request;
        let entries = revisions.iter().map(|revision| LogEntry {
            revision: revision.as_str(),
            direction: LogDirection::Stamp,
            started_at: request.clock.now(),
            duration_ms: None,
            checksum: None,
            tag: request.tag,
        });
        session.log.append(&session.database, entries)?;
        Ok(session.table.rows(&session.database)?)
    })?;
    Ok(Outcome { rows, waited: session.waited(), ..Outcome::default() })
}
