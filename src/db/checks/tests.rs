//! What counts as new, and what as broken.

use super::*;

/// The new violations that `sql` makes in a database made by `before`, as `child->parent: rows`.
#[track_caller]
fn check_keys(before: &str, sql: &str, expected: &[&str]) {
    let database = Database::open_in_memory().unwrap();
    database.set_foreign_keys(false).unwrap();
    database.connection.execute_batch(before).unwrap();
    let baseline = foreign_keys(&database).unwrap();
    database.connection.execute_batch(sql).unwrap();
    let new = foreign_keys(&database).unwrap().new_since(&baseline);
    let new: Vec<String> = new
        .iter()
        .map(|it| format!("{}->{}: {} {:?}", it.child, it.parent, it.n_rows, it.rowids))
        .collect();
    assert_eq!(new, expected);
}

const FAMILY: &str = "CREATE TABLE p(id INTEGER PRIMARY KEY);
    CREATE TABLE c(id INTEGER PRIMARY KEY, p REFERENCES p(id));
    INSERT INTO p VALUES (1), (2);
    INSERT INTO c VALUES (10, 1), (11, 2), (12, 99);";

#[test]
fn an_old_violation_is_not_new() {
    check_keys(FAMILY, "INSERT INTO c VALUES (13, 1)", &[]);
}

#[test]
fn a_violation_for_another_row_is_new_even_when_an_old_one_goes() {
    check_keys(FAMILY, "INSERT INTO c VALUES (13, 98)", &["c->p: 1 [13]"]);
    check_keys(
        FAMILY,
        "DELETE FROM p WHERE id = 1; DELETE FROM c WHERE id = 12",
        &["c->p: 1 [10]"],
    );
}

#[test]
fn dropping_the_parent_leaves_its_children_dangling() {
    check_keys(FAMILY, "DROP TABLE p", &["c->p: 2 [10, 11]"]);
}

#[test]
fn a_renamed_table_keeps_its_old_violations() {
    check_keys(FAMILY, "ALTER TABLE c RENAME TO d", &[]);
    check_keys(FAMILY, "ALTER TABLE p RENAME TO q", &[]);
    check_keys(FAMILY, "ALTER TABLE p RENAME TO q; DELETE FROM q WHERE id = 2", &["c->q: 1 [11]"]);
}

#[test]
fn a_table_built_anew_may_renumber_its_rows() {
    let rebuild = "CREATE TABLE n(id INTEGER PRIMARY KEY, p REFERENCES p(id));
         INSERT INTO n SELECT id + 100, p FROM c; DROP TABLE c; ALTER TABLE n RENAME TO c;";
    check_keys(FAMILY, rebuild, &[]);
    check_keys(FAMILY, &format!("{rebuild} INSERT INTO c VALUES (5, 77)"), &["c->p: 1 [5]"]);
}

#[test]
fn a_table_without_rowid_is_counted() {
    let tables = "CREATE TABLE p(id INTEGER PRIMARY KEY);
        CREATE TABLE c(id PRIMARY KEY, p REFERENCES p(id)) WITHOUT ROWID;
        INSERT INTO c VALUES (1, 9);";
    check_keys(tables, "INSERT INTO c VALUES (2, NULL)", &[]);
    check_keys(tables, "INSERT INTO c VALUES (2, 9)", &["c->p: 1 []"]);
}

#[test]
fn a_key_that_cannot_be_checked_hides_no_other() {
    let tables = format!(
        "{FAMILY} CREATE TABLE q(x); CREATE TABLE d(x REFERENCES q(x)); INSERT INTO d VALUES (1);"
    );
    check_keys(&tables, "INSERT INTO c VALUES (13, 98)", &["c->p: 1 [13]"]);
    // It can be checked from now on; who knows for how long that row has been wrong.
    check_keys(&tables, "CREATE UNIQUE INDEX i ON q(x)", &[]);
}

#[test]
fn a_key_that_can_be_checked_no_more_is_named() {
    let database = Database::open_in_memory().unwrap();
    database.set_foreign_keys(false).unwrap();
    let sql = "CREATE TABLE q(x); CREATE UNIQUE INDEX i ON q(x); CREATE TABLE d(x REFERENCES q(x))";
    database.connection.execute_batch(sql).unwrap();
    let before = foreign_keys(&database).unwrap();
    database.execute("DROP INDEX i").unwrap();
    let after = foreign_keys(&database).unwrap();
    let new = after.new_mismatches_since(&before);
    assert_eq!(new.len(), 1);
    assert_eq!(new[0].message, "foreign key mismatch - \"d\" referencing \"q\"");
    assert!(after.new_mismatches_since(&after).is_empty());
}

/// What `sql` breaks in a database made by `before`, as `name(triggers): message`.
#[track_caller]
fn check_objects(before: &str, sql: &str, expected: &[&str]) {
    let database = Database::open_in_memory().unwrap();
    database.connection.execute_batch(before).unwrap();
    let baseline = objects(&database).unwrap();
    database.connection.execute_batch(sql).unwrap();
    let new = objects(&database).unwrap().newly_broken_since(&baseline);
    let new: Vec<String> = new
        .iter()
        .map(|it| format!("{}({}): {}", it.name, it.triggers.join(","), it.message))
        .collect();
    assert_eq!(new, expected);
}

#[test]
fn a_view_over_a_dropped_table_is_broken() {
    let before = "CREATE TABLE t(a); CREATE VIEW v AS SELECT a FROM t;";
    check_objects(before, "DROP TABLE t", &["v(): no such table: main.t"]);
}

#[test]
fn what_was_broken_before_is_not_new() {
    let before = "CREATE TABLE t(a, b); CREATE VIEW v AS SELECT nope FROM t;";
    check_objects(before, "CREATE TABLE u(a)", &[]);
}

#[test]
fn a_trigger_that_assigns_a_dropped_column_is_broken() {
    // SQLite refuses to drop a column that a trigger reads, but not one that it only assigns.
    let before = "CREATE TABLE t(a, b); CREATE TABLE u(x, y, z AS (x));
        CREATE TRIGGER g AFTER UPDATE OF y ON u BEGIN UPDATE t SET b = 1; END;";
    check_objects(before, "ALTER TABLE t DROP COLUMN b", &["u(g): no such column: b"]);
}

#[test]
fn triggers_of_views_are_compiled() {
    let before = "CREATE TABLE t(a); CREATE VIEW v AS SELECT 1 AS a;
        CREATE TRIGGER g INSTEAD OF INSERT ON v BEGIN INSERT INTO t VALUES (new.a); END;";
    check_objects(before, "", &[]);
    check_objects(before, "DROP TABLE t", &["v(g): no such table: main.t"]);
}

#[test]
fn what_the_application_may_register_is_unknown_but_not_broken() {
    let database = Database::open_in_memory().unwrap();
    database.execute("CREATE VIEW v AS SELECT slugify('x')").unwrap();
    let state = objects(&database).unwrap();
    assert!(state.broken.is_empty());
    assert_eq!(state.unknown["v"].message, "no such function: slugify");
}

#[test]
fn odd_names_are_quoted() {
    let before = "CREATE TABLE \"a \"\"b\"(\"c d\"); CREATE TABLE u(x);
        CREATE TRIGGER \"g g\" AFTER UPDATE ON \"a \"\"b\" BEGIN INSERT INTO u VALUES (1); END;
        CREATE VIEW \"select\" AS SELECT * FROM u;";
    check_objects(before, "", &[]);
}
