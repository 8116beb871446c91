//! `migrator history`

use crate::support::TestEnv;

const GRAPH: &[&str] =
    &["a1", "b2 < a1 [shop]", "b3 < b2", "c2 < a1", "c3 < c2", "d4 < b3 c3", "e5 < d4", "x1 ~c2"];

#[test]
fn the_newest_comes_first() {
    let env = TestEnv::with_graph(GRAPH);
    insta::assert_snapshot!(env.run("history"), @"
    d4 -> e5 (shop) (head), make e5
    b3, c3 -> d4 (shop) (mergepoint), make d4
    b2 -> b3 (shop), make b3
    a1 -> b2 (shop), make b2
    <base> (c2) -> x1 (head), make x1
    c2 -> c3, make c3
    a1 -> c2, make c2
    <base> -> a1 (branchpoint), make a1
    ");
    insta::assert_snapshot!(env.run("history -v -r b2:b3"), @"
    Rev: b3
    Parent: b2
    Branch names: shop
    Path: versions/b3.sql

        make b3

        Revision ID: b3
        Revises: b2
        Create Date:

    Rev: b2
    Parent: a1
    Branch names: shop
    Path: versions/b2.sql

        make b2

        Revision ID: b2
        Revises: a1
        Create Date:
    ");
}

#[test]
fn the_current_ones_are_marked() {
    let env = TestEnv::with_graph(GRAPH);
    env.run("upgrade b3").ok();
    env.run("upgrade c2").ok();
    insta::assert_snapshot!(env.run("history -i"), @"
    d4 -> e5 (shop) (head), make e5
    b3, c3 -> d4 (shop) (mergepoint), make d4
    b2 -> b3 (shop) (current), make b3
    a1 -> b2 (shop), make b2
    <base> (c2) -> x1 (head), make x1
    c2 -> c3, make c3
    a1 -> c2 (current), make c2
    <base> -> a1 (branchpoint), make a1
    ");
    insta::assert_snapshot!(env.run("history --indicate-current --graph"), @"
    o  e5 (shop) (head), make e5
    o    d4 (shop) (mergepoint), make d4
    ├─╮
    @ │  b3 (shop) (current), make b3
    o │  b2 (shop), make b2
    │ │ o  x1 (head), make x1
    │ o │  c3, make c3
    │ ├─╯
    │ @  c2 (current), make c2
    ├─╯
    o  a1 (branchpoint), make a1
    ");
    insta::assert_snapshot!(env.run("history -r current:"), @"
    d4 -> e5 (shop) (head), make e5
    b3, c3 -> d4 (shop) (mergepoint), make d4
    b2 -> b3 (shop), make b3
    c2 -> c3, make c3
    a1 -> c2, make c2
    ");
    insta::assert_snapshot!(env.run("history -r :current"), @"
    b2 -> b3 (shop), make b3
    a1 -> b2 (shop), make b2
    a1 -> c2, make c2
    <base> -> a1 (branchpoint), make a1
    ");
}

#[test]
fn current_may_depend_on_another_head() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1", "c3 < a1 ~b2", "d4 < c3"]);
    env.run("upgrade c3").ok();
    insta::assert_snapshot!(env.run("history -r current:"), @"
    c3 -> d4 (head), make d4
    a1 (b2) -> c3, make c3
    ");
}

#[test]
fn branches_and_merges_are_drawn() {
    let env = TestEnv::with_graph(GRAPH);
    insta::assert_snapshot!(env.run("history --graph"), @"
    o  e5 (shop) (head), make e5
    o    d4 (shop) (mergepoint), make d4
    ├─╮
    o │  b3 (shop), make b3
    o │  b2 (shop), make b2
    │ │ o  x1 (head), make x1
    │ o │  c3, make c3
    │ ├─╯
    │ o  c2, make c2
    ├─╯
    o  a1 (branchpoint), make a1
    ");
    insta::assert_snapshot!(env.run("history --graph -r c2:d4"), @"
    o    d4 (shop) (mergepoint), make d4
    ├─╮
    │ │
    ~ │
      │
      o  c3, make c3
      o  c2, make c2
      │
      ~
    ");
    insta::assert_snapshot!(env.run("history --graph -v -r b2:b3"), @"
    o  Rev: b3
    │  Parent: b2
    │  Branch names: shop
    │  Path: versions/b3.sql
    │
    │      make b3
    │
    │      Revision ID: b3
    │      Revises: b2
    │      Create Date:
    o  Rev: b2
    │  Parent: a1
    ~  Branch names: shop
       Path: versions/b2.sql

           make b2

           Revision ID: b2
           Revises: a1
           Create Date:
    ");
}

#[test]
fn a_range_has_two_ends_that_may_be_left_out() {
    let env = TestEnv::with_graph(GRAPH);
    insta::assert_snapshot!(env.run("history -r b2:e5"), @"
    d4 -> e5 (shop) (head), make e5
    b3, c3 -> d4 (shop) (mergepoint), make d4
    b2 -> b3 (shop), make b3
    a1 -> b2 (shop), make b2
    ");
    insta::assert_snapshot!(env.run("history --rev-range c3:"), @"
    d4 -> e5 (shop) (head), make e5
    b3, c3 -> d4 (shop) (mergepoint), make d4
    c2 -> c3, make c3
    ");
    insta::assert_snapshot!(env.run("history -r :b2"), @"
    a1 -> b2 (shop), make b2
    <base> -> a1 (branchpoint), make a1
    ");
    insta::assert_snapshot!(env.run("history -r -3:"), @"
    ------- stderr -------
    error: `-3` is ambiguous: below `d4` there are several ways: `b3`, `c3`
    hint: name where to go, for example `b3`
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("history -r-2:"), @"
    ------- stderr -------
    error: `-2` is ambiguous: below `d4` there are several ways: `b3`, `c3`
    hint: name where to go, for example `b3`
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("history --rev-range=-2:"), @"
    ------- stderr -------
    error: `-2` is ambiguous: below `d4` there are several ways: `b3`, `c3`
    hint: name where to go, for example `b3`
    [exit status: 2]
    ");
    let line = TestEnv::with_graph(&["a1", "b2 < a1", "c3 < b2", "d4 < c3"]);
    insta::assert_snapshot!(line.run("history -r -2:"), @"
    c3 -> d4 (head), make d4
    b2 -> c3, make c3
    a1 -> b2, make b2
    ");
    assert_eq!(line.run("history -r-2:").ok(), line.run("history --rev-range=-2:").ok());
    insta::assert_snapshot!(env.run("history -r b2:+1"), @"
    b2 -> b3 (shop), make b3
    a1 -> b2 (shop), make b2
    ");
    insta::assert_snapshot!(env.run("history -r b2:b2+1"), @"
    b2 -> b3 (shop), make b3
    a1 -> b2 (shop), make b2
    ");
    insta::assert_snapshot!(env.run("history -r shop@base:shop@head"), @"
    d4 -> e5 (shop) (head), make e5
    b3, c3 -> d4 (shop) (mergepoint), make d4
    b2 -> b3 (shop), make b3
    a1 -> b2 (shop), make b2
    c2 -> c3, make c3
    a1 -> c2, make c2
    <base> -> a1 (branchpoint), make a1
    ");
    insta::assert_snapshot!(env.run("history -r x1@base:"), @"
    <base> (c2) -> x1 (head), make x1
    a1 -> c2, make c2
    <base> -> a1 (branchpoint), make a1
    ");
    insta::assert_snapshot!(env.run("history -r :"), @"
    d4 -> e5 (shop) (head), make e5
    b3, c3 -> d4 (shop) (mergepoint), make d4
    b2 -> b3 (shop), make b3
    a1 -> b2 (shop), make b2
    <base> (c2) -> x1 (head), make x1
    c2 -> c3, make c3
    a1 -> c2, make c2
    <base> -> a1 (branchpoint), make a1
    ");
}

#[test]
fn a_wrong_range_is_refused() {
    let env = TestEnv::with_graph(GRAPH);
    insta::assert_snapshot!(env.run("history -r b2"), @"
    ------- stderr -------
    error: `b2` is no revision: a range is written `A:B`, `A:` or `:B`
    hint: from there on it is `b2:`, up to there `:b2`, and only that one `b2:b2`
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("history -r b2:c3"), @"
    ------- stderr -------
    error: `b2` does not come before `c3`
    hint: a range leads from an older revision to a newer one of the same line: `OLD:NEW`
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("history -r e5:b2"), @"
    ------- stderr -------
    error: `e5` does not come before `b2`
    hint: a range leads from an older revision to a newer one of the same line: `OLD:NEW`
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("history -r nope:"), @"
    ------- stderr -------
    error: no revision or branch label is called `nope` or begins with it
    hint: `migrator history` lists all revisions and labels
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("history -r a:b:c"), @"
    ------- stderr -------
    error: `a:b:c` is no revision: a range has two ends, `A:B`
    hint: revisions are named by id, `head`, `heads`, `base`, `+N`, `-N`, `REV+N`, `REV-N`, `LABEL@head` and the like
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("history -r -9:"), @"
    ------- stderr -------
    error: `-9` is ambiguous: below `d4` there are several ways: `b3`, `c3`
    hint: name where to go, for example `b3`
    [exit status: 2]
    ");
}
