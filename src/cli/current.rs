//! `migrator current`

use serde::Serialize;

use super::App;
use super::format::{Formatter, LineParts, RevisionJson};
use super::output::Format;
use crate::diagnostics::ExitStatus;
use crate::graph::history::RangeKind;
use crate::revision::RevisionId;

/// Show where the database is
///
/// Prints the current revisions: the rows of the version table, and heads that they depend on.
#[derive(Debug, clap::Args)]
pub(super) struct CurrentArgs {
    /// Exit with 1 unless `upgrade heads` would have nothing to do
    #[arg(long, short)]
    check_heads: bool,
}

/// Where a database is, as JSON.
#[derive(Serialize)]
struct CurrentJson {
    /// The database, as messages name it.
    database: String,
    /// The rows of the version table, as they stand there.
    rows: Vec<String>,
    /// The current revisions.
    revisions: Vec<RevisionJson>,
    /// What `upgrade heads` would run, in order.
    pending: Vec<String>,
    /// Whether that is nothing.
    is_at_heads: bool,
}

pub(super) fn run(app: &mut App, args: &CurrentArgs) -> anyhow::Result<ExitStatus> {
    let project = app.project()?;
    let graph = project.graph()?;
    let rows = project.rows()?;
    let indices = crate::plan::applied_rows(&graph, &rows).map_err(crate::Error::from)?;
    let current = graph.current_tips(&indices);
    let pending = graph
        .range(&graph.real_heads(), &indices, RangeKind::Missing)
        .map(|missing| graph.upgrade_order(&missing))
        .map_err(crate::Error::from)?;
    let status =
        if args.check_heads && !pending.is_empty() { ExitStatus::No } else { ExitStatus::Done };

    let formatter = Formatter::new(&graph, None);
    if app.output.format == Format::Json {
        app.output.json(&CurrentJson {
            database: project.database_name()?,
            revisions: current.iter().map(|it| formatter.json(*it)).collect(),
            is_at_heads: pending.is_empty(),
            pending: graph.ids(&pending).iter().map(RevisionId::to_string).collect(),
            rows,
        })?;
        return Ok(status);
    }
    let is_verbose = app.output.verbosity > 0;
    if is_verbose {
        app.output.line(format_args!("Current revision(s) for {}:", project.database_name()?))?;
    }
    if current.is_empty() {
        app.output.status(format_args!("no revision is applied to {}", project.database_name()?));
    }
    for index in current {
        if is_verbose {
            app.output.line(formatter.block(index))?;
        } else {
            let parts = LineParts { points: true, ..LineParts::default() };
            app.output.line(formatter.line(index, parts))?;
        }
    }
    if status == ExitStatus::No {
        let n_pending = pending.len();
        let revisions = if n_pending == 1 { "revision is" } else { "revisions are" };
        app.output.status(format_args!(
            "the database is not at the heads: {n_pending} {revisions} pending; \
             `migrator upgrade heads` applies what is pending"
        ));
    }
    Ok(status)
}
