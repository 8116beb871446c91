//! The text with which people name revisions: `head`, `ae10+2`, `-1`, `shop@head`, `a:b`.
//!
//! Only the grammar; what a symbol means is a question for [`super::resolve`]. Unlike Alembic's,
//! the grammar is anchored: `abcd+1x` is an error, not `abcd+1`.

use std::fmt;

/// A parsed revision symbol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevisionSymbol {
    /// What was typed.
    pub text: String,
    /// What stands before `@`: a branch label or a revision.
    pub branch: Option<String>,
    /// Where it starts.
    pub anchor: Anchor,
    /// How many steps from there, up if positive; never 0.
    pub steps: Option<i64>,
}

/// Where a symbol starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Anchor {
    /// Nothing was typed before the steps: where the database is.
    Database,
    /// `head`: the only head.
    Head,
    /// `heads`: all of them.
    Heads,
    /// `base`: before everything.
    Base,
    /// `current`: where the database is, by name.
    Current,
    /// An id, the beginning of one, or a branch label.
    Name(String),
}

/// Why a text is no symbol.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no revision: {reason}")]
pub struct SymbolError {
    /// The text.
    pub text: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl fmt::Display for RevisionSymbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::str::FromStr for RevisionSymbol {
    type Err = SymbolError;

    fn from_str(text: &str) -> Result<Self, SymbolError> {
        let error = |reason| SymbolError { text: text.to_owned(), reason };
        let (branch, rest) = match text.split_once('@') {
            Some(("", _)) => return Err(error("nothing stands before `@`")),
            Some((branch, rest)) => (Some(branch.to_owned()), rest),
            None => (None, text),
        };
        if rest.contains('@') {
            return Err(error("`@` may stand in it once"));
        }
        if rest.contains(':') {
            return Err(error("a range `A:B` has no meaning here"));
        }
        if text.chars().any(|it| it.is_whitespace() || it.is_control() || "'\"`".contains(it)) {
            return Err(error("it may not hold blanks or quotes"));
        }
        if branch.as_ref().is_some_and(|it| it.contains(['+', '-', ':'])) {
            return Err(error("what stands before `@` is a branch label or a revision"));
        }

        let (anchor, steps) = match rest.find(['+', '-']) {
            None => (rest, None),
            Some(at) => {
                let digits = &rest[at + 1..];
                if digits.is_empty() || !digits.bytes().all(|it| it.is_ascii_digit()) {
                    return Err(error("after `+` or `-` stands a number and nothing else"));
                }
                let steps: i64 = digits.parse().map_err(|_| error("the number is too large"))?;
                if steps == 0 {
                    return Err(error("the number of steps is at least 1"));
                }
                let is_down = rest.as_bytes()[at] == b'-';
                (&rest[..at], Some(if is_down { -steps } else { steps }))
            }
        };
        let anchor = match anchor {
            "" if steps.is_none() => return Err(error("there is nothing")),
            "" => Anchor::Database,
            "head" => Anchor::Head,
            "heads" => Anchor::Heads,
            "base" => Anchor::Base,
            "current" => Anchor::Current,
            name => Anchor::Name(name.to_owned()),
        };
        Ok(Self { text: text.to_owned(), branch, anchor, steps })
    }
}

/// Why a text without a colon is no range.
pub const NO_RANGE: &str = "a range is written `A:B`, `A:` or `:B`";

/// A range `A:B`; a side that was left out is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SymbolRange {
    /// Where it begins, towards the base.
    pub lower: Option<RevisionSymbol>,
    /// Where it ends, towards the heads.
    pub upper: Option<RevisionSymbol>,
}

impl std::str::FromStr for SymbolRange {
    type Err = SymbolError;

    fn from_str(text: &str) -> Result<Self, SymbolError> {
        let error = |reason| SymbolError { text: text.to_owned(), reason };
        let (lower, upper) = text.split_once(':').ok_or_else(|| error(NO_RANGE))?;
        if upper.contains(':') {
            return Err(error("a range has two ends, `A:B`"));
        }
        let side = |it: &str| (!it.is_empty()).then(|| it.parse()).transpose();
        Ok(Self { lower: side(lower)?, upper: side(upper)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, branch: Option<&str>, anchor: &Anchor, steps: Option<i64>) {
        let symbol: RevisionSymbol = text.parse().unwrap();
        assert_eq!(symbol.branch.as_deref(), branch);
        assert_eq!(&symbol.anchor, anchor);
        assert_eq!(symbol.steps, steps);
        assert_eq!(symbol.to_string(), text);
    }

    #[track_caller]
    fn check_error(text: &str, reason: &str) {
        let error = text.parse::<RevisionSymbol>().unwrap_err();
        assert_eq!(error.reason, reason);
    }

    #[test]
    fn every_form_is_read() {
        let name = |it: &str| Anchor::Name(it.to_owned());
        check("head", None, &Anchor::Head, None);
        check("heads", None, &Anchor::Heads, None);
        check("base", None, &Anchor::Base, None);
        check("current", None, &Anchor::Current, None);
        check("ae10", None, &name("ae10"), None);
        check("v1.0+2", None, &name("v1.0"), Some(2));
        check("ae10-3", None, &name("ae10"), Some(-3));
        check("+1", None, &Anchor::Database, Some(1));
        check("-12", None, &Anchor::Database, Some(-12));
        check("shop@head", Some("shop"), &Anchor::Head, None);
        check("shop@-1", Some("shop"), &Anchor::Database, Some(-1));
        check("shop@head-1", Some("shop"), &Anchor::Head, Some(-1));
        check("base+2", None, &Anchor::Base, Some(2));
    }

    #[test]
    fn the_grammar_is_anchored() {
        let reason = "after `+` or `-` stands a number and nothing else";
        check_error("abcd+1x", reason);
        check_error("a-b", reason);
        check_error("+", reason);
        check_error("a+1-1", reason);
    }

    #[test]
    fn what_is_no_symbol_says_why() {
        check_error("", "there is nothing");
        check_error("x@", "there is nothing");
        check_error("@head", "nothing stands before `@`");
        check_error("a@b@c", "`@` may stand in it once");
        check_error("+0", "the number of steps is at least 1");
        check_error("a b", "it may not hold blanks or quotes");
        check_error("a:b", "a range `A:B` has no meaning here");
        check_error("a-1@b", "what stands before `@` is a branch label or a revision");
        check_error("+99999999999999999999", "the number is too large");
    }

    #[test]
    fn ranges_have_two_sides_that_may_be_missing() {
        let range: SymbolRange = "a:b+1".parse().unwrap();
        assert_eq!(range.lower.unwrap().text, "a");
        assert_eq!(range.upper.unwrap().steps, Some(1));
        let range: SymbolRange = ":".parse().unwrap();
        assert_eq!((range.lower, range.upper), (None, None));
        assert!("a".parse::<SymbolRange>().is_err());
        assert!("a:b:c".parse::<SymbolRange>().is_err());
    }
}
