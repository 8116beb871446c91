//! `migrator completions`, and what it completes

use std::process::Command;

use crate::support::TestEnv;

#[test]
fn every_shell_gets_a_script_that_calls_back() {
    let env = TestEnv::empty();
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let script = env.run(&format!("completions {shell}")).ok();
        assert!(script.contains("migrator") && script.contains("COMPLETE"), "{shell}: {script}");
    }
    insta::assert_snapshot!(env.run("completions"), @"
    ------- stderr -------
    error: `migrator completions` needs `<SHELL>`
    hint: `migrator completions bash`, or `zsh`, `fish`, `powershell`
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("completions tcsh"), @"
    ------- stderr -------
    error: invalid value 'tcsh' for '<SHELL>'
      [possible values: bash, zsh, fish, powershell]

      tip: a similar value exists: 'zsh'

    For more information, try '--help'.
    [exit status: 2]
    ");
}

/// What bash would offer for the last of these words.
fn complete(env: TestEnv, words: &[&str]) -> Vec<String> {
    let index = words.len().to_string();
    let env = env
        .with("COMPLETE", "bash")
        .with("_CLAP_COMPLETE_INDEX", &index)
        .with("_CLAP_COMPLETE_COMP_TYPE", "9")
        .with("_CLAP_COMPLETE_SPACE", "true")
        .with("_CLAP_IFS", "\n");
    let mut args = vec!["--", "migrator"];
    args.extend(words);
    env.run_args(&args).ok().lines().map(str::to_owned).collect()
}

fn env() -> TestEnv {
    TestEnv::with_graph(&["27c6a30d7c24", "1975ea83b712 < 27c6a30d7c24 [shop]"])
}

#[test]
fn revisions_and_labels_are_completed() {
    assert_eq!(complete(env(), &["upgrade", "27"]), ["27c6a30d7c24"]);
    assert_eq!(complete(env(), &["show", "19"]), ["1975ea83b712"]);
    assert_eq!(complete(env(), &["downgrade", "sh"]), ["shop@head"]);
    assert_eq!(complete(env(), &["stamp", "27c6a30d7c24", "19"]), ["1975ea83b712"]);
    assert_eq!(complete(env(), &["revision", "--head", "1"]), ["1975ea83b712"]);
    assert_eq!(complete(env(), &["revision", "--depends-on", "2"]), ["27c6a30d7c24"]);
    assert_eq!(complete(env(), &["merge", "he"]), ["head", "heads"]);
    assert_eq!(complete(env(), &["schema", "dump", "da"]), ["database"]);
    assert_eq!(complete(env(), &["schema", "diff", "declared", "19"]), ["1975ea83b712"]);
    let all = complete(env(), &["upgrade", ""]);
    for word in ["head", "heads", "base", "1975ea83b712", "27c6a30d7c24", "shop@head"] {
        assert!(all.iter().any(|it| it == word), "{word}: {all:?}");
    }
}

#[test]
fn commands_and_options_are_completed() {
    assert_eq!(complete(env(), &["upg"]), ["upgrade"]);
    assert_eq!(complete(env(), &["upgrade", "--dr"]), ["--dry-run"]);
    assert_eq!(complete(env(), &["heads", "--ur"]), ["--url"]);
    assert_eq!(complete(env(), &["completions", "z"]), ["zsh"]);
    assert_eq!(complete(env(), &["init", "-t", "mu"]), ["multidb"]);
    assert_eq!(complete(env(), &["init", "-t", "sc"]), ["schema"]);
    assert_eq!(complete(env(), &["revision", "--autogenerate", "--fi"]), ["--fill"]);
    assert_eq!(complete(env(), &["check", "--da"]), ["--database"]);
    assert_eq!(complete(env(), &["schema", "di"]), ["diff"]);
}

#[test]
fn a_configuration_that_is_named_is_used() {
    let env = env();
    env.file("sub/alembic.toml", "version_locations = [\"v\"]\n");
    env.file("sub/v/x.sql", &env.revision("feed1111").text());
    assert_eq!(complete(env, &["-c", "sub/alembic.toml", "upgrade", "fe"]), ["feed1111"]);
}

#[test]
fn outside_of_a_project_only_symbols_are_completed() {
    assert_eq!(complete(TestEnv::empty(), &["show", "h"]), ["head", "heads"]);
    let env = TestEnv::with_graph(&["a1 < nope"]);
    assert_eq!(complete(env, &["show", "h"]), ["head", "heads"]);
}

/// Runs a script with the binary's folder first on PATH; `None` where the shell is missing.
fn in_shell(env: &TestEnv, shell: &str, args: &[&str]) -> Option<String> {
    let folder = std::path::Path::new(env!("CARGO_BIN_EXE_migrator")).parent()?;
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").ok()?);
    let mut command = Command::new(shell);
    command.args(args).current_dir(env.path("")).env_clear();
    command.env("PATH", path).env("HOME", env.path("")).env("TERM", "dumb");
    let output = command.output().ok()?;
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{shell}");
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn bash_completes_a_revision() {
    let script = "source <(migrator completions bash); COMP_WORDS=(migrator upgrade 27); COMP_CWORD=2; COMP_TYPE=9; \
                  _clap_complete_migrator migrator 27 upgrade; echo \"${COMPREPLY[@]}\"";
    let Some(output) = in_shell(&env(), "bash", &["-c", script]) else { return };
    assert_eq!(output.trim(), "27c6a30d7c24");
}

#[test]
fn fish_completes_a_revision() {
    let script = "migrator completions fish | source; complete -C 'migrator upgrade 27'";
    let Some(output) = in_shell(&env(), "fish", &["-c", script]) else { return };
    assert_eq!(output.trim(), "27c6a30d7c24\tmake 27c6a30d7c24");
}

#[test]
fn zsh_accepts_the_script() {
    let script = "autoload -U compinit; compinit -u; source <(migrator completions zsh); echo $_comps[migrator]";
    let Some(output) = in_shell(&env(), "zsh", &["-fc", script]) else { return };
    assert_eq!(output.trim(), "_clap_dynamic_completer_migrator");
}
