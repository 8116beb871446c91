//! What statements read and write, as SQLite says it.
//!
//! It asks for leave before it compiles a statement to touch a column: by the names to which it has
//! resolved those of the statement, in the order in which it comes upon them, through views, triggers
//! and keys. Nothing is refused here; what was asked is noted.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::hooks::{AuthAction, AuthContext, Authorization};

use super::{Database, DbError};

/// What statements touch. All names are in lower case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Touched {
    /// The columns that are read, in the order in which SQLite comes upon them.
    pub reads: Vec<ReadColumn>,
    /// The tables and views to which rows are written, or from which they are taken.
    pub writes: BTreeSet<String>,
    /// The functions that are called.
    pub functions: BTreeSet<String>,
}

/// A column that is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadColumn {
    /// The table, view or virtual table.
    pub table: String,
    /// The column; nothing where a table is named and none of its columns.
    pub column: String,
    /// The view or trigger that reads it; `None` for the statement itself.
    pub within: Option<String>,
}

/// Hears what a connection touches.
pub struct Witness(Arc<Mutex<Touched>>);

impl Witness {
    pub(super) fn of(database: &mut Database) -> Result<Self, DbError> {
        let heard = Arc::new(Mutex::new(Touched::default()));
        let noted = Arc::clone(&heard);
        let hook = move |context: AuthContext<'_>| {
            noted.lock().unwrap_or_else(PoisonError::into_inner).note(&context);
            Authorization::Allow
        };
        let outcome = database.connection.authorizer(Some(hook));
        outcome.map_err(database.error("watch"))?;
        Ok(Self(heard))
    }

    /// What was touched since this was asked last.
    pub fn take(&self) -> Touched {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Touched {
    fn note(&mut self, context: &AuthContext<'_>) {
        let lower = |it: &str| it.to_ascii_lowercase();
        match context.action {
            AuthAction::Read { table_name, column_name } => self.reads.push(ReadColumn {
                table: lower(table_name),
                column: lower(column_name),
                within: context.accessor.map(lower),
            }),
            AuthAction::Insert { table_name }
            | AuthAction::Delete { table_name }
            | AuthAction::Update { table_name, .. }
            | AuthAction::DropTable { table_name }
            | AuthAction::DropVtable { table_name, .. } => {
                self.writes.insert(lower(table_name));
            }
            AuthAction::Function { function_name } => {
                self.functions.insert(lower(function_name));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Quoting, Scratch};

    /// What a statement reads, within what, and what it writes.
    fn touched(sql: &str) -> String {
        let mut scratch = Scratch::new(Quoting::Lenient, &[]).unwrap();
        for sql in [
            "CREATE TABLE t (a, b)",
            "CREATE TABLE u (a)",
            "CREATE VIEW v AS SELECT a FROM t",
            "CREATE TRIGGER r AFTER INSERT ON u BEGIN DELETE FROM t WHERE b = new.a; END",
        ] {
            scratch.execute(sql).unwrap();
        }
        let witness = scratch.witness().unwrap();
        scratch.execute(sql).unwrap();
        let touched = witness.take();
        let reads = touched.reads.iter().map(|it| {
            let within = it.within.as_ref().map(|it| format!("{it}:")).unwrap_or_default();
            format!("{within}{}.{}", it.table, it.column)
        });
        let writes = touched.writes.into_iter().collect::<Vec<_>>().join(" ");
        format!("{} > {writes}", reads.collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn names_are_those_that_sqlite_finds() {
        let statements = [
            "SELECT b FROM T",
            "SELECT 1 FROM v",
            "SELECT a FROM u WHERE EXISTS (SELECT 1 FROM t WHERE b = u.a)",
            "SELECT name FROM pragma_table_info('t')",
            "WITH t AS (SELECT 1 AS b) SELECT b FROM t",
            "SELECT \"c\" FROM t",
            "INSERT INTO u VALUES (1)",
        ];
        let expected = [
            "t.b > ",
            "v:t.a t. > ",
            "u.a t.b u.a > ",
            "pragma_table_info.name > ",
            " > ",
            "t. > ",
            "r:t.b r:u.a > t u",
        ];
        assert_eq!(statements.map(touched), expected);
    }
}
