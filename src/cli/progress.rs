//! What a person sees while revisions run.
//!
//! One line for each revision. On a terminal a bar below it, over the statements of the revision,
//! that keeps moving during a long statement: SQLite calls [`Progress::ticker`] from inside.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use indicatif::ProgressBar;

use super::output::Output;
use super::words::{count, describe_duration};
use crate::exec::event::{Event, Observer};
use crate::graph::RevisionGraph;
use crate::lint;
use crate::plan::Direction;
use crate::revision::{Revision, script_dir};
use crate::rule::Levels;

const VERB: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Green))).bold();
const ID: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Yellow)));
const DIM: Style = Style::new().dimmed();

/// Shows the events of a run on standard error.
pub struct Progress<'a> {
    output: &'a Output,
    /// Show each statement.
    echo: bool,
    /// The lines of a rehearsal come at its end, as its answer.
    is_rehearsal: bool,
    /// The current folder, which paths are shown relative to.
    here: &'a Path,
    bar: Option<ProgressBar>,
    n_pending: usize,
    n_done: usize,
    /// What was said of transactions.
    groups: Vec<String>,
    /// What is looked for in the revisions that are about to run.
    lints: Option<(&'a Levels, &'a RevisionGraph)>,
    /// What was warned of so far.
    pub warnings: Vec<String>,
}

impl<'a> Progress<'a> {
    /// Shows events the way `output` wants it.
    pub fn new(output: &'a Output, here: &'a Path, echo: bool, is_rehearsal: bool) -> Self {
        let bar = output.screen.new_bar(
            "{spinner:.green} {prefix} {bar:24.green/dim} {pos}/{len} statements{msg:.dim}, {elapsed}",
            "{spinner} {prefix} {bar:24} {pos}/{len} statements{msg}, {elapsed}",
        );
        Self {
            output,
            echo,
            is_rehearsal,
            here,
            bar,
            n_pending: 0,
            n_done: 0,
            groups: Vec::new(),
            lints: None,
            warnings: Vec::new(),
        }
    }

    /// Says before upgrades run what they lose by their own words.
    pub fn look_for(&mut self, lints: &'a Levels, graph: &'a RevisionGraph) {
        self.lints = Some((lints, graph));
    }

    /// Keeps the bar moving while a statement runs, or lets the lines so far be seen.
    pub fn ticker(&self) -> Arc<dyn Fn() + Send + Sync> {
        let screen = Arc::clone(&self.output.screen);
        Arc::new(move || screen.tick())
    }

    /// Removes the bar.
    pub fn finish(&self) {
        self.output.screen.clear_bar();
    }

    /// Prints a line about what is being done.
    fn status(&self, line: String) {
        match &self.bar {
            Some(_) => self.output.status(line),
            None => self.output.progress(line),
        }
    }

    /// `upgrade 3f1c, Add posts (3 changed rows, 0.2 ms)`.
    fn describe_step(
        &self,
        revision: &Revision,
        direction: Direction,
        elapsed: Duration,
        n_changes: u64,
    ) -> String {
        let message = revision.summary();
        let comma = if message.is_empty() { "" } else { ", " };
        let elapsed = describe_duration(elapsed);
        let rows = match n_changes {
            0 => String::new(),
            n => format!("{}, ", count(n, "changed row")),
        };
        let [verb, id, dim] = [VERB, ID, DIM].map(|it| self.output.stderr_style(it));
        let mut line = String::with_capacity(128);
        let _infallible = write!(
            line,
            "{verb}{}{verb:#} {id}{}{id:#}{comma}{message} {dim}({rows}{elapsed}){dim:#}",
            direction.as_str(),
            revision.id
        );
        line
    }

    /// Says once what is lost, by the texts of what is about to run.
    fn warn_of_losses(&mut self, revisions: &[&Revision]) {
        let lost = self.lints.take().and_then(|(levels, graph)| {
            let all = || lint::indexes(graph.indices().map(|it| &graph[it]));
            lint::summary(revisions, levels, &all)
        });
        if let Some(line) = lost {
            self.output.warning(&line);
        }
    }
}

impl Observer for Progress<'_> {
    fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::WaitingForLock { waited } => self.output.screen.say_waiting(*waited),
            Event::BackedUp { path, elapsed } => {
                let path = script_dir::shown(path, self.here);
                let elapsed = describe_duration(*elapsed);
                let [verb, dim] = [VERB, DIM].map(|it| self.output.stderr_style(it));
                self.status(format!(
                    "{verb}backup{verb:#} {} {dim}({elapsed}){dim:#}",
                    path.display()
                ));
            }
            Event::BackupRemoved { path, is_own } => {
                let path = script_dir::shown(path, self.here);
                let path = path.display();
                self.status(if *is_own {
                    format!("removed {path} again: the database is what it was")
                } else {
                    format!("removed {path}: there are newer ones")
                });
            }
            Event::RunStarted { revisions } => {
                // What another process changes meanwhile is said by what runs.
                self.warn_of_losses(revisions);
            }
            Event::PlanStarted { revisions, more_follow } => {
                self.n_pending = revisions.len();
                self.n_done = 0;
                // A rehearsal runs a revision several times.
                if let Some(line) = describe_group(revisions, *more_follow)
                    && !self.groups.contains(&line)
                {
                    self.status(line.clone());
                    self.groups.push(line);
                }
            }
            Event::StepStarted { revision, direction, n_statements } => {
                self.n_done += 1;
                if let Some(bar) = &self.bar {
                    bar.set_prefix(format!("{} {}", direction.as_str(), revision.id));
                    bar.set_message(match self.n_pending {
                        0 | 1 => String::new(),
                        n => format!(", revision {} of {n}", self.n_done),
                    });
                    bar.set_length(*n_statements as u64);
                    bar.reset();
                    self.output.screen.show_bar(bar);
                }
            }
            Event::StatementStarted { sql, .. } => {
                if self.echo {
                    for line in sql.lines() {
                        self.status(format!("    {DIM}{line}{DIM:#}"));
                    }
                }
                if let Some(bar) = &self.bar {
                    bar.tick();
                }
            }
            Event::StatementFinished { .. } => {
                if let Some(bar) = &self.bar {
                    bar.inc(1);
                }
            }
            Event::StepFinished { revision, direction, elapsed, n_changes, .. } => {
                // What nobody sees is not put into words.
                if !self.is_rehearsal && !self.output.is_quiet {
                    self.status(self.describe_step(revision, *direction, *elapsed, *n_changes));
                }
            }
            Event::LogBegun { revisions } => self.output.warning(describe_log_begun(revisions)),
            Event::Warning { message } => {
                self.warnings.push(message.clone());
                self.output.warning(message);
            }
            Event::Committed { revisions, .. } => {
                if self.echo && !self.is_rehearsal {
                    let n = count(revisions.len() as u64, "revision");
                    self.status(format!("    {DIM}{n} committed{DIM:#}"));
                }
            }
        }
    }
}

/// Says what must be said where nothing else of a run is shown: that it waits, and that a database had
/// no log.
pub fn tell(output: &Output, event: &Event<'_>) {
    match event {
        Event::WaitingForLock { waited } => output.screen.say_waiting(*waited),
        Event::LogBegun { revisions } => output.warning(describe_log_begun(revisions)),
        _ => {}
    }
}

/// What it means that a log begins with these revisions.
fn describe_log_begun(revisions: &[String]) -> String {
    let which = match revisions {
        [only] => format!("`{only}`"),
        [first, .., last] => {
            format!("the {} revisions from `{first}` to `{last}`", revisions.len())
        }
        [] => String::new(),
    };
    format!(
        "migrator_log did not know of {which}: what ran before is not known, and is taken as the \
         files say now"
    )
}

/// What is special about the transaction that begins, if it is not simply all of the plan.
fn describe_group(revisions: &[&Revision], more_follow: bool) -> Option<String> {
    let [first, rest @ ..] = revisions else { return None };
    let id = &first.id;
    if first.mode.autocommit {
        let line =
            format!("`{id}` runs outside a transaction: each statement stays once it is done");
        return Some(line);
    }
    if first.mode.foreign_keys {
        let line = format!("`{id}` runs with foreign keys enforced, in a transaction of its own");
        return Some(line);
    }
    let last = &rest.last()?.id;
    more_follow
        .then(|| format!("`{id}` to `{last}` are one transaction; the rest follows in others"))
}
