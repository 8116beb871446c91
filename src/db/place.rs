//! Where a database lies, and what is wrong there.

use std::fs::OpenOptions;
use std::io;
use std::path::Path;

use rusqlite::ffi::SQLITE_CANTOPEN;

use super::{Access, DbError, SqliteError};
use crate::config::url::DatabaseLocation;
use crate::fsutil;

/// Whether there is a file at the location; an empty one counts, since it is an empty database, and so
/// does one that cannot be reached: opening it says why.
///
/// A database in memory does not exist before it is opened.
pub fn exists(location: &DatabaseLocation) -> bool {
    location.path().is_some_and(|it| it.try_exists().unwrap_or(true) || leads_nowhere(it))
}

/// Says in words what SQLite says with one code for all ("unable to open database file"), and makes
/// the folder of a new database.
pub(super) fn prepare(
    location: &DatabaseLocation,
    path: &Path,
    access: Access,
) -> Result<(), DbError> {
    if let Some(mode) = location.mode_of_existing()
        && !exists(location)
    {
        return Err(DbError::FixedMode { path: path.to_owned(), mode });
    }
    match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => {
            return Err(DbError::IsDirectory { path: path.to_owned() });
        }
        Ok(_) => return Ok(()),
        Err(err) if err.kind() == io::ErrorKind::NotFound => {}
        // No right to enter the folder, a file in place of it, a loop of links.
        Err(source) => return Err(DbError::Unreachable { path: path.to_owned(), source }),
    }
    if let Ok(target) = std::fs::read_link(path) {
        if access != Access::Create || leads_nowhere(path) {
            return Err(DbError::BrokenLink { path: path.to_owned(), target });
        }
        return Ok(());
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    match (access, folder) {
        (Access::Create, None) => Ok(()),
        (Access::Create, Some(folder)) => fsutil::create_dir_all(folder).map_err(DbError::Folder),
        (_, Some(folder)) if !folder.exists() => {
            let (path, folder) = (path.to_owned(), folder.to_owned());
            Err(DbError::MissingFolder { path, folder })
        }
        _ => Err(DbError::Missing { path: path.to_owned() }),
    }
}

/// Why a file was not opened, of which SQLite says only that.
pub(super) fn unopened(location: &DatabaseLocation, said: SqliteError) -> DbError {
    let path = location.path().unwrap_or(Path::new(":memory:")).to_owned();
    if said.code & 0xff != SQLITE_CANTOPEN {
        return DbError::sqlite(path, "open", said);
    }
    // Closing a file drops the locks that this process has on it, and there are none on one that it
    // cannot open.
    if path.exists() {
        return match std::fs::File::open(&path) {
            Err(source) => DbError::Unopened { path, source },
            Ok(_) => DbError::sqlite(path, "open", said),
        };
    }
    if let Err(source) = OpenOptions::new().write(true).create_new(true).open(&path) {
        return DbError::Unmade { path, source };
    }
    std::fs::remove_file(&path).ok();
    DbError::sqlite(path, "open", said)
}

/// Whether it is a link into a folder that is missing: SQLite makes the file that a link names, but no
/// folder.
fn leads_nowhere(path: &Path) -> bool {
    std::fs::read_link(path).is_ok_and(|target| {
        let target = fsutil::folder_of(path).join(target);
        !fsutil::folder_of(&target).is_dir()
    })
}
