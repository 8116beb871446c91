//! From symbols to revisions.
//!
//! Every error carries what would have been right: the candidates, the heads, the rows. Two rules
//! hold for all commands and differ from Alembic's: the name left of `@` must exist, and the
//! revision right of it must share its lineage.

pub use super::resolve_error::ResolveError;
pub(crate) use super::resolve_error::list;
use super::symbol::{Anchor, RevisionSymbol};
use super::walk::RevisionSet;
use super::{Edges, RevisionGraph, RevisionIndex};
use crate::revision::{BranchLabel, RevisionId};
use crate::similar::similar;

/// What a walk does when there are fewer steps than asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overwalk {
    /// Refuses.
    Refuse,
    /// Stops at the end: what `history` does.
    Stop,
}

/// The shortest id or label that a beginning may stand for, as in Alembic: shorter ones must be
/// typed in full.
const MIN_ABBREVIATED_LENGTH: usize = 4;

/// A branch that was named left of `@`.
pub struct Branch {
    /// What was typed.
    pub name: String,
    /// The revision that the name stands for.
    pub start: RevisionIndex,
    /// Everything that shares its lineage.
    pub lineage: RevisionSet,
}

impl RevisionGraph {
    /// The revision with this id, this label, or the only one whose id or label begins so.
    pub fn find(&self, name: &str) -> Result<RevisionIndex, ResolveError> {
        self.find_within(name, None)
    }

    /// The same on a branch: it narrows what a beginning may stand for, and a revision of another
    /// branch is refused.
    fn find_within(
        &self,
        name: &str,
        branch: Option<&Branch>,
    ) -> Result<RevisionIndex, ResolveError> {
        let index = match self.by_id(name).or_else(|| self.by_label(name)) {
            Some(index) => index,
            None => match (self.of_row(name), self.replaced_by(name)) {
                // The end of a range that was squashed is the same state.
                (Some(index), _) => index,
                (None, Some(by)) => return Err(self.replaced(name, by)),
                (None, None) => self.find_abbreviated(name, branch)?,
            },
        };
        match branch {
            Some(branch) if !branch.lineage.contains(index) => Err(ResolveError::NotOnBranch {
                revision: self.id(index).clone(),
                branch: branch.name.clone(),
            }),
            _ => Ok(index),
        }
    }

    fn find_abbreviated(
        &self,
        name: &str,
        branch: Option<&Branch>,
    ) -> Result<RevisionIndex, ResolveError> {
        let names = self.indices().map(|it| (self.id(it).as_str(), it));
        let names = names.chain(self.labels().map(|(label, it)| (label.as_str(), it)));
        let is_meant = |(full, index): &(&str, RevisionIndex)| {
            full.starts_with(name)
                && full.chars().count() >= MIN_ABBREVIATED_LENGTH
                && branch.is_none_or(|it| it.lineage.contains(*index))
        };
        let found: Vec<(&str, RevisionIndex)> = names.filter(is_meant).collect();
        match found.as_slice() {
            [(_, index)] => Ok(*index),
            [(_, first), rest @ ..] if rest.iter().all(|(_, it)| it == first) => Ok(*first),
            [] => self.find_replaced(name, branch),
            several => Err(ResolveError::AmbiguousRevision {
                name: name.to_owned(),
                candidates: several.iter().map(|(full, _)| (*full).to_owned()).collect(),
            }),
        }
    }

    /// The revision that stands for the only replaced one that begins so, if that is its end.
    fn find_replaced(
        &self,
        name: &str,
        branch: Option<&Branch>,
    ) -> Result<RevisionIndex, ResolveError> {
        let is_meant = |(full, by): &(&RevisionId, RevisionIndex)| {
            full.as_str().starts_with(name)
                && full.as_str().chars().count() >= MIN_ABBREVIATED_LENGTH
                && branch.is_none_or(|it| it.lineage.contains(*by))
        };
        let mut found: Vec<(&RevisionId, RevisionIndex)> =
            self.all_replaced().filter(is_meant).collect();
        found.sort();
        match found.as_slice() {
            [] => Err(ResolveError::UnknownRevision {
                name: name.to_owned(),
                similar: self.similar_names(name),
            }),
            [(full, by)] => match self.of_row(full.as_str()) {
                Some(index) => Ok(index),
                None => Err(self.replaced(full.as_str(), *by)),
            },
            several => Err(ResolveError::AmbiguousRevision {
                name: name.to_owned(),
                candidates: several.iter().map(|(full, _)| full.to_string()).collect(),
            }),
        }
    }

    fn replaced(&self, name: &str, by: RevisionIndex) -> ResolveError {
        ResolveError::Replaced { name: name.to_owned(), by: self.id(by).clone() }
    }

    /// What is close to a name: ids, labels, and the words that stand for revisions.
    fn similar_names(&self, name: &str) -> Vec<String> {
        let ids = self.indices().map(|it| self.id(it).as_str());
        let labels = self.labels().map(|(label, _)| BranchLabel::as_str(label));
        let words = ["head", "heads", "base"];
        similar(name, words.into_iter().chain(ids).chain(labels))
            .into_iter()
            .map(str::to_owned)
            .collect()
    }

    /// Refuses a name of one to three digits that is only the beginning of another: `downgrade 1`,
    /// where `-1` was meant, would revert all that stands on the revision that begins so. `sign` is
    /// that of the steps.
    pub fn refuse_bare_number(
        &self,
        symbol: &RevisionSymbol,
        sign: char,
    ) -> Result<(), ResolveError> {
        let (Anchor::Name(name), None) = (&symbol.anchor, symbol.steps) else { return Ok(()) };
        let is_number = name.len() <= 3 && name.bytes().all(|it| it.is_ascii_digit());
        let is_known = self.by_id(name).or_else(|| self.by_label(name)).is_some()
            || self.replaced_by(name).is_some();
        if !is_number || is_known {
            return Ok(());
        }
        // Any other error is told where the symbol is resolved.
        let Ok(index) = self.find_abbreviated(name, self.branch_of(symbol)?.as_ref()) else {
            return Ok(());
        };
        let branch = symbol.branch.as_ref().map_or(String::new(), |it| format!("{it}@"));
        Err(ResolveError::BareNumber {
            symbol: symbol.text.clone(),
            steps: format!("{branch}{sign}{name}"),
            revision: self.id(index).clone(),
        })
    }

    /// The branch that a symbol names left of `@`.
    pub fn branch_of(&self, symbol: &RevisionSymbol) -> Result<Option<Branch>, ResolveError> {
        let Some(name) = &symbol.branch else { return Ok(None) };
        let index = self.find(name).map_err(|err| match err {
            ResolveError::UnknownRevision { name, mut similar } => {
                // Those words name no branch.
                similar.retain(|it| self.by_id(it).or_else(|| self.by_label(it)).is_some());
                ResolveError::UnknownBranch { name, similar }
            }
            other => other,
        })?;
        Ok(Some(Branch { name: name.clone(), start: index, lineage: self.lineage(index) }))
    }

    /// The revisions that a symbol without steps names: several for `heads`, none for `base`.
    ///
    /// # Errors
    ///
    /// [`ResolveError::NotHere`] for steps and for `current`, which need a database.
    pub fn resolve_absolute(
        &self,
        symbol: &RevisionSymbol,
    ) -> Result<Vec<RevisionIndex>, ResolveError> {
        if symbol.steps.is_some() {
            let reason = "steps are counted by `upgrade`, `downgrade` and `history` only";
            return Err(ResolveError::NotHere { symbol: symbol.text.clone(), reason });
        }
        self.resolve_anchor(symbol, self.branch_of(symbol)?.as_ref())
    }

    /// The only revision that a symbol without steps names.
    pub fn resolve_one(&self, symbol: &RevisionSymbol) -> Result<RevisionIndex, ResolveError> {
        match self.resolve_absolute(symbol)?.as_slice() {
            [index] => Ok(*index),
            several => Err(ResolveError::NotOne {
                symbol: symbol.text.clone(),
                revisions: self.ids(several),
            }),
        }
    }

    /// What the anchor of a symbol names.
    fn resolve_anchor(
        &self,
        symbol: &RevisionSymbol,
        branch: Option<&Branch>,
    ) -> Result<Vec<RevisionIndex>, ResolveError> {
        let on_branch = |mut heads: Vec<RevisionIndex>| {
            if let Some(branch) = branch {
                heads.retain(|it| branch.lineage.contains(*it));
            }
            heads
        };
        match &symbol.anchor {
            Anchor::Base => Ok(Vec::new()),
            Anchor::Heads if branch.is_none() => Ok(self.real_heads()),
            Anchor::Heads => Ok(on_branch(self.heads())),
            Anchor::Head => {
                let heads = on_branch(self.heads());
                if heads.len() > 1 {
                    let heads = self.ids(&heads);
                    return Err(ResolveError::MultipleHeads { symbol: symbol.text.clone(), heads });
                }
                Ok(heads)
            }
            Anchor::Name(name) => Ok(vec![self.find_within(name, branch)?]),
            Anchor::Database => Err(ResolveError::NotHere {
                symbol: symbol.text.clone(),
                reason: "it needs a database to start from",
            }),
            Anchor::Current => Err(ResolveError::NotHere {
                symbol: symbol.text.clone(),
                reason: "only `history`, `show` and `edit` know `current`",
            }),
        }
    }

    /// The anchor of a symbol with steps: one revision, or `None` for the base.
    fn anchor_of_steps(
        &self,
        symbol: &RevisionSymbol,
        branch: Option<&Branch>,
    ) -> Result<Option<RevisionIndex>, ResolveError> {
        match self.resolve_anchor(symbol, branch)?.as_slice() {
            [] => Ok(None),
            [index] => Ok(Some(*index)),
            several => Err(ResolveError::NotOne {
                symbol: symbol.text.clone(),
                revisions: self.ids(several),
            }),
        }
    }

    /// Where a symbol leads an upgrade of a database whose rows are `rows`: the revisions to reach.
    pub fn resolve_upgrade(
        &self,
        symbol: &RevisionSymbol,
        rows: &[RevisionIndex],
        overwalk: Overwalk,
    ) -> Result<Vec<RevisionIndex>, ResolveError> {
        let branch = self.branch_of(symbol)?;
        let branch = branch.as_ref();
        let Some(steps) = symbol.steps else {
            return self.resolve_anchor(symbol, branch);
        };
        let start = if symbol.anchor == Anchor::Database {
            if steps < 0 {
                let reason = "an upgrade leads up";
                return Err(ResolveError::NotHere { symbol: symbol.text.clone(), reason });
            }
            self.upgrade_start(symbol, rows, branch)?
        } else {
            self.anchor_of_steps(symbol, branch)?
        };
        let reached = if steps > 0 {
            self.walk_up(symbol, start, steps, branch, overwalk)?
        } else {
            self.walk_down(symbol, start, steps, overwalk)?
        };
        Ok(reached.into_iter().collect())
    }

    /// Where `+N` starts: at the only row (of the branch); where the branch has no row, at the tip
    /// of what is applied of it; else at the base.
    fn upgrade_start(
        &self,
        symbol: &RevisionSymbol,
        rows: &[RevisionIndex],
        branch: Option<&Branch>,
    ) -> Result<Option<RevisionIndex>, ResolveError> {
        let mut starts = rows.to_vec();
        if let Some(branch) = branch {
            starts.retain(|it| branch.lineage.contains(*it));
            if starts.is_empty() {
                let mut applied = self.ancestors(rows.iter().copied(), Edges::All);
                applied.retain(|it| branch.lineage.contains(it));
                starts = self.maximal(&applied);
            }
        }
        match starts.as_slice() {
            [] => Ok(None),
            [start] => Ok(Some(*start)),
            several => Err(ResolveError::SeveralRows {
                symbol: symbol.text.clone(),
                rows: self.ids(several),
            }),
        }
    }

    /// The row that `-N` counts from: the only one (of the branch); where the branch has no row of
    /// its own, the tip that the rows imply.
    pub fn downgrade_start(
        &self,
        symbol: &RevisionSymbol,
        rows: &[RevisionIndex],
        branch: Option<&Branch>,
    ) -> Result<RevisionIndex, ResolveError> {
        let mut starts = rows.to_vec();
        if let Some(branch) = branch {
            starts.retain(|it| branch.lineage.contains(*it));
            if starts.is_empty() {
                starts = self.current_tips(rows);
                starts.retain(|it| branch.lineage.contains(*it));
            }
        }
        match starts.as_slice() {
            [start] => Ok(*start),
            [] => Err(ResolveError::NothingApplied {
                symbol: symbol.text.clone(),
                branch: branch.map(|it| it.name.clone()),
            }),
            several => Err(ResolveError::SeveralRows {
                symbol: symbol.text.clone(),
                rows: self.ids(several),
            }),
        }
    }

    /// The target of a downgrade that is counted from a named revision: `None` is the base.
    pub fn resolve_downgrade_steps(
        &self,
        symbol: &RevisionSymbol,
        branch: Option<&Branch>,
        steps: i64,
    ) -> Result<(Option<RevisionIndex>, Option<RevisionIndex>), ResolveError> {
        let start = self.anchor_of_steps(symbol, branch)?;
        let target = if steps > 0 {
            self.walk_up(symbol, start, steps, branch, Overwalk::Refuse)?
        } else {
            self.walk_down(symbol, start, steps, Overwalk::Refuse)?
        };
        Ok((start, target))
    }

    /// `steps` up along `down_revision`, on the branch if there is one.
    fn walk_up(
        &self,
        symbol: &RevisionSymbol,
        start: Option<RevisionIndex>,
        steps: i64,
        branch: Option<&Branch>,
        overwalk: Overwalk,
    ) -> Result<Option<RevisionIndex>, ResolveError> {
        let mut at = start;
        for n_walked in 0..usize::try_from(steps).unwrap_or_default() {
            let mut children = match at {
                Some(index) => self.down_children(index).to_vec(),
                None => self.bases(),
            };
            if let Some(branch) = branch {
                children.retain(|it| branch.lineage.contains(*it));
            }
            match (children.as_slice(), overwalk) {
                ([child], _) => at = Some(*child),
                ([], Overwalk::Stop) => return Ok(at),
                ([], Overwalk::Refuse) => {
                    let possible = n_walked;
                    return Err(ResolveError::OutOfRange { symbol: symbol.text.clone(), possible });
                }
                (several, _) => {
                    return Err(ResolveError::AmbiguousStep {
                        symbol: symbol.text.clone(),
                        at: at.map(|it| self.id(it).clone()),
                        is_up: true,
                        candidates: self.ids(several),
                    });
                }
            }
        }
        Ok(at)
    }

    /// `-steps` down along `down_revision`; the base is one step below a root.
    fn walk_down(
        &self,
        symbol: &RevisionSymbol,
        start: Option<RevisionIndex>,
        steps: i64,
        overwalk: Overwalk,
    ) -> Result<Option<RevisionIndex>, ResolveError> {
        let mut at = start;
        for n_walked in 0..usize::try_from(steps.unsigned_abs()).unwrap_or(usize::MAX) {
            let Some(index) = at else {
                if overwalk == Overwalk::Stop {
                    return Ok(None);
                }
                let possible = n_walked;
                return Err(ResolveError::OutOfRange { symbol: symbol.text.clone(), possible });
            };
            at = match self.down(index) {
                [] => None,
                [parent] => Some(*parent),
                several => {
                    return Err(ResolveError::AmbiguousStep {
                        symbol: symbol.text.clone(),
                        at: Some(self.id(index).clone()),
                        is_up: false,
                        candidates: self.ids(several),
                    });
                }
            };
        }
        Ok(at)
    }

    /// The lower end of a `history` range: `-N` counts down from every head (of the branch).
    pub fn resolve_range_start(
        &self,
        symbol: &RevisionSymbol,
    ) -> Result<Vec<RevisionIndex>, ResolveError> {
        let branch = self.branch_of(symbol)?;
        let branch = branch.as_ref();
        let Some(steps) = symbol.steps else {
            return self.resolve_anchor(symbol, branch);
        };
        let starts = if symbol.anchor != Anchor::Database {
            self.anchor_of_steps(symbol, branch)?.into_iter().collect()
        } else if steps > 0 {
            let reason = "the lower end of a range is counted down from the heads";
            return Err(ResolveError::NotHere { symbol: symbol.text.clone(), reason });
        } else {
            let mut heads = self.real_heads();
            if let Some(branch) = branch {
                heads.retain(|it| branch.lineage.contains(*it));
            }
            heads
        };
        let mut found: Vec<RevisionIndex> = Vec::new();
        for start in starts {
            let reached = if steps > 0 {
                self.walk_up(symbol, Some(start), steps, branch, Overwalk::Stop)?
            } else {
                self.walk_down(symbol, Some(start), steps, Overwalk::Stop)?
            };
            found.extend(reached.filter(|it| !found.contains(it)));
        }
        Ok(found)
    }

    /// Refuses revisions of which one comes before another along `edges`.
    pub fn refuse_overlap(
        &self,
        indices: &[RevisionIndex],
        edges: Edges,
    ) -> Result<(), ResolveError> {
        match self.find_overlap(indices, edges) {
            None => Ok(()),
            Some((lower, upper)) => Err(ResolveError::Overlap {
                lower: self.id(lower).clone(),
                upper: self.id(upper).clone(),
            }),
        }
    }
}

#[cfg(test)]
#[path = "resolve_tests.rs"]
mod tests;
