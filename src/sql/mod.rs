//! SQL text as SQLite reads it: tokens, statements, what their first words say, which statements a
//! transaction forbids, and what older versions do not know.
//!
//! Pure: text in, spans out. There is no parser here, because none is needed: SQLite itself says
//! whether a statement is right, and it says so only one statement at a time, which is why the text
//! has to be cut. The tests use SQLite as the oracle, token by token and statement by statement.

pub mod aggregate;
pub mod effect;
pub mod features;
pub mod head;
pub mod layout;
pub mod lexer;
pub mod needs;
pub mod quote;
pub mod row_loss;
pub mod statement;
pub mod transaction_control;
