//! Rules about rows that may be in the way: the upgrade fails on a database that has such, and runs
//! on one that has none.
//!
//! They are silent where the body asks first, with `-- migrate:refuse-if`, or mends the rows itself.

use super::deed::{Deed, What, names};
use super::facts::{Facts, Source};
use super::finding::Findings;
use crate::diff::{Change, Diff, TableDiff};
use crate::rule::Rule;
use crate::schema::{ForeignKey, Fragment, Index, KeyColumn, Name, Schema, Table};
use crate::sql::layout::one_line;

/// `add-not-null`, `add-unique`, `add-check` and `add-foreign-key`.
pub fn check(facts: &Facts<'_>, found: &mut Findings<'_>) {
    let Some((change, diff)) = facts.diff() else { return };
    for table in &diff.altered {
        not_null(facts, table, found);
        keys(facts, table, &change.before, found);
        checks(facts, table, found);
        foreign_keys(facts, table, found);
    }
    unique_indexes(facts, &diff, &change.before, found);
}

/// What keeps a body from running while rows are in the way.
const REFUSE: &str = "`-- migrate:refuse-if MESSAGE: QUERY`";

/// Whether a statement defines a column or a constraint of a table.
fn defines(deed: &Deed<'_>) -> bool {
    matches!(deed.what, What::CreateTable(_) | What::Alter(..))
}

/// Whether a column is new and NULL in every row that is there: nothing fills it.
fn is_all_null(facts: &Facts<'_>, table: &TableDiff<'_>, name: &Name) -> bool {
    let Some(column) = table.added.iter().find(|it| it.name == *name) else { return false };
    column.holds()
        && column.default.is_none()
        && facts.copied(&table.to.name, name).is_none()
        && !facts.is_mended(&table.to.name, &[name], usize::MAX)
}

fn not_null(facts: &Facts<'_>, table: &TableDiff<'_>, found: &mut Findings<'_>) {
    let name = &table.to.name;
    let added = table.added.iter().filter(|it| {
        let is_needed = it.not_null.is_some() && it.holds() && it.default.is_none();
        is_needed && facts.copied(name, &it.name).is_none()
    });
    let changed = table.changed.iter().filter(|(old, new)| {
        let is_needed = new.not_null.is_some() && old.not_null.is_none() && new.holds();
        let is_computed = facts.copied(name, &new.name) == Some(Source::Expression);
        is_needed && !is_key(table.from, &old.name) && !is_computed
    });
    let added = added.map(|it| (*it, true));
    for (column, is_new) in added.chain(changed.map(|(_, new)| (*new, false))) {
        let column = &column.name;
        let place = facts.place(name, Some(column), &|it| defines(it) && it.names(column));
        // No statement before can set a column that is not there yet.
        let settable = [column];
        let settable = if is_new { &[][..] } else { &settable[..] };
        if facts.is_refused(name, &[column]) || facts.is_mended(name, settable, place.start) {
            continue;
        }
        let (message, first) = if is_new {
            (
                format!(
                    "`{name}.{column}` is new, must not be NULL and has no DEFAULT: the upgrade fails \
                     where there are rows"
                ),
                "give it a DEFAULT, or give the rows a value in a rebuild",
            )
        } else {
            (
                format!("`{name}.{column}` becomes NOT NULL: the upgrade fails where it is NULL"),
                "give the rows a value first, with UPDATE",
            )
        };
        let advice = format!("{first}, or refuse to run while there are such: {REFUSE}");
        found.add(Rule::AddNotNull, place, message, advice);
    }
}

/// Whether a column was never NULL, for being the rowid or in a key that forbids it.
fn is_key(table: &Table, column: &Name) -> bool {
    table.primary_key.as_ref().is_some_and(|key| {
        let forbids = key.is_rowid || table.is_without_rowid || table.is_strict;
        forbids && key.columns.iter().any(|it| it.name == *column)
    })
}

/// A column of a key, and the collation that the key gives it.
type Part = (Name, Option<Name>);

fn parts(columns: &[KeyColumn]) -> Vec<Part> {
    columns.iter().map(|it| (it.name.clone(), it.collation.clone())).collect()
}

/// The keys that the rows of a table have never shared.
fn known_keys(table: &Table, before: &Schema) -> Vec<Vec<Part>> {
    let primary = table.primary_key.iter().map(|it| parts(&it.columns));
    let uniques = table.uniques.iter().map(|it| parts(&it.columns));
    let indexes = before
        .indexes
        .iter()
        .filter(|it| it.table == table.name && it.is_unique && it.condition.is_none());
    let indexes = indexes.filter_map(|it| {
        let column = |it| Some((table.column(&plain(it))?.name.clone(), None));
        it.columns.iter().map(column).collect()
    });
    primary.chain(uniques).chain(indexes).collect()
}

/// The column that an index is over, if it is one: without `DESC`.
fn plain(key: &Fragment) -> Name {
    let text = key.text().trim();
    let text = text.strip_suffix("DESC").or_else(|| text.strip_suffix("desc")).unwrap_or(text);
    let text = text.trim().trim_matches(['"', '`', '[', ']', '\'']);
    Name::new(text)
}

/// Whether a key over these columns cannot be violated: rows that share it shared one before, or it
/// is NULL in all of them.
fn is_safe(facts: &Facts<'_>, table: &TableDiff<'_>, before: &Schema, key: &[Part]) -> bool {
    let has_same_collation = |name: &Name| {
        let old = table.from.column(name);
        old.is_some_and(|old| table.to.column(name).is_some_and(|it| it.collation == old.collation))
    };
    let is_known =
        |old: &Vec<Part>| old.iter().all(|it| key.contains(it) && has_same_collation(&it.0));
    known_keys(table.from, before).iter().any(is_known)
        || key.iter().any(|(name, _)| is_all_null(facts, table, name))
}

fn keys(facts: &Facts<'_>, table: &TableDiff<'_>, before: &Schema, found: &mut Findings<'_>) {
    let uniques = table.uniques.added.iter().map(|it| ("unique constraint", &it.columns));
    let primary = table.to.primary_key.iter().filter(|key| {
        // SQLite gives every row a number of its own.
        let is_new = table.added.iter().any(|it| it.name == key.columns[0].name);
        table.has_other_primary_key && !(key.is_rowid && is_new)
    });
    for (what, columns) in uniques.chain(primary.map(|it| ("primary key", &it.columns))) {
        if !is_safe(facts, table, before, &parts(columns)) {
            let columns: Vec<Name> = columns.iter().map(|it| it.name.clone()).collect();
            shared(facts, table.to, what, &columns, &|it| defines(it), found);
        }
    }
}

fn unique_indexes(facts: &Facts<'_>, diff: &Diff<'_>, before: &Schema, found: &mut Findings<'_>) {
    for change in &diff.indexes {
        let (old, index) = match change {
            Change::Added(index) => (None, *index),
            Change::Changed { from, to } => (Some(*from), *to),
            Change::Dropped(_) => continue,
        };
        let Some(from) = before.table(&index.table).filter(|_| index.is_unique) else { continue };
        let is_same = |it: &Index| {
            it.is_unique
                && it.table == index.table
                && it.columns == index.columns
                && (it.condition.is_none() || it.condition == index.condition)
        };
        if old.is_some_and(is_same) || before.indexes.iter().any(is_same) {
            continue;
        }
        let keys: Vec<Name> = index.columns.iter().map(plain).collect();
        let altered = diff.altered.iter().find(|it| it.to.name == index.table);
        let key: Vec<Part> = keys.iter().map(|it| (it.clone(), None)).collect();
        let is_known = match altered {
            Some(table) => is_safe(facts, table, before, &key),
            None => {
                known_keys(from, before).iter().any(|old| old.iter().all(|it| key.contains(it)))
            }
        };
        let table = altered.map_or(from, |it| it.to);
        if !is_known {
            let is_it = |it: &Deed<'_>| matches!(&it.what, What::CreateIndex(name, _) if *name == index.name);
            let what = format!("unique index `{}`", index.name);
            shared(facts, table, &what, &keys, &is_it, found);
        }
    }
}

/// Rows that may share what must be unique.
fn shared(
    facts: &Facts<'_>,
    table: &Table,
    what: &str,
    columns: &[Name],
    is_it: &dyn Fn(&Deed<'_>) -> bool,
    found: &mut Findings<'_>,
) {
    // Of an expression the columns in it.
    let inner = table.columns.iter().map(|it| &it.name);
    let inner = inner.filter(|name| columns.iter().any(|it| names(it.as_str(), name)));
    let words: Vec<&Name> = columns.iter().chain(inner).collect();
    // Rows that an UPDATE made different may still be the same; deleted ones are gone.
    let name = &table.name;
    let place = facts.place(name, columns.first(), is_it);
    if facts.is_refused(name, &words) || facts.is_mended(name, &[], place.start) {
        return;
    }
    let list = columns.iter().map(|it| one_line(it.as_str())).collect::<Vec<_>>().join(", ");
    found.add(
        Rule::AddUnique,
        place,
        format!("`{name}` gets a {what} over ({list}): the upgrade fails where rows share it"),
        format!("look for duplicates first, or refuse to run while there are some: {REFUSE}"),
    );
}

fn checks(facts: &Facts<'_>, table: &TableDiff<'_>, found: &mut Findings<'_>) {
    let name = &table.to.name;
    for check in &table.checks.added {
        let is_old = table.checks.dropped.iter().any(|it| it.expression == check.expression);
        // A new column has one value in all rows, on every database.
        let columns: Vec<&Name> = table.from.columns.iter().map(|it| &it.name).collect();
        let columns: Vec<&Name> =
            columns.into_iter().filter(|it| check.expression.names(it)).collect();
        if is_old || columns.is_empty() {
            continue;
        }
        let words: Vec<&Name> = columns.iter().copied().chain(&check.name).collect();
        let word = check.name.as_ref().or(columns.first().copied());
        let place =
            facts.place(name, word, &|it| defines(it) && columns.iter().all(|name| it.names(name)));
        if facts.is_refused(name, &words) || facts.is_mended(name, &columns, place.start) {
            continue;
        }
        let text = one_line(check.expression.text());
        found.add(
            Rule::AddCheck,
            place,
            format!(
                "`{name}` gets the check ({text}): the upgrade fails where rows are against it"
            ),
            format!("look for such rows first, or refuse to run while there are some: {REFUSE}"),
        );
    }
}

fn foreign_keys(facts: &Facts<'_>, table: &TableDiff<'_>, found: &mut Findings<'_>) {
    let name = &table.to.name;
    let is_same = |a: &ForeignKey, b: &ForeignKey| {
        a.columns == b.columns && a.parent == b.parent && a.parent_columns == b.parent_columns
    };
    for key in &table.foreign_keys.added {
        let is_old = table.foreign_keys.dropped.iter().any(|it| is_same(it, key));
        if is_old || key.columns.iter().any(|it| is_all_null(facts, table, it)) {
            continue;
        }
        let columns: Vec<&Name> = key.columns.iter().collect();
        // They are looked at when the whole body has run.
        if facts.is_refused(name, &columns) || facts.is_mended(name, &columns, usize::MAX) {
            continue;
        }
        let place =
            facts.place(name, key.columns.first(), &|it| defines(it) && it.names(&key.parent));
        let list = key.columns.iter().map(Name::as_str).collect::<Vec<_>>().join(", ");
        found.add(
            Rule::AddForeignKey,
            place,
            format!(
                "`{name}` references `{}` with ({list}): the upgrade fails where rows reference nothing",
                key.parent
            ),
            format!("look for such rows first, or refuse to run while there are some: {REFUSE}"),
        );
    }
}
