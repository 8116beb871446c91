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
    hint: name one of them, `b2`, `shop@head`, or say `heads` for all
    hint: or, if they are not meant to stay apart, `migrator merge heads` joins them in a revision of its own
    [exit status: 2]
    "#);
    insta::assert_snapshot!(env.run("merge"), @r#"
    ------- stderr -------
    error: `migrator merge` needs `<REVISION>...`
    hint: `migrator merge heads -m "…"` joins all of them
    [exit status: 2]
    "#);
}

#[test]
fn a_single_head_is_not_joined_with_itself() {
    let env = TestEnv::with_graph(&["a1"]);
    insta::assert_snapshot!(env.run("merge heads -m nothing"), @r#"
    ------- stderr -------
    error: there is nothing to join: `a1` is the only head
    hint: no file was written; `migrator revision -m "…"` makes a revision after it
    [exit status: 2]
    "#);
    assert_eq!(env.run("merge head").exits_with(2), env.run("merge heads").exits_with(2));
    env.graph(&["b2 < a1", "c3 < a1"]);
    insta::assert_snapshot!(env.run("merge b2"), @"
    ------- stderr -------
    error: there is nothing to join: only `b2` is named
    hint: no file was written; name two or more heads, or `heads` for all of them
    [exit status: 2]
    ");
    assert_eq!(env.files().len(), 5, "{:?}", env.files());
}

/// The template for several databases, with a base in the folder of each.
fn two_databases(labels: [&str; 2]) -> TestEnv {
    let env = TestEnv::empty();
    env.run("init -t multidb").ok();
    for (name, label) in ["users", "orders"].into_iter().zip(labels) {
        let id = &name[..1];
        let revision = env.revision(&format!("{id}1"));
        let revision = if label.is_empty() { revision } else { revision.label(label) };
        env.file(&format!("versions/{name}/{id}1.sql"), &revision.text());
    }
    env
}

#[test]
fn lineages_of_different_databases_are_never_joined() {
    for labels in [["users", "orders"], ["", ""]] {
        let env = two_databases(labels);
        env.run("heads --check").ok();
        assert_eq!(env.run("lint").exits_with(0), "nothing found in 2 revisions\n");
        let refused = env.run("merge heads").exits_with(2);
        insta::allow_duplicates! { insta::assert_snapshot!(refused, @"
        error: `u1` is for `users`, and `o1` for `orders`: no revision follows both
        hint: no file was written; each database has a line of its own: choose one with `-n`, for example `migrator -n users heads`
        "); }
        let refused = env.run("rebase o1 --onto u1").exits_with(2);
        insta::allow_duplicates! { insta::assert_snapshot!(refused, @"
        error: `o1` is for `orders`, and `u1` for `users`
        hint: no file was written; each database has a line of its own
        "); }
        insta::allow_duplicates! { insta::assert_snapshot!(env.run("rebase o1"), @"
        ------- stderr -------
        its database has no other head; no file was written
        "); }
        let refused = env.run("revision -m x --head o1 --head u1").exits_with(2);
        assert!(refused.contains("no revision follows both"), "{refused}");
    }
}

#[test]
fn two_heads_of_one_database_are_found_beside_those_of_another() {
    let env = two_databases(["users", "orders"]);
    for id in ["u2", "u3"] {
        env.file(&format!("versions/users/{id}.sql"), &env.revision(id).after("u1").text());
    }
    insta::assert_snapshot!(env.run("heads --check"), @"
    u2 (users) (head)
    u3 (users) (head)
    o1 (orders) (head)
    ------- stderr -------
    there are 2 heads that nothing tells apart: u2, u3
    `migrator rebase u3` or `migrator rebase u2` makes one line of them: move the one that no database has run yet, here or elsewhere; `migrator merge u2 u3` joins them in a revision of its own
    [exit status: 1]
    ");
    insta::assert_snapshot!(env.run("lint"), @r#"
    warning[two-heads]: `u3` is a head, and so is `u2`: `upgrade head` does not know which
     --> versions/users/u3.sql:2:15
      |
    2 | -- revision = "u3"
      |               ^^^^
    hint: `migrator rebase u3 --onto u2` puts the one line on top of the other, `migrator merge u3 u2 -m "…"` joins them (`migrator heads --check` tries both in memory); give them branch labels if they are to stay apart

    warning[two-heads]: `u2` is a head, and so is `u3`: `upgrade head` does not know which
     --> versions/users/u2.sql:2:15
      |
    2 | -- revision = "u2"
      |               ^^^^
    hint: `migrator rebase u2 --onto u3` puts the one line on top of the other, `migrator merge u2 u3 -m "…"` joins them (`migrator heads --check` tries both in memory); give them branch labels if they are to stay apart

    ------- stderr -------
    2 warnings in 4 revisions
    "#);
    env.run("rebase u3").ok();
    env.run("heads --check").ok();
    env.run("-n users upgrade -q").exits_with(0);
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
