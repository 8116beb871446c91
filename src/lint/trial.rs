//! Runs the revisions in memory, one by one, and takes down what each of them does.

use super::computed_checks::passed;
use super::deed::{Deed, What};
use super::facts::{Change, Facts, Failing, Undo};
use super::fate::fate;
use super::lineage::Lineage;
use super::new_columns::{vacant, violated};
use super::probe::probe;
use super::sqlite_traps::{self, Unindexed, is_indexed};
use super::strings::strings;
use super::{LintError, Request, Unseen};
use crate::db::{
    self, CheckedSchema, DbError, ForeignKeyState, Lock, SchemaSnapshot, Scratch, VersionTable,
};
use crate::diff::Diff;
use crate::diff::lines::{Line, Sign, lines};
use crate::exec::{Failure, may_dangle, run_in_memory, run_inside, write_rows};
use crate::graph::walk::RevisionSet;
use crate::graph::{Edges, RevisionIndex};
use crate::plan::goal::Goal;
use crate::plan::{Direction, RowWrite, Step, single_step};
use crate::revision::{Downgrade, Revision};
use crate::schema::{self, Name, Schema};
use crate::sql::effect::writes_rows;
use crate::sql::transaction_control::forbidden_in_transaction;

/// What was found by running all revisions.
pub struct Tried<'a> {
    /// Those that are reported on, in the order in which they ran.
    pub revisions: Vec<TriedRevision<'a>>,
    /// Those that could not be tried.
    pub unseen: Option<Unseen>,
}

/// A revision that was tried out.
pub struct TriedRevision<'a> {
    /// What the rules are told.
    pub facts: Facts<'a>,
    /// Its foreign keys that have no index, now and at the end.
    pub unindexed: Vec<Unindexed>,
}

/// Runs revisions in the order in which an upgrade runs them: all, or those that did not run in
/// `begun`. What needs one that does not run is left out.
pub fn run<'a>(
    request: &Request<'a>,
    wanted: &RevisionSet,
    begun: Option<Scratch>,
) -> Result<Tried<'a>, LintError> {
    let graph = request.graph;
    let mut stage = Stage::new(request, begun)?;
    let plan = Goal::Applied(graph.real_heads()).plan(graph, &stage.rows()?)?;
    let mut revisions: Vec<TriedRevision<'_>> = Vec::new();
    let mut lost = RevisionSet::new(graph);
    let mut unseen: Option<Unseen> = None;
    for Step { revision: index, writes, .. } in plan.steps {
        let is_wanted = wanted.contains(index);
        let mut facts = Facts::new(&graph[index]);
        let runs = if lost.contains(index) {
            false
        } else if is_wanted {
            stage.try_out(index, &mut facts)?
        } else {
            stage.go_on(index, &mut facts)?
        };
        let runs = runs && stage.write(index, writes, lost.len() == 0, &mut facts)?;
        if !runs && lost.insert(index) {
            let needing = graph.descendants([index], Edges::All);
            let new = needing.iter().filter(|it| *it == index || lost.insert(*it));
            let n_unseen = new.filter(|it| wanted.contains(*it)).count();
            if n_unseen > 0 {
                let because_of = graph.id(index).clone();
                unseen.get_or_insert(Unseen { because_of, n_revisions: 0 }).n_revisions += n_unseen;
            }
            facts.trial.is_over = n_unseen > 0;
        }
        if is_wanted || facts.trial.is_over {
            let unindexed = sqlite_traps::unindexed(&facts);
            revisions.push(TriedRevision { facts, unindexed });
        }
    }
    if revisions.iter().any(|it| !it.unindexed.is_empty()) {
        let end = stage.whole()?;
        for it in &mut revisions {
            it.unindexed.retain(|it| {
                let table = end
                    .table(&it.table)
                    .filter(|table| table.foreign_keys.iter().any(|key| key.columns == it.columns));
                table.is_some_and(|table| !is_indexed(&end, table, &it.columns))
            });
        }
    }
    Ok(Tried { revisions, unseen })
}

/// The database in memory between two revisions.
struct Stage<'r, 'a> {
    request: &'r Request<'a>,
    scratch: Scratch,
    table: VersionTable,
    /// The schema when it was looked at last.
    schema: SchemaSnapshot,
    /// The views and triggers that do not compile, when that was looked at last.
    checked: CheckedSchema,
    /// The foreign keys when they were looked at last, and something was wrong.
    keys: ForeignKeyState,
    /// Whether a revision ran since.
    is_behind: bool,
}

impl<'r, 'a> Stage<'r, 'a> {
    fn new(request: &'r Request<'a>, begun: Option<Scratch>) -> Result<Self, LintError> {
        let scratch = match begun {
            Some(scratch) => scratch,
            None => request.replay.start()?,
        };
        Ok(Self {
            request,
            scratch,
            table: VersionTable::new(request.replay.version_table),
            schema: SchemaSnapshot::default(),
            checked: CheckedSchema::default(),
            keys: ForeignKeyState::default(),
            is_behind: true,
        })
    }

    /// What the version table says.
    fn rows(&self) -> Result<Vec<String>, LintError> {
        Ok(self.table.rows(self.scratch.database())?)
    }

    /// Writes that a revision ran; its writes are those of the plan if all before it ran. Says whether
    /// they could be written: the body may have changed the table itself.
    fn write(
        &self,
        index: RevisionIndex,
        planned: Vec<RowWrite>,
        is_as_planned: bool,
        facts: &mut Facts<'a>,
    ) -> Result<bool, LintError> {
        let graph = self.request.graph;
        let step = if is_as_planned {
            Some(Step {
                revision: index,
                direction: Direction::Upgrade,
                runs: true,
                writes: planned,
            })
        } else {
            single_step(graph, &self.rows()?, index, Direction::Upgrade)?.steps.pop()
        };
        let Some(step) = step else { return Ok(true) };
        let Err(err) = write_rows(&self.scratch, graph, &self.table, &step) else {
            return Ok(true);
        };
        facts.trial.failures.extend(failings(&graph[index], err)?);
        Ok(false)
    }

    /// Looks at what the revisions made of which nothing was taken down.
    fn catch_up(&mut self) -> Result<(), LintError> {
        if std::mem::take(&mut self.is_behind) {
            self.schema = self.scratch.snapshot(&self.schema)?;
            if self.schema.has_views_or_triggers() {
                self.checked = self.scratch.recheck(&self.checked, &self.schema)?;
            }
            self.keys = db::foreign_keys(self.scratch.database())?;
        }
        Ok(())
    }

    /// The whole schema.
    fn whole(&mut self) -> Result<Schema, LintError> {
        self.catch_up()?;
        let nothing = SchemaSnapshot::default();
        Ok(schema::read(&nothing.differing(&self.schema, self.request.is_excluded).right)?)
    }

    /// Runs an upgrade, and takes down what it does; says whether it runs.
    fn try_out(&mut self, index: RevisionIndex, facts: &mut Facts<'a>) -> Result<bool, LintError> {
        self.catch_up()?;
        let revision = facts.revision;
        facts.trial.strings = strings(&self.scratch, revision, &revision.upgrade)?;
        let all_before = self.all_where_dropped(facts, &facts.upgrade)?;
        let Some(n_changes) = self.upgrade(index, facts)? else { return Ok(false) };
        let now = self.scratch.snapshot(&self.schema)?;
        let before = std::mem::replace(&mut self.schema, now);
        facts.change = Some(self.change(facts, &before, all_before)?);
        facts.trial.violated = violated(facts, &self.scratch);
        facts.trial.vacant = vacant(facts, &self.scratch);
        facts.trial.passed = passed(facts, &before, self.request)?;
        facts.trial.fate = fate(&facts.upgrade, &before, self.request)?;
        facts.trial.probed = probe(facts, &before, self.request)?;
        if let Downgrade::Body(body) = &revision.downgrade {
            facts.trial.strings.extend(strings(&self.scratch, revision, body)?);
        }
        facts.trial.undo = self.undo(index, &before, n_changes)?;
        self.look_for_broken(facts, &before)?;
        self.look_for_dangling(facts, n_changes)?;
        Ok(true)
    }

    /// Runs an upgrade on the way to others; says whether it runs.
    fn go_on(&mut self, index: RevisionIndex, facts: &mut Facts<'a>) -> Result<bool, LintError> {
        let runs = self.upgrade(index, facts)?.is_some();
        self.is_behind |= runs;
        Ok(runs)
    }

    /// Runs an upgrade; how many rows it changed, or nothing if it does not run: then everything is as
    /// it was.
    fn upgrade(
        &mut self,
        index: RevisionIndex,
        facts: &mut Facts<'a>,
    ) -> Result<Option<u64>, LintError> {
        let revision = &self.request.graph[index];
        // What ran outside a transaction stays.
        let saved = if revision.mode.autocommit { Some(self.scratch.copy()?) } else { None };
        let err = match run_in_memory(&self.scratch, self.request.graph, index, Direction::Upgrade)
        {
            Ok(n_changes) => return Ok(Some(n_changes)),
            Err(err) => err,
        };
        let is_forbidden = matches!(err, Failure::Forbidden { .. });
        facts.trial.failures.extend(failings(revision, err)?);
        if is_forbidden && self.run_the_rest(revision)? {
            return Ok(Some(u64::MAX)); // it is not known
        }
        if let Some(saved) = saved {
            self.scratch = saved;
        }
        Ok(None)
    }

    /// Runs an upgrade without the statements that a transaction forbids; says whether it ran.
    fn run_the_rest(&self, revision: &Revision) -> Result<bool, LintError> {
        let text = &revision.source.text;
        let database = self.scratch.database();
        database.begin(Lock::Write)?;
        let statements = revision.upgrade.statements.iter().map(|it| &text[it.clone()]);
        let mut rest = statements.filter(|it| forbidden_in_transaction(it).is_none());
        if rest.all(|it| self.scratch.execute(it).is_ok()) && !database.is_autocommit() {
            database.commit()?;
            database.reset_settings()?;
            return Ok(true);
        }
        database.rollback()?;
        Ok(false)
    }

    /// What an upgrade did to the schema.
    fn change(
        &mut self,
        facts: &Facts<'_>,
        before: &SchemaSnapshot,
        all_before: Option<Schema>,
    ) -> Result<Change, LintError> {
        let sources = sources(facts, before)?;
        let has_other_numbers = !before.other_numbers(&self.schema).is_empty();
        let differing = before.differing_tables(&self.schema, self.request.is_excluded);
        let (before, after) = (schema::read(&differing.left)?, schema::read(&differing.right)?);
        let lineage = Lineage::new(&facts.upgrade, &before, &after);
        let all_after = self.all_where_dropped(facts, &facts.downgrade)?;
        Ok(Change {
            before: lineage.apply(&before),
            after,
            lineage,
            sources,
            has_other_numbers,
            all_before,
            all_after,
        })
    }

    /// All tables, if a body may drop one while foreign keys are enforced.
    fn all_where_dropped(
        &mut self,
        facts: &Facts<'_>,
        body: &[Deed<'_>],
    ) -> Result<Option<Schema>, LintError> {
        let mode = facts.revision.mode;
        let drops = body.iter().any(|it| matches!(it.what, What::DropTable(_)));
        let is_needed = drops && (mode.foreign_keys || mode.autocommit);
        Ok(if is_needed { Some(self.whole()?) } else { None })
    }

    /// Runs the downgrade, and takes it back; the upgrade changed this many rows.
    fn undo(
        &self,
        index: RevisionIndex,
        before: &SchemaSnapshot,
        n_changes: u64,
    ) -> Result<Undo, LintError> {
        let graph = self.request.graph;
        let revision = &graph[index];
        match &revision.downgrade {
            Downgrade::Body(body) if !body.statements.is_empty() => {}
            _ => return Ok(Undo::Untried),
        }
        let (outcome, after) = if revision.mode.autocommit {
            let copy = self.scratch.copy()?;
            let outcome = run_in_memory(&copy, graph, index, Direction::Downgrade);
            (outcome, copy.snapshot(before)?)
        } else {
            let database = self.scratch.database();
            database.set_foreign_keys(revision.mode.foreign_keys)?;
            database.begin(Lock::Write)?;
            let outcome = run_inside(&self.scratch, graph, index, Direction::Downgrade);
            let after = self.scratch.snapshot(before)?;
            // After a rollback SQLite reads the whole schema again, which of a thousand tables takes
            // longer than all the rest.
            if n_changes == 0 && matches!(outcome, Ok(0)) && self.redo(index)? {
                database.commit()?;
            } else {
                database.rollback()?;
            }
            database.set_foreign_keys(false)?;
            (outcome, after)
        };
        if let Err(err) = outcome {
            let mut failing = failings(revision, err)?;
            // What a transaction forbids has a rule of its own.
            return Ok(if failing.is_empty() {
                Undo::Untried
            } else {
                Undo::Fails(failing.remove(0))
            });
        }
        let differing = before.differing(&after, self.request.is_excluded);
        let (from, to) = (schema::read(&differing.left)?, schema::read(&differing.right)?);
        let mut lines = lines(&Diff::new(&from, &to, false));
        lines.extend(before.other_numbers(&after).into_iter().map(|it| Line {
            sign: Sign::Changed,
            kind: "pragma",
            name: it.name.to_owned(),
            detail: String::new(),
        }));
        Ok(if lines.is_empty() { Undo::Whole } else { Undo::Differs(lines) })
    }

    /// Runs the upgrade after its downgrade; says whether everything is as it was before that. It is
    /// not asked where either changes rows.
    fn redo(&self, index: RevisionIndex) -> Result<bool, LintError> {
        let graph = self.request.graph;
        let Ok(0) = run_inside(&self.scratch, graph, index, Direction::Upgrade) else {
            return Ok(false);
        };
        let again = self.scratch.snapshot(&self.schema)?;
        let differing = self.schema.differing(&again, &|_| false);
        let is_same = differing.left.is_empty() && differing.right.is_empty();
        Ok(is_same && self.schema.other_numbers(&again).is_empty())
    }

    /// Compiles views and triggers, where there are some and the schema is another one.
    fn look_for_broken(
        &mut self,
        facts: &mut Facts<'_>,
        before: &SchemaSnapshot,
    ) -> Result<(), LintError> {
        if !self.schema.has_views_or_triggers() || self.schema.only_adds_tables(before) {
            return Ok(());
        }
        let now = self.scratch.recheck(&self.checked, &self.schema)?;
        let broken = now.objects.newly_broken_since(&self.checked.objects).into_iter();
        facts.trial.broken = broken.map(|it| (Name::new(it.name), it.message)).collect();
        self.checked = now;
        Ok(())
    }

    /// Looks for rows that reference nothing since the upgrade changed this many.
    fn look_for_dangling(
        &mut self,
        facts: &mut Facts<'_>,
        n_changes: u64,
    ) -> Result<(), LintError> {
        let revision = facts.revision;
        let ran = (&self.schema, n_changes);
        if !may_dangle(&self.scratch, revision, &revision.upgrade, ran, self.keys.is_clean()) {
            return Ok(());
        }
        let keys = db::foreign_keys(self.scratch.database())?;
        let violations = keys.new_since(&self.keys);
        let broken = keys.new_mismatches_since(&self.keys);
        self.keys = keys;
        let child = violations.first().map(|it| Name::new(it.child.as_str()));
        let mut failures = Vec::new();
        if let Some(child) = child {
            let place = facts.place(&child, None, &|it| it.names(&child) && writes_rows(it.sql));
            let message = Failure::ForeignKeys { violations }.to_string();
            failures.push(Failing { location: revision.location(&place), message });
        }
        failures.extend(broken.into_iter().map(|it| {
            let place = facts.place(&Name::new(it.name.as_str()), None, &|_| false);
            let message =
                format!("a foreign key of `{}` cannot be checked: {}", it.name, it.message);
            Failing { location: revision.location(&place), message }
        }));
        facts.trial.failures.extend(failures);
        Ok(())
    }
}

/// The tables of before whose rows an upgrade copies.
fn sources(facts: &Facts<'_>, before: &SchemaSnapshot) -> Result<Schema, LintError> {
    let from = facts.upgrade.iter().filter_map(|it| match &it.what {
        What::Copy(copy) => Some(copy.from.as_str().to_ascii_lowercase()),
        _ => None,
    });
    Ok(schema::read(&before.called(&from.collect()))?)
}

/// Why a body does not run; empty where another rule says so.
fn failings(revision: &Revision, failure: Failure) -> Result<Vec<Failing>, DbError> {
    let at = |location: crate::source::Location, message: String| Failing { location, message };
    Ok(match failure {
        Failure::Database(err) => return Err(err),
        Failure::Statement { location, source, .. }
        | Failure::Directive { location, source, .. } => {
            vec![at(*location, source.message)]
        }
        Failure::Forbidden { problems } => problems
            .into_iter()
            // Those have a rule of their own.
            .filter(|it| !it.kind.what.starts_with("PRAGMA"))
            .map(|it| at(it.location, format!("`{}` {}", it.kind.what, it.kind.reason)))
            .collect(),
        Failure::Refused { refusals, .. } => {
            refusals.into_iter().map(|it| at(it.location.clone(), it.to_string())).collect()
        }
        Failure::VersionTable { ref location, .. } => {
            vec![at((**location).clone(), failure.to_string())]
        }
        Failure::TransactionEnded { location, .. } => {
            vec![at(*location, "the statement ended its transaction".to_owned())]
        }
        other => vec![at(revision.location(&revision.spans.id), other.to_string())],
    })
}
