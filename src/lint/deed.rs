//! What a statement does to which table, by its tokens.
//!
//! SQLite has the last word on what a statement means; this only has to find the statement that did
//! what the schemas before and after it differ in.

use std::ops::Range;

use crate::revision::{Body, Revision};
use crate::schema::Name;
use crate::sql::lexer::{Token, TokenKind, tokens};

/// A statement of a body.
#[derive(Debug, Clone)]
pub struct Deed<'a> {
    /// Bytes of the file.
    pub span: Range<usize>,
    /// The statement.
    pub sql: &'a str,
    /// What it does.
    pub what: What,
}

/// What a statement does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// `CREATE TABLE`, but for temporary ones.
    CreateTable(Name),
    /// `CREATE [UNIQUE] INDEX`: the index and its table.
    CreateIndex(Name, Name),
    /// `CREATE VIEW`, `CREATE TRIGGER`, `CREATE VIRTUAL TABLE`.
    Create(Name),
    /// `DROP TABLE`.
    DropTable(Name),
    /// `DROP INDEX`, `DROP VIEW`, `DROP TRIGGER`.
    Drop(Name),
    /// `ALTER TABLE`.
    Alter(Name, Alteration),
    /// `INSERT INTO … SELECT`.
    Copy(Copy),
    /// `UPDATE`.
    Update(Name),
    /// `DELETE FROM`.
    Delete(Name),
    /// Anything else.
    Other,
}

/// What an `ALTER TABLE` does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Alteration {
    /// `RENAME TO`.
    Rename(Name),
    /// `RENAME COLUMN`: from and to.
    RenameColumn(Name, Name),
    /// `ADD COLUMN`.
    AddColumn(Name),
    /// `DROP COLUMN`.
    DropColumn(Name),
    /// What changes constraints.
    Other,
}

/// An `INSERT INTO … SELECT … FROM` one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    /// Where to.
    pub into: Name,
    /// Where from.
    pub from: Name,
    /// The columns that are written and, where it is a column as it stands, what each gets; empty
    /// where the columns are not listed.
    pub columns: Vec<(Name, Option<Name>)>,
}

/// The statements of a body.
pub fn deeds<'a>(revision: &'a Revision, body: &Body) -> Vec<Deed<'a>> {
    let deed = |span: &Range<usize>| {
        let sql = &revision.source.text[span.clone()];
        Deed { span: span.clone(), sql, what: what(sql) }
    };
    body.statements.iter().map(deed).collect()
}

impl Deed<'_> {
    /// Whether one of its words, quoted or not, is `name`.
    pub fn names(&self, name: &Name) -> bool {
        names(self.sql, name)
    }

    /// The bytes of the file at which the word `name` stands first.
    pub fn word(&self, name: &Name) -> Option<Range<usize>> {
        let start = self.span.start;
        let found = tokens(self.sql).find(|it| is_name(it, self.sql, name))?;
        Some(start + found.span.start..start + found.span.end)
    }

    /// The table that it is about.
    pub fn table(&self) -> Option<&Name> {
        match &self.what {
            What::CreateTable(it)
            | What::CreateIndex(_, it)
            | What::DropTable(it)
            | What::Alter(it, _)
            | What::Update(it)
            | What::Delete(it) => Some(it),
            What::Copy(copy) => Some(&copy.into),
            What::Create(_) | What::Drop(_) | What::Other => None,
        }
    }
}

/// Whether one of the words of `sql`, quoted or not, is `name`.
pub fn names(sql: &str, name: &Name) -> bool {
    tokens(sql).any(|it| is_name(&it, sql, name))
}

fn is_name(token: &Token, sql: &str, name: &Name) -> bool {
    let is_word = matches!(token.kind, TokenKind::Identifier | TokenKind::QuotedIdentifier);
    is_word && token.name(sql).is_some_and(|it| name.is(&it))
}

/// What a statement does.
pub fn what(sql: &str) -> What {
    let tokens = tokens(sql).filter(Token::is_significant).collect();
    Reader { sql, tokens, next: 0 }.statement().unwrap_or(What::Other)
}

struct Reader<'a> {
    sql: &'a str,
    tokens: Vec<Token>,
    next: usize,
}

impl Reader<'_> {
    fn eat(&mut self, words: &[&str]) -> bool {
        let is_there = words.iter().enumerate().all(|(n, word)| {
            self.tokens.get(self.next + n).is_some_and(|it| it.is_keyword(self.sql, word))
        });
        if is_there {
            self.next += words.len();
        }
        is_there
    }

    fn eat_kind(&mut self, kind: TokenKind) -> bool {
        let is_there = self.tokens.get(self.next).is_some_and(|it| it.kind == kind);
        self.next += usize::from(is_there);
        is_there
    }

    fn name(&mut self) -> Option<Name> {
        let name = self.tokens.get(self.next)?.name(self.sql)?;
        self.next += 1;
        Some(Name::new(name))
    }

    /// A name, perhaps with that of its schema before it.
    fn qualified(&mut self) -> Option<Name> {
        let name = self.name()?;
        if self.eat_kind(TokenKind::Dot) { self.name() } else { Some(name) }
    }

    fn statement(&mut self) -> Option<What> {
        if self.eat(&["CREATE"]) {
            return self.create();
        }
        if self.eat(&["DROP"]) {
            let is_table = self.eat(&["TABLE"]);
            if !is_table {
                self.name()?;
            }
            self.eat(&["IF", "EXISTS"]);
            let name = self.qualified()?;
            return Some(if is_table { What::DropTable(name) } else { What::Drop(name) });
        }
        if self.eat(&["ALTER", "TABLE"]) {
            let table = self.qualified()?;
            let alteration = self.alteration().unwrap_or(Alteration::Other);
            return Some(What::Alter(table, alteration));
        }
        if self.eat(&["INSERT"]) || self.eat(&["REPLACE"]) {
            self.conflict();
            return self.eat(&["INTO"]).then(|| self.copy())?.map(What::Copy);
        }
        if self.eat(&["UPDATE"]) {
            self.conflict();
            return self.qualified().map(What::Update);
        }
        if self.eat(&["DELETE", "FROM"]) {
            return self.qualified().map(What::Delete);
        }
        None
    }

    /// `OR ABORT` and the like.
    fn conflict(&mut self) {
        if self.eat(&["OR"]) {
            self.next += 1;
        }
    }

    fn create(&mut self) -> Option<What> {
        if self.eat(&["TEMP"]) || self.eat(&["TEMPORARY"]) {
            return None;
        }
        let is_table = self.eat(&["TABLE"]);
        let is_index = !is_table && (self.eat(&["UNIQUE", "INDEX"]) || self.eat(&["INDEX"]));
        let is_other = is_table
            || is_index
            || self.eat(&["VIRTUAL", "TABLE"])
            || self.eat(&["VIEW"])
            || self.eat(&["TRIGGER"]);
        if !is_other {
            return None;
        }
        self.eat(&["IF", "NOT", "EXISTS"]);
        let name = self.qualified()?;
        if is_table {
            return Some(What::CreateTable(name));
        }
        if is_index && self.eat(&["ON"]) {
            return Some(What::CreateIndex(name, self.name()?));
        }
        Some(What::Create(name))
    }

    fn alteration(&mut self) -> Option<Alteration> {
        if self.eat(&["RENAME", "TO"]) {
            return self.name().map(Alteration::Rename);
        }
        if self.eat(&["RENAME"]) {
            self.eat(&["COLUMN"]);
            let from = self.name()?;
            return if self.eat(&["TO"]) {
                Some(Alteration::RenameColumn(from, self.name()?))
            } else {
                None
            };
        }
        for constraint in [["ADD", "CONSTRAINT"], ["DROP", "CONSTRAINT"], ["ADD", "CHECK"]] {
            if self.eat(&constraint) {
                return None;
            }
        }
        if self.eat(&["ADD"]) {
            self.eat(&["COLUMN"]);
            return self.name().map(Alteration::AddColumn);
        }
        if self.eat(&["DROP"]) {
            self.eat(&["COLUMN"]);
            return self.name().map(Alteration::DropColumn);
        }
        None
    }

    /// `INSERT INTO … SELECT … FROM`, from behind `INTO`.
    fn copy(&mut self) -> Option<Copy> {
        let into = self.qualified()?;
        let mut targets = Vec::new();
        if self.eat_kind(TokenKind::LeftParenthesis) {
            loop {
                targets.push(self.name()?);
                if !self.eat_kind(TokenKind::Comma) {
                    break;
                }
            }
            self.eat_kind(TokenKind::RightParenthesis);
        }
        if !self.eat(&["SELECT"]) {
            return None;
        }
        let mut values = Vec::new();
        loop {
            let start = self.next;
            self.skip_expression();
            values.push(self.column_at(start..self.next));
            if !self.eat_kind(TokenKind::Comma) {
                break;
            }
        }
        if !self.eat(&["FROM"]) {
            return None;
        }
        let from = self.qualified()?;
        let is_whole = targets.len() == values.len();
        let columns = if is_whole { targets.into_iter().zip(values).collect() } else { Vec::new() };
        Some(Copy { into, from, columns })
    }

    /// Goes on to the comma or the `FROM` behind an expression.
    fn skip_expression(&mut self) {
        let mut depth = 0usize;
        while let Some(token) = self.tokens.get(self.next) {
            match token.kind {
                TokenKind::LeftParenthesis => depth += 1,
                TokenKind::RightParenthesis => depth = depth.saturating_sub(1),
                TokenKind::Comma if depth == 0 => return,
                _ if depth == 0 && token.is_keyword(self.sql, "FROM") => return,
                _ => {}
            }
            self.next += 1;
        }
    }

    /// The column that these tokens are: `name` or `table.name`.
    fn column_at(&self, range: Range<usize>) -> Option<Name> {
        let is_name =
            |it: &Token| matches!(it.kind, TokenKind::Identifier | TokenKind::QuotedIdentifier);
        let name = match &self.tokens[range] {
            [only] => only,
            [_, dot, last] if dot.kind == TokenKind::Dot => last,
            _ => return None,
        };
        let is_null = name.is_keyword(self.sql, "NULL");
        let name = Some(name).filter(|it| is_name(it) && !is_null)?.name(self.sql)?;
        Some(Name::new(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sql: &str, expected: &What) {
        assert_eq!(&what(sql), expected, "{sql}");
    }

    fn name(text: &str) -> Name {
        Name::new(text)
    }

    #[test]
    fn tables_come_and_go() {
        check("create table if not exists main.\"t\" (a)", &What::CreateTable(name("t")));
        check("CREATE TEMP TABLE t (a)", &What::Other);
        check("DROP TABLE IF EXISTS [t]", &What::DropTable(name("t")));
        check("DROP VIEW main.v", &What::Drop(name("v")));
        check("CREATE VIRTUAL TABLE d USING fts5(x)", &What::Create(name("d")));
        check("CREATE UNIQUE INDEX i ON t (a)", &What::CreateIndex(name("i"), name("t")));
        check("CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; END", &What::Create(name("r")));
    }

    #[test]
    fn tables_are_altered() {
        let alter = |it| What::Alter(name("t"), it);
        check("ALTER TABLE t RENAME TO u", &alter(Alteration::Rename(name("u"))));
        let renamed = Alteration::RenameColumn(name("a"), name("b"));
        check("ALTER TABLE t RENAME a TO b", &alter(renamed.clone()));
        check("alter table main.t rename column a to \"b\"", &alter(renamed));
        check("ALTER TABLE t ADD a INT", &alter(Alteration::AddColumn(name("a"))));
        check("ALTER TABLE t ADD COLUMN a", &alter(Alteration::AddColumn(name("a"))));
        check("ALTER TABLE t DROP a", &alter(Alteration::DropColumn(name("a"))));
        check("ALTER TABLE t ADD CONSTRAINT k CHECK (a)", &alter(Alteration::Other));
        check("ALTER TABLE t ALTER a SET NOT NULL", &alter(Alteration::Other));
    }

    #[test]
    fn rows_are_copied() {
        let copy = |columns| What::Copy(Copy { into: name("n"), from: name("o"), columns });
        let columns = vec![
            (name("a"), Some(name("x"))),
            (name("b"), None),
            (name("c"), Some(name("c"))),
            (name("d"), None),
        ];
        check(
            "INSERT OR ABORT INTO n (a, b, c, d) SELECT x, f(a, b), o.c, NULL FROM o",
            &copy(columns),
        );
        check("INSERT INTO n SELECT * FROM o WHERE a", &copy(Vec::new()));
        check("INSERT INTO n VALUES (1)", &What::Other);
        check("INSERT INTO n SELECT 1", &What::Other);
        check("REPLACE INTO n (a) SELECT a FROM o", &copy(vec![(name("a"), Some(name("a")))]));
        check("UPDATE OR IGNORE t SET a = 1", &What::Update(name("t")));
        check("DELETE FROM main.t", &What::Delete(name("t")));
    }

    #[test]
    fn the_rest_is_something_else() {
        for sql in ["", "SELECT 1", "ALTER", "CREATE", "DROP TABLE", "PRAGMA x", "INSERT INTO"] {
            check(sql, &What::Other);
        }
    }
}
