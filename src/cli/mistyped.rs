//! Arguments that are no command line: what was meant, and what to type.

use std::error::Error as _;

use clap::Command;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::line::{Item, Line, is_number, spelled};
use super::{App, foreign};
use crate::Error;
use crate::diagnostics::Usage;
use crate::graph::resolve::ResolveError;
use crate::graph::symbol::SymbolError;
use crate::plan::PlanError;
use crate::similar::similar;

/// How many commands are named where none of them is near.
const MAX_NAMED: usize = 3;

/// What to say of arguments that clap refuses; `None` where its own words are enough.
pub fn explain(err: &clap::Error, line: &Line) -> Option<anyhow::Error> {
    let of = |kind| match err.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        _ => None,
    };
    let usage = match err.kind() {
        ErrorKind::InvalidSubcommand => unknown_command(&of(ContextKind::InvalidSubcommand)?, line),
        ErrorKind::UnknownArgument => unknown_argument(&of(ContextKind::InvalidArg)?, line),
        ErrorKind::MissingRequiredArgument => {
            let Some(ContextValue::Strings(missing)) = err.get(ContextKind::InvalidArg) else {
                return None;
            };
            missing_arguments(missing, line)
        }
        ErrorKind::ValueValidation => {
            let symbol = err.source()?.downcast_ref::<SymbolError>()?;
            return Some(Error::from(symbol.clone()).into());
        }
        _ => return None,
    };
    Some(usage.into())
}

fn hinted(message: String, hints: impl IntoIterator<Item = String>) -> Usage {
    hints.into_iter().fold(Usage::new(message), Usage::hint)
}

fn unknown_command(word: &str, line: &Line) -> Usage {
    let message = match line.name.as_str() {
        "" => format!("there is no command `{word}`"),
        name => format!("`migrator {name}` has no `{word}`"),
    };
    let names: Vec<&str> = line.command.get_subcommands().map(Command::get_name).collect();
    // clap stops at the first one; what is behind it was read with the options of nothing.
    let bare = line.bare();
    let rest = bare.iter().position(|it| *it == word).map_or(&[][..], |at| &bare[at + 1..]);
    if line.name.is_empty() {
        if let Some(meant) = line.without_groups(&names) {
            return hinted(message, [format!("did you mean {meant}?")]);
        }
        if let Some(hint) = foreign::command(word, rest) {
            return hinted(message, [hint]);
        }
    }
    match similar(word, names.iter().copied()).as_slice() {
        [one] => {
            let mut items = line.items.clone();
            if let Some(it) = items.iter_mut().find(|it| it.bare() == Some(word)) {
                *it = Item::Bare((*one).to_owned());
            }
            hinted(message, [format!("did you mean {}?", spelled(&items))])
        }
        [] if line.name == "import" => hinted(message, foreign::import(word)),
        [] if names.len() <= MAX_NAMED => {
            let names = names.iter().map(|it| format!("`{} {it}`", line.called()));
            hinted(message, [format!("there is {}", names.collect::<Vec<_>>().join(" and "))])
        }
        [] => hinted(message, [format!("`{} --help` lists what there is", line.called())]),
        several => {
            let names: Vec<String> = several.iter().map(|it| format!("`{it}`")).collect();
            hinted(message, [format!("did you mean {}?", names.join(" or "))])
        }
    }
}

fn unknown_argument(word: &str, line: &Line) -> Usage {
    if !word.starts_with('-') || is_number(&word[1..]) {
        return stray(word, line);
    }
    let message = format!("`{}` has no option `{word}`", line.called());
    let at = line.items.iter().position(|it| {
        let name = it.words()[0].split('=').next().unwrap_or_default();
        it.bare().is_none() && (name == word || (!name.starts_with("--") && name.starts_with(word)))
    });
    let value = at.and_then(|at| match &line.items[at] {
        Item::Option { value: Some(value), .. } => Some(value.as_str()),
        _ => line.items.get(at + 1).and_then(Item::bare),
    });
    if let Some(hint) = foreign::option(&line.name, word, value, &|id| line.takes(id)) {
        return hinted(message, [hint]);
    }
    let long = word.strip_prefix("--").unwrap_or_default();
    let visible = || line.command.get_arguments().filter(|it| !it.is_hide_set());
    let near = if long.is_empty() {
        Vec::new()
    } else {
        similar(long, visible().filter_map(clap::Arg::get_long))
    };
    let hint = match (near.as_slice(), at) {
        ([one], Some(at)) => {
            let mut items = line.items.clone();
            if let Item::Option { words, .. } = &mut items[at] {
                words[0] = words[0].replacen(long, one, 1);
            }
            format!("did you mean `--{one}`? {}", spelled(&items))
        }
        ([], _) | (_, None) => match others(long) {
            Some(others) => format!("it is an option of {others}"),
            None => format!("`{} --help` lists its options", line.called()),
        },
        (several, _) => {
            let names: Vec<String> = several.iter().map(|it| format!("`--{it}`")).collect();
            format!("did you mean {}?", names.join(" or "))
        }
    };
    hinted(message, [hint])
}

/// The other commands that have an option.
fn others(long: &str) -> Option<String> {
    let grammar = super::command();
    let has = |it: &&Command| {
        let mut visible = it.get_arguments().filter(|it| !it.is_hide_set());
        !it.is_hide_set() && visible.any(|it| it.get_long() == Some(long))
    };
    let names: Vec<String> = grammar
        .get_subcommands()
        .filter(has)
        .map(|it| format!("`migrator {}`", it.get_name()))
        .collect();
    (!long.is_empty() && !names.is_empty()).then(|| names.join(" and "))
}

/// What stands alone where nothing more is expected.
fn stray(word: &str, line: &Line) -> Usage {
    if let Some(meant) = line.with_message(word) {
        let message = format!("`{word}` stands alone");
        return hinted(
            message,
            [format!("no file was written; did you mean it as the message? {meant}")],
        );
    }
    if let Some(meant) = line.with_equals() {
        return hinted(format!("`{word}` stands alone"), [format!("did you mean {meant}?")]);
    }
    let message = format!("`{word}` is one argument too many for `{}`", line.called());
    let hint = match line.name.as_str() {
        "upgrade" | "downgrade" => match line.bare().split_first() {
            Some((first, rest)) if !rest.is_empty() => {
                let name = &line.name;
                let one = |it: &&str| format!("`migrator {name} {}`", shell_words::quote(it));
                let others: Vec<String> = rest.iter().map(one).collect();
                format!("one target at a time: {}, then {}", one(first), others.join(", "))
            }
            _ => "it takes one target".to_owned(),
        },
        "log" if is_number(word.trim_start_matches('-')) => {
            format!("`migrator log --limit {}`", word.trim_start_matches('-'))
        }
        "history" if word.contains(':') => {
            format!("`migrator history -r {}`", shell_words::quote(word))
        }
        "history" if word.starts_with('-') => format!("`migrator history | head {word}`"),
        "history" => format!("`migrator show {}` shows one revision", shell_words::quote(word)),
        "init" => {
            format!("did you mean `migrator init {}`?", shell_words::quote(&line.bare().join(" ")))
        }
        "check" => {
            "`migrator check` compares all revisions; `migrator lint` and `migrator verify` \
                    take one"
                .to_owned()
        }
        _ => format!("`{} --help` says what it takes", line.called()),
    };
    hinted(message, [hint])
}

fn missing_arguments(missing: &[String], line: &Line) -> Usage {
    let names: Vec<String> = missing.iter().map(|it| format!("`{it}`")).collect();
    let message = format!("`{}` needs {}", line.called(), names.join(" and "));
    let hint = match line.name.as_str() {
        _ if missing.iter().all(|it| it.starts_with("--") && !it.contains(' ')) => {
            let mut items = line.items.clone();
            items.extend(missing.iter().map(|it| Item::Bare(it.clone())));
            format!("did you mean {}?", spelled(&items))
        }
        _ if missing.iter().all(|it| it.starts_with("--message")) => {
            let spelled = spelled(&line.items);
            format!("say what it does: {} -m \"…\"`", spelled.trim_end_matches('`'))
        }
        "downgrade" => {
            "`migrator downgrade -1` takes back one revision, `migrator downgrade base` \
                        all of them"
                .to_owned()
        }
        "stamp" => "`migrator stamp head` says that the database has everything, without running \
                    anything; `migrator current` shows what it says now"
            .to_owned(),
        "show" => "`migrator show head` shows the newest; `migrator history` lists them".to_owned(),
        "rebase" => "`migrator heads --check` says which of the heads can be moved".to_owned(),
        "merge" => "`migrator merge heads -m \"…\"` joins all of them".to_owned(),
        "restore" => {
            "backups lie beside the database, as `NAME.TIMESTAMP.bak`; those from before a \
                      run are named by `upgrade` and `downgrade`"
                .to_owned()
        }
        "squash" => {
            "`migrator squash FIRST:LAST -m \"…\"`, with two revisions of those that `migrator \
                     history` lists"
                .to_owned()
        }
        "import refinery" => {
            "name the folder of its files: `migrator import refinery migrations`".to_owned()
        }
        "completions" => "`migrator completions bash`, or `zsh`, `fish`, `powershell`".to_owned(),
        _ => format!("`{} --help` says what it takes", line.called()),
    };
    hinted(message, [hint])
}

/// `-m join two heads` makes revisions of the message: says so where there are none.
pub fn for_a_message(app: &App, err: anyhow::Error) -> anyhow::Error {
    let Some(Error::Plan(PlanError::Resolve(ResolveError::UnknownRevision { name, .. }))) =
        err.downcast_ref()
    else {
        return err;
    };
    match Line::read(&app.called).with_message(name) {
        Some(meant) => {
            let hint = format!("no file was written; did you mean it as the message? {meant}");
            Usage::new(format!("`{name}` stands alone")).hint(hint).into()
        }
        None => err,
    }
}

/// A target that is no revision, behind an option whose value it was meant to be: says so.
pub fn for_a_path(app: &App, target: &str, err: anyhow::Error) -> anyhow::Error {
    let is_unknown = matches!(
        err.downcast_ref(),
        Some(Error::Plan(PlanError::Resolve(
            ResolveError::UnknownRevision { .. } | ResolveError::Symbol(_)
        )))
    );
    match Line::read(&app.called).with_equals() {
        Some(meant) if is_unknown => Usage::new(format!(
            "`{target}` is no revision, and `--backup` takes a path with `=` only"
        ))
        .hint(format!("nothing was changed; did you mean {meant}?"))
        .into(),
        _ => err,
    }
}
