//! Which backup has the database as it was before a revision that nothing takes back.

use std::path::{Path, PathBuf};

use super::file::newest_first;
use super::{folder_of, name_in, real_path};
use crate::db::{Database, VersionTable};
use crate::exec::Run;
use crate::exec::error::Failure;
use crate::graph::{Edges, RevisionGraph, RevisionIndex};
use crate::plan::applied_rows;
use crate::revision::RevisionId;

/// Of how many backups the version table is read.
const N_READ: usize = 20;

/// The failure with the backup that helps, where a backup is what helps.
pub fn name_backup(request: &Run<'_>, graph: &RevisionGraph, failure: Failure) -> Failure {
    let Failure::Irreversible { revision, location, .. } = failure else { return failure };
    let path = request.location.path();
    let backup = path.and_then(|path| newest_before(path, request.version_table, graph, &revision));
    Failure::Irreversible { revision, location, backup }
}

/// The newest backup beside the database at `path` in which a revision has not run.
fn newest_before(
    path: &Path,
    version_table: &str,
    graph: &RevisionGraph,
    revision: &RevisionId,
) -> Option<PathBuf> {
    let index = graph.by_id(revision.as_str())?;
    let real = real_path(path);
    let folder = folder_of(&real);
    let found = newest_first(folder, &name_in(folder, &real)).into_iter().take(N_READ);
    // Beside the name that is known.
    let shown = |it: &PathBuf| it.file_name().map(|name| folder_of(path).join(name));
    let is_link = real != path;
    let table = VersionTable::new(version_table);
    let mut before = found.filter(|it| !has_run(it, &table, graph, index).unwrap_or(true));
    before.next().and_then(|it| if is_link { Some(it) } else { shown(&it) })
}

/// Whether a revision has run in a backup; `None` where that is not known.
fn has_run(
    file: &Path,
    table: &VersionTable,
    graph: &RevisionGraph,
    revision: RevisionIndex,
) -> Option<bool> {
    let database = Database::open_unchanging(file).ok()?;
    let rows = applied_rows(graph, &table.rows(&database).ok()?).ok()?;
    Some(graph.ancestors(rows, Edges::All).contains(revision))
}
