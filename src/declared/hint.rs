//! `-- migrator:renamed from NAME`, directly above the `CREATE TABLE` that it is about.
//!
//! A hint that is not understood, or that belongs to nothing, is an error: without it the table would
//! be dropped and made anew. Those at columns are read with the columns, from the text that SQLite
//! keeps; here it is only seen to that they are hints.

use std::collections::HashMap;
use std::sync::Arc;

use super::error::DeclaredProblem;
use super::statement::{Declaration, Kind};
use crate::keyword::{self, Keyword};
use crate::schema::{self, Name, ObjectKind, Schema};
use crate::source::{Location, Problem, Source};
use crate::sql::lexer::{Token, TokenKind, tokens};
use crate::sql::statement::Statement;

/// Reads the hints of a text into its declarations.
pub(super) fn read(
    source: &Arc<Source>,
    statements: &[Statement],
    declarations: &mut [Declaration],
    problems: &mut Vec<Problem<DeclaredProblem>>,
) {
    let text = source.text.as_str();
    // Most files have none.
    if !text.contains("migrator:") && !keyword::has_any(text) {
        return;
    }
    for comment in tokens(text).filter(is_comment) {
        let Some(name) = renamed_from(comment.text(text)) else { continue };
        let mut refuse = |kind| problems.push(Problem::new(source, comment.span.clone(), kind));
        let Ok(name) = name else {
            refuse(DeclaredProblem::HintForm);
            continue;
        };
        // The first statement that ends behind the comment holds it or comes after it.
        let next = statements.partition_point(|it| it.span.end <= comment.span.start);
        let span = statements.get(next).map(|it| it.span.clone());
        let holder = span.clone().and_then(|span| {
            let mut tables = declarations
                .iter_mut()
                .filter(|it| matches!(it.kind, Kind::Table | Kind::VirtualTable));
            tables.find(|it| it.location.span == span)
        });
        match (span, holder) {
            (Some(span), Some(table)) if span.start < comment.span.start => {
                // At a column.
                if table.kind != Kind::Table {
                    refuse(DeclaredProblem::HintPlace);
                }
            }
            (Some(span), Some(table)) if is_directly_above(text, &comment, span.start) => {
                if table.renamed_from.is_some() {
                    refuse(DeclaredProblem::HintTwice { table: table.name.clone() });
                }
                table.renamed_from = Some(name);
            }
            _ => refuse(DeclaredProblem::HintPlace),
        }
    }
}

/// The hints inside a `CREATE TABLE` that no column has: those on the line of a constraint, say.
pub(super) fn unattached(
    schema: &Schema,
    places: &HashMap<(ObjectKind, Name), Location>,
) -> Vec<Problem<DeclaredProblem>> {
    let mut problems = Vec::new();
    for table in &schema.tables {
        let Some(place) = places.get(&(ObjectKind::Table, table.name.clone())) else { continue };
        let text = &place.source.text[place.span.clone()];
        if !text.contains("migrator:") {
            continue;
        }
        let mut names: Vec<&Name> =
            table.columns.iter().filter_map(|it| it.renamed_from.as_ref()).collect();
        for comment in tokens(text).filter(is_comment) {
            let Some(Ok(name)) = renamed_from(comment.text(text)) else { continue };
            if let Some(known) = names.iter().position(|it| **it == name) {
                names.swap_remove(known);
                continue;
            }
            let start = place.span.start + comment.span.start;
            let span = start..start + comment.span.len();
            problems.push(Problem::new(&place.source, span, DeclaredProblem::HintPlace));
        }
    }
    problems
}

/// The name in a comment that is a hint, or that should be one.
fn renamed_from(comment: &str) -> Option<Result<Name, ()>> {
    let content = comment.trim_start_matches(['-', '/', '*']).trim_start();
    let is_near = || keyword::meant(comment) == Some(Keyword::Renamed);
    (content.starts_with("migrator:") || is_near())
        .then(|| schema::hint::renamed_from(comment).ok_or(()))
}

/// Whether a comment has its line for itself, and nothing but such lines is between it and the
/// statement at `start`.
fn is_directly_above(text: &str, comment: &Token, start: usize) -> bool {
    let line_start = text[..comment.span.start].rfind('\n').map_or(0, |newline| newline + 1);
    let before = text[line_start..comment.span.start].trim_start_matches('\u{feff}');
    let between = &text[comment.span.end..start];
    before.trim().is_empty()
        && tokens(between).all(|it| match it.kind {
            TokenKind::Whitespace => it.text(between).matches('\n').count() < 2,
            _ => is_comment(&it),
        })
}

fn is_comment(token: &Token) -> bool {
    matches!(token.kind, TokenKind::LineComment | TokenKind::BlockComment)
}

#[cfg(test)]
mod tests {
    use super::super::statement;
    use super::*;

    /// The hints, `new<old`, and what is wrong.
    #[track_caller]
    fn check(text: &str, expected: &str) {
        let source = Arc::new(Source { path: "schema.sql".into(), text: text.to_owned() });
        let (mut found, mut problems) = (Vec::new(), Vec::new());
        statement::read(&source, &mut found, &mut problems);
        let hints = found
            .iter()
            .filter_map(|it| it.renamed_from.as_ref().map(|old| format!("{}<{old}", it.name)));
        let problems = problems.iter().map(|it| {
            let (line, column) = it.location.line_column();
            format!("{line}:{column} {}", it.kind)
        });
        assert_eq!(hints.chain(problems).collect::<Vec<_>>().join(", "), expected);
    }

    const FORM: &str = "a hint reads `-- migrator:renamed from NAME`";
    const PLACE: &str = "this hint stands neither directly above a `CREATE TABLE` nor at a column";

    #[test]
    fn a_hint_stands_above_its_table() {
        check("-- migrator:renamed from b\nCREATE TABLE a(x);", "a<b");
        check("\u{feff}--migrator:renamed from \"b c\"\r\nCREATE TABLE a(x);", "a<b c");
        check(
            "CREATE TABLE z(x);\n-- Posts.\n  -- migrator:renamed from b\n-- !\nCREATE TABLE a(x);",
            "a<b",
        );
        check("/* migrator:renamed from b */\nCREATE TABLE a(x);", "a<b");
        check("-- migrator:renamed from b, as agreed\nCREATE TABLE a(x);", "a<b");
        check("-- migrator:renamed from b\nCREATE VIRTUAL TABLE a USING fts5(x);", "a<b");
        check("CREATE TABLE a(x, -- migrator:renamed from y\n z);", "");
        check("CREATE TABLE a(x); -- renamed from b\n", "");
    }

    #[test]
    fn a_hint_that_belongs_to_nothing_is_an_error() {
        check("-- migrator:renamed from b\n\nCREATE TABLE a(x);", &format!("1:1 {PLACE}"));
        check("-- migrator:renamed from b\nCREATE VIEW a AS SELECT 1;", &format!("1:1 {PLACE}"));
        check(
            "CREATE TABLE c(x); -- migrator:renamed from b\nCREATE TABLE a(x);",
            &format!("1:20 {PLACE}"),
        );
        check("CREATE TABLE a(x);\n-- migrator:renamed from b\n", &format!("2:1 {PLACE}"));
        check("CREATE VIEW a AS SELECT -- migrator:renamed from b\n1;", &format!("1:25 {PLACE}"));
    }

    #[test]
    fn a_hint_that_is_none_is_an_error() {
        check("-- migrator:rename from b\nCREATE TABLE a(x);", &format!("1:1 {FORM}"));
        for near in ["Migrator:renamed", "migrate:renamed", "migrator: renamed", "migrator renamed"]
        {
            check(&format!("-- {near} from b\nCREATE TABLE a(x);"), &format!("1:1 {FORM}"));
        }
        check("CREATE TABLE a(x -- Migrator:renamed from y\n);", &format!("1:18 {FORM}"));
        check("-- migrate: rename the users\nCREATE TABLE a(x);", "");
        check("-- migrator:renamed from\nCREATE TABLE a(x);", &format!("1:1 {FORM}"));
        check("-- migrator:renamed from 1\nCREATE TABLE a(x);", &format!("1:1 {FORM}"));
        check("CREATE TABLE a(x -- migrator:renamed form y\n);", &format!("1:18 {FORM}"));
        check(
            "-- migrator:renamed from b\n-- migrator:renamed from c\nCREATE TABLE a(x);",
            "a<c, 2:1 `a` has two hints",
        );
    }
}
