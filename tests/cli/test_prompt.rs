//! Questions on a terminal: a line answers one of them, and nothing else.

use crate::support::TestEnv;
use crate::support::terminal::{CTRL_C, CTRL_D, Terminal};

const FIRST: &str = "Was the column t.a renamed to x? [y/N] ";
const SECOND: &str = "Was the column t.b renamed to y? [y/N] ";

/// A project whose schema has two columns with other names than those that the revisions make.
fn renamed() -> TestEnv {
    let env = TestEnv::new();
    env.config("[schema]\nfiles = [\"schema.sql\"]");
    env.revision("a1").up("CREATE TABLE t(a TEXT, b TEXT);").down("DROP TABLE t;").write();
    env.file("schema.sql", "CREATE TABLE t(x TEXT, y TEXT);");
    env.run("upgrade").ok();
    env
}

const WRITE: &str = "revision --autogenerate -m Renamed";

/// What the upgrade of the new revision says of the columns, `None` where no file was written.
fn written(env: &TestEnv) -> Option<Vec<String>> {
    let files = env.files();
    let name = files.iter().find(|it| it.ends_with("_renamed.sql"))?;
    let text = env.read(name);
    let (upgrade, _) = text.split_once("-- migrate:downgrade").unwrap();
    let alters = upgrade.lines().filter(|it| it.starts_with("ALTER"));
    Some(alters.map(str::to_owned).collect())
}

/// Runs the command, answers the two questions one after the other, and looks at the outcome.
#[track_caller]
fn check(answers: [&str; 2], expected: [&str; 2]) {
    let env = renamed();
    let Some(mut terminal) = env.on_a_terminal(WRITE) else { return };
    terminal.shows(FIRST).types(answers[0]).shows(SECOND).types(answers[1]);
    let (text, status) = terminal.ends();
    assert_eq!(status, Some(0), "{text}");
    let alters = written(&env).unwrap();
    for wanted in expected {
        assert!(alters.iter().any(|it| it == wanted), "`{wanted}` is not in {alters:?}:\n{text}");
    }
}

const RENAME_A: &str = "ALTER TABLE t RENAME COLUMN a TO x;";
const RENAME_B: &str = "ALTER TABLE t RENAME COLUMN b TO y;";
const DROP_A: &str = "ALTER TABLE t DROP COLUMN a;";
const DROP_B: &str = "ALTER TABLE t DROP COLUMN b;";

#[test]
fn a_line_answers_one_question() {
    check(["y\n", "y\n"], [RENAME_A, RENAME_B]);
    check(["yes\n", "YES\n"], [RENAME_A, RENAME_B]);
    check(["\n", "Y\n"], [DROP_A, RENAME_B]);
    check(["y\n", "no\n"], [RENAME_A, DROP_B]);
}

#[test]
fn what_is_typed_ahead_is_not_lost() {
    let env = renamed();
    let Some(mut terminal) = env.on_a_terminal(WRITE) else { return };
    terminal.types("y\nyes\n");
    let (text, status) = terminal.ends();
    assert_eq!(status, Some(0), "{text}");
    assert_eq!(written(&env).unwrap(), [RENAME_A, RENAME_B], "{text}");
}

#[test]
fn what_is_no_answer_is_asked_again() {
    let env = renamed();
    let Some(mut terminal) = env.on_a_terminal(WRITE) else { return };
    terminal.shows(FIRST).types("x\n").shows("please answer y or n [y/N] ").types("ja\n");
    terminal.shows("please answer y or n [y/N] ").types("y\n").shows(SECOND).types("y\n");
    let (text, status) = terminal.ends();
    assert_eq!(status, Some(0), "{text}");
    assert_eq!(written(&env).unwrap(), [RENAME_A, RENAME_B]);
}

#[track_caller]
fn check_cancelled(mut terminal: Terminal, question: &str, key: &str) {
    terminal.shows(question).types(key);
    let (text, status) = terminal.ends();
    assert_eq!(status, Some(2), "{text}");
    assert!(text.contains("cancelled; nothing was changed"), "{text}");
    // The message does not stand behind the question.
    assert!(!text.lines().any(|it| it.contains("[y/N]") && it.contains("cancelled")), "{text}");
}

#[test]
fn the_end_of_the_input_and_ctrl_c_change_nothing() {
    for key in [CTRL_C, CTRL_D] {
        let env = renamed();
        let Some(terminal) = env.on_a_terminal(WRITE) else { return };
        check_cancelled(terminal, FIRST, key);
        let mut terminal = env.on_a_terminal(WRITE).unwrap();
        terminal.shows(FIRST).types("y\n");
        check_cancelled(terminal, SECOND, key);
        assert_eq!(written(&env), None);
    }
}

/// A database with two branches, of which the downgrade of one takes the other along.
fn branched() -> TestEnv {
    let env = TestEnv::with_graph(&["a1", "b2 < a1 [shop]", "c3 < a1"]);
    env.run("upgrade heads").ok();
    env
}

#[test]
fn a_downgrade_and_a_restore_are_asked_the_same_way() {
    let env = branched();
    env.run("backup old.bak").ok();
    for (line, question) in [
        ("downgrade shop@base", "must also revert `c3`. Go on? [y/N] "),
        ("restore old.bak", "Overwrite the database? [y/N] "),
    ] {
        env.sql("CREATE TABLE IF NOT EXISTS mine(a)");
        for key in [CTRL_C, CTRL_D] {
            let Some(terminal) = env.on_a_terminal(line) else { return };
            check_cancelled(terminal, question, key);
        }
        let mut terminal = env.on_a_terminal(line).unwrap();
        terminal.shows(question).types("n\n");
        let (text, status) = terminal.ends();
        assert!(text.contains("not confirmed; nothing was changed"), "{text}");
        assert_eq!(status, Some(2));
        assert_eq!(env.rows(), ["b2", "c3"]);
    }
    let mut terminal = env.on_a_terminal("restore old.bak").unwrap();
    terminal.shows("Overwrite the database? [y/N] ").types("yes\n");
    let (text, status) = terminal.ends();
    assert_eq!(status, Some(0), "{text}");
    assert_eq!(env.tables(), ["t_a1", "t_b2", "t_c3"]);
}

#[test]
fn what_is_written_while_a_question_stands_is_asked_about_anew_where_nothing_keeps_it() {
    for (option, is_kept) in [("", true), (" --no-backup", false)] {
        let env = branched();
        env.run("backup old.bak").ok();
        env.sql("CREATE TABLE mine(a)");
        let Some(mut terminal) = env.on_a_terminal(&format!("restore old.bak{option}")) else {
            return;
        };
        let kept = if is_kept { "is backed up first." } else { "is not backed up." };
        let question = format!("{kept} Overwrite the database? [y/N] ");
        terminal.shows(&question);
        env.sql("INSERT INTO mine VALUES ('late')");
        terminal.types("y\n");
        if !is_kept {
            terminal.shows(&question).types("n\n");
        }
        let (text, status) = terminal.ends();
        assert_eq!(status, Some(if is_kept { 0 } else { 2 }), "{text}");
        assert_eq!(env.tables().contains(&"mine".to_owned()), !is_kept);
        if is_kept {
            let backup = env.path("app.db.20261103T144011Z.bak");
            env.sql(&format!(
                "ATTACH '{}' AS kept; CREATE TABLE k AS SELECT a FROM kept.mine",
                backup.display()
            ));
            assert_eq!(env.query("SELECT a FROM k"), ["late"]);
        }
    }
}

#[test]
fn nothing_of_an_answer_is_left_for_the_shell() {
    let env = branched();
    let binary = env!("CARGO_BIN_EXE_migrator");
    let line = format!("{binary} downgrade shop@base; read next; echo \"then: $next.\"");
    let Some(mut terminal) = env.shell_on_a_terminal(&line) else { return };
    terminal.shows("Go on? [y/N] ").types("yes\n").shows("app.db is at base").types("ls\n");
    let (text, status) = terminal.ends();
    assert!(text.contains("then: ls."), "{text}");
    assert_eq!(status, Some(0));
}

#[test]
fn a_question_that_wraps_stands_there_once() {
    let env = renamed();
    let binary = env!("CARGO_BIN_EXE_migrator");
    let line = format!("stty cols 30; {binary} {WRITE}");
    let Some(mut terminal) = env.shell_on_a_terminal(&line) else { return };
    terminal.shows(FIRST).types("y\n").shows(SECOND).types("y\n");
    let (text, status) = terminal.ends();
    assert_eq!(status, Some(0), "{text}");
    assert_eq!(text.matches("t.a renamed").count(), 1, "{text}");
    // Nothing is taken back, which would leave a part of it.
    let asked = text.split("\n  ").next().unwrap();
    assert!(!asked.contains('\u{1b}'), "{text:?}");
}
