//! Which SQLite a statement needs: what `ALTER TABLE` learned, what keeps a rebuild from changing
//! triggers, and the [`features`] of the grammar. Functions are left out, as there.

use super::features::features;
use super::head::{Action, Verb, head};

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
    let head = head(sql);
    let of = |since, what: &str| Some(Need { since, what: what.to_owned() });
    if let Some(action) = head.action {
        return match action {
            Action::AlterColumn => of(53, "ALTER TABLE … ALTER COLUMN"),
            Action::DropConstraint => of(53, "ALTER TABLE … DROP CONSTRAINT"),
            Action::DropColumn(_) => of(35, "ALTER TABLE … DROP COLUMN"),
            Action::AddConstraint => of(53, "ALTER TABLE … ADD CHECK"),
            Action::RenameColumn(..) => of(25, "ALTER TABLE … RENAME COLUMN"),
            Action::AddColumn(_) => newest(&format!("CREATE TABLE t (c{})", &sql[head.end..])),
            Action::RenameTo(_) => None,
        };
    }
    match head.verb {
        Verb::Pragma => {
            let is_it = head.name?.eq_ignore_ascii_case("legacy_alter_table");
            of(26, "PRAGMA legacy_alter_table").filter(|_| is_it)
        }
        Verb::Create(_) => newest(sql),
        // What queries may hold, they may hold there too.
        _ => newest(&format!("CREATE VIEW v AS {sql}")),
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
