//! What differs between two schemas, object by object.
//!
//! Pure. Objects are the same if their names are: a rename has been applied to one side before.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use crate::schema::{
    Check, Column, ForeignKey, Index, Name, Schema, Table, Trigger, Unique, View, VirtualTable,
};

pub mod lines;

/// An object that is not the same on both sides.
#[derive(Debug, Clone, Copy)]
pub enum Change<'s, T> {
    /// Only the new side has it.
    Added(&'s T),
    /// Only the old side has it.
    Dropped(&'s T),
    /// Both have it, and it does not mean the same.
    Changed {
        /// The old side's.
        from: &'s T,
        /// The new side's.
        to: &'s T,
    },
}

/// Everything that differs: first what the new side has, in its order, then what it has no more.
#[derive(Debug, Clone)]
pub struct Diff<'s> {
    /// Tables that only one side has.
    pub tables: Vec<Change<'s, Table>>,
    /// Tables that both sides have, and how they differ.
    pub altered: Vec<TableDiff<'s>>,
    /// Virtual tables.
    pub virtual_tables: Vec<Change<'s, VirtualTable>>,
    /// Indexes, those of added and dropped tables included.
    pub indexes: Vec<Change<'s, Index>>,
    /// Views.
    pub views: Vec<Change<'s, View>>,
    /// Triggers, those of added and dropped tables included.
    pub triggers: Vec<Change<'s, Trigger>>,
}

/// How a table differs from what it was.
#[derive(Debug, Clone)]
pub struct TableDiff<'s> {
    /// The old side's.
    pub from: &'s Table,
    /// The new side's.
    pub to: &'s Table,
    /// Columns that are new, in their order.
    pub added: Vec<&'s Column>,
    /// Columns that are gone, in their order.
    pub dropped: Vec<&'s Column>,
    /// Columns whose definition means something else: before and after.
    pub changed: Vec<(&'s Column, &'s Column)>,
    /// Whether the primary key differs.
    pub has_other_primary_key: bool,
    /// `UNIQUE` constraints.
    pub uniques: Delta<'s, Unique>,
    /// `CHECK` constraints.
    pub checks: Delta<'s, Check>,
    /// Foreign keys.
    pub foreign_keys: Delta<'s, ForeignKey>,
    /// Whether columns that both sides have stand in another order, or new ones not at the end.
    pub has_other_order: bool,
    /// Whether that is a difference.
    pub wants_order: bool,
}

/// Constraints that only one side has.
#[derive(Debug, Clone)]
pub struct Delta<'s, T> {
    /// The new side.
    pub added: Vec<&'s T>,
    /// The old side.
    pub dropped: Vec<&'s T>,
}

impl<'s> Diff<'s> {
    /// Compares two schemas; the order of columns too if `by_order`. Linear, but for sorting.
    pub fn new(from: &'s Schema, to: &'s Schema, by_order: bool) -> Self {
        let mut tables = Vec::new();
        let mut altered = Vec::new();
        for change in changes(
            &from.tables,
            &to.tables,
            |it| &it.name,
            |a, b| a == b && (!by_order || a.has_order_of(b)),
        ) {
            match change {
                Change::Changed { from, to } => altered.push(TableDiff::new(from, to, by_order)),
                change => tables.push(change),
            }
        }
        Self {
            tables,
            altered,
            virtual_tables: changes(
                &from.virtual_tables,
                &to.virtual_tables,
                |it| &it.name,
                PartialEq::eq,
            ),
            indexes: changes(&from.indexes, &to.indexes, |it| &it.name, PartialEq::eq),
            views: changes(&from.views, &to.views, |it| &it.name, PartialEq::eq),
            triggers: changes(&from.triggers, &to.triggers, |it| &it.name, PartialEq::eq),
        }
    }

    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty()
            && self.altered.is_empty()
            && self.virtual_tables.is_empty()
            && self.indexes.is_empty()
            && self.views.is_empty()
            && self.triggers.is_empty()
    }
}

impl<'s> TableDiff<'s> {
    fn new(from: &'s Table, to: &'s Table, wants_order: bool) -> Self {
        let columns = changes(&from.columns, &to.columns, |it| &it.name, PartialEq::eq);
        let (mut added, mut dropped, mut changed) = (Vec::new(), Vec::new(), Vec::new());
        for change in columns {
            match change {
                Change::Added(column) => added.push(column),
                Change::Dropped(column) => dropped.push(column),
                Change::Changed { from, to } => changed.push((from, to)),
            }
        }
        let is_dropped: HashSet<&Name> = dropped.iter().map(|it| &it.name).collect();
        let kept = from.columns.iter().map(|it| &it.name).filter(|it| !is_dropped.contains(it));
        let in_place = kept.chain(added.iter().map(|it| &it.name));
        Self {
            from,
            to,
            has_other_primary_key: from.primary_key != to.primary_key,
            uniques: Delta::new(&from.uniques, &to.uniques),
            checks: Delta::new(&from.checks, &to.checks),
            foreign_keys: Delta::new(&from.foreign_keys, &to.foreign_keys),
            has_other_order: !in_place.eq(to.columns.iter().map(|it| &it.name)),
            wants_order,
            added,
            dropped,
            changed,
        }
    }
}

impl<'s, T: PartialEq> Delta<'s, T> {
    /// What only one of two lists has, each element as often as it stands there more.
    fn new(from: &'s [T], to: &'s [T]) -> Self {
        // A table has a handful of constraints, so that comparing all with all is what is fastest.
        let mut dropped: Vec<&T> = from.iter().collect();
        let mut added = Vec::new();
        for constraint in to {
            match dropped.iter().position(|it| *it == constraint) {
                Some(position) => drop(dropped.remove(position)),
                None => added.push(constraint),
            }
        }
        Self { added, dropped }
    }

    /// Whether both sides have the same.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.dropped.is_empty()
    }
}

fn changes<'s, T, K: Eq + Hash + 's>(
    from: &'s [T],
    to: &'s [T],
    key: impl Fn(&'s T) -> &'s K,
    is_same: impl Fn(&T, &T) -> bool,
) -> Vec<Change<'s, T>> {
    let old: HashMap<&K, &T> = from.iter().map(|it| (key(it), it)).collect();
    let new: HashSet<&K> = to.iter().map(&key).collect();
    let mut found = Vec::new();
    for to in to {
        match old.get(key(to)) {
            None => found.push(Change::Added(to)),
            Some(from) if is_same(from, to) => {}
            Some(from) => found.push(Change::Changed { from, to }),
        }
    }
    found.extend(from.iter().filter(|it| !new.contains(key(it))).map(Change::Dropped));
    found
}

impl<'s, T> Change<'s, T> {
    /// The old side's.
    pub fn old(&self) -> Option<&'s T> {
        match *self {
            Self::Added(_) => None,
            Self::Dropped(from) | Self::Changed { from, .. } => Some(from),
        }
    }

    /// The new side's.
    pub fn new_one(&self) -> Option<&'s T> {
        match *self {
            Self::Dropped(_) => None,
            Self::Added(to) | Self::Changed { to, .. } => Some(to),
        }
    }

    /// Either side's, the new one's if there is one.
    pub fn any(&self) -> &'s T {
        match *self {
            Self::Added(it) | Self::Dropped(it) | Self::Changed { to: it, .. } => it,
        }
    }
}
