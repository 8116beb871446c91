//! Rows that an upgrade may not expect: with NULL where the schema allows it, alike but for their key,
//! referenced by none, or like any other. Each is put into a table of before, and the upgrade runs: it
//! fails, or the row is nowhere afterwards, or nothing happens to it.
//!
//! All of them are tried at once first, and one by one only where that shows something. Nothing is
//! concluded where the upgrade does not take ordinary rows.

use super::Request;
use super::data_failure::forbids_null;
use super::deed::{Alteration, Deed, What, names};
use super::facts::Facts;
use super::fate::{Inconclusive, contents, named};
use super::heir::{Heir, heirs};
use super::made_up::{Oddity, Row, Rows, references, turning_points};
use super::new_keys::{NewKey, computed_keys};
use super::orphans::{Lookup, lookups};
use crate::db::{Quoting, SchemaSnapshot, Scratch, SqliteError};
use crate::schema::{self, ForeignKey, Name, Schema, Table};
use crate::sql::head::{Kind, Verb, head, verb};
use crate::sql::lexer::has_keyword;

/// A row that was tried, and what became of it.
#[derive(Debug, Clone)]
pub struct Probe {
    /// Its table, by its name of before.
    pub table: Name,
    /// What is odd about it.
    pub oddity: Oddity,
    /// What became of it.
    pub outcome: Outcome,
}

/// What was found by trying rows.
#[derive(Debug, Clone, Default)]
pub struct Probed {
    /// What becomes of odd rows, where they are not kept.
    pub probes: Vec<Probe>,
    /// New keys that an upgrade computes, and of which it gives rows that differ no same ones.
    pub kept_apart: Vec<NewKey>,
    /// New foreign keys that an upgrade computes, and for which it finds a row to reference, or none:
    /// their tables of after, and their columns.
    pub resolved: Vec<(Name, Vec<Name>)>,
    /// Tables whose rows are told apart, where they are lost: those that a new constraint would not
    /// take.
    pub heirs: Vec<Name>,
}

/// What became of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// None of its values is anywhere.
    Lost,
    /// The same, and a new constraint of the table that has the place of its own would not take it.
    Refused,
    /// The statement with this number fails on it.
    Fails(usize, Violation),
}

impl Outcome {
    /// Whether the upgrade failed.
    pub fn is_failure(&self) -> bool {
        matches!(self, Self::Fails(..))
    }
}

/// The constraint that a row is against, as SQLite says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation(pub String);

/// What becomes of odd rows; of those that are kept nothing is told.
pub fn probe(
    facts: &Facts<'_>,
    before: &SchemaSnapshot,
    request: &Request<'_>,
) -> Result<Probed, schema::ReadError> {
    let deeds = &facts.upgrade[..];
    let is_certain = deeds.iter().any(may_matter);
    if !is_certain && !deeds.iter().any(may_write) {
        return Ok(Probed::default());
    }
    let objects = named(deeds, before);
    let mut before = schema::read(&objects)?;
    if !is_certain && !may_be_refused(deeds, &before) {
        return Ok(Probed::default());
    }
    reference(facts, &mut before);
    let is_excluded = |it: &Table| (request.is_excluded)(it.name.as_str());
    let tried = Scratch::new(Quoting::Lenient, request.replay.extensions)
        .map_err(|_| Inconclusive)
        .and_then(|scratch| {
            for it in &objects {
                scratch.execute(&it.sql)?;
            }
            let mut rows = Rows::new(&before);
            let (ordinary, odd) = (rows.ordinary(), rows.odd(&is_excluded));
            let prepared = Prepared { scratch, deeds, ordinary, odd, heirs: heirs(facts) };
            prepared.try_all(&computed_keys(facts), &lookups(facts), &mut rows)
        });
    // What the database in memory does not take is no question here.
    Ok(tried.unwrap_or_default())
}

/// Lets rows of before reference what a new foreign key wants them to: those that do not may be left
/// out for it, and would tell nothing about the others.
fn reference(facts: &Facts<'_>, before: &mut Schema) {
    let Some((change, diff)) = facts.diff() else { return };
    let lineage = &change.lineage;
    for altered in &diff.altered {
        for key in &altered.foreign_keys.added {
            let name = lineage.old_table(&key.parent).clone();
            let parent_columns = lineage.old_columns(&key.parent, &key.parent_columns);
            let columns = lineage.old_columns(&altered.to.name, &key.columns);
            let child = lineage.old_table(&altered.to.name);
            let child = before.tables.iter_mut().find(|it| it.name == *child);
            let is_new = |table: &Table| !columns.iter().any(|it| references(table, it));
            if let Some(child) = child.filter(|it| is_new(it)) {
                let key = ForeignKey { parent: name, columns, parent_columns, ..(*key).clone() };
                child.foreign_keys.push(key);
            }
        }
    }
}

/// Whether odd rows may matter to a statement, whatever its table is like.
fn may_matter(deed: &Deed<'_>) -> bool {
    match &deed.what {
        What::Copy(_) | What::DropTable(_) => true,
        What::Alter(_, Alteration::AddColumn(_)) => has_keyword(deed.sql, "AS"),
        _ => {
            let head = head(deed.sql);
            let fills = head.verb == Verb::Insert && has_keyword(deed.sql, "SELECT");
            head.makes_rows || head.is_unique || fills
        }
    }
}

/// Whether they may, if its table is like that.
fn may_write(deed: &Deed<'_>) -> bool {
    matches!(deed.what, What::Update(_) | What::Delete(_))
}

/// Whether a row may be refused that a statement changes, or one that a trigger writes then: most
/// statements that change rows cannot fail, and are not tried.
fn may_be_refused(deeds: &[Deed<'_>], before: &Schema) -> bool {
    let makes_trigger = |it: &Deed<'_>| verb(it.sql) == Verb::Create(Kind::Trigger);
    if !before.triggers.is_empty() || deeds.iter().any(makes_trigger) {
        return true;
    }
    let is_set_not_null = |column: &Name| {
        let alters = |it: &Deed<'_>| matches!(it.what, What::Alter(..)) && it.names(column);
        deeds.iter().any(|it| alters(it) && has_keyword(it.sql, "NULL"))
    };
    deeds.iter().any(|deed| {
        let What::Update(update) = &deed.what else { return false };
        // By another name it may be any.
        let table = before.table(&update.table);
        let is_needed = |column: &Name| {
            let old = table.and_then(|table| Some((table, table.column(column)?)));
            table.is_none()
                || is_set_not_null(column)
                || old.is_some_and(|(table, it)| forbids_null(table, it))
        };
        let may_be_null = |value: &str| {
            let nullable =
                table.iter().flat_map(|it| &it.columns).filter(|it| it.not_null.is_none());
            table.is_none()
                || has_keyword(deed.sql, "FROM")
                || nullable.into_iter().any(|it| names(value, &it.name))
        };
        update.sets.iter().any(|(target, value)| is_needed(target) && may_be_null(value))
    })
}

/// The schema of before, without rows, and the rows that there are to be.
struct Prepared<'d> {
    scratch: Scratch,
    deeds: &'d [Deed<'d>],
    ordinary: Vec<Row>,
    odd: Vec<Row>,
    heirs: Vec<Heir>,
}

/// How an upgrade ended.
enum Run<T> {
    /// What is there then.
    Through(T),
    Failed(usize, SqliteError),
}

impl Prepared<'_> {
    fn try_all(
        &self,
        keys: &[NewKey],
        lookups: &[Lookup],
        made_up: &mut Rows<'_>,
    ) -> Result<Probed, Inconclusive> {
        let Run::Through(found) = self.run(&[])? else { return Err(Inconclusive) };
        let mut probes = self.lost(&self.ordinary, &found);
        let odd: Vec<&Row> = self.odd.iter().collect();
        if let Ok(Run::Through(found)) = self.run(&odd) {
            probes.extend(self.lost(&self.odd, &found));
        } else {
            for rows in self.odd.chunk_by(|left, right| left.table == right.table) {
                self.try_table(rows, &mut probes);
            }
        }
        self.try_condition(made_up, &mut probes);
        self.try_null_twins(made_up, &mut probes);
        let mut probes = self.without_company(&probes, made_up);
        self.try_near_twins(made_up, &mut probes);
        let shares = |it: &Probe| matches!(&it.outcome, Outcome::Fails(_, it) if it.is("UNIQUE"));
        let kept_apart = if probes.iter().any(shares) {
            Vec::new()
        } else {
            keys.iter().filter(|it| self.keeps_apart(it, made_up)).cloned().collect()
        };
        let heirs = self.heirs.iter().map(|it| it.old.clone()).collect();
        let resolved = lookups.iter().filter(|it| self.resolves(it, made_up));
        let resolved = resolved.map(|it| (it.table.clone(), it.key.columns.clone())).collect();
        Ok(Probed { probes, kept_apart, resolved, heirs })
    }

    /// Whether an upgrade gives rows that hardly differ no same key, having made keys for some.
    fn keeps_apart(&self, key: &NewKey, made_up: &mut Rows<'_>) -> bool {
        let is_twin = |it: &Row| it.oddity == Oddity::Twin && it.table == key.old;
        let cousins = made_up.cousins(&key.old).filter(|_| self.odd.iter().any(is_twin));
        let Some(cousins) = cousins else { return false };
        let Ok(Run::Through(scratch)) = self.ran(&[&cousins]) else { return false };
        let are_there = key.parts.iter().map(|it| format!("{it} IS NOT NULL"));
        let are_there = are_there.collect::<Vec<_>>().join(" AND ");
        let table = key.table.quoted();
        let found = scratch
            .rows_found(&format!("SELECT 1 FROM {table} WHERE {are_there} LIMIT 1 OFFSET 1"));
        found.is_ok_and(|it| it.is_some())
    }

    /// Whether no row that references nothing comes of an upgrade, whatever its columns held.
    fn resolves(&self, lookup: &Lookup, made_up: &mut Rows<'_>) -> bool {
        let Some(rows) = made_up.turned(&lookup.old, &lookup.expression) else { return false };
        let Ok(Run::Through(scratch)) = self.ran(&[&rows]) else { return false };
        lookup.is_resolved(&scratch).unwrap_or(false)
    }

    /// Tries rows that share what a key may want to differ, where those that share everything are taken
    /// care of.
    fn try_near_twins(&self, made_up: &mut Rows<'_>, probes: &mut Vec<Probe>) {
        // Nothing else takes some rows for the same ones.
        let tells_apart = |it: &Deed<'_>| {
            let words =
                ["DELETE", "DISTINCT", "EXISTS", "GROUP", "IN", "INTERSECT", "OVER", "UNION"];
            words.iter().any(|word| has_keyword(it.sql, word))
        };
        if !self.deeds.iter().any(tells_apart) {
            return;
        }
        let fails = |it: &&Row| {
            let is_it = |probe: &Probe| probe.table == it.table && probe.oddity == it.oddity;
            probes.iter().any(|it| is_it(it) && it.outcome.is_failure())
        };
        let twins = self.odd.iter().filter(|it| it.oddity == Oddity::Twin && !fails(it));
        let tables: Vec<Vec<Row>> = twins.map(|it| made_up.near_twins(&it.table)).collect();
        let all: Vec<&Row> = tables.iter().flatten().collect();
        if let Ok(Run::Through(_)) = self.run(&all) {
            return;
        }
        for rows in &tables {
            // Where one of them fails, the others tell nothing more.
            let failing = rows.iter().find_map(|it| {
                let outcome = self.outcome(it).filter(Outcome::is_failure);
                outcome.map(|outcome| it.probe(outcome))
            });
            probes.extend(failing);
        }
    }

    /// Leaves out what happens to rows that are less odd as well, and of the columns that are NULL
    /// together those that do not matter.
    fn without_company(&self, probes: &[Probe], made_up: &mut Rows<'_>) -> Vec<Probe> {
        let is_by_itself = |it: &&Probe| {
            let is_why = |other: &Probe| {
                other.table == it.table
                    && other.outcome == it.outcome
                    && other.oddity.is_part_of(&it.oddity)
            };
            !probes.iter().any(is_why)
        };
        let mut found: Vec<Probe> = probes.iter().filter(is_by_itself).cloned().collect();
        for probe in &mut found {
            let Oddity::Null(all) = &probe.oddity else { continue };
            let mut columns = all.clone();
            for column in all.iter().filter(|_| all.len() > 1) {
                let fewer: Vec<Name> = columns.iter().filter(|it| *it != column).cloned().collect();
                let row = made_up.null(&probe.table, &fewer).filter(|_| !fewer.is_empty());
                if row.and_then(|it| self.outcome(&it)).as_ref() == Some(&probe.outcome) {
                    columns = fewer;
                }
            }
            probe.oddity = Oddity::Null(columns);
        }
        // Where all that it says is NULL, nobody can tell whether a row is there.
        found.retain(|it| match &it.oddity {
            Oddity::Null(columns) if columns.len() > 1 && it.outcome == Outcome::Lost => {
                made_up.says_more(&it.table, columns)
            }
            _ => true,
        });
        found
    }

    /// What becomes of one row by itself; nothing where that is not known either.
    fn outcome(&self, row: &Row) -> Option<Outcome> {
        match self.run(&[row]).ok()? {
            Run::Through(found) => self.loss(row, &found),
            Run::Failed(at, err) => Some(Outcome::Fails(at, Violation(err.message))),
        }
    }

    /// Tries the odd rows of one table together, and one by one if it fails on some.
    fn try_table(&self, rows: &[Row], probes: &mut Vec<Probe>) {
        if let Ok(Run::Through(found)) = self.run(&rows.iter().collect::<Vec<_>>()) {
            probes.extend(self.lost(rows, &found));
            return;
        }
        // What a key does not take was never there.
        let told = rows.iter().filter_map(|it| Some(it.probe(self.outcome(it)?)));
        probes.extend(told);
    }

    /// Which of these rows are not in what was found.
    fn lost(&self, rows: &[Row], found: &Found) -> Vec<Probe> {
        rows.iter().filter_map(|it| Some(it.probe(self.loss(it, found)?))).collect()
    }

    /// Whether a row is not in what was found, and what for.
    fn loss(&self, row: &Row, found: &Found) -> Option<Outcome> {
        if !is_lost(row, &found.contents) {
            return None;
        }
        let heir = self.heirs.iter().find(|it| it.old == row.table);
        // Doubt is in favour of the author.
        let is_refused = heir.is_some_and(|it| !it.takes(row, &found.scratch).unwrap_or(false));
        Some(if is_refused { Outcome::Refused } else { Outcome::Lost })
    }

    /// Tries values at which the condition of a copy may turn that leaves rows out for a new
    /// constraint, in the other columns as well.
    fn try_condition(&self, made_up: &mut Rows<'_>, probes: &mut Vec<Probe>) {
        for heir in &self.heirs {
            let is_in = |it: &Name| heir.filter.as_deref().is_some_and(|filter| names(filter, it));
            if !heir.constrained.iter().any(is_in) {
                continue;
            }
            let mut rows = Vec::new();
            for (column, is_of_texts) in made_up.columns(&heir.old) {
                let values = turning_points(&heir.conditions(), is_of_texts);
                let values = values.iter().filter(|_| is_in(&column));
                rows.extend(values.filter_map(|it| made_up.holding(&heir.old, &column, it)));
            }
            if let Ok(Run::Through(found)) = self.run(&rows.iter().collect::<Vec<_>>()) {
                probes.extend(self.lost(&rows, &found));
            }
        }
    }

    /// Tries rows that share a NULL in what a new constraint is about: a key takes all of them.
    fn try_null_twins(&self, made_up: &mut Rows<'_>, probes: &mut Vec<Probe>) {
        for heir in &self.heirs {
            for column in &heir.constrained {
                let Some(rows) = made_up.null_twins(&heir.old, column) else { continue };
                if let Ok(Run::Through(found)) = self.run(&rows.iter().collect::<Vec<_>>()) {
                    probes.extend(self.lost(&rows, &found));
                }
            }
        }
    }

    /// Runs the upgrade over the ordinary rows and these; what is there then.
    fn run(&self, odd: &[&Row]) -> Result<Run<Found>, Inconclusive> {
        Ok(match self.ran(odd)? {
            Run::Through(scratch) => Run::Through(Found { contents: contents(&scratch)?, scratch }),
            Run::Failed(at, err) => Run::Failed(at, err),
        })
    }

    /// The same; the database afterwards.
    fn ran(&self, odd: &[&Row]) -> Result<Run<Scratch>, Inconclusive> {
        let scratch = self.scratch.copy()?;
        // No row of ours passes every check.
        scratch.execute("PRAGMA ignore_check_constraints = ON")?;
        scratch.set_triggers(false)?;
        for it in self.ordinary.iter().chain(odd.iter().copied()) {
            scratch.execute(&it.insert)?;
        }
        scratch.set_triggers(true)?;
        for (at, deed) in self.deeds.iter().enumerate() {
            if let Err(err) = scratch.execute(deed.sql) {
                return Ok(Run::Failed(at, err));
            }
        }
        Ok(Run::Through(scratch))
    }
}

/// What is there after an upgrade.
struct Found {
    scratch: Scratch,
    /// What stands in any table.
    contents: String,
}

fn is_lost(row: &Row, found: &str) -> bool {
    let has_any = |marks: &[String]| marks.iter().any(|it| found.contains(it));
    match (&row.marks[..], &row.other[..]) {
        ([], _) => false,
        (own, []) => !has_any(own),
        // Either may stand for both; where neither is there, they have another key now.
        (own, other) => has_any(own) != has_any(other),
    }
}

impl Row {
    /// What became of it.
    fn probe(&self, outcome: Outcome) -> Probe {
        Probe { table: self.table.clone(), oddity: self.oddity.clone(), outcome }
    }
}
