//! What a message tells to type, typed as it stands there

use crate::support::TestEnv;
use crate::support::advice::{obey, wrong};

/// A database with rows that no revision made.
fn in_use(env: &TestEnv) {
    env.sql(
        "CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL); \
         INSERT INTO customers VALUES (1, 'a'), (2, 'b'); \
         CREATE TABLE invoices (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers (id)); \
         CREATE INDEX ix_invoices_customer_id ON invoices (customer_id); \
         INSERT INTO invoices VALUES (1, 2); \
         CREATE VIEW paid AS SELECT id FROM invoices",
    );
}

/// Goes on from `status` until nothing is wrong; the rows are as before.
#[track_caller]
fn adopt(env: &TestEnv) {
    let said = wrong(env);
    assert!(!said.contains("sqlite3"), "{said}");
    if said.contains("schema dump") {
        obey(env, &said, "schema dump");
        if said.contains("`files = [\"schema.sql\"]` under `[schema]`") {
            let text = env.read("alembic.toml");
            env.file("alembic.toml", &format!("{text}\n[schema]\nfiles = [\"schema.sql\"]\n"));
        }
        // The rest is still what is to be done.
        assert!(wrong(env).contains("What was there"));
    }
    obey(env, &said, "revision --autogenerate");
    obey(env, &said, "stamp head");
    let output = env.run("status");
    assert_eq!(output.stderr, "nothing is wrong\n", "{output}");
    assert_eq!(env.rows(), ["aaaa11112222"]);
    env.run("upgrade").ok();
    env.run("check").ok();
    assert_eq!(env.query("SELECT name FROM customers"), ["a", "b"]);
    assert_eq!(env.query("SELECT customer_id FROM invoices"), ["2"]);
}

#[test]
fn a_database_that_is_in_use_is_taken_over() {
    let env = TestEnv::new();
    in_use(&env);
    insta::assert_snapshot!(env.run("status"), @r#"
    database  app.db
    at        base
    pending   nothing
    log       nothing ran yet
    wrong     the schema is not what the applied revisions make; it has more (+), less (-) or something else (~):
                + table  customers                (id, name)
                + table  invoices                 (id, customer_id)
                + index  ix_invoices_customer_id  ON invoices (customer_id)
                + view   paid
                there is no revision yet: to go on from what is there, `migrator schema dump > schema.sql`
                name it in alembic.toml: `files = ["schema.sql"]` under `[schema]`
                `migrator revision --autogenerate -m "What was there"`, then `migrator stamp head`, which runs nothing
    [exit status: 1]
    "#);
    adopt(&env);
}

#[test]
fn a_database_that_is_in_use_is_taken_over_with_a_declared_schema() {
    // As `init -t schema` leaves it, and named but not there.
    for schema in [Some("-- Nothing yet.\n"), None] {
        let env = TestEnv::new();
        env.config("[schema]\nfiles = [\"db/my schema.sql\"]").folder("db");
        if let Some(text) = schema {
            env.file("db/my schema.sql", text);
        }
        in_use(&env);
        assert!(wrong(&env).contains("`migrator schema dump > 'db/my schema.sql'`"));
        adopt(&env);
    }
}

#[test]
fn another_declared_schema_is_not_written_over() {
    let env = TestEnv::new();
    env.config("[schema]\nfiles = [\"schema.sql\"]");
    env.file("schema.sql", "CREATE TABLE wanted (id INTEGER PRIMARY KEY);");
    in_use(&env);
    insta::assert_snapshot!(env.run("check --database"), @r#"
      + table  customers                (id, name)
      + table  invoices                 (id, customer_id)
      + index  ix_invoices_customer_id  ON invoices (customer_id)
      + view   paid
    ------- stderr -------
    app.db is not what its revisions make: `+` is what it has more, `-` what it lacks
    there is no revision yet: to go on from what is there, declare just that first: `migrator schema diff declared database` shows what is declared otherwise
    `migrator revision --autogenerate -m "What was there"`, then `migrator stamp head`, which runs nothing
    [exit status: 1]
    "#);
    assert!(obey(&env, &wrong(&env), "schema diff declared").said.contains("- table  wanted"));
}

#[test]
fn a_database_of_something_else_is_not_taken_apart() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1"]);
    in_use(&env);
    insta::assert_snapshot!(env.run("status"), @"
    database  app.db
    at        base
    pending   a1, make a1
              b2, make b2
    log       nothing ran yet
    wrong     the schema is not what the applied revisions make; it has more (+), less (-) or something else (~):
                + table  customers                (id, name)
                + table  invoices                 (id, customer_id)
                + index  ix_invoices_customer_id  ON invoices (customer_id)
                + view   paid
                no revision is applied here, and none makes this schema: look whether `app.db` is the database that is meant
                if it has what `b2` makes all the same: `migrator schema diff database b2` shows how far it is from that, and `migrator stamp b2` says that it is there, without running anything
    [exit status: 1]
    ");
    assert!(obey(&env, &wrong(&env), "schema diff database").said.contains("- table  customers"));
}

#[test]
fn an_upgrade_of_a_database_that_is_there_already_says_so() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1"]);
    env.sql("CREATE TABLE t_a1 (id INTEGER PRIMARY KEY); INSERT INTO t_a1 VALUES (7)");
    let output = env.run("upgrade");
    insta::assert_snapshot!(output, @"
    ------- stderr -------
    error: revision `a1` failed at statement 1 of 1; it was rolled back
     --> versions/a1.sql:7:14
      |
    7 | CREATE TABLE t_a1 (id INTEGER PRIMARY KEY);
      |              ^^^^ table t_a1 already exists
    hint: nothing ran here before, and it is there already: `migrator status` says which revision the schema is that of, if it is, and the stamp that says so without running anything
    hint: the database is at base; mend the cause and run the same command again
    [exit status: 3]
    ");
    obey(&env, &env.run("status").stdout, "stamp a1");
    env.run("upgrade").ok();
    env.run("status").ok();
    assert_eq!(env.query("SELECT id FROM t_a1"), ["7"]);

    let env = TestEnv::with_graph(&["a1", "b2 < a1"]);
    env.sql("CREATE TABLE t_b2 (id INTEGER PRIMARY KEY)");
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    upgrade a1, make a1 ([time])
    error: revision `b2` failed at statement 1 of 1; the 2 revisions from `a1` to `b2` were rolled back
     --> versions/b2.sql:8:14
      |
    8 | CREATE TABLE t_b2 (id INTEGER PRIMARY KEY);
      |              ^^^^ table t_b2 already exists
    hint: nothing ran here before, and it is there already: `migrator status` says which revision the schema is that of, if it is, and the stamp that says so without running anything
    hint: the database is at base; mend the cause and run the same command again
    [exit status: 3]
    ");
    // Once something ran, it may still be so.
    env.run("upgrade a1").ok();
    assert!(
        env.run("upgrade").exits_with(3).contains("hint: it is there already: `migrator status`")
    );
}

/// A database of `revisions`, upgraded to `at`, whose version table was stamped to `stamped` by
/// mistake: typing `command`, which `status` and `check --database` print, mends it.
#[track_caller]
fn check_stamp(revisions: &[&str], at: &str, stamped: &str, command: &str) {
    let env = TestEnv::with_graph(revisions);
    env.run("ensure-version").ok();
    env.run(&format!("{} {at}", if at == "base" { "downgrade" } else { "upgrade" })).ok();
    for table in env.tables() {
        env.sql(&format!("INSERT INTO {table} VALUES (7)"));
    }
    let (tables, rows) = (env.tables(), env.rows());
    env.run(&format!("stamp {stamped}")).ok();
    let said = wrong(&env);
    assert!(env.run("check --database").exits_with(1).contains(&format!("`migrator {command}`")));
    obey(&env, &said, command);
    assert_eq!(env.rows(), rows);
    env.run("status").ok();
    assert_eq!(env.tables(), tables);
    for table in tables {
        assert_eq!(env.query(&format!("SELECT id FROM {table}")), ["7"]);
    }
}

#[test]
fn a_database_that_is_elsewhere_is_stamped_and_loses_nothing() {
    let line = ["a1", "b2 < a1", "c3 < b2"];
    check_stamp(&line, "c3", "a1", "stamp c3");
    check_stamp(&line, "b2", "a1", "stamp b2");
    check_stamp(&line, "b2", "c3", "stamp b2");
    check_stamp(&line, "c3", "base", "stamp c3");
    check_stamp(&line, "base", "c3", "stamp base");
    let fork = ["a1", "b2 < a1", "c3 < a1"];
    check_stamp(&fork, "heads", "a1", "stamp b2 c3");
    check_stamp(&fork, "b2", "a1", "stamp b2");
    check_stamp(&fork, "c3", "a1", "stamp c3");
    check_stamp(&fork, "b2", "heads", "stamp --purge b2");
    check_stamp(&["a1 [a]", "x1 [x]", "x2 < x1"], "x@head", "base", "stamp x2");
}

#[test]
fn states_with_the_same_schema_are_all_named() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1"]);
    env.revision("c3")
        .after("b2")
        .up("INSERT INTO t_b2 VALUES (1);")
        .down("DELETE FROM t_b2;")
        .write();
    env.run("upgrade").ok();
    env.run("stamp a1").ok();
    insta::assert_snapshot!(env.run("status"), @"
    database  app.db
    at        a1
    pending   b2, make b2
              c3, make c3
    log       5 rows since 2026-11-03 14:40:11
    wrong     the schema is not what the applied revisions make; it has more (+), less (-) or something else (~):
                + table  t_b2  (id)
                the schema is that of `b2` and `c3`, which is the same: `migrator stamp b2` or `migrator stamp c3` says where the database is; it runs nothing, no statement about rows either
    [exit status: 1]
    ");
    obey(&env, &wrong(&env), "stamp c3");
    env.run("status").ok();
}

#[test]
fn a_revision_that_does_not_run_does_not_hide_the_ones_before_it() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1"]);
    env.run("upgrade").ok();
    env.revision("c3").after("b2").up("CREATE TABLE oops;").write();
    env.run("stamp a1").ok();
    obey(&env, &wrong(&env), "stamp b2");
    assert_eq!(env.rows(), ["b2"]);
}

#[test]
fn what_is_dropped_is_named_and_kept_in_a_backup() {
    let env = TestEnv::with_graph(&["a1"]);
    env.run("upgrade").ok();
    env.sql(
        "ALTER TABLE t_a1 ADD COLUMN note TEXT; INSERT INTO t_a1 VALUES (1, 'kept'); \
         CREATE TABLE more (id INTEGER PRIMARY KEY); CREATE INDEX ix ON t_a1 (note)",
    );
    let said = wrong(&env);
    assert_eq!(env.run("check --database").status, Some(1));
    insta::assert_snapshot!(said, @"
    database  app.db
    at        a1
    pending   nothing
    log       1 row since 2026-11-03 14:40:11
    wrong     the schema is not what the applied revisions make; it has more (+), less (-) or something else (~):
                + table   more       (id)
                + column  t_a1.note  TEXT
                + index   ix         ON t_a1 (note)
                what undoes it drops the table `more` and the column `t_a1.note`, with all that is in there: `migrator backup` first
                then `migrator schema diff database current --sql --yes | sqlite3 -bail app.db` undoes it; look at the SQL first
                or, if another program makes it, name it in `exclude` under `[schema]` in alembic.toml
                or, to keep it, let a revision make it (`migrator schema diff current database --sql` has the SQL), and `migrator stamp` that
    ");
    // Without the word nothing with rows or values goes away.
    let script = env.run("schema diff database current --sql").ok();
    let refused = env.db().execute_batch(script.strip_prefix(".bail on\n").unwrap());
    let refused = refused.unwrap_err().to_string();
    assert!(
        refused.contains("have a value in note, which is dropped; `--yes` allows it"),
        "{refused}"
    );
    assert_eq!(env.query("SELECT note FROM t_a1"), ["kept"]);

    obey(&env, &said, "backup");
    obey(&env, &said, "--sql --yes");
    env.run("status").ok();
    assert_eq!(env.tables(), ["t_a1"]);
    let backups = env.files().into_iter().filter(|it| it.contains(".bak"));
    assert_eq!(backups.count(), 1);
}

/// What the hand of somebody did is taken back by the first command that is named, and the rows stay.
#[track_caller]
fn check_renamed(by_hand: &str, hint: &str) {
    let env = TestEnv::new();
    env.file(
        "versions/a1.sql",
        "-- /// revision\n-- revision = \"a1\"\n-- ///\n\n-- migrate:upgrade\n\
         CREATE TABLE parents (id INTEGER PRIMARY KEY, name TEXT);\n\
         CREATE TABLE kids (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parents (id));\n\
         CREATE INDEX ix ON kids (parent);\n\n\
         -- migrate:downgrade\nDROP TABLE kids;\nDROP TABLE parents;\n",
    );
    env.run("upgrade").ok();
    env.sql("INSERT INTO parents VALUES (1, 'kept'); INSERT INTO kids VALUES (2, 1)");
    env.sql(by_hand);
    let said = wrong(&env);
    assert!(said.contains(hint), "{hint}\n{said}");
    obey(&env, &said, "--rename");
    env.run("status").ok();
    let rows = "SELECT name || kids.id FROM parents JOIN kids ON kids.parent = parents.id";
    assert_eq!(env.query(rows), ["kept2"], "{by_hand}");
}

#[test]
fn what_was_renamed_by_hand_gets_its_name_again() {
    check_renamed(
        "ALTER TABLE parents RENAME TO elders",
        "if `parents` was renamed to `elders`: `migrator schema diff database current --sql --rename \
         elders=parents | sqlite3 -bail app.db` takes that back and keeps the rows; look at the SQL first",
    );
    check_renamed(
        "ALTER TABLE parents RENAME COLUMN name TO \"full name\"",
        "if `parents.name` was renamed to `full name`: `migrator schema diff database current --sql \
         --rename 'parents.full name=name' | sqlite3 -bail app.db` takes that back and keeps the rows",
    );
    check_renamed(
        "ALTER TABLE kids RENAME COLUMN parent TO elder; ALTER TABLE parents RENAME TO elders",
        "if `parents` was renamed to `elders` and `kids.parent` was renamed to `elder`: ",
    );
    check_renamed(
        "ALTER TABLE parents RENAME TO elders; CREATE TABLE more (a)",
        "takes that back, and drops the table `more`: `migrator backup` first, and look at the SQL",
    );
    check_renamed(
        "ALTER TABLE parents RENAME TO \"-elders\"",
        "`migrator schema diff database current --sql --rename=-elders=parents | sqlite3 -bail app.db`",
    );
}

/// Its columns would be lost with a rename of the table alone.
#[test]
fn a_table_with_other_columns_is_not_called_renamed() {
    let env = TestEnv::new();
    env.revision("a1").up("CREATE TABLE users (id INTEGER PRIMARY KEY, name, mail);").write();
    env.run("upgrade").exits_with(0);
    env.sql("ALTER TABLE users RENAME TO people");
    assert!(wrong(&env).contains("--rename people=users"));
    env.sql("ALTER TABLE people RENAME COLUMN mail TO email");
    assert!(!wrong(&env).contains("--rename"));
}

#[test]
fn what_has_no_rows_goes_without_a_word() {
    let env = TestEnv::with_graph(&["a1"]);
    env.run("upgrade").ok();
    env.sql("CREATE TABLE more (id INTEGER PRIMARY KEY)");
    let script = env.run("schema diff database current --sql").ok();
    env.sql(script.strip_prefix(".bail on\n").unwrap());
    env.run("status").ok();
}

#[test]
fn what_is_only_lacking_is_made_again() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1"]);
    env.run("upgrade").ok();
    env.sql("DROP TABLE t_b2");
    let said = wrong(&env);
    insta::assert_snapshot!(said, @"
    database  app.db
    at        b2
    pending   nothing
    log       2 rows since 2026-11-03 14:40:11
    wrong     the schema is not what the applied revisions make; it has more (+), less (-) or something else (~):
                - table  t_b2
                the schema is that of `a1`: if that is where the database is, `migrator stamp a1` says so; it runs nothing, no statement about rows either
                or `migrator schema diff database current --sql | sqlite3 -bail app.db` undoes it; look at the SQL first
    ");
    obey(&env, &said, "schema diff");
    env.run("status").ok();
    assert_eq!(env.rows(), ["b2"]);
}

/// Both branches of `revisions` ran: what the refusal of `rebase HEAD` tells to type takes back the
/// line of the head and nothing else, and the rebase succeeds.
#[track_caller]
fn check_rebase(revisions: &[&str], head: &str, command: &str, stays: &[&str]) {
    let env = TestEnv::with_graph(revisions);
    env.run("upgrade heads").ok();
    for table in env.tables() {
        env.sql(&format!("INSERT INTO {table} VALUES (7)"));
    }
    let onto = if head == "x2" { " --onto a1" } else { "" };
    let said = env.run(&format!("rebase {head}{onto}")).exits_with(2);
    assert!(said.contains(&format!("`{command}`")), "{said}");
    obey(&env, &said, "downgrade");
    assert_eq!(env.tables(), stays);
    for table in stays {
        assert_eq!(env.query(&format!("SELECT id FROM {table}")), ["7"]);
    }
    env.run(&format!("rebase {head}{onto}")).ok();
    env.run("upgrade").ok();
}

#[test]
fn a_line_that_ran_beside_another_is_taken_back_alone() {
    let fork = ["a1", "b2 < a1", "c3 < a1", "d4 < c3"];
    check_rebase(&fork, "b2", "migrator downgrade b2@a1", &["t_a1", "t_c3", "t_d4"]);
    check_rebase(&fork, "d4", "migrator downgrade c3@a1", &["t_a1", "t_b2"]);
    check_rebase(&["a1", "x1", "x2 < x1"], "x2", "migrator downgrade x1@base", &["t_a1"]);
}

#[test]
fn a_line_of_another_database_is_taken_back_there_alone() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1", "c3 < a1"]);
    env.config("[env.staging.database]\nurl = \"sqlite:///staging.db\"");
    env.run("-n staging upgrade heads").ok();
    let said = env.run("rebase c3").exits_with(2);
    assert!(said.contains("`migrator -n staging downgrade c3@a1`"), "{said}");
    obey(&env, &said, "downgrade");
    assert_eq!(env.run("-n staging current").ok(), "b2 (head)\n");
    env.run("rebase c3").ok();
}

/// A new revision ran as `revision` leaves it, and has a body now.
fn filled_in_too_late() -> TestEnv {
    let env = TestEnv::with_graph(&["a1"]);
    env.run("revision -m 'Add notes' --rev-id b2").ok();
    env.run("upgrade").ok();
    let body = "CREATE TABLE notes (id INTEGER PRIMARY KEY);";
    env.change(
        "versions/b2_add_notes.sql",
        "-- migrate:upgrade\n",
        &format!("-- migrate:upgrade\n{body}\n"),
    );
    env.change(
        "versions/b2_add_notes.sql",
        "-- migrate:downgrade\n",
        "-- migrate:downgrade\nDROP TABLE notes;\n",
    );
    env
}

#[test]
fn what_was_empty_when_it_ran_is_run_when_it_is_not() {
    let env = filled_in_too_late();
    insta::assert_snapshot!(env.run("status"), @"
    database  app.db
    at        b2
    pending   nothing
    log       2 rows since 2026-11-03 14:40:11
    wrong     revision `b2` was empty when it ran (2026-11-03 14:40:11, migrator 0.1.0), and is not any more
                `migrator repair b2 --never-ran`, and then `migrator upgrade --out-of-order` runs it as it is now
                or, if the database has all that it makes now, `migrator repair b2` accepts the file as it is; it runs nothing
    wrong     the schema is not what the applied revisions make; it has more (+), less (-) or something else (~):
                - table  notes
                this may come from what is named above: mend that first, and ask again
    [exit status: 1]
    ");
    assert!(env.run("lint current:").stdout.contains("repair b2 --never-ran"));
    let output = env.run("upgrade");
    insta::assert_snapshot!(output, @"
    ------- stderr -------
    error: revision `b2` was empty when it ran (2026-11-03 14:40:11, migrator 0.1.0), and is not any more
    hint: `migrator repair b2 --never-ran`, and then `migrator upgrade --out-of-order` runs it as it is now
    hint: or, if the database has all that it makes now, `migrator repair b2` accepts the file as it is; it runs nothing
    hint: nothing was changed; `migrator upgrade --allow-changed` goes on this once, and `migrator status` shows all that is wrong
    [exit status: 2]
    ");
    insta::assert_snapshot!(obey(&env, &output.stderr, "repair").said, @"accepted b2 as skipped: it never ran here; `migrator upgrade --out-of-order` runs it");
    obey(&env, &output.stderr, "upgrade --out-of-order");
    env.run("status").ok();
    assert_eq!(env.tables(), ["notes", "t_a1"]);
    env.run("downgrade -1").ok();
    assert_eq!(env.tables(), ["t_a1"]);
}

#[test]
fn what_was_empty_when_it_ran_is_run_below_others() {
    let env = filled_in_too_late();
    env.graph(&["c3 < b2"]);
    env.run("upgrade --allow-changed").ok();
    let said = wrong(&env);
    obey(&env, &said, "repair");
    obey(&env, &said, "upgrade --out-of-order");
    env.run("status").ok();
    assert_eq!(env.tables(), ["notes", "t_a1", "t_c3"]);
}

#[test]
fn several_that_were_empty_are_run_together() {
    let env = TestEnv::with_graph(&["a1"]);
    let ids = ["b1", "b2", "b3", "b4"];
    let parents = ["a1", "b1", "b2", "b3"];
    for (id, parent) in ids.iter().zip(parents) {
        env.revision(id).after(parent).up("").down("").write();
    }
    env.run("upgrade").ok();
    for (id, parent) in ids.iter().zip(parents) {
        env.graph(&[&format!("{id} < {parent}")]);
    }
    let said = wrong(&env);
    assert!(said.contains("`migrator repair --all filled-in --never-ran`"), "{said}");
    obey(&env, &said, "repair");
    obey(&env, &said, "upgrade --out-of-order");
    env.run("status").ok();
    assert_eq!(env.tables(), ["t_a1", "t_b1", "t_b2", "t_b3", "t_b4"]);
}

#[test]
fn what_is_accepted_and_not_there_is_told() {
    let env = filled_in_too_late();
    insta::assert_snapshot!(env.run("repair b2"), @"
    ------- stderr -------
    warning: the schema is still not what the revisions make: `- table notes`; `migrator status` tells what to do
    accepted b2 as applied, with its file as it is now; nothing was run
    ");
    // Where it is there, nothing is.
    let env = filled_in_too_late();
    env.sql("CREATE TABLE notes (id INTEGER PRIMARY KEY)");
    insta::assert_snapshot!(env.run("repair b2"), @"
    ------- stderr -------
    accepted b2 as applied, with its file as it is now; nothing was run
    ");
    env.run("status").ok();
}

/// What `upgrade` says of heads that nothing tells apart; the way with `part` makes one of them.
#[track_caller]
fn check_heads(revisions: &[&str], applied: &str, part: &str) {
    let env = TestEnv::with_graph(revisions);
    if !applied.is_empty() {
        env.run(&format!("upgrade {applied}")).ok();
    }
    for line in ["upgrade", "revision -m more", "upgrade head --sql"] {
        let said = env.run(line).exits_with(2);
        assert!(said.contains(part), "{line}: {said}");
    }
    let said = env.run("upgrade").exits_with(2);
    obey(&env, &said, part);
    env.run("heads --check").ok();
    env.run("upgrade").ok();
    env.run("status").ok();
}

#[test]
fn two_heads_become_one_as_it_is_said() {
    let fork = ["a1", "b2 < a1", "c3 < a1"];
    insta::assert_snapshot!(TestEnv::with_graph(&fork).run("upgrade"), @"
    ------- stderr -------
    error: `head` is ambiguous, there are several heads: `b2`, `c3`
    hint: name one of them, `b2`, `c3`, or say `heads` for all
    hint: `migrator rebase c3` or `migrator rebase b2` makes one line of them: move the one that no database has run yet, here or elsewhere; `migrator merge heads` joins them in a revision of its own
    [exit status: 2]
    ");
    check_heads(&fork, "", "rebase c3");
    check_heads(&fork, "", "merge heads");
    check_heads(&fork, "c3", "rebase b2");
    check_heads(&fork, "heads", "merge heads");
    let three = ["a1", "b2 < a1", "c3 < a1", "d4 < a1 [x]"];
    let env = TestEnv::with_graph(&three);
    let said = env.run("upgrade").exits_with(2);
    obey(&env, &said, "rebase c3 --onto b2");
    env.run("heads --check").ok();
    // The rest is meant to stay apart.
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    error: `head` is ambiguous, there are several heads: `c3`, `d4`
    hint: name one of them, `c3`, `x@head`, or say `heads` for all
    hint: or, if they are not meant to stay apart, `migrator merge heads` joins them in a revision of its own
    [exit status: 2]
    ");
    env.run("upgrade x@head").ok();
    env.run("upgrade c3").ok();
    env.run("status").ok();
}

#[test]
fn heads_with_labels_are_named_by_them() {
    let env = TestEnv::with_graph(&["s1 [shop]", "b1 [blog]", "b2 < b1"]);
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    error: `head` is ambiguous, there are several heads: `b2`, `s1`
    hint: name one of them, `blog@head`, `shop@head`, or say `heads` for all
    hint: or, if they are not meant to stay apart, `migrator merge heads` joins them in a revision of its own
    [exit status: 2]
    ");
    env.run("upgrade shop@head").ok();
    env.run("upgrade blog@head").ok();
    assert_eq!(env.rows(), ["b2", "s1"]);
    insta::assert_snapshot!(env.run("revision -m more"), @"
    ------- stderr -------
    error: `head` is ambiguous, there are several heads: `b2`, `s1`
    hint: name one of them, `blog@head`, `shop@head`, or say `heads` for all
    hint: or, if they are not meant to stay apart, `migrator merge heads` joins them in a revision of its own
    [exit status: 2]
    ");
    env.run("revision -m more --head blog@head").ok();
    env.run("upgrade heads").ok();
    assert_eq!(env.rows(), ["aaaa11112222", "s1"]);
}

#[test]
fn heads_of_several_databases_are_chosen_from_with_n() {
    let env = TestEnv::empty();
    env.run("init -t multidb").ok();
    env.run("-n users revision -m one").ok();
    env.run("-n orders revision -m one --rev-id bbbb11112222").ok();
    let output = env.run("revision -m three");
    insta::assert_snapshot!(output, @"
    ------- stderr -------
    error: `head` is ambiguous, there are several heads: `aaaa11112222`, `bbbb11112222`
    hint: these are the heads of several databases: choose one with `-n`, for example `-n users`
    [exit status: 2]
    ");
    env.run("-n orders revision -m three --rev-id cccc11112222").ok();
    insta::assert_snapshot!(env.run("show head"), @"
    ------- stderr -------
    error: `head` is ambiguous, there are several heads: `aaaa11112222`, `cccc11112222`
    hint: these are the heads of several databases: choose one with `-n`, for example `-n users`
    [exit status: 2]
    ");
    env.run("-n users show head").ok();
}

#[test]
fn lint_names_both_ways_to_one_head() {
    for part in ["rebase", "merge"] {
        let env = TestEnv::with_graph(&["a1", "b2 < a1", "c3 < a1"]);
        let said = env.run("lint").ok().replace("-m \"…\"", "-m both");
        obey(&env, &said, part);
        env.run("heads --check").ok();
    }
}

#[test]
fn nothing_is_wrong_only_with_what_ran_where_the_rest_cannot_run() {
    let env = TestEnv::with_graph(&["a1"]);
    env.run("upgrade").ok();
    env.revision("b2").after("a1").up("CREATE TABLE oops;").write();
    insta::assert_snapshot!(env.run("status"), @"
    database  app.db
    at        a1
    pending   b2, make b2
    lint      1 does-not-run; `migrator lint current:` tells more
    log       1 row since 2026-11-03 14:40:11
    ------- stderr -------
    warning: `b2` does not run in memory: of 1 revision only the text was looked at, not what it does to the schema
    nothing is wrong with what ran
    ");
}

/// The hint about a header with this line is the line as it must be.
#[track_caller]
fn check_quotes(line: &str, quoted: &str) {
    let env = TestEnv::new();
    let body = "-- migrate:upgrade\n-- migrate:downgrade\n";
    let header = |line: &str| {
        let id = if line.starts_with("revision") { "" } else { "-- revision = \"a1\"\n" };
        format!("-- /// revision\n{id}-- {line}\n-- ///\n\n{body}")
    };
    env.file("versions/a1.sql", &header(line));
    let said = env.run("heads").exits_with(2);
    assert!(said.ends_with(&format!("hint: a text stands in quotes: `{quoted}`\n")), "{said}");
    env.file("versions/a1.sql", &header(quoted));
    env.run("heads").ok();
}

#[test]
fn a_value_without_quotes_is_shown_with_them() {
    check_quotes("revision = aaaa", "revision = \"aaaa\"");
    check_quotes("revision = 27c6a30d7c24", "revision = \"27c6a30d7c24\"");
    check_quotes("revision = 1975ea83b712 # mine", "revision = \"1975ea83b712\"");
    check_quotes("revision=5e6f0a1b2c3d", "revision = \"5e6f0a1b2c3d\"");
    check_quotes("message = Add posts", "message = \"Add posts\"");
    check_quotes("message = true story", "message = \"true story\"");
}

#[test]
fn a_table_that_is_left_at_base_is_not_taken_for_a_mistake() {
    let env = TestEnv::with_graph(&["a1"]);
    env.run("upgrade").ok();
    env.run("downgrade base").ok();
    env.sql("CREATE TABLE more (id INTEGER PRIMARY KEY)");
    let said = wrong(&env);
    assert!(said.contains("no revision is applied here") && !said.contains("sqlite3"), "{said}");
}
