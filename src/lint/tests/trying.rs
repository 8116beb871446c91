//! What rows that are made up show, where the words of the statements say nothing.

use super::{Project, check_but_rows as check};

/// What is said of the second of two revisions, but for lost and changed rows.
#[track_caller]
fn says(given: &str, upgrade: &str, expected: &[&str]) {
    let text = format!("-- migrate:upgrade\n{upgrade}");
    let found = Project::on(given, &text).findings(&["b2"]);
    let others = ["delete-rows", "update-all-rows"];
    let found = found.iter().filter(|it| !others.contains(&it.rule.name()));
    let found: Vec<&str> = found.map(|it| it.message.as_str()).collect();
    assert_eq!(found, expected, "{upgrade}");
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
        &["`posts.title` must not be NULL: the upgrade fails where `posts.body` is"],
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
