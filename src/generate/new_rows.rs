//! The rows of a table as they will be, computed from those that are there.
//!
//! A constraint is about the new columns: with their defaults, with the values that `--fill` gives,
//! with old values as another type makes them. A query that looks for rows against it before
//! anything runs has to say how all these come about.

use crate::schema::{Column, Fragment, Name, Table};
use crate::sql::layout::one_line;
use crate::sql::lexer::tokens;

use super::Task;
use super::affinity::{Affinity, converted};
use super::before::rowid;
use super::in_place::literal;
use super::rebuild::is_made_of;

/// A table before and after.
#[derive(Clone, Copy)]
pub(super) struct NewRows<'t> {
    task: &'t Task<'t>,
    pub from: &'t Table,
    pub to: &'t Table,
}

/// Where the value of a column comes from.
enum Value {
    /// It is that of the old column.
    Same,
    /// This expression over the old columns.
    Computed(String),
    /// This expression over the new columns.
    Generated(String),
}

/// What stands behind `FROM`, and whether names behind `WHERE` are those of before.
pub(super) struct Source {
    sql: String,
    /// What its rows are called.
    name: String,
    has_old_names: bool,
}

impl<'t> NewRows<'t> {
    pub fn new(task: &'t Task<'t>, from: &'t Table, to: &'t Table) -> Self {
        Self { task, from, to }
    }

    /// The columns of the new table that an expression names.
    pub fn columns_in(&self, expression: &Fragment) -> Vec<&'t Column> {
        self.to.columns.iter().filter(|it| expression.names(&it.name)).collect()
    }

    /// Whether a column, by name, has other values than it had.
    pub fn is_computed(&self, table: &Table, column: &Name) -> bool {
        table.column(column).is_some_and(|it| !self.is_same(it))
    }

    /// Whether no row has a value for the column.
    pub fn is_empty(&self, column: &Column) -> bool {
        matches!(self.value(column), Value::Computed(value) if value == "NULL")
    }

    /// Whether the column has the values that it had.
    pub fn is_same(&self, column: &Column) -> bool {
        self.is_same_within(column, 0)
    }

    /// Whether the column has the values that it had, and compares them as it did.
    pub fn is_alike(&self, column: &Column) -> bool {
        let old = self.from.column(&column.name);
        self.is_same(column) && old.is_some_and(|it| it.collation == column.collation)
    }

    /// `depth` is how many generated columns build on it: a word in their expressions need not be a
    /// column, so that they may seem to build on themselves.
    fn is_same_within(&self, column: &Column, depth: usize) -> bool {
        depth <= self.to.columns.len() && matches!(self.value_within(column, depth), Value::Same)
    }

    fn value(&self, column: &Column) -> Value {
        self.value_within(column, 0)
    }

    fn value_within(&self, column: &Column, depth: usize) -> Value {
        let old = self.from.column(&column.name);
        if let Some(generated) = &column.generated {
            let is_same = old.is_some_and(|it| it.generated.as_ref() == Some(generated))
                && self
                    .columns_in(&generated.expression)
                    .into_iter()
                    .all(|it| it.name == column.name || self.is_same_within(it, depth + 1));
            return if is_same {
                Value::Same
            } else {
                let expression = one_line(generated.expression.text());
                Value::Generated(self.made(column, None, format!("({expression})")))
            };
        }
        let fill = self.fill(column);
        match (old, &fill) {
            (Some(old), fill) => {
                let name = self.task.old_column(&self.from.name, &old.name);
                let before = Affinity::of(old, self.from);
                match fill {
                    Some(fill) if self.is_remade(column) => {
                        Value::Computed(self.made(column, None, format!("({fill})")))
                    }
                    Some(fill) => {
                        let before = before.takes_as_it_is(fill).then_some(before);
                        let filled = format!("coalesce({name}, {fill})");
                        Value::Computed(self.made(column, before, filled))
                    }
                    None if before == Affinity::of(column, self.to) => Value::Same,
                    None => match self.made(column, Some(before), name.clone()) {
                        same if same == name => Value::Same,
                        other => Value::Computed(other),
                    },
                }
            }
            (None, Some(fill)) => Value::Computed(self.made(column, None, format!("({fill})"))),
            (None, None) if self.to.is_rowid(&column.name) => {
                // SQLite numbers the rows that have no number.
                let rowid = rowid(&[self.from]).filter(|_| !self.from.is_without_rowid);
                Value::Computed(rowid.unwrap_or("row_number() OVER ()").to_owned())
            }
            (None, None) => Value::Computed(match &column.default {
                Some(default) => self.made(column, None, format!("({})", literal(default.text()))),
                None => "NULL".to_owned(),
            }),
        }
    }

    /// What the column makes of a value that has the affinity `before`, or is an expression.
    fn made(&self, column: &Column, before: Option<Affinity>, value: String) -> String {
        let after = Affinity::of(column, self.to);
        if before.is_none() && after.takes_as_it_is(&value) {
            return value;
        }
        converted(before, after, &value).unwrap_or(value)
    }

    /// The value as it is before the column takes it, and the rows that it is computed from.
    pub fn offered(&self, column: &Column) -> Option<(Source, String)> {
        let old = self.from.column(&column.name);
        let old = old.map(|it| self.task.old_column(&self.from.name, &it.name));
        let source = self.source(&[])?;
        let value = match (old, &column.generated, self.fill(column)) {
            (Some(name), ..) if self.is_same(column) => name,
            (_, Some(generated), _) => {
                let source = self.source(&self.columns_in(&generated.expression))?;
                let value = format!("({})", self.expression(&source, &generated.expression));
                return Some((source, value));
            }
            (Some(_), _, Some(fill)) if self.is_remade(column) => format!("({fill})"),
            (Some(name), _, Some(fill)) => format!("coalesce({name}, {fill})"),
            (Some(name), _, None) => name,
            (None, _, Some(fill)) => format!("({fill})"),
            (None, _, None) => {
                column.default.as_ref().map_or("NULL".to_owned(), |it| literal(it.text()))
            }
        };
        Some((source, value))
    }

    /// What `--fill` gives the column, with the names of before.
    pub fn fill(&self, column: &Column) -> Option<String> {
        let fill = self.task.fill(&self.to.name, &column.name)?;
        let old = self.task.old_expression(self.from, self.to, &Fragment::new(fill));
        Some(old.unwrap_or_else(|| fill.to_owned()))
    }

    /// Whether `--fill` makes another value out of each that the column has.
    pub fn is_remade(&self, column: &Column) -> bool {
        let fill = self.task.fill(&self.to.name, &column.name);
        let old = self.from.column(&column.name);
        fill.zip(old).is_some_and(|(fill, old)| is_made_of(fill, old, column))
    }

    /// Where rows with these columns come from, for conditions that compare them; `None` where
    /// generated columns build on each other.
    pub fn source(&self, columns: &[&'t Column]) -> Option<Source> {
        self.source_unless(columns, |it| self.is_alike(it))
    }

    /// The same for conditions that say themselves how they compare.
    pub fn source_of_values(&self, columns: &[&'t Column]) -> Option<Source> {
        self.source_unless(columns, |it| self.is_same(it))
    }

    /// The old table if all columns are what they were, and else what the new one will be.
    fn source_unless(
        &self,
        columns: &[&'t Column],
        is_as_it_was: impl Fn(&Column) -> bool,
    ) -> Option<Source> {
        let old_table = self.task.old_table(&self.from.name);
        let new_name = self.to.name.quoted();
        if columns.iter().all(|it| is_as_it_was(it)) {
            return Some(Source { sql: old_table, name: new_name, has_old_names: true });
        }
        let mut inner: Vec<&Column> = Vec::new();
        let mut outer: Vec<String> = Vec::new();
        for column in columns {
            let mut needed = vec![*column];
            if let Value::Generated(expression) = self.value(column) {
                let collation = collation_of(column);
                outer.push(format!("{expression}{collation} AS {}", column.name.quoted()));
                let generated = column.generated.as_ref()?;
                needed = self.columns_in(&generated.expression);
                if needed.iter().any(|it| matches!(self.value(it), Value::Generated(_))) {
                    return None;
                }
            }
            for it in needed {
                if !inner.iter().any(|known| known.name == it.name) {
                    inner.push(it);
                }
            }
        }
        let identity = self.task.identity(self.from);
        let mut selected = Vec::new();
        if !inner.iter().any(|it| it.name.quoted().eq_ignore_ascii_case(&identity)) {
            selected.push(format!("{identity} AS {identity}"));
        }
        for column in inner {
            let name = column.name.quoted();
            selected.push(match self.value(column) {
                Value::Same => {
                    let old = self.task.old_column(&self.from.name, &column.name);
                    match collation_of(column) {
                        _ if is_as_it_was(column) && old == name => name,
                        _ if is_as_it_was(column) => format!("{old} AS {name}"),
                        // The old column has one.
                        none if none.is_empty() => format!("{old} COLLATE BINARY AS {name}"),
                        collation => format!("{old}{collation} AS {name}"),
                    }
                }
                Value::Computed(value) | Value::Generated(value) => {
                    format!("{value}{} AS {name}", collation_of(column))
                }
            });
        }
        let mut sql = format!("(SELECT {} FROM {old_table})", selected.join(", "));
        if !outer.is_empty() {
            sql = format!("(SELECT *, {} FROM {sql})", outer.join(", "));
        }
        Some(Source { sql, name: new_name, has_old_names: false })
    }

    /// An expression over the new columns, for rows of `source`.
    pub fn expression(&self, source: &Source, expression: &Fragment) -> String {
        let text = one_line(expression.text());
        if !source.has_old_names {
            return text;
        }
        self.task.old_expression(self.from, self.to, expression).unwrap_or(text)
    }

    /// A column, for rows of `source`.
    pub fn column(&self, source: &Source, column: &Name) -> String {
        if source.has_old_names {
            self.task.old_column(&self.from.name, column)
        } else {
            column.quoted()
        }
    }

    /// A query for the rows of `source` that a condition is true for.
    pub fn query(&self, source: &Source, condition: &str) -> String {
        let source = source.called(&source.name);
        format!("SELECT {} FROM {source} WHERE {condition}", self.task.identity(self.from))
    }

    /// A query for the rows of `source` that have all of `keys` in common with another one, and for
    /// which `condition` is true. A NULL is equal to nothing.
    pub fn duplicates(&self, source: &Source, keys: &[String], condition: Option<&str>) -> String {
        let identity = self.task.identity(self.from);
        let mut conditions: Vec<String> = keys
            .iter()
            .map(|it| if is_name(it) { it.clone() } else { format!("({it})") })
            .map(|it| format!("{it} IS NOT NULL"))
            .collect();
        conditions.extend(condition.map(|it| format!("({it})")));
        format!(
            "SELECT {identity} FROM (SELECT {identity}, count(*) OVER (PARTITION BY {}) AS n_alike \
             FROM {} WHERE {}) WHERE n_alike > 1",
            keys.join(", "),
            source.called(&source.name),
            conditions.join(" AND ")
        )
    }
}

impl Source {
    /// What stands behind `FROM`.
    pub fn called(&self, name: &str) -> String {
        if self.sql == name { self.sql.clone() } else { format!("{} AS {name}", self.sql) }
    }
}

/// Whether it is one word.
fn is_name(sql: &str) -> bool {
    tokens(sql).count() == 1
}

/// The clause that gives an expression the collation of a column.
fn collation_of(column: &Column) -> String {
    let collation = column.collation.as_ref();
    collation.map_or_else(String::new, |it| format!(" COLLATE {}", it.quoted()))
}
