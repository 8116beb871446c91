//! What can be wrong with the configuration.
//!
//! Facts only: hints are written elsewhere, from what the variants hold.

use std::fmt;
use std::path::PathBuf;

use super::file_template::FileTemplateError;
use super::setting::SettingError;
use super::url::UrlError;
use super::values::MissingValue;
use crate::fsutil::FileError;
use crate::source::{Location, Problem};
use crate::toml_table::TomlProblem;

/// Why there is no configuration to work with.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// There is no `alembic.toml` where it is looked for.
    #[error("there is no `alembic.toml` in `{}` or a folder above it", cwd.display())]
    NotFound {
        /// Where the search began.
        cwd: PathBuf,
        /// The nearest file that configures Alembic itself: an `alembic.ini`, or a
        /// `pyproject.toml` with a `[tool.alembic]`.
        alembics_own: Option<PathBuf>,
    },

    /// The file that was asked for is not there.
    #[error("there is no file `{}`", path.display())]
    NoSuchFile {
        /// The file, by absolute path.
        path: PathBuf,
        /// Who asked for it.
        origin: FileOrigin,
    },

    /// The file that was asked for configures Alembic itself.
    #[error("`{}` is a configuration of Alembic itself", path.display())]
    AlembicsOwn {
        /// The file, by absolute path.
        path: PathBuf,
        /// Who asked for it.
        origin: FileOrigin,
    },

    /// A file cannot be read.
    #[error(transparent)]
    Io(#[from] FileError),

    /// The file says something that it cannot say.
    #[error("{}", first_line(path, problems))]
    File {
        /// The file, by absolute path.
        path: PathBuf,
        /// All that is wrong, in the order of the text; never empty.
        problems: Vec<Problem<ConfigProblem>>,
    },

    /// `-n` names an environment that the file does not have.
    #[error("`{}` has no environment `{name}`", path.display())]
    UnknownEnvironment {
        /// What was asked for.
        name: String,
        /// The environments of the file, sorted; may be empty.
        known: Vec<String>,
        /// Those close to `name`, best first.
        similar: Vec<String>,
        /// The file, by absolute path.
        path: PathBuf,
    },

    /// A value that is needed now names a key that has none.
    #[error("{missing}")]
    MissingValue {
        /// Which key, and where it was looked for.
        missing: MissingValue,
        /// The `${KEY}` in the file.
        location: Location,
    },

    /// `.env` has a line that cannot be read, which may be where a key gets its value.
    #[error("`{}` has a line that is no `KEY=VALUE`", location.source.path.display())]
    DotEnv {
        /// The key that was looked for.
        key: String,
        /// The line.
        location: Location,
    },

    /// A database is needed and nothing says which.
    #[error("there is no database URL")]
    NoUrl {
        /// The file that could hold one, by absolute path.
        path: PathBuf,
        /// The environment that was chosen.
        environment: Option<String>,
        /// The environments of the file that have one, sorted.
        with_url: Vec<String>,
    },

    /// The database URL cannot be used.
    #[error("the database URL `{text}` cannot be used")]
    Url {
        /// The URL, its `${KEY}`s replaced and its password hidden.
        text: String,
        /// Where it stands in `alembic.toml`; `None` for `--url`.
        location: Option<Location>,
        /// Why not.
        source: UrlError,
    },
}

/// Who asked for a configuration file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileOrigin {
    /// The caller: `-c FILE`, or a program that uses the library.
    Caller,
    /// The environment variable `ALEMBIC_CONFIG`.
    Variable,
}

/// What can be wrong at a place in `alembic.toml`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigProblem {
    /// The file is no UTF-8 text.
    #[error("the file is not UTF-8 from here on")]
    NotUtf8,
    /// The TOML, a key, or the type of a value.
    #[error(transparent)]
    Toml(TomlProblem),
    /// A value of the right type that cannot be used.
    #[error("`{key}` {error}")]
    Setting {
        /// The full name of the key.
        key: String,
        /// Why not.
        error: SettingError,
    },
    /// A template of file names that cannot be used.
    #[error("`{key}` {error}")]
    FileTemplate {
        /// The full name of the key.
        key: String,
        /// Why not.
        error: FileTemplateError,
    },
    /// A `${` that never ends.
    #[error("`${{` without `}}`")]
    UnterminatedKey,
    /// A `${…}` of a form that does not exist.
    #[error("`{found}` is neither `${{KEY}}` nor `${{KEY:-default}}`")]
    NotAKey {
        /// As it was written.
        found: String,
    },
    /// A `${KEY}` without a value.
    #[error(transparent)]
    MissingValue(MissingValue),
}

/// The problem if it is one, else how many there are.
fn first_line(path: &std::path::Path, problems: &[Problem<ConfigProblem>]) -> String {
    match problems {
        [problem] => problem.kind.to_string(),
        _ => format!("`{}` has {} problems", path.display(), problems.len()),
    }
}

impl fmt::Display for FileOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Caller => "-c",
            Self::Variable => "ALEMBIC_CONFIG",
        })
    }
}
