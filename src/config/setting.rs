//! Values of `alembic.toml` with a grammar of their own: text in, value or reason out.

use std::time::Duration;

use chrono::{DateTime, FixedOffset, Local, Utc};

use super::sqlite_version::SqliteVersion;
use crate::rule::Level;

/// The table that migrator records its runs in.
pub(super) const LOG_TABLE: &str = "migrator_log";

/// Which revisions share a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TransactionMode {
    /// All that a run applies: all of them or none.
    #[default]
    Run,
    /// Each revision has its own.
    Revision,
}

/// Which runs are preceded by a backup of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BackupMode {
    /// All that run anything.
    Always,
    /// Those that drop a table or a column, rebuild a table, delete rows or overwrite all of them, or
    /// take back rows.
    #[default]
    Destructive,
    /// None.
    Never,
}

/// The zone that dates in new files and file names are given in.
///
/// There are no names like `Europe/Berlin`: they need a database of time zones, which would have to
/// be carried along and kept up to date, and `local` covers the machine's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Timezone {
    /// Universal time.
    #[default]
    Utc,
    /// The zone of the machine.
    Local,
    /// A fixed distance from universal time.
    Fixed(FixedOffset),
}

/// Why a value cannot be used, as the end of a sentence that begins with its key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// Not one of the modes.
    #[error("must be `run` or `revision`, not `{found}`")]
    Transaction {
        /// What stands there.
        found: String,
    },
    /// Not one of the modes of backups.
    #[error("must be `always`, `destructive` or `never`, not `{found}`")]
    Backup {
        /// What stands there.
        found: String,
    },
    /// Not one of the levels of a rule.
    #[error("must be `error`, `warning`, `note` or `off`, not `{found}`")]
    Level {
        /// What stands there.
        found: String,
    },
    /// Not a zone that is known.
    #[error("must be `UTC`, `local` or an offset like `+02:00`, not `{found}`")]
    Timezone {
        /// What stands there.
        found: String,
    },
    /// Not a span of time.
    #[error("must be a time like `250ms`, `5s` or `2m`, not `{found}`")]
    Duration {
        /// What stands there.
        found: String,
    },
    /// SQLite counts in milliseconds, in 32 bits.
    #[error("must be at most 24 days, not `{found}`")]
    DurationTooLong {
        /// What stands there.
        found: String,
    },
    /// Not a version of SQLite.
    #[error("must be a version of SQLite like `3.35`, not `{found}`")]
    SqliteVersion {
        /// What stands there.
        found: String,
    },
    /// A version that no SQL can be generated for.
    #[error("must be {} or later, not `{found}`", SqliteVersion::OLDEST)]
    SqliteTooOld {
        /// What stands there.
        found: String,
    },
    /// A version for which nothing could be tried out.
    #[error(
        "must be at most {}, the SQLite that migrator has, not `{found}`",
        SqliteVersion::BUNDLED
    )]
    SqliteTooNew {
        /// What stands there.
        found: String,
    },
    /// Not a pattern.
    #[error("must be a pattern, not `{found}`: {reason} at character {at}")]
    Pattern {
        /// What stands there.
        found: String,
        /// What is wrong with it.
        reason: &'static str,
        /// Where, counted from 1.
        at: usize,
    },
    /// There is nothing.
    #[error("is empty")]
    Empty,
    /// SQLite ends a name at a NUL.
    #[error("has a NUL character")]
    Nul,
    /// SQLite keeps names with this beginning for itself.
    #[error("begins with `sqlite_`, which SQLite keeps for itself")]
    ReservedBySqlite,
    /// It is the table that records the runs.
    #[error("is the table that migrator records its runs in")]
    LogTable,
    /// Zero would cut every name away.
    #[error("must be 1 or more")]
    Zero,
    /// The folder is named twice, so each of its revisions would be there twice.
    #[error("names `{folder}` twice")]
    Repeated {
        /// The folder, as written.
        folder: String,
    },
}

impl Timezone {
    /// Reads `UTC` and `local`, in any letter case, and `+02:00`.
    pub fn parse(text: &str) -> Result<Self, SettingError> {
        if text.eq_ignore_ascii_case("utc") {
            return Ok(Self::Utc);
        }
        if text.eq_ignore_ascii_case("local") {
            return Ok(Self::Local);
        }
        let offset = parse_offset(text);
        offset.map(Self::Fixed).ok_or_else(|| SettingError::Timezone { found: text.to_owned() })
    }

    /// The same moment as the clocks of this zone show it.
    pub fn show(self, moment: DateTime<Utc>) -> DateTime<FixedOffset> {
        match self {
            Self::Utc => moment.fixed_offset(),
            Self::Local => moment.with_timezone(&Local).fixed_offset(),
            Self::Fixed(offset) => moment.with_timezone(&offset),
        }
    }
}

/// Reads `+HH:MM` or `-HH:MM`.
fn parse_offset(text: &str) -> Option<FixedOffset> {
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = digits.split_once(':')?;
    let number = |part: &str| -> Option<i32> {
        let is_two_digits = part.len() == 2 && part.bytes().all(|it| it.is_ascii_digit());
        if is_two_digits { part.parse().ok() } else { None }
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    if minutes > 59 {
        return None;
    }
    FixedOffset::east_opt(sign * (hours * 3600 + minutes * 60))
}

/// Reads `run` or `revision`.
pub(super) fn transaction(text: &str) -> Result<TransactionMode, SettingError> {
    match text {
        "run" => Ok(TransactionMode::Run),
        "revision" => Ok(TransactionMode::Revision),
        _ => Err(SettingError::Transaction { found: text.to_owned() }),
    }
}

/// Reads `always`, `destructive` or `never`.
pub(super) fn backup(text: &str) -> Result<BackupMode, SettingError> {
    match text {
        "always" => Ok(BackupMode::Always),
        "destructive" => Ok(BackupMode::Destructive),
        "never" => Ok(BackupMode::Never),
        _ => Err(SettingError::Backup { found: text.to_owned() }),
    }
}

/// Reads how much a rule of `migrator lint` matters.
pub(super) fn level(text: &str) -> Result<Level, SettingError> {
    Level::by_name(text).ok_or_else(|| SettingError::Level { found: text.to_owned() })
}

/// Reads a whole number of `ms`, `s` or `m`; `0` needs no unit.
pub(super) fn duration(text: &str) -> Result<Duration, SettingError> {
    let wrong = || SettingError::Duration { found: text.to_owned() };
    let too_long = || SettingError::DurationTooLong { found: text.to_owned() };

    let n_digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, unit) = text.split_at(n_digits);
    if digits.is_empty() {
        return Err(wrong());
    }
    let milliseconds_each: u64 = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "" if digits.bytes().all(|it| it == b'0') => 0,
        _ => return Err(wrong()),
    };
    // All digits: only a number too large for the type does not parse.
    let number: u64 = digits.parse().map_err(|_| too_long())?;
    let milliseconds = number.checked_mul(milliseconds_each).ok_or_else(too_long)?;
    // sqlite3_busy_timeout takes a C int.
    if i32::try_from(milliseconds).is_err() {
        return Err(too_long());
    }
    Ok(Duration::from_millis(milliseconds))
}

/// Checks the name of the version table. Any other name is fine: it is quoted where it is used.
pub(super) fn version_table(name: &str) -> Result<String, SettingError> {
    if name.is_empty() {
        return Err(SettingError::Empty);
    }
    if name.contains('\0') {
        return Err(SettingError::Nul);
    }
    let folded = name.to_ascii_lowercase();
    if folded.starts_with("sqlite_") {
        return Err(SettingError::ReservedBySqlite);
    }
    if folded == LOG_TABLE {
        return Err(SettingError::LogTable);
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_duration(text: &str, expected: Result<u64, &str>) {
        let found = duration(text).map(|it| it.as_millis()).map_err(|err| err.to_string());
        assert_eq!(found, expected.map(u128::from).map_err(str::to_owned), "{text}");
    }

    #[test]
    fn times_have_a_unit() {
        check_duration("250ms", Ok(250));
        check_duration("5s", Ok(5000));
        check_duration("2m", Ok(120_000));
        check_duration("0", Ok(0));
        check_duration("0s", Ok(0));
        check_duration("2147483647ms", Ok(2_147_483_647));
    }

    #[test]
    fn other_times_are_refused() {
        for text in ["", "5", "s", "5 s", "-5s", "1.5s", "5h", "5S", "٥s", "5sé"] {
            let expected = format!("must be a time like `250ms`, `5s` or `2m`, not `{text}`");
            check_duration(text, Err(&expected));
        }
        for text in ["2147483648ms", "99999999999999999999s", "18446744073709551615m"] {
            check_duration(text, Err(&format!("must be at most 24 days, not `{text}`")));
        }
    }

    #[track_caller]
    fn check_timezone(text: &str, expected: &str) {
        let moment = DateTime::parse_from_rfc3339("2026-11-22T23:04:27Z").unwrap().to_utc();
        let found = Timezone::parse(text).map(|zone| zone.show(moment).to_rfc3339());
        assert_eq!(found.unwrap_or_else(|err| err.to_string()), expected, "{text}");
    }

    #[test]
    fn zones_are_utc_local_or_an_offset() {
        check_timezone("UTC", "2026-11-22T23:04:27+00:00");
        check_timezone("utc", "2026-11-22T23:04:27+00:00");
        check_timezone("+02:00", "2026-11-23T01:04:27+02:00");
        check_timezone("-05:30", "2026-11-22T17:34:27-05:30");
        assert_eq!(Timezone::parse("local"), Ok(Timezone::Local));
    }

    #[test]
    fn other_zones_are_refused() {
        for text in ["", "Europe/Berlin", "+2", "+02:60", "+24:00", "+0200", "02:00", "+é:00"] {
            let expected =
                format!("must be `UTC`, `local` or an offset like `+02:00`, not `{text}`");
            check_timezone(text, &expected);
        }
    }

    #[test]
    fn the_version_table_must_be_a_possible_table_of_its_own() {
        assert_eq!(version_table("my \"odd\" name"), Ok("my \"odd\" name".to_owned()));
        assert_eq!(version_table(""), Err(SettingError::Empty));
        assert_eq!(version_table("a\0b"), Err(SettingError::Nul));
        assert_eq!(version_table("SQLite_x"), Err(SettingError::ReservedBySqlite));
        assert_eq!(version_table("Migrator_Log"), Err(SettingError::LogTable));
    }
}
