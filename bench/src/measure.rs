//! Runs a command and says what it took.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use wait4::Wait4 as _;

use crate::project::Project;

/// A command of one tool, on one project.
pub struct Subject<'a> {
    /// The program and its arguments.
    pub program: Vec<OsString>,
    /// Where it runs.
    pub project: &'a Project,
    /// What each run begins with.
    pub start: Start,
    /// How often it is run, after one run that does not count.
    pub n_runs: usize,
}

/// What a run begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// Whatever is there.
    AsIs,
    /// No database.
    NoDatabase,
    /// The database that [`Project::keep_database`] kept.
    Applied,
}

/// What the runs of a subject took.
#[derive(Debug, Clone, Default)]
pub struct Sample {
    walls: Vec<Duration>,
    /// The largest peak of resident memory, in bytes.
    pub peak_memory: u64,
}

impl Sample {
    /// The median of the wall time.
    pub fn median(&self) -> Duration {
        let mut walls = self.walls.clone();
        walls.sort_unstable();
        walls.get(walls.len() / 2).copied().unwrap_or_default()
    }

    /// The fastest run.
    pub fn fastest(&self) -> Duration {
        self.walls.iter().min().copied().unwrap_or_default()
    }

    /// How many runs it is made of.
    pub fn n_runs(&self) -> usize {
        self.walls.len()
    }
}

/// Runs all subjects in turn, once each, then again, until each has run as often as it should. What
/// else happens on the machine in the meantime falls on all of them.
pub fn side_by_side(subjects: &[Subject<'_>]) -> io::Result<Vec<Sample>> {
    let mut samples = vec![Sample::default(); subjects.len()];
    let n_rounds = subjects.iter().map(|it| it.n_runs).max().unwrap_or(0);
    for round in 0..=n_rounds {
        for (subject, sample) in subjects.iter().zip(&mut samples) {
            let is_warm_up = round == 0;
            // One run that takes long needs no warm-up.
            if round > subject.n_runs || (is_warm_up && subject.n_runs <= 1) {
                continue;
            }
            let (wall, peak_memory) = subject.run()?;
            if !is_warm_up {
                sample.walls.push(wall);
                sample.peak_memory = sample.peak_memory.max(peak_memory);
            }
        }
    }
    Ok(samples)
}

impl Subject<'_> {
    fn command(&self, program: &[OsString]) -> io::Result<Command> {
        match &self.start {
            Start::AsIs => {}
            Start::NoDatabase => self.project.remove_database(),
            Start::Applied => self.project.restore_database()?,
        }
        let mut command = Command::new(&program[0]);
        command.args(&program[1..]).current_dir(&self.project.folder);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        for variable in ["ALEMBIC_CONFIG", "DATABASE_URL", "SQLITE_ECHO", "PYTHONDONTWRITEBYTECODE"]
        {
            command.env_remove(variable);
        }
        Ok(command)
    }

    /// The wall time from start to end, and the peak of resident memory in bytes.
    fn run(&self) -> io::Result<(Duration, u64)> {
        let mut command = self.command(&self.program)?;
        let start = Instant::now();
        let used = command.spawn()?.wait4()?;
        let wall = start.elapsed();
        if !used.status.success() {
            return Err(self.failed(&used.status.to_string()));
        }
        Ok((wall, used.rusage.maxrss))
    }

    /// How often it calls `fsync` and `fdatasync`, or `None` where there is no strace.
    pub fn count_syncs(&self, scratch: &Path) -> io::Result<Option<u64>> {
        let report = scratch.join("strace.txt");
        let mut program: Vec<OsString> =
            ["strace", "-f", "-c", "-e", "trace=fsync,fdatasync", "-o"].map(Into::into).to_vec();
        program.push(report.clone().into());
        program.extend(self.program.iter().cloned());
        let status = match self.command(&program)?.status() {
            Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(None),
            status => status?,
        };
        if !status.success() {
            return Err(self.failed(&status.to_string()));
        }
        // % time, seconds, usecs/call, calls, errors (may be empty), syscall.
        let report = std::fs::read_to_string(report)?;
        let lines = report.lines().filter(|it| it.ends_with("sync"));
        let calls = lines.filter_map(|it| it.split_whitespace().nth(3)?.parse::<u64>().ok());
        Ok(Some(calls.sum()))
    }

    fn failed(&self, status: &str) -> io::Error {
        let program: Vec<_> = self.program.iter().map(|it| it.to_string_lossy()).collect();
        let folder = self.project.folder.display();
        io::Error::other(format!("`{}` in {folder}: {status}", program.join(" ")))
    }
}
