//! `migrator lint`, and what `upgrade` says of revisions before it runs them

use crate::support::TestEnv;

/// A project with something of each level.
fn env() -> TestEnv {
    let env = TestEnv::new();
    env.revisions(
        r#"
        a1
        + CREATE TABLE users (
        +   id INTEGER PRIMARY KEY,
        +   email TEXT,
        +   nick TEXT
        + );
        - DROP TABLE users;
        b2 < a1
        + ALTER TABLE users DROP COLUMN nick;
        + UPDATE users SET email = lower("emial");
        - ALTER TABLE users ADD COLUMN nick TEXT;
        c3 < b2
        + -- migrator:allow drop-table
        + CREATE UNIQUE INDEX ix_users_email ON users (email);
        - DROP INDEX ix_users_email;
    "#,
    );
    env
}

#[test]
fn findings_quote_their_lines() {
    let env = env();
    insta::assert_snapshot!(env.run("lint"), @r#"
    warning[drop-column]: drops `users.nick` with its values
     --> versions/b2.sql:8:31
      |
    8 | ALTER TABLE users DROP COLUMN nick;
      |                               ^^^^
    hint: if nobody needs them, say so: `-- migrator:allow drop-column: WHY` above the statement

    note[update-all-rows]: overwrites `users.email` in all rows
     --> versions/b2.sql:9:1
      |
    9 | UPDATE users SET email = lower("emial");
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    hint: a WHERE that chooses rows (`IS NULL`, say) leaves the others alone; if nobody needs what stood there, say so: `-- migrator:allow update-all-rows: WHY` above the statement

    error[double-quoted-string]: "emial" names no column here, and SQLite takes it for the string 'emial'
     --> versions/b2.sql:9:32
      |
    9 | UPDATE users SET email = lower("emial");
      |                                ^^^^^^^
    hint: write 'emial' if it is a string, or correct the name

    note[unused-allow]: `drop-table` is allowed here and not found
     --> versions/c3.sql:8:19
      |
    8 | -- migrator:allow drop-table
      |                   ^^^^^^^^^^
    hint: remove the comment, so that it does not hide what comes later

    warning[add-unique]: `users` gets a unique index `ix_users_email` over (email): the upgrade fails where rows share it
     --> versions/c3.sql:9:46
      |
    9 | CREATE UNIQUE INDEX ix_users_email ON users (email);
      |                                              ^^^^^
    hint: look for duplicates first, or refuse to run while there are some: `-- migrate:refuse-if MESSAGE: QUERY`

    ------- stderr -------
    1 error, 2 warnings, 2 notes in 3 revisions
    [exit status: 1]
    "#);
    assert!(!env.path("app.db").exists());
}

#[test]
fn a_revision_or_a_range() {
    let env = env();
    insta::assert_snapshot!(env.run("lint a1"), @"
    ------- stderr -------
    nothing found in 1 revision
    ");
    insta::assert_snapshot!(env.run("lint head"), @"
    note[unused-allow]: `drop-table` is allowed here and not found
     --> versions/c3.sql:8:19
      |
    8 | -- migrator:allow drop-table
      |                   ^^^^^^^^^^
    hint: remove the comment, so that it does not hide what comes later

    warning[add-unique]: `users` gets a unique index `ix_users_email` over (email): the upgrade fails where rows share it
     --> versions/c3.sql:9:46
      |
    9 | CREATE UNIQUE INDEX ix_users_email ON users (email);
      |                                              ^^^^^
    hint: look for duplicates first, or refuse to run while there are some: `-- migrate:refuse-if MESSAGE: QUERY`

    ------- stderr -------
    1 warning, 1 note in 1 revision
    ");
    insta::assert_snapshot!(env.run("lint b2:"), @r#"
    warning[drop-column]: drops `users.nick` with its values
     --> versions/b2.sql:8:31
      |
    8 | ALTER TABLE users DROP COLUMN nick;
      |                               ^^^^
    hint: if nobody needs them, say so: `-- migrator:allow drop-column: WHY` above the statement

    note[update-all-rows]: overwrites `users.email` in all rows
     --> versions/b2.sql:9:1
      |
    9 | UPDATE users SET email = lower("emial");
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    hint: a WHERE that chooses rows (`IS NULL`, say) leaves the others alone; if nobody needs what stood there, say so: `-- migrator:allow update-all-rows: WHY` above the statement

    error[double-quoted-string]: "emial" names no column here, and SQLite takes it for the string 'emial'
     --> versions/b2.sql:9:32
      |
    9 | UPDATE users SET email = lower("emial");
      |                                ^^^^^^^
    hint: write 'emial' if it is a string, or correct the name

    note[unused-allow]: `drop-table` is allowed here and not found
     --> versions/c3.sql:8:19
      |
    8 | -- migrator:allow drop-table
      |                   ^^^^^^^^^^
    hint: remove the comment, so that it does not hide what comes later

    warning[add-unique]: `users` gets a unique index `ix_users_email` over (email): the upgrade fails where rows share it
     --> versions/c3.sql:9:46
      |
    9 | CREATE UNIQUE INDEX ix_users_email ON users (email);
      |                                              ^^^^^
    hint: look for duplicates first, or refuse to run while there are some: `-- migrate:refuse-if MESSAGE: QUERY`

    ------- stderr -------
    1 error, 2 warnings, 2 notes in 2 revisions
    [exit status: 1]
    "#);
    insta::assert_snapshot!(env.run("lint :a1 -q"), @"");
    insta::assert_snapshot!(env.run("lint nope"), @"
    ------- stderr -------
    error: no revision or branch label is called `nope` or begins with it
    hint: `migrator history` lists all revisions and labels
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("lint c3:a1"), @"
    ------- stderr -------
    error: `c3` does not come before `a1`
    hint: a range leads from an older revision to a newer one of the same line: `OLD:NEW`
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("lint current:"), @"
    ------- stderr -------
    error: the database `$DIR/app.db` does not exist
    hint: `migrator upgrade` makes it; if it should be there, check the path: it comes from `--url`, or else from `database.url` in alembic.toml
    [exit status: 2]
    ");
    env.run("upgrade b2").exits_with(0);
    insta::assert_snapshot!(env.run("lint current: --format github"), @r#"
    ::warning file=versions/b2.sql,line=8,endLine=8,col=31,endColumn=35,title=drop-column::drops `users.nick` with its values%0Aif nobody needs them, say so: `-- migrator:allow drop-column: WHY` above the statement
    ::notice file=versions/b2.sql,line=9,endLine=9,col=1,endColumn=40,title=update-all-rows::overwrites `users.email` in all rows%0Aa WHERE that chooses rows (`IS NULL`, say) leaves the others alone; if nobody needs what stood there, say so: `-- migrator:allow update-all-rows: WHY` above the statement
    ::error file=versions/b2.sql,line=9,endLine=9,col=32,endColumn=39,title=double-quoted-string::"emial" names no column here, and SQLite takes it for the string 'emial'%0Awrite 'emial' if it is a string, or correct the name
    ::notice file=versions/c3.sql,line=8,endLine=8,col=19,endColumn=29,title=unused-allow::`drop-table` is allowed here and not found%0Aremove the comment, so that it does not hide what comes later
    ::warning file=versions/c3.sql,line=9,endLine=9,col=46,endColumn=51,title=add-unique::`users` gets a unique index `ix_users_email` over (email): the upgrade fails where rows share it%0Alook for duplicates first, or refuse to run while there are some: `-- migrate:refuse-if MESSAGE: QUERY`
    ------- stderr -------
    1 error, 2 warnings, 2 notes in 2 revisions
    [exit status: 1]
    "#);
    env.run("stamp base").ok();
    insta::assert_snapshot!(TestEnv::new().run("lint"), @r#"
    ------- stderr -------
    there are no revisions yet; `migrator revision -m "…"` makes one
    "#);
}

#[test]
fn annotations_of_github() {
    insta::assert_snapshot!(env().run("lint --format github"), @r#"
    ::warning file=versions/b2.sql,line=8,endLine=8,col=31,endColumn=35,title=drop-column::drops `users.nick` with its values%0Aif nobody needs them, say so: `-- migrator:allow drop-column: WHY` above the statement
    ::notice file=versions/b2.sql,line=9,endLine=9,col=1,endColumn=40,title=update-all-rows::overwrites `users.email` in all rows%0Aa WHERE that chooses rows (`IS NULL`, say) leaves the others alone; if nobody needs what stood there, say so: `-- migrator:allow update-all-rows: WHY` above the statement
    ::error file=versions/b2.sql,line=9,endLine=9,col=32,endColumn=39,title=double-quoted-string::"emial" names no column here, and SQLite takes it for the string 'emial'%0Awrite 'emial' if it is a string, or correct the name
    ::notice file=versions/c3.sql,line=8,endLine=8,col=19,endColumn=29,title=unused-allow::`drop-table` is allowed here and not found%0Aremove the comment, so that it does not hide what comes later
    ::warning file=versions/c3.sql,line=9,endLine=9,col=46,endColumn=51,title=add-unique::`users` gets a unique index `ix_users_email` over (email): the upgrade fails where rows share it%0Alook for duplicates first, or refuse to run while there are some: `-- migrate:refuse-if MESSAGE: QUERY`
    ------- stderr -------
    1 error, 2 warnings, 2 notes in 3 revisions
    [exit status: 1]
    "#);
}

#[test]
fn findings_as_json() {
    insta::assert_snapshot!(env().run("lint b2 --json"), @r#"
    {
      "revisions": 1,
      "errors": 1,
      "warnings": 1,
      "notes": 1,
      "findings": [
        {
          "rule": "drop-column",
          "level": "warning",
          "revision": "b2",
          "path": "versions/b2.sql",
          "line": 8,
          "column": 31,
          "message": "drops `users.nick` with its values",
          "advice": "if nobody needs them, say so: `-- migrator:allow drop-column: WHY` above the statement"
        },
        {
          "rule": "update-all-rows",
          "level": "note",
          "revision": "b2",
          "path": "versions/b2.sql",
          "line": 9,
          "column": 1,
          "message": "overwrites `users.email` in all rows",
          "advice": "a WHERE that chooses rows (`IS NULL`, say) leaves the others alone; if nobody needs what stood there, say so: `-- migrator:allow update-all-rows: WHY` above the statement"
        },
        {
          "rule": "double-quoted-string",
          "level": "error",
          "revision": "b2",
          "path": "versions/b2.sql",
          "line": 9,
          "column": 32,
          "message": "\"emial\" names no column here, and SQLite takes it for the string 'emial'",
          "advice": "write 'emial' if it is a string, or correct the name"
        }
      ],
      "unseen": null
    }
    ------- stderr -------
    1 error, 1 warning, 1 note in 1 revision
    [exit status: 1]
    "#);
    insta::assert_snapshot!(env().run("lint --json --format sarif"), @"
    ------- stderr -------
    error: `--json` and `--format` are two formats
    hint: leave one of them out
    [exit status: 2]
    ");
}

#[test]
fn machines_find_the_files_from_the_root_of_the_repository() {
    let env = TestEnv::empty();
    env.folder(".git").folder("backend/versions");
    env.file(
        "backend/alembic.toml",
        "version_locations = [\"versions\"]\n[database]\nurl = \"sqlite:///app.db\"\n",
    );
    let header = "-- /// revision\n-- revision = \"a1\"\n-- ///\n";
    env.file(
        "backend/versions/a1.sql",
        &format!("{header}\n-- migrate:upgrade\nCREATE TABLE t (a);\n\n-- migrate:downgrade\n"),
    );
    let env = env.inside("backend");
    insta::assert_snapshot!(env.run("lint --format github"), @"
    ::warning file=backend/versions/a1.sql,line=8,endLine=8,col=1,endColumn=21,title=no-downgrade::the upgrade changes the schema, and the downgrade is empty: it would leave everything there%0Awrite the way back, or say that there is none: `-- migrate:downgrade irreversible`
    ------- stderr -------
    1 warning in 1 revision
    ");
    let uri = |output: super::support::Output| {
        let place = &output.json()["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
        place["artifactLocation"]["uri"].as_str().unwrap().to_owned()
    };
    assert_eq!(uri(env.run("lint --format sarif")), "backend/versions/a1.sql");
}

/// What SARIF 2.1.0 demands of the parts that are written.
#[test]
fn findings_as_sarif() {
    let env = env();
    let output = env.run("lint --format sarif");
    assert_eq!(output.status, Some(1));
    let sarif = output.json();
    assert_eq!(sarif["version"], "2.1.0");
    assert!(sarif["$schema"].as_str().unwrap().contains("sarif-2.1.0"));
    let runs = sarif["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 1);
    let driver = &runs[0]["tool"]["driver"];
    assert_eq!(driver["name"], "migrator");
    let rules = driver["rules"].as_array().unwrap();
    let levels = ["none", "note", "warning", "error"];
    let mut ids = std::collections::BTreeSet::new();
    for rule in rules {
        assert!(ids.insert(rule["id"].as_str().unwrap()), "the id of a rule is unique");
        for key in ["shortDescription", "fullDescription", "help"] {
            assert!(!rule[key]["text"].as_str().unwrap().is_empty(), "{rule}");
        }
        let level = rule["defaultConfiguration"]["level"].as_str().unwrap();
        assert!(levels.contains(&level), "{level}");
    }
    let results = runs[0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 5);
    for result in results {
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        assert!(levels.contains(&result["level"].as_str().unwrap()));
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        let place = &result["locations"][0]["physicalLocation"];
        let uri = place["artifactLocation"]["uri"].as_str().unwrap();
        assert!(env.path(uri).exists(), "{uri} is relative to the root of the repository");
        assert_eq!(place["artifactLocation"]["uriBaseId"], "%SRCROOT%");
        let at = |key: &str| place["region"][key].as_u64().unwrap();
        assert!(at("startLine") >= 1 && at("startColumn") >= 1);
        assert!((at("endLine"), at("endColumn")) >= (at("startLine"), at("startColumn")));
        let text = env.read(uri);
        let line = text.lines().nth(usize::try_from(at("startLine")).unwrap() - 1).unwrap();
        let rest: String =
            line.chars().skip(usize::try_from(at("startColumn")).unwrap() - 1).collect();
        let snippet = place["region"]["snippet"]["text"].as_str().unwrap();
        assert!(rest.starts_with(snippet.lines().next().unwrap()), "{rest}");
    }
}

#[test]
fn a_project_weighs_rules_its_own_way() {
    let env = env();
    env.config(
        "[lint]\ndouble-quoted-string = \"off\"\nadd-unique = \"note\"\ndrop-column = \"error\"",
    );
    insta::assert_snapshot!(env.run("lint --format github"), @"
    ::error file=versions/b2.sql,line=8,endLine=8,col=31,endColumn=35,title=drop-column::drops `users.nick` with its values%0Aif nobody needs them, say so: `-- migrator:allow drop-column: WHY` above the statement
    ::notice file=versions/b2.sql,line=9,endLine=9,col=1,endColumn=40,title=update-all-rows::overwrites `users.email` in all rows%0Aa WHERE that chooses rows (`IS NULL`, say) leaves the others alone; if nobody needs what stood there, say so: `-- migrator:allow update-all-rows: WHY` above the statement
    ::notice file=versions/c3.sql,line=8,endLine=8,col=19,endColumn=29,title=unused-allow::`drop-table` is allowed here and not found%0Aremove the comment, so that it does not hide what comes later
    ::notice file=versions/c3.sql,line=9,endLine=9,col=46,endColumn=51,title=add-unique::`users` gets a unique index `ix_users_email` over (email): the upgrade fails where rows share it%0Alook for duplicates first, or refuse to run while there are some: `-- migrate:refuse-if MESSAGE: QUERY`
    ------- stderr -------
    1 error, 3 notes in 3 revisions
    [exit status: 1]
    ");
    env.config("[lint]\ndouble-quoted-string = \"note\"\n[env.ci.lint]\nunused-allow = \"error\"");
    insta::assert_snapshot!(env.run("-n ci lint c3"), @"
    error[unused-allow]: `drop-table` is allowed here and not found
     --> versions/c3.sql:8:19
      |
    8 | -- migrator:allow drop-table
      |                   ^^^^^^^^^^
    hint: remove the comment, so that it does not hide what comes later

    warning[add-unique]: `users` gets a unique index `ix_users_email` over (email): the upgrade fails where rows share it
     --> versions/c3.sql:9:46
      |
    9 | CREATE UNIQUE INDEX ix_users_email ON users (email);
      |                                              ^^^^^
    hint: look for duplicates first, or refuse to run while there are some: `-- migrate:refuse-if MESSAGE: QUERY`

    ------- stderr -------
    1 error, 1 warning in 1 revision
    [exit status: 1]
    ");
    env.run("lint").exits_with(0);
    env.config("[lint]\ndrop-colum = \"error\"\nadd-unique = \"fatal\"\ntwo-heads = true");
    insta::assert_snapshot!(env.run("lint"), @r#"
    ------- stderr -------
    error: unknown key `lint.drop-colum`
     --> alembic.toml:2:1
      |
    2 | drop-colum = "error"
      | ^^^^^^^^^^
    hint: did you mean `drop-column`?

    error: `lint.add-unique` must be `error`, `warning`, `note` or `off`, not `fatal`
     --> alembic.toml:3:14
      |
    3 | add-unique = "fatal"
      |              ^^^^^^^
    hint: without the line the level is that of docs/lint.md

    error: `lint.two-heads` must be a string, not true or false
     --> alembic.toml:4:13
      |
    4 | two-heads = true
      |             ^^^^
    hint: a text stands in quotes: `"…"`
    [exit status: 2]
    "#);
}

#[test]
fn what_ran_and_is_another_one_now() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1"]);
    env.run("upgrade").ok();
    insta::assert_snapshot!(env.run("lint"), @"
    ------- stderr -------
    nothing found in 2 revisions
    ");
    env.revision("b2")
        .after("a1")
        .up("-- The table.\nCREATE TABLE t_b2 (\n  id INTEGER PRIMARY KEY)")
        .write();
    env.run("lint").exits_with(0);
    env.revision("b2").after("a1").up("CREATE TABLE t_b2 (id INTEGER PRIMARY KEY, a);").write();
    insta::assert_snapshot!(env.run("lint"), @"
    error[edited-after-applied]: `b2` ran on the database, and its upgrade is another one now
     --> versions/b2.sql:8:1
      |
    8 | CREATE TABLE t_b2 (id INTEGER PRIMARY KEY, a);
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    hint: what was changed never runs there: take it back, and write a new revision

    ------- stderr -------
    1 error in 2 revisions
    [exit status: 1]
    ");
    env.run("downgrade a1").exits_with(0);
    env.run("lint").exits_with(0);
    env.bytes("app.db", b"this is no database, but a text that is long enough to be taken for one");
    insta::assert_snapshot!(env.run("lint"), @"
    ------- stderr -------
    warning: what ran on the database is not known: `$DIR/app.db` is not an SQLite database
    nothing found in 2 revisions
    ");
}

#[test]
fn upgrade_says_what_is_lost() {
    let env = env();
    env.run("upgrade a1").ok();
    insta::assert_snapshot!(env.run("upgrade --dry-run"), @"
    upgrade b2, make b2 (2 statements, 0 changed rows, [time])
    upgrade c3, make c3 (1 statement, 0 changed rows, [time])
    the database would be at c3
    it has 20 KiB now, and up to 28 KiB during the run, its journal included
    ------- stderr -------
    warning: `b2`: 1 drop-column; `migrator lint b2` tells more
    everything was rolled back; nothing was changed
    ");
    insta::assert_snapshot!(env.run("upgrade -q"), @"
    ------- stderr -------
    warning: `b2`: 1 drop-column; `migrator lint b2` tells more
    ");
    env.run("downgrade a1").exits_with(0);
    let said = env.run("upgrade b2 --json").exits_with(0);
    assert!(said.contains("warning: `b2`: 1 drop-column"), "{said}");
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    upgrade c3, make c3 ([time])
    app.db is at c3
    ");
    // On a new database nothing is lost.
    env.remove("app.db");
    insta::assert_snapshot!(env.run("upgrade -q"), @"");
}

#[test]
fn status_says_what_is_found_in_what_is_pending() {
    let env = env();
    env.run("upgrade a1").ok();
    insta::assert_snapshot!(env.run("status"), @"
    database  app.db
    at        a1
    pending   b2, make b2
              c3, make c3
    lint      1 double-quoted-string, 1 drop-column, 1 add-unique; `migrator lint current:` tells more
    log       1 row since 2026-11-03 14:40:11
    ------- stderr -------
    nothing is wrong with what ran
    ");
    let json = env.run("status --json").json();
    let lint = json["lint"].as_array().unwrap().iter();
    let lint: Vec<_> =
        lint.map(|it| format!("{} {} {}", it["level"], it["rule"], it["count"])).collect();
    assert_eq!(
        lint,
        [
            "\"error\" \"double-quoted-string\" 1",
            "\"warning\" \"drop-column\" 1",
            "\"warning\" \"add-unique\" 1"
        ]
    );
    env.run("upgrade").ok();
    assert!(!env.run("status").ok().contains("lint"), "nothing is pending");
    // What ran and does not run in memory is not what is pending.
    env.revision("c3").after("b2").up("DROP TABLE nope;").write();
    env.revision("d4").after("c3").up("DROP TABLE IF EXISTS users;").write();
    assert!(env.run("status").stdout.contains("1 if-not-exists-hides-drift;"));
}

#[test]
fn what_could_not_be_looked_at_is_told() {
    let env = env();
    env.revision("d4")
        .after("c3")
        .up("-- migrator:allow does-not-run\nDROP TABLE nope;")
        .irreversible()
        .write();
    env.graph(&["e5 < d4", "x9 < a1 [side]"]);
    insta::assert_snapshot!(env.run("lint d4:"), @"
    ------- stderr -------
    warning: `d4` does not run in memory: of 2 revisions only the text was looked at, not what they do to the schema
    nothing found in 2 revisions
    ");
    insta::assert_snapshot!(env.run("lint d4: --json"), @r#"
    {
      "revisions": 2,
      "errors": 0,
      "warnings": 0,
      "notes": 0,
      "findings": [],
      "unseen": {
        "because_of": "d4",
        "revisions": 2
      }
    }
    ------- stderr -------
    warning: `d4` does not run in memory: of 2 revisions only the text was looked at, not what they do to the schema
    nothing found in 2 revisions
    "#);
    insta::assert_snapshot!(env.run("lint d4: --format github"), @"
    ::warning title=migrator lint::`d4` does not run in memory: of 2 revisions only the text was looked at, not what they do to the schema
    ------- stderr -------
    warning: `d4` does not run in memory: of 2 revisions only the text was looked at, not what they do to the schema
    nothing found in 2 revisions
    ");
    let sarif = env.run("lint d4: --format sarif").json();
    let invocations = &sarif["runs"][0]["invocations"];
    insta::assert_snapshot!(invocations, @r#"[{"executionSuccessful":true,"toolExecutionNotifications":[{"level":"warning","message":{"text":"`d4` does not run in memory: of 2 revisions only the text was looked at, not what they do to the schema"}}]}]"#);
    insta::assert_snapshot!(env.run("lint x9"), @"
    ------- stderr -------
    nothing found in 1 revision
    ");
    env.run("upgrade c3").ok();
    insta::assert_snapshot!(env.run("status"), @"
    database  app.db
    at        c3
    pending   x9, make x9
              d4, make d4
              e5, make e5
    log       3 rows since 2026-11-03 14:40:11
    ------- stderr -------
    warning: `d4` does not run in memory: of 2 revisions only the text was looked at, not what they do to the schema
    nothing is wrong
    ");
}

#[test]
fn a_second_database_is_empty_in_memory() {
    let env = env();
    env.revision("d4")
        .after("c3")
        .header("transaction = false")
        .up("ATTACH 'archive.db' AS archive;\n\
             CREATE TABLE archive.users AS SELECT * FROM users;\n\
             DROP TABLE users;\nDETACH archive;")
        .irreversible()
        .write();
    env.graph(&["e5 < d4"]);
    insta::assert_snapshot!(env.run("lint d4:"), @"
    warning[attach-in-wal]: ATTACH adds a database that need not be committed together with this one
     --> versions/d4.sql:9:1
      |
    9 | ATTACH 'archive.db' AS archive;
      | ^^^^^^
    hint: a crash between the two leaves them at different revisions if one keeps a write-ahead log; give each database a version table of its own

    ------- stderr -------
    1 warning in 2 revisions
    ");
    insta::assert_snapshot!(env.run("verify d4"), @"
    irreversible d4, make d4
    4 revisions: 3 go up, down and up again; 1 irreversible
    ");
    assert!(!env.path("archive.db").exists());
}

#[test]
fn upgrade_tells_of_all_transactions_at_once() {
    let env = TestEnv::with_graph(&["a1", "b2 < a1", "c3 < b2"]);
    env.run("upgrade").ok();
    env.revision("d4").after("c3").up("DROP TABLE t_a1;").irreversible().write();
    env.revision("e5")
        .after("d4")
        .header("transaction = false")
        .up("DROP TABLE t_b2;")
        .irreversible()
        .write();
    env.revision("f6").after("e5").up("DROP TABLE t_c3;").irreversible().write();
    env.config("transaction = 'revision'\n[database]\nurl = 'app.db'\nbackup = 'never'");
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    warning: 3 revisions: 3 drop-table; `migrator lint d4` tells more
    upgrade d4, make d4 ([time])
    `e5` runs outside a transaction: each statement stays once it is done
    upgrade e5, make e5 ([time])
    upgrade f6, make f6 ([time])
    app.db is at f6
    ");
}
