//! `check` and `revision --autogenerate` on large schemas, and what comes out on a large table.

use std::error::Error;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::declared::{Change, RowsChange, drops, schema};
use crate::measure::{Sample, Start, Subject, side_by_side};
use crate::options::Options;
use crate::project::Project;
use crate::tools::Tools;
use crate::verdict::Verdicts;
use crate::{milliseconds, ratio, show};

/// The sizes, and how often the commands run at each.
const SIZES: [(usize, usize); 3] = [(1_000, 7), (2_000, 3), (5_000, 1)];

/// How much faster a command may grow than what SQLite alone does for it, as a difference of
/// exponents: log n, between 1,000 and 5,000 tables, is 0.13.
const MAX_MORE: f64 = 0.13;

const CHECK: &[&str] = &["check"];
const AUTOGENERATE: &[&str] = &["revision", "--autogenerate", "-m", "Change", "--sql"];

/// A command, what it finds, the most milliseconds at 1,000 tables, and how often it has SQLite make
/// and drop all tables: both sides; where all are new, the declared side and the body three times
/// up and once down.
const COMMANDS: [(&[&str], Change, f64, [usize; 2]); 4] = [
    (CHECK, Change::Nothing, 500.0, [2, 0]),
    (AUTOGENERATE, Change::Column, 2000.0, [2, 0]),
    (AUTOGENERATE, Change::Unique, 2000.0, [2, 0]),
    (AUTOGENERATE, Change::Everything, 2000.0, [4, 1]),
];

/// Measures both.
pub fn measure(
    options: &Options,
    tools: &Tools,
    scratch: &Path,
    verdicts: &mut Verdicts,
) -> Result<(), Box<dyn Error>> {
    println!("| 1,000,000 rows | `upgrade` | bare SQL | |\n|---|--:|--:|--:|");
    for change in [RowsChange::Column, RowsChange::Default, RowsChange::NotNull] {
        on_rows(options, tools, scratch, change, verdicts)?;
    }
    println!();
    println!(
        "| tables | command | what differs | migrator | SQLite's share | times, fastest runs |"
    );
    println!("|--:|---|---|--:|--:|--:|");
    let sizes = if options.quick { &SIZES[..1] } else { &SIZES[..] };
    for (args, change, limit, n_times) in COMMANDS {
        let (mut whole, mut share) = (Vec::new(), Vec::new());
        for (n_tables, n_runs) in sizes.iter().copied() {
            let n_runs = if options.quick { 3 } else { n_runs };
            let project = Project::of_tables(scratch, n_tables, change)?;
            let [ours, bare] = on_tables(tools, &project, n_tables, n_runs, args, n_times)?;
            let times = ours.fastest().as_secs_f64() / bare.fastest().as_secs_f64();
            let command = args[..args.len().min(2)].join(" ");
            println!(
                "| {n_tables} | `{command}` | {change:?} | **{}** | {} | {times:.2} |",
                show(&ours),
                show(&bare)
            );
            if n_tables == 1_000 {
                let name = format!("`{command}`, {n_tables} tables, {change:?}");
                verdicts.at_most(name, milliseconds(&ours), limit, "ms");
            }
            whole.push((n_tables, ours.fastest()));
            share.push((n_tables, bare.fastest()));
        }
        if let (Some(whole), Some(share)) = (exponent(&whole), exponent(&share)) {
            let name = format!(
                "growth of `{}`, {change:?}: n^{whole:.2}, more than that of SQLite's share, \
                 n^{share:.2}, by",
                args[0]
            );
            verdicts.at_most(name, whole - share, MAX_MORE, "");
        }
    }
    for change in [Change::EveryColumn, Change::EveryUnique] {
        on_every_table(options, tools, scratch, change, verdicts)?;
    }
    Ok(())
}

/// A command and SQLite's share of it.
fn on_tables(
    tools: &Tools,
    project: &Project,
    n_tables: usize,
    n_runs: usize,
    args: &[&str],
    [n_creates, n_drops]: [usize; 2],
) -> Result<[Sample; 2], Box<dyn Error>> {
    fs::write(project.folder.join("creates.txt"), schema(n_tables, Change::Nothing))?;
    fs::write(project.folder.join("drops.txt"), drops(n_tables))?;
    let mut files = vec!["creates.txt"; n_creates];
    files.splice(1..1, vec!["drops.txt"; n_drops]);
    let subject = |program| Subject { program, project, start: Start::AsIs, n_runs };
    let subjects = [tools.migrator(args), tools.script(":memory:", &files)].map(subject);
    pair(side_by_side(&subjects)?)
}

/// A change to every table. Each `ALTER TABLE` reads the whole schema, so that what the proof costs
/// is what SQLite takes for the bodies: up, down and up again.
fn on_every_table(
    options: &Options,
    tools: &Tools,
    scratch: &Path,
    change: Change,
    verdicts: &mut Verdicts,
) -> Result<(), Box<dyn Error>> {
    let n_tables = if options.quick { 50 } else { 200 };
    let project = Project::of_tables(scratch, n_tables, change)?;
    let subject =
        |program, n_runs| Subject { program, project: &project, start: Start::AsIs, n_runs };
    side_by_side(&[subject(tools.migrator(&AUTOGENERATE[..4]), 1)])?;
    project.take_bodies()?;
    fs::write(project.folder.join("creates.txt"), schema(n_tables, Change::Nothing))?;
    let files = ["creates.txt", "up.txt", "down.txt", "up.txt"];
    let programs = [tools.migrator(AUTOGENERATE), tools.script(":memory:", &files)];
    let [ours, bare] = pair(side_by_side(&programs.map(|it| subject(it, 3)))?)?;
    let times = ours.fastest().as_secs_f64() / bare.fastest().as_secs_f64();
    let (whole, share) = (show(&ours), show(&bare));
    println!(
        "| {n_tables} | `revision --autogenerate` | {change:?} | **{whole}** | {share} | {times:.2} |"
    );
    let name = format!("`revision`, {n_tables} tables, {change:?}, to the bare bodies");
    verdicts.at_most(name, times, 1.3, "×");
    Ok(())
}

/// The exponent between the first and the last size.
fn exponent(times: &[(usize, Duration)]) -> Option<f64> {
    let ((small, short), (large, long)) = (times.first()?, times.last()?);
    let growth = long.as_secs_f64().max(1e-3) / short.as_secs_f64().max(1e-3);
    (large > small).then(|| growth.ln() / (*large as f64 / *small as f64).ln())
}

/// Upgrades a table of a million rows with what autogenerate writes, and with the same in bare SQL.
fn on_rows(
    options: &Options,
    tools: &Tools,
    scratch: &Path,
    change: RowsChange,
    verdicts: &mut Verdicts,
) -> Result<(), Box<dyn Error>> {
    let project = Project::of_rows(scratch, change)?;
    let once = |program: Vec<OsString>| {
        let subject = Subject { program, project: &project, start: Start::AsIs, n_runs: 1 };
        side_by_side(&[subject])
    };
    once(tools.migrator(&["upgrade"]))?;
    once(tools.script("db.sqlite3", &["fill.sql"]))?;
    project.keep_database()?;
    once(tools.migrator(&["revision", "--autogenerate", "-m", "Change"]))?;

    let n_runs = if options.quick { 1 } else { 9 };
    let subject = |program| Subject { program, project: &project, start: Start::Applied, n_runs };
    let programs = [tools.migrator(&["upgrade"]), tools.script("db.sqlite3", &["rebuild.sql"])];
    let [ours, bare] = pair(side_by_side(&programs.map(subject))?)?;
    let ratio = ratio(&ours, &bare);
    println!("| {change:?} | **{}** | {} | {ratio:.2} |", show(&ours), show(&bare));
    let name = format!("`upgrade` of 1,000,000 rows, {change:?}");
    if change == RowsChange::Column {
        verdicts.at_most(name, milliseconds(&ours), 50.0, "ms");
    } else {
        verdicts.at_most(format!("{name}, to the bare SQL"), ratio, 1.15, "×");
    }
    Ok(())
}

fn pair(samples: Vec<Sample>) -> Result<[Sample; 2], Box<dyn Error>> {
    samples.try_into().map_err(|_| "two samples were expected".into())
}
