//! `migrator revision`

use std::path::PathBuf;

use super::autogenerate::{self, AutogenerateArgs};
use super::new_file::{self, NewFile};
use super::{App, completions};
use crate::Error;
use crate::config::ConfigError;
use crate::diagnostics::{ExitStatus, Usage};
use crate::graph::rivals::Databases;
use crate::graph::symbol::{Anchor, RevisionSymbol};
use crate::graph::{Edges, RevisionGraph, RevisionIndex};
use crate::revision::RevisionId;

/// Make a new revision file
///
/// The file gets an id, links to the head that it follows, and empty bodies to fill in, or with
/// `--autogenerate` the SQL that leads to the declared schema.
#[derive(Debug, clap::Args)]
pub(super) struct RevisionArgs {
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

    /// What it follows; `base` begins a new lineage, `heads` merges (can be repeated)
    #[arg(long, value_name = "REVISION", default_value = "head", add = completions::revisions())]
    head: Vec<RevisionSymbol>,

    /// Allow a --head that other revisions follow already, and begin a branch there
    #[arg(long)]
    splice: bool,

    /// A name for the branch that begins with it (can be repeated)
    #[arg(long, value_name = "LABEL")]
    branch_label: Vec<String>,

    /// The folder to put it into; one of the version locations
    #[arg(long, value_name = "FOLDER", value_hint = clap::ValueHint::DirPath)]
    version_path: Option<PathBuf>,

    /// Its id, in place of a made-up one
    #[arg(long, value_name = "ID")]
    rev_id: Option<String>,

    /// A revision or label that must run before it (can be repeated)
    #[arg(long, value_name = "REVISION", add = completions::revisions())]
    depends_on: Vec<String>,

    /// Print the file instead of writing it
    #[arg(long)]
    sql: bool,

    #[command(flatten)]
    autogenerate: AutogenerateArgs,
}

pub(super) fn run(app: &mut App, args: &RevisionArgs) -> anyhow::Result<ExitStatus> {
    let project = app.project().map_err(|err| for_a_message(args, err))?;
    let graph = project.graph()?;
    let new = NewFile {
        id: args.rev_id.as_deref(),
        down_revisions: resolve_heads(
            &graph,
            &args.head,
            args.splice,
            &project.databases(app, &graph),
        )?,
        branch_labels: args.branch_label.iter().map(String::as_str).collect(),
        depends_on: resolve_dependencies(&graph, &args.depends_on)?,
        message: &args.message,
        version_path: args.version_path.as_deref(),
        ..NewFile::default()
    };
    if args.autogenerate.is_wanted() {
        // What it depends on runs before it too.
        let needed =
            new.depends_on.iter().filter_map(|it| graph.by_id(it).or_else(|| graph.by_label(it)));
        let parents: Vec<RevisionIndex> =
            new.down_revisions.iter().copied().chain(needed).collect();
        return autogenerate::run(
            app,
            &project,
            &graph,
            &new,
            &parents,
            &args.autogenerate,
            args.sql,
        );
    }
    let prepared = new_file::prepare(&project, &graph, &new)?;
    if args.sql {
        app.output.line(prepared.revision.source.text.trim_end_matches('\n'))?;
        return Ok(ExitStatus::Done);
    }
    new_file::write(app, &project, &prepared, None)
}

/// `-n` is the message of other tools: says what it is here.
fn for_a_message(args: &RevisionArgs, err: anyhow::Error) -> anyhow::Error {
    match err.downcast_ref() {
        Some(Error::Config(ConfigError::UnknownEnvironment { name, .. }))
            if args.message.is_empty() =>
        {
            let message = shell_words::quote(name);
            let usage = Usage::new(format!("`{name}` is no environment"));
            let hint = format!("no file was written; the message is given with `-m {message}`");
            err.context(usage.hint(hint))
        }
        _ => err,
    }
}

/// What a new revision follows: heads, or with `splice` any revisions.
pub(super) fn resolve_heads(
    graph: &RevisionGraph,
    symbols: &[RevisionSymbol],
    splice: bool,
    databases: &Databases,
) -> anyhow::Result<Vec<RevisionIndex>> {
    let mut heads: Vec<RevisionIndex> = Vec::new();
    for symbol in symbols {
        let named = if symbol.anchor == Anchor::Heads && symbol.branch.is_none() {
            // Those that make `head` ambiguous: one that another depends on is still a head.
            graph.heads()
        } else {
            graph.resolve_absolute(symbol).map_err(Error::from)?
        };
        for index in named {
            if heads.contains(&index) {
                let id = graph.id(index);
                return Err(Usage::new(format!("revision `{id}` is named twice")).into());
            }
            heads.push(index);
        }
    }
    if let Some(inner) = heads.iter().find(|it| !graph.is_head(**it))
        && !splice
    {
        let children = graph.ids(graph.down_children(*inner));
        let children: Vec<&str> = children.iter().map(RevisionId::as_str).collect();
        return Err(Usage::new(format!(
            "revision `{}` is not a head: `{}` follows it",
            graph.id(*inner),
            children.join("`, `")
        ))
        .hint("add `--splice` to begin a branch there")
        .into());
    }
    if let [first, rest @ ..] = heads.as_slice()
        && let Some(other) = rest.iter().find(|it| databases.part(*first, **it))
    {
        let names =
            |it| databases.of(it).map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ");
        let of = [names(*first), names(*other)];
        let name = databases.of(*first).next().unwrap_or_default();
        return Err(Usage::new(format!(
            "`{}` is for {}, and `{}` for {}: no revision follows both",
            graph.id(*first),
            of[0],
            graph.id(*other),
            of[1]
        ))
        .hint(format!(
            "no file was written; each database has a line of its own: choose one with `-n`, for \
             example `migrator -n {name} heads`"
        ))
        .into());
    }
    // A head may depend on another head, and be joined with it all the same.
    graph.refuse_overlap(&heads, Edges::Down).map_err(Error::from)?;
    Ok(heads)
}

/// Whole ids for beginnings of them; labels stay labels, so that they go on naming the branch.
fn resolve_dependencies(graph: &RevisionGraph, names: &[String]) -> anyhow::Result<Vec<String>> {
    let mut resolved: Vec<String> = Vec::new();
    for name in names {
        let text = if graph.by_label(name).is_some() {
            name.clone()
        } else {
            let symbol: RevisionSymbol = name.parse().map_err(Error::from)?;
            graph.id(graph.resolve_one(&symbol).map_err(Error::from)?).to_string()
        };
        if !resolved.contains(&text) {
            resolved.push(text);
        }
    }
    Ok(resolved)
}
