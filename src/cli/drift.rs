//! Whether the schema of the database is what its revisions make, for `migrator status`.

use super::project::Project;
use crate::audit::{Back, History, Right, Trouble, implied};
use crate::autogenerate::compare;
use crate::db::Scratch;
use crate::diagnostics::in_one_line;
use crate::diff::lines::Line;
use crate::generate::rebuilt_table;
use crate::graph::RevisionGraph;
use crate::graph::walk::RevisionSet;

/// How the schema of the database compares with what its revisions make.
pub(super) enum Drift {
    /// What differs; perhaps nothing.
    Lines {
        lines: Vec<Line>,
        /// The tables that a rebuild left, and what they are the old state of.
        left: Vec<(String, String)>,
    },
    /// Why that is not known, and what to do about it.
    Unknown(String, Vec<String>),
}

impl Drift {
    /// Whether it is known that nothing differs.
    pub fn is_none(&self) -> bool {
        matches!(self, Self::Lines { lines, .. } if lines.is_empty())
    }
}

/// What differs between the schema and the replay of what is applied; and where the version table and
/// the log disagree, which of the two the schema bears out. The scratch database holds the replay.
pub(super) fn drift(
    project: &Project,
    graph: &RevisionGraph,
    history: &History,
    troubles: &[Trouble],
) -> (Drift, Right, Option<Scratch>) {
    if troubles.iter().any(|it| matches!(it, Trouble::Ahead { .. })) {
        let why = "no file says what the newest revisions make".to_owned();
        return (Drift::Unknown(why, Vec::new()), Right::Unknown, None);
    }
    if !history.unreadable.is_empty() {
        let why = "the version table does not say what is applied".to_owned();
        return (Drift::Unknown(why, Vec::new()), Right::Unknown, None);
    }
    let sides = || -> anyhow::Result<(Drift, Right, Option<Scratch>)> {
        let live = project.live_schema(&project.location()?)?;
        let differs = |applied: &RevisionSet| -> anyhow::Result<(Vec<Line>, Scratch)> {
            let replayed = project.replayed(String::new(), graph, &graph.maximal(applied))?;
            let lines = compare(&replayed.schema, &live, project.config.schema.column_order);
            Ok((lines, replayed.scratch))
        };
        let (lines, replayed) = differs(&implied(graph, &history.rows))?;
        let is_clean = lines.is_empty();
        let names = live.tables.iter().map(|it| &it.name);
        let left = names.filter_map(|it| Some((it.to_string(), rebuilt_table(it)?.to_owned())));
        let drift = Drift::Lines { lines, left: left.collect() };
        let Some(Back { targets, .. }) = troubles.iter().find_map(Trouble::disagreement) else {
            return Ok((drift, Right::Unknown, Some(replayed)));
        };
        let logged: Vec<String> = targets.iter().map(ToString::to_string).collect();
        // What ran may not be what the files make by now.
        let by_log = differs(&implied(graph, &logged)).is_ok_and(|(lines, _)| lines.is_empty());
        let right = match (is_clean, by_log) {
            (true, false) => Right::VersionTable,
            (false, true) => Right::Log,
            (true, true) | (false, false) => Right::Unknown,
        };
        Ok((drift, right, Some(replayed)))
    };
    sides().unwrap_or_else(|err| {
        let (why, hints) = in_one_line(&err, &project.here);
        (Drift::Unknown(why, hints), Right::Unknown, None)
    })
}
