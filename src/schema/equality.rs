//! When two schemas are the same: the objects of each kind, by name, and of each object what SQLite
//! makes of it. Texts that are kept for revisions do not count, nor does the order of constraints.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};

use super::{Check, Column, ForeignKey, Index, Name, Schema, Table, Trigger, View, VirtualTable};

impl Table {
    /// Whether it has the columns of `other` in the same order.
    pub fn has_order_of(&self, other: &Self) -> bool {
        self.columns.iter().map(|it| &it.name).eq(other.columns.iter().map(|it| &it.name))
    }
}

impl PartialEq for Schema {
    fn eq(&self, other: &Self) -> bool {
        are_same(&self.tables, &other.tables, |it| &it.name)
            && are_same(&self.virtual_tables, &other.virtual_tables, |it| &it.name)
            && are_same(&self.indexes, &other.indexes, |it| &it.name)
            && are_same(&self.views, &other.views, |it| &it.name)
            && are_same(&self.triggers, &other.triggers, |it| &it.name)
    }
}

impl Eq for Schema {}

impl PartialEq for Table {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
            && self.is_strict == other.is_strict
            && self.is_without_rowid == other.is_without_rowid
            && self.primary_key == other.primary_key
            && are_same(&self.columns, &other.columns, |it| &it.name)
            && are_same_in_any_order(&self.uniques, &other.uniques)
            && are_same_in_any_order(&self.checks, &other.checks)
            && are_same_in_any_order(&self.foreign_keys, &other.foreign_keys)
    }
}

impl Eq for Table {}

impl PartialEq for Column {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
            && self.datatype == other.datatype
            && self.not_null == other.not_null
            && self.default == other.default
            && self.collation == other.collation
            && self.generated == other.generated
    }
}

impl Eq for Column {}

impl PartialEq for Check {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.expression == other.expression
    }
}

impl Eq for Check {}

impl Hash for Check {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
        self.expression.hash(state);
    }
}

impl PartialEq for ForeignKey {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
            && self.columns == other.columns
            && self.parent == other.parent
            && self.parent_columns == other.parent_columns
            && self.on_delete == other.on_delete
            && self.on_update == other.on_update
            && self.match_name == other.match_name
            && self.is_deferred == other.is_deferred
    }
}

impl Eq for ForeignKey {}

impl Hash for ForeignKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
        self.columns.hash(state);
        self.parent.hash(state);
    }
}

impl PartialEq for VirtualTable {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.module == other.module && self.arguments == other.arguments
    }
}

impl Eq for VirtualTable {}

impl PartialEq for Index {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
            && self.table == other.table
            && self.is_unique == other.is_unique
            && self.columns == other.columns
            && self.condition == other.condition
    }
}

impl Eq for Index {}

impl PartialEq for View {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.definition == other.definition
    }
}

impl Eq for View {}

impl PartialEq for Trigger {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.table == other.table && self.definition == other.definition
    }
}

impl Eq for Trigger {}

/// Whether both hold the same, without regard to the order. Names are unique.
fn are_same<T: PartialEq>(left: &[T], right: &[T], name: fn(&T) -> &Name) -> bool {
    if left.len() != right.len() {
        return false;
    }
    if left.iter().map(name).eq(right.iter().map(name)) {
        return left == right;
    }
    let right: HashMap<&Name, &T> = right.iter().map(|it| (name(it), it)).collect();
    left.iter().all(|it| right.get(name(it)) == Some(&it))
}

/// Whether both hold the same things, each as often.
fn are_same_in_any_order<T: Eq + Hash>(left: &[T], right: &[T]) -> bool {
    if left.len() != right.len() {
        return false;
    }
    if left == right {
        return true;
    }
    let mut counts: HashMap<&T, usize> = HashMap::new();
    for it in left {
        *counts.entry(it).or_default() += 1;
    }
    right.iter().all(|it| match counts.get_mut(it) {
        Some(count) if *count > 0 => {
            *count -= 1;
            true
        }
        _ => false,
    })
}
