//! `CREATE TABLE`.
//!
//! The grammar is that of `create_table` in SQLite's `parse.y` (read at 3.54.1). Columns come first
//! and constraints after them; commas between constraints may be missing.

use std::ops::Range;

use super::cursor::{Cursor, Expected};
use super::{Column, KeyColumn, Name, SchemaObject, Table, hint, read};
use crate::sql::lexer::TokenKind;

/// A table that is being read.
pub(super) struct TableReader<'a> {
    pub cursor: Cursor<'a>,
    pub table: Table,
    /// Where each column is defined, in bytes.
    pub column_spans: Vec<Range<usize>>,
    /// `PRIMARY KEY DESC` at a column: an old mistake of SQLite's, kept for old files, is that such
    /// a column is not the rowid.
    pub has_descending_column_key: bool,
}

/// Reads `CREATE TABLE`, from behind `CREATE`.
pub(super) fn table(object: &SchemaObject, mut cursor: Cursor<'_>) -> Result<Table, Expected> {
    read::head(&mut cursor, "TABLE")?;
    let table = Table {
        name: Name::new(&object.name),
        columns: Vec::new(),
        primary_key: None,
        uniques: Vec::new(),
        checks: Vec::new(),
        foreign_keys: Vec::new(),
        is_strict: false,
        is_without_rowid: false,
        body: hint::without_hints(cursor.text(cursor.next()..cursor.end())).into_owned(),
    };
    let mut reader =
        TableReader { cursor, table, column_spans: Vec::new(), has_descending_column_key: false };
    reader.columns_and_constraints()?;
    reader.options()?;
    Ok(reader.finish())
}

impl TableReader<'_> {
    fn columns_and_constraints(&mut self) -> Result<(), Expected> {
        if !self.cursor.eat_kind(TokenKind::LeftParenthesis) {
            return Err(self.cursor.expected("("));
        }
        self.column()?;
        while self.cursor.eat_kind(TokenKind::Comma) {
            if self.is_table_constraint() {
                self.constraints()?;
                break;
            }
            self.column()?;
        }
        if self.cursor.eat_kind(TokenKind::RightParenthesis) {
            Ok(())
        } else {
            Err(self.cursor.expected(")"))
        }
    }

    /// Whether a constraint begins here, and not a column: these words cannot be names.
    fn is_table_constraint(&self) -> bool {
        let words = ["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"];
        words.iter().any(|it| self.cursor.is(&[it]))
    }

    fn options(&mut self) -> Result<(), Expected> {
        while self.cursor.peek(0).is_some() {
            if self.cursor.eat(&["WITHOUT", "ROWID"]) {
                self.table.is_without_rowid = true;
            } else if self.cursor.eat(&["STRICT"]) {
                self.table.is_strict = true;
            } else if !self.cursor.eat_kind(TokenKind::Comma) {
                return Err(self.cursor.expected("a table option"));
            }
        }
        Ok(())
    }

    /// Leaves out what says nothing, now that all of the table is known.
    fn finish(self) -> Table {
        let mut table = self.table;
        hint::assign(self.cursor.sql(), &mut table.columns, &self.column_spans);
        for it in table.uniques.iter_mut().flat_map(|it| &mut it.columns) {
            leave_out_own_collation(it, &table.columns);
        }
        read_strings(&mut table);
        let Some(primary_key) = &mut table.primary_key else { return table };
        let position = |key: &KeyColumn| table.columns.iter().position(|it| it.name == key.name);
        let positions: Vec<usize> = primary_key.columns.iter().filter_map(position).collect();
        let is_integer = match (&positions[..], &primary_key.columns[..]) {
            ([idx], [_]) => {
                let datatype = &table.columns[*idx].datatype;
                datatype.is_word("integer") && !self.has_descending_column_key
            }
            _ => false,
        };
        primary_key.is_rowid = is_integer && !table.is_without_rowid;
        for it in &mut primary_key.columns {
            leave_out_own_collation(it, &table.columns);
            // SQLite forgets it before it comes to WITHOUT ROWID.
            it.collation.take_if(|_| is_integer);
            it.is_descending &= !primary_key.is_rowid;
        }
        let is_implied = table.is_strict || table.is_without_rowid;
        for idx in positions {
            let not_null = &mut table.columns[idx].not_null;
            let has_clause = not_null.is_some_and(|it| it.conflict.is_some());
            if primary_key.is_rowid || (is_implied && !has_clause) {
                *not_null = None;
            }
        }
        table
    }
}

/// Finds the strings among what is in double quotes, now that the columns are known.
fn read_strings(table: &mut Table) {
    for it in &mut table.checks {
        it.expression.with_strings(|it| read::is_column(it, &table.columns));
    }
    for idx in 0..table.columns.len() {
        if let Some(mut it) = table.columns[idx].generated.take() {
            it.expression.with_strings(|it| read::is_column(it, &table.columns));
            table.columns[idx].generated = Some(it);
        }
    }
}

/// A collation that the column has anyway says nothing in a key.
fn leave_out_own_collation(key: &mut KeyColumn, columns: &[Column]) {
    let column = columns.iter().find(|it| it.name == key.name);
    let own = column.and_then(|it| it.collation.as_ref()).map_or("BINARY", Name::as_str);
    key.collation.take_if(|it| it.is(own));
}
