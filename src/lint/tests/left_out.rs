//! Rows that a rebuild leaves out for a constraint that is new, and those that it takes with them.

use super::check;

const GIVEN: &str = "CREATE TABLE users (id INTEGER PRIMARY KEY);
    CREATE TABLE posts (id INTEGER PRIMARY KEY, author INTEGER, title TEXT);";

/// A rebuild of posts, with these columns behind its key.
fn rebuild(columns: &str, select: &str) -> String {
    format!(
        "CREATE TABLE new (id INTEGER PRIMARY KEY, {columns});\nINSERT INTO new SELECT {select};\n\
         DROP TABLE posts;\nALTER TABLE new RENAME TO posts;"
    )
}

#[track_caller]
fn left_out(columns: &str, select: &str, expected: &str) {
    let index =
        if columns.contains("REFERENCES") { "\nCREATE INDEX i ON posts (author);" } else { "" };
    let body = format!("{}{index}", rebuild(columns, select));
    check(GIVEN, &body, expected);
    let away =
        body.replace("CREATE TABLE new", "ALTER TABLE posts RENAME TO old;\nCREATE TABLE posts");
    let away = away.replace("INTO new", "INTO posts").replace("FROM posts", "FROM old");
    let away = away
        .replace("posts.", "old.")
        .replace("DROP TABLE posts;\nALTER TABLE new RENAME TO posts", "DROP TABLE old");
    check(GIVEN, &away, expected);
}

#[test]
fn for_a_foreign_key() {
    let key = "author INTEGER REFERENCES users (id), title TEXT";
    let joined = "posts.* FROM posts JOIN users ON users.id = posts.author";
    left_out(key, joined, "drop-table");
    let known = "* FROM posts WHERE author IN (SELECT id FROM users)";
    left_out(key, known, "drop-table");
    left_out(key, &format!("{known} OR author IS NULL"), "");
    left_out(
        key,
        &joined.replace("JOIN", "LEFT JOIN").replace("posts.*", "posts.id, users.id, title"),
        "",
    );
    let not_null = key.replace("author INTEGER", "author INTEGER NOT NULL");
    left_out(&not_null, &format!("{joined} WHERE author IS NOT NULL"), "");
    left_out(&not_null, known, "");
    left_out(&not_null, &format!("{known} AND title <> ''"), "drop-table");
}

#[test]
fn for_a_not_null() {
    let not_null = "author INTEGER NOT NULL, title TEXT";
    let copy = |condition: &str, expected: &str| {
        left_out(not_null, &format!("* FROM posts WHERE {condition}"), expected);
    };
    copy("author IS NOT NULL", "");
    copy("posts.author NOTNULL", "");
    copy("author IS NOT NULL AND title IS NOT NULL", "drop-table");
    copy("author IS NOT NULL AND id > 1000", "drop-table");
    copy("author IS NOT NULL AND id IS NOT NULL", "");
    copy("author > 0", "drop-table");
    copy("author IS NOT NULL AND title IS NOT ''", "drop-table");
    // No directive asks for them, or one does.
    let said =
        "-- migrate:warn-if rows of posts are left out: SELECT id FROM posts WHERE id <= 1000\n";
    let body = rebuild(not_null, "* FROM posts WHERE author IS NOT NULL AND id > 1000");
    check(GIVEN, &format!("{said}{body}"), "");
    // What the copy computes is taken at its word.
    let computed = "id, abs(author), title FROM posts WHERE author IS NOT NULL AND id > 1000";
    left_out(not_null, computed, "");
}

#[test]
fn for_a_key() {
    let unique = "author INTEGER UNIQUE, title TEXT";
    let first = "id IN (SELECT min(id) FROM posts GROUP BY author)";
    left_out(unique, &format!("* FROM posts WHERE {first}"), "drop-table");
    left_out(unique, &format!("* FROM posts WHERE author IS NULL OR {first}"), "");
    left_out(unique, "* FROM posts WHERE author IS NOT NULL GROUP BY author", "drop-table");
    let not_null = unique.replace("UNIQUE", "UNIQUE NOT NULL");
    left_out(&not_null, &format!("* FROM posts WHERE author IS NOT NULL AND {first}"), "");
    // It says what it does with rows that are in the way, and takes the others.
    let ignoring = "author INTEGER UNIQUE ON CONFLICT IGNORE, title TEXT";
    left_out(ignoring, "* FROM posts", "add-unique");
    let body = rebuild(unique, "* FROM posts").replace("INSERT INTO", "INSERT OR IGNORE INTO");
    check(GIVEN, &body, "");
}

#[test]
fn for_a_check() {
    let short = "author INTEGER, title TEXT CHECK (length(title) < 10)";
    left_out(short, "* FROM posts WHERE length(title) < 10", "drop-table");
    left_out(short, "* FROM posts WHERE title IS NULL OR length(title) < 10", "");
    let listed = "author INTEGER, title TEXT CHECK (title IN ('a', 'b'))";
    left_out(listed, "* FROM posts WHERE title IN ('a', 'b')", "drop-table");
    left_out(listed, "* FROM posts WHERE title IN ('a', 'b') OR title IS NULL", "");
    left_out(listed, "* FROM posts WHERE title = 'a' OR title IS NULL", "drop-table");
    let not_null = listed.replace("TEXT", "TEXT NOT NULL");
    left_out(&not_null, "* FROM posts WHERE title IN ('a', 'b')", "");
    // One that was there before, and that no row of ours passes, is no reason.
    let given = GIVEN.replace("title TEXT", "title TEXT, kind TEXT CHECK (kind IN ('a', 'b'))");
    let body = |condition: &str| {
        rebuild(
            "author INTEGER NOT NULL, title TEXT, kind TEXT CHECK (kind IN ('a', 'b'))",
            &format!("* FROM posts WHERE {condition}"),
        )
    };
    check(&given, &body("author IS NOT NULL AND title IS NOT NULL"), "drop-table");
    check(&given, &body("author IS NOT NULL"), "");
}

/// The columns have other names in the new table.
#[test]
fn under_another_name() {
    let columns = "writer INTEGER NOT NULL, title TEXT";
    let body = |condition: &str| {
        rebuild(columns, &format!("id, author, title FROM posts WHERE {condition}"))
            .replace("INTO new", "INTO new (id, writer, title)")
            .replace("RENAME TO posts", "RENAME TO texts")
    };
    check(GIVEN, &body("author IS NOT NULL"), "");
    check(GIVEN, &body("author IS NOT NULL AND title IS NOT NULL"), "drop-table");
}
