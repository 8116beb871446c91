//! A way around a rename that SQLite does not carry out.
//!
//! `INTEGER PRIMARY KEY` is the rowid until SQLite has read `WITHOUT ROWID` at the end of the table.
//! A `UNIQUE` in between that names the column still names the rowid when a rename looks for the
//! column (up to 3.54.1), and SQLite refuses the table that comes out. `INT` means the same in such a
//! table and is never the rowid: the table gets it before the rename, and its own type back with
//! everything else that is declared.

use crate::diff::Diff;
use crate::generate::{self, Options, Step};
use crate::schema::{Column, Fragment, Name, Schema, Table};
use crate::sql::lexer::{Token, tokens};

/// Tables to be made anew before columns of theirs are renamed.
#[derive(Debug, Default)]
pub(super) struct Respelling {
    /// The rebuilds.
    pub steps: Vec<Step>,
    /// The columns with another type, by table and column before the renames.
    pub columns: Vec<(Name, Name)>,
}

impl Respelling {
    /// For the tables and columns that are renamed, by their old names. Views and triggers are gone.
    pub fn new(from: &Schema, renamed: &[(Name, Name)], target: u32) -> Self {
        let mut plain = from.clone();
        (plain.views, plain.triggers) = (Vec::new(), Vec::new());
        let mut other = plain.clone();
        let mut columns = Vec::new();
        for table in &mut other.tables {
            let is_in_the_way = |it: &&(Name, Name)| it.0 == table.name && is_misread(table, &it.1);
            let Some((_, column)) = renamed.iter().find(is_in_the_way) else { continue };
            let Some(body) = table.column(column).and_then(|it| respelled(table, it)) else {
                continue;
            };
            table.body = body;
            columns.push((table.name.clone(), column.clone()));
        }
        set_type(&mut other, &columns, "INT");
        let options = Options {
            target,
            rebuilt: columns.iter().map(|it| it.0.clone()).collect(),
            ..Options::default()
        };
        let mut steps =
            generate::script(&Diff::new(&plain, &other, false), &plain, &other, &options).steps;
        for (step, (table, column)) in steps.iter_mut().zip(&columns) {
            step.comments = vec![format!(
                "{table}: {column} is INT for a while, since SQLite cannot rename it as INTEGER"
            )];
            step.notes.clear();
        }
        Self { steps, columns }
    }
}

/// Gives columns a type, by table and column.
pub(super) fn set_type(schema: &mut Schema, columns: &[(Name, Name)], datatype: &str) {
    for table in &mut schema.tables {
        for column in &mut table.columns {
            if columns.iter().any(|it| it.0 == table.name && it.1 == column.name) {
                column.datatype = Fragment::new(datatype);
            }
        }
    }
}

/// Whether a `UNIQUE` may name the column while SQLite takes it for the rowid.
fn is_misread(table: &Table, column: &Name) -> bool {
    let is_key = table.primary_key.iter().any(|it| match it.columns.as_slice() {
        [only] => only.name == *column,
        _ => false,
    });
    let is_integer = table.column(column).is_some_and(|it| it.datatype == Fragment::new("INTEGER"));
    let mut uniques = table.uniques.iter().flat_map(|it| &it.columns);
    table.is_without_rowid && is_key && is_integer && uniques.any(|it| it.name == *column)
}

/// The table with `INT` for the type of the column.
fn respelled(table: &Table, column: &Column) -> Option<String> {
    let body = &table.body;
    let is_there = |it: &Token| body[it.span.start..].starts_with(&column.definition);
    let start = tokens(body).find(is_there)?.span.start;
    let name = tokens(&column.definition).next()?;
    let behind = start + name.span.end;
    let datatype = column.datatype.text();
    let at = behind + body[behind..].find(datatype)?;
    Some(format!("{}INT{}", &body[..at], &body[at + datatype.len()..]))
}
