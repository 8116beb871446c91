//! The project that a command works on: its configuration, its revisions, its database.

use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::globals::GlobalArgs;
use super::interrupt;
use super::screen::{Busy, Screen};
use crate::Error;
use crate::audit::History;
use crate::clock::{Clock, FixedClock, SystemClock};
use crate::config::url::DatabaseLocation;
use crate::config::{self, Config, LoadOptions};
use crate::db::{Access, Database, DbError, LogTable, Notice, VersionTable, Waiting};
use crate::diagnostics::Usage;
use crate::exec::offline::Offline;
use crate::exec::{BackupPlan, Run};
use crate::graph::symbol::{Anchor, RevisionSymbol};
use crate::graph::{RevisionGraph, RevisionIndex};
use crate::plan;
use crate::revision::script_dir;
use crate::rewrite;
use crate::user;

/// How often a database is looked at that others change all the time.
const MOST_LOOKS: usize = 5;

/// A project, found from the options and the current folder.
pub struct Project {
    /// What `alembic.toml` says.
    pub config: Config,
    /// Where the command was started.
    pub here: PathBuf,
    /// Where it is said what takes long; `None` where nothing is said.
    pub screen: Option<Arc<Screen>>,
    url: Option<String>,
    who: Option<String>,
}

/// The current folder.
pub fn current_folder() -> Result<PathBuf, Error> {
    let here = Path::new(".");
    std::env::current_dir()
        .map_err(|err| crate::fsutil::FileError::new("find the current folder", here)(err).into())
}

/// A variable of the environment; one that is not UTF-8 is taken as not set.
pub fn environment(key: &str) -> Option<String> {
    std::env::var(key).ok()
}

/// The clock, which tests stop with `MIGRATOR_NOW`.
pub fn clock() -> anyhow::Result<Box<dyn Clock>> {
    match environment("MIGRATOR_NOW") {
        None => Ok(Box::new(SystemClock)),
        Some(text) => {
            let now = DateTime::parse_from_rfc3339(&text).map_err(|_| {
                Usage::new(format!("MIGRATOR_NOW is `{text}`, which is no RFC 3339 time"))
            })?;
            Ok(Box::new(FixedClock(now.with_timezone(&Utc))))
        }
    }
}

/// A database that could not be read; where somebody wanted that to end, there is no more to say.
pub fn unread(err: DbError) -> anyhow::Error {
    match err {
        DbError::Interrupted { .. } => interrupt::cancelled(),
        err => Error::from(err).into(),
    }
}

impl Project {
    /// Finds and reads `alembic.toml`.
    pub fn find(globals: &GlobalArgs) -> anyhow::Result<Self> {
        let here = current_folder()?;
        let from_environment = std::env::var_os("ALEMBIC_CONFIG");
        let path = config::find(globals.config.as_deref(), from_environment, &here)
            .map_err(Error::from)?;
        let options = LoadOptions {
            environment_name: globals.environment.as_deref(),
            extra: &globals.variables,
            environment: &environment,
        };
        let config = Config::load(&path, &options).map_err(Error::from)?;
        Ok(Self { config, here, screen: None, url: globals.url.clone(), who: user::name() })
    }

    /// Reads all revision files and links them.
    ///
    /// The process ends when its command is done; taking the revisions apart before that is 2.3 of
    /// the 40.7 million instructions of `heads` over a thousand of them.
    pub fn graph(&self) -> anyhow::Result<ManuallyDrop<RevisionGraph>> {
        let config = &self.config;
        self.refuse_half_squashed()?;
        let revisions = script_dir::read(
            &config.version_locations,
            config.recursive_version_locations,
            &self.here,
            &config.file.path,
        )
        .map_err(Error::from)?;
        Ok(ManuallyDrop::new(RevisionGraph::new(revisions).map_err(Error::from)?))
    }

    /// Refuses files that may be half of before a squash and half of after.
    pub fn refuse_half_squashed(&self) -> Result<(), Error> {
        Ok(rewrite::refuse_begun(&self.config.root)?)
    }

    /// Where the database is.
    pub fn location(&self) -> Result<DatabaseLocation, Error> {
        Ok(self.config.database_location(self.url.as_deref(), &self.here)?)
    }

    /// The same for what would be lost in memory.
    pub fn lasting_location(&self) -> anyhow::Result<DatabaseLocation> {
        match self.location()? {
            DatabaseLocation::Memory => {
                Err(Usage::new("the database is in memory: its result would be lost at once")
                    .hint("name a file, with --url or as `database.url` in alembic.toml")
                    .into())
            }
            location => Ok(location),
        }
    }

    /// How a database is waited for that another process holds, for `timeout` at most.
    pub fn waiting(&self, timeout: Duration) -> Waiting {
        let go_on = interrupt::listened().map(interrupt::watch);
        Waiting { timeout, go_on, notice: self.notice() }
    }

    /// Whom to tell of a wait.
    pub fn notice(&self) -> Option<Notice> {
        self.screen.as_ref().map(Screen::notice)
    }

    /// Opens a database to read it.
    pub fn open(&self, location: &DatabaseLocation) -> anyhow::Result<Database> {
        let waiting = self.waiting(self.config.database.busy_timeout);
        Database::open(location, Access::Read, waiting).map_err(unread)
    }

    /// Until this is dropped, shows on a terminal what takes long.
    pub fn busy(&self, what: &'static str) -> Option<Busy> {
        self.screen.as_ref().map(|it| it.busy(what))
    }

    /// A run on `location` that does what it does for good, without a tag, and is cancelled if
    /// [`interrupt::listen`] was called. Of no bodies: it has no extensions.
    pub fn run_on<'a>(&'a self, location: &'a DatabaseLocation, clock: &'a dyn Clock) -> Run<'a> {
        Run {
            location,
            version_table: &self.config.database.version_table,
            log: self.config.database.log,
            busy_timeout: self.config.database.busy_timeout,
            transaction: self.config.transaction,
            extensions: &[],
            backup: BackupPlan::NONE,
            rehearse: false,
            tag: None,
            who: self.who.as_deref(),
            clock,
            cancel: interrupt::listened(),
            ticker: None,
            notice: self.notice(),
        }
    }

    /// How scripts are written.
    pub fn offline<'a>(&'a self, tag: Option<&'a str>) -> Offline<'a> {
        Offline {
            version_table: &self.config.database.version_table,
            log: self.config.database.log,
            transaction: self.config.transaction,
            tag,
        }
    }

    /// The database as messages name it: a path relative to the current folder where it lies below.
    pub fn database_name(&self) -> anyhow::Result<String> {
        Ok(self.shown_database(&self.location()?))
    }

    /// The name of a database for messages.
    pub fn shown_database(&self, location: &DatabaseLocation) -> String {
        match location.path() {
            Some(path) => script_dir::shown(path, &self.here).display().to_string(),
            None => ":memory:".to_owned(),
        }
    }

    /// A path as messages name it.
    pub fn shown(&self, path: &Path) -> String {
        script_dir::shown(path, &self.here).display().to_string()
    }

    /// The rows of the version table; nothing is written, and a missing table has none.
    pub fn rows(&self) -> anyhow::Result<Vec<String>> {
        let location = self.location()?;
        let database = self.open(&location)?;
        let table = VersionTable::new(&self.config.database.version_table);
        table.rows(&database).map_err(unread)
    }

    /// What the database says of its history; nothing is written.
    pub fn history(&self) -> anyhow::Result<History> {
        self.read_history(|database, log, table| log.history(database, table))
    }

    /// The same where rows of the version table may be no revisions: to tell of them.
    pub fn survey(&self) -> anyhow::Result<History> {
        self.read_history(|database, log, table| log.survey(database, table))
    }

    fn read_history(
        &self,
        read: impl FnOnce(&Database, LogTable<'_>, &VersionTable) -> Result<History, DbError>,
    ) -> anyhow::Result<History> {
        let location = self.location()?;
        let database = self.open(&location)?;
        let table = VersionTable::new(&self.config.database.version_table);
        let config = &self.config.database;
        let log = LogTable::new(config.log, &config.version_table);
        database.read_at_once(|it| read(it, log, &table)).map_err(unread)
    }

    /// A history, and what is found where the database is looked at again with it in hand.
    ///
    /// Another process may have run something between the two. Where what is found is not fine, that
    /// is made sure of, and if it did both are read anew.
    pub fn settle<T>(
        &self,
        read: impl Fn(&Self) -> anyhow::Result<History>,
        look: impl Fn(&History) -> anyhow::Result<T>,
        is_fine: impl Fn(&T) -> bool,
    ) -> anyhow::Result<(History, T)> {
        let mut history = read(self)?;
        let mut n_looks = 1;
        loop {
            let found = look(&history)?;
            if is_fine(&found) || n_looks == MOST_LOOKS {
                return Ok((history, found));
            }
            let now = read(self)?;
            if now == history {
                return Ok((history, found));
            }
            history = now;
            n_looks += 1;
        }
    }

    /// The revisions that the rows name.
    pub fn applied(&self, graph: &RevisionGraph) -> anyhow::Result<Vec<RevisionIndex>> {
        Ok(plan::applied_rows(graph, &self.rows()?).map_err(Error::from)?)
    }

    /// The revisions that a symbol names, where `current` asks the database.
    pub fn resolve_with_current(
        &self,
        graph: &RevisionGraph,
        symbol: &RevisionSymbol,
    ) -> anyhow::Result<Vec<RevisionIndex>> {
        if symbol.anchor == Anchor::Current && symbol.steps.is_none() && symbol.branch.is_none() {
            return self.applied(graph);
        }
        Ok(graph.resolve_absolute(symbol).map_err(Error::from)?)
    }
}
