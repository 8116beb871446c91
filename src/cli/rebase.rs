//! `migrator rebase`

use serde::Serialize;

use super::output::Format;
use super::ways::{self, Ways};
use super::{App, completions};
use crate::Error;
use crate::diagnostics::{ExitStatus, Usage};
use crate::fsutil;
use crate::graph::rivals::Databases;
use crate::graph::symbol::RevisionSymbol;
use crate::graph::{RevisionGraph, RevisionIndex};
use crate::revision::RevisionId;
use crate::rewrite::{Rebase, RewriteError, rebase, refuse_applied};

/// Put the revisions of a branch on top of another head
///
/// For the two heads that are left when two branches of a repository are merged, each with a revision
/// of its own: the line that is named moves on top of the other head, so that there is one line again.
/// Only the `down_revision` of its first revision changes, and nothing else in that file.
///
/// Refused when any of it ran on a database that alembic.toml names, as its version table or
/// `migrator_log` says. Refused too when it makes a difference which of the two runs first, which is
/// tried in memory: the revisions do not run in the new order, they lead to another schema, other
/// rows or another `user_version` than in the order of before, or a downgrade of the line does not
/// lead back any more.
#[derive(Debug, clap::Args)]
pub(super) struct RebaseArgs {
    /// A head: all that leads to it from the fork on moves. Another revision: it moves, with all that
    /// follows it
    #[arg(value_name = "REVISION", allow_negative_numbers = true, add = completions::revisions())]
    revision: RevisionSymbol,

    /// The head to put it on; needed where there are several others
    #[arg(long, value_name = "HEAD", add = completions::revisions())]
    onto: Option<RevisionSymbol>,

    /// Check everything and write nothing
    #[arg(long)]
    dry_run: bool,
}

/// What moved, as JSON.
#[derive(Serialize)]
struct RebaseJson {
    /// The first revision of the line, whose file changes; absent where nothing was to do.
    revision: Option<String>,
    /// What it followed.
    from: Vec<String>,
    /// What it follows now.
    down_revision: Vec<String>,
    /// All that moves, in the order in which it runs.
    moved: Vec<String>,
    /// The file.
    path: Option<String>,
    /// Whether nothing was written.
    dry_run: bool,
}

pub(super) fn run(app: &mut App, args: &RebaseArgs) -> anyhow::Result<ExitStatus> {
    let project = app.project()?;
    let graph = project.graph()?;
    let revision = graph.resolve_one(&args.revision).map_err(Error::from)?;
    let onto = args.onto.as_ref().map(|it| graph.resolve_one(it)).transpose();
    let onto = onto.map_err(Error::from)?;
    let databases = project.databases(app, &graph);
    let rebased = match rebase(&graph, revision, onto, &databases) {
        Ok(Some(rebased)) => rebased,
        Ok(None) => return nothing(app, &graph, revision, &databases, args.dry_run),
        Err(err @ (RewriteError::MergeFirst { .. } | RewriteError::MergeInside { .. })) => {
            let known = ways::known_if_any(app, &project);
            let heads = ways::heads_like(&graph, &databases, Some(revision));
            let ways =
                Ways { project: &project, graph: &graph, databases: &databases, known: &known };
            return Err(with_hint(Error::from(err).into(), ways.of(&heads)));
        }
        Err(err) => return Err(Error::from(err).into()),
    };
    let known = project.known_databases(app, &|it| app.output.warning(it))?;
    let ways = Ways { project: &project, graph: &graph, databases: &databases, known: &known };
    let ends = || {
        let moves = |it: &RevisionIndex| rebased.moved.contains(it);
        let onto = graph.by_id(rebased.onto.as_str());
        onto.into_iter().chain(graph.heads().into_iter().filter(moves)).collect::<Vec<_>>()
    };
    if let Err(err) = refuse_applied(&graph, &rebased.moved, rebased.from.first(), &known) {
        let err = anyhow::Error::from(Error::from(err));
        return Err(with_hint(err, format!("another way: {}", ways.of(&ends()))));
    }
    ways.prove(&rebased)
        .map_err(|err| with_hint(err, format!("no file was written; {}", ways.of(&ends()))))?;

    if !args.dry_run {
        let first = &rebased.first.source;
        let old = graph.by_id(rebased.first.id.as_str()).map_or("", |it| &graph[it].source.text);
        fsutil::replace(&project.here.join(&first.path), old, &first.text).map_err(Error::from)?;
    }
    answer(app, &rebased, args.dry_run)
}

/// What to do instead, for a refusal that has an error of its own.
fn with_hint(err: anyhow::Error, hint: String) -> anyhow::Error {
    err.context(Usage::new("no file was written").hint(hint))
}

fn nothing(
    app: &mut App,
    graph: &RevisionGraph,
    revision: RevisionIndex,
    databases: &Databases,
    dry_run: bool,
) -> anyhow::Result<ExitStatus> {
    if app.output.format == Format::Json {
        app.output.json(&RebaseJson {
            revision: None,
            from: Vec::new(),
            down_revision: Vec::new(),
            moved: Vec::new(),
            path: None,
            dry_run,
        })?;
    }
    app.output.status(if graph.heads().len() == 1 {
        "there is one head; no file was written".to_owned()
    } else if ways::heads_like(graph, databases, Some(revision)).len() == 1 {
        "its database has no other head; no file was written".to_owned()
    } else {
        format!("`{}` stands there already; no file was written", graph.id(revision))
    });
    Ok(ExitStatus::Done)
}

fn answer(app: &mut App, rebased: &Rebase, dry_run: bool) -> anyhow::Result<ExitStatus> {
    let Rebase { first, from, moved, graph, onto } = rebased;
    let texts = |ids: &[RevisionId]| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
    let moved = texts(&graph.ids(moved));
    let path = first.source.path.display();
    if !dry_run {
        app.output.did(format_args!("`{path}` was written: {} follows {onto}", first.id));
    }
    if app.output.format == Format::Json {
        app.output.json(&RebaseJson {
            revision: Some(first.id.to_string()),
            from: texts(from),
            down_revision: texts(&first.down_revisions),
            path: Some(path.to_string()),
            moved,
            dry_run,
        })?;
        return Ok(ExitStatus::Done);
    }
    let would = if dry_run { "would write" } else { "wrote" };
    let before = if from.is_empty() { "nothing".to_owned() } else { texts(from).join(", ") };
    app.output
        .line(format_args!("{would} {path}: {} follows {onto} (before: {before})", first.id))?;
    if let [_, rest @ ..] = moved.as_slice()
        && !rest.is_empty()
    {
        app.output.status(format_args!("{} moved with it", rest.join(", ")));
    }
    Ok(ExitStatus::Done)
}
