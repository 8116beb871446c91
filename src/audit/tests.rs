//! Histories as tables of facts, and that migrator itself leaves nothing to report.

use proptest::prelude::*;

use super::*;
use crate::graph::testing::{any_graph, graph, revisions, write_bodies};
use crate::plan::goal::Goal;
use crate::plan::{Direction, Plan, RowWrite};

/// A row of the log: `+a` ran, `-a` was reverted, `=a` was stamped, `!a` was accepted as it is, `?a`
/// as gone, `~a` was found, `^a` was skipped. A checksum may follow a colon; without one it is that of an empty body.
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
        "~" => (LogDirection::Found, None),
        "^" => (LogDirection::Skipped, None),
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
    // What the log knows stays known when nothing above it is applied any more.
    check(LINE, "b", "+a +c ^b -c", "inserted b");
    check("a<- b<-a c<-a x<-a", "b c x", "+a +b +c +m ^x -m", "inserted x");
    check(LINE, "b", "+a +c ^b -c !b", "");
    check(LINE, "b", "+a +c ^b -c +b", "");
    check(LINE, "a", "+a ^b", "");
    // It was reverted before it was put there, or while the other was not there.
    check(LINE, "c", "+a +b -b +c", "inserted b");
    check(LINE, "c", "+a +c +b -b", "inserted b");
    check(LINE, "c", "+a ~b -b +c", "inserted b");
    check(LINE, "c", "+a +b +c -b", "not-in-log b");
    check(LINE, "c", "+a ~b +c -b", "not-in-log b");
}

#[test]
fn what_nobody_ran_here_stays_a_trouble_whatever_runs_above_it() {
    check(LINE, "b", "+a", "not-in-log b");
    check(LINE, "c", "+a ~b +c", "not-in-log b");
    check(LINE, "c", "+a ~b +c !b", "");
    check(LINE, "c", "+a ~b +c ^b", "inserted b");
    check(LINE, "b", "+a ~b +c -c", "not-in-log b");
    check("a<- b<-a c<-b d<-c", "d", "+a ~b +d", "inserted c, not-in-log b");
}

/// What the log is told before a run; `notes` are written as in [`row`], but for `*a` of a baseline.
#[track_caller]
fn check_unlogged(rows: &str, log: &str, direction: Direction, target: &str, expected: &str) {
    let (graph, history) = (graph(LINE), history(rows, log));
    let symbol = target.parse().unwrap();
    let goal = match direction {
        Direction::Upgrade => Goal::upgrade(&graph, &history.rows, &symbol),
        Direction::Downgrade => Goal::downgrade(&graph, &history.rows, &symbol),
    };
    let plan = goal.unwrap().plan(&graph, &history.rows).unwrap();
    let sign = |it: &Note| match it.direction {
        LogDirection::Baseline => "*",
        LogDirection::Found => "~",
        LogDirection::Skipped => "^",
        other => panic!("{other:?}"),
    };
    let notes = unlogged(&graph, &history, &plan);
    let notes: Vec<String> =
        notes.iter().map(|it| format!("{}{}", sign(it), it.revision)).collect();
    assert_eq!(notes.join(" "), expected);
}

#[test]
fn a_log_that_has_begun_takes_nothing_for_run() {
    let (up, down) = (Direction::Upgrade, Direction::Downgrade);
    check_unlogged("b", "", up, "c", "*a *b");
    check_unlogged("b", "+a", up, "c", "~b");
    check_unlogged("b", "+a ~b", up, "c", "");
    check_unlogged("c", "+a +c", down, "b", "^b");
    check_unlogged("b", "+a +c ^b -c", up, "c", "");
    // The downgrade itself says that it is not there any more.
    check_unlogged("c", "+a +c", down, "a", "");
    check_unlogged("b", "+a -a", up, "c", "~a ~b");
}

/// What speaks against a run, and of a downgrade that goes on what is said.
#[track_caller]
fn check_refused(direction: Direction, log: &str, stops: &str, says: &[&str]) {
    let (graph, history) = (graph("a<- b<-a c<-b d<-c"), history("d", log));
    let target = "a".parse().unwrap();
    let mut plan = Plan::default();
    if direction == Direction::Downgrade {
        let goal = Goal::downgrade(&graph, &history.rows, &target).unwrap();
        plan = goal.plan(&graph, &history.rows).unwrap();
    }
    let found = match refuse_changed(&graph, &history, &plan, direction, false) {
        Ok(()) => String::new(),
        Err(HistoryError::Troubles { troubles, .. }) => words(&troubles),
        Err(other) => panic!("{other}"),
    };
    assert_eq!(found, stops);
    leave_out(&mut plan, &inserted(&graph, &history));
    let said = describe_changed(&graph, &history, &plan);
    let said: Vec<&str> = said.iter().map(|it| it.split(" (").next().unwrap()).collect();
    assert_eq!(said, says);
}

#[test]
fn what_never_ran_is_not_undone() {
    let (up, down) = (Direction::Upgrade, Direction::Downgrade);
    check_refused(up, "+a +b +d", "inserted c", &[]);
    let left_out = "revision `c` never ran here, and its way back did not run either";
    check_refused(down, "+a +b +d", "inserted c", &[left_out]);
    let leads_to = "revision `a`, to which this leads, never ran here";
    check_refused(down, "+b +c +d", "", &[leads_to]);
    // An edited one may be reverted, and what is gone cannot be.
    check_refused(down, "+a +b:SELECT +c +d", "", &["revision `b` was edited after it ran"]);
    check_refused(down, "+a +b +x +c +d", "", &["the file of revision `x`, which ran"]);
    check_refused(down, "+x +a +b +c +d", "", &[]);
    check_refused(up, "+x +a:SELECT +b +c +d", "edited a, gone x", &[]);
}

#[test]
fn what_is_gone_may_have_done_what_an_inserted_one_does() {
    let check = |log: &str, expected: Option<&str>| {
        let (graph, history) = (graph("a<- b<-a c<-b d<-c"), history("d", log));
        let refused = refuse_changed(&graph, &history, &Plan::default(), Direction::Upgrade, true);
        let found = refused.err().map(|it| match it {
            HistoryError::Troubles { troubles, .. } => words(&troubles),
            other => panic!("{other}"),
        });
        assert_eq!(found.as_deref(), expected, "{log}");
    };
    check("+a +b +d", None);
    check("+a +b +x +d", Some("gone x, inserted c"));
    check("+a +b +x ?x +d", Some("inserted c"));
    check("+a +b =x ?x +d", Some("inserted c"));
    check("+a +b +x -x +d", None);
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
    let notes = unlogged(&graph(LINE), &history, &Plan::default());
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
    // Some of what it stands for ran, and some did not.
    check("b", "+b", "partly-run s");
    check("d", "+b +d", "partly-run s");
    check("d", "+a +d", "partly-run s");
    check("d", "+b !s +d", "");
    check("d", "+a ~b +d", "not-in-log s");
    check("d", "+d", "inserted s");
    let notes = |rows: &str, log: &str, end: &str| {
        let end: Vec<RevisionId> = end.split(' ').map(crate::graph::testing::id_of).collect();
        let notes = stamped(&graph, &history(rows, log), &end);
        notes.iter().map(|it| it.revision.clone()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(notes("b", "+a +b", "d"), "d");
    assert!(unlogged(&graph, &history("b", "+a +b"), &Plan::default()).is_empty());
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
    let found = repair(&graph(LINE), &history(rows, log), revision, Accepted::AsItIs);
    let found = match found {
        Ok(None) => Ok("nothing"),
        Ok(Some(Repair { note: Note { checksum: Some(_), .. }, .. })) => Ok("applied"),
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

#[test]
fn a_revision_that_never_ran_can_be_called_so() {
    let check = |rows: &str, log: &str, expected: Option<&str>| {
        let history = history(rows, log);
        let found = repair(&graph(LINE), &history, "b", Accepted::AsSkipped);
        let found = found.map(|it| it.map(|it| it.note.direction.as_str()));
        assert_eq!(found.ok(), expected.map(|it| (!it.is_empty()).then_some(it)));
    };
    check("c", "+a ~b +c", Some("skipped"));
    check("c", "+a +c ^b", Some(""));
    check("a", "+a", None);
}

#[test]
fn a_squash_of_a_squash_ran_where_either_did() {
    let mut squashed = revisions("t<-");
    let ids = |text: &str| -> Vec<RevisionId> {
        text.split(' ').map(crate::graph::testing::id_of).collect()
    };
    squashed[0].replaces = ids("a b s c");
    squashed[0].squashed = ids("s");
    squashed[0].spans.replaces = vec![0..0; 4];
    let graph = RevisionGraph::new(squashed).unwrap();
    let check = |log: &str, expected: &str| {
        assert_eq!(words(&audit(&graph, &history("c", log))), expected, "{log}");
    };
    check("+a +b +c", "");
    check("+s +c", "");
    check("+a +b =s +c", "");
    check("+a +c", "partly-run t");
    check("+a +b +s", "partly-run t");
    check("+c", "partly-run t");
}

#[test]
fn a_replaced_id_means_what_stands_for_it() {
    let mut line = revisions("a<- s<-a");
    line[1].replaces = ["b", "c"].map(crate::graph::testing::id_of).to_vec();
    line[1].spans.replaces = vec![0..0; 2];
    let graph = RevisionGraph::new(line).unwrap();
    let check = |rows: &str, log: &str, expected: &str| {
        for id in ["b", "c", "s"] {
            let found = repair(&graph, &history(rows, log), id, Accepted::AsItIs);
            let note = |it: Repair| format!("{} {}", it.note.revision, it.note.checksum.is_some());
            let found = found.map(|it| it.map_or_else(|| "nothing".to_owned(), note));
            let found = found.unwrap_or_else(|err| err.to_string());
            assert!(found.starts_with(expected), "{rows}, {log}, {id}: {found}");
        }
    };
    check("c", "+a +b +c", "nothing");
    check("c", "+a =b =c", "nothing");
    check("c", "+a +c", "s true");
    check("c", "+a =c", "s true");
    check("a", "+a +b +c", "s false");
    check("a", "+a +b +c -s", "`s` is not applied");
    check("a", "+a", "`s` is not applied");

    // Files of before and of after by turns: what ran last counts.
    let check = |rows: &str, log: &str, expected: &str| {
        assert_eq!(words(&audit(&graph, &history(rows, log))), expected, "{rows}: {log}");
    };
    check("s", "+a +s", "");
    check("a", "+a +s -s", "");
    check("c", "+a +s -s +b +c", "");
    check("c", "+a +s -s +b =c", "");
    check("b", "+a +s -s +b", "version-table -");
    check("c", "+a +s -s +c", "partly-run s");
    check("s", "+a +b +c -c -b +s", "");
}

/// A database without a disk, which does what migrator does.
struct Simulated {
    graph: RevisionGraph,
    history: History,
    /// Whether migrator acts; another tool moves the rows and writes no log.
    is_ours: bool,
}

impl Simulated {
    fn new(text: &str) -> Self {
        let history = History { is_whole: true, ..History::default() };
        Self { graph: with_bodies(text), history, is_ours: true }
    }

    fn ids(&self) -> Vec<RevisionId> {
        self.graph.ids(&self.graph.indices().collect::<Vec<_>>())
    }
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
        let notes = unlogged(&self.graph, &self.history, &plan);
        if self.is_ours {
            self.note(&notes);
        }
        for step in plan.steps {
            self.write(&step.writes);
            if !self.is_ours {
                continue;
            }
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
    write_bodies(&mut revisions);
    RevisionGraph::new(revisions).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) })]

    #[test]
    fn what_migrator_does_is_no_trouble(
        text in any_graph(14),
        actions in proptest::collection::vec((0..11_u8, any::<prop::sample::Index>()), 1..12),
    ) {
        let mut simulated = Simulated::new(&text);
        let ids = simulated.ids();
        for (what, which) in actions {
            simulated.act(what, which.get(&ids).as_str());
            let found = audit(&simulated.graph, &simulated.history);
            prop_assert!(found.is_empty(), "{text}: {what}: {}", words(&found));
        }
    }

    /// Either tool goes on where the other stopped: whatever both run in turn is never taken for
    /// something that a run must not build on.
    #[test]
    fn what_another_tool_runs_stops_nothing(
        text in any_graph(14),
        actions in proptest::collection::vec((any::<bool>(), 0..7_u8, any::<prop::sample::Index>()), 1..14),
    ) {
        let mut simulated = Simulated::new(&text);
        let ids = simulated.ids();
        for (is_ours, what, which) in actions {
            simulated.is_ours = is_ours;
            simulated.act(what, which.get(&ids).as_str());
            let mut found = audit(&simulated.graph, &simulated.history);
            found.retain(|it| it.stops(Direction::Upgrade) || it.stops(Direction::Downgrade));
            prop_assert!(found.is_empty(), "{text}: {what}: {}", words(&found));
        }
    }

    /// What never ran stays so, and what another tool may have run stays unknown, whatever migrator
    /// does to other revisions.
    #[test]
    fn what_the_log_knows_is_not_forgotten(
        text in any_graph(14),
        which in any::<prop::sample::Index>(),
        actions in proptest::collection::vec((0..7_u8, any::<prop::sample::Index>()), 1..8),
    ) {
        let mut simulated = Simulated::new(&text);
        let ids = simulated.ids();
        simulated.run(Direction::Upgrade, "heads");
        // As if it had been put there now.
        let id = which.get(&ids).to_string();
        simulated.history.log.retain(|it| it.revision != id);
        let index = simulated.graph.by_id(&id).unwrap();
        let mut is_there = !simulated.history.log.is_empty();
        for (what, other) in actions {
            simulated.act(what, other.get(&ids).as_str());
            // Once it is not applied any more it may run.
            is_there &= implied(&simulated.graph, &simulated.history.rows).contains(index);
            let found = audit(&simulated.graph, &simulated.history);
            let is_named = found.iter().any(|it| it.revision() == Some(&id));
            prop_assert_eq!(is_named, is_there, "{}: {}: {}", text, what, words(&found));
        }
    }

    /// Each of three damages is found and nothing else is named.
    #[test]
    fn what_others_do_is_found(
        text in any_graph(14),
        which in any::<prop::sample::Index>(),
    ) {
        let mut simulated = Simulated::new(&text);
        simulated.run(Direction::Upgrade, "heads");
        let Simulated { graph, mut history, .. } = simulated;
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
