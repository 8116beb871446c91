//! `CREATE INDEX`.

use super::cursor::{Cursor, Expected, TokenRange};
use super::fragment::Fragment;
use super::{Index, Name, SchemaObject, read};
use crate::sql::lexer::{Token, TokenKind, tokens};

/// Reads `CREATE INDEX`, from behind `CREATE`.
pub(super) fn index(object: &SchemaObject, mut cursor: Cursor<'_>) -> Result<Index, Expected> {
    let is_unique = cursor.eat(&["UNIQUE"]);
    read::head(&mut cursor, "INDEX")?;
    cursor.expect("ON")?;
    cursor.name()?;
    let range = cursor.parenthesized()?;
    let columns = cursor.split_at_commas(range).into_iter().map(|it| column(&cursor, it)).collect();
    let condition = if cursor.eat(&["WHERE"]) {
        let range = cursor.without_parentheses(cursor.next()..cursor.end());
        Some(cursor.fragment(range))
    } else if cursor.peek(0).is_none() {
        None
    } else {
        return Err(cursor.expected("WHERE"));
    };
    Ok(Index {
        name: Name::new(&object.name),
        table: Name::new(&object.table),
        is_unique,
        columns,
        condition,
        sql: object.sql.clone(),
    })
}

/// A column or an expression, perhaps with a collation, and its order.
fn column(cursor: &Cursor<'_>, range: TokenRange) -> Fragment {
    let sql = cursor.sql();
    // A word alone is a name, whichever word it is.
    let order = match cursor.tokens(range.clone()) {
        [_, .., last] if last.is_keyword(sql, "ASC") => Some(false),
        [_, .., last] if last.is_keyword(sql, "DESC") => Some(true),
        _ => None,
    };
    let range = range.start..range.end - usize::from(order.is_some());
    let range = cursor.without_parentheses(range);
    let tokens = cursor.tokens(range.clone());
    let is_column = match tokens {
        [only] => only.kind == TokenKind::String,
        [first, collate, _] => {
            first.kind == TokenKind::String && collate.is_keyword(sql, "COLLATE")
        }
        _ => false,
    };
    // SQLite takes a string in this place for the name of a column.
    let it = if is_column { Fragment::of_names(sql, tokens) } else { cursor.fragment(range) };
    if order == Some(true) { it.followed_by("DESC") } else { it }
}

impl Index {
    /// The column that a part of the index is, and the collation that it names; `None` if that is an
    /// expression.
    pub fn column(&self, part: usize) -> Option<(Name, Option<Name>)> {
        let sql = self.columns[part].text();
        let words: Vec<Token> = tokens(sql).filter(Token::is_significant).collect();
        let is_order = |it: &Token| it.is_keyword(sql, "ASC") || it.is_keyword(sql, "DESC");
        let (column, collation) = match &words[..] {
            [column] => (column, None),
            [column, order] if is_order(order) => (column, None),
            [column, collate, name] if collate.is_keyword(sql, "COLLATE") => (column, Some(name)),
            [column, collate, name, order]
                if collate.is_keyword(sql, "COLLATE") && is_order(order) =>
            {
                (column, Some(name))
            }
            _ => return None,
        };
        let collation = match collation {
            Some(it) => Some(Name::new(it.name(sql)?)),
            None => None,
        };
        Some((Name::new(column.name(sql)?), collation))
    }
}
