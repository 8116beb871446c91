//! What a command would do: steps and version rows, computed and not yet run.
//!
//! Pure. A plan is computed from the graph, the rows of the version table and a [`Goal`]; the
//! executor computes it again inside the transaction, so that what runs fits what the database says
//! at that moment. The goal is fixed once: `+1` means one step from where the database was when the
//! command looked first, however many others run at the same time.

pub mod goal;
pub mod stamp;
pub mod version_rows;

#[cfg(test)]
mod replay;

use std::collections::HashMap;

use crate::graph::resolve::{ResolveError, list};
use crate::graph::walk::RevisionSet;
use crate::graph::{Edges, RevisionGraph, RevisionIndex};
use crate::revision::RevisionId;
use version_rows::VersionRows;

/// Which way a revision runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Its upgrade body.
    Upgrade,
    /// Its downgrade body.
    Downgrade,
}

impl Direction {
    /// `upgrade` or `downgrade`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Upgrade => "upgrade",
            Self::Downgrade => "downgrade",
        }
    }
}

/// One statement on the version table. It must hit exactly one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowWrite {
    /// Adds a row.
    Insert(RevisionId),
    /// Replaces a row.
    Update {
        /// What the row says now.
        from: String,
        /// What it will say.
        to: RevisionId,
    },
    /// Removes a row.
    Delete(String),
}

impl RowWrite {
    /// The row that must be there before, and the row that is there afterwards.
    pub fn ends(&self) -> (Option<&str>, Option<&RevisionId>) {
        match self {
            Self::Insert(to) => (None, Some(to)),
            Self::Update { from, to } => (Some(from), Some(to)),
            Self::Delete(from) => (Some(from), None),
        }
    }
}

/// The writes of several steps, with those that concern one row after another made one: a line of
/// a thousand revisions is one write. They leave the same rows in the same order.
pub fn joined<'w>(writes: impl IntoIterator<Item = &'w RowWrite>) -> Vec<RowWrite> {
    // No id enters the table twice in one run, so that nothing stands in the way of a row that is
    // written earlier than it was.
    let mut joined: Vec<Option<RowWrite>> = Vec::new();
    let mut made_by: HashMap<&str, usize> = HashMap::new();
    for write in writes {
        let (from, to) = write.ends();
        let (place, first) = if let Some(place) = from.and_then(|it| made_by.remove(it)) {
            let earlier = joined[place].take();
            (place, earlier.and_then(|it| it.ends().0.map(str::to_owned)))
        } else {
            joined.push(None);
            (joined.len() - 1, from.map(str::to_owned))
        };
        joined[place] = match (first, to.cloned()) {
            (None, None) => None,
            (None, Some(to)) => Some(RowWrite::Insert(to)),
            (Some(from), Some(to)) => Some(RowWrite::Update { from, to }),
            (Some(from), None) => Some(RowWrite::Delete(from)),
        };
        if let Some(to) = to {
            made_by.insert(to.as_str(), place);
        }
    }
    joined.into_iter().flatten().collect()
}

/// One revision to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Which.
    pub revision: RevisionIndex,
    /// Which way.
    pub direction: Direction,
    /// Whether its body runs, as it nearly always does; else only the version table is written.
    pub runs: bool,
    /// What happens to the version table after its body ran, in this order.
    pub writes: Vec<RowWrite>,
}

/// What an upgrade or a downgrade would do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// The revisions, in the order in which they run.
    pub steps: Vec<Step>,
    /// The rows of the version table before, as they were given.
    pub start: Vec<String>,
    /// The rows after, sorted.
    pub end: Vec<RevisionId>,
}

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The target names nothing (useful).
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// The version table names revisions that no file declares.
    #[error("the database is at {}, which no revision file declares", list(.rows))]
    UnknownRows {
        /// Those rows.
        rows: Vec<String>,
        /// All rows.
        all: Vec<String>,
        /// Whether no file declares any revision yet.
        is_new_project: bool,
    },
    /// The database stopped in the middle of a range that one revision replaces now.
    #[error("the database is at `{row}`, in the middle of what `{by}` replaces")]
    InsideReplaced {
        /// The row.
        row: String,
        /// The revision that stands for the range.
        by: RevisionId,
        /// The last revision of the range.
        end: RevisionId,
    },
    /// Two rows of the version table lie on one line.
    #[error(
        "the version table has two rows of one line: `{lower}` comes before `{upper}`, so only \
         `{upper}` should be there"
    )]
    OverlappingRows {
        /// The row that should not be there.
        lower: RevisionId,
        /// The row that implies it.
        upper: RevisionId,
    },
    /// The version table has the same row twice.
    #[error("the version table has the row `{row}` twice")]
    RepeatedRow {
        /// The row.
        row: String,
        /// All rows, each once.
        all: Vec<String>,
    },
    /// The target of a downgrade is not applied.
    #[error("cannot downgrade to `{target}`, which is not applied")]
    NotApplied {
        /// The target.
        target: RevisionId,
        /// The rows.
        rows: Vec<RevisionId>,
    },
    /// A downgrade would have to revert revisions that its target did not ask for.
    #[error("downgrading to `{target}` must also revert {}", list(.also))]
    RevertsMore {
        /// The target, as it was typed.
        target: String,
        /// The revisions of other branches that need what would go, in the order in which they
        /// would be reverted.
        also: Vec<RevisionId>,
    },
}

/// The revisions that the rows of a version table name, in their order.
///
/// The row of a revision may name the last one that it replaces.
///
/// # Errors
///
/// Rows that no file declares, or that name what is replaced by more than one of them; and rows that
/// cannot stand side by side.
pub fn applied_rows(
    graph: &RevisionGraph,
    rows: &[String],
) -> Result<Vec<RevisionIndex>, PlanError> {
    let is_unknown = |it: &&String| graph.by_id(it).is_none() && graph.replaced_by(it).is_none();
    let unknown: Vec<String> = rows.iter().filter(is_unknown).cloned().collect();
    if !unknown.is_empty() {
        return Err(PlanError::UnknownRows {
            rows: unknown,
            all: rows.to_vec(),
            is_new_project: graph.is_empty(),
        });
    }
    let mut indices: Vec<RevisionIndex> = Vec::with_capacity(rows.len());
    for row in rows {
        if let Some(index) = graph.of_row(row) {
            indices.push(index);
        } else if let Some(by) = graph.replaced_by(row)
            && let Some(end) = graph[by].replaces.last()
        {
            let (by, end) = (graph.id(by).clone(), end.clone());
            return Err(PlanError::InsideReplaced { row: row.clone(), by, end });
        }
    }
    let mut seen = RevisionSet::new(graph);
    for (index, row) in indices.iter().zip(rows) {
        if seen.insert(*index) {
            continue;
        }
        let row = row.clone();
        // One may be the id of a revision and the other one that it replaces.
        return Err(match graph[*index].replaces.last() {
            Some(lower)
                if rows.iter().any(|it| it == lower.as_str())
                    && rows.iter().any(|it| it == graph.id(*index).as_str()) =>
            {
                PlanError::OverlappingRows { lower: lower.clone(), upper: graph.id(*index).clone() }
            }
            _ => {
                let mut all = rows.to_vec();
                all.sort();
                all.dedup();
                PlanError::RepeatedRow { row, all }
            }
        });
    }
    match graph.find_overlap(&indices, Edges::All) {
        None => Ok(indices),
        Some((lower, upper)) => Err(PlanError::OverlappingRows {
            lower: graph.id(lower).clone(),
            upper: graph.id(upper).clone(),
        }),
    }
}

/// The plan that runs one revision, which is next in this direction for a database with these rows:
/// all that it needs is applied, or nothing that needs it is.
pub fn single_step(
    graph: &RevisionGraph,
    rows: &[String],
    revision: RevisionIndex,
    direction: Direction,
) -> Result<Plan, PlanError> {
    let indices = applied_rows(graph, rows)?;
    let wanted = RevisionSet::of(graph, [revision]);
    Ok(plan_steps(graph, rows, &indices, &wanted, direction))
}

/// The steps that run `wanted` in `direction`, and the rows after each.
///
/// `wanted` must be what lies between the rows and a state that revisions can reach: for an upgrade
/// nothing that is applied, and with each revision all that it needs; for a downgrade only what is
/// applied, and with each revision all that needs it.
fn plan_steps(
    graph: &RevisionGraph,
    rows: &[String],
    indices: &[RevisionIndex],
    wanted: &RevisionSet,
    direction: Direction,
) -> Plan {
    let order = match direction {
        Direction::Upgrade => graph.upgrade_order(wanted),
        Direction::Downgrade => graph.downgrade_order(wanted),
    };
    let mut version_rows = VersionRows::new(graph, indices).with_texts(rows);
    let steps = order
        .into_iter()
        .map(|revision| {
            let writes = match direction {
                Direction::Upgrade => version_rows.upgrade(revision),
                Direction::Downgrade => version_rows.downgrade(revision),
            };
            Step { revision, direction, runs: true, writes }
        })
        .collect();
    Plan { steps, start: rows.to_vec(), end: version_rows.rows() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::goal::Goal;
    use super::*;
    use crate::graph::symbol::RevisionSymbol;
    use crate::graph::testing::{any_graph, graph};

    /// The rows after some writes.
    fn apply(rows: &[String], writes: &[RowWrite]) -> Vec<String> {
        let mut rows = rows.to_vec();
        for write in writes {
            match write {
                RowWrite::Insert(to) => rows.push(to.to_string()),
                RowWrite::Update { from, to } => {
                    let place = rows.iter().position(|it| it == from).expect("the row");
                    rows[place] = to.to_string();
                }
                RowWrite::Delete(from) => {
                    let place = rows.iter().position(|it| it == from).expect("the row");
                    rows.remove(place);
                }
            }
        }
        rows
    }

    #[track_caller]
    fn check_joined(graph: &RevisionGraph, rows: &[String], target: &str) -> Vec<String> {
        let symbol: RevisionSymbol = target.parse().unwrap();
        let goal = match target {
            "base" => Goal::downgrade(graph, rows, &symbol),
            _ => Goal::upgrade(graph, rows, &symbol),
        };
        let plan = goal.unwrap().plan(graph, rows).unwrap();
        let writes: Vec<_> = plan.steps.iter().flat_map(|it| it.writes.clone()).collect();
        let after = apply(rows, &writes);
        assert_eq!(apply(rows, &joined(&writes)), after);
        after
    }

    #[test]
    fn a_line_is_one_write() {
        let id = |it| RevisionId::new(it).unwrap();
        let update = |from: &str, to| RowWrite::Update { from: from.to_owned(), to: id(to) };
        let check = |writes: &[RowWrite], expected: &[RowWrite]| {
            assert_eq!(joined(writes), expected);
        };
        check(&[RowWrite::Insert(id("a")), update("a", "b")], &[RowWrite::Insert(id("b"))]);
        check(&[update("a", "b"), update("b", "c")], &[update("a", "c")]);
        check(&[update("b", "a"), RowWrite::Delete("a".into())], &[RowWrite::Delete("b".into())]);
        check(&[RowWrite::Insert(id("a")), RowWrite::Delete("a".into())], &[]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) })]

        #[test]
        fn joined_writes_leave_the_same_rows_in_the_same_order(
            text in any_graph(14),
            half in any::<prop::sample::Index>(),
        ) {
            let graph = graph(&text);
            let middle = graph.id(half.get(&graph.indices().collect::<Vec<_>>()).to_owned());
            let rows = check_joined(&graph, &[], middle.as_str());
            let rows = check_joined(&graph, &rows, "heads");
            let rows = check_joined(&graph, &rows, "base");
            prop_assert!(rows.is_empty());
        }
    }
}
