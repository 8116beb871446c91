//! A pair of schemas in a project of its own, and what must hold whatever the pair is.

use std::cell::RefCell;
use std::collections::BTreeMap;

use rusqlite::Connection;

use crate::invent::{self, Pair, Survivor};
use crate::inventions::rank;
use crate::oracle::{self, Facts};
use crate::print;
use crate::project::{Project, Ran, script};

/// All of a database that must not change unseen.
#[derive(Debug, PartialEq)]
pub struct Snapshot {
    facts: Facts,
    /// For each table its rows with all columns.
    rows: BTreeMap<String, Vec<Vec<String>>>,
    sequences: BTreeMap<String, i64>,
    versions: Vec<String>,
}

pub fn snapshot(connection: &Connection) -> Snapshot {
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

/// Full-text indexes of other tables that do not hold what these do.
fn stale_full_text(connection: &Connection) -> Vec<String> {
    let sql = "SELECT name FROM sqlite_schema WHERE lower(sql) LIKE '%using%fts5%content=%'";
    let mut names: Vec<String> = oracle::query(connection, sql, &[], |row| row.get(0));
    names.retain(|it| {
        let name = print::plain_name(it);
        let sql = format!("INSERT INTO {name}({name}, rank) VALUES('integrity-check', 1)");
        // What FTS5 finds wrong right after it has filled the index is not about the index: it reads
        // some values of odd columns twice in two ways.
        let fresh = format!(
            "SAVEPOINT fresh; INSERT INTO {name}({name}) VALUES('rebuild'); {sql}; \
             ROLLBACK TO fresh; RELEASE fresh"
        );
        let is_stale = connection.execute_batch(&sql).is_err();
        let can_be_fresh = !is_stale || connection.execute_batch(&fresh).is_ok();
        connection.execute_batch("ROLLBACK TO fresh; RELEASE fresh").ok();
        is_stale && can_be_fresh
    });
    names
}

/// One change, or many, to be generated and tried.
pub struct Case {
    pub pair: Pair,
    pub project: Project,
    pub from: String,
    pub facts: [Facts; 2],
    /// The two schemas in memory, without rows.
    pub sides: [Connection; 2],
    /// Full-text indexes that were not up to date from the beginning: their content has a column
    /// called like the rowid.
    stale: RefCell<Vec<String>>,
}

impl Case {
    pub fn new(pair: Pair, config: &str) -> Self {
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
        let project = Project::new(config, &from, &to);
        Self { pair, project, from, facts, sides, stale: RefCell::default() }
    }

    /// A database with the first schema and no rows.
    pub fn database(&self) -> Connection {
        self.project.database(&self.from)
    }

    /// Whether the rowids of a table are the user's on both sides and no column.
    pub fn keeps_rowids(&self, survivor: &Survivor) -> bool {
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

    pub fn is_autoincrement(&self, side: usize, table: &str) -> bool {
        let lines = &self.facts[side][&format!("table {}", table.to_ascii_lowercase())];
        lines.iter().any(|it| it.ends_with("autoincrement true"))
    }

    /// Virtual tables that are the same on both sides and keep their rows themselves.
    pub fn same_virtuals(&self) -> Vec<String> {
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
    pub fn survivors(&self, side: usize) -> BTreeMap<String, Vec<Vec<String>>> {
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
    pub fn demand_schema(&self, side: usize, ran: &Ran) {
        let connection = self.project.connect();
        let facts = oracle::facts(&connection);
        let difference = oracle::difference(&self.facts[side], &facts);
        assert!(difference.is_empty(), "the schema is not what it should be:\n{difference}\n{ran}");
        assert_eq!(oracle::damage(&connection), Vec::<String>::new(), "damaged\n{ran}");
        if let Err(error) = oracle::compile(&connection) {
            panic!("something does not compile any more: {error}\n{ran}");
        }
        let mut stale = stale_full_text(&connection);
        stale.retain(|it| !self.stale.borrow().contains(it));
        assert_eq!(stale, Vec::<String>::new(), "full-text indexes that are not up to date\n{ran}");
        let left: Vec<String> = oracle::query(
            &connection,
            "SELECT name FROM sqlite_schema WHERE name LIKE '%migrator%' AND tbl_name NOT LIKE '%migrator_log%'",
            &[],
            |row| row.get(0),
        );
        assert_eq!(left, Vec::<String>::new(), "leftovers\n{ran}");
    }

    pub fn demand_survivors(
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
    pub fn migrate(&self, command: &[&str], has_rows: bool) -> (bool, Ran) {
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

    /// Up, nothing left to do, and down again; with the rows that `fill` makes, and without them
    /// where they stand in the way. Panics with what is wrong.
    pub fn demand_both_ways(&self, fill: &dyn Fn(&Connection)) -> Outcome {
        let connection = self.database();
        fill(&connection);
        self.stale.replace(stale_full_text(&connection));
        drop(connection);
        let before = self.survivors(0);
        let mut outcome = Outcome::Done;
        let (done, ran) = self.migrate(&["upgrade", "head"], true);
        if !done {
            outcome = Outcome::RefusedUp(ran.stderr.clone());
            drop(self.database());
            self.migrate(&["upgrade", "head"], false);
        }
        self.demand_schema(1, &ran);
        if done {
            self.demand_survivors(&before, 1, &ran);
        }

        let ran = self.project.run(&["check"]);
        assert_eq!(ran.code, Some(0), "something is left to generate: {ran}");
        let ran = self.project.run(&["check", "--database"]);
        assert_eq!(ran.code, Some(0), "the database is not what the revisions make: {ran}");

        let middle = self.survivors(1);
        let (down, ran) = self.migrate(&["downgrade", "-1"], done);
        if !down {
            outcome = Outcome::RefusedDown(ran.stderr.clone());
            drop(self.database());
            self.migrate(&["upgrade", "head"], false);
            self.migrate(&["downgrade", "-1"], false);
        }
        self.demand_schema(0, &ran);
        if down && done {
            self.demand_survivors(&middle, 0, &ran);
        }
        outcome
    }
}

/// How it went with a pair.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// There was no difference, and nothing was written.
    Same,
    /// Up and down, with the rows.
    Done,
    /// Rows stood in the way up, as it said; without them it went.
    RefusedUp(String),
    /// Rows stood in the way down; without them it went.
    RefusedDown(String),
}

impl Outcome {
    /// Without what was said.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Same => "the same",
            Self::Done => "up and down",
            Self::RefusedUp(_) => "refused because of rows",
            Self::RefusedDown(_) => "not back because of rows",
        }
    }
}
