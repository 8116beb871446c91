//! Finding things in a [`Schema`] by name.

use std::collections::HashMap;

use super::{Column, Index, Name, Schema, Table, Trigger, View, VirtualTable};

impl Schema {
    /// The table of that name. Linear; for many lookups see [`Schema::tables_by_name`].
    pub fn table(&self, name: &Name) -> Option<&Table> {
        self.tables.iter().find(|it| it.name == *name)
    }

    /// The virtual table of that name. Linear.
    pub fn virtual_table(&self, name: &Name) -> Option<&VirtualTable> {
        self.virtual_tables.iter().find(|it| it.name == *name)
    }

    /// The index of that name. Linear.
    pub fn index(&self, name: &Name) -> Option<&Index> {
        self.indexes.iter().find(|it| it.name == *name)
    }

    /// The view of that name. Linear.
    pub fn view(&self, name: &Name) -> Option<&View> {
        self.views.iter().find(|it| it.name == *name)
    }

    /// The trigger of that name. Linear.
    pub fn trigger(&self, name: &Name) -> Option<&Trigger> {
        self.triggers.iter().find(|it| it.name == *name)
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

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty()
            && self.virtual_tables.is_empty()
            && self.indexes.is_empty()
            && self.views.is_empty()
            && self.triggers.is_empty()
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
