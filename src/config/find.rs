//! Which `alembic.toml` a command works with.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::error::{ConfigError, FileOrigin};

/// The name of the configuration file.
pub const FILE_NAME: &str = "alembic.toml";

/// The absolute path of the configuration: `explicit` (`-c`), else `env_value` (the variable
/// `ALEMBIC_CONFIG`; an empty one counts for none), else `alembic.toml` in `cwd` or the nearest
/// folder above. A folder stands for the `alembic.toml` in it.
///
/// `cwd` is absolute. The file exists, but has not been read.
pub fn find(
    explicit: Option<&Path>,
    env_value: Option<OsString>,
    cwd: &Path,
) -> Result<PathBuf, ConfigError> {
    if let Some(path) = explicit {
        return named(cwd.join(path), FileOrigin::Caller);
    }
    if let Some(path) = env_value.filter(|it| !it.is_empty()) {
        return named(cwd.join(path), FileOrigin::Variable);
    }
    let mut candidates = cwd.ancestors().map(|folder| folder.join(FILE_NAME));
    candidates.find(|it| it.is_file()).ok_or_else(|| {
        let alembics_own = cwd.ancestors().find_map(alembics_own);
        ConfigError::NotFound { cwd: cwd.to_owned(), alembics_own }
    })
}

/// Checks a file that was asked for by name. `ALEMBIC_CONFIG` is Alembic's variable too, so it may
/// well name a file of Alembic's, which is worth a better answer than a syntax error.
fn named(path: PathBuf, origin: FileOrigin) -> Result<PathBuf, ConfigError> {
    let path = if path.is_dir() { path.join(FILE_NAME) } else { path };
    let is_ini = path.extension().is_some_and(|it| it.eq_ignore_ascii_case("ini"));
    if is_ini || path.file_name().is_some_and(|it| it == "pyproject.toml") {
        return Err(ConfigError::AlembicsOwn { path, origin });
    }
    if path.exists() { Ok(path) } else { Err(ConfigError::NoSuchFile { path, origin }) }
}

/// The file in `folder` that configures Alembic itself.
fn alembics_own(folder: &Path) -> Option<PathBuf> {
    let ini = folder.join("alembic.ini");
    if ini.is_file() {
        return Some(ini);
    }
    let pyproject = folder.join("pyproject.toml");
    // An unreadable one is no fact worth telling: there is an error already.
    let text = String::from_utf8(crate::fsutil::read(&pyproject).ok()?).ok()?;
    let document = DeTable::parse(&text).ok()?;
    let DeValue::Table(tool) = document.get_ref().get("tool")?.get_ref() else { return None };
    tool.contains_key("alembic").then_some(pyproject)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes `files` (`name` or `name=text`) in a scratch folder and looks from its `a/b`;
    /// `expected` has paths relative to the scratch folder.
    #[track_caller]
    fn check(files: &str, explicit: Option<&str>, variable: Option<&str>, expected: &str) {
        let folder = tempfile::tempdir().unwrap();
        let cwd = folder.path().join("a/b");
        std::fs::create_dir_all(&cwd).unwrap();
        for file in files.split_whitespace() {
            let (name, text) = file.split_once('=').unwrap_or((file, ""));
            crate::fsutil::write_new(&folder.path().join(name), text).unwrap();
        }
        let found = match find(explicit.map(Path::new), variable.map(OsString::from), &cwd) {
            Ok(path) => path.display().to_string(),
            Err(ConfigError::NotFound { cwd, alembics_own: None }) => {
                format!("nothing from {}", cwd.display())
            }
            Err(ConfigError::NotFound { alembics_own: Some(path), .. }) => {
                format!("nothing but {}", path.display())
            }
            Err(err) => err.to_string(),
        };
        let expected = expected.replace("$DIR", &folder.path().display().to_string());
        assert_eq!(found, expected);
    }

    #[test]
    fn the_nearest_file_is_found() {
        check("a/b/alembic.toml a/alembic.toml", None, None, "$DIR/a/b/alembic.toml");
        check("a/alembic.toml alembic.toml", None, None, "$DIR/a/alembic.toml");
        check("alembic.toml", None, Some(""), "$DIR/alembic.toml");
        check("alembic.toml a/alembic.ini", None, None, "$DIR/alembic.toml");
        check("a/b/alembic.toml/x alembic.toml", None, None, "$DIR/alembic.toml");
    }

    #[test]
    fn the_argument_comes_before_the_variable_and_both_before_the_search() {
        let files = "a/b/alembic.toml a/b/x.toml a/b/y.toml c/alembic.toml";
        check(files, Some("x.toml"), Some("y.toml"), "$DIR/a/b/x.toml");
        check(files, None, Some("y.toml"), "$DIR/a/b/y.toml");
        check(files, Some("../../c"), None, "$DIR/a/b/../../c/alembic.toml");
    }

    #[test]
    fn a_named_file_must_be_there() {
        check("alembic.toml", Some("no.toml"), None, "there is no file `$DIR/a/b/no.toml`");
        check("alembic.toml", Some("."), None, "there is no file `$DIR/a/b/./alembic.toml`");
    }

    #[test]
    fn a_file_of_alembic_itself_is_told_apart() {
        let own = |name: &str| format!("`$DIR/a/b/{name}` is a configuration of Alembic itself");
        check("alembic.toml", None, Some("alembic.ini"), &own("alembic.ini"));
        check("alembic.toml", Some("pyproject.toml"), None, &own("pyproject.toml"));
        check("alembic.ini", None, None, "nothing but $DIR/alembic.ini");
        check(
            "a/pyproject.toml=[tool.alembic] alembic.ini",
            None,
            None,
            "nothing but $DIR/a/pyproject.toml",
        );
        check("a/pyproject.toml=[tool.ruff]", None, None, "nothing from $DIR/a/b");
    }
}
