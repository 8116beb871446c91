//! What rows that are made up show, where the words of the statements say nothing.

use super::{Project, check_but_rows as check};

/// What is said of the second of two revisions, but for lost and changed rows.
#[track_caller]
fn says(given: &str, upgrade: &str, expected: &str) {
    let text = format!("-- migrate:upgrade\n{upgrade}");
    let found = Project::on(given, &text).findings(&["b2"]);
    let others = ["delete-rows", "update-all-rows"];
    let found = found.iter().filter(|it| !others.contains(&it.rule.name()));
    let found: Vec<&str> = found.map(|it| it.message.as_str()).collect();
    assert_eq!(found.join("\n"), expected, "{upgrade}");
}

const POSTS: &str = "CREATE TABLE posts (id INTEGER PRIMARY KEY, title TEXT NOT NULL, body TEXT);";

#[test]
fn a_column_gets_what_may_be_null() {
    let set = |value: &str, expected: &str| {
        check(POSTS, &format!("UPDATE posts SET title = {value};"), expected);
    };
    set("trim(title || ' ' || body)", "add-not-null");
    set("body", "add-not-null");
    set("(SELECT p.body FROM posts p WHERE p.id = posts.id)", "add-not-null");
    set("p.body FROM posts p WHERE p.id = posts.id", "add-not-null");
    set("coalesce(body, title)", "");
    set("trim(title)", "");
    set("'x'", "");
    set("body WHERE body IS NOT NULL", "");
    says(
        POSTS,
        "UPDATE posts SET title = trim(title || ' ' || body);",
        "`posts.title` must not be NULL: the upgrade fails where `posts.body` is",
    );
    check(POSTS, "UPDATE posts SET body = title || body;", "");
    check(POSTS, "ALTER TABLE posts RENAME TO p;\nUPDATE p SET title = body;", "add-not-null");
    let refuse =
        "-- migrate:refuse-if posts have no body: SELECT id FROM posts WHERE body IS NULL\n";
    check(POSTS, &format!("{refuse}UPDATE posts SET title = body;"), "");
    let new = |value: &str, expected: &str| {
        let add = "ALTER TABLE posts ADD COLUMN n INTEGER NOT NULL DEFAULT 0;";
        check(POSTS, &format!("{add}\nUPDATE posts SET n = {value};"), expected);
    };
    new("body * 100", "add-not-null");
    new("length(title)", "");
    new("body * 100 WHERE body IS NOT NULL", "");
    new("coalesce(body, 0) * 100", "");
    // A trigger writes it.
    let log = "CREATE TABLE log (w TEXT NOT NULL);\n\
        CREATE TRIGGER t AFTER UPDATE ON posts BEGIN INSERT INTO log VALUES (new.body); END;";
    check(POSTS, &format!("{log}\nUPDATE posts SET title = 'x';"), "add-not-null");
    check(&format!("{POSTS} {log}"), "UPDATE posts SET title = 'x';", "add-not-null");
    let coalesce = log.replace("new.body", "coalesce(new.body, '')");
    check(&format!("{POSTS} {coalesce}"), "UPDATE posts SET title = 'x';", "");
    let deleting = log.replace("UPDATE", "DELETE").replace("new.", "old.");
    check(&format!("{POSTS} {deleting}"), "DELETE FROM posts WHERE id > 5;", "add-not-null");
}

const USERS: &str = "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, email TEXT, age INT);";

fn rebuild(definition: &str, select: &str) -> String {
    format!(
        "CREATE TABLE new (id INTEGER PRIMARY KEY, {definition});\nINSERT INTO new SELECT {select} FROM users;\n\
         DROP TABLE users;\nALTER TABLE new RENAME TO users;"
    )
}

#[test]
fn several_columns_are_null_together() {
    let columns = "name TEXT NOT NULL, email TEXT, age INT";
    says(
        USERS,
        &rebuild(columns, "id, coalesce(name, email), email, age"),
        "`users.name` must not be NULL: the upgrade fails where `users.name` and `users.email` \
           both are",
    );
    says(
        USERS,
        &rebuild(columns, "id, coalesce(name, email, age), email, age"),
        "`users.name` must not be NULL: the upgrade fails where `users.name`, `users.email` and \
           `users.age` all are",
    );
    check(USERS, &rebuild(columns, "id, coalesce(name, email, ''), email, age"), "");
    check(
        &USERS.replace("email TEXT", "email TEXT NOT NULL"),
        &rebuild(columns, "id, coalesce(name, email), email, age"),
        "",
    );
    // One of them is enough.
    says(
        USERS,
        &rebuild(columns, "id, name || email, email, age"),
        "`users.name` must not be NULL: the upgrade fails where `users.name` is",
    );
    let set = "UPDATE users SET name = coalesce(name, email);\n\
               ALTER TABLE users ALTER COLUMN name SET NOT NULL;";
    says(
        USERS,
        set,
        "`users.name` must not be NULL: the upgrade fails where `users.name` and `users.email` \
           both are",
    );
    check(USERS, &set.replace("email)", "email, '')"), "");
    let refuse =
        "-- migrate:refuse-if nobody: SELECT id FROM users WHERE name IS NULL AND email IS NULL\n";
    check(USERS, &format!("{refuse}{set}"), "");
    // Only where it changes something is a trigger at work.
    let log = "CREATE TABLE log (w TEXT NOT NULL);\n\
        CREATE TRIGGER t AFTER UPDATE ON users BEGIN INSERT INTO log VALUES (new.email); END;";
    says(
        USERS,
        &format!("{log}\nUPDATE users SET age = 0 WHERE age IS NULL;"),
        "`log.w` must not be NULL: the upgrade fails where `users.email` and `users.age` both are",
    );
    // Left out of a copy, too.
    says(
        USERS,
        &rebuild(
            "name TEXT, email TEXT, age INT",
            "* FROM (SELECT * FROM users WHERE coalesce(name, email) <> 'x')",
        )
        .replace(" FROM users;", ";"),
        "the copy leaves out rows of `users` (where `name` and `email` are NULL, say), and the old \
           table is dropped with them",
    );
}

const ORDERS: &str = "CREATE TABLE orders (id INTEGER PRIMARY KEY, qty INTEGER NOT NULL DEFAULT 0);
    CREATE TABLE items (o INTEGER NOT NULL REFERENCES orders (id), qty INTEGER NOT NULL);
    CREATE INDEX i ON items (o);";

#[test]
fn nothing_references_a_row() {
    let sum = |value: &str| format!("(SELECT {value} FROM items WHERE items.o = orders.id)");
    let fill = |value: &str| {
        format!(
            "CREATE TABLE sums (id INTEGER PRIMARY KEY, qty INTEGER NOT NULL);\n\
             INSERT INTO sums SELECT id, {} FROM orders;",
            sum(value)
        )
    };
    let message =
        "`sums.qty` must not be NULL: the upgrade fails where nothing references a row of `orders`";
    says(ORDERS, &fill("sum(qty)"), message);
    check(ORDERS, &fill("total(qty)"), "");
    check(ORDERS, &fill("count(*)"), "");
    check(ORDERS, &fill("coalesce(sum(qty), 0)"), "");
    // Nor is it for a NULL beside it.
    let more = ORDERS.replace("DEFAULT 0", "DEFAULT 0, note TEXT");
    says(&more, &fill("sum(qty)"), message);
    check(ORDERS, &format!("UPDATE orders SET qty = {};", sum("sum(qty)")), "add-not-null");
    check(ORDERS, &format!("UPDATE orders SET qty = {};", sum("coalesce(sum(qty), 0)")), "");
    let joined = "CREATE TABLE new (id INTEGER PRIMARY KEY, qty INTEGER NOT NULL, note TEXT);\n\
        INSERT INTO new SELECT p.id, p.qty, p.note FROM orders p JOIN items ON items.o = p.id GROUP BY p.id;\n\
        DROP TABLE orders;\nALTER TABLE new RENAME TO orders;";
    says(
        &more,
        joined,
        "the copy leaves out rows of `orders` (those that nothing references, say), and the old \
           table is dropped with them",
    );
    check(&more, &joined.replace("JOIN", "LEFT JOIN"), "");
}

/// Rows that reference nothing are left out for a foreign key that is new.
#[test]
fn rows_are_left_out_for_a_new_foreign_key() {
    let given = "CREATE TABLE users (id INTEGER PRIMARY KEY);
        CREATE TABLE orders (id INTEGER PRIMARY KEY, buyer INTEGER NOT NULL, total TEXT);";
    let copy = |rest: &str| {
        format!(
            "CREATE TABLE o2 (id INTEGER PRIMARY KEY, buyer INTEGER NOT NULL REFERENCES users (id), total TEXT);\n\
             INSERT INTO o2 SELECT o.* FROM orders o {rest};\nDROP TABLE orders;\n\
             ALTER TABLE o2 RENAME TO orders;\nCREATE INDEX i ON orders (buyer);"
        )
    };
    check(given, &copy("WHERE buyer IN (SELECT id FROM users)"), "");
    check(given, &copy("WHERE EXISTS (SELECT 1 FROM users u WHERE u.id = o.buyer)"), "");
    check(given, &copy("JOIN users u ON u.id = o.buyer"), "");
    // That is not why these are left out.
    says(
        given,
        &copy("WHERE buyer IN (SELECT id FROM users) AND total <> 'x'"),
        "the copy leaves out rows of `orders` (where `total` is NULL, say), and the old table is \
         dropped with them",
    );
    // The column has another name then.
    let renamed = copy("WHERE buyer IN (SELECT id FROM users)")
        .replace("buyer INTEGER", "user INTEGER")
        .replace("o2 SELECT o.*", "o2 (id, user, total) SELECT o.id, o.buyer, o.total")
        .replace("ON orders (buyer)", "ON orders (user)");
    check(given, &renamed, "");
    // For another reason all of them may be.
    says(
        given,
        &copy("WHERE id IN (SELECT total FROM orders)").replace(" REFERENCES users (id)", ""),
        "the copy leaves out rows of `orders` (those that were tried), and the old table is dropped \
         with them",
    );
}

/// What references nothing becomes NULL, or it does not.
#[test]
fn a_copy_looks_up_what_it_references() {
    let given = "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);
        CREATE TABLE posts (id INTEGER PRIMARY KEY, author INTEGER, kind TEXT);";
    let author = |value: &str, expected: &str| {
        let body = format!(
            "CREATE TABLE new (id INTEGER PRIMARY KEY, author INTEGER REFERENCES users (id), kind TEXT);\n\
             INSERT INTO new SELECT id, {value}, kind FROM posts;\nDROP TABLE posts;\n\
             ALTER TABLE new RENAME TO posts;\nCREATE INDEX ix ON posts (author);"
        );
        check(given, &body, expected);
    };
    author("CASE WHEN author IN (SELECT id FROM users) THEN author END", "");
    author("(SELECT id FROM users WHERE users.id = posts.author)", "");
    author("iif(EXISTS (SELECT 1 FROM users u WHERE u.id = author), author, NULL)", "");
    author("CASE WHEN kind = 'x' AND author IN (SELECT id FROM users) THEN author END", "");
    author("nullif(author, 0)", "add-foreign-key");
    author("CASE WHEN author > 0 THEN author END", "add-foreign-key");
    author("CASE WHEN author < 100 THEN author END", "add-foreign-key");
    author("CASE kind WHEN 'user' THEN author END", "add-foreign-key");
    author("coalesce((SELECT id FROM users WHERE users.id = author), 1)", "add-foreign-key");
    author("CASE WHEN author IN (SELECT id FROM users) THEN author ELSE 1 END", "add-foreign-key");
    author("CASE WHEN author NOT IN (SELECT id FROM users) THEN author END", "add-foreign-key");
    // Nobody knows what is made of it.
    author("user_of(author)", "add-foreign-key");
}

const TAGS: &str = "CREATE TABLE tags (post INTEGER, name TEXT, note TEXT);";

/// Duplicates are told apart by what the key does not have.
#[test]
fn duplicates_in_other_columns_are_deleted() {
    let once = |group: &str, key: &str, expected: &str| {
        let body = format!(
            "DELETE FROM tags WHERE rowid NOT IN (SELECT min(rowid) FROM tags GROUP BY {group});\n\
             CREATE UNIQUE INDEX ux ON tags ({key});"
        );
        check(TAGS, &body, expected);
    };
    once("name", "name", "");
    once("name", "post, name", "");
    once("post, name", "post, name", "");
    once("lower(name)", "name", "");
    once("lower(name)", "lower(name)", "");
    once("post, name", "name", "add-unique");
    once("post, name", "post, note", "add-unique");
    once("post", "lower(name)", "add-unique");
    says(
        TAGS,
        "DELETE FROM tags WHERE EXISTS (SELECT 1 FROM tags t WHERE t.name = tags.name \
         AND t.post = tags.post AND t.rowid < tags.rowid);\nCREATE UNIQUE INDEX ux ON tags (name);",
        "rows of `tags` may differ in `post` and their key alone, and `tags` gets them with a key that \
         they share (name): the upgrade fails where there are such",
    );
    let fill = |select: &str, expected: &str| {
        let table = "CREATE TABLE names (name TEXT PRIMARY KEY, post INTEGER);";
        check(TAGS, &format!("{table}\nINSERT INTO names SELECT {select};"), expected);
    };
    fill("name, min(post) FROM tags WHERE name > '' GROUP BY name", "");
    fill("lower(name), post FROM (SELECT DISTINCT name, post FROM tags)", "add-unique");
    fill("name, max(post) FROM tags GROUP BY name, note", "add-unique");
    // A column of a foreign key differs, too.
    let given = format!("CREATE TABLE posts (id INTEGER PRIMARY KEY, t TEXT); {TAGS}")
        .replace("post INTEGER", "post INTEGER REFERENCES posts (id)");
    let body = "DELETE FROM tags WHERE rowid NOT IN (SELECT min(rowid) FROM tags GROUP BY post, name);\n\
                CREATE UNIQUE INDEX ux ON tags (name);";
    check(&given, body, "add-unique");
    let refuse = "-- migrate:refuse-if tags share a name: SELECT name FROM tags GROUP BY name HAVING count(*) > 1\n";
    check(&given, &format!("{refuse}{body}"), "");
}

/// What is computed for a new key differs where rows do, or it does not.
#[test]
fn new_keys_are_computed() {
    let given =
        "CREATE TABLE orgs (id INTEGER PRIMARY KEY, slug TEXT NOT NULL, title TEXT, n INTEGER);";
    let key = |definition: &str, value: &str, expected: &str| {
        let body = format!(
            "CREATE TABLE new (slug {definition}, title TEXT, n INTEGER, id INTEGER);\n\
             INSERT INTO new SELECT {value}, title, n, id FROM orgs;\nDROP TABLE orgs;\n\
             ALTER TABLE new RENAME TO orgs;"
        );
        check(given, &body, expected);
    };
    let text = "TEXT NOT NULL PRIMARY KEY";
    key(text, "slug || '-' || id", "");
    key(text, "printf('%s-%d', slug, id)", "");
    key(text, "lower(slug)", "add-unique");
    key(text, "substr(slug, 1, 4)", "add-unique");
    key(text, "id / 10", "add-unique");
    key(text, "length(slug) || id % 100", "add-unique");
    key("INTEGER UNIQUE", "row_number() OVER (ORDER BY slug)", "");
    key("INTEGER UNIQUE", "row_number() OVER (PARTITION BY slug)", "add-unique");
    // Nobody knows what is made of it.
    key(text, "slug_of(title)", "add-unique");
    let unique = given.replace("slug TEXT NOT NULL", "slug TEXT NOT NULL UNIQUE");
    let other = |value: &str, expected: &str| {
        let body = format!(
            "CREATE TABLE new (id INTEGER PRIMARY KEY, slug TEXT UNIQUE, title TEXT, n INTEGER, s TEXT UNIQUE);\n\
             INSERT INTO new SELECT *, {value} FROM orgs;\nDROP TABLE orgs;\nALTER TABLE new RENAME TO orgs;"
        );
        check(&unique, &body.replace('*', "id, slug, title, n"), expected);
    };
    other("slug || '!'", "");
    other("lower(slug)", "add-unique");
    other("trim(slug)", "add-unique");
    let place = |value: &str, expected: &str| {
        let body = format!(
            "ALTER TABLE orgs ADD COLUMN place INTEGER;\nUPDATE orgs SET place = {value};\n\
             CREATE UNIQUE INDEX ux ON orgs (slug, place);"
        );
        check(given, &body, expected);
    };
    let numbered = |by: &str| {
        format!(
            "k FROM (SELECT id AS o, row_number() OVER (PARTITION BY {by}) AS k FROM orgs) WHERE o = id"
        )
    };
    place(&numbered("slug"), "");
    place(&numbered("id"), "add-unique");
    place(&numbered("slug").replace("o = id", "o = title"), "add-unique");
    // It was a key under another name.
    let copy = |to: &str, select: &str, expected: &str| {
        let body = format!(
            "CREATE TABLE new (id TEXT PRIMARY KEY NOT NULL, old INTEGER UNIQUE, slug TEXT, title TEXT, n INTEGER);\n\
             INSERT INTO new {to} SELECT {select} FROM orgs;\nDROP TABLE orgs;\nALTER TABLE new RENAME TO orgs;"
        );
        check(given, &body, expected);
    };
    copy("", "hex(randomblob(16)), id, slug, title, n", "");
    copy("(id, old, slug, title, n)", "hex(randomblob(16)), id, slug, title, n", "");
    copy("", "hex(randomblob(16)), n, slug, title, id", "add-unique");
    // The table goes, and its names stay.
    let names = |unique: &str, select: &str, expected: &str| {
        let body = format!(
            "CREATE TABLE tag (id INTEGER PRIMARY KEY, name TEXT NOT NULL {unique});\n\
             INSERT INTO tag (name) SELECT {select} FROM tags WHERE trim(name) <> '';\nDROP TABLE tags;"
        );
        check("CREATE TABLE tags (name TEXT);", &body, expected);
    };
    names("UNIQUE", "DISTINCT trim(name)", "");
    says(
        TAGS,
        "CREATE TABLE tag (id INTEGER PRIMARY KEY, name TEXT UNIQUE, note TEXT);\n\
         INSERT INTO tag (name, note) SELECT name, note FROM tags GROUP BY name;\nDROP TABLE tags;",
        "drops `tags.post` with its values",
    );
    names("UNIQUE", "trim(name)", "add-unique");
    names("COLLATE NOCASE UNIQUE", "DISTINCT trim(name)", "add-unique");
}

/// What the table computes for a key, or the index does, differs where rows do, or it does not.
#[test]
fn keys_are_computed_by_the_schema() {
    let given = "CREATE TABLE orgs (id INTEGER PRIMARY KEY, slug TEXT NOT NULL, code TEXT NOT NULL UNIQUE);";
    let key = |expression: &str, expected: &str| {
        let generated = format!(
            "ALTER TABLE orgs ADD COLUMN k TEXT AS ({expression}) VIRTUAL;\n\
             CREATE UNIQUE INDEX ux ON orgs (k);"
        );
        check(given, &generated, expected);
        check(given, &format!("CREATE UNIQUE INDEX ux ON orgs (({expression}) DESC);"), expected);
        check(given, &format!("CREATE UNIQUE INDEX ux ON orgs ({expression});"), expected);
    };
    key("'U' || id", "");
    key("slug || id", "");
    key("code || '!'", "");
    key("id / 10", "add-unique");
    key("id % 100", "add-unique");
    key("lower(code)", "add-unique");
    key("trim(code)", "add-unique");
    key("slug || '!'", "add-unique");
    key("lower(slug)", "add-unique");
    // Nobody knows what is made of it.
    key("slug_of(id)", "add-unique");
    // Whether it is over any row that is tried is not known.
    check(given, "CREATE UNIQUE INDEX ux ON orgs (id / 10) WHERE slug = 'x';", "add-unique");
    let rebuild = |expression: &str, expected: &str| {
        let body = format!(
            "CREATE TABLE new (id INTEGER PRIMARY KEY, slug TEXT NOT NULL, code TEXT NOT NULL UNIQUE,\n\
             k TEXT AS ({expression}) STORED UNIQUE);\nINSERT INTO new SELECT * FROM orgs;\n\
             DROP TABLE orgs;\nALTER TABLE new RENAME TO orgs;"
        );
        check(given, &body, expected);
    };
    rebuild("'U' || id", "");
    rebuild("id / 10", "add-unique");
}

/// A new column holds the same in all rows, and an index may be over none of them.
#[test]
fn an_index_is_over_no_row() {
    let index = |column: &str, condition: &str, expected: &str| {
        let body = format!(
            "ALTER TABLE users ADD COLUMN {column};\n\
             CREATE UNIQUE INDEX ux ON users (email) WHERE {condition};"
        );
        check(USERS, &body, expected);
    };
    index("gone TEXT", "gone IS NOT NULL", "");
    index("gone TEXT", "gone > ''", "");
    index("gone TEXT", "gone IS NULL", "add-unique");
    index("gone TEXT", "gone IS NOT NULL AND email <> ''", "");
    index("gone TEXT", "email <> '' AND gone IS NOT NULL", "");
    index("gone TEXT", "gone IS NOT NULL OR email <> ''", "add-unique");
    index("gone TEXT", "email BETWEEN gone IS NOT NULL AND 'x'", "add-unique");
    index("live INT NOT NULL DEFAULT 1", "live", "add-unique");
    index("live INT NOT NULL DEFAULT 0", "live", "");
    index("gone TEXT;\nUPDATE users SET gone = email", "gone IS NOT NULL", "add-unique");
    check(USERS, "CREATE UNIQUE INDEX ux ON users (email) WHERE name = 'x';", "add-unique");
}

/// What a copy computes is tried with values at which it may go wrong.
#[test]
fn checks_of_what_is_computed() {
    let given =
        "CREATE TABLE posts (id INTEGER PRIMARY KEY, status TEXT, views INTEGER, note TEXT);";
    let copy = |definition: &str, status: &str, views: &str, expected: &str| {
        let body = format!(
            "CREATE TABLE new (id INTEGER PRIMARY KEY, {definition}, note TEXT);\n\
             INSERT INTO new SELECT id, {status}, {views}, note FROM posts;\nDROP TABLE posts;\n\
             ALTER TABLE new RENAME TO posts;"
        );
        check(given, &body, expected);
        let away = body
            .replace("CREATE TABLE new", "ALTER TABLE posts RENAME TO old;\nCREATE TABLE posts");
        let away = away.replace("INTO new", "INTO posts").replace("FROM posts", "FROM old");
        let away =
            away.replace("DROP TABLE posts;\nALTER TABLE new RENAME TO posts", "DROP TABLE old");
        check(given, &away, expected);
    };
    let status = |value: &str, expected: &str| {
        let definition = "status TEXT CHECK (status IN ('draft', 'live')), views INTEGER";
        copy(definition, value, "views", expected);
    };
    status("CASE status WHEN 'live' THEN 'live' ELSE 'draft' END", "");
    status("CASE WHEN status IN ('draft', 'live') THEN status ELSE 'draft' END", "");
    status("iif(status = 'live', status, 'draft')", "");
    status("trim(status)", "add-check");
    status("coalesce(status, 'draft')", "add-check");
    status("CASE status WHEN 'Live' THEN 'Live' ELSE 'draft' END", "add-check");
    status("CASE WHEN status = '' THEN status ELSE 'draft' END", "add-check");
    let views = |check: &str, value: &str, expected: &str| {
        copy(&format!("status TEXT, views INTEGER CHECK ({check})"), "status", value, expected);
    };
    views("views >= 0", "max(0, coalesce(views, 0))", "");
    views("views >= 0", "abs(views)", "");
    views("views >= 0 OR views IS NULL", "CASE WHEN views < 0 THEN 0 ELSE views END", "");
    views("views >= 0", "views * 2", "add-check");
    views("views <= 100", "min(views, 100)", "");
    views("views < 100", "min(views, 100)", "add-check");
    views("views <> 77", "coalesce(views, 0)", "add-check");
    views("views >= 0 AND status <> ''", "abs(views)", "add-check");
    let length = "status TEXT DEFAULT 'new' CHECK (length(status) = 3), views INTEGER";
    copy(length, "CASE WHEN length(status) = 3 THEN status ELSE 'new' END", "views", "");
    copy(length, "substr(status, 1, 3)", "views", "add-check");
    let plain = "status TEXT CHECK (status NOT LIKE '%;%'), views INTEGER";
    copy(plain, "trim(status)", "views", "add-check");
    copy(plain, "replace(status, ';', ',')", "views", "");
}
