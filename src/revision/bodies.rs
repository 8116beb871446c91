//! The bodies of a revision file: the markers behind the header, and what stands below each.

use std::ops::Range;

use super::directive::{self, DirectiveProblem};
use super::file::{FileProblem, Problems, lines_from, next_line};
use super::{Body, Downgrade};
use crate::keyword::{self, Keyword};
use crate::similar::similar;
use crate::sql::lexer::{TokenKind, tokens};
use crate::sql::statement::{SplitError, split};

/// What a marker begins with, at the very beginning of its line.
pub(super) const MARKER: &str = "-- migrate:";
/// The markers, without [`MARKER`].
pub(super) const MARKERS: [&str; 3] = ["upgrade", "downgrade", "downgrade irreversible"];

/// A marker and the bytes of its line.
struct Marker<'a> {
    line: Range<usize>,
    text: &'a str,
}

/// Finds the bodies behind the header.
///
/// A line that looks like a marker but stands inside a string or a comment is none. Whether it
/// does is known from the SQL before it: where that is complete, the line begins at a token.
pub(super) fn find_bodies(
    text: &str,
    start: usize,
    problems: &mut Problems,
) -> Option<(Body, Downgrade)> {
    let mut markers: Vec<Marker<'_>> = Vec::new();
    let mut segments: Vec<Range<usize>> = Vec::new();
    let mut found = Vec::new();
    let mut segment_start = start;
    // The end of the string or comment that the last candidate stood in: a text of many lines that
    // look like markers must not be read again for each of them.
    let mut open_until = start;
    // A directive ends no body: it is found in there later.
    let candidates = lines_from(text, start)
        .filter(|(_, line)| line.starts_with(MARKER) && !directive::is_directive(line));
    for (line, marker) in candidates {
        if line.start < open_until {
            continue;
        }
        let segment = segment_start..line.start;
        let result = split(&text[segment.clone()]);
        let open = result.as_ref().err().and_then(|them| them.iter().find(|(_, it)| is_open(it)));
        if let Some((span, _)) = open {
            let opening = segment_start + span.start;
            let token = tokens(&text[opening..]).next();
            open_until = token.map_or(text.len(), |it| opening + it.span.end);
            continue;
        }
        found.push((segment.start, result));
        segment_start = next_line(text, line.end);
        segments.push(segment);
        markers.push(Marker { line, text: marker.trim_end() });
    }
    found.push((segment_start, split(&text[segment_start..])));
    segments.push(segment_start..text.len());

    let n_problems = problems.len();
    let mut statements: Vec<Vec<Range<usize>>> = Vec::with_capacity(found.len());
    for (offset, result) in found {
        let place = |span: Range<usize>| span.start + offset..span.end + offset;
        statements.push(match result {
            Ok(statements) => statements.into_iter().map(|it| place(it.span)).collect(),
            Err(errors) => {
                let errors = errors.into_iter();
                problems.extend(errors.map(|(span, err)| (place(span), FileProblem::Sql(err))));
                Vec::new()
            }
        });
    }

    if let Some(first) = statements[0].first() {
        problems.push((first.clone(), FileProblem::SqlBeforeMarker));
    }
    for segment in &segments {
        refuse_near_misses(text, segment, problems);
    }
    // A file has two bodies at most, and directives belong to one of them.
    if let Some(before) = segments.first() {
        refuse_directives(text, before, problems);
    }
    let mut upgrade = None;
    let mut downgrade = None;
    for (idx, marker) in markers.iter().enumerate() {
        let span = segments[idx + 1].clone();
        let statements = std::mem::take(&mut statements[idx + 1]);
        let what = marker.text.strip_prefix(MARKER).unwrap_or_default().trim();
        let mut words = what.split_whitespace();
        let words = [words.next(), words.next(), words.next()];
        let (slot_is_taken, is_downgrade) = match words {
            [Some("upgrade"), None, _] => (upgrade.is_some(), false),
            [Some("downgrade"), None, _] | [Some("downgrade"), Some("irreversible"), None] => {
                (downgrade.is_some(), true)
            }
            _ => {
                problems.push((marker.line.clone(), unknown_marker(marker.text, what)));
                continue;
            }
        };
        if slot_is_taken {
            let found = marker.text.to_owned();
            problems.push((marker.line.clone(), FileProblem::MarkerTwice { found }));
        } else if !is_downgrade {
            if downgrade.is_some() {
                problems.push((marker.line.clone(), FileProblem::MarkerOrder));
            }
            let directives = directive::find(text, &span, problems);
            upgrade = Some(Body { span, statements, directives });
        } else if words[1].is_some() {
            if let Some(statement) = statements.into_iter().next() {
                problems.push((statement, FileProblem::IrreversibleWithSql));
            }
            refuse_directives(text, &span, problems);
            downgrade = Some(Downgrade::Irreversible(marker.line.clone()));
        } else {
            let directives = directive::find(text, &span, problems);
            downgrade = Some(Downgrade::Body(Body { span, statements, directives }));
        }
    }
    if upgrade.is_none() && problems.len() == n_problems {
        let end = text.trim_end().len();
        problems.push((end..end, FileProblem::NoUpgradeMarker));
    }
    let nothing = Body { span: text.len()..text.len(), ..Body::default() };
    Some((upgrade?, downgrade.unwrap_or(Downgrade::Body(nothing))))
}

/// Reports the directives at `span`, where no body is.
pub(super) fn refuse_directives(text: &str, span: &Range<usize>, problems: &mut Problems) {
    for found in directive::find(text, span, problems) {
        problems.push((found.span, FileProblem::Directive(DirectiveProblem::NoBody)));
    }
}

/// Reports the comments at `span` that look like ours and are none: SQLite and migrator would both
/// pass over them.
pub(super) fn refuse_near_misses(text: &str, span: &Range<usize>, problems: &mut Problems) {
    let sql = &text[span.clone()];
    if !keyword::has_any(sql) {
        return;
    }
    for token in tokens(sql) {
        if !matches!(token.kind, TokenKind::LineComment | TokenKind::BlockComment) {
            continue;
        }
        let comment = token.text(sql).trim_end();
        // What a hint is for stands in declared files.
        let Some(meant) = keyword::meant(comment).filter(|it| *it != Keyword::Renamed) else {
            continue;
        };
        let begins_line = token.span.start == 0 || sql[..token.span.start].ends_with('\n');
        let is_read = (begins_line && comment.starts_with(MARKER))
            || directive::is_misplaced(comment)
            || keyword::behind_allow(comment).is_some();
        if !is_read {
            let start = span.start + token.span.start;
            let problem = FileProblem::NearMiss { meant: meant.as_written() };
            problems.push((start..start + comment.len(), problem));
        }
    }
}

/// A marker that means nothing; `what` is its line without [`MARKER`].
fn unknown_marker(line: &str, what: &str) -> FileProblem {
    let markers = similar(what, MARKERS);
    // Of a directive the first word decides, and the rest of its line may be long.
    let word = what.split_whitespace().next().unwrap_or_default();
    let directives = similar(word, directive::words());
    let (found, similar) = match keyword::meant(line) {
        Some(Keyword::Allow) => (word, vec![Keyword::Allow.as_written().to_owned()]),
        _ if markers.is_empty() && !directives.is_empty() => (word, prefixed(&directives)),
        _ => (what, prefixed(&markers)),
    };
    FileProblem::UnknownMarker { found: format!("{MARKER}{found}"), similar }
}

/// The words as they are written.
fn prefixed(words: &[&str]) -> Vec<String> {
    words.iter().map(|it| format!("{MARKER}{it}")).collect()
}

/// Whether the problem is a string, a name or a comment that has not ended where the text does.
fn is_open(problem: &SplitError) -> bool {
    match problem {
        SplitError::UnterminatedString
        | SplitError::UnterminatedIdentifier { .. }
        | SplitError::UnterminatedComment => true,
        SplitError::UnterminatedTrigger | SplitError::Nul | SplitError::IllegalToken { .. } => {
            false
        }
    }
}
