//! `migrator squash`

use std::path::Path;
use std::sync::Arc;

use serde::Serialize;

use super::new_file::{self, NewFile, Prepared};
use super::output::Format;
use super::project::Project;
use super::ways::{self, Ways};
use super::words::count;
use super::{App, completions};
use crate::Error;
use crate::diagnostics::{ExitStatus, Usage};
use crate::diff::lines::Line;
use crate::graph::symbol::{Anchor, RevisionSymbol, SymbolRange};
use crate::graph::{Edges, RevisionGraph, RevisionIndex};
use crate::plan::Direction;
use crate::revision::{BranchLabel, Revision, RevisionId, file, script_dir};
use crate::rewrite::{
    Candidate, Change, Journal, Range, RewriteError, Settings, Squash, Way, data_statements,
    refuse_stopped, refuse_troubled,
};
use crate::source::{Location, Source};
use crate::sql::layout::one_line;

/// Make one revision of a range
///
/// The new revision does what the range did, and says so in its header: `replaces` lists the ids, and a
/// database that is at the last of them is at the new one, so that nothing runs there. The files of the
/// range are removed; what followed it follows the new one.
///
/// Where the range holds nothing but DDL for tables of its own, the body is the sum of it. Else the
/// bodies stand in it one after another, word for word, and the statements about rows are listed, to be
/// reviewed. So for both directions: the downgrade does what the downgrades of the range did. Before
/// anything is written, old and new are run side by side in memory, up and down, with rows: the same
/// schema, and the same rows. What a `refuse-if` in the middle of the range asks must not depend on the
/// statements before it, since one body asks all at its beginning.
/// Other branches keep their place before or after the range, or it is proven to make no difference.
///
/// A database that is known and stands in the middle of the range, or on which something else ran than
/// the files of the range say, is to be led on or mended first.
///
/// What is written is written whole: after a kill in the middle every command says so, and
/// `--continue` or `--abort` leads on or back.
#[derive(Debug, clap::Args)]
pub(super) struct SquashArgs {
    /// The first revision and the last one, `FIRST:LAST`; without one of them, from the base or up to
    /// the head
    #[arg(
        value_name = "RANGE",
        required_unless_present = "way",
        allow_hyphen_values = true,
        add = completions::revisions()
    )]
    range: Option<SymbolRange>,

    /// What the revision does, in any words; part of the file's name
    #[arg(
        long,
        short,
        value_name = "TEXT",
        required_unless_present = "way",
        default_value = "",
        hide_default_value = true,
        allow_hyphen_values = true
    )]
    message: String,

    /// Its id, in place of a made-up one
    #[arg(long, value_name = "ID")]
    rev_id: Option<String>,

    /// Prove everything, print the file, and write nothing
    #[arg(long)]
    dry_run: bool,

    /// Lead a squash that was interrupted to its end
    #[arg(long = "continue", group = "way", conflicts_with_all = ["range", "message", "rev_id", "dry_run"])]
    go_on: bool,

    /// Take back a squash that was interrupted: all files are what they were before it
    #[arg(long, group = "way", conflicts_with_all = ["range", "message", "rev_id", "dry_run"])]
    abort: bool,
}

/// How many ids are tried for a file that keeps its place among others.
const N_IDS: usize = 64;

/// What was written, as JSON.
#[derive(Serialize)]
struct SquashJson {
    /// The new revision.
    revision: String,
    /// What it follows.
    down_revision: Vec<String>,
    /// The revisions that it stands for, in the order in which they ran.
    replaces: Vec<String>,
    /// Its file.
    path: String,
    /// The files of the range.
    removed: Vec<String>,
    /// The files whose `down_revision` or `depends_on` changed.
    changed: Vec<String>,
    /// Whether the upgrade is the sum of the DDL, and not the bodies one after another.
    is_sum: bool,
    /// Whether there is a way back.
    is_reversible: bool,
    /// What is to be read again: statements about rows, and directives that became comments.
    review: Vec<ReviewJson>,
    /// Whether nothing was written.
    dry_run: bool,
}

/// A place of a file of the range.
#[derive(Serialize)]
struct ReviewJson {
    path: String,
    line: usize,
    sql: String,
}

/// Where an interrupted squash was led, as JSON.
#[derive(Serialize)]
struct RestJson {
    /// Whether it came to its end, and was not taken back.
    finished: bool,
    /// The files that are as they are to be now.
    written: Vec<String>,
    /// The files that are gone.
    removed: Vec<String>,
}

/// All that is to be written.
struct Prepare<'a> {
    project: &'a Project,
    graph: &'a RevisionGraph,
    range: &'a Range,
    args: &'a SquashArgs,
}

/// What is proven, and to be written.
struct Proven {
    file: Prepared,
    /// The files of those that followed the range, as they are to be.
    followers: Vec<Revision>,
    candidate: Candidate,
}

pub(super) fn run(app: &mut App, args: &SquashArgs) -> anyhow::Result<ExitStatus> {
    let project = app.project()?;
    let Some(range) = &args.range else {
        return rest(app, &project, if args.abort { Way::Back } else { Way::Forward });
    };
    let graph = project.graph()?;
    let (first, last) = ends(&graph, range)?;
    let range = Range::new(&graph, first, last).map_err(Error::from)?;
    let known = project.known_databases(app, &|it| app.output.warning(it))?;
    refuse_stopped(&graph, &range, &known).map_err(Error::from)?;
    refuse_troubled(&graph, &range.members, &known).map_err(Error::from)?;

    let replaying = project.replaying(&graph)?;
    let settings = Settings {
        replay: replaying.replay(),
        target: project.config.sqlite.target().minor,
        by_order: project.config.schema.column_order,
    };
    let busy = project.busy("proving the squash in memory");
    let squash = Squash::new(&graph, &range, &settings).map_err(Error::from)?;
    let prepare = Prepare { project: &project, graph: &graph, range: &range, args };
    let proven = prepare.first_proven(&squash).map_err(|err| {
        let cause = err.downcast_ref::<Error>();
        if !matches!(cause, Some(Error::Rewrite(RewriteError::BranchOrder { .. }))) {
            return err;
        }
        let databases = project.databases(app, &graph);
        let heads = ways::heads_like(&graph, &databases, Some(first));
        let ways = Ways { project: &project, graph: &graph, databases: &databases, known: &known };
        err.context(Usage::new("no file was written").hint(format!(
            "no file was written; give the branches an order first: {}",
            ways.of(&heads)
        )))
    })?;
    drop(busy);
    review(app, &graph, &range, &proven, &squash.left_by_downgrades());
    if args.dry_run {
        if app.output.format == Format::Text {
            app.output.line(proven.file.revision.source.text.trim_end_matches('\n'))?;
            return Ok(ExitStatus::Done);
        }
    } else {
        prepare.write(&proven)?;
    }
    let status = answer(app, &prepare, &proven)?;
    if !args.dry_run {
        run_hooks(app, &project, &proven.file.path)?;
    }
    Ok(status)
}

/// Runs the hooks on the one revision, of which there is no other copy any more.
fn run_hooks(app: &App, project: &Project, path: &Path) -> anyhow::Result<()> {
    new_file::run_hooks(app, project, path, &|path| {
        format!(
            "the squash is done, and `{path}` is all that is left of the range: keep it, and see \
             what the hook made of it"
        )
    })
}

/// The ends of the range: what is left out is the only base below, or the head.
fn ends(
    graph: &RevisionGraph,
    range: &SymbolRange,
) -> anyhow::Result<(RevisionIndex, RevisionIndex)> {
    let one = |symbol: &RevisionSymbol| graph.resolve_one(symbol).map_err(Error::from);
    let head = || "head".parse().map_err(Error::from).and_then(|it| one(&it));
    let last = range.upper.as_ref().map_or_else(head, one)?;
    if let Some(symbol) = range.lower.as_ref().filter(|it| it.anchor != Anchor::Base) {
        return Ok((one(symbol)?, last));
    }
    let mut bases = graph.bases();
    let below = graph.ancestors([last], Edges::Down);
    bases.retain(|it| below.contains(*it));
    match bases.as_slice() {
        [base] => Ok((*base, last)),
        several => Err(Usage::new(format!("`{}` stands on several bases", graph.id(last)))
            .hint(format!(
                "name the first revision of the range: {}",
                several
                    .iter()
                    .map(|it| format!("`{}`", graph.id(*it)))
                    .collect::<Vec<_>>()
                    .join(" or ")
            ))
            .into()),
    }
}

impl Prepare<'_> {
    /// The first of the bodies that could do of which it is proven that they do.
    fn first_proven(&self, squash: &Squash<'_>) -> anyhow::Result<Proven> {
        let mut refusal = None;
        for candidate in squash.candidates().map_err(Error::from)? {
            let (file, followers, graph) = self.with(&candidate)?;
            // What is not proven is not written.
            let Some(new) = graph.by_id(file.revision.id.as_str()) else { continue };
            let outcome = squash.prove(&graph, new).and_then(|()| squash.prove_heads(&graph, new));
            match outcome {
                Ok(()) => return Ok(Proven { file, followers, candidate }),
                // The last one is the plainest, and what is wrong with it is what matters.
                Err(err) => refusal = Some(err),
            }
        }
        match refusal {
            Some(err) => Err(Error::from(err).into()),
            None => Err(Usage::new("the range has no bodies that could be joined").into()),
        }
    }

    /// The file with these bodies, those that follow it, and the graph that comes out; under an id
    /// that keeps the order of branches, where one can.
    fn with(
        &self,
        candidate: &Candidate,
    ) -> anyhow::Result<(Prepared, Vec<Revision>, RevisionGraph)> {
        let mut made = self.with_new_id(candidate)?;
        for _ in 0..N_IDS {
            let (file, _, graph) = &made;
            let id = &file.revision.id;
            if self.args.rev_id.is_some() || self.range.keeps_order(self.graph, graph, id) {
                break;
            }
            made = self.with_new_id(candidate)?;
        }
        Ok(made)
    }

    /// The same under any id.
    fn with_new_id(
        &self,
        candidate: &Candidate,
    ) -> anyhow::Result<(Prepared, Vec<Revision>, RevisionGraph)> {
        let Self { project, graph, range, args } = self;
        let folder = graph[range.first].source.path.parent().map(|it| project.here.join(it));
        let new = NewFile {
            id: args.rev_id.as_deref(),
            down_revisions: graph.down(range.first).to_vec(),
            branch_labels: range.labels.iter().map(BranchLabel::as_str).collect(),
            depends_on: range.depends_on.clone(),
            message: &args.message,
            version_path: folder.as_deref(),
            upgrade: &candidate.upgrade,
            downgrade: candidate.downgrade.as_deref().unwrap_or_default(),
        };
        let mut drafted = new_file::draft(project, graph, &new)?;
        drafted.revision =
            range.head(&drafted.revision, candidate.downgrade.is_some()).map_err(Error::from)?;
        // A file with CRLF made of such files: what stands between the bodies is not theirs.
        let has_bare_end = |text: &str| text.replace("\r\n", "").contains('\n');
        if range.members.iter().all(|it| !has_bare_end(&graph[*it].source.text)) {
            let Source { path, text } = &*drafted.revision.source;
            let text = text.replace("\r\n", "\n").replace('\n', "\r\n");
            let source = Arc::new(Source { path: path.clone(), text });
            drafted.revision = file::parse(&source)
                .map_err(|problems| Error::from(script_dir::ReadError::Problems(problems)))?;
        }
        let (followers, new_graph) =
            range.replace(graph, &drafted.revision).map_err(Error::from)?;
        Ok((drafted, followers, new_graph))
    }

    /// Writes the new file, then what follows it, and removes the old ones last: at every point in
    /// between the graph is refused, also by programs that know nothing of the journal.
    fn write(&self, proven: &Proven) -> anyhow::Result<()> {
        let Self { project, graph, range, .. } = self;
        new_file::refuse_existing(project, &proven.file)?;
        let mut changes = vec![Change {
            path: proven.file.path.clone(),
            old: None,
            new: Some(proven.file.revision.source.text.clone()),
        }];
        for follower in &proven.followers {
            let old = graph.by_id(follower.id.as_str()).map(|it| graph[it].source.text.clone());
            let path = project.here.join(&follower.source.path);
            changes.push(Change { path, old, new: Some(follower.source.text.clone()) });
        }
        // The last of them first, so that none follows what is gone.
        for member in range.members.iter().rev() {
            let source = &graph[*member].source;
            let path = project.here.join(&source.path);
            changes.push(Change { path, old: Some(source.text.clone()), new: None });
        }
        let journal = Journal::begin(&project.config.root, &changes).map_err(Error::from)?;
        let Err(err) = journal.lead(Way::Forward) else { return Ok(()) };
        if journal.lead(Way::Back).is_ok() {
            let usage = Usage::new("the squash cannot be written").hint("no file was changed");
            return Err(anyhow::Error::from(Error::from(err)).context(usage));
        }
        Err(half_done(err))
    }
}

/// What to type where a change did not come to its end.
fn half_done(err: RewriteError) -> anyhow::Error {
    if let RewriteError::ChangedSince { .. } = err {
        return Error::from(err).into();
    }
    anyhow::Error::from(Error::from(err)).context(
        Usage::unfinished("the squash is half done")
            .hint("once that is mended, `migrator squash --continue` leads it to its end")
            .hint("`migrator squash --abort` takes all files back to what they were before it"),
    )
}

/// Leads a squash that was interrupted to one of its ends.
fn rest(app: &mut App, project: &Project, way: Way) -> anyhow::Result<ExitStatus> {
    let journal = Journal::interrupted(&project.config.root).map_err(Error::from)?;
    let Some(journal) = journal else {
        return Err(Usage::new("no squash was interrupted").hint("nothing was changed").into());
    };
    journal.lead(way).map_err(half_done)?;
    let (mut written, mut removed, mut made) = (Vec::new(), Vec::new(), Vec::new());
    for change in &journal.changes {
        let path = journal.folder.join(&change.path);
        let (from, to) = match way {
            Way::Forward => (&change.old, &change.new),
            Way::Back => (&change.new, &change.old),
        };
        if way == Way::Forward && from.is_none() {
            made.push(path.clone());
        }
        if to.is_some() { &mut written } else { &mut removed }.push(project.shown(&path));
    }
    if app.output.format == Format::Json {
        app.output.json(&RestJson { finished: way == Way::Forward, written, removed })?;
    } else {
        let wrote = if way == Way::Forward { "wrote" } else { "took back" };
        for path in written {
            app.output.line(format_args!("{wrote} {path}"))?;
        }
        for path in removed {
            app.output.line(format_args!("removed {path}"))?;
        }
    }
    made.iter().try_for_each(|it| run_hooks(app, project, it))?;
    Ok(ExitStatus::Done)
}

/// Says what is to be read again, since no proof knows every database.
fn review(app: &App, graph: &RevisionGraph, range: &Range, proven: &Proven, left: &[Line]) {
    for (direction, on_way) in [(Direction::Upgrade, ""), (Direction::Downgrade, " going down")] {
        let data = data_statements(graph, &range.members, direction);
        if !data.is_empty() {
            app.output.status(format_args!(
                "statements about rows, which run{on_way} as they stood; review them:"
            ));
            list(app, &data);
        }
    }
    if !proven.candidate.left_out.is_empty() {
        app.output.warning(
            "these directives speak of what the range makes or removes, and became comments:",
        );
        list(app, &proven.candidate.left_out);
    }
    if let Some(revision) = range.irreversible(graph) {
        app.output
            .warning(format_args!("`{revision}` is irreversible, and so is the one revision"));
    }
    if !left.is_empty() {
        app.output.warning(
            "the downgrades of the range do not lead back to where it begins, nor does the one:",
        );
        for it in left {
            let (sign, kind, name) = (it.sign.symbol(), it.kind, one_line(&it.name));
            app.output.status(format_args!("  {sign} {kind} {name}"));
        }
    }
}

fn list(app: &App, places: &[Location]) {
    for it in places {
        let (path, line, sql) = described(it);
        app.output.status(format_args!("  {path}:{line}: {sql}"));
    }
}

/// The file, the line and the text of a place.
fn described(place: &Location) -> (String, usize, String) {
    let text = &place.source.text[place.span.clone()];
    let line = one_line(text);
    let sql = if line.is_empty() { text.to_owned() } else { line };
    (place.source.path.display().to_string(), place.line_column().0, sql)
}

fn answer(app: &mut App, prepare: &Prepare<'_>, proven: &Proven) -> anyhow::Result<ExitStatus> {
    let Prepare { graph, range, args, .. } = prepare;
    let revision = &proven.file.revision;
    let texts = |ids: &[RevisionId]| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
    let path = |it: &Revision| it.source.path.display().to_string();
    let removed: Vec<String> = range.members.iter().map(|it| path(&graph[*it])).collect();
    let changed: Vec<String> = proven.followers.iter().map(path).collect();
    if !args.dry_run {
        let written = std::iter::once(path(revision)).chain(changed.iter().cloned());
        let written: Vec<String> = written.map(|it| format!("`{it}`")).collect();
        let n_removed = count(removed.len() as u64, "file");
        app.output.did(format_args!("wrote {}, and removed {n_removed}", written.join(", ")));
    }
    if app.output.format == Format::Json {
        let mut data = data_statements(graph, &range.members, Direction::Upgrade);
        data.extend(data_statements(graph, &range.members, Direction::Downgrade));
        let review = data.iter().chain(&proven.candidate.left_out).map(|it| {
            let (path, line, sql) = described(it);
            ReviewJson { path, line, sql }
        });
        app.output.json(&SquashJson {
            revision: revision.id.to_string(),
            down_revision: texts(&revision.down_revisions),
            replaces: texts(&revision.replaces),
            path: path(revision),
            is_sum: proven.candidate.is_sum,
            is_reversible: proven.candidate.downgrade.is_some(),
            review: review.collect(),
            removed,
            changed,
            dry_run: args.dry_run,
        })?;
        return Ok(ExitStatus::Done);
    }
    let Candidate { is_sum, is_way_back_sum, downgrade, .. } = &proven.candidate;
    let kind = if *is_sum { "the sum" } else { "the bodies" };
    let is_mixed = *is_sum && !is_way_back_sum && downgrade.is_some();
    app.output.line(format_args!(
        "wrote {} (proven: {kind} of {} revisions{})",
        path(revision),
        range.members.len(),
        if is_mixed { ", down by their bodies" } else { "" }
    ))?;
    for file in changed {
        app.output.line(format_args!("wrote {file} (follows {})", revision.id))?;
    }
    for file in removed {
        app.output.line(format_args!("removed {file}"))?;
    }
    Ok(ExitStatus::Done)
}
