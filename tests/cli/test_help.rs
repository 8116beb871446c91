//! `-h` of every command.

use crate::support::TestEnv;

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
    insta::assert_snapshot!(TestEnv::empty().run("revision -h"), @r#"
    Make a new revision file

    Usage: migrator revision [OPTIONS]

    Options:
      -m, --message <TEXT>
              What the revision does, in any words; part of the file's name
          --head <REVISION>
              What it follows; `base` begins a new lineage, `heads` merges (can be
              repeated) [default: head]
          --splice
              Allow a --head that other revisions follow already, and begin a branch
              there
          --branch-label <LABEL>
              A name for the branch that begins with it (can be repeated)
          --version-path <FOLDER>
              The folder to put it into; one of the version locations
          --rev-id <ID>
              Its id, in place of a made-up one
          --depends-on <REVISION>
              A revision or label that must run before it (can be repeated)
          --sql
              Print the file instead of writing it
          --autogenerate
              Write the bodies that lead to the declared schema (`[schema]` in
              alembic.toml)
          --from-database
              Compare with the database instead of the replayed revisions; it must
              be at the parent
          --rename <OLD=NEW>
              What has another name: `users.name=full_name` or `posts=articles` (can
              be repeated)
          --fill <COLUMN=EXPRESSION>
              A value for existing rows: `users.country="'US'"`, any expression of
              SQL (can be repeated)
      -h, --help
              Print help (see more with '--help')
    "#);
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
          --splice                Allow revisions that other revisions follow
                                  already
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
          --sql              Print the SQL instead of running it; the database is
                             not looked at
          --dry-run          Run everything for real in a transaction, report on it,
                             and roll it back
          --backup[=<PATH>]  Back the database up before anything runs, whatever
                             alembic.toml says
          --no-backup        Make no backup, whatever alembic.toml says
          --tag <TEXT>       A text to keep in `migrator_log` with the revisions of
                             this run
          --allow-changed    Go on this once although revision files are not what
                             ran
          --out-of-order     Run revisions that were put below others which ran,
                             where that is proven to be safe
      -h, --help             Print help (see more with '--help')
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
          --sql              Print the SQL instead of running it; the database is
                             not looked at
          --dry-run          Run everything for real in a transaction, report on it,
                             and roll it back
          --backup[=<PATH>]  Back the database up before anything runs, whatever
                             alembic.toml says
          --no-backup        Make no backup, whatever alembic.toml says
          --tag <TEXT>       A text to keep in `migrator_log` with the revisions of
                             this run
      -y, --yes              Revert revisions of other branches too where that is
                             necessary, without asking
          --allow-changed    Go on this once although a revision never ran here
      -h, --help             Print help (see more with '--help')
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
          --dry-run     Do it for real in a transaction, report on it, and roll it
                        back
          --purge       Forget all rows of the version table first
          --tag <TEXT>  A text to keep in `migrator_log` with the revisions
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
          --check                 Exit with 1 if there are several that nothing
                                  tells apart
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

    Usage: migrator man [OPTIONS] [COMMAND]...

    Arguments:
      [COMMAND]...  Of which command, such as `upgrade` or `schema dump`; of
                    migrator itself if left out

    Options:
      -h, --help  Print help (see more with '--help')
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
fn check_explains_itself() {
    insta::assert_snapshot!(TestEnv::empty().run("check -h"), @"
    Say whether the revisions make the declared schema

    Usage: migrator check [OPTIONS]

    Options:
          --database  Compare the database with what its revisions make: shows what
                      was changed by hand
      -h, --help      Print help (see more with '--help')
    ");
    insta::assert_snapshot!(TestEnv::empty().run("schema -h"), @"
    Show schemas and how they differ

    Usage: migrator schema [OPTIONS] <COMMAND>

    Commands:
      dump  Print a schema as SQL
      diff  Print what leads from one schema to another
      help  Print this message or the help of the given subcommand(s)

    Options:
      -h, --help  Print help (see more with '--help')
    ");
    insta::assert_snapshot!(TestEnv::empty().run("schema dump -h"), @"
    Print a schema as SQL

    Usage: migrator schema dump [OPTIONS] [SCHEMA]

    Arguments:
      [SCHEMA]  Which: `database`, `declared`, a file, a folder, a URL or a revision
                [default: database]

    Options:
      -h, --help  Print help (see more with '--help')
    ");
    insta::assert_snapshot!(TestEnv::empty().run("schema diff -h"), @"
    Print what leads from one schema to another

    Usage: migrator schema diff [OPTIONS] [FROM] [TO]

    Arguments:
      [FROM]  Before
      [TO]    After

    Options:
          --sql               Print a script that leads there, proven as `revision
                              --autogenerate` proves it
          --yes               Print a script that drops rows and values where the
                              difference asks for it
          --rename <OLD=NEW>  What has another name: `users.name=full_name` or
                              `posts=articles` (can be repeated)
      -h, --help              Print help (see more with '--help')
    ");
}

#[test]
fn help_explains_itself() {
    let env = TestEnv::empty();
    let help = env.run("help").ok();
    for line in ["help --help", "help -h", "--help"] {
        assert_eq!(env.run(line).ok().lines().count() > 20, help.lines().count() > 20, "{line}");
    }
    assert_eq!(env.run("help upgrade --help").ok(), env.run("help upgrade").ok());
}
