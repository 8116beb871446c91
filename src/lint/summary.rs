//! Findings in one line, for `status` and `upgrade`.
//!
//! What `upgrade` says before it runs comes from the words of the bodies alone.
//! An upgrade of a thousand revisions takes a few hundredths of a second, and running them in memory
//! first would take longer than that. So only what a statement says by itself counts here: a table or
//! a column that is dropped, and `ATTACH`.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};

use super::Finding;
use super::allow::allows;
use super::deed::{Alteration, Deed, What, deeds, names};
use super::emptied::is_saved;
use crate::revision::Revision;
use crate::rule::{Level, Levels, Rule};
use crate::schema::Name;

/// Words that begin the statements that count here.
const WORDS: [&str; 3] = ["DROP", "ALTER", "ATTACH"];

/// `b2`: 1 drop-column, 2 drop-table; `migrator lint b2` tells more: of revisions that are about to
/// run; nothing where their upgrades lose nothing, or say so themselves with `warn-if` or `refuse-if`.
///
/// What the same revisions make is not lost with its rows: on a new database nothing is.
///
/// `indexes` is asked for what [`indexes`](super::emptied::indexes) finds in all revisions.
pub fn summary(
    revisions: &[&Revision],
    levels: &Levels,
    indexes: &dyn Fn() -> Vec<Name>,
) -> Option<String> {
    let suspects: Vec<&Revision> =
        revisions.iter().copied().filter(|it| has_word(it, &WORDS)).collect();
    if suspects.is_empty() {
        return None;
    }
    let made = made(revisions);
    let drops = suspects.iter().any(|it| has_word(it, &["DROP"]));
    let indexes = if drops { indexes() } else { Vec::new() };
    let mut counts: BTreeMap<Rule, usize> = BTreeMap::new();
    let mut named = Vec::new();
    for revision in suspects {
        let found = found(revision, levels, &made, &indexes);
        if !found.is_empty() {
            named.push(&revision.id);
        }
        for rule in found {
            *counts.entry(rule).or_default() += 1;
        }
    }
    let first = named.first()?;
    let counts: Vec<String> =
        counts.iter().map(|(rule, n)| format!("{n} {}", rule.name())).collect();
    let revisions = match named.len() {
        1 => format!("`{first}`"),
        n => format!("{n} revisions"),
    };
    Some(format!("{revisions}: {}; `migrator lint {first}` tells more", counts.join(", ")))
}

/// How often each rule is found, the gravest first, without notes.
pub fn counts(findings: &[Finding]) -> Vec<(Rule, Level, usize)> {
    let mut counts: BTreeMap<(Reverse<Level>, Rule), usize> = BTreeMap::new();
    for it in findings.iter().filter(|it| it.level >= Level::Warning) {
        *counts.entry((Reverse(it.level), it.rule)).or_default() += 1;
    }
    counts.into_iter().map(|((Reverse(level), rule), n)| (rule, level, n)).collect()
}

/// Whether a statement of the upgrade begins with one of these words.
fn has_word(revision: &Revision, words: &[&str]) -> bool {
    let text = &revision.source.text;
    revision.upgrade.statements.iter().any(|it| {
        words.iter().any(|word| {
            let start = text.get(it.start..it.start + word.len());
            start.is_some_and(|it| it.eq_ignore_ascii_case(word))
        })
    })
}

/// The tables that revisions make, under the names that they give them; not those that they rebuild.
fn made(revisions: &[&Revision]) -> HashSet<Name> {
    let mut made = HashSet::new();
    for revision in revisions.iter().filter(|it| has_word(it, &["CREATE", "ALTER"])) {
        // Tables that were there before.
        let mut old = HashSet::new();
        for deed in deeds(revision, &revision.upgrade) {
            match deed.what {
                What::CreateTable(name) if !old.contains(&name) => {
                    made.insert(name);
                }
                What::Alter(from, Alteration::Rename(to)) => {
                    let is_made = made.contains(&from);
                    if is_made && !old.contains(&to) {
                        made.insert(to);
                    } else if !is_made {
                        old.insert(from);
                    }
                }
                What::DropTable(name) if !made.contains(&name) => {
                    old.insert(name);
                }
                _ => {}
            }
        }
    }
    made
}

/// What an upgrade says of itself that matters.
fn found(
    revision: &Revision,
    levels: &Levels,
    made: &HashSet<Name>,
    indexes: &[Name],
) -> Vec<Rule> {
    let text = &revision.source.text;
    let deeds = deeds(revision, &revision.upgrade);
    // A rebuild drops the old table once it has another name.
    let is_renamed = |name: &Name| {
        let to = |it: &Deed<'_>| matches!(&it.what, What::Alter(_, Alteration::Rename(to)) if to == name);
        deeds.iter().any(to)
    };
    let is_said = |name: &Name| {
        let queries = revision.upgrade.directives.iter().map(|it| &text[it.query.clone()]);
        made.contains(name) || queries.into_iter().any(|it| names(it, name))
    };
    let is_kept = |at: usize, name: &Name| {
        is_renamed(name) || is_said(name) || indexes.contains(name) || is_saved(&deeds, at, name)
    };
    let rule = |(at, deed): (usize, &Deed<'_>)| match &deed.what {
        What::DropTable(name) if !is_kept(at, name) => Some(Rule::DropTable),
        What::Alter(table, Alteration::DropColumn(_)) if !is_said(table) => Some(Rule::DropColumn),
        What::Other => {
            let is_attach = deed.sql.get(..6).is_some_and(|it| it.eq_ignore_ascii_case("ATTACH"));
            is_attach.then_some(Rule::AttachInWal)
        }
        _ => None,
    };
    let allows = allows(revision);
    deeds
        .iter()
        .enumerate()
        .filter_map(|(at, it)| rule((at, it)).map(|rule| (rule, it.span.start)))
        .filter(|(rule, _)| levels.of(*rule) >= Level::Warning)
        .filter(|(rule, at)| !allows.iter().any(|it| it.covers(*rule, *at)))
        .map(|(rule, _)| rule)
        .collect()
}
