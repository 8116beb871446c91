//! Why a run did not succeed, and what it left.
//!
//! The two are apart because every failure leaves a database in some state, and saying which is the
//! half of the message that counts at night.

use std::fmt;
use std::path::PathBuf;

use super::backup::BackupError;
use super::counting::{describe_broken, describe_rows};
use super::directives::Sentence;
use crate::db::{
    BrokenObject, DbError, DropEffect, ForeignKeyViolation, RowsFound, SqliteError, SqliteErrorKind,
};
use crate::plan::Direction;
use crate::revision::RevisionId;
use crate::source::{Location, Problem};
use crate::sql::transaction_control::Forbidden;

/// An error of whoever computes the plan, passed through as it is.
pub type PlanFailure = Box<dyn std::error::Error + Send + Sync>;

/// Why a run did not succeed, and what it left.
///
/// Displayed, it says both in one line.
#[derive(Debug)]
pub struct ExecError {
    /// What went wrong.
    pub failure: Failure,
    /// What the database is like now. Boxed, so that results stay small.
    pub state: Box<State>,
}

/// What a failure means for the exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitClass {
    /// Nothing was changed: nothing was run, or a directive refused it and nothing of it remains.
    Refused,
    /// Something was run, even if all of it was rolled back.
    Failed,
}

/// What a failed run left in the database.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct State {
    /// Whether any revision began to run.
    pub has_run: bool,
    /// The revisions that this run committed before it failed, in order; they stay.
    pub applied: Vec<RevisionId>,
    /// The revisions that began to run and were rolled back, in order.
    pub rolled_back: Vec<RevisionId>,
    /// The revision that ran outside a transaction and did not come to its end, and how many of its
    /// statements were run and stay.
    pub partial: Option<(RevisionId, usize)>,
    /// Whether the statement after those of `partial`, which failed, may stay as well: outside a
    /// transaction a failing sync is reported although the statement is committed.
    pub may_stay: bool,
    /// The revisions that ran before, as the log has it, and that were run again.
    pub again: Vec<RevisionId>,
    /// Whether neither the version table nor the log knew of anything that ran before.
    pub is_first_run: bool,
    /// The rows of the version table now; `None` where they could not be read.
    pub rows: Option<Vec<String>>,
}

/// What became of a transaction whose COMMIT reported an error, as read back from the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommitOutcome {
    /// The version table is as before.
    NotApplied,
    /// The version table could not be read, or says neither.
    Unknown,
}

/// Why a plan cannot be rehearsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotRehearsable {
    /// A revision runs outside a transaction; its statements could not be taken back.
    Autocommit,
    /// A revision runs with foreign keys enforced, which cannot be turned on within the one
    /// transaction of a rehearsal.
    ForeignKeys,
}

/// Rows that keep a body from running.
///
/// Displayed: `3 rows of users have NULL in email; the first: rowid 7`.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// What its author says of them.
    pub message: String,
    /// How many there are, and the first.
    pub rows: RowsFound,
    /// The query that lists them.
    pub location: Location,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RowsFound { n_rows, column, value } = &self.rows;
        let sentence = Sentence { n_rows: *n_rows, message: &self.message };
        write!(f, "{sentence}; the first: {column} {value}")
    }
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The plan could not be computed.
    #[error(transparent)]
    Planner(PlanFailure),

    /// The database could not be opened, locked, read or written.
    #[error(transparent)]
    Database(DbError),

    /// There is no backup, without which nothing is to run.
    #[error("the database could not be backed up")]
    Backup {
        /// Why.
        source: BackupError,
    },

    /// A revision cannot be reverted; its author says so.
    #[error("revision `{revision}` is irreversible")]
    Irreversible {
        /// Which.
        revision: RevisionId,
        /// Where the file says so.
        location: Box<Location>,
        /// The newest backup beside the database in which it has not run, if there is one.
        backup: Option<PathBuf>,
    },

    /// Statements that do not do what they say inside a transaction.
    #[error("the revisions have statements that cannot run inside a transaction")]
    Forbidden {
        /// All of them, in the order of the plan.
        problems: Vec<Problem<Forbidden>>,
    },

    /// A rehearsal would leave traces.
    #[error("revision `{revision}` cannot be rehearsed: it runs {}", match reason {
        NotRehearsable::Autocommit => "outside a transaction",
        NotRehearsable::ForeignKeys => "with foreign keys enforced, in a transaction of its own",
    })]
    NotRehearsable {
        /// The first such revision.
        revision: RevisionId,
        /// Why.
        reason: NotRehearsable,
    },

    /// A body has directives of the sort `refuse-if`, and there are such rows.
    #[error(
        "revision `{revision}` refuses to run: {}",
        refusals.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    )]
    Refused {
        /// Which revision.
        revision: RevisionId,
        /// Which of its bodies.
        direction: Direction,
        /// Everything that its body refuses, in the order of the file; not empty.
        refusals: Vec<Refusal>,
    },

    /// SQLite refused the query of a directive, or the query would write.
    #[error("a directive of revision `{revision}` cannot be evaluated")]
    Directive {
        /// Which revision.
        revision: RevisionId,
        /// Which of its bodies.
        direction: Direction,
        /// The query, or the part of it that SQLite points at.
        location: Box<Location>,
        /// What SQLite said.
        source: SqliteError,
    },

    /// SQLite refused a statement.
    #[error("revision `{revision}` failed at statement {number} of {of}")]
    Statement {
        /// Which revision.
        revision: RevisionId,
        /// Which of its bodies.
        direction: Direction,
        /// The statement, or the part of it that SQLite points at.
        location: Box<Location>,
        /// Its number in the body, counted from 1.
        number: usize,
        /// How many statements the body has.
        of: usize,
        /// What SQLite said.
        source: SqliteError,
    },

    /// A statement succeeded and ended the transaction.
    #[error("statement {number} of {of} of revision `{revision}` ended the transaction")]
    TransactionEnded {
        /// Which revision.
        revision: RevisionId,
        /// The statement.
        location: Box<Location>,
        /// Its number in the body, counted from 1.
        number: usize,
        /// How many statements the body has.
        of: usize,
    },

    /// A statement would drop a table and, because foreign keys are enforced, delete or change rows
    /// that reference it.
    #[error(
        "revision `{revision}` would delete or change {} of `{}` at statement {number} of {of}, by \
         dropping `{table}` with foreign keys enforced",
        match effect.n_rows {
            1 => "1 row".to_owned(),
            n => format!("{n} rows"),
        },
        effect.child
    )]
    DropsParent {
        /// Which revision.
        revision: RevisionId,
        /// The statement.
        location: Box<Location>,
        /// Its number in the body, counted from 1.
        number: usize,
        /// How many statements the body has.
        of: usize,
        /// The table that it drops.
        table: String,
        /// What that would do.
        effect: DropEffect,
    },

    /// A body changed the version table itself, so that the rows of its revision cannot be written.
    #[error(
        "statement {number} of {of} of revision `{revision}` changes `{table}`, whose rows migrator writes"
    )]
    VersionTable {
        /// Which revision.
        revision: RevisionId,
        /// The last statement of it that names the table.
        location: Box<Location>,
        /// Its number in the body, counted from 1.
        number: usize,
        /// How many statements the body has.
        of: usize,
        /// The version table.
        table: String,
    },

    /// A body that runs outside a transaction began one and did not end it.
    #[error("revision `{revision}` left a transaction open")]
    TransactionLeftOpen {
        /// Which revision.
        revision: RevisionId,
    },

    /// Rows would reference nothing that referenced something before.
    #[error("{} would violate foreign keys", describe_rows(violations))]
    ForeignKeys {
        /// The new violations; not empty.
        violations: Vec<ForeignKeyViolation>,
    },

    /// Views or triggers that compiled before would not, or foreign keys would lead to no key.
    #[error("{}", describe_broken(objects))]
    Broken {
        /// What would be broken; not empty.
        objects: Vec<BrokenObject>,
    },

    /// The version table changed while a revision ran outside a transaction.
    #[error("the version table was changed by another process while revision `{revision}` ran")]
    Overtaken {
        /// Which revision.
        revision: RevisionId,
    },

    /// COMMIT failed, and what became of it was read back.
    #[error("{}", match outcome {
        CommitOutcome::NotApplied => "the transaction could not be committed",
        CommitOutcome::Unknown => "it is unknown whether the transaction was committed",
    })]
    Commit {
        /// What became of it.
        outcome: CommitOutcome,
        /// What COMMIT reported.
        source: DbError,
    },

    /// Somebody asked to stop.
    #[error("cancelled")]
    Cancelled,
}

impl From<DbError> for Failure {
    fn from(err: DbError) -> Self {
        match err {
            // Nothing but a cancellation interrupts.
            DbError::Interrupted { .. } => Self::Cancelled,
            other => Self::Database(other),
        }
    }
}

impl From<BackupError> for Failure {
    fn from(err: BackupError) -> Self {
        match err {
            BackupError::Cancelled => Self::Cancelled,
            source => Self::Backup { source },
        }
    }
}

impl Failure {
    /// The place in a revision file that it is about, if it is about one; of several the first.
    pub fn location(&self) -> Option<&Location> {
        match self {
            Self::Irreversible { location, .. }
            | Self::Directive { location, .. }
            | Self::Statement { location, .. }
            | Self::TransactionEnded { location, .. }
            | Self::VersionTable { location, .. }
            | Self::DropsParent { location, .. } => Some(location),
            Self::Forbidden { problems } => problems.first().map(|it| &it.location),
            Self::Refused { refusals, .. } => refusals.first().map(|it| &it.location),
            Self::Planner(_)
            | Self::Database(_)
            | Self::NotRehearsable { .. }
            | Self::TransactionLeftOpen { .. }
            | Self::ForeignKeys { .. }
            | Self::Broken { .. }
            | Self::Overtaken { .. }
            | Self::Commit { .. }
            | Self::Backup { .. }
            | Self::Cancelled => None,
        }
    }

    /// Whether it is that the disk is full.
    pub fn is_full(&self) -> bool {
        match self {
            Self::Database(source) | Self::Commit { source, .. } => source.is_full(),
            Self::Statement { source, .. } | Self::Directive { source, .. } => {
                source.kind == SqliteErrorKind::Full
            }
            _ => false,
        }
    }

    /// The message with all that is known, in one line: what SQLite said, which rows, which objects.
    pub fn sentence(&self) -> String {
        let mut parts = vec![self.to_string()];
        let mut cause = std::error::Error::source(self);
        while let Some(err) = cause {
            parts.push(err.to_string());
            cause = err.source();
        }
        let details: Vec<String> = match self {
            Self::Broken { objects } => objects.iter().map(|it| it.message.clone()).collect(),
            Self::Forbidden { problems } => {
                problems.iter().map(|it| format!("`{}` {}", it.kind.what, it.kind.reason)).collect()
            }
            _ => Vec::new(),
        };
        if !details.is_empty() {
            parts.push(details.join("; "));
        }
        parts.join(": ")
    }

    /// Whether the message is about one revision, which a following "it" means.
    fn names_revision(&self) -> bool {
        match self {
            Self::Irreversible { .. }
            | Self::NotRehearsable { .. }
            | Self::Statement { .. }
            | Self::TransactionLeftOpen { .. }
            | Self::TransactionEnded { .. }
            | Self::VersionTable { .. }
            | Self::DropsParent { .. }
            | Self::Overtaken { .. } => true,
            Self::Planner(_)
            | Self::Database(_)
            | Self::Backup { .. }
            | Self::Forbidden { .. }
            // What was rolled back are those before it.
            | Self::Refused { .. }
            | Self::Directive { .. }
            | Self::ForeignKeys { .. }
            | Self::Broken { .. }
            | Self::Commit { .. }
            | Self::Cancelled => false,
        }
    }
}

impl ExecError {
    /// An error before anything was run or opened.
    pub(super) fn refused(failure: Failure) -> Self {
        Self { failure, state: Box::default() }
    }

    /// What it means for the exit status.
    pub fn exit_class(&self) -> ExitClass {
        let has_run = match self.failure {
            Failure::Commit { .. } => true,
            Failure::Refused { .. } => !self.state.applied.is_empty(),
            _ => self.state.has_run,
        };
        if has_run { ExitClass::Failed } else { ExitClass::Refused }
    }
}

impl fmt::Display for ExecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.failure.fmt(f)?;
        if let ([only], false) = (&self.state.rolled_back[..], self.failure.names_revision()) {
            write!(f, "; `{only}` was rolled back")?;
            let rest = State { rolled_back: Vec::new(), ..(*self.state).clone() };
            return rest.fmt(f);
        }
        self.state.fmt(f)
    }
}

impl std::error::Error for ExecError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.failure.source()
    }
}

/// What was rolled back and what stays, to be appended to a message; empty where nothing ran.
impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.rolled_back[..] {
            [] => {}
            [_] => f.write_str("; it was rolled back")?,
            [first, .., last] => write!(
                f,
                "; the {} revisions from `{first}` to `{last}` were rolled back",
                self.rolled_back.len()
            )?,
        }
        if let Some((revision, n_statements)) = &self.partial {
            match n_statements {
                0 => write!(f, "; no statement of `{revision}` that ran now stays")?,
                1 => write!(f, "; 1 statement of `{revision}` was run and stays")?,
                n => write!(f, "; {n} statements of `{revision}` were run and stay")?,
            }
            if self.may_stay {
                f.write_str(", and the one that failed may stay too")?;
            }
        }
        match &self.applied[..] {
            [] => Ok(()),
            [only] => write!(f, "; `{only}`, before it, stays"),
            [first, .., last] => write!(
                f,
                "; the {} revisions before it, `{first}` to `{last}`, stay",
                self.applied.len()
            ),
        }
    }
}
