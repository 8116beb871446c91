//! What the inventions are worth: SQLite accepts them, they hold rows, and they are not all alike.

use crate::data;
use crate::invent::{self, Pair};
use crate::oracle;
use crate::property::number;
use crate::rng::Rng;

fn pairs() -> impl Iterator<Item = (u64, Pair)> {
    let n_pairs = number("MIGRATOR_PAIRS").unwrap_or(150);
    (0..n_pairs).map(|seed| (seed, invent::pair(seed)))
}

#[test]
fn sqlite_accepts_every_schema() {
    for (seed, pair) in pairs() {
        for mut side in [pair.from, pair.to] {
            if pair.is_scattered {
                // A scattered one runs in some order, but not in this.
                side.sort_by_key(|it| rank(it));
            }
            if let Err(error) = invent::accept(&side) {
                panic!("seed {seed}: {error}\n\n{}", side.join(";\n"));
            }
        }
    }
}

/// In which order kinds of objects can be made.
pub fn rank(sql: &str) -> usize {
    let tokens = crate::tokens::tokens(sql);
    let of = |word: &str| tokens.iter().take(3).any(|it| it.is(word));
    ["TABLE", "INDEX", "VIEW", "TRIGGER"].iter().position(|it| of(it)).unwrap()
        + usize::from(of("VIRTUAL"))
}

fn facts(side: &[String]) -> oracle::Facts {
    let mut side = side.to_vec();
    side.sort_by_key(|it| rank(it));
    oracle::facts(&invent::accept(&side).unwrap())
}

#[test]
fn another_way_of_writing_is_the_same_schema() {
    let mut n_same = 0;
    for (seed, pair) in pairs().filter(|it| it.1.is_reformatted) {
        let (from, to) = (facts(&pair.from), facts(&pair.to));
        let (left, right) = (pair.from.join(";\n"), pair.to.join(";\n"));
        assert!(from == to, "seed {seed}:\n{}\n{left}\n\n{right}", oracle::difference(&from, &to));
        n_same += 1;
    }
    assert!(n_same > 0, "none of them");
}

#[test]
fn most_changes_are_seen() {
    let (mut n_changed, mut n_seen) = (0, 0);
    for (_, pair) in pairs().filter(|it| !it.1.is_reformatted) {
        n_changed += 1;
        n_seen += usize::from(facts(&pair.from) != facts(&pair.to));
    }
    // The order of columns is no difference, and some changes take each other back.
    assert!(n_seen * 100 > n_changed * 90, "{n_seen} of {n_changed}");
}

#[test]
fn most_tables_get_rows() {
    let (mut n_tables, mut n_with_rows) = (0, 0);
    for (seed, pair) in pairs() {
        let connection = invent::accept(&pair.from).unwrap();
        data::fill(&connection, &mut Rng::new(seed));
        for table in oracle::tables(&connection) {
            n_tables += 1;
            let rows = oracle::rows(&connection, &table.name, &[], None);
            n_with_rows += usize::from(!rows.is_empty());
        }
    }
    assert!(n_with_rows * 100 > n_tables * 70, "{n_with_rows} of {n_tables}");
}

#[test]
fn every_kind_of_object_is_invented() {
    let (mut text, mut n_pairs) = (String::new(), 0);
    for (_, pair) in pairs() {
        n_pairs += 1;
        text.push_str(&pair.from.join("\n").to_ascii_uppercase());
        text.push_str(&pair.arguments.join("\n").to_ascii_uppercase());
    }
    for word in [
        "AUTOINCREMENT",
        "WITHOUT ROWID",
        "STRICT",
        "STORED",
        "VIRTUAL",
        "CHECK",
        "CONSTRAINT",
        "FOREIGN KEY",
        "REFERENCES",
        "DEFERRED",
        "MATCH",
        "CASCADE",
        "ON CONFLICT REPLACE",
        "COLLATE",
        "UNIQUE INDEX",
        " DESC",
        "WHERE",
        "INSTEAD OF",
        "BEFORE",
        "AFTER",
        "FTS5",
        "CONTENT=",
        "RTREE",
        "CREATE VIEW",
        "UNION ALL",
        "--RENAME",
        "--FILL",
    ] {
        let n = text.matches(word).count();
        assert!(n * 75 > n_pairs, "{word} is there {n} times");
    }
}
