//! `migrator schema dump` and `migrator schema diff`

use serde::Serialize;

use super::autogenerate::{Answers, RenameArg, request};
use super::migrate::print_script;
use super::output::Format;
use super::schemas::{ChangeJson, Side, changes_json, show, supply_excluded, warn_of_renames};
use super::{App, completions};
use crate::Error;
use crate::autogenerate::{Request, autogenerate, differences};
use crate::diagnostics::{ExitStatus, Usage};
use crate::exec::offline::{Loss, body_script};
use crate::schema::dump::dump;

/// Show schemas and how they differ
///
/// A schema is named by `database` (the project's), `declared` (what `[schema]` of alembic.toml
/// says), a SQL file or folder, a database file or URL, or a revision (what all revisions up to it
/// make).
#[derive(Debug, clap::Args)]
pub(super) struct SchemaArgs {
    #[command(subcommand)]
    command: SchemaCommand,
}

#[derive(Debug, clap::Subcommand)]
enum SchemaCommand {
    /// Print a schema as SQL
    ///
    /// Tables come before those that reference them, each with its indexes and triggers; views
    /// come last. The text of each object is as its author wrote it.
    Dump {
        /// Which: `database`, `declared`, a file, a folder, a URL or a revision
        #[arg(default_value = "database", add = completions::schemas())]
        schema: String,
    },
    /// Print what leads from one schema to another
    ///
    /// Exits with 0 whether or not there is a difference; `check` is the command for scripts.
    Diff {
        /// Before
        #[arg(add = completions::schemas())]
        from: Option<String>,
        /// After
        #[arg(add = completions::schemas())]
        to: Option<String>,
        /// Print a script that leads there, proven as `revision --autogenerate` proves it
        ///
        /// It protects itself as that of `upgrade --sql` does: one transaction, no rows that would
        /// be in the way, no new violations of foreign keys. It stops before it drops rows, or a
        /// column with values, unless --yes is given. Pipe it into `sqlite3 FILE`; it is for one of
        /// any age, unless `target` under `[sqlite]` in alembic.toml names a newer version.
        #[arg(long)]
        sql: bool,
        /// Print a script that drops rows and values where the difference asks for it
        #[arg(long, requires = "sql")]
        yes: bool,
        /// What has another name: `users.name=full_name` or `posts=articles` (can be repeated)
        #[arg(long, value_name = "OLD=NEW")]
        rename: Vec<RenameArg>,
    },
}

/// A schema, as JSON.
#[derive(Serialize)]
struct DumpJson {
    schema: String,
    sql: String,
}

/// What differs between two schemas, as JSON.
#[derive(Serialize)]
struct DiffJson {
    from: String,
    to: String,
    is_clean: bool,
    changes: Vec<ChangeJson>,
    /// A script that leads there; only with `--sql`.
    #[serde(skip_serializing_if = "Option::is_none")]
    sql: Option<String>,
    /// The body of a revision that would; only with `--sql`.
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
}

/// The two schemas to compare; nothing is guessed.
fn both<'a>(from: Option<&'a str>, to: Option<&'a str>) -> Result<(&'a str, &'a str), Usage> {
    let named = match (from, to) {
        (Some(from), Some(to)) => return Ok((from, to)),
        (Some(one), None) | (None, Some(one)) => format!("only `{one}` is named"),
        (None, None) => "none is named".to_owned(),
    };
    Err(Usage::new(format!("`schema diff` compares two schemas, and {named}"))
        .hint("`migrator schema diff head declared`: what the next revision would change")
        .hint("`migrator schema diff current database`: what was changed by hand")
        .hint("`migrator schema diff old.sql new.sql --sql`: the SQL between any two"))
}

pub(super) fn run(app: &mut App, args: &SchemaArgs) -> anyhow::Result<ExitStatus> {
    let project = app.project()?;
    match &args.command {
        SchemaCommand::Dump { schema } => {
            let side = project.named_side(schema)?;
            let sql = dump(&side.schema);
            if app.output.format == Format::Json {
                app.output.json(&DumpJson { schema: side.name, sql })?;
            } else if sql.is_empty() {
                // An empty file is refused as a schema: it may be what a failing program left.
                app.output.line("-- Nothing is declared.")?;
                app.output.status(format_args!("there is nothing in {}", side.name));
            } else {
                app.output.line(sql.trim_end_matches('\n'))?;
            }
        }
        SchemaCommand::Diff { from, to, sql, yes, rename } => {
            let (from, to) = both(from.as_deref(), to.as_deref())?;
            let (from, to) = (project.named_side(from)?, project.named_side(to)?);
            supply_excluded(app, &from, &to)?;
            let loss = if *yes { Loss::Allowed } else { Loss::Refused("`--yes`") };
            diff(app, &project, &from, &to, sql.then_some(loss), rename)?;
        }
    }
    Ok(ExitStatus::Done)
}

fn diff(
    app: &mut App,
    project: &super::project::Project,
    from: &Side,
    to: &Side,
    script: Option<Loss<'_>>,
    renames: &[RenameArg],
) -> anyhow::Result<()> {
    let answers =
        Answers { renames: renames.iter().map(|it| it.0.clone()).collect(), fills: vec![] };
    let is_excluded = |name: &str| project.config.is_excluded(name);
    let request = Request {
        target: project.config.sqlite.script_target().minor,
        ..request(project, from, to, &answers, &is_excluded)
    };
    let wants_sql = script.is_some();
    let generated = if wants_sql { autogenerate(&request).map_err(Error::from)? } else { None };
    let (lines, suggestions) = differences(&request).map_err(Error::from)?;
    warn_of_renames(app, &suggestions, "run it again");
    let body = generated.map(|it| it.upgrade).unwrap_or_default();
    let script = match script {
        Some(loss) if !body.is_empty() => body_script(&body, loss)?,
        _ => String::new(),
    };
    if app.output.format == Format::Json {
        let changes = changes_json(&lines);
        let (sql, body) = (wants_sql.then_some(script), wants_sql.then_some(body));
        let (from, to) = (from.name.clone(), to.name.clone());
        app.output.json(&DiffJson { from, to, is_clean: lines.is_empty(), changes, sql, body })?;
    } else if lines.is_empty() {
        app.output.status(format_args!("no difference between {} and {}", from.name, to.name));
    } else if wants_sql {
        print_script(app, project, &script)?;
    } else {
        show(&lines, |line| app.output.line(line))?;
    }
    Ok(())
}
