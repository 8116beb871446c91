//! Waiting for a database that another process holds.
//!
//! SQLite is told not to wait where the executor can simply try again, and tell its observer: before
//! the transaction begins and when it commits. In between [`crate::db::Waiting`] waits inside of it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::Run;
use super::error::Failure;
use super::event::{Event, Observer};
use crate::db::{DbError, Pace, SidecarLock};

/// How long to wait, and for how long it was waited so far.
pub(super) struct Patience<'a> {
    /// For each lock.
    pub timeout: Duration,
    /// Set by whoever wants the run to stop.
    pub cancel: Option<&'a AtomicBool>,
    /// All waiting of the run.
    pub waited: Duration,
}

impl Patience<'_> {
    /// Calls `attempt` until it is not [`DbError::Busy`], at least once.
    pub fn retry<T>(
        &mut self,
        observer: &mut dyn Observer,
        mut attempt: impl FnMut() -> Result<T, DbError>,
    ) -> Result<T, Failure> {
        let mut pace = Pace::begin();
        loop {
            let err = match attempt() {
                Err(err) if err.is_busy() => err,
                outcome => {
                    if pace.has_paused() {
                        self.waited += pace.waited();
                    }
                    return outcome.map_err(Failure::from);
                }
            };
            let waited = pace.waited();
            if waited >= self.timeout {
                self.waited += waited;
                return Err(Failure::Database(after(err, waited)));
            }
            self.check_cancelled()?;
            if pace.is_notice_due() {
                observer.event(&Event::WaitingForLock { waited });
            }
            pace.pause(self.timeout);
        }
    }

    /// Fails if somebody asked to stop.
    pub fn check_cancelled(&self) -> Result<(), Failure> {
        match self.cancel {
            Some(cancel) if cancel.load(Ordering::Relaxed) => Err(Failure::Cancelled),
            _ => Ok(()),
        }
    }
}

/// Waits until no body outside a transaction is at work on the database of a run, within its timeout.
pub fn await_free(run: &Run<'_>, observer: &mut dyn Observer) -> Result<(), Failure> {
    let Some(path) = run.location.path() else { return Ok(()) };
    let cancel = run.cancel.as_deref();
    let mut patience = Patience { timeout: run.busy_timeout, cancel, waited: Duration::ZERO };
    patience.retry(observer, || SidecarLock::require_free(path))
}

/// Says in a [`DbError::Busy`] how long it was waited.
fn after(err: DbError, waited: Duration) -> DbError {
    match err {
        DbError::Busy { path, .. } => DbError::Busy { path, waited },
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::event::Silent;

    fn busy() -> DbError {
        DbError::Busy { path: "app.db".into(), waited: Duration::ZERO }
    }

    fn patience(timeout: Duration) -> Patience<'static> {
        Patience { timeout, cancel: None, waited: Duration::ZERO }
    }

    #[test]
    fn it_tries_until_it_succeeds() {
        let mut n_attempts = 0;
        let mut patience = patience(Duration::from_mins(1));
        let outcome = patience.retry(&mut Silent, || {
            n_attempts += 1;
            if n_attempts < 4 { Err(busy()) } else { Ok(n_attempts) }
        });
        assert_eq!(outcome.unwrap(), 4);
        assert!(patience.waited > Duration::ZERO);
    }

    #[test]
    fn it_gives_up_after_the_timeout_and_says_how_long_it_waited() {
        let timeout = Duration::from_millis(20);
        let outcome = patience(timeout).retry(&mut Silent, || Err::<(), _>(busy()));
        let Err(Failure::Database(DbError::Busy { waited, .. })) = outcome else {
            panic!("{outcome:?}")
        };
        assert!(waited >= timeout);
    }

    #[test]
    fn another_error_ends_it_at_once() {
        let mut n_attempts = 0;
        let outcome = patience(Duration::from_mins(1)).retry(&mut Silent, || {
            n_attempts += 1;
            Err::<(), _>(DbError::Missing { path: "app.db".into() })
        });
        assert!(matches!(outcome, Err(Failure::Database(DbError::Missing { .. }))));
        assert_eq!(n_attempts, 1);
    }

    #[test]
    fn waiting_can_be_cancelled() {
        let cancel = AtomicBool::new(true);
        let mut patience = patience(Duration::from_mins(1));
        patience.cancel = Some(&cancel);
        let outcome = patience.retry(&mut Silent, || Err::<(), _>(busy()));
        assert!(matches!(outcome, Err(Failure::Cancelled)));
    }

    #[test]
    fn somebody_is_told_that_it_waits() {
        let mut n_notices = 0;
        let mut observer = |event: &Event<'_>| {
            n_notices += i32::from(matches!(event, Event::WaitingForLock { .. }));
        };
        let timeout = Duration::from_millis(400);
        let outcome = patience(timeout).retry(&mut observer, || Err::<(), _>(busy()));
        assert!(outcome.is_err());
        assert_eq!(n_notices, 1);
    }
}
