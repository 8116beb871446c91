//! A column of `CREATE TABLE`: its name, its type and the constraints behind them, in any order.

use super::constraint::collation;
use super::cursor::{Expected, TokenRange};
use super::fragment::Fragment;
use super::table::TableReader;
use super::{Check, Column, Generated, KeyColumn, Name, NotNull, PrimaryKey, Unique, hint};
use crate::sql::lexer::TokenKind;
use crate::sql::quote;

/// The words that end a type: with one of them a constraint begins. None can be a part of a type.
const CONSTRAINTS: &[&str] = &[
    "CONSTRAINT",
    "DEFAULT",
    "NULL",
    "NOT",
    "PRIMARY",
    "UNIQUE",
    "CHECK",
    "REFERENCES",
    "DEFERRABLE",
    "COLLATE",
    "AS",
];

impl TableReader<'_> {
    /// Reads a column up to the comma or parenthesis behind it.
    pub(super) fn column(&mut self) -> Result<(), Expected> {
        let start = self.cursor.next();
        let name = self.cursor.name()?;
        let mut column = Column {
            name,
            datatype: self.datatype()?,
            not_null: None,
            default: None,
            collation: None,
            generated: None,
            definition: String::new(),
            renamed_from: None,
        };
        let mut constraint_name = None;
        while !self.is_end_of_column() {
            if self.cursor.eat(&["CONSTRAINT"]) {
                constraint_name = Some(self.cursor.name()?);
            } else {
                self.column_constraint(&mut column, constraint_name.take())?;
            }
        }
        let tokens = self.cursor.tokens(start..self.cursor.next());
        let span = tokens[0].span.start..tokens[tokens.len() - 1].span.end;
        column.definition = hint::without_hints(&self.cursor.sql()[span.clone()]).into_owned();
        self.column_spans.push(span);
        self.table.columns.push(column);
        Ok(())
    }

    fn is_end_of_column(&self) -> bool {
        let ends = [TokenKind::Comma, TokenKind::RightParenthesis];
        self.cursor.peek(0).is_none_or(|it| ends.contains(&it.kind))
    }

    /// Any number of words, and perhaps one or two numbers in parentheses.
    fn datatype(&mut self) -> Result<Fragment, Expected> {
        let start = self.cursor.next();
        while self.is_word_of_type() {
            self.cursor.skip();
        }
        if self.cursor.next() > start && self.cursor.is_kind(0, TokenKind::LeftParenthesis) {
            self.cursor.parenthesized()?;
        }
        let sql = self.cursor.sql();
        let tokens = self.cursor.tokens(start..self.cursor.next());
        Ok(match tokens {
            // SQLite takes the quotes off a type that is all in quotes.
            [only] if only.kind != TokenKind::Identifier => {
                let inner = Fragment::new(&only.name(sql).unwrap_or_default());
                Fragment::with_meaning(only.text(sql).to_owned(), inner.meaning())
            }
            _ => Fragment::of_names(sql, tokens),
        })
    }

    fn is_word_of_type(&self) -> bool {
        // SQLite's grammar takes the two words for a part of the type, and its code takes them off.
        let is_generated = self.cursor.is(&["GENERATED", "ALWAYS"])
            && (self.cursor.peek(2))
                .is_none_or(|it| it.name(self.cursor.sql()).is_none() || self.is_constraint_at(2));
        let is_name = self.cursor.peek(0).is_some_and(|it| it.name(self.cursor.sql()).is_some());
        is_name && !is_generated && !self.is_constraint_at(0)
    }

    fn is_constraint_at(&self, n: usize) -> bool {
        let sql = self.cursor.sql();
        let token = self.cursor.peek(n);
        token.is_some_and(|it| CONSTRAINTS.iter().any(|word| it.is_keyword(sql, word)))
    }

    fn column_constraint(
        &mut self,
        column: &mut Column,
        name: Option<Name>,
    ) -> Result<(), Expected> {
        if self.cursor.eat(&["DEFAULT"]) {
            // NULL is what a column without a default has; it takes an earlier one back.
            let default = self.default()?;
            column.default = (!default.text().eq_ignore_ascii_case("NULL")).then_some(default);
        } else if self.cursor.eat(&["NULL"]) {
            // Says nothing, and takes back nothing either.
            self.conflict()?;
        } else if self.cursor.is(&["NOT", "DEFERRABLE"]) || self.cursor.is(&["DEFERRABLE"]) {
            self.deferrable();
        } else if self.cursor.eat(&["NOT", "NULL"]) {
            column.not_null = Some(NotNull { conflict: self.conflict()? });
        } else if self.cursor.eat(&["PRIMARY", "KEY"]) {
            let is_descending = self.is_descending();
            self.has_descending_column_key = is_descending;
            self.table.primary_key = Some(PrimaryKey {
                name,
                columns: vec![key_column(column, is_descending)],
                conflict: self.conflict()?,
                is_autoincrement: self.cursor.eat(&["AUTOINCREMENT"]),
                is_rowid: false,
            });
        } else if self.cursor.eat(&["UNIQUE"]) {
            let columns = vec![key_column(column, false)];
            let conflict = self.conflict()?;
            self.table.uniques.push(Unique { name, columns, conflict });
        } else if self.cursor.eat(&["CHECK"]) {
            let expression = self.expression()?;
            let column = Some(column.name.clone());
            self.conflict()?;
            self.table.checks.push(Check { name, expression, column });
        } else if self.cursor.eat(&["REFERENCES"]) {
            let columns = vec![column.name.clone()];
            let key = self.references(name, columns, Some(column.name.clone()))?;
            self.table.foreign_keys.push(key);
        } else if self.cursor.eat(&["COLLATE"]) {
            column.collation = collation(self.cursor.name()?);
        } else if self.cursor.eat(&["GENERATED", "ALWAYS", "AS"]) || self.cursor.eat(&["AS"]) {
            let expression = self.expression()?;
            let is_stored = self.cursor.eat(&["STORED"]);
            self.cursor.eat(&["VIRTUAL"]);
            column.generated = Some(Generated { expression, is_stored });
        } else if !self.cursor.eat(&["GENERATED", "ALWAYS"]) {
            return Err(self.cursor.expected("a constraint of a column"));
        }
        Ok(())
    }

    /// `(expression)`, a word, or a literal with or without a sign.
    fn default(&mut self) -> Result<Fragment, Expected> {
        if self.cursor.is_kind(0, TokenKind::LeftParenthesis) {
            return self.expression();
        }
        let start = self.cursor.next();
        self.cursor.eat_kind(TokenKind::Operator);
        if self.is_end_of_column() {
            return Err(self.cursor.expected("a value"));
        }
        self.cursor.skip();
        Ok(self.default_value(start..self.cursor.next()))
    }

    /// A word that is no value is a string, and its case counts.
    fn default_value(&self, range: TokenRange) -> Fragment {
        let sql = self.cursor.sql();
        let [token] = self.cursor.tokens(range.clone()) else { return self.cursor.fragment(range) };
        let values = ["NULL", "TRUE", "FALSE", "CURRENT_TIME", "CURRENT_DATE", "CURRENT_TIMESTAMP"];
        let is_value = values.iter().any(|it| token.is_keyword(sql, it));
        match token.name(sql) {
            Some(name) if !is_value => {
                Fragment::with_meaning(token.text(sql).to_owned(), &quote::literal(&name))
            }
            _ => self.cursor.fragment(range),
        }
    }

    /// `(expression)`, without the parentheses.
    pub(super) fn expression(&mut self) -> Result<Fragment, Expected> {
        let range = self.cursor.parenthesized()?;
        Ok(self.cursor.fragment(self.cursor.without_parentheses(range)))
    }

    /// Goes past `ASC` or `DESC`.
    fn is_descending(&mut self) -> bool {
        let is_descending = self.cursor.eat(&["DESC"]);
        self.cursor.eat(&["ASC"]);
        is_descending
    }
}

/// A column as its own key: with the collation that it has, wherever that is written.
fn key_column(column: &Column, is_descending: bool) -> KeyColumn {
    KeyColumn { name: column.name.clone(), collation: None, is_descending }
}
