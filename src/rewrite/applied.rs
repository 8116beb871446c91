//! Whether revisions ran somewhere, as far as anything here can tell.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::{Range, RewriteError};
use crate::audit::{History, Trouble, audit};
use crate::graph::walk::RevisionSet;
use crate::graph::{Edges, RevisionGraph, RevisionIndex};
use crate::plan::goal::Goal;
use crate::revision::{Revision, RevisionId};

/// How a database is named to a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NamedBy {
    /// It is that of this call, however that named it.
    ThisCall,
    /// An environment of alembic.toml.
    Environment(String),
    /// Nothing but its own name: it is that of alembic.toml, and this call names another one.
    Itself,
}

/// What a database says of what ran on it.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownDatabase {
    /// As messages name it.
    pub name: String,
    /// How a command is told to use it.
    pub named_by: NamedBy,
    /// The rows of its version table.
    pub rows: Vec<String>,
    /// The revisions that its log says are applied; `None` where it has no log.
    pub logged: Option<BTreeSet<String>>,
    /// Both, as they are compared with the files.
    pub history: History,
    /// Whether these revisions are all that it has: rows that name others are strange then.
    pub is_ours: bool,
}

/// Refuses if one of `revisions` ran on one of `databases`: what ran must not change its place.
///
/// The version table and the log are both asked. A row that was removed by hand, or a revision that
/// only another branch's files declare, leaves the other of the two to tell. `parent` is what they
/// follow, for the way out.
///
/// # Errors
///
/// [`RewriteError::Applied`]; [`RewriteError::Unknown`] where nothing can tell.
pub fn refuse_applied(
    graph: &RevisionGraph,
    revisions: &[RevisionIndex],
    parent: Option<&RevisionId>,
    databases: &[KnownDatabase],
) -> Result<(), RewriteError> {
    for known in databases {
        let rows = known.rows.iter().filter_map(|it| graph.of_row(it));
        let applied = graph.ancestors(rows, Edges::All);
        let is_applied = |it: &&RevisionIndex| applied.contains(**it);
        let is_logged = |it: &&RevisionIndex| known.has_logged(&graph[**it]);
        let found = revisions.iter().find(is_applied).map(|it| (it, false));
        let found = found.or_else(|| revisions.iter().find(is_logged).map(|it| (it, true)));
        if let Some((revision, is_logged)) = found {
            return Err(RewriteError::Applied {
                revision: graph.id(*revision).clone(),
                database: known.name.clone(),
                named_by: known.named_by.clone(),
                way_back: way_back(graph, &known.rows, revisions, parent),
                is_logged,
            });
        }
        known.refuse_unknown(graph)?;
    }
    Ok(())
}

impl KnownDatabase {
    /// Whether the log has a revision as applied, under its own id or one that it replaces.
    fn has_logged(&self, revision: &Revision) -> bool {
        let mut ids = std::iter::once(&revision.id).chain(&revision.replaces);
        self.logged.as_ref().is_some_and(|log| ids.any(|it| log.contains(it.as_str())))
    }

    /// The rows that no file declares.
    fn unknown(&self, graph: &RevisionGraph) -> Vec<String> {
        let mut unknown = self.rows.clone();
        unknown.retain(|it| graph.of_row(it).is_none());
        unknown
    }

    /// Refuses where such rows may stand for anything.
    fn refuse_unknown(&self, graph: &RevisionGraph) -> Result<(), RewriteError> {
        let rows = self.unknown(graph);
        if rows.is_empty() || self.logged.is_some() || !self.is_ours {
            return Ok(());
        }
        let (database, named_by) = (self.name.clone(), self.named_by.clone());
        Err(RewriteError::Unknown { database, named_by, rows })
    }

    /// Both, with the last of `revisions` that the log has added to rows which alone do not tell.
    fn history_with(&self, graph: &RevisionGraph, revisions: &[RevisionIndex]) -> Cow<'_, History> {
        let last = revisions.iter().rev().find(|it| self.has_logged(&graph[**it]));
        let Some(last) = last.filter(|_| !self.unknown(graph).is_empty()) else {
            return Cow::Borrowed(&self.history);
        };
        let mut history = self.history.clone();
        history.rows.push(graph.id(*last).to_string());
        Cow::Owned(history)
    }
}

/// Refuses if one of `databases` stopped in the middle of `range`: it could not go on.
///
/// The version table and the log are both asked, as [`refuse_applied`] does.
///
/// # Errors
///
/// [`RewriteError::InTheMiddle`]; [`RewriteError::Unknown`] where nothing can tell.
pub fn refuse_stopped(
    graph: &RevisionGraph,
    range: &Range,
    databases: &[KnownDatabase],
) -> Result<(), RewriteError> {
    for known in databases {
        let rows = known.rows.iter().filter_map(|it| graph.of_row(it));
        let applied = graph.ancestors(rows, Edges::All);
        if applied.contains(range.last) {
            continue;
        }
        let unknown = known.unknown(graph);
        let is_logged = |it: RevisionIndex| !unknown.is_empty() && known.has_logged(&graph[it]);
        let is_there = |it: &&RevisionIndex| applied.contains(**it) || is_logged(**it);
        match range.members.iter().rev().find(is_there) {
            None => known.refuse_unknown(graph)?,
            Some(at) if *at == range.last => {}
            Some(at) => {
                return Err(RewriteError::InTheMiddle {
                    database: known.name.clone(),
                    named_by: known.named_by.clone(),
                    at: graph.id(*at).clone(),
                    last: graph.id(range.last).clone(),
                    rows: unknown,
                });
            }
        }
    }
    Ok(())
}

/// What `downgrade` is to be told so that it reverts what is applied of `revisions`, in the order in
/// which they run, and nothing else, if that can be said; `parent` is what the first of them follows.
fn way_back(
    graph: &RevisionGraph,
    rows: &[String],
    revisions: &[RevisionIndex],
    parent: Option<&RevisionId>,
) -> Option<String> {
    let applied = graph.ancestors(rows.iter().filter_map(|it| graph.of_row(it)), Edges::All);
    let mut line = RevisionSet::of(graph, revisions.iter().copied());
    line.retain(|it| applied.contains(it));
    let below = parent.map_or("base", RevisionId::as_str);
    let on_the_line = format!("{}@{below}", graph.id(*revisions.first()?));
    let reverts_it = |target: &&String| {
        let goal = |symbol| Goal::downgrade(graph, rows, &symbol)?.plan(graph, rows);
        let Ok(Ok(plan)) = target.parse().map(goal) else { return false };
        plan.steps.len() == line.len() && plan.steps.iter().all(|it| line.contains(it.revision))
    };
    let ways = [below.to_owned(), on_the_line];
    // Where something else needs it, that goes too: the command says so, and asks.
    ways.iter().find(reverts_it).or(ways.last()).cloned()
}

/// Refuses if what ran on one of `databases` is not what `revisions` say, or its version table makes no
/// sense where it names them: in the one revision that takes their place nobody could find it any more.
///
/// # Errors
///
/// [`RewriteError::Trouble`].
pub fn refuse_troubled(
    graph: &RevisionGraph,
    revisions: &[RevisionIndex],
    databases: &[KnownDatabase],
) -> Result<(), RewriteError> {
    for database in databases {
        let troubles = audit(graph, &database.history_with(graph, revisions)).into_iter();
        let is_among = |id: &str| revisions.iter().any(|it| graph.id(*it).as_str() == id);
        let names_one = database.rows.iter().any(|it| is_among(it));
        let mut found = troubles.filter(|it| match it {
            Trouble::Unreadable { .. } => database.is_ours,
            Trouble::Rows(_) => names_one,
            it => it.revision().is_some_and(is_among),
        });
        if let Some(trouble) = found.next() {
            return Err(RewriteError::Trouble {
                database: database.name.clone(),
                named_by: database.named_by.clone(),
                trouble: Box::new(trouble),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::testing::{graph, indices};

    fn database(rows: &str, logged: Option<&str>) -> KnownDatabase {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        KnownDatabase {
            name: "app.db".to_owned(),
            named_by: NamedBy::ThisCall,
            rows: words(rows),
            logged: logged.map(|it| words(it).into_iter().collect()),
            history: History::default(),
            is_ours: true,
        }
    }

    /// Whether `b` and `c` may move, by the rows and the log of a database.
    #[track_caller]
    fn check(rows: &str, logged: Option<&str>, expected: Result<(), &str>) {
        let graph = graph("a<- b<-a c<-b x<-a y<-~b");
        let database = database(rows, logged);
        let found = refuse_applied(&graph, &indices(&graph, "b c"), None, &[database]);
        assert_eq!(found.map_err(|err| err.to_string()), expected.map_err(str::to_owned));
    }

    /// Whether `b` to `c` may be made one.
    #[track_caller]
    fn check_range(rows: &str, logged: Option<&str>, expected: Result<(), &str>) {
        let graph = graph("a<- b<-a c<-b d<-c");
        let index = |id| graph.by_id(id).unwrap();
        let range = Range::new(&graph, index("b"), index("c")).unwrap();
        let found = refuse_stopped(&graph, &range, &[database(rows, logged)]);
        assert_eq!(found.map_err(|err| err.to_string()), expected.map_err(str::to_owned));
    }

    #[test]
    fn nobody_may_stand_in_the_middle_of_a_range() {
        check_range("a", None, Ok(()));
        check_range("b", None, Err("app.db is at `b`, in the middle of the range"));
        check_range("c", None, Ok(()));
        check_range("d", None, Ok(()));
        // Rows that no file declares leave it to the log.
        check_range("zz", Some("a zz"), Ok(()));
        let stopped = "app.db is at `zz` and ran `b`, in the middle of the range";
        check_range("zz", Some("a b zz"), Err(stopped));
        check_range("zz", Some("a b c zz"), Ok(()));
        check_range("d zz", None, Ok(()));
        check_range(
            "zz",
            None,
            Err("app.db is at `zz`, which no revision file declares, and has no log of what ran"),
        );
    }

    #[test]
    fn what_is_replaced_ran_too() {
        let mut revisions = crate::graph::testing::revisions("a<- s<-a x<-a");
        let s = revisions.iter_mut().find(|it| it.id.as_str() == "s").unwrap();
        s.replaces = ["b", "c"].map(|it| RevisionId::new(it).unwrap()).to_vec();
        s.spans.replaces = vec![0..0; 2];
        let graph = RevisionGraph::new(revisions).unwrap();
        let moves = |logged| {
            let database = database("zz", Some(logged));
            refuse_applied(&graph, &indices(&graph, "s"), None, &[database])
        };
        assert_eq!(moves("a b c zz").unwrap_err().to_string(), "`s` ran on app.db");
        assert_eq!(moves("a b zz").unwrap_err().to_string(), "`s` ran on app.db");
        assert!(moves("a zz").is_ok());
    }

    #[test]
    fn rows_and_log_are_both_asked() {
        check("", None, Ok(()));
        check("x", Some("a x"), Ok(()));
        check("c", None, Err("`b` is applied to app.db"));
        check("y", None, Err("`b` is applied to app.db"));
        check("x", Some("a x c"), Err("`c` ran on app.db"));
        check("", Some("b"), Err("`b` ran on app.db"));
    }

    /// What takes back the `line`, where `rows` are applied.
    #[track_caller]
    fn check_way_back(text: &str, line: &str, rows: &str, expected: &str) {
        let graph = graph(text);
        let rows: Vec<String> = rows.split_whitespace().map(str::to_owned).collect();
        let line = indices(&graph, line);
        let parent = graph.down(line[0]).first().map(|it| graph.id(*it).clone());
        let found = way_back(&graph, &rows, &line, parent.as_ref());
        assert_eq!(found.as_deref(), Some(expected));
    }

    #[test]
    fn the_way_back_is_that_of_the_line_alone() {
        let fork = "a<- b<-a c<-a d<-c";
        check_way_back(fork, "b", "b", "a");
        check_way_back(fork, "c d", "d", "a");
        check_way_back(fork, "c d", "b d", "c@a");
        check_way_back(fork, "c d", "b c", "c@a");
        check_way_back(fork, "b", "b d", "b@a");
        check_way_back("a<-", "a", "a", "base");
        check_way_back("a<- x<- y<-x", "x y", "a y", "x@base");
        // It goes too; the command asks.
        check_way_back("a<- b<-a c<-a~b", "b", "c", "b@a");
    }

    #[test]
    fn a_row_of_another_branch_is_left_to_the_log() {
        check("zz", Some("a zz"), Ok(()));
        check("zz", Some("a b zz"), Err("`b` ran on app.db"));
        check(
            "zz",
            None,
            Err("app.db is at `zz`, which no revision file declares, and has no log of what ran"),
        );
    }
}
