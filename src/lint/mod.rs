//! Warnings before a revision runs, not after: rules over what it does and how it says it.
//!
//! The rules are pure. They are told what a revision says and what became of it when it was tried
//! out in memory ([`facts::Facts`]), so that a rebuild is no dropped table, and a column that a
//! rebuild leaves out is found. Only [`trial`] runs anything, and [`fate`] for it.

mod allow;
mod computed_checks;
mod data_failure;
mod data_loss;
mod deed;
mod emptied;
mod facts;
mod fate;
mod filling;
mod finding;
pub mod guide;
mod heir;
mod lineage;
mod made_up;
mod mending;
mod new_columns;
mod new_keys;
mod odd_rows;
mod old_rows;
mod orphans;
mod probe;
mod revision_traps;
mod row_loss;
mod sqlite_traps;
mod strings;
mod summary;
#[cfg(test)]
mod tests;
mod trial;
mod writing;

use std::collections::BTreeMap;
use std::fmt;

pub use self::allow::allows;
pub use self::emptied::indexes;
use self::facts::Facts;
pub use self::finding::Finding;
use self::finding::Findings;
pub use self::summary::{counts, summary};
use crate::db::{DbError, Scratch};
use crate::exec::{Replay, ReplayError};
use crate::graph::rivals::Databases;
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
    /// Which databases the revisions are for.
    pub databases: &'a Databases,
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

/// What the rules find.
pub struct Report {
    /// In the order in which the revisions run.
    pub findings: Vec<Finding>,
    /// What they could not look at.
    pub unseen: Option<Unseen>,
}

/// Revisions of which nobody knows what they do to the schema; only their texts were looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unseen {
    /// The first one that does not run in memory.
    pub because_of: RevisionId,
    /// How many of those that are reported on do not run, or need one that does not.
    pub n_revisions: usize,
}

impl fmt::Display for Unseen {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { because_of, n_revisions } = self;
        let (revisions, they_do) = match n_revisions {
            1 => ("1 revision".to_owned(), "it does"),
            n => (format!("{n} revisions"), "they do"),
        };
        write!(
            formatter,
            "`{because_of}` does not run in memory: of {revisions} only the text was looked at, not \
             what {they_do} to the schema"
        )
    }
}

/// Looks at revisions; `begun` is a database in memory in which some ran, if there is one, with their
/// version rows.
///
/// # Errors
///
/// [`LintError`]; a revision that does not run is a finding.
pub fn lint(request: &Request<'_>, begun: Option<Scratch>) -> Result<Report, LintError> {
    let graph = request.graph;
    let wanted = RevisionSet::of(graph, request.linted.iter().copied());
    let rivals = rivals(graph, request.databases);
    let tried = trial::run(request, &wanted, begun)?;
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
    Ok(Report { findings, unseen: tried.unseen })
}

/// All rules that need nothing but facts about one revision.
fn check(facts: &Facts<'_>, found: &mut Findings<'_>) {
    data_loss::check(facts, found);
    old_rows::check(facts, found);
    data_failure::check(facts, found);
    odd_rows::check(facts, found);
    sqlite_traps::check_texts(facts, found);
    sqlite_traps::check_changes(facts, found);
    revision_traps::check(facts, found);
}

/// For each head the others that nothing tells from it.
fn rivals<'g>(
    graph: &'g RevisionGraph,
    databases: &Databases,
) -> BTreeMap<&'g RevisionId, Vec<&'g RevisionId>> {
    let mut rivals: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for group in graph.rivals(&graph.heads(), databases) {
        for head in &group {
            let known = rivals.entry(graph.id(*head)).or_default();
            for other in group.iter().filter(|it| *it != head).map(|it| graph.id(*it)) {
                if !known.contains(&other) {
                    known.push(other);
                }
            }
        }
    }
    rivals
}
