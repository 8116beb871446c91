//! Which rows a step would lose, and which it may fail on, as queries over the database of before.

use std::collections::HashSet;

use crate::diff::TableDiff;
use crate::flag::{part, shell};
use crate::schema::{Check, Column, Index, KeyColumn, Name, Table};

use super::affinity::{Affinity, is_of_type, unfit};
use super::in_place::{self, Constant};
use super::new_rows::NewRows;
use super::rebuild::rebuilt_table;
use super::{Note, Step, Task};

impl Task<'_> {
    /// A note about rows of a table of the old side.
    pub(super) fn note(
        &self,
        table: &Table,
        is_refused: bool,
        hazard: String,
        rows: String,
        query: String,
    ) -> Note {
        Note {
            is_refused,
            hazard,
            rows,
            query,
            flag: None,
            table: self.old_table(&table.name),
            identity: self.identity(table),
        }
    }

    /// All rows of a table that is dropped.
    pub(super) fn rows_deleted(&self, table: &Table) -> Note {
        let name = &table.name;
        if let Some(whole) = rebuilt_table(name) {
            return self.note(
                table,
                true,
                format!(
                    "drops {name}, which has the rows of {whole} from before a rebuild that did not \
                     come to its end"
                ),
                format!("rows of {whole} from before a rebuild that failed are in {name} alone"),
                format!("SELECT {} FROM {}", self.identity(table), self.old_table(name)),
            );
        }
        self.note(
            table,
            false,
            format!("drops the table {name} with all its rows"),
            format!("rows of {name} are deleted with it"),
            format!("SELECT {} FROM {}", self.identity(table), self.old_table(name)),
        )
    }

    /// The rows of other tables that reference one that is dropped.
    pub(super) fn rows_orphaned(&self, table: &Table) -> Vec<Note> {
        let mut notes = Vec::new();
        for child in &self.to.tables {
            let Some(old) = self.old_tables.get(&child.name) else { continue };
            for key in child.foreign_keys.iter().filter(|it| it.parent == table.name) {
                if old.foreign_keys.contains(key) {
                    let hazard =
                        format!("{} references {}, which is dropped", child.name, table.name);
                    notes.extend(self.orphans(old, child, key).map(|it| Note { hazard, ..it }));
                }
            }
        }
        notes
    }

    /// The rows with a value in a column that is dropped; its default is nothing to be missed.
    pub(super) fn values_dropped(&self, table: &Table, column: &Name) -> Option<Note> {
        let dropped = table.column(column).filter(|it| it.holds())?;
        let name = &table.name;
        let old = self.old_column(name, column);
        let identity = self.identity(table);
        // Under another collation than BINARY, values that differ may count as equal.
        let default = dropped.default.as_ref().filter(|_| dropped.collation.is_none());
        let (what, condition) = match default.and_then(|it| in_place::value(it.text())) {
            Some(default) => ("a value other than the default", format!("{old} <> {default}")),
            None => ("a value", format!("{old} IS NOT NULL")),
        };
        Some(self.note(
            table,
            false,
            format!("drops {name}.{column} with its values"),
            format!("rows of {name} have {what} in {column}, which is dropped"),
            format!("SELECT {identity} FROM {} WHERE {condition}", self.old_table(name)),
        ))
    }

    /// The rows without a value in a column that must have one.
    pub(super) fn nulls(&self, from: &Table, to: &Table, column: &Column) -> Option<Note> {
        let (table, name) = (&to.name, &column.name);
        // Another type makes another value of it, but no NULL and none out of NULL.
        let rows = NewRows::new(self, from, to);
        let (source, value) = rows.offered(to.column(name)?)?;
        let query = rows.query(&source, &format!("{value} IS NULL"));
        let hazard = format!("{table}.{name} becomes NOT NULL");
        let mut note =
            self.note(from, true, hazard, format!("rows of {table} have NULL in {name}"), query);
        note.flag = self.fill_flag(table, column);
        Some(note)
    }

    /// The option that gives rows a value.
    fn fill_flag(&self, table: &Name, column: &Column) -> Option<String> {
        let is_possible = !self.options.is_downgrade
            && column.holds()
            && self.fill(table, &column.name).is_none();
        is_possible.then(|| {
            let (table, column) = (part(table.as_str()), part(column.name.as_str()));
            format!("--fill {}", shell(&format!("{table}.{column}=EXPRESSION")))
        })
    }

    /// The rows that violate a `CHECK`.
    pub(super) fn rows_against_check(
        &self,
        from: &Table,
        to: &Table,
        check: &Check,
    ) -> Option<Note> {
        let rows = NewRows::new(self, from, to);
        let source = rows.source(&rows.columns_in(&check.expression))?;
        let table = &to.name;
        let expression = rows.expression(&source, &check.expression);
        let name = check.name.as_ref().map_or_else(
            || crate::sql::layout::one_line(check.expression.text()),
            ToString::to_string,
        );
        Some(self.note(
            from,
            true,
            format!("{table} gets the check {name}"),
            format!("rows of {table} are against the check {name}"),
            rows.query(&source, &format!("NOT ({expression})")),
        ))
    }

    /// The rows that share what a unique index wants to be unique.
    pub(super) fn rows_against_index(&self, index: &Index) -> Option<Note> {
        let (from, to) = (*self.old_tables.get(&index.table)?, *self.new_tables.get(&index.table)?);
        if !index.is_unique {
            return None;
        }
        let rows = NewRows::new(self, from, to);
        let parts = index.columns.iter().chain(&index.condition);
        let mut columns: Vec<&Column> = Vec::new();
        for column in parts.flat_map(|it| rows.columns_in(it)) {
            if !columns.iter().any(|it| it.name == column.name) {
                columns.push(column);
            }
        }
        let old = self.from.indexes.iter().find(|it| it.name == index.name);
        if old == Some(index) && columns.iter().all(|it| rows.is_alike(it)) {
            return None;
        }
        let source = rows.source(&columns)?;
        let keys = index.columns.iter().map(|it| rows.expression(&source, it));
        // DESC and COLLATE stand in the text of a key; the first means nothing here.
        let keys: Vec<String> = keys.map(|it| without_order(&it).to_owned()).collect();
        let condition = index.condition.as_ref().map(|it| rows.expression(&source, it));
        let query = rows.duplicates(&source, &keys, condition.as_deref());
        let shared: Vec<String> = index
            .columns
            .iter()
            .map(|it| without_order(&crate::sql::layout::one_line(it.text())).to_owned())
            .collect();
        Some(self.note(
            from,
            true,
            format!("{} gets the unique index {}", to.name, index.name),
            format!("rows of {} share their {}", to.name, shared.join(", ")),
            query,
        ))
    }

    /// The notes of a column that is added in place.
    pub(super) fn notes_of_added(&self, diff: &TableDiff<'_>, name: &Name) -> Vec<Note> {
        let is_at = |column: &Option<Name>| column.as_ref() == Some(name);
        let has_value = self.fill(&diff.to.name, name).is_some()
            || diff.to.column(name).is_some_and(|it| it.default.is_some() || !it.holds());
        let checks = diff.checks.added.iter().filter(|it| is_at(&it.column));
        let checks = checks.filter_map(|it| self.rows_against_check(diff.from, diff.to, it));
        let keys = diff.foreign_keys.added.iter().filter(|it| is_at(&it.column) && has_value);
        let column = diff.to.column(name);
        let unfit = column.and_then(|it| self.unfit_values(diff.from, diff.to, it));
        let orphans = keys.filter_map(|it| self.orphans(diff.from, diff.to, it));
        checks.chain(orphans).chain(unfit).collect()
    }

    /// The notes of a rebuild.
    pub(super) fn rebuild_notes(&self, diff: &TableDiff<'_>, step: &mut Step) {
        let (from, to) = (diff.from, diff.to);
        let rows = NewRows::new(self, from, to);
        let notes = &mut step.notes;
        notes.extend(diff.dropped.iter().filter_map(|it| self.values_dropped(from, &it.name)));
        // What was stored is computed from now on.
        let computed = diff.changed.iter().filter(|(old, new)| old.holds() && !new.holds());
        notes.extend(computed.filter_map(|(old, _)| self.values_dropped(from, &old.name)));
        notes.extend(to.columns.iter().filter_map(|it| self.missing_values(from, to, it)));
        notes.extend(to.columns.iter().filter_map(|it| self.unfit_values(from, to, it)));
        if let Some(key) = &to.primary_key {
            let is_other = diff.has_other_primary_key || compares_anew(&rows, &key.columns);
            if is_other {
                notes.extend(self.rows_against_key(&rows, &key.columns, "primary key"));
            }
        }
        for unique in &to.uniques {
            let is_added = diff.uniques.added.iter().any(|it| std::ptr::eq(*it, unique));
            if is_added || compares_anew(&rows, &unique.columns) {
                notes.extend(self.rows_against_key(&rows, &unique.columns, "unique constraint"));
            }
        }
        for check in &to.checks {
            let is_added = diff.checks.added.iter().any(|it| std::ptr::eq(*it, check));
            let has_other = rows.columns_in(&check.expression).iter().any(|it| !rows.is_alike(it));
            if is_added || has_other {
                notes.extend(self.rows_against_check(from, to, check));
            }
        }
        for key in &to.foreign_keys {
            let is_added = diff.foreign_keys.added.iter().any(|it| std::ptr::eq(*it, key));
            let columns = key.columns.iter().filter_map(|it| to.column(it));
            let has_other = columns.into_iter().any(|it| !rows.is_same(it));
            if is_added || has_other {
                notes.extend(self.orphans(from, to, key));
            }
        }
        for child in &self.to.tables {
            let Some(old_child) = self.old_tables.get(&child.name) else { continue };
            for key in child.foreign_keys.iter().filter(|it| it.parent == to.name) {
                let columns = key.parent_columns.iter().filter_map(|it| to.column(it));
                if columns.into_iter().any(|it| !rows.is_same(it)) {
                    notes.extend(self.orphans(old_child, child, key));
                }
            }
        }
        // Without STRICT, a column of the same type `ANY` is another one.
        for column in to.columns.iter().filter(|it| !rows.is_remade(it)) {
            notes.extend(self.values_converted(from, to, column));
        }
        notes.extend(self.indexes_of(&to.name).filter_map(|it| self.rows_against_index(it)));
    }

    /// The rows that have no value for a column which must have one.
    fn missing_values(&self, from: &Table, to: &Table, column: &Column) -> Option<Note> {
        let key = to.primary_key.as_ref();
        let is_key = |it: &KeyColumn| it.name == column.name;
        let is_in_key = key.is_some_and(|it| it.columns.iter().any(is_key));
        // There, and only there, the columns of a primary key are never NULL.
        let is_needed = column.not_null.is_some()
            || (is_in_key && (to.is_without_rowid || to.is_strict))
            || to.is_rowid(&column.name);
        if !is_needed {
            return None;
        }
        let rows = NewRows::new(self, from, to);
        let old = from.column(&column.name);
        let had_value = old.is_some_and(|it| {
            let was_rowid = from.is_rowid(&column.name);
            let was_key = (from.is_without_rowid || from.is_strict)
                && from.primary_key.iter().any(|key| key.columns.iter().any(is_key));
            // Another type makes no NULL.
            let is_kept = it.holds() && column.holds() && !rows.is_remade(column);
            (it.not_null.is_some() || was_rowid || was_key) && (is_kept || rows.is_same(column))
        });
        // An expression may give NULL, which only looking at the rows tells.
        let fill = self.fill(&to.name, &column.name);
        // A word is a text as a default and a column here.
        let is_value = |it: &str| in_place::value(it).is_some_and(|value| value == it);
        let has_fill = fill.is_some_and(is_value) && !rows.is_remade(column);
        let default = column.default.as_ref().map(|it| Constant::of(it.text()));
        let has_default = old.is_none() && default.is_some_and(|it| it != Constant::Null);
        let is_new_rowid = to.is_rowid(&column.name) && old.is_none();
        if had_value || has_fill || has_default || is_new_rowid {
            return None;
        }
        if old.is_some() || !column.holds() || fill.is_some() {
            return self.nulls(from, to, column);
        }
        let (table, name) = (&to.name, &column.name);
        let text = format!("rows of {table} have no value for {name}, which is NOT NULL");
        let query = format!("SELECT {} FROM {}", self.identity(from), self.old_table(table));
        let mut note = self.note(from, true, format!("existing {text}"), text, query);
        note.flag = self.fill_flag(table, column);
        Some(note)
    }

    /// The rows whose value a strict type does not take.
    fn unfit_values(&self, from: &Table, to: &Table, column: &Column) -> Option<Note> {
        let rows = NewRows::new(self, from, to);
        let old = from.column(&column.name);
        let is_strict = to.is_strict || to.is_rowid(&column.name);
        let was_strict = old.is_some_and(|it| {
            rows.is_same(column)
                && it.datatype == column.datatype
                && (from.is_strict || from.is_rowid(&column.name))
        });
        let (source, value) = rows.offered(column)?;
        // A default that is an expression is its author's word.
        let is_filled = rows.fill(column).is_some();
        let fits = || is_of_type(&value, &column.datatype).unwrap_or(!is_filled);
        if !is_strict || was_strict || (old.is_none() && column.holds() && fits()) {
            return None;
        }
        let (table, name) = (&to.name, &column.name);
        let datatype = column.datatype.text();
        let condition = unfit(&column.datatype, &value)?;
        Some(self.note(
            from,
            true,
            format!("{table}.{name} takes only {datatype} from now on"),
            format!("rows of {table} have something else than {datatype} in {name}"),
            rows.query(&source, &condition),
        ))
    }

    /// The rows that share what a key wants to be unique.
    fn rows_against_key(
        &self,
        rows: &NewRows<'_>,
        columns: &[KeyColumn],
        kind: &str,
    ) -> Option<Note> {
        let (from, to) = (rows.from, rows.to);
        let found: Vec<&Column> =
            columns.iter().map(|it| to.column(&it.name)).collect::<Option<_>>()?;
        // All rows get a new rowid, or the one that they have.
        let is_new_rowid = to.primary_key.iter().any(|it| it.is_rowid && it.columns == columns)
            && from.column(&columns[0].name).is_none();
        let keys = from.uniques.iter().map(|it| &it.columns);
        let keys: Vec<_> = keys.chain(from.primary_key.as_ref().map(|it| &it.columns)).collect();
        let names = |it: &[KeyColumn]| it.iter().map(|it| it.name.clone()).collect::<HashSet<_>>();
        let was_key = keys.iter().any(|it| names(it) == names(columns));
        let is_alike = |it: &&Vec<KeyColumn>| {
            names(it) == names(columns)
                && it.iter().all(|old| {
                    let new = columns.iter().find(|it| it.name == old.name);
                    new.is_some_and(|it| it.collation == old.collation)
                })
        };
        let was_unique = keys.iter().any(is_alike) && !compares_anew(rows, columns);
        // A column without a value is equal to no other.
        if is_new_rowid || was_unique || found.iter().any(|it| rows.is_empty(it)) {
            return None;
        }
        let source = rows.source_of_values(&found)?;
        let mut keys = Vec::new();
        for (key, column) in columns.iter().zip(&found) {
            let name = rows.column(&source, &key.name);
            let collation = key.collation.as_ref().or(column.collation.as_ref());
            let old = from.column(&key.name).and_then(|it| it.collation.as_ref());
            keys.push(match collation {
                Some(collation) => format!("{name} COLLATE {}", collation.quoted()),
                None if old.is_some() => format!("{name} COLLATE BINARY"),
                None => name,
            });
        }
        let names: Vec<&str> = columns.iter().map(|it| it.name.as_str()).collect();
        let names = names.join(", ");
        let table = &to.name;
        let hazard = if was_key {
            format!("values that the {kind} ({names}) of {table} tells apart may be equal now")
        } else if kind == "primary key" && from.primary_key.is_some() {
            format!("{table} gets another primary key ({names})")
        } else {
            format!("{table} gets a {kind} ({names})")
        };
        Some(self.note(
            from,
            true,
            hazard,
            format!("rows of {} share their {names}", to.name),
            rows.duplicates(&source, &keys, None),
        ))
    }

    /// The rows whose value becomes another one because the type is another.
    fn values_converted(&self, from: &Table, to: &Table, new: &Column) -> Option<Note> {
        let (table, name) = (&from.name, &new.name);
        let old = from.column(name)?;
        let (before, after) = (Affinity::of(old, from), Affinity::of(new, to));
        if !old.holds() || !new.holds() || before == after {
            return None;
        }
        let column = self.old_column(table, name);
        let datatype = new.datatype.text();
        let (what, condition) = match after {
            Affinity::Text => ("a number", format!("typeof({column}) IN ('integer', 'real')")),
            Affinity::None => return None,
            Affinity::Integer | Affinity::Numeric | Affinity::Real => {
                match (before.is_numeric(), after) {
                    (true, Affinity::Real) => (
                        "an integer that REAL cannot hold",
                        format!(
                            "typeof({column}) = 'integer' AND \
                             CAST(CAST({column} AS REAL) AS INTEGER) <> {column}"
                        ),
                    ),
                    (true, _) => return None, // a number stays one
                    (false, _) => (
                        "a text that is a number",
                        format!(
                            "typeof({column}) = 'text' AND {column} = CAST({column} AS NUMERIC)"
                        ),
                    ),
                }
            }
        };
        let identity = self.identity(from);
        Some(self.note(
            from,
            false,
            format!("{table}.{name} becomes {datatype}, which may change its values"),
            format!("rows of {table} have {what} in {name}, which becomes {datatype}"),
            format!("SELECT {identity} FROM {} WHERE {condition}", self.old_table(table)),
        ))
    }
}

/// Whether a column of a key has other values than before, or takes others for equal.
fn compares_anew(rows: &NewRows<'_>, columns: &[KeyColumn]) -> bool {
    columns.iter().filter_map(|it| rows.to.column(&it.name)).any(|column| {
        let old = rows.from.column(&column.name);
        !rows.is_same(column) || old.is_some_and(|it| it.collation != column.collation)
    })
}

/// The key of an index without `ASC` or `DESC`.
fn without_order(key: &str) -> &str {
    let cut = |word: &str| {
        let length = key.len().checked_sub(word.len() + 1)?;
        let is_end = key.is_char_boundary(length)
            && key[length..].starts_with(' ')
            && key[length + 1..].eq_ignore_ascii_case(word);
        is_end.then(|| key[..length].trim_end())
    };
    cut("DESC").or_else(|| cut("ASC")).unwrap_or(key)
}
