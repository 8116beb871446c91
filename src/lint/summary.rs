//! Findings in one line, for `status` and `upgrade`.
//!
//! What `upgrade` says before it runs comes from the words of the bodies alone.
//! An upgrade of a thousand revisions takes a few hundredths of a second, and running them in memory
//! first would take longer than that. So only what a statement says by itself counts here: a table or
//! a column that is dropped and that nothing reads before, rows that are deleted, a column that is
//! overwritten, and `ATTACH`; and that there is no statement.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};

use super::Finding;
use super::allow::allows;
use super::deed::{Alteration, Deed, Update, What, deeds, names};
use super::old_rows::{is_kept as is_kept_elsewhere, overwrites};
use super::revision_traps::is_unfilled;
use super::row_loss::{is_copied, reads};
use crate::revision::Revision;
use crate::rule::{Level, Levels, Rule};
use crate::schema::Name;

/// Words that begin the statements that count here.
const WORDS: [&str; 6] = ["DROP", "ALTER", "ATTACH", "DELETE", "UPDATE", "WITH"];

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
        revisions.iter().copied().filter(|it| is_unfilled(it) || has_word(it, &WORDS)).collect();
    if suspects.is_empty() {
        return None;
    }
    let made = made(revisions);
    let drops = suspects.iter().any(|it| has_word(it, &["DROP", "DELETE", "WITH"]));
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

/// What revisions make.
struct Made {
    /// Tables, under the names that they give them; not those that they rebuild.
    tables: HashSet<Name>,
    /// Columns of tables that were there before, as far as `ADD COLUMN` says so.
    columns: HashSet<(Name, Name)>,
}

fn made(revisions: &[&Revision]) -> Made {
    let mut made = HashSet::new();
    let mut columns = HashSet::new();
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
                What::Alter(table, Alteration::AddColumn(column)) => {
                    columns.insert((table, column));
                }
                _ => {}
            }
        }
    }
    Made { tables: made, columns }
}

/// What an upgrade says of itself that matters.
fn found(revision: &Revision, levels: &Levels, made: &Made, indexes: &[Name]) -> Vec<Rule> {
    let text = &revision.source.text;
    let deeds = deeds(revision, &revision.upgrade);
    // What another statement takes elsewhere first is not lost: so does every rebuild.
    let is_kept = |at: usize, name: &Name| {
        let before = &deeds[..at];
        let old = before.iter().filter_map(|it| match &it.what {
            What::Alter(from, Alteration::Rename(to)) if to == name => Some(from.clone()),
            _ => None,
        });
        let table: Vec<Name> = old.chain([name.clone()]).collect();
        is_copied(&deeds, &table)
    };
    let is_read = |at: usize, table: &Name, column: &Name| {
        let (table, column) = (std::slice::from_ref(table), std::slice::from_ref(column));
        deeds[..at].iter().any(|it| reads(it, table, column))
    };
    let is_said = |name: &Name| {
        let queries = revision.upgrade.directives.iter().map(|it| &text[it.query.clone()]);
        made.tables.contains(name) || queries.into_iter().any(|it| names(it, name))
    };
    // What goes with its table or its column is another matter, and of a table that is built anew the
    // words do not say which columns are.
    let is_dropped = |at: usize, name: &Name| {
        deeds[at..].iter().any(|it| matches!(&it.what, What::DropTable(it) if it == name))
    };
    let is_built = |name: &Name| {
        deeds.iter().any(|it| match &it.what {
            What::CreateTable(made) | What::Alter(_, Alteration::Rename(made)) => made == name,
            _ => false,
        })
    };
    let is_overwritten = |at: usize, update: &Update, column: &Name| {
        let table = &update.table;
        let is_gone = |it: &Deed<'_>| matches!(&it.what, What::Alter(it, Alteration::DropColumn(gone)) if it == table && gone == column);
        let is_new = made.columns.contains(&(table.clone(), column.clone()));
        let is_it = overwrites(update, std::slice::from_ref(column), std::slice::from_ref(table));
        is_it && !is_new && !is_read(at, table, column) && !deeds[at..].iter().any(is_gone)
    };
    let rule = |(at, deed): (usize, &Deed<'_>)| match &deed.what {
        What::DropTable(name)
            if !is_said(name) && !indexes.contains(name) && !is_kept(at, name) =>
        {
            Some(Rule::DropTable)
        }
        What::Alter(table, Alteration::DropColumn(column))
            if !is_said(table) && !is_read(at, table, column) =>
        {
            Some(Rule::DropColumn)
        }
        What::Delete(it)
            if !is_said(&it.table)
                && !indexes.contains(&it.table)
                && !is_dropped(at, &it.table) =>
        {
            let (table, filter) = (std::slice::from_ref(&it.table), it.filter.as_deref());
            (!is_kept_elsewhere(&deeds[..at], table, filter)).then_some(Rule::DeleteRows)
        }
        What::Update(it)
            if !is_said(&it.table) && !is_built(&it.table) && !is_dropped(at, &it.table) =>
        {
            let is_any = it.sets.iter().any(|(column, _)| is_overwritten(at, it, column));
            is_any.then_some(Rule::UpdateAllRows)
        }
        What::Other => {
            let is_attach = deed.sql.get(..6).is_some_and(|it| it.eq_ignore_ascii_case("ATTACH"));
            is_attach.then_some(Rule::AttachInWal)
        }
        _ => None,
    };
    let allows = allows(revision);
    let of_statements =
        deeds.iter().enumerate().filter_map(|it| rule(it).map(|rule| (rule, it.1.span.start)));
    let of_all = is_unfilled(revision).then_some((Rule::EmptyUpgrade, revision.spans.id.start));
    of_statements
        .chain(of_all)
        .filter(|(rule, _)| levels.of(*rule) >= Level::Warning)
        .filter(|(rule, at)| !allows.iter().any(|it| it.covers(*rule, *at)))
        .map(|(rule, _)| rule)
        .collect()
}
