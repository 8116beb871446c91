//! `migrator schema dump` and `migrator schema diff`

use crate::support::TestEnv;

/// Users, then posts and a view; the database is at the first.
fn env() -> TestEnv {
    let env = TestEnv::new();
    env.config("[schema]\nfiles = [\"schema.sql\"]").file(
        "schema.sql",
        "CREATE VIEW titles AS SELECT title FROM posts;\n\
         CREATE TABLE posts (id INTEGER PRIMARY KEY, title TEXT, user_id INTEGER NOT NULL REFERENCES users);\n\
         CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL);\n",
    );
    env.revisions("
        a1
        + CREATE TABLE users (
        +     id INTEGER PRIMARY KEY,
        +     email TEXT NOT NULL -- in lower case
        + );
        + CREATE UNIQUE INDEX ix_users_email ON users (email);
        - DROP TABLE users;
        b2 < a1
        + CREATE TABLE posts (id INTEGER PRIMARY KEY, title TEXT, user_id INTEGER NOT NULL REFERENCES users);
        + CREATE TRIGGER no_delete BEFORE DELETE ON posts BEGIN SELECT RAISE(ABORT, 'no'); END;
        - DROP TABLE posts;
    ");
    env.run("upgrade a1").ok();
    env
}

#[test]
fn a_schema_is_printed_as_sql() {
    let env = env();
    insta::assert_snapshot!(env.run("schema dump"), @"
    CREATE TABLE users (
        id INTEGER PRIMARY KEY,
        email TEXT NOT NULL -- in lower case
    );

    CREATE UNIQUE INDEX ix_users_email ON users (email);
    ");
    insta::assert_snapshot!(env.run("schema dump head"), @"
    CREATE TABLE users (
        id INTEGER PRIMARY KEY,
        email TEXT NOT NULL -- in lower case
    );

    CREATE UNIQUE INDEX ix_users_email ON users (email);

    CREATE TABLE posts (id INTEGER PRIMARY KEY, title TEXT, user_id INTEGER NOT NULL REFERENCES users);

    CREATE TRIGGER no_delete BEFORE DELETE ON posts BEGIN SELECT RAISE(ABORT, 'no'); END;
    ");
    insta::assert_snapshot!(env.run("schema dump a1"), @"
    CREATE TABLE users (
        id INTEGER PRIMARY KEY,
        email TEXT NOT NULL -- in lower case
    );

    CREATE UNIQUE INDEX ix_users_email ON users (email);
    ");
    insta::assert_snapshot!(env.run("schema dump base"), @"
    -- Nothing is declared.
    ------- stderr -------
    there is nothing in revision base
    ");
    insta::assert_snapshot!(env.run("schema dump declared"), @"
    CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL);

    CREATE TABLE posts (id INTEGER PRIMARY KEY, title TEXT, user_id INTEGER NOT NULL REFERENCES users);

    CREATE VIEW titles AS SELECT title FROM posts;
    ");
    insta::assert_snapshot!(env.run("schema dump schema.sql"), @"
    CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL);

    CREATE TABLE posts (id INTEGER PRIMARY KEY, title TEXT, user_id INTEGER NOT NULL REFERENCES users);

    CREATE VIEW titles AS SELECT title FROM posts;
    ");
    insta::assert_snapshot!(env.run("schema dump app.db"), @"
    CREATE TABLE users (
        id INTEGER PRIMARY KEY,
        email TEXT NOT NULL -- in lower case
    );

    CREATE UNIQUE INDEX ix_users_email ON users (email);
    ");
    insta::assert_snapshot!(env.run("schema dump sqlite:///app.db --json"), @r#"
    {
      "schema": "app.db",
      "sql": "CREATE TABLE users (\n    id INTEGER PRIMARY KEY,\n    email TEXT NOT NULL -- in lower case\n);\n\nCREATE UNIQUE INDEX ix_users_email ON users (email);\n"
    }
    "#);
    assert_eq!(env.run("schema dump database").ok(), env.run("schema dump current").ok());
}

#[test]
fn a_dump_begins_a_declared_schema() {
    let env = env();
    env.run("upgrade").ok();
    let text = env.run("schema dump").ok();
    env.file("schema.sql", &text);
    insta::assert_snapshot!(env.run("check"), @"
    ------- stderr -------
    no difference between the revisions and the declared schema
    ");
}

#[test]
fn two_schemas_are_compared() {
    let env = env();
    insta::assert_snapshot!(env.run("schema diff a1 b2"), @"
    + table    posts      (id, title, user_id)
    + trigger  no_delete  ON posts
    ");
    insta::assert_snapshot!(env.run("schema diff b2 a1"), @"
    - table    posts
    - trigger  no_delete
    ");
    insta::assert_snapshot!(env.run("schema diff database declared"), @"
    + table  posts           (id, title, user_id)
    - index  ix_users_email
    + view   titles
    ");
    insta::assert_snapshot!(env.run("schema diff declared head"), @"
    + index    ix_users_email  UNIQUE ON users (email)
    - view     titles
    + trigger  no_delete       ON posts
    ");
    insta::assert_snapshot!(env.run("schema diff database a1"), @"
    ------- stderr -------
    no difference between app.db and revision a1
    ");
    insta::assert_snapshot!(env.run("schema diff schema.sql app.db"), @"
    - table  posts
    + index  ix_users_email  UNIQUE ON users (email)
    - view   titles
    ");
    insta::assert_snapshot!(env.run("schema diff a1 b2 --json"), @r#"
    {
      "from": "revision a1",
      "to": "revision b2",
      "is_clean": false,
      "changes": [
        {
          "change": "added",
          "kind": "table",
          "name": "posts",
          "detail": "(id, title, user_id)"
        },
        {
          "change": "added",
          "kind": "trigger",
          "name": "no_delete",
          "detail": "ON posts"
        }
      ]
    }
    "#);
}

#[test]
fn the_sql_between_two_schemas() {
    let env = env();
    insta::assert_snapshot!(env.run("schema diff a1 b2 --sql"), @r#"
    .bail on

    PRAGMA foreign_keys = OFF;
    BEGIN IMMEDIATE;
    CREATE TABLE temp._migrator_violations AS SELECT "table", "rowid" AS "row", parent FROM pragma_foreign_key_check;

    -- create the table posts
    CREATE TABLE posts (id INTEGER PRIMARY KEY, title TEXT, user_id INTEGER NOT NULL REFERENCES users);

    -- create the trigger no_delete
    CREATE TRIGGER no_delete BEFORE DELETE ON posts BEGIN SELECT RAISE(ABORT, 'no'); END;

    CREATE TABLE temp._migrator_guard (ok CONSTRAINT "rows would violate foreign keys" CHECK (ok));
    INSERT INTO temp._migrator_guard SELECT 0 FROM (SELECT "table", "rowid", parent FROM pragma_foreign_key_check EXCEPT SELECT "table", "row", parent FROM temp._migrator_violations) LIMIT 1;
    DROP TABLE temp._migrator_guard;
    DROP TABLE temp._migrator_violations;
    COMMIT;
    "#);
    insta::assert_snapshot!(env.run("schema diff b2 a1 --sql"), @r#"
    .bail on

    PRAGMA foreign_keys = OFF;
    BEGIN IMMEDIATE;
    CREATE TABLE temp._migrator_violations AS SELECT "table", "rowid" AS "row", parent FROM pragma_foreign_key_check;
    CREATE TABLE temp._migrator_guard (ok CONSTRAINT "rows of posts are deleted with it; `--yes` allows it" CHECK (ok));
    INSERT INTO temp._migrator_guard SELECT 0 WHERE EXISTS (SELECT id FROM posts);
    DROP TABLE temp._migrator_guard;

    -- drop the table posts
    -- migrate:warn-if rows of posts are deleted with it: SELECT id FROM posts
    DROP TABLE posts;

    CREATE TABLE temp._migrator_guard (ok CONSTRAINT "rows would violate foreign keys" CHECK (ok));
    INSERT INTO temp._migrator_guard SELECT 0 FROM (SELECT "table", "rowid", parent FROM pragma_foreign_key_check EXCEPT SELECT "table", "row", parent FROM temp._migrator_violations) LIMIT 1;
    DROP TABLE temp._migrator_guard;
    DROP TABLE temp._migrator_violations;
    COMMIT;
    "#);
    insta::assert_snapshot!(env.run("schema diff a1 a1 --sql"), @"
    ------- stderr -------
    no difference between revision a1 and revision a1
    ");
    insta::assert_snapshot!(env.run("schema diff a1 b2 --sql --json"), @r#"
    {
      "from": "revision a1",
      "to": "revision b2",
      "is_clean": false,
      "changes": [
        {
          "change": "added",
          "kind": "table",
          "name": "posts",
          "detail": "(id, title, user_id)"
        },
        {
          "change": "added",
          "kind": "trigger",
          "name": "no_delete",
          "detail": "ON posts"
        }
      ],
      "sql": ".bail on\n\nPRAGMA foreign_keys = OFF;\nBEGIN IMMEDIATE;\nCREATE TABLE temp._migrator_violations AS SELECT \"table\", \"rowid\" AS \"row\", parent FROM pragma_foreign_key_check;\n\n-- create the table posts\nCREATE TABLE posts (id INTEGER PRIMARY KEY, title TEXT, user_id INTEGER NOT NULL REFERENCES users);\n\n-- create the trigger no_delete\nCREATE TRIGGER no_delete BEFORE DELETE ON posts BEGIN SELECT RAISE(ABORT, 'no'); END;\n\nCREATE TABLE temp._migrator_guard (ok CONSTRAINT \"rows would violate foreign keys\" CHECK (ok));\nINSERT INTO temp._migrator_guard SELECT 0 FROM (SELECT \"table\", \"rowid\", parent FROM pragma_foreign_key_check EXCEPT SELECT \"table\", \"row\", parent FROM temp._migrator_violations) LIMIT 1;\nDROP TABLE temp._migrator_guard;\nDROP TABLE temp._migrator_violations;\nCOMMIT;\n",
      "body": "-- create the table posts\nCREATE TABLE posts (id INTEGER PRIMARY KEY, title TEXT, user_id INTEGER NOT NULL REFERENCES users);\n\n-- create the trigger no_delete\nCREATE TRIGGER no_delete BEFORE DELETE ON posts BEGIN SELECT RAISE(ABORT, 'no'); END;\n"
    }
    "#);
}

#[test]
fn the_sql_that_drops_rows_asks_for_a_word() {
    let env = env();
    env.file("new.sql", "CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT NOT NULL);");
    insta::assert_snapshot!(env.run("schema diff a1 new.sql"), @"
      + table  people          (id, email)
      - table  users
      - index  ix_users_email
    ------- stderr -------
    warning: the table users is dropped and people added; if it was renamed, run it again with `--rename users=people`
    ");
    insta::assert_snapshot!(env.run("schema diff a1 new.sql --sql"), @r#"
    .bail on

    PRAGMA foreign_keys = OFF;
    BEGIN IMMEDIATE;
    CREATE TABLE temp._migrator_violations AS SELECT "table", "rowid" AS "row", parent FROM pragma_foreign_key_check;
    CREATE TABLE temp._migrator_guard (ok CONSTRAINT "rows of users are deleted with it; `--yes` allows it" CHECK (ok));
    INSERT INTO temp._migrator_guard SELECT 0 WHERE EXISTS (SELECT id FROM users);
    DROP TABLE temp._migrator_guard;

    -- create the table people
    CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT NOT NULL);

    -- drop the table users
    -- migrate:warn-if rows of users are deleted with it: SELECT id FROM users
    DROP TABLE users;

    CREATE TABLE temp._migrator_guard (ok CONSTRAINT "rows would violate foreign keys" CHECK (ok));
    INSERT INTO temp._migrator_guard SELECT 0 FROM (SELECT "table", "rowid", parent FROM pragma_foreign_key_check EXCEPT SELECT "table", "row", parent FROM temp._migrator_violations) LIMIT 1;
    DROP TABLE temp._migrator_guard;
    DROP TABLE temp._migrator_violations;
    COMMIT;
    ------- stderr -------
    warning: the table users is dropped and people added; if it was renamed, run it again with `--rename users=people`
    "#);
    insta::assert_snapshot!(env.run("schema diff a1 new.sql --sql --rename users=people"), @r#"
    .bail on

    PRAGMA foreign_keys = OFF;
    BEGIN IMMEDIATE;
    CREATE TABLE temp._migrator_violations AS SELECT "table", "rowid" AS "row", parent FROM pragma_foreign_key_check;

    -- the table users is called people from now on
    ALTER TABLE users RENAME TO people;

    -- drop the index ix_users_email
    DROP INDEX ix_users_email;

    CREATE TABLE temp._migrator_guard (ok CONSTRAINT "rows would violate foreign keys" CHECK (ok));
    INSERT INTO temp._migrator_guard SELECT 0 FROM (SELECT "table", "rowid", parent FROM pragma_foreign_key_check EXCEPT SELECT "table", "row", parent FROM temp._migrator_violations) LIMIT 1;
    DROP TABLE temp._migrator_guard;
    DROP TABLE temp._migrator_violations;
    COMMIT;
    "#);
}

#[test]
fn what_names_no_schema_is_an_error() {
    let env = env();
    insta::assert_snapshot!(env.run("schema dump zz"), @"
    ------- stderr -------
    error: no revision or branch label is called `zz` or begins with it
    hint: `migrator history` lists all revisions and labels
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("schema dump missing.sql"), @"
    ------- stderr -------
    error: there is no file, folder or revision `missing.sql`
    hint: a schema is `database`, `declared`, a SQL file or folder, a database or its URL, or a revision
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("schema dump missing.db"), @"
    ------- stderr -------
    error: there is no file, folder or revision `missing.db`
    hint: a schema is `database`, `declared`, a SQL file or folder, a database or its URL, or a revision
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("schema dump databse"), @"
    ------- stderr -------
    error: no schema is called `databse`
    hint: did you mean `database`?
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("schema dump sqlite:///missing.db"), @"
    ------- stderr -------
    error: the database `$DIR/missing.db` does not exist
    hint: `sqlite:///missing.db` was named as a schema; a schema is `database`, `declared`, a SQL file or folder, a database or its URL, or a revision
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("schema diff a1"), @"
    ------- stderr -------
    error: `schema diff` compares two schemas, and only `a1` is named
    hint: `migrator schema diff head declared`: what the next revision would change
    hint: `migrator schema diff current database`: what was changed by hand
    hint: `migrator schema diff old.sql new.sql --sql`: the SQL between any two
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("schema"), @"
    ------- stderr -------
    Show schemas and how they differ

    Usage: migrator schema [OPTIONS] <COMMAND>

    Commands:
      dump  Print a schema as SQL
      diff  Print what leads from one schema to another
      help  Print this message or the help of the given subcommand(s)

    Options:
      -h, --help  Print help (see more with '--help')
    [exit status: 2]
    ");
    env.file("note.txt", "no database");
    insta::assert_snapshot!(env.run("schema dump note.txt"), @"
    ------- stderr -------
    error: `$DIR/note.txt` is not an SQLite database
    hint: `note.txt` was named as a schema; a schema is `database`, `declared`, a SQL file or folder, a database or its URL, or a revision
    [exit status: 2]
    ");
}

#[test]
fn every_kind_of_schema_can_be_compared_with_every_other() {
    let env = env();
    env.run("upgrade").ok();
    let text = env.run("schema dump").ok();
    env.file("schema.sql", &text).file("schema/all.sql", &text);
    let kinds = [
        "database",
        "declared",
        "heads",
        "b2",
        "current",
        "schema.sql",
        "schema",
        "app.db",
        "sqlite:///app.db",
    ];
    for from in kinds {
        for to in kinds {
            assert_eq!(env.run(&format!("schema diff {from} {to}")).ok(), "", "{from} {to}");
        }
        let lost = env.run(&format!("schema diff --sql {from} base")).ok();
        assert!(lost.contains("\nDROP TABLE users;"), "{from}: {lost}");
    }
}

#[test]
fn a_difference_has_two_sides() {
    let env = TestEnv::new();
    insta::assert_snapshot!(env.run("schema diff"), @"
    ------- stderr -------
    error: `schema diff` compares two schemas, and none is named
    hint: `migrator schema diff head declared`: what the next revision would change
    hint: `migrator schema diff current database`: what was changed by hand
    hint: `migrator schema diff old.sql new.sql --sql`: the SQL between any two
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("schema diff declared"), @"
    ------- stderr -------
    error: `schema diff` compares two schemas, and only `declared` is named
    hint: `migrator schema diff head declared`: what the next revision would change
    hint: `migrator schema diff current database`: what was changed by hand
    hint: `migrator schema diff old.sql new.sql --sql`: the SQL between any two
    [exit status: 2]
    ");
}

#[test]
fn wide_names_stand_in_columns() {
    let env = TestEnv::new();
    env.file("a.sql", "CREATE TABLE t (a);");
    env.file(
        "b.sql",
        "CREATE TABLE t (a, \"名前\" TEXT, e INTEGER);\nCREATE INDEX \"é\" ON t (a);",
    );
    insta::assert_snapshot!(env.run("schema diff a.sql b.sql"), @"
    + column  t.名前  TEXT
    + column  t.e     INTEGER
    + index   é       ON t (a)
    ");
}
