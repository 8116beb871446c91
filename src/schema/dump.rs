//! A schema as SQL: to be read, or to begin a `schema.sql` with.

use std::collections::HashMap;

use super::{Name, Schema, Table, View};
use crate::sql::layout::{terminated, without_leading_commas};
use crate::sql::lexer::tokens;

/// Writes every object as the statement that makes it.
///
/// Parents come before the tables that reference them, where that is possible; each table has its
/// indexes and triggers behind it; views come last, after the views that they use. Ties go to the
/// order of `sqlite_schema`.
pub fn dump(schema: &Schema) -> String {
    let indexes = schema.indexes_by_table();
    let triggers = schema.triggers_by_table();
    let mut statements: Vec<String> = Vec::new();
    let push_triggers = |statements: &mut Vec<String>, table: &Name| {
        statements.extend(triggers.get(table).into_iter().flatten().map(|it| it.sql.clone()));
    };
    for table in parents_first(&schema.tables) {
        statements.push(create_table(table));
        statements.extend(indexes.get(&table.name).into_iter().flatten().map(|it| it.sql.clone()));
        push_triggers(&mut statements, &table.name);
    }
    statements.extend(schema.virtual_tables.iter().map(|it| it.sql.clone()));
    for view in used_first(&schema.views) {
        statements.push(view.sql.clone());
        push_triggers(&mut statements, &view.name);
    }
    let statements: Vec<String> =
        statements.iter().map(|it| format!("{}\n", terminated(it))).collect();
    statements.join("\n")
}

/// The statement that makes a table.
pub fn create_table(table: &Table) -> String {
    format!("CREATE TABLE {} {}", table.name.quoted(), without_leading_commas(&table.body))
}

pub(super) fn parents_first(tables: &[Table]) -> Vec<&Table> {
    let by_name = numbered(tables, |it| &it.name);
    let parents = |idx: usize| {
        let names = tables[idx].foreign_keys.iter().map(|it| &it.parent);
        names.filter_map(|it| by_name.get(it).copied()).collect()
    };
    ordered(tables.len(), parents).into_iter().map(|it| &tables[it]).collect()
}

fn used_first(views: &[View]) -> Vec<&View> {
    let by_name = numbered(views, |it| &it.name);
    let used = |idx: usize| {
        let sql = views[idx].definition.text();
        // A name that means something else only moves a view that could stand anywhere.
        let names = tokens(sql).filter_map(|it| it.name(sql).map(Name::new));
        names.filter_map(|it| by_name.get(&it).copied()).collect()
    };
    ordered(views.len(), used).into_iter().map(|it| &views[it]).collect()
}

fn numbered<T>(items: &[T], name: fn(&T) -> &Name) -> HashMap<&Name, usize> {
    items.iter().enumerate().map(|(idx, it)| (name(it), idx)).collect()
}

/// The numbers up to `n`, each after those `before` it, and otherwise in their order. Those that
/// wait for each other stay together, in their order.
fn ordered(n: usize, before: impl Fn(usize) -> Vec<usize>) -> Vec<usize> {
    let before: Vec<Vec<usize>> = (0..n).map(before).collect();
    let mut after = vec![Vec::new(); n];
    for (idx, those) in before.iter().enumerate() {
        for it in those {
            after[*it].push(idx);
        }
    }
    // Kosaraju: what is found together, going back, waits for each other.
    let mut group_of = vec![0; n];
    let mut is_seen = vec![false; n];
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for root in visited(0..n, &before, &mut vec![false; n]).into_iter().rev() {
        let mut group = visited(root..root + 1, &after, &mut is_seen);
        group.sort_unstable();
        if !group.is_empty() {
            groups.push(group);
        }
    }
    groups.sort_unstable();
    for (number, group) in groups.iter().enumerate() {
        for it in group {
            group_of[*it] = number;
        }
    }
    let groups_before = |group: &Vec<usize>| {
        let members = group.iter().flat_map(|it| &before[*it]);
        members.map(|it| group_of[*it]).collect()
    };
    let before: Vec<Vec<usize>> = groups.iter().map(groups_before).collect();
    let order = visited(0..groups.len(), &before, &mut vec![false; groups.len()]);
    order.into_iter().flat_map(|it| groups[it].iter().copied()).collect()
}

/// What can be reached from `roots` and was not seen, each after what can be reached from it.
fn visited(
    roots: std::ops::Range<usize>,
    edges: &[Vec<usize>],
    is_seen: &mut [bool],
) -> Vec<usize> {
    let mut order = Vec::new();
    for root in roots {
        if std::mem::replace(&mut is_seen[root], true) {
            continue;
        }
        // Not recursive: a chain of references may be long.
        let mut stack = vec![(root, edges[root].iter())];
        while let Some((idx, rest)) = stack.last_mut() {
            match rest.next() {
                Some(next) if !std::mem::replace(&mut is_seen[*next], true) => {
                    stack.push((*next, edges[*next].iter()));
                }
                Some(_) => {}
                None => {
                    order.push(*idx);
                    stack.pop();
                }
            }
        }
    }
    order
}
