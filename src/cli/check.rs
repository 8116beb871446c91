//! `migrator check`

use serde::Serialize;

use super::App;
use super::autogenerate::{Answers, request};
use super::drift::{self, Found};
use super::output::Format;
use super::project::Project;
use super::schemas::{ChangeJson, changes_json, show, supply_excluded, warn_of_doubts};
use super::screen::COMPARING;
use crate::Error;
use crate::audit::{History, audit};
use crate::autogenerate::{compare, differences};
use crate::diagnostics::ExitStatus;
use crate::diff::lines::Line;

/// Say whether the revisions make the declared schema
///
/// Replays the revisions in memory and compares with `[schema]` of alembic.toml, so that no database
/// is needed. Exits with 1 where something differs, and lists what `revision --autogenerate` would
/// write a revision for. Nothing is written anywhere.
#[derive(Debug, clap::Args)]
pub(super) struct CheckArgs {
    /// Compare the database with what its revisions make: shows what was changed by hand
    ///
    /// `+` is what the database has more, `-` what it lacks. The declared schema is not asked.
    #[arg(long)]
    database: bool,
}

/// What differs, as JSON.
#[derive(Serialize)]
struct CheckJson {
    /// What was compared with what.
    from: String,
    to: String,
    is_clean: bool,
    changes: Vec<ChangeJson>,
}

pub(super) fn run(app: &mut App, args: &CheckArgs) -> anyhow::Result<ExitStatus> {
    let project = app.project()?;
    let graph = project.graph()?;
    let (from, to, lines, hints) = if args.database {
        let location = project.location()?;
        let look = |history: &History| {
            let applied = crate::plan::applied_rows(&graph, &history.rows).map_err(Error::from)?;
            let up_to = super::words::describe_rows(&history.rows);
            let from =
                project.replayed(format!("the revisions up to {up_to}"), &graph, &applied)?;
            let to = project.live_schema(&location)?;
            let lines = compare(&from.schema, &to, project.config.schema.column_order);
            let troubles = audit(&graph, history);
            // At once: who is in the middle of something now may be through with it afterwards.
            let found = Found { live: &to, right: &from.schema, lines: &lines };
            let mut hints = drift::hints(&project, &graph, history, &troubles, &found)?;
            if !troubles.is_empty() && !hints.is_empty() {
                let more = "more is wrong than that: `migrator status` tells what to do first";
                hints = vec![more.to_owned()];
            }
            Ok((from, lines, hints))
        };
        let (from, lines, hints) = project.settle(Project::history, look, |it| it.1.is_empty())?.1;
        (from.name, project.shown_database(&location), lines, hints)
    } else {
        let (to, from) = project.declared_and_replayed(&graph, &graph.heads())?;
        warn_of_doubts(app, &project, &to);
        supply_excluded(app, &from, &to)?;
        let mut lines = compare(&from.schema, &to.schema, project.config.schema.column_order);
        if !lines.is_empty() {
            // With the renames of the hints, as the revision will have them.
            let is_excluded = |name: &str| project.config.is_excluded(name);
            let answers = Answers::default();
            let _busy = project.busy(COMPARING);
            lines = differences(&request(&project, &from, &to, &answers, &is_excluded))
                .map_err(Error::from)?
                .0;
        }
        (from.name, to.name, lines, Vec::new())
    };
    answer(app, &from, &to, &lines)?;
    if lines.is_empty() {
        return Ok(ExitStatus::Done);
    }
    if args.database {
        app.output.status(format_args!(
            "{to} is not what its revisions make: `+` is what it has more, `-` what it lacks"
        ));
        for hint in &hints {
            app.output.status(hint);
        }
    } else {
        app.output.status("`migrator revision --autogenerate -m \"…\"` writes the revision for it");
    }
    Ok(ExitStatus::No)
}

/// Prints what differs.
fn answer(app: &mut App, from: &str, to: &str, lines: &[Line]) -> anyhow::Result<()> {
    if app.output.format == Format::Json {
        app.output.json(&CheckJson {
            from: from.to_owned(),
            to: to.to_owned(),
            is_clean: lines.is_empty(),
            changes: changes_json(lines),
        })?;
    } else if lines.is_empty() {
        app.output.status(format_args!("no difference between {from} and {to}"));
    } else {
        show(lines, |line| app.output.line(line))?;
    }
    Ok(())
}
