//! Where a database is: the URLs that users of SQLAlchemy and sqlx have, file URIs, and paths.

use std::path::PathBuf;

/// Where a database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseLocation {
    /// A file, by absolute path.
    File(PathBuf),
    /// A `file:` URI with parameters, given to SQLite as it is; `path` is the file in it.
    Uri {
        /// The URI, its path made absolute.
        uri: String,
        /// The file.
        path: PathBuf,
    },
    /// A database that lasts as long as its connection.
    Memory,
}
