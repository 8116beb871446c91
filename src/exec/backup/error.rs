//! Why there is no backup.

use std::path::PathBuf;

use crate::db::DbError;
use crate::fsutil::FileError;

/// Why a backup could not be made; nothing is left of it.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The file that it was to be is there, or somebody is writing it.
    #[error("there is a file `{}` already", path.display())]
    Exists {
        /// That file.
        path: PathBuf,
    },
    /// SQLite or migrator would write over a file of this name, or remove it.
    #[error("`{}` is no name for a backup: SQLite or migrator give it to files of their own", path.display())]
    Reserved {
        /// That file.
        path: PathBuf,
    },
    /// The file could not be made, synced or renamed.
    #[error(transparent)]
    File(#[from] FileError),
    /// SQLite could not read the database, or write the copy.
    #[error(transparent)]
    Database(DbError),
    /// The copy was looked at, and is damaged; then so is the database.
    #[error("the copy of `{}` is damaged: {message}", path.display())]
    Damaged {
        /// The database.
        path: PathBuf,
        /// What SQLite said.
        message: String,
    },
    /// Somebody asked to stop.
    #[error("cancelled")]
    Cancelled,
}

impl From<DbError> for BackupError {
    fn from(err: DbError) -> Self {
        match err {
            DbError::Interrupted { .. } => Self::Cancelled,
            other => Self::Database(other),
        }
    }
}
