//! Names, compared as SQLite compares them.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use crate::sql::quote::identifier;

/// A name in a schema: equal to another one if SQLite takes them for the same, that is without
/// regard to the case of ASCII letters.
#[derive(Debug, Clone, Eq)]
pub struct Name(String);

impl Name {
    /// The name `text`, as SQLite sees it when the quotes are off.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// As it was written, without quotes.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As SQL: in double quotes where it needs them.
    pub fn quoted(&self) -> String {
        identifier(&self.0).into_owned()
    }

    /// Whether it is `other`, without regard to the case of ASCII letters.
    pub fn is(&self, other: &str) -> bool {
        self.0.eq_ignore_ascii_case(other)
    }

    /// Its bytes in lower case.
    fn folded(&self) -> impl Iterator<Item = u8> {
        self.0.bytes().map(|it| it.to_ascii_lowercase())
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.is(&other.0)
    }
}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.folded().for_each(|byte| state.write_u8(byte));
        state.write_u8(0xff);
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        self.folded().cmp(other.folded())
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
