//! The commands that a message tells to type.

use super::TestEnv;

/// All that stand in a text, without the name of the tool.
pub fn commands(text: &str) -> Vec<&str> {
    let parts = text.split("`migrator ").skip(1);
    parts.map(|it| it.split('`').next().unwrap()).collect()
}

/// Runs the first command of a text that holds `part`, in a shell; what is piped into the shell of
/// SQLite is run here. Gives the command and what it said.
#[track_caller]
pub fn obey(env: &TestEnv, text: &str, part: &str) -> Obeyed {
    let found = commands(text).into_iter().find(|it| it.contains(part));
    let command = found.unwrap_or_else(|| panic!("no `{part}` in:\n{text}"));
    let (line, pipe) = match command.split_once(" | sqlite3 -bail ") {
        Some((line, database)) => (line, Some(database)),
        None => (command, None),
    };
    let line = format!("{} {line}", env!("CARGO_BIN_EXE_migrator"));
    let output = env.program("sh", &["-c", &line]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{command}: {said}");
    let answer = String::from_utf8(output.stdout).unwrap();
    if let Some(database) = pipe {
        assert_eq!(database, "app.db");
        env.sql(answer.strip_prefix(".bail on\n").unwrap());
    }
    Obeyed { command: format!("migrator {command}"), said: answer + &said }
}

/// A command that was run.
pub struct Obeyed {
    pub command: String,
    pub said: String,
}

/// What `status` says, which finds something wrong.
#[track_caller]
pub fn wrong(env: &TestEnv) -> String {
    let output = env.run("status");
    assert_eq!(output.status, Some(1), "{output}");
    output.stdout
}
