use super::super::{Body, Downgrade};
use super::*;
use crate::sql::statement::fingerprint;

const GOOD: &str = r#"-- /// revision
-- revision = "27c6a30d7c24"
-- down_revision = "1975ea83b712"
-- message = "Add Post model"
-- create_date = 2026-11-22T10:04:27Z
-- ///

-- migrate:upgrade
CREATE TABLE posts (id INTEGER PRIMARY KEY);

-- migrate:downgrade
DROP TABLE posts;
"#;

fn source(text: &str) -> Arc<Source> {
    Arc::new(Source { path: "versions/x.sql".into(), text: text.to_owned() })
}

#[track_caller]
fn good(text: &str) -> Revision {
    parse(&source(text)).expect("the file is good")
}

/// Each problem as `line:column message`.
#[track_caller]
fn check_problems(text: &str, expected: &[&str]) {
    let problems = parse(&source(text)).expect_err("the file is wrong");
    let found: Vec<String> = problems
        .iter()
        .map(|problem| {
            let (line, column) = problem.location.line_column();
            format!("{line}:{column} {}", problem.kind)
        })
        .collect();
    assert_eq!(found, expected);
}

fn with_header(lines: &str) -> String {
    format!("-- /// revision\n{lines}-- ///\n-- migrate:upgrade\n")
}

#[test]
fn a_file_says_what_it_says() {
    let revision = good(GOOD);
    assert_eq!(revision.id.as_str(), "27c6a30d7c24");
    assert_eq!(revision.down_revisions, [RevisionId::new("1975ea83b712").unwrap()]);
    assert_eq!(revision.message, "Add Post model");
    assert_eq!(revision.create_date, "2026-11-22T10:04:27Z");
    assert_eq!(
        revision.body_text(&revision.upgrade).trim(),
        "CREATE TABLE posts (id INTEGER PRIMARY KEY);"
    );
    let Downgrade::Body(downgrade) = &revision.downgrade else { panic!("a body") };
    assert_eq!(revision.body_text(downgrade).trim(), "DROP TABLE posts;");
    assert_eq!(&revision.source.text[revision.spans.id.clone()], "\"27c6a30d7c24\"");
    assert_eq!(&revision.source.text[revision.spans.down_revisions[0].clone()], "\"1975ea83b712\"");
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_are_accepted() {
    let text = format!("\u{feff}{}", GOOD.replace('\n', "\r\n"));
    let revision = good(&text);
    assert_eq!(revision.id.as_str(), "27c6a30d7c24");
    assert_eq!(&revision.source.text[revision.spans.id.clone()], "\"27c6a30d7c24\"");
}

#[test]
fn comments_and_blank_lines_may_stand_before_the_header() {
    good(&format!("\n-- Copyright\n/* a\n licence */\n\n{GOOD}"));
}

#[test]
fn a_merge_lists_what_it_follows() {
    let revision = good(&with_header(
        "-- revision = \"c\"\n--\n-- down_revision = [\n--   \"a\",\n--   \"b\",\n-- ]\n",
    ));
    assert_eq!(revision.down_revisions.len(), 2);
}

#[test]
fn a_missing_downgrade_does_nothing() {
    let revision = good(&with_header("-- revision = \"a\"\n"));
    assert!(matches!(revision.downgrade, Downgrade::Body(body) if body.span.is_empty()));
}

#[test]
fn irreversible_is_the_authors_word() {
    let text = with_header("-- revision = \"a\"\n") + "-- migrate:downgrade irreversible\n-- why\n";
    assert!(matches!(good(&text).downgrade, Downgrade::Irreversible(_)));
    check_problems(&(text + "SELECT 1;"), &["7:1 the downgrade is irreversible, but SQL follows"]);
}

#[test]
fn run_modes_are_read() {
    let revision =
        good(&with_header("-- revision = \"a\"\n-- transaction = false\n-- foreign_keys = true\n"));
    assert_eq!(revision.mode, RunMode { autocommit: true, foreign_keys: true });
}

#[test]
fn a_marker_inside_a_string_is_text() {
    let text = with_header("-- revision = \"a\"\n")
        + "INSERT INTO t VALUES ('\n-- migrate:downgrade\n');\n-- migrate:downgrade\nDELETE FROM t;\n";
    let revision = good(&text);
    let Downgrade::Body(downgrade) = &revision.downgrade else { panic!("a body") };
    assert_eq!(revision.body_text(downgrade).trim(), "DELETE FROM t;");
}

#[test]
fn a_file_without_a_header_says_what_is_expected() {
    let message = "a revision file begins with the line `-- /// revision`";
    check_problems("CREATE TABLE t (a);\n", &[&format!("1:1 {message}")]);
    check_problems("\n-- hello\n", &[&format!("3:1 {message}")]);
    check_problems("", &[&format!("1:1 {message}")]);
    check_problems("-- migrate:upgrade\n", &[&format!("1:1 {message}")]);
}

#[test]
fn a_header_must_be_closed() {
    check_problems(
        "-- /// revision\n-- revision = \"a\"\n",
        &["1:1 the header that begins here is not closed by a line `-- ///`"],
    );
}

#[test]
fn all_problems_are_reported_at_once() {
    check_problems(
        "-- /// revision\n-- revision = \"a@b\"\n-- mesage = \"x\"\n-- transaction = 1\n-- ///\n\
         SELECT 1;\n-- migrate:up\n-- migrate:upgrade\nSELECT 'x\n",
        &[
            "2:15 `revision` has the character '@', which is not allowed",
            "3:4 unknown key `mesage`",
            "4:18 `transaction` must be true or false, not a whole number",
            "6:1 SQL stands before the line `-- migrate:upgrade`",
            "7:1 unknown marker `-- migrate:up`",
            "9:8 the string that begins here has no closing `'`",
        ],
    );
}

#[test]
fn a_body_has_its_statements() {
    let text = with_header("-- revision = \"a\"\n")
        + "CREATE TABLE t(a); -- é\n;\nSELECT ';'\n\n-- migrate:downgrade\nDROP TABLE t;\n";
    for text in [text.clone(), text.replace('\n', "\r\n"), format!("\u{feff}{text}")] {
        let revision = good(&text);
        let texts = |body: &Body| -> Vec<String> {
            body.statements.iter().map(|it| revision.source.text[it.clone()].to_owned()).collect()
        };
        assert_eq!(texts(&revision.upgrade), ["CREATE TABLE t(a)", "SELECT ';'"]);
        let Downgrade::Body(downgrade) = &revision.downgrade else { panic!("a body") };
        assert_eq!(texts(downgrade), ["DROP TABLE t"]);
    }
}

#[test]
fn a_body_that_cannot_be_cut_makes_no_revision() {
    let header = with_header("-- revision = \"a\"\n");
    for sql in
        ["SELECT 'a", "SELECT \"a", "/* a", "SELECT {", "CREATE TRIGGER t BEGIN SELECT 1;", "\0"]
    {
        for text in [
            format!("{header}{sql}"),
            format!("{header}{sql}\n-- migrate:downgrade\nSELECT 1;\n"),
            format!("{header}SELECT 1;\n-- migrate:downgrade\n{sql}"),
            format!("{header}SELECT 1;\n-- migrate:downgrade irreversible\n{sql}"),
        ] {
            let problems = parse(&source(&text)).expect_err("it cannot be cut");
            assert!(problems.iter().any(|it| matches!(it.kind, FileProblem::Sql(_))), "{text}");
        }
    }
}

#[test]
fn the_revision_key_is_required() {
    check_problems(&with_header("-- message = \"x\"\n"), &["1:1 `revision` is missing"]);
}

#[test]
fn header_lines_are_comments() {
    check_problems(
        &with_header("-- revision = \"a\"\nmessage = \"é\"\n--x\n"),
        &[
            "3:1 a line of the header is `--` alone or begins with `-- `",
            "4:1 a line of the header is `--` alone or begins with `-- `",
        ],
    );
}

#[test]
fn broken_toml_is_shown_where_it_breaks() {
    let problems = parse(&source(&with_header("-- revision = \"a\n"))).expect_err("broken");
    assert_eq!(problems[0].location.line_column().0, 2);
}

#[test]
fn names_follow_the_rules() {
    for (id, reason) in [
        ("", "is empty"),
        ("a b", "has the character ' ', which is not allowed"),
        ("a'b", "has the character '\\'', which is not allowed"),
        ("head", "is the symbol `head`"),
        ("current", "is the symbol `current`"),
    ] {
        check_problems(
            &with_header(&format!("-- revision = \"{id}\"\n")),
            &[&format!("2:15 `revision` {reason}")],
        );
    }
}

#[test]
fn markers_stand_once_and_in_order() {
    let header = "-- /// revision\n-- revision = \"a\"\n-- ///\n";
    check_problems(header, &["3:7 there is no line `-- migrate:upgrade`"]);
    check_problems(
        &format!("{header}-- migrate:downgrade\n-- migrate:upgrade\n"),
        &["5:1 the upgrade stands before the downgrade, not after it"],
    );
    check_problems(
        &format!("{header}-- migrate:upgrade\n-- migrate:upgrade\n"),
        &["5:1 the marker `-- migrate:upgrade` stands here for the second time"],
    );
}

#[test]
fn lists_name_nothing_twice() {
    check_problems(
        &with_header("-- revision = \"a\"\n-- down_revision = [\"b\", \"b\"]\n"),
        &["3:26 `down_revision` lists `b` twice"],
    );
}

#[test]
fn bytes_that_are_not_utf8_are_found() {
    let mut bytes = GOOD.as_bytes().to_vec();
    let at = bytes.len() - 5;
    bytes[at] = 0xff;
    let problem = decode("x.sql".into(), bytes).expect_err("not UTF-8");
    assert_eq!(problem.kind, FileProblem::NotUtf8);
    assert_eq!(problem.location.line_column(), (12, 14));
}

#[test]
fn sql_behind_a_comment_before_the_header_is_not_passed_over() {
    let rest = "-- /// revision\n-- revision = \"a\"\n-- ///\n-- migrate:upgrade\n";
    let check = |before: &str, place: &str| {
        let expected = format!("{place} a revision file begins with the line `-- /// revision`");
        check_problems(&format!("{before}\n{rest}"), &[&expected]);
    };
    check("/* a */ DROP TABLE t;", "1:9");
    check("/* a\nb */ DROP TABLE t;", "2:6");
    check("/* a */ {{", "1:9");
    good(&format!("/* a */ -- b\n/*/ c\n*/\n{rest}"));
}

#[test]
fn lines_like_markers_in_texts_and_behind_them_are_told_apart() {
    let text = "'\n-- migrate:downgrade\n-- migrate:downgrade\n'";
    let comment = "/*\n-- migrate:downgrade\n*/";
    let body = format!("SELECT {text};\n{comment}\nSELECT {text}; -- '\n");
    let revision = good(&format!(
        "{}{body}-- migrate:downgrade\nSELECT 1;\n",
        with_header("-- revision = \"a\"\n")
    ));
    assert_eq!(revision.body_text(&revision.upgrade), body);
    let Downgrade::Body(downgrade) = &revision.downgrade else { panic!("a body") };
    assert_eq!(revision.body_text(downgrade), "SELECT 1;\n");
}

#[test]
fn directives_belong_to_their_body() {
    let text = with_header("-- revision = \"a\"\n")
        + "-- migrate:refuse-if rows of t are old: SELECT 1\nCREATE TABLE t (\n\
           -- migrate:warn-if a: SELECT 2;\nx);\n\
           -- migrate:downgrade\n-- migrate:warn-if rows of t are lost: SELECT x FROM t\n";
    for text in [text.clone(), text.replace('\n', "\r\n")] {
        let revision = good(&text);
        let queries = |body: &Body| -> Vec<String> {
            let queries = body.directives.iter().map(|it| it.query.clone());
            queries.map(|it| revision.source.text[it].to_owned()).collect()
        };
        assert_eq!(queries(&revision.upgrade), ["SELECT 1", "SELECT 2"]);
        assert_eq!(split(revision.body_text(&revision.upgrade)).unwrap().len(), 1);
        let Downgrade::Body(downgrade) = &revision.downgrade else { panic!("a body") };
        assert_eq!(queries(downgrade), ["SELECT x FROM t"]);
    }
}

#[test]
fn directives_do_not_change_the_fingerprint() {
    let body = "CREATE TABLE t (x);\n";
    let with = good(&format!(
        "{}-- migrate:refuse-if a: SELECT 1\n{body}",
        with_header("-- revision = \"a\"\n")
    ));
    assert_eq!(fingerprint(with.body_text(&with.upgrade)), fingerprint(body));
}

#[test]
fn a_directive_without_a_body_is_a_mistake() {
    let header = "-- /// revision\n-- revision = \"a\"\n-- ///\n";
    let directive = "-- migrate:refuse-if a: SELECT 1\n";
    let message = "the directive stands in no body, and would never be evaluated";
    check_problems(
        &format!(
            "{header}{directive}-- migrate:upgrade\n-- migrate:downgrade irreversible\n{directive}"
        ),
        &[&format!("4:1 {message}"), &format!("7:1 {message}")],
    );
}

#[test]
fn a_comment_that_misses_a_marker_narrowly_is_a_mistake() {
    let header = with_header("-- revision = \"a\"\n");
    let near = |what: &str| format!("this looks like `{what}`, and is only a comment");
    let downgrade = near("-- migrate:downgrade");
    for comment in [
        "-- migrator:downgrade",
        "-- Migrate:Downgrade",
        "-- Migrate: downgrade",
        "-- migrate downgrade",
        "-- migrate :downgrade",
        "-- migrate.downgrade",
        "/* migrate:downgrade */",
    ] {
        let text = format!("{header}SELECT 1;\n{comment}\nSELECT 2;\n");
        check_problems(&text, &[&format!("6:1 {downgrade}")]);
    }
    // All of them at once, wherever they stand.
    let mistakes = "-- Migrator:allow drop-table\n";
    check_problems(
        &format!(
            "{mistakes}{header}-- migrator:refuse-if a: SELECT 1\n  -- Migrate:warn-if a: SELECT 1\n\
             DROP TABLE t; -- migrator: allow drop-table\n-- migrate:downgrade irreversible\n\
             /* migrator:allow x */ -- migrator:alow x\n"
        ),
        &[
            &format!("1:1 {}", near("-- migrator:allow")),
            &format!("6:1 {}", near("-- migrate:refuse-if")),
            &format!("7:3 {}", near("-- migrate:warn-if")),
            &format!("8:15 {}", near("-- migrator:allow")),
            &format!("10:1 {}", near("-- migrator:allow")),
            &format!("10:24 {}", near("-- migrator:allow")),
        ],
    );
    check_problems(
        &format!("  -- migrate:refuse-if a: SELECT 1\n{header}SELECT 1;\n"),
        &["1:3 a marker or a directive begins its line, with `-- migrate:`"],
    );
    check_problems(
        &format!("{header}-- migrate:allow drop-table\n"),
        &["5:1 unknown marker `-- migrate:allow`"],
    );
    // Sentences, what is in a string or a comment, and what is right.
    good(&format!(
        "{header}-- migrate the users\n-- we migrate: downgrade is below\n\
         SELECT '\n-- migrator:downgrade\n', /*\n-- migrator:downgrade */ 1; --migrator:allow x\n\
         -- migrator:renamed from x\n"
    ));
}

#[test]
fn wrong_directives_are_reported_with_the_rest() {
    check_problems(
        &(with_header("-- revision = \"a\"\n-- mesage = \"x\"\n")
            + "-- migrate:refuse-if rows of t\nSELECT 1;\n-- migrate:refuse_if a: SELECT 1\n"),
        &[
            "3:4 unknown key `mesage`",
            "6:1 the directive has no query: `: SELECT …` or `: WITH …` must follow the message",
            "8:1 unknown marker `-- migrate:refuse_if`",
        ],
    );
    let text = with_header("-- revision = \"a\"\n") + "-- migrate:refuse_if a: SELECT 1\n";
    let problems = parse(&source(&text)).expect_err("the marker is wrong");
    let FileProblem::UnknownMarker { similar, .. } = &problems[0].kind else { panic!("a marker") };
    assert_eq!(similar, &["-- migrate:refuse-if"]);
}
