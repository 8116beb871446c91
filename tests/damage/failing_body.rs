//! A body that fails at any statement leaves nothing of its transaction.

use super::content::content;
use super::project::{Journal, Project};

/// What is there before anything runs.
const START: &str = "
    PRAGMA foreign_keys = ON;
    CREATE TABLE author(id INTEGER PRIMARY KEY, name TEXT NOT NULL);
    CREATE TABLE book(
        id INTEGER PRIMARY KEY,
        author_id INTEGER NOT NULL REFERENCES author(id) ON DELETE CASCADE,
        title TEXT
    );
    INSERT INTO author VALUES (1, 'Le Guin'), (2, 'Lem');
    INSERT INTO book VALUES (1, 1, 'The Dispossessed'), (2, 2, 'Solaris'), (3, 2, 'Eden');
    CREATE TEMP TABLE unseen(a);
";

/// Three revisions: plain DDL, a rebuild of a parent with children, data and settings.
const BODIES: [&[&str]; 3] = [
    &[
        "CREATE TABLE tag(id INTEGER PRIMARY KEY, name TEXT UNIQUE)",
        "INSERT INTO tag(name) VALUES ('sf'), ('fantasy')",
        "ALTER TABLE book ADD COLUMN year INTEGER",
        "CREATE INDEX ix_book_year ON book(year)",
    ],
    &[
        "CREATE TABLE author_new(id INTEGER PRIMARY KEY, name TEXT NOT NULL, born INTEGER)",
        "INSERT INTO author_new(id, name) SELECT id, name FROM author",
        "DROP TABLE author",
        "ALTER TABLE author_new RENAME TO author",
        "CREATE TRIGGER on_author AFTER DELETE ON author BEGIN DELETE FROM tag; END",
    ],
    &[
        "PRAGMA user_version = 7",
        "PRAGMA legacy_alter_table = ON",
        "UPDATE book SET year = 1961 WHERE id = 2",
        "DELETE FROM book WHERE id = 3",
        "CREATE VIEW old_book AS SELECT * FROM book WHERE year < 2000",
    ],
];

/// Statements that fail in different ways: when prepared, when run, and ending the transaction.
const FAILURES: [(&str, &str); 3] = [
    ("SELEC 1", "syntax error"),
    ("INSERT INTO book(id, author_id) VALUES (1, 1)", "UNIQUE constraint failed"),
    ("INSERT OR ROLLBACK INTO book(id, author_id) VALUES (1, 1)", "UNIQUE constraint failed"),
];

/// The project, with a statement put before the `n`th (counted over all bodies), if any.
fn project(top: &str, journal: Journal, failing: Option<(usize, &str)>) -> Project {
    let mut number = 0;
    let mut upgrades = Vec::new();
    for body in BODIES {
        let mut text = String::new();
        for statement in body {
            if let Some((n, failure)) = failing
                && n == number
            {
                text.push_str(failure);
                text.push_str(";\n");
            }
            number += 1;
            text.push_str(statement);
            text.push_str(";\n");
        }
        upgrades.push(text);
    }
    let upgrades: Vec<&str> = upgrades.iter().map(String::as_str).collect();
    Project::with_config(top, "").line(&upgrades).database(journal, START)
}

/// Where a statement stands: the number of its revision and its number in there, from 1.
fn place(mut n: usize) -> (usize, usize) {
    for (revision, body) in (1..).zip(BODIES) {
        if n < body.len() {
            return (revision, n + 1);
        }
        n -= body.len();
    }
    panic!("there are not so many statements");
}

fn n_statements() -> usize {
    BODIES.iter().map(|it| it.len()).sum()
}

/// `content` and, which no table holds, `user_version`.
fn everything(project: &Project) -> String {
    let user_version = project.query("SELECT user_version FROM pragma_user_version");
    format!("{}\nuser_version {user_version}", content(&project.connect()))
}

#[test]
fn one_transaction_leaves_nothing_of_the_run_wherever_it_fails() {
    for journal in Journal::BOTH {
        for n in 0..n_statements() {
            let (failure, message) = FAILURES[n % FAILURES.len()];
            let project = project("", journal, Some((n, failure)));
            let before = everything(&project);
            let (revision, number) = place(n);
            let of = BODIES[revision - 1].len() + 1;
            let ran = project.run(&["upgrade"]).exits(3).says(&[
                &format!("revision `r{revision}` failed at statement {number} of {of}"),
                message,
                "rolled back",
                &format!("versions/r{revision}.sql:"),
                "the database is at base",
            ]);
            assert_eq!(everything(&project), before, "{journal:?}, statement {n}: {ran}");
        }
    }
}

#[test]
fn a_transaction_each_leaves_exactly_the_revisions_before() {
    let whole = project("transaction = \"revision\"", Journal::Delete, None);
    let mut states = vec![everything(&whole)];
    for target in ["r1", "r2", "r3"] {
        whole.run(&["upgrade", target]).exits(0);
        states.push(everything(&whole));
    }
    for n in 0..n_statements() {
        let failure = "CREATE TABLE book(a)";
        let project = project("transaction = \"revision\"", Journal::Delete, Some((n, failure)));
        let (revision, number) = place(n);
        let at = if revision == 1 { "base".to_owned() } else { format!("`r{}`", revision - 1) };
        project.run(&["upgrade"]).exits(3).says(&[
            &format!("revision `r{revision}` failed at statement {number} of"),
            "table book already exists",
            &format!("the database is at {at}"),
        ]);
        assert_eq!(everything(&project), states[revision - 1], "statement {n}");
    }
}

#[test]
fn a_failing_downgrade_leaves_everything_applied() {
    for (n, journal) in [(1, Journal::Delete), (2, Journal::Wal), (3, Journal::Delete)] {
        let bodies = ["DROP TABLE c;", "DELETE FROM b;", "DROP TABLE b;"];
        let downgrade = |at: usize| if at == n { "DROP TABLE nope;" } else { "" };
        let up = "CREATE TABLE a(x); CREATE TABLE b(x); INSERT INTO b VALUES (1);";
        let project = Project::new()
            .revision("r1", "", up, &format!("{}{}DROP TABLE a;", bodies[2], downgrade(1)))
            .revision(
                "r2",
                "down_revision = \"r1\"",
                "CREATE TABLE c(x);",
                &format!("{}{}", bodies[0], downgrade(2)),
            )
            .revision(
                "r3",
                "down_revision = \"r2\"",
                "INSERT INTO b VALUES (2);",
                &format!("{}{}", bodies[1], downgrade(3)),
            )
            .database(journal, "");
        project.run(&["upgrade"]).exits(0);
        let before = everything(&project);
        project.run(&["downgrade", "base"]).exits(3).says(&[
            &format!("revision `r{n}` failed at statement 2 of"),
            "no such table: nope",
            "rolled back",
            "the database is at `r3`",
        ]);
        assert_eq!(everything(&project), before);
    }
}

#[test]
fn what_fails_before_anything_runs_does_not_even_make_the_file() {
    let broken = ["CREATE TABLE t(a);", "COMMIT;"];
    let project = Project::new().line(&broken);
    let before = project.bytes();
    project.run(&["upgrade"]).exits(2).says(&["`COMMIT`", "versions/r2.sql:"]);
    assert_eq!(project.bytes(), before);
}

#[test]
fn a_database_made_for_a_run_that_fails_is_empty() {
    let project = Project::new().line(&["CREATE TABLE t(a);", "INSERT INTO t VALUES (1, 2);"]);
    project.run(&["upgrade"]).exits(3).says(&["rolled back", "the database is at base"]);
    assert_eq!(content(&project.connect()), "");
    project.write("versions/r2.sql", {
        let text = std::fs::read_to_string(project.path("versions/r2.sql")).unwrap();
        text.replace("(1, 2)", "(1)")
    });
    project.run(&["upgrade"]).exits(0);
    assert_eq!(project.rows(), "r2");
}
