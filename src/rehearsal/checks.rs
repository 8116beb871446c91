//! What the runs of a revision leave that they must not.

use super::{Fault, Finding, Phase, Rehearsal, RehearsalError, Verdict};
use crate::autogenerate::compare;
use crate::db::{HeaderNumber, SchemaSnapshot};
use crate::diff::lines::{Line, Sign};
use crate::exec::Failure;
use crate::schema;

/// What is wrong with one revision, as it comes to light.
pub(super) struct Faults<'a> {
    rehearsal: &'a Rehearsal<'a>,
    all: Vec<Fault>,
    /// What the downgrade left, which the second upgrade need not be told of again.
    left: Vec<Line>,
}

impl<'a> Faults<'a> {
    /// Nothing yet.
    pub fn new(rehearsal: &'a Rehearsal<'a>) -> Self {
        Self { rehearsal, all: Vec::new(), left: Vec::new() }
    }

    /// A body fails.
    pub fn failure(&mut self, phase: Phase, failure: Failure) {
        // What the first upgrade does wrong, the second one does too.
        let is_known = |it: &Fault| match &it.finding {
            Finding::Failure(known) => known.sentence() == failure.sentence(),
            Finding::Schema(_) => false,
        };
        if !self.all.iter().any(is_known) {
            self.all.push(Fault { phase, finding: Finding::from(failure) });
        }
    }

    /// What is there after the downgrade must be what was there before.
    pub fn after_down(
        &mut self,
        before: &SchemaSnapshot,
        found: &SchemaSnapshot,
    ) -> Result<(), RehearsalError> {
        self.left = difference(self.rehearsal, before, found)?;
        self.schema(Phase::Down, self.left.clone());
        Ok(())
    }

    /// What is there after the second upgrade must be what was there after the first.
    pub fn after_again(
        &mut self,
        up: &SchemaSnapshot,
        found: &SchemaSnapshot,
    ) -> Result<(), RehearsalError> {
        let mut lines = difference(self.rehearsal, up, found)?;
        lines.retain(|it| !self.left.contains(it));
        self.schema(Phase::Again, lines);
        Ok(())
    }

    fn schema(&mut self, phase: Phase, lines: Vec<Line>) {
        if !lines.is_empty() {
            self.all.push(Fault { phase, finding: Finding::Schema(lines) });
        }
    }

    /// Whether nothing is wrong so far.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// What that means for the revision.
    pub fn verdict(self) -> Verdict {
        if self.all.is_empty() { Verdict::Fine } else { Verdict::Failed(self.all) }
    }
}

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
    lines.extend(number_lines(&expected.other_numbers(found)));
    Ok(lines)
}

/// Numbers of the header that differ, as lines among others.
pub fn number_lines(numbers: &[HeaderNumber]) -> Vec<Line> {
    let line = |it: &HeaderNumber| Line {
        sign: Sign::Changed,
        kind: "pragma",
        name: it.name.to_owned(),
        detail: format!("now {}, was {}", it.after, it.before),
    };
    numbers.iter().map(line).collect()
}
