//! What a rule found, and where.

use std::ops::Range;

use crate::revision::{Revision, RevisionId};
use crate::rule::{Level, Levels, Rule};
use crate::source::Location;

/// Something that a rule found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: Rule,
    /// How much it matters; never [`Level::Off`].
    pub level: Level,
    /// The revision.
    pub revision: RevisionId,
    /// Where in its file.
    pub location: Location,
    /// What, as a sentence without a full stop.
    pub message: String,
    /// What to do about it.
    pub advice: String,
}

/// What is found in one revision.
pub struct Findings<'a> {
    revision: &'a Revision,
    levels: &'a Levels,
    found: Vec<Finding>,
}

impl<'a> Findings<'a> {
    /// Nothing so far.
    pub fn new(revision: &'a Revision, levels: &'a Levels) -> Self {
        Self { revision, levels, found: Vec::new() }
    }

    /// Adds a finding at bytes of the file, unless the rule is off.
    pub fn add(
        &mut self,
        rule: Rule,
        span: Range<usize>,
        message: impl Into<String>,
        advice: impl Into<String>,
    ) {
        let location = self.revision.location(&span);
        self.add_at(rule, location, message, advice);
    }

    /// The same at a place.
    pub fn add_at(
        &mut self,
        rule: Rule,
        location: Location,
        message: impl Into<String>,
        advice: impl Into<String>,
    ) {
        let level = self.levels.of(rule);
        if level == Level::Off {
            return;
        }
        self.found.push(Finding {
            rule,
            level,
            revision: self.revision.id.clone(),
            location,
            message: message.into(),
            advice: advice.into(),
        });
    }

    /// Whether one of a rule says something of which `is_it` is true.
    pub fn has(&self, rule: Rule, is_it: &dyn Fn(&str) -> bool) -> bool {
        self.found.iter().any(|it| it.rule == rule && is_it(&it.message))
    }

    /// All of them, in the order of the file.
    pub fn finish(mut self) -> Vec<Finding> {
        self.found.sort_by_key(|it| (it.location.span.start, it.rule));
        self.found
    }
}
