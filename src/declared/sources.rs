//! Where a declared schema stands: files, folders, patterns, and a program that prints it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::command::{self, Command};
use super::error::{DeclaredError, DeclaredProblem};
use crate::fsutil;
use crate::source::{Problem, Source};

/// The texts of the schema, each file once, in the order in which they are named.
///
/// # Errors
///
/// Also texts that are not UTF-8, all of them.
pub(super) fn read(
    root: &Path,
    files: &[String],
    command: Option<&Command<'_>>,
) -> Result<Vec<Arc<Source>>, DeclaredError> {
    if files.is_empty() && command.is_none() {
        return Err(DeclaredError::NoSources);
    }
    let mut paths: Vec<PathBuf> = Vec::new();
    for file in files {
        for path in find(root, file)? {
            if !paths.contains(&path) {
                paths.push(path);
            }
        }
    }
    let mut texts = Vec::new();
    for path in paths {
        let bytes = fsutil::read(&path)?;
        texts.push((path, bytes));
    }
    if let Some(command) = command {
        texts.push((PathBuf::from(format!("<{}>", command.shown())), command::run(command, root)?));
    }
    let (mut sources, mut problems) = (Vec::new(), Vec::new());
    for (path, bytes) in texts {
        let valid_up_to = std::str::from_utf8(&bytes).err().map(|err| err.valid_up_to());
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let source = Arc::new(Source { path, text });
        match valid_up_to {
            None => sources.push(source),
            Some(at) => {
                let span = at..at + char::REPLACEMENT_CHARACTER.len_utf8();
                problems.push(Problem::new(&source, span, DeclaredProblem::NotUtf8));
            }
        }
    }
    if problems.is_empty() { Ok(sources) } else { Err(DeclaredError::Problems(problems)) }
}

/// The files that `file` names: itself, those below it, or those that match it.
fn find(root: &Path, file: &str) -> Result<Vec<PathBuf>, DeclaredError> {
    // A file that is there is meant, whatever characters its name has.
    let path = root.join(file);
    if path.is_dir() {
        let files = fsutil::files_below(&path, ".sql")?;
        return if files.is_empty() { Err(DeclaredError::EmptyFolder { path }) } else { Ok(files) };
    }
    if path.exists() || !file.contains(['*', '?', '[']) {
        return if path.exists() { Ok(vec![path]) } else { Err(DeclaredError::Missing { path }) };
    }
    let pattern = || file.to_owned();
    match fsutil::files_matching(root, file)? {
        Ok(files) if files.is_empty() => {
            Err(DeclaredError::NoMatch { pattern: pattern(), root: root.to_owned() })
        }
        Ok(files) => Ok(files),
        Err(err) => {
            // The error counts characters of the whole path, whose beginning is ours.
            let folder = glob::Pattern::escape(&root.to_string_lossy());
            let n_before = folder.chars().count() + 1;
            let at = err.pos.saturating_sub(n_before) + 1;
            Err(DeclaredError::Pattern { pattern: pattern(), reason: err.msg, at })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: [&str; 9] = [
        "schema.sql",
        "schema/b.sql",
        "schema/a.SQL",
        "schema/README.md",
        "schema/tables/users.sql",
        "schema/.hidden/x.sql",
        "other/odd[1].sql",
        "empty/x.txt",
        ".git/x.sql",
    ];

    /// The files that are found in a scratch folder, relative to it, or the error.
    #[track_caller]
    fn check(files: &[&str], expected: &str) {
        let folder = tempfile::tempdir().unwrap();
        for file in TREE {
            fsutil::write_new(&folder.path().join(file), "").unwrap();
        }
        let files: Vec<String> = files.iter().map(|it| (*it).to_owned()).collect();
        let found = match read(folder.path(), &files, None) {
            Ok(sources) => {
                let relative = |it: &Arc<Source>| {
                    it.path.strip_prefix(folder.path()).unwrap().display().to_string()
                };
                sources.iter().map(relative).collect::<Vec<_>>().join(" ").replace('\\', "/")
            }
            Err(err) => err.to_string().replace(&folder.path().display().to_string(), "$DIR"),
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn files_folders_and_patterns_are_found() {
        check(&["schema.sql"], "schema.sql");
        check(&["schema"], "schema/a.SQL schema/b.sql schema/tables/users.sql");
        check(&["./schema/"], "schema/a.SQL schema/b.sql schema/tables/users.sql");
        check(&["schema/**/*.sql"], "schema/b.sql schema/tables/users.sql");
        check(&["**/*.sql"], "other/odd[1].sql schema/b.sql schema/tables/users.sql schema.sql");
        check(&["schema/*.sql", "schema.sql"], "schema/b.sql schema.sql");
        check(&["s*"], "schema.sql");
        check(&["other/odd[1].sql"], "other/odd[1].sql");
    }

    #[test]
    fn each_file_is_read_once() {
        check(
            &["schema.sql", "*.sql", "schema/b.sql", "schema/[ab].sql"],
            "schema.sql schema/b.sql",
        );
    }

    #[test]
    fn what_names_nothing_is_an_error() {
        check(&[], "no schema is declared");
        check(&["nope.sql"], "there is no file or folder `$DIR/nope.sql`");
        check(&["schema/*.ddl"], "no file matches `schema/*.ddl` in `$DIR`");
        check(&["empty"], "the folder `$DIR/empty` has no .sql files");
        check(
            &["schema/a***"],
            "`schema/a***` is no pattern: wildcards are either regular `*` or recursive `**` at character 11",
        );
    }
}
