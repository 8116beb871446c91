//! Damage that must not happen to a database, one test each: the real binary on real files.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on is a test that failed")]
#![expect(clippy::print_stderr, reason = "tests say what they skipped and how much they tried")]

mod content;
mod project;

mod backup;
mod failing_body;
mod files;
mod interrupted;
mod io_errors;
mod kill;
mod locks;
mod model;
mod readers;
mod reading;
mod rebuild;
mod refusal;
mod rehearsal;
mod rewriting;
mod signals;
mod together;
