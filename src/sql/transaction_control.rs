//! Statements that cannot do what they say inside the transaction in which a revision runs.
//!
//! Some would end that transaction under us, some SQLite refuses there, and the dangerous ones it
//! ignores without a word: `PRAGMA foreign_keys = off` in front of a table rebuild, say, which then
//! deletes the rows of the children. They are refused before anything runs.
//!
//! Decided by the first tokens of a statement, as SQLite's parser does, so neither case nor
//! comments nor quotes hide anything. What a statement does while it runs is another matter
//! (`ON CONFLICT ROLLBACK`, `RAISE(ROLLBACK)`): the executor asks after each one whether the
//! transaction is still there.

use std::ops::Range;

use super::lexer::{Token, TokenKind, tokens};

#[cfg(test)]
mod tests;

/// A statement that has no place inside a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forbidden {
    /// Its keyword in upper case, `BEGIN`; or `PRAGMA` and the name in lower case without schema
    /// and quotes, `PRAGMA foreign_keys`.
    pub what: String,
    /// Bytes of the statement: the keyword, or from `PRAGMA` to the end of the name.
    pub span: Range<usize>,
    /// Why, as the end of a sentence that begins with [`what`](Self::what).
    pub reason: &'static str,
}

/// Keywords that begin a forbidden statement, with the reason.
const STATEMENTS: [(&str, &str); 9] = [
    ("BEGIN", "would begin a transaction inside the one that the revision runs in"),
    ("COMMIT", "would end the transaction that the revision runs in"),
    ("END", "would end the transaction that the revision runs in"),
    ("ROLLBACK", "would undo the transaction that the revision runs in"),
    ("SAVEPOINT", "would nest a transaction in the one that the revision runs in"),
    ("RELEASE", "would end a part of the transaction that the revision runs in"),
    ("ATTACH", "would add a database that need not be committed together with this one"),
    ("DETACH", "is refused by SQLite once the transaction has used the database"),
    ("VACUUM", "is refused by SQLite inside a transaction"),
];

/// Which forms of a PRAGMA are forbidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// The one with a value; without it the PRAGMA only reads.
    Setting,
    /// Every one.
    Any,
}

/// Forbidden PRAGMAs, with the reason.
///
/// Found by running every entry of `PRAGMA pragma_list` inside and outside a transaction; a test
/// repeats that with the SQLite that is compiled in. `foreign_keys`, `auto_vacuum`, `encoding`,
/// `page_size` and, in rollback-journal mode, `journal_mode` are the silent ones.
const PRAGMAS: [(&str, Form, &str); 9] = [
    (
        "auto_vacuum",
        Form::Setting,
        "is ignored by SQLite inside a transaction, but between FULL and INCREMENTAL",
    ),
    ("encoding", Form::Setting, "is ignored by SQLite once the database has a table"),
    ("foreign_keys", Form::Setting, "is ignored by SQLite inside a transaction"),
    ("journal_mode", Form::Setting, "is ignored or refused by SQLite inside a transaction"),
    ("page_size", Form::Setting, "is ignored by SQLite inside a transaction"),
    ("synchronous", Form::Setting, "is refused by SQLite inside a transaction"),
    (
        "temp_store",
        Form::Setting,
        "is refused by SQLite inside a transaction once there was a temporary table",
    ),
    (
        "temp_store_directory",
        Form::Setting,
        "is refused by SQLite inside a transaction once there was a temporary table",
    ),
    ("wal_checkpoint", Form::Any, "is refused by SQLite inside a transaction"),
];

/// Whether `statement` may not stand in a body that runs inside a transaction, and why.
///
/// `EXPLAIN` makes any statement harmless.
pub fn forbidden_in_transaction(statement: &str) -> Option<Forbidden> {
    let mut tokens = significant(statement);
    let first = tokens.next()?;
    if first.is_keyword(statement, "PRAGMA") {
        return forbidden_pragma(statement, &first, tokens);
    }
    let (keyword, reason) =
        STATEMENTS.into_iter().find(|(keyword, _)| first.is_keyword(statement, keyword))?;
    Some(Forbidden { what: keyword.to_owned(), span: first.span, reason })
}

/// The same for a statement that begins with the token `pragma`, which `rest` follows.
fn forbidden_pragma(
    statement: &str,
    pragma: &Token,
    mut rest: impl Iterator<Item = Token>,
) -> Option<Forbidden> {
    let mut name = rest.next()?;
    let mut next = rest.next();
    if next.as_ref().is_some_and(|it| it.kind == TokenKind::Dot) {
        name = rest.next()?;
        next = rest.next();
    }
    let has_value =
        next.is_some_and(|it| it.kind == TokenKind::LeftParenthesis || it.text(statement) == "=");
    let written = name.name(statement)?;
    let (known, _, reason) = PRAGMAS.into_iter().find(|(known, form, _)| {
        known.eq_ignore_ascii_case(&written) && (has_value || *form == Form::Any)
    })?;
    Some(Forbidden {
        what: format!("PRAGMA {known}"),
        span: pragma.span.start..name.span.end,
        reason,
    })
}

/// The tokens of a statement that SQLite's parser gets to see.
fn significant(statement: &str) -> impl Iterator<Item = Token> {
    tokens(statement)
        .filter(Token::is_significant)
        .skip_while(|token| token.kind == TokenKind::Semicolon)
}
