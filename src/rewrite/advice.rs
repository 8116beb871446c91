//! Which of several heads can move onto which.

use super::{KnownDatabase, Rebase, rebase, refuse_applied};
use crate::graph::rivals::Databases;
use crate::graph::{RevisionGraph, RevisionIndex};

/// A rebase that succeeds: what to name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Advice {
    /// The head that moves.
    pub head: RevisionIndex,
    /// The head that it moves onto.
    pub onto: RevisionIndex,
    /// Whether nothing needs to say so.
    pub is_plain: bool,
}

/// The first rebase of one of `heads` onto another of them that is allowed and that `runs` in the new
/// order; the last head is tried first, since its file most often is the newer one.
pub fn advise(
    graph: &RevisionGraph,
    heads: &[RevisionIndex],
    databases: &Databases,
    known: &[KnownDatabase],
    runs: &mut dyn FnMut(&Rebase) -> bool,
) -> Option<Advice> {
    for head in heads.iter().rev().copied() {
        for onto in heads.iter().copied().filter(|it| *it != head) {
            let Ok(Some(moved)) = rebase(graph, head, Some(onto), databases) else { continue };
            let is_allowed = refuse_applied(graph, &moved.moved, moved.from.first(), known).is_ok();
            if is_allowed && runs(&moved) {
                let alone = rebase(graph, head, None, databases);
                let is_plain = matches!(alone, Ok(Some(it)) if it.onto == moved.onto);
                return Some(Advice { head, onto, is_plain });
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::NamedBy;
    use super::super::rebase::tests::graph_of_files;
    use super::*;

    /// What to rebase where `rows` are applied, as it is typed; `stuck` are heads whose line does not
    /// run elsewhere.
    #[track_caller]
    fn check(text: &str, rows: &str, stuck: &str, expected: &str) {
        let graph = graph_of_files(text);
        let known = KnownDatabase {
            name: "app.db".to_owned(),
            named_by: NamedBy::ThisCall,
            rows: rows.split_whitespace().map(str::to_owned).collect(),
            logged: None,
            history: crate::audit::History::default(),
            is_ours: true,
        };
        let mut runs = |it: &Rebase| {
            let moved = graph.ids(&it.moved);
            !moved.iter().any(|id| stuck.split_whitespace().any(|it| id.as_str() == it))
        };
        let (heads, one) = (graph.heads(), Databases::default());
        let advice = advise(&graph, &heads, &one, &[known], &mut runs).map(|it| {
            let onto = format!(" --onto {}", graph.id(it.onto));
            format!("{}{}", graph.id(it.head), if it.is_plain { "" } else { onto.as_str() })
        });
        assert_eq!(advice.unwrap_or_default(), expected);
    }

    #[test]
    fn what_is_advised_is_allowed() {
        check("a<- d<-a e<-a", "", "", "e");
        check("a<- d<-a e<-a", "e", "", "d");
        check("a<- d<-a e<-a", "d e", "", "");
        check("a<- d<-a e<-a", "", "e", "d");
        check("a<- d<-a e<-a", "", "d e", "");
        check("a<- d<-a e<-a f<-a", "", "", "f --onto d");
        check("a<- d<-a e<-a f<-a", "f", "", "e --onto d");
        check("d<- e<-", "", "", "e --onto d");
    }
}
