//! How revisions follow one another.
//!
//! Pure: no I/O, no clock. **Invariant.** A [`RevisionGraph`] that exists is complete and acyclic:
//! every id is declared once, every reference resolves, and no revision comes before itself.
//! Functions over it are total and deterministic; ties go to the load order of the files, as in
//! Alembic.
//!
//! Alembic knows two kinds of edges, and so do we: `down_revision` makes branches and lineages,
//! `depends_on` only orders. [`Edges`] says which of them a walk follows.

pub mod heads;
pub mod history;
pub mod labels;
pub mod order;
pub mod replaced;
pub mod resolve;
mod resolve_error;
pub mod rivals;
pub mod symbol;
pub mod walk;

#[cfg(test)]
pub(crate) mod testing;

use std::collections::{BTreeMap, HashMap};

use crate::revision::{BranchLabel, Revision, RevisionId};
use crate::similar::similar;
use crate::source::{Location, Problem};

/// The place of a revision in its graph, counted in load order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RevisionIndex(u32);

impl RevisionIndex {
    pub(crate) fn from_usize(index: usize) -> Self {
        // More files than that do not fit into memory.
        Self(u32::try_from(index).unwrap_or(u32::MAX))
    }

    pub(crate) fn as_usize(self) -> usize {
        self.0 as usize
    }
}

/// Which edges a walk follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edges {
    /// `down_revision` only: branches and lineages.
    Down,
    /// `depends_on` too: what must have run before.
    All,
}

/// Why a set of revisions is not a graph.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GraphProblem {
    /// Two files declare the same id.
    #[error("revision `{id}` is declared twice")]
    DuplicateRevision {
        /// The id.
        id: RevisionId,
        /// The declaration that was loaded first.
        first: Location,
    },
    /// A revision follows one that no file declares.
    #[error("revision `{id}` follows `{parent}`, which no file declares")]
    MissingParent {
        /// The revision with the dangling reference.
        id: RevisionId,
        /// The id that nobody declares.
        parent: RevisionId,
        /// Declared ids that are close to it.
        similar: Vec<String>,
        /// The revision that replaces it.
        replaced_by: Option<RevisionId>,
    },
    /// A revision depends on something that is neither a revision nor a label.
    #[error("revision `{id}` depends on `{name}`, which is neither a revision nor a branch label")]
    UnknownDependency {
        /// The revision with the dangling reference.
        id: RevisionId,
        /// What it names.
        name: String,
        /// Declared ids and labels that are close to it.
        similar: Vec<String>,
        /// The revision that replaces it.
        replaced_by: Option<RevisionId>,
    },
    /// A label that is taken, by another revision's label or by an id.
    #[error("branch label `{label}` of revision `{id}` is already {}", taken_by(*.is_id, .other))]
    LabelClash {
        /// The revision that declares it second.
        id: RevisionId,
        /// The label.
        label: BranchLabel,
        /// Who has it.
        other: RevisionId,
        /// Whether the label is the other's id rather than its label.
        is_id: bool,
    },
    /// A revision replaces another whose file is still there.
    #[error("revision `{id}` replaces `{replaced}`, which a file still declares")]
    ReplacedDeclared {
        /// The revision that stands for it.
        id: RevisionId,
        /// The revision that is replaced.
        replaced: RevisionId,
        /// Where it is declared.
        declared: Location,
    },
    /// Two revisions replace the same one.
    #[error("revisions `{other}` and `{id}` both replace `{replaced}`")]
    ReplacedTwice {
        /// The revision that says so second.
        id: RevisionId,
        /// The revision that is replaced.
        replaced: RevisionId,
        /// The revision that says so first.
        other: RevisionId,
    },
    /// Some revisions come before themselves.
    #[error("{}", describe_cycle(.path, *.with_dependencies))]
    Cycle {
        /// The circle, each revision after the one that it follows; the first id stands again at
        /// the end.
        path: Vec<RevisionId>,
        /// Whether `depends_on` is part of it.
        with_dependencies: bool,
    },
}

fn taken_by(is_id: bool, other: &RevisionId) -> String {
    if is_id { "the id of a revision".to_owned() } else { format!("a label of revision `{other}`") }
}

fn describe_cycle(path: &[RevisionId], with_dependencies: bool) -> String {
    if let [id, _] = path {
        let verb = if with_dependencies { "depends on" } else { "follows" };
        return format!("revision `{id}` {verb} itself");
    }
    let ids: Vec<&str> = path.iter().map(RevisionId::as_str).collect();
    let kind = if with_dependencies { "dependencies" } else { "revisions" };
    format!("{kind} form a cycle: {}", ids.join(" -> "))
}

/// All revisions of a project and how they follow one another.
#[derive(Debug)]
pub struct RevisionGraph {
    revisions: Vec<Revision>,
    by_id: HashMap<RevisionId, RevisionIndex>,
    /// Which revision stands for an id that no file declares any more.
    replaced: HashMap<RevisionId, RevisionIndex>,
    labels: BTreeMap<BranchLabel, RevisionIndex>,
    /// What each revision follows, as declared.
    down: Vec<Vec<RevisionIndex>>,
    /// What each revision depends on, as declared, labels resolved, without repetition.
    dependencies: Vec<Vec<RevisionIndex>>,
    /// `down`, then the dependencies that no ancestor along `down` declares already.
    parents: Vec<Vec<RevisionIndex>>,
    /// Who follows each revision, in load order.
    down_children: Vec<Vec<RevisionIndex>>,
    /// Who follows or depends on each revision, in load order.
    children: Vec<Vec<RevisionIndex>>,
}

impl std::ops::Index<RevisionIndex> for RevisionGraph {
    type Output = Revision;

    fn index(&self, index: RevisionIndex) -> &Revision {
        &self.revisions[index.as_usize()]
    }
}

impl RevisionGraph {
    /// Builds the graph of `revisions`, which stand in load order.
    ///
    /// # Errors
    ///
    /// Everything that is wrong: first all references and names, then, where those are right, the
    /// first cycle.
    pub fn new(revisions: Vec<Revision>) -> Result<Self, Vec<Problem<GraphProblem>>> {
        let mut problems = Vec::new();
        let by_id = index_ids(&revisions, &mut problems);
        let replaced = replaced::index(&revisions, &by_id, &mut problems);
        let names = Names {
            labels: index_labels(&revisions, &by_id, &replaced, &mut problems),
            by_id,
            replaced,
        };
        let (down, dependencies) = resolve_edges(&revisions, &names, &mut problems);
        if !problems.is_empty() {
            return Err(problems);
        }

        let n_revisions = revisions.len();
        let mut down_children = vec![Vec::new(); n_revisions];
        let mut children = vec![Vec::new(); n_revisions];
        for child in (0..n_revisions).map(RevisionIndex::from_usize) {
            for parent in &down[child.as_usize()] {
                down_children[parent.as_usize()].push(child);
                children[parent.as_usize()].push(child);
            }
            for parent in &dependencies[child.as_usize()] {
                if !down[child.as_usize()].contains(parent) {
                    children[parent.as_usize()].push(child);
                }
            }
        }
        let Names { by_id, replaced, labels } = names;
        let mut graph = Self {
            revisions,
            by_id,
            replaced,
            labels,
            down,
            dependencies,
            parents: Vec::new(),
            down_children,
            children,
        };
        graph.refuse_cycles()?;
        graph.parents = walk::normalized_parents(&graph);
        Ok(graph)
    }

    /// How many revisions there are.
    pub fn len(&self) -> usize {
        self.revisions.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.revisions.is_empty()
    }

    /// All revisions, in load order.
    pub fn indices(&self) -> impl DoubleEndedIterator<Item = RevisionIndex> + use<> {
        (0..self.revisions.len()).map(RevisionIndex::from_usize)
    }

    /// The revision with exactly this id.
    pub fn by_id(&self, id: &str) -> Option<RevisionIndex> {
        self.by_id.get(id).copied()
    }

    /// The revision that declares exactly this label.
    pub fn by_label(&self, label: &str) -> Option<RevisionIndex> {
        let label = BranchLabel::new(label).ok()?;
        self.labels.get(&label).copied()
    }

    /// All declared labels and who declares them, sorted by label.
    pub fn labels(&self) -> impl Iterator<Item = (&BranchLabel, RevisionIndex)> {
        self.labels.iter().map(|(label, index)| (label, *index))
    }

    /// The id of a revision.
    pub fn id(&self, index: RevisionIndex) -> &RevisionId {
        &self[index].id
    }

    /// The ids of revisions, in the same order.
    pub fn ids(&self, indices: &[RevisionIndex]) -> Vec<RevisionId> {
        indices.iter().map(|it| self.id(*it).clone()).collect()
    }

    /// What a revision follows, as declared.
    pub fn down(&self, index: RevisionIndex) -> &[RevisionIndex] {
        &self.down[index.as_usize()]
    }

    /// What a revision depends on, as declared, labels resolved.
    pub fn dependencies(&self, index: RevisionIndex) -> &[RevisionIndex] {
        &self.dependencies[index.as_usize()]
    }

    /// What must have run right before a revision: what it follows, then the dependencies that no
    /// ancestor of it declares (Alembic's `_normalized_down_revisions`, in declared order).
    pub fn parents(&self, index: RevisionIndex) -> &[RevisionIndex] {
        &self.parents[index.as_usize()]
    }

    /// Who follows a revision, in load order.
    pub fn down_children(&self, index: RevisionIndex) -> &[RevisionIndex] {
        &self.down_children[index.as_usize()]
    }

    /// Who follows or depends on a revision, in load order.
    pub fn children(&self, index: RevisionIndex) -> &[RevisionIndex] {
        &self.children[index.as_usize()]
    }

    /// Whether more than one revision follows it.
    pub fn is_branch_point(&self, index: RevisionIndex) -> bool {
        self.down_children(index).len() > 1
    }

    /// Whether it follows more than one revision.
    pub fn is_merge_point(&self, index: RevisionIndex) -> bool {
        self.down(index).len() > 1
    }

    /// Reports a cycle, one along `down_revision` before one that needs `depends_on`.
    fn refuse_cycles(&self) -> Result<(), Vec<Problem<GraphProblem>>> {
        for edges in [Edges::Down, Edges::All] {
            if let Some(cycle) = walk::find_cycle(self, edges) {
                let path = self.ids(&cycle);
                let revision = &self[cycle[0]];
                let spans = match edges {
                    Edges::Down => &revision.spans.down_revisions,
                    Edges::All => &revision.spans.depends_on,
                };
                let span = spans.first().unwrap_or(&revision.spans.id);
                let kind = GraphProblem::Cycle { path, with_dependencies: edges == Edges::All };
                return Err(vec![Problem { location: revision.location(span), kind }]);
            }
        }
        Ok(())
    }
}

fn index_ids(
    revisions: &[Revision],
    problems: &mut Vec<Problem<GraphProblem>>,
) -> HashMap<RevisionId, RevisionIndex> {
    let mut by_id: HashMap<RevisionId, RevisionIndex> = HashMap::with_capacity(revisions.len());
    for (idx, revision) in revisions.iter().enumerate() {
        if let Some(first) = by_id.get(&revision.id) {
            let first = &revisions[first.as_usize()];
            problems.push(Problem {
                location: revision.location(&revision.spans.id),
                kind: GraphProblem::DuplicateRevision {
                    id: revision.id.clone(),
                    first: first.location(&first.spans.id),
                },
            });
        } else {
            by_id.insert(revision.id.clone(), RevisionIndex::from_usize(idx));
        }
    }
    by_id
}

fn index_labels(
    revisions: &[Revision],
    by_id: &HashMap<RevisionId, RevisionIndex>,
    replaced: &HashMap<RevisionId, RevisionIndex>,
    problems: &mut Vec<Problem<GraphProblem>>,
) -> BTreeMap<BranchLabel, RevisionIndex> {
    let mut labels = BTreeMap::new();
    for (idx, revision) in revisions.iter().enumerate() {
        for (label, span) in revision.branch_labels.iter().zip(&revision.spans.branch_labels) {
            let owner = by_id.get(label.as_str()).or_else(|| replaced.get(label.as_str()));
            let owner = owner.map(|it| (*it, true));
            let owner = owner.or_else(|| labels.get(label).map(|it| (*it, false)));
            let Some((other, is_id)) = owner else {
                labels.insert(label.clone(), RevisionIndex::from_usize(idx));
                continue;
            };
            problems.push(Problem {
                location: revision.location(span),
                kind: GraphProblem::LabelClash {
                    id: revision.id.clone(),
                    label: label.clone(),
                    other: revisions[other.as_usize()].id.clone(),
                    is_id,
                },
            });
        }
    }
    labels
}

/// What revisions are called.
struct Names {
    by_id: HashMap<RevisionId, RevisionIndex>,
    replaced: HashMap<RevisionId, RevisionIndex>,
    labels: BTreeMap<BranchLabel, RevisionIndex>,
}

/// For each revision, a list of others.
type Adjacency = Vec<Vec<RevisionIndex>>;

/// Resolves `down_revision` and `depends_on`.
fn resolve_edges(
    revisions: &[Revision],
    names: &Names,
    problems: &mut Vec<Problem<GraphProblem>>,
) -> (Adjacency, Adjacency) {
    let Names { by_id, labels, replaced } = names;
    let replaced_by = |name: &str| replaced.get(name).map(|it| revisions[it.as_usize()].id.clone());
    let mut down = Vec::with_capacity(revisions.len());
    let mut dependencies = Vec::with_capacity(revisions.len());
    for revision in revisions {
        let id = &revision.id;
        let mut parents = Vec::with_capacity(revision.down_revisions.len());
        for (parent, span) in revision.down_revisions.iter().zip(&revision.spans.down_revisions) {
            if let Some(index) = by_id.get(parent) {
                parents.push(*index);
                continue;
            }
            let similar = similar(parent.as_str(), by_id.keys().map(RevisionId::as_str));
            problems.push(Problem {
                location: revision.location(span),
                kind: GraphProblem::MissingParent {
                    id: id.clone(),
                    parent: parent.clone(),
                    similar: similar.into_iter().map(str::to_owned).collect(),
                    replaced_by: replaced_by(parent.as_str()),
                },
            });
        }
        down.push(parents);

        let mut required: Vec<RevisionIndex> = Vec::new();
        for (name, span) in revision.depends_on.iter().zip(&revision.spans.depends_on) {
            let by_label = || labels.get(&BranchLabel::new(name).ok()?);
            if let Some(index) = by_id.get(name.as_str()).or_else(by_label) {
                if !required.contains(index) {
                    required.push(*index);
                }
                continue;
            }
            let names = by_id.keys().map(RevisionId::as_str);
            let similar = similar(name, names.chain(labels.keys().map(BranchLabel::as_str)));
            problems.push(Problem {
                location: revision.location(span),
                kind: GraphProblem::UnknownDependency {
                    id: id.clone(),
                    name: name.clone(),
                    similar: similar.into_iter().map(str::to_owned).collect(),
                    replaced_by: replaced_by(name),
                },
            });
        }
        dependencies.push(required);
    }
    (down, dependencies)
}

#[cfg(test)]
mod tests {
    use super::testing::{describe_problems, graph};

    #[track_caller]
    fn check_problems(text: &str, expected: &[&str]) {
        assert_eq!(describe_problems(text), expected);
    }

    #[test]
    fn every_dangling_reference_is_named() {
        check_problems(
            "a<- b<-x c<-b~nope",
            &[
                "revision `b` follows `x`, which no file declares",
                "revision `c` depends on `nope`, which is neither a revision nor a branch label",
            ],
        );
    }

    #[test]
    fn an_id_is_declared_once() {
        check_problems("a<- a<-", &["revision `a` is declared twice"]);
    }

    #[test]
    fn labels_clash_with_labels_and_ids() {
        check_problems(
            "a<-[x] b<-a[x] c<-[a]",
            &[
                "branch label `x` of revision `b` is already a label of revision `a`",
                "branch label `a` of revision `c` is already the id of a revision",
            ],
        );
    }

    #[test]
    fn cycles_are_printed_as_a_path() {
        check_problems("a<-a", &["revision `a` follows itself"]);
        check_problems("a<-~a", &["revision `a` depends on itself"]);
        check_problems("a<-c b<-a c<-b", &["revisions form a cycle: a -> b -> c -> a"]);
        check_problems("a<- x<-a,z y<-x z<-y", &["revisions form a cycle: x -> y -> z -> x"]);
        check_problems("a<-~b b<-a", &["dependencies form a cycle: a -> b -> a"]);
    }

    #[test]
    fn dependencies_that_an_ancestor_declares_are_no_parents() {
        let graph =
            graph("c1<- a1<- a2<-a1~c1 a3<-a2~c1 b1<- b2<-b1~a3 b3<-b2 b4<-b3~a3 b5<-b4~b4");
        let parents = |id: &str| {
            let index = graph.by_id(id).unwrap();
            graph.ids(graph.parents(index)).iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(parents("a2"), ["a1", "c1"]);
        assert_eq!(parents("a3"), ["a2"]);
        assert_eq!(parents("b2"), ["b1", "a3"]);
        assert_eq!(parents("b4"), ["b3"]);
        assert_eq!(parents("b5"), ["b4"]);
    }
}
