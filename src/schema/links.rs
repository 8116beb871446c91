//! Which tables and views hang together: rows that are written to one, or read from it, may pass to
//! others.
//!
//! By names alone: what the text of a view, a virtual table, a trigger or a table names, that has to
//! do with it.

use std::collections::{BTreeMap, BTreeSet};

use crate::sql::head::{Action, Kind, Verb, head};
use crate::sql::lexer::names;

/// The tables and views of a schema, or of several moments, and what ties them to one another. All
/// names are in lower case.
#[derive(Debug, Clone, Default)]
pub struct Links {
    known: BTreeSet<String>,
    /// From what is tied to what it is tied to, which nothing may know of.
    ties: BTreeMap<String, BTreeSet<(Tie, String)>>,
}

/// How one is tied to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tie {
    /// It is a view or a virtual table that names the other.
    Reads,
    /// The other is one that names it.
    IsRead,
    /// It has a trigger that names the other.
    Fires,
    /// The other has one that names it.
    IsFired,
    /// It is a table that names the other, its parent perhaps.
    References,
    /// The other is one that names it.
    IsReferenced,
}

impl Tie {
    fn back(self) -> Self {
        match self {
            Self::Reads => Self::IsRead,
            Self::IsRead => Self::Reads,
            Self::Fires => Self::IsFired,
            Self::IsFired => Self::Fires,
            Self::References => Self::IsReferenced,
            Self::IsReferenced => Self::References,
        }
    }
}

impl Links {
    /// Adds what a statement makes, be it one that runs or one that made what is there; gives the name
    /// under which there is a table or view then.
    pub fn learn(&mut self, sql: &str) -> Option<String> {
        let head = head(sql);
        let (name, tie) = match (head.verb, head.action) {
            (_, Some(Action::RenameTo(new))) => {
                let made = new.to_ascii_lowercase();
                self.known.insert(made.clone());
                return Some(made);
            }
            (Verb::Create(Kind::Trigger), _) => (head.on?, Tie::Fires),
            (Verb::Create(Kind::View), _) => (head.name?, Tie::Reads),
            (Verb::Create(Kind::Table), _) if head.is_virtual => (head.name?, Tie::Reads),
            (Verb::Create(Kind::Table), _) => (head.name?, Tie::References),
            _ => return None,
        };
        let name = name.to_ascii_lowercase();
        for other in names(sql).filter(|it| *it != name) {
            self.ties.entry(other.clone()).or_default().insert((tie.back(), name.clone()));
            self.ties.entry(name.clone()).or_default().insert((tie, other));
        }
        if tie == Tie::Fires {
            return None;
        }
        self.known.insert(name.clone());
        Some(name)
    }

    /// Whether there is a table or view of this name.
    pub fn knows(&self, name: &str) -> bool {
        self.known.contains(name)
    }

    /// What of these names is known, and all that the ties lead to that are to be `followed`; each with
    /// the one of `names` that leads to it, which is itself for those that are named.
    pub fn reached(
        &self,
        names: impl IntoIterator<Item = String>,
        followed: impl Fn(Tie) -> bool,
    ) -> BTreeMap<String, String> {
        let named = names.into_iter().filter(|it| self.knows(it));
        let mut reached: BTreeMap<String, String> = named.map(|it| (it.clone(), it)).collect();
        let mut pending: Vec<String> = reached.keys().cloned().collect();
        while let Some(name) = pending.pop() {
            let of = reached.get(&name).cloned().unwrap_or_default();
            for (tie, other) in self.ties.get(&name).into_iter().flatten() {
                if followed(*tie) && self.knows(other) && !reached.contains_key(other) {
                    reached.insert(other.clone(), of.clone());
                    pending.push(other.clone());
                }
            }
        }
        reached
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is reached from `t` through reading, through writing, and through anything.
    #[track_caller]
    fn check(statements: &[&str], expected: (&str, &str, &str)) {
        let mut links = Links::default();
        for sql in statements {
            links.learn(sql);
        }
        let reached = |followed: fn(Tie) -> bool| {
            let found = links.reached(["t".to_owned()], followed);
            found.into_keys().collect::<Vec<_>>().join(" ")
        };
        let found = (
            reached(|it| it == Tie::Reads),
            reached(|it| matches!(it, Tie::Fires | Tie::IsReferenced)),
            reached(|_| true),
        );
        assert_eq!((found.0.as_str(), found.1.as_str(), found.2.as_str()), expected);
    }

    const U: &str = "CREATE TABLE u (a)";

    #[test]
    fn a_view_leads_to_what_it_reads() {
        check(&["CREATE VIEW T AS SELECT a FROM \"U\"", U], ("t u", "t", "t u"));
        check(&["CREATE VIRTUAL TABLE t USING fts5(a, content = u)", U], ("t u", "t", "t u"));
        check(
            &["CREATE VIEW t AS SELECT * FROM v", "CREATE VIEW v AS SELECT * FROM u", U],
            ("t u v", "t", "t u v"),
        );
        check(&["CREATE TABLE t (a)", "CREATE VIEW v AS SELECT * FROM t"], ("t", "t", "t v"));
    }

    #[test]
    fn writing_leads_to_what_triggers_and_keys_change() {
        let trigger =
            "CREATE TRIGGER IF NOT EXISTS r AFTER DELETE ON main.t BEGIN DELETE FROM u; END";
        check(&["CREATE TABLE t (a)", trigger, U], ("t", "t u", "t u"));
        check(
            &["CREATE TABLE t (a)", "CREATE TABLE c (a REFERENCES t ON DELETE CASCADE)"],
            ("t", "c t", "c t"),
        );
        check(&["CREATE TABLE t (a REFERENCES u)", U], ("t", "t", "t u"));
    }

    #[test]
    fn what_nobody_made_is_not_reached() {
        check(&["CREATE VIEW t AS SELECT * FROM u"], ("t", "t", "t"));
        check(&["CREATE TABLE t (u)", "CREATE INDEX u ON t (u)"], ("t", "t", "t"));
        check(&[U, "ALTER TABLE u RENAME TO t"], ("t", "t", "t"));
        check(&[U], ("", "", ""));
    }

    #[test]
    fn what_is_made_is_named() {
        let made = |sql: &str| Links::default().learn(sql).unwrap_or_default();
        assert_eq!(made("CREATE TABLE IF NOT EXISTS main.\"T t\" (a)"), "t t");
        assert_eq!(made("CREATE VIEW v AS SELECT 1"), "v");
        assert_eq!(made("ALTER TABLE t RENAME TO U"), "u");
        assert_eq!(made("CREATE INDEX i ON t (a)"), "");
        assert_eq!(made("CREATE TRIGGER r AFTER DELETE ON t BEGIN SELECT 1; END"), "");
    }
}
