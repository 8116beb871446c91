//! placeholder; being written
use crate::revision::Revision;
/// The place of a revision in its graph, in load order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RevisionIndex(u32);
/// All revisions of a project.
pub struct RevisionGraph {
    revisions: Vec<Revision>,
}
impl std::ops::Index<RevisionIndex> for RevisionGraph {
    type Output = Revision;
    fn index(&self, i: RevisionIndex) -> &Revision {
        &self.revisions[i.0 as usize]
    }
}
