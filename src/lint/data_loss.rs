//! Rules about data that is lost: tables and columns that go, and types that change values. What goes
//! is not always lost: see [`super::row_loss`].

use super::deed::{Alteration, Deed, What};
use super::emptied::{is_emptied, is_index, is_index_again};
use super::facts::{Change as Touched, Facts, Source};
use super::fate::Fate;
use super::finding::Findings;
use super::row_loss::{self, is_copied};
use crate::diff::{Change, TableDiff};
use crate::rule::Rule;
use crate::schema::{Affinity, Column, Name, Table, VirtualTable};
use crate::sql::lexer::{Token, TokenKind, tokens};

/// `drop-table`, `drop-column` and `type-narrowed`.
pub fn check(facts: &Facts<'_>, found: &mut Findings<'_>) {
    row_loss::check(facts, found);
    let Some((change, diff)) = facts.diff() else { return };
    empty_tables(facts, change, found);
    for to in &change.after.tables {
        if let Some(from) = change.before.table(&to.name) {
            copied_by_place(facts, from, to, found);
        }
    }
    for it in &diff.virtual_tables {
        if let Change::Dropped(table) = it
            && keeps_rows(table)
            && !is_renamed(facts, change, &table.name)
            && !is_copied(&facts.upgrade, std::slice::from_ref(&table.name))
        {
            drop_table(facts, &table.name, found);
        }
    }
    for table in &diff.altered {
        let name = &table.to.name;
        for (old, new) in &table.changed {
            // Who computes a value, or drops the old one, has thought of its type.
            let aliases = facts.aliases(name);
            let is_dropped = |it: &Deed<'_>| matches!(&it.what, What::Alter(table, Alteration::DropColumn(dropped)) if aliases.contains(table) && *dropped == old.name);
            let source = facts.copied(name, &new.name);
            let is_meant = matches!(source, Some(Source::Expression | Source::OtherColumn))
                || facts.upgrade.iter().any(is_dropped)
                    && !is_taken_over(facts, &aliases, &old.name, &new.name);
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
        let becomes_strict = table.to.is_strict && !table.from.is_strict;
        if becomes_strict && takes_values(facts, table) && !facts.is_refused(name, &[], &|_| true) {
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

/// Whether a virtual table is there afterwards under another name.
fn is_renamed(facts: &Facts<'_>, change: &Touched, table: &Name) -> bool {
    let name = facts.name_after(table);
    name != *table && change.after.virtual_tables.iter().any(|it| it.name == name)
}

/// Whether a table that becomes STRICT gets a value as it stands in a column of some type.
fn takes_values(facts: &Facts<'_>, table: &TableDiff<'_>) -> bool {
    let (from, to) = (table.from, table.to);
    let is_copied = |it: &Column| match facts.copied(&to.name, &it.name) {
        Some(source) => !matches!(source, Source::Expression | Source::Null),
        // The copy may be one that is not understood.
        None => facts.copies(&to.name).next().is_none() && from.column(&it.name).is_some(),
    };
    to.columns.iter().any(|it| {
        let is_any = it.datatype.text().eq_ignore_ascii_case("ANY");
        it.holds() && !is_any && !is_known_number(facts, table, it) && is_copied(it)
    })
}

/// Whether a column was the rowid and is, which holds nothing but integers.
fn is_known_number(facts: &Facts<'_>, table: &TableDiff<'_>, column: &Column) -> bool {
    let copies = facts.copies(&table.to.name).count();
    copies < 2 && table.from.is_rowid(&column.name) && table.to.is_rowid(&column.name)
}

/// `SELECT *` counts places: columns that get the values of another one, which their type changes.
fn copied_by_place(facts: &Facts<'_>, from: &Table, to: &Table, found: &mut Findings<'_>) {
    let Some(copy) = facts.copies(&to.name).next() else { return };
    let is_whole = matches!(&copy.values[..], [only] if only.text == "*");
    if !is_whole || copy.source.is_joined || !facts.aliases(&to.name).contains(&copy.from) {
        return;
    }
    let targets: Vec<&Name> = if copy.targets.is_empty() {
        to.columns.iter().filter(|it| it.holds()).map(|it| &it.name).collect()
    } else {
        copy.targets.iter().collect()
    };
    for (old, new) in from.columns.iter().filter(|it| it.holds()).zip(targets) {
        // One that is no more has another name now.
        let is_other = old.name != *new && to.column(&old.name).is_some();
        let Some(new) = to.column(new).filter(|_| is_other) else { continue };
        let Some(loss) = loss((from, old), (to, new)) else { continue };
        let is_copy = |it: &Deed<'_>| matches!(it.what, What::Copy(_));
        found.add(
            Rule::TypeNarrowed,
            facts.place(&to.name, None, &is_copy),
            format!(
                "`SELECT *` gives `{}.{}` the values of `{}`, and {loss}",
                to.name, new.name, old.name
            ),
            "name the columns on both sides: a star counts places",
        );
    }
}

/// Whether an UPDATE takes the values of a column as they stand to the one that has its name then.
fn is_taken_over(facts: &Facts<'_>, aliases: &[Name], old: &Name, new: &Name) -> bool {
    let gets_name = |column: &Name| {
        facts.upgrade.iter().any(|it| {
            matches!(&it.what, What::Alter(table, Alteration::RenameColumn(from, to))
                if aliases.contains(table) && from == column && to == new)
        })
    };
    facts.upgrade.iter().any(|it| {
        let What::Update(update) = &it.what else { return false };
        aliases.contains(&update.table)
            && update.sets.iter().any(|(to, value)| is_column(value, old) && gets_name(to))
    })
}

/// Whether an expression is this column as it stands.
fn is_column(sql: &str, column: &Name) -> bool {
    let words: Vec<Token> = tokens(sql).filter(Token::is_significant).collect();
    let name = match &words[..] {
        [only] => only,
        [_, dot, last] if dot.kind == TokenKind::Dot => last,
        _ => return false,
    };
    let is_word = matches!(name.kind, TokenKind::Identifier | TokenKind::QuotedIdentifier);
    is_word && name.name(sql).is_some_and(|it| column.is(&it))
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
                let is_ordinary =
                    |it: &Fate| it.before.table(name).is_some() || it.excluded.contains(name);
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

/// Reports a column that goes, of a table by its name of now and the one that it is told by.
pub fn drop_column(
    facts: &Facts<'_>,
    (now, table): (&Name, &Name),
    column: &Name,
    found: &mut Findings<'_>,
) {
    let place = facts.place(now, Some(column), &|it| match &it.what {
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
