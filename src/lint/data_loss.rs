//! Rules about data that is lost: tables and columns that go, and types that change values. What goes
//! is not always lost: see [`super::row_loss`].

use super::deed::{Alteration, What};
use super::emptied::{is_emptied, is_index, is_index_again};
use super::facts::{Change as Touched, Facts, Source};
use super::fate::Fate;
use super::finding::Findings;
use super::row_loss::{self, is_copied};
use crate::diff::Change;
use crate::rule::Rule;
use crate::schema::{Affinity, Column, Name, Table, VirtualTable};

/// `drop-table`, `drop-column` and `type-narrowed`.
pub fn check(facts: &Facts<'_>, found: &mut Findings<'_>) {
    row_loss::check(facts, found);
    let Some((change, diff)) = facts.diff() else { return };
    empty_tables(facts, change, found);
    for it in &diff.virtual_tables {
        if let Change::Dropped(table) = it
            && keeps_rows(table)
            && !is_copied(&facts.upgrade, std::slice::from_ref(&table.name))
        {
            drop_table(facts, &table.name, found);
        }
    }
    for table in &diff.altered {
        let name = &table.to.name;
        for (old, new) in &table.changed {
            // Who computes a value, or drops the old one, has thought of its type.
            let is_meant = facts.copied(name, &new.name) == Some(Source::Expression)
                || facts.upgrade.iter().any(|it| matches!(&it.what, What::Alter(_, Alteration::DropColumn(dropped)) if *dropped == old.name));
            let loss = loss((table.from, old), (table.to, new)).filter(|_| !is_meant);
            if let Some(loss) = loss {
                let place = facts.place(name, Some(&new.name), &|it| {
                    matches!(it.what, What::CreateTable(_)) && it.names(&new.name)
                });
                let (column, datatype) = (&new.name, new.datatype.text());
                let datatype = if datatype.is_empty() { "a column of no type" } else { datatype };
                found.add(
                    Rule::TypeNarrowed,
                    place,
                    format!("`{name}.{column}` becomes {datatype}, which {loss}"),
                    "look at the values first; keep them as they are in a column of their own",
                );
            }
        }
        if table.to.is_strict && !table.from.is_strict && !facts.is_refused(name, &[], &|_| true) {
            let place = facts.place(name, None, &|it| matches!(it.what, What::CreateTable(_)));
            found.add(
                Rule::TypeNarrowed,
                place,
                format!("`{name}` becomes STRICT, which takes no value of another type"),
                "the copy fails where there is one: `-- migrate:refuse-if …: SELECT …` names the rows",
            );
        }
    }
}

/// Virtual tables that are there before and after, and lose their rows in between.
fn empty_tables(facts: &Facts<'_>, change: &Touched, found: &mut Findings<'_>) {
    for (at, deed) in facts.upgrade.iter().enumerate() {
        let What::DropTable(name) = &deed.what else { continue };
        let is_it = |it: &&VirtualTable| it.name == *name;
        let [before, after] = [&change.before, &change.after]
            .map(|schema| (schema.table(name).is_some(), schema.virtual_tables.iter().find(is_it)));
        // What is in neither is the same in both.
        let held_rows = match (before, after) {
            ((_, Some(table)), (true, _) | (_, Some(_))) => keeps_rows(table),
            ((false, None), (false, None)) => {
                let is_ordinary = |it: &Fate| it.before.table(name).is_some();
                !facts.trial.fate.as_ref().is_some_and(is_ordinary)
                    && !is_index_again(&facts.upgrade[at..], name)
            }
            _ => false,
        };
        if held_rows && is_emptied(&facts.upgrade, at, name) {
            found.add(
                Rule::DropTable,
                deed.span.clone(),
                format!("drops the table `{name}` with all its rows, and makes it again"),
                "copy them before, and back; if nobody needs them, say so: `-- migrator:allow \
                 drop-table: WHY` above the statement",
            );
        }
    }
}

/// Reports a table that goes.
pub fn drop_table(facts: &Facts<'_>, name: &Name, found: &mut Findings<'_>) {
    let place = facts.place(name, None, &|it| matches!(it.what, What::DropTable(_)));
    found.add(
        Rule::DropTable,
        place,
        format!("drops the table `{name}` with all its rows"),
        "if nobody needs them, say so: `-- migrator:allow drop-table: WHY` above the statement",
    );
}

/// Reports a column that goes.
pub fn drop_column(facts: &Facts<'_>, table: &Name, column: &Name, found: &mut Findings<'_>) {
    let place = facts.place(table, Some(column), &|it| match &it.what {
        What::Alter(_, Alteration::DropColumn(dropped)) => dropped == column,
        // A rebuild: the definition that does not have it.
        What::CreateTable(_) => !it.names(column),
        _ => false,
    });
    found.add(
        Rule::DropColumn,
        place,
        format!("drops `{table}.{column}` with its values"),
        "if nobody needs them, say so: `-- migrator:allow drop-column: WHY` above the statement",
    );
}

/// Whether a virtual table holds what is nowhere else.
pub fn keeps_rows(table: &VirtualTable) -> bool {
    !is_index(table.module.as_str(), table.arguments.text())
}

/// What another type makes of values.
fn loss((from, old): (&Table, &Column), (to, new): (&Table, &Column)) -> Option<&'static str> {
    if !old.holds() || !new.holds() {
        return None;
    }
    let (before, after) = (Affinity::of(old, from), Affinity::of(new, to));
    match after {
        _ if before == after => None,
        Affinity::Real if before.is_numeric() => {
            Some("rounds integers of more than 15 digits and makes floating point of the others")
        }
        Affinity::Integer | Affinity::Numeric | Affinity::Real if !before.is_numeric() => {
            Some("makes numbers of texts that look like one: `007` becomes 7")
        }
        _ => None,
    }
}
