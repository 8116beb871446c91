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
    let mut kept = String::with_capacity(sql.len());
    let mut end = 0;
    for token in tokens(sql).filter(|it| hint(sql, it).is_some()) {
        let start = end;
        let mut before = sql[start..token.span.start].trim_end_matches([' ', '\t']).len() + start;
        end = token.span.end;
        let rest_of_line = sql[end..].trim_start_matches([' ', '\t', '\r']);
        let ends_line = rest_of_line.is_empty() || rest_of_line.starts_with('\n');
        let starts_line = before > 0 && sql[..before].ends_with('\n');
        if ends_line && starts_line {
            end = (sql.len() - rest_of_line.len() + 1).min(sql.len());
        } else if !ends_line {
            // The tokens around it stay apart.
            before = token.span.start;
        } else if sql[end..].starts_with("\r\n") || !rest_of_line.is_empty() {
            end = sql.len() - rest_of_line.len();
        }
        kept.push_str(&sql[start..before]);
        let is_glued = !kept.ends_with(char::is_whitespace)
            && !sql[end..].starts_with(char::is_whitespace)
            && !sql[end..].is_empty();
        if is_glued {
            kept.push(' ');
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
        let column = column_on_line(sql, &tokens[..idx], spans).or_else(|| {
            let is_alone = is_first_on_line(sql, token.span.start);
            if is_alone { column_below(&tokens[idx + 1..], spans) } else { None }
        });
        // In the middle of a definition, on a line of its own.
        let column = column.or_else(|| spans.iter().position(|it| it.contains(&token.span.start)));
        if let Some(column) = column {
            columns[column].renamed_from = Some(name);
        }
    }
}

fn hint(sql: &str, token: &Token) -> Option<Name> {
    let is_comment = matches!(token.kind, TokenKind::LineComment | TokenKind::BlockComment);
    if is_comment { renamed_from(token.text(sql)) } else { None }
}

fn is_first_on_line(sql: &str, offset: usize) -> bool {
    let line = sql[..offset].rfind('\n').map_or(0, |it| it + 1);
    sql[line..offset].trim().is_empty()
}

/// The column that ends, or goes on, last on the line that `before` leads to.
fn column_on_line(sql: &str, before: &[Token], spans: &[Range<usize>]) -> Option<usize> {
    let end = before.last().map_or(0, |it| it.span.end);
    let line = sql[..end].rfind('\n').map_or(0, |it| it + 1);
    let on_line = before.iter().rev().take_while(|it| it.span.start >= line);
    let mut significant = on_line.filter(|it| it.is_significant());
    let last = significant.next()?;
    let last = if last.kind == TokenKind::Comma { significant.next()? } else { last };
    spans.iter().position(|it| it.contains(&last.span.start))
}

/// The column that begins right behind, perhaps after a comma.
fn column_below(after: &[Token], spans: &[Range<usize>]) -> Option<usize> {
    let mut significant = after.iter().filter(|it| it.is_significant());
    let next = significant.next()?;
    let next = if next.kind == TokenKind::Comma { significant.next()? } else { next };
    spans.binary_search_by_key(&next.span.start, |it| it.start).ok()
}
