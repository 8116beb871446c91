//! A script cut into statements, and what of a script counts as its content.
//!
//! Statements are run one by one, because only so can an error name its line, and because SQLite's
//! own `execute_batch` drops rows that a statement still has to give. Where a statement ends is
//! decided as in `sqlite3_complete` (SQLite's `complete.c`): at a semicolon, but in a trigger only
//! at `; END ;`.

use std::ops::Range;

use sha2::{Digest, Sha256};

use super::lexer::{Token, TokenKind, tokens};

#[cfg(test)]
mod tests;

/// One statement of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Bytes of the script, from the first token to the last one before the semicolon.
    ///
    /// Comments before the first and after the last token are outside. Never empty.
    pub span: Range<usize>,
}

/// Why a text cannot be split.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SplitError {
    /// A `'…` or `x'…` that the script ends in.
    #[error("the string that begins here has no closing `'`")]
    UnterminatedString,
    /// A quoted identifier that the script ends in.
    #[error("the quoted name that begins here has no closing `{close}`")]
    UnterminatedIdentifier {
        /// What would have closed it: `"`, `` ` `` or `]`.
        close: char,
    },
    /// A block comment that the script ends in. SQLite would skip the rest without a word.
    #[error("the comment that begins here has no closing `*/`")]
    UnterminatedComment,
    /// A trigger without the `; END ;` that ends it.
    #[error("the trigger that begins here has no `END;`")]
    UnterminatedTrigger,
    /// A byte 0, at which SQLite would stop reading without a word. Only the first is reported.
    #[error("a NUL byte ends the script for SQLite")]
    Nul,
    /// Something that is no token of SQL.
    #[error("unrecognized token `{text}`")]
    IllegalToken {
        /// The token, or several that touch; its first characters if it is long.
        text: String,
    },
}

/// Cuts `script` into its statements.
///
/// Statements without a token are left out, and the last one needs no semicolon. Linear.
///
/// # Errors
///
/// Every problem with its place, in the order of the text. What is not closed is reported where it
/// opens, with the span of the quote, the `/*` or the `CREATE`. A trigger that has no end only
/// because it holds a string, a name or a comment without one is not reported.
pub fn split(script: &str) -> Result<Vec<Statement>, Vec<(Range<usize>, SplitError)>> {
    let mut splitter = Splitter { script, ..Splitter::default() };
    splitter.problems.extend(nul(script));
    for token in tokens(script) {
        splitter.check(&token);
        if token.is_significant() {
            splitter.step(&token);
        }
    }
    splitter.finish()
}

/// The place of the first NUL byte.
fn nul(script: &str) -> Option<(Range<usize>, SplitError)> {
    script.find('\0').map(|position| (position..position + 1, SplitError::Nul))
}

/// Where in a statement the splitter stands.
///
/// The states of `sqlite3_complete`, in its order, and [`State::Nested`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
enum State {
    /// Before the first token of a statement.
    #[default]
    Start,
    /// In a statement that a semicolon ends.
    Normal,
    /// After `EXPLAIN`.
    Explain,
    /// After `CREATE`, and perhaps `TEMP`.
    Create,
    /// In a trigger.
    Trigger,
    /// In a trigger, after a semicolon.
    TriggerSemicolon,
    /// In a trigger, after a semicolon and `END`.
    TriggerEnd,
    /// In a trigger, after a semicolon and a `CREATE` at this place, and perhaps `TEMP`.
    Nested(Range<usize>),
}

#[derive(Debug, Default)]
struct Splitter<'a> {
    script: &'a str,
    state: State,
    /// From the first token of the current statement to the last one so far.
    current: Option<Range<usize>>,
    /// The `CREATE` of the current trigger.
    create: Range<usize>,
    /// Whether the current trigger has come to a `BEGIN`, or to something of that name.
    has_begin: bool,
    /// Whether the text ends in something that should have been closed.
    is_open: bool,
    statements: Vec<Statement>,
    problems: Vec<(Range<usize>, SplitError)>,
}

impl Splitter<'_> {
    /// Reports the token if it is one that SQLite would not accept.
    fn check(&mut self, token: &Token) {
        let text = token.text(self.script);
        let start = token.span.start;
        let (length, problem) = match token.kind {
            TokenKind::UnterminatedString => {
                (if text.starts_with('\'') { 1 } else { 2 }, SplitError::UnterminatedString)
            }
            TokenKind::UnterminatedIdentifier => {
                let close = match text.as_bytes()[0] {
                    b'[' => ']',
                    quote => char::from(quote),
                };
                (1, SplitError::UnterminatedIdentifier { close })
            }
            TokenKind::UnterminatedComment => (2, SplitError::UnterminatedComment),
            TokenKind::Illegal if text != "\0" => return self.illegal(token),
            _ => return,
        };
        self.is_open = true;
        self.problems.push((start..start + length, problem));
    }

    /// Reports an illegal token, together with the one before if they touch: `{{` is one mistake.
    fn illegal(&mut self, token: &Token) {
        let mut span = token.span.clone();
        if let Some((before, SplitError::IllegalToken { .. })) = self.problems.last()
            && before.end == span.start
        {
            span.start = before.start;
            self.problems.pop();
        }
        let text = shortened(&self.script[span.clone()]);
        self.problems.push((span, SplitError::IllegalToken { text }));
    }

    /// Takes the next token that is not space.
    fn step(&mut self, token: &Token) {
        if token.kind == TokenKind::Semicolon {
            return self.semicolon();
        }
        let script = self.script;
        let is = |keyword| token.is_keyword(script, keyword);
        self.state = match std::mem::take(&mut self.state) {
            State::Start if is("EXPLAIN") => State::Explain,
            State::Start | State::Explain if is("CREATE") => {
                self.create = token.span.clone();
                State::Create
            }
            // `EXPLAIN QUERY PLAN`; any other word makes a syntax error of SQLite's.
            State::Explain => State::Explain,
            State::Create if is("TEMP") || is("TEMPORARY") => State::Create,
            State::Create if is("TRIGGER") => {
                self.has_begin = false;
                State::Trigger
            }
            // After the end of a trigger, `sqlite3_complete` goes back into it. No trigger goes on
            // after `; END`, so this one lacks its semicolon: let SQLite say so at this token, and
            // do not swallow the rest of the script.
            State::Start | State::Normal | State::Create | State::TriggerEnd => State::Normal,
            State::TriggerSemicolon if is("END") => State::TriggerEnd,
            State::TriggerSemicolon if is("CREATE") => State::Nested(token.span.clone()),
            State::Nested(create) if is("TEMP") || is("TEMPORARY") => State::Nested(create),
            // No trigger creates a trigger, so the first one has no end. Without this rule it
            // would take the end of the second, whose own mistakes would be hidden.
            State::Nested(create) if is("TRIGGER") => {
                self.unterminated_trigger();
                self.current = Some(create.clone());
                self.create = create;
                self.has_begin = false;
                State::Trigger
            }
            State::Trigger | State::TriggerSemicolon | State::Nested(_) => {
                self.has_begin |= is("BEGIN");
                State::Trigger
            }
        };
        let start = self.current.as_ref().map_or(token.span.start, |it| it.start);
        self.current = Some(start..token.span.end);
    }

    fn semicolon(&mut self) {
        match self.state {
            // Every trigger has a `BEGIN` before its first semicolon: do not look for an `END`.
            State::Trigger if !self.has_begin => {
                self.unterminated_trigger();
                self.end_statement();
            }
            State::Trigger | State::TriggerSemicolon | State::Nested(_) => {
                self.state = State::TriggerSemicolon;
            }
            _ => self.end_statement(),
        }
    }

    fn end_statement(&mut self) {
        self.statements.extend(self.current.take().map(|span| Statement { span }));
        self.state = State::Start;
    }

    fn unterminated_trigger(&mut self) {
        self.problems.push((self.create.clone(), SplitError::UnterminatedTrigger));
    }

    fn finish(mut self) -> Result<Vec<Statement>, Vec<(Range<usize>, SplitError)>> {
        let in_trigger =
            matches!(self.state, State::Trigger | State::TriggerSemicolon | State::Nested(_));
        if in_trigger && !self.is_open {
            self.unterminated_trigger();
        }
        self.end_statement();
        if self.problems.is_empty() {
            return Ok(self.statements);
        }
        self.problems.sort_by_key(|(span, _)| span.start);
        Err(self.problems)
    }
}

/// The longest text of an illegal token that an error shows, in characters.
const MAX_SHOWN: usize = 40;

/// `text`, cut after [`MAX_SHOWN`] characters: an illegal blob can be as long as the file.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Follows each token in [`fingerprint`]. It occurs in no UTF-8 text, so that no two sequences of
/// tokens give the same bytes.
const TOKEN_END: u8 = 0xff;

/// The SHA-256 of what `script` tells SQLite to do.
///
/// It is taken over the tokens, each followed by the byte 0xFF, with one `;` between statements. So
/// comments, spacing, line ends, a byte order mark, empty statements and the last semicolon do not
/// count. Words without quotes, numbers and blobs are in small letters (ASCII only), as SQLite does
/// not tell them apart, but where one is a text: see [`Words`]. In what is quoted every character
/// counts, but that a CRLF is a line end like any other: a checkout may make either of the other.
///
/// Total: a script that [`split`] refuses has a fingerprint too. Linear.
pub fn fingerprint(script: &str) -> [u8; 32] {
    let mut meaning: Vec<u8> = Vec::with_capacity(script.len() + script.len() / 4);
    let mut words = Words::default();
    let mut has_semicolon = false;
    for token in tokens(script).filter(Token::is_significant) {
        if token.kind == TokenKind::Semicolon {
            has_semicolon = !meaning.is_empty();
            words = Words::default();
            continue;
        }
        if std::mem::take(&mut has_semicolon) {
            meaning.extend([b';', TOKEN_END]);
        }
        let is_text = words.is_text(script, &token);
        let from = meaning.len();
        let text = token.text(script);
        match token.kind {
            TokenKind::Identifier | TokenKind::Number | TokenKind::Blob if !is_text => {
                meaning.extend(text.as_bytes());
                meaning[from..].make_ascii_lowercase();
            }
            TokenKind::String | TokenKind::QuotedIdentifier if text.contains("\r\n") => {
                meaning.extend(text.replace("\r\n", "\n").as_bytes());
            }
            _ => meaning.extend(text.as_bytes()),
        }
        meaning.push(TOKEN_END);
    }
    Sha256::digest(&meaning).into()
}

/// Which words without quotes are texts, whose case is data: after `DEFAULT` and `ATTACH` SQLite takes
/// a name for a string, and what stands between the brackets of `CREATE VIRTUAL TABLE` goes to the
/// module as it is.
#[derive(Debug, Default)]
struct Words {
    /// After `DEFAULT`, or after `ATTACH` with or without `DATABASE`.
    is_value: bool,
    place: Place,
}

/// How far a `CREATE VIRTUAL TABLE` is read.
#[derive(Debug, Default)]
enum Place {
    #[default]
    Start,
    Create,
    Virtual,
    Using,
    Arguments,
    /// In another statement.
    Other,
}

/// What is no text after `DEFAULT` and `ATTACH`.
const NO_TEXTS: [&str; 8] = [
    "NULL",
    "TRUE",
    "FALSE",
    "CURRENT_TIME",
    "CURRENT_DATE",
    "CURRENT_TIMESTAMP",
    "VALUES",
    "DATABASE",
];

impl Words {
    /// Takes the next token of a statement that is not space; says whether its case is data.
    fn is_text(&mut self, script: &str, token: &Token) -> bool {
        let is = |keyword: &str| token.is_keyword(script, keyword);
        let is_argument = matches!(self.place, Place::Arguments);
        self.place = match std::mem::take(&mut self.place) {
            Place::Start if is("CREATE") => Place::Create,
            Place::Create if is("VIRTUAL") => Place::Virtual,
            Place::Virtual if is("USING") => Place::Using,
            Place::Using if token.kind == TokenKind::LeftParenthesis => Place::Arguments,
            Place::Start | Place::Create => Place::Other,
            place => place,
        };
        let is_value = std::mem::take(&mut self.is_value);
        self.is_value = is("DEFAULT") || is("ATTACH") || (is_value && is("DATABASE"));
        let is_word = token.kind == TokenKind::Identifier && !NO_TEXTS.into_iter().any(is);
        is_argument || (is_value && is_word)
    }
}

/// [`fingerprint`] in hexadecimal, as `migrator_log` keeps it.
pub fn checksum(script: &str) -> String {
    // Not by `write!`, which took as long as the hash itself.
    let digit = |it: u8| char::from(b"0123456789abcdef"[usize::from(it)]);
    let mut text = String::with_capacity(64);
    for byte in fingerprint(script) {
        text.extend([digit(byte >> 4), digit(byte & 0xf)]);
    }
    text
}
