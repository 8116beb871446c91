//! What statements can have done to the list of objects.
//!
//! After most statements of a revision only the end of `sqlite_schema` is another one, and in a
//! schema of ten thousand tables that is all that can be read after each. It is known because all
//! statements of a scratch database go through one place. What is not known to be one of a few plain
//! forms counts as having changed anything, and so does what fails: it may have rolled back.
//!
//! SQLite would tell of rollbacks itself; but rusqlite 0.41 frees the hook before SQLite calls it last,
//! when a connection is closed inside a transaction.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::schema::{ObjectKind, SchemaObject};
use crate::sql::head::{Head, Kind, Verb};

/// The number of the next journal.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// What a statement did to the list of objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Touch {
    /// It may have made an object of its own.
    Made,
    /// It may have removed the object of this kind and name, with what is on it.
    Dropped(ObjectKind, String),
    /// Anything.
    Other,
}

/// The touches of one connection.
pub(super) struct Journal {
    number: u64,
    touches: RefCell<Vec<Touch>>,
}

/// A moment between two statements of one connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Moment {
    journal: u64,
    n_touches: usize,
    n_rollbacks: u64,
}

impl Journal {
    /// That of a connection from now on.
    pub fn new() -> Self {
        Self { number: NEXT.fetch_add(1, Ordering::Relaxed), touches: RefCell::default() }
    }

    /// Notes what happened.
    pub fn note(&self, touch: Touch) {
        self.touches.borrow_mut().push(touch);
    }

    /// Now, when the connection has rolled back so often.
    pub fn now(&self, n_rollbacks: u64) -> Moment {
        Moment { journal: self.number, n_touches: self.touches.borrow().len(), n_rollbacks }
    }

    /// What happened since a moment, if that is known and the list need not be read whole.
    pub fn since(&self, then: &Moment, n_rollbacks: u64) -> Option<Vec<Touch>> {
        if then.journal != self.number || then.n_rollbacks != n_rollbacks {
            return None;
        }
        let touches = self.touches.borrow().get(then.n_touches..)?.to_vec();
        (!touches.contains(&Touch::Other)).then_some(touches)
    }
}

impl Touch {
    /// What a statement that begins so does; nothing if it leaves the list alone.
    pub fn of(head: Head<'_>) -> Option<Self> {
        let is_plain = !head.is_temporary && !head.is_virtual && head.schema.is_none();
        match (head.verb, head.name) {
            (Verb::Insert | Verb::Update | Verb::Delete | Verb::Select, _) => None,
            (Verb::Create(_), Some(_)) if is_plain => Some(Self::Made),
            (Verb::Drop(kind), Some(name)) if is_plain => {
                let kind = match kind {
                    Kind::Table => ObjectKind::Table,
                    Kind::View => ObjectKind::View,
                    Kind::Index => ObjectKind::Index,
                    Kind::Trigger => ObjectKind::Trigger,
                };
                Some(Self::Dropped(kind, name.into_owned()))
            }
            _ => Some(Self::Other),
        }
    }

    /// Whether it removes an object.
    pub fn drops(&self, object: &SchemaObject) -> bool {
        let Self::Dropped(kind, name) = self else { return false };
        let is_itself = object.kind == *kind && object.name.eq_ignore_ascii_case(name);
        let is_on_it = !object.is_itself()
            && matches!(kind, ObjectKind::Table | ObjectKind::View)
            && object.table.eq_ignore_ascii_case(name);
        is_itself || is_on_it
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::head::head;

    #[track_caller]
    fn check(sql: &str, expected: &str) {
        let found = match Touch::of(head(sql)) {
            None => String::new(),
            Some(Touch::Made) => "made".to_owned(),
            Some(Touch::Dropped(kind, name)) => format!("dropped {kind} {name}"),
            Some(Touch::Other) => "other".to_owned(),
        };
        assert_eq!(found, expected, "{sql}");
    }

    #[test]
    fn plain_statements_touch_one_object() {
        check("CREATE TABLE t(a)", "made");
        check("create table IF NOT EXISTS \"a.b\" AS SELECT 1", "made");
        check("CREATE UNIQUE INDEX i ON t(a)", "made");
        check("CREATE VIEW v AS SELECT 1", "made");
        check("CREATE TRIGGER r AFTER INSERT ON t BEGIN DELETE FROM t; END", "made");
        check("DROP TABLE t", "dropped table t");
        check("DROP TABLE IF EXISTS [a b]", "dropped table a b");
        check("; drop view v", "dropped view v");
        check("DROP TRIGGER r", "dropped trigger r");
    }

    #[test]
    fn rows_are_no_objects() {
        check("INSERT INTO t VALUES (1)", "");
        check("WITH a AS (SELECT 1) DELETE FROM t", "");
        check("/* x */ SELECT 1", "");
    }

    #[test]
    fn all_else_may_touch_anything() {
        check("ALTER TABLE t RENAME TO u", "other");
        check("CREATE TEMP TABLE t(a)", "other");
        check("CREATE VIRTUAL TABLE t USING fts5(a)", "other");
        check("CREATE TABLE temp.t(a)", "other");
        check("DROP TABLE x.t", "other");
        check("PRAGMA writable_schema = ON", "other");
        check("SAVEPOINT a", "other");
        check("EXPLAIN DROP TABLE t", "other");
        check("", "other");
    }

    #[test]
    fn what_is_on_a_table_goes_with_it() {
        let object = |kind, name: &str, table: &str| SchemaObject {
            kind,
            name: name.to_owned(),
            table: table.to_owned(),
            sql: String::new(),
        };
        let drops = |sql: &str, object: &SchemaObject| Touch::of(head(sql)).unwrap().drops(object);
        let index = object(ObjectKind::Index, "i", "T");
        assert!(drops("DROP TABLE t", &object(ObjectKind::Table, "T", "T")));
        assert!(drops("DROP TABLE t", &index));
        assert!(drops("DROP VIEW t", &object(ObjectKind::Trigger, "r", "t")));
        assert!(drops("DROP INDEX I", &index));
        assert!(!drops("DROP TABLE i", &index));
        assert!(!drops("DROP INDEX t", &index));
        assert!(!drops("DROP TABLE t", &object(ObjectKind::View, "t", "t")));
        assert!(!drops("CREATE TABLE t(a)", &index));
    }
}
