//! What can go wrong, from the outside.
//!
//! Every stage has its own error with its own facts; this one only says which stage it was, so
//! that a program which embeds the library has one type to match on.

use crate::audit::HistoryError;
#[cfg(feature = "cli")]
use crate::autogenerate::AutogenerateError;
use crate::config::ConfigError;
use crate::db::DbError;
use crate::exec::{BackupError, ExecError, ReplayError, RestoreError};
use crate::fsutil::FileError;
use crate::graph::GraphProblem;
use crate::graph::resolve::ResolveError;
use crate::graph::symbol::SymbolError;
#[cfg(feature = "cli")]
use crate::lint::LintError;
use crate::plan::PlanError;
#[cfg(feature = "cli")]
use crate::rehearsal::RehearsalError;
use crate::revision::script_dir::ReadError;
use crate::source::Problem;

/// Why something could not be done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// `alembic.toml`, the environment or the database URL.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The revision files, one by one.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The revision files as a graph: all that is wrong with it.
    #[error("{}", graph_title(.0))]
    Graph(Vec<Problem<GraphProblem>>),
    /// The target, or what the version table says.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// What ran before is not what the files say.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// The database, before anything ran.
    #[error(transparent)]
    Database(#[from] DbError),
    /// A backup that could not be made.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// A backup that was not taken back.
    #[error(transparent)]
    Restore(Box<RestoreError>),
    /// The run itself.
    #[error(transparent)]
    Run(Box<ExecError>),
    /// The declared schema.
    #[cfg(feature = "cli")]
    #[error(transparent)]
    Declared(#[from] crate::declared::DeclaredError),
    /// The revision between two schemas.
    #[cfg(feature = "cli")]
    #[error(transparent)]
    Autogenerate(#[from] AutogenerateError),
    /// Revisions that were inserted below others and cannot run after them.
    #[cfg(feature = "cli")]
    #[error(transparent)]
    OutOfOrder(#[from] crate::out_of_order::OutOfOrderError),
    /// Revisions that cannot be moved or joined.
    #[cfg(feature = "cli")]
    #[error(transparent)]
    Rewrite(crate::rewrite::RewriteError),
    /// The revisions, run in memory.
    #[error(transparent)]
    Replay(Box<ReplayError>),
    /// The revisions, tried one by one.
    #[cfg(feature = "cli")]
    #[error(transparent)]
    Rehearsal(Box<RehearsalError>),
    /// A file or folder.
    #[error(transparent)]
    File(#[from] FileError),
}

/// The first problem, and how many more there are.
fn graph_title(problems: &[Problem<GraphProblem>]) -> String {
    match problems {
        [] => "the revisions are no graph".to_owned(),
        [problem] => problem.kind.to_string(),
        [problem, rest @ ..] => format!("{} (and {} more)", problem.kind, rest.len()),
    }
}

impl From<Vec<Problem<GraphProblem>>> for Error {
    fn from(problems: Vec<Problem<GraphProblem>>) -> Self {
        Self::Graph(problems)
    }
}

impl From<ResolveError> for Error {
    fn from(err: ResolveError) -> Self {
        Self::Plan(err.into())
    }
}

impl From<SymbolError> for Error {
    fn from(err: SymbolError) -> Self {
        Self::Plan(ResolveError::from(err).into())
    }
}

impl From<ExecError> for Error {
    fn from(err: ExecError) -> Self {
        Self::Run(Box::new(err))
    }
}

impl From<RestoreError> for Error {
    fn from(err: RestoreError) -> Self {
        Self::Restore(Box::new(err))
    }
}

#[cfg(feature = "cli")]
impl From<LintError> for Error {
    fn from(err: LintError) -> Self {
        match err {
            LintError::Db(err) => Self::Database(err),
            LintError::Schema(err) => Self::Autogenerate(err.into()),
            LintError::Replay(err) => err.into(),
            LintError::Plan(err) => Self::Plan(err),
        }
    }
}

/// What another stage found is that stage's error.
#[cfg(feature = "cli")]
impl From<crate::rewrite::RewriteError> for Error {
    fn from(err: crate::rewrite::RewriteError) -> Self {
        use crate::rewrite::RewriteError;
        match err {
            RewriteError::Replay(err) => Self::Replay(err),
            RewriteError::Rehearsal(err) => (*err).into(),
            RewriteError::Db(err) => Self::Database(err),
            RewriteError::Schema(err) => Self::Autogenerate(err),
            RewriteError::File(problems) => Self::Read(ReadError::Problems(problems)),
            RewriteError::Graph(problems) => Self::Graph(problems),
            RewriteError::Io(err) => Self::File(err),
            err => Self::Rewrite(err),
        }
    }
}

impl From<ReplayError> for Error {
    fn from(err: ReplayError) -> Self {
        Self::Replay(Box::new(err))
    }
}

#[cfg(feature = "cli")]
impl From<RehearsalError> for Error {
    fn from(err: RehearsalError) -> Self {
        match err {
            RehearsalError::Db(err) => err.into(),
            RehearsalError::Plan(err) => err.into(),
            RehearsalError::Replay(err) => err.into(),
            other @ (RehearsalError::Schema(_)
            | RehearsalError::Folder(_)
            | RehearsalError::NoRoom { .. }
            | RehearsalError::HotJournal { .. }
            | RehearsalError::Moved
            | RehearsalError::OtherFile { .. }
            | RehearsalError::Cancelled) => Self::Rehearsal(Box::new(other)),
        }
    }
}
