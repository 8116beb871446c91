//! `migrator upgrade`

use crate::support::TestEnv;

/// A base, two branches, and a merge.
const DIAMOND: &[&str] = &["a1", "b2 < a1 [left]", "c3 < a1 [right]", "d4 < b2 c3"];

#[test]
fn one_line_for_each_revision() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1"]);
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    upgrade a1, make a1 ([time])
    upgrade b2, make b2 ([time])
    app.db is at b2
    ");
    assert_eq!(env.rows(), ["b2"]);
    assert_eq!(env.tables(), ["t_a1", "t_b2"]);
    insta::assert_snapshot!(env.run("upgrade head"), @"
    ------- stderr -------
    nothing to do: app.db is at b2
    ");
}

#[test]
fn steps_and_names_are_targets() {
    let env = TestEnv::with_graph(&["a100", "b200 < a100", "c300 < b200", "d400 < c300"]);
    insta::assert_snapshot!(env.run("upgrade +1"), @"
    ------- stderr -------
    upgrade a100, make a100 ([time])
    app.db is at a100
    ");
    insta::assert_snapshot!(env.run("upgrade b2"), @"
    ------- stderr -------
    upgrade b200, make b200 ([time])
    app.db is at b200
    ");
    insta::assert_snapshot!(env.run("upgrade b200+1"), @"
    ------- stderr -------
    upgrade c300, make c300 ([time])
    app.db is at c300
    ");
    insta::assert_snapshot!(env.run("upgrade a100"), @"
    ------- stderr -------
    nothing to do: app.db is at c300
    ");
    insta::assert_snapshot!(env.run("upgrade base"), @"
    ------- stderr -------
    nothing to do: app.db is at c300
    ");
    insta::assert_snapshot!(env.run("upgrade head-1"), @"
    ------- stderr -------
    nothing to do: app.db is at c300
    ");
    insta::assert_snapshot!(env.run("upgrade base+4"), @"
    ------- stderr -------
    upgrade d400, make d400 ([time])
    app.db is at d400
    ");
    insta::assert_snapshot!(env.run("upgrade +1"), @"
    ------- stderr -------
    error: `+1` is out of range: there is no step that way
    hint: `migrator history` lists the revisions in order
    [exit status: 2]
    ");
}

#[test]
fn labels_are_targets() {
    let env = TestEnv::with_graph(DIAMOND);
    insta::assert_snapshot!(env.run("upgrade left@+1"), @"
    ------- stderr -------
    upgrade a1, make a1 ([time])
    app.db is at a1
    ");
    insta::assert_snapshot!(env.run("upgrade right@c3"), @"
    ------- stderr -------
    upgrade c3, make c3 ([time])
    app.db is at c3
    ");
    insta::assert_snapshot!(env.run("upgrade left"), @"
    ------- stderr -------
    upgrade b2, make b2 ([time])
    app.db is at c3, b2
    ");
    insta::assert_snapshot!(env.run("upgrade left@head"), @"
    ------- stderr -------
    upgrade d4, make d4 ([time])
    app.db is at d4
    ");
    assert_eq!(env.rows(), ["d4"]);
}

#[test]
fn several_heads_are_all_meant_by_heads() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1 [shop]", "c3 < a1", "x9"]);
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    error: `head` is ambiguous, there are several heads: `b2`, `c3`, `x9`
    hint: name one of them, `shop@head`, `c3`, `x9`, or say `heads` for all
    hint: `migrator rebase x9 --onto c3` or `migrator rebase c3 --onto x9` makes one line of them: move the one that no database has run yet, here or elsewhere; `migrator merge c3 x9` joins them in a revision of its own
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("upgrade shop@head"), @"
    ------- stderr -------
    upgrade a1, make a1 ([time])
    upgrade b2, make b2 ([time])
    app.db is at b2
    ");
    insta::assert_snapshot!(env.run("upgrade heads"), @"
    ------- stderr -------
    upgrade x9, make x9 ([time])
    upgrade c3, make c3 ([time])
    app.db is at b2, x9, c3
    ");
    assert_eq!(env.rows(), ["b2", "c3", "x9"]);
    insta::assert_snapshot!(env.run("upgrade +1"), @"
    ------- stderr -------
    error: `+1` is ambiguous: the database is at several revisions: `b2`, `x9`, `c3`
    hint: say from which: `b2@+1` or `x9@+1` or `c3@+1`
    [exit status: 2]
    ");
}

#[test]
fn a_wrong_target_is_refused_and_makes_no_database() {
    let env = TestEnv::with_graph(&["27c6a30d7c24 [shop]", "27c6b1 < 27c6a30d7c24"]);
    insta::assert_snapshot!(env.run("upgrade haed"), @"
    ------- stderr -------
    error: no revision or branch label is called `haed` or begins with it
    hint: did you mean `head`?
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("upgrade 27c6"), @"
    ------- stderr -------
    error: `27c6` is the beginning of several revisions: `27c6a30d7c24`, `27c6b1`
    hint: type more of it
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("upgrade +3"), @"
    ------- stderr -------
    error: `+3` is out of range: there are 2 steps that way
    hint: `migrator history` lists the revisions in order
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("upgrade -1"), @"
    ------- stderr -------
    error: `-1` has no meaning here: an upgrade leads up
    hint: nothing was changed; `migrator downgrade -1` leads down
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("upgrade shopp@head"), @"
    ------- stderr -------
    error: no branch label or revision is called `shopp`
    hint: did you mean `shop`?
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("upgrade 27c6b1+1x"), @"
    ------- stderr -------
    error: `27c6b1+1x` is no revision: after `+` or `-` stands a number and nothing else
    hint: revisions are named by id, `head`, `heads`, `base`, `+N`, `-N`, `REV+N`, `REV-N`, `LABEL@head` and the like
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("upgrade base:head"), @"
    ------- stderr -------
    error: `base:head` is a range, which is for --sql only
    hint: name only the target; where to start from, the database says
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("upgrade ''"), @"
    ------- stderr -------
    error: `` is no revision: there is nothing
    hint: revisions are named by id, `head`, `heads`, `base`, `+N`, `-N`, `REV+N`, `REV-N`, `LABEL@head` and the like
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("upgrade current"), @"
    ------- stderr -------
    error: `current` has no meaning here: only `history`, `show` and `edit` know `current`
    hint: name a revision; `migrator current` shows where the database is
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("upgrade 27c6a30d7c24 27c6b1"), @"
    ------- stderr -------
    error: `27c6b1` is one argument too many for `migrator upgrade`
    hint: one target at a time: `migrator upgrade 27c6a30d7c24`, then `migrator upgrade 27c6b1`
    [exit status: 2]
    ");
    assert!(!env.path("app.db").exists());
}

#[test]
fn a_misspelt_option_is_no_target() {
    let env = TestEnv::with_graph(&["a1"]);
    insta::assert_snapshot!(env.run("upgrade --dryrun"), @"
    ------- stderr -------
    error: `migrator upgrade` has no option `--dryrun`
    hint: did you mean `--dry-run`? `migrator upgrade --dry-run`
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("upgrade -z"), @"
    ------- stderr -------
    error: `migrator upgrade` has no option `-z`
    hint: `migrator upgrade --help` lists its options
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("downgrade --dryrun"), @"
    ------- stderr -------
    error: `migrator downgrade` has no option `--dryrun`
    hint: did you mean `--dry-run`? `migrator downgrade --dry-run`
    [exit status: 2]
    ");
}

#[test]
fn a_revision_of_another_branch_is_refused() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1 [shop]", "c3 < a1"]);
    insta::assert_snapshot!(env.run("upgrade shop@c3"), @"
    ------- stderr -------
    error: revision `c3` is not on the branch `shop`
    hint: `migrator history -r shop@base:shop@head` lists the branch
    [exit status: 2]
    ");
}

#[test]
fn an_empty_project_has_nothing_to_do() {
    let env = TestEnv::new();
    insta::assert_snapshot!(env.run("upgrade"), @r#"
    ------- stderr -------
    there are no revisions yet; `migrator revision -m "…"` makes one
    "#);
    insta::assert_snapshot!(env.run("upgrade heads"), @r#"
    ------- stderr -------
    there are no revisions yet; `migrator revision -m "…"` makes one
    "#);
    assert!(!env.path("app.db").exists());
}

#[test]
fn an_id_that_no_file_declares_is_explained() {
    let env = TestEnv::with_graph(&["a1"]);
    env.run("upgrade").ok();
    env.sql("UPDATE alembic_version SET version_num = 'feedbeef'");
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    error: the database is at `feedbeef`, which no revision file declares
    hint: bring back what declares `feedbeef`: a file that was deleted, that is on another branch of your repository, or that belongs to a newer version of the program
    hint: if the revision is gone for good, `migrator stamp REVISION` replaces it by one that exists, without running anything; `migrator status` names it, and says when this one ran
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("current"), @"
    ------- stderr -------
    error: the database is at `feedbeef`, which no revision file declares
    hint: bring back what declares `feedbeef`: a file that was deleted, that is on another branch of your repository, or that belongs to a newer version of the program
    hint: if the revision is gone for good, `migrator stamp REVISION` replaces it by one that exists, without running anything; `migrator status` names it, and says when this one ran
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("downgrade base"), @"
    ------- stderr -------
    error: the database is at `feedbeef`, which no revision file declares
    hint: bring back what declares `feedbeef`: a file that was deleted, that is on another branch of your repository, or that belongs to a newer version of the program
    hint: if the revision is gone for good, `migrator stamp REVISION` replaces it by one that exists, without running anything; `migrator status` names it, and says when this one ran
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("history -i"), @"
    ------- stderr -------
    error: the database is at `feedbeef`, which no revision file declares
    hint: bring back what declares `feedbeef`: a file that was deleted, that is on another branch of your repository, or that belongs to a newer version of the program
    hint: if the revision is gone for good, `migrator stamp REVISION` replaces it by one that exists, without running anything; `migrator status` names it, and says when this one ran
    [exit status: 2]
    ");
}

#[test]
fn rows_on_one_line_are_explained() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1", "c3 < b2"]);
    env.run("upgrade b2").ok();
    env.sql("INSERT INTO alembic_version VALUES ('a1')");
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    error: the version table has two rows of one line: `a1` comes before `b2`, so only `b2` should be there
    hint: the version table was edited by hand, or a file was changed after it ran; `migrator stamp b2` leaves the one row, without running anything
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("stamp b2"), @"
    ------- stderr -------
    app.db is at b2
    ");
    assert_eq!(env.rows(), ["b2"]);
}

#[test]
fn the_log_keeps_a_tag() {
    let env = TestEnv::with_graph(&["a1"]);
    env.run("upgrade --tag 'release 7'").ok();
    assert_eq!(env.query("SELECT tag FROM migrator_log"), ["release 7"]);
}

#[test]
fn the_database_and_its_folder_are_made() {
    let env = TestEnv::with_graph(&["a1"]);
    env.config("[database]\nurl = \"sqlite:///deep/down/app.db\"");
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    upgrade a1, make a1 ([time])
    deep/down/app.db is at a1
    ");
    assert!(env.path("deep/down/app.db").exists());
}
