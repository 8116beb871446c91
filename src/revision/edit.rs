//! Changes to the header of a revision file that leave every other byte as it is.
//!
//! A header is written by people: in quotes of either kind, in arrays over several lines, with
//! comments, with line ends of another system. So nothing is written anew; a value is replaced where
//! it stands, and what comes out is read again.

use std::ops::Range;
use std::sync::Arc;

use super::file::{self, FileProblem, next_line};
use super::{Downgrade, Revision, RevisionId};
use crate::source::{Problem, Source};

/// The revision with `to` where `down_revision` names `from`.
///
/// # Errors
///
/// What is wrong with the text that comes out.
pub fn reparented(
    revision: &Revision,
    from: &RevisionId,
    to: &RevisionId,
) -> Result<Revision, Vec<Problem<FileProblem>>> {
    let edits = edits_of_parents(revision, from, to).collect();
    edited(revision, edits)
}

/// The revision with `to` wherever `down_revision` or `depends_on` names `from`.
///
/// # Errors
///
/// What is wrong with the text that comes out.
pub fn renamed(
    revision: &Revision,
    from: &RevisionId,
    to: &RevisionId,
) -> Result<Revision, Vec<Problem<FileProblem>>> {
    let text = &revision.source.text;
    let dependencies = revision.depends_on.iter().zip(&revision.spans.depends_on);
    let named = dependencies.filter(|(name, _)| *name == from.as_str());
    let edits = named.map(|(_, span)| (span.clone(), like(&text[span.clone()], to)));
    edited(revision, edits.chain(edits_of_parents(revision, from, to)).collect())
}

fn edits_of_parents(
    revision: &Revision,
    from: &RevisionId,
    to: &RevisionId,
) -> impl Iterator<Item = (Range<usize>, String)> {
    let text = &revision.source.text;
    let parents = revision.down_revisions.iter().zip(&revision.spans.down_revisions);
    let named = parents.filter(move |(parent, _)| *parent == from);
    named.map(|(_, span)| (span.clone(), like(&text[span.clone()], to)))
}

/// A base, following `parent`.
///
/// # Errors
///
/// What is wrong with the text that comes out.
pub fn with_parent(
    base: &Revision,
    parent: &RevisionId,
) -> Result<Revision, Vec<Problem<FileProblem>>> {
    let quoted = like("\"", parent);
    let edit = match &base.spans.down_revision {
        Some(span) => (span.clone(), quoted),
        None => line_behind_id(base, &format!("down_revision = {quoted}")),
    };
    edited(base, vec![edit])
}

/// The revision with more lines in its header, right behind that of its id.
///
/// # Errors
///
/// What is wrong with the text that comes out.
pub fn with_lines(
    revision: &Revision,
    lines: &[String],
) -> Result<Revision, Vec<Problem<FileProblem>>> {
    edited(revision, lines.iter().map(|it| line_behind_id(revision, it)).collect())
}

/// The revision with the word `irreversible` behind its empty downgrade's marker.
///
/// # Errors
///
/// What is wrong with the text that comes out, say because the downgrade is not empty.
pub fn irreversible(revision: &Revision) -> Result<Revision, Vec<Problem<FileProblem>>> {
    let text = &revision.source.text;
    let Downgrade::Body(body) = &revision.downgrade else { return Ok(revision.clone()) };
    let marker = text[..body.span.start].trim_end().len();
    let has_marker = text[..marker].ends_with("-- migrate:downgrade");
    let word = if has_marker { " irreversible" } else { "\n-- migrate:downgrade irreversible\n" };
    let at = if has_marker { marker } else { text.len() };
    edited(revision, vec![(at..at, word.to_owned())])
}

/// An array of ids, as TOML.
pub fn array(ids: &[RevisionId]) -> String {
    let ids: Vec<String> = ids.iter().map(|it| like("\"", it)).collect();
    format!("[{}]", ids.join(", "))
}

/// An id as TOML, in the quotes of `old`.
fn like(old: &str, id: &RevisionId) -> String {
    if old.starts_with('\'') && !old.starts_with("'''") {
        format!("'{id}'")
    } else {
        // Of all that must be escaped an id may have only this.
        format!("\"{}\"", id.as_str().replace('\\', "\\\\"))
    }
}

/// A line of the header, to be added behind the id's.
fn line_behind_id(revision: &Revision, toml: &str) -> (Range<usize>, String) {
    let text = &revision.source.text;
    let at = next_line(text, revision.spans.id.end);
    let end = if text[..at].ends_with("\r\n") { "\r\n" } else { "\n" };
    (at..at, format!("-- {toml}{end}"))
}

/// Replaces bytes of the file and reads it again.
fn edited(
    revision: &Revision,
    mut edits: Vec<(Range<usize>, String)>,
) -> Result<Revision, Vec<Problem<FileProblem>>> {
    let mut text = revision.source.text.clone();
    // From the end, so that the other places stay where they are; lines at one place in their order.
    edits.reverse();
    edits.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));
    for (span, new) in edits {
        text.replace_range(span, &new);
    }
    file::parse(&Arc::new(Source { path: revision.source.path.clone(), text }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Revision {
        file::parse(&Arc::new(Source { path: "versions/x.sql".into(), text: text.to_owned() }))
            .unwrap()
    }

    fn id(text: &str) -> RevisionId {
        RevisionId::new(text).unwrap()
    }

    fn file(header: &str) -> String {
        format!("-- /// revision\n{header}-- ///\n-- migrate:upgrade\nSELECT 'b';\n")
    }

    #[track_caller]
    fn check_renamed(header: &str, expected: &str) {
        let found = renamed(&read(&file(header)), &id("b"), &id("new\\")).unwrap();
        assert_eq!(found.source.text, file(expected));
    }

    #[test]
    fn only_the_id_changes() {
        check_renamed(
            "-- revision = \"x\" # not b\n-- down_revision = \"b\" # was \"b\"\n-- message = \"b\"\n",
            "-- revision = \"x\" # not b\n-- down_revision = \"new\\\\\" # was \"b\"\n-- message = \"b\"\n",
        );
        check_renamed(
            "-- down_revision=  'b'\n-- revision = \"x\"\n",
            "-- down_revision=  'new\\'\n-- revision = \"x\"\n",
        );
        check_renamed(
            "-- revision = \"x\"\n-- down_revision = [\n--   \"a\",\n--   'b', # mine\n-- ]\n",
            "-- revision = \"x\"\n-- down_revision = [\n--   \"a\",\n--   'new\\', # mine\n-- ]\n",
        );
        check_renamed(
            "-- revision = \"x\"\n-- down_revision = '''b'''\n-- depends_on = [\"a\", \"b\"]\n",
            "-- revision = \"x\"\n-- down_revision = \"new\\\\\"\n-- depends_on = [\"a\", \"new\\\\\"]\n",
        );
    }

    #[test]
    fn a_byte_order_mark_and_line_ends_stay() {
        let text = |id| {
            format!(
                "\u{feff}-- /// revision\r\n-- revision = \"x\"\r\n-- down_revision = \"{id}\"\r\n-- ///\r\n-- migrate:upgrade\r\n"
            )
        };
        let found = renamed(&read(&text("b")), &id("b"), &id("c")).unwrap();
        assert_eq!(found.source.text, text("c"));
    }

    #[test]
    fn a_base_gets_a_parent() {
        let check = |header: &str, expected: &str| {
            let found = with_parent(&read(header), &id("p")).unwrap();
            assert_eq!(found.source.text, expected);
            assert_eq!(found.down_revisions, [id("p")]);
        };
        check(
            "-- /// revision\r\n-- revision = \"x\" # a base\r\n-- ///\r\n-- migrate:upgrade\r\n",
            "-- /// revision\r\n-- revision = \"x\" # a base\r\n-- down_revision = \"p\"\r\n-- ///\r\n-- migrate:upgrade\r\n",
        );
        check(
            &file("-- revision = \"x\"\n-- down_revision = [ ]\n"),
            &file("-- revision = \"x\"\n-- down_revision = \"p\"\n"),
        );
    }

    #[test]
    fn the_way_back_is_closed() {
        let check = |text: &str, expected: &str| {
            let found = irreversible(&read(text)).unwrap();
            assert_eq!(found.source.text, expected);
            assert!(matches!(found.downgrade, Downgrade::Irreversible(_)));
        };
        let head = file("-- revision = \"x\"\n");
        check(
            &format!("{head}\n-- migrate:downgrade\n-- none\n"),
            &format!("{head}\n-- migrate:downgrade irreversible\n-- none\n"),
        );
        check(&head, &format!("{head}\n-- migrate:downgrade irreversible\n"));
        assert!(irreversible(&read(&format!("{head}-- migrate:downgrade\nSELECT 1;"))).is_err());
    }

    #[test]
    fn lines_are_added_in_their_order() {
        let lines = [
            format!("replaces = {}", array(&[id("a"), id("b")])),
            "transaction = false".to_owned(),
        ];
        let found = with_lines(&read(&file("-- revision = \"x\"\n")), &lines).unwrap();
        assert_eq!(
            found.source.text,
            file("-- revision = \"x\"\n-- replaces = [\"a\", \"b\"]\n-- transaction = false\n")
        );
        assert_eq!(found.replaces, [id("a"), id("b")]);
        assert!(found.mode.autocommit);
    }
}
