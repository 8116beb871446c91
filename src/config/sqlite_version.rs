//! Versions of SQLite: the one that is compiled in, and the one that generated SQL is for.

use std::fmt;

use super::setting::SettingError;

/// A version `3.MINOR.PATCH` of SQLite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SqliteVersion {
    /// The second number.
    pub minor: u32,
    /// The third number; 0 where there is none.
    pub patch: u32,
}

impl SqliteVersion {
    /// The SQLite that is compiled in. This stage cannot ask it; a test does.
    pub const BUNDLED: Self = Self { minor: 54, patch: 1 };

    /// The oldest one that SQL can be generated for: the first that drops columns.
    pub const OLDEST: Self = Self { minor: 35, patch: 0 };

    /// Reads `3.N` or `3.N.P`, from [`SqliteVersion::OLDEST`] to [`SqliteVersion::BUNDLED`].
    pub(super) fn parse(text: &str) -> Result<Self, SettingError> {
        let number = |part: &str| -> Option<u32> {
            let is_number = !part.is_empty() && part.bytes().all(|it| it.is_ascii_digit());
            if is_number { part.parse().ok() } else { None }
        };
        let mut parts = text.split('.');
        let version = match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some("3"), Some(minor), None, None) => number(minor).map(|minor| (minor, 0)),
            (Some("3"), Some(minor), Some(patch), None) => number(minor).zip(number(patch)),
            _ => None,
        };
        let found = text.to_owned();
        let Some((minor, patch)) = version else {
            return Err(SettingError::SqliteVersion { found });
        };
        let version = Self { minor, patch };
        if version < Self::OLDEST {
            return Err(SettingError::SqliteTooOld { found });
        }
        if Self::BUNDLED < version {
            return Err(SettingError::SqliteTooNew { found });
        }
        Ok(version)
    }
}

impl Default for SqliteVersion {
    fn default() -> Self {
        Self::BUNDLED
    }
}

impl fmt::Display for SqliteVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "3.{}", self.minor)?;
        if self.patch > 0 { write!(f, ".{}", self.patch) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let found = SqliteVersion::parse(text).map(|it| it.to_string());
        assert_eq!(found.unwrap_or_else(|err| err.to_string()), expected);
    }

    #[test]
    fn a_version_has_two_or_three_numbers() {
        check("3.35", "3.35");
        check("3.35.0", "3.35");
        check("3.45.3", "3.45.3");
        check("3.54.1", "3.54.1");
        for text in ["", "3", "3.", "3.35.", "3.35.0.1", "4.0", "3.+40", "v3.40", "3.40 ", "sqlite"]
        {
            check(text, &format!("must be a version of SQLite like `3.35`, not `{text}`"));
        }
    }

    #[test]
    fn versions_out_of_reach_are_refused() {
        check("3.34.9", "must be 3.35 or later, not `3.34.9`");
        check("3.9", "must be 3.35 or later, not `3.9`");
        let text = "must be at most 3.54.1, the SQLite that migrator has, not `3.54.2`";
        check("3.54.2", text);
        check("3.100", "must be at most 3.54.1, the SQLite that migrator has, not `3.100`");
    }
}
