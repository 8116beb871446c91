//! Runs the revisions in memory, one by one, and takes down what each of them does.

use std::ops::Range;

use super::deed::{Deed, What, deeds};
use super::facts::{Change, Facts, Failing, Undo};
use super::lineage::Lineage;
use super::sqlite_traps::{self, Unindexed, is_indexed};
use super::{LintError, Request, Unseen};
use crate::db::{
    CheckedSchema, DbError, Lock, ObjectState, Quoting, SchemaSnapshot, Scratch, VersionTable,
};
use crate::diff::Diff;
use crate::diff::lines::{Line, Sign, lines};
use crate::exec::{Failure, run_in_memory, run_inside, write_rows};
use crate::graph::walk::RevisionSet;
use crate::graph::{Edges, RevisionIndex};
use crate::plan::goal::Goal;
use crate::plan::{Direction, RowWrite, Step, single_step};
use crate::revision::{Downgrade, Revision};
use crate::schema::{self, Name, Schema};
use crate::sql::lexer::{TokenKind, tokens};
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
            Some(Step { revision: index, direction: Direction::Upgrade, writes: planned })
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
        facts.trial.strings = self.strings(&self.request.graph[index])?;
        let all_before = self.all_before(facts)?;
        let Some(n_changes) = self.upgrade(index, facts)? else { return Ok(false) };
        let now = self.scratch.snapshot(&self.schema)?;
        let before = std::mem::replace(&mut self.schema, now);
        facts.change = Some(self.change(facts, &before, all_before)?);
        facts.trial.undo = self.undo(index, &before, n_changes)?;
        self.look_for_broken(facts, &before)?;
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
        &self,
        facts: &Facts<'_>,
        before: &SchemaSnapshot,
        all_before: Option<Schema>,
    ) -> Result<Change, LintError> {
        let differing = before.differing_tables(&self.schema, self.request.is_excluded);
        let (before, after) = (schema::read(&differing.left)?, schema::read(&differing.right)?);
        let lineage = Lineage::new(&facts.upgrade, &before, &after);
        Ok(Change { before: lineage.apply(&before), after, lineage, all_before })
    }

    /// All tables, if one may be dropped while foreign keys are enforced.
    fn all_before(&mut self, facts: &Facts<'_>) -> Result<Option<Schema>, LintError> {
        let mode = facts.revision.mode;
        let drops = facts.upgrade.iter().any(|it| matches!(it.what, What::DropTable(_)));
        let is_needed = drops && (mode.foreign_keys || mode.autocommit);
        Ok(if is_needed { Some(self.whole()?) } else { None })
    }

    /// The quoted names of an upgrade that SQLite takes for strings: it refuses to where it is told
    /// not to take them.
    fn strings(&self, revision: &Revision) -> Result<Vec<Range<usize>>, LintError> {
        let text = &revision.source.text;
        let body = &revision.upgrade;
        let is_quoted: Vec<bool> =
            body.statements.iter().map(|it| has_quotes(&text[it.clone()])).collect();
        if !is_quoted.contains(&true) {
            return Ok(Vec::new());
        }
        if revision.mode.autocommit {
            return strings_in(&self.scratch.copy()?, revision, &is_quoted);
        }
        let database = self.scratch.database();
        database.begin(Lock::Write)?;
        let found = strings_in(&self.scratch, revision, &is_quoted);
        self.scratch.set_quoting(Quoting::Lenient)?;
        database.rollback()?;
        database.reset_settings()?;
        found
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
}

/// Runs the statements of an upgrade, and compiles those that have quotes a second time.
fn strings_in(
    scratch: &Scratch,
    revision: &Revision,
    is_quoted: &[bool],
) -> Result<Vec<Range<usize>>, LintError> {
    let (text, body) = (&revision.source.text, &revision.upgrade);
    let deeds = deeds(revision, body);
    let makes =
        |(deed, is_quoted): (&Deed<'_>, &bool)| *is_quoted && matches!(deed.what, What::Create(_));
    let makes_objects = deeds.iter().zip(is_quoted).any(makes);
    let before = if makes_objects { scratch.objects()? } else { ObjectState::default() };
    let mut found = Vec::new();
    for (span, is_quoted) in body.statements.iter().zip(is_quoted) {
        let sql = &text[span.clone()];
        if *is_quoted
            && scratch.compiles(sql, Quoting::Lenient).is_ok()
            && let Err(err) = scratch.compiles(sql, Quoting::Strict)
        {
            let within = err.span_in(sql);
            found.push(span.start + within.start..span.start + within.end);
        }
        // What does not run is said where it runs for real.
        if scratch.execute(sql).is_err() {
            return Ok(found);
        }
    }
    if !makes_objects {
        return Ok(found);
    }
    // What stands in a view or a trigger is looked at only when they are used.
    let lenient = scratch.objects()?;
    scratch.set_quoting(Quoting::Strict)?;
    for broken in scratch.objects()?.newly_broken_since(&lenient) {
        if before.broken.contains_key(&broken.name) {
            continue;
        }
        let string = broken.message.split_once("no such column: ").map_or("", |(_, it)| it);
        let end = string.get(1..).and_then(|it| it.find('"')).map_or(0, |it| it + 2);
        let string = &string[..end];
        let name = Name::new(broken.name.as_str());
        found.extend(deeds.iter().find_map(|it| {
            let makes = matches!(it.what, What::Create(_)) && it.names(&name);
            let token = tokens(it.sql).find(|token| makes && token.text(it.sql) == string)?;
            Some(it.span.start + token.span.start..it.span.start + token.span.end)
        }));
    }
    Ok(found)
}

/// Whether a statement has a `"…"`. A PRAGMA may act as soon as it is compiled.
fn has_quotes(sql: &str) -> bool {
    let is_pragma = sql.get(..6).is_some_and(|it| it.eq_ignore_ascii_case("PRAGMA"));
    let is_quoted =
        |kind: TokenKind, text: &str| kind == TokenKind::QuotedIdentifier && text.starts_with('"');
    !is_pragma && tokens(sql).any(|it| is_quoted(it.kind, it.text(sql)))
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
        Failure::VersionTable { ref location, .. } => {
            vec![at((**location).clone(), failure.to_string())]
        }
        Failure::TransactionEnded { location, .. } | Failure::DropsParent { location, .. } => {
            vec![at(*location, "the statement ended its transaction".to_owned())]
        }
        other => vec![at(revision.location(&revision.spans.id), other.to_string())],
    })
}
