//! A plan as text, for `--sql`: what [`super::run`] would do, for the `sqlite3` shell.
//!
//! Pure. The script may be run by people who have neither migrator nor the revisions, on a database
//! that nobody looked at, so it carries its own protection: it stops at the first error, begins by
//! making sure that SQLite is new enough and the version table holds what it was made for, stops where a body refuses to
//! run, drops no table that others follow where foreign keys are enforced, and ends by looking for
//! new violations of them.
//!
//! Where a revision replaces others, some databases name it in their version table and some the last
//! of those that it replaces: the script takes either, since nobody looked which.
//!
//! What it cannot do is compare views and triggers, and drop the temporary tables that a body left;
//! SQLite has no SQL for that.

use std::collections::{BTreeMap, HashMap};

mod body;
mod text;

pub use self::body::{Loss, body_script};
use self::text::Text;
use super::error::{ExecError, Failure};
use super::stamp::Stamp;
use super::work::{Group, Task, Work};
use super::{PlanFailure, TransactionMode};
use crate::audit::{self, Note};
use crate::db::{LogTable, VersionTable, keys_that_act_sql, quote_text, reset_settings_sql};
use crate::graph::RevisionGraph;
use crate::plan::{Direction, Plan, RowWrite};
use crate::revision::{DirectiveKind, RevisionId};
use crate::sql::effect::dropped_table;

/// How a script is written.
#[derive(Debug, Clone, Copy)]
pub struct Offline<'a> {
    /// The name of the version table.
    pub version_table: &'a str,
    /// Whether `migrator_log` gets a row for each revision.
    pub log: bool,
    /// How many revisions share a transaction.
    pub transaction: TransactionMode,
    /// A text that the log keeps with each revision.
    pub tag: Option<&'a str>,
}

impl Offline<'_> {
    fn log_table(&self) -> LogTable<'_> {
        LogTable::new(self.log, self.version_table)
    }
}

/// A plan as a script; empty where there is nothing to do.
///
/// # Errors
///
/// What [`super::run`] refuses before it opens a database.
pub fn script(
    options: &Offline<'_>,
    graph: &RevisionGraph,
    plan: Plan,
) -> Result<String, ExecError> {
    let rows = plan.start.clone();
    let mut work = Work::new(graph, plan, rows).map_err(ExecError::refused)?;
    if work.rest().is_empty() {
        return Ok(String::new());
    }
    let mut writer = Writer::new(options, graph, &work.rows);
    let texts = work.rest().iter().flat_map(|it| it.queries().chain(it.texts()));
    // The one that is compiled in runs everything that revisions hold.
    let without_script = ", or let migrator run it, without --sql";
    writer.text.guard_version(texts, [without_script; 2]);
    while let Some(group) = work.next_group(options.transaction) {
        let steps = &work.rest()[..group.n_steps];
        let rows = rows_after(&work.rows, steps.iter().flat_map(|it| &it.writes))
            .map_err(|err| ExecError::refused(Failure::Planner(err)))?;
        match steps {
            [task] if group.mode.autocommit => writer.outside(task, &work.rows),
            _ => writer.group(&group, steps, &work.rows),
        }
        work.advance(group.n_steps, rows);
    }
    Ok(writer.text.finish())
}

/// A stamp as a script, made for a version table that holds `start`; with `purge` for any.
pub fn stamp_script(
    options: &Offline<'_>,
    graph: &RevisionGraph,
    start: &[String],
    purge: bool,
    stamp: &Stamp,
) -> String {
    let mut writer = Writer::new(options, graph, start);
    writer.text.statement("BEGIN IMMEDIATE");
    if purge {
        writer.text.statement(&writer.table.create_sql("IF NOT EXISTS "));
        writer.make_log();
        writer.text.statement(&writer.table.clear_sql());
    } else {
        writer.begin(start);
    }
    writer.name_what_stays(start, stamp);
    for write in &stamp.writes {
        writer.write(write);
    }
    if purge && options.log {
        // What the log says of before is not known here.
        let ids: Vec<&str> = stamp.notes.iter().map(|it| it.revision.as_str()).collect();
        let revisions = graph.indices().map(|it| &graph[it]);
        let declared = revisions.flat_map(|it| std::iter::once(&it.id).chain(&it.replaces));
        let declared: Vec<&str> = declared.map(RevisionId::as_str).collect();
        let sql = options.log_table().unstamp_others_sql(&ids, &declared, options.tag);
        writer.text.statement(&sql);
    }
    for note in stamp.notes.iter().filter(|_| options.log) {
        let checksum = note.checksum.as_deref();
        let log = options.log_table();
        let row = log.append_sql(&note.revision, note.direction, checksum, options.tag);
        writer.text.statement(&row);
    }
    writer.text.statement("COMMIT");
    writer.text.finish()
}

/// The rows after some writes, in the order in which the table would have them.
fn rows_after<'w>(
    rows: &[String],
    writes: impl Iterator<Item = &'w RowWrite>,
) -> Result<Vec<String>, PlanFailure> {
    let mut slots: Vec<Option<&str>> = rows.iter().map(|it| Some(it.as_str())).collect();
    let mut places: HashMap<&str, usize> =
        rows.iter().enumerate().map(|(place, row)| (row.as_str(), place)).collect();
    for write in writes {
        let (from, to) = write.ends();
        let place = match from {
            None => {
                slots.push(None);
                slots.len() - 1
            }
            Some(from) => places
                .remove(from)
                .ok_or_else(|| format!("the plan changes the row `{from}`, which is missing"))?,
        };
        slots[place] = to.map(RevisionId::as_str);
        places.extend(slots[place].map(|row| (row, place)));
    }
    Ok(slots.into_iter().flatten().map(str::to_owned).collect())
}

/// A script that is being written.
struct Writer<'a> {
    options: &'a Offline<'a>,
    table: VersionTable,
    /// What begins the log of a database that has none.
    unlogged: Vec<Note>,
    /// What the version table may say in the place of a row: the last id that its revision replaces.
    synonyms: BTreeMap<String, String>,
    text: Text,
}

impl<'a> Writer<'a> {
    fn new(options: &'a Offline<'a>, graph: &RevisionGraph, start: &[String]) -> Self {
        let text = Text::new();
        let unlogged = audit::baseline(graph, &audit::implied(graph, start), start);
        let synonym = |row: &String| {
            let old = graph[graph.by_id(row)?].replaces.last()?;
            Some((row.clone(), old.to_string()))
        };
        let synonyms = start.iter().filter_map(synonym).collect();
        Self { options, table: VersionTable::new(options.version_table), unlogged, synonyms, text }
    }

    /// Steps in a transaction.
    fn group(&mut self, group: &Group, steps: &[Task<'_>], rows: &[String]) {
        self.text.set_foreign_keys(group.mode.foreign_keys);
        self.text.statement("BEGIN IMMEDIATE");
        self.begin(rows);
        self.text.take_baseline();
        for task in steps {
            self.body(task);
            self.record(task);
        }
        self.text.end();
    }

    /// A step outside a transaction.
    fn outside(&mut self, task: &Task<'_>, rows: &[String]) {
        self.text.set_foreign_keys(task.mode().foreign_keys);
        // Twice: before anything runs, and again when nobody else can write.
        self.text.statement("BEGIN IMMEDIATE");
        self.begin(rows);
        self.text.statement("COMMIT");
        self.body(task);
        self.text.blank();
        self.text.statement("BEGIN IMMEDIATE");
        self.guard_rows(rows);
        self.record(task);
        self.text.statement("COMMIT");
        self.text.blank();
    }

    /// The tables of ours, and that the version table holds `rows`.
    fn begin(&mut self, rows: &[String]) {
        // Where it should hold rows it is an error if it is missing.
        if rows.is_empty() {
            self.text.statement(&self.table.create_sql("IF NOT EXISTS "));
        }
        self.guard_rows(rows);
        self.make_log();
    }

    fn make_log(&mut self) {
        if self.options.log {
            self.text.statement(&LogTable::create_sql("IF NOT EXISTS "));
            // Once: after the first transaction the log is not empty.
            let unlogged = std::mem::take(&mut self.unlogged);
            if !unlogged.is_empty() {
                // What a row names by what it replaces did not run itself.
                let table = self.table.identifier();
                let condition = |(new, old): (&String, &String)| {
                    let (new, old) = (quote_text(new), quote_text(old));
                    format!(
                        " AND NOT (column1 = {new} AND {old} IN (SELECT version_num FROM {table}))"
                    )
                };
                let condition: String = self.synonyms.iter().map(condition).collect();
                let (log, tag) = (self.options.log_table(), self.options.tag);
                self.text.statement(&log.begin_sql(&unlogged, tag, &condition));
            }
        }
    }

    /// Fails unless the version table holds exactly `rows`.
    fn guard_rows(&mut self, rows: &[String]) {
        let table = self.table.identifier().to_owned();
        let (changeable, fixed): (Vec<&String>, Vec<&String>) =
            rows.iter().partition(|it| self.synonyms.contains_key(*it));
        let mut names: Vec<String> = fixed.iter().map(ToString::to_string).collect();
        let literals: Vec<String> = fixed.iter().map(|row| quote_text(row)).collect();
        let mut conditions = vec![format!("count(*) = {}", rows.len())];
        if !fixed.is_empty() {
            let (literals, n) = (literals.join(", "), fixed.len());
            conditions.push(format!("sum(version_num IN ({literals})) = {n}"));
        }
        for row in changeable {
            let old = &self.synonyms[row];
            names.push(format!("{old} or {row}"));
            let literals = format!("{}, {}", quote_text(old), quote_text(row));
            conditions.push(format!("sum(version_num IN ({literals})) = 1"));
        }
        let message = match rows {
            [] => format!("{} must be empty", self.table.name()),
            _ => format!("{} must hold exactly {}", self.table.name(), names.join(", ")),
        };
        let condition = conditions.join(" AND ");
        self.text.guard(&message, &format!("SELECT {condition} FROM {table}"));
    }

    /// Fails before a `DROP TABLE` that could delete or change rows of other tables, because foreign
    /// keys are enforced.
    ///
    /// Stricter than [`super::run`], which counts those rows: SQL cannot look into tables whose names
    /// it has to find out.
    fn guard_drop(&mut self, task: &Task<'_>, sql: &str) {
        // In a transaction nothing else can turn them on.
        let mode = task.mode();
        let Some(table) = dropped_table(sql).filter(|_| mode.foreign_keys || mode.autocommit)
        else {
            return;
        };
        let id = &task.revision.id;
        self.text.guard(
            &format!("{id} drops {table}, which would change rows of other tables"),
            &format!(
                "SELECT NOT foreign_keys OR NOT EXISTS (SELECT 1 FROM {}) FROM pragma_foreign_keys",
                keys_that_act_sql(&quote_text(&table))
            ),
        );
    }

    /// The statements of a step, as they stand in its file; then the settings as they were.
    fn body(&mut self, task: &Task<'_>) {
        let revision = task.revision;
        let below: Vec<_> = revision.down_revisions.iter().map(ToString::to_string).collect();
        let (name, from, to) = match task.direction {
            Direction::Upgrade => ("upgrade", below.join(", "), revision.id.to_string()),
            Direction::Downgrade => ("downgrade", revision.id.to_string(), below.join(", ")),
        };
        let summary = revision.summary();
        let comma = if summary.is_empty() { "" } else { ", " };
        self.text.blank();
        self.text.lines(&format!("-- Running {name} {from} -> {to}{comma}{summary}"));
        self.text.blank();
        self.directives(task);
        for sql in task.texts() {
            self.guard_drop(task, sql);
            self.text.statement(sql);
        }
        if task.has_pragma() {
            reset_settings_sql().for_each(|sql| self.text.statement(&sql));
        }
    }

    /// Fails where a body refuses to run. A warning is a comment: nothing in SQL only says something.
    fn directives(&mut self, task: &Task<'_>) {
        for (directive, query) in task.directives.iter().zip(task.queries()) {
            match directive.kind {
                DirectiveKind::RefuseIf => {
                    let message = format!("{}: {}", task.revision.id, directive.message);
                    self.text.refuse_if(&message, query);
                }
                DirectiveKind::WarnIf => {
                    self.text.lines(&task.revision.source.text[directive.span.clone()]);
                }
            }
        }
    }

    /// A write to the version table, which the guard has looked at.
    fn write(&mut self, write: &RowWrite) {
        let synonym = write.ends().0.and_then(|row| self.synonyms.get(row));
        let sql = self.table.write_sql(write, synonym.map(String::as_str));
        self.text.statement(&sql);
    }

    /// The id of today for each row that a stamp leaves where it is, as a stamp does that has looked.
    fn name_what_stays(&mut self, start: &[String], stamp: &Stamp) {
        let moves = |row: &str| stamp.writes.iter().any(|it| it.ends().0 == Some(row));
        for row in start.iter().filter(|it| !moves(it)) {
            if let (Some(old), Ok(to)) = (self.synonyms.get(row), RevisionId::new(row)) {
                let write = RowWrite::Update { from: old.clone(), to };
                self.text.statement(&self.table.write_sql(&write, None));
            }
        }
    }

    /// What a step means for the tables of ours.
    fn record(&mut self, task: &Task<'_>) {
        for write in &task.writes {
            self.write(write);
        }
        if self.options.log {
            let (log, tag) = (self.options.log_table(), self.options.tag);
            for (id, direction, checksum) in task.logged() {
                let row = log.append_sql(id.as_str(), direction, checksum.as_deref(), tag);
                self.text.statement(&row);
            }
        }
    }
}

#[cfg(test)]
mod tests;
