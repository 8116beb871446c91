//! Where text goes.
//!
//! Answers go to standard output, everything else to standard error. `-q` silences status lines,
//! nothing else. Commands write through [`Output`] only, so that colour, quiet and a closed pipe are
//! decided once.

use std::fmt::Display;
use std::io::{self, IsTerminal as _, Write as _};

use anstream::{AutoStream, ColorChoice};
use serde::Serialize;

use super::globals::{ColorWhen, GlobalArgs};

/// How answers are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Whether someone reads standard error as it appears, on a terminal that can redraw a line.
pub fn stderr_can_redraw() -> bool {
    io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|it| it != "dumb")
}

/// Whether someone can answer a question.
pub fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Standard output and standard error.
pub struct Output {
    /// How answers are printed.
    pub format: Format,
    /// Whether status lines are printed.
    pub is_quiet: bool,
    /// How often `-v` was given.
    pub verbosity: u8,
    color: ColorChoice,
    stdout: AutoStream<io::Stdout>,
}

impl Output {
    /// Output as the options want it.
    pub fn new(args: &GlobalArgs) -> Self {
        let color = match args.color {
            Some(ColorWhen::Always) => ColorChoice::Always,
            Some(ColorWhen::Never) => ColorChoice::Never,
            Some(ColorWhen::Auto) | None => ColorChoice::Auto,
        };
        Self {
            format: if args.json { Format::Json } else { Format::Text },
            is_quiet: args.quiet,
            verbosity: args.verbose,
            color,
            stdout: AutoStream::new(io::stdout(), color),
        }
    }

    /// Whether text on standard error may be coloured.
    pub fn stderr_has_color(&self) -> bool {
        match self.color {
            ColorChoice::Auto => AutoStream::choice(&io::stderr()) != ColorChoice::Never,
            choice => choice != ColorChoice::Never,
        }
    }

    /// A line of the answer.
    pub fn line(&mut self, line: impl Display) -> io::Result<()> {
        writeln!(self.stdout, "{line}")
    }

    /// The answer as JSON, on as many lines as it needs.
    pub fn json(&mut self, answer: &impl Serialize) -> io::Result<()> {
        let text = serde_json::to_string_pretty(answer).map_err(io::Error::from)?;
        self.line(text)
    }

    /// A line about what is being done.
    pub fn status(&self, line: impl Display) {
        if !self.is_quiet {
            self.stderr(line);
        }
    }

    /// A line that even `-q` does not silence.
    pub fn warning(&self, message: impl Display) {
        let style = anstyle::Style::new().bold().fg_color(Some(anstyle::AnsiColor::Yellow.into()));
        self.stderr(format_args!("{style}warning:{style:#} {message}"));
    }

    /// A line on standard error. One that nobody can read any more is no failure.
    pub fn stderr(&self, line: impl Display) {
        let mut stderr = AutoStream::new(io::stderr(), self.color);
        let _unread = writeln!(stderr, "{line}");
    }

    /// Makes sure that the answer has left.
    pub fn flush(&mut self) -> io::Result<()> {
        self.stdout.flush()
    }
}
