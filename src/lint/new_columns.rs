//! What new columns hold in every row that is there, on every database: their DEFAULT, or NULL.

use super::facts::Facts;
use crate::db::Scratch;
use crate::diff::{Change, TableDiff};
use crate::schema::{Fragment, Name};
use crate::sql::lexer::{Token, TokenKind, tokens};

/// The checks that new columns are against.
pub fn violated(facts: &Facts<'_>, scratch: &Scratch) -> Vec<(Name, Fragment)> {
    let Some((_, diff)) = facts.diff() else { return Vec::new() };
    let mut violated = Vec::new();
    for table in &diff.altered {
        for check in &table.checks.added {
            let text = check.expression.text();
            let is_it = |values: &str| format!("SELECT 1 FROM ({values}) WHERE NOT ({text})");
            let values = values(facts, table, &check.expression, false);
            let found = values.map(|it| scratch.rows_found(&is_it(&it)));
            if found.is_some_and(|it| it.is_ok_and(|it| it.is_some())) {
                violated.push((table.to.name.clone(), check.expression.clone()));
            }
        }
    }
    violated
}

/// The new indexes whose WHERE is true for no row that is there.
pub fn vacant(facts: &Facts<'_>, scratch: &Scratch) -> Vec<Name> {
    let Some((_, diff)) = facts.diff() else { return Vec::new() };
    let indexes = diff.indexes.iter().filter_map(|it| match it {
        Change::Added(index) | Change::Changed { to: index, .. } => Some(*index),
        Change::Dropped(_) => None,
    });
    let is_vacant = |condition: &Fragment, table: &TableDiff<'_>| {
        terms(condition.text()).into_iter().any(|term| {
            let values = values(facts, table, &Fragment::new(term), true);
            let found = values
                .map(|it| scratch.rows_found(&format!("SELECT 1 FROM ({it}) WHERE ({term})")));
            found.is_some_and(|it| it.is_ok_and(|it| it.is_none()))
        })
    };
    let vacant = indexes.filter(|index| {
        let table = diff.altered.iter().find(|it| it.to.name == index.table);
        let both = index.condition.as_ref().zip(table);
        both.is_some_and(|(condition, table)| is_vacant(condition, table))
    });
    vacant.map(|it| it.name.clone()).collect()
}

/// A SELECT of what the new columns hold that an expression names; nothing if it names others too, or
/// none, or one that a copy fills, or an UPDATE where that would come `before`.
fn values(
    facts: &Facts<'_>,
    table: &TableDiff<'_>,
    expression: &Fragment,
    before: bool,
) -> Option<String> {
    let name = &table.to.name;
    if table.from.columns.iter().any(|it| expression.names(&it.name)) {
        return None;
    }
    let is_set = |column: &Name| {
        let is_given = before && facts.given(name, column).next().is_some();
        facts.copied(name, column).is_some() || is_given
    };
    let mut values = Vec::new();
    for it in table.added.iter().filter(|it| expression.names(&it.name)) {
        if !it.holds() || is_set(&it.name) {
            return None;
        }
        let default = it.default.as_ref().map_or("NULL", |it| it.text());
        values.push(format!("({default}) AS {}", it.name.quoted()));
    }
    (!values.is_empty()).then(|| format!("SELECT {}", values.join(", ")))
}

/// What stands between the ANDs of a condition; all of it where that is not plain.
fn terms(sql: &str) -> Vec<&str> {
    let words: Vec<Token> = tokens(sql).filter(Token::is_significant).collect();
    let mut depth = 0usize;
    let mut ends = Vec::new();
    for it in &words {
        match it.kind {
            TokenKind::LeftParenthesis => depth += 1,
            TokenKind::RightParenthesis => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            _ if ["OR", "BETWEEN", "CASE"].iter().any(|word| it.is_keyword(sql, word)) => {
                return vec![sql];
            }
            _ if it.is_keyword(sql, "AND") => ends.push(it.span.clone()),
            _ => {}
        }
    }
    let starts = std::iter::once(0).chain(ends.iter().map(|it| it.end));
    let ends = ends.iter().map(|it| it.start).chain([sql.len()]);
    starts.zip(ends).map(|(start, end)| &sql[start..end]).collect()
}
