//! Rules about revisions: the way back, what ran, and what a body hides.

use std::ops::Range;

use super::deed::{Deed, What};
use super::facts::{Facts, Undo};
use super::finding::Findings;
use crate::audit::{checksum, was_empty};
use crate::diff::lines::{Line, Sign};
use crate::revision::{DirectiveKind, Downgrade, Revision};
use crate::rule::Rule;
use crate::sql::aggregate::always_gives_row;
use crate::sql::lexer::{Token, tokens};

/// How many differences a message lists.
const N_LISTED: usize = 3;

/// All of them.
pub fn check(facts: &Facts<'_>, found: &mut Findings<'_>) {
    let advice = if facts.trial.is_over {
        "what it and the revisions that need it do to the schema is not checked"
    } else {
        "`upgrade` refuses it too"
    };
    for failing in &facts.trial.failures {
        found.add_at(
            Rule::DoesNotRun,
            failing.location.clone(),
            format!(
                "`{}` does not run on an empty database: {}",
                facts.revision.id, failing.message
            ),
            advice,
        );
    }
    empty_upgrade(facts, found);
    always_finds_rows(facts.revision, found);
    no_downgrade(facts, found);
    undo(facts, found);
    edited(facts, found);
    two_heads(facts, found);
    facts.deeds().for_each(|it| if_not_exists(it, found));
}

/// Whether an upgrade does nothing where one would expect that it does something: it is there for
/// neither what it joins nor what it is called.
pub fn is_unfilled(revision: &Revision) -> bool {
    let body = &revision.upgrade;
    body.statements.is_empty()
        && body.directives.is_empty()
        && revision.down_revisions.len() < 2
        && revision.branch_labels.is_empty()
        && revision.depends_on.is_empty()
}

fn empty_upgrade(facts: &Facts<'_>, found: &mut Findings<'_>) {
    if is_unfilled(facts.revision) {
        found.add(
            Rule::EmptyUpgrade,
            facts.revision.spans.id.clone(),
            format!("the upgrade of `{}` has no statement", facts.revision.id),
            "fill it in before it is applied: what is added later does not run there; if nothing is to \
             be done, say so: `-- migrator:allow empty-upgrade: WHY`",
        );
    }
}

/// Directives of both bodies that ask for a number, which there always is.
fn always_finds_rows(revision: &Revision, found: &mut Findings<'_>) {
    let downgrade = revision.downgrade.body().into_iter().flat_map(|it| &it.directives);
    for directive in revision.upgrade.directives.iter().chain(downgrade) {
        if !always_gives_row(&revision.source.text[directive.query.clone()]) {
            continue;
        }
        let consequence = match directive.kind {
            DirectiveKind::RefuseIf => "the body never runs",
            DirectiveKind::WarnIf => "it warns each time",
        };
        found.add(
            Rule::AlwaysFindsRows,
            directive.query.clone(),
            format!("the query gives a row whatever the tables hold, and {consequence}"),
            "list the rows, and migrator counts them: `SELECT rowid FROM …`",
        );
    }
}

/// The line of the marker, or the id where there is none.
fn downgrade_place(revision: &Revision) -> Range<usize> {
    let Downgrade::Body(body) = &revision.downgrade else { return revision.spans.id.clone() };
    let before = revision.source.text[..body.span.start].trim_end();
    let start = before.rfind('\n').map_or(0, |it| it + 1);
    let is_marker = before[start..].starts_with("-- migrate:downgrade");
    if is_marker { start..before.len() } else { revision.spans.id.clone() }
}

fn no_downgrade(facts: &Facts<'_>, found: &mut Findings<'_>) {
    let is_empty =
        matches!(&facts.revision.downgrade, Downgrade::Body(it) if it.statements.is_empty());
    let changes_schema = match facts.diff() {
        Some((change, diff)) => !diff.is_empty() || change.has_other_numbers,
        None => facts.upgrade.iter().any(|it| {
            !matches!(
                it.what,
                What::Other
                    | What::Temporary(_)
                    | What::Copy(_)
                    | What::Update(_)
                    | What::Delete(_)
            )
        }),
    };
    if is_empty && changes_schema {
        found.add(
            Rule::NoDowngrade,
            downgrade_place(facts.revision),
            "the upgrade changes the schema, and the downgrade is empty: it would leave everything there",
            "write the way back, or say that there is none: `-- migrate:downgrade irreversible`",
        );
    }
}

fn undo(facts: &Facts<'_>, found: &mut Findings<'_>) {
    match &facts.trial.undo {
        Undo::Untried | Undo::Whole => {}
        Undo::Fails(failing) => found.add_at(
            Rule::DowngradeDoesNotUndo,
            failing.location.clone(),
            format!("the downgrade does not run after the upgrade: {}", failing.message),
            "the upgrade and then the downgrade were run on an empty database",
        ),
        Undo::Differs(lines) => {
            let mut listed: Vec<String> = lines.iter().take(N_LISTED).map(describe).collect();
            if lines.len() > N_LISTED {
                listed.push(format!("and {} more", lines.len() - N_LISTED));
            }
            found.add(
                Rule::DowngradeDoesNotUndo,
                downgrade_place(facts.revision),
                format!("the downgrade does not lead back: {}", listed.join(", ")),
                "the upgrade and then the downgrade were run on an empty database, and the schema compared",
            );
        }
    }
}

/// A difference between before the upgrade and after the downgrade.
fn describe(line: &Line) -> String {
    let what = match line.sign {
        Sign::Added => "stays",
        Sign::Dropped => "is missing",
        Sign::Changed | Sign::Renamed => "is another one",
    };
    format!("{} `{}` {what}", line.kind, line.name)
}

fn edited(facts: &Facts<'_>, found: &mut Findings<'_>) {
    let Some(applied) = facts.applied else { return };
    let revision = facts.revision;
    if checksum(revision) == applied {
        return;
    }
    let place =
        facts.upgrade.first().map_or_else(|| revision.spans.id.clone(), |it| it.span.clone());
    let id = &revision.id;
    if was_empty(applied) {
        found.add(
            Rule::EditedAfterApplied,
            place,
            format!(
                "`{id}` ran on the database when its upgrade was empty, and it is not any more"
            ),
            format!(
                "what was written never runs there: `migrator repair {id} --never-ran`, and then \
                 `migrator upgrade --out-of-order` runs it"
            ),
        );
        return;
    }
    found.add(
        Rule::EditedAfterApplied,
        place,
        format!("`{id}` ran on the database, and its upgrade is another one now"),
        "what was changed never runs there: take it back, and write a new revision",
    );
}

fn two_heads(facts: &Facts<'_>, found: &mut Findings<'_>) {
    if facts.rivals.is_empty() {
        return;
    }
    let revision = facts.revision;
    let rivals = facts.rivals.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ");
    let ids: Vec<&str> = facts.rivals.iter().map(|it| it.as_str()).collect();
    let ids = format!("{} {}", revision.id, ids.join(" "));
    let verb = if facts.rivals.len() == 1 { "is" } else { "are" };
    found.add(
        Rule::TwoHeads,
        revision.spans.id.clone(),
        format!("`{}` is a head, and so {verb} {rivals}: `upgrade head` does not know which", revision.id),
        format!(
            "`migrator rebase {} --onto {}` puts the one line on top of the other, `migrator merge {ids} -m \
             \"…\"` joins them (`migrator heads --check` tries both in memory); give them branch labels \
             if they are to stay apart",
            revision.id, facts.rivals[0]
        ),
    );
}

fn if_not_exists(deed: &Deed<'_>, found: &mut Findings<'_>) {
    if matches!(deed.what, What::Temporary(_)) {
        return;
    }
    let sql = deed.sql;
    // `CREATE UNIQUE INDEX IF NOT EXISTS` has most words before it.
    let words: Vec<Token> = tokens(sql).filter(Token::is_significant).take(8).collect();
    let is = |n: usize, word: &str| words.get(n).is_some_and(|it| it.is_keyword(sql, word));
    let (clause, hidden): (&[&str], _) = if is(0, "CREATE") {
        (&["IF", "NOT", "EXISTS"], "what is there already is taken for it, whatever it is")
    } else if is(0, "DROP") {
        (&["IF", "EXISTS"], "that it is not there is taken for normal")
    } else {
        return;
    };
    let start = (1..4).find(|at| clause.iter().enumerate().all(|(n, word)| is(at + n, word)));
    let Some(start) = start else { return };
    let end = words[start + clause.len() - 1].span.end;
    found.add(
        Rule::IfNotExistsHidesDrift,
        deed.span.start + words[start].span.start..deed.span.start + end,
        format!("{}: {hidden}", clause.join(" ")),
        "leave it out: on a database at the revision before, the statement runs without it, and on \
         any other it should fail",
    );
}
