//! Why revisions cannot be rewritten: the facts, and one line for each.

use std::path::PathBuf;

use super::NamedBy;
use crate::audit::Trouble;
use crate::autogenerate::{AutogenerateError, show};
use crate::db::DbError;
use crate::diff::lines::Line;
use crate::exec::{Failure, ReplayError};
use crate::fsutil::FileError;
use crate::graph::GraphProblem;
use crate::graph::resolve::list;
use crate::out_of_order::OutOfOrderError;
use crate::plan::Direction;
use crate::rehearsal::RehearsalError;
use crate::revision::RevisionId;
use crate::revision::file::FileProblem;
use crate::source::{Location, Problem};

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
    /// The only other head shares no ancestor with what is to move.
    #[error("`{revision}` and `{head}`, the only other head, share no ancestor")]
    Unrelated {
        /// What is to move.
        revision: RevisionId,
        /// Where it could go.
        head: RevisionId,
    },
    /// What to move onto belongs to another database.
    #[error("`{revision}` is for {}, and `{onto}` for {}", list(.of), list(.onto_of))]
    OtherDatabase {
        /// What is to move.
        revision: RevisionId,
        /// The environments of its databases.
        of: Vec<String>,
        /// What was named.
        onto: RevisionId,
        /// The environments of its databases.
        onto_of: Vec<String>,
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
        /// How a command is told to use it.
        named_by: NamedBy,
        /// What `downgrade` is to be told to take back the line and nothing else.
        way_back: Option<String>,
        /// Whether only `migrator_log` says so, and not the version table.
        is_logged: bool,
    },
    /// A database is at revisions that no file declares, and has no log.
    #[error("{database} is at {}, which no revision file declares, and has no log of what ran", list(.rows))]
    Unknown {
        /// The database, as messages name it.
        database: String,
        /// How a command is told to use it.
        named_by: NamedBy,
        /// The rows.
        rows: Vec<String>,
    },
    /// What ran on a database is not what a revision says.
    #[error("on {database}, {trouble}")]
    Trouble {
        /// The database, as messages name it.
        database: String,
        /// How a command is told to use it.
        named_by: NamedBy,
        /// What is wrong there.
        trouble: Box<Trouble>,
    },
    /// The ends of a range do not lie on one line, or are the same.
    #[error("{}", if first == last { format!("`{first}` is one revision, and no range") } else { format!("`{first}` does not come before `{last}`") })]
    NoRange {
        /// The lower end.
        first: RevisionId,
        /// The upper end.
        last: RevisionId,
    },
    /// A revision in the middle of a range follows one outside of it.
    #[error("`{revision}` follows `{parent}` too, which is not in the range")]
    SecondWayIn {
        /// The revision of the range.
        revision: RevisionId,
        /// What it follows.
        parent: RevisionId,
    },
    /// A revision outside of a range needs one in the middle of it.
    #[error("`{child}` {} `{revision}`, in the middle of the range", if *.depends { "depends on" } else { "follows" })]
    SecondWayOut {
        /// The revision of the range.
        revision: RevisionId,
        /// The one outside.
        child: RevisionId,
        /// Whether that depends on it, and does not follow it.
        depends: bool,
    },
    /// The end of the range stands for others itself.
    #[error("`{last}` replaces `{replaced}` itself, and databases may be at either of them")]
    EndsReplaced {
        /// The end of the range.
        last: RevisionId,
        /// The last revision that it replaces.
        replaced: RevisionId,
    },
    /// The revisions of a range run in different ways.
    #[error(
        "`{first}` and `{other}` do not run in the same way: `transaction` or `foreign_keys` differs"
    )]
    SeveralModes {
        /// The first revision.
        first: RevisionId,
        /// One that runs otherwise.
        other: RevisionId,
    },
    /// A database stopped in the middle of a range.
    #[error(
        "{}, in the middle of the range",
        if .rows.is_empty() { format!("{database} is at `{at}`") }
        else { format!("{database} is at {} and ran `{at}`", list(.rows)) }
    )]
    InTheMiddle {
        /// The database, as messages name it.
        database: String,
        /// How a command is told to use it.
        named_by: NamedBy,
        /// The last revision of the range that is applied.
        at: RevisionId,
        /// The end of the range.
        last: RevisionId,
        /// The rows of its version table that no file declares, where only the log tells.
        rows: Vec<String>,
    },
    /// A statement leaves something in the connection that others would meet.
    #[error("{what} in `{}` would reach the statements of the revisions after it", location.source.path.display())]
    Leaves {
        /// What it is, with its article.
        what: &'static str,
        /// Where.
        location: Box<Location>,
    },
    /// A statement or a directive asks for what migrator itself does between two bodies.
    #[error(
        "`{what}`, which the {} of `{revision}` uses, is something else where the bodies are one",
        direction.as_str()
    )]
    OfRun {
        /// Whether it stands in an upgrade or in a downgrade.
        direction: Direction,
        /// The revision.
        revision: RevisionId,
        /// The statement or directive.
        location: Box<Location>,
        /// The table or the function.
        what: String,
    },
    /// A `refuse-if` asks for what statements before it change, and would be asked before them.
    #[error(
        "what the {} of `{revision}` refuses to run on may be changed by statements of the range before it",
        direction.as_str()
    )]
    Guard {
        /// Whether it stands in an upgrade or in a downgrade.
        direction: Direction,
        /// The revision.
        revision: RevisionId,
        /// The directive.
        location: Box<Location>,
        /// A statement that may change what it finds.
        earlier: Option<Box<Location>>,
    },
    /// The one revision leads to another schema.
    #[error("the {} of the one revision leads to another schema: {}", direction.as_str(), show(lines))]
    OtherSchema {
        /// Which body.
        direction: Direction,
        /// What is to be changed still.
        lines: Vec<Line>,
    },
    /// The one revision fails where the range does not.
    #[error("the {} of the one revision fails, those of the range do not: {what}", direction.as_str())]
    DoesNotRun {
        /// Which body.
        direction: Direction,
        /// What SQLite said, or what was refused.
        what: String,
        /// The statement or query, where there is one.
        sql: Option<String>,
        /// Where the range has it.
        place: Option<Box<Location>>,
    },
    /// The downgrades of the range fail, be it without rows.
    #[error("the downgrades of the range do not run: {}", .0.failure)]
    NoWayBack(Box<ReplayError>),
    /// The one revision leaves other rows.
    #[error("the {} of the one revision leaves other rows in {table}", direction.as_str())]
    OtherRows {
        /// Which body.
        direction: Direction,
        /// The table.
        table: String,
    },
    /// The range and others run in another order than before, and that makes a difference.
    #[error(
        "in one revision, what begins with `{first}` would run in another order with {}, which {} \
         beside it",
        list(.beside),
        if .beside.len() == 1 { "stands" } else { "stand" }
    )]
    BranchOrder {
        /// The first revision of the range.
        first: RevisionId,
        /// The others.
        beside: Vec<RevisionId>,
        /// The difference.
        source: Box<OutOfOrderError>,
    },
    /// A line that moved leaves other rows.
    #[error(
        "after `{onto}`, the line that begins with `{first}` leaves other rows in {table} than in the \
         order of before"
    )]
    OtherRowsAfter {
        /// The first revision of the line.
        first: RevisionId,
        /// Where it was to go.
        onto: RevisionId,
        /// The table.
        table: String,
    },
    /// A line that moved leads to another schema.
    #[error("after `{onto}`, the line that begins with `{first}` leads to another schema")]
    OtherOrder {
        /// The first revision of the line.
        first: RevisionId,
        /// Where it was to go.
        onto: RevisionId,
        /// What is otherwise than in the order of before; not empty.
        lines: Vec<Line>,
    },
    /// A revision that moved does not run as it did before.
    #[error("after `{onto}`, the {} of `{revision}` {}", direction.as_str(), went_wrong(failure.as_deref()))]
    OtherVerdict {
        /// The revision.
        revision: RevisionId,
        /// Where its line was to go.
        onto: RevisionId,
        /// Which of its bodies.
        direction: Direction,
        /// Where it fails.
        location: Box<Location>,
        /// What fails; `None` where the schema is another one.
        failure: Option<Box<Failure>>,
        /// What it leaves otherwise; empty where it fails.
        lines: Vec<Line>,
    },
    /// Revisions could not be tried.
    #[error(transparent)]
    Rehearsal(Box<RehearsalError>),
    /// A change of several files was cut short.
    #[error(
        "a squash was interrupted, and the revision files may be half of before, half of after"
    )]
    Interrupted {
        /// Where it is written down what was to be changed.
        path: PathBuf,
    },
    /// Another process changes several files.
    #[error("a squash is at work on the revision files")]
    UnderWay {
        /// Where it is written down what is to be changed.
        path: PathBuf,
    },
    /// A file does not say any more what it said when the change was made up.
    #[error("`{}` is not what it was when the squash began", path.display())]
    ChangedMeanwhile {
        /// The file, relative to the folder of alembic.toml where it lies below.
        path: PathBuf,
    },
    /// A file says neither what it said before the change nor what it is to say.
    #[error("`{}` is neither as it was before the squash nor as it is to be", path.display())]
    ChangedSince {
        /// The file, relative to the folder of alembic.toml where it lies below.
        path: PathBuf,
    },
    /// A file could not be read or written.
    #[error(transparent)]
    Io(#[from] FileError),
    /// Revisions that do not run in memory.
    #[error(transparent)]
    Replay(Box<ReplayError>),
    /// A scratch database failed.
    #[error(transparent)]
    Db(#[from] DbError),
    /// A schema could not be read or compared.
    #[error(transparent)]
    Schema(#[from] AutogenerateError),
    /// A file that comes out is no revision.
    #[error("the changed file would be wrong")]
    File(Vec<Problem<FileProblem>>),
    /// The revisions that come out are no graph.
    #[error("the changed revisions would be wrong")]
    Graph(Vec<Problem<GraphProblem>>),
}

impl RewriteError {
    pub(super) fn replay(err: ReplayError) -> Self {
        Self::Replay(Box::new(err))
    }
}

impl From<RehearsalError> for RewriteError {
    fn from(err: RehearsalError) -> Self {
        Self::Rehearsal(Box::new(err))
    }
}

fn went_wrong(failure: Option<&Failure>) -> String {
    match failure {
        Some(failure) => format!("fails: {}", failure.sentence()),
        None => "leaves another schema than it must".to_owned(),
    }
}

fn follow(children: &[RevisionId]) -> String {
    let verb = if children.len() == 1 { "comes" } else { "come" };
    format!("{} {verb}", list(children))
}
