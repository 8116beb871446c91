use super::*;

use std::collections::BTreeSet;

use rusqlite::Connection;

/// How a PRAGMA is tried out.
#[derive(Debug, Clone, Copy)]
enum Probe {
    /// Set to this value, which is not the default, unless that is shared by the whole process.
    Set(&'static str),
    /// Run as it is: there is nothing to set.
    Run,
}

/// Every PRAGMA that SQLite 3.54.1 lists.
#[rustfmt::skip]
const PROBES: &[(&str, Probe)] = &[
    ("analysis_limit", Probe::Set("7")),
    ("application_id", Probe::Set("7")),
    ("auto_vacuum", Probe::Set("full")),
    ("automatic_index", Probe::Set("off")),
    ("busy_timeout", Probe::Set("7")),
    ("cache_size", Probe::Set("7")),
    ("cache_spill", Probe::Set("off")),
    ("case_sensitive_like", Probe::Set("on")),
    ("cell_size_check", Probe::Set("on")),
    ("checkpoint_fullfsync", Probe::Set("on")),
    ("collation_list", Probe::Run),
    ("compile_options", Probe::Run),
    ("count_changes", Probe::Set("on")),
    ("data_version", Probe::Run),
    ("database_list", Probe::Run),
    ("default_cache_size", Probe::Set("7")),
    ("defer_foreign_keys", Probe::Set("on")),
    ("empty_result_callbacks", Probe::Set("on")),
    ("encoding", Probe::Set("'UTF-16le'")),
    ("foreign_key_check", Probe::Run),
    ("foreign_key_list", Probe::Run),
    ("foreign_keys", Probe::Set("off")),
    ("freelist_count", Probe::Run),
    ("full_column_names", Probe::Set("on")),
    ("fullfsync", Probe::Set("on")),
    ("function_list", Probe::Run),
    ("hard_heap_limit", Probe::Set("0")),
    ("ignore_check_constraints", Probe::Set("on")),
    ("incremental_vacuum", Probe::Run),
    ("index_info", Probe::Run),
    ("index_list", Probe::Run),
    ("index_xinfo", Probe::Run),
    ("integrity_check", Probe::Run),
    ("journal_mode", Probe::Set("persist")),
    ("journal_size_limit", Probe::Set("7")),
    ("legacy_alter_table", Probe::Set("on")),
    ("locking_mode", Probe::Set("exclusive")),
    ("max_page_count", Probe::Set("700")),
    ("mmap_size", Probe::Set("700")),
    ("module_list", Probe::Run),
    ("optimize", Probe::Run),
    ("page_count", Probe::Run),
    ("page_size", Probe::Set("8192")),
    ("pragma_list", Probe::Run),
    ("query_only", Probe::Set("on")),
    ("quick_check", Probe::Run),
    ("read_uncommitted", Probe::Set("on")),
    ("recursive_triggers", Probe::Set("on")),
    ("reverse_unordered_selects", Probe::Set("on")),
    ("schema_version", Probe::Set("700")),
    ("secure_delete", Probe::Set("fast")),
    ("short_column_names", Probe::Set("off")),
    ("shrink_memory", Probe::Run),
    ("soft_heap_limit", Probe::Set("0")),
    ("synchronous", Probe::Set("off")),
    ("table_info", Probe::Run),
    ("table_list", Probe::Run),
    ("table_xinfo", Probe::Run),
    ("temp_store", Probe::Set("memory")),
    ("temp_store_directory", Probe::Set("''")),
    ("threads", Probe::Set("3")),
    ("trusted_schema", Probe::Set("off")),
    ("user_version", Probe::Set("7")),
    ("wal_autocheckpoint", Probe::Set("7")),
    ("wal_checkpoint", Probe::Run),
    ("writable_schema", Probe::Set("on")),
];

/// Databases in which a PRAGMA may behave differently.
const DATABASES: [&str; 4] = [
    "",
    "CREATE TABLE t (a);",
    "CREATE TABLE t (a); CREATE TEMP TABLE u (a);",
    "PRAGMA journal_mode = wal; CREATE TABLE t (a);",
];

/// All rows of one statement as text, or the error.
fn rows(db: &Connection, sql: &str) -> Result<Vec<String>, String> {
    let run = || {
        let mut statement = db.prepare(sql)?;
        let n_columns = statement.column_count();
        let mut rows = statement.query([])?;
        let mut texts = Vec::new();
        while let Some(row) = rows.next()? {
            let values: Result<Vec<_>, _> =
                (0..n_columns).map(|it| row.get::<_, rusqlite::types::Value>(it)).collect();
            let values: Vec<String> = values?.iter().map(|it| format!("{it:?}")).collect();
            texts.push(values.join(" "));
        }
        Ok(texts)
    };
    run().map_err(|err: rusqlite::Error| err.to_string())
}

/// What a PRAGMA says when it is run, and what it reads then.
fn outcome(
    setup: &str,
    in_transaction: bool,
    name: &str,
    probe: Probe,
) -> [Result<Vec<String>, String>; 2] {
    let directory = tempfile::tempdir().unwrap();
    let db = Connection::open(directory.path().join("db")).unwrap();
    db.execute_batch(setup).unwrap();
    if in_transaction {
        // Some PRAGMAs are refused only after the first write, as by then there is a journal.
        db.execute_batch("BEGIN IMMEDIATE; CREATE TABLE first (a)").unwrap();
    }
    let query = format!("PRAGMA {name}");
    let done = match probe {
        Probe::Set(value) => rows(&db, &format!("PRAGMA {name} = {value}")),
        Probe::Run => rows(&db, &query),
    };
    [done, rows(&db, &query)]
}

/// Whether SQLite does something else with the PRAGMA inside a transaction than outside.
fn differs_in_a_transaction(name: &str, probe: Probe) -> bool {
    DATABASES.iter().any(|setup| {
        let outside = outcome(setup, false, name, probe);
        let inside = outcome(setup, true, name, probe);
        match probe {
            Probe::Set(_) => outside != inside,
            // The answer is about a database that has another table.
            Probe::Run => outside.map(|it| it.is_err()) != inside.map(|it| it.is_err()),
        }
    })
}

#[test]
fn every_pragma_of_this_sqlite_is_probed() {
    let db = Connection::open_in_memory().unwrap();
    let mut listed = db.prepare("SELECT name FROM pragma_pragma_list").unwrap();
    let listed: Result<BTreeSet<String>, _> =
        listed.query_map([], |row| row.get(0)).unwrap().collect();
    let probed: BTreeSet<String> = PROBES.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(listed.unwrap(), probed);
}

#[test]
fn exactly_the_pragmas_that_a_transaction_changes_are_forbidden() {
    let found: Vec<&str> = PROBES
        .iter()
        .filter(|(name, probe)| differs_in_a_transaction(name, *probe))
        .map(|(name, _)| *name)
        .collect();
    let forbidden: Vec<&str> = PRAGMAS.iter().map(|(name, ..)| *name).collect();
    assert_eq!(found, forbidden);
}

#[test]
fn the_query_form_of_a_forbidden_setting_works_in_a_transaction() {
    let db = Connection::open_in_memory().unwrap();
    db.execute_batch("BEGIN IMMEDIATE; CREATE TABLE t (a)").unwrap();
    for (name, form, _) in PRAGMAS {
        assert_eq!(rows(&db, &format!("PRAGMA {name}")).is_ok(), form == Form::Setting, "{name}");
    }
}

/// What SQLite does with `statement` in a transaction that has created and used things.
#[track_caller]
fn check_sqlite(statement: &str, is_refused: bool, stays_in_transaction: bool) {
    let db = Connection::open_in_memory().unwrap();
    db.execute_batch("ATTACH ':memory:' AS used; BEGIN; SAVEPOINT s; CREATE TABLE used.t (a)")
        .unwrap();
    assert_eq!(rows(&db, statement).is_err(), is_refused, "{statement}");
    assert_eq!(!db.is_autocommit(), stays_in_transaction, "{statement}");
}

#[test]
fn sqlite_gives_the_reasons_for_the_forbidden_statements() {
    check_sqlite("BEGIN", true, true);
    check_sqlite("VACUUM", true, true);
    check_sqlite("DETACH used", true, true);
    check_sqlite("COMMIT", false, false);
    check_sqlite("END", false, false);
    check_sqlite("ROLLBACK", false, false);
    check_sqlite("RELEASE s", false, true);
    check_sqlite("ATTACH ':memory:' AS another", false, true);
}

#[track_caller]
fn check(statement: &str, expected: Option<(&str, &str)>) {
    let found = forbidden_in_transaction(statement);
    let found = found.as_ref().map(|it| (it.what.as_str(), &statement[it.span.clone()]));
    assert_eq!(found, expected, "{statement}");
}

#[test]
fn transaction_control_is_forbidden() {
    check("BEGIN", Some(("BEGIN", "BEGIN")));
    check("begin immediate", Some(("BEGIN", "begin")));
    check("COMMIT TRANSACTION", Some(("COMMIT", "COMMIT")));
    check("End", Some(("END", "End")));
    check("ROLLBACK TO s", Some(("ROLLBACK", "ROLLBACK")));
    check("SAVEPOINT s", Some(("SAVEPOINT", "SAVEPOINT")));
    check("RELEASE s", Some(("RELEASE", "RELEASE")));
    check("ATTACH 'x.db' AS x", Some(("ATTACH", "ATTACH")));
    check("DETACH x", Some(("DETACH", "DETACH")));
    check("vacuum into 'copy.db'", Some(("VACUUM", "vacuum")));
}

#[test]
fn comments_and_marks_in_front_hide_nothing() {
    check("/* x */ -- y\n COMMIT", Some(("COMMIT", "COMMIT")));
    check("\u{feff}COMMIT", Some(("COMMIT", "COMMIT")));
    check(";; COMMIT", Some(("COMMIT", "COMMIT")));
    check(
        "PRAGMA/**/foreign_keys--\n=/**/0",
        Some(("PRAGMA foreign_keys", "PRAGMA/**/foreign_keys")),
    );
}

#[test]
fn a_name_is_no_statement() {
    check("", None);
    check("'BEGIN'", None);
    check("\"BEGIN\"", None);
    check("SELECT 1 AS begin", None);
    check("INSERT INTO vacuum VALUES ('COMMIT')", None);
    check("beginning", None);
    check("CREATE TRIGGER t AFTER INSERT ON x BEGIN SELECT 1; END", None);
}

#[test]
fn explain_makes_everything_harmless() {
    check("EXPLAIN VACUUM", None);
    check("EXPLAIN QUERY PLAN BEGIN", None);
    check("explain pragma foreign_keys = on", None);
}

#[test]
fn a_setting_is_forbidden_and_a_query_is_not() {
    let foreign_keys = "PRAGMA foreign_keys";
    check("PRAGMA foreign_keys = OFF", Some((foreign_keys, "PRAGMA foreign_keys")));
    check("PRAGMA foreign_keys(0)", Some((foreign_keys, "PRAGMA foreign_keys")));
    check("pragma Foreign_Keys=1", Some((foreign_keys, "pragma Foreign_Keys")));
    check("PRAGMA foreign_keys", None);
    check("PRAGMA main.journal_mode", None);
    check("PRAGMA wal_checkpoint", Some(("PRAGMA wal_checkpoint", "PRAGMA wal_checkpoint")));
    check(
        "PRAGMA main.wal_checkpoint(FULL)",
        Some(("PRAGMA wal_checkpoint", "PRAGMA main.wal_checkpoint")),
    );
}

#[test]
fn schemas_and_quotes_hide_no_pragma() {
    let journal_mode = "PRAGMA journal_mode";
    check("PRAGMA main.journal_mode=wal", Some((journal_mode, "PRAGMA main.journal_mode")));
    check(
        "PRAGMA [main] . 'journal_mode' (wal)",
        Some((journal_mode, "PRAGMA [main] . 'journal_mode'")),
    );
    check("PRAGMA `JOURNAL_mode`=wal", Some((journal_mode, "PRAGMA `JOURNAL_mode`")));
    check("PRAGMA journal_mode.user_version = 1", None);
}

#[test]
fn other_pragmas_are_allowed() {
    check("PRAGMA", None);
    check("PRAGMA main.", None);
    check("PRAGMA = 1", None);
    check("PRAGMA user_version = 1", None);
    check("PRAGMA defer_foreign_keys = on", None);
    check("PRAGMA foreign_key_check(t)", None);
    check("PRAGMA legacy_alter_table = on", None);
}
