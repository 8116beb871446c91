//! Ctrl-C, and whatever else asks a process to end.
//!
//! What writes to a database, or asks something, comes to its own end and says what is left. Anything
//! else is ended by the signal, as any program is.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use crate::db::Watch;
use crate::diagnostics::Usage;

/// The process has one way to take signals, so there is one flag.
static CANCEL: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// What Ctrl-C sets from now on.
pub fn listen() -> anyhow::Result<Arc<AtomicBool>> {
    if let Some(cancel) = listened() {
        return Ok(cancel);
    }
    let cancel = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&cancel);
    // A second Ctrl-C changes nothing: the rollback is under way.
    ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed))?;
    Ok(Arc::clone(CANCEL.get_or_init(|| cancel)))
}

/// What Ctrl-C sets, if somebody listens by now.
pub fn listened() -> Option<Arc<AtomicBool>> {
    CANCEL.get().cloned()
}

/// Whether nobody wants the process to end.
pub fn watch(cancel: Arc<AtomicBool>) -> Watch {
    Arc::new(move || !cancel.load(Ordering::Relaxed))
}

/// Fails if somebody wants the process to end; nothing must have been changed yet.
pub fn check() -> anyhow::Result<()> {
    match listened() {
        Some(cancel) if cancel.load(Ordering::Relaxed) => Err(cancelled()),
        _ => Ok(()),
    }
}

/// That somebody wanted it, before anything was changed.
pub fn cancelled() -> anyhow::Error {
    Usage::new("cancelled; nothing was changed").into()
}
