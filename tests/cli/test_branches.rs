//! `migrator branches`

use crate::support::TestEnv;

#[test]
fn a_branch_point_is_shown_with_what_follows_it() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1 [shop]", "c3 < a1", "d4 < c3", "e5 < c3"]);
    insta::assert_snapshot!(env.run("branches"), @"
    c3 (branchpoint)
       -> d4 (head)
       -> e5 (head)

    a1 (branchpoint)
       -> b2 (shop) (head)
       -> c3 (branchpoint)
    ");
    insta::assert_snapshot!(env.run("branches -v"), @"
    Rev: c3 (branchpoint)
    Parent: a1
    Branches into: d4, e5
    Path: versions/c3.sql

        make c3

        Revision ID: c3
        Revises: a1
        Create Date:

       -> d4 (head), make d4
       -> e5 (head), make e5

    Rev: a1 (branchpoint)
    Parent: <base>
    Branches into: b2, c3
    Path: versions/a1.sql

        make a1

        Revision ID: a1
        Revises:
        Create Date:

       -> b2 (shop) (head), make b2
       -> c3 (branchpoint), make c3
    ");
}

#[test]
fn without_a_branch_point_there_is_nothing_to_show() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1"]);
    insta::assert_snapshot!(env.run("branches"), @"");
}
