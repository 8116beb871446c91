//! Extensions of SQLite, which are libraries of machine code: the one place of the library with `unsafe`.

use std::path::{Path, PathBuf};

use rusqlite::LoadExtensionGuard;

use super::{Database, DbError};

impl Database {
    /// Loads extensions into this connection, in their order. A name without a folder is looked for
    /// by the system.
    ///
    /// # Errors
    ///
    /// [`DbError::Extension`] for the first that cannot be loaded.
    pub fn load_extensions(&self, extensions: &[PathBuf]) -> Result<(), DbError> {
        extensions.iter().try_for_each(|path| {
            self.load_extension(path).map_err(|err| {
                let (path, source) = (path.clone(), err.into());
                DbError::Extension { path, source }
            })
        })
    }

    #[expect(unsafe_code, reason = "a library cannot be loaded otherwise")]
    fn load_extension(&self, path: &Path) -> rusqlite::Result<()> {
        // SAFETY: loading a library runs its code, which nobody can check; the user names it in the
        // configuration of the project, as trusted as the programs that stand there. SQLite allows
        // loading only for as long as the guard lives, and nothing but this call runs meanwhile, so
        // that no statement can load anything.
        unsafe {
            let _guard = LoadExtensionGuard::new(&self.connection)?;
            self.connection.load_extension(path, None::<&str>)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::{Quoting, Scratch};

    /// A function `twice(x)`.
    const SOURCE: &str = r#"
        #include "sqlite3ext.h"
        SQLITE_EXTENSION_INIT1
        static void twice(sqlite3_context *context, int n, sqlite3_value **values) {
            sqlite3_result_int64(context, 2 * sqlite3_value_int64(values[0]));
        }
        int sqlite3_extension_init(sqlite3 *db, char **error, const sqlite3_api_routines *api) {
            SQLITE_EXTENSION_INIT2(api);
            return sqlite3_create_function(db, "twice", 1, SQLITE_UTF8, 0, twice, 0, 0);
        }
    "#;

    /// The folder of `sqlite3ext.h`, which comes with the sources of SQLite.
    fn headers() -> Option<PathBuf> {
        let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
        let home =
            home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")))?;
        let registries = std::fs::read_dir(home.join("registry/src")).ok()?;
        let packages = registries.flatten().filter_map(|it| std::fs::read_dir(it.path()).ok());
        let mut packages = packages
            .flatten()
            .flatten()
            .filter(|it| it.file_name().to_string_lossy().starts_with("libsqlite3-sys-"));
        packages.find_map(|it| {
            let folder = it.path().join("sqlite3");
            folder.join("sqlite3ext.h").is_file().then_some(folder)
        })
    }

    /// Compiles the extension; `None` where that is not possible here.
    fn compile(folder: &Path) -> Option<PathBuf> {
        let source = folder.join("twice.c");
        crate::fsutil::write_new(&source, SOURCE).unwrap();
        let library = folder.join("twice").with_extension(std::env::consts::DLL_EXTENSION);
        let mut compiler = std::process::Command::new("cc");
        compiler
            .args(["-shared", "-fPIC", "-I"])
            .arg(headers()?)
            .arg(source)
            .arg("-o")
            .arg(&library);
        compiler.status().is_ok_and(|it| it.success()).then_some(library)
    }

    #[cfg(unix)]
    #[expect(clippy::print_stderr, reason = "whoever reads the output should know")]
    #[test]
    fn an_extension_is_loaded_into_every_scratch_database() {
        let folder = tempfile::tempdir().unwrap();
        let Some(library) = compile(folder.path()) else {
            let is_ci = std::env::var("CI").is_ok_and(|it| it == "true");
            assert!(!is_ci, "cc and sqlite3ext.h must be there");
            return eprintln!("skipped: there is no cc, or no sqlite3ext.h");
        };
        let twice = |it: &Scratch| -> i64 {
            let query = "SELECT twice(21)";
            it.database().connection.query_row(query, [], |row| row.get(0)).unwrap()
        };
        // Without its ending too.
        for path in [library.clone(), library.with_extension("")] {
            let scratch = Scratch::new(Quoting::Strict, &[path]).unwrap();
            assert_eq!(twice(&scratch), 42);
            assert_eq!(twice(&scratch.copy().unwrap()), 42);
            assert!(scratch.stubs().is_empty());
            let err = scratch.execute("SELECT load_extension('twice')").unwrap_err();
            assert_eq!(err.message, "not authorized");
        }
    }

    #[test]
    fn what_cannot_be_loaded_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("no such");
        let Err(err) = Scratch::new(Quoting::Strict, std::slice::from_ref(&path)) else {
            panic!("there is no such extension")
        };
        assert_eq!(err.to_string(), format!("cannot load the extension `{}`", path.display()));
        let DbError::Extension { source, .. } = err else { panic!("another error") };
        assert!(source.message.contains("no such"), "{source}");
    }
}
