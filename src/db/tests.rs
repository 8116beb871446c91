//! Opening files, on real ones.

use std::collections::BTreeMap;
use std::fs;

use tempfile::TempDir;

use super::*;
use crate::fsutil;

const PATIENCE: Duration = Duration::from_millis(50);

/// A folder with a database `app.db` of one row in it, in the given journal mode.
fn folder(journal_mode: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let connection = Connection::open(folder.path().join("app.db")).unwrap();
    let sql = format!(
        "PRAGMA journal_mode = {journal_mode}; CREATE TABLE t(a); INSERT INTO t VALUES (7);"
    );
    connection.execute_batch(&sql).unwrap();
    folder
}

fn at(folder: &TempDir, name: &str) -> DatabaseLocation {
    DatabaseLocation::File(folder.path().join(name))
}

/// Every file of a folder with its bytes.
fn contents(folder: &TempDir) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

#[track_caller]
fn check_fails(location: &DatabaseLocation, access: Access, expected: fn(&DbError) -> bool) {
    match Database::open(location, access, PATIENCE) {
        Ok(_) => panic!("opened"),
        Err(err) => assert!(expected(&err), "{err:?}"),
    }
}

#[test]
fn reading_leaves_no_file_and_changes_no_byte() {
    for mode in ["delete", "wal", "truncate"] {
        let folder = folder(mode);
        let before = contents(&folder);
        let database = Database::open(&at(&folder, "app.db"), Access::Read, PATIENCE).unwrap();
        assert!(VersionTable::new("alembic_version").rows(&database).unwrap().is_empty());
        assert!(foreign_keys(&database).unwrap().new_since(&ForeignKeyState::default()).is_empty());
        drop(database);
        assert!(contents(&folder) == before, "{mode}");
    }
}

#[test]
fn reading_rolls_back_what_a_crash_left() {
    let folder = folder("delete");
    let crashing = Connection::open(folder.path().join("app.db")).unwrap();
    // More than the cache holds, so that half of it is in the file.
    let sql = "PRAGMA cache_size = 2; BEGIN; UPDATE t SET a = 8;
               WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)
               INSERT INTO t SELECT zeroblob(4000) FROM n";
    crashing.execute_batch(sql).unwrap();
    for (from, to) in [("app.db", "copy.db"), ("app.db-journal", "copy.db-journal")] {
        fs::copy(folder.path().join(from), folder.path().join(to)).unwrap();
    }
    let database = Database::open(&at(&folder, "copy.db"), Access::Read, PATIENCE).unwrap();
    let rows: String = database
        .connection
        .query_row("SELECT group_concat(a) FROM t", [], |row| row.get(0))
        .unwrap();
    assert_eq!(rows, "7");
    assert!(!folder.path().join("copy.db-journal").exists());
}

#[test]
fn reading_refuses_to_write() {
    let folder = folder("delete");
    let database = Database::open(&at(&folder, "app.db"), Access::Read, PATIENCE).unwrap();
    let err = database.execute("DELETE FROM t").unwrap_err();
    assert_eq!(err.kind, SqliteErrorKind::ReadOnly);
}

#[test]
fn a_missing_file_is_made_only_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let (missing, nowhere) = (at(&folder, "app.db"), at(&folder, "a/b/app.db"));
    for access in [Access::Read, Access::Write] {
        check_fails(&missing, access, |err| matches!(err, DbError::Missing { .. }));
        check_fails(&nowhere, access, |err| matches!(err, DbError::MissingFolder { .. }));
    }
    assert!(!exists(&missing));
    assert_eq!(contents(&folder).len(), 0);
    for location in [missing, nowhere] {
        let database = Database::open(&location, Access::Create, PATIENCE).unwrap();
        database.execute("CREATE TABLE t(a)").unwrap();
        assert!(exists(&location));
    }
}

#[test]
fn an_empty_file_is_an_empty_database() {
    let folder = tempfile::tempdir().unwrap();
    fs::File::create(folder.path().join("app.db")).unwrap();
    let database = Database::open(&at(&folder, "app.db"), Access::Write, PATIENCE).unwrap();
    database.execute("CREATE TABLE t(a)").unwrap();
}

#[test]
fn what_is_no_database_is_found_when_it_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    fsutil::write_new(&folder.path().join("text"), &"not a database ".repeat(99)).unwrap();
    for access in [Access::Read, Access::Write, Access::Create] {
        check_fails(&at(&folder, "text"), access, |err| {
            matches!(err, DbError::NotADatabase { .. })
        });
        check_fails(&at(&folder, "."), access, |err| matches!(err, DbError::IsDirectory { .. }));
    }
}

#[cfg(unix)]
#[test]
fn a_read_only_file_is_read_and_not_written() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = folder("delete");
    let path = folder.path().join("app.db");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
    // The superuser may write everything.
    let is_superuser = fs::OpenOptions::new().write(true).open(&path).is_ok();
    Database::open(&at(&folder, "app.db"), Access::Read, PATIENCE).unwrap();
    if !is_superuser {
        let location = at(&folder, "app.db");
        check_fails(&location, Access::Write, |err| matches!(err, DbError::ReadOnly { .. }));
    }
    let uri = DatabaseLocation::Uri { uri: format!("file:{}?mode=ro", path.display()), path };
    check_fails(&uri, Access::Write, |err| matches!(err, DbError::ReadOnly { .. }));
}

#[test]
fn a_locked_file_is_busy() {
    let folder = folder("delete");
    let other = Connection::open(folder.path().join("app.db")).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    check_fails(&at(&folder, "app.db"), Access::Read, DbError::is_busy);
}

#[test]
fn foreign_keys_cannot_be_set_inside_a_transaction() {
    let database = Database::open_in_memory().unwrap();
    database.set_foreign_keys(true).unwrap();
    database.set_foreign_keys(false).unwrap();
    database.begin(Lock::Write).unwrap();
    let err = database.set_foreign_keys(true).unwrap_err();
    assert!(matches!(err, DbError::Setting { setting: "foreign_keys", found: 0, .. }));
}

#[test]
fn settings_that_a_body_left_are_reset() {
    let database = Database::open_in_memory().unwrap();
    database.execute("CREATE TABLE t(a TEXT CHECK (a <> 'x'))").unwrap();
    for setting in
        ["legacy_alter_table", "writable_schema", "ignore_check_constraints", "case_sensitive_like"]
    {
        database.execute(&format!("PRAGMA {setting} = ON")).unwrap();
    }
    database.execute("PRAGMA trusted_schema = OFF").unwrap();
    database.reset_settings().unwrap();
    assert_eq!(database.pragma("legacy_alter_table").unwrap(), 0);
    assert_eq!(database.pragma("writable_schema").unwrap(), 0);
    database.execute("INSERT INTO t VALUES ('x')").unwrap_err();
    assert_eq!(database.execute("INSERT INTO t SELECT 'y' WHERE 'a' LIKE 'A'").unwrap(), 1);
}

#[test]
fn a_statement_runs_to_its_end_and_counts_what_it_changed() {
    let database = Database::open_in_memory().unwrap();
    assert_eq!(database.execute("CREATE TABLE t(a)").unwrap(), 0);
    assert_eq!(database.execute("INSERT INTO t VALUES (1), (2) RETURNING a").unwrap(), 2);
    assert_eq!(database.execute("ALTER TABLE t ADD COLUMN b").unwrap(), 0);
    assert_eq!(database.execute("ALTER TABLE t RENAME COLUMN b TO c").unwrap(), 0);
    assert_eq!(database.execute("SELECT * FROM t").unwrap(), 0);
    assert_eq!(database.execute("UPDATE t SET a = 3 WHERE a = 1").unwrap(), 1);
}

#[test]
fn an_error_has_its_offset_where_sqlite_knows_it() {
    let database = Database::open_in_memory().unwrap();
    let err = database.execute("SELECT 1, nope").unwrap_err();
    assert_eq!((err.offset, err.message.as_str()), (Some(10), "no such column: nope"));
    assert_eq!(database.execute("DROP TABLE nope").unwrap_err().offset, None);
}

#[test]
fn a_parameter_has_no_value() {
    let database = Database::open_in_memory().unwrap();
    database.execute("CREATE TABLE t(a)").unwrap();
    let err = database.execute("INSERT INTO t VALUES (:name)").unwrap_err();
    assert_eq!(err.message, "`:name` is a parameter, and it has no value");
}

#[test]
fn a_watch_interrupts_a_statement() {
    let mut database = Database::open_in_memory().unwrap();
    database.set_watch(Some(Arc::new(|| false))).unwrap();
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
                   SELECT count(*) FROM n";
    assert_eq!(database.execute(endless).unwrap_err().kind, SqliteErrorKind::Interrupted);
    database.set_watch(None).unwrap();
    database.execute("SELECT 1").unwrap();
}

#[test]
fn synchronous_is_raised_on_a_wal_database_and_never_lowered() {
    let folder = folder("wal");
    let database = Database::open(&at(&folder, "app.db"), Access::Write, PATIENCE).unwrap();
    for (before, after) in [("OFF", 2), ("NORMAL", 2), ("FULL", 2), ("EXTRA", 3)] {
        database.execute(&format!("PRAGMA synchronous = {before}")).unwrap();
        database.raise_synchronous().unwrap();
        assert_eq!(database.pragma("synchronous").unwrap(), after, "{before}");
    }
}

#[test]
fn the_configuration_knows_the_version_of_sqlite() {
    let bundled = crate::config::SqliteVersion::BUNDLED;
    assert_eq!(bundled.to_string(), rusqlite::version());
}
