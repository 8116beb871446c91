//! Rows that were there before, and that a statement deletes or gives other values.
//!
//! As in [`super::row_loss`], what was tried out decides where it can: what is somewhere else
//! afterwards is not lost. A WHERE that finds none of the rows that are made up is taken at its word.

use super::data_loss::keeps_rows;
use super::deed::{self, Alteration, Conflict, Deed, Update, What};
use super::facts::Facts;
use super::finding::Findings;
use super::row_loss::{Loss, Walk, is_copied};
use crate::rule::Rule;
use crate::schema::{Column, Name};
use crate::sql::layout::one_line;
use crate::sql::lexer::{Token, TokenKind, has_keyword, tokens};
use crate::sql::row_loss::chooses_all;

/// `delete-rows` and `update-all-rows`.
pub fn check(facts: &Facts<'_>, found: &mut Findings<'_>) {
    let Some(fate) = &facts.trial.fate else { return };
    let walk = Walk::new(&facts.upgrade);
    for table in &fate.before.tables {
        let loss = Loss::new(facts, fate, table, &walk);
        let names = loss.all_names();
        if !is_asked_for(facts, &names) {
            deleted(&loss, &names, found);
            overwritten(&loss, &names, found);
        }
    }
    for table in fate.before.virtual_tables.iter().filter(|it| keeps_rows(it)) {
        let names = std::slice::from_ref(&table.name);
        if is_asked_for(facts, names) {
            continue;
        }
        for (at, filter) in deletions(&facts.upgrade, names) {
            if !is_kept(&facts.upgrade[..at], names, filter) {
                report_deleted(&facts.upgrade[at], names, filter, found);
            }
        }
    }
}

/// Whether a directive of the upgrade asks for rows of a table, so that somebody knows of them.
fn is_asked_for(facts: &Facts<'_>, names: &[Name]) -> bool {
    let file = &facts.revision.source.text;
    let mut queries = facts.revision.upgrade.directives.iter().map(|it| &file[it.query.clone()]);
    queries.any(|query| names.iter().any(|it| deed::names(query, it)))
}

/// Which statements delete rows of a table, and their WHERE, where it leaves some out.
fn deletions<'d>(
    deeds: &'d [Deed<'_>],
    names: &[Name],
) -> impl Iterator<Item = (usize, Option<&'d str>)> {
    deeds.iter().enumerate().filter_map(|(at, deed)| match &deed.what {
        What::Delete(it) if names.contains(&it.table) => Some((at, chosen(it.filter.as_deref()))),
        _ => None,
    })
}

/// A WHERE that leaves rows out.
fn chosen(filter: Option<&str>) -> Option<&str> {
    filter.filter(|it| !chooses_all(it))
}

/// The rows that are deleted, and in no other table by then.
fn deleted(loss: &Loss<'_, '_>, names: &[Name], found: &mut Findings<'_>) {
    let deeds = &loss.facts.upgrade;
    for (at, filter) in deletions(deeds, names) {
        // What goes with the table is another matter.
        if loss.after().is_none() && !is_copied(&deeds[at..], names) {
            continue;
        }
        // In what the body has made, there is nothing yet.
        let is_filled = |it: &Name| {
            loss.names.contains(it)
                || deeds[..at]
                    .iter()
                    .any(|deed| matches!(&deed.what, What::Copy(copy) if copy.into == *it))
        };
        if !deeds[at].table().is_some_and(is_filled) {
            continue;
        }
        let is_lost = match filter {
            None if loss.fate.lost.is_some() => loses_rows(loss, at, names),
            _ => !is_kept(&deeds[..at], names, filter),
        };
        if is_lost {
            report_deleted(&deeds[at], names, filter, found);
        }
    }
}

/// Whether the values of deleted rows are nowhere afterwards.
fn loses_rows(loss: &Loss<'_, '_>, at: usize, names: &[Name]) -> bool {
    let deeds = &loss.facts.upgrade;
    let mut holding = loss.table.columns.iter().filter(|it| it.holds());
    let is_lost = |it: &Column| loss.is_lost(it, true);
    if holding.clone().all(is_lost) {
        return !is_kept(&deeds[..at], names, None);
    }
    // Rows that move to another table get a number there.
    holding.any(|it| {
        is_lost(it) && !loss.table.is_rowid(&it.name) && !loss.reads(it, deeds[at].span.start)
    })
}

/// Whether statements take the rows that a WHERE chooses to another table: the same WHERE copies
/// them, or it names where they are now.
pub fn is_kept(deeds: &[Deed<'_>], names: &[Name], filter: Option<&str>) -> bool {
    deeds.iter().any(|deed| {
        if !is_copied(std::slice::from_ref(deed), names) {
            return false;
        }
        let (target, is_whole) = match &deed.what {
            What::Copy(it) => (Some(&it.into), it.source.filter.is_none() && !it.source.is_limited),
            What::CreateTable(it) => (Some(it), !has_keyword(deed.sql, "WHERE")),
            _ => (None, false),
        };
        if target.is_some_and(|it| names.contains(it)) {
            return false;
        }
        is_whole
            || filter.is_some_and(|filter| {
                target.is_some_and(|it| deed::names(filter, it))
                    || one_line(deed.sql).contains(&one_line(filter))
            })
    })
}

fn report_deleted(deed: &Deed<'_>, names: &[Name], filter: Option<&str>, found: &mut Findings<'_>) {
    let table = deed.table().or(names.first()).map_or("", Name::as_str);
    let message = match filter {
        None => format!("deletes all rows of `{table}`"),
        Some(filter) => format!("deletes rows of `{table}`: {}", one_line(filter)),
    };
    found.add(
        Rule::DeleteRows,
        deed.span.clone(),
        message,
        "no downgrade brings them back; if nobody needs them, say so: `-- migrator:allow delete-rows: \
         WHY` above the statement; `-- migrate:warn-if MESSAGE: QUERY` says how many there are",
    );
}

/// The columns whose values go with an UPDATE of all rows, or with rows that replace them.
fn overwritten(loss: &Loss<'_, '_>, names: &[Name], found: &mut Findings<'_>) {
    let Some(after) = loss.after() else { return };
    for (at, deed) in loss.facts.upgrade.iter().enumerate() {
        let columns = loss.table.columns.iter().filter(|it| it.holds());
        let staying = columns.filter(|it| !loss.is_gone(it, Some(&after)));
        let goes = |column: &&Column| {
            let known = names_of_column(loss, column, names);
            let is_lost = |unless_tried| loss.is_lost(column, unless_tried);
            let is_overwritten = match &deed.what {
                What::Update(it) if names.contains(&it.table) => {
                    overwrites(it, &known, names) && is_lost(true)
                }
                // Only where it was seen: most of them add rows.
                What::Copy(it) if it.conflict == Conflict::Replace && names.contains(&it.into) => {
                    names.contains(&it.from) && is_lost(false)
                }
                _ => false,
            };
            is_overwritten && !loss.reads(column, loss.facts.upgrade[at].span.start)
        };
        let lost: Vec<&Column> = staying.filter(goes).collect();
        let Some(first) = lost.first() else { continue };
        let table = deed.table().map_or("", Name::as_str);
        let more = match lost.len() {
            1 => String::new(),
            n => format!(" and {} more of its columns", n - 1),
        };
        found.add(
            Rule::UpdateAllRows,
            deed.span.clone(),
            format!("overwrites `{table}.{}`{more} in all rows", first.name),
            "a WHERE that chooses rows (`IS NULL`, say) leaves the others alone; if nobody needs what stood \
             there, say so: `-- migrator:allow update-all-rows: WHY` above the statement",
        );
    }
}

/// What a column of before is called while the upgrade runs.
fn names_of_column(loss: &Loss<'_, '_>, column: &Column, names: &[Name]) -> Vec<Name> {
    let mut known = vec![column.name.clone()];
    for deed in &loss.facts.upgrade {
        if let What::Alter(table, Alteration::RenameColumn(from, to)) = &deed.what
            && names.contains(table)
            && known.contains(from)
        {
            known.push(to.clone());
        }
    }
    known
}

/// Whether an UPDATE gives a column that has these names, of a table that has those, values in all
/// rows that are not made of its own; nor does it take these to another column.
pub fn overwrites(update: &Update, column: &[Name], table: &[Name]) -> bool {
    let mentions = |value: &str| column.iter().any(|it| mentions(value, it, table));
    chosen(update.filter.as_deref()).is_none()
        && update.sets.iter().any(|(target, _)| column.contains(target))
        && !update.sets.iter().any(|(_, value)| mentions(value))
}

/// Whether an expression names a column of the row that is updated. Inside of a SELECT the name is
/// that of another table's column, unless it says otherwise.
fn mentions(value: &str, column: &Name, table: &[Name]) -> bool {
    let words: Vec<Token> = tokens(value).filter(Token::is_significant).collect();
    // For each parenthesis that is open, whether a SELECT stands in it.
    let mut open: Vec<bool> = Vec::new();
    for (at, word) in words.iter().enumerate() {
        match word.kind {
            TokenKind::LeftParenthesis => {
                open.push(words.get(at + 1).is_some_and(|it| it.is_keyword(value, "SELECT")));
            }
            TokenKind::RightParenthesis => drop(open.pop()),
            TokenKind::Identifier | TokenKind::QuotedIdentifier
                if word.name(value).is_some_and(|it| column.is(&it)) =>
            {
                let is_qualified = at > 1
                    && words[at - 1].kind == TokenKind::Dot
                    && words[at - 2]
                        .name(value)
                        .is_some_and(|name| table.iter().any(|it| it.is(&name)));
                if is_qualified || !open.contains(&true) {
                    return true;
                }
            }
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: &str, expected: bool) {
        assert_eq!(mentions(value, &Name::new("a"), &[Name::new("t")]), expected, "{value}");
    }

    #[test]
    fn an_expression_names_a_column_of_its_row() {
        check("lower(a)", true);
        check("t.\"A\" + 1", true);
        check("coalesce((SELECT a FROM u), a)", true);
        check("(SELECT u.b FROM u WHERE u.c = t.a)", true);
        check("(SELECT max(a) FROM u)", false);
        check("(SELECT u.a FROM u WHERE u.b = t.b)", false);
        check("'a'", false);
        check("lower(b)", false);
    }
}
