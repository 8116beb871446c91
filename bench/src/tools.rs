//! What is measured, and on what machine.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::bare::Loop;

/// The programs that are compared.
pub struct Tools {
    /// The release build of migrator.
    pub migrator: PathBuf,
    /// The Python that has Alembic, if there is one.
    pub python: Option<OsString>,
    /// This program, for the bare loop.
    pub bare: PathBuf,
    /// Their versions, for people.
    pub versions: String,
}

impl Tools {
    /// Builds migrator unless a binary is given, and looks for Alembic.
    pub fn find(migrator: Option<PathBuf>) -> Result<Self, String> {
        let migrator = match migrator {
            Some(path) => path,
            None => build()?,
        };
        let python = std::env::var_os("BENCH_PYTHON").unwrap_or_else(|| "python3".into());
        let script = "import alembic, sqlalchemy, sqlite3, platform; print(\
                      f'Alembic {alembic.__version__}, SQLAlchemy {sqlalchemy.__version__}, \
                      Python {platform.python_version()} with SQLite {sqlite3.sqlite_version}')";
        let alembic = answer(Command::new(&python).args(["-c", script]));
        let mut versions = answer(Command::new(&migrator).arg("--version"))
            .ok_or_else(|| format!("cannot run `{}`", migrator.display()))?;
        versions += &format!(", SQLite {}", rusqlite::version());
        versions += &alembic.as_ref().map_or("; no Alembic".to_owned(), |it| format!("; {it}"));
        let bare = std::env::current_exe().map_err(|err| err.to_string())?;
        Ok(Self { migrator, python: alembic.map(|_| python), bare, versions })
    }

    /// A command of migrator.
    pub fn migrator(&self, args: &[&str]) -> Vec<OsString> {
        let args = args.iter().map(Into::into);
        std::iter::once(self.migrator.clone().into_os_string()).chain(args).collect()
    }

    /// A command of Alembic, if it is there.
    pub fn alembic(&self, args: &[&str]) -> Option<Vec<OsString>> {
        let args = ["-m", "alembic"].iter().chain(args).map(Into::into);
        Some(std::iter::once(self.python.clone()?).chain(args).collect())
    }

    /// The bare loop.
    pub fn bare(&self, database: &Path, n_tables: usize, what: Loop) -> Vec<OsString> {
        let (program, database) = (self.bare.clone().into(), database.as_os_str().to_owned());
        vec![program, "bare".into(), database, n_tables.to_string().into(), what.name().into()]
    }

    /// Files of statements in a database, both relative to where it runs.
    pub fn script(&self, database: &str, files: &[&str]) -> Vec<OsString> {
        let args = ["script", database].into_iter().chain(files.iter().copied()).map(Into::into);
        std::iter::once(self.bare.clone().into_os_string()).chain(args).collect()
    }
}

fn build() -> Result<PathBuf, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let target = root.join("target");
    let status = Command::new("cargo")
        .args(["build", "--release", "--quiet", "--bin", "migrator", "--manifest-path"])
        .arg(root.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(&target)
        .status();
    match status {
        Ok(status) if status.success() => {
            let name = format!("migrator{}", std::env::consts::EXE_SUFFIX);
            let path = target.join("release").join(name);
            path.canonicalize().map_err(|err| format!("{}: {err}", path.display()))
        }
        Ok(_) => Err("migrator cannot be built".to_owned()),
        Err(err) => Err(format!("cannot run cargo: {err}")),
    }
}

/// What a command prints, trimmed; `None` where it fails.
fn answer(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|it| it.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Processor, kernel and date, as far as they can be found out.
pub fn machine() -> String {
    let n_cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let cpu_info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu_info.lines().find_map(|it| it.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("unknown processor", |(_, model)| model);
    let kernel = answer(Command::new("uname").arg("-sr")).unwrap_or_default();
    let date = answer(Command::new("date").args(["-u", "+%Y-%m-%d"])).unwrap_or_default();
    let cores = if n_cores == 1 { "core" } else { "cores" };
    format!("{date}, {n_cores} {cores} of {model}, {kernel}")
}
