//! SQL text as SQLite reads it: tokens, statements, and which statements a transaction forbids.
//!
//! Pure. SQLite itself is the oracle: the tests prepare every piece with it.

pub mod statement;
pub mod transaction_control;
