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

/// Runs files of statements, each in one transaction, in a database. In memory each file that makes
/// what is there already begins with a new database.
pub fn run_scripts(database: &str, files: &[String]) -> Result<(), Box<dyn std::error::Error>> {
    let mut connection = Connection::open(database)?;
    connection.execute_batch("PRAGMA foreign_keys = OFF")?;
    for (idx, file) in files.iter().enumerate() {
        let sql = std::fs::read_to_string(file)?;
        if idx > 0 && files[idx - 1] == *file {
            connection = Connection::open(database)?;
        }
        connection.execute_batch("BEGIN")?;
        connection.execute_batch(&sql)?;
        connection.execute_batch("COMMIT")?;
    }
    Ok(())
}
