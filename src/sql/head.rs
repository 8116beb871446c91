//! What the first words of a statement say: what it does, and to what.
//!
//! Read as SQLite's grammar reads them, with every word that it allows there, so that all who ask
//! about a statement get one answer. Nothing is checked: of a statement that SQLite would refuse, the
//! words that are understood are told. What the words mean for rows or for a schema is up to others.

use std::borrow::Cow;

use super::lexer::{Token, TokenKind, Tokens, tokens};

#[cfg(test)]
mod tests;

/// The first words of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a word that may stand there")]
pub struct Head<'s> {
    /// What it does.
    pub verb: Verb,
    /// Whether `TEMP` stands there, or `temp.` before the name or before what a trigger is on.
    pub is_temporary: bool,
    /// `IF EXISTS`, `IF NOT EXISTS`.
    pub is_conditional: bool,
    /// `UNIQUE`, of an index.
    pub is_unique: bool,
    /// `VIRTUAL`, of a table.
    pub is_virtual: bool,
    /// Whether a table is made of rows: `CREATE TABLE … AS`.
    pub makes_rows: bool,
    /// What stands before the name and a dot.
    pub schema: Option<Cow<'s, str>>,
    /// The name of what is made, dropped or altered, of a table or view whose rows are written, or of
    /// a PRAGMA.
    pub name: Option<Cow<'s, str>>,
    /// The table or view that an index or a trigger is made on.
    pub on: Option<Cow<'s, str>>,
    /// What an `ALTER TABLE` does.
    pub action: Option<Action<'s>>,
    /// What `OR` says of a row that is in the way, or `REPLACE`.
    pub conflict: Conflict,
    /// The byte behind all that.
    pub end: usize,
}

/// What a statement does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// `CREATE`.
    Create(Kind),
    /// `DROP`.
    Drop(Kind),
    /// `ALTER TABLE`.
    Alter,
    /// `INSERT` or `REPLACE`, be it behind `WITH`; so the next ones.
    Insert,
    /// `UPDATE`.
    Update,
    /// `DELETE`.
    Delete,
    /// `SELECT` or `VALUES`.
    Select,
    /// `PRAGMA`.
    Pragma,
    /// `ATTACH`.
    Attach,
    /// `VACUUM`.
    Vacuum,
    /// Anything else, or nothing: `EXPLAIN`, whatever it explains, `SAVEPOINT`.
    Other,
}

impl Verb {
    /// Whether rows are written: some may go, or change what they hold, be it through a trigger.
    pub fn writes_rows(self) -> bool {
        matches!(self, Self::Insert | Self::Update | Self::Delete)
    }
}

/// What is made or dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A table, perhaps a virtual one.
    Table,
    /// A view.
    View,
    /// An index.
    Index,
    /// A trigger.
    Trigger,
}

/// What becomes of a row that violates a constraint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conflict {
    /// The statement fails, whatever becomes of what it did before.
    Fail,
    /// The row is left out.
    Ignore,
    /// It takes the place of the one whose key it has, or changes that one.
    Replace,
}

/// What an `ALTER TABLE` does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action<'s> {
    /// `RENAME TO` this.
    RenameTo(Cow<'s, str>),
    /// `RENAME COLUMN`: the old and the new name.
    RenameColumn(Cow<'s, str>, Cow<'s, str>),
    /// `ADD COLUMN`.
    AddColumn(Cow<'s, str>),
    /// `DROP COLUMN`.
    DropColumn(Cow<'s, str>),
    /// `ADD CONSTRAINT`, `ADD CHECK`.
    AddConstraint,
    /// `DROP CONSTRAINT`.
    DropConstraint,
    /// `ALTER COLUMN`.
    AlterColumn,
}

/// Reads the first words of a statement. Goes no further than they, but for `WITH`, whose queries
/// stand before the verb.
pub fn head(sql: &str) -> Head<'_> {
    let mut words = Words::of(sql);
    let mut head = words.verb();
    words.read(&mut head);
    head.end = words.end;
    head
}

/// [`Head::verb`] alone, which costs less.
pub fn verb(sql: &str) -> Verb {
    Words::of(sql).verb().verb
}

/// The significant tokens of a statement, one after another.
struct Words<'s> {
    sql: &'s str,
    tokens: Tokens<'s>,
    next: Option<Token>,
    /// The byte behind what was taken.
    end: usize,
}

impl<'s> Words<'s> {
    fn of(sql: &'s str) -> Self {
        let mut words = Words { sql, tokens: tokens(sql), next: None, end: 0 };
        words.step();
        while words.accept_kind(TokenKind::Semicolon) {}
        words
    }

    /// A head with the verb and the words that belong to it.
    fn verb(&mut self) -> Head<'s> {
        let mut head = Head {
            verb: Verb::Other,
            is_temporary: false,
            is_conditional: false,
            is_unique: false,
            is_virtual: false,
            makes_rows: false,
            schema: None,
            name: None,
            on: None,
            action: None,
            conflict: Conflict::Fail,
            end: 0,
        };
        if self.accept("WITH") && !self.skip_queries() {
            return head;
        }
        head.verb = match () {
            () if self.accept("CREATE") => {
                head.is_temporary = self.accept("TEMP") || self.accept("TEMPORARY");
                head.is_unique = self.accept("UNIQUE");
                head.is_virtual = self.accept("VIRTUAL");
                self.kind().map_or(Verb::Other, Verb::Create)
            }
            () if self.accept("DROP") => self.kind().map_or(Verb::Other, Verb::Drop),
            () if self.accept("ALTER") && self.accept("TABLE") => Verb::Alter,
            () if self.accept("INSERT") => Verb::Insert,
            () if self.accept("REPLACE") => {
                head.conflict = Conflict::Replace;
                Verb::Insert
            }
            () if self.accept("UPDATE") => Verb::Update,
            () if self.accept("DELETE") => Verb::Delete,
            () if self.accept("SELECT") || self.accept("VALUES") => Verb::Select,
            () if self.accept("PRAGMA") => Verb::Pragma,
            () if self.accept("ATTACH") => Verb::Attach,
            () if self.accept("VACUUM") => Verb::Vacuum,
            () => Verb::Other,
        };
        head
    }

    /// What comes behind the verb.
    fn read(&mut self, head: &mut Head<'s>) {
        match head.verb {
            Verb::Create(_) | Verb::Drop(_) => {
                head.is_conditional = self.accept("IF");
                if head.is_conditional {
                    self.accept("NOT");
                    self.accept("EXISTS");
                }
            }
            Verb::Insert | Verb::Update | Verb::Delete => {
                if self.accept("OR") {
                    head.conflict = self.conflict();
                }
                let _ = self.accept("INTO") || self.accept("FROM");
            }
            Verb::Alter | Verb::Pragma => {}
            Verb::Select | Verb::Attach | Verb::Vacuum | Verb::Other => return,
        }
        (head.schema, head.name) = self.qualified_name();
        head.is_temporary |= is_temp(head.schema.as_deref());
        match head.verb {
            Verb::Create(Kind::Table) => head.makes_rows = self.accept("AS"),
            Verb::Create(Kind::Index) if self.accept("ON") => head.on = self.name(),
            Verb::Create(Kind::Trigger) => {
                // `AFTER UPDATE OF a, b` and its kin.
                while self.next.is_some() && !self.accept("ON") {
                    self.step();
                }
                let (schema, table) = self.qualified_name();
                head.is_temporary |= is_temp(schema.as_deref());
                head.on = table;
            }
            Verb::Alter => head.action = self.action(),
            _ => {}
        }
    }

    fn conflict(&mut self) -> Conflict {
        match () {
            () if self.accept("IGNORE") => Conflict::Ignore,
            () if self.accept("REPLACE") => Conflict::Replace,
            () => {
                self.step();
                Conflict::Fail
            }
        }
    }

    fn action(&mut self) -> Option<Action<'s>> {
        if self.accept("RENAME") {
            if self.accept("TO") {
                return self.name().map(Action::RenameTo);
            }
            self.accept("COLUMN");
            let old = self.name()?;
            return self.accept("TO").then(|| self.name())?.map(|it| Action::RenameColumn(old, it));
        }
        if self.accept("ADD") {
            if self.accept("CONSTRAINT") || self.accept("CHECK") {
                return Some(Action::AddConstraint);
            }
            self.accept("COLUMN");
            return self.name().map(Action::AddColumn);
        }
        if self.accept("DROP") {
            if self.accept("CONSTRAINT") {
                return Some(Action::DropConstraint);
            }
            self.accept("COLUMN");
            return self.name().map(Action::DropColumn);
        }
        self.accept("ALTER").then_some(Action::AlterColumn)
    }

    fn kind(&mut self) -> Option<Kind> {
        let kinds = [
            ("TABLE", Kind::Table),
            ("INDEX", Kind::Index),
            ("VIEW", Kind::View),
            ("TRIGGER", Kind::Trigger),
        ];
        kinds.into_iter().find(|(word, _)| self.accept(word)).map(|(_, kind)| kind)
    }

    /// The name that comes next, behind that of its schema, if there is one.
    fn qualified_name(&mut self) -> (Option<Cow<'s, str>>, Option<Cow<'s, str>>) {
        let first = self.name();
        if first.is_some() && self.accept_kind(TokenKind::Dot) {
            (first, self.name())
        } else {
            (None, first)
        }
    }

    fn name(&mut self) -> Option<Cow<'s, str>> {
        let name = self.next.as_ref()?.name(self.sql)?;
        self.step();
        Some(name)
    }

    /// Goes past what stands behind `WITH`; says whether a verb may follow.
    fn skip_queries(&mut self) -> bool {
        self.accept("RECURSIVE");
        loop {
            if self.name().is_none() {
                return false;
            }
            self.skip_parentheses();
            if !self.accept("AS") {
                return false;
            }
            self.accept("NOT");
            self.accept("MATERIALIZED");
            self.skip_parentheses();
            if !self.accept_kind(TokenKind::Comma) {
                return true;
            }
        }
    }

    fn skip_parentheses(&mut self) {
        let mut depth = 0_usize;
        while let Some(token) = &self.next {
            match token.kind {
                TokenKind::LeftParenthesis => depth += 1,
                TokenKind::RightParenthesis => depth = depth.saturating_sub(1),
                _ if depth == 0 => return,
                _ => {}
            }
            self.step();
            if depth == 0 {
                return;
            }
        }
    }

    /// Takes the next token if it is this word.
    fn accept(&mut self, keyword: &str) -> bool {
        let is_next = self
            .next
            .as_ref()
            .is_some_and(|it| it.span.len() == keyword.len() && it.is_keyword(self.sql, keyword));
        if is_next {
            self.step();
        }
        is_next
    }

    fn accept_kind(&mut self, kind: TokenKind) -> bool {
        let is_next = self.next.as_ref().is_some_and(|it| it.kind == kind);
        if is_next {
            self.step();
        }
        is_next
    }

    /// Takes the next token, whatever it is.
    fn step(&mut self) {
        if let Some(taken) = &self.next {
            self.end = taken.span.end;
        }
        self.next = self.tokens.find(Token::is_significant);
    }
}

fn is_temp(schema: Option<&str>) -> bool {
    schema.is_some_and(|it| it.eq_ignore_ascii_case("temp"))
}
