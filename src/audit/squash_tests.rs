//! A database that meets files of before a squash and of after by turns: nothing is done twice, and
//! nothing is said to be wrong but what no file can answer for.

use proptest::prelude::*;

use super::*;
use crate::graph::testing::{id_of, revisions, write_bodies};
use crate::plan::goal::Goal;
use crate::plan::{Direction, RowWrite};

/// A line of revisions, the same with a range of it made one, and a database.
struct Switched {
    /// Of before, and of after.
    graphs: [RevisionGraph; 2],
    is_after: bool,
    history: History,
    /// The revisions of before of which the database has what they did.
    done: Vec<String>,
}

/// Revisions, each with a body of its own.
fn graph(text: &str, replaces: &[String]) -> RevisionGraph {
    let mut revisions = revisions(text);
    write_bodies(&mut revisions);
    for revision in revisions.iter_mut().filter(|it| it.id.as_str() == "s") {
        revision.replaces = replaces.iter().map(|it| id_of(it)).collect();
        revision.spans.replaces = vec![0..0; replaces.len()];
    }
    RevisionGraph::new(revisions).unwrap()
}

/// `a<- b<-a c<-b`
fn line(ids: &[String]) -> String {
    let below = std::iter::once("").chain(ids.iter().map(String::as_str));
    let words = ids.iter().zip(below).map(|(id, below)| format!("{id}<-{below}"));
    words.collect::<Vec<_>>().join(" ")
}

impl Switched {
    /// A line of `n` revisions of which those from `from` to `to` are squashed.
    fn new(n: usize, from: usize, to: usize) -> Self {
        let old: Vec<String> = (0..n).map(|it| format!("r{it}")).collect();
        let mut new = old.clone();
        new.splice(from..=to, ["s".to_owned()]);
        let graphs = [graph(&line(&old), &[]), graph(&line(&new), &old[from..=to])];
        let history = History { is_whole: true, ..History::default() };
        Self { graphs, is_after: false, history, done: Vec::new() }
    }

    fn graph(&self) -> &RevisionGraph {
        &self.graphs[usize::from(self.is_after)]
    }

    fn write(&mut self, writes: &[RowWrite]) {
        for write in writes {
            let (from, to) = write.ends();
            self.history.rows.retain(|it| Some(it.as_str()) != from);
            self.history.rows.extend(to.map(ToString::to_string));
        }
    }

    fn note<'n>(&mut self, notes: impl IntoIterator<Item = &'n Note>) {
        self.history.log.extend(notes.into_iter().map(|it| LogRow {
            revision: it.revision.clone(),
            direction: it.direction.as_str().to_owned(),
            started_at: "now".to_owned(),
            duration_ms: None,
            checksum: it.checksum.clone(),
            version: "1".to_owned(),
            tag: None,
            who: None,
        }));
    }

    /// Runs to a target; what is done twice, or undone without being there, is told.
    fn run(&mut self, direction: Direction, target: &str) -> Result<(), String> {
        let (symbol, rows) = (target.parse().unwrap(), self.history.rows.clone());
        let goal = match direction {
            Direction::Upgrade => Goal::upgrade(self.graph(), &rows, &symbol),
            Direction::Downgrade => Goal::downgrade(self.graph(), &rows, &symbol),
        };
        let Ok(plan) = goal.and_then(|it| it.plan(self.graph(), &rows)) else { return Ok(()) };
        if plan.steps.is_empty() {
            return Ok(());
        }
        let again = run_again(self.graph(), &self.history, &plan);
        let notes = unlogged(self.graph(), &self.history, &plan);
        self.note(&notes);
        for step in plan.steps {
            let revision = self.graph()[step.revision].clone();
            self.write(&step.writes);
            let ids = if revision.replaces.is_empty() {
                std::slice::from_ref(&revision.id)
            } else {
                &revision.replaces
            };
            for id in ids {
                let place = self.done.iter().position(|it| it == id.as_str());
                match (step.direction, place) {
                    (Direction::Upgrade, None) => self.done.push(id.to_string()),
                    (Direction::Downgrade, Some(place)) => drop(self.done.swap_remove(place)),
                    (_, place) => return Err(format!("{id} again: {place:?} {again:?}")),
                }
            }
            let direction = LogDirection::from(step.direction);
            let checksum = Some(checksum(&revision));
            let own = Note { revision: revision.id.to_string(), direction, checksum };
            let others = stood_for(&revision, direction).into_iter();
            let others: Vec<Note> = others
                .map(|(id, direction)| Note { revision: id.to_string(), direction, checksum: None })
                .collect();
            let is_up = step.direction == Direction::Upgrade;
            let (first, last) = if is_up { (others, vec![own]) } else { (vec![own], others) };
            self.note(first.iter().chain(&last));
        }
        if again.is_empty() { Ok(()) } else { Err(format!("warned of {again:?}")) }
    }

    /// Stamps, after what is in the way of that was brought about by hand.
    fn stamp(&mut self, target: &str) {
        let symbols = [target.parse().unwrap()];
        let Ok(plan) = plan_stamp(self.graph(), &self.history.rows, &symbols, Purge::No) else {
            return;
        };
        let notes = stamped(self.graph(), &self.history, &plan.end);
        self.note(&notes);
        self.write(&plan.writes);
        let applied = self
            .graph()
            .ids(&self.graph().upgrade_order(&implied(self.graph(), &self.history.rows)));
        let old = |it: &RevisionId| match it.as_str() {
            "s" => self.graphs[1][self.graphs[1].by_id("s").unwrap()].replaces.clone(),
            _ => vec![it.clone()],
        };
        self.done = applied.iter().flat_map(old).map(|it| it.to_string()).collect();
    }

    /// Takes the other files, unless the database is in the middle of the range; does then what
    /// `status` prints.
    fn switch(&mut self) {
        let other = &self.graphs[usize::from(!self.is_after)];
        // Without a log nothing tells the files of before what `s` was.
        let is_known = !self.history.log.is_empty();
        let is_in_the_middle =
            |row: &String| !(row == "s" && is_known) && other.of_row(row).is_none();
        if self.history.rows.iter().any(is_in_the_middle) {
            return;
        }
        self.is_after = !self.is_after;
        for trouble in audit(self.graph(), &self.history) {
            match trouble {
                Trouble::Ahead { back: Some(Back { targets, .. }), .. } => {
                    let target = targets.first().map_or("base", RevisionId::as_str).to_owned();
                    let done = std::mem::take(&mut self.done);
                    self.stamp(&target);
                    // It runs nothing.
                    self.done = done;
                }
                Trouble::Gone { revision, .. } => {
                    let repair = repair(self.graph(), &self.history, &revision, Accepted::AsItIs);
                    self.note(repair.unwrap().unwrap().notes());
                }
                _ => {}
            }
        }
    }

    fn act(&mut self, what: u8, id: &str) -> Result<(), String> {
        match what {
            0..3 => self.run(Direction::Upgrade, id)?,
            3 => self.run(Direction::Upgrade, "heads")?,
            4 | 5 => self.run(Direction::Downgrade, id)?,
            6 => self.run(Direction::Downgrade, "base")?,
            7 => self.stamp(id),
            8 => self.stamp("base"),
            // As if the log had been off until then.
            9 => self.history.log.clear(),
            _ => self.switch(),
        }
        let found = audit(self.graph(), &self.history);
        if !found.is_empty() {
            return Err(format!("{found:?}"));
        }
        let mut done = self.done.clone();
        done.sort();
        let goal = implied(&self.graphs[0], &self.rows_of_before());
        let expected = self.graphs[0].ids(&goal.iter().collect::<Vec<_>>());
        let mut expected: Vec<String> = expected.iter().map(ToString::to_string).collect();
        expected.sort();
        if done == expected { Ok(()) } else { Err(format!("{done:?}, and not {expected:?}")) }
    }

    /// The rows, as files of before would have them.
    fn rows_of_before(&self) -> Vec<String> {
        let squash = &self.graphs[1][self.graphs[1].by_id("s").unwrap()];
        let last = squash.replaces.last().unwrap().to_string();
        let old = |it: &String| if it == "s" { last.clone() } else { it.clone() };
        self.history.rows.iter().map(old).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn files_of_before_and_after_a_squash_by_turns(
        n in 3..7_usize,
        range in (any::<prop::sample::Index>(), any::<prop::sample::Index>()),
        actions in proptest::collection::vec((0..14_u8, any::<prop::sample::Index>()), 1..14),
    ) {
        let from = range.0.index(n - 1);
        let to = from + 1 + range.1.index(n - 1 - from);
        let mut switched = Switched::new(n, from, to);
        let mut said = vec![format!("{n} {from}..={to}")];
        for (what, which) in actions {
            let ids = switched.graph().ids(&switched.graph().indices().collect::<Vec<_>>());
            let id = which.get(&ids).to_string();
            said.push(format!("{what} {id}"));
            let outcome = switched.act(what, &id);
            let log: Vec<_> =
                switched.history.log.iter().map(|it| (&it.revision, &it.direction)).collect();
            prop_assert!(outcome.is_ok(), "{said:?}: {outcome:?}\n{log:?}");
        }
    }
}
