//! What the author of a file, or of `alembic.toml`, says about findings.

use super::{Level, Levels, Project, Rule, check, rules, show, summary};
use crate::graph::RevisionGraph;

const TABLES: &str =
    "CREATE TABLE a (id INTEGER PRIMARY KEY); CREATE TABLE b (id INTEGER PRIMARY KEY);";

#[test]
fn a_line_above_a_statement_stands_for_it() {
    let allow = "-- migrator:allow drop-table";
    check(TABLES, &format!("{allow}\nDROP TABLE a;\n\nDROP TABLE b;"), "drop-table");
    check(TABLES, &format!("{allow}\nDROP TABLE a;\nDROP TABLE b;"), "");
    check(TABLES, &format!("{allow}\n-- for good\nDROP TABLE a;\n\n{allow}\nDROP TABLE b;"), "");
    check(TABLES, &format!("-- the tables go\n{allow}\nDROP TABLE a;\nDROP TABLE b;"), "");
    check(TABLES, &format!("DROP TABLE a; {allow}\nDROP TABLE b;"), "drop-table");
    check(TABLES, &format!("DROP\n\nTABLE a; {allow}\nDROP TABLE b; {allow}"), "");
    check(TABLES, &format!("{allow}\nDROP -- a\n\n TABLE a;\nDROP TABLE b;"), "");
}

#[test]
fn a_line_elsewhere_stands_for_the_file() {
    let allow = "-- migrator:allow drop-table";
    let both = "DROP TABLE a;\n\nDROP TABLE b;";
    check(TABLES, &format!("{allow}\n\n{both}"), "");
    check(TABLES, &format!("{both}\n\n{allow}"), "");
    let above = format!("{allow}\n-- migrate:upgrade\n{both}");
    assert_eq!(rules(TABLES, &above), "");
    let below = format!("-- migrate:upgrade\n{both}\n\n{allow}\n-- migrate:downgrade irreversible");
    assert_eq!(rules(TABLES, &below), "");
}

#[test]
fn rules_about_the_revision_are_silenced_from_anywhere() {
    let text = "-- migrate:upgrade\nCREATE TABLE c (a);\n\n-- migrate:downgrade\n\
                -- migrator:allow downgrade-does-not-undo\nSELECT 1;";
    assert_eq!(rules(TABLES, text), "");
    let text = "-- migrate:upgrade\n-- migrator:allow no-downgrade\nCREATE TABLE c (a);\n\n\
                -- migrate:downgrade\n";
    assert_eq!(rules(TABLES, text), "");
}

#[test]
fn a_line_names_rules_and_reasons() {
    let both = "DROP TABLE IF EXISTS a;";
    check(TABLES, both, "drop-table if-not-exists-hides-drift");
    for names in [
        "drop-table, if-not-exists-hides-drift",
        "if-not-exists-hides-drift,drop-table: nobody, really, needs it",
        "drop-table , if-not-exists-hides-drift -- see the notes: all of them",
    ] {
        check(TABLES, &format!("-- migrator:allow {names}\n{both}"), "");
    }
    check(TABLES, &format!("-- migrator:allow drop-table\n{both}"), "if-not-exists-hides-drift");
    check(TABLES, "/* see migrator:allow drop-table */\nDROP TABLE a;", "drop-table");
    check(TABLES, "SELECT '\n-- migrator:allow drop-table\n';\nDROP TABLE a;", "drop-table");
    check(TABLES, "--migrator:allow   drop-table\nDROP TABLE a;", "");
}

#[test]
fn a_name_that_is_none_is_found() {
    let found = |text: &str| {
        let found =
            Project::on("", &format!("-- migrate:upgrade\n{text}\nSELECT 1;")).findings(&[]);
        let advice = found.first().map_or(String::new(), |it| it.advice.clone());
        format!("{}\n{advice}", show(&found))
    };
    assert_eq!(
        found("-- migrator:allow drop-tabel"),
        "unknown-rule 5:19 drop-tabel\ndid you mean `drop-table`?"
    );
    assert_eq!(
        found("-- migrator:allow zzz: why"),
        "unknown-rule 5:19 zzz\n`docs/lint.md` lists the rules"
    );
    assert_eq!(
        found("-- migrator:allow"),
        "unknown-rule 5:18 \nname what it is to silence: `-- migrator:allow drop-column`"
    );
    assert_eq!(found("-- migrator:allowance"), "\n");
}

#[test]
fn a_line_that_silences_nothing_is_found() {
    check(TABLES, "-- migrator:allow drop-column\nSELECT 1;", "unused-allow");
    check(TABLES, "-- migrator:allow drop-table, drop-column\nDROP TABLE a;", "unused-allow");
    // Only a database tells.
    check(TABLES, "-- migrator:allow edited-after-applied\nSELECT 1;", "");
}

#[test]
fn a_project_weighs_rules_its_own_way() {
    let mut project = Project::on(TABLES, "-- migrate:upgrade\nDROP TABLE IF EXISTS a;");
    project.levels = [(Rule::DropTable, Level::Error), (Rule::IfNotExistsHidesDrift, Level::Off)]
        .into_iter()
        .collect();
    let found = project.findings(&["b2"]);
    let found: Vec<_> = found.iter().map(|it| (it.rule, it.level)).collect();
    assert_eq!(found, [(Rule::DropTable, Level::Error)]);
}

#[test]
fn every_rule_can_be_silenced() {
    for rule in Rule::ALL {
        let it = super::guide(rule);
        let mut project = super::project(it.given, &it.bad);
        project.levels = [(rule, Level::Off)].into_iter().collect();
        let found = project.findings(&[]);
        assert!(found.iter().all(|it| it.rule != rule), "{}", rule.name());
        // These are about such lines themselves.
        if [Rule::Unknown, Rule::UnusedAllow].contains(&rule) {
            continue;
        }
        let mut project = super::project(it.given, &it.bad);
        for (_, text) in &mut project.files {
            *text = text.replace(
                "-- migrate:upgrade\n",
                &format!("-- migrator:allow {}\n-- migrate:upgrade\n", rule.name()),
            );
        }
        let found = project
            .findings(&["b2"].as_slice()[..usize::from(project.graph().by_id("b2").is_some())]);
        assert!(found.iter().all(|it| it.rule != rule), "{}: {}", rule.name(), show(&found));
    }
}

fn said(graph: &RevisionGraph, levels: &Levels) -> String {
    let revisions: Vec<_> = graph.indices().map(|it| &graph[it]).collect();
    let all = || crate::lint::indexes(revisions.iter().copied());
    summary(&revisions, levels, &all).unwrap_or_default()
}

/// What `upgrade` says of a revision before it runs.
#[track_caller]
fn check_summary(upgrade: &str, expected: &str) {
    let graph = Project::on("", &format!("-- migrate:upgrade\n{upgrade}")).graph();
    assert_eq!(said(&graph, &Levels::default()), expected, "{upgrade}");
}

#[test]
fn a_summary_says_what_the_words_say() {
    check_summary("drop table a;", "`b2`: 1 drop-table; `migrator lint b2` tells more");
    check_summary(
        "ALTER TABLE a DROP COLUMN b;\nALTER TABLE a DROP c;\nDROP TABLE d;",
        "`b2`: 1 drop-table, 2 drop-column; `migrator lint b2` tells more",
    );
    check_summary("CREATE TABLE t (a);\nALTER TABLE t ADD COLUMN b;\nDROP INDEX i;", "");
    // Rebuilds, in either order, and without their rows.
    let copy = "INSERT INTO n SELECT * FROM t;\n";
    let rebuild = |copy: &str| {
        format!("CREATE TABLE n (a);\n{copy}DROP TABLE t;\nALTER TABLE n RENAME TO t;")
    };
    check_summary(&rebuild(copy), "");
    let lost = "`b2`: 1 drop-table; `migrator lint b2` tells more";
    check_summary(&rebuild(""), lost);
    let away = |copy: &str| {
        format!("ALTER TABLE t RENAME TO o;\nCREATE TABLE t (a);\n{copy}DROP TABLE o;")
    };
    check_summary(&away("INSERT INTO t (a) SELECT a FROM o;\n"), "");
    check_summary(&away("INSERT INTO t (a) SELECT count(*) FROM o;\n"), lost);
    check_summary(&away(""), lost);
    // What goes elsewhere first.
    check_summary("INSERT INTO u SELECT * FROM t;\nDROP TABLE t;", "");
    check_summary("UPDATE t SET b = a;\nALTER TABLE t DROP COLUMN a;", "");
    // What says it itself, with the number of rows.
    check_summary("-- migrate:warn-if rows of t go: SELECT a FROM t\nDROP TABLE t;", "");
    check_summary("-- migrate:warn-if rows of t go: SELECT a FROM t\nALTER TABLE t DROP a;", "");
    check_summary("-- migrator:allow drop-table\nDROP TABLE t;", "");
    // Rows that are deleted, and those that are not old, or elsewhere by then.
    let deleted = "`b2`: 1 delete-rows; `migrator lint b2` tells more";
    check_summary("delete from t where a = 1;", deleted);
    check_summary("WITH x AS (SELECT 1) DELETE FROM t;", deleted);
    check_summary("CREATE TABLE t (a);\nDELETE FROM t;", "");
    check_summary("CREATE TEMP TABLE t (a);\nDELETE FROM t;", "");
    check_summary("INSERT INTO u SELECT * FROM t;\nDELETE FROM t;", "");
    check_summary("INSERT INTO u SELECT * FROM t WHERE a;\nDELETE FROM t WHERE a;", "");
    check_summary("DELETE FROM t;\nDROP TABLE t;", lost);
    check_summary("-- migrate:warn-if rows of t go: SELECT a FROM t\nDELETE FROM t;", "");
    check_summary("-- migrator:allow delete-rows\nDELETE FROM t;", "");
    check_summary("", "`b2`: 1 empty-upgrade; `migrator lint b2` tells more");
    check_summary("-- migrator:allow empty-upgrade\n", "");
    check_summary("ATTACÖ 'x';\nDRÖP TABLE t;\nATT;", "");
}

/// What is a note is not spoken of before it runs, unless the project wants it.
#[test]
fn a_summary_says_of_overwritten_columns_where_that_is_a_warning() {
    let levels: Levels = [(Rule::UpdateAllRows, Level::Warning)].into_iter().collect();
    let check = |upgrade: &str, is_said: bool| {
        let graph = Project::on("", &format!("-- migrate:upgrade\n{upgrade}")).graph();
        assert_eq!(said(&graph, &Levels::default()), "", "{upgrade}");
        let expected = "`b2`: 1 update-all-rows; `migrator lint b2` tells more";
        assert_eq!(said(&graph, &levels), if is_said { expected } else { "" }, "{upgrade}");
    };
    check("UPDATE t SET a = b;", true);
    check("UPDATE t SET a = lower(a);", false);
    check("UPDATE t SET a = b WHERE a IS NULL;", false);
    check("ALTER TABLE t ADD COLUMN a;\nUPDATE t SET a = b;", false);
    check("CREATE TABLE t (a, b);\nUPDATE t SET a = b;", false);
    check("INSERT INTO u SELECT a FROM t;\nUPDATE t SET a = b;", false);
}

/// What `upgrade` counts of a revision on these tables, and what lint finds: the same.
#[track_caller]
fn check_both(given: &str, upgrade: &str, expected: &str) {
    check(given, upgrade, expected);
    let project = Project::on(given, &format!("-- migrate:upgrade\n{upgrade}"));
    let graph = project.graph();
    let revisions: Vec<_> = graph.indices().map(|it| &graph[it]).collect();
    let pending = [revisions[revisions.len() - 1]];
    let all = || crate::lint::indexes(revisions.iter().copied());
    let said = summary(&pending, &Levels::default(), &all).unwrap_or_default();
    let counted = said.contains(": 1 drop-table;");
    assert_eq!(counted, expected == "drop-table", "{upgrade}: {said}");
}

#[test]
fn lint_tells_more_of_what_a_summary_counts() {
    let text = "CREATE TABLE t (a INTEGER PRIMARY KEY, b);";
    let index = "CREATE TABLE t (a INTEGER PRIMARY KEY, b);\n\
                 CREATE VIRTUAL TABLE f USING fts5(b, content = 't', content_rowid = 'a');";
    let again = "CREATE VIRTUAL TABLE f USING fts5(b, a, content='t', content_rowid='a');";
    check_both(index, &format!("DROP TABLE f;\n{again}"), "");
    check_both(index, "DROP TABLE f;", "");
    check_both("CREATE VIRTUAL TABLE f USING fts5(b);", "DROP TABLE f;", "drop-table");
    check_both(
        "CREATE VIRTUAL TABLE f USING fts5(b);",
        "DROP TABLE f;\nCREATE VIRTUAL TABLE f USING fts5(b, c);",
        "drop-table",
    );
    // Made again without its rows, with them, and moved.
    check_both(text, &format!("DROP TABLE t;\n{text}"), "drop-table");
    check_both(
        text,
        &format!(
            "CREATE TEMP TABLE n AS SELECT * FROM t;\nDROP TABLE t;\n{text}\nINSERT INTO t SELECT * FROM n;"
        ),
        "",
    );
    check_both(
        text,
        &format!(
            "CREATE TABLE n AS SELECT * FROM t;\nDROP TABLE t;\n{text}\nINSERT INTO t SELECT * FROM n;\nDROP TABLE n;"
        ),
        "",
    );
    check_both(
        text,
        "CREATE TABLE n (a INTEGER PRIMARY KEY, b);\nINSERT INTO n SELECT * FROM t;\nDROP TABLE t;",
        "",
    );
}

#[test]
fn a_summary_counts_revisions() {
    let drop = "-- migrate:upgrade\nDROP TABLE t;";
    let graph = Project::new().revision("a1", &[], drop).revision("b2", &["a1"], drop).graph();
    let usual = Levels::default();
    assert_eq!(said(&graph, &usual), "2 revisions: 2 drop-table; `migrator lint a1` tells more");
    let off = [(Rule::DropTable, Level::Off)].into_iter().collect();
    assert_eq!(said(&graph, &off), "");
}

#[test]
fn what_the_same_upgrade_makes_is_not_lost_by_it() {
    let two = |first: &str, second: &str| {
        let [first, second] = [first, second].map(|it| format!("-- migrate:upgrade\n{it}"));
        let project = Project::new().revision("a1", &[], &first).revision("b2", &["a1"], &second);
        said(&project.graph(), &Levels::default())
    };
    let drop = "ALTER TABLE t DROP COLUMN a;";
    assert_eq!(two("CREATE TABLE t (a, b);", drop), "");
    assert_eq!(two("CREATE TABLE s (a, b);\nALTER TABLE s RENAME TO t;", drop), "");
    let found = "`b2`: 1 drop-column; `migrator lint b2` tells more";
    assert_eq!(two("CREATE TABLE s (a, b);", drop), found);
    // A rebuild makes no table.
    assert_eq!(
        two(
            "ALTER TABLE t RENAME TO o;\nCREATE TABLE t (a, b);\nINSERT INTO t SELECT * FROM o;\nDROP TABLE o;",
            drop
        ),
        found
    );
    assert_eq!(
        two(
            "CREATE TABLE n (a, b);\nINSERT INTO n SELECT * FROM t;\nDROP TABLE t;\nALTER TABLE n RENAME TO t;",
            drop
        ),
        found
    );
}
