//! The end of a transaction, which is not always what SQLite says it is.

use super::error::{CommitOutcome, Failure};
use super::session::{Session, read_back};
use crate::db::{Database, DbError, Lock};

impl Session<'_> {
    /// Writes in a transaction of its own, which is rolled back in a rehearsal.
    pub fn in_transaction<T>(
        &mut self,
        write: impl FnOnce(&mut Self) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        self.database.raise_synchronous()?;
        self.begin(Lock::Write)?;
        let outcome = self.write_and_end(write);
        if outcome.is_err() {
            self.database.rollback().ok();
        }
        outcome
    }

    fn write_and_end<T>(
        &mut self,
        write: impl FnOnce(&mut Self) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        // Rows that nobody can read are there to be purged.
        let before = self.table.rows(&self.database).unwrap_or_default();
        let value = write(self)?;
        if self.request.rehearse {
            self.database.rollback()?;
        } else {
            let after = self.table.rows(&self.database)?;
            self.commit(&before, &after)?;
        }
        Ok(value)
    }

    /// Commits; `before` and `after` are the rows of the version table if it did not or did.
    ///
    /// Tried again while a reader keeps the database busy. After any other error the file is read
    /// on a fresh connection: on a WAL database a failing sync is reported although the commit is
    /// there.
    pub fn commit(&mut self, before: &[String], after: &[String]) -> Result<(), Failure> {
        self.unwatch()?;
        let source = match self.retry(Database::commit) {
            Ok(()) => return Ok(()),
            Err(Failure::Database(err)) if !err.is_busy() => err,
            // The transaction is open; the caller rolls it back.
            Err(failure) => return Err(failure),
        };
        // Whatever it is, it must be over before the file is looked at.
        self.close()?;
        self.wear_out();
        let rows = read_back(self.request, self.request.busy_timeout);
        settle(source, rows, before, after)?;
        self.warn("COMMIT reported an error, but the database says that it succeeded".to_owned());
        Ok(())
    }
}

/// Decides what became of a transaction whose COMMIT failed with `source`, by the rows that were
/// read back; `Ok` if it was committed after all. Rows that it did not change tell nothing.
fn settle(
    source: DbError,
    rows: Result<Vec<String>, DbError>,
    before: &[String],
    after: &[String],
) -> Result<(), Failure> {
    let outcome = match rows {
        _ if is_same(before, after) => CommitOutcome::Unknown,
        Ok(rows) if is_same(&rows, after) => return Ok(()),
        Ok(rows) if is_same(&rows, before) => CommitOutcome::NotApplied,
        _ => CommitOutcome::Unknown,
    };
    Err(Failure::Commit { outcome, source })
}

/// Whether both hold the same rows, in any order.
fn is_same(left: &[String], right: &[String]) -> bool {
    let (mut left, mut right) = (left.to_vec(), right.to_vec());
    left.sort_unstable();
    right.sort_unstable();
    left == right
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(rows: Result<&[&str], ()>, expected: Option<CommitOutcome>) {
        let failed = || DbError::Missing { path: "app.db".into() };
        let owned = |rows: &[&str]| rows.iter().map(|&it| it.to_owned()).collect::<Vec<_>>();
        let rows = rows.map(owned).map_err(|()| failed());
        let found = match settle(failed(), rows, &owned(&["a", "b"]), &owned(&["c", "b"])) {
            Ok(()) => None,
            Err(Failure::Commit { outcome, .. }) => Some(outcome),
            Err(other) => panic!("{other:?}"),
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn what_is_read_back_decides() {
        check(Ok(&["b", "c"]), None);
        check(Ok(&["b", "a"]), Some(CommitOutcome::NotApplied));
        check(Ok(&["a"]), Some(CommitOutcome::Unknown));
        check(Err(()), Some(CommitOutcome::Unknown));
    }
}
