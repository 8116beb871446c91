//! Bodies run in memory, those of a range beside those of the one revision, and what both leave.

use super::RewriteError;
use super::squash::Settings;
use crate::autogenerate::{Contents, fill};
use crate::db::Scratch;
use crate::diff::Diff;
use crate::diff::lines::{Line, lines};
use crate::exec::{Failure, run_in_memory};
use crate::graph::{RevisionGraph, RevisionIndex};
use crate::plan::Direction;
use crate::revision::Revision;
use crate::schema::Schema;
use crate::source::Location;

/// Revisions that run one after another.
#[derive(Clone, Copy)]
pub(super) struct Bodies<'a> {
    pub graph: &'a RevisionGraph,
    /// In the order of their upgrades.
    pub members: &'a [RevisionIndex],
}

impl Bodies<'_> {
    /// What they make of a copy.
    pub fn run(&self, start: &Scratch, direction: Direction) -> Result<Scratch, RewriteError> {
        let scratch = start.copy()?;
        let run = |member: &RevisionIndex| {
            run_in_memory(&scratch, self.graph, *member, direction)
                .map(drop)
                .map_err(|failure| RewriteError::replay(failure.into()))
        };
        match direction {
            Direction::Upgrade => self.members.iter().try_for_each(run)?,
            Direction::Downgrade => self.members.iter().rev().try_for_each(run)?,
        }
        Ok(scratch)
    }

    /// A copy with invented rows in as many tables as let these run: rows may be against what a body
    /// asks of them.
    pub fn with_rows(
        &self,
        base: &Scratch,
        schema: &Schema,
        direction: Direction,
    ) -> Result<Scratch, RewriteError> {
        Ok(fill(base, schema, |it| self.run(it, direction).is_ok())?)
    }
}

/// Runs both from the same database, and wants both to leave the same; gives what the new ones leave.
pub(super) fn compare(
    old: &Bodies<'_>,
    new: &Bodies<'_>,
    start: &Scratch,
    direction: Direction,
    settings: &Settings<'_>,
    by_order: bool,
) -> Result<Scratch, RewriteError> {
    let wanted = old.run(start, direction)?;
    let found = new.run(start, direction).map_err(|err| does_not_run(old, new, direction, err))?;
    let schema = settings.same_schema(&found, &wanted, direction, by_order)?;
    match other_rows(&schema, &wanted, &found, || old.run(start, direction))? {
        Some(table) => Err(RewriteError::OtherRows { direction, table }),
        None => Ok(found),
    }
}

/// The first table that has other rows. What is made otherwise `again`, say random numbers, is not
/// compared.
pub(super) fn other_rows(
    schema: &Schema,
    wanted: &Scratch,
    found: &Scratch,
    again: impl FnOnce() -> Result<Scratch, RewriteError>,
) -> Result<Option<String>, RewriteError> {
    let wanted = Contents::of(wanted, schema)?;
    let found = Contents::of(found, schema)?;
    let again = || Contents::of(&again()?, schema).map_err(RewriteError::from);
    Ok(wanted.first_other(&found, again)?.map(ToString::to_string))
}

/// A failure of the new bodies, where the old ones do not fail. The file that it is about is not
/// written; the statement most likely stands in one that is.
fn does_not_run(
    old: &Bodies<'_>,
    new: &Bodies<'_>,
    direction: Direction,
    err: RewriteError,
) -> RewriteError {
    let RewriteError::Replay(err) = err else { return err };
    let location = err.failure.location();
    let sql = location.and_then(|it| new.members.iter().find_map(|at| whole(&new.graph[*at], it)));
    let place = sql.as_ref().and_then(|sql| {
        let mut sources = old.members.iter().map(|it| &old.graph[*it].source);
        sources.find_map(|it| {
            let at = it.text.find(sql)?;
            Some(Box::new(Location::new(it, at..at + sql.len())))
        })
    });
    let what = match &err.failure {
        Failure::Statement { source, .. } | Failure::Directive { source, .. } => source.to_string(),
        Failure::Refused { refusals, .. } if !refusals.is_empty() => refusals[0].to_string(),
        other => other.sentence(),
    };
    RewriteError::DoesNotRun { direction, what, sql, place }
}

/// The statement or directive around a place.
fn whole(revision: &Revision, place: &Location) -> Option<String> {
    let spans = revision.bodies().flat_map(|it| {
        let directives = it.directives.iter().map(|it| &it.span);
        it.statements.iter().chain(directives)
    });
    let mut around = spans.filter(|it| it.contains(&place.span.start));
    around.next().map(|it| revision.source.text[it.clone()].to_owned())
}

/// What is to be changed in a schema so that it is another one.
pub(super) fn differences(found: &Schema, wanted: &Schema, by_order: bool) -> Vec<Line> {
    lines(&Diff::new(found, wanted, by_order))
}
