//! The objects that the user made, as `sqlite_schema` lists them.

use std::collections::HashSet;

use super::version_table::table_exists;
use super::{Database, DbError};
use crate::schema::{ObjectKind, SchemaObject};
use crate::sql::lexer::{Token, tokens};

/// How SQLite begins the text of every virtual table, however it was written.
pub(super) const VIRTUAL: &str = "CREATE VIRTUAL TABLE ";

impl Database {
    /// The user's objects in the order in which `sqlite_schema` has them, which is an order in which
    /// they can be made.
    ///
    /// Left out are SQLite's own tables and indexes, the shadow tables in which virtual tables keep
    /// their data, and tables and views that are excluded, with their indexes and triggers.
    pub fn schema_objects(
        &self,
        is_excluded: &dyn Fn(&str) -> bool,
    ) -> Result<Vec<SchemaObject>, DbError> {
        let mut objects = self.listed_objects()?;
        let shadows = self.shadow_tables(objects.iter())?;
        objects.retain(|it| {
            let is_shadow = !shadows.is_empty() && shadows.contains(&it.table.to_ascii_lowercase());
            !is_shadow && !is_excluded(&it.table)
        });
        Ok(objects)
    }

    /// Whether there is a table or a view of this name; shadow tables count.
    pub fn has_table(&self, name: &str) -> Result<bool, DbError> {
        table_exists(self, name)
    }

    /// Everything that has a statement, shadow tables too.
    fn listed_objects(&self) -> Result<Vec<SchemaObject>, DbError> {
        let error = self.error("read the schema of");
        // What SQLite makes by itself either has no statement (an index of UNIQUE) or a name that it
        // keeps for itself.
        let sql = "SELECT type, name, tbl_name, sql FROM main.sqlite_schema
                   WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
                   ORDER BY rowid";
        let mut objects = Vec::new();
        let mut statement = self.connection.prepare(sql).map_err(&error)?;
        let mut rows = statement.query([]).map_err(&error)?;
        while let Some(row) = rows.next().map_err(&error)? {
            let Some(kind) = kind_of(row.get_ref(0).map_err(&error)?.as_bytes()) else { continue };
            objects.push(SchemaObject {
                kind,
                name: row.get(1).map_err(&error)?,
                table: row.get(2).map_err(&error)?,
                sql: row.get(3).map_err(&error)?,
            });
        }
        Ok(objects)
    }

    /// The names of the shadow tables, in lower case.
    ///
    /// SQLite knows them by the module. Where it does not know the module, every table whose name
    /// begins with that of the virtual table and `_` counts: all modules call theirs like that.
    pub(super) fn shadow_tables<'o>(
        &self,
        objects: impl Iterator<Item = &'o SchemaObject> + Clone,
    ) -> Result<HashSet<String>, DbError> {
        let virtual_tables: Vec<&SchemaObject> =
            objects.clone().filter(|it| it.sql.starts_with(VIRTUAL)).collect();
        // Asking SQLite takes a look at each view and table.
        if virtual_tables.is_empty() {
            return Ok(HashSet::new());
        }
        let sql = "SELECT lower(name) FROM pragma_table_list
                   WHERE schema = 'main' AND type = 'shadow'";
        let mut shadows = self.names(sql)?;
        let modules = self.names("SELECT lower(name) FROM pragma_module_list")?;
        let prefixes: Vec<String> = virtual_tables
            .into_iter()
            .filter(|it| module(&it.sql).is_none_or(|it| !modules.contains(&it)))
            .map(|it| format!("{}_", it.name.to_ascii_lowercase()))
            .collect();
        if !prefixes.is_empty() {
            let tables = objects.filter(|it| it.kind == ObjectKind::Table);
            let tables = tables.filter(|it| !it.sql.starts_with(VIRTUAL));
            let names = tables.map(|it| it.name.to_ascii_lowercase());
            shadows.extend(names.filter(|it| prefixes.iter().any(|prefix| it.starts_with(prefix))));
        }
        Ok(shadows)
    }

    fn names(&self, sql: &str) -> Result<HashSet<String>, DbError> {
        let error = self.error("read the schema of");
        let mut statement = self.connection.prepare(sql).map_err(&error)?;
        let names = statement.query_map([], |row| row.get(0)).map_err(&error)?;
        names.collect::<Result<_, _>>().map_err(&error)
    }
}

/// The kind that a value of `sqlite_schema.type` names.
pub(super) fn kind_of<E>(value: Result<&[u8], E>) -> Option<ObjectKind> {
    match value.unwrap_or_default() {
        b"table" => Some(ObjectKind::Table),
        b"index" => Some(ObjectKind::Index),
        b"view" => Some(ObjectKind::View),
        b"trigger" => Some(ObjectKind::Trigger),
        _ => None,
    }
}

/// The module of a virtual table, in lower case: `CREATE VIRTUAL TABLE name USING module`.
fn module(sql: &str) -> Option<String> {
    let token = tokens(sql).filter(Token::is_significant).nth(5)?;
    Some(token.name(sql)?.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database(sql: &str) -> Database {
        let database = Database::open_in_memory().unwrap();
        database.connection.execute_batch(sql).unwrap();
        database
    }

    /// The kinds and names of the objects.
    fn names(database: &Database, is_excluded: &dyn Fn(&str) -> bool) -> String {
        let objects = database.schema_objects(is_excluded).unwrap();
        let show = |it: &SchemaObject| format!("{:?} {}", it.kind, it.name);
        objects.iter().map(show).collect::<Vec<_>>().join(", ")
    }

    #[track_caller]
    fn check(sql: &str, expected: &str) {
        assert_eq!(names(&database(sql), &|_| false), expected);
    }

    #[test]
    fn they_come_in_the_order_in_which_they_were_made() {
        check(
            "CREATE VIEW v AS SELECT * FROM t; CREATE TABLE t(a UNIQUE, b); CREATE INDEX i ON t(b);
             CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; END; CREATE TABLE s(a)",
            "View v, Table t, Index i, Trigger r, Table s",
        );
        check("", "");
    }

    #[test]
    fn what_sqlite_keeps_for_itself_is_left_out() {
        check(
            "CREATE TABLE t(a INTEGER PRIMARY KEY AUTOINCREMENT, b UNIQUE); ANALYZE;
             CREATE TABLE sqlitey(a)",
            "Table t, Table sqlitey",
        );
    }

    #[test]
    fn shadow_tables_are_left_out() {
        check(
            "CREATE VIRTUAL TABLE Docs USING fts5(body); CREATE TABLE docs_archive(a);
             CREATE VIRTUAL TABLE box USING rtree(id, x0, x1); CREATE VIEW broken AS SELECT nope",
            "Table Docs, Table docs_archive, Table box, View broken",
        );
    }

    #[test]
    fn shadow_tables_of_an_unknown_module_go_by_their_names() {
        let database = database(
            "CREATE TABLE Vec_chunks(a); CREATE INDEX i ON vec_chunks(a); CREATE TABLE vector(a);
             PRAGMA writable_schema = ON;
             INSERT INTO sqlite_schema VALUES ('table', 'vec', 'vec', 0,
                 'CREATE VIRTUAL TABLE vec USING vec0(a float[3])');
             PRAGMA writable_schema = RESET;",
        );
        assert_eq!(names(&database, &|_| false), "Table vector, Table vec");
    }

    #[test]
    fn what_is_excluded_takes_its_indexes_and_triggers_along() {
        let database = database(
            "CREATE TABLE Old(a); CREATE TABLE new(a); CREATE INDEX i ON old(a);
             CREATE INDEX j ON new(a); CREATE TRIGGER r AFTER INSERT ON OLD BEGIN SELECT 1; END;
             CREATE VIEW old_view AS SELECT 1",
        );
        let is_excluded = |it: &str| it.to_ascii_lowercase().starts_with("old");
        assert_eq!(names(&database, &is_excluded), "Table new, Index j");
    }
}
