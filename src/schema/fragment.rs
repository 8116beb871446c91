//! Pieces of SQL, compared token by token.

use std::borrow::Cow;
use std::hash::{Hash, Hasher};

use crate::sql::lexer::{Token, TokenKind, tokens};
use crate::sql::quote;

/// A piece of SQL: equal to another one if their tokens are.
///
/// Words count without regard to case and quotes, strings and blobs as they are, but that a CRLF in a
/// string is a line end like any other: a checkout may make either of the other.
#[derive(Debug, Clone, Eq, Default)]
pub struct Fragment {
    /// As it was written, without the space and the comments around it.
    text: String,
    /// Its tokens, so written that equal texts are equal pieces of SQL.
    meaning: String,
}

impl Fragment {
    /// The piece of SQL `sql`, without what is only space around it.
    pub fn new(sql: &str) -> Self {
        let tokens: Vec<Token> = tokens(sql).filter(Token::is_significant).collect();
        Self::of_tokens(sql, &tokens)
    }

    /// What the significant `tokens` of `sql` span.
    pub(super) fn of_tokens(sql: &str, tokens: &[Token]) -> Self {
        Self { text: text_of(sql, tokens).to_owned(), meaning: meaning(sql, tokens) }
    }

    /// The same, where strings stand for names.
    pub(super) fn of_names(sql: &str, tokens: &[Token]) -> Self {
        let mut meaning = with_room_for(sql, tokens);
        for token in tokens {
            match token.name(sql) {
                Some(name) => push_word(&mut meaning, &name),
                None => push_token(&mut meaning, sql, token),
            }
        }
        Self { text: text_of(sql, tokens).to_owned(), meaning }
    }

    /// The same with one more word.
    pub(super) fn followed_by(mut self, word: &str) -> Self {
        self.text.push(' ');
        self.text.push_str(word);
        push_word(&mut self.meaning, word);
        self
    }

    /// Whether it is this one word, given in lower case.
    pub(super) fn is_word(&self, word: &str) -> bool {
        let inner = self.meaning.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
        inner == Some(word)
    }

    /// A piece that means something else than its tokens say.
    pub(super) fn with_meaning(text: String, meaning: &str) -> Self {
        Self { text, meaning: with_plain_ends(meaning).into_owned() }
    }

    /// The same in a place where `is_column` says which columns there are: there SQLite takes
    /// `"…"` for a string if no column has that name, and writes `'…'` when it gets to rewrite it.
    pub(super) fn with_strings(&mut self, is_column: impl Fn(&str) -> bool) {
        let sql = &self.text;
        // A string in front is the column of an index; an expression does not begin with one.
        if !sql.contains('"') || sql.starts_with('\'') {
            return;
        }
        let tokens: Vec<Token> = tokens(sql).filter(Token::is_significant).collect();
        let mut meaning = String::new();
        for (idx, token) in tokens.iter().enumerate() {
            let before = idx.checked_sub(1).map(|it| &tokens[it]);
            let is_other_name = before.is_some_and(|it| {
                it.kind == TokenKind::Dot
                    || it.is_keyword(sql, "COLLATE")
                    || it.is_keyword(sql, "AS")
            });
            let is_qualifier = tokens
                .get(idx + 1)
                .is_some_and(|it| matches!(it.kind, TokenKind::Dot | TokenKind::LeftParenthesis));
            let string = token.name(sql).filter(|it| {
                token.text(sql).starts_with('"')
                    && !is_other_name
                    && !is_qualifier
                    && !is_column(it)
            });
            if let Some(string) = string {
                separate(&mut meaning);
                meaning.push_str(&with_plain_ends(&quote::literal(&string)));
            } else {
                push_token(&mut meaning, sql, token);
            }
        }
        self.meaning = meaning;
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.meaning.is_empty()
    }

    /// What is compared: equal for two pieces of SQL if and only if their tokens are. Not SQL to
    /// be run.
    pub fn meaning(&self) -> &str {
        &self.meaning
    }
}

impl PartialEq for Fragment {
    fn eq(&self, other: &Self) -> bool {
        self.meaning == other.meaning
    }
}

impl Hash for Fragment {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.meaning.hash(state);
    }
}

/// From the first to the last of the tokens.
pub(super) fn text_of<'a>(sql: &'a str, tokens: &[Token]) -> &'a str {
    match (tokens.first(), tokens.last()) {
        (Some(first), Some(last)) => &sql[first.span.start..last.span.end],
        _ => "",
    }
}

/// The tokens, so written that equal texts are equal pieces of SQL.
pub(super) fn meaning(sql: &str, tokens: &[Token]) -> String {
    let mut meaning = with_room_for(sql, tokens);
    for token in tokens {
        push_token(&mut meaning, sql, token);
    }
    meaning
}

/// Each token may get a space and two quotes.
fn with_room_for(sql: &str, tokens: &[Token]) -> String {
    String::with_capacity(text_of(sql, tokens).len() + 3 * tokens.len())
}

fn push_token(meaning: &mut String, sql: &str, token: &Token) {
    let text = token.text(sql);
    match token.kind {
        TokenKind::Identifier => push_word(meaning, text),
        TokenKind::QuotedIdentifier => push_word(meaning, &token.name(sql).unwrap_or_default()),
        TokenKind::Number | TokenKind::Blob => {
            separate(meaning);
            push_folded(meaning, text);
        }
        _ => {
            separate(meaning);
            meaning.push_str(&with_plain_ends(text));
        }
    }
}

fn with_plain_ends(text: &str) -> Cow<'_, str> {
    if text.contains("\r\n") { text.replace("\r\n", "\n").into() } else { text.into() }
}

/// A name or a keyword: in lower case and in double quotes, which no other token has.
fn push_word(meaning: &mut String, word: &str) {
    separate(meaning);
    meaning.push('"');
    if word.contains('"') {
        push_folded(meaning, &word.replace('"', "\"\""));
    } else {
        push_folded(meaning, word);
    }
    meaning.push('"');
}

fn push_folded(meaning: &mut String, text: &str) {
    let start = meaning.len();
    meaning.push_str(text);
    meaning[start..].make_ascii_lowercase();
}

fn separate(meaning: &mut String) {
    if !meaning.is_empty() {
        meaning.push(' ');
    }
}
