//! The names of new revision files.
//!
//! Whatever message and id a revision is given, its name is one that every file system takes and
//! that stays in its folder: the same repository is checked out on Windows, macOS and Linux.

use std::fmt::Write as _;

use chrono::{DateTime, Datelike, FixedOffset, Timelike};

use crate::similar::similar;

/// What ext4, APFS and NTFS take for one name; of those, NTFS counts UTF-16 units, never more.
const MAX_NAME_BYTES: usize = 255;

/// Room for an id of the greatest length (32 characters), all of them outside of ASCII.
const MAX_ID_BYTES: usize = 32 * 4;

/// What every revision file's name ends in.
const SUFFIX: &str = ".sql";

/// A checked `file_template`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileTemplate {
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Token(Token),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Rev,
    Slug,
    Epoch,
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
}

const TOKENS: [(&str, Token); 9] = [
    ("rev", Token::Rev),
    ("slug", Token::Slug),
    ("epoch", Token::Epoch),
    ("year", Token::Year),
    ("month", Token::Month),
    ("day", Token::Day),
    ("hour", Token::Hour),
    ("minute", Token::Minute),
    ("second", Token::Second),
];

/// Whether a template may put files into folders below the version location.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folders {
    /// It may: `recursive_version_locations` is on, so they are found again.
    Allowed,
    /// It may not.
    Refused,
}

/// Why a template cannot be used, as the end of a sentence that begins with its key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileTemplateError {
    /// A token that does not exist.
    #[error("has the unknown token `{{{token}}}`")]
    UnknownToken {
        /// What stands between the braces.
        token: String,
        /// Tokens close to it, best first.
        similar: Vec<&'static str>,
    },
    /// `%(rev)s`, as in `alembic.ini`.
    #[error("has `%({token})`, which is written `{{{token}}}` here")]
    PercentToken {
        /// What stands between the parentheses.
        token: String,
    },
    /// A brace without its other half.
    #[error("has a `{brace}` without its other half")]
    UnbalancedBrace {
        /// The brace.
        brace: char,
    },
    /// Two revisions with one message would have one name.
    #[error("must contain `{{rev}}`")]
    NoRev,
    /// A folder, and nothing would look into it.
    #[error("has a `/`, which needs `recursive_version_locations = true`")]
    Folder,
    /// A way out of the version location.
    #[error("has the part `{part}`, which leads out of the version location")]
    Escape {
        /// What stands between two slashes; may be empty.
        part: String,
    },
    /// A character that some file system does not take.
    #[error("has the character {found:?}, which is not allowed in file names everywhere")]
    Character {
        /// The first such character.
        found: char,
    },
    /// The suffix would be there twice.
    #[error("must not end in `.sql`, which is added to it")]
    Suffix,
    /// Even without a slug the name may be longer than file systems take.
    #[error("makes names longer than {MAX_NAME_BYTES} bytes")]
    TooLong,
}

impl Default for FileTemplate {
    /// `{rev}_{slug}`, as in Alembic.
    fn default() -> Self {
        let underscore = Piece::Literal("_".to_owned());
        Self { pieces: vec![Piece::Token(Token::Rev), underscore, Piece::Token(Token::Slug)] }
    }
}

impl FileTemplate {
    /// Reads a template: tokens in braces, `{{` and `}}` for the braces themselves.
    pub fn parse(text: &str, folders: Folders) -> Result<Self, FileTemplateError> {
        let template = Self { pieces: pieces(text)? };
        template.check(folders)?;
        Ok(template)
    }

    fn check(&self, folders: Folders) -> Result<(), FileTemplateError> {
        // Stands for any token where only the text around it matters.
        let outline = self.expand(|_, outline| outline.push('x'));
        if let Some(token) = percent_token(&outline) {
            return Err(FileTemplateError::PercentToken { token });
        }
        if !self.pieces.contains(&Piece::Token(Token::Rev)) {
            return Err(FileTemplateError::NoRev);
        }
        let is_wrong = |it: char| it != '/' && !is_allowed(it);
        if let Some(found) = outline.chars().find(|it| is_wrong(*it)) {
            return Err(FileTemplateError::Character { found });
        }
        let is_way_out = |part: &&str| matches!(*part, "" | "." | "..");
        if let Some(part) = outline.split('/').find(is_way_out) {
            return Err(FileTemplateError::Escape { part: part.to_owned() });
        }
        if folders == Folders::Refused && outline.contains('/') {
            return Err(FileTemplateError::Folder);
        }
        if outline.to_ascii_lowercase().ends_with(SUFFIX) {
            return Err(FileTemplateError::Suffix);
        }
        let longest = self.expand(|token, name| match token {
            Token::Rev => name.push_str(&"x".repeat(MAX_ID_BYTES)),
            Token::Slug => {}
            Token::Epoch => name.push_str("-9999999999999"),
            _ => name.push_str("2026"),
        });
        let longest_part = longest.split('/').map(str::len).max().unwrap_or_default();
        if longest_part + SUFFIX.len() > MAX_NAME_BYTES {
            return Err(FileTemplateError::TooLong);
        }
        Ok(())
    }

    /// The name of the file of a new revision, `.sql` included: a relative path with `/` between
    /// folders, always below the folder that it is joined to.
    ///
    /// Years have four digits; months, days, hours, minutes and seconds two. Characters of `rev`
    /// that cannot stand in a file name become `_`, a slug that makes the name too long is cut, and
    /// a name that Windows keeps for a device (`con`, `nul`, …) gets a `_` before it.
    pub fn file_name(&self, rev: &str, slug: &str, at: DateTime<FixedOffset>) -> String {
        let mut slug = slug;
        loop {
            let name = self.fill(rev, slug, at);
            let is_too_long = name.split('/').any(|part| part.len() > MAX_NAME_BYTES);
            match slug.char_indices().next_back() {
                Some((last, _)) if is_too_long => slug = &slug[..last],
                _ => return name,
            }
        }
    }

    fn fill(&self, rev: &str, slug: &str, at: DateTime<FixedOffset>) -> String {
        let path = self.expand(|token, path| {
            let number = match token {
                Token::Rev => return path.extend(rev.chars().map(replace_forbidden)),
                Token::Slug => return path.extend(slug.chars().map(replace_forbidden)),
                Token::Epoch => return path.push_str(&at.timestamp().to_string()),
                Token::Year => return push_padded(path, at.year().unsigned_abs(), 4),
                Token::Month => at.month(),
                Token::Day => at.day(),
                Token::Hour => at.hour(),
                Token::Minute => at.minute(),
                Token::Second => at.second(),
            };
            push_padded(path, number, 2);
        });
        let mut folders: Vec<&str> = path.split('/').collect();
        let file = folders.pop().filter(|it| !it.is_empty()).unwrap_or("_");
        let mut whole = String::new();
        for folder in folders {
            whole.push_str(&possible_folder(folder));
            whole.push('/');
        }
        // The suffix keeps a dot or a space from being the last character, but not a device from
        // being one: `con.sql` is the console.
        whole.push_str(&no_device(&format!("{file}{SUFFIX}")));
        whole
    }

    fn expand(&self, mut push_token: impl FnMut(Token, &mut String)) -> String {
        let mut text = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Literal(literal) => text.push_str(literal),
                Piece::Token(token) => push_token(*token, &mut text),
            }
        }
        text
    }
}

fn push_padded(text: &mut String, number: u32, width: usize) {
    write!(text, "{number:0width$}").expect("writing to a String does not fail");
}

fn pieces(text: &str) -> Result<Vec<Piece>, FileTemplateError> {
    let mut pieces = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("{{").or_else(|| rest.strip_prefix("}}")) {
            literal.push(next);
            rest = after;
        } else if next == '}' {
            return Err(FileTemplateError::UnbalancedBrace { brace: '}' });
        } else if next == '{' {
            let Some((name, after)) = rest[1..].split_once('}') else {
                return Err(FileTemplateError::UnbalancedBrace { brace: '{' });
            };
            let Some((_, token)) = TOKENS.iter().find(|(known, _)| *known == name) else {
                let similar = similar(name, TOKENS.iter().map(|(known, _)| *known));
                return Err(FileTemplateError::UnknownToken { token: name.to_owned(), similar });
            };
            if !literal.is_empty() {
                pieces.push(Piece::Literal(std::mem::take(&mut literal)));
            }
            pieces.push(Piece::Token(*token));
            rest = after;
        } else {
            literal.push(next);
            rest = &rest[next.len_utf8()..];
        }
    }
    if !literal.is_empty() {
        pieces.push(Piece::Literal(literal));
    }
    Ok(pieces)
}

/// The name in the first `%(name)` of a known token.
fn percent_token(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("%(")?;
    let (name, _) = rest.split_once(')')?;
    TOKENS.iter().any(|(known, _)| *known == name).then(|| name.to_owned())
}

/// Whether a character can stand in a name on Windows, which takes the fewest.
fn is_allowed(it: char) -> bool {
    !matches!(it, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|') && !it.is_control()
}

fn replace_forbidden(it: char) -> char {
    if is_allowed(it) { it } else { '_' }
}

/// Windows drops dots and spaces at the end of a folder's name, and `.` and `..` are no names.
fn possible_folder(part: &str) -> String {
    let kept = part.trim_end_matches(['.', ' ']);
    let n_dropped = part.len() - kept.len();
    let name = format!("{kept}{}", "_".repeat(n_dropped));
    if name.is_empty() { "_".to_owned() } else { no_device(&name) }
}

/// <https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file>: a device's name is
/// taken whatever follows its first dot.
fn no_device(name: &str) -> String {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_lowercase();
    let is_numbered = |prefix: &str| {
        let number = stem.strip_prefix(prefix);
        number.is_some_and(|it| it.chars().count() == 1 && it.contains(is_device_digit))
    };
    let is_device = matches!(stem.as_str(), "con" | "prn" | "aux" | "nul" | "conin$" | "conout$")
        || is_numbered("com")
        || is_numbered("lpt");
    if is_device { format!("_{name}") } else { name.to_owned() }
}

fn is_device_digit(it: char) -> bool {
    matches!(it, '0'..='9' | '¹' | '²' | '³')
}

#[cfg(test)]
#[path = "file_template_tests.rs"]
mod tests;
