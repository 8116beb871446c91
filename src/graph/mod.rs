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
#[cfg(test)]
impl RevisionGraph {
    /// placeholder
    pub fn for_tests(revisions: Vec<Revision>) -> Self {
        Self { revisions }
    }
}
#[cfg(test)]
impl RevisionIndex {
    /// placeholder
    pub fn for_tests(index: u32) -> Self {
        Self(index)
    }
}
