//! Defaults that are expressions: SQLite evaluates them when a row wants one, and not before.

use std::collections::HashMap;

use super::error::DeclaredProblem;
use crate::db::{Scratch, Stub};
use crate::schema::{Column, Name, ObjectKind, Schema};
use crate::source::{Location, Problem};

/// The defaults that no row could get, each at its place. Functions of the application are known by
/// name from here on.
pub(super) fn problems(
    database: &Scratch,
    schema: &Schema,
    places: &HashMap<(ObjectKind, Name), Location>,
) -> Vec<Problem<DeclaredProblem>> {
    let mut problems = Vec::new();
    for table in &schema.tables {
        let Some(place) = places.get(&(ObjectKind::Table, table.name.clone())) else { continue };
        for column in &table.columns {
            // Nothing else can fail.
            let Some(default) = column.default.as_ref().filter(|it| it.text().contains('(')) else {
                continue;
            };
            let Err(err) = database.execute(&format!("SELECT ({})", default.text())) else {
                continue;
            };
            if err.message.ends_with(Stub::IS_CALLED) {
                continue;
            }
            let (name, message) = (format!("{}.{}", table.name, column.name), err.message);
            let kind = DeclaredProblem::Default { name, message };
            problems.push(Problem { location: at(column, default.text(), place), kind });
        }
    }
    problems
}

/// Where a default stands in the statement at `place`; the whole of it where that is not found.
fn at(column: &Column, default: &str, place: &Location) -> Location {
    let sql = &place.source.text[place.span.clone()];
    let found = sql.find(&column.definition).and_then(|start| {
        let start = start + column.definition.find(default)?;
        Some(place.span.start + start..place.span.start + start + default.len())
    });
    Location::new(&place.source, found.unwrap_or_else(|| place.span.clone()))
}
