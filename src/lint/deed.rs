//! What a statement does to which table, by its tokens.
//!
//! SQLite has the last word on what a statement means; this only has to find the statement that did
//! what the schemas before and after it differ in.

use std::collections::HashSet;
use std::ops::Range;

pub use super::writing::{Copy, Delete, Update};
use crate::revision::{Body, Revision};
use crate::schema::Name;
pub use crate::sql::head::Conflict;
use crate::sql::head::{Action, Kind, Verb, head};
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
    Update(Update),
    /// `DELETE FROM`.
    Delete(Delete),
    /// Anything about a temporary table.
    Temporary(Name),
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

/// The statements of a body.
pub fn deeds<'a>(revision: &'a Revision, body: &Body) -> Vec<Deed<'a>> {
    let mut temporary = HashSet::new();
    let deed = |span: &Range<usize>| {
        let sql = &revision.source.text[span.clone()];
        let what = about_temporary(what(sql), &mut temporary);
        Deed { span: span.clone(), sql, what }
    };
    body.statements.iter().map(deed).collect()
}

/// A temporary table hides another one of its name, for as long as it is there.
fn about_temporary(what: What, temporary: &mut HashSet<Name>) -> What {
    let (name, is_gone) = match &what {
        What::Temporary(name) => {
            temporary.insert(name.clone());
            return what;
        }
        What::DropTable(name) => (name, true),
        What::Alter(name, _)
        | What::Copy(Copy { into: name, .. })
        | What::Update(Update { table: name, .. })
        | What::Delete(Delete { table: name, .. }) => (name, false),
        _ => return what,
    };
    if !temporary.contains(name) {
        return what;
    }
    let name = name.clone();
    if is_gone {
        temporary.remove(&name);
    }
    What::Temporary(name)
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
            | What::Copy(Copy { into: it, .. })
            | What::Update(Update { table: it, .. })
            | What::Delete(Delete { table: it, .. }) => Some(it),
            What::Create(_) | What::Drop(_) | What::Temporary(_) | What::Other => None,
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
    let head = head(sql);
    let Some(name) = head.name.as_deref().map(Name::new) else { return What::Other };
    // Only a table or a view hides a table of its name.
    let is_of_rows = !matches!(head.verb, Verb::Create(Kind::Trigger) | Verb::Pragma);
    if head.is_temporary && is_of_rows {
        return What::Temporary(name);
    }
    let mut rest = Reader::of(&sql[head.end..]);
    match head.verb {
        Verb::Create(Kind::Table) if !head.is_virtual => What::CreateTable(name),
        Verb::Create(_) => match head.on {
            Some(table) if head.verb == Verb::Create(Kind::Index) => {
                What::CreateIndex(name, Name::new(table))
            }
            _ => What::Create(name),
        },
        Verb::Drop(Kind::Table) => What::DropTable(name),
        Verb::Drop(_) => What::Drop(name),
        Verb::Alter => What::Alter(name, head.action.map_or(Alteration::Other, Alteration::of)),
        Verb::Insert => rest.copy(name, head.conflict).map_or(What::Other, What::Copy),
        Verb::Update => What::Update(rest.update(name)),
        Verb::Delete => What::Delete(rest.delete(name)),
        Verb::Select | Verb::Pragma | Verb::Attach | Verb::Vacuum | Verb::Other => What::Other,
    }
}

impl Alteration {
    fn of(action: Action<'_>) -> Self {
        match action {
            Action::RenameTo(to) => Self::Rename(Name::new(to)),
            Action::RenameColumn(from, to) => Self::RenameColumn(Name::new(from), Name::new(to)),
            Action::AddColumn(column) => Self::AddColumn(Name::new(column)),
            Action::DropColumn(column) => Self::DropColumn(Name::new(column)),
            Action::AddConstraint | Action::DropConstraint | Action::AlterColumn => Self::Other,
        }
    }
}

/// Reads the tokens of a statement behind its head.
pub(super) struct Reader<'a> {
    pub(super) sql: &'a str,
    pub(super) tokens: Vec<Token>,
    pub(super) next: usize,
}

impl<'a> Reader<'a> {
    fn of(sql: &'a str) -> Self {
        Self { sql, tokens: tokens(sql).filter(Token::is_significant).collect(), next: 0 }
    }
}

impl Reader<'_> {
    pub(super) fn eat(&mut self, words: &[&str]) -> bool {
        let is_there = words.iter().enumerate().all(|(n, word)| {
            self.tokens.get(self.next + n).is_some_and(|it| it.is_keyword(self.sql, word))
        });
        if is_there {
            self.next += words.len();
        }
        is_there
    }

    pub(super) fn eat_kind(&mut self, kind: TokenKind) -> bool {
        let is_there = self.tokens.get(self.next).is_some_and(|it| it.kind == kind);
        self.next += usize::from(is_there);
        is_there
    }

    pub(super) fn name(&mut self) -> Option<Name> {
        let name = self.tokens.get(self.next)?.name(self.sql)?;
        self.next += 1;
        Some(Name::new(name))
    }

    /// A name, perhaps with that of its schema before it.
    pub(super) fn qualified(&mut self) -> Option<Name> {
        let name = self.name()?;
        if self.eat_kind(TokenKind::Dot) { self.name() } else { Some(name) }
    }

    /// The column that these tokens are: `name` or `table.name`.
    pub(super) fn column_at(&self, range: Range<usize>) -> Option<Name> {
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
    fn rows_are_written() {
        let table = |sql: &str| {
            let what = what(sql);
            let kind = match &what {
                What::Copy(_) => "copy",
                What::Update(_) => "update",
                What::Delete(_) => "delete",
                What::Temporary(_) => "temporary",
                _ => "other",
            };
            let name = Deed { span: 0..0, sql, what }.table().map(ToString::to_string);
            format!("{kind} {}", name.unwrap_or_default())
        };
        assert_eq!(table("INSERT OR ABORT INTO n SELECT a FROM o"), "copy n");
        assert_eq!(table("WITH x AS (SELECT 1) INSERT INTO n SELECT a FROM o"), "copy n");
        assert_eq!(table("REPLACE INTO n (a) SELECT a FROM o"), "copy n");
        assert_eq!(table("INSERT INTO n VALUES (1)"), "other ");
        assert_eq!(table("INSERT INTO n SELECT 1"), "other ");
        assert_eq!(table("UPDATE OR IGNORE t SET a = 1"), "update t");
        assert_eq!(table("WITH x AS (SELECT 1) UPDATE main.t SET a = 1"), "update t");
        assert_eq!(table("DELETE FROM main.t"), "delete t");
        assert_eq!(table("DELETE FROM temp.t"), "temporary ");
    }

    #[test]
    fn temporary_tables_are_told_apart() {
        let temporary = |name: &str| What::Temporary(Name::new(name));
        check("CREATE TEMP TABLE t (a)", &temporary("t"));
        check("create temporary table if not exists t as select 1", &temporary("t"));
        check("DROP TABLE IF EXISTS temp.\"t\"", &temporary("t"));
        check("DROP TABLE temp", &What::DropTable(name("temp")));
        let mut known = HashSet::new();
        let mut tell = |sql: &str| about_temporary(what(sql), &mut known);
        assert_eq!(tell("DROP TABLE t"), What::DropTable(name("t")));
        tell("CREATE TEMP TRIGGER t AFTER INSERT ON u BEGIN SELECT 1; END");
        tell("CREATE TRIGGER temp.t AFTER INSERT ON u BEGIN SELECT 1; END");
        assert_eq!(tell("DROP TABLE t"), What::DropTable(name("t")));
        tell("CREATE TEMP TABLE t (a)");
        assert_eq!(tell("DELETE FROM t"), temporary("t"));
        assert_eq!(tell("DROP TABLE t"), temporary("t"));
        assert_eq!(tell("DROP TABLE t"), What::DropTable(name("t")));
    }

    #[test]
    fn the_rest_is_something_else() {
        for sql in ["", "SELECT 1", "ALTER", "CREATE", "DROP TABLE", "PRAGMA x", "INSERT INTO"] {
            check(sql, &What::Other);
        }
    }
}
