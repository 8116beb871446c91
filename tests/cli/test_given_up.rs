//! Revisions that ran, and whose files were gone for a while

use crate::support::TestEnv;

/// What is written twice where it runs twice.
const UP: &str = "INSERT INTO t_a1 VALUES (NULL);";
const DOWN: &str = "DELETE FROM t_a1;";

/// `x7` ran behind `a1`, on a branch whose file is not here.
fn on_another_branch(above: &[&str]) -> TestEnv {
    let env = TestEnv::with_graph(&["a1"]);
    env.revision("x7").after("a1").up(UP).down(DOWN).write();
    env.graph(above).run("upgrade").ok();
    env.remove("versions/x7.sql");
    env
}

fn n_rows(env: &TestEnv) -> String {
    env.query("SELECT count(*) FROM t_a1").concat()
}

#[test]
fn what_was_stamped_away_is_named_before_it_runs_again() {
    let env = on_another_branch(&[]);
    env.graph(&["b2 < a1"]);
    let status = env.run("status").stdout;
    assert!(status.contains("`migrator stamp a1` goes back"), "{status}");
    env.run("stamp a1").ok();
    env.run("upgrade").ok();
    env.revision("x7").after("b2").up(UP).down(DOWN).write();
    insta::assert_snapshot!(env.run("status"), @"
    database  app.db
    at        b2
    pending   x7, make x7 (ran 2026-11-03 14:40:11, and nothing took it back: `migrator stamp x7` if what it did is there still)
    log       4 rows since 2026-11-03 14:40:11
    ------- stderr -------
    nothing is wrong
    ");
    insta::assert_snapshot!(env.run("upgrade --dry-run"), @"
    upgrade x7, make x7 (1 statement, 1 changed row, [time])
    the database would be at x7
    it has 24 KiB now, and up to 32 KiB during the run, its journal included
    ------- stderr -------
    warning: `x7` ran here before, and nothing took it back: what it did may be there already, and it runs again
    everything was rolled back; nothing was changed
    ");
    insta::assert_snapshot!(env.run("stamp x7"), @"
    ------- stderr -------
    app.db is at x7
    ");
    env.run("status").ok();
    assert_eq!(n_rows(&env), "1");
}

#[test]
fn what_was_accepted_as_gone_is_named_before_it_runs_again() {
    let env = on_another_branch(&["c3 < x7"]);
    env.graph(&["c3 < a1"]);
    env.run("repair x7").ok();
    env.run("status").ok();
    env.revision("x7").after("c3").up(UP).down(DOWN).write();
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    warning: `x7` ran here before, and nothing took it back: what it did may be there already, and it runs again
    upgrade x7, make x7 (1 changed row, [time])
    app.db is at x7
    ");
    assert_eq!(n_rows(&env), "2");
    env.run("status").ok();
    env.run("downgrade c3").ok();
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    upgrade x7, make x7 (1 changed row, [time])
    app.db is at x7
    ");
}

#[test]
fn what_comes_back_below_others_ran() {
    let env = on_another_branch(&["c3 < x7"]);
    env.graph(&["c3 < a1"]);
    env.run("repair x7").ok();
    env.revision("x7").after("a1").up(UP).down(DOWN).write();
    env.graph(&["c3 < x7"]);
    insta::assert_snapshot!(env.run("status"), @"
    database  app.db
    at        c3
    pending   nothing
    log       4 rows since 2026-11-03 14:40:11
    wrong     the version table says that `x7` is applied, the log that it ran (2026-11-03 14:40:11, migrator 0.1.0) and was given up since
                `migrator repair x7`, if what it did is there still: accepts it as applied
                or `migrator repair --never-ran x7`, if what it did is not there any more: then `migrator upgrade --out-of-order` can run it
    [exit status: 1]
    ");
    env.run("repair x7").ok();
    env.run("status").ok();
    assert_eq!(n_rows(&env), "1");
}

#[test]
fn what_comes_back_below_what_ran_since_ran() {
    for accept in ["stamp a1", "repair x7"] {
        let above: &[&str] = if accept == "repair x7" { &["c3 < x7"] } else { &[] };
        let env = on_another_branch(above);
        env.graph(&["c3 < a1"]);
        env.run(accept).ok();
        env.graph(&["d4 < c3"]).run("upgrade").ok();
        env.revision("x7").after("a1").up(UP).down(DOWN).write();
        env.graph(&["c3 < x7", "d4 < c3"]);
        let status = env.run("status").stdout;
        assert!(status.contains("the log that it ran"), "{accept}: {status}");
        env.run("upgrade --out-of-order").ok();
        assert_eq!(n_rows(&env), "1", "{accept}");
        // Nor does something that runs above it make that forgotten.
        env.graph(&["e5 < d4"]).run("upgrade").ok();
        let status = env.run("status").stdout;
        assert!(status.contains("the log that it ran"), "{accept}: {status}");
        env.run("downgrade a1").ok();
        assert_eq!(n_rows(&env), "0", "{accept}");
    }
}

#[test]
fn what_is_below_it_is_not_stamped_along() {
    let env = on_another_branch(&[]);
    env.run("stamp a1").ok();
    env.graph(&["b2 < a1"]);
    env.revision("x7").after("b2").up(UP).down(DOWN).write();
    let status = env.run("status").stdout;
    let said = "`migrator upgrade b2`, then `migrator stamp x7`, if what it did is there still";
    assert!(status.contains(said), "{status}");
    env.run("upgrade b2").ok();
    env.run("stamp x7").ok();
    env.run("status").ok();
}

/// Another tool took it back, and that was accepted.
#[test]
fn what_was_taken_back_is_not_named() {
    let env = TestEnv::with_graph(&["a1"]);
    env.revision("x7").after("a1").up(UP).down(DOWN).write();
    env.run("upgrade").ok();
    env.sql("DELETE FROM t_a1; UPDATE alembic_version SET version_num = 'a1'");
    env.run("repair x7").ok();
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    upgrade x7, make x7 (1 changed row, [time])
    app.db is at x7
    ");
}
