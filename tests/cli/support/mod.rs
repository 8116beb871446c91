//! A scratch project, and transcripts of what the binary prints in it.
#![expect(clippy::disallowed_methods, reason = "tests write over files on purpose")]

pub mod advice;
pub mod terminal;

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rusqlite::Connection;
use tempfile::TempDir;

/// The time in tests.
const NOW: &str = "2026-11-03T14:40:11Z";

/// The ids that new revisions get, in this order.
const REVISION_IDS: &str = "aaaa11112222,bbbb11112222,cccc11112222,dddd11112222";

/// A scratch folder, in which the binary runs with an environment of its own.
pub struct TestEnv {
    _folder: TempDir,
    root: PathBuf,
    here: PathBuf,
    variables: Vec<(String, String)>,
}

impl TestEnv {
    /// A folder with nothing in it.
    pub fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        Self { _folder: folder, here: root.clone(), root, variables: Vec::new() }
    }

    /// A project without revisions, whose database will be `app.db`.
    pub fn new() -> Self {
        let env = Self::empty();
        env.config("").folder("versions");
        env
    }

    /// A project with these revisions: `id`, `id < parent parent`, with `[label]` and `~dependency`
    /// behind. Each makes a table with the name `t_id`.
    pub fn with_graph(revisions: &[&str]) -> Self {
        let env = Self::new();
        env.graph(revisions);
        env
    }

    /// Adds revisions, see [`TestEnv::with_graph`].
    pub fn graph(&self, revisions: &[&str]) -> &Self {
        for text in revisions {
            let mut words = text.split_whitespace();
            let mut revision = self.revision(words.next().unwrap());
            for word in words {
                revision = match word.strip_prefix('~') {
                    _ if word == "<" => revision,
                    Some(dependency) => revision.depends_on(dependency),
                    None => match word.strip_prefix('[') {
                        Some(label) => revision.label(label.trim_end_matches(']')),
                        None => revision.after(word),
                    },
                };
            }
            revision.write();
        }
        self
    }

    /// Revisions with bodies, as they are read: `b2 < a1`, then the lines of the upgrade behind `+ `
    /// and those of the downgrade behind `- `.
    pub fn revisions(&self, text: &str) -> &Self {
        let mut lines = text.lines().map(str::trim_start).filter(|it| !it.is_empty()).peekable();
        while let Some(head) = lines.next() {
            let (id, after) = head.split_once(" < ").map_or((head, None), |it| (it.0, Some(it.1)));
            let mut body = |sign: &str| {
                let mut body = Vec::new();
                while let Some(line) = lines.next_if(|it| it.starts_with(sign)) {
                    let line = &line[sign.len()..];
                    body.push(line.strip_prefix(' ').unwrap_or(line));
                }
                body.join("\n")
            };
            let revision = self.revision(id).up(&body("+")).down(&body("-"));
            after.into_iter().fold(revision, RevisionFile::after).write();
        }
        self
    }

    /// A revision file to be written.
    pub fn revision(&self, id: &str) -> RevisionFile<'_> {
        RevisionFile {
            env: self,
            id: id.to_owned(),
            after: Vec::new(),
            labels: Vec::new(),
            depends_on: Vec::new(),
            header: String::new(),
            up: format!("CREATE TABLE t_{id} (id INTEGER PRIMARY KEY);"),
            down: format!("\nDROP TABLE t_{id};"),
        }
    }

    /// Replaces `alembic.toml`: these lines and, unless they have it, the usual `[database]`.
    pub fn config(&self, text: &str) -> &Self {
        let database = "[database]\nurl = \"sqlite:///app.db\"\n";
        let database = if text.contains("[database]") { "" } else { database };
        self.file("alembic.toml", &format!("{text}\n{database}"))
    }

    /// Writes a file, and the folders for it.
    pub fn file(&self, path: &str, text: &str) -> &Self {
        self.bytes(path, text.as_bytes())
    }

    /// The same with bytes that need not be text.
    pub fn bytes(&self, path: &str, bytes: &[u8]) -> &Self {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
        self
    }

    /// Writes a program for the shell.
    pub fn script(&self, path: &str, text: &str) -> &Self {
        use std::os::unix::fs::PermissionsExt as _;
        self.file(path, &format!("#!/bin/sh\n{text}\n"));
        std::fs::set_permissions(self.path(path), std::fs::Permissions::from_mode(0o755)).unwrap();
        self
    }

    /// Makes a folder.
    pub fn folder(&self, path: &str) -> &Self {
        std::fs::create_dir_all(self.path(path)).unwrap();
        self
    }

    /// Replaces a part of a file, which must be there.
    pub fn change(&self, path: &str, from: &str, to: &str) -> &Self {
        let text = self.read(path);
        assert!(text.contains(from), "`{from}` is not in {path}:\n{text}");
        self.file(path, &text.replace(from, to))
    }

    /// Removes a file.
    pub fn remove(&self, path: &str) -> &Self {
        std::fs::remove_file(self.path(path)).unwrap();
        self
    }

    /// What a file says.
    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path(path)).unwrap()
    }

    /// A path in the scratch folder.
    pub fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// All files and folders, sorted.
    pub fn files(&self) -> Vec<String> {
        fn collect(folder: &Path, root: &Path, found: &mut Vec<String>) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let name = path.strip_prefix(root).unwrap().display().to_string();
                if path.is_dir() {
                    found.push(format!("{name}/"));
                    collect(&path, root, found);
                } else {
                    found.push(name);
                }
            }
        }
        let mut found = Vec::new();
        collect(&self.root, &self.root, &mut found);
        found.sort();
        found
    }

    /// The same project, seen from another of its folders.
    pub fn inside(mut self, folder: &str) -> Self {
        self.folder(folder);
        self.here = self.root.join(folder);
        self
    }

    /// The same project with a variable in the environment.
    pub fn with(mut self, key: &str, value: &str) -> Self {
        self.variables.push((key.to_owned(), value.to_owned()));
        self
    }

    /// The database.
    pub fn db(&self) -> Connection {
        Connection::open(self.path("app.db")).unwrap()
    }

    /// Runs SQL in the database, which is made if it is missing.
    pub fn sql(&self, sql: &str) -> &Self {
        self.db().execute_batch(sql).unwrap();
        self
    }

    /// The first column of a query, as text.
    pub fn query(&self, sql: &str) -> Vec<String> {
        let db = self.db();
        let mut statement = db.prepare(sql).unwrap();
        let values = statement.query_map([], |row| row.get::<_, rusqlite::types::Value>(0));
        let text = |value| match value {
            rusqlite::types::Value::Text(text) => text,
            rusqlite::types::Value::Integer(number) => number.to_string(),
            other => format!("{other:?}"),
        };
        values.unwrap().map(|it| text(it.unwrap())).collect()
    }

    /// The rows of the version table, sorted.
    pub fn rows(&self) -> Vec<String> {
        self.query("SELECT version_num FROM alembic_version ORDER BY 1")
    }

    /// The tables that revisions made, sorted.
    pub fn tables(&self) -> Vec<String> {
        self.query(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN \
             ('alembic_version', 'migrator_log') AND name NOT LIKE 'sqlite%' ORDER BY 1",
        )
    }

    /// Runs a command line, which is cut into words as a shell does it.
    pub fn run(&self, line: &str) -> Output {
        let words = shell_words::split(line).unwrap();
        self.run_args(&words.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// Runs the binary with these arguments.
    pub fn run_args(&self, args: &[&str]) -> Output {
        let output = self.command(args).output().unwrap();
        Output {
            stdout: self.normalize(&String::from_utf8_lossy(&output.stdout)),
            stderr: self.normalize(&String::from_utf8_lossy(&output.stderr)),
            status: output.status.code(),
        }
    }

    /// The binary with these arguments, for tests that start it themselves.
    pub fn command(&self, args: &[&str]) -> Command {
        self.program(env!("CARGO_BIN_EXE_migrator"), args)
    }

    /// Another program with these arguments, in the same place and environment.
    pub fn program(&self, program: &str, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(args)
            .current_dir(&self.here)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", &self.root)
            .env("COLUMNS", "80")
            .env("MIGRATOR_NOW", NOW)
            .env("MIGRATOR_REVISION_IDS", REVISION_IDS)
            .envs(self.variables.iter().map(|(key, value)| (key, value)))
            .stdin(Stdio::null());
        command
    }

    /// The text with what differs from run to run replaced.
    pub fn normalize(&self, text: &str) -> String {
        hide_identities(&hide_durations(&text.replace(&self.root.display().to_string(), "$DIR")))
    }
}

/// `app.db-0123abcd.20261103T144011Z.bak` becomes `app.db-[id].20261103T144011Z.bak`.
fn hide_identities(text: &str) -> String {
    let parts = text.split_inclusive('-').map(|part| match part.split_at_checked(8) {
        Some((id, rest))
            if rest.starts_with(".20")
                && rest.contains('Z')
                && id.bytes().all(|it| it.is_ascii_hexdigit()) =>
        {
            format!("[id]{rest}")
        }
        _ => part.to_owned(),
    });
    parts.collect()
}

/// `0.2 ms`, `12 ms` and `1.5 s` become `[time]`.
fn hide_durations(text: &str) -> String {
    let mut hidden = String::new();
    for (at, word) in text.split_inclusive([' ', '(', ')', ',', '\n']).enumerate() {
        let unit = word.trim_end_matches([')', ',', '\n', ' ']);
        let number_at = hidden.trim_end_matches(' ').rfind([' ', '(']).map_or(0, |it| it + 1);
        let number = hidden[number_at..].trim_end();
        let is_number = !number.is_empty() && number.parse::<f64>().is_ok();
        if at > 0 && matches!(unit, "ms" | "s") && is_number {
            hidden.truncate(number_at);
            hidden.push_str("[time]");
            hidden.push_str(&word[unit.len()..]);
        } else {
            hidden.push_str(word);
        }
    }
    hidden
}

/// A revision file that is being put together.
#[must_use]
pub struct RevisionFile<'a> {
    env: &'a TestEnv,
    id: String,
    after: Vec<String>,
    labels: Vec<String>,
    depends_on: Vec<String>,
    header: String,
    up: String,
    down: String,
}

impl RevisionFile<'_> {
    pub fn after(mut self, id: &str) -> Self {
        self.after.push(id.to_owned());
        self
    }

    pub fn label(mut self, label: &str) -> Self {
        self.labels.push(label.to_owned());
        self
    }

    pub fn depends_on(mut self, name: &str) -> Self {
        self.depends_on.push(name.to_owned());
        self
    }

    /// A further line of the header.
    pub fn header(mut self, line: &str) -> Self {
        self.header = format!("{}-- {line}\n", self.header);
        self
    }

    pub fn up(mut self, sql: &str) -> Self {
        sql.clone_into(&mut self.up);
        self
    }

    pub fn down(mut self, sql: &str) -> Self {
        self.down = format!("\n{sql}");
        self
    }

    pub fn irreversible(mut self) -> Self {
        " irreversible".clone_into(&mut self.down);
        self
    }

    /// Writes `versions/ID.sql`.
    pub fn write(self) {
        let path = format!("versions/{}.sql", self.id);
        self.env.file(&path, &self.text());
    }

    /// What the file says.
    pub fn text(&self) -> String {
        let list = |key: &str, names: &[String]| match names {
            [] => String::new(),
            [parent] if key == "down_revision" => format!("-- {key} = {parent:?}\n"),
            _ => format!("-- {key} = {names:?}\n"),
        };
        let Self { id, header, up, down, .. } = self;
        let message = if header.contains("message = ") {
            String::new()
        } else {
            format!("-- message = \"make {id}\"\n")
        };
        [
            format!("-- /// revision\n-- revision = \"{id}\"\n"),
            list("down_revision", &self.after),
            list("branch_labels", &self.labels),
            list("depends_on", &self.depends_on),
            message,
            header.clone(),
            format!("-- ///\n\n-- migrate:upgrade\n{up}\n\n-- migrate:downgrade{down}\n"),
        ]
        .concat()
    }
}

/// What a run of the binary printed, and how it ended.
#[must_use = "compare the output with a snapshot, or assert the exit status"]
pub struct Output {
    pub stdout: String,
    pub stderr: String,
    pub status: Option<i32>,
}

impl Output {
    /// Asserts that the run went well, and gives its answer.
    #[track_caller]
    pub fn ok(self) -> String {
        assert_eq!(self.status, Some(0), "{self}");
        self.stdout
    }

    /// Asserts the exit status, and gives what was said about it.
    #[track_caller]
    pub fn exits_with(self, status: i32) -> String {
        assert_eq!(self.status, Some(status), "{self}");
        self.stderr
    }

    /// The answer as JSON.
    #[track_caller]
    pub fn json(self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|err| panic!("{err}\n{self}"))
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.stdout)?;
        if !self.stderr.is_empty() {
            write!(f, "------- stderr -------\n{}", self.stderr)?;
        }
        match self.status {
            Some(0) => Ok(()),
            Some(code) => write!(f, "[exit status: {code}]"),
            None => f.write_str("[ended by a signal]"),
        }
    }
}
