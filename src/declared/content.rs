//! Full-text tables whose content is another table.
//!
//! SQLite looks at that table only when the index is filled or read, so that a name with a typo is
//! found by filling it.

use std::ops::Range;

use super::error::DeclaredProblem;
use super::statement::{Declaration, Kind};
use crate::db::{DbError, Lock, Scratch};
use crate::sql::lexer::{Token, TokenKind, tokens};
use crate::sql::quote::identifier;

/// What is wrong at bytes of a statement.
type Found<'d> = (&'d Declaration, Range<usize>, DeclaredProblem);

/// What is wrong with the content of these tables.
pub(super) fn problems<'d>(
    database: &Scratch,
    declarations: &'d [Declaration],
) -> Result<Vec<Found<'d>>, DbError> {
    let virtual_tables = declarations.iter().filter(|it| it.kind == Kind::VirtualTable);
    let with_content: Vec<(&Declaration, Range<usize>)> =
        virtual_tables.filter_map(|it| Some((it, content(it.sql())?))).collect();
    let mut problems = Vec::new();
    for (declaration, content) in with_content {
        let (name, sql) = (&declaration.name, declaration.sql());
        let quoted = identifier(name);
        let fill = format!("INSERT INTO {quoted} ({quoted}) VALUES ('rebuild')");
        database.database().begin(Lock::Write)?;
        let outcome = database.execute(&fill);
        database.database().rollback()?;
        if let Err(source) = outcome {
            // FTS5 calls the content `T`.
            let message = source.message.replace("no such column: T.", "no such column: ");
            // FTS4 does not say what is wrong.
            let table = tokens(&sql[content.clone()])
                .next()
                .and_then(|it| Some(it.name(&sql[content.clone()])?.into_owned()));
            let message = match table {
                Some(table) if message == "SQL logic error" => {
                    if database.database().has_table(&table)? {
                        format!("`{table}` lacks one of its columns")
                    } else {
                        format!("no such table: {table}")
                    }
                }
                _ => message,
            };
            let span = Some(super::build::named_token(sql, &message));
            let span = span.filter(|it| it.len() < sql.len()).unwrap_or(content);
            let kind = DeclaredProblem::Content { name: name.clone(), message };
            problems.push((declaration, span, kind));
        }
    }
    Ok(problems)
}

/// Where a `CREATE VIRTUAL TABLE` of FTS4 or FTS5 names the table that is its content.
fn content(sql: &str) -> Option<Range<usize>> {
    let all: Vec<Token> = tokens(sql).filter(Token::is_significant).collect();
    let using = all.iter().position(|it| it.is_keyword(sql, "USING"))?;
    let module = all.get(using + 1)?;
    if !["fts4", "fts5"].iter().any(|it| module.is_keyword(sql, it)) {
        return None;
    }
    let found = all[using..].windows(4).find(|it| {
        matches!(it[0].kind, TokenKind::Comma | TokenKind::LeftParenthesis)
            && it[1].is_keyword(sql, "content")
            && it[2].text(sql) == "="
    })?;
    let is_empty = found[3].name(sql).is_none_or(|it| it.is_empty());
    (!is_empty).then(|| found[3].span.clone())
}
