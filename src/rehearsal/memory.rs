//! Revisions tried on a scratch database, from the base up.

use std::collections::HashSet;

use super::checks::{Faults, difference};
use super::lost::Lost;
use super::{Phase, Rehearsal, RehearsalError, Tried, Verdict};
use crate::db::{
    self, CheckedSchema, ForeignKeyState, Lock, SchemaSnapshot, Scratch, VersionTable,
};
use crate::exec::{Failure, ReplayError, run_in_memory, run_inside, write_rows};
use crate::graph::RevisionIndex;
use crate::plan::goal::Goal;
use crate::plan::{Direction, single_step};
use crate::revision::{Body, Downgrade, Revision};
use crate::sql::effect::may_break_references;

/// Tries the revisions that lead from `lower` to `upper`, in the order of an upgrade, each where that
/// upgrade would run it. Those up to `lower` only go up.
///
/// A revision that fails is left as it is after its upgrade, so that those after it are tried too; what
/// needs a revision that does not go up is not.
///
/// # Errors
///
/// What keeps revisions from being tried at all; what is wrong with one of them is its verdict.
pub fn in_memory(
    rehearsal: &Rehearsal<'_>,
    lower: &[RevisionIndex],
    upper: &[RevisionIndex],
) -> Result<Vec<Tried>, RehearsalError> {
    let graph = rehearsal.graph;
    let order = |from: &[RevisionIndex], to: &[RevisionIndex]| {
        let rows: Vec<String> = graph.ids(from).iter().map(ToString::to_string).collect();
        Goal::Applied(to.to_vec()).plan(graph, &rows)
    };
    let below = order(&[], lower)?.steps;
    let wanted = order(lower, upper)?.steps;
    let all: Vec<RevisionIndex> = below.iter().chain(&wanted).map(|it| it.revision).collect();

    let mut bench = Bench::new(rehearsal, &all)?;
    let mut tried = Vec::with_capacity(wanted.len());
    let mut lost = Lost::default();
    for (number, revision) in all.into_iter().enumerate() {
        let is_wanted = number >= below.len();
        let verdict = match lost.reason(revision) {
            Some(reason) => Verdict::NotTried(reason),
            None if is_wanted => bench.try_out(revision)?,
            None => bench.go_up(revision)?,
        };
        if bench.applied.last() != Some(&revision) {
            lost.add(graph, revision);
        }
        if is_wanted || matches!(verdict, Verdict::Failed(_)) {
            tried.push(Tried { revision, verdict });
        }
    }
    Ok(tried)
}

/// The scratch database, and what is known of its state.
struct Bench<'a> {
    rehearsal: &'a Rehearsal<'a>,
    scratch: Scratch,
    table: VersionTable,
    /// Whether a body may look at the version table, so that its rows must be right.
    shows_versions: bool,
    /// The upgrades that made this state, in order.
    applied: Vec<RevisionIndex>,
    schema: SchemaSnapshot,
    /// What does not compile, when that was looked at last.
    objects: CheckedSchema,
    /// The foreign keys when they were looked at last, and something was wrong.
    keys: ForeignKeyState,
}

/// What a body left.
struct Ran {
    n_changes: u64,
    schema: SchemaSnapshot,
}

impl<'a> Bench<'a> {
    fn new(rehearsal: &'a Rehearsal<'a>, all: &[RevisionIndex]) -> Result<Self, RehearsalError> {
        let scratch = rehearsal.replay.start()?;
        let table = VersionTable::new(rehearsal.replay.version_table);
        let mut bodies = all.iter().flat_map(|it| bodies(&rehearsal.graph[*it]));
        let shows_versions = bodies.any(|it| table.is_named_in(it.as_bytes()));
        let schema = scratch.snapshot(&SchemaSnapshot::default())?;
        Ok(Self {
            rehearsal,
            scratch,
            table,
            shows_versions,
            applied: Vec::new(),
            schema,
            objects: CheckedSchema::default(),
            keys: ForeignKeyState::default(),
        })
    }

    /// Runs the upgrade alone.
    fn go_up(&mut self, revision: RevisionIndex) -> Result<Verdict, RehearsalError> {
        let runs_inside = self.runs_inside(revision);
        self.begin(runs_inside)?;
        match self.run(revision, Direction::Upgrade, runs_inside)? {
            Ok(ran) => {
                let found = self.left_wrong(revision, Direction::Upgrade, &ran)?;
                self.settle(revision, ran.schema, runs_inside)?;
                Ok(self.up_only(found))
            }
            Err(failure) => self.give_up(failure),
        }
    }

    /// What an upgrade means that was not followed by anything.
    fn up_only(&self, wrong: Option<Failure>) -> Verdict {
        let mut faults = Faults::new(self.rehearsal);
        if let Some(wrong) = wrong {
            faults.failure(Phase::Up, wrong);
        }
        faults.verdict()
    }

    /// Runs the upgrade, the downgrade and the upgrade again, and compares.
    fn try_out(&mut self, revision: RevisionIndex) -> Result<Verdict, RehearsalError> {
        if let Downgrade::Irreversible(_) = self.rehearsal.graph[revision].downgrade {
            return Ok(match self.go_up(revision)? {
                Verdict::Fine => Verdict::Irreversible,
                other => other,
            });
        }
        let runs_inside = self.runs_inside(revision);
        let before = self.schema.clone();
        self.begin(runs_inside)?;
        let up = match self.run(revision, Direction::Upgrade, runs_inside)? {
            Ok(ran) => ran,
            Err(failure) => return self.give_up(failure),
        };
        let mut faults = Faults::new(self.rehearsal);
        if let Some(wrong) = self.left_wrong(revision, Direction::Upgrade, &up)? {
            faults.failure(Phase::Up, wrong);
        }
        self.schema = up.schema.clone();
        let (objects, keys) = (self.objects.clone(), self.keys.clone());
        if runs_inside {
            self.scratch.mark()?;
        }

        let mut n_changes = up.n_changes;
        for phase in [Phase::Down, Phase::Again] {
            let direction = phase.direction();
            match self.run(revision, direction, runs_inside)? {
                Ok(ran) => {
                    n_changes += ran.n_changes;
                    if let Some(wrong) = self.left_wrong(revision, direction, &ran)? {
                        faults.failure(phase, wrong);
                    }
                    match phase {
                        Phase::Down => faults.after_down(&before, &ran.schema)?,
                        Phase::Up | Phase::Again => faults.after_again(&up.schema, &ran.schema)?,
                    }
                    self.schema = ran.schema;
                }
                Err(failure) => {
                    faults.failure(phase, failure);
                    break;
                }
            }
        }
        // The rows that a second upgrade writes are not those of an upgrade: later revisions may
        // depend on them.
        if !faults.is_empty() || n_changes > 0 {
            self.restore(revision, runs_inside)?;
            self.schema = up.schema;
            (self.objects, self.keys) = (objects, keys);
        }
        let schema = self.schema.clone();
        self.settle(revision, schema, runs_inside)?;
        Ok(faults.verdict())
    }

    /// Whether the three runs can share a transaction, so that two of them are taken back by SQLite.
    /// With foreign keys enforced the end of a transaction checks what was deferred.
    fn runs_inside(&self, revision: RevisionIndex) -> bool {
        let mode = self.rehearsal.graph[revision].mode;
        !mode.autocommit && !mode.foreign_keys
    }

    fn begin(&self, runs_inside: bool) -> Result<(), RehearsalError> {
        if runs_inside {
            self.scratch.database().begin(Lock::Write)?;
        }
        Ok(())
    }

    /// Runs a body. Its failure is no error: that is what is looked for.
    fn run(
        &self,
        revision: RevisionIndex,
        direction: Direction,
        runs_inside: bool,
    ) -> Result<Result<Ran, Failure>, RehearsalError> {
        let graph = self.rehearsal.graph;
        let step = self.shows_versions.then(|| {
            let rows = self.table.rows(self.scratch.database())?;
            let plan = single_step(graph, &rows, revision, direction)?;
            Ok::<_, RehearsalError>(plan.steps.into_iter().next())
        });
        let step = step.transpose()?.flatten();
        let run = if runs_inside { run_inside } else { run_in_memory };
        let n_changes = match run(&self.scratch, graph, revision, direction) {
            Ok(n_changes) => n_changes,
            Err(failure) => return Ok(Err(failure)),
        };
        if let Some(step) = step
            && let Err(failure) = write_rows(&self.scratch, graph, &self.table, &step)
        {
            return Ok(Err(failure));
        }
        let schema = self.scratch.snapshot(&self.schema)?;
        Ok(Ok(Ran { n_changes, schema }))
    }

    /// What a real run would take back: views and triggers that do not compile any more, rows that
    /// reference nothing, keys that cannot be checked.
    fn left_wrong(
        &mut self,
        revision: RevisionIndex,
        direction: Direction,
        ran: &Ran,
    ) -> Result<Option<Failure>, RehearsalError> {
        let mut broken = Vec::new();
        if !ran.schema.only_adds_tables(&self.schema) && ran.schema.has_views_or_triggers() {
            let objects = self.scratch.recheck(&self.objects, &ran.schema)?;
            broken = objects.objects.newly_broken_since(&self.objects.objects);
            self.objects = objects;
        }
        if self.may_dangle(revision, direction, ran) {
            let keys = db::foreign_keys(self.scratch.database())?;
            let violations = keys.new_since(&self.keys);
            broken.extend(keys.new_mismatches_since(&self.keys));
            self.keys = keys;
            if !violations.is_empty() {
                return Ok(Some(Failure::ForeignKeys { violations }));
            }
        }
        Ok((!broken.is_empty()).then_some(Failure::Broken { objects: broken }))
    }

    /// Whether foreign keys must be looked at: those of the tables that the body names, or of all
    /// where triggers may have changed any.
    fn may_dangle(&self, revision: RevisionIndex, direction: Direction, ran: &Ran) -> bool {
        let revision = &self.rehearsal.graph[revision];
        let Some(body) = body(revision, direction) else { return false };
        let mut statements = body.statements.iter().map(|it| &revision.source.text[it.clone()]);
        if !statements.any(may_break_references) {
            return false;
        }
        let text = revision.body_text(body).to_ascii_lowercase();
        let words = text.split(|it: char| !it.is_alphanumeric() && it != '_' && it != '$');
        let names: HashSet<String> = words.map(str::to_owned).collect();
        let all = ran.n_changes > 0 && ran.schema.has_triggers();
        let mut children = ran.schema.children(if all { None } else { Some(&names) }).peekable();
        let is_concerned = children.peek().is_some();
        is_concerned && !self.keys.is_clean()
            || db::has_dangling_keys(self.scratch.database(), children)
    }

    /// Goes back to the state before a revision that does not go up.
    fn give_up(&mut self, failure: Failure) -> Result<Verdict, RehearsalError> {
        self.scratch.database().rollback()?;
        // What ran outside a transaction stays.
        let schema = self.scratch.snapshot(&self.schema)?;
        if !difference(self.rehearsal, &self.schema, &schema)?.is_empty() {
            self.replay(None)?;
        }
        Ok(self.up_only(Some(failure)))
    }

    /// Brings back the state after the first upgrade.
    fn restore(
        &mut self,
        revision: RevisionIndex,
        runs_inside: bool,
    ) -> Result<(), RehearsalError> {
        if !runs_inside {
            self.replay(Some(revision))
        } else if self.scratch.database().is_autocommit() {
            // A statement ended the transaction, and took the upgrade along.
            self.begin(runs_inside)?;
            let outcome = self.run(revision, Direction::Upgrade, runs_inside)?;
            Ok(outcome.map(drop).map_err(|failure| ReplayError { failure })?)
        } else {
            Ok(self.scratch.back_to_mark()?)
        }
    }

    /// Makes the state anew: all that was applied, and `also`.
    fn replay(&mut self, also: Option<RevisionIndex>) -> Result<(), RehearsalError> {
        self.scratch = self.rehearsal.replay.start()?;
        for revision in self.applied.iter().copied().chain(also) {
            let runs_inside = self.runs_inside(revision);
            self.begin(runs_inside)?;
            let outcome = self.run(revision, Direction::Upgrade, runs_inside)?;
            outcome.map_err(|failure| ReplayError { failure })?;
            if runs_inside {
                self.scratch.database().commit()?;
            }
        }
        Ok(())
    }

    /// Ends the transaction of a revision that is applied now.
    fn settle(
        &mut self,
        revision: RevisionIndex,
        schema: SchemaSnapshot,
        runs_inside: bool,
    ) -> Result<(), RehearsalError> {
        if runs_inside {
            self.scratch.database().commit()?;
        }
        self.schema = schema;
        self.applied.push(revision);
        Ok(())
    }
}

fn body(revision: &Revision, direction: Direction) -> Option<&Body> {
    match (direction, &revision.downgrade) {
        (Direction::Upgrade, _) => Some(&revision.upgrade),
        (Direction::Downgrade, Downgrade::Body(body)) => Some(body),
        (Direction::Downgrade, Downgrade::Irreversible(_)) => None,
    }
}

/// The texts of both bodies, directives included.
fn bodies(revision: &Revision) -> impl Iterator<Item = &str> {
    let both = [Direction::Upgrade, Direction::Downgrade].map(|it| body(revision, it));
    both.into_iter().flatten().map(|it| revision.body_text(it))
}
