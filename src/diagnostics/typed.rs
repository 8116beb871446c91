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
}

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
        Self { project: config + &variables, database: environment + &url }
    }

    /// The text, with the options in every command of it that begins right behind a backtick.
    ///
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
            spelled.push_str(command);
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
}
