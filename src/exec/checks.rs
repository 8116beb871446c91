//! What a transaction must not leave: rows that reference nothing, views and triggers that fail.
//!
//! Foreign keys are off while bodies run, so SQLite does not look; and it never looks at the bodies
//! of triggers when a column they assign is dropped.

use super::error::Failure;
use super::event::Event;
use super::session::Session;
use crate::db::{
    self, BrokenObject, Database, DbError, ForeignKeyState, ForeignKeyViolation, ObjectState,
};

/// What was wrong before.
pub(super) struct Baseline {
    /// `None` where no statement can do anything to them.
    keys: Option<ForeignKeyState>,
    objects: ObjectState,
}

/// What is wrong now and was not before.
pub(super) struct Findings {
    /// Rows that reference nothing.
    pub violations: Vec<ForeignKeyViolation>,
    /// Views, triggers and foreign keys that do not compile.
    pub broken: Vec<BrokenObject>,
    /// Views and triggers that only the application may be able to compile.
    unknown: Vec<BrokenObject>,
}

impl Baseline {
    /// Looks at the database as it is; at its foreign keys, which takes long where there are many
    /// rows, only if asked.
    pub fn take(database: &Database, with_keys: bool) -> Result<Self, DbError> {
        let keys = if with_keys { Some(db::foreign_keys(database)?) } else { None };
        Ok(Self { keys, objects: db::objects(database)? })
    }

    /// Looks again.
    pub fn compare(&self, database: &Database) -> Result<Findings, DbError> {
        let now = Self::take(database, self.keys.is_some())?;
        let mut broken = now.objects.newly_broken_since(&self.objects);
        let mut violations = Vec::new();
        if let (Some(now), Some(before)) = (&now.keys, &self.keys) {
            broken.extend(now.new_mismatches_since(before));
            violations = now.new_since(before);
        }
        Ok(Findings { violations, broken, unknown: now.objects.newly_unknown_since(&self.objects) })
    }
}

impl Session<'_> {
    /// Fails if the transaction made something wrong that was not before.
    pub fn check_against(&mut self, baseline: &Baseline) -> Result<(), Failure> {
        let findings = baseline.compare(&self.database)?;
        self.warn_of_unknown(&findings);
        if !findings.violations.is_empty() {
            return Err(Failure::ForeignKeys { violations: findings.violations });
        }
        if !findings.broken.is_empty() {
            return Err(Failure::Broken { objects: findings.broken });
        }
        Ok(())
    }

    /// Says what could not be checked.
    pub fn warn_of_unknown(&mut self, findings: &Findings) {
        for BrokenObject { name, message, .. } in &findings.unknown {
            self.warn(format!(
                "cannot check `{name}`, which the application may be able to: {message}"
            ));
        }
    }

    /// Says something that does not stop the run.
    pub fn warn(&mut self, message: String) {
        self.observer.event(&Event::Warning { message });
    }
}
