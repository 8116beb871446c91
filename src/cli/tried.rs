//! How a revision that was tried is shown: its line, what is wrong with it, and JSON.

use serde::Serialize;

use super::format::describe;
use super::project::Project;
use super::schemas::ChangeJson;
use super::words::{count, describe_duration};
use crate::diagnostics::render_failure;
use crate::diff::lines::{Line, Sign};
use crate::graph::RevisionGraph;
use crate::rehearsal::{Fault, Finding, Phase, RowCount, Tried, TriedOnCopy, Verdict};
use crate::revision::script_dir;

/// How many of each.
pub struct Tally {
    all: usize,
    irreversible: usize,
    failed: usize,
    skipped: usize,
}

impl Tally {
    /// Counts.
    pub fn of<'t>(tried: impl IntoIterator<Item = &'t Tried>) -> Self {
        let verdicts: Vec<&Verdict> = tried.into_iter().map(|it| &it.verdict).collect();
        let n = |is: fn(&Verdict) -> bool| verdicts.iter().filter(|it| is(it)).count();
        Self {
            all: verdicts.len(),
            irreversible: n(|it| matches!(it, Verdict::Irreversible)),
            failed: n(|it| matches!(it, Verdict::Failed(_))),
            skipped: n(|it| matches!(it, Verdict::NotTried(_))),
        }
    }

    /// Whether nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.failed + self.skipped == 0
    }

    /// `500 revisions: 497 go up, down and up again; 2 irreversible; 1 does not`.
    pub fn sentence(&self) -> String {
        let Self { all, irreversible, failed, skipped } = *self;
        let fine = all - irreversible - failed - skipped;
        let verb =
            |n: usize, one: &str, many: &str| format!("{n} {}", if n == 1 { one } else { many });
        let mut parts = vec![verb(fine, "goes up, down and up again", "go up, down and up again")];
        if irreversible > 0 {
            parts.push(format!("{irreversible} irreversible"));
        }
        if failed > 0 {
            parts.push(verb(failed, "does not", "do not"));
        }
        if skipped > 0 {
            parts.push(format!("{skipped} not tried"));
        }
        format!("{}: {}", count(all as u64, "revision"), parts.join("; "))
    }
}

/// Shows what came of revisions.
pub struct Show<'a> {
    pub project: &'a Project,
    pub graph: &'a RevisionGraph,
}

impl Show<'_> {
    /// The line of a revision with `more` at its end, and below it what is wrong with it.
    pub fn text(
        &self,
        tried: &Tried,
        more: &str,
        mut line: impl FnMut(String) -> std::io::Result<()>,
    ) -> std::io::Result<()> {
        let name = describe(&self.graph[tried.revision]);
        let faults = match &tried.verdict {
            Verdict::Fine => return line(format!("ok {name}{more}")),
            Verdict::Irreversible => return line(format!("irreversible {name}{more}")),
            Verdict::NotTried(reason) => {
                let reason = self.graph.id(*reason);
                return line(format!("not tried {name}: it needs {reason}, which does not go up"));
            }
            Verdict::Failed(faults) => faults,
        };
        let place = faults.first().map(|it| self.place(tried, it)).unwrap_or_default();
        line(format!("failed {name} ({place}){more}"))?;
        for fault in faults {
            self.fault(fault, &mut line)?;
        }
        Ok(())
    }

    /// The same with what its runs took and did.
    pub fn text_with_rows(
        &self,
        it: &TriedOnCopy,
        mut line: impl FnMut(String) -> std::io::Result<()>,
    ) -> std::io::Result<()> {
        let runs =
            it.runs.iter().filter(|(phase, _)| *phase != Phase::Again).map(|(phase, run)| {
                let verb = if *phase == Phase::Up { "up" } else { "down" };
                let rows = count(run.n_changes, "changed row");
                format!("{verb} {}, {rows}", describe_duration(run.elapsed))
            });
        let runs: Vec<String> = runs.collect();
        let more = if runs.is_empty() { String::new() } else { format!(": {}", runs.join("; ")) };
        self.text(&it.tried, &more, &mut line)?;
        it.rows.iter().try_for_each(|RowCount { table, before, after }| {
            let before = count(*before, "row");
            line(format!(
                "  {table} had {before} before the upgrade and has {after} after the downgrade"
            ))
        })
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

    /// A revision for programs.
    pub fn json(&self, tried: &Tried) -> TriedJson {
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
            with_rows: None,
        }
    }

    /// The same with what its runs took and did.
    pub fn json_with_rows(&self, it: &TriedOnCopy) -> TriedJson {
        let runs = it.runs.iter().map(|(phase, run)| RunJson {
            phase: phase.as_str(),
            elapsed_ms: run.elapsed_ms(),
            statements: run.n_statements,
            changed_rows: run.n_changes,
        });
        let rows = it.rows.iter().map(|RowCount { table, before, after }| RowsJson {
            table: table.clone(),
            before: *before,
            after: *after,
        });
        let with_rows = Some(WithRowsJson { runs: runs.collect(), rows: rows.collect() });
        TriedJson { with_rows, ..self.json(&it.tried) }
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
        (Sign::Changed | Sign::Renamed, _) => "changed",
    }
}

/// A revision, as JSON.
#[derive(Serialize)]
pub struct TriedJson {
    revision: String,
    message: String,
    path: String,
    /// `ok`, `irreversible`, `failed` or `not tried`.
    result: &'static str,
    /// The revision for which it was not tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    needs: Option<String>,
    faults: Vec<FaultJson>,
    /// Only with `--database`.
    #[serde(flatten)]
    with_rows: Option<WithRowsJson>,
}

/// What a revision did to the rows of a copy, as JSON.
#[derive(Serialize)]
struct WithRowsJson {
    runs: Vec<RunJson>,
    rows: Vec<RowsJson>,
}

/// A body that ran, as JSON.
#[derive(Serialize)]
struct RunJson {
    phase: &'static str,
    elapsed_ms: f64,
    statements: usize,
    changed_rows: u64,
}

/// A table with more or fewer rows after the downgrade, as JSON.
#[derive(Serialize)]
struct RowsJson {
    table: String,
    before: u64,
    after: u64,
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
