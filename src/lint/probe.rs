//! Rows that an upgrade may not expect: with a NULL where the schema allows one, alike but for their
//! key, or like any other. Each is put into a table of before, and the upgrade runs: it fails, or the
//! row is nowhere afterwards, or nothing happens to it.
//!
//! All of them are tried at once first, and one by one only where that shows something. Nothing is
//! concluded where the upgrade does not take ordinary rows.

use super::Request;
use super::deed::{Alteration, Deed, What};
use super::fate::{Inconclusive, contents, named};
use super::made_up::{Row, Rows};
use crate::db::{Quoting, SchemaSnapshot, Scratch, SqliteError};
use crate::schema::{self, Name, Schema, Table};
use crate::sql::head::head;
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
    let may_matter = |it: &Deed<'_>| match &it.what {
        What::Copy(_) | What::DropTable(_) => true,
        What::Alter(_, Alteration::AddColumn(_)) => has_keyword(it.sql, "AS"),
        _ => {
            let head = head(it.sql);
            head.makes_rows || head.is_unique
        }
    };
    if !deeds.iter().any(may_matter) {
        return Ok(Vec::new());
    }
    let objects = named(deeds, before);
    let before = schema::read(&objects)?;
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
