//! What a statement can do to rows, by its first tokens.

use super::lexer::{Token, tokens};

/// Whether a statement may make a row reference nothing, or a foreign key one that cannot be checked.
///
/// `false` only for statements that touch no row, no key and no name of a table by their very form:
/// checking the foreign keys of a database reads all rows of the tables that have some, which
/// would make a change that takes a millisecond take seconds.
pub fn may_break_references(sql: &str) -> bool {
    let words: Vec<Token> = tokens(sql).filter(Token::is_significant).collect();
    let is = |n: usize, keyword: &str| words.get(n).is_some_and(|it| it.is_keyword(sql, keyword));
    let is_one_of = |n: usize, keywords: &[&str]| keywords.iter().any(|it| is(n, it));
    if is(0, "CREATE") {
        let skipped = usize::from(is_one_of(1, &["TEMP", "TEMPORARY", "UNIQUE"]));
        return !is_one_of(1 + skipped, &["INDEX", "VIEW", "TRIGGER"]);
    }
    if is(0, "DROP") {
        return !is_one_of(1, &["VIEW", "TRIGGER"]);
    }
    if !(is(0, "ALTER") && is(1, "TABLE")) {
        return true;
    }
    // The name may be `schema.table`.
    let is_qualified = words.get(3).is_some_and(|it| it.text(sql) == ".");
    let action = if is_qualified { 5 } else { 3 };
    let is_addition = is(action, "ADD") && !words.iter().any(|it| it.is_keyword(sql, "REFERENCES"));
    let is_constraint = is(action, "ALTER");
    !(is_addition || is_constraint)
}

#[cfg(test)]
mod tests {
    use super::may_break_references;

    #[track_caller]
    fn check(sql: &str, expected: bool) {
        assert_eq!(may_break_references(sql), expected, "{sql}");
    }

    #[test]
    fn what_leaves_rows_and_keys_alone() {
        check("ALTER TABLE t ADD COLUMN a INT DEFAULT 1", false);
        check("alter table main.\"t\" add a", false);
        check("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)", false);
        check("ALTER TABLE t ALTER COLUMN a SET NOT NULL", false);
        check("CREATE UNIQUE INDEX i ON t(a)", false);
        check("/* x */ CREATE INDEX IF NOT EXISTS i ON t(a)", false);
        check("CREATE TEMP VIEW v AS SELECT 1", false);
        check("CREATE TRIGGER r AFTER INSERT ON t BEGIN DELETE FROM p; END", false);
        check("DROP VIEW v", false);
        check("DROP TRIGGER r", false);
    }

    #[test]
    fn what_may_not() {
        check("ALTER TABLE t ADD COLUMN a INT DEFAULT 1 REFERENCES p(id)", true);
        check("ALTER TABLE t DROP COLUMN a", true);
        check("ALTER TABLE t RENAME TO u", true);
        check("ALTER TABLE t RENAME COLUMN a TO b", true);
        check("ALTER TABLE t DROP CONSTRAINT c", true);
        check("CREATE TABLE t(a)", true);
        check("CREATE VIRTUAL TABLE t USING fts5(a)", true);
        // A parent key may need it.
        check("DROP INDEX i", true);
        check("DROP TABLE t", true);
        check("INSERT INTO t VALUES (1)", true);
        check("WITH a AS (SELECT 1) DELETE FROM t", true);
        check("PRAGMA legacy_alter_table = ON", true);
        check("ALTER TABLE", true);
        check("", true);
    }
}
