//! What must hold for every pair of schemas, whatever they are.
//!
//! The database has the first schema and rows. After `revision --autogenerate` and `upgrade` it has
//! the second one, told by an oracle of its own; nothing is damaged; what survives is what it was,
//! to the byte and the type; nothing is left to generate; and `downgrade` brings back the first. A
//! run that is refused because of rows leaves everything as it was, and goes through without them.

use std::collections::BTreeMap;
use std::env;
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::case::{Case, Outcome};
use crate::invent::{self, Pair};
use crate::project::{SECOND, script};
use crate::rng::Rng;
use crate::{data, oracle};

/// How many pairs are tried where nobody says otherwise.
const N_PAIRS: u64 = 150;

/// Everything about one pair. Panics with what is wrong.
fn check(seed: u64) -> Outcome {
    let case = Case::new(invent::pair(seed), "");
    let ran = case.project.autogenerate(&case.pair.arguments);
    assert_eq!(ran.code, Some(0), "autogenerate failed: {ran}");
    let generated = case.project.generated();
    let difference = oracle::difference(&case.facts[0], &case.facts[1]);
    if difference.is_empty() {
        assert!(generated.is_none(), "no difference, and yet: {generated:#?}\n{ran}");
        return Outcome::Same;
    }
    assert!(generated.is_some(), "nothing was written for\n{difference}\n{ran}");
    demand_no_false_alarm(&case);
    // Some triggers undermine their own foreign keys; that is not what is tested.
    let rows = (0..5).map(|attempt| seed.wrapping_add(attempt)).find(|rows| {
        let scratch = invent::accept(&case.pair.from).unwrap();
        data::fill(&scratch, &mut Rng::new(*rows));
        oracle::damage(&scratch).is_empty()
    });
    case.demand_both_ways(&|connection| {
        if let Some(rows) = rows {
            data::fill(connection, &mut Rng::new(rows));
        }
    })
}

/// What `lint` may find in a generated revision: data that is lost, and what was declared so. Rows
/// that may be in the way are looked for by the revision itself.
const RULES: [&str; 4] =
    ["drop-table", "drop-column", "type-narrowed", "missing-index-on-foreign-key"];

fn demand_no_false_alarm(case: &Case) {
    let ran = case.project.run(&["lint", SECOND, "--json"]);
    let answer: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let survivors = &case.pair.survivors;
    for finding in answer["findings"].as_array().unwrap() {
        let (rule, message) = (finding["rule"].as_str(), finding["message"].as_str().unwrap());
        assert!(rule.is_some_and(|it| RULES.contains(&it)), "lint: {ran}");
        for survivor in survivors {
            let dropped = format!("drops the table `{}` ", survivor.from);
            assert!(!message.starts_with(&dropped), "lint: {ran}");
            for column in &survivor.columns {
                let dropped = format!("drops `{}.{}` ", survivor.to, column.from);
                let is_there = survivor.columns.iter().any(|it| it.to == column.from);
                assert!(is_there || !message.starts_with(&dropped), "lint: {ran}");
            }
        }
    }
}

/// A number in the environment.
pub fn number(name: &str) -> Option<u64> {
    env::var(name).ok().map(|it| it.parse().unwrap_or_else(|_| panic!("{name} is no number")))
}

/// The pair and what was generated for it, to be read by the one who looks for the mistake.
fn report(seed: u64) -> String {
    let case = Case::new(invent::pair(seed), "");
    let Pair { from, to, arguments, .. } = &case.pair;
    let mut text = format!("{}\n==== to\n{}\n", script(from), script(to));
    writeln!(text, "==== arguments {arguments:?}").unwrap();
    let difference = oracle::difference(&case.facts[0], &case.facts[1]);
    writeln!(text, "==== difference\n{difference}").unwrap();
    case.project.autogenerate(arguments);
    if let Some(it) = case.project.generated() {
        writeln!(text, "==== upgrade\n{}\n==== downgrade\n{}", it.upgrade, it.downgrade).unwrap();
    }
    text
}

#[test]
fn every_pair_of_schemas() {
    if let Some(seed) = number("MIGRATOR_SEED") {
        eprintln!("{}", report(seed));
        eprintln!("seed {seed}: {:?}", check(seed));
        return;
    }
    let n_pairs = number("MIGRATOR_PAIRS").unwrap_or(N_PAIRS);
    let first = number("MIGRATOR_FIRST").unwrap_or(0);
    let next = AtomicU64::new(first);
    let n_threads = std::thread::available_parallelism().map_or(2, usize::from);
    let tried = std::thread::scope(|scope| {
        let work = || {
            let mut outcomes = Vec::new();
            loop {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                if seed >= first + n_pairs {
                    return outcomes;
                }
                let outcome = catch_unwind(AssertUnwindSafe(|| check(seed)));
                outcomes.push((seed, outcome.map_err(|it| said(&*it))));
            }
        };
        let threads: Vec<_> = (0..n_threads).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|it| it.join().unwrap()).collect::<Vec<_>>()
    });

    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut failures = Vec::new();
    for (seed, outcome) in tried {
        match outcome {
            Ok(outcome) => *counts.entry(outcome.kind()).or_default() += 1,
            Err(message) => failures.push((seed, message)),
        }
    }
    eprintln!("{n_pairs} pairs from seed {first} on: {counts:?}, {} failed", failures.len());
    failures.sort();
    for (seed, message) in failures.iter().take(40) {
        let line: String = message.lines().take(8).collect::<Vec<_>>().join(" | ");
        eprintln!("MIGRATOR_SEED={seed}: {}", line.chars().take(400).collect::<String>());
    }
    // The smallest is the easiest to read.
    let size = |seed: u64| {
        let pair = invent::pair(seed);
        pair.from.iter().chain(&pair.to).map(String::len).sum::<usize>()
    };
    if let Some((seed, message)) = failures.iter().min_by_key(|it| size(it.0)) {
        panic!("MIGRATOR_SEED={seed}\n{message}\n\n{}", report(*seed));
    }
}

pub fn said(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(|it| (*it).to_owned()))
        .unwrap_or_default()
}
