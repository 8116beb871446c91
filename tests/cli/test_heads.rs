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
    `migrator rebase c3` or `migrator rebase b2` makes one line of them: move the one that no database has run yet, here or elsewhere; `migrator merge heads` joins them in a revision of its own
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
    `migrator rebase x9 --onto b2` puts what leads to the one on top of the other; `migrator merge heads` joins them in a revision of its own
    [exit status: 1]
    ");
    insta::assert_snapshot!(env.run("heads --check --resolve-dependencies"), @"x9 (head)");
    insta::assert_snapshot!(TestEnv::new().run("heads --check"), @r#"
    ------- stderr -------
    there are no revisions yet; `migrator revision -m "…"` makes one
    "#);
}

/// The commands that `heads --check` suggests, tried one by one on projects of their own: each
/// succeeds, and leaves one head less and revisions that run.
#[track_caller]
fn check_suggestions(make: &dyn Fn() -> TestEnv, expected: &[&str]) {
    let said = make().run("heads --check").exits_with(1);
    let parts: Vec<&str> = said.split('`').collect();
    let commands: Vec<&str> =
        parts.iter().copied().filter(|it| it.starts_with("migrator ")).collect();
    assert_eq!(commands, expected, "{said}");
    for command in commands {
        let env = make();
        let n_heads = |env: &TestEnv| env.run("heads").ok().lines().count();
        let before = n_heads(&env);
        let line = command.strip_prefix("migrator ").unwrap();
        env.run(line).exits_with(i32::from(line == "verify"));
        if line != "verify" {
            assert!(n_heads(&env) < before, "{command}");
            env.run("upgrade heads -q").exits_with(0);
        }
    }
}

#[test]
fn what_is_suggested_for_several_heads_succeeds() {
    let two = || TestEnv::with_graph(&["c3", "d2 < c3", "e3 < c3"]);
    let either = ["migrator rebase e3", "migrator rebase d2", "migrator merge heads"];
    check_suggestions(&two, &either);
    let ran = |target: &'static str| {
        move || {
            let env = two();
            env.run(&format!("upgrade {target} -q")).exits_with(0);
            env
        }
    };
    check_suggestions(&ran("e3"), &["migrator rebase d2", "migrator merge heads"]);
    check_suggestions(&ran("heads"), &["migrator merge heads"]);
    let three = || TestEnv::with_graph(&["c3", "d2 < c3", "e3 < c3", "f4 < c3"]);
    let either =
        ["migrator rebase f4 --onto d2", "migrator rebase d2 --onto f4", "migrator merge heads"];
    check_suggestions(&three, &either);
    let same = || {
        let env = TestEnv::with_graph(&["c3", "d2 < c3"]);
        env.revision("e3").after("c3").up("CREATE TABLE t_d2 (other);").write();
        env
    };
    check_suggestions(&same, &["migrator verify"]);
    let apart = || TestEnv::with_graph(&["d2", "e3"]);
    check_suggestions(
        &apart,
        &["migrator rebase e3 --onto d2", "migrator rebase d2 --onto e3", "migrator merge heads"],
    );
    let some = || TestEnv::with_graph(&["d2", "e3 < d2", "f4 < d2", "x9 [x]"]);
    check_suggestions(&some, &["migrator rebase f4", "migrator rebase e3", "migrator merge e3 f4"]);
}

#[test]
fn labels_keep_heads_apart() {
    let env = TestEnv::with_graph(&["a1 [shop]", "b1 [blog]"]);
    env.run("heads --check").ok();
    assert_eq!(env.run("lint").exits_with(0), "nothing found in 2 revisions\n");
    env.graph(&["a2 < a1", "a3 < a1"]);
    insta::assert_snapshot!(env.run("heads --check"), @"
    a2 (shop) (head)
    a3 (shop) (head)
    b1 (blog) (head)
    ------- stderr -------
    there are 2 heads that nothing tells apart: a2, a3
    `migrator rebase a3` or `migrator rebase a2` makes one line of them: move the one that no database has run yet, here or elsewhere; `migrator merge a2 a3` joins them in a revision of its own
    [exit status: 1]
    ");
}
