//! What in the text of a schema older versions of SQLite do not know.
//!
//! A version that meets such a text in a database refuses the whole of it: `malformed database
//! schema (t) - near "STRICT": syntax error`, whatever the statement. Token by token, for a text that
//! today's SQLite has accepted: most of these words are also names.
//!
//! Complete for what came after 3.35. The sources are SQLite's grammar, rule by rule between the
//! versions that the tests name, its messages, its release notes and experiments. Functions are left
//! out: one that is missing fails where it is called, and an application may bring its own. Those that
//! once took fewer arguments count, since SQLite counts arguments when it reads a table or an index.
//! Two features leave the rest of the database readable: a view with `HAVING` alone, and an FTS5
//! table with a new option, cannot be used.

use std::fmt;
use std::ops::Range;

use super::lexer::{Token, TokenKind, tokens};

#[cfg(test)]
mod tests;

/// Something that came after SQLite 3.35.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Feature {
    /// `STRICT`.
    Strict,
    /// A comma between the options of a table.
    OptionList,
    /// A byte order mark within a statement.
    ByteOrderMark,
    /// `->` and `->>`.
    JsonArrow,
    /// `RIGHT JOIN`, `FULL JOIN`.
    RightJoin,
    /// `IS DISTINCT FROM`, `IS NOT DISTINCT FROM`.
    IsDistinctFrom,
    /// `HAVING` without `GROUP BY`.
    HavingAlone,
    /// A function with the name of a join: `left(x)`.
    JoinFunction,
    /// `ORDER BY` among the arguments of an aggregate function.
    AggregateOrder,
    /// `json_valid` with flags.
    JsonValidFlags,
    /// `1_000`.
    DigitSeparator,
    /// `RAISE` with an expression.
    RaiseExpression,
    /// `iif` with two arguments.
    ShortIif,
    /// `iif` with more than three arguments.
    LongIif,
    /// `UPDATE t AS a` in a trigger, and its kin.
    TriggerAlias,
    /// An option of an FTS5 table.
    Fts5(Fts5Option),
}

/// An option of FTS5 that came after SQLite 3.35.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fts5Option {
    /// `contentless_delete`.
    ContentlessDelete,
    /// `contentless_unindexed`.
    ContentlessUnindexed,
    /// `locale`.
    Locale,
    /// `tokendata`.
    Tokendata,
    /// `tokenize = 'trigram remove_diacritics …'`.
    TrigramDiacritics,
}

impl Feature {
    /// The version 3.N that brought it.
    pub fn since(self) -> u32 {
        match self {
            Self::ByteOrderMark => 36,
            Self::Strict | Self::OptionList => 37,
            Self::JsonArrow => 38,
            Self::RightJoin | Self::IsDistinctFrom | Self::HavingAlone => 39,
            Self::JoinFunction => 42,
            Self::Fts5(Fts5Option::ContentlessDelete) => 43,
            Self::AggregateOrder => 44,
            Self::JsonValidFlags
            | Self::Fts5(Fts5Option::Tokendata | Fts5Option::TrigramDiacritics) => 45,
            Self::DigitSeparator => 46,
            Self::RaiseExpression
            | Self::Fts5(Fts5Option::ContentlessUnindexed | Fts5Option::Locale) => 47,
            Self::ShortIif => 48,
            Self::LongIif => 49,
            Self::TriggerAlias => 53,
        }
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Strict => "`STRICT`",
            Self::OptionList => "a comma between the options of a table",
            Self::ByteOrderMark => "a byte order mark within a statement",
            Self::JsonArrow => "the operators `->` and `->>`",
            Self::RightJoin => "`RIGHT JOIN` and `FULL JOIN`",
            Self::IsDistinctFrom => "`IS DISTINCT FROM`",
            Self::HavingAlone => "`HAVING` without `GROUP BY`",
            Self::JoinFunction => "a function with the name of a join",
            Self::AggregateOrder => "`ORDER BY` in an aggregate function",
            Self::JsonValidFlags => "`json_valid` with two arguments",
            Self::DigitSeparator => "`_` between digits",
            Self::RaiseExpression => "`RAISE` with an expression",
            Self::ShortIif => "`iif` with two arguments",
            Self::LongIif => "`iif` with more than three arguments",
            Self::TriggerAlias => "`AS` after the table that a trigger writes",
            Self::Fts5(Fts5Option::ContentlessDelete) => "FTS5's option `contentless_delete`",
            Self::Fts5(Fts5Option::ContentlessUnindexed) => "FTS5's option `contentless_unindexed`",
            Self::Fts5(Fts5Option::Locale) => "FTS5's option `locale`",
            Self::Fts5(Fts5Option::Tokendata) => "FTS5's option `tokendata`",
            Self::Fts5(Fts5Option::TrigramDiacritics) => {
                "`remove_diacritics` of FTS5's tokenizer `trigram`"
            }
        })
    }
}

/// The features of a `CREATE` statement that came after SQLite 3.35: the first place of each, in
/// order.
pub fn features(sql: &str) -> Vec<(Feature, Range<usize>)> {
    let mut all: Vec<Token> = Vec::new();
    let mut found = Vec::new();
    for token in tokens(sql) {
        let is_mark = token.kind == TokenKind::Whitespace && token.text(sql) == "\u{feff}";
        if is_mark && !all.is_empty() {
            found.push((Feature::ByteOrderMark, token.span.clone()));
        }
        if token.is_significant() {
            all.push(token);
        }
    }
    let scan = Scan { sql, tokens: &all };
    let (kind, body) = scan.head();
    match kind {
        Kind::VirtualTable => scan.virtual_table(body, &mut found),
        Kind::Table | Kind::Index | Kind::View | Kind::Trigger => {
            scan.statement(kind, body, &mut found);
        }
    }
    found.sort_by_key(|(_, span)| span.start);
    let mut seen = Vec::new();
    found.retain(|(feature, _)| {
        let is_new = !seen.contains(feature);
        seen.push(*feature);
        is_new
    });
    found
}

/// What a statement makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Table,
    VirtualTable,
    Index,
    View,
    Trigger,
}

/// The inside of a pair of parentheses, or what is in none.
#[derive(Debug, Default)]
struct Frame {
    /// The number of the token before a parenthesis that holds arguments or a list of columns.
    function: Option<usize>,
    /// How many commas there were so far.
    n_commas: usize,
    /// Whether `GROUP BY` came since the last `SELECT`.
    is_grouped: bool,
}

type Found = Vec<(Feature, Range<usize>)>;

/// The significant tokens of a statement.
struct Scan<'a> {
    sql: &'a str,
    tokens: &'a [Token],
}

impl Scan<'_> {
    fn is(&self, at: usize, word: &str) -> bool {
        self.tokens.get(at).is_some_and(|it| it.is_keyword(self.sql, word))
    }

    fn is_any(&self, at: usize, words: &[&str]) -> bool {
        words.iter().any(|it| self.is(at, it))
    }

    fn is_kind(&self, at: usize, kind: TokenKind) -> bool {
        self.tokens.get(at).is_some_and(|it| it.kind == kind)
    }

    /// Whether the token before `at` is one of these words.
    fn follows(&self, at: usize, words: &[&str]) -> bool {
        at.checked_sub(1).is_some_and(|it| self.is_any(it, words))
    }

    fn follows_kind(&self, at: usize, kind: TokenKind) -> bool {
        at.checked_sub(1).is_some_and(|it| self.is_kind(it, kind))
    }

    fn span(&self, from: usize, to: usize) -> Range<usize> {
        self.tokens[from].span.start..self.tokens[to].span.end
    }

    /// Goes past a name that may be qualified.
    fn after_name(&self, at: usize) -> usize {
        if self.is_kind(at + 1, TokenKind::Dot) { at + 3 } else { at + 1 }
    }

    /// What the statement makes, and the number of the token after its name, of an index after the
    /// name of its table.
    fn head(&self) -> (Kind, usize) {
        let mut at = 1;
        while self.is_any(at, &["TEMP", "TEMPORARY", "UNIQUE"]) {
            at += 1;
        }
        let kind = match () {
            () if self.is(at, "VIRTUAL") => Kind::VirtualTable,
            () if self.is(at, "INDEX") => Kind::Index,
            () if self.is(at, "VIEW") => Kind::View,
            () if self.is(at, "TRIGGER") => Kind::Trigger,
            () => Kind::Table,
        };
        at += if kind == Kind::VirtualTable { 2 } else { 1 };
        if self.is(at, "IF") && self.is(at + 1, "NOT") && self.is(at + 2, "EXISTS") {
            at += 3;
        }
        at = self.after_name(at);
        if kind == Kind::Index {
            at += 2;
        }
        (kind, at)
    }

    /// `USING fts5(…)`: what other modules make of their arguments, they know alone.
    fn virtual_table(&self, at: usize, found: &mut Found) {
        let numbers = self.tokens.iter().filter(|it| self.has_separator(it));
        found.extend(numbers.map(|it| (Feature::DigitSeparator, it.span.clone())));
        let module = self.tokens.get(at + 1).and_then(|it| it.name(self.sql));
        if !module.is_some_and(|it| it.eq_ignore_ascii_case("fts5")) {
            return;
        }
        let arguments = self.tokens.get(at + 3..).unwrap_or_default();
        for argument in arguments.split(|it| it.kind == TokenKind::Comma) {
            let [name, equals, value @ ..] = argument else { continue };
            if equals.text(self.sql) != "=" {
                continue;
            }
            let is_diacritics = || {
                let has = |word| {
                    value.iter().any(|it| it.text(self.sql).to_ascii_lowercase().contains(word))
                };
                has("trigram") && has("remove_diacritics")
            };
            let option = match name.text(self.sql).to_ascii_lowercase().as_str() {
                "contentless_delete" => Fts5Option::ContentlessDelete,
                "contentless_unindexed" => Fts5Option::ContentlessUnindexed,
                "locale" => Fts5Option::Locale,
                "tokendata" => Fts5Option::Tokendata,
                "tokenize" if is_diacritics() => Fts5Option::TrigramDiacritics,
                _ => continue,
            };
            found.push((Feature::Fts5(option), name.span.clone()));
        }
    }

    fn has_separator(&self, token: &Token) -> bool {
        token.kind == TokenKind::Number && token.text(self.sql).contains('_')
    }

    /// Everything but virtual tables.
    fn statement(&self, kind: Kind, body: usize, found: &mut Found) {
        let mut frames = vec![Frame::default()];
        let mut at = body;
        while let Some(token) = self.tokens.get(at) {
            let frame = frames.last_mut();
            match token.kind {
                TokenKind::LeftParenthesis => {
                    let function = (at > body).then(|| self.function_before(at)).flatten();
                    frames.push(Frame { function, ..Frame::default() });
                }
                TokenKind::RightParenthesis => {
                    let Frame { function, n_commas, .. } = frames.pop().unwrap_or_default();
                    if let Some(function) = function {
                        self.call(kind, function, at, n_commas + 1, found);
                    }
                    if kind == Kind::Table && frames.len() == 1 {
                        return self.table_options(at + 1, found);
                    }
                }
                TokenKind::Comma => {
                    if let Some(frame) = frame {
                        frame.n_commas += 1;
                    }
                }
                TokenKind::Operator if matches!(token.text(self.sql), "->" | "->>") => {
                    found.push((Feature::JsonArrow, token.span.clone()));
                }
                TokenKind::Number if self.has_separator(token) => {
                    found.push((Feature::DigitSeparator, token.span.clone()));
                }
                TokenKind::Identifier => {
                    if let Some(frame) = frame {
                        self.word(kind, at, frame, found);
                    }
                }
                _ => {}
            }
            at += 1;
        }
    }

    /// What stands behind the columns of a table.
    fn table_options(&self, at: usize, found: &mut Found) {
        let options = at..self.tokens.len();
        let strict = options.clone().find(|it| self.is(*it, "STRICT"));
        let comma = options.clone().find(|it| self.is_kind(*it, TokenKind::Comma));
        match (strict, comma) {
            (Some(at), _) => found.push((Feature::Strict, self.span(at, at))),
            (None, Some(at)) => found.push((Feature::OptionList, self.span(at, at))),
            (None, None) => {}
        }
    }

    /// The name before a parenthesis that is not around a subquery or a window.
    fn function_before(&self, parenthesis: usize) -> Option<usize> {
        let before = parenthesis.checked_sub(1)?;
        let is_name = self.is_kind(before, TokenKind::Identifier)
            || self.is_kind(before, TokenKind::QuotedIdentifier);
        // `OVER` is a name unless a `)` comes before it.
        let is_window = self.is(before, "AS")
            || self.is(before, "OVER") && self.follows_kind(before, TokenKind::RightParenthesis);
        let is_query = self.is_any(parenthesis + 1, &["SELECT", "VALUES", "WITH"]);
        (is_name && !is_window && !is_query).then_some(before)
    }

    /// Looks at a name with its arguments, or the columns of a table, up to the parenthesis `close`.
    fn call(&self, kind: Kind, name: usize, close: usize, n_arguments: usize, found: &mut Found) {
        let is_table = self
            .follows(name, &["REFERENCES", "INTO", "FROM", "JOIN", "WITH", "RECURSIVE"])
            || self.follows_kind(name, TokenKind::Dot)
            || self.is(close + 1, "AS")
                && (self.is_kind(close + 2, TokenKind::LeftParenthesis)
                    || self.is_any(close + 2, &["MATERIALIZED", "NOT"]));
        if is_table {
            return;
        }
        if self.is_any(name, &JOIN_WORDS) {
            found.push((Feature::JoinFunction, self.span(name, name)));
        }
        // Elsewhere a call is looked at when it is run, like a function that is not there.
        if matches!(kind, Kind::Table | Kind::Index) {
            let function = self.tokens[name].name(self.sql).unwrap_or_default();
            let feature = match (function.to_ascii_lowercase().as_str(), n_arguments) {
                ("json_valid", 2) => Feature::JsonValidFlags,
                ("iif", 2) => Feature::ShortIif,
                ("iif", 4..) => Feature::LongIif,
                _ => return,
            };
            found.push((feature, self.span(name, name)));
        }
    }

    /// Looks at a word that may be a keyword.
    fn word(&self, kind: Kind, at: usize, frame: &mut Frame, found: &mut Found) {
        match () {
            () if self.is(at, "SELECT") => frame.is_grouped = false,
            () if self.is(at, "GROUP") => frame.is_grouped = true,
            () if self.is(at, "HAVING") && !frame.is_grouped => {
                found.push((Feature::HavingAlone, self.span(at, at)));
            }
            () if self.is(at, "ORDER") && frame.function.is_some() => {
                found.push((Feature::AggregateOrder, self.span(at, at + 1)));
            }
            () if self.is(at, "DISTINCT") && self.is(at + 1, "FROM") => {
                let is_negated = self.follows(at, &["NOT"]);
                let from = at - if is_negated { 2 } else { 1 };
                if self.is(from, "IS") {
                    found.push((Feature::IsDistinctFrom, self.span(from, at + 1)));
                }
            }
            () if self.is(at, "JOIN") => {
                if let Some(from) = self.right_join(at) {
                    found.push((Feature::RightJoin, self.span(from, at)));
                }
            }
            () if kind == Kind::Trigger && self.is(at, "RAISE") => {
                if self.raises_expression(at) {
                    found.push((Feature::RaiseExpression, self.span(at, at)));
                }
            }
            () if kind == Kind::Trigger
                && self.is_any(at, &["INSERT", "REPLACE", "UPDATE", "DELETE"]) =>
            {
                if let Some(alias) = self.alias_of_written(at) {
                    found.push((Feature::TriggerAlias, self.span(alias, alias)));
                }
            }
            () => {}
        }
    }

    /// Where the words before a `JOIN` begin, if one of them is `RIGHT` or `FULL`.
    fn right_join(&self, join: usize) -> Option<usize> {
        let mut from = join;
        while from > 0 && join - from < 3 && self.is_any(from - 1, &JOIN_WORDS) {
            from -= 1;
        }
        // The first of them may be the table or its alias.
        let is_name = self.follows(from, &["FROM", "JOIN", "AS", "BY"])
            || [TokenKind::Comma, TokenKind::Dot, TokenKind::LeftParenthesis]
                .into_iter()
                .any(|it| self.follows_kind(from, it));
        from += usize::from(is_name);
        (from..join).any(|it| self.is_any(it, &["RIGHT", "FULL"])).then_some(from)
    }

    /// Whether a `RAISE` has more than one word or one string to say.
    fn raises_expression(&self, raise: usize) -> bool {
        let has_message = self.is_kind(raise + 1, TokenKind::LeftParenthesis)
            && self.is_any(raise + 2, &["ABORT", "FAIL", "ROLLBACK"])
            && self.is_kind(raise + 3, TokenKind::Comma);
        let message = raise + 4;
        let is_name = self.tokens.get(message).is_some_and(|it| it.name(self.sql).is_some())
            && !self.is(message, "NULL")
            && self.is_kind(message + 1, TokenKind::RightParenthesis);
        has_message && !is_name
    }

    /// Where a statement of a trigger gives another name to the table that it writes: the `AS`.
    fn alias_of_written(&self, statement: usize) -> Option<usize> {
        let is_start = self.follows_kind(statement, TokenKind::Semicolon)
            || self.follows(statement, &["BEGIN"]);
        if !is_start {
            return None;
        }
        let mut at = statement + 1;
        if self.is(at, "OR") {
            at += 2;
        }
        if self.is_any(at, &["INTO", "FROM"]) {
            at += 1;
        }
        let after = self.after_name(at);
        self.is(after, "AS").then_some(after)
    }
}

/// The words that say how tables are joined.
const JOIN_WORDS: [&str; 7] = ["NATURAL", "LEFT", "RIGHT", "FULL", "INNER", "CROSS", "OUTER"];
