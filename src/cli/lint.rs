//! `migrator lint`

use std::collections::BTreeMap;

use clap::ValueEnum;
use serde::Serialize;

use super::App;
use super::lint_formats::{Roots, github, github_unseen, sarif};
use super::output::Format;
use super::project::{Project, environment};
use super::screen::REPLAYING;
use super::words::count;
use crate::Error;
use crate::audit::{LogRow, Net};
use crate::db::{self, Scratch};
use crate::diagnostics::{ExitStatus, Usage, render_finding};
use crate::graph::symbol::{Anchor, RevisionSymbol, SymbolRange};
use crate::graph::{RevisionGraph, RevisionIndex};
use crate::lint::{Finding, Report, Request, Unseen, lint};
use crate::rule::Level;

/// Look for what revisions lose, may fail on, or do otherwise than it seems
///
/// Runs the revisions in memory, one by one, and looks at what each of them does to the schema and
/// how it says it. Exits with 1 where a finding is an error, with `--strict` where it is a warning.
/// `-- migrator:allow RULE` in the file silences a rule, `[lint]` in alembic.toml gives it another
/// level; docs/lint.md has all rules, each with an example. Nothing is written anywhere.
#[derive(Debug, clap::Args)]
pub(super) struct LintArgs {
    /// Report on this revision only, or on A to B, both included; either side may be left out
    ///
    /// `current:` is what the database has not run yet, and where it stands.
    #[arg(
        value_name = "REV|A:B",
        allow_negative_numbers = true,
        add = super::completions::revisions()
    )]
    revisions: Option<String>,

    /// How the findings are printed
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "text")]
    format: FindingFormat,

    /// Exit with 1 for warnings too
    #[arg(long)]
    strict: bool,
}

/// How findings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FindingFormat {
    /// With the line that each is about
    Text,
    /// As annotations of GitHub Actions
    Github,
    /// As SARIF 2.1.0
    Sarif,
}

/// The findings, as JSON.
#[derive(Serialize)]
struct LintJson {
    /// How many revisions were looked at.
    revisions: usize,
    errors: usize,
    warnings: usize,
    notes: usize,
    findings: Vec<FindingJson>,
    /// What could not be looked at.
    unseen: Option<UnseenJson>,
}

/// Revisions of which only the text was looked at, as JSON.
#[derive(Serialize)]
struct UnseenJson {
    /// The first one that does not run in memory.
    because_of: String,
    /// How many revisions.
    revisions: usize,
}

/// A finding, as JSON.
#[derive(Serialize)]
struct FindingJson {
    rule: &'static str,
    level: &'static str,
    revision: String,
    path: String,
    line: usize,
    column: usize,
    message: String,
    advice: String,
}

pub(super) fn run(app: &mut App, args: &LintArgs) -> anyhow::Result<ExitStatus> {
    if app.output.format == Format::Json && args.format != FindingFormat::Text {
        return Err(Usage::new("`--json` and `--format` are two formats")
            .hint("leave one of them out")
            .into());
    }
    let project = app.project()?;
    let graph = project.graph()?;
    let linted = linted(&project, &graph, args.revisions.as_deref())?;
    let Report { mut findings, unseen } =
        find(app, &project, &graph, &linted, &applied(app, &project), None)?;
    for it in &mut findings {
        it.advice = app.output.typed.spell(&it.advice);
    }
    let roots = || {
        let workspace = environment("GITHUB_WORKSPACE");
        Roots::new(&project.here, &project.config.root, workspace.as_deref())
    };
    match (app.output.format, args.format) {
        (Format::Json, _) => app.output.json(&json(&findings, unseen.as_ref(), linted.len()))?,
        (_, FindingFormat::Github) => {
            let roots = roots();
            for it in &findings {
                app.output.line(github(it, &roots))?;
            }
            if let Some(unseen) = &unseen {
                app.output.line(github_unseen(unseen))?;
            }
        }
        (_, FindingFormat::Sarif) => {
            app.output.json(&sarif(&findings, unseen.as_ref(), &roots()))?;
        }
        (_, FindingFormat::Text) => {
            for it in &findings {
                app.output.line(render_finding(it, &project.here))?;
                app.output.line("")?;
            }
        }
    }
    if let Some(unseen) = &unseen {
        app.output.warning(unseen);
    }
    if graph.is_empty() {
        app.output.status(super::NO_REVISIONS);
    } else {
        app.output.status(summary(&findings, linted.len()));
    }
    let worst_allowed = if args.strict { Level::Note } else { Level::Warning };
    let is_refused = findings.iter().any(|it| it.level > worst_allowed);
    Ok(if is_refused { ExitStatus::No } else { ExitStatus::Done })
}

/// What is found in these revisions; `applied` are the fingerprints of what ran, `begun` is a database
/// in memory in which that ran, if there is one.
pub(super) fn find(
    app: &App,
    project: &Project,
    graph: &RevisionGraph,
    linted: &[RevisionIndex],
    applied: &BTreeMap<String, String>,
    begun: Option<Scratch>,
) -> anyhow::Result<Report> {
    let replaying = project.replaying(graph)?;
    let _busy = project.busy(REPLAYING);
    let request = Request {
        graph,
        linted,
        replay: replaying.replay(),
        is_excluded: &|name| project.config.is_excluded(name),
        databases: &project.databases(app, graph),
        levels: &project.config.lint,
        applied,
    };
    Ok(lint(&request, begun).map_err(Error::from)?)
}

/// The revisions to report on.
fn linted(
    project: &Project,
    graph: &RevisionGraph,
    text: Option<&str>,
) -> anyhow::Result<Vec<RevisionIndex>> {
    let Some(text) = text else { return Ok(graph.indices().collect()) };
    if !text.contains(':') {
        let symbol: RevisionSymbol = text.parse().map_err(Error::from)?;
        return project.resolve_with_current(graph, &symbol);
    }
    let range: SymbolRange = text.parse().map_err(Error::from)?;
    let (lower, upper) = (range.lower.as_ref(), range.upper.as_ref());
    let asks_database = [lower, upper].into_iter().flatten().any(|it| it.anchor == Anchor::Current);
    let rows = if asks_database { project.applied(graph)? } else { Vec::new() };
    Ok(graph.history(lower, upper, &rows).map_err(Error::from)?)
}

/// The fingerprints of what ran on the database; none where there is none, or it cannot be read.
fn applied(app: &App, project: &Project) -> BTreeMap<String, String> {
    if !project.location().is_ok_and(|it| db::exists(&it)) {
        return BTreeMap::new();
    }
    match project.history() {
        Ok(history) => {
            let net = Net::new(&history.log);
            let applied = net.ids().into_iter().filter_map(|id| Some((id, net.applied(id)?)));
            let checksum =
                |(id, row): (&str, &LogRow)| Some((id.to_owned(), row.checksum.clone()?));
            applied.filter_map(checksum).collect()
        }
        Err(err) => {
            app.output.warning(format_args!("what ran on the database is not known: {err}"));
            BTreeMap::new()
        }
    }
}

fn number(findings: &[Finding], level: Level) -> usize {
    findings.iter().filter(|it| it.level == level).count()
}

/// `1 error, 2 warnings in 6 revisions`.
fn summary(findings: &[Finding], n_revisions: usize) -> String {
    let levels = Level::ALL.into_iter().map(|it| (it, number(findings, it)));
    let counts: Vec<String> =
        levels.filter(|(_, n)| *n > 0).map(|(level, n)| count(n as u64, level.as_str())).collect();
    let counts = if counts.is_empty() { "nothing found".to_owned() } else { counts.join(", ") };
    format!("{counts} in {}", count(n_revisions as u64, "revision"))
}

fn json(findings: &[Finding], unseen: Option<&Unseen>, n_revisions: usize) -> LintJson {
    let finding = |it: &Finding| {
        let (line, column) = it.location.line_column();
        FindingJson {
            rule: it.rule.name(),
            level: it.level.as_str(),
            revision: it.revision.to_string(),
            path: it.location.source.path.display().to_string(),
            line,
            column,
            message: it.message.clone(),
            advice: it.advice.clone(),
        }
    };
    LintJson {
        revisions: n_revisions,
        errors: number(findings, Level::Error),
        warnings: number(findings, Level::Warning),
        notes: number(findings, Level::Note),
        findings: findings.iter().map(finding).collect(),
        unseen: unseen.map(|it| UnseenJson {
            because_of: it.because_of.to_string(),
            revisions: it.n_revisions,
        }),
    }
}
