//! `alembic.toml`: found, read, checked, and its `${KEY}`s replaced.
//!
//! The first stage: text in, [`Config`] out. It reads the file, the `.env` beside it, and nothing
//! else of the world: the arguments and the environment are handed in, so that a program that
//! embeds the library decides what counts.
//!
//! **Invariant.** A [`Config`] that exists is valid: every setting has been checked, for all
//! environments of the file. Only what a command may do without is left as [`Text`] and looked up
//! when it is asked for: the database URL, the schema's files and command, extensions and hooks.

mod build;
mod error;
mod exclude;
mod file_template;
mod find;
mod interpolate;
mod layer;
#[cfg(feature = "cli")]
pub mod revision_template;
mod setting;
mod slug;
mod sqlite_version;
pub mod templates;
pub mod url;
mod values;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

pub use self::error::{ConfigError, ConfigProblem, FileOrigin};
pub use self::exclude::Exclude;
pub use self::file_template::{FileTemplate, FileTemplateError};
pub use self::find::find;
pub use self::interpolate::Text;
pub use self::setting::{BackupMode, SettingError, Timezone, TransactionMode};
pub use self::slug::slug;
pub use self::sqlite_version::SqliteVersion;
pub use self::values::{MissingValue, Place, Values};

use self::interpolate::Unresolved;
use self::layer::Layers;
use crate::fsutil;
use crate::rule::Levels;
use crate::similar::similar;
use crate::source::{Location, Problem, Source};

/// The name of the table that Alembic keeps its heads in.
pub const DEFAULT_VERSION_TABLE: &str = "alembic_version";

/// How many backups are kept beside a database.
pub const DEFAULT_KEEP: usize = 5;

/// How a project is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// `alembic.toml`; its path is absolute.
    pub file: Arc<Source>,
    /// The folder it lies in, which its relative paths are relative to; absolute.
    pub root: PathBuf,
    /// The chosen environment (`-n`).
    pub environment: Option<String>,
    /// The folders of revision files; absolute, never empty, each once.
    pub version_locations: Vec<PathBuf>,
    /// Whether folders within them hold revision files too.
    pub recursive_version_locations: bool,
    /// The names of new files.
    pub file_template: FileTemplate,
    /// How many characters of the message's slug go into such a name; 1 or more.
    pub truncate_slug_length: usize,
    /// The zone of dates in new files.
    pub timezone: Timezone,
    /// Which revisions share a transaction.
    pub transaction: TransactionMode,
    /// `[database]`.
    pub database: DatabaseConfig,
    /// `[schema]`.
    pub schema: SchemaConfig,
    /// `[sqlite]`.
    pub sqlite: SqliteConfig,
    /// `[lint]`: how much each rule matters.
    pub lint: Levels,
    /// `[[hooks]]`, in the order of the file.
    pub hooks: Vec<Hook>,
    /// Where `${KEY}` gets its value.
    pub values: Values,
    /// The environments of the file that have a database URL, sorted.
    pub environments_with_url: Vec<String>,
    /// The version tables that the file says are in this database, its own and those of other
    /// environments with the same URL.
    pub version_tables: Vec<String>,
}

/// `[database]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseConfig {
    /// Where it is, as written; [`Config::database_location`] makes something of it.
    pub url: Option<Text>,
    /// The table that holds the current heads; any name but an empty one.
    pub version_table: String,
    /// How long to wait for others who use the database.
    pub busy_timeout: Duration,
    /// Whether runs are recorded in `migrator_log`.
    pub log: bool,
    /// Which runs are preceded by a backup.
    pub backup: BackupMode,
    /// How many backups are kept beside the database; 0 for all.
    pub keep: usize,
}

/// `[schema]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaConfig {
    /// Files, folders and globs, as written; [`Config::schema_files`] replaces their `${KEY}`s.
    pub files: Vec<Text>,
    /// A program that prints the schema, or more of it, with its arguments, as written; empty where
    /// there is none. [`Config::schema_command`] replaces their `${KEY}`s.
    pub command: Vec<Text>,
    /// How long that program may take.
    pub timeout: Duration,
    /// Tables and views that are left out, with their indexes and triggers: they are neither compared
    /// nor changed.
    pub exclude: Exclude,
    /// Whether the order of columns is a difference.
    pub column_order: bool,
}

/// `[sqlite]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqliteConfig {
    /// The oldest version that must be able to run what is generated, where the file says one.
    pub target: Option<SqliteVersion>,
    /// Extensions, as written; [`Config::sqlite_extensions`] replaces their `${KEY}`s.
    pub extensions: Vec<Text>,
}

impl SqliteConfig {
    /// What revisions are generated for: by default the SQLite that is compiled in, which runs them.
    pub fn target(&self) -> SqliteVersion {
        self.target.unwrap_or_default()
    }

    /// What scripts are generated for: by default the oldest version, since nobody knows which
    /// `sqlite3` they are given to.
    pub fn script_target(&self) -> SqliteVersion {
        self.target.unwrap_or(SqliteVersion::OLDEST)
    }
}

/// A command that runs on each generated file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    /// The program and its arguments, as written, never empty; [`Config::hook_commands`] replaces
    /// their `${KEY}`s.
    pub command: Vec<Text>,
}

/// What a run adds to the file.
#[derive(Clone, Copy)]
pub struct LoadOptions<'a> {
    /// `-n NAME`: which `[env.NAME]` is laid over the rest.
    pub environment_name: Option<&'a str>,
    /// The pairs of `-x`, in the order given.
    pub extra: &'a [(String, String)],
    /// Gives the value of an environment variable. It is asked for the keys that the file names.
    pub environment: &'a dyn Fn(&str) -> Option<String>,
}

impl Config {
    /// Reads the file at `path`, which is absolute, as [`find()`] gives it.
    ///
    /// # Errors
    ///
    /// [`ConfigError::File`] holds all that is wrong with the file, in unchosen environments too.
    /// A `${KEY}` without a value is wrong only where it is used: in the chosen environment, and
    /// not in the database URL, the schema's files and command, extensions and hooks.
    pub fn load(path: &Path, options: &LoadOptions<'_>) -> Result<Self, ConfigError> {
        let bytes = fsutil::read(path)?;
        let valid_up_to = std::str::from_utf8(&bytes).err().map(|err| err.valid_up_to());
        // Invalid bytes become U+FFFD; they are reported at the first of them.
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let file = Arc::new(Source { path: path.to_owned(), text });
        if let Some(at) = valid_up_to {
            let span = at..at + char::REPLACEMENT_CHARACTER.len_utf8();
            return Err(file_error(&file, vec![(span, ConfigProblem::NotUtf8)]));
        }

        let (layers, mut problems) = layer::read(&file.text);
        let root = path.parent().unwrap_or(path).to_owned();
        problems.extend(build::check(&layers, &root));
        if !problems.is_empty() {
            return Err(file_error(&file, problems));
        }

        let layer = match options.environment_name {
            None => layers.top.clone(),
            Some(name) => match layers.environments.get(name) {
                Some(environment) => layers.top.with(environment),
                None => return Err(unknown_environment(name, &layers, path)),
            },
        };
        let keys = layer.keys().into_iter();
        let values = Values {
            extra: options.extra.to_vec(),
            environment: keys
                .filter_map(|key| (options.environment)(&key).map(|value| (key, value)))
                .collect::<BTreeMap<_, _>>(),
            dot_env: root.join(".env"),
        };
        let settings = build::build(&layer, &root, &values)?;
        if !settings.problems.is_empty() {
            return Err(file_error(&file, settings.problems));
        }
        let version_tables = layers.version_tables(&layer, &values);
        Ok(Self {
            root,
            environment: options.environment_name.map(str::to_owned),
            version_locations: settings.version_locations,
            recursive_version_locations: layer.recursive_version_locations.unwrap_or_default(),
            file_template: settings.file_template,
            truncate_slug_length: settings.truncate_slug_length,
            timezone: settings.timezone,
            transaction: settings.transaction,
            database: DatabaseConfig {
                url: layer.url,
                version_table: settings.version_table,
                busy_timeout: settings.busy_timeout,
                log: layer.log.unwrap_or(true),
                backup: settings.backup,
                keep: layer.keep.map_or(DEFAULT_KEEP, |it| it.value),
            },
            schema: SchemaConfig {
                files: layer.schema_files.unwrap_or_default(),
                command: layer.schema_command.unwrap_or_default(),
                timeout: settings.command_timeout,
                exclude: settings.exclude,
                column_order: layer.column_order.unwrap_or_default(),
            },
            sqlite: SqliteConfig {
                target: settings.target,
                extensions: layer.extensions.unwrap_or_default(),
            },
            lint: settings.levels,
            hooks: layer
                .hooks
                .unwrap_or_default()
                .into_iter()
                .map(|command| Hook { command })
                .collect(),
            version_tables,
            values,
            environments_with_url: layers.with_url(),
            file,
        })
    }

    /// Where the database is: at `override_url` (`--url`), whose relative path is relative to
    /// `cwd`, or else at `database.url`, whose relative path is relative to the file.
    ///
    /// `override_url` is taken as it stands: its shell has replaced variables already.
    pub fn database_location(
        &self,
        override_url: Option<&str>,
        cwd: &Path,
    ) -> Result<url::DatabaseLocation, ConfigError> {
        let (text, relative_to, location) = match (override_url, &self.database.url) {
            (Some(text), _) => (text.to_owned(), cwd, None),
            (None, Some(text)) => {
                let location = Location::new(&self.file, text.span.clone());
                (self.resolve(text)?, self.root.as_path(), Some(location))
            }
            (None, None) => {
                return Err(ConfigError::NoUrl {
                    path: self.file.path.clone(),
                    environment: self.environment.clone(),
                    with_url: self.environments_with_url.clone(),
                });
            }
        };
        url::parse(&text, relative_to).map_err(|source| ConfigError::Url {
            text: url::without_password(&text),
            location,
            source,
        })
    }

    /// The files, folders and globs of `[schema]`, relative to the file as they were written.
    pub fn schema_files(&self) -> Result<Vec<String>, ConfigError> {
        self.schema.files.iter().map(|text| self.resolve(text)).collect()
    }

    /// The program of `[schema]` with its arguments; empty where there is none.
    pub fn schema_command(&self) -> Result<Vec<String>, ConfigError> {
        self.schema.command.iter().map(|text| self.resolve(text)).collect()
    }

    /// Whether a table or a view is nobody's business when schemas are compared: it keeps the versions,
    /// be it for another environment, or the log, or `[schema] exclude` names it.
    pub fn is_excluded(&self, name: &str) -> bool {
        let mut version_tables =
            self.version_tables.iter().chain(std::iter::once(&self.database.version_table));
        version_tables.any(|it| name.eq_ignore_ascii_case(it))
            || name.eq_ignore_ascii_case(setting::LOG_TABLE)
            || self.schema.exclude.matches(name)
    }

    /// The extensions of `[sqlite]`. A path is relative to the file; a name without a folder is left as
    /// it is, and the system looks for it where its libraries are.
    pub fn sqlite_extensions(&self) -> Result<Vec<PathBuf>, ConfigError> {
        let path = |text: String| {
            let path = Path::new(&text);
            match path.strip_prefix(".") {
                Ok(here) => self.root.join(here),
                Err(_) if path.components().count() > 1 => self.root.join(path),
                Err(_) => path.to_owned(),
            }
        };
        self.sqlite.extensions.iter().map(|text| self.resolve(text).map(path)).collect()
    }

    /// The programs of `[[hooks]]`, each with its arguments; `{file}` is left in them.
    pub fn hook_commands(&self) -> Result<Vec<Vec<String>>, ConfigError> {
        let command = |hook: &Hook| hook.command.iter().map(|text| self.resolve(text)).collect();
        self.hooks.iter().map(command).collect()
    }

    /// Replaces the `${KEY}`s of a text of this file.
    pub fn resolve(&self, text: &Text) -> Result<String, ConfigError> {
        text.resolve(&|key| self.values.get(key)).map_err(|unresolved| match unresolved {
            Unresolved::Failed(err) => err,
            Unresolved::Missing { key, span } => ConfigError::MissingValue {
                missing: self.values.missing(&key),
                location: Location::new(&self.file, span),
            },
        })
    }

    /// The value of any key, by the same places in the same order as for `${KEY}`; `None` where
    /// none of them has it.
    pub fn value(
        &self,
        key: &str,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Option<String>, ConfigError> {
        self.values.get_from(key, environment)
    }
}

impl Layers {
    fn with_url(&self) -> Vec<String> {
        let has_url = self.environments.iter().filter(|(_, layer)| layer.url.is_some());
        has_url.map(|(name, _)| name.clone()).collect()
    }

    /// The version tables of all environments, and of none, which have the database of `layer`; as far
    /// as their names are known.
    fn version_tables(&self, layer: &layer::Layer, values: &Values) -> Vec<String> {
        let known = |text: &Text| text.resolve(&|key| values.get(key)).ok();
        let url = layer.url.as_ref().and_then(known);
        let environments = self.environments.values().map(|it| self.top.with(it));
        let beside = std::iter::once(self.top.clone())
            .chain(environments)
            .filter(|it| url.is_some() && it.url.as_ref().and_then(known) == url);
        beside
            .filter_map(|it| match &it.version_table {
                Some(text) => known(text),
                None => Some(DEFAULT_VERSION_TABLE.to_owned()),
            })
            .collect()
    }
}

fn file_error(file: &Arc<Source>, mut problems: layer::Problems) -> ConfigError {
    problems.sort_by_key(|(span, _)| span.start);
    let mut problems: Vec<_> =
        problems.into_iter().map(|(span, kind)| Problem::new(file, span, kind)).collect();
    // A value is checked again in each environment that does not set it anew.
    problems.dedup();
    ConfigError::File { path: file.path.clone(), problems }
}

fn unknown_environment(name: &str, layers: &Layers, path: &Path) -> ConfigError {
    let known: Vec<String> = layers.environments.keys().cloned().collect();
    let similar = similar(name, known.iter().map(String::as_str));
    ConfigError::UnknownEnvironment {
        name: name.to_owned(),
        similar: similar.into_iter().map(str::to_owned).collect(),
        known,
        path: path.to_owned(),
    }
}

#[cfg(test)]
mod tests;
