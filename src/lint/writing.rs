//! How a statement writes rows: what goes where, and which rows it leaves out.

use std::ops::Range;

use super::deed::{Conflict, Reader};
use crate::schema::{Name, Table};
use crate::sql::lexer::{Token, TokenKind};

/// An `INSERT INTO … SELECT … FROM`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    /// Where to.
    pub into: Name,
    /// Where from: the first table.
    pub from: Name,
    /// The columns that are written, where they are listed.
    pub targets: Vec<Name>,
    /// What they get, in their order.
    pub values: Vec<Value>,
    /// What becomes of a row that is in the way.
    pub conflict: Conflict,
    /// Which rows.
    pub source: RowSource,
}

/// What is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// As SQL.
    pub text: String,
    /// The column that it is, as it stands.
    pub column: Option<Name>,
}

/// The rows of a SELECT.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RowSource {
    /// `SELECT DISTINCT`.
    pub is_distinct: bool,
    /// There is more than one table, or SELECT.
    pub is_joined: bool,
    /// `WHERE`.
    pub filter: Option<String>,
    /// `GROUP BY`.
    pub group: Option<String>,
    /// `LIMIT`.
    pub is_limited: bool,
}

/// An `UPDATE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// Its table.
    pub table: Name,
    /// The columns that it sets, and what they get.
    pub sets: Vec<(Name, String)>,
    /// `WHERE`.
    pub filter: Option<String>,
}

/// A `DELETE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delete {
    /// Its table.
    pub table: Name,
    /// `WHERE`.
    pub filter: Option<String>,
}

impl Copy {
    /// Whether it copies whole rows: `SELECT *`.
    pub fn is_star(&self) -> bool {
        self.values.iter().any(|it| it.text == "*" || it.text.ends_with(".*"))
    }

    /// The number of the value that a column of the table `to` gets; where the columns are not listed,
    /// that is known only if the table is.
    pub fn place(&self, to: Option<&Table>, column: &Name) -> Option<usize> {
        if self.targets.is_empty() {
            let mut holding = to?.columns.iter().filter(|it| it.holds());
            holding.position(|it| it.name == *column)
        } else {
            self.targets.iter().position(|it| it == column)
        }
    }

    /// The column of the table `from` that one of the table `to` gets as it stands.
    pub fn origin<'t>(&self, to: &Table, from: &'t Table, column: &Name) -> Option<&'t Name> {
        let place = self.place(Some(to), column)?;
        if self.is_star() {
            let mut columns = from.columns.iter().filter(|it| it.holds());
            return columns.nth(place).map(|it| &it.name);
        }
        let name = self.values.get(place)?.column.as_ref()?;
        from.column(name).map(|it| &it.name)
    }

    /// The columns that are written and, where it is a column as it stands, what each gets; empty
    /// where the columns are not listed.
    pub fn columns(&self) -> impl Iterator<Item = (&Name, Option<&Name>)> {
        let is_whole = self.targets.len() == self.values.len();
        let pairs = self.targets.iter().zip(&self.values).filter(move |_| is_whole);
        pairs.map(|(target, value)| (target, value.column.as_ref()))
    }
}

impl Value {
    /// Whether it is NULL in every row.
    pub fn is_null(&self) -> bool {
        self.text.eq_ignore_ascii_case("NULL")
    }
}

/// The words that begin the clauses of a statement.
const CLAUSES: [&str; 12] = [
    "FROM",
    "WHERE",
    "GROUP",
    "HAVING",
    "WINDOW",
    "ORDER",
    "LIMIT",
    "UNION",
    "EXCEPT",
    "INTERSECT",
    "RETURNING",
    "ON",
];

impl Reader<'_> {
    /// Goes on to one of these words outside of parentheses, or to the end.
    pub(super) fn skip_to(&mut self, words: &[&str]) {
        let mut depth = 0usize;
        while let Some(token) = self.tokens.get(self.next) {
            match token.kind {
                TokenKind::LeftParenthesis => depth += 1,
                TokenKind::RightParenthesis => depth = depth.saturating_sub(1),
                _ if depth == 0 && self.is_one_of(words, self.next) => return,
                _ => {}
            }
            self.next += 1;
        }
    }

    /// Whether one of these words stands here, and not as a part of `IS DISTINCT FROM`.
    fn is_one_of(&self, words: &[&str], at: usize) -> bool {
        let is = |at: usize, word: &str| self.tokens[at].is_keyword(self.sql, word);
        let is_operator = is(at, "FROM") && at > 0 && is(at - 1, "DISTINCT");
        !is_operator && words.iter().any(|it| is(at, it))
    }

    /// An expression without the name that it gets: `a AS b`, `a b`.
    fn without_alias(&self, expression: Range<usize>) -> Range<usize> {
        let Range { start, end } = expression;
        let is = |it: &Token, word: &str| it.is_keyword(self.sql, word);
        let is_name = |it: &Token| it.name(self.sql).is_some();
        let n_words = match &self.tokens[start..end] {
            [_, .., r#as, name] if is(r#as, "AS") && is_name(name) => 2,
            [column, name] | [Token { .. }, Token { kind: TokenKind::Dot, .. }, column, name]
                if is_name(column)
                    && is_name(name)
                    && !is(column, "NOT")
                    && !is(name, "ISNULL")
                    && !is(name, "NOTNULL") =>
            {
                1
            }
            _ => 0,
        };
        start..end - n_words
    }

    /// `INSERT INTO … SELECT … FROM`, from behind the table.
    pub(super) fn copy(&mut self, into: Name, mut conflict: Conflict) -> Option<Copy> {
        let mut targets = Vec::new();
        if self.eat(&["AS"]) {
            self.name()?;
        }
        if self.eat_kind(TokenKind::LeftParenthesis) {
            loop {
                targets.push(self.name()?);
                if !self.eat_kind(TokenKind::Comma) {
                    break;
                }
            }
            self.eat_kind(TokenKind::RightParenthesis);
        }
        if self.eat(&["WITH"]) {
            self.skip_to(&["SELECT"]);
        }
        if !self.eat(&["SELECT"]) {
            return None;
        }
        let mut source = RowSource { is_distinct: self.eat(&["DISTINCT"]), ..RowSource::default() };
        self.eat(&["ALL"]);
        let mut values = Vec::new();
        loop {
            let start = self.next;
            self.skip_expression();
            let value = self.without_alias(start..self.next);
            let column = self.column_at(value.clone());
            values.push(Value { text: self.text(value), column });
            if !self.eat_kind(TokenKind::Comma) {
                break;
            }
        }
        if !self.eat(&["FROM"]) {
            return None;
        }
        let from = self.qualified()?;
        source.is_joined = self.is_joined();
        while let Some(clause) = self.clause() {
            let text = self.text(clause.clone());
            let word = &self.tokens[clause.start];
            let is = |keyword: &str| word.is_keyword(self.sql, keyword);
            if is("WHERE") {
                source.filter = Some(text);
            } else if is("GROUP") {
                source.group = Some(text);
            } else if is("LIMIT") {
                source.is_limited = true;
            } else if ["UNION", "EXCEPT", "INTERSECT"].into_iter().any(is) {
                source.is_joined = true;
            } else if is("ON") && conflict == Conflict::Fail {
                conflict = Conflict::Replace;
            }
        }
        Some(Copy { into, from, targets, values, conflict, source })
    }

    /// `SET … WHERE …`, from behind the table.
    pub(super) fn update(&mut self, table: Name) -> Update {
        self.skip_to(&["SET"]);
        let mut sets = Vec::new();
        while self.eat(&["SET"]) || self.eat_kind(TokenKind::Comma) {
            let mut columns = Vec::new();
            if self.eat_kind(TokenKind::LeftParenthesis) {
                while let Some(name) = self.name() {
                    columns.push(name);
                    self.eat_kind(TokenKind::Comma);
                }
                self.eat_kind(TokenKind::RightParenthesis);
            } else {
                columns.extend(self.name());
            }
            // The `=`.
            self.next = self.tokens.len().min(self.next + 1);
            let start = self.next;
            self.skip_expression();
            let text = self.text(start..self.next);
            sets.extend(columns.into_iter().map(|it| (it, text.clone())));
        }
        Update { table, sets, filter: self.filter() }
    }

    /// `WHERE …`, from behind the table.
    pub(super) fn delete(&mut self, table: Name) -> Delete {
        Delete { table, filter: self.filter() }
    }

    fn filter(&mut self) -> Option<String> {
        self.skip_to(&["WHERE"]);
        let clause = self.clause()?;
        Some(self.text(clause))
    }

    /// Goes on to the first clause behind the tables of a FROM; says whether there are several.
    fn is_joined(&mut self) -> bool {
        let mut is_joined = false;
        let mut depth = 0usize;
        while let Some(token) = self.tokens.get(self.next) {
            let is = |keyword: &str| token.is_keyword(self.sql, keyword);
            match token.kind {
                TokenKind::LeftParenthesis => depth += 1,
                TokenKind::RightParenthesis => depth = depth.saturating_sub(1),
                TokenKind::Comma if depth == 0 => is_joined = true,
                _ if depth > 0 => {}
                _ if is("JOIN") => is_joined = true,
                _ if is("ON") && is_joined => {}
                _ if self.is_one_of(&CLAUSES, self.next) => break,
                _ => {}
            }
            self.next += 1;
        }
        is_joined
    }

    /// The tokens of the clause that begins here; goes on to the next one.
    fn clause(&mut self) -> Option<Range<usize>> {
        let start = self.next;
        self.tokens.get(start)?;
        self.next += 1;
        self.skip_to(&CLAUSES);
        Some(start..self.next)
    }

    /// Goes on to the comma or the clause behind an expression.
    fn skip_expression(&mut self) {
        let mut depth = 0usize;
        while let Some(token) = self.tokens.get(self.next) {
            match token.kind {
                TokenKind::LeftParenthesis => depth += 1,
                TokenKind::RightParenthesis => depth = depth.saturating_sub(1),
                TokenKind::Comma if depth == 0 => return,
                _ if depth == 0 && self.is_one_of(&["FROM", "WHERE"], self.next) => return,
                _ => {}
            }
            self.next += 1;
        }
    }

    /// The SQL of some tokens, with what stands between them.
    fn text(&self, tokens: Range<usize>) -> String {
        match &self.tokens[tokens] {
            [first, .., last] => self.sql[first.span.start..last.span.end].to_owned(),
            [only] => only.text(self.sql).to_owned(),
            [] => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::deed::{What, what};
    use super::*;

    /// A statement in short: what is written, and which rows.
    #[track_caller]
    fn check(sql: &str, expected: &str) {
        let clause = |name: &str, it: &Option<String>| {
            it.as_ref().map_or(String::new(), |it| format!(" {name}[{it}]"))
        };
        let found = match what(sql) {
            What::Copy(it) => {
                let values: Vec<&str> = it.values.iter().map(|it| it.text.as_str()).collect();
                let targets: Vec<&str> = it.targets.iter().map(Name::as_str).collect();
                let flags = [
                    (it.source.is_distinct, " distinct"),
                    (it.source.is_joined, " joined"),
                    (it.source.is_limited, " limited"),
                    (it.conflict == Conflict::Ignore, " ignore"),
                    (it.conflict == Conflict::Replace, " replace"),
                ];
                let flags: String = flags.iter().filter(|it| it.0).map(|it| it.1).collect();
                let filter =
                    clause("filter", &it.source.filter) + &clause("group", &it.source.group);
                format!(
                    "{}({}) < {}: {}{flags}{filter}",
                    it.into,
                    targets.join(" "),
                    it.from,
                    values.join(" | ")
                )
            }
            What::Update(it) => {
                let sets: Vec<String> =
                    it.sets.iter().map(|(name, value)| format!("{name} = {value}")).collect();
                format!("{}: {}{}", it.table, sets.join(" | "), clause("filter", &it.filter))
            }
            What::Delete(it) => format!("{}{}", it.table, clause("filter", &it.filter)),
            other => format!("{other:?}"),
        };
        assert_eq!(found, expected, "{sql}");
    }

    #[test]
    fn rows_are_copied() {
        check(
            "INSERT OR ABORT INTO n (a, b, c) SELECT x, f(a, b), o.c FROM o",
            "n(a b c) < o: x | f(a, b) | o.c",
        );
        check("INSERT INTO n SELECT * FROM o WHERE a", "n() < o: * filter[WHERE a]");
        check("INSERT INTO n WITH x AS (SELECT 1) SELECT a FROM o", "n() < o: a");
        check(
            "INSERT INTO n SELECT min(a), (SELECT b FROM p LIMIT 1) FROM o GROUP BY c HAVING d",
            "n() < o: min(a) | (SELECT b FROM p LIMIT 1) group[GROUP BY c]",
        );
        check("INSERT INTO n SELECT a FROM o AS x ORDER BY a LIMIT 3", "n() < o: a limited");
        check("INSERT INTO n SELECT DISTINCT a FROM o", "n() < o: a distinct");
    }

    #[test]
    fn tables_are_joined() {
        check("INSERT INTO n SELECT a FROM o, p", "n() < o: a joined");
        check(
            "INSERT INTO n SELECT a FROM o x LEFT JOIN p ON x.a = p.a WHERE b",
            "n() < o: a joined filter[WHERE b]",
        );
        check("INSERT INTO n SELECT a FROM o UNION SELECT b FROM p", "n() < o: a joined");
    }

    #[test]
    fn rows_that_are_in_the_way() {
        check("INSERT OR IGNORE INTO n SELECT a FROM o", "n() < o: a ignore");
        check("REPLACE INTO n SELECT a FROM o", "n() < o: a replace");
        check(
            "INSERT INTO n SELECT a FROM o WHERE true ON CONFLICT DO NOTHING",
            "n() < o: a replace filter[WHERE true]",
        );
    }

    #[test]
    fn rows_are_changed() {
        check("UPDATE t SET a = 1", "t: a = 1");
        check(
            "UPDATE OR IGNORE t AS x SET a = f(b, c), d = 2 WHERE e = 3",
            "t: a = f(b, c) | d = 2 filter[WHERE e = 3]",
        );
        check(
            "UPDATE t SET (a, b) = (SELECT 1, 2) WHERE c",
            "t: a = (SELECT 1, 2) | b = (SELECT 1, 2) filter[WHERE c]",
        );
        check("UPDATE t SET a = u.b FROM u WHERE u.c = t.c", "t: a = u.b filter[WHERE u.c = t.c]");
        check("UPDATE t SET", "t: ");
        check("DELETE FROM t", "t");
        check(
            "DELETE FROM t WHERE a IN (SELECT b FROM u WHERE c)",
            "t filter[WHERE a IN (SELECT b FROM u WHERE c)]",
        );
    }
}
