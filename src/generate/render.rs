//! A script as the text of a body.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::{Note, Script, Step};
use crate::keyword;
use crate::sql::layout::{on_one_line, terminated};
use crate::sql::lexer::{TokenKind, tokens};

/// The body: comments, directives and statements of each step, with a blank line between steps.
pub fn body(script: &Script) -> String {
    let steps: Vec<String> = script.steps.iter().map(step).collect();
    steps.join("\n")
}

fn step(step: &Step) -> String {
    let mut text = String::new();
    for comment in &step.comments {
        // A table may be called like the beginning of a marker.
        let is_near = || keyword::meant(&format!("-- {comment}")).is_some();
        let the = if comment.starts_with("migrate") || is_near() { "table " } else { "" };
        line(&mut text, format_args!("-- {the}{}", without_line_ends(comment).trim_end()));
    }
    for note in &step.notes {
        match note.directive() {
            Some(directive) => line(&mut text, format_args!("{directive}")),
            None => line(
                &mut text,
                format_args!(
                    "-- (not counted, a name has a line end: {})",
                    without_line_ends(&note.rows)
                ),
            ),
        }
        if let Some(flag) = note.flag.as_ref() {
            line(
                &mut text,
                format_args!("-- (autogenerate can write a value: {})", without_line_ends(flag)),
            );
        }
    }
    for statement in &step.statements {
        line(&mut text, format_args!("{}", terminated(&without_markers(statement))));
    }
    text
}

impl Note {
    /// Its line in a body; `None` where a name in the query has a line end, which nothing can stand
    /// in for.
    pub fn directive(&self) -> Option<String> {
        let word = if self.is_refused { "refuse-if" } else { "warn-if" };
        // The query begins at the first of these.
        let ends_message = |it: &str| {
            let it = it.to_ascii_uppercase();
            it.contains(": SELECT ") || it.contains(": WITH ")
        };
        let mut rows = without_line_ends(&self.rows);
        if ends_message(&rows) {
            rows = rows.replace(": ", ":");
        }
        Some(format!("-- migrate:{word} {rows}: {}", query_on_one_line(&self.query)?))
    }
}

/// A query without line ends that finds the same rows.
fn query_on_one_line(query: &str) -> Option<String> {
    if !query.contains(['\n', '\r']) {
        return Some(query.to_owned());
    }
    on_one_line(query, |token| {
        let part = token.text(query);
        if !part.contains(['\n', '\r']) {
            return Some(part.into());
        }
        let joined = part.replace('\r', "' || char(13) || '").replace('\n', "' || char(10) || '");
        (token.kind == TokenKind::String).then(|| format!("({joined})").into())
    })
}

/// A statement that was written elsewhere, without comments that would mean something in a body.
fn without_markers(statement: &str) -> Cow<'_, str> {
    const WORD: &str = "migrate:";
    if !statement.contains(WORD) && !keyword::has_any(statement) {
        return Cow::Borrowed(statement);
    }
    let mut text = String::with_capacity(statement.len());
    for token in tokens(statement) {
        let part = token.text(statement);
        let inner = part.trim_start_matches('-').trim();
        // A revision file with what looks like a marker would be refused.
        let is_near = || keyword::meant(part).is_some() && keyword::behind_allow(part).is_none();
        if token.kind == TokenKind::LineComment && (inner.starts_with(WORD) || is_near()) {
            write!(text, "-- ({inner})").expect("a String takes everything");
        } else if token.kind == TokenKind::BlockComment && is_near() {
            write!(text, "/* ({}", &part["/*".len()..]).expect("a String takes everything");
            text.insert(text.len() - "*/".len(), ')');
        } else {
            text.push_str(part);
        }
    }
    Cow::Owned(text)
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    writeln!(text, "{line}").expect("a String takes everything");
}

/// Names may hold line ends, and a comment ends at the first.
fn without_line_ends(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(rows: &str, query: &str) -> Note {
        Note {
            is_refused: true,
            hazard: String::new(),
            rows: rows.to_owned(),
            query: query.to_owned(),
            flag: None,
            table: String::new(),
            identity: String::new(),
        }
    }

    #[track_caller]
    fn check(rows: &str, query: &str, expected: Option<&str>) {
        assert_eq!(note(rows, query).directive().as_deref(), expected);
    }

    #[test]
    fn a_query_is_one_line() {
        check(
            "rows of t",
            "SELECT id FROM t\n  -- which\n  WHERE a\r\nIS NULL",
            Some("-- migrate:refuse-if rows of t: SELECT id FROM t WHERE a IS NULL"),
        );
        check(
            "rows of t",
            "SELECT id FROM t WHERE a <> 'it''s\r\n2'",
            Some(
                "-- migrate:refuse-if rows of t: SELECT id FROM t WHERE a <> \
                 ('it''s' || char(13) || '' || char(10) || '2')",
            ),
        );
        check("rows of t", "SELECT id FROM \"t\n\"", None);
    }

    #[test]
    fn a_message_holds_no_query() {
        check(
            "rows of x: select y",
            "SELECT 1 FROM t",
            Some("-- migrate:refuse-if rows of x:select y: SELECT 1 FROM t"),
        );
        check("rows\nof t", "SELECT 1", Some("-- migrate:refuse-if rows of t: SELECT 1"));
    }

    #[test]
    fn what_cannot_be_written_is_said() {
        let notes = vec![note("rows of t\n2", "SELECT id FROM \"t\n2\"")];
        let script = Script { steps: vec![Step { notes, ..Step::default() }] };
        assert_eq!(body(&script), "-- (not counted, a name has a line end: rows of t 2)\n");
    }

    #[test]
    fn a_comment_of_the_schema_is_no_marker() {
        let sql = "CREATE TABLE t(/* Migrate:up */ -- migrator: downgrade\n-- migrate:refuse-if rows: SELECT 1\na, -- migrate: later\n\
                   b DEFAULT '\n-- migrate:upgrade\n')";
        let script = Script { steps: vec![Step::new("t", vec![sql.to_owned()])] };
        assert_eq!(
            body(&script),
            "-- t\nCREATE TABLE t(/* ( Migrate:up )*/ -- (migrator: downgrade)\n-- (migrate:refuse-if rows: SELECT 1)\na, -- (migrate: later)\n\
             b DEFAULT '\n-- migrate:upgrade\n');\n"
        );
    }
}
