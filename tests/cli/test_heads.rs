//! `migrator heads`

use crate::support::TestEnv;

#[test]
fn a_head_is_what_nothing_follows() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1 [shop]", "c3 < a1"]);
    insta::assert_snapshot!(env.run("heads"), @"
    b2 (shop) (head)
    c3 (head)
    ");
    insta::assert_snapshot!(env.run("heads -v"), @"
    Rev: b2 (head)
    Parent: a1
    Branch names: shop
    Path: versions/b2.sql

        make b2

        Revision ID: b2
        Revises: a1
        Create Date:

    Rev: c3 (head)
    Parent: a1
    Path: versions/c3.sql

        make c3

        Revision ID: c3
        Revises: a1
        Create Date:
    ");
}

#[test]
fn heads_that_others_depend_on_can_be_left_out() {
    let env = TestEnv::with_graph(&["a1", "x9 ~a1"]);
    insta::assert_snapshot!(env.run("heads"), @"
    a1 (effective head)
    x9 (head)
    ");
    insta::assert_snapshot!(env.run("heads --resolve-dependencies"), @"x9 (head)");
}

#[test]
fn an_empty_project_has_none() {
    let env = TestEnv::new();
    insta::assert_snapshot!(env.run("heads"), @r#"
    ------- stderr -------
    there are no revisions yet; `migrator revision -m "…"` makes one
    "#);
    insta::assert_snapshot!(env.run("history"), @r#"
    ------- stderr -------
    there are no revisions yet; `migrator revision -m "…"` makes one
    "#);
    insta::assert_snapshot!(env.run("branches"), @"");
    insta::assert_snapshot!(env.run("show head"), @"
    ------- stderr -------
    `head` names no revision
    ");
    insta::assert_snapshot!(env.run("show heads"), @"
    ------- stderr -------
    `heads` names no revision
    ");
}

#[test]
fn more_than_one_is_a_no() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1", "c3 < a1"]);
    insta::assert_snapshot!(env.run("heads --check"), @"
    b2 (head)
    c3 (head)
    ------- stderr -------
    there are 2 heads: b2, c3
    `migrator rebase c3` puts what leads to it on top of the other; `migrator merge heads` joins them in a revision of its own
    [exit status: 1]
    ");
    let output = env.run("heads --check --json");
    assert_eq!(output.status, Some(1));
    assert!(output.stdout.contains("\"revision\": \"c3\""), "{output}");
    let env = TestEnv::with_graph(&["a1", "b2 < a1", "x9 ~b2"]);
    insta::assert_snapshot!(env.run("heads --check"), @"
    b2 (effective head)
    x9 (head)
    ------- stderr -------
    there are 2 heads: b2, x9
    `migrator rebase x9` puts what leads to it on top of the other; `migrator merge heads` joins them in a revision of its own
    [exit status: 1]
    ");
    insta::assert_snapshot!(env.run("heads --check --resolve-dependencies"), @"x9 (head)");
    insta::assert_snapshot!(TestEnv::new().run("heads --check"), @r#"
    ------- stderr -------
    there are no revisions yet; `migrator revision -m "…"` makes one
    "#);
}
