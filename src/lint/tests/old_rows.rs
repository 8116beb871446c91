//! Rows of before that are deleted or overwritten, and those that are not.

use super::check;

const USERS: &str =
    "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, name TEXT, age INTEGER);
    CREATE TABLE posts (id INTEGER PRIMARY KEY, author TEXT, title TEXT);";

#[track_caller]
fn on_users(upgrade: &str, expected: &str) {
    check(USERS, upgrade, expected);
}

#[test]
fn rows_are_deleted() {
    on_users("DELETE FROM users;", "delete-rows");
    on_users("DELETE FROM users WHERE true;", "delete-rows");
    on_users("DELETE FROM main.\"Users\" WHERE email IS NULL;", "delete-rows");
    on_users("WITH x AS (SELECT 1) DELETE FROM users;", "delete-rows");
    on_users("WITH x AS (SELECT 1) DELETE FROM users WHERE id IN x;", "delete-rows");
    // Duplicates, for a constraint that is new.
    on_users(
        "DELETE FROM users WHERE id NOT IN (SELECT min(id) FROM users GROUP BY email);\n\
         CREATE UNIQUE INDEX ix_users_email ON users (email);",
        "delete-rows",
    );
    on_users("ALTER TABLE users RENAME TO people;\nDELETE FROM people;", "delete-rows");
    // Nothing else says what went.
    on_users(
        "CREATE TABLE log (a);\nINSERT INTO log SELECT count(*) FROM users;\nDELETE FROM users;",
        "delete-rows",
    );
    on_users(
        "CREATE TABLE emails (a);\nINSERT INTO emails SELECT email FROM users;\nDELETE FROM users;",
        "delete-rows",
    );
    on_users(
        "CREATE TEMP TABLE gone AS SELECT id FROM users WHERE age < 18;\n\
         DELETE FROM users WHERE id IN (SELECT id FROM gone);\nDROP TABLE gone;",
        "delete-rows",
    );
    // What SQLite searches texts with holds them, if nothing else does.
    check(
        "CREATE VIRTUAL TABLE docs USING fts5(body);",
        "DELETE FROM docs WHERE body = '';",
        "delete-rows",
    );
}

#[test]
fn rows_of_a_table_that_is_rebuilt_are_deleted() {
    let rebuild = |more: &str| {
        format!(
            "CREATE TABLE new (id INTEGER PRIMARY KEY, email TEXT, name TEXT, age INTEGER, z INT);\n{more}\n\
             INSERT INTO new SELECT *, 1 FROM users;\nDROP TABLE users;\nALTER TABLE new RENAME TO users;"
        )
    };
    on_users(&rebuild(""), "");
    on_users(&rebuild("DELETE FROM users WHERE age < 18;"), "delete-rows");
    on_users(&format!("{}\nDELETE FROM users WHERE age < 18;", rebuild("")), "delete-rows");
    // It was empty.
    on_users(&rebuild("DELETE FROM new;"), "");
}

#[test]
fn rows_that_nobody_had_are_deleted() {
    on_users("CREATE TABLE t (a);\nINSERT INTO t VALUES (1);\nDELETE FROM t;", "");
    on_users("CREATE TEMP TABLE t AS SELECT * FROM users;\nDELETE FROM t;\nDROP TABLE t;", "");
    on_users("CREATE TEMP TABLE users (a);\nDELETE FROM users;\nDROP TABLE users;", "");
    on_users("DELETE FROM sqlite_stat1;", "does-not-run");
    check(
        "CREATE TABLE t (a INTEGER PRIMARY KEY AUTOINCREMENT);",
        "DELETE FROM sqlite_sequence WHERE name = 't';",
        "",
    );
    // An index of texts that are in a table.
    check(
        "CREATE TABLE t (a); CREATE VIRTUAL TABLE f USING fts5(a, content='t');",
        "DELETE FROM f;",
        "",
    );
}

#[test]
fn rows_go_elsewhere_before_they_are_deleted() {
    let all = "id INTEGER PRIMARY KEY, email TEXT, name TEXT, age INTEGER";
    let archive = |copy: &str, delete: &str, expected: &str| {
        on_users(&format!("CREATE TABLE archive ({all});\n{copy};\n{delete};"), expected);
    };
    archive("INSERT INTO archive SELECT * FROM users", "DELETE FROM users", "");
    archive("INSERT INTO archive SELECT * FROM users", "DELETE FROM users WHERE age < 18", "");
    archive(
        "INSERT INTO archive SELECT * FROM users WHERE age < 18",
        "DELETE FROM users WHERE age  <  18",
        "",
    );
    archive(
        "INSERT INTO archive SELECT * FROM users WHERE age < 18",
        "DELETE FROM users WHERE id IN (SELECT id FROM archive)",
        "",
    );
    archive(
        "INSERT INTO archive SELECT * FROM users WHERE age < 18",
        "DELETE FROM users WHERE age < 21",
        "delete-rows",
    );
    archive(
        "INSERT INTO archive SELECT * FROM users WHERE age < 18",
        "DELETE FROM users",
        "delete-rows",
    );
    on_users(
        "CREATE TABLE archive AS SELECT * FROM users WHERE age < 18;\nDELETE FROM users WHERE age < 18;",
        "",
    );
    // A trigger takes them.
    let given = format!(
        "CREATE TABLE gone ({all}); {USERS} CREATE TRIGGER r AFTER DELETE ON users BEGIN \
         INSERT INTO gone VALUES (old.id, old.email, old.name, old.age); END;"
    );
    check(&given, "DELETE FROM users;", "");
    // They go with their table, which is said.
    on_users("DELETE FROM users;\nDROP TABLE users;", "drop-table");
    on_users(
        "DELETE FROM users WHERE age < 18;\nCREATE TABLE people AS SELECT * FROM users;\nDROP TABLE users;",
        "delete-rows",
    );
}

#[test]
fn a_column_is_overwritten() {
    on_users("UPDATE users SET name = lower(email);", "update-all-rows");
    on_users("UPDATE users SET name = NULL WHERE 1;", "update-all-rows");
    on_users(
        "WITH x AS (SELECT 1 AS a) UPDATE users SET age = (SELECT a FROM x);",
        "update-all-rows",
    );
    // The name is that of another table's column, but where that has none.
    on_users("UPDATE posts SET title = (SELECT title FROM users);", "");
    on_users(
        "CREATE TABLE t (title TEXT);\nUPDATE posts SET title = (SELECT t.title FROM t);",
        "update-all-rows",
    );
    on_users(
        "ALTER TABLE users RENAME name TO nick;\nUPDATE users SET nick = '';",
        "update-all-rows",
    );
    on_users(
        "INSERT OR REPLACE INTO users (id, email) SELECT id, email FROM users;",
        "update-all-rows",
    );
    on_users(
        "INSERT INTO users (id, name) SELECT id, email FROM users WHERE true\n\
         ON CONFLICT DO UPDATE SET name = excluded.name;",
        "update-all-rows",
    );
}

#[test]
fn values_stay_or_are_new() {
    on_users("UPDATE users SET name = lower(email) WHERE name IS NULL;", "");
    on_users("UPDATE users SET email = lower(trim(email)), age = age + 1;", "");
    on_users("UPDATE users SET email = coalesce(email, name);", "");
    on_users("UPDATE users SET email = name, name = email;", "");
    on_users("UPDATE users SET name = (SELECT title FROM posts WHERE author = users.name);", "");
    on_users("ALTER TABLE users ADD COLUMN nick TEXT;\nUPDATE users SET nick = lower(email);", "");
    on_users(
        "ALTER TABLE users ADD COLUMN old TEXT;\nUPDATE users SET old = name;\nUPDATE users SET name = '';",
        "",
    );
    on_users("CREATE TABLE t (a);\nUPDATE t SET a = 1;", "");
    on_users("UPDATE users SET name = '';\nALTER TABLE users DROP COLUMN name;", "drop-column");
    // Seeds that are there already stay what they are, as far as anybody can tell.
    on_users("INSERT OR REPLACE INTO users VALUES (1, 'a', 'b', 2);", "");
    on_users("REPLACE INTO users SELECT * FROM users;", "");
    on_users(
        "CREATE TABLE new (id INTEGER PRIMARY KEY, email TEXT, name TEXT, age INTEGER, nick TEXT);\n\
         INSERT INTO new SELECT *, NULL FROM users;\nUPDATE new SET nick = 'x';\nDROP TABLE users;\n\
         ALTER TABLE new RENAME TO users;",
        "",
    );
}

#[test]
fn somebody_knows() {
    for rule in ["DELETE FROM users WHERE age < 18;", "UPDATE users SET name = '';"] {
        for directive in ["warn-if", "refuse-if"] {
            let ask =
                format!("-- migrate:{directive} there are some: SELECT id FROM users\n{rule}");
            on_users(&ask, "");
        }
        let other = format!("-- migrate:warn-if there are some: SELECT id FROM posts\n{rule}");
        assert_ne!(super::rules(USERS, &format!("-- migrate:upgrade\n{other}")), "", "{rule}");
    }
    on_users("-- migrator:allow delete-rows: bots\nDELETE FROM users WHERE age < 18;", "");
    on_users("-- migrator:allow update-all-rows: nobody had one\nUPDATE users SET name = '';", "");
}

#[test]
fn an_empty_upgrade_is_one_that_nobody_filled_in() {
    let with_header = |header: &str, body: &str| {
        let text = format!("{header}-- migrate:upgrade\n{body}");
        super::rules(USERS, &text)
    };
    assert_eq!(with_header("", ""), "empty-upgrade");
    assert_eq!(with_header("", "-- CREATE TABLE t (a);\n;"), "empty-upgrade");
    assert_eq!(with_header("", "SELECT 1;"), "");
    assert_eq!(with_header("", "-- migrate:refuse-if users are there: SELECT id FROM users\n"), "");
    assert_eq!(with_header("-- branch_labels = [\"x\"]\n-- ///\n\n", ""), "");
    assert_eq!(with_header("-- depends_on = [\"a1\"]\n-- ///\n\n", ""), "");
    assert_eq!(with_header("", "-- migrator:allow empty-upgrade: a tag\n"), "");
    let merged = super::Project::new()
        .revision("a", &[], "-- migrate:upgrade\nSELECT 1;")
        .revision("b", &["a"], "-- migrate:upgrade\nSELECT 1;")
        .revision("c", &["a"], "-- migrate:upgrade\nSELECT 1;")
        .revision("d", &["b", "c"], "-- migrate:upgrade\n");
    assert_eq!(super::show(&merged.findings(&[])), "");
}
