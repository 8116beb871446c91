//! `${KEY}` and `${KEY:-default}` in the strings of `alembic.toml`.
//!
//! Parsing and replacing are apart, because most values are never needed: `[env.production]` may
//! name a variable that a developer does not have, and only a command that uses the value may
//! complain. What is malformed is reported when the file is read, whoever uses it.
//!
//! The rules are the shell's where it has any: an empty value is a value for `${KEY}` but not for
//! `${KEY:-default}`, and a default may hold further `${…}`. A value that was put in is not looked
//! at again. `$${` stands for the two characters `${`.

use std::collections::BTreeSet;
use std::ops::Range;

use super::error::{ConfigError, ConfigProblem};
use crate::toml_table::Located;

/// Defaults within defaults; nobody writes this many, and the parser must not exhaust the stack.
const MAX_DEPTH: usize = 8;

/// A string of `alembic.toml` before its `${KEY}`s are replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// The full name of the key it is the value of.
    pub key: String,
    /// The bytes of the file that the value was written in, quotes included.
    pub span: Range<usize>,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(String),
    Key { key: String, default: Option<Vec<Part>>, span: Range<usize> },
}

/// Why a text could not be made whole.
#[derive(Debug)]
pub(super) enum Unresolved {
    /// A key without a value and without a default.
    Missing { key: String, span: Range<usize> },
    /// The value could not be looked up.
    Failed(ConfigError),
}

/// Gives the value of a key, if it has one.
pub(super) type Lookup<'a> = &'a dyn Fn(&str) -> Result<Option<String>, ConfigError>;

impl Text {
    /// Finds the `${KEY}`s of `value`, the value of `key`. `file` is the text of `alembic.toml`.
    pub(super) fn parse(
        key: &str,
        value: &Located<&str>,
        file: &str,
    ) -> Result<Self, (Range<usize>, ConfigProblem)> {
        let mut parser = Parser { text: value.value, at: 0, written: &value.span, file };
        let parts = parser.parts(0)?;
        Ok(Self { key: key.to_owned(), span: value.span.clone(), parts })
    }

    /// Replaces every `${KEY}`.
    pub(super) fn resolve(&self, lookup: Lookup<'_>) -> Result<String, Unresolved> {
        resolve(&self.parts, lookup)
    }

    /// The text itself, if there is nothing to replace in it.
    pub(super) fn plain(&self) -> Option<String> {
        let literal = |part: &Part| match part {
            Part::Literal(text) => Some(text.clone()),
            Part::Key { .. } => None,
        };
        self.parts.iter().map(literal).collect()
    }

    /// Adds the keys that it names, those in defaults too.
    pub(super) fn collect_keys(&self, keys: &mut BTreeSet<String>) {
        collect_keys(&self.parts, keys);
    }
}

fn resolve(parts: &[Part], lookup: Lookup<'_>) -> Result<String, Unresolved> {
    let mut whole = String::new();
    for part in parts {
        match part {
            Part::Literal(text) => whole.push_str(text),
            Part::Key { key, default, span } => {
                let value = lookup(key).map_err(Unresolved::Failed)?;
                match (value, default) {
                    (Some(value), Some(_)) if !value.is_empty() => whole.push_str(&value),
                    (_, Some(default)) => whole.push_str(&resolve(default, lookup)?),
                    (Some(value), None) => whole.push_str(&value),
                    (None, None) => {
                        return Err(Unresolved::Missing { key: key.clone(), span: span.clone() });
                    }
                }
            }
        }
    }
    Ok(whole)
}

fn collect_keys(parts: &[Part], keys: &mut BTreeSet<String>) {
    for part in parts {
        if let Part::Key { key, default, .. } = part {
            keys.insert(key.clone());
            collect_keys(default.as_deref().unwrap_or_default(), keys);
        }
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    /// Where the value stands in `file`.
    written: &'a Range<usize>,
    file: &'a str,
}

impl Parser<'_> {
    /// Reads to the end of the text, or, inside a default, to its `}`, which is left standing.
    fn parts(&mut self, depth: usize) -> Result<Vec<Part>, (Range<usize>, ConfigProblem)> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        while let Some(next) = self.text[self.at..].chars().next() {
            let rest = &self.text[self.at..];
            if rest.starts_with("$${") {
                literal.push_str("${");
                self.at += 3;
            } else if rest.starts_with("${") {
                if !literal.is_empty() {
                    parts.push(Part::Literal(std::mem::take(&mut literal)));
                }
                parts.push(self.key(depth)?);
            } else if next == '}' && depth > 0 {
                break;
            } else {
                literal.push(next);
                self.at += next.len_utf8();
            }
        }
        if !literal.is_empty() {
            parts.push(Part::Literal(literal));
        }
        Ok(parts)
    }

    /// Reads from `${` to its `}`.
    fn key(&mut self, depth: usize) -> Result<Part, (Range<usize>, ConfigProblem)> {
        let start = self.at;
        let rest = &self.text[start + 2..];
        let length = rest.find(|it: char| !(it.is_ascii_alphanumeric() || it == '_'));
        let key = &rest[..length.unwrap_or(rest.len())];
        self.at = start + 2 + key.len();

        let mut default = None;
        let is_name = !key.is_empty() && !key.starts_with(|it: char| it.is_ascii_digit());
        if is_name && self.text[self.at..].starts_with(":-") && depth < MAX_DEPTH {
            self.at += 2;
            default = Some(self.parts(depth + 1)?);
        }
        if is_name && self.text[self.at..].starts_with('}') {
            self.at += 1;
            let span = self.span_in_file(start..self.at);
            return Ok(Part::Key { key: key.to_owned(), default, span });
        }

        let is_open = self.at == self.text.len();
        let Some(length) = self.text[start..].find('}').filter(|_| !is_open) else {
            let span = self.span_in_file(start..self.text.len());
            return Err((span, ConfigProblem::UnterminatedKey));
        };
        let end = start + length + 1;
        let found = self.text[start..end].to_owned();
        Err((self.span_in_file(start..end), ConfigProblem::NotAKey { found }))
    }

    /// Where bytes of the value, which begin with `${`, stand in the file.
    ///
    /// The value is what TOML made of what was written, so offsets do not carry over: the n-th
    /// `${` of the one is looked for as the n-th of the other. Where an escape hides it, the whole
    /// value is pointed at.
    fn span_in_file(&self, range: Range<usize>) -> Range<usize> {
        let n_before = self.text[..range.start].matches("${").count();
        let written = self.file.get(self.written.clone()).unwrap_or_default();
        let place = written.match_indices("${").nth(n_before).map(|(place, _)| place);
        match place {
            Some(place) if written[place..].starts_with(&self.text[range.clone()]) => {
                let start = self.written.start + place;
                start..start + range.len()
            }
            _ => self.written.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Text, (Range<usize>, ConfigProblem)> {
        let value = Located { value: text, span: 0..text.len() };
        Text::parse("key", &value, text)
    }

    /// `A` is `a`, `EMPTY` is empty, and nothing else has a value.
    #[track_caller]
    fn check(text: &str, expected: &str) {
        let lookup = |key: &str| {
            Ok(match key {
                "A" => Some("a".to_owned()),
                "EMPTY" => Some(String::new()),
                "DOLLAR" => Some("${A}".to_owned()),
                _ => None,
            })
        };
        let found = match parse(text) {
            Ok(text) => match text.resolve(&lookup) {
                Ok(whole) => whole,
                Err(Unresolved::Missing { key, span }) => {
                    format!("missing {key} at {}..{}", span.start, span.end)
                }
                Err(Unresolved::Failed(err)) => format!("failed {err}"),
            },
            Err((span, problem)) => format!("{problem} at {}..{}", span.start, span.end),
        };
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn keys_are_replaced_and_the_rest_stays() {
        check("", "");
        check("plain $A $ {A} }", "plain $A $ {A} }");
        check("${A}", "a");
        check("é${A}-${A}", "éa-a");
    }

    #[test]
    fn a_default_stands_in_for_unset_and_for_empty() {
        check("${A:-d}", "a");
        check("${NONE:-d}", "d");
        check("${NONE:-}", "");
        check("${EMPTY:-d}", "d");
        check("x${EMPTY}x", "xx");
        check("${NONE:-sqlite:///data/db.sqlite3}", "sqlite:///data/db.sqlite3");
    }

    #[test]
    fn a_default_may_name_another_key() {
        check("${NONE:-${A}/b}", "a/b");
        check("${NONE:-${NOPE}}", "missing NOPE at 8..15");
        check("${A:-${NOPE}}", "a");
    }

    #[test]
    fn what_was_put_in_is_not_looked_at_again() {
        check("${DOLLAR}", "${A}");
    }

    #[test]
    fn a_doubled_dollar_is_a_literal() {
        check("$${A}", "${A}");
        check("$$A $$", "$$A $$");
        check("$${A}${A}", "${A}a");
    }

    #[test]
    fn a_missing_value_is_located() {
        check("ab${NONE}", "missing NONE at 2..9");
        check("${A}${NONE}", "missing NONE at 4..11");
    }

    #[test]
    fn malformed_keys_are_located() {
        check("a${A", "`${` without `}` at 1..4");
        check("${A:-${B}", "`${` without `}` at 0..9");
        check("${}", "`${}` is neither `${KEY}` nor `${KEY:-default}` at 0..3");
        check("${A-b}", "`${A-b}` is neither `${KEY}` nor `${KEY:-default}` at 0..6");
        check("${1}", "`${1}` is neither `${KEY}` nor `${KEY:-default}` at 0..4");
        check("${A b}", "`${A b}` is neither `${KEY}` nor `${KEY:-default}` at 0..6");
    }

    #[test]
    fn defaults_cannot_be_nested_without_end() {
        assert!(parse(&"${A:-".repeat(100_000)).is_err());
    }

    #[test]
    fn positions_survive_escapes_in_the_file() {
        let file = r#"url = "\t$${x}${KEY}""#;
        let value = Located { value: "\t$${x}${KEY}", span: 6..file.len() };
        let text = Text::parse("url", &value, file).unwrap();
        let Err(Unresolved::Missing { span, .. }) = text.resolve(&|_| Ok(None)) else {
            panic!("`KEY` has no value");
        };
        assert_eq!(&file[span], "${KEY}");
    }

    #[test]
    fn a_key_hidden_by_escapes_is_located_as_the_whole_value() {
        let file = r#""\u0024{KEY}""#;
        let value = Located { value: "${KEY}", span: 0..file.len() };
        let text = Text::parse("url", &value, file).unwrap();
        let Err(Unresolved::Missing { span, .. }) = text.resolve(&|_| Ok(None)) else {
            panic!("`KEY` has no value");
        };
        assert_eq!(span, 0..file.len());
    }
}
