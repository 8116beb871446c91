//! How a revision is shown: the lines of `history` and `heads`, the block of `show`, and JSON.
//!
//! The lines are Alembic's (`_head_only`, `log_entry`), so that scripts which read them go on.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use crate::graph::walk::RevisionSet;
use crate::graph::{RevisionGraph, RevisionIndex};
use crate::revision::{BranchLabel, Downgrade, Revision, RevisionId};

/// What a line of a list shows besides the id.
#[expect(clippy::struct_excessive_bools, reason = "each part is shown or not, in any combination")]
#[derive(Debug, Clone, Copy, Default)]
pub struct LineParts {
    /// `parents -> ` before the id.
    pub parents: bool,
    /// The branch labels, in brackets.
    pub labels: bool,
    /// `(branchpoint)` and `(mergepoint)`.
    pub points: bool,
    /// The message, after a comma.
    pub message: bool,
}

/// Shows revisions of one graph.
pub struct Formatter<'a> {
    graph: &'a RevisionGraph,
    labels: Vec<BTreeSet<&'a BranchLabel>>,
    /// Marked as `(current)`.
    current: Option<RevisionSet>,
}

const ID: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Yellow)));
const LABEL: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Cyan)));
const MARK: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Green)));

impl<'a> Formatter<'a> {
    /// A formatter; `current` are the revisions to mark.
    pub fn new(graph: &'a RevisionGraph, current: Option<RevisionSet>) -> Self {
        Self { graph, labels: graph.branch_labels(), current }
    }

    /// The line of a revision, as Alembic writes it.
    pub fn line(&self, index: RevisionIndex, parts: LineParts) -> String {
        let revision = &self.graph[index];
        let mut line = String::new();
        if parts.parents {
            line.push_str(&self.parents(index));
            if !revision.depends_on.is_empty() {
                put(&mut line, format_args!(" ({})", revision.depends_on.join(", ")));
            }
            line.push_str(" -> ");
        }
        put(&mut line, format_args!("{ID}{}{ID:#}", revision.id));
        let labels = self.label_list(index);
        if parts.labels && !labels.is_empty() {
            put(&mut line, format_args!(" ({LABEL}{labels}{LABEL:#})"));
        }
        for mark in self.marks(index, parts.points) {
            put(&mut line, format_args!(" {MARK}({mark}){MARK:#}"));
        }
        let message = revision.summary();
        if parts.message && !message.is_empty() {
            put(&mut line, format_args!(", {message}"));
        }
        line
    }

    /// The block of a revision, as `show` prints it.
    pub fn block(&self, index: RevisionIndex) -> String {
        let revision = &self.graph[index];
        let mut block = format!("Rev: {ID}{}{ID:#}", revision.id);
        for mark in self.marks(index, true) {
            put(&mut block, format_args!(" {MARK}({mark}){MARK:#}"));
        }
        block.push('\n');
        let relation = if self.graph.is_merge_point(index) { "Merges" } else { "Parent" };
        put(&mut block, format_args!("{relation}: {}\n", self.parents(index)));
        if !revision.depends_on.is_empty() {
            put(&mut block, format_args!("Also depends on: {}\n", revision.depends_on.join(", ")));
        }
        if self.graph.is_branch_point(index) {
            let children = self.graph.ids(self.graph.down_children(index));
            let children: Vec<&str> = children.iter().map(RevisionId::as_str).collect();
            put(&mut block, format_args!("Branches into: {}\n", children.join(", ")));
        }
        if !revision.replaces.is_empty() {
            let replaced: Vec<&str> = revision.replaces.iter().map(RevisionId::as_str).collect();
            put(&mut block, format_args!("Replaces: {}\n", replaced.join(", ")));
        }
        let labels = self.label_list(index);
        if !labels.is_empty() {
            put(&mut block, format_args!("Branch names: {LABEL}{labels}{LABEL:#}\n"));
        }
        put(&mut block, format_args!("Path: {}\n", revision.source.path.display()));
        let details = [
            revision.message.trim().to_owned(),
            String::new(),
            format!("Revision ID: {}", revision.id),
            format!(
                "Revises: {}",
                if revision.down_revisions.is_empty() {
                    String::new()
                } else {
                    self.parents(index)
                }
            ),
            format!("Create Date: {}", revision.create_date),
        ];
        for line in details.iter().flat_map(|it| it.split('\n')) {
            let line = line.trim_end();
            block.push('\n');
            if !line.is_empty() {
                put(&mut block, format_args!("    {line}"));
            }
        }
        block.push('\n');
        block
    }

    fn parents(&self, index: RevisionIndex) -> String {
        let parents = self.graph.ids(self.graph.down(index));
        if parents.is_empty() {
            return "<base>".to_owned();
        }
        parents.iter().map(RevisionId::as_str).collect::<Vec<_>>().join(", ")
    }

    fn label_list(&self, index: RevisionIndex) -> String {
        let labels = &self.labels[index.as_usize()];
        labels.iter().map(|it| it.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// What is said of a revision in brackets.
    fn marks(&self, index: RevisionIndex, with_points: bool) -> Vec<&'static str> {
        let graph = self.graph;
        let is_current = self.current.as_ref().is_some_and(|it| it.contains(index));
        [
            (graph.is_head(index) && !graph.is_effective_head(index), "head"),
            (graph.is_effective_head(index), "effective head"),
            (is_current, "current"),
            (with_points && graph.is_branch_point(index), "branchpoint"),
            (with_points && graph.is_merge_point(index), "mergepoint"),
        ]
        .into_iter()
        .filter_map(|(applies, mark)| applies.then_some(mark))
        .collect()
    }

    /// A revision for programs.
    pub fn json(&self, index: RevisionIndex) -> RevisionJson {
        let graph = self.graph;
        let revision = &graph[index];
        let texts =
            |ids: &[RevisionIndex]| graph.ids(ids).iter().map(ToString::to_string).collect();
        RevisionJson {
            revision: revision.id.to_string(),
            down_revision: texts(graph.down(index)),
            depends_on: revision.depends_on.clone(),
            replaces: revision.replaces.iter().map(ToString::to_string).collect(),
            branch_labels: self.labels[index.as_usize()].iter().map(ToString::to_string).collect(),
            message: revision.message.clone(),
            create_date: Some(revision.create_date.clone()).filter(|it| !it.is_empty()),
            path: revision.source.path.display().to_string(),
            followed_by: texts(graph.down_children(index)),
            is_head: graph.is_head(index),
            is_effective_head: graph.is_effective_head(index),
            is_base: graph.down(index).is_empty(),
            is_branch_point: graph.is_branch_point(index),
            is_merge_point: graph.is_merge_point(index),
            is_current: self.current.as_ref().map(|it| it.contains(index)),
            is_reversible: !matches!(revision.downgrade, Downgrade::Irreversible(_)),
        }
    }
}

/// `d4, make d4`; only the id where there is no message.
pub fn describe(revision: &Revision) -> String {
    let (id, message) = (&revision.id, revision.summary());
    let comma = if message.is_empty() { "" } else { ", " };
    format!("{ID}{id}{ID:#}{comma}{message}")
}

/// Adds text; that cannot fail on a string.
fn put(text: &mut String, more: std::fmt::Arguments<'_>) {
    text.write_fmt(more).expect("a string takes any text");
}

/// A revision as JSON.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Debug, Serialize)]
pub struct RevisionJson {
    /// Its id.
    pub revision: String,
    /// What it follows; empty for a base.
    pub down_revision: Vec<String>,
    /// Ids or labels that must run before it, as declared.
    pub depends_on: Vec<String>,
    /// The revisions that it stands for; absent where there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub replaces: Vec<String>,
    /// Its branch labels, inherited ones included.
    pub branch_labels: Vec<String>,
    /// What it does.
    pub message: String,
    /// When it was made, as written.
    pub create_date: Option<String>,
    /// Its file.
    pub path: String,
    /// The revisions that follow it.
    pub followed_by: Vec<String>,
    /// Nothing follows it.
    pub is_head: bool,
    /// A head that another revision depends on.
    pub is_effective_head: bool,
    /// It follows nothing.
    pub is_base: bool,
    /// Several revisions follow it.
    pub is_branch_point: bool,
    /// It follows several revisions.
    pub is_merge_point: bool,
    /// Whether it is a current revision of the database; absent where no database was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_current: Option<bool>,
    /// Whether there is a way back.
    pub is_reversible: bool,
}
