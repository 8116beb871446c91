//! `migrator verify`

use std::path::PathBuf;

use serde::Serialize;

use super::App;
use super::interrupt::listen;
use super::line::is_number;
use super::output::Format;
use super::progress::Progress;
use super::project::{Project, clock};
use super::tried::{Show, Tally, TriedJson};
use super::words::{describe_duration, describe_growth, describe_rows};
use crate::Error;
use crate::config::url::DatabaseLocation;
use crate::db::{Access, Database};
use crate::diagnostics::{ExitStatus, Usage, exit_status, render};
use crate::exec::event::Observer;
use crate::exec::{BackupPlan, Run};
use crate::graph::resolve::Overwalk;
use crate::graph::symbol::{RevisionSymbol, SymbolRange};
use crate::graph::{RevisionGraph, RevisionIndex};
use crate::migrator::{Migrator, Report, Request};
use crate::plan::Direction;
use crate::rehearsal::{self, CopyReport, OnCopy, Rehearsal, RehearsalError, Verdict};

/// Try each revision: up, down and up again
///
/// Runs every revision on a scratch database in memory, one by one in the order of an upgrade: its
/// upgrade, its downgrade, its upgrade again. After the downgrade the schema must be the one before,
/// after the second upgrade the one after the first; what is not is listed, object by object. Exits
/// with 1 if something is wrong. Revisions without a way back are listed and are no failure.
///
/// With --database the revisions that the database does not have are tried, on a copy of it with all
/// its rows, by the same code as `upgrade` and `downgrade`. The database itself is only read, so it
/// is refused while what a crash left in its journal must be rolled back by whoever opens it. The
/// report says how long each took, how many rows it changed, how large the file became, and what
/// `upgrade` would say.
#[derive(Debug, clap::Args)]
pub(super) struct VerifyArgs {
    /// What to try: all that leads to a target, or from A to B as `A:B`
    #[arg(
        value_name = "TARGET",
        default_value = "heads",
        allow_negative_numbers = true,
        add = super::completions::targets()
    )]
    target: String,

    /// Try what is pending on a copy of the database, which is removed at the end
    #[arg(long)]
    database: bool,

    /// The folder for the copy; the system's folder for temporary files if not given
    ///
    /// It needs room for the database and for what the revisions add, journal included.
    #[arg(long, value_name = "DIR", requires = "database", value_hint = clap::ValueHint::DirPath)]
    copy_to: Option<PathBuf>,
}

pub(super) fn run(app: &mut App, args: &VerifyArgs) -> anyhow::Result<ExitStatus> {
    let project = app.project()?;
    let graph = project.graph()?;
    // The database itself has what others make.
    let replaying = if args.database {
        project.replaying_beside(Vec::new())?
    } else {
        project.replaying(&graph)?
    };
    let is_excluded = |name: &str| project.config.is_excluded(name);
    let rehearsal = Rehearsal {
        graph: &graph,
        replay: replaying.replay(),
        by_order: project.config.schema.column_order,
        is_excluded: &is_excluded,
    };
    if args.database {
        return on_a_copy(app, args, &project, &rehearsal);
    }
    let (lower, upper) = ends(&project, &graph, &args.target)?;
    let busy = project.busy("trying the revisions in memory");
    let tried = rehearsal::in_memory(&rehearsal, &lower, &upper).map_err(Error::from)?;
    drop(busy);
    let show = Show { project: &project, graph: &graph };
    let tally = Tally::of(&tried);
    if app.output.format == Format::Json {
        app.output.json(&VerifyJson {
            is_clean: tally.is_clean(),
            revisions: tried.iter().map(|it| show.json(it)).collect(),
            database: None,
        })?;
    } else if tried.is_empty() {
        let nothing =
            if graph.is_empty() { super::NO_REVISIONS } else { "there is nothing to try" };
        app.output.status(nothing);
    } else {
        let is_verbose = app.output.verbosity > 0;
        for it in tried.iter().filter(|it| is_verbose || !matches!(it.verdict, Verdict::Fine)) {
            show.text(it, "", |line| app.output.line(line))?;
        }
        app.output.line(tally.sentence())?;
    }
    Ok(if tally.is_clean() { ExitStatus::Done } else { ExitStatus::No })
}

/// How often it is begun anew because another process ran something meanwhile.
const MOST_TRIES: usize = 3;

/// `verify --database`.
fn on_a_copy(
    app: &mut App,
    args: &VerifyArgs,
    project: &Project,
    rehearsal: &Rehearsal<'_>,
) -> anyhow::Result<ExitStatus> {
    if args.target.contains(':') {
        return Err(Usage::new(format!("`{}` is a range", args.target))
            .hint("with --database name only the target; where to start from, the database says")
            .into());
    }
    let target = args.target.parse::<RevisionSymbol>().map_err(Error::from)?;
    let location = project.location()?;
    if location == DatabaseLocation::Memory {
        return Err(Usage::new("the database is in memory: there is nothing to copy")
            .hint("without --database the revisions are tried in memory")
            .into());
    }
    let name = project.database_name()?;
    app.output.status(format_args!("trying what is pending on a copy of {name}"));
    let folder = args.copy_to.clone().unwrap_or_else(std::env::temp_dir);
    let clock = clock()?;
    let cancel = listen()?;
    let mut progress = Progress::new(&app.output, &project.here, app.output.verbosity > 0, true);
    let request = OnCopy {
        run: Run {
            extensions: rehearsal.replay.extensions,
            cancel: Some(cancel),
            ticker: Some(progress.ticker()),
            ..project.run_on(&location, clock.as_ref())
        },
        target: &target,
        folder: &folder,
    };
    let upgrade = |run: &Run<'_>, observer: &mut dyn Observer| {
        let copy = run.location.clone();
        let migrator = Migrator::from_config(&project.config, copy, &project.here)?;
        let request = Request {
            direction: Direction::Upgrade,
            target: &target,
            also: &[],
            allow_changed: false,
            out_of_order: None,
            rehearse: false,
            tag: None,
            clock: run.clock,
            cancel: run.cancel.clone(),
            ticker: run.ticker.clone(),
            notice: run.notice.clone(),
            backup: Some(BackupPlan::NONE),
        };
        migrator.run(&request, observer)
    };
    let mut n_tries = 1;
    let report = loop {
        match rehearsal::on_a_copy(rehearsal, &request, upgrade, &mut progress) {
            Err(RehearsalError::Moved) if n_tries < MOST_TRIES => n_tries += 1,
            report => break report,
        }
    };
    progress.finish();
    let CopyReport { upgrade, warnings, size, peak, revisions } = report.map_err(Error::from)?;
    if let Err(Error::Run(err)) = &upgrade
        && err.failure.is_full()
    {
        return Err(Error::from(RehearsalError::NoRoom { folder, size: peak }).into());
    }
    let upgrade = on_itself(upgrade.map_err(anyhow::Error::from), &request.run);

    let show = Show { project, graph: rehearsal.graph };
    let tally = Tally::of(revisions.iter().map(|it| &it.tried));
    let is_clean = tally.is_clean() && upgrade.is_ok();
    if app.output.format == Format::Json {
        app.output.json(&VerifyJson {
            is_clean,
            revisions: revisions.iter().map(|it| show.json_with_rows(it)).collect(),
            database: Some(DatabaseJson {
                database: name,
                size,
                peak_size: peak,
                upgrade: UpgradeJson::new(&upgrade, warnings),
            }),
        })?;
        return Ok(if is_clean { ExitStatus::Done } else { ExitStatus::No });
    }
    for it in &revisions {
        show.text_with_rows(it, |line| app.output.line(line))?;
    }
    let command = app.output.typed.spell(&format!("`migrator upgrade {}`", args.target));
    if revisions.is_empty() {
        say_upgrade(app, project, &command, &name, &upgrade)?;
    } else {
        app.output.line(tally.sentence())?;
        say_upgrade(app, project, &command, &name, &upgrade)?;
        app.output.line(describe_growth(&name, size, peak, "upgrade"))?;
    }
    app.output.status(format_args!("{name} was only read; the copy is removed"));
    Ok(if is_clean { ExitStatus::Done } else { ExitStatus::No })
}

/// What came of an upgrade of the copy, as the database itself lets it be: that may not be written.
fn on_itself(upgrade: anyhow::Result<Report>, run: &Run<'_>) -> anyhow::Result<Report> {
    let writes = match &upgrade {
        Ok(report) => !report.outcome.steps.is_empty(),
        Err(err) => exit_status(err) == ExitStatus::Failed,
    };
    if writes {
        let database = Database::open(run.location, Access::Read, run.busy_timeout);
        database.and_then(|it| it.refuse_read_only()).map_err(Error::from)?;
    }
    upgrade
}

/// Says what `upgrade` would.
fn say_upgrade(
    app: &mut App,
    project: &Project,
    command: &str,
    name: &str,
    upgrade: &anyhow::Result<Report>,
) -> anyhow::Result<()> {
    match upgrade {
        Ok(report) if report.outcome.steps.is_empty() => {
            let at = describe_rows(&report.outcome.rows);
            app.output.status(format_args!("nothing to do: {name} is at {at}"));
        }
        Ok(Report { start, outcome }) => {
            let (from, to) = (describe_rows(start), describe_rows(&outcome.rows));
            let time = describe_duration(outcome.steps.iter().map(|it| it.elapsed).sum());
            app.output
                .line(format_args!("{command} would take {name} from {from} to {to} in {time}"))?;
        }
        Err(err) => {
            app.output.line(format_args!("{command} would say:"))?;
            for line in render(err, &project.here, &app.output.typed).lines() {
                app.output.line(format_args!("  {line}"))?;
            }
        }
    }
    Ok(())
}

/// The two ends of what is to be tried.
fn ends(
    project: &Project,
    graph: &RevisionGraph,
    text: &str,
) -> anyhow::Result<(Vec<RevisionIndex>, Vec<RevisionIndex>)> {
    if text.strip_prefix('-').is_some_and(is_number) {
        return Err(Usage::new(format!(
            "`{text}` has no meaning here: in memory nothing is applied"
        ))
        .hint("name a revision: it is tried with all below it; `A:` tries what follows `A`")
        .into());
    }
    let (lower, upper) = if text.contains(':') {
        let range: SymbolRange = text.parse().map_err(Error::from)?;
        (range.lower, range.upper)
    } else {
        (None, Some(text.parse::<RevisionSymbol>().map_err(Error::from)?))
    };
    let lower = match lower {
        None => Vec::new(),
        Some(symbol) => project.resolve_with_current(graph, &symbol)?,
    };
    let upper = match upper {
        None => graph.real_heads(),
        Some(symbol) => {
            graph.resolve_upgrade(&symbol, &lower, Overwalk::Refuse).map_err(Error::from)?
        }
    };
    Ok((lower, upper))
}

/// What came of all revisions, as JSON.
#[derive(Serialize)]
struct VerifyJson {
    is_clean: bool,
    revisions: Vec<TriedJson>,
    /// Only with `--database`.
    #[serde(flatten)]
    database: Option<DatabaseJson>,
}

/// What a copy of the database said, as JSON.
#[derive(Serialize)]
struct DatabaseJson {
    database: String,
    size: u64,
    peak_size: u64,
    upgrade: UpgradeJson,
}

/// What `upgrade` would say, as JSON.
#[derive(Serialize)]
struct UpgradeJson {
    /// Its exit status.
    exit: u8,
    from: Vec<String>,
    to: Vec<String>,
    /// Everything but what is done is an error.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    warnings: Vec<String>,
}

impl UpgradeJson {
    fn new(upgrade: &anyhow::Result<Report>, warnings: Vec<String>) -> Self {
        match upgrade {
            Ok(Report { start, outcome }) => Self {
                exit: 0,
                from: start.clone(),
                to: outcome.rows.clone(),
                error: None,
                warnings,
            },
            Err(err) => {
                let causes: Vec<String> = err.chain().map(ToString::to_string).collect();
                let (from, to) = (Vec::new(), Vec::new());
                let exit = exit_status(err).code();
                Self { exit, from, to, error: Some(causes.join(": ")), warnings }
            }
        }
    }
}
