//! Rows and values that are lost, and those that are only somewhere else afterwards.

use super::{check, rules};

const USERS: &str =
    "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, name TEXT, age INTEGER);";

/// The columns of users and one more.
const MORE: &str = "id INTEGER PRIMARY KEY, email TEXT, name TEXT, age INTEGER, z INT";

/// A rebuild of users with these statements for its copy.
fn rebuild(copy: &str) -> String {
    let copy = if copy.is_empty() { String::new() } else { format!("{copy}\n") };
    format!("CREATE TABLE new ({MORE});\n{copy}DROP TABLE users;\nALTER TABLE new RENAME TO users;")
}

/// The same with the old table out of the way first.
fn rebuild_renamed_away(copy: &str) -> String {
    let copy = copy
        .replace("users", "old")
        .replace("INTO new", "INTO users")
        .replace("UPDATE new", "UPDATE users");
    format!(
        "ALTER TABLE users RENAME TO old;\nCREATE TABLE users ({MORE});\n{copy}\nDROP TABLE old;"
    )
}

#[track_caller]
fn check_copy(copy: &str, expected: &str) {
    check(USERS, &rebuild(copy), expected);
    check(USERS, &rebuild_renamed_away(copy), expected);
}

#[test]
fn all_rows_are_lost() {
    check_copy("", "drop-table");
    check_copy("INSERT INTO new VALUES (1, 'a', 'b', 2, 3);", "drop-table");
    check_copy("INSERT INTO new (z) SELECT count(*) FROM users;", "drop-table");
    // To the same definition, which no comparison of schemas finds.
    let same = format!("DROP TABLE users;\n{USERS}");
    check(USERS, &same, "drop-table");
    check(USERS, &format!("DELETE FROM users;\n{same}"), "delete-rows");
    // In a table that is not the one.
    let elsewhere = "INSERT INTO log SELECT 'gone: ' || count(*) FROM users;\nDROP TABLE users;";
    check(&format!("{USERS} CREATE TABLE log (a);"), elsewhere, "drop-table");
    // Of rows that no constraint lets in, nothing can be seen.
    let strange = format!("{USERS} CREATE TABLE b (a CHECK (a = 'x'));");
    check(&strange, "DROP TABLE b;\nCREATE TABLE b (a);", "drop-table");
}

#[test]
fn rows_are_copied_in_other_ways() {
    check_copy("INSERT INTO new SELECT *, 1 FROM users;", "");
    check_copy("INSERT INTO new SELECT *, 1 FROM (SELECT * FROM users);", "");
    check_copy("WITH x AS (SELECT * FROM users) INSERT INTO new SELECT *, 1 FROM x;", "");
    check_copy("INSERT INTO new SELECT x.*, 1 FROM users AS x;", "");
    check(
        USERS,
        "CREATE TABLE new AS SELECT * FROM users;\nDROP TABLE users;\nALTER TABLE new RENAME TO users;",
        "",
    );
    // As SQLite's FAQ has it.
    let aside = format!(
        "CREATE TEMPORARY TABLE aside (id, email, name, age);\nINSERT INTO aside SELECT * FROM users;\n\
         DROP TABLE users;\n{USERS}\nINSERT INTO users SELECT * FROM aside;\nDROP TABLE aside;"
    );
    check(USERS, &aside, "");
    check(USERS, &aside.replace("\nINSERT INTO users SELECT * FROM aside;", ""), "drop-table");
}

#[test]
fn rows_are_left_out() {
    check_copy("INSERT INTO new SELECT *, 1 FROM users LIMIT 10;", "drop-table");
    check_copy("INSERT INTO new SELECT *, 1 FROM users WHERE age > 18;", "drop-table");
    check_copy(
        "INSERT INTO new SELECT *, 1 FROM users WHERE age > 18 AND name = 'x';",
        "drop-table",
    );
    for filter in ["age>=18", "age", "(age)", "NOT age", "0", "age=1"] {
        let copy = format!("INSERT INTO new SELECT *, 1 FROM users WHERE {filter};");
        check_copy(&copy, "drop-table");
    }
    for filter in ["true", "1", "1=1"] {
        check_copy(&format!("INSERT INTO new SELECT *, 1 FROM users WHERE {filter};"), "");
    }
    check_copy(
        "INSERT INTO new SELECT id, email, name IS NOT DISTINCT FROM 'x', age, 1 FROM users WHERE id > 5;",
        "drop-table",
    );
    // Only trying tells.
    let lost = [
        "INSERT INTO new SELECT *, 1 FROM (SELECT * FROM users WHERE age >= 18);",
        "WITH ok AS (SELECT * FROM users WHERE age >= 18) INSERT INTO new SELECT *, 1 FROM ok;",
        "CREATE TEMP TABLE k AS SELECT * FROM users WHERE age >= 18;\n\
         INSERT INTO new SELECT *, 1 FROM k;\nDROP TABLE k;",
        "INSERT INTO new SELECT *, 1 FROM users GROUP BY id HAVING age > 18;",
        "INSERT INTO new SELECT *, 1 FROM users GROUP BY email;",
        "INSERT INTO new SELECT *, 1 FROM users WHERE age > 18 AND EXISTS \
         (SELECT 1 FROM users u WHERE u.email = users.email AND u.id <> users.id);",
        "INSERT INTO new SELECT u.*, 1 FROM users u JOIN orders o ON o.uid = u.id;",
    ];
    let given = format!("{USERS} CREATE TABLE orders (id INTEGER PRIMARY KEY, uid INTEGER);");
    for copy in lost {
        check(&given, &rebuild(copy), "drop-table");
    }
    let kept = [
        "INSERT INTO new SELECT *, 1 FROM (SELECT * FROM users WHERE age >= 18 OR age IS NOT 1);",
        "WITH ok AS (SELECT *, 1 FROM users WHERE id IS NOT NULL) INSERT INTO new SELECT * FROM ok;",
        "CREATE TEMP TABLE k AS SELECT * FROM users;\nINSERT INTO new SELECT *, 1 FROM k;\nDROP TABLE k;",
        "INSERT INTO new SELECT *, 1 FROM users GROUP BY id;",
        "INSERT INTO new SELECT u.*, max(o.id) FROM users u LEFT JOIN orders o ON o.uid = u.id GROUP BY u.id;",
        "INSERT INTO new SELECT *, 1 FROM users WHERE id IN (SELECT id FROM users);",
        "INSERT INTO new SELECT *, row_number() OVER (ORDER BY age) FROM users ORDER BY age;",
        "INSERT INTO new SELECT *, 1 FROM users WHERE id IS NOT NULL;",
    ];
    for copy in kept {
        check(&given, &rebuild(copy), "");
    }
    // A row that has a parent finds it.
    let child = "CREATE TABLE p (id INTEGER PRIMARY KEY, name TEXT);
        CREATE TABLE c (id INTEGER PRIMARY KEY, p INTEGER NOT NULL REFERENCES p (id), b TEXT);
        CREATE INDEX i ON c (p);";
    let joined = "CREATE TABLE n (id INTEGER PRIMARY KEY, p INTEGER NOT NULL REFERENCES p (id), b TEXT, name TEXT);\n\
        INSERT INTO n SELECT c.id, c.p, c.b, p.name FROM c JOIN p ON p.id = c.p;\n\
        DROP TABLE c;\nALTER TABLE n RENAME TO c;\nCREATE INDEX i ON c (p);";
    check(child, joined, "");
    check(
        &child.replace("p INTEGER NOT NULL", "p INTEGER"),
        &joined.replace("p INTEGER NOT NULL", "p INTEGER"),
        "drop-table",
    );
    for clause in ["WHERE age > 18", "LIMIT 10"] {
        let body = format!(
            "CREATE TABLE new AS SELECT * FROM users {clause};\nDROP TABLE users;\n\
             ALTER TABLE new RENAME TO users;"
        );
        check(USERS, &body, "drop-table");
    }
    // All of them together.
    check_copy(
        "INSERT INTO new SELECT *, 1 FROM users WHERE age > 18;\n\
         INSERT INTO new SELECT *, 2 FROM users WHERE age <= 18;",
        "",
    );
    check_copy("INSERT INTO new SELECT *, 1 FROM users WHERE true ON CONFLICT DO NOTHING;", "");
    let said =
        "-- migrate:warn-if rows of users are left out: SELECT id FROM users WHERE age <= 18\n";
    let copy = "INSERT INTO new SELECT *, 1 FROM users WHERE age > 18;";
    check(USERS, &format!("{said}{}", rebuild(copy)), "");
    // For a constraint that is new.
    let not_null = rebuild("INSERT INTO new SELECT *, 1 FROM users WHERE email IS NOT NULL;")
        .replace("email TEXT", "email TEXT NOT NULL");
    check(USERS, &not_null, "");
    let other = not_null.replace("WHERE email", "WHERE name");
    check(USERS, &other, "add-not-null drop-table");
    // The column of a new index, however it is written.
    for column in
        ["email", "\"email\"", "[email] DESC", "lower(email)", "email COLLATE NOCASE DESC"]
    {
        let unique =
            "INSERT INTO new SELECT *, 1 FROM users WHERE email IS NOT NULL GROUP BY email;";
        let index = format!("{}\nCREATE UNIQUE INDEX i ON users ({column});", rebuild(unique));
        // It takes rows with a NULL.
        check(USERS, &index, "drop-table");
        let kept = "IS NULL OR id IN (SELECT min(id) FROM users GROUP BY email)";
        check(USERS, &index.replace("IS NOT NULL GROUP BY email", kept), "");
    }
}

#[test]
fn values_of_a_column_that_stays_are_lost() {
    check_copy(
        "INSERT INTO new (id, email, name) SELECT id, email, name FROM users;",
        "drop-column",
    );
    check_copy("INSERT INTO new SELECT id, email, name, NULL, NULL FROM users;", "drop-column");
    check_copy("INSERT INTO new SELECT id, email, name, 0, age FROM users;", "");
    check_copy("INSERT INTO new SELECT id, email, name, age > 18, NULL FROM users;", "");
    // What references nothing becomes NULL.
    let given =
        format!("{USERS} CREATE TABLE posts (id INTEGER PRIMARY KEY, title TEXT, author INTEGER);");
    let orphans = "CREATE TABLE new (id INTEGER PRIMARY KEY, title TEXT, author INTEGER REFERENCES users (id));\n\
        INSERT INTO new SELECT p.id, p.title, u.id FROM posts p LEFT JOIN users u ON u.id = p.author;\n\
        DROP TABLE posts;\nALTER TABLE new RENAME TO posts;\nCREATE INDEX i ON posts (author);";
    check(&given, orphans, "");
    check(&given, &orphans.replace(" REFERENCES users (id)", ""), "drop-column");
    let set = "\nUPDATE new SET age = 0;";
    let copy = "INSERT INTO new (id, email, name) SELECT id, email, name FROM users;";
    check_copy(&format!("{copy}{set}"), "update-all-rows");
    check(
        USERS,
        "ALTER TABLE users DROP COLUMN age;\nALTER TABLE users ADD COLUMN age INTEGER;",
        "drop-column",
    );
    // Of a type that is another one.
    let through = "ALTER TABLE users ADD COLUMN a TEXT;\nUPDATE users SET a = age;\n\
                   ALTER TABLE users DROP COLUMN age;\nALTER TABLE users RENAME a TO age;";
    check(USERS, through, "");
}

#[test]
fn values_go_elsewhere_before_their_column_is_dropped() {
    let drop = |first: &str, expected: &str| {
        check(USERS, &format!("{first}\nALTER TABLE users DROP COLUMN age;"), expected);
    };
    drop("", "drop-column");
    drop("ALTER TABLE users ADD COLUMN years INTEGER;\nUPDATE users SET years = age;", "");
    drop("ALTER TABLE users ADD COLUMN old INTEGER;\nUPDATE users SET old = age > 60;", "");
    drop(
        "CREATE TABLE ages (user INTEGER PRIMARY KEY, age);\nINSERT INTO ages SELECT id, age FROM users;",
        "",
    );
    drop("UPDATE users SET name = name || ' ' || age;", "");
    drop("ALTER TABLE users ADD COLUMN old INTEGER;\nUPDATE users SET old = 1 WHERE age > 60;", "");
    // It is only asked for, or changed itself, or another one is taken.
    drop("UPDATE users SET name = '' WHERE age IS NULL;", "drop-column");
    drop("UPDATE users SET age = age + 1;", "drop-column");
    drop("CREATE TABLE names (a);\nINSERT INTO names SELECT name FROM users;", "drop-column");
}

/// What has the name of the column elsewhere does not take its values.
#[test]
fn another_table_has_a_column_of_that_name() {
    let given =
        "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, age INTEGER, score INTEGER);
        CREATE TABLE other (u INTEGER, age INTEGER);";
    let drop = |first: &str, expected: &str| {
        check(given, &format!("{first}\nALTER TABLE users DROP COLUMN age;"), expected);
    };
    let rename = "ALTER TABLE other RENAME COLUMN age TO score;\n";
    drop(&format!("{rename}UPDATE users SET name = name || score;"), "drop-column");
    let flag = "ALTER TABLE other ADD COLUMN flag;\nUPDATE other SET flag = 1 WHERE";
    drop(&format!("{flag} age > 60;"), "drop-column");
    drop(&format!("{flag} u IN (SELECT id FROM users WHERE age > 60);"), "");
}

#[test]
fn rows_go_to_another_table_before_their_own_is_dropped() {
    let given = format!(
        "{USERS} CREATE TABLE admins (id INTEGER PRIMARY KEY, email TEXT, name TEXT, age INTEGER);"
    );
    let first = |copy: &str, expected: &str| {
        check(&given, &format!("{copy};\nDROP TABLE admins;"), expected);
    };
    first("INSERT INTO users SELECT * FROM admins", "");
    // They get numbers of their own there.
    first("INSERT INTO users (email, name, age) SELECT email, name, age FROM admins", "");
    first("INSERT INTO users (email, name) SELECT email, name FROM admins", "drop-column");
    first("INSERT INTO users SELECT * FROM admins WHERE age > 18", "drop-table");
    first(
        "UPDATE users SET email = (SELECT email FROM admins WHERE admins.name = users.name)",
        "update-all-rows drop-column",
    );
    first("DELETE FROM users WHERE id IN (SELECT id FROM admins)", "delete-rows drop-table");
    first(
        "INSERT INTO users (name) SELECT name FROM admins WHERE name NOT IN (SELECT name FROM users)",
        "drop-column",
    );
    first("INSERT OR IGNORE INTO users SELECT * FROM admins", "");
    first("DELETE FROM admins", "drop-table");
    let both = "CREATE TABLE all_of_them (id INTEGER PRIMARY KEY, email TEXT, name TEXT, age INTEGER);\n\
        INSERT INTO all_of_them (email, name, age) SELECT email, name, age FROM users UNION ALL\n\
        SELECT email, name, age FROM admins;\nDROP TABLE users;\nDROP TABLE admins;";
    check(&given, both, "");
}

#[test]
fn what_is_refused_is_not_lost() {
    let refuse =
        |query: &str| format!("-- migrate:refuse-if there are some: SELECT id FROM {query}");
    let table = |query: &str| format!("{}\nDROP TABLE users;", refuse(query));
    check(USERS, &table("users"), "");
    check(USERS, &table("users WHERE age > 18"), "drop-table");
    check(&format!("{USERS} CREATE TABLE other (id);"), &table("other"), "drop-table");
    let column = |query: &str| format!("{}\nALTER TABLE users DROP COLUMN age;", refuse(query));
    check(USERS, &column("users WHERE age IS NOT NULL"), "");
    check(USERS, &column("users WHERE email IS NOT NULL"), "drop-column");
}

/// The countries of users as a table of their own.
#[test]
fn a_column_becomes_a_table() {
    let body = "CREATE TABLE names (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);\n\
        INSERT INTO names (name) SELECT DISTINCT name FROM users WHERE name IS NOT NULL;\n\
        ALTER TABLE users ADD COLUMN name_id INTEGER REFERENCES names (id);\n\
        UPDATE users SET name_id = (SELECT id FROM names WHERE names.name = users.name);\n\
        CREATE INDEX ix_users_name_id ON users (name_id);\n\
        ALTER TABLE users DROP COLUMN name;";
    check(USERS, body, "");
    check(USERS, &body.replace("SELECT DISTINCT name", "SELECT DISTINCT lower(name)"), "");
}

#[test]
fn types_and_triggers_do_not_hide_a_loss() {
    let given = "CREATE TABLE t (a INTEGER PRIMARY KEY, b REAL, c BLOB, d ANY, e TEXT) STRICT;
        CREATE TABLE log (a);
        CREATE TRIGGER r AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.b); END;";
    let body = |copy: &str| {
        format!(
            "CREATE TABLE n (a INTEGER PRIMARY KEY, b REAL, c BLOB, d ANY, e TEXT, f TEXT) STRICT;\n\
             INSERT INTO n (a, b, c, d, e) SELECT {copy} FROM t;\nDROP TABLE t;\nALTER TABLE n RENAME TO t;"
        )
    };
    check(given, &body("*"), "");
    check(given, &body("a, b, c, d, e"), "");
    check(given, &body("a, b, NULL, d, e"), "drop-column");
    check(given, &body("a, NULL, c, d, e"), "drop-column");
    check(given, &body("a, b, CAST('' AS BLOB), upper(d), hex(e)"), "drop-column");
}

#[test]
fn what_is_lost_is_said_where_it_is() {
    let found = |body: &str| {
        let text = format!("-- migrate:upgrade\n{body}");
        let found = super::Project::on(USERS, &text).findings(&["b2"]);
        let messages: Vec<&str> = found.iter().map(|it| it.message.as_str()).collect();
        format!("{}\n{}\n", messages.join("\n"), super::show(&found))
    };
    assert_eq!(
        found(&rebuild("")),
        "rebuilds the table `users` without its rows: nothing copies them\n\
         drop-table 7:1 DROP TABLE users\n"
    );
    assert_eq!(
        found(&rebuild("INSERT INTO new SELECT id, email, name, NULL, 1 FROM users;")),
        "`users.age` stays and loses its values: nothing copies them\n\
         drop-column 7:1 INSERT INTO new SELECT id, email, name, NULL, 1 FROM users\n"
    );
    assert_eq!(
        found(&rebuild("INSERT INTO new SELECT *, 1 FROM users LIMIT 10;")),
        "the copy leaves out rows of `users` (LIMIT), and the old table is dropped with them\n\
         drop-table 7:1 INSERT INTO new SELECT *, 1 FROM users LIMIT 10\n"
    );
}

#[test]
fn a_loss_can_be_silenced() {
    let allow = |rule: &str, copy: &str| {
        let text = format!("-- migrate:upgrade\n-- migrator:allow {rule}: why\n{}", rebuild(copy));
        rules(USERS, &text)
    };
    assert_eq!(allow("drop-table", ""), "");
    assert_eq!(allow("drop-table", "INSERT INTO new SELECT *, 1 FROM users LIMIT 10;"), "");
    assert_eq!(allow("drop-column", "INSERT INTO new (id) SELECT id FROM users;"), "");
}
