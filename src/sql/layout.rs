//! SQL set anew: on one line, with other words, with its semicolon.

use std::borrow::Cow;

use super::lexer::{Token, TokenKind, tokens};

/// A piece of SQL on one line, without comments.
///
/// A line end inside quotes stays.
pub fn one_line(sql: &str) -> String {
    on_one_line(sql, |it| Some(it.text(sql).into())).unwrap_or_default()
}

/// The same with each token as `written` has it; `None` if that gives nothing for one of them.
pub fn on_one_line<'a>(
    sql: &str,
    mut written: impl FnMut(&Token) -> Option<Cow<'a, str>>,
) -> Option<String> {
    let mut line = String::with_capacity(sql.len());
    let mut has_gap = false;
    for token in tokens(sql) {
        if !token.is_significant() {
            has_gap = true;
            continue;
        }
        if has_gap && !line.is_empty() {
            line.push(' ');
        }
        has_gap = false;
        line.push_str(&written(&token)?);
    }
    Some(line)
}

/// A statement with its semicolon, which a comment at the end does not swallow.
pub fn terminated(statement: &str) -> String {
    let statement = statement.trim_end();
    let last = tokens(statement).last().map(|it| it.kind);
    let end = if last == Some(TokenKind::LineComment) { "\n;" } else { ";" };
    format!("{statement}{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn space_and_comments_become_one_space() {
        assert_eq!(one_line(" a -- no\n  <> /* no */\n'it''s\nb'"), "a <> 'it''s\nb'");
        assert_eq!(one_line("-- nothing"), "");
    }

    #[test]
    fn words_can_be_others() {
        let renamed = |it: &Token| match it.text("a + b") {
            "a" => Some("c".into()),
            "b" => None,
            other => Some(other.to_owned().into()),
        };
        assert_eq!(on_one_line("a +", renamed).as_deref(), Some("c +"));
        assert_eq!(on_one_line("a + b", renamed), None);
    }

    #[test]
    fn no_comment_swallows_the_semicolon() {
        assert_eq!(terminated("SELECT 1\n"), "SELECT 1;");
        assert_eq!(terminated("SELECT 1 -- one\n"), "SELECT 1 -- one\n;");
    }
}
