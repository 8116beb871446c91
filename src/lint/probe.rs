//! Rows that an upgrade may not expect: with a NULL where the schema allows one, alike but for their
//! key, or like any other. Each is put into a table of before, and the upgrade runs: it fails, or the
//! row is nowhere afterwards, or nothing happens to it.
//!
//! All of them are tried at once first, and one by one only where that shows something. Nothing is
//! concluded where the upgrade does not take ordinary rows.

use super::Request;
use super::data_failure::forbids_null;
use super::deed::{Alteration, Deed, What, names};
use super::fate::{Inconclusive, contents, named};
use super::made_up::{Row, Rows};
use crate::db::{Quoting, SchemaSnapshot, Scratch, SqliteError};
use crate::schema::{self, Name, Schema, Table};
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

/// What is odd about a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Oddity {
    /// Nothing.
    Ordinary,
    /// This column is NULL.
    Null(Name),
    /// Another one has the same values in all columns but those of its keys.
    Twin,
}

/// What became of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// None of its values is anywhere.
    Lost,
    /// The statement with this number fails on it.
    Fails(usize, Violation),
}

/// The constraint that a row is against, as SQLite says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation(pub String);

/// What becomes of odd rows; of those that are kept nothing is told.
pub fn probes(
    deeds: &[Deed<'_>],
    before: &SchemaSnapshot,
    request: &Request<'_>,
) -> Result<Vec<Probe>, schema::ReadError> {
    let is_certain = deeds.iter().any(may_matter);
    if !is_certain && !deeds.iter().any(may_write) {
        return Ok(Vec::new());
    }
    let objects = named(deeds, before);
    let before = schema::read(&objects)?;
    if !is_certain && !may_be_refused(deeds, &before) {
        return Ok(Vec::new());
    }
    let is_excluded = |it: &Table| (request.is_excluded)(it.name.as_str());
    let tried = Scratch::new(Quoting::Lenient, request.replay.extensions)
        .map_err(|_| Inconclusive)
        .and_then(|scratch| {
            for it in &objects {
                scratch.execute(&it.sql)?;
            }
            let mut rows = Rows::new(&before);
            Ok(Prepared { scratch, deeds, ordinary: rows.ordinary(), odd: rows.odd(&is_excluded) })
        })
        .and_then(|it| it.try_all());
    // What the database in memory does not take is no question here.
    Ok(tried.unwrap_or_default())
}

/// Whether odd rows may matter to a statement, whatever its table is like.
fn may_matter(deed: &Deed<'_>) -> bool {
    match &deed.what {
        What::Copy(_) | What::DropTable(_) => true,
        What::Alter(_, Alteration::AddColumn(_)) => has_keyword(deed.sql, "AS"),
        _ => {
            let head = head(deed.sql);
            head.makes_rows || head.is_unique
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
}

/// How an upgrade ended.
enum Run {
    /// What stands in any table.
    Through(String),
    Failed(usize, SqliteError),
}

impl Prepared<'_> {
    fn try_all(&self) -> Result<Vec<Probe>, Inconclusive> {
        let Run::Through(found) = self.run(&[])? else { return Err(Inconclusive) };
        let mut probes = lost(&self.ordinary, &found);
        let odd: Vec<&Row> = self.odd.iter().collect();
        if let Ok(Run::Through(found)) = self.run(&odd) {
            probes.extend(lost(&self.odd, &found));
            return Ok(probes);
        }
        for rows in self.odd.chunk_by(|left, right| left.table == right.table) {
            self.try_table(rows, &mut probes);
        }
        Ok(probes)
    }

    /// Tries the odd rows of one table together, and one by one if it fails on some.
    fn try_table(&self, rows: &[Row], probes: &mut Vec<Probe>) {
        if let Ok(Run::Through(found)) = self.run(&rows.iter().collect::<Vec<_>>()) {
            probes.extend(lost(rows, &found));
            return;
        }
        for row in rows {
            // What a key does not take was never there.
            match self.run(&[row]) {
                Ok(Run::Through(found)) => {
                    probes.extend(lost(std::slice::from_ref(row), &found));
                }
                Ok(Run::Failed(at, err)) => {
                    probes.push(row.probe(Outcome::Fails(at, Violation(err.message))));
                }
                Err(Inconclusive) => {}
            }
        }
    }

    /// Runs the upgrade over the ordinary rows and these.
    fn run(&self, odd: &[&Row]) -> Result<Run, Inconclusive> {
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
        Ok(Run::Through(contents(&scratch)?))
    }
}

/// Which of these rows are not in what was found.
fn lost(rows: &[Row], found: &str) -> Vec<Probe> {
    let has_any = |marks: &[String]| marks.iter().any(|it| found.contains(it));
    let is_lost = |it: &&Row| match (&it.marks[..], &it.other[..]) {
        ([], _) => false,
        (own, []) => !has_any(own),
        // Either may stand for both; where neither is there, they have another key now.
        (own, other) => has_any(own) != has_any(other),
    };
    rows.iter().filter(is_lost).map(|it| it.probe(Outcome::Lost)).collect()
}
