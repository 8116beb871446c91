//! Makes a new revision file: for `revision`, `merge` and `import`.
//!
//! Everything is checked before anything is written: the new revision is added to the graph in
//! memory, rendered, and read back as any other file is. Then it is written as a whole.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;

use super::App;
use super::output::Format;
use super::project::{Project, clock};
use super::schemas::{ChangeJson, changes_json};
use crate::Error;
use crate::config::revision_template::{self, NewRevision};
use crate::config::templates::{REVISION_TEMPLATE, REVISION_TEMPLATE_PATH};
use crate::config::{Config, slug};
use crate::diagnostics::{ExitStatus, Usage};
use crate::diff::lines::Line;
use crate::fsutil;
use crate::graph::{RevisionGraph, RevisionIndex};
use crate::revision::{BranchLabel, MAX_NEW_ID_LENGTH, Revision, RevisionId, file, script_dir};
use crate::source::Source;

/// What a new file should say.
#[derive(Debug, Clone, Default)]
pub struct NewFile<'a> {
    /// Its id; made up where there is none.
    pub id: Option<&'a str>,
    /// What it follows.
    pub down_revisions: Vec<RevisionIndex>,
    /// Names for the branch that it begins.
    pub branch_labels: Vec<&'a str>,
    /// Whole ids or labels of revisions that must run before it.
    pub depends_on: Vec<String>,
    /// What it does.
    pub message: &'a str,
    /// Where it goes, in place of beside its parent.
    pub version_path: Option<&'a Path>,
    /// Its upgrade.
    pub upgrade: &'a str,
    /// Its downgrade.
    pub downgrade: &'a str,
}

/// A new id: 12 hexadecimal digits that are no id and no label. Tests fix them with
/// `MIGRATOR_REVISION_IDS`, a list of which the first unused one is taken.
fn new_id(graph: &RevisionGraph) -> RevisionId {
    let is_free = |id: &str| {
        graph.by_id(id).or_else(|| graph.by_label(id)).or_else(|| graph.replaced_by(id)).is_none()
    };
    let fixed = super::project::environment("MIGRATOR_REVISION_IDS").unwrap_or_default();
    let fixed = fixed.split(',').filter(|id| is_free(id)).find_map(|it| RevisionId::new(it).ok());
    fixed.unwrap_or_else(|| {
        loop {
            // The standard library seeds its hashers from the operating system's random numbers.
            let random = RandomState::new().hash_one(std::process::id());
            let id = format!("{:012x}", random & 0xffff_ffff_ffff);
            if is_free(&id)
                && let Ok(id) = RevisionId::new(&id)
            {
                return id;
            }
        }
    })
}

/// A file that is ready to be written, with the revision that it declares.
pub struct Prepared {
    /// Where it will lie.
    pub path: PathBuf,
    /// What it declares, and its text.
    pub revision: Revision,
}

/// Renders a new file and checks it against the graph.
pub fn prepare(
    project: &Project,
    graph: &RevisionGraph,
    new: &NewFile<'_>,
) -> anyhow::Result<Prepared> {
    check_new_labels(graph, &new.branch_labels)?;
    let prepared = draft(project, graph, new)?;
    // With the new revision the graph must still be one.
    let mut revisions: Vec<Revision> = graph.indices().map(|it| graph[it].clone()).collect();
    revisions.push(prepared.revision.clone());
    RevisionGraph::new(revisions)
        .map_err(|problems| anyhow::Error::from(Error::from(problems)).context(wrong(project)))?;
    Ok(prepared)
}

/// Renders a new file and checks that it says what it should; not whether it fits the graph.
pub fn draft(
    project: &Project,
    graph: &RevisionGraph,
    new: &NewFile<'_>,
) -> anyhow::Result<Prepared> {
    let config = &project.config;
    let id = match new.id {
        None => new_id(graph),
        Some(text) => check_new_id(graph, text)?,
    };
    let now = config.timezone.show(clock()?.now());
    let name = config.file_template.file_name(
        id.as_str(),
        &slug(new.message, config.truncate_slug_length),
        now,
    );
    let path = folder_for(project, graph, new)?.join(name);

    let down: Vec<RevisionId> = graph.ids(&new.down_revisions);
    let (template_name, template) = template(config)?;
    let text = revision_template::render(
        &template,
        &template_name,
        &NewRevision {
            revision: id.as_str(),
            down_revision: down.iter().map(RevisionId::as_str).collect(),
            branch_labels: new.branch_labels.clone(),
            depends_on: new.depends_on.iter().map(String::as_str).collect(),
            message: new.message,
            create_date: &revision_template::create_date(now),
            upgrade: new.upgrade,
            downgrade: new.downgrade,
        },
    )
    .map_err(|err| {
        let line = err.line().map(|it| format!(", line {it}")).unwrap_or_default();
        let detail = err.detail().map(|it| format!(": {it}")).unwrap_or_default();
        Usage::new(format!("the template `{template_name}`{line}: {}{detail}", err.kind()))
            .hint("no file was written")
    })?;

    let shown = script_dir::shown(&path, &project.here);
    let source = Arc::new(Source { path: shown, text });
    let revision = file::parse(&source).map_err(|problems| {
        anyhow::Error::from(Error::from(script_dir::ReadError::Problems(problems)))
            .context(wrong(project))
    })?;
    check_rendered(&revision, &id, &down, new, &template_name)?;
    Ok(Prepared { path, revision })
}

/// The message quotes a file that is not there.
fn wrong(project: &Project) -> Usage {
    let template = template(&project.config).map_or_else(|_| "built-in".to_owned(), |it| it.0);
    Usage::new("the new file would be wrong")
        .hint(format!("no file was written; this is what the template `{template}` makes"))
}

/// The rules for ids that are made now, which are stricter than those for ids that exist.
fn check_new_id(graph: &RevisionGraph, text: &str) -> anyhow::Result<RevisionId> {
    let hint = "leave out --rev-id and one is made";
    let id = RevisionId::new(text).map_err(|reason| {
        Usage::new(format!("`{text}` cannot be a revision id: it {reason}")).hint(hint)
    })?;
    let length = text.chars().count();
    if length > MAX_NEW_ID_LENGTH {
        return Err(Usage::new(format!(
            "`{text}` cannot be a revision id: it has {length} characters"
        ))
        .hint(format!(
            "the version table holds at most {MAX_NEW_ID_LENGTH}, and a database server would refuse it"
        ))
        .into());
    }
    if let Some(by) = graph.replaced_by(text) {
        return Err(Usage::new(format!(
            "`{text}` was the id of a revision that `{}` replaces",
            graph.id(by)
        ))
        .hint("a database may be at it; leave out --rev-id and another one is made")
        .into());
    }
    // It becomes part of a file name.
    if text.contains(['/', '\\', '.']) && Path::new(text).components().count() != 1 {
        return Err(Usage::new(format!("`{text}` cannot be a revision id: it is a path"))
            .hint(hint)
            .into());
    }
    if let Some(index) = graph.by_id(text) {
        let path = graph[index].source.path.display();
        return Err(Usage::new(format!("there is a revision `{text}` already, in {path}"))
            .hint(hint)
            .into());
    }
    Ok(id)
}

/// The same for labels.
fn check_new_labels(graph: &RevisionGraph, labels: &[&str]) -> anyhow::Result<()> {
    for label in labels {
        BranchLabel::new(label).map_err(|reason| {
            Usage::new(format!("`{label}` cannot be a branch label: it {reason}"))
        })?;
        let taken = graph
            .by_label(label)
            .map(|index| (index, "a label"))
            .or_else(|| graph.by_id(label).map(|index| (index, "the id")));
        if let Some((index, what)) = taken {
            let Revision { id, source, .. } = &graph[index];
            let path = source.path.display();
            return Err(Usage::new(format!(
                "`{label}` is {what} of revision `{id}` already, in {path}"
            ))
            .hint("choose another name for the branch")
            .into());
        }
    }
    Ok(())
}

/// The project's own template, or the built-in one.
fn template(config: &Config) -> anyhow::Result<(String, String)> {
    let path = config.root.join(REVISION_TEMPLATE_PATH);
    let Some(bytes) = fsutil::read_if_exists(&path).map_err(Error::from)? else {
        return Ok(("built-in".to_owned(), REVISION_TEMPLATE.to_owned()));
    };
    let text = String::from_utf8(bytes)
        .map_err(|_| Usage::new(format!("the template `{REVISION_TEMPLATE_PATH}` is not UTF-8")))?;
    Ok((REVISION_TEMPLATE_PATH.to_owned(), text))
}

/// A template that leaves something out would lose it in silence.
fn check_rendered(
    revision: &Revision,
    id: &RevisionId,
    down: &[RevisionId],
    new: &NewFile<'_>,
    template: &str,
) -> anyhow::Result<()> {
    let labels: Vec<&str> = revision.branch_labels.iter().map(BranchLabel::as_str).collect();
    let lost = [
        (revision.id != *id, "revision"),
        (revision.down_revisions != down, "down_revision"),
        (labels != new.branch_labels, "branch_labels"),
        (revision.depends_on != new.depends_on, "depends_on"),
    ];
    match lost.into_iter().find(|(is_lost, _)| *is_lost) {
        None => Ok(()),
        Some((_, key)) => Err(Usage::new(format!(
            "the template `{template}` does not write `{key}` as it was asked for"
        ))
        .hint(format!(
            "write it as the built-in template does, with the filter `toml`: `{{{{ {key}|toml }}}}`"
        ))
        .into()),
    }
}

/// Where a new file goes: where it was told to, beside its parent, or into the first location.
fn folder_for(
    project: &Project,
    graph: &RevisionGraph,
    new: &NewFile<'_>,
) -> anyhow::Result<PathBuf> {
    let locations = &project.config.version_locations;
    if let Some(path) = new.version_path {
        let path = absolute(&project.here.join(path));
        let is_known = locations.iter().any(|it| absolute(it) == path)
            || (project.config.recursive_version_locations
                && locations.iter().any(|it| path.starts_with(absolute(it))));
        if is_known {
            return Ok(path);
        }
        let known: Vec<String> = locations
            .iter()
            .map(|it| format!("`{}`", script_dir::shown(it, &project.here).display()))
            .collect();
        let path = script_dir::shown(&path, &project.here);
        return Err(Usage::new(format!("`{}` is no version location", path.display()))
            .hint(format!("the version locations are {}", known.join(", ")))
            .into());
    }
    let parent = new.down_revisions.first().map(|it| &graph[*it].source.path);
    let beside = parent.and_then(|it| it.parent()).map(|it| project.here.join(it));
    let environments = &project.config.environments_with_url;
    if let (None, None, [name, ..], [_, _, ..]) =
        (&beside, &project.config.environment, environments.as_slice(), locations.as_slice())
    {
        // Several databases with a folder each: the first of them would be a guess.
        return Err(Usage::new("nothing says which of the version locations the base is for")
            .hint(format!("choose a database with `-n`, for example `-n {name}`, or a folder with `--version-path`"))
            .into());
    }
    match beside.or_else(|| locations.first().cloned()) {
        Some(folder) => Ok(folder),
        None => Err(Usage::new("alembic.toml names no version location").into()),
    }
}

/// The path without `.` and `..`, links not followed.
fn absolute(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => {
                clean.pop();
            }
            other => clean.push(other),
        }
    }
    clean
}

/// A new file, as JSON.
#[derive(Serialize)]
struct NewFileJson<'a> {
    revision: &'a str,
    down_revision: Vec<&'a str>,
    message: &'a str,
    path: String,
    /// What `--autogenerate` found.
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<Vec<ChangeJson>>,
}

/// That no file was needed, as JSON.
#[derive(Serialize)]
struct NothingJson {
    path: Option<String>,
    changes: Vec<ChangeJson>,
}

/// Prints, as JSON, that no file was needed.
pub fn print_nothing(app: &mut App) -> anyhow::Result<()> {
    Ok(app.output.json(&NothingJson { path: None, changes: Vec::new() })?)
}

/// Writes a prepared file, runs the hooks on it, and says so; `proven` are the differences that its
/// bodies were proven to bridge.
pub fn write(
    app: &mut App,
    project: &Project,
    prepared: &Prepared,
    proven: Option<&[Line]>,
) -> anyhow::Result<ExitStatus> {
    let revision = &prepared.revision;
    create(project, prepared)?;
    run_hooks(app, project, &prepared.path, &|path| {
        format!("`{path}` was written and stays; look at it, or remove it")
    })?;
    let path = revision.source.path.display().to_string();
    app.output.did(format_args!("`{path}` was written"));
    if app.output.format == Format::Json {
        app.output.json(&NewFileJson {
            revision: revision.id.as_str(),
            down_revision: revision.down_revisions.iter().map(RevisionId::as_str).collect(),
            message: &revision.message,
            path,
            changes: proven.map(changes_json),
        })?;
    } else {
        let proven = if proven.is_some() { " (proven: up and down)" } else { "" };
        app.output.line(format_args!("wrote {path}{proven}"))?;
    }
    Ok(ExitStatus::Done)
}

/// Writes a prepared file, and nothing else.
fn create(project: &Project, prepared: &Prepared) -> anyhow::Result<()> {
    fsutil::write_new(&prepared.path, &prepared.revision.source.text).map_err(|err| {
        if err.source.kind() == std::io::ErrorKind::AlreadyExists {
            exists(project, prepared).into()
        } else {
            Error::from(err).into()
        }
    })
}

/// Refuses where something has the name of a prepared file already.
pub fn refuse_existing(project: &Project, prepared: &Prepared) -> anyhow::Result<()> {
    let is_there = prepared.path.symlink_metadata().is_ok();
    if is_there { Err(exists(project, prepared).into()) } else { Ok(()) }
}

fn exists(project: &Project, prepared: &Prepared) -> Usage {
    let path = script_dir::shown(&prepared.path, &project.here);
    Usage::new(format!("`{}` exists already", path.display()))
        .hint("no file was written; change `file_template`, or the message")
}

/// Runs the programs of `[[hooks]]`; one that fails is an error, and the file stays. `hint` says what
/// to do with it.
pub fn run_hooks(
    app: &App,
    project: &Project,
    path: &Path,
    hint: &dyn Fn(std::path::Display<'_>) -> String,
) -> anyhow::Result<()> {
    let shown = script_dir::shown(path, &project.here);
    for command in project.config.hook_commands().map_err(Error::from)? {
        let file = path.display().to_string();
        let words: Vec<String> = command.iter().map(|it| it.replace("{file}", &file)).collect();
        let [program, arguments @ ..] = words.as_slice() else { continue };
        app.output.status(format_args!("running {}", shell_words::join(&words)));
        let status = std::process::Command::new(program)
            .args(arguments)
            .current_dir(&project.config.root)
            .stdin(std::process::Stdio::null())
            // Standard output is for the answer.
            .stdout(std::io::stderr())
            .status();
        let problem = match status {
            Ok(status) if status.success() => continue,
            Ok(status) => format!("failed ({status})"),
            Err(err) => format!("could not be started: {err}"),
        };
        return Err(Usage::unfinished(format!("the hook `{program}` {problem}"))
            .hint(hint(shown.display()))
            .into());
    }
    Ok(())
}
