//! What a run leaves that it must not: another schema than it should, views and triggers that do not
//! compile.

use super::{Finding, Rehearsal, RehearsalError};
use crate::autogenerate::compare;
use crate::db::SchemaSnapshot;
use crate::diff::lines::{Line, Sign};
use crate::schema;

/// What differs between the schema that should be and the one that is.
///
/// Only what differs by its text is taken apart: a thousand tables that stay as they are cost a
/// comparison of bytes.
pub(super) fn difference(
    rehearsal: &Rehearsal<'_>,
    expected: &SchemaSnapshot,
    found: &SchemaSnapshot,
) -> Result<Vec<Line>, RehearsalError> {
    let differing = expected.differing(found, rehearsal.is_excluded);
    let from = schema::read(&differing.left)?;
    let mut lines = compare(&from, &schema::read(&differing.right)?, rehearsal.by_order);
    let numbers = expected.other_numbers(found).into_iter();
    lines.extend(numbers.map(|it| Line {
        sign: Sign::Changed,
        kind: "pragma",
        name: it.name.to_owned(),
        detail: format!("now {}, was {}", it.after, it.before),
    }));
    Ok(lines)
}

/// The same as a finding, without what is known already.
pub(super) fn schema_finding(mut lines: Vec<Line>, known: &[Line]) -> Option<Finding> {
    lines.retain(|it| !known.contains(it));
    if lines.is_empty() { None } else { Some(Finding::Schema(lines)) }
}
