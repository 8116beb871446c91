//! What to do about each error.
//!
//! Every function is an exhaustive match: a new variant does not compile until it has decided.

use std::path::Path;

use super::file_hints::file;
use super::history_hints::take_over;
use crate::config::url::UrlError;
use crate::config::{ConfigError, ConfigProblem, FileOrigin, FileTemplateError, SettingError};
use crate::graph::GraphProblem;
use crate::plan::PlanError;
use crate::revision::directive::DirectiveProblem;
use crate::revision::file::FileProblem;
use crate::revision::script_dir::ReadError;
use crate::revision::{NameError, RevisionId};
use crate::sql::statement::SplitError;
use crate::toml_table::TomlProblem;

pub(super) fn one(hint: impl Into<String>) -> Vec<String> {
    vec![hint.into()]
}

/// "did you mean `x`?", or something else where nothing is near.
pub(super) fn did_you_mean<S: AsRef<str>>(similar: &[S], otherwise: &str) -> Vec<String> {
    match similar {
        [] if otherwise.is_empty() => Vec::new(),
        [] => one(otherwise),
        names => one(format!("did you mean {}?", ticked(names, " or "))),
    }
}

/// The names in backticks.
pub(super) fn ticked<S: AsRef<str>>(names: &[S], separator: &str) -> String {
    names.iter().map(|it| format!("`{}`", it.as_ref())).collect::<Vec<_>>().join(separator)
}

fn ids(ids: &[RevisionId]) -> Vec<&str> {
    ids.iter().map(RevisionId::as_str).collect()
}

/// What stands below the quoted line of a graph problem.
pub fn graph_label(problem: &GraphProblem) -> String {
    match problem {
        GraphProblem::DuplicateRevision { first, .. } => {
            let (line, _) = first.line_column();
            format!("first declared in {}:{line}", first.source.path.display())
        }
        GraphProblem::MissingParent { replaced_by: Some(by), .. } => {
            format!("`{by}` replaces it")
        }
        GraphProblem::MissingParent { parent, .. } => format!("no file declares `{parent}`"),
        GraphProblem::ReplacedDeclared { declared, .. } => {
            let (line, _) = declared.line_column();
            format!("declared in {}:{line}", declared.source.path.display())
        }
        GraphProblem::UnknownDependency { .. }
        | GraphProblem::ReplacedTwice { .. }
        | GraphProblem::LabelClash { .. }
        | GraphProblem::Cycle { .. } => String::new(),
    }
}

/// What to do about a graph that is none.
pub fn graph(problem: &GraphProblem) -> Vec<String> {
    match problem {
        GraphProblem::DuplicateRevision { .. } => one("give one of the two files a new `revision`"),
        GraphProblem::MissingParent { replaced_by: Some(by), .. } => one(format!(
            "write `down_revision = \"{by}\"`, or take the files from before the squash"
        )),
        GraphProblem::UnknownDependency { replaced_by: Some(by), name, .. } => {
            one(format!("`{by}` replaces `{name}`: write its id"))
        }
        GraphProblem::ReplacedDeclared { id, declared, .. } => vec![
            format!(
                "to stay with `{id}`, remove `{}`, and let what followed the last replaced revision \
                 follow `{id}`",
                declared.source.path.display()
            ),
            format!("to go back, remove the file of `{id}` and take the others from git"),
        ],
        GraphProblem::ReplacedTwice { .. } => {
            one("two branches squashed the same revisions: keep one of the two files")
        }
        GraphProblem::MissingParent { similar, .. } => did_you_mean(
            similar,
            "add the missing file, or change `down_revision` to a revision that exists",
        ),
        GraphProblem::UnknownDependency { similar, .. } => {
            did_you_mean(similar, "`depends_on` takes whole ids and branch labels")
        }
        GraphProblem::LabelClash { .. } => one("choose another name for one of the labels"),
        GraphProblem::Cycle { with_dependencies: false, .. } => {
            one("change one `down_revision` so that the chain ends at a base")
        }
        GraphProblem::Cycle { with_dependencies: true, .. } => {
            one("remove one `depends_on` so that the chain ends at a base")
        }
    }
}

/// What to do about a file that is no revision.
pub fn revision_file(problem: &FileProblem) -> Vec<String> {
    match problem {
        FileProblem::NotUtf8 => one("save the file as UTF-8"),
        FileProblem::NoHeader => one(
            "every .sql file in a version location is a revision; `migrator revision -m \"…\"` makes \
             one, and other files belong elsewhere",
        ),
        FileProblem::HeaderNotClosed => one("close the header with the line `-- ///`"),
        FileProblem::HeaderLine => one("put `-- ` before the line"),
        FileProblem::Header(TomlProblem::Missing { key }) => {
            one(format!("add the line `-- {key} = \"…\"` to the header"))
        }
        FileProblem::Header(problem) => toml(problem),
        FileProblem::Name { reason, .. } => match reason {
            NameError::Empty => one("new ids are 12 hexadecimal digits, such as `27c6a30d7c24`"),
            NameError::Character { .. } | NameError::Symbol { .. } => one(
                "ids and labels have no `@ - + :`, blanks or quotes, and are not `head`, `heads`, \
                 `base` or `current`",
            ),
        },
        FileProblem::ListedTwice { .. } => one("name it once"),
        FileProblem::NoUpgradeMarker => {
            one("put the line `-- migrate:upgrade` before the SQL of the upgrade")
        }
        FileProblem::SqlBeforeMarker => {
            one("move it below `-- migrate:upgrade` or `-- migrate:downgrade`")
        }
        FileProblem::UnknownMarker { similar, .. } => did_you_mean(
            similar,
            "the markers are `-- migrate:upgrade`, `-- migrate:downgrade` and \
                 `-- migrate:downgrade irreversible`; the directives `-- migrate:refuse-if …` and \
                 `-- migrate:warn-if …`; `-- migrator:allow …` silences `lint`",
        ),
        FileProblem::NearMiss { meant } => one(format!(
            "write exactly `{meant}`, at the beginning of its line, or begin the comment otherwise"
        )),
        FileProblem::MarkerTwice { .. } => one("a file has one upgrade and one downgrade"),
        FileProblem::MarkerOrder => one("put the upgrade first"),
        FileProblem::IrreversibleWithSql => {
            one("remove `irreversible`, or the SQL that would never run")
        }
        FileProblem::Directive(problem) => directive(problem),
        FileProblem::Sql(problem) => split(problem),
    }
}

/// What to do about a directive that cannot be evaluated.
fn directive(problem: &DirectiveProblem) -> Vec<String> {
    match problem {
        DirectiveProblem::NoMessage
        | DirectiveProblem::NoQuery
        | DirectiveProblem::NotASelect { .. } => one(
            "write what the rows are, and the query that lists them: `-- migrate:refuse-if rows of \
             users have NULL in email: SELECT rowid FROM users WHERE email IS NULL`",
        ),
        DirectiveProblem::SeveralStatements => one("give each query a line of its own"),
        DirectiveProblem::NoBody => {
            one("put it below `-- migrate:upgrade`, or below a `-- migrate:downgrade` that is not \
             irreversible")
        }
        DirectiveProblem::Misplaced => one("put it on a line of its own, without blanks before it"),
    }
}

/// What to do about SQL that cannot be cut into statements.
pub(super) fn split(problem: &SplitError) -> Vec<String> {
    match problem {
        SplitError::UnterminatedString => {
            one("close the string; a quote inside it is written `''`")
        }
        SplitError::UnterminatedIdentifier { .. } => one("close the name"),
        SplitError::UnterminatedComment => one("close the comment with `*/`"),
        SplitError::UnterminatedTrigger => one("a trigger ends with `END;`"),
        SplitError::Nul => one("SQLite would read nothing behind it: remove it"),
        SplitError::IllegalToken { .. } => one(
            "SQLite cannot read this; a text is written `'…'`, and a name that is no plain word `\"…\"`",
        ),
    }
}

/// Where a key belongs that is known in another table than its own.
fn other_place(key: &str, similar: &[String], known: &[&str]) -> Option<String> {
    let table = |key: &str| key.rsplit_once('.').map(|it| it.0.to_owned());
    let [meant] = similar else { return None };
    match table(meant) {
        // A near one of its own table is named without it.
        None if table(key).is_none() || known.contains(&meant.as_str()) => None,
        None => Some("it stands above the first line in brackets".to_owned()),
        Some(table) => {
            let is_array = table.rsplit('.').next() == Some("hooks");
            let line = if is_array { format!("[[{table}]]") } else { format!("[{table}]") };
            Some(format!("it stands below the line `{line}`, which may still be a comment"))
        }
    }
}

fn toml(problem: &TomlProblem) -> Vec<String> {
    match problem {
        TomlProblem::UnknownKey { key, similar, known } => {
            let mut hints =
                did_you_mean(similar, &format!("the keys here are {}", ticked(known, ", ")));
            hints.extend(other_place(key, similar, known));
            hints
        }
        TomlProblem::Missing { key } => one(format!("add a line with `{key} = …`")),
        // What the parser says of bare words, and of ids that begin like a number.
        TomlProblem::Syntax { message, quoted }
            if ["must be quoted", "invalid boolean", "invalid exponent", "invalid float"]
                .iter()
                .any(|it| message.contains(it)) =>
        {
            one(format!("a text stands in quotes: `{}`", quoted.as_deref().unwrap_or("\"…\"")))
        }
        TomlProblem::WrongType { key, expected: "an array of strings", found: "a string" } => {
            let key = key.rsplit('.').next().unwrap_or(key);
            one(format!(
                "put it in brackets, each of several in quotes of its own: `{key} = [\"…\"]`"
            ))
        }
        TomlProblem::WrongType { key, expected: "an array of tables", found: "a table" } => {
            one(format!("there may be several, so it has two brackets: `[[{key}]]`"))
        }
        TomlProblem::WrongType { key, expected: "a string", .. } if key.ends_with("timeout") => {
            let key = key.rsplit('.').next().unwrap_or(key);
            one(format!("a duration has a unit, and stands in quotes: `{key} = \"5s\"`"))
        }
        TomlProblem::WrongType { expected: "a string", .. } => {
            one("a text stands in quotes: `\"…\"`")
        }
        TomlProblem::Syntax { message, .. } if message.contains("duplicate key") => one(
            "each key and each table stands once: remove one of the two, and keep what both say",
        ),
        TomlProblem::Syntax { .. }
        | TomlProblem::WrongType { .. }
        | TomlProblem::Invalid { .. } => Vec::new(),
    }
}

/// What to do where the revision files cannot be read.
pub fn read(err: &ReadError) -> Vec<String> {
    match err {
        ReadError::MissingFolder { folder, named_in } => {
            // Without `-p` a folder above it that is missing, too, would be in the way.
            let parents = if folder.components().count() > 1 { "-p " } else { "" };
            let folder = folder.display().to_string();
            let mut hints = one(format!(
                "`mkdir {parents}{}` makes it (git keeps no empty folders); or change \
                 `version_locations`",
                shell_words::quote(&folder)
            ));
            if named_in.components().count() > 1 {
                hints.push(
                    "if that is not the configuration that you meant: `-c FILE` names another, \
                     `migrator init` sets up a project here"
                        .to_owned(),
                );
            }
            hints
        }
        ReadError::File(err) => one(format!("nothing was changed; {}", file(err))),
        ReadError::Problems(_) => Vec::new(),
    }
}

/// What to do about a configuration that cannot be used.
pub fn config(err: &ConfigError) -> Vec<String> {
    match err {
        ConfigError::NotFound { alembics_own: None, .. } => one(
            "run `migrator init` to set up a project here, or name its configuration with `-c FILE`",
        ),
        ConfigError::NotFound { alembics_own: Some(path), .. } => one(format!(
            "`{}` configures Alembic itself, whose revisions are Python; run `migrator init` for a \
             project with SQL revisions that can share its database",
            name_of(path)
        )),
        ConfigError::AlembicsOwn { origin, .. } => named_by(*origin)
            .into_iter()
            .chain(one(
                "the revisions of Alembic are Python; run `migrator init` for a project with SQL \
                 revisions that can share its database",
            ))
            .collect(),
        ConfigError::NoSuchFile { origin, .. } => named_by(*origin)
            .into_iter()
            .chain(one("name an existing `alembic.toml`, or run `migrator init` to make one"))
            .collect(),
        ConfigError::Io(err) => one(format!("nothing was changed; {}", file(err))),
        ConfigError::File { .. } => Vec::new(),
        ConfigError::UnknownEnvironment { similar, known, .. } => {
            let otherwise = if known.is_empty() {
                "the file has no tables `[env.NAME]`; leave out `-n`".to_owned()
            } else {
                format!("the environments are {}", ticked(known, ", "))
            };
            did_you_mean(similar, &otherwise)
        }
        ConfigError::MissingValue { missing, .. } => one(format!(
            "set it in the environment or in `.env`, give it with `-x {key}=…`, or write a default: \
             `${{{key}:-…}}`",
            key = missing.key
        )),
        ConfigError::DotEnv { .. } => {
            one("write the line as `KEY=VALUE`, with the value in quotes if it has blanks")
        }
        ConfigError::NoUrl { with_url, .. } => {
            let mut hints = Vec::new();
            if let Some(name) = with_url.first() {
                hints.push(format!(
                    "choose an environment with `-n`: {} (for example `-n {name}`)",
                    ticked(with_url, ", ")
                ));
            }
            hints.push(
                "set `url` under `[database]` in alembic.toml, or give one with `--url`".to_owned(),
            );
            hints
        }
        ConfigError::Url { source, .. } => url(source),
    }
}

/// Says it where the file was not named on the command line.
fn named_by(origin: FileOrigin) -> Option<String> {
    match origin {
        FileOrigin::Caller => None,
        FileOrigin::Variable => Some("the environment variable ALEMBIC_CONFIG names it".to_owned()),
    }
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

fn url(err: &UrlError) -> Vec<String> {
    match err {
        UrlError::Scheme { .. } => one(
            "migrator works with SQLite: `sqlite:///relative/path`, `sqlite:////absolute/path`, or \
             just a path",
        ),
        UrlError::Empty | UrlError::NoPath => {
            one("name a file, for example `sqlite:///data/db.sqlite3`")
        }
        UrlError::Host { .. } | UrlError::Slashes { .. } => {
            one("three slashes come before a relative path, four before an absolute one: \
             `sqlite:///data/db.sqlite3`, `sqlite:////var/lib/app.sqlite3`")
        }
        UrlError::Parameter { .. } => {
            one("SQLite's own parameters belong into a `file:` URI: `file:db.sqlite3?mode=rw`")
        }
        UrlError::ParameterValue { .. } | UrlError::Control { .. } => Vec::new(),
        UrlError::NotUtf8 => one("write a percent sign of the path as `%25`"),
        UrlError::WindowsPath { .. } => one("use a path of this system"),
    }
}

/// What to do about a value in `alembic.toml`.
pub fn config_problem(problem: &ConfigProblem) -> Vec<String> {
    match problem {
        ConfigProblem::NotUtf8 => one("save the file as UTF-8"),
        ConfigProblem::Toml(problem) => toml(problem),
        ConfigProblem::Setting { error, .. } => match error {
            SettingError::Zero => one("the default is 40"),
            SettingError::ReservedBySqlite | SettingError::LogTable => {
                one("the default is `alembic_version`")
            }
            SettingError::Pattern { .. } => {
                one("`*` stands for any characters, `?` for one, `[[]` for a bracket")
            }
            SettingError::SqliteTooOld { .. } => {
                one("older versions cannot drop a column; 3.35 is of March 2021")
            }
            SettingError::SqliteVersion { .. } | SettingError::SqliteTooNew { .. } => {
                one("without the line the SQL is for the SQLite that migrator has")
            }
            SettingError::Level { .. } => one("without the line the level is that of docs/lint.md"),
            SettingError::Transaction { .. }
            | SettingError::Backup { .. }
            | SettingError::Timezone { .. }
            | SettingError::Duration { .. }
            | SettingError::DurationTooLong { .. }
            | SettingError::Empty
            | SettingError::Nul
            | SettingError::Repeated { .. } => Vec::new(),
        },
        ConfigProblem::FileTemplate { error, .. } => match error {
            FileTemplateError::UnknownToken { similar, .. } => did_you_mean(
                &similar.iter().map(|it| format!("{{{it}}}")).collect::<Vec<_>>(),
                "the tokens are {rev} {slug} {epoch} {year} {month} {day} {hour} {minute} {second}",
            ),
            FileTemplateError::UnbalancedBrace { .. } => {
                one("a literal brace is written twice, `{{` or `}}`")
            }
            FileTemplateError::NoRev => one("the default is `{rev}_{slug}`"),
            _ => Vec::new(),
        },
        ConfigProblem::UnterminatedKey | ConfigProblem::NotAKey { .. } => {
            one("write `${KEY}` or `${KEY:-default}`, or `$${` for a literal `${`")
        }
        ConfigProblem::MissingValue(missing) => one(format!(
            "set it in the environment or in `.env`, give it with `-x {key}=…`, or write a default: \
             `${{{key}:-…}}`",
            key = missing.key
        )),
    }
}

/// What to do about a target, or about what the version table says.
pub fn plan(err: &PlanError) -> Vec<String> {
    match err {
        PlanError::Resolve(err) => super::target_hints::resolve(err),
        PlanError::UnknownRows { rows, is_new_project: true, .. } if rows.len() == 1 => {
            vec![
                take_over(&rows[0]),
                "or bring back the files of the revisions: they were deleted, or are elsewhere"
                    .to_owned(),
            ]
        }
        PlanError::UnknownRows { rows, .. } => vec![
            format!(
                "bring back what declares {}: a file that was deleted, that is on another branch \
                 of your repository, or that belongs to a newer version of the program",
                ticked(rows, ", ")
            ),
            "if the revision is gone for good, `migrator stamp REVISION` replaces it by one that \
             exists, without running anything; `migrator status` names it, and says when this one \
             ran"
            .to_owned(),
        ],
        PlanError::InsideReplaced { by, end, .. } => vec![
            format!(
                "with the files from before the squash (they are in git), bring it to `{end}`: \
                 `migrator upgrade {end}`"
            ),
            format!("if it has all of that already: `migrator stamp {by}`"),
        ],
        PlanError::OverlappingRows { upper, .. } => one(format!(
            "the version table was edited by hand, or a file was changed after it ran; \
             `migrator stamp {upper}` leaves the one row, without running anything"
        )),
        PlanError::RepeatedRow { all, .. } => one(format!(
            "the version table was edited by hand; `migrator stamp --purge {}` leaves one of the two",
            all.join(" ")
        )),
        PlanError::NotApplied { rows, target } => {
            let at = if rows.is_empty() {
                "nothing is applied".to_owned()
            } else {
                format!("the database is at {}", ticked(&ids(rows), ", "))
            };
            one(format!("{at}; `migrator upgrade {target}` would apply it"))
        }
        PlanError::RevertsMore { .. } => {
            one("add `--yes` if that is meant, or name a target higher up")
        }
    }
}
