//! Whether a directive may be asked before the bodies that came before its own.
//!
//! All directives of a body are evaluated before its first statement. In a body made of several, those
//! of a later one are asked too early: rows that an earlier one would have mended are there still, and
//! what it would have made is not. A `refuse-if` that finds other rows for it would refuse wrongly, or
//! would let through what it is to stop; neither may be.
//!
//! What a query reads, SQLite says: at the beginning and where it stands, see [`Course`]. What may
//! change that is told by names too: a statement that may do so is taken to do so.

use std::collections::BTreeSet;

use super::RewriteError;
use super::course::{Asked, Course, PURE};
use crate::db::{Quoting, Scratch, Touched};
use crate::plan::Direction;
use crate::revision::{Body, Directive, DirectiveKind, Revision};
use crate::schema::{Links, Tie};
use crate::sql::head::{Action, Kind, Verb, head};
use crate::sql::lexer;

/// What a query may find otherwise whenever it is asked.
const VOLATILE: [&str; 12] = [
    "random",
    "randomblob",
    "date",
    "time",
    "datetime",
    "julianday",
    "unixepoch",
    "strftime",
    "timediff",
    "current_date",
    "current_time",
    "current_timestamp",
];

/// What tells of the statements that ran before in the connection, those of migrator among them.
const OF_CONNECTION: [&str; 3] = ["changes", "total_changes", "last_insert_rowid"];

/// Names in lower case.
type Names = BTreeSet<String>;

/// What becomes of a directive in a body made of several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// It is asked at the beginning, and the answer is the same.
    Moves,
    /// It becomes a comment: nothing can answer it at the beginning, or the range alone decides what
    /// it finds, which is nothing.
    LeftOut,
}

/// The tables and views that bodies and directives speak of.
pub(super) struct Guards<'a> {
    /// Where the first of the bodies begins.
    start: &'a Scratch,
    direction: Direction,
    /// What is there then.
    old: Names,
    /// What the bodies make and nobody can have made before: they would fail.
    made: Names,
    /// Both of these and all that the bodies make, and what ties them to one another.
    links: Links,
    /// Whether what happens to a parent may happen to its children.
    has_keys_on: bool,
    /// What ran before the body in question.
    earlier: Vec<Statement<'a>>,
    /// What that made of the database.
    course: Course,
    /// How many bodies that are.
    n_passed: usize,
    /// The tables that migrator writes between two bodies.
    kept: &'a [&'a str],
}

/// A statement of an earlier body.
struct Statement<'a> {
    revision: &'a Revision,
    span: &'a std::ops::Range<usize>,
    keeps_rows: bool,
    /// What it may change.
    writes: Names,
    /// All that it names.
    names: Names,
}

impl<'a> Guards<'a> {
    /// For bodies that run in this order from `start`; `kept` are the tables that migrator writes
    /// between two of them.
    pub fn new(
        start: &'a Scratch,
        bodies: &[(&'a Revision, &'a Body)],
        direction: Direction,
        kept: &'a [&'a str],
    ) -> Result<Self, RewriteError> {
        let mut links = Links::default();
        let objects = start.database().schema_objects(&|_| false)?;
        // What others have is there too, be it that nothing has missed it yet.
        let objects = objects.iter().chain(start.lent());
        let old = objects.filter_map(|it| links.learn(&it.sql)).collect();
        let statements = bodies.iter().flat_map(|(revision, body)| revision.statements(body));
        let made = statements.filter_map(|sql| {
            let made = links.learn(sql);
            made.filter(|_| !head(sql).is_conditional)
        });
        let made = made.collect();
        let has_keys_on = bodies.iter().any(|(revision, _)| revision.mode.foreign_keys);
        let course = Course::new(start)?;
        let earlier = Vec::new();
        Ok(Self {
            start,
            direction,
            old,
            made,
            links,
            has_keys_on,
            earlier,
            course,
            n_passed: 0,
            kept,
        })
    }

    /// Goes past a body: what follows is asked after it.
    ///
    /// # Errors
    ///
    /// [`RewriteError::OfRun`] for a statement that finds other things in one body.
    pub fn pass(&mut self, revision: &'a Revision, body: &'a Body) -> Result<(), RewriteError> {
        let all = self.course.run(revision, body)?;
        for (idx, (span, touched)) in body.statements.iter().zip(&all).enumerate() {
            let sql = &revision.source.text[span.clone()];
            let verb = head(sql).verb;
            if verb != Verb::Select {
                let earlier = &body.statements[..idx];
                let is_there =
                    earlier.iter().any(|it| counts_anew(&revision.source.text[it.clone()]));
                self.refuse_of_run(revision, span, touched, is_there)?;
            }
            let written = targets(sql).unwrap_or_else(|| names(sql));
            let mut written = self.written_with(written);
            written.extend(touched.writes.iter().filter(|it| self.links.knows(it)).cloned());
            let named = self.written_with(names(sql));
            let mut named = self.read_with(named);
            named.extend(self.read_by(sql, touched));
            self.earlier.push(Statement {
                revision,
                span,
                keeps_rows: keeps_rows(sql),
                names: named,
                writes: written,
            });
        }
        self.n_passed += 1;
        Ok(())
    }

    /// What a statement reads, tables of SQLite itself included, but not those that it reads to make
    /// or change something.
    fn read_by(&self, sql: &str, touched: &Touched) -> Names {
        let is_own = |it: &str| it.starts_with("sqlite_") || it.starts_with("pragma_");
        let is_ddl = matches!(head(sql).verb, Verb::Create(_) | Verb::Drop(_) | Verb::Alter);
        let reads = touched.reads.iter().filter(|it| {
            let is_shadow = !self.links.knows(&it.table)
                && it.table.rmatch_indices('_').any(|(at, _)| self.links.knows(&it.table[..at]));
            let is_of_ddl = is_ddl && it.within.is_none() && is_own(&it.table);
            !(is_shadow || is_of_ddl || PURE.contains(&it.table.as_str()))
        });
        let mut found: Names = reads.map(|it| it.table.clone()).collect();
        if head(sql).makes_rows {
            found.extend(names(sql).into_iter().filter(|it| is_own(it)));
        }
        found
    }

    /// Refuses what asks for the run itself, which is another one where the bodies are one: for the
    /// tables that migrator writes between them, or for the last change where a statement of
    /// migrator made that, `is_counted` being whether one of the body has made one since.
    fn refuse_of_run(
        &self,
        revision: &Revision,
        span: &std::ops::Range<usize>,
        touched: &Touched,
        is_counted: bool,
    ) -> Result<(), RewriteError> {
        let mut tables = touched.reads.iter().map(|it| &it.table).chain(&touched.writes);
        let table = tables.find(|it| self.kept.iter().any(|kept| kept.eq_ignore_ascii_case(it)));
        let mut functions = touched.functions.iter().filter(|it| {
            OF_CONNECTION.contains(&it.as_str()) && !(is_counted && *it != "total_changes")
        });
        let is_first = self.n_passed == 0;
        let what = match table {
            Some(table) if !is_first || self.direction == Direction::Downgrade => table.clone(),
            _ => match functions.next().filter(|_| !is_first) {
                Some(function) => format!("{function}()"),
                None => return Ok(()),
            },
        };
        Err(RewriteError::OfRun {
            direction: self.direction,
            revision: revision.id.clone(),
            location: Box::new(revision.location(span)),
            what,
        })
    }

    /// What becomes of a directive of the next body.
    ///
    /// # Errors
    ///
    /// [`RewriteError::Guard`] for a `refuse-if` that is needed where it stands.
    pub fn place(&self, revision: &Revision, directive: &Directive) -> Result<Place, RewriteError> {
        let query = &revision.source.text[directive.query.clone()];
        let compiles = |quoting| self.start.compiles(query, quoting).is_ok();
        if directive.kind == DirectiveKind::WarnIf {
            // Too early it may count other rows, which is better than to say nothing.
            let is_possible = compiles(Quoting::Lenient);
            return Ok(if is_possible { Place::Moves } else { Place::LeftOut });
        }
        let all = names(query);
        let mut reads = self.read_with(all.clone());
        let asked = self.course.ask(query, &reads)?;
        if let Some(asked) = &asked {
            self.refuse_of_run(revision, &directive.span, &asked.touched, false)?;
        }
        if self.earlier.is_empty() {
            return Ok(Place::Moves);
        }
        let is_foreign = asked.as_ref().is_none_or(|it| it.is_foreign)
            || all.iter().any(|it| it.starts_with("sqlite_") || it.starts_with("pragma_"));
        reads.extend(asked.iter().flat_map(Asked::own_tables));
        let changes = |it: &&Statement<'_>| !it.keeps_rows && !it.writes.is_disjoint(&reads);
        let changer = self.earlier.iter().find(changes);
        // What was no column yet would have been a string.
        let is_named = self.earlier.iter().any(|it| !it.names.is_disjoint(&reads));
        let quoting = if is_named { Quoting::Strict } else { Quoting::Lenient };
        let is_same = asked.as_ref().is_some_and(|it| it.is_same);
        if changer.is_none() && !is_foreign && is_same && compiles(quoting) {
            return Ok(Place::Moves);
        }
        let sources = self.sources(reads.clone());
        let is_own = sources.is_disjoint(&self.old) && sources.is_subset(&self.made);
        let is_fixed = asked.as_ref().is_some_and(Asked::is_fixed);
        if is_own && !is_foreign && is_fixed {
            return Ok(Place::LeftOut);
        }
        let names_it = |it: &&Statement<'_>| !it.names.is_disjoint(&reads);
        let last = |is: &dyn Fn(&&Statement<'_>) -> bool| self.earlier.iter().rev().find(is);
        let maker = || last(&names_it).or_else(|| last(&|it| !it.names.is_empty()));
        Err(RewriteError::Guard {
            direction: self.direction,
            revision: revision.id.clone(),
            location: Box::new(revision.location(&directive.span)),
            earlier: changer.or_else(maker).map(|it| Box::new(it.revision.location(it.span))),
        })
    }

    /// All tables from which rows came into these.
    fn sources(&self, mut tables: Names) -> Names {
        loop {
            let n_before = tables.len();
            for statement in self.earlier.iter().filter(|it| !it.keeps_rows) {
                if !statement.writes.is_disjoint(&tables) {
                    tables.extend(statement.names.iter().cloned());
                }
            }
            if tables.len() == n_before {
                return tables;
            }
        }
    }

    /// What of these names is known, and all that is read with it.
    fn read_with(&self, names: Names) -> Names {
        self.links.reached(names, |it| it == Tie::Reads).into_keys().collect()
    }

    /// What of these names is known, and all that is written with it.
    fn written_with(&self, names: Names) -> Names {
        let is_followed = |it| it == Tie::Fires || (it == Tie::IsReferenced && self.has_keys_on);
        self.links.reached(names, is_followed).into_keys().collect()
    }
}

impl Asked {
    /// The tables and views that are read.
    fn own_tables(&self) -> impl Iterator<Item = String> {
        let tables = self.touched.reads.iter().map(|it| it.table.clone());
        tables.filter(|it| !PURE.contains(&it.as_str()))
    }

    /// Whether the answer hangs on the rows alone.
    fn is_fixed(&self) -> bool {
        self.touched.functions.iter().all(|it| !VOLATILE.contains(&it.as_str()))
    }
}

/// Whether a statement makes a change of its own, whatever the rows, that `changes()` and
/// `last_insert_rowid()` tell of from then on.
fn counts_anew(sql: &str) -> bool {
    let has = |word| lexer::has_keyword(sql, word);
    head(sql).verb == Verb::Insert
        && (has("VALUES") || has("DEFAULT"))
        && !["IGNORE", "SELECT", "CONFLICT"].into_iter().any(has)
}

/// All names in a text.
fn names(sql: &str) -> Names {
    lexer::names(sql).collect()
}

/// Whether no row of any table is another one after a statement.
fn keeps_rows(sql: &str) -> bool {
    let head = head(sql);
    match head.verb {
        // It may hide a table.
        _ if head.is_temporary => false,
        Verb::Create(_) => !head.makes_rows,
        Verb::Drop(kind) => kind != Kind::Table,
        Verb::Alter => matches!(
            head.action,
            Some(
                Action::AddColumn(_)
                    | Action::AddConstraint
                    | Action::DropConstraint
                    | Action::AlterColumn
            )
        ),
        Verb::Select => true,
        _ => false,
    }
}

/// The tables or views that a statement is about; `None` where its words do not say.
fn targets(sql: &str) -> Option<Names> {
    let head = head(sql);
    let is_about_table = matches!(head.verb, Verb::Create(Kind::Table) | Verb::Drop(Kind::Table));
    if !is_about_table && head.verb != Verb::Alter && !head.verb.writes_rows() {
        return None;
    }
    let new = if let Some(Action::RenameTo(new)) = head.action { Some(new) } else { None };
    Some(std::iter::once(head.name?).chain(new).map(|it| it.to_ascii_lowercase()).collect())
}

#[cfg(test)]
#[path = "guards_tests.rs"]
mod tests;
