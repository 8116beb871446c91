//! The order in which revisions run: Alembic's, in n log n.
//!
//! Alembic's `_topological_sort` keeps a list of heads and walks down from one of them at a time.
//! A candidate is held back while another head comes after it; the walk then jumps to the *first*
//! such head in the list. When a line is exhausted its head leaves the list, and the walk goes on
//! with the head before it. Alembic finds out who comes after a candidate by keeping the ancestors
//! of every head, recomputed at every merge, which is quadratic.
//!
//! The same order comes out of two observations. A candidate is held back exactly while one of its
//! children has not been emitted, which is a counter. And the place of the first head after a node
//! never moves towards the front: a head is only ever replaced by what comes before it, in place,
//! or joined by others at the end. So [`FirstHead`] may keep, for every node, a heap of its children
//! by the place last known for them, and only re-examine the top.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use super::walk::RevisionSet;
use super::{Edges, RevisionGraph, RevisionIndex};

/// The place of a head in the list. Places only grow, so they stay valid when others leave.
type Place = usize;

impl RevisionGraph {
    /// The revisions of `wanted` in the order of an upgrade: each behind all that comes before it.
    pub fn upgrade_order(&self, wanted: &RevisionSet) -> Vec<RevisionIndex> {
        let mut order = self.downgrade_order(wanted);
        order.reverse();
        order
    }

    /// Orders the revisions of `wanted` so that each stands before everything that comes before
    /// it: the order of a downgrade, and of `history`. [`Self::upgrade_order`] is the exact reverse.
    ///
    /// Alembic's order (its `_topological_sort`, where it is deterministic): depth first along a
    /// line, branches finished down to their branch point before the point itself, ties by load
    /// order, dependencies after what a revision follows and in declared order. O(n log n) on lines,
    /// branches and ladders of merges.
    pub fn downgrade_order(&self, wanted: &RevisionSet) -> Vec<RevisionIndex> {
        let hull = self.convex_hull(wanted);
        let mut sort = Sort::new(self, wanted, &hull);
        let mut order = Vec::with_capacity(wanted.len());
        let Some(mut place) = sort.heads.keys().next().copied() else { return order };
        loop {
            let candidate = sort.heads[&place];
            if sort.n_waiting[candidate.as_usize()] > 0 {
                place = sort.first_head_after(candidate);
                continue;
            }
            order.push(candidate);
            sort.emit(candidate);

            let mut next = sort.wanted_parents(candidate).into_iter();
            if let Some(first) = next.next() {
                sort.put(place, first);
                for parent in next {
                    let last = sort.n_places;
                    sort.put(last, parent);
                }
            } else {
                sort.heads.remove(&place);
                let before = sort.heads.range(..place).next_back().map(|(place, _)| *place);
                let Some(next) = before.or_else(|| sort.heads.keys().next().copied()) else {
                    return order;
                };
                place = next;
            }
        }
    }

    /// `wanted` and everything that lies between two members of it.
    fn convex_hull(&self, wanted: &RevisionSet) -> RevisionSet {
        let above = self.descendants(wanted.iter(), Edges::All);
        let mut hull = self.ancestors(wanted.iter(), Edges::All);
        hull.retain(|it| above.contains(it));
        hull
    }
}

/// A sort under way.
struct Sort<'a> {
    graph: &'a RevisionGraph,
    wanted: &'a RevisionSet,
    hull: &'a RevisionSet,
    /// The list of heads, by place.
    heads: BTreeMap<Place, RevisionIndex>,
    /// The place of each head; `usize::MAX` for a node that is none.
    place_of: Vec<Place>,
    /// The first place that was never used.
    n_places: usize,
    /// How many children in the hull each node still waits for.
    n_waiting: Vec<usize>,
    /// Whether a node of the hull was emitted, or (one that is not wanted) passed.
    is_done: Vec<bool>,
    /// For each node: its children in the hull by the place of the first head at or after them, as
    /// last known; that is never too large. Filled when first asked for.
    children_by_place: Vec<Option<ByPlace>>,
}

/// Nodes, the one with the smallest place first.
type ByPlace = BinaryHeap<Reverse<(Place, RevisionIndex)>>;

const NO_PLACE: Place = Place::MAX;

impl<'a> Sort<'a> {
    fn new(graph: &'a RevisionGraph, wanted: &'a RevisionSet, hull: &'a RevisionSet) -> Self {
        let mut sort = Self {
            graph,
            wanted,
            hull,
            heads: BTreeMap::new(),
            place_of: vec![NO_PLACE; graph.len()],
            n_places: 0,
            n_waiting: vec![0; graph.len()],
            is_done: vec![false; graph.len()],
            children_by_place: vec![None; graph.len()],
        };
        for index in hull.iter() {
            let children = graph.children(index).iter();
            sort.n_waiting[index.as_usize()] = children.filter(|it| hull.contains(**it)).count();
        }
        for index in wanted.iter() {
            if sort.n_waiting[index.as_usize()] == 0 {
                let last = sort.n_places;
                sort.put(last, index);
            }
        }
        sort
    }

    /// Makes `index` the head at `place`.
    fn put(&mut self, place: Place, index: RevisionIndex) {
        self.heads.insert(place, index);
        self.place_of[index.as_usize()] = place;
        self.n_places = self.n_places.max(place + 1);
    }

    /// Marks a node as emitted; nodes below that are not wanted themselves are passed with it.
    fn emit(&mut self, emitted: RevisionIndex) {
        let mut pending = vec![emitted];
        while let Some(index) = pending.pop() {
            self.is_done[index.as_usize()] = true;
            self.place_of[index.as_usize()] = NO_PLACE;
            for parent in self.all_parents(index) {
                let n_waiting = &mut self.n_waiting[parent.as_usize()];
                *n_waiting = n_waiting.saturating_sub(1);
                if *n_waiting == 0 && !self.wanted.contains(parent) {
                    pending.push(parent);
                }
            }
        }
    }

    /// The parents of a node in the hull, redundant dependencies included: the counters count
    /// children by all edges.
    fn all_parents(&self, index: RevisionIndex) -> Vec<RevisionIndex> {
        let mut parents = self.graph.down(index).to_vec();
        for dependency in self.graph.dependencies(index) {
            if !parents.contains(dependency) {
                parents.push(*dependency);
            }
        }
        parents.retain(|it| self.hull.contains(*it));
        parents
    }

    /// The parents that the walk goes on with: wanted, not done, not heads already. Where a parent
    /// is not wanted itself, what is wanted below it takes its place.
    fn wanted_parents(&self, index: RevisionIndex) -> Vec<RevisionIndex> {
        let mut found: Vec<RevisionIndex> = Vec::new();
        let mut passed = Vec::new();
        let mut pending: Vec<RevisionIndex> =
            self.graph.parents(index).iter().rev().copied().collect();
        while let Some(parent) = pending.pop() {
            if !self.hull.contains(parent) {
                continue;
            }
            if self.wanted.contains(parent) {
                let is_head = self.place_of[parent.as_usize()] != NO_PLACE;
                if !is_head && !self.is_done[parent.as_usize()] && !found.contains(&parent) {
                    found.push(parent);
                }
            } else if !passed.contains(&parent) {
                passed.push(parent);
                pending.extend(self.graph.parents(parent).iter().rev());
            }
        }
        found
    }

    /// The first place of a head that comes after `index`, which is held back by one.
    fn first_head_after(&mut self, index: RevisionIndex) -> Place {
        // A depth-first search that goes on with the most promising child of each node; a node is
        // left when its best child is known for certain. No recursion: lines are long.
        let mut path = vec![index];
        let mut known: Option<Place> = None;
        loop {
            let Some(&at) = path.last() else { return known.unwrap_or(NO_PLACE) };
            // The node's own place answers for it, except for the one that is held back.
            let own = if path.len() > 1 { self.place_of[at.as_usize()] } else { NO_PLACE };
            if self.children_by_place[at.as_usize()].is_none() {
                self.children_by_place[at.as_usize()] = Some(self.waiting_children(at));
            }
            let is_done = &self.is_done;
            let Some(children) = self.children_by_place[at.as_usize()].as_mut() else { continue };
            if let Some(place) = known.take()
                && let Some(Reverse((_, child))) = children.pop()
            {
                // The search has come back from the top child, whose place is now exact.
                children.push(Reverse((place, child)));
                if children.peek() == Some(&Reverse((place, child))) {
                    known = Some(place.min(own));
                    path.pop();
                    continue;
                }
            }
            while children.peek().is_some_and(|Reverse((_, it))| is_done[it.as_usize()]) {
                children.pop();
            }
            match children.peek() {
                Some(&Reverse((place, child))) if place < own => path.push(child),
                _ => {
                    known = Some(own);
                    path.pop();
                }
            }
        }
    }

    /// The children of a node that are still to come, their places not known yet.
    fn waiting_children(
        &self,
        index: RevisionIndex,
    ) -> BinaryHeap<Reverse<(Place, RevisionIndex)>> {
        let children = self.graph.children(index).iter().copied();
        children
            .filter(|it| self.hull.contains(*it) && !self.is_done[it.as_usize()])
            .map(|it| Reverse((0, it)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::{graph, indices, words};
    use super::*;

    #[track_caller]
    fn check(text: &str, wanted: &str, expected: &str) {
        let graph = graph(text);
        let wanted = RevisionSet::of(&graph, indices(&graph, wanted));
        assert_eq!(words(&graph, graph.downgrade_order(&wanted)), expected);
    }

    #[test]
    fn a_line_runs_from_its_head() {
        check("a<- b<-a c<-b", "a b c", "c b a");
        check("a<- b<-a c<-b", "b c", "c b");
    }

    #[test]
    fn of_two_branches_the_first_file_is_undone_first() {
        check("a<- b1<-a b2<-a", "a b1 b2", "b1 b2 a");
    }

    #[test]
    fn a_branch_is_finished_before_the_other_begins() {
        //     b1 - c1
        //   a
        //     b2 - c2
        check("a<- b1<-a b2<-a c1<-b1 c2<-b2", "a b1 b2 c1 c2", "c1 b1 c2 b2 a");
    }

    #[test]
    fn a_merge_stands_before_both_branches() {
        check("a<- b1<-a b2<-a c<-b1,b2 d<-c", "a b1 b2 c d", "d c b1 b2 a");
        check("a<- b1<-a b2<-a c<-b2,b1 d<-c", "a b1 b2 c d", "d c b2 b1 a");
    }

    #[test]
    fn dependents_run_down_before_what_they_depend_on() {
        check("a1<- a2<-a1 b1<- b2<-b1~a2 b3<-b2", "a1 a2 b1 b2 b3", "b3 b2 b1 a2 a1");
        // a2 would come first by load order, but b2 depends on it.
        check("a1<- a2<-a1 b1<- b2<-b1~a2", "a1 a2 b2", "b2 a2 a1");
    }

    #[test]
    fn what_lies_between_wanted_revisions_still_orders_them() {
        check("a<- b<-a c<-b d<-", "a c d", "c a d");
    }

    /// Alembic's algorithm as it is written, with a set of ancestors for every head.
    fn alembic_order(graph: &RevisionGraph, wanted: &RevisionSet) -> Vec<RevisionIndex> {
        let ancestors = |it: RevisionIndex| graph.ancestors([it], Edges::All);
        let is_top = |it: &RevisionIndex| {
            wanted.iter().all(|other| other == *it || !ancestors(other).contains(*it))
        };
        let mut todo = wanted.clone();
        let mut heads: Vec<RevisionIndex> = wanted.iter().filter(is_top).collect();
        let mut order = Vec::new();
        let mut at = 0;
        while !heads.is_empty() {
            let candidate = heads[at];
            let later =
                (0..heads.len()).find(|it| *it != at && ancestors(heads[*it]).contains(candidate));
            if let Some(later) = later {
                at = later;
                continue;
            }
            if todo.remove(candidate) {
                order.push(candidate);
            }
            let next: Vec<RevisionIndex> = graph
                .parents(candidate)
                .iter()
                .copied()
                .filter(|it| todo.contains(*it) && !heads.contains(it))
                .collect();
            if let Some((first, rest)) = next.split_first() {
                heads[at] = *first;
                heads.extend(rest);
            } else {
                heads.remove(at);
                at = at.saturating_sub(1);
            }
        }
        order
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

        #[test]
        fn the_order_is_alembics(
            text in super::super::testing::any_graph(14),
            upper in proptest::collection::vec(0..14_usize, 1..5),
            lower in proptest::collection::vec(0..14_usize, 0..3),
        ) {
            let graph = graph(&text);
            let pick = |them: &[usize]| -> Vec<RevisionIndex> {
                them.iter().filter_map(|it| graph.indices().nth(*it % graph.len())).collect()
            };
            // What an upgrade from `lower` to `upper` would run.
            let below = graph.ancestors(pick(&lower), Edges::All);
            let mut wanted = graph.ancestors(pick(&upper), Edges::All);
            wanted.retain(|it| !below.contains(it));
            prop_assert_eq!(
                words(&graph, graph.downgrade_order(&wanted)),
                words(&graph, alembic_order(&graph, &wanted)),
                "{}", text
            );
        }
    }
}
