//! Autogenerate, tried on schemas that nobody wrote, and on cases that somebody did.
//!
//! `property` invents pairs of schemas with data, and demands of each pair all that must hold.
//! A pair is a function of its seed, and a failure prints it:
//!
//! ```console
//! $ MIGRATOR_SEED=1234 cargo test --test autogenerate
//! $ MIGRATOR_PAIRS=10000 cargo test --release --test autogenerate   # the nightly run
//! ```
//!
//! `MIGRATOR_FIRST=n` begins the seeds there, so that a nightly run need not repeat the last.
//!
//! `MIGRATOR_BINARY` names another binary to try.
//!
//! `golden` compares what is written with the folders of `golden/`; `MIGRATOR_BLESS=1` writes them,
//! and `MIGRATOR_CASE=drop_column` tries only those with that in their name.
//!
//! `inventions` tries the inventor itself, and the oracle: that SQLite accepts what is invented, and
//! that what is only written otherwise is the same schema. It takes `MIGRATOR_PAIRS` too.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on is a test that failed")]
#![expect(clippy::print_stderr, reason = "tests say what they skipped and how much they tried")]

mod case;
mod data;
mod invent;
mod model;
mod oracle;
mod print;
mod rng;
mod tokens;

mod project;

mod golden;
mod inventions;
mod property;
