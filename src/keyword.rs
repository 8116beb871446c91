//! The words that make a comment more than a comment, and comments that miss them narrowly.
//!
//! `-- migrator:downgrade` is nothing to SQLite, and to us it would be nothing either: the downgrade
//! below it would run with the upgrade. So what looks like one of our comments must be one.

/// What a comment can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keyword {
    /// The upgrade begins.
    Upgrade,
    /// The downgrade begins.
    Downgrade,
    /// There is no way back.
    Irreversible,
    /// A query that must find nothing.
    RefuseIf,
    /// A query that had better find nothing.
    WarnIf,
    /// A rule of `lint` that is silenced.
    Allow,
    /// A new name of a declared table or column.
    Renamed,
}

impl Keyword {
    /// What a comment with it begins with.
    pub const fn as_written(self) -> &'static str {
        match self {
            Self::Upgrade => "-- migrate:upgrade",
            Self::Downgrade => "-- migrate:downgrade",
            Self::Irreversible => "-- migrate:downgrade irreversible",
            Self::RefuseIf => "-- migrate:refuse-if",
            Self::WarnIf => "-- migrate:warn-if",
            Self::Allow => "-- migrator:allow",
            Self::Renamed => "-- migrator:renamed from",
        }
    }
}

/// What a comment that silences `lint` begins with, behind the `--`.
pub const ALLOW: &str = "migrator:allow";

/// What stands behind [`ALLOW`] in a comment.
pub fn behind_allow(comment: &str) -> Option<&str> {
    let rest = comment.trim_start_matches('-').trim_start().strip_prefix(ALLOW)?;
    (!rest.starts_with(|it: char| it.is_alphanumeric() || it == '-')).then_some(rest)
}

/// The words; other tools have shorter ones for two of them.
const WORDS: [(&str, Keyword); 9] = [
    ("upgrade", Keyword::Upgrade),
    ("up", Keyword::Upgrade),
    ("downgrade", Keyword::Downgrade),
    ("down", Keyword::Downgrade),
    ("irreversible", Keyword::Irreversible),
    ("refuse-if", Keyword::RefuseIf),
    ("warn-if", Keyword::WarnIf),
    ("allow", Keyword::Allow),
    ("renamed", Keyword::Renamed),
];

/// What the comment that `text` begins with seems to be, or is; only its first line counts.
///
/// It begins with `migrate` or `migrator`, in any letters, then comes what may have been meant for a
/// colon, then a word. Blanks alone are none unless the word ends the comment: `migrate the users`
/// is a sentence.
pub fn meant(text: &str) -> Option<Keyword> {
    let (line, is_block) = match text.strip_prefix("/*") {
        Some(rest) => (rest, true),
        None => (text.strip_prefix("--")?, false),
    };
    let line = line.lines().next().unwrap_or_default();
    let line = if is_block { line.split("*/").next().unwrap_or_default() } else { line };
    // `-- +migrate Down` is how another tool writes it.
    let line = line.trim_start_matches(['-', '*']).trim_start().trim_start_matches(['+', '@']);

    let (tool, rest) = word(line, char::is_alphanumeric);
    let is_tool = ["migrate", "migrator"].iter().any(|it| tool.eq_ignore_ascii_case(it));
    // `migrat:downgrade`, but not `Migration: upgrade of the rows`.
    let is_almost_tool = tool.get(..6).is_some_and(|it| it.eq_ignore_ascii_case("migrat"));
    let (colon, rest) = word(rest, |it| !it.is_alphanumeric());
    let (name, rest) = word(rest, |it| it.is_alphanumeric() || matches!(it, '-' | '_'));
    let has_blank = colon.contains(char::is_whitespace);
    let is_colon = colon.contains([':', '=']) || !(colon.is_empty() || has_blank);

    let name = name.to_ascii_lowercase().replace('_', "-");
    let mut behind = rest.split_whitespace();
    let next = behind.next().unwrap_or_default();
    let keyword = keyword(&name, next)?;
    let is_alone =
        next.is_empty() || (next.eq_ignore_ascii_case("irreversible") && behind.next().is_none());
    let is_there = match keyword {
        Keyword::Renamed => is_tool && next.eq_ignore_ascii_case("from"),
        // No sentence has such a word.
        Keyword::RefuseIf | Keyword::WarnIf if name.contains('-') => is_tool && !colon.is_empty(),
        // `migrate: up to ten rows`.
        _ if matches!(&*name, "up" | "down") => is_tool && is_alone && !colon.is_empty(),
        // `migrate: allow users without a name`; the names of rules have hyphens.
        Keyword::Allow if has_blank && tool.len() == "migrate".len() => {
            is_tool && is_colon && next.contains('-')
        }
        _ if is_colon => is_tool || (is_almost_tool && !has_blank),
        _ => is_tool && is_alone && !colon.is_empty(),
    };
    is_there.then_some(keyword)
}

/// The comments of `sql` that [`meant`] takes for something, as bytes; it may be in a string, too.
///
/// For those who want to know whether to look for tokens at all.
pub fn has_any(sql: &str) -> bool {
    let mut starts = sql.match_indices("--").chain(sql.match_indices("/*"));
    starts.any(|(at, _)| meant(&sql[at..]).is_some())
}

/// Where a word of `text` ends.
fn word(text: &str, is_part: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|it| !is_part(it)).unwrap_or(text.len()))
}

/// What a word, with the one behind it, is or misses by a third of its letters.
fn keyword(name: &str, next: &str) -> Option<Keyword> {
    let is_near = |name: &str, word: &str| {
        let limit = if word.len() < 5 { 0 } else { name.chars().count() / 3 };
        strsim::damerau_levenshtein(name, word) <= limit
    };
    // `refuse if` is two words, the first of which is enough for nothing.
    let joined = next.eq_ignore_ascii_case("if").then(|| format!("{name}-if"));
    let names = [Some(name), joined.as_deref()];
    let found = names.into_iter().flatten().find_map(|name| {
        let near = WORDS.iter().filter(|(word, _)| is_near(name, word));
        near.min_by_key(|(word, _)| strsim::damerau_levenshtein(name, word))
    });
    found.map(|(_, keyword)| *keyword)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(comment: &str, expected: Option<Keyword>) {
        assert_eq!(meant(comment), expected, "{comment}");
    }

    #[test]
    fn what_is_written_as_it_should_be_is_what_it_is() {
        for (_, keyword) in WORDS {
            check(
                keyword.as_written(),
                Some(match keyword {
                    Keyword::Irreversible => Keyword::Downgrade,
                    other => other,
                }),
            );
        }
    }

    #[test]
    fn what_misses_it_narrowly_is_meant() {
        for comment in [
            "-- migrator:downgrade",
            "-- Migrate:Downgrade",
            "-- migrate: downgrade",
            "-- migrate : downgrade",
            "-- migrate downgrade",
            "-- migrate :downgrade",
            "-- migrate.downgrade",
            "-- migrate-downgrade",
            "-- migrate_downgrade",
            "-- migrate=downgrade",
            "-- migrat:downgrade",
            "-- migration:downgrade",
            "-- migrate:downgade",
            "-- migrate::downgrade",
            "-- migrate downgrade irreversible",
            "-- MIGRATE: DOWN",
            "-- +migrate Down",
            "--- migrate:downgrade",
            "--migrate:downgrade",
            "--\tmigrate:downgrade\r",
            "/* migrate:downgrade */",
            "/** migrate:downgrade",
            "-- migrate:downgrade takes it back",
        ] {
            check(comment, Some(Keyword::Downgrade));
        }
        check("-- migrator:irreversible", Some(Keyword::Irreversible));
        check("-- migrator: upgrade", Some(Keyword::Upgrade));
        for comment in [
            "-- migrator:refuse-if a: SELECT 1",
            "-- Migrate:refuse-if a: SELECT 1",
            "-- migrate: refuse_if a: SELECT 1",
            "-- migrate refuse-if a: SELECT 1",
            "-- migrate:refuse if a: SELECT 1",
            "-- migrate: refuseif a: SELECT 1",
        ] {
            check(comment, Some(Keyword::RefuseIf));
        }
        check("-- migrator:warn-if a: SELECT 1", Some(Keyword::WarnIf));
        for comment in [
            "-- migrator:alow drop-column",
            "-- migrator: allow drop-column",
            "-- Migrator:allow drop-column",
            "-- migrate:allow drop-column",
            "-- migrate: allow drop-column",
            "/* migrator:allow drop-column */",
        ] {
            check(comment, Some(Keyword::Allow));
        }
        for comment in [
            "-- Migrator:renamed from a",
            "-- migrate:renamed from a",
            "-- migrator: renamed from a",
            "-- migrator renamed from a",
            "-- migrator:rename from a",
        ] {
            check(comment, Some(Keyword::Renamed));
        }
    }

    #[test]
    fn a_sentence_is_none() {
        for comment in [
            "-- migrate the users to the new table",
            "-- we migrate: downgrade is below",
            "-- migrate: up to ten rows",
            "-- migrate:down to one row",
            "-- migrate: allow users without a name",
            "-- migrate: all rows to the new table",
            "-- migrate: also what is old",
            "-- migrate: rename the users",
            "-- Migrate users.",
            "-- migrate down to the old table",
            "-- migrator upgrade head",
            "-- Migration: upgrade of the rows",
            "-- migrate",
            "-- migrate:",
            "-- migrated:",
            "-- migratory birds",
            "-- migrator:allowance",
            "-- see `migrate:downgrade`",
            "-- -- migrate:downgrade",
            "/* the one\n migrate:downgrade */",
            "/* migrate */ downgrade",
            "SELECT 1; -- migrate:downgrade",
            "-- ünlü",
            "-",
            "",
        ] {
            check(comment, None);
        }
    }

    #[test]
    fn a_text_has_one_wherever_it_stands() {
        assert!(has_any("SELECT 1; -- migrator:allow x"));
        assert!(has_any("SELECT /* migrate:downgrade */ 1"));
        assert!(!has_any("-- migrate the rows\nSELECT 1 - -migrate"));
    }
}
