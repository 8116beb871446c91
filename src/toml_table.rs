//! Reads TOML with the position of every key and value, and collects all that is wrong.
//!
//! `alembic.toml` and the header of a revision file are both read through [`Table`]: serde would
//! stop at the first problem and could not name the nearest known key.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::similar::similar;

/// What can be wrong with a TOML table of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TomlProblem {
    /// The text is no TOML.
    #[error("{message}")]
    Syntax {
        /// What the parser expected.
        message: String,
        /// The line as it would be with its bare value as a text, if it has one.
        quoted: Option<String>,
    },
    /// A key that means nothing here.
    #[error("unknown key `{key}`")]
    UnknownKey {
        /// The key, with its table's name before it.
        key: String,
        /// Known keys that are close to it, best first.
        similar: Vec<String>,
        /// All keys that this table may have.
        known: Vec<&'static str>,
    },
    /// A value of another type.
    #[error("`{key}` must be {expected}, not {found}")]
    WrongType {
        /// The key, with its table's name before it.
        key: String,
        /// What it should be, with its article.
        expected: &'static str,
        /// What it is, with its article.
        found: &'static str,
    },
    /// A key that must be there and is not.
    #[error("`{key}` is missing")]
    Missing {
        /// The key, with its table's name before it.
        key: String,
    },
    /// A value of the right type that cannot be used.
    #[error("`{key}` {reason}")]
    Invalid {
        /// The key, with its table's name before it.
        key: String,
        /// Why not, as the end of a sentence that begins with the key.
        reason: String,
    },
}

/// Problems with the byte range each stands at.
pub type TomlProblems = Vec<(Range<usize>, TomlProblem)>;

/// A value and the bytes it was written in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub span: Range<usize>,
}

/// Parses a whole document.
pub fn parse(text: &str) -> Result<Spanned<DeTable<'_>>, TomlProblems> {
    DeTable::parse(text).map_err(|err| {
        let message = err.message().trim().replace('\n', ", ");
        let span = err.span().unwrap_or(0..0);
        let quoted = with_quotes(text, span.start);
        vec![(span, TomlProblem::Syntax { message, quoted })]
    })
}

/// The line that byte `at` is in, `key = value`, with quotes around a value that is one bare text.
fn with_quotes(text: &str, at: usize) -> Option<String> {
    let line_start = text.get(..at)?.rfind('\n').map_or(0, |it| it + 1);
    let (key, value) = text[line_start..].lines().next()?.split_once('=')?;
    let value = value.split(" #").next()?.trim();
    let is_bare = !value.is_empty() && !value.contains(['"', '\'', '[', ']', '{', '}', '\\']);
    is_bare.then(|| format!("{} = \"{value}\"", key.trim()))
}

/// A table being read: each value is asked for once, then [`Table::finish`] names the keys that
/// nobody asked for.
pub struct Table<'a> {
    entries: &'a DeTable<'a>,
    /// Where to point for a key that is missing.
    span: Range<usize>,
    /// `""`, or the table's name and a dot.
    prefix: String,
    known: Vec<&'static str>,
    problems: TomlProblems,
}

impl<'a> Table<'a> {
    /// Reads `table`, whose name for messages is `name` (empty for the top of the document).
    pub fn new(table: &'a DeTable<'a>, span: Range<usize>, name: &str) -> Self {
        let prefix = if name.is_empty() { String::new() } else { format!("{name}.") };
        Self { entries: table, span, prefix, known: Vec::with_capacity(8), problems: Vec::new() }
    }

    /// The full name of a key.
    pub fn name(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }

    /// Reports `problem` at `span`.
    pub fn problem(&mut self, span: Range<usize>, problem: TomlProblem) {
        self.problems.push((span, problem));
    }

    /// Reports that the value of `key`, which stands at `span`, cannot be used; `reason` ends a
    /// sentence that begins with the key.
    pub fn invalid(&mut self, key: &str, span: Range<usize>, reason: impl Into<String>) {
        let key = self.name(key);
        self.problem(span, TomlProblem::Invalid { key, reason: reason.into() });
    }

    /// Reports that `key` should be there.
    pub fn missing(&mut self, key: &str) {
        let key = self.name(key);
        self.problem(self.span.clone(), TomlProblem::Missing { key });
    }

    /// The value of `key` as it was written, for readers with a type of their own.
    pub fn value(&mut self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.known.push(key);
        self.entries.get(key)
    }

    /// Reports that `value` is not what `key` needs.
    pub fn wrong_type(&mut self, key: &str, expected: &'static str, value: &Spanned<DeValue<'_>>) {
        let key = self.name(key);
        let found = describe(value.get_ref());
        self.problem(value.span(), TomlProblem::WrongType { key, expected, found });
    }

    /// A string.
    pub fn string(&mut self, key: &'static str) -> Option<Located<&'a str>> {
        let value = self.value(key)?;
        if let DeValue::String(text) = value.get_ref() {
            return Some(Located { value: text.as_ref(), span: value.span() });
        }
        self.wrong_type(key, "a string", value);
        None
    }

    /// `true` or `false`.
    pub fn boolean(&mut self, key: &'static str) -> Option<Located<bool>> {
        let value = self.value(key)?;
        if let DeValue::Boolean(flag) = value.get_ref() {
            return Some(Located { value: *flag, span: value.span() });
        }
        self.wrong_type(key, "true or false", value);
        None
    }

    /// A whole number that is not negative.
    pub fn unsigned(&mut self, key: &'static str) -> Option<Located<usize>> {
        let value = self.value(key)?;
        let DeValue::Integer(number) = value.get_ref() else {
            self.wrong_type(key, "a whole number", value);
            return None;
        };
        if let Ok(number) = usize::from_str_radix(number.as_str(), number.radix()) {
            return Some(Located { value: number, span: value.span() });
        }
        let is_negative = number.as_str().starts_with('-');
        let reason = if is_negative { "must not be negative" } else { "is too large" };
        self.invalid(key, value.span(), reason);
        None
    }

    /// An array of strings.
    pub fn strings(&mut self, key: &'static str) -> Option<Vec<Located<&'a str>>> {
        let value = self.value(key)?;
        self.string_items(key, "an array of strings", value)
    }

    /// A string, or an array of strings.
    pub fn string_or_strings(&mut self, key: &'static str) -> Option<Vec<Located<&'a str>>> {
        let value = self.value(key)?;
        if let DeValue::String(text) = value.get_ref() {
            return Some(vec![Located { value: text.as_ref(), span: value.span() }]);
        }
        self.string_items(key, "a string or an array of strings", value)
    }

    fn string_items(
        &mut self,
        key: &'static str,
        expected: &'static str,
        value: &'a Spanned<DeValue<'a>>,
    ) -> Option<Vec<Located<&'a str>>> {
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong_type(key, expected, value);
            return None;
        };
        let mut strings = Vec::new();
        for item in items {
            if let DeValue::String(text) = item.get_ref() {
                strings.push(Located { value: text.as_ref(), span: item.span() });
            } else {
                self.wrong_type(key, expected, item);
            }
        }
        Some(strings)
    }

    /// A sub-table; give what it found to [`Table::absorb`].
    pub fn table(&mut self, key: &'static str) -> Option<Table<'a>> {
        let value = self.value(key)?;
        if let DeValue::Table(table) = value.get_ref() {
            return Some(Table::new(table, value.span(), &self.name(key)));
        }
        self.wrong_type(key, "a table", value);
        None
    }

    /// An array of tables, each named `key[n]` in messages, counted from 1; give what they found
    /// to [`Table::absorb`].
    pub fn tables(&mut self, key: &'static str) -> Option<Vec<Table<'a>>> {
        let expected = "an array of tables";
        let value = self.value(key)?;
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong_type(key, expected, value);
            return None;
        };
        let mut tables = Vec::new();
        for (item_idx, item) in items.iter().enumerate() {
            if let DeValue::Table(table) = item.get_ref() {
                let name = self.name(&format!("{key}[{}]", item_idx + 1));
                tables.push(Table::new(table, item.span(), &name));
            } else {
                self.wrong_type(key, expected, item);
            }
        }
        Some(tables)
    }

    /// All keys and values of a table whose keys the user chooses.
    pub fn entries(&self) -> impl Iterator<Item = (&'a str, &'a Spanned<DeValue<'a>>)> + use<'a> {
        self.entries.iter().map(|(key, value)| (key.get_ref().as_ref(), value))
    }

    /// Adds the problems of a sub-table.
    pub fn absorb(&mut self, problems: TomlProblems) {
        self.problems.extend(problems);
    }

    /// The problems found so far, for a table whose keys the user chooses: none is unknown.
    pub fn into_problems(self) -> TomlProblems {
        self.problems
    }

    /// All problems found, in the order of the text, among them every key nobody asked for.
    pub fn finish(mut self) -> TomlProblems {
        for key in self.entries.keys() {
            let name = key.get_ref().as_ref();
            if !self.known.contains(&name) {
                let similar = similar(name, self.known.iter().copied());
                let problem = TomlProblem::UnknownKey {
                    key: self.name(name),
                    similar: similar.into_iter().map(str::to_owned).collect(),
                    known: self.known.clone(),
                };
                self.problems.push((key.span(), problem));
            }
        }
        self.problems.sort_by_key(|(span, _)| span.start);
        self.problems
    }
}

/// What a value is, with its article.
fn describe(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}
