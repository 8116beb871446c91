//! Names in double quotes that SQLite takes for strings.

use std::ops::Range;

use super::LintError;
use super::deed::{Deed, What, deeds};
use crate::db::{Lock, ObjectState, Quoting, Scratch};
use crate::revision::{Body, Revision};
use crate::schema::Name;
use crate::sql::head::{Verb, verb};
use crate::sql::lexer::{TokenKind, tokens};

/// The quoted names of a body that SQLite takes for strings: it refuses to where it is told not
/// to take them.
pub fn strings(
    scratch: &Scratch,
    revision: &Revision,
    body: &Body,
) -> Result<Vec<Range<usize>>, LintError> {
    let text = &revision.source.text;
    let queries = body.directives.iter().map(|it| &it.query);
    let mut found: Vec<Range<usize>> =
        queries.filter_map(|it| string_in(scratch, text, it)).collect();
    let is_quoted: Vec<bool> =
        body.statements.iter().map(|it| has_quotes(&text[it.clone()])).collect();
    if !is_quoted.contains(&true) {
        return Ok(found);
    }
    if revision.mode.autocommit {
        found.extend(strings_in(&scratch.copy()?, revision, body, &is_quoted)?);
        return Ok(found);
    }
    let database = scratch.database();
    database.begin(Lock::Write)?;
    let of_statements = strings_in(scratch, revision, body, &is_quoted);
    scratch.set_quoting(Quoting::Lenient)?;
    database.rollback()?;
    database.reset_settings()?;
    found.extend(of_statements?);
    Ok(found)
}

/// The quoted name in a piece of SQL that SQLite takes for a string.
fn string_in(scratch: &Scratch, text: &str, span: &Range<usize>) -> Option<Range<usize>> {
    let sql = &text[span.clone()];
    let is_lenient = has_quotes(sql) && scratch.compiles(sql, Quoting::Lenient).is_ok();
    let err = scratch.compiles(sql, Quoting::Strict).err().filter(|_| is_lenient)?;
    let within = err.span_in(sql);
    Some(span.start + within.start..span.start + within.end)
}

/// Runs the statements of a body, and compiles those that have quotes a second time.
fn strings_in(
    scratch: &Scratch,
    revision: &Revision,
    body: &Body,
    is_quoted: &[bool],
) -> Result<Vec<Range<usize>>, LintError> {
    let text = &revision.source.text;
    let deeds = deeds(revision, body);
    let makes =
        |(deed, is_quoted): (&Deed<'_>, &bool)| *is_quoted && matches!(deed.what, What::Create(_));
    let makes_objects = deeds.iter().zip(is_quoted).any(makes);
    let before = if makes_objects { scratch.objects()? } else { ObjectState::default() };
    let mut found = Vec::new();
    for (span, is_quoted) in body.statements.iter().zip(is_quoted) {
        if *is_quoted {
            found.extend(string_in(scratch, text, span));
        }
        // What does not run is said where it runs for real.
        if scratch.execute(&text[span.clone()]).is_err() {
            return Ok(found);
        }
    }
    if !makes_objects {
        return Ok(found);
    }
    // What stands in a view or a trigger is looked at only when they are used.
    let lenient = scratch.objects()?;
    scratch.set_quoting(Quoting::Strict)?;
    for broken in scratch.objects()?.newly_broken_since(&lenient) {
        if before.broken.contains_key(&broken.name) {
            continue;
        }
        let string = broken.message.split_once("no such column: ").map_or("", |(_, it)| it);
        let end = string.get(1..).and_then(|it| it.find('"')).map_or(0, |it| it + 2);
        let string = &string[..end];
        let name = Name::new(broken.name.as_str());
        found.extend(deeds.iter().find_map(|it| {
            let makes = matches!(it.what, What::Create(_)) && it.names(&name);
            let token = tokens(it.sql).find(|token| makes && token.text(it.sql) == string)?;
            Some(it.span.start + token.span.start..it.span.start + token.span.end)
        }));
    }
    Ok(found)
}

/// Whether a statement has a `"…"`. A PRAGMA may act as soon as it is compiled.
fn has_quotes(sql: &str) -> bool {
    let is_pragma = verb(sql) == Verb::Pragma;
    let is_quoted =
        |kind: TokenKind, text: &str| kind == TokenKind::QuotedIdentifier && text.starts_with('"');
    !is_pragma && tokens(sql).any(|it| is_quoted(it.kind, it.text(sql)))
}
