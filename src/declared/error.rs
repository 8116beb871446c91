//! Why a declared schema cannot be used.

use std::path::PathBuf;

use super::command::CommandError;
use crate::db::{DbError, SqliteError};
use crate::fsutil::FileError;
use crate::source::{Location, Problem};
use crate::sql::features::Feature;
use crate::sql::statement::SplitError;

/// Why a declared schema cannot be used. No database was touched.
#[derive(Debug, thiserror::Error)]
pub enum DeclaredError {
    /// Nothing says where the schema is.
    #[error("no schema is declared")]
    NoSources,
    /// A file or folder that is not there.
    #[error("there is no file or folder `{}`", path.display())]
    Missing {
        /// The path.
        path: PathBuf,
    },
    /// A folder that declares nothing.
    #[error("the folder `{}` has no .sql files", path.display())]
    EmptyFolder {
        /// The folder.
        path: PathBuf,
    },
    /// Not even a comment says that nothing is meant: a program may have failed to write it.
    #[error("{} empty, and a schema of nothing would drop all tables", match n_files {
        1 => format!("`{}` is", path.display()),
        n => format!("all {n} files of the schema, `{}` first, are", path.display()),
    })]
    Empty {
        /// The first file.
        path: PathBuf,
        /// How many there are.
        n_files: usize,
    },
    /// A pattern that no file matches.
    #[error("no file matches `{pattern}` in `{}`", root.display())]
    NoMatch {
        /// The pattern.
        pattern: String,
        /// The folder that it is relative to.
        root: PathBuf,
    },
    /// A pattern that is none.
    #[error("`{pattern}` is no pattern: {reason} at character {at}")]
    Pattern {
        /// As it was written.
        pattern: String,
        /// What is wrong with it.
        reason: &'static str,
        /// Where, counted from 1.
        at: usize,
    },
    /// A file or folder that cannot be read.
    #[error(transparent)]
    File(FileError),
    /// The program that should print the schema.
    #[error(transparent)]
    Command(CommandError),
    /// What is wrong in the texts.
    #[error("{}", title(.0))]
    Problems(Vec<Problem<DeclaredProblem>>),
    /// The scratch database.
    #[error(transparent)]
    Database(DbError),
    /// An object that an extension made, say, which migrator does not understand.
    #[error("SQLite has an object `{name}`, and migrator cannot read it: it expects {expected}")]
    NotUnderstood {
        /// The object.
        name: String,
        /// What should stand in its statement.
        expected: &'static str,
    },
}

impl From<FileError> for DeclaredError {
    fn from(err: FileError) -> Self {
        Self::File(err)
    }
}

impl From<DbError> for DeclaredError {
    fn from(err: DbError) -> Self {
        Self::Database(err)
    }
}

impl From<CommandError> for DeclaredError {
    fn from(err: CommandError) -> Self {
        Self::Command(err)
    }
}

/// What can be wrong at a place in a declared schema.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeclaredProblem {
    /// It is no UTF-8 text.
    #[error("the text is not UTF-8 from here on")]
    NotUtf8,
    /// It cannot be cut into statements.
    #[error(transparent)]
    Split(SplitError),
    /// A temporary object, which no schema has.
    #[error("a temporary object is no part of a schema")]
    Temporary,
    /// An object of another database.
    #[error("an object of the database `{database}` is no part of this schema")]
    OtherDatabase {
        /// The name before the dot.
        database: String,
    },
    /// `CREATE TABLE … AS`: its columns depend on data.
    #[error("`CREATE TABLE … AS` does not say what the columns are")]
    CreateTableAs,
    /// A statement that does something else than to declare.
    #[error("`{statement}` declares nothing")]
    NotADeclaration {
        /// Its first word, as written.
        statement: String,
    },
    /// Two objects of one name.
    #[error("`{name}` is declared twice")]
    Duplicate {
        /// The name.
        name: String,
        /// Where it was declared first.
        first: Location,
    },
    /// SQLite refused the statement.
    #[error("{source}")]
    Sqlite {
        /// What it said.
        source: SqliteError,
    },
    /// A view or a trigger that does not compile.
    #[error("`{name}` does not compile: {message}")]
    Broken {
        /// The view or trigger; the table where it is not known which of its triggers.
        name: String,
        /// What SQLite said.
        message: String,
    },
    /// A default that cannot be evaluated.
    #[error("the default of `{name}` cannot be evaluated: {message}")]
    Default {
        /// The table and the column.
        name: String,
        /// What SQLite said.
        message: String,
    },
    /// A full-text table whose content is not there.
    #[error("`{name}` cannot be filled from its content: {message}")]
    Content {
        /// The full-text table.
        name: String,
        /// What SQLite said.
        message: String,
    },
    /// SQLite accepts the statement and migrator does not understand it.
    #[error("SQLite accepts this statement, and migrator cannot read it: it expects {expected}")]
    NotUnderstood {
        /// What it expects.
        expected: &'static str,
    },
    /// What the version of SQLite that the schema is for does not know.
    #[error("SQLite 3.{target} does not know {feature}, which came with 3.{}", feature.since())]
    TooNew {
        /// What it is.
        feature: Feature,
        /// The version 3.N that the schema is for.
        target: u32,
    },
    /// A comment within a statement that means something in a revision.
    #[error(
        "a comment in a statement cannot begin with `migrate:`, which means something in a revision"
    )]
    Marker,
    /// A comment that looks like a hint and is none.
    #[error("a hint reads `-- migrator:renamed from NAME`")]
    HintForm,
    /// A hint that belongs to nothing.
    #[error("this hint stands neither directly above a `CREATE TABLE` nor at a column")]
    HintPlace,
    /// A second hint for one table.
    #[error("`{table}` has two hints")]
    HintTwice {
        /// The table.
        table: String,
    },
}

/// The first problem, and how many more there are.
fn title(problems: &[Problem<DeclaredProblem>]) -> String {
    match problems {
        [] => "the declared schema cannot be used".to_owned(),
        [problem] => problem.kind.to_string(),
        [problem, rest @ ..] => format!("{} (and {} more)", problem.kind, rest.len()),
    }
}
