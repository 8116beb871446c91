//! A title and the line that it is about.

use std::path::Path;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet, Title};

use crate::source::Location;

/// The most bytes of a line that are quoted: generated files have lines of megabytes.
const MAX_QUOTED: usize = 240;

/// Renders `title` and, below it, the line of `location` with its bytes underlined and `label`.
///
/// Of a place that goes on over several lines the first is shown.
pub fn render(title: &str, location: &Location, label: &str, here: &Path) -> String {
    render_titled(Level::ERROR.primary_title(title), location, label, here)
}

/// The same below a title of any level.
pub fn render_titled(title: Title<'_>, location: &Location, label: &str, here: &Path) -> String {
    let text = &location.source.text;
    let start = location.span.start;
    let line_start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
    let line_end = text[start..].find('\n').map_or(text.len(), |newline| start + newline);
    // A byte order mark is no part of the line.
    let mark = if text[line_start..].starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let line_start = (line_start + mark).min(start);
    // Of a very long line the part around the place is shown.
    let window_start = line_start.max(start.saturating_sub(MAX_QUOTED / 2));
    let window_start = floor_char_boundary(text, window_start);
    let window_end = floor_char_boundary(text, line_end.min(window_start + MAX_QUOTED));
    let line = text[window_start..window_end.max(window_start)].trim_end();
    let from = (start - window_start).min(line.len());
    let to = location.span.end.saturating_sub(window_start).clamp(from, line.len());

    let path = location.source.path.strip_prefix(here).unwrap_or(&location.source.path);
    let (line_number, _) = location.line_column();
    let annotation = AnnotationKind::Primary.span(from..to);
    let annotation = if label.is_empty() { annotation } else { annotation.label(label) };
    let report = title.element(
        Snippet::source(line)
            .line_start(line_number)
            .path(path.display().to_string())
            .annotation(annotation),
    );
    Renderer::styled().render(&[report])
}

/// The nearest boundary between characters at or before `at`.
fn floor_char_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::source::Source;

    #[track_caller]
    fn check(text: &str, quoted: &str, expected: &[&str]) {
        let start = text.find(quoted).expect("it is there");
        let source = Arc::new(Source { path: "/p/versions/x.sql".into(), text: text.to_owned() });
        let location = Location::new(&source, start..start + quoted.len());
        let rendered = render("bad", &location, "here", Path::new("/p"));
        let plain = anstream::adapter::strip_str(&rendered).to_string();
        let lines: Vec<&str> = plain.lines().map(str::trim_end).collect();
        assert_eq!(lines, expected);
    }

    #[test]
    fn the_line_is_quoted_with_its_number() {
        check(
            "a\nbb cc dd\ne\n",
            "cc",
            &["error: bad", " --> versions/x.sql:2:4", "  |", "2 | bb cc dd", "  |    ^^ here"],
        );
    }

    #[test]
    fn of_several_lines_the_first_is_quoted() {
        check(
            "x (\n  y\n)",
            "(\n  y\n)",
            &["error: bad", " --> versions/x.sql:1:3", "  |", "1 | x (", "  |   ^ here"],
        );
    }

    #[test]
    fn a_byte_order_mark_is_not_shown() {
        check(
            "\u{feff}ab\n",
            "ab",
            &["error: bad", " --> versions/x.sql:1:1", "  |", "1 | ab", "  | ^^ here"],
        );
    }
}
