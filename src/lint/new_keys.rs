//! New keys over what an upgrade or the schema computes, which words cannot tell apart from what rows
//! share.

use super::facts::{Facts, Source};
use super::row_loss::has_name;
use crate::diff::Change;
use crate::schema::{Fragment, Index, Name, Table};
use crate::sql::lexer::has_keyword;

/// A key that a table of before gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey {
    /// The table, by its name of after.
    pub table: Name,
    /// The same, by its name of before.
    pub old: Name,
    /// The columns that decide.
    pub columns: Vec<Name>,
    /// What must differ, as SQL.
    pub parts: Vec<String>,
}

/// The new keys with a part that is computed.
pub fn computed_keys(facts: &Facts<'_>) -> Vec<NewKey> {
    let Some((change, diff)) = facts.diff() else { return Vec::new() };
    let mut keys: Vec<NewKey> = Vec::new();
    let mut add = |table: &Table, columns: Vec<Name>, parts: Vec<String>, is_derived: bool| {
        if is_derived || columns.iter().any(|it| is_computed(facts, &table.name, it)) {
            let old = change.lineage.old_table(&table.name).clone();
            keys.push(NewKey { table: table.name.clone(), old, columns, parts });
        }
    };
    for table in &diff.altered {
        let primary = table.to.primary_key.iter().filter(|_| table.has_other_primary_key);
        let columns = primary.map(|it| &it.columns);
        let columns = columns.chain(table.uniques.added.iter().map(|it| &it.columns));
        for columns in columns {
            let columns: Vec<Name> = columns.iter().map(|it| it.name.clone()).collect();
            let parts = columns.iter().map(Name::quoted).collect();
            let is_derived = columns.iter().any(|it| is_generated(table.to, it));
            add(table.to, columns, parts, is_derived);
        }
    }
    for it in &diff.indexes {
        let (Change::Added(index) | Change::Changed { to: index, .. }) = it else { continue };
        let table = change.after.table(&index.table).filter(|_| index.is_unique);
        let Some(table) = table else { continue };
        let part = |(n, it): (usize, &Fragment)| match index.column(n) {
            Some((column, _)) => column.quoted(),
            // Which way it is sorted is no part of it.
            None => format!("({})", it.text().trim_end_matches(" DESC")),
        };
        let parts = index.columns.iter().enumerate().map(part).collect();
        let is_derived = |n| index.column(n).is_none_or(|(it, _)| is_generated(table, &it));
        // Of the rows that are tried, a WHERE may leave out all.
        let is_derived = index.condition.is_none() && (0..index.columns.len()).any(is_derived);
        add(table, columns_of(index, table), parts, is_derived);
    }
    keys
}

/// Whether the table computes a column.
fn is_generated(table: &Table, column: &Name) -> bool {
    table.column(column).is_some_and(|it| it.generated.is_some())
}

/// The columns of a table that an index is over, be it in an expression.
pub fn columns_of(index: &Index, table: &Table) -> Vec<Name> {
    let names = table.columns.iter().map(|it| &it.name);
    names.filter(|name| index.columns.iter().any(|it| it.names(name))).cloned().collect()
}

/// Whether a column gets what is made of columns: not as one of them stands, nor one value in all rows.
fn is_computed(facts: &Facts<'_>, table: &Name, column: &Name) -> bool {
    let is_made = |value: &str| has_name(value) || has_keyword(value, "OVER");
    let mut copies = facts.copies(table);
    let copy = copies.next().filter(|_| copies.next().is_none());
    let is_copied = copy.is_some_and(|it| it.values.iter().any(|it| is_made(&it.text)))
        && facts.copied(table, column) == Some(Source::Expression);
    is_copied || facts.given(table, column).any(is_made)
}
