//! Revisions and databases for the tests of this stage.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;

use super::event::Silent;
use super::*;
use crate::clock::FixedClock;
use crate::graph::RevisionIndex;
use crate::plan::{RowWrite, Step};
use crate::revision::{Body, Downgrade, HeaderSpans, Revision, RunMode, directive};
use crate::source::Source;
use crate::sql::statement::{Statement, split};

/// A revision with these bodies; a downgrade of `"irreversible"` is that.
pub(crate) fn revision(id: &str, upgrade: &str, downgrade: &str) -> Revision {
    let head = format!("-- {id}\n-- migrate:upgrade\n");
    let middle = "\n-- migrate:downgrade\n";
    let text = format!("{head}{upgrade}{middle}{downgrade}");
    let up: Range<usize> = head.len()..head.len() + upgrade.len();
    let down: Range<usize> = up.end + middle.len()..text.len();
    let body = |span| body(&text, span);
    let is_irreversible = downgrade == "irreversible";
    Revision {
        id: RevisionId::new(id).unwrap(),
        down_revisions: Vec::new(),
        branch_labels: Vec::new(),
        depends_on: Vec::new(),
        replaces: Vec::new(),
        squashed: Vec::new(),
        message: format!("what {id} does"),
        create_date: String::new(),
        mode: RunMode::default(),
        upgrade: body(up),
        downgrade: if is_irreversible {
            Downgrade::Irreversible(down)
        } else {
            Downgrade::Body(body(down))
        },
        spans: HeaderSpans::default(),
        source: Arc::new(Source { path: PathBuf::from(format!("versions/{id}.sql")), text }),
    }
}

/// The body at `span`.
fn body(text: &str, span: Range<usize>) -> Body {
    let statements = split(&text[span.clone()]).unwrap().into_iter();
    let place = |it: Statement| it.span.start + span.start..it.span.end + span.start;
    let directives = directive::find(text, &span, &mut Vec::new());
    Body { statements: statements.map(place).collect(), directives, span }
}

/// A line of revisions, each on top of the one before, and a database in a folder of its own.
pub(crate) struct Project {
    pub(crate) folder: TempDir,
    pub(crate) graph: RevisionGraph,
    pub(crate) location: DatabaseLocation,
    n_revisions: u32,
}

/// What every test sets or leaves.
pub(crate) struct Options {
    pub(crate) transaction: TransactionMode,
    pub(crate) rehearse: bool,
    pub(crate) busy_timeout: Duration,
    pub(crate) cancel: Option<Arc<AtomicBool>>,
    pub(crate) ticker: Option<Arc<dyn Fn() + Send + Sync>>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            transaction: TransactionMode::Run,
            rehearse: false,
            busy_timeout: Duration::from_secs(30),
            cancel: None,
            ticker: None,
        }
    }
}

impl Project {
    /// A project without a database.
    pub(crate) fn new(revisions: Vec<Revision>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let location = DatabaseLocation::File(folder.path().join("app.db"));
        let n_revisions = u32::try_from(revisions.len()).unwrap();
        Self { folder, graph: RevisionGraph::new(revisions).unwrap(), location, n_revisions }
    }

    /// Revisions with these upgrade bodies, called `r1`, `r2` and so on.
    pub(crate) fn of_upgrades(bodies: &[&str]) -> Self {
        let revisions = (1..).zip(bodies).map(|(n, body)| revision(&format!("r{n}"), body, ""));
        Self::new(revisions.collect())
    }

    /// The file.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("app.db")
    }

    /// A connection that migrator knows nothing of.
    pub(crate) fn connect(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.path()).unwrap()
    }

    /// Runs SQL before the test.
    pub(crate) fn prepare(self, sql: &str) -> Self {
        let connection = self.connect();
        connection.pragma_update(None, "foreign_keys", false).unwrap();
        connection.execute_batch(sql).unwrap();
        drop(connection);
        self
    }

    /// One value of a query, as text.
    pub(crate) fn query(&self, sql: &str) -> String {
        let value: Option<String> = self
            .connect()
            .query_row(&format!("SELECT CAST(({sql}) AS TEXT)"), [], |row| row.get(0))
            .unwrap();
        value.unwrap_or_else(|| "NULL".to_owned())
    }

    /// The names of all tables but those of migrator, and the rows of the version table.
    pub(crate) fn summary(&self) -> String {
        let tables = self.query(
            "SELECT coalesce(group_concat(name, ' '), '') FROM (SELECT name FROM sqlite_schema
             WHERE type = 'table' AND name NOT IN ('alembic_version', 'migrator_log') ORDER BY name)",
        );
        let has_versions =
            self.query("SELECT count(*) FROM sqlite_schema WHERE name = 'alembic_version'");
        let rows = if has_versions == "0" {
            "no version table".to_owned()
        } else {
            self.query("SELECT coalesce(group_concat(version_num), '') FROM alembic_version")
        };
        format!("{tables} @ {rows}")
    }

    /// The steps from `rows` to the first `n_wanted` revisions of the line.
    pub(crate) fn plan(&self, rows: &[String], n_wanted: u32) -> Plan {
        let id = |n: u32| self.graph[RevisionIndex::from_usize(n as usize)].id.clone();
        let n_now = rows.first().map_or(0, |row| {
            (0..self.n_revisions).find(|n| id(*n).as_str() == row).expect("a known row") + 1
        });
        let up = (n_now..n_wanted).map(|n| Step {
            revision: RevisionIndex::from_usize(n as usize),
            direction: Direction::Upgrade,
            runs: true,
            writes: vec![match n {
                0 => RowWrite::Insert(id(0)),
                _ => RowWrite::Update { from: id(n - 1).to_string(), to: id(n) },
            }],
        });
        let down = (n_wanted..n_now).rev().map(|n| Step {
            revision: RevisionIndex::from_usize(n as usize),
            direction: Direction::Downgrade,
            runs: true,
            writes: vec![match n {
                0 => RowWrite::Delete(id(0).to_string()),
                _ => RowWrite::Update { from: id(n).to_string(), to: id(n - 1) },
            }],
        });
        let end = if n_wanted == 0 { Vec::new() } else { vec![id(n_wanted - 1)] };
        Plan { steps: up.chain(down).collect(), start: rows.to_vec(), end }
    }

    /// Runs to the first `n_wanted` revisions.
    pub(crate) fn run_to(
        &self,
        n_wanted: u32,
        options: &Options,
        observer: &mut dyn Observer,
    ) -> Result<Outcome, ExecError> {
        self.request(options, |request| {
            run(request, &self.graph, &mut |it| Ok(self.plan(&it.rows, n_wanted)), observer)
        })
    }

    /// Runs to the head.
    pub(crate) fn upgrade(&self, options: &Options) -> Result<Outcome, ExecError> {
        self.run_to(self.n_revisions, options, &mut Silent)
    }

    /// Calls `action` with a request for these options.
    pub(crate) fn request<T>(&self, options: &Options, action: impl FnOnce(&Run<'_>) -> T) -> T {
        let clock = FixedClock(chrono::DateTime::from_timestamp(1_795_341_847, 0).unwrap());
        action(&Run {
            location: &self.location,
            version_table: "alembic_version",
            log: true,
            busy_timeout: options.busy_timeout,
            transaction: options.transaction,
            extensions: &[],
            backup: BackupPlan::NONE,
            rehearse: options.rehearse,
            tag: None,
            who: Some("ada"),
            clock: &clock,
            cancel: options.cancel.clone(),
            ticker: options.ticker.clone(),
            notice: None,
        })
    }
}
