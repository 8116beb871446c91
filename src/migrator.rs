//! The library's front: a project with its revisions and its database.
//!
//! The command line runs through the same [`Migrator::run`], so that what a program does at
//! start-up is what `migrator upgrade` does.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crate::audit::{self, History, HistoryError};
use crate::clock::{Clock, SystemClock};
use crate::config::url::{self, DatabaseLocation};
use crate::config::{self, BackupMode, Config, ConfigError, LoadOptions, TransactionMode};
use crate::db::{self, Access, Database, Notice, VersionTable};
use crate::error::Error;
use crate::exec::event::{Event, Observer, Silent};
use crate::exec::{self, BackupPlan, Outcome, PlanFailure, Run};
use crate::graph::symbol::RevisionSymbol;
use crate::graph::{RevisionGraph, RevisionIndex};
use crate::plan::goal::Goal;
use crate::plan::{self, Direction, PlanError};
use crate::revision::{Revision, RevisionId, script_dir};
use crate::user;

/// A project: its revisions, and the database that they are run on.
///
/// ```
/// use migrator::Migrator;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let database = folder.path().join("app.sqlite3");
/// # let database = database.to_str().ok_or("a path")?;
/// // The revision files become part of the program when it is compiled.
/// static VERSIONS: include_dir::Dir<'_> = include_dir::include_dir!("$CARGO_MANIFEST_DIR/versions");
///
/// let files = VERSIONS.files().map(|file| (file.path(), file.contents()));
/// let migrator = Migrator::from_files(files, database)?;
///
/// let outcome = migrator.upgrade("head")?;
/// println!("{} revisions ran", outcome.steps.len());
/// assert_eq!(migrator.current()?, migrator.heads());
///
/// // Whoever starts second finds nothing to do, also when both start at once.
/// assert!(migrator.upgrade("head")?.steps.is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Migrator {
    graph: RevisionGraph,
    location: DatabaseLocation,
    settings: Settings,
}

/// How a project runs its revisions.
#[derive(Debug, Clone)]
struct Settings {
    version_table: String,
    log: bool,
    busy_timeout: Duration,
    transaction: TransactionMode,
    extensions: Vec<PathBuf>,
    backup: BackupMode,
    keep: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            version_table: config::DEFAULT_VERSION_TABLE.to_owned(),
            log: true,
            busy_timeout: Duration::from_secs(5),
            transaction: TransactionMode::Run,
            extensions: Vec::new(),
            backup: BackupMode::default(),
            keep: config::DEFAULT_KEEP,
        }
    }
}

/// What is to be run, and how.
pub(crate) struct Request<'a> {
    /// Which way.
    pub direction: Direction,
    /// Where to.
    pub target: &'a RevisionSymbol,
    /// Revert what the target did not ask for but needs: only these.
    pub also: &'a [RevisionId],
    /// Go on although the files are not what ran.
    pub allow_changed: bool,
    /// Run what was inserted below others, if this does not refuse it.
    pub out_of_order: Option<&'a Proof<'a>>,
    /// Whether a backup comes first, if not as the project has it.
    pub backup: Option<BackupPlan<'a>>,
    /// Do everything and take it back.
    pub rehearse: bool,
    /// Text for the log.
    pub tag: Option<&'a str>,
    /// What time it is.
    pub clock: &'a dyn Clock,
    /// Ends the run when it is set.
    pub cancel: Option<Arc<AtomicBool>>,
    /// Called while a long statement runs.
    pub ticker: Option<Arc<dyn Fn() + Send + Sync>>,
    /// Called while a statement waits for another process.
    pub notice: Option<Notice>,
}

/// Refuses revisions that were inserted below others and cannot run after them.
pub(crate) type Proof<'a> = dyn Fn(&History, &[RevisionIndex]) -> Result<(), PlanFailure> + 'a;

/// What a run did, and where it began.
pub(crate) struct Report {
    /// The rows of the version table before.
    pub start: Vec<String>,
    /// What was done.
    pub outcome: Outcome,
}

impl Migrator {
    /// Opens the project of an `alembic.toml`, or of a folder that holds one.
    ///
    /// `${KEY}` in it is replaced from the environment and from the `.env` file beside it.
    ///
    /// # Errors
    ///
    /// Whatever is wrong with the configuration or the revision files. The database is not touched.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let here = std::env::current_dir()
            .map_err(crate::fsutil::FileError::new("find the current folder", Path::new(".")))?;
        let file = if path.is_dir() { path.join("alembic.toml") } else { path.to_owned() };
        let file = config::find(Some(&file), None, &here)?;
        let environment = |key: &str| std::env::var(key).ok();
        let options = LoadOptions { environment_name: None, extra: &[], environment: &environment };
        let config = Config::load(&file, &options)?;
        let location = config.database_location(None, &here)?;
        Self::from_config(&config, location, &here)
    }

    /// The project of a configuration that is read already.
    pub(crate) fn from_config(
        config: &Config,
        location: DatabaseLocation,
        here: &Path,
    ) -> Result<Self, Error> {
        let revisions = script_dir::read(
            &config.version_locations,
            config.recursive_version_locations,
            here,
            &config.file.path,
        )?;
        let settings = Settings {
            version_table: config.database.version_table.clone(),
            log: config.database.log,
            busy_timeout: config.database.busy_timeout,
            transaction: config.transaction,
            extensions: config.sqlite_extensions()?,
            backup: config.database.backup,
            keep: config.database.keep,
        };
        Ok(Self { graph: RevisionGraph::new(revisions)?, location, settings })
    }

    /// A project whose revision files are given as name and content, for example those that
    /// `include_dir!` or `include_str!` made part of the program. Names that do not end in `.sql`
    /// are left out, as in a folder; the others are loaded in the order of their names.
    ///
    /// `database` is a path or a URL such as `sqlite:///data/db.sqlite3`; a relative path is
    /// relative to the current folder.
    ///
    /// # Errors
    ///
    /// Whatever is wrong with the revision files or the URL. The database is not touched.
    pub fn from_files<P, C>(
        files: impl IntoIterator<Item = (P, C)>,
        database: &str,
    ) -> Result<Self, Error>
    where
        P: Into<PathBuf>,
        C: Into<Vec<u8>>,
    {
        let files = files
            .into_iter()
            .map(|(path, content)| (path.into(), content.into()))
            .filter(|(path, _): &(PathBuf, Vec<u8>)| {
                path.extension().is_some_and(|it| it.eq_ignore_ascii_case("sql"))
            })
            .collect();
        let graph = RevisionGraph::new(script_dir::from_texts(files)?)?;
        let here = std::env::current_dir()
            .map_err(crate::fsutil::FileError::new("find the current folder", Path::new(".")))?;
        let location = url::parse(database, &here).map_err(|source| ConfigError::Url {
            text: database.to_owned(),
            location: None,
            source,
        })?;
        Ok(Self { graph, location, settings: Settings::default() })
    }

    /// The same project with another version table; the default is `alembic_version`.
    #[must_use]
    pub fn with_version_table(mut self, name: impl Into<String>) -> Self {
        self.settings.version_table = name.into();
        self
    }

    /// The same project with or without rows in `migrator_log`; the default is with.
    #[must_use]
    pub fn with_log(mut self, log: bool) -> Self {
        self.settings.log = log;
        self
    }

    /// The same project with another time to wait for a database that another process holds; the
    /// default is five seconds.
    #[must_use]
    pub fn with_busy_timeout(mut self, timeout: Duration) -> Self {
        self.settings.busy_timeout = timeout;
        self
    }

    /// The same project with these extensions of SQLite, which revisions need; the default is none,
    /// or those of `alembic.toml`. They are loaded into the connection that runs revisions, and no
    /// other; a name without a folder is looked for by the system.
    #[must_use]
    pub fn with_extensions<P: Into<PathBuf>>(
        mut self,
        extensions: impl IntoIterator<Item = P>,
    ) -> Self {
        self.settings.extensions = extensions.into_iter().map(Into::into).collect();
        self
    }

    /// The same project with backups before other runs; the default is before those that drop a table
    /// or a column, rebuild a table, delete rows or overwrite all of them, or take back rows, or what
    /// `alembic.toml` says.
    #[must_use]
    pub fn with_backup(mut self, mode: BackupMode) -> Self {
        self.settings.backup = mode;
        self
    }

    /// The same project with another number of backups that stay beside the database, 0 for all; the
    /// default is five.
    #[must_use]
    pub fn with_backups_kept(mut self, keep: usize) -> Self {
        self.settings.keep = keep;
        self
    }

    /// All revisions, in load order: by the names of their files.
    pub fn revisions(&self) -> impl Iterator<Item = &Revision> {
        self.graph.indices().map(|it| &self.graph[it])
    }

    /// The revisions that `upgrade("heads")` leads to, sorted.
    pub fn heads(&self) -> Vec<RevisionId> {
        let mut heads = self.graph.ids(&self.graph.real_heads());
        heads.sort();
        heads
    }

    /// The rows of the version table, sorted; none where the database does not exist yet.
    ///
    /// # Errors
    ///
    /// A database that cannot be read, and rows that no revision file declares.
    pub fn current(&self) -> Result<Vec<RevisionId>, Error> {
        if !db::exists(&self.location) {
            return Ok(Vec::new());
        }
        let database = Database::open(&self.location, Access::Read, self.settings.busy_timeout)?;
        let rows = VersionTable::new(&self.settings.version_table).rows(&database)?;
        let mut ids = self.graph.ids(&plan::applied_rows(&self.graph, &rows)?);
        ids.sort();
        Ok(ids)
    }

    /// Upgrades the database to a target such as `"head"`, and makes it if it is missing.
    ///
    /// With several processes doing this at once one applies the revisions; the others wait and
    /// find nothing to do.
    ///
    /// # Errors
    ///
    /// [`Error::Run`] says what failed and what state the database is in; after any other error it
    /// was not touched. [`Error::History`] says that the revisions are not what ran there.
    pub fn upgrade(&self, target: &str) -> Result<Outcome, Error> {
        self.upgrade_with(target, &mut Silent)
    }

    /// The same, telling `observer` what happens.
    ///
    /// # Errors
    ///
    /// As for [`Migrator::upgrade`].
    pub fn upgrade_with(
        &self,
        target: &str,
        observer: &mut dyn Observer,
    ) -> Result<Outcome, Error> {
        self.run_simply(Direction::Upgrade, target, observer)
    }

    /// Downgrades the database to a target such as `"base"`, `"-1"` or an id.
    ///
    /// # Errors
    ///
    /// As for [`Migrator::upgrade`]. A target for which revisions of another branch would have to
    /// go too is refused.
    pub fn downgrade(&self, target: &str) -> Result<Outcome, Error> {
        self.downgrade_with(target, &mut Silent)
    }

    /// The same, telling `observer` what happens.
    ///
    /// # Errors
    ///
    /// As for [`Migrator::downgrade`].
    pub fn downgrade_with(
        &self,
        target: &str,
        observer: &mut dyn Observer,
    ) -> Result<Outcome, Error> {
        self.run_simply(Direction::Downgrade, target, observer)
    }

    fn run_simply(
        &self,
        direction: Direction,
        target: &str,
        observer: &mut dyn Observer,
    ) -> Result<Outcome, Error> {
        let request = Request {
            direction,
            target: &target.parse()?,
            also: &[],
            allow_changed: false,
            out_of_order: None,
            backup: None,
            rehearse: false,
            tag: None,
            clock: &SystemClock,
            cancel: None,
            ticker: None,
            notice: None,
        };
        Ok(self.run(&request, observer)?.outcome)
    }

    /// Runs revisions.
    pub(crate) fn run(
        &self,
        request: &Request<'_>,
        observer: &mut dyn Observer,
    ) -> Result<Report, Error> {
        let graph = &self.graph;
        let who = user::name();
        let run = Run {
            location: &self.location,
            version_table: &self.settings.version_table,
            log: self.settings.log,
            busy_timeout: self.settings.busy_timeout,
            transaction: self.settings.transaction,
            extensions: &self.settings.extensions,
            backup: request.backup.unwrap_or_else(|| self.backup_plan()),
            rehearse: request.rehearse,
            tag: request.tag,
            who: who.as_deref(),
            clock: request.clock,
            cancel: request.cancel.clone(),
            ticker: request.ticker.clone(),
            notice: request.notice.clone(),
        };
        // The goal is fixed by the first look: `+1` stays one step from there.
        let mut goal: Option<Goal> = None;
        let mut start: Option<Vec<String>> = None;
        let mut warnings = Vec::new();
        let mut planner = |history: &History| -> Result<plan::Plan, PlanFailure> {
            let rows = &history.rows;
            start.get_or_insert_with(|| rows.clone());
            let goal = match &goal {
                Some(goal) => goal,
                None => goal.insert(find_goal(graph, rows, request)?),
            };
            let plan = go_on(graph, history, request, goal.plan(graph, rows)?)?;
            if request.direction == Direction::Downgrade {
                warnings = audit::describe_changed(graph, history, &plan);
            }
            Ok(plan)
        };
        let outcome = exec::run(&run, graph, &mut planner, observer);
        for message in warnings {
            observer.event(&Event::Warning { message });
        }
        let outcome = outcome.map_err(plan_error_first)?;
        Ok(Report { start: start.unwrap_or_default(), outcome })
    }

    /// The backups that the project is set up for.
    pub(crate) fn backup_plan(&self) -> BackupPlan<'_> {
        let Settings { backup: mode, keep, .. } = self.settings;
        BackupPlan { mode, target: None, keep, is_wanted: false }
    }

    /// The revisions and how they follow one another.
    #[cfg(feature = "cli")]
    pub(crate) fn graph(&self) -> &RevisionGraph {
        &self.graph
    }
}

/// What a request means for these rows; what it would revert besides must have been accepted.
fn find_goal(
    graph: &RevisionGraph,
    rows: &[String],
    request: &Request<'_>,
) -> Result<Goal, PlanError> {
    match request.direction {
        Direction::Upgrade => Goal::upgrade(graph, rows, request.target),
        Direction::Downgrade => {
            let goal = Goal::downgrade(graph, rows, request.target)?;
            if let Goal::Reverted(reverted) = &goal {
                let also = graph.ids(&reverted.also);
                if also.iter().any(|it| !request.also.contains(it)) {
                    let target = request.target.text.clone();
                    return Err(PlanError::RevertsMore { target, also });
                }
            }
            Ok(goal)
        }
    }
}

/// The plan, unless the files are not what ran; of an upgrade with what was inserted before it where
/// that is wanted and safe, of a downgrade without the bodies of that.
fn go_on(
    graph: &RevisionGraph,
    history: &History,
    request: &Request<'_>,
    mut plan: plan::Plan,
) -> Result<plan::Plan, PlanFailure> {
    if !request.allow_changed {
        let wanted = request.out_of_order.is_some();
        audit::refuse_changed(graph, history, &plan, request.direction, wanted)?;
    }
    if let Some(prove) = request.out_of_order {
        let inserted = audit::inserted(graph, history);
        if !inserted.is_empty() {
            prove(history, &inserted)?;
            audit::run_first(&mut plan, &inserted);
        }
    }
    if request.direction == Direction::Downgrade {
        audit::leave_out(&mut plan, &audit::inserted(graph, history));
    }
    Ok(plan)
}

/// A refusal of the planner is an error about the target or the history, not about the run.
pub(crate) fn plan_error_first(err: exec::ExecError) -> Error {
    let exec::ExecError { failure, state } = err;
    let failure = match failure {
        exec::Failure::Planner(failure) if !state.has_run => failure,
        failure => return Error::from(exec::ExecError { failure, state }),
    };
    let failure = match failure.downcast::<PlanError>() {
        Ok(plan_error) => return Error::Plan(*plan_error),
        Err(failure) => failure,
    };
    #[cfg(feature = "cli")]
    let failure = match failure.downcast::<crate::out_of_order::OutOfOrderError>() {
        Ok(err) => return Error::OutOfOrder(*err),
        Err(failure) => failure,
    };
    match failure.downcast::<HistoryError>() {
        Ok(history_error) => Error::History(*history_error),
        Err(failure) => {
            let failure = exec::Failure::Planner(failure);
            Error::from(exec::ExecError { failure, state })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Trouble;

    /// A project of one revision that inserts this text.
    fn project(folder: &Path, text: &str) -> Migrator {
        let sql = format!(
            "-- /// revision\n-- revision = \"a1\"\n-- ///\n-- migrate:upgrade\n\
             CREATE TABLE t (x);\nINSERT INTO t VALUES ('{text}');\n\
             -- migrate:downgrade\nDROP TABLE t;\n"
        );
        let database = folder.join("app.db");
        Migrator::from_files([("a1.sql", sql)], database.to_str().unwrap()).unwrap()
    }

    #[test]
    fn a_program_whose_revisions_are_not_what_ran_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        project(folder.path(), "one").upgrade("head").unwrap();
        assert!(project(folder.path(), "one").upgrade("head").unwrap().steps.is_empty());
        let err = project(folder.path(), "two").upgrade("head").unwrap_err();
        let Error::History(HistoryError::Troubles { troubles, .. }) = err else {
            panic!("{err:?}")
        };
        assert!(matches!(&troubles[..], [Trouble::Edited { .. }]), "{troubles:?}");
        // Without the log nobody knows.
        project(folder.path(), "two").with_log(false).upgrade("head").unwrap();
        // A way back was not edited, and is not asked.
        project(folder.path(), "two").downgrade("base").unwrap();
        project(folder.path(), "two").upgrade("head").unwrap();
    }
}
