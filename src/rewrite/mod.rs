//! Changes to revisions that exist: a line moved onto another head, a range made one revision.
//!
//! What is asked of people elsewhere (edit `down_revision` by hand, hope that the order still works)
//! is computed here: the texts of the files that change, the graph that comes out, and the proof, in
//! memory, that it does what the old one did. Nothing is written: that is for who asked, when all of
//! it holds.

mod applied;
mod error;
mod rebase;

pub use applied::{KnownDatabase, refuse_applied};
pub use error::RewriteError;
pub use rebase::{Rebase, rebase};
