//! `migrator revision`

use crate::support::TestEnv;

#[test]
fn a_first_revision_is_a_base() {
    let env = TestEnv::new();
    insta::assert_snapshot!(env.run("revision -m 'Create users'"), @"wrote versions/aaaa11112222_create_users.sql");
    insta::assert_snapshot!(env.read("versions/aaaa11112222_create_users.sql"), @r#"
    -- /// revision
    -- revision = "aaaa11112222"
    -- message = "Create users"
    -- create_date = 2026-11-03T14:40:11Z
    -- ///

    -- migrate:upgrade

    -- migrate:downgrade
    "#);
}

#[test]
fn the_next_one_follows_the_head() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1"]);
    env.run("revision -m 'add email'").ok();
    insta::assert_snapshot!(env.read("versions/aaaa11112222_add_email.sql"), @r#"
    -- /// revision
    -- revision = "aaaa11112222"
    -- down_revision = "b2"
    -- message = "add email"
    -- create_date = 2026-11-03T14:40:11Z
    -- ///

    -- migrate:upgrade

    -- migrate:downgrade
    "#);
    env.run("revision --message again").ok();
    insta::assert_snapshot!(env.run("history"), @"
    aaaa11112222 -> bbbb11112222 (head), again
    b2 -> aaaa11112222, add email
    a1 -> b2, make b2
    <base> -> a1, make a1
    ");
}

#[test]
fn a_message_is_not_needed() {
    let env = TestEnv::new();
    insta::assert_snapshot!(env.run("revision"), @"wrote versions/aaaa11112222_.sql");
    insta::assert_snapshot!(env.run("history"), @"<base> -> aaaa11112222 (head)");
}

#[test]
fn a_message_never_leads_out_of_the_folder() {
    let env = TestEnv::new();
    insta::assert_snapshot!(env.run("revision -m ../../x"), @"wrote versions/aaaa11112222_x.sql");
    insta::assert_snapshot!(env.run("revision -m /etc/passwd"), @"wrote versions/bbbb11112222_etc_passwd.sql");
    insta::assert_snapshot!(env.run("revision -m '..'"), @"wrote versions/cccc11112222_.sql");
}

#[test]
fn a_message_may_be_any_text() {
    let env = TestEnv::new();
    let message = "say \"hi\"\n-- migrate:upgrade\nDROP TABLE users; 'é' \u{1f980}\t\\n";
    insta::assert_snapshot!(env.run_args(&["revision", "-m", message]), @"wrote versions/aaaa11112222_say_hi_migrate_upgrade_drop_table_users_.sql");
    let file = env.files().into_iter().find(|it| it.contains("aaaa")).unwrap();
    insta::assert_snapshot!(env.read(&file), @r#"
    -- /// revision
    -- revision = "aaaa11112222"
    -- message = "say \"hi\"\n-- migrate:upgrade\nDROP TABLE users; 'é' 🦀\t\\n"
    -- create_date = 2026-11-03T14:40:11Z
    -- ///

    -- migrate:upgrade

    -- migrate:downgrade
    "#);
    insta::assert_snapshot!(env.run("show head"), @r#"
    Rev: aaaa11112222 (head)
    Parent: <base>
    Path: versions/aaaa11112222_say_hi_migrate_upgrade_drop_table_users_.sql

        say "hi"
        -- migrate:upgrade
        DROP TABLE users; 'é' 🦀	\n

        Revision ID: aaaa11112222
        Revises:
        Create Date: 2026-11-03T14:40:11Z
    "#);
    insta::assert_snapshot!(env.run("history"), @r#"<base> -> aaaa11112222 (head), say "hi" -- migrate:upgrade DROP TABLE users; 'é' 🦀 \n"#);
    assert_eq!(env.run("show head --json").json()[0]["message"], message);
    insta::assert_snapshot!(env.run("upgrade"), @r#"
    ------- stderr -------
    warning: `aaaa11112222`: 1 empty-upgrade; `migrator lint aaaa11112222` tells more
    upgrade aaaa11112222, say "hi" -- migrate:upgrade DROP TABLE users; 'é' 🦀 \n ([time])
    app.db is at aaaa11112222
    "#);
    insta::assert_snapshot!(env.run_args(&["revision", "-m", "\u{1f980}\u{1f980}"]), @"wrote versions/bbbb11112222_.sql");
    insta::assert_snapshot!(env.run_args(&["revision", "-m", "-v"]), @"wrote versions/cccc11112222_v.sql");
}

#[test]
fn a_long_message_is_cut_at_a_word() {
    let env = TestEnv::new();
    let message = "Give every post an author and every author a list of posts";
    insta::assert_snapshot!(env.run_args(&["revision", "-m", message]), @"wrote versions/aaaa11112222_give_every_post_an_author_and_every_.sql");
    env.config("truncate_slug_length = 10");
    insta::assert_snapshot!(env.run_args(&["revision", "-m", message]), @"wrote versions/bbbb11112222_give_.sql");
}

#[test]
fn an_id_can_be_given() {
    let env = TestEnv::new();
    insta::assert_snapshot!(env.run("revision --rev-id 0001 -m first"), @"wrote versions/0001_first.sql");
    insta::assert_snapshot!(env.run("revision --rev-id 0002 -m second"), @"wrote versions/0002_second.sql");
    insta::assert_snapshot!(env.run("revision --rev-id 0002 -m third"), @"
    ------- stderr -------
    error: there is a revision `0002` already, in versions/0002_second.sql
    hint: leave out --rev-id and one is made
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("revision --rev-id a-b"), @"
    ------- stderr -------
    error: `a-b` cannot be a revision id: it has the character '-', which is not allowed
    hint: leave out --rev-id and one is made
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("revision --rev-id head"), @"
    ------- stderr -------
    error: `head` cannot be a revision id: it is the symbol `head`
    hint: leave out --rev-id and one is made
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("revision --rev-id ''"), @"
    ------- stderr -------
    error: `` cannot be a revision id: it is empty
    hint: leave out --rev-id and one is made
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("revision --rev-id ../x"), @"
    ------- stderr -------
    error: `../x` cannot be a revision id: it is a path
    hint: leave out --rev-id and one is made
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("revision --rev-id 123456789012345678901234567890123"), @"
    ------- stderr -------
    error: `123456789012345678901234567890123` cannot be a revision id: it has 33 characters
    hint: the version table holds at most 32, and a database server would refuse it
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("heads"), @"0002 (head)");
}

#[test]
fn a_made_up_id_has_twelve_digits_and_is_new_each_time() {
    let env = TestEnv::new().with("MIGRATOR_REVISION_IDS", "");
    let id = |output: serde_json::Value| output["revision"].as_str().unwrap().to_owned();
    let first = id(env.run("revision --json").json());
    let second = id(env.run("revision --json").json());
    assert_ne!(first, second);
    for id in [first, second] {
        assert_eq!(id.len(), 12);
        assert!(id.bytes().all(|it| it.is_ascii_hexdigit()));
    }
}

#[test]
fn with_two_heads_it_must_be_said_which_is_followed() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1", "c3 < a1 [shop]"]);
    insta::assert_snapshot!(env.run("revision -m next"), @"
    ------- stderr -------
    error: `head` is ambiguous, there are several heads: `b2`, `c3`
    hint: name one of them, `b2`, `shop@head`, or say `heads` for all
    hint: or, if they are not meant to stay apart, `migrator merge heads` joins them in a revision of its own
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("revision -m next --head b2"), @"wrote versions/aaaa11112222_next.sql");
    insta::assert_snapshot!(env.run("revision -m 'the shop' --head shop@head"), @"wrote versions/bbbb11112222_the_shop.sql");
    insta::assert_snapshot!(env.run("revision -m 'all of it' --head heads"), @"wrote versions/cccc11112222_all_of_it.sql");
    insta::assert_snapshot!(env.run("history"), @"
    aaaa11112222, bbbb11112222 -> cccc11112222 (shop) (head) (mergepoint), all of it
    b2 -> aaaa11112222, next
    a1 -> b2, make b2
    c3 -> bbbb11112222 (shop), the shop
    a1 -> c3 (shop), make c3
    <base> -> a1 (branchpoint), make a1
    ");
}

#[test]
fn a_branch_begins_with_splice() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1"]);
    insta::assert_snapshot!(env.run("revision --head a1 -m branch"), @"
    ------- stderr -------
    error: revision `a1` is not a head: `b2` follows it
    hint: add `--splice` to begin a branch there
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("revision --head a1 --splice --branch-label shop -m branch"), @"wrote versions/aaaa11112222_branch.sql");
    insta::assert_snapshot!(env.run("revision --head base -m root"), @"wrote versions/bbbb11112222_root.sql");
    insta::assert_snapshot!(env.run("history"), @"
    a1 -> aaaa11112222 (shop) (head), branch
    a1 -> b2 (head), make b2
    <base> -> a1 (branchpoint), make a1
    <base> -> bbbb11112222 (head), root
    ");
}

#[test]
fn a_label_must_be_new_and_a_name() {
    let env = TestEnv::with_graph(&["a1 [shop]"]);
    insta::assert_snapshot!(env.run("revision --head base --branch-label shop"), @"
    ------- stderr -------
    error: `shop` is a label of revision `a1` already, in versions/a1.sql
    hint: choose another name for the branch
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("revision --branch-label a1"), @"
    ------- stderr -------
    error: `a1` is the id of revision `a1` already, in versions/a1.sql
    hint: choose another name for the branch
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("revision --branch-label 'a b'"), @"
    ------- stderr -------
    error: `a b` cannot be a branch label: it has the character ' ', which is not allowed
    [exit status: 2]
    ");
    assert_eq!(env.files(), ["alembic.toml", "versions/", "versions/a1.sql"]);
}

#[test]
fn a_dependency_is_written_with_its_whole_id() {
    let env = TestEnv::with_graph(&["a1a1a1 [shop]", "b2b2b2"]);
    let output = env.run("revision --head b2b2b2 --depends-on a1a1 -m uses");
    insta::assert_snapshot!(output, @"wrote versions/aaaa11112222_uses.sql");
    let output = env.run("revision --head aaaa --depends-on shop --depends-on b2b2b2 -m label");
    insta::assert_snapshot!(output, @"wrote versions/bbbb11112222_label.sql");
    insta::assert_snapshot!(env.run("history"), @"
    aaaa11112222 (shop, b2b2b2) -> bbbb11112222 (head), label
    b2b2b2 (a1a1a1) -> aaaa11112222, uses
    <base> -> a1a1a1 (shop) (effective head), make a1a1a1
    <base> -> b2b2b2, make b2b2b2
    ");
    insta::assert_snapshot!(env.run("revision --head heads --depends-on nope"), @"
    ------- stderr -------
    error: no revision or branch label is called `nope` or begins with it
    hint: `migrator history` lists all revisions and labels
    [exit status: 2]
    ");
}

#[test]
fn a_file_lies_beside_its_parent_or_where_it_was_told_to() {
    let env = TestEnv::new();
    env.config("version_locations = [\"versions\", \"shop\"]").folder("shop");
    insta::assert_snapshot!(env.run("revision --version-path shop -m one"), @"wrote shop/aaaa11112222_one.sql");
    insta::assert_snapshot!(env.run("revision -m two"), @"wrote shop/bbbb11112222_two.sql");
    insta::assert_snapshot!(env.run("revision --version-path elsewhere -m three"), @"
    ------- stderr -------
    error: `elsewhere` is no version location
    hint: the version locations are `versions`, `shop`
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("revision --head base -m four"), @"wrote versions/cccc11112222_four.sql");
}

#[test]
fn the_file_can_be_printed_instead() {
    let env = TestEnv::with_graph(&["a1"]);
    let before = env.files();
    insta::assert_snapshot!(env.run("revision --sql -m 'add email'"), @r#"
    -- /// revision
    -- revision = "aaaa11112222"
    -- down_revision = "a1"
    -- message = "add email"
    -- create_date = 2026-11-03T14:40:11Z
    -- ///

    -- migrate:upgrade

    -- migrate:downgrade
    "#);
    assert_eq!(env.files(), before);
}

#[test]
fn an_unknown_parent_is_refused_with_what_is_near() {
    let env = TestEnv::with_graph(&["27c6a30d7c24"]);
    insta::assert_snapshot!(env.run("revision --head 27c6a30d7c25"), @"
    ------- stderr -------
    error: no revision or branch label is called `27c6a30d7c25` or begins with it
    hint: did you mean `27c6a30d7c24`?
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("revision --head zzz"), @"
    ------- stderr -------
    error: no revision or branch label is called `zzz` or begins with it
    hint: `migrator history` lists all revisions and labels
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("revision --head +1"), @"
    ------- stderr -------
    error: `+1` has no meaning here: steps are counted by `upgrade`, `downgrade` and `history` only
    hint: name a revision; `migrator current` shows where the database is
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("revision --head 'a b'"), @"
    ------- stderr -------
    error: `a b` is no revision: it may not hold blanks or quotes
    hint: revisions are named by id, `head`, `heads`, `base`, `+N`, `-N`, `REV+N`, `REV-N`, `LABEL@head` and the like
    [exit status: 2]
    ");
}

#[test]
fn a_base_is_put_into_no_databases_folder_by_guessing() {
    let env = TestEnv::empty();
    env.run("init -t multidb").ok();
    insta::assert_snapshot!(env.run("revision -m x"), @"
    ------- stderr -------
    error: nothing says which of the version locations the base is for
    hint: choose a database with `-n`, for example `-n orders`, or a folder with `--version-path`
    [exit status: 2]
    ");
    env.run("-n orders revision -m x").ok();
    env.run("revision -m x --head base --version-path versions/users").ok();
}

#[test]
fn a_message_without_its_option_is_understood_and_refused() {
    let env = TestEnv::with_graph(&["a1"]);
    insta::assert_snapshot!(env.run("revision \"Add it's table\""), @r"
    ------- stderr -------
    error: `Add it's table` stands alone
    hint: no file was written; did you mean it as the message? `migrator revision -m 'Add it'\''s table'`
    [exit status: 2]
    ");
}
