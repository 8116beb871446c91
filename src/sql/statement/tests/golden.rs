//! Whole scripts with the places of their statements, to be read by people.

use super::*;

use std::fmt::Write as _;
use std::path::Path;

use crate::source::line_column;

/// One line per statement or problem: where it begins and ends, and how it begins.
fn report(script: &str) -> String {
    let place = |span: &Range<usize>| {
        let (line, column) = line_column(script, span.start);
        let (end_line, end_column) = line_column(script, span.end);
        format!("{line}:{column}-{end_line}:{end_column}")
    };
    let mut report = String::new();
    match split(script) {
        Ok(statements) => {
            for Statement { span } in statements {
                let first: String = script[span.clone()].chars().take(60).collect();
                let first = first.replace('\r', "\\r").replace('\n', "\\n");
                writeln!(report, "{} {first}", place(&span)).unwrap();
            }
        }
        Err(problems) => {
            for (span, problem) in problems {
                writeln!(report, "{} error: {problem}", place(&span)).unwrap();
            }
        }
    }
    report
}

/// `tests/cases/statement/NAME.sql` against `NAME.expected`, which `UPDATE_EXPECT=1` rewrites.
#[test]
#[expect(clippy::disallowed_methods, reason = "the test rewrites its own expectations")]
fn scripts_are_split_as_written_down() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/statement");
    let mut n_cases = 0;
    for entry in directory.read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|it| it != "sql") {
            continue;
        }
        n_cases += 1;
        let found = report(&std::fs::read_to_string(&path).unwrap());
        let expected_path = path.with_extension("expected");
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::write(&expected_path, &found).unwrap();
        }
        let expected = std::fs::read_to_string(&expected_path).unwrap();
        assert_eq!(found, expected.replace("\r\n", "\n"), "{}", path.display());
    }
    assert!(n_cases > 0, "no cases in {}", directory.display());
}
