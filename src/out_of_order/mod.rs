//! Whether a revision that was inserted below others can still run after them.
//!
//! Proven, not assumed. In memory, the revisions run in the order of the graph and then once more
//! with the inserted ones last, both from the same invented rows: both must leave the same schema,
//! the same rows and the same numbers in the header. What the rows of the live database would make
//! of it no invented rows can tell: what an inserted body works on, no body that ran after its place
//! may name; and what it changes otherwise, no body may have worked on rows through, be it by a
//! trigger, a view or a key. Where only the columns stand in another order, nothing that is still to
//! run may go by their positions.

mod positions;
mod rows;

use crate::autogenerate::{AutogenerateError, Contents, compare, fill, read_schema};
use crate::db::Scratch;
use crate::diff::lines::Line;
use crate::exec::{Replay, ReplayError, run_in_memory};
use crate::graph::walk::RevisionSet;
use crate::graph::{RevisionGraph, RevisionIndex};
use crate::plan::Direction;
use crate::revision::RevisionId;
use crate::schema::Schema;
use rows::Objects;

/// What is to be proven.
pub struct Question<'a> {
    /// The revisions.
    pub graph: &'a RevisionGraph,
    /// Everything that counts as applied, in the order in which it would run on an empty database.
    pub applied: &'a [RevisionIndex],
    /// What of it never ran, in the same order.
    pub inserted: &'a [RevisionIndex],
    /// How revisions are run in memory.
    pub replay: Replay<'a>,
    /// Whether the order of columns is part of the schema.
    pub by_order: bool,
    /// The names of tables and views that are nobody's business here.
    pub is_excluded: &'a dyn Fn(&str) -> bool,
}

/// Why inserted revisions cannot run after those that ran. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum OutOfOrderError {
    /// They leave another schema than in their place.
    #[error(
        "{} would leave another schema when run after the others than in {} place",
        describe(.revisions),
        if .revisions.len() == 1 { "its" } else { "their" }
    )]
    Differs {
        /// The inserted revisions.
        revisions: Vec<RevisionId>,
        /// What would differ from the schema that they make in their place; not empty.
        lines: Vec<Line>,
    },
    /// A body works on rows that others worked on after its place.
    #[error(
        "`{revision}` works on rows of `{of}`, and `{by}`, which ran without it, has to do with {}",
        if of == table {
            "it too".to_owned()
        } else {
            format!("`{table}`, which a foreign key, a view or a trigger ties to that")
        }
    )]
    Rows {
        /// The inserted revision.
        revision: RevisionId,
        /// A table or view that it names.
        of: String,
        /// The same one, or one that rows pass to from there.
        table: String,
        /// A revision that names the latter.
        by: RevisionId,
    },
    /// A body changes what others worked on rows through after its place.
    #[error(
        "`{revision}` changes `{table}`, and `{by}`, which ran without it, works on rows that pass \
         through it"
    )]
    Touches {
        /// The inserted revision.
        revision: RevisionId,
        /// A table or view.
        table: String,
        /// A revision that works on its rows, or on rows that lead to it.
        by: RevisionId,
    },
    /// They leave other rows than in their place.
    #[error(
        "{} would leave other rows in `{table}` when run after the others than in {} place",
        describe(.revisions),
        if .revisions.len() == 1 { "its" } else { "their" }
    )]
    OtherRows {
        /// The inserted revisions.
        revisions: Vec<RevisionId>,
        /// The table.
        table: String,
    },
    /// They leave another number in the header of the file than in their place.
    #[error(
        "{} would leave `PRAGMA {name}` at {late} when run after the others, and in {} place at \
         {in_place}",
        describe(.revisions),
        if .revisions.len() == 1 { "its" } else { "their" }
    )]
    Number {
        /// The inserted revisions.
        revisions: Vec<RevisionId>,
        /// The PRAGMA.
        name: &'static str,
        /// What it is in their place.
        in_place: i64,
        /// What it would be.
        late: i64,
    },
    /// The columns of a table come to stand in another order, and something goes by their positions.
    #[error(
        "{} would leave the columns of `{table}` in another order than in {} place, and {by} goes by \
         their positions",
        describe(.revisions),
        if .revisions.len() == 1 { "its" } else { "their" }
    )]
    Positions {
        /// The inserted revisions.
        revisions: Vec<RevisionId>,
        /// The table.
        table: String,
        /// A view, a trigger or a revision that is still to run, in backticks.
        by: String,
    },
    /// A body fails, in its place or after the others.
    #[error("{} cannot run after the others: {}", describe(.revisions), .source.failure)]
    Replay {
        /// The inserted revisions.
        revisions: Vec<RevisionId>,
        /// What failed.
        source: Box<ReplayError>,
    },
    /// A scratch database failed.
    #[error(transparent)]
    Scratch(#[from] AutogenerateError),
}

/// The ids, in backticks.
fn describe(revisions: &[RevisionId]) -> String {
    revisions.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ")
}

/// Proves that the inserted revisions can run last.
///
/// # Errors
///
/// [`OutOfOrderError`], with the first object or table that speaks against it.
pub fn prove(question: &Question<'_>) -> Result<(), OutOfOrderError> {
    let Question { graph, applied, inserted, .. } = question;
    let failed = |err| question.failed(err);
    let is_inserted = RevisionSet::of(graph, inserted.iter().copied());
    let place = applied.iter().position(|it| is_inserted.contains(*it)).unwrap_or(applied.len());
    let (below, in_place) = applied.split_at(place);
    let late: Vec<RevisionIndex> =
        in_place.iter().copied().filter(|it| !is_inserted.contains(*it)).collect();

    let start = question.replay.start().map_err(failed)?;
    run_all(question, &start, below, |_| Ok(()))?;
    let planned = start.copy().map_err(AutogenerateError::from)?;
    run_all(question, &planned, in_place, |_| Ok(()))?;

    // What there is at every moment at which a body ran without the inserted ones.
    let mut objects = Objects::default();
    objects.add(&planned)?;
    objects.add(&start)?;
    let actual = start.copy().map_err(AutogenerateError::from)?;
    run_all(question, &actual, &late, |it| objects.add(it))?;
    run_all(question, &actual, inserted, |_| Ok(()))?;

    let wanted = read_schema(&planned, question.is_excluded)?;
    let found = read_schema(&actual, question.is_excluded)?;
    let lines = compare(&wanted, &found, question.by_order);
    if !lines.is_empty() {
        return Err(OutOfOrderError::Differs { revisions: graph.ids(inserted), lines });
    }
    for index in *inserted {
        let after = in_place.iter().skip_while(|it| *it != index).copied();
        let after: Vec<_> = after.filter(|it| !is_inserted.contains(*it)).collect();
        objects.allow(graph, *index, &after)?;
    }
    same_numbers(question, &planned, &actual)?;
    let late: Vec<RevisionIndex> = late.into_iter().chain(inserted.iter().copied()).collect();
    same_rows(question, &start, in_place, &late, &wanted)?;
    same_positions(question, &wanted, &found, &actual)
}

impl Question<'_> {
    fn failed(&self, err: ReplayError) -> OutOfOrderError {
        let revisions = self.graph.ids(self.inserted);
        OutOfOrderError::Replay { revisions, source: Box::new(err) }
    }
}

/// Runs these revisions; shows the database after each.
fn run_all(
    question: &Question<'_>,
    scratch: &Scratch,
    order: &[RevisionIndex],
    mut see: impl FnMut(&Scratch) -> Result<(), OutOfOrderError>,
) -> Result<(), OutOfOrderError> {
    for index in order {
        let outcome = run_in_memory(scratch, question.graph, *index, Direction::Upgrade);
        outcome.map_err(|err| question.failed(err.into()))?;
        see(scratch)?;
    }
    Ok(())
}

/// Both orders leave the same numbers in the header.
fn same_numbers(
    question: &Question<'_>,
    planned: &Scratch,
    actual: &Scratch,
) -> Result<(), OutOfOrderError> {
    let revisions = question.graph.ids(question.inserted);
    match planned.other_numbers(actual).map_err(AutogenerateError::from)?.first() {
        None => Ok(()),
        Some(it) => Err(OutOfOrderError::Number {
            revisions,
            name: it.name,
            in_place: it.before,
            late: it.after,
        }),
    }
}

/// Both orders make the same of invented rows.
fn same_rows(
    question: &Question<'_>,
    start: &Scratch,
    in_place: &[RevisionIndex],
    late: &[RevisionIndex],
    wanted: &Schema,
) -> Result<(), OutOfOrderError> {
    let run = |start: &Scratch, order| {
        let scratch = start.copy().map_err(AutogenerateError::from)?;
        run_all(question, &scratch, order, |_| Ok(()))?;
        Ok::<_, OutOfOrderError>(Contents::of(&scratch, wanted)?)
    };
    let schema = read_schema(start, question.is_excluded)?;
    let start = fill(start, &schema, |it| run(it, in_place).is_ok())?;
    let planned = run(&start, in_place)?;
    let actual = run(&start, late)?;
    match planned.first_other(&actual, || run(&start, in_place))? {
        None => Ok(()),
        Some(table) => Err(OutOfOrderError::OtherRows {
            revisions: question.graph.ids(question.inserted),
            table: table.to_string(),
        }),
    }
}

/// Where columns come to stand in another order, nothing goes by their positions: no view, no
/// trigger, and no revision that is still to run.
fn same_positions(
    question: &Question<'_>,
    wanted: &Schema,
    found: &Schema,
    actual: &Scratch,
) -> Result<(), OutOfOrderError> {
    let Question { graph, applied, inserted, .. } = question;
    let is_applied = RevisionSet::of(graph, applied.iter().copied());
    let pending: Vec<RevisionIndex> =
        graph.indices().filter(|it| !is_applied.contains(*it)).collect();
    let objects = actual.database().schema_objects(question.is_excluded);
    let objects = objects.map_err(AutogenerateError::from)?;
    for table in &wanted.tables {
        let names = |it: &Schema| {
            let columns = it.table(&table.name).map(|it| it.columns.iter());
            columns.into_iter().flatten().map(|it| it.name.clone()).collect::<Vec<_>>()
        };
        if names(wanted) == names(found) {
            continue;
        }
        let by = positions::user(table.name.as_str(), &objects, graph, &pending);
        if let Some(by) = by {
            return Err(OutOfOrderError::Positions {
                revisions: graph.ids(inserted),
                table: table.name.to_string(),
                by,
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod random_tests;
#[cfg(test)]
mod tests;
