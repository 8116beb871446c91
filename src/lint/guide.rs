//! Why each rule exists, with a revision that it finds and one that it leaves alone.
//!
//! `docs/lint.md` is written from this, and a test runs every example.

use crate::rule::Rule;

/// What is written about a rule.
#[derive(Debug, Clone, Copy)]
pub struct Guide {
    /// What it finds, in one line without a full stop.
    pub title: &'static str,
    /// Why that matters, and when it is silent.
    pub why: &'static str,
    /// The schema that the examples begin with.
    pub given: &'static str,
    /// What it finds.
    pub bad: Example,
    /// What it leaves alone.
    pub good: Example,
}

/// An example.
#[derive(Debug, Clone, Copy)]
pub enum Example {
    /// The bodies of a revision, with lines of its header before them if it has some. Without a
    /// downgrade it is irreversible.
    Revision(&'static str),
    /// A file of which another upgrade ran: that one, and the one of now.
    Edited(&'static str, &'static str),
    /// Revisions, as `id < parent`.
    Graph(&'static [&'static str]),
}

/// What is written about a rule.
#[expect(clippy::too_many_lines, reason = "a table")]
pub fn guide(rule: Rule) -> Guide {
    match rule {
        Rule::DropTable => Guide {
            title: "a table is dropped, with its rows",
            why: "What the rows said is gone; a downgrade brings back the table and not the rows. \
                  The upgrade is run on rows that are made up: a table that is renamed, rebuilt or moved \
                  into another one loses nothing, however many statements that takes. A rebuild that forgets \
                  to copy the rows, or leaves some out (with WHERE or LIMIT, in a subquery, by GROUP BY or a join), is \
                  found; not one that leaves out what a constraint that is new would refuse (not so a NULL where it takes one), or where \
                  a `warn-if` or `refuse-if` asks for rows of the table.",
            given: "CREATE TABLE drafts (id INTEGER PRIMARY KEY, body TEXT);",
            bad: Example::Revision("-- migrate:upgrade\nDROP TABLE drafts;"),
            good: Example::Revision(
                "-- migrate:upgrade\n-- migrator:allow drop-table: exported to the archive in May\nDROP TABLE drafts;",
            ),
        },
        Rule::DropColumn => Guide {
            title: "a column is dropped, or loses its values",
            why: "Found in a rebuild too, where the new definition lacks it or the copy forgets it. A column \
                  that is renamed, copied into another place, or read by an INSERT or UPDATE before it goes, \
                  is not lost, nor one whose values a `refuse-if` asks for.",
            given: "CREATE TABLE users (id INTEGER PRIMARY KEY, nick TEXT);",
            bad: Example::Revision(
                "-- migrate:upgrade\nCREATE TABLE new (id INTEGER PRIMARY KEY);\nINSERT INTO new (id) SELECT id FROM users;\n\
                 DROP TABLE users;\nALTER TABLE new RENAME TO users;",
            ),
            good: Example::Revision(
                "-- migrate:upgrade\nCREATE TABLE new (id INTEGER PRIMARY KEY, nickname TEXT);\n\
                 INSERT INTO new (id, nickname) SELECT id, nick FROM users;\nDROP TABLE users;\n\
                 ALTER TABLE new RENAME TO users;",
            ),
        },
        Rule::DeleteRows => Guide {
            title: "rows are deleted that were there before",
            why: "No downgrade brings them back. Found where the rows of a table of before are deleted, with \
                  WHERE or without, even if they are duplicates that a new constraint does not take. Not where \
                  they are in another table by then, where a `warn-if` or `refuse-if` asks for rows of the \
                  table, or in a table that the body makes itself.",
            given: "CREATE TABLE sessions (id INTEGER PRIMARY KEY, token TEXT);",
            bad: Example::Revision("-- migrate:upgrade\nDELETE FROM sessions WHERE token = '';"),
            good: Example::Revision(
                "-- migrate:upgrade\nCREATE TABLE ended_sessions (id INTEGER PRIMARY KEY, token TEXT);\n\
                 INSERT INTO ended_sessions SELECT id, token FROM sessions WHERE token = '';\n\
                 DELETE FROM sessions WHERE token = '';",
            ),
        },
        Rule::UpdateAllRows => Guide {
            title: "a column of before gets other values in all rows",
            why: "An UPDATE without WHERE, or an INSERT that replaces the rows it reads, and what stood in the \
                  column is nowhere afterwards. Not where the new value is made of the old one \
                  (`lower(email)` for `email`), where the old one is somewhere else by then, for a column \
                  that the body adds, or where a `warn-if` or `refuse-if` asks for rows of the table.",
            given: "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, name TEXT);",
            bad: Example::Revision("-- migrate:upgrade\nUPDATE users SET name = lower(email);"),
            good: Example::Revision(
                "-- migrate:upgrade\nUPDATE users SET name = lower(email) WHERE name IS NULL;\n\
                 UPDATE users SET email = lower(email);",
            ),
        },
        Rule::TypeNarrowed => Guide {
            title: "a column gets a type that changes values, or a table becomes STRICT",
            why: "SQLite converts what is copied into a column by the type of the column: a text `007` \
                  becomes the integer 7, and nothing says so. A STRICT table takes no value of another \
                  type, and the copy fails; there the rule is silent if a `refuse-if` asks first. \
                  A value that the copy computes is no accident, one that `SELECT *` puts into another column is.",
            given: "CREATE TABLE parts (id INTEGER PRIMARY KEY, code TEXT, n INTEGER);",
            bad: Example::Revision(
                "-- migrate:upgrade\nCREATE TABLE new (id INTEGER PRIMARY KEY, code INTEGER, n INTEGER);\n\
                 INSERT INTO new (id, code, n) SELECT id, code, n FROM parts;\nDROP TABLE parts;\n\
                 ALTER TABLE new RENAME TO parts;",
            ),
            good: Example::Revision(
                "-- migrate:upgrade\nCREATE TABLE new (id INTEGER PRIMARY KEY, code TEXT, n NUMERIC);\n\
                 INSERT INTO new (id, code, n) SELECT id, code, n FROM parts;\nDROP TABLE parts;\n\
                 ALTER TABLE new RENAME TO parts;",
            ),
        },
        Rule::AddNotNull => Guide {
            title: "rows must have a value that they may not have",
            why: "The upgrade runs where there are no rows, as in tests, and fails where there are. \
                  Silent where the column has a DEFAULT, where the body gives all such rows a value \
                  first or leaves them out of a copy, and where a `refuse-if` asks for them. A primary key \
                  WITHOUT ROWID takes no NULL either. Found in a new table too, if it is filled from one, and for \
                  what is computed, by a copy, an UPDATE or a trigger (`lower(email)`): rows with a NULL are \
                  tried, one with NULL wherever it may be, and one that nothing references.",
            given: "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT);",
            bad: Example::Revision(
                "-- migrate:upgrade\nALTER TABLE users ADD COLUMN country TEXT NOT NULL;",
            ),
            good: Example::Revision(
                "-- migrate:upgrade\nALTER TABLE users ADD COLUMN country TEXT NOT NULL DEFAULT 'DE';",
            ),
        },
        Rule::AddUnique => Guide {
            title: "rows must differ that may be alike",
            why: "A unique index, a UNIQUE constraint or a primary key over a table that has rows, or \
                  over a new one that is filled from such a table. Silent for columns that were unique \
                  before, where the body deletes duplicates, leaves them out of a copy or sets values that \
                  differ (`randomblob`, a key), and where a `refuse-if` asks for duplicates. Tried out are \
                  rows that differ in one column, for what deleting duplicates leaves, and rows that \
                  hardly differ, for a key that is computed (`slug || '-' || id`). Silent for an index over no row yet, \
                  since its WHERE asks for what a new column does not hold.",
            given: "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT);",
            bad: Example::Revision(
                "-- migrate:upgrade\nCREATE UNIQUE INDEX ix_users_email ON users (email);",
            ),
            good: Example::Revision(
                "-- migrate:upgrade\n-- migrate:refuse-if rows of users share their email: SELECT min(id) FROM users \
                 GROUP BY email HAVING count(*) > 1\nCREATE UNIQUE INDEX ix_users_email ON users (email);",
            ),
        },
        Rule::AddCheck => Guide {
            title: "rows must pass a check that they may be against",
            why: "Silent for a check over new columns whose DEFAULT it takes, for one that takes more \
                  values than before (`IN (…)`), for what a copy computes (`max(0, price)`) if nothing that is \
                  tried is against it, where the body sets the columns or deletes such rows, and \
                  where a `refuse-if` asks for them. Found in a new table too, if it is filled from another one.",
            given: "CREATE TABLE products (id INTEGER PRIMARY KEY, price INTEGER);",
            bad: Example::Revision(
                "-- migrate:upgrade\nALTER TABLE products ADD CONSTRAINT price_is_positive CHECK (price > 0);",
            ),
            good: Example::Revision(
                "-- migrate:upgrade\nALTER TABLE products ADD COLUMN tax INTEGER NOT NULL DEFAULT 0 CHECK (tax >= 0);",
            ),
        },
        Rule::AddForeignKey => Guide {
            title: "rows must reference others that may not be there",
            why: "migrator checks foreign keys before it commits, so that the upgrade fails where a row \
                  references nothing. Silent for a new column that is NULL, for one in which a copy makes NULL of \
                  what references nothing, where the body sets the columns or deletes rows, and where a `refuse-if` asks for such rows. Found in a new table \
                  too, if it is filled from another one.",
            given: "CREATE TABLE users (id INTEGER PRIMARY KEY);\nCREATE TABLE posts (id INTEGER PRIMARY KEY, author INTEGER);",
            bad: Example::Revision(
                "-- migrate:upgrade\nCREATE TABLE new (id INTEGER PRIMARY KEY, author INTEGER REFERENCES users (id));\n\
                 INSERT INTO new (id, author) SELECT id, author FROM posts;\nDROP TABLE posts;\n\
                 ALTER TABLE new RENAME TO posts;\nCREATE INDEX ix_posts_author ON posts (author);",
            ),
            good: Example::Revision(
                "-- migrate:upgrade\nALTER TABLE posts ADD COLUMN editor INTEGER REFERENCES users (id);\n\
                 CREATE INDEX ix_posts_editor ON posts (editor);",
            ),
        },
        Rule::DropParentWithCascade => Guide {
            title: "a table is dropped whose loss other tables pass on",
            why: "With foreign keys enforced, `DROP TABLE` first deletes all rows of the table, which `ON \
                  DELETE CASCADE` and `SET NULL` pass on to its children: a rebuild of the parent, on \
                  the way back too, empties them, and no check finds anything wrong. migrator has foreign keys off while a body runs, \
                  unless the body asks for them.",
            given: "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);\n\
                    CREATE TABLE posts (id INTEGER PRIMARY KEY, author INTEGER UNIQUE REFERENCES users (id) ON DELETE CASCADE);",
            bad: Example::Revision(
                "-- foreign_keys = true\n-- ///\n\n-- migrate:upgrade\nCREATE TABLE new (id INTEGER PRIMARY KEY, name TEXT DEFAULT '');\n\
                 INSERT INTO new (id, name) SELECT id, name FROM users;\nDROP TABLE users;\n\
                 ALTER TABLE new RENAME TO users;",
            ),
            good: Example::Revision(
                "-- migrate:upgrade\nCREATE TABLE new (id INTEGER PRIMARY KEY, name TEXT DEFAULT '');\n\
                 INSERT INTO new (id, name) SELECT id, name FROM users;\nDROP TABLE users;\n\
                 ALTER TABLE new RENAME TO users;",
            ),
        },
        Rule::DoubleQuotedString => Guide {
            title: "a name in double quotes that names nothing",
            why: "SQLite takes `\"emial\"` for the string 'emial' if there is no such column, and a typo \
                  becomes data. Each statement of both bodies, and each `refuse-if`, is compiled a second time with \
                  that turned off; `DEFAULT \"new\"` is found by its words.",
            given: "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT);",
            bad: Example::Revision(
                "-- migrate:upgrade\nUPDATE users SET email = lower(\"emial\");",
            ),
            good: Example::Revision(
                "-- migrate:upgrade\nUPDATE users SET email = lower(\"email\");",
            ),
        },
        Rule::PragmaInTransaction => Guide {
            title: "a PRAGMA that does nothing inside a transaction",
            why: "`PRAGMA foreign_keys = off` in front of a rebuild is the well-known one: SQLite ignores it \
                  without a word, and the rebuild deletes the rows of the children. `upgrade` refuses such a \
                  body, when it comes to it.",
            given: "CREATE TABLE users (id INTEGER PRIMARY KEY);",
            bad: Example::Revision(
                "-- migrate:upgrade\nPRAGMA foreign_keys = off;\nUPDATE users SET id = id + 1;",
            ),
            good: Example::Revision(
                "-- transaction = false\n-- ///\n\n-- migrate:upgrade\nPRAGMA journal_mode = wal;",
            ),
        },
        Rule::AttachInWal => Guide {
            title: "a body uses a second database",
            why: "A transaction over two databases is not one if either keeps a write-ahead log: a crash \
                  between the two leaves them at different revisions. Where revisions are run in memory, the second database is there and empty.",
            given: "CREATE TABLE users (id INTEGER PRIMARY KEY);",
            bad: Example::Revision(
                "-- transaction = false\n-- ///\n\n-- migrate:upgrade\nATTACH 'archive.db' AS archive;",
            ),
            good: Example::Revision(
                "-- migrate:upgrade\nCREATE TABLE archived_users (id INTEGER PRIMARY KEY);",
            ),
        },
        Rule::MissingIndexOnForeignKey => Guide {
            title: "no index finds the rows that reference another",
            why: "Each row that is deleted from the parent, or gets another key, reads the whole child table. \
                  Silent if a later revision makes the index. A primary key or a UNIQUE constraint that begins \
                  with the columns is one.",
            given: "CREATE TABLE users (id INTEGER PRIMARY KEY);",
            bad: Example::Revision(
                "-- migrate:upgrade\nCREATE TABLE posts (id INTEGER PRIMARY KEY, author INTEGER REFERENCES users (id));",
            ),
            good: Example::Revision(
                "-- migrate:upgrade\nCREATE TABLE posts (id INTEGER PRIMARY KEY, author INTEGER REFERENCES users (id));\n\
                 CREATE INDEX ix_posts_author ON posts (author, id);",
            ),
        },
        Rule::TrailingCommentInAddColumn => Guide {
            title: "a comment between a new column and its semicolon",
            why: "SQLite pastes the text of the column into the stored CREATE TABLE, and a `-- comment` at its \
                  end swallows what follows: \"incomplete input\". migrator leaves such a comment out; the \
                  `sqlite3` shell and other tools that run the same statement do not.",
            given: "CREATE TABLE users (id INTEGER PRIMARY KEY);",
            bad: Example::Revision(
                "-- migrate:upgrade\nALTER TABLE users ADD COLUMN age INTEGER -- in years\n;",
            ),
            good: Example::Revision(
                "-- migrate:upgrade\nALTER TABLE users ADD COLUMN age INTEGER; -- in years",
            ),
        },
        Rule::BrokenViewOrTrigger => Guide {
            title: "a view or a trigger that does not compile any more",
            why: "SQLite lets columns come and go that a view or the body of a trigger depends on; whoever uses \
                  them finds out. `upgrade` rolls such a revision back.",
            given: "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);\nCREATE TABLE log (name TEXT);\n\
                    CREATE TRIGGER keep AFTER DELETE ON users BEGIN INSERT INTO log VALUES (old.name); END;",
            bad: Example::Revision("-- migrate:upgrade\nALTER TABLE log ADD COLUMN at TEXT;"),
            good: Example::Revision(
                "-- migrate:upgrade\nDROP TRIGGER keep;\nALTER TABLE log ADD COLUMN at TEXT;\n\
                 CREATE TRIGGER keep AFTER DELETE ON users BEGIN INSERT INTO log (name) VALUES (old.name); END;",
            ),
        },
        Rule::EmptyUpgrade => Guide {
            title: "the upgrade has no statement",
            why: "Most often the file was made and not filled in. It is applied all the same, and what is \
                  written into it later never runs there. Silent for a merge, for a revision with branch \
                  labels or dependencies, and where the body has a `refuse-if` or `warn-if`.",
            given: "",
            bad: Example::Revision("-- migrate:upgrade\n\n-- migrate:downgrade\n"),
            good: Example::Revision(
                "-- migrate:upgrade\n-- migrator:allow empty-upgrade: the release of May\n\n-- migrate:downgrade\n",
            ),
        },
        Rule::NoDowngrade => Guide {
            title: "the upgrade changes the schema, and the downgrade is empty",
            why: "A downgrade would take the revision off the version table and leave everything it did. \
                  `PRAGMA user_version` and `application_id` count too. Silent where only rows are changed.",
            given: "",
            bad: Example::Revision(
                "-- migrate:upgrade\nCREATE TABLE tags (id INTEGER PRIMARY KEY);\n\n-- migrate:downgrade",
            ),
            good: Example::Revision(
                "-- migrate:upgrade\nCREATE TABLE tags (id INTEGER PRIMARY KEY);\n\n-- migrate:downgrade irreversible",
            ),
        },
        Rule::DowngradeDoesNotUndo => Guide {
            title: "the downgrade fails, or leads to another schema than the one before",
            why: "The upgrade and then the downgrade are run in memory, and the schema compared, as `migrator \
                  verify` does with all revisions. The order of columns does not count.",
            given: "CREATE TABLE users (id INTEGER PRIMARY KEY);",
            bad: Example::Revision(
                "-- migrate:upgrade\nALTER TABLE users ADD COLUMN age INTEGER;\nCREATE INDEX ix_users_age ON users (age);\n\n\
                 -- migrate:downgrade\nDROP INDEX ix_users_age;",
            ),
            good: Example::Revision(
                "-- migrate:upgrade\nALTER TABLE users ADD COLUMN age INTEGER;\nCREATE INDEX ix_users_age ON users (age);\n\n\
                 -- migrate:downgrade\nDROP INDEX ix_users_age;\nALTER TABLE users DROP COLUMN age;",
            ),
        },
        Rule::EditedAfterApplied => Guide {
            title: "the upgrade was edited after it ran on the database",
            why: "What was added never runs there, and the database and the files part. Found with the \
                  fingerprints of `migrator_log`, if the database is there; comments, spacing and the case of words do not count.",
            given: "",
            bad: Example::Edited(
                "CREATE TABLE tags (id INTEGER PRIMARY KEY);",
                "CREATE TABLE tags (id INTEGER PRIMARY KEY, name TEXT);",
            ),
            good: Example::Edited(
                "CREATE TABLE tags (id INTEGER PRIMARY KEY);",
                "-- Words for posts.\nCREATE TABLE tags (\n    id INTEGER PRIMARY KEY\n);",
            ),
        },
        Rule::TwoHeads => Guide {
            title: "several heads that nothing tells apart",
            why: "`upgrade head` does not know which of them is meant. Most often two branches of the code were \
                  merged, and their revisions follow the same one. Silent for heads with branch labels of their own, and for those of different databases.",
            given: "",
            bad: Example::Graph(&["users", "orders < users", "drafts < users"]),
            good: Example::Graph(&["users", "orders < users", "drafts < orders"]),
        },
        Rule::IfNotExistsHidesDrift => Guide {
            title: "IF NOT EXISTS, or IF EXISTS",
            why: "A table that somebody made by hand, with other columns, is taken for the one of the revision; \
                  the upgrade succeeds, and the difference shows much later. At the revision before, the \
                  statement runs without the clause. Silent for temporary tables.",
            given: "",
            bad: Example::Revision(
                "-- migrate:upgrade\nCREATE TABLE IF NOT EXISTS tags (id INTEGER PRIMARY KEY);",
            ),
            good: Example::Revision(
                "-- migrate:upgrade\nCREATE TABLE tags (id INTEGER PRIMARY KEY);",
            ),
        },
        Rule::AlwaysFindsRows => Guide {
            title: "a `refuse-if` or `warn-if` whose query always gives a row",
            why: "`SELECT count(*) FROM users` gives one row, with a 0 in it, where there are no users: the body \
                  never runs, or warns each time. List the rows; migrator counts them.",
            given: "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT);",
            bad: Example::Revision(
                "-- migrate:upgrade\n-- migrate:warn-if rows of users have no email: SELECT count(*) FROM users WHERE email IS NULL\n\
                 UPDATE users SET email = '' WHERE email IS NULL;",
            ),
            good: Example::Revision(
                "-- migrate:upgrade\n-- migrate:warn-if rows of users have no email: SELECT id FROM users WHERE email IS NULL\n\
                 UPDATE users SET email = '' WHERE email IS NULL;",
            ),
        },
        Rule::DoesNotRun => Guide {
            title: "the upgrade does not run on an empty database",
            why: "Revisions are tried out in memory, one after the other, from the first. One that fails there \
                  fails in the tests of everybody who begins with an empty database. What it does to the schema \
                  is not known then, nor what those that need it do: `lint` says for how many revisions only \
                  the text was looked at. Rows that would reference nothing are looked for too.",
            given: "CREATE TABLE users (id INTEGER PRIMARY KEY);",
            bad: Example::Revision("-- migrate:upgrade\nALTER TABLE user ADD COLUMN age INTEGER;"),
            good: Example::Revision(
                "-- migrate:upgrade\nALTER TABLE users ADD COLUMN age INTEGER;",
            ),
        },
        Rule::Unknown => Guide {
            title: "`migrator:allow` names no rule",
            why: "It silences nothing, and whoever wrote it thinks that it does.",
            given: "",
            bad: Example::Revision(
                "-- migrate:upgrade\n-- migrator:allow drop-tabel\nCREATE TABLE tags (id INTEGER PRIMARY KEY);",
            ),
            good: Example::Revision(
                "-- migrate:upgrade\n-- migrator:allow if-not-exists-hides-drift: two programs make it\n\
                 CREATE TABLE IF NOT EXISTS tags (id INTEGER PRIMARY KEY);",
            ),
        },
        Rule::UnusedAllow => Guide {
            title: "`migrator:allow` silences nothing",
            why: "What it was written for has gone, and it would hide what comes later.",
            given: "",
            bad: Example::Revision(
                "-- migrate:upgrade\n-- migrator:allow drop-table\nCREATE TABLE tags (id INTEGER PRIMARY KEY);",
            ),
            good: Example::Revision(
                "-- migrate:upgrade\nCREATE TABLE tags (id INTEGER PRIMARY KEY);",
            ),
        },
    }
}

/// What is written about a rule, as Markdown.
pub fn help(rule: Rule) -> String {
    let it = guide(rule);
    let given = match it.given {
        "" => String::new(),
        given => format!("\nGiven\n\n```sql\n{given}\n```\n"),
    };
    format!(
        "{}.\n\n{}\n{given}\nthis is found:\n\n{}\nand this is not:\n\n{}",
        capitalized(it.title),
        it.why,
        text(&it.bad),
        text(&it.good),
    )
}

/// An example as a block of Markdown.
fn text(example: &Example) -> String {
    match example {
        Example::Revision(text) => format!("```sql\n{text}\n```\n"),
        Example::Edited(before, after) => {
            format!("```sql\n-- what ran\n{before}\n\n-- what the file says\n{after}\n```\n")
        }
        Example::Graph(revisions) => format!("```text\n{}\n```\n", revisions.join("\n")),
    }
}

fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|it| it.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
