//! Revisions of which the log knows that they never ran: no run makes it forget that, and no downgrade
//! undoes them

use crate::support::TestEnv;

/// Multiplies what stands in `t_a1`.
const TIMES: &str = "UPDATE t_a1 SET id = id * 100;";
const BACK: &str = "UPDATE t_a1 SET id = id / 100;";

/// A line of two revisions, both of which ran; then `i9` is put between them.
fn env() -> TestEnv {
    let env = TestEnv::new();
    let up = "CREATE TABLE t_a1 (id INTEGER PRIMARY KEY); INSERT INTO t_a1 VALUES (500);";
    env.revision("a1").up(up).down("DROP TABLE t_a1;").write();
    env.graph(&["b2 < a1"]).run("upgrade").ok();
    env.revision("i9").after("a1").up(TIMES).down(BACK).write();
    env.graph(&["b2 < i9"]);
    env
}

fn price(env: &TestEnv) -> String {
    env.query("SELECT id FROM t_a1").concat()
}

/// Asserts that `status` finds something wrong.
#[track_caller]
fn wrong(env: &TestEnv) {
    env.run("status").exits_with(1);
}

#[test]
fn what_never_ran_is_not_undone() {
    let env = env();
    insta::assert_snapshot!(env.run("downgrade a1"), @"
    ------- stderr -------
    error: revision `i9` never ran here, and never would: it was put below `b2`, which did
    hint: `migrator upgrade --out-of-order` runs it, where that is safe
    hint: or `migrator repair i9`, if what it does is there already
    hint: nothing was changed; `migrator downgrade a1 --allow-changed` goes on this once and leaves out the bodies of what never ran, and `migrator status` shows all that is wrong
    [exit status: 2]
    ");
    assert_eq!((env.rows(), price(&env)), (vec!["b2".to_owned()], "500".to_owned()));
    assert_eq!(env.run("downgrade a1 --dry-run").status, Some(2));
    assert_eq!(env.run("downgrade base --json").status, Some(2));
    insta::assert_snapshot!(env.run("downgrade a1 --allow-changed --no-backup"), @"
    ------- stderr -------
    downgrade b2, make b2 ([time])
    downgrade i9, make i9 ([time])
    warning: revision `i9` never ran here, and its way back did not run either
    app.db is at a1
    ");
    assert_eq!((env.rows(), price(&env)), (vec!["a1".to_owned()], "500".to_owned()));
    insta::assert_snapshot!(env.run("log --limit 2"), @"
    2026-11-03 14:40:11  unstamp   i9, make i9 (migrator 0.1.0)
    2026-11-03 14:40:11  downgrade b2, make b2 ([time], migrator 0.1.0)
    ");
    env.run("status").ok();
    env.run("upgrade").ok();
    assert_eq!(price(&env), "50000");
    env.run("status").ok();
    env.run("downgrade a1").ok();
    assert_eq!(price(&env), "500");
}

#[test]
fn what_never_ran_can_be_accepted_and_undone() {
    let env = env();
    env.sql(TIMES).run("repair i9").ok();
    env.run("downgrade a1").ok();
    assert_eq!(price(&env), "500");
}

#[test]
fn a_body_without_a_transaction_is_left_out_too() {
    let env = env();
    env.revision("i9").after("a1").header("transaction = false").up(TIMES).down(BACK).write();
    env.run("downgrade a1 --allow-changed --no-backup").ok();
    assert_eq!((env.rows(), price(&env)), (vec!["a1".to_owned()], "500".to_owned()));
}

#[test]
fn a_downgrade_does_not_make_it_ran() {
    let env = env();
    insta::assert_snapshot!(env.run("downgrade -1 --no-backup"), @"
    ------- stderr -------
    downgrade b2, make b2 ([time])
    warning: revision `i9`, to which this leads, never ran here
    app.db is at i9
    ");
    assert_eq!(env.rows(), ["i9"]);
    insta::assert_snapshot!(env.run("status"), @"
    database  app.db
    at        i9
    pending   b2, make b2
    log       4 rows since 2026-11-03 14:40:11
    wrong     revision `i9` never ran here, and never would: the version table calls it applied
                `migrator upgrade --out-of-order` runs it, where that is safe
                or `migrator repair i9`, if what it does is there already
    [exit status: 1]
    ");
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    error: revision `i9` never ran here, and never would: the version table calls it applied
    hint: `migrator upgrade --out-of-order` runs it, where that is safe
    hint: or `migrator repair i9`, if what it does is there already
    hint: nothing was changed; `migrator upgrade --allow-changed` goes on this once, and `migrator status` shows all that is wrong
    [exit status: 2]
    ");
    // However often it is passed over.
    env.run("upgrade --allow-changed").ok();
    wrong(&env);
    env.run("downgrade -1 --no-backup").ok();
    wrong(&env);
    assert_eq!(price(&env), "500");
    env.run("upgrade --out-of-order").ok();
    assert_eq!((env.rows(), price(&env)), (vec!["b2".to_owned()], "50000".to_owned()));
    env.run("status").ok();
}

#[test]
fn a_merge_that_gained_a_parent_does_not_make_it_ran() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1", "c3 < a1", "m4 < b2 c3"]);
    env.run("upgrade").ok();
    env.graph(&["x9 < a1", "m4 < b2 c3 x9"]);
    env.run("downgrade -1 --no-backup").ok();
    assert_eq!(env.rows().len(), 3);
    let said = env.run("upgrade").exits_with(2);
    assert!(said.contains("revision `x9` never ran here"), "{said}");
    env.run("upgrade --out-of-order").ok();
    assert!(env.tables().contains(&"t_x9".to_owned()));
    env.run("status").ok();
}

#[test]
fn a_row_that_was_written_by_hand_stays_a_trouble() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1", "c3 < b2"]);
    env.run("upgrade a1").ok();
    env.sql("UPDATE alembic_version SET version_num = 'b2'");
    wrong(&env);
    env.run("upgrade").ok();
    insta::assert_snapshot!(env.run("status"), @"
    database  app.db
    at        c3
    pending   nothing
    log       3 rows since 2026-11-03 14:40:11
    wrong     the version table says that `b2` is applied, the log does not know of it
                `migrator repair b2`, if it ran, by another tool or by hand: accepts it as applied
                or `migrator repair --never-ran b2`, if it did not run: then `migrator upgrade --out-of-order` can run it
    wrong     the schema is not what the applied revisions make; it has more (+), less (-) or something else (~):
                - table  t_b2
                this may come from what is named above: mend that first, and ask again
    [exit status: 1]
    ");
    // It says so once.
    env.graph(&["d4 < c3"]);
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    upgrade d4, make d4 ([time])
    app.db is at d4
    ");
    wrong(&env);
    insta::assert_snapshot!(env.run("repair --never-ran b2"), @"
    ------- stderr -------
    accepted b2 as skipped: it never ran here; `migrator upgrade --out-of-order` runs it
    ");
    env.run("upgrade").exits_with(2);
    env.run("upgrade --out-of-order").ok();
    env.run("status").ok();
    assert_eq!(env.tables(), ["t_a1", "t_b2", "t_c3", "t_d4"]);
    insta::assert_snapshot!(env.run("log --limit 3"), @"
    2026-11-03 14:40:11  upgrade   b2, make b2 ([time], migrator 0.1.0)
    2026-11-03 14:40:11  skipped   b2, make b2 (migrator 0.1.0)
    2026-11-03 14:40:11  upgrade   d4, make d4 ([time], migrator 0.1.0)
    ");
    env.run("repair --never-ran nope").exits_with(2);
}

#[test]
fn a_squash_does_not_hide_it() {
    let env = env();
    // As if it had been made where no database knew better.
    env.remove("versions/i9.sql").remove("versions/b2.sql");
    let squash = |env: &TestEnv, id: &str, header: &str| {
        let (up, down) = (format!("{TIMES}\nCREATE TABLE t_b2 (id INTEGER PRIMARY KEY);"), BACK);
        let down = format!("DROP TABLE t_b2;\n{down}");
        env.revision(id).after("a1").header(header).up(&up).down(&down).write();
    };
    squash(&env, "s5", "replaces = [\"i9\", \"b2\"]");
    insta::assert_snapshot!(env.run("status"), @"
    database  app.db
    at        b2
    pending   nothing
    log       2 rows since 2026-11-03 14:40:11
    wrong     revision `s5` stands for `i9`, which never ran here, and for `b2`, which did (2026-11-03 14:40:11, migrator 0.1.0)
                `migrator repair s5`, if what that does is there already, or once you have brought it about
                or bring back the files from before the squash, and ask again
    [exit status: 1]
    ");
    env.run("upgrade").exits_with(2);
    insta::assert_snapshot!(env.run("downgrade a1"), @"
    ------- stderr -------
    error: revision `s5` stands for `i9`, which never ran here, and for `b2`, which did (2026-11-03 14:40:11, migrator 0.1.0)
    hint: `migrator repair s5`, if what that does is there already, or once you have brought it about
    hint: or bring back the files from before the squash, and ask again
    hint: nothing was changed; `migrator downgrade a1 --allow-changed` goes on this once and undoes all of `s5`, also what never ran, and `migrator status` shows all that is wrong
    [exit status: 2]
    ");
    assert_eq!((env.rows(), price(&env)), (vec!["b2".to_owned()], "500".to_owned()));
    env.sql(TIMES).run("repair s5").ok();
    env.run("status").ok();
    env.run("downgrade a1").ok();
    assert_eq!(price(&env), "500");
}

#[test]
fn what_is_wrong_with_many_revisions_fits_a_screen() {
    let ids: Vec<String> = (1..=40).map(|it| format!("r{it:02}")).collect();
    let env = TestEnv::new();
    for (at, id) in ids.iter().enumerate() {
        match at {
            0 => env.graph(&[id]),
            _ => env.graph(&[&format!("{id} < {}", ids[at - 1])]),
        };
    }
    env.run("upgrade").ok();
    for (at, id) in ids.iter().enumerate() {
        let up = format!("CREATE TABLE t_{id} (id INTEGER PRIMARY KEY, more);");
        let revision = env.revision(id).up(&up);
        if at == 0 { revision.write() } else { revision.after(&ids[at - 1]).write() }
    }
    insta::assert_snapshot!(env.run("status"), @"
    database  app.db
    at        r40
    pending   nothing
    log       40 rows since 2026-11-03 14:40:11
    wrong     revision `r01` was edited after it ran (2026-11-03 14:40:11, migrator 0.1.0)
              revision `r02` was edited after it ran (2026-11-03 14:40:11, migrator 0.1.0)
              revision `r03` was edited after it ran (2026-11-03 14:40:11, migrator 0.1.0)
              and 37 more; `migrator status --json` has all
                put the files back to what ran, and write a new revision for the changes
                or, if the database has all that they make now, `migrator repair --all edited` accepts the files as they are; it runs nothing
    wrong     the schema is not what the applied revisions make; it has more (+), less (-) or something else (~):
                - column  t_r01.more
                - column  t_r02.more
                - column  t_r03.more
                - column  t_r04.more
                - column  t_r05.more
                - column  t_r06.more
                - column  t_r07.more
                - column  t_r08.more
                - column  t_r09.more
                - column  t_r10.more
                and 30 more; `migrator schema diff database current` has all
                this may come from what is named above: mend that first, and ask again
    [exit status: 1]
    ");
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    error: revision `r01` was edited after it ran (2026-11-03 14:40:11, migrator 0.1.0)

    error: revision `r02` was edited after it ran (2026-11-03 14:40:11, migrator 0.1.0)

    error: revision `r03` was edited after it ran (2026-11-03 14:40:11, migrator 0.1.0)
    hint: and 37 more; `migrator status --json` has all
    hint: put the files back to what ran, and write a new revision for the changes
    hint: or, if the database has all that they make now, `migrator repair --all edited` accepts the files as they are; it runs nothing
    hint: nothing was changed; `migrator upgrade --allow-changed` goes on this once, and `migrator status` shows all that is wrong
    [exit status: 2]
    ");
    let found = env.run("status --json");
    assert_eq!(found.status, Some(1));
    let found: serde_json::Value = serde_json::from_str(&found.stdout).unwrap();
    assert_eq!(found["troubles"].as_array().unwrap().len(), 41);
    env.run("repair --all edited").ok();
    let found = env.run("status").stdout;
    assert!(!found.contains("was edited"), "{found}");
    insta::assert_snapshot!(env.run("repair --all inserted"), @"
    ------- stderr -------
    nothing to repair in app.db
    ");
}

#[test]
fn advice_for_several_holds_for_all_of_them() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1"]);
    env.run("upgrade").ok();
    env.graph(&["i1 < a1", "i2 < i1", "b2 < i2"]);
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    error: revision `i1` never ran here, and never would: it was put below `b2`, which did

    error: revision `i2` never ran here, and never would: it was put below `b2`, which did
    hint: `migrator upgrade --out-of-order` runs them, where that is safe
    hint: or `migrator repair i1 i2`, if what they do is there already
    hint: nothing was changed; `migrator upgrade --allow-changed` goes on this once, and `migrator status` shows all that is wrong
    [exit status: 2]
    ");
}

#[test]
fn what_another_tool_ran_runs_no_second_time() {
    let env = TestEnv::new();
    let up = "CREATE TABLE t_a1 (id INTEGER PRIMARY KEY); INSERT INTO t_a1 VALUES (5);";
    env.revision("a1").up(up).down("DROP TABLE t_a1;").write();
    env.run("upgrade").ok();
    // The schema does not tell whether it ran.
    env.revision("b2").after("a1").up(TIMES).down(BACK).write();
    env.sql(TIMES).sql("UPDATE alembic_version SET version_num = 'b2'");
    insta::assert_snapshot!(env.run("status"), @"
    database  app.db
    at        b2
    pending   nothing
    log       1 row since 2026-11-03 14:40:11
    wrong     the version table says that `b2` is applied, the log does not know of it
                `migrator repair b2`, if it ran, by another tool or by hand: accepts it as applied
                or `migrator stamp a1`, if it did not run: puts the version table back to what the log says
    [exit status: 1]
    ");
    env.run("repair b2").ok();
    env.run("status").ok();
    env.run("upgrade").ok();
    assert_eq!(price(&env), "500");
    // Here it does.
    env.graph(&["c3 < b2"]);
    env.sql("CREATE TABLE t_c3 (id INTEGER PRIMARY KEY)");
    env.sql("UPDATE alembic_version SET version_num = 'c3'");
    insta::assert_snapshot!(env.run("status"), @"
    database  app.db
    at        c3
    pending   nothing
    log       2 rows since 2026-11-03 14:40:11
    wrong     the version table says that `c3` is applied, the log does not know of it
                `migrator repair c3` accepts it as applied; the schema is what the version table has
    [exit status: 1]
    ");
    env.run("repair c3").ok();
    env.run("status").ok();
    // And here that it did not.
    env.graph(&["d4 < c3"]);
    env.sql("UPDATE alembic_version SET version_num = 'd4'");
    insta::assert_snapshot!(env.run("status"), @"
    database  app.db
    at        d4
    pending   nothing
    log       3 rows since 2026-11-03 14:40:11
    wrong     the version table says that `d4` is applied, the log does not know of it
                `migrator stamp c3` puts the version table back to what the log says; the schema is what the log has
    wrong     the schema is not what the applied revisions make; it has more (+), less (-) or something else (~):
                - table  t_d4
                this may come from what is named above: mend that first, and ask again
    [exit status: 1]
    ");
    env.run("stamp c3").ok();
    env.run("status").ok();
    env.run("upgrade").ok();
    env.run("status").ok();
}
