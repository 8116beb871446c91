//! `[sqlite] target`: what an older SQLite has to read.

use crate::support::TestEnv;

const SCHEMA: &str = "CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    settings TEXT NOT NULL DEFAULT '{}',
    theme TEXT AS (settings ->> '$.theme')
) STRICT;
CREATE TABLE legacy_notes (body TEXT) STRICT;
CREATE VIEW themes AS
    SELECT theme, group_concat(id ORDER BY id) AS ids FROM users GROUP BY theme;
CREATE TRIGGER users_theme AFTER UPDATE ON users
    WHEN NEW.theme IS DISTINCT FROM OLD.theme AND NEW.id > 1_000
BEGIN
    SELECT RAISE(ABORT, 'no ' || NEW.theme);
END;
";

fn env(target: &str) -> TestEnv {
    let env = TestEnv::new();
    env.file("schema.sql", SCHEMA);
    env.config(&format!(
        "[schema]\nfiles = ['schema.sql']\nexclude = ['legacy_*']\n[sqlite]\ntarget = '{target}'\n"
    ));
    env
}

#[test]
fn what_the_target_does_not_know_is_refused_at_its_place() {
    let env = env("3.37");
    insta::assert_snapshot!(env.run("revision --autogenerate -m users"), @"
    ------- stderr -------
    error: SQLite 3.37 does not know the operators `->` and `->>`, which came with 3.38
     --> schema.sql:4:29
      |
    4 |     theme TEXT AS (settings ->> '$.theme')
      |                             ^^^
    hint: write `json_extract(column, '$.key')`

    error: SQLite 3.37 does not know `ORDER BY` in an aggregate function, which came with 3.44
     --> schema.sql:8:35
      |
    8 |     SELECT theme, group_concat(id ORDER BY id) AS ids FROM users GROUP BY theme;
      |                                   ^^^^^^^^
    hint: take the rows from a subquery that has the `ORDER BY`

    error: SQLite 3.37 does not know `IS DISTINCT FROM`, which came with 3.39
      --> schema.sql:10:20
       |
    10 |     WHEN NEW.theme IS DISTINCT FROM OLD.theme AND NEW.id > 1_000
       |                    ^^^^^^^^^^^^^^^^
    hint: write `IS NOT` for `IS DISTINCT FROM`, and `IS` for `IS NOT DISTINCT FROM`

    error: SQLite 3.37 does not know `_` between digits, which came with 3.46
      --> schema.sql:10:60
       |
    10 |     WHEN NEW.theme IS DISTINCT FROM OLD.theme AND NEW.id > 1_000
       |                                                            ^^^^^
    hint: write the number without `_`

    error: SQLite 3.37 does not know `RAISE` with an expression, which came with 3.47
      --> schema.sql:12:12
       |
    12 |     SELECT RAISE(ABORT, 'no ' || NEW.theme);
       |            ^^^^^
    hint: write the message as one string
    hint: or, if every program that opens the database has a newer SQLite, raise `target` under `[sqlite]` in alembic.toml
    [exit status: 2]
    ");
    assert_eq!(env.run("check").exits_with(2), env.run("schema diff declared base").exits_with(2));
    assert_eq!(env.files(), ["alembic.toml", "schema.sql", "versions/"]);
}

#[test]
fn only_what_is_newer_than_the_target_is_refused() {
    let stderr = env("3.44").run("check").exits_with(2);
    let errors: Vec<&str> = stderr.lines().filter(|it| it.starts_with("error")).collect();
    assert_eq!(
        errors,
        [
            "error: SQLite 3.44 does not know `_` between digits, which came with 3.46",
            "error: SQLite 3.44 does not know `RAISE` with an expression, which came with 3.47",
        ]
    );
    env("3.47").run("check").exits_with(1);
    let env = env("3.54.1");
    env.run("revision --autogenerate -m users").ok();
    env.run("check").ok();
}

#[test]
fn a_database_may_have_what_the_target_does_not_know() {
    let env = env("3.35");
    env.file("schema.sql", "CREATE TABLE t (a INT);");
    env.revision("a1").up("CREATE TABLE t (a INT) STRICT;").write();
    env.run("upgrade").ok();
    env.run("check --database").ok();
    env.run("revision --autogenerate -m loose").ok();
    env.run("upgrade").ok();
    assert_eq!(
        env.query("SELECT sql FROM sqlite_schema WHERE name = 't'"),
        ["CREATE TABLE t (a INT)"]
    );
}
