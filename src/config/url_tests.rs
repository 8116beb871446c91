//! Facts about database URLs.

use super::*;

/// `expected` is the path of a file, `<uri> (<path>)`, `memory`, or an error; `/p` is the folder
/// that paths are relative to.
#[track_caller]
fn check(text: &str, expected: &str) {
    let found = match parse(text, Path::new("/p")) {
        Ok(DatabaseLocation::File(path)) => path.display().to_string(),
        Ok(DatabaseLocation::Uri { uri, path }) => format!("{uri} ({})", path.display()),
        Ok(DatabaseLocation::Memory) => "memory".to_owned(),
        Err(err) => err.to_string(),
    };
    assert_eq!(found, expected, "{text}");
}

#[test]
fn sqlalchemy_has_three_slashes_before_a_path() {
    check("sqlite:///data.db", "/p/data.db");
    check("sqlite:///./data/db.sqlite3", "/p/data/db.sqlite3");
    check("sqlite:///../data.db", "/p/../data.db");
    check("sqlite:////abs/data.db", "/abs/data.db");
    check("sqlite+aiosqlite:///./data/db.sqlite3", "/p/data/db.sqlite3");
    check("sqlite+pysqlite:////abs/data.db", "/abs/data.db");
    check("SQLite+AioSQLite:///Data.db", "/p/Data.db");
    check("sqlite:///a b#c:d@e.db", "/p/a b#c:d@e.db");
    check("sqlite:///~/data.db", "/p/~/data.db");
}

#[test]
fn sqlx_has_two_slashes_or_none() {
    check("sqlite:data.db", "/p/data.db");
    check("sqlite:./data.db", "/p/data.db");
    check("sqlite:/abs/data.db", "/abs/data.db");
    check("sqlite://data.db", "/p/data.db");
    check("sqlite://data/my.db", "/p/data/my.db");
    check("sqlite://data.db?mode=rwc", "/p/data.db");
    check("sqlite:data.db?mode=ro", "file:/p/data.db?mode=ro (/p/data.db)");
}

#[test]
fn a_file_uri_keeps_its_parameters() {
    check("file:data.db", "/p/data.db");
    check("file:/abs/data.db", "/abs/data.db");
    check("file:///abs/data.db", "/abs/data.db");
    check("file://localhost/abs/data.db", "/abs/data.db");
    check("file:data.db?mode=ro&cache=shared", "file:/p/data.db?mode=ro&cache=shared (/p/data.db)");
    check("file:data.db?mode=rwc", "/p/data.db");
    check("file:data.db?mode=rw%63", "/p/data.db");
    check("file:data.db?mode=rwc&cache=shared", "file:/p/data.db?cache=shared (/p/data.db)");
    check("file:data.db?psow=%31&mode=rwc&", "file:/p/data.db?psow=%31 (/p/data.db)");
    check("file:data.db?vfs=unix-dotfile", "file:/p/data.db?vfs=unix-dotfile (/p/data.db)");
    check("file:data.db?nolock=1#part", "file:/p/data.db?nolock=1 (/p/data.db)");
    check("FILE:data.db", "/p/data.db");
}

#[test]
fn sqlalchemy_wraps_file_uris() {
    check("sqlite:///file:data.db", "/p/data.db");
    check(
        "sqlite:///file:data.db?mode=ro&uri=true",
        "file:/p/data.db?mode=ro&uri=true (/p/data.db)",
    );
    check("sqlite:///file::memory:?cache=shared&uri=true", "memory");
}

#[test]
fn anything_else_is_a_path_as_it_stands() {
    check("data.db", "/p/data.db");
    check("./data//my.db", "/p/data/my.db");
    check("/abs/data.db", "/abs/data.db");
    check("~/data.db", "/p/~/data.db");
    check("a%20b?c=d#e.db", "/p/a%20b?c=d#e.db");
    check("./data:base.db", "/p/data:base.db");
}

#[test]
fn memory_has_many_names() {
    for text in [
        ":memory:",
        "sqlite://",
        "sqlite+aiosqlite://",
        "sqlite:///:memory:",
        "sqlite+aiosqlite:///:memory:",
        "sqlite::memory:",
        "sqlite://:memory:",
        "sqlite:///:memory:?cache=shared",
        "sqlite:x?mode=memory",
        "file::memory:",
        "file:x?mode=memory&cache=shared",
        "file:/x?vfs=memdb",
        "file:",
        "file:?mode=rwc",
    ] {
        check(text, "memory");
    }
}

#[test]
fn urls_are_decoded_and_paths_are_not() {
    check("sqlite:///a%20b.db", "/p/a b.db");
    check("sqlite:a%20b.db", "/p/a b.db");
    check("file:a%20b%3Fc.db", "/p/a b?c.db");
    check("sqlite:///100%.db", "/p/100%.db");
    check("sqlite:///a%zz.db", "/p/a%zz.db");
    check("sqlite:///a%00b.db", r"it has the control character '\0'");
}

#[test]
fn a_path_is_encoded_where_a_uri_is_made_of_it() {
    check("sqlite:///a b#ü%25.db?mode=ro", "file:/p/a%20b%23%C3%BC%25.db?mode=ro (/p/a b#ü%.db)");
    check("file:a%20b.db?mode=ro", "file:/p/a%20b.db?mode=ro (/p/a b.db)");
}

#[test]
fn parameters_of_python_drivers_are_ignored() {
    check("sqlite:///data.db?timeout=30&check_same_thread=false", "/p/data.db");
    check(
        "sqlite:///data.db?mode=ro&timeout=3&immutable=1",
        "file:/p/data.db?mode=ro&immutable=1 (/p/data.db)",
    );
    check("sqlite:///data.db?", "/p/data.db");
}

#[test]
fn other_parameters_are_refused() {
    check("sqlite:///data.db?vfs=unix", "it has the unknown parameter `vfs`");
    check("sqlite:data.db?bogus", "it has the unknown parameter `bogus`");
    check(
        "sqlite:data.db?mode=wr",
        "its parameter `mode` must be ro or rw or rwc or memory, not `wr`",
    );
}

#[test]
fn other_databases_are_refused() {
    let refused = |scheme: &str| format!("`{scheme}` is not a scheme for SQLite");
    check("postgresql://me:secret@host/db", &refused("postgresql"));
    check("postgresql+asyncpg://host/db", &refused("postgresql+asyncpg"));
    check("mysql:host", &refused("mysql"));
    check("sqlite3:///data.db", &refused("sqlite3"));
    check("jdbc:sqlite:data.db", &refused("jdbc"));
    check("sqlite+pysqlcipher://:secret@/data.db", &refused("sqlite+pysqlcipher"));
    check("file+x:///data.db", &refused("file+x"));
}

#[test]
fn databases_without_a_file_are_refused() {
    check("", "it is empty");
    check("  ", "it is empty");
    check("sqlite:", "it names no file");
    check("sqlite:///", "it names no file");
    check("sqlite:?mode=ro", "it names no file");
    check("sqlite:///data.db\n", r"it has the control character '\n'");
    check("sqlite+aiosqlite:data.db", "`sqlite+aiosqlite:` must be followed by `///` and a path");
    check(
        "sqlite+aiosqlite://data/my.db",
        "it names the host `data`, and SQLite databases are files",
    );
    check("sqlite://me:pw@host/my.db", "it names the host `host`, and SQLite databases are files");
    check("file://host/my.db", "it names the host `host`, and SQLite databases are files");
}

#[cfg(not(windows))]
#[test]
fn drives_are_refused_where_there_are_none() {
    check(r"sqlite:///C:\data.db", r"`C:\data.db` is a path of Windows");
    check("sqlite:///C:/data.db", "`C:/data.db` is a path of Windows");
    check("file:///C:/data.db", "`C:/data.db` is a path of Windows");
    check(r"C:\data.db", r"`C:\data.db` is a path of Windows");
}

#[cfg(windows)]
#[test]
fn drives_are_absolute() {
    check(r"sqlite:///C:\data.db", r"C:\data.db");
    check("sqlite:///C:/data.db", r"C:\data.db");
    check("file:///C:/data.db", r"C:\data.db");
    check(r"C:\data.db", r"C:\data.db");
    check("sqlite:///C:/data.db?mode=ro", r"file:/C:/data.db?mode=ro (C:\data.db)");
}

#[cfg(unix)]
#[test]
fn a_path_need_not_be_utf8() {
    check("file:%FF.db?mode=ro", "file:/p/%FF.db?mode=ro (/p/\u{fffd}.db)");
}

#[test]
fn a_made_uri_opens_the_file_that_it_is_made_of() {
    let folder = tempfile::tempdir().unwrap();
    let location = parse("sqlite:a b%25#ü?cache=private", folder.path()).unwrap();
    let DatabaseLocation::Uri { uri, path } = location else { panic!("it has a parameter") };
    rusqlite::Connection::open(&uri).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
    assert!(path.is_file(), "{}", path.display());
}

#[test]
fn passwords_are_not_shown() {
    assert_eq!(without_password("postgresql://me:se@cret@h:5/d"), "postgresql://me:***@h:5/d");
    assert_eq!(without_password("postgresql://me@host/db"), "postgresql://me@host/db");
    assert_eq!(without_password("sqlite:///a:b@c"), "sqlite:///a:b@c");
}
