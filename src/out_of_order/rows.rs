//! Which tables and views the rows of a body go through.

use std::collections::{BTreeMap, BTreeSet};

use crate::db::{DbError, Scratch};
use crate::graph::{RevisionGraph, RevisionIndex};
use crate::revision::Revision;
use crate::schema::{ObjectKind, SchemaObject};
use crate::sql::lexer::{Token, tokens};

/// The tables and views of a schema, and which of them rows pass between.
pub(super) struct Objects {
    /// By name in lower case: what a view reads, what a trigger of it writes, what references it.
    neighbours: BTreeMap<String, BTreeSet<String>>,
}

/// What speaks against running a body late.
pub(super) struct InTheWay {
    /// A table or view that the body names.
    pub of: String,
    /// The same one, or one that rows pass to from there.
    pub table: String,
    /// The revision that names the latter.
    pub by: RevisionIndex,
}

impl Objects {
    /// Those of several databases together.
    pub fn new(databases: &[&Scratch]) -> Result<Self, DbError> {
        let mut objects: Vec<SchemaObject> = Vec::new();
        for scratch in databases {
            objects.extend(scratch.database().schema_objects(&|_| false)?);
        }
        let has_rows = |it: &&SchemaObject| matches!(it.kind, ObjectKind::Table | ObjectKind::View);
        let mut neighbours: BTreeMap<String, BTreeSet<String>> = objects
            .iter()
            .filter(has_rows)
            .map(|it| (it.name.to_ascii_lowercase(), BTreeSet::new()))
            .collect();
        for object in &objects {
            // An index moves no rows.
            if object.kind == ObjectKind::Index {
                continue;
            }
            let own = object.table.to_ascii_lowercase();
            let named: Vec<String> =
                names(&object.sql).filter(|it| *it != own && neighbours.contains_key(it)).collect();
            for other in named {
                neighbours.entry(other.clone()).or_default().insert(own.clone());
                neighbours.entry(own.clone()).or_default().insert(other);
            }
        }
        Ok(Self { neighbours })
    }

    /// The first of `after` that names a table or view that rows of an inserted body go through, one
    /// that the body names itself before any other; `None` where the body does not work on rows.
    pub fn in_the_way(
        &self,
        graph: &RevisionGraph,
        inserted: RevisionIndex,
        after: impl Iterator<Item = RevisionIndex>,
    ) -> Option<InTheWay> {
        let revision = &graph[inserted];
        if !statements(revision).any(works_on_rows) {
            return None;
        }
        let touched = self.reached(statements(revision).flat_map(names));
        for index in after {
            let found = statements(&graph[index]).flat_map(names);
            let mut found: Vec<_> = found.filter_map(|it| Some((touched.get(&it)?, it))).collect();
            found.sort_by_key(|(of, table)| *of != table);
            if let Some((of, table)) = found.into_iter().next() {
                return Some(InTheWay { of: of.clone(), table, by: index });
            }
        }
        None
    }

    /// What of these names are tables and views, and everything that rows pass to from there; each
    /// with the one of `names` that leads to it, which is itself for those that are named.
    fn reached(&self, names: impl Iterator<Item = String>) -> BTreeMap<String, String> {
        let named = names.filter(|it| self.neighbours.contains_key(it));
        let mut reached: BTreeMap<String, String> = named.map(|it| (it.clone(), it)).collect();
        let mut pending: Vec<String> = reached.keys().cloned().collect();
        while let Some(name) = pending.pop() {
            let of = reached.get(&name).cloned().unwrap_or_default();
            for neighbour in self.neighbours.get(&name).into_iter().flatten() {
                if !reached.contains_key(neighbour) {
                    reached.insert(neighbour.clone(), of.clone());
                    pending.push(neighbour.clone());
                }
            }
        }
        reached
    }
}

/// The statements of an upgrade.
fn statements(revision: &Revision) -> impl Iterator<Item = &str> {
    revision.upgrade.statements.iter().map(|it| &revision.source.text[it.clone()])
}

/// All names in a text, in lower case, be it of tables, columns or anything else.
fn names(sql: &str) -> impl Iterator<Item = String> {
    let significant = tokens(sql).filter(Token::is_significant);
    significant.filter_map(|it| it.name(sql).map(|name| name.to_ascii_lowercase()))
}

/// Whether a statement changes rows, makes a table of rows, or makes a trigger, which would have
/// worked on the rows of others.
fn works_on_rows(sql: &str) -> bool {
    const CHANGES: [&str; 4] = ["INSERT", "UPDATE", "DELETE", "REPLACE"];
    let tokens: Vec<Token> = tokens(sql).filter(Token::is_significant).collect();
    let is = |at: usize, word: &str| tokens.get(at).is_some_and(|it| it.is_keyword(sql, word));
    let makes_rows = is(0, "CREATE")
        && (1..tokens.len())
            .any(|at| is(at, "AS") && ["SELECT", "WITH", "VALUES"].iter().any(|it| is(at + 1, it)))
        && !(is(1, "VIEW") || is(2, "VIEW"));
    makes_rows
        || (0..tokens.len()).any(|at| {
            // `ON DELETE CASCADE` and `replace(a, b, c)` are none.
            let is_action = at > 0 && is(at - 1, "ON");
            let is_call = tokens.get(at + 1).is_some_and(|it| it.text(sql) == "(");
            !is_action && !is_call && CHANGES.iter().any(|it| is(at, it))
        })
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
    }
}
