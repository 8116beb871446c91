//! `alembic.toml`, the environment, `.env`, `-x`, `-n` and `--url`

use crate::support::TestEnv;

#[test]
fn without_a_configuration_it_says_how_to_begin() {
    let env = TestEnv::empty();
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    error: there is no `alembic.toml` in `$DIR` or a folder above it
    hint: run `migrator init` to set up a project here, or name its configuration with `-c FILE`
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("-c nope.toml heads"), @"
    ------- stderr -------
    error: there is no file `$DIR/nope.toml`
    hint: name an existing `alembic.toml`, or run `migrator init` to make one
    [exit status: 2]
    ");
    let env = env.with("ALEMBIC_CONFIG", "elsewhere/alembic.toml");
    insta::assert_snapshot!(env.run("heads"), @"
    ------- stderr -------
    error: there is no file `$DIR/elsewhere/alembic.toml`
    hint: the environment variable ALEMBIC_CONFIG names it
    hint: name an existing `alembic.toml`, or run `migrator init` to make one
    [exit status: 2]
    ");
}

#[test]
fn a_project_of_alembic_itself_is_told_apart() {
    let env = TestEnv::empty();
    env.file("alembic.ini", "[alembic]\nscript_location = migrations\n");
    insta::assert_snapshot!(env.run("upgrade head"), @"
    ------- stderr -------
    error: there is no `alembic.toml` in `$DIR` or a folder above it
    hint: `alembic.ini` configures Alembic itself, whose revisions are Python; run `migrator init` for a project with SQL revisions that can share its database
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("-c alembic.ini upgrade head"), @"
    ------- stderr -------
    error: `$DIR/alembic.ini` is a configuration of Alembic itself
    hint: the revisions of Alembic are Python; run `migrator init` for a project with SQL revisions that can share its database
    [exit status: 2]
    ");
    let env = TestEnv::empty();
    env.file("pyproject.toml", "[tool.alembic]\nscript_location = \"migrations\"\n");
    insta::assert_snapshot!(env.run("heads"), @"
    ------- stderr -------
    error: there is no `alembic.toml` in `$DIR` or a folder above it
    hint: `pyproject.toml` configures Alembic itself, whose revisions are Python; run `migrator init` for a project with SQL revisions that can share its database
    [exit status: 2]
    ");
}

#[test]
fn the_nearest_folder_above_with_a_configuration_is_the_project() {
    let env = TestEnv::with_graph(&["a1"]).inside("src/deep");
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    upgrade a1, make a1 ([time])
    $DIR/app.db is at a1
    ");
    assert!(env.path("app.db").exists());
    insta::assert_snapshot!(env.run("upgrade --url here.db"), @"
    ------- stderr -------
    upgrade a1, make a1 ([time])
    here.db is at a1
    ");
    assert!(env.path("src/deep/here.db").exists());
}

/// Takes the first `#` from each of `lines` in the file that `init` writes.
fn uncomment(env: &TestEnv, lines: &[&str]) {
    let text = env.read("alembic.toml");
    let edited = text.lines().map(|line| match line.strip_prefix("# ") {
        Some(rest) if lines.iter().any(|it| rest.starts_with(it)) => rest.to_owned(),
        _ => line.to_owned(),
    });
    env.file("alembic.toml", &edited.collect::<Vec<_>>().join("\n"));
}

#[test]
fn a_key_whose_table_is_still_a_comment_says_so() {
    let env = TestEnv::empty();
    env.run("init").exits_with(0);
    let template = env.read("alembic.toml");
    for (key, line) in [
        ("drop-table =", "[lint]"),
        ("files =", "[schema]"),
        ("exclude =", "[schema]"),
        ("column_order =", "[schema]"),
        ("timeout =", "[schema]"),
        ("extensions =", "[sqlite]"),
        ("command =", "[[hooks]]"),
    ] {
        env.file("alembic.toml", &template);
        uncomment(&env, &[key]);
        let table = line.trim_matches(['[', ']']);
        let meant = format!("`{table}.{}`", key.trim_end_matches(" ="));
        let output = env.run("heads").exits_with(2);
        assert!(output.contains(&meant), "{key}\n{output}");
        // With the line too it is read.
        uncomment(&env, &[line]);
        env.run("heads").exits_with(0);
    }
    env.file("alembic.toml", &template);
    uncomment(&env, &["drop-table ="]);
    insta::assert_snapshot!(env.run("heads"), @r#"
    ------- stderr -------
    error: unknown key `database.drop-table`
      --> alembic.toml:69:1
       |
    69 | drop-table = "warning"
       | ^^^^^^^^^^
    hint: did you mean `lint.drop-table`?
    hint: it stands below the line `[lint]`, which may still be a comment
    [exit status: 2]
    "#);
    env.config("[database]\ntimezone = \"UTC\"\n[env.x]\nbackup = \"never\"\ntimeout = \"1s\"");
    insta::assert_snapshot!(env.run("heads"), @r#"
    ------- stderr -------
    error: unknown key `database.timezone`
     --> alembic.toml:2:1
      |
    2 | timezone = "UTC"
      | ^^^^^^^^
    hint: did you mean `timezone`?
    hint: it stands above the first line in brackets

    error: unknown key `env.x.backup`
     --> alembic.toml:4:1
      |
    4 | backup = "never"
      | ^^^^^^
    hint: did you mean `env.x.database.backup`?
    hint: it stands below the line `[env.x.database]`, which may still be a comment

    error: unknown key `env.x.timeout`
     --> alembic.toml:5:1
      |
    5 | timeout = "1s"
      | ^^^^^^^
    hint: did you mean `env.x.database.busy_timeout` or `env.x.schema.timeout`?
    [exit status: 2]
    "#);
}

#[test]
fn a_key_that_does_not_exist_is_quoted_with_the_nearest() {
    let env = TestEnv::with_graph(&["a1"]);
    env.config("version_location = [\"versions\"]\n[database]\nurl = \"app.db\"\nbusy_timout = \"5s\"\n[hook]\ncommand = [\"x\"]");
    insta::assert_snapshot!(env.run("heads"), @r#"
    ------- stderr -------
    error: unknown key `version_location`
     --> alembic.toml:1:1
      |
    1 | version_location = ["versions"]
      | ^^^^^^^^^^^^^^^^
    hint: did you mean `version_locations`?

    error: unknown key `database.busy_timout`
     --> alembic.toml:4:1
      |
    4 | busy_timout = "5s"
      | ^^^^^^^^^^^
    hint: did you mean `busy_timeout`?

    error: unknown key `hook`
     --> alembic.toml:5:2
      |
    5 | [hook]
      |  ^^^^
    hint: did you mean `hooks`?
    [exit status: 2]
    "#);
    env.config("zzz = 1");
    insta::assert_snapshot!(env.run("heads"), @"
    ------- stderr -------
    error: unknown key `zzz`
     --> alembic.toml:1:1
      |
    1 | zzz = 1
      | ^^^
    hint: the keys here are `version_locations`, `recursive_version_locations`, `file_template`, `truncate_slug_length`, `timezone`, `transaction`, `database`, `schema`, `sqlite`, `lint`, `hooks`, `env`
    [exit status: 2]
    ");
}

#[test]
fn a_value_that_cannot_be_used_is_quoted() {
    let env = TestEnv::with_graph(&["a1"]);
    for text in [
        "version_locations = \"versions\"",
        "version_locations = [",
        "version_locations = []",
        "transaction = \"runs\"",
        "timezone = \"Nope/Zone\"",
        "truncate_slug_length = 0",
        "file_template = \"{rev}_{slgu}\"",
        "[database]\nurl = \"app.db\"\nbusy_timeout = \"5 parsecs\"",
        "[database]\nurl = \"app.db\"\nversion_table = \"sqlite_versions\"",
        "[[hooks]]\ncommand = \"black\"",
    ] {
        env.config(text);
        let name = text.split(" = ").next().unwrap().replace(['[', ']', '\n'], "");
        let output = env.run("heads");
        assert_eq!(output.status, Some(2), "{name}: {output}");
        assert!(output.stderr.contains("--> alembic.toml:"), "{name}: {output}");
    }
    env.config("transaction = \"runs\"");
    insta::assert_snapshot!(env.run("heads"), @r#"
    ------- stderr -------
    error: `transaction` must be `run` or `revision`, not `runs`
     --> alembic.toml:1:15
      |
    1 | transaction = "runs"
      |               ^^^^^^
    [exit status: 2]
    "#);
    env.config("version_locations = \"versions\"");
    insta::assert_snapshot!(env.run("heads"), @r#"
    ------- stderr -------
    error: `version_locations` must be an array of strings, not a string
     --> alembic.toml:1:21
      |
    1 | version_locations = "versions"
      |                     ^^^^^^^^^^
    hint: put it in brackets, each of several in quotes of its own: `version_locations = ["…"]`
    [exit status: 2]
    "#);
    env.config("version_locations = [");
    insta::assert_snapshot!(env.run("heads"), @r#"
    ------- stderr -------
    error: missing comma between array elements, expected `,`
     --> alembic.toml:3:1
      |
    3 | url = "sqlite:///app.db"
      | ^
    [exit status: 2]
    "#);
    env.config("[database]\nurl = \"app.db\"\nbusy_timeout = \"5 parsecs\"");
    insta::assert_snapshot!(env.run("heads"), @r#"
    ------- stderr -------
    error: `database.busy_timeout` must be a time like `250ms`, `5s` or `2m`, not `5 parsecs`
     --> alembic.toml:3:16
      |
    3 | busy_timeout = "5 parsecs"
      |                ^^^^^^^^^^^
    [exit status: 2]
    "#);
    env.config("file_template = \"{rev}_{slgu}\"");
    insta::assert_snapshot!(env.run("heads"), @r#"
    ------- stderr -------
    error: `file_template` has the unknown token `{slgu}`
     --> alembic.toml:1:17
      |
    1 | file_template = "{rev}_{slgu}"
      |                 ^^^^^^^^^^^^^^
    hint: did you mean `{slug}`?
    [exit status: 2]
    "#);
}

#[test]
fn keys_get_their_values_from_the_option_the_environment_and_the_file() {
    let env = TestEnv::with_graph(&["a1"]);
    env.config("[database]\nurl = \"sqlite:///${DB}\"");
    insta::assert_snapshot!(env.run("upgrade"), @r#"
    ------- stderr -------
    error: `${DB}` has no value
     --> alembic.toml:2:18
      |
    2 | url = "sqlite:///${DB}"
      |                  ^^^^^
    hint: set it in the environment or in `.env`, give it with `-x DB=…`, or write a default: `${DB:-…}`
    [exit status: 2]
    "#);
    insta::assert_snapshot!(env.run("heads"), @"a1 (head)");
    env.file(".env", "# mine\nDB='from file.db'\n");
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    upgrade a1, make a1 ([time])
    from file.db is at a1
    ");
    let env = env.with("DB", "environment.db");
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    upgrade a1, make a1 ([time])
    environment.db is at a1
    ");
    insta::assert_snapshot!(env.run("-x DB=option.db upgrade -x OTHER=1"), @"
    ------- stderr -------
    upgrade a1, make a1 ([time])
    option.db is at a1
    ");
    insta::assert_snapshot!(env.run("upgrade -x DB"), @"
    ------- stderr -------
    error: invalid value 'DB' for '-x <KEY=VALUE>': it is written KEY=VALUE

    For more information, try '--help'.
    [exit status: 2]
    ");
}

#[test]
fn a_line_of_the_env_file_that_cannot_be_read_is_quoted() {
    let env = TestEnv::with_graph(&["a1"]);
    env.config("[database]\nurl = \"${DB}\"").file(".env", "FINE=1\nthis is nothing\nDB=app.db\n");
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    error: `$DIR/.env` has a line that is no `KEY=VALUE`
     --> .env:2:1
      |
    2 | this is nothing
      | ^^^^^^^^^^^^^^^
    hint: write the line as `KEY=VALUE`, with the value in quotes if it has blanks
    [exit status: 2]
    ");
}

#[test]
fn environments_lie_over_the_rest() {
    let env = TestEnv::with_graph(&["a1"]);
    env.config("[database]\nurl = \"app.db\"\n[env.production.database]\nurl = \"production.db\"\n[env.staging.database]\nurl = \"staging.db\"");
    insta::assert_snapshot!(env.run("-n production upgrade"), @"
    ------- stderr -------
    upgrade a1, make a1 ([time])
    production.db is at a1
    ");
    insta::assert_snapshot!(env.run("upgrade -n staging"), @"
    ------- stderr -------
    upgrade a1, make a1 ([time])
    staging.db is at a1
    ");
    insta::assert_snapshot!(env.run("upgrade -n prodution"), @"
    ------- stderr -------
    error: `$DIR/alembic.toml` has no environment `prodution`
    hint: did you mean `production`?
    [exit status: 2]
    ");
    env.config("");
    insta::assert_snapshot!(env.run("upgrade -n production"), @"
    ------- stderr -------
    error: `$DIR/alembic.toml` has no environment `production`
    hint: the file has no tables `[env.NAME]`; leave out `-n`
    [exit status: 2]
    ");
}

#[test]
fn every_form_of_a_url_leads_to_the_file() {
    let env = TestEnv::with_graph(&["a1"]);
    let absolute = env.path("absolute.db").display().to_string();
    for (url, file) in [
        ("sqlite:///one.db".to_owned(), "one.db"),
        ("sqlite+aiosqlite:///two.db".to_owned(), "two.db"),
        ("sqlite:three.db".to_owned(), "three.db"),
        ("sqlite://four.db".to_owned(), "four.db"),
        ("file:five.db".to_owned(), "five.db"),
        ("six.db".to_owned(), "six.db"),
        ("./deep/seven.db".to_owned(), "deep/seven.db"),
        (format!("sqlite:///{absolute}"), "absolute.db"),
    ] {
        let output = env.run_args(&["--url", &url, "upgrade"]);
        assert!(env.path(file).exists(), "{url}: {output}");
        assert_eq!(env.run_args(&["current", "--url", &url]).ok(), "a1 (head)\n");
    }
}

#[test]
fn a_url_that_cannot_be_used_is_explained() {
    let env = TestEnv::with_graph(&["a1"]);
    insta::assert_snapshot!(env.run("upgrade --url postgresql://me:secret@localhost/db"), @"
    ------- stderr -------
    error: the database URL `postgresql://me:***@localhost/db` cannot be used
    caused by: `postgresql` is not a scheme for SQLite
    hint: migrator works with SQLite: `sqlite:///relative/path`, `sqlite:////absolute/path`, or just a path
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("upgrade --url ''"), @"
    ------- stderr -------
    error: the database URL `` cannot be used
    caused by: it is empty
    hint: name a file, for example `sqlite:///data/db.sqlite3`
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("upgrade --url sqlite:///app.db?cache=shared"), @"
    ------- stderr -------
    upgrade a1, make a1 ([time])
    app.db is at a1
    ");
    insta::assert_snapshot!(env.run("upgrade --url file:app.db?mode=ro"), @"
    ------- stderr -------
    nothing to do: app.db is at a1
    ");
    env.graph(&["b2 < a1"]);
    insta::assert_snapshot!(env.run("upgrade --url file:app.db?mode=ro"), @"
    ------- stderr -------
    error: the database `$DIR/app.db` is read-only
    hint: nothing was changed; make the file and its folder writable, and run it again
    [exit status: 2]
    ");
    env.remove("versions/b2.sql");
    env.config("[database]\nurl = \"mysql://localhost/db\"");
    insta::assert_snapshot!(env.run("upgrade"), @r#"
    ------- stderr -------
    error: the database URL `mysql://localhost/db` cannot be used
     --> alembic.toml:2:7
      |
    2 | url = "mysql://localhost/db"
      |       ^^^^^^^^^^^^^^^^^^^^^^
    caused by: `mysql` is not a scheme for SQLite
    hint: migrator works with SQLite: `sqlite:///relative/path`, `sqlite:////absolute/path`, or just a path
    [exit status: 2]
    "#);
    env.config("[database]\nversion_table = \"v\"");
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    error: there is no database URL
    hint: set `url` under `[database]` in alembic.toml, or give one with `--url`
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("heads"), @"a1 (head)");
}

#[test]
fn a_database_in_memory_can_be_read() {
    let env = TestEnv::with_graph(&["a1"]);
    insta::assert_snapshot!(env.run("current --url :memory:"), @"
    ------- stderr -------
    no revision is applied to :memory:
    ");
    insta::assert_snapshot!(env.run("upgrade --url sqlite:///:memory:"), @"
    ------- stderr -------
    error: the database is in memory: its result would be lost at once
    hint: name a file, with --url or as `database.url` in alembic.toml
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("downgrade base --url :memory:"), @"
    ------- stderr -------
    error: the database is in memory: its result would be lost at once
    hint: name a file, with --url or as `database.url` in alembic.toml
    [exit status: 2]
    ");
}

#[test]
fn another_version_table_is_used_and_no_log_kept() {
    let env = TestEnv::with_graph(&["a1"]);
    env.config("[database]\nurl = \"app.db\"\nversion_table = \"my versions\"\nlog = false");
    env.run("upgrade").ok();
    assert_eq!(env.query("SELECT version_num FROM \"my versions\""), ["a1"]);
    assert_eq!(env.tables(), ["my versions", "t_a1"]);
}

#[test]
fn folders_of_revisions_can_be_nested() {
    let env = TestEnv::new();
    env.config("recursive_version_locations = true");
    let text = env.revision("a1").text();
    env.file("versions/2026/a1.sql", &text);
    insta::assert_snapshot!(env.run("heads"), @"a1 (head)");
    insta::assert_snapshot!(env.run("revision -m next"), @"wrote versions/2026/aaaa11112222_next.sql");
    insta::assert_snapshot!(env.run("revision -m later --version-path versions/2027"), @"wrote versions/2027/bbbb11112222_later.sql");
}
