//! Waiting for a database that another connection holds.
//!
//! SQLite can wait by itself, but neither says so nor can be stopped. So it asks [`Waiting`], before
//! each of its own attempts, whether there is to be another one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::Watch;

/// After how long somebody is told for the first time.
const FIRST_NOTICE: Duration = Duration::from_millis(300);

/// How much time passes between two notices.
const NOTICE_INTERVAL: Duration = Duration::from_secs(1);

/// The first pause between two attempts; each is twice as long as the one before.
const SHORTEST_PAUSE: Duration = Duration::from_millis(1);

/// The longest one.
const LONGEST_PAUSE: Duration = Duration::from_millis(25);

/// Is told during a wait how long it has lasted, the first time when a person begins to wonder.
pub type Notice = Arc<dyn Fn(Duration) + Send + Sync>;

/// How a connection waits for others.
#[derive(Clone, Default)]
pub struct Waiting {
    /// How long at most.
    pub timeout: Duration,
    /// Asked all the time whether to go on; `false` makes the error one of kind
    /// [`super::SqliteErrorKind::Interrupted`].
    pub go_on: Option<Watch>,
    /// Told from time to time.
    pub notice: Option<Notice>,
}

impl From<Duration> for Waiting {
    fn from(timeout: Duration) -> Self {
        Self { timeout, ..Self::default() }
    }
}

impl Waiting {
    /// What SQLite asks with how many times it has asked before: whether to try again. `is_stopped`
    /// becomes whether that ended because somebody wanted it to.
    pub(super) fn handler(self, is_stopped: Arc<AtomicBool>) -> impl FnMut(i32) -> bool + Send {
        let mut pace = Pace::begin();
        move |n_before| {
            if n_before == 0 {
                pace = Pace::begin();
            }
            if self.go_on.as_ref().is_some_and(|go_on| !go_on()) {
                is_stopped.store(true, Ordering::Relaxed);
                return false;
            }
            if pace.waited() >= self.timeout {
                return false;
            }
            if pace.is_notice_due()
                && let Some(notice) = &self.notice
            {
                notice(pace.waited());
            }
            pace.pause(self.timeout);
            true
        }
    }
}

/// The times of one wait.
#[derive(Debug)]
pub struct Pace {
    start: Instant,
    next_notice: Duration,
    next_pause: Duration,
}

impl Pace {
    /// A wait that begins now.
    pub fn begin() -> Self {
        Self { start: Instant::now(), next_notice: FIRST_NOTICE, next_pause: SHORTEST_PAUSE }
    }

    /// How long it has lasted.
    pub fn waited(&self) -> Duration {
        self.start.elapsed()
    }

    /// Whether it has come to a pause yet.
    pub fn has_paused(&self) -> bool {
        self.next_pause > SHORTEST_PAUSE
    }

    /// Whether it is time to say how long; once for each such time.
    pub fn is_notice_due(&mut self) -> bool {
        let waited = self.waited();
        let is_due = waited >= self.next_notice;
        if is_due {
            self.next_notice = waited + NOTICE_INTERVAL;
        }
        is_due
    }

    /// Lets some time pass before the next attempt, so that the wait does not last longer than
    /// `timeout`.
    pub fn pause(&mut self, timeout: Duration) {
        sleep(self.next_pause.min(timeout.saturating_sub(self.waited())));
        self.next_pause = (self.next_pause * 2).min(LONGEST_PAUSE);
    }
}
