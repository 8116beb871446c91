//! The text of a script, and how it protects itself.

use crate::sql::needs::{Need, need};

/// A table of ours with a constraint whose name is the message: SQL has no other way to fail.
const GUARD: &str = "temp._migrator_guard";

/// What violated foreign keys before.
const BASELINE: &str = "temp._migrator_violations";

/// A script that is being written.
pub(super) struct Text(String);

impl Text {
    /// An empty one.
    pub fn new() -> Self {
        // Without it the shell would go on after an error, and commit.
        Self(".bail on\n\n".to_owned())
    }

    /// All of it.
    pub fn finish(self) -> String {
        self.0
    }

    /// A statement on lines of its own. It ends with a token, never with a comment that would
    /// swallow the semicolon.
    pub fn statement(&mut self, sql: &str) {
        self.0.push_str(sql);
        self.0.push_str(";\n");
    }

    /// Lines as they are.
    pub fn lines(&mut self, lines: &str) {
        self.0.push_str(lines);
        self.blank();
    }

    /// An empty line.
    pub fn blank(&mut self) {
        self.0.push('\n');
    }

    /// Before a transaction.
    pub fn set_foreign_keys(&mut self, enforced: bool) {
        self.statement(&format!("PRAGMA foreign_keys = {}", if enforced { "ON" } else { "OFF" }));
    }

    /// Notes which rows violate foreign keys.
    pub fn take_baseline(&mut self) {
        self.statement(&format!(
            "CREATE TABLE {BASELINE} AS SELECT \"table\", \"rowid\" AS \"row\", parent \
             FROM pragma_foreign_key_check"
        ));
    }

    /// Fails where more rows do, and commits.
    pub fn end(&mut self) {
        self.blank();
        self.guard(
            "rows would violate foreign keys",
            &format!(
                "SELECT 0 FROM (SELECT \"table\", \"rowid\", parent FROM pragma_foreign_key_check \
                 EXCEPT SELECT \"table\", \"row\", parent FROM {BASELINE}) LIMIT 1"
            ),
        );
        self.statement(&format!("DROP TABLE {BASELINE}"));
        self.statement("COMMIT");
        self.blank();
    }

    /// Fails, before anything runs, on a SQLite that is too old for one of the statements; `advice`
    /// is what to do about it besides, where that is an `ALTER TABLE`, and otherwise.
    pub fn guard_version<'s>(
        &mut self,
        statements: impl Iterator<Item = &'s str>,
        advice: [&str; 2],
    ) {
        let needs = statements.filter_map(need);
        let Some(Need { since, what }) = needs.max_by_key(|it| it.since) else { return };
        let advice = advice[usize::from(!what.starts_with("ALTER"))];
        self.guard(
            &format!("SQLite 3.{since} is needed for {what}: use a newer sqlite3{advice}"),
            &format!("SELECT CAST(substr(sqlite_version(), 3) AS INTEGER) >= {since}"),
        );
        self.blank();
    }

    /// Fails with `message` where `query` finds rows.
    pub fn refuse_if(&mut self, message: &str, query: &str) {
        self.guard(message, &format!("SELECT 0 WHERE EXISTS ({query})"));
    }

    /// Fails with `message` where `query` returns a false value.
    pub fn guard(&mut self, message: &str, query: &str) {
        self.statement(&format!(
            "CREATE TABLE {GUARD} (ok CONSTRAINT \"{}\" CHECK (ok))",
            message.replace('"', "\"\"")
        ));
        self.statement(&format!("INSERT INTO {GUARD} {query}"));
        self.statement(&format!("DROP TABLE {GUARD}"));
    }
}
