//! Whether a directive may be asked before the bodies that came before its own.
//!
//! All directives of a body are evaluated before its first statement. In a body made of several, those
//! of a later one are asked too early: rows that an earlier one would have mended are there still, and
//! what it would have made is not. A `refuse-if` that finds other rows for it would refuse wrongly, or
//! would let through what it is to stop; neither may be.
//!
//! Statements are told by their names, not by their meaning: one that may change what a query reads is
//! taken to do so.

use std::collections::BTreeSet;

use super::RewriteError;
use crate::db::{Quoting, Scratch};
use crate::plan::Direction;
use crate::revision::{Body, Directive, DirectiveKind, Revision};
use crate::schema::{Links, Tie};
use crate::sql::head::{Action, Kind, Verb, head};
use crate::sql::lexer;

/// Names in lower case.
type Names = BTreeSet<String>;

/// What becomes of a directive in a body made of several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// It is asked at the beginning, and the answer is the same.
    Moves,
    /// It becomes a comment: nothing can answer it at the beginning, or the range alone decides what
    /// it finds, which is nothing.
    LeftOut,
}

/// The tables and views that bodies and directives speak of.
pub(super) struct Guards<'a> {
    /// Where the first of the bodies begins.
    start: &'a Scratch,
    direction: Direction,
    /// What is there then.
    old: Names,
    /// What the bodies make and nobody can have made before: they would fail.
    made: Names,
    /// Both of these and all that the bodies make, and what ties them to one another.
    links: Links,
    /// Whether what happens to a parent may happen to its children.
    has_keys_on: bool,
    /// What ran before the body in question.
    earlier: Vec<Statement<'a>>,
}

/// A statement of an earlier body.
struct Statement<'a> {
    revision: &'a Revision,
    span: &'a std::ops::Range<usize>,
    keeps_rows: bool,
    /// What it may change.
    writes: Names,
    /// All that it names.
    names: Names,
}

impl<'a> Guards<'a> {
    /// For bodies that run in this order from `start`.
    pub fn new(
        start: &'a Scratch,
        bodies: &[(&'a Revision, &'a Body)],
        direction: Direction,
    ) -> Result<Self, RewriteError> {
        let mut links = Links::default();
        let objects = start.database().schema_objects(&|_| false)?;
        // What others have is there too, be it that nothing has missed it yet.
        let objects = objects.iter().chain(start.lent());
        let old = objects.filter_map(|it| links.learn(&it.sql)).collect();
        let statements = bodies.iter().flat_map(|(revision, body)| revision.statements(body));
        let made = statements.filter_map(|sql| {
            let made = links.learn(sql);
            made.filter(|_| !head(sql).is_conditional)
        });
        let made = made.collect();
        let has_keys_on = bodies.iter().any(|(revision, _)| revision.mode.foreign_keys);
        Ok(Self { start, direction, old, made, links, has_keys_on, earlier: Vec::new() })
    }

    /// Goes past a body: what follows is asked after it.
    pub fn pass(&mut self, revision: &'a Revision, body: &'a Body) {
        for span in &body.statements {
            let sql = &revision.source.text[span.clone()];
            let written = targets(sql).unwrap_or_else(|| names(sql));
            let written = self.written_with(written);
            let named = self.written_with(names(sql));
            self.earlier.push(Statement {
                revision,
                span,
                keeps_rows: keeps_rows(sql),
                names: self.read_with(named),
                writes: written,
            });
        }
    }

    /// What becomes of a directive of the next body.
    ///
    /// # Errors
    ///
    /// [`RewriteError::Guard`] for a `refuse-if` that is needed where it stands.
    pub fn place(&self, revision: &Revision, directive: &Directive) -> Result<Place, RewriteError> {
        let query = &revision.source.text[directive.query.clone()];
        let compiles = |quoting| self.start.compiles(query, quoting).is_ok();
        if directive.kind == DirectiveKind::WarnIf {
            // Too early it may count other rows, which is better than to say nothing.
            let is_possible = compiles(Quoting::Lenient);
            return Ok(if is_possible { Place::Moves } else { Place::LeftOut });
        }
        if self.earlier.is_empty() {
            return Ok(Place::Moves);
        }
        let all = names(query);
        let asks_schema =
            all.iter().any(|it| it.starts_with("sqlite_") || it.starts_with("pragma_"));
        let reads = self.read_with(all);
        let changes = |it: &&Statement<'_>| !it.keeps_rows && !it.writes.is_disjoint(&reads);
        let changer = self.earlier.iter().find(changes);
        // What was no column yet would have been a string.
        let is_named = self.earlier.iter().any(|it| !it.names.is_disjoint(&reads));
        let quoting = if is_named { Quoting::Strict } else { Quoting::Lenient };
        if changer.is_none() && !asks_schema && compiles(quoting) {
            return Ok(Place::Moves);
        }
        let sources = self.sources(reads);
        let is_own = sources.is_disjoint(&self.old) && sources.is_subset(&self.made);
        if is_own && !asks_schema {
            return Ok(Place::LeftOut);
        }
        let maker = || self.earlier.iter().rev().find(|it| !it.names.is_empty());
        Err(RewriteError::Guard {
            direction: self.direction,
            revision: revision.id.clone(),
            location: Box::new(revision.location(&directive.span)),
            earlier: changer.or_else(maker).map(|it| Box::new(it.revision.location(it.span))),
        })
    }

    /// All tables from which rows came into these.
    fn sources(&self, mut tables: Names) -> Names {
        loop {
            let n_before = tables.len();
            for statement in self.earlier.iter().filter(|it| !it.keeps_rows) {
                if !statement.writes.is_disjoint(&tables) {
                    tables.extend(statement.names.iter().cloned());
                }
            }
            if tables.len() == n_before {
                return tables;
            }
        }
    }

    /// What of these names is known, and all that is read with it.
    fn read_with(&self, names: Names) -> Names {
        self.links.reached(names, |it| it == Tie::Reads).into_keys().collect()
    }

    /// What of these names is known, and all that is written with it.
    fn written_with(&self, names: Names) -> Names {
        let is_followed = |it| it == Tie::Fires || (it == Tie::IsReferenced && self.has_keys_on);
        self.links.reached(names, is_followed).into_keys().collect()
    }
}

/// All names in a text.
fn names(sql: &str) -> Names {
    lexer::names(sql).collect()
}

/// Whether no row of any table is another one after a statement.
fn keeps_rows(sql: &str) -> bool {
    let head = head(sql);
    match head.verb {
        // It may hide a table.
        _ if head.is_temporary => false,
        Verb::Create(_) => !head.makes_rows,
        Verb::Drop(kind) => kind != Kind::Table,
        Verb::Alter => matches!(
            head.action,
            Some(
                Action::AddColumn(_)
                    | Action::AddConstraint
                    | Action::DropConstraint
                    | Action::AlterColumn
            )
        ),
        Verb::Select => true,
        _ => false,
    }
}

/// The tables or views that a statement is about; `None` where its words do not say.
fn targets(sql: &str) -> Option<Names> {
    let head = head(sql);
    let is_about_table = matches!(head.verb, Verb::Create(Kind::Table) | Verb::Drop(Kind::Table));
    if !is_about_table && head.verb != Verb::Alter && !head.verb.writes_rows() {
        return None;
    }
    let new = if let Some(Action::RenameTo(new)) = head.action { Some(new) } else { None };
    Some(std::iter::once(head.name?).chain(new).map(|it| it.to_ascii_lowercase()).collect())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::revision::file;
    use crate::source::Source;

    #[test]
    fn a_statement_says_what_it_changes() {
        let check = |sql: &str, expected: &str| {
            let found = match (keeps_rows(sql), targets(sql)) {
                (true, _) => "nothing".to_owned(),
                (false, None) => "anything".to_owned(),
                (false, Some(names)) => names.into_iter().collect::<Vec<_>>().join(" "),
            };
            assert_eq!(found, expected, "{sql}");
        };
        check("INSERT OR REPLACE INTO main.T SELECT * FROM u", "t");
        check("REPLACE INTO \"a b\" VALUES (1)", "a b");
        check("WITH x AS (SELECT replace(a, 'b', 'c') FROM u) DELETE FROM t WHERE a IN x", "t");
        check("UPDATE OR IGNORE t SET a = 1 FROM u", "t");
        check("CREATE TABLE IF NOT EXISTS t AS SELECT 1", "t");
        check("DROP TABLE IF EXISTS main.t", "t");
        check("ALTER TABLE t RENAME TO u", "t u");
        check("ALTER TABLE t RENAME a TO b", "t");
        check("ALTER TABLE t DROP COLUMN a", "t");
        check("PRAGMA user_version = 1", "anything");
        check("CREATE TABLE IF NOT EXISTS temp.t (a)", "t");
        check("WITH replace AS (SELECT 1) REPLACE INTO t SELECT * FROM replace", "t");
        check("WITH x AS (SELECT 1) SELECT * FROM x", "nothing");
        check("ALTER TABLE main.t DROP CONSTRAINT c", "nothing");
        check("ALTER TABLE t ALTER COLUMN a SET NOT NULL", "nothing");
        check("ALTER TABLE t ADD COLUMN a", "nothing");
        check("DROP INDEX i", "nothing");
        check("CREATE TRIGGER r AFTER INSERT ON t BEGIN DELETE FROM u; END", "nothing");
        check("CREATE TABLE t (a)", "nothing");
        check("SELECT 1", "nothing");
    }

    /// What becomes of a directive behind an earlier body; `t`, `u`, and a view of `t` are there, and a
    /// trigger of `u` that writes `w`. Others have `log`, a view of it, and a trigger that writes `w`.
    #[track_caller]
    fn check(earlier: &str, directive: &str, expected: &str) {
        let others = Scratch::new(Quoting::Lenient, &[]).unwrap();
        for sql in [
            "CREATE TABLE log (a)",
            "CREATE VIEW lines AS SELECT a FROM log",
            "CREATE TRIGGER s AFTER INSERT ON log BEGIN INSERT INTO w VALUES (1); END",
        ] {
            others.execute(sql).unwrap();
        }
        let mut start = Scratch::new(Quoting::Lenient, &[]).unwrap();
        start.lend(&others.database().schema_objects(&|_| false).unwrap());
        for sql in [
            "CREATE TABLE t (a, b)",
            "CREATE TABLE u (a)",
            "CREATE TABLE w (a)",
            "CREATE VIEW v AS SELECT a FROM t",
            "CREATE TRIGGER r AFTER INSERT ON u BEGIN INSERT INTO w VALUES (1); END",
        ] {
            start.execute(sql).unwrap();
        }
        let revision = |id: &str, body: &str| {
            let text = format!(
                "-- /// revision\n-- revision = \"{id}\"\n-- ///\n-- migrate:upgrade\n{body}\n"
            );
            let path = format!("versions/{id}.sql").into();
            file::parse(&Arc::new(Source { path, text })).unwrap()
        };
        let (first, second) =
            (revision("one", earlier), revision("two", &format!("-- migrate:{directive}")));
        let bodies = [(&first, &first.upgrade), (&second, &second.upgrade)];
        let mut guards = Guards::new(&start, &bodies, Direction::Upgrade).unwrap();
        guards.pass(&first, &first.upgrade);
        let found = match guards.place(&second, &second.upgrade.directives[0]) {
            Ok(place) => format!("{place:?}"),
            Err(RewriteError::Guard { earlier: Some(it), .. }) => {
                format!("not after {}", &it.source.text[it.span.clone()])
            }
            Err(err) => err.to_string(),
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn a_refusal_moves_where_nothing_before_it_changes_what_it_finds() {
        let refusal = "refuse-if rows: SELECT a FROM t WHERE b IS NULL";
        check("UPDATE u SET a = (SELECT a FROM t)", refusal, "Moves");
        check("CREATE INDEX i ON t (a); ALTER TABLE t ADD COLUMN c", refusal, "Moves");
        check("CREATE TABLE x (a); INSERT INTO x VALUES (1); DROP TABLE x", refusal, "Moves");
        check(
            "DELETE FROM u",
            "refuse-if rows: SELECT 1 FROM u WHERE 0",
            "not after DELETE FROM u",
        );
        let via_view = "refuse-if rows: SELECT a FROM v";
        check("DELETE FROM u", via_view, "Moves");
        check("DELETE FROM t", via_view, "not after DELETE FROM t");
    }

    #[test]
    fn a_refusal_that_is_needed_where_it_stands_is_no_part_of_a_body() {
        let refusal = "refuse-if rows: SELECT a FROM t WHERE b IS NULL";
        let update = "UPDATE t SET b = '' WHERE b IS NULL";
        check(update, refusal, &format!("not after {update}"));
        check("DROP TABLE t", refusal, "not after DROP TABLE t");
        let rename = "ALTER TABLE u RENAME TO t2";
        check(rename, "refuse-if rows: SELECT a FROM t2", &format!("not after {rename}"));
        let copy = "INSERT INTO u SELECT a FROM t";
        check(copy, "refuse-if rows: SELECT a FROM w", &format!("not after {copy}"));
        // A column that is none yet is a string to SQLite.
        let add = "ALTER TABLE t ADD COLUMN c";
        check(
            add,
            "refuse-if rows: SELECT a FROM t WHERE \"c\" = 'c'",
            &format!("not after {add}"),
        );
        check(
            "CREATE TABLE x (a)",
            "refuse-if rows: SELECT a FROM x WHERE a IN (SELECT a FROM t)",
            "not after CREATE TABLE x (a)",
        );
        check(
            "CREATE TABLE x (a); INSERT INTO x SELECT a FROM v",
            "refuse-if rows: SELECT a FROM x",
            "not after INSERT INTO x SELECT a FROM v",
        );
        check(
            "CREATE TABLE IF NOT EXISTS x (a)",
            "refuse-if rows: SELECT a FROM x",
            "not after CREATE TABLE IF NOT EXISTS x (a)",
        );
        check(
            "CREATE INDEX i ON t (a)",
            "refuse-if rows: SELECT name FROM sqlite_schema WHERE name = 'x'",
            "not after CREATE INDEX i ON t (a)",
        );
    }

    #[test]
    fn tables_of_others_are_there_before_anything_misses_them() {
        let refusal = "refuse-if rows: SELECT a FROM log";
        check("DELETE FROM log", refusal, "not after DELETE FROM log");
        check("DELETE FROM u", refusal, "Moves");
        check(
            "DELETE FROM log",
            "refuse-if rows: SELECT a FROM lines",
            "not after DELETE FROM log",
        );
        check("DELETE FROM log", "refuse-if rows: SELECT a FROM w", "not after DELETE FROM log");
        let copy = "CREATE TABLE x AS SELECT a FROM log";
        check(copy, "refuse-if rows: SELECT a FROM x", &format!("not after {copy}"));
    }

    #[test]
    fn a_refusal_that_only_the_range_decides_becomes_a_comment() {
        check("CREATE TABLE x (a)", "refuse-if rows: SELECT a FROM x", "LeftOut");
        check(
            "CREATE TABLE x (a); CREATE TABLE y AS SELECT * FROM x",
            "refuse-if rows: SELECT a FROM y",
            "LeftOut",
        );
    }

    #[test]
    fn a_warning_moves_where_it_can_be_asked() {
        check("DELETE FROM t", "warn-if rows: SELECT a FROM t", "Moves");
        check("CREATE TABLE x (a)", "warn-if rows: SELECT a FROM x", "LeftOut");
    }
}
