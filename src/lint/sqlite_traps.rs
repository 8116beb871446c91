//! Rules about what SQLite does, and does not say.

use std::ops::Range;

use super::deed::{Alteration, Deed, What};
use super::facts::Facts;
use super::finding::Findings;
use crate::diff::Change;
use crate::rule::Rule;
use crate::schema::{Action, ForeignKey, Fragment, Name, Schema, Table};
use crate::sql::head::{Verb, head};
use crate::sql::lexer::{Token, TokenKind, tokens};
use crate::sql::quote::identifier;
use crate::sql::transaction_control::forbidden_in_transaction;

/// The rules that look at the text of statements.
pub fn check_texts(facts: &Facts<'_>, found: &mut Findings<'_>) {
    for deed in facts.deeds() {
        pragma(facts, deed, found);
        attach(deed, found);
        trailing_comment(facts, deed, found);
        default_in_quotes(deed, found);
    }
}

/// The rules that look at what the upgrade does.
pub fn check_changes(facts: &Facts<'_>, found: &mut Findings<'_>) {
    for place in &facts.trial.strings {
        quoted(&facts.revision.source.text[place.clone()], place.clone(), found);
    }
    for (name, message) in &facts.trial.broken {
        let creates = |it: &Deed<'_>| matches!(&it.what, What::Create(_)) && it.names(name);
        let changes =
            |it: &Deed<'_>| matches!(it.what, What::Alter(..) | What::DropTable(_) | What::Drop(_));
        let mut deeds = facts.upgrade.iter();
        let deed = deeds.clone().find(|it| creates(it)).or_else(|| deeds.find(|it| changes(it)));
        let deed = deed.or(facts.upgrade.first());
        let place = deed.map_or_else(|| facts.revision.spans.id.clone(), |it| it.span.clone());
        found.add(
            Rule::BrokenViewOrTrigger,
            place,
            format!("after the upgrade `{name}` does not compile: {message}"),
            "drop it before, and create it anew after what it needs has changed",
        );
    }
    if let Some(change) = &facts.change {
        parents_dropped(facts, &facts.upgrade, change.all_before.as_ref(), found);
        parents_dropped(facts, &facts.downgrade, change.all_after.as_ref(), found);
    }
}

/// `DEFAULT "new"`: SQLite takes that for a string whatever it is told, since no column can stand
/// there.
fn default_in_quotes(deed: &Deed<'_>, found: &mut Findings<'_>) {
    let defines = matches!(deed.what, What::CreateTable(_) | What::Alter(..));
    if !defines || !deed.sql.contains('"') {
        return;
    }
    let words: Vec<Token> = tokens(deed.sql).filter(Token::is_significant).collect();
    for pair in words.windows(2) {
        let [word, value] = pair else { continue };
        let text = value.text(deed.sql);
        if word.is_keyword(deed.sql, "DEFAULT") && text.starts_with('"') {
            let place = deed.span.start + value.span.start..deed.span.start + value.span.end;
            quoted(text, place, found);
        }
    }
}

fn quoted(text: &str, place: Range<usize>, found: &mut Findings<'_>) {
    let inner = text.trim_matches('"');
    found.add(
        Rule::DoubleQuotedString,
        place,
        format!("{text} names no column here, and SQLite takes it for the string '{inner}'"),
        format!("write '{inner}' if it is a string, or correct the name"),
    );
}

fn pragma(facts: &Facts<'_>, deed: &Deed<'_>, found: &mut Findings<'_>) {
    if facts.revision.mode.autocommit {
        return;
    }
    let Some(forbidden) = forbidden_in_transaction(deed.sql) else { return };
    if forbidden.what.starts_with("PRAGMA") {
        let start = deed.span.start;
        found.add(
            Rule::PragmaInTransaction,
            start + forbidden.span.start..start + forbidden.span.end,
            format!("`{}` {}", forbidden.what, forbidden.reason),
            "`upgrade` refuses it; leave it out, or write `-- transaction = false` or \
             `-- foreign_keys = true` into the header",
        );
    }
}

fn attach(deed: &Deed<'_>, found: &mut Findings<'_>) {
    let word = tokens(deed.sql).next().filter(|it| it.is_keyword(deed.sql, "ATTACH"));
    if let Some(word) = word {
        let start = deed.span.start;
        found.add(
            Rule::AttachInWal,
            start + word.span.start..start + word.span.end,
            "ATTACH adds a database that need not be committed together with this one",
            "a crash between the two leaves them at different revisions if one keeps a write-ahead log; \
             give each database a version table of its own",
        );
    }
}

/// SQLite pastes the text of a new column into the stored `CREATE TABLE`, comment included.
fn trailing_comment(facts: &Facts<'_>, deed: &Deed<'_>, found: &mut Findings<'_>) {
    if !matches!(deed.what, What::Alter(_, Alteration::AddColumn(_))) {
        return;
    }
    let rest = &facts.revision.source.text[deed.span.end..];
    let mut behind = tokens(rest);
    let comment = behind.by_ref().find(|it| it.kind != TokenKind::Whitespace);
    let Some(comment) = comment.filter(|it| it.kind == TokenKind::LineComment) else { return };
    // A comment on a line of its own belongs to what follows, unless the semicolon comes only then.
    let is_on_line = !rest[..comment.span.start].contains('\n');
    let mut next = behind.filter(Token::is_significant);
    let is_inside = next.next().is_some_and(|it| it.kind == TokenKind::Semicolon);
    if is_on_line || is_inside {
        let start = deed.span.end;
        found.add(
            Rule::TrailingCommentInAddColumn,
            start + comment.span.start..start + comment.span.end,
            "the comment stands between a new column and its semicolon",
            "SQLite pastes it into the stored CREATE TABLE, where it swallows what follows; migrator \
             leaves it out, other programs that run the statement fail: put it above",
        );
    }
}

/// `DROP TABLE` with foreign keys enforced deletes the rows of the table first, which its children
/// pass on.
fn parents_dropped(
    facts: &Facts<'_>,
    body: &[Deed<'_>],
    before: Option<&Schema>,
    found: &mut Findings<'_>,
) {
    let Some(before) = before else { return };
    let mut is_enforced = facts.revision.mode.foreign_keys;
    let mut gone: Vec<&Name> = Vec::new();
    for deed in body {
        if facts.revision.mode.autocommit
            && let Some(on) = sets_foreign_keys(deed.sql)
        {
            is_enforced = on;
        }
        let What::DropTable(table) = &deed.what else { continue };
        let children =
            before.tables.iter().filter(|it| it.name != *table && !gone.contains(&&it.name));
        let child = children
            .into_iter()
            .find(|child| child.foreign_keys.iter().any(|it| acts_on(it, table)));
        if let Some(child) = child.filter(|_| is_enforced) {
            found.add(
                Rule::DropParentWithCascade,
                deed.span.clone(),
                format!(
                    "foreign keys are enforced here, and dropping `{table}` deletes or changes the rows of `{}`",
                    child.name
                ),
                "leave out `foreign_keys = true`: migrator has them off while a body runs, and checks \
                 afterwards that no row lost its parent",
            );
        }
        gone.push(table);
    }
}

fn acts_on(key: &ForeignKey, parent: &Name) -> bool {
    let acts = matches!(key.on_delete, Action::Cascade | Action::SetNull | Action::SetDefault);
    key.parent == *parent && acts
}

/// What `PRAGMA foreign_keys = …` sets.
pub fn sets_foreign_keys(sql: &str) -> Option<bool> {
    let head = head(sql);
    if head.verb != Verb::Pragma || !head.name?.eq_ignore_ascii_case("foreign_keys") {
        return None;
    }
    let rest = &sql[head.end..];
    let value = tokens(rest).filter(Token::is_significant).nth(1)?;
    let value = value.text(rest).trim_matches('\'');
    Some(["1", "on", "true", "yes"].iter().any(|it| it.eq_ignore_ascii_case(value)))
}

/// A foreign key whose rows are searched one by one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unindexed {
    /// Its table.
    pub table: Name,
    /// Its columns.
    pub columns: Vec<Name>,
    /// Where it was made, or its index dropped.
    pub place: Range<usize>,
    /// The table that it references.
    pub parent: Name,
}

/// The foreign keys that have no index after the upgrade, and had none to miss or one before it.
///
/// Whether a later revision makes one, the caller knows.
pub fn unindexed(facts: &Facts<'_>) -> Vec<Unindexed> {
    let Some((change, diff)) = facts.diff() else { return Vec::new() };
    let mut found = Vec::new();
    let mut add = |table: &Table, key: &ForeignKey| {
        if is_indexed(&change.after, table, &key.columns) {
            return;
        }
        let place = facts.place(&table.name, key.columns.first(), &|it| {
            matches!(it.what, What::CreateTable(_) | What::Alter(..)) && it.names(&key.parent)
        });
        let (table, columns, parent) =
            (table.name.clone(), key.columns.clone(), key.parent.clone());
        found.push(Unindexed { table, columns, place, parent });
    };
    for table in &diff.tables {
        if let Change::Added(table) = table {
            table.foreign_keys.iter().for_each(|it| add(table, it));
        }
    }
    for altered in &diff.altered {
        // One that acts otherwise from now on has missed its index before.
        let is_old = |key: &ForeignKey| {
            altered.foreign_keys.dropped.iter().any(|it| it.columns == key.columns)
                && !is_indexed(&change.before, altered.from, &key.columns)
        };
        let added = altered.foreign_keys.added.iter().filter(|it| !is_old(it));
        added.for_each(|it| add(altered.to, it));
    }
    // What had an index and has it no more.
    for table in &change.after.tables {
        let Some(old) = change.before.table(&table.name) else { continue };
        for key in table.foreign_keys.iter().filter(|it| old.foreign_keys.contains(it)) {
            if is_indexed(&change.before, old, &key.columns) {
                add(table, key);
            }
        }
    }
    found
}

/// Reports such a foreign key.
pub fn report_unindexed(it: &Unindexed, found: &mut Findings<'_>) {
    let list = it.columns.iter().map(Name::as_str).collect::<Vec<_>>().join(", ");
    let quoted = |name: &Name| identifier(name.as_str()).into_owned();
    let index = Name::new(format!("ix_{}_{}", it.table, it.columns[0]));
    let columns = it.columns.iter().map(quoted).collect::<Vec<_>>().join(", ");
    found.add(
        Rule::MissingIndexOnForeignKey,
        it.place.clone(),
        format!(
            "no index begins with `{}` ({list}): each row of `{}` that is deleted or changed reads the whole table",
            it.table, it.parent
        ),
        format!("CREATE INDEX {} ON {} ({columns});", quoted(&index), quoted(&it.table)),
    );
}

/// Whether an index, a key or the rowid finds the rows of a table by these columns.
pub fn is_indexed(schema: &Schema, table: &Table, columns: &[Name]) -> bool {
    let leads = |key: &[Name]| {
        key.len() >= columns.len() && key[..columns.len()].iter().all(|it| columns.contains(it))
    };
    let names = |columns: &[crate::schema::KeyColumn]| -> Vec<Name> {
        columns.iter().map(|it| it.name.clone()).collect()
    };
    table.primary_key.iter().any(|it| leads(&names(&it.columns)))
        || table.uniques.iter().any(|it| leads(&names(&it.columns)))
        || schema.indexes.iter().any(|it| {
            let is_usable = it.condition.as_ref().is_none_or(|it| is_not_null(it, columns));
            // An expression is no column.
            let column = |n| it.column(n).map_or_else(|| Name::new(""), |it| it.0);
            let key: Vec<Name> = (0..it.columns.len()).map(column).collect();
            it.table == table.name && is_usable && leads(&key)
        })
}

/// `a IS NOT NULL`, which every search for a value of `a` implies.
fn is_not_null(condition: &Fragment, columns: &[Name]) -> bool {
    columns.iter().any(|it| *condition == Fragment::new(&format!("{it} IS NOT NULL")))
}
