//! What `upgrade` says before it runs: in one line, and from the words of the bodies alone.
//!
//! An upgrade of a thousand revisions takes a few hundredths of a second, and running them in memory
//! first would take longer than that. So only what a statement says by itself counts here: a table or
//! a column that is dropped, and `ATTACH`.

use std::collections::BTreeMap;

use super::allow::allows;
use super::deed::{Alteration, Deed, What, deeds};
use crate::revision::Revision;
use crate::rule::{Level, Levels, Rule};
use crate::schema::Name;

/// Words that begin the statements that count here.
const WORDS: [&str; 3] = ["DROP", "ALTER", "ATTACH"];

/// `1 drop-column, 2 drop-table (migrator lint REV tells more)` for revisions that are about to run;
/// nothing where their upgrades lose nothing, or say so themselves with `warn-if` or `refuse-if`.
pub fn summary<'a>(
    revisions: impl IntoIterator<Item = &'a Revision>,
    levels: &Levels,
) -> Option<String> {
    let mut counts: BTreeMap<Rule, usize> = BTreeMap::new();
    let mut n_revisions = 0;
    let mut first = None;
    for revision in revisions {
        let found = found(revision, levels);
        n_revisions += usize::from(!found.is_empty());
        for rule in found {
            first.get_or_insert(&revision.id);
            *counts.entry(rule).or_default() += 1;
        }
    }
    let first = first?;
    let counts: Vec<String> =
        counts.iter().map(|(rule, n)| format!("{n} {}", rule.name())).collect();
    let revisions = match n_revisions {
        1 => format!("`{first}`"),
        n => format!("{n} revisions"),
    };
    Some(format!("{revisions}: {}; `migrator lint {first}` tells more", counts.join(", ")))
}

/// What an upgrade says of itself that matters.
fn found(revision: &Revision, levels: &Levels) -> Vec<Rule> {
    let text = &revision.source.text;
    let counts = |start: usize| {
        WORDS.iter().any(|it| {
            text.get(start..start + it.len()).is_some_and(|word| word.eq_ignore_ascii_case(it))
        })
    };
    if !revision.upgrade.statements.iter().any(|it| counts(it.start)) {
        return Vec::new();
    }
    let deeds = deeds(revision, &revision.upgrade);
    let is_remade = |name: &Name| {
        deeds.iter().any(|it| match &it.what {
            What::CreateTable(it) | What::Alter(_, Alteration::Rename(it)) => it == name,
            _ => false,
        })
    };
    let is_said = |name: &Name| {
        let mut lines = revision.upgrade.directives.iter();
        lines.any(|it| {
            let line = &text[it.query.clone()];
            super::deed::names(line, name)
        })
    };
    let rule = |deed: &Deed<'_>| match &deed.what {
        What::DropTable(name) if !is_remade(name) && !is_said(name) => Some(Rule::DropTable),
        What::Alter(table, Alteration::DropColumn(_)) if !is_said(table) => Some(Rule::DropColumn),
        What::Other if deed.sql[..6.min(deed.sql.len())].eq_ignore_ascii_case("ATTACH") => {
            Some(Rule::AttachInWal)
        }
        _ => None,
    };
    let allows = allows(revision);
    deeds
        .iter()
        .filter_map(|it| rule(it).map(|rule| (rule, it.span.start)))
        .filter(|(rule, _)| levels.of(*rule) >= Level::Warning)
        .filter(|(rule, at)| !allows.iter().any(|it| it.covers(*rule, *at)))
        .map(|(rule, _)| rule)
        .collect()
}
