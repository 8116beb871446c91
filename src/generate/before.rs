//! The names that things have before the first statement runs.
//!
//! A query that looks for rows in the way runs before the body, and therefore before its renames.

use std::collections::HashMap;

use crate::schema::{Fragment, Name, Table};
use crate::sql::layout::on_one_line;
use crate::sql::lexer::TokenKind;
use crate::sql::quote::identifier;

use super::Task;

/// What was renamed, by the names of afterwards.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OldNames {
    /// Tables.
    pub tables: HashMap<Name, Name>,
    /// Columns, by table (its new name) and column.
    pub columns: HashMap<(Name, Name), Name>,
}

impl Task<'_> {
    /// The table under the name that it has before, quoted where necessary.
    pub(super) fn old_table(&self, table: &Name) -> String {
        self.options.old_names.tables.get(table).unwrap_or(table).quoted()
    }

    /// A column under the name that it has before.
    pub(super) fn old_column(&self, table: &Name, column: &Name) -> String {
        let key = (table.clone(), column.clone());
        self.options.old_names.columns.get(&key).unwrap_or(column).quoted()
    }

    /// An expression over the columns of `table`, on one line, with the names of before; `None` if
    /// it uses one of `to`'s columns that was not there.
    pub(super) fn old_expression(
        &self,
        from: &Table,
        to: &Table,
        expression: &Fragment,
    ) -> Option<String> {
        let sql = expression.text();
        on_one_line(sql, |token| {
            let is_word = matches!(token.kind, TokenKind::Identifier | TokenKind::QuotedIdentifier);
            let name = token.name(sql).filter(|_| is_word).map(Name::new);
            let Some(name) = name.filter(|it| to.column(it).is_some()) else {
                return Some(token.text(sql).into());
            };
            from.column(&name)?;
            let old = self.options.old_names.columns.get(&(from.name.clone(), name));
            Some(old.map_or_else(|| token.text(sql).into(), |it| identifier(it.as_str())))
        })
    }

    /// What tells the rows of a table apart, with the names of before: the column that is the rowid,
    /// the rowid itself, or the first column of the primary key.
    pub(super) fn identity(&self, table: &Table) -> String {
        match &table.primary_key {
            Some(key) if key.is_rowid || table.is_without_rowid => {
                self.old_column(&table.name, &key.columns[0].name)
            }
            _ => rowid(&[table]).map_or_else(|| "1".to_owned(), str::to_owned),
        }
    }
}

/// A name of the rowid that is not the name of a column in any of `tables`.
pub(super) fn rowid(tables: &[&Table]) -> Option<&'static str> {
    ["rowid", "_rowid_", "oid"]
        .into_iter()
        .find(|it| tables.iter().all(|table| table.column(&Name::new(*it)).is_none()))
}
