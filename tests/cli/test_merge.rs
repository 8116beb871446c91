//! `migrator merge`

use crate::support::TestEnv;

const FORK: &[&str] = &["a1", "b2 < a1", "c3 < a1 [shop]"];

#[test]
fn heads_are_joined() {
    let env = TestEnv::with_graph(FORK);
    insta::assert_snapshot!(env.run("merge heads -m 'join the shop'"), @"wrote versions/aaaa11112222_join_the_shop.sql");
    insta::assert_snapshot!(env.read("versions/aaaa11112222_join_the_shop.sql"), @r#"
    -- /// revision
    -- revision = "aaaa11112222"
    -- down_revision = ["b2", "c3"]
    -- message = "join the shop"
    -- create_date = 2026-11-03T14:40:11Z
    -- ///

    -- migrate:upgrade

    -- migrate:downgrade
    "#);
    insta::assert_snapshot!(env.run("history"), @"
    b2, c3 -> aaaa11112222 (shop) (head) (mergepoint), join the shop
    a1 -> b2, make b2
    a1 -> c3 (shop), make c3
    <base> -> a1 (branchpoint), make a1
    ");
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    upgrade a1, make a1 ([time])
    upgrade c3, make c3 ([time])
    upgrade b2, make b2 ([time])
    upgrade aaaa11112222, join the shop ([time])
    app.db is at aaaa11112222
    ");
}

#[test]
fn a_head_is_joined_with_one_that_it_depends_on() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1", "c3 < a1 ~b2"]);
    env.run("upgrade heads").ok();
    assert_eq!(env.rows(), ["c3"]);
    insta::assert_snapshot!(env.run("merge heads -m join"), @"wrote versions/aaaa11112222_join.sql");
    insta::assert_snapshot!(env.run("heads"), @"aaaa11112222 (head)");
    insta::assert_snapshot!(env.run("history"), @"
    b2, c3 -> aaaa11112222 (head) (mergepoint), join
    a1 (b2) -> c3, make c3
    a1 -> b2, make b2
    <base> -> a1 (branchpoint), make a1
    ");
    env.run("upgrade").ok();
    assert_eq!(env.rows(), ["aaaa11112222"]);
    env.run("downgrade -1").ok();
    assert_eq!(env.rows(), ["c3"]);
    env.remove("versions/aaaa11112222_join.sql");
    env.run("merge b2 c3 --rev-id m4").ok();
    env.run("upgrade head").ok();
    assert_eq!(env.rows(), ["m4"]);
}

#[test]
fn the_branches_can_be_named_in_any_order() {
    let env = TestEnv::with_graph(FORK);
    env.run("merge shop@head b2 --rev-id m1 --branch-label joined").ok();
    insta::assert_snapshot!(env.run("show m1"), @"
    Rev: m1 (head) (mergepoint)
    Merges: c3, b2
    Branch names: joined, shop
    Path: versions/m1_.sql



        Revision ID: m1
        Revises: c3, b2
        Create Date: 2026-11-03T14:40:11Z
    ");
}

#[test]
fn what_is_no_head_needs_splice() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1", "c3 < a1", "d4 < c3"]);
    insta::assert_snapshot!(env.run("merge b2 c3"), @"
    ------- stderr -------
    error: revision `c3` is not a head: `d4` follows it
    hint: add `--splice` to begin a branch there
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("merge b2 c3 --splice -m join"), @"wrote versions/aaaa11112222_join.sql");
}

#[test]
fn a_revision_cannot_be_joined_with_itself_or_its_parent() {
    let env = TestEnv::with_graph(FORK);
    insta::assert_snapshot!(env.run("merge b2 b2"), @"
    ------- stderr -------
    error: revision `b2` is named twice
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("merge a1 b2 --splice"), @"
    ------- stderr -------
    error: `a1` and `b2` lie on one line: `a1` comes before `b2`
    hint: `b2` includes `a1`: name only `b2`
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("merge head"), @r#"
    ------- stderr -------
    error: `head` is ambiguous, there are several heads: `b2`, `c3`
    hint: say `heads` for all of them, or name one
    hint: `migrator merge heads -m "…"` joins them in one revision, `migrator rebase` makes one line of them
    [exit status: 2]
    "#);
    insta::assert_snapshot!(env.run("merge"), @"
    ------- stderr -------
    error: the following required arguments were not provided:
      <REVISION>...

    Usage: migrator merge <REVISION>...

    For more information, try '--help'.
    [exit status: 2]
    ");
}

#[test]
fn a_single_head_gets_a_plain_child() {
    let env = TestEnv::with_graph(&["a1"]);
    insta::assert_snapshot!(env.run("merge heads -m nothing"), @"wrote versions/aaaa11112222_nothing.sql");
    insta::assert_snapshot!(env.run("history"), @"
    a1 -> aaaa11112222 (head), nothing
    <base> -> a1, make a1
    ");
}

#[test]
fn nothing_to_merge_in_an_empty_project() {
    let env = TestEnv::new();
    insta::assert_snapshot!(env.run("merge heads"), @r#"
    ------- stderr -------
    error: there is nothing to join: no revision is named
    hint: `migrator revision -m "…"` makes a revision that follows nothing
    [exit status: 2]
    "#);
}
