//! `migrator init` and `migrator list-templates`

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::App;
use super::output::Format;
use super::project::current_folder;
use crate::Error;
use crate::config::templates::{Template, templates};
use crate::config::{Config, LoadOptions};
use crate::diagnostics::{ExitStatus, Usage};
use crate::fsutil::{self, FileError};
use crate::revision::script_dir;
use crate::similar::similar;

/// Set up a project
///
/// Writes `alembic.toml`, a template for new revision files and an empty folder for them. Nothing
/// that exists is overwritten.
#[derive(Debug, clap::Args)]
pub(super) struct InitArgs {
    /// Where; made if it is missing
    #[arg(value_name = "DIRECTORY", default_value = ".", value_hint = clap::ValueHint::DirPath)]
    directory: PathBuf,

    /// What kind of project: see `migrator list-templates`
    #[arg(
        long,
        short,
        value_name = "NAME",
        default_value = "generic",
        add = super::completions::templates()
    )]
    template: String,
}

/// List the kinds of projects that `init` can set up
#[derive(Debug, clap::Args)]
pub(super) struct ListTemplatesArgs {}

/// A template, as JSON.
#[derive(Serialize)]
struct TemplateJson {
    name: &'static str,
    summary: &'static str,
}

pub(super) fn list_templates(
    app: &mut App,
    _args: &ListTemplatesArgs,
) -> anyhow::Result<ExitStatus> {
    if app.output.format == Format::Json {
        let answer: Vec<_> = templates()
            .iter()
            .map(|it| TemplateJson { name: it.name, summary: it.summary })
            .collect();
        app.output.json(&answer)?;
        return Ok(ExitStatus::Done);
    }
    let width = templates().iter().map(|it| it.name.len()).max().unwrap_or_default();
    for template in templates() {
        app.output.line(format_args!("{:width$}  {}", template.name, template.summary))?;
    }
    Ok(ExitStatus::Done)
}

/// What was set up, as JSON.
#[derive(Serialize)]
struct InitJson {
    directory: String,
    template: &'static str,
    files: Vec<String>,
}

pub(super) fn run(app: &mut App, args: &InitArgs) -> anyhow::Result<ExitStatus> {
    let template = find_template(&args.template)?;
    let here = current_folder()?;
    let root = here.join(&args.directory);
    let root = if args.directory == Path::new(".") { here.clone() } else { root };

    let files: Vec<(PathBuf, &str)> =
        template.files.iter().map(|(path, text)| (root.join(path), *text)).collect();
    if let Some((path, _)) = files.iter().find(|(path, _)| path.exists()) {
        let path = script_dir::shown(path, &here);
        return Err(Usage::new(format!("`{}` exists already", path.display()))
            .hint("nothing was written; move it away, or set up the project in another folder")
            .into());
    }

    // What lies in the way is found before anything is written.
    if let Some(path) = files.iter().find_map(|(path, _)| file_in_the_way(path, &here)) {
        return Err(Usage::new(format!("`{path}` is a file, where a folder should be"))
            .hint("nothing was written; move it away, or set up the project in another folder")
            .into());
    }

    let mut written: Vec<String> = Vec::new();
    let unfinished = |err: FileError, written: &[String]| {
        let err = anyhow::Error::from(Error::from(err));
        if written.is_empty() {
            return err;
        }
        let hint = format!("these were written; remove them first: {}", written.join(", "));
        err.context(Usage::unfinished("the project is half set up").hint(hint))
    };
    for (path, text) in &files {
        fsutil::write_new(path, text).map_err(|err| unfinished(err, &written))?;
        written.push(script_dir::shown(path, &here).display().to_string());
    }
    for folder in version_locations(&root)? {
        if !folder.exists() {
            // Git keeps no empty folder, and a clone without it would not work.
            let keep = folder.join(".gitkeep");
            fsutil::write_new(&keep, "").map_err(|err| unfinished(err, &written))?;
            written.push(script_dir::shown(&keep, &here).display().to_string());
        }
    }

    app.output.did(format_args!("wrote {}", written.join(", ")));
    if app.output.format == Format::Json {
        let directory = root.display().to_string();
        app.output.json(&InitJson { directory, template: template.name, files: written })?;
        return Ok(ExitStatus::Done);
    }
    for path in written {
        app.output.line(format_args!("wrote {path}"))?;
    }
    let directory = args.directory.display().to_string();
    let directory = shell_words::quote(&directory);
    let change = if root == here { String::new() } else { format!("cd {directory} && ") };
    let environment = template.environment.map(|it| format!("-n {it} ")).unwrap_or_default();
    let label = template.environment.map(|it| format!("--branch-label {it} ")).unwrap_or_default();
    let (edit, generate) = match template.schema {
        None => (String::new(), ""),
        Some(file) => {
            let file = script_dir::shown(&root.join(file), &here);
            (format!("put a table into {}, then: ", file.display()), "--autogenerate ")
        }
    };
    app.output.status(format_args!(
        "next: {edit}{change}migrator {environment}revision {generate}{label}\
         -m \"Create the first table\""
    ));
    Ok(ExitStatus::Done)
}

/// The file that lies where a folder on the way to `path` should be.
fn file_in_the_way(path: &Path, here: &Path) -> Option<String> {
    let mut files = path.ancestors().skip(1).filter(|it| it.is_file());
    files.next().map(|it| script_dir::shown(it, here).display().to_string())
}

fn find_template(name: &str) -> anyhow::Result<&'static Template> {
    if let Some(template) = templates().iter().find(|it| it.name == name) {
        return Ok(template);
    }
    let names: Vec<&str> = templates().iter().map(|it| it.name).collect();
    let usage = Usage::new(format!("there is no template `{name}`"));
    Err(match similar(name, names.iter().copied()).first() {
        Some(near) => usage.hint(format!("did you mean `{near}`?")),
        None => usage.hint(format!("the templates are `{}`", names.join("`, `"))),
    }
    .into())
}

/// The folders that the new `alembic.toml` names, of all its environments.
fn version_locations(root: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let environment = |_: &str| None;
    let options = LoadOptions { environment_name: None, extra: &[], environment: &environment };
    let config = Config::load(&root.join("alembic.toml"), &options).map_err(Error::from)?;
    Ok(config.version_locations)
}
