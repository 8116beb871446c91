//! Rows for a proof, and what is in them.

use super::AutogenerateError;
use crate::db::{Scratch, SqliteError};
use crate::generate::{Fill, OldNames};
use crate::schema::{Column, Name, Schema, Table};
use crate::sql::lexer::{TokenKind, tokens};

/// How many rows a table gets.
const N_ROWS: usize = 3;

/// How often a row is tried with other values.
const N_TRIES: usize = 6;

/// Columns that are to have the same values before and after, by table.
pub(super) type Compared = Vec<(Name, Vec<Name>)>;

/// Fills every table where the constraints let it, parents before children.
pub(super) fn invent(scratch: &Scratch, schema: &Schema) -> Result<(), AutogenerateError> {
    scratch.set_triggers(false)?;
    for table in schema.tables_by_dependency() {
        let columns: Vec<&Column> = table.columns.iter().filter(|it| it.holds()).collect();
        let literals = literals(table);
        for row in 0..N_ROWS {
            // A row that SQLite refuses, for whatever reason, is left out: a table may have none.
            let is_in = (0..N_TRIES).any(|attempt| {
                let values = columns
                    .iter()
                    .enumerate()
                    .map(|(idx, column)| value(table, column, &literals, row, attempt, idx));
                let sql = format!(
                    "INSERT OR ABORT INTO {} ({}) VALUES ({})",
                    table.name.quoted(),
                    columns.iter().map(|it| it.name.quoted()).collect::<Vec<_>>().join(", "),
                    values.collect::<Vec<_>>().join(", ")
                );
                scratch.execute(&sql).is_ok()
            });
            if !is_in {
                break;
            }
        }
    }
    Ok(scratch.set_triggers(true)?)
}

/// A copy with invented rows in as many tables as let the bodies run: rows may be against what a body
/// asks of them.
pub fn fill(
    base: &Scratch,
    schema: &Schema,
    runs: impl Fn(&Scratch) -> bool,
) -> Result<Scratch, AutogenerateError> {
    let tables: Vec<Table> = schema.tables_by_dependency().into_iter().cloned().collect();
    fill_part(base.copy()?, &tables, &runs)
}

/// Halves what cannot have rows as a whole, so that few tables that may have none cost few runs.
fn fill_part(
    filled: Scratch,
    tables: &[Table],
    runs: &impl Fn(&Scratch) -> bool,
) -> Result<Scratch, AutogenerateError> {
    let attempt = filled.copy()?;
    invent(&attempt, &Schema { tables: tables.to_vec(), ..Schema::default() })?;
    if runs(&attempt) {
        return Ok(attempt);
    }
    if tables.len() < 2 {
        return Ok(filled);
    }
    let (first, rest) = tables.split_at(tables.len() / 2);
    fill_part(fill_part(filled, first, runs)?, rest, runs)
}

/// A value for a column, as SQL: of its type, of its parent, or one that a constraint names.
fn value(
    table: &Table,
    column: &Column,
    literals: &[String],
    row: usize,
    attempt: usize,
    idx: usize,
) -> String {
    let number = row + 1 + attempt * N_ROWS;
    let key = table.foreign_keys.iter().find(|it| it.columns.contains(&column.name));
    if let Some(key) = key
        && attempt < N_TRIES / 2
    {
        let position = key.columns.iter().position(|it| *it == column.name).unwrap_or_default();
        if let Some(parent_column) = key.parent_columns.get(position) {
            return format!(
                "(SELECT {} FROM {} LIMIT 1 OFFSET {})",
                parent_column.quoted(),
                key.parent.quoted(),
                row
            );
        }
    }
    // The last row tries a NULL, and text where a column takes everything.
    if row + 1 == N_ROWS && attempt == 0 && column.not_null.is_none() {
        return "NULL".to_owned();
    }
    if attempt > 0 && !literals.is_empty() && (attempt + idx).is_multiple_of(2) {
        return literals[(row + attempt + idx) % literals.len()].clone();
    }
    let datatype = column.datatype.text().to_ascii_uppercase();
    let has = |part: &str| datatype.contains(part);
    if has("INT") || has("BOOL") {
        (if has("BOOL") { number % 2 } else { number }).to_string()
    } else if has("CHAR") || has("CLOB") || has("TEXT") {
        // It is JSON too, since an expression over a text may want that.
        let name = column.name.as_str().replace(['\'', '"', '\\'], "");
        format!("'\"{name} é ''{number}''\"'")
    } else if has("BLOB") {
        format!("x'00ff{number:02x}'")
    } else if has("REAL") || has("FLOA") || has("DOUB") {
        format!("{number}.25")
    } else if has("DATE") || has("TIME") {
        format!("'2026-11-{:02} 10:20:30'", number % 28 + 1)
    } else {
        // Everything that a column without a type may hold.
        match (row + attempt) % 4 {
            0 => number.to_string(),
            1 => format!("'\"text {number}\"'"),
            2 => format!("x'{number:02x}'"),
            _ => format!("{number}.5"),
        }
    }
}

/// The literals in the checks of a table: what they compare with is often what they accept.
fn literals(table: &Table) -> Vec<String> {
    let mut literals = Vec::new();
    for check in &table.checks {
        let sql = check.expression.text();
        for token in tokens(sql) {
            if matches!(token.kind, TokenKind::String | TokenKind::Number | TokenKind::Blob) {
                literals.push(token.text(sql).to_owned());
            }
        }
    }
    literals
}

/// Deletes the rows of all tables.
pub(super) fn delete_all(scratch: &Scratch, schema: &Schema) -> Result<(), AutogenerateError> {
    scratch.set_triggers(false)?;
    for table in &schema.tables {
        let sql = format!("DELETE FROM {}", table.name.quoted());
        if let Err(source) = scratch.execute(&sql) {
            return Err(AutogenerateError::Refused { sql, source });
        }
    }
    Ok(scratch.set_triggers(true)?)
}

/// The columns that two schemas share and whose values nothing is to change.
pub(super) fn surviving(from: &Schema, to: &Schema, fills: &[Fill]) -> Compared {
    let mut compared = Vec::new();
    let old_tables = from.tables_by_name();
    for new in &to.tables {
        let Some(old) = old_tables.get(&new.name) else { continue };
        let is_same = |column: &&Column| {
            let is_filled = fills.iter().any(|it| it.table == new.name && it.column == column.name);
            let old_column = old.column(&column.name);
            !is_filled
                && column.holds()
                && old_column.is_some_and(|it| it.holds() && it.datatype == column.datatype)
                // Outside STRICT it makes numbers of texts.
                && (old.is_strict == new.is_strict || !column.datatype.text().eq_ignore_ascii_case("ANY"))
        };
        let columns: Vec<Name> =
            new.columns.iter().filter(is_same).map(|it| it.name.clone()).collect();
        compared.push((new.name.clone(), columns));
    }
    compared
}

/// The values of the compared columns.
pub struct Contents {
    /// By table; each row as one text, sorted.
    tables: Vec<(Name, Vec<Vec<String>>)>,
}

impl Contents {
    /// Every value of every table of a schema.
    pub fn of(scratch: &Scratch, schema: &Schema) -> Result<Self, AutogenerateError> {
        Self::read(scratch, &surviving(schema, schema, &[]), None)
    }

    /// The first table with other rows than in `found`. What the same makes otherwise when it runs
    /// `again`, say random numbers, is not compared.
    pub fn first_other<E>(
        &self,
        found: &Self,
        again: impl FnOnce() -> Result<Self, E>,
    ) -> Result<Option<&Name>, E> {
        if self.differs_from(found).is_none() {
            return Ok(None);
        }
        let again = again()?;
        let is_other = |it: &&Name| self.has_rows_of(&again, it) && !self.has_rows_of(found, it);
        Ok(self.tables.iter().map(|(table, _)| table).find(is_other))
    }

    /// Whether a table has the same rows in both.
    fn has_rows_of(&self, other: &Self, table: &Name) -> bool {
        let rows = |(name, _): &&(Name, Vec<Vec<String>>)| name == table;
        let mine = self.tables.iter().find(rows).map(|it| &it.1);
        mine == other.tables.iter().find(rows).map(|it| &it.1)
    }

    /// Reads them; under their old names where these are given.
    pub(super) fn read(
        scratch: &Scratch,
        compared: &Compared,
        old_names: Option<&OldNames>,
    ) -> Result<Self, AutogenerateError> {
        let mut tables = Vec::new();
        for (table, columns) in compared {
            let old_table = old_names.and_then(|it| it.tables.get(table)).unwrap_or(table);
            let columns = columns.iter().map(|column| {
                let key = (table.clone(), column.clone());
                let old = old_names.and_then(|it| it.columns.get(&key)).unwrap_or(column);
                format!("quote({})", old.quoted())
            });
            // A table may share no column, but its rows are still counted.
            let columns: Vec<String> = columns.chain(["''".to_owned()]).collect();
            let sql = format!("SELECT {} FROM {}", columns.join(", "), old_table.quoted());
            let mut rows =
                scratch.texts(&sql).map_err(|source| AutogenerateError::Refused { sql, source })?;
            rows.sort();
            tables.push((table.clone(), rows));
        }
        Ok(Self { tables })
    }

    /// The first table whose rows differ.
    pub(super) fn differs_from(&self, other: &Self) -> Option<String> {
        let pairs = self.tables.iter().zip(&other.tables);
        let found = pairs.into_iter().find(|(left, right)| left.1 != right.1)?;
        Some(found.0.0.to_string())
    }
}

/// How many rows reference nothing; none where SQLite cannot say.
pub(super) fn n_dangling(scratch: &Scratch) -> usize {
    scratch.texts("SELECT \"table\" FROM pragma_foreign_key_check").map_or(0, |it| it.len())
}

/// What SQLite says of a database with this schema that is not whole.
pub(super) fn damage(scratch: &Scratch, schema: &Schema) -> Option<String> {
    let misread: Vec<String> = schema.tables.iter().filter_map(misread).collect();
    // All of it, since some of it may be wrong.
    let outcome: Result<_, SqliteError> = scratch.texts("PRAGMA integrity_check(1000000)");
    let is_wrong = |found: &str| {
        let is_about_type = found.starts_with("TEXT value") || found.starts_with("non-");
        is_about_type && misread.iter().any(|it| found.ends_with(it))
    };
    outcome.ok()?.into_iter().flatten().find(|it| it != "ok" && !is_wrong(it))
}

/// How `integrity_check` ends what it says of a value that it did not look at, but took for the
/// default of its column.
///
/// Up to 3.54.1 it counts the rowid with the virtual columns before it, and the last of the stored
/// columns without them: where both come to the same number, it does not read that last column.
fn misread(table: &Table) -> Option<String> {
    let rowid = table.rowid_column()?;
    let position = table.columns.iter().position(|it| it.name == rowid.name)?;
    let n_stored = table.columns.iter().filter(|it| it.is_stored()).count();
    let last = table.columns.iter().rfind(|it| it.is_stored())?;
    let is_misread = position + 1 == n_stored && last.name != rowid.name;
    is_misread.then(|| format!(" value in {}.{}", table.name, last.name))
}
