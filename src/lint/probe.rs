//! Rows that an upgrade may not expect: with a NULL where the schema allows one, alike but for their
//! key, or like any other. Each is put into a table of before, and the upgrade runs: it fails, or the
//! row is nowhere afterwards, or nothing happens to it.
//!
//! All of them are tried at once first, and one by one only where that shows something. Nothing is
//! concluded where the upgrade does not take ordinary rows.

use std::collections::HashMap;

use super::Request;
use super::data_failure::{forbids_null, is_key};
use super::deed::{Alteration, Deed, What};
use super::fate::{Inconclusive, contents, literal, named};
use crate::db::{Quoting, SchemaSnapshot, Scratch, SqliteError};
use crate::schema::{self, Name, Schema, Table};
use crate::sql::head::head;
use crate::sql::lexer::has_keyword;

/// How many ordinary rows a table gets.
const N_ROWS: usize = 2;

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

/// A row to be tried.
#[derive(Debug, Clone)]
struct Row {
    table: Name,
    oddity: Oddity,
    insert: String,
    /// What stands in no other row; empty where nothing does.
    marks: Vec<String>,
    /// Of a twin: what stands there in the other one.
    other: Vec<String>,
}

/// Makes rows up that reference what is there.
struct Rows<'s> {
    schema: &'s Schema,
    next: u64,
    /// The values of the ordinary rows, by table and column.
    values: HashMap<(&'s Name, usize, &'s Name), String>,
}

impl<'s> Rows<'s> {
    fn new(schema: &'s Schema) -> Self {
        let mut rows = Self { schema, next: 8_000_000, values: HashMap::new() };
        for table in &schema.tables {
            for row in 0..N_ROWS {
                for column in table.columns.iter().filter(|it| it.holds()) {
                    let mark = rows.mark();
                    let value = literal(column.datatype.text(), &mark);
                    rows.values.insert((&table.name, row, &column.name), value);
                }
            }
        }
        // What references a key that references another one is settled last.
        for _ in 0..4 {
            for table in &schema.tables {
                for row in 0..N_ROWS {
                    for (column, value) in rows.references(table, row) {
                        rows.values.insert((&table.name, row, column), value);
                    }
                }
            }
        }
        rows
    }

    fn mark(&mut self) -> String {
        self.next += 1;
        self.next.to_string()
    }

    /// What the columns of foreign keys hold, so that they reference this ordinary row.
    fn references(&self, table: &'s Table, row: usize) -> Vec<(&'s Name, String)> {
        let mut found = Vec::new();
        for key in &table.foreign_keys {
            let Some(parent) = self.schema.table(&key.parent) else { continue };
            for (column, to) in key.columns.iter().zip(&key.parent_columns) {
                let own = table.column(column).filter(|it| it.holds());
                let to = parent.column(to).map(|it| &it.name);
                if let (Some(own), Some(to)) = (own, to)
                    && let Some(value) = self.values.get(&(&parent.name, row, to))
                {
                    found.push((&own.name, value.clone()));
                }
            }
        }
        found
    }

    fn ordinary(&self) -> Vec<Row> {
        let mut found = Vec::new();
        for table in &self.schema.tables {
            for nth in 0..N_ROWS {
                let columns = table.columns.iter().filter(|it| it.holds());
                let values: Vec<(&Name, String)> = columns
                    .map(|it| (&it.name, self.values[&(&table.name, nth, &it.name)].clone()))
                    .collect();
                let is_own = |name: &Name| !references(table, name);
                let own = values.iter().filter(|it| is_own(it.0)).map(|it| it.1.clone());
                let marks: Vec<String> = own.collect();
                found.push(row(table, Oddity::Ordinary, &values, &marks));
            }
        }
        found
    }

    /// Odd rows of all tables that are somebody's business.
    fn odd(&mut self, is_excluded: &dyn Fn(&Table) -> bool) -> Vec<Row> {
        let mut found = Vec::new();
        for table in self.schema.tables.iter().filter(|it| !is_excluded(it)) {
            // What a check says of a NULL, or of values together, is not known.
            let is_checked = |name: &Name| table.checks.iter().any(|it| it.expression.names(name));
            for column in table.columns.iter().filter(|it| it.holds()) {
                let may_be_null = !forbids_null(table, column) && !is_key(table, &column.name);
                if may_be_null && !is_checked(&column.name) {
                    let null = Oddity::Null(column.name.clone());
                    found.push(self.odd_row(table, null));
                }
            }
            if table.checks.is_empty() {
                found.push(self.odd_row(table, Oddity::Twin));
            }
        }
        found
    }

    fn odd_row(&mut self, table: &'s Table, oddity: Oddity) -> Row {
        let references: HashMap<&Name, String> = self.references(table, 0).into_iter().collect();
        let keys = table.primary_key.iter().map(|it| &it.columns);
        let keys = keys.chain(table.uniques.iter().map(|it| &it.columns));
        let keys: Vec<&Name> = keys.flatten().map(|it| &it.name).collect();
        let indexes =
            self.schema.indexes.iter().filter(|it| it.table == table.name && it.is_unique);
        let indexes: Vec<_> = indexes.flat_map(|it| &it.columns).collect();
        let is_key = |name: &Name| keys.contains(&name) || indexes.iter().any(|it| it.names(name));
        let mut values = Vec::new();
        let (mut marks, mut other) = (Vec::new(), Vec::new());
        for column in table.columns.iter().filter(|it| it.holds()) {
            let name = &column.name;
            let value = if oddity == Oddity::Null(name.clone()) {
                "NULL".to_owned()
            } else if let Some(value) = references.get(name) {
                value.clone()
            } else if oddity == Oddity::Twin && !is_key(name) {
                self.values[&(&table.name, 0, name)].clone()
            } else {
                let value = literal(column.datatype.text(), &self.mark());
                marks.push(value.clone());
                if oddity == Oddity::Twin {
                    other.push(self.values[&(&table.name, 0, name)].clone());
                }
                value
            };
            values.push((name, value));
        }
        Row { other: digits(&other), ..row(table, oddity, &values, &marks) }
    }
}

fn row(table: &Table, oddity: Oddity, values: &[(&Name, String)], marks: &[String]) -> Row {
    let list = |it: Vec<String>| it.join(", ");
    let insert = format!(
        "INSERT INTO {} ({}) VALUES ({})",
        table.name.quoted(),
        list(values.iter().map(|it| it.0.quoted()).collect()),
        list(values.iter().map(|it| it.1.clone()).collect()),
    );
    Row { table: table.name.clone(), oddity, insert, marks: digits(marks), other: Vec::new() }
}

/// Values as they are found: without quotes, and for a BLOB in hexadecimal too.
fn digits(values: &[String]) -> Vec<String> {
    let digits = |it: &String| {
        let rest = it.chars().skip_while(|it| !it.is_ascii_digit());
        rest.take_while(char::is_ascii_digit).collect::<String>()
    };
    let both = |it: String| [it.chars().flat_map(|it| ['3', it]).collect(), it];
    values.iter().map(digits).flat_map(both).collect()
}

/// Whether a column is one of a foreign key.
fn references(table: &Table, column: &Name) -> bool {
    table.foreign_keys.iter().any(|it| it.columns.contains(column))
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

impl Row {
    fn probe(&self, outcome: Outcome) -> Probe {
        Probe { table: self.table.clone(), oddity: self.oddity.clone(), outcome }
    }
}
