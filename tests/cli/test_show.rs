//! `migrator show`

use crate::support::TestEnv;

#[test]
fn a_revision_is_shown_in_full() {
    let env = TestEnv::with_graph(&["a1 [shop]", "b2 < a1", "c3 < a1", "d4 < b2 c3", "x9 ~shop"]);
    insta::assert_snapshot!(env.run("show a1"), @"
    Rev: a1 (branchpoint)
    Parent: <base>
    Branches into: b2, c3
    Branch names: shop
    Path: versions/a1.sql

        make a1

        Revision ID: a1
        Revises:
        Create Date:
    ");
    insta::assert_snapshot!(env.run("show d"), @"
    ------- stderr -------
    error: no revision or branch label is called `d` or begins with it
    hint: did you mean `d4`?
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("show heads"), @"
    Rev: d4 (head) (mergepoint)
    Merges: b2, c3
    Branch names: shop
    Path: versions/d4.sql

        make d4

        Revision ID: d4
        Revises: b2, c3
        Create Date:

    Rev: x9 (head)
    Parent: <base>
    Also depends on: shop
    Path: versions/x9.sql

        make x9

        Revision ID: x9
        Revises:
        Create Date:
    ");
    insta::assert_snapshot!(env.run("show base"), @"
    ------- stderr -------
    `base` names no revision
    ");
    insta::assert_snapshot!(env.run("show shop"), @"
    Rev: a1 (branchpoint)
    Parent: <base>
    Branches into: b2, c3
    Branch names: shop
    Path: versions/a1.sql

        make a1

        Revision ID: a1
        Revises:
        Create Date:
    ");
    insta::assert_snapshot!(env.run("show shop@head"), @"
    Rev: d4 (head) (mergepoint)
    Merges: b2, c3
    Branch names: shop
    Path: versions/d4.sql

        make d4

        Revision ID: d4
        Revises: b2, c3
        Create Date:
    ");
    env.run("upgrade b2").ok();
    insta::assert_snapshot!(env.run("show current"), @"
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
fn a_wrong_name_is_refused() {
    let env = TestEnv::with_graph(&["aaaa1111", "aaaa2222 < aaaa1111", "bbbb < aaaa1111"]);
    insta::assert_snapshot!(env.run("show aaaa"), @"
    ------- stderr -------
    error: `aaaa` is the beginning of several revisions: `aaaa1111`, `aaaa2222`
    hint: type more of it
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("show head"), @"
    ------- stderr -------
    error: `head` is ambiguous, there are several heads: `aaaa2222`, `bbbb`
    hint: name one of them, `aaaa2222`, `bbbb`, or say `heads` for all
    hint: `migrator rebase bbbb` or `migrator rebase aaaa2222` makes one line of them: move the one that no database has run yet, here or elsewhere; `migrator merge heads` joins them in a revision of its own
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("show AAAA1111"), @"
    ------- stderr -------
    error: no revision or branch label is called `AAAA1111` or begins with it
    hint: did you mean `aaaa1111`?
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("show aaaa1111+1"), @"
    ------- stderr -------
    error: `aaaa1111+1` has no meaning here: steps are counted by `upgrade`, `downgrade` and `history` only
    hint: name a revision; `migrator current` shows where the database is
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("show bbbb@aaaa2222"), @"
    ------- stderr -------
    error: revision `aaaa2222` is not on the branch `bbbb`
    hint: `migrator history -r bbbb@base:bbbb@head` lists the branch
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("show"), @"
    ------- stderr -------
    error: `migrator show` needs `<REVISION>`
    hint: `migrator show head` shows the newest; `migrator history` lists them
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("show -1"), @"
    ------- stderr -------
    error: `-1` has no meaning here: steps are counted by `upgrade`, `downgrade` and `history` only
    hint: name a revision; `migrator current` shows where the database is
    [exit status: 2]
    ");
}
