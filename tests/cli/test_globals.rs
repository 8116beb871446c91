//! The options of every command, colour, pipes, signals and exit codes

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::TestEnv;

#[test]
fn options_stand_before_and_after_the_command() {
    let env = TestEnv::with_graph(&["a1"]);
    env.file(
        "other.toml",
        "version_locations = [\"versions\"]\n[database]\nurl = \"${NAME}.db\"\n",
    );
    for line in [
        "-c other.toml -x NAME=x -q upgrade",
        "upgrade -c other.toml -x NAME=x -q",
        "--config other.toml upgrade -x NAME=x --quiet",
        "-x NAME=y upgrade --config=other.toml -q -x NAME=x",
    ] {
        assert_eq!(env.run(line).exits_with(0), "", "{line}");
        assert!(env.path("x.db").exists(), "{line}");
        env.remove("x.db");
    }
    // The later one wins.
    env.run("-c nope.toml -n nope --url nope.db heads -c alembic.toml").exits_with(2);
    assert_eq!(env.run("-c nope.toml heads -c alembic.toml").ok(), "a1 (head)\n");
}

#[test]
fn the_short_option_of_current_is_its_own() {
    let env = TestEnv::with_graph(&["a1"]);
    env.run("ensure-version").ok();
    env.run("current -c").exits_with(1);
    env.run("-c alembic.toml current -c").exits_with(1);
    env.run("current -c --config alembic.toml").exits_with(1);
    env.run("current -c alembic.toml").exits_with(2);
}

#[test]
fn no_other_command_has_a_short_option_of_that_letter() {
    let env = TestEnv::with_graph(&["a1"]);
    env.config("[database]\nurl = \"app.db\"\n[env.production.database]\nurl = \"p.db\"\n");
    env.run("-n production upgrade -q").exits_with(0);
    assert!(env.run("log -n production").ok().contains("a1"));
    let commands = env.run("--help").ok();
    let commands = commands.lines().skip_while(|it| *it != "Commands:").skip(1);
    let names = commands.take_while(|it| !it.is_empty()).filter_map(|it| it.strip_prefix("  "));
    let names =
        names.filter(|it| !it.starts_with(' ')).filter_map(|it| it.split_whitespace().next());
    let mut n = 0;
    for name in names.filter(|it| *it != "help") {
        let help = env.run(&format!("{name} --help")).ok();
        for option in
            ["-c, --config", "-n, --name", "-x <KEY=VALUE>", "-v, --verbose", "-q, --quiet"]
        {
            let is_there = help.contains(option);
            assert_eq!(is_there, (name, option) != ("current", "-c, --config"), "{name}: {option}");
        }
        n += 1;
    }
    assert!(n > 20, "{n}");
}

#[test]
fn quiet_keeps_answers_and_errors() {
    let env = TestEnv::with_graph(&["a1"]);
    assert_eq!(env.run("-q heads").ok(), "a1 (head)\n");
    assert_eq!(env.run("upgrade -q").exits_with(0), "");
    assert_eq!(env.run("revision -q -m x").ok(), "wrote versions/aaaa11112222_x.sql\n");
    insta::assert_snapshot!(env.run("upgrade nope -q"), @"
    ------- stderr -------
    error: no revision or branch label is called `nope` or begins with it
    hint: `migrator history` lists all revisions and labels
    [exit status: 2]
    ");
}

#[test]
fn verbose_shows_each_statement() {
    let env = TestEnv::new();
    env.revision("a1")
        .up("CREATE TABLE t (\n    x\n);\n-- a remark\nINSERT INTO t VALUES (1);")
        .down("DROP TABLE t;")
        .write();
    insta::assert_snapshot!(env.run("upgrade -v"), @"
    ------- stderr -------
        CREATE TABLE t (
            x
        )
        INSERT INTO t VALUES (1)
    upgrade a1, make a1 (1 changed row, [time])
        1 revision committed
    app.db is at a1
    ");
    insta::assert_snapshot!(env.run("-v downgrade base -q"), @"");
}

#[test]
fn a_variable_shows_each_statement_too() {
    let env = TestEnv::with_graph(&["a1"]).with("SQLITE_ECHO", "true");
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
        CREATE TABLE t_a1 (id INTEGER PRIMARY KEY)
    upgrade a1, make a1 ([time])
        1 revision committed
    app.db is at a1
    ");
    let env = TestEnv::with_graph(&["a1"]);
    env.file(".env", "SQLITE_ECHO=True\n");
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
        CREATE TABLE t_a1 (id INTEGER PRIMARY KEY)
    upgrade a1, make a1 ([time])
        1 revision committed
    app.db is at a1
    ");
    insta::assert_snapshot!(env.run("downgrade base -x SQLITE_ECHO=false"), @"
    ------- stderr -------
    backup app.db.20261103T144011Z.bak ([time])
    downgrade a1, make a1 ([time])
    app.db is at base
    ");
}

#[test]
fn colour_is_for_terminals_and_whoever_asks() {
    let env = TestEnv::with_graph(&["a1 [shop]"]);
    let escape = "\u{1b}[";
    assert!(!env.run("heads").stdout.contains(escape));
    assert!(env.run("heads --color always").stdout.contains(escape));
    assert!(env.run("--color=always nope").stderr.contains(escape));
    assert!(!env.run("heads --color never").stdout.contains(escape));
    assert!(env.run("show nope --color always").stderr.contains(escape));
    assert!(env.run("upgrade --color always").stderr.contains(escape));
    let env = env.with("NO_COLOR", "1");
    assert!(!env.run("heads --color auto").stdout.contains(escape));
    assert!(!env.run("show nope").stderr.contains(escape));
    assert!(env.run("heads --color always").stdout.contains(escape));
}

#[test]
fn on_a_terminal_there_is_colour_unless_it_is_not_wanted() {
    let env = TestEnv::with_graph(&["a1"]);
    let line = format!("{} heads", env!("CARGO_BIN_EXE_migrator"));
    let run = |env: &TestEnv| -> Option<String> {
        let mut command = env.program("script", &["-qec", &line, "/dev/null"]);
        let output = command.env("TERM", "xterm").output().ok()?;
        Some(String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let Some(coloured) = run(&env) else { return };
    assert!(coloured.contains("\u{1b}[33ma1"), "{coloured:?}");
    let env = env.with("NO_COLOR", "1");
    assert_eq!(run(&env).unwrap().trim(), "a1 (head)");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let env = TestEnv::new();
    for at in 0..400 {
        env.graph(&[&format!("x{at}")]);
    }
    for line in [&["heads"][..], &["heads", "--json"], &["upgrade", "heads", "--sql"], &["man"]] {
        let mut child =
            env.command(line).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{line:?}");
        assert_eq!(output.status.code(), Some(0), "{line:?}");
    }
}

#[test]
fn help_for_a_reader_that_goes_away_is_no_error() {
    let env = TestEnv::empty();
    let mut child = env.command(&["--help"]).stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_misspelt_command_or_option_gets_the_nearest() {
    let env = TestEnv::empty();
    insta::assert_snapshot!(env.run("upgrad head"), @"
    ------- stderr -------
    error: there is no command `upgrad`
    hint: did you mean `migrator upgrade head`?
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("heads --verbos"), @"
    ------- stderr -------
    error: `migrator heads` has no option `--verbos`
    hint: did you mean `--verbose`? `migrator heads --verbose`
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("heads --color sometimes"), @"
    ------- stderr -------
    error: invalid value 'sometimes' for '--color <WHEN>'
      [possible values: auto, always, never]

    For more information, try '--help'.
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("check"), @"
    ------- stderr -------
    error: there is no `alembic.toml` in `$DIR` or a folder above it
    hint: run `migrator init` to set up a project here, or name its configuration with `-c FILE`
    [exit status: 2]
    ");
}

/// A revision whose statement takes minutes.
fn with_a_long_statement(env: &TestEnv) {
    let sql = "CREATE TABLE long AS\nWITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000000000)\nSELECT count(*) FROM n;";
    env.revision("b2").after("a1").up(sql).write();
}

/// Starts the command, interrupts it in its long statement, and gives what it wrote and its status.
fn interrupted(env: &TestEnv, args: &[&str], signal: &str) -> (String, Option<i32>) {
    let mut child = env.command(args).stderr(Stdio::piped()).spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut text = String::new();
    while !text.contains("SELECT count(*)") {
        assert_ne!(stderr.read_line(&mut text).unwrap(), 0, "{text}");
    }
    let pid = child.id().to_string();
    let status = Command::new("kill").args([signal, &pid]).status().unwrap();
    assert!(status.success());
    let started = Instant::now();
    stderr.read_to_string(&mut text).unwrap();
    let status = child.wait().unwrap();
    assert!(started.elapsed() < Duration::from_secs(5));
    (env.normalize(&text), status.code())
}

#[test]
fn an_interrupt_rolls_back_and_says_so() {
    let env = TestEnv::with_graph(&["a1"]);
    env.run("upgrade").ok();
    with_a_long_statement(&env);
    let files = env.files();
    let (text, status) = interrupted(&env, &["upgrade", "-v"], "-INT");
    insta::assert_snapshot!(text, @"
        CREATE TABLE long AS
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000000000)
        SELECT count(*) FROM n
    error: cancelled; `b2` was rolled back
    hint: the database is at `a1`; run the same command again to go on
    ");
    assert_eq!(status, Some(3));
    assert_eq!(env.rows(), ["a1"]);
    assert_eq!(env.tables(), ["t_a1"]);
    assert_eq!(env.files(), files);
}

#[test]
fn an_interrupt_takes_back_the_whole_run() {
    let env = TestEnv::with_graph(&["a1"]);
    with_a_long_statement(&env);
    let (text, status) = interrupted(&env, &["upgrade", "-v"], "-TERM");
    insta::assert_snapshot!(text, @"
        CREATE TABLE t_a1 (id INTEGER PRIMARY KEY)
    upgrade a1, make a1 ([time])
        CREATE TABLE long AS
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000000000)
        SELECT count(*) FROM n
    error: cancelled; the 2 revisions from `a1` to `b2` were rolled back
    hint: the database is at base; run the same command again to go on
    ");
    assert_eq!(status, Some(3));
    assert!(env.tables().is_empty());
    let (text, status) = interrupted(&env, &["upgrade", "-v", "--dry-run"], "-INT");
    insta::assert_snapshot!(text, @"
        CREATE TABLE t_a1 (id INTEGER PRIMARY KEY)
        CREATE TABLE long AS
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000000000)
        SELECT count(*) FROM n
    error: cancelled; the 2 revisions from `a1` to `b2` were rolled back
    hint: the database is at base; run the same command again to go on
    ");
    assert_eq!(status, Some(3));
}

/// Runs a command line whose standard output is a full disk: the exit status is 3, and the state of
/// the project is said.
#[cfg(target_os = "linux")]
#[track_caller]
fn check_unwritable(prepare: &[&str], line: &str, done: &str) {
    let env = TestEnv::with_graph(&["a1", "b2 < a1"]);
    for line in prepare {
        env.run(line).exits_with(0);
    }
    let words = shell_words::split(line).unwrap();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = env.command(&words).stdout(full).output().unwrap();
    let stderr = env.normalize(&String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(3), "{line}\n{stderr}");
    let said = format!(
        "error: the answer could not be written\ncaused by: No space left on device (os error 28)\n\
         hint: {done}\n"
    );
    assert!(stderr.ends_with(&said), "{line}\n{stderr}");
}

#[cfg(target_os = "linux")]
#[test]
fn an_answer_that_cannot_be_written_is_a_failure_that_says_what_was_done() {
    for line in ["heads", "heads --json", "upgrade --sql", "upgrade --dry-run", "schema dump head"]
    {
        check_unwritable(&[], line, "nothing was changed");
    }
    let up = ["upgrade -q"];
    check_unwritable(&[], "upgrade --json", "the upgrade is done, and app.db is at b2");
    check_unwritable(&up, "downgrade a1 --json", "the downgrade is done, and app.db is at a1");
    check_unwritable(&up, "stamp a1 --json", "app.db is at a1");
    check_unwritable(&[], "ensure-version --json", "made the table alembic_version in app.db");
    check_unwritable(&[], "revision -m x", "`versions/aaaa11112222_x.sql` was written");
    check_unwritable(&[], "revision -m x --json", "`versions/aaaa11112222_x.sql` was written");
    check_unwritable(&up, "backup", "the backup `app.db.20261103T144011Z.bak` was made");
    check_unwritable(
        &["upgrade a1 -q", "backup x.bak", "upgrade -q"],
        "restore x.bak --yes --json",
        "the backup was taken back, and app.db is at a1",
    );
    check_unwritable(
        &[],
        "squash a1:b2 -m all --json",
        "wrote `versions/aaaa11112222_all.sql`, and removed 2 files",
    );
    check_unwritable(
        &["revision --head a1 --splice -m x"],
        "rebase aaaa --onto b2",
        "`versions/aaaa11112222_x.sql` was written: aaaa11112222 follows b2",
    );
    check_unwritable(
        &[],
        "init new",
        "wrote new/alembic.toml, new/versions/README.md, new/.env.example, \
         new/templates/revision.sql.jinja",
    );
}

#[cfg(target_os = "linux")]
#[test]
fn help_that_cannot_be_written_is_a_failure() {
    let env = TestEnv::empty();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let status = env.command(&["--help"]).stdout(full).stderr(Stdio::null()).status().unwrap();
    assert_eq!(status.code(), Some(3));
}
