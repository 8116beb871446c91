//! What a body says must not be, or should be known, before it runs.

use std::fmt;

use super::error::{Failure, Refusal};
use super::session::Session;
use super::work::Task;
use crate::db::{RowsFound, Scratch, SqliteError, SqliteErrorKind};
use crate::revision::{Directive, DirectiveKind};

impl Session<'_> {
    /// Evaluates the directives of a body that is about to run: all of them, so that whoever mends
    /// the rows sees everything at once.
    pub fn evaluate_directives(&mut self, task: &Task<'_>) -> Result<(), Failure> {
        let mut refusals = Vec::new();
        for directive in task.directives {
            self.check_cancelled()?;
            let found = self.database.rows_found(task.query(directive));
            match answer(task, directive, found)? {
                Answer::Nothing => {}
                Answer::Warning(message) => self.warn(message),
                Answer::Refusal(refusal) => refusals.push(refusal),
            }
        }
        refuse(task, refusals)
    }

    /// Refuses a body before anything is done for its sake, such as a backup: it finds what it will
    /// find. A query that fails is left to [`Session::evaluate_directives`], which runs where the
    /// version table is there.
    pub fn refuse_early(&mut self, task: &Task<'_>) -> Result<(), Failure> {
        let mut refusals = Vec::new();
        for directive in task.directives.iter().filter(|it| it.kind == DirectiveKind::RefuseIf) {
            self.check_cancelled()?;
            let found = self.database.rows_found(task.query(directive));
            match answer(task, directive, found) {
                Ok(Answer::Refusal(refusal)) => refusals.push(refusal),
                Ok(Answer::Nothing | Answer::Warning(_)) => {}
                Err(Failure::Cancelled) => return Err(Failure::Cancelled),
                Err(_) => return Ok(()),
            }
        }
        refuse(task, refusals)
    }
}

/// The same in a scratch database, where nobody is warned.
pub(super) fn evaluate_in_memory(scratch: &Scratch, task: &Task<'_>) -> Result<(), Failure> {
    let mut refusals = Vec::new();
    for directive in task.directives {
        let found = scratch.rows_found(task.query(directive));
        if let Answer::Refusal(refusal) = answer(task, directive, found)? {
            refusals.push(refusal);
        }
    }
    refuse(task, refusals)
}

/// What the rows that a query found mean.
enum Answer {
    /// There are none.
    Nothing,
    /// This should be known.
    Warning(String),
    /// The body must not run.
    Refusal(Refusal),
}

fn answer(
    task: &Task<'_>,
    directive: &Directive,
    found: Result<Option<RowsFound>, SqliteError>,
) -> Result<Answer, Failure> {
    let revision = task.revision;
    let found = found.map_err(|source| match source.kind {
        // Nothing but a cancellation interrupts.
        SqliteErrorKind::Interrupted => Failure::Cancelled,
        _ => Failure::Directive {
            revision: revision.id.clone(),
            direction: task.direction,
            location: Box::new(super::body::locate(revision, &directive.query, &source)),
            source,
        },
    })?;
    let Some(rows) = found else { return Ok(Answer::Nothing) };
    let message = directive.message.clone();
    Ok(match directive.kind {
        DirectiveKind::WarnIf => {
            let sentence = Sentence { n_rows: rows.n_rows, message: &message };
            Answer::Warning(format!("{}: {sentence}", revision.id))
        }
        DirectiveKind::RefuseIf => {
            let location = revision.location(&directive.query);
            Answer::Refusal(Refusal { message, rows, location })
        }
    })
}

fn refuse(task: &Task<'_>, refusals: Vec<Refusal>) -> Result<(), Failure> {
    if refusals.is_empty() {
        return Ok(());
    }
    let (revision, direction) = (task.revision.id.clone(), task.direction);
    Err(Failure::Refused { revision, direction, refusals })
}

/// How many rows there are of what a message calls `rows of …`.
pub(super) struct Sentence<'a> {
    /// How many; not zero.
    pub n_rows: u64,
    /// What they are.
    pub message: &'a str,
}

/// Verbs of the messages that migrator writes, for many rows and for one.
const VERBS: [(&str, &str); 3] = [(" have ", " has "), (" are ", " is "), (" share ", " shares ")];

/// `3 rows of users have NULL in email`; a message in other words is `no email: 3 rows`.
impl fmt::Display for Sentence<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { n_rows, message } = self;
        match (message.strip_prefix("rows of "), n_rows) {
            (None, 1) => write!(f, "{message}: 1 row"),
            (None, n) => write!(f, "{message}: {n} rows"),
            (Some(rest), 1) => write!(f, "1 row of {}", singular(rest)),
            (Some(rest), n) => write!(f, "{n} rows of {rest}"),
        }
    }
}

/// The text with its first verb as it is for one row.
fn singular(text: &str) -> String {
    let verbs = VERBS.iter().filter_map(|(many, one)| Some((text.find(many)?, many, one)));
    match verbs.min() {
        Some((at, many, one)) => format!("{}{one}{}", &text[..at], &text[at + many.len()..]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(message: &str, n_rows: u64, expected: &str) {
        assert_eq!(Sentence { n_rows, message }.to_string(), expected);
    }

    #[test]
    fn rows_are_counted_in_the_sentence() {
        check("rows of users have NULL in email", 3, "3 rows of users have NULL in email");
        check("rows of users have NULL in email", 1, "1 row of users has NULL in email");
        check("rows of t are too long", 1, "1 row of t is too long");
        check("rows of t share a name", 1, "1 row of t shares a name");
        check("rows of t share what they have in a", 1, "1 row of t shares what they have in a");
        check("rows of t hold nothing", 1, "1 row of t hold nothing");
    }

    #[test]
    fn other_messages_stay_as_they_are() {
        check("users without email", 2, "users without email: 2 rows");
        check("emails are missing", 1, "emails are missing: 1 row");
        check("rowsofa", 1, "rowsofa: 1 row");
    }
}
