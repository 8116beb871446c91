//! Chains of revisions made from a seed, with faults planted in some of them.
//!
//! Each upgrade is run at once on a database of its own, which then says how to make again what the
//! next one drops.

use rusqlite::Connection;

use super::{on, revision};
use crate::revision::Revision;

/// Numbers that are a function of a seed (`SplitMix64`).
struct Rng(u64);

impl Rng {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % n as u64).unwrap()
    }

    fn pick<'t, T>(&mut self, from: &'t [T]) -> Option<&'t T> {
        if from.is_empty() { None } else { Some(&from[self.below(from.len())]) }
    }
}

/// A chain, and all that a rehearsal must say about it.
pub struct Chain {
    /// The revisions.
    pub revisions: Vec<Revision>,
    /// In the words of the tests, sorted.
    pub expected: Vec<String>,
    /// How many wrong downgrades there are of each kind.
    pub n_planted: [usize; Fault::ALL.len()],
}

/// What can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// The downgrade forgets an object.
    Forgotten,
    /// It drops another column.
    WrongColumn,
    /// It fails.
    Fails,
    /// It drops something else besides.
    TooMuch,
    /// It leaves rows that the upgrade wants to insert.
    RowsStay,
    /// It makes again what was dropped, but otherwise.
    Otherwise,
}

impl Fault {
    const ALL: [Self; 6] = [
        Self::Forgotten,
        Self::WrongColumn,
        Self::Fails,
        Self::TooMuch,
        Self::RowsStay,
        Self::Otherwise,
    ];
}

/// The two bodies of a revision that is being made, and what is wrong with it.
struct Bodies {
    up: Vec<String>,
    down: Vec<String>,
    wrong: Vec<String>,
}

impl Bodies {
    fn fine(up: impl Into<String>, down: impl Into<String>) -> Self {
        Self { up: vec![up.into()], down: vec![down.into()], wrong: Vec::new() }
    }
}

struct Maker {
    rng: Rng,
    database: Connection,
    n_names: usize,
}

/// Makes a chain of so many revisions; in about one of twelve a fault is planted. Some stand on side
/// branches that are merged again, some are irreversible.
pub fn chain(seed: u64, n_revisions: usize) -> Chain {
    let database = Connection::open_in_memory().unwrap();
    let mut maker = Maker { rng: Rng(seed), database, n_names: 0 };
    let mut chain =
        Chain { revisions: Vec::new(), expected: Vec::new(), n_planted: [0; Fault::ALL.len()] };
    let mut heads: Vec<String> = Vec::new();
    while chain.revisions.len() < n_revisions {
        let id = format!("r{:04}", chain.revisions.len());
        // A side branch has a table of its own, so that any order will do.
        if heads.len() == 1 && maker.rng.below(20) == 0 {
            let (side, table) = (format!("{id}s"), maker.name("side"));
            let (up, down) = (format!("CREATE TABLE {table}(a)"), format!("DROP TABLE {table}"));
            maker.database.execute_batch(&up).unwrap();
            chain.revisions.push(on(&[&heads[0]], revision(&side, &up, &down)));
            heads.push(side);
        }
        let is_merge = heads.len() > 1 && maker.rng.below(3) == 0;
        let planted = Fault::ALL[maker.rng.below(Fault::ALL.len())];
        let planted = (maker.rng.below(12) == 0).then_some(planted);
        let (bodies, is_planted) = match planted.and_then(|it| maker.wrong(it)) {
            Some(bodies) => (bodies, true),
            None => (maker.right(), false),
        };
        maker.database.execute_batch(&bodies.up.join(";\n")).unwrap();
        let is_irreversible = !is_planted && maker.rng.below(40) == 0;
        let down = if is_irreversible { "irreversible".into() } else { bodies.down.join(";\n") };
        let parents: Vec<&str> = match &heads[..] {
            [] => Vec::new(),
            all if is_merge => all.iter().map(String::as_str).collect(),
            [first, ..] => vec![first],
        };
        chain.revisions.push(on(&parents, revision(&id, &bodies.up.join(";\n"), &down)));
        let wrong = bodies.wrong.iter().map(|it| it.replace("{id}", &id));
        chain.expected.extend(wrong.map(|it| format!("{id} {it}")));
        if is_irreversible {
            chain.expected.push(format!("{id} irreversible"));
        }
        if let Some(fault) = planted.filter(|_| is_planted) {
            let place = Fault::ALL.iter().position(|it| *it == fault).unwrap();
            chain.n_planted[place] += 1;
        }
        if is_merge || heads.is_empty() {
            heads = vec![id];
        } else {
            heads[0] = id;
        }
    }
    chain.expected.sort();
    chain
}

impl Maker {
    fn name(&mut self, kind: &str) -> String {
        self.n_names += 1;
        format!("{kind}_{}", self.n_names)
    }

    fn names(&self, sql: &str) -> Vec<String> {
        let mut statement = self.database.prepare(sql).unwrap();
        let names = statement.query_map([], |row| row.get(0)).unwrap();
        names.collect::<Result<_, _>>().unwrap()
    }

    /// The names of objects of a kind whose name begins like this.
    fn objects(&self, kind: &str, prefix: &str) -> Vec<String> {
        self.names(&format!(
            "SELECT name FROM sqlite_schema WHERE type = '{kind}' AND name GLOB '{prefix}_*'
             ORDER BY name"
        ))
    }

    fn table(&mut self) -> Option<String> {
        let tables = self.objects("table", "t");
        self.rng.pick(&tables).cloned()
    }

    /// A table that no view, trigger or key of another object names.
    fn lonely_table(&mut self) -> Option<String> {
        let is_lonely = "NOT EXISTS (SELECT 1 FROM sqlite_schema AS o WHERE o.tbl_name <> t.name
                         AND instr(o.sql || ' ', t.name) > 0)
                         AND NOT EXISTS (SELECT 1 FROM sqlite_schema AS o
                         WHERE o.tbl_name = t.name AND o.type = 'trigger')";
        let tables = self.names(&format!(
            "SELECT name FROM sqlite_schema AS t WHERE type = 'table' AND name GLOB 't_*' AND {is_lonely}
             ORDER BY name"
        ));
        self.rng.pick(&tables).cloned()
    }

    fn sql(&self, name: &str) -> String {
        let sql = "SELECT sql FROM sqlite_schema WHERE name = ?1";
        self.database.query_row(sql, [name], |row| row.get(0)).unwrap()
    }

    /// The statements that make a table and all that belongs to it.
    fn all_of(&self, table: &str) -> Vec<String> {
        self.names(&format!(
            "SELECT sql FROM sqlite_schema WHERE tbl_name = '{table}' AND sql IS NOT NULL ORDER BY rowid"
        ))
    }

    /// A revision that goes up, down and up again.
    fn right(&mut self) -> Bodies {
        for _ in 0..20 {
            if let Some(bodies) = self.try_right() {
                return bodies;
            }
        }
        self.new_table()
    }

    fn try_right(&mut self) -> Option<Bodies> {
        Some(match self.rng.below(14) {
            0..=2 => self.new_table(),
            3 | 4 => {
                let (table, column) = (self.table()?, self.name("c"));
                let default = ["", " DEFAULT 7", " TEXT NOT NULL DEFAULT 'it''s'"];
                let default = default[self.rng.below(3)];
                Bodies::fine(
                    format!("ALTER TABLE {table} ADD COLUMN {column}{default}"),
                    format!("ALTER TABLE {table} DROP COLUMN {column}"),
                )
            }
            5 => {
                let (table, index) = (self.table()?, self.name("i"));
                Bodies::fine(
                    format!("CREATE INDEX {index} ON {table}(name, id DESC) WHERE name > 'a'"),
                    format!("DROP INDEX {index}"),
                )
            }
            6 => self.new_view()?,
            7 => {
                let (table, trigger) = (self.table()?, self.name("r"));
                Bodies::fine(
                    format!(
                        "CREATE TRIGGER {trigger} AFTER INSERT ON {table} WHEN new.id < 0 BEGIN
                         DELETE FROM {table} WHERE id = new.id; SELECT 1; END"
                    ),
                    format!("DROP TRIGGER {trigger}"),
                )
            }
            8 => {
                let views = self.objects("view", "v");
                let view = self.rng.pick(&views)?;
                Bodies::fine(format!("DROP VIEW {view}"), self.sql(view))
            }
            9 => {
                let (table, new) = (self.lonely_table()?, self.name("t"));
                Bodies::fine(
                    format!("ALTER TABLE {table} RENAME TO {new}"),
                    format!("ALTER TABLE {new} RENAME TO {table}"),
                )
            }
            10 => {
                let table = self.table()?;
                let new = self.name("name");
                let has_view = self.names(&format!(
                    "SELECT name FROM sqlite_schema WHERE instr(sql, '{table}') AND type = 'view'"
                ));
                let plain = self.sql(&table).contains("name TEXT") && has_view.is_empty();
                plain.then_some(())?;
                Bodies::fine(
                    format!(
                        "ALTER TABLE {table} RENAME COLUMN name TO {new};
                             ALTER TABLE {table} RENAME COLUMN {new} TO name"
                    ),
                    "SELECT 1",
                )
            }
            11 => {
                let table = self.lonely_table()?;
                let down = self.all_of(&table);
                Bodies { up: vec![format!("DROP TABLE {table}")], down, wrong: Vec::new() }
            }
            12 => {
                let table = self.lonely_table()?;
                let (new, sql) = (self.name("new"), self.all_of(&table));
                let rebuild = |to: &str| {
                    let mut all = vec![
                        sql[0].replacen(&table, &new, 1).replacen("name TEXT", to, 1),
                        format!("INSERT INTO {new} SELECT * FROM {table}"),
                        format!("DROP TABLE {table}"),
                        format!("ALTER TABLE {new} RENAME TO {table}"),
                    ];
                    all.extend(sql[1..].iter().cloned());
                    all
                };
                Bodies {
                    up: rebuild("name TEXT COLLATE NOCASE"),
                    down: rebuild("name TEXT"),
                    wrong: Vec::new(),
                }
            }
            _ => {
                let (table, id) = (self.table()?, self.name("x"));
                let number = &id[2..];
                Bodies::fine(
                    format!("INSERT INTO {table}(id, name) VALUES ({number}, 'row {number}')"),
                    format!("DELETE FROM {table} WHERE id = {number}"),
                )
            }
        })
    }

    fn new_table(&mut self) -> Bodies {
        let (parent, table) = (self.table(), self.name("t"));
        let key = match parent {
            Some(parent) if self.rng.below(3) == 0 => {
                format!(", p INTEGER REFERENCES {parent}(id)")
            }
            _ => String::new(),
        };
        let index = self.name("i");
        Bodies {
            up: vec![
                format!(
                    "CREATE TABLE {table} (id INTEGER PRIMARY KEY, name TEXT{key}, kind INTEGER)"
                ),
                format!("CREATE INDEX {index} ON {table}(name)"),
            ],
            down: vec![format!("DROP TABLE {table}")],
            wrong: Vec::new(),
        }
    }

    fn new_view(&mut self) -> Option<Bodies> {
        let (table, view) = (self.table()?, self.name("v"));
        Some(Bodies::fine(
            format!("CREATE VIEW {view} AS SELECT id, count(*) AS n FROM {table} GROUP BY id"),
            format!("DROP VIEW {view}"),
        ))
    }

    /// A revision with a fault.
    fn wrong(&mut self, fault: Fault) -> Option<Bodies> {
        let again = |n: usize, of: usize, id: &str, message: &str| {
            format!("upgrade again: revision `{id}` failed at statement {n} of {of}: {message}")
        };
        // The id is put in later, where it is known.
        let id = "{id}";
        Some(match fault {
            Fault::Forgotten => {
                let (table, index) = (self.table()?, self.name("i"));
                let wrong = vec![
                    format!("downgrade: + index {index} ON {table} (name)"),
                    again(1, 1, id, &format!("index {index} already exists")),
                ];
                Bodies {
                    up: vec![format!("CREATE INDEX {index} ON {table}(name)")],
                    down: vec![],
                    wrong,
                }
            }
            Fault::WrongColumn => {
                let (table, column) = (self.lonely_table()?, self.name("c"));
                self.sql(&table).contains("kind INTEGER").then_some(())?;
                let wrong = vec![
                    format!("downgrade: + column {table}.{column}"),
                    format!("downgrade: - column {table}.kind"),
                    again(1, 1, id, &format!("duplicate column name: {column}")),
                ];
                Bodies {
                    up: vec![format!("ALTER TABLE {table} ADD COLUMN {column}")],
                    down: vec![format!("ALTER TABLE {table} DROP COLUMN kind")],
                    wrong,
                }
            }
            Fault::Fails => {
                let mut bodies = self.new_table();
                bodies.down.push("DROP TABLE nowhere".to_owned());
                bodies.wrong.push(
                    "downgrade: revision `{id}` failed at statement 2 of 2: no such table: nowhere"
                        .to_owned(),
                );
                bodies
            }
            Fault::TooMuch => {
                let views = self.objects("view", "v");
                let view = self.rng.pick(&views)?.clone();
                let mut bodies = self.new_table();
                bodies.down.push(format!("DROP VIEW {view}"));
                bodies.wrong.push(format!("downgrade: - view {view}"));
                bodies
            }
            Fault::RowsStay => {
                let (table, name) = (self.table()?, self.name("x"));
                let number = &name[2..];
                let wrong = vec![again(1, 1, id, &format!("UNIQUE constraint failed: {table}.id"))];
                let up = vec![format!("INSERT INTO {table}(id) VALUES ({number})")];
                Bodies { up, down: vec!["SELECT 1".to_owned()], wrong }
            }
            Fault::Otherwise => {
                let views = self.objects("view", "v");
                let view = self.rng.pick(&views)?.clone();
                let other = self.sql(&view).replace("count(*)", "max(id)");
                let wrong = vec![format!("downgrade: ~ view {view}")];
                Bodies { up: vec![format!("DROP VIEW {view}")], down: vec![other], wrong }
            }
        })
    }
}
