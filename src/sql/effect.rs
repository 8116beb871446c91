//! What a statement can do to rows, and what it makes, by its first tokens.

use std::borrow::Cow;

use super::lexer::{Token, TokenKind, tokens};

/// Whether a statement takes away what no other one brings back: a table or a column. Temporary tables
/// do not count, and neither does a constraint.
pub fn drops_data(sql: &str) -> bool {
    let mut words = tokens(sql)
        .filter(Token::is_significant)
        .skip_while(|it| it.kind == TokenKind::Semicolon)
        .peekable();
    let drops = words.next_if(|it| it.is_keyword(sql, "DROP")).is_some();
    if !drops && words.next_if(|it| it.is_keyword(sql, "ALTER")).is_none() {
        return false;
    }
    if words.next_if(|it| it.is_keyword(sql, "TABLE")).is_none() {
        return false;
    }
    if drops {
        for keyword in ["IF", "EXISTS"] {
            words.next_if(|it| it.is_keyword(sql, keyword));
        }
    }
    let Some(first) = words.next() else { return false };
    let is_qualified = words.next_if(|it| it.kind == TokenKind::Dot).is_some();
    if drops {
        let schema = if is_qualified { first.name(sql) } else { None };
        return !schema.is_some_and(|it| it.eq_ignore_ascii_case("temp"));
    }
    if is_qualified {
        words.next();
    }
    words.next_if(|it| it.is_keyword(sql, "DROP")).is_some()
        && words.next().is_some_and(|it| !it.is_keyword(sql, "CONSTRAINT"))
}

/// What of a statement opens or makes another database file, if anything: `ATTACH` or `VACUUM INTO`.
/// One in memory, or a temporary one, is none.
pub fn opens_file(sql: &str) -> Option<&'static str> {
    let mut words =
        tokens(sql).filter(Token::is_significant).skip_while(|it| it.kind == TokenKind::Semicolon);
    let first = words.next()?;
    if first.is_keyword(sql, "VACUUM") {
        // The name of a schema may stand before it, and may be any word.
        return words.take(2).any(|it| it.is_keyword(sql, "INTO")).then_some("VACUUM INTO");
    }
    if !first.is_keyword(sql, "ATTACH") {
        return None;
    }
    let mut words = words.skip_while(|it| it.is_keyword(sql, "DATABASE"));
    let file = words.next()?;
    let is_all = words.next().is_some_and(|it| it.is_keyword(sql, "AS"));
    let is_none = is_all && matches!(file.text(sql), "''" | "':memory:'");
    (!is_none).then_some("ATTACH")
}

/// Whether a statement may delete rows or change what they hold.
pub fn rewrites_rows(sql: &str) -> bool {
    let mut words =
        tokens(sql).filter(Token::is_significant).skip_while(|it| it.kind == TokenKind::Semicolon);
    let Some(first) = words.next() else { return false };
    let is_one_of =
        |it: &Token, keywords: &[&str]| keywords.iter().any(|word| it.is_keyword(sql, word));
    if is_one_of(&first, &["DELETE", "UPDATE", "REPLACE"]) {
        return true;
    }
    // `WITH … DELETE`, `INSERT OR REPLACE`, `ON CONFLICT … DO UPDATE`.
    is_one_of(&first, &["WITH", "INSERT"])
        && words.any(|it| is_one_of(&it, &["DELETE", "UPDATE", "REPLACE"]))
}

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

/// The table or view that a statement makes, under the name that it gives it; temporary ones do not
/// count.
pub fn made(sql: &str) -> Option<Cow<'_, str>> {
    let mut words = tokens(sql)
        .filter(Token::is_significant)
        .skip_while(|it| it.kind == TokenKind::Semicolon)
        .peekable();
    let first = words.next()?;
    if first.is_keyword(sql, "CREATE") {
        words.next_if(|it| it.is_keyword(sql, "VIRTUAL"));
        words.next_if(|it| ["TABLE", "VIEW"].iter().any(|word| it.is_keyword(sql, word)))?;
        for keyword in ["IF", "NOT", "EXISTS"] {
            words.next_if(|it| it.is_keyword(sql, keyword));
        }
    } else if first.is_keyword(sql, "ALTER") {
        words.next_if(|it| it.is_keyword(sql, "TABLE"))?;
        words.next()?;
        if words.next_if(|it| it.kind == TokenKind::Dot).is_some() {
            words.next();
        }
        words.next_if(|it| it.is_keyword(sql, "RENAME"))?;
        words.next_if(|it| it.is_keyword(sql, "TO"))?;
    } else {
        return None;
    }
    let name = words.next()?.name(sql)?;
    if words.next_if(|it| it.kind == TokenKind::Dot).is_none() {
        return Some(name);
    }
    if name.eq_ignore_ascii_case("temp") { None } else { words.next()?.name(sql) }
}

#[cfg(test)]
mod tests {
    use super::{drops_data, made, may_break_references, opens_file, rewrites_rows};

    #[track_caller]
    fn check_made(sql: &str, expected: Option<&str>) {
        assert_eq!(made(sql).as_deref(), expected, "{sql}");
    }

    #[test]
    fn a_table_or_a_view_is_made() {
        check_made("CREATE TABLE t(a)", Some("t"));
        check_made("; /* x */ create table IF NOT EXISTS main.\"T t\"(a)", Some("T t"));
        check_made("CREATE VIRTUAL TABLE [t] USING fts5(a)", Some("t"));
        check_made("CREATE VIEW v AS SELECT 1", Some("v"));
        check_made("CREATE TABLE copy AS SELECT * FROM t", Some("copy"));
        check_made("ALTER TABLE main.t RENAME TO u", Some("u"));
    }

    #[test]
    fn nothing_is_made_that_others_could_have() {
        check_made("CREATE TEMP TABLE t(a)", None);
        check_made("CREATE TABLE temp.t(a)", None);
        check_made("CREATE UNIQUE INDEX i ON t(a)", None);
        check_made("CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; END", None);
        check_made("ALTER TABLE t RENAME a TO b", None);
        check_made("ALTER TABLE t ADD b", None);
        check_made("DROP TABLE t", None);
        check_made("INSERT INTO t SELECT * FROM u", None);
        check_made("", None);
    }

    #[track_caller]
    fn check_loss(sql: &str, drops: bool, rewrites: bool) {
        assert_eq!((drops_data(sql), rewrites_rows(sql)), (drops, rewrites), "{sql}");
    }

    #[test]
    fn a_table_or_a_column_is_dropped() {
        check_loss("DROP TABLE t", true, false);
        check_loss("/* x */ drop table IF EXISTS main.\"t\"", true, false);
        check_loss("DROP TABLE \"temp\"", true, false);
        check_loss("ALTER TABLE t DROP COLUMN a", true, false);
        check_loss("alter table main.t drop a", true, false);
        check_loss("ALTER TABLE [drop] DROP \"column\"", true, false);
    }

    #[test]
    fn nothing_is_dropped_that_holds_anything() {
        check_loss("DROP TABLE temp.t", false, false);
        check_loss("DROP VIEW t", false, false);
        check_loss("DROP INDEX t", false, false);
        check_loss("DROP TRIGGER t", false, false);
        check_loss("ALTER TABLE t DROP CONSTRAINT c", false, false);
        check_loss("ALTER TABLE t ADD COLUMN \"drop\"", false, false);
        check_loss("ALTER TABLE \"drop\" RENAME TO t", false, false);
        check_loss("ALTER TABLE t RENAME a TO \"drop\"", false, false);
        check_loss("CREATE TRIGGER r AFTER INSERT ON t BEGIN DELETE FROM p; END", false, false);
        check_loss("SELECT 'DROP TABLE t'", false, false);
        check_loss("", false, false);
    }

    #[test]
    fn rows_are_deleted_or_changed() {
        check_loss("DELETE FROM t", false, true);
        check_loss("update t set a = 1", false, true);
        check_loss("REPLACE INTO t VALUES (1)", false, true);
        check_loss("INSERT OR REPLACE INTO t VALUES (1)", false, true);
        check_loss("INSERT INTO t VALUES (1) ON CONFLICT DO UPDATE SET a = 1", false, true);
        check_loss("WITH a AS (SELECT 1) DELETE FROM t", false, true);
        check_loss("INSERT INTO t VALUES ('DELETE')", false, false);
        check_loss("INSERT INTO t SELECT \"update\" FROM u", false, false);
        check_loss("WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a", false, false);
    }

    #[test]
    fn another_file_is_opened() {
        let check =
            |sql: &str, expected: Option<&str>| assert_eq!(opens_file(sql), expected, "{sql}");
        for sql in [
            "ATTACH 'b.db' AS b",
            "/* x */ attach database 'b.db' as b",
            "ATTACH \"b.db\" AS b",
            "ATTACH 'b' || '.db' AS b",
            "ATTACH ':memory:' || 'b.db' AS b",
            "ATTACH database AS b",
        ] {
            check(sql, Some("ATTACH"));
        }
        check("VACUUM INTO 'x'", Some("VACUUM INTO"));
        check("vacuum main into 'x'", Some("VACUUM INTO"));
        check("ATTACH ':memory:' AS m", None);
        check("ATTACH DATABASE '' AS m", None);
        check("VACUUM", None);
        check("VACUUM main", None);
        check("DETACH b", None);
        check("INSERT INTO attach SELECT 1", None);
        check("", None);
    }

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
