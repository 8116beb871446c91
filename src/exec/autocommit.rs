//! A revision that runs outside a transaction, because its author says so: for `VACUUM`, for PRAGMAs
//! that SQLite ignores inside one, for batches that commit as they go.
//!
//! No lock in the database can be held meanwhile, so a lock beside it keeps everybody else out who
//! writes: other runs, stamps, restores.

use super::checks::Baseline;
use super::error::Failure;
use super::event::Event;
use super::group::{Renew, blame, culprit, log_entries};
use super::session::Session;
use super::work::{Task, Work};
use crate::db::{Lock, SidecarLock};

impl Session<'_> {
    /// Runs the next step, which is such a one, unless another process was faster; returns what is
    /// left to do.
    pub fn run_autocommit<'g>(
        &mut self,
        work: Work<'g>,
        renew: &mut Renew<'_, 'g>,
    ) -> Result<Work<'g>, Failure> {
        self.check_cancelled()?;
        self.refresh()?;
        let path = self.request.location.path();
        let lock = path.map(|path| self.retry_beside(|| SidecarLock::try_take(path)));
        let _lock = lock.transpose().map_err(|err| self.find_cause(err))?;
        // Whoever began before the lock was taken is waited for: what is read now stays.
        self.begin_inside(Lock::Write)?;
        let news = self.news(&work.rows);
        self.database.rollback()?;
        let mut work = match news? {
            None => work,
            Some(news) => renew(&news)?,
        };
        let [task, more @ ..] = work.rest() else { return Ok(work) };
        if !task.mode().autocommit {
            return Ok(work);
        }
        if work.is_whole() {
            let revisions = work.rest().iter().map(|it| it.revision).collect();
            self.observer.event(&Event::RunStarted { revisions });
        }
        let revisions = vec![task.revision];
        self.observer.event(&Event::PlanStarted { revisions, more_follow: !more.is_empty() });
        self.warn_of_again(&work.again);
        let outcome = self.run_outside(task, &work, renew);
        self.unwatch().ok();
        if outcome.is_err() {
            self.database.rollback().ok();
        }
        if let Some(rows) = outcome? {
            work.advance(1, rows);
        }
        Ok(work)
    }

    /// Runs a body, then writes the version rows in a transaction of their own, and looks at what the
    /// body left; returns the rows, or `None` where another process came first and it must be planned
    /// anew.
    fn run_outside<'g>(
        &mut self,
        task: &Task<'g>,
        work: &Work<'g>,
        renew: &mut Renew<'_, 'g>,
    ) -> Result<Option<Vec<String>>, Failure> {
        self.database.set_foreign_keys(task.mode().foreign_keys)?;
        self.database.raise_synchronous()?;
        self.database.set_waiting(self.request.waiting())?;
        self.watch()?;
        let baseline = Baseline::take(&self.database, true)?;
        if self.needs_backup(work) {
            self.refuse_early(task)?;
            if !self.back_up_outside(work)? {
                return Ok(None);
            }
        }
        let started_at = self.request.clock.now();
        let report = self.run_body(task)?;
        if !self.database.is_autocommit() {
            return Err(Failure::TransactionLeftOpen { revision: task.revision.id.clone() });
        }
        self.unwatch()?;
        // With `query_only` left on, the version rows could not be written.
        if task.has_pragma() {
            self.database.reset_settings()?;
        }

        self.begin_inside(Lock::Write)?;
        let rows = self.table.rows(&self.database)?;
        // Other tools know nothing of the lock beside the database; one of them may have moved another
        // branch.
        let renewed;
        let (task, unlogged) = if rows == work.rows {
            (task, &work.unlogged)
        } else {
            renewed = renew(&self.log.history(&self.database, &self.table)?)?;
            let is_same = |it: &&Task<'_>| {
                it.revision.id == task.revision.id && it.direction == task.direction
            };
            let overtaken = || {
                culprit(&self.table, std::slice::from_ref(task))
                    .unwrap_or_else(|| Failure::Overtaken { revision: task.revision.id.clone() })
            };
            (renewed.rest().first().filter(is_same).ok_or_else(overtaken)?, &renewed.unlogged)
        };
        self.table.ensure(&self.database)?;
        self.log.ensure(&self.database)?;
        self.write_notes(unlogged)?;
        for write in &task.writes {
            let written = self.table.apply(&self.database, write);
            written.map_err(|err| blame(&self.table, std::slice::from_ref(task), err))?;
        }
        let entries = log_entries(task, started_at, report.elapsed_ms(), self.request);
        self.log.append(&self.database, entries)?;
        let rows_after = self.table.rows(&self.database)?;
        self.commit(&rows, &rows_after)?;
        self.finish_step(task, report);
        self.observer.event(&Event::Committed { revisions: vec![task.revision] });
        self.tell_of_unlogged(unlogged);
        self.progress.partial = None;
        self.progress.keep();
        // Nobody vouches for what the body made of the connection.
        self.wear_out();

        // Last, because it can fail or be cancelled: the body would run again if the version table
        // did not say that it ran.
        self.database.set_waiting(self.request.waiting())?;
        self.watch()?;
        self.warn_of_findings(task, &baseline);
        Ok(Some(rows_after))
    }

    /// Says what the body left. It is there to stay, so that failing would not help.
    fn warn_of_findings(&mut self, task: &Task<'_>, baseline: &Baseline) {
        let id = &task.revision.id;
        let findings = match baseline.compare(&self.database) {
            Ok(findings) => findings,
            Err(err) => {
                return self.warn(format!("what revision `{id}` left could not be checked: {err}"));
            }
        };
        self.warn_of_unknown(&findings);
        for it in &findings.violations {
            self.warn(format!(
                "revision `{id}` left rows in `{}` that violate its foreign key to `{}`: {}",
                it.child, it.parent, it.n_rows
            ));
        }
        for it in &findings.broken {
            self.warn(format!(
                "revision `{id}` left `{}` in a state that does not compile: {}",
                it.name, it.message
            ));
        }
    }
}
