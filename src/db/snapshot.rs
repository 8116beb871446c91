//! What `sqlite_schema` says at one moment, cheap to take after each of a thousand revisions.
//!
//! Most of a schema does not change from one moment to the next. A snapshot shares what is the same
//! with the one before, so that taking it is a comparison of bytes, and only what differs by its text
//! is ever taken apart.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::checks::has_references;
use super::journal::{Moment, Touch};
use super::recheck::Words;
use super::schema_objects::{VIRTUAL, kind_of};
use super::{Database, DbError};
use crate::schema::{Name, ObjectKind, SchemaObject};
use crate::sql::lexer::{Token, tokens};

/// A schema at one moment, as texts.
#[derive(Debug, Clone, Default)]
pub struct SchemaSnapshot {
    /// In the order of `sqlite_schema`, shadow tables too.
    pub(super) objects: Arc<Vec<Arc<Entry>>>,
    /// The number of the row of each.
    rowids: Arc<Vec<i64>>,
    /// The names of the shadow tables, in lower case.
    shadows: Arc<HashSet<String>>,
    /// Whether there is a virtual table.
    pub(super) has_virtual: bool,
    /// `PRAGMA user_version` and `application_id`.
    numbers: [i64; 2],
    /// When it was taken, if the database keeps a journal.
    pub(super) seen: Option<Moment>,
}

/// An object, and what is found in its text once.
#[derive(Debug, PartialEq)]
pub(super) struct Entry {
    pub object: SchemaObject,
    /// The tables that it references, in lower case.
    parents: Vec<String>,
    /// What it may name, where that decides whether it compiles.
    pub words: Words,
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

/// Objects as they were read.
#[derive(Default)]
struct Listed {
    objects: Vec<Arc<Entry>>,
    rowids: Vec<i64>,
    /// Whether an unknown table is among them, which may be a shadow table.
    has_new_table: bool,
}

impl Database {
    /// Takes a snapshot that shares with `before` what is the same.
    pub fn snapshot(&self, before: &SchemaSnapshot) -> Result<SchemaSnapshot, DbError> {
        let listed = self.list(&before.objects, i64::MIN)?;
        let has_virtual = listed.objects.iter().any(|it| it.object.sql.starts_with(VIRTUAL));
        let shadows = if !has_virtual {
            Arc::default()
        } else if listed.has_new_table || before.shadows.is_empty() {
            Arc::new(self.shadow_tables(listed.objects.iter().map(|it| &it.object))?)
        } else {
            Arc::clone(&before.shadows)
        };
        let numbers = self.numbers()?;
        Ok(SchemaSnapshot { shadows, has_virtual, numbers, ..before.followed_by(listed) })
    }

    /// The same where nothing happened since but what `touches` say; reads only what is new.
    pub(super) fn snapshot_since(
        &self,
        before: &SchemaSnapshot,
        touches: &[Touch],
    ) -> Result<SchemaSnapshot, DbError> {
        if touches.is_empty() {
            return Ok(SchemaSnapshot { numbers: self.numbers()?, ..before.clone() });
        }
        let mut listed = Listed::default();
        let mut dropped = Vec::new();
        let is_dropped = |it: &Entry| touches.iter().any(|touch| touch.drops(&it.object));
        for (it, rowid) in before.objects.iter().zip(before.rowids.iter()) {
            if is_dropped(it) {
                dropped.push(Arc::clone(it));
            } else {
                listed.objects.push(Arc::clone(it));
                listed.rowids.push(*rowid);
            }
        }
        // SQLite gives a new row a number above those that there are.
        let last = listed.rowids.last().copied().unwrap_or(i64::MIN);
        let new = self.list(&dropped, last)?;
        listed.objects.extend(new.objects);
        listed.rowids.extend(new.rowids);
        Ok(SchemaSnapshot { numbers: self.numbers()?, ..before.followed_by(listed) })
    }

    /// The objects behind a row of `sqlite_schema`; shares what is the same with `known`.
    fn list(&self, known: &[Arc<Entry>], behind: i64) -> Result<Listed, DbError> {
        let error = self.error("read the schema of");
        let sql = "SELECT type, name, tbl_name, sql, rowid FROM main.sqlite_schema
                   WHERE rowid > ?1 AND sql IS NOT NULL ORDER BY rowid";
        let mut statement = self.connection.prepare_cached(sql).map_err(&error)?;
        let mut rows = statement.query([behind]).map_err(&error)?;
        let mut listed = Listed {
            objects: Vec::with_capacity(known.len() + 1),
            rowids: Vec::with_capacity(known.len() + 1),
            has_new_table: false,
        };
        // Where the next row is looked for: something may have come or gone in between.
        let mut place = 0;
        let mut by_text: Option<HashMap<&str, usize>> = None;
        while let Some(row) = rows.next().map_err(&error)? {
            let sql = row.get_ref(3).map_err(&error)?.as_bytes().unwrap_or_default();
            let name = row.get_ref(1).map_err(&error)?.as_bytes().unwrap_or_default();
            let table = row.get_ref(2).map_err(&error)?.as_bytes().unwrap_or_default();
            if is_own(name) {
                continue;
            }
            let is_it = |Entry { object: it, .. }: &Entry| {
                it.sql.as_bytes() == sql
                    && it.name.as_bytes() == name
                    && it.table.as_bytes() == table
            };
            let mut found = known.get(place).filter(|it| is_it(it)).map(|it| (place, it));
            // What is new stands behind all the rest, most often.
            if found.is_none() && place < known.len() {
                let by_text = by_text.get_or_insert_with(|| {
                    let texts = known.iter().enumerate();
                    texts.map(|(at, it)| (it.object.sql.as_str(), at)).collect()
                });
                let at = std::str::from_utf8(sql).ok().and_then(|it| by_text.get(it)).copied();
                found = at.map(|at| (at, &known[at])).filter(|(_, it)| is_it(it));
            }
            let entry = if let Some((at, known)) = found {
                place = at + 1;
                Arc::clone(known)
            } else {
                let kind = kind_of(row.get_ref(0).map_err(&error)?.as_bytes());
                let Some(kind) = kind else { continue };
                let object = SchemaObject {
                    kind,
                    name: row.get(1).map_err(&error)?,
                    table: row.get(2).map_err(&error)?,
                    sql: row.get(3).map_err(&error)?,
                };
                listed.has_new_table |= kind == ObjectKind::Table;
                Arc::new(Entry::new(object))
            };
            listed.objects.push(entry);
            listed.rowids.push(row.get(4).map_err(&error)?);
        }
        Ok(listed)
    }

    fn numbers(&self) -> Result<[i64; 2], DbError> {
        let mut numbers = [0; 2];
        for (number, name) in numbers.iter_mut().zip(NUMBERS) {
            *number = self.pragma(name)?;
        }
        Ok(numbers)
    }
}

impl Entry {
    fn new(object: SchemaObject) -> Self {
        let is_table = object.kind == ObjectKind::Table;
        let parents = if is_table { parents(&object.sql) } else { Vec::new() };
        let words = Words::of(&object);
        Self { object, parents, words }
    }
}

impl SchemaSnapshot {
    /// A snapshot with these objects; those of this one where they are the same.
    fn followed_by(&self, listed: Listed) -> Self {
        let is_same = self.objects.len() == listed.objects.len()
            && self
                .objects
                .iter()
                .zip(&listed.objects)
                .all(|(left, right)| Arc::ptr_eq(left, right));
        let objects = if is_same { Arc::clone(&self.objects) } else { Arc::new(listed.objects) };
        Self { objects, rowids: Arc::new(listed.rowids), seen: None, ..self.clone() }
    }

    /// What differs by its text between this snapshot and a later one, without what is excluded and
    /// without shadow tables; with the tables that are needed to read it.
    pub fn differing(&self, later: &Self, is_excluded: &dyn Fn(&str) -> bool) -> Differing {
        let (left, right) = self.apart(later);
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

    /// The objects of both without those at the beginning and at the end that are the same.
    fn apart<'a>(&'a self, later: &'a Self) -> (&'a [Arc<Entry>], &'a [Arc<Entry>]) {
        if Arc::ptr_eq(&self.objects, &later.objects) {
            return (&[], &[]);
        }
        let is_same = |(left, right): (&Arc<Entry>, &Arc<Entry>)| same(left, right);
        let (left, right) = (&self.objects[..], &later.objects[..]);
        let n_first = left.iter().zip(right).take_while(|it| is_same(*it)).count();
        let (left, right) = (&left[n_first..], &right[n_first..]);
        let n_last =
            left.iter().rev().zip(right.iter().rev()).take_while(|it| is_same(*it)).count();
        (&left[..left.len() - n_last], &right[..right.len() - n_last])
    }

    /// The objects that differ by their text, of both.
    pub(super) fn changed<'a>(&'a self, later: &'a Self) -> impl Iterator<Item = &'a SchemaObject> {
        let (left, right) = self.apart(later);
        let all = |it: &'a [Arc<Entry>]| it.iter().map(|it| &it.object).collect::<HashSet<_>>();
        let (left, right) = (all(left), all(right));
        let changed: Vec<&SchemaObject> = left.symmetric_difference(&right).copied().collect();
        changed.into_iter()
    }

    /// The same with everything that belongs to the tables that differ, or that are needed.
    pub fn differing_tables(&self, later: &Self, is_excluded: &dyn Fn(&str) -> bool) -> Differing {
        let differing = self.differing(later, is_excluded);
        let objects = differing.left.iter().chain(&differing.right);
        let tables: HashSet<Name> = objects.map(|it| Name::new(it.table.as_str())).collect();
        if tables.is_empty() {
            return differing;
        }
        let all = |it: &Self| {
            let objects = it.objects.iter().map(|it| &it.object);
            let wanted = objects.filter(|it| match tables.len() {
                1..=8 => tables.iter().any(|table| table.is(&it.table)),
                _ => tables.contains(&Name::new(it.table.as_str())),
            });
            wanted.filter(|it| !is_excluded(&it.table)).cloned().collect()
        };
        Differing { left: all(self), right: all(later) }
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
        for it in self.objects.iter() {
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

/// Whether SQLite keeps a name for itself.
fn is_own(name: &[u8]) -> bool {
    name.get(..7).is_some_and(|it| it.eq_ignore_ascii_case(b"sqlite_"))
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
