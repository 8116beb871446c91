//! Questions on the terminal.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use super::interrupt;

/// How often it is looked whether somebody pressed Ctrl-C instead of answering.
const TICK: Duration = Duration::from_millis(50);

/// Whether someone can answer a question.
pub fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks a question; Enter says no.
///
/// An answer is a line, so that what is typed for this question is not taken for the next one, or by
/// the shell.
///
/// # Errors
///
/// That nothing was changed, after Ctrl-C and at the end of the input: nobody said no.
pub fn confirm(question: &str) -> anyhow::Result<bool> {
    let cancel = interrupt::listen()?;
    let mut prompt = format!("{question} [y/N] ");
    loop {
        let mut terminal = io::stderr();
        write!(terminal, "{prompt}").and_then(|()| terminal.flush())?;
        let (sender, receiver) = mpsc::channel();
        // No signal ends the reading of a line; the end of the process does.
        thread::Builder::new().spawn(move || {
            let mut line = Vec::new();
            let read = io::stdin().lock().read_until(b'\n', &mut line);
            sender.send(read.map(|_| String::from_utf8_lossy(&line).into_owned())).ok();
        })?;
        let line = loop {
            match receiver.recv_timeout(TICK) {
                Ok(line) => break line?,
                Err(RecvTimeoutError::Timeout) if !cancel.load(Ordering::Relaxed) => {}
                Err(_) => break String::new(),
            }
        };
        if !line.ends_with('\n') {
            // The cursor stands behind the question.
            writeln!(terminal)?;
            return Err(interrupt::cancelled());
        }
        match answer(&line) {
            Some(answer) => return Ok(answer),
            None => "please answer y or n [y/N] ".clone_into(&mut prompt),
        }
    }
}

/// What a line says; `None` where it says neither.
fn answer(line: &str) -> Option<bool> {
    match line.trim().to_lowercase().as_str() {
        "y" | "yes" => Some(true),
        "n" | "no" | "" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: Option<bool>) {
        assert_eq!(answer(line), expected, "{line:?}");
    }

    #[test]
    fn an_answer_is_yes_or_no_in_any_case_and_nothing_is_no() {
        for line in ["y\n", "Y\n", "yes\n", "YES\r\n", " Yes \n"] {
            check(line, Some(true));
        }
        for line in ["n\n", "NO\n", "No\r\n", "\n", "  \n"] {
            check(line, Some(false));
        }
        for line in ["x\n", "yy\n", "yep\n", "y n\n", "1\n", "\u{1b}[A\n"] {
            check(line, None);
        }
    }
}
