//! Which rows a step would lose, and which it may fail on, as queries over the database of before.

use crate::diff::TableDiff;
use crate::schema::{Check, Column, ForeignKey, Index, KeyColumn, Name, Table};

use super::{Note, Step, Task};

impl Task<'_> {
    /// All rows of a table that is dropped.
    pub(super) fn rows_deleted(&self, table: &Table) -> Note {
        let (name, identity) = (self.old_table(&table.name), self.identity(table));
        Note {
            is_refused: false,
            hazard: format!("drops the table {} with all its rows", table.name),
            rows: format!("rows of {} are deleted with it", table.name),
            query: format!("SELECT {identity} FROM {name}"),
            flag: None,
            table: self.old_table(&table.name),
            identity: self.identity(table),
        }
    }

    /// The rows with a value in a column that is dropped.
    pub(super) fn values_dropped(&self, table: &Table, column: &Name) -> Option<Note> {
        table.column(column).filter(|it| it.holds())?;
        let old = self.old_column(&table.name, column);
        Some(Note {
            is_refused: false,
            hazard: format!("drops {}.{column} with its values", table.name),
            rows: format!("rows of {} have a value in {column}, which is dropped", table.name),
            query: self.rows_where(table, &format!("{old} IS NOT NULL")),
            flag: None,
            table: self.old_table(&table.name),
            identity: self.identity(table),
        })
    }

    /// The rows without a value in a column that must have one.
    pub(super) fn nulls(&self, table: &Table, column: &Name) -> Option<Note> {
        if self.fill(&table.name, column).is_some() {
            return None;
        }
        let old = self.old_column(&table.name, column);
        Some(Note {
            is_refused: true,
            hazard: format!("{}.{column} becomes NOT NULL", table.name),
            rows: format!("rows of {} have NULL in {column}", table.name),
            query: self.rows_where(table, &format!("{old} IS NULL")),
            flag: Some(fill_flag(&table.name, column)),
            table: self.old_table(&table.name),
            identity: self.identity(table),
        })
    }

    /// The rows that violate a `CHECK`; `None` if it speaks of a column that was not there.
    pub(super) fn rows_against_check(&self, diff: &TableDiff<'_>, check: &Check) -> Option<Note> {
        let expression = self.old_expression(diff.from, diff.to, &check.expression)?;
        let table = &diff.to.name;
        let name = check.name.as_ref().map_or_else(|| expression.clone(), ToString::to_string);
        Some(Note {
            is_refused: true,
            hazard: format!("{table} gets the check {name}"),
            rows: format!("rows of {table} are against the check {name}"),
            query: self.rows_where(diff.from, &format!("NOT ({expression})")),
            flag: None,
            table: self.old_table(&diff.from.name),
            identity: self.identity(diff.from),
        })
    }

    /// The rows that share what a new unique index wants to be unique.
    pub(super) fn rows_against_index(&self, index: &Index) -> Option<Note> {
        let (from, to) = (self.from.table(&index.table)?, self.to.table(&index.table)?);
        if !index.is_unique {
            return None;
        }
        let keys = index.columns.iter().map(|it| self.old_expression(from, to, it));
        let keys: Vec<String> = keys.collect::<Option<_>>()?;
        let condition = match &index.condition {
            None => None,
            Some(it) => Some(self.old_expression(from, to, it)?),
        };
        // DESC and COLLATE stand in the text of a key; the first means nothing here.
        let keys: Vec<String> = keys.iter().map(|it| without_order(it).to_owned()).collect();
        let query = self.duplicates(from, &keys, condition.as_deref());
        Some(Note {
            is_refused: true,
            hazard: format!("{} gets the unique index {}", to.name, index.name),
            rows: format!("rows of {} share their {}", to.name, keys.join(", ")),
            query,
            flag: None,
            table: self.old_table(&from.name),
            identity: self.identity(from),
        })
    }

    /// The notes of a rebuild.
    pub(super) fn rebuild_notes(&self, diff: &TableDiff<'_>, step: &mut Step) {
        let (from, to) = (diff.from, diff.to);
        step.notes.extend(diff.dropped.iter().filter_map(|it| self.values_dropped(from, &it.name)));
        for column in &diff.added {
            step.notes.extend(self.rows_without_value(from, to, column));
        }
        for (old, new) in &diff.changed {
            if old.not_null.is_none() && new.not_null.is_some() && new.holds() {
                step.notes.extend(self.nulls(from, &new.name));
            }
        }
        for key in to.primary_key.iter().filter(|it| !it.is_rowid) {
            // There, and only there, the columns of a primary key are never NULL.
            let is_strict = |it: &Table| it.is_without_rowid || it.is_strict;
            for column in key.columns.iter().filter(|_| is_strict(to)) {
                let is_known = from.column(&column.name).is_some_and(|it| it.not_null.is_none());
                let was_key = is_strict(from) && is_key(from, &column.name);
                let is_changed = diff
                    .changed
                    .iter()
                    .any(|(_, it)| it.name == column.name && it.not_null.is_some());
                if is_known && !was_key && !is_changed {
                    step.notes.extend(self.nulls(from, &column.name));
                }
            }
            if diff.has_other_primary_key || Self::compares_anew(diff, &key.columns) {
                step.notes.extend(self.rows_against_key(diff, &key.columns, "primary key"));
            }
        }
        for unique in &to.uniques {
            let is_added = diff.uniques.added.iter().any(|it| std::ptr::eq(*it, unique));
            if is_added || Self::compares_anew(diff, &unique.columns) {
                step.notes.extend(self.rows_against_key(
                    diff,
                    &unique.columns,
                    "unique constraint",
                ));
            }
        }
        step.notes
            .extend(diff.checks.added.iter().filter_map(|it| self.rows_against_check(diff, it)));
        step.notes.extend(diff.foreign_keys.added.iter().filter_map(|it| self.orphans(diff, it)));
        for (old, new) in &diff.changed {
            step.notes.extend(self.values_converted(diff, old, new));
        }
        for index in self.indexes_of(&to.name) {
            let old = self.from.indexes.iter().find(|it| it.name == index.name);
            if old != Some(index) {
                step.notes.extend(self.rows_against_index(index));
            }
        }
    }

    /// All rows, if a new column must have a value and there is none for those that exist.
    fn rows_without_value(&self, from: &Table, to: &Table, column: &Column) -> Option<Note> {
        let has_default = column.default.as_ref().is_some_and(|it| {
            super::in_place::Constant::of(it.text()) != super::in_place::Constant::Null
        });
        let is_rowid =
            to.primary_key.iter().any(|it| it.is_rowid && it.columns[0].name == column.name);
        let is_needed =
            column.not_null.is_some() || (to.is_without_rowid && is_key(to, &column.name));
        if !is_needed
            || has_default
            || is_rowid
            || !column.holds()
            || self.fill(&to.name, &column.name).is_some()
        {
            return None;
        }
        let (name, column) = (&to.name, &column.name);
        Some(Note {
            is_refused: true,
            hazard: format!(
                "existing rows of {name} have no value for {column}, which is NOT NULL"
            ),
            rows: format!("rows of {name} have no value for {column}, which is NOT NULL"),
            query: format!("SELECT {} FROM {}", self.identity(from), self.old_table(name)),
            flag: Some(fill_flag(name, column)),
            table: self.old_table(&from.name),
            identity: self.identity(from),
        })
    }

    /// The rows that share what a new key wants to be unique.
    fn rows_against_key(
        &self,
        diff: &TableDiff<'_>,
        columns: &[KeyColumn],
        kind: &str,
    ) -> Option<Note> {
        let (from, to) = (diff.from, diff.to);
        let mut keys = Vec::new();
        let mut names = Vec::new();
        for key in columns {
            from.column(&key.name)?;
            let collation = to.column(&key.name).and_then(|it| it.collation.as_ref());
            let old = self.old_column(&from.name, &key.name);
            keys.push(match key.collation.as_ref().or(collation) {
                Some(collation) => format!("{old} COLLATE {}", super::quoted(collation)),
                None => format!("{old} COLLATE BINARY"),
            });
            names.push(key.name.as_str());
        }
        let names = names.join(", ");
        Some(Note {
            is_refused: true,
            hazard: format!("{} gets a {kind} ({names})", to.name),
            rows: format!("rows of {} share their {names}", to.name),
            query: self.duplicates(from, &keys, None),
            flag: None,
            table: self.old_table(&from.name),
            identity: self.identity(from),
        })
    }

    /// Whether a column of a key takes other values for equal than before.
    fn compares_anew(diff: &TableDiff<'_>, columns: &[KeyColumn]) -> bool {
        let is_in = |name: &Name| columns.iter().any(|it| it.name == *name);
        diff.changed.iter().any(|(old, new)| {
            is_in(&new.name) && (old.collation != new.collation || old.datatype != new.datatype)
        })
    }

    /// The rows that reference nothing by a new foreign key.
    fn orphans(&self, diff: &TableDiff<'_>, key: &ForeignKey) -> Option<Note> {
        let child = diff.from;
        if key.columns.iter().any(|it| child.column(it).is_none()) {
            return None; // new columns, which are NULL
        }
        let columns: Vec<String> =
            key.columns.iter().map(|it| self.old_column(&child.name, it)).collect();
        let child_name = self.old_table(&child.name);
        let are_there =
            columns.iter().map(|it| format!("{child_name}.{it} IS NOT NULL")).collect::<Vec<_>>();
        let mut condition = are_there.join(" AND ");
        // A parent that does not exist yet has no rows, and one without that column no such rows.
        if let Some(parent) = self.from.table(&key.parent)
            && key.parent_columns.len() == columns.len()
            && key.parent_columns.iter().all(|it| parent.column(it).is_some())
        {
            let pairs = key.parent_columns.iter().zip(&columns).map(|(parent_column, column)| {
                let parent_column = self.old_column(&parent.name, parent_column);
                format!("parent.{parent_column} = {child_name}.{column}")
            });
            condition = format!(
                "{condition} AND NOT EXISTS (SELECT 1 FROM {} AS parent WHERE {})",
                self.old_table(&parent.name),
                pairs.collect::<Vec<_>>().join(" AND ")
            );
        }
        let names: Vec<&str> = key.columns.iter().map(Name::as_str).collect();
        let (table, names) = (&child.name, names.join(", "));
        Some(Note {
            is_refused: true,
            hazard: format!("{table} gets a foreign key ({names}) to {}", key.parent),
            rows: format!("rows of {table} have a {names} that is not in {}", key.parent),
            query: self.rows_where(child, &condition),
            flag: None,
            table: self.old_table(&child.name),
            identity: self.identity(child),
        })
    }

    /// The rows whose value becomes another one, or is refused, because the type is another.
    fn values_converted(&self, diff: &TableDiff<'_>, old: &Column, new: &Column) -> Option<Note> {
        let (table, name) = (&diff.from.name, &new.name);
        let (before, after) =
            (Affinity::of(old.datatype.text()), Affinity::of(new.datatype.text()));
        if !old.holds() || !new.holds() || before == after || old.datatype == new.datatype {
            return None;
        }
        let column = self.old_column(table, name);
        let datatype = new.datatype.text();
        let (verb, condition) = match after {
            Affinity::Text => {
                ("have a number in", format!("typeof({column}) IN ('integer', 'real')"))
            }
            Affinity::Numeric => ("have a text in", format!("typeof({column}) = 'text'")),
            Affinity::None => return None,
        };
        Some(Note {
            is_refused: false,
            hazard: format!("{table}.{name} becomes {datatype}, which may change its values"),
            rows: format!("rows of {table} {verb} {name}, which becomes {datatype}"),
            query: self.rows_where(diff.from, &condition),
            flag: None,
            table: self.old_table(&diff.from.name),
            identity: self.identity(diff.from),
        })
    }

    fn rows_where(&self, table: &Table, condition: &str) -> String {
        let (identity, name) = (self.identity(table), self.old_table(&table.name));
        format!("SELECT {identity} FROM {name} WHERE {condition}")
    }

    /// The rows that have all of `keys` in common with another one. A NULL is equal to nothing.
    fn duplicates(&self, table: &Table, keys: &[String], condition: Option<&str>) -> String {
        let identity = self.identity(table);
        let mut conditions: Vec<String> =
            keys.iter().map(|it| format!("({it}) IS NOT NULL")).collect();
        conditions.extend(condition.map(|it| format!("({it})")));
        format!(
            "SELECT {identity} FROM (SELECT {identity}, count(*) OVER (PARTITION BY {}) AS n_alike \
             FROM {} WHERE {}) WHERE n_alike > 1",
            keys.join(", "),
            self.old_table(&table.name),
            conditions.join(" AND ")
        )
    }
}

/// What SQLite makes of values that are stored in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Affinity {
    /// Numbers become text.
    Text,
    /// Text that looks like a number becomes one.
    Numeric,
    /// Nothing.
    None,
}

impl Affinity {
    /// By the rules of <https://sqlite.org/datatype3.html#determination_of_column_affinity>.
    fn of(datatype: &str) -> Self {
        let datatype = datatype.to_ascii_uppercase();
        let has = |part: &str| datatype.contains(part);
        if has("INT") {
            Self::Numeric
        } else if has("CHAR") || has("CLOB") || has("TEXT") {
            Self::Text
        } else if has("BLOB") || datatype.is_empty() || datatype == "ANY" {
            Self::None
        } else {
            Self::Numeric
        }
    }
}

fn is_key(table: &Table, column: &Name) -> bool {
    table.primary_key.iter().flat_map(|it| &it.columns).any(|it| it.name == *column)
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

fn fill_flag(table: &Name, column: &Name) -> String {
    format!("--fill {table}.{column}=EXPRESSION")
}
