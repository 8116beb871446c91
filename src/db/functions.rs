//! The mathematical functions of SQLite, which the bundled build leaves out.
//!
//! Other builds (Debian's, Python's, Apple's) have them, so revisions, views, indexes and generated
//! columns use them, and a table whose schema names an unknown function cannot even be altered.
//! Names, arguments and results follow <https://sqlite.org/lang_mathfunc.html> and `func.c`.

use std::f64::consts::PI;

use rusqlite::Connection;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::{Value, ValueRef};

/// May be used in indexes, CHECK constraints and views, by a schema that nobody vouches for.
const FLAGS: FunctionFlags = FunctionFlags::SQLITE_UTF8
    .union(FunctionFlags::SQLITE_DETERMINISTIC)
    .union(FunctionFlags::SQLITE_INNOCUOUS);

/// A name and a function of one real.
type Unary = (&'static str, fn(f64) -> f64);

/// A name and a function of two reals.
type Binary = (&'static str, fn(f64, f64) -> f64);

/// Functions that keep an integer as it is and round a real.
const ROUNDING: [Unary; 4] =
    [("ceil", f64::ceil), ("ceiling", f64::ceil), ("floor", f64::floor), ("trunc", f64::trunc)];

/// Functions of one real.
const UNARY: [Unary; 20] = [
    ("ln", logarithm_e),
    ("log", logarithm_10),
    ("log10", logarithm_10),
    ("log2", logarithm_2),
    ("exp", f64::exp),
    ("acos", f64::acos),
    ("asin", f64::asin),
    ("atan", f64::atan),
    ("cos", f64::cos),
    ("sin", f64::sin),
    ("tan", f64::tan),
    ("cosh", f64::cosh),
    ("sinh", f64::sinh),
    ("tanh", f64::tanh),
    ("acosh", f64::acosh),
    ("asinh", f64::asinh),
    ("atanh", f64::atanh),
    ("sqrt", f64::sqrt),
    ("radians", f64::to_radians),
    ("degrees", f64::to_degrees),
];

/// Functions of two reals.
const BINARY: [Binary; 5] = [
    ("pow", f64::powf),
    ("power", f64::powf),
    ("mod", |x, y| x % y),
    ("atan2", f64::atan2),
    ("log", logarithm),
];

/// Adds the functions to a connection.
pub(super) fn register(connection: &Connection) -> rusqlite::Result<()> {
    for (name, function) in ROUNDING {
        connection.create_scalar_function(name, 1, FLAGS, move |context| {
            Ok(match numeric(context, 0) {
                Some(Number::Integer(integer)) => Value::Integer(integer),
                Some(Number::Real(real)) => result(function(real)),
                None => Value::Null,
            })
        })?;
    }
    for (name, function) in UNARY {
        connection.create_scalar_function(name, 1, FLAGS, move |context| {
            Ok(numeric(context, 0).map_or(Value::Null, |x| result(function(x.real()))))
        })?;
    }
    for (name, function) in BINARY {
        connection.create_scalar_function(name, 2, FLAGS, move |context| {
            Ok(match (numeric(context, 0), numeric(context, 1)) {
                (Some(x), Some(y)) => result(function(x.real(), y.real())),
                _ => Value::Null,
            })
        })?;
    }
    connection.create_scalar_function("pi", 0, FLAGS, |_| Ok(PI))
}

/// SQLite stores NaN as NULL. rusqlite would pass it on as a NaN, which SQLite turns into NULL
/// itself; it is done here so that it can be read.
fn result(real: f64) -> Value {
    if real.is_nan() { Value::Null } else { Value::Real(real) }
}

/// The logarithm of what is not positive is NULL, not minus infinity.
fn logarithm_e(x: f64) -> f64 {
    if x <= 0.0 { f64::NAN } else { x.ln() }
}

fn logarithm_10(x: f64) -> f64 {
    if x <= 0.0 { f64::NAN } else { x.log10() }
}

fn logarithm_2(x: f64) -> f64 {
    if x <= 0.0 { f64::NAN } else { x.log2() }
}

/// `log(B, X)`: NULL for a base up to 1, as SQLite has it.
fn logarithm(base: f64, x: f64) -> f64 {
    let divisor = logarithm_e(base);
    if divisor > 0.0 { logarithm_e(x) / divisor } else { f64::NAN }
}

/// A number, with the type that SQLite sees.
enum Number {
    Integer(i64),
    Real(f64),
}

impl Number {
    #[expect(clippy::cast_precision_loss, reason = "sqlite3_value_double does the same")]
    fn real(&self) -> f64 {
        match self {
            Self::Integer(integer) => *integer as f64,
            Self::Real(real) => *real,
        }
    }
}

/// An argument as `sqlite3_value_numeric_type` sees it: text that looks like a number is one.
fn numeric(context: &Context<'_>, idx: usize) -> Option<Number> {
    match context.get_raw(idx) {
        ValueRef::Integer(integer) => Some(Number::Integer(integer)),
        ValueRef::Real(real) => Some(Number::Real(real)),
        ValueRef::Text(bytes) => text_number(std::str::from_utf8(bytes).ok()?),
        ValueRef::Null | ValueRef::Blob(_) => None,
    }
}

/// A number in text, in decimal, with blanks around it.
fn text_number(text: &str) -> Option<Number> {
    let text = text.trim_matches([' ', '\t', '\n', '\u{b}', '\u{c}', '\r']);
    // Rust also reads `inf` and `nan`, which SQLite takes for text.
    let is_decimal = |it: u8| it.is_ascii_digit() || matches!(it, b'+' | b'-' | b'.' | b'e' | b'E');
    if !text.bytes().all(is_decimal) {
        return None;
    }
    match text.parse() {
        Ok(integer) => Some(Number::Integer(integer)),
        Err(_) => text.parse().ok().map(Number::Real),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(expression: &str, expected: &str) {
        let connection = Connection::open_in_memory().unwrap();
        register(&connection).unwrap();
        let sql = format!("SELECT coalesce(typeof({expression}) || ' ' || ({expression}), 'null')");
        let found: String = connection.query_row(&sql, [], |row| row.get(0)).unwrap();
        assert_eq!(found, expected, "{expression}");
    }

    // The expected values are what the sqlite3 3.40.1 of Debian answers.

    #[test]
    fn rounding_keeps_integers() {
        check("ceil(1.2)", "real 2.0");
        check("ceiling(-1.2)", "real -1.0");
        check("floor(-1.2)", "real -2.0");
        check("trunc(-1.7)", "real -1.0");
        check("floor(7)", "integer 7");
        check("floor('7')", "integer 7");
        check("floor(' 7.5 ')", "real 7.0");
    }

    #[test]
    fn what_is_no_number_gives_null() {
        check("sqrt(NULL)", "null");
        check("sqrt('abc')", "null");
        check("sqrt('')", "null");
        check("sqrt('inf')", "null");
        check("sqrt('0x10')", "null");
        check("sqrt(x'34')", "null");
        check("pow(2, NULL)", "null");
    }

    #[test]
    fn what_has_no_real_result_gives_null() {
        check("sqrt(-1)", "null");
        check("ln(0)", "null");
        check("log2(-1)", "null");
        check("acos(2)", "null");
        check("mod(1, 0)", "null");
        check("log(1, 5)", "null");
        check("log(0.5, 8)", "null");
    }

    #[test]
    fn results_are_those_of_sqlite() {
        check("sqrt('16')", "real 4.0");
        check("pow(2, 10)", "real 1024.0");
        check("power(2, -1)", "real 0.5");
        check("mod(-7, 3)", "real -1.0");
        check("mod(7.5, 2)", "real 1.5");
        check("log(100)", "real 2.0");
        check("log10(1000)", "real 3.0");
        check("log2(8)", "real 3.0");
        check("log(2, 8)", "real 3.0");
        check("ln(exp(1))", "real 1.0");
        check("round(pi(), 5)", "real 3.14159");
        check("round(degrees(pi()))", "real 180.0");
        check("round(atan2(1, 1) * 4, 5)", "real 3.14159");
        check("round(radians(180), 5)", "real 3.14159");
    }

    #[test]
    fn indexes_and_generated_columns_may_use_them() {
        let connection = Connection::open_in_memory().unwrap();
        register(&connection).unwrap();
        connection
            .execute_batch(
                "CREATE TABLE t(x REAL, y REAL GENERATED ALWAYS AS (sqrt(x)) STORED);
                 CREATE INDEX i ON t(floor(x));
                 INSERT INTO t(x) VALUES (9.5);",
            )
            .unwrap();
    }
}
