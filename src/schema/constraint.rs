//! The constraints of `CREATE TABLE`, and the clauses that they share with those of a column.

use super::cursor::{Expected, TokenRange};
use super::table::TableReader;
use super::{Action, Check, Conflict, ForeignKey, KeyColumn, Name, PrimaryKey, Unique};
use crate::sql::lexer::TokenKind;

impl TableReader<'_> {
    /// Reads the constraints up to the parenthesis behind the last one.
    pub(super) fn constraints(&mut self) -> Result<(), Expected> {
        let mut name = None;
        while !self.cursor.is_kind(0, TokenKind::RightParenthesis) {
            if self.cursor.eat_kind(TokenKind::Comma) {
                // A name with nothing behind it.
                name = None;
            } else if self.cursor.eat(&["CONSTRAINT"]) {
                name = Some(self.cursor.name()?);
            } else {
                self.constraint(name.take())?;
            }
        }
        Ok(())
    }

    fn constraint(&mut self, name: Option<Name>) -> Result<(), Expected> {
        if self.cursor.eat(&["PRIMARY", "KEY"]) {
            let range = self.cursor.parenthesized()?;
            let (range, is_autoincrement) = self.without_autoincrement(range);
            let columns = self.key_columns(range)?;
            let conflict = self.conflict()?;
            self.table.primary_key =
                Some(PrimaryKey { name, columns, conflict, is_autoincrement, is_rowid: false });
        } else if self.cursor.eat(&["UNIQUE"]) {
            let range = self.cursor.parenthesized()?;
            let columns = self.key_columns(range)?;
            let conflict = self.conflict()?;
            self.table.uniques.push(Unique { name, columns, conflict });
        } else if self.cursor.eat(&["CHECK"]) {
            let expression = self.expression()?;
            // SQLite reads the clause and forgets it.
            self.conflict()?;
            self.table.checks.push(Check { name, expression, column: None });
        } else if self.cursor.eat(&["FOREIGN", "KEY"]) {
            let columns = self.names()?;
            self.cursor.expect("REFERENCES")?;
            let key = self.references(name, columns, None)?;
            self.table.foreign_keys.push(key);
            self.deferrable();
        } else {
            return Err(self.cursor.expected("a constraint of a table"));
        }
        Ok(())
    }

    /// The columns of `PRIMARY KEY (a AUTOINCREMENT)` without the word.
    fn without_autoincrement(&self, range: TokenRange) -> (TokenRange, bool) {
        let sql = self.cursor.sql();
        match self.cursor.tokens(range.clone()) {
            [_, .., last] if last.is_keyword(sql, "AUTOINCREMENT") => {
                (range.start..range.end - 1, true)
            }
            _ => (range, false),
        }
    }

    fn key_columns(&self, range: TokenRange) -> Result<Vec<KeyColumn>, Expected> {
        self.cursor.split_at_commas(range).into_iter().map(|it| self.key_column(it)).collect()
    }

    /// A column in parentheses or not, its collations (the last one counts) and its order.
    fn key_column(&self, range: TokenRange) -> Result<KeyColumn, Expected> {
        let sql = self.cursor.sql();
        let mut words = self.cursor.tokens(range.clone()).iter().filter(|it| {
            !matches!(it.kind, TokenKind::LeftParenthesis | TokenKind::RightParenthesis)
        });
        let offset = self.cursor.tokens(range.start..self.cursor.end())[0].span.start;
        let expected = |what| Expected { what, offset };
        let name = words.next().and_then(|it| it.name(sql));
        let name = Name::new(name.ok_or_else(|| expected("a column"))?);
        let mut key = KeyColumn { name, collation: None, is_descending: false };
        while let Some(word) = words.next() {
            if word.is_keyword(sql, "COLLATE") {
                let collation = words.next().and_then(|it| it.name(sql));
                key.collation = Some(Name::new(collation.ok_or_else(|| expected("a collation"))?));
            } else if word.is_keyword(sql, "DESC") {
                key.is_descending = true;
            } else if !word.is_keyword(sql, "ASC") {
                return Err(Expected { what: "ASC, DESC or COLLATE", offset: word.span.start });
            }
        }
        Ok(key)
    }

    /// `(a, b)`.
    fn names(&mut self) -> Result<Vec<Name>, Expected> {
        let range = self.cursor.parenthesized()?;
        let pieces = self.cursor.split_at_commas(range).into_iter();
        pieces.map(|it| self.key_column(it).map(|it| it.name)).collect()
    }

    /// `ON CONFLICT …`; `ABORT` is what happens anyway.
    pub(super) fn conflict(&mut self) -> Result<Option<Conflict>, Expected> {
        if !self.cursor.eat(&["ON", "CONFLICT"]) {
            return Ok(None);
        }
        let ways = [
            ("ABORT", None),
            ("ROLLBACK", Some(Conflict::Rollback)),
            ("FAIL", Some(Conflict::Fail)),
            ("IGNORE", Some(Conflict::Ignore)),
            ("REPLACE", Some(Conflict::Replace)),
        ];
        let way = ways.into_iter().find(|(word, _)| self.cursor.eat(&[word]));
        way.map(|(_, way)| way).ok_or_else(|| self.cursor.expected("a way to resolve conflicts"))
    }

    /// What stands behind `REFERENCES`, but for `DEFERRABLE`.
    pub(super) fn references(
        &mut self,
        name: Option<Name>,
        columns: Vec<Name>,
        column: Option<Name>,
    ) -> Result<ForeignKey, Expected> {
        let parent = self.cursor.name()?;
        let has_columns = self.cursor.is_kind(0, TokenKind::LeftParenthesis);
        let parent_columns = if has_columns { self.names()? } else { Vec::new() };
        let mut key = ForeignKey {
            name,
            columns,
            parent,
            parent_columns,
            on_delete: Action::NoAction,
            on_update: Action::NoAction,
            match_name: None,
            is_deferred: false,
            column,
        };
        loop {
            if self.cursor.eat(&["MATCH"]) {
                key.match_name = Some(self.cursor.name()?).filter(|it| !it.is("SIMPLE"));
            } else if self.cursor.eat(&["ON", "DELETE"]) {
                key.on_delete = self.action()?;
            } else if self.cursor.eat(&["ON", "UPDATE"]) {
                key.on_update = self.action()?;
            } else if self.cursor.eat(&["ON", "INSERT"]) {
                // Is in the grammar and nowhere else.
                self.action()?;
            } else {
                return Ok(key);
            }
        }
    }

    fn action(&mut self) -> Result<Action, Expected> {
        let actions: [(&[&str], Action); 5] = [
            (&["SET", "NULL"], Action::SetNull),
            (&["SET", "DEFAULT"], Action::SetDefault),
            (&["CASCADE"], Action::Cascade),
            (&["RESTRICT"], Action::Restrict),
            (&["NO", "ACTION"], Action::NoAction),
        ];
        let action = actions.into_iter().find(|(words, _)| self.cursor.eat(words));
        action.map(|(_, it)| it).ok_or_else(|| self.cursor.expected("an action"))
    }

    /// `[NOT] DEFERRABLE [INITIALLY …]`. For SQLite it is a clause of its own, about the last
    /// foreign key of the table so far.
    pub(super) fn deferrable(&mut self) {
        let is_not = self.cursor.eat(&["NOT", "DEFERRABLE"]);
        if !is_not && !self.cursor.eat(&["DEFERRABLE"]) {
            return;
        }
        let is_deferred = self.cursor.eat(&["INITIALLY", "DEFERRED"]);
        self.cursor.eat(&["INITIALLY", "IMMEDIATE"]);
        if let Some(key) = self.table.foreign_keys.last_mut() {
            key.is_deferred = is_deferred && !is_not;
        }
    }
}

/// `COLLATE` of a column; `BINARY` is what it has anyway.
pub(super) fn collation(name: Name) -> Option<Name> {
    Some(name).filter(|it| !it.is("BINARY"))
}
