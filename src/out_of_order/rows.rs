//! Which tables and views the rows of a body go through.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::OutOfOrderError;
use super::positions::goes_by_position;
use crate::autogenerate::AutogenerateError;
use crate::db::Scratch;
use crate::graph::{RevisionGraph, RevisionIndex};
use crate::revision::Revision;
use crate::schema::{Links, ObjectKind, SchemaObject};
use crate::sql::head::{Action, Kind, Verb, head};
use crate::sql::lexer::{TokenKind, has_keyword, names, tokens};

/// The tables and views of a schema, and which of them rows pass between; of several moments.
#[derive(Default)]
pub(super) struct Objects {
    links: Links,
    /// What an index or a trigger of this name, in lower case, is on.
    owners: BTreeMap<String, BTreeSet<String>>,
    /// The tables whose numbers SQLite keeps in `sqlite_sequence`.
    numbered: BTreeSet<String>,
    /// By table or view in lower case: the texts of views and triggers.
    programs: BTreeMap<String, BTreeSet<String>>,
}

/// A statement of an inserted body that works on no rows, and what it changes.
struct Change {
    kind: ChangeKind,
    /// In lower case.
    names: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ChangeKind {
    /// A column without a constraint that a row could be against.
    PlainColumn,
    /// An index that keeps nothing out.
    PlainIndex,
    /// A table or view that was not there.
    New,
    Other,
}

impl Objects {
    /// Adds those that a database has now, and those that others have.
    pub fn add(&mut self, scratch: &Scratch) -> Result<(), OutOfOrderError> {
        let objects = scratch.database().schema_objects(&|_| false);
        let objects: Vec<SchemaObject> = objects.map_err(AutogenerateError::from)?;
        for object in objects.iter().chain(scratch.lent()) {
            self.links.learn(&object.sql);
            let name = object.name.to_ascii_lowercase();
            let owner = object.table.to_ascii_lowercase();
            if matches!(object.kind, ObjectKind::View | ObjectKind::Trigger) {
                self.programs.entry(owner.clone()).or_default().insert(object.sql.clone());
            }
            if !object.is_itself() {
                self.owners.entry(name).or_default().insert(owner);
            } else if has_keyword(&object.sql, "AUTOINCREMENT") {
                self.numbered.insert(name);
            }
        }
        Ok(())
    }

    /// Refuses an inserted revision that works on rows of what `after` names, or changes what `after`
    /// works on rows through.
    pub fn allow(
        &self,
        graph: &RevisionGraph,
        inserted: RevisionIndex,
        after: &[RevisionIndex],
    ) -> Result<(), OutOfOrderError> {
        let revision = &graph[inserted];
        let id = |index: RevisionIndex| graph.id(index).clone();
        if statements(revision).any(works_on_rows) {
            let touched = self.reached(statements(revision).flat_map(names));
            for index in after {
                let found = self.seeds(statements(&graph[*index]).flat_map(names));
                let found = found.into_iter().filter_map(|it| Some((touched.get(&it)?, it)));
                // What the body names itself before any other.
                if let Some((of, table)) = found.min_by_key(|(of, table)| *of != table) {
                    let (revision, by) = (id(inserted), id(*index));
                    return Err(OutOfOrderError::Rows { revision, of: of.clone(), table, by });
                }
            }
        }
        let changes: Vec<Change> = statements(revision).map(Change::of).collect();
        for index in after {
            let is_about_rows = |it: &&str| works_on_rows(it) && !makes_trigger(it);
            for sql in statements(&graph[*index]).filter(is_about_rows) {
                let through = self.reached(names(sql));
                if let Some(table) = changes.iter().find_map(|it| self.meets(it, sql, &through)) {
                    let (revision, by) = (id(inserted), id(*index));
                    return Err(OutOfOrderError::Touches { revision, table, by });
                }
            }
        }
        Ok(())
    }

    /// What of `through`, which the rows of the statement `sql` pass, a change may make a difference
    /// to.
    fn meets(
        &self,
        change: &Change,
        sql: &str,
        through: &BTreeMap<String, String>,
    ) -> Option<String> {
        let seeds = self.seeds(change.names.iter().cloned());
        let table = seeds.into_iter().find(|it| through.contains_key(it))?;
        let texts = || {
            let programs = through.keys().filter_map(|it| self.programs.get(it)).flatten();
            programs.map(String::as_str).chain([sql])
        };
        let is_harmless = match change.kind {
            // Nobody names it, and nobody counts the columns.
            ChangeKind::PlainColumn => !texts().any(|it| {
                goes_by_position(it, &table)
                    || has_keyword(it, "NATURAL")
                    || names(it).any(|it| change.names[1..].contains(&it))
            }),
            // It changes in which order rows are found, so nothing may depend on that.
            ChangeKind::PlainIndex => texts().count() == 1 && !depends_on_order(sql),
            // It is empty, whatever it references.
            ChangeKind::New => !texts().any(|it| names(it).any(|it| it == table)),
            ChangeKind::Other => false,
        };
        (!is_harmless).then_some(table)
    }

    /// What of these names are tables and views, or what is on one.
    fn seeds(&self, names: impl Iterator<Item = String>) -> BTreeSet<String> {
        let mut seeds = BTreeSet::new();
        for name in names {
            seeds.extend(self.owners.get(&name).into_iter().flatten().cloned());
            if name == "sqlite_sequence" {
                seeds.extend(self.numbered.iter().cloned());
            }
            if self.links.knows(&name) {
                seeds.insert(name);
            }
        }
        seeds
    }

    /// The same, and everything that rows pass to from there; each with the one of `names` that leads
    /// to it, which is itself for those that are named.
    fn reached(&self, names: impl Iterator<Item = String>) -> BTreeMap<String, String> {
        self.links.reached(self.seeds(names), |_| true)
    }
}

impl Change {
    /// What a statement changes: of a table that it makes, that table, and not those that it
    /// references; of a new column its table and its name; of everything else all that it names.
    fn of(sql: &str) -> Self {
        let head = head(sql);
        let named = |it: [Option<Cow<'_, str>>; 2]| {
            it.into_iter().flatten().map(|it| it.to_ascii_lowercase()).collect()
        };
        let has = |word: &str| has_keyword(sql, word);
        let (kind, names) = match (head.verb, head.action) {
            (_, Some(Action::AddColumn(column))) => {
                // A default that references a row, or a check, is met by the rows that come later.
                let is_plain = !(has("CHECK") || (has("REFERENCES") && has("DEFAULT")));
                let kind = if is_plain { ChangeKind::PlainColumn } else { ChangeKind::Other };
                (kind, named([head.name, Some(column)]))
            }
            (Verb::Create(Kind::Table | Kind::View), _)
                if !head.is_temporary && !head.is_virtual =>
            {
                (ChangeKind::New, named([head.name, None]))
            }
            (Verb::Create(Kind::Index), _) if !head.is_unique && !has("WHERE") => {
                let opening = tokens(sql).filter(|it| it.kind == TokenKind::LeftParenthesis);
                let is_plain = opening.count() == 1;
                let kind = if is_plain { ChangeKind::PlainIndex } else { ChangeKind::Other };
                (kind, names(sql).collect())
            }
            _ => (ChangeKind::Other, names(sql).collect()),
        };
        Self { kind, names }
    }
}

/// The statements of an upgrade.
fn statements(revision: &Revision) -> impl Iterator<Item = &str> {
    revision.statements(&revision.upgrade)
}

/// Whether a statement makes a trigger, whose program does not run yet.
fn makes_trigger(sql: &str) -> bool {
    head(sql).verb == Verb::Create(Kind::Trigger)
}

/// Whether the order in which a statement finds rows may make a difference.
fn depends_on_order(sql: &str) -> bool {
    let is_update = has_keyword(sql, "UPDATE");
    has_keyword(sql, "SELECT")
        || has_keyword(sql, "LIMIT")
        || (is_update && has_keyword(sql, "FROM"))
}

/// Whether a statement changes rows, makes a table of rows, or makes a trigger, which would have
/// worked on the rows of others.
fn works_on_rows(sql: &str) -> bool {
    let head = head(sql);
    head.verb.writes_rows() || head.makes_rows || head.verb == Verb::Create(Kind::Trigger)
}

#[cfg(test)]
mod tests {
    use super::works_on_rows;

    #[track_caller]
    fn check(sql: &str, expected: bool) {
        assert_eq!(works_on_rows(sql), expected, "{sql}");
    }

    #[test]
    fn what_works_on_rows_is_told_from_what_only_sounds_like_it() {
        check("INSERT INTO t VALUES (1)", true);
        check("WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x", true);
        check("REPLACE INTO t VALUES (1)", true);
        check("update t set a = replace(a, 'x', 'y')", true);
        check("DELETE FROM t", true);
        check("CREATE TABLE u AS SELECT * FROM t", true);
        check("CREATE TABLE u AS VALUES (1)", true);
        check("CREATE TRIGGER r AFTER INSERT ON t BEGIN DELETE FROM u; END", true);

        check("CREATE TABLE t (a REFERENCES u ON DELETE CASCADE ON UPDATE SET NULL)", false);
        check("CREATE TABLE t (a AS (replace(b, 'x', 'y')), b)", false);
        check("CREATE TABLE t (a UNIQUE ON CONFLICT IGNORE, \"update\" TEXT)", false);
        check("CREATE VIEW v AS SELECT * FROM t", false);
        check("CREATE TEMP VIEW v AS SELECT * FROM t", false);
        check("ALTER TABLE t ADD COLUMN c DEFAULT 'delete'", false);
        check("CREATE INDEX i ON t (a)", false);
        check("DROP TABLE t", false);
        check("EXPLAIN DELETE FROM t", false);
        check("CREATE VIRTUAL TABLE t USING fts5(\"update\", replace)", false);
    }
}
