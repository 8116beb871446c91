//! `[sqlite] extensions`: libraries that revisions need.

use std::path::{Path, PathBuf};
use std::process::Command;

use migrator::Migrator;

use crate::support::TestEnv;

/// A function `twice(x)`, and a module `numbers` that keeps its rows in a shadow table.
const SOURCE: &str = r#"
    #include "sqlite3ext.h"
    #include <stdlib.h>
    #include <string.h>
    SQLITE_EXTENSION_INIT1

    static void twice(sqlite3_context *context, int n, sqlite3_value **values) {
        sqlite3_result_int64(context, 2 * sqlite3_value_int64(values[0]));
    }

    static int connect(sqlite3 *db, void *aux, int argc, const char *const *argv,
                       sqlite3_vtab **table, char **error) {
        *table = calloc(1, sizeof(sqlite3_vtab));
        return sqlite3_declare_vtab(db, "CREATE TABLE x(n)");
    }

    static int create(sqlite3 *db, void *aux, int argc, const char *const *argv,
                      sqlite3_vtab **table, char **error) {
        char *sql = sqlite3_mprintf("CREATE TABLE \"%w\".\"%w_store\"(n)", argv[1], argv[2]);
        int code = sqlite3_exec(db, sql, 0, 0, error);
        sqlite3_free(sql);
        return code ? code : connect(db, aux, argc, argv, table, error);
    }

    static int disconnect(sqlite3_vtab *table) { free(table); return SQLITE_OK; }
    static int best(sqlite3_vtab *table, sqlite3_index_info *info) { return SQLITE_OK; }
    static int open(sqlite3_vtab *table, sqlite3_vtab_cursor **cursor) {
        *cursor = calloc(1, sizeof(sqlite3_vtab_cursor) + sizeof(int));
        return SQLITE_OK;
    }
    static int close(sqlite3_vtab_cursor *cursor) { free(cursor); return SQLITE_OK; }
    static int *at(sqlite3_vtab_cursor *cursor) { return (int *)(cursor + 1); }
    static int filter(sqlite3_vtab_cursor *cursor, int n, const char *name, int argc,
                      sqlite3_value **argv) { *at(cursor) = 0; return SQLITE_OK; }
    static int next(sqlite3_vtab_cursor *cursor) { ++*at(cursor); return SQLITE_OK; }
    static int eof(sqlite3_vtab_cursor *cursor) { return *at(cursor) >= 3; }
    static int column(sqlite3_vtab_cursor *cursor, sqlite3_context *context, int n) {
        sqlite3_result_int(context, *at(cursor));
        return SQLITE_OK;
    }
    static int rowid(sqlite3_vtab_cursor *cursor, sqlite3_int64 *id) {
        *id = *at(cursor);
        return SQLITE_OK;
    }
    static int shadow(const char *name) { return strcmp(name, "store") == 0; }

    static sqlite3_module numbers = {
        .iVersion = 3, .xCreate = create, .xConnect = connect, .xBestIndex = best,
        .xDisconnect = disconnect, .xDestroy = disconnect, .xOpen = open, .xClose = close,
        .xFilter = filter, .xNext = next, .xEof = eof, .xColumn = column, .xRowid = rowid,
        .xShadowName = shadow,
    };

    int sqlite3_extension_init(sqlite3 *db, char **error, const sqlite3_api_routines *api) {
        SQLITE_EXTENSION_INIT2(api);
        sqlite3_create_module(db, "numbers", &numbers, 0);
        return sqlite3_create_function(db, "twice", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC |
                                       SQLITE_INNOCUOUS, 0, twice, 0, 0);
    }
"#;

/// What the revisions make, as it is declared.
const SCHEMA: &str = "CREATE TABLE t (n INTEGER, doubled AS (twice(n)) CHECK (twice(n) > n));
CREATE INDEX t_twice ON t (twice(n));
CREATE VIRTUAL TABLE three USING numbers;
CREATE VIEW six AS SELECT twice(n) AS n FROM three;
";

/// The folder of `sqlite3ext.h`, which comes with the sources of SQLite.
fn headers() -> Option<PathBuf> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")))?;
    let registries = std::fs::read_dir(home.join("registry/src")).ok()?;
    let packages = registries.flatten().filter_map(|it| std::fs::read_dir(it.path()).ok());
    let folders = packages.flatten().flatten().map(|it| it.path().join("sqlite3"));
    { folders }.find(|it| it.join("sqlite3ext.h").is_file())
}

/// Compiles the extension as `numbers.so` or what the system calls it; says whether it could.
fn compile(env: &TestEnv) -> bool {
    let library = Path::new("numbers").with_extension(std::env::consts::DLL_EXTENSION);
    env.file("numbers.c", SOURCE);
    let is_compiled = headers().is_some_and(|headers| {
        let mut compiler = Command::new("cc");
        compiler.args(["-shared", "-fPIC", "-I"]).arg(headers).arg(env.path("numbers.c"));
        compiler.arg("-o").arg(env.path(&library.display().to_string()));
        compiler.status().is_ok_and(|it| it.success())
    });
    let is_ci = std::env::var("CI").is_ok_and(|it| it == "true");
    assert!(is_compiled || !is_ci, "cc and sqlite3ext.h must be there");
    is_compiled
}

/// A project with revisions that need the extension, which may or may not be there.
fn env() -> TestEnv {
    let env = TestEnv::new();
    env.config("[schema]\nfiles = ['schema.sql']\n[sqlite]\nextensions = ['./numbers']\n");
    env.file("schema.sql", SCHEMA);
    env.revision("a1")
        .up(&format!("{SCHEMA}INSERT INTO t (n) SELECT twice(n) FROM three WHERE n > 0;"))
        .down("DROP VIEW six;\nDROP TABLE three;\nDROP TABLE three_store;\nDROP TABLE t;")
        .write();
    // A connection of its own, and a query before the body.
    env.revision("b2")
        .after("a1")
        .header("transaction = false")
        .up("DELETE FROM t WHERE twice(n) = 4;")
        .down("-- migrate:refuse-if rows of t are even: SELECT rowid FROM t WHERE doubled < 8\nSELECT 1;")
        .write();
    env
}

#[test]
fn revisions_have_what_extensions_bring() {
    let env = env();
    if !compile(&env) {
        return;
    }
    env.run("upgrade --dry-run a1").ok();
    env.run("upgrade").ok();
    assert_eq!(env.query("SELECT n FROM t NOT INDEXED"), ["4"]);
    insta::assert_snapshot!(env.run("check"), @"
    ------- stderr -------
    no difference between the revisions and the declared schema
    ");
    insta::assert_snapshot!(env.run("check --database"), @"
    ------- stderr -------
    no difference between the revisions up to b2 and app.db
    ");
    env.file("schema.sql", &format!("{SCHEMA}CREATE TABLE u (a);\n"));
    insta::assert_snapshot!(
        env.run("revision --autogenerate --from-database -m u"),
        @"
      + table  u  (a)
    wrote versions/aaaa11112222_u.sql (proven: up and down)
    "
    );
    env.run("downgrade base --dry-run").exits_with(2);
    env.run("downgrade a1").ok();
    env.run("downgrade base --dry-run").ok();
    env.run("downgrade base").ok();
    assert_eq!(env.tables(), [] as [&str; 0]);
}

#[test]
fn a_program_has_what_extensions_bring() {
    let env = env();
    if !compile(&env) {
        return;
    }
    let migrator = Migrator::open(env.path("alembic.toml")).unwrap();
    assert_eq!(migrator.upgrade("head").unwrap().steps.len(), 2);
    assert_eq!(env.query("SELECT n FROM t NOT INDEXED"), ["4"]);
    migrator.downgrade("base").unwrap();

    let without = migrator.with_extensions([] as [&str; 0]);
    let err = without.upgrade("head").unwrap_err();
    assert_eq!(err.to_string(), "revision `a1` failed at statement 1 of 5; it was rolled back");
    let with = without.with_extensions([env.path("numbers")]);
    assert_eq!(with.upgrade("head").unwrap().steps.len(), 2);
}

#[test]
fn a_library_that_is_missing_is_said_before_anything_runs() {
    let env = env();
    insta::assert_snapshot!(env.run("upgrade"), @"
    ------- stderr -------
    error: cannot load the extension `$DIR/numbers`
    caused by: $DIR/numbers.so: cannot open shared object file: No such file or directory
    hint: nothing was changed; check `extensions` under `[sqlite]` in alembic.toml: a path is relative to alembic.toml, and may leave out `.so`, `.dylib` or `.dll`
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("upgrade --dry-run a1"), @"
    ------- stderr -------
    error: cannot load the extension `$DIR/numbers`
    caused by: $DIR/numbers.so: cannot open shared object file: No such file or directory
    hint: nothing was changed; check `extensions` under `[sqlite]` in alembic.toml: a path is relative to alembic.toml, and may leave out `.so`, `.dylib` or `.dll`
    [exit status: 2]
    ");
    assert!(!env.path("app.db").exists());
    // Nothing of the revisions runs.
    env.run("stamp a1").ok();
    env.run("current").ok();
    env.run("downgrade base").exits_with(2);
    env.run("check --database").exits_with(2);
    assert_eq!(env.rows(), ["a1"]);
    // There is nothing to load it for.
    env.run("upgrade a1").ok();
}
