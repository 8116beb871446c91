//! Histories as tables of facts, and that migrator itself leaves nothing to report.

use proptest::prelude::*;

use super::*;
use crate::graph::testing::{any_graph, graph, revisions};
use crate::plan::goal::Goal;
use crate::plan::{Direction, RowWrite};
use crate::source::Source;

/// A row of the log: `+a` ran, `-a` was reverted, `=a` was stamped, `!a` was accepted as it is, `?a`
/// as gone. A checksum may follow a colon; without one it is that of an empty body.
fn row(word: &str) -> LogRow {
    let (sign, rest) = word.split_at(1);
    let (revision, text) = rest.split_once(':').unwrap_or((rest, ""));
    let sum = Some(statement::checksum(text));
    let (direction, checksum) = match sign {
        "+" => (LogDirection::Upgrade, sum),
        "-" => (LogDirection::Downgrade, sum),
        "=" => (LogDirection::Stamp, None),
        "!" => (LogDirection::Repair, sum),
        "?" => (LogDirection::Repair, None),
        _ => panic!("{word}"),
    };
    logged(&Note { revision: revision.to_owned(), direction, checksum })
}

/// A row as it is written for a note.
fn logged(note: &Note) -> LogRow {
    LogRow {
        revision: note.revision.clone(),
        direction: note.direction.as_str().to_owned(),
        started_at: "now".to_owned(),
        duration_ms: None,
        checksum: note.checksum.clone(),
        version: "1".to_owned(),
        tag: None,
        who: None,
    }
}

fn history(rows: &str, log: &str) -> History {
    History {
        rows: rows.split_whitespace().map(str::to_owned).collect(),
        log: log.split_whitespace().map(row).collect(),
        is_whole: true,
        unreadable: Vec::new(),
    }
}

/// Each trouble as its kind and its revision.
fn words(troubles: &[Trouble]) -> String {
    let word = |it: &Trouble| match it {
        Trouble::NotInTable { revision, .. } => format!("not-in-table {revision}"),
        Trouble::NotInLog { revision, .. } => format!("not-in-log {revision}"),
        other => format!("{} {}", other.kind(), other.revision().unwrap_or("-")),
    };
    troubles.iter().map(word).collect::<Vec<_>>().join(", ")
}

#[track_caller]
fn check(text: &str, rows: &str, log: &str, expected: &str) {
    assert_eq!(words(&audit(&graph(text), &history(rows, log))), expected);
}

const LINE: &str = "a<- b<-a c<-b";

#[test]
fn a_history_that_fits_is_no_trouble() {
    check(LINE, "", "", "");
    check(LINE, "c", "+a +b +c", "");
    check(LINE, "b", "+a +b +c -c", "");
    check(LINE, "", "+a -a", "");
    check(LINE, "c", "=a =b =c", "");
    // Where there is no log nothing is known.
    check(LINE, "c", "", "");
}

#[test]
fn an_edited_body_is_found_where_it_is_applied() {
    check(LINE, "c", "+a +b:SELECT +c", "edited b");
    check(LINE, "c", "+a:SELECT +b +c:SELECT", "edited a, edited c");
    check(LINE, "a", "+a +b:SELECT -b", "");
    check(LINE, "b", "+a +b:SELECT -b +b", "");
    check(LINE, "b", "+a +b:SELECT !b", "");
    check(LINE, "b", "+a +b !b:SELECT", "edited b");
    check(LINE, "b", "+a +b:SELECT -b =b", "");
}

#[test]
fn a_file_that_is_gone_is_found_where_it_is_applied() {
    check(LINE, "c", "+a +x +b +c", "gone x");
    check(LINE, "c", "+a +x -x +b +c", "");
    check(LINE, "c", "+a +x ?x +b +c", "");
    check(LINE, "", "+x", "gone x");
}

#[test]
fn what_was_put_below_others_is_found() {
    check(LINE, "c", "+a +c", "inserted b");
    check(LINE, "c", "+c", "inserted a, inserted b");
    check(LINE, "c", "+a !b +c", "");
    // By a dependency too, and beside a merge.
    check("a<- x<- b<-a~x", "b", "+a +b", "inserted x");
    check("a<- b<-a c<-a m<-b,c", "m", "+a +b +m", "inserted c");
    // What is pending was put below nothing.
    check("a<- b<-a c<-a", "b", "+a +b", "");
}

#[test]
fn the_revision_above_an_inserted_one_is_named() {
    let found = audit(&graph("a<- b<-a c<-b d<-c"), &history("d", "+a +d"));
    let above = |it: &Trouble| match it {
        Trouble::Inserted { below, .. } => below.clone().unwrap().to_string(),
        other => panic!("{other}"),
    };
    assert_eq!(found.iter().map(above).collect::<Vec<_>>(), ["d", "d"]);
}

#[test]
fn a_database_that_is_ahead_is_found_and_nothing_below_it_guessed() {
    check(LINE, "x", "+a +b +c +x", "ahead x");
    check(LINE, "x", "", "ahead x");
    check(LINE, "c x", "+a +b +c +w +x", "ahead x");
}

#[test]
fn a_version_table_that_says_something_else_is_found() {
    check(LINE, "b", "+a +b +c", "not-in-table c");
    check(LINE, "", "+a +b", "not-in-table a, not-in-table b");
    check(LINE, "c", "+a", "not-in-log b, not-in-log c");
    check("a<- b<-a x<-", "b x", "+a +b", "not-in-log x");
    check("a<- b<-a c<-a", "b", "+a +c", "not-in-table c, not-in-log b");
    check(LINE, "a c", "+a +b +c", "version-table -");
    check(LINE, "c c", "+a +b +c", "version-table -");
}

#[test]
fn a_log_of_an_older_version_proves_nothing_of_what_it_does_not_name() {
    let history = History { is_whole: false, ..history("c", "=b +c") };
    assert_eq!(words(&audit(&graph(LINE), &history)), "");
    let notes = unlogged(&graph(LINE), &history);
    assert_eq!(notes.iter().map(|it| &it.revision).collect::<Vec<_>>(), ["a"]);
}

#[test]
fn what_a_newer_version_writes_is_passed_over() {
    let mut history = history("b", "+a +b +b");
    history.log[2].direction = "teleport".to_owned();
    assert_eq!(words(&audit(&graph(LINE), &history)), "");
}

#[test]
fn a_revision_that_replaces_others_is_applied_where_the_last_of_them_is() {
    let mut squashed = revisions("s<- d<-s");
    squashed[0].replaces = ["a", "b"].map(crate::graph::testing::id_of).to_vec();
    squashed[0].spans.replaces = vec![0..0; 2];
    let graph = RevisionGraph::new(squashed).unwrap();
    let check = |rows: &str, log: &str, expected: &str| {
        assert_eq!(words(&audit(&graph, &history(rows, log))), expected, "{rows} / {log}");
    };
    check("b", "+a:SELECT +b:SELECT", "");
    check("d", "+a +b +d", "");
    check("", "+a +b -s", "");
    check("s", "+s", "");
    check("s", "+a +b -s +s:SELECT", "edited s");
    check("a", "+a", "version-table -");
    check("", "+a +b", "not-in-table s");
    let notes = |rows: &str, log: &str, end: &str| {
        let end: Vec<RevisionId> = end.split(' ').map(crate::graph::testing::id_of).collect();
        let notes = stamped(&graph, &history(rows, log), &end);
        notes.iter().map(|it| it.revision.clone()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(notes("b", "+a +b", "d"), "d");
    assert!(unlogged(&graph, &history("b", "+a +b")).is_empty());
}

/// The stamp that a trouble of the version table proposes.
#[track_caller]
fn check_back(text: &str, rows: &str, log: &str, expected: &str) {
    let (graph, history) = (graph(text), history(rows, log));
    let Back { targets, purge } = back(&graph, &history, &Net::new(&history.log)).unwrap();
    let purge = if purge { "purge " } else { "" };
    let ids: Vec<&str> = targets.iter().map(RevisionId::as_str).collect();
    assert_eq!(format!("{purge}{}", ids.join(" ")), expected);
}

#[test]
fn the_stamp_that_goes_back_leaves_exactly_what_ran() {
    check_back(LINE, "a", "+a +b +c", "c");
    check_back(LINE, "c", "+a", "a");
    check_back(LINE, "c", "+a -a", "");
    check_back("a<- b<-a x<-", "b x", "+a", "purge a");
    check_back("a<- b<-a c<-a", "", "+a +b +c", "b c");
    check_back(LINE, "x", "+a +b +x", "b");
}

#[track_caller]
fn check_repair(rows: &str, log: &str, revision: &str, expected: Result<&str, &str>) {
    let found = repair(&graph(LINE), &history(rows, log), revision);
    let found = match found {
        Ok(None) => Ok("nothing"),
        Ok(Some(Note { checksum: Some(_), .. })) => Ok("applied"),
        Ok(Some(_)) => Ok("not applied"),
        Err(HistoryError::NoLog) => Err("no log"),
        Err(HistoryError::NotApplied { .. }) => Err("not applied"),
        Err(HistoryError::UnknownRow { .. }) => Err("unknown row"),
        Err(other) => panic!("{other}"),
    };
    assert_eq!(found, expected);
}

#[test]
fn what_is_wrong_can_be_accepted_and_nothing_else() {
    check_repair("c", "+a +b:SELECT +c", "b", Ok("applied"));
    check_repair("c", "+a +b +c", "b", Ok("nothing"));
    check_repair("c", "+a =b +c", "b", Ok("nothing"));
    check_repair("c", "+a +c", "b", Ok("applied"));
    check_repair("c", "+a +x +b +c", "x", Ok("not applied"));
    check_repair("b", "+a +b +c", "c", Ok("not applied"));
    check_repair("b", "+a +b", "c", Err("not applied"));
    check_repair("b", "+a +b", "x", Err("not applied"));
    check_repair("x", "+a +x", "x", Err("unknown row"));
    check_repair("b", "", "b", Err("no log"));
}

/// A database without a disk, which does what migrator does.
struct Simulated {
    graph: RevisionGraph,
    history: History,
}

impl Simulated {
    fn write(&mut self, writes: &[RowWrite]) {
        let rows = &mut self.history.rows;
        for write in writes {
            let (from, to) = write.ends();
            rows.retain(|it| Some(it.as_str()) != from);
            rows.extend(to.map(ToString::to_string));
        }
    }

    fn note(&mut self, notes: &[Note]) {
        self.history.log.extend(notes.iter().map(logged));
    }

    fn run(&mut self, direction: Direction, target: &str) {
        let symbol = target.parse().unwrap();
        let rows = self.history.rows.clone();
        let goal = match direction {
            Direction::Upgrade => Goal::upgrade(&self.graph, &rows, &symbol),
            Direction::Downgrade => Goal::downgrade(&self.graph, &rows, &symbol),
        };
        // A target that is not applied.
        let Ok(plan) = goal.and_then(|it| it.plan(&self.graph, &rows)) else { return };
        if plan.steps.is_empty() {
            return;
        }
        let notes = unlogged(&self.graph, &self.history);
        self.note(&notes);
        for step in plan.steps {
            self.write(&step.writes);
            let revision = &self.graph[step.revision];
            let checksum = Some(checksum(revision));
            let (revision, direction) = (revision.id.to_string(), step.direction.into());
            self.note(&[Note { revision, direction, checksum }]);
        }
    }

    fn stamp(&mut self, target: &str, purge: Purge) {
        let symbols = [target.parse().unwrap()];
        if purge == Purge::Yes {
            self.history.rows.clear();
        }
        let plan = plan_stamp(&self.graph, &self.history.rows, &symbols, purge).unwrap();
        if plan.writes.is_empty() && purge == Purge::No {
            return;
        }
        let notes = stamped(&self.graph, &self.history, &plan.end);
        self.note(&notes);
        self.write(&plan.writes);
    }

    fn act(&mut self, what: u8, id: &str) {
        match what {
            0..4 => self.run(Direction::Upgrade, id),
            4 => self.run(Direction::Upgrade, "heads"),
            5 | 6 => self.run(Direction::Downgrade, id),
            7 => self.stamp(id, Purge::No),
            8 => self.stamp(id, Purge::Yes),
            9 => self.stamp("base", Purge::No),
            // As if the log had been off until then.
            _ => self.history.log.clear(),
        }
    }
}

/// The same graph with a text in each file, so that each body has a checksum of its own.
fn with_bodies(text: &str) -> RevisionGraph {
    let mut revisions = revisions(text);
    for revision in &mut revisions {
        let sql = format!("CREATE TABLE {}(x)", revision.id);
        let path = revision.source.path.clone();
        revision.upgrade.span = 0..sql.len();
        revision.source = std::sync::Arc::new(Source { path, text: sql });
    }
    RevisionGraph::new(revisions).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) })]

    #[test]
    fn what_migrator_does_is_no_trouble(
        text in any_graph(14),
        actions in proptest::collection::vec((0..11_u8, any::<prop::sample::Index>()), 1..12),
    ) {
        let mut simulated = Simulated {
            graph: with_bodies(&text),
            history: History { is_whole: true, ..History::default() },
        };
        let ids = simulated.graph.ids(&simulated.graph.indices().collect::<Vec<_>>());
        for (what, which) in actions {
            simulated.act(what, which.get(&ids).as_str());
            let found = audit(&simulated.graph, &simulated.history);
            prop_assert!(found.is_empty(), "{text}: {what}: {}", words(&found));
        }
    }

    /// Each of three damages is found and nothing else is named.
    #[test]
    fn what_others_do_is_found(
        text in any_graph(14),
        which in any::<prop::sample::Index>(),
    ) {
        let mut simulated = Simulated {
            graph: with_bodies(&text),
            history: History { is_whole: true, ..History::default() },
        };
        simulated.run(Direction::Upgrade, "heads");
        let Simulated { graph, mut history } = simulated;
        let at = which.index(history.log.len());
        let id = history.log[at].revision.clone();
        let whole = history.clone();

        history.log[at].checksum = Some("other".to_owned());
        prop_assert_eq!(words(&audit(&graph, &history)), format!("edited {id}"));
        history.log[at].revision = "gone".to_owned();
        let found = words(&audit(&graph, &history));
        prop_assert!(found.starts_with("gone gone, "), "{found}");
        let is_row = whole.rows.contains(&id);
        history.log.remove(at);
        let kind = if is_row { "not-in-log" } else { "inserted" };
        let expected =
            if history.log.is_empty() { String::new() } else { format!("{kind} {id}") };
        prop_assert_eq!(words(&audit(&graph, &history)), expected);
    }
}
