//! What a statement can do to rows, and what it makes, by its first words.

use std::borrow::Cow;

use super::head::{Action, Kind, Verb, head, verb};
use super::lexer::{Token, has_keyword, tokens};

/// Whether a statement takes away what no other one brings back: a table or a column. Temporary tables
/// do not count, and neither does a constraint.
pub fn drops_data(sql: &str) -> bool {
    if !matches!(verb(sql), Verb::Drop(Kind::Table) | Verb::Alter) {
        return false;
    }
    let head = head(sql);
    let is_column = matches!(head.action, Some(Action::DropColumn(_)));
    !head.is_temporary && (head.verb == Verb::Drop(Kind::Table) || is_column)
}

/// The table that a statement drops, without schema and quotes; temporary ones do not count.
pub fn dropped_table(sql: &str) -> Option<Cow<'_, str>> {
    if verb(sql) != Verb::Drop(Kind::Table) {
        return None;
    }
    let head = head(sql);
    head.name.filter(|_| !head.is_temporary)
}

/// What of a statement opens or makes another database file, if anything: `ATTACH` or `VACUUM INTO`.
/// One in memory, or a temporary one, is none.
pub fn opens_file(sql: &str) -> Option<&'static str> {
    let head = head(sql);
    let behind = &sql[head.end..];
    let words = tokens(behind).filter(Token::is_significant);
    match head.verb {
        // The name of a schema may stand before it, and may be any word.
        Verb::Vacuum => {
            words.take(2).any(|it| it.is_keyword(behind, "INTO")).then_some("VACUUM INTO")
        }
        Verb::Attach => {
            let mut words = words.skip_while(|it| it.is_keyword(behind, "DATABASE"));
            let file = words.next()?;
            let is_all = words.next().is_some_and(|it| it.is_keyword(behind, "AS"));
            let is_none = is_all && matches!(file.text(behind), "''" | "':memory:'");
            (!is_none).then_some("ATTACH")
        }
        _ => None,
    }
}

/// Whether a statement writes rows: it may delete some or change what they hold, be it through a
/// trigger.
pub fn writes_rows(sql: &str) -> bool {
    verb(sql).writes_rows()
}

/// Whether a statement may make a row reference nothing, or a foreign key one that cannot be checked.
///
/// `false` only for statements that touch no row, no key and no name of a table by their very form:
/// checking the foreign keys of a database reads all rows of the tables that have some, which
/// would make a change that takes a millisecond take seconds.
pub fn may_break_references(sql: &str) -> bool {
    match verb(sql) {
        Verb::Create(kind) => kind == Kind::Table,
        Verb::Drop(kind) => matches!(kind, Kind::Table | Kind::Index),
        Verb::Alter => match head(sql).action {
            Some(Action::AddColumn(_) | Action::AddConstraint) => has_keyword(sql, "REFERENCES"),
            Some(Action::AlterColumn) => false,
            _ => true,
        },
        _ => true,
    }
}

/// The table or view that a statement makes, under the name that it gives it; temporary ones do not
/// count.
pub fn made(sql: &str) -> Option<Cow<'_, str>> {
    let head = head(sql);
    match (head.verb, head.action) {
        _ if head.is_temporary => None,
        (Verb::Create(Kind::Table | Kind::View), _) => head.name,
        (_, Some(Action::RenameTo(name))) => Some(name),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{dropped_table, drops_data, made, may_break_references, opens_file, writes_rows};

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
        check_made("ALTER TABLE temp.t RENAME TO u", None);
        check_made("DROP TABLE t", None);
        check_made("INSERT INTO t SELECT * FROM u", None);
        check_made("", None);
    }

    #[track_caller]
    fn check_loss(sql: &str, drops: bool, writes: bool) {
        assert_eq!((drops_data(sql), writes_rows(sql)), (drops, writes), "{sql}");
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
        check_loss("ALTER TABLE temp.t DROP COLUMN a", false, false);
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
    fn the_dropped_table_is_named() {
        let check = |sql: &str, expected: Option<&str>| {
            assert_eq!(dropped_table(sql).as_deref(), expected, "{sql}");
        };
        check("DROP TABLE t", Some("t"));
        check("drop table if exists main . \"a b\" -- x", Some("a b"));
        check("DROP TABLE temp", Some("temp"));
        // There may be a table of this name with children.
        check("DROP TABLE temp.t", None);
        check("DROP VIEW t", None);
        check("DROP \"TABLE\" t", None);
        check("EXPLAIN DROP TABLE t", None);
        check("DROP TABLE", None);
    }

    #[test]
    fn rows_are_written() {
        check_loss("DELETE FROM t", false, true);
        check_loss("update t set a = 1", false, true);
        check_loss("REPLACE INTO t VALUES (1)", false, true);
        // A trigger may do anything then.
        check_loss("INSERT INTO t VALUES (1)", false, true);
        check_loss("INSERT INTO t VALUES (1) ON CONFLICT DO UPDATE SET a = 1", false, true);
        check_loss("WITH a AS (SELECT 1) DELETE FROM t", false, true);
        check_loss("WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a", false, true);
    }

    #[test]
    fn rows_are_only_read() {
        check_loss("SELECT 'DELETE FROM t'", false, false);
        check_loss("WITH a AS (SELECT 1) SELECT * FROM a", false, false);
        check_loss("WITH a AS (SELECT replace('a', 'b', 'c')) SELECT * FROM a", false, false);
        check_loss("WITH \"insert\" AS (SELECT 1) SELECT * FROM [insert]", false, false);
        check_loss("CREATE TRIGGER r AFTER INSERT ON t BEGIN DELETE FROM p; END", false, false);
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
        check("; CREATE INDEX i ON t(a)", false);
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
