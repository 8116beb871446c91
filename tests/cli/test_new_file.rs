//! New files: their names, their template, the hooks

use crate::support::TestEnv;

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
    insta::assert_snapshot!(env.run("revision -m one"), @r#"
    ------- stderr -------
    error: `revision` is missing
     --> versions/aaaa11112222_one.sql:1:1
      |
    1 | -- /// revision
      | ^^^^^^^^^^^^^^^
    hint: add the line `-- revision = "…"` to the header
    hint: no file was written; this is what the template `templates/revision.sql.jinja` makes
    [exit status: 2]
    "#);
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
    hint: no file was written; this is what the template `templates/revision.sql.jinja` makes
    [exit status: 2]
    "#);
    template("-- revision = {{ revison|toml }}");
    insta::assert_snapshot!(env.run("revision -m one"), @"
    ------- stderr -------
    error: the template `templates/revision.sql.jinja`, line 2: undefined value: the variables are revision, message, create_date, down_revision, branch_labels, depends_on, upgrade and downgrade
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
    running sed -i 's/^$/--/' $DIR/versions/aaaa11112222_one.sql
    ");
    assert!(env.read("versions/aaaa11112222_one.sql").contains("-- ///\n--\n"));
}

#[test]
fn a_hook_that_fails_is_an_error_and_the_file_stays() {
    let env = TestEnv::new();
    env.config("[[hooks]]\ncommand = [\"sh\", \"-c\", \"echo no good >&2; exit 3\"]");
    insta::assert_snapshot!(env.run("revision -m one"), @"
    ------- stderr -------
    running sh -c 'echo no good >&2; exit 3'
    no good
    error: the hook `sh` failed (exit status: 3)
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
