//! What goes by the positions of columns, and not by their names.

use crate::graph::{RevisionGraph, RevisionIndex};
use crate::schema::{ObjectKind, SchemaObject};
use crate::sql::head::{Action, head};
use crate::sql::lexer::{Token, TokenKind, tokens};

/// What goes by the positions of the columns of a table, in backticks: a view or a trigger, or a
/// revision that is still to run.
pub(super) fn user(
    table: &str,
    objects: &[SchemaObject],
    graph: &RevisionGraph,
    pending: &[RevisionIndex],
) -> Option<String> {
    let programs =
        objects.iter().filter(|it| !matches!(it.kind, ObjectKind::Table | ObjectKind::Index));
    if let Some(found) = { programs }.find(|it| goes_by_position(&it.sql, table)) {
        return Some(format!("the {} `{}`", found.kind, found.name));
    }
    // It may be renamed before, in whichever order they run.
    let bodies = || {
        pending.iter().flat_map(|index| {
            let revision = &graph[*index];
            revision.statements(&revision.upgrade).map(move |it| (*index, it))
        })
    };
    let mut called = vec![table.to_ascii_lowercase()];
    loop {
        let n_before = called.len();
        for (_, sql) in bodies() {
            if let Some((old, new)) = renamed(sql)
                && called.contains(&old)
                && !called.contains(&new)
            {
                called.push(new);
            }
        }
        if called.len() == n_before {
            break;
        }
    }
    let found = bodies().find(|(_, sql)| called.iter().any(|it| goes_by_position(sql, it)));
    found.map(|(index, _)| format!("`{}`", graph.id(index)))
}

/// The old and the new name of a table that a statement renames, in lower case.
fn renamed(sql: &str) -> Option<(String, String)> {
    let head = head(sql);
    let Some(Action::RenameTo(new)) = head.action else { return None };
    Some((head.name?.to_ascii_lowercase(), new.to_ascii_lowercase()))
}

/// Whether a statement depends on the order of the columns of a table: `*`, or an `INSERT` without
/// columns.
pub(super) fn goes_by_position(sql: &str, table: &str) -> bool {
    let words: Vec<Token> = tokens(sql).filter(Token::is_significant).collect();
    let is = |at: usize, word: &str| words.get(at).is_some_and(|it| it.is_keyword(sql, word));
    let is_kind = |at: usize, kind| words.get(at).is_some_and(|it| it.kind == kind);
    let is_star = |at: usize| {
        at > 0
            && words[at].text(sql) == "*"
            && (is_kind(at - 1, TokenKind::Comma)
                || is_kind(at - 1, TokenKind::Dot)
                || ["SELECT", "DISTINCT", "ALL", "RETURNING"].iter().any(|it| is(at - 1, it)))
    };
    let is_table = |at: usize| {
        let name = words.get(at).and_then(|it| it.name(sql));
        name.is_some_and(|it| it.eq_ignore_ascii_case(table))
    };
    // The table of each `INSERT INTO`: whether its columns are counted is said behind its name.
    let targets: Vec<usize> = (1..words.len())
        .filter(|at| is(*at, "INTO") && !is(at - 1, "VACUUM"))
        .map(|at| if is_kind(at + 2, TokenKind::Dot) { at + 3 } else { at + 1 })
        .collect();
    let is_read = |at: usize| is_table(at) && !targets.contains(&at);
    let is_counted = |at: &usize| {
        let after = if is(at + 1, "AS") { at + 3 } else { at + 1 };
        !is_kind(after, TokenKind::LeftParenthesis) && !is(after, "DEFAULT")
    };
    let has_star = (0..words.len()).any(is_star);
    (has_star && (0..words.len()).any(is_read))
        || targets.iter().any(|at| is_table(*at) && is_counted(at))
}

#[cfg(test)]
mod tests {
    use super::goes_by_position;

    #[track_caller]
    fn check(sql: &str, expected: bool) {
        assert_eq!(goes_by_position(sql, "t"), expected, "{sql}");
    }

    #[test]
    fn a_star_and_an_insert_without_columns_go_by_position() {
        check("INSERT INTO n SELECT * FROM T", true);
        check("INSERT INTO n (a, b) SELECT DISTINCT * FROM \"t\"", true);
        check("INSERT INTO n SELECT 1, t.* FROM t", true);
        check("CREATE VIEW v AS SELECT a, * FROM t", true);
        check("INSERT INTO main.t VALUES (1, 2)", true);
        check("REPLACE INTO t AS x SELECT a, b FROM n", true);

        check("INSERT INTO n SELECT * FROM u", false);
        check("INSERT INTO n SELECT a, b FROM t", false);
        check("INSERT INTO t (a, b) SELECT * FROM u", false);
        check("INSERT INTO t DEFAULT VALUES", false);
        check("UPDATE t SET a = 2 * b, b = (SELECT count(*) FROM u)", false);
    }
}
