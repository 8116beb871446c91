//! Names in the values of options, such as `--rename users.name=full_name`: read, and written so
//! that the text can be typed again.

use std::borrow::Cow;

/// What ends a name that has no quotes.
const SEPARATORS: [char; 3] = ['.', '=', '"'];

/// A name as a part of a value: in double quotes where it holds what stands between the parts.
pub fn part(name: &str) -> Cow<'_, str> {
    if name.contains(SEPARATORS) || name.is_empty() {
        Cow::Owned(format!("\"{}\"", name.replace('"', "\"\"")))
    } else {
        Cow::Borrowed(name)
    }
}

/// A value as a shell takes it: in single quotes where it holds what means something there.
pub fn shell(value: &str) -> Cow<'_, str> {
    let is_plain = |it: char| it.is_alphanumeric() || "_-./=:,@%+".contains(it);
    if value.chars().all(is_plain) {
        Cow::Borrowed(value)
    } else {
        Cow::Owned(format!("'{}'", value.replace('\'', "'\\''")))
    }
}

/// The name that `text` begins with, up to one of `ends` or in double quotes, and what follows;
/// `None` if there is none or its quotes are left open.
pub fn first_part<'a>(text: &'a str, ends: &[char]) -> Option<(Cow<'a, str>, &'a str)> {
    let Some(inner) = text.strip_prefix('"') else {
        let (name, rest) = text.split_at(text.find(ends).unwrap_or(text.len()));
        return (!name.is_empty()).then_some((Cow::Borrowed(name), rest));
    };
    let mut at = 0;
    loop {
        at += inner[at..].find('"')?;
        if !inner[at + 1..].starts_with('"') {
            break;
        }
        at += 2;
    }
    let (name, rest) = (inner[..at].replace("\"\"", "\""), &inner[at + 1..]);
    let is_end = rest.is_empty() || rest.starts_with(ends);
    (is_end && !name.is_empty()).then_some((Cow::Owned(name), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<(&str, &str)>) {
        let found = first_part(text, &['.', '=']);
        assert_eq!(found.as_ref().map(|(name, rest)| (name.as_ref(), *rest)), expected);
    }

    #[test]
    fn a_part_ends_at_a_separator_or_with_its_quotes() {
        check("users.name=x", Some(("users", ".name=x")));
        check("users", Some(("users", "")));
        check("my table=x", Some(("my table", "=x")));
        check("\"a.b\"\"=\".c", Some(("a.b\"=", ".c")));
        check("\"a\"", Some(("a", "")));
        check("\"a\"b", None);
        check("\"a", None);
        check("\"\"=x", None);
        check(".x", None);
        check("", None);
    }

    #[test]
    fn what_is_written_can_be_read() {
        for name in ["users", "a.b", "x=y", "say \"hi\"", "sp ace", "it's"] {
            check(&part(name), Some((name, "")));
        }
    }

    #[test]
    fn a_shell_sees_one_word() {
        assert_eq!(shell("users.name=full_name"), "users.name=full_name");
        assert_eq!(shell("テーブル.名前=x"), "テーブル.名前=x");
        assert_eq!(shell("\"a.b\".c=d"), "'\"a.b\".c=d'");
        assert_eq!(shell("it's.a=b"), "'it'\\''s.a=b'");
    }
}
