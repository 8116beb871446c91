//! The revisions between two others: what `history -r A:B` lists, and what an upgrade needs.

use super::resolve::{Overwalk, ResolveError};
use super::symbol::{Anchor, RevisionSymbol};
use super::walk::RevisionSet;
use super::{Edges, RevisionGraph, RevisionIndex};

/// Which revisions belong to a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RangeKind {
    /// Everything that the upper end needs and the lower end does not have: an upgrade.
    Missing,
    /// What lies on the line from the lower end to the upper one: `history`.
    Between,
}

impl RevisionGraph {
    /// The revisions that lead from `lower` to `upper`, without `lower` itself.
    ///
    /// With [`RangeKind::Between`] the ends must lie on one line, and only what comes after the
    /// lower end by `down_revision` is in it; an empty `lower` is the base, from which everything
    /// comes.
    pub fn range(
        &self,
        upper: &[RevisionIndex],
        lower: &[RevisionIndex],
        kind: RangeKind,
    ) -> Result<RevisionSet, ResolveError> {
        self.refuse_overlap(upper, Edges::All)?;
        self.refuse_overlap(lower, Edges::All)?;
        let mut needed = self.ancestors(upper.iter().copied(), Edges::All);
        if kind == RangeKind::Between
            && let Some(stray) = lower.iter().find(|it| !needed.contains(**it))
        {
            let upper: Vec<&str> = upper.iter().map(|it| self.id(*it).as_str()).collect();
            return Err(ResolveError::NotAncestor {
                lower: self.id(*stray).to_string(),
                upper: if upper.is_empty() { "base".to_owned() } else { upper.join(", ") },
            });
        }
        let present = self.ancestors(lower.iter().copied(), Edges::All);
        needed.retain(|it| !present.contains(it));
        if kind == RangeKind::Between && !lower.is_empty() {
            let after = self.descendants(lower.iter().copied(), Edges::Down);
            needed.retain(|it| after.contains(it));
        }
        Ok(needed)
    }

    /// What `history -r LOWER:UPPER` lists, newest first, both ends included.
    ///
    /// `rows` is what `current` and steps without an anchor stand for; a side that was left out is
    /// the base or the heads. A branch in the lower end narrows heads in the upper one to it.
    pub fn history(
        &self,
        lower: Option<&RevisionSymbol>,
        upper: Option<&RevisionSymbol>,
        rows: &[RevisionIndex],
    ) -> Result<Vec<RevisionIndex>, ResolveError> {
        let lower_end = match lower {
            None => Vec::new(),
            Some(symbol) if is_current(symbol) => rows.to_vec(),
            Some(symbol) => self.resolve_range_start(symbol)?,
        };
        let mut upper_end = match upper {
            None => self.real_heads(),
            Some(symbol) if is_current(symbol) => rows.to_vec(),
            Some(symbol) => self.resolve_upgrade(symbol, &lower_end, Overwalk::Stop)?,
        };
        if let Some(lower) = lower
            && let Some(branch) = self.branch_of(lower)?
        {
            upper_end.retain(|it| branch.lineage.contains(*it));
        }
        let mut listed = self.range(&upper_end, &lower_end, RangeKind::Between)?;
        for index in lower_end {
            listed.insert(index);
        }
        Ok(self.downgrade_order(&listed))
    }
}

/// `current` without steps.
fn is_current(symbol: &RevisionSymbol) -> bool {
    symbol.anchor == Anchor::Current && symbol.steps.is_none()
}

#[cfg(test)]
mod tests {
    use super::super::symbol::SymbolRange;
    use super::super::testing::{graph, indices, words};

    #[track_caller]
    fn check(range: &str, rows: &str, expected: Result<&str, &str>) {
        let graph = graph("a<- b<-a c1<-b c2<-b[two] d<-c1,c2 z<-");
        let range: SymbolRange = range.parse().unwrap();
        let rows = indices(&graph, rows);
        let found = graph.history(range.lower.as_ref(), range.upper.as_ref(), &rows);
        let found = found.map(|it| words(&graph, it)).map_err(|err| err.to_string());
        assert_eq!(found.as_deref().map_err(String::as_str), expected);
    }

    #[test]
    fn both_ends_are_included() {
        check(":", "", Ok("d c1 c2 z b a"));
        check("b:d", "", Ok("d c1 c2 b"));
        check("c1:d", "", Ok("d c1"));
        check(":c1", "", Ok("c1 b a"));
    }

    #[test]
    fn the_ends_lie_on_one_line() {
        check("c1:c2", "", Err("`c1` does not come before `c2`"));
        check("d:b", "", Err("`d` does not come before `b`"));
    }

    #[test]
    fn current_is_where_the_database_is() {
        check("current:", "c1", Ok("d c1"));
        check("current:d", "c1", Ok("d c1"));
        check(":current", "b", Ok("b a"));
    }

    #[test]
    fn steps_are_counted_from_the_heads_down_or_from_the_lower_end_up() {
        check("a:+1", "", Ok("b a"));
        check("two@base:", "", Ok("d c1 c2 b a"));
    }
}
