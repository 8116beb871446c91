//! Which SQLite a statement needs: what `ALTER TABLE` learned, what keeps a rebuild from changing
//! triggers, and the [`features`] of the grammar. Functions are left out, as there.

use super::features::features;
use super::lexer::{Token, tokens};

/// A version of SQLite, and what it is needed for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// The `35` of 3.35.
    pub since: u32,
    /// What came with it, as a name: `ALTER TABLE … DROP COLUMN`.
    pub what: String,
}

/// What a statement needs of the newest version; `None` where every SQLite of the last years does.
pub fn need(sql: &str) -> Option<Need> {
    let all: Vec<Token> = tokens(sql).filter(Token::is_significant).collect();
    let is = |at: usize, word: &str| all.get(at).is_some_and(|it| it.is_keyword(sql, word));
    let of = |since, what: &str| Some(Need { since, what: what.to_owned() });
    if is(0, "PRAGMA") && is(1, "legacy_alter_table") {
        return of(26, "PRAGMA legacy_alter_table");
    }
    if is(0, "ALTER") && is(1, "TABLE") {
        let at = if all.get(3).is_some_and(|it| it.text(sql) == ".") { 5 } else { 3 };
        return match () {
            () if is(at, "ALTER") => of(53, "ALTER TABLE … ALTER COLUMN"),
            () if is(at, "DROP") && is(at + 1, "CONSTRAINT") => {
                of(53, "ALTER TABLE … DROP CONSTRAINT")
            }
            () if is(at, "DROP") => of(35, "ALTER TABLE … DROP COLUMN"),
            () if is(at, "ADD") && (is(at + 1, "CONSTRAINT") || is(at + 1, "CHECK")) => {
                of(53, "ALTER TABLE … ADD CHECK")
            }
            () if is(at, "RENAME") && !is(at + 1, "TO") => of(25, "ALTER TABLE … RENAME COLUMN"),
            () if is(at, "ADD") => {
                let column = at + 1 + usize::from(is(at + 1, "COLUMN"));
                let definition = all.get(column).map(|it| &sql[it.span.start..]);
                newest(&format!("CREATE TABLE t ({})", definition.unwrap_or_default()))
            }
            () => None,
        };
    }
    if is(0, "CREATE") {
        newest(sql)
    } else {
        // What queries may hold, they may hold there too.
        newest(&format!("CREATE VIEW v AS {sql}"))
    }
}

/// The newest feature of a `CREATE` statement.
fn newest(sql: &str) -> Option<Need> {
    let found = features(sql).into_iter().map(|(feature, _)| feature);
    let newest = found.max_by_key(|it| it.since())?;
    Some(Need { since: newest.since(), what: newest.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The version, and what for; empty where none is needed.
    #[track_caller]
    fn check(sql: &str, expected: &str) {
        let found = need(sql).map_or_else(String::new, |it| format!("3.{} {}", it.since, it.what));
        assert_eq!(found, expected, "{sql}");
    }

    #[test]
    fn alterations_need_the_version_that_learned_them() {
        check("ALTER TABLE t DROP COLUMN a", "3.35 ALTER TABLE … DROP COLUMN");
        check("alter table main.t drop a", "3.35 ALTER TABLE … DROP COLUMN");
        check("ALTER TABLE t ALTER COLUMN a SET NOT NULL", "3.53 ALTER TABLE … ALTER COLUMN");
        check("ALTER TABLE \"t\" DROP CONSTRAINT k", "3.53 ALTER TABLE … DROP CONSTRAINT");
        check("ALTER TABLE t ADD CONSTRAINT k CHECK (a)", "3.53 ALTER TABLE … ADD CHECK");
        check("ALTER TABLE t ADD CHECK (a)", "3.53 ALTER TABLE … ADD CHECK");
        check("ALTER TABLE t RENAME COLUMN a TO b", "3.25 ALTER TABLE … RENAME COLUMN");
        check("ALTER TABLE t RENAME a TO b", "3.25 ALTER TABLE … RENAME COLUMN");
        check("ALTER TABLE t RENAME TO u", "");
        check("ALTER TABLE t ADD COLUMN a INTEGER DEFAULT 1", "");
        check("ALTER TABLE t ADD a AS (b ->> '$.c')", "3.38 the operators `->` and `->>`");
        check("ALTER TABLE t ADD COLUMN a DEFAULT 1_000", "3.46 `_` between digits");
    }

    #[test]
    fn other_statements_need_what_their_grammar_has() {
        check("PRAGMA legacy_alter_table = ON", "3.26 PRAGMA legacy_alter_table");
        check("PRAGMA user_version = 1", "");
        check("CREATE TABLE t(a INT) STRICT", "3.37 `STRICT`");
        check("CREATE TABLE t(a INT, b DEFAULT (1))", "");
        check(
            "CREATE VIRTUAL TABLE t USING fts5(a, tokendata=1)",
            "3.45 FTS5's option `tokendata`",
        );
        check("UPDATE t SET a = b ->> 'c'", "3.38 the operators `->` and `->>`");
        check("INSERT INTO t (a, b) SELECT a, b FROM u", "");
        check(
            "INSERT INTO t SELECT * FROM a RIGHT JOIN b ON a.x IS DISTINCT FROM b.x",
            "3.39 `IS DISTINCT FROM`",
        );
        check("DELETE FROM t", "");
        check("", "");
    }
}
