//! Changes to revisions that exist: a line moved onto another head, a range made one revision.
//!
//! What is asked of people elsewhere (edit `down_revision` by hand, hope that the order still works)
//! is computed here: the texts of the files that change, the graph that comes out, and the proof, in
//! memory, that it does what the old one did. Nothing is written: that is for who asked, when all of
//! it holds.

mod applied;
mod body;
mod error;
mod range;
mod rebase;
mod rebase_proof;
mod squash;

pub use applied::{KnownDatabase, refuse_applied};
pub use body::data_statements;
pub use error::RewriteError;
pub use range::Range;
pub use rebase::{Rebase, rebase};
pub use rebase_proof::RebaseProof;
pub use squash::{Candidate, Settings, Squash};
