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

/// The definition of a table, from its parenthesis on, with each column that `ALTER TABLE` added on
/// a line of its own: SQLite writes `, name TYPE` where the parenthesis closed, which is mostly the
/// beginning of a line.
///
/// Where all commas begin a line, somebody wants them there.
pub fn without_leading_commas(definition: &str) -> Cow<'_, str> {
    let tokens: Vec<Token> = tokens(definition).collect();
    let commas = top_level(&tokens, TokenKind::Comma, 1);
    let is_leading = |idx: &usize| definition[..tokens[*idx].span.start].ends_with('\n');
    let Some(first) = commas.iter().position(is_leading) else { return definition.into() };
    if commas.len() > 1 && commas.iter().all(is_leading) {
        return definition.into();
    }
    let indent = indent(definition);
    let close = top_level(&tokens, TokenKind::RightParenthesis, 0).first().copied();
    let mut text = String::with_capacity(definition.len() + 16);
    // The end of the last token that is no comment, in `text`: where a comma belongs.
    let mut end = 0;
    let mut begins_line = false;
    for (idx, token) in tokens.iter().enumerate() {
        let part = token.text(definition);
        if commas[first..].contains(&idx) {
            text.insert(end, ',');
            begins_line = true;
        } else if token.kind == TokenKind::Whitespace && begins_line {
            // Set anew before what follows.
        } else {
            let is_last = close == Some(idx);
            if (begins_line && token.kind != TokenKind::LineComment) || is_last {
                text.truncate(text.trim_end_matches([' ', '\t', '\n', '\r']).len());
                text.push('\n');
                text.push_str(if is_last { "" } else { indent });
                begins_line = false;
            }
            text.push_str(part);
            if token.is_significant() {
                end = text.len();
            }
        }
    }
    text.into()
}

/// The tokens of a kind within `depth` parentheses; a closing one is outside of what it closes.
fn top_level(tokens: &[Token], kind: TokenKind, depth: usize) -> Vec<usize> {
    let mut inside = 0usize;
    let mut found = Vec::new();
    for (idx, token) in tokens.iter().enumerate() {
        inside = match token.kind {
            TokenKind::RightParenthesis => inside.saturating_sub(1),
            _ => inside,
        };
        if token.kind == kind && inside == depth {
            found.push(idx);
        }
        inside += usize::from(token.kind == TokenKind::LeftParenthesis);
    }
    found
}

/// What stands before the first thing on the second line.
fn indent(definition: &str) -> &str {
    let Some(start) = definition.find('\n').map(|it| it + 1) else { return "    " };
    let line = &definition[start..];
    let indent = &line[..line.len() - line.trim_start_matches([' ', '\t']).len()];
    if indent.is_empty() { "    " } else { indent }
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
    fn columns_that_were_added_get_lines() {
        #[track_caller]
        fn check(definition: &str, expected: &str) {
            assert_eq!(without_leading_commas(definition), expected);
            assert_eq!(without_leading_commas(expected), expected, "the second time");
        }
        check("(a, b, c)", "(a, b, c)");
        check("(\n  a,\n  b\n)", "(\n  a,\n  b\n)");
        check("(\n  a,\n  b\n, c INT)", "(\n  a,\n  b,\n  c INT\n)");
        check("(\n  a\n, b, c) STRICT", "(\n  a,\n  b,\n  c\n) STRICT");
        // A comment stays with its column.
        check("(\n\ta, -- one\n\tb -- two\n, c)", "(\n\ta, -- one\n\tb, -- two\n\tc\n)");
        check(
            "(a,\nb\n, c(1, 2) /* , */ CHECK (c IN (1, 2)))",
            "(a,\nb,\n    c(1, 2) /* , */ CHECK (c IN (1, 2))\n)",
        );
        // Somebody's way to write.
        let comma_first = "(\n a\n, b\n, c\n)";
        check(comma_first, comma_first);
        check("(\n  a\n  , b\n)", "(\n  a\n  , b\n)");
        // Constraints stand behind the column.
        check("(\n  a, b,\n  UNIQUE (a)\n)", "(\n  a, b,\n  UNIQUE (a)\n)");
    }

    #[test]
    fn no_comment_swallows_the_semicolon() {
        assert_eq!(terminated("SELECT 1\n"), "SELECT 1;");
        assert_eq!(terminated("SELECT 1 -- one\n"), "SELECT 1 -- one\n;");
    }
}
