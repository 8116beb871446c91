//! Why a backup is not taken back.

use std::path::PathBuf;

use super::BackupError;
use crate::audit::LogRow;
use crate::db::DbError;
use crate::exec::Failure;
use crate::fsutil::FileError;

/// What would be lost, for whoever is to agree to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Loss {
    /// The backup.
    pub backup: PathBuf,
    /// What `migrator_log` says in the database and not in the backup, oldest first.
    pub runs: Vec<LogRow>,
    /// With what the logs of the backup and of the database begin, where they share nothing: it was made
    /// of another one.
    pub firsts_apart: Option<Box<[LogRow; 2]>>,
    /// Whether somebody has written to the database since the backup was made.
    pub is_written: bool,
    /// Whether the database is backed up before.
    pub is_kept: bool,
}

/// Why a backup was not taken back.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The database would be gone at once.
    #[error("the database is in memory: nothing can be restored into it")]
    InMemory,
    /// There is no such file.
    #[error("there is no backup `{}`", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The file holds nothing, or is a link to one that is not there.
    #[error("`{}` is no backup: it is empty, or a link to nothing", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// It is the database itself.
    #[error("`{}` is the database itself{}", path.display(), if *is_link { ", under another name" } else { "" })]
    Itself {
        /// The file.
        path: PathBuf,
        /// Whether it is another name of the same file.
        is_link: bool,
    },
    /// A journal or a log lies beside it: it is no copy, but a database in use or after a crash.
    #[error("`{}` is in use, or was when a process was killed: there is a file `{}`", path.display(), beside.display())]
    InUse {
        /// The file.
        path: PathBuf,
        /// What lies beside it.
        beside: PathBuf,
    },
    /// It cannot be read, or is no database.
    #[error(transparent)]
    Unreadable(DbError),
    /// It is damaged.
    #[error("the backup `{}` is damaged: {message}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        message: String,
    },
    /// The database holds what would be lost.
    #[error("{}", describe(.0))]
    Older(Loss),
    /// Others write to it all the time, so that it is not known what would be lost.
    #[error("somebody writes to `{}` all the time", path.display())]
    WrittenMeanwhile {
        /// The database.
        path: PathBuf,
    },
    /// The database could not be opened, locked or read.
    #[error(transparent)]
    Database(DbError),
    /// Its pages are of another size, which cannot be changed while others have it open.
    #[error(
        "the pages of `{}` have {} bytes and those of the backup {}, and somebody has it open",
        path.display(), sizes[0], sizes[1]
    )]
    PageSize {
        /// The database.
        path: PathBuf,
        /// How large its pages are, and those of the backup.
        sizes: [i64; 2],
    },
    /// What is overwritten could not be backed up.
    #[error("the database could not be backed up before it is overwritten")]
    Backup {
        /// Why.
        source: BackupError,
    },
    /// SQLite could not write it; it is as it was, or, after a failing sync, restored.
    #[error("the database could not be restored")]
    Unfinished {
        /// Why.
        source: DbError,
    },
    /// A file could not be read or removed.
    #[error(transparent)]
    File(#[from] FileError),
    /// Somebody asked to stop.
    #[error("cancelled")]
    Cancelled,
}

impl From<BackupError> for RestoreError {
    fn from(err: BackupError) -> Self {
        match err {
            BackupError::Cancelled => Self::Cancelled,
            source => Self::Backup { source },
        }
    }
}

impl From<DbError> for RestoreError {
    fn from(err: DbError) -> Self {
        match err {
            DbError::Interrupted { .. } => Self::Cancelled,
            other => Self::Database(other),
        }
    }
}

/// What would be lost, as an error.
fn describe(loss: &Loss) -> String {
    let backup = loss.backup.display();
    let Some(last) = loss.runs.last() else {
        return if loss.is_written {
            format!("the database was written to after the backup `{backup}` was made")
        } else {
            format!("the database is not what it was when the backup `{backup}` was made")
        };
    };
    if let Some([there, here]) = loss.firsts_apart.as_deref() {
        let run = |it: &LogRow| format!("`{} {}` ({})", it.direction, it.revision, it.started_at);
        return format!(
            "the backup `{backup}` is of another database: its log begins with {}, and not with {}",
            run(there),
            run(here)
        );
    }
    let last = format!("`{} {}`", last.direction, last.revision);
    let ran = match loss.runs.len() {
        1 => format!("{last} ran after it"),
        n => format!("{n} revisions ran after it, {last} last"),
    };
    format!("the backup `{backup}` is older than the database: {ran}")
}

impl From<Failure> for RestoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Database(err) => Self::Database(err),
            // The rest are of runs, which there is none of.
            _ => Self::Cancelled,
        }
    }
}
