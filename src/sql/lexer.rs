//! Tokens of SQL text, cut exactly where SQLite cuts them.
//!
//! A transcription of `sqlite3GetToken` in SQLite's `tokenize.c` (read at 3.54.1), so that what is
//! a comment, a string or a name here is one there. It decides nothing about grammar: whether an
//! identifier is a keyword depends on where it stands, and the caller knows that.
//!
//! **Invariant.** The spans of the tokens follow each other without a gap, cover the whole text,
//! are never empty and lie on character boundaries.
//!
//! Where this differs from SQLite, on purpose:
//!
//! * SQLite stops reading at a NUL byte. Here it is an [`TokenKind::Illegal`] token of its own, or
//!   an ordinary byte inside a string, a quoted identifier or a comment; whoever runs the text must
//!   refuse it (as [`super::statement::split`] does), because SQLite would not see what follows.
//! * SQLite accepts a block comment that the end of the text closes, and takes a `/*` that *is* the
//!   end of the text for two operators. Both are [`TokenKind::UnterminatedComment`] here: nobody
//!   means either.

use std::borrow::Cow;
use std::ops::Range;

#[cfg(test)]
mod tests;

/// What sort of token it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// Blanks, tabs, line ends and form feeds; or one byte order mark, wherever it stands.
    Whitespace,
    /// `-- …`, without the line feed that ends it.
    LineComment,
    /// `/* … */`.
    BlockComment,
    /// A name or a keyword without quotes.
    Identifier,
    /// `"…"`, `` `…` `` or `[…]`. SQLite takes a `"…"` that names nothing for a string.
    QuotedIdentifier,
    /// `'…'`, with `''` for a quote.
    String,
    /// `x'…'`, with an even number of hexadecimal digits.
    Blob,
    /// An integer or a float, perhaps hexadecimal, perhaps with `_` between digits.
    ///
    /// The places of the `_` are not checked; SQLite's parser does that, not its tokenizer.
    Number,
    /// `?`, `?1`, `:a`, `@a`, `#a`, `$a`, `$a::b(c)`.
    Variable,
    /// `;`.
    Semicolon,
    /// `(`.
    LeftParenthesis,
    /// `)`.
    RightParenthesis,
    /// `,`.
    Comma,
    /// `.`.
    Dot,
    /// Any other operator, of one to three characters.
    Operator,
    /// A `'…` or `x'…` that the text ends in.
    UnterminatedString,
    /// A `"…`, `` `… `` or `[…` that the text ends in.
    UnterminatedIdentifier,
    /// A `/*…` that the text ends in.
    UnterminatedComment,
    /// What SQLite calls an unrecognized token: `1abc`, `x'0'`, `{`, a lone `!` or `@`.
    Illegal,
}

/// A piece of SQL text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// What sort.
    pub kind: TokenKind,
    /// Bytes of the text; never empty, on character boundaries.
    pub span: Range<usize>,
}

impl Token {
    /// The token as written.
    ///
    /// # Panics
    ///
    /// If `sql` is not the text that the token was read from.
    pub fn text<'a>(&self, sql: &'a str) -> &'a str {
        &sql[self.span.clone()]
    }

    /// Whether it is more than space between tokens: neither whitespace nor a comment.
    pub fn is_significant(&self) -> bool {
        !matches!(
            self.kind,
            TokenKind::Whitespace
                | TokenKind::LineComment
                | TokenKind::BlockComment
                | TokenKind::UnterminatedComment
        )
    }

    /// Whether it is the word `keyword`, in either case and not quoted.
    ///
    /// `true` says that SQLite *may* read it as the keyword: most keywords are also names where
    /// the grammar has room for a name.
    ///
    /// # Panics
    ///
    /// If `sql` is not the text that the token was read from.
    pub fn is_keyword(&self, sql: &str, keyword: &str) -> bool {
        self.kind == TokenKind::Identifier && self.text(sql).eq_ignore_ascii_case(keyword)
    }

    /// The name that it stands for, without quotes, or `None` if it can be no name.
    ///
    /// Strings count, because SQLite's grammar takes them for names (`nm ::= STRING` in
    /// `parse.y`): `PRAGMA 'foreign_keys'`. A name is compared without regard to ASCII case.
    /// Borrows unless a doubled quote has to be undone.
    ///
    /// # Panics
    ///
    /// If `sql` is not the text that the token was read from.
    pub fn name<'a>(&self, sql: &'a str) -> Option<Cow<'a, str>> {
        let text = self.text(sql);
        match self.kind {
            TokenKind::Identifier => Some(Cow::Borrowed(text)),
            TokenKind::QuotedIdentifier | TokenKind::String => {
                let inner = &text[1..text.len() - 1];
                // There is no way to write a `]` inside `[…]`, hence nothing to undo there.
                let (doubled, quote) = match text.as_bytes()[0] {
                    b'\'' => ("''", "'"),
                    b'"' => ("\"\"", "\""),
                    b'`' => ("``", "`"),
                    _ => return Some(Cow::Borrowed(inner)),
                };
                Some(if inner.contains(doubled) {
                    Cow::Owned(inner.replace(doubled, quote))
                } else {
                    Cow::Borrowed(inner)
                })
            }
            _ => None,
        }
    }
}

/// The tokens of a text, in order. Made by [`tokens`].
#[derive(Debug, Clone)]
pub struct Tokens<'a> {
    sql: &'a str,
    position: usize,
}

/// Reads the tokens of `sql`, whitespace and comments included.
///
/// Never fails: what SQLite would not accept is a token too. Linear, without allocation.
pub fn tokens(sql: &str) -> Tokens<'_> {
    Tokens { sql, position: 0 }
}

/// Whether a keyword stands anywhere in `sql`, outside of quotes and comments.
pub fn has_keyword(sql: &str, keyword: &str) -> bool {
    tokens(sql).any(|it| it.is_keyword(sql, keyword))
}

/// All names in `sql`, in lower case, be it of tables, columns or anything else; keywords and strings
/// too, since SQLite takes both for names where one must stand.
pub fn names(sql: &str) -> impl Iterator<Item = String> {
    tokens(sql).filter_map(|it| it.name(sql).map(|name| name.to_ascii_lowercase()))
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let rest = &self.sql.as_bytes()[self.position..];
        if rest.is_empty() {
            return None;
        }
        let (kind, length) = scan(rest);
        let start = self.position;
        self.position += length;
        Some(Token { kind, span: start..self.position })
    }
}

impl std::iter::FusedIterator for Tokens<'_> {}

/// U+FEFF in UTF-8, which SQLite takes for a space at the start of any token.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The kind and the length of the first token of `z`, which is not empty.
///
/// A byte past the end reads as 0, as in SQLite. No token ends inside a character: every byte from
/// 0x80 on continues whatever it stands in, and starts an identifier elsewhere.
fn scan(z: &[u8]) -> (TokenKind, usize) {
    use TokenKind as Kind;
    let at = |i: usize| byte(z, i);
    match at(0) {
        // A vertical tab may continue whitespace but not begin it. So it is in SQLite.
        b' ' | b'\t' | b'\n' | b'\x0c' | b'\r' => (Kind::Whitespace, run(z, 1, is_space)),
        _ if z.starts_with(BYTE_ORDER_MARK) => (Kind::Whitespace, BYTE_ORDER_MARK.len()),
        b'-' if at(1) == b'-' => (Kind::LineComment, run(z, 2, |it| it != b'\n')),
        b'-' if at(1) == b'>' => (Kind::Operator, if at(2) == b'>' { 3 } else { 2 }),
        b'/' if at(1) == b'*' => match z[2..].windows(2).position(|it| it == b"*/") {
            Some(inner) => (Kind::BlockComment, inner + 4),
            None => (Kind::UnterminatedComment, z.len()),
        },
        b'\'' => quoted(z, Kind::String, Kind::UnterminatedString),
        b'"' | b'`' => quoted(z, Kind::QuotedIdentifier, Kind::UnterminatedIdentifier),
        b'[' => match z.iter().position(|it| *it == b']') {
            Some(close) => (Kind::QuotedIdentifier, close + 1),
            None => (Kind::UnterminatedIdentifier, z.len()),
        },
        b'x' | b'X' if at(1) == b'\'' => blob(z),
        b'0'..=b'9' => number(z),
        b'.' if at(1).is_ascii_digit() => number(z),
        b'?' => (Kind::Variable, run(z, 1, |it| it.is_ascii_digit())),
        b'$' | b'@' | b'#' | b':' => variable(z),
        b';' => (Kind::Semicolon, 1),
        b'(' => (Kind::LeftParenthesis, 1),
        b')' => (Kind::RightParenthesis, 1),
        b',' => (Kind::Comma, 1),
        b'.' => (Kind::Dot, 1),
        b'=' => (Kind::Operator, if at(1) == b'=' { 2 } else { 1 }),
        b'<' => (Kind::Operator, if matches!(at(1), b'=' | b'>' | b'<') { 2 } else { 1 }),
        b'>' => (Kind::Operator, if matches!(at(1), b'=' | b'>') { 2 } else { 1 }),
        b'|' => (Kind::Operator, if at(1) == b'|' { 2 } else { 1 }),
        b'!' if at(1) == b'=' => (Kind::Operator, 2),
        b'-' | b'+' | b'*' | b'/' | b'%' | b'&' | b'~' => (Kind::Operator, 1),
        it if is_identifier(it) => (Kind::Identifier, run(z, 1, is_identifier)),
        _ => (Kind::Illegal, 1),
    }
}

/// A string or an identifier in quotes that are doubled to stand for themselves.
fn quoted(z: &[u8], closed: TokenKind, open: TokenKind) -> (TokenKind, usize) {
    let quote = z[0];
    let mut i = 1;
    while let Some(found) = z[i..].iter().position(|it| *it == quote) {
        i += found + 1;
        if byte(z, i) != quote {
            return (closed, i);
        }
        i += 1;
    }
    (open, z.len())
}

/// `x'…'`.
fn blob(z: &[u8]) -> (TokenKind, usize) {
    let digits_end = run(z, 2, |it| it.is_ascii_hexdigit());
    match z[digits_end..].iter().position(|it| *it == b'\'') {
        Some(0) if digits_end % 2 == 0 => (TokenKind::Blob, digits_end + 1),
        Some(quote) => (TokenKind::Illegal, digits_end + quote + 1),
        None => (TokenKind::UnterminatedString, z.len()),
    }
}

/// A number; one that runs into a letter is illegal up to the end of the letters.
fn number(z: &[u8]) -> (TokenKind, usize) {
    let at = |i: usize| byte(z, i);
    let digits = |from: usize| run(z, from, |it| it.is_ascii_digit() || it == b'_');
    let end = if at(0) == b'0' && matches!(at(1), b'x' | b'X') && at(2).is_ascii_hexdigit() {
        run(z, 3, |it| it.is_ascii_hexdigit() || it == b'_')
    } else {
        let mut i = digits(0);
        if at(i) == b'.' {
            i = digits(i + 1);
        }
        let sign = usize::from(matches!(at(i + 1), b'+' | b'-'));
        if matches!(at(i), b'e' | b'E') && at(i + 1 + sign).is_ascii_digit() {
            i = digits(i + 2);
        }
        i
    };
    match run(z, end, is_identifier) {
        whole if whole == end => (TokenKind::Number, end),
        whole => (TokenKind::Illegal, whole),
    }
}

/// `$a` and its kin, with Tcl's `::` and `(…)`, which SQLite reads after every one of the signs.
fn variable(z: &[u8]) -> (TokenKind, usize) {
    let at = |i: usize| byte(z, i);
    let mut has_name = false;
    let mut i = 1;
    loop {
        match at(i) {
            it if is_identifier(it) => {
                has_name = true;
                i += 1;
            }
            b'(' if has_name => {
                let end = run(z, i + 1, |it| it != 0 && it != b')' && !is_space(it));
                return match at(end) {
                    b')' => (TokenKind::Variable, end + 1),
                    _ => (TokenKind::Illegal, end),
                };
            }
            b':' if at(i + 1) == b':' => i += 2,
            _ if has_name => return (TokenKind::Variable, i),
            _ => return (TokenKind::Illegal, i),
        }
    }
}

/// The byte at `i`, or 0 past the end.
fn byte(z: &[u8], i: usize) -> u8 {
    z.get(i).copied().unwrap_or(0)
}

/// The end of the run of bytes from `start` that are `accepted`.
fn run(z: &[u8], start: usize, accepted: impl Fn(u8) -> bool) -> usize {
    let length = z[start..].iter().position(|it| !accepted(*it));
    length.map_or(z.len(), |it| start + it)
}

/// SQLite's `sqlite3Isspace`.
fn is_space(it: u8) -> bool {
    matches!(it, b'\t'..=b'\r' | b' ')
}

/// SQLite's `IdChar`: what an identifier may go on with.
fn is_identifier(it: u8) -> bool {
    it.is_ascii_alphanumeric() || matches!(it, b'_' | b'$') || it >= 0x80
}
