//! What a statement of a declared schema declares.
//!
//! Reads no more of it than its kind and its names: whether it is right, SQLite says.

use std::ops::Range;
use std::sync::Arc;

use super::error::DeclaredProblem;
use super::hint;
use crate::schema::Name;
use crate::source::{Location, Problem, Source};
use crate::sql::lexer::{Token, TokenKind, tokens};
use crate::sql::statement::split;

/// The kinds of objects, in an order in which they can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Table,
    VirtualTable,
    Index,
    View,
    Trigger,
}

/// An object with its statement.
#[derive(Debug, Clone)]
pub(super) struct Declaration {
    pub kind: Kind,
    /// Without quotes; empty where the statement has none, which SQLite will refuse.
    pub name: String,
    /// Of an index or a trigger: what it is on.
    pub table: Option<String>,
    /// The statement.
    pub location: Location,
    /// The name in it.
    pub name_span: Range<usize>,
    /// What the hint above it says.
    pub renamed_from: Option<Name>,
}

impl Declaration {
    /// The statement's text.
    pub fn sql(&self) -> &str {
        &self.location.source.text[self.location.span.clone()]
    }
}

type Problems = Vec<Problem<DeclaredProblem>>;

/// Reads a text; adds to the declarations and to what is wrong.
pub(super) fn read(source: &Arc<Source>, found: &mut Vec<Declaration>, problems: &mut Problems) {
    let statements = match split(&source.text) {
        Ok(statements) => statements,
        Err(unsplit) => {
            let problem = |(span, kind)| Problem::new(source, span, DeclaredProblem::Split(kind));
            return problems.extend(unsplit.into_iter().map(problem));
        }
    };
    let n_before = found.len();
    for statement in &statements {
        let start = statement.span.start;
        let place = |span: Range<usize>| start + span.start..start + span.end;
        let sql = &source.text[statement.span.clone()];
        problems.extend(
            markers(sql).map(|span| Problem::new(source, place(span), DeclaredProblem::Marker)),
        );
        match classify(sql) {
            Ok(None) => {}
            Ok(Some(shape)) => found.push(Declaration {
                kind: shape.kind,
                name: shape.name,
                table: shape.table,
                location: Location::new(source, statement.span.clone()),
                name_span: place(shape.name_span),
                renamed_from: None,
            }),
            Err((span, kind)) => problems.push(Problem::new(source, place(span), kind)),
        }
    }
    hint::read(source, &statements, &mut found[n_before..], problems);
}

/// The comments in a statement that would be a marker or a directive in a revision, into which its
/// text is copied.
fn markers(sql: &str) -> impl Iterator<Item = Range<usize>> {
    const WORD: &str = "migrate:";
    let found = sql.contains(WORD).then(|| {
        tokens(sql).filter(|it| {
            it.kind == TokenKind::LineComment
                && it.text(sql).trim_start_matches('-').trim_start().starts_with(WORD)
        })
    });
    found.into_iter().flatten().map(|it| it.span)
}

/// The statement's kind and names, with spans relative to it.
#[derive(Debug)]
struct Shape {
    kind: Kind,
    name: String,
    name_span: Range<usize>,
    table: Option<String>,
}

/// What a statement declares; `None` for what dumps have besides and means nothing here.
fn classify(sql: &str) -> Result<Option<Shape>, (Range<usize>, DeclaredProblem)> {
    let all: Vec<Token> = tokens(sql).filter(Token::is_significant).collect();
    let is = |at: usize, word: &str| all.get(at).is_some_and(|it| it.is_keyword(sql, word));
    let Some(first) = all.first() else { return Ok(None) };
    if ["BEGIN", "COMMIT", "END", "PRAGMA"].iter().any(|it| is(0, it)) {
        return Ok(None);
    }
    if !is(0, "CREATE") {
        let statement = first.text(sql).to_owned();
        return Err((first.span.clone(), DeclaredProblem::NotADeclaration { statement }));
    }
    if is(1, "TEMP") || is(1, "TEMPORARY") {
        return Err((all[1].span.clone(), DeclaredProblem::Temporary));
    }
    let (kind, mut at) = match () {
        () if is(1, "TABLE") => (Kind::Table, 2),
        () if is(1, "VIRTUAL") && is(2, "TABLE") => (Kind::VirtualTable, 3),
        () if is(1, "INDEX") => (Kind::Index, 2),
        () if is(1, "UNIQUE") && is(2, "INDEX") => (Kind::Index, 3),
        () if is(1, "VIEW") => (Kind::View, 2),
        () if is(1, "TRIGGER") => (Kind::Trigger, 2),
        // SQLite will say what is wrong with it.
        () => (Kind::Table, all.len()),
    };
    if is(at, "IF") && is(at + 1, "NOT") && is(at + 2, "EXISTS") {
        at += 3;
    }
    let (database, name, mut at) = qualified_name(sql, &all, at);
    if let Some(token) = database {
        let database = token.name(sql).unwrap_or_default().into_owned();
        if database.eq_ignore_ascii_case("temp") {
            return Err((token.span.clone(), DeclaredProblem::Temporary));
        }
        if !database.eq_ignore_ascii_case("main") {
            return Err((token.span.clone(), DeclaredProblem::OtherDatabase { database }));
        }
    }
    let text = name.and_then(|it| it.name(sql)).unwrap_or_default().into_owned();
    // The shell's `.schema` lists SQLite's own tables too.
    if kind == Kind::Table && text.to_ascii_lowercase().starts_with("sqlite_") {
        return Ok(None);
    }
    if kind == Kind::Table && is(at, "AS") {
        return Err((all[at].span.clone(), DeclaredProblem::CreateTableAs));
    }
    let mut table = None;
    if matches!(kind, Kind::Index | Kind::Trigger) {
        while at < all.len() && !is(at, "ON") {
            at += 1;
        }
        let (_, token, _) = qualified_name(sql, &all, at + 1);
        table = token.and_then(|it| it.name(sql)).map(std::borrow::Cow::into_owned);
    }
    Ok(Some(Shape {
        kind,
        name: text,
        name_span: name.map_or(0..sql.len(), |it| it.span.clone()),
        table,
    }))
}

/// `[database .] name` from token `at` on, and which token follows.
fn qualified_name<'t>(
    sql: &str,
    all: &'t [Token],
    at: usize,
) -> (Option<&'t Token>, Option<&'t Token>, usize) {
    let name = |at: usize| all.get(at).filter(|it: &&Token| it.name(sql).is_some());
    if all.get(at + 1).is_some_and(|it| it.kind == TokenKind::Dot) {
        (name(at), name(at + 2), at + 3)
    } else {
        (None, name(at), at + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sql: &str, expected: &str) {
        let found = match classify(sql) {
            Ok(None) => "nothing".to_owned(),
            Ok(Some(Shape { kind, name, table: None, .. })) => format!("{kind:?} {name}"),
            Ok(Some(Shape { kind, name, table: Some(on), .. })) => {
                format!("{kind:?} {name} on {on}")
            }
            Err((span, problem)) => format!("{}: {problem}", &sql[span]),
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn every_kind_is_known() {
        check("create table t(a)", "Table t");
        check("CREATE TABLE IF NOT EXISTS main.\"my t\"(a)", "Table my t");
        check("CREATE TABLE if(a)", "Table if");
        check("CREATE /* ! */ VIRTUAL TABLE [d] USING fts5(a)", "VirtualTable d");
        check("CREATE INDEX i ON t(a)", "Index i on t");
        check("CREATE UNIQUE INDEX IF NOT EXISTS main.i ON \"t\"(a)", "Index i on t");
        check("CREATE VIEW 'v' AS SELECT 1", "View v");
        check("CREATE TRIGGER r UPDATE OF a, b ON t BEGIN SELECT 1; END", "Trigger r on t");
        check("CREATE TRIGGER r INSTEAD OF DELETE ON main.v BEGIN SELECT 1; END", "Trigger r on v");
    }

    #[test]
    fn what_dumps_have_besides_is_nothing() {
        for sql in ["BEGIN TRANSACTION", "begin", "COMMIT", "END", "PRAGMA foreign_keys=OFF"] {
            check(sql, "nothing");
        }
        check("CREATE TABLE sqlite_sequence(name,seq)", "nothing");
    }

    #[test]
    fn what_declares_nothing_is_refused() {
        check("INSERT INTO t VALUES (1)", "INSERT: `INSERT` declares nothing");
        check("alter table t add b", "alter: `alter` declares nothing");
        check("CRAETE TABLE t(a)", "CRAETE: `CRAETE` declares nothing");
        check("CREATE TEMP TABLE t(a)", "TEMP: a temporary object is no part of a schema");
        check("CREATE VIEW temp.v AS SELECT 1", "temp: a temporary object is no part of a schema");
        check(
            "CREATE TABLE other.t(a)",
            "other: an object of the database `other` is no part of this schema",
        );
        check(
            "CREATE TABLE t AS SELECT 1",
            "AS: `CREATE TABLE … AS` does not say what the columns are",
        );
    }

    #[test]
    fn what_is_no_statement_is_left_to_sqlite() {
        check("CREATE TABEL t(a)", "Table ");
        check("CREATE TABLE", "Table ");
        check("CREATE INDEX i", "Index i");
    }
}
