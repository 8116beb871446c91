//! Finding things in a [`Schema`] by name.

use std::collections::HashMap;

use super::{Column, Index, Name, Schema, Table, Trigger};

impl Schema {
    /// Whether there is nothing at all.
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty()
            && self.virtual_tables.is_empty()
            && self.indexes.is_empty()
            && self.views.is_empty()
            && self.triggers.is_empty()
    }

    /// The table of that name. Linear; for many lookups see [`Schema::tables_by_name`].
    pub fn table(&self, name: &Name) -> Option<&Table> {
        self.tables.iter().find(|it| it.name == *name)
    }

    /// All tables.
    pub fn tables_by_name(&self) -> HashMap<&Name, &Table> {
        self.tables.iter().map(|it| (&it.name, it)).collect()
    }

    /// The indexes of each table that has some, in their order.
    pub fn indexes_by_table(&self) -> HashMap<&Name, Vec<&Index>> {
        grouped(&self.indexes, |it| &it.table)
    }

    /// The triggers of each table and view that has some, in their order.
    pub fn triggers_by_table(&self) -> HashMap<&Name, Vec<&Trigger>> {
        grouped(&self.triggers, |it| &it.table)
    }
}

impl Table {
    /// The column of that name.
    pub fn column(&self, name: &Name) -> Option<&Column> {
        self.columns.iter().find(|it| it.name == *name)
    }
}

fn grouped<T>(items: &[T], key: fn(&T) -> &Name) -> HashMap<&Name, Vec<&T>> {
    let mut groups: HashMap<&Name, Vec<&T>> = HashMap::new();
    for it in items {
        groups.entry(key(it)).or_default().push(it);
    }
    groups
}
