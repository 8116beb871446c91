use super::*;

/// Each directive of a body as `kind | message | query`, then each problem as `line:column message`.
#[track_caller]
fn check(sql: &str, expected: &[&str]) {
    let before = "-- before\n";
    let text = format!("{before}{sql}");
    let mut problems = Vec::new();
    let found = find(&text, &(before.len()..text.len()), &mut problems);
    let mut lines: Vec<String> = found
        .iter()
        .map(|it| {
            assert!(is_directive(&text[it.span.clone()]), "the span is the line");
            format!("{:?} | {} | {}", it.kind, it.message, &text[it.query.clone()])
        })
        .collect();
    lines.extend(problems.iter().map(|(span, problem)| {
        let line_start = text[..span.start].rfind('\n').map_or(0, |at| at + 1);
        let line = text[..span.start].matches('\n').count();
        format!("{line}:{} {problem}", span.start - line_start + 1)
    }));
    assert_eq!(lines, expected);
}

#[test]
fn a_directive_is_a_message_and_a_query() {
    check(
        "-- migrate:refuse-if rows of t have NULL in a: SELECT rowid FROM t WHERE a IS NULL\n\
         -- migrate:warn-if gone: WITH x AS (SELECT 1) SELECT * FROM x\n",
        &[
            "RefuseIf | rows of t have NULL in a | SELECT rowid FROM t WHERE a IS NULL",
            "WarnIf | gone | WITH x AS (SELECT 1) SELECT * FROM x",
        ],
    );
}

#[test]
fn the_query_begins_at_the_first_colon_before_its_word() {
    let first = ["RefuseIf | a: b: selected | select 1"];
    check("-- migrate:refuse-if a: b: selected: select 1", &first);
    check("-- migrate:refuse-if a: SELECT 'b: SELECT c'", &["RefuseIf | a | SELECT 'b: SELECT c'"]);
    check(
        "-- migrate:warn-if é\t: With x AS (SELECT 1) SELECT 2",
        &["WarnIf | é | With x AS (SELECT 1) SELECT 2"],
    );
}

#[test]
fn a_semicolon_a_comment_and_blanks_may_end_the_line() {
    for end in [";", " ; ", ";\r\nSELECT 2;", " -- why", " /* why */;", "\t\r\n"] {
        check(&format!("-- migrate:warn-if a: SELECT 1{end}"), &["WarnIf | a | SELECT 1"]);
    }
}

#[test]
fn a_directive_may_stand_between_statements_and_inside_one() {
    check(
        "SELECT 1;\n-- migrate:warn-if a: SELECT 1\nSELECT\n-- migrate:warn-if b: SELECT 2\n3",
        &["WarnIf | a | SELECT 1", "WarnIf | b | SELECT 2"],
    );
}

#[test]
fn inside_a_string_a_name_or_a_comment_it_is_none() {
    for (open, close) in [("'", "'"), ("\"", "\""), ("[", "]"), ("/*", "*/"), ("'", "")] {
        check(&format!("SELECT {open}\n-- migrate:warn-if a: SELECT 1\n{close}"), &[]);
    }
    check("-- that is what migrate:warn-if a: SELECT 1 is for", &[]);
}

#[test]
fn other_words_are_none() {
    check("-- migrate:refuse-iffy a: SELECT 1\n-- migrate:upgrade", &[]);
    assert!(is_directive("-- migrate:warn-if"));
    assert!(is_directive("-- migrate:warn-if\ta"));
    for line in ["-- migrate:warn_if a", "-- migrate:warn-ifs", "--migrate:warn-if a"] {
        assert!(!is_directive(line), "{line}");
    }
}

#[test]
fn what_is_missing_is_said() {
    let no_query = "the directive has no query: `: SELECT …` or `: WITH …` must follow the message";
    for line in ["", " ", " rows of t", " rows of t:", " a: SELECT", " a:SELECT 1", " a: selects 1"]
    {
        check(&format!("-- migrate:refuse-if{line}"), &[&format!("1:1 {no_query}")]);
    }
    for line in [": SELECT 1", "SELECT 1", "  : WITH a AS (SELECT 1) SELECT 2"] {
        check(&format!("-- migrate:refuse-if {line}"), &["1:1 the directive has no message"]);
    }
}

#[test]
fn only_one_select_is_a_query() {
    let not = |found: &str| format!("1:1 the query of a directive is a SELECT, not `{found}`");
    check("-- migrate:warn-if a: b: delete FROM t", &[&not("DELETE")]);
    check("-- migrate:warn-if a: VALUES (1)", &[&not("VALUES")]);
    let several = "1:32 a directive has one query; this is another statement";
    check("-- migrate:warn-if a: SELECT 1; DROP TABLE t", &[&several.replace("32", "33")]);
}

#[test]
fn a_query_that_is_no_sql_is_shown_where_it_breaks() {
    check(
        "-- migrate:warn-if a: SELECT 'b",
        &["1:30 the string that begins here has no closing `'`"],
    );
    check("SELECT 1;\n-- migrate:warn-if a: SELECT {", &["2:30 unrecognized token `{`"]);
}

#[test]
fn one_that_does_not_begin_its_line_is_not_passed_over() {
    let misplaced = "a marker or a directive begins its line, with `-- migrate:`";
    check("  -- migrate:warn-if a: SELECT 1", &[&format!("1:3 {misplaced}")]);
    check("SELECT 1; -- migrate:warn-if a: SELECT 1", &[&format!("1:11 {misplaced}")]);
    check("--migrate:warn-if a: SELECT 1", &[&format!("1:1 {misplaced}")]);
    // What stands below it would run with what stands above.
    check("SELECT 1; -- migrate:downgrade\nSELECT 2", &[&format!("1:11 {misplaced}")]);
    check("SELECT 1;\n  -- migrate:downgrade irreversible", &[&format!("2:3 {misplaced}")]);
    check("--migrate:upgrade", &[&format!("1:1 {misplaced}")]);
    check("SELECT 1; -- migrate:downgrade takes it back", &[]);
}
