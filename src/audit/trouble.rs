//! What can be wrong between a database and the revision files.

use std::fmt;
use std::path::PathBuf;

use super::{Back, LogDirection, LogRow};
use crate::graph::resolve::list;
use crate::plan::{Direction, PlanError};
use crate::revision::RevisionId;

/// When something ran, and where it came from.
///
/// Displayed: `2026-11-03 14:40:11 by ada, migrator 0.1.0`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// What the log calls it: `upgrade`, `stamp` and so on.
    pub direction: String,
    /// When: UTC, RFC 3339.
    pub at: String,
    /// The user, if the log knows.
    pub who: Option<String>,
    /// The version of migrator.
    pub version: String,
}

impl Ran {
    pub(super) fn of(row: &LogRow) -> Self {
        Self {
            direction: row.direction.clone(),
            at: row.started_at.clone(),
            who: row.who.clone(),
            version: row.version.clone(),
        }
    }

    /// What became of it: that it ran, or is applied as the log has it.
    fn what(&self) -> String {
        if self.direction == LogDirection::Upgrade.as_str() {
            return format!("ran ({self})");
        }
        format!("the log has as applied ({} {self})", self.direction)
    }
}

/// A time of the log, in a form that sorts.
pub fn to_the_second(at: &str) -> String {
    at.split('.').next().unwrap_or_default().replace('T', " ")
}

impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&to_the_second(&self.at))?;
        if let Some(who) = &self.who {
            write!(f, " by {who}")?;
        }
        write!(f, ", migrator {}", self.version)
    }
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Trouble {
    /// A revision has another upgrade body than the one that ran.
    #[error("revision `{revision}` was edited after it ran ({ran})")]
    Edited {
        /// Which.
        revision: RevisionId,
        /// Its file.
        path: PathBuf,
        /// When it ran.
        ran: Ran,
    },
    /// A revision had no statement when it ran, and has some now.
    #[error("revision `{revision}` was empty when it ran ({ran}), and is not any more")]
    FilledIn {
        /// Which.
        revision: RevisionId,
        /// When it ran.
        ran: Ran,
    },
    /// A revision ran, and no file declares it.
    #[error("the file of revision `{revision}`, which {}, is gone", ran.what())]
    Gone {
        /// Its id.
        revision: String,
        /// When it ran.
        ran: Ran,
    },
    /// A revision was put below one that ran, and would never run.
    #[error("revision `{revision}` never ran here, and never would: {}", match below {
        Some(below) => format!("it was put below `{below}`, which did"),
        None => "the version table calls it applied".to_owned(),
    })]
    Inserted {
        /// Which.
        revision: RevisionId,
        /// Its file.
        path: PathBuf,
        /// What ran and comes after it.
        below: Option<RevisionId>,
        /// What ran and has no file here: it may have stood for this one.
        gone: Option<String>,
    },
    /// A revision stands for several, and only some of those ran.
    #[error(
        "revision `{revision}` stands for {}, which never ran here, and for `{other}`, which did \
         ({ran})",
        list(.missing)
    )]
    PartlyRun {
        /// Which.
        revision: RevisionId,
        /// What it stands for and what never ran; not empty.
        missing: Vec<RevisionId>,
        /// The last of what it stands for that did.
        other: String,
        /// When that ran.
        ran: Ran,
    },
    /// The version table names a revision that no file declares.
    #[error("the database is at `{revision}`, which no revision file declares{}", match ran {
        Some(ran) => format!(" ({} {ran})", ran.direction),
        None => String::new(),
    })]
    Ahead {
        /// Its id.
        revision: String,
        /// What the log says of it.
        ran: Option<Ran>,
        /// The stamp that goes back to what the files declare.
        back: Option<Back>,
    },
    /// A row of the version table is no revision at all.
    #[error("a row of the version table holds {found} instead of a revision")]
    Unreadable {
        /// What it holds, in words.
        found: String,
        /// The stamp that leaves what the log says, or else the other rows; `None` where neither says
        /// anything.
        back: Option<Back>,
        /// Whether it is the log that says it.
        by_log: bool,
    },
    /// The rows of the version table cannot stand side by side.
    #[error(transparent)]
    Rows(PlanError),
    /// The log says that a revision is applied, the version table says that it is not.
    #[error(
        "the log says that `{revision}` is applied ({} {ran}), the version table says that it is not",
        ran.direction
    )]
    NotInTable {
        /// Which.
        revision: RevisionId,
        /// What the log says of it.
        ran: Ran,
        /// The stamp that goes back to what the log says.
        back: Option<Back>,
    },
    /// The version table says that a revision is applied, the log does not.
    #[error("the version table says that `{revision}` is applied, {}", match left {
        Some(ran) => format!("the log that it ran ({ran}) and was given up since"),
        None => "the log does not know of it".to_owned(),
    })]
    NotInLog {
        /// Which.
        revision: RevisionId,
        /// When it ran, where somebody accepted it as gone since, or stamped another one.
        left: Option<Ran>,
        /// The stamp that goes back to what the log says.
        back: Option<Back>,
    },
}

/// Which of the two is right where the version table and the log disagree, by the schema of the
/// database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// The schema is what the revisions of both make, or of neither, or was not looked at.
    Unknown,
    /// It is what those of the version table make.
    VersionTable,
    /// It is what those make that the log has as applied.
    Log,
}

impl Trouble {
    /// The word for its kind, for programs.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Edited { .. } => "edited",
            Self::FilledIn { .. } => "filled-in",
            Self::Gone { .. } => "gone",
            Self::Inserted { .. } => "inserted",
            Self::PartlyRun { .. } => "partly-run",
            Self::Ahead { .. } => "ahead",
            Self::Unreadable { .. }
            | Self::Rows(_)
            | Self::NotInTable { .. }
            | Self::NotInLog { .. } => "version-table",
        }
    }

    /// Whether the same advice holds for both.
    pub fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Edited { .. }, Self::Edited { .. })
            | (Self::FilledIn { .. }, Self::FilledIn { .. })
            | (Self::Gone { .. }, Self::Gone { .. })
            | (Self::Inserted { .. }, Self::Inserted { .. })
            | (Self::PartlyRun { .. }, Self::PartlyRun { .. }) => true,
            (Self::Ahead { back: one, .. }, Self::Ahead { back: two, .. })
            | (Self::NotInTable { back: one, .. }, Self::NotInTable { back: two, .. })
            | (Self::Unreadable { back: one, .. }, Self::Unreadable { back: two, .. }) => {
                one == two
            }
            (
                Self::NotInLog { back: one, left: left_one, .. },
                Self::NotInLog { back: two, left: left_two, .. },
            ) => one == two && left_one.is_some() == left_two.is_some(),
            _ => false,
        }
    }

    /// The revision that it is about, if it is one.
    pub fn revision(&self) -> Option<&str> {
        match self {
            Self::Edited { revision, .. }
            | Self::FilledIn { revision, .. }
            | Self::Inserted { revision, .. }
            | Self::PartlyRun { revision, .. }
            | Self::NotInTable { revision, .. }
            | Self::NotInLog { revision, .. } => Some(revision.as_str()),
            Self::Gone { revision, .. } | Self::Ahead { revision, .. } => Some(revision),
            Self::Unreadable { .. } | Self::Rows(_) => None,
        }
    }

    /// The stamp that would put the version table back to what the log says, where the two disagree.
    pub fn disagreement(&self) -> Option<&Back> {
        match self {
            Self::NotInTable { back, .. } | Self::NotInLog { back, .. } => back.as_ref(),
            _ => None,
        }
    }

    /// Whether a run must not go on: an upgrade would build on what is not there, a downgrade would
    /// undo it.
    pub fn stops(&self, direction: Direction) -> bool {
        match self {
            // The way back of an edited revision may be another one, mended or not; what is gone
            // stays behind, and stays a trouble.
            Self::Edited { .. } | Self::FilledIn { .. } | Self::Gone { .. } => {
                direction == Direction::Upgrade
            }
            Self::Inserted { .. } | Self::PartlyRun { .. } => true,
            // A run is refused for the first three in any case.
            Self::Unreadable { .. }
            | Self::Ahead { .. }
            | Self::Rows(_)
            | Self::NotInTable { .. }
            | Self::NotInLog { .. } => false,
        }
    }
}

/// Why something is refused because of what ran before. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HistoryError {
    /// The files are not what ran.
    #[error("{}", title(.troubles))]
    Troubles {
        /// What was to run.
        direction: Direction,
        /// What speaks against it; not empty.
        troubles: Vec<Trouble>,
    },
    /// There is no log, or nothing in it.
    #[error("the database has no log of what ran, so that there is nothing to repair")]
    NoLog,
    /// A revision to repair is not applied at all.
    #[error("`{revision}` is not applied, neither by the version table nor by the log")]
    NotApplied {
        /// Its id.
        revision: String,
    },
    /// A revision to repair stands in the version table and has no file.
    #[error("the database is at `{revision}`, which no revision file declares")]
    UnknownRow {
        /// Its id.
        revision: String,
    },
}

/// The first trouble, and how many more there are.
fn title(troubles: &[Trouble]) -> String {
    match troubles {
        [] => "the files are not what ran".to_owned(),
        [only] => only.to_string(),
        [first, rest @ ..] => format!("{first} (and {} more)", rest.len()),
    }
}
