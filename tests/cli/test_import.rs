//! `migrator import refinery`

use refinery_core::{Migration, Runner, Target};

use crate::support::TestEnv;

const FIRST: &str = "CREATE TABLE users (\n    id INTEGER PRIMARY KEY\n);\n";
const SECOND: &str = "ALTER TABLE users ADD COLUMN email TEXT; -- no newline";
const THIRD: &str = "CREATE INDEX ix ON users (email);\n\n";

/// A new project with a folder of refinery migrations, of which the first `n_applied` were run by
/// refinery itself.
fn project(n_applied: i32) -> TestEnv {
    let env = TestEnv::new();
    let files =
        [("V1__create_users", FIRST), ("V2__add_email", SECOND), ("V10__index_email", THIRD)];
    for (name, sql) in files {
        env.file(&format!("migrations/{name}.sql"), sql);
    }
    if n_applied > 0 {
        let migrations: Vec<Migration> =
            files.iter().map(|(name, sql)| Migration::unapplied(name, sql).unwrap()).collect();
        let target = if n_applied == 3 { Target::Latest } else { Target::Version(n_applied) };
        Runner::new(&migrations).set_target(target).run(&mut env.db()).unwrap();
    }
    env
}

#[test]
fn migrations_become_a_chain() {
    let env = project(0);
    insta::assert_snapshot!(env.run("import refinery migrations"), @"
    wrote versions/761c95e55376_create_users.sql
    wrote versions/554555e9c17f_add_email.sql
    wrote versions/4140c80570d5_index_email.sql
    ------- stderr -------
    nothing was applied yet, so nothing was stamped
    ");
    insta::assert_snapshot!(env.run("history"), @"
    554555e9c17f -> 4140c80570d5 (head), index email
    761c95e55376 -> 554555e9c17f, add email
    <base> -> 761c95e55376, create users
    ");
    let name = env.files().into_iter().find(|it| it.contains("add_email") && it.starts_with('v'));
    insta::assert_snapshot!(env.read(&name.unwrap()), @r#"
    -- /// revision
    -- revision = "554555e9c17f"
    -- down_revision = "761c95e55376"
    -- message = "add email"
    -- create_date = 2026-11-03T14:40:11Z
    -- ///

    -- migrate:upgrade
    ALTER TABLE users ADD COLUMN email TEXT; -- no newline

    -- migrate:downgrade irreversible
    "#);
    assert!(!env.path("app.db").exists());
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    upgrade 761c95e55376, create users ([time])
    upgrade 554555e9c17f, add email ([time])
    upgrade 4140c80570d5, index email ([time])
    app.db is at 4140c80570d5
    ");
    insta::assert_snapshot!(env.run("downgrade -1"), @"
    ------- stderr -------
    error: revision `4140c80570d5` is irreversible
      --> versions/4140c80570d5_index_email.sql:12:1
       |
    12 | -- migrate:downgrade irreversible
       | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    hint: write a downgrade in place of `irreversible`; `migrator stamp` changes the version table alone
    [exit status: 2]
    ");
}

#[test]
fn what_refinery_applied_is_stamped() {
    let env = project(2);
    insta::assert_snapshot!(env.run("import refinery migrations"), @"
    wrote versions/761c95e55376_create_users.sql
    wrote versions/554555e9c17f_add_email.sql
    wrote versions/4140c80570d5_index_email.sql
    ------- stderr -------
    app.db is at 554555e9c17f; its checksums match
    ");
    insta::assert_snapshot!(env.run("current"), @"554555e9c17f");
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    upgrade 4140c80570d5, index email ([time])
    app.db is at 4140c80570d5
    ");
    assert_eq!(env.query("SELECT name FROM sqlite_schema WHERE name = 'ix'"), ["ix"]);
    assert_eq!(env.query("SELECT count(*) FROM refinery_schema_history"), ["2"]);
}

#[test]
fn all_applied_leaves_nothing_to_do() {
    let env = project(3);
    let json = env.run("import refinery migrations --json").json();
    assert_eq!(json["files"].as_array().unwrap().len(), 3);
    assert_eq!(env.rows(), [json["stamped"].as_str().unwrap()]);
    env.run("current -c").ok();
}

#[test]
fn a_file_that_was_changed_later_is_refused() {
    let env = project(2);
    env.file("migrations/V1__create_users.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);\n");
    insta::assert_snapshot!(env.run("import refinery migrations"), @"
    ------- stderr -------
    error: `$DIR/migrations/V1__create_users.sql` is not the V1__create_users that was applied: its checksum differs
    hint: the file was changed after it was applied; bring back the text that ran, and import again
    hint: nothing was written
    [exit status: 2]
    ");
    env.remove("migrations/V1__create_users.sql");
    insta::assert_snapshot!(env.run("import refinery migrations"), @"
    ------- stderr -------
    error: the database has applied V1__create_users, which is not in the folder
    hint: nothing was written
    [exit status: 2]
    ");
    assert_eq!(env.files().iter().filter(|it| it.starts_with("versions/")).count(), 1);
}

#[test]
fn a_migration_that_was_left_out_is_refused() {
    let env = project(2);
    env.sql("DELETE FROM refinery_schema_history WHERE version = 1");
    insta::assert_snapshot!(env.run("import refinery migrations"), @"
    ------- stderr -------
    error: `$DIR/migrations/V1__create_users.sql` was not applied, although later migrations were
    hint: apply it with refinery first, or import without the database: `--url` a new file
    hint: nothing was written
    [exit status: 2]
    ");
}

#[test]
fn files_that_are_no_migrations_are_refused() {
    let env = project(0);
    env.file("migrations/create_more.sql", "SELECT 1;");
    insta::assert_snapshot!(env.run("import refinery migrations"), @"
    ------- stderr -------
    error: `$DIR/migrations/create_more.sql` is no refinery migration: its name is not `V1__name.sql`
    hint: nothing was written
    [exit status: 2]
    ");
    env.remove("migrations/create_more.sql").file("migrations/V2__again.sql", "SELECT 1;");
    insta::assert_snapshot!(env.run("import refinery migrations"), @"
    ------- stderr -------
    error: `$DIR/migrations/V2__add_email.sql` and `$DIR/migrations/V2__again.sql` have the same version
    hint: nothing was written
    [exit status: 2]
    ");
    env.folder("nothing");
    insta::assert_snapshot!(env.run("import refinery nothing"), @"
    ------- stderr -------
    error: `$DIR/nothing` has no refinery migrations (`V1__name.sql`)
    hint: nothing was written
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("import refinery nowhere"), @"
    ------- stderr -------
    error: refinery cannot read `$DIR/nowhere`: invalid migrations path $DIR/nowhere, No such file or directory (os error 2)
    hint: nothing was written
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("import flyway migrations"), @r#"
    ------- stderr -------
    error: `migrator import` has no `flyway`
    hint: its database can be taken over as it is: `migrator init -t schema`, and the path of the database as `url` in alembic.toml
    hint: then `migrator schema dump > schema.sql`, and `migrator revision --autogenerate -m "What was there"`
    hint: last `migrator stamp head`: the database has it already
    [exit status: 2]
    "#);
    insta::assert_snapshot!(env.run("import"), @"
    ------- stderr -------
    Take over the migrations of another tool

    Usage: migrator import [OPTIONS] <COMMAND>

    Commands:
      refinery  Turn a folder of refinery migrations into revisions
      help      Print this message or the help of the given subcommand(s)

    Options:
      -h, --help  Print help (see more with '--help')
    [exit status: 2]
    ");
}

#[test]
fn a_project_with_revisions_is_not_mixed() {
    let env = project(0);
    env.graph(&["a1"]);
    insta::assert_snapshot!(env.run("import refinery migrations"), @"
    ------- stderr -------
    error: the project has revisions already
    hint: import into a new project: `migrator init`, then `migrator import`
    [exit status: 2]
    ");
}

#[test]
fn a_body_that_could_not_be_a_revision_is_named() {
    let env = project(0);
    env.file("migrations/V3__open.sql", "INSERT INTO users VALUES ('it);\n");
    insta::assert_snapshot!(env.run("import refinery migrations"), @"
    ------- stderr -------
    error: the string that begins here has no closing `'`
     --> versions/89face3b41f0_open.sql:9:27
      |
    9 | INSERT INTO users VALUES ('it);
      |                           ^
    hint: close the string; a quote inside it is written `''`
    hint: nothing was written; this is what `migrations/V3__open.sql` would become
    [exit status: 2]
    ");
    env.file("migrations/V3__open.sql", "SELECT 1;\n-- migrate:downgrade\nDROP TABLE users;\n");
    insta::assert_snapshot!(env.run("import refinery migrations"), @"
    ------- stderr -------
    error: the marker `-- migrate:downgrade irreversible` stands here for the second time
      --> versions/89face3b41f0_open.sql:13:1
       |
    13 | -- migrate:downgrade irreversible
       | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    hint: a file has one upgrade and one downgrade
    hint: nothing was written; this is what `migrations/V3__open.sql` would become
    [exit status: 2]
    ");
    assert_eq!(env.files().iter().filter(|it| it.starts_with("versions/")).count(), 1);
}

#[test]
fn where_the_database_cannot_be_stamped_no_file_stays() {
    let env = project(2);
    env.config("[database]\nurl = \"sqlite:///app.db\"\nbusy_timeout = \"0s\"");
    let holder = env.db();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    insta::assert_snapshot!(env.run("import refinery migrations"), @"
    ------- stderr -------
    error: the database `$DIR/app.db` is locked by another process
    hint: nothing was changed; run it again when the other process is done, or wait longer: `busy_timeout` under `[database]` in alembic.toml
    hint: nothing was written
    [exit status: 2]
    ");
    holder.execute_batch("ROLLBACK").unwrap();
    env.run("import refinery migrations").ok();
    assert_eq!(env.rows(), ["554555e9c17f"]);
}

#[test]
fn a_record_that_names_a_migration_twice_counts_once() {
    let env = project(0);
    env.remove("migrations/V2__add_email.sql").remove("migrations/V10__index_email.sql");
    let checksum = Migration::unapplied("V1__create_users", FIRST).unwrap().checksum();
    env.sql("CREATE TABLE refinery_schema_history(version, name, applied_on, checksum)");
    for _ in 0..2 {
        env.sql(&format!(
            "INSERT INTO refinery_schema_history VALUES (1, 'create_users', '', '{checksum}')"
        ));
    }
    env.run("import refinery migrations").ok();
    assert_eq!(env.rows(), ["761c95e55376"]);
}
