//! Facts about whole configuration files.

use std::path::Path;

use super::*;
use crate::config::url::DatabaseLocation;

/// A scratch project: `alembic.toml`, `.env` if it is not empty, and an environment.
struct Project {
    folder: tempfile::TempDir,
    environment: Vec<(&'static str, &'static str)>,
    extra: Vec<(String, String)>,
}

impl Project {
    fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fsutil::write_new(&folder.path().join(find::FILE_NAME), text).unwrap();
        Self { folder, environment: Vec::new(), extra: Vec::new() }
    }

    fn dot_env(self, text: &str) -> Self {
        fsutil::write_new(&self.folder.path().join(".env"), text).unwrap();
        self
    }

    fn variable(mut self, key: &'static str, value: &'static str) -> Self {
        self.environment.push((key, value));
        self
    }

    fn argument(mut self, key: &str, value: &str) -> Self {
        self.extra.push((key.to_owned(), value.to_owned()));
        self
    }

    fn environment(&self, key: &str) -> Option<String> {
        let found = self.environment.iter().find(|(name, _)| *name == key);
        found.map(|(_, value)| (*value).to_owned())
    }

    fn load(&self, environment_name: Option<&str>) -> Result<Config, ConfigError> {
        let environment = |key: &str| self.environment(key);
        let options =
            LoadOptions { environment_name, extra: &self.extra, environment: &environment };
        Config::load(&self.folder.path().join(find::FILE_NAME), &options)
    }

    /// The database's path below the project, or the error.
    fn database(&self, environment_name: Option<&str>) -> String {
        let location = self
            .load(environment_name)
            .and_then(|config| config.database_location(None, Path::new("/cwd")));
        match location {
            Ok(DatabaseLocation::File(path)) => {
                path.strip_prefix(self.folder.path()).unwrap_or(&path).display().to_string()
            }
            Ok(location) => format!("{location:?}"),
            Err(err) => describe(&err),
        }
    }
}

/// All that an error says, with places.
fn describe(err: &ConfigError) -> String {
    let place = |location: &Location| {
        let (line, column) = location.line_column();
        let quoted = &location.source.text[location.span.clone()];
        format!("{line}:{column} {quoted}")
    };
    match err {
        ConfigError::File { problems, .. } => {
            let one =
                |it: &Problem<ConfigProblem>| format!("{} | {}", place(&it.location), it.kind);
            problems.iter().map(one).collect::<Vec<_>>().join("\n")
        }
        ConfigError::MissingValue { location, .. } | ConfigError::DotEnv { location, .. } => {
            let message = err.to_string();
            let name = message.rsplit('/').next().unwrap_or_default();
            format!("{} | {name}", place(location))
        }
        ConfigError::Url { source, .. } => format!("{err}: {source}"),
        _ => err.to_string(),
    }
}

#[track_caller]
fn check_problems(text: &str, expected: &[&str]) {
    let found = match Project::new(text).load(None) {
        Ok(_) => "no problem".to_owned(),
        Err(err) => describe(&err),
    };
    assert_eq!(found, expected.join("\n"), "{text}");
}

/// The example in the contract.
const EXAMPLE: &str = r#"
version_locations = ["versions"]     # relative to this file; new files go to the first, or beside their parent
file_template = "{rev}_{slug}"       # {rev} {slug} {epoch} {year} {month} {day} {hour} {minute} {second}
truncate_slug_length = 40
timezone = "UTC"
transaction = "run"                  # "run": all pending revisions or none; "revision": each on its own

[database]
url = "${DATABASE_URL:-sqlite:///data/db.sqlite3}"
version_table = "alembic_version"
busy_timeout = "5s"

[schema]
files = ["schema.sql"]               # files, folders or globs; what --autogenerate compares with

[[hooks]]                            # run on each generated file; a failing hook is an error
command = ["sqlfluff", "fix", "{file}"]

[env.production.database]            # `-n production` lays these over the rest
url = "${PRODUCTION_URL}"
"#;

#[test]
fn the_example_says_the_defaults() {
    let example = Project::new(EXAMPLE).load(None).unwrap();
    let root = &example.root;
    assert_eq!(example.version_locations, [root.join("versions")]);
    assert_eq!(example.schema_files().unwrap(), ["schema.sql"]);
    assert_eq!(example.hook_commands().unwrap(), [["sqlfluff", "fix", "{file}"]]);
    assert_eq!(example.environments_with_url, ["production"]);
    let location = example.database_location(None, Path::new("/cwd")).unwrap();
    assert_eq!(location, DatabaseLocation::File(root.join("data/db.sqlite3")));

    let empty = Project::new("").load(None).unwrap();
    assert_eq!(empty.version_locations, [empty.root.join("versions")]);
    assert_eq!(empty.file_template, example.file_template);
    assert_eq!(empty.truncate_slug_length, 40);
    assert_eq!(empty.timezone, Timezone::Utc);
    assert_eq!(empty.transaction, TransactionMode::Run);
    assert_eq!(empty.database.version_table, "alembic_version");
    assert_eq!(empty.database.busy_timeout, Duration::from_secs(5));
    assert!(empty.database.log && !empty.recursive_version_locations);
    assert_eq!((empty.schema.files, empty.schema.command), (vec![], vec![]));
    assert_eq!((empty.hooks, &empty.sqlite.extensions), (vec![], &vec![]));
    assert_eq!(empty.schema.timeout, Duration::from_secs(30));
    assert_eq!(empty.sqlite.target(), SqliteVersion::BUNDLED);
    assert_eq!(empty.sqlite.script_target(), SqliteVersion::OLDEST);
    assert!(!empty.schema.column_order && !empty.schema.exclude.matches("t"));
}

#[test]
fn every_key_is_read() {
    let text = r#"
        version_locations = ["a", "./b//c", "/abs"]
        recursive_version_locations = true
        file_template = "{year}/{rev}"
        truncate_slug_length = 7
        timezone = "+02:00"
        transaction = "revision"
        database = { version_table = "my versions", busy_timeout = "250ms", log = false }
        sqlite = { target = "3.40", extensions = ["mod_spatialite", "./vec0", "ext/a", "/b.so"] }
        [schema]
        command = ["python", "-m", "blog.ddl"]
        timeout = "2m"
        exclude = ["legacy_*", "old"]
        column_order = true
    "#;
    let config = Project::new(text).load(None).unwrap();
    let root = &config.root;
    assert_eq!(config.version_locations, [root.join("a"), root.join("b/c"), "/abs".into()]);
    assert!(config.recursive_version_locations && !config.database.log);
    assert_eq!(config.truncate_slug_length, 7);
    assert_eq!(config.timezone, Timezone::parse("+02:00").unwrap());
    assert_eq!(config.transaction, TransactionMode::Revision);
    assert_eq!(config.database.version_table, "my versions");
    assert_eq!(config.database.busy_timeout, Duration::from_millis(250));
    assert_eq!(config.schema_command().unwrap(), ["python", "-m", "blog.ddl"]);
    assert_eq!(config.schema.timeout, Duration::from_mins(2));
    assert!(config.schema.exclude.matches("Legacy_x") && config.schema.exclude.matches("OLD"));
    assert!(config.schema.column_order);
    assert!(["My Versions", "migrator_log", "old"].iter().all(|it| config.is_excluded(it)));
    assert!(!config.is_excluded("alembic_version"));
    assert_eq!(config.sqlite.target(), SqliteVersion { minor: 40, patch: 0 });
    assert_eq!(config.sqlite.script_target(), config.sqlite.target());
    let here = |it: &str| root.join(it);
    assert_eq!(
        config.sqlite_extensions().unwrap(),
        ["mod_spatialite".into(), here("vec0"), here("ext/a"), "/b.so".into()]
    );
    let moment = config.timezone.show(chrono::DateTime::from_timestamp(0, 0).unwrap());
    assert_eq!(config.file_template.file_name("abc", "", moment), "1970/abc.sql");
}

#[test]
fn all_problems_are_reported_with_their_places() {
    check_problems(
        "version_location = ['versions']\ntimezone = 'Mars'\n\
         [database]\nurl = 5\nbusy_timeout = 'soon'\n",
        &[
            "1:1 version_location | unknown key `version_location`",
            "2:12 'Mars' | `timezone` must be `UTC`, `local` or an offset like `+02:00`, not `Mars`",
            "4:7 5 | `database.url` must be a string, not a whole number",
            "5:16 'soon' | `database.busy_timeout` must be a time like `250ms`, `5s` or `2m`, \
             not `soon`",
        ],
    );
    check_problems("a = ", &["1:5  | string values must be quoted, expected literal string"]);
}

#[test]
fn values_must_be_usable() {
    check_problems("version_locations = []", &["1:21 [] | `version_locations` is empty"]);
    check_problems("version_locations = ['']", &["1:22 '' | `version_locations` is empty"]);
    check_problems(
        "version_locations = ['a', './a/']",
        &["1:27 './a/' | `version_locations` names `./a/` twice"],
    );
    check_problems(
        "version_locations = 'a'",
        &["1:21 'a' | `version_locations` must be an array of strings, not a string"],
    );
    check_problems(
        "truncate_slug_length = -1",
        &["1:24 -1 | `truncate_slug_length` must not be negative"],
    );
    check_problems(
        "truncate_slug_length = 0",
        &["1:24 0 | `truncate_slug_length` must be 1 or more"],
    );
    check_problems("file_template = 'x'", &["1:17 'x' | `file_template` must contain `{rev}`"]);
    check_problems("hooks = [{}]", &["1:10 {} | `hooks[1].command` is missing"]);
    check_problems(
        "[[hooks]]\ncommand = []\n[[hooks]]\ncommand = ['a']\nname = 'a'",
        &["2:11 [] | `hooks[1].command` is empty", "5:1 name | unknown key `hooks[2].name`"],
    );
    check_problems(
        "[hooks]\ncommand = ['a']",
        &["1:1 [hooks] | `hooks` must be an array of tables, not a table"],
    );
}

#[track_caller]
fn check_hint(text: &str, expected: &[&str]) {
    let Err(ConfigError::File { problems, .. }) = Project::new(text).load(None) else {
        panic!("{text} loads");
    };
    let [Problem { kind: ConfigProblem::Toml(problem), .. }] = problems.as_slice() else {
        panic!("{problems:?}");
    };
    let crate::toml_table::TomlProblem::UnknownKey { similar, .. } = problem else {
        panic!("{problem:?}");
    };
    assert_eq!(similar, expected);
}

#[test]
fn the_nearest_known_key_is_named_in_whatever_table_it_belongs() {
    check_hint("time_zone = 'UTC'", &["timezone"]);
    check_hint("[database]\nurll = ''", &["url"]);
    check_hint("[database]\ntimezone = 'UTC'", &["timezone"]);
    check_hint("url = ''", &["database.url"]);
    check_hint("[env.x]\nbusy_timeout = '1s'", &["env.x.database.busy_timeout"]);
    check_hint("[env.x.database]\ntransaction = 'run'", &["env.x.transaction"]);
    check_hint("[env.x.database]\nurll = ''", &["url"]);
    check_hint("script_location = 'alembic'", &["version_locations"]);
    check_hint("sqlalchemy.url = ''", &["database.url"]);
    check_hint("[database]\ncommand = ['a']", &["schema.command", "hooks.command"]);
    check_hint("[database]\ntimeout = '1s'", &["database.busy_timeout", "schema.timeout"]);
    check_hint("[schema]\ntarget = '3.40'", &["sqlite.target"]);
    check_hint("[schema]\nexclud = []", &["exclude"]);
    check_hint("[database]\nexclud = []", &["schema.exclude"]);
    check_hint("[database]\nzzz = []", &[]);
    for rule in crate::rule::Rule::ALL {
        let (key, meant) = (rule.name(), format!("lint.{}", rule.name()));
        check_hint(&format!("[sqlite]\n{key} = 'error'"), &[&meant]);
    }
}

#[test]
fn a_file_that_is_no_text_is_an_error_at_the_first_byte() {
    let project = Project::new("");
    let path = project.folder.path().join("latin1.toml");
    #[expect(clippy::disallowed_methods, reason = "a scratch file that is no text")]
    std::fs::write(&path, b"# caf\xe9\n").unwrap();
    let options = LoadOptions { environment_name: None, extra: &[], environment: &|_| None };
    let err = Config::load(&path, &options).unwrap_err();
    assert_eq!(describe(&err), "1:6 \u{fffd} | the file is not UTF-8 from here on");
}

#[test]
fn a_byte_order_mark_and_crlf_are_accepted() {
    let config = Project::new("\u{feff}timezone = 'local'\r\n[database]\r\nlog = false\r\n");
    let config = config.load(None).unwrap();
    assert_eq!((config.timezone, config.database.log), (Timezone::Local, false));
}

const TWO: &str = r#"
    timezone = "+01:00"
    transaction = "revision"
    [database]
    url = "sqlite:///top.db"
    busy_timeout = "1s"
    [[hooks]]
    command = ["top"]
    [env.production]
    timezone = "+02:00"
    version_locations = ["production"]
    hooks = []
    [env.production.database]
    url = "sqlite:///production.db"
    [env.staging]
"#;

#[test]
fn an_environment_is_laid_over_the_rest() {
    let project = Project::new(TWO);
    let top = project.load(None).unwrap();
    let production = project.load(Some("production")).unwrap();
    let root = &production.root;
    assert_eq!(production.environment.as_deref(), Some("production"));
    assert_eq!(production.timezone, Timezone::parse("+02:00").unwrap());
    assert_eq!(production.transaction, TransactionMode::Revision);
    assert_eq!(production.version_locations, [root.join("production")]);
    assert_eq!(production.database.busy_timeout, Duration::from_secs(1));
    assert_eq!((production.hooks.len(), top.hooks.len()), (0, 1));
    assert_eq!(project.database(Some("production")), "production.db");
    assert_eq!(project.database(Some("staging")), "top.db");
    assert_eq!(project.database(None), "top.db");
}

#[test]
fn an_unknown_environment_lists_the_known_ones() {
    let err = Project::new(TWO).load(Some("prodution")).unwrap_err();
    let ConfigError::UnknownEnvironment { known, similar, .. } = &err else { panic!("{err}") };
    assert_eq!(known, &["production", "staging"]);
    assert_eq!(similar, &["production"]);

    let err = Project::new("").load(Some("production")).unwrap_err();
    let ConfigError::UnknownEnvironment { known, .. } = &err else { panic!("{err}") };
    assert!(known.is_empty());
}

#[test]
fn environments_are_checked_when_they_are_not_chosen() {
    check_problems(
        "file_template = '{rev}/x'\nrecursive_version_locations = true\n[env.a]\n\
         recursive_version_locations = false\n[env.b.database]\nbusy_timeout = '1h'\nurll = ''\n\
         [env.c.database]\nurl = 'a${'\n[env.d]\nenv = {}\n[env]\ne = 1\n",
        &[
            "1:17 '{rev}/x' | `file_template` has a `/`, which needs \
             `recursive_version_locations = true`",
            "6:16 '1h' | `env.b.database.busy_timeout` must be a time like `250ms`, `5s` or `2m`, \
             not `1h`",
            "7:1 urll | unknown key `env.b.database.urll`",
            "9:9 ${ | `${` without `}`",
            "11:1 env | unknown key `env.d.env`",
            "13:5 1 | `env.e` must be a table, not a whole number",
        ],
    );
}

#[test]
fn keys_get_their_values_from_arguments_environment_and_file() {
    let project = || Project::new("[database]\nurl = 'sqlite:///${A}-${B}-${C:-default}.db'");
    let dot_env = "A=file\nB=file\n";
    assert_eq!(project().dot_env(dot_env).database(None), "file-file-default.db");
    assert_eq!(
        project().dot_env(dot_env).variable("B", "env").database(None),
        "file-env-default.db"
    );
    let all = project().dot_env(dot_env).variable("B", "env").argument("B", "arg");
    assert_eq!(all.argument("C", "").database(None), "file-arg-default.db");
}

#[test]
fn a_url_in_dot_env_is_relative_to_the_configuration() {
    let text = "[database]\nurl = '${SQLITE_DATABASE_URL}'";
    let dot_env = "SQLITE_DATABASE_URL=sqlite+aiosqlite:///./data/db.sqlite3\nSQLITE_ECHO=true\n";
    let project = Project::new(text).dot_env(dot_env);
    assert_eq!(project.database(None), "data/db.sqlite3");
    let echo = project.load(None).unwrap().value("SQLITE_ECHO", &|_| None).unwrap();
    assert_eq!(echo.as_deref(), Some("true"));
}

#[test]
fn every_string_may_name_a_key() {
    let text = "version_locations = ['${A}']\nfile_template = '${A}_{rev}'\n\
        timezone = '${ZONE}'\n[database]\nversion_table = '${A}'\nbusy_timeout = '${TIME}'\n\
        [schema]\nfiles = ['${A}.sql']\n[[hooks]]\ncommand = ['${A}', '{file}']\n";
    let project = Project::new(text).variable("A", "a");
    let config = project.variable("ZONE", "local").variable("TIME", "1s").load(None).unwrap();
    assert_eq!(config.version_locations, [config.root.join("a")]);
    assert_eq!(config.timezone, Timezone::Local);
    assert_eq!(config.database.version_table, "a");
    assert_eq!(config.database.busy_timeout, Duration::from_secs(1));
    assert_eq!(config.schema_files().unwrap(), ["a.sql"]);
    assert_eq!(config.hook_commands().unwrap(), [["a", "{file}"]]);
}

#[test]
fn a_value_that_was_put_in_is_checked_too() {
    let err = Project::new("timezone = '${ZONE}'").variable("ZONE", "Mars").load(None);
    let expected = "1:12 '${ZONE}' | `timezone` must be `UTC`, `local` or an offset like `+02:00`, \
        not `Mars`";
    assert_eq!(describe(&err.unwrap_err()), expected);
}

#[test]
fn all_missing_values_are_reported_with_their_places() {
    check_problems(
        "timezone = '${A}'\n[database]\nversion_table = \"x${B}\"\n",
        &["1:13 ${A} | `${A}` has no value", "3:19 ${B} | `${B}` has no value"],
    );
}

#[test]
fn a_missing_value_says_where_it_was_looked_for() {
    let project = Project::new("[database]\nurl = '${A}'").dot_env("B=1\n");
    let config = project.load(None).unwrap();
    let err = config.database_location(None, Path::new("/cwd")).unwrap_err();
    assert_eq!(describe(&err), "2:8 ${A} | `${A}` has no value");
    let ConfigError::MissingValue { missing, .. } = err else { panic!("{err}") };
    let dot_env = Place::DotEnv { path: config.root.join(".env"), exists: true };
    assert_eq!(missing.looked_in, [Place::Arguments, Place::Environment, dot_env]);
}

#[test]
fn a_value_that_is_not_used_may_be_missing() {
    let text = "[database]\nurl = '${A}'\n[schema]\nfiles = ['${A}']\n[[hooks]]\n\
        command = ['${A}']\n[env.x]\ntimezone = '${A}'\n[env.x.database]\nurl = 'x.db'\n\
        [env.y.database]\nurl = 'y.db'\n";
    let project = Project::new(text);
    let config = project.load(None).unwrap();
    let location = config.database_location(Some("sqlite:///here.db"), Path::new("/cwd"));
    assert_eq!(location.unwrap(), DatabaseLocation::File("/cwd/here.db".into()));
    assert!(config.hook_commands().is_err() && config.schema_files().is_err());
    assert_eq!(project.database(Some("y")), "y.db");
    assert_eq!(project.database(Some("x")), "8:13 ${A} | `${A}` has no value");
}

#[test]
fn a_broken_line_in_dot_env_is_an_error_for_those_who_need_it() {
    let project = Project::new("[database]\nurl = '${A:-a.db}'").dot_env("X=1\nNAME=My App\n");
    assert!(project.load(None).is_ok());
    assert_eq!(project.database(None), "2:1 NAME=My App | .env` has a line that is no `KEY=VALUE`");
    assert_eq!(project.variable("A", "b.db").database(None), "b.db");
}

#[test]
fn no_url_and_a_wrong_url_are_errors() {
    let err = Project::new(TWO.replace("url", "# url").as_str()).database(None);
    assert_eq!(err, "there is no database URL");
    let project = Project::new("[database]\nurl = '${A}'").variable("A", "postgresql://me:pw@h/d");
    assert_eq!(
        project.database(None),
        "the database URL `postgresql://me:***@h/d` cannot be used: \
         `postgresql` is not a scheme for SQLite"
    );
}

#[test]
fn the_schema_is_checked_in_every_environment() {
    check_problems(
        "[schema]\nfile = 'a'\ncommand = []\ntimeout = 'soon'\ncolumn_order = 1\n\
         [sqlite]\ntarget = '3.3'\nextension = ['x']\n\
         [env.a.schema]\nexclude = ['ok', '[']\n[env.a.sqlite]\ntarget = '3.99'\n",
        &[
            "2:1 file | unknown key `schema.file`",
            "3:11 [] | `schema.command` is empty",
            "4:11 'soon' | `schema.timeout` must be a time like `250ms`, `5s` or `2m`, not `soon`",
            "5:16 1 | `schema.column_order` must be true or false, not a whole number",
            "7:10 '3.3' | `sqlite.target` must be 3.35 or later, not `3.3`",
            "8:1 extension | unknown key `sqlite.extension`",
            "10:18 '[' | `env.a.schema.exclude` must be a pattern, not `[`: invalid range pattern at \
             character 1",
            "12:10 '3.99' | `env.a.sqlite.target` must be at most 3.54.1, the SQLite that migrator \
             has, not `3.99`",
        ],
    );
}

#[test]
fn an_environment_is_laid_over_the_schema() {
    let text = "[schema]\nfiles = ['a.sql']\nexclude = ['a', '${X:-b}']\n[sqlite]\ntarget = '3.40'\n\
                [env.x.schema]\nexclude = ['c']\ncommand = ['${PROGRAM}']\n\
                [env.x.sqlite]\ntarget = '${TARGET}'\n";
    let project = Project::new(text).variable("TARGET", "3.45.1").variable("PROGRAM", "ddl");
    let plain = project.load(None).unwrap();
    assert!(plain.schema.exclude.matches("B") && !plain.schema.exclude.matches("c"));
    let config = project.load(Some("x")).unwrap();
    assert!(config.schema.exclude.matches("c") && !config.schema.exclude.matches("a"));
    assert_eq!(config.sqlite.target(), SqliteVersion { minor: 45, patch: 1 });
    assert_eq!(config.schema_files().unwrap(), ["a.sql"]);
    assert_eq!(config.schema_command().unwrap(), ["ddl"]);
}
