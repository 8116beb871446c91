//! `migrator upgrade` and `migrator downgrade`

use std::mem::ManuallyDrop;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use serde::Serialize;

use super::interrupt::listen;
use super::output::Format;
use super::progress::Progress;
use super::project::{Project, clock};
use super::prompt::{can_ask, confirm};
use super::proof::prove;
use super::words::{count, describe_duration, describe_growth, describe_rows};
use super::{App, mistyped};
use crate::Error;
use crate::audit::History;
use crate::config::BackupMode;
use crate::diagnostics::{ExitStatus, Usage};
use crate::exec::offline;
use crate::exec::{BackupPlan, Growth, StepReport};
use crate::graph::symbol::{RevisionSymbol, SymbolRange};
use crate::graph::{RevisionGraph, RevisionIndex};
use crate::migrator::{Migrator, Proof, Report, Request};
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
        allow_negative_numbers = true,
        add = super::completions::targets()
    )]
    target: String,

    #[command(flatten)]
    how: HowArgs,

    /// Go on this once although revision files are not what ran
    #[arg(long, conflicts_with = "sql")]
    allow_changed: bool,

    /// Run revisions that were put below others which ran, where that is proven to be safe
    ///
    /// In memory, all applied revisions run in their order, and again with these last, from the
    /// same invented rows; both must leave the same schema, rows and `user_version`. One that
    /// changes rows is refused if a later one that ran names the same tables, and any one if a later
    /// one worked on rows through what it changes. Where only the order of columns differs, nothing
    /// that is still to run may go by their positions (`SELECT *`). Where something that ran has no
    /// file here, and may have done the same, it takes `--allow-changed` too.
    #[arg(long, conflicts_with = "sql")]
    out_of_order: bool,
}

/// Downgrade the database
///
/// Runs the downgrade bodies of everything above the target. `-1` takes back one revision, `base`
/// all of them.
#[derive(Debug, clap::Args)]
pub(super) struct DowngradeArgs {
    /// Where to: `-N`, `base`, an id, `LABEL@base`, …; with --sql `A:B`
    #[arg(value_name = "TARGET", allow_negative_numbers = true, add = super::completions::targets())]
    target: String,

    #[command(flatten)]
    how: HowArgs,

    /// Revert revisions of other branches too where that is necessary, without asking
    #[arg(long, short)]
    yes: bool,

    /// Go on this once although a revision never ran here
    ///
    /// Its body is left out, since there is nothing to undo. That of a squashed revision of which only
    /// a part ran is not: it undoes all of it.
    #[arg(long, conflicts_with = "sql")]
    allow_changed: bool,
}

/// How a run is done
#[derive(Debug, clap::Args)]
struct HowArgs {
    /// Print the SQL instead of running it; the database is not looked at
    ///
    /// The script starts at A where the target is `A:B` (a downgrade needs both), or else at the
    /// base, and refuses to run on a database that is somewhere else. Pipe it into `sqlite3 FILE`.
    #[arg(long, conflicts_with = "dry_run")]
    sql: bool,

    /// Run everything for real in a transaction, report on it, and roll it back
    #[arg(long)]
    dry_run: bool,

    /// Back the database up before anything runs, whatever alembic.toml says
    ///
    /// The backup is a copy of the database beside it, `NAME.TIMESTAMP.bak`; with PATH it is that
    /// file, which must not be there yet, or lies in that folder as `NAME-ID.TIMESTAMP.bak`, where
    /// ID stands for this very file.
    #[arg(
        long,
        value_name = "PATH",
        num_args = 0..=1,
        require_equals = true,
        conflicts_with_all = ["sql", "dry_run", "no_backup"]
    )]
    #[expect(clippy::option_option, reason = "clap's way to say `--backup` or `--backup=PATH`")]
    backup: Option<Option<PathBuf>>,

    /// Make no backup, whatever alembic.toml says
    #[arg(long)]
    no_backup: bool,

    /// A text to keep in `migrator_log` with the revisions of this run
    #[arg(long, value_name = "TEXT")]
    tag: Option<String>,
}

pub(super) fn upgrade(app: &mut App, args: &UpgradeArgs) -> anyhow::Result<ExitStatus> {
    let result = run_upgrade(app, args);
    result.map_err(|err| mistyped::for_a_path(app, &args.target, err))
}

pub(super) fn downgrade(app: &mut App, args: &DowngradeArgs) -> anyhow::Result<ExitStatus> {
    let result = run_downgrade(app, args);
    result.map_err(|err| mistyped::for_a_path(app, &args.target, err))
}

fn run_upgrade(app: &mut App, args: &UpgradeArgs) -> anyhow::Result<ExitStatus> {
    if args.how.sql {
        return print_sql(app, Direction::Upgrade, &args.target, &args.how, false);
    }
    let target = online_target(&args.target)?;
    let project = app.project()?;
    let migrator = open(&project, args.how.dry_run)?;
    let replaying = if args.out_of_order {
        project.replaying(migrator.graph())?
    } else {
        project.replaying_beside(Vec::new())?
    };
    let prove = |history: &History, inserted: &[RevisionIndex]| {
        let _busy = project.busy("proving the order in memory");
        prove(&project, replaying.replay(), migrator.graph(), history, inserted)
    };
    let request = Wanted {
        direction: Direction::Upgrade,
        target,
        also: Vec::new(),
        allow_changed: args.allow_changed,
        out_of_order: args.out_of_order.then_some(&prove),
        cancel: listen()?,
    };
    run(app, &project, &migrator, &request, &args.how)
}

fn run_downgrade(app: &mut App, args: &DowngradeArgs) -> anyhow::Result<ExitStatus> {
    if args.how.sql {
        return print_sql(app, Direction::Downgrade, &args.target, &args.how, args.yes);
    }
    let target = online_target(&args.target)?;
    let cancel = listen()?;
    let project = app.project()?;
    let migrator = open(&project, args.how.dry_run)?;
    let rows = project.rows()?;
    let goal = Goal::downgrade(migrator.graph(), &rows, &target).map_err(Error::from)?;
    let also = match goal {
        Goal::Reverted(reverted) => migrator.graph().ids(&reverted.also),
        Goal::Applied(_) => Vec::new(),
    };
    if !also.is_empty() && !args.yes {
        let refusal = PlanError::RevertsMore { target: target.text.clone(), also: also.clone() };
        if args.how.dry_run {
            app.output.warning(format_args!("{refusal}; without --dry-run, that needs `--yes`"));
        } else if !can_ask() {
            return Err(Error::from(refusal).into());
        } else if !ask(&refusal)? {
            return Err(Usage::new("not confirmed; nothing was changed").into());
        }
    }
    let request = Wanted {
        direction: Direction::Downgrade,
        target,
        also,
        allow_changed: args.allow_changed,
        out_of_order: None,
        cancel,
    };
    run(app, &project, &migrator, &request, &args.how)
}

/// Asks on the terminal whether to go on.
fn ask(refusal: &PlanError) -> anyhow::Result<bool> {
    confirm(&format!("{refusal}. Go on?"))
}

/// The target of a run on a database, for which ranges have no meaning.
pub(super) fn online_target(text: &str) -> anyhow::Result<RevisionSymbol> {
    if text.contains(':') {
        return Err(Usage::new(format!("`{text}` is a range, which is for --sql only"))
            .hint("name only the target; where to start from, the database says")
            .into());
    }
    Ok(text.parse::<RevisionSymbol>().map_err(Error::from)?)
}

/// The project, which is not taken apart at the end, like [`Project::graph`].
fn open(project: &Project, is_rehearsal: bool) -> anyhow::Result<ManuallyDrop<Migrator>> {
    let location = if is_rehearsal { project.location()? } else { project.lasting_location()? };
    project.refuse_half_squashed()?;
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
    /// The backup of what was there before.
    backup: Option<String>,
    /// Only with `--dry-run`.
    #[serde(flatten)]
    rehearsal: Option<RehearsalJson>,
}

/// What only a rehearsal reports, as JSON.
#[derive(Serialize)]
struct RehearsalJson {
    /// How large the database is, in bytes; absent where nothing ran.
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    /// How large it would be at most, with its journal.
    #[serde(skip_serializing_if = "Option::is_none")]
    peak_size: Option<u64>,
    warnings: Vec<String>,
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

/// Where a run is to lead.
struct Wanted<'a> {
    direction: Direction,
    target: RevisionSymbol,
    /// What may be reverted besides.
    also: Vec<RevisionId>,
    /// Whether files may be other than what ran.
    allow_changed: bool,
    /// What decides whether inserted revisions may run.
    out_of_order: Option<&'a Proof<'a>>,
    /// Ends the run when it is set.
    cancel: Arc<AtomicBool>,
}

fn run(
    app: &mut App,
    project: &Project,
    migrator: &Migrator,
    wanted: &Wanted<'_>,
    how: &HowArgs,
) -> anyhow::Result<ExitStatus> {
    let direction = wanted.direction;
    let echo = app.output.verbosity > 0 || wants_echo(project)?;
    let mut progress = Progress::new(&app.output, &project.here, echo, how.dry_run);
    if direction == Direction::Upgrade {
        progress.look_for(&project.config.lint, migrator.graph());
    }
    let target = how.backup.iter().flatten().next().map(|it| project.here.join(it));
    let clock = clock()?;
    let request = Request {
        direction,
        target: &wanted.target,
        also: &wanted.also,
        allow_changed: wanted.allow_changed,
        out_of_order: wanted.out_of_order,
        backup: match (&how.backup, how.no_backup) {
            (Some(_), _) => Some(BackupPlan {
                mode: BackupMode::Always,
                target: target.as_deref(),
                is_wanted: true,
                ..migrator.backup_plan()
            }),
            (None, true) => Some(BackupPlan::NONE),
            (None, false) => None,
        },
        rehearse: how.dry_run,
        tag: how.tag.as_deref(),
        clock: clock.as_ref(),
        cancel: Some(Arc::clone(&wanted.cancel)),
        ticker: Some(progress.ticker()),
        notice: project.notice(),
    };
    let result = migrator.run(&request, &mut progress);
    progress.finish();
    let warnings = std::mem::take(&mut progress.warnings);
    let report = result?;
    let database = project.database_name()?;
    if !how.dry_run {
        let at = describe_rows(&report.outcome.rows);
        app.output
            .did(format_args!("the {} is done, and {database} is at {at}", direction.as_str()));
    }

    if app.output.format == Format::Json {
        let revisions = report.outcome.steps.iter().map(|it| step_json(migrator.graph(), it));
        app.output.json(&RunJson {
            database,
            direction: direction.as_str(),
            dry_run: how.dry_run,
            revisions: revisions.collect(),
            from: report.start,
            to: report.outcome.rows,
            backup: report.outcome.backup.map(|it| project.shown(&it)),
            rehearsal: how.dry_run.then(|| RehearsalJson {
                size: report.outcome.growth.map(|it| it.before),
                peak_size: report.outcome.growth.map(|it| it.peak),
                warnings,
            }),
        })?;
    } else if report.outcome.steps.is_empty() {
        let at = describe_rows(&report.outcome.rows);
        if migrator.graph().indices().next().is_none() {
            app.output.status(super::NO_REVISIONS);
        } else {
            app.output.status(format_args!("nothing to do: {database} is at {at}"));
        }
    } else if how.dry_run {
        print_rehearsal(app, migrator.graph(), direction, &report)?;
        app.output.status("everything was rolled back; nothing was changed");
    } else {
        let at = describe_rows(&report.outcome.rows);
        app.output.status(format_args!("{database} is at {at}"));
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
        elapsed_ms: step.elapsed_ms(),
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
    let rows = describe_rows(&report.outcome.rows);
    app.output.line(format_args!("the database would be at {rows}"))?;
    if let Some(Growth { before, peak }) = report.outcome.growth {
        app.output.line(describe_growth("it", before, peak, "run"))?;
    }
    Ok(())
}

fn print_sql(
    app: &mut App,
    direction: Direction,
    target: &str,
    how: &HowArgs,
    yes: bool,
) -> anyhow::Result<ExitStatus> {
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
    let goal = goal.map_err(Error::from)?;
    if let Goal::Reverted(reverted) = &goal
        && !reverted.also.is_empty()
        && !yes
    {
        let (target, also) = (target.text, graph.ids(&reverted.also));
        return Err(Error::from(PlanError::RevertsMore { target, also }).into());
    }
    let plan = goal.plan(&graph, &rows).map_err(Error::from)?;
    let text =
        offline::script(&project.offline(how.tag.as_deref()), &graph, plan).map_err(Error::from)?;
    if text.is_empty() {
        let at = describe_rows(&rows);
        app.output.status(format_args!("nothing to do from {at}: the script is empty"));
        return Ok(ExitStatus::Done);
    }
    print_script(app, &project, &text)?;
    Ok(ExitStatus::Done)
}

/// Prints a script for `sqlite3`, and what it needs besides.
pub(super) fn print_script(app: &mut App, project: &Project, text: &str) -> anyhow::Result<()> {
    // Where they lie on the machine that runs the script, nobody knows here.
    for extension in project.extensions()? {
        let name = extension.file_name().unwrap_or(extension.as_os_str()).display();
        app.output.line(format_args!("-- needs an extension of SQLite: .load {name}"))?;
    }
    app.output.line(text.trim_end_matches('\n'))?;
    Ok(())
}
