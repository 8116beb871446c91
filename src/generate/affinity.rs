//! What SQLite makes of a value that goes into a column: by the affinity of its type, or not at all in
//! a `STRICT` table.

pub(super) use crate::schema::Affinity;
use crate::schema::Fragment;
use crate::sql::lexer::{Token, TokenKind, tokens};

/// What a column of another affinity makes of a value; `None` where that is the same. An expression
/// has no affinity.
pub(super) fn converted(before: Option<Affinity>, after: Affinity, value: &str) -> Option<String> {
    if before == Some(after) {
        return None;
    }
    let inner = if before.is_none() { without_parentheses(value) } else { value };
    match after {
        // With the affinity that the column has, which a comparison needs.
        Affinity::Text => Some(format!("CAST({inner} AS TEXT)")),
        Affinity::Integer | Affinity::Numeric | Affinity::Real => {
            let was_number = before.is_some_and(Affinity::is_numeric);
            if was_number && after != Affinity::Real {
                return None; // numbers that stay what they are
            }
            let datatype = if after == Affinity::Real { "REAL" } else { "NUMERIC" };
            Some(format!(
                "CASE WHEN {value} = CAST({inner} AS NUMERIC) THEN CAST({inner} AS {datatype}) \
                 ELSE {value} END"
            ))
        }
        // The values stay, but are compared as what they are and no more as numbers or texts.
        Affinity::None => Some(format!("+{value}")),
    }
}

impl Affinity {
    /// Whether a column takes what the expression gives, in or without parentheses, as it is: a
    /// literal of its own type, or a number.
    pub fn takes_as_it_is(self, expression: &str) -> bool {
        let sql = without_parentheses(expression);
        let tokens: Vec<_> = tokens(sql).filter(Token::is_significant).collect();
        let kind = match tokens.as_slice() {
            [literal] => Some(literal.kind),
            [sign, number] if matches!(sign.text(sql), "-" | "+") => Some(number.kind),
            _ => None,
        };
        match kind {
            Some(TokenKind::Blob) => true,
            Some(TokenKind::Number) => self != Self::Text,
            Some(TokenKind::String) => {
                let text = sql.trim_matches('\'').trim();
                !self.is_numeric() || text.parse::<f64>().is_err()
            }
            Some(_) if tokens[0].is_keyword(sql, "NULL") => true,
            Some(_) if is_truth(&tokens[0], sql) => self != Self::Text,
            _ => self.is_numeric() && is_number(sql, &tokens),
        }
    }
}

/// Whether an expression is a number or NULL, because of the operator that comes last.
fn is_number(sql: &str, tokens: &[Token]) -> bool {
    const OPERATORS: &[&str] = &[
        "+", "-", "*", "/", "%", "&", "|", "<<", ">>", "=", "==", "<>", "!=", "<", "<=", ">", ">=",
    ];
    let mut depth = 0_usize;
    let mut is_number = false;
    for (idx, token) in tokens.iter().enumerate() {
        match token.kind {
            TokenKind::LeftParenthesis => depth += 1,
            TokenKind::RightParenthesis => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            _ if token.is_keyword(sql, "CASE") => return false,
            // In front of everything it says nothing.
            _ if idx > 0 || token.text(sql) == "-" => {
                is_number |= OPERATORS.contains(&token.text(sql));
            }
            _ => {}
        }
    }
    is_number
}

/// Whether a literal is of a type that STRICT knows; `None` if the expression is no literal.
pub(super) fn is_of_type(expression: &str, datatype: &Fragment) -> Option<bool> {
    let expression = without_parentheses(expression);
    let tokens: Vec<_> = tokens(expression).filter(Token::is_significant).collect();
    let literal = match tokens.as_slice() {
        [literal] => literal,
        [sign, number] if matches!(sign.text(expression), "-" | "+") => number,
        _ => return None,
    };
    let is = |it: &str| datatype.text().eq_ignore_ascii_case(it);
    let is_number = is("INT") || is("INTEGER") || is("REAL");
    let is_of = match literal.kind {
        TokenKind::Number => {
            let is_integer = literal.text(expression).parse::<i64>().is_ok();
            is("REAL") || (is_integer && is_number)
        }
        TokenKind::String => is("TEXT"),
        TokenKind::Blob => is("BLOB"),
        _ if literal.is_keyword(expression, "NULL") => true,
        _ if is_truth(literal, expression) => is_number,
        _ => return None,
    };
    Some(is_of || is("ANY"))
}

fn is_truth(word: &Token, sql: &str) -> bool {
    word.is_keyword(sql, "TRUE") || word.is_keyword(sql, "FALSE")
}

/// A condition that is true for values that a column of a STRICT table, or one that is the rowid,
/// does not take; `None` where it takes everything.
pub(super) fn unfit(datatype: &Fragment, value: &str) -> Option<String> {
    let is = |it: &str| datatype.text().trim().eq_ignore_ascii_case(it);
    // `=` with a CAST reads a text as a number where the column would, and only there.
    let number = format!("CAST({value} AS NUMERIC)");
    if is("INT") || is("INTEGER") {
        Some(format!(
            "NOT coalesce(typeof({value}) = 'integer' OR (typeof({value}) <> 'blob' AND \
             {value} = {number} AND {number} = CAST({number} AS INTEGER)), TRUE)"
        ))
    } else if is("REAL") {
        Some(format!("NOT coalesce(typeof({value}) <> 'blob' AND {value} = {number}, TRUE)"))
    } else if is("TEXT") {
        Some(format!("typeof({value}) = 'blob'"))
    } else if is("BLOB") {
        Some(format!("typeof({value}) NOT IN ('blob', 'null')"))
    } else {
        None
    }
}

/// What stands between parentheses that are the first and the last character.
fn without_parentheses(sql: &str) -> &str {
    sql.strip_prefix('(').and_then(|it| it.strip_suffix(')')).unwrap_or(sql)
}
