//! SQL as words. Written for these tests alone, so that a mistake in the lexer of the library is not
//! also one of the oracle.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A keyword or a name without quotes.
    Word,
    /// A name in one of the three kinds of quotes.
    Quoted,
    /// A string.
    Text,
    /// A number or a blob.
    Number,
    /// Anything else.
    Sign,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub kind: Kind,
    /// Without quotes where it is a name, as it stands otherwise.
    pub text: String,
}

impl Token {
    pub fn new(kind: Kind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into() }
    }

    /// Whether it is this keyword, or this sign.
    pub fn is(&self, text: &str) -> bool {
        matches!(self.kind, Kind::Word | Kind::Sign) && self.text.eq_ignore_ascii_case(text)
    }

    /// So written that equal texts mean the same.
    pub fn meaning(&self) -> String {
        match self.kind {
            Kind::Word | Kind::Quoted | Kind::Number => self.text.to_ascii_lowercase(),
            Kind::Text | Kind::Sign => self.text.clone(),
        }
    }
}

const LONG_SIGNS: &[&str] = &["->>", "||", "->", "<=", ">=", "<>", "!=", "==", "<<", ">>"];

fn is_word(it: char) -> bool {
    it.is_ascii_alphanumeric() || it == '_' || it == '$' || !it.is_ascii()
}

/// The length of what stands in quotes at the beginning, with the quotes.
fn quoted(sql: &str, close: char) -> usize {
    let mut at = 1;
    while let Some(found) = sql[at..].find(close) {
        at += found + 1;
        if close == ']' || !sql[at..].starts_with(close) {
            return at;
        }
        at += 1;
    }
    panic!("nothing ends the quotes of {sql}")
}

pub fn tokens(sql: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let second = rest.chars().nth(1);
        let (kind, length) = match first {
            _ if first.is_ascii_whitespace() => {
                rest = &rest[1..];
                continue;
            }
            '-' if second == Some('-') => {
                rest = &rest[rest.find('\n').unwrap_or(rest.len())..];
                continue;
            }
            '/' if second == Some('*') => {
                let end = rest[2..].find("*/").map_or(rest.len(), |it| it + 4);
                rest = &rest[end..];
                continue;
            }
            '\'' => (Kind::Text, quoted(rest, '\'')),
            '"' | '`' => (Kind::Quoted, quoted(rest, first)),
            '[' => (Kind::Quoted, quoted(rest, ']')),
            'x' | 'X' if second == Some('\'') => (Kind::Number, 1 + quoted(&rest[1..], '\'')),
            '.' | '0'..='9' if first != '.' || second.is_some_and(|it| it.is_ascii_digit()) => {
                let mut before = ' ';
                let end = rest.find(|it: char| {
                    let belongs = it == '.'
                        || is_word(it)
                        || (matches!(it, '+' | '-') && matches!(before, 'e' | 'E'));
                    before = it;
                    !belongs
                });
                (Kind::Number, end.unwrap_or(rest.len()))
            }
            _ if is_word(first) => (Kind::Word, rest.find(|it| !is_word(it)).unwrap_or(rest.len())),
            _ => {
                let long = LONG_SIGNS.iter().find(|it| rest.starts_with(**it));
                (Kind::Sign, long.map_or(first.len_utf8(), |it| it.len()))
            }
        };
        let text = &rest[..length];
        let text = match (kind, first) {
            (Kind::Quoted, '[') => text[1..length - 1].to_owned(),
            (Kind::Quoted, quote) => {
                text[1..length - 1].replace(&format!("{quote}{quote}"), &quote.to_string())
            }
            _ => text.to_owned(),
        };
        found.push(Token::new(kind, text));
        rest = &rest[length..];
    }
    found
}

/// The meaning of a piece of SQL, as one line.
pub fn meaning(of: &[Token]) -> String {
    of.iter().map(Token::meaning).collect::<Vec<_>>().join(" ")
}
