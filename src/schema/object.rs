//! Views, triggers and virtual tables: a head, and a rest that is taken as it is.

use super::cursor::{Cursor, Expected};
use super::fragment::{Fragment, meaning};
use super::{Name, SchemaObject, Trigger, View, VirtualTable, read};
use crate::sql::lexer::TokenKind;

/// Reads `CREATE VIEW`, from behind `CREATE`.
pub(super) fn view(object: &SchemaObject, mut cursor: Cursor<'_>) -> Result<View, Expected> {
    read::head(&mut cursor, "VIEW")?;
    Ok(View {
        name: Name::new(&object.name),
        definition: cursor.fragment(cursor.next()..cursor.end()),
        sql: object.sql.clone(),
    })
}

/// Reads `CREATE TRIGGER`, from behind `CREATE`.
pub(super) fn trigger(object: &SchemaObject, mut cursor: Cursor<'_>) -> Result<Trigger, Expected> {
    read::head(&mut cursor, "TRIGGER")?;
    let start = cursor.next();
    cursor.eat(&["BEFORE"]);
    let event = cursor.next();
    // `ON` cannot be a name, so none of the columns of `UPDATE OF` is one.
    while cursor.peek(0).is_some() && !cursor.is(&["ON"]) {
        cursor.skip();
    }
    cursor.expect("ON")?;
    let on = cursor.next();
    cursor.qualified_name()?;
    // The table is written without the name of the schema.
    let table = cursor.next() - 1;
    cursor.eat(&["FOR", "EACH", "ROW"]);
    let rest = cursor.next();
    if rest == cursor.end() {
        return Err(cursor.expected("BEGIN"));
    }
    let parts = [event..on, table..table + 1, rest..cursor.end()];
    let parts = parts.map(|it| meaning(cursor.sql(), cursor.tokens(it)));
    let text = cursor.text(start..cursor.end()).to_owned();
    Ok(Trigger {
        name: Name::new(&object.name),
        table: Name::new(&object.table),
        definition: Fragment::with_meaning(text, &parts.join(" ")),
        sql: object.sql.clone(),
    })
}

/// Reads `CREATE VIRTUAL TABLE`, from behind `VIRTUAL`.
pub(super) fn virtual_table(
    object: &SchemaObject,
    mut cursor: Cursor<'_>,
) -> Result<VirtualTable, Expected> {
    read::head(&mut cursor, "TABLE")?;
    cursor.expect("USING")?;
    let module = cursor.name()?;
    let has_arguments = cursor.is_kind(0, TokenKind::LeftParenthesis);
    let arguments = if has_arguments { cursor.parenthesized()? } else { 0..0 };
    Ok(VirtualTable {
        name: Name::new(&object.name),
        module,
        arguments: cursor.fragment(arguments),
        sql: object.sql.clone(),
    })
}
