//! What is wrong in a database before and after a run: dangling foreign keys, and views and triggers
//! that do not compile.
//!
//! Both are looked at twice and compared, because a database may have had either for years, and that
//! must not keep it from ever being migrated.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rusqlite::OptionalExtension as _;

use super::{Database, DbError, SqliteError, SqliteErrorKind, quote_identifier};

/// How many rows of one kind of violation are named.
const N_NAMED_ROWS: usize = 5;

/// The dangling foreign keys of a database at one moment.
#[derive(Debug, Clone, Default)]
pub struct ForeignKeyState {
    /// The root page of each table: what tells a table that was renamed or built anew from itself.
    /// Empty where no table has a foreign key.
    roots: HashMap<String, i64>,
    /// The rows in violation, by child and parent table; sorted; `None` in tables WITHOUT ROWID.
    violations: BTreeMap<(String, String), Vec<Option<i64>>>,
    /// The tables that SQLite cannot check, because a key in their parent is not unique, and what
    /// it says of them.
    mismatches: BTreeMap<String, String>,
}

/// Rows that reference nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignKeyViolation {
    /// The table that holds them.
    pub child: String,
    /// The table that they should reference.
    pub parent: String,
    /// How many there are.
    pub n_rows: usize,
    /// The rowids of the first few; empty where the table has none.
    pub rowids: Vec<i64>,
}

/// What dropping a table does to another one while foreign keys are enforced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DropEffect {
    /// The table whose rows would be deleted or changed.
    pub child: String,
    /// How many rows.
    pub n_rows: i64,
}

/// The first table of which `DROP TABLE table` would delete or change rows, if foreign keys are
/// enforced: it deletes all rows of the table first, which `ON DELETE CASCADE`, `SET NULL` and
/// `SET DEFAULT` pass on, and no check finds anything wrong afterwards.
pub fn effect_of_drop(database: &Database, table: &str) -> Result<Option<DropEffect>, DbError> {
    let connection = &database.connection;
    let error = database.error("check the foreign keys of");
    let sql = format!("SELECT child.name, key.\"from\" FROM {}", keys_that_act_sql("?1"));
    let mut statement = connection.prepare(&sql).map_err(&error)?;
    let keys = statement.query_map([table], |row| Ok((row.get(0)?, row.get(1)?)));
    let keys: Vec<(String, String)> =
        keys.and_then(Iterator::collect::<rusqlite::Result<_>>).map_err(&error)?;
    for (child, column) in keys {
        let sql = format!(
            "SELECT count(*) FROM main.{} WHERE {} IS NOT NULL AND EXISTS (SELECT 1 FROM main.{})",
            quote_identifier(&child),
            quote_identifier(&column),
            quote_identifier(table)
        );
        let n_rows: i64 = connection.query_row(&sql, [], |row| row.get(0)).map_err(&error)?;
        if n_rows > 0 {
            return Ok(Some(DropEffect { child, n_rows }));
        }
    }
    Ok(None)
}

/// What stands behind `FROM` in a query for the foreign keys, `key`, of other tables, `child`, that
/// pass on the loss of rows of `table`, a value in SQL. None where there is no such table: then `DROP
/// TABLE IF EXISTS` does nothing.
///
/// By the old name of `sqlite_schema`, for the sake of scripts: the new one is known from 3.33 on.
pub(crate) fn keys_that_act_sql(table: &str) -> String {
    format!(
        "main.sqlite_master AS child, pragma_foreign_key_list(child.name, 'main') AS key \
         WHERE child.type = 'table' AND child.name <> {table} COLLATE NOCASE \
         AND key.\"table\" = {table} COLLATE NOCASE \
         AND key.on_delete IN ('CASCADE', 'SET NULL', 'SET DEFAULT') \
         AND EXISTS (SELECT 1 FROM main.sqlite_master \
         WHERE type = 'table' AND name = {table} COLLATE NOCASE)"
    )
}

/// Looks for dangling foreign keys, one table at a time.
///
/// A foreign key whose parent key is not unique makes the form of the PRAGMA that checks the whole
/// database fail, so that one such table would hide all others (SQLite: "foreign key mismatch").
/// Reads all rows of the tables that have foreign keys, about 20 million in a second.
pub fn foreign_keys(database: &Database) -> Result<ForeignKeyState, DbError> {
    let connection = &database.connection;
    let error = database.error("check the foreign keys of");
    let mut state = ForeignKeyState::default();

    // There is no foreign key without the word, and looking for it is much faster than asking for
    // the keys of each table. Virtual tables, which have no root page, have none.
    let sql = "SELECT name, sql FROM main.sqlite_schema WHERE type = 'table' AND rootpage > 0";
    let mut children: Vec<String> = Vec::new();
    let mut tables = connection.prepare(sql).map_err(&error)?;
    let mut rows = tables.query([]).map_err(&error)?;
    while let Some(row) = rows.next().map_err(&error)? {
        let sql = row.get_ref(1).map_err(&error)?.as_bytes_or_null();
        if sql.is_ok_and(|it| it.is_some_and(has_references)) {
            children.push(row.get(0).map_err(&error)?);
        }
    }
    if children.is_empty() {
        return Ok(state);
    }
    let sql = "SELECT name, rootpage FROM main.sqlite_schema
               WHERE type = 'table' AND rootpage > 0";
    let mut tables = connection.prepare(sql).map_err(&error)?;
    let roots = tables.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).map_err(&error)?;
    state.roots = roots.collect::<Result<_, _>>().map_err(&error)?;

    for child in children {
        match violations_of(database, &child) {
            Ok(found) => {
                for (parent, rowid) in found {
                    state.violations.entry((child.clone(), parent)).or_default().push(rowid);
                }
            }
            Err(err) if err.message.starts_with("foreign key mismatch") => {
                state.mismatches.insert(child, err.message);
            }
            Err(err) => {
                let path = database.path.clone();
                return Err(DbError::sqlite(path, "check the foreign keys of", err));
            }
        }
    }
    for rowids in state.violations.values_mut() {
        rowids.sort_unstable();
    }
    Ok(state)
}

/// Whether one of these tables has dangling foreign keys, or some that cannot be checked: a first look
/// that is cheaper than [`foreign_keys`].
pub fn has_dangling_keys<'c>(
    database: &Database,
    mut children: impl Iterator<Item = &'c str>,
) -> bool {
    // What cannot be asked here is asked, and said, by the second look.
    children.any(|it| violations_of(database, it).map_or(true, |found| !found.is_empty()))
}

/// Whether the word `REFERENCES` stands in a text.
pub(super) fn has_references(sql: &[u8]) -> bool {
    const WORD: &[u8] = b"REFERENCES";
    sql.windows(WORD.len()).any(|it| it.eq_ignore_ascii_case(WORD))
}

/// The parent table and the rowid of each violation in one table.
fn violations_of(
    database: &Database,
    child: &str,
) -> Result<Vec<(String, Option<i64>)>, SqliteError> {
    let sql = "SELECT parent, rowid FROM pragma_foreign_key_check(?1, 'main')";
    let mut statement = database.connection.prepare_cached(sql)?;
    let rows = statement.query_map([child], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

impl ForeignKeyState {
    /// Whether nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.violations.is_empty() && self.mismatches.is_empty()
    }

    /// What is in violation now and was not in `before`.
    ///
    /// A violation is known again by its tables and its rowid, under the old name of a table that
    /// was renamed too. A table that was built anew may have renumbered its rows, and a table WITHOUT
    /// ROWID never says which: there, more violations than before are new ones. Where SQLite could
    /// not check a table before, nothing is known to be new.
    pub fn new_since(&self, before: &Self) -> Vec<ForeignKeyViolation> {
        let mut new = Vec::new();
        for ((child, parent), rowids) in &self.violations {
            let old_children = self.old_names(child, before);
            if old_children.iter().any(|old| before.mismatches.contains_key(*old)) {
                continue;
            }
            let mut old: Vec<Option<i64>> = Vec::new();
            for child in old_children {
                for parent in self.old_names(parent, before) {
                    let key = (child.to_owned(), parent.to_owned());
                    old.extend(before.violations.get(&key).into_iter().flatten());
                }
            }
            old.sort_unstable();
            let is_renumbered = before.roots.get(child).is_some_and(|it| self.roots[child] != *it);
            let mut added = subtract(rowids, &old);
            if is_renumbered || rowids.contains(&None) {
                added.truncate(rowids.len().saturating_sub(old.len()));
            }
            if !added.is_empty() {
                new.push(ForeignKeyViolation {
                    child: child.clone(),
                    parent: parent.clone(),
                    n_rows: added.len(),
                    rowids: added.into_iter().flatten().take(N_NAMED_ROWS).collect(),
                });
            }
        }
        new
    }

    /// The tables that SQLite can check no more: with foreign keys enforced, every write to them or
    /// to their parent would fail.
    pub fn new_mismatches_since(&self, before: &Self) -> Vec<BrokenObject> {
        let is_new = |child: &str| {
            !self.old_names(child, before).iter().any(|it| before.mismatches.contains_key(*it))
        };
        let new = self.mismatches.iter().filter(|(child, _)| is_new(child));
        new.map(|(child, message)| BrokenObject {
            name: child.clone(),
            triggers: Vec::new(),
            is_mismatch: true,
            message: message.clone(),
        })
        .collect()
    }

    /// What a table of now may have been called before: the same, or as the one that had its page.
    fn old_names<'a>(&self, name: &'a str, before: &'a Self) -> BTreeSet<&'a str> {
        let root = self.roots.get(name);
        let renamed = before.roots.iter().find(|(_, it)| Some(*it) == root);
        renamed.map(|(old, _)| old.as_str()).into_iter().chain([name]).collect()
    }
}

/// The elements of `all` without those of `some`, each as often as it stands there; both sorted.
fn subtract(all: &[Option<i64>], some: &[Option<i64>]) -> Vec<Option<i64>> {
    let mut some = some.iter().peekable();
    let is_left = |it: &&Option<i64>| {
        while some.next_if(|other| other < it).is_some() {}
        some.next_if_eq(it).is_none()
    };
    all.iter().filter(is_left).copied().collect()
}

/// The views, and the tables with triggers, that do not compile.
#[derive(Debug, Clone, Default)]
pub struct ObjectState {
    /// What SQLite says of each; by name.
    pub broken: BTreeMap<String, BrokenObject>,
    /// Those that use a function, a collation or a module that migrator does not have; the
    /// application may well.
    pub unknown: BTreeMap<String, BrokenObject>,
}

/// A view, or a table with triggers, that does not compile; or a table with a foreign key mismatch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenObject {
    /// The view, or the table.
    pub name: String,
    /// Its triggers; empty where the view or the table itself is broken. SQLite does not say which of them it is.
    pub triggers: Vec<String>,
    /// Whether it is a table with a foreign key to what is no key of its parent.
    pub is_mismatch: bool,
    /// What SQLite said.
    pub message: String,
}

/// Compiles every view, and for each table with triggers the statements that fire them.
///
/// Nothing is run. SQLite lets a table or column be dropped that a view or the body of a trigger
/// needs; the statement that uses them fails then, in production.
pub fn objects(database: &Database) -> Result<ObjectState, DbError> {
    let error = database.error("read the schema of");
    let sql = "SELECT type = 'view', name, tbl_name FROM main.sqlite_schema
               WHERE type IN ('view', 'trigger')";
    let mut views = Vec::new();
    let mut triggers: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut statement = database.connection.prepare(sql).map_err(&error)?;
    let mut rows = statement.query([]).map_err(&error)?;
    while let Some(row) = rows.next().map_err(&error)? {
        let name = row.get(1).map_err(&error)?;
        if row.get(0).map_err(&error)? {
            views.push(name);
        } else {
            triggers.entry(row.get(2).map_err(&error)?).or_default().push(name);
        }
    }

    let mut state = ObjectState::default();
    for view in views {
        state.compile_view(database, &view)?;
    }
    for (table, triggers) in triggers {
        state.compile_triggers(database, &table, &triggers)?;
    }
    Ok(state)
}

/// Statements that fire every trigger of a table.
fn firing_statements(database: &Database, table: &str) -> Result<Vec<String>, DbError> {
    let error = database.error("read the schema of");
    // Generated columns cannot be set. A view that does not compile has no columns to ask for; the
    // view itself was reported.
    let sql = "SELECT group_concat('\"' || replace(name, '\"', '\"\"') || '\" = NULL', ', ')
               FROM pragma_table_xinfo(?1, 'main') WHERE hidden = 0";
    let columns: Option<Option<String>> =
        match database.connection.query_row(sql, [table], |row| row.get(0)).optional() {
            Ok(columns) => columns,
            Err(err) if is_interrupt(&err) => return Err(error(err)),
            Err(_) => None,
        };
    let table = quote_identifier(table);
    let mut statements = vec![
        format!("EXPLAIN INSERT INTO main.{table} DEFAULT VALUES"),
        format!("EXPLAIN DELETE FROM main.{table}"),
    ];
    if let Some(assignments) = columns.flatten() {
        statements.push(format!("EXPLAIN UPDATE main.{table} SET {assignments}"));
    }
    Ok(statements)
}

fn is_interrupt(err: &rusqlite::Error) -> bool {
    err.sqlite_error_code() == Some(rusqlite::ErrorCode::OperationInterrupted)
}

impl ObjectState {
    /// Compiles a view.
    pub(super) fn compile_view(&mut self, database: &Database, view: &str) -> Result<(), DbError> {
        let select = format!("EXPLAIN SELECT * FROM main.{}", quote_identifier(view));
        self.compile(database, view, &[], &select)
    }

    /// Compiles the triggers of a table or view.
    pub(super) fn compile_triggers(
        &mut self,
        database: &Database,
        table: &str,
        triggers: &[String],
    ) -> Result<(), DbError> {
        for sql in firing_statements(database, table)? {
            self.compile(database, table, triggers, &sql)?;
        }
        Ok(())
    }

    fn compile(
        &mut self,
        database: &Database,
        name: &str,
        triggers: &[String],
        sql: &str,
    ) -> Result<(), DbError> {
        let Err(err) = database.connection.prepare(sql) else { return Ok(()) };
        let err = SqliteError::from(err);
        if err.kind != SqliteErrorKind::Other {
            return Err(DbError::sqlite(database.path.clone(), "read the schema of", err));
        }
        let is_unknown = ["no such function", "no such collation sequence", "no such module"]
            .iter()
            .any(|it| err.message.starts_with(it));
        // The two say nothing about a trigger: a view with a trigger for INSERT need not have one
        // for DELETE, and keys are checked elsewhere.
        let is_beside_the_point = err.message.ends_with("because it is a view")
            || err.message.starts_with("foreign key mismatch");
        if is_beside_the_point {
            return Ok(());
        }
        let object = BrokenObject {
            name: name.to_owned(),
            triggers: triggers.to_vec(),
            is_mismatch: false,
            message: err.message,
        };
        let kind = if is_unknown { &mut self.unknown } else { &mut self.broken };
        kind.entry(name.to_owned()).or_insert(object);
        Ok(())
    }

    /// What is broken now and was not in `before`, by name.
    pub fn newly_broken_since(&self, before: &Self) -> Vec<BrokenObject> {
        only_in(&self.broken, &before.broken)
    }

    /// What needs something unknown now and did not in `before`, by name.
    pub fn newly_unknown_since(&self, before: &Self) -> Vec<BrokenObject> {
        only_in(&self.unknown, &before.unknown)
    }
}

fn only_in(
    now: &BTreeMap<String, BrokenObject>,
    before: &BTreeMap<String, BrokenObject>,
) -> Vec<BrokenObject> {
    now.iter().filter(|(name, _)| !before.contains_key(*name)).map(|(_, it)| it.clone()).collect()
}

#[cfg(test)]
mod tests;
