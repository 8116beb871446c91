//! What a terminal shows while something takes long.

use std::process::Stdio;
use std::time::Duration;

use crate::support::TestEnv;
use crate::support::terminal::CTRL_C;

/// Runs for several seconds at the least, and not for ever.
const LONG: &str =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000000)
    INSERT INTO t SELECT i FROM n WHERE i < 0;";

/// A project with a revision that takes long.
fn slow() -> TestEnv {
    let env = TestEnv::new();
    env.config("[schema]\nfiles = [\"schema.sql\"]").file("schema.sql", "CREATE TABLE t(a);");
    env.revision("a1").up(&format!("CREATE TABLE t(a); {LONG}")).down("DROP TABLE t;").write();
    env
}

#[track_caller]
fn check(line: &str, shown: &str) {
    let env = slow();
    let Some(mut terminal) = env.on_a_terminal(line) else { return };
    terminal.shows(shown).types(CTRL_C);
    let (text, status) = terminal.ends();
    assert_eq!(status, Some(128 + 2), "{text}");
}

#[test]
fn what_runs_in_memory_is_named() {
    check("lint", "replaying the revisions in memory, ");
    check("verify", "trying the revisions in memory, ");
    check("schema dump head", "replaying the revisions in memory, ");
    let both = "replaying the revisions in memory, and reading the declared schema, ";
    check("check", both);
    check("revision --autogenerate -m x", both);
}

#[test]
fn the_parts_of_a_bar_are_apart() {
    let env = slow();
    env.graph(&["b2 < a1"]);
    let Some(mut terminal) = env.on_a_terminal("upgrade") else { return };
    terminal.shows("/2 statements").shows(", revision 1 of 2").shows("s").types(CTRL_C);
    let (text, status) = terminal.ends();
    assert!(
        text.contains("cancelled; the 2 revisions") || text.contains("cancelled; `a1`"),
        "{text}"
    );
    assert_eq!(status, Some(3), "{text}");
}

#[test]
fn where_nobody_looks_nothing_is_shown() {
    let env = slow();
    for line in [&["lint"][..], &["verify"], &["check"]] {
        let mut child =
            env.command(line).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        std::thread::sleep(Duration::from_secs(1));
        assert!(child.try_wait().unwrap().is_none(), "{line:?} does not take long");
        child.kill().unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{line:?}");
    }
    for line in ["-q lint", "--json lint"] {
        let Some(mut terminal) = env.on_a_terminal(line) else { return };
        std::thread::sleep(Duration::from_secs(1));
        terminal.types(CTRL_C);
        let (text, _) = terminal.ends();
        assert_eq!(text.trim(), "^C", "{line}");
    }
}
