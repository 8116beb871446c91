//! `migrator import`

use std::path::PathBuf;

use serde::Serialize;

use super::App;
use super::output::Format;
use super::progress::tell;
use super::project::{Project, clock};
use super::words::count;
use crate::Error;
use crate::audit::{self, History};
use crate::config::revision_template::{self, NewRevision};
use crate::config::slug;
use crate::config::templates::REVISION_TEMPLATE;
use crate::db;
use crate::db::refinery::{self, Migration, RefineryError};
use crate::diagnostics::{self, ExitStatus, Usage};
use crate::exec::event::Event;
use crate::exec::{self, PlanFailure, Run, Stamp};
use crate::fsutil;
use crate::graph::RevisionGraph;
use crate::graph::symbol::RevisionSymbol;
use crate::plan::stamp::{Purge, plan_stamp};
use crate::revision::{Revision, file, script_dir};

/// Take over the migrations of another tool
#[derive(Debug, clap::Args)]
pub(super) struct ImportArgs {
    #[command(subcommand)]
    source: ImportSource,
}

#[derive(Debug, clap::Subcommand)]
enum ImportSource {
    Refinery(RefineryArgs),
}

/// Turn a folder of refinery migrations into revisions
///
/// `V1__name.sql`, `V2__name.sql`, … become a chain of revisions in the first version location.
/// Where the database has a table `refinery_schema_history`, what it says was applied is compared
/// with the files, and the matching revision is stamped.
#[derive(Debug, clap::Args)]
struct RefineryArgs {
    /// The folder of the migrations
    #[arg(value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    directory: PathBuf,
}

pub(super) fn run(app: &mut App, args: &ImportArgs) -> anyhow::Result<ExitStatus> {
    match &args.source {
        ImportSource::Refinery(args) => import_refinery(app, args),
    }
}

/// What was taken over, as JSON.
#[derive(Serialize)]
struct ImportJson {
    /// The files written, oldest first.
    files: Vec<String>,
    /// The revision that the database was stamped with.
    stamped: Option<String>,
}

fn import_refinery(app: &mut App, args: &RefineryArgs) -> anyhow::Result<ExitStatus> {
    let project = app.project()?;
    if !project.graph()?.is_empty() {
        return Err(Usage::new("the project has revisions already")
            .hint("import into a new project: `migrator init`, then `migrator import`")
            .into());
    }
    let folder = project.here.join(&args.directory);
    let migrations = refinery::read_folder(&folder).map_err(|err| describe(&err))?;
    let n_applied = applied_in_database(&project, &migrations)?;

    let files = render(&project, &migrations)?;
    let revisions: Vec<Revision> = files.iter().map(|(_, it)| it.clone()).collect();
    let graph = RevisionGraph::new(revisions).map_err(Error::from)?;
    for (path, _) in &files {
        if path.exists() {
            let path = script_dir::shown(path, &project.here);
            return Err(Usage::new(format!("`{}` exists already", path.display()))
                .hint("nothing was written")
                .into());
        }
    }
    let last_applied = n_applied.checked_sub(1).map(|last| files[last].1.id.to_string());
    let mut n_written = 0;
    let taken_over = write_all(&files, &mut n_written).and_then(|()| match &last_applied {
        Some(id) => stamp(app, &project, &graph, id),
        None => Ok(()),
    });
    if let Err(err) = taken_over {
        // Half of a chain is of no use, and a project with revisions is not imported into. Where the
        // database may name one of them they stay.
        let is_refused = diagnostics::exit_status(&err) == ExitStatus::Refused;
        let remove = |(path, _): &(PathBuf, Revision)| std::fs::remove_file(path).is_ok();
        if is_refused && files[..n_written].iter().all(remove) {
            let note = Usage::new("nothing was taken over").hint("nothing was written");
            return Err(err.context(note));
        }
        return Err(err);
    }

    let written = files.iter().map(|(_, it)| it.source.path.display().to_string());
    let n_written = count(files.len() as u64, "file");
    app.output.did(match &last_applied {
        Some(id) => format!("{n_written} written, and the database is at {id}"),
        None => format!("{n_written} written"),
    });
    if app.output.format == Format::Json {
        app.output.json(&ImportJson { files: written.collect(), stamped: last_applied })?;
        return Ok(ExitStatus::Done);
    }
    for path in written {
        app.output.line(format_args!("wrote {path}"))?;
    }
    match last_applied {
        Some(id) => {
            let database = project.database_name()?;
            app.output.status(format_args!("{database} is at {id}; its checksums match"));
        }
        None => app.output.status("nothing was applied yet, so nothing was stamped"),
    }
    Ok(ExitStatus::Done)
}

fn describe(err: &RefineryError) -> Usage {
    let usage = Usage::new(err.to_string());
    let usage = match err {
        RefineryError::Divergent { .. } => usage.hint(
            "the file was changed after it was applied; bring back the text that ran, and import again",
        ),
        RefineryError::Gap { .. } => {
            usage.hint("apply it with refinery first, or import without the database: `--url` a new file")
        }
        RefineryError::NoMigrations { .. }
        | RefineryError::File(_)
        | RefineryError::Name { .. }
        | RefineryError::SameVersion { .. }
        | RefineryError::Refinery { .. }
        | RefineryError::NotInFolder { .. }
        | RefineryError::Database(_) => usage,
    };
    usage.hint("nothing was written")
}

/// How many of the migrations the database has, by refinery's own record of them.
fn applied_in_database(project: &Project, migrations: &[Migration]) -> anyhow::Result<usize> {
    let location = project.location()?;
    if !db::exists(&location) {
        return Ok(0);
    }
    let database = project.open(&location)?;
    Ok(refinery::count_applied(&database, migrations).map_err(|err| describe(&err))?)
}

/// The files of the chain, oldest first.
fn render(project: &Project, migrations: &[Migration]) -> anyhow::Result<Vec<(PathBuf, Revision)>> {
    let config = &project.config;
    let folder = config
        .version_locations
        .first()
        .ok_or_else(|| Usage::new("alembic.toml names no version location"))?;
    let now = config.timezone.show(clock()?.now());
    let create_date = revision_template::create_date(now);
    let mut files = Vec::new();
    let mut parent: Option<String> = None;
    for migration in migrations {
        let id = migration.revision_id();
        let message = migration.name.replace('_', " ");
        let text = revision_template::render(
            REVISION_TEMPLATE,
            "built-in",
            &NewRevision {
                revision: &id,
                down_revision: parent.as_deref().into_iter().collect(),
                message: &message,
                create_date: &create_date,
                ..NewRevision::default()
            },
        )?;
        // The body goes in as it is, not through the template, which would trim it: refinery's
        // checksums are those of the whole text. There is no way back in refinery.
        let (header, _) = text
            .split_once("-- migrate:upgrade\n")
            .ok_or_else(|| Usage::new("the built-in template has no upgrade"))?;
        let end = if migration.sql.ends_with('\n') { "" } else { "\n" };
        let text = format!(
            "{header}-- migrate:upgrade\n{}{end}\n-- migrate:downgrade irreversible\n",
            migration.sql
        );
        let name =
            config.file_template.file_name(&id, &slug(&message, config.truncate_slug_length), now);
        let path = folder.join(name);
        let shown = script_dir::shown(&path, &project.here);
        let source = file::decode(shown, text.into_bytes())
            .map_err(|it| Error::from(script_dir::ReadError::Problems(vec![it])))?;
        let revision = file::parse(&source).map_err(|problems| {
            let origin = script_dir::shown(&migration.path, &project.here);
            let note =
                format!("nothing was written; this is what `{}` would become", origin.display());
            anyhow::Error::from(Error::from(script_dir::ReadError::Problems(problems)))
                .context(Usage::new("the migration cannot be a revision").hint(note))
        })?;
        files.push((path, revision));
        parent = Some(id);
    }
    Ok(files)
}

/// Writes the files, and counts them.
fn write_all(files: &[(PathBuf, Revision)], n_written: &mut usize) -> anyhow::Result<()> {
    for (path, revision) in files {
        fsutil::write_new(path, &revision.source.text).map_err(Error::from)?;
        *n_written += 1;
    }
    Ok(())
}

fn stamp(app: &App, project: &Project, graph: &RevisionGraph, id: &str) -> anyhow::Result<()> {
    let location = project.location()?;
    let symbol: RevisionSymbol = id.parse().map_err(Error::from)?;
    let clock = clock()?;
    let request =
        Run { tag: Some("imported from refinery"), ..project.run_on(&location, clock.as_ref()) };
    let mut planner = |history: &History| -> Result<Stamp, PlanFailure> {
        let symbols = std::slice::from_ref(&symbol);
        let plan = plan_stamp(graph, &history.rows, symbols, Purge::No)?;
        Ok(Stamp { notes: audit::stamped(graph, history, &plan.end), writes: plan.writes })
    };
    let mut observer = |event: &Event<'_>| tell(&app.output, event);
    exec::stamp(&request, false, &mut planner, &mut observer).map_err(Error::from)?;
    Ok(())
}
