//! What becomes of values while an upgrade runs: tried out with rows that are made up.
//!
//! Every value is a number that stands nowhere else. What cannot be found in any table afterwards is
//! lost, through however many statements and tables it went. Nothing is concluded where the upgrade
//! does not take such rows.

use std::collections::HashSet;
use std::path::PathBuf;

use super::Request;
use super::deed::{Alteration, Conflict, Deed, What};
use crate::db::{DbError, Quoting, SchemaSnapshot, Scratch, SqliteError};
use crate::schema::{self, Name, ObjectKind, Schema, SchemaObject, Table};
use crate::sql::lexer;
use crate::sql::row_loss::loses_rows_of;

/// How many rows a table gets.
const N_ROWS: u64 = 3;

/// What becomes of the tables that an upgrade names.
#[derive(Debug, Clone, Default)]
pub struct Fate {
    /// Before.
    pub before: Schema,
    /// Before, the tables that are nobody's business.
    pub excluded: Vec<Name>,
    /// The columns whose values are nowhere afterwards, with their tables, by their names of before;
    /// `None` where that could not be tried out.
    pub lost: Option<HashSet<(Name, Name)>>,
}

/// Tries out an upgrade that may lose something; `None` if none of its statements drops a table or a
/// column, deletes rows, or overwrites all of them.
pub fn fate(
    deeds: &[Deed<'_>],
    before: &SchemaSnapshot,
    request: &Request<'_>,
) -> Result<Option<Fate>, schema::ReadError> {
    let loses = |it: &Deed<'_>| {
        matches!(it.what, What::DropTable(_) | What::Alter(_, Alteration::DropColumn(_)))
            || loses_rows_of(it.sql).is_some()
            || matches!(&it.what, What::Copy(it) if it.conflict == Conflict::Replace)
    };
    if !deeds.iter().any(loses) {
        return Ok(None);
    }
    let objects = named(deeds, before);
    let mut before = schema::read(&objects)?;
    // What the database in memory does not take is no question here.
    let lost = try_out(&objects, &before, deeds, request.replay.extensions).ok();
    let is_excluded = |it: &Table| (request.is_excluded)(it.name.as_str());
    let excluded = before.tables.extract_if(.., |it| is_excluded(it));
    let excluded = excluded.map(|it| it.name).collect();
    before.virtual_tables.retain(|it| !(request.is_excluded)(it.name.as_str()));
    Ok(Some(Fate { before, excluded, lost }))
}

/// The objects that statements name, and those that these name in turn.
pub(super) fn named(deeds: &[Deed<'_>], before: &SchemaSnapshot) -> Vec<SchemaObject> {
    let mut names = HashSet::new();
    for it in deeds {
        names.extend(lexer::names(it.sql));
    }
    let mut objects = before.called(&names);
    loop {
        let n_names = names.len();
        for it in
            objects.iter().filter(|it| matches!(it.kind, ObjectKind::View | ObjectKind::Trigger))
        {
            names.extend(lexer::names(&it.sql));
        }
        if names.len() == n_names {
            return objects;
        }
        objects = before.called(&names);
    }
}

/// Nothing could be concluded: the database in memory does not take it.
pub(super) struct Inconclusive;

impl From<DbError> for Inconclusive {
    fn from(_: DbError) -> Self {
        Self
    }
}

impl From<SqliteError> for Inconclusive {
    fn from(_: SqliteError) -> Self {
        Self
    }
}

/// Runs the statements on tables with rows; the columns whose values are nowhere afterwards.
fn try_out(
    objects: &[SchemaObject],
    before: &Schema,
    deeds: &[Deed<'_>],
    extensions: &[PathBuf],
) -> Result<HashSet<(Name, Name)>, Inconclusive> {
    let scratch = Scratch::new(Quoting::Lenient, extensions)?;
    for it in objects {
        scratch.execute(&it.sql)?;
    }
    // No row of ours passes every check.
    scratch.execute("PRAGMA ignore_check_constraints = ON")?;
    scratch.set_triggers(false)?;
    let mut marks = Marks { next: 7_000_000 };
    let mut marked = Vec::new();
    for table in &before.tables {
        marked.extend(marks.fill(&scratch, table)?);
    }
    scratch.set_triggers(true)?;
    for deed in deeds {
        scratch.execute(deed.sql)?;
    }
    let found = contents(&scratch)?;
    let lost = marked.into_iter().filter(|it| !it.marks.iter().any(|it| found.contains(it)));
    Ok(lost.map(|it| (it.table, it.column)).collect())
}

/// A column, and what stands in it.
struct Marked {
    table: Name,
    column: Name,
    marks: Vec<String>,
}

/// Makes values up.
struct Marks {
    next: u64,
}

impl Marks {
    /// Fills a table; each value is a number, written as its column wants it.
    fn fill(&mut self, scratch: &Scratch, table: &Table) -> Result<Vec<Marked>, SqliteError> {
        let columns = table.columns.iter().filter(|it| it.holds());
        let mut marked: Vec<(&str, Marked)> = columns
            .map(|it| {
                let (table, column) = (table.name.clone(), it.name.clone());
                (it.datatype.text(), Marked { table, column, marks: Vec::new() })
            })
            .collect();
        let names: Vec<String> = marked.iter().map(|it| it.1.column.quoted()).collect();
        for _ in 0..N_ROWS {
            let mut values = Vec::new();
            for (datatype, it) in &mut marked {
                let mark = self.next.to_string();
                self.next += 1;
                values.push(literal(datatype, &mark));
                // A BLOB is read in hexadecimal, and some things are kept so.
                it.marks.push(mark.chars().flat_map(|it| ['3', it]).collect());
                it.marks.push(mark);
            }
            scratch.execute(&format!(
                "INSERT INTO {} ({}) VALUES ({})",
                table.name.quoted(),
                names.join(", "),
                values.join(", ")
            ))?;
        }
        Ok(marked.into_iter().map(|it| it.1).collect())
    }
}

/// A number, written as a column of this type wants it.
pub(super) fn literal(datatype: &str, mark: &str) -> String {
    match datatype.to_ascii_uppercase().as_str() {
        "REAL" => format!("{mark}.5"),
        "INT" | "INTEGER" => mark.to_owned(),
        "BLOB" => format!("CAST('{mark}' AS BLOB)"),
        _ => format!("'{mark}'"),
    }
}

/// Everything that stands in any table.
pub(super) fn contents(scratch: &Scratch) -> Result<String, SqliteError> {
    let sql = "SELECT t.name, c.name FROM main.sqlite_schema t, pragma_table_xinfo(t.name) c
               WHERE t.type = 'table' AND t.rootpage > 0
                 AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
               ORDER BY t.name";
    let columns = scratch.texts(sql)?;
    let mut found = String::new();
    for it in columns.chunk_by(|left, right| left[0] == right[0]) {
        let values = it.iter().map(|it| {
            let column = Name::new(it[1].as_str()).quoted();
            format!("iif(typeof({column}) = 'blob', hex({column}), CAST({column} AS TEXT))")
        });
        let values = values.collect::<Vec<_>>().join(", ");
        let table = Name::new(it[0][0].as_str());
        for row in scratch.texts(&format!("SELECT {values} FROM {}", table.quoted()))? {
            for value in row {
                found.push_str(&value);
                found.push('\n');
            }
        }
    }
    Ok(found)
}
