//! Directives: comment lines of a body that are evaluated right before it runs.
//!
//! ```sql
//! -- migrate:refuse-if rows of users have NULL in email: SELECT rowid FROM users WHERE email IS NULL
//! -- migrate:warn-if rows of users have a nickname, which is dropped: SELECT rowid FROM users WHERE nickname IS NOT NULL
//! ```
//!
//! To SQLite they are comments, and so they are to the fingerprint of the body.

use std::ops::Range;

use super::bodies::{MARKER, MARKERS};
use super::file::{FileProblem, Problems};
use crate::sql::lexer::{TokenKind, tokens};
use crate::sql::statement::{SplitError, split};

/// A line of a body that is evaluated right before the body runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive {
    /// What rows of the query mean.
    pub kind: DirectiveKind,
    /// What the rows are, for people: `rows of users have NULL in email`.
    pub message: String,
    /// Bytes of the file: the line, without its end.
    pub span: Range<usize>,
    /// Bytes of the file: the query, which lists the rows; without a semicolon.
    pub query: Range<usize>,
}

/// What it means that the query of a [`Directive`] finds rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DirectiveKind {
    /// `refuse-if`: the body must not run.
    RefuseIf,
    /// `warn-if`: it runs, and whoever runs it is told.
    WarnIf,
}

/// What can be wrong with a directive.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DirectiveProblem {
    /// Nothing stands before the query.
    #[error("the directive has no message")]
    NoMessage,
    /// Nothing behind the message is a query.
    #[error("the directive has no query: `: SELECT …` or `: WITH …` must follow the message")]
    NoQuery,
    /// A statement of another sort stands behind the message.
    #[error("the query of a directive is a SELECT, not `{found}`")]
    NotASelect {
        /// Its first word.
        found: String,
    },
    /// Something stands behind the query.
    #[error("a directive has one query; this is another statement")]
    SeveralStatements,
    /// It stands where no body is, or where there is nothing to run.
    #[error("the directive stands in no body, and would never be evaluated")]
    NoBody,
    /// Something stands before it on its line.
    #[error("a marker or a directive begins its line, with `{MARKER}`")]
    Misplaced,
}

/// The words behind [`MARKER`].
const KINDS: [(&str, DirectiveKind); 2] =
    [("refuse-if", DirectiveKind::RefuseIf), ("warn-if", DirectiveKind::WarnIf)];

/// What a query begins with; a blank tells it from a word that only begins like it.
const QUERIES: [&str; 2] = ["SELECT ", "WITH "];

/// Statements that one may take for a query.
const STATEMENTS: [&str; 9] =
    ["ALTER", "CREATE", "DELETE", "DROP", "EXPLAIN", "INSERT", "PRAGMA", "UPDATE", "VALUES"];

/// The words of the directives, for those who meant one.
pub(super) fn words() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|(word, _)| *word)
}

/// Whether a line is a directive, however wrong.
pub(super) fn is_directive(line: &str) -> bool {
    line.strip_prefix(MARKER).and_then(behind_kind).is_some()
}

/// The kind of a directive, and the bytes behind its word.
fn behind_kind(text: &str) -> Option<(DirectiveKind, &str)> {
    KINDS.iter().find_map(|(word, kind)| {
        let rest = text.strip_prefix(word)?;
        (rest.is_empty() || rest.starts_with(char::is_whitespace)).then_some((*kind, rest))
    })
}

/// Finds the directives in the SQL at `span`, which begins at the beginning of a line.
///
/// They are comments of SQL: a line that looks like one but stands inside a string or another
/// comment is none. Linear, and a search for a word where there are none.
pub fn find(
    text: &str,
    span: &Range<usize>,
    problems: &mut Vec<(Range<usize>, FileProblem)>,
) -> Vec<Directive> {
    let sql = &text[span.clone()];
    let mut found = Vec::new();
    if !sql.contains(MARKER.trim_start_matches("-- ")) {
        return found;
    }
    for token in tokens(sql).filter(|it| it.kind == TokenKind::LineComment) {
        let comment = token.text(sql).trim_end();
        let start = span.start + token.span.start;
        let line = start..start + comment.len();
        let begins_line = token.span.start == 0 || sql[..token.span.start].ends_with('\n');
        let is_placed = begins_line && comment.starts_with(MARKER);
        if is_placed && is_directive(comment) {
            found.extend(parse(text, line, problems));
        } else if !is_placed && is_misplaced(comment) {
            problems.push((line, FileProblem::Directive(DirectiveProblem::Misplaced)));
        }
    }
    found
}

/// Whether a comment would be a directive or a marker if it were written as one. A marker that is none
/// would make the downgrade the end of the upgrade.
pub(super) fn is_misplaced(comment: &str) -> bool {
    let word = MARKER.trim_start_matches("-- ");
    let inner = comment.trim_start_matches("--").trim_start();
    inner
        .strip_prefix(word)
        .is_some_and(|it| MARKERS.contains(&it.trim_end()) || behind_kind(it).is_some())
}

/// Reads the directive at `line`.
fn parse(text: &str, line: Range<usize>, problems: &mut Problems) -> Option<Directive> {
    let (kind, rest) = text[line.clone()].strip_prefix(MARKER).and_then(behind_kind)?;
    let Some(colon) = find_query(rest) else {
        let problem = FileProblem::Directive(without_query(rest));
        problems.push((line, problem));
        return None;
    };
    let message = rest[..colon].trim();
    if message.is_empty() {
        problems.push((line, FileProblem::Directive(DirectiveProblem::NoMessage)));
        return None;
    }
    let start = line.end - rest.len() + colon + ": ".len();
    let place = |span: &Range<usize>| start + span.start..start + span.end;
    match split(&text[start..line.end]) {
        Ok(statements) => {
            if let Some(second) = statements.get(1) {
                let problem = FileProblem::Directive(DirectiveProblem::SeveralStatements);
                problems.push((place(&second.span), problem));
                return None;
            }
            let query = place(&statements.first()?.span);
            Some(Directive { kind, message: message.to_owned(), span: line, query })
        }
        Err(errors) => {
            // A NUL byte is reported for the body as a whole.
            let errors = errors.into_iter().filter(|(_, err)| *err != SplitError::Nul);
            problems.extend(errors.map(|(span, err)| (place(&span), FileProblem::Sql(err))));
            None
        }
    }
}

/// Where the colon between message and query stands: the first before a word of [`QUERIES`].
fn find_query(rest: &str) -> Option<usize> {
    let mut colons = rest.match_indices(": ").map(|(at, colon)| (at, &rest[at + colon.len()..]));
    colons.find(|(_, behind)| QUERIES.iter().any(|it| begins_with(behind, it))).map(|(at, _)| at)
}

/// What is wrong with a directive that has no query.
fn without_query(rest: &str) -> DirectiveProblem {
    if QUERIES.iter().any(|it| begins_with(rest.trim_start(), it)) {
        return DirectiveProblem::NoMessage;
    }
    let mut behind = rest.match_indices(": ").map(|(at, colon)| &rest[at + colon.len()..]);
    let found = behind.find_map(|it| STATEMENTS.iter().find(|word| begins_with(it, word)));
    match found {
        Some(word) => DirectiveProblem::NotASelect { found: (*word).to_owned() },
        None => DirectiveProblem::NoQuery,
    }
}

/// Whether `text` begins with `word`, in either case.
fn begins_with(text: &str, word: &str) -> bool {
    text.get(..word.len()).is_some_and(|it| it.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests;
