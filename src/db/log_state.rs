//! What `migrator_log` says is applied now.

use std::collections::BTreeSet;

use super::version_table::table_exists;
use super::{Database, DbError};

/// The last row of each revision decides: its upgrade ran, it was stamped, or its file was accepted as
/// it is; a downgrade and a stamp below it take it back, and so does one that was accepted as gone.
const APPLIED: &str = "SELECT revision FROM main.migrator_log \
     WHERE id IN (SELECT max(id) FROM main.migrator_log GROUP BY revision) \
     AND (direction IN ('upgrade', 'stamp', 'baseline') \
     OR direction = 'repair' AND checksum IS NOT NULL)";

impl Database {
    /// The revisions that the log says are applied; `None` where there is no log.
    ///
    /// # Errors
    ///
    /// A table of that name with other columns.
    pub fn logged_revisions(&self) -> Result<Option<BTreeSet<String>>, DbError> {
        if !table_exists(self, "migrator_log")? {
            return Ok(None);
        }
        let read = || -> rusqlite::Result<BTreeSet<String>> {
            let mut statement = self.connection.prepare(APPLIED)?;
            statement.query_map([], |row| row.get(0))?.collect()
        };
        read().map(Some).map_err(self.error("read migrator_log in"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::LogTable;

    #[test]
    fn the_last_row_of_a_revision_decides() {
        let database = Database::open_in_memory().unwrap();
        assert_eq!(database.logged_revisions().unwrap(), None);
        LogTable::On.ensure(&database).unwrap();
        let rows = [
            ("up", "upgrade", "x"),
            ("down", "upgrade", "x"),
            ("down", "downgrade", "x"),
            ("again", "downgrade", "x"),
            ("again", "upgrade", "x"),
            ("stamped", "stamp", ""),
            ("unstamped", "upgrade", "x"),
            ("unstamped", "unstamp", ""),
            ("baseline", "baseline", "x"),
            ("repaired", "repair", "x"),
            ("gone", "upgrade", "x"),
            ("gone", "repair", ""),
        ];
        for (revision, direction, checksum) in rows {
            let sql = format!(
                "INSERT INTO migrator_log (revision, direction, started_at, checksum, version) \
                 VALUES ('{revision}', '{direction}', '', nullif('{checksum}', ''), '')"
            );
            database.execute(&sql).unwrap();
        }
        let applied = database.logged_revisions().unwrap().unwrap();
        let applied: Vec<&str> = applied.iter().map(String::as_str).collect();
        assert_eq!(applied, ["again", "baseline", "repaired", "stamped", "up"]);
    }
}
