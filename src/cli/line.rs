//! The words of a command line, read with the grammar, to be repeated as they should have been.

use std::ffi::OsString;

use clap::Command;

use super::foreign;
use crate::diagnostics::Typed;
use crate::flag::shell;

/// One thing on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
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

    pub fn words(&self) -> &[String] {
        match self {
            Self::Option { words, .. } => words,
            Self::Command(word) | Self::Bare(word) => std::slice::from_ref(word),
        }
    }

    pub fn bare(&self) -> Option<&str> {
        if let Self::Bare(word) = self { Some(word) } else { None }
    }
}

/// The words of a command line, and what each of them is.
pub struct Line {
    /// What stands there.
    pub items: Vec<Item>,
    /// The innermost command that is named, with all its options.
    pub command: Command,
    /// Its name, with those of the commands that it belongs to.
    pub name: String,
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
    pub fn bare(&self) -> Vec<&str> {
        self.items.iter().filter_map(Item::bare).collect()
    }

    /// Whether the command has an argument of this name.
    pub fn takes(&self, id: &str) -> bool {
        self.command.get_arguments().any(|it| it.get_id() == id)
    }

    /// The command as it is called.
    pub fn called(&self) -> String {
        format!("migrator {}", self.name).trim_end().to_owned()
    }

    /// The command with its arguments, as it is typed behind the name of the program and the options
    /// of [`Line::typed`].
    pub fn arguments(&self) -> String {
        words(&self.items)
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
    pub fn without_groups(&self, names: &[&str]) -> Option<String> {
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
pub fn spelled(items: &[Item]) -> String {
    format!("`migrator {}`", words(items))
}

fn words(items: &[Item]) -> String {
    let words = items.iter().filter(|it| !it.is_repeated()).flat_map(Item::words);
    let quoted = words.map(|word| match word.split_once('=') {
        // The sign itself needs no quotes.
        Some((option, value)) if option.starts_with('-') => format!("{option}={}", shell(value)),
        _ if word.is_empty() => "''".to_owned(),
        _ => shell(word).into_owned(),
    });
    quoted.collect::<Vec<_>>().join(" ")
}

/// Whether a text is digits and nothing else.
pub fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit())
}
