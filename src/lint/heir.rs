//! A table that a rebuild puts in the place of another one with a constraint that is new, and whether
//! it would have taken a row that the copy leaves out: only what it refuses is left out for it.

use super::deed::What;
use super::facts::{Change, Facts, Source};
use super::fate::{Inconclusive, literal};
use super::made_up::{Row, into};
use super::mending::newly_constrained;
use crate::db::Scratch;
use crate::diff::{Diff, TableDiff};
use crate::schema::{Affinity, Fragment, Name, Table};

/// A table of before, and the one that has its place afterwards.
#[derive(Debug)]
pub struct Heir {
    /// By its name of before.
    pub old: Name,
    /// The columns that the new constraints are about, by their names of before.
    pub constrained: Vec<Name>,
    /// The condition of the one copy.
    pub filter: Option<String>,
    table: Table,
    /// Columns that hold values: their names of before and after.
    columns: Vec<(Name, Name)>,
    /// The checks that are new.
    checks: Vec<Fragment>,
}

/// The tables that are rebuilt with new constraints, where a row can be put beside those that were
/// copied as it was: not where the copy computes what they are about, or its type is another one.
pub fn heirs(facts: &Facts<'_>) -> Vec<Heir> {
    let drops = facts.upgrade.iter().any(|it| matches!(it.what, What::DropTable(_)));
    let Some((change, diff)) = facts.diff().filter(|_| drops) else { return Vec::new() };
    change.after.tables.iter().filter_map(|table| Heir::new(facts, change, &diff, table)).collect()
}

impl Heir {
    fn new(facts: &Facts<'_>, change: &Change, diff: &Diff<'_>, table: &Table) -> Option<Self> {
        let before = change.before.table(&table.name)?;
        let filter = facts.copies(&table.name).next()?.source.filter.clone();
        let constrained = newly_constrained(change, diff, &table.name);
        let altered = diff.altered.iter().find(|it| it.to.name == table.name);
        let is_other = |name: &Name| {
            let old = before.column(name).zip(table.column(name));
            facts.copied(&table.name, name) == Some(Source::Expression)
                || facts.given(&table.name, name).next().is_some()
                || old
                    .is_some_and(|(old, new)| Affinity::of(old, before) != Affinity::of(new, table))
        };
        if constrained.is_empty() || constrained.iter().any(is_other) {
            return None;
        }
        let old = |name: &Name| {
            change.lineage.old_columns(&table.name, std::slice::from_ref(name)).remove(0)
        };
        let staying =
            table.columns.iter().filter(|it| it.holds() && before.column(&it.name).is_some());
        Some(Self {
            old: change.lineage.old_table(&table.name).clone(),
            constrained: constrained.iter().map(old).collect(),
            filter,
            columns: staying.map(|it| (old(&it.name), it.name.clone())).collect(),
            checks: altered.map_or_else(Vec::new, new_checks),
            table: table.clone(),
        })
    }

    /// Whether it takes a row as it was, beside those that are there.
    pub fn takes(&self, row: &Row, scratch: &Scratch) -> Result<bool, Inconclusive> {
        let scratch = scratch.copy()?;
        // No row of ours passes every check, and only the new ones matter.
        scratch.execute("PRAGMA ignore_check_constraints = ON")?;
        scratch.execute("PRAGMA foreign_keys = ON")?;
        scratch.set_triggers(false)?;
        let mut values = Vec::new();
        for column in self.table.columns.iter().filter(|it| it.holds()) {
            let old = self.columns.iter().find(|(_, new)| *new == column.name).map(|(old, _)| old);
            let value = old.and_then(|old| row.values.iter().find(|(name, _)| name == old));
            match value {
                Some((_, value)) => values.push((&column.name, value.clone())),
                None if column.not_null.is_some() && column.default.is_none() => {
                    values.push((&column.name, literal(column.datatype.text(), "7999999")));
                }
                None => {}
            }
        }
        let n_against = self.n_against(&scratch)?;
        // Whatever the table says of rows that are in the way.
        let insert = format!("INSERT OR ABORT {}", into(&self.table, &values));
        Ok(scratch.execute(&insert).is_ok() && self.n_against(&scratch)? == n_against)
    }

    /// How many rows are against each of the new checks.
    fn n_against(&self, scratch: &Scratch) -> Result<Vec<Vec<Vec<String>>>, Inconclusive> {
        let table = self.table.name.quoted();
        let count = |check: &Fragment| {
            scratch.texts(&format!(
                "SELECT CAST(count(*) AS TEXT) FROM {table} WHERE NOT ({})",
                check.text()
            ))
        };
        Ok(self.checks.iter().map(count).collect::<Result<_, _>>()?)
    }

    /// What decides which rows the copy leaves out, and which the table would refuse, as SQL.
    pub fn conditions(&self) -> Vec<&str> {
        let checks = self.checks.iter().map(Fragment::text);
        self.filter.as_deref().into_iter().chain(checks).collect()
    }
}

/// The checks of a table that it did not have.
fn new_checks(table: &TableDiff<'_>) -> Vec<Fragment> {
    let is_old = |it: &Fragment| table.checks.dropped.iter().any(|old| old.expression == *it);
    let added = table.checks.added.iter().map(|it| it.expression.clone());
    added.filter(|it| !is_old(it)).collect()
}
