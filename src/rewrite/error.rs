//! Why revisions cannot be rewritten: the facts, and one line for each.

use crate::graph::GraphProblem;
use crate::graph::resolve::list;
use crate::revision::RevisionId;
use crate::revision::file::FileProblem;
use crate::source::Problem;

/// Why revisions cannot be rewritten. No file was touched.
#[derive(Debug, thiserror::Error)]
pub enum RewriteError {
    /// There is more than one head to move onto.
    #[error("`{revision}` could move onto several heads: {}", list(.heads))]
    SeveralHeads {
        /// What is to move.
        revision: RevisionId,
        /// Where it could go.
        heads: Vec<RevisionId>,
    },
    /// What to move onto is followed by others.
    #[error("`{onto}` is no head: {} after it", follow(.children))]
    NotAHead {
        /// What was named.
        onto: RevisionId,
        /// What follows it.
        children: Vec<RevisionId>,
    },
    /// What to move onto would move too.
    #[error("`{onto}` is one of the revisions that would move")]
    OntoItself {
        /// What was named.
        onto: RevisionId,
        /// The first revision that would move.
        first: RevisionId,
    },
    /// What leads to a head begins in several places.
    #[error("what leads to `{head}` begins with several revisions: {}", list(.firsts))]
    SeveralFirsts {
        /// The head.
        head: RevisionId,
        /// The revisions that begin it.
        firsts: Vec<RevisionId>,
    },
    /// The first revision of the line is a merge, and nothing says which of its parents to change.
    #[error("`{revision}` merges {}, and it is not clear which of them `{onto}` takes the place of", list(.parents))]
    MergeFirst {
        /// The first revision of the line.
        revision: RevisionId,
        /// What it follows.
        parents: Vec<RevisionId>,
        /// Where the line is to go.
        onto: RevisionId,
    },
    /// A merge within the line joins what the line would come after.
    #[error("`{revision}` would move, and it merges `{parent}`, which `{onto}` has already")]
    MergeInside {
        /// The merge.
        revision: RevisionId,
        /// The parent that lies below the new place.
        parent: RevisionId,
        /// Where the line is to go.
        onto: RevisionId,
    },
    /// A revision ran already.
    #[error("`{revision}` {} {database}", if *.is_logged { "ran on" } else { "is applied to" })]
    Applied {
        /// The revision.
        revision: RevisionId,
        /// The database, as messages name it.
        database: String,
        /// The environment of alembic.toml that it belongs to.
        environment: Option<String>,
        /// What the first revision of the line follows; `None` for a base, and where it merges.
        parent: Option<RevisionId>,
        /// Whether only `migrator_log` says so, and not the version table.
        is_logged: bool,
    },
    /// A database is at revisions that no file declares, and has no log.
    #[error("{database} is at {}, which no revision file declares, and has no log of what ran", list(.rows))]
    Unknown {
        /// The database, as messages name it.
        database: String,
        /// The rows.
        rows: Vec<String>,
    },
    /// A file that comes out is no revision.
    #[error("the changed file would be wrong")]
    File(Vec<Problem<FileProblem>>),
    /// The revisions that come out are no graph.
    #[error("the changed revisions would be wrong")]
    Graph(Vec<Problem<GraphProblem>>),
}

fn follow(children: &[RevisionId]) -> String {
    let verb = if children.len() == 1 { "comes" } else { "come" };
    format!("{} {verb}", list(children))
}
