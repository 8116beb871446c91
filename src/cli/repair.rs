//! `migrator repair`

use serde::Serialize;

use super::App;
use super::drift::{Drift, drift};
use super::interrupt::listen;
use super::log::named;
use super::output::Format;
use super::progress::tell;
use super::project::{Project, clock};
use crate::audit::{self, Accepted, History, Note, Repair};
use crate::diagnostics::{ExitStatus, MAX_NAMED, Usage};
use crate::exec::event::Event;
use crate::exec::{self, PlanFailure, Run, Stamp};
use crate::graph::RevisionGraph;
use crate::migrator::plan_error_first;

/// Accept revisions as they are now, and keep that in the log
///
/// What the version table calls applied counts as applied with the body that its file has now:
/// edited revisions, inserted ones, and those that another tool ran. What it does not call applied
/// counts as not applied: revisions whose files are gone. With --never-ran, what the version table
/// calls applied counts as skipped, so that `upgrade --out-of-order` can run it. Nothing is run, and
/// neither the schema nor the version table is changed.
#[derive(Debug, clap::Args)]
pub(super) struct RepairArgs {
    /// Which revisions; also ids whose files are gone
    #[arg(
        value_name = "REVISION",
        required_unless_present = "all",
        add = super::completions::revisions()
    )]
    revisions: Vec<String>,

    /// All of which `status` finds this
    #[arg(long, value_name = "KIND", value_parser = KINDS, conflicts_with = "revisions")]
    all: Option<String>,

    /// Say that they never ran, whatever the version table says
    #[arg(long)]
    never_ran: bool,

    /// A text to keep in `migrator_log` with the revisions
    #[arg(long, value_name = "TEXT")]
    tag: Option<String>,
}

/// The kinds of troubles that can be accepted, as `status --json` calls them.
const KINDS: [&str; 6] = ["edited", "filled-in", "gone", "inserted", "partly-run", "version-table"];

/// What was accepted, as JSON.
#[derive(Serialize)]
struct RepairJson {
    /// The database, as messages name it.
    database: String,
    revisions: Vec<RepairedJson>,
}

/// A revision that was accepted, as JSON.
#[derive(Serialize)]
struct RepairedJson {
    revision: String,
    /// Whether it counts as applied from now on.
    is_applied: bool,
}

pub(super) fn run(app: &mut App, args: &RepairArgs) -> anyhow::Result<ExitStatus> {
    listen()?;
    let project = app.project()?;
    let graph = project.graph()?;
    if !project.config.database.log {
        return Err(Usage::new("`log = false` under `[database]`: what ran is not recorded")
            .hint(
                "nothing was changed; there is nothing to accept, and nothing that `upgrade` would \
                 refuse for it; `migrator stamp` sets the version table",
            )
            .into());
    }
    // Also finds that there is no database, which must not be made for this.
    let history = project.history()?;
    let mut revisions = match &args.all {
        Some(kind) => {
            let found = audit::audit(&graph, &history).into_iter().filter(|it| it.kind() == kind);
            found.filter_map(|it| it.revision().map(str::to_owned)).collect()
        }
        None => Vec::new(),
    };
    for text in &args.revisions {
        for id in named(&graph, &history, text)? {
            if !revisions.contains(&id) {
                revisions.push(id);
            }
        }
    }

    let location = project.lasting_location()?;
    let clock = clock()?;
    let request = Run { tag: args.tag.as_deref(), ..project.run_on(&location, clock.as_ref()) };
    let accepted = if args.never_ran { Accepted::AsSkipped } else { Accepted::AsItIs };
    let mut repairs: Vec<Repair> = Vec::new();
    let mut planner = |history: &History| -> Result<Stamp, PlanFailure> {
        repairs.clear();
        for revision in &revisions {
            repairs.extend(audit::repair(&graph, history, revision, accepted)?);
        }
        let notes = repairs.iter().flat_map(Repair::notes).cloned().collect();
        Ok(Stamp { notes, ..Stamp::default() })
    };
    let mut observer = |event: &Event<'_>| tell(&app.output, event);
    exec::stamp(&request, false, &mut planner, &mut observer).map_err(plan_error_first)?;

    let notes: Vec<&Note> = repairs.iter().map(|it| &it.note).collect();
    if notes.iter().any(|it| it.checksum.is_some()) {
        warn_of_drift(app, &project, &graph)?;
    }
    let database = project.database_name()?;
    if !notes.is_empty() {
        let revisions: Vec<String> = notes.iter().map(|it| format!("`{}`", it.revision)).collect();
        app.output.did(format_args!("accepted {} in {database}", revisions.join(", ")));
    }
    if app.output.format == Format::Json {
        let json = |it: &&Note| RepairedJson {
            revision: it.revision.clone(),
            is_applied: it.checksum.is_some(),
        };
        app.output.json(&RepairJson { database, revisions: notes.iter().map(json).collect() })?;
        return Ok(ExitStatus::Done);
    }
    for note in &notes {
        let how = match &note.checksum {
            Some(_) => "as applied, with its file as it is now; nothing was run",
            None if args.never_ran => {
                "as skipped: it never ran here; `migrator upgrade --out-of-order` runs it"
            }
            None => "as not applied",
        };
        app.output.status(format_args!("accepted {} {how}", note.revision));
    }
    if notes.is_empty() {
        app.output.status(format_args!("nothing to repair in {database}"));
    }
    Ok(ExitStatus::Done)
}

/// Says that a body that was accepted, and not run, makes something that is not there.
fn warn_of_drift(app: &App, project: &Project, graph: &RevisionGraph) -> anyhow::Result<()> {
    let history = project.history()?;
    let troubles = audit::audit(graph, &history);
    let Drift::Lines(lines, _) = drift(project, graph, &history, &troubles).0 else {
        return Ok(());
    };
    let shown: Vec<String> = lines.iter().take(MAX_NAMED).map(ToString::to_string).collect();
    if !shown.is_empty() {
        let more = if lines.len() > shown.len() { " and more" } else { "" };
        app.output.warning(format_args!(
            "the schema is still not what the revisions make: `{}`{more}; `migrator status` tells what \
             to do",
            shown.join("`, `")
        ));
    }
    Ok(())
}
