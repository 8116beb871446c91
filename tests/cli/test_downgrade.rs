//! `migrator downgrade`

use crate::support::TestEnv;

fn upgraded(graph: &[&str]) -> TestEnv {
    let env = TestEnv::with_graph(graph);
    env.run("upgrade heads").ok();
    env
}

#[test]
fn steps_names_and_the_base_are_targets() {
    let env = upgraded(&["a1", "b2 < a1", "c3 < b2", "d4 < c3", "e5 < d4"]);
    insta::assert_snapshot!(env.run("downgrade -1"), @"
    ------- stderr -------
    backup app.db.20261103T144011Z.bak ([time])
    downgrade e5, make e5 ([time])
    app.db is at d4
    ");
    insta::assert_snapshot!(env.run("downgrade -- -1"), @"
    ------- stderr -------
    backup app.db.20261103T144011Z-2.bak ([time])
    downgrade d4, make d4 ([time])
    app.db is at c3
    ");
    insta::assert_snapshot!(env.run("downgrade a1+1"), @"
    ------- stderr -------
    backup app.db.20261103T144011Z-3.bak ([time])
    downgrade c3, make c3 ([time])
    app.db is at b2
    ");
    insta::assert_snapshot!(env.run("downgrade b2"), @"
    ------- stderr -------
    nothing to do: app.db is at b2
    ");
    insta::assert_snapshot!(env.run("downgrade base"), @"
    ------- stderr -------
    backup app.db.20261103T144011Z-4.bak ([time])
    downgrade b2, make b2 ([time])
    downgrade a1, make a1 ([time])
    app.db is at base
    ");
    assert!(env.rows().is_empty());
    assert!(env.tables().is_empty());
    insta::assert_snapshot!(env.run("downgrade base"), @"
    ------- stderr -------
    nothing to do: app.db is at base
    ");
}

#[test]
fn options_may_stand_around_the_steps() {
    let env = upgraded(&["a1", "b2 < a1", "c3 < b2"]);
    env.run("downgrade -q -1").ok();
    env.run("downgrade -1 --tag x").ok();
    assert_eq!(env.rows(), ["a1"]);
    insta::assert_snapshot!(env.run("downgrade --dry-run -1"), @"
    downgrade a1, make a1 (1 statement, 0 changed rows, [time])
    the database would be at base
    it has 28 KiB now, and up to 40 KiB during the run, its journal included
    ------- stderr -------
    everything was rolled back; nothing was changed
    ");
}

#[test]
fn a_target_is_required() {
    let env = upgraded(&["a1"]);
    insta::assert_snapshot!(env.run("downgrade"), @"
    ------- stderr -------
    error: `migrator downgrade` needs `<TARGET>`
    hint: `migrator downgrade -1` takes back one revision, `migrator downgrade base` all of them
    [exit status: 2]
    ");
}

#[test]
fn a_wrong_target_is_refused() {
    let env = upgraded(&["a1", "b2 < a1", "c3 < b2"]);
    env.run("downgrade b2").ok();
    insta::assert_snapshot!(env.run("downgrade c3"), @"
    ------- stderr -------
    error: cannot downgrade to `c3`, which is not applied
    hint: the database is at `b2`; `migrator upgrade c3` would apply it
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("downgrade -5"), @"
    ------- stderr -------
    error: `-5` is out of range: there are 2 steps that way
    hint: `migrator history` lists the revisions in order
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("downgrade +1"), @"
    ------- stderr -------
    error: `+1` has no meaning here: a downgrade leads down
    hint: nothing was changed; `migrator upgrade +1` leads up
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("downgrade nope"), @"
    ------- stderr -------
    error: no revision or branch label is called `nope` or begins with it
    hint: `migrator history` lists all revisions and labels
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("downgrade nope@base"), @"
    ------- stderr -------
    error: no branch label or revision is called `nope`
    hint: `migrator history` lists all revisions and labels
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("downgrade b2:a1"), @"
    ------- stderr -------
    error: `b2:a1` is a range, which is for --sql only
    hint: name only the target; where to start from, the database says
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("downgrade -0"), @"
    ------- stderr -------
    error: `-0` is no revision: the number of steps is at least 1
    hint: revisions are named by id, `head`, `heads`, `base`, `+N`, `-N`, `REV+N`, `REV-N`, `LABEL@head` and the like
    [exit status: 2]
    ");
    assert_eq!(env.rows(), ["b2"]);
}

#[test]
fn a_step_back_from_a_merge_undoes_the_merge() {
    let env = upgraded(&["a1", "b2 < a1 [left]", "c3 < a1", "d4 < b2 c3"]);
    insta::assert_snapshot!(env.run("downgrade -1"), @"
    ------- stderr -------
    backup app.db.20261103T144011Z.bak ([time])
    downgrade d4, make d4 ([time])
    app.db is at c3, b2
    ");
    assert_eq!(env.rows(), ["b2", "c3"]);
    insta::assert_snapshot!(env.run("downgrade -1"), @"
    ------- stderr -------
    error: `-1` is ambiguous: the database is at several revisions: `c3`, `b2`
    hint: say from which: `c3@-1` or `b2@-1`
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("downgrade left@-1"), @"
    ------- stderr -------
    backup app.db.20261103T144011Z-2.bak ([time])
    downgrade b2, make b2 ([time])
    app.db is at c3
    ");
    assert_eq!(env.rows(), ["c3"]);
}

#[test]
fn reverting_a_sibling_branch_needs_a_yes() {
    let env = upgraded(&["a1", "b2 < a1 [shop]", "c3 < a1", "d4 < c3"]);
    insta::assert_snapshot!(env.run("downgrade shop@base"), @"
    ------- stderr -------
    error: downgrading to `shop@base` must also revert `d4`, `c3`
    hint: add `--yes` if that is meant, or name a target higher up
    [exit status: 2]
    ");
    assert_eq!(env.rows(), ["b2", "d4"]);
    insta::assert_snapshot!(env.run("downgrade shop@base --dry-run"), @"
    downgrade b2, make b2 (1 statement, 0 changed rows, [time])
    downgrade d4, make d4 (1 statement, 0 changed rows, [time])
    downgrade c3, make c3 (1 statement, 0 changed rows, [time])
    downgrade a1, make a1 (1 statement, 0 changed rows, [time])
    the database would be at base
    it has 32 KiB now, and up to 52 KiB during the run, its journal included
    ------- stderr -------
    warning: downgrading to `shop@base` must also revert `d4`, `c3`; without --dry-run, that needs `--yes`
    everything was rolled back; nothing was changed
    ");
    insta::assert_snapshot!(env.run("downgrade shop@base --yes"), @"
    ------- stderr -------
    backup app.db.20261103T144011Z.bak ([time])
    downgrade b2, make b2 ([time])
    downgrade d4, make d4 ([time])
    downgrade c3, make c3 ([time])
    downgrade a1, make a1 ([time])
    app.db is at base
    ");
    assert!(env.rows().is_empty());
}

#[test]
fn on_a_terminal_it_is_asked() {
    let env = upgraded(&["a1", "b2 < a1 [shop]", "c3 < a1"]);
    let Some(mut terminal) = env.on_a_terminal("downgrade shop@base") else { return };
    terminal.shows("must also revert `c3`. Go on? [y/N] ").types("n\n");
    let (text, status) = terminal.ends();
    assert!(text.contains("not confirmed; nothing was changed"), "{text}");
    assert_eq!(status, Some(2));
    assert_eq!(env.rows(), ["b2", "c3"]);
    let mut terminal = env.on_a_terminal("downgrade shop@base").unwrap();
    terminal.shows("Go on? [y/N] ").types("y\n");
    let (text, status) = terminal.ends();
    assert!(text.contains("app.db is at base"), "{text}");
    assert_eq!(status, Some(0));
}

#[test]
fn an_independent_tree_stays() {
    let env = upgraded(&["a1 [shop]", "b2 < a1", "x1", "y2 < x1"]);
    insta::assert_snapshot!(env.run("downgrade b2-1"), @"
    ------- stderr -------
    backup app.db.20261103T144011Z.bak ([time])
    downgrade b2, make b2 ([time])
    app.db is at y2, a1
    ");
    insta::assert_snapshot!(env.run("downgrade shop@base"), @"
    ------- stderr -------
    backup app.db.20261103T144011Z-2.bak ([time])
    downgrade a1, make a1 ([time])
    app.db is at y2
    ");
    assert_eq!(env.rows(), ["y2"]);
}

#[test]
fn dependents_go_first() {
    let env = upgraded(&["a1 [shop]", "x1", "y2 < x1 ~a1"]);
    insta::assert_snapshot!(env.run("downgrade shop@base"), @"
    ------- stderr -------
    error: downgrading to `shop@base` must also revert `y2`
    hint: add `--yes` if that is meant, or name a target higher up
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("downgrade shop@base -y"), @"
    ------- stderr -------
    backup app.db.20261103T144011Z.bak ([time])
    downgrade y2, make y2 ([time])
    downgrade a1, make a1 ([time])
    app.db is at x1
    ");
    assert_eq!(env.rows(), ["x1"]);
}

#[test]
fn an_irreversible_revision_stops_before_anything_runs() {
    let env = TestEnv::with_graph(&["a1"]);
    env.revision("b2").after("a1").irreversible().write();
    env.graph(&["c3 < b2"]);
    env.run("upgrade").ok();
    insta::assert_snapshot!(env.run("downgrade base"), @"
    ------- stderr -------
    error: revision `b2` is irreversible
      --> versions/b2.sql:10:1
       |
    10 | -- migrate:downgrade irreversible
       | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    hint: write a downgrade in place of `irreversible`; `migrator stamp` changes the version table alone
    [exit status: 2]
    ");
    assert_eq!(env.rows(), ["c3"]);
    env.run("downgrade b2").ok();
}

#[test]
fn a_broken_body_is_rolled_back() {
    let env = TestEnv::new();
    env.revision("a1").down("DROP TABLE t_a1;\nDROP TABLE missing;").write();
    env.run("upgrade").ok();
    insta::assert_snapshot!(env.run("downgrade base"), @"
    ------- stderr -------
    backup app.db.20261103T144011Z.bak ([time])
    removed app.db.20261103T144011Z.bak again: the database is what it was
    error: revision `a1` failed at statement 2 of 2; it was rolled back
      --> versions/a1.sql:11:1
       |
    11 | DROP TABLE missing;
       | ^^^^^^^^^^^^^^^^^^ no such table: missing
    hint: the database is at `a1`; mend the cause and run the same command again
    [exit status: 3]
    ");
    assert_eq!(env.tables(), ["t_a1"]);
}

#[test]
fn without_a_database_there_is_nothing_to_revert() {
    let env = TestEnv::with_graph(&["a1"]);
    let before = env.files();
    insta::assert_snapshot!(env.run("downgrade base"), @"
    ------- stderr -------
    error: the database `$DIR/app.db` does not exist
    hint: `migrator upgrade` makes it; if it should be there, check the path: it comes from `--url`, or else from `database.url` in alembic.toml
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("downgrade -1"), @"
    ------- stderr -------
    error: the database `$DIR/app.db` does not exist
    hint: `migrator upgrade` makes it; if it should be there, check the path: it comes from `--url`, or else from `database.url` in alembic.toml
    [exit status: 2]
    ");
    assert_eq!(env.files(), before);
}

#[test]
fn a_database_without_a_version_table_is_at_the_base() {
    let env = TestEnv::with_graph(&["a1"]);
    env.sql("CREATE TABLE mine (x)");
    insta::assert_snapshot!(env.run("downgrade base"), @"
    ------- stderr -------
    nothing to do: app.db is at base
    ");
    insta::assert_snapshot!(env.run("downgrade -1"), @"
    ------- stderr -------
    error: `-1` leads nowhere: no revision is applied
    hint: `migrator current` shows where the database is
    [exit status: 2]
    ");
    assert_eq!(env.query("SELECT name FROM sqlite_schema"), ["mine"]);
}

#[test]
fn a_bare_number_is_asked_about() {
    let env = upgraded(&["1975ea83b712", "b2 < 1975ea83b712", "c3 < b2"]);
    insta::assert_snapshot!(env.run("downgrade 1"), @"
    ------- stderr -------
    error: `1` may be meant for a number of steps, or for the revision `1975ea83b712`
    hint: did you mean `-1`? to name the revision, type `1975ea83b712`
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("upgrade 1"), @"
    ------- stderr -------
    error: `1` may be meant for a number of steps, or for the revision `1975ea83b712`
    hint: did you mean `+1`? to name the revision, type `1975ea83b712`
    [exit status: 2]
    ");
    env.run("downgrade --sql head:1").exits_with(2);
    assert_eq!(env.rows(), ["c3"]);
    // Whatever else takes a revision counts no steps.
    env.run("show 1").ok();
    env.run("downgrade 1975ea83b712").ok();
}
