//! The options that every command takes, before the command and after it.
//!
//! clap's own global arguments cannot do this: `current -c` is `--check-heads`, so after that
//! command `-c` is not `--config`. The options are therefore added to every command by hand, each
//! without its short form where the command uses that letter itself, and what was given in both
//! places is merged.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{ArgAction, ArgMatches, Args, Command, FromArgMatches, ValueEnum};

use crate::diagnostics::Typed;

/// Options of every command
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// Use this configuration file
    ///
    /// The default is the environment variable `ALEMBIC_CONFIG`, then `alembic.toml` in the current
    /// folder or the nearest folder above it. Relative paths in the file are relative to it.
    #[arg(long, short, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub config: Option<PathBuf>,

    /// Lay the settings of `[env.NAME]` over the rest
    #[arg(long = "name", short = 'n', value_name = "NAME")]
    pub environment: Option<String>,

    /// Give `${KEY}` in alembic.toml a value (can be repeated)
    ///
    /// It comes before the environment and before the `.env` file beside alembic.toml.
    #[arg(short = 'x', value_name = "KEY=VALUE", action = ArgAction::Append, value_parser = key_value)]
    pub variables: Vec<(String, String)>,

    /// Use this database instead of `database.url`
    ///
    /// A path, relative to the current folder, or a URL such as `sqlite:///data/db.sqlite3`.
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,

    /// Print the answer as JSON
    #[arg(long)]
    pub json: bool,

    /// When to use colour
    #[arg(long, value_name = "WHEN", value_enum)]
    pub color: Option<ColorWhen>,

    /// Say more: details in lists, and every statement that runs
    #[arg(long, short, action = ArgAction::Count)]
    pub verbose: u8,

    /// Say nothing but answers, warnings and errors
    #[arg(long, short)]
    pub quiet: bool,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorWhen {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// When the arguments want colour in messages that are printed before they are known.
pub fn color_of_messages(args: &[OsString]) -> Option<ColorWhen> {
    let args: Vec<&str> = args.iter().map_while(|it| it.to_str()).collect();
    let mut given =
        args.iter().enumerate().filter_map(|(at, it)| match it.strip_prefix("--color") {
            Some("") => args.get(at + 1).copied(),
            Some(value) => value.strip_prefix('='),
            None => None,
        });
    match given.next_back() {
        Some("always") => Some(ColorWhen::Always),
        Some("never") => Some(ColorWhen::Never),
        _ => None,
    }
}

/// The same for clap's own messages.
pub fn choice_of(color: Option<ColorWhen>) -> clap::ColorChoice {
    match color {
        Some(ColorWhen::Always) => clap::ColorChoice::Always,
        Some(ColorWhen::Never) => clap::ColorChoice::Never,
        Some(ColorWhen::Auto) | None => clap::ColorChoice::Auto,
    }
}

/// Splits `KEY=VALUE` at the first `=`.
fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("it is written KEY=VALUE".to_owned()),
    }
}

impl GlobalArgs {
    /// What of these belongs into every command that is printed to be typed.
    pub fn typed(&self) -> Typed {
        let config = self.config.as_ref().map(|it| it.to_string_lossy());
        let environment = self.environment.as_deref();
        Typed::new(config.as_deref(), environment, &self.variables, self.url.as_deref())
    }

    /// Adds the options to every command below `command`.
    pub fn augment(command: Command) -> Command {
        Self::augment_wanted(command, &|_| true)
    }

    /// The same for the commands that `args` can call: their names stand there. Adding the options
    /// to all of them is 0.7 of the 1.8 million instructions of `heads` over one revision.
    pub fn augment_called(command: Command, args: &[OsString]) -> Command {
        Self::augment_wanted(command, &|subcommand| {
            let mut names = subcommand.get_all_aliases().chain([subcommand.get_name()]);
            names.any(|name| args.iter().any(|it| it == name))
        })
    }

    fn augment_wanted(command: Command, is_wanted: &dyn Fn(&Command) -> bool) -> Command {
        command.mut_subcommands(|subcommand| {
            if is_wanted(&subcommand) {
                Self::augment_wanted(Self::add_to(subcommand), is_wanted)
            } else {
                subcommand
            }
        })
    }

    /// Adds the options to one command.
    fn add_to(command: Command) -> Command {
        let taken: Vec<char> = command.get_arguments().filter_map(clap::Arg::get_short).collect();
        let own: Vec<String> = command.get_arguments().map(|it| it.get_id().to_string()).collect();
        let options = Self::augment_args(Command::new("options"));
        let mut command = command;
        for option in options.get_arguments() {
            if own.iter().any(|it| it == option.get_id().as_str()) {
                continue;
            }
            let is_taken = option.get_short().is_some_and(|it| taken.contains(&it));
            let option = option.clone().hide_short_help(true);
            command = command.arg(if is_taken { option.short(None) } else { option });
        }
        command
    }

    /// What was given before the command and after it; the later one wins.
    pub fn from_all(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut merged = Self::from_arg_matches(matches)?;
        let mut level = matches;
        while let Some((_, inner)) = level.subcommand() {
            let given = Self::from_arg_matches(inner)?;
            merged.config = given.config.or(merged.config);
            merged.environment = given.environment.or(merged.environment);
            merged.variables.extend(given.variables);
            merged.url = given.url.or(merged.url);
            merged.json |= given.json;
            merged.color = given.color.or(merged.color);
            merged.verbose += given.verbose;
            merged.quiet |= given.quiet;
            level = inner;
        }
        Ok(merged)
    }
}
