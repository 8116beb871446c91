//! `migrator check`, and what can be wrong with a declared schema

use crate::support::TestEnv;

const TAGS: &str = "CREATE TABLE tags (id INTEGER PRIMARY KEY, name TEXT NOT NULL);\n";

/// A project whose revision makes tags, with this declared schema.
fn env(schema: &str) -> TestEnv {
    let env = TestEnv::new();
    env.config("[schema]\nfiles = [\"schema.sql\"]").file("schema.sql", schema);
    env.revision("a1").up(TAGS.trim_end()).down("DROP TABLE tags;").write();
    env
}

/// The same with a program that declares the schema.
fn env_with_program(script: &str) -> TestEnv {
    let env = env(TAGS);
    env.config("[schema]\ncommand = [\"./ddl\", \"--now\"]");
    env.script("ddl", script);
    env
}

#[test]
fn nothing_differs() {
    let env = env(
        "create table \"tags\" (\n  [id] integer primary key, -- the key\n  name text not null\n);",
    );
    insta::assert_snapshot!(env.run("check"), @"
    ------- stderr -------
    no difference between the revisions and the declared schema
    ");
    insta::assert_snapshot!(env.run("check -q"), @"");
    insta::assert_snapshot!(env.run("check --json"), @r#"
    {
      "from": "the revisions",
      "to": "the declared schema",
      "is_clean": true,
      "changes": []
    }
    "#);
    assert!(!env.path("app.db").exists());
}

#[test]
fn something_differs() {
    let env = env("CREATE TABLE tags (id INTEGER PRIMARY KEY, name TEXT, color TEXT UNIQUE);");
    insta::assert_snapshot!(env.run("check"), @r#"
      + column  tags.color  TEXT UNIQUE
      ~ column  tags.name   now may be NULL
      + unique  tags        (color)
    ------- stderr -------
    `migrator revision --autogenerate -m "…"` writes the revision for it
    [exit status: 1]
    "#);
    insta::assert_snapshot!(env.run("check --json"), @r#"
    {
      "from": "the revisions",
      "to": "the declared schema",
      "is_clean": false,
      "changes": [
        {
          "change": "added",
          "kind": "column",
          "name": "tags.color",
          "detail": "TEXT UNIQUE"
        },
        {
          "change": "changed",
          "kind": "column",
          "name": "tags.name",
          "detail": "now may be NULL"
        },
        {
          "change": "added",
          "kind": "unique",
          "name": "tags",
          "detail": "(color)"
        }
      ]
    }
    ------- stderr -------
    `migrator revision --autogenerate -m "…"` writes the revision for it
    [exit status: 1]
    "#);
    assert!(!env.path("app.db").exists());
}

#[test]
fn a_database_that_was_changed_by_hand_shows_each_object() {
    let env = env(TAGS);
    env.graph(&["b2 < a1"]);
    insta::assert_snapshot!(env.run("check --database"), @"
    ------- stderr -------
    error: the database `$DIR/app.db` does not exist
    hint: `migrator upgrade` makes it; if it should be there, check the path: it comes from `--url`, or else from `database.url` in alembic.toml
    [exit status: 2]
    ");
    env.run("upgrade a1").ok();
    insta::assert_snapshot!(env.run("check --database"), @"
    ------- stderr -------
    no difference between the revisions up to a1 and app.db
    ");
    env.sql(
        "ALTER TABLE tags ADD COLUMN color TEXT DEFAULT 'red'; \
         CREATE INDEX ix_tags_name ON tags (name); \
         CREATE VIEW names AS SELECT name FROM tags; \
         CREATE TRIGGER no_delete BEFORE DELETE ON tags BEGIN SELECT RAISE(ABORT, 'no'); END;",
    );
    insta::assert_snapshot!(env.run("check --database"), @"
      + column   tags.color    TEXT DEFAULT 'red'
      + index    ix_tags_name  ON tags (name)
      + view     names
      + trigger  no_delete     ON tags
    ------- stderr -------
    app.db is not what its revisions make: `+` is what it has more, `-` what it lacks
    what undoes it drops the column `tags.color`, with all that is in there: `migrator backup` first
    then `migrator schema diff database current --sql --yes | sqlite3 -bail app.db` undoes it; look at the SQL first
    or, if another program makes it, name it in `exclude` under `[schema]` in alembic.toml
    or, to keep it, let a revision make it (`migrator schema diff current database --sql` has the SQL), and `migrator stamp` that
    [exit status: 1]
    ");
    insta::assert_snapshot!(env.run("check --database --json"), @r#"
    {
      "from": "the revisions up to a1",
      "to": "app.db",
      "is_clean": false,
      "changes": [
        {
          "change": "added",
          "kind": "column",
          "name": "tags.color",
          "detail": "TEXT DEFAULT 'red'"
        },
        {
          "change": "added",
          "kind": "index",
          "name": "ix_tags_name",
          "detail": "ON tags (name)"
        },
        {
          "change": "added",
          "kind": "view",
          "name": "names",
          "detail": ""
        },
        {
          "change": "added",
          "kind": "trigger",
          "name": "no_delete",
          "detail": "ON tags"
        }
      ]
    }
    ------- stderr -------
    app.db is not what its revisions make: `+` is what it has more, `-` what it lacks
    what undoes it drops the column `tags.color`, with all that is in there: `migrator backup` first
    then `migrator schema diff database current --sql --yes | sqlite3 -bail app.db` undoes it; look at the SQL first
    or, if another program makes it, name it in `exclude` under `[schema]` in alembic.toml
    or, to keep it, let a revision make it (`migrator schema diff current database --sql` has the SQL), and `migrator stamp` that
    [exit status: 1]
    "#);
    // The declared schema is not asked.
    env.remove("schema.sql");
    env.sql("DROP VIEW names; DROP TRIGGER no_delete; DROP INDEX ix_tags_name; ALTER TABLE tags DROP COLUMN color");
    insta::assert_snapshot!(env.run("check --database"), @"
    ------- stderr -------
    no difference between the revisions up to a1 and app.db
    ");
    env.sql("DROP TABLE tags; CREATE TABLE labels (id INTEGER PRIMARY KEY, name TEXT NOT NULL)");
    insta::assert_snapshot!(env.run("check --database"), @"
      + table  labels  (id, name)
      - table  tags
    ------- stderr -------
    app.db is not what its revisions make: `+` is what it has more, `-` what it lacks
    if `tags` was renamed to `labels`: `migrator schema diff database current --sql --rename labels=tags | sqlite3 -bail app.db` takes that back and keeps the rows; look at the SQL first
    otherwise, what undoes it drops the table `labels`, with all that is in there: `migrator backup` first
    then `migrator schema diff database current --sql --yes | sqlite3 -bail app.db` undoes it; look at the SQL first
    or, if another program makes it, name it in `exclude` under `[schema]` in alembic.toml
    or, to keep it, let a revision make it (`migrator schema diff current database --sql` has the SQL), and `migrator stamp` that
    [exit status: 1]
    ");
}

#[test]
fn a_row_that_no_revision_explains_is_an_error() {
    let env = env(TAGS);
    env.run("upgrade").ok();
    env.sql("UPDATE alembic_version SET version_num = 'zz'");
    insta::assert_snapshot!(env.run("check --database"), @"
    ------- stderr -------
    error: the database is at `zz`, which no revision file declares
    hint: bring back what declares `zz`: a file that was deleted, that is on another branch of your repository, or that belongs to a newer version of the program
    hint: if the revision is gone for good, `migrator stamp REVISION` replaces it by one that exists, without running anything; `migrator status` names it, and says when this one ran
    [exit status: 2]
    ");
}

#[test]
fn a_schema_must_be_declared() {
    let env = env(TAGS);
    env.config("");
    insta::assert_snapshot!(env.run("check"), @r#"
    ------- stderr -------
    error: no schema is declared
    hint: name its files in alembic.toml: `files = ["schema.sql"]` under `[schema]`
    hint: `migrator schema dump > schema.sql` begins one with what the database has
    [exit status: 2]
    "#);
    insta::assert_snapshot!(env.run("revision --autogenerate"), @r#"
    ------- stderr -------
    error: no schema is declared
    hint: name its files in alembic.toml: `files = ["schema.sql"]` under `[schema]`
    hint: `migrator schema dump > schema.sql` begins one with what the database has
    [exit status: 2]
    "#);
    insta::assert_snapshot!(env.run("schema dump declared"), @r#"
    ------- stderr -------
    error: no schema is declared
    hint: name its files in alembic.toml: `files = ["schema.sql"]` under `[schema]`
    hint: `migrator schema dump > schema.sql` begins one with what the database has
    [exit status: 2]
    "#);
    env.config("[schema]\nfiles = [\"schema.sql\", \"more.sql\"]");
    insta::assert_snapshot!(env.run("check"), @"
    ------- stderr -------
    error: there is no file or folder `$DIR/more.sql`
    hint: make the file, or change `files` under `[schema]` in alembic.toml; its paths are relative to alembic.toml
    [exit status: 2]
    ");
    env.config("[schema]\nfiles = [\"schema/*.sql\"]");
    insta::assert_snapshot!(env.run("check"), @"
    ------- stderr -------
    error: no file matches `schema/*.sql` in `$DIR`
    hint: make the file, or change `files` under `[schema]` in alembic.toml; its paths are relative to alembic.toml
    [exit status: 2]
    ");
    env.config("[schema]\nfiles = [\"schema\"]").folder("schema");
    insta::assert_snapshot!(env.run("check"), @"
    ------- stderr -------
    error: the folder `$DIR/schema` has no .sql files
    hint: put the schema there, or change `files` under `[schema]` in alembic.toml
    [exit status: 2]
    ");
    env.config("[schema]\nfile = \"schema.sql\"");
    insta::assert_snapshot!(env.run("check"), @r#"
    ------- stderr -------
    error: unknown key `schema.file`
     --> alembic.toml:2:1
      |
    2 | file = "schema.sql"
      | ^^^^
    hint: did you mean `files`?
    [exit status: 2]
    "#);
}

#[test]
fn a_mistake_in_the_declared_schema_is_quoted() {
    let env = env("CREATE TABLE tags (\n    id INTEGER PRIMARY KEY,\n    name TEXT NOT NUL\n);");
    insta::assert_snapshot!(env.run("check"), @r#"
    ------- stderr -------
    error: near "NUL": syntax error
     --> schema.sql:3:19
      |
    3 |     name TEXT NOT NUL
      |                   ^^^
    [exit status: 2]
    "#);
    env.file(
        "schema.sql",
        &format!(
            "{TAGS}CREATE INDEX ix_tags ON tags (nme);\nCREATE VIEW v AS SELECT nme FROM tags;\n"
        ),
    );
    insta::assert_snapshot!(env.run("check"), @"
    ------- stderr -------
    error: no such column: nme
     --> schema.sql:2:31
      |
    2 | CREATE INDEX ix_tags ON tags (nme);
      |                               ^^^
    [exit status: 2]
    ");
    env.file(
        "schema.sql",
        &format!("{TAGS}INSERT INTO tags VALUES (1, 'a');\nCREATE TABLE Tags (a);\n"),
    );
    insta::assert_snapshot!(env.run("check"), @"
    ------- stderr -------
    error: `INSERT` declares nothing
     --> schema.sql:2:1
      |
    2 | INSERT INTO tags VALUES (1, 'a');
      | ^^^^^^
    hint: a schema consists of `CREATE TABLE`, `INDEX`, `VIEW` and `TRIGGER`, as they should be in the end; rows, and the steps that lead there, belong into revisions

    error: `Tags` is declared twice
     --> schema.sql:3:14
      |
    3 | CREATE TABLE Tags (a);
      |              ^^^^ first declared in schema.sql:1
    hint: leave out one of the two
    [exit status: 2]
    ");
    env.file("schema.sql", "CREATE TABLE tags (id INTEGER PRIMARY KEY, name TEXT DEFAULT 'a);\n");
    insta::assert_snapshot!(env.run("revision --autogenerate"), @"
    ------- stderr -------
    error: the string that begins here has no closing `'`
     --> schema.sql:1:62
      |
    1 | CREATE TABLE tags (id INTEGER PRIMARY KEY, name TEXT DEFAULT 'a);
      |                                                              ^
    hint: close the string; a quote inside it is written `''`
    [exit status: 2]
    ");
    env.config("[schema]\nfiles = [\"schema\"]")
        .file("schema/tags.sql", TAGS)
        .file("schema/more.sql", TAGS);
    insta::assert_snapshot!(env.run("check"), @"
    ------- stderr -------
    error: `tags` is declared twice
     --> schema/tags.sql:1:14
      |
    1 | CREATE TABLE tags (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
      |              ^^^^ first declared in schema/more.sql:1
    hint: leave out one of the two
    [exit status: 2]
    ");
}

#[test]
fn files_may_stand_in_any_order() {
    let env = env("");
    env.config("[schema]\nfiles = [\"schema\"]")
        .file("schema/1_views.sql", "CREATE VIEW names AS SELECT name FROM tags;")
        .file("schema/2_tables.sql", TAGS);
    insta::assert_snapshot!(env.run("check"), @r#"
      + view  names
    ------- stderr -------
    `migrator revision --autogenerate -m "…"` writes the revision for it
    [exit status: 1]
    "#);
}

#[test]
fn a_program_may_print_the_schema() {
    let env = env_with_program(&format!("echo '{}'", TAGS.trim_end()));
    insta::assert_snapshot!(env.run("check"), @"
    ------- stderr -------
    no difference between the revisions and the declared schema
    ");
    let env = env_with_program("echo 'CREATE TABLE labels (id INTEGER PRIMARY KEY);'");
    insta::assert_snapshot!(env.run("check"), @r#"
      + table  labels  (id)
      - table  tags
    ------- stderr -------
    `migrator revision --autogenerate -m "…"` writes the revision for it
    [exit status: 1]
    "#);
}

#[test]
fn a_program_that_prints_no_schema_is_an_error() {
    let env = env_with_program("echo 'ModuleNotFoundError: No module named blog' >&2; exit 1");
    insta::assert_snapshot!(env.run("check"), @"
    ------- stderr -------
    error: `./ddl --now` failed (exit status: 1)
    caused by: its standard error:
    ModuleNotFoundError: No module named blog
    hint: it must print `CREATE` statements to its standard output
    [exit status: 2]
    ");
    env.script("ddl", "echo 'nothing to declare' >&2");
    insta::assert_snapshot!(env.run("check"), @"
    ------- stderr -------
    error: `./ddl --now` printed nothing
    caused by: its standard error:
    nothing to declare
    hint: it must print `CREATE` statements to its standard output
    [exit status: 2]
    ");
    env.config("[schema]\ncommand = [\"./ddl\", \"--now\"]\ntimeout = \"1s\"");
    env.script("ddl", "echo 'connecting ...' >&2; sleep 60");
    insta::assert_snapshot!(env.run("check"), @r#"
    ------- stderr -------
    error: `./ddl --now` did not end within 1 second
    caused by: its standard error:
    connecting ...
    hint: it may take longer with `timeout = "2m"` under `[schema]` in alembic.toml
    [exit status: 2]
    "#);
    env.config("[schema]\ncommand = [\"./ddl\", \"--now\"]");
    env.script("ddl", "echo 'CREATE TABLE tags (id INTEGER PRIMARY KEY'");
    insta::assert_snapshot!(env.run("check"), @"
    ------- stderr -------
    error: incomplete input
     --> <./ddl --now>:1:1
      |
    1 | CREATE TABLE tags (id INTEGER PRIMARY KEY
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    [exit status: 2]
    ");
    env.script("ddl", "printf 'CREATE TABLE tags (\\n  id INTEGER PRIMARI KEY\\n);'");
    insta::assert_snapshot!(env.run("check"), @r#"
      ~ column       tags.id    now INTEGER PRIMARI KEY, was INTEGER
      - column       tags.name
      - primary key  tags
    ------- stderr -------
    `migrator revision --autogenerate -m "…"` writes the revision for it
    [exit status: 1]
    "#);
    env.config("[schema]\ncommand = [\"no-such-program\"]");
    insta::assert_snapshot!(env.run("check"), @"
    ------- stderr -------
    error: `no-such-program` could not be run: No such file or directory (os error 2)
    hint: check `command` under `[schema]` in alembic.toml; it runs in the folder of alembic.toml
    [exit status: 2]
    ");
}
