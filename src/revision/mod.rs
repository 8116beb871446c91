//! What a revision file says.
//!
//! Text in, data out. Only [`script_dir`] touches the file system, and nothing here knows how
//! revisions follow one another: that is [`crate::graph`].

mod bodies;
pub mod directive;
#[cfg(feature = "cli")]
pub mod edit;
pub mod file;
pub mod script_dir;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

pub use self::directive::{Directive, DirectiveKind};
use crate::source::{Location, Source};

/// The longest id that Alembic's version table holds (`VARCHAR(32)`), in characters.
///
/// SQLite would store a longer one; the database server that the project moves to later would not.
pub const MAX_NEW_ID_LENGTH: usize = 32;

/// The identifier of a revision.
///
/// Not empty, without `@ - + :`, whitespace, quotes and control characters, and none of the
/// symbols `head`, `heads`, `base` and `current`. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RevisionId(Arc<str>);

/// Why a text is no revision id or branch label.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// There is nothing.
    #[error("is empty")]
    Empty,
    /// It holds a character that has a meaning in targets, or that cannot be typed.
    #[error("has the character {found:?}, which is not allowed")]
    Character {
        /// The first such character.
        found: char,
    },
    /// It is a symbol.
    #[error("is the symbol `{symbol}`")]
    Symbol {
        /// Which.
        symbol: &'static str,
    },
}

/// The words that mean something in a target.
const SYMBOLS: [&str; 4] = ["head", "heads", "base", "current"];

/// Checks the rules that ids and labels share.
fn check_name(text: &str) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    let is_forbidden = |it: char| {
        if it.is_ascii_alphanumeric() {
            return false;
        }
        matches!(it, '@' | '-' | '+' | ':' | '\'' | '"' | '`')
            || it.is_whitespace()
            || it.is_control()
    };
    if let Some(found) = text.chars().find(|it| is_forbidden(*it)) {
        return Err(NameError::Character { found });
    }
    match SYMBOLS.into_iter().find(|symbol| *symbol == text) {
        Some(symbol) => Err(NameError::Symbol { symbol }),
        None => Ok(()),
    }
}

impl RevisionId {
    /// Checks the rules for ids.
    pub fn new(text: &str) -> Result<Self, NameError> {
        check_name(text)?;
        Ok(Self(text.into()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RevisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RevisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl std::borrow::Borrow<str> for RevisionId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// The name of a branch. The same rules as for [`RevisionId`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BranchLabel(Arc<str>);

impl BranchLabel {
    /// Checks the rules for labels.
    pub fn new(text: &str) -> Result<Self, NameError> {
        check_name(text)?;
        Ok(Self(text.into()))
    }

    /// The label as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BranchLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for BranchLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

/// One file in a version location.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// Its identifier.
    pub id: RevisionId,
    /// What it follows: nothing (a base), one revision, or several (a merge), as declared.
    pub down_revisions: Vec<RevisionId>,
    /// Names for the branch that it begins, as declared.
    pub branch_labels: Vec<BranchLabel>,
    /// Ids or labels of revisions that must run before it, as declared.
    pub depends_on: Vec<String>,
    /// The revisions that it stands for, in the order in which they ran; a database at the last of
    /// them is at this one.
    pub replaces: Vec<RevisionId>,
    /// Those of `replaces` that stood for others before them in that list.
    pub squashed: Vec<RevisionId>,
    /// What it does, for people; may be empty.
    pub message: String,
    /// When it was made, as written; may be empty.
    pub create_date: String,
    /// How its bodies run.
    pub mode: RunMode,
    /// The statements that bring it about; may be empty.
    pub upgrade: Body,
    /// The statements that undo it.
    pub downgrade: Downgrade,
    /// Where the header says what it says.
    pub spans: HeaderSpans,
    /// The whole file.
    pub source: Arc<Source>,
}

/// How the bodies of a revision run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RunMode {
    /// `transaction = false`: each statement commits by itself.
    pub autocommit: bool,
    /// `foreign_keys = true`: SQLite enforces foreign keys, cascades included.
    pub foreign_keys: bool,
}

/// A stretch of SQL in a revision file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Body {
    /// Bytes of the file, without the marker's line.
    pub span: Range<usize>,
    /// Its statements, as bytes of the file: each from its first token to the last one before the
    /// semicolon.
    pub statements: Vec<Range<usize>>,
    /// What is evaluated right before it runs, in the order of the file. The lines lie inside of
    /// `span`; to SQLite they are comments.
    pub directives: Vec<Directive>,
}

/// The way back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Downgrade {
    /// These statements.
    Body(Body),
    /// The author says that there is none; the marker stands at this span.
    Irreversible(Range<usize>),
}

impl Downgrade {
    /// Its statements; `None` where there is none.
    pub fn body(&self) -> Option<&Body> {
        match self {
            Self::Body(body) => Some(body),
            Self::Irreversible(_) => None,
        }
    }
}

/// Byte ranges of header values, for messages. The lists match those of [`Revision`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HeaderSpans {
    /// The `revision` value.
    pub id: Range<usize>,
    /// Each `down_revision` value.
    pub down_revisions: Vec<Range<usize>>,
    /// All that `down_revision` says, brackets included; `None` where it is not there.
    pub down_revision: Option<Range<usize>>,
    /// Each `branch_labels` value.
    pub branch_labels: Vec<Range<usize>>,
    /// Each `depends_on` value.
    pub depends_on: Vec<Range<usize>>,
    /// Each `replaces` value.
    pub replaces: Vec<Range<usize>>,
}

impl Revision {
    /// A place in this revision's file.
    pub fn location(&self, span: &Range<usize>) -> Location {
        Location::new(&self.source, span.clone())
    }

    /// Its bodies, the upgrade first.
    pub fn bodies(&self) -> impl Iterator<Item = &Body> {
        std::iter::once(&self.upgrade).chain(self.downgrade.body())
    }

    /// The statements of one of its bodies, as they stand there.
    pub fn statements<'a>(&'a self, body: &'a Body) -> impl Iterator<Item = &'a str> {
        body.statements.iter().map(|it| &self.source.text[it.clone()])
    }

    /// The text of one of its bodies.
    pub fn body_text(&self, body: &Body) -> &str {
        &self.source.text[body.span.clone()]
    }

    /// The message up to the first blank line, on one line, as lists show it.
    pub fn summary(&self) -> String {
        let message = self.message.trim();
        let paragraph = message.split('\n').take_while(|line| !line.is_empty());
        let mut summary = String::with_capacity(message.len());
        for word in paragraph.flat_map(str::split_whitespace) {
            if !summary.is_empty() {
                summary.push(' ');
            }
            summary.push_str(word);
        }
        summary
    }
}
