//! `migrator init` and `migrator list-templates`

use crate::support::TestEnv;

#[test]
fn the_current_folder_becomes_a_project() {
    let env = TestEnv::empty();
    insta::assert_snapshot!(env.run("init"), @r#"
    wrote alembic.toml
    wrote versions/README.md
    wrote .env.example
    wrote templates/revision.sql.jinja
    ------- stderr -------
    next: migrator revision -m "Create the first table"
    "#);
    assert_eq!(
        env.files(),
        [
            ".env.example",
            "alembic.toml",
            "templates/",
            "templates/revision.sql.jinja",
            "versions/",
            "versions/README.md"
        ]
    );
    // It works as it is.
    insta::assert_snapshot!(env.run("revision -m 'create users'"), @"wrote versions/aaaa11112222_create_users.sql");
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    warning: `aaaa11112222`: 1 empty-upgrade; `migrator lint aaaa11112222` tells more
    upgrade aaaa11112222, create users ([time])
    data/db.sqlite3 is at aaaa11112222
    ");
    insta::assert_snapshot!(env.run("heads"), @"aaaa11112222 (head)");
}

#[test]
fn a_folder_is_made() {
    let env = TestEnv::empty();
    insta::assert_snapshot!(env.run("init my/project"), @r#"
    wrote my/project/alembic.toml
    wrote my/project/versions/README.md
    wrote my/project/.env.example
    wrote my/project/templates/revision.sql.jinja
    ------- stderr -------
    next: cd my/project && migrator revision -m "Create the first table"
    "#);
    assert!(env.path("my/project/alembic.toml").exists());
}

#[test]
fn a_folder_with_a_blank_is_named_so_that_it_can_be_pasted() {
    let env = TestEnv::empty();
    insta::assert_snapshot!(env.run("init 'my project'"), @r#"
    wrote my project/alembic.toml
    wrote my project/versions/README.md
    wrote my project/.env.example
    wrote my project/templates/revision.sql.jinja
    ------- stderr -------
    next: cd 'my project' && migrator revision -m "Create the first table"
    "#);
}

#[test]
fn nothing_is_overwritten() {
    let env = TestEnv::empty();
    env.file("alembic.toml", "# mine\n");
    insta::assert_snapshot!(env.run("init"), @"
    ------- stderr -------
    error: `alembic.toml` exists already
    hint: nothing was written; move it away, or set up the project in another folder
    [exit status: 2]
    ");
    assert_eq!(env.files(), ["alembic.toml"]);
    assert_eq!(env.read("alembic.toml"), "# mine\n");
}

#[test]
fn a_readme_that_exists_stays() {
    let env = TestEnv::empty();
    env.file("README.md", "mine");
    insta::assert_snapshot!(env.run("init"), @r#"
    wrote alembic.toml
    wrote versions/README.md
    wrote .env.example
    wrote templates/revision.sql.jinja
    ------- stderr -------
    next: migrator revision -m "Create the first table"
    "#);
    assert_eq!(env.read("README.md"), "mine");
}

#[test]
fn a_file_where_the_folder_should_be_is_named() {
    let env = TestEnv::empty();
    env.file("project", "");
    insta::assert_snapshot!(env.run("init project"), @"
    ------- stderr -------
    error: `project` is a file, where a folder should be
    hint: nothing was written; move it away, or set up the project in another folder
    [exit status: 2]
    ");
    let env = TestEnv::empty();
    env.file("versions", "");
    insta::assert_snapshot!(env.run("init"), @"
    ------- stderr -------
    error: `versions` is a file, where a folder should be
    hint: nothing was written; move it away, or set up the project in another folder
    [exit status: 2]
    ");
    assert_eq!(env.files(), ["versions"]);
}

#[test]
fn several_databases_are_environments() {
    let env = TestEnv::empty();
    insta::assert_snapshot!(env.run("init -t multidb"), @r#"
    wrote alembic.toml
    wrote versions/README.md
    wrote .env.example
    wrote templates/revision.sql.jinja
    wrote versions/users/.gitkeep
    wrote versions/orders/.gitkeep
    ------- stderr -------
    next: migrator -n users revision --branch-label users -m "Create the first table"
    "#);
    insta::assert_snapshot!(env.run("-n users revision --branch-label users -m 'create users'"), @"wrote versions/users/aaaa11112222_create_users.sql");
    insta::assert_snapshot!(
        env.run("-n orders revision --rev-id bbbb11112222 --branch-label orders -m 'create orders'"), @"wrote versions/orders/bbbb11112222_create_orders.sql"
    );
    insta::assert_snapshot!(env.run("-n users upgrade"), @"
    ------- stderr -------
    upgrade aaaa11112222, create users ([time])
    data/users.sqlite3 is at aaaa11112222
    ");
    insta::assert_snapshot!(env.run("-n users current"), @"aaaa11112222 (head)");
    insta::assert_snapshot!(env.run("heads"), @"
    aaaa11112222 (users) (head)
    bbbb11112222 (orders) (head)
    ");
    insta::assert_snapshot!(env.run("upgrade heads"), @"
    ------- stderr -------
    error: there is no database URL
    hint: choose an environment with `-n`: `orders`, `users` (for example `-n orders`)
    hint: set `url` under `[database]` in alembic.toml, or give one with `--url`
    [exit status: 2]
    ");
    assert!(env.path("data/users.sqlite3").exists());
    assert!(!env.path("data/orders.sqlite3").exists());
}

#[test]
fn a_program_that_upgrades_at_start_up() {
    let env = TestEnv::empty();
    insta::assert_snapshot!(env.run("init --template async"), @r#"
    wrote alembic.toml
    wrote versions/README.md
    wrote .env.example
    wrote examples/startup.rs
    wrote templates/revision.sql.jinja
    ------- stderr -------
    next: migrator revision -m "Create the first table"
    "#);
}

#[test]
fn a_schema_is_declared_and_the_revisions_follow_it() {
    let env = TestEnv::empty();
    insta::assert_snapshot!(env.run("init -t schema"), @r#"
    wrote alembic.toml
    wrote schema.sql
    wrote versions/README.md
    wrote .env.example
    wrote templates/revision.sql.jinja
    ------- stderr -------
    next: put a table into schema.sql, then: migrator revision --autogenerate -m "Create the first table"
    "#);
    insta::assert_snapshot!(env.run("check"), @"
    ------- stderr -------
    no difference between the revisions and the declared schema
    ");
    insta::assert_snapshot!(env.run("revision --autogenerate -m 'Nothing yet'"), @"
    ------- stderr -------
    the declared schema is empty, and so is what the revisions make; no file was written
    ");

    // The table of the example is right when its comment signs are taken away.
    let text = env.read("schema.sql");
    let from = text.find("-- CREATE TABLE").unwrap();
    let to = text.find("-- );\n").unwrap() + 6;
    let table = text[from..to].replace("-- ", "");
    env.file("schema.sql", &table);
    insta::assert_snapshot!(env.run("check"), @r#"
      + table  users  (id, email, created_at)
    ------- stderr -------
    `migrator revision --autogenerate -m "…"` writes the revision for it
    [exit status: 1]
    "#);
    insta::assert_snapshot!(env.run("revision --autogenerate -m 'Create users'"), @"
      + table  users  (id, email, created_at)
    wrote versions/aaaa11112222_create_users.sql (proven: up and down)
    ");
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    upgrade aaaa11112222, Create users ([time])
    data/db.sqlite3 is at aaaa11112222
    ");
    insta::assert_snapshot!(env.run("check --database"), @"
    ------- stderr -------
    no difference between the revisions up to aaaa11112222 and data/db.sqlite3
    ");
    insta::assert_snapshot!(env.run("init -t schema blog"), @r#"
    wrote blog/alembic.toml
    wrote blog/schema.sql
    wrote blog/versions/README.md
    wrote blog/.env.example
    wrote blog/templates/revision.sql.jinja
    ------- stderr -------
    next: put a table into blog/schema.sql, then: cd blog && migrator revision --autogenerate -m "Create the first table"
    "#);
}

#[test]
fn an_unknown_template_gets_the_known_ones() {
    let env = TestEnv::empty();
    insta::assert_snapshot!(env.run("init -t asynk"), @"
    ------- stderr -------
    error: there is no template `asynk`
    hint: did you mean `async`?
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("init -t pyproject"), @"
    ------- stderr -------
    error: there is no template `pyproject`
    hint: the templates are `generic`, `schema`, `multidb`, `async`
    [exit status: 2]
    ");
    assert!(env.files().is_empty());
}

#[test]
fn the_templates_are_listed() {
    let env = TestEnv::empty();
    insta::assert_snapshot!(env.run("list-templates"), @"
    generic  one database
    schema   one database, revisions generated from schema.sql
    multidb  several databases, each with a lineage of its own
    async    one database, upgraded by an async program when it starts
    ");
    assert_eq!(env.run("list_templates").ok(), env.run("list-templates").ok());
}
