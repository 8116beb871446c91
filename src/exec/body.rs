//! The statements of one body, one by one.

use std::ops::Range;
use std::time::Instant;

use super::StepReport;
use super::error::Failure;
use super::event::Event;
use super::session::Session;
use super::work::Task;
use crate::db::{self, SqliteError, SqliteErrorKind};
use crate::revision::Revision;
use crate::source::Location;
use crate::sql::effect::dropped_table;

impl Session<'_> {
    /// Runs a body to its end, unless its directives refuse it. Leaves it to the caller to roll back.
    ///
    /// Inside a transaction nothing runs after a statement that ended it, be it by success or with
    /// an error (`ON CONFLICT ROLLBACK`, `RAISE(ROLLBACK)`): it would commit by itself.
    pub fn run_body(&mut self, task: &Task<'_>) -> Result<StepReport, Failure> {
        // Before the body counts as begun: one that is refused has left nothing, even outside a
        // transaction.
        self.evaluate_directives(task)?;
        let (revision, of) = (task.revision, task.statements.len());
        let is_inside = !task.mode().autocommit;
        self.observer.event(&Event::StepStarted {
            revision,
            direction: task.direction,
            n_statements: of,
        });
        self.progress.has_run = true;
        if is_inside {
            self.progress.begun.push(revision.id.clone());
        } else {
            self.progress.partial = Some((revision.id.clone(), 0));
        }
        let started = Instant::now();
        let mut n_changes_of_all = 0;
        for (number, span) in (1..).zip(task.statements) {
            self.check_cancelled()?;
            let sql = &revision.source.text[span.clone()];
            self.observer.event(&Event::StatementStarted { sql, number });
            self.check_drop(revision, span, number, of)?;
            let statement_started = Instant::now();
            let outcome = self.database.execute(sql);
            self.progress.may_stay =
                !is_inside && outcome.as_ref().is_err_and(|err| err.kind == SqliteErrorKind::Io);
            let n_changes = outcome.map_err(|source| match source.kind {
                // Nothing but a cancellation interrupts.
                SqliteErrorKind::Interrupted => Failure::Cancelled,
                _ => statement_failure(task, span, number, source),
            })?;
            n_changes_of_all += n_changes;
            if self.database.is_autocommit() {
                if is_inside {
                    let location = Box::new(revision.location(span));
                    let revision = revision.id.clone();
                    return Err(Failure::TransactionEnded { revision, location, number, of });
                }
                // What stands between a BEGIN and a COMMIT of the body stays only with the latter.
                self.progress.partial = Some((revision.id.clone(), number));
            }
            let elapsed = statement_started.elapsed();
            self.measure()?;
            self.observer.event(&Event::StatementFinished { elapsed, n_changes });
        }
        Ok(StepReport {
            revision: revision.id.clone(),
            direction: task.direction,
            elapsed: started.elapsed(),
            n_statements: of,
            n_changes: n_changes_of_all,
        })
    }

    /// Refuses a `DROP TABLE` that would delete or change rows of other tables: a rebuild must not.
    fn check_drop(
        &self,
        revision: &Revision,
        span: &Range<usize>,
        number: usize,
        of: usize,
    ) -> Result<(), Failure> {
        let Some(table) = dropped_table(&revision.source.text[span.clone()]) else { return Ok(()) };
        if !self.database.enforces_foreign_keys()? {
            return Ok(());
        }
        match db::effect_of_drop(&self.database, &table)? {
            None => Ok(()),
            Some(effect) => {
                let location = Box::new(revision.location(span));
                let (revision, table) = (revision.id.clone(), table.into_owned());
                Err(Failure::DropsParent { revision, location, number, of, table, effect })
            }
        }
    }

    /// Notes that a step is done, its version rows included.
    pub fn finish_step(&mut self, task: &Task<'_>, report: StepReport) {
        self.observer.event(&Event::StepFinished {
            revision: task.revision,
            direction: task.direction,
            elapsed: report.elapsed,
            n_statements: report.n_statements,
            n_changes: report.n_changes,
        });
        self.progress.finished.push(report);
    }
}

/// What to say of a statement that SQLite refused.
pub(super) fn statement_failure(
    task: &Task<'_>,
    span: &Range<usize>,
    number: usize,
    source: SqliteError,
) -> Failure {
    let revision = task.revision;
    Failure::Statement {
        revision: revision.id.clone(),
        direction: task.direction,
        location: Box::new(locate(revision, span, &source)),
        number,
        of: task.statements.len(),
        source,
    }
}

/// The place in a statement that an error is about.
pub(super) fn locate(revision: &Revision, span: &Range<usize>, err: &SqliteError) -> Location {
    let within = err.span_in(&revision.source.text[span.clone()]);
    revision.location(&(span.start + within.start..span.start + within.end))
}
