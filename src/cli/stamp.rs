//! `migrator stamp`

use serde::Serialize;

use super::interrupt::listen;
use super::migrate::online_target;
use super::output::Format;
use super::progress::tell;
use super::project::clock;
use super::words::describe_rows;
use super::{App, completions};
use crate::Error;
use crate::audit::{self, History, LogDirection};
use crate::diagnostics::{ExitStatus, Usage};
use crate::exec::event::Event;
use crate::exec::offline;
use crate::exec::{self, PlanFailure, Run, Stamp};
use crate::graph::RevisionGraph;
use crate::graph::symbol::{RevisionSymbol, SymbolRange};
use crate::plan::stamp::{Purge, StampPlan, plan_stamp};

/// Set the version table without running anything
///
/// The named revisions count as applied with all that they need, and nothing that comes after them
/// does; other lineages stay as they are. An id that no file declares is replaced.
#[derive(Debug, clap::Args)]
pub(super) struct StampArgs {
    /// Where the database is: `head`, `heads`, `base`, ids, …; with --sql also `A:B`
    #[arg(
        value_name = "REVISION",
        required = true,
        allow_negative_numbers = true,
        add = completions::revisions()
    )]
    revisions: Vec<String>,

    /// Print the SQL instead of running it; the database is not looked at
    #[arg(long, conflicts_with = "dry_run")]
    sql: bool,

    /// Do it for real in a transaction, report on it, and roll it back
    #[arg(long)]
    dry_run: bool,

    /// Forget all rows of the version table first
    #[arg(long)]
    purge: bool,

    /// A text to keep in `migrator_log` with the revisions
    #[arg(long, value_name = "TEXT")]
    tag: Option<String>,
}

/// A stamp, as JSON.
#[derive(Serialize)]
struct StampJson {
    /// The database, as messages name it.
    database: String,
    /// Whether everything was rolled back.
    dry_run: bool,
    /// The rows of the version table before.
    from: Vec<String>,
    /// The rows after; of a rehearsal, those that there would be.
    to: Vec<String>,
}

pub(super) fn run(app: &mut App, args: &StampArgs) -> anyhow::Result<ExitStatus> {
    if args.sql {
        return print_sql(app, args);
    }
    listen()?;
    let project = app.project()?;
    let graph = project.graph()?;
    let symbols: Vec<RevisionSymbol> =
        args.revisions.iter().map(|it| online_target(it)).collect::<anyhow::Result<_>>()?;
    let purge = if args.purge { Purge::Yes } else { Purge::No };
    let location = if args.dry_run { project.location()? } else { project.lasting_location()? };

    let clock = clock()?;
    let request = Run {
        rehearse: args.dry_run,
        tag: args.tag.as_deref(),
        ..project.run_on(&location, clock.as_ref())
    };
    let mut from = Vec::new();
    let mut unknown = Vec::new();
    let mut refusal = None;
    let mut planner = |history: &History| -> Result<Stamp, PlanFailure> {
        match plan_stamp(&graph, &history.rows, &symbols, purge) {
            Ok(plan) => {
                from.clone_from(&plan.start);
                unknown.clone_from(&plan.unknown);
                Ok(to_write(&graph, history, plan, purge))
            }
            Err(err) => {
                refusal = Some(err.clone());
                Err(err.into())
            }
        }
    };
    let mut observer = |event: &Event<'_>| tell(&app.output, event);
    let outcome = exec::stamp(&request, args.purge, &mut planner, &mut observer);
    if let Some(refusal) = refusal {
        return Err(Error::from(refusal).into());
    }
    let outcome = outcome.map_err(Error::from)?;

    let replaced = if args.dry_run { "would replace" } else { "replaced" };
    for row in unknown {
        app.output.status(format_args!("{replaced} `{row}`, which no revision file declares"));
    }
    let database = project.database_name()?;
    if !args.dry_run {
        app.output.did(format_args!("{database} is at {}", describe_rows(&outcome.rows)));
    }
    if app.output.format == Format::Json {
        let dry_run = args.dry_run;
        app.output.json(&StampJson { database, dry_run, from, to: outcome.rows })?;
    } else if args.dry_run {
        let rows = describe_rows(&outcome.rows);
        app.output.line(format_args!("the database would be at {rows}"))?;
        app.output.status("everything was rolled back; nothing was changed");
    } else {
        app.output.status(format_args!("{database} is at {}", describe_rows(&outcome.rows)));
    }
    Ok(ExitStatus::Done)
}

fn parse(revisions: &[String]) -> anyhow::Result<Vec<RevisionSymbol>> {
    let symbols: Result<Vec<RevisionSymbol>, _> = revisions.iter().map(|it| it.parse()).collect();
    Ok(symbols.map_err(Error::from)?)
}

/// The writes, and what they mean for the log; nothing where the version table says so already.
fn to_write(graph: &RevisionGraph, history: &History, plan: StampPlan, purge: Purge) -> Stamp {
    if plan.writes.is_empty() && purge == Purge::No {
        return Stamp::default();
    }
    Stamp { notes: audit::stamped(graph, history, &plan.end), writes: plan.writes }
}

fn print_sql(app: &mut App, args: &StampArgs) -> anyhow::Result<ExitStatus> {
    let project = app.project()?;
    let graph = project.graph()?;
    let (start, targets) = match args.revisions.as_slice() {
        [range] if range.contains(':') => {
            let range: SymbolRange = range.parse().map_err(Error::from)?;
            let start = match &range.lower {
                Some(symbol) => graph.resolve_absolute(symbol).map_err(Error::from)?,
                None => Vec::new(),
            };
            let target = range.upper.ok_or_else(|| {
                Usage::new("a range for stamp needs its upper end").hint("for example `a:b`")
            })?;
            (start, vec![target])
        }
        several => (Vec::new(), parse(several)?),
    };
    if args.purge && !start.is_empty() {
        return Err(Usage::new("`--purge` forgets all rows, so a range has no meaning").into());
    }
    let rows: Vec<String> = graph.ids(&start).iter().map(ToString::to_string).collect();
    let purge = if args.purge { Purge::Yes } else { Purge::No };
    let plan = plan_stamp(&graph, &rows, &targets, Purge::No).map_err(Error::from)?;
    let options = project.offline(args.tag.as_deref());
    let mut stamp = to_write(&graph, &History::of_rows(rows.clone()), plan, purge);
    // The script itself begins the log where there is none.
    stamp.notes.retain(|it| it.direction != LogDirection::Baseline);
    let script = offline::stamp_script(&options, &graph, &rows, args.purge, &stamp);
    app.output.line(script.trim_end_matches('\n'))?;
    Ok(ExitStatus::Done)
}
