//! Rows for any database: it is asked what it accepts. Values come from the type of the column, from
//! the rows that foreign keys need, and from the literals in the schema itself, so that most
//! `CHECK`s find what they want.

use rusqlite::Connection;
use rusqlite::types::Value;

use crate::model::affinity;
use crate::oracle::{self, ColumnInfo, TableInfo, query};
use crate::print::plain_name;
use crate::rng::Rng;
use crate::tokens::{self, Kind};

const TEXTS: &[&str] = &[
    "",
    "a",
    "draft",
    "it's",
    "say \"hi\"",
    "naïve café",
    "名前",
    "🙂",
    "012",
    "12abc",
    "1e3",
    "a;b",
    "-- no",
    "line\nbreak",
    "NULL",
    " padded ",
    "ABC",
    "abc",
    "%_",
    "{\"a\": 1}",
];

/// Puts rows into every table, as far as the constraints allow.
pub fn fill(connection: &Connection, rng: &mut Rng) {
    connection.pragma_update(None, "foreign_keys", true).unwrap();
    // Parents may come after their children; the second round finds them.
    for round in 0..2 {
        for table in oracle::tables(connection) {
            if table.kind == "table" {
                let n = if round == 0 { rng.below(7) } else { rng.below(4) };
                fill_table(connection, rng, &table, n);
            }
        }
    }
    // Numbers that are not dense, and sequences that are ahead of their rows.
    for table in oracle::tables(connection) {
        let rowid = oracle::rowid_name(&oracle::columns(connection, &table.name));
        if let Some(rowid) = rowid
            && table.kind == "table"
            && !table.is_without_rowid
            && rng.chance(30)
        {
            let name = plain_name(&table.name);
            let sql =
                format!("DELETE FROM {name} WHERE {rowid} = (SELECT max({rowid}) FROM {name})");
            // Whoever is referenced or guarded stays.
            connection.execute(&sql, []).ok();
        }
    }
    for table in oracle::tables(connection).iter().filter(|it| it.kind == "virtual") {
        fill_virtual(connection, rng, &table.name);
    }
    connection.pragma_update(None, "foreign_keys", false).unwrap();
}

fn fill_table(connection: &Connection, rng: &mut Rng, table: &TableInfo, n_rows: usize) {
    let all = oracle::columns(connection, &table.name);
    let rowid = oracle::rowid_name(&all).filter(|_| !table.is_without_rowid);
    let columns: Vec<ColumnInfo> = all.into_iter().filter(|it| it.hidden == 0).collect();
    let sql = "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?1";
    let sql: String = connection.query_row(sql, [&table.name], |row| row.get(0)).unwrap();
    let literals = literals(&sql);
    let sql = "SELECT \"from\", \"table\", coalesce(\"to\", '') FROM pragma_foreign_key_list(?1)";
    let keys: Vec<(String, String, String)> =
        query(connection, sql, &[&table.name], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));

    for _ in 0..n_rows {
        for _attempt in 0..8 {
            let mut names = Vec::new();
            let mut values = Vec::new();
            for column in &columns {
                // Columns that are left out get their default.
                if rng.chance(12) {
                    continue;
                }
                let key = keys.iter().find(|it| it.0.eq_ignore_ascii_case(&column.name));
                let parent = key
                    .filter(|_| rng.chance(85))
                    .and_then(|(_, parent, to)| some_value_of(connection, rng, parent, to));
                names.push(plain_name(&column.name));
                values.push(match parent {
                    Some(value) => value,
                    None => a_value(rng, column, table.is_strict, &literals),
                });
            }
            let has_own = columns.iter().any(|it| it.key > 0 && it.datatype == "INTEGER");
            if let Some(rowid) = rowid.filter(|_| !has_own && rng.chance(40)) {
                names.push(rowid.to_owned());
                values.push(Value::Integer(i64::try_from(rng.below(900)).unwrap() + 1));
            }
            if insert(connection, &table.name, &names, values) {
                break;
            }
        }
    }
}

fn insert(connection: &Connection, table: &str, names: &[String], values: Vec<Value>) -> bool {
    let table = plain_name(table);
    let sql = if names.is_empty() {
        format!("INSERT INTO {table} DEFAULT VALUES")
    } else {
        let marks = vec!["?"; names.len()].join(", ");
        format!("INSERT INTO {table} ({}) VALUES ({marks})", names.join(", "))
    };
    let done = connection.execute(&sql, rusqlite::params_from_iter(values)).is_ok();
    if !connection.is_autocommit() {
        connection.execute_batch("ROLLBACK").unwrap();
    }
    done
}

fn fill_virtual(connection: &Connection, rng: &mut Rng, table: &str) {
    let sql = "SELECT lower(sql) FROM sqlite_schema WHERE type = 'table' AND name = ?1";
    let sql: String = connection.query_row(sql, [table], |row| row.get(0)).unwrap();
    let name = plain_name(table);
    if sql.contains("content=") {
        connection.execute_batch(&format!("INSERT INTO {name}({name}) VALUES('rebuild')")).unwrap();
        return;
    }
    let is_rtree = sql.contains("using rtree") || sql.contains("rtree");
    let columns: Vec<ColumnInfo> =
        oracle::columns(connection, table).into_iter().filter(|it| it.hidden == 0).collect();
    for n in 0..rng.below(5) {
        let names: Vec<String> = columns.iter().map(|it| plain_name(&it.name)).collect();
        let value = |(at, _): (usize, _)| {
            if is_rtree {
                Value::Integer(i64::try_from(n * 10 + at).unwrap())
            } else {
                Value::Text(format!("{} {}", rng.pick(TEXTS), rng.pick(TEXTS)))
            }
        };
        let values = columns.iter().enumerate().map(value).collect();
        insert(connection, table, &names, values);
    }
}

/// What the schema itself speaks of.
fn literals(sql: &str) -> Vec<Value> {
    let mut found = Vec::new();
    for token in tokens::tokens(sql) {
        match token.kind {
            Kind::Text => {
                let text = &token.text[1..token.text.len() - 1];
                found.push(Value::Text(text.replace("''", "'")));
            }
            Kind::Number => {
                if let Ok(number) = token.text.parse::<i64>() {
                    found.push(Value::Integer(number));
                }
            }
            _ => {}
        }
    }
    found
}

fn some_value_of(connection: &Connection, rng: &mut Rng, table: &str, to: &str) -> Option<Value> {
    let to = if to.is_empty() {
        let columns = oracle::columns(connection, table);
        columns.into_iter().find(|it| it.key == 1)?.name
    } else {
        to.to_owned()
    };
    let sql = format!("SELECT {} FROM {} LIMIT 50", plain_name(&to), plain_name(table));
    let values: Vec<Value> = query(connection, &sql, &[], |row| row.get(0));
    rng.maybe_pick(&values)
}

fn a_value(rng: &mut Rng, column: &ColumnInfo, is_strict: bool, literals: &[Value]) -> Value {
    if rng.chance(if column.is_not_null { 2 } else { 15 }) {
        return Value::Null;
    }
    if rng.chance(25)
        && let Some(literal) = rng.maybe_pick(literals)
    {
        return literal;
    }
    let affinity = affinity(&column.datatype, is_strict);
    // Without STRICT anything can stand anywhere.
    let kind = match affinity {
        "BLOB" if is_strict => 3,
        "INTEGER" if is_strict || rng.chance(85) => 0,
        "REAL" if is_strict || rng.chance(85) => 1,
        "TEXT" if is_strict || rng.chance(85) => 2,
        "NUMERIC" if rng.chance(60) => rng.below(2),
        _ => rng.below(4),
    };
    match kind {
        0 => Value::Integer(match rng.below(10) {
            0 => i64::MAX,
            1 => -1,
            2 => 0,
            3 => 1,
            _ => i64::try_from(rng.below(5000)).unwrap(),
        }),
        1 => Value::Real(*rng.pick(&[0.5, -1.25, 1e300, 3.0, 0.1, 12345.678])),
        2 if rng.chance(40) => Value::Text(format!("{} {}", rng.pick(TEXTS), rng.below(1000))),
        2 => Value::Text((*rng.pick(TEXTS)).to_owned()),
        _ => Value::Blob((0..rng.below(5)).map(|it| u8::try_from(it * 63).unwrap()).collect()),
    }
}
