//! `migrator log`

use std::time::Duration;

use serde::Serialize;

use super::App;
use super::output::Format;
use super::words::describe_duration;
use crate::Error;
use crate::audit::{History, LogRow, to_the_second};
use crate::diagnostics::ExitStatus;
use crate::graph::RevisionGraph;
use crate::graph::symbol::RevisionSymbol;

/// List what ran on the database: who, what and when, newest first
///
/// Besides `upgrade` and `downgrade` there is `stamp` and `unstamp` for what the version table was
/// told without running anything, `baseline` for what ran before the log began, and `repair` for what
/// was accepted as it is, or has no file any more. `found` and `skipped` are what the version table
/// called applied when something else ran, and the log did not know of it, or knew that it never ran.
/// Beside a revision that replaces others there is a row for each of them, so that the old files know
/// what became of theirs.
#[derive(Debug, clap::Args)]
pub(super) struct LogArgs {
    /// Only this revision; also one whose file is gone
    #[arg(value_name = "REVISION", add = super::completions::revisions())]
    revision: Option<String>,

    /// List at most N rows
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
}

/// A row of the log, as JSON.
#[derive(Serialize)]
struct LogJson<'a> {
    revision: &'a str,
    /// `upgrade`, `downgrade`, `stamp`, `unstamp`, `baseline`, `repair`, `found` or
    /// `skipped`.
    direction: &'a str,
    started_at: &'a str,
    /// How long the body took.
    duration_ms: Option<f64>,
    checksum: Option<&'a str>,
    /// The version of migrator.
    version: &'a str,
    tag: Option<&'a str>,
    who: Option<&'a str>,
    /// What the file says now that the revision does.
    message: Option<String>,
}

pub(super) fn run(app: &mut App, args: &LogArgs) -> anyhow::Result<ExitStatus> {
    let project = app.project()?;
    let graph = project.graph()?;
    let history = project.history()?;
    let wanted = match &args.revision {
        Some(text) => Some(named(&graph, &history, text)?),
        None => None,
    };
    let is_wanted =
        |it: &&LogRow| wanted.as_ref().is_none_or(|wanted| wanted.contains(&it.revision));
    let limit = args.limit.unwrap_or(usize::MAX);
    let rows = history.log.iter().rev().filter(is_wanted).take(limit);
    let message = |it: &LogRow| graph.by_id(&it.revision).map(|it| graph[it].summary());
    let stands_for = |it: &LogRow| graph.replaced_by(&it.revision).map(|it| graph.id(it));

    if app.output.format == Format::Json {
        let json = |it| json(it, message(it));
        app.output.json(&rows.map(json).collect::<Vec<_>>())?;
        return Ok(ExitStatus::Done);
    }
    if history.log.is_empty() {
        let database = project.database_name()?;
        app.output.status(format_args!("{database} has no log of what ran"));
    }
    for row in rows {
        let message = message(row).unwrap_or_else(|| match stands_for(row) {
            Some(id) => format!("which `{id}` replaces"),
            None => "which no file declares".to_owned(),
        });
        app.output.line(line(row, &message))?;
    }
    Ok(ExitStatus::Done)
}

fn json(row: &LogRow, message: Option<String>) -> LogJson<'_> {
    LogJson {
        revision: &row.revision,
        direction: &row.direction,
        started_at: &row.started_at,
        duration_ms: row.duration_ms,
        checksum: row.checksum.as_deref(),
        version: &row.version,
        tag: row.tag.as_deref(),
        who: row.who.as_deref(),
        message,
    }
}

/// When, what, and in brackets the rest.
fn line(row: &LogRow, message: &str) -> String {
    let at = to_the_second(&row.started_at);
    let comma = if message.is_empty() { "" } else { ", " };
    // Anybody may have written into the table: a time that is none is left out.
    let elapsed =
        row.duration_ms.and_then(|it| Duration::try_from_secs_f64(it.max(0.0) / 1e3).ok());
    let details: Vec<String> = [
        elapsed.map(describe_duration),
        row.who.as_ref().map(|who| format!("by {who}")),
        Some(format!("migrator {}", row.version)),
        row.tag.as_ref().map(|tag| format!("tag {tag}")),
    ]
    .into_iter()
    .flatten()
    .collect();
    format!("{at}  {:9} {}{comma}{message} ({})", row.direction, row.revision, details.join(", "))
}

/// The ids that a text names: of revisions, or of what ran and has no file any more.
///
/// # Errors
///
/// What names nothing, or several things.
pub(super) fn named(
    graph: &RevisionGraph,
    history: &History,
    text: &str,
) -> anyhow::Result<Vec<String>> {
    let of_log = history.log.iter().map(|it| &it.revision);
    let mut gone: Vec<&String> =
        of_log.chain(&history.rows).filter(|it| graph.by_id(it).is_none()).collect();
    gone.sort();
    gone.dedup();
    if gone.iter().any(|it| *it == text) {
        return Ok(vec![text.to_owned()]);
    }
    let symbol: RevisionSymbol = text.parse().map_err(Error::from)?;
    match graph.resolve_absolute(&symbol) {
        Ok(found) => Ok(graph.ids(&found).iter().map(ToString::to_string).collect()),
        Err(err) => match &gone.iter().filter(|it| it.starts_with(text)).collect::<Vec<_>>()[..] {
            [only] => Ok(vec![(**only).clone()]),
            _ => Err(Error::from(err).into()),
        },
    }
}
