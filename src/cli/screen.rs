//! Standard error: lines, and on a terminal a bar below them that is redrawn.

use std::fmt::Display;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use console::Term;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};

use super::words::describe_duration;
use crate::db::Notice;

/// What is done, for [`Screen::busy`].
pub const REPLAYING: &str = "replaying the revisions in memory";

/// The same where two schemas are at hand.
pub const COMPARING: &str = "comparing the schemas";

/// How long something takes of which nothing is said.
const PATIENCE: Duration = Duration::from_millis(500);

/// How often a bar is redrawn.
const TICK: Duration = Duration::from_millis(100);

/// Standard error, for all who write to it.
pub struct Screen {
    stderr: Mutex<Stderr>,
    /// Whether there are no lines about what is being done.
    is_quiet: bool,
    /// Whether somebody looks, and a line can be redrawn.
    has_bars: bool,
    has_color: bool,
    /// The bar that stands below the lines, if there is one.
    bar: Mutex<Option<ProgressBar>>,
    /// Whether there is a [`Busy`] that may come to show a bar.
    is_busy: AtomicBool,
}

/// Standard error, and when what was written to it left last.
struct Stderr {
    stream: Box<dyn Write + Send>,
    flushed: Instant,
}

impl Screen {
    /// A screen without a bar yet.
    pub fn new(
        stream: Box<dyn Write + Send>,
        is_quiet: bool,
        has_bars: bool,
        has_color: bool,
    ) -> Self {
        let stderr = Mutex::new(Stderr { stream, flushed: Instant::now() });
        let (bar, is_busy) = (Mutex::default(), AtomicBool::new(false));
        Self { stderr, is_quiet, has_bars, has_color, bar, is_busy }
    }

    /// Runs `print` while no bar is in its way.
    pub fn above<T>(&self, print: impl FnOnce() -> T) -> T {
        match &*self.bar() {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    /// A line; if none left for less than `longest_delay`, it may leave later.
    pub fn write(&self, line: impl Display, longest_delay: Duration) {
        self.above(|| {
            let mut stderr = self.stderr();
            // A line that nobody can read any more is no failure.
            let _unread = writeln!(stderr.stream, "{line}");
            if stderr.flushed.elapsed() >= longest_delay {
                stderr.flush();
            }
        });
    }

    /// Makes sure that everything has left.
    pub fn flush(&self) {
        self.stderr().flush();
    }

    /// Lets the lines so far be seen, and the bar move; may be called from anywhere.
    pub fn tick(&self) {
        if let Ok(bar) = self.bar.try_lock()
            && let Some(bar) = &*bar
        {
            bar.tick();
        } else if let Ok(mut stderr) = self.stderr.try_lock() {
            stderr.flush();
        }
    }

    /// Says that another process is waited for, from inside of SQLite.
    pub fn notice(self: &Arc<Self>) -> Notice {
        let screen = Arc::clone(self);
        Arc::new(move |waited| screen.say_waiting(waited))
    }

    /// Says that another process is waited for.
    pub fn say_waiting(&self, waited: Duration) {
        if !self.is_quiet {
            let waited = describe_duration(waited);
            let line = format!("another process holds the database; waiting ({waited})");
            self.write(line, Duration::ZERO);
        }
    }

    /// A bar that is not shown yet, with one template for a screen with colour and one for any other;
    /// `None` where nobody would see it.
    pub fn new_bar(&self, colored: &str, plain: &str) -> Option<ProgressBar> {
        if !self.has_bars {
            return None;
        }
        let target =
            ProgressDrawTarget::term_like_with_hz(Box::new(NarrowTerminal(Term::stderr())), 10);
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) =
            ProgressStyle::with_template(if self.has_color { colored } else { plain })
        {
            bar.set_style(style.progress_chars("━╸ "));
        }
        Some(bar)
    }

    /// Puts a bar below the lines.
    pub fn show_bar(&self, bar: &ProgressBar) {
        *self.bar() = Some(bar.clone());
    }

    /// Removes the bar.
    pub fn clear_bar(&self) {
        if let Some(bar) = self.bar().take() {
            bar.finish_and_clear();
        }
    }

    /// Until this is dropped, shows on a terminal that something is being done, if it takes long and
    /// nothing else is shown.
    pub fn busy(self: &Arc<Self>, what: &'static str) -> Busy {
        // What is a part of something else is not named.
        if !self.has_bars || self.is_busy.swap(true, Ordering::Relaxed) {
            return Busy(None);
        }
        let (screen, (end, ended)) = (Arc::clone(self), mpsc::channel());
        let spawned = thread::Builder::new().spawn(move || {
            if ended.recv_timeout(PATIENCE) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            let templates = ("{spinner:.green} {msg}, {elapsed}", "{spinner} {msg}, {elapsed}");
            let Some(bar) = screen.new_bar(templates.0, templates.1) else { return };
            let bar = bar.with_message(what).with_elapsed(PATIENCE);
            {
                let mut shown = screen.bar();
                if shown.is_some() {
                    return;
                }
                bar.tick();
                *shown = Some(bar.clone());
            }
            while ended.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                bar.tick();
            }
            screen.clear_bar();
        });
        // Without a thread there is no bar, and nothing else is missing.
        Busy(spawned.ok().map(|thread| Shown { screen: Arc::clone(self), end, thread }))
    }

    fn bar(&self) -> MutexGuard<'_, Option<ProgressBar>> {
        self.bar.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stderr(&self) -> MutexGuard<'_, Stderr> {
        self.stderr.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stderr {
    fn flush(&mut self) {
        let _unread = self.stream.flush();
        self.flushed = Instant::now();
    }
}

/// Something is being done, see [`Screen::busy`].
#[must_use = "it is shown until this is dropped"]
pub struct Busy(Option<Shown>);

/// The thread that shows it.
struct Shown {
    screen: Arc<Screen>,
    end: Sender<()>,
    thread: JoinHandle<()>,
}

impl Drop for Busy {
    fn drop(&mut self) {
        if let Some(Shown { screen, end, thread }) = self.0.take() {
            drop(end);
            // What comes next is printed when the bar is gone.
            thread.join().ok();
            screen.is_busy.store(false, Ordering::Relaxed);
        }
    }
}

/// A terminal that says it is narrower than it is.
///
/// The bar fills its line to the end. There the `^C` that a terminal shows for Ctrl-C would begin
/// the next line, and the bar would stay where it was.
#[derive(Debug)]
struct NarrowTerminal(Term);

impl TermLike for NarrowTerminal {
    fn width(&self) -> u16 {
        self.0.size().1.saturating_sub(3).max(1)
    }

    fn height(&self) -> u16 {
        self.0.size().0
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_up(n)
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_down(n)
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_right(n)
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_left(n)
    }

    fn write_line(&self, line: &str) -> io::Result<()> {
        self.0.write_line(line)
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.0.write_str(text)
    }

    fn clear_line(&self) -> io::Result<()> {
        self.0.clear_line()
    }

    fn flush(&self) -> io::Result<()> {
        self.0.flush()
    }
}
