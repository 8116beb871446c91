//! `migrator edit`

use crate::support::TestEnv;

fn env() -> TestEnv {
    let env = TestEnv::with_graph(&["a1", "b2 < a1", "c3 < a1"]);
    env.script("my editor", "printf '%s\\n' \"$@\"").script("vi", "echo vi \"$@\"");
    env
}

#[test]
fn the_editor_gets_its_arguments_and_the_file() {
    let env = env().with("VISUAL", "'./my editor' --wait -n").with("EDITOR", "false");
    insta::assert_snapshot!(env.run("edit b2"), @"
    --wait
    -n
    $DIR/versions/b2.sql
    ");
    insta::assert_snapshot!(env.run("edit heads"), @"
    --wait
    -n
    $DIR/versions/b2.sql
    $DIR/versions/c3.sql
    ");
    env.run("upgrade a1").ok();
    insta::assert_snapshot!(env.run("edit current"), @"
    --wait
    -n
    $DIR/versions/a1.sql
    ");
}

#[test]
fn from_a_folder_below_the_file_is_found_too() {
    let env = env().with("EDITOR", "ls").inside("deep/down");
    insta::assert_snapshot!(env.run("edit b2"), @"$DIR/versions/b2.sql");
    insta::assert_snapshot!(env.run("show b2"), @"
    Rev: b2 (head)
    Parent: a1
    Path: $DIR/versions/b2.sql

        make b2

        Revision ID: b2
        Revises: a1
        Create Date:
    ");
}

#[test]
fn the_second_choice_and_the_fallback_are_used() {
    let env = env().with("VISUAL", " ").with("EDITOR", "echo");
    insta::assert_snapshot!(env.run("edit b2"), @"$DIR/versions/b2.sql");
    let env = self::env().with("PATH", ".");
    insta::assert_snapshot!(env.run("edit b2"), @"vi $DIR/versions/b2.sql");
}

#[test]
fn an_editor_that_fails_is_an_error() {
    let env = env();
    insta::assert_snapshot!(env.with("EDITOR", "false").run("edit b2"), @"
    ------- stderr -------
    error: the editor `false` failed (exit status: 1)
    [exit status: 3]
    ");
    let env = self::env();
    insta::assert_snapshot!(env.with("EDITOR", "no-such-editor -w").run("edit b2"), @"
    ------- stderr -------
    error: cannot start the editor `no-such-editor`: No such file or directory (os error 2)
    hint: set VISUAL or EDITOR to the editor you use
    [exit status: 2]
    ");
    let env = self::env();
    insta::assert_snapshot!(env.with("EDITOR", "vim 'oops").run("edit b2"), @"
    ------- stderr -------
    error: EDITOR is `vim 'oops`: missing closing quote
    [exit status: 2]
    ");
}

#[test]
fn without_a_revision_to_edit_none_is_opened() {
    let env = env().with("EDITOR", "echo opened");
    insta::assert_snapshot!(env.run("edit"), @"
    ------- stderr -------
    error: `head` is ambiguous, there are several heads: `b2`, `c3`
    hint: name one of them, `b2`, `c3`, or say `heads` for all
    hint: `migrator rebase c3` or `migrator rebase b2` makes one line of them: move the one that no database has run yet, here or elsewhere; `migrator merge heads` joins them in a revision of its own
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("edit base"), @"
    ------- stderr -------
    error: `base` names no revision to edit
    hint: `migrator history` lists the revisions
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("edit nope"), @"
    ------- stderr -------
    error: no revision or branch label is called `nope` or begins with it
    hint: `migrator history` lists all revisions and labels
    [exit status: 2]
    ");
    env.sql("CREATE TABLE mine (x)");
    insta::assert_snapshot!(env.run("edit current"), @"
    ------- stderr -------
    error: `current` names no revision to edit
    hint: `migrator history` lists the revisions
    [exit status: 2]
    ");
}

#[test]
fn nothing_to_edit_says_what_to_do() {
    let env = TestEnv::new();
    insta::assert_snapshot!(env.run("edit"), @r#"
    ------- stderr -------
    error: `head` names no revision to edit
    hint: there are no revisions yet; `migrator revision -m "…"` makes one
    [exit status: 2]
    "#);
}
