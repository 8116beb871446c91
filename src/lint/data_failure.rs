//! Rules about rows that may be in the way: the upgrade fails on a database that has such, and runs
//! on one that has none.
//!
//! They are silent where the body asks first, with `-- migrate:refuse-if`, or mends the rows itself.

use super::deed::{Conflict, Deed, What, names};
use super::facts::{Facts, Source};
use super::filling::filled;
use super::finding::Findings;
use super::mending::{Constraint, Trouble, is_mended};
use super::new_keys::columns_of;
use crate::diff::{Change, Diff, TableDiff};
use crate::rule::Rule;
use crate::schema::{Column, ForeignKey, Fragment, Index, KeyColumn, Name, Schema, Table};
use crate::sql::layout::one_line;
use crate::sql::lexer::{Token, TokenKind, tokens};

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
    for table in &diff.tables {
        if let Change::Added(table) = table {
            filled(facts, table, change, found);
        }
    }
}

/// Whether the upgrade asks for the rows that are in the way of a constraint, by one of these words,
/// or takes care of them before this byte of the file.
fn is_handled(facts: &Facts<'_>, it: Constraint<'_>, words: &[&Name], until: usize) -> bool {
    facts.is_refused(it.table, words, &|query| it.is_asked_by(query)) || is_mended(facts, it, until)
}

/// What keeps a body from running while rows are in the way.
pub(super) const REFUSE: &str = "`-- migrate:refuse-if MESSAGE: QUERY`";

/// Whether a statement defines a column or a constraint of a table.
fn defines(deed: &Deed<'_>) -> bool {
    matches!(deed.what, What::CreateTable(_) | What::Alter(..))
}

/// Whether a column is new and NULL in every row that is there: nothing fills it.
fn is_all_null(facts: &Facts<'_>, table: &TableDiff<'_>, name: &Name) -> bool {
    let Some(column) = table.added.iter().find(|it| it.name == *name) else { return false };
    // A rebuild updates `sqlite_sequence`, which has a column `name` too.
    let aliases = facts.aliases(&table.to.name);
    let is_updated =
        |it: &Deed<'_>| matches!(&it.what, What::Update(it) if aliases.contains(&it.table));
    column.holds()
        && column.default.is_none()
        && matches!(facts.copied(&table.to.name, name), None | Some(Source::Null))
        && !facts.upgrade.iter().any(|it| is_updated(it) && it.names(name))
}

fn not_null(facts: &Facts<'_>, table: &TableDiff<'_>, found: &mut Findings<'_>) {
    let name = &table.to.name;
    let added = table.added.iter().filter(|it| {
        let copied = facts.copied(name, &it.name);
        let has_value = copied.is_some_and(|it| it != Source::Null);
        let has_default = copied.is_none() && it.default.is_some();
        it.not_null.is_some() && it.holds() && !has_default && !has_value
    });
    let both = table.to.columns.iter().filter_map(|new| Some((table.from.column(&new.name)?, new)));
    let changed = both.filter(|(old, new)| {
        let is_needed =
            forbids_null(table.to, new) && !forbids_null(table.from, old) && new.holds();
        let is_computed = facts.copied(name, &new.name) == Some(Source::Expression);
        // SQLite puts the DEFAULT where a NULL is in the way of a REPLACE.
        let is_replaced =
            facts.copies(name).next().is_some_and(|it| it.conflict == Conflict::Replace);
        let gets_default = is_replaced && new.default.is_some();
        is_needed && !is_key(table.from, &old.name) && !is_computed && !gets_default
    });
    let added = added.map(|it| (*it, true));
    for (column, is_new) in added.chain(changed.map(|(_, new)| (new, false))) {
        let column = &column.name;
        let place = facts.place(name, Some(column), &|it| defines(it) && it.names(column));
        // A copy that leaves rows out names it as it was called before.
        let lineage = facts.change.as_ref().map(|it| &it.lineage);
        let old = lineage.map(|it| it.old_columns(name, std::slice::from_ref(column)));
        let settable: Vec<&Name> = std::iter::once(column).chain(old.iter().flatten()).collect();
        // No statement before can set a column that is not there yet.
        let settable = if is_new { &[][..] } else { &settable[..] };
        let trouble = Trouble::Null;
        let constraint = Constraint { table: name, columns: settable, unique: &[], trouble };
        if is_handled(facts, constraint, &[column], place.start) {
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

/// Whether a column must not be NULL: by its definition, or as a part of a key that forbids it.
pub(super) fn forbids_null(table: &Table, column: &Column) -> bool {
    column.not_null.is_some()
        || table.primary_key.as_ref().is_some_and(|key| {
            let forbids = table.is_without_rowid || table.is_strict && !key.is_rowid;
            forbids && key.columns.iter().any(|it| it.name == column.name)
        })
}

/// Whether a column was never NULL, for being the rowid or in a key that forbids it.
pub(super) fn is_key(table: &Table, column: &Name) -> bool {
    table.primary_key.as_ref().is_some_and(|key| {
        let forbids = key.is_rowid || table.is_without_rowid || table.is_strict;
        forbids && key.columns.iter().any(|it| it.name == *column)
    })
}

/// A column of a key, and the collation that the key gives it.
pub(super) type Part = (Name, Option<Name>);

fn parts(columns: &[KeyColumn]) -> Vec<Part> {
    columns.iter().map(|it| (it.name.clone(), it.collation.clone())).collect()
}

/// The keys that the rows of a table have never shared.
pub(super) fn known_keys(table: &Table, before: &Schema) -> Vec<Vec<Part>> {
    let primary = table.primary_key.iter().map(|it| parts(&it.columns));
    let uniques = table.uniques.iter().map(|it| parts(&it.columns));
    let indexes = before
        .indexes
        .iter()
        .filter(|it| it.table == table.name && it.is_unique && it.condition.is_none());
    let indexes = indexes.filter_map(|it| {
        let column = |n| it.column(n).filter(|(name, _)| table.column(name).is_some());
        (0..it.columns.len()).map(column).collect()
    });
    primary.chain(uniques).chain(indexes).collect()
}

/// The columns that an index is over, and the expressions, as if they were columns.
fn keys_of(index: &Index) -> Vec<Name> {
    let key = |(n, key): (usize, &Fragment)| match index.column(n) {
        Some((column, None)) => column,
        _ => Name::new(key.text()),
    };
    index.columns.iter().enumerate().map(key).collect()
}

/// Whether a key over these columns cannot be violated: rows that share it shared one before, or it
/// is NULL in all of them.
fn is_safe(facts: &Facts<'_>, table: &TableDiff<'_>, before: &Schema, key: &[Part]) -> bool {
    let has_same_collation = |name: &Name| {
        let old = table.from.column(name);
        old.is_some_and(|old| table.to.column(name).is_some_and(|it| it.collation == old.collation))
    };
    let is_copied = |name: &Name, old: &Name| {
        let column = |of: &Table, name: &Name| of.column(name).map(|it| it.collation.clone());
        facts.origin(table, name).is_some_and(|it| it == old)
            && column(table.to, name) == column(table.from, old)
    };
    let is_in_key = |(old, collation): &Part| {
        key.iter().any(|(name, it)| {
            it == collation && (name == old && has_same_collation(name) || is_copied(name, old))
        })
    };
    let is_known = |old: &Vec<Part>| old.iter().all(is_in_key);
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
        let key = parts(columns);
        let columns: Vec<Name> = columns.iter().map(|it| it.name.clone()).collect();
        if !is_safe(facts, table, before, &key) && !facts.keeps_apart(&table.to.name, &columns) {
            let unique = unique_columns(table.from, before);
            shared(facts, (table.to, what), &columns, &unique, &|it| defines(it), found);
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
        if facts.trial.vacant.contains(&index.name) {
            continue;
        }
        let keys = keys_of(index);
        let altered = diff.altered.iter().find(|it| it.to.name == index.table);
        let key: Vec<Part> = keys.iter().map(|it| (it.clone(), None)).collect();
        let is_known = match altered {
            Some(table) => is_safe(facts, table, before, &key),
            None => {
                known_keys(from, before).iter().any(|old| old.iter().all(|it| key.contains(it)))
            }
        };
        let table = altered.map_or(from, |it| it.to);
        if !is_known && !facts.keeps_apart(&table.name, &columns_of(index, table)) {
            let is_it = |it: &Deed<'_>| matches!(&it.what, What::CreateIndex(name, _) if *name == index.name);
            let what = format!("unique index `{}`", index.name);
            let unique = unique_columns(from, before);
            shared(facts, (table, &what), &keys, &unique, &is_it, found);
        }
    }
}

/// The columns that no two rows of a table have ever shared.
fn unique_columns(table: &Table, before: &Schema) -> Vec<Name> {
    let keys = known_keys(table, before).into_iter().filter(|it| it.len() == 1);
    keys.flatten().map(|(name, _)| name).collect()
}

/// Rows that may share what must be unique.
fn shared(
    facts: &Facts<'_>,
    (table, what): (&Table, &str),
    columns: &[Name],
    unique: &[Name],
    is_it: &dyn Fn(&Deed<'_>) -> bool,
    found: &mut Findings<'_>,
) {
    // Of an expression the columns in it.
    let inner = table.columns.iter().map(|it| &it.name);
    let inner = inner.filter(|name| columns.iter().any(|it| names(it.as_str(), name)));
    let words: Vec<&Name> = columns.iter().chain(inner).collect();
    let name = &table.name;
    let place = facts.place(name, columns.first(), is_it);
    let constraint = Constraint { table: name, columns: &words, unique, trouble: Trouble::Shared };
    if is_handled(facts, constraint, &words, place.start) {
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
        let is_loosened = table
            .checks
            .dropped
            .iter()
            .any(|it| allows_all_of(check.expression.text(), it.expression.text()));
        let is_it = |it: &(Name, Fragment)| it.0 == *name && it.1 == check.expression;
        if is_old || is_loosened || facts.trial.passed.iter().any(is_it) {
            continue;
        }
        if columns.is_empty() {
            against_itself(facts, table.to, &check.expression, found);
            continue;
        }
        let words: Vec<&Name> = columns.iter().copied().chain(&check.name).collect();
        let word = check.name.as_ref().or(columns.first().copied());
        let place =
            facts.place(name, word, &|it| defines(it) && columns.iter().all(|name| it.names(name)));
        let (unique, trouble) = (&[][..], Trouble::Against);
        let constraint = Constraint { table: name, columns: &columns, unique, trouble };
        if is_handled(facts, constraint, &words, place.start) {
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

/// A check over new columns alone that what they hold is against.
fn against_itself(facts: &Facts<'_>, table: &Table, check: &Fragment, found: &mut Findings<'_>) {
    let name = &table.name;
    let is_it = |it: &&(Name, Fragment)| it.0 == *name && it.1 == *check;
    if facts.trial.violated.iter().find(is_it).is_none() {
        return;
    }
    let words = table.columns.iter().map(|it| &it.name).filter(|it| check.names(it));
    let words: Vec<&Name> = words.collect();
    let constraint =
        Constraint { table: name, columns: &words, unique: &[], trouble: Trouble::Against };
    if facts.is_refused(name, &words, &|query| constraint.is_asked_by(query)) {
        return;
    }
    let place = facts.place(name, None, &|it| {
        let names_all = tokens(check.text()).filter(|it| it.kind == TokenKind::Identifier);
        defines(it)
            && names_all
                .filter_map(|token| token.name(check.text()))
                .all(|word| it.names(&Name::new(word)))
    });
    found.add(
        Rule::AddCheck,
        place,
        format!(
            "`{name}` gets the check ({}), and the DEFAULT of the new column is against it: the upgrade \
             fails where there are rows",
            one_line(check.text())
        ),
        "give the column a DEFAULT that the check takes",
    );
}

/// Whether a check `a IN (…)` takes all that an old one of the same form took.
fn allows_all_of(new: &str, old: &str) -> bool {
    let parts = |sql: &str| {
        let words: Vec<Token> = tokens(sql).filter(Token::is_significant).collect();
        let at = words.iter().position(|it| it.is_keyword(sql, "IN"))?;
        let text = |it: &Token| it.text(sql).to_owned();
        // An expression, or a NOT, is another matter.
        let [name] = &words[..at] else { return None };
        let name = Name::new(name.name(sql)?);
        let [first, list @ .., last] = &words[at + 1..] else { return None };
        let is_list = first.kind == TokenKind::LeftParenthesis
            && last.kind == TokenKind::RightParenthesis
            && list.iter().step_by(2).all(|it| {
                matches!(it.kind, TokenKind::String | TokenKind::Number | TokenKind::Blob)
            });
        let values: Vec<String> = list.iter().step_by(2).map(text).collect();
        is_list.then_some((name, values))
    };
    let (Some((name, values)), Some((old_name, old_values))) = (parts(new), parts(old)) else {
        return false;
    };
    name == old_name && old_values.iter().all(|it| values.contains(it))
}

fn foreign_keys(facts: &Facts<'_>, table: &TableDiff<'_>, found: &mut Findings<'_>) {
    let name = &table.to.name;
    let is_same = |a: &ForeignKey, b: &ForeignKey| {
        a.columns == b.columns && a.parent == b.parent && a.parent_columns == b.parent_columns
    };
    for key in &table.foreign_keys.added {
        let is_old = table.foreign_keys.dropped.iter().any(|it| is_same(it, key));
        let is_null = || key.columns.iter().any(|it| is_all_null(facts, table, it));
        if is_old || is_null() || facts.is_resolved(name, &key.columns) {
            continue;
        }
        // A copy that leaves rows out names them as they were called before.
        let old = facts.change.as_ref().map(|it| it.lineage.old_columns(name, &key.columns));
        let columns: Vec<&Name> = key.columns.iter().chain(old.iter().flatten()).collect();
        // They are looked at when the whole body has run.
        let (unique, trouble) = (&[][..], Trouble::Dangling);
        let constraint = Constraint { table: name, columns: &columns, unique, trouble };
        if is_handled(facts, constraint, &columns, usize::MAX) {
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
