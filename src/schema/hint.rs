//! `-- migrator:renamed from NAME`: the comment by which an author says that a column is an old one
//! under a new name.
//!
//! Hints say how to get to a schema, not what it is; so they are taken out of the texts that go
//! into revisions.

use std::borrow::Cow;
use std::ops::Range;

use super::{Column, Name};
use crate::sql::lexer::{Token, TokenKind, tokens};

/// What every hint holds; texts without it need no second look.
const MARK: &str = "migrator:renamed";

/// The old name, if `comment` (with its `--` or `/* */`) is a hint. What stands behind the name is
/// a remark.
pub fn renamed_from(comment: &str) -> Option<Name> {
    let block = comment.strip_prefix("/*").and_then(|it| it.strip_suffix("*/"));
    let content = block.or_else(|| comment.strip_prefix("--"))?;
    let rest = content.trim_start().strip_prefix(MARK)?.strip_prefix(char::is_whitespace)?;
    let name = rest.trim_start().strip_prefix("from")?.strip_prefix(char::is_whitespace)?;
    let name = name.trim_start();
    Some(Name::new(tokens(name).next()?.name(name)?))
}

/// `sql` without its hints: a line that holds only one goes whole.
pub fn without_hints(sql: &str) -> Cow<'_, str> {
    if !sql.contains(MARK) {
        return Cow::Borrowed(sql);
    }
    let blanks = [' ', '\t'];
    let mut kept = String::with_capacity(sql.len());
    let mut end = 0;
    for token in tokens(sql).filter(|it| hint(sql, it).is_some()) {
        let before = &sql[end..token.span.start];
        // A line comment reaches up to the line feed, and takes the carriage return along.
        end = token.span.start + token.text(sql).trim_end().len();
        let after = sql[end..].trim_start_matches(blanks);
        let line_end = ["\n", "\r\n"].into_iter().find(|it| after.starts_with(it));
        let is_last_on_line = line_end.is_some() || after.is_empty();
        if !is_last_on_line {
            kept.push_str(before);
            // The tokens around it stay apart.
            let is_glued = !before.ends_with(char::is_whitespace) && after.len() == sql.len() - end;
            kept.push_str(if is_glued { " " } else { "" });
            continue;
        }
        kept.push_str(before.trim_end_matches(blanks));
        end = sql.len() - after.len();
        if kept.ends_with('\n') {
            end += line_end.map_or(0, str::len);
        }
    }
    kept.push_str(&sql[end..]);
    Cow::Owned(kept)
}

/// Gives each hint of a `CREATE TABLE` to the column that it is about.
///
/// That is the column on its line (behind the comma too), or the one below, if the line holds
/// nothing but the hint. `spans` says where the columns are.
pub(super) fn assign(sql: &str, columns: &mut [Column], spans: &[Range<usize>]) {
    if !sql.contains(MARK) {
        return;
    }
    let tokens: Vec<Token> = tokens(sql).collect();
    for (idx, token) in tokens.iter().enumerate() {
        let Some(name) = hint(sql, token) else { continue };
        if let Some(column) = column_of(sql, &tokens[..idx], &tokens[idx + 1..], spans) {
            columns[column].renamed_from = Some(name);
        }
    }
}

/// The number of the column that a comment between two runs of tokens is about.
fn column_of(
    sql: &str,
    before: &[Token],
    after: &[Token],
    spans: &[Range<usize>],
) -> Option<usize> {
    let place = before.last()?.span.end;
    let line = sql[..place].rfind('\n').map_or(0, |it| it + 1);
    let mut on_line =
        before.iter().rev().take_while(|it| it.span.end > line).filter(|it| it.is_significant());
    let within = |place: usize| spans.iter().position(|it| it.contains(&place));
    let last = on_line.next();
    let is_comma = last.is_some_and(|it| it.kind == TokenKind::Comma);
    if let Some(token) = if is_comma { on_line.next() } else { last } {
        return within(token.span.start);
    }
    let mut below = after.iter().filter(|it| it.is_significant());
    let next = below.next()?;
    let next = if next.kind == TokenKind::Comma { below.next()? } else { next };
    let column = spans.binary_search_by_key(&next.span.start, |it| it.start).ok();
    // Otherwise it may have a line of its own in the middle of a definition.
    column.or_else(|| within(place))
}

fn hint(sql: &str, token: &Token) -> Option<Name> {
    let is_comment = matches!(token.kind, TokenKind::LineComment | TokenKind::BlockComment);
    if is_comment { renamed_from(token.text(sql)) } else { None }
}
