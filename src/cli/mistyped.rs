//! Arguments that are no command line: what was meant, and what to type.
//!
//! clap says what it expected; this reads the words once more, with the same grammar, to repeat them
//! as they should have been.

use std::error::Error as _;
use std::ffi::OsString;

use clap::Command;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::foreign;
use crate::Error;
use crate::diagnostics::{Typed, Usage};
use crate::flag::shell;
use crate::graph::symbol::SymbolError;
use crate::similar::similar;

/// One thing on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Item {
    /// The name of a command.
    Command(String),
    /// An option as it was typed, with its value.
    Option {
        /// Its name in the grammar; empty where it has none.
        id: String,
        /// The words.
        words: Vec<String>,
        /// Its value, in whatever way it was typed.
        value: Option<String>,
    },
    /// What stands alone.
    Bare(String),
}

impl Item {
    fn is_option(&self, name: &str) -> bool {
        matches!(self, Self::Option { id, .. } if id == name)
    }

    /// Whether [`Typed`] puts it into every command.
    fn is_repeated(&self) -> bool {
        ["config", "environment", "variables", "url"].iter().any(|it| self.is_option(it))
    }

    fn words(&self) -> &[String] {
        match self {
            Self::Option { words, .. } => words,
            Self::Command(word) | Self::Bare(word) => std::slice::from_ref(word),
        }
    }

    fn bare(&self) -> Option<&str> {
        if let Self::Bare(word) = self { Some(word) } else { None }
    }
}

/// The words of a command line, and what each of them is.
pub struct Line {
    items: Vec<Item>,
    /// The innermost command that is named, with all its options.
    command: Command,
    /// Its name, with those of the commands that it belongs to.
    name: String,
    /// Whether a word stood where a command should: what follows is not looked up any more.
    is_lost: bool,
}

impl Line {
    /// Reads the arguments, the name of the program first.
    pub fn read(args: &[OsString]) -> Self {
        let command = super::command();
        let mut line = Self { items: Vec::new(), command, name: String::new(), is_lost: false };
        let mut words = args.iter().skip(1).map(|it| it.to_string_lossy().into_owned());
        let mut is_over = false;
        while let Some(word) = words.next() {
            let is_option = word.len() > 1 && word.starts_with('-') && !is_number(&word[1..]);
            if is_over || !is_option {
                line.is_lost |= is_over;
                line.take(word);
            } else if word == "--" {
                is_over = true;
            } else {
                let (id, has_value, attached) = line.find(&word);
                let next = if has_value && attached.is_none() { words.next() } else { None };
                let value = attached.or_else(|| next.clone());
                let words = std::iter::once(word).chain(next).collect();
                line.items.push(Item::Option { id, words, value });
            }
        }
        line
    }

    /// Takes a word that is no option: a command, or what stands alone.
    fn take(&mut self, word: String) {
        let found = self.command.find_subcommand(&word).filter(|_| !self.is_lost).cloned();
        if let Some(command) = found {
            let blank = if self.name.is_empty() { "" } else { " " };
            self.name = format!("{}{blank}{}", self.name, command.get_name());
            self.command = command;
            self.items.push(Item::Command(word));
        } else {
            self.is_lost |= self.command.has_subcommands();
            self.items.push(Item::Bare(word));
        }
    }

    /// The name of an option in the grammar, whether the next word is its value, and the value that
    /// stands in the word itself.
    fn find(&self, word: &str) -> (String, bool, Option<String>) {
        let takes = |it: &clap::Arg| it.get_action().takes_values() && !it.is_require_equals_set();
        if let Some(long) = word.strip_prefix("--") {
            let (name, value) = long.split_once('=').map_or((long, None), |it| (it.0, Some(it.1)));
            let found = self.command.get_arguments().find(|it| it.get_long() == Some(name));
            let id = found.map(|it| it.get_id().to_string()).unwrap_or_default();
            return (id, found.is_some_and(takes), value.map(str::to_owned));
        }
        let mut id = String::new();
        for (at, letter) in word.char_indices().skip(1) {
            let found = self.command.get_arguments().find(|it| it.get_short() == Some(letter));
            let Some(found) = found else { return (String::new(), false, None) };
            id = found.get_id().to_string();
            if takes(found) {
                let value = word[at + letter.len_utf8()..].trim_start_matches('=');
                return (id, true, (!value.is_empty()).then(|| value.to_owned()));
            }
        }
        (id, false, None)
    }

    /// The options that belong into every command that is printed to be typed.
    pub fn typed(&self) -> Typed {
        let values = |name: &'static str| {
            let all = self.items.iter().filter(move |it| it.is_option(name));
            all.filter_map(|it| {
                if let Item::Option { value, .. } = it { value.as_deref() } else { None }
            })
        };
        let variables = values("variables").filter_map(|it| it.split_once('='));
        let variables: Vec<(String, String)> =
            variables.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        let (config, environment) =
            (values("config").next_back(), values("environment").next_back());
        Typed::new(config, environment, &variables, values("url").next_back())
    }

    /// What stands alone.
    fn bare(&self) -> Vec<&str> {
        self.items.iter().filter_map(Item::bare).collect()
    }

    /// Whether the command has an argument of this name.
    fn takes(&self, id: &str) -> bool {
        self.command.get_arguments().any(|it| it.get_id() == id)
    }

    /// The command as it is called.
    fn called(&self) -> String {
        format!("migrator {}", self.name).trim_end().to_owned()
    }

    /// The line with the words of a message together, where one of them was `stray`.
    pub fn with_message(&self, stray: &str) -> Option<String> {
        if !self.takes("message") {
            return None;
        }
        let given = self.items.iter().position(|it| it.is_option("message"));
        let is_part = |at: usize, it: &Item| match given {
            // Only `revision` has nothing else that stands alone.
            _ if self.name == "revision" => it.bare().is_some(),
            Some(given) => {
                at > given && self.items[given + 1..=at].iter().all(|it| it.bare().is_some())
            }
            None => false,
        };
        let items = || self.items.iter().enumerate();
        let parts: Vec<&str> =
            items().filter(|(at, it)| is_part(*at, it)).filter_map(|(_, it)| it.bare()).collect();
        if !parts.contains(&stray) {
            return None;
        }
        let first = given.and_then(|it| match &self.items[it] {
            Item::Option { value, .. } => value.as_deref(),
            _ => None,
        });
        let message: Vec<&str> = first.into_iter().chain(parts).collect();
        let mut kept: Vec<Item> = items()
            .filter(|(at, it)| Some(*at) != given && !is_part(*at, it))
            .map(|(_, it)| it.clone())
            .collect();
        if self.name == "merge" && kept.iter().all(|it| it.bare().is_none()) {
            kept.push(Item::Bare("heads".to_owned()));
        }
        kept.push(Item::Option {
            id: "message".to_owned(),
            words: vec!["-m".to_owned(), message.join(" ")],
            value: None,
        });
        Some(spelled(&kept))
    }

    /// The line without words such as `db` before a command.
    fn without_groups(&self, names: &[&str]) -> Option<String> {
        let words = self.bare();
        let n_groups = words.iter().take_while(|it| foreign::is_group(it)).count();
        let command = words.get(n_groups)?;
        if n_groups == 0 || !names.contains(command) {
            return None;
        }
        let mut items = self.items.clone();
        let mut seen = 0;
        items.retain(|it| {
            seen += usize::from(it.bare().is_some());
            it.bare().is_none() || seen > n_groups
        });
        Some(spelled(&items))
    }

    /// The line with a value put to the option before it, which has one only with `=`.
    pub fn with_equals(&self) -> Option<String> {
        let wants = |it: &Item| {
            let Item::Option { id, value: None, .. } = it else { return false };
            let found = self.command.get_arguments().find(|it| it.get_id() == id.as_str());
            found.is_some_and(|it| it.get_action().takes_values() && it.is_require_equals_set())
        };
        let pairs = self.items.windows(2);
        let at = pairs.into_iter().position(|it| wants(&it[0]) && it[1].bare().is_some())?;
        let mut items = self.items.clone();
        let Item::Bare(value) = items.remove(at + 1) else { return None };
        if let Item::Option { words, .. } = &mut items[at] {
            words[0] = format!("{}={value}", words[0]);
        }
        Some(spelled(&items))
    }
}

/// Items as a command to be typed, in backticks.
fn spelled(items: &[Item]) -> String {
    let words = items.iter().filter(|it| !it.is_repeated()).flat_map(Item::words);
    let quoted = words.map(|word| match word.split_once('=') {
        // The sign itself needs no quotes.
        Some((option, value)) if option.starts_with('-') => format!("{option}={}", shell(value)),
        _ if word.is_empty() => "''".to_owned(),
        _ => shell(word).into_owned(),
    });
    format!("`migrator {}`", quoted.collect::<Vec<_>>().join(" "))
}

/// How many commands are named where none of them is near.
const MAX_NAMED: usize = 3;

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit())
}

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
