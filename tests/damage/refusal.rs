//! A body that refuses to run leaves the files as they were, to the byte.

use super::project::{Journal, Project};

/// More rows than the cache of SQLite holds, so that it writes to the file before the end.
const START: &str = "
    CREATE TABLE users(id INTEGER PRIMARY KEY, email TEXT, filler);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
    INSERT INTO users SELECT i, nullif('u' || i, 'u7'), randomblob(4000) FROM n;
";

/// Two revisions that write a lot, and one that refuses what the first of them left.
const UPGRADES: [&str; 3] = [
    "UPDATE users SET filler = randomblob(4000); CREATE INDEX ix ON users(email);",
    "CREATE TABLE copy AS SELECT * FROM users; DROP TABLE users; ALTER TABLE copy RENAME TO users;",
    "-- migrate:refuse-if rows of users have NULL in email: SELECT id FROM users WHERE email IS NULL\n\
     DROP TABLE users;",
];

#[test]
fn a_refusal_leaves_every_file_as_it_was() {
    for journal in Journal::BOTH {
        let project = Project::new().line(&UPGRADES).database(journal, START);
        let before = project.bytes();
        for options in [&["upgrade"][..], &["upgrade", "--dry-run"]] {
            project.run(options).exits(2).says(&[
                "1 row of users has NULL in email; the first: id 7",
                "versions/r3.sql:",
                "nothing was changed",
            ]);
            assert!(project.bytes() == before, "{journal:?}: a file is another one now");
        }
        project.connect().execute("UPDATE users SET email = 'u7' WHERE id = 7", []).unwrap();
        project.run(&["upgrade"]).exits(0);
        assert_eq!(project.rows(), "r3");
    }
}
