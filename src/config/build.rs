//! From what is written to what it means: defaults, checks, absolute paths.
//!
//! The same code checks every environment before one is chosen, then builds the chosen one. In the
//! first pass no `${KEY}` has a value, and a text with one in it passes.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::error::{ConfigError, ConfigProblem};
use super::exclude::{self, Exclude};
use super::file_template::{FileTemplate, Folders};
use super::interpolate::{Text, Unresolved};
use super::layer::{Layer, Layers, Problems};
use super::setting::{self, BackupMode, SettingError, Timezone, TransactionMode};
use super::sqlite_version::SqliteVersion;
use super::values::Values;
use crate::rule::Levels;

/// What Alembic cuts a slug to.
const DEFAULT_SLUG_LENGTH: usize = 40;

/// Long enough for another deployment's run, short enough not to look like a hang.
const DEFAULT_BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// A program that imports a large application takes seconds.
const DEFAULT_COMMAND_TIMEOUT: Duration = Duration::from_secs(30);

/// The settings that are worked out when the file is loaded. Where there are problems, a default
/// stands in for each value that has one.
pub(super) struct Settings {
    pub version_locations: Vec<PathBuf>,
    pub file_template: FileTemplate,
    pub truncate_slug_length: usize,
    pub timezone: Timezone,
    pub transaction: TransactionMode,
    pub version_table: String,
    pub busy_timeout: Duration,
    pub backup: BackupMode,
    pub exclude: Exclude,
    pub command_timeout: Duration,
    pub target: Option<SqliteVersion>,
    pub levels: Levels,
    pub problems: Problems,
}

/// What is wrong with the values of any environment, as far as they are known.
pub(super) fn check(layers: &Layers, root: &Path) -> Problems {
    let mut problems = settings(&layers.top, root, &mut |text, _| text.plain()).problems;
    for environment in layers.environments.values() {
        let layer = layers.top.with(environment);
        for problem in settings(&layer, root, &mut |text, _| text.plain()).problems {
            if !problems.contains(&problem) {
                problems.push(problem);
            }
        }
    }
    problems
}

/// Works out the settings of one environment.
pub(super) fn build(layer: &Layer, root: &Path, values: &Values) -> Result<Settings, ConfigError> {
    let mut failed = None;
    let mut resolve = |text: &Text, problems: &mut Problems| {
        match text.resolve(&|key| values.get(key)) {
            Ok(whole) => return Some(whole),
            Err(Unresolved::Failed(err)) => failed = failed.take().or(Some(err)),
            Err(Unresolved::Missing { key, span }) => {
                problems.push((span, ConfigProblem::MissingValue(values.missing(&key))));
            }
        }
        None
    };
    let settings = settings(layer, root, &mut resolve);
    match failed {
        Some(err) => Err(err),
        None => Ok(settings),
    }
}

/// Gives the whole of a text; `None` where it is not known, or a problem was added.
type Resolve<'a> = &'a mut dyn FnMut(&Text, &mut Problems) -> Option<String>;

fn settings(layer: &Layer, root: &Path, resolve: Resolve<'_>) -> Settings {
    let mut problems = Vec::new();
    let version_locations = version_locations(layer, root, resolve, &mut problems);

    let mut truncate_slug_length = DEFAULT_SLUG_LENGTH;
    if let Some(length) = &layer.truncate_slug_length {
        truncate_slug_length = length.value;
        if length.value == 0 {
            let key = "truncate_slug_length".to_owned();
            let problem = ConfigProblem::Setting { key, error: SettingError::Zero };
            problems.push((length.span.clone(), problem));
        }
    }

    let folders = match layer.recursive_version_locations {
        Some(true) => Folders::Allowed,
        _ => Folders::Refused,
    };
    let mut file_template = None;
    if let Some(text) = &layer.file_template
        && let Some(whole) = resolve(text, &mut problems)
    {
        match FileTemplate::parse(&whole, folders) {
            Ok(template) => file_template = Some(template),
            Err(error) => {
                let key = text.key.clone();
                problems.push((text.span.clone(), ConfigProblem::FileTemplate { key, error }));
            }
        }
    }

    let mut reader = SettingReader { resolve, problems };
    let timezone = reader.read(layer.timezone.as_ref(), Timezone::parse);
    let transaction = reader.read(layer.transaction.as_ref(), setting::transaction);
    let version_table = reader.read(layer.version_table.as_ref(), setting::version_table);
    let busy_timeout = reader.read(layer.busy_timeout.as_ref(), setting::duration);
    let backup = reader.read(layer.backup.as_ref(), setting::backup);
    let exclude = layer.schema_exclude.iter().flatten();
    let exclude = exclude.filter_map(|it| reader.read(Some(it), exclude::pattern)).collect();
    let command_timeout = reader.read(layer.schema_timeout.as_ref(), setting::duration);
    let target = reader.read(layer.target.as_ref(), SqliteVersion::parse);
    let levels = layer.lint.iter();
    let levels =
        levels.filter_map(|(rule, it)| Some((*rule, reader.read(Some(it), setting::level)?)));
    let levels = levels.collect();
    Settings {
        version_locations,
        file_template: file_template.unwrap_or_default(),
        truncate_slug_length,
        timezone: timezone.unwrap_or_default(),
        transaction: transaction.unwrap_or_default(),
        version_table: version_table.unwrap_or_else(|| super::DEFAULT_VERSION_TABLE.to_owned()),
        busy_timeout: busy_timeout.unwrap_or(DEFAULT_BUSY_TIMEOUT),
        backup: backup.unwrap_or_default(),
        exclude,
        command_timeout: command_timeout.unwrap_or(DEFAULT_COMMAND_TIMEOUT),
        target,
        levels,
        problems: reader.problems,
    }
}

struct SettingReader<'a> {
    resolve: Resolve<'a>,
    problems: Problems,
}

impl SettingReader<'_> {
    fn read<T>(
        &mut self,
        text: Option<&Text>,
        parse: impl FnOnce(&str) -> Result<T, SettingError>,
    ) -> Option<T> {
        let text = text?;
        let whole = (self.resolve)(text, &mut self.problems)?;
        match parse(&whole) {
            Ok(value) => Some(value),
            Err(error) => {
                let key = text.key.clone();
                self.problems.push((text.span.clone(), ConfigProblem::Setting { key, error }));
                None
            }
        }
    }
}

fn version_locations(
    layer: &Layer,
    root: &Path,
    resolve: Resolve<'_>,
    problems: &mut Problems,
) -> Vec<PathBuf> {
    let Some(texts) = &layer.version_locations else { return vec![root.join("versions")] };
    let mut folders: Vec<PathBuf> = Vec::new();
    for text in texts {
        let Some(whole) = resolve(text, problems) else { continue };
        // Without `.` and doubled slashes, so that one folder has one name.
        let folder: PathBuf = root.join(&whole).components().collect();
        let error = if whole.is_empty() {
            SettingError::Empty
        } else if whole.contains('\0') {
            SettingError::Nul
        } else if folders.contains(&folder) {
            SettingError::Repeated { folder: whole }
        } else {
            folders.push(folder);
            continue;
        };
        problems.push((text.span.clone(), ConfigProblem::Setting { key: text.key.clone(), error }));
    }
    folders
}
