//! The declared schema: what a project says that its database should be.
//!
//! It stands in SQL files, or a program prints it. Its statements are run in a scratch database, in an
//! order that works whatever theirs is, so that SQLite itself says what is wrong, and each mistake is
//! shown at its place. Double-quoted strings are off there: `"nmae"` is a typo and no text.
//!
//! **Invariant.** A [`Declared`] that exists was accepted by SQLite, and its views and triggers
//! compile.

mod build;
mod command;
mod content;
mod default;
mod doubt;
mod error;
mod hint;
mod sources;
mod statement;
mod target;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

pub use self::command::{Command, CommandError, CommandFailure};
pub use self::doubt::Doubt;
pub use self::error::{DeclaredError, DeclaredProblem};
use crate::db::Scratch;
use crate::schema::{self, Name, ObjectKind, Schema, SchemaObject};
use crate::source::{Location, Problem};
use crate::sql::lexer::{TokenKind, tokens};

/// Where a schema is declared.
#[derive(Clone, Copy)]
pub struct Declaration<'a> {
    /// The folder that everything is relative to; absolute.
    pub root: &'a Path,
    /// Files, folders, whose .sql files count at any depth, and patterns of files.
    pub files: &'a [String],
    /// A program that prints more of it.
    pub command: Option<Command<'a>>,
    /// Extensions of SQLite that it needs.
    pub extensions: &'a [PathBuf],
    /// Whether a table or view is left out, with its indexes and triggers.
    pub is_excluded: &'a dyn Fn(&str) -> bool,
}

/// A schema that was declared.
pub struct Declared {
    /// What it says.
    pub schema: Schema,
    /// What the hints say of tables: the old name of each.
    pub renamed_tables: BTreeMap<Name, Name>,
    /// The tables and views that are left out, with what is on them.
    pub excluded: Vec<SchemaObject>,
    /// The statement of each object.
    pub places: HashMap<(ObjectKind, Name), Location>,
    /// The database that it was made in, what is excluded too.
    pub database: Scratch,
}

/// Reads a declared schema and makes it in a scratch database.
///
/// Each kind of object comes in the order of the text.
///
/// # Errors
///
/// Sources that are not there, a program that fails, and [`DeclaredError::Problems`] with all that is
/// wrong in the texts.
pub fn load(declaration: &Declaration<'_>) -> Result<Declared, DeclaredError> {
    let Declaration { root, files, command, extensions, is_excluded } = declaration;
    let sources = sources::read(root, files, command.as_ref())?;
    if let Some(first) = sources.first()
        && sources.iter().all(|it| is_empty(&it.text))
    {
        return Err(DeclaredError::Empty { path: first.path.clone(), n_files: sources.len() });
    }
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    for source in &sources {
        statement::read(source, &mut found, &mut problems);
    }
    let built = build::build(found, problems, &sources, extensions)?;
    let objects = built.database.database().schema_objects(&|_| false)?;
    let (excluded, objects): (Vec<_>, Vec<_>) =
        objects.into_iter().partition(|it| is_excluded(&it.table));
    let schema = schema::read(&objects).map_err(|err| {
        let kind = DeclaredProblem::NotUnderstood { expected: err.expected };
        match built.places.get(&(err.kind, Name::new(err.name.as_str()))) {
            Some(place) => DeclaredError::Problems(vec![Problem { location: place.clone(), kind }]),
            None => DeclaredError::NotUnderstood { name: err.name, expected: err.expected },
        }
    })?;
    for problems in [
        hint::unattached(&schema, &built.places),
        default::problems(&built.database, &schema, &built.places),
    ] {
        if !problems.is_empty() {
            return Err(DeclaredError::Problems(problems));
        }
    }
    Ok(Declared {
        schema,
        renamed_tables: built.renamed_tables,
        excluded,
        places: built.places,
        database: built.database,
    })
}

/// Whether a text has neither a statement nor a comment.
fn is_empty(text: &str) -> bool {
    tokens(text).all(|it| matches!(it.kind, TokenKind::Whitespace | TokenKind::Semicolon))
}

#[cfg(test)]
mod tests;
