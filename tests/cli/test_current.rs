//! `migrator current`

use crate::support::TestEnv;

#[test]
fn the_rows_are_printed_with_what_they_are() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1 [shop]", "c3 < a1"]);
    env.run("upgrade b2").ok();
    insta::assert_snapshot!(env.run("current"), @"b2 (head)");
    insta::assert_snapshot!(env.run("current -v"), @"
    Current revision(s) for app.db:
    Rev: b2 (head)
    Parent: a1
    Branch names: shop
    Path: versions/b2.sql

        make b2

        Revision ID: b2
        Revises: a1
        Create Date:
    ");
    env.run("downgrade a1").ok();
    insta::assert_snapshot!(env.run("current"), @"a1 (branchpoint)");
    env.run("upgrade heads").ok();
    insta::assert_snapshot!(env.run("current"), @"
    b2 (head)
    c3 (head)
    ");
    env.run("downgrade base").ok();
    insta::assert_snapshot!(env.run("current"), @"
    ------- stderr -------
    no revision is applied to app.db
    ");
}

#[test]
fn check_heads_is_yes_or_no() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1", "c3 < b2"]);
    env.run("upgrade a1").ok();
    insta::assert_snapshot!(env.run("current --check-heads"), @"
    a1
    ------- stderr -------
    the database is not at the heads: 2 revisions are pending; `migrator upgrade heads` applies what is pending
    [exit status: 1]
    ");
    env.run("upgrade b2").ok();
    insta::assert_snapshot!(env.run("current -c"), @"
    b2
    ------- stderr -------
    the database is not at the heads: 1 revision is pending; `migrator upgrade heads` applies what is pending
    [exit status: 1]
    ");
    env.run("upgrade").ok();
    insta::assert_snapshot!(env.run("current -c"), @"c3 (head)");
    assert_eq!(env.run("-q current -c").exits_with(0), "");
}

#[test]
fn check_heads_is_yes_where_a_head_is_a_dependency() {
    let env = TestEnv::with_graph(&["a1", "x9 ~a1"]);
    env.run("upgrade heads").ok();
    assert_eq!(env.rows(), ["x9"]);
    insta::assert_snapshot!(env.run("current -c"), @"
    a1 (effective head)
    x9 (head)
    ");
}

#[test]
fn a_missing_database_is_said_and_not_made() {
    let env = TestEnv::with_graph(&["a1"]);
    let before = env.files();
    insta::assert_snapshot!(env.run("current"), @"
    ------- stderr -------
    error: the database `$DIR/app.db` does not exist
    hint: `migrator upgrade` makes it; if it should be there, check the path: it comes from `--url`, or else from `database.url` in alembic.toml
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("current -c"), @"
    ------- stderr -------
    error: the database `$DIR/app.db` does not exist
    hint: `migrator upgrade` makes it; if it should be there, check the path: it comes from `--url`, or else from `database.url` in alembic.toml
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("history -i"), @"
    ------- stderr -------
    error: the database `$DIR/app.db` does not exist
    hint: `migrator upgrade` makes it; if it should be there, check the path: it comes from `--url`, or else from `database.url` in alembic.toml
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("show current"), @"
    ------- stderr -------
    error: the database `$DIR/app.db` does not exist
    hint: `migrator upgrade` makes it; if it should be there, check the path: it comes from `--url`, or else from `database.url` in alembic.toml
    [exit status: 2]
    ");
    env.config("[database]\nurl = \"missing/folder/app.db\"");
    insta::assert_snapshot!(env.run("current"), @"
    ------- stderr -------
    error: the folder of the database `$DIR/missing/folder/app.db` does not exist
    hint: `migrator upgrade` makes it; if it should be there, check the path: it comes from `--url`, or else from `database.url` in alembic.toml
    [exit status: 2]
    ");
    assert_eq!(env.files(), before);
}

#[test]
fn reading_makes_no_table_and_no_file() {
    let env = TestEnv::with_graph(&["a1"]);
    env.sql("PRAGMA journal_mode = wal; CREATE TABLE mine (x)");
    let before = env.files();
    for line in [
        "current",
        "current -c",
        "heads",
        "history -i",
        "show current",
        "branches",
        "upgrade --sql",
        "downgrade a1:base --sql",
        "stamp --sql a1",
        "ensure-version --sql",
        "upgrade --dry-run",
        "downgrade base --dry-run",
    ] {
        let output = env.run(line);
        assert!(output.status < Some(2), "{line}: {output}");
        assert_eq!(env.files(), before, "{line}");
        assert_eq!(env.query("SELECT name FROM sqlite_schema"), ["mine"], "{line}");
    }
}
