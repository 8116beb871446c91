//! Walks over the graph: ancestors, descendants, lineages, ranges, cycles.
//!
//! Every walk is iterative and linear in what it visits: projects with ten thousand revisions in
//! one line are real, and would overflow a recursive one.

use std::collections::{HashMap, HashSet};

use super::{Edges, RevisionGraph, RevisionIndex};

/// A set of revisions of one graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevisionSet {
    members: Vec<bool>,
    len: usize,
}

impl RevisionSet {
    /// The empty set.
    pub fn new(graph: &RevisionGraph) -> Self {
        Self { members: vec![false; graph.len()], len: 0 }
    }

    /// The set of these revisions.
    pub fn of(graph: &RevisionGraph, indices: impl IntoIterator<Item = RevisionIndex>) -> Self {
        let mut set = Self::new(graph);
        for index in indices {
            set.insert(index);
        }
        set
    }

    /// Whether a revision is in it.
    pub fn contains(&self, index: RevisionIndex) -> bool {
        self.members[index.as_usize()]
    }

    /// Adds a revision; says whether it was not in it.
    pub fn insert(&mut self, index: RevisionIndex) -> bool {
        let is_new = !std::mem::replace(&mut self.members[index.as_usize()], true);
        self.len += usize::from(is_new);
        is_new
    }

    /// Removes a revision; says whether it was in it.
    pub fn remove(&mut self, index: RevisionIndex) -> bool {
        let was_in = std::mem::replace(&mut self.members[index.as_usize()], false);
        self.len -= usize::from(was_in);
        was_in
    }

    /// How many revisions are in it.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Its revisions, in load order.
    pub fn iter(&self) -> impl Iterator<Item = RevisionIndex> {
        let members = self.members.iter().enumerate();
        members.filter(|(_, is_in)| **is_in).map(|(idx, _)| RevisionIndex::from_usize(idx))
    }

    /// Removes all revisions that `keep` does not want.
    pub fn retain(&mut self, mut keep: impl FnMut(RevisionIndex) -> bool) {
        for idx in 0..self.members.len() {
            let index = RevisionIndex::from_usize(idx);
            if self.contains(index) && !keep(index) {
                self.remove(index);
            }
        }
    }
}

impl RevisionGraph {
    /// What a revision comes right after, by the edges named.
    fn before(&self, index: RevisionIndex, edges: Edges) -> impl Iterator<Item = RevisionIndex> {
        let dependencies = match edges {
            Edges::Down => &[],
            Edges::All => self.dependencies(index),
        };
        self.down(index).iter().chain(dependencies).copied()
    }

    /// What comes right after a revision, by the edges named.
    fn after(&self, index: RevisionIndex, edges: Edges) -> &[RevisionIndex] {
        match edges {
            Edges::Down => self.down_children(index),
            Edges::All => self.children(index),
        }
    }

    /// `starts` and everything that comes before them.
    pub fn ancestors(
        &self,
        starts: impl IntoIterator<Item = RevisionIndex>,
        edges: Edges,
    ) -> RevisionSet {
        self.reach(starts, |it, found| found.extend(self.before(it, edges)))
    }

    /// `starts` and everything that comes after them.
    pub fn descendants(
        &self,
        starts: impl IntoIterator<Item = RevisionIndex>,
        edges: Edges,
    ) -> RevisionSet {
        self.reach(starts, |it, found| found.extend(self.after(it, edges)))
    }

    /// `starts` and everything that `next` leads to; it adds the neighbours of a revision to a list.
    fn reach(
        &self,
        starts: impl IntoIterator<Item = RevisionIndex>,
        next: impl Fn(RevisionIndex, &mut Vec<RevisionIndex>),
    ) -> RevisionSet {
        let mut seen = RevisionSet::new(self);
        let mut pending: Vec<RevisionIndex> = starts.into_iter().collect();
        while let Some(index) = pending.pop() {
            if seen.insert(index) {
                next(index, &mut pending);
            }
        }
        seen
    }

    /// The revisions that share a lineage with `index`: it, its ancestors and its descendants
    /// along `down_revision`.
    pub fn lineage(&self, index: RevisionIndex) -> RevisionSet {
        let mut lineage = self.ancestors([index], Edges::Down);
        for descendant in self.descendants([index], Edges::Down).iter() {
            lineage.insert(descendant);
        }
        lineage
    }

    /// The members of `set` that come before no other member, in load order. The set must hold all
    /// ancestors of its members.
    pub fn maximal(&self, set: &RevisionSet) -> Vec<RevisionIndex> {
        let is_maximal =
            |it: &RevisionIndex| !self.children(*it).iter().any(|child| set.contains(*child));
        set.iter().filter(is_maximal).collect()
    }

    /// The first two of `indices` of which one comes before the other: the ancestor, then the
    /// descendant. The same revision twice is no such pair.
    pub fn find_overlap(
        &self,
        indices: &[RevisionIndex],
        edges: Edges,
    ) -> Option<(RevisionIndex, RevisionIndex)> {
        if indices.len() < 2 {
            return None;
        }
        let all = RevisionSet::of(self, indices.iter().copied());
        // What comes strictly before any of them; only where that meets the set itself does it
        // matter before which.
        let parents = indices.iter().flat_map(|it| self.before(*it, edges));
        let below = self.ancestors(parents, edges);
        let lower = all.iter().find(|it| below.contains(*it))?;
        let above = self.descendants([lower], edges);
        let upper = all.iter().find(|it| *it != lower && above.contains(*it))?;
        Some((lower, upper))
    }
}

/// What must have run right before each revision: `down_revision`, then the dependencies that no
/// proper ancestor along `down_revision` declares (Alembic's `_normalize_depends_on`).
pub(super) fn normalized_parents(graph: &RevisionGraph) -> Vec<Vec<RevisionIndex>> {
    let redundant = redundant_dependencies(graph);
    graph
        .indices()
        .map(|index| {
            let mut parents = graph.down(index).to_vec();
            for dependency in graph.dependencies(index) {
                if !redundant.contains(&(index, *dependency)) && !parents.contains(dependency) {
                    parents.push(*dependency);
                }
            }
            parents
        })
        .collect()
}

/// Revisions with those dependencies of theirs that an ancestor of them declares as well.
///
/// For each dependency that several revisions declare this walks from the first of them to the
/// last, so that it is linear where none is declared twice.
fn redundant_dependencies(graph: &RevisionGraph) -> HashSet<(RevisionIndex, RevisionIndex)> {
    let mut declared_by: HashMap<RevisionIndex, Vec<RevisionIndex>> = HashMap::new();
    for index in graph.indices() {
        for dependency in graph.dependencies(index) {
            declared_by.entry(*dependency).or_default().push(index);
        }
    }
    declared_by.retain(|_, declarers| declarers.len() > 1);
    let mut redundant = HashSet::new();
    if declared_by.is_empty() {
        return redundant;
    }
    let ranks = down_ranks(graph);
    // The dependency for which a revision was seen last: no set has to be made anew for each.
    let mut seen_for = vec![None; graph.len()];
    for (dependency, declarers) in declared_by {
        let last_rank = declarers.iter().map(|it| ranks[it.as_usize()]).max();
        let children = declarers.iter().flat_map(|it| graph.down_children(*it));
        let mut pending: Vec<RevisionIndex> = children.copied().collect();
        while let Some(index) = pending.pop() {
            let is_new = seen_for[index.as_usize()].replace(dependency) != Some(dependency);
            if is_new && Some(ranks[index.as_usize()]) <= last_rank {
                pending.extend(graph.down_children(index));
            }
        }
        let is_below = |it: &RevisionIndex| seen_for[it.as_usize()] == Some(dependency);
        redundant.extend(declarers.into_iter().filter(is_below).map(|it| (it, dependency)));
    }
    redundant
}

/// Numbers that grow along `down_revision`.
fn down_ranks(graph: &RevisionGraph) -> Vec<usize> {
    let mut ranks = vec![0; graph.len()];
    let mut n_before: Vec<usize> = graph.indices().map(|it| graph.down(it).len()).collect();
    let mut ready = graph.bases();
    let mut rank = 0;
    while let Some(index) = ready.pop() {
        ranks[index.as_usize()] = rank;
        rank += 1;
        for child in graph.down_children(index) {
            let waiting = &mut n_before[child.as_usize()];
            *waiting = waiting.saturating_sub(1);
            if *waiting == 0 {
                ready.push(*child);
            }
        }
    }
    ranks
}

/// A circle along `edges`, if there is one: each revision after the one it comes after, the first
/// again at the end.
pub(super) fn find_cycle(graph: &RevisionGraph, edges: Edges) -> Option<Vec<RevisionIndex>> {
    // Kahn's algorithm: what is left when everything without a predecessor has been removed, again
    // and again, is the circles and what comes after them.
    let mut n_before: Vec<usize> =
        graph.indices().map(|it| graph.before(it, edges).count()).collect();
    let mut ready: Vec<RevisionIndex> =
        graph.indices().filter(|it| n_before[it.as_usize()] == 0).collect();
    let mut n_removed = 0;
    while let Some(index) = ready.pop() {
        n_removed += 1;
        for child in graph.after(index, edges) {
            let n_edges = graph.before(*child, edges).filter(|it| *it == index).count();
            let waiting = &mut n_before[child.as_usize()];
            *waiting = waiting.saturating_sub(n_edges);
            if *waiting == 0 {
                ready.push(*child);
            }
        }
    }
    if n_removed == graph.len() {
        return None;
    }

    // Everything left comes after something else that is left, so walking back must repeat.
    let mut walked: Vec<RevisionIndex> = Vec::new();
    let mut at = graph.indices().find(|it| n_before[it.as_usize()] > 0)?;
    let mut place: HashMap<RevisionIndex, usize> = HashMap::new();
    loop {
        if let Some(start) = place.get(&at) {
            let mut cycle = walked.split_off(*start);
            cycle.reverse();
            // Begin with the revision that was loaded first, so that the message is stable.
            let first = (0..cycle.len()).min_by_key(|idx| cycle[*idx])?;
            cycle.rotate_left(first);
            cycle.push(cycle[0]);
            return Some(cycle);
        }
        place.insert(at, walked.len());
        walked.push(at);
        at = graph.before(at, edges).find(|it| n_before[it.as_usize()] > 0)?;
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{graph, indices, words};
    use super::*;

    /// A diamond, a second tree, and a dependency between them.
    ///
    /// ```text
    ///   a - b1 - c - d        x - y
    ///     \ b2 /                  |
    ///            b2 <- - - - - - -+ (y depends on b2)
    /// ```
    const DIAMOND: &str = "a<- b1<-a b2<-a c<-b1,b2 d<-c x<- y<-x~b2";

    #[track_caller]
    fn check_ancestors(of: &str, edges: Edges, expected: &str) {
        let graph = graph(DIAMOND);
        let found = graph.ancestors(indices(&graph, of), edges);
        assert_eq!(words(&graph, found.iter()), expected);
    }

    #[track_caller]
    fn check_descendants(of: &str, edges: Edges, expected: &str) {
        let graph = graph(DIAMOND);
        let found = graph.descendants(indices(&graph, of), edges);
        assert_eq!(words(&graph, found.iter()), expected);
    }

    #[test]
    fn ancestors_follow_the_edges_named() {
        check_ancestors("c", Edges::Down, "a b1 b2 c");
        check_ancestors("y", Edges::Down, "x y");
        check_ancestors("y", Edges::All, "a b2 x y");
    }

    #[test]
    fn descendants_follow_the_edges_named() {
        check_descendants("b2", Edges::Down, "b2 c d");
        check_descendants("b2", Edges::All, "b2 c d y");
    }

    #[test]
    fn a_lineage_is_both_directions_along_down_revision() {
        let graph = graph(DIAMOND);
        let lineage = |id| words(&graph, graph.lineage(graph.by_id(id).unwrap()).iter());
        assert_eq!(lineage("b1"), "a b1 c d");
        assert_eq!(lineage("y"), "x y");
    }

    #[test]
    fn overlaps_are_found_through_dependencies_too() {
        let graph = graph(DIAMOND);
        let overlap = |ids| {
            let found = graph.find_overlap(&indices(&graph, ids), Edges::All);
            found.map(|(lower, upper)| words(&graph, [lower, upper]))
        };
        assert_eq!(overlap("b1 b2"), None);
        assert_eq!(overlap("b1 b1"), None);
        assert_eq!(overlap("d x a").as_deref(), Some("a d"));
        assert_eq!(overlap("y b2").as_deref(), Some("b2 y"));
    }

    #[test]
    fn maximal_members_come_before_no_other() {
        let graph = graph(DIAMOND);
        let set = graph.ancestors(indices(&graph, "b1 y"), Edges::All);
        assert_eq!(words(&graph, graph.maximal(&set)), "b1 y");
    }

    #[test]
    fn a_dependency_that_an_ancestor_declares_is_redundant() {
        let graph = graph("x<- a<-~x b<-a c<-b~x d<-~x");
        let parents = |id| words(&graph, graph.parents(graph.by_id(id).unwrap()).iter().copied());
        assert_eq!(parents("a"), "x");
        assert_eq!(parents("c"), "b");
        assert_eq!(parents("d"), "x");
    }

    proptest::proptest! {
        #[test]
        fn exactly_the_dependencies_of_ancestors_are_redundant(
            text in super::super::testing::any_graph(14),
        ) {
            let graph = graph(&text);
            for index in graph.indices() {
                let parents = graph.down(index).iter().copied();
                let ancestors = graph.ancestors(parents, Edges::Down);
                let mut expected = graph.down(index).to_vec();
                for dependency in graph.dependencies(index) {
                    let is_redundant =
                        ancestors.iter().any(|it| graph.dependencies(it).contains(dependency));
                    if !is_redundant && !expected.contains(dependency) {
                        expected.push(*dependency);
                    }
                }
                proptest::prop_assert_eq!(graph.parents(index), expected, "{}", text);
            }
        }
    }
}
