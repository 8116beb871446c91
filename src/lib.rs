//! Schema migrations for SQLite: a graph of revisions with plain SQL bodies.
//!
//! A program that ships with a SQLite file brings it up to date when it starts with
//! [`Migrator::upgrade`]. The same revision files serve the command line tool `migrator`, which
//! makes, shows, runs and takes back revisions; it is described in the README.
//!
//! ```no_run
//! let migrator = migrator::Migrator::open("path/to/project")?;
//! migrator.upgrade_with("head", &mut |event: &migrator::Event<'_>| {
//!     if let migrator::Event::StepFinished { revision, elapsed, .. } = event {
//!         println!("{} {} ({elapsed:?})", revision.id, revision.message);
//!     }
//! })?;
//! # Ok::<(), migrator::Error>(())
//! ```
//!
//! Inside, the folders are the stages in the order in which data flows; a stage uses only earlier
//! ones:
//!
//! ```text
//! alembic.toml ─▶ config ─▶ revision ─▶ graph ─▶ plan ─▶ exec ─▶ db (alembic_version)
//!                              ▲
//!                             sql
//! ```

#![cfg_attr(
    not(feature = "cli"),
    expect(dead_code, unused_imports, reason = "the stages serve the command line too")
)]

// Small things that every stage may use.
mod clock;
mod flag;
mod fsutil;
mod keyword;
mod rule;
mod similar;
mod source;
mod toml_table;
mod user;

// The stages.
mod audit;
#[cfg(feature = "cli")]
mod autogenerate;
mod config;
mod db;
#[cfg(feature = "cli")]
mod declared;
#[cfg(feature = "cli")]
mod diff;
mod exec;
#[cfg(feature = "cli")]
mod generate;
mod graph;
#[cfg(feature = "cli")]
mod lint;
#[cfg(feature = "cli")]
mod out_of_order;
mod plan;
#[cfg(feature = "cli")]
mod rehearsal;
mod revision;
#[cfg(feature = "cli")]
mod rewrite;
mod schema;
mod sql;

// What a program sees.
mod error;
mod migrator;

#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
#[cfg(feature = "cli")]
mod diagnostics;

/// What the variants of [`Error`] hold: facts, for programs that want to react to one.
pub mod errors {
    pub use crate::audit::{Back, HistoryError, LogDirection, LogRow, Ran, Trouble};
    #[cfg(feature = "cli")]
    pub use crate::autogenerate::{AutogenerateError, FillError, Phase, ProofFailure, RenameError};
    pub use crate::config::url::UrlError;
    pub use crate::config::{
        ConfigError, ConfigProblem, FileOrigin, FileTemplateError, MissingValue, Place,
        SettingError,
    };
    pub use crate::db::{
        BrokenObject, DbError, DropEffect, ForeignKeyViolation, RowsFound, SqliteError,
        SqliteErrorKind,
    };
    #[cfg(feature = "cli")]
    pub use crate::declared::{CommandError, CommandFailure, DeclaredError, DeclaredProblem};
    #[cfg(feature = "cli")]
    pub use crate::diff::lines::{Line, Sign};
    pub use crate::exec::{
        BackupError, CommitOutcome, ExecError, ExitClass, Failure, Loss, NotRehearsable, Refusal,
        ReplayError, RestoreError, State,
    };
    pub use crate::fsutil::FileError;
    pub use crate::graph::GraphProblem;
    pub use crate::graph::resolve::ResolveError;
    pub use crate::graph::symbol::SymbolError;
    #[cfg(feature = "cli")]
    pub use crate::lint::LintError;
    #[cfg(feature = "cli")]
    pub use crate::out_of_order::OutOfOrderError;
    pub use crate::plan::{PlanError, RowWrite};
    #[cfg(feature = "cli")]
    pub use crate::rehearsal::RehearsalError;
    pub use crate::revision::NameError;
    pub use crate::revision::directive::DirectiveProblem;
    pub use crate::revision::file::FileProblem;
    pub use crate::revision::script_dir::ReadError;
    #[cfg(feature = "cli")]
    pub use crate::rewrite::{NamedBy, RewriteError};
    pub use crate::schema::{Name, ObjectKind, ReadError as SchemaReadError};
    pub use crate::source::{Location, Problem, Source};
    #[cfg(feature = "cli")]
    pub use crate::sql::features::{Feature, Fts5Option};
    pub use crate::sql::statement::SplitError;
    pub use crate::sql::transaction_control::Forbidden;
    pub use crate::toml_table::TomlProblem;
}

pub use config::BackupMode;
pub use error::Error;
pub use exec::event::{Event, Observer, Silent};
pub use exec::{Growth, Outcome, StepReport};
pub use migrator::Migrator;
pub use plan::Direction;
pub use revision::{
    Body, BranchLabel, Directive, DirectiveKind, Downgrade, HeaderSpans, Revision, RevisionId,
    RunMode,
};
