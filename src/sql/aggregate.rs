//! Queries that always give one row, by their words: `SELECT count(*) FROM t` finds something in an
//! empty table, too.

use super::lexer::{Token, TokenKind, tokens};

/// The functions of SQLite that make one value of all rows; `min` and `max` do with one argument.
const AGGREGATES: [&str; 11] = [
    "count",
    "sum",
    "total",
    "avg",
    "min",
    "max",
    "group_concat",
    "string_agg",
    "json_group_array",
    "json_group_object",
    "median",
];

/// The words behind which the rows of a query are not those that its aggregates make, or not all.
const CHOOSING: [&str; 6] = ["GROUP", "HAVING", "LIMIT", "UNION", "INTERSECT", "EXCEPT"];

/// Whether a query gives a row whatever the tables hold: what it selects is an aggregate over all
/// rows, or it has neither FROM nor WHERE (`SELECT EXISTS (…)`).
pub fn always_gives_row(query: &str) -> bool {
    let words: Vec<Token> = tokens(query).filter(Token::is_significant).collect();
    let is = |at: usize, word: &str| words.get(at).is_some_and(|it| it.is_keyword(query, word));
    let depths = depths(&words);
    let find =
        |word: &str, from: usize| (from..words.len()).find(|at| depths[*at] == 0 && is(*at, word));
    let Some(select) = find("SELECT", 0) else { return false };
    if !is(0, "SELECT") && !is(0, "WITH") || CHOOSING.iter().any(|it| find(it, select).is_some()) {
        return false;
    }
    let Some(from) = find("FROM", select) else { return find("WHERE", select).is_none() };
    (select + 1..from).any(|at| is_aggregate(query, &words, &depths, at))
}

/// How many parentheses each word is in.
fn depths(words: &[Token]) -> Vec<usize> {
    let mut depth = 0usize;
    let depth_of = |it: &Token| {
        if it.kind == TokenKind::RightParenthesis {
            depth = depth.saturating_sub(1);
        }
        let own = depth;
        if it.kind == TokenKind::LeftParenthesis {
            depth += 1;
        }
        own
    };
    words.iter().map(depth_of).collect()
}

/// Whether an aggregate is called at this word: not one over a window, and not in a query of its own.
fn is_aggregate(query: &str, words: &[Token], depths: &[usize], at: usize) -> bool {
    let is_name = words[at].kind == TokenKind::Identifier
        && AGGREGATES.iter().any(|it| words[at].text(query).eq_ignore_ascii_case(it));
    let is_call = words.get(at + 1).is_some_and(|it| it.kind == TokenKind::LeftParenthesis);
    if !is_name || !is_call {
        return false;
    }
    // Around it, no SELECT stands in a parenthesis that is open here.
    let mut depth = depths[at];
    for before in (0..at).rev() {
        if depths[before] < depth {
            depth = depths[before];
            if words.get(before + 1).is_some_and(|it| it.is_keyword(query, "SELECT")) {
                return false;
            }
        }
    }
    let inside = (at + 2..words.len()).take_while(|it| depths[*it] > depths[at]);
    let end = at + 2 + inside.clone().count();
    let n_commas = inside
        .filter(|it| depths[*it] == depths[at] + 1 && words[*it].kind == TokenKind::Comma)
        .count();
    let is_scalar = n_commas > 0
        && ["min", "max"].iter().any(|it| words[at].text(query).eq_ignore_ascii_case(it));
    // Behind the parenthesis, perhaps with a FILTER between.
    let is_over = words[end..].iter().zip(&depths[end..]).skip(1).take_while(|(it, depth)| {
        **depth > depths[at]
            || matches!(it.kind, TokenKind::LeftParenthesis | TokenKind::RightParenthesis)
            || it.is_keyword(query, "FILTER")
            || it.is_keyword(query, "OVER")
    });
    let is_window =
        { is_over }.any(|(it, depth)| *depth == depths[at] && it.is_keyword(query, "OVER"));
    !is_scalar && !is_window
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(query: &str, expected: bool) {
        assert_eq!(always_gives_row(query), expected, "{query}");
    }

    #[test]
    fn one_row_is_always_there() {
        check("SELECT count(*) FROM users", true);
        check("select COUNT (*) > 0 from users where email is null", true);
        check("SELECT coalesce(sum(a), 0), max(b) FROM t", true);
        check("SELECT min(a, b), max(a) FROM t", true);
        check("SELECT count(*) FILTER (WHERE a) FROM t", true);
        check("WITH x AS (SELECT a FROM t GROUP BY a) SELECT count(*) FROM x", true);
        check("SELECT EXISTS (SELECT 1 FROM t WHERE a)", true);
        check("SELECT (SELECT count(*) FROM t)", true);
        check("SELECT 1", true);
    }

    #[test]
    fn there_may_be_none() {
        check("SELECT id FROM users WHERE email IS NULL", false);
        check("SELECT count(*) FROM users GROUP BY email HAVING count(*) > 1", false);
        check("SELECT count(*) FROM users HAVING count(*) > 1", false);
        check("SELECT count(*) FROM users LIMIT 0", false);
        check("SELECT min(a, b) FROM t", false);
        check("SELECT count(*) OVER () FROM t", false);
        check("SELECT count(*) FILTER (WHERE a) OVER (ORDER BY b) FROM t", false);
        check("SELECT a, (SELECT count(*) FROM u) FROM t", false);
        check("SELECT \"count\" FROM t", false);
        check("SELECT 1 WHERE EXISTS (SELECT 1 FROM t)", false);
        check("SELECT n FROM (SELECT count(*) AS n FROM t) WHERE n > 0", false);
        check("SELECT count(*) FROM t UNION SELECT a FROM t", false);
        check("", false);
    }
}
