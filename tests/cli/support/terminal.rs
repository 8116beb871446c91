//! A command on a terminal of its own, on which somebody reads and types.

use std::io::{Read as _, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use super::TestEnv;

/// What Ctrl-C and Ctrl-D type.
pub const CTRL_C: &str = "\u{3}";
pub const CTRL_D: &str = "\u{4}";

pub struct Terminal {
    child: Child,
    keys: ChildStdin,
    screen: ChildStdout,
    /// What was shown since something was awaited last.
    shown: Vec<u8>,
    /// All that was.
    all: Vec<u8>,
}

impl TestEnv {
    /// Starts the binary on a terminal; `None` without `script`.
    pub fn on_a_terminal(&self, line: &str) -> Option<Terminal> {
        self.shell_on_a_terminal(&format!("exec {} {line}", env!("CARGO_BIN_EXE_migrator")))
    }

    /// The same with a command of the shell.
    pub fn shell_on_a_terminal(&self, line: &str) -> Option<Terminal> {
        let started = self
            .program("script", &["-qec", line, "/dev/null"])
            .env("TERM", "xterm")
            .env("SHELL", "/bin/sh")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let Ok(mut child) = started else {
            assert!(std::env::var_os("CI").is_none(), "`script` is needed");
            return None;
        };
        let (keys, screen) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Some(Terminal { child, keys, screen, shown: Vec::new(), all: Vec::new() })
    }
}

impl Terminal {
    /// Waits until this is shown.
    #[track_caller]
    pub fn shows(&mut self, text: &str) -> &mut Self {
        let mut byte = [0];
        while !String::from_utf8_lossy(&self.shown).contains(text) {
            let n = self.screen.read(&mut byte).unwrap();
            self.all.extend(&byte[..n]);
            self.shown.extend(&byte[..n]);
            let all = String::from_utf8_lossy(&self.all);
            assert!(n == 1, "`{text}` is not shown behind what was awaited before:\n{all}");
        }
        self.shown.clear();
        self
    }

    /// Types.
    pub fn types(&mut self, keys: &str) -> &mut Self {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self
    }

    /// Waits for its end; gives all that was shown, and the exit status.
    pub fn ends(mut self) -> (String, Option<i32>) {
        self.screen.read_to_end(&mut self.all).unwrap();
        let status = self.child.wait().unwrap().code();
        (String::from_utf8_lossy(&self.all).replace('\r', ""), status)
    }
}
