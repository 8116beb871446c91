//! Databases in memory, to try schemas out in: what is declared, what the revisions make, what a new
//! revision would do.
//!
//! They have no rows but those that bodies insert, so that it is enough for the functions and
//! collations of an application to be known by name: where SQLite misses one, a stub takes its place.
//! That must not be done to a live database, where a collation that sorts differently would damage
//! indexes. Tables that other programs make in the live database come into being in the same way
//! ([`Scratch::lend`]): where nothing misses them, nothing knows of them.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::path::PathBuf;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::config::DbConfig;

use super::journal::{Journal, Touch};
use super::stub::Stub;
use super::{
    CheckedSchema, Database, DbError, HeaderNumber, Lock, ObjectState, RowsFound, SchemaSnapshot,
    SqliteError, SqliteErrorKind, Witness, checks, quote_identifier,
};
use crate::schema::{ObjectKind, SchemaObject};
use crate::sql::head::{Verb, head};
use crate::sql::lexer::{Token, TokenKind, tokens};

/// What SQLite makes of `"…"` where it names nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quoting {
    /// An error: most often it is a name with a typo.
    Strict,
    /// A string, as everywhere else.
    Lenient,
}

/// A database in memory that nothing depends on. Foreign keys are off; no statement touches a file.
pub struct Scratch {
    database: Database,
    quoting: Quoting,
    extensions: Vec<PathBuf>,
    stubs: RefCell<BTreeSet<Stub>>,
    /// What is made where something misses it.
    lent: Vec<SchemaObject>,
    journal: Journal,
}

impl Scratch {
    /// An empty database with these extensions of SQLite.
    ///
    /// # Errors
    ///
    /// [`DbError::Extension`].
    pub fn new(quoting: Quoting, extensions: &[PathBuf]) -> Result<Self, DbError> {
        let database = Database::open_in_memory()?;
        database.set_foreign_keys(false)?;
        database.load_extensions(extensions)?;
        let stubs = RefCell::default();
        let (extensions, lent) = (extensions.to_vec(), Vec::new());
        let journal = Journal::new();
        let scratch = Self { database, quoting, extensions, stubs, lent, journal };
        scratch.set_quoting(quoting)?;
        Ok(scratch)
    }

    /// What SQLite makes of `"…"` from now on; a copy begins as this one began.
    pub fn set_quoting(&self, quoting: Quoting) -> Result<(), DbError> {
        let is_lenient = quoting == Quoting::Lenient;
        for config in [DbConfig::SQLITE_DBCONFIG_DQS_DDL, DbConfig::SQLITE_DBCONFIG_DQS_DML] {
            let outcome = self.database.connection.set_db_config(config, is_lenient);
            outcome.map_err(self.database.error("open"))?;
        }
        Ok(())
    }

    /// Does something with [`Quoting::Strict`].
    pub fn strictly<T>(&self, something: impl FnOnce(&Self) -> T) -> Result<T, DbError> {
        self.set_quoting(Quoting::Strict)?;
        let outcome = something(self);
        self.set_quoting(self.quoting)?;
        Ok(outcome)
    }

    /// The numbers of the header that are others in a later one.
    pub fn other_numbers(&self, later: &Self) -> Result<Vec<HeaderNumber>, DbError> {
        let snapshot = |it: &Self| it.database.snapshot(&SchemaSnapshot::default());
        Ok(snapshot(self)?.other_numbers(&snapshot(later)?))
    }

    /// Whether SQLite understands a statement, with quotes as given; it is not run. Of a PRAGMA that
    /// must not be asked: it may act at once.
    ///
    /// # Errors
    ///
    /// What SQLite said.
    pub fn compiles(&self, sql: &str, quoting: Quoting) -> Result<(), SqliteError> {
        let set = |quoting| {
            let outcome = self.set_quoting(quoting);
            outcome.map_err(|err| SqliteError::own(err.to_string()))
        };
        set(quoting)?;
        let outcome = self.with_stubs(|| Ok(self.database.connection.prepare(sql).map(drop)?));
        set(self.quoting)?;
        outcome
    }

    /// The schema of another database without its rows.
    ///
    /// Whole, excluded tables too: views and triggers name them, and what does not compile cannot be
    /// altered.
    ///
    /// # Errors
    ///
    /// [`DbError::SchemaObject`] for an object that cannot be made here, say because nothing knows the
    /// module of a virtual table.
    pub fn with_schema_of(live: &Database, extensions: &[PathBuf]) -> Result<Self, DbError> {
        let scratch = Self::new(Quoting::Lenient, extensions)?;
        let objects = live.schema_objects(&|_| false)?;
        scratch.database.begin(Lock::Write)?;
        for object in objects {
            scratch.execute(&object.sql).map_err(|source| DbError::SchemaObject {
                path: live.path.clone(),
                name: object.name,
                source,
            })?;
        }
        scratch.database.commit()?;
        Ok(scratch)
    }

    /// Makes those tables and views of `objects` that are not there, with what is on them; gives
    /// their names.
    ///
    /// # Errors
    ///
    /// [`DbError::SchemaObject`].
    pub fn supply(&self, objects: &[SchemaObject]) -> Result<Vec<String>, DbError> {
        let mut made = Vec::new();
        for object in objects {
            if object.is_itself() && !self.database.has_table(&object.name)? {
                made.push(object.name.clone());
            }
            if made.contains(&object.table) {
                self.execute(&object.sql).map_err(|source| DbError::SchemaObject {
                    path: self.database.path.clone(),
                    name: object.name.clone(),
                    source,
                })?;
            }
        }
        Ok(made)
    }

    /// Lets tables and views of other programs be made where something misses them, with their
    /// indexes. The triggers of their tables are not made: they act on rows, which there are none of,
    /// and one that names what is not there yet would keep SQLite from altering any table.
    pub fn lend(&mut self, objects: &[SchemaObject]) {
        self.lent = objects.to_vec();
    }

    /// All that other programs have, whether something missed it or not; the triggers of their tables
    /// too, which a live database has.
    pub fn lent(&self) -> &[SchemaObject] {
        &self.lent
    }

    /// Whether there is a table or view of this name to be made where something misses it.
    pub fn lends(&self, name: &str) -> bool {
        self.lent.iter().any(|it| it.is_itself() && it.name.eq_ignore_ascii_case(name))
    }

    /// Makes the lent table or view without which an error of SQLite would not have come; says
    /// whether there was one. The error may be about an object that SQLite read on its way.
    fn supply_missing(&self, message: &str) -> Result<bool, DbError> {
        let missing = ["no such table: ", "no such view: "]
            .iter()
            .find_map(|words| Some(&message[message.find(words)? + words.len()..]));
        let Some(missing) = missing else { return Ok(false) };
        let is_missing = |name: &str| {
            let is = |it: &str| it.eq_ignore_ascii_case(name);
            is(missing) || missing.strip_prefix("main.").is_some_and(is)
        };
        let objects = || self.lent.iter().filter(|it| is_missing(&it.table));
        let is_view = objects().any(|it| it.kind == ObjectKind::View);
        let made = objects().filter(|it| it.kind != ObjectKind::Trigger || is_view);
        Ok(!self.supply(&made.cloned().collect::<Vec<_>>())?.is_empty())
    }

    /// The same database once more: content, settings of [`Scratch::new`], stubs and what is lent. No
    /// transaction may be open.
    pub fn copy(&self) -> Result<Self, DbError> {
        let mut copy = Self::new(self.quoting, &self.extensions)?;
        let error = self.database.error("copy");
        for stub in self.stubs.borrow().iter() {
            stub.register(&copy.database.connection).map_err(&error)?;
        }
        copy.stubs.clone_from(&self.stubs);
        copy.lend(&self.lent);
        let backup = Backup::new(&self.database.connection, &mut copy.database.connection);
        let outcome = backup.and_then(|it| it.step(-1)).map_err(error)?;
        match outcome {
            StepResult::Done => Ok(copy),
            _ => Err(DbError::Busy {
                path: self.database.path.clone(),
                waited: std::time::Duration::ZERO,
            }),
        }
    }

    /// Notes from now on what its statements touch; a copy does not.
    ///
    /// # Errors
    ///
    /// What SQLite said.
    pub fn witness(&mut self) -> Result<Witness, DbError> {
        Witness::of(&mut self.database)
    }

    /// The database, for everything but running the statements of a user: that is
    /// [`Scratch::execute`].
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// What was stubbed so far, sorted.
    pub fn stubs(&self) -> Vec<Stub> {
        self.stubs.borrow().iter().cloned().collect()
    }

    /// Runs one statement to its end as [`Database::execute`] does; functions and collations that it
    /// lacks, be it in another object that it makes SQLite read, are stubbed, and tables that are lent
    /// are made.
    ///
    /// `VACUUM` does nothing: it changes no schema, and `VACUUM INTO` writes a file. `ATTACH` adds an
    /// empty database in memory, whatever the file.
    ///
    /// # Errors
    ///
    /// What SQLite said.
    pub fn execute(&self, sql: &str) -> Result<u64, SqliteError> {
        let head = head(sql);
        if head.verb == Verb::Vacuum {
            return Ok(0);
        }
        if head.verb == Verb::Attach {
            let attached = attached_name(sql).map(|it| quote_identifier(&it)).ok_or_else(|| {
                SqliteError::own("no name is given to the database that is attached".to_owned())
            })?;
            self.journal.note(Touch::Other);
            return self.database.execute(&format!("ATTACH ':memory:' AS {attached}"));
        }
        let has_failed = Cell::new(false);
        let outcome = self.with_stubs(|| {
            // An `ALTER` that fails over the rows leaves the schema in the file as it was, and in
            // memory as it would have been.
            if has_failed.replace(true) && head.verb == Verb::Alter {
                self.database.connection.execute_batch("PRAGMA writable_schema = RESET")?;
            }
            self.database.execute(sql)
        });
        let touch = if outcome.is_ok() { Touch::of(head) } else { Some(Touch::Other) };
        if let Some(touch) = touch {
            self.journal.note(touch);
        }
        outcome
    }

    /// The schema as it is now; shares with `before` what is the same, and reads only what is new
    /// where that is known. Nothing but [`Scratch::execute`] may have changed it in between.
    pub fn snapshot(&self, before: &SchemaSnapshot) -> Result<SchemaSnapshot, DbError> {
        let n_rollbacks = self.database.n_rollbacks.get();
        let touches = before.seen.as_ref().and_then(|it| self.journal.since(it, n_rollbacks));
        let mut snapshot = match touches {
            Some(touches) if !before.has_virtual => {
                let snapshot = self.database.snapshot_since(before, &touches)?;
                debug_assert_eq!(snapshot.objects, self.database.snapshot(before)?.objects);
                snapshot
            }
            _ => self.database.snapshot(before)?,
        };
        snapshot.seen = Some(self.journal.now(n_rollbacks));
        Ok(snapshot)
    }

    /// Counts the rows of a query as [`Database::rows_found`] does, with stubs for what it lacks.
    ///
    /// # Errors
    ///
    /// What SQLite said.
    pub fn rows_found(&self, query: &str) -> Result<Option<RowsFound>, SqliteError> {
        self.with_stubs(|| self.database.rows_found(query))
    }

    /// Tries again with a stub for what SQLite misses, or with what is lent, for as long as that is
    /// something new.
    fn with_stubs<T>(
        &self,
        attempt: impl Fn() -> Result<T, SqliteError>,
    ) -> Result<T, SqliteError> {
        loop {
            let err = match attempt() {
                Ok(value) => return Ok(value),
                Err(err) => err,
            };
            let is_helped = err.kind == SqliteErrorKind::Other
                && self.add_missing(&err.message).is_ok_and(|is_new| is_new);
            if !is_helped {
                return Err(err);
            }
        }
    }

    /// Remembers the state inside the open transaction, for [`Scratch::back_to_mark`].
    pub fn mark(&self) -> Result<(), DbError> {
        self.database.run("mark a state of", "SAVEPOINT migrator_mark")
    }

    /// Takes everything back to the mark, which stays.
    pub fn back_to_mark(&self) -> Result<(), DbError> {
        self.journal.note(Touch::Other);
        self.database.run("take back", "ROLLBACK TO migrator_mark")
    }

    /// Whether triggers fire, as they do at first. Rows that nobody wrote should not set them off.
    pub fn set_triggers(&self, fire: bool) -> Result<(), DbError> {
        let config = DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER;
        let outcome = self.database.connection.set_db_config(config, fire);
        outcome.map(drop).map_err(self.database.error("open"))
    }

    /// The rows of a query, each value as text and NULL as an empty one.
    ///
    /// # Errors
    ///
    /// What SQLite said.
    pub fn texts(&self, sql: &str) -> Result<Vec<Vec<String>>, SqliteError> {
        let mut statement = self.database.connection.prepare(sql)?;
        let n_columns = statement.column_count();
        let rows = statement.query_map([], |row| {
            (0..n_columns)
                .map(|idx| Ok(row.get_ref(idx)?.as_str_or_null()?.unwrap_or_default().to_owned()))
                .collect()
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Compiles every view and trigger, with stubs for what they lack.
    pub fn objects(&self) -> Result<ObjectState, DbError> {
        loop {
            let state = checks::objects(&self.database)?;
            let mut has_new = false;
            // A stub that is used as an aggregate is known by now, and no more than a function.
            let all = state.unknown.values().chain(state.broken.values());
            for it in all {
                has_new |= self.add_missing(&it.message)?;
            }
            if !has_new {
                return Ok(state);
            }
        }
    }

    /// [`Scratch::objects`] of a schema of which an earlier one is known; compiles only what can have
    /// changed. `now` is the schema as it is.
    pub fn recheck(
        &self,
        before: &CheckedSchema,
        now: &SchemaSnapshot,
    ) -> Result<CheckedSchema, DbError> {
        let objects = before.recheck(&self.database, now)?;
        let mut has_new = false;
        for it in objects.unknown.values().chain(objects.broken.values()) {
            has_new |= self.add_missing(&it.message)?;
        }
        // What is new may be what others lacked, too.
        let objects = if has_new { self.objects()? } else { objects };
        Ok(CheckedSchema::new(now.clone(), objects))
    }

    /// Makes what an error says is missing: a stub, or what is lent; says whether there is something
    /// new.
    fn add_missing(&self, message: &str) -> Result<bool, DbError> {
        match Stub::missing(message) {
            Some(stub) => self.add(stub),
            None => self.supply_missing(message),
        }
    }

    /// Makes a stub; says whether it is a new one.
    fn add(&self, stub: Stub) -> Result<bool, DbError> {
        let mut stubs = self.stubs.borrow_mut();
        if stubs.contains(&stub) {
            return Ok(false);
        }
        // SQLite does not say at first how a function is used. One that is not a stub is used wrongly.
        if let Stub::Aggregate(name) = &stub {
            let is_same =
                |it: &Stub| matches!(it, Stub::Function(it) if it.eq_ignore_ascii_case(name));
            let Some(plain) = stubs.iter().find(|it| is_same(it)).cloned() else {
                return Ok(false);
            };
            stubs.remove(&plain);
        }
        stub.register(&self.database.connection).map_err(self.database.error("open"))?;
        Ok(stubs.insert(stub))
    }
}

/// What stands behind `AS` in an `ATTACH`.
fn attached_name(sql: &str) -> Option<Cow<'_, str>> {
    let mut depth = 0_usize;
    let mut words = tokens(sql).filter(Token::is_significant);
    words.find(|it| {
        match it.kind {
            TokenKind::LeftParenthesis => depth += 1,
            TokenKind::RightParenthesis => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && it.is_keyword(sql, "AS")
    })?;
    words.next()?.name(sql)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lenient() -> Scratch {
        Scratch::new(Quoting::Lenient, &[]).unwrap()
    }

    fn stubs(scratch: &Scratch) -> String {
        let show = |it: &Stub| match it {
            Stub::Function(name) => format!("{name}()"),
            Stub::Aggregate(name) => format!("{name}(*)"),
            Stub::Collation(name) => name.clone(),
        };
        scratch.stubs().iter().map(show).collect::<Vec<_>>().join(" ")
    }

    /// Runs statements; the stubs that this made, or the error.
    #[track_caller]
    fn check(statements: &[&str], expected: &str) {
        let scratch = lenient();
        let outcome = statements.iter().try_for_each(|it| scratch.execute(it).map(drop));
        let found = match outcome {
            Ok(()) => stubs(&scratch),
            Err(err) => err.message,
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn functions_of_the_application_are_stubbed() {
        check(&["CREATE TABLE t(a, b CHECK (is_ok(a, b)), c AS (slug(a)))"], "is_ok() slug()");
        check(&["CREATE TABLE t(a)", "CREATE INDEX i ON t(\"odd name\"(a))"], "odd name()");
        check(&["CREATE TABLE t(a)", "INSERT INTO t SELECT slug(a) FROM t"], "slug()");
        check(&["CREATE TABLE t(a CHECK (is_ok(a)))", "UPDATE t SET a = 1"], "is_ok()");
    }

    #[test]
    fn aggregate_and_window_functions_are_stubbed() {
        let table = "CREATE TABLE t(a, b)";
        check(&[table, "SELECT med(a) OVER (ORDER BY b), MED(b) FROM t GROUP BY b"], "med(*)");
        check(&[table, "SELECT b FROM t GROUP BY b HAVING med(a) FILTER (WHERE b) > 1"], "med(*)");
        check(&[table, "SELECT b, med(a ORDER BY b) FROM t GROUP BY b"], "med(*)");
        check(
            &[table, "SELECT upper(a) OVER () FROM t"],
            "upper() may not be used as a window function",
        );
        check(&["SELECT med(1) OVER ()"], "`med` is a function that only the application has");
    }

    #[test]
    fn collations_of_the_application_are_stubbed() {
        check(&["CREATE TABLE t(a COLLATE app)", "CREATE INDEX i ON t(a)"], "app");
        check(&["CREATE TABLE t(a COLLATE \"my app\" PRIMARY KEY)"], "my app");
    }

    #[test]
    fn what_a_statement_meets_in_other_objects_is_stubbed() {
        let view = "CREATE VIEW v AS SELECT f(a) AS a FROM t ORDER BY a COLLATE c";
        let trigger = "CREATE TRIGGER r AFTER DELETE ON t BEGIN SELECT g(old.a); END";
        check(&["CREATE TABLE t(a)", view, "SELECT * FROM v"], "f() c");
        check(&["CREATE TABLE t(a)", trigger, "DELETE FROM t"], "g()");
        check(
            &[
                "CREATE TABLE t(a, b)",
                view,
                trigger,
                "ALTER TABLE t DROP COLUMN b",
                "SELECT * FROM v",
            ],
            "f() c",
        );
    }

    #[test]
    fn a_stub_that_is_called_says_what_it_is() {
        check(&["SELECT slug('a')"], "`slug` is a function that only the application has");
    }

    #[test]
    fn other_mistakes_stay() {
        check(&["SELECT substr(1)"], "wrong number of arguments to function substr()");
        check(&["CREATE VIRTUAL TABLE t USING vec0(a)"], "no such module: vec0");
        check(&["VACUUM INTO 'x.db'"], "");
        check(&["/* x */ VACUUM INTO 'vacuumed.db'"], "");
        assert!(!std::path::Path::new("vacuumed.db").exists());
        check(
            &[
                "CREATE TABLE t(a)",
                "CREATE TRIGGER r BEFORE INSERT ON t BEGIN
                     SELECT RAISE(ABORT, 'no such function: f'); END",
                "INSERT INTO t VALUES (1)",
            ],
            "no such function: f",
        );
    }

    #[test]
    fn no_file_is_attached() {
        let copy = "CREATE TABLE \"my x\".t AS SELECT 1";
        check(&["ATTACH 'x.db' AS x", "CREATE TABLE x.t(a)", "DETACH x"], "");
        check(&["; ATTACH 'x.db' AS x", "CREATE TABLE x.t(a)", "DETACH x"], "");
        check(&["attach database CAST('x' AS TEXT) || '.db' As \"my x\"", copy], "");
        check(&["ATTACH 'x.db' AS x", "SELECT * FROM x.t"], "no such table: x.t");
        check(&["ATTACH 'x.db'"], "no name is given to the database that is attached");
        check(&["ATTACH 'x.db' AS main"], "database main is already in use");
        assert!(!std::path::Path::new("x.db").exists());
    }

    #[test]
    fn views_and_triggers_compile_with_stubs() {
        let scratch = lenient();
        for sql in [
            "CREATE TABLE t(a)",
            "CREATE VIEW v AS SELECT f(a), g(a) FROM t",
            "CREATE VIEW broken AS SELECT nope FROM t",
            "CREATE TRIGGER r AFTER DELETE ON t BEGIN SELECT h(old.a); END",
        ] {
            scratch.execute(sql).unwrap();
        }
        let state = scratch.objects().unwrap();
        assert_eq!(state.broken.into_keys().collect::<Vec<_>>(), ["broken"]);
        assert!(state.unknown.is_empty());
        assert_eq!(stubs(&scratch), "f() g() h()");
    }

    #[test]
    fn a_column_is_added_with_stubs() {
        let checked = "ALTER TABLE t ADD COLUMN c INT CHECK (app(c))";
        check(&["CREATE TABLE t(a)", checked], "app()");
        check(&["BEGIN", "CREATE TABLE t(a)", checked, "COMMIT"], "app()");
    }

    #[test]
    fn a_strict_one_takes_no_quotes_for_strings() {
        let strict = Scratch::new(Quoting::Strict, &[]).unwrap();
        strict.execute("CREATE TABLE t(a)").unwrap();
        let err = strict.execute("CREATE INDEX i ON t(\"b\")").unwrap_err();
        assert_eq!(
            err.message,
            "no such column: \"b\" - should this be a string literal in single-quotes?"
        );
        assert!(lenient().execute("SELECT \"b\"").is_ok());
    }

    #[test]
    fn a_copy_has_content_and_stubs_and_is_apart() {
        let scratch = lenient();
        scratch.execute("CREATE TABLE t(a COLLATE app)").unwrap();
        scratch.execute("CREATE INDEX i ON t(f(a)) WHERE a IS NULL").unwrap();
        scratch.execute("CREATE VIRTUAL TABLE docs USING fts5(body)").unwrap();
        scratch.execute("INSERT INTO docs VALUES ('x')").unwrap();
        scratch.execute("INSERT INTO t VALUES ('x')").unwrap();
        let copy = scratch.copy().unwrap();
        let count = |it: &Scratch, table: &str| -> i64 {
            let sql = format!("SELECT count(*) FROM {table}");
            it.database.connection.query_row(&sql, [], |row| row.get(0)).unwrap()
        };
        copy.execute("DELETE FROM t WHERE a = 'x'").unwrap();
        assert_eq!((count(&scratch, "t"), count(&copy, "t"), count(&copy, "docs")), (1, 0, 1));
        assert_eq!(stubs(&copy), stubs(&scratch));
        assert!(!copy.database.enforces_foreign_keys().unwrap());
    }

    #[test]
    fn what_is_there_is_not_supplied() {
        let objects = |statements: &[&str]| {
            let other = lenient();
            for statement in statements {
                other.execute(statement).unwrap();
            }
            other.database.schema_objects(&|_| false).unwrap()
        };
        let scratch = lenient();
        scratch.execute("CREATE TABLE a(x)").unwrap();
        let all = objects(&[
            "CREATE TABLE A(y)",
            "CREATE INDEX a_y ON A(y)",
            "CREATE TABLE b(x CHECK (f(x)))",
            "CREATE INDEX b_x ON b(g(x))",
            "CREATE VIEW v AS SELECT * FROM b",
        ]);
        assert_eq!(scratch.supply(&all).unwrap(), ["b", "v"]);
        let names: Vec<String> = objects_of(&scratch).into_iter().map(|it| it.name).collect();
        assert_eq!(names, ["a", "b", "b_x", "v"]);
        assert!(scratch.supply(&all).unwrap().is_empty());
    }

    /// What is lent to an empty database, the statements that run there, and the tables and views that
    /// there are then; or the error.
    #[track_caller]
    fn check_lent(lent: &[&str], statements: &[&str], expected: &str) {
        let other = lenient();
        for statement in lent {
            other.execute(statement).unwrap();
        }
        let mut scratch = lenient();
        scratch.lend(&objects_of(&other));
        let outcome = statements.iter().try_for_each(|it| scratch.execute(it).map(drop));
        let broken = scratch.objects().unwrap().broken;
        let found = match (outcome, broken.first_key_value()) {
            (Err(err), _) => err.message,
            (Ok(()), Some((_, object))) => object.message.clone(),
            (Ok(()), None) => {
                let names: Vec<String> =
                    objects_of(&scratch).into_iter().map(|it| it.name).collect();
                names.join(" ")
            }
        };
        assert_eq!(found, expected);
    }

    const LOG: &str = "CREATE TABLE log(line, at)";

    #[test]
    fn what_is_lent_is_there_where_it_is_missed() {
        check_lent(&[LOG], &["CREATE TABLE t(a)"], "t");
        check_lent(&[LOG], &["CREATE VIEW v AS SELECT line FROM main.LOG"], "v log");
        check_lent(&[LOG], &["CREATE TABLE t AS SELECT * FROM log"], "log t");
        check_lent(&[LOG], &["CREATE INDEX i ON log(at)"], "log i");
        check_lent(&[LOG, "CREATE INDEX j ON log(line)"], &["DELETE FROM log"], "log j");
        check_lent(&[LOG], &["DROP TABLE log"], "");
        check_lent(
            &[LOG],
            &[
                "CREATE TABLE t(a)",
                "CREATE TRIGGER r AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.a, 1); END",
            ],
            "t r log",
        );
        check_lent(
            &[LOG],
            &[
                "CREATE TABLE t(a)",
                "CREATE VIEW v AS SELECT * FROM log",
                "ALTER TABLE t RENAME TO u",
            ],
            "u v log",
        );
    }

    #[test]
    fn what_is_lent_needs_what_is_lent() {
        let view = "CREATE VIEW lines AS SELECT line FROM log";
        let instead = "CREATE TRIGGER add_line INSTEAD OF INSERT ON lines BEGIN INSERT INTO log VALUES (new.line, 1); END";
        check_lent(&[LOG, view], &["CREATE VIEW v AS SELECT * FROM lines"], "v lines log");
        check_lent(
            &[LOG, view, instead],
            &["INSERT INTO lines VALUES ('x')"],
            "lines add_line log",
        );
    }

    #[test]
    fn what_is_lent_keeps_nothing_from_running() {
        // A trigger over a table that is not there yet.
        let trigger = "CREATE TRIGGER r AFTER INSERT ON log BEGIN DELETE FROM later; END";
        check_lent(
            &[LOG, trigger],
            &[
                "CREATE TABLE t(a)",
                "CREATE VIEW v AS SELECT * FROM log",
                "ALTER TABLE t RENAME TO u",
            ],
            "u v log",
        );
        check_lent(
            &[LOG],
            &["CREATE TABLE log(own)", "CREATE VIEW v AS SELECT own FROM log"],
            "log v",
        );
        check_lent(&[LOG], &["CREATE VIEW v AS SELECT nope FROM log"], "no such column: nope");
        check_lent(&[LOG], &["CREATE VIEW v AS SELECT * FROM logs"], "no such table: main.logs");
    }

    /// Whether it is known what statements did to the list of objects, and the names that are there
    /// then.
    #[track_caller]
    fn check_snapshot(statements: &[&str], expected: (bool, &str)) {
        let scratch = lenient();
        for sql in ["CREATE TABLE t(a UNIQUE)", "CREATE INDEX i ON t(a)", "CREATE TABLE u(a)"] {
            scratch.execute(sql).unwrap();
        }
        let before = scratch.snapshot(&SchemaSnapshot::default()).unwrap();
        let run = |sql: &&str| match *sql {
            "BEGIN" => scratch.database.begin(Lock::Write).unwrap(),
            "ROLLBACK" => scratch.database.rollback().unwrap(),
            sql => drop(scratch.execute(sql)),
        };
        statements.iter().for_each(run);
        let since = |it: &Scratch| {
            it.journal.since(before.seen.as_ref().unwrap(), it.database.n_rollbacks.get())
        };
        let is_known = since(&scratch).is_some();
        let after = scratch.snapshot(&before).unwrap();
        let names: Vec<&str> = after.objects.iter().map(|it| it.object.name.as_str()).collect();
        assert_eq!((is_known, names.join(" ").as_str()), expected);
        // A moment of another connection says nothing.
        assert!(since(&scratch.copy().unwrap()).is_none());
    }

    #[test]
    fn only_what_may_have_changed_is_read() {
        check_snapshot(&[], (true, "t i u"));
        check_snapshot(&["INSERT INTO t VALUES (1)"], (true, "t i u"));
        check_snapshot(&["CREATE TABLE v(a)", "CREATE INDEX j ON v(a)"], (true, "t i u v j"));
        check_snapshot(&["DROP TABLE T"], (true, "u"));
        check_snapshot(&["DROP TABLE u", "CREATE VIEW v AS SELECT 1"], (true, "t i v"));
        check_snapshot(&["DROP TABLE t", "CREATE TABLE t(b)"], (true, "u t"));
        check_snapshot(&["CREATE TABLE v(a)", "DROP TABLE v"], (true, "t i u"));
        check_snapshot(&["DROP INDEX IF EXISTS x", "DROP INDEX i"], (true, "t u"));
        check_snapshot(&["ALTER TABLE u RENAME TO v"], (false, "t i v"));
        check_snapshot(&["CREATE TABLE t(b)"], (false, "t i u"));
        check_snapshot(&["BEGIN", "DROP TABLE t", "ROLLBACK"], (false, "t i u"));
        check_snapshot(
            &["BEGIN", "DROP TABLE u", "INSERT OR ROLLBACK INTO t VALUES (1), (1)"],
            (false, "t i u"),
        );
    }

    #[test]
    fn a_copy_lends_the_same() {
        let other = lenient();
        other.execute(LOG).unwrap();
        let mut scratch = lenient();
        scratch.lend(&objects_of(&other));
        assert!(scratch.lends("Log") && !scratch.lends("logs"));
        scratch.copy().unwrap().execute("DELETE FROM log").unwrap();
        assert!(objects_of(&scratch).is_empty());
    }

    fn objects_of(scratch: &Scratch) -> Vec<SchemaObject> {
        scratch.database.schema_objects(&|_| false).unwrap()
    }

    #[test]
    fn the_schema_of_another_database_is_made_again() {
        let live = lenient();
        for sql in [
            "CREATE TABLE t(a INTEGER PRIMARY KEY AUTOINCREMENT, b DEFAULT \"x\", c CHECK (f(c)))",
            "CREATE VIEW v AS SELECT * FROM t",
            "CREATE TRIGGER r INSTEAD OF INSERT ON v BEGIN SELECT 1; END",
            "CREATE VIRTUAL TABLE docs USING fts5(body, content = t)",
        ] {
            live.execute(sql).unwrap();
        }
        let scratch = Scratch::with_schema_of(live.database(), &[]).unwrap();
        let objects = |it: &Scratch| it.database.schema_objects(&|_| false).unwrap();
        assert_eq!(objects(&scratch), objects(&live));
        assert_eq!(stubs(&scratch), "f()");
    }
}
