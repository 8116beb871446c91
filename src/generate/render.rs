//! A script as the text of a body.

use std::fmt::Write as _;

use super::{Script, Step};
use crate::sql::layout::terminated;

/// The body: comments, directives and statements of each step, with a blank line between steps.
pub fn body(script: &Script) -> String {
    let steps: Vec<String> = script.steps.iter().map(step).collect();
    steps.join("\n")
}

fn step(step: &Step) -> String {
    let mut text = String::new();
    for comment in &step.comments {
        // A table may be called like the beginning of a marker.
        let the = if comment.starts_with("migrate") { "table " } else { "" };
        line(&mut text, format_args!("-- {the}{}", without_line_ends(comment)));
    }
    for note in &step.notes {
        // A query is one line, and a line end in a name or a text cannot be left out of it.
        let ends_line = |it: &str| it.contains(['\n', '\r']);
        if ends_line(&note.query)
            || note.rows.contains(": SELECT ")
            || note.rows.contains(": WITH ")
        {
            continue;
        }
        let directive = if note.is_refused { "refuse-if" } else { "warn-if" };
        line(
            &mut text,
            format_args!(
                "-- migrate:{directive} {}: {}",
                without_line_ends(&note.rows),
                without_line_ends(&note.query)
            ),
        );
        if let Some(flag) = note.flag.as_ref() {
            line(
                &mut text,
                format_args!("-- (autogenerate can write a value: {})", without_line_ends(flag)),
            );
        }
    }
    for statement in &step.statements {
        line(&mut text, format_args!("{}", terminated(statement)));
    }
    text
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    writeln!(text, "{line}").expect("a String takes everything");
}

/// Names may hold line ends, and a comment ends at the first.
fn without_line_ends(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}
