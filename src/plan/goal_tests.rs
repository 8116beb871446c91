use proptest::prelude::*;

use super::super::version_rows::VersionRows;
use super::*;
use crate::graph::testing::{any_graph, graph, words};

fn rows_of(rows: &str) -> Vec<String> {
    rows.split_whitespace().map(str::to_owned).collect()
}

#[track_caller]
fn check(text: &str, rows: &str, command: &str, expected: Result<&str, &str>) {
    let graph = graph(text);
    let rows = rows_of(rows);
    let (verb, target) = command.split_once(' ').unwrap();
    let symbol = target.parse().unwrap();
    let goal = match verb {
        "upgrade" => Goal::upgrade(&graph, &rows, &symbol),
        _ => Goal::downgrade(&graph, &rows, &symbol),
    };
    let found = goal.and_then(|goal| {
        let plan = goal.plan(&graph, &rows)?;
        let steps = words(&graph, plan.steps.iter().map(|it| it.revision));
        Ok(match &goal {
            Goal::Reverted(reverted) if !reverted.also.is_empty() => {
                format!("{steps} (also {})", words(&graph, reverted.also.iter().copied()))
            }
            _ => steps,
        })
    });
    let found = found.map_err(|err| err.to_string());
    assert_eq!(found.as_deref().map_err(String::as_str), expected);
}

/// ```text
///   a - b - c1 - d1 [one]      r1 - r2 (depends on c2) - r3
///         \ c2 - d2 [two]
/// ```
const BRANCHES: &str = "a<- b<-a c1<-b d1<-c1[one] c2<-b d2<-c2[two] r1<- r2<-r1~c2 r3<-r2";

#[test]
fn an_upgrade_runs_what_is_missing() {
    check(BRANCHES, "", "upgrade d1", Ok("a b c1 d1"));
    check(BRANCHES, "b", "upgrade d1", Ok("c1 d1"));
    check(BRANCHES, "d1", "upgrade b", Ok(""));
    check(BRANCHES, "d1", "upgrade base", Ok(""));
    check(BRANCHES, "b r1", "upgrade r2", Ok("c2 r2"));
}

#[test]
fn a_downgrade_reverts_everything_above_the_target() {
    check(BRANCHES, "d1", "downgrade b", Ok("d1 c1"));
    check(BRANCHES, "d1 d2", "downgrade b", Ok("d1 c1 d2 c2"));
    check(BRANCHES, "d1 d2", "downgrade base", Ok("d1 c1 d2 c2 b a"));
    check(BRANCHES, "d1", "downgrade d1", Ok(""));
}

#[test]
fn what_a_downgrade_reverts_besides_is_named() {
    check(BRANCHES, "d1 d2", "downgrade one@base", Ok("d1 c1 d2 c2 b a (also d2 c2)"));
    check(BRANCHES, "d1 r3", "downgrade c2@b", Ok("r3 r2 c2 (also r3 r2)"));
    check(BRANCHES, "r3", "downgrade b", Ok("r3 r2 c2 (also r3 r2)"));
    check(BRANCHES, "c1 c2", "downgrade c1-1", Ok("c1 c2 (also c2)"));
}

#[test]
fn a_branch_is_reverted_alone_where_that_is_possible() {
    check(BRANCHES, "d1 d2", "downgrade one@b", Ok("d1 c1"));
    check(BRANCHES, "d1 d2", "downgrade two@-1", Ok("d2"));
    check(BRANCHES, "d1 d2", "downgrade d2-1", Ok("d2"));
}

#[test]
fn steps_never_reach_into_another_tree() {
    check("a1<- b1<-", "a1 b1", "downgrade b1-1", Ok("b1"));
    check("a1<- b1<-", "a1 b1", "downgrade b1@base", Ok("b1"));
    check("a1<-[a] b1<-", "a1 b1", "downgrade a@-1", Ok("a1"));
    check(
        "a1<- b1<-",
        "a1 b1",
        "downgrade typo@base",
        Err("no branch label or revision is called `typo`"),
    );
}

#[test]
fn what_others_apply_meanwhile_is_not_reverted_unasked() {
    let graph = graph("a<- b<-a c<-b");
    let goal = Goal::downgrade(&graph, &rows_of("b"), &"-1".parse().unwrap()).unwrap();
    assert_eq!(goal.plan(&graph, &rows_of("b")).unwrap().steps.len(), 1);
    let err = goal.plan(&graph, &rows_of("c")).unwrap_err();
    assert_eq!(err.to_string(), "downgrading to `-1` must also revert `c`");
    // Another run has done it already.
    assert!(goal.plan(&graph, &rows_of("a")).unwrap().steps.is_empty());
}

#[test]
fn a_merge_is_undone_as_one_step() {
    let diamond = "a<- b1<-a b2<-a c<-b1,b2";
    check(diamond, "c", "downgrade -1", Ok("c"));
    check(diamond, "c", "downgrade b1", Ok("c"));
    check(
        diamond,
        "c",
        "downgrade -2",
        Err("`-2` is ambiguous: below `c` there are several ways: `b1`, `b2`"),
    );
    check(
        diamond,
        "b1 b2",
        "downgrade -1",
        Err("`-1` is ambiguous: the database is at several revisions: `b1`, `b2`"),
    );
}

#[test]
fn steps_out_of_range_say_how_many_there_are() {
    check("a<- b<-a", "b", "downgrade -5", Err("`-5` is out of range: there are 2 steps that way"));
    check("a<- b<-a", "b", "downgrade -2", Ok("b a"));
    check("a<- b<-a", "", "downgrade -1", Err("`-1` leads nowhere: no revision is applied"));
    check("a<- b<-a", "b", "downgrade +1", Err("`+1` has no meaning here: a downgrade leads down"));
}

#[test]
fn a_target_that_is_not_applied_is_refused() {
    check(BRANCHES, "c1", "downgrade c2", Err("cannot downgrade to `c2`, which is not applied"));
    check(BRANCHES, "", "downgrade a", Err("cannot downgrade to `a`, which is not applied"));
}

#[test]
fn rows_that_make_no_sense_are_refused() {
    check(
        BRANCHES,
        "zzz",
        "upgrade d1",
        Err("the database is at `zzz`, which no revision file declares"),
    );
    check(BRANCHES, "a a", "upgrade d1", Err("the version table has the row `a` twice"));
    check(
        BRANCHES,
        "b d1",
        "upgrade d1",
        Err("the version table has two rows of one line: `b` comes before `d1`, so only `d1` \
             should be there"),
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1500) })]

    /// Whatever is asked for in whatever order: after every single step the applied revisions hold
    /// all that they need, the rows written are their maximal elements, and an upgrade that is
    /// taken back leaves the rows it found.
    #[test]
    fn rows_follow_the_applied_set(
        text in any_graph(12),
        commands in proptest::collection::vec((any::<bool>(), any::<prop::sample::Index>()), 1..8),
    ) {
        let graph = graph(&text);
        let mut rows: Vec<String> = Vec::new();
        for (is_up, target) in commands {
            let target = graph.id(target.get(&graph.indices().collect::<Vec<_>>()).to_owned());
            let symbol: RevisionSymbol = target.as_str().parse().unwrap();
            let goal = if is_up {
                Goal::upgrade(&graph, &rows, &symbol)
            } else {
                Goal::downgrade(&graph, &rows, &symbol)
            };
            let Ok(goal) = goal else {
                // Only a target that is not applied can be refused here.
                prop_assert!(!is_up);
                continue;
            };
            let plan = goal.plan(&graph, &rows).unwrap();
            let before = rows.clone();
            let mut applied = graph.ancestors(applied_rows(&graph, &rows).unwrap(), Edges::All);
            for step in &plan.steps {
                let is_new = match step.direction {
                    Direction::Upgrade => applied.insert(step.revision),
                    Direction::Downgrade => applied.remove(step.revision),
                };
                prop_assert!(is_new, "a step that changes nothing in {}", text);
                apply(&mut rows, step);
                let closed = graph.ancestors(applied.iter().collect::<Vec<_>>(), Edges::All);
                prop_assert_eq!(&closed, &applied, "not closed in {}", text);
                let mut expected: Vec<String> =
                    graph.ids(&graph.maximal(&applied)).iter().map(ToString::to_string).collect();
                expected.sort();
                rows.sort();
                prop_assert_eq!(&rows, &expected, "in {}", text);
            }
            let end: Vec<String> = plan.end.iter().map(ToString::to_string).collect();
            prop_assert_eq!(&rows, &end);
            prop_assert!(goal.plan(&graph, &rows).unwrap().steps.is_empty(), "not done in {}", text);

            if is_up {
                // Taken back revision by revision, in the reverse order.
                let mut version_rows = VersionRows::new(&graph, &applied_rows(&graph, &rows).unwrap());
                for step in plan.steps.iter().rev() {
                    version_rows.downgrade(step.revision);
                }
                let mut before = before;
                before.sort();
                let back: Vec<String> = version_rows.rows().iter().map(ToString::to_string).collect();
                prop_assert_eq!(back, before);
            }
        }
    }
}

/// What the database does with the writes of a step.
fn apply(rows: &mut Vec<String>, step: &super::super::Step) {
    use super::super::RowWrite;
    for write in &step.writes {
        match write {
            RowWrite::Insert(id) => rows.push(id.to_string()),
            RowWrite::Update { from, to } => {
                let row = rows.iter_mut().find(|it| *it == from).expect("the row is there");
                *row = to.to_string();
            }
            RowWrite::Delete(from) => {
                let at = rows.iter().position(|it| it == from).expect("the row is there");
                rows.remove(at);
            }
        }
    }
}

#[test]
fn a_bare_number_is_no_beginning_of_an_id() {
    let line = "1975<- 27c6<-1975 333<-27c6 4444<-333[40x0]";
    let mistaken = |symbol: &str, revision: &str| {
        format!("`{symbol}` may be meant for a number of steps, or for the revision `{revision}`")
    };
    check(line, "333", "downgrade 1", Err(&mistaken("1", "1975")));
    check(line, "", "upgrade 27", Err(&mistaken("27", "27c6")));
    check(line, "333", "downgrade 40x0@197", Err(&mistaken("40x0@197", "1975")));
    // In full, with more of it, with steps, and what begins nothing.
    check(line, "333", "downgrade 1975", Ok("333 27c6"));
    check(line, "333", "downgrade 27c", Ok("333"));
    check(line, "4444", "downgrade 333", Ok("4444"));
    check(line, "333", "downgrade -1", Ok("333"));
    check(line, "", "upgrade 1+1", Ok("1975 27c6"));
    let unknown = "no revision or branch label is called `9` or begins with it";
    check(line, "", "upgrade 9", Err(unknown));
}
