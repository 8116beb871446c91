//! Typing errors, forgotten quotes and the habits of other tools: what is hinted, and that it works

use crate::support::TestEnv;

/// Two revisions of which one ran, and what some of the commands need.
fn env() -> TestEnv {
    let env = TestEnv::with_graph(&["27c6a30d7c24", "1975ea83b712 < 27c6a30d7c24"]);
    env.config(
        "[database]\nurl = \"app.db\"\nbackup = \"never\"\n[schema]\nfiles = [\"schema.sql\"]\n\
         [env.prod.database]\nurl = \"prod.db\"\n",
    );
    env.file(
        "schema.sql",
        "CREATE TABLE t_27c6a30d7c24 (id INTEGER PRIMARY KEY);\nCREATE TABLE t (a);",
    );
    env.run("upgrade +1 -q").exits_with(0);
    env
}

/// Asserts the last hint that `line` gets, and that each command in it that is complete does what
/// it should when it is typed.
#[track_caller]
fn check(line: &str, expected: &str) {
    let env = env();
    let said = env.run(line).exits_with(2);
    let hint = said.lines().filter_map(|it| it.strip_prefix("hint: ")).next_back();
    assert_eq!(hint, Some(expected), "{line}\n{said}");
    let commands = expected.split("`migrator ").skip(1).map(|it| it.split('`').next().unwrap());
    let is_complete = |it: &&str| !["…", " | ", "schema diff"].iter().any(|open| it.contains(open));
    for command in commands.filter(is_complete) {
        let output = env.run(command);
        assert!(matches!(output.status, Some(0 | 1)), "{line}: {command}\n{output}");
    }
}

#[test]
fn a_message_without_its_quotes_is_put_together() {
    let message = |command: &str| {
        format!("no file was written; did you mean it as the message? `migrator {command}`")
    };
    for (line, meant) in [
        ("revision -m foo bar", "revision -m 'foo bar'"),
        ("revision Create users", "revision -m 'Create users'"),
        ("revision \"Add it's table\"", r"revision -m 'Add it'\''s table'"),
        ("revision users", "revision -m users"),
        ("revision --autogenerate Add t", "revision --autogenerate -m 'Add t'"),
        ("revision -m Add t --autogenerate", "revision --autogenerate -m 'Add t'"),
        ("revision -mAdd t now", "revision -m 'Add t now'"),
        ("revision --message=Add t now", "revision -m 'Add t now'"),
        ("-n prod revision -m Add t -q", "-n prod revision -q -m 'Add t'"),
        ("revision Add -c alembic.toml t", "-c alembic.toml revision -m 'Add t'"),
        ("revision --head 27c6 --splice -m a b c", "revision --head 27c6 --splice -m 'a b c'"),
    ] {
        check(line, &message(meant));
    }
    let squashed = env();
    squashed.run("upgrade -q").exits_with(0);
    let said = squashed.run("squash : -m all of it").exits_with(2);
    assert!(said.contains(&message("squash : -m 'all of it'")), "{said}");
    squashed.run("squash : -m 'all of it'").ok();
    let env = TestEnv::with_graph(&["a1", "b2 < a1", "c3 < a1"]);
    for (line, meant) in [
        ("merge -m join two heads", "merge heads -m 'join two heads'"),
        ("merge b2 c3 -m join two", "merge b2 c3 -m 'join two'"),
    ] {
        let said = env.run(line).exits_with(2);
        assert!(said.contains(&message(meant)), "{line}\n{said}");
    }
    env.run("merge b2 c3 -m 'join two'").ok();
}

#[test]
fn the_message_of_other_tools_is_n() {
    insta::assert_snapshot!(env().run("revision -n create_users"), @"
    ------- stderr -------
    error: `$DIR/alembic.toml` has no environment `create_users`
    hint: the environments are `prod`
    hint: no file was written; the message is given with `-m create_users`
    [exit status: 2]
    ");
}

#[test]
fn a_path_behind_backup_needs_its_sign() {
    let nothing = "nothing was changed; ";
    for (line, rest, meant) in [
        ("upgrade --backup a.bak", nothing, "upgrade --backup=a.bak"),
        ("upgrade --backup 'a b.bak'", nothing, "upgrade --backup='a b.bak'"),
        ("upgrade --backup my-copy.bak", nothing, "upgrade --backup=my-copy.bak"),
        ("upgrade --backup a.bak head", "", "upgrade --backup=a.bak head"),
        ("upgrade head --backup ./a.bak", "", "upgrade head --backup=./a.bak"),
        ("downgrade --backup a.bak base", "", "downgrade --backup=a.bak base"),
        ("downgrade base --backup a.bak -q", "", "downgrade base --backup=a.bak -q"),
        ("downgrade --backup a.bak -1", "", "downgrade --backup=a.bak -1"),
    ] {
        check(line, &format!("{rest}did you mean `migrator {meant}`?"));
    }
    insta::assert_snapshot!(env().run("upgrade --backup a.bak"), @"
    ------- stderr -------
    error: `a.bak` is no revision, and `--backup` takes a path with `=` only
    hint: nothing was changed; did you mean `migrator upgrade --backup=a.bak`?
    [exit status: 2]
    ");
    insta::assert_snapshot!(env().run("downgrade --backup a.bak -1"), @"
    ------- stderr -------
    error: `-1` stands alone
    hint: did you mean `migrator downgrade --backup=a.bak -1`?
    [exit status: 2]
    ");
    // A revision may stand there.
    env().run("upgrade --backup 1975").exits_with(0);
    let said = env().run("upgrade a.bak").exits_with(2);
    assert!(!said.contains("--backup"), "{said}");
}

#[test]
fn words_for_revisions_are_hinted() {
    for (line, meant) in [
        ("upgrade hed", "did you mean `head`?"),
        ("upgrade HEAD", "did you mean `head`?"),
        ("upgrade Heads", "did you mean `heads`?"),
        ("upgrade latest", "did you mean `head`?"),
        ("downgrade BASE", "did you mean `base`?"),
        ("downgrade bsae", "did you mean `base`?"),
        ("downgrade zero", "did you mean `base`?"),
        ("downgrade HEAD~1", "did you mean `head-1`?"),
        ("downgrade 1975^", "did you mean `1975-1`?"),
        ("stamp HEAD", "did you mean `head`?"),
        ("history -r hed:", "did you mean `head`?"),
        (
            "history -r 27c6",
            "from there on it is `27c6:`, up to there `:27c6`, and only that one `27c6:27c6`",
        ),
        ("upgrade shop@hed", "`migrator history` lists all revisions and labels"),
    ] {
        check(line, meant);
    }
    let range = "a range is written `27c6:1975`; where one revision is wanted, name only that";
    for line in [
        "history -r 27c6..1975",
        "history -r 27c6...1975",
        "downgrade 27c6..1975",
        "lint 27c6..1975",
        "upgrade --sql 27c6..1975",
        "squash 27c6..1975 -m x",
    ] {
        check(line, range);
    }
    let env = env();
    env.run("history -r 27c6:1975").ok();
    env.run("downgrade head-1").exits_with(0);
}

#[test]
fn a_typing_error_gets_the_line_as_it_should_be() {
    for (line, meant) in [
        ("upgrad head", "did you mean `migrator upgrade head`?"),
        ("-n prod upgrad head -q", "did you mean `migrator -n prod upgrade head -q`?"),
        ("Status", "did you mean `migrator status`?"),
        ("schema dmp", "did you mean `migrator schema dump`?"),
        ("schema show", "there is `migrator schema dump` and `migrator schema diff`"),
        ("frobnicate", "`migrator --help` lists what there is"),
        ("upgrade --dryrun", "did you mean `--dry-run`? `migrator upgrade --dry-run`"),
        (
            "upgrade --dryrun head -q",
            "did you mean `--dry-run`? `migrator upgrade --dry-run head -q`",
        ),
        (
            "revision --mesage='a b' --sql",
            "did you mean `--message`? `migrator revision --message='a b' --sql`",
        ),
        ("upgrade --bogus", "`migrator upgrade --help` lists its options"),
        ("upgrade -z", "`migrator upgrade --help` lists its options"),
        ("upgrade --autogenerate", "it is an option of `migrator revision`"),
        ("verify --copy-to .", "did you mean `migrator verify --copy-to . --database`?"),
        ("squash :", "say what it does: `migrator squash : -m \"…\"`"),
        ("init a b", "did you mean `migrator init 'a b'`?"),
    ] {
        check(line, meant);
    }
}

#[test]
fn what_is_too_much_or_too_little_is_said_with_what_would_do() {
    for (line, meant) in [
        (
            "upgrade 27c6 1975",
            "one target at a time: `migrator upgrade 27c6`, then `migrator upgrade 1975`",
        ),
        ("history 27c6:1975", "`migrator history -r 27c6:1975`"),
        ("history 27c6", "`migrator show 27c6` shows one revision"),
        ("history -5", "`migrator history | head -5`"),
        ("log -5", "`migrator log --limit 5`"),
        ("heads head", "`migrator heads --help` says what it takes"),
        (
            "check 1975",
            "`migrator check` compares all revisions; `migrator lint` and `migrator verify` take one",
        ),
        (
            "downgrade",
            "`migrator downgrade -1` takes back one revision, `migrator downgrade base` all of them",
        ),
        ("show", "`migrator show head` shows the newest; `migrator history` lists them"),
        ("rebase", "`migrator heads --check` says which of the heads can be moved"),
        ("completions", "`migrator completions bash`, or `zsh`, `fish`, `powershell`"),
    ] {
        check(line, meant);
    }
}

#[test]
fn commands_of_other_tools_are_translated() {
    for (line, meant) in [
        ("up", "`migrator upgrade` applies what is pending"),
        ("-n prod up", "`migrator -n prod upgrade` applies what is pending"),
        ("up 1", "`migrator upgrade +1` applies what is pending"),
        ("up-by-one", "`migrator upgrade +1` applies the next revision"),
        ("migrate", "`migrator upgrade` applies what is pending"),
        ("migrate blog 0002", "`migrator upgrade` applies what is pending"),
        ("migrate run", "`migrator upgrade` applies what is pending"),
        ("migrate revert", "`migrator downgrade -1` takes back what ran"),
        ("migrate add create_users", "`migrator revision -m create_users` makes a revision"),
        ("db:migrate", "`migrator upgrade` applies what is pending"),
        ("db upgrade --sql", "did you mean `migrator upgrade --sql`?"),
        ("flask db -n prod upgrade", "did you mean `migrator -n prod upgrade`?"),
        ("alembic stamp head", "did you mean `migrator stamp head`?"),
        ("down", "`migrator downgrade -1` takes back what ran"),
        ("rollback 1", "`migrator downgrade -1` takes back what ran"),
        (
            "redo",
            "`migrator downgrade -1` takes the last revision back, `migrator upgrade` applies it again",
        ),
        ("new create users", "`migrator revision -m 'create users'` makes a revision"),
        ("add", "`migrator revision -m \"…\"` makes a revision"),
        (
            "create",
            "`migrator revision -m \"…\"` makes a revision, `migrator upgrade` the database",
        ),
        (
            "makemigrations",
            "`migrator revision --autogenerate -m \"…\"` makes the revision that leads to the declared \
             schema",
        ),
        ("showmigrations", "`migrator history -i` lists the revisions, and where the database is"),
        ("info", "`migrator status` shows where the database is, and what is pending"),
        (
            "version",
            "`migrator current` says where the database is, `migrator --version` which migrator this is",
        ),
        ("baseline", "`migrator stamp head` says where the database is, without running anything"),
        ("dump", "`migrator schema dump` prints the schema of the database"),
        ("diff", "`migrator schema diff head declared` prints what the next revision would change"),
        ("plan", "`migrator upgrade --dry-run` runs it in a transaction, and rolls that back"),
        ("sqlmigrate", "`migrator upgrade --sql` prints the SQL in place of running it"),
        ("help up", "`migrator upgrade` applies what is pending"),
    ] {
        check(line, meant);
    }
}

#[test]
fn options_of_other_tools_are_translated() {
    for (line, meant) in [
        (
            "upgrade --raiseerr",
            "Alembic shows with it where Python failed: leave it out, and see `-v`",
        ),
        (
            "--raiseerr upgrade head",
            "Alembic shows with it where Python failed: leave it out, and see `-v`",
        ),
        ("upgrade --database x.db", "the database is named with `--url x.db`"),
        (
            "upgrade --database-url=sqlite:///x.db",
            "the database is named with `--url sqlite:///x.db`",
        ),
        ("-d x.db up", "the database is named with `--url x.db`"),
        ("upgrade --to 1975", "the target stands alone: `migrator upgrade 1975`"),
        ("upgrade -r 1975", "the target stands alone: `migrator upgrade 1975`"),
        ("downgrade --steps 1", "steps are a target: `migrator downgrade -1`"),
        ("upgrade --env prod", "an environment of alembic.toml is chosen with `-n prod`"),
        ("downgrade base -f", "`--yes` goes on without asking"),
        (
            "upgrade --fake",
            "`migrator stamp head` says that the database has everything, without running anything",
        ),
        ("upgrade --plan", "`--dry-run` does it in a transaction, and rolls that back"),
        ("revision --msg x", "the message is given with `-m x`"),
        ("status --format json", "`--json` prints the answer as JSON"),
    ] {
        check(line, meant);
    }
}

#[test]
fn the_way_from_another_tool_works_as_it_is_printed() {
    for (tool, alembics) in [("alembic", true), ("flyway", false)] {
        let env = TestEnv::empty();
        env.sql("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO users VALUES (1, 'a');");
        if alembics {
            env.sql(
                "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, CONSTRAINT \
                 alembic_version_pkc PRIMARY KEY (version_num));
                 INSERT INTO alembic_version VALUES ('3b8ff9aee0c1');",
            );
        }
        let said = env.run(&format!("import {tool} migrations")).exits_with(2);
        for part in said.split('`').filter(|it| it.starts_with("migrator ")).skip(1) {
            let command = part.trim_start_matches("migrator ").replace("ID", "3b8ff9aee0c1");
            match command.split_once(" > ") {
                Some((command, file)) => {
                    let schema = env.run(command).ok();
                    env.file(file, &schema);
                }
                None => {
                    env.run(&command).exits_with(0);
                }
            }
            if command.starts_with("init") {
                env.change(
                    "alembic.toml",
                    "${SQLITE_DATABASE_URL:-sqlite:///data/db.sqlite3}",
                    "app.db",
                );
            }
        }
        let status = env.run("status");
        assert_eq!(status.status, Some(0), "{said}\n{status}");
        assert!(status.stdout.contains("pending   nothing"), "{said}\n{status}");
        assert_eq!(env.query("SELECT name FROM users"), ["a"]);
    }
}

#[test]
fn colour_of_such_messages_is_that_of_all() {
    let env = TestEnv::empty();
    let said = env.run("up --color always").exits_with(2);
    assert!(said.contains("\u{1b}["), "{said}");
    let said = env.run("up --color never").exits_with(2);
    assert!(!said.contains("\u{1b}["), "{said}");
}
