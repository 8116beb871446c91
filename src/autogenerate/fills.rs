//! Values that the user gives to existing rows, looked at before anything is made of them.

use super::Request;
use crate::db::{DbError, Scratch};
use crate::diff::Diff;
use crate::generate::Fill;
use crate::schema::{Schema, Table};
use crate::similar::similar;

/// Why a `--fill` cannot be one. `place` is its table and column.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FillError {
    /// The declared schema has no such column.
    #[error("`--fill {place}` names no column of the declared schema")]
    Unknown {
        /// Where it was to go.
        place: String,
        /// What it may have meant.
        similar: Vec<String>,
    },
    /// There is another one for the column.
    #[error("`--fill {place}` is given twice")]
    Twice {
        /// Where both go.
        place: String,
    },
    /// The column is not new, and its rows may have what they have.
    #[error("`{place}` needs no `--fill`: its rows have values")]
    Needless {
        /// Where it was to go.
        place: String,
    },
    /// It gives another number of rows than there are.
    #[error("`--fill {place}` is no value for each row: it has an aggregate function")]
    Aggregate {
        /// Where it was to go.
        place: String,
    },
    /// SQLite would take a name in double quotes for a text.
    #[error("`--fill {place}` names the column {word}, which is not there")]
    Word {
        /// Where it was to go.
        place: String,
        /// The name, with its quotes.
        word: String,
    },
}

/// Whether each is for another column, and one that is declared.
pub(super) fn check_places(request: &Request<'_>) -> Result<(), FillError> {
    for (idx, fill) in request.fills.iter().enumerate() {
        let place = place(fill);
        let table = request.to.table(&fill.table);
        if table.and_then(|it| it.column(&fill.column)).is_none() {
            let similar = similar_places(fill, table, request.to);
            return Err(FillError::Unknown { place, similar });
        }
        let is_same = |it: &Fill| it.table == fill.table && it.column == fill.column;
        if request.fills[..idx].iter().any(is_same) {
            return Err(FillError::Twice { place });
        }
    }
    Ok(())
}

fn similar_places(fill: &Fill, table: Option<&Table>, to: &Schema) -> Vec<String> {
    if let Some(table) = table {
        let columns = table.columns.iter().map(|it| it.name.as_str());
        let found = similar(fill.column.as_str(), columns).into_iter();
        return found.map(|it| format!("{}.{it}", table.name)).collect();
    }
    let tables = to.tables.iter().filter(|it| it.column(&fill.column).is_some());
    let found = similar(fill.table.as_str(), tables.map(|it| it.name.as_str())).into_iter();
    found.map(|it| format!("{it}.{}", fill.column)).collect()
}

/// Whether rows of a table need each value: the column is new, must not be NULL any more, or gets
/// another type and a value made for it.
pub(super) fn check_need(request: &Request<'_>, diff: &Diff<'_>) -> Result<(), FillError> {
    let is_needed = |fill: &&Fill| {
        let table = diff.altered.iter().find(|it| it.to.name == fill.table);
        table.is_some_and(|it| {
            let changed = it.changed.iter().find(|(_, new)| new.name == fill.column);
            it.added.iter().any(|it| it.name == fill.column)
                || changed
                    .is_some_and(|(old, new)| new.not_null.is_some() || fill.converts(old, new))
                || it.has_other_primary_key
        })
    };
    match request.fills.iter().find(|it| !is_needed(it)) {
        Some(fill) => Err(FillError::Needless { place: place(fill) }),
        None => Ok(()),
    }
}

/// Tries an expression in the database at the parent, whose names are those of afterwards.
///
/// An aggregate over no rows is one row, and over all rows too: a copy with it would lose the
/// others. What else SQLite refuses is found by the proof, which says so.
pub(super) fn check_expression(
    renamed: &Scratch,
    fill: &Fill,
    table: &Table,
) -> Result<Result<(), FillError>, DbError> {
    let place = place(fill);
    let columns: Vec<String> =
        table.columns.iter().map(|it| format!("NULL AS {}", it.name.quoted())).collect();
    let sql = format!(
        "SELECT typeof({}) FROM (SELECT {}) AS {} WHERE 0",
        fill.expression,
        columns.join(", "),
        table.name.quoted()
    );
    let refusal = renamed.strictly(|it| it.execute(&sql))?.err();
    let unknown = refusal.as_ref().and_then(|it| it.message.strip_prefix("no such column: "));
    // Where it would be a text otherwise, SQLite asks whether it should be one.
    if let Some((word, _)) = unknown.and_then(|it| it.split_once(" - should this be")) {
        return Ok(Err(FillError::Word { place, word: word.to_owned() }));
    }
    if renamed.texts(&sql).is_ok_and(|rows| !rows.is_empty()) {
        return Ok(Err(FillError::Aggregate { place }));
    }
    Ok(Ok(()))
}

fn place(fill: &Fill) -> String {
    format!("{}.{}", fill.table, fill.column)
}
