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

use rusqlite::Connection;

use crate::invent::{self, Pair, Survivor};
use crate::inventions::rank;
use crate::oracle::{self, Facts};
use crate::project::{Project, Ran, script};
use crate::rng::Rng;
use crate::{data, print};

/// How many pairs are tried where nobody says otherwise.
const N_PAIRS: u64 = 150;

/// How it went with a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    /// There was no difference, and nothing was written.
    Same,
    /// Up and down, with the rows.
    Done,
    /// Rows stood in the way up; without them it went.
    RefusedUp,
    /// Rows stood in the way down; without them it went.
    RefusedDown,
}

/// All of a database that must not change unseen.
#[derive(Debug, PartialEq)]
struct Snapshot {
    facts: Facts,
    /// For each table its rows with all columns.
    rows: BTreeMap<String, Vec<Vec<String>>>,
    sequences: BTreeMap<String, i64>,
    versions: Vec<String>,
}

fn snapshot(connection: &Connection) -> Snapshot {
    let mut rows = BTreeMap::new();
    for table in oracle::tables(connection) {
        let columns = oracle::columns(connection, &table.name);
        let rowid = oracle::rowid_name(&columns).filter(|_| !table.is_without_rowid);
        let rowid = rowid.filter(|_| table.kind == "table");
        let names: Vec<String> =
            columns.into_iter().filter(|it| it.hidden != 1).map(|it| it.name).collect();
        rows.insert(table.name.clone(), oracle::rows(connection, &table.name, &names, rowid));
    }
    let sql = "SELECT version_num FROM alembic_version";
    Snapshot {
        facts: oracle::facts(connection),
        rows,
        sequences: sequences(connection),
        versions: oracle::query(connection, sql, &[], |row| row.get(0)),
    }
}

/// The sequences of `AUTOINCREMENT` that have begun.
fn sequences(connection: &Connection) -> BTreeMap<String, i64> {
    let sql = "SELECT count(*) FROM sqlite_schema WHERE name = 'sqlite_sequence'";
    if connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap() == 0 {
        return BTreeMap::new();
    }
    let sql = "SELECT lower(name), seq FROM sqlite_sequence WHERE seq > 0";
    let all: Vec<(String, i64)> =
        oracle::query(connection, sql, &[], |row| Ok((row.get(0)?, row.get(1)?)));
    let n_all = all.len();
    let sequences: BTreeMap<String, i64> =
        all.into_iter().filter(|it| it.0 != "migrator_log").collect();
    assert!(n_all <= sequences.len() + 1, "a table has two sequences");
    sequences
}

/// The rows of the surviving columns of a table, and the rowids where they must survive.
fn surviving(
    connection: &Connection,
    table: &str,
    names: &[String],
    with_rowid: bool,
) -> Vec<Vec<String>> {
    let columns = oracle::columns(connection, table);
    let rowid = oracle::rowid_name(&columns).filter(|_| with_rowid);
    oracle::rows(connection, table, names, rowid)
}

struct Case {
    pair: Pair,
    project: Project,
    from: String,
    facts: [Facts; 2],
    /// Which file each table of the two sides is.
    sides: [Connection; 2],
}

impl Case {
    fn new(pair: Pair) -> Self {
        let from = script(&pair.from);
        let to: Vec<(String, String)> = if pair.is_scattered {
            let file = |(n, sql): (usize, &String)| (format!("{n:02}.sql"), format!("{sql};\n"));
            pair.to.iter().enumerate().map(file).collect()
        } else {
            vec![("schema.sql".to_owned(), script(&pair.to))]
        };
        let mut sorted = pair.to.clone();
        sorted.sort_by_key(|it| rank(it));
        let sides = [invent::accept(&pair.from).unwrap(), invent::accept(&sorted).unwrap()];
        let facts = [oracle::facts(&sides[0]), oracle::facts(&sides[1])];
        let project = Project::new("", &from, &to);
        Self { pair, project, from, facts, sides }
    }

    /// A database with the first schema, and with rows if a seed is given.
    fn database(&self, seed: Option<u64>) {
        for attempt in 0..5 {
            let connection = self.project.database(&self.from);
            let Some(seed) = seed else { return };
            data::fill(&connection, &mut Rng::new(seed.wrapping_add(attempt)));
            // Some triggers undermine their own foreign keys; that is not what is tested.
            if oracle::damage(&connection).is_empty() {
                return;
            }
        }
        self.project.database(&self.from);
    }

    /// Whether the rowids of a table are the user's on both sides and no column.
    fn keeps_rowids(&self, survivor: &Survivor) -> bool {
        let is_kept = |side: &Connection, name: &str| {
            let info = oracle::tables(side);
            let info = info.iter().find(|it| it.name.eq_ignore_ascii_case(name)).unwrap();
            let columns = oracle::columns(side, name);
            let sql = "SELECT count(*) FROM pragma_index_list(?1) WHERE origin = 'pk'";
            let n: i64 = side.query_row(sql, [name], |row| row.get(0)).unwrap();
            let has_rowid_column = columns.iter().any(|it| it.key > 0) && n == 0;
            !info.is_without_rowid && !has_rowid_column && oracle::rowid_name(&columns).is_some()
        };
        is_kept(&self.sides[0], &survivor.from) && is_kept(&self.sides[1], &survivor.to)
    }

    fn is_autoincrement(&self, side: usize, table: &str) -> bool {
        let lines = &self.facts[side][&format!("table {}", table.to_ascii_lowercase())];
        lines.iter().any(|it| it.ends_with("autoincrement true"))
    }

    /// Virtual tables that are the same on both sides and keep their rows themselves.
    fn same_virtuals(&self) -> Vec<String> {
        let tables = oracle::tables(&self.sides[0]);
        let virtuals = tables.into_iter().filter(|it| it.kind == "virtual");
        virtuals
            .filter(|it| {
                let key = format!("table {}", it.name.to_ascii_lowercase());
                self.facts[1].get(&key) == self.facts[0].get(&key)
                    && !self.facts[0][&key][0].contains("content =")
            })
            .map(|it| it.name)
            .collect()
    }

    /// What must be the same before and after, as the database tells it now.
    fn survivors(&self, side: usize) -> BTreeMap<String, Vec<Vec<String>>> {
        let connection = self.project.connect();
        let mut found = BTreeMap::new();
        for survivor in &self.pair.survivors {
            let table = if side == 0 { &survivor.from } else { &survivor.to };
            let names: Vec<String> = survivor
                .columns
                .iter()
                .filter(|it| !it.is_filled)
                .map(|it| if side == 0 { it.from.clone() } else { it.to.clone() })
                .collect();
            let rows = surviving(&connection, table, &names, self.keeps_rowids(survivor));
            found.insert(survivor.from.clone(), rows);
            if self.is_autoincrement(0, &survivor.from) && self.is_autoincrement(1, &survivor.to) {
                let sequence = sequences(&connection).get(&table.to_ascii_lowercase()).copied();
                let sequence = format!("{}", sequence.unwrap_or(0));
                found.insert(format!("{} (sequence)", survivor.from), vec![vec![sequence]]);
            }
        }
        for name in self.same_virtuals() {
            let sql = format!("SELECT * FROM {}", print::plain_name(&name));
            let n = oracle::columns(&connection, &name).iter().filter(|it| it.hidden == 0).count();
            let rows = oracle::query(&connection, &sql, &[], |row| {
                (0..n).map(|it| Ok(oracle::value(row.get_ref(it)?))).collect()
            });
            found.insert(format!("{name} (virtual)"), rows);
        }
        found
    }

    /// Demands that the database has this schema and is sound.
    fn demand_schema(&self, side: usize, ran: &Ran) {
        let connection = self.project.connect();
        let facts = oracle::facts(&connection);
        let difference = oracle::difference(&self.facts[side], &facts);
        assert!(difference.is_empty(), "the schema is not what it should be:\n{difference}\n{ran}");
        assert_eq!(oracle::damage(&connection), Vec::<String>::new(), "damaged\n{ran}");
        if let Err(error) = oracle::compile(&connection) {
            panic!("something does not compile any more: {error}\n{ran}");
        }
        let left: Vec<String> = oracle::query(
            &connection,
            "SELECT name FROM sqlite_schema WHERE name LIKE '%migrator%' AND tbl_name NOT LIKE '%migrator_log%'",
            &[],
            |row| row.get(0),
        );
        assert_eq!(left, Vec::<String>::new(), "leftovers\n{ran}");
    }

    fn demand_survivors(
        &self,
        before: &BTreeMap<String, Vec<Vec<String>>>,
        side: usize,
        ran: &Ran,
    ) {
        for (what, rows) in self.survivors(side) {
            let old = &before[&what];
            assert!(*old == rows, "{what} was\n{old:?}\nand is\n{rows:?}\n{ran}");
        }
    }

    /// Runs `upgrade` or `downgrade`; `false` if it was refused because of rows.
    fn migrate(&self, command: &[&str], has_rows: bool) -> (bool, Ran) {
        let before = snapshot(&self.project.connect());
        let ran = self.project.run(command);
        match ran.code {
            Some(0) => (true, ran),
            Some(2) if has_rows => {
                let after = snapshot(&self.project.connect());
                assert!(before == after, "it was refused and changed something\n{ran}");
                (false, ran)
            }
            _ => panic!("{command:?} failed: {ran}"),
        }
    }
}

/// Everything about one pair. Panics with what is wrong.
fn check(seed: u64) -> Outcome {
    let case = Case::new(invent::pair(seed));
    case.database(Some(seed));
    let before = case.survivors(0);

    let ran = case.project.autogenerate(&case.pair.arguments);
    assert_eq!(ran.code, Some(0), "autogenerate failed: {ran}");
    let generated = case.project.generated();
    let difference = oracle::difference(&case.facts[0], &case.facts[1]);
    if difference.is_empty() {
        assert!(generated.is_none(), "no difference, and yet: {generated:#?}\n{ran}");
        return Outcome::Same;
    }
    assert!(generated.is_some(), "nothing was written for\n{difference}\n{ran}");

    let mut outcome = Outcome::Done;
    let (done, ran) = case.migrate(&["upgrade", "head"], true);
    if !done {
        outcome = Outcome::RefusedUp;
        case.database(None);
        case.migrate(&["upgrade", "head"], false);
    }
    case.demand_schema(1, &ran);
    if done {
        case.demand_survivors(&before, 1, &ran);
    }

    let ran = case.project.run(&["check"]);
    assert_eq!(ran.code, Some(0), "something is left to generate: {ran}");
    let ran = case.project.run(&["check", "--database"]);
    assert_eq!(ran.code, Some(0), "the database is not what the revisions make: {ran}");

    let middle = case.survivors(1);
    let (down, ran) = case.migrate(&["downgrade", "-1"], done);
    if !down {
        outcome = Outcome::RefusedDown;
        case.database(None);
        case.migrate(&["upgrade", "head"], false);
        case.migrate(&["downgrade", "-1"], false);
    }
    case.demand_schema(0, &ran);
    if down && done {
        case.demand_survivors(&middle, 0, &ran);
    }
    outcome
}

fn number(name: &str) -> Option<u64> {
    env::var(name).ok().map(|it| it.parse().unwrap_or_else(|_| panic!("{name} is no number")))
}

/// The pair and what was generated for it, to be read by the one who looks for the mistake.
fn report(seed: u64) -> String {
    let case = Case::new(invent::pair(seed));
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

/// Whether the binary can do it; it says so in its help.
fn is_available() -> bool {
    let project = Project::new("", "", &[]);
    project.run(&["revision", "--help"]).stdout.contains("--autogenerate")
}

#[test]
fn every_pair_of_schemas() {
    if !is_available() {
        eprintln!("SKIPPED: this binary has no --autogenerate");
        return;
    }
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

    let mut counts: BTreeMap<Outcome, usize> = BTreeMap::new();
    let mut failures = Vec::new();
    for (seed, outcome) in tried {
        match outcome {
            Ok(outcome) => *counts.entry(outcome).or_default() += 1,
            Err(message) => failures.push((seed, message)),
        }
    }
    eprintln!("{n_pairs} pairs from seed {first} on: {counts:?}, {} failed", failures.len());
    failures.sort();
    for (seed, message) in failures.iter().take(40) {
        let line: String = message.lines().take(6).collect::<Vec<_>>().join(" | ");
        eprintln!("MIGRATOR_SEED={seed}: {}", line.chars().take(300).collect::<String>());
    }
    if let Some((seed, message)) = failures.first() {
        panic!("MIGRATOR_SEED={seed}\n{message}\n\n{}", report(*seed));
    }
}

fn said(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(|it| (*it).to_owned()))
        .unwrap_or_default()
}
