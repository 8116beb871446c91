//! A range of revisions as one: the bodies that may do, and the proof that they do.
//!
//! Two ways to write the one body. The sum is the DDL that leads from the schema before the range to
//! the schema after it; it is short, and right where the range holds DDL alone and touches no table
//! that was there before, whose rows it might move in ways that no schema tells of. Else the bodies
//! stand one after another: statements about rows were written against the schema of their moment,
//! and only there they mean what they meant.
//!
//! Whichever it is, it is run beside the old ones on a copy with rows, and both must leave the same
//! schema, and the same rows in every table.

use super::body::{self, Effect, Joined};
use super::{Range, RewriteError};
use crate::autogenerate::{self, Contents, Request, autogenerate, read_schema};
use crate::db::Scratch;
use crate::diff::Diff;
use crate::diff::lines::lines;
use crate::exec::{Replay, run_in_memory};
use crate::graph::{Edges, RevisionGraph, RevisionIndex};
use crate::plan::Direction;
use crate::revision::RunMode;
use crate::schema::{Name, Schema};
use crate::source::Location;

/// How revisions are replayed and compared.
pub struct Settings<'a> {
    /// How they are run in memory.
    pub replay: Replay<'a>,
    /// The oldest SQLite that must run what is generated: the `35` of 3.35.
    pub target: u32,
    /// Whether the order of columns is part of the schema.
    pub by_order: bool,
}

/// Two bodies that may take the place of the range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The upgrade.
    pub upgrade: String,
    /// The downgrade; `None` where a revision of the range is irreversible.
    pub downgrade: Option<String>,
    /// Whether the upgrade is the sum, and not the bodies one after another.
    pub is_sum: bool,
    /// Whether the downgrade was written anew, since those of the range do not lead back.
    pub has_new_downgrade: bool,
    /// Directives that are comments now.
    pub left_out: Vec<Location>,
}

/// A range and what it does, found out in memory.
pub struct Squash<'a> {
    graph: &'a RevisionGraph,
    range: &'a Range,
    settings: &'a Settings<'a>,
    /// The database at the beginning of the range, as the revisions below make it.
    before: Scratch,
    /// The same with invented rows, where the range runs with them.
    start: Scratch,
    /// What the range makes of `start`.
    after: Scratch,
    schema_before: Schema,
    schema_after: Schema,
}

impl<'a> Squash<'a> {
    /// Replays the range.
    ///
    /// # Errors
    ///
    /// Revisions that do not run.
    pub fn new(
        graph: &'a RevisionGraph,
        range: &'a Range,
        settings: &'a Settings<'a>,
    ) -> Result<Self, RewriteError> {
        let below = range.below(graph);
        let before = settings.replay.run(graph, &below).map_err(RewriteError::replay)?;
        let schema_before = settings.schema(&before)?;
        let mut start = before.copy()?;
        autogenerate::invent_rows(&start, &schema_before)?;
        let mut after = run_all(graph, range, &start);
        if after.is_err() {
            // Invented rows may be against what a body asks of them.
            start = before.copy()?;
            after = run_all(graph, range, &start);
        }
        let after = after?;
        let schema_after = settings.schema(&after)?;
        Ok(Self { graph, range, settings, before, start, after, schema_before, schema_after })
    }

    /// The bodies to try, the best first.
    ///
    /// # Errors
    ///
    /// Statements that cannot stand in one body with others.
    pub fn candidates(&self) -> Result<Vec<Candidate>, RewriteError> {
        let generated = self.generated();
        let is_reversible = self.range.is_reversible(self.graph);
        let mut candidates = Vec::new();
        if let Some((upgrade, downgrade)) = &generated
            && self.is_about_new_tables_only()
        {
            candidates.push(Candidate {
                upgrade: upgrade.clone(),
                downgrade: is_reversible.then(|| downgrade.clone()),
                is_sum: true,
                has_new_downgrade: false,
                left_out: Vec::new(),
            });
        }
        candidates.extend(self.joined(generated.as_ref())?);
        Ok(candidates)
    }

    /// The bodies one after another; with their downgrades, and with one written anew.
    fn joined(&self, generated: Option<&(String, String)>) -> Result<Vec<Candidate>, RewriteError> {
        let members = &self.range.members;
        let compiles =
            |scratch: &Scratch, query: &str| scratch.execute(&format!("EXPLAIN {query}")).is_ok();
        let upgrade = body::upgrades(self.graph, members, &|it| compiles(&self.before, it))?;
        let candidate = |downgrade: Option<Joined>, is_new: bool| {
            let mut left_out = upgrade.left_out.clone();
            left_out.extend(downgrade.iter().flat_map(|it| it.left_out.iter().cloned()));
            Candidate {
                upgrade: upgrade.text.clone(),
                downgrade: downgrade.map(|it| it.text),
                is_sum: false,
                has_new_downgrade: is_new,
                left_out,
            }
        };
        if !self.range.is_reversible(self.graph) {
            return Ok(vec![candidate(None, false)]);
        }
        let mut candidates = Vec::new();
        let downgrade = body::downgrades(self.graph, members, &|it| compiles(&self.after, it));
        let Some((_, generated)) = generated else { return Ok(vec![candidate(downgrade?, false)]) };
        // Statements that cannot be joined are no reason to have no way back.
        candidates.extend(downgrade.ok().map(|it| candidate(it, false)));
        let generated = Joined { text: generated.clone(), ..Joined::default() };
        candidates.push(candidate(Some(generated), true));
        Ok(candidates)
    }

    /// Upgrade and downgrade between the two schemas, if there can be any.
    fn generated(&self) -> Option<(String, String)> {
        let request = Request {
            from: &self.before,
            to: &self.schema_after,
            hinted_tables: &[],
            renames: &[],
            fills: &[],
            target: self.settings.target,
            by_order: self.settings.by_order,
            is_excluded: &|it| self.settings.is_of_others(it),
        };
        // Two schemas that no proven SQL leads between leave the other way.
        let generated = autogenerate(&request).ok()?;
        Some(generated.map_or_else(Default::default, |it| (it.upgrade, it.downgrade)))
    }

    /// Whether the range is nothing but DDL, and of the tables that were there before it neither
    /// changes nor drops one: only then the schemas say all that it does.
    fn is_about_new_tables_only(&self) -> bool {
        let is_old = |name: &Name| self.schema_before.table(name).is_some();
        self.range.mode == RunMode::default()
            && self.range.members.iter().map(|it| &self.graph[*it]).all(|revision| {
                let texts = revision.upgrade.statements.iter();
                let mut effects = texts.map(|it| body::effect(&revision.source.text[it.clone()]));
                revision.upgrade.directives.is_empty()
                    && effects.all(|it| match it {
                        Effect::Creates => true,
                        Effect::Changes { table } => !table.is_some_and(|it| is_old(&it)),
                        Effect::Other => false,
                    })
            })
    }

    /// Proves that `squashed`, a revision of `graph`, does what the range does.
    ///
    /// # Errors
    ///
    /// What it does otherwise.
    pub fn prove(
        &self,
        graph: &RevisionGraph,
        squashed: RevisionIndex,
    ) -> Result<(), RewriteError> {
        let run = |scratch: &Scratch, direction| {
            run_in_memory(scratch, graph, squashed, direction)
                .map_err(|failure| RewriteError::replay(failure.into()))
        };
        let copy = self.start.copy()?;
        run(&copy, Direction::Upgrade)?;
        self.require(&copy, &self.schema_after, true, Direction::Upgrade)?;
        self.require_rows(&copy)?;

        if !self.range.is_reversible(self.graph) {
            return Ok(());
        }
        // What the revisions below leave is what every database has; invented rows may be against a
        // constraint that comes back.
        let copy = self.before.copy()?;
        run(&copy, Direction::Upgrade)?;
        run(&copy, Direction::Downgrade)?;
        self.require(&copy, &self.schema_before, self.settings.by_order, Direction::Downgrade)?;
        run(&copy, Direction::Upgrade)?;
        self.require(&copy, &self.schema_after, self.settings.by_order, Direction::Upgrade)
    }

    /// Proves that all revisions of `graph` make what they made with the range.
    ///
    /// # Errors
    ///
    /// What comes out otherwise.
    pub fn prove_heads(&self, graph: &RevisionGraph) -> Result<(), RewriteError> {
        let replay = |graph: &RevisionGraph| {
            let applied = graph.ancestors(graph.heads(), Edges::All);
            self.settings.replay.run(graph, &graph.maximal(&applied)).map_err(RewriteError::replay)
        };
        let wanted = self.settings.schema(&replay(self.graph)?)?;
        // What is side by side may run in another order than before.
        self.require(&replay(graph)?, &wanted, self.settings.by_order, Direction::Upgrade)
    }

    fn require(
        &self,
        scratch: &Scratch,
        wanted: &Schema,
        by_order: bool,
        direction: Direction,
    ) -> Result<(), RewriteError> {
        let found = self.settings.schema(scratch)?;
        let diff = Diff::new(&found, wanted, by_order);
        if diff.is_empty() {
            return Ok(());
        }
        Err(RewriteError::OtherSchema { direction, lines: lines(&diff) })
    }

    /// Every table has the rows that the range leaves in it. What the range itself leaves otherwise
    /// when it runs once more, say random numbers, is not compared.
    fn require_rows(&self, scratch: &Scratch) -> Result<(), RewriteError> {
        let wanted = Contents::of(&self.after, &self.schema_after)?;
        let found = Contents::of(scratch, &self.schema_after)?;
        if wanted.differs_from(&found).is_none() {
            return Ok(());
        }
        let again = run_all(self.graph, self.range, &self.start)?;
        let again = Contents::of(&again, &self.schema_after)?;
        let is_fixed = |table: &Name| wanted.has_rows_of(&again, table);
        match wanted.tables().find(|it| is_fixed(it) && !wanted.has_rows_of(&found, it)) {
            Some(table) => Err(RewriteError::OtherRows { table: table.to_string() }),
            None => Ok(()),
        }
    }
}

impl Settings<'_> {
    /// The whole schema: what no comparison is to look at must be made all the same, but for what
    /// other programs make.
    fn schema(&self, scratch: &Scratch) -> Result<Schema, RewriteError> {
        Ok(read_schema(scratch, &|it| self.is_of_others(it))?)
    }

    /// Whether migrator itself keeps a table, or another program does.
    fn is_of_others(&self, name: &str) -> bool {
        let is = |it: &str| name.eq_ignore_ascii_case(it);
        is(self.replay.version_table)
            || is("migrator_log")
            || self.replay.beside.iter().any(|it| is(&it.table))
    }
}

/// What the range makes of a copy.
fn run_all(graph: &RevisionGraph, range: &Range, start: &Scratch) -> Result<Scratch, RewriteError> {
    let scratch = start.copy()?;
    for member in &range.members {
        run_in_memory(&scratch, graph, *member, Direction::Upgrade)
            .map_err(|failure| RewriteError::replay(failure.into()))?;
    }
    Ok(scratch)
}

#[cfg(test)]
#[path = "squash_tests.rs"]
mod tests;
