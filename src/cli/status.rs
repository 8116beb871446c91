//! `migrator status`

use std::collections::BTreeMap;

use serde::Serialize;

use super::App;
use super::drift::{Drift, drift};
use super::output::Format;
use super::project::Project;
use super::schemas::{ChangeJson, changes_json, show};
use super::words::{count, describe_rows};
use crate::audit::{History, Net, Right, Trouble, audit, implied, to_the_second};
use crate::db::Scratch;
use crate::diagnostics::{ExitStatus, MAX_NAMED, Typed, take_over, trouble_hints};
use crate::graph::walk::RevisionSet;
use crate::graph::{RevisionGraph, RevisionIndex};
use crate::lint::{Finding, Report, counts};
use crate::rule::{Level, Rule};

/// How many pending revisions, and how many lines of what the schema has, one screen shows.
const MAX_SHOWN: usize = 10;

/// Show where the database is, what is pending, and everything that is wrong
///
/// Compares the revision files, the version table, the log of what ran and the schema. Whatever is
/// wrong is shown with the command that mends it, and then the exit status is 1; so it is where the
/// schema could not be looked at. Pending revisions are not wrong. Nothing is written anywhere.
#[derive(Debug, clap::Args)]
pub(super) struct StatusArgs {}

/// The whole answer, as JSON.
#[derive(Serialize)]
struct StatusJson {
    /// The database, as messages name it.
    database: String,
    /// The rows of the version table, as they stand there.
    rows: Vec<String>,
    /// What `upgrade heads` would run, in order.
    pending: Vec<String>,
    /// What `lint` finds in that.
    lint: Vec<LintJson>,
    /// Whether the database has a log of what ran.
    has_log: bool,
    /// Whether nothing is wrong.
    is_clean: bool,
    troubles: Vec<TroubleJson>,
    /// What the schema has more or less than the applied revisions make; `null` where that could not
    /// be found out.
    drift: Option<Vec<ChangeJson>>,
}

/// How often a rule is found, as JSON.
#[derive(Serialize)]
struct LintJson {
    rule: &'static str,
    level: &'static str,
    count: usize,
}

/// Something that is wrong, as JSON.
#[derive(Serialize)]
struct TroubleJson {
    kind: &'static str,
    revision: Option<String>,
    message: String,
    hints: Vec<String>,
}

pub(super) fn run(app: &mut App, _args: &StatusArgs) -> anyhow::Result<ExitStatus> {
    let project = app.project()?;
    let graph = project.graph()?;
    let look = |history: &History| {
        let troubles = audit(&graph, history);
        let (drift, right, replayed) = drift(&project, &graph, history, &troubles);
        Ok((troubles, drift, right, replayed))
    };
    let (history, (troubles, drift, right, replayed)) =
        project.settle(Project::survey, look, |it| it.0.is_empty() && it.1.is_none())?;
    let pending = pending(&graph, &history);
    let is_clean = troubles.is_empty() && drift.is_none();

    let lint = lint_pending(app, &project, &graph, &pending, replayed);
    let would_fail = lint.iter().any(|(_, level, _)| *level == Level::Error);
    let answer = Status { project, graph: &graph, history, pending, lint, troubles, right, drift };
    if app.output.format == Format::Json {
        app.output.json(&answer.json(is_clean, &app.output.typed)?)?;
    } else {
        answer.print(app)?;
        if is_clean {
            let of_what_ran = if would_fail { " with what ran" } else { "" };
            app.output.status(format_args!("nothing is wrong{of_what_ran}"));
        }
    }
    Ok(if is_clean { ExitStatus::Done } else { ExitStatus::No })
}

/// What `upgrade heads` would run, in order, whatever else the rows say. What ran below a row that
/// no file declares only the log can tell.
fn pending(graph: &RevisionGraph, history: &History) -> Vec<RevisionIndex> {
    let applied = implied(graph, &history.rows);
    let net = Net::new(&history.log);
    let is_unknown = |it: &String| graph.of_row(it).is_none();
    let is_ahead = !history.unreadable.is_empty() || history.rows.iter().any(is_unknown);
    let ran = |it: RevisionIndex| is_ahead && net.applied_or_replaced(&graph[it]).is_some();
    let missing = graph.indices().filter(|it| !applied.contains(*it) && !ran(*it));
    graph.upgrade_order(&RevisionSet::of(graph, missing))
}

/// How often each rule of `migrator lint` is found in what is pending; the rest ran in `replayed`, if
/// there is one.
fn lint_pending(
    app: &App,
    project: &Project,
    graph: &RevisionGraph,
    pending: &[RevisionIndex],
    replayed: Option<Scratch>,
) -> Vec<(Rule, Level, usize)> {
    if pending.is_empty() {
        return Vec::new();
    }
    match super::lint::find(app, project, graph, pending, &BTreeMap::new(), replayed) {
        Ok(Report { findings, unseen }) => {
            if let Some(unseen) = unseen {
                app.output.warning(unseen);
            }
            let pending = RevisionSet::of(graph, pending.iter().copied());
            let is_pending = |it: &Finding| {
                graph.by_id(it.revision.as_str()).is_some_and(|it| pending.contains(it))
            };
            counts(&findings.into_iter().filter(is_pending).collect::<Vec<_>>())
        }
        Err(err) => {
            app.output.warning(format_args!("what is pending was not looked at: {err}"));
            Vec::new()
        }
    }
}

/// Everything that is shown.
struct Status<'a> {
    project: Project,
    graph: &'a RevisionGraph,
    history: History,
    pending: Vec<RevisionIndex>,
    lint: Vec<(Rule, Level, usize)>,
    troubles: Vec<Trouble>,
    right: Right,
    drift: Drift,
}

impl Status<'_> {
    fn json(&self, is_clean: bool, typed: &Typed) -> anyhow::Result<StatusJson> {
        let trouble = |it: &Trouble| TroubleJson {
            kind: it.kind(),
            revision: it.revision().map(str::to_owned),
            message: it.to_string(),
            hints: typed.spell_all(&self.hints(std::slice::from_ref(it))),
        };
        let mut troubles: Vec<TroubleJson> = self.troubles.iter().map(trouble).collect();
        let lines = match &self.drift {
            Drift::Lines(lines, hints) => {
                if !lines.is_empty() {
                    troubles.push(TroubleJson {
                        kind: "drift",
                        revision: None,
                        message: DRIFT.to_owned(),
                        hints: typed.spell_all(hints),
                    });
                }
                Some(lines)
            }
            Drift::Unknown(why, hints) => {
                troubles.push(TroubleJson {
                    kind: "not-compared",
                    revision: None,
                    message: not_compared(why),
                    hints: typed.spell_all(hints),
                });
                None
            }
        };
        Ok(StatusJson {
            database: self.project.database_name()?,
            rows: self.history.rows.clone(),
            pending: self.graph.ids(&self.pending).iter().map(ToString::to_string).collect(),
            lint: self
                .lint
                .iter()
                .map(|(rule, level, count)| LintJson {
                    rule: rule.name(),
                    level: level.as_str(),
                    count: *count,
                })
                .collect(),
            has_log: !self.history.log.is_empty(),
            is_clean,
            troubles,
            drift: lines.map(|it| changes_json(it)),
        })
    }

    fn print(&self, app: &mut App) -> anyhow::Result<()> {
        let mut screen = Screen::default();
        screen.section("database", [self.project.database_name()?]);
        screen.section("at", [self.place()]);
        screen.section("pending", self.pending_lines());
        let lint: Vec<String> =
            self.lint.iter().map(|(rule, _, n)| format!("{n} {}", rule.name())).collect();
        if !lint.is_empty() {
            let lint = lint.join(", ");
            screen.section("lint", [format!("{lint}; `migrator lint current:` tells more")]);
        }
        screen.section("log", [self.log_line()]);
        for group in self.troubles.chunk_by(Trouble::is_like) {
            let mut text: Vec<String> =
                group.iter().take(MAX_NAMED).map(ToString::to_string).collect();
            text.extend(and_more(group.len(), MAX_NAMED, "migrator status --json"));
            let hints = self.hints(group);
            text.extend(hints.into_iter().map(|it| format!("  {it}")));
            screen.section("wrong", text);
        }
        match &self.drift {
            Drift::Lines(lines, hints) if !lines.is_empty() => {
                let mut text = vec![DRIFT.to_owned()];
                show(lines, |line| {
                    text.push(line);
                    Ok(())
                })?;
                let n_lines = text.len() - 1;
                text.truncate(1 + MAX_SHOWN);
                let all = "migrator schema diff database current";
                text.extend(and_more(n_lines, MAX_SHOWN, all).map(|it| format!("  {it}")));
                text.extend(hints.iter().map(|it| format!("  {it}")));
                screen.section("wrong", text);
            }
            Drift::Lines(..) => {}
            Drift::Unknown(why, hints) => {
                screen.section("unknown", with_hints(not_compared(why), hints.clone()));
            }
        }
        for line in screen.lines {
            let line = app.output.typed.spell(&line);
            app.output.line(line)?;
        }
        Ok(())
    }

    /// Where the database is, as far as that can be read.
    fn place(&self) -> String {
        let History { rows, unreadable, .. } = &self.history;
        let mut all = rows.clone();
        all.extend((!unreadable.is_empty()).then(|| "what is no revision".to_owned()));
        describe_rows(&all)
    }

    /// What mends troubles that are alike.
    fn hints(&self, group: &[Trouble]) -> Vec<String> {
        match group {
            [Trouble::Ahead { revision, ran: None, .. }]
                if self.graph.is_empty() && self.history.rows.len() == 1 =>
            {
                vec![take_over(revision)]
            }
            _ => trouble_hints(group, &self.project.here, self.right),
        }
    }

    fn pending_lines(&self) -> Vec<String> {
        let net = Net::new(&self.history.log);
        let pending = RevisionSet::of(self.graph, self.pending.iter().copied());
        let describe = |index: &RevisionIndex| {
            let revision = &self.graph[*index];
            let summary = revision.summary();
            let comma = if summary.is_empty() { "" } else { ", " };
            let left = net.left_behind(revision).map(|it| {
                let at = to_the_second(&it.started_at);
                let stamp = format!("`migrator stamp {}`", revision.id);
                let below = self.graph.parents(*index).iter().filter(|it| pending.contains(**it));
                let first = self.graph.ids(&below.copied().collect::<Vec<_>>());
                let stamp = match &first[..] {
                    [] => stamp,
                    [first] => format!("`migrator upgrade {first}`, then {stamp},"),
                    _ => format!("once all below it is applied, {stamp}"),
                };
                format!(
                    " (ran {at}, and nothing took it back: {stamp} if what it did is there still)"
                )
            });
            format!("{}{comma}{summary}{}", revision.id, left.unwrap_or_default())
        };
        let mut lines: Vec<String> = self.pending.iter().take(MAX_SHOWN).map(describe).collect();
        if lines.is_empty() {
            lines.push("nothing".to_owned());
        }
        let n_more = self.pending.len().saturating_sub(MAX_SHOWN);
        if n_more > 0 {
            lines.push(format!("and {n_more} more"));
        }
        lines
    }

    /// Since when the log knows what ran; what a database without one lacks.
    fn log_line(&self) -> String {
        match self.history.log.first() {
            Some(first) => {
                format!(
                    "{} since {}",
                    count(self.history.log.len() as u64, "row"),
                    to_the_second(&first.started_at)
                )
            }
            None if !self.project.config.database.log => {
                "off (`log = false`): what ran, and whether it is what the files say, is not known"
                    .to_owned()
            }
            None if self.history.rows.is_empty() => "nothing ran yet".to_owned(),
            None => "none: what ran before is not known; it begins with the next upgrade, \
                     downgrade or stamp"
                .to_owned(),
        }
    }
}

/// What is said of a schema that is not what it should be.
const DRIFT: &str = "the schema is not what the applied revisions make; it has more (+), less (-) or \
                     something else (~):";

/// How much of a list of `n` things is not shown, and the command that shows it.
fn and_more(n: usize, n_shown: usize, command: &str) -> Option<String> {
    let n_more = n.saturating_sub(n_shown);
    (n_more > 0).then(|| format!("and {n_more} more; `{command}` has all"))
}

/// What is said of a schema of which nobody knows what it should be, or what it is.
fn not_compared(why: &str) -> String {
    format!("the schema was not compared: {why}")
}

/// A message with what to do about it below.
fn with_hints(message: String, hints: Vec<String>) -> Vec<String> {
    let hints = hints.into_iter().map(|it| format!("  {it}"));
    std::iter::once(message).chain(hints).collect()
}

/// Lines in two columns: what they are about, and what there is to say.
#[derive(Default)]
struct Screen {
    lines: Vec<String>,
}

impl Screen {
    fn section(&mut self, title: &str, lines: impl IntoIterator<Item = String>) {
        for (idx, line) in lines.into_iter().enumerate() {
            let title = if idx == 0 { title } else { "" };
            self.lines.push(format!("{title:9} {line}").trim_end().to_owned());
        }
    }
}
