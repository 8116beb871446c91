//! The floor: a loop over the same statements, in one transaction, with nothing around it.
//!
//! It runs in a process of its own, like everything it is compared with, and has its statements in
//! the program: no file is read, nothing is checked.

use std::path::Path;

use rusqlite::Connection;

use crate::project::{Body, id};

/// What the loop runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loop {
    /// The bodies.
    Bodies,
    /// The bodies, and after each the version row.
    BodiesAndVersions,
}

impl Loop {
    /// Its name as an argument.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bodies => "bodies",
            Self::BodiesAndVersions => "bodies-and-versions",
        }
    }
}

/// Makes `n_tables` tables in a new database.
pub fn create_tables(database: &Path, n_tables: usize, what: Loop) -> rusqlite::Result<()> {
    let connection = Connection::open(database)?;
    connection.execute_batch("BEGIN")?;
    if what == Loop::BodiesAndVersions {
        connection.execute_batch(
            "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, \
             CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)); \
             INSERT INTO alembic_version VALUES ('')",
        )?;
    }
    for number in 0..n_tables {
        connection.execute(&Body::CreateTable.upgrade(number), [])?;
        if what == Loop::BodiesAndVersions {
            let update = "UPDATE alembic_version SET version_num = ?1";
            connection.prepare_cached(update)?.execute([id(number)])?;
        }
    }
    connection.execute_batch("COMMIT")
}
