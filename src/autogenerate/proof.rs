//! Whether two bodies do what they were written for, tried out with rows.
//!
//! On copies of the database at the parent: the upgrade must reach the declared schema, the downgrade
//! the schema of before, the upgrade the declared one again; and what is in the columns that are
//! there before and after must come through unchanged.

use std::fmt;

use super::rows::{self, Contents};
use super::{AutogenerateError, read_schema};
use crate::db::{Lock, Scratch, SqliteError};
use crate::diff::Diff;
use crate::diff::lines::{Line, lines};
use crate::generate::{self, Fill, OldNames, Script};
use crate::schema::Schema;
use crate::sql::lexer::{Token, tokens};
use crate::sql::statement::split;

/// A part of the proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The upgrade.
    Upgrade,
    /// The downgrade after it.
    Downgrade,
    /// The upgrade after that.
    Again,
}

impl fmt::Display for Phase {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Upgrade => "the upgrade",
            Self::Downgrade => "the downgrade",
            Self::Again => "the second upgrade",
        })
    }
}

/// What a proof found.
#[derive(Debug, thiserror::Error)]
pub enum ProofFailure {
    /// SQLite refuses a statement.
    #[error("in {phase}, SQLite refuses `{sql}`: {}", source.message)]
    Statement {
        /// When.
        phase: Phase,
        /// The statement.
        sql: String,
        /// What it said.
        source: SqliteError,
    },
    /// A body cannot be cut into statements.
    #[error("in {phase}, the body cannot be cut into statements")]
    Split {
        /// When.
        phase: Phase,
    },
    /// The schema is not the one that it should be.
    #[error("{phase} leads to another schema: {}", show(lines))]
    Schema {
        /// When.
        phase: Phase,
        /// What is to be changed still.
        lines: Vec<Line>,
    },
    /// Rows are not what they were.
    #[error("{phase} changes what is in {what}")]
    Rows {
        /// When.
        phase: Phase,
        /// The table, and perhaps the column.
        what: String,
    },
    /// There are rows that reference nothing and did before.
    #[error("after {phase} rows reference nothing that did before")]
    Dangling {
        /// When.
        phase: Phase,
    },
    /// The database is damaged.
    #[error("after {phase}: {found}")]
    Check {
        /// When.
        phase: Phase,
        /// What SQLite says.
        found: String,
    },
}

/// Differences in one sentence.
pub(crate) fn show(lines: &[Line]) -> String {
    lines.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl From<ProofFailure> for AutogenerateError {
    fn from(failure: ProofFailure) -> Self {
        Self::Proof(Box::new(failure))
    }
}

/// An upgrade, how to get back from it, and what both are to do.
pub(super) struct Proof<'a> {
    pub from: &'a Scratch,
    pub before: &'a Schema,
    pub after: &'a Schema,
    /// `before` with its renames.
    pub renamed: &'a Schema,
    pub upgrade: &'a Script,
    /// The downgrade, in a database that the upgrade has left with this schema.
    pub way_back: &'a dyn Fn(&Scratch, &Schema) -> Result<Script, AutogenerateError>,
    pub old_names: &'a OldNames,
    pub fills: &'a [Fill],
    pub by_order: bool,
    pub is_excluded: &'a dyn Fn(&str) -> bool,
}

/// Runs a body as `upgrade` would, in one transaction.
fn run(scratch: &Scratch, body: &str, phase: Phase) -> Result<(), AutogenerateError> {
    let statements = split(body).map_err(|_| ProofFailure::Split { phase })?;
    scratch.database().begin(Lock::Write)?;
    for statement in statements {
        let sql = &body[statement.span];
        if let Err(source) = scratch.execute(sql) {
            scratch.database().rollback()?;
            return Err(ProofFailure::Statement { phase, sql: sql.to_owned(), source }.into());
        }
    }
    Ok(scratch.database().commit()?)
}

impl Proof<'_> {
    /// Tries it out; gives the downgrade.
    pub fn hold(&self) -> Result<Script, AutogenerateError> {
        let scratch = self.from.copy()?;
        rows::invent(&scratch, self.before)?;
        match self.hold_with_rows(&scratch) {
            // Rows of ours that a constraint does not like prove nothing: no directive can foresee
            // all that rows may be against.
            Err(err) if is_about_rows(&err) => {
                let scratch = self.from.copy()?;
                rows::delete_all(&scratch, self.before)?;
                self.hold_without_rows(&scratch)
            }
            outcome => outcome,
        }
    }

    fn hold_with_rows(&self, scratch: &Scratch) -> Result<Script, AutogenerateError> {
        let upgrade = generate::body(self.upgrade);
        remove_refused(scratch, self.upgrade)?;
        let compared = rows::surviving(self.renamed, self.after, self.fills);
        let n_dangling = rows::n_dangling(scratch);
        let old = Contents::read(scratch, &compared, Some(self.old_names))?;
        run(scratch, &upgrade, Phase::Upgrade)?;
        let found = self.check(scratch, self.after, Phase::Upgrade, n_dangling)?;
        let new = Contents::read(scratch, &compared, None)?;
        if let Some(what) = old.differs_from(&new) {
            return Err(ProofFailure::Rows { phase: Phase::Upgrade, what }.into());
        }

        let downgrade = (self.way_back)(scratch, &found)?;
        remove_refused(scratch, &downgrade)?;
        let compared = rows::surviving(self.after, self.renamed, &[]);
        let n_dangling = rows::n_dangling(scratch);
        let new = Contents::read(scratch, &compared, None)?;
        run(scratch, &generate::body(&downgrade), Phase::Downgrade)?;
        self.check(scratch, self.before, Phase::Downgrade, n_dangling)?;
        let back = Contents::read(scratch, &compared, Some(self.old_names))?;
        if let Some(what) = new.differs_from(&back) {
            return Err(ProofFailure::Rows { phase: Phase::Downgrade, what }.into());
        }

        remove_refused(scratch, self.upgrade)?;
        let n_dangling = rows::n_dangling(scratch);
        run(scratch, &upgrade, Phase::Again)?;
        self.check(scratch, self.after, Phase::Again, n_dangling)?;
        Ok(downgrade)
    }

    fn hold_without_rows(&self, scratch: &Scratch) -> Result<Script, AutogenerateError> {
        let upgrade = generate::body(self.upgrade);
        run(scratch, &upgrade, Phase::Upgrade)?;
        let found = self.check(scratch, self.after, Phase::Upgrade, 0)?;
        let downgrade = (self.way_back)(scratch, &found)?;
        run(scratch, &generate::body(&downgrade), Phase::Downgrade)?;
        self.check(scratch, self.before, Phase::Downgrade, 0)?;
        run(scratch, &upgrade, Phase::Again)?;
        self.check(scratch, self.after, Phase::Again, 0)?;
        Ok(downgrade)
    }

    /// Whether the schema is the one that is wanted, and the file and its references are whole; gives
    /// the schema that is there.
    fn check(
        &self,
        scratch: &Scratch,
        wanted: &Schema,
        phase: Phase,
        n_dangling: usize,
    ) -> Result<Schema, AutogenerateError> {
        let found = read_schema(scratch, self.is_excluded)?;
        let diff = Diff::new(&found, wanted, self.by_order);
        if !diff.is_empty() {
            return Err(ProofFailure::Schema { phase, lines: lines(&diff) }.into());
        }
        if rows::n_dangling(scratch) > n_dangling {
            return Err(ProofFailure::Dangling { phase }.into());
        }
        if let Some(found) = rows::damage(scratch, &found) {
            return Err(ProofFailure::Check { phase, found }.into());
        }
        Ok(found)
    }
}

/// Deletes the rows for which the body would be refused.
fn remove_refused(scratch: &Scratch, script: &Script) -> Result<(), AutogenerateError> {
    scratch.set_triggers(false)?;
    for note in script.notes().filter(|it| it.is_refused) {
        let sql = format!("DELETE FROM {} WHERE {} IN ({})", note.table, note.identity, note.query);
        if let Err(source) = scratch.execute(&sql) {
            return Err(ProofFailure::Statement { phase: Phase::Upgrade, sql, source }.into());
        }
    }
    Ok(scratch.set_triggers(true)?)
}

/// Whether rows are what failed, and not the schema.
fn is_about_rows(err: &AutogenerateError) -> bool {
    let AutogenerateError::Proof(failure) = err else { return false };
    match &**failure {
        // SQLITE_CONSTRAINT and SQLITE_MISMATCH; the higher bytes say which.
        ProofFailure::Statement { source, .. } if matches!(source.code & 0xff, 19 | 20) => true,
        // SQLITE_ERROR: an expression may not take our values. A statement that is wrong without
        // any is found when it runs without; `ALTER TABLE` may be refused for any row at all.
        ProofFailure::Statement { source, sql, .. } if source.code & 0xff == 1 => {
            let first = tokens(sql).find(Token::is_significant);
            first.is_some_and(|it| !it.is_keyword(sql, "ALTER"))
        }
        ProofFailure::Dangling { .. } => true,
        _ => false,
    }
}
