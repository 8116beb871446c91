//! `migrator merge`

use super::new_file::{self, NewFile};
use super::{App, completions, mistyped, revision};
use crate::diagnostics::{ExitStatus, Usage};
use crate::graph::symbol::RevisionSymbol;

/// Join branches in a new revision
///
/// The new revision follows all that are named, so that there is one head again. Its bodies are
/// empty; they may stay so.
#[derive(Debug, clap::Args)]
pub(super) struct MergeArgs {
    /// What to join: `heads`, or the ids of two or more heads
    #[arg(value_name = "REVISION", required = true, allow_negative_numbers = true, add = completions::revisions())]
    revisions: Vec<RevisionSymbol>,

    /// What the revision does, in any words; part of the file's name
    #[arg(
        long,
        short,
        value_name = "TEXT",
        default_value = "",
        hide_default_value = true,
        allow_hyphen_values = true
    )]
    message: String,

    /// A name for the branch that begins with it (can be repeated)
    #[arg(long, value_name = "LABEL")]
    branch_label: Vec<String>,

    /// Its id, in place of a made-up one
    #[arg(long, value_name = "ID")]
    rev_id: Option<String>,

    /// Allow revisions that other revisions follow already
    #[arg(long)]
    splice: bool,
}

pub(super) fn run(app: &mut App, args: &MergeArgs) -> anyhow::Result<ExitStatus> {
    let project = app.project()?;
    let graph = project.graph()?;
    let databases = project.databases(app, &graph);
    let down_revisions = revision::resolve_heads(&graph, &args.revisions, args.splice, &databases)
        .map_err(|err| mistyped::for_a_message(app, err))?;
    if down_revisions.is_empty() {
        return Err(Usage::new("there is nothing to join: no revision is named")
            .hint("`migrator revision -m \"…\"` makes a revision that follows nothing")
            .into());
    }
    if let [only] = down_revisions.as_slice() {
        let id = graph.id(*only);
        let usage = if graph.heads().len() == 1 {
            Usage::new(format!("there is nothing to join: `{id}` is the only head"))
                .hint("no file was written; `migrator revision -m \"…\"` makes a revision after it")
        } else {
            Usage::new(format!("there is nothing to join: only `{id}` is named"))
                .hint("no file was written; name two or more heads, or `heads` for all of them")
        };
        return Err(usage.into());
    }
    let new = NewFile {
        id: args.rev_id.as_deref(),
        down_revisions,
        branch_labels: args.branch_label.iter().map(String::as_str).collect(),
        message: &args.message,
        ..NewFile::default()
    };
    let prepared = new_file::prepare(&project, &graph, &new)?;
    new_file::write(app, &project, &prepared, None)
}
