//! Reads refinery projects: their files, and what their table says was applied.
//!
//! The only code that names `refinery_core`. It finds and names the files and computes the checksums,
//! so that both are refinery's own; it never runs anything.

use std::path::{Path, PathBuf};

use refinery_core::{MigrationType, find_migration_files};
use sha2::{Digest as _, Sha256};

use super::version_table::table_exists;
use super::{Database, DbError};
use crate::fsutil::{self, FileError};

/// refinery's own record of what it applied.
const HISTORY: &str = "refinery_schema_history";

/// One migration file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// Its file.
    pub path: PathBuf,
    /// Its number.
    pub version: i64,
    /// What stands behind the number.
    pub name: String,
    /// Its text.
    pub sql: String,
    /// refinery's checksum of number, name and text.
    pub checksum: u64,
}

impl Migration {
    /// The id of its revision: made from number and name, so that whoever imports the same project
    /// gets the same ids.
    pub fn revision_id(&self) -> String {
        let digest = Sha256::digest(format!("refinery V{}__{}", self.version, self.name));
        let number = digest.iter().take(6).fold(0_u64, |it, byte| it << 8 | u64::from(*byte));
        format!("{number:012x}")
    }
}

/// Why a refinery project cannot be taken over.
#[derive(Debug, thiserror::Error)]
pub enum RefineryError {
    /// There is nothing to take over.
    #[error("`{}` has no refinery migrations (`V1__name.sql`)", folder.display())]
    NoMigrations {
        /// The folder.
        folder: PathBuf,
    },
    /// A file that refinery would pass over in silence.
    #[error("`{}` is no refinery migration: its name is not `V1__name.sql`", path.display())]
    Name {
        /// The file.
        path: PathBuf,
    },
    /// Two files with one number.
    #[error("`{}` and `{}` have the same version", first.display(), second.display())]
    SameVersion {
        /// One of them.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
    /// refinery refused a file or the folder.
    #[error("refinery cannot read `{}`: {message}", path.display())]
    Refinery {
        /// The file or folder.
        path: PathBuf,
        /// What it said.
        message: String,
    },
    /// A file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The database says that something was applied that no file has.
    #[error("the database has applied V{version}__{name}, which is not in the folder")]
    NotInFolder {
        /// Its number.
        version: i64,
        /// Its name.
        name: String,
    },
    /// A file is not what was applied.
    #[error("`{}` is not the V{version}__{name} that was applied: its checksum differs", path.display())]
    Divergent {
        /// The file.
        path: PathBuf,
        /// The number that was applied.
        version: i64,
        /// The name that was applied.
        name: String,
    },
    /// Something was applied before something that comes first.
    #[error("`{}` was not applied, although later migrations were", path.display())]
    Gap {
        /// The file.
        path: PathBuf,
    },
    /// The database cannot be read.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// The migrations of a folder and those below it, in the order of their numbers.
pub fn read_folder(folder: &Path) -> Result<Vec<Migration>, RefineryError> {
    let found = find_migration_files(folder, MigrationType::Sql).map_err(|err| {
        RefineryError::Refinery { path: folder.to_owned(), message: err.to_string() }
    })?;
    let paths: Vec<PathBuf> = found.collect();
    refuse_others(folder, &paths)?;

    let mut migrations = Vec::new();
    for path in paths {
        let stem = path.file_stem().and_then(|it| it.to_str()).unwrap_or_default();
        // refinery takes `|1__x.sql` for a migration and panics on its name.
        if !stem.starts_with(['V', 'U']) {
            return Err(RefineryError::Name { path });
        }
        let bytes = fsutil::read(&path)?;
        let refused = |message: String| RefineryError::Refinery { path: path.clone(), message };
        let sql = String::from_utf8(bytes).map_err(|err| refused(err.to_string()))?;
        let migration = refinery_core::Migration::unapplied(stem, &sql)
            .map_err(|err| refused(err.to_string()))?;
        migrations.push(Migration {
            version: migration.version().into(),
            name: migration.name().to_owned(),
            checksum: migration.checksum(),
            sql,
            path,
        });
    }
    migrations.sort_by_key(|it| it.version);
    for pair in migrations.windows(2) {
        if pair[0].version == pair[1].version {
            let (first, second) = (pair[0].path.clone(), pair[1].path.clone());
            return Err(RefineryError::SameVersion { first, second });
        }
    }
    if migrations.is_empty() {
        return Err(RefineryError::NoMigrations { folder: folder.to_owned() });
    }
    Ok(migrations)
}

/// Refuses `.sql` files that refinery left out.
fn refuse_others(folder: &Path, found: &[PathBuf]) -> Result<(), RefineryError> {
    for path in fsutil::files_with_suffix(folder, ".sql")? {
        let is_found = found.iter().any(|it| it.file_name() == path.file_name());
        if !is_found {
            return Err(RefineryError::Name { path });
        }
    }
    for folder in fsutil::folders(folder)? {
        refuse_others(&folder, found)?;
    }
    Ok(())
}

/// How many of `migrations` the database has applied, from the first on; 0 where refinery never ran.
///
/// # Errors
///
/// Whatever of its record does not fit the files: names, checksums, gaps.
pub fn count_applied(
    database: &Database,
    migrations: &[Migration],
) -> Result<usize, RefineryError> {
    if !table_exists(database, HISTORY)? {
        return Ok(0);
    }
    let read = || -> Result<Vec<(i64, String, String)>, rusqlite::Error> {
        // A table that another program made may lack the primary key.
        let sql = format!(
            "SELECT DISTINCT version, CAST(name AS TEXT), CAST(checksum AS TEXT) \
             FROM main.{HISTORY} ORDER BY version"
        );
        let mut statement = database.connection().prepare(&sql)?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        rows.collect()
    };
    let applied = read().map_err(database.error("read refinery_schema_history in"))?;
    for (version, name, checksum) in &applied {
        let Some(migration) = migrations.iter().find(|it| it.version == *version) else {
            return Err(RefineryError::NotInFolder { version: *version, name: name.clone() });
        };
        if migration.name != *name || migration.checksum.to_string() != *checksum {
            return Err(RefineryError::Divergent {
                path: migration.path.clone(),
                version: *version,
                name: name.clone(),
            });
        }
    }
    let is_next = |(it, (version, ..)): &(&Migration, &(i64, _, _))| it.version == *version;
    let n_first = migrations.iter().zip(&applied).take_while(is_next).count();
    if n_first < applied.len() {
        return Err(RefineryError::Gap { path: migrations[n_first].path.clone() });
    }
    Ok(n_first)
}
