//! Commands that are printed to be typed have the options of the call that prints them

use crate::support::TestEnv;
use crate::support::advice::commands;

/// A project whose `-n prod` names another database, `other.db`.
fn env(revisions: &[&str]) -> TestEnv {
    let env = TestEnv::with_graph(revisions);
    env.config(
        "[database]\nurl = \"sqlite:///app.db\"\nbackup = \"never\"\n\n[env.prod.database]\nurl = \"other.db\"\n",
    );
    env
}

/// Does `prepare`, then runs `line` with each set of options, as text and as JSON where there is an
/// answer: every command that is printed has the options, and there are `n` of them as text.
#[track_caller]
fn check(revisions: &[&str], prepare: &dyn Fn(&TestEnv), line: &str, n: usize) {
    for options in [
        "",
        "-n prod ",
        "--url else.db ",
        "-c alembic.toml -x KEY=value -n prod ",
        "-c ./alembic.toml -n prod --url else.db ",
    ] {
        let env = env(revisions);
        let here = env.path("").display().to_string();
        // What ran and what was done to the database is the same on each of them.
        env.run("upgrade -q").exits_with(0);
        prepare(&env);
        if env.path("app.db").exists() {
            for name in ["other.db", "else.db"] {
                env.sql(&format!("VACUUM INTO '{here}/{name}'"));
            }
        }
        for format in ["", " --json"] {
            let output = env.run(&format!("{options}{line}{format}"));
            let text = format!("{}{}", output.stdout, output.stderr);
            let commands = commands(&text);
            if format.is_empty() {
                assert_eq!(commands.len(), n, "{options}{line}\n{output}");
            }
            for command in commands {
                assert!(command.starts_with(options), "{options}{line}: {command}\n{output}");
            }
        }
    }
}

#[test]
fn every_command_has_the_options_of_the_call() {
    let edit = |env: &TestEnv| env.revision("b2").after("a1").up("CREATE TABLE other(a);").write();
    let insert = |env: &TestEnv| {
        env.graph(&["x9 < a1"]);
        env.revision("b2").after("x9").write();
    };
    let branch = |env: &TestEnv| _ = env.graph(&["x9 < a1"]);
    let line = ["a1", "b2 < a1"];
    check(&line, &edit, "status", 1);
    check(&line, &edit, "upgrade", 3);
    check(&line, &insert, "status", 2);
    check(&line, &insert, "upgrade", 4);
    check(&line, &|env| _ = env.remove("versions/b2.sql"), "status", 1);
    check(&line, &|env| _ = env.remove("versions/b2.sql"), "upgrade", 2);
    check(&line, &|env| _ = env.sql("CREATE TABLE z(a)"), "status", 4);
    check(&line, &|env| _ = env.sql("UPDATE alembic_version SET version_num = 'a1'"), "status", 1);
    check(&line, &|env| _ = env.sql("INSERT INTO alembic_version VALUES ('a1')"), "current", 1);
    check(&line, &|env| _ = env.sql("INSERT INTO alembic_version VALUES ('a1')"), "upgrade", 1);
    check(&line, &|env| _ = env.graph(&["c3 < b2"]), "status", 0);
    check(&line, &|env| _ = env.graph(&["c3 < b2"]), "downgrade c3", 1);
    check(&line, &|env| _ = env.graph(&["c3 < b2"]), "current --check-heads", 1);
    check(&line, &branch, "upgrade", 2);
    check(&line, &branch, "heads --check", 2);
    check(&line, &branch, "lint", 6);
    check(&line, &branch, "upgrade nope", 1);
    check(&line, &|env| _ = env.remove("app.db"), "verify --database", 1);
}

#[test]
fn a_value_that_a_shell_would_take_apart_is_quoted() {
    let env = TestEnv::with_graph(&["a1"]);
    env.folder("my data");
    let output = env.run_args(&["--url", "my data/it's.db", "current", "--check-heads"]);
    insta::assert_snapshot!(output, @r"
    ------- stderr -------
    error: the database `$DIR/my data/it's.db` does not exist
    hint: `migrator --url 'my data/it'\''s.db' upgrade` makes it; if it should be there, check the path: it comes from `--url`, or else from `database.url` in alembic.toml
    [exit status: 2]
    ");
}

/// What `rebase` says to type about a database that the call does not name.
#[test]
fn a_command_about_another_database_names_that_one() {
    let env = env(&["a1", "b2 < a1"]);
    env.run("upgrade -q").exits_with(0);
    env.run("-n prod upgrade a1 -q").exits_with(0);
    env.graph(&["x9 < a1"]);
    let said = env.run("-n prod rebase b2 --onto x9").exits_with(2);
    assert!(said.contains("`migrator --url app.db downgrade a1`"), "{said}");
    let said = env.run("--url app.db rebase b2 --onto x9").exits_with(2);
    assert!(said.contains("`migrator --url app.db downgrade a1`"), "{said}");

    env.run("downgrade a1 -q").exits_with(0);
    env.run("-n prod upgrade b2 -q").exits_with(0);
    let said = env.run("-c alembic.toml rebase b2 --onto x9").exits_with(2);
    assert!(said.contains("`migrator -c alembic.toml -n prod downgrade a1`"), "{said}");
}
