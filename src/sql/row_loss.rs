//! Which statement deletes rows or overwrites all of them, by its words: what no downgrade brings back.

use std::borrow::Cow;

use super::lexer::{Token, TokenKind, tokens};

/// The table of which a statement deletes rows, replaces some, or changes all: `DELETE`, `REPLACE`,
/// `INSERT OR REPLACE`, `UPDATE` without a WHERE. Temporary tables do not count, if the statement
/// says that it is one, and neither do those of SQLite.
pub fn loses_rows_of(sql: &str) -> Option<Cow<'_, str>> {
    let mut words = tokens(sql)
        .filter(Token::is_significant)
        .skip_while(|it| it.kind == TokenKind::Semicolon)
        .peekable();
    let mut verb = words.next()?;
    if verb.is_keyword(sql, "WITH") {
        let mut depth = 0usize;
        verb = words.find(|it| {
            depth = depth_after(depth, it);
            depth == 0 && is_one_of(sql, it, &["SELECT", "INSERT", "REPLACE", "UPDATE", "DELETE"])
        })?;
    }
    let updates = verb.is_keyword(sql, "UPDATE");
    if updates || verb.is_keyword(sql, "INSERT") {
        let has_conflict = words.next_if(|it| it.is_keyword(sql, "OR")).is_some();
        let replaces = has_conflict && words.next()?.is_keyword(sql, "REPLACE");
        if !updates && !replaces {
            return None;
        }
    } else if !is_one_of(sql, &verb, &["DELETE", "REPLACE"]) {
        return None;
    }
    words.next_if(|it| is_one_of(sql, it, &["FROM", "INTO"]));
    let mut table = words.next()?.name(sql)?;
    if words.next_if(|it| it.kind == TokenKind::Dot).is_some() {
        if table.eq_ignore_ascii_case("temp") {
            return None;
        }
        table = words.next()?.name(sql)?;
    }
    let is_internal = table.get(..7).is_some_and(|it| it.eq_ignore_ascii_case("sqlite_"));
    if is_internal || updates && has_filter(sql, words) {
        return None;
    }
    Some(table)
}

/// Whether a WHERE that leaves rows out follows outside of parentheses.
fn has_filter(sql: &str, mut words: impl Iterator<Item = Token>) -> bool {
    let mut depth = 0usize;
    let filter = words.find(|it| {
        depth = depth_after(depth, it);
        depth == 0 && it.is_keyword(sql, "WHERE")
    });
    filter.is_some_and(|it| !chooses_all(&sql[it.span.start..]))
}

/// Whether a WHERE leaves nothing out: `WHERE true`, `WHERE 1`, `WHERE 1 = 1`.
pub fn chooses_all(filter: &str) -> bool {
    let words = tokens(filter).filter(Token::is_significant).skip(1);
    let words: Vec<&str> = words.map(|it| it.text(filter)).take(4).collect();
    match words[..] {
        [only] => only == "1" || only.eq_ignore_ascii_case("true"),
        [left, "=" | "==", right] => left == "1" && right == "1",
        _ => false,
    }
}

/// The table that a statement makes, where it cannot have been there before; a temporary one too.
pub fn makes_table(sql: &str) -> Option<Cow<'_, str>> {
    let mut words =
        tokens(sql).filter(Token::is_significant).skip_while(|it| it.kind == TokenKind::Semicolon);
    let first = words.next()?;
    if !first.is_keyword(sql, "CREATE") {
        return None;
    }
    let mut words = words.peekable();
    let is_temporary = words.next_if(|it| is_one_of(sql, it, &["TEMP", "TEMPORARY"])).is_some();
    words.next_if(|it| it.is_keyword(sql, "TABLE"))?;
    if words.peek()?.is_keyword(sql, "IF") {
        if !is_temporary {
            return None;
        }
        words.nth(2)?;
    }
    let name = words.next()?.name(sql)?;
    if words.next_if(|it| it.kind == TokenKind::Dot).is_some() {
        return words.next()?.name(sql);
    }
    Some(name)
}

fn is_one_of(sql: &str, token: &Token, keywords: &[&str]) -> bool {
    keywords.iter().any(|it| token.is_keyword(sql, it))
}

fn depth_after(depth: usize, token: &Token) -> usize {
    match token.kind {
        TokenKind::LeftParenthesis => depth + 1,
        TokenKind::RightParenthesis => depth.saturating_sub(1),
        _ => depth,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sql: &str, expected: Option<&str>) {
        assert_eq!(loses_rows_of(sql).as_deref(), expected, "{sql}");
    }

    #[test]
    fn rows_are_deleted_or_overwritten() {
        check("DELETE FROM t", Some("t"));
        check("delete from main.\"T t\" where a = 1", Some("T t"));
        check("WITH x AS (SELECT 1) DELETE FROM t", Some("t"));
        check("WITH x AS (DELETE) UPDATE t SET a = 1", Some("t"));
        check("REPLACE INTO t VALUES (1)", Some("t"));
        check("INSERT OR REPLACE INTO t SELECT * FROM u WHERE a", Some("t"));
        check("UPDATE t SET a = 1", Some("t"));
        check("UPDATE OR IGNORE t SET a = (SELECT b FROM u WHERE c)", Some("t"));
        check("UPDATE t SET a = 1 WHERE true", Some("t"));
        check("UPDATE t SET a = 1 WHERE 1 = 1", Some("t"));
    }

    #[test]
    fn nothing_is_lost_or_the_author_chose_it() {
        check("UPDATE t SET a = 1 WHERE b", None);
        check("UPDATE t SET a = 1 WHERE true AND b", None);
        check("UPDATE t SET a = u.a FROM u WHERE u.b = t.b", None);
        check("INSERT INTO t VALUES (1)", None);
        check("INSERT OR IGNORE INTO t VALUES (1)", None);
        check("INSERT INTO \"replace\" VALUES (1)", None);
        check("WITH x AS (SELECT 1) SELECT replace(a, 'b', 'c') FROM x", None);
        check("WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x", None);
        check("SELECT 'DELETE FROM t'", None);
        check("CREATE TRIGGER r AFTER INSERT ON t BEGIN DELETE FROM p; END", None);
        check("DELETE FROM temp.t", None);
        check("DELETE FROM sqlite_sequence WHERE name = 't'", None);
        check("DELETE", None);
        check("", None);
    }

    #[test]
    fn a_table_that_is_made_holds_nothing_old() {
        let check = |sql: &str, expected: Option<&str>| {
            assert_eq!(makes_table(sql).as_deref(), expected, "{sql}");
        };
        check("CREATE TABLE t (a)", Some("t"));
        check("create table main.t as select 1", Some("t"));
        check("CREATE TEMP TABLE IF NOT EXISTS t (a)", Some("t"));
        check("CREATE TEMPORARY TABLE [t] (a)", Some("t"));
        check("CREATE TABLE IF NOT EXISTS t (a)", None);
        check("CREATE INDEX i ON t (a)", None);
        check("ALTER TABLE t RENAME TO u", None);
        check("CREATE", None);
    }
}
