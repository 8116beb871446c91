//! Every error of the graph, and of its folders

use crate::support::TestEnv;

#[test]
fn an_id_that_is_declared_twice() {
    let env = TestEnv::with_graph(&["a1"]);
    let text = env.revision("a1").text();
    env.file("versions/copy.sql", &text);
    insta::assert_snapshot!(env.run("upgrade"), @r#"
    ------- stderr -------
    error: revision `a1` is declared twice
     --> versions/copy.sql:2:15
      |
    2 | -- revision = "a1"
      |               ^^^^ first declared in versions/a1.sql:2
    hint: give one of the two files a new `revision`
    [exit status: 2]
    "#);
    assert!(!env.path("app.db").exists());
}

#[test]
fn a_parent_that_does_not_exist() {
    let env = TestEnv::with_graph(&["27c6a30d7c24", "b2 < 27c6a30d7c25"]);
    insta::assert_snapshot!(env.run("heads"), @r#"
    ------- stderr -------
    error: revision `b2` follows `27c6a30d7c25`, which no file declares
     --> versions/b2.sql:3:20
      |
    3 | -- down_revision = "27c6a30d7c25"
      |                    ^^^^^^^^^^^^^^ no file declares `27c6a30d7c25`
    hint: did you mean `27c6a30d7c24`?
    [exit status: 2]
    "#);
    let env = TestEnv::with_graph(&["a1", "b2 < zzzzzzzz"]);
    insta::assert_snapshot!(env.run("heads"), @r#"
    ------- stderr -------
    error: revision `b2` follows `zzzzzzzz`, which no file declares
     --> versions/b2.sql:3:20
      |
    3 | -- down_revision = "zzzzzzzz"
      |                    ^^^^^^^^^^ no file declares `zzzzzzzz`
    hint: add the missing file, or change `down_revision` to a revision that exists
    [exit status: 2]
    "#);
    // An id is written in full.
    let env = TestEnv::with_graph(&["27c6a30d7c24", "b2 < 27c6"]);
    insta::assert_snapshot!(env.run("heads"), @r#"
    ------- stderr -------
    error: revision `b2` follows `27c6`, which no file declares
     --> versions/b2.sql:3:20
      |
    3 | -- down_revision = "27c6"
      |                    ^^^^^^ no file declares `27c6`
    hint: did you mean `27c6a30d7c24`?
    [exit status: 2]
    "#);
}

#[test]
fn a_dependency_that_does_not_exist() {
    let env = TestEnv::with_graph(&["a1 [shop]", "b2 ~shopp"]);
    insta::assert_snapshot!(env.run("heads"), @r#"
    ------- stderr -------
    error: revision `b2` depends on `shopp`, which is neither a revision nor a branch label
     --> versions/b2.sql:3:18
      |
    3 | -- depends_on = ["shopp"]
      |                  ^^^^^^^
    hint: did you mean `shop`?
    [exit status: 2]
    "#);
    let env = TestEnv::with_graph(&["a1 [shop]", "b2 ~shop@head"]);
    insta::assert_snapshot!(env.run("heads"), @r#"
    ------- stderr -------
    error: revision `b2` depends on `shop@head`, which is neither a revision nor a branch label
     --> versions/b2.sql:3:18
      |
    3 | -- depends_on = ["shop@head"]
      |                  ^^^^^^^^^^^
    hint: `depends_on` takes whole ids and branch labels
    [exit status: 2]
    "#);
}

#[test]
fn a_label_that_two_revisions_have() {
    let env = TestEnv::with_graph(&["a1 [shop]", "b2 [shop]", "c3 [a1]"]);
    insta::assert_snapshot!(env.run("heads"), @r#"
    ------- stderr -------
    error: branch label `shop` of revision `b2` is already a label of revision `a1`
     --> versions/b2.sql:3:21
      |
    3 | -- branch_labels = ["shop"]
      |                     ^^^^^^

    error: branch label `a1` of revision `c3` is already the id of a revision
     --> versions/c3.sql:3:21
      |
    3 | -- branch_labels = ["a1"]
      |                     ^^^^
    hint: choose another name for one of the labels
    [exit status: 2]
    "#);
}

#[test]
fn a_cycle() {
    let env = TestEnv::with_graph(&["a1 < c3", "b2 < a1", "c3 < b2"]);
    insta::assert_snapshot!(env.run("upgrade"), @r#"
    ------- stderr -------
    error: revisions form a cycle: a1 -> b2 -> c3 -> a1
     --> versions/a1.sql:3:20
      |
    3 | -- down_revision = "c3"
      |                    ^^^^
    hint: change one `down_revision` so that the chain ends at a base
    [exit status: 2]
    "#);
    let env = TestEnv::with_graph(&["a1 < a1"]);
    insta::assert_snapshot!(env.run("upgrade"), @r#"
    ------- stderr -------
    error: revision `a1` follows itself
     --> versions/a1.sql:3:20
      |
    3 | -- down_revision = "a1"
      |                    ^^^^
    hint: change one `down_revision` so that the chain ends at a base
    [exit status: 2]
    "#);
    let env = TestEnv::with_graph(&["a1 ~b2", "b2 ~a1"]);
    insta::assert_snapshot!(env.run("upgrade"), @r#"
    ------- stderr -------
    error: dependencies form a cycle: a1 -> b2 -> a1
     --> versions/a1.sql:3:18
      |
    3 | -- depends_on = ["b2"]
      |                  ^^^^
    hint: remove one `depends_on` so that the chain ends at a base
    [exit status: 2]
    "#);
}

#[test]
fn every_command_that_reads_the_graph_refuses_a_broken_one() {
    let env = TestEnv::with_graph(&["a1", "b2 < nope"]);
    env.sql("CREATE TABLE mine (x)");
    for line in [
        "heads",
        "branches",
        "history",
        "show a1",
        "edit a1",
        "current",
        "upgrade",
        "downgrade base",
        "stamp a1",
        "revision",
        "merge heads",
        "upgrade --sql",
        "upgrade --dry-run",
    ] {
        let output = env.run(line);
        assert_eq!(output.status, Some(2), "{line}: {output}");
        assert!(output.stderr.contains("--> versions/b2.sql:3:20"), "{line}: {output}");
    }
}

#[test]
fn a_missing_folder_of_revisions() {
    let env = TestEnv::empty();
    env.config("");
    insta::assert_snapshot!(env.run("heads"), @"
    ------- stderr -------
    error: there is no folder `versions`, which `alembic.toml` names as a version location
    hint: `mkdir versions` makes it (git keeps no empty folders); or change `version_locations`
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("revision -m one"), @"
    ------- stderr -------
    error: there is no folder `versions`, which `alembic.toml` names as a version location
    hint: `mkdir versions` makes it (git keeps no empty folders); or change `version_locations`
    [exit status: 2]
    ");
    env.file("versions", "");
    insta::assert_snapshot!(env.run("heads"), @"
    ------- stderr -------
    error: cannot read the folder `$DIR/versions`
    caused by: Not a directory (os error 20)
    hint: nothing was changed; a file is where a folder should be: move it away
    [exit status: 2]
    ");
}

#[test]
fn what_is_said_of_a_missing_folder_mends_it() {
    for folder in ["versions", "db/my versions", "/above"] {
        let env = TestEnv::empty();
        let folder = folder.replacen("/above", &format!("{}/above", env.path("").display()), 1);
        env.config(&format!("version_locations = [{folder:?}]"));
        let said = env.run("upgrade").exits_with(2);
        let command = said.split('`').find(|it| it.starts_with("mkdir ")).unwrap();
        assert!(env.program("sh", &["-c", command]).status().unwrap().success(), "{command}");
        env.run("upgrade").exits_with(0);
    }
}

#[test]
fn a_configuration_from_a_folder_above_is_named() {
    let env = TestEnv::empty();
    env.config("").folder("app");
    let env = env.inside("app");
    insta::assert_snapshot!(env.run("heads"), @"
    ------- stderr -------
    error: there is no folder `$DIR/versions`, which `$DIR/alembic.toml` names as a version location
    hint: `mkdir -p $DIR/versions` makes it (git keeps no empty folders); or change `version_locations`
    hint: if that is not the configuration that you meant: `-c FILE` names another, `migrator init` sets up a project here
    [exit status: 2]
    ");
}

#[test]
fn other_files_are_left_alone() {
    let env = TestEnv::with_graph(&["a1"]);
    env.file("versions/README.md", "").file("versions/.gitkeep", "").folder("versions/__pycache__");
    assert_eq!(env.run("heads").ok(), "a1 (head)\n");
}
