//! A project with one revision, a declared schema and a database, and the binary run on it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use rusqlite::Connection;
use tempfile::TempDir;

/// The revision that makes the first schema.
pub const FIRST: &str = "000000000001";
/// The one that is generated.
pub const SECOND: &str = "000000000002";

pub struct Project {
    folder: TempDir,
}

/// What a process did.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { code, stdout, stderr } = self;
        write!(f, "exit {code:?}\n--- stdout\n{stdout}\n--- stderr\n{stderr}")
    }
}

/// A generated revision.
#[derive(Debug)]
pub struct Generated {
    pub upgrade: String,
    pub downgrade: String,
}

impl Project {
    /// A project whose first revision is the one side and whose declared schema is the other: files
    /// in the folder `schema`, each with its name.
    pub fn new(config: &str, from: &str, to: &[(String, String)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let project = Self { folder };
        std::fs::create_dir(project.path("versions")).unwrap();
        std::fs::create_dir(project.path("schema")).unwrap();
        project.write(
            "alembic.toml",
            &format!(
                "[database]\nurl = \"sqlite:///app.db\"\nbackup = \"never\"\n[schema]\nfiles = [\"schema\"]\n{config}\n"
            ),
        );
        project.write(
            "versions/first.sql",
            &format!(
                "-- /// revision\n-- revision = \"{FIRST}\"\n-- message = \"first\"\n-- ///\n\n\
                 -- migrate:upgrade\n{from}\n\n-- migrate:downgrade\n"
            ),
        );
        // Nothing declared is a schema too, but no file is not.
        project.write("schema/empty.sql", "-- Nothing is declared.\n");
        for (name, text) in to {
            project.write(&format!("schema/{name}"), text);
        }
        project
    }

    #[expect(clippy::disallowed_methods, reason = "fsutil is not for tests")]
    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A new database as the first revision leaves it, made without the binary.
    pub fn database(&self, from: &str) -> Connection {
        std::fs::remove_file(self.path("app.db")).ok();
        let connection = self.connect();
        // Its safety is not what is tested here.
        connection.pragma_update(None, "synchronous", false).unwrap();
        connection.execute_batch(from).unwrap();
        connection
            .execute_batch(&format!(
                "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL,
                   CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num));
                 INSERT INTO alembic_version VALUES ('{FIRST}')"
            ))
            .unwrap();
        connection
    }

    pub fn connect(&self) -> Connection {
        let connection = Connection::open(self.path("app.db")).unwrap();
        connection.pragma_update(None, "foreign_keys", false).unwrap();
        connection
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        let mut command = Command::new(binary());
        command
            .args(args)
            .current_dir(self.folder.path())
            .env_clear()
            .env("COLUMNS", "80")
            .stdin(Stdio::null());
        let Output { status, stdout, stderr } = command.output().unwrap();
        Ran {
            code: status.code(),
            stdout: String::from_utf8_lossy(&stdout).into_owned(),
            stderr: String::from_utf8_lossy(&stderr).into_owned(),
        }
    }

    /// `revision --autogenerate` with these arguments.
    pub fn autogenerate(&self, arguments: &[String]) -> Ran {
        let mut args = vec!["revision", "--autogenerate", "-m", "second", "--rev-id", SECOND];
        args.extend(arguments.iter().map(String::as_str));
        self.run(&args)
    }

    /// The bodies of the generated revision, if there is one.
    pub fn generated(&self) -> Option<Generated> {
        let mut files: Vec<PathBuf> = std::fs::read_dir(self.path("versions"))
            .unwrap()
            .map(|it| it.unwrap().path())
            .collect();
        files.retain(|it| it.file_name().unwrap() != "first.sql");
        assert!(files.len() < 2, "{files:?}");
        let text = std::fs::read_to_string(files.pop()?).unwrap();
        let (_, bodies) = text.split_once("-- migrate:upgrade\n").unwrap();
        let (upgrade, downgrade) = bodies.split_once("-- migrate:downgrade\n").unwrap();
        let trimmed = |it: &str| format!("{}\n", it.trim());
        Some(Generated { upgrade: trimmed(upgrade), downgrade: trimmed(downgrade) })
    }
}

/// The binary under test; `MIGRATOR_BINARY` names another one.
fn binary() -> PathBuf {
    let other = std::env::var_os("MIGRATOR_BINARY").map(PathBuf::from);
    other.unwrap_or_else(|| Path::new(env!("CARGO_BIN_EXE_migrator")).to_owned())
}

/// Statements as a script.
pub fn script(statements: &[String]) -> String {
    statements.iter().map(|it| format!("{it};\n")).collect::<Vec<_>>().join("\n")
}
