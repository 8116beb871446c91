//! Rebuilding a parent does not touch its children.

use super::content::content;
use super::project::{Journal, Project};

const START: &str = "
    CREATE TABLE parent(id INTEGER PRIMARY KEY, name TEXT);
    CREATE TABLE cascading(id INTEGER PRIMARY KEY, p INTEGER REFERENCES parent(id) ON DELETE CASCADE);
    CREATE TABLE nulling(id INTEGER PRIMARY KEY, p INTEGER REFERENCES parent(id) ON DELETE SET NULL);
    CREATE TABLE defaulting(
        id INTEGER PRIMARY KEY,
        p INTEGER DEFAULT 1 REFERENCES parent(id) ON DELETE SET DEFAULT
    );
    CREATE TABLE restricting(id INTEGER PRIMARY KEY, p INTEGER REFERENCES parent(id) ON DELETE RESTRICT);
    CREATE TABLE tree(id INTEGER PRIMARY KEY, up INTEGER REFERENCES tree(id) ON DELETE CASCADE);
    INSERT INTO parent VALUES (1, 'one'), (2, 'two');
    INSERT INTO cascading VALUES (10, 1), (11, 2), (12, 2);
    INSERT INTO nulling VALUES (20, 1), (21, 2);
    INSERT INTO defaulting VALUES (30, 2);
    INSERT INTO restricting VALUES (40, 2);
    INSERT INTO tree VALUES (1, NULL), (2, 1), (3, 2);
";

const CHILDREN: [&str; 4] = ["cascading", "nulling", "defaulting", "restricting"];

/// The documented order: <https://sqlite.org/lang_altertable.html#otheralter>.
const REBUILD: &str = "
    CREATE TABLE new_parent(id INTEGER PRIMARY KEY, name TEXT NOT NULL);
    INSERT INTO new_parent SELECT * FROM parent;
    DROP TABLE parent;
    ALTER TABLE new_parent RENAME TO parent;
    CREATE TABLE new_tree(id INTEGER PRIMARY KEY, up INTEGER REFERENCES tree(id) ON DELETE CASCADE, x);
    INSERT INTO new_tree(id, up) SELECT id, up FROM tree;
    DROP TABLE tree;
    ALTER TABLE new_tree RENAME TO tree;
";

fn children(project: &Project) -> String {
    let dump = |table: &&str| {
        project
            .query(&format!("SELECT group_concat(id || ':' || coalesce(p, 'NULL')) FROM {table}"))
    };
    CHILDREN.iter().map(dump).collect::<Vec<_>>().join(" ")
}

fn check_unharmed(project: &Project, args: &[&str]) {
    project.run(args).exits(0);
    assert_eq!(children(project), "10:1,11:2,12:2 20:1,21:2 30:2 40:2");
    assert_eq!(project.query("SELECT group_concat(id || coalesce(up, '')) FROM tree"), "1,21,32");
    assert_eq!(project.query("SELECT count(*) FROM pragma_foreign_key_check"), "0");
    content(&project.connect());
}

#[test]
fn the_documented_order_keeps_every_child() {
    for journal in Journal::BOTH {
        for transaction in ["", "transaction = \"revision\""] {
            let project = Project::with_config(transaction, "")
                .revision("r1", "", REBUILD, "")
                .database(journal, START);
            check_unharmed(&project, &["upgrade"]);
            assert!(
                project
                    .query("SELECT sql FROM sqlite_schema WHERE name = 'parent'")
                    .contains("NOT NULL")
            );
        }
    }
}

#[test]
fn so_does_a_downgrade() {
    let project = Project::new().revision("r1", "", "", REBUILD).database(Journal::Delete, START);
    project.run(&["upgrade"]).exits(0);
    check_unharmed(&project, &["downgrade", "base"]);
}

#[test]
fn so_does_a_rehearsal_and_it_changes_nothing() {
    let project = Project::new().revision("r1", "", REBUILD, "").database(Journal::Delete, START);
    let before = project.bytes();
    project.run(&["upgrade", "--dry-run"]).exits(0);
    assert_eq!(project.bytes(), before);
}

#[test]
fn so_does_the_script_for_the_sqlite3_shell() {
    if !super::project::has_program("sqlite3") {
        return super::project::skip("the script in the shell", "sqlite3 is not installed");
    }
    let project = Project::new().revision("r1", "", REBUILD, "").database(Journal::Delete, START);
    let script = project.run(&["upgrade", "--sql"]).exits(0).stdout;
    project.write("script.sql", script);
    let mut shell = project.command("sqlite3");
    let shell = shell.args(["app.db", "PRAGMA foreign_keys = ON", ".read script.sql"]);
    assert!(shell.status().unwrap().success());
    check_unharmed(&project, &["current"]);
    assert_eq!(project.rows(), "r1");
}

#[test]
fn a_pragma_in_the_body_that_sqlite_would_ignore_is_refused() {
    let body = format!("PRAGMA foreign_keys = ON;{REBUILD}");
    let project = Project::new().revision("r1", "", &body, "").database(Journal::Delete, START);
    let before = project.bytes();
    project.run(&["upgrade"]).exits(2).says(&["`PRAGMA foreign_keys`", "versions/r1.sql:7:"]);
    assert_eq!(project.bytes(), before);
}

#[test]
fn a_parent_that_is_dropped_for_good_is_found() {
    let project =
        Project::new().line(&["DELETE FROM parent WHERE id = 2;"]).database(Journal::Delete, START);
    let before = content(&project.connect());
    project.run(&["upgrade"]).exits(3).says(&["2 rows of `cascading`", "rolled back"]);
    assert_eq!(content(&project.connect()), before);
}

#[test]
fn under_foreign_keys_the_body_cascades_as_it_asked_for() {
    let project = Project::new()
        .revision("r1", "foreign_keys = true", "DELETE FROM tree WHERE id = 2;", "")
        .database(Journal::Delete, START);
    project.run(&["upgrade"]).exits(0);
    assert_eq!(project.query("SELECT group_concat(id) FROM tree"), "1");
}

#[test]
fn under_foreign_keys_dropping_a_parent_with_children_is_refused() {
    for header in ["foreign_keys = true", "foreign_keys = true\ntransaction = false"] {
        let body = REBUILD.replace("CREATE TABLE new_parent", "/* */CREATE TABLE new_parent");
        let project =
            Project::new().revision("r1", header, &body, "").database(Journal::Delete, START);
        let before = children(&project);
        let ran = project.run(&["upgrade"]);
        assert!(ran.code != Some(0), "{ran}");
        assert_eq!(children(&project), before, "{ran}");
    }
}

#[test]
fn under_foreign_keys_dropping_a_parent_whose_children_would_go_with_it_is_refused() {
    // Nothing in SQLite minds: afterwards every key that is left is in order.
    let without_restricting = "DROP TABLE restricting; DROP TABLE defaulting; DROP TABLE nulling;";
    for header in ["foreign_keys = true", "foreign_keys = true\ntransaction = false"] {
        let project = Project::new()
            .revision("r1", header, REBUILD, "")
            .database(Journal::Delete, &format!("{START}{without_restricting}"));
        project.run(&["upgrade"]).exits(3).says(&[
            "would delete or change 3 rows of `cascading` at statement 3 of 8, by dropping `parent`",
            "versions/r1.sql:",
            "without `-- foreign_keys = true`",
            "the database is at base",
        ]);
        assert_eq!(project.query("SELECT count(*) FROM cascading"), "3");
    }
    let project = Project::new()
        .revision(
            "r1",
            "foreign_keys = true",
            &format!("{without_restricting} DROP TABLE cascading; DROP TABLE parent;"),
            "",
        )
        .database(Journal::Delete, START);
    project.run(&["upgrade"]).exits(0);
}
