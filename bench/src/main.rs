//! Measures migrator against Alembic and against SQLite itself, in one run.
//!
//! ```console
//! $ cargo run --release --manifest-path bench/Cargo.toml
//! $ cargo run --release --manifest-path bench/Cargo.toml -- --autogenerate
//! ```
//!
//! Everything is the wall time of a whole process, from its start to its end; each number is a
//! median. The tools take turns, so that whatever else the machine does falls on all of them.

mod autogenerate;
mod bare;
mod declared;
mod growth;
mod measure;
mod options;
mod project;
mod shape;
mod tools;
mod verdict;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use bare::Loop;
use measure::{Sample, Start, Subject, side_by_side};
use options::Options;
use project::{Body, Project};
use shape::Shape;
use tools::Tools;
use verdict::Verdicts;

/// The sizes for which the growth is measured.
const GROWTH_SIZES: [usize; 5] = [1_000, 2_000, 4_000, 8_000, 16_000];

/// n log n gives 1.12 over those sizes; what is above this grows faster.
const MAX_EXPONENT: f64 = 1.3;

/// The commands that are compared, in the order in which they run: `current` wants a database.
const COMPARED: [&[&str]; 4] = [&["upgrade", "head"], &["heads"], &["current"], &["history"]];

/// The commands whose growth is measured.
const GROWING: [&[&str]; 6] = [
    &["heads"],
    &["history"],
    &["upgrade", "heads", "--sql"],
    &["upgrade", "heads"],
    &["current"],
    &["downgrade", "base"],
];

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let result = match args.next().as_deref() {
        // How this program calls itself.
        Some("bare") => run_bare(args),
        Some("script") => run_script(args),
        first => run(first.map(str::to_owned).into_iter().chain(args)),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(err) => {
            eprintln!("error: {err}");
            ExitCode::from(2)
        }
    }
}

fn run_bare(mut args: impl Iterator<Item = String>) -> Result<bool, Box<dyn Error>> {
    let database = args.next().ok_or("a database is missing")?;
    let n_tables = args.next().ok_or("a number is missing")?.parse()?;
    let what = match args.next() {
        Some(name) if name == Loop::BodiesAndVersions.name() => Loop::BodiesAndVersions,
        _ => Loop::Bodies,
    };
    bare::create_tables(Path::new(&database), n_tables, what)?;
    Ok(true)
}

fn run_script(mut args: impl Iterator<Item = String>) -> Result<bool, Box<dyn Error>> {
    let database = args.next().ok_or("a database is missing")?;
    bare::run_scripts(&database, &args.collect::<Vec<_>>())?;
    Ok(true)
}

/// Measures everything; says whether every target was met.
fn run(args: impl Iterator<Item = String>) -> Result<bool, Box<dyn Error>> {
    let options = Options::parse(args)?;
    let tools = Tools::find(options.migrator.clone())?;
    let scratch = Scratch::new(&options.folder)?;
    let mut verdicts = Verdicts::default();

    println!("{}  \n{}\n", tools.versions, tools::machine());
    if options.autogenerate {
        autogenerate::measure(&options, &tools, &scratch.0, &mut verdicts)?;
        println!();
        verdicts.print();
        return Ok(verdicts.all_passed());
    }
    println!("| revisions | command | migrator | memory | Alembic | | bare loop | |");
    println!("|---|---|--:|--:|--:|--:|--:|--:|");
    for n_revisions in &options.sizes {
        for shape in Shape::COMPARED {
            // With one revision there is one shape.
            if *n_revisions > 1 || shape == Shape::Linear {
                compare(&options, &tools, &scratch.0, shape, *n_revisions, &mut verdicts)?;
            }
        }
    }
    if options.growth {
        grow(&options, &tools, &scratch.0, &mut verdicts)?;
    }
    println!();
    verdicts.print();
    Ok(verdicts.all_passed())
}

/// A folder that is removed at the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(parent: &Path) -> std::io::Result<Self> {
        let folder = parent.join(format!("migrator-bench-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        Ok(Self(folder.canonicalize()?))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

/// Measures all tools on one graph, and prints a line for each command.
fn compare(
    options: &Options,
    tools: &Tools,
    scratch: &Path,
    shape: Shape,
    n_revisions: usize,
    verdicts: &mut Verdicts,
) -> Result<(), Box<dyn Error>> {
    let project = Project::for_migrator(scratch, shape, n_revisions, Body::CreateTable)?;
    let python_project = match &tools.python {
        Some(_) => Some(Project::for_alembic(scratch, shape, n_revisions)?),
        None => None,
    };
    let on_what =
        if n_revisions == 1 { "1".to_owned() } else { format!("{n_revisions} {}", shape.name()) };
    for args in COMPARED {
        let is_upgrade = args[0] == "upgrade";
        let start = if is_upgrade { Start::NoDatabase } else { Start::AsIs };
        let (n_runs, n_slow_runs) = match (options.quick, n_revisions) {
            (true, _) => (5, 1),
            (false, 0..=1_000) => (21, 5),
            (false, _) if is_upgrade => (3, 0),
            (false, _) => (11, 1),
        };
        let mut subjects =
            vec![Subject { program: tools.migrator(args), project: &project, start, n_runs }];
        let alembic = tools.alembic(args).zip(python_project.as_ref());
        let has_alembic = alembic.is_some() && n_slow_runs > 0;
        if let Some((program, project)) = alembic.filter(|_| has_alembic) {
            subjects.push(Subject { program, project, start, n_runs: n_slow_runs });
        }
        let bare_project = Project { folder: scratch.join("bare") };
        if is_upgrade {
            std::fs::create_dir_all(&bare_project.folder)?;
            for what in [Loop::Bodies, Loop::BodiesAndVersions] {
                let program = tools.bare(&bare_project.database(), n_revisions, what);
                subjects.push(Subject { program, project: &bare_project, start, n_runs });
            }
        }

        let mut samples = side_by_side(&subjects)?.into_iter();
        let ours = samples.next().unwrap_or_default();
        let alembic = if has_alembic { samples.next() } else { None };
        let bare = samples.next();
        print_line(&on_what, args, &ours, alembic.as_ref(), bare.as_ref());
        if let Some(bare) = samples.next() {
            let (time, ratio) = (show(&bare), ratio(&ours, &bare));
            println!(
                "| {on_what} | the same, with a version row each | | | | | {time} | {ratio:.2} |"
            );
        }
        if is_upgrade && n_revisions == 1_000 {
            judge_syncs(&on_what, &subjects, has_alembic, scratch, verdicts)?;
        }
        judge(
            &on_what,
            args[0],
            n_revisions,
            [Some(&ours), alembic.as_ref(), bare.as_ref()],
            verdicts,
        );
    }
    Ok(())
}

fn milliseconds(sample: &Sample) -> f64 {
    sample.median().as_secs_f64() * 1000.0
}

fn mebibytes(sample: &Sample) -> f64 {
    sample.peak_memory as f64 / f64::from(1 << 20)
}

fn ratio(of: &Sample, to: &Sample) -> f64 {
    of.median().as_secs_f64() / to.median().as_secs_f64()
}

fn show(sample: &Sample) -> String {
    match milliseconds(sample) {
        time if time < 100.0 => format!("{time:.1} ms"),
        time => format!("{time:.0} ms"),
    }
}

fn print_line(
    on_what: &str,
    args: &[&str],
    ours: &Sample,
    alembic: Option<&Sample>,
    bare: Option<&Sample>,
) {
    let alembic = alembic.map_or("| ".to_owned(), |it| {
        let once = if it.n_runs() == 1 { " (one run)" } else { "" };
        format!("{}{once} | {:.0}×", show(it), ratio(it, ours))
    });
    let bare = bare.map_or("| ".to_owned(), |it| format!("{} | {:.2}", show(it), ratio(ours, it)));
    println!(
        "| {on_what} | `{}` | **{}** | {:.0} MiB | {alembic} | {bare} |",
        args.join(" "),
        show(ours),
        mebibytes(ours)
    );
}

fn judge(
    on_what: &str,
    command: &str,
    n_revisions: usize,
    [ours, alembic, bare]: [Option<&Sample>; 3],
    verdicts: &mut Verdicts,
) {
    let Some(ours) = ours else { return };
    let name = format!("`{command}`, {on_what}");
    let time = milliseconds(ours);
    match (command, n_revisions) {
        ("heads" | "current" | "history", 1_000) => {
            verdicts.at_most(name.clone(), time, 10.0, "ms");
            if let Some(alembic) = alembic {
                let name = format!("{name}, faster than Alembic");
                verdicts.at_least(name, ratio(alembic, ours), 40.0, "×");
            }
        }
        ("current", 100) => verdicts.at_most(name.clone(), time, 5.0, "ms"),
        ("heads", 10_000) => verdicts.at_most(name.clone(), time, 100.0, "ms"),
        ("upgrade", 1_000) => {
            if let Some(bare) = bare {
                let name = format!("{name}, to the bare loop");
                verdicts.at_most(name, ratio(ours, bare), 1.25, "×");
            }
        }
        _ => {}
    }
    if n_revisions == 10_000 {
        verdicts.at_most(format!("{name}, memory"), mebibytes(ours), 64.0, "MiB");
    }
}

fn judge_syncs(
    on_what: &str,
    subjects: &[Subject<'_>],
    has_alembic: bool,
    scratch: &Path,
    verdicts: &mut Verdicts,
) -> std::io::Result<()> {
    let Some(syncs) = subjects[0].count_syncs(scratch)? else { return Ok(()) };
    let alembic = match subjects.get(1).filter(|_| has_alembic) {
        Some(subject) => subject.count_syncs(scratch)?.map(|it| format!("{it}")),
        None => None,
    };
    // The last two are the bare loops.
    let bare = subjects.iter().rev().nth(1).map(|it| it.count_syncs(scratch)).transpose()?;
    println!(
        "| {on_what} | fsyncs of `upgrade head` | **{syncs}** | | {} | | {} | |",
        alembic.unwrap_or_default(),
        bare.flatten().map_or(String::new(), |it| it.to_string())
    );
    verdicts.at_most(format!("`upgrade`, {on_what}, fsyncs"), syncs as f64, 10.0, "fsyncs");
    Ok(())
}

/// Measures how migrator's own work grows, and prints a line for each graph and command.
fn grow(
    options: &Options,
    tools: &Tools,
    scratch: &Path,
    verdicts: &mut Verdicts,
) -> Result<(), Box<dyn Error>> {
    let sizes = if options.quick { &GROWTH_SIZES[..2] } else { &GROWTH_SIZES[..] };
    let n_runs = if options.quick { 2 } else { 7 };
    let header: Vec<String> = sizes.iter().map(ToString::to_string).collect();
    println!(
        "\nThe bodies are `SELECT`, so that the time is migrator's own, and the fastest of {n_runs} \
         runs counts.\nIt is a + b·n^e; n log n is e = 1.12 between these sizes.\n"
    );
    println!("| graph | command | {} | e |", header.join(" | "));
    println!("|---|---|{}--:|", "--:|".repeat(sizes.len()));
    let mut worst = vec![(f64::MIN, Shape::Linear); GROWING.len()];
    for shape in Shape::ALL {
        let times = time_all(tools, scratch, shape, sizes, n_runs)?;
        for (command_idx, args) in GROWING.iter().enumerate() {
            let times = &times[command_idx];
            // Two sizes, as in a quick run, say nothing.
            let exponent = growth::exponent(times);
            let shown: Vec<String> =
                times.iter().map(|(_, it)| format!("{:.1} ms", it.as_secs_f64() * 1e3)).collect();
            let command = args.join(" ");
            let shown = shown.join(" | ");
            let shown_exponent = exponent.map(|it| format!("{it:.2}")).unwrap_or_default();
            println!("| {} | `{command}` | {shown} | {shown_exponent} |", shape.name());
            if let Some(exponent) = exponent.filter(|it| *it > worst[command_idx].0) {
                worst[command_idx] = (exponent, shape);
            }
        }
    }
    for (args, (exponent, shape)) in GROWING.iter().zip(worst).filter(|_| !options.quick) {
        let name = format!("growth of `{}`, at worst ({})", args.join(" "), shape.name());
        verdicts.at_most(name, exponent, MAX_EXPONENT, "");
    }
    Ok(())
}

/// Sizes, and the time for each.
type Times = Vec<(usize, Duration)>;

/// The fastest run of each command of [`GROWING`] on graphs of one shape, by size.
fn time_all(
    tools: &Tools,
    scratch: &Path,
    shape: Shape,
    sizes: &[usize],
    n_runs: usize,
) -> Result<Vec<Times>, Box<dyn Error>> {
    let projects = sizes
        .iter()
        .map(|n_revisions| Project::for_migrator(scratch, shape, *n_revisions, Body::Select))
        .collect::<Result<Vec<_>, _>>()?;
    let mut times = Vec::new();
    for args in GROWING {
        let start = match args {
            ["upgrade", "heads"] => Start::NoDatabase,
            ["downgrade", ..] => Start::Applied,
            _ => Start::AsIs,
        };
        let subject = |project| {
            let (program, start) = (tools.migrator(args), start);
            Subject { program, project, start, n_runs }
        };
        let subjects: Vec<Subject<'_>> = projects.iter().map(subject).collect();
        let samples = side_by_side(&subjects)?;
        times.push(sizes.iter().copied().zip(samples.iter().map(Sample::fastest)).collect());
        if args == ["upgrade", "heads"] {
            projects.iter().try_for_each(Project::keep_database)?;
        }
    }
    Ok(times)
}
