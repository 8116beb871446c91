//! Changes that `ALTER TABLE` makes while the table stays as it is.
//!
//! What SQLite accepts depends on the rows that a table happens to have; a revision must run on
//! every database, so that only what works on all of them counts.

use crate::diff::TableDiff;
use crate::schema::{Check, Column, ForeignKey, Fragment, Name, Schema, Table};
use crate::sql::layout::one_line;
use crate::sql::lexer::{Token, TokenKind, tokens};
use crate::sql::quote;

use super::{DROPPED_VALUES, Fill, Options, Step, Task};

/// `ALTER … SET NOT NULL`, `DROP NOT NULL` and `DROP CONSTRAINT` came with 3.53.
const CONSTRAINTS: u32 = 53;
/// `ADD CHECK` came with 3.53 too, but took a NULL for a violation until 3.54, with which
/// `DROP CONSTRAINT` of foreign keys came.
const CHECKS_AND_FOREIGN_KEYS: u32 = 54;
/// `DROP COLUMN` came with 3.35, and could damage the file until 3.35.5.
const DROPPED_COLUMNS: u32 = 36;
/// From here on `ADD COLUMN` looks whether rows violate its CHECK.
const CHECKED_COLUMNS: u32 = 37;

/// One `ALTER TABLE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Alteration {
    /// What it changes.
    what: What,
    /// A sentence about it.
    comment: String,
    /// What stands behind the table's name.
    action: String,
}

/// What an `ALTER TABLE` changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    /// A column is added.
    Add(Name),
    /// A column is dropped.
    Drop(Name),
    /// A column must have a value from now on.
    SetNotNull(Name),
    /// A `CHECK` is added: which of [`TableDiff::checks`].
    Check(usize),
    /// Something that no row can be against.
    Other,
}

impl Alteration {
    /// Whether SQLite reads the whole schema for it, and fails if it does not like any of it.
    pub(super) fn reads_schema(&self) -> bool {
        matches!(self.what, What::Drop(_))
    }
}

/// The statements that change a table in place, in their order, or `None` if it has to be rebuilt.
pub(super) fn alterations(
    diff: &TableDiff<'_>,
    schema: &Schema,
    options: &Options,
) -> Option<Vec<Alteration>> {
    let (from, to) = (diff.from, diff.to);
    let is_kept = |column: &&Column| !diff.dropped.iter().any(|it| it.name == column.name);
    let keeps_a_column = from.columns.iter().filter(is_kept).any(|it| it.generated.is_none());
    if options.rebuilt.contains(&to.name)
        || diff.has_other_primary_key
        || !diff.uniques.is_empty()
        || from.is_strict != to.is_strict
        || from.is_without_rowid != to.is_without_rowid
        || (diff.wants_order && diff.has_other_order)
        || !keeps_a_column
        || fills(options, to).any(|it| !can_fill(it, diff, schema))
    {
        return None;
    }
    let mut alterations = Vec::new();
    let mut alter = |what: What, comment: String, action: String| {
        alterations.push(Alteration { what, comment, action });
    };
    for key in &diff.foreign_keys.dropped {
        if is_at(key.column.as_ref(), &diff.dropped) {
            continue;
        }
        let name = droppable(key.name.as_ref(), from, CHECKS_AND_FOREIGN_KEYS, options)?;
        alter(What::Other, format!("drop the foreign key {name}"), drop_constraint(name));
    }
    for check in &diff.checks.dropped {
        if is_at(check.column.as_ref(), &diff.dropped) {
            continue;
        }
        let name = droppable(check.name.as_ref(), from, CONSTRAINTS, options)?;
        alter(What::Other, format!("drop the check {name}"), drop_constraint(name));
    }
    for column in &diff.dropped {
        if options.target < DROPPED_COLUMNS || !can_drop(column, diff) {
            return None;
        }
        let action = format!("DROP COLUMN {}", column.name.quoted());
        alter(What::Drop(column.name.clone()), format!("drop {}", column.name), action);
    }
    for column in &diff.added {
        if !can_add(column, diff, options) {
            return None;
        }
        let action = format!("ADD COLUMN {}", column.definition);
        alter(What::Add(column.name.clone()), format!("add {}", column.name), action);
    }
    for (old, new) in &diff.changed {
        let (what, comment, action) = change_of_null(old, new, from, options)?;
        alter(what, comment, action);
    }
    for (idx, check) in diff.checks.added.iter().enumerate() {
        if is_at(check.column.as_ref(), &diff.added) {
            continue;
        }
        if options.target < CHECKS_AND_FOREIGN_KEYS || has_trap(from) {
            return None;
        }
        let (name, action) = add_check(check);
        alter(What::Check(idx), format!("add the check {name}"), action);
    }
    for key in &diff.foreign_keys.added {
        if !is_at(key.column.as_ref(), &diff.added) {
            return None;
        }
    }
    Some(alterations)
}

/// What `--fill` gives to columns of a table.
fn fills<'o>(options: &'o Options, table: &Table) -> impl Iterator<Item = &'o Fill> {
    let is_of = |it: &&Fill| it.table == table.name && table.column(&it.column).is_some();
    options.fills.iter().filter(is_of)
}

/// Whether an `UPDATE` behind the `ADD COLUMN` does the same as a rebuild: nothing is against the
/// rows in between, no trigger fires, and every name in the expression means what it means there.
fn can_fill(fill: &Fill, diff: &TableDiff<'_>, schema: &Schema) -> bool {
    let Some(column) = diff.added.iter().find(|it| it.name == fill.column) else { return false };
    let expression = Fragment::new(&fill.expression);
    let is_named = |it: &Column| expression.names(&it.name);
    column.not_null.is_none()
        && !diff.to.checks.iter().any(|it| it.expression.names(&column.name))
        && !schema.triggers.iter().any(|it| it.table == diff.from.name)
        && !diff.dropped.iter().chain(&diff.added).any(|it| is_named(it))
}

/// Whether a constraint stands at one of `columns`, and comes or goes with it.
fn is_at(column: Option<&Name>, columns: &[&Column]) -> bool {
    column.is_some_and(|column| columns.iter().any(|it| it.name == *column))
}

/// The name of a constraint that `DROP CONSTRAINT` drops.
fn droppable<'s>(
    name: Option<&'s Name>,
    table: &Table,
    since: u32,
    options: &Options,
) -> Option<&'s Name> {
    // Two constraints may have one name, and SQLite would drop the first.
    let name = name.filter(|_| options.target >= since && !has_trap(table))?;
    let n_named = table.checks.iter().filter_map(|it| it.name.as_ref()).filter(|it| *it == name);
    let n_keys = table.foreign_keys.iter().filter_map(|it| it.name.as_ref());
    let n_uniques = table.uniques.iter().filter_map(|it| it.name.as_ref());
    let n_primary = table.primary_key.iter().filter_map(|it| it.name.as_ref());
    let others = n_keys.chain(n_uniques).chain(n_primary).filter(|it| *it == name);
    (n_named.count() + others.count() == 1).then_some(name)
}

fn drop_constraint(name: &Name) -> String {
    format!("DROP CONSTRAINT {}", name.quoted())
}

fn add_check(check: &Check) -> (String, String) {
    let expression = check.expression.text();
    match &check.name {
        None => (one_line(expression), format!("ADD CHECK ({expression})")),
        Some(name) => {
            (name.to_string(), format!("ADD CONSTRAINT {} CHECK ({expression})", name.quoted()))
        }
    }
}

/// Whether SQLite mistakes words of the table for the end of a constraint: up to 3.54.1 it removes
/// the wrong `NOT` of `NOT DEFERRABLE NOT NULL`, and stops at the `DEFAULT` of `SET DEFAULT`.
fn has_trap(table: &Table) -> bool {
    let sql = table.body.as_str();
    let words: Vec<Token> = tokens(sql).filter(Token::is_significant).collect();
    words.windows(2).any(|pair| {
        let is = |first, second| pair[0].is_keyword(sql, first) && pair[1].is_keyword(sql, second);
        is("NOT", "DEFERRABLE") || is("SET", "DEFAULT")
    })
}

/// Whether `DROP COLUMN` drops the column in every database.
fn can_drop(column: &Column, diff: &TableDiff<'_>) -> bool {
    let name = &column.name;
    let from = diff.from;
    let is_key = |keys: &[crate::schema::KeyColumn]| keys.iter().any(|it| it.name == *name);
    let is_own = |at: &Option<Name>| at.as_ref() == Some(name);
    !from.primary_key.iter().any(|it| is_key(&it.columns))
        && !from.uniques.iter().any(|it| is_key(&it.columns))
        && !from.checks.iter().any(|it| {
            !is_own(&it.column)
                && it.expression.names(name)
                && diff.checks.dropped.iter().all(|gone| !std::ptr::eq(*gone, it))
        })
        && !from.foreign_keys.iter().any(|it: &ForeignKey| {
            !is_own(&it.column)
                && it.columns.contains(name)
                && diff.foreign_keys.dropped.iter().all(|gone| !std::ptr::eq(*gone, it))
        })
        && !from.columns.iter().any(|it| {
            it.name != *name && it.generated.as_ref().is_some_and(|it| it.expression.names(name))
        })
}

/// Whether `ADD COLUMN` adds the column to every database.
fn can_add(column: &Column, diff: &TableDiff<'_>, options: &Options) -> bool {
    let name = &column.name;
    let to = diff.to;
    let is_key = |keys: &[crate::schema::KeyColumn]| keys.iter().any(|it| it.name == *name);
    let has_check = to.checks.iter().any(|it| it.column.as_ref() == Some(name));
    let default = column.default.as_ref().map(|it| Constant::of(it.text()));
    let is_reserved = ["rowid", "oid", "_rowid_"].iter().any(|it| *name == Name::new(*it));
    // The table-level constraints of a new column were ruled out already, since they are new too.
    !to.primary_key.iter().any(|it| is_key(&it.columns))
        && !to.uniques.iter().any(|it| is_key(&it.columns))
        && !is_reserved
        && match (&column.generated, &default) {
            (Some(generated), _) => !generated.is_stored && column.not_null.is_none(),
            (None, Some(Constant::No)) => false,
            (None, None | Some(Constant::Null)) => column.not_null.is_none(),
            (None, Some(Constant::Value)) => true,
        }
        && (!has_check || options.target >= CHECKED_COLUMNS)
}

/// `SET NOT NULL` or `DROP NOT NULL`, if that is all that changes.
fn change_of_null(
    old: &Column,
    new: &Column,
    table: &Table,
    options: &Options,
) -> Option<(What, String, String)> {
    let is_all = old.datatype == new.datatype
        && old.default == new.default
        && old.collation == new.collation
        && old.generated == new.generated;
    let is_key = table.primary_key.iter().flat_map(|it| &it.columns).any(|it| it.name == new.name);
    if !is_all || is_key || options.target < CONSTRAINTS || has_trap(table) {
        return None;
    }
    let name = new.name.quoted();
    match new.not_null {
        None => Some((
            What::Other,
            format!("{} may be NULL", new.name),
            format!("ALTER COLUMN {name} DROP NOT NULL"),
        )),
        Some(not_null) => {
            let conflict = not_null
                .conflict
                .map_or_else(String::new, |it| format!(" ON CONFLICT {}", it.as_sql()));
            Some((
                What::SetNotNull(new.name.clone()),
                format!("{} must not be NULL", new.name),
                format!("ALTER COLUMN {name} SET NOT NULL{conflict}"),
            ))
        }
    }
}

/// What `ADD COLUMN` takes a default for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Constant {
    /// A value that is not NULL.
    Value,
    /// NULL.
    Null,
    /// An expression that it refuses where there are rows.
    No,
}

impl Constant {
    /// By the strict rule: a literal, perhaps with a sign, or a bare word.
    pub(super) fn of(default: &str) -> Self {
        let significant: Vec<Token> = tokens(default).filter(Token::is_significant).collect();
        match significant.as_slice() {
            [word] if word.kind == TokenKind::Identifier => {
                let is = |keyword| word.is_keyword(default, keyword);
                if is("NULL") {
                    Self::Null
                } else if is("CURRENT_TIME") || is("CURRENT_DATE") || is("CURRENT_TIMESTAMP") {
                    Self::No
                } else {
                    Self::Value
                }
            }
            [literal] => match literal.kind {
                TokenKind::String
                | TokenKind::Blob
                | TokenKind::Number
                | TokenKind::QuotedIdentifier => Self::Value,
                _ => Self::No,
            },
            [sign, number]
                if number.kind == TokenKind::Number && matches!(sign.text(default), "-" | "+") =>
            {
                Self::Value
            }
            _ => Self::No,
        }
    }
}

/// A default as an expression: a bare word is a string there.
pub(super) fn literal(default: &str) -> String {
    let text = one_line(default);
    let significant: Vec<Token> = tokens(&text).filter(Token::is_significant).collect();
    let values = ["NULL", "TRUE", "FALSE", "CURRENT_TIME", "CURRENT_DATE", "CURRENT_TIMESTAMP"];
    match significant.as_slice() {
        [word]
            if matches!(word.kind, TokenKind::Identifier | TokenKind::QuotedIdentifier)
                && !values.iter().any(|it| word.is_keyword(&text, it)) =>
        {
            word.name(&text).map_or_else(|| text.clone(), |it| quote::literal(&it))
        }
        _ => text,
    }
}

/// The same, for a default that is one and the same value for all rows and not NULL.
pub(super) fn value(default: &str) -> Option<String> {
    (Constant::of(default) == Constant::Value).then(|| literal(default))
}

impl Task<'_> {
    /// A step for each alteration.
    pub(super) fn alter(&self, diff: &TableDiff<'_>, alterations: &[Alteration]) -> Vec<Step> {
        let table = &diff.to.name;
        let steps = alterations.iter().map(|it| {
            let statement = format!("ALTER TABLE {} {}", table.quoted(), it.action);
            let mut step = Step::new(format!("{table}: {}", it.comment), vec![statement]);
            match &it.what {
                What::Add(name) => {
                    if self.options.is_downgrade && diff.to.column(name).is_some_and(Column::holds)
                    {
                        step.comments.push(DROPPED_VALUES.to_owned());
                    }
                    if let Some(fill) = self.fill(table, name) {
                        let (table, name) = (table.quoted(), name.quoted());
                        step.statements.push(format!("UPDATE {table} SET {name} = {fill}"));
                    }
                    step.notes.extend(self.notes_of_added(diff, name));
                }
                What::Drop(name) => step.notes.extend(self.values_dropped(diff.from, name)),
                What::SetNotNull(name) => {
                    let column = diff.to.column(name);
                    step.notes.extend(column.and_then(|it| self.nulls(diff.from, diff.to, it)));
                }
                What::Check(idx) => {
                    let check = diff.checks.added[*idx];
                    step.notes.extend(self.rows_against_check(diff.from, diff.to, check));
                }
                What::Other => {}
            }
            step
        });
        steps.collect()
    }
}
