//! Declared schemas that SQLite takes, and that would lead to something else than their author wants

use crate::support::TestEnv;

const TAGS: &str = "CREATE TABLE tags (id INTEGER PRIMARY KEY, name TEXT NOT NULL);\n";

/// A project whose revision makes tags, with this declared schema besides.
fn env(schema: &str) -> TestEnv {
    let env = TestEnv::new();
    env.config("[schema]\nfiles = [\"schema.sql\"]").file("schema.sql", &format!("{TAGS}{schema}"));
    env.revision("a1").up(TAGS.trim_end()).down("DROP TABLE tags;").write();
    env
}

#[test]
fn a_comment_in_a_statement_is_no_directive() {
    let env = env(
        "CREATE TABLE posts (\n    id INTEGER,\n-- migrate:refuse-if rows: SELECT 1\n    title TEXT\n);\n",
    );
    insta::assert_snapshot!(env.run("revision --autogenerate -m posts"), @"
    ------- stderr -------
    error: a comment in a statement cannot begin with `migrate:`, which means something in a revision
     --> schema.sql:4:1
      |
    4 | -- migrate:refuse-if rows: SELECT 1
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    hint: markers and directives stand in revision files; write the comment in other words, or put it above the statement
    [exit status: 2]
    ");
    env.run("check").exits_with(2);
}

#[test]
fn a_revision_with_a_directive_in_a_table_is_copied_without_it() {
    let env = env("");
    env.revision("b2")
        .after("a1")
        .up("CREATE TABLE posts (\n-- migrate:warn-if tags: SELECT 1 FROM tags\n    title TEXT\n);")
        .down("DROP TABLE posts;")
        .write();
    insta::assert_snapshot!(env.run("revision --autogenerate -m posts"), @"
      - table  posts
    wrote versions/aaaa11112222_posts.sql (proven: up and down)
    ------- stderr -------
    warning: drops the table posts with all its rows
    ");
    insta::assert_snapshot!(env.read("versions/aaaa11112222_posts.sql"), @r#"
    -- /// revision
    -- revision = "aaaa11112222"
    -- down_revision = "b2"
    -- message = "posts"
    -- create_date = 2026-11-03T14:40:11Z
    -- ///

    -- migrate:upgrade
    -- drop the table posts
    -- migrate:warn-if rows of posts are deleted with it: SELECT rowid FROM posts
    DROP TABLE posts;

    -- migrate:downgrade
    -- create the table posts
    -- The rows that the upgrade deleted do not come back.
    CREATE TABLE posts (
    -- (migrate:warn-if tags: SELECT 1 FROM tags)
        title TEXT
    );
    "#);
}

#[test]
fn rows_are_counted_whatever_the_schema_looks_like() {
    let env =
        env("CREATE TABLE posts (\n    title TEXT,\n    CHECK (title <>\n        'a\nb')\n);\n\
                   CREATE TABLE \"new\nlines\" (a TEXT NOT NULL);\n");
    env.revision("b2")
        .after("a1")
        .up("CREATE TABLE posts (title TEXT);\nCREATE TABLE \"new\nlines\" (a TEXT);")
        .down("DROP TABLE posts;")
        .write();
    insta::assert_snapshot!(env.run("revision --autogenerate -m check"), @"
      + check   posts        (title <> 'a b')
      ~ column  new lines.a  now NOT NULL
    wrote versions/aaaa11112222_check.sql (proven: up and down)
    ------- stderr -------
    warning: posts gets the check title <> 'a b': `upgrade` refuses if rows of posts are against the check title <> 'a b'
    warning: new lines.a becomes NOT NULL; `upgrade` cannot count the rows, since a name has a line end; to give them a value, remove the file and run it again with `--fill 'new lines.a=EXPRESSION'`
    ");
    insta::assert_snapshot!(env.read("versions/aaaa11112222_check.sql"), @r#"
    -- /// revision
    -- revision = "aaaa11112222"
    -- down_revision = "b2"
    -- message = "check"
    -- create_date = 2026-11-03T14:40:11Z
    -- ///

    -- migrate:upgrade
    -- posts: add the check title <> 'a b'
    -- migrate:refuse-if rows of posts are against the check title <> 'a b': SELECT rowid FROM posts WHERE NOT (title <> ('a' || char(10) || 'b'))
    ALTER TABLE posts ADD CHECK (title <>
            'a
    b');

    -- new lines: a must not be NULL
    -- (not counted, a name has a line end: rows of new lines have NULL in a)
    -- (autogenerate can write a value: --fill 'new lines.a=EXPRESSION')
    ALTER TABLE "new
    lines" ALTER COLUMN a SET NOT NULL;

    -- migrate:downgrade
    -- posts: rebuilt to change checks
    PRAGMA legacy_alter_table = ON;
    ALTER TABLE posts RENAME TO _migrator_old_posts;
    PRAGMA legacy_alter_table = OFF;
    CREATE TABLE posts (title TEXT);
    INSERT OR ABORT INTO posts (rowid, title)
    SELECT rowid, title
    FROM _migrator_old_posts;
    DROP TABLE _migrator_old_posts;

    -- new lines: a may be NULL
    ALTER TABLE "new
    lines" ALTER COLUMN a DROP NOT NULL;
    "#);
    env.run("upgrade b2").ok();
    env.sql("INSERT INTO posts VALUES ('a' || char(10) || 'b')");
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    error: 1 row of posts is against the check title <> 'a b'; the first: rowid 1
      --> versions/aaaa11112222_check.sql:10:74
       |
    10 | ...b': SELECT rowid FROM posts WHERE NOT (title <> ('a' || char(10) || 'b'))
       |        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ `aaaa11112222` refuses to run while this finds rows
    hint: to see them: `SELECT rowid FROM posts WHERE NOT (title <> ('a' || char(10) || 'b'))`
    hint: nothing was changed; mend the rows, or edit the revision, and run the same command again
    [exit status: 2]
    ");
}

#[test]
fn the_content_of_a_full_text_table_must_be_there() {
    let env = env(
        "CREATE VIRTUAL TABLE search USING fts5 (title, content = 'tags', content_rowid = 'id');\n",
    );
    insta::assert_snapshot!(env.run("revision --autogenerate -m search"), @"
    ------- stderr -------
    error: `search` cannot be filled from its content: no such column: title
     --> schema.sql:2:41
      |
    2 | CREATE VIRTUAL TABLE search USING fts5 (title, content = 'tags', content_rowid = 'id');
      |                                         ^^^^^
    hint: the table that `content` names must be declared, with columns of these names and that of `content_rowid`
    [exit status: 2]
    ");
}

#[test]
fn keys_that_reference_nothing_are_said() {
    let env = env("CREATE TABLE posts (\n    id INTEGER PRIMARY KEY,\n    \
                   tag INTEGER REFERENCES tag (id),\n    name TEXT REFERENCES tags (name)\n);\n");
    insta::assert_snapshot!(env.run("check"), @r#"
      + table  posts  (id, tag, name)
    ------- stderr -------
    warning: schema.sql:4:28: `posts` references the table `tag`, which does not exist: SQLite takes no row of `posts` where foreign keys are enforced
    warning: schema.sql:5:32: `posts` references `tags` (name), which is neither a primary key nor unique: to SQLite that is a foreign key mismatch, and `upgrade` takes no new one
    `migrator revision --autogenerate -m "…"` writes the revision for it
    [exit status: 1]
    "#);
    insta::assert_snapshot!(env.run("revision --autogenerate -m posts"), @"
      + table  posts  (id, tag, name)
    wrote versions/aaaa11112222_posts.sql (proven: up and down)
    ------- stderr -------
    warning: schema.sql:4:28: `posts` references the table `tag`, which does not exist: SQLite takes no row of `posts` where foreign keys are enforced
    warning: schema.sql:5:32: `posts` references `tags` (name), which is neither a primary key nor unique: to SQLite that is a foreign key mismatch, and `upgrade` takes no new one
    ");
    insta::assert_snapshot!(env.run("upgrade"), @r#"
    ------- stderr -------
    upgrade a1, make a1 ([time])
    upgrade aaaa11112222, posts ([time])
    error: `posts` would reference what is no key of its parent; the 2 revisions from `a1` to `aaaa11112222` were rolled back
    caused by: `posts`: foreign key mismatch - "posts" referencing "tags"
    hint: a foreign key must lead to the primary key of its parent or to columns that are UNIQUE; where foreign keys are enforced, SQLite would refuse to write to either table
    hint: the database is at base; mend the cause and run the same command again
    [exit status: 3]
    "#);
}

#[test]
fn a_function_with_a_typo_is_said() {
    let env = env("CREATE INDEX ix_tags_name ON tags (lowr(name), slug(name));\n");
    insta::assert_snapshot!(env.run("check"), @r#"
      + index  ix_tags_name  ON tags (lowr(name), slug(name))
    ------- stderr -------
    warning: schema.sql:2:36: SQLite has no function `lowr` (did you mean `lower`?): it is taken for one of the application
    `migrator revision --autogenerate -m "…"` writes the revision for it
    [exit status: 1]
    "#);
}

#[test]
fn a_default_that_only_the_application_knows_is_no_mistake_of_migrator() {
    let env = env("");
    env.file(
        "schema.sql",
        "CREATE TABLE tags (id INTEGER PRIMARY KEY, name TEXT NOT NULL, key TEXT DEFAULT (uuid()));\n",
    );
    insta::assert_snapshot!(env.run("revision --autogenerate -m key"), @"
    ------- stderr -------
    error: in the upgrade, SQLite refuses `INSERT OR ABORT INTO tags (id, name)
    SELECT id, name
    FROM _migrator_old_tags`: `uuid` is a function that only the application has
    hint: no file was written: migrator has no such function, and existing rows would need its value; check its name in the declared schema
    hint: rows that get a value from `--fill TABLE.COLUMN=EXPRESSION` need no default
    [exit status: 2]
    ");
    env.run("revision --autogenerate -m key --fill tags.key=id").ok();
}

#[test]
fn what_a_full_text_table_loses_is_said() {
    let env = env("CREATE VIRTUAL TABLE notes USING fts5 (text);\n");
    env.revision("b2")
        .after("a1")
        .up("CREATE VIRTUAL TABLE notes USING fts5 (body);\nCREATE TABLE docs (body);\n\
             CREATE VIRTUAL TABLE words USING fts5 (body, content = '');")
        .down("DROP TABLE words;\nDROP TABLE docs;\nDROP TABLE notes;")
        .write();
    insta::assert_snapshot!(env.run("revision --autogenerate -m text --rename notes.body=text"), @"
    ------- stderr -------
    error: SQLite cannot rename `notes.body`: it is a column of a virtual table
    hint: without --rename the table is made anew and its values are lost; in the revision that is written, let the body copy them by hand: `INSERT INTO … (rowid, new_name) SELECT rowid, old_name FROM …` before the old one is dropped
    [exit status: 2]
    ");
    env.file(
        "schema.sql",
        &format!(
            "{TAGS}CREATE TABLE notes (body);\nCREATE VIRTUAL TABLE docs USING fts5 (body);\n"
        ),
    );
    insta::assert_snapshot!(env.run("revision --autogenerate -m text"), @"
      + table  notes  (body)
      - table  docs
      + table  docs   USING fts5
      - table  notes
      - table  words
    wrote versions/aaaa11112222_text.sql (proven: up and down)
    ------- stderr -------
    warning: drops the virtual table notes with all its rows
    warning: drops the table docs with all its rows
    warning: drops the virtual table words with its whole index
    ");
    insta::assert_snapshot!(env.read("versions/aaaa11112222_text.sql"), @r#"
    -- /// revision
    -- revision = "aaaa11112222"
    -- down_revision = "b2"
    -- message = "text"
    -- create_date = 2026-11-03T14:40:11Z
    -- ///

    -- migrate:upgrade
    -- drop the virtual table notes
    -- migrate:warn-if rows of notes are deleted with it: SELECT rowid FROM notes
    DROP TABLE notes;

    -- create the table notes
    CREATE TABLE notes (body);

    -- drop the table docs
    -- migrate:warn-if rows of docs are deleted with it: SELECT rowid FROM docs
    DROP TABLE docs;

    -- drop the virtual table words
    -- migrate:warn-if rows of words are deleted with it: SELECT rowid FROM words
    DROP TABLE words;

    -- create the virtual table docs
    CREATE VIRTUAL TABLE docs USING fts5 (body);

    -- migrate:downgrade
    -- drop the virtual table docs
    -- migrate:warn-if rows of docs are deleted with it: SELECT rowid FROM docs
    DROP TABLE docs;

    -- create the table docs
    -- The rows that the upgrade deleted do not come back.
    CREATE TABLE docs (body);

    -- drop the table notes
    -- migrate:warn-if rows of notes are deleted with it: SELECT rowid FROM notes
    DROP TABLE notes;

    -- create the virtual table notes
    -- The rows that the upgrade deleted do not come back.
    CREATE VIRTUAL TABLE notes USING fts5 (body);

    -- create the virtual table words
    -- The rows that the upgrade deleted do not come back.
    CREATE VIRTUAL TABLE words USING fts5 (body, content = '');
    "#);
}

#[test]
fn a_view_may_use_a_table_that_is_excluded() {
    let env = env("CREATE TABLE legacy_log (line TEXT);\n\
                   CREATE VIEW lines AS SELECT line, name FROM legacy_log, tags;\n");
    env.config("[schema]\nfiles = [\"schema.sql\"]\nexclude = [\"legacy_*\"]");
    insta::assert_snapshot!(env.run("revision --autogenerate -m lines"), @"
      + view  lines
    wrote versions/aaaa11112222_lines.sql (proven: up and down)
    ------- stderr -------
    warning: the view lines uses legacy_log, which `exclude` leaves to others: `upgrade` takes it only in a database that has legacy_log
    ");
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    upgrade a1, make a1 ([time])
    upgrade aaaa11112222, lines ([time])
    error: `lines` would not compile any more; the 2 revisions from `a1` to `aaaa11112222` were rolled back
    caused by: `lines`: no such table: main.legacy_log
    hint: the database is at base; mend the cause and run the same command again
    [exit status: 3]
    ");
    env.sql("CREATE TABLE legacy_log (line TEXT)");
    env.run("upgrade").ok();
    // SQLite alters no table while a view does not compile, in memory neither.
    let text = env.read("schema.sql").replace("name TEXT NOT NULL)", "name TEXT)");
    env.file("schema.sql", &text.replace("name TEXT", "name TEXT, color TEXT CHECK (color <> '')"));
    env.run("revision --autogenerate -m color").ok();
    env.file("schema.sql", &text);
    insta::assert_snapshot!(env.run("revision --autogenerate -m 'no color'"), @"
      - column  tags.color
    wrote versions/cccc11112222_no_color.sql (proven: up and down)
    ------- stderr -------
    warning: drops tags.color with its values
    ");
    env.run("upgrade").ok();
    insta::assert_snapshot!(env.run("check"), @"
    ------- stderr -------
    no difference between the revisions and the declared schema
    ");
    insta::assert_snapshot!(env.run("check --database"), @"
    ------- stderr -------
    no difference between the revisions up to cccc11112222 and app.db
    ");
}

#[test]
fn a_flag_that_is_suggested_can_be_typed() {
    let env = TestEnv::new();
    env.config("[schema]\nfiles = [\"schema.sql\"]");
    env.revision("a1")
        .up("CREATE TABLE \"my.notes\" (\"a=b\" TEXT, id INTEGER PRIMARY KEY);\n\
             CREATE TABLE \"it's\" (\"sp ace\" TEXT, id INTEGER PRIMARY KEY);")
        .down("DROP TABLE \"it's\";\nDROP TABLE \"my.notes\";")
        .write();
    env.file(
        "schema.sql",
        "CREATE TABLE \"my.notes\" (\"a=c\" TEXT, id INTEGER PRIMARY KEY);\n\
         CREATE TABLE \"it's\" (\"sp ace\" TEXT NOT NULL, id INTEGER PRIMARY KEY);\n",
    );
    insta::assert_snapshot!(env.run("revision --autogenerate -m names"), @r#"
      + column  my.notes.a=c  TEXT
      - column  my.notes.a=b
      ~ column  it's.sp ace   now NOT NULL
    wrote versions/aaaa11112222_names.sql (proven: up and down)
    ------- stderr -------
    warning: the column my.notes.a=b is dropped and a=c added; if it was renamed, remove the file and run it again with `--rename '"my.notes"."a=b"="a=c"'`
    warning: drops my.notes.a=b with its values
    warning: it's.sp ace becomes NOT NULL: `upgrade` refuses if rows of it's have NULL in sp ace; to give them a value, remove the file and run it again with `--fill 'it'\''s.sp ace=EXPRESSION'`
    "#);
    env.remove("versions/aaaa11112222_names.sql");
    insta::assert_snapshot!(env.run(r#"revision --autogenerate -m names --rename '"my.notes"."a=b"="a=c"' --fill 'it'\''s.sp ace=id'"#), @"
      > column  my.notes.a=b  now a=c
      ~ column  it's.sp ace   now NOT NULL
    wrote versions/aaaa11112222_names.sql (proven: up and down)
    ------- stderr -------
    warning: it's.sp ace becomes NOT NULL: `upgrade` refuses if rows of it's have NULL in sp ace
    ");
}

#[test]
fn clumsy_mistakes_get_a_hint() {
    let env = env("");
    env.file("schema.sql", "CREATE TABLE a (x)\nCREATE TABLE b (x);\n");
    insta::assert_snapshot!(env.run("check"), @r#"
    ------- stderr -------
    error: near "CREATE": syntax error
     --> schema.sql:2:1
      |
    2 | CREATE TABLE b (x);
      | ^^^^^^
    hint: the statement before it needs a `;` at its end
    [exit status: 2]
    "#);
    env.config("[schema]\nfiles = \"schema.sql\"");
    insta::assert_snapshot!(env.run("check"), @r#"
    ------- stderr -------
    error: `schema.files` must be an array of strings, not a string
     --> alembic.toml:2:9
      |
    2 | files = "schema.sql"
      |         ^^^^^^^^^^^^
    hint: put it in brackets, each of several in quotes of its own: `files = ["…"]`
    [exit status: 2]
    "#);
    env.config("[schema]\ncommand = [\"python -m app.ddl\"]");
    insta::assert_snapshot!(env.run("check"), @r#"
    ------- stderr -------
    error: `python -m app.ddl` could not be run: No such file or directory (os error 2)
    hint: `command` under `[schema]` in alembic.toml has each argument in quotes of its own: `command = ["python", "-m", "app.ddl"]`
    [exit status: 2]
    "#);
    let env = TestEnv::new();
    env.config("[schema]\nfiles = [\"schema.sql\"]").file("schema.sql", "-- nothing yet\n");
    insta::assert_snapshot!(env.run("revision --autogenerate -m nothing"), @"
    ------- stderr -------
    the declared schema is empty, and so is what the revisions make; no file was written
    ");
}

#[test]
fn a_hint_that_names_nothing_is_said() {
    let env = env("");
    env.file(
        "schema.sql",
        "CREATE TABLE tags (\n    id INTEGER PRIMARY KEY,\n    \
         title TEXT NOT NULL DEFAULT '' -- migrator:renamed from nam\n);\n",
    );
    insta::assert_snapshot!(env.run("revision --autogenerate -m title"), @"
      + column  tags.title  TEXT NOT NULL DEFAULT ''
      - column  tags.name
    wrote versions/aaaa11112222_title.sql (proven: up and down)
    ------- stderr -------
    warning: the column tags.name is dropped and title added; if it was renamed, remove the file and run it again with `--rename tags.name=title`
    warning: the hint at the column title was not followed: tags.nam is not there before this revision, or stays
    warning: drops tags.name with its values
    ");
    // What did its work may stay.
    env.file(
        "schema.sql",
        "-- migrator:renamed from words\nCREATE TABLE tags (\n    id INTEGER PRIMARY KEY,\n    \
         title TEXT NOT NULL DEFAULT '', -- migrator:renamed from nam\n    color TEXT\n);\n",
    );
    insta::assert_snapshot!(env.run("revision --autogenerate -m color"), @"
      + column  tags.color  TEXT
    wrote versions/bbbb11112222_color.sql (proven: up and down)
    ");
}

#[test]
fn a_table_that_others_reference_is_dropped() {
    let env = env("");
    env.revision("b2")
        .after("a1")
        .up("CREATE TABLE notes (id INTEGER PRIMARY KEY, tag INTEGER REFERENCES tags (id));")
        .down("DROP TABLE notes;")
        .write();
    env.file(
        "schema.sql",
        "CREATE TABLE notes (id INTEGER PRIMARY KEY, tag INTEGER REFERENCES tags (id));\n",
    );
    insta::assert_snapshot!(env.run("revision --autogenerate -m 'no tags'"), @"
      - table  tags
    wrote versions/aaaa11112222_no_tags.sql (proven: up and down)
    ------- stderr -------
    warning: schema.sql:1:68: `notes` references the table `tags`, which does not exist: SQLite takes no row of `notes` where foreign keys are enforced
    warning: drops the table tags with all its rows
    warning: notes references tags, which is dropped: `upgrade` refuses if rows of notes have a value in tag that is not in tags
    ");
}

#[test]
fn an_empty_file_declares_nothing_but_a_mistake() {
    let env = env("");
    env.file("schema.sql", " \n;\n");
    let before = env.files();
    insta::assert_snapshot!(env.run("revision --autogenerate -m x"), @"
    ------- stderr -------
    error: `$DIR/schema.sql` is empty, and a schema of nothing would drop all tables
    hint: if a program writes it, see why it failed; a schema that declares nothing says so in a comment: `-- Nothing is declared.`
    [exit status: 2]
    ");
    env.run("check").exits_with(2);
    env.config("[schema]\nfiles = [\"schema.sql\", \"more.sql\"]").file("more.sql", "\u{feff}");
    insta::assert_snapshot!(env.run("check"), @"
    ------- stderr -------
    error: all 2 files of the schema, `$DIR/schema.sql` first, are empty, and a schema of nothing would drop all tables
    hint: if a program writes it, see why it failed; a schema that declares nothing says so in a comment: `-- Nothing is declared.`
    [exit status: 2]
    ");
    env.remove("more.sql");
    env.config("[schema]\nfiles = [\"schema.sql\"]");
    assert_eq!(env.files(), before);
    // What a dump of nothing writes is a declaration of nothing.
    let nothing = env.run("schema dump base");
    insta::assert_snapshot!(nothing, @"
    -- Nothing is declared.
    ------- stderr -------
    there is nothing in revision base
    ");
    env.file("schema.sql", &nothing.stdout);
    insta::assert_snapshot!(env.run("check"), @r#"
      - table  tags
    ------- stderr -------
    `migrator revision --autogenerate -m "…"` writes the revision for it
    [exit status: 1]
    "#);
}
