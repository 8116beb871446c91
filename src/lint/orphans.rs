//! New foreign keys over what a copy computes: whether a row that references nothing can come of it.
//! What the copy takes as it stands may be anything, and is not asked.

use super::facts::{Facts, Source};
use super::fate::Inconclusive;
use crate::db::Scratch;
use crate::schema::{ForeignKey, Name};

/// A foreign key that a table of before gets, and what its column is made of.
#[derive(Debug, Clone)]
pub struct Lookup {
    /// The table, by its name of after.
    pub table: Name,
    /// The same, by its name of before.
    pub old: Name,
    /// What the copy gives to the column, as SQL.
    pub expression: String,
    /// The foreign key.
    pub key: ForeignKey,
}

/// The new foreign keys over one column that the only copy computes.
pub fn lookups(facts: &Facts<'_>) -> Vec<Lookup> {
    let Some((change, diff)) = facts.diff() else { return Vec::new() };
    let mut found = Vec::new();
    for table in &diff.altered {
        let name = &table.to.name;
        let mut copies = facts.copies(name);
        let copy = copies.next().filter(|it| copies.next().is_none() && !it.source.is_joined);
        let Some(copy) = copy else { continue };
        for key in &table.foreign_keys.added {
            let [column] = &key.columns[..] else { continue };
            let is_computed = facts.copied(name, column) == Some(Source::Expression)
                && facts.given(name, column).next().is_none();
            let place = copy.place(Some(table.to), column).filter(|_| is_computed);
            let value = place.and_then(|it| copy.values.get(it));
            found.extend(value.map(|value| Lookup {
                table: name.clone(),
                old: change.lineage.old_table(name).clone(),
                expression: value.text.clone(),
                key: (*key).clone(),
            }));
        }
    }
    found
}

impl Lookup {
    /// Whether rows reference something after the upgrade, and none what is not there.
    pub fn is_resolved(&self, scratch: &Scratch) -> Result<bool, Inconclusive> {
        let ([column], [to]) = (&self.key.columns[..], &self.key.parent_columns[..]) else {
            return Ok(false);
        };
        let (table, parent) = (self.table.quoted(), self.key.parent.quoted());
        let (column, to) = (column.quoted(), to.quoted());
        let filled = format!("SELECT 1 FROM {table} AS child WHERE child.{column} IS NOT NULL");
        let dangling = format!(
            "{filled} AND NOT EXISTS (SELECT 1 FROM {parent} AS parent WHERE parent.{to} = child.{column})"
        );
        let is_any = |query: &str| scratch.rows_found(query).map(|it| it.is_some());
        Ok(is_any(&filled)? && !is_any(&dangling)?)
    }
}
