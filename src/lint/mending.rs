//! What keeps rows out of the way of a new constraint: a `refuse-if` that asks for them, a statement
//! that mends or deletes them, a copy that leaves them out.
//!
//! By words, and so that doubt is in favour of the author: what looks like care is taken for it,
//! unless it is plainly about other rows, or about those that are not in the way.

use super::deed::{Conflict, Copy, Delete, Update, What, names};
use super::facts::{Change as Touched, Facts};
use crate::diff::{Change, Diff};
use crate::schema::{Affinity, Column, Name};
use crate::sql::lexer::{Token, TokenKind, has_keyword, tokens};

/// Why rows may be in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// They have NULL.
    Null,
    /// They are alike.
    Shared,
    /// A check, or a type, does not take them.
    Against,
    /// They reference nothing.
    Dangling,
}

/// What a new constraint is about.
#[derive(Clone, Copy)]
pub struct Constraint<'a> {
    /// Its table, after the upgrade.
    pub table: &'a Name,
    /// The columns that decide.
    pub columns: &'a [&'a Name],
    /// Columns whose values no two rows share.
    pub unique: &'a [Name],
    /// Why rows may be in its way.
    pub trouble: Trouble,
}

/// Whether the upgrade takes care of the rows that are in the way, by statements before this byte of
/// the file, or not at all.
pub fn is_mended(facts: &Facts<'_>, constraint: Constraint<'_>, until: usize) -> bool {
    let aliases = facts.aliases(constraint.table);
    let mut n_partial = 0;
    for deed in facts.upgrade.iter().take_while(|it| it.span.start < until) {
        let is_mended = match &deed.what {
            What::Delete(it) if aliases.contains(&it.table) => constraint.deletes(it),
            What::Update(it) if aliases.contains(&it.table) => {
                let sets = constraint.sets(it);
                n_partial += usize::from(sets);
                // Two that each change some rows may well change all of them.
                sets && (constraint.is_chosen(it.filter.as_deref()) || n_partial > 1)
            }
            _ => false,
        };
        if is_mended {
            return true;
        }
    }
    facts.copies(constraint.table).any(|it| constraint.leaves_out(it))
}

/// The columns of a table that a new constraint is about: rows that are left out by them are left out
/// for it.
pub fn newly_constrained(touched: &Touched, diff: &Diff<'_>, table: &Name) -> Vec<Name> {
    let mut columns = Vec::new();
    for change in &diff.indexes {
        if let Change::Added(index) = change
            && index.is_unique
            && index.table == *table
        {
            // Of an expression the columns in it.
            let table = touched.after.table(table);
            let all = table.iter().flat_map(|it| &it.columns).map(|it| &it.name);
            let is_in = |it: &&Name| index.columns.iter().any(|key| key.names(it));
            columns.extend(all.filter(is_in).cloned());
        }
    }
    let Some(altered) = diff.altered.iter().find(|it| it.to.name == *table) else { return columns };
    let all = || altered.to.columns.iter().map(|it| it.name.clone());
    let (from, to) = (altered.from, altered.to);
    let is_narrower = |(old, new): &&(&Column, &Column)| {
        new.not_null.is_some() && old.not_null.is_none()
            || Affinity::of(old, from) != Affinity::of(new, to)
            || to.is_strict && !from.is_strict
    };
    let changed = altered.changed.iter().filter(is_narrower);
    columns.extend(changed.map(|(_, new)| new.name.clone()));
    if let Some(key) = altered.to.primary_key.as_ref().filter(|_| altered.has_other_primary_key) {
        columns.extend(key.columns.iter().map(|it| it.name.clone()));
    }
    for it in &altered.uniques.added {
        columns.extend(it.columns.iter().map(|it| it.name.clone()));
    }
    for it in &altered.foreign_keys.added {
        columns.extend(it.columns.iter().cloned());
    }
    for it in &altered.checks.added {
        columns.extend(all().filter(|name| it.expression.names(name)));
    }
    columns
}

impl Constraint<'_> {
    fn deletes(&self, delete: &Delete) -> bool {
        self.is_chosen(delete.filter.as_deref())
    }

    /// Whether an UPDATE gives the columns values that are not in the way.
    fn sets(&self, update: &Update) -> bool {
        let values = update.sets.iter().filter(|(name, _)| self.columns.contains(&name));
        let mut values = values.map(|(_, value)| value.as_str());
        match self.trouble {
            Trouble::Null => values.any(|it| !it.eq_ignore_ascii_case("NULL")),
            Trouble::Shared => values.any(|it| {
                let is_new = |it: Token, sql: &str| {
                    let name = it.name(sql).map(|it| it.to_ascii_lowercase()).unwrap_or_default();
                    name.starts_with("random") || name.contains("uuid") || name.contains("rowid")
                };
                tokens(it).any(|token| is_new(token, it))
                    || self.unique.iter().any(|name| names(it, name))
            }),
            Trouble::Against | Trouble::Dangling => values.next().is_some(),
        }
    }

    /// Whether a WHERE chooses the rows that are in the way: all of them, or by the columns that
    /// decide, or by a query of its own.
    fn is_chosen(&self, filter: Option<&str>) -> bool {
        let Some(filter) = filter else { return true };
        if has_keyword(filter, "SELECT") {
            return true;
        }
        let named = self.columns.iter().filter(|it| names(filter, it));
        let mut named =
            named.filter(|it| self.trouble != Trouble::Null || !asks_not_null(filter, it));
        named.next().is_some()
    }

    /// Whether a copy leaves out the rows that are in the way.
    fn leaves_out(&self, copy: &Copy) -> bool {
        let source = &copy.source;
        let filter = source.filter.as_deref();
        let names_one = |text: Option<&str>| {
            text.is_some_and(|text| self.columns.iter().any(|it| names(text, it)))
        };
        match self.trouble {
            Trouble::Null | Trouble::Against => {
                copy.conflict == Conflict::Ignore || names_one(filter)
            }
            Trouble::Shared => {
                // Rows that differ in what is unique are no longer the same ones.
                let is_key = |column: &Option<Name>| {
                    column.as_ref().is_some_and(|it| self.columns.contains(&it))
                };
                copy.conflict != Conflict::Fail
                    || source.group.is_some()
                    || filter.is_some_and(|it| has_keyword(it, "SELECT"))
                    || source.is_distinct && copy.values.iter().all(|it| is_key(&it.column))
            }
            Trouble::Dangling => source.is_joined || names_one(filter),
        }
    }

    /// Whether a query finds the rows that are in the way, and not those that are not.
    pub fn is_asked_by(&self, query: &str) -> bool {
        match self.trouble {
            Trouble::Null => {
                !self.columns.iter().any(|it| names(query, it) && asks_not_null(query, it))
            }
            Trouble::Shared => {
                let words =
                    ["GROUP", "COUNT", "EXISTS", "IN", "OVER", "DISTINCT", "JOIN", "HAVING"];
                let is_table = |it: &Token| it.name(query).is_some_and(|it| self.table.is(&it));
                let is_from = |it: &Token| it.is_keyword(query, "FROM");
                tokens(query).filter(is_from).count() > 1
                    // A table beside itself.
                    || tokens(query).filter(is_table).count() > 1
                    || !has_keyword(query, "WHERE")
                    || words.iter().any(|it| has_keyword(query, it))
            }
            Trouble::Against | Trouble::Dangling => true,
        }
    }
}

/// Whether a text asks for a column that is not NULL, and nowhere for one that is.
fn asks_not_null(sql: &str, column: &Name) -> bool {
    let words: Vec<Token> = tokens(sql).filter(Token::is_significant).collect();
    let is = |n: usize, keyword: &str| words.get(n).is_some_and(|it| it.is_keyword(sql, keyword));
    let mut asks = false;
    for (at, word) in words.iter().enumerate() {
        let is_negated = at > 0
            && (is(at - 1, "NOT")
                || at > 1 && words[at - 1].kind == TokenKind::LeftParenthesis && is(at - 2, "NOT"));
        if is_negated || !word.name(sql).is_some_and(|it| column.is(&it)) {
            continue;
        }
        if is(at + 1, "ISNULL") || is(at + 1, "IS") && is(at + 2, "NULL") {
            return false;
        }
        asks |= is(at + 1, "NOTNULL") || is(at + 1, "NOT") && is(at + 2, "NULL");
        asks |= is(at + 1, "IS") && is(at + 2, "NOT") && is(at + 3, "NULL");
    }
    asks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sql: &str, expected: bool) {
        assert_eq!(asks_not_null(sql, &Name::new("a")), expected, "{sql}");
    }

    #[test]
    fn a_query_may_ask_for_the_opposite() {
        check("SELECT 1 FROM t WHERE a IS NOT NULL", true);
        check("SELECT 1 FROM t WHERE t.\"A\" NOTNULL", true);
        check("SELECT 1 FROM t WHERE a NOT NULL AND b IS NULL", true);
        check("SELECT 1 FROM t WHERE a IS NULL", false);
        check("SELECT 1 FROM t WHERE a ISNULL OR a IS NOT NULL", false);
        check("SELECT 1 FROM t WHERE NOT (a IS NOT NULL)", false);
        check("SELECT 1 FROM t WHERE NOT a IS NOT NULL", false);
        check("SELECT a FROM t WHERE b IS NOT NULL", false);
        check("SELECT 1 FROM t WHERE coalesce(a, '') = ''", false);
    }
}
