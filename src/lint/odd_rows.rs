//! Upgrades that fail on an odd row, or lose it with the table that they build anew, where the words
//! of the statements did not tell: SQLite has decided ([`super::probe`]).

use super::data_failure::REFUSE;
use super::deed::{Alteration, Deed, What, names};
use super::facts::{Facts, has_word};
use super::finding::Findings;
use super::made_up::Oddity;
use super::mending::{Constraint, Trouble};
use super::probe::{Outcome, Probe, Violation};
use super::row_loss::{Loss, selects};
use crate::rule::Rule;
use crate::schema::Name;
use crate::sql::head::{Action, head};
use crate::sql::lexer::{self, Token, TokenKind, tokens};

/// `add-not-null` and `add-unique`, where rows of before make a statement fail.
pub fn check(facts: &Facts<'_>, found: &mut Findings<'_>) {
    for probe in &facts.trial.probed.probes {
        let Outcome::Fails(at, violation) = &probe.outcome else { continue };
        let Some(deed) = facts.upgrade.get(*at) else { continue };
        match &probe.oddity {
            Oddity::Null(columns) if violation.forbids_null(deed) => {
                null(facts, probe, columns, violation, deed, found);
            }
            Oddity::Alone if violation.forbids_null(deed) => {
                null(facts, probe, &[], violation, deed, found);
            }
            Oddity::Twin | Oddity::TwinBut(_) if violation.is("UNIQUE") => {
                twins(facts, probe, violation, deed, found);
            }
            _ => {}
        }
    }
}

/// A NULL that comes of these columns being NULL, or else of there being no row that references one.
fn null(
    facts: &Facts<'_>,
    probe: &Probe,
    columns: &[Name],
    violation: &Violation,
    deed: &Deed<'_>,
    found: &mut Findings<'_>,
) {
    let (target, failing) = match (violation.columns().first(), &deed.what) {
        (Some(it), _) => it.clone(),
        // Of a new column that is computed SQLite does not say which.
        (None, What::Alter(table, Alteration::AddColumn(new))) => (table.clone(), new.clone()),
        (None, What::Alter(table, _)) => match altered_column(deed.sql) {
            Some(column) => (table.clone(), column),
            None => return,
        },
        _ => return,
    };
    let is_said = |message: &str| {
        has_word(message, &failing) || columns.iter().any(|it| has_word(message, it))
    };
    let trouble = Trouble::Null;
    let list: Vec<&Name> = columns.iter().collect();
    let asked = Constraint { table: &probe.table, columns: &list, unique: &[], trouble };
    if found.has(Rule::AddNotNull, &is_said)
        || is_refused(facts, probe, &list, &|query| asked.is_asked_by(query))
    {
        return;
    }
    let of_table: Vec<String> =
        columns.iter().map(|it| format!("`{}.{it}`", probe.table)).collect();
    let which = match &of_table[..] {
        [] => format!("nothing references a row of `{}`", probe.table),
        [one] => format!("{one} is"),
        [one, other] => format!("{one} and {other} both are"),
        [most @ .., last] => format!("{} and {last} all are", most.join(", ")),
    };
    found.add(
        Rule::AddNotNull,
        deed.word(&failing).unwrap_or_else(|| deed.span.clone()),
        format!(
            "`{}.{failing}` must not be NULL: the upgrade fails where {which}",
            facts.name_after(&target),
        ),
        format!("give the rows a value first, or refuse to run while there are such: {REFUSE}"),
    );
}

/// The column that `ALTER TABLE … ALTER COLUMN` is about.
fn altered_column(sql: &str) -> Option<Name> {
    let head = head(sql);
    if head.action != Some(Action::AlterColumn) {
        return None;
    }
    let rest = &sql[head.end..];
    let mut words = tokens(rest).filter(Token::is_significant);
    let name = words.find(|it| !it.is_keyword(rest, "COLUMN"))?;
    Some(Name::new(name.name(rest)?))
}

fn twins(
    facts: &Facts<'_>,
    probe: &Probe,
    violation: &Violation,
    deed: &Deed<'_>,
    found: &mut Findings<'_>,
) {
    let columns = violation.columns();
    let list: Vec<&Name> = columns.iter().map(|it| &it.1).collect();
    let tables = [&probe.table, &facts.name_after(&probe.table)];
    // Of an expression SQLite names no column.
    let is_about = |query: &str| match &list[..] {
        [] => {
            lexer::names(query).map(Name::new).any(|it| deed.names(&it) && !tables.contains(&&it))
        }
        list => list.iter().any(|it| names(query, it)),
    };
    // Which key it was does not matter: a table has few.
    if found.has(Rule::AddUnique, &|_| true) || is_refused(facts, probe, &[], &is_about) {
        return;
    }
    let target = match (&deed.what, columns.first()) {
        (What::CreateIndex(_, table), _) | (_, Some((table, _))) => table,
        _ => &probe.table,
    };
    let over = match &list[..] {
        [] => String::new(),
        list => {
            let list: Vec<&str> = list.iter().map(|it| it.as_str()).collect();
            format!(" ({})", list.join(", "))
        }
    };
    let other = match &probe.oddity {
        Oddity::TwinBut(column) => format!("`{column}` and "),
        _ => String::new(),
    };
    found.add(
        Rule::AddUnique,
        deed.span.clone(),
        format!(
            "rows of `{}` may differ in {other}their key alone, and `{}` gets them with a key that they \
             share{over}: the upgrade fails where there are such",
            probe.table,
            facts.name_after(target)
        ),
        format!("look for duplicates first, or refuse to run while there are some: {REFUSE}"),
    );
}

/// `drop-table`: the one statement that takes the rows of a table to the one that is built in its
/// place, and does not take all.
pub(super) fn left_out(loss: &Loss<'_, '_>, found: &mut Findings<'_>) {
    let facts = loss.facts;
    let is_lost = |it: &&Probe| it.table == loss.table.name && it.outcome == Outcome::Lost;
    let mut lost = facts.trial.probed.probes.iter().filter(is_lost);
    if loss.is_asked_for() {
        return;
    }
    // Several may well take all of them together, and what deletes rows is found there.
    let reading = facts.upgrade.iter().filter(|it| selects(it, &loss.names));
    let [deed] = reading.collect::<Vec<_>>()[..] else { return };
    let all_names = loss.all_names();
    let deletes =
        |it: &Deed<'_>| matches!(&it.what, What::Delete(it) if all_names.contains(&it.table));
    if facts.upgrade.iter().any(deletes) {
        return;
    }
    // However many rows are tried, there may be more.
    if head(deed.sql).makes_rows && is_limited(deed.sql) {
        loss.report_left_out(deed, "LIMIT", found);
        return;
    }
    // For a constraint that is new; where that was tried as well, it is no loss.
    let was_tried = facts.trial.probed.heirs.contains(&loss.table.name);
    let constrained = if was_tried { Vec::new() } else { loss.newly_constrained() };
    let is_meant = |it: &&Probe| match &it.oddity {
        Oddity::Null(columns) => columns.iter().any(|it| constrained.contains(it)),
        Oddity::Ordinary
        | Oddity::Alone
        | Oddity::Twin
        | Oddity::TwinBut(_)
        | Oddity::Holds(..) => !constrained.is_empty(),
    };
    let Some(probe) = lost.find(|it| !is_meant(it)) else { return };
    let which = match &probe.oddity {
        Oddity::Ordinary => "those that were tried".to_owned(),
        Oddity::Alone => "those that nothing references, say".to_owned(),
        Oddity::Null(columns) => {
            let list: Vec<String> = columns.iter().map(|it| format!("`{it}`")).collect();
            let are = if list.len() == 1 { "is" } else { "are" };
            format!("where {} {are} NULL, say", list.join(" and "))
        }
        Oddity::Holds(column, value) => format!("where `{column}` is {value}, say"),
        Oddity::Twin | Oddity::TwinBut(_) => "of those that differ in their key alone".to_owned(),
    };
    loss.report_left_out(deed, &which, found);
}

/// Whether a LIMIT stands outside of parentheses.
fn is_limited(sql: &str) -> bool {
    let mut depth = 0usize;
    tokens(sql).any(|it| {
        match it.kind {
            TokenKind::LeftParenthesis => depth += 1,
            TokenKind::RightParenthesis => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && it.is_keyword(sql, "LIMIT")
    })
}

/// Whether the upgrade refuses to run while such rows are there.
fn is_refused(
    facts: &Facts<'_>,
    probe: &Probe,
    words: &[&Name],
    asks: &dyn Fn(&str) -> bool,
) -> bool {
    facts.is_refused(&facts.name_after(&probe.table), words, asks)
        || facts.is_refused(&probe.table, words, asks)
}

impl Violation {
    /// Whether it is one of a constraint of this kind.
    pub fn is(&self, kind: &str) -> bool {
        let rest = self.0.strip_prefix(kind);
        rest.is_some_and(|it| it.starts_with(" constraint failed"))
    }

    /// Whether a statement meets a NULL that must not be there. Of a column that is altered SQLite does
    /// not say so.
    fn forbids_null(&self, deed: &Deed<'_>) -> bool {
        self.is("NOT NULL") || self.0 == "constraint failed" && altered_column(deed.sql).is_some()
    }

    /// The columns that SQLite names, with their tables: `t.a, t.b` behind a colon.
    fn columns(&self) -> Vec<(Name, Name)> {
        let Some((_, list)) = self.0.split_once(": ") else { return Vec::new() };
        let pair = |it: &str| {
            it.split_once('.').map(|(table, column)| (Name::new(table), Name::new(column)))
        };
        list.split(", ").filter_map(pair).collect()
    }
}
