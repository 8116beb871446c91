//! Whether the schema of the database is what its revisions make, for `migrator status`.

use super::project::Project;
use crate::audit::{Back, History, Right, Trouble, implied};
use crate::autogenerate::compare;
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
/// the log disagree, which of the two the schema bears out.
pub(super) fn drift(
    project: &Project,
    graph: &RevisionGraph,
    history: &History,
    troubles: &[Trouble],
) -> (Drift, Right) {
    if troubles.iter().any(|it| matches!(it, Trouble::Ahead { .. })) {
        let why = "no file says what the newest revisions make".to_owned();
        return (Drift::Unknown(why, Vec::new()), Right::Unknown);
    }
    let sides = || -> anyhow::Result<(Drift, Right)> {
        let live = project.live(&project.location()?)?;
        let differs = |applied: &RevisionSet| -> anyhow::Result<Vec<Line>> {
            let replayed = project.replayed(String::new(), graph, &graph.maximal(applied))?;
            Ok(compare(&replayed.schema, &live.schema, project.config.schema.column_order))
        };
        let lines = differs(&implied(graph, &history.rows))?;
        let is_clean = lines.is_empty();
        let names = live.schema.tables.iter().map(|it| &it.name);
        let left = names.filter_map(|it| Some((it.to_string(), rebuilt_table(it)?.to_owned())));
        let drift = Drift::Lines { lines, left: left.collect() };
        let Some(Back { targets, .. }) = troubles.iter().find_map(Trouble::disagreement) else {
            return Ok((drift, Right::Unknown));
        };
        let logged: Vec<String> = targets.iter().map(ToString::to_string).collect();
        // What ran may not be what the files make by now.
        let by_log = differs(&implied(graph, &logged)).is_ok_and(|it| it.is_empty());
        let right = match (is_clean, by_log) {
            (true, false) => Right::VersionTable,
            (false, true) => Right::Log,
            (true, true) | (false, false) => Right::Unknown,
        };
        Ok((drift, right))
    };
    sides().unwrap_or_else(|err| {
        let (why, hints) = in_one_line(&err, &project.here);
        (Drift::Unknown(why, hints), Right::Unknown)
    })
}
