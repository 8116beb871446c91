//! `--help` of the tool, and what is in the long help of a command only.

use crate::support::TestEnv;

#[test]
fn the_tool_explains_itself() {
    insta::assert_snapshot!(TestEnv::empty().run("--help"), @"
    Schema migrations for SQLite: a graph of revisions with plain SQL bodies

    Revisions are files with an upgrade and a downgrade in SQL, linked by
    `down_revision`. The database says in its table `alembic_version` where it is,
    exactly as Alembic writes it: either tool can go on from a revision that both
    have.

    Usage: migrator [OPTIONS] <COMMAND>

    Commands:
      init            Set up a project
      list-templates  List the kinds of projects that `init` can set up
      revision        Make a new revision file
      merge           Join branches in a new revision
      rebase          Put the revisions of a branch on top of another head
      squash          Make one revision of a range
      upgrade         Upgrade the database
      downgrade       Downgrade the database
      stamp           Set the version table without running anything
      status          Show where the database is, what is pending, and everything
                      that is wrong
      log             List what ran on the database: who, what and when, newest
                      first
      repair          Accept revisions as they are now, and keep that in the log
      current         Show where the database is
      heads           Show the head revisions
      branches        Show the revisions at which the history branches
      history         List the revisions, newest first
      show            Show a revision
      edit            Open a revision file in your editor
      check           Say whether the revisions make the declared schema
      lint            Look for what revisions lose, may fail on, or do otherwise
                      than it seems
      verify          Try each revision: up, down and up again
      schema          Show schemas and how they differ
      ensure-version  Make the version table if it is missing, and nothing else
      backup          Copy the database while it is in use
      restore         Take a backup back into the database, while it is in use
      import          Take over the migrations of another tool
      completions     Print a completion script for a shell
      man             Print the manual page
      help            Print this message or the help of the given subcommand(s)

    Options:
      -h, --help
              Print help (see a summary with '-h')

      -V, --version
              Print version

    Global options:
      -c, --config <FILE>
              Use this configuration file
              
              The default is the environment variable `ALEMBIC_CONFIG`, then
              `alembic.toml` in the current folder or the nearest folder above it.
              Relative paths in the file are relative to it.

      -n, --name <NAME>
              Lay the settings of `[env.NAME]` over the rest

      -x <KEY=VALUE>
              Give `${KEY}` in alembic.toml a value (can be repeated)
              
              It comes before the environment and before the `.env` file beside
              alembic.toml.

          --url <URL>
              Use this database instead of `database.url`
              
              A path, relative to the current folder, or a URL such as
              `sqlite:///data/db.sqlite3`.

          --json
              Print the answer as JSON

          --color <WHEN>
              When to use colour

              Possible values:
              - auto:   On a terminal, unless `NO_COLOR` is set
              - always: Always
              - never:  Never

      -v, --verbose...
              Say more: details in lists, and every statement that runs

      -q, --quiet
              Say nothing but answers, warnings and errors

    Revisions are named by id, by the beginning of one, or by `head`, `heads`,
    `base`, `+N`, `-N`, `REV+N`, `REV-N`, `LABEL@head`, `LABEL@base`, `LABEL@+N` and
    `LABEL@REV`.

    Exit codes: 0 done; 1 the answer is no; 2 refused, nothing was changed; 3 failed
    while running.
    ");
}

#[test]
fn without_a_command_the_help_is_printed_and_nothing_was_done() {
    let env = TestEnv::empty();
    let output = env.run("");
    assert_eq!(output.stderr, env.run("-h").ok());
    assert_eq!(output.status, Some(2));
}

#[test]
fn the_long_help_of_a_command_has_the_global_options() {
    insta::assert_snapshot!(TestEnv::empty().run("upgrade --help"), @r#"
    Upgrade the database

    Runs the upgrade bodies of all revisions that the target needs and the database
    does not have, in one transaction (or one for each revision, `transaction =
    "revision"` in alembic.toml). The database file and its folder are made if they
    are missing.

    Usage: migrator upgrade [OPTIONS] [TARGET]

    Arguments:
      [TARGET]
              Where to: `head`, `heads`, `+N`, an id, `LABEL@head`, …; with --sql
              also `A:B`
              
              [default: head]

    Options:
          --sql
              Print the SQL instead of running it; the database is not looked at
              
              The script starts at A where the target is `A:B` (a downgrade needs
              both), or else at the base, and refuses to run on a database that is
              somewhere else. Pipe it into `sqlite3 FILE`.

          --dry-run
              Run everything for real in a transaction, report on it, and roll it
              back

          --backup[=<PATH>]
              Back the database up before anything runs, whatever alembic.toml says
              
              The backup is a copy of the database beside it, `NAME.TIMESTAMP.bak`;
              with PATH it is that file, which must not be there yet, or lies in
              that folder as `NAME-ID.TIMESTAMP.bak`, where ID stands for this very
              file.

          --no-backup
              Make no backup, whatever alembic.toml says

          --tag <TEXT>
              A text to keep in `migrator_log` with the revisions of this run

          --allow-changed
              Go on this once although revision files are not what ran

          --out-of-order
              Run revisions that were put below others which ran, where that is
              proven to be safe
              
              In memory, all applied revisions run in their order, and again with
              these last, from the same invented rows; both must leave the same
              schema, rows and `user_version`. One that changes rows is refused if a
              later one that ran names the same tables, and any one if a later one
              worked on rows through what it changes. Where only the order of
              columns differs, nothing that is still to run may go by their
              positions (`SELECT *`). Where something that ran has no file here, and
              may have done the same, it takes `--allow-changed` too.

      -h, --help
              Print help (see a summary with '-h')

    Global options:
      -c, --config <FILE>
              Use this configuration file
              
              The default is the environment variable `ALEMBIC_CONFIG`, then
              `alembic.toml` in the current folder or the nearest folder above it.
              Relative paths in the file are relative to it.

      -n, --name <NAME>
              Lay the settings of `[env.NAME]` over the rest

      -x <KEY=VALUE>
              Give `${KEY}` in alembic.toml a value (can be repeated)
              
              It comes before the environment and before the `.env` file beside
              alembic.toml.

          --url <URL>
              Use this database instead of `database.url`
              
              A path, relative to the current folder, or a URL such as
              `sqlite:///data/db.sqlite3`.

          --json
              Print the answer as JSON

          --color <WHEN>
              When to use colour

              Possible values:
              - auto:   On a terminal, unless `NO_COLOR` is set
              - always: Always
              - never:  Never

      -v, --verbose...
              Say more: details in lists, and every statement that runs

      -q, --quiet
              Say nothing but answers, warnings and errors
    "#);
}

#[test]
fn the_version_is_printed() {
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(TestEnv::empty().run("--version").ok(), format!("migrator {version}\n"));
}

#[test]
fn the_short_option_of_a_command_comes_before_the_global_one() {
    let help = TestEnv::empty().run("current --help").ok();
    assert!(help.contains("\n  -c, --check-heads\n"), "{help}");
    assert!(help.contains("\n      --config <FILE>\n"), "{help}");
}
