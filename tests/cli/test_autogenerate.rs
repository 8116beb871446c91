//! `migrator revision --autogenerate`

use crate::support::TestEnv;

/// What revision `a1` makes.
const USERS_AND_POSTS: &str = "\
CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    email TEXT
);
CREATE TABLE posts (
    id INTEGER PRIMARY KEY,
    title TEXT NOT NULL,
    user_id INTEGER REFERENCES users (id)
);
CREATE INDEX ix_posts_title ON posts (title);
";

/// A project at `a1`, which made users and posts, and this declared schema.
fn env(schema: &str) -> TestEnv {
    let env = TestEnv::new();
    env.config("[schema]\nfiles = [\"schema.sql\"]").file("schema.sql", schema);
    env.revision("a1")
        .up(USERS_AND_POSTS.trim_end())
        .down("DROP TABLE posts;\nDROP TABLE users;")
        .write();
    env
}

/// The same schema with pieces of its text replaced.
fn changed(pieces: &[(&str, &str)]) -> String {
    let mut schema = USERS_AND_POSTS.to_owned();
    for (old, new) in pieces {
        assert!(schema.contains(old), "{old}");
        schema = schema.replace(old, new);
    }
    schema
}

#[test]
fn the_revision_to_the_declared_schema_is_written() {
    let env = env(&changed(&[
        ("    email TEXT\n", "    email TEXT,\n    is_active BOOLEAN NOT NULL DEFAULT 1\n"),
        ("CREATE INDEX ix_posts_title", "CREATE UNIQUE INDEX ix_posts_title"),
    ]));
    insta::assert_snapshot!(env.run("revision --autogenerate -m 'Add is_active field to User'"), @"
      + column  users.is_active  BOOLEAN NOT NULL DEFAULT 1
      ~ index   ix_posts_title   now UNIQUE
    wrote versions/aaaa11112222_add_is_active_field_to_user.sql (proven: up and down)
    ------- stderr -------
    warning: posts gets the unique index ix_posts_title: `upgrade` refuses if rows of posts share their title
    ");
    insta::assert_snapshot!(env.read("versions/aaaa11112222_add_is_active_field_to_user.sql"), @r#"
    -- /// revision
    -- revision = "aaaa11112222"
    -- down_revision = "a1"
    -- message = "Add is_active field to User"
    -- create_date = 2026-11-03T14:40:11Z
    -- ///

    -- migrate:upgrade
    -- the index ix_posts_title is replaced
    DROP INDEX ix_posts_title;

    -- users: add is_active
    ALTER TABLE users ADD COLUMN is_active BOOLEAN NOT NULL DEFAULT 1;

    -- the index ix_posts_title as it is now
    -- migrate:refuse-if rows of posts share their title: SELECT id FROM (SELECT id, count(*) OVER (PARTITION BY title) AS n_alike FROM posts WHERE title IS NOT NULL) WHERE n_alike > 1
    CREATE UNIQUE INDEX ix_posts_title ON posts (title);

    -- migrate:downgrade
    -- the index ix_posts_title is replaced
    DROP INDEX ix_posts_title;

    -- users: drop is_active
    -- migrate:warn-if rows of users have a value other than the default in is_active, which is dropped: SELECT id FROM users WHERE is_active <> 1
    ALTER TABLE users DROP COLUMN is_active;

    -- the index ix_posts_title as it is now
    CREATE INDEX ix_posts_title ON posts (title);
    "#);
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    upgrade a1, make a1 ([time])
    upgrade aaaa11112222, Add is_active field to User ([time])
    app.db is at aaaa11112222
    ");
    insta::assert_snapshot!(env.run("check"), @"
    ------- stderr -------
    no difference between the revisions and the declared schema
    ");
    insta::assert_snapshot!(env.run("check --database"), @"
    ------- stderr -------
    no difference between the revisions up to aaaa11112222 and app.db
    ");
    insta::assert_snapshot!(env.run("downgrade base"), @"
    ------- stderr -------
    backup app.db.20261103T144011Z.bak ([time])
    downgrade aaaa11112222, Add is_active field to User ([time])
    downgrade a1, make a1 ([time])
    app.db is at base
    ");
}

#[test]
fn no_file_is_written_where_nothing_differs() {
    let env = env(USERS_AND_POSTS);
    insta::assert_snapshot!(env.run("revision --autogenerate -m 'Nothing'"), @"
    ------- stderr -------
    the revisions make the declared schema; no file was written
    ");
    insta::assert_snapshot!(env.run("revision --autogenerate -m 'Nothing' --sql"), @"
    ------- stderr -------
    the revisions make the declared schema; no file was written
    ");
    insta::assert_snapshot!(env.run("revision --autogenerate -m 'Nothing' --json"), @r#"
    {
      "path": null,
      "changes": []
    }
    ------- stderr -------
    the revisions make the declared schema; no file was written
    "#);
    assert_eq!(env.files(), ["alembic.toml", "schema.sql", "versions/", "versions/a1.sql"]);
}

#[test]
fn every_kind_of_difference_has_its_line() {
    let env = env("\
CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    name VARCHAR(80) NOT NULL COLLATE NOCASE CHECK (name <> ''),
    email TEXT NOT NULL DEFAULT '' UNIQUE,
    team_id INTEGER REFERENCES teams (id) ON DELETE SET NULL
) STRICT;
CREATE TABLE teams (name TEXT NOT NULL PRIMARY KEY, id INTEGER UNIQUE) WITHOUT ROWID;
CREATE INDEX ix_users_name ON users (lower(name), id DESC) WHERE name IS NOT NULL;
CREATE VIEW active AS SELECT name FROM users;
CREATE TRIGGER tidy AFTER DELETE ON users BEGIN DELETE FROM teams WHERE name = old.name; END;
CREATE VIRTUAL TABLE search USING fts5 (body);
"
    .replace("VARCHAR(80)", "ANY")
    .as_str());
    insta::assert_snapshot!(env.run("check"), @r#"
      + table    teams           (name, id)
      - table    posts
      + column   users.team_id   INTEGER REFERENCES teams (id) ON DELETE SET NULL
      ~ column   users.name      now ANY, was TEXT, now COLLATE NOCASE
      ~ column   users.email     now NOT NULL, now DEFAULT ''
      + unique   users           (email)
      + check    users           (name <> '')
      ~ table    users           now STRICT
      + table    search          USING fts5
      + index    ix_users_name   ON users (lower(name), id DESC) WHERE name IS NOT NULL
      - index    ix_posts_title
      + view     active
      + trigger  tidy            ON users
    ------- stderr -------
    `migrator revision --autogenerate -m "…"` writes the revision for it
    [exit status: 1]
    "#);
}

#[test]
fn a_column_that_may_be_renamed_gets_the_flag_and_the_flag_keeps_its_values() {
    let env = env(&changed(&[("    name TEXT NOT NULL,", "    full_name TEXT NOT NULL,")]));
    insta::assert_snapshot!(env.run("revision --autogenerate -m 'Rename name' --sql"), @r#"
    -- /// revision
    -- revision = "aaaa11112222"
    -- down_revision = "a1"
    -- message = "Rename name"
    -- create_date = 2026-11-03T14:40:11Z
    -- ///

    -- migrate:upgrade
    -- users: rebuilt to add full_name; drop name
    -- migrate:warn-if rows of users have a value in name, which is dropped: SELECT id FROM users WHERE name IS NOT NULL
    -- migrate:refuse-if rows of users have no value for full_name, which is NOT NULL: SELECT id FROM users
    -- (autogenerate can write a value: --fill users.full_name=EXPRESSION)
    PRAGMA legacy_alter_table = ON;
    ALTER TABLE users RENAME TO _migrator_old_users;
    PRAGMA legacy_alter_table = OFF;
    CREATE TABLE users (
        id INTEGER PRIMARY KEY,
        full_name TEXT NOT NULL,
        email TEXT
    );
    INSERT OR ABORT INTO users (id, email)
    SELECT id, email
    FROM _migrator_old_users;
    DROP TABLE _migrator_old_users;

    -- migrate:downgrade
    -- users: rebuilt to add name; drop full_name
    -- The values that the upgrade dropped do not come back.
    -- migrate:warn-if rows of users have a value in full_name, which is dropped: SELECT id FROM users WHERE full_name IS NOT NULL
    -- migrate:refuse-if rows of users have no value for name, which is NOT NULL: SELECT id FROM users
    PRAGMA legacy_alter_table = ON;
    ALTER TABLE users RENAME TO _migrator_old_users;
    PRAGMA legacy_alter_table = OFF;
    CREATE TABLE users (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        email TEXT
    );
    INSERT OR ABORT INTO users (id, email)
    SELECT id, email
    FROM _migrator_old_users;
    DROP TABLE _migrator_old_users;
    ------- stderr -------
      + column  users.full_name  TEXT NOT NULL
      - column  users.name
    warning: the column users.name is dropped and full_name added; if it was renamed, run it again with `--rename users.name=full_name`
    warning: drops users.name with its values
    warning: existing rows of users have no value for full_name, which is NOT NULL: `upgrade` refuses if there are any; to give them a value, run it again with `--fill users.full_name=EXPRESSION`
    "#);
    insta::assert_snapshot!(
        env.run("revision --autogenerate -m 'Rename name' --rename users.name=full_name"), @"
      > column  users.name  now full_name
    wrote versions/aaaa11112222_rename_name.sql (proven: up and down)
    "
    );
    insta::assert_snapshot!(env.read("versions/aaaa11112222_rename_name.sql"), @r#"
    -- /// revision
    -- revision = "aaaa11112222"
    -- down_revision = "a1"
    -- message = "Rename name"
    -- create_date = 2026-11-03T14:40:11Z
    -- ///

    -- migrate:upgrade
    -- users: name is called full_name from now on
    ALTER TABLE users RENAME COLUMN name TO full_name;

    -- migrate:downgrade
    -- users: full_name is called name from now on
    ALTER TABLE users RENAME COLUMN full_name TO name;
    "#);
    env.run("upgrade a1").ok();
    env.sql("INSERT INTO users (name) VALUES ('Ada')");
    env.run("upgrade").ok();
    assert_eq!(env.query("SELECT full_name FROM users"), ["Ada"]);
    env.run("downgrade -1").ok();
    assert_eq!(env.query("SELECT name FROM users"), ["Ada"]);
}

#[test]
fn a_table_that_may_be_renamed_gets_the_flag_and_the_flag_keeps_its_rows() {
    let env = env(&changed(&[
        ("CREATE TABLE posts", "CREATE TABLE articles"),
        ("ix_posts_title ON posts", "ix_posts_title ON articles"),
    ]));
    insta::assert_snapshot!(env.run("check"), @r#"
      + table  articles        (id, title, user_id)
      - table  posts
      ~ index  ix_posts_title  now ON articles (title)
    ------- stderr -------
    `migrator revision --autogenerate -m "…"` writes the revision for it
    [exit status: 1]
    "#);
    insta::assert_snapshot!(env.run("revision --autogenerate -m 'Rename posts' --sql"), @r#"
    -- /// revision
    -- revision = "aaaa11112222"
    -- down_revision = "a1"
    -- message = "Rename posts"
    -- create_date = 2026-11-03T14:40:11Z
    -- ///

    -- migrate:upgrade
    -- the index ix_posts_title is replaced
    DROP INDEX ix_posts_title;

    -- create the table articles
    CREATE TABLE articles (
        id INTEGER PRIMARY KEY,
        title TEXT NOT NULL,
        user_id INTEGER REFERENCES users (id)
    );
    CREATE INDEX ix_posts_title ON articles (title);

    -- drop the table posts
    -- migrate:warn-if rows of posts are deleted with it: SELECT id FROM posts
    DROP TABLE posts;

    -- migrate:downgrade
    -- the index ix_posts_title is replaced
    DROP INDEX ix_posts_title;

    -- create the table posts
    -- The rows that the upgrade deleted do not come back.
    CREATE TABLE posts (
        id INTEGER PRIMARY KEY,
        title TEXT NOT NULL,
        user_id INTEGER REFERENCES users (id)
    );
    CREATE INDEX ix_posts_title ON posts (title);

    -- drop the table articles
    -- migrate:warn-if rows of articles are deleted with it: SELECT id FROM articles
    DROP TABLE articles;
    ------- stderr -------
      + table  articles        (id, title, user_id)
      - table  posts
      ~ index  ix_posts_title  now ON articles (title)
    warning: the table posts is dropped and articles added; if it was renamed, run it again with `--rename posts=articles`
    warning: drops the table posts with all its rows
    "#);
    insta::assert_snapshot!(
        env.run("revision --autogenerate -m 'Rename posts' --rename posts=articles"), @"
      > table  posts  now articles
    wrote versions/aaaa11112222_rename_posts.sql (proven: up and down)
    "
    );
    insta::assert_snapshot!(env.read("versions/aaaa11112222_rename_posts.sql"), @r#"
    -- /// revision
    -- revision = "aaaa11112222"
    -- down_revision = "a1"
    -- message = "Rename posts"
    -- create_date = 2026-11-03T14:40:11Z
    -- ///

    -- migrate:upgrade
    -- the table posts is called articles from now on
    ALTER TABLE posts RENAME TO articles;

    -- migrate:downgrade
    -- the table articles is called posts from now on
    ALTER TABLE articles RENAME TO posts;
    "#);
}

#[test]
fn hints_in_the_declared_schema_say_the_same() {
    let env = env(&changed(&[
        ("    name TEXT NOT NULL,", "    full_name TEXT NOT NULL, -- migrator:renamed from name"),
        ("CREATE TABLE posts", "-- migrator:renamed from posts\nCREATE TABLE articles"),
        ("ix_posts_title ON posts", "ix_posts_title ON articles"),
    ]));
    insta::assert_snapshot!(env.run("check"), @r#"
      > table   posts       now articles
      > column  users.name  now full_name
    ------- stderr -------
    `migrator revision --autogenerate -m "…"` writes the revision for it
    [exit status: 1]
    "#);
    insta::assert_snapshot!(env.run("revision --autogenerate -m 'Rename both'"), @"
      > table   posts       now articles
      > column  users.name  now full_name
    wrote versions/aaaa11112222_rename_both.sql (proven: up and down)
    ");
    insta::assert_snapshot!(env.read("versions/aaaa11112222_rename_both.sql"), @r#"
    -- /// revision
    -- revision = "aaaa11112222"
    -- down_revision = "a1"
    -- message = "Rename both"
    -- create_date = 2026-11-03T14:40:11Z
    -- ///

    -- migrate:upgrade
    -- the table posts is called articles from now on
    ALTER TABLE posts RENAME TO articles;

    -- users: name is called full_name from now on
    ALTER TABLE users RENAME COLUMN name TO full_name;

    -- migrate:downgrade
    -- the table articles is called posts from now on
    ALTER TABLE articles RENAME TO posts;

    -- users: full_name is called name from now on
    ALTER TABLE users RENAME COLUMN full_name TO name;
    "#);
    // They may stay.
    insta::assert_snapshot!(env.run("check"), @"
    ------- stderr -------
    no difference between the revisions and the declared schema
    ");
    insta::assert_snapshot!(env.run("revision --autogenerate -m 'Nothing'"), @"
    ------- stderr -------
    the revisions make the declared schema; no file was written
    ");
    env.file(
        "schema.sql",
        "-- migrator:renamed\nCREATE TABLE a (b);\n-- migrator:renamed from c\n",
    );
    insta::assert_snapshot!(env.run("check"), @"
    ------- stderr -------
    error: a hint reads `-- migrator:renamed from NAME`
     --> schema.sql:1:1
      |
    1 | -- migrator:renamed
      | ^^^^^^^^^^^^^^^^^^^

    error: this hint stands neither directly above a `CREATE TABLE` nor at a column
     --> schema.sql:3:1
      |
    3 | -- migrator:renamed from c
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^
    hint: write `-- migrator:renamed from old_name` on the line above `CREATE TABLE`, or on the line of the column
    [exit status: 2]
    ");
}

#[test]
fn a_rename_that_fits_nothing_is_refused() {
    let env = env(&changed(&[("    name TEXT NOT NULL,", "    full_name TEXT NOT NULL,")]));
    insta::assert_snapshot!(env.run("revision --autogenerate --rename users.nam=full_name"), @"
    ------- stderr -------
    error: nothing is called `users.nam` before this revision
    hint: did you mean `users.name`?
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("revision --autogenerate --rename users.name=fullname"), @"
    ------- stderr -------
    error: the declared schema has nothing called `users.fullname`
    hint: did you mean `users.full_name`?
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("revision --autogenerate --rename users.email=full_name"), @"
    ------- stderr -------
    error: the declared schema still has `users.email`, so that `users.full_name` is something new
    hint: `migrator check` lists what differs; `--rename` takes the old name and the new one
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("revision --autogenerate --rename people=users"), @"
    ------- stderr -------
    error: nothing is called `people` before this revision
    hint: `migrator check` lists what differs; `--rename` takes the old name and the new one
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("revision --autogenerate --rename users"), @"
    ------- stderr -------
    error: invalid value 'users' for '--rename <OLD=NEW>': expected `TABLE.COLUMN=NEW` or `TABLE=NEW`

    For more information, try '--help'.
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("revision --rename users.name=full_name"), @"
    ------- stderr -------
    error: `migrator revision` needs `--autogenerate`
    hint: did you mean `migrator revision --rename users.name=full_name --autogenerate`?
    [exit status: 2]
    ");
    assert_eq!(env.files(), ["alembic.toml", "schema.sql", "versions/", "versions/a1.sql"]);
}

#[test]
fn rows_get_the_value_that_fill_names() {
    let env =
        env(&changed(&[("    email TEXT\n", "    email TEXT,\n    country TEXT NOT NULL\n")]));
    insta::assert_snapshot!(env.run("revision --autogenerate -m 'Add country' --sql"), @r#"
    -- /// revision
    -- revision = "aaaa11112222"
    -- down_revision = "a1"
    -- message = "Add country"
    -- create_date = 2026-11-03T14:40:11Z
    -- ///

    -- migrate:upgrade
    -- users: rebuilt to add country
    -- migrate:refuse-if rows of users have no value for country, which is NOT NULL: SELECT id FROM users
    -- (autogenerate can write a value: --fill users.country=EXPRESSION)
    PRAGMA legacy_alter_table = ON;
    ALTER TABLE users RENAME TO _migrator_old_users;
    PRAGMA legacy_alter_table = OFF;
    CREATE TABLE users (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        email TEXT,
        country TEXT NOT NULL
    );
    INSERT OR ABORT INTO users (id, name, email)
    SELECT id, name, email
    FROM _migrator_old_users;
    DROP TABLE _migrator_old_users;

    -- migrate:downgrade
    -- users: drop country
    -- migrate:warn-if rows of users have a value in country, which is dropped: SELECT id FROM users WHERE country IS NOT NULL
    ALTER TABLE users DROP COLUMN country;
    ------- stderr -------
      + column  users.country  TEXT NOT NULL
    warning: existing rows of users have no value for country, which is NOT NULL: `upgrade` refuses if there are any; to give them a value, run it again with `--fill users.country=EXPRESSION`
    "#);
    insta::assert_snapshot!(
        env.run_args(&["revision", "--autogenerate", "-m", "Add country", "--fill", "users.country='US'"]), @"
      + column  users.country  TEXT NOT NULL
    wrote versions/aaaa11112222_add_country.sql (proven: up and down)
    "
    );
    insta::assert_snapshot!(env.read("versions/aaaa11112222_add_country.sql"), @r#"
    -- /// revision
    -- revision = "aaaa11112222"
    -- down_revision = "a1"
    -- message = "Add country"
    -- create_date = 2026-11-03T14:40:11Z
    -- ///

    -- migrate:upgrade
    -- users: rebuilt to add country
    PRAGMA legacy_alter_table = ON;
    ALTER TABLE users RENAME TO _migrator_old_users;
    PRAGMA legacy_alter_table = OFF;
    CREATE TABLE users (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        email TEXT,
        country TEXT NOT NULL
    );
    INSERT OR ABORT INTO users (id, name, email, country)
    SELECT id, name, email, 'US'
    FROM _migrator_old_users;
    DROP TABLE _migrator_old_users;

    -- migrate:downgrade
    -- users: drop country
    -- migrate:warn-if rows of users have a value in country, which is dropped: SELECT id FROM users WHERE country IS NOT NULL
    ALTER TABLE users DROP COLUMN country;
    "#);
    env.run("upgrade a1").ok();
    env.sql("INSERT INTO users (name) VALUES ('Ada')");
    env.run("upgrade").ok();
    assert_eq!(env.query("SELECT country FROM users"), ["US"]);
    insta::assert_snapshot!(env.run("check"), @"
    ------- stderr -------
    no difference between the revisions and the declared schema
    ");
}

#[test]
fn a_fill_that_fits_nothing_is_refused() {
    let env =
        env(&changed(&[("    email TEXT\n", "    email TEXT,\n    country TEXT NOT NULL\n")]));
    insta::assert_snapshot!(env.run("revision --autogenerate --fill users.land=1"), @"
    ------- stderr -------
    error: `--fill users.land` names no column of the declared schema
    hint: `--fill` takes `TABLE.COLUMN=EXPRESSION`, with the names of the declared schema
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("revision --autogenerate --fill country=1"), @"
    ------- stderr -------
    error: invalid value 'country=1' for '--fill <COLUMN=EXPRESSION>': expected `TABLE.COLUMN=EXPRESSION`

    For more information, try '--help'.
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("revision --autogenerate --fill users.country=US"), @r#"
    ------- stderr -------
    error: `--fill users.country=US` does not work: no such column: US
    hint: no file was written; an expression may name the columns that the table has already, by their new names, and a string has quotes: `--fill users.country="'US'"`
    [exit status: 2]
    "#);
    insta::assert_snapshot!(
        env.run_args(&["revision", "--autogenerate", "--fill", "users.country='US"]), @r#"
    ------- stderr -------
    error: `--fill users.country='US` does not work: a quote or a comment in it has no end
    hint: no file was written; an expression may name the columns that the table has already, by their new names, and a string has quotes: `--fill users.country="'US'"`
    [exit status: 2]
    "#
    );
    insta::assert_snapshot!(env.run("revision --autogenerate --fill users.country=nonsense("), @r#"
    ------- stderr -------
    error: `--fill users.country=nonsense(` does not work: near "FROM": syntax error
    hint: no file was written; an expression may name the columns that the table has already, by their new names, and a string has quotes: `--fill users.country="'US'"`
    [exit status: 2]
    "#);
    insta::assert_snapshot!(env.run("revision --autogenerate --fill users.contry=1"), @"
    ------- stderr -------
    error: `--fill users.contry` names no column of the declared schema
    hint: did you mean `users.country`?
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("revision --autogenerate --fill user.country=1"), @"
    ------- stderr -------
    error: `--fill user.country` names no column of the declared schema
    hint: did you mean `users.country`?
    [exit status: 2]
    ");
    insta::assert_snapshot!(
        env.run("revision --autogenerate --fill users.country=1 --fill USERS.Country=2"), @"
    ------- stderr -------
    error: `--fill USERS.Country` is given twice
    hint: leave out one of the two
    [exit status: 2]
    ");
    insta::assert_snapshot!(
        env.run_args(&["revision", "--autogenerate", "--fill", "users.country=\"US\""]), @r#"
    ------- stderr -------
    error: `--fill users.country` names the column "US", which is not there
    hint: a text has single quotes: `--fill "users.country='US'"`
    [exit status: 2]
    "#);
    insta::assert_snapshot!(env.run("revision --fill users.country=1"), @"
    ------- stderr -------
    error: `migrator revision` needs `--autogenerate`
    hint: did you mean `migrator revision --fill users.country=1 --autogenerate`?
    [exit status: 2]
    ");
}

#[test]
fn a_rename_with_a_typo_is_told_the_name() {
    let env = env(&changed(&[("    email TEXT\n", "    mail TEXT\n")]));
    let rename = |rename| env.run_args(&["revision", "--autogenerate", "--rename", rename]);
    insta::assert_snapshot!(rename("users.emial=mail"), @"
    ------- stderr -------
    error: nothing is called `users.emial` before this revision
    hint: did you mean `users.email`?
    [exit status: 2]
    ");
    insta::assert_snapshot!(rename("users.email=mial"), @"
    ------- stderr -------
    error: the declared schema has nothing called `users.mial`
    hint: did you mean `users.mail`?
    [exit status: 2]
    ");
    insta::assert_snapshot!(rename("user.email=mail"), @"
    ------- stderr -------
    error: nothing is called `user` before this revision
    hint: did you mean `users`?
    [exit status: 2]
    ");
    insta::assert_snapshot!(rename("usres=people"), @"
    ------- stderr -------
    error: nothing is called `usres` before this revision
    hint: did you mean `users`?
    [exit status: 2]
    ");
    insta::assert_snapshot!(rename("users.name=mail"), @"
    ------- stderr -------
    error: the declared schema still has `users.name`, so that `users.mail` is something new
    hint: `migrator check` lists what differs; `--rename` takes the old name and the new one
    [exit status: 2]
    ");
    insta::assert_snapshot!(rename("users.id=name"), @"
    ------- stderr -------
    error: `users.name` is there before this revision already
    hint: two names that change places are two renames: one `--rename` for each way
    hint: `migrator check` lists what differs; `--rename` takes the old name and the new one
    [exit status: 2]
    ");
}

#[test]
fn rows_in_the_way_are_counted_before_the_upgrade() {
    let env = env(&changed(&[("    email TEXT\n", "    email TEXT NOT NULL\n")]));
    env.run("upgrade").ok();
    env.sql("INSERT INTO users (name, email) VALUES ('Ada', NULL), ('Ben', ''), ('Cid', NULL)");
    insta::assert_snapshot!(env.run("revision --autogenerate -m 'Demand email'"), @"
      ~ column  users.email  now NOT NULL
    wrote versions/aaaa11112222_demand_email.sql (proven: up and down)
    ------- stderr -------
    warning: users.email becomes NOT NULL: `upgrade` refuses if rows of users have NULL in email; to give them a value, remove the file and run it again with `--fill users.email=EXPRESSION`
    ");
    insta::assert_snapshot!(env.read("versions/aaaa11112222_demand_email.sql"), @r#"
    -- /// revision
    -- revision = "aaaa11112222"
    -- down_revision = "a1"
    -- message = "Demand email"
    -- create_date = 2026-11-03T14:40:11Z
    -- ///

    -- migrate:upgrade
    -- users: email must not be NULL
    -- migrate:refuse-if rows of users have NULL in email: SELECT id FROM users WHERE email IS NULL
    -- (autogenerate can write a value: --fill users.email=EXPRESSION)
    ALTER TABLE users ALTER COLUMN email SET NOT NULL;

    -- migrate:downgrade
    -- users: email may be NULL
    ALTER TABLE users ALTER COLUMN email DROP NOT NULL;
    "#);
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    error: 2 rows of users have NULL in email; the first: id 1
      --> versions/aaaa11112222_demand_email.sql:10:56
       |
    10 | -- migrate:refuse-if rows of users have NULL in email: SELECT id FROM users WHERE email IS NULL
       |                                                        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ `aaaa11112222` refuses to run while this finds rows
    hint: to see them: `SELECT id FROM users WHERE email IS NULL`
    hint: nothing was changed; mend the rows, or edit the revision, and run the same command again
    [exit status: 2]
    ");
    assert_eq!(env.rows(), ["a1"]);
    env.sql("UPDATE users SET email = '' WHERE email IS NULL");
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    upgrade aaaa11112222, Demand email ([time])
    app.db is at aaaa11112222
    ");
}

#[test]
fn what_is_lost_is_said() {
    let env = env(&changed(&[
        ("    title TEXT NOT NULL,\n", ""),
        ("CREATE INDEX ix_posts_title ON posts (title);\n", ""),
    ]));
    env.run("upgrade").ok();
    env.sql("INSERT INTO posts (title) VALUES ('One'), ('Two')");
    insta::assert_snapshot!(env.run("revision --autogenerate -m 'Drop title'"), @"
      - column  posts.title
      - index   ix_posts_title
    wrote versions/aaaa11112222_drop_title.sql (proven: up and down)
    ------- stderr -------
    warning: drops posts.title with its values
    ");
    insta::assert_snapshot!(env.read("versions/aaaa11112222_drop_title.sql"), @r#"
    -- /// revision
    -- revision = "aaaa11112222"
    -- down_revision = "a1"
    -- message = "Drop title"
    -- create_date = 2026-11-03T14:40:11Z
    -- ///

    -- migrate:upgrade
    -- drop the index ix_posts_title
    DROP INDEX ix_posts_title;

    -- posts: drop title
    -- migrate:warn-if rows of posts have a value in title, which is dropped: SELECT id FROM posts WHERE title IS NOT NULL
    ALTER TABLE posts DROP COLUMN title;

    -- migrate:downgrade
    -- posts: rebuilt to add title
    -- The values that the upgrade dropped do not come back.
    -- migrate:refuse-if rows of posts have no value for title, which is NOT NULL: SELECT id FROM posts
    PRAGMA legacy_alter_table = ON;
    ALTER TABLE posts RENAME TO _migrator_old_posts;
    PRAGMA legacy_alter_table = OFF;
    CREATE TABLE posts (
        id INTEGER PRIMARY KEY,
        title TEXT NOT NULL,
        user_id INTEGER REFERENCES users (id)
    );
    INSERT OR ABORT INTO posts (id, user_id)
    SELECT id, user_id
    FROM _migrator_old_posts;
    DROP TABLE _migrator_old_posts;
    CREATE INDEX ix_posts_title ON posts (title);
    "#);
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    backup app.db.20261103T144011Z.bak ([time])
    warning: aaaa11112222: 2 rows of posts have a value in title, which is dropped
    upgrade aaaa11112222, Drop title ([time])
    app.db is at aaaa11112222
    ");
    insta::assert_snapshot!(env.run("downgrade -1"), @"
    ------- stderr -------
    error: 2 rows of posts have no value for title, which is NOT NULL; the first: id 1
      --> versions/aaaa11112222_drop_title.sql:19:80
       |
    19 | -- migrate:refuse-if rows of posts have no value for title, which is NOT NULL: SELECT id FROM posts
       |                                                                                ^^^^^^^^^^^^^^^^^^^^ `aaaa11112222` refuses to run while this finds rows
    hint: to see them: `SELECT id FROM posts`
    hint: nothing was changed; mend the rows, or edit the revision, and run the same command again
    [exit status: 2]
    ");
    env.file("schema.sql", "-- Nothing is declared.\n");
    insta::assert_snapshot!(env.run("revision --autogenerate --splice --head a1 --rev-id d4"), @"
      - table  users
      - table  posts
      - index  ix_posts_title
    wrote versions/d4_.sql (proven: up and down)
    ------- stderr -------
    warning: drops the table posts with all its rows
    warning: drops the table users with all its rows
    warning: `aaaa11112222` is another head, and what it makes was left out of the comparison; `--depends-on aaaa11112222` or `migrator merge heads` brings it in
    ");
}

#[test]
fn the_database_can_be_what_is_compared() {
    let env = env(&changed(&[("    email TEXT\n", "    email TEXT,\n    age INTEGER\n")]));
    insta::assert_snapshot!(env.run("revision --autogenerate --from-database -m 'Add age'"), @"
    ------- stderr -------
    error: the database `$DIR/app.db` does not exist
    hint: `migrator upgrade` makes it; if it should be there, check the path: it comes from `--url`, or else from `database.url` in alembic.toml
    [exit status: 2]
    ");
    env.graph(&["b2 < a1"]);
    env.run("upgrade a1").ok();
    insta::assert_snapshot!(env.run("revision --autogenerate --from-database -m 'Add age'"), @"
    ------- stderr -------
    error: app.db is at a1, and the new revision would follow b2
    hint: bring it there with `migrator upgrade`, or leave out --from-database
    [exit status: 2]
    ");
    env.run("upgrade").ok();
    // Somebody was here.
    env.sql(
        "ALTER TABLE users ADD COLUMN age INTEGER; CREATE TABLE notes (id INTEGER PRIMARY KEY)",
    );
    insta::assert_snapshot!(env.run("revision --autogenerate --from-database -m 'Drop notes'"), @"
      - table  t_b2
      - table  notes
    wrote versions/aaaa11112222_drop_notes.sql (proven: up and down)
    ------- stderr -------
    warning: drops the table notes with all its rows
    warning: drops the table t_b2 with all its rows
    warning: app.db is not what its revisions make (`migrator check --database` lists it): the new revision fits it, and may fail on a database that is, and where revisions are replayed
    ");
    env.file("schema.sql", &env.run("schema dump").ok());
    insta::assert_snapshot!(
        env.run("revision --autogenerate --from-database --splice --head b2"), @"
    ------- stderr -------
    app.db has the declared schema; no file was written
    "
    );
    insta::assert_snapshot!(env.run("revision --from-database"), @"
    ------- stderr -------
    error: `migrator revision` needs `--autogenerate`
    hint: did you mean `migrator revision --from-database --autogenerate`?
    [exit status: 2]
    ");
}

#[test]
fn several_heads_need_one_to_follow() {
    let env = env(&format!(
        "{USERS_AND_POSTS}CREATE TABLE t_b2 (id INTEGER PRIMARY KEY);\nCREATE TABLE t_c3 (id INTEGER PRIMARY KEY);\nCREATE TABLE tags (id INTEGER PRIMARY KEY);\n"
    ));
    env.graph(&["b2 < a1", "c3 < a1 [left]"]);
    insta::assert_snapshot!(env.run("revision --autogenerate -m 'Add tags'"), @"
    ------- stderr -------
    error: `head` is ambiguous, there are several heads: `b2`, `c3`
    hint: name one of them, `b2`, `left@head`, or say `heads` for all
    hint: or, if they are not meant to stay apart, `migrator merge heads` joins them in a revision of its own
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("revision --autogenerate -m 'Add tags' --head b2 --sql"), @r#"
    -- /// revision
    -- revision = "aaaa11112222"
    -- down_revision = "b2"
    -- message = "Add tags"
    -- create_date = 2026-11-03T14:40:11Z
    -- ///

    -- migrate:upgrade
    -- create the table t_c3
    CREATE TABLE t_c3 (id INTEGER PRIMARY KEY);

    -- create the table tags
    CREATE TABLE tags (id INTEGER PRIMARY KEY);

    -- migrate:downgrade
    -- drop the table tags
    -- migrate:warn-if rows of tags are deleted with it: SELECT id FROM tags
    DROP TABLE tags;

    -- drop the table t_c3
    -- migrate:warn-if rows of t_c3 are deleted with it: SELECT id FROM t_c3
    DROP TABLE t_c3;
    ------- stderr -------
      + table  t_c3  (id)
      + table  tags  (id)
    warning: `c3` is another head, and what it makes was left out of the comparison; `--depends-on c3` or `migrator merge heads` brings it in
    "#);
    insta::assert_snapshot!(env.run("revision --autogenerate -m 'Add tags' --head left@head --depends-on b2"), @"
      + table  tags  (id)
    wrote versions/aaaa11112222_add_tags.sql (proven: up and down)
    ");
    insta::assert_snapshot!(env.read("versions/aaaa11112222_add_tags.sql"), @r#"
    -- /// revision
    -- revision = "aaaa11112222"
    -- down_revision = "c3"
    -- depends_on = ["b2"]
    -- message = "Add tags"
    -- create_date = 2026-11-03T14:40:11Z
    -- ///

    -- migrate:upgrade
    -- create the table tags
    CREATE TABLE tags (id INTEGER PRIMARY KEY);

    -- migrate:downgrade
    -- drop the table tags
    -- migrate:warn-if rows of tags are deleted with it: SELECT id FROM tags
    DROP TABLE tags;
    "#);
    insta::assert_snapshot!(env.run("check"), @"
    ------- stderr -------
    no difference between the revisions and the declared schema
    ");
    env.remove("versions/aaaa11112222_add_tags.sql");
    insta::assert_snapshot!(env.run("revision --autogenerate -m 'Merge and add tags' --head heads"), @"
      + table  tags  (id)
    wrote versions/aaaa11112222_merge_and_add_tags.sql (proven: up and down)
    ");
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    upgrade a1, make a1 ([time])
    upgrade c3, make c3 ([time])
    upgrade b2, make b2 ([time])
    upgrade aaaa11112222, Merge and add tags ([time])
    app.db is at aaaa11112222
    ");
}

#[test]
fn the_other_options_of_a_new_revision_hold() {
    let env = env(&format!("{USERS_AND_POSTS}CREATE TABLE tags (id INTEGER PRIMARY KEY);\n"));
    env.config("version_locations = [\"versions\", \"more\"]\n[schema]\nfiles = [\"schema.sql\"]\n\n[[hooks]]\ncommand = [\"grep\", \"-c\", \"CREATE TABLE tags\", \"{file}\"]").folder("more");
    insta::assert_snapshot!(
        env.run("revision --autogenerate --rev-id b2 --branch-label shop --version-path more -m tags"), @"
      + table  tags  (id)
    wrote more/b2_tags.sql (proven: up and down)
    ------- stderr -------
    running grep -c 'CREATE TABLE tags' $DIR/more/b2_tags.sql
    1
    "
    );
    insta::assert_snapshot!(env.read("more/b2_tags.sql"), @r#"
    -- /// revision
    -- revision = "b2"
    -- down_revision = "a1"
    -- branch_labels = ["shop"]
    -- message = "tags"
    -- create_date = 2026-11-03T14:40:11Z
    -- ///

    -- migrate:upgrade
    -- create the table tags
    CREATE TABLE tags (id INTEGER PRIMARY KEY);

    -- migrate:downgrade
    -- drop the table tags
    -- migrate:warn-if rows of tags are deleted with it: SELECT id FROM tags
    DROP TABLE tags;
    "#);
    insta::assert_snapshot!(env.run("revision --autogenerate --head a1 --splice --sql"), @r#"
    -- /// revision
    -- revision = "aaaa11112222"
    -- down_revision = "a1"
    -- message = ""
    -- create_date = 2026-11-03T14:40:11Z
    -- ///

    -- migrate:upgrade
    -- create the table tags
    CREATE TABLE tags (id INTEGER PRIMARY KEY);

    -- migrate:downgrade
    -- drop the table tags
    -- migrate:warn-if rows of tags are deleted with it: SELECT id FROM tags
    DROP TABLE tags;
    ------- stderr -------
      + table  tags  (id)
    warning: `b2` is another head, and what it makes was left out of the comparison; `--depends-on b2` or `migrator merge heads` brings it in
    "#);
}

#[test]
fn a_base_of_its_own_makes_everything() {
    let env = env(USERS_AND_POSTS);
    insta::assert_snapshot!(env.run("revision --autogenerate --head base --sql -m all"), @r#"
    -- /// revision
    -- revision = "aaaa11112222"
    -- message = "all"
    -- create_date = 2026-11-03T14:40:11Z
    -- ///

    -- migrate:upgrade
    -- create the table users
    CREATE TABLE users (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        email TEXT
    );

    -- create the table posts
    CREATE TABLE posts (
        id INTEGER PRIMARY KEY,
        title TEXT NOT NULL,
        user_id INTEGER REFERENCES users (id)
    );
    CREATE INDEX ix_posts_title ON posts (title);

    -- migrate:downgrade
    -- drop the table posts
    -- migrate:warn-if rows of posts are deleted with it: SELECT id FROM posts
    DROP TABLE posts;

    -- drop the table users
    -- migrate:warn-if rows of users are deleted with it: SELECT id FROM users
    DROP TABLE users;
    ------- stderr -------
      + table  users           (id, name, email)
      + table  posts           (id, title, user_id)
      + index  ix_posts_title  ON posts (title)
    warning: `a1` is another head, and what it makes was left out of the comparison; `--depends-on a1` or `migrator merge heads` brings it in
    "#);
}

#[test]
fn json_lists_the_changes() {
    let env = env(&changed(&[
        ("    name TEXT NOT NULL,", "    full_name TEXT NOT NULL, -- migrator:renamed from name"),
        ("    email TEXT\n", "    email TEXT,\n    country TEXT NOT NULL\n"),
    ]));
    insta::assert_snapshot!(env.run("revision --autogenerate -m 'Add country' --json"), @r#"
    {
      "revision": "aaaa11112222",
      "down_revision": [
        "a1"
      ],
      "message": "Add country",
      "path": "versions/aaaa11112222_add_country.sql",
      "changes": [
        {
          "change": "renamed",
          "kind": "column",
          "name": "users.name",
          "detail": "now full_name"
        },
        {
          "change": "added",
          "kind": "column",
          "name": "users.country",
          "detail": "TEXT NOT NULL"
        }
      ]
    }
    ------- stderr -------
    warning: existing rows of users have no value for country, which is NOT NULL: `upgrade` refuses if there are any; to give them a value, remove the file and run it again with `--fill users.country=EXPRESSION`
    "#);
}

#[test]
fn what_is_excluded_is_left_alone() {
    let env = env("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT);");
    env.config("[schema]\nfiles = [\"schema.sql\"]\nexclude = [\"post*\"]");
    insta::assert_snapshot!(env.run("check"), @"
    ------- stderr -------
    no difference between the revisions and the declared schema
    ");
    env.config("[schema]\nfiles = [\"schema.sql\"]");
    insta::assert_snapshot!(env.run("check"), @r#"
      - table  posts
      - index  ix_posts_title
    ------- stderr -------
    `migrator revision --autogenerate -m "…"` writes the revision for it
    [exit status: 1]
    "#);
}

#[test]
fn values_may_come_from_columns_with_another_name() {
    let env = env(&changed(&[(
        "    name TEXT NOT NULL,",
        "    full_name TEXT NOT NULL, -- migrator:renamed from name\n    slug TEXT NOT NULL,",
    )]));
    env.run("upgrade").ok();
    env.sql("INSERT INTO users (name) VALUES ('Ada')");
    insta::assert_snapshot!(env.run("revision --autogenerate -m 'Add slug' --fill users.slug=lower(full_name)"), @"
      > column  users.name  now full_name
      + column  users.slug  TEXT NOT NULL
    wrote versions/aaaa11112222_add_slug.sql (proven: up and down)
    ------- stderr -------
    warning: users.slug becomes NOT NULL: `upgrade` refuses if rows of users have NULL in slug
    ");
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    backup app.db.20261103T144011Z.bak ([time])
    upgrade aaaa11112222, Add slug (1 changed row, [time])
    app.db is at aaaa11112222
    ");
    assert_eq!(env.query("SELECT slug FROM users"), ["ada"]);
    insta::assert_snapshot!(env.run("downgrade -1"), @"
    ------- stderr -------
    backup app.db.20261103T144011Z-2.bak ([time])
    warning: aaaa11112222: 1 row of users has a value in slug, which is dropped
    downgrade aaaa11112222, Add slug ([time])
    app.db is at a1
    ");
    assert_eq!(env.query("SELECT name FROM users"), ["Ada"]);
}

#[test]
fn revisions_that_cannot_be_replayed_are_quoted() {
    let env = env(USERS_AND_POSTS);
    env.revision("b2").after("a1").up("CREATE INDEX ix_age\nON users (age);").write();
    insta::assert_snapshot!(env.run("revision --autogenerate -m 'Never'"), @"
    ------- stderr -------
    error: cannot replay the revisions: revision `b2` failed at statement 1 of 1
     --> versions/b2.sql:9:11
      |
    9 | ON users (age);
      |           ^^^ no such column: age
    hint: they were run in an empty database in memory, to see what they make; nothing was changed
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("check"), @"
    ------- stderr -------
    error: cannot replay the revisions: revision `b2` failed at statement 1 of 1
     --> versions/b2.sql:9:11
      |
    9 | ON users (age);
      |           ^^^ no such column: age
    hint: they were run in an empty database in memory, to see what they make; nothing was changed
    [exit status: 2]
    ");
    // Functions of the application are not needed, nor are rows.
    env.revision("b2")
        .after("a1")
        .up("UPDATE users SET name = slugify(name);\nCREATE INDEX ix_slug ON users (slugify(name));")
        .write();
    insta::assert_snapshot!(env.run("check"), @r#"
      - index  ix_slug
    ------- stderr -------
    `migrator revision --autogenerate -m "…"` writes the revision for it
    [exit status: 1]
    "#);
}

#[test]
fn a_hook_that_fails_leaves_the_file() {
    let env = env(&format!("{USERS_AND_POSTS}CREATE TABLE tags (id INTEGER PRIMARY KEY);\n"));
    env.config("[schema]\nfiles = [\"schema.sql\"]\n[[hooks]]\ncommand = [\"false\"]");
    insta::assert_snapshot!(env.run("revision --autogenerate -m tags"), @"
      + table  tags  (id)
    ------- stderr -------
    running false
    error: the hook `false` failed (exit status: 1)
    hint: `versions/aaaa11112222_tags.sql` was written and stays; look at it, or remove it
    [exit status: 3]
    ");
    assert!(env.path("versions/aaaa11112222_tags.sql").exists());
}
