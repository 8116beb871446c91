//! A new table that is filled from another one, whose rows it may not take.

use super::data_failure::{Part, REFUSE, forbids_null, is_key, known_keys};
use super::deed::{Copy, Deed, What};
use super::facts::{Change, Facts};
use super::finding::Findings;
use super::mending::{Constraint, Trouble, is_mended};
use crate::rule::Rule;
use crate::schema::{Name, Schema, Table};
use crate::sql::layout::one_line;

/// `add-not-null`, `add-unique`, `add-check` and `add-foreign-key` for a new table.
pub fn filled(facts: &Facts<'_>, table: &Table, change: &Change, found: &mut Findings<'_>) {
    for copy in facts.copies(&table.name).filter(|it| !it.source.is_joined) {
        let touched = || change.before.table(&copy.from).map(|it| (it, &change.before));
        let from = change.sources.table(&copy.from).map(|it| (it, &change.sources));
        let Some((from, before)) = from.or_else(touched) else { continue };
        let filling = Filling { facts, table, copy, from };
        filling.not_null(found);
        filling.keys(before, found);
        filling.checks(found);
        filling.foreign_keys(found);
    }
}

/// A copy into a new table.
struct Filling<'f, 'a> {
    facts: &'f Facts<'a>,
    table: &'f Table,
    copy: &'f Copy,
    from: &'f Table,
}

impl Filling<'_, '_> {
    /// The column of the old table that one of the new table gets as it stands.
    fn origin(&self, column: &Name) -> Option<&Name> {
        self.copy.origin(self.table, self.from, column)
    }

    fn not_null(&self, found: &mut Findings<'_>) {
        let needed = self.table.columns.iter().filter(|it| {
            it.holds() && forbids_null(self.table, it) && !self.table.is_rowid(&it.name)
        });
        for column in needed {
            let Some(origin) = self.origin(&column.name) else { continue };
            let is_known = self.from.column(origin).is_none_or(|it| forbids_null(self.from, it));
            if is_known || is_key(self.from, origin) || self.is_handled(&[origin], Trouble::Null) {
                continue;
            }
            found.add(
                Rule::AddNotNull,
                self.place(origin),
                format!(
                    "`{}.{}` must not be NULL and is filled with `{origin}` of `{}`: the upgrade fails \
                     where that is NULL",
                    self.table.name, column.name, self.copy.from
                ),
                format!(
                    "leave such rows out, give them a value, or refuse to run while there are some: {REFUSE}"
                ),
            );
        }
    }

    fn keys(&self, before: &Schema, found: &mut Findings<'_>) {
        let primary = self.table.primary_key.iter().map(|it| ("primary key", &it.columns));
        let uniques = self.table.uniques.iter().map(|it| ("unique constraint", &it.columns));
        for (what, key) in primary.chain(uniques) {
            // What is computed may well differ.
            let origins: Option<Vec<&Name>> = key.iter().map(|it| self.origin(&it.name)).collect();
            let Some(origins) = origins else { continue };
            let is_known = |old: &Vec<Part>| old.iter().all(|(name, _)| origins.contains(&name));
            if known_keys(self.from, before).iter().any(is_known)
                || self.is_handled(&origins, Trouble::Shared)
            {
                continue;
            }
            let list = origins.iter().map(|it| it.as_str()).collect::<Vec<_>>().join(", ");
            found.add(
                Rule::AddUnique,
                self.place(origins[0]),
                format!(
                    "`{}` has a {what} and is filled with ({list}) of `{}`: the upgrade fails where rows \
                     share it",
                    self.table.name, self.copy.from
                ),
                format!(
                    "copy each once, with DISTINCT or GROUP BY, or refuse to run while there are some: \
                     {REFUSE}"
                ),
            );
        }
    }

    fn checks(&self, found: &mut Findings<'_>) {
        for check in &self.table.checks {
            let holding = self.table.columns.iter().filter(|it| check.expression.names(&it.name));
            // What is computed, or a default, may well be right.
            let origins: Vec<&Name> = holding.filter_map(|it| self.origin(&it.name)).collect();
            let is_old = self.from.checks.iter().any(|it| it.expression == check.expression);
            if origins.is_empty() || is_old || self.is_handled(&origins, Trouble::Against) {
                continue;
            }
            found.add(
                Rule::AddCheck,
                self.place(origins[0]),
                format!(
                    "`{}` has the check ({}) and is filled with rows of `{}`: the upgrade fails where \
                     they are against it",
                    self.table.name,
                    one_line(check.expression.text()),
                    self.copy.from
                ),
                format!("leave such rows out, or refuse to run while there are some: {REFUSE}"),
            );
        }
    }

    fn foreign_keys(&self, found: &mut Findings<'_>) {
        for key in &self.table.foreign_keys {
            let origins: Option<Vec<&Name>> =
                key.columns.iter().map(|it| self.origin(it)).collect();
            let Some(origins) = origins else { continue };
            let is_same = |columns: &[Name]| columns.iter().eq(origins.iter().copied());
            // They reference their own rows, or what they have referenced before, or what is filled
            // from the same table.
            let is_own = key.parent == self.copy.from && is_same(&key.parent_columns);
            let mut old = self.from.foreign_keys.iter();
            let is_old = old.any(|it| it.parent == key.parent && is_same(&it.columns));
            let is_beside = self.facts.copies(&key.parent).any(|it| it.from == self.copy.from);
            if is_own || is_old || is_beside || self.is_handled(&origins, Trouble::Dangling) {
                continue;
            }
            let list = origins.iter().map(|it| it.as_str()).collect::<Vec<_>>().join(", ");
            found.add(
                Rule::AddForeignKey,
                self.place(origins[0]),
                format!(
                    "`{}` references `{}` and is filled with ({list}) of `{}`: the upgrade fails where \
                     that references nothing",
                    self.table.name, key.parent, self.copy.from
                ),
                format!("leave such rows out, or refuse to run while there are some: {REFUSE}"),
            );
        }
    }

    /// Whether the upgrade takes care of the rows that are in the way.
    fn is_handled(&self, columns: &[&Name], trouble: Trouble) -> bool {
        let of = |table| Constraint { table, columns, unique: &[], trouble };
        let (new, old) = (of(&self.table.name), of(&self.copy.from));
        let asks = |query: &str| old.is_asked_by(query);
        self.facts.is_refused(old.table, columns, &asks)
            || is_mended(self.facts, new, 0)
            || is_mended(self.facts, old, usize::MAX)
    }

    fn place(&self, column: &Name) -> std::ops::Range<usize> {
        let is_it = |it: &Deed<'_>| matches!(&it.what, What::Copy(it) if it == self.copy);
        self.facts.place(&self.table.name, Some(column), &is_it)
    }
}
