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
    insta::assert_snapshot!(env.run("history"), @"<base> -> aaaa11112222 (head),");
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
    upgrade aaaa11112222, say "hi" -- migrate:upgrade DROP TABLE users; 'é' 🦀 \n ([time])
    app.db is at aaaa11112222
    "#);
    insta::assert_snapshot!(env.run_args(&["revision", "-m", "\u{1f980}\u{1f980}"]), @"wrote versions/bbbb11112222_.sql");
    insta::assert_snapshot!(env.run_args(&["revision", "-m", "-v"]), @"
    ------- stderr -------
    error: a value is required for '--message <TEXT>' but none was supplied

    For more information, try '--help'.
    [exit status: 2]
    ");
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
    insta::assert_snapshot!(env.run("revision --rev-id 0002 -m third"), @r#"
    ------- stderr -------
    error: revision `0002` is declared twice
     --> versions/0002_third.sql:2:15
      |
    2 | -- revision = "0002"
      |               ^^^^^^ first declared in versions/0002_second.sql:2
    hint: give one of the two files a new `revision`
    [exit status: 2]
    "#);
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
    insta::assert_snapshot!(env.run("revision -m next"), @r#"
    ------- stderr -------
    error: `head` is ambiguous, there are several heads: `b2`, `c3`
    hint: say `heads` for all of them, or name one
    hint: `migrator merge heads -m "…"` joins them in one revision
    [exit status: 2]
    "#);
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
    insta::assert_snapshot!(env.run("revision --head base --branch-label shop"), @r#"
    ------- stderr -------
    error: branch label `shop` of revision `aaaa11112222` is already a label of revision `a1`
     --> versions/aaaa11112222_.sql:3:21
      |
    3 | -- branch_labels = ["shop"]
      |                     ^^^^^^
    hint: choose another name for one of the labels
    [exit status: 2]
    "#);
    insta::assert_snapshot!(env.run("revision --branch-label a1"), @r#"
    ------- stderr -------
    error: branch label `a1` of revision `aaaa11112222` is already the id of a revision
     --> versions/aaaa11112222_.sql:4:21
      |
    4 | -- branch_labels = ["a1"]
      |                     ^^^^
    hint: choose another name for one of the labels
    [exit status: 2]
    "#);
    insta::assert_snapshot!(env.run("revision --branch-label 'a b'"), @r#"
    ------- stderr -------
    error: `branch_labels` has the character ' ', which is not allowed
     --> versions/aaaa11112222_.sql:4:21
      |
    4 | -- branch_labels = ["a b"]
      |                     ^^^^^
    hint: ids and labels have no `@ - + :`, blanks or quotes, and are not `head`, `heads`, `base` or `current`
    [exit status: 2]
    "#);
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
    insta::assert_snapshot!(env.run("revision --head aaaa --depends-on nope"), @"
    ------- stderr -------
    error: revision `aaaa11112222` is not a head: `bbbb11112222` follows it
    hint: add `--splice` to begin a branch there
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("revision --head heads --depends-on heads"), @"wrote versions/cccc11112222_.sql");
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
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("revision --head 'a b'"), @"
    ------- stderr -------
    error: invalid value 'a b' for '--head <REVISION>': `a b` is no revision: it may not hold blanks or quotes

    For more information, try '--help'.
    [exit status: 2]
    ");
}

#[test]
fn file_names_follow_the_template_of_the_configuration() {
    let env = TestEnv::new();
    env.config("file_template = \"{year}_{month}_{day}_{hour}{minute}-{rev}_{slug}\"\ntimezone = \"+02:00\"");
    insta::assert_snapshot!(env.run("revision -m 'Create users'"), @"wrote versions/2026_11_03_1640-aaaa11112222_create_users.sql");
    insta::assert_snapshot!(env.run("show head"), @"
    Rev: aaaa11112222 (head)
    Parent: <base>
    Path: versions/2026_11_03_1640-aaaa11112222_create_users.sql

        Create users

        Revision ID: aaaa11112222
        Revises:
        Create Date: 2026-11-03T16:40:11+02:00
    ");
    env.config("file_template = \"{slug}\"");
    insta::assert_snapshot!(env.run("revision -m x"), @r#"
    ------- stderr -------
    error: `file_template` must contain `{rev}`
     --> alembic.toml:1:17
      |
    1 | file_template = "{slug}"
      |                 ^^^^^^^^
    hint: the default is `{rev}_{slug}`
    [exit status: 2]
    "#);
}

#[test]
fn a_template_of_ones_own_is_used() {
    let env = TestEnv::with_graph(&["a1"]);
    env.file(
        "templates/revision.sql.jinja",
        "-- /// revision\n-- revision = {{ revision|toml }}\n-- down_revision = {{ down_revision|toml }}\n\
         -- message = {{ message|toml }}\n-- ///\n-- owner: the {{ message|upper }} team\n\n\
         -- migrate:upgrade\n{{ upgrade }}\n-- migrate:downgrade\n{{ downgrade }}\n",
    );
    env.run("revision -m shop").ok();
    insta::assert_snapshot!(env.read("versions/aaaa11112222_shop.sql"), @r#"
    -- /// revision
    -- revision = "aaaa11112222"
    -- down_revision = ["a1"]
    -- message = "shop"
    -- ///
    -- owner: the SHOP team

    -- migrate:upgrade

    -- migrate:downgrade
    "#);
}

#[test]
fn a_template_that_loses_something_is_refused() {
    let env = TestEnv::with_graph(&["a1 [shop]"]);
    let template = |text: &str| {
        env.file(
            "templates/revision.sql.jinja",
            &format!("-- /// revision\n{text}\n-- ///\n-- migrate:upgrade\n-- migrate:downgrade\n"),
        );
    };
    template("-- revision = \"x1\"");
    insta::assert_snapshot!(env.run("revision -m one"), @"
    ------- stderr -------
    error: the template `templates/revision.sql.jinja` does not write `revision` as it was asked for
    hint: write it as the built-in template does, with the filter `toml`: `{{ revision|toml }}`
    [exit status: 2]
    ");
    template("-- message = {{ message|toml }}");
    insta::assert_snapshot!(env.run("revision -m one"), @"
    ------- stderr -------
    error: `revision` is missing
     --> versions/aaaa11112222_one.sql:1:1
      |
    1 | -- /// revision
      | ^^^^^^^^^^^^^^^
    hint: add a line with `revision = …`
    [exit status: 2]
    ");
    template("-- revision = {{ revision|toml }}");
    insta::assert_snapshot!(env.run("revision -m one"), @"
    ------- stderr -------
    error: the template `templates/revision.sql.jinja` does not write `down_revision` as it was asked for
    hint: write it as the built-in template does, with the filter `toml`: `{{ down_revision|toml }}`
    [exit status: 2]
    ");
    template("-- revision = {{ revision|toml }}\n-- message = \"{{ message }}\"");
    insta::assert_snapshot!(env.run_args(&["revision", "--head", "base", "-m", "a\nb"]), @r#"
    ------- stderr -------
    error: a line of the header is `--` alone or begins with `-- `
     --> versions/aaaa11112222_a_b.sql:4:1
      |
    4 | b"
      | ^^
    hint: put `-- ` before the line
    [exit status: 2]
    "#);
    template("-- revision = {{ revison|toml }}");
    insta::assert_snapshot!(env.run("revision -m one"), @"
    ------- stderr -------
    error: the template `templates/revision.sql.jinja`, line 2: invalid operation: the filter `toml` takes a string or an array, not undefined
    hint: no file was written
    [exit status: 2]
    ");
    template("-- revision = {% if %}");
    insta::assert_snapshot!(env.run("revision -m one"), @"
    ------- stderr -------
    error: the template `templates/revision.sql.jinja`, line 2: syntax error: unexpected end of block
    hint: no file was written
    [exit status: 2]
    ");
    assert_eq!(env.files().iter().filter(|it| it.starts_with("versions/")).count(), 2);
}

#[test]
fn hooks_run_on_the_new_file() {
    let env = TestEnv::new();
    env.config("[[hooks]]\ncommand = [\"sed\", \"-i\", \"s/^$/--/\", \"{file}\"]");
    insta::assert_snapshot!(env.run("revision -m one"), @"
    wrote versions/aaaa11112222_one.sql
    ------- stderr -------
    running sed -i s/^$/--/ $DIR/versions/aaaa11112222_one.sql
    ");
    assert!(env.read("versions/aaaa11112222_one.sql").contains("-- ///\n--\n"));
}

#[test]
fn a_hook_that_fails_is_an_error_and_the_file_stays() {
    let env = TestEnv::new();
    env.config("[[hooks]]\ncommand = [\"sh\", \"-c\", \"echo no good >&2; exit 3\"]");
    insta::assert_snapshot!(env.run("revision -m one"), @"
    ------- stderr -------
    running sh -c echo no good >&2; exit 3
    no good
    error: the hook `sh` failed with exit status: 3
    hint: `versions/aaaa11112222_one.sql` was written and stays; look at it, or remove it
    [exit status: 3]
    ");
    assert!(env.path("versions/aaaa11112222_one.sql").exists());
    env.config("[[hooks]]\ncommand = [\"no-such-program\", \"{file}\"]");
    insta::assert_snapshot!(env.run("revision -m two"), @"
    ------- stderr -------
    running no-such-program $DIR/versions/bbbb11112222_two.sql
    error: the hook `no-such-program` could not be started: No such file or directory (os error 2)
    hint: `versions/bbbb11112222_two.sql` was written and stays; look at it, or remove it
    [exit status: 3]
    ");
}

#[test]
fn a_file_of_that_name_is_not_overwritten() {
    let env = TestEnv::new();
    env.config("version_locations = [\"versions\"]").folder("versions/x1_one.sql");
    insta::assert_snapshot!(env.run("revision --rev-id x1 -m one"), @"
    ------- stderr -------
    error: `versions/x1_one.sql` exists already
    hint: no file was written; change `file_template`, or the message
    [exit status: 2]
    ");
}
