//! Errors for people.
//!
//! The one place that turns an error into text and into an exit status. Errors hold facts; the
//! advice is in [`hints`] and [`run_hints`], one exhaustive function for each error, so that a new kind of error has
//! to decide what to say. The order is always the same: what is wrong, the line it stands on, the
//! causes, what to do.

mod drift_hints;
mod file_hints;
mod hints;
mod history_hints;
mod quote;
mod rewrite_hints;
mod run_hints;
mod schema_hints;
mod target_hints;
mod typed;

pub use self::drift_hints::{DeclaredState, Drifted, Renamed, drift as drift_hints};
pub use self::history_hints::{MAX_NAMED, take_over, troubles as trouble_hints};

use std::fmt;
use std::path::Path;
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};

pub use schema_hints::doubt;
pub use typed::Typed;

use crate::Error;
use crate::audit::{HistoryError, Right, Trouble};
use crate::declared::DeclaredError;
use crate::exec::{ExecError, ExitClass, Failure, RestoreError};
use crate::lint::Finding;
use crate::out_of_order::OutOfOrderError;
use crate::rehearsal::RehearsalError;
use crate::rule::Level;
use crate::source::Location;

/// What the process says to whoever started it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// Done.
    Done,
    /// It ran, and the answer is no.
    No,
    /// It was refused: nothing was changed.
    Refused,
    /// It failed while running; the message says what state the database is in.
    Failed,
}

impl ExitStatus {
    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::No => 1,
            Self::Refused => 2,
            Self::Failed => 3,
        }
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(status.code())
    }
}

/// What the command line itself finds wrong.
#[derive(Debug)]
pub struct Usage {
    message: String,
    hints: Vec<String>,
    status: ExitStatus,
}

impl Usage {
    /// A refusal: a wrong combination of arguments, a file in the way. `message` is one clause
    /// without a full stop.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hints: Vec::new(), status: ExitStatus::Refused }
    }

    /// A failure after something was changed, such as a hook after its file was written; `message`
    /// says what was.
    pub fn unfinished(message: impl Into<String>) -> Self {
        Self { status: ExitStatus::Failed, ..Self::new(message) }
    }

    /// Adds what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Usage {}

/// The exit status that an error means.
pub fn exit_status(err: &anyhow::Error) -> ExitStatus {
    // What the command line says around an error is no link of its chain.
    if err.downcast_ref::<Usage>().is_some_and(|it| it.status == ExitStatus::Failed) {
        return ExitStatus::Failed;
    }
    for cause in err.chain() {
        if let Some(usage) = cause.downcast_ref::<Usage>() {
            return usage.status;
        }
        let has_failed = match cause.downcast_ref::<Error>() {
            Some(Error::Run(err)) => err.exit_class() == ExitClass::Failed,
            Some(Error::Restore(err)) => matches!(**err, RestoreError::Unfinished { .. }),
            _ => false,
        };
        if has_failed {
            return ExitStatus::Failed;
        }
    }
    ExitStatus::Refused
}

/// One thing to say: a title, where, why, and what to do.
#[derive(Debug, Default, PartialEq, Eq)]
struct Report {
    title: String,
    /// A place, and what to write below it.
    quote: Option<(Location, String)>,
    causes: Vec<String>,
    hints: Vec<String>,
}

impl Report {
    fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    fn quote(mut self, location: &Location, label: impl Into<String>) -> Self {
        self.quote = Some((location.clone(), label.into()));
        self
    }

    fn hints(mut self, hints: Vec<String>) -> Self {
        self.hints = hints;
        self
    }
}

/// Renders an error for standard error, with ANSI styles; write it through `anstream`.
///
/// Paths are shown relative to `here`, and commands as `typed` has them. A file or a graph with
/// several problems gets a report for each.
pub fn render(err: &anyhow::Error, here: &Path, typed: &Typed) -> String {
    let mut reports = all_reports(err, here);
    for report in &mut reports {
        report.hints = typed.spell_all(&report.hints);
    }
    reports.iter().map(|it| render_report(it, here)).collect::<Vec<_>>().join("\n\n")
}

/// What to say about any error.
fn all_reports(err: &anyhow::Error, here: &Path) -> Vec<Report> {
    let known = err.chain().find_map(|cause| cause.downcast_ref::<Error>());
    let mut reports = match known {
        Some(known) => reports(known, here),
        None => vec![plain_report(err)],
    };
    // Without a word of the command line on what was written, nothing was.
    if let (Some(Error::File(_)), ExitStatus::Refused) = (known, exit_status(err)) {
        for hint in reports.iter_mut().flat_map(|it| &mut it.hints) {
            hint.insert_str(0, "nothing was changed; ");
        }
    }
    // What the command line knows about an error of the library.
    if let (Some(_), Some(usage)) = (known, err.downcast_ref::<Usage>())
        && let Some(last) = reports.last_mut()
    {
        last.hints.extend(usage.hints.iter().cloned());
    }
    // Advice that holds for several problems in a row is given once, after the last of them. Only
    // from the end, so that no `or …` stands without what it is another way than.
    for at in 1..reports.len() {
        let (before, after) = reports.split_at_mut(at);
        let (hints, next) = (&mut before[at - 1].hints, &after[0].hints);
        let n_same = hints.iter().rev().zip(next.iter().rev()).take_while(|it| it.0 == it.1);
        hints.truncate(hints.len() - n_same.count());
    }
    reports
}

/// An error as one line, and what to do about it, without styles.
pub fn in_one_line(err: &anyhow::Error, here: &Path) -> (String, Vec<String>) {
    let found = all_reports(err, here);
    let lines = found.iter().map(|it| {
        let causes = it.causes.iter().map(String::as_str);
        std::iter::once(it.title.as_str()).chain(causes).collect::<Vec<_>>().join(": ")
    });
    let line = lines.collect::<Vec<_>>().join("; ");
    (line, found.into_iter().flat_map(|it| it.hints).collect())
}

/// Renders a finding of `migrator lint`, with ANSI styles.
pub fn render_finding(finding: &Finding, here: &Path) -> String {
    let level = match finding.level {
        Level::Error => annotate_snippets::Level::ERROR,
        Level::Warning => annotate_snippets::Level::WARNING,
        Level::Note | Level::Off => annotate_snippets::Level::NOTE,
    };
    let title = level.primary_title(&finding.message).id(finding.rule.name());
    let quoted = quote::render_titled(title, &finding.location, "", here);
    format!("{quoted}\n{HINT}hint:{HINT:#} {}", finding.advice)
}

/// Renders what keeps a body from running, without advice: a finding about a revision, not an error
/// of the command.
pub fn render_failure(failure: &Failure, here: &Path) -> String {
    let reports = failure_reports(failure, failure, &Vec::new);
    let without_hints = |it: Report| render_report(&Report { hints: Vec::new(), ..it }, here);
    reports.into_iter().map(without_hints).collect::<Vec<_>>().join("\n")
}

const ERROR: Style = Style::new().bold().fg_color(Some(anstyle::Color::Ansi(AnsiColor::BrightRed)));
const BOLD: Style = Style::new().bold();
const HINT: Style = Style::new().bold().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Cyan)));

fn render_report(report: &Report, here: &Path) -> String {
    let mut lines = match &report.quote {
        Some((location, label)) => vec![quote::render(&report.title, location, label, here)],
        None => vec![format!("{ERROR}error{ERROR:#}{BOLD}: {}{BOLD:#}", report.title)],
    };
    lines.extend(report.causes.iter().map(|it| format!("caused by: {it}")));
    lines.extend(report.hints.iter().map(|it| format!("{HINT}hint:{HINT:#} {it}")));
    lines.join("\n")
}

/// An error that no stage knows.
fn plain_report(err: &anyhow::Error) -> Report {
    let mut report = Report::new(err.to_string());
    report.causes = err.chain().skip(1).map(ToString::to_string).collect();
    report.hints = err.downcast_ref::<Usage>().map(|it| it.hints.clone()).unwrap_or_default();
    report
}

/// What to say about an error of the library.
fn reports(err: &Error, here: &Path) -> Vec<Report> {
    match err {
        Error::Config(err) => config_reports(err),
        Error::Read(err) => read_reports(err),
        Error::Graph(problems) => problems
            .iter()
            .map(|problem| {
                Report::new(problem.kind.to_string())
                    .quote(&problem.location, hints::graph_label(&problem.kind))
                    .hints(hints::graph(&problem.kind))
            })
            .collect(),
        Error::Plan(plan_error) => {
            vec![Report::new(plan_error.to_string()).hints(hints::plan(plan_error))]
        }
        Error::History(err) => history_reports(err, here),
        Error::OutOfOrder(err) => vec![out_of_order_report(err)],
        Error::Database(db_error) => vec![with_causes(err, run_hints::database(db_error))],
        Error::Backup(backup_error) => vec![with_causes(err, run_hints::backup(backup_error))],
        Error::Restore(err) => vec![with_causes(err.as_ref(), run_hints::restore(err))],
        Error::Run(err) => run_reports(err, here),
        Error::Declared(err) => declared_reports(err, here),
        Error::Autogenerate(err) => vec![with_causes(err, schema_hints::autogenerate(err))],
        Error::Rewrite(err) => vec![rewrite_hints::report(err, here)],
        Error::Replay(err) => {
            failure_reports(&err.failure, err.as_ref(), &|| run_hints::replay(&err.failure))
        }
        Error::Rehearsal(err) => {
            let report = with_causes(err.as_ref(), run_hints::rehearsal(err));
            vec![match err.as_ref() {
                RehearsalError::OtherFile { location, .. } => report.quote(location, ""),
                _ => report,
            }]
        }
        Error::File(file) => vec![with_causes(err, vec![file_hints::file(file)])],
    }
}

/// The error's own line, its causes, and these hints.
fn with_causes(err: &dyn std::error::Error, hints: Vec<String>) -> Report {
    let mut report = Report::new(err.to_string()).hints(hints);
    let mut cause = err.source();
    while let Some(err) = cause {
        report.causes.push(err.to_string());
        cause = err.source();
    }
    report
}

fn history_reports(err: &HistoryError, here: &Path) -> Vec<Report> {
    let HistoryError::Troubles { troubles, .. } = err else {
        return vec![Report::new(err.to_string()).hints(history_hints::history(err))];
    };
    let mut reports: Vec<Report> = Vec::new();
    for group in troubles.chunk_by(Trouble::is_like) {
        reports.extend(group.iter().take(MAX_NAMED).map(|it| Report::new(it.to_string())));
        if let Some(last) = reports.last_mut() {
            let n_more = group.len().saturating_sub(MAX_NAMED);
            if n_more > 0 {
                last.hints.push(format!("and {n_more} more; `migrator status --json` has all"));
            }
            last.hints.extend(history_hints::troubles(group, here, Right::Unknown));
        }
    }
    if let Some(last) = reports.last_mut() {
        last.hints.extend(history_hints::history(err));
    }
    reports
}

fn out_of_order_report(err: &OutOfOrderError) -> Report {
    let mut report = Report::new(err.to_string()).hints(history_hints::out_of_order(err));
    match err {
        OutOfOrderError::Differs { lines, .. } => {
            report.causes.extend(lines.iter().map(ToString::to_string));
        }
        OutOfOrderError::Replay { source, .. } => {
            report.quote = match &source.failure {
                Failure::Statement { location, source, .. } => {
                    Some(((**location).clone(), source.to_string()))
                }
                _ => None,
            };
        }
        OutOfOrderError::Rows { .. }
        | OutOfOrderError::Touches { .. }
        | OutOfOrderError::OtherRows { .. }
        | OutOfOrderError::Number { .. }
        | OutOfOrderError::Positions { .. }
        | OutOfOrderError::Scratch(_) => {}
    }
    report
}

fn config_reports(err: &crate::config::ConfigError) -> Vec<Report> {
    use crate::config::ConfigError;
    match err {
        ConfigError::File { problems, .. } => problems
            .iter()
            .map(|problem| {
                Report::new(problem.kind.to_string())
                    .quote(&problem.location, "")
                    .hints(hints::config_problem(&problem.kind))
            })
            .collect(),
        other => {
            let mut report = with_causes(other, hints::config(other));
            report.quote = match other {
                ConfigError::MissingValue { location, .. }
                | ConfigError::DotEnv { location, .. } => Some((location.clone(), String::new())),
                ConfigError::Url { location, .. } => location.clone().map(|it| (it, String::new())),
                ConfigError::NotFound { .. }
                | ConfigError::NoSuchFile { .. }
                | ConfigError::AlembicsOwn { .. }
                | ConfigError::Io(_)
                | ConfigError::File { .. }
                | ConfigError::UnknownEnvironment { .. }
                | ConfigError::NoUrl { .. } => None,
            };
            vec![report]
        }
    }
}

fn read_reports(err: &crate::revision::script_dir::ReadError) -> Vec<Report> {
    use crate::revision::script_dir::ReadError;
    match err {
        ReadError::Problems(problems) => problems
            .iter()
            .map(|problem| {
                Report::new(problem.kind.to_string())
                    .quote(&problem.location, "")
                    .hints(hints::revision_file(&problem.kind))
            })
            .collect(),
        ReadError::MissingFolder { .. } | ReadError::File(_) => {
            vec![with_causes(err, hints::read(err))]
        }
    }
}

fn declared_reports(err: &DeclaredError, here: &Path) -> Vec<Report> {
    let DeclaredError::Problems(problems) = err else {
        let mut report = with_causes(err, schema_hints::declared(err));
        if let DeclaredError::Command(err) = err
            && !err.stderr.is_empty()
        {
            report.causes.push(format!("its standard error:\n{}", err.stderr));
        }
        return vec![report];
    };
    problems
        .iter()
        .map(|it| {
            Report::new(it.kind.to_string())
                .quote(&it.location, schema_hints::declared_label(&it.kind, here))
                .hints(schema_hints::declared_problem(&it.kind))
        })
        .collect()
}

fn run_reports(err: &ExecError, here: &Path) -> Vec<Report> {
    let hints = || {
        let mut hints: Vec<String> =
            run_hints::backup_before(&err.failure, here).into_iter().collect();
        hints.extend(run_hints::failure(&err.failure, &err.state));
        hints.extend(run_hints::state(err));
        hints
    };
    failure_reports(&err.failure, err, &hints)
}

/// What to say about a failure, whose whole message `err` has.
fn failure_reports(
    failure: &Failure,
    err: &dyn std::error::Error,
    hints: &dyn Fn() -> Vec<String>,
) -> Vec<Report> {
    match failure {
        Failure::Planner(failure) => {
            let mut report = Report::new(err.to_string()).hints(hints());
            if let Some(plan_error) = failure.downcast_ref::<crate::plan::PlanError>() {
                report.hints.extend(hints::plan(plan_error));
            }
            if let Some(history_error) = failure.downcast_ref::<HistoryError>() {
                report.hints.extend(history_hints::history(history_error));
            }
            vec![report]
        }
        Failure::Forbidden { problems } => problems
            .iter()
            .map(|it| {
                Report::new(format!("`{}` {}", it.kind.what, it.kind.reason))
                    .quote(&it.location, "")
                    .hints(run_hints::forbidden(&it.kind))
            })
            .collect(),
        Failure::Refused { revision, refusals, .. } => refusals
            .iter()
            .map(|it| {
                let label = format!("`{revision}` refuses to run while this finds rows");
                let mut report = Report::new(it.to_string()).quote(&it.location, label);
                report.hints = vec![run_hints::refusal(it)];
                report.hints.extend(hints());
                report
            })
            .collect(),
        Failure::Statement { location, source, .. }
        | Failure::Directive { location, source, .. } => {
            vec![Report::new(err.to_string()).quote(location, source.to_string()).hints(hints())]
        }
        Failure::Irreversible { location, .. }
        | Failure::TransactionEnded { location, .. }
        | Failure::VersionTable { location, .. }
        | Failure::DropsParent { location, .. } => {
            vec![Report::new(err.to_string()).quote(location, "").hints(hints())]
        }
        Failure::ForeignKeys { .. } | Failure::Broken { .. } => {
            let mut report = with_causes(err, hints());
            report.causes.extend(run_hints::details(failure));
            vec![report]
        }
        Failure::Database(_)
        | Failure::Backup { .. }
        | Failure::NotRehearsable { .. }
        | Failure::TransactionLeftOpen { .. }
        | Failure::Overtaken { .. }
        | Failure::Commit { .. }
        | Failure::Cancelled => vec![with_causes(err, hints())],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::declared::{self, Command, Declaration};

    /// What is shown of a schema in a file `s.sql`, or of a program's.
    #[track_caller]
    fn check_declared(text: &str, program: Option<&str>, expected: &[&str]) {
        let folder = tempfile::tempdir().unwrap();
        crate::fsutil::write_new(&folder.path().join("s.sql"), text).unwrap();
        let program = program.map(|it| ["sh", "-c", it].map(str::to_owned));
        let timeout = std::time::Duration::from_secs(20);
        let outcome = declared::load(&Declaration {
            root: folder.path(),
            files: &["s.sql".to_owned()],
            command: program.as_ref().map(|program| Command { program, timeout }),
            extensions: &[],
            is_excluded: &|_| false,
        });
        let Err(err) = outcome else { panic!("nothing is wrong") };
        let err = anyhow::Error::from(Error::from(err));
        assert_eq!(exit_status(&err), ExitStatus::Refused);
        let shown = render(&err, folder.path(), &Typed::default());
        let plain = anstream::adapter::strip_str(&shown).to_string();
        assert_eq!(plain.lines().map(str::trim_end).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_mistake_in_the_schema_is_quoted() {
        check_declared(
            "CREATE TABLE t(a);\nCREATE VIRTUAL TABLE v USING vec0(a);\n",
            None,
            &[
                "error: no such module: vec0",
                " --> s.sql:2:30",
                "  |",
                "2 | CREATE VIRTUAL TABLE v USING vec0(a);",
                "  |                              ^^^^",
                "hint: if an extension of SQLite has `vec0`, name its file in alembic.toml: \
                 `extensions = [\"…\"]` under `[sqlite]`",
            ],
        );
        check_declared(
            "CREATE TABLE t(a);\nCREATE TABLE T(a);\n",
            None,
            &[
                "error: `T` is declared twice",
                " --> s.sql:2:14",
                "  |",
                "2 | CREATE TABLE T(a);",
                "  |              ^ first declared in s.sql:1",
                "hint: leave out one of the two",
            ],
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_program_that_fails_shows_its_standard_error() {
        check_declared(
            "",
            Some("echo no module named blog >&2; exit 1"),
            &[
                "error: `sh -c echo no module named blog >&2; exit 1` failed (exit status: 1)",
                "caused by: its standard error:",
                "no module named blog",
                "hint: it must print `CREATE` statements to its standard output",
            ],
        );
    }
}
