//! The one connection of a run, and what became of it so far.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::backup::BackupState;
use super::error::{CommitOutcome, ExecError, Failure, State};
use super::event::Observer;
use super::wait::Patience;
use super::work::{Group, Work};
use super::{Growth, Run, StepReport};
use crate::audit::History;
use crate::db::{self, Access, Database, Lock, LogTable, SidecarLock, VersionTable, Watch};
use crate::revision::RevisionId;

/// How often a ticker is called at most.
const TICK: Duration = Duration::from_millis(100);

/// How long a run that somebody stopped waits to say where it leaves the database.
const LAST_LOOK: Duration = Duration::from_millis(100);

/// What a run did so far, for the message if it fails.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// What is committed.
    pub done: Vec<StepReport>,
    /// The revisions that began to run in the open transaction.
    pub begun: Vec<RevisionId>,
    /// Those of them that came to their end.
    pub finished: Vec<StepReport>,
    /// See [`State::partial`].
    pub partial: Option<(RevisionId, usize)>,
    /// See [`State::may_stay`].
    pub may_stay: bool,
    /// Whether anything began to run.
    pub has_run: bool,
    /// The backup that was made before.
    pub backup: BackupState,
    /// See [`State::again`].
    pub again: Vec<RevisionId>,
    /// See [`State::is_first_run`].
    pub is_first_run: bool,
    /// How the database grows; in a rehearsal.
    pub growth: Option<Growth>,
}

impl Progress {
    /// Whether anything is there to stay.
    pub fn has_changed(&self) -> bool {
        let n_partial = self.partial.as_ref().map_or(0, |(_, n)| *n);
        !self.done.is_empty() || n_partial > 0 || self.may_stay
    }

    /// What ran in the open transaction is there to stay.
    pub fn keep(&mut self) {
        self.begun.clear();
        self.done.append(&mut self.finished);
    }

    /// Joins what went wrong with what it left. The connection of the run must be closed.
    pub fn fail(self, request: &Run<'_>, failure: Failure) -> ExecError {
        let is_unknown = matches!(failure, Failure::Commit { outcome: CommitOutcome::Unknown, .. });
        let timeout = match &failure {
            // Whoever held the database still does; waiting again tells nothing.
            Failure::Database(err) if err.is_busy() => Duration::ZERO,
            // Nor does whoever wants the run to stop.
            Failure::Cancelled => request.busy_timeout.min(LAST_LOOK),
            _ => request.busy_timeout,
        };
        let state = State {
            has_run: self.has_run,
            applied: self.done.into_iter().map(|it| it.revision).collect(),
            rolled_back: if is_unknown { Vec::new() } else { self.begun },
            partial: self.partial,
            may_stay: self.may_stay,
            again: self.again,
            is_first_run: self.is_first_run,
            rows: read_back(request, timeout).ok(),
        };
        ExecError { failure, state: Box::new(state) }
    }
}

/// The rows of the version table, on a connection of their own.
pub(super) fn read_back(request: &Run<'_>, timeout: Duration) -> Result<Vec<String>, db::DbError> {
    if !db::exists(request.location) {
        return Ok(Vec::new());
    }
    let database = Database::open(request.location, Access::Read, timeout)?;
    VersionTable::new(request.version_table).rows(&database)
}

/// A database before anything is decided: opened to read if it exists.
pub(super) struct Look<'a> {
    request: &'a Run<'a>,
    database: Option<Database>,
    table: VersionTable,
    patience: Patience<'a>,
    seen: Seen,
}

/// What was read last, so that it need not be read again.
#[derive(Default)]
struct Seen {
    history: History,
    /// See [`Database::data_version`]; `None` where it is of another connection.
    version: Option<i64>,
}

impl Seen {
    fn read(
        database: &Database,
        table: &VersionTable,
        log: LogTable<'_>,
    ) -> Result<Self, db::DbError> {
        let version = Some(database.data_version()?);
        Ok(Self { history: log.history(database, table)?, version })
    }
}

impl<'a> Look<'a> {
    /// Opens the database if there is one.
    pub fn new(request: &'a Run<'a>, observer: &mut dyn Observer) -> Result<Self, Failure> {
        let mut patience = Patience {
            timeout: request.busy_timeout,
            cancel: request.cancel.as_deref(),
            waited: Duration::ZERO,
        };
        let open = || Database::open(request.location, Access::Read, Duration::ZERO);
        // What cannot be made is no empty database.
        let is_there =
            db::exists(request.location) || request.location.mode_of_existing().is_some();
        let database = if is_there { Some(patience.retry(observer, open)?) } else { None };
        let table = VersionTable::new(request.version_table);
        Ok(Self { request, database, table, patience, seen: Seen::default() })
    }

    /// What the database says of its history; nothing where there is none.
    pub fn history(&mut self, observer: &mut dyn Observer) -> Result<&History, Failure> {
        let (table, log) = (&self.table, self.request.log_table());
        if let Some(database) = &self.database {
            self.seen = self
                .patience
                .retry(observer, || database.read_at_once(|it| Seen::read(it, table, log)))?;
        }
        Ok(&self.seen.history)
    }

    /// The rows of the version table; none where there is no database.
    pub fn rows(&mut self, observer: &mut dyn Observer) -> Result<Vec<String>, Failure> {
        match &self.database {
            Some(database) => self.patience.retry(observer, || self.table.rows(database)),
            None => Ok(Vec::new()),
        }
    }

    /// Whether the version table is there.
    pub fn has_table(&mut self, observer: &mut dyn Observer) -> Result<bool, Failure> {
        match &self.database {
            Some(database) => self.patience.retry(observer, || self.table.exists(database)),
            None => Ok(false),
        }
    }

    /// How long it was waited so far.
    pub fn waited(&self) -> Duration {
        self.patience.waited
    }
}

/// A database that is written to.
pub(super) struct Session<'a> {
    pub request: &'a Run<'a>,
    pub database: Database,
    pub table: VersionTable,
    pub log: LogTable<'a>,
    pub observer: &'a mut dyn Observer,
    pub progress: &'a mut Progress,
    /// The connection is not one for the next group: see [`Session::wear_out`].
    is_worn: bool,
    patience: Patience<'a>,
    seen: Seen,
}

impl<'a> Session<'a> {
    /// Makes the database writable, or makes it. A missing one is rehearsed in memory.
    pub fn new(
        look: Look<'a>,
        observer: &'a mut dyn Observer,
        progress: &'a mut Progress,
    ) -> Result<Self, Failure> {
        let Look { request, database, table, mut patience, seen } = look;
        // Before a file is made.
        if database.is_none() && !request.rehearse {
            Database::open_in_memory()?.load_extensions(request.extensions)?;
        }
        let database = match database {
            Some(mut database) => {
                database.allow_writes()?;
                if !request.rehearse {
                    database.checkpoint_on_close()?;
                }
                database
            }
            None if request.rehearse => Database::open_in_memory()?,
            None => {
                let create = || Database::open(request.location, Access::Create, Duration::ZERO);
                patience.retry(observer, create)?
            }
        };
        database.load_extensions(request.extensions)?;
        let log = request.log_table();
        let is_worn = false;
        Ok(Self { request, database, table, log, observer, progress, is_worn, patience, seen })
    }

    /// What the database says of its history, inside a transaction, unless that is what it said
    /// when it was read last and the rows are still `rows`.
    ///
    /// A log that nobody else can have written is not read: it may be long.
    pub fn news(&mut self, rows: &[String]) -> Result<Option<History>, Failure> {
        let version = self.database.data_version()?;
        let now = self.table.rows(&self.database)?;
        if self.seen.version == Some(version) && now == rows {
            return Ok(None);
        }
        let now = Seen::read(&self.database, &self.table, self.log)?;
        let is_same = now.history == self.seen.history && now.history.rows == rows;
        self.seen = now;
        Ok((!is_same).then(|| self.seen.history.clone()))
    }

    /// How long it was waited so far.
    pub fn waited(&self) -> Duration {
        self.patience.waited
    }

    /// In a rehearsal looks how large the database is, and with its journal or log.
    pub fn measure(&mut self) -> Result<(), Failure> {
        if self.request.rehearse {
            let size = self.database.size()?;
            let peak = size + self.database.size_beside();
            // A transaction in a database that does not exist has a first page already.
            let before = if db::exists(self.request.location) { size } else { 0 };
            let growth = self.progress.growth.get_or_insert(Growth { before, peak });
            growth.peak = growth.peak.max(peak);
        }
        Ok(())
    }

    /// The steps that run next; in a rehearsal all of them.
    pub fn next_group(&self, work: &Work<'_>) -> Result<Option<Group>, Failure> {
        if self.request.rehearse {
            work.rehearsal_group()
        } else {
            Ok(work.next_group(self.request.transaction))
        }
    }

    /// Begins a transaction, however long another process takes; also one that runs a body outside a
    /// transaction, and holds the lock beside the database.
    pub fn begin(&mut self, lock: Lock) -> Result<(), Failure> {
        let path = self.request.location.path();
        self.begin_where(lock, || path.map_or(Ok(()), SidecarLock::require_free))
    }

    /// The same for whoever holds that lock himself.
    pub fn begin_inside(&mut self, lock: Lock) -> Result<(), Failure> {
        self.begin_where(lock, || Ok(()))
    }

    fn begin_where(
        &mut self,
        lock: Lock,
        is_allowed: impl Fn() -> Result<(), db::DbError>,
    ) -> Result<(), Failure> {
        self.retry(|database| {
            // First, so that nobody who waits is in the way of the body; then for good.
            is_allowed()?;
            database.begin(lock)?;
            is_allowed().or_else(|err| database.rollback().and(Err(err)))
        })?;
        // Until the end SQLite waits by itself: nothing else can try a part of a statement again.
        Ok(self.database.set_waiting(self.request.waiting())?)
    }

    /// Calls `attempt` until the database is not busy, within the timeout.
    pub fn retry<T>(
        &mut self,
        attempt: impl Fn(&Database) -> Result<T, db::DbError>,
    ) -> Result<T, Failure> {
        self.database.set_waiting(Duration::ZERO)?;
        self.patience.retry(self.observer, || attempt(&self.database))
    }

    /// The same for something beside the database.
    pub fn retry_beside<T>(
        &mut self,
        attempt: impl Fn() -> Result<T, db::DbError>,
    ) -> Result<T, Failure> {
        self.patience.retry(self.observer, attempt)
    }

    /// Fails if somebody asked to stop.
    pub fn check_cancelled(&self) -> Result<(), Failure> {
        self.patience.check_cancelled()
    }

    /// Notes that the next group needs a fresh connection: a body may have left settings in this
    /// one, or it was closed.
    pub fn wear_out(&mut self) {
        self.is_worn = true;
    }

    /// Replaces a connection that is worn out.
    ///
    /// Not when it wears out but when another is needed: after the last group everything is done,
    /// and must not fail because the file cannot be opened once more. A database in memory keeps its
    /// connection, since it would be gone.
    pub fn refresh(&mut self) -> Result<(), Failure> {
        if !std::mem::take(&mut self.is_worn) {
            return Ok(());
        }
        if self.request.location.path().is_none() {
            return Ok(self.database.reset_settings()?);
        }
        self.close()?;
        self.seen.version = None;
        let location = self.request.location;
        let open = || Database::open(location, Access::Write, Duration::ZERO);
        self.database = self.patience.retry(self.observer, open)?;
        Ok(self.database.load_extensions(self.request.extensions)?)
    }

    /// Closes the connection, which rolls back what is open in it, and keeps one to nowhere.
    ///
    /// A body may have set `locking_mode`: then no other connection can read until this one is
    /// closed.
    pub fn close(&mut self) -> Result<(), Failure> {
        self.database = Database::open_in_memory()?;
        Ok(())
    }

    /// Lets statements be cancelled and the ticker tick, from here on.
    pub fn watch(&mut self) -> Result<(), Failure> {
        let (cancel, ticker) = (self.request.cancel.clone(), self.request.ticker.clone());
        if cancel.is_none() && ticker.is_none() {
            return Ok(());
        }
        let ticker = ticker.map(|tick| (tick, Mutex::new(Instant::now())));
        let watch: Watch = Arc::new(move || {
            if let Some((tick, last)) = &ticker
                && let Ok(mut last) = last.try_lock()
                && last.elapsed() >= TICK
            {
                *last = Instant::now();
                tick();
            }
            !cancel.as_ref().is_some_and(|it| it.load(Ordering::Relaxed))
        });
        Ok(self.database.set_watch(Some(watch))?)
    }

    /// Ends that: neither a COMMIT nor a ROLLBACK must be interrupted.
    pub fn unwatch(&mut self) -> Result<(), Failure> {
        Ok(self.database.set_watch(None)?)
    }
}
