//! New keys over what an upgrade computes, which its words cannot tell apart from what rows share.

use super::facts::{Facts, Source};
use super::row_loss::has_name;
use crate::diff::Change;
use crate::schema::{Index, Name, Table};
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
}

/// The new keys with a column that the upgrade computes.
pub fn computed_keys(facts: &Facts<'_>) -> Vec<NewKey> {
    let Some((change, diff)) = facts.diff() else { return Vec::new() };
    let mut keys: Vec<(&Name, Vec<Name>)> = Vec::new();
    for table in &diff.altered {
        let primary = table.to.primary_key.iter().filter(|_| table.has_other_primary_key);
        let columns = primary.map(|it| &it.columns);
        let columns = columns.chain(table.uniques.added.iter().map(|it| &it.columns));
        keys.extend(
            columns.map(|columns| {
                (&table.to.name, columns.iter().map(|it| it.name.clone()).collect())
            }),
        );
    }
    for it in &diff.indexes {
        let (Change::Added(index) | Change::Changed { to: index, .. }) = it else { continue };
        let table = change.after.table(&index.table).filter(|_| index.is_unique);
        keys.extend(table.map(|it| (&it.name, columns_of(index, it))));
    }
    keys.retain(|(table, columns)| columns.iter().any(|it| is_computed(facts, table, it)));
    let key = |(table, columns): (&Name, Vec<Name>)| NewKey {
        table: table.clone(),
        old: change.lineage.old_table(table).clone(),
        columns,
    };
    keys.into_iter().map(key).collect()
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
