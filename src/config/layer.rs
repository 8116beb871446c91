//! The tables of `alembic.toml` as they are written: what is set and where, nothing filled in.
//!
//! The top of the file and each `[env.NAME]` have one shape, a [`Layer`]; an environment is laid
//! over the top before anything is made of the values.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use toml::de::DeValue;

use super::error::ConfigProblem;
use super::interpolate::Text;
use crate::rule::Rule;
use crate::similar::similar;
use crate::toml_table::{self, Located, Table, TomlProblem};

/// Problems with the byte range each stands at.
pub(super) type Problems = Vec<(Range<usize>, ConfigProblem)>;

/// What one part of the file sets.
#[derive(Debug, Clone, Default)]
pub(super) struct Layer {
    pub version_locations: Option<Vec<Text>>,
    pub recursive_version_locations: Option<bool>,
    pub file_template: Option<Text>,
    pub truncate_slug_length: Option<Located<usize>>,
    pub timezone: Option<Text>,
    pub transaction: Option<Text>,
    pub url: Option<Text>,
    pub version_table: Option<Text>,
    pub busy_timeout: Option<Text>,
    pub log: Option<bool>,
    pub backup: Option<Text>,
    pub keep: Option<Located<usize>>,
    pub schema_files: Option<Vec<Text>>,
    pub schema_exclude: Option<Vec<Text>>,
    pub column_order: Option<bool>,
    pub schema_command: Option<Vec<Text>>,
    pub schema_timeout: Option<Text>,
    pub target: Option<Text>,
    pub extensions: Option<Vec<Text>>,
    pub hooks: Option<Vec<Vec<Text>>>,
    pub lint: BTreeMap<Rule, Text>,
}

/// The whole file.
#[derive(Debug, Default)]
pub(super) struct Layers {
    /// What stands outside of `[env]`.
    pub top: Layer,
    /// The tables of `[env]`.
    pub environments: BTreeMap<String, Layer>,
}

impl Layer {
    /// Lays `over` on top: what it sets counts, whole values at a time.
    pub(super) fn with(&self, over: &Self) -> Self {
        let over = over.clone();
        Self {
            version_locations: over.version_locations.or_else(|| self.version_locations.clone()),
            recursive_version_locations: over
                .recursive_version_locations
                .or(self.recursive_version_locations),
            file_template: over.file_template.or_else(|| self.file_template.clone()),
            truncate_slug_length: over
                .truncate_slug_length
                .or_else(|| self.truncate_slug_length.clone()),
            timezone: over.timezone.or_else(|| self.timezone.clone()),
            transaction: over.transaction.or_else(|| self.transaction.clone()),
            url: over.url.or_else(|| self.url.clone()),
            version_table: over.version_table.or_else(|| self.version_table.clone()),
            busy_timeout: over.busy_timeout.or_else(|| self.busy_timeout.clone()),
            log: over.log.or(self.log),
            backup: over.backup.or_else(|| self.backup.clone()),
            keep: over.keep.or_else(|| self.keep.clone()),
            schema_files: over.schema_files.or_else(|| self.schema_files.clone()),
            schema_exclude: over.schema_exclude.or_else(|| self.schema_exclude.clone()),
            column_order: over.column_order.or(self.column_order),
            schema_command: over.schema_command.or_else(|| self.schema_command.clone()),
            schema_timeout: over.schema_timeout.or_else(|| self.schema_timeout.clone()),
            target: over.target.or_else(|| self.target.clone()),
            extensions: over.extensions.or_else(|| self.extensions.clone()),
            hooks: over.hooks.or_else(|| self.hooks.clone()),
            lint: self.lint.clone().into_iter().chain(over.lint).collect(),
        }
    }

    /// The keys of all `${KEY}`s.
    pub(super) fn keys(&self) -> BTreeSet<String> {
        let single = [
            &self.file_template,
            &self.timezone,
            &self.transaction,
            &self.url,
            &self.version_table,
            &self.busy_timeout,
            &self.backup,
            &self.schema_timeout,
            &self.target,
        ];
        let lists = [
            &self.version_locations,
            &self.schema_files,
            &self.schema_exclude,
            &self.schema_command,
            &self.extensions,
        ];
        let texts = single
            .into_iter()
            .flatten()
            .chain(lists.into_iter().flatten().flatten())
            .chain(self.hooks.iter().flatten().flatten())
            .chain(self.lint.values());
        let mut keys = BTreeSet::new();
        texts.for_each(|text| text.collect_keys(&mut keys));
        keys
    }
}

/// Reads the text of `alembic.toml`, and all that is wrong with it as far as it can be known
/// without the value of any `${KEY}`.
pub(super) fn read(file: &str) -> (Layers, Problems) {
    let document = match toml_table::parse(file) {
        Ok(document) => document,
        Err(problems) => return (Layers::default(), from_toml(problems)),
    };
    let mut reader = Reader { file, problems: Vec::new() };
    let mut top = Table::new(document.get_ref(), 0..0, "");
    let mut layers = Layers { top: reader.layer(&mut top), environments: BTreeMap::new() };
    if let Some(mut env) = top.table("env") {
        for (name, value) in env.entries() {
            if let DeValue::Table(table) = value.get_ref() {
                let mut table = Table::new(table, value.span(), &env.name(name));
                layers.environments.insert(name.to_owned(), reader.layer(&mut table));
                reader.problems.extend(from_toml(table.finish()));
            } else {
                env.wrong_type(name, "a table", value);
            }
        }
        top.absorb(env.into_problems());
    }
    reader.problems.extend(from_toml(top.finish()));
    (layers, reader.problems)
}

fn from_toml(problems: toml_table::TomlProblems) -> Problems {
    problems
        .into_iter()
        .map(|(span, problem)| (span, ConfigProblem::Toml(with_elsewhere(problem))))
        .collect()
}

struct Reader<'a> {
    file: &'a str,
    problems: Problems,
}

impl Reader<'_> {
    fn layer(&mut self, table: &mut Table<'_>) -> Layer {
        let mut layer = Layer {
            version_locations: self.some_texts(table, "version_locations"),
            recursive_version_locations: table
                .boolean("recursive_version_locations")
                .map(|it| it.value),
            file_template: self.text(table, "file_template"),
            truncate_slug_length: table.unsigned("truncate_slug_length"),
            timezone: self.text(table, "timezone"),
            transaction: self.text(table, "transaction"),
            ..Layer::default()
        };
        if let Some(mut database) = table.table("database") {
            layer.url = self.text(&mut database, "url");
            layer.version_table = self.text(&mut database, "version_table");
            layer.busy_timeout = self.text(&mut database, "busy_timeout");
            layer.log = database.boolean("log").map(|it| it.value);
            layer.backup = self.text(&mut database, "backup");
            layer.keep = database.unsigned("keep");
            table.absorb(database.finish());
        }
        if let Some(mut schema) = table.table("schema") {
            layer.schema_files = self.texts(&mut schema, "files");
            layer.schema_exclude = self.texts(&mut schema, "exclude");
            layer.column_order = schema.boolean("column_order").map(|it| it.value);
            layer.schema_command = self.some_texts(&mut schema, "command");
            layer.schema_timeout = self.text(&mut schema, "timeout");
            table.absorb(schema.finish());
        }
        if let Some(mut sqlite) = table.table("sqlite") {
            layer.target = self.text(&mut sqlite, "target");
            layer.extensions = self.texts(&mut sqlite, "extensions");
            table.absorb(sqlite.finish());
        }
        if let Some(mut lint) = table.table("lint") {
            for rule in Rule::ALL {
                let level = self.text(&mut lint, rule.name());
                layer.lint.extend(level.map(|it| (rule, it)));
            }
            table.absorb(lint.finish());
        }
        if let Some(hooks) = table.tables("hooks") {
            let commands = hooks.into_iter().map(|mut hook| {
                let command = self.command(&mut hook);
                table.absorb(hook.finish());
                command
            });
            layer.hooks = Some(commands.collect());
        }
        layer
    }

    fn command(&mut self, hook: &mut Table<'_>) -> Vec<Text> {
        if hook.value("command").is_none() {
            hook.missing("command");
        }
        self.some_texts(hook, "command").unwrap_or_default()
    }

    /// Like [`Reader::texts`], but an empty array is a problem.
    fn some_texts(&mut self, table: &mut Table<'_>, key: &'static str) -> Option<Vec<Text>> {
        let span = table.value(key)?.span();
        let n_problems = self.problems.len();
        let texts = self.texts(table, key)?;
        if texts.is_empty() && self.problems.len() == n_problems {
            table.invalid(key, span, "is empty");
        }
        Some(texts)
    }

    fn text(&mut self, table: &mut Table<'_>, key: &'static str) -> Option<Text> {
        let value = table.string(key)?;
        self.parse(table, key, &value)
    }

    fn texts(&mut self, table: &mut Table<'_>, key: &'static str) -> Option<Vec<Text>> {
        let values = table.strings(key)?;
        Some(values.iter().filter_map(|value| self.parse(table, key, value)).collect())
    }

    fn parse(&mut self, table: &Table<'_>, key: &str, value: &Located<&str>) -> Option<Text> {
        match Text::parse(&table.name(key), value, self.file) {
            Ok(text) => Some(text),
            Err(problem) => {
                self.problems.push(problem);
                None
            }
        }
    }
}

/// The keys by their full names, but for the rules of `[lint]`.
const KEYS: [&str; 20] = [
    "version_locations",
    "recursive_version_locations",
    "file_template",
    "truncate_slug_length",
    "timezone",
    "transaction",
    "database.url",
    "database.version_table",
    "database.busy_timeout",
    "database.log",
    "database.backup",
    "database.keep",
    "schema.files",
    "schema.exclude",
    "schema.column_order",
    "schema.command",
    "schema.timeout",
    "hooks.command",
    "sqlite.target",
    "sqlite.extensions",
];

/// Keys that are called otherwise here: those of `alembic.ini`, and one that is meant where a key of
/// the same name has its place.
const OTHERWISE: [(&str, &str); 4] = [
    ("script_location", "version_locations"),
    ("sqlalchemy", "database.url"),
    ("post_write_hooks", "hooks"),
    ("timeout", "database.busy_timeout"),
];

/// Names the right place of a key that stands in the wrong table, which in TOML is any table
/// opened too early, and of one that Alembic calls otherwise.
///
/// In an environment all of this holds below `env.NAME`.
fn with_elsewhere(mut problem: TomlProblem) -> TomlProblem {
    if let TomlProblem::UnknownKey { key, similar: near, .. } = &mut problem {
        let name = last(key);
        let environment = match key.split('.').collect::<Vec<_>>().as_slice() {
            ["env", environment, _, ..] => format!("env.{environment}."),
            _ => String::new(),
        };
        let rules: Vec<String> = Rule::ALL.iter().map(|it| format!("lint.{}", it.name())).collect();
        let keys: Vec<&str> = KEYS.into_iter().chain(rules.iter().map(String::as_str)).collect();
        let otherwise = OTHERWISE.iter().filter(|it| it.0 == name).map(|it| it.1);
        let mut elsewhere: Vec<&str> =
            otherwise.chain(keys.iter().copied().filter(|it| last(it) == name)).collect();
        if elsewhere.is_empty() && near.is_empty() {
            let found = similar(name, keys.iter().copied().map(last));
            elsewhere = keys.iter().copied().filter(|it| found.contains(&last(it))).collect();
        }
        if !elsewhere.is_empty() {
            *near = elsewhere.iter().map(|it| format!("{environment}{it}")).collect();
        }
    }
    problem
}

/// A key without the table that it stands in.
fn last(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key)
}
