//! The floor: a loop over the same statements, in one transaction, with nothing around it.
//!
//! It runs in a process of its own, like everything it is compared with, and has its statements in
//! the program: no file is read, no version written, nothing checked.

use std::path::Path;

use rusqlite::Connection;

use crate::project::Body;

/// Makes `n_tables` tables in a new database.
pub fn create_tables(database: &Path, n_tables: usize) -> rusqlite::Result<()> {
    let connection = Connection::open(database)?;
    connection.execute_batch("BEGIN")?;
    for number in 0..n_tables {
        connection.execute(&Body::CreateTable.upgrade(number), [])?;
    }
    connection.execute_batch("COMMIT")
}
