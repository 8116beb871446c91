//! Tables that revisions use and that other programs make.
//!
//! A replay has no other programs. What is known of their tables can be lent to it, but for what a
//! revision makes itself: that is there when the revision ran, and at no other time.

use std::collections::HashSet;

use crate::graph::RevisionGraph;
use crate::schema::{Name, SchemaObject};
use crate::sql::effect::made;
use crate::sql::lexer::{TokenKind, tokens};

/// What revisions say of tables and views that may belong to other programs.
#[derive(Debug, Default)]
pub struct Foreign {
    /// The names that revisions give to tables and views.
    own: HashSet<Name>,
    is_used: bool,
}

impl Foreign {
    /// Looks into all bodies; `is_foreign` says which names may belong to others.
    pub fn of(graph: &RevisionGraph, is_foreign: &dyn Fn(&str) -> bool) -> Self {
        let mut named = HashSet::new();
        let mut own = HashSet::new();
        for revision in graph.indices().map(|it| &graph[it]) {
            let text = &revision.source.text;
            for body in revision.bodies() {
                let directives = body.directives.iter().map(|it| &it.query);
                for sql in body.statements.iter().chain(directives).map(|it| &text[it.clone()]) {
                    own.extend(made(sql).map(Name::new));
                    for token in tokens(sql).filter(|it| is_name(it.kind)) {
                        let name = token.name(sql).filter(|it| is_foreign(it));
                        named.extend(name.map(Name::new));
                    }
                }
            }
        }
        Self { is_used: named.iter().any(|it| !own.contains(it)), own }
    }

    /// Whether a revision uses one that no revision makes.
    pub fn is_used(&self) -> bool {
        self.is_used
    }

    /// Those of `known`, with what is on them, that no revision makes.
    pub fn not_made(&self, mut known: Vec<SchemaObject>) -> Vec<SchemaObject> {
        known.retain(|it| !self.own.contains(&Name::new(it.table.as_str())));
        known
    }
}

fn is_name(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::Identifier | TokenKind::QuotedIdentifier)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::testing::{Project, revision};
    use crate::schema::ObjectKind;

    /// `bodies` are upgrades; whether one uses a table of others, and which of `known` nobody makes.
    #[track_caller]
    fn check(bodies: &[&str], known: &[&str], expected: (bool, &str)) {
        let revisions =
            (1..).zip(bodies).map(|(n, it)| revision(&format!("r{n}"), it, "SELECT 1;"));
        let project = Project::new(revisions.collect());
        let foreign =
            Foreign::of(&project.graph, &|it| it.to_ascii_lowercase().starts_with("old_"));
        let object = |it: &&str| SchemaObject {
            kind: ObjectKind::Table,
            name: (*it).to_owned(),
            table: (*it).to_owned(),
            sql: String::new(),
        };
        let left = foreign.not_made(known.iter().map(object).collect());
        let left = left.iter().map(|it| it.name.as_str()).collect::<Vec<_>>().join(" ");
        assert_eq!((foreign.is_used(), left.as_str()), expected);
    }

    #[test]
    fn a_name_that_no_revision_makes_is_of_others() {
        check(&["CREATE VIEW v AS SELECT * FROM Old_log;"], &["old_log"], (true, "old_log"));
        check(&["CREATE VIEW v AS SELECT * FROM \"old_log\";"], &[], (true, ""));
        check(
            &["-- migrate:refuse-if full: SELECT 1 FROM old_log\nSELECT 1;"],
            &["old_log"],
            (true, "old_log"),
        );
    }

    #[test]
    fn what_a_revision_makes_is_its_own() {
        let view = "CREATE VIEW v AS SELECT * FROM old_log, t;";
        check(&["CREATE TABLE old_log (a);", view], &["old_log", "old_b"], (false, "old_b"));
        check(
            &["CREATE TABLE t (a); ALTER TABLE t RENAME TO OLD_LOG;", view],
            &["old_log"],
            (false, ""),
        );
        check(
            &["CREATE TABLE old_log (a);", view, "CREATE VIEW w AS SELECT * FROM old_b;"],
            &["old_log", "old_b"],
            (true, "old_b"),
        );
    }

    #[test]
    fn other_words_are_nothing() {
        check(
            &["CREATE TABLE t (a); -- old_log", "INSERT INTO t VALUES ('old_log');"],
            &[],
            (false, ""),
        );
    }
}
