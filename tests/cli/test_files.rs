//! Every error of a revision file

use crate::support::TestEnv;

/// The message about a file with this text.
#[track_caller]
fn check(text: &str) -> crate::support::Output {
    let env = TestEnv::new();
    env.file("versions/x.sql", text);
    env.run("heads")
}

/// A file whose header has these lines, with bodies.
fn header(lines: &str) -> String {
    format!("-- /// revision\n{lines}\n-- ///\n\n-- migrate:upgrade\n\n-- migrate:downgrade\n")
}

/// A file with these lines below the header.
fn body(lines: &str) -> String {
    format!("-- /// revision\n-- revision = \"a1\"\n-- ///\n\n{lines}\n")
}

#[test]
fn a_file_without_a_header() {
    insta::assert_snapshot!(check("CREATE TABLE t (x);\n"), @r#"
    ------- stderr -------
    error: a revision file begins with the line `-- /// revision`
     --> versions/x.sql:1:1
      |
    1 | CREATE TABLE t (x);
      | ^^^^^^^^^^^^^^^^^^^
    hint: every .sql file in a version location is a revision; `migrator revision -m "…"` makes one, and other files belong elsewhere
    [exit status: 2]
    "#);
    insta::assert_snapshot!(check(""), @r#"
    ------- stderr -------
    error: a revision file begins with the line `-- /// revision`
     --> versions/x.sql:1:1
      |
    1 |
      | ^
    hint: every .sql file in a version location is a revision; `migrator revision -m "…"` makes one, and other files belong elsewhere
    [exit status: 2]
    "#);
    insta::assert_snapshot!(check("-- migrate:upgrade\nCREATE TABLE t (x);\n"), @r#"
    ------- stderr -------
    error: a revision file begins with the line `-- /// revision`
     --> versions/x.sql:1:1
      |
    1 | -- migrate:upgrade
      | ^^^^^^^^^^^^^^^^^^
    hint: every .sql file in a version location is a revision; `migrator revision -m "…"` makes one, and other files belong elsewhere
    [exit status: 2]
    "#);
}

#[test]
fn a_header_that_is_not_closed() {
    insta::assert_snapshot!(check("-- /// revision\n-- revision = \"a1\"\n\n-- migrate:upgrade\n"), @"
    ------- stderr -------
    error: the header that begins here is not closed by a line `-- ///`
     --> versions/x.sql:1:1
      |
    1 | -- /// revision
      | ^^^^^^^^^^^^^^^
    hint: close the header with the line `-- ///`
    [exit status: 2]
    ");
    insta::assert_snapshot!(check("-- /// revision\n-- revision = \"a1\"\n"), @"
    ------- stderr -------
    error: the header that begins here is not closed by a line `-- ///`
     --> versions/x.sql:1:1
      |
    1 | -- /// revision
      | ^^^^^^^^^^^^^^^
    hint: close the header with the line `-- ///`
    [exit status: 2]
    ");
}

#[test]
fn a_header_with_a_line_that_is_no_comment() {
    insta::assert_snapshot!(check(&header("-- revision = \"a1\"\nmessage = \"x\"")), @r#"
    ------- stderr -------
    error: a line of the header is `--` alone or begins with `-- `
     --> versions/x.sql:3:1
      |
    3 | message = "x"
      | ^^^^^^^^^^^^^
    hint: put `-- ` before the line
    [exit status: 2]
    "#);
}

#[test]
fn a_header_with_an_unknown_key() {
    insta::assert_snapshot!(check(&header("-- revision = \"a1\"\n-- down_revison = \"b\"")), @r#"
    ------- stderr -------
    error: unknown key `down_revison`
     --> versions/x.sql:3:4
      |
    3 | -- down_revison = "b"
      |    ^^^^^^^^^^^^
    hint: did you mean `down_revision`?
    [exit status: 2]
    "#);
    insta::assert_snapshot!(check(&header("-- revision = \"a1\"\n-- zzz = 1")), @"
    ------- stderr -------
    error: unknown key `zzz`
     --> versions/x.sql:3:4
      |
    3 | -- zzz = 1
      |    ^^^
    hint: the keys here are `revision`, `down_revision`, `message`, `create_date`, `branch_labels`, `depends_on`, `replaces`, `squashed`, `transaction`, `foreign_keys`
    [exit status: 2]
    ");
}

#[test]
fn a_header_with_a_wrong_value() {
    insta::assert_snapshot!(check(&header("-- revision = 27")), @r#"
    ------- stderr -------
    error: `revision` must be a string, not a whole number
     --> versions/x.sql:2:15
      |
    2 | -- revision = 27
      |               ^^
    hint: a text stands in quotes: `"…"`
    [exit status: 2]
    "#);
    insta::assert_snapshot!(check(&header("-- message = \"no id\"")), @r#"
    ------- stderr -------
    error: `revision` is missing
     --> versions/x.sql:1:1
      |
    1 | -- /// revision
      | ^^^^^^^^^^^^^^^
    hint: add the line `-- revision = "…"` to the header
    [exit status: 2]
    "#);
    insta::assert_snapshot!(check(&header("-- revision = \"a1\"\n-- down_revision = []")), @"a1 (head)");
    insta::assert_snapshot!(check(&header("-- revision = \"a1\"\n-- branch_labels = \"shop\"")), @"a1 (shop) (head)");
    insta::assert_snapshot!(check(&header("-- revision = \"a1\"\n-- transaction = \"no\"")), @r#"
    ------- stderr -------
    error: `transaction` must be true or false, not a string
     --> versions/x.sql:3:18
      |
    3 | -- transaction = "no"
      |                  ^^^^
    [exit status: 2]
    "#);
    insta::assert_snapshot!(check(&header("-- revision = \"a1\"\n-- create_date = tomorrow")), @r#"
    ------- stderr -------
    error: invalid boolean, expected `true`
     --> versions/x.sql:3:18
      |
    3 | -- create_date = tomorrow
      |                  ^^^^^^^^
    hint: a text stands in quotes: `create_date = "tomorrow"`
    [exit status: 2]
    "#);
    insta::assert_snapshot!(check(&header("-- revision = \"a1\"\n-- revision = \"a2\"")), @r#"
    ------- stderr -------
    error: duplicate key
     --> versions/x.sql:3:4
      |
    3 | -- revision = "a2"
      |    ^^^^^^^^
    hint: each key and each table stands once: remove one of the two, and keep what both say
    [exit status: 2]
    "#);
    insta::assert_snapshot!(check(&header("-- revision = \"head\"")), @r#"
    ------- stderr -------
    error: `revision` is the symbol `head`
     --> versions/x.sql:2:15
      |
    2 | -- revision = "head"
      |               ^^^^^^
    hint: ids and labels have no `@ - + :`, blanks or quotes, and are not `head`, `heads`, `base` or `current`
    [exit status: 2]
    "#);
    insta::assert_snapshot!(check(&header("-- revision = \"a-1\"")), @r#"
    ------- stderr -------
    error: `revision` has the character '-', which is not allowed
     --> versions/x.sql:2:15
      |
    2 | -- revision = "a-1"
      |               ^^^^^
    hint: ids and labels have no `@ - + :`, blanks or quotes, and are not `head`, `heads`, `base` or `current`
    [exit status: 2]
    "#);
    insta::assert_snapshot!(check(&header("-- revision = \"a1\"\n-- depends_on = [\"b\", \"b\"]")), @r#"
    ------- stderr -------
    error: `depends_on` lists `b` twice
     --> versions/x.sql:3:23
      |
    3 | -- depends_on = ["b", "b"]
      |                       ^^^
    hint: name it once
    [exit status: 2]
    "#);
}

#[test]
fn bodies_without_or_with_wrong_markers() {
    insta::assert_snapshot!(check(&body("CREATE TABLE t (x);")), @"
    ------- stderr -------
    error: SQL stands before the line `-- migrate:upgrade`
     --> versions/x.sql:5:1
      |
    5 | CREATE TABLE t (x);
      | ^^^^^^^^^^^^^^^^^^
    hint: move it below `-- migrate:upgrade` or `-- migrate:downgrade`
    [exit status: 2]
    ");
    insta::assert_snapshot!(check(&body("CREATE TABLE t (x);\n-- migrate:upgrade")), @"
    ------- stderr -------
    error: SQL stands before the line `-- migrate:upgrade`
     --> versions/x.sql:5:1
      |
    5 | CREATE TABLE t (x);
      | ^^^^^^^^^^^^^^^^^^
    hint: move it below `-- migrate:upgrade` or `-- migrate:downgrade`
    [exit status: 2]
    ");
    insta::assert_snapshot!(check(&body("-- migrate:upgrad\nCREATE TABLE t (x);")), @"
    ------- stderr -------
    error: unknown marker `-- migrate:upgrad`
     --> versions/x.sql:5:1
      |
    5 | -- migrate:upgrad
      | ^^^^^^^^^^^^^^^^^
    hint: did you mean `-- migrate:upgrade`?
    [exit status: 2]
    ");
    insta::assert_snapshot!(check(&body("-- migrate:up\nCREATE TABLE t (x);\n-- migrate:down")), @"
    ------- stderr -------
    error: unknown marker `-- migrate:up`
     --> versions/x.sql:5:1
      |
    5 | -- migrate:up
      | ^^^^^^^^^^^^^
    hint: did you mean `-- migrate:upgrade`?

    error: unknown marker `-- migrate:down`
     --> versions/x.sql:7:1
      |
    7 | -- migrate:down
      | ^^^^^^^^^^^^^^^
    hint: did you mean `-- migrate:downgrade` or `-- migrate:downgrade irreversible`?
    [exit status: 2]
    ");
    insta::assert_snapshot!(check(&body("-- migrate:upgrade\n-- migrate:upgrade")), @"
    ------- stderr -------
    error: the marker `-- migrate:upgrade` stands here for the second time
     --> versions/x.sql:6:1
      |
    6 | -- migrate:upgrade
      | ^^^^^^^^^^^^^^^^^^
    hint: a file has one upgrade and one downgrade
    [exit status: 2]
    ");
    insta::assert_snapshot!(check(&body("-- migrate:downgrade\n-- migrate:upgrade")), @"
    ------- stderr -------
    error: the upgrade stands before the downgrade, not after it
     --> versions/x.sql:6:1
      |
    6 | -- migrate:upgrade
      | ^^^^^^^^^^^^^^^^^^
    hint: put the upgrade first
    [exit status: 2]
    ");
    insta::assert_snapshot!(check(&body("-- migrate:upgrade\n-- migrate:downgrade irreversible\nDROP TABLE t;")), @"
    ------- stderr -------
    error: the downgrade is irreversible, but SQL follows
     --> versions/x.sql:7:1
      |
    7 | DROP TABLE t;
      | ^^^^^^^^^^^^
    hint: remove `irreversible`, or the SQL that would never run
    [exit status: 2]
    ");
}

#[test]
fn bodies_that_are_no_sql() {
    insta::assert_snapshot!(check(&body("-- migrate:upgrade\nINSERT INTO t VALUES ('it's');\n")), @"
    ------- stderr -------
    error: the string that begins here has no closing `'`
     --> versions/x.sql:6:28
      |
    6 | INSERT INTO t VALUES ('it's');
      |                            ^
    hint: close the string; a quote inside it is written `''`
    [exit status: 2]
    ");
    insta::assert_snapshot!(check(&body("-- migrate:upgrade\nSELECT \"x;\n")), @r#"
    ------- stderr -------
    error: the quoted name that begins here has no closing `"`
     --> versions/x.sql:6:8
      |
    6 | SELECT "x;
      |        ^
    hint: close the name
    [exit status: 2]
    "#);
    insta::assert_snapshot!(check(&body("-- migrate:upgrade\nSELECT 1; /* and\n-- migrate:downgrade\n")), @"
    ------- stderr -------
    error: the comment that begins here has no closing `*/`
     --> versions/x.sql:6:11
      |
    6 | SELECT 1; /* and
      |           ^^
    hint: close the comment with `*/`
    [exit status: 2]
    ");
    insta::assert_snapshot!(check(&body("-- migrate:upgrade\nCREATE TRIGGER x AFTER INSERT ON t BEGIN SELECT 1;\n")), @"
    ------- stderr -------
    error: the trigger that begins here has no `END;`
     --> versions/x.sql:6:1
      |
    6 | CREATE TRIGGER x AFTER INSERT ON t BEGIN SELECT 1;
      | ^^^^^^
    hint: a trigger ends with `END;`
    [exit status: 2]
    ");
    insta::assert_snapshot!(check(&body("-- migrate:upgrade\nSELECT \0;\n")), @"
    ------- stderr -------
    error: a NUL byte ends the script for SQLite
     --> versions/x.sql:6:8
      |
    6 | SELECT ␀;
      |        ^
    hint: SQLite would read nothing behind it: remove it
    [exit status: 2]
    ");
    insta::assert_snapshot!(check(&body("-- migrate:upgrade\nSELECT 12ab;\n")), @r#"
    ------- stderr -------
    error: unrecognized token `12ab`
     --> versions/x.sql:6:8
      |
    6 | SELECT 12ab;
      |        ^^^^
    hint: SQLite cannot read this; a text is written `'…'`, and a name that is no plain word `"…"`
    [exit status: 2]
    "#);
}

#[test]
fn a_file_that_is_not_utf8() {
    let env = TestEnv::new();
    env.bytes(
        "versions/x.sql",
        b"-- /// revision\n-- revision = \"a1\"\n-- message = \"caf\xe9\"\n-- ///\n",
    );
    insta::assert_snapshot!(env.run("heads"), @r#"
    ------- stderr -------
    error: this is not UTF-8
     --> versions/x.sql:3:18
      |
    3 | -- message = "caf�"
      |                  ^
    hint: save the file as UTF-8
    [exit status: 2]
    "#);
}

#[test]
fn a_mark_at_the_beginning_and_windows_lines_are_fine() {
    let env = TestEnv::new();
    let text = env.revision("a1").text().replace('\n', "\r\n");
    env.file("versions/x.sql", &format!("\u{feff}{text}"));
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    upgrade a1, make a1 ([time])
    app.db is at a1
    ");
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let env = TestEnv::new();
    env.file("versions/a.sql", &header("-- revison = \"a1\"\n-- mesage = \"x\""));
    env.file("versions/b.sql", "SELECT 1;\n");
    insta::assert_snapshot!(env.run("heads"), @r#"
    ------- stderr -------
    error: `revision` is missing
     --> versions/a.sql:1:1
      |
    1 | -- /// revision
      | ^^^^^^^^^^^^^^^
    hint: add the line `-- revision = "…"` to the header

    error: unknown key `revison`
     --> versions/a.sql:2:4
      |
    2 | -- revison = "a1"
      |    ^^^^^^^
    hint: did you mean `revision`?

    error: unknown key `mesage`
     --> versions/a.sql:3:4
      |
    3 | -- mesage = "x"
      |    ^^^^^^
    hint: did you mean `message`?

    error: a revision file begins with the line `-- /// revision`
     --> versions/b.sql:1:1
      |
    1 | SELECT 1;
      | ^^^^^^^^^
    hint: every .sql file in a version location is a revision; `migrator revision -m "…"` makes one, and other files belong elsewhere
    [exit status: 2]
    "#);
}

#[test]
fn the_case_of_the_suffix_does_not_matter() {
    let env = TestEnv::new();
    env.file("versions/X.SQL", &header("-- revision = \"a1\""));
    assert_eq!(env.run("heads").ok(), "a1 (head)\n");
}
