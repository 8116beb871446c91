//! Text files as they were read, and places in them.
//!
//! Every error about a file a user wrote carries a [`Location`], so that the one renderer can quote
//! the line. Spans are byte ranges; lines and columns exist only when something is shown.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

/// A text file and the path it was read from.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// The path, as it is shown to people.
    pub path: PathBuf,
    /// The whole text, a byte order mark included.
    pub text: String,
}

/// A place in a [`Source`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The file.
    pub source: Arc<Source>,
    /// Bytes of its text; may be empty, never out of bounds.
    pub span: Range<usize>,
}

impl Location {
    /// A place in `source`; `span` is clamped to its text.
    pub fn new(source: &Arc<Source>, span: Range<usize>) -> Self {
        let end = span.end.min(source.text.len());
        Self { source: Arc::clone(source), span: span.start.min(end)..end }
    }

    /// The line and the column of the first byte, both counted from 1, the column in characters.
    pub fn line_column(&self) -> (usize, usize) {
        line_column(&self.source.text, self.span.start)
    }
}

/// The line and the column of a byte offset, both counted from 1, the column in characters.
pub fn line_column(text: &str, offset: usize) -> (usize, usize) {
    let mut before = text.len().min(offset);
    while !text.is_char_boundary(before) {
        before -= 1;
    }
    let before = &text[..before];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let column = before[line_start..].trim_start_matches('\u{feff}').chars().count() + 1;
    (line, column)
}

/// Something wrong at a place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem<K> {
    /// Where.
    pub location: Location,
    /// What.
    pub kind: K,
}

impl<K> Problem<K> {
    /// A problem of kind `kind` at `span` of `source`.
    pub fn new(source: &Arc<Source>, span: Range<usize>, kind: K) -> Self {
        Self { location: Location::new(source, span), kind }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, offset: usize, expected: (usize, usize)) {
        assert_eq!(line_column(text, offset), expected);
    }

    #[test]
    fn lines_and_columns_count_from_one() {
        check("ab\ncd", 0, (1, 1));
        check("ab\ncd", 4, (2, 2));
        check("ab\ncd", 99, (2, 3));
    }

    #[test]
    fn columns_count_characters_and_skip_the_byte_order_mark() {
        check("é = x", 3, (1, 3));
        check("\u{feff}ab", 3, (1, 1));
        check("é", 1, (1, 1));
    }
}
