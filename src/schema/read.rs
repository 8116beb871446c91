//! From the rows of `sqlite_schema` to a [`Schema`].

use std::collections::HashMap;

use super::cursor::{Cursor, Expected};
use super::{Column, Name, ObjectKind, Schema, SchemaObject, Table, index, object, table};

/// A statement that SQLite has accepted and this version of migrator does not understand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the SQL of {kind} `{name}` cannot be read: expected {expected} at byte {offset}")]
pub struct ReadError {
    /// What it makes.
    pub kind: ObjectKind,
    /// Its name.
    pub name: String,
    /// The statement.
    pub sql: String,
    /// What should stand at `offset`.
    pub expected: &'static str,
    /// A byte of the statement.
    pub offset: usize,
}

/// Reads what SQLite says about a schema.
///
/// Linear in the size of the texts. `objects` are in the order of `sqlite_schema`.
///
/// # Errors
///
/// The first statement that is not understood.
pub fn read(objects: &[SchemaObject]) -> Result<Schema, ReadError> {
    let mut schema = Schema::default();
    for it in objects {
        read_object(&mut schema, it).map_err(|err| ReadError {
            kind: it.kind,
            name: it.name.clone(),
            sql: it.sql.clone(),
            expected: err.what,
            offset: err.offset,
        })?;
    }
    let by_name: HashMap<Name, usize> =
        schema.tables.iter().enumerate().map(|(idx, it)| (it.name.clone(), idx)).collect();
    name_parent_columns(&mut schema.tables, &by_name);
    for it in &mut schema.indexes {
        let Some(table) = by_name.get(&it.table).map(|it| &schema.tables[*it]) else { continue };
        for fragment in it.columns.iter_mut().chain(&mut it.condition) {
            fragment.with_strings(|it| is_column(it, &table.columns));
        }
    }
    Ok(schema)
}

fn read_object(schema: &mut Schema, it: &SchemaObject) -> Result<(), Expected> {
    let mut cursor = Cursor::new(&it.sql);
    cursor.expect("CREATE")?;
    match it.kind {
        ObjectKind::Table if cursor.eat(&["VIRTUAL"]) => {
            schema.virtual_tables.push(object::virtual_table(it, cursor)?);
        }
        ObjectKind::Table => schema.tables.push(table::table(it, cursor)?),
        ObjectKind::Index => schema.indexes.push(index::index(it, cursor)?),
        ObjectKind::View => schema.views.push(object::view(it, cursor)?),
        ObjectKind::Trigger => schema.triggers.push(object::trigger(it, cursor)?),
    }
    Ok(())
}

/// Goes past `[TEMP] kind [IF NOT EXISTS] [schema.]name`.
pub(super) fn head(cursor: &mut Cursor<'_>, kind: &'static str) -> Result<(), Expected> {
    let _is_temporary = cursor.eat(&["TEMP"]) || cursor.eat(&["TEMPORARY"]);
    cursor.expect(kind)?;
    cursor.eat(&["IF", "NOT", "EXISTS"]);
    cursor.qualified_name()?;
    Ok(())
}

/// Whether an expression over these columns can name one like that.
pub(super) fn is_column(name: &str, columns: &[Column]) -> bool {
    let is_rowid = ["rowid", "oid", "_rowid_"].iter().any(|it| it.eq_ignore_ascii_case(name));
    is_rowid || columns.iter().any(|it| it.name.is(name))
}

/// `REFERENCES parent` without columns means the primary key of the parent.
fn name_parent_columns(tables: &mut [Table], by_name: &HashMap<Name, usize>) {
    for child_idx in 0..tables.len() {
        for key_idx in 0..tables[child_idx].foreign_keys.len() {
            let key = &tables[child_idx].foreign_keys[key_idx];
            if !key.parent_columns.is_empty() {
                continue;
            }
            let parent = by_name.get(&key.parent).map(|it| &tables[*it]);
            let Some(primary_key) = parent.and_then(|it| it.primary_key.as_ref()) else { continue };
            // With another number of columns the key does not work, and nothing is known.
            if primary_key.columns.len() == key.columns.len() {
                let columns = primary_key.columns.iter().map(|it| it.name.clone()).collect();
                tables[child_idx].foreign_keys[key_idx].parent_columns = columns;
            }
        }
    }
}
