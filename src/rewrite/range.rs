//! A range of revisions that is to become one: what belongs to it, and what the one must say.

use super::RewriteError;
use crate::graph::walk::RevisionSet;
use crate::graph::{Edges, RevisionGraph, RevisionIndex};
use crate::revision::{BranchLabel, Revision, RevisionId, RunMode, edit};

/// Revisions with one way in and one end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    /// All of them, in the order in which they run.
    pub members: Vec<RevisionIndex>,
    /// Where it begins.
    pub first: RevisionIndex,
    /// Where it ends.
    pub last: RevisionIndex,
    /// What others need of it, by `down_revision` or by the id in `depends_on`: their files change.
    pub followers: Vec<RevisionIndex>,
    /// Labels of any of them.
    pub labels: Vec<BranchLabel>,
    /// What any of them depends on outside of the range, as declared.
    pub depends_on: Vec<String>,
    /// Their ids, with those that they replace themselves; the last is the end.
    pub replaces: Vec<RevisionId>,
    /// Those of them that replaced others.
    pub squashed: Vec<RevisionId>,
    /// How they run.
    pub mode: RunMode,
}

impl Range {
    /// All revisions from `first` to `last`.
    ///
    /// # Errors
    ///
    /// [`RewriteError`]: ends that do not lie on one line, and everything that ties a revision between
    /// them to one outside.
    pub fn new(
        graph: &RevisionGraph,
        first: RevisionIndex,
        last: RevisionIndex,
    ) -> Result<Self, RewriteError> {
        let id = |it: RevisionIndex| graph.id(it).clone();
        let mut set = graph.descendants([first], Edges::Down);
        let below = graph.ancestors([last], Edges::Down);
        set.retain(|it| below.contains(it));
        if set.len() < 2 {
            return Err(RewriteError::NoRange { first: id(first), last: id(last) });
        }
        refuse_ties(graph, &set, first, last)?;

        let members = graph.upgrade_order(&set);
        let mut range = Self {
            first,
            last,
            followers: followers(graph, &set, last),
            labels: Vec::new(),
            depends_on: Vec::new(),
            replaces: Vec::new(),
            squashed: Vec::new(),
            mode: graph[first].mode,
            members,
        };
        if let Some(replaced) = graph[last].replaces.last() {
            return Err(RewriteError::EndsReplaced { last: id(last), replaced: replaced.clone() });
        }
        let mut required = RevisionSet::new(graph);
        for member in &range.members {
            let revision = &graph[*member];
            if revision.mode != range.mode {
                return Err(RewriteError::SeveralModes { first: id(first), other: id(*member) });
            }
            range.labels.extend(revision.branch_labels.iter().cloned());
            for name in &revision.depends_on {
                let index = graph.by_id(name).or_else(|| graph.by_label(name));
                if index.is_some_and(|it| !set.contains(it) && required.insert(it)) {
                    range.depends_on.push(name.clone());
                }
            }
            range.replaces.extend(revision.replaces.iter().cloned());
            range.replaces.push(revision.id.clone());
            range.squashed.extend(revision.squashed.iter().cloned());
            range.squashed.extend((!revision.replaces.is_empty()).then(|| revision.id.clone()));
        }
        Ok(range)
    }

    /// A drafted revision with all that its header must say of the range; closed to downgrades where
    /// the range is.
    ///
    /// # Errors
    ///
    /// [`RewriteError::File`].
    pub fn head(&self, draft: &Revision, is_reversible: bool) -> Result<Revision, RewriteError> {
        let mut lines = vec![format!("replaces = {}", edit::array(&self.replaces))];
        let squashed = Some(&self.squashed).filter(|it| !it.is_empty());
        lines.extend(squashed.map(|it| format!("squashed = {}", edit::array(it))));
        lines.extend(self.mode.autocommit.then(|| "transaction = false".to_owned()));
        lines.extend(self.mode.foreign_keys.then(|| "foreign_keys = true".to_owned()));
        let revision = edit::with_lines(draft, &lines);
        let revision = match revision {
            Ok(revision) if !is_reversible => edit::irreversible(&revision),
            other => other,
        };
        revision.map_err(RewriteError::File)
    }

    /// The revisions that followed the range, following `squashed`, and the graph with that in the
    /// place of the range.
    ///
    /// # Errors
    ///
    /// [`RewriteError::File`] and [`RewriteError::Graph`].
    pub fn replace(
        &self,
        graph: &RevisionGraph,
        squashed: &Revision,
    ) -> Result<(Vec<Revision>, RevisionGraph), RewriteError> {
        let end = graph.id(self.last);
        let renamed = |it: &RevisionIndex| edit::renamed(&graph[*it], end, &squashed.id);
        let followers: Result<Vec<Revision>, _> = self.followers.iter().map(renamed).collect();
        let followers = followers.map_err(RewriteError::File)?;
        let kept = graph.indices().filter_map(|it| match self.followers.binary_search(&it) {
            Ok(place) => followers.get(place).cloned(),
            Err(_) => (!self.members.contains(&it)).then(|| graph[it].clone()),
        });
        let place = self.place(graph, squashed);
        let is_before = |it: &RevisionIndex| it.as_usize() < place && !self.members.contains(it);
        let n_before = graph.indices().filter(is_before).count();
        let mut revisions: Vec<Revision> = kept.collect();
        revisions.insert(n_before, squashed.clone());
        let graph = RevisionGraph::new(revisions).map_err(RewriteError::Graph)?;
        Ok((followers, graph))
    }

    /// Before which revision, in load order, the file of the one will be read: the files of a folder
    /// are read in the order of their names.
    fn place(&self, graph: &RevisionGraph, squashed: &Revision) -> usize {
        let path = &squashed.source.path;
        let beside = |it: &RevisionIndex| graph[*it].source.path.parent() == path.parent();
        let comes_later =
            |it: &RevisionIndex| graph[*it].source.path.file_name() > path.file_name();
        let next = graph.indices().find(|it| beside(it) && comes_later(it));
        let last = || graph.indices().rfind(beside).map(|it| it.as_usize() + 1);
        let place = next.map(RevisionIndex::as_usize).or_else(last);
        place.unwrap_or(self.first.as_usize())
    }

    /// What must have run before the range begins, for a replay.
    pub fn below(&self, graph: &RevisionGraph) -> Vec<RevisionIndex> {
        let members = RevisionSet::of(graph, self.members.iter().copied());
        let mut below = graph.ancestors(self.members.iter().copied(), Edges::All);
        below.retain(|it| !members.contains(it));
        graph.maximal(&below)
    }

    /// The last of the revisions that is irreversible, if one is.
    pub fn irreversible<'g>(&self, graph: &'g RevisionGraph) -> Option<&'g RevisionId> {
        let mut revisions = self.members.iter().rev().map(|it| &graph[*it]);
        revisions.find(|it| it.downgrade.body().is_none()).map(|it| &it.id)
    }
}

/// Refuses what leads into the range, or out of it, anywhere but at its ends.
fn refuse_ties(
    graph: &RevisionGraph,
    set: &RevisionSet,
    first: RevisionIndex,
    last: RevisionIndex,
) -> Result<(), RewriteError> {
    for member in set.iter() {
        let outside = graph.down(member).iter().find(|it| !set.contains(**it));
        if let Some(parent) = outside.filter(|_| member != first) {
            return Err(RewriteError::SecondWayIn {
                revision: graph.id(member).clone(),
                parent: graph.id(*parent).clone(),
            });
        }
        let outside = graph.children(member).iter().find(|it| !set.contains(**it));
        if let Some(child) = outside.filter(|_| member != last) {
            return Err(RewriteError::SecondWayOut {
                revision: graph.id(member).clone(),
                child: graph.id(*child).clone(),
                depends: !graph.down(*child).contains(&member),
            });
        }
    }
    Ok(())
}

/// The revisions outside that name the end, and not by a label of it.
fn followers(graph: &RevisionGraph, set: &RevisionSet, last: RevisionIndex) -> Vec<RevisionIndex> {
    let end = graph.id(last);
    let mut followers = graph.children(last).to_vec();
    followers.retain(|it| {
        let revision = &graph[*it];
        let names_end = revision.down_revisions.contains(end)
            || revision.depends_on.iter().any(|it| it == end.as_str());
        names_end && !set.contains(*it)
    });
    followers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::testing::{graph, words};

    #[track_caller]
    fn check(text: &str, first: &str, last: &str, expected: Result<&str, &str>) {
        let graph = graph(text);
        let index = |id| graph.by_id(id).unwrap();
        let found = Range::new(&graph, index(first), index(last));
        let found = found.map_err(|err| err.to_string()).map(|it| {
            let labels: Vec<&str> = it.labels.iter().map(BranchLabel::as_str).collect();
            format!(
                "{} | {} ~{} [{}]",
                words(&graph, it.members),
                words(&graph, it.followers),
                it.depends_on.join(","),
                labels.join(",")
            )
        });
        assert_eq!(found.as_deref().map_err(String::as_str), expected);
    }

    #[test]
    fn a_range_is_what_lies_between_its_ends() {
        check("a<- b<-a c<-b d<-c", "b", "c", Ok("b c | d ~ []"));
        check("a<- b<-a c<-b d<-c", "a", "d", Ok("a b c d |  ~ []"));
        check("a<- b<-a c<-a d<-b,c e<-d f<-d", "a", "d", Ok("a c b d | e f ~ []"));
    }

    #[test]
    fn what_it_needs_and_what_it_is_called_are_carried_over() {
        check(
            "x<-[lib] a<-[one] b<-a~lib c<-b~x,a[two] d<-c y<-~c z<-~two",
            "a",
            "c",
            Ok("a b c | d y ~lib [one,two]"),
        );
    }

    #[test]
    fn everything_that_ties_its_middle_to_others_is_refused() {
        check("a<- b<-a c<-b", "c", "a", Err("`c` does not come before `a`"));
        check("a<- b<-a", "b", "b", Err("`b` is one revision, and no range"));
        check("a<- b<-a c<-b x<-b", "a", "c", Err("`x` follows `b`, in the middle of the range"));
        check(
            "a<- b<-a c<-b x<-~b",
            "a",
            "c",
            Err("`x` depends on `b`, in the middle of the range"),
        );
        check(
            "a<- b<-a[l] c<-b x<-~l",
            "a",
            "c",
            Err("`x` depends on `b`, in the middle of the range"),
        );
        check(
            "a<- x<- b<-a,x c<-b",
            "a",
            "c",
            Err("`b` follows `x` too, which is not in the range"),
        );
    }

    #[test]
    fn its_last_id_is_the_one_that_databases_are_at() {
        let mut revisions = crate::graph::testing::revisions("p<- s<-p c<-s d<-c");
        let s = revisions.iter_mut().find(|it| it.id.as_str() == "s").unwrap();
        s.replaces = ["a", "b"].map(|it| RevisionId::new(it).unwrap()).to_vec();
        s.spans.replaces = vec![0..0; 2];
        let graph = RevisionGraph::new(revisions).unwrap();
        let index = |id| graph.by_id(id).unwrap();
        let range = Range::new(&graph, index("s"), index("d")).unwrap();
        let replaces: Vec<&str> = range.replaces.iter().map(RevisionId::as_str).collect();
        assert_eq!(replaces, ["a", "b", "s", "c", "d"]);
        assert_eq!(range.squashed, [RevisionId::new("s").unwrap()]);
        let refused = Range::new(&graph, index("p"), index("s")).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "`s` replaces `b` itself, and databases may be at either of them"
        );
    }
}
