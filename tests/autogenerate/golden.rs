//! The folders of `golden/`: what a careful person would write, case by case.
//!
//! | file | what |
//! |---|---|
//! | `from.sql`, `to.sql` | the two schemas |
//! | `args` | `--rename` and `--fill`; behind `# renamed`, what a hint in `to.sql` says |
//! | `rows.sql` | rows for the first schema |
//! | `config` | more lines of `alembic.toml`, in `[schema]` |
//! | `upgrade.sql`, `downgrade.sql` | what is generated; not there if nothing differs |
//! | `upgrade.3.35.sql`, … | the same for SQLite 3.35, where it is something else |
//! | `said.txt` | standard error of `revision --autogenerate`, if it says anything |
//! | `refused.txt` | standard error of `upgrade`, where the rows stand in the way |
//!
//! `MIGRATOR_BLESS=1` writes all but the first four; read what it wrote.

use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::case::{Case, Outcome};
use crate::invent::{Pair, SurvivingColumn, Survivor, accept};
use crate::model::affinity;
use crate::oracle;
use crate::project::Generated;

/// `[sqlite] target`, and what the names of its files have in them.
const TARGETS: &[(&str, &str)] = &[("", ""), ("[sqlite]\ntarget = \"3.35\"\n", ".3.35")];

struct Golden {
    folder: PathBuf,
    is_blessed: bool,
    wrong: Vec<String>,
}

impl Golden {
    fn read(&self, name: &str) -> Option<String> {
        std::fs::read_to_string(self.folder.join(name)).ok()
    }

    /// Compares a text with the file of that name; nothing is a file that is not there.
    fn expect(&mut self, name: &str, target: &str, actual: Option<&str>) {
        let (stem, extension) = name.split_once('.').unwrap();
        let own = format!("{stem}{target}.{extension}");
        let usual = self.read(name);
        // A target has files only where they differ; an empty one says that there is none.
        let expected = if target.is_empty() {
            usual.clone()
        } else {
            self.read(&own).or_else(|| usual.clone()).filter(|it| !it.is_empty())
        };
        if expected.as_deref() == actual {
            return;
        }
        if self.is_blessed {
            self.bless(&own, target, usual.as_deref(), actual);
            return;
        }
        let text = |it: Option<&str>| it.unwrap_or("(nothing)\n").to_owned();
        let (expected, actual) = (text(expected.as_deref()), text(actual));
        let folder = self.folder.file_name().unwrap().display();
        self.wrong.push(format!("{folder}/{own}\n--- expected\n{expected}--- actual\n{actual}"));
    }

    #[expect(clippy::disallowed_methods, reason = "fsutil is not for tests")]
    fn bless(&self, own: &str, target: &str, usual: Option<&str>, actual: Option<&str>) {
        let path = self.folder.join(own);
        if target.is_empty() && actual.is_none() || !target.is_empty() && usual == actual {
            std::fs::remove_file(path).ok();
        } else {
            std::fs::write(path, actual.unwrap_or_default()).unwrap();
        }
    }
}

/// What survives from one schema to the other: what has the same name, or is renamed.
fn survivors(
    from: &str,
    to: &str,
    renames: &[(String, String)],
    fills: &[String],
) -> Vec<Survivor> {
    let sides = [from, to].map(|it| accept(&[it.to_owned()]).unwrap());
    let renamed = |old: &str| {
        let found = renames.iter().find(|it| it.0.eq_ignore_ascii_case(old));
        found.map(|it| it.1.clone())
    };
    let mut found = Vec::new();
    for table in oracle::tables(&sides[0]).iter().filter(|it| it.kind == "table") {
        let new = renamed(&table.name).unwrap_or_else(|| table.name.clone());
        let tables = oracle::tables(&sides[1]);
        let Some(new) = tables.iter().find(|it| it.name.eq_ignore_ascii_case(&new)) else {
            continue;
        };
        let mut columns = Vec::new();
        for column in oracle::columns(&sides[0], &table.name) {
            let name = renamed(&format!("{}.{}", table.name, column.name));
            let name = name.unwrap_or_else(|| column.name.clone());
            let others = oracle::columns(&sides[1], &new.name);
            let other = others.into_iter().find(|it| it.name.eq_ignore_ascii_case(&name));
            let Some(other) = other else { continue };
            let is_same = affinity(&column.datatype, table.is_strict)
                == affinity(&other.datatype, new.is_strict);
            if is_same && column.hidden == 0 && other.hidden == 0 {
                let is_filled = fills.contains(&format!("{}.{name}", new.name));
                columns.push(SurvivingColumn { from: column.name, to: other.name, is_filled });
            }
        }
        found.push(Survivor { from: table.name.clone(), to: new.name.clone(), columns });
    }
    found
}

/// The pair of a folder.
fn pair(golden: &Golden) -> Pair {
    let (from, to) = (golden.read("from.sql").unwrap(), golden.read("to.sql").unwrap());
    let (mut arguments, mut renames, mut fills) = (Vec::new(), Vec::new(), Vec::new());
    for line in golden.read("args").unwrap_or_default().lines() {
        let (what, value) = line.trim_start_matches("# ").split_once(' ').unwrap();
        let (left, right) = value.split_once('=').unwrap();
        if what == "--fill" {
            fills.push(left.to_owned());
        } else {
            renames.push((left.to_owned(), right.to_owned()));
        }
        if !line.starts_with('#') {
            arguments.extend([what.to_owned(), value.to_owned()]);
        }
    }
    let survivors = survivors(&from, &to, &renames, &fills);
    let side = |it: &str| vec![it.trim_end().trim_end_matches(';').to_owned()];
    Pair {
        from: side(&from),
        to: side(&to),
        is_reformatted: false,
        is_scattered: false,
        arguments,
        survivors,
    }
}

fn check(folder: PathBuf, is_blessed: bool) -> Vec<String> {
    let mut golden = Golden { folder, is_blessed, wrong: Vec::new() };
    let config = golden.read("config").unwrap_or_default();
    let config = config.trim_start_matches("[schema]\n");
    for (sqlite, target) in TARGETS {
        let case = Case::new(pair(&golden), &format!("{config}\n{sqlite}"));
        let ran = case.project.autogenerate(&case.pair.arguments);
        let said = Some(ran.stderr.as_str()).filter(|it| !it.is_empty());
        golden.expect("said.txt", target, said);
        let generated = case.project.generated();
        if ran.code != Some(0) {
            assert!(!target.is_empty(), "autogenerate failed: {ran}");
            // That version cannot read the declared schema.
            assert_eq!(ran.code, Some(2), "{ran}");
            assert!(generated.is_none(), "{ran}");
            continue;
        }
        let Some(Generated { upgrade, downgrade }) = generated else {
            assert_eq!(case.facts[0], case.facts[1], "nothing was generated\n{ran}");
            golden.expect("upgrade.sql", target, None);
            golden.expect("downgrade.sql", target, None);
            continue;
        };
        golden.expect("upgrade.sql", target, Some(&upgrade));
        golden.expect("downgrade.sql", target, Some(&downgrade));

        let rows = golden.read("rows.sql").unwrap_or_default();
        let statistics = |connection: &Connection| {
            let sql = "SELECT count(*) FROM sqlite_schema WHERE name = 'sqlite_stat1'";
            if connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap() == 0 {
                return Vec::new();
            }
            let columns = ["tbl", "idx", "stat"].map(str::to_owned);
            oracle::rows(connection, "sqlite_stat1", &columns, None)
        };
        let connection = case.database();
        connection.execute_batch(&rows).unwrap();
        let before = statistics(&connection);
        drop(connection);
        let outcome = case.demand_both_ways(&|connection| connection.execute_batch(&rows).unwrap());
        let refused = match &outcome {
            Outcome::RefusedUp(said) => Some(said.as_str()),
            Outcome::Same | Outcome::Done | Outcome::RefusedDown(_) => None,
        };
        golden.expect("refused.txt", target, refused);
        if refused.is_none() && !before.is_empty() {
            // Both ways are behind it.
            let connection = case.project.connect();
            assert_eq!(before, statistics(&connection), "statistics");
        }
    }
    golden.wrong
}

#[test]
fn every_golden_case() {
    let is_blessed = std::env::var_os("MIGRATOR_BLESS").is_some();
    let only = std::env::var("MIGRATOR_CASE").unwrap_or_default();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/autogenerate/golden");
    let mut folders: Vec<PathBuf> =
        std::fs::read_dir(root).unwrap().map(|it| it.unwrap().path()).collect();
    folders.sort();
    assert!(folders.len() > 100, "the cases were not found");
    folders.retain(|it| it.to_string_lossy().contains(&only));
    let n_threads = std::thread::available_parallelism().map_or(2, usize::from);
    let work = |folders: &[PathBuf]| {
        let mut wrong = Vec::new();
        for folder in folders {
            let name = folder.file_name().unwrap().display();
            let found = std::panic::catch_unwind(|| check(folder.clone(), is_blessed));
            match found {
                Ok(found) => wrong.extend(found),
                Err(panic) => wrong.push(format!("{name}: {}", crate::property::said(&*panic))),
            }
        }
        wrong
    };
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let parts = folders.chunks(folders.len().div_ceil(n_threads).max(1));
        let threads: Vec<_> = parts.map(|part| scope.spawn(|| work(part))).collect();
        threads.into_iter().flat_map(|it| it.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{} are wrong\n\n{}", wrong.len(), wrong.join("\n\n"));
}
