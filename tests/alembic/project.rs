//! One graph as a project of each tool, with a database for both.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::graphs::{Graph, Revision};

/// When every revision was made.
const CREATE_DATE: &str = "2026-11-02T09:12:40Z";

/// Where each body writes that it ran.
const JOURNAL: &str = "CREATE TABLE journal(n INTEGER PRIMARY KEY, what TEXT NOT NULL)";

/// Which tool does something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    Alembic,
    Migrator,
}

/// A command that both tools have, with its arguments as they are typed.
pub type Step<'s> = (&'s str, &'s str);

/// Both projects, and Alembic waiting for commands.
pub struct Pair {
    folder: TempDir,
    alembic: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Pair {
    /// `None` where Alembic is not installed, which is said, and is a failure in CI.
    pub fn new(graph: &Graph) -> Option<Self> {
        let python = python()?;
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in ["python/versions", "sql/versions"] {
            std::fs::create_dir_all(path(name)).unwrap();
        }
        write(&path("python/env.py"), include_str!("env.py"));
        write(&path("python/script.py.mako"), "");
        write(&path("driver.py"), include_str!("driver.py"));
        write(
            &path("sql/alembic.toml"),
            "[database]\nurl = \"sqlite:///../app.db\"\nbusy_timeout = \"60s\"\n\
             [schema]\nexclude = [\"journal\"]\n",
        );
        for revision in graph.revisions {
            let id = revision.id;
            write(&path(&format!("python/versions/{id}.py")), &python_file(revision));
            write(&path(&format!("sql/versions/{id}.sql")), &sql_file(revision));
        }
        let mut alembic = Command::new(python)
            .arg(path("driver.py"))
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let requests = alembic.stdin.take().unwrap();
        let answers = BufReader::new(alembic.stdout.take().unwrap());
        let pair = Self { folder, alembic, requests, answers };
        pair.reset();
        Some(pair)
    }

    /// Begins with an empty database again.
    pub fn reset(&self) {
        std::fs::remove_file(self.database()).ok();
        self.connect().execute_batch(JOURNAL).unwrap();
    }

    fn database(&self) -> PathBuf {
        self.folder.path().join("app.db")
    }

    fn connect(&self) -> Connection {
        Connection::open(self.database()).unwrap()
    }

    /// What Alembic prints for a command of its API, or its traceback.
    pub fn alembic(
        &mut self,
        name: &str,
        args: &[&str],
        options: &Value,
    ) -> Result<String, String> {
        let request = json!({
            "folder": self.folder.path().join("python"),
            "url": format!("sqlite:///{}", self.database().display()),
            "name": name,
            "args": args,
            "options": options,
        });
        writeln!(self.requests, "{request}").unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        let answer: Value = serde_json::from_str(&line).unwrap();
        match (answer["output"].as_str(), answer["error"].as_str()) {
            (Some(output), _) => Ok(output.to_owned()),
            (_, error) => Err(error.unwrap().to_owned()),
        }
    }

    /// What migrator prints, or what it says is wrong.
    pub fn migrator(&self, args: &[&str]) -> Result<String, String> {
        let (is_success, stdout, stderr) = self.output_of(args);
        if is_success { Ok(stdout) } else { Err(stderr) }
    }

    /// What migrator prints to standard error, whatever it means.
    pub fn says(&self, args: &[&str]) -> String {
        self.output_of(args).2
    }

    /// What `status` shows, which must be nothing wrong.
    #[track_caller]
    pub fn good_status(&self) -> String {
        let (is_clean, stdout, stderr) = self.output_of(&["status"]);
        assert!(is_clean, "{stdout}{stderr}");
        stdout
    }

    /// Whether migrator succeeded, and what it prints to standard output and to standard error.
    pub fn output_of(&self, args: &[&str]) -> (bool, String, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_migrator"))
            .args(args)
            .current_dir(self.folder.path().join("sql"))
            .env_clear()
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.success(), text(output.stdout), text(output.stderr))
    }

    /// Runs a command with one of the tools.
    pub fn run(&mut self, tool: Tool, (name, target): Step<'_>) -> Result<String, String> {
        match tool {
            Tool::Alembic => self.alembic(name, &[target], &json!({})),
            // Alembic never asks.
            Tool::Migrator if name == "downgrade" => self.migrator(&[name, target, "--yes"]),
            Tool::Migrator => self.migrator(&[name, target]),
        }
    }

    /// The rows of the version table.
    pub fn rows(&self) -> BTreeSet<String> {
        let connection = self.connect();
        let Ok(mut statement) = connection.prepare("SELECT version_num FROM alembic_version")
        else {
            return BTreeSet::new();
        };
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    }

    /// What ran, in order.
    pub fn journal(&self) -> Vec<String> {
        let connection = self.connect();
        let mut statement = connection.prepare("SELECT what FROM journal ORDER BY n").unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    }

    /// The definition of the version table.
    pub fn version_table(&self) -> String {
        let sql = "SELECT sql FROM sqlite_schema WHERE name = 'alembic_version'";
        self.connect().query_row(sql, [], |row| row.get(0)).unwrap()
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        self.alembic.kill().ok();
        self.alembic.wait().ok();
    }
}

#[expect(clippy::disallowed_methods, reason = "fsutil is not for tests")]
pub fn write(path: &Path, content: &str) {
    std::fs::write(path, content).unwrap();
}

/// A Python that has Alembic, and so SQLAlchemy; `None` where there is none, which is said, and is a
/// failure in CI.
pub fn python() -> Option<PathBuf> {
    let python = find_python();
    if python.is_none() {
        let is_ci = std::env::var_os("CI").is_some_and(|it| it == "true");
        assert!(!is_ci, "there is no Python with Alembic, which cannot be skipped in CI");
        eprintln!("SKIPPED a test with Python: none that has Alembic (MIGRATOR_TEST_PYTHON)");
    }
    python
}

/// A Python that has Alembic: the one that is named, the one that `.ci/run` made, or the system's.
fn find_python() -> Option<PathBuf> {
    let named = std::env::var_os("MIGRATOR_TEST_PYTHON").map(PathBuf::from);
    // The target folder, which may be anywhere, is above the binary.
    let target = Path::new(env!("CARGO_BIN_EXE_migrator")).parent()?.parent()?;
    let candidates = [named, Some(target.join("test-python/bin/python")), Some("python3".into())];
    candidates.into_iter().flatten().find(|python| {
        let mut import = Command::new(python);
        let import = import.args(["-c", "import alembic"]).stderr(Stdio::null());
        import.status().is_ok_and(|it| it.success())
    })
}

/// The SQL that a revision runs, either way.
fn bodies(revision: &Revision) -> [Vec<String>; 2] {
    let id = revision.id;
    let note = |sign: char| format!("INSERT INTO journal(what) VALUES ('{sign}{id}')");
    [
        // The journal is there before; a replay in memory begins with nothing.
        vec![
            JOURNAL.replace("TABLE", "TABLE IF NOT EXISTS"),
            format!("CREATE TABLE t_{id} (a INTEGER)"),
            note('+'),
        ],
        vec![format!("DROP TABLE t_{id}"), note('-')],
    ]
}

fn message(revision: &Revision) -> String {
    format!("What {} does", revision.id)
}

fn python_file(revision: &Revision) -> String {
    let Revision { id, parents, labels, dependencies } = revision;
    let tuple = |ids: &[&str]| match ids {
        [] => "None".to_owned(),
        [only] => format!("{only:?}"),
        several => {
            let quoted: Vec<_> = several.iter().map(|it| format!("{it:?}")).collect();
            format!("({})", quoted.join(", "))
        }
    };
    let mut text = format!(
        "\"\"\"{}\n\nRevision ID: {id}\nRevises: {}\nCreate Date: {CREATE_DATE}\n\n\"\"\"\n\
         from alembic import op\n\nrevision = {id:?}\ndown_revision = {}\nbranch_labels = {}\n\
         depends_on = {}\n",
        message(revision),
        parents.join(", "),
        tuple(parents),
        tuple(labels),
        tuple(dependencies),
    );
    for (name, body) in ["upgrade", "downgrade"].iter().zip(bodies(revision)) {
        write!(text, "\n\ndef {name}():\n").unwrap();
        for statement in body {
            writeln!(text, "    op.execute({statement:?})").unwrap();
        }
    }
    text
}

fn sql_file(revision: &Revision) -> String {
    let Revision { id, parents, labels, dependencies } = revision;
    let [upgrade, downgrade] = bodies(revision).map(|body| body.join(";\n"));
    format!(
        "-- /// revision\n-- revision = {id:?}\n-- down_revision = {parents:?}\n\
         -- branch_labels = {labels:?}\n-- depends_on = {dependencies:?}\n\
         -- message = {:?}\n-- create_date = {CREATE_DATE}\n-- ///\n\n\
         -- migrate:upgrade\n{upgrade};\n\n-- migrate:downgrade\n{downgrade};\n",
        message(revision)
    )
}
