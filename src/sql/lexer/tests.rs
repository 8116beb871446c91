use super::*;

use proptest::prelude::*;
use rusqlite::Connection;
use rusqlite::fallible_iterator::FallibleIterator;

/// All tokens with their texts.
#[track_caller]
fn check(sql: &str, expected: &[(TokenKind, &str)]) {
    let found: Vec<(TokenKind, &str)> =
        tokens(sql).map(|token| (token.kind, token.text(sql))).collect();
    assert_eq!(found, expected);
}

/// The whole text is one token.
#[track_caller]
fn check_one(kind: TokenKind, sql: &str) {
    check(sql, &[(kind, sql)]);
}

#[test]
fn strings_and_quoted_names_double_their_quotes() {
    check_one(TokenKind::String, "'it''s; -- /* one'");
    check_one(TokenKind::String, "''");
    check_one(TokenKind::String, "''''");
    check_one(TokenKind::String, "'a\nb'");
    check_one(TokenKind::QuotedIdentifier, "\"a\"\"b;\"");
    check_one(TokenKind::QuotedIdentifier, "`a``b`");
    check_one(TokenKind::QuotedIdentifier, "[a[b'c]");
    check("[a]]", &[(TokenKind::QuotedIdentifier, "[a]"), (TokenKind::Illegal, "]")]);
    check("'a''", &[(TokenKind::UnterminatedString, "'a''")]);
    check_one(TokenKind::UnterminatedIdentifier, "\"a");
    check_one(TokenKind::UnterminatedIdentifier, "[a");
}

#[test]
fn comments_end_where_sqlite_ends_them() {
    check("--a\n", &[(TokenKind::LineComment, "--a"), (TokenKind::Whitespace, "\n")]);
    check_one(TokenKind::LineComment, "--a\r--b");
    check_one(TokenKind::BlockComment, "/* -- ' ; */");
    check_one(TokenKind::BlockComment, "/**/");
    check_one(TokenKind::BlockComment, "/*/*/");
    check_one(TokenKind::UnterminatedComment, "/*/");
    check_one(TokenKind::UnterminatedComment, "/*");
    check("/", &[(TokenKind::Operator, "/")]);
}

#[test]
fn whitespace_is_what_sqlite_skips() {
    check_one(TokenKind::Whitespace, " \t\r\n\x0c");
    check_one(TokenKind::Whitespace, " \x0b");
    check_one(TokenKind::Illegal, "\x0b");
    check_one(TokenKind::Whitespace, "\u{feff}");
    check_one(TokenKind::Identifier, "a\u{feff}");
    check_one(TokenKind::Identifier, "\u{a0}");
}

#[test]
fn blobs_have_an_even_number_of_digits() {
    check_one(TokenKind::Blob, "x'0aF1'");
    check_one(TokenKind::Blob, "X''");
    check_one(TokenKind::Illegal, "x'abc'");
    check_one(TokenKind::Illegal, "x'no'");
    check_one(TokenKind::UnterminatedString, "x'ab");
    check(
        "x ''",
        &[(TokenKind::Identifier, "x"), (TokenKind::Whitespace, " "), (TokenKind::String, "''")],
    );
}

#[test]
fn numbers_have_every_form_of_sqlite() {
    for number in
        ["0", "12", "1.", ".5", "1.5", "1e5", "1.e-5", ".5E+5", "0x1F", "1_000", "0xa_b", "1__0"]
    {
        check_one(TokenKind::Number, number);
    }
    for illegal in ["1abc", "1e", "0x", "0xg", "1.5é", "1$"] {
        check_one(TokenKind::Illegal, illegal);
    }
    check("1e+", &[(TokenKind::Illegal, "1e"), (TokenKind::Operator, "+")]);
    check("1..2", &[(TokenKind::Number, "1."), (TokenKind::Number, ".2")]);
    check("a.1", &[(TokenKind::Identifier, "a"), (TokenKind::Number, ".1")]);
}

#[test]
fn variables_have_every_form_of_sqlite() {
    for variable in
        ["?", "?12", ":a", "@a", "$a", "#a", ":1", "$a::b", "$a::b(c)", "$a(b'c;)", "@é"]
    {
        check_one(TokenKind::Variable, variable);
    }
    for illegal in [":", "@", "$", "#", ":::", "$a(b"] {
        check_one(TokenKind::Illegal, illegal);
    }
    check(
        "$a(b c)",
        &[
            (TokenKind::Illegal, "$a(b"),
            (TokenKind::Whitespace, " "),
            (TokenKind::Identifier, "c"),
            (TokenKind::RightParenthesis, ")"),
        ],
    );
}

#[test]
fn operators_are_as_long_as_they_can_be() {
    for operator in [
        "-", "->", "->>", "+", "*", "/", "%", "=", "==", "<", "<=", "<>", "<<", ">", ">=", ">>",
        "|", "||", "!=", "&", "~",
    ] {
        check_one(TokenKind::Operator, operator);
    }
    check("!", &[(TokenKind::Illegal, "!")]);
    check("<<=", &[(TokenKind::Operator, "<<"), (TokenKind::Operator, "=")]);
    check(
        "(,.;)",
        &[
            (TokenKind::LeftParenthesis, "("),
            (TokenKind::Comma, ","),
            (TokenKind::Dot, "."),
            (TokenKind::Semicolon, ";"),
            (TokenKind::RightParenthesis, ")"),
        ],
    );
}

#[test]
fn names_may_hold_dollars_and_any_character_beyond_ascii() {
    check_one(TokenKind::Identifier, "_a$1");
    check_one(TokenKind::Identifier, "größe");
    check_one(TokenKind::Identifier, "🦀");
    check_one(TokenKind::Identifier, "x");
    check_one(TokenKind::Illegal, "\0");
    check_one(TokenKind::Illegal, "\\");
}

#[track_caller]
fn check_name(sql: &str, expected: Option<&str>) {
    let token = tokens(sql).next().unwrap();
    assert_eq!(token.name(sql).as_deref(), expected);
}

#[test]
fn a_name_is_read_without_its_quotes() {
    check_name("a", Some("a"));
    check_name("\"a\"\"b\"", Some("a\"b"));
    check_name("`a``b`", Some("a`b"));
    check_name("[a\"\"b]", Some("a\"\"b"));
    check_name("'it''s'", Some("it's"));
    check_name("\"\"", Some(""));
    check_name("1", None);
    check_name("\"a", None);
    check_name("x'00'", None);
}

#[test]
fn a_keyword_is_read_in_either_case_and_never_from_quotes() {
    let is_begin = |sql: &str| tokens(sql).next().unwrap().is_keyword(sql, "BEGIN");
    assert!(is_begin("BEGIN"));
    assert!(is_begin("bEgin;"));
    assert!(!is_begin("\"BEGIN\""));
    assert!(!is_begin("BEGINS"));
}

/// What SQLite makes of the first token of `rest`, if it is one that the parser gets to see.
///
/// After `COMMIT TRANSACTION x` the grammar has room for a semicolon only, so any other token is
/// quoted in the message, with its offset. The comment keeps a vertical tab from going on a space.
fn first_of_sqlite(db: &Connection, rest: &str) -> Option<(bool, usize, String)> {
    const PREFIX: &str = "COMMIT TRANSACTION x/**/";
    let sql = format!("{PREFIX}{rest}");
    match rusqlite::Batch::new(db, &sql).next() {
        Err(rusqlite::Error::SqlInputError { msg, offset, .. }) => {
            let offset = usize::try_from(offset).unwrap() - PREFIX.len();
            let is_illegal = msg.starts_with("unrecognized token: \"");
            let start = msg.find('"').unwrap() + 1;
            Some((is_illegal, offset, msg[start..msg.rfind('"').unwrap()].to_owned()))
        }
        Err(err) => panic!("{err}: {rest:?}"),
        Ok(_) => None,
    }
}

/// Asks SQLite about every token of `sql`.
fn check_with_sqlite(db: &Connection, sql: &str) {
    let all: Vec<Token> = tokens(sql).collect();
    for token in &all {
        let start = token.span.start;
        // SQLite knows no unterminated comment: a lone `/*` is two operators, the others are space.
        let seen = all.iter().find(|it| it.span.start >= start && it.is_significant());
        let expected = seen.filter(|it| it.kind != TokenKind::Semicolon).map(|it| {
            let is_illegal = matches!(
                it.kind,
                TokenKind::Illegal
                    | TokenKind::UnterminatedString
                    | TokenKind::UnterminatedIdentifier
            );
            (is_illegal, it.span.start - start, it.text(sql).to_owned())
        });
        if expected.is_none() && sql.ends_with("/*") {
            continue;
        }
        assert_eq!(first_of_sqlite(db, &sql[start..]), expected, "at {start} of {sql:?}");
    }
}

/// Pieces that meet in interesting ways.
fn sql_like() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "'", "\"", "`", "[", "]", "--", "/*", "*/", "/", "*", "\n", "\r", " ", "\t", "\x0b",
            "\x0c", "\u{feff}", "\u{a0}", ";", "x", "X", "x'", "0", "1", "0x", "e", "E", "+", "-",
            ">", ".", "_", "$", "@", ":", "::", "#", "?", "(", ")", "é", "🦀", "!", "=", "<", "|",
            "&", "~", "{", "}", "\\", "^", "%", ",", "\x01", "\x7f", "BEGIN", "END", "over",
        ])
        .prop_map(str::to_owned),
        any::<char>().prop_filter("SQLite stops there", |it| *it != '\0').prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|it| it.concat())
}

/// A failure shows its text; a file of seeds would only say the same again.
fn config() -> ProptestConfig {
    ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_token_is_a_token_of_sqlite(sql in sql_like()) {
        check_with_sqlite(&Connection::open_in_memory().unwrap(), &sql);
    }

    #[test]
    fn spans_concatenate_to_the_text(sql in prop_oneof![sql_like(), any::<String>()]) {
        let mut end = 0;
        for token in tokens(&sql) {
            prop_assert_eq!(token.span.start, end);
            prop_assert!(token.span.start < token.span.end);
            prop_assert!(sql.is_char_boundary(token.span.end));
            let _text = token.name(&sql);
            end = token.span.end;
        }
        prop_assert_eq!(end, sql.len());
    }
}
