//! `migrator squash`

use crate::support::TestEnv;

/// A line of DDL alone, with a base below it and a revision above.
fn ddl() -> TestEnv {
    let env = TestEnv::with_graph(&["a1"]);
    env.revisions(
        "
        b2 < a1
        + CREATE TABLE posts (id INTEGER PRIMARY KEY, tilte TEXT); -- the posts
        - DROP TABLE posts;
        c3 < b2
        + ALTER TABLE posts RENAME COLUMN tilte TO title;
        + CREATE INDEX posts_title ON posts (title);
        - DROP INDEX posts_title;
        - ALTER TABLE posts RENAME COLUMN title TO tilte;
    ",
    );
    env.graph(&["d4 < c3"]);
    env
}

/// A line that fills what it makes.
fn data() -> TestEnv {
    let env = TestEnv::new();
    env.revisions(
        "
        a1
        + CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);
        - DROP TABLE users;
        b2 < a1
        + -- migrate:refuse-if users without a name: SELECT id FROM users WHERE name IS NULL
        + INSERT INTO users (name) VALUES ('root');
        + ALTER TABLE users ADD COLUMN email TEXT
        - ALTER TABLE users DROP COLUMN email;
        - DELETE FROM users WHERE name = 'root';
        c3 < b2
        + UPDATE users
        +    SET email = lower(name) || '@example.org'; -- everybody
        +
        - UPDATE users SET email = NULL;
    ",
    );
    env
}

#[test]
fn ddl_becomes_its_sum() {
    let env = ddl();
    let before = env.read("versions/d4.sql");
    insta::assert_snapshot!(env.run("squash b2:c3 -m 'Add posts'"), @"
    wrote versions/aaaa11112222_add_posts.sql (proven: the sum of 2 revisions)
    wrote versions/d4.sql (follows aaaa11112222)
    removed versions/b2.sql
    removed versions/c3.sql
    ");
    insta::assert_snapshot!(env.read("versions/aaaa11112222_add_posts.sql"), @r#"
    -- /// revision
    -- revision = "aaaa11112222"
    -- replaces = ["b2", "c3"]
    -- down_revision = "a1"
    -- message = "Add posts"
    -- create_date = 2026-11-03T14:40:11Z
    -- ///

    -- migrate:upgrade
    -- create the table posts
    CREATE TABLE posts (id INTEGER PRIMARY KEY, title TEXT);
    CREATE INDEX posts_title ON posts (title);

    -- migrate:downgrade
    -- drop the table posts
    -- migrate:warn-if rows of posts are deleted with it: SELECT id FROM posts
    DROP TABLE posts;
    "#);
    assert_eq!(env.read("versions/d4.sql"), before.replace("\"c3\"", "\"aaaa11112222\""));
    insta::assert_snapshot!(env.run("history"), @"
    aaaa11112222 -> d4 (head), make d4
    a1 -> aaaa11112222, Add posts
    <base> -> a1, make a1
    ");
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    upgrade a1, make a1 ([time])
    upgrade aaaa11112222, Add posts ([time])
    upgrade d4, make d4 ([time])
    app.db is at d4
    ");
    insta::assert_snapshot!(env.run("downgrade base"), @"
    ------- stderr -------
    backup app.db.20261103T144011Z.bak ([time])
    downgrade d4, make d4 ([time])
    downgrade aaaa11112222, Add posts ([time])
    downgrade a1, make a1 ([time])
    app.db is at base
    ");
    assert_eq!(env.tables(), [""; 0]);
}

#[test]
fn a_database_that_ran_the_range_finds_nothing_to_do() {
    let env = ddl();
    env.run("upgrade c3").ok();
    env.run("squash b2:c3 -m 'Add posts'").ok();
    insta::assert_snapshot!(env.run("upgrade aaaa"), @"
    ------- stderr -------
    nothing to do: app.db is at c3
    ");
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    upgrade d4, make d4 ([time])
    app.db is at d4
    ");
    insta::assert_snapshot!(env.run("check --database"), @"
    ------- stderr -------
    no difference between the revisions up to d4 and app.db
    ");
    assert_eq!(env.rows(), ["d4"]);
}

#[test]
fn a_database_above_or_below_the_range_goes_on() {
    let env = ddl();
    env.run("upgrade a1").ok();
    env.run("squash b2:c3 -m 'Add posts'").ok();
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    upgrade aaaa11112222, Add posts ([time])
    upgrade d4, make d4 ([time])
    app.db is at d4
    ");
    env.run("squash a1:aaaa11112222 -m 'Begin' --rev-id e5").exits_with(2);
    env.run("check --database").ok();
}

#[test]
fn statements_about_rows_stay_in_their_order() {
    let env = data();
    insta::assert_snapshot!(env.run("squash :c3 -m 'Users'"), @"
    wrote versions/aaaa11112222_users.sql (proven: the bodies of 3 revisions)
    removed versions/a1.sql
    removed versions/b2.sql
    removed versions/c3.sql
    ------- stderr -------
    statements about rows, which run as they stood; review them:
      versions/b2.sql:9: INSERT INTO users (name) VALUES ('root')
      versions/c3.sql:8: UPDATE users SET email = lower(name) || '@example.org'
    statements about rows, which run going down as they stood; review them:
      versions/c3.sql:13: UPDATE users SET email = NULL
      versions/b2.sql:14: DELETE FROM users WHERE name = 'root'
    warning: these directives speak of what the range makes or removes, and became comments:
      versions/b2.sql:8: -- migrate:refuse-if users without a name: SELECT id FROM users WHERE name IS NULL
    ");
    insta::assert_snapshot!(env.read("versions/aaaa11112222_users.sql"), @r#"
    -- /// revision
    -- revision = "aaaa11112222"
    -- replaces = ["a1", "b2", "c3"]
    -- message = "Users"
    -- create_date = 2026-11-03T14:40:11Z
    -- ///

    -- migrate:upgrade
    -- from a1: make a1
    CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);

    -- from b2: make b2
    -- (left out) migrate:refuse-if users without a name: SELECT id FROM users WHERE name IS NULL
    INSERT INTO users (name) VALUES ('root');
    ALTER TABLE users ADD COLUMN email TEXT;

    -- from c3: make c3
    UPDATE users
       SET email = lower(name) || '@example.org'; -- everybody

    -- migrate:downgrade
    -- from c3: make c3
    UPDATE users SET email = NULL;

    -- from b2: make b2
    ALTER TABLE users DROP COLUMN email;
    DELETE FROM users WHERE name = 'root';

    -- from a1: make a1
    DROP TABLE users;
    "#);
    env.run("upgrade").ok();
    assert_eq!(env.query("SELECT email FROM users"), ["root@example.org"]);
    env.run("downgrade base").ok();
    assert_eq!(env.tables(), [""; 0]);
}

#[test]
fn a_table_that_was_there_before_is_changed_as_it_was() {
    let env = TestEnv::new();
    env.revisions(
        "
        a1
        + CREATE TABLE t (a TEXT, b TEXT);
        - DROP TABLE t;
        b2 < a1
        + ALTER TABLE t RENAME COLUMN a TO c;
        - ALTER TABLE t RENAME COLUMN c TO a;
        c3 < b2
        + ALTER TABLE t RENAME COLUMN b TO a;
        - ALTER TABLE t RENAME COLUMN a TO b;
    ",
    );
    insta::assert_snapshot!(env.run("squash b2:c3 -m 'Rename' --dry-run"), @r#"
    -- /// revision
    -- revision = "aaaa11112222"
    -- replaces = ["b2", "c3"]
    -- down_revision = "a1"
    -- message = "Rename"
    -- create_date = 2026-11-03T14:40:11Z
    -- ///

    -- migrate:upgrade
    -- from b2: make b2
    ALTER TABLE t RENAME COLUMN a TO c;

    -- from c3: make c3
    ALTER TABLE t RENAME COLUMN b TO a;

    -- migrate:downgrade
    -- from c3: make c3
    ALTER TABLE t RENAME COLUMN a TO b;

    -- from b2: make b2
    ALTER TABLE t RENAME COLUMN c TO a;
    "#);
    assert_eq!(
        env.files(),
        ["alembic.toml", "versions/", "versions/a1.sql", "versions/b2.sql", "versions/c3.sql"]
    );
}

#[test]
fn programs_are_told_what_was_written() {
    let env = data();
    env.graph(&["d4 < c3", "x9 ~c3"]);
    insta::assert_snapshot!(env.run("squash a1:c3 -m Users --json"), @r#"
    {
      "revision": "aaaa11112222",
      "down_revision": [],
      "replaces": [
        "a1",
        "b2",
        "c3"
      ],
      "path": "versions/aaaa11112222_users.sql",
      "removed": [
        "versions/a1.sql",
        "versions/b2.sql",
        "versions/c3.sql"
      ],
      "changed": [
        "versions/d4.sql",
        "versions/x9.sql"
      ],
      "is_sum": false,
      "is_reversible": true,
      "review": [
        {
          "path": "versions/b2.sql",
          "line": 9,
          "sql": "INSERT INTO users (name) VALUES ('root')"
        },
        {
          "path": "versions/c3.sql",
          "line": 8,
          "sql": "UPDATE users SET email = lower(name) || '@example.org'"
        },
        {
          "path": "versions/c3.sql",
          "line": 13,
          "sql": "UPDATE users SET email = NULL"
        },
        {
          "path": "versions/b2.sql",
          "line": 14,
          "sql": "DELETE FROM users WHERE name = 'root'"
        },
        {
          "path": "versions/b2.sql",
          "line": 8,
          "sql": "-- migrate:refuse-if users without a name: SELECT id FROM users WHERE name IS NULL"
        }
      ],
      "dry_run": false
    }
    ------- stderr -------
    statements about rows, which run as they stood; review them:
      versions/b2.sql:9: INSERT INTO users (name) VALUES ('root')
      versions/c3.sql:8: UPDATE users SET email = lower(name) || '@example.org'
    statements about rows, which run going down as they stood; review them:
      versions/c3.sql:13: UPDATE users SET email = NULL
      versions/b2.sql:14: DELETE FROM users WHERE name = 'root'
    warning: these directives speak of what the range makes or removes, and became comments:
      versions/b2.sql:8: -- migrate:refuse-if users without a name: SELECT id FROM users WHERE name IS NULL
    "#);
    insta::assert_snapshot!(env.read("versions/x9.sql"), @r#"
    -- /// revision
    -- revision = "x9"
    -- depends_on = ["aaaa11112222"]
    -- message = "make x9"
    -- ///

    -- migrate:upgrade
    CREATE TABLE t_x9 (id INTEGER PRIMARY KEY);

    -- migrate:downgrade
    DROP TABLE t_x9;
    "#);
    insta::assert_snapshot!(env.run("heads"), @"
    d4 (head)
    x9 (head)
    ");
}

#[test]
fn an_irreversible_revision_makes_the_one_irreversible() {
    let env = data();
    let text = env.read("versions/c3.sql");
    let (head, _) = text.split_once("-- migrate:downgrade").unwrap();
    env.file("versions/c3.sql", &format!("{head}-- migrate:downgrade irreversible\n"));
    insta::assert_snapshot!(env.run("squash a1:c3 -m Users"), @"
    wrote versions/aaaa11112222_users.sql (proven: the bodies of 3 revisions)
    removed versions/a1.sql
    removed versions/b2.sql
    removed versions/c3.sql
    ------- stderr -------
    statements about rows, which run as they stood; review them:
      versions/b2.sql:9: INSERT INTO users (name) VALUES ('root')
      versions/c3.sql:8: UPDATE users SET email = lower(name) || '@example.org'
    warning: these directives speak of what the range makes or removes, and became comments:
      versions/b2.sql:8: -- migrate:refuse-if users without a name: SELECT id FROM users WHERE name IS NULL
    warning: `c3` is irreversible, and so is the one revision
    ");
    assert!(
        env.read("versions/aaaa11112222_users.sql")
            .ends_with("\n-- migrate:downgrade irreversible\n")
    );
    env.run("upgrade").ok();
    insta::assert_snapshot!(env.run("downgrade base"), @"
    ------- stderr -------
    error: revision `aaaa11112222` is irreversible
      --> versions/aaaa11112222_users.sql:21:1
       |
    21 | -- migrate:downgrade irreversible
       | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    hint: write a downgrade in place of `irreversible`; `migrator stamp` changes the version table alone
    [exit status: 2]
    ");
}

#[test]
fn downgrades_that_do_not_lead_back_stay_what_they_are() {
    let env = data();
    env.revision("b2")
        .after("a1")
        .up("INSERT INTO users (name) VALUES ('root');\nALTER TABLE users ADD COLUMN email TEXT")
        .down("")
        .write();
    insta::assert_snapshot!(env.run("squash b2:c3 -m Users"), @"
    wrote versions/aaaa11112222_users.sql (proven: the bodies of 2 revisions)
    removed versions/b2.sql
    removed versions/c3.sql
    ------- stderr -------
    statements about rows, which run as they stood; review them:
      versions/b2.sql:8: INSERT INTO users (name) VALUES ('root')
      versions/c3.sql:8: UPDATE users SET email = lower(name) || '@example.org'
    statements about rows, which run going down as they stood; review them:
      versions/c3.sql:13: UPDATE users SET email = NULL
    warning: the downgrades of the range do not lead back to where it begins, nor does the one:
      + column users.email
    ");
    insta::assert_snapshot!(env.read("versions/aaaa11112222_users.sql"), @r#"
    -- /// revision
    -- revision = "aaaa11112222"
    -- replaces = ["b2", "c3"]
    -- down_revision = "a1"
    -- message = "Users"
    -- create_date = 2026-11-03T14:40:11Z
    -- ///

    -- migrate:upgrade
    -- from b2: make b2
    INSERT INTO users (name) VALUES ('root');
    ALTER TABLE users ADD COLUMN email TEXT;

    -- from c3: make c3
    UPDATE users
       SET email = lower(name) || '@example.org'; -- everybody

    -- migrate:downgrade
    -- from c3: make c3
    UPDATE users SET email = NULL;
    "#);
}

#[test]
fn what_a_downgrade_saves_is_saved() {
    let env = TestEnv::new();
    env.revision("a1")
        .up("CREATE TABLE old_orders (id INTEGER PRIMARY KEY, state TEXT);")
        .down("DROP TABLE old_orders;")
        .write();
    env.revision("b2")
        .after("a1")
        .up("CREATE TABLE orders (id INTEGER PRIMARY KEY, state TEXT);")
        .down(
            "-- migrate:refuse-if rows of orders are open: SELECT id FROM orders WHERE state = 'open'\n\
             INSERT INTO old_orders SELECT * FROM orders;\nDROP TABLE orders;",
        )
        .write();
    env.revision("c3")
        .after("b2")
        .up("CREATE INDEX by_state ON orders (state);")
        .down("DROP INDEX by_state;")
        .write();
    assert_eq!(env.run("upgrade").status, Some(0));
    insta::assert_snapshot!(env.run("squash b2:c3 -m Orders"), @"
    wrote versions/aaaa11112222_orders.sql (proven: the sum of 2 revisions, down by their bodies)
    removed versions/b2.sql
    removed versions/c3.sql
    ------- stderr -------
    statements about rows, which run going down as they stood; review them:
      versions/b2.sql:12: INSERT INTO old_orders SELECT * FROM orders
    ");
    insta::assert_snapshot!(env.read("versions/aaaa11112222_orders.sql"), @r#"
    -- /// revision
    -- revision = "aaaa11112222"
    -- replaces = ["b2", "c3"]
    -- down_revision = "a1"
    -- message = "Orders"
    -- create_date = 2026-11-03T14:40:11Z
    -- ///

    -- migrate:upgrade
    -- create the table orders
    CREATE TABLE orders (id INTEGER PRIMARY KEY, state TEXT);
    CREATE INDEX by_state ON orders (state);

    -- migrate:downgrade
    -- from c3: make c3
    DROP INDEX by_state;

    -- from b2: make b2
    -- migrate:refuse-if rows of orders are open: SELECT id FROM orders WHERE state = 'open'
    INSERT INTO old_orders SELECT * FROM orders;
    DROP TABLE orders;
    "#);
    env.sql("INSERT INTO orders VALUES (1, 'open'), (2, 'paid')");
    assert_eq!(env.run("downgrade a1 --no-backup").status, Some(2));
    env.sql("UPDATE orders SET state = 'paid'");
    assert_eq!(env.run("downgrade a1 --no-backup").status, Some(0));
    assert_eq!(env.query("SELECT id FROM old_orders"), ["1", "2"]);
}

#[test]
fn what_a_downgrade_keeps_is_kept() {
    let env = TestEnv::with_graph(&["a1"]);
    env.revision("b2").after("a1").up("CREATE TABLE archive (a);").down("").write();
    env.graph(&["c3 < b2"]);
    assert_eq!(env.run("upgrade").status, Some(0));
    env.sql("INSERT INTO archive VALUES ('kept')");
    insta::assert_snapshot!(env.run("squash b2:c3 -m Archive"), @"
    wrote versions/aaaa11112222_archive.sql (proven: the sum of 2 revisions, down by their bodies)
    removed versions/b2.sql
    removed versions/c3.sql
    ------- stderr -------
    warning: the downgrades of the range do not lead back to where it begins, nor does the one:
      + table archive
    ");
    insta::assert_snapshot!(env.run("downgrade a1 --no-backup"), @"
    ------- stderr -------
    downgrade aaaa11112222, Archive ([time])
    app.db is at a1
    ");
    assert_eq!(env.query("SELECT a FROM archive"), ["kept"]);
}

#[test]
fn what_the_proof_finds_is_said_and_nothing_is_written() {
    let template = |more: &str| {
        format!(
            "-- /// revision\n-- revision = {{{{ revision|toml }}}}\n\
             -- down_revision = {{{{ down_revision|toml }}}}\n-- ///\n\
             -- migrate:upgrade\n{{{{ upgrade }}}}\n{more}\n\
             -- migrate:downgrade\n{{{{ downgrade }}}}\n"
        )
    };
    let env = data();
    env.file("templates/revision.sql.jinja", &template("CREATE INDEX by_email ON users (email);"));
    let files = env.files();
    insta::assert_snapshot!(env.run("squash a1:c3 -m Users"), @"
    ------- stderr -------
    error: the upgrade of the one revision leads to another schema: - index by_email
    hint: both were run in memory, with invented rows; no file was written; try a smaller range
    [exit status: 2]
    ");
    env.file("templates/revision.sql.jinja", &template("DELETE FROM users;"));
    insta::assert_snapshot!(env.run("squash a1:c3 -m Users"), @"
    ------- stderr -------
    error: the upgrade of the one revision leaves other rows in users
    hint: both were run in memory, with invented rows; no file was written; try a smaller range
    [exit status: 2]
    ");
    env.file("templates/revision.sql.jinja", &template("INSERT INTO nowhere VALUES (1);"));
    insta::assert_snapshot!(env.run("squash a1:c3 -m Users"), @"
    ------- stderr -------
    error: the upgrade of the one revision fails, those of the range do not: no such table: nowhere
    caused by: `INSERT INTO nowhere VALUES (1)`
    hint: both were run in memory, with invented rows; no file was written; try a smaller range
    [exit status: 2]
    ");
    env.file("templates/revision.sql.jinja", &template("SELECT nowhere;"));
    insta::assert_snapshot!(env.run("squash a1:c3 -m Users"), @"
    ------- stderr -------
    error: the upgrade of the one revision fails, those of the range do not: no such column: nowhere
    caused by: `SELECT nowhere`
    hint: both were run in memory, with invented rows; no file was written; try a smaller range
    [exit status: 2]
    ");
    let twice = "{{ upgrade }}\n{{ upgrade }}";
    let text = template("").replace("{{ upgrade }}", twice);
    env.file("templates/revision.sql.jinja", &text);
    insta::assert_snapshot!(env.run("squash a1:c3 -m Users"), @"
    ------- stderr -------
    error: the upgrade of the one revision fails, those of the range do not: table users already exists
     --> versions/a1.sql:7:1
      |
    7 | CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ it stands here
    hint: both were run in memory, with invented rows; no file was written; try a smaller range
    [exit status: 2]
    ");
    assert_eq!(env.files(), files);
    env.file("templates/revision.sql.jinja", &template(""));
    env.run("squash a1:c3 -m Users").ok();
    env.run("upgrade").ok();
}

#[test]
fn a_refusal_that_earlier_bodies_mend_keeps_its_revision() {
    let env = TestEnv::new();
    env.revision("a1")
        .up("CREATE TABLE t (id INTEGER PRIMARY KEY, kind TEXT);")
        .down("DROP TABLE t;")
        .write();
    env.revision("b2")
        .after("a1")
        .up("UPDATE t SET kind = 'new' WHERE kind = 'old';")
        .down("")
        .write();
    env.revision("c3")
        .after("b2")
        .up("-- migrate:refuse-if rows of t are old: SELECT id FROM t WHERE kind = 'old'\n\
             CREATE INDEX by_kind ON t (kind);")
        .down("DROP INDEX by_kind;")
        .write();
    env.graph(&["d4 < c3"]);
    let files = env.files();
    insta::assert_snapshot!(env.run("squash b2:c3 -m T"), @"
    ------- stderr -------
    error: what the upgrade of `c3` refuses to run on may be changed by statements of the range before it
     --> versions/c3.sql:8:1
      |
    8 | -- migrate:refuse-if rows of t are old: SELECT id FROM t WHERE kind = 'old'
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ in one body it would be asked before all statements
    hint: versions/b2.sql:8 runs before it: `UPDATE t SET kind = 'new' WHERE kind = 'old'`
    hint: let the range begin with `c3`, or end before it
    hint: or, once no database needs it any more, remove the line: a comment is no part of what ran
    [exit status: 2]
    ");
    assert_eq!(env.files(), files);
    // Where the table is made by the range too nobody can have put other rows into it.
    assert_eq!(env.run("squash a1:c3 -m T --dry-run").status, Some(0));
    assert_eq!(env.run("squash c3:d4 -m T").status, Some(0));
    env.sql(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, kind TEXT); INSERT INTO t (kind) VALUES ('old')",
    );
    assert_eq!(env.run("stamp a1").status, Some(0));
    assert_eq!(env.run("upgrade").status, Some(0));
}

#[test]
fn what_a_file_allows_the_one_allows() {
    let env = TestEnv::new();
    env.config("[database]\nurl = \"app.db\"\n[lint]\ndrop-column = \"error\"");
    env.revision("a1")
        .up("CREATE TABLE t (id INTEGER PRIMARY KEY, x);")
        .down("DROP TABLE t;")
        .write();
    env.revision("b2")
        .after("a1")
        .up("ALTER TABLE t DROP COLUMN x;")
        .down("ALTER TABLE t ADD COLUMN x;\n\n-- migrator:allow downgrade-does-not-undo: kept")
        .write();
    env.revision("c3").after("b2").up("UPDATE t SET id = id;").down("").write();
    let allow = "-- ///\n-- migrator:allow drop-column: nobody reads it\n";
    for file in ["versions/b2.sql", "versions/c3.sql"] {
        env.file(file, &env.read(file).replacen("-- ///\n", allow, 1));
    }
    let lint = env.run("lint b2:");
    assert_eq!(lint.status, Some(0), "{lint}");
    assert_eq!(env.run("squash b2:c3 -m T").status, Some(0));
    insta::assert_snapshot!(env.read("versions/aaaa11112222_t.sql"), @r#"
    -- /// revision
    -- revision = "aaaa11112222"
    -- replaces = ["b2", "c3"]
    -- down_revision = "a1"
    -- message = "T"
    -- create_date = 2026-11-03T14:40:11Z
    -- ///

    -- migrate:upgrade
    -- migrator:allow drop-column: nobody reads it

    -- from b2: make b2
    ALTER TABLE t DROP COLUMN x;

    -- from c3: make c3
    UPDATE t SET id = id;

    -- migrate:downgrade
    -- from b2: make b2
    ALTER TABLE t ADD COLUMN x;

    -- migrator:allow downgrade-does-not-undo: kept
    "#);
    let lint = env.run("lint");
    assert_eq!(lint.status, Some(0), "{lint}");
}

#[test]
fn what_a_statement_is_allowed_a_sum_is_allowed() {
    let env = TestEnv::new();
    env.revision("a1")
        .up("-- migrator:allow missing-index-on-foreign-key: few\n\
             CREATE TABLE t (id INTEGER PRIMARY KEY, t_id REFERENCES t (id), y);")
        .down("DROP TABLE t;")
        .write();
    env.revision("b2")
        .after("a1")
        .up("-- migrator:allow drop-column: not here any more\nALTER TABLE t DROP COLUMN y;")
        .down("ALTER TABLE t ADD COLUMN y;")
        .write();
    assert_eq!(env.run("squash a1:b2 -m T").status, Some(0));
    insta::assert_snapshot!(env.read("versions/aaaa11112222_t.sql"), @r#"
    -- /// revision
    -- revision = "aaaa11112222"
    -- replaces = ["a1", "b2"]
    -- message = "T"
    -- create_date = 2026-11-03T14:40:11Z
    -- ///

    -- migrate:upgrade
    -- migrator:allow missing-index-on-foreign-key: few

    -- create the table t
    CREATE TABLE t (id INTEGER PRIMARY KEY, t_id REFERENCES t (id));

    -- migrate:downgrade
    -- drop the table t
    -- migrate:warn-if rows of t are deleted with it: SELECT id FROM t
    DROP TABLE t;
    "#);
    insta::assert_snapshot!(env.run("lint"), @"
    ------- stderr -------
    nothing found in 1 revision
    ");
}

#[test]
fn downgrades_that_do_not_run_cannot_be_joined() {
    let env = TestEnv::with_graph(&["a1"]);
    env.revision("b2").after("a1").up("CREATE TABLE t (a);").down("DROP TABLE u;").write();
    insta::assert_snapshot!(env.run("squash a1:b2 -m T"), @"
    ------- stderr -------
    error: the downgrades of the range do not run: revision `b2` failed at statement 1 of 1
      --> versions/b2.sql:11:1
       |
    11 | DROP TABLE u;
       | ^^^^^^^^^^^^ no such table: u
    hint: mend it, or say that there is none: `-- migrate:downgrade irreversible`
    hint: they were run in a database in memory; no file was written
    [exit status: 2]
    ");
}

#[test]
fn rows_that_are_never_the_same_prove_nothing_against_it() {
    let env = data();
    env.revision("c3")
        .after("b2")
        .up("UPDATE users SET email = hex(randomblob(16));")
        .down("UPDATE users SET email = NULL;")
        .write();
    env.run("squash a1:c3 -m Users").ok();
}

#[test]
fn how_the_bodies_run_is_carried_over() {
    let env = TestEnv::new();
    for (id, after) in [("a1", ""), ("b2", "a1")] {
        let revision = env.revision(id).header("transaction = false");
        let revision = if after.is_empty() { revision } else { revision.after(after) };
        revision.write();
    }
    env.graph(&["c3 < b2"]);
    insta::assert_snapshot!(env.run("squash a1:c3 -m T"), @"
    ------- stderr -------
    error: `a1` and `c3` do not run in the same way: `transaction` or `foreign_keys` differs
    hint: let the range end before `c3`, or begin with it
    [exit status: 2]
    ");
    env.run("squash a1:b2 -m T").ok();
    insta::assert_snapshot!(env.read("versions/aaaa11112222_t.sql"), @r#"
    -- /// revision
    -- revision = "aaaa11112222"
    -- replaces = ["a1", "b2"]
    -- transaction = false
    -- message = "T"
    -- create_date = 2026-11-03T14:40:11Z
    -- ///

    -- migrate:upgrade
    -- from a1: make a1
    CREATE TABLE t_a1 (id INTEGER PRIMARY KEY);

    -- from b2: make b2
    CREATE TABLE t_b2 (id INTEGER PRIMARY KEY);

    -- migrate:downgrade
    -- from b2: make b2
    DROP TABLE t_b2;

    -- from a1: make a1
    DROP TABLE t_a1;
    "#);
    env.run("upgrade").ok();
}

#[test]
fn what_is_no_range_is_refused() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1", "c3 < b2", "x9 < b2"]);
    insta::assert_snapshot!(env.run("squash a1:c3 -m T"), @"
    ------- stderr -------
    error: `x9` follows `b2`, in the middle of the range
    hint: let the range end with `b2`, or begin after it
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("squash c3:a1 -m T"), @"
    ------- stderr -------
    error: `c3` does not come before `a1`
    hint: a range is `FIRST:LAST`, of two or more revisions
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("squash a1 -m T"), @"
    ------- stderr -------
    error: `a1` is no revision: a range is written `A:B`, `A:` or `:B`
    hint: from there on it is `a1:`, up to there `:a1`, and only that one `a1:a1`
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("squash a1: -m T"), @"
    ------- stderr -------
    error: `head` is ambiguous, there are several heads: `c3`, `x9`
    hint: name one of them, `c3`, `x9`, or say `heads` for all
    hint: `migrator rebase x9` or `migrator rebase c3` makes one line of them: move the one that no database has run yet, here or elsewhere; `migrator merge heads` joins them in a revision of its own
    [exit status: 2]
    ");
    let env = TestEnv::new();
    env.revision("a1").up("PRAGMA legacy_alter_table = 1;").down("").write();
    env.graph(&["b2 < a1"]);
    insta::assert_snapshot!(env.run("squash :b2 -m T"), @"
    ------- stderr -------
    error: a PRAGMA in `versions/a1.sql` would reach the statements of the revisions after it
     --> versions/a1.sql:7:1
      |
    7 | PRAGMA legacy_alter_table = 1;
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    hint: let the range end with that revision, or begin after it
    [exit status: 2]
    ");
}

#[test]
fn a_database_in_the_middle_of_the_range_goes_to_its_end_first() {
    let env = ddl();
    env.run("upgrade b2").ok();
    let files = env.files();
    insta::assert_snapshot!(env.run("squash b2:c3 -m 'Add posts'"), @"
    ------- stderr -------
    error: app.db is at `b2`, in the middle of the range
    hint: it could not go on from there: bring it to the end first, `migrator upgrade c3`
    [exit status: 2]
    ");
    assert_eq!(env.files(), files);
    env.run("upgrade c3").ok();
    env.run("squash b2:c3 -m 'Add posts'").ok();
    env.run("upgrade").ok();
}

#[test]
fn what_ran_otherwise_is_mended_first() {
    let env = ddl();
    assert_eq!(env.run("upgrade d4").status, Some(0));
    let c3 = env.read("versions/c3.sql");
    env.file("versions/c3.sql", &c3.replace("posts_title ON", "posts_by_title ON"));
    let files = env.files();
    insta::assert_snapshot!(env.run("squash b2:c3 -m 'Add posts'"), @"
    ------- stderr -------
    error: on app.db, revision `c3` was edited after it ran (2026-11-03 14:40:11, migrator 0.1.0)
    hint: put versions/c3.sql back to what ran, and write a new revision for the change
    hint: or, if the database has all that it makes now, `migrator repair c3` accepts the file as it is; it runs nothing
    hint: mend it first: in one revision nobody could find it any more; no file was written
    [exit status: 2]
    ");
    // Where it is not in the range it stays as it is.
    assert_eq!(env.run("squash a1:b2 -m 'Begin' --dry-run").status, Some(0));
    assert_eq!(env.files(), files);
    env.file("versions/c3.sql", &c3);

    env.revision("i1").after("a1").up("CREATE TABLE i (a);").down("DROP TABLE i;").write();
    env.file("versions/b2.sql", &env.read("versions/b2.sql").replace("\"a1\"", "\"i1\""));
    insta::assert_snapshot!(env.run("squash i1:b2 -m 'Add posts'"), @"
    ------- stderr -------
    error: on app.db, revision `i1` never ran here, and never would: it was put below `b2`, which did
    hint: `migrator upgrade --out-of-order` runs it, where that is safe
    hint: or `migrator repair i1`, if what it does is there already
    hint: mend it first: in one revision nobody could find it any more; no file was written
    [exit status: 2]
    ");
    assert_eq!(env.run("upgrade --out-of-order").status, Some(0));
    assert_eq!(env.run("squash i1:b2 -m 'Add posts'").status, Some(0));
    assert_eq!(env.run("status").status, Some(0));
}

/// Afterwards nobody could tell which of the rows was right.
#[test]
fn a_version_table_that_was_edited_is_mended_first() {
    let env = ddl();
    env.run("upgrade d4").exits_with(0);
    let files = env.files();
    env.sql("INSERT INTO alembic_version VALUES ('b2')");
    insta::assert_snapshot!(env.run("squash b2:c3 -m 'Add posts'"), @"
    ------- stderr -------
    error: on app.db, the version table has two rows of one line: `b2` comes before `d4`, so only `d4` should be there
    hint: the version table was edited by hand, or a file was changed after it ran; `migrator stamp d4` leaves the one row, without running anything
    hint: mend it first: in one revision nobody could find it any more; no file was written
    [exit status: 2]
    ");
    assert_eq!(env.files(), files);
    env.run("stamp d4").ok();
    env.sql("INSERT INTO alembic_version VALUES (x'01')");
    env.run("squash b2:c3 -m 'Add posts'").exits_with(2);
    assert_eq!(env.files(), files);
    env.run("stamp --purge d4").ok();
    env.run("squash b2:c3 -m 'Add posts'").exits_with(0);
    env.run("status").exits_with(0);
}

#[test]
fn the_database_of_another_environment_is_mended_there() {
    let env = ddl();
    env.config(
        "[database]\nurl = \"app.db\"\n[env.staging.database]\nurl = \"sqlite:///staging.db\"",
    );
    let ran = env.run("-n staging upgrade");
    assert_eq!(ran.status, Some(0), "{ran}");
    env.file("versions/c3.sql", &env.read("versions/c3.sql").replace("posts_title", "by_title"));
    insta::assert_snapshot!(env.run("squash b2:c3 -m 'Add posts'"), @"
    ------- stderr -------
    error: on staging.db, revision `c3` was edited after it ran (2026-11-03 14:40:11, migrator 0.1.0)
    hint: put versions/c3.sql back to what ran, and write a new revision for the change
    hint: or, if the database has all that it makes now, `migrator -n staging repair c3` accepts the file as it is; it runs nothing
    hint: mend it first: in one revision nobody could find it any more; no file was written
    [exit status: 2]
    ");
    let ran = env.run("-n staging repair c3");
    assert_eq!(ran.status, Some(0), "{ran}");
    assert_eq!(env.run("squash b2:c3 -m 'Add posts'").status, Some(0));
}

#[test]
fn a_squash_of_a_squash_knows_both() {
    let env = ddl();
    env.run("upgrade c3").ok();
    env.run("squash b2:c3 -m 'Add posts'").ok();
    insta::assert_snapshot!(env.run("squash a1:aaaa -m 'All'"), @"
    ------- stderr -------
    error: `aaaa11112222` replaces `c3` itself, and databases may be at either of them
    hint: let the range end before or after `aaaa11112222`; or, once every database is further on than that, remove `replaces` from its file
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("squash :d4 -m 'All'"), @"
    ------- stderr -------
    error: app.db is at `aaaa11112222`, in the middle of the range
    hint: it could not go on from there: bring it to the end first, `migrator upgrade d4`
    [exit status: 2]
    ");
    env.run("upgrade").ok();
    env.run("squash :d4 -m 'All'").ok();
    insta::assert_snapshot!(env.run("current -v"), @"
    Current revision(s) for app.db:
    Rev: bbbb11112222 (head)
    Parent: <base>
    Replaces: a1, b2, c3, aaaa11112222, d4
    Path: versions/bbbb11112222_all.sql

        All

        Revision ID: bbbb11112222
        Revises:
        Create Date: 2026-11-03T14:40:11Z
    ");
}

#[test]
fn old_files_beside_the_new_one_are_named_with_what_to_do() {
    let env = ddl();
    let old =
        |name: &str| (format!("versions/{name}.sql"), env.read(&format!("versions/{name}.sql")));
    let (b2, c3, d4) = (old("b2"), old("c3"), old("d4"));
    env.run("squash b2:c3 -m 'Add posts'").ok();
    let new_d4 = env.read("versions/d4.sql");

    // As another branch brings them back: all of the old ones; only some.
    env.file(&b2.0, &b2.1).file(&c3.0, &c3.1).file(&d4.0, &d4.1);
    insta::assert_snapshot!(env.run("heads"), @r#"
    ------- stderr -------
    error: revision `aaaa11112222` replaces `b2`, which a file still declares
     --> versions/aaaa11112222_add_posts.sql:3:16
      |
    3 | -- replaces = ["b2", "c3"]
      |                ^^^^ declared in versions/b2.sql:2
    hint: to stay with `aaaa11112222`, remove `versions/b2.sql`, and let what followed the last replaced revision follow `aaaa11112222`

    error: revision `aaaa11112222` replaces `c3`, which a file still declares
     --> versions/aaaa11112222_add_posts.sql:3:22
      |
    3 | -- replaces = ["b2", "c3"]
      |                      ^^^^ declared in versions/c3.sql:2
    hint: to stay with `aaaa11112222`, remove `versions/c3.sql`, and let what followed the last replaced revision follow `aaaa11112222`
    hint: to go back, remove the file of `aaaa11112222` and take the others from git
    [exit status: 2]
    "#);
    env.file(&d4.0, &new_d4);
    env.run("heads").exits_with(2);
    env.remove(&c3.0);
    insta::assert_snapshot!(env.run("heads"), @r#"
    ------- stderr -------
    error: revision `aaaa11112222` replaces `b2`, which a file still declares
     --> versions/aaaa11112222_add_posts.sql:3:16
      |
    3 | -- replaces = ["b2", "c3"]
      |                ^^^^ declared in versions/b2.sql:2
    hint: to stay with `aaaa11112222`, remove `versions/b2.sql`, and let what followed the last replaced revision follow `aaaa11112222`
    hint: to go back, remove the file of `aaaa11112222` and take the others from git
    [exit status: 2]
    "#);
    env.remove(&b2.0);
    env.run("upgrade").ok();

    // A file that follows one of them still.
    env.file(&d4.0, &d4.1);
    insta::assert_snapshot!(env.run("heads"), @r#"
    ------- stderr -------
    error: revision `d4` follows `c3`, which no file declares
     --> versions/d4.sql:3:20
      |
    3 | -- down_revision = "c3"
      |                    ^^^^ `aaaa11112222` replaces it
    hint: write `down_revision = "aaaa11112222"`, or take the files from before the squash
    [exit status: 2]
    "#);
    env.file(&d4.0, &new_d4);
    env.run("heads").ok();
}

/// What a kill leaves: a journal, here of a squash that has written its file and removed nothing.
fn interrupted() -> TestEnv {
    let env = ddl();
    let (b2, c3) = (env.read("versions/b2.sql"), env.read("versions/c3.sql"));
    let (d4, files) = (env.read("versions/d4.sql"), env.files());
    env.run("squash b2:c3 -m 'Add posts' --rev-id s1").ok();
    let change = |path: &str, old: Option<&str>| {
        let new = env.files().contains(&path.to_owned()).then(|| env.read(path));
        serde_json::json!({ "path": path, "old": old, "new": new })
    };
    let journal = serde_json::json!({ "version": 1, "files": [
        change("versions/s1_add_posts.sql", None),
        change("versions/d4.sql", Some(&d4)),
        change("versions/c3.sql", Some(&c3)),
        change("versions/b2.sql", Some(&b2)),
    ]});
    env.file(".migrator-squash", &journal.to_string());
    env.file("versions/b2.sql", &b2).file("versions/c3.sql", &c3).file("versions/d4.sql", &d4);
    assert_eq!(env.files().len(), files.len() + 2);
    env
}

#[test]
fn an_interrupted_one_is_named_by_every_command() {
    let env = interrupted();
    let files = env.files();
    insta::assert_snapshot!(env.run("heads"), @"
    ------- stderr -------
    error: a squash was interrupted, and the revision files may be half of before, half of after
    hint: `migrator squash --continue` leads it to its end
    hint: `migrator squash --abort` takes all files back to what they were before it
    [exit status: 2]
    ");
    let said = env.run("heads").to_string();
    for command in ["upgrade", "upgrade --sql", "status", "squash b2:c3 -m Again", "rebase d4"] {
        assert_eq!(env.run(command).to_string(), said, "{command}");
    }
    assert_eq!(env.files(), files);
}

#[test]
fn an_interrupted_one_is_led_to_its_end() {
    let env = interrupted();
    env.file(
        "alembic.toml",
        &format!("{}\n[[hooks]]\ncommand = [\"cat\", \"{{file}}\"]\n", env.read("alembic.toml")),
    );
    insta::assert_snapshot!(env.run("squash --continue"), @r#"
    wrote versions/s1_add_posts.sql
    wrote versions/d4.sql
    removed versions/c3.sql
    removed versions/b2.sql
    ------- stderr -------
    running cat $DIR/versions/s1_add_posts.sql
    -- /// revision
    -- revision = "s1"
    -- replaces = ["b2", "c3"]
    -- down_revision = "a1"
    -- message = "Add posts"
    -- create_date = 2026-11-03T14:40:11Z
    -- ///

    -- migrate:upgrade
    -- create the table posts
    CREATE TABLE posts (id INTEGER PRIMARY KEY, title TEXT);
    CREATE INDEX posts_title ON posts (title);

    -- migrate:downgrade
    -- drop the table posts
    -- migrate:warn-if rows of posts are deleted with it: SELECT id FROM posts
    DROP TABLE posts;
    "#);
    insta::assert_snapshot!(env.run("history"), @"
    s1 -> d4 (head), make d4
    a1 -> s1, Add posts
    <base> -> a1, make a1
    ");
    insta::assert_snapshot!(env.run("squash --continue"), @"
    ------- stderr -------
    error: no squash was interrupted
    hint: nothing was changed
    [exit status: 2]
    ");
}

#[test]
fn an_interrupted_one_is_taken_back() {
    let env = interrupted();
    insta::assert_snapshot!(env.run("squash --abort --json"), @r#"
    {
      "finished": false,
      "written": [
        "versions/d4.sql",
        "versions/c3.sql",
        "versions/b2.sql"
      ],
      "removed": [
        "versions/s1_add_posts.sql"
      ]
    }
    "#);
    insta::assert_snapshot!(env.run("history"), @"
    c3 -> d4 (head), make d4
    b2 -> c3, make c3
    a1 -> b2, make b2
    <base> -> a1, make a1
    ");
    let env = interrupted();
    insta::assert_snapshot!(env.run("squash --abort"), @"
    took back versions/d4.sql
    took back versions/c3.sql
    took back versions/b2.sql
    removed versions/s1_add_posts.sql
    ");
    insta::assert_snapshot!(env.run("squash --abort"), @"
    ------- stderr -------
    error: no squash was interrupted
    hint: nothing was changed
    [exit status: 2]
    ");
}

#[test]
fn a_file_that_was_edited_after_the_interruption_is_not_overwritten() {
    let env = interrupted();
    env.file("versions/d4.sql", "-- mine");
    let files = env.files();
    insta::assert_snapshot!(env.run("squash --continue"), @"
    ------- stderr -------
    error: `versions/d4.sql` is neither as it was before the squash nor as it is to be
    hint: no file was touched; give `versions/d4.sql` one of its two texts, which stand in `.migrator-squash` beside alembic.toml
    hint: or take all files from git, and remove `.migrator-squash`
    [exit status: 2]
    ");
    env.run("squash --abort").exits_with(2);
    assert_eq!(env.files(), files);
    env.file(".migrator-squash", "{\"version\": 2, \"files\": []}");
    insta::assert_snapshot!(env.run("squash --continue"), @"
    ------- stderr -------
    error: cannot read `$DIR/.migrator-squash`
    caused by: another version of migrator wrote it
    hint: nothing was changed; look at the path, and whether this user may use it
    [exit status: 2]
    ");
}

#[test]
fn leading_on_takes_no_range() {
    let env = TestEnv::new();
    insta::assert_snapshot!(env.run("squash a1:b2 -m T --continue"), @"
    ------- stderr -------
    error: the argument '[RANGE]' cannot be used with '--continue'

    Usage: migrator squash --message <TEXT> <RANGE>

    For more information, try '--help'.
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("squash --continue --abort"), @"
    ------- stderr -------
    error: the argument '--continue' cannot be used with '--abort'

    Usage: migrator squash --continue [RANGE]

    For more information, try '--help'.
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("squash a1:b2"), @r#"
    ------- stderr -------
    error: `migrator squash` needs `--message <TEXT>`
    hint: say what it does: `migrator squash a1:b2 -m "…"`
    [exit status: 2]
    "#);
    insta::assert_snapshot!(env.run("squash -m T"), @r#"
    ------- stderr -------
    error: `migrator squash` needs `<RANGE>`
    hint: `migrator squash FIRST:LAST -m "…"`, with two revisions of those that `migrator history` lists
    [exit status: 2]
    "#);
}

#[test]
fn what_is_made_of_files_with_crlf_has_nothing_else() {
    let env = TestEnv::new();
    let crlf = |text: String| text.replace('\n', "\r\n");
    let up = "INSERT INTO t_a1 VALUES (1);\nCREATE TABLE t_b2 (\n  x DEFAULT 'two\nlines'\n);";
    env.file("versions/a1.sql", &crlf(env.revision("a1").text()));
    env.file("versions/b2.sql", &crlf(env.revision("b2").after("a1").up(up).text()));
    env.file("versions/c3.sql", &crlf(env.revision("c3").after("b2").text()));
    env.run("squash a1:b2 -m all").ok();
    for name in ["aaaa11112222_all.sql", "c3.sql"] {
        let text = env.read(&format!("versions/{name}"));
        assert!(!text.replace("\r\n", "").contains('\n'), "{text:?}");
        assert!(!text.contains("\r\r"), "{text:?}");
    }
    env.run("verify").ok();

    // One other line end, and nothing is known.
    let env = TestEnv::with_graph(&["b2 < a1"]);
    env.file("versions/a1.sql", &crlf(env.revision("a1").text()));
    env.run("squash a1:b2 -m all").ok();
    assert!(env.read("versions/aaaa11112222_all.sql").replace("\r\n", "").contains('\n'));
}

#[test]
fn a_hook_that_fails_leaves_the_only_copy_alone() {
    let env = ddl();
    let toml = env.read("alembic.toml");
    env.file("alembic.toml", &format!("{toml}\n[[hooks]]\ncommand = [\"false\"]\n"));
    insta::assert_snapshot!(env.run("squash b2:c3 -m 'Add posts' --rev-id s1"), @"
    wrote versions/s1_add_posts.sql (proven: the sum of 2 revisions)
    wrote versions/d4.sql (follows s1)
    removed versions/b2.sql
    removed versions/c3.sql
    ------- stderr -------
    running false
    error: the hook `false` failed (exit status: 1)
    hint: the squash is done, and `versions/s1_add_posts.sql` is all that is left of the range: keep it, and see what the hook made of it
    [exit status: 3]
    ");
    env.run("heads").ok();

    let env = interrupted();
    let toml = env.read("alembic.toml");
    env.file("alembic.toml", &format!("{toml}\n[[hooks]]\ncommand = [\"false\"]\n"));
    insta::assert_snapshot!(env.run("squash --continue"), @"
    wrote versions/s1_add_posts.sql
    wrote versions/d4.sql
    removed versions/c3.sql
    removed versions/b2.sql
    ------- stderr -------
    running false
    error: the hook `false` failed (exit status: 1)
    hint: the squash is done, and `versions/s1_add_posts.sql` is all that is left of the range: keep it, and see what the hook made of it
    [exit status: 3]
    ");
    env.run("heads").ok();
}

#[test]
fn a_database_of_another_branch_in_the_middle_of_the_range_is_refused() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1", "z9 < b2"]);
    env.run("upgrade z9").ok();
    let z9 = env.read("versions/z9.sql");
    std::fs::remove_file(env.path("versions/z9.sql")).unwrap();
    env.graph(&["c3 < b2"]);
    insta::assert_snapshot!(env.run("squash b2:c3 -m 'Both'"), @"
    ------- stderr -------
    error: app.db is at `z9` and ran `b2`, in the middle of the range
    hint: it could not go on from there: let the range end with `b2`, or begin after it
    hint: or bring it to the end first: get the files that declare `z9` beside these, and `migrator upgrade c3`
    [exit status: 2]
    ");
    // What it says: the range without it, or the database at its end.
    env.run("squash a1:b2 -m 'Begin' --dry-run").ok();
    env.file("versions/z9.sql", &z9);
    env.run("upgrade c3").ok();
    std::fs::remove_file(env.path("versions/z9.sql")).unwrap();
    env.run("squash b2:c3 -m 'Both' --rev-id s1").ok();
    env.file("versions/z9.sql", &z9.replace("\"b2\"", "\"s1\""));
    env.run("stamp z9").ok();
    env.run("status").ok();
}

#[test]
fn what_ran_otherwise_is_found_on_a_database_of_another_branch() {
    let env = ddl();
    env.graph(&["z9 < d4"]);
    assert_eq!(env.run("upgrade z9").status, Some(0));
    std::fs::remove_file(env.path("versions/z9.sql")).unwrap();
    let c3 = env.read("versions/c3.sql");
    env.file("versions/c3.sql", &c3.replace("posts_title ON", "posts_by_title ON"));
    insta::assert_snapshot!(env.run("squash b2:c3 -m 'Add posts'"), @"
    ------- stderr -------
    error: on app.db, revision `c3` was edited after it ran (2026-11-03 14:40:11, migrator 0.1.0)
    hint: put versions/c3.sql back to what ran, and write a new revision for the change
    hint: or, if the database has all that it makes now, `migrator repair c3` accepts the file as it is; it runs nothing
    hint: mend it first: in one revision nobody could find it any more; no file was written
    [exit status: 2]
    ");
}

#[test]
fn a_database_that_cannot_tell_is_refused() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1", "c3 < b2"]);
    env.config("[database]\nurl = \"sqlite:///app.db\"\nlog = false\n");
    env.run("upgrade a1").ok();
    env.sql("UPDATE alembic_version SET version_num = 'zz'");
    insta::assert_snapshot!(env.run("squash b2:c3 -m 'Both'"), @"
    ------- stderr -------
    error: app.db is at `zz`, which no revision file declares, and has no log of what ran
    hint: what ran there cannot be known: bring back the files that declare the rows, or `migrator stamp REVISION`
    [exit status: 2]
    ");
    env.run("stamp a1 --purge").ok();
    env.run("squash b2:c3 -m 'Both'").ok();
}

/// Two branches that work on the same rows, by the names of their files in this order.
fn beside() -> TestEnv {
    let env = TestEnv::new();
    env.revision("a1").up("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);").write();
    env.revision("b2").after("a1").up("INSERT INTO t (v) VALUES ('b');").down("").write();
    env.revision("b3").after("b2").up("SELECT 1;").down("").write();
    env.revision("c4").after("a1").up("UPDATE t SET v = v || '!';").down("").write();
    env
}

#[test]
fn a_branch_that_would_run_in_another_order_is_proven_or_refused() {
    let env = beside();
    let rows = |env: &TestEnv, name: &str| {
        env.run(&format!("--url sqlite:///{name}.db upgrade heads")).ok();
        let connection = rusqlite::Connection::open(env.path(&format!("{name}.db"))).unwrap();
        connection.query_one("SELECT v FROM t", [], |row| row.get::<_, String>(0)).unwrap()
    };
    let before = rows(&env, "before");
    let files = env.files();
    insta::assert_snapshot!(env.run("squash b2:b3 -m 'Both' --rev-id ff"), @"
    ------- stderr -------
    error: in one revision, what begins with `b2` would run in another order with `c4`, which stands beside it
    caused by: `c4` works on rows of `t`, and `b2`, which ran without it, has to do with it too
    hint: the names of the files say which branch runs first; without `--rev-id` an id is made that keeps the order, where one can
    hint: no file was written; give the branches an order first: `migrator rebase b3` puts what leads to it on top of the other; `migrator merge heads` joins them in a revision of its own
    [exit status: 2]
    ");
    assert_eq!(env.files(), files);
    env.run("squash b2:b3 -m 'Both' --rev-id b0").ok();
    assert_eq!(rows(&env, "after"), before);

    // What it says: an order of their own, in which the name makes no difference.
    for way in ["rebase b3", "merge heads -m Merge --rev-id m5"] {
        let env = beside();
        env.run(way).ok();
        env.run("squash b2:b3 -m 'Both' --rev-id ff").ok();
        assert_eq!(rows(&env, "after"), before, "{way}");
    }
}

#[test]
fn an_id_is_made_up_that_keeps_the_order_of_branches() {
    for _ in 0..4 {
        let env = beside().with("MIGRATOR_REVISION_IDS", "");
        env.run("squash b2:b3 -m 'Both'").ok();
        env.run("upgrade heads").ok();
        assert_eq!(env.query("SELECT v FROM t"), ["b"]);
    }
}

#[test]
fn a_refusal_through_a_view_that_the_range_makes_anew_keeps_its_revision() {
    let env = TestEnv::new();
    env.revisions(
        "
        a1
        + CREATE TABLE t (id INTEGER PRIMARY KEY, email TEXT, deleted INTEGER);
        + CREATE VIEW live AS SELECT id, email FROM t WHERE deleted = 0;
        - DROP VIEW live;
        - DROP TABLE t;
        b2 < a1
        + DROP VIEW live;
        + CREATE VIEW live AS SELECT id, email FROM t WHERE deleted IS NOT 1;
        - DROP VIEW live;
        - CREATE VIEW live AS SELECT id, email FROM t WHERE deleted = 0;
        c3 < b2
        + -- migrate:refuse-if live rows have no email: SELECT id FROM live WHERE email IS NULL
        + DELETE FROM t WHERE email IS NULL;
        - SELECT 1;
    ",
    );
    let files = env.files();
    insta::assert_snapshot!(env.run("squash b2:c3 -m 'Both'"), @"
    ------- stderr -------
    error: what the upgrade of `c3` refuses to run on may be changed by statements of the range before it
     --> versions/c3.sql:8:1
      |
    8 | -- migrate:refuse-if live rows have no email: SELECT id FROM live WHERE email IS NULL
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ in one body it would be asked before all statements
    hint: versions/b2.sql:9 runs before it: `CREATE VIEW live AS SELECT id, email FROM t WHERE deleted IS NOT 1`
    hint: let the range begin with `c3`, or end before it
    hint: or, once no database needs it any more, remove the line: a comment is no part of what ran
    [exit status: 2]
    ");
    assert_eq!(env.files(), files);
}

#[test]
fn an_attached_database_reaches_no_other_body() {
    let env = TestEnv::new();
    let no_transaction = "transaction = false";
    let attach = "ATTACH 'ar.db' AS ar;";
    env.revision("a1").header(no_transaction).up(attach).down("").write();
    let drop = "DROP TABLE IF EXISTS x;";
    env.revision("b2").after("a1").header(no_transaction).up(drop).down("").write();
    insta::assert_snapshot!(env.run("squash a1:b2 -m 'Both'"), @"
    ------- stderr -------
    error: a database that is attached in `versions/a1.sql` would reach the statements of the revisions after it
     --> versions/a1.sql:8:1
      |
    8 | ATTACH 'ar.db' AS ar;
      | ^^^^^^^^^^^^^^^^^^^^
    hint: let the range end with that revision, or begin after it
    [exit status: 2]
    ");
    env.revision("a1")
        .header(no_transaction)
        .up(&format!("{attach}\nCREATE TABLE ar.y (a);\nDETACH DATABASE ar;"))
        .down("")
        .write();
    env.run("squash a1:b2 -m 'Both'").ok();
}

#[test]
fn a_project_that_numbers_its_revisions_can_squash_them() {
    let env = TestEnv::new();
    env.revision("a1")
        .up("CREATE TABLE a (x);\nPRAGMA user_version = 1;")
        .down("PRAGMA user_version = 0;\nDROP TABLE a;")
        .write();
    env.revision("b2")
        .after("a1")
        .up("CREATE TABLE b (x);\nPRAGMA user_version = 2;")
        .down("DROP TABLE b;\nPRAGMA user_version = 1;")
        .write();
    insta::assert_snapshot!(env.run("squash a1:b2 -m 'Both'"), @"
    wrote versions/aaaa11112222_both.sql (proven: the bodies of 2 revisions)
    removed versions/a1.sql
    removed versions/b2.sql
    ------- stderr -------
    statements about rows, which run as they stood; review them:
      versions/a1.sql:8: PRAGMA user_version = 1
      versions/b2.sql:9: PRAGMA user_version = 2
    statements about rows, which run going down as they stood; review them:
      versions/b2.sql:13: PRAGMA user_version = 1
      versions/a1.sql:11: PRAGMA user_version = 0
    ");
    env.run("upgrade").ok();
    assert_eq!(env.query("PRAGMA user_version"), ["2"]);
    env.run("downgrade base").ok();
    assert_eq!(env.query("PRAGMA user_version"), ["0"]);
}

#[test]
fn a_body_that_reads_the_version_table_keeps_its_revision() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1"]);
    env.revision("c3")
        .after("b2")
        .up("INSERT INTO t_a1 SELECT count(*) FROM alembic_version WHERE version_num = 'b2';")
        .down("DELETE FROM t_a1;")
        .write();
    insta::assert_snapshot!(env.run("squash a1:c3 -m 'All'"), @"
    ------- stderr -------
    error: `alembic_version`, which the upgrade of `c3` uses, is something else where the bodies are one
     --> versions/c3.sql:8:1
      |
    8 | INSERT INTO t_a1 SELECT count(*) FROM alembic_version WHERE version_num = 'b2';
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    hint: let the range begin with `c3`, or end before it; no file was written
    [exit status: 2]
    ");
    // The first body finds what it found.
    env.graph(&["d4 < c3"]);
    env.run("squash c3:d4 -m 'Both' --dry-run").ok();
    // Going down, the last one is the first.
    env.revision("c3").after("b2").up("").down("DELETE FROM alembic_version WHERE 0;").write();
    insta::assert_snapshot!(env.run("squash c3:d4 -m 'Both'"), @"
    ------- stderr -------
    error: `alembic_version`, which the downgrade of `c3` uses, is something else where the bodies are one
      --> versions/c3.sql:11:1
       |
    11 | DELETE FROM alembic_version WHERE 0;
       | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    hint: leave `c3` out: let the range end before it, or begin after it; no file was written
    [exit status: 2]
    ");
}
