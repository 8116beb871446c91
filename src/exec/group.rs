//! Steps that share a transaction.

use std::collections::BTreeSet;
use std::ops::Range;

use chrono::{DateTime, Utc};

use super::Run;
use super::checks::Baseline;
use super::error::Failure;
use super::event::Event;
use super::session::Session;
use super::work::{Group, Task, Work};
use crate::audit::{Again, History, LogDirection, Note};
use crate::db::{DbError, Lock, LogEntry, VersionTable};
use crate::graph::resolve::list;
use crate::plan::{RowWrite, joined};
use crate::revision::RevisionId;
use crate::sql::effect::may_break_references;

/// Plans anew for what the database says.
pub(super) type Renew<'r, 'g> = dyn FnMut(&History) -> Result<Work<'g>, Failure> + 'r;

impl Session<'_> {
    /// Runs the next steps in one transaction, or none if another process was faster; returns what
    /// is left to do.
    ///
    /// `group` is what `work` says is next. It decides what must be decided before the transaction
    /// begins; if the rows turn out to be others, the new plan may want it otherwise, and nothing
    /// runs until it is asked again.
    pub fn run_group<'g>(
        &mut self,
        work: Work<'g>,
        group: &Group,
        renew: &mut Renew<'_, 'g>,
    ) -> Result<Work<'g>, Failure> {
        self.check_cancelled()?;
        self.refresh()?;
        // Inside a transaction SQLite ignores this one without a word, and dropping the parent in a
        // rebuild of a table would delete its children.
        self.database.set_foreign_keys(group.mode.foreign_keys)?;
        self.database.raise_synchronous()?;
        // In a rollback-journal mode a reader that keeps its transaction open would make us fail at
        // the end of a long rebuild; like this it does so at the beginning.
        let drops_table = work.rest()[..group.n_steps].iter().any(Task::drops_table);
        let lock =
            if drops_table && !self.database.is_wal()? { Lock::Exclusive } else { Lock::Write };
        self.begin(lock)?;
        let outcome = self.run_inside(work, group, lock, renew);
        if outcome.is_err() {
            // Closing the connection, which follows, would roll back as well.
            self.unwatch().ok();
            self.database.rollback().ok();
        }
        outcome
    }

    fn run_inside<'g>(
        &mut self,
        work: Work<'g>,
        group: &Group,
        lock: Lock,
        renew: &mut Renew<'_, 'g>,
    ) -> Result<Work<'g>, Failure> {
        let mut work = match self.news(&work.rows)? {
            None => work,
            Some(news) => renew(&news)?,
        };
        let group = match self.next_group(&work)? {
            Some(now) if now.mode == group.mode => now,
            _ => {
                self.database.rollback()?;
                return Ok(work);
            }
        };
        if self.needs_backup(&work) {
            if let Some(first) = work.rest().first() {
                self.refuse_early(first)?;
            }
            self.back_up(lock)?;
        }
        self.measure()?;
        let rows_after = self.run_steps(&work, &group)?;
        if self.request.rehearse {
            self.unwatch()?;
            self.database.rollback()?;
        } else {
            self.commit(&work.rows, &rows_after)?;
        }
        let steps = &work.rest()[..group.n_steps];
        let revisions = steps.iter().map(|it| it.revision).collect();
        self.observer.event(&Event::Committed { revisions });
        self.tell_of_unlogged(&work.unlogged);
        self.progress.keep();
        // Inside the transaction only those settings were reset that are known and can be.
        if !self.request.rehearse && steps.iter().any(Task::has_pragma) {
            self.wear_out();
        }
        work.advance(group.n_steps, rows_after);
        Ok(work)
    }

    /// Runs the steps and checks what they did; returns the rows of the version table.
    fn run_steps(&mut self, work: &Work<'_>, group: &Group) -> Result<Vec<String>, Failure> {
        let (steps, more) = work.rest().split_at(group.n_steps);
        if work.is_whole() {
            let revisions = work.rest().iter().map(|it| it.revision).collect();
            self.observer.event(&Event::RunStarted { revisions });
        }
        let revisions = steps.iter().map(|it| it.revision).collect();
        self.observer.event(&Event::PlanStarted { revisions, more_follow: !more.is_empty() });
        self.warn_of_again(&work.again);
        self.watch()?;
        let with_keys = steps.iter().flat_map(Task::texts).any(may_break_references);
        let baseline = Baseline::take(&self.database, with_keys)?;
        // First, so that a disk without room and a folder that cannot be written are found before
        // anything runs.
        self.database.try_write()?;
        self.table.ensure(&self.database)?;
        self.log.ensure(&self.database)?;
        self.write_notes(&work.unlogged)?;
        let writes_late = !self.shows_versions(steps)?;
        let mut times = Vec::with_capacity(steps.len());
        for task in steps {
            let started_at = self.request.clock.now();
            let report = self.run_body(task)?;
            // What a body leaves in the connection must not reach the next one: it would run
            // differently together than apart.
            if task.has_pragma() {
                self.database.reset_settings()?;
            }
            if task.may_have_temporary() {
                self.database.drop_temporary()?;
            }
            if !writes_late {
                self.write_versions(&task.writes).map_err(|err| blame(&self.table, steps, err))?;
            }
            times.push((started_at, report.elapsed_ms()));
            self.finish_step(task, report);
        }
        // All at once: a body that changes the schema makes SQLite compile the statements again,
        // for the version row alone 31 of the 472 million instructions of a thousand small ones.
        if writes_late {
            self.write_versions(&joined(steps.iter().flat_map(|it| &it.writes)))?;
        }
        let entries = steps.iter().zip(times).flat_map(|(task, (started_at, duration_ms))| {
            log_entries(task, started_at, duration_ms, self.request)
        });
        self.log.append(&self.database, entries)?;
        self.check_against(&baseline)?;
        let rows = self.table.rows(&self.database)?;
        if !writes_late {
            let mut expected: BTreeSet<&str> = work.rows.iter().map(String::as_str).collect();
            for (from, to) in steps.iter().flat_map(|it| &it.writes).map(RowWrite::ends) {
                from.inspect(|it| _ = expected.remove(it));
                expected.extend(to.map(RevisionId::as_str));
            }
            if rows.iter().map(String::as_str).collect::<BTreeSet<_>>() != expected
                && let Some(failure) = culprit(&self.table, steps)
            {
                return Err(failure);
            }
        }
        Ok(rows)
    }

    /// Whether a body of `steps` may look at the version table, by itself or through a view or a
    /// trigger: then it must find there what it would find if it ran alone.
    fn shows_versions(&self, steps: &[Task<'_>]) -> Result<bool, Failure> {
        let mut texts = steps.iter().flat_map(|it| it.texts().chain(it.queries()));
        let is_named = texts.any(|it| self.table.is_named_in(it.as_bytes()));
        Ok(is_named || self.table.is_named_in_schema(&self.database)?)
    }

    /// Writes into the log what did not run.
    pub fn write_notes(&self, notes: &[Note]) -> Result<(), Failure> {
        let Run { clock, tag, who, .. } = *self.request;
        let entries = notes.iter().map(|it| LogEntry::of_note(it, clock.now(), tag, who));
        Ok(self.log.append(&self.database, entries)?)
    }

    /// Says what the log lacked, now that it does not any more.
    pub fn tell_of_unlogged(&mut self, unlogged: &[Note]) {
        if !self.request.log || self.request.rehearse {
            return;
        }
        let ids = |direction| -> Vec<String> {
            let notes = unlogged.iter().filter(|it| it.direction == direction);
            notes.map(|it| it.revision.clone()).collect()
        };
        let (begun, found) = (ids(LogDirection::Baseline), ids(LogDirection::Found));
        if !begun.is_empty() {
            self.observer.event(&Event::LogBegun { revisions: begun });
        }
        if !found.is_empty() {
            let found = list(&found);
            self.observer.event(&Event::Warning {
                message: format!(
                    "the version table calls {found} applied, and migrator_log does not know of that: \
                     `migrator status` says what to do"
                ),
            });
        }
    }

    /// Says once what runs although the log knows that it ran: somebody may have edited the version
    /// table, or another tool, which writes no log, may have taken it back; or its file was gone, and
    /// what it did is there still.
    pub fn warn_of_again(&mut self, again: &[Again]) {
        let new: Vec<&Again> =
            again.iter().filter(|it| !self.progress.again.contains(&it.revision)).collect();
        self.progress.again.extend(new.iter().map(|it| it.revision.clone()));
        let (applied, left): (Vec<&Again>, Vec<&Again>) =
            new.into_iter().partition(|it| !it.is_left);
        if let Some((names, is_one)) = names(&applied) {
            let they = if is_one { "it runs" } else { "they run" };
            self.warn(format!(
                "the log has {names} as applied, the version table has not: {they} again; `migrator \
                 status` tells more"
            ));
        }
        if let Some((names, is_one)) = names(&left) {
            let (it, does, runs) =
                if is_one { ("it", "it did", "it runs") } else { ("them", "they did", "they run") };
            self.warn(format!(
                "{names} ran here before, and nothing took {it} back: what {does} may be there already, \
                 and {runs} again"
            ));
        }
    }

    fn write_versions(&self, writes: &[RowWrite]) -> Result<(), DbError> {
        writes.iter().try_for_each(|write| self.table.apply(&self.database, write))
    }
}

/// What to say of version rows that could not be written after `steps`: their plan was made for the
/// rows in this transaction, so that a row that is missing was removed by one of the bodies.
pub(super) fn blame(table: &VersionTable, steps: &[Task<'_>], err: DbError) -> Failure {
    match err {
        DbError::RowCount { .. } => culprit(table, steps).unwrap_or(Failure::Database(err)),
        err => err.into(),
    }
}

/// The last statement of `steps` that names the version table.
pub(super) fn culprit(table: &VersionTable, steps: &[Task<'_>]) -> Option<Failure> {
    let name = table.name().to_ascii_lowercase();
    steps.iter().rev().find_map(|task| {
        let names_it = |span: &Range<usize>| {
            let sql = task.revision.source.text[span.clone()].to_ascii_lowercase();
            sql.contains(&name) && !sql.starts_with("select")
        };
        let at = task.statements.iter().rposition(names_it)?;
        Some(Failure::VersionTable {
            revision: task.revision.id.clone(),
            location: Box::new(task.revision.location(&task.statements[at])),
            number: at + 1,
            of: task.statements.len(),
            table: table.name().to_owned(),
        })
    })
}

/// What the log says of a step that ran: a row of its own, and one for each revision that it stands
/// for.
pub(super) fn log_entries<'t>(
    task: &'t Task<'_>,
    started_at: DateTime<Utc>,
    duration_ms: f64,
    request: &'t Run<'_>,
) -> Vec<LogEntry<'t>> {
    let Run { tag, who, .. } = *request;
    let entry = |(revision, direction, checksum): (&'t RevisionId, _, Option<String>)| LogEntry {
        revision: revision.as_str(),
        direction,
        started_at,
        duration_ms: checksum.as_ref().map(|_| duration_ms),
        checksum,
        tag,
        who,
    };
    task.logged().into_iter().map(entry).collect()
}

/// Some revisions by name, and how many more there are, and whether it is one; `None` where there is
/// none.
fn names(again: &[&Again]) -> Option<(String, bool)> {
    let names: Vec<String> = again.iter().take(3).map(|it| format!("`{}`", it.revision)).collect();
    let names = match again.len() {
        0 => return None,
        n if n > names.len() => format!("{} and {} more", names.join(", "), n - names.len()),
        _ => names.join(", "),
    };
    Some((names, again.len() == 1))
}
