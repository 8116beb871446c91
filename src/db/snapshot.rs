//! What `sqlite_schema` says at one moment, cheap to take after each of a thousand revisions.
//!
//! Most of a schema does not change from one moment to the next. A snapshot shares what is the same
//! with the one before, so that taking it is a comparison of bytes, and only what differs by its text
//! is ever taken apart.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::checks::has_references;
use super::schema_objects::{VIRTUAL, kind_of};
use super::{Database, DbError};
use crate::schema::{ObjectKind, SchemaObject};
use crate::sql::lexer::{Token, tokens};

/// A schema at one moment, as texts.
#[derive(Debug, Clone, Default)]
pub struct SchemaSnapshot {
    /// In the order of `sqlite_schema`, shadow tables too.
    objects: Vec<Arc<Entry>>,
    /// The names of the shadow tables, in lower case.
    shadows: Arc<HashSet<String>>,
    /// `PRAGMA user_version` and `application_id`.
    numbers: [i64; 2],
}

/// An object, and what is found in its text once.
#[derive(Debug, PartialEq)]
struct Entry {
    object: SchemaObject,
    /// The tables that it references, in lower case.
    parents: Vec<String>,
}

/// The objects that differ by their text between two snapshots, and what is needed to read them.
#[derive(Debug, Clone, Default)]
pub struct Differing {
    /// Of the first snapshot.
    pub left: Vec<SchemaObject>,
    /// Of the second one.
    pub right: Vec<SchemaObject>,
}

/// A number in the header of the file, for the application to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeaderNumber {
    /// The PRAGMA.
    pub name: &'static str,
    /// What it was.
    pub before: i64,
    /// What it is.
    pub after: i64,
}

/// The PRAGMAs of [`SchemaSnapshot::numbers`].
const NUMBERS: [&str; 2] = ["user_version", "application_id"];

impl Database {
    /// Takes a snapshot that shares with `before` what is the same.
    pub fn snapshot(&self, before: &SchemaSnapshot) -> Result<SchemaSnapshot, DbError> {
        let error = self.error("read the schema of");
        let sql = "SELECT type, name, tbl_name, sql FROM main.sqlite_schema
                   WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
                   ORDER BY rowid";
        let mut statement = self.connection.prepare_cached(sql).map_err(&error)?;
        let mut rows = statement.query([]).map_err(&error)?;
        let mut objects = Vec::with_capacity(before.objects.len() + 1);
        // Where the next row is looked for: something may have come or gone in between.
        let mut place = 0;
        let mut by_text: Option<HashMap<&str, usize>> = None;
        let mut may_shadow = false;
        while let Some(row) = rows.next().map_err(&error)? {
            let sql = row.get_ref(3).map_err(&error)?.as_bytes().unwrap_or_default();
            let name = row.get_ref(1).map_err(&error)?.as_bytes().unwrap_or_default();
            let table = row.get_ref(2).map_err(&error)?.as_bytes().unwrap_or_default();
            let is_it = |Entry { object: it, .. }: &Entry| {
                it.sql.as_bytes() == sql
                    && it.name.as_bytes() == name
                    && it.table.as_bytes() == table
            };
            if let Some(known) = before.objects.get(place).filter(|it| is_it(it)) {
                place += 1;
                objects.push(Arc::clone(known));
                continue;
            }
            let by_text = by_text.get_or_insert_with(|| {
                let texts = before.objects.iter().enumerate();
                texts.map(|(at, it)| (it.object.sql.as_str(), at)).collect()
            });
            let found = std::str::from_utf8(sql).ok().and_then(|it| by_text.get(it)).copied();
            if let Some((at, known)) = found.map(|at| (at, &before.objects[at]))
                && is_it(known)
            {
                place = at + 1;
                objects.push(Arc::clone(known));
                continue;
            }
            let Some(kind) = kind_of(row.get_ref(0).map_err(&error)?.as_bytes()) else { continue };
            let object = SchemaObject {
                kind,
                name: row.get(1).map_err(&error)?,
                table: row.get(2).map_err(&error)?,
                sql: row.get(3).map_err(&error)?,
            };
            may_shadow |= kind == ObjectKind::Table;
            let parents = if kind == ObjectKind::Table { parents(&object.sql) } else { Vec::new() };
            objects.push(Arc::new(Entry { object, parents }));
        }
        drop(rows);
        drop(statement);
        let has_virtual = objects.iter().any(|it| it.object.sql.starts_with(VIRTUAL));
        let shadows = if !has_virtual {
            Arc::default()
        } else if may_shadow || before.shadows.is_empty() {
            Arc::new(self.shadow_tables(objects.iter().map(|it| &it.object))?)
        } else {
            Arc::clone(&before.shadows)
        };
        let mut numbers = [0; 2];
        for (number, name) in numbers.iter_mut().zip(NUMBERS) {
            *number = self.pragma(name)?;
        }
        Ok(SchemaSnapshot { objects, shadows, numbers })
    }
}

impl SchemaSnapshot {
    /// What differs by its text between this snapshot and a later one, without what is excluded and
    /// without shadow tables; with the tables that are needed to read it.
    pub fn differing(&self, later: &Self, is_excluded: &dyn Fn(&str) -> bool) -> Differing {
        let is_same = |(left, right): (&Arc<Entry>, &Arc<Entry>)| same(left, right);
        let n_first = self.objects.iter().zip(&later.objects).take_while(|it| is_same(*it)).count();
        let (left, right) = (&self.objects[n_first..], &later.objects[n_first..]);
        let mut differing = Differing {
            left: self.only_in(left, right, is_excluded),
            right: later.only_in(right, left, is_excluded),
        };
        if !differing.left.is_empty() || !differing.right.is_empty() {
            let named: String = [&differing.left, &differing.right]
                .into_iter()
                .flatten()
                .map(|it| format!("{}\n{}\n", it.table, it.sql).to_ascii_lowercase())
                .collect();
            self.add_needed(&mut differing.left, &named);
            later.add_needed(&mut differing.right, &named);
        }
        differing
    }

    /// The same with everything that belongs to the tables that differ, or that are needed.
    pub fn differing_tables(&self, later: &Self, is_excluded: &dyn Fn(&str) -> bool) -> Differing {
        let differing = self.differing(later, is_excluded);
        let objects = differing.left.iter().chain(&differing.right);
        let tables: HashSet<String> = objects.map(|it| it.table.to_ascii_lowercase()).collect();
        if tables.is_empty() {
            return differing;
        }
        let all = |it: &Self| {
            let objects = it.objects.iter().map(|it| &it.object);
            let wanted = objects.filter(|it| tables.contains(&it.table.to_ascii_lowercase()));
            wanted.filter(|it| !is_excluded(&it.table)).cloned().collect()
        };
        Differing { left: all(self), right: all(later) }
    }

    /// The tables that are called like one of `names`, which are in lower case, with what is on them.
    pub fn called(&self, names: &HashSet<String>) -> Vec<SchemaObject> {
        let objects = self.objects.iter().map(|it| &it.object);
        let is_called = |it: &&SchemaObject| {
            let table = it.table.to_ascii_lowercase();
            names.contains(&table) && !self.shadows.contains(&table)
        };
        objects.filter(is_called).cloned().collect()
    }

    /// The numbers of the header that are others in a later snapshot.
    pub fn other_numbers(&self, later: &Self) -> Vec<HeaderNumber> {
        let both = self.numbers.into_iter().zip(later.numbers);
        let all = NUMBERS.into_iter().zip(both);
        let all = all.map(|(name, (before, after))| HeaderNumber { name, before, after });
        all.filter(|it| it.before != it.after).collect()
    }

    /// Whether what came since `before` can have broken no view and no trigger, and is none: only
    /// tables and indexes were added.
    pub fn only_adds_tables(&self, before: &Self) -> bool {
        let mut old = before.objects.iter().peekable();
        for it in &self.objects {
            if old.next_if(|known| same(known, it)).is_none()
                && !matches!(it.object.kind, ObjectKind::Table | ObjectKind::Index)
            {
                return false;
            }
        }
        old.next().is_none()
    }

    /// Whether there is a view or a trigger.
    pub fn has_views_or_triggers(&self) -> bool {
        let mut kinds = self.objects.iter().map(|it| it.object.kind);
        kinds.any(|it| matches!(it, ObjectKind::View | ObjectKind::Trigger))
    }

    /// The names of the tables, without shadow tables.
    pub fn tables(&self) -> impl Iterator<Item = &str> {
        let tables = self.objects.iter().map(|it| &it.object).filter(|it| {
            it.kind == ObjectKind::Table && !self.shadows.contains(&it.name.to_ascii_lowercase())
        });
        tables.map(|it| it.name.as_str())
    }

    /// Whether there is a trigger.
    pub fn has_triggers(&self) -> bool {
        self.objects.iter().any(|it| it.object.kind == ObjectKind::Trigger)
    }

    /// The tables with foreign keys that are called like one of `names`, which are in lower case, or
    /// that reference such a table; names are words of SQL. `None` stands for all.
    pub fn children(&self, names: Option<&HashSet<String>>) -> impl Iterator<Item = &str> {
        let is_named = move |it: &str| {
            names
                .is_none_or(|names| names.contains(it) || names.contains(&*it.to_ascii_lowercase()))
        };
        let children = self.objects.iter().filter(|it| !it.parents.is_empty());
        let children = children.filter(move |it| {
            is_named(&it.object.name) || it.parents.iter().any(|parent| is_named(parent))
        });
        children.map(|it| it.object.name.as_str())
    }

    /// The objects of `some` that are not in `others`.
    fn only_in(
        &self,
        some: &[Arc<Entry>],
        others: &[Arc<Entry>],
        is_excluded: &dyn Fn(&str) -> bool,
    ) -> Vec<SchemaObject> {
        let others: HashSet<&SchemaObject> = others.iter().map(|it| &it.object).collect();
        let some = some.iter().map(|it| &it.object).filter(|it| {
            !others.contains(it)
                && !self.shadows.contains(&it.table.to_ascii_lowercase())
                && !is_excluded(&it.table)
        });
        some.cloned().collect()
    }

    /// Adds the tables whose names stand in `named`: what an index or a foreign key means depends on
    /// its table. A name that is written with quotes inside is always added.
    fn add_needed(&self, objects: &mut Vec<SchemaObject>, named: &str) {
        let is_needed = |it: &SchemaObject| {
            let name = it.name.to_ascii_lowercase();
            it.kind == ObjectKind::Table
                && !objects.contains(it)
                && !self.shadows.contains(&name)
                && (named.contains(&name) || name.contains(['"', '`', '[', ']']))
        };
        let needed: Vec<SchemaObject> =
            self.objects.iter().map(|it| &it.object).filter(|it| is_needed(it)).cloned().collect();
        objects.extend(needed);
    }
}

fn same(left: &Arc<Entry>, right: &Arc<Entry>) -> bool {
    Arc::ptr_eq(left, right) || left.object == right.object
}

/// The names behind `REFERENCES`, in lower case.
fn parents(sql: &str) -> Vec<String> {
    if !has_references(sql.as_bytes()) {
        return Vec::new();
    }
    let mut words = tokens(sql).filter(Token::is_significant);
    let mut parents = Vec::new();
    while let Some(token) = words.next() {
        if token.is_keyword(sql, "REFERENCES") {
            let parent = words.next().and_then(|it| it.name(sql).map(|it| it.to_ascii_lowercase()));
            parents.extend(parent);
        }
    }
    parents
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database(sql: &str) -> Database {
        let database = Database::open_in_memory().unwrap();
        database.connection.execute_batch(sql).unwrap();
        database
    }

    fn names(objects: &[SchemaObject]) -> String {
        objects.iter().map(|it| it.name.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// What differs by its text, on either side, with what is needed to read it.
    #[track_caller]
    fn check(first: &str, then: &str, expected: (&str, &str)) {
        let database = database(first);
        let before = database.snapshot(&SchemaSnapshot::default()).unwrap();
        database.connection.execute_batch(then).unwrap();
        let after = database.snapshot(&before).unwrap();
        let fresh = database.snapshot(&SchemaSnapshot::default()).unwrap();
        assert_eq!(after.objects, fresh.objects);
        assert_eq!(after.shadows, fresh.shadows);
        let differing = before.differing(&after, &|it| it == "excluded");
        assert_eq!((&*names(&differing.left), &*names(&differing.right)), expected);
    }

    const THREE: &str = "CREATE TABLE apples(x); CREATE TABLE beans(y); CREATE TABLE corn(z);";

    #[test]
    fn what_is_the_same_is_left_out() {
        check(THREE, "", ("", ""));
        check(THREE, "INSERT INTO apples VALUES (1)", ("", ""));
        check(THREE, "CREATE TABLE new(q)", ("", "new"));
        check(THREE, "DROP TABLE beans", ("beans", ""));
        check(THREE, "DROP TABLE apples; CREATE TABLE apples(x)", ("", ""));
        check(THREE, "ALTER TABLE beans ADD COLUMN w", ("beans", "beans"));
        check(THREE, "DROP TABLE beans; CREATE TABLE \"beans\"(y)", ("beans", "beans"));
    }

    #[test]
    fn tables_that_are_needed_come_along() {
        check(THREE, "CREATE INDEX i ON beans(y)", ("beans", "i beans"));
        check(THREE, "CREATE TABLE q(w REFERENCES Corn)", ("corn", "q corn"));
        check("CREATE TABLE \"o\"\"dd\"(x)", "CREATE TABLE q(x)", ("o\"dd", "q o\"dd"));
    }

    #[test]
    fn what_belongs_to_a_table_comes_along() {
        let database = database(&format!("{THREE} CREATE INDEX i ON beans(y);"));
        let before = database.snapshot(&SchemaSnapshot::default()).unwrap();
        let then = "ALTER TABLE beans ADD COLUMN w; CREATE TABLE q(a REFERENCES corn)";
        database.connection.execute_batch(then).unwrap();
        let after = database.snapshot(&before).unwrap();
        let differing = before.differing_tables(&after, &|it| it == "excluded");
        assert_eq!(names(&differing.left), "beans corn i");
        assert_eq!(names(&differing.right), "beans corn i q");
        let same = after.differing_tables(&after, &|_| false);
        assert!(same.left.is_empty() && same.right.is_empty());
    }

    #[test]
    fn what_nobody_compares_is_left_out() {
        check("", "CREATE TABLE excluded(a); CREATE INDEX i ON excluded(a)", ("", ""));
        check("", "CREATE VIRTUAL TABLE docs USING fts5(x)", ("", "docs"));
        check("CREATE VIRTUAL TABLE docs USING fts5(x)", "DROP TABLE docs", ("docs", ""));
        check("CREATE TABLE t(a INTEGER PRIMARY KEY AUTOINCREMENT)", "ANALYZE", ("", ""));
    }

    #[test]
    fn children_are_found_by_their_name_and_by_their_parents() {
        let database = database(
            "CREATE TABLE P(a); CREATE TABLE C(p REFERENCES \"p\", q references q);
             CREATE TABLE d(p CHECK (p <> 'REFERENCES p'));",
        );
        let snapshot = database.snapshot(&SchemaSnapshot::default()).unwrap();
        let check = |names: Option<&[&str]>, expected: &[&str]| {
            let names = names.map(|it| it.iter().map(|&it| it.to_owned()).collect());
            assert_eq!(snapshot.children(names.as_ref()).collect::<Vec<_>>(), expected);
        };
        check(None, &["C"]);
        check(Some(&["p"]), &["C"]);
        check(Some(&["q"]), &["C"]);
        check(Some(&["c", "x"]), &["C"]);
        check(Some(&["d"]), &[]);
    }

    #[test]
    fn numbers_of_the_header_are_compared() {
        let database = database("PRAGMA user_version = 3");
        let before = database.snapshot(&SchemaSnapshot::default()).unwrap();
        database.connection.execute_batch("PRAGMA user_version = 4").unwrap();
        let after = database.snapshot(&before).unwrap();
        let number = HeaderNumber { name: "user_version", before: 3, after: 4 };
        assert_eq!(before.other_numbers(&after), [number]);
        assert!(after.other_numbers(&after).is_empty());
    }

    #[test]
    fn only_new_tables_and_indexes_cannot_break_anything() {
        let check = |first: &str, then: &str, expected: bool| {
            let database = database(first);
            let before = database.snapshot(&SchemaSnapshot::default()).unwrap();
            database.connection.execute_batch(then).unwrap();
            let after = database.snapshot(&before).unwrap();
            assert_eq!(after.only_adds_tables(&before), expected, "{then}");
        };
        check(THREE, "", true);
        check(THREE, "CREATE TABLE t(a); CREATE INDEX i ON t(a)", true);
        check(THREE, "CREATE VIEW v AS SELECT 1", false);
        check(THREE, "DROP TABLE beans", false);
        check(THREE, "ALTER TABLE apples ADD COLUMN y", false);
    }
}
