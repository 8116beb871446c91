//! `migrator man`

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::support::TestEnv;

#[test]
fn the_manual_page_is_one() {
    let page = TestEnv::empty().run("man").ok();
    assert!(page.contains(".TH migrator 1"), "{page}");
    for part in [".SH NAME", ".SH SYNOPSIS", ".SH SUBCOMMANDS", "ensure\\-version", "Exit codes"] {
        assert!(page.contains(part), "{part}: {page}");
    }
}

#[test]
fn every_command_has_a_page() {
    let env = TestEnv::empty();
    let page = env.run("man upgrade").ok();
    assert!(page.contains(".TH migrator-upgrade 1"), "{page}");
    assert!(page.contains("\\-\\-dry\\-run") && page.contains("\\-\\-url"), "{page}");
    for command in ["init", "list-templates", "ensure_version", "import", "completions", "man"] {
        env.run(&format!("man {command}")).ok();
    }
    let page = env.run("man schema dump").ok();
    assert!(page.contains(".TH migrator-schema-dump 1"), "{page}");
    assert!(page.contains("migrator schema dump"), "{page}");
    insta::assert_snapshot!(env.run("man schema dum"), @"
    ------- stderr -------
    error: there is no command `schema dum`
    hint: `migrator schema --help` lists the commands
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run("man upgrad"), @"
    ------- stderr -------
    error: there is no command `upgrad`
    hint: `migrator --help` lists the commands
    [exit status: 2]
    ");
}

#[test]
fn man_can_read_it() {
    let page = TestEnv::empty().run("man").ok();
    let child = Command::new("man")
        .args(["--warnings", "-l", "-"])
        .env("MANWIDTH", "80")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else { return };
    let _closed = child.stdin.take().unwrap().write_all(page.as_bytes());
    let output = child.wait_with_output().unwrap();
    if output.status.success() {
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        assert!(String::from_utf8_lossy(&output.stdout).contains("migrator"));
    }
}
