//! The folders of revision files: reads all of them.
//!
//! Every `.sql` file in a version location is a revision or an error. Files are read and parsed on
//! all cores, because `heads` over ten thousand files is otherwise mostly waiting for `open`.

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::Revision;
use super::file::{self, FileProblem};
use crate::fsutil::{self, FileError};
use crate::source::Problem;

/// Why the revision files could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// A version location is not there.
    #[error("there is no folder `{}`, which is a version location", folder.display())]
    MissingFolder {
        /// The folder.
        folder: PathBuf,
    },
    /// The operating system refused.
    #[error(transparent)]
    File(#[from] FileError),
    /// Some files are no revisions: everything that is wrong with any of them, in file order.
    #[error("{}", count_problems(.0.len()))]
    Problems(Vec<Problem<FileProblem>>),
}

fn count_problems(n_problems: usize) -> String {
    match n_problems {
        1 => "one problem in the revision files".to_owned(),
        n => format!("{n} problems in the revision files"),
    }
}

/// Fewer files than this are read on the calling thread.
const FILES_WORTH_A_THREAD: usize = 64;

/// How many files a thread takes at a time.
const FILES_AT_ONCE: usize = 16;

/// Reads all revisions of the version locations, in Alembic's load order: locations as listed,
/// the files of each sorted by name in code point order (with `recursive`, sub-folders sorted, each
/// after the files of its parent).
///
/// Paths in messages are relative to `shown_from` where they lie below it.
pub fn read(
    version_locations: &[PathBuf],
    recursive: bool,
    shown_from: &Path,
) -> Result<Vec<Revision>, ReadError> {
    let mut paths = Vec::new();
    for folder in version_locations {
        if !folder.is_dir() {
            let folder = shown(folder, shown_from);
            return Err(ReadError::MissingFolder { folder });
        }
        list(folder, recursive, &mut paths)?;
    }
    let read_one = |path: &PathBuf| -> Result<_, FileError> {
        let bytes = fsutil::read(path)?;
        Ok(parse_one(shown(path, shown_from), bytes))
    };
    collect(on_all_cores(&paths, read_one).into_iter().collect::<Result<Vec<_>, _>>()?)
}

/// Reads the revisions of texts that are already in memory, sorted by name.
pub fn from_texts(mut texts: Vec<(PathBuf, Vec<u8>)>) -> Result<Vec<Revision>, ReadError> {
    texts.sort();
    collect(on_all_cores(&texts, |(path, bytes)| parse_one(path.clone(), bytes.clone())))
}

/// The path as messages show it.
pub fn shown(path: &Path, shown_from: &Path) -> PathBuf {
    path.strip_prefix(shown_from).unwrap_or(path).to_owned()
}

fn list(folder: &Path, recursive: bool, paths: &mut Vec<PathBuf>) -> Result<(), FileError> {
    paths.extend(fsutil::files_with_suffix(folder, ".sql")?);
    if recursive {
        for folder in fsutil::folders(folder)? {
            list(&folder, recursive, paths)?;
        }
    }
    Ok(())
}

/// A revision, or all that is wrong with its file.
type Parsed = Result<Revision, Vec<Problem<FileProblem>>>;

fn parse_one(path: PathBuf, bytes: Vec<u8>) -> Parsed {
    let source = file::decode(path, bytes).map_err(|problem| vec![problem])?;
    file::parse(&source)
}

fn collect(parsed: Vec<Parsed>) -> Result<Vec<Revision>, ReadError> {
    let mut revisions = Vec::with_capacity(parsed.len());
    let mut problems = Vec::new();
    for result in parsed {
        match result {
            Ok(revision) => revisions.push(revision),
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() { Ok(revisions) } else { Err(ReadError::Problems(problems)) }
}

/// Maps `items` in their order, on as many threads as there are cores.
fn on_all_cores<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let n_threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    if items.len() < FILES_WORTH_A_THREAD || n_threads == 1 {
        return items.iter().map(work).collect();
    }
    // Each thread takes the next few as soon as it is done with some: a core that others use too
    // would hold up everything if each had its share from the beginning.
    let n_taken = AtomicUsize::new(0);
    let work_off = || {
        let mut done = Vec::new();
        loop {
            let start = n_taken.fetch_add(FILES_AT_ONCE, Ordering::Relaxed);
            let Some(rest) = items.get(start..).filter(|it| !it.is_empty()) else { return done };
            let chunk = &rest[..rest.len().min(FILES_AT_ONCE)];
            done.push((start, chunk.iter().map(&work).collect::<Vec<_>>()));
        }
    };
    let mut parts = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..n_threads).map(|_| scope.spawn(work_off)).collect();
        let mut parts = Vec::new();
        for thread in threads {
            let joined = thread.join();
            parts.extend(joined.unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        parts
    });
    parts.sort_unstable_by_key(|(start, _)| *start);
    let mut all = Vec::with_capacity(items.len());
    for (_, results) in parts {
        all.extend(results);
    }
    all
}
