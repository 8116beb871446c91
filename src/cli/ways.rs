//! How several heads become one, as commands that succeed.

use super::App;
use super::project::Project;
use super::replaying::Replaying;
use crate::Error;
use crate::graph::rivals::Databases;
use crate::graph::{RevisionGraph, RevisionIndex};
use crate::rehearsal::Rehearsal;
use crate::rewrite::{Advice, KnownDatabase, Rebase, RebaseProof, advise};

/// What is known where heads are to become one.
pub struct Ways<'a> {
    pub project: &'a Project,
    pub graph: &'a RevisionGraph,
    pub databases: &'a Databases,
    pub known: &'a [KnownDatabase],
}

impl Ways<'_> {
    /// What to type for these heads; each way was tried in memory.
    pub fn of(&self, heads: &[RevisionIndex]) -> String {
        let graph = self.graph;
        let mut runs = |it: &Rebase| self.prove(it).is_ok();
        let mut advise =
            |heads: &[RevisionIndex]| advise(graph, heads, self.databases, self.known, &mut runs);
        let command = |it: Advice| {
            let (head, onto) = (graph.id(it.head), graph.id(it.onto));
            let onto = if it.is_plain { String::new() } else { format!(" --onto {onto}") };
            format!("`migrator rebase {head}{onto}`")
        };
        let rebase = advise(heads).map(|first| {
            // Nothing here may know what ran elsewhere, and an id does not tell which is older.
            let others: Vec<RevisionIndex> = heads.iter().rev().copied().collect();
            let other = advise(&others).filter(|it| it.head != first.head);
            match other {
                None if first.is_plain => {
                    format!("{} puts what leads to it on top of the other", command(first))
                }
                None => {
                    format!("{} puts what leads to the one on top of the other", command(first))
                }
                Some(other) => format!(
                    "{} or {} makes one line of them: move the one that no database has run yet, here \
                     or elsewhere",
                    command(first),
                    command(other)
                ),
            }
        });
        let merge = self.runs(graph, heads.first().copied()).then(|| merge(graph, heads));
        match (rebase, merge) {
            (Some(rebase), Some(merge)) => format!("{rebase}; {merge}"),
            (Some(way), None) | (None, Some(way)) => way,
            (None, None) => {
                "the revisions run in neither order: they change the same thing; edit one \
                             of them (`migrator verify` shows where it fails)"
                    .to_owned()
            }
        }
    }

    /// Proves that a line may move.
    pub fn prove(&self, rebased: &Rebase) -> anyhow::Result<()> {
        let Ways { project, graph, databases, .. } = *self;
        let _busy = project.busy("proving the new order in memory");
        let hold = |replaying: &Replaying<'_>| {
            let before = Rehearsal {
                graph,
                replay: replaying.replay(),
                by_order: project.config.schema.column_order,
                is_excluded: &|name| project.config.is_excluded(name),
            };
            let like = rebased.moved.first().copied();
            let heads = |graph: &RevisionGraph| heads_like(graph, databases, like);
            RebaseProof { before, heads: &heads }.hold(rebased).map_err(Error::from)
        };
        match project.replaying(graph) {
            Ok(replaying) => Ok(hold(&replaying)?),
            // Most bodies run without the tables that they name; if not, that is why.
            Err(unknown) => hold(&project.replaying_beside(Vec::new())?).map_err(|_| unknown),
        }
    }

    /// Whether the revisions of a graph run that one database has together with `like`.
    fn runs(&self, graph: &RevisionGraph, like: Option<RevisionIndex>) -> bool {
        let heads = heads_like(graph, self.databases, like);
        self.project.replayed("the revisions".to_owned(), graph, &heads).is_ok()
    }
}

/// The merge of heads as a command.
pub fn merge(graph: &RevisionGraph, heads: &[RevisionIndex]) -> String {
    let all = graph.heads();
    let names = if all.iter().all(|it| heads.contains(it)) {
        "heads".to_owned()
    } else {
        let ids: Vec<&str> = heads.iter().map(|it| graph.id(*it).as_str()).collect();
        ids.join(" ")
    };
    format!("`migrator merge {names}` joins them in a revision of its own")
}

/// The heads that a database has together with `like`.
pub fn heads_like(
    graph: &RevisionGraph,
    databases: &Databases,
    like: Option<RevisionIndex>,
) -> Vec<RevisionIndex> {
    let mut heads = graph.heads();
    heads.retain(|it| like.is_none_or(|like| !databases.part(*it, like)));
    heads
}

/// The databases that this call can find, without a word about those that it cannot.
pub fn known_if_any(app: &App, project: &Project) -> Vec<KnownDatabase> {
    project.known_databases(app, &|_| {}).unwrap_or_default()
}
