//! `migrator stamp`

use crate::support::TestEnv;

const FORK: &[&str] = &["a1", "b2 < a1 [shop]", "c3 < a1", "x9"];

#[test]
fn a_database_is_stamped_without_running_anything() {
    let env = TestEnv::with_graph(FORK);
    insta::assert_snapshot!(env.run("stamp b2"), @"
    ------- stderr -------
    app.db is at b2
    ");
    assert_eq!(env.rows(), ["b2"]);
    assert!(env.tables().is_empty());
    insta::assert_snapshot!(env.run("stamp b2"), @"
    ------- stderr -------
    app.db is at b2
    ");
    insta::assert_snapshot!(env.run("stamp heads"), @"
    ------- stderr -------
    app.db is at b2, c3, x9
    ");
    assert_eq!(env.rows(), ["b2", "c3", "x9"]);
    insta::assert_snapshot!(env.run("stamp a1"), @"
    ------- stderr -------
    app.db is at a1, x9
    ");
    assert_eq!(env.rows(), ["a1", "x9"]);
    insta::assert_snapshot!(env.run("stamp shop@head c3"), @"
    ------- stderr -------
    app.db is at b2, x9, c3
    ");
    insta::assert_snapshot!(env.run("stamp shop@base"), @"
    ------- stderr -------
    app.db is at x9, c3
    ");
    insta::assert_snapshot!(env.run("stamp base"), @"
    ------- stderr -------
    app.db is at base
    ");
    assert!(env.rows().is_empty());
    assert_eq!(env.query("SELECT DISTINCT direction FROM migrator_log"), ["stamp", "unstamp"]);
}

#[test]
fn a_wrong_argument_is_refused() {
    let env = TestEnv::with_graph(FORK);
    insta::assert_snapshot!(env.run("stamp head"), @"
    ------- stderr -------
    error: `head` is ambiguous, there are several heads: `b2`, `c3`, `x9`
    hint: name one of them, `shop@head`, `c3`, `x9`, or say `heads` for all
    hint: `migrator rebase x9 --onto c3` or `migrator rebase c3 --onto x9` makes one line of them: move the one that no database has run yet, here or elsewhere; `migrator merge c3 x9` joins them in a revision of its own
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("stamp a1 b2"), @"
    ------- stderr -------
    error: `a1` and `b2` lie on one line: `a1` comes before `b2`
    hint: `b2` includes `a1`: name only `b2`
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("stamp nope"), @"
    ------- stderr -------
    error: no revision or branch label is called `nope` or begins with it
    hint: `migrator history` lists all revisions and labels
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("stamp +1"), @"
    ------- stderr -------
    error: `+1` has no meaning here: steps are counted by `upgrade`, `downgrade` and `history` only
    hint: name a revision; `migrator current` shows where the database is
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("stamp -1"), @"
    ------- stderr -------
    error: `-1` has no meaning here: steps are counted by `upgrade`, `downgrade` and `history` only
    hint: name a revision; `migrator current` shows where the database is
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("stamp a1:b2"), @"
    ------- stderr -------
    error: `a1:b2` is a range, which is for --sql only
    hint: name only the target; where to start from, the database says
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("stamp"), @"
    ------- stderr -------
    error: `migrator stamp` needs `<REVISION>...`
    hint: `migrator stamp head` says that the database has everything, without running anything; `migrator current` shows what it says now
    [exit status: 2]
    ");
    assert!(!env.path("app.db").exists());
}

#[test]
fn an_id_that_no_file_declares_is_replaced() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1"]);
    env.run("upgrade").ok();
    env.sql("UPDATE alembic_version SET version_num = 'feedbeef'");
    insta::assert_snapshot!(env.run("stamp b2"), @"
    ------- stderr -------
    replaced `feedbeef`, which no revision file declares
    app.db is at b2
    ");
    assert_eq!(env.rows(), ["b2"]);
}

#[test]
fn purge_forgets_everything_first() {
    let env = TestEnv::with_graph(FORK);
    env.run("upgrade heads").ok();
    insta::assert_snapshot!(env.run("stamp --purge a1"), @"
    ------- stderr -------
    app.db is at a1
    ");
    assert_eq!(env.rows(), ["a1"]);
    env.sql("DROP TABLE alembic_version; CREATE TABLE alembic_version (version_num); INSERT INTO alembic_version VALUES (x'00ff'), (NULL), ('a1'), ('a1')");
    insta::assert_snapshot!(env.run("current"), @"
    ------- stderr -------
    error: a row of `alembic_version` in `$DIR/app.db` holds a blob of 2 bytes instead of a revision
    hint: the version table was edited by hand; `migrator stamp --purge REVISION` sets it anew, and `migrator status` says to what
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("stamp --purge a1"), @"
    ------- stderr -------
    app.db is at a1
    ");
    assert_eq!(env.rows(), ["a1"]);
}

#[test]
fn a_dry_run_says_what_it_would_be() {
    let env = TestEnv::with_graph(FORK);
    let before = env.files();
    insta::assert_snapshot!(env.run("stamp --dry-run heads"), @"
    the database would be at b2, c3, x9
    ------- stderr -------
    everything was rolled back; nothing was changed
    ");
    assert_eq!(env.files(), before);
    env.run("upgrade b2").ok();
    insta::assert_snapshot!(env.run("stamp --dry-run c3 x9"), @"
    the database would be at b2, c3, x9
    ------- stderr -------
    everything was rolled back; nothing was changed
    ");
    insta::assert_snapshot!(env.run("stamp --dry-run --purge c3"), @"
    the database would be at c3
    ------- stderr -------
    everything was rolled back; nothing was changed
    ");
    insta::assert_snapshot!(env.run("stamp --dry-run nope"), @"
    ------- stderr -------
    error: no revision or branch label is called `nope` or begins with it
    hint: `migrator history` lists all revisions and labels
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("stamp --dry-run --sql a1"), @"
    ------- stderr -------
    error: the argument '--dry-run' cannot be used with '--sql'

    Usage: migrator stamp --dry-run <REVISION>...

    For more information, try '--help'.
    [exit status: 2]
    ");
    assert_eq!(env.rows(), ["b2"]);
}

#[test]
fn a_database_in_memory_is_refused() {
    let env = TestEnv::with_graph(FORK);
    insta::assert_snapshot!(env.run("stamp a1 --url :memory:"), @"
    ------- stderr -------
    error: the database is in memory: its result would be lost at once
    hint: name a file, with --url or as `database.url` in alembic.toml
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("upgrade a1 --url :memory:"), @"
    ------- stderr -------
    error: the database is in memory: its result would be lost at once
    hint: name a file, with --url or as `database.url` in alembic.toml
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("ensure-version --url sqlite://"), @"
    ------- stderr -------
    error: the database is in memory: its result would be lost at once
    hint: name a file, with --url or as `database.url` in alembic.toml
    [exit status: 2]
    ");
}

#[test]
fn the_log_keeps_a_tag() {
    let env = TestEnv::with_graph(FORK);
    env.run("stamp a1 --tag adopted").ok();
    assert_eq!(env.query("SELECT tag FROM migrator_log"), ["adopted"]);
}
