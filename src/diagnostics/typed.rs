//! Commands that are printed to be typed, with the options of this call.
//!
//! What is said stands on its own: `migrator repair 3f1c`. Typed after `migrator -n production status`
//! it would act on another database, so whatever leaves for the reader passes through here.

/// The global options that were given and that decide on which project and database a command acts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Typed {
    /// `-c` and `-x`, each with a blank before it.
    project: String,
    /// `-n` and `--url`, in the same way.
    database: String,
    /// The command and its arguments, without the global options; empty where it is not to be called
    /// again.
    called: String,
}

/// The options with which a command that was refused is called again.
const AGAIN: [&str; 2] = ["--allow-changed", "--out-of-order"];

/// How a command begins in a message.
const START: &str = "`migrator ";

impl Typed {
    /// The options as they were given.
    pub fn new(
        config: Option<&str>,
        environment: Option<&str>,
        variables: &[(String, String)],
        url: Option<&str>,
    ) -> Self {
        let quote = shell_words::quote;
        let option = |name: &str, value: &str| format!(" {name} {}", quote(value));
        let variable = |it: &(String, String)| format!(" -x {}={}", quote(&it.0), quote(&it.1));
        let config = config.map(|it| option("-c", it)).unwrap_or_default();
        let variables = variables.iter().map(variable).collect::<String>();
        let environment = environment.map(|it| option("-n", it)).unwrap_or_default();
        let url = url.map(|it| option("--url", it)).unwrap_or_default();
        Self { project: config + &variables, database: environment + &url, called: String::new() }
    }

    /// The same where a message about this command may say to call it again with another option: it
    /// keeps its target then, and what else was asked for.
    #[must_use]
    pub fn calling(self, command: &str) -> Self {
        Self { called: command.to_owned(), ..self }
    }

    /// The command that was called with the options that it lacks, for one that names nothing else.
    fn again(&self, command: &str) -> Option<String> {
        let (name, options) = command.split_once(' ')?;
        // A value in quotes is one word.
        let called = shell_words::split(&self.called).ok()?;
        let is_it = called.first().is_some_and(|it| it == name);
        if !is_it || !options.split(' ').all(|it| AGAIN.contains(&it)) {
            return None;
        }
        let is_lacking = |option: &&str| called.iter().all(|it| it != *option);
        let lacking: Vec<&str> = options.split(' ').filter(is_lacking).collect();
        (!lacking.is_empty()).then(|| format!("{} {}", self.called, lacking.join(" ")))
    }

    /// The text, with the options in every command of it that begins right behind a backtick.
    ///
    /// The command that was called ([`Typed::calling`]) is repeated with all that it was given.
    /// A command that names its own database, with `-n` or `--url` first, keeps it. One that makes a
    /// project takes none.
    pub fn spell(&self, text: &str) -> String {
        let mut parts = text.split(START);
        let mut spelled = parts.next().unwrap_or_default().to_owned();
        for command in parts {
            let names_database = ["-n ", "--url "].iter().any(|it| command.starts_with(it));
            let makes_project = command.split(['`', ' ']).next() == Some("init");
            spelled.push_str(START.trim_end());
            if !makes_project {
                spelled.push_str(&self.project);
                spelled.push_str(if names_database { "" } else { &self.database });
            }
            spelled.push(' ');
            let (command, rest) = command.split_at(command.find('`').unwrap_or(command.len()));
            spelled.push_str(self.again(command).as_deref().unwrap_or(command));
            spelled.push_str(rest);
        }
        spelled
    }

    /// The same for several.
    pub fn spell_all(&self, texts: &[String]) -> Vec<String> {
        texts.iter().map(|it| self.spell(it)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let variables = [("KEY".to_owned(), "a b".to_owned())];
        let typed = Typed::new(Some("my file.toml"), Some("prod"), &variables, Some("x.db"));
        assert_eq!(typed.spell(text), expected);
        assert_eq!(Typed::default().spell(text), text);
    }

    #[test]
    fn every_command_gets_the_options() {
        check(
            "`migrator repair a1` takes it; or `migrator stamp`",
            "`migrator -c 'my file.toml' -x KEY='a b' -n prod --url x.db repair a1` takes it; or \
             `migrator -c 'my file.toml' -x KEY='a b' -n prod --url x.db stamp`",
        );
        check("the table `migrator_log` of migrator", "the table `migrator_log` of migrator");
    }

    #[test]
    fn a_command_that_names_its_database_keeps_it() {
        check(
            "`migrator -n other downgrade a1`",
            "`migrator -c 'my file.toml' -x KEY='a b' -n other downgrade a1`",
        );
        check(
            "`migrator --url y.db downgrade a1`",
            "`migrator -c 'my file.toml' -x KEY='a b' --url y.db downgrade a1`",
        );
        check("`migrator init` sets it up", "`migrator init` sets it up");
    }

    #[test]
    fn the_command_that_was_called_keeps_its_arguments() {
        let check = |called: &str, text: &str, expected: &str| {
            let typed = Typed::new(None, Some("prod"), &[], None).calling(called);
            assert_eq!(typed.spell(text), expected);
        };
        let hint = "`migrator upgrade --allow-changed` goes on, `migrator status` shows all";
        check(
            "upgrade c3 --dry-run",
            hint,
            "`migrator -n prod upgrade c3 --dry-run --allow-changed` goes on, `migrator -n prod status` \
             shows all",
        );
        let same = "`migrator -n prod upgrade --allow-changed` goes on, `migrator -n prod status` shows all";
        for called in ["", "downgrade c3", "upgrade --allow-changed c3"] {
            check(called, hint, same);
        }
        check(
            "upgrade heads",
            "`migrator upgrade --out-of-order` runs it",
            "`migrator -n prod upgrade heads --out-of-order` runs it",
        );
        let both = "`migrator upgrade --out-of-order --allow-changed` runs it";
        for (called, expected) in [
            ("upgrade c3", "upgrade c3 --out-of-order --allow-changed"),
            ("upgrade --out-of-order c3", "upgrade --out-of-order c3 --allow-changed"),
            (
                "upgrade --tag 'an --allow-changed one'",
                "upgrade --tag 'an --allow-changed one' --out-of-order --allow-changed",
            ),
        ] {
            check(called, both, &format!("`migrator -n prod {expected}` runs it"));
        }
    }
}
