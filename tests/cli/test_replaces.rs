//! The header key `replaces`: a revision that stands for others

use crate::support::TestEnv;

/// A project whose database ran `a1`, `b2` and `c3`, of which `s9` makes the first two one.
fn squashed(target: &str) -> TestEnv {
    let env = TestEnv::with_graph(&["a1", "b2 < a1", "c3 < b2"]);
    assert_eq!(env.run(&format!("upgrade {target}")).status, Some(0));
    env.remove("versions/a1.sql").remove("versions/b2.sql").remove("versions/c3.sql");
    env.revision("s9")
        .header("replaces = [\"a1\", \"b2\"]")
        .up("CREATE TABLE t_a1 (id INTEGER PRIMARY KEY);\nCREATE TABLE t_b2 (id INTEGER PRIMARY KEY);")
        .down("DROP TABLE t_b2;\nDROP TABLE t_a1;")
        .write();
    env.graph(&["c3 < s9"]);
    env
}

#[test]
fn a_database_that_ran_what_is_replaced_finds_nothing_to_do() {
    let env = squashed("b2");
    insta::assert_snapshot!(env.run("current"), @"s9");
    insta::assert_snapshot!(env.run("history -i"), @"
    s9 -> c3 (head), make c3
    <base> -> s9 (current), make s9
    ");
    insta::assert_snapshot!(env.run("upgrade s9"), @"
    ------- stderr -------
    nothing to do: app.db is at b2
    ");
    insta::assert_snapshot!(env.run("check --database"), @"
    ------- stderr -------
    no difference between the revisions up to b2 and app.db
    ");
    assert_eq!(env.rows(), ["b2"]);
    insta::assert_snapshot!(env.run("upgrade --dry-run"), @"
    upgrade c3, make c3 (1 statement, 0 changed rows, [time])
    the database would be at c3
    it has 24 KiB now, and up to 32 KiB during the run, its journal included
    ------- stderr -------
    everything was rolled back; nothing was changed
    ");
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    upgrade c3, make c3 ([time])
    app.db is at c3
    ");
    assert_eq!(env.rows(), ["c3"]);
    insta::assert_snapshot!(env.run("downgrade base"), @"
    ------- stderr -------
    backup app.db.20261103T144011Z.bak ([time])
    downgrade c3, make c3 ([time])
    downgrade s9, make s9 ([time])
    app.db is at base
    ");
    assert_eq!(env.rows(), [""; 0]);
    assert_eq!(env.tables(), [""; 0]);
}

#[test]
fn its_row_is_taken_back_as_it_stands() {
    let env = squashed("b2");
    insta::assert_snapshot!(env.run("downgrade -1"), @"
    ------- stderr -------
    backup app.db.20261103T144011Z.bak ([time])
    downgrade s9, make s9 ([time])
    app.db is at base
    ");
    assert_eq!(env.rows(), [""; 0]);
    assert_eq!(env.tables(), [""; 0]);
}

#[test]
fn a_stamp_writes_the_id_of_today() {
    let env = squashed("b2");
    insta::assert_snapshot!(env.run("stamp s9"), @"
    ------- stderr -------
    app.db is at s9
    ");
    assert_eq!(env.rows(), ["s9"]);
}

#[test]
fn a_database_in_the_middle_is_refused() {
    let env = squashed("a1");
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    error: the database is at `a1`, in the middle of what `s9` replaces
    hint: with the files from before the squash (they are in git), bring it to `b2`: `migrator upgrade b2`
    hint: if it has all of that already: `migrator stamp s9`
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("current"), @"
    ------- stderr -------
    error: the database is at `a1`, in the middle of what `s9` replaces
    hint: with the files from before the squash (they are in git), bring it to `b2`: `migrator upgrade b2`
    hint: if it has all of that already: `migrator stamp s9`
    [exit status: 2]
    ");
    // What the message says, where the database has all of it after all.
    env.sql("CREATE TABLE t_b2 (id INTEGER PRIMARY KEY)");
    insta::assert_snapshot!(env.run("stamp s9"), @"
    ------- stderr -------
    replaced `a1`, which no revision file declares
    app.db is at s9
    ");
    assert_eq!(env.rows(), ["s9"]);
}

#[test]
fn two_rows_that_say_the_same_are_refused() {
    let env = squashed("b2");
    env.sql("INSERT INTO alembic_version VALUES ('s9')");
    insta::assert_snapshot!(env.run("current"), @"
    ------- stderr -------
    error: the version table has two rows of one line: `b2` comes before `s9`, so only `s9` should be there
    hint: the version table was edited by hand, or a file was changed after it ran; `migrator stamp s9` leaves the one row, without running anything
    [exit status: 2]
    ");
    assert_eq!(env.run("stamp s9").status, Some(0));
    assert_eq!(env.rows(), ["s9"]);
}

#[test]
fn the_end_of_what_is_replaced_is_a_target_and_the_middle_is_none() {
    let env = squashed("b2");
    insta::assert_snapshot!(env.run("show b2"), @"
    Rev: s9
    Parent: <base>
    Replaces: a1, b2
    Path: versions/s9.sql

        make s9

        Revision ID: s9
        Revises:
        Create Date:
    ");
    insta::assert_snapshot!(env.run("show a1"), @"
    ------- stderr -------
    error: revision `a1` is no more: `s9` replaces it and those after it
    hint: `s9` is the revision to name
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("heads --json"), @r#"
    [
      {
        "revision": "c3",
        "down_revision": [
          "s9"
        ],
        "depends_on": [],
        "branch_labels": [],
        "message": "make c3",
        "create_date": null,
        "path": "versions/c3.sql",
        "followed_by": [],
        "is_head": true,
        "is_effective_head": false,
        "is_base": false,
        "is_branch_point": false,
        "is_merge_point": false,
        "is_reversible": true
      }
    ]
    "#);
    insta::assert_snapshot!(env.run("history -r :s9 --json"), @r#"
    [
      {
        "revision": "s9",
        "down_revision": [],
        "depends_on": [],
        "replaces": [
          "a1",
          "b2"
        ],
        "branch_labels": [],
        "message": "make s9",
        "create_date": null,
        "path": "versions/s9.sql",
        "followed_by": [
          "c3"
        ],
        "is_head": false,
        "is_effective_head": false,
        "is_base": true,
        "is_branch_point": false,
        "is_merge_point": false,
        "is_reversible": true
      }
    ]
    "#);
}

#[test]
fn a_file_that_is_still_there_is_named_with_the_way_on() {
    let env = squashed("b2");
    env.graph(&["a1"]);
    insta::assert_snapshot!(env.run("heads"), @r#"
    ------- stderr -------
    error: revision `s9` replaces `a1`, which a file still declares
     --> versions/s9.sql:4:16
      |
    4 | -- replaces = ["a1", "b2"]
      |                ^^^^ declared in versions/a1.sql:2
    hint: if a squash was interrupted, finish it: remove `versions/a1.sql`, and let what followed the last replaced revision follow `s9`
    hint: to go back, remove the file of `s9` and take the others from git
    [exit status: 2]
    "#);
}

#[test]
fn a_file_of_another_branch_that_follows_what_is_gone() {
    let env = squashed("b2");
    env.graph(&["d4 < b2", "e5 < s9 ~a1"]);
    insta::assert_snapshot!(env.run("heads"), @r#"
    ------- stderr -------
    error: revision `d4` follows `b2`, which no file declares
     --> versions/d4.sql:3:20
      |
    3 | -- down_revision = "b2"
      |                    ^^^^ `s9` replaces it
    hint: write `down_revision = "s9"`, or take the files from before the squash

    error: revision `e5` depends on `a1`, which is neither a revision nor a branch label
     --> versions/e5.sql:4:18
      |
    4 | -- depends_on = ["a1"]
      |                  ^^^^
    hint: `s9` replaces `a1`: write its id
    [exit status: 2]
    "#);
}

#[test]
fn two_files_that_replace_the_same_one() {
    let env = squashed("b2");
    env.revision("s8").header("replaces = [\"a1\"]").write();
    insta::assert_snapshot!(env.run("heads"), @r#"
    ------- stderr -------
    error: revisions `s8` and `s9` both replace `a1`
     --> versions/s9.sql:4:16
      |
    4 | -- replaces = ["a1", "b2"]
      |                ^^^^
    hint: two branches squashed the same revisions: keep one of the two files
    [exit status: 2]
    "#);
    env.revision("s8").header("replaces = \"a1\"").write();
    insta::assert_snapshot!(env.run("heads"), @r#"
    ------- stderr -------
    error: `replaces` must be an array of strings, not a string
     --> versions/s8.sql:4:15
      |
    4 | -- replaces = "a1"
      |               ^^^^
    hint: put it in brackets, each of several in quotes of its own: `replaces = ["…"]`
    [exit status: 2]
    "#);
}
