//! The folders of revision files: reads all of them.
//!
//! Every `.sql` file in a version location is a revision or an error. Files are read and parsed on
//! all cores, because `heads` over ten thousand files is otherwise mostly waiting for `open`.

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::Revision;
use super::file::{self, FileProblem};
use crate::fsutil::{self, FileError};
use crate::source::Problem;

/// Why the revision files could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// A version location is not there.
    #[error(
        "there is no folder `{}`, which `{}` names as a version location",
        folder.display(),
        named_in.display()
    )]
    MissingFolder {
        /// The folder, as messages show it.
        folder: PathBuf,
        /// The configuration, in the same way.
        named_in: PathBuf,
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
/// after the files of its parent, and once, whatever links lead to it).
///
/// Paths in messages are relative to `shown_from` where they lie below it; `named_in` is the
/// configuration that names the locations.
pub fn read(
    version_locations: &[PathBuf],
    recursive: bool,
    shown_from: &Path,
    named_in: &Path,
) -> Result<Vec<Revision>, ReadError> {
    let mut paths = Vec::new();
    let mut visited = Vec::new();
    for folder in version_locations {
        if !folder.exists() {
            let (folder, named_in) = (shown(folder, shown_from), shown(named_in, shown_from));
            return Err(ReadError::MissingFolder { folder, named_in });
        }
        if recursive {
            list_below(folder, &mut visited, &mut paths)?;
        } else {
            paths.extend(fsutil::files_with_suffix(folder, ".sql")?);
        }
    }
    let read_one = |path: &PathBuf| -> Result<_, FileError> {
        let bytes = fsutil::read(path)?;
        Ok(parse_one(shown(path, shown_from), bytes))
    };
    collect(on_all_cores(&paths, read_one))
}

/// Reads the revisions of texts that are already in memory, sorted by name.
pub fn from_texts(mut texts: Vec<(PathBuf, Vec<u8>)>) -> Result<Vec<Revision>, ReadError> {
    texts.sort();
    let read_one = |(path, bytes): &(PathBuf, Vec<u8>)| Ok(parse_one(path.clone(), bytes.clone()));
    collect(on_all_cores(&texts, read_one))
}

/// The path as messages show it.
pub fn shown(path: &Path, shown_from: &Path) -> PathBuf {
    path.strip_prefix(shown_from).unwrap_or(path).to_owned()
}

/// The files of a folder and of those below it; each folder once, by whatever links it is found.
fn list_below(
    folder: &Path,
    visited: &mut Vec<PathBuf>,
    paths: &mut Vec<PathBuf>,
) -> Result<(), FileError> {
    let real = folder.canonicalize().map_err(FileError::new("read the folder", folder))?;
    if visited.contains(&real) {
        return Ok(());
    }
    visited.push(real);
    paths.extend(fsutil::files_with_suffix(folder, ".sql")?);
    for folder in fsutil::folders(folder)? {
        list_below(&folder, visited, paths)?;
    }
    Ok(())
}

/// A revision, or all that is wrong with its file.
type Parsed = Result<Revision, Vec<Problem<FileProblem>>>;

fn parse_one(path: PathBuf, bytes: Vec<u8>) -> Parsed {
    let source = file::decode(path, bytes).map_err(|problem| vec![problem])?;
    file::parse(&source)
}

fn collect(
    files: impl Iterator<Item = Result<Parsed, FileError>>,
) -> Result<Vec<Revision>, ReadError> {
    let mut problems = Vec::new();
    // This takes the memory of the results for the revisions.
    let revisions = files.filter_map(|parsed| match parsed {
        Ok(Ok(revision)) => Some(Ok(revision)),
        Ok(Err(found)) => {
            problems.extend(found);
            None
        }
        Err(err) => Some(Err(err)),
    });
    let revisions = revisions.collect::<Result<Vec<_>, _>>()?;
    if problems.is_empty() { Ok(revisions) } else { Err(ReadError::Problems(problems)) }
}

/// Maps `items` in their order, on as many threads as there are cores.
fn on_all_cores<T: Sync, R: Send>(
    items: &[T],
    work: impl Fn(&T) -> R + Sync,
) -> impl Iterator<Item = R> {
    let n_threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    let mut results: Vec<Option<R>> = items.iter().map(|_| None).collect();
    // Each thread takes the next few as soon as it is done with some: a core that others use too
    // would hold up everything if each had its share from the beginning. What comes of them goes
    // right to its place.
    let chunks = Mutex::new(items.chunks(FILES_AT_ONCE).zip(results.chunks_mut(FILES_AT_ONCE)));
    let next = || chunks.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work_off = || {
        while let Some((items, results)) = next() {
            for (item, result) in items.iter().zip(results) {
                *result = Some(work(item));
            }
        }
    };
    if items.len() < FILES_WORTH_A_THREAD || n_threads == 1 {
        work_off();
    } else {
        std::thread::scope(|scope| (0..n_threads).for_each(|_| drop(scope.spawn(work_off))));
    }
    // All are there. After `flatten` the caller could not collect them where they are.
    results.into_iter().map_while(|it| it)
}
