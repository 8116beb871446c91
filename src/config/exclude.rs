//! Patterns of names that are nobody's business here: `[schema] exclude`.

use glob::{MatchOptions, Pattern};

use super::setting::SettingError;

/// Patterns of the names of tables and views.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Exclude(Vec<Pattern>);

impl Exclude {
    /// Whether nothing is.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a name is excluded. The case of ASCII letters does not count, as it does not for
    /// SQLite.
    pub fn matches(&self, name: &str) -> bool {
        let options = MatchOptions { case_sensitive: false, ..MatchOptions::new() };
        self.0.iter().any(|it| it.matches_with(name, options))
    }
}

impl FromIterator<Pattern> for Exclude {
    fn from_iter<I: IntoIterator<Item = Pattern>>(patterns: I) -> Self {
        Self(patterns.into_iter().collect())
    }
}

/// Reads `legacy_*`: `*` stands for any characters, `?` for one, `[…]` for one of several.
pub(super) fn pattern(text: &str) -> Result<Pattern, SettingError> {
    if text.is_empty() {
        return Err(SettingError::Empty);
    }
    Pattern::new(text).map_err(|err| SettingError::Pattern {
        found: text.to_owned(),
        reason: err.msg,
        at: err.pos + 1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, name: &str, expected: bool) {
        let exclude: Exclude = pattern(text).into_iter().collect();
        assert_eq!(exclude.matches(name), expected, "{text} {name}");
    }

    #[test]
    fn a_pattern_is_about_the_whole_name() {
        check("legacy_*", "legacy_users", true);
        check("legacy_*", "LEGACY_", true);
        check("Users", "users", true);
        check("users", "users2", false);
        check("users?", "users2", true);
        check("[[]odd]", "[odd]", true);
        check("*", "a/b.c", true);
        check("straße", "STRASSE", false);
    }

    #[test]
    fn a_pattern_that_is_none_is_refused() {
        assert_eq!(pattern(""), Err(SettingError::Empty));
        let err = pattern("é[a").unwrap_err();
        assert_eq!(
            err.to_string(),
            "must be a pattern, not `é[a`: invalid range pattern at character 2"
        );
    }
}
