use proptest::prelude::*;

use super::*;

mod golden;
mod oracle;

/// The statements as text.
#[track_caller]
fn check(script: &str, expected: &[&str]) {
    let statements = split(script).unwrap();
    let texts: Vec<&str> = statements.iter().map(|it| &script[it.span.clone()]).collect();
    assert_eq!(texts, expected);
}

/// The problems with the text that each points at.
#[track_caller]
fn check_problems(script: &str, expected: &[(&str, SplitError)]) {
    let problems = split(script).unwrap_err();
    let found: Vec<(&str, SplitError)> =
        problems.into_iter().map(|(span, problem)| (&script[span], problem)).collect();
    assert_eq!(found, expected);
}

fn illegal(text: &str) -> SplitError {
    SplitError::IllegalToken { text: text.to_owned() }
}

#[test]
fn a_semicolon_ends_a_statement_and_the_last_needs_none() {
    check("SELECT 1; SELECT 2", &["SELECT 1", "SELECT 2"]);
    check("SELECT 1;SELECT 2;", &["SELECT 1", "SELECT 2"]);
}

#[test]
fn empty_statements_are_left_out() {
    check("", &[]);
    check(";; ; -- nothing\n;", &[]);
    check("\u{feff};SELECT 1;;", &["SELECT 1"]);
}

#[test]
fn comments_outside_are_left_out_and_comments_inside_are_kept() {
    check("/* a */ SELECT /* b; */ 1 -- c;\n; -- d;", &["SELECT /* b; */ 1"]);
    check("\u{feff}-- a\r\nSELECT 1\r\n-- b", &["SELECT 1"]);
}

#[test]
fn a_semicolon_in_quotes_ends_nothing() {
    let statement = "SELECT ';', ''';', \";\", [;], `;`, $a(;)";
    check(&format!("{statement};{statement}"), &[statement, statement]);
}

#[test]
fn a_trigger_ends_at_its_end() {
    let trigger = "CREATE TRIGGER a AFTER INSERT ON t BEGIN SELECT CASE 1 WHEN 1 THEN 2 END; END";
    check(&format!("{trigger}; SELECT 1;"), &[trigger, "SELECT 1"]);
    check(trigger, &[trigger]);
    for prefix in ["CREATE TEMP", "create temporary", "EXPLAIN CREATE", "EXPLAIN QUERY PLAN CREATE"]
    {
        let trigger = trigger.replace("CREATE", &format!("{prefix}/**/"));
        check(&format!("{trigger}; SELECT 1"), &[&trigger, "SELECT 1"]);
    }
}

#[test]
fn only_create_trigger_begins_a_trigger() {
    check("CREATE TABLE trigger (a); SELECT 1", &["CREATE TABLE trigger (a)", "SELECT 1"]);
    check("CREATE \"TEMP\" TRIGGER a; SELECT 1", &["CREATE \"TEMP\" TRIGGER a", "SELECT 1"]);
    check("DROP TRIGGER a; SELECT 1", &["DROP TRIGGER a", "SELECT 1"]);
    check("BEGIN; SELECT 1; END", &["BEGIN", "SELECT 1", "END"]);
    check("EXPLAIN SELECT 1; SELECT 2", &["EXPLAIN SELECT 1", "SELECT 2"]);
    check("CREATE; EXPLAIN; SELECT 2", &["CREATE", "EXPLAIN", "SELECT 2"]);
}

#[test]
fn a_trigger_that_lacks_its_last_semicolon_swallows_one_statement_only() {
    check(
        "CREATE TRIGGER a AFTER INSERT ON t BEGIN SELECT 1; END SELECT 2; SELECT 3",
        &["CREATE TRIGGER a AFTER INSERT ON t BEGIN SELECT 1; END SELECT 2", "SELECT 3"],
    );
}

#[test]
fn what_is_not_closed_is_reported_where_it_opens() {
    check_problems("SELECT 'a; SELECT 2", &[("'", SplitError::UnterminatedString)]);
    check_problems("SELECT X'ab", &[("X'", SplitError::UnterminatedString)]);
    for (open, close) in [("\"", '"'), ("`", '`'), ("[", ']')] {
        let problem = SplitError::UnterminatedIdentifier { close };
        check_problems(&format!("SELECT {open}a; SELECT 2"), &[(open, problem)]);
    }
    check_problems("SELECT 1; /* a", &[("/*", SplitError::UnterminatedComment)]);
    check_problems("/*", &[("/*", SplitError::UnterminatedComment)]);
}

#[test]
fn a_trigger_without_end_is_reported_at_its_create() {
    let problems = [("CREATE", SplitError::UnterminatedTrigger)];
    check_problems("SELECT 1; CREATE TRIGGER a", &problems);
    check_problems("CREATE TRIGGER a AFTER INSERT ON t BEGIN SELECT 1; SELECT 2;", &problems);
    check_problems("CREATE TRIGGER a AFTER INSERT ON t BEGIN SELECT 1 END; SELECT 2;", &problems);
    check_problems("CREATE TRIGGER a AFTER INSERT ON t; SELECT 1; END; SELECT 2", &problems);
    check_problems("EXPLAIN CREATE TRIGGER a BEGIN SELECT 1;", &problems);
}

#[test]
fn a_trigger_without_end_does_not_take_the_end_of_the_next() {
    let script = "CREATE TRIGGER a AFTER INSERT ON t BEGIN SELECT 1;
        create temp trigger b AFTER INSERT ON t BEGIN SELECT 2; END;
        Create Trigger c AFTER INSERT ON t BEGIN SELECT 3;";
    check_problems(
        script,
        &[("CREATE", SplitError::UnterminatedTrigger), ("Create", SplitError::UnterminatedTrigger)],
    );
}

#[test]
fn a_wrong_create_in_a_trigger_is_left_to_sqlite() {
    let trigger = "CREATE TRIGGER a AFTER INSERT ON t BEGIN SELECT 1; CREATE TABLE b (c); END";
    check(&format!("{trigger}; SELECT 2"), &[trigger, "SELECT 2"]);
}

#[test]
fn an_open_string_hides_the_trigger_that_it_leaves_open() {
    check_problems(
        "CREATE TRIGGER a AFTER INSERT ON t BEGIN SELECT 'can''t; END; SELECT 1;",
        &[("'", SplitError::UnterminatedString)],
    );
}

#[test]
fn tokens_that_sqlite_does_not_know_are_reported() {
    check_problems("SELECT 1abc", &[("1abc", illegal("1abc"))]);
    check_problems("SELECT x'0', !a", &[("x'0'", illegal("x'0'")), ("!", illegal("!"))]);
    check_problems("a {{ b }}", &[("{{", illegal("{{")), ("}}", illegal("}}"))]);
    let long = format!("x'{}g'", "0".repeat(100));
    let shown = format!("x'{}…", "0".repeat(38));
    check_problems(&long, &[(&long, illegal(&shown))]);
}

#[test]
fn the_first_nul_byte_is_reported_wherever_it_stands() {
    check_problems("SELECT 1;\0 DROP\0", &[("\0", SplitError::Nul)]);
    check_problems("SELECT '\0'", &[("\0", SplitError::Nul)]);
    check_problems("-- \0", &[("\0", SplitError::Nul)]);
}

#[test]
fn all_problems_are_reported_in_the_order_of_the_text() {
    check_problems(
        "SELECT {; CREATE TRIGGER a; SELECT '\0'; SELECT \"b",
        &[
            ("{", illegal("{")),
            ("CREATE", SplitError::UnterminatedTrigger),
            ("\0", SplitError::Nul),
            ("\"", SplitError::UnterminatedIdentifier { close: '"' }),
        ],
    );
}

#[track_caller]
fn check_same(one: &str, other: &str) {
    assert_eq!(fingerprint(one), fingerprint(other), "{one:?} {other:?}");
}

#[track_caller]
fn check_different(one: &str, other: &str) {
    assert_ne!(fingerprint(one), fingerprint(other), "{one:?} {other:?}");
}

#[test]
fn spacing_comments_and_empty_statements_do_not_count() {
    check_same("SELECT 1; SELECT 2;", "\u{feff};SELECT/**/1;;\r\n-- x\r\n;SELECT 2");
    check_same("", "; -- nothing\n /* at all */ ;");
    check_same("SELECT(1)", "SELECT ( 1 ) ;");
}

#[test]
fn the_case_of_words_and_the_kind_of_line_ends_do_not_count() {
    check_same("CREATE TABLE t (a INTEGER)", "create table T (A integer)");
    check_same("SELECT 0x1F, 1e5, x'ab'", "SELECT 0X1f, 1E5, X'AB'");
    check_same("SELECT 'a\nb', \"a\nb\"", "SELECT 'a\r\nb', \"a\r\nb\"");
    check_same("CREATE TABLE t (a DEFAULT NULL, b)", "CREATE TABLE t (a DEFAULT null, B)");
    check_same("INSERT INTO t DEFAULT VALUES", "insert into t default values");
    check_same(
        "CREATE VIEW v AS SELECT * FROM a JOIN b USING (c)",
        "create view v as select * from a join b using (C)",
    );
    check_same("ATTACH DATABASE 'a' AS b", "attach database 'a' as B");
}

#[test]
fn what_is_data_counts_as_it_is_written() {
    check_different("SELECT 1", "SELECT 2");
    check_different("SELECT 'a'", "SELECT 'A'");
    check_different("SELECT 'a'", "SELECT 'a '");
    check_different("SELECT 'a\n'", "SELECT 'a\n\n'");
    check_different("SELECT 'a\n'", "SELECT 'a\r'");
    check_different("SELECT \"a\"", "SELECT \"A\"");
    check_different("SELECT ä", "SELECT Ä");
    check_different("SELECT a", "SELECT \"a\"");
    check_different("SELECT ab", "SELECT a b");
    check_different("SELECT a, b", "SELECT b, a");
    check_different("SELECT 1; SELECT 2", "SELECT 1 SELECT 2");
    check_different("SELECT - -1", "SELECT --1");
    check_different("SELECT :a", "SELECT :A");
    check_different("", "SELECT");
    // SQLite takes these words for strings.
    check_different("CREATE TABLE t (a DEFAULT Open)", "CREATE TABLE t (a DEFAULT open)");
    check_different("ATTACH DATABASE Other AS b", "ATTACH DATABASE other AS b");
    check_different(
        "CREATE VIRTUAL TABLE t USING csv(Header)",
        "CREATE VIRTUAL TABLE t USING csv(header)",
    );
}

#[test]
fn a_word_after_default_is_a_string_to_sqlite() {
    let connection = rusqlite::Connection::open_in_memory().unwrap();
    connection
        .execute_batch(
            "CREATE TABLE t (a, b DEFAULT Open, c DEFAULT TRUE); INSERT INTO t (a) VALUES (1)",
        )
        .unwrap();
    let row: (String, bool) =
        connection.query_row("SELECT b, c FROM t", [], |it| Ok((it.get(0)?, it.get(1)?))).unwrap();
    assert_eq!(row, ("Open".to_owned(), true));
}

/// A token of a script that is written anew at random.
#[derive(Debug, Clone)]
enum Piece {
    /// A word without quotes.
    Word(String),
    /// Something in quotes: which quote, and what is in it.
    Quoted(char, String),
    /// Anything else.
    Sign(&'static str),
}

fn pieces() -> impl Strategy<Value = Vec<Piece>> {
    let word = prop_oneof![
        prop::sample::select(vec!["CREATE", "table", "Insert", "INTO", "values", "t", "Price"])
            .prop_map(str::to_owned),
        "[a-zA-Z_][a-zA-Z0-9_]{0,5}",
    ];
    // The two words that make the next one a text stand in tests of their own.
    let word = word.prop_filter("a text may follow", |it| {
        !["default", "attach", "x"].contains(&&*it.to_lowercase())
    });
    let content = "[a-zA-Z \n,;*/-]{0,8}";
    let piece = prop_oneof![
        4 => word.prop_map(Piece::Word),
        2 => (prop::sample::select(vec!['\'', '"', '`']), content)
            .prop_map(|(quote, content)| Piece::Quoted(quote, content)),
        2 => prop::sample::select(vec!["(", ")", ",", "=", ";", "1", "0.5", "||"])
            .prop_map(Piece::Sign),
    ];
    prop::collection::vec(piece, 1..24)
}

/// The same script, written as `choices` have it: the case of words, spacing, comments, line ends.
fn written(pieces: &[Piece], choices: &[u8], line_end: &str) -> String {
    let spaces =
        [" ", "\n", "\t ", " -- it's a comment\n", "/* \"one\" more; */", "\n\n", " ", "\u{feff}"];
    let mut text = String::new();
    let mut choices = choices.iter().copied().cycle();
    let mut choose = |n: usize| usize::from(choices.next().unwrap_or_default()) % n;
    for piece in pieces {
        match piece {
            Piece::Word(word) => text.extend(word.chars().map(|it| match choose(3) {
                0 => it.to_ascii_lowercase(),
                1 => it.to_ascii_uppercase(),
                _ => it,
            })),
            Piece::Quoted(quote, content) => {
                text.push(*quote);
                text.push_str(content);
                text.push(*quote);
            }
            Piece::Sign(sign) => text.push_str(sign),
        }
        // A space of its own, since a byte order mark goes on with the word before it.
        text.push(' ');
        text.push_str(spaces[choose(spaces.len())]);
    }
    text.replace('\n', line_end)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn rewriting_keeps_the_fingerprint(
        pieces in pieces(),
        choices in prop::collection::vec(any::<u8>(), 1..99),
        crlf in any::<bool>(),
    ) {
        let plain = written(&pieces, &[2], "\n");
        let other = written(&pieces, &choices, if crlf { "\r\n" } else { "\n" });
        prop_assert_eq!(fingerprint(&plain), fingerprint(&other), "{:?} {:?}", plain, other);
    }

    #[test]
    fn another_literal_changes_it(
        pieces in pieces(),
        at in any::<prop::sample::Index>(),
        place in any::<prop::sample::Index>(),
        with in "[a-zA-Z \n,;*/-]",
    ) {
        let mut edited = pieces.clone();
        let quoted: Vec<usize> =
            (0..pieces.len()).filter(|it| matches!(pieces[*it], Piece::Quoted(..))).collect();
        if quoted.is_empty() {
            return Ok(());
        }
        let Piece::Quoted(_, content) = &mut edited[*at.get(&quoted)] else { unreachable!() };
        let place = place.index(content.len() + 1);
        // Another character, or one more.
        if content.get(place..).is_some_and(|it| !it.is_empty() && !it.starts_with(&with)) {
            content.replace_range(place..=place, &with);
        } else {
            content.insert_str(place, &with);
        }
        let (one, other) = (written(&pieces, &[2], "\n"), written(&edited, &[2], "\n"));
        prop_assert_ne!(fingerprint(&one), fingerprint(&other), "{:?} {:?}", one, other);
    }

    #[test]
    fn another_order_changes_it(pieces in pieces(), at in any::<prop::sample::Index>()) {
        let at = at.index(pieces.len());
        let mut edited = pieces.clone();
        edited.swap(at, 0);
        let (one, other) = (written(&pieces, &[0], "\n"), written(&edited, &[0], "\n"));
        // Of several semicolons only one counts, and none at the ends.
        let has_semicolon = pieces.iter().any(|it| matches!(it, Piece::Sign(";")));
        if one != other && !has_semicolon {
            prop_assert_ne!(fingerprint(&one), fingerprint(&other), "{:?} {:?}", one, other);
        }
    }
}

#[test]
fn the_fingerprint_is_the_documented_one() {
    let expected: [u8; 32] = Sha256::digest(b"a\xff;\xff'B;\n'\xff").into();
    assert_eq!(fingerprint("A; 'B;\r\n';"), expected);
}
