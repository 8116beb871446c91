//! `migrator upgrade` and `migrator downgrade`

use std::mem::ManuallyDrop;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;

use super::App;
use super::output::Format;
use super::progress::{Progress, describe_duration};
use super::project::Project;
use crate::Error;
use crate::config::url::DatabaseLocation;
use crate::diagnostics::{ExitStatus, Usage};
use crate::exec::StepReport;
use crate::exec::offline::{self, Offline};
use crate::graph::RevisionGraph;
use crate::graph::symbol::{RevisionSymbol, SymbolRange};
use crate::migrator::{Migrator, Report, Request};
use crate::plan::goal::Goal;
use crate::plan::{Direction, PlanError};
use crate::revision::RevisionId;

/// Upgrade the database
///
/// Runs the upgrade bodies of all revisions that the target needs and the database does not have,
/// in one transaction (or one for each revision, `transaction = "revision"` in alembic.toml). The
/// database file and its folder are made if they are missing.
#[derive(Debug, clap::Args)]
pub(super) struct UpgradeArgs {
    /// Where to: `head`, `heads`, `+N`, an id, `LABEL@head`, …; with --sql also `A:B`
    #[arg(
        value_name = "TARGET",
        default_value = "head",
        allow_hyphen_values = true,
        add = super::completions::targets()
    )]
    target: String,

    #[command(flatten)]
    how: HowArgs,
}

/// Downgrade the database
///
/// Runs the downgrade bodies of everything above the target. `-1` takes back one revision, `base`
/// all of them.
#[derive(Debug, clap::Args)]
pub(super) struct DowngradeArgs {
    /// Where to: `-N`, `base`, an id, `LABEL@base`, …; with --sql `A:B`
    #[arg(value_name = "TARGET", allow_hyphen_values = true, add = super::completions::targets())]
    target: String,

    #[command(flatten)]
    how: HowArgs,

    /// Revert revisions of other branches too where that is necessary, without asking
    #[arg(long, short)]
    yes: bool,
}

/// How a run is done
#[derive(Debug, clap::Args)]
struct HowArgs {
    /// Print the SQL instead of running it; the database is not looked at
    ///
    /// The script starts at the base, or at A where the target is `A:B`, and refuses to run on a
    /// database that is somewhere else. Pipe it into `sqlite3 FILE`.
    #[arg(long, conflicts_with = "dry_run")]
    sql: bool,

    /// Run everything for real in a transaction, report on it, and roll it back
    #[arg(long)]
    dry_run: bool,

    /// A text to keep in migrator_log with the revisions of this run
    #[arg(long, value_name = "TEXT")]
    tag: Option<String>,
}

pub(super) fn upgrade(app: &mut App, args: &UpgradeArgs) -> anyhow::Result<ExitStatus> {
    if args.how.sql {
        return print_sql(app, Direction::Upgrade, &args.target);
    }
    let target = online_target(&args.target)?;
    let project = app.project()?;
    let migrator = open(&project, args.how.dry_run)?;
    run(app, &project, &migrator, Direction::Upgrade, &target, &[], &args.how)
}

pub(super) fn downgrade(app: &mut App, args: &DowngradeArgs) -> anyhow::Result<ExitStatus> {
    if args.how.sql {
        return print_sql(app, Direction::Downgrade, &args.target);
    }
    let target = online_target(&args.target)?;
    let project = app.project()?;
    let migrator = open(&project, args.how.dry_run)?;
    let rows = project.rows()?;
    let goal = Goal::downgrade(migrator.graph(), &rows, &target).map_err(Error::from)?;
    let also = match goal {
        Goal::Reverted(reverted) => migrator.graph().ids(&reverted.also),
        Goal::Applied(_) => Vec::new(),
    };
    if !also.is_empty() && !args.yes && !args.how.dry_run {
        let refusal = PlanError::RevertsMore { target: target.text.clone(), also: also.clone() };
        if !app.output.can_ask() || !ask(&refusal)? {
            return Err(Error::from(refusal).into());
        }
    }
    run(app, &project, &migrator, Direction::Downgrade, &target, &also, &args.how)
}

/// Asks on the terminal whether to go on.
fn ask(refusal: &PlanError) -> anyhow::Result<bool> {
    let question = format!("{refusal}. Go on?");
    Ok(dialoguer::Confirm::new().with_prompt(question).default(false).interact()?)
}

/// The target of a run on a database, for which ranges have no meaning.
fn online_target(text: &str) -> anyhow::Result<RevisionSymbol> {
    if text.contains(':') {
        return Err(Usage::new(format!("`{text}` is a range, which is for --sql only"))
            .hint("name only the target; where the database is, it knows itself")
            .into());
    }
    Ok(text.parse::<RevisionSymbol>().map_err(Error::from)?)
}

/// The project, which is not taken apart at the end, like [`Project::graph`].
fn open(project: &Project, is_rehearsal: bool) -> anyhow::Result<ManuallyDrop<Migrator>> {
    let location = project.location()?;
    if location == DatabaseLocation::Memory && !is_rehearsal {
        return Err(Usage::new("the database is in memory: its result would be lost at once")
            .hint("name a file, with --url or as `database.url` in alembic.toml")
            .into());
    }
    Ok(ManuallyDrop::new(Migrator::from_config(&project.config, location, &project.here)?))
}

/// A run, as JSON.
#[derive(Serialize)]
struct RunJson {
    /// The database, as messages name it.
    database: String,
    /// `upgrade` or `downgrade`.
    direction: &'static str,
    /// Whether everything was rolled back.
    dry_run: bool,
    /// The rows of the version table before.
    from: Vec<String>,
    /// The rows after; of a rehearsal, those that there would be.
    to: Vec<String>,
    /// What ran, in order.
    revisions: Vec<StepJson>,
}

/// A revision that ran, as JSON.
#[derive(Serialize)]
struct StepJson {
    revision: String,
    message: String,
    /// How long its body took.
    elapsed_ms: f64,
    /// How many statements its body has.
    statements: usize,
    /// How many rows they changed.
    changed_rows: u64,
}

fn run(
    app: &mut App,
    project: &Project,
    migrator: &Migrator,
    direction: Direction,
    target: &RevisionSymbol,
    also: &[RevisionId],
    how: &HowArgs,
) -> anyhow::Result<ExitStatus> {
    let cancel = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&cancel);
    // A second Ctrl-C changes nothing: the rollback is under way.
    ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed))?;

    let echo = app.output.verbosity > 0 || wants_echo(project)?;
    let mut progress = Progress::new(&app.output, echo, how.dry_run);
    let clock = super::new_file::clock()?;
    let request = Request {
        direction,
        target,
        also,
        rehearse: how.dry_run,
        tag: how.tag.as_deref(),
        clock: clock.as_ref(),
        cancel: Some(cancel),
        ticker: progress.ticker(),
    };
    let result = migrator.run(&request, &mut progress);
    progress.finish();
    let report = result?;
    let database = project.database_name()?;

    if app.output.format == Format::Json {
        let revisions = report.outcome.steps.iter().map(|it| step_json(migrator.graph(), it));
        app.output.json(&RunJson {
            database,
            direction: direction.as_str(),
            dry_run: how.dry_run,
            revisions: revisions.collect(),
            from: report.start,
            to: report.outcome.rows,
        })?;
    } else if how.dry_run {
        print_rehearsal(app, migrator.graph(), direction, &report)?;
        app.output.status("everything was rolled back; nothing was changed");
    } else {
        let at = describe_rows(&report.outcome.rows);
        let nothing = if report.outcome.steps.is_empty() { "nothing to do: " } else { "" };
        app.output.status(format_args!("{nothing}{database} is at {at}"));
    }
    Ok(ExitStatus::Done)
}

/// `SQLITE_ECHO=true`, which users of SQLAlchemy have in their `.env`, shows each statement.
fn wants_echo(project: &Project) -> anyhow::Result<bool> {
    let value =
        project.config.value("SQLITE_ECHO", &super::project::environment).map_err(Error::from)?;
    let is_on = |it: &str| matches!(it.to_ascii_lowercase().as_str(), "1" | "true" | "yes" | "on");
    Ok(value.is_some_and(|it| is_on(it.trim())))
}

fn step_json(graph: &RevisionGraph, step: &StepReport) -> StepJson {
    StepJson {
        revision: step.revision.to_string(),
        message: message_of(graph, &step.revision),
        elapsed_ms: step.elapsed.as_secs_f64() * 1000.0,
        statements: step.n_statements,
        changed_rows: step.n_changes,
    }
}

fn message_of(graph: &RevisionGraph, id: &RevisionId) -> String {
    graph.by_id(id.as_str()).map(|it| graph[it].summary()).unwrap_or_default()
}

/// The report of a rehearsal, which is its answer.
fn print_rehearsal(
    app: &mut App,
    graph: &RevisionGraph,
    direction: Direction,
    report: &Report,
) -> anyhow::Result<()> {
    for step in &report.outcome.steps {
        let statements = count(step.n_statements as u64, "statement");
        let rows = count(step.n_changes, "changed row");
        app.output.line(format_args!(
            "{} {}, {} ({statements}, {rows}, {})",
            direction.as_str(),
            step.revision,
            message_of(graph, &step.revision),
            describe_duration(step.elapsed)
        ))?;
    }
    let would_be = if report.outcome.steps.is_empty() { "is" } else { "would be" };
    app.output
        .line(format_args!("the database {would_be} at {}", describe_rows(&report.outcome.rows)))?;
    Ok(())
}

/// `1 row`, `2 rows`.
pub(super) fn count(n: u64, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// The rows of a version table, for a sentence.
pub(super) fn describe_rows(rows: &[String]) -> String {
    if rows.is_empty() { "base".to_owned() } else { rows.join(", ") }
}

fn print_sql(app: &mut App, direction: Direction, target: &str) -> anyhow::Result<ExitStatus> {
    let project = app.project()?;
    let graph = project.graph()?;
    let (lower, target) = if target.contains(':') {
        let range: SymbolRange = target.parse().map_err(Error::from)?;
        let default = if direction == Direction::Upgrade { "head" } else { "base" };
        let target = match range.upper {
            Some(target) => target,
            None => default.parse().map_err(Error::from)?,
        };
        (range.lower, target)
    } else if direction == Direction::Downgrade {
        return Err(Usage::new("a downgrade with --sql needs a range `FROM:TO`")
            .hint("the database is not looked at; say where the script starts, for example `head:base`")
            .into());
    } else {
        (None, target.parse::<RevisionSymbol>().map_err(Error::from)?)
    };
    let start = match &lower {
        None => Vec::new(),
        Some(symbol) => graph.resolve_absolute(symbol).map_err(Error::from)?,
    };
    let rows: Vec<String> = graph.ids(&start).iter().map(ToString::to_string).collect();
    let goal = match direction {
        Direction::Upgrade => Goal::upgrade(&graph, &rows, &target),
        Direction::Downgrade => Goal::downgrade(&graph, &rows, &target),
    };
    let plan = goal.and_then(|it| it.plan(&graph, &rows)).map_err(Error::from)?;
    let options = Offline {
        version_table: &project.config.database.version_table,
        log: project.config.database.log,
        transaction: project.config.transaction,
    };
    let text = offline::script(&options, &graph, plan).map_err(Error::from)?;
    app.output.line(text.trim_end_matches('\n'))?;
    Ok(ExitStatus::Done)
}
