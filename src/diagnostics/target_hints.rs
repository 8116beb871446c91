//! What to do about a target that names no revision.

use super::hints::{did_you_mean, one, ticked};
use crate::graph::resolve::ResolveError;
use crate::graph::symbol::{NO_RANGE, RevisionSymbol, SymbolError};

/// Where the names of revisions are to be found.
const LISTED: &str = "`migrator history` lists all revisions and labels";

/// What is meant by a name that another tool has for a revision.
fn foreign_symbol(name: &str) -> Option<String> {
    if let Some((lower, upper)) = name.split_once("..") {
        let upper = upper.trim_start_matches('.');
        return Some(format!(
            "a range is written `{lower}:{upper}`; where one revision is wanted, name only that"
        ));
    }
    // What git has behind a name: `~`, `^`, `~2`, `^^`.
    if let Some(at) = name.find(['~', '^']) {
        let (name, steps) = name.split_at(at);
        let name = if name == "HEAD" { "head" } else { name };
        let steps = match steps.strip_prefix('~') {
            Some("") => 1,
            Some(number) => number.parse().ok()?,
            None => steps.len(),
        };
        return Some(format!("did you mean `{name}-{steps}`?"));
    }
    let meant = match name.to_ascii_lowercase().as_str() {
        "latest" | "last" | "newest" | "tip" | "top" | "all" | "max" => "head",
        "zero" | "none" | "empty" => "base",
        _ => return None,
    };
    Some(format!("did you mean `{meant}`?"))
}

/// What to do about a symbol that names no revision.
pub(super) fn resolve(err: &ResolveError) -> Vec<String> {
    match err {
        ResolveError::Symbol(SymbolError { text, reason }) => match foreign_symbol(text) {
            Some(hint) => one(hint),
            None if *reason == NO_RANGE && text.parse::<RevisionSymbol>().is_ok() => one(format!(
                "from there on it is `{text}:`, up to there `:{text}`, and only that one `{text}:{text}`"
            )),
            None => one(
                "revisions are named by id, `head`, `heads`, `base`, `+N`, `-N`, `REV+N`, `REV-N`, \
                 `LABEL@head` and the like",
            ),
        },
        ResolveError::UnknownRevision { name, similar } => match foreign_symbol(name) {
            Some(hint) => one(hint),
            None => did_you_mean(similar, LISTED),
        },
        ResolveError::UnknownBranch { similar, .. } => did_you_mean(similar, LISTED),
        ResolveError::Replaced { by, .. } => one(format!("`{by}` is the revision to name")),
        ResolveError::AmbiguousRevision { .. } => one("type more of it"),
        ResolveError::BareNumber { steps, revision, .. } => {
            one(format!("did you mean `{steps}`? to name the revision, type `{revision}`"))
        }
        ResolveError::NotOnBranch { branch, .. } => {
            one(format!("`migrator history -r {branch}@base:{branch}@head` lists the branch"))
        }
        // The command line knows more: databases, labels, and what is applied where.
        ResolveError::MultipleHeads { .. } => {
            one("name one of them; `migrator heads --check` tells how several become one")
        }
        ResolveError::NotOne { revisions, .. } => match revisions.first() {
            Some(id) => one(format!("name one, for example `{id}`")),
            None => one("name a revision; `migrator history` lists them"),
        },
        ResolveError::OutOfRange { .. } => one("`migrator history` lists the revisions in order"),
        ResolveError::AmbiguousStep { candidates, .. } => match candidates.first() {
            Some(id) => one(format!("name where to go, for example `{id}`")),
            None => Vec::new(),
        },
        ResolveError::SeveralRows { symbol, rows } => {
            let choices: Vec<String> = rows.iter().map(|it| format!("{it}@{symbol}")).collect();
            let plain = choices.iter().filter(|it| it.matches('@').count() == 1);
            let choices: Vec<&String> = plain.collect();
            if choices.is_empty() {
                one("name where to go by its id")
            } else {
                one(format!("say from which: {}", ticked(&choices, " or ")))
            }
        }
        ResolveError::NothingApplied { .. } => {
            one("`migrator current` shows where the database is")
        }
        ResolveError::NotHere { symbol, reason } if reason.ends_with("leads up") => {
            one(format!("nothing was changed; `migrator downgrade {symbol}` leads down"))
        }
        ResolveError::NotHere { symbol, reason } if reason.ends_with("leads down") => {
            one(format!("nothing was changed; `migrator upgrade {symbol}` leads up"))
        }
        ResolveError::NotHere { .. } => {
            one("name a revision; `migrator current` shows where the database is")
        }
        ResolveError::NotAncestor { .. } => {
            one("a range leads from an older revision to a newer one of the same line: `OLD:NEW`")
        }
        ResolveError::Overlap { lower, upper } => {
            one(format!("`{upper}` includes `{lower}`: name only `{upper}`"))
        }
    }
}
