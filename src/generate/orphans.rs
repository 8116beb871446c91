//! Which rows would reference nothing by a foreign key that is new, as a query over the database of
//! before.

use crate::schema::{Column, ForeignKey, Name, Table};

use super::affinity::Affinity;
use super::new_rows::NewRows;
use super::{Note, Task};

impl Task<'_> {
    /// The rows that reference nothing by a foreign key.
    pub(super) fn orphans(&self, from: &Table, to: &Table, key: &ForeignKey) -> Option<Note> {
        let rows = NewRows::new(self, from, to);
        let found: Vec<&Column> =
            key.columns.iter().map(|it| to.column(it)).collect::<Option<_>>()?;
        if found.iter().any(|it| rows.is_empty(it)) {
            return None; // NULL references nothing, and may
        }
        let source = rows.source_of_values(&found)?;
        let child = to.name.quoted();
        let columns: Vec<String> =
            key.columns.iter().map(|it| format!("{child}.{}", rows.column(&source, it))).collect();
        let are_there: Vec<String> = columns.iter().map(|it| format!("{it} IS NOT NULL")).collect();
        let mut condition = are_there.join(" AND ");
        // A parent that is not there before, or is dropped, has no rows to reference.
        if let Some(old_parent) = self.old_tables.get(&key.parent)
            && let Some(new_parent) = self.new_tables.get(&key.parent)
            && key.parent_columns.len() == columns.len()
        {
            let parents = NewRows::new(self, old_parent, new_parent);
            let parent_columns = key.parent_columns.iter().map(|it| new_parent.column(it));
            let parent = parents.source_of_values(&parent_columns.collect::<Option<Vec<_>>>()?)?;
            // A computed value has neither affinity nor collation, which the column will have.
            let compared = |parent_column: &Name, child: &Column, value: &str| {
                let parent = new_parent.column(parent_column).filter(|it| !parents.is_same(it));
                let Some(parent) = parent else { return value.to_owned() };
                let value = match Affinity::of(parent, new_parent) {
                    Affinity::Text => format!("CAST({value} AS TEXT)"),
                    Affinity::None => format!("+{value}"),
                    _ => value.to_owned(),
                };
                match &parent.collation {
                    own if *own == child.collation => value,
                    Some(collation) => format!("{value} COLLATE {}", collation.quoted()),
                    None => format!("{value} COLLATE BINARY"),
                }
            };
            let adapted = key.parent_columns.iter().zip(found).zip(&columns);
            let columns: Vec<String> =
                adapted.map(|((name, child), value)| compared(name, child, value)).collect();
            let pairs = key.parent_columns.iter().zip(&columns).map(|(name, column)| {
                format!("parent.{} = {column}", parents.column(&parent, name))
            });
            // SQLite finds a computed value only by looking at all of them, but makes the list of
            // a NOT IN once.
            let single = match (key.parent_columns.as_slice(), columns.as_slice()) {
                ([parent_column], [column]) if parents.is_computed(new_parent, parent_column) => {
                    Some((parents.column(&parent, parent_column), column.clone()))
                }
                _ => None,
            };
            let is_orphan = match single {
                Some((value, column)) => format!(
                    "{column} NOT IN (SELECT {value} FROM {} WHERE {value} IS NOT NULL)",
                    parent.called("parent")
                ),
                None => format!(
                    "NOT EXISTS (SELECT 1 FROM {} WHERE {})",
                    parent.called("parent"),
                    pairs.collect::<Vec<_>>().join(" AND ")
                ),
            };
            condition = format!("{condition} AND {is_orphan}");
        }
        let names: Vec<&str> = key.columns.iter().map(Name::as_str).collect();
        let (table, names) = (&to.name, names.join(", "));
        Some(self.note(
            from,
            true,
            format!("{table} gets a foreign key ({names}) to {}", key.parent),
            format!("rows of {table} have a value in {names} that is not in {}", key.parent),
            rows.query(&source, &condition),
        ))
    }
}
