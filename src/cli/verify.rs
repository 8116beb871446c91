//! `migrator verify`

use serde::Serialize;

use super::App;
use super::format::describe;
use super::output::Format;
use super::project::Project;
use super::schemas::ChangeJson;
use super::words::count;
use crate::Error;
use crate::diagnostics::{ExitStatus, render_failure};
use crate::diff::lines::{Line, Sign};
use crate::exec::Replay;
use crate::graph::resolve::Overwalk;
use crate::graph::symbol::{RevisionSymbol, SymbolRange};
use crate::graph::{RevisionGraph, RevisionIndex};
use crate::rehearsal::{self, Fault, Finding, Phase, Rehearsal, Tried, Verdict};
use crate::revision::script_dir;

/// Try each revision: up, down and up again
///
/// Runs every revision on a scratch database in memory, one by one in the order of an upgrade: its
/// upgrade, its downgrade, its upgrade again. After the downgrade the schema must be the one before,
/// after the second upgrade the one after the first; what is not is listed, object by object. Exits
/// with 1 if something is wrong. Revisions without a way back are listed and are no failure.
#[derive(Debug, clap::Args)]
pub(super) struct VerifyArgs {
    /// What to try: all that leads to a target, or from A to B as `A:B`
    #[arg(
        value_name = "TARGET",
        default_value = "heads",
        allow_negative_numbers = true,
        add = super::completions::targets()
    )]
    target: String,
}

pub(super) fn run(app: &mut App, args: &VerifyArgs) -> anyhow::Result<ExitStatus> {
    let project = app.project()?;
    let graph = project.graph()?;
    let (lower, upper) = ends(&project, &graph, &args.target)?;
    let extensions = project.extensions()?;
    let is_excluded = |name: &str| project.config.is_excluded(name);
    let rehearsal = Rehearsal {
        graph: &graph,
        replay: Replay {
            version_table: &project.config.database.version_table,
            log: project.config.database.log,
            extensions: &extensions,
        },
        by_order: project.config.schema.column_order,
        is_excluded: &is_excluded,
    };
    let tried = rehearsal::in_memory(&rehearsal, &lower, &upper).map_err(Error::from)?;
    answer(app, &project, &graph, &tried)
}

/// The two ends of what is to be tried.
fn ends(
    project: &Project,
    graph: &RevisionGraph,
    text: &str,
) -> anyhow::Result<(Vec<RevisionIndex>, Vec<RevisionIndex>)> {
    let (lower, upper) = if text.contains(':') {
        let range: SymbolRange = text.parse().map_err(Error::from)?;
        (range.lower, range.upper)
    } else {
        (None, Some(text.parse::<RevisionSymbol>().map_err(Error::from)?))
    };
    let lower = match lower {
        None => Vec::new(),
        Some(symbol) => project.resolve_with_current(graph, &symbol)?,
    };
    let upper = match upper {
        None => graph.real_heads(),
        Some(symbol) => {
            graph.resolve_upgrade(&symbol, &lower, Overwalk::Refuse).map_err(Error::from)?
        }
    };
    Ok((lower, upper))
}

fn answer(
    app: &mut App,
    project: &Project,
    graph: &RevisionGraph,
    tried: &[Tried],
) -> anyhow::Result<ExitStatus> {
    let show = Show { project, graph };
    let tally = Tally::of(tried);
    if app.output.format == Format::Json {
        app.output.json(&VerifyJson {
            is_clean: tally.is_clean(),
            revisions: tried.iter().map(|it| show.json(it)).collect(),
        })?;
    } else if tried.is_empty() {
        let nothing =
            if graph.is_empty() { super::NO_REVISIONS } else { "there is nothing to try" };
        app.output.status(nothing);
    } else {
        let is_verbose = app.output.verbosity > 0;
        for it in tried {
            if is_verbose || !matches!(it.verdict, Verdict::Fine) {
                show.text(it, |line| app.output.line(line))?;
            }
        }
        app.output.line(tally.sentence())?;
    }
    Ok(if tally.is_clean() { ExitStatus::Done } else { ExitStatus::No })
}

/// How many of each.
struct Tally {
    n_all: usize,
    n_irreversible: usize,
    n_failed: usize,
    n_not_tried: usize,
}

impl Tally {
    fn of(tried: &[Tried]) -> Self {
        let n = |is: fn(&Verdict) -> bool| tried.iter().filter(|it| is(&it.verdict)).count();
        Self {
            n_all: tried.len(),
            n_irreversible: n(|it| matches!(it, Verdict::Irreversible)),
            n_failed: n(|it| matches!(it, Verdict::Failed(_))),
            n_not_tried: n(|it| matches!(it, Verdict::NotTried(_))),
        }
    }

    fn is_clean(&self) -> bool {
        self.n_failed + self.n_not_tried == 0
    }

    /// `500 revisions: 497 go up, down and up again; 2 irreversible; 1 does not`.
    fn sentence(&self) -> String {
        let Self { n_all, n_irreversible, n_failed, n_not_tried } = *self;
        let n_fine = n_all - n_irreversible - n_failed - n_not_tried;
        let verb =
            |n: usize, one: &str, many: &str| format!("{n} {}", if n == 1 { one } else { many });
        let mut parts =
            vec![verb(n_fine, "goes up, down and up again", "go up, down and up again")];
        if n_irreversible > 0 {
            parts.push(format!("{n_irreversible} irreversible"));
        }
        if n_failed > 0 {
            parts.push(verb(n_failed, "does not", "do not"));
        }
        if n_not_tried > 0 {
            parts.push(format!("{n_not_tried} not tried"));
        }
        format!("{}: {}", count(n_all as u64, "revision"), parts.join("; "))
    }
}

/// Shows what came of revisions.
struct Show<'a> {
    project: &'a Project,
    graph: &'a RevisionGraph,
}

impl Show<'_> {
    /// The line of a revision, and below it what is wrong with it.
    fn text(
        &self,
        tried: &Tried,
        mut line: impl FnMut(String) -> std::io::Result<()>,
    ) -> std::io::Result<()> {
        let name = describe(&self.graph[tried.revision]);
        let faults = match &tried.verdict {
            Verdict::Fine => return line(format!("ok {name}")),
            Verdict::Irreversible => return line(format!("irreversible {name}")),
            Verdict::NotTried(reason) => {
                let reason = self.graph.id(*reason);
                return line(format!("not tried {name}: it needs {reason}, which does not go up"));
            }
            Verdict::Failed(faults) => faults,
        };
        let place = faults.first().map(|it| self.place(tried, it)).unwrap_or_default();
        line(format!("failed {name} ({place})"))?;
        for fault in faults {
            self.fault(fault, &mut line)?;
        }
        Ok(())
    }

    fn fault(
        &self,
        fault: &Fault,
        line: &mut impl FnMut(String) -> std::io::Result<()>,
    ) -> std::io::Result<()> {
        match &fault.finding {
            Finding::Failure(failure) => {
                line(match fault.phase {
                    Phase::Up => "  the upgrade fails:".to_owned(),
                    Phase::Down => "  the downgrade fails:".to_owned(),
                    Phase::Again => "  the upgrade fails the second time:".to_owned(),
                })?;
                let text = render_failure(failure, &self.project.here);
                text.lines().try_for_each(|it| line(format!("    {it}")))
            }
            Finding::Schema(lines) => {
                line(match fault.phase {
                    Phase::Down => {
                        "  after the downgrade the schema is not the one before:".to_owned()
                    }
                    Phase::Up | Phase::Again => {
                        "  after the second upgrade the schema is not the one after the first:"
                            .to_owned()
                    }
                })?;
                let width = |of: fn(&Line) -> usize| lines.iter().map(of).max().unwrap_or_default();
                let (kinds, names) =
                    (width(|it| it.kind.len()), width(|it| it.name.chars().count()));
                lines.iter().try_for_each(|it| {
                    let (sign, kind, name) = (it.sign.symbol(), it.kind, &it.name);
                    let word = word(it.sign, fault.phase);
                    let gap = if it.detail.is_empty() { "" } else { ": " };
                    line(format!(
                        "    {sign} {kind:kinds$}  {name:names$}  {word}{gap}{}",
                        it.detail
                    ))
                })
            }
        }
    }

    /// `versions/b2.sql:12:1`.
    fn place(&self, tried: &Tried, fault: &Fault) -> String {
        let location = fault.location(self.graph, tried.revision);
        let path = script_dir::shown(&location.source.path, &self.project.here);
        let (line, column) = location.line_column();
        format!("{}:{line}:{column}", path.display())
    }

    fn json(&self, tried: &Tried) -> TriedJson {
        let revision = &self.graph[tried.revision];
        let (result, faults, reason) = match &tried.verdict {
            Verdict::Fine => ("ok", &[][..], None),
            Verdict::Irreversible => ("irreversible", &[][..], None),
            Verdict::Failed(faults) => ("failed", &faults[..], None),
            Verdict::NotTried(reason) => {
                ("not tried", &[][..], Some(self.graph.id(*reason).to_string()))
            }
        };
        TriedJson {
            revision: revision.id.to_string(),
            message: revision.summary(),
            path: revision.source.path.display().to_string(),
            result,
            needs: reason,
            faults: faults.iter().map(|it| self.fault_json(tried, it)).collect(),
        }
    }

    fn fault_json(&self, tried: &Tried, fault: &Fault) -> FaultJson {
        let (line, column) = fault.location(self.graph, tried.revision).line_column();
        let (error, changes) = match &fault.finding {
            Finding::Failure(failure) => (Some(failure.sentence()), Vec::new()),
            Finding::Schema(lines) => (None, super::schemas::changes_json(lines)),
        };
        FaultJson { phase: fault.phase.as_str(), line, column, error, changes }
    }
}

/// What became of an object.
fn word(sign: Sign, phase: Phase) -> &'static str {
    match (sign, phase) {
        (Sign::Added, Phase::Down) => "stayed",
        (Sign::Added, Phase::Up | Phase::Again) => "is more",
        (Sign::Dropped, _) => "is missing",
        (Sign::Changed | Sign::Renamed, _) => "is another",
    }
}

/// What came of all revisions, as JSON.
#[derive(Serialize)]
struct VerifyJson {
    is_clean: bool,
    revisions: Vec<TriedJson>,
}

/// A revision, as JSON.
#[derive(Serialize)]
struct TriedJson {
    revision: String,
    message: String,
    path: String,
    /// `ok`, `irreversible`, `failed` or `not tried`.
    result: &'static str,
    /// The revision for which it was not tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    needs: Option<String>,
    faults: Vec<FaultJson>,
}

/// Something that is wrong, as JSON.
#[derive(Serialize)]
struct FaultJson {
    /// `upgrade`, `downgrade` or `upgrade again`.
    phase: &'static str,
    line: usize,
    column: usize,
    /// Why the body does not run; `None` where it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    changes: Vec<ChangeJson>,
}
