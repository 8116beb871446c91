//! Which upgrades ran on a database, by their fingerprints in `migrator_log`.

use std::collections::BTreeMap;

use super::version_table::table_exists;
use super::{Database, DbError};

/// The fingerprint of the upgrade of each revision whose last row in the log says that it is applied,
/// in hexadecimal. None where there is no log.
///
/// A revision that was stamped has none, and one that was accepted as it is now has that of then.
pub fn applied_checksums(database: &Database) -> Result<BTreeMap<String, String>, DbError> {
    if !table_exists(database, "migrator_log")? {
        return Ok(BTreeMap::new());
    }
    // SQLite takes the other columns from the row that has the maximum.
    let sql =
        "SELECT revision, direction, checksum, max(id) FROM main.migrator_log GROUP BY revision";
    let error = database.error("read migrator_log in");
    let mut statement = database.connection().prepare(sql).map_err(&error)?;
    let mut rows = statement.query([]).map_err(&error)?;
    let mut found = BTreeMap::new();
    while let Some(row) = rows.next().map_err(&error)? {
        let direction: String = row.get(1).map_err(&error)?;
        let checksum: Option<String> = row.get(2).map_err(&error)?;
        if let (true, Some(checksum)) = (["upgrade", "repair"].contains(&&*direction), checksum) {
            found.insert(row.get(0).map_err(&error)?, checksum);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_row_of_each_revision_counts() {
        let database = Database::open_in_memory().unwrap();
        assert!(applied_checksums(&database).unwrap().is_empty());
        let sql =
            "CREATE TABLE migrator_log (id INTEGER PRIMARY KEY, revision, direction, checksum);
                   INSERT INTO migrator_log (revision, direction, checksum) VALUES
                   ('a', 'upgrade', 'a1'), ('b', 'upgrade', 'b1'), ('c', 'upgrade', 'c1'),
                   ('d', 'stamp', NULL), ('b', 'downgrade', 'b2'), ('c', 'repair', 'c2'),
                   ('a', 'downgrade', 'a2'), ('a', 'upgrade', 'a3'), ('e', 'repair', NULL)";
        database.connection().execute_batch(sql).unwrap();
        let found = applied_checksums(&database).unwrap();
        let found: Vec<String> = found.iter().map(|(id, sum)| format!("{id} {sum}")).collect();
        assert_eq!(found, ["a a3", "c c2"]);
    }
}
