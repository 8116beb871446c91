//! `std::fs` with the path in every error.
//!
//! The only module that touches files of the project; the path is attached here, once, so that a
//! message can never name the wrong file.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// A file operation that failed.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} `{}`", path.display())]
pub struct FileError {
    /// What was attempted, a verb.
    pub action: &'static str,
    /// On what.
    pub path: PathBuf,
    /// Why it failed.
    pub source: io::Error,
}

impl FileError {
    /// Names `action` and `path` in an error of the operating system.
    pub fn new(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self { action, path: path.to_owned(), source }
    }
}

/// The bytes of a file.
pub fn read(path: &Path) -> Result<Vec<u8>, FileError> {
    let read = || {
        // Most files here are smaller than this: `std::fs::read` would ask for the size first.
        let mut bytes = Vec::with_capacity(4096);
        std::fs::File::open(path)?.take(u64::MAX).read_to_end(&mut bytes)?;
        bytes.shrink_to_fit();
        Ok(bytes)
    };
    read().map_err(FileError::new("read", path))
}

/// The bytes of a file, or `None` where there is no such file.
pub fn read_if_exists(path: &Path) -> Result<Option<Vec<u8>>, FileError> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(FileError { action: "read", path: path.to_owned(), source }),
    }
}

/// Makes a folder and those above it.
pub fn create_dir_all(path: &Path) -> Result<(), FileError> {
    std::fs::create_dir_all(path).map_err(FileError::new("make the folder", path))
}

/// The files of a folder whose name ends in `suffix`, an ASCII text in lower case, however they
/// write it; sorted by name in code point order.
///
/// Folders are left out; a link counts as what it points to.
pub fn files_with_suffix(folder: &Path, suffix: &str) -> Result<Vec<PathBuf>, FileError> {
    let entries = std::fs::read_dir(folder).map_err(FileError::new("read the folder", folder))?;
    let mut files = Vec::new();
    for entry in entries {
        let entry = entry.map_err(FileError::new("read the folder", folder))?;
        let name = entry.file_name();
        let name = name.as_encoded_bytes();
        let end = &name[name.len().saturating_sub(suffix.len())..];
        let is_wanted = end.eq_ignore_ascii_case(suffix.as_bytes());
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_wanted && !is_folder {
            files.push(entry.path());
        }
    }
    // They differ in nothing but the name, so that the bytes decide. A `Path` compares component by
    // component, which for a thousand files takes 8.8 million instructions, and this 0.5.
    files.sort_unstable_by(|left, right| left.as_os_str().cmp(right.as_os_str()));
    Ok(files)
}

/// The folders in a folder, sorted by name, those whose name begins with a dot left out.
pub fn folders(folder: &Path) -> Result<Vec<PathBuf>, FileError> {
    let entries = std::fs::read_dir(folder).map_err(FileError::new("read the folder", folder))?;
    let mut folders = Vec::new();
    for entry in entries {
        let entry = entry.map_err(FileError::new("read the folder", folder))?;
        let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
        if !is_hidden && entry.path().is_dir() {
            folders.push(entry.path());
        }
    }
    folders.sort();
    Ok(folders)
}

/// The files below a folder, at any depth, whose name ends in `suffix`: those of the folder itself
/// sorted by name, then those of each folder in it. Folders whose name begins with a dot are left
/// out, and so is a link that leads back up.
#[cfg(feature = "cli")]
pub fn files_below(folder: &Path, suffix: &str) -> Result<Vec<PathBuf>, FileError> {
    let mut files = Vec::new();
    collect_below(folder, suffix, &mut Vec::new(), &mut files)?;
    Ok(files)
}

#[cfg(feature = "cli")]
fn collect_below(
    folder: &Path,
    suffix: &str,
    above: &mut Vec<PathBuf>,
    files: &mut Vec<PathBuf>,
) -> Result<(), FileError> {
    let real = folder.canonicalize().map_err(FileError::new("read the folder", folder))?;
    if above.contains(&real) {
        return Ok(());
    }
    above.push(real);
    files.extend(files_with_suffix(folder, suffix)?);
    for inner in folders(folder)? {
        collect_below(&inner, suffix, above, files)?;
    }
    above.pop();
    Ok(())
}

/// The files that match `pattern`, a path relative to `folder` with `*`, `?`, `[…]` and `**`; sorted.
/// What begins with a dot is matched by nothing but a dot.
///
/// # Errors
///
/// The inner one is a pattern that is none.
#[cfg(feature = "cli")]
pub fn files_matching(
    folder: &Path,
    pattern: &str,
) -> Result<Result<Vec<PathBuf>, glob::PatternError>, FileError> {
    let folder = glob::Pattern::escape(&folder.to_string_lossy());
    let options =
        glob::MatchOptions { require_literal_leading_dot: true, ..glob::MatchOptions::new() };
    let pattern = Path::new(&folder).join(pattern);
    let found = match glob::glob_with(&pattern.to_string_lossy(), options) {
        Ok(found) => found,
        Err(err) => return Ok(Err(err)),
    };
    let mut files = Vec::new();
    for path in found {
        let path = path.map_err(|err| {
            let path = err.path().to_owned();
            FileError { action: "read the folder", path, source: err.into() }
        })?;
        if path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(Ok(files))
}

/// Writes a new file as a whole or not at all, and never over another one.
///
/// The text goes to a temporary file in the same folder, is synced, and is then given its name.
/// The folder is made if it is missing.
///
/// # Errors
///
/// `AlreadyExists` where something has the name already.
#[cfg(any(test, feature = "cli"))]
pub fn write_new(path: &Path, text: &str) -> Result<(), FileError> {
    write_locked(path, text).map(drop)
}

/// The same for a file that is locked from the beginning, for as long as what is returned lives:
/// whoever finds it can tell whether its writer is still there.
///
/// # Errors
///
/// `AlreadyExists` where something has the name already.
#[cfg(any(test, feature = "cli"))]
pub fn write_locked(path: &Path, text: &str) -> Result<std::fs::File, FileError> {
    use std::io::Write as _;

    let folder = folder_of(path);
    create_dir_all(folder)?;
    let write = || {
        let mut file = temporary_in(folder)?;
        file.write_all(text.as_bytes())?;
        set_ordinary_permissions(file.as_file())?;
        file.as_file().sync_all()?;
        let file = file.persist_noclobber(path).map_err(|err| err.error)?;
        sync_folder(folder).inspect_err(|_| {
            std::fs::remove_file(path).ok();
        })?;
        Ok(file)
    };
    write().map_err(FileError::new("write", path))
}

/// What the names of temporary files begin with.
#[cfg(any(test, feature = "cli"))]
const TEMPORARY: &str = ".migrator-tmp-";

/// A temporary file, locked. Those that killed processes left in the folder are taken away.
#[cfg(any(test, feature = "cli"))]
fn temporary_in(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    remove_abandoned(folder);
    loop {
        let file = tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(folder)?;
        // Before it was locked, another process may have taken it for one that nobody writes.
        // Without locks nothing is taken for that.
        if claim(file.as_file(), file.path())? != Claim::Theirs {
            return Ok(file);
        }
    }
}

/// What a lock says of a file that one process writes at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// It is ours as long as the file is open.
    Ours,
    /// Somebody else has it, or has removed the file.
    Theirs,
    /// This file system has no locks.
    NoLocks,
}

/// Takes the lock that says that a file is being written. It is of another kind than SQLite's.
///
/// # Errors
///
/// What the file system says where it cannot tell what `path` names.
#[cfg(unix)]
pub fn claim(file: &std::fs::File, path: &Path) -> io::Result<Claim> {
    let claim = match file.try_lock() {
        Ok(()) => Claim::Ours,
        Err(std::fs::TryLockError::WouldBlock) => return Ok(Claim::Theirs),
        Err(std::fs::TryLockError::Error(_)) => Claim::NoLocks,
    };
    Ok(if is_at(file, path)? { claim } else { Claim::Theirs })
}

/// Where a lock would keep everybody else, SQLite too, from reading the file, there is none.
#[cfg(not(unix))]
pub fn claim(_file: &std::fs::File, _path: &Path) -> io::Result<Claim> {
    Ok(Claim::NoLocks)
}

/// A temporary file that nobody writes any more, with its lock, so that nobody begins to; `None`
/// where somebody does, or nothing tells.
pub fn abandoned(path: &Path) -> Option<std::fs::File> {
    let file = std::fs::OpenOptions::new().read(true).write(true).open(path).ok()?;
    matches!(claim(&file, path), Ok(Claim::Ours)).then_some(file)
}

/// Removes the temporary files that nobody writes any more. One that cannot be removed stays.
#[cfg(any(test, feature = "cli"))]
pub fn remove_abandoned(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let is_ours = entry.file_name().as_encoded_bytes().starts_with(TEMPORARY.as_bytes());
        if is_ours && let Some(_locked) = abandoned(&entry.path()) {
            std::fs::remove_file(entry.path()).ok();
        }
    }
}

/// Replaces the text of a file, which keeps its permissions, as a whole or not at all.
///
/// The text goes to a temporary file in the same folder, is synced, and takes the place of the old
/// one, so that a reader sees the old text or the new one, and so does whoever looks after a crash.
/// What a link points to is replaced, and not the link.
///
/// # Errors
///
/// `InvalidData` where the file does not hold `old`, since somebody else is at work on it.
#[cfg(any(test, feature = "cli"))]
pub fn replace(path: &Path, old: &str, new: &str) -> Result<(), FileError> {
    use std::io::Write as _;

    let write = || {
        let real = path.canonicalize()?;
        let folder = folder_of(&real);
        require_text(&real, old)?;
        let put = |text: &str| {
            let mut file = temporary_in(folder)?;
            file.write_all(text.as_bytes())?;
            file.as_file().set_permissions(std::fs::metadata(&real)?.permissions())?;
            file.as_file().sync_all()?;
            file.persist(&real).map_err(|err| err.error)
        };
        put(new)?;
        // What is said to have failed must not be there.
        sync_folder(folder).inspect_err(|_| drop(put(old)))
    };
    write().map_err(FileError::new("write", path))
}

/// Removes a file that says `old`.
///
/// # Errors
///
/// `InvalidData` where it says something else, since somebody is at work on it.
#[cfg(feature = "cli")]
pub fn remove(path: &Path, old: &str) -> Result<(), FileError> {
    let remove = || {
        require_text(path, old)?;
        std::fs::remove_file(path)?;
        sync_folder(folder_of(path))
    };
    remove().map_err(FileError::new("remove", path))
}

#[cfg(any(test, feature = "cli"))]
fn require_text(path: &Path, text: &str) -> io::Result<()> {
    if std::fs::read(path)? == text.as_bytes() {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::InvalidData, "it was changed in the meantime"))
}

/// A temporary file is private (0600); a revision file is for the team.
#[cfg(all(any(test, feature = "cli"), unix))]
fn set_ordinary_permissions(file: &std::fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(all(any(test, feature = "cli"), not(unix)))]
fn set_ordinary_permissions(_file: &std::fs::File) -> io::Result<()> {
    Ok(())
}

/// The name of a new file lasts only when its folder is synced.
#[cfg(unix)]
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    std::fs::File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
pub fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

/// Whether `path` still names `file`, which is open.
#[cfg(unix)]
pub fn is_at(file: &std::fs::File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;

    let held = file.metadata()?;
    match std::fs::metadata(path) {
        Ok(named) => Ok((named.dev(), named.ino()) == (held.dev(), held.ino())),
        Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(err) => Err(err),
    }
}

#[cfg(not(unix))]
pub fn is_at(_file: &std::fs::File, _path: &Path) -> io::Result<bool> {
    Ok(true)
}

/// Whether two paths name one file, through whatever links.
#[cfg(unix)]
pub fn is_same_file(left: &Path, right: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;

    let id = |path: &Path| std::fs::metadata(path).map(|it| (it.dev(), it.ino())).ok();
    id(left).is_some_and(|it| Some(it) == id(right))
}

/// Whether two paths name one file, through whatever links but hard ones.
#[cfg(not(unix))]
pub fn is_same_file(left: &Path, right: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().ok();
    real(left).is_some_and(|it| Some(it) == real(right))
}

/// A path whose last name has more behind it.
pub fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut longer = path.as_os_str().to_owned();
    longer.push(suffix);
    PathBuf::from(longer)
}

/// The folder that a file lies in; `.` for a bare name.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<String> =
            entries.map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn what_a_killed_process_left_goes_and_what_is_being_written_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in [".migrator-tmp-left", ".migrator-squash", "migrator-tmp-mine"] {
            drop(std::fs::File::create(path(name)).unwrap());
        }
        let busy = std::fs::File::create(path(".migrator-tmp-busy")).unwrap();
        busy.lock().unwrap();
        write_new(&path("new"), "text").unwrap();
        let stay = [".migrator-squash", ".migrator-tmp-busy", "migrator-tmp-mine", "new"];
        assert_eq!(names(folder.path()), stay);
        drop(busy);
        replace(&path("new"), "text", "other").unwrap();
        assert_eq!(names(folder.path()), [".migrator-squash", "migrator-tmp-mine", "new"]);
    }

    #[test]
    fn many_at_once_do_not_take_each_others_files_for_abandoned() {
        let folder = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for n_thread in 0..4 {
                let folder = folder.path();
                scope.spawn(move || {
                    for n in 0..100 {
                        write_new(&folder.join(format!("{n_thread}-{n}")), "text").unwrap();
                    }
                });
            }
        });
        assert_eq!(names(folder.path()).len(), 400);
    }
}
