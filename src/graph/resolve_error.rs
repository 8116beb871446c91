//! Why a symbol names no revision: the facts, and one line for each.

use super::symbol::SymbolError;
use crate::revision::RevisionId;

/// Why a symbol names no revision.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// The text is no symbol.
    #[error(transparent)]
    Symbol(#[from] SymbolError),
    /// Nothing has that id, nothing begins with it, and no label is called so.
    #[error("no revision or branch label is called `{name}` or begins with it")]
    UnknownRevision {
        /// What was typed.
        name: String,
        /// Ids and labels that are close to it.
        similar: Vec<String>,
    },
    /// A revision that another one replaces, from the middle of what it replaces.
    #[error("revision `{name}` is no more: `{by}` replaces it and those after it")]
    Replaced {
        /// What was typed.
        name: String,
        /// The revision that replaces it.
        by: RevisionId,
    },
    /// The name left of `@` is unknown.
    #[error("no branch label or revision is called `{name}`")]
    UnknownBranch {
        /// What was typed.
        name: String,
        /// Labels and ids that are close to it.
        similar: Vec<String>,
    },
    /// Several ids or labels begin with what was typed.
    #[error("`{name}` is the beginning of several revisions: {}", list(.candidates))]
    AmbiguousRevision {
        /// What was typed.
        name: String,
        /// The ids and labels that begin with it.
        candidates: Vec<String>,
    },
    /// Digits that begin one id, where steps are counted as well.
    #[error("`{symbol}` may be meant for a number of steps, or for the revision `{revision}`")]
    BareNumber {
        /// What was typed.
        symbol: String,
        /// What counts the steps.
        steps: String,
        /// The revision that begins so.
        revision: RevisionId,
    },
    /// The revision right of `@` lies on another branch.
    #[error("revision `{revision}` is not on the branch `{branch}`")]
    NotOnBranch {
        /// The revision.
        revision: RevisionId,
        /// What stands left of `@`.
        branch: String,
    },
    /// `head` where there are several.
    #[error("`{symbol}` is ambiguous, there are several heads: {}", list(.heads))]
    MultipleHeads {
        /// What was typed.
        symbol: String,
        /// The heads.
        heads: Vec<RevisionId>,
    },
    /// One revision was needed and the symbol names none or several.
    #[error("`{symbol}` names {}, but one is needed", count(.revisions))]
    NotOne {
        /// What was typed.
        symbol: String,
        /// What it names.
        revisions: Vec<RevisionId>,
    },
    /// The steps lead beyond the first or the last revision.
    #[error("`{symbol}` is out of range: there {} that way", n_steps(*.possible))]
    OutOfRange {
        /// What was typed.
        symbol: String,
        /// How many steps there are.
        possible: usize,
    },
    /// The steps pass a fork.
    #[error(
        "`{symbol}` is ambiguous: {} there are several ways: {}",
        beyond(.at.as_ref(), *.is_up),
        list(.candidates)
    )]
    AmbiguousStep {
        /// What was typed.
        symbol: String,
        /// The revision at the fork; `None` for the base.
        at: Option<RevisionId>,
        /// Whether the steps lead up.
        is_up: bool,
        /// Where they could go.
        candidates: Vec<RevisionId>,
    },
    /// Relative to the database, which is at several revisions.
    #[error("`{symbol}` is ambiguous: the database is at several revisions: {}", list(.rows))]
    SeveralRows {
        /// What was typed.
        symbol: String,
        /// Where the database is.
        rows: Vec<RevisionId>,
    },
    /// Relative to the database, which is at none (of the branch).
    #[error("`{symbol}` leads nowhere: no revision{} is applied", of_branch(.branch.as_deref()))]
    NothingApplied {
        /// What was typed.
        symbol: String,
        /// The branch, where one was named.
        branch: Option<String>,
    },
    /// The symbol has no meaning for this command.
    #[error("`{symbol}` has no meaning here: {reason}")]
    NotHere {
        /// What was typed.
        symbol: String,
        /// Why not.
        reason: &'static str,
    },
    /// Two ends of a range that do not lie on one line.
    #[error("`{lower}` does not come before `{upper}`")]
    NotAncestor {
        /// The lower end.
        lower: String,
        /// The upper end.
        upper: String,
    },
    /// Two revisions were asked for of which one comes before the other.
    #[error("`{lower}` and `{upper}` lie on one line: `{lower}` comes before `{upper}`")]
    Overlap {
        /// The one that comes before.
        lower: RevisionId,
        /// The other.
        upper: RevisionId,
    },
}

/// The names in backticks.
pub(crate) fn list<T: std::fmt::Display>(names: &[T]) -> String {
    names.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ")
}

fn count(ids: &[RevisionId]) -> String {
    if ids.is_empty() { "no revision".to_owned() } else { format!("{} ({})", ids.len(), list(ids)) }
}

fn n_steps(n: usize) -> String {
    match n {
        0 => "is no step".to_owned(),
        1 => "is one step".to_owned(),
        _ => format!("are {n} steps"),
    }
}

fn beyond(at: Option<&RevisionId>, is_up: bool) -> String {
    let preposition = if is_up { "above" } else { "below" };
    match at {
        Some(id) => format!("{preposition} `{id}`"),
        None => format!("{preposition} the base"),
    }
}

fn of_branch(branch: Option<&str>) -> String {
    branch.map(|it| format!(" of the branch `{it}`")).unwrap_or_default()
}
