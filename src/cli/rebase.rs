//! `migrator rebase`

use serde::Serialize;

use super::output::Format;
use super::project::Project;
use super::{App, completions};
use crate::Error;
use crate::diagnostics::{ExitStatus, Usage};
use crate::exec::Replay;
use crate::fsutil;
use crate::graph::symbol::RevisionSymbol;
use crate::graph::{RevisionGraph, RevisionIndex};
use crate::rehearsal::Rehearsal;
use crate::revision::RevisionId;
use crate::rewrite::{Rebase, RebaseProof, RewriteError, rebase, refuse_applied};

/// Put the revisions of a branch on top of another head
///
/// For the two heads that are left when two branches of a repository are merged, each with a revision
/// of its own: the line that is named moves on top of the other head, so that there is one line again.
/// Only the `down_revision` of its first revision changes, and nothing else in that file.
///
/// Refused when any of it ran on a database that alembic.toml names, as its version table or
/// `migrator_log` says. Refused too when it makes a difference which of the two runs first, which is
/// tried in memory: the revisions do not run in the new order, they lead to another schema than in
/// the order of before, or a downgrade of the line does not lead back any more.
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
    let Some(rebased) = rebase(&graph, revision, onto).map_err(Error::from)? else {
        return nothing(app, &graph, revision, args.dry_run);
    };
    let databases = project.known_databases(app)?;
    refuse_applied(&graph, &rebased.moved, rebased.from.first(), &databases)
        .map_err(Error::from)?;
    prove(&project, &graph, &rebased)?;

    if !args.dry_run {
        let first = &rebased.first.source;
        let old = graph.by_id(rebased.first.id.as_str()).map_or("", |it| &graph[it].source.text);
        fsutil::replace(&project.here.join(&first.path), old, &first.text).map_err(Error::from)?;
    }
    answer(app, &rebased, args.dry_run)
}

/// Proves that the line may move.
fn prove(project: &Project, graph: &RevisionGraph, rebased: &Rebase) -> anyhow::Result<()> {
    let extensions = project.extensions()?;
    let replay = Replay {
        version_table: &project.config.database.version_table,
        log: project.config.database.log,
        extensions: &extensions,
    };
    let by_order = project.config.schema.column_order;
    let is_excluded = |name: &str| project.config.is_excluded(name);
    let before = Rehearsal { graph, replay, by_order, is_excluded: &is_excluded };
    let present = project.declared_and_excluded();
    let outcome = RebaseProof { before, present: &present }.hold(rebased);
    outcome.map_err(|err| {
        let is_replay = matches!(err, RewriteError::Replay(_));
        let err = anyhow::Error::from(Error::from(err));
        if !is_replay {
            return err;
        }
        err.context(
            Usage::new("the revisions do not run in the new order")
                .hint(
                    "no file was written; the two branches change the same thing: edit one of them",
                )
                .hint("or join the heads as they are: `migrator merge heads`"),
        )
    })
}

fn nothing(
    app: &mut App,
    graph: &RevisionGraph,
    revision: RevisionIndex,
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
