//! What an upgrade does for the rows that a new constraint does not take, and what only looks like it.

use super::check_but_rows as check;

const USERS: &str =
    "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, name TEXT, age INTEGER);";

/// A rebuild of users that changes the column email, with this copy.
fn rebuild(email: &str, copy: &str) -> String {
    format!(
        "CREATE TABLE new (id INTEGER PRIMARY KEY, email {email}, name TEXT, age INTEGER);\n{copy};\n\
         DROP TABLE users;\nALTER TABLE new RENAME TO users;"
    )
}

#[track_caller]
fn check_copy(email: &str, copy: &str, expected: &str) {
    check(USERS, &rebuild(email, copy), expected);
}

#[test]
fn null_gets_a_value() {
    let set = "ALTER TABLE users ALTER COLUMN email SET NOT NULL;";
    let first = |statement: &str, expected: &str| {
        check(USERS, &format!("{statement};\n{set}"), expected);
    };
    first("UPDATE users SET email = ''", "");
    first("UPDATE users SET email = coalesce(email, name, '')", "");
    first("WITH x AS (SELECT 1) UPDATE users SET email = '' WHERE email IS NULL", "");
    first("UPDATE users SET email = '' WHERE id IN (SELECT id FROM users WHERE email IS NULL)", "");
    // Only some of them, none of them, or others.
    first("UPDATE users SET email = 'x' WHERE age = 1", "add-not-null");
    first(
        "UPDATE users SET email = 'x' WHERE age = 1;\nUPDATE users SET email = 'y' WHERE age <> 1",
        "",
    );
    first("UPDATE users SET email = NULL", "add-not-null");
    first("UPDATE users SET email = 'x' WHERE email IS NOT NULL", "add-not-null");
    first("UPDATE users SET name = email", "add-not-null");
    first("DELETE FROM users WHERE email IS NULL", "");
    first("DELETE FROM users WHERE age = 1", "add-not-null");
    first("DELETE FROM users WHERE email IS NOT NULL", "add-not-null");
}

#[test]
fn null_is_asked_for() {
    let ask = |query: &str, expected: &str| {
        let refuse = format!("-- migrate:refuse-if rows are wrong: SELECT id FROM users {query}");
        let set = "ALTER TABLE users ALTER COLUMN email SET NOT NULL;";
        check(USERS, &format!("{refuse}\n{set}"), expected);
    };
    ask("WHERE email IS NULL", "");
    ask("WHERE email IS NULL AND name IS NOT NULL", "");
    ask("WHERE NOT (email IS NOT NULL)", "");
    ask("WHERE email IS NOT NULL", "add-not-null");
    ask("WHERE email NOTNULL", "add-not-null");
}

#[test]
fn null_is_not_copied() {
    let not_null = "TEXT NOT NULL";
    let copy = |select: &str| format!("INSERT INTO new SELECT {select}");
    check_copy(not_null, &copy("* FROM users"), "add-not-null");
    check_copy(not_null, &copy("id, email, name, age FROM users"), "add-not-null");
    check_copy(not_null, &copy("id, coalesce(email, ''), name, age FROM users"), "");
    check_copy(not_null, &copy("id, email, coalesce(name, ''), age FROM users"), "add-not-null");
    check_copy(not_null, &copy("* FROM users WHERE email IS NOT NULL"), "");
    check_copy(not_null, "INSERT OR IGNORE INTO new SELECT * FROM users", "");
    check_copy(not_null, "INSERT OR REPLACE INTO new SELECT * FROM users", "add-not-null");
    let default = "TEXT NOT NULL DEFAULT ''";
    check_copy(default, "INSERT OR REPLACE INTO new SELECT * FROM users", "");
    check_copy(default, "REPLACE INTO new SELECT * FROM users", "");
    check_copy(default, "INSERT INTO new SELECT * FROM users", "add-not-null");
    let upsert =
        "INSERT INTO new SELECT * FROM users WHERE true ON CONFLICT (id) DO UPDATE SET age = 1";
    check_copy(default, upsert, "add-not-null");
    // What is computed may be NULL where what it is made of is.
    check_copy(not_null, &copy("id, lower(email), name, age FROM users"), "add-not-null");
    check_copy(not_null, &copy("id, trim(email) || '!', name, age FROM users"), "add-not-null");
    check_copy(not_null, &copy("id, lower(coalesce(email, '')), name, age FROM users"), "");
    check_copy(not_null, &copy("id, ifnull(lower(email), id), name, age FROM users"), "");
    check_copy(not_null, &copy("id, lower(email), name, age FROM users WHERE email > ''"), "");
    check_copy("TEXT", &copy("id, lower(email), name, age FROM users"), "");
}

#[test]
fn null_is_found_by_trying() {
    let new = |columns: &str, to: &str, select: &str| {
        format!(
            "CREATE TABLE new (id INTEGER PRIMARY KEY, email TEXT, name TEXT, age INTEGER{columns});\n\
             INSERT INTO new{to} SELECT {select} FROM users;\nDROP TABLE users;\nALTER TABLE new RENAME TO users;"
        )
    };
    let listed = " (id, email, name, age)";
    check(USERS, &new(", country TEXT NOT NULL", listed, "*"), "add-not-null");
    check(USERS, &new(", country TEXT NOT NULL DEFAULT ''", listed, "*"), "");
    check(USERS, &new(", country TEXT NOT NULL", "", "*, 'DE'"), "");
    check(USERS, &new(", login TEXT NOT NULL", "", "*, email"), "add-not-null");
    check(USERS, &new(", login TEXT NOT NULL", "", "*, coalesce(email, id)"), "");
    check(USERS, &new(", login TEXT NOT NULL", "", "*, id"), "");
    let computed = "ALTER TABLE users ADD COLUMN mail TEXT AS (lower(email)) VIRTUAL NOT NULL;";
    check(USERS, computed, "add-not-null");
    check(USERS, &computed.replace("NOT NULL", ""), "");
    check(USERS, &computed.replace("lower(email)", "coalesce(email, '')"), "");
    check(USERS, &format!("UPDATE users SET email = '' WHERE email IS NULL;\n{computed}"), "");
    let refuse =
        "-- migrate:refuse-if users have no email: SELECT id FROM users WHERE email IS NULL\n";
    check(USERS, &format!("{refuse}{computed}"), "");
    check(
        USERS,
        &format!("{}{computed}", refuse.replace("IS NULL", "IS NOT NULL")),
        "add-not-null",
    );
    // It was never NULL.
    check(&USERS.replace("email TEXT", "email TEXT NOT NULL"), computed, "");
}

#[test]
fn duplicates_are_found_by_trying() {
    let fill = "CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT);\n\
                INSERT INTO people SELECT id, email FROM users;\n";
    let index = "CREATE UNIQUE INDEX i ON people (email);";
    check(USERS, &format!("{fill}{index}"), "add-unique");
    check(USERS, &format!("{fill}CREATE INDEX i ON people (email);"), "");
    check(USERS, &format!("{fill}CREATE UNIQUE INDEX i ON people (email, id);"), "");
    check(USERS, &format!("CREATE TABLE people AS SELECT * FROM users;\n{index}"), "add-unique");
    check(USERS, &format!("CREATE TABLE people AS SELECT DISTINCT email FROM users;\n{index}"), "");
    check(
        USERS,
        &format!(
            "{fill}DELETE FROM people WHERE id NOT IN (SELECT min(id) FROM people GROUP BY email);\n{index}"
        ),
        "",
    );
    let unique = USERS.replace("email TEXT", "email TEXT UNIQUE");
    check(&unique, &format!("{fill}{index}"), "");
    let refuse = "-- migrate:refuse-if users share their email: SELECT 1 FROM users GROUP BY email HAVING count(*) > 1\n";
    check(USERS, &format!("{refuse}{fill}{index}"), "");
    check(USERS, &format!("{}{fill}{index}", refuse.replace("email", "name")), "add-unique");
}

#[test]
fn keys_that_forbid_null() {
    let given = "CREATE TABLE k (k TEXT PRIMARY KEY, v);";
    let rebuild = |definition: &str, end: &str| {
        format!(
            "CREATE TABLE n ({definition}){end};\nINSERT INTO n SELECT * FROM k;\nDROP TABLE k;\n\
             ALTER TABLE n RENAME TO k;"
        )
    };
    let key = "k TEXT PRIMARY KEY, v";
    check(given, &rebuild(key, " WITHOUT ROWID"), "add-not-null");
    check(given, &rebuild(key, ""), "");
    let number = "CREATE TABLE k (k INTEGER PRIMARY KEY, v);";
    check(number, &rebuild("k INTEGER PRIMARY KEY, v", " WITHOUT ROWID"), "");
    let forbids = "CREATE TABLE k (k TEXT NOT NULL PRIMARY KEY, v);";
    check(forbids, &rebuild("k TEXT PRIMARY KEY, v", " WITHOUT ROWID"), "");
}

#[test]
fn duplicates_are_asked_for() {
    let ask = |query: &str, expected: &str| {
        let refuse = format!("-- migrate:refuse-if rows are wrong: SELECT 1 FROM users {query}");
        let index = "CREATE UNIQUE INDEX i ON users (email);";
        check(USERS, &format!("{refuse}\n{index}"), expected);
    };
    ask("GROUP BY email HAVING count(*) > 1", "");
    ask("a WHERE EXISTS (SELECT 1 FROM users b WHERE a.email = b.email AND a.id <> b.id)", "");
    ask("a, users b WHERE a.email = b.email AND a.id < b.id", "");
    ask("a JOIN users b ON a.email = b.email WHERE a.id < b.id", "");
    ask("WHERE email IS NULL", "add-unique");
}

#[test]
fn duplicates_are_not_copied() {
    let unique = "TEXT UNIQUE";
    check_copy(unique, "INSERT INTO new SELECT * FROM users", "add-unique");
    let group = "INSERT INTO new SELECT min(id), email, name, age FROM users GROUP BY email";
    // A key takes as many NULLs as there are.
    check_copy(unique, group, "drop-table");
    check_copy(unique, "INSERT OR IGNORE INTO new SELECT * FROM users", "");
    check_copy(unique, "INSERT OR REPLACE INTO new SELECT * FROM users", "");
    let upsert = "INSERT INTO new SELECT * FROM users WHERE true ON CONFLICT DO NOTHING";
    check_copy(unique, upsert, "");
    let first = "INSERT INTO new SELECT * FROM users WHERE id IN (SELECT min(id) FROM users GROUP BY email)";
    check_copy(unique, first, "drop-table");
    check_copy(unique, &format!("{first} OR email IS NULL"), "");
    // The rows differ in the rest.
    check_copy(unique, "INSERT INTO new SELECT DISTINCT * FROM users", "add-unique");
}

#[test]
fn values_that_nobody_shares() {
    let with = |value: &str, expected: &str| {
        let body = format!(
            "ALTER TABLE users ADD COLUMN uuid TEXT;\nUPDATE users SET uuid = {value};\n\
             CREATE UNIQUE INDEX i ON users (uuid);"
        );
        check(USERS, &body, expected);
    };
    with("hex(randomblob(16))", "");
    with("lower(uuid4()) WHERE uuid IS NULL", "");
    with("'u' || id", "");
    with("'u' || name", "add-unique");
    with("'x'", "add-unique");
    with("hex(randomblob(16)) WHERE age = 1", "add-unique");
}

#[test]
fn a_new_table_is_filled() {
    let fill = |definition: &str, copy: &str, expected: &str| {
        check(USERS, &format!("CREATE TABLE names ({definition});\n{copy} FROM users;"), expected);
    };
    let key = "name TEXT PRIMARY KEY";
    fill(key, "INSERT INTO names SELECT name", "add-unique");
    fill(key, "INSERT INTO names (name) SELECT users.name", "add-unique");
    fill(key, "INSERT INTO names SELECT DISTINCT name", "");
    fill(key, "INSERT OR IGNORE INTO names SELECT name", "");
    fill("id INTEGER PRIMARY KEY, name TEXT", "INSERT INTO names SELECT id, name", "");
    fill("id INTEGER PRIMARY KEY, name TEXT", "INSERT INTO names (name) SELECT name", "");
    fill("age INTEGER PRIMARY KEY", "INSERT INTO names SELECT age", "add-unique");
    fill("a, b, UNIQUE (a, b)", "INSERT INTO names SELECT id, name", "");
    fill("a, b, UNIQUE (a, b)", "INSERT INTO names SELECT age, name", "add-unique");
    fill("a PRIMARY KEY", "INSERT INTO names SELECT hex(name)", "add-unique");
    fill("a PRIMARY KEY", "INSERT INTO names SELECT hex(name) || id", "");
    fill("a PRIMARY KEY", "INSERT INTO names SELECT slug_of(name)", "");
    fill("name TEXT NOT NULL", "INSERT INTO names SELECT name", "add-not-null");
    fill("name TEXT NOT NULL", "INSERT INTO names SELECT coalesce(name, '')", "");
    fill("name TEXT NOT NULL", "INSERT OR IGNORE INTO names SELECT name", "");
    fill("id NOT NULL, name TEXT", "INSERT INTO names SELECT id, name", "");
    let filled =
        "CREATE TABLE names (name TEXT NOT NULL);\nINSERT INTO names SELECT name FROM users";
    check(USERS, &format!("{filled} WHERE name IS NOT NULL;"), "");
    check(USERS, &format!("{filled} WHERE age IS NOT NULL;"), "add-not-null");
    check(USERS, &format!("UPDATE users SET name = '' WHERE name IS NULL;\n{filled};"), "");
    let once = "DELETE FROM users WHERE id NOT IN (SELECT min(id) FROM users GROUP BY name);";
    let body = "CREATE TABLE names (name PRIMARY KEY);\nINSERT INTO names SELECT name FROM users;";
    check(USERS, &format!("{once}\n{body}"), "");
    let refuse = "-- migrate:refuse-if rows of users share a name: SELECT name FROM users GROUP BY name HAVING count(*) > 1\n";
    let body = "CREATE TABLE names (name PRIMARY KEY);\nINSERT INTO names SELECT name FROM users;";
    check(USERS, &format!("{refuse}{body}"), "");
}

#[test]
fn a_new_table_is_filled_with_what_it_does_not_take() {
    let fill = |definition: &str, copy: &str, expected: &str| {
        check(USERS, &format!("CREATE TABLE n ({definition});\n{copy};"), expected);
    };
    let copy = "INSERT INTO n SELECT id, age FROM users";
    let table = "id INTEGER PRIMARY KEY, age INTEGER CHECK (age >= 0)";
    fill(table, copy, "add-check");
    fill(table, &format!("{copy} WHERE age >= 0"), "");
    fill(table, "INSERT INTO n SELECT id, abs(age) FROM users", "");
    fill(table, "INSERT INTO n (id) SELECT id FROM users", "");
    fill(
        "id INTEGER PRIMARY KEY, age INTEGER CHECK (id)",
        "INSERT INTO n (age) SELECT age FROM users",
        "",
    );
    let refuse = "-- migrate:refuse-if users have no age yet: SELECT id FROM users WHERE age < 0\n";
    let body = format!("{refuse}CREATE TABLE n ({table});\n{copy};");
    check(USERS, &body, "");
    let checked = USERS.replace("age INTEGER", "age INTEGER CHECK (age >= 0)");
    check(&checked, &format!("CREATE TABLE n ({table});\n{copy};"), "");
    let references = |of: &str, select: &str, expected: &str| {
        let given = format!("{USERS} CREATE TABLE groups (id INTEGER PRIMARY KEY);");
        let body = format!(
            "CREATE TABLE n (g INTEGER REFERENCES {of} (id), name TEXT);\n\
             CREATE INDEX i ON n (g);\nINSERT INTO n SELECT {select};"
        );
        check(&given, &body, expected);
    };
    references("groups", "age, name FROM users", "add-foreign-key");
    references("users", "age, name FROM users", "add-foreign-key");
    references("users", "id, name FROM users", "");
    references("groups", "age, name FROM users WHERE age IN (SELECT id FROM groups)", "");
    references("groups", "g.id, u.name FROM users u LEFT JOIN groups g ON g.id = u.age", "");
    let both = "CREATE TABLE ages (age INTEGER PRIMARY KEY);\n\
        INSERT INTO ages SELECT DISTINCT age FROM users WHERE age IS NOT NULL;\n\
        CREATE TABLE n (age INTEGER REFERENCES ages (age), name TEXT);\nCREATE INDEX i ON n (age);\n\
        INSERT INTO n SELECT age, name FROM users;";
    check(USERS, both, "");
}

#[test]
fn checks_of_new_columns() {
    let add = |column: &str, expected: &str| {
        check(USERS, &format!("ALTER TABLE users ADD COLUMN {column};"), expected);
    };
    add("c INT DEFAULT 0 CHECK (c > 0)", "add-check");
    add("c INT DEFAULT 1 CHECK (c > 0)", "");
    add("c INT CHECK (c > 0)", "");
    add("c TEXT DEFAULT 'x' CHECK (c IN ('a', 'b'))", "add-check");
    add("c INT CHECK (c IS NOT NULL)", "add-check");
    // As autogenerate writes it.
    let asked = "-- migrate:refuse-if rows of users are against the check: \
                 SELECT id FROM (SELECT id, 0 AS c FROM users) AS users WHERE NOT (c > 0)";
    let body = "ALTER TABLE users ADD COLUMN c INT DEFAULT 0 CHECK (c > 0);";
    check(USERS, &format!("{asked}\n{body}"), "");
}

/// A rebuild updates `sqlite_sequence`, which has a column `name` too.
#[test]
fn words_of_other_tables_fill_no_column() {
    let columns = "id INTEGER PRIMARY KEY AUTOINCREMENT, a";
    let rebuild = format!(
        "CREATE TABLE n ({columns}, name TEXT UNIQUE);\nINSERT INTO n (id, a) SELECT id, a FROM t;\n\
         UPDATE sqlite_sequence SET name = 'n' WHERE name = 't';\nDROP TABLE t;\n\
         ALTER TABLE n RENAME TO t;"
    );
    check(&format!("CREATE TABLE t ({columns});"), &rebuild, "");
}

#[test]
fn checks_that_take_more() {
    let change = |from: &str, to: &str, expected: &str| {
        let body = format!(
            "CREATE TABLE n (s TEXT CHECK ({to}));\nINSERT INTO n SELECT * FROM t;\nDROP TABLE t;\n\
             ALTER TABLE n RENAME TO t;"
        );
        check(&format!("CREATE TABLE t (s TEXT CHECK ({from}));"), &body, expected);
    };
    change("s IN ('a', 'b')", "s IN ('a', 'b', 'c')", "");
    change("s IN ('a', 'b')", "\"s\" in ('b', 'a', 3)", "");
    change("s IN ('a', 'b')", "s IN ('a', 'c')", "add-check");
    change("s IN ('a', 'b')", "s NOT IN ('a', 'b')", "add-check");
    change("s IN ('a', 'b')", "lower(s) IN ('a', 'b')", "add-check");
    change("s NOT IN ('x')", "s NOT IN ('x', 'y')", "add-check");
    change("s = 1 OR s IN (1)", "s = 2 OR s IN (1)", "add-check");
}

#[test]
fn types_that_are_changed_on_purpose() {
    let copy = |select: &str, expected: &str| {
        let body = rebuild("INTEGER", &format!("INSERT INTO new SELECT {select} FROM users"));
        check(USERS, &body, expected);
    };
    copy("*", "type-narrowed");
    copy("id, email, name, age", "type-narrowed");
    copy("id, age, name, email", "type-narrowed");
    copy("id, CASE email WHEN 'a' THEN 1 ELSE 2 END, name, age", "");
    let through = "ALTER TABLE users ADD COLUMN n INTEGER;\nUPDATE users SET n = CAST(email AS INTEGER);\n\
                   ALTER TABLE users DROP COLUMN email;\nALTER TABLE users RENAME COLUMN n TO email;";
    check(USERS, through, "");
    let as_it_stands = through.replace("CAST(email AS INTEGER)", "users.email");
    check(USERS, &as_it_stands, "type-narrowed");
    check(USERS, &as_it_stands.replace("n INTEGER", "n VARCHAR(10)"), "");
    // A number of another table takes the place of a text.
    let joined = |value: &str| {
        let copy = format!(
            "INSERT INTO new SELECT users.id, {value}, users.name, users.age FROM users LEFT JOIN mails ON mails.text = users.email"
        );
        rebuild("INTEGER", &copy)
    };
    let given = format!("{USERS} CREATE TABLE mails (id INTEGER PRIMARY KEY, text TEXT);");
    check(&given, &joined("users.email"), "type-narrowed");
    let looked_up =
        joined("mails.id").replace("email INTEGER", "email INTEGER REFERENCES mails (id)");
    check(&given, &format!("{looked_up}\nCREATE INDEX i ON users (email);"), "");
    // A star counts places.
    let given = "CREATE TABLE t (id INTEGER PRIMARY KEY, code TEXT, n INTEGER);";
    let ordered = |columns: &str, copy: &str| {
        format!(
            "CREATE TABLE new ({columns});\nINSERT INTO new {copy} FROM t;\nDROP TABLE t;\nALTER TABLE new RENAME TO t;"
        )
    };
    let other = "id INTEGER PRIMARY KEY, n INTEGER, code TEXT";
    check(given, &ordered(other, "SELECT *"), "type-narrowed");
    check(given, &ordered(other, "(id, code, n) SELECT *"), "");
    check(given, &ordered(other, "(id, n, code) SELECT id, n, code"), "");
    check(
        given,
        &ordered("id INTEGER PRIMARY KEY, code TEXT, n INTEGER, z", "(id, code, n) SELECT *"),
        "",
    );
    // STRICT.
    let strict = |columns: &str, select: &str, expected: &str| {
        let columns = format!("id INTEGER PRIMARY KEY, {columns}");
        let body = ordered(&columns, &format!("SELECT {select}"))
            .replace(");\nINSERT", ") STRICT;\nINSERT");
        check(given, &body, expected);
    };
    strict("code TEXT, n INTEGER", "*", "type-narrowed");
    strict("code ANY, n ANY", "*", "");
    strict("code ANY, n INTEGER", "*", "type-narrowed");
    strict("code TEXT, n INTEGER", "id, CAST(code AS TEXT), CAST(n AS INTEGER)", "");
    strict("code TEXT, n INTEGER", "id, CAST(code AS TEXT), n", "type-narrowed");
}
