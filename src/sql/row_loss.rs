//! Which statement deletes rows or overwrites all of them, by its words: what no downgrade brings back.

use std::borrow::Cow;

use super::head::{Head, Kind, Verb, head};
use super::lexer::{Token, TokenKind, tokens};

/// The table of which a statement deletes rows, replaces some, or changes all: `DELETE`, `REPLACE`,
/// `INSERT OR REPLACE`, `UPDATE` without a WHERE. Temporary tables do not count, if the statement
/// says that it is one, and neither do those of SQLite.
pub fn loses_rows_of(sql: &str) -> Option<Cow<'_, str>> {
    let head = head(sql);
    let loses_rows = match head.verb {
        Verb::Delete => true,
        Verb::Update => !has_filter(&sql[head.end..]),
        Verb::Insert => replaces(sql, &head),
        _ => false,
    };
    let is_own = |it: &str| it.get(..7).is_some_and(|it| it.eq_ignore_ascii_case("sqlite_"));
    head.name.filter(|it| loses_rows && !head.is_temporary && !is_own(it))
}

/// Whether an INSERT is a REPLACE: that word stands right before `INTO`.
fn replaces(sql: &str, head: &Head<'_>) -> bool {
    let words = tokens(&sql[..head.end]).filter(Token::is_significant);
    let words: Vec<Token> = words.collect();
    let n_name = if head.schema.is_some() { 3 } else { 1 };
    let before = &words[..words.len().saturating_sub(n_name)];
    matches!(before, [.., verb, into] if verb.is_keyword(sql, "REPLACE") && into.is_keyword(sql, "INTO"))
}

/// Whether a WHERE that leaves rows out stands outside of parentheses.
fn has_filter(sql: &str) -> bool {
    let mut depth = 0usize;
    let filter = tokens(sql).find(|it| {
        match it.kind {
            TokenKind::LeftParenthesis => depth += 1,
            TokenKind::RightParenthesis => depth = depth.saturating_sub(1),
            _ => {}
        }
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
    let head = head(sql);
    let is_new = head.is_temporary || !head.is_conditional;
    head.name.filter(|_| head.verb == Verb::Create(Kind::Table) && is_new)
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
