//! A place among the tokens of a statement.
//!
//! SQLite has accepted the text, so there is nothing to check here. An error means that SQLite's
//! grammar has something that this code does not know.

use std::ops::Range;

use super::fragment::{Fragment, text_of};
use super::name::Name;
use crate::sql::lexer::{Token, TokenKind, tokens};

/// What a statement should go on with, and does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Expected {
    /// What should stand there.
    pub what: &'static str,
    /// The byte where it should.
    pub offset: usize,
}

/// Some of the tokens of a statement, by their numbers.
pub(super) type TokenRange = Range<usize>;

/// The significant tokens of a statement, and how many have been read.
#[derive(Debug)]
pub(super) struct Cursor<'a> {
    sql: &'a str,
    tokens: Vec<Token>,
    next: usize,
}

impl<'a> Cursor<'a> {
    /// Stands before the first token. A semicolon at the end is left out.
    pub fn new(sql: &'a str) -> Self {
        let significant = tokens(sql).filter(Token::is_significant);
        // About as many as there are; most schemas are read in thousands of statements.
        let mut tokens = Vec::with_capacity(sql.len() / 4);
        tokens.extend(significant);
        while tokens.pop_if(|it| it.kind == TokenKind::Semicolon).is_some() {}
        Self { sql, tokens, next: 0 }
    }

    /// The statement.
    pub fn sql(&self) -> &'a str {
        self.sql
    }

    /// The number of the next token.
    pub fn next(&self) -> usize {
        self.next
    }

    /// The number after the last token.
    pub fn end(&self) -> usize {
        self.tokens.len()
    }

    /// The tokens of a range.
    pub fn tokens(&self, range: TokenRange) -> &[Token] {
        &self.tokens[range]
    }

    /// From the first to the last token of a range, verbatim.
    pub fn text(&self, range: TokenRange) -> &'a str {
        text_of(self.sql, self.tokens(range))
    }

    /// The tokens of a range as a piece of SQL.
    pub fn fragment(&self, range: TokenRange) -> Fragment {
        Fragment::of_tokens(self.sql, self.tokens(range))
    }

    /// The token `n` after the next one.
    pub fn peek(&self, n: usize) -> Option<&Token> {
        self.tokens.get(self.next + n)
    }

    /// Whether the token `n` after the next one is of that kind.
    pub fn is_kind(&self, n: usize, kind: TokenKind) -> bool {
        self.peek(n).is_some_and(|it| it.kind == kind)
    }

    /// Whether the next tokens are these words.
    pub fn is(&self, words: &[&str]) -> bool {
        let is_word = |(n, word): (usize, &&str)| {
            self.peek(n).is_some_and(|it| it.is_keyword(self.sql, word))
        };
        words.iter().enumerate().all(is_word)
    }

    /// Goes past the next token.
    pub fn skip(&mut self) {
        self.next = self.end().min(self.next + 1);
    }

    /// Goes past these words if they are next; says whether they were.
    pub fn eat(&mut self, words: &[&str]) -> bool {
        let is_next = self.is(words);
        if is_next {
            self.next += words.len();
        }
        is_next
    }

    /// Goes past a token of that kind if it is next; says whether it was.
    pub fn eat_kind(&mut self, kind: TokenKind) -> bool {
        let is_next = self.is_kind(0, kind);
        if is_next {
            self.next += 1;
        }
        is_next
    }

    /// Something else should have stood at the next token.
    pub fn expected(&self, what: &'static str) -> Expected {
        let offset = self.peek(0).map_or(self.sql.len(), |it| it.span.start);
        Expected { what, offset }
    }

    /// Goes past one word.
    pub fn expect(&mut self, word: &'static str) -> Result<(), Expected> {
        if self.eat(&[word]) { Ok(()) } else { Err(self.expected(word)) }
    }

    /// Goes past a name. Any word is one, quoted or not, and a string too.
    pub fn name(&mut self) -> Result<Name, Expected> {
        let name = self.peek(0).and_then(|it| it.name(self.sql));
        let name = Name::new(name.ok_or_else(|| self.expected("a name"))?);
        self.next += 1;
        Ok(name)
    }

    /// Goes past a name that may be qualified with that of the schema.
    pub fn qualified_name(&mut self) -> Result<Name, Expected> {
        let name = self.name()?;
        if self.eat_kind(TokenKind::Dot) { self.name() } else { Ok(name) }
    }

    /// Goes past `(…)`; gives what is between the parentheses.
    pub fn parenthesized(&mut self) -> Result<TokenRange, Expected> {
        let open = self.next;
        if !self.is_kind(0, TokenKind::LeftParenthesis) {
            return Err(self.expected("("));
        }
        let mut depth = 0_usize;
        while let Some(token) = self.peek(0) {
            match token.kind {
                TokenKind::LeftParenthesis => depth += 1,
                TokenKind::RightParenthesis => depth -= 1,
                _ => {}
            }
            self.next += 1;
            if depth == 0 {
                return Ok(open + 1..self.next - 1);
            }
        }
        Err(self.expected(")"))
    }

    /// A range without parentheses around the whole of it.
    pub fn without_parentheses(&self, mut range: TokenRange) -> TokenRange {
        while self.is_in_parentheses(range.clone()) {
            range = range.start + 1..range.end - 1;
        }
        range
    }

    /// Whether one pair of parentheses is around the whole of it, and says nothing: around a
    /// subquery or a row they do.
    fn is_in_parentheses(&self, range: TokenRange) -> bool {
        let tokens = self.tokens(range);
        let is_keyword =
            |it: &Token, words: [&str; 3]| words.iter().any(|word| it.is_keyword(self.sql, word));
        let says_something = |it: &Token| is_keyword(it, ["SELECT", "VALUES", "WITH"]);
        if tokens.len() < 3 || says_something(&tokens[1]) {
            return false;
        }
        let mut depth = 0_usize;
        for (idx, token) in tokens.iter().enumerate() {
            match token.kind {
                TokenKind::LeftParenthesis => depth += 1,
                TokenKind::RightParenthesis if depth == 1 => return idx + 1 == tokens.len(),
                TokenKind::RightParenthesis if depth > 1 => depth -= 1,
                TokenKind::Comma if depth == 1 => return false,
                _ if depth == 0 => return false,
                _ => {}
            }
        }
        false
    }

    /// A range cut at the commas that are in no parentheses of its own.
    pub fn split_at_commas(&self, range: TokenRange) -> Vec<TokenRange> {
        let mut pieces = Vec::new();
        let mut depth = 0_usize;
        let mut start = range.start;
        for idx in range.clone() {
            match self.tokens[idx].kind {
                TokenKind::LeftParenthesis => depth += 1,
                TokenKind::RightParenthesis => depth = depth.saturating_sub(1),
                TokenKind::Comma if depth == 0 => {
                    pieces.push(start..idx);
                    start = idx + 1;
                }
                _ => {}
            }
        }
        pieces.push(start..range.end);
        pieces
    }
}
