//! The command line: arguments in, library calls, text out.
//!
//! Each command is a file of its own with its arguments (whose doc comments are the help) and a
//! `run` function. Nothing here decides what a revision means or how it runs.

mod autogenerate;
mod backup;
mod branches;
mod check;
mod completions;
mod current;
mod drift;
mod edit;
mod ensure_version;
mod foreign;
mod format;
mod globals;
mod heads;
mod history;
mod import;
mod init;
mod interrupt;
mod known_databases;
mod line;
mod lint;
mod lint_formats;
mod log;
mod man;
mod merge;
mod migrate;
mod mistyped;
mod new_file;
mod output;
mod progress;
mod project;
mod prompt;
mod proof;
mod rebase;
mod repair;
mod replaying;
mod restore;
mod revision;
mod schema;
mod schemas;
mod screen;
mod several_heads;
mod show;
mod squash;
mod stamp;
mod status;
mod tried;
mod verify;
mod ways;
mod words;

use std::ffi::OsString;
use std::io;
use std::sync::Arc;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

pub use crate::diagnostics::ExitStatus;
use crate::diagnostics::{self, Typed, Usage};
use globals::GlobalArgs;
use line::Line;
use output::{Output, is_unwritable};
use project::Project;

/// Schema migrations for SQLite: a graph of revisions with plain SQL bodies
///
/// Revisions are files with an upgrade and a downgrade in SQL, linked by `down_revision`. The
/// database says in its table `alembic_version` where it is, exactly as Alembic writes it: either
/// tool can go on from a revision that both have.
#[derive(Debug, Parser)]
#[command(
    name = "migrator",
    version,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = "Revisions are named by id, by the beginning of one, or by `head`, `heads`, `base`, \
`+N`, `-N`, `REV+N`, `REV-N`, `LABEL@head`, `LABEL@base`, `LABEL@+N` and `LABEL@REV`.\n\n\
Exit codes: 0 done; 1 the answer is no; 2 refused, nothing was changed; 3 failed while running."
)]
pub struct Cli {
    #[command(flatten)]
    globals: GlobalArgs,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::InitArgs),
    #[command(alias = "list_templates")]
    ListTemplates(init::ListTemplatesArgs),
    Revision(revision::RevisionArgs),
    Merge(merge::MergeArgs),
    Rebase(rebase::RebaseArgs),
    Squash(squash::SquashArgs),
    Upgrade(migrate::UpgradeArgs),
    Downgrade(migrate::DowngradeArgs),
    Stamp(stamp::StampArgs),
    Status(status::StatusArgs),
    Log(log::LogArgs),
    Repair(repair::RepairArgs),
    Current(current::CurrentArgs),
    Heads(heads::HeadsArgs),
    Branches(branches::BranchesArgs),
    History(history::HistoryArgs),
    Show(show::ShowArgs),
    Edit(edit::EditArgs),
    Check(check::CheckArgs),
    Lint(lint::LintArgs),
    Verify(verify::VerifyArgs),
    Schema(schema::SchemaArgs),
    #[command(alias = "ensure_version")]
    EnsureVersion(ensure_version::EnsureVersionArgs),
    Backup(backup::BackupArgs),
    Restore(restore::RestoreArgs),
    Import(import::ImportArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
}

/// What is said where there is nothing to list or to run.
const NO_REVISIONS: &str = "there are no revisions yet; `migrator revision -m \"…\"` makes one";

/// What every command is given.
struct App {
    globals: GlobalArgs,
    output: Output,
    /// The command line, the name of the program first.
    called: Vec<OsString>,
}

/// The whole grammar, with the global options on every command.
pub fn command() -> clap::Command {
    GlobalArgs::augment(Cli::command())
}

/// Runs the command line and gives the exit status.
///
/// Everything that is printed about a failure is printed here.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitStatus {
    clap_complete::CompleteEnv::with_factory(command).complete();

    let mut args: Vec<OsString> = args.into_iter().collect();
    // `help` is help already, and would take this for the name of a command.
    if args.get(1).is_some_and(|it| it == "help") {
        args.retain(|it| it != "--help" && it != "-h");
    }
    let grammar = GlobalArgs::augment_called(Cli::command(), &args);
    let color = globals::color_of_messages(&args);
    let grammar = grammar.color(globals::choice_of(color));
    let parsed = grammar.try_get_matches_from(&args).and_then(|matches| {
        Ok((Cli::from_arg_matches(&matches)?, GlobalArgs::from_all(&matches)?))
    });
    let (cli, globals) = match parsed {
        Ok(parsed) => parsed,
        Err(err) => {
            let line = Line::read(&args);
            if let Some(explained) = mistyped::explain(&err, &line) {
                print_error(
                    &Output::new(&GlobalArgs { color, ..GlobalArgs::default() }),
                    &line.typed(),
                    &explained,
                );
                return ExitStatus::Refused;
            }
            // clap prints help to standard output and usage errors to standard error.
            let printed = err.print();
            return match printed {
                _ if err.exit_code() != 0 => ExitStatus::Refused,
                Err(err) if err.kind() != io::ErrorKind::BrokenPipe => ExitStatus::Failed,
                _ => ExitStatus::Done,
            };
        }
    };

    let output = Output::new(&globals);
    let mut app = App { globals, output, called: args };
    let result = app.run(&cli.command).and_then(|status| {
        app.output.flush()?;
        Ok(status)
    });
    match result {
        Ok(status) => status,
        Err(err) if is_closed_pipe(&err) => ExitStatus::Done,
        Err(err) => {
            let err = if is_unwritable(&err) {
                err.context(
                    Usage::unfinished("the answer could not be written").hint(app.output.done()),
                )
            } else {
                err
            };
            let err = several_heads::explain(&app, err);
            let typed = app.output.typed.clone();
            let typed = typed.calling(&Line::read(&app.called).arguments());
            print_error(&app.output, &typed, &err);
            diagnostics::exit_status(&err)
        }
    }
}

fn print_error(output: &Output, typed: &Typed, err: &anyhow::Error) {
    let here = project::current_folder().unwrap_or_default();
    output.stderr(diagnostics::render(err, &here, typed));
}

/// Whether the reader of an answer went away, as `head` does: that is no failure.
fn is_closed_pipe(err: &anyhow::Error) -> bool {
    let causes = err.chain().filter_map(|cause| cause.downcast_ref::<io::Error>());
    causes.into_iter().any(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}

impl App {
    fn run(&mut self, command: &Command) -> anyhow::Result<ExitStatus> {
        match command {
            Command::Init(args) => init::run(self, args),
            Command::ListTemplates(args) => init::list_templates(self, args),
            Command::Revision(args) => revision::run(self, args),
            Command::Merge(args) => merge::run(self, args),
            Command::Rebase(args) => rebase::run(self, args),
            Command::Squash(args) => squash::run(self, args),
            Command::Upgrade(args) => migrate::upgrade(self, args),
            Command::Downgrade(args) => migrate::downgrade(self, args),
            Command::Stamp(args) => stamp::run(self, args),
            Command::Status(args) => status::run(self, args),
            Command::Log(args) => log::run(self, args),
            Command::Repair(args) => repair::run(self, args),
            Command::Current(args) => current::run(self, args),
            Command::Heads(args) => heads::run(self, args),
            Command::Branches(args) => branches::run(self, args),
            Command::History(args) => history::run(self, args),
            Command::Show(args) => show::run(self, args),
            Command::Edit(args) => edit::run(self, args),
            Command::Check(args) => check::run(self, args),
            Command::Lint(args) => lint::run(self, args),
            Command::Verify(args) => verify::run(self, args),
            Command::Schema(args) => schema::run(self, args),
            Command::EnsureVersion(args) => ensure_version::run(self, args),
            Command::Backup(args) => backup::run(self, args),
            Command::Restore(args) => restore::run(self, args),
            Command::Import(args) => import::run(self, args),
            Command::Completions(args) => completions::run(self, args),
            Command::Man(args) => man::run(self, args),
        }
    }

    /// The project that the options and the current folder name.
    fn project(&self) -> anyhow::Result<Project> {
        let mut project = Project::find(&self.globals)?;
        project.screen = Some(Arc::clone(&self.output.screen));
        Ok(project)
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_grammar_is_consistent() {
        super::command().debug_assert();
    }
}
