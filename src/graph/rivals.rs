//! Heads that nothing tells apart.

use std::collections::BTreeSet;

use super::{RevisionGraph, RevisionIndex};

/// Which databases each revision is for, where the revisions are those of several.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Databases {
    /// In load order; empty where all revisions are for one database.
    of: Vec<BTreeSet<String>>,
}

impl Databases {
    /// The names of the databases of every revision, in load order; none where nobody knows.
    pub fn new(of: Vec<BTreeSet<String>>) -> Self {
        Self { of }
    }

    /// The databases that a revision is for; empty where there is only one.
    pub fn of(&self, index: RevisionIndex) -> impl Iterator<Item = &str> {
        self.of.get(index.as_usize()).into_iter().flatten().map(String::as_str)
    }

    /// Whether no database has both.
    pub fn part(&self, left: RevisionIndex, right: RevisionIndex) -> bool {
        let is_known = |it| self.of(it).next().is_some();
        is_known(left)
            && is_known(right)
            && !self.of(left).any(|name| self.of(right).any(|other| other == name))
    }

    fn names(&self) -> BTreeSet<&str> {
        self.of.iter().flatten().map(String::as_str).collect()
    }
}

impl RevisionGraph {
    /// The groups of `heads`, of two or more each, that nothing tells apart: they carry the same
    /// branch labels, or none, and are for the same database. Labels that differ say that branches
    /// are meant to stay apart.
    pub fn rivals(
        &self,
        heads: &[RevisionIndex],
        databases: &Databases,
    ) -> Vec<Vec<RevisionIndex>> {
        if heads.len() < 2 {
            return Vec::new();
        }
        let labels = self.branch_labels();
        let names = databases.names();
        let names = names.into_iter().map(Some).chain(databases.of.is_empty().then_some(None));
        let mut groups: Vec<Vec<RevisionIndex>> = Vec::new();
        for name in names {
            let is_for_it = |it: &RevisionIndex| {
                name.is_none_or(|name| {
                    let mut of = databases.of(*it).peekable();
                    of.peek().is_none() || of.any(|it| it == name)
                })
            };
            let mut left: Vec<RevisionIndex> = heads.iter().copied().filter(is_for_it).collect();
            while let Some(first) = left.first().copied() {
                let same = |it: &RevisionIndex| labels[it.as_usize()] == labels[first.as_usize()];
                let (group, rest) = left.into_iter().partition::<Vec<_>, _>(same);
                left = rest;
                if group.len() > 1 && !groups.contains(&group) {
                    groups.push(group);
                }
            }
        }
        groups
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{graph, words};
    use super::*;

    /// The groups of rivals, where `databases` has `id:name,name` for each revision, or nothing.
    #[track_caller]
    fn check(text: &str, databases: &str, expected: &str) {
        let graph = graph(text);
        let of = databases.split_whitespace().map(|it| {
            let names = it.split_once(':').unwrap().1.split(',');
            names.filter(|it| !it.is_empty()).map(str::to_owned).collect()
        });
        let groups = graph.rivals(&graph.heads(), &Databases::new(of.collect()));
        let groups: Vec<String> = groups.into_iter().map(|it| words(&graph, it)).collect();
        assert_eq!(groups.join(" | "), expected);
    }

    #[test]
    fn labels_tell_heads_apart() {
        check("a<- b<-a", "", "");
        check("a<- b<-a c<-a", "", "b c");
        check("a<- b<-a[x] c<-a", "", "");
        check("a<-[x] b<-a c<-a", "", "b c");
        check("u<-[users] o<-[orders]", "", "");
        check("u<-[users] u1<-u u2<-u o<-[orders] o1<-o o2<-o", "", "u1 u2 | o1 o2");
        check("a<- b<-a c<-a d<-a", "", "b c d");
    }

    #[test]
    fn databases_tell_heads_apart() {
        check("u<- o<-", "u:users o:orders", "");
        check("u<- u1<-u u2<-u o<-", "u:users u1:users u2:users o:orders", "u1 u2");
        check("u<- o<- c<-", "u:users o:orders c:orders,users", "o c | u c");
        check("u<- o<-", "u:users o:", "u o");
        check("a<- b<-a c<-a", "a:dev,prod b:dev,prod c:dev,prod", "b c");
    }

    #[test]
    fn revisions_part_that_no_database_has_both_of() {
        let graph = graph("u<- o<- c<- x<-");
        let set = |names: &[&str]| names.iter().map(|it| (*it).to_owned()).collect();
        let of = vec![set(&["u"]), set(&["o"]), set(&["o", "u"]), set(&[])];
        let databases = Databases::new(of);
        let at: Vec<RevisionIndex> = graph.indices().collect();
        assert!(databases.part(at[0], at[1]));
        assert!(!databases.part(at[0], at[2]));
        assert!(!databases.part(at[0], at[3]));
        assert!(!Databases::default().part(at[0], at[1]));
    }
}
