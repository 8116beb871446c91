//! A range of revisions as one: the bodies that may do, and the proof that they do.
//!
//! Two ways to write a body. The sum is the DDL that leads from the schema before the range to the
//! schema after it, or back; it is short, and right where the range holds DDL alone and touches no
//! table that was there before, whose rows it might move in ways that no schema tells of. Else the
//! bodies stand one after another: statements about rows were written against the schema of their
//! moment, and only there they mean what they meant.
//!
//! A downgrade does what the downgrades of the range do, whether that leads back or not: what their
//! authors kept stays.
//!
//! Whichever it is, it is run beside the old ones on copies with rows, and both must leave the same
//! schema, and the same rows in every table.

use super::body::{self, Effect, Joined};
use super::side_by_side::{Bodies, compare, differences, other_rows};
use super::{Range, RewriteError};
use crate::autogenerate::{Request, autogenerate, read_schema};
use crate::db::{LogTable, Scratch};
use crate::diff::lines::Line;
use crate::exec::Replay;
use crate::graph::{Edges, RevisionGraph, RevisionIndex};
use crate::plan::Direction;
use crate::rehearsal::number_lines;
use crate::revision::{Body, Revision, RunMode};
use crate::schema::{Name, Schema};
use crate::source::Location;
use crate::sql::head::head;

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
    /// Whether the downgrade is.
    pub is_way_back_sum: bool,
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
    /// `None` where a revision of the range is irreversible.
    way_back: Option<WayBack>,
}

/// What the downgrades of the range do.
struct WayBack {
    /// A database at the end of the range, with invented rows.
    from: Scratch,
    /// What they make of it.
    to: Scratch,
    schema: Schema,
}

impl<'a> Squash<'a> {
    /// Replays the range, up and back.
    ///
    /// # Errors
    ///
    /// Revisions that do not run.
    pub fn new(
        graph: &'a RevisionGraph,
        range: &'a Range,
        settings: &'a Settings<'a>,
    ) -> Result<Self, RewriteError> {
        let old = Bodies { graph, members: &range.members };
        let below = range.below(graph);
        let before = settings.replay.run(graph, &below).map_err(RewriteError::replay)?;
        let schema_before = settings.schema(&before)?;
        let start = old.with_rows(&before, &schema_before, Direction::Upgrade)?;
        let after = old.run(&start, Direction::Upgrade)?;
        let schema_after = settings.schema(&after)?;
        let way_back = match range.irreversible(graph) {
            None => Some(WayBack::new(old, &before, &after, &schema_after, settings)?),
            Some(_) => None,
        };
        Ok(Self {
            graph,
            range,
            settings,
            before,
            start,
            after,
            schema_before,
            schema_after,
            way_back,
        })
    }

    fn old(&self) -> Bodies<'a> {
        Bodies { graph: self.graph, members: &self.range.members }
    }

    fn members(&self) -> impl Iterator<Item = &'a Revision> {
        self.range.members.iter().map(|it| &self.graph[*it])
    }

    /// The bodies to try, the best first.
    ///
    /// # Errors
    ///
    /// Statements that cannot stand in one body with others.
    pub fn candidates(&self) -> Result<Vec<Candidate>, RewriteError> {
        let members = &self.range.members;
        let kept = [self.settings.replay.version_table, LogTable::NAME];
        let upgrades = body::upgrades(self.graph, members, &self.start, &kept);
        let end = self.way_back.as_ref().map_or(&self.after, |it| &it.from);
        let downgrades = body::downgrades(self.graph, members, end, &kept);
        let mut candidates = Vec::new();
        if let Some((upgrade, downgrade)) = self.generated()
            && self.is_about_new_tables_only(|it| Some(&it.upgrade))
            && self.members().all(|it| it.upgrade.directives.is_empty())
        {
            let upgrade = Joined { text: upgrade, ..Joined::default() };
            if self.is_way_back_told_by_schemas(&downgrade) {
                let downgrade = Joined { text: downgrade, ..Joined::default() };
                let sum = Candidate::new(true, &upgrade, Some(&downgrade));
                candidates.push(Candidate { is_way_back_sum: true, ..sum });
            }
            let joined = downgrades.iter().map(|it| Candidate::new(true, &upgrade, it.as_ref()));
            candidates.extend(joined);
        }
        match (upgrades, downgrades) {
            (Ok(upgrade), Ok(downgrade)) => {
                candidates.push(Candidate::new(false, &upgrade, downgrade.as_ref()));
            }
            (Err(err), _) | (_, Err(err)) if candidates.is_empty() => return Err(err),
            _ => {}
        }
        for candidate in &mut candidates {
            let has_downgrades = candidate.downgrade.is_some() && !candidate.is_way_back_sum;
            let lines = body::allowed(self.members(), candidate.is_sum, has_downgrades);
            if !lines.is_empty() {
                // The blank line behind them makes them stand for the whole file.
                candidate.upgrade = format!("{}\n\n{}", lines.join("\n"), candidate.upgrade);
            }
        }
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

    /// Whether bodies of the range are nothing but DDL, and of the tables that were there before it
    /// neither change nor drop one: only then the schemas say all that they do.
    fn is_about_new_tables_only(&self, body: impl Fn(&Revision) -> Option<&Body>) -> bool {
        let is_old = |name: &Name| {
            self.schema_before.table(name).is_some()
                || self.schema_before.virtual_tables.iter().any(|it| it.name == *name)
        };
        self.range.mode == RunMode::default()
            && self.members().all(|revision| {
                let Some(body) = body(revision) else { return false };
                revision.statements(body).all(|sql| match body::effect(sql) {
                    Effect::Other => false,
                    _ if head(sql).is_conditional => false,
                    Effect::Creates => true,
                    Effect::Changes { table } => !table.is_some_and(|it| is_old(&it)),
                })
            })
    }

    /// Whether this downgrade may take the place of those of the range: they are DDL for tables of its
    /// own, leave nothing of it, and ask nothing that is not asked here too.
    fn is_way_back_told_by_schemas(&self, generated: &str) -> bool {
        let Some(way_back) = &self.way_back else { return false };
        self.is_about_new_tables_only(|it| it.downgrade.body())
            && differences(&way_back.schema, &self.schema_before, false).is_empty()
            && self.members().all(|revision| {
                let directives = revision.downgrade.body().map(|it| &it.directives);
                let mut lines = directives.into_iter().flatten();
                lines.all(|it| generated.contains(&revision.source.text[it.span.clone()]))
            })
    }

    /// What is to be changed after the downgrades of the range so that the schema is that of before;
    /// nothing where they lead back, or where there are none.
    pub fn left_by_downgrades(&self) -> Vec<Line> {
        let left = self
            .way_back
            .as_ref()
            .map(|it| differences(&self.schema_before, &it.schema, self.settings.by_order));
        left.unwrap_or_default()
    }

    /// Proves that `squashed`, a revision of `graph`, does what the range does: on a database below
    /// the range, on one that ran it, and on one that ran the one revision.
    ///
    /// # Errors
    ///
    /// What it does otherwise.
    pub fn prove(
        &self,
        graph: &RevisionGraph,
        squashed: RevisionIndex,
    ) -> Result<(), RewriteError> {
        let (old, new) = (self.old(), Bodies { graph, members: &[squashed] });
        let compare = |start: &Scratch, direction, by_order| {
            compare(&old, &new, start, direction, self.settings, by_order)
        };
        let after = compare(&self.start, Direction::Upgrade, true)?;
        let Some(way_back) = &self.way_back else { return Ok(()) };

        let by_order = self.settings.by_order;
        compare(&way_back.from, Direction::Downgrade, by_order)?;
        let from = WayBack::from(&old, &self.before, &after, &self.schema_after, &new)?;
        compare(&from, Direction::Downgrade, by_order)?;
        // Of what the downgrades leave the upgrades may be against.
        if old.run(&way_back.to, Direction::Upgrade).is_ok() {
            compare(&way_back.to, Direction::Upgrade, by_order)?;
        }
        Ok(())
    }

    /// Proves that all revisions of `graph`, in which `squashed` stands for the range, make what they
    /// made with the range.
    ///
    /// # Errors
    ///
    /// What comes out otherwise.
    pub fn prove_heads(
        &self,
        graph: &RevisionGraph,
        squashed: RevisionIndex,
    ) -> Result<(), RewriteError> {
        self.range.prove_order(self.graph, graph, graph.id(squashed), self.settings)?;
        let replay = |graph: &RevisionGraph| {
            let applied = graph.ancestors(graph.heads(), Edges::All);
            self.settings.replay.run(graph, &graph.maximal(&applied)).map_err(RewriteError::replay)
        };
        let (wanted, found) = (replay(self.graph)?, replay(graph)?);
        // What is side by side may run in another order than before.
        let (direction, by_order) = (Direction::Upgrade, self.settings.by_order);
        let schema = self.settings.same_schema(&found, &wanted, direction, by_order)?;
        match other_rows(&schema, &wanted, &found, || replay(self.graph))? {
            Some(table) => Err(RewriteError::OtherRows { direction, table }),
            None => Ok(()),
        }
    }
}

impl WayBack {
    fn new(
        old: Bodies<'_>,
        before: &Scratch,
        after: &Scratch,
        schema_after: &Schema,
        settings: &Settings<'_>,
    ) -> Result<Self, RewriteError> {
        let from = Self::from(&old, before, after, schema_after, &old)?;
        let to = old.run(&from, Direction::Downgrade).map_err(|err| match err {
            RewriteError::Replay(err) => RewriteError::NoWayBack(err),
            other => other,
        })?;
        let schema = settings.schema(&to)?;
        Ok(Self { from, to, schema })
    }

    /// A database at the end of the range from where the downgrades run, with as many invented rows
    /// as they let be: `after`, or else what `upgrades` makes of `before`.
    fn from(
        old: &Bodies<'_>,
        before: &Scratch,
        after: &Scratch,
        schema_after: &Schema,
        upgrades: &Bodies<'_>,
    ) -> Result<Scratch, RewriteError> {
        let runs = |it: &Scratch| old.run(it, Direction::Downgrade).is_ok();
        if runs(after) {
            return old.with_rows(after, schema_after, Direction::Downgrade);
        }
        let after = upgrades.run(before, Direction::Upgrade)?;
        old.with_rows(&after, schema_after, Direction::Downgrade)
    }
}

impl Candidate {
    fn new(is_sum: bool, upgrade: &Joined, downgrade: Option<&Joined>) -> Self {
        let bodies = std::iter::once(upgrade).chain(downgrade);
        let left_out = bodies.flat_map(|it| it.left_out.iter().cloned()).collect();
        Self {
            upgrade: upgrade.text.clone(),
            downgrade: downgrade.map(|it| it.text.clone()),
            is_sum,
            is_way_back_sum: false,
            left_out,
        }
    }
}

impl Settings<'_> {
    /// The whole schema: what no comparison is to look at must be made all the same, but for what
    /// other programs make.
    pub(super) fn schema(&self, scratch: &Scratch) -> Result<Schema, RewriteError> {
        Ok(read_schema(scratch, &|it| self.is_of_others(it))?)
    }

    /// Wants two databases to have the same schema, and the same numbers in the header; gives the
    /// schema.
    pub(super) fn same_schema(
        &self,
        found: &Scratch,
        wanted: &Scratch,
        direction: Direction,
        by_order: bool,
    ) -> Result<Schema, RewriteError> {
        let schema = self.schema(wanted)?;
        let mut lines = differences(&self.schema(found)?, &schema, by_order);
        lines.extend(number_lines(&wanted.other_numbers(found)?));
        if lines.is_empty() {
            return Ok(schema);
        }
        Err(RewriteError::OtherSchema { direction, lines })
    }

    /// Whether migrator itself keeps a table, or another program does.
    pub(super) fn is_of_others(&self, name: &str) -> bool {
        let is = |it: &str| name.eq_ignore_ascii_case(it);
        is(self.replay.version_table)
            || is("migrator_log")
            || self.replay.beside.iter().any(|it| is(&it.table))
    }
}

#[cfg(test)]
#[path = "squash_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "squash_rows_tests.rs"]
mod rows_tests;
