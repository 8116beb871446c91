//! What can go wrong with a database, as facts.
//!
//! Nothing above this stage names rusqlite, so what SQLite said is copied into plain data here, once.

use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;

use crate::fsutil::FileError;
use crate::plan::RowWrite;

/// Which kind of error SQLite reported, as far as advice differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SqliteErrorKind {
    /// Another connection holds a lock.
    Busy,
    /// The disk, or the limit of pages, is full.
    Full,
    /// The file or its folder cannot be written.
    ReadOnly,
    /// The operating system failed to read or write.
    Io,
    /// The file is damaged.
    Corrupt,
    /// The file is not a database, or an encrypted one.
    NotADatabase,
    /// The statement was interrupted.
    Interrupted,
    /// A constraint, or `RAISE` in a trigger.
    Constraint,
    /// Anything else: most often a mistake in the SQL.
    Other,
}

/// What SQLite said.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SqliteError {
    /// Its kind.
    pub kind: SqliteErrorKind,
    /// The extended result code (<https://sqlite.org/rescode.html>), or 0 where the error was made
    /// outside of SQLite.
    pub code: i32,
    /// The message, as SQLite words it.
    pub message: String,
    /// Byte offset in the statement, for the errors for which SQLite knows it: syntax errors and
    /// most unknown names, never what fails while running.
    pub offset: Option<usize>,
}

impl SqliteError {
    /// The module of a virtual table, where nothing knows it.
    pub fn missing_module(&self) -> Option<&str> {
        self.message.split_once("no such module: ").map(|(_, name)| name)
    }

    /// The bytes of `statement` that the error is about: the token that SQLite points at, or else all
    /// of them.
    pub fn span_in(&self, statement: &str) -> Range<usize> {
        // An ALTER TABLE that fails does so in other texts, those of the schema, which SQLite says by
        // this beginning.
        let offset = self.offset.filter(|_| !self.message.starts_with("error in "));
        let rest = offset.and_then(|offset| statement.get(offset..)).filter(|it| !it.is_empty());
        match (offset, rest) {
            (Some(offset), Some(rest)) => offset..offset + token_length(rest),
            _ => 0..statement.len(),
        }
    }

    /// An error that SQLite would not have reported.
    pub(super) fn own(message: String) -> Self {
        Self { kind: SqliteErrorKind::Other, code: 0, message, offset: None }
    }
}

/// How many bytes of `text` to underline: a word, a quoted name, or one character.
fn token_length(text: &str) -> usize {
    let mut chars = text.chars();
    let Some(first) = chars.next() else { return 0 };
    let is_word = |it: char| it.is_alphanumeric() || it == '_' || it == '$';
    if let Some(close) = match first {
        '"' | '`' | '\'' => Some(first),
        '[' => Some(']'),
        _ => None,
    } {
        return chars.as_str().find(close).map_or(first.len_utf8(), |end| end + 2);
    }
    if is_word(first) {
        return text.find(|it| !is_word(it)).unwrap_or(text.len());
    }
    first.len_utf8()
}

impl From<rusqlite::Error> for SqliteError {
    fn from(err: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;

        let (failure, message, offset) = match err {
            rusqlite::Error::SqliteFailure(failure, message) => (failure, message, None),
            rusqlite::Error::SqlInputError { error, msg, offset, .. } => {
                (error, Some(msg), usize::try_from(offset).ok())
            }
            other => return Self::own(other.to_string()),
        };
        let kind = match failure.code {
            ErrorCode::DatabaseBusy => SqliteErrorKind::Busy,
            ErrorCode::DiskFull => SqliteErrorKind::Full,
            ErrorCode::ReadOnly => SqliteErrorKind::ReadOnly,
            ErrorCode::SystemIoFailure => SqliteErrorKind::Io,
            ErrorCode::DatabaseCorrupt => SqliteErrorKind::Corrupt,
            ErrorCode::NotADatabase => SqliteErrorKind::NotADatabase,
            ErrorCode::OperationInterrupted => SqliteErrorKind::Interrupted,
            ErrorCode::ConstraintViolation => SqliteErrorKind::Constraint,
            _ => SqliteErrorKind::Other,
        };
        let message = message.unwrap_or_else(|| failure.to_string());
        Self { kind, code: failure.extended_code, message, offset }
    }
}

/// Why a database could not be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// There is no such file.
    #[error("the database `{}` does not exist", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// Not even its folder is there.
    #[error("the folder of the database `{}` does not exist", path.display())]
    MissingFolder {
        /// The file.
        path: PathBuf,
        /// The folder it would lie in.
        folder: PathBuf,
    },
    /// The path is that of a link that leads nowhere.
    #[error("the database `{}` is a link to `{}`, which does not exist", path.display(), target.display())]
    BrokenLink {
        /// The link.
        path: PathBuf,
        /// What it says.
        target: PathBuf,
    },
    /// The operating system does not say whether the file is there.
    #[error("cannot reach the database `{}`", path.display())]
    Unreachable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is no such file, and the URL does not let it be made.
    #[error("the database `{}` does not exist, and `mode={mode}` in its URL keeps it from being made", path.display())]
    FixedMode {
        /// The file.
        path: PathBuf,
        /// What the URL says.
        mode: &'static str,
    },
    /// The file is there, and the operating system does not open it.
    #[error("cannot open the database `{}`", path.display())]
    Unopened {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is not there, and the operating system does not make it.
    #[error("cannot make the database `{}`", path.display())]
    Unmade {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The path is that of a folder.
    #[error("`{}` is a folder, not a database", path.display())]
    IsDirectory {
        /// The folder.
        path: PathBuf,
    },
    /// The folder for a new database could not be made.
    #[error(transparent)]
    Folder(FileError),
    /// The file is something else, or encrypted.
    #[error("`{}` is not an SQLite database", path.display())]
    NotADatabase {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: SqliteError,
    },
    /// The file is damaged.
    #[error("the database `{}` is damaged", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: SqliteError,
    },
    /// The file or its folder cannot be written.
    #[error("the database `{}` is read-only", path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
        /// What SQLite said, where it came to ask it.
        source: Option<SqliteError>,
    },
    /// Another connection held the database for too long.
    #[error("the database `{}` is locked by another process", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
        /// For how long it was waited.
        waited: Duration,
    },
    /// There is no room.
    #[error("cannot {action} `{}`: there is no space left", path.display())]
    Full {
        /// The file.
        path: PathBuf,
        /// What was attempted.
        action: &'static str,
        /// What SQLite said.
        source: SqliteError,
    },
    /// The operation was cancelled.
    #[error("cannot {action} `{}`: it was interrupted", path.display())]
    Interrupted {
        /// The file.
        path: PathBuf,
        /// What was attempted.
        action: &'static str,
    },
    /// SQLite reported something else, an error of the operating system among them.
    #[error("cannot {action} `{}`", path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// What was attempted.
        action: &'static str,
        /// What SQLite said.
        source: SqliteError,
    },
    /// An extension of SQLite could not be loaded.
    #[error("cannot load the extension `{}`", path.display())]
    Extension {
        /// The extension.
        path: PathBuf,
        /// What SQLite, or the system, said.
        source: SqliteError,
    },
    /// An object of the schema that cannot be made in a database in memory.
    #[error("cannot make `{name}` of `{}` in memory", path.display())]
    SchemaObject {
        /// The database that has it.
        path: PathBuf,
        /// The object.
        name: String,
        /// What SQLite said.
        source: SqliteError,
    },
    /// A file beside the database, which keeps other runs out, could not be made or locked.
    #[error("cannot lock `{}`", path.display())]
    Sidecar {
        /// That file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// SQLite did not take over a setting that a safe run depends on.
    #[error("cannot set {setting} to {wanted} for `{}`: SQLite says {found}", path.display())]
    Setting {
        /// The file.
        path: PathBuf,
        /// The PRAGMA.
        setting: &'static str,
        /// What it should be.
        wanted: i64,
        /// What it is.
        found: i64,
    },
    /// A table with the version table's name is something else.
    #[error("the table `{table}` in `{}` has no column `version_num`", path.display())]
    NoVersionColumn {
        /// The file.
        path: PathBuf,
        /// The table.
        table: String,
    },
    /// A table with the name of the log is something else.
    #[error("the table `migrator_log` in `{}` is not the log of migrator: it has no column `{column}`", path.display())]
    NotALog {
        /// The file.
        path: PathBuf,
        /// The first column that it lacks.
        column: &'static str,
    },
    /// A row of the version table holds no text.
    #[error("a row of `{table}` in `{}` holds {found} instead of a revision", path.display())]
    NotARevision {
        /// The file.
        path: PathBuf,
        /// The table.
        table: String,
        /// What it holds, in words.
        found: String,
    },
    /// A write to the version table did not hit exactly one row.
    #[error("{n_rows} rows of `{table}` in `{}` were changed by {}, not one", path.display(), describe(write))]
    RowCount {
        /// The file.
        path: PathBuf,
        /// The table.
        table: String,
        /// What was written.
        write: RowWrite,
        /// How many rows it hit.
        n_rows: usize,
    },
}

/// A write to the version table, in words.
fn describe(write: &RowWrite) -> String {
    match write {
        RowWrite::Insert(id) => format!("adding `{id}`"),
        RowWrite::Update { from, to } => format!("changing `{from}` to `{to}`"),
        RowWrite::Delete(id) => format!("removing `{id}`"),
    }
}

impl DbError {
    /// What SQLite said while `action` was attempted on the database at `path`.
    pub(super) fn sqlite(path: PathBuf, action: &'static str, source: SqliteError) -> Self {
        match source.kind {
            SqliteErrorKind::NotADatabase => Self::NotADatabase { path, source },
            SqliteErrorKind::Corrupt => Self::Corrupt { path, source },
            SqliteErrorKind::ReadOnly => Self::ReadOnly { path, source: Some(source) },
            SqliteErrorKind::Busy => Self::Busy { path, waited: Duration::ZERO },
            SqliteErrorKind::Full => Self::Full { path, action, source },
            SqliteErrorKind::Interrupted => Self::Interrupted { path, action },
            SqliteErrorKind::Io | SqliteErrorKind::Constraint | SqliteErrorKind::Other => {
                Self::Sqlite { path, action, source }
            }
        }
    }

    /// Whether the disk is full.
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Full { .. })
    }

    /// Whether it is worth trying again, because another connection holds the database.
    pub fn is_busy(&self) -> bool {
        matches!(self, Self::Busy { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(statement: &str, offset: Option<usize>, message: &str, expected: &str) {
        let message = message.to_owned();
        let err = SqliteError { kind: SqliteErrorKind::Other, code: 1, message, offset };
        assert_eq!(&statement[err.span_in(statement)], expected);
    }

    #[test]
    fn the_token_that_sqlite_points_at_is_quoted() {
        check("SELECT nope FROM t", Some(7), "no such column: nope", "nope");
        check("SELECT \"no pe\" FROM t", Some(7), "no such column: no pe", "\"no pe\"");
        check("SELECT [no pe] FROM t", Some(7), "no such column: no pe", "[no pe]");
        check("SELECT nöpe", Some(7), "no such column: nöpe", "nöpe");
        check("SELECT ) FROM t", Some(7), "near \")\": syntax error", ")");
        check("SELECT nope", Some(7), "no such column: nope", "nope");
    }

    #[test]
    fn without_an_offset_it_is_the_statement() {
        check("DROP TABLE nope", None, "no such table: nope", "DROP TABLE nope");
        check("SELECT 1", Some(99), "?", "SELECT 1");
        check("SELECT 1", Some(8), "?", "SELECT 1");
        check("SELECT 'é'", Some(9), "?", "SELECT 'é'");
    }

    #[test]
    fn an_offset_in_another_text_is_not_used() {
        let sql = "ALTER TABLE t DROP COLUMN a";
        check(sql, Some(3), "error in view v after drop column: no such column: a", sql);
    }
}
