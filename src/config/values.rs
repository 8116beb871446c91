//! Where `${KEY}` gets its value: `-x KEY=VALUE`, the environment, `.env`.
//!
//! `.env` is parsed, never put into the environment: a program that embeds the library would find
//! its own environment changed. It is read when a lookup gets that far and not before, so that a
//! broken or unreadable one stops only those who depend on it.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::ConfigError;
use crate::fsutil;
use crate::source::{Location, Source};

/// The values that keys have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Values {
    /// The pairs of `-x`, in the order given; the last of a key counts.
    pub extra: Vec<(String, String)>,
    /// What the environment said, when the file was loaded, of the keys that the file names.
    pub environment: BTreeMap<String, String>,
    /// The `.env` beside the file, by absolute path; it need not exist.
    pub dot_env: PathBuf,
}

/// A key without a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`${{{key}}}` has no value")]
pub struct MissingValue {
    /// The key.
    pub key: String,
    /// Where it was looked for, in this order.
    pub looked_in: Vec<Place>,
}

/// A place that values come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// `-x KEY=VALUE`.
    Arguments,
    /// The environment of the process.
    Environment,
    /// The file beside `alembic.toml`.
    DotEnv {
        /// The file.
        path: PathBuf,
        /// Whether there is one.
        exists: bool,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Arguments => f.write_str("`-x`"),
            Self::Environment => f.write_str("the environment"),
            Self::DotEnv { path, exists: true } => write!(f, "`{}`", path.display()),
            Self::DotEnv { path, exists: false } => {
                write!(f, "`{}` (there is none)", path.display())
            }
        }
    }
}

impl Values {
    /// The value of a key that the file names.
    pub(super) fn get(&self, key: &str) -> Result<Option<String>, ConfigError> {
        self.get_from(key, &|key| self.environment.get(key).cloned())
    }

    /// The value of any key, asking `environment` for that of the process.
    pub(super) fn get_from(
        &self,
        key: &str,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Option<String>, ConfigError> {
        let argument = self.extra.iter().rev().find(|(name, _)| name == key);
        if let Some((_, value)) = argument {
            return Ok(Some(value.clone()));
        }
        match environment(key) {
            Some(value) => Ok(Some(value)),
            None => get_from_dot_env(&self.dot_env, key),
        }
    }

    /// The error for a key that none of the places knows.
    pub(super) fn missing(&self, key: &str) -> MissingValue {
        let dot_env = Place::DotEnv { path: self.dot_env.clone(), exists: self.dot_env.exists() };
        let looked_in = vec![Place::Arguments, Place::Environment, dot_env];
        MissingValue { key: key.to_owned(), looked_in }
    }
}

/// The value of `key` in a `.env` file, which need not exist. The last line for a key counts, as
/// for a shell.
///
/// A line that cannot be read is an error unless `key` has its value from another line: it could
/// be the one that sets it, and a default or "no value" in its place would hide that.
///
/// Note that the parser replaces `$NAME` outside of single quotes, from the environment of the
/// process and the lines above.
fn get_from_dot_env(path: &Path, key: &str) -> Result<Option<String>, ConfigError> {
    let Some(bytes) = fsutil::read_if_exists(path)? else { return Ok(None) };
    let valid_up_to = std::str::from_utf8(&bytes).err().map(|err| err.valid_up_to());
    // Invalid bytes become U+FFFD; they are reported at the first of them.
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let source = Arc::new(Source { path: path.to_owned(), text });
    let broken_at = |span: Range<usize>| ConfigError::DotEnv {
        key: key.to_owned(),
        location: Location::new(&source, span),
    };
    if let Some(at) = valid_up_to {
        return Err(broken_at(at..at + char::REPLACEMENT_CHARACTER.len_utf8()));
    }

    let text = source.text.strip_prefix('\u{feff}').unwrap_or(&source.text);
    let offset = source.text.len() - text.len();
    let mut value = None;
    let mut first_broken: Option<Range<usize>> = None;
    let mut from = 0;
    for line in dotenvy::from_read_iter(text.as_bytes()) {
        match line {
            Ok((name, found)) if name == key => value = Some(found),
            Ok(_) => {}
            Err(dotenvy::Error::LineParse(broken, _)) => {
                let span = locate(text, from, &broken);
                from = span.end;
                let span = span.start + offset..span.end + offset;
                if sets(&source.text[span.clone()], key) {
                    return Err(broken_at(span));
                }
                first_broken.get_or_insert(span);
            }
            // Reading from memory does not fail; a variant to come is no value either.
            Err(_) => first_broken = first_broken.or(Some(offset..offset)),
        }
    }
    match (value, first_broken) {
        (None, Some(span)) => Err(broken_at(span)),
        (value, _) => Ok(value),
    }
}

/// Where the lines that the parser could not read stand, from the beginning of the first.
///
/// The parser tells the text, sometimes only that after the `=`, and no position. A comment may
/// hold the same text.
fn locate(text: &str, from: usize, broken: &str) -> Range<usize> {
    let broken = broken.trim_end();
    let rest = &text[from..];
    for (place, _) in rest.match_indices(broken) {
        let at = from + place;
        let line_start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let before = text[line_start..at].trim();
        if (before.is_empty() || before.ends_with('=')) && !before.starts_with('#') {
            return line_start..at + broken.len();
        }
    }
    from..from
}

/// Whether unreadable text looks as if one of its lines were to set `key`.
fn sets(broken: &str, key: &str) -> bool {
    broken.lines().any(|line| {
        let line = line.trim_start();
        let line = line.strip_prefix("export ").unwrap_or(line).trim_start();
        line.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('='))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(result: Result<Option<String>, ConfigError>) -> String {
        match result {
            Ok(Some(value)) => value,
            Ok(None) => "(none)".to_owned(),
            Err(ConfigError::DotEnv { location, .. }) => {
                let (line, column) = location.line_column();
                format!("{line}:{column}: {}", &location.source.text[location.span.clone()])
            }
            Err(err) => err.to_string(),
        }
    }

    #[track_caller]
    fn check(dot_env: impl AsRef<[u8]>, key: &str, expected: &str) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".env");
        #[expect(clippy::disallowed_methods, reason = "a scratch file, bytes and all")]
        std::fs::write(&path, dot_env.as_ref()).unwrap();
        assert_eq!(shown(get_from_dot_env(&path, key)), expected);
    }

    #[test]
    fn the_lines_that_people_write_are_read() {
        let text = "# a comment\n\nSQLITE_DATABASE_URL=sqlite+aiosqlite:///./data/db.sqlite3\r\n\
            SQLITE_ECHO=true\nexport A=\"a b\" # why\nB='$x'\nC=\n";
        check(text, "SQLITE_DATABASE_URL", "sqlite+aiosqlite:///./data/db.sqlite3");
        check(text, "SQLITE_ECHO", "true");
        check(text, "A", "a b");
        check(text, "B", "$x");
        check(text, "C", "");
        check(text, "D", "(none)");
        check("\u{feff}A=1", "A", "1");
        check("A=1\nA=2", "A", "2");
    }

    #[test]
    fn an_unreadable_line_is_an_error_where_it_could_matter() {
        let text = "A=1\n# NAME=My App\nNAME=My App\nB=2\n";
        check(text, "A", "1");
        check(text, "B", "2");
        check(text, "NAME", "3:1: NAME=My App");
        check(text, "NONE", "3:1: NAME=My App");
        check("A=1\nA=a b", "A", "2:1: A=a b");
        check("\u{feff}what is this\nA=1", "B", "1:1: what is this");
    }

    #[test]
    fn an_open_quote_takes_the_rest_with_it() {
        check("A=1\nB='x\nC=2\n", "A", "1");
        check("A=1\nB='x\nC=2\n", "C", "2:1: B='x\nC=2");
    }

    #[test]
    fn a_file_that_is_no_text_is_an_error_at_the_first_byte() {
        check(b"A=1\nB=\xff\n", "A", "2:3: \u{fffd}");
    }

    #[test]
    fn no_file_is_no_value() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(shown(get_from_dot_env(&folder.path().join(".env"), "A")), "(none)");
    }

    #[test]
    fn arguments_come_first_then_the_environment_then_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let dot_env = folder.path().join(".env");
        fsutil::write_new(&dot_env, "A=file\nB=file\nC=file\n").unwrap();
        let extra = vec![("A".to_owned(), "old".to_owned()), ("A".to_owned(), "new".to_owned())];
        let values = Values { extra, environment: BTreeMap::new(), dot_env };
        let environment = |key: &str| (key != "C").then(|| "environment".to_owned());
        for (key, expected) in [("A", "new"), ("B", "environment"), ("C", "file")] {
            assert_eq!(shown(values.get_from(key, &environment)), expected);
        }
    }
}
