//! A project with a database in a folder of its own, and the binary run on it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use rusqlite::Connection;
use tempfile::TempDir;

/// How SQLite protects what it writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Journal {
    Delete,
    Wal,
}

impl Journal {
    pub const BOTH: [Self; 2] = [Self::Delete, Self::Wal];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::Wal => "wal",
        }
    }
}

/// A folder with `alembic.toml`, `versions/` and, once something made it, `app.db`.
pub struct Project {
    folder: TempDir,
}

impl Project {
    /// A project without revisions that waits long for locks.
    pub fn new() -> Self {
        Self::with_config("", "busy_timeout = \"60s\"")
    }

    /// A project whose `alembic.toml` has these lines, at its top and under `[database]`.
    pub fn with_config(top: &str, database: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("versions")).unwrap();
        let project = Self { folder };
        let config = format!("{top}\n[database]\nurl = \"sqlite:///app.db\"\n{database}\n");
        project.write("alembic.toml", &config);
        project
    }

    /// Adds a revision; its id is also its message and the name of its file.
    pub fn revision(self, id: &str, header: &str, upgrade: &str, downgrade: &str) -> Self {
        let mut text = format!("-- /// revision\n-- revision = \"{id}\"\n-- message = \"{id}\"\n");
        for line in header.lines() {
            writeln!(text, "-- {line}").unwrap();
        }
        write!(
            text,
            "-- ///\n\n-- migrate:upgrade\n{upgrade}\n\n-- migrate:downgrade\n{downgrade}\n"
        )
        .unwrap();
        self.write(&format!("versions/{id}.sql"), &text);
        self
    }

    /// Adds revisions `r1`, `r2`, … with these upgrades, each on top of the one before.
    pub fn line(mut self, upgrades: &[&str]) -> Self {
        for (n, upgrade) in (1..).zip(upgrades) {
            let header =
                if n == 1 { String::new() } else { format!("down_revision = \"r{}\"", n - 1) };
            self = self.revision(&format!("r{n}"), &header, upgrade, "");
        }
        self
    }

    /// Makes the database with this content, and closes it.
    pub fn database(self, journal: Journal, sql: &str) -> Self {
        let connection = self.connect();
        connection.pragma_update(None, "journal_mode", journal.as_str()).unwrap();
        connection.execute_batch(sql).unwrap();
        drop(connection);
        self
    }

    /// A second project with the same files.
    pub fn copy(&self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy_folder(self.path(""), folder.path());
        Self { folder }
    }

    #[expect(clippy::disallowed_methods, reason = "fsutil is not for tests")]
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.folder.path().join(name), content).unwrap();
    }

    /// A path in the folder; the folder itself for an empty name.
    pub fn path(&self, name: &str) -> PathBuf {
        if name.is_empty() { self.folder.path().to_owned() } else { self.folder.path().join(name) }
    }

    /// The database.
    pub fn db(&self) -> PathBuf {
        self.path("app.db")
    }

    /// A connection that migrator knows nothing of, without foreign keys and without waiting.
    pub fn connect(&self) -> Connection {
        let connection = Connection::open(self.db()).unwrap();
        connection.pragma_update(None, "foreign_keys", false).unwrap();
        connection.busy_timeout(Duration::ZERO).unwrap();
        connection
    }

    /// One value of a query, as text.
    #[track_caller]
    pub fn query(&self, sql: &str) -> String {
        let sql = format!("SELECT coalesce(CAST(({sql}) AS TEXT), 'NULL')");
        self.connect().query_row(&sql, [], |row| row.get(0)).unwrap()
    }

    /// The rows of the version table, sorted and joined; empty where it has none or is not there.
    #[track_caller]
    pub fn rows(&self) -> String {
        let connection = self.connect();
        connection
            .query_row(
                "SELECT group_concat(version_num, ',' ORDER BY version_num) FROM alembic_version",
                [],
                |row| row.get::<_, Option<String>>(0),
            )
            .unwrap_or_default()
            .unwrap_or_default()
    }

    /// Every file of the folder with its content, sorted: what must not change.
    ///
    /// Another process reads them: if this one has the database open, closing the file once more
    /// would drop SQLite's POSIX locks.
    pub fn bytes(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        collect_files(self.folder.path(), &mut files);
        files.sort();
        files
    }

    /// `program` with the arguments, in the folder and with almost no environment.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("COLUMNS", "80")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// The binary.
    pub fn migrator(&self, args: &[&str]) -> Command {
        let mut command = self.command(binary());
        command.args(args);
        command
    }

    /// Runs the binary to its end.
    pub fn run(&self, args: &[&str]) -> Ran {
        Ran::from(self.migrator(args).output().unwrap())
    }
}

/// The binary under test.
pub fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_migrator"))
}

fn collect_files(folder: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.push((path.clone(), Vec::new()));
            collect_files(&path, files);
        } else {
            let cat = Command::new("cat").arg(&path).output().unwrap();
            assert!(cat.status.success(), "{cat:?}");
            files.push((path, cat.stdout));
        }
    }
}

fn copy_folder(from: PathBuf, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let (path, target) = (entry.as_ref().unwrap().path(), entry.unwrap().file_name());
        let target = to.join(target);
        if path.is_dir() {
            std::fs::create_dir(&target).unwrap();
            copy_folder(path, &target);
        } else {
            std::fs::copy(path, target).unwrap();
        }
    }
}

/// What a process did.
#[derive(Debug)]
pub struct Ran {
    /// The exit code; `None` after a signal.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Ran {
    /// Fails unless the exit code is this one.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self}");
        self
    }

    /// Fails unless standard error holds each of these texts.
    #[track_caller]
    pub fn says(self, texts: &[&str]) -> Self {
        for text in texts {
            assert!(self.stderr.contains(text), "`{text}` is not in\n{self}");
        }
        self
    }
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { code, stdout, stderr } = self;
        write!(f, "exit {code:?}\n--- stdout\n{stdout}\n--- stderr\n{stderr}")
    }
}

/// Waits for the end of a process that was started.
#[track_caller]
pub fn finish(child: Child) -> Ran {
    Ran::from(child.wait_with_output().unwrap())
}

/// Whether this machine is one where nothing may be skipped.
pub fn is_ci() -> bool {
    std::env::var_os("CI").is_some_and(|it| it == "true")
}

/// Says that a test did not run here; where nothing may be skipped, fails instead.
#[track_caller]
pub fn skip(what: &str, why: &str) {
    assert!(!is_ci(), "{what} cannot be skipped in CI: {why}");
    eprintln!("SKIPPED {what}: {why}");
}

/// Whether a program can be started.
pub fn has_program(name: &str) -> bool {
    let mut command = Command::new(name);
    let command = command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok()
}
