//! The names of backups: `db.sqlite3.20261123T101500Z.bak` beside `db.sqlite3`.
//!
//! In a folder that other databases may use too, `NAME-ID` takes the place of the name.
//!
//! Pure. What is not exactly such a name is nobody's backup, and is never removed.

use std::ffi::{OsStr, OsString};

use chrono::{DateTime, NaiveDateTime, Utc};

use crate::db::SidecarLock;

/// What follows the name of a file that is still being written.
pub(super) const TEMPORARY: &str = ".migrator-tmp";

/// When a backup was made: the digits of its time, and its number among those of that second.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stamp {
    time: String,
    number: u32,
}

impl Stamp {
    /// The `number`th of a moment, counted from 1.
    pub(super) fn new(moment: DateTime<Utc>, number: u32) -> Self {
        Self { time: moment.format("%Y%m%dT%H%M%SZ").to_string(), number }
    }

    /// The first that is later than all that were made in the same second; a name that is free because
    /// its file was removed is older than those that stayed.
    pub(super) fn after(moment: DateTime<Utc>, made: impl IntoIterator<Item = Self>) -> Self {
        let mut stamp = Self::new(moment, 1);
        let of_second = made.into_iter().filter(|it| it.time == stamp.time).map(|it| it.number);
        stamp.number = of_second.max().map_or(1, |it| it.saturating_add(1));
        stamp
    }

    /// The next of that second.
    pub(super) fn next(self) -> Self {
        Self { number: self.number.saturating_add(1), ..self }
    }

    /// The name of the backup of a database with this name.
    pub(super) fn name(&self, database: &OsStr) -> OsString {
        let mut name = database.to_owned();
        match self.number {
            0 | 1 => name.push(format!(".{}.bak", self.time)),
            number => name.push(format!(".{}-{number}.bak", self.time)),
        }
        name
    }

    /// Reads such a name.
    pub(super) fn parse(name: &OsStr, database: &OsStr) -> Option<Self> {
        let rest = name.as_encoded_bytes().strip_prefix(database.as_encoded_bytes())?;
        let rest = std::str::from_utf8(rest).ok()?;
        let rest = rest.strip_prefix('.')?.strip_suffix(".bak")?;
        let (time, number) = match rest.split_once('-') {
            Some((time, digits)) => {
                let number: u32 = digits.parse().ok().filter(|it| *it > 1)?;
                (time, (number.to_string() == digits).then_some(number)?)
            }
            None => (rest, 1),
        };
        let is_time = time.len() == "20261123T101500Z".len()
            && time.bytes().enumerate().all(|(at, byte)| match at {
                8 => byte == b'T',
                15 => byte == b'Z',
                _ => byte.is_ascii_digit(),
            });
        is_time.then(|| Self { time: time.to_owned(), number })
    }
}

/// The time in the name of a backup, of whichever database.
pub(super) fn time_in(name: &OsStr) -> Option<DateTime<Utc>> {
    let (_, stamp) = name.to_str()?.strip_suffix(".bak")?.rsplit_once('.')?;
    let time = stamp.split_once('-').map_or(stamp, |(time, _)| time);
    let time = NaiveDateTime::parse_from_str(time, "%Y%m%dT%H%M%SZ").ok()?;
    Some(time.and_utc())
}

/// What SQLite and migrator put behind the name of a database, for files of their own beside it.
const BESIDE: [&str; 4] = ["-journal", "-wal", "-shm", SidecarLock::SUFFIX];

/// The database to which a file with this name belongs, where it has one.
pub(super) fn owner(name: &OsStr) -> Option<&OsStr> {
    let text = name.to_str()?;
    let owner = BESIDE.iter().find_map(|it| text.strip_suffix(it))?;
    (!owner.is_empty()).then_some(OsStr::new(owner))
}

/// Whether it is what a file is called while it is written: such a one is removed when nobody writes it.
pub(super) fn is_temporary(name: &OsStr) -> bool {
    name.as_encoded_bytes().ends_with(TEMPORARY.as_bytes())
}

/// The name of a file while it is written, for its name afterwards.
pub(super) fn temporary(name: &OsStr) -> OsString {
    let mut temporary = name.to_owned();
    temporary.push(TEMPORARY);
    temporary
}

/// Reads the name of a backup of this database that was not written to its end.
pub(super) fn parse_temporary(name: &OsStr, database: &OsStr) -> Option<Stamp> {
    let name = name.to_str()?.strip_suffix(TEMPORARY)?;
    Stamp::parse(OsStr::new(name), database)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, expected: Option<(&str, u32)>) {
        let found = Stamp::parse(OsStr::new(name), OsStr::new("db.sqlite3"));
        let expected = expected.map(|(time, number)| Stamp { time: time.to_owned(), number });
        assert_eq!(found, expected, "{name}");
        if let Some(stamp) = found {
            assert_eq!(stamp.name(OsStr::new("db.sqlite3")), name);
        }
    }

    #[test]
    fn a_name_says_of_what_and_when() {
        check("db.sqlite3.20261123T101500Z.bak", Some(("20261123T101500Z", 1)));
        check("db.sqlite3.20261123T101500Z-2.bak", Some(("20261123T101500Z", 2)));
        check("db.sqlite3.20261123T101500Z-10.bak", Some(("20261123T101500Z", 10)));
    }

    #[test]
    fn other_names_are_not_ours() {
        for name in [
            "db.sqlite3",
            "db.sqlite3.bak",
            "db.sqlite3.20261123.bak",
            "db.sqlite3.20261123T101500Z",
            "db.sqlite3.20261123T101500Z.bak.gz",
            "db.sqlite3.20261123T101500Z-1.bak",
            "db.sqlite3.20261123T101500Z-02.bak",
            "db.sqlite3.20261123T101500Z-+2.bak",
            "db.sqlite3.20261123T101500Z-x.bak",
            "db.sqlite3.20261123 101500Z.bak",
            "db.sqlite3.2026112éT10150Z.bak",
            "db.sqlite3-20261123T101500Z.bak",
            "other.db.sqlite3.20261123T101500Z.bak",
            "db.sqlite3.old.20261123T101500Z.bak",
        ] {
            check(name, None);
        }
    }

    #[test]
    fn they_are_in_the_order_of_time() {
        let name = |time: &str, number| Stamp { time: time.to_owned(), number };
        assert!(name("20261123T101500Z", 10) > name("20261123T101500Z", 9));
        assert!(name("20261123T101501Z", 1) > name("20261123T101500Z", 9));
    }

    #[test]
    fn a_new_one_is_later_than_all_of_its_second() {
        let moment = DateTime::from_timestamp(1_795_341_847, 0).unwrap();
        let check = |made: &[u32], expected: u32| {
            let other = Stamp::new(moment + chrono::Duration::seconds(1), 7);
            let made = made.iter().map(|it| Stamp::new(moment, *it)).chain([other]);
            assert_eq!(Stamp::after(moment, made), Stamp::new(moment, expected));
        };
        check(&[], 1);
        check(&[1], 2);
        check(&[2], 3);
        check(&[10, 2], 11);
    }

    #[test]
    fn a_name_says_when_whichever_database_it_is_of() {
        let check = |name: &str, expected: Option<i64>| {
            assert_eq!(time_in(OsStr::new(name)).map(|it| it.timestamp()), expected, "{name}");
        };
        check("a.db.20261122T100407Z.bak", Some(1_795_341_847));
        check("20261122T100407Z.bak", None);
        check("b.c.20261122T100407Z-12.bak", Some(1_795_341_847));
        for name in
            ["a.db", "a.bak", "a.20261122.bak", "a.20261322T100407Z.bak", "a.20261122T100407Z"]
        {
            check(name, None);
        }
    }

    #[test]
    fn a_name_says_to_which_database_a_file_belongs() {
        let check = |name: &str, expected: Option<&str>| {
            assert_eq!(owner(OsStr::new(name)), expected.map(OsStr::new), "{name}");
        };
        for suffix in ["-journal", "-wal", "-shm", "-migrator-lock"] {
            check(&format!("a.db{suffix}"), Some("a.db"));
            check(suffix, None);
        }
        for name in ["a.db", "a.db-journal.bak", "a.db.wal", "a.db-wal2", "journal"] {
            check(name, None);
        }
    }

    #[test]
    fn one_that_is_being_written_is_told_from_one_that_is_done() {
        let is = |name: &str| parse_temporary(OsStr::new(name), OsStr::new("a.db")).is_some();
        assert!(is("a.db.20261123T101500Z.bak.migrator-tmp"));
        assert!(!is("a.db.20261123T101500Z.bak"));
        assert!(!is("a.db.migrator-tmp"));
        assert!(!is("b.db.20261123T101500Z.bak.migrator-tmp"));
    }
}
