//! Whether the schema of the database is what its revisions make, for `migrator status`.

use std::path::Path;

use super::project::Project;
use super::schemas::Side;
use crate::Error;
use crate::audit::{Back, History, Right, Trouble, implied, stamp_to};
use crate::autogenerate::{compare, likely_renames};
use crate::db::{Scratch, SidecarLock};
use crate::diagnostics::{DeclaredState, Drifted, Renamed, drift_hints, in_one_line};
use crate::diff::lines::{Line, dropped, dropped_on_the_way_back};
use crate::flag::shell;
use crate::generate::rebuilt_table;
use crate::graph::walk::RevisionSet;
use crate::graph::{RevisionGraph, RevisionIndex};
use crate::rehearsal::Rehearsal;
use crate::schema::Schema;

/// How the schema of the database compares with what its revisions make.
pub(super) enum Drift {
    /// What differs, perhaps nothing; and what to do about it, if that is all that is wrong.
    Lines(Vec<Line>, Vec<String>),
    /// Why that is not known, and what to do about it.
    Unknown(String, Vec<String>),
}

impl Drift {
    /// Whether it is known that nothing differs.
    pub fn is_none(&self) -> bool {
        matches!(self, Self::Lines(lines, _) if lines.is_empty())
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
        let differs = |applied: &RevisionSet| -> anyhow::Result<(Vec<Line>, Side)> {
            let replayed = project.replayed(String::new(), graph, &graph.maximal(applied))?;
            let lines = compare(&replayed.schema, &live, project.config.schema.column_order);
            Ok((lines, replayed))
        };
        let (lines, replayed) = differs(&implied(graph, &history.rows))?;
        let is_clean = lines.is_empty();
        let found = Found { live: &live, right: &replayed.schema, lines: &lines };
        let hints = hints(project, graph, history, troubles, &found)?;
        let replayed = replayed.scratch;
        let drift = Drift::Lines(lines, hints);
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

/// A schema that is not what it should be.
pub(super) struct Found<'a> {
    /// What it is.
    pub live: &'a Schema,
    /// What it should be.
    pub right: &'a Schema,
    /// What differs.
    pub lines: &'a [Line],
}

/// What to do about a schema that is not what it should be.
pub(super) fn hints(
    project: &Project,
    graph: &RevisionGraph,
    history: &History,
    troubles: &[Trouble],
    found: &Found<'_>,
) -> anyhow::Result<Vec<String>> {
    if found.lines.is_empty() {
        return Ok(Vec::new());
    }
    let location = project.location()?;
    if location.path().is_some_and(|it| SidecarLock::require_free(it).is_err()) {
        return Ok(vec![
            "another run is in the middle of a revision outside a transaction: ask again when it is done"
                .to_owned(),
        ]);
    }
    if !troubles.is_empty() {
        // The SQL would drop what ran if only the version table is wrong.
        return Ok(vec![
            "this may come from what is named above: mend that first, and ask again".to_owned(),
        ]);
    }
    let drifted = drifted(project, graph, history, found);
    Ok(drift_hints(&drifted, &project.database_name()?))
}

/// What the schema is instead.
fn drifted(
    project: &Project,
    graph: &RevisionGraph,
    history: &History,
    &Found { live, right, lines }: &Found<'_>,
) -> Drifted {
    // A reason not to know it is told where it is in the way.
    let places = places(project, graph, live).unwrap_or_default();
    let drops = dropped_on_the_way_back(lines);
    if !places.is_empty() {
        let stamp = |it: &Vec<RevisionIndex>| stamp_to(graph, &history.rows, graph.ids(it));
        let only_lacks = drops.is_empty();
        return Drifted::Elsewhere { places: places.iter().map(stamp).collect(), only_lacks };
    }
    // What it has more is all that it has: nothing here may be taken for a mistake.
    if history.rows.is_empty() && !drops.is_empty() {
        let heads = graph.ids(&graph.real_heads());
        return Drifted::NotOurs { heads, declared: declared(project, live) };
    }
    let names = live.tables.iter().map(|it| &it.name);
    let left = names.filter_map(|it| Some((it.to_string(), rebuilt_table(it)?.to_owned())));
    let renamed = renamed(live, right, &drops, project.config.schema.column_order);
    Drifted::Changed { left: left.collect(), drops, renamed }
}

/// What may only have another name than it should; `drops` is what goes where it has not. A table of
/// which columns would go as well is none.
fn renamed(live: &Schema, right: &Schema, drops: &[String], by_order: bool) -> Option<Renamed> {
    let mut renames = likely_renames(live, right, by_order);
    renames.retain(|it| {
        let tables = live.table(&it.table).zip(right.table(&it.to));
        it.column.is_some()
            || tables.is_some_and(|(now, then)| {
                now.columns.iter().all(|it| then.column(&it.name).is_some())
            })
    });
    let kept: Vec<String> =
        renames.iter().map(|it| dropped(&it.table, it.column.as_ref())).collect();
    let drops = drops.iter().filter(|it| !kept.contains(it)).cloned().collect();
    let names = renames.iter().map(|it| match &it.column {
        None => (it.to.to_string(), it.table.to_string()),
        Some(column) => (format!("{}.{}", it.table, it.to), column.to_string()),
    });
    let options = renames.iter().map(|it| shell(&it.to_string()).into_owned()).collect();
    (!renames.is_empty()).then(|| Renamed { names: names.collect(), options, drops })
}

/// Where a database with this schema may be.
fn places(
    project: &Project,
    graph: &RevisionGraph,
    live: &Schema,
) -> anyhow::Result<Vec<Vec<RevisionIndex>>> {
    let replaying = project.replaying(graph).or_else(|_| project.replaying_beside(Vec::new()))?;
    let rehearsal = Rehearsal {
        graph,
        replay: replaying.replay(),
        by_order: project.config.schema.column_order,
        is_excluded: &|name| project.config.is_excluded(name),
    };
    Ok(rehearsal.places(live).map_err(Error::from)?)
}

/// What is declared beside a database that has no revisions yet.
fn declared(project: &Project, live: &Schema) -> DeclaredState {
    let schema = &project.config.schema;
    if schema.files.is_empty() && schema.command.is_empty() {
        return DeclaredState::Nowhere;
    }
    // One file that a dump may go to.
    let file = match (project.config.schema_files(), &schema.command[..]) {
        (Ok(files), []) => match &files[..] {
            [file] if !file.contains(['*', '?', '[']) => Some(project.config.root.join(file)),
            _ => None,
        },
        _ => None,
    };
    let nothing =
        |file: &Path| DeclaredState::Nothing(shell_words::quote(&project.shown(file)).into_owned());
    match (project.declared(), file) {
        (Ok(side), _) if compare(&side.schema, live, schema.column_order).is_empty() => {
            DeclaredState::Same
        }
        (Ok(side), Some(file)) if side.schema.is_empty() && !file.is_dir() => nothing(&file),
        (Err(_), Some(file)) if !file.exists() => nothing(&file),
        _ => DeclaredState::Other,
    }
}
