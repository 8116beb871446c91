//! `--help` of every command.

use crate::support::TestEnv;

#[test]
fn the_tool_explains_itself() {
    insta::assert_snapshot!(TestEnv::empty().run("--help"), @"
    Schema migrations for SQLite: a graph of revisions with plain SQL bodies

    Revisions are files with an upgrade and a downgrade in SQL, linked by
    `down_revision`. The database says in its table `alembic_version` where it is,
    exactly as Alembic writes it, so that either tool can go on where the other
    stopped.

    Usage: migrator [OPTIONS] <COMMAND>

    Commands:
      init            Set up a project
      list-templates  List the kinds of projects that `init` can set up
      revision        Make a new revision file
      merge           Join branches in a new revision
      upgrade         Upgrade the database
      downgrade       Downgrade the database
      stamp           Set the version table without running anything
      current         Show where the database is
      heads           Show the head revisions
      branches        Show the revisions at which the history branches
      history         List the revisions, newest first
      show            Show a revision
      edit            Open a revision file in your editor
      ensure-version  Make the version table if it is missing, and nothing else
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
              
              The default is the environment variable ALEMBIC_CONFIG, then
              `alembic.toml` in the current folder or the nearest folder above it.
              Relative paths in the file are relative to it.

      -n, --name <NAME>
              Lay the settings of [env.NAME] over the rest

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
              - auto:   On a terminal, unless NO_COLOR is set
              - always: Always
              - never:  Never

      -v, --verbose...
              Say more: details in lists, and every statement that runs

      -q, --quiet
              Say nothing but answers, warnings and errors

    Revisions are named by id, by the beginning of one, or by `head`, `heads`,
    `base`, `+N`, `-N`,
    `REV+N`, `REV-N`, `LABEL@head`, `LABEL@base`, `LABEL@+N` and `LABEL@REV`.

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
fn init_explains_itself() {
    insta::assert_snapshot!(TestEnv::empty().run("init -h"), @"
    Set up a project

    Usage: migrator init [OPTIONS] [DIRECTORY]

    Arguments:
      [DIRECTORY]  Where; made if it is missing [default: .]

    Options:
      -t, --template <NAME>  What kind of project: see `migrator list-templates`
                             [default: generic]
      -h, --help             Print help (see more with '--help')
    ");
}

#[test]
fn list_templates_explains_itself() {
    insta::assert_snapshot!(TestEnv::empty().run("list-templates -h"), @"
    List the kinds of projects that `init` can set up

    Usage: migrator list-templates [OPTIONS]

    Options:
      -h, --help  Print help (see more with '--help')
    ");
}

#[test]
fn revision_explains_itself() {
    insta::assert_snapshot!(TestEnv::empty().run("revision -h"), @"
    Make a new revision file

    Usage: migrator revision [OPTIONS]

    Options:
      -m, --message <TEXT>         What the revision does, in any words; part of the
                                   file's name
          --head <REVISION>        What it follows; `base` begins a new lineage,
                                   `heads` merges (can be repeated) [default: head]
          --splice                 Allow a head that is none, which begins a branch
                                   there
          --branch-label <LABEL>   A name for the branch that begins with it (can be
                                   repeated)
          --version-path <FOLDER>  The folder to put it into; one of the version
                                   locations
          --rev-id <ID>            Its id, in place of a made-up one
          --depends-on <REVISION>  A revision or label that must run before it (can
                                   be repeated)
          --sql                    Print the file instead of writing it
      -h, --help                   Print help (see more with '--help')
    ");
}

#[test]
fn merge_explains_itself() {
    insta::assert_snapshot!(TestEnv::empty().run("merge -h"), @"
    Join branches in a new revision

    Usage: migrator merge [OPTIONS] <REVISION>...

    Arguments:
      <REVISION>...  What to join: `heads`, or the ids of two or more heads

    Options:
      -m, --message <TEXT>        What the revision does, in any words; part of the
                                  file's name
          --branch-label <LABEL>  A name for the branch that begins with it (can be
                                  repeated)
          --rev-id <ID>           Its id, in place of a made-up one
          --splice                Allow revisions that are no heads
      -h, --help                  Print help (see more with '--help')
    ");
}

#[test]
fn upgrade_explains_itself() {
    insta::assert_snapshot!(TestEnv::empty().run("upgrade -h"), @"
    Upgrade the database

    Usage: migrator upgrade [OPTIONS] [TARGET]

    Arguments:
      [TARGET]  Where to: `head`, `heads`, `+N`, an id, `LABEL@head`, …; with --sql
                also `A:B` [default: head]

    Options:
          --sql         Print the SQL instead of running it; the database is not
                        looked at
          --dry-run     Run everything for real in a transaction, report on it, and
                        roll it back
          --tag <TEXT>  A text to keep in migrator_log with the revisions of this
                        run
      -h, --help        Print help (see more with '--help')
    ");
}

#[test]
fn downgrade_explains_itself() {
    insta::assert_snapshot!(TestEnv::empty().run("downgrade -h"), @"
    Downgrade the database

    Usage: migrator downgrade [OPTIONS] <TARGET>

    Arguments:
      <TARGET>  Where to: `-N`, `base`, an id, `LABEL@base`, …; with --sql `A:B`

    Options:
          --sql         Print the SQL instead of running it; the database is not
                        looked at
          --dry-run     Run everything for real in a transaction, report on it, and
                        roll it back
          --tag <TEXT>  A text to keep in migrator_log with the revisions of this
                        run
      -y, --yes         Revert revisions of other branches too where that is
                        necessary, without asking
      -h, --help        Print help (see more with '--help')
    ");
}

#[test]
fn stamp_explains_itself() {
    insta::assert_snapshot!(TestEnv::empty().run("stamp -h"), @"
    Set the version table without running anything

    Usage: migrator stamp [OPTIONS] <REVISION>...

    Arguments:
      <REVISION>...  Where the database is: `head`, `heads`, `base`, ids, …; with
                     --sql also `A:B`

    Options:
          --sql         Print the SQL instead of running it; the database is not
                        looked at
          --purge       Forget all rows of the version table first
          --tag <TEXT>  A text to keep in migrator_log with the revisions
      -h, --help        Print help (see more with '--help')
    ");
}

#[test]
fn current_explains_itself() {
    insta::assert_snapshot!(TestEnv::empty().run("current -h"), @"
    Show where the database is

    Usage: migrator current [OPTIONS]

    Options:
      -c, --check-heads  Exit with 1 unless `upgrade heads` would have nothing to do
      -h, --help         Print help (see more with '--help')
    ");
}

#[test]
fn heads_explains_itself() {
    insta::assert_snapshot!(TestEnv::empty().run("heads -h"), @"
    Show the head revisions

    Usage: migrator heads [OPTIONS]

    Options:
          --resolve-dependencies  Leave out heads that another revision depends on
      -h, --help                  Print help (see more with '--help')
    ");
}

#[test]
fn branches_explains_itself() {
    insta::assert_snapshot!(TestEnv::empty().run("branches -h"), @"
    Show the revisions at which the history branches

    Usage: migrator branches [OPTIONS]

    Options:
      -h, --help  Print help (see more with '--help')
    ");
}

#[test]
fn history_explains_itself() {
    insta::assert_snapshot!(TestEnv::empty().run("history -h"), @"
    List the revisions, newest first

    Usage: migrator history [OPTIONS]

    Options:
      -r, --rev-range <A:B>   List only A to B, both included; either side may be
                              left out
      -i, --indicate-current  Mark the current revisions of the database
          --graph             Draw branches and merges beside the revisions
      -h, --help              Print help (see more with '--help')
    ");
}

#[test]
fn show_explains_itself() {
    insta::assert_snapshot!(TestEnv::empty().run("show -h"), @"
    Show a revision

    Usage: migrator show [OPTIONS] <REVISION>

    Arguments:
      <REVISION>  Which: an id or the beginning of one, a branch label, `head`,
                  `heads`, or `current`

    Options:
      -h, --help  Print help (see more with '--help')
    ");
}

#[test]
fn edit_explains_itself() {
    insta::assert_snapshot!(TestEnv::empty().run("edit -h"), @"
    Open a revision file in your editor

    Usage: migrator edit [OPTIONS] [REVISION]

    Arguments:
      [REVISION]  Which: an id or the beginning of one, a branch label, `head`,
                  `heads`, or `current` [default: head]

    Options:
      -h, --help  Print help (see more with '--help')
    ");
}

#[test]
fn ensure_version_explains_itself() {
    insta::assert_snapshot!(TestEnv::empty().run("ensure-version -h"), @"
    Make the version table if it is missing, and nothing else

    Usage: migrator ensure-version [OPTIONS]

    Options:
          --sql   Print the SQL instead of running it
      -h, --help  Print help (see more with '--help')
    ");
}

#[test]
fn import_explains_itself() {
    insta::assert_snapshot!(TestEnv::empty().run("import -h"), @"
    Take over the migrations of another tool

    Usage: migrator import [OPTIONS] <COMMAND>

    Commands:
      refinery  Turn a folder of refinery migrations into revisions
      help      Print this message or the help of the given subcommand(s)

    Options:
      -h, --help  Print help (see more with '--help')
    ");
}

#[test]
fn completions_explains_itself() {
    insta::assert_snapshot!(TestEnv::empty().run("completions -h"), @"
    Print a completion script for a shell

    Usage: migrator completions [OPTIONS] <SHELL>

    Arguments:
      <SHELL>  For which shell [possible values: bash, zsh, fish, powershell]

    Options:
      -h, --help  Print help (see more with '--help')
    ");
}

#[test]
fn man_explains_itself() {
    insta::assert_snapshot!(TestEnv::empty().run("man -h"), @"
    Print the manual page

    Usage: migrator man [OPTIONS] [COMMAND]

    Arguments:
      [COMMAND]  Of which command; of migrator itself if left out

    Options:
      -h, --help  Print help (see more with '--help')
    ");
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
              
              The script starts at the base, or at A where the target is `A:B`, and
              refuses to run on a database that is somewhere else. Pipe it into
              `sqlite3 FILE`.

          --dry-run
              Run everything for real in a transaction, report on it, and roll it
              back

          --tag <TEXT>
              A text to keep in migrator_log with the revisions of this run

      -h, --help
              Print help (see a summary with '-h')

    Global options:
      -c, --config <FILE>
              Use this configuration file
              
              The default is the environment variable ALEMBIC_CONFIG, then
              `alembic.toml` in the current folder or the nearest folder above it.
              Relative paths in the file are relative to it.

      -n, --name <NAME>
              Lay the settings of [env.NAME] over the rest

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
              - auto:   On a terminal, unless NO_COLOR is set
              - always: Always
              - never:  Never

      -v, --verbose...
              Say more: details in lists, and every statement that runs

      -q, --quiet
              Say nothing but answers, warnings and errors
    "#);
}

#[test]
fn the_short_option_of_a_command_comes_before_the_global_one() {
    insta::assert_snapshot!(TestEnv::empty().run("current --help"), @"
    Show where the database is

    Prints the current revisions: the rows of the version table, and heads that they
    depend on.

    Usage: migrator current [OPTIONS]

    Options:
      -c, --check-heads
              Exit with 1 unless `upgrade heads` would have nothing to do

      -h, --help
              Print help (see a summary with '-h')

    Global options:
          --config <FILE>
              Use this configuration file
              
              The default is the environment variable ALEMBIC_CONFIG, then
              `alembic.toml` in the current folder or the nearest folder above it.
              Relative paths in the file are relative to it.

      -n, --name <NAME>
              Lay the settings of [env.NAME] over the rest

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
              - auto:   On a terminal, unless NO_COLOR is set
              - always: Always
              - never:  Never

      -v, --verbose...
              Say more: details in lists, and every statement that runs

      -q, --quiet
              Say nothing but answers, warnings and errors
    ");
}

#[test]
fn import_refinery_explains_itself() {
    insta::assert_snapshot!(TestEnv::empty().run("import refinery -h"), @"
    Turn a folder of refinery migrations into revisions

    Usage: migrator import refinery [OPTIONS] <DIR>

    Arguments:
      <DIR>  The folder of the migrations

    Options:
      -h, --help  Print help (see more with '--help')
    ");
}

#[test]
fn the_version_is_printed() {
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(TestEnv::empty().run("--version").ok(), format!("migrator {version}\n"));
}
