//! Where text goes.
//!
//! Answers go to standard output, everything else to standard error. `-q` silences status lines,
//! nothing else. Commands write through [`Output`] only, so that colour, quiet and a closed pipe are
//! decided once.

use std::cell::RefCell;
use std::fmt::{self, Display};
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::sync::Arc;
use std::time::Duration;

use anstream::stream::{AsLockedWrite, RawStream};
use anstream::{AutoStream, ColorChoice};
use serde::Serialize;

use super::globals::{ColorWhen, GlobalArgs};
use super::screen::Screen;
use crate::diagnostics::Typed;

/// How answers are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Whether someone reads standard error as it appears, on a terminal that can redraw a line.
fn stderr_can_redraw() -> bool {
    io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|it| it != "dumb")
}

/// How long the lines of a run may wait for each other where nobody watches them appear.
const LONGEST_DELAY: Duration = Duration::from_millis(100);

/// Marks the failure of standard output, among all other failures.
#[derive(Debug)]
struct Unwritable(io::Error);

impl Display for Unwritable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Unwritable {}

fn unwritable(err: io::Error) -> io::Error {
    io::Error::new(err.kind(), Unwritable(err))
}

/// Whether an error is that the answer could not be written.
pub fn is_unwritable(err: &anyhow::Error) -> bool {
    let cause = err.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    cause.is_some_and(<dyn std::error::Error + Send + Sync>::is::<Unwritable>)
}

/// Standard output and standard error.
pub struct Output {
    /// How answers are printed.
    pub format: Format,
    /// Whether status lines are printed.
    pub is_quiet: bool,
    /// How often `-v` was given.
    pub verbosity: u8,
    /// Puts the options of this call into the commands of what is said.
    pub typed: Typed,
    /// What was done, for the case that the answer cannot be written; empty where nothing was.
    done: String,
    has_color: bool,
    stdout: RefCell<Box<dyn Write>>,
    /// Standard error, shared with whoever keeps it moving while something takes long.
    pub screen: Arc<Screen>,
}

impl Output {
    /// Output as the options want it.
    pub fn new(args: &GlobalArgs) -> Self {
        let color = match args.color {
            Some(ColorWhen::Always) => ColorChoice::Always,
            Some(ColorWhen::Never) => ColorChoice::Never,
            Some(ColorWhen::Auto) | None => ColorChoice::Auto,
        };
        let format = if args.json { Format::Json } else { Format::Text };
        let has_color = match color {
            ColorChoice::Auto => AutoStream::choice(&io::stderr()) != ColorChoice::Never,
            choice => choice != ColorChoice::Never,
        };
        let has_bars = stderr_can_redraw() && !args.quiet && format == Format::Text;
        Self {
            format,
            is_quiet: args.quiet,
            verbosity: args.verbose,
            typed: args.typed(),
            done: String::new(),
            has_color,
            stdout: RefCell::new(stream(io::stdout(), color)),
            screen: Arc::new(Screen::new(
                stream(io::stderr(), color),
                args.quiet,
                has_bars,
                has_color,
            )),
        }
    }

    /// A style for standard error; none where it would only be taken out again.
    pub fn stderr_style(&self, style: anstyle::Style) -> anstyle::Style {
        if self.has_color { style } else { anstyle::Style::new() }
    }

    /// A line of the answer.
    pub fn line(&mut self, line: impl Display) -> io::Result<()> {
        let stdout = self.stdout.get_mut();
        self.screen.above(|| writeln!(stdout, "{line}")).map_err(unwritable)
    }

    /// Remembers what was done, in a clause, before the answer about it is written.
    pub fn did(&mut self, what: impl Display) {
        self.done = what.to_string();
    }

    /// What was done, for the message that the answer could not be written.
    pub fn done(&self) -> &str {
        if self.done.is_empty() { "nothing was changed" } else { &self.done }
    }

    /// The answer as JSON, on as many lines as it needs.
    pub fn json(&mut self, answer: &impl Serialize) -> io::Result<()> {
        let text = serde_json::to_string_pretty(answer).map_err(io::Error::from)?;
        self.line(text)
    }

    /// A line about what is being done.
    pub fn status(&self, line: impl Display) {
        if !self.is_quiet {
            self.stderr(self.typed.spell(&line.to_string()));
        }
    }

    /// A line that even `-q` does not silence.
    pub fn warning(&self, message: impl Display) {
        let style = anstyle::Style::new().bold().fg_color(Some(anstyle::AnsiColor::Yellow.into()));
        let message = self.typed.spell(&message.to_string());
        self.stderr(format_args!("{style}warning:{style:#} {message}"));
    }

    /// A line about one of many things that are being done. Where standard error is no terminal it
    /// may leave a little later, together with others: otherwise each line of an upgrade of a
    /// thousand revisions is a system call, and may wake a reader up.
    pub fn progress(&self, line: impl Display) {
        if !self.is_quiet {
            self.write_stderr(line, LONGEST_DELAY);
        }
    }

    /// A line on standard error. One that nobody can read any more is no failure.
    pub fn stderr(&self, line: impl Display) {
        self.write_stderr(line, Duration::ZERO);
    }

    fn write_stderr(&self, line: impl Display, longest_delay: Duration) {
        // The two may lead to one place; there the lines stand in the order in which they were
        // written. That the answer cannot be written is found at its own end.
        let _unread = self.stdout.borrow_mut().flush();
        self.screen.write(line, longest_delay);
    }

    /// Makes sure that everything has left.
    pub fn flush(&mut self) -> io::Result<()> {
        self.screen.flush();
        self.stdout.get_mut().flush().map_err(unwritable)
    }
}

/// A stream in colour or without, as `color` wants it.
///
/// Where nobody watches it is buffered: each piece of a line between two colours is a system call
/// otherwise, 6,000 of them in an upgrade of a thousand revisions.
fn stream<S>(raw: S, color: ColorChoice) -> Box<dyn Write + Send>
where
    S: RawStream + AsLockedWrite + Send + 'static,
{
    if raw.is_terminal() {
        return Box::new(AutoStream::new(raw, color));
    }
    let color = if color == ColorChoice::Auto { AutoStream::choice(&raw) } else { color };
    let buffered: Box<dyn Write + Send> = Box::new(BufWriter::new(raw));
    Box::new(AutoStream::new(buffered, color))
}
