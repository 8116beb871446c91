//! Warnings before a revision runs, not after: rules over what it does and how it says it.
//!
//! The rules are pure. They are told what a revision says and what became of it when it was tried
//! out in memory ([`facts::Facts`]), so that a rebuild is no dropped table, and a column that a
//! rebuild leaves out is found. Only [`trial`] runs anything, and [`fate`] for it.

mod allow;
mod data_failure;
mod data_loss;
mod deed;
mod facts;
mod fate;
mod finding;
pub mod guide;
mod lineage;
mod mending;
mod revision_traps;
mod row_loss;
mod sqlite_traps;
mod summary;
#[cfg(test)]
mod tests;
mod trial;
mod writing;

use std::collections::{BTreeMap, BTreeSet};

use self::facts::Facts;
pub use self::finding::Finding;
use self::finding::Findings;
pub use self::summary::{counts, summary};
use crate::db::DbError;
use crate::exec::{Replay, ReplayError};
use crate::graph::walk::RevisionSet;
use crate::graph::{RevisionGraph, RevisionIndex};
use crate::plan::PlanError;
use crate::revision::RevisionId;
use crate::rule::Levels;
use crate::schema;

/// What is to be looked at, and how.
pub struct Request<'a> {
    /// All revisions.
    pub graph: &'a RevisionGraph,
    /// Those that are reported on.
    pub linted: &'a [RevisionIndex],
    /// How revisions are run in memory.
    pub replay: Replay<'a>,
    /// The names of tables and views that are nobody's business here.
    pub is_excluded: &'a dyn Fn(&str) -> bool,
    /// How much each rule matters.
    pub levels: &'a Levels,
    /// The fingerprints of the upgrades that ran on the database, in hexadecimal, by revision.
    pub applied: &'a BTreeMap<String, String>,
}

/// Why nothing could be looked at. Nothing was written anywhere.
#[derive(Debug, thiserror::Error)]
pub enum LintError {
    /// A scratch database failed.
    #[error(transparent)]
    Db(#[from] DbError),
    /// A schema could not be taken apart.
    #[error(transparent)]
    Schema(#[from] schema::ReadError),
    /// A scratch database could not be made.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// No order was found to run them in.
    #[error(transparent)]
    Plan(#[from] PlanError),
}

/// What the rules find, in the order in which the revisions run.
///
/// # Errors
///
/// [`LintError`]; a revision that does not run is a finding.
pub fn lint(request: &Request<'_>) -> Result<Vec<Finding>, LintError> {
    let graph = request.graph;
    let wanted = RevisionSet::of(graph, request.linted.iter().copied());
    let rivals = rivals(graph);
    let tried = trial::run(request, &wanted)?;
    let mut findings = Vec::new();
    for tried in tried.revisions {
        let mut facts = tried.facts;
        let id = &facts.revision.id;
        facts.applied = request.applied.get(id.as_str()).map(String::as_str);
        facts.rivals = rivals.get(id).cloned().unwrap_or_default();
        let is_whole = facts.change.is_some();
        let mut found = Findings::new(facts.revision, request.levels);
        check(&facts, &mut found);
        for it in &tried.unindexed {
            sqlite_traps::report_unindexed(it, &mut found);
        }
        findings.extend(allow::apply(facts.revision, request.levels, found.finish(), is_whole));
    }
    Ok(findings)
}

/// All rules that need nothing but facts about one revision.
fn check(facts: &Facts<'_>, found: &mut Findings<'_>) {
    data_loss::check(facts, found);
    data_failure::check(facts, found);
    sqlite_traps::check_texts(facts, found);
    sqlite_traps::check_changes(facts, found);
    revision_traps::check(facts, found);
}

/// For each head the others that `upgrade head` cannot tell from it: those with the same branch
/// labels, or without any.
fn rivals(graph: &RevisionGraph) -> BTreeMap<&RevisionId, Vec<&RevisionId>> {
    let heads = graph.real_heads();
    if heads.len() < 2 {
        return BTreeMap::new();
    }
    let labels = graph.branch_labels();
    let mut groups: BTreeMap<BTreeSet<_>, Vec<RevisionIndex>> = BTreeMap::new();
    for head in heads {
        groups.entry(labels[head.as_usize()].clone()).or_default().push(head);
    }
    let mut rivals = BTreeMap::new();
    for group in groups.values().filter(|it| it.len() > 1) {
        for head in group {
            let others = group.iter().filter(|it| *it != head).map(|it| graph.id(*it));
            rivals.insert(graph.id(*head), others.collect());
        }
    }
    rivals
}
