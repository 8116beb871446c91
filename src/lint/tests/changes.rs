//! Rules over what an upgrade does to the schema.

use super::{Project, check_but_rows as check, rules, show};
use crate::rule::Rule;

const USERS: &str = "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT);";

/// A rebuild of users that ends in this table.
fn rebuild(definition: &str, to: &str, from: &str) -> String {
    format!(
        "CREATE TABLE new ({definition});\nINSERT INTO new ({to}) SELECT {from} FROM users;\n\
         DROP TABLE users;\nALTER TABLE new RENAME TO users;"
    )
}

/// The same in the order in which autogenerate writes it.
fn rebuild_renamed_away(definition: &str, to: &str, from: &str) -> String {
    format!(
        "PRAGMA legacy_alter_table = ON;\nALTER TABLE users RENAME TO old;\n\
         PRAGMA legacy_alter_table = OFF;\nCREATE TABLE users ({definition});\n\
         INSERT OR ABORT INTO users ({to}) SELECT {from} FROM old;\nDROP TABLE old;"
    )
}

#[track_caller]
fn check_rebuild(definition: &str, to: &str, from: &str, expected: &str) {
    check(USERS, &rebuild(definition, to, from), expected);
    check(USERS, &rebuild_renamed_away(definition, to, from), expected);
}

#[test]
fn a_table_is_dropped() {
    check(USERS, "DROP TABLE users;", "drop-table");
    check(USERS, "drop table if exists main.\"Users\";", "drop-table if-not-exists-hides-drift");
    // Renamed first, so that it is another name that is dropped.
    check(USERS, "ALTER TABLE users RENAME TO gone;\nDROP TABLE gone;", "drop-table");
    // What it held is elsewhere, but nobody can know whether all of it.
    check(
        USERS,
        "CREATE TABLE names (name TEXT);\nINSERT INTO names SELECT lower(name) FROM users;\n\
         CREATE TABLE people (id INTEGER PRIMARY KEY);\nDROP TABLE users;",
        "drop-column",
    );
    check("CREATE VIRTUAL TABLE docs USING fts5(body);", "DROP TABLE docs;", "drop-table");
}

#[test]
fn a_table_is_not_dropped() {
    check(USERS, "ALTER TABLE users RENAME TO people;", "");
    check(USERS, "ALTER TABLE users RENAME TO a;\nALTER TABLE a RENAME TO b;", "");
    check(USERS, "CREATE TABLE t (a);\nDROP TABLE t;", "");
    check(USERS, "CREATE TEMP TABLE t (a);\nDROP TABLE t;", "");
    check(
        USERS,
        "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT);\n\
         INSERT INTO people SELECT * FROM users;\nDROP TABLE users;",
        "",
    );
    check(
        "CREATE TABLE t (a); CREATE VIRTUAL TABLE docs USING fts5(a, content = 't');",
        "DROP TABLE docs;",
        "",
    );
    // The two change places.
    check(
        "CREATE TABLE a (x); CREATE TABLE b (y);",
        "ALTER TABLE a RENAME TO c;\nALTER TABLE b RENAME TO a;\nALTER TABLE c RENAME TO b;",
        "",
    );
    // A new one takes the name of the old one.
    check(
        USERS,
        "ALTER TABLE users RENAME TO people;\nCREATE TABLE users (id INTEGER PRIMARY KEY);",
        "",
    );
}

#[test]
fn a_column_is_dropped() {
    check(USERS, "ALTER TABLE users DROP COLUMN email;", "drop-column");
    check_rebuild(
        "id INTEGER PRIMARY KEY, name TEXT NOT NULL",
        "id, name",
        "id, name",
        "drop-column",
    );
    // What was stored is computed from now on.
    check_rebuild(
        "id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT AS (name || '@example.org')",
        "id, name",
        "id, name",
        "drop-column",
    );
    // Renamed first.
    check(
        USERS,
        "ALTER TABLE users RENAME COLUMN email TO mail;\nALTER TABLE users DROP COLUMN mail;",
        "drop-column",
    );
}

#[test]
fn a_column_is_not_dropped() {
    check(USERS, "ALTER TABLE users RENAME COLUMN email TO mail;", "");
    check(
        USERS,
        "ALTER TABLE users RENAME TO people;\nALTER TABLE people RENAME email TO mail;",
        "",
    );
    check_rebuild(
        "id INTEGER PRIMARY KEY, name TEXT NOT NULL, mail TEXT",
        "id, name, mail",
        "id, name, email",
        "",
    );
    check_rebuild(
        "email TEXT, name TEXT NOT NULL, id INTEGER PRIMARY KEY",
        "id, name, email",
        "id, name, email",
        "",
    );
    let computed = "CREATE TABLE t (a, b AS (a + 1));";
    check(computed, "ALTER TABLE t DROP COLUMN b;", "");
    // A key that becomes a column, renamed before it is copied to two places.
    let rename = "ALTER TABLE users RENAME id TO nr;\n";
    let columns = "nr INTEGER, name TEXT NOT NULL, email TEXT";
    let copy = rebuild_renamed_away(columns, "rowid, nr, name, email", "nr, nr, name, email");
    check(USERS, &format!("{rename}{copy}"), "");
    let made_of_it = rebuild_renamed_away(columns, "nr, name, email", "nr + 1, name, email");
    check(USERS, &format!("{rename}{made_of_it}"), "");
}

#[test]
fn a_type_is_narrowed() {
    let name = |datatype: &str, expected: &str| {
        let definition = format!("id INTEGER PRIMARY KEY, name TEXT NOT NULL, email {datatype}");
        check_rebuild(&definition, "id, name, email", "id, name, email", expected);
    };
    name("INTEGER", "type-narrowed");
    name("REAL", "type-narrowed");
    name("DECIMAL(10, 2)", "type-narrowed");
    name("VARCHAR(10)", "");
    name("BLOB", "");
    name("", "");
    let definition = "id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT";
    let strict = rebuild(definition, "id, name, email", "id, name, email")
        .replace(");\nINSERT", ") STRICT;\nINSERT");
    check(USERS, &strict, "type-narrowed");
    let asked = format!(
        "-- migrate:refuse-if rows of users have a number: SELECT id FROM users WHERE typeof(email) <> 'text'\n{strict}"
    );
    check(USERS, &asked, "");
}

#[test]
fn numbers_are_narrowed_too() {
    let change = |from: &str, to: &str, expected: &str| {
        let given = format!("CREATE TABLE users (a {from});");
        check(&given, &rebuild(&format!("a {to}"), "a", "a"), expected);
    };
    change("INTEGER", "REAL", "type-narrowed");
    change("REAL", "INTEGER", "");
    change("INTEGER", "NUMERIC", "");
    change("INTEGER", "TEXT", "");
    change("", "INTEGER", "type-narrowed");
}

#[test]
fn not_null_is_added() {
    check(USERS, "ALTER TABLE users ADD COLUMN a TEXT NOT NULL;", "add-not-null");
    check(USERS, "ALTER TABLE users ALTER COLUMN email SET NOT NULL;", "add-not-null");
    let definition = "id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL";
    check_rebuild(definition, "id, name, email", "id, name, email", "add-not-null");
    let definition = "id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT, a TEXT NOT NULL";
    check_rebuild(definition, "id, name, email", "id, name, email", "add-not-null");
}

#[test]
fn not_null_is_added_with_care() {
    check(USERS, "ALTER TABLE users ADD COLUMN a TEXT NOT NULL DEFAULT '';", "");
    check("", "CREATE TABLE t (a TEXT NOT NULL);", "");
    check("", "CREATE TABLE t (a);\nALTER TABLE t ADD COLUMN b NOT NULL;", "");
    let set = "ALTER TABLE users ALTER COLUMN email SET NOT NULL;";
    let update = "UPDATE users SET email = '' WHERE email IS NULL;";
    check(USERS, &format!("{update}\n{set}"), "");
    check(USERS, &format!("UPDATE users SET name = '';\n{set}"), "add-not-null");
    check(USERS, &format!("{set}\n{update}"), "add-not-null");
    let add = "ALTER TABLE users ADD COLUMN a TEXT NOT NULL;";
    check(USERS, &format!("{add}\nUPDATE users SET a = '';"), "add-not-null");
    check(USERS, &format!("DELETE FROM users;\n{add}"), "");
    check(USERS, &format!("DELETE FROM users WHERE email IS NULL;\n{set}"), "");
    let refuse = "-- migrate:refuse-if rows of users have NULL in email: SELECT id FROM users WHERE email IS NULL\n";
    check(USERS, &format!("{refuse}{set}"), "");
    let of_another = refuse.replace("in email", "in it").replace("WHERE email", "WHERE name");
    check(USERS, &format!("{of_another}{set}"), "add-not-null");
    let definition = "id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL";
    check_rebuild(definition, "id, name, email", "id, name, coalesce(email, '')", "");
    let definition = "id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT, a TEXT NOT NULL";
    check_rebuild(definition, "id, name, email, a", "id, name, email, 'DE'", "");
    // The rowid is never NULL.
    let definition = "id INTEGER PRIMARY KEY NOT NULL, name TEXT NOT NULL, email TEXT";
    check_rebuild(definition, "id, name, email", "id, name, email", "");
}

#[test]
fn unique_is_added() {
    check(USERS, "CREATE UNIQUE INDEX i ON users (email);", "add-unique");
    check(USERS, "CREATE UNIQUE INDEX i ON users (lower(email)) WHERE email > '';", "add-unique");
    check(
        USERS,
        "ALTER TABLE users ADD COLUMN a DEFAULT 1;\nCREATE UNIQUE INDEX i ON users (a);",
        "add-unique",
    );
    check(
        USERS,
        "ALTER TABLE users ADD COLUMN slug;\nUPDATE users SET slug = lower(name);\n\
         CREATE UNIQUE INDEX i ON users (slug);",
        "add-unique",
    );
    let definition = "id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT UNIQUE";
    check_rebuild(definition, "id, name, email", "id, name, email", "add-unique");
    let definition = "id INTEGER, name TEXT NOT NULL PRIMARY KEY, email TEXT";
    check_rebuild(definition, "id, name, email", "id, name, email", "add-unique");
    let given = format!("{USERS} CREATE INDEX i ON users (email);");
    check(&given, "DROP INDEX i;\nCREATE UNIQUE INDEX i ON users (email);", "add-unique");
}

#[test]
fn unique_is_added_to_what_is() {
    check(USERS, "CREATE INDEX i ON users (email);", "");
    check("", "CREATE TABLE t (a);\nCREATE UNIQUE INDEX i ON t (a);", "");
    check(USERS, "CREATE UNIQUE INDEX i ON users (email, id);", "");
    check(USERS, "ALTER TABLE users ADD COLUMN a;\nCREATE UNIQUE INDEX i ON users (a);", "");
    check(USERS, "DELETE FROM users;\nCREATE UNIQUE INDEX i ON users (email);", "");
    let given = format!("{USERS} CREATE UNIQUE INDEX i ON users (email);");
    check(&given, "DROP INDEX i;\nCREATE UNIQUE INDEX j ON users (email);", "");
    check(&given, "CREATE UNIQUE INDEX j ON users (name, email DESC);", "");
    check(&given, "ALTER TABLE users RENAME COLUMN email TO mail;", "");
    check(&given, "ALTER TABLE users RENAME TO people;", "");
    let definition = "id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT UNIQUE";
    check(&given, &rebuild(definition, "id, name, email", "id, name, email"), "");
    let refuse = "-- migrate:refuse-if rows of users share their email: SELECT id FROM users GROUP BY email HAVING count(*) > 1\n";
    check(USERS, &format!("{refuse}CREATE UNIQUE INDEX i ON users (email);"), "");
    check(USERS, &format!("{refuse}CREATE UNIQUE INDEX i ON users (lower\t(\"email\") ASC);"), "");
    check(USERS, &format!("{refuse}CREATE UNIQUE INDEX i ON users (lower(name));"), "add-unique");
    let partial = format!("{USERS} CREATE UNIQUE INDEX i ON users (email) WHERE name > '';");
    check(&partial, "CREATE UNIQUE INDEX j ON users (email);", "add-unique");
    // What happens to rows that share it is another matter.
    let unique =
        "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, UNIQUE (email COLLATE NOCASE));";
    let definition =
        "id INTEGER PRIMARY KEY, email TEXT, UNIQUE (email COLLATE NOCASE) ON CONFLICT IGNORE";
    check(unique, &rebuild(definition, "id, email", "id, email"), "");
    let definition = "id INTEGER PRIMARY KEY, email TEXT, UNIQUE (email COLLATE RTRIM)";
    check(unique, &rebuild(definition, "id, email", "id, email"), "add-unique");
    // Under another collation more of them are alike.
    let definition = "id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT COLLATE NOCASE UNIQUE";
    check(&given, &rebuild(definition, "id, name, email", "id, name, email"), "add-unique");
}

#[test]
fn checks_are_added() {
    let added = "ALTER TABLE users ADD CONSTRAINT k CHECK (email LIKE '%@%');";
    check(USERS, added, "add-check");
    let definition = "id INTEGER PRIMARY KEY, name TEXT NOT NULL CHECK (name > ''), email TEXT";
    check_rebuild(definition, "id, name, email", "id, name, email", "add-check");
    check(USERS, &format!("UPDATE users SET email = NULL;\n{added}"), "");
    check(USERS, &format!("UPDATE users SET name = '';\n{added}"), "add-check");
    check(USERS, &format!("{added}\nUPDATE users SET email = NULL;"), "add-check");
    let refuse =
        "-- migrate:refuse-if rows of users are against the check k: SELECT id FROM users\n";
    check(USERS, &format!("{refuse}{added}"), "");
    let refuse = "-- migrate:refuse-if rows of t are against it: SELECT 1 FROM t WHERE NOT (\"a\"\"b\" > 0)\n";
    let add = "ALTER TABLE t ADD CHECK (\"a\"\"b\" > 0);";
    check("CREATE TABLE t (\"a\"\"b\");", &format!("{refuse}{add}"), "");
    check("CREATE TABLE t (\"a\"\"b\");", add, "add-check");
    let refuse =
        "-- migrate:refuse-if rows of t are against it: SELECT 1 FROM t WHERE NOT (`a``b` > 0)\n";
    let add = "ALTER TABLE t ADD CHECK (`a``b` > 0);";
    check("CREATE TABLE t (`a``b`);", &format!("{refuse}{add}"), "");
    check(USERS, "ALTER TABLE users ADD COLUMN a DEFAULT 1 CHECK (a > 0);", "");
    check("", "CREATE TABLE t (a CHECK (a > 0));", "");
    let checked = "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT CHECK (email > ''));";
    check(checked, "ALTER TABLE users RENAME COLUMN email TO mail;", "");
    let named = "id INTEGER PRIMARY KEY, email TEXT, CONSTRAINT k CHECK (\"email\" > '')";
    check(checked, &rebuild(named, "id, email", "id, email"), "");
}

const POSTS: &str = "CREATE TABLE parents (id INTEGER PRIMARY KEY);
    CREATE TABLE users (id INTEGER PRIMARY KEY, parent INTEGER);
    CREATE INDEX i ON users (parent);";

#[test]
fn foreign_keys_are_added() {
    let referring = |column: &str| {
        let definition = format!("id INTEGER PRIMARY KEY, {column}");
        rebuild(&definition, "id, parent", "id, parent") + "\nCREATE INDEX i ON users (parent);"
    };
    let key = referring("parent INTEGER REFERENCES parents (id)");
    check(POSTS, &key, "add-foreign-key");
    check(POSTS, &format!("DELETE FROM users WHERE parent = 7;\n{key}"), "");
    check(POSTS, &format!("UPDATE users SET parent = NULL;\n{key}"), "");
    let refuse = "-- migrate:refuse-if rows of users reference no row of parents with parent: SELECT id FROM users\n";
    check(POSTS, &format!("{refuse}{key}"), "");
    let column = "ALTER TABLE users ADD COLUMN p INTEGER REFERENCES parents (id);\nCREATE INDEX j ON users (p);";
    check(POSTS, column, "");
    check(POSTS, &column.replace("INTEGER REF", "INTEGER DEFAULT 1 REF"), "add-foreign-key");
    // It was there, and acts otherwise from now on.
    let given = POSTS.replace("parent INTEGER", "parent INTEGER REFERENCES parents");
    let cascading = referring("parent INTEGER REFERENCES parents (id) ON DELETE CASCADE");
    check(&given, &cascading, "");
    check(
        &given,
        "ALTER TABLE parents RENAME TO people;\nALTER TABLE users RENAME parent TO person;",
        "",
    );
}

#[test]
fn foreign_keys_have_indexes() {
    let missing = "missing-index-on-foreign-key";
    let parents = "CREATE TABLE p (id INTEGER PRIMARY KEY, b, UNIQUE (id, b));";
    let table = |rest: &str| format!("CREATE TABLE t (a INTEGER REFERENCES p (id), b{rest}");
    check(parents, &table(");"), missing);
    check(parents, &table(");\nCREATE INDEX i ON t (a, b);"), "");
    check(parents, &table(");\nCREATE INDEX i ON t (b, a);"), missing);
    check(parents, &table(");\nCREATE INDEX i ON t (a COLLATE BINARY DESC);"), "");
    check(parents, &table(");\nCREATE INDEX i ON t (a) WHERE a IS NOT NULL;"), "");
    check(parents, &table(");\nCREATE INDEX i ON t (a) WHERE b;"), missing);
    check(parents, &table(");\nCREATE INDEX i ON t (abs(a));"), missing);
    check(parents, &table(", UNIQUE (a, b));"), "");
    check(parents, &table(", PRIMARY KEY (a, b));"), "");
    check(parents, "CREATE TABLE t (a INTEGER PRIMARY KEY REFERENCES p (id));", "");
    let pair = "CREATE TABLE t (a, b, FOREIGN KEY (a, b) REFERENCES p (id, b));";
    check(parents, pair, missing);
    check(parents, &format!("{pair}\nCREATE INDEX i ON t (b, a);"), "");
    check(parents, &format!("{pair}\nCREATE INDEX i ON t (a);"), missing);
    let given = format!("{parents} {}", table(");"));
    let acting = "CREATE TABLE n (a INTEGER REFERENCES p (id) ON DELETE CASCADE, b);\n\
                  INSERT INTO n (a, b) SELECT a, b FROM t;\nDROP TABLE t;\nALTER TABLE n RENAME TO t;";
    check(&given, acting, "");
    let given = format!("{parents} {}", table("); CREATE INDEX i ON t (a);"));
    check(&given, "DROP INDEX i;", missing);
    check(&given, "ALTER TABLE t ADD COLUMN c;", "");
}

#[test]
fn an_index_may_come_later() {
    let first = "-- migrate:upgrade\nCREATE TABLE p (id INTEGER PRIMARY KEY);\n\
                 CREATE TABLE t (a INTEGER REFERENCES p (id));";
    let second = "-- migrate:upgrade\nCREATE INDEX i ON t (a);";
    let project = Project::new().revision("a1", &[], first).revision("b2", &["a1"], second);
    assert_eq!(show(&project.findings(&[])), "");
    assert_eq!(show(&project.findings(&["a1"])), "");
    let gone = Project::new().revision("a1", &[], first).revision(
        "b2",
        &["a1"],
        "-- migrate:upgrade\n-- migrator:allow drop-table\nDROP TABLE t;",
    );
    assert_eq!(show(&gone.findings(&[])), "");
}

#[test]
fn parents_are_dropped() {
    let given = |action: &str| {
        format!(
            "CREATE TABLE users (id INTEGER PRIMARY KEY);
             CREATE TABLE posts (author INTEGER UNIQUE REFERENCES users (id) {action});"
        )
    };
    let body = rebuild("id INTEGER PRIMARY KEY, a TEXT", "id", "id");
    let found = |action: &str, header: &str, body: &str| {
        rules(&given(action), &format!("{header}\n-- ///\n\n-- migrate:upgrade\n{body}"))
    };
    let enforced = "-- foreign_keys = true";
    for action in ["ON DELETE CASCADE", "ON DELETE SET NULL"] {
        assert_eq!(found(action, enforced, &body), "drop-parent-with-cascade", "{action}");
        assert_eq!(found(action, "-- message = \"x\"", &body), "", "{action}");
        let alone = "-- transaction = false";
        assert_eq!(found(action, alone, &body), "", "{action}");
        let on = format!("PRAGMA foreign_keys = ON;\n{body}");
        assert_eq!(found(action, alone, &on), "drop-parent-with-cascade", "{action}");
        let off = format!("PRAGMA foreign_keys = ON;\nPRAGMA foreign_keys = 0;\n{body}");
        assert_eq!(found(action, alone, &off), "", "{action}");
    }
    assert_eq!(found("", enforced, &body), "");
    // On the way back.
    let down = format!("CREATE TABLE t (a);\n\n-- migrate:downgrade\n{body}\nDROP TABLE t;")
        .replace(", a TEXT", "");
    assert_eq!(found("ON DELETE CASCADE", enforced, &down), "drop-parent-with-cascade");
    assert_eq!(found("ON DELETE CASCADE", "-- message = \"x\"", &down), "");
    assert_eq!(found("", enforced, &down), "");
    assert_eq!(
        found("ON DELETE CASCADE", enforced, "DROP TABLE posts;\nDROP TABLE users;"),
        "drop-table"
    );
}

#[test]
fn views_and_triggers_break() {
    let given = "CREATE TABLE t (a, b); CREATE TABLE log (a);
        CREATE TRIGGER r AFTER DELETE ON t BEGIN INSERT INTO log VALUES (old.a); END;
        CREATE VIEW v AS SELECT a FROM t;";
    check(given, "ALTER TABLE log ADD COLUMN b;", "broken-view-or-trigger");
    check(given, "-- migrator:allow drop-table\nDROP TABLE log;", "broken-view-or-trigger");
    check(given, "CREATE VIEW w AS SELECT nope FROM t;", "broken-view-or-trigger");
    check(given, "ALTER TABLE t RENAME COLUMN a TO c;", "");
    check(given, "CREATE VIEW w AS SELECT app(a) AS x FROM t;", "");
    // It was broken before.
    let broken = format!("{given} CREATE VIEW w AS SELECT nope FROM t;");
    check(&broken, "CREATE TABLE u (a);", "");
    check(&broken, "DROP VIEW w;\nCREATE VIEW w AS SELECT a FROM t;", "");
}

#[test]
fn a_finding_stands_where_the_statement_does_it() {
    let text = |given: &str, upgrade: &str| {
        show(&Project::on(given, &format!("-- migrate:upgrade\n{upgrade}")).findings(&["b2"]))
    };
    let column =
        rebuild_renamed_away("id INTEGER PRIMARY KEY, name TEXT NOT NULL", "id, name", "id, name");
    assert_eq!(
        text(USERS, &column),
        "drop-column 9:1 CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL)"
    );
    assert_eq!(text(USERS, "SELECT 1; ALTER TABLE users DROP email;"), "drop-column 6:34 email");
    let table = rebuild(
        "id INTEGER PRIMARY KEY,\n  name TEXT NOT NULL,\n  email TEXT NOT NULL",
        "id, name, email",
        "id, name, email",
    );
    assert_eq!(text(USERS, &table), "add-not-null 8:3 email");
    assert_eq!(text(USERS, "CREATE UNIQUE INDEX ix ON users\n  (email);"), "add-unique 7:4 email");
}

/// Trying a revision out must not leave traces that those after it meet.
#[test]
fn what_is_found_does_not_depend_on_what_else_is_looked_at() {
    let bodies = [
        ("CREATE TABLE t (a INTEGER PRIMARY KEY, b);", "DROP TABLE t;"),
        ("INSERT INTO t (b) VALUES ('x'), ('y');", "SELECT 1;"),
        ("ALTER TABLE t ADD COLUMN c DEFAULT 1;", "ALTER TABLE t DROP COLUMN c;"),
        ("CREATE UNIQUE INDEX i ON t (b);", "DROP INDEX i;"),
        ("CREATE TABLE \"u\" (a CHECK (a <> \"nope\"));", "SELECT 2;"),
        ("PRAGMA user_version = 3;", "PRAGMA user_version = 0;"),
        ("PRAGMA foreign_keys = 0;\nALTER TABLE t DROP COLUMN c;", "ALTER TABLE t ADD COLUMN c;"),
        ("CREATE VIEW v AS SELECT b FROM t;", "DROP VIEW v;"),
        (
            "CREATE TEMP TABLE s (a);\nINSERT INTO s SELECT a FROM t;\nDELETE FROM t WHERE a > 1;",
            "",
        ),
        ("ALTER TABLE t RENAME COLUMN b TO d;", "ALTER TABLE t RENAME COLUMN d TO b;"),
        ("INSERT INTO t (a, d) VALUES (2, 'y');", "DELETE FROM t WHERE a = 2;"),
        ("DROP TABLE t;", "CREATE TABLE t (d);"),
    ];
    let mut project = Project::new();
    let ids: Vec<String> = (10..10 + bodies.len()).map(|it| format!("r{it}")).collect();
    for (at, (up, down)) in bodies.iter().enumerate() {
        let parents: Vec<&str> = at.checked_sub(1).map(|it| ids[it].as_str()).into_iter().collect();
        let text = format!("-- migrate:upgrade\n{up}\n\n-- migrate:downgrade\n{down}");
        project = project.revision(&ids[at], &parents, &text);
    }
    let all = show(&project.findings(&[]));
    let each: Vec<String> = ids.iter().map(|it| show(&project.findings(&[it]))).collect();
    let each: Vec<String> = each.into_iter().filter(|it| !it.is_empty()).collect();
    assert_eq!(all, each.join("\n"));
    assert!(all.contains("drop-table") && all.contains("downgrade-does-not-undo"), "{all}");
    assert!(!all.contains("does-not-run"), "{all}");
}

#[test]
fn nothing_is_found_twice() {
    let all = Project::on(USERS, "-- migrate:upgrade\nDROP TABLE users;").findings(&[]);
    assert_eq!(all.iter().filter(|it| it.rule == Rule::DropTable).count(), 1);
}
