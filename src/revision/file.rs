//! A revision file as text: the header block, the two markers and the bodies between them.
//!
//! Text in, a [`Revision`] or *all* that is wrong with the file out. No I/O.

use std::ops::Range;
use std::sync::Arc;

use super::bodies::{MARKER, find_bodies, refuse_directives, refuse_near_misses};
use super::directive::DirectiveProblem;
use super::{BranchLabel, HeaderSpans, NameError, Revision, RevisionId, RunMode};
use crate::source::{Problem, Source};
use crate::sql::statement::{SplitError, split};
use crate::toml_table::{self, Located, Table, TomlProblem, TomlProblems};

/// The line that opens the header.
const OPENING: &str = "-- /// revision";
/// The line that closes it.
const CLOSING: &str = "-- ///";

/// What can be wrong with a revision file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileProblem {
    /// The file is not UTF-8.
    #[error("this is not UTF-8")]
    NotUtf8,
    /// Something stands where the header should begin, or there is nothing at all.
    #[error("a revision file begins with the line `{OPENING}`")]
    NoHeader,
    /// The header is never closed.
    #[error("the header that begins here is not closed by a line `{CLOSING}`")]
    HeaderNotClosed,
    /// A line of the header is not commented out as it should be.
    #[error("a line of the header is `--` alone or begins with `-- `")]
    HeaderLine,
    /// The header's TOML is wrong.
    #[error(transparent)]
    Header(TomlProblem),
    /// An id or a label breaks the rules for names.
    #[error("`{key}` {reason}")]
    Name {
        /// `revision`, `down_revision`, `branch_labels` or `replaces`.
        key: &'static str,
        /// Which rule.
        reason: NameError,
    },
    /// The same thing is listed twice in one header value.
    #[error("`{key}` lists `{name}` twice")]
    ListedTwice {
        /// The key of the list.
        key: &'static str,
        /// The repeated name.
        name: String,
    },
    /// There is no upgrade marker.
    #[error("there is no line `-- migrate:upgrade`")]
    NoUpgradeMarker,
    /// SQL that belongs to neither body.
    #[error("SQL stands before the line `-- migrate:upgrade`")]
    SqlBeforeMarker,
    /// A marker that means nothing.
    #[error("unknown marker `{found}`")]
    UnknownMarker {
        /// The line.
        found: String,
        /// What begins a line that is close to it.
        similar: Vec<String>,
    },
    /// A comment that looks like a marker, a directive or an allowance, and is none.
    #[error("this looks like `{meant}`, and is only a comment")]
    NearMiss {
        /// What a comment of that sort begins with.
        meant: &'static str,
    },
    /// A marker for the second time.
    #[error("the marker `{found}` stands here for the second time")]
    MarkerTwice {
        /// The line.
        found: String,
    },
    /// The downgrade stands before the upgrade.
    #[error("the upgrade stands before the downgrade, not after it")]
    MarkerOrder,
    /// A downgrade body although there is no way back.
    #[error("the downgrade is irreversible, but SQL follows")]
    IrreversibleWithSql,
    /// A directive that cannot be evaluated.
    #[error(transparent)]
    Directive(DirectiveProblem),
    /// A body that SQLite could not read.
    #[error(transparent)]
    Sql(SplitError),
}

/// Decodes the bytes of a file; a byte order mark stays in the text.
///
/// # Errors
///
/// [`FileProblem::NotUtf8`] at the first byte that is wrong.
pub fn decode(
    path: std::path::PathBuf,
    bytes: Vec<u8>,
) -> Result<Arc<Source>, Problem<FileProblem>> {
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Arc::new(Source { path, text })),
        Err(err) => {
            let valid = err.utf8_error().valid_up_to();
            let text = String::from_utf8_lossy(err.as_bytes()).into_owned();
            let source = Arc::new(Source { path, text });
            let width = char::REPLACEMENT_CHARACTER.len_utf8();
            Err(Problem::new(&source, valid..valid + width, FileProblem::NotUtf8))
        }
    }
}

/// Reads a revision file.
///
/// # Errors
///
/// Everything that is wrong with it, in the order of the text.
pub fn parse(source: &Arc<Source>) -> Result<Revision, Vec<Problem<FileProblem>>> {
    let mut problems = Vec::new();
    let text = source.text.as_str();

    let header = match find_header(text) {
        Ok(header) => header,
        Err((span, kind)) => return Err(vec![Problem::new(source, span, kind)]),
    };
    let before = 0..header.opening.start;
    refuse_directives(text, &before, &mut problems);
    refuse_near_misses(text, &before, &mut problems);
    let values = read_header(text, &header, &mut problems);
    let bodies = find_bodies(text, header.end, &mut problems);

    match (values, bodies) {
        (Some(values), Some((upgrade, downgrade))) if problems.is_empty() => {
            let (down_revisions, down_revision_spans) = unzip(values.down_revisions);
            let (branch_labels, branch_label_spans) = unzip(values.branch_labels);
            let (depends_on, depends_on_spans) = unzip(values.depends_on);
            let (replaces, replaces_spans) = unzip(values.replaces);
            Ok(Revision {
                id: values.id.value,
                down_revisions,
                branch_labels,
                depends_on,
                replaces,
                squashed: values.squashed,
                message: values.message,
                create_date: values.create_date,
                mode: values.mode,
                upgrade,
                downgrade,
                spans: HeaderSpans {
                    id: values.id.span,
                    down_revisions: down_revision_spans,
                    down_revision: values.down_revision,
                    branch_labels: branch_label_spans,
                    depends_on: depends_on_spans,
                    replaces: replaces_spans,
                },
                source: Arc::clone(source),
            })
        }
        _ => {
            problems.sort_by_key(|(span, _): &(Range<usize>, _)| span.start);
            Err(problems.into_iter().map(|(span, kind)| Problem::new(source, span, kind)).collect())
        }
    }
}

/// Values and places, each by themselves.
fn unzip<T>(located: Vec<Located<T>>) -> (Vec<T>, Vec<Range<usize>>) {
    located.into_iter().map(|it| (it.value, it.span)).unzip()
}

/// Problems with where they stand, while they are collected.
pub(super) type Problems = Vec<(Range<usize>, FileProblem)>;

/// Where the header stands.
struct Header {
    /// The opening line.
    opening: Range<usize>,
    /// The lines between the opening and the closing one.
    toml: Range<usize>,
    /// The first byte after the closing line.
    end: usize,
}

/// The lines of `text` from byte `start` on, each with its range; the line end is left out.
pub(super) fn lines_from(text: &str, start: usize) -> impl Iterator<Item = (Range<usize>, &str)> {
    let mut offset = start;
    text[start..].split_inclusive('\n').map(move |line| {
        let start = offset;
        offset += line.len();
        let line = line.strip_suffix('\n').unwrap_or(line).trim_end_matches('\r');
        (start..start + line.len(), line)
    })
}

/// Finds the header: the first thing in the file but for blank lines and other comments.
fn find_header(text: &str) -> Result<Header, (Range<usize>, FileProblem)> {
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut in_block_comment = false;
    let mut opening = None;
    for (span, line) in lines_from(text, start) {
        if let Some(opening) = &opening {
            let opening: &Range<usize> = opening;
            if line.trim_end() == CLOSING {
                let toml_start = next_line(text, opening.end);
                let toml = toml_start..span.start;
                return Ok(Header {
                    opening: opening.clone(),
                    toml,
                    end: next_line(text, span.end),
                });
            }
            continue;
        }
        if in_block_comment {
            in_block_comment = !line.contains("*/");
        } else if line.trim_end() == OPENING {
            // A line that ends a block comment may go on with SQL.
            let sql = match split(&text[start..span.start]) {
                Ok(statements) => statements.into_iter().next().map(|it| it.span),
                Err(problems) => problems.into_iter().next().map(|(span, _)| span),
            };
            if let Some(sql) = sql {
                return Err((start + sql.start..start + sql.end, FileProblem::NoHeader));
            }
            opening = Some(span);
        } else if let Some(comment) = line.trim_start().strip_prefix("/*") {
            in_block_comment = !comment.contains("*/");
        } else if !(line.trim().is_empty() || is_plain_comment(line)) {
            return Err((span, FileProblem::NoHeader));
        }
    }
    match opening {
        Some(span) => Err((span, FileProblem::HeaderNotClosed)),
        None => Err((text.len()..text.len(), FileProblem::NoHeader)),
    }
}

/// A comment that may stand before the header: not one that belongs after it.
fn is_plain_comment(line: &str) -> bool {
    line.trim_start().starts_with("--") && !line.starts_with(MARKER)
}

/// The byte after the line end that follows `end`.
pub(super) fn next_line(text: &str, end: usize) -> usize {
    text[end..].find('\n').map_or(text.len(), |newline| end + newline + 1)
}

/// What the header says.
struct Values {
    id: Located<RevisionId>,
    down_revisions: Vec<Located<RevisionId>>,
    /// All that is written for `down_revision`.
    down_revision: Option<Range<usize>>,
    branch_labels: Vec<Located<BranchLabel>>,
    depends_on: Vec<Located<String>>,
    replaces: Vec<Located<RevisionId>>,
    squashed: Vec<RevisionId>,
    message: String,
    create_date: String,
    mode: RunMode,
}

fn read_header(text: &str, header: &Header, problems: &mut Problems) -> Option<Values> {
    let n_problems = problems.len();
    // The comment signs become blanks, so that TOML sees its own text at the same bytes.
    let mut toml = String::with_capacity(header.toml.len());
    for line in text[header.toml.clone()].split_inclusive('\n') {
        if let Some(rest) = line.strip_prefix("-- ") {
            toml.push_str("   ");
            toml.push_str(rest);
        } else if line.trim_end() == "--" {
            toml.push_str("  ");
            toml.push_str(&line[2..]);
        } else {
            let start = header.toml.start + toml.len();
            let end = start + line.trim_end().len();
            problems.push((start..end, FileProblem::HeaderLine));
            toml.extend(line.chars().flat_map(|it| {
                let width = if it == '\n' { 0 } else { it.len_utf8() };
                std::iter::repeat_n(' ', width).chain((it == '\n').then_some('\n'))
            }));
        }
    }
    if problems.len() > n_problems {
        return None;
    }

    let shift = |span: Range<usize>| span.start + header.toml.start..span.end + header.toml.start;
    let mut report = |found: TomlProblems| {
        problems.extend(found.into_iter().map(|(span, it)| (shift(span), FileProblem::Header(it))));
    };
    let document = match toml_table::parse(&toml) {
        Ok(document) => document,
        Err(found) => {
            report(found);
            return None;
        }
    };
    // A missing key is shown at the opening line, which lies before the TOML.
    let mut table = Table::new(document.get_ref(), 0..0, "");
    let id = table.string("revision");
    let down_revisions = table.string_or_strings("down_revision").unwrap_or_default();
    let message = table.string("message");
    let create_date = read_date(&mut table, &toml);
    let branch_labels = table.string_or_strings("branch_labels").unwrap_or_default();
    let depends_on = table.string_or_strings("depends_on").unwrap_or_default();
    let replaces = table.strings("replaces").unwrap_or_default();
    let squashed = table.strings("squashed").unwrap_or_default();
    let transaction = table.boolean("transaction");
    let foreign_keys = table.boolean("foreign_keys");
    let down_revision = document.get_ref().get("down_revision").map(|it| shift(it.span()));
    let has_id = document.get_ref().contains_key("revision");
    report(table.finish());
    if !has_id {
        let missing = TomlProblem::Missing { key: "revision".to_owned() };
        problems.push((header.opening.clone(), FileProblem::Header(missing)));
    }

    let mut names = Names { shift, problems };
    let id = id.and_then(|it| names.one("revision", &it, RevisionId::new));
    let down_revisions = names.all("down_revision", &down_revisions, RevisionId::new);
    let branch_labels = names.all("branch_labels", &branch_labels, BranchLabel::new);
    // What `depends_on` names may be an id or a label; the graph knows which.
    let depends_on = names.all("depends_on", &depends_on, |it| Ok(it.to_owned()));
    let replaces = names.all("replaces", &replaces, RevisionId::new);
    let squashed = names.all("squashed", &squashed, RevisionId::new);

    Some(Values {
        id: id?,
        down_revisions,
        down_revision,
        branch_labels,
        depends_on,
        replaces,
        squashed: squashed.into_iter().map(|it| it.value).collect(),
        message: message.map(|it| it.value.to_owned()).unwrap_or_default(),
        create_date,
        mode: RunMode {
            autocommit: transaction.is_some_and(|it| !it.value),
            foreign_keys: foreign_keys.is_some_and(|it| it.value),
        },
    })
}

/// A TOML date, or a string for those who write dates their own way.
fn read_date(table: &mut Table<'_>, toml: &str) -> String {
    let Some(value) = table.value("create_date") else { return String::new() };
    match value.get_ref() {
        // As it is written; formatting it again would take a fifth of what its parser takes for all.
        toml::de::DeValue::Datetime(_) => toml[value.span()].to_owned(),
        toml::de::DeValue::String(text) => text.to_string(),
        _ => {
            table.wrong_type("create_date", "a date", value);
            String::new()
        }
    }
}

/// Checks names.
struct Names<'p, S> {
    /// From bytes of the TOML to bytes of the file.
    shift: S,
    problems: &'p mut Problems,
}

impl<S: Fn(Range<usize>) -> Range<usize>> Names<'_, S> {
    /// One name.
    fn one<T>(
        &mut self,
        key: &'static str,
        text: &Located<&str>,
        check: impl Fn(&str) -> Result<T, NameError>,
    ) -> Option<Located<T>> {
        let span = (self.shift)(text.span.clone());
        match check(text.value) {
            Ok(value) => Some(Located { value, span }),
            Err(reason) => {
                self.problems.push((span, FileProblem::Name { key, reason }));
                None
            }
        }
    }

    /// A list of names, which may name nothing twice.
    fn all<T>(
        &mut self,
        key: &'static str,
        texts: &[Located<&str>],
        check: impl Fn(&str) -> Result<T, NameError>,
    ) -> Vec<Located<T>> {
        for (idx, text) in texts.iter().enumerate() {
            if texts[..idx].iter().any(|earlier| earlier.value == text.value) {
                let problem = FileProblem::ListedTwice { key, name: text.value.to_owned() };
                self.problems.push(((self.shift)(text.span.clone()), problem));
            }
        }
        texts.iter().filter_map(|text| self.one(key, text, &check)).collect()
    }
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
