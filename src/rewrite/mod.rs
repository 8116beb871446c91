//! Changes to revisions that exist: a line moved onto another head, a range made one revision.
//!
//! What is asked of people elsewhere (edit `down_revision` by hand, hope that the order still works)
//! is computed here: the texts of the files that change, the graph that comes out, and the proof, in
//! memory, that it does what the old one did. Nothing is written before all of it holds; several files
//! are written through a journal.

mod advice;
mod applied;
mod body;
mod course;
mod error;
mod guards;
mod journal;
mod order;
mod range;
mod rebase;
mod rebase_proof;
mod side_by_side;
mod squash;

pub use advice::{Advice, advise};
pub use applied::{KnownDatabase, NamedBy, refuse_applied, refuse_stopped, refuse_troubled};
pub use body::data_statements;
pub use error::RewriteError;
pub use journal::{Change, Journal, Way, refuse_begun};
pub use range::Range;
pub use rebase::{Rebase, rebase};
pub use rebase_proof::RebaseProof;
pub use squash::{Candidate, Settings, Squash};
