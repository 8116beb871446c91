//! Rows that are made up: ordinary ones, which reference one another as the schema wants it, and odd
//! ones, of which each differs from them in one thing.

use std::collections::HashMap;

use super::data_failure::{forbids_null, is_key};
use super::deed::names;
use super::fate::literal;
use crate::schema::{Column, Name, Schema, Table};
use crate::sql::lexer::{TokenKind, tokens};

/// How many ordinary rows a table gets.
const N_ROWS: usize = 2;

/// How many rows are tried with an expression.
const MAX_TURNED: usize = 256;

/// What is odd about a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Oddity {
    /// Nothing.
    Ordinary,
    /// No other row references it.
    Alone,
    /// These columns are NULL; not empty.
    Null(Vec<Name>),
    /// Another one has the same values in all columns but those of its keys.
    Twin,
    /// Another one has the same values in all columns but this one and those of its keys.
    TwinBut(Name),
    /// This column holds this value, as SQL.
    Holds(Name, String),
}

impl Oddity {
    /// Whether this column is NULL.
    pub fn is_null(&self, column: &Name) -> bool {
        matches!(self, Self::Null(columns) if columns.contains(column))
    }

    /// Whether this column alone, but for keys, tells it from another row.
    pub fn is_but(&self, column: &Name) -> bool {
        matches!(self, Self::TwinBut(it) if it == column)
    }

    /// What is odd for this column to hold.
    fn held(&self, column: &Name) -> Option<&str> {
        match self {
            Self::Holds(name, value) if name == column => Some(value),
            _ => None,
        }
    }

    /// Whether a row that is odd like `other` is odd like this, and then some.
    pub fn is_part_of(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Ordinary, other) => *other != Self::Ordinary,
            // Odd rows are made last, so that none is referenced.
            (Self::Alone, Self::Null(_) | Self::Twin | Self::Holds(..)) => true,
            (Self::Null(own), Self::Null(others)) => {
                own.len() < others.len() && own.iter().all(|it| others.contains(it))
            }
            _ => false,
        }
    }
}

/// A row to be tried.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its table.
    pub table: Name,
    /// What is odd about it.
    pub oddity: Oddity,
    /// How it is put there.
    pub insert: String,
    /// What stands in it, as SQL; nothing where that is several rows.
    pub values: Vec<(Name, String)>,
    /// What stands in no other row; empty where nothing does.
    pub marks: Vec<String>,
    /// Of a twin: what stands there in the other one.
    pub other: Vec<String>,
}

/// Makes rows up that reference what is there.
pub struct Rows<'s> {
    schema: &'s Schema,
    next: u64,
    /// The values of the ordinary rows, by table and column.
    values: HashMap<(&'s Name, usize, &'s Name), String>,
}

impl<'s> Rows<'s> {
    /// Rows for all tables of a schema.
    pub fn new(schema: &'s Schema) -> Self {
        let mut rows = Self { schema, next: 8_000_000, values: HashMap::new() };
        for table in &schema.tables {
            for row in 0..N_ROWS {
                for column in table.columns.iter().filter(|it| it.holds()) {
                    let mark = rows.mark();
                    let value = literal(column.datatype.text(), &mark);
                    rows.values.insert((&table.name, row, &column.name), value);
                }
            }
        }
        // What references a key that references another one is settled last.
        for _ in 0..4 {
            for table in &schema.tables {
                for row in 0..N_ROWS {
                    for (column, value) in rows.references(table, row) {
                        rows.values.insert((&table.name, row, column), value);
                    }
                }
            }
        }
        rows
    }

    fn mark(&mut self) -> String {
        self.next += 1;
        self.next.to_string()
    }

    /// What the columns of foreign keys hold, so that they reference this ordinary row.
    fn references(&self, table: &'s Table, row: usize) -> Vec<(&'s Name, String)> {
        let mut found = Vec::new();
        for key in &table.foreign_keys {
            let Some(parent) = self.schema.table(&key.parent) else { continue };
            for (column, to) in key.columns.iter().zip(&key.parent_columns) {
                let own = table.column(column).filter(|it| it.holds());
                let to = parent.column(to).map(|it| &it.name);
                if let (Some(own), Some(to)) = (own, to)
                    && let Some(value) = self.values.get(&(&parent.name, row, to))
                {
                    found.push((&own.name, value.clone()));
                }
            }
        }
        found
    }

    /// The ordinary ones.
    pub fn ordinary(&self) -> Vec<Row> {
        let mut found = Vec::new();
        for table in &self.schema.tables {
            for nth in 0..N_ROWS {
                let columns = table.columns.iter().filter(|it| it.holds());
                let values: Vec<(&Name, String)> = columns
                    .map(|it| (&it.name, self.values[&(&table.name, nth, &it.name)].clone()))
                    .collect();
                let is_own = |name: &Name| !references(table, name);
                let own = values.iter().filter(|it| is_own(it.0)).map(|it| it.1.clone());
                let marks: Vec<String> = own.collect();
                found.push(row(table, Oddity::Ordinary, &values, &marks));
            }
        }
        found
    }

    /// Odd rows of all tables that are somebody's business.
    pub fn odd(&mut self, is_excluded: &dyn Fn(&Table) -> bool) -> Vec<Row> {
        let mut found = Vec::new();
        for table in self.schema.tables.iter().filter(|it| !is_excluded(it)) {
            let mut keys = self.schema.tables.iter().flat_map(|it| &it.foreign_keys);
            if keys.any(|it| it.parent == table.name) {
                found.push(self.odd_row(table, Oddity::Alone));
            }
            // What a check says of a NULL, or of values together, is not known.
            let is_checked = |name: &Name| table.checks.iter().any(|it| it.expression.names(name));
            let may_be_null = |it: &&Column| {
                let may = !forbids_null(table, it) && !is_key(table, &it.name);
                it.holds() && may && !is_checked(&it.name)
            };
            let nullable: Vec<Name> =
                table.columns.iter().filter(may_be_null).map(|it| it.name.clone()).collect();
            for it in &nullable {
                found.push(self.odd_row(table, Oddity::Null(vec![it.clone()])));
            }
            if nullable.len() > 1 {
                found.push(self.odd_row(table, Oddity::Null(nullable)));
            }
            if table.checks.is_empty() {
                found.push(self.odd_row(table, Oddity::Twin));
            }
        }
        found
    }

    /// A row of this table in which these columns are NULL.
    pub fn null(&mut self, table: &Name, columns: &[Name]) -> Option<Row> {
        let table = self.schema.table(table)?;
        Some(self.odd_row(table, Oddity::Null(columns.to_vec())))
    }

    /// Two rows of this table that have NULL in this column, if that may be, and differ in their other
    /// keys alone.
    pub fn null_twins(&mut self, table: &Name, column: &Name) -> Option<[Row; 2]> {
        let table = self.schema.table(table)?;
        let may_be = |it: &Column| !forbids_null(table, it) && !is_key(table, &it.name);
        table.column(column).filter(|it| it.holds() && may_be(it))?;
        let first = self.odd_row(table, Oddity::Null(vec![column.clone()]));
        let mut values = first.values.clone();
        let (mut marks, mut other) = (Vec::new(), Vec::new());
        for (name, value) in &mut values {
            let is_own = is_of_key(self.schema, table, name) && !references(table, name);
            if let Some(column) = table.column(name).filter(|_| is_own && value != "NULL") {
                other.push(value.clone());
                *value = literal(column.datatype.text(), &self.mark());
                marks.push(value.clone());
            }
        }
        let values: Vec<(&Name, String)> =
            values.iter().map(|(name, it)| (name, it.clone())).collect();
        let second = row(table, first.oddity.clone(), &values, &marks);
        Some([first, Row { other: digits(&other), ..second }])
    }

    /// A row of this table in which this column holds this value; nothing if it references others.
    pub fn holding(&mut self, table: &Name, column: &Name, value: &str) -> Option<Row> {
        let table = self.schema.table(table).filter(|it| !references(it, column))?;
        Some(self.odd_row(table, Oddity::Holds(column.clone(), value.to_owned())))
    }

    /// The columns of a table, and whether each holds texts.
    pub fn columns(&self, table: &Name) -> Vec<(Name, bool)> {
        let columns = self.schema.table(table).into_iter().flat_map(|it| &it.columns);
        let holding = columns.filter(|it| it.holds());
        holding.map(|it| (it.name.clone(), is_of_texts(it))).collect()
    }

    /// Rows of a table that hold, in the columns of an expression, all at which it may turn, and what
    /// stands nowhere else; each with each. Nothing if rows must differ there, or if there are too many.
    pub fn turned(&mut self, table: &Name, expression: &str) -> Option<Row> {
        let table = self.schema.table(table)?;
        let mut all: Vec<Vec<(&Name, String)>> = vec![Vec::new()];
        for column in table.columns.iter().filter(|it| it.holds() && !table.is_rowid(&it.name)) {
            let name = &column.name;
            if !names(expression, name) {
                continue;
            }
            let mut values = turning_points(&[expression], is_of_texts(column));
            values.push(literal(column.datatype.text(), &self.mark()));
            values.push(self.values[&(&table.name, 0, name)].clone());
            if !forbids_null(table, column) {
                values.push("NULL".to_owned());
            }
            if is_of_key(self.schema, table, name) || all.len() * values.len() > MAX_TURNED {
                return None;
            }
            let with = |it: &Vec<(&'s Name, String)>, value: &String| {
                it.iter().cloned().chain([(name, value.clone())]).collect()
            };
            all =
                all.iter().flat_map(|it| values.iter().map(move |value| with(it, value))).collect();
        }
        let mut tuples = Vec::new();
        let mut columns = Vec::new();
        for odd in &all {
            let row = self.odd_row(table, Oddity::Alone);
            let value = |(name, own): &(Name, String)| {
                odd.iter().find(|it| it.0 == name).map_or_else(|| own.clone(), |it| it.1.clone())
            };
            let values: Vec<String> = row.values.iter().map(value).collect();
            tuples.push(format!("({})", values.join(", ")));
            columns = row.values.iter().map(|(name, _)| name.quoted()).collect();
        }
        let (to, columns) = (table.name.quoted(), columns.join(", "));
        let insert = format!("INSERT INTO {to} ({columns}) VALUES {}", tuples.join(", "));
        let (values, marks, other) = (Vec::new(), Vec::new(), Vec::new());
        Some(Row { table: table.name.clone(), oddity: Oddity::Alone, insert, values, marks, other })
    }

    /// Rows of a table of which each is like an ordinary one but for one column and its keys.
    pub fn near_twins(&mut self, table: &Name) -> Vec<Row> {
        let Some(table) = self.schema.table(table) else { return Vec::new() };
        let is_of_pair = |name: &Name| {
            let mut keys = table.foreign_keys.iter();
            keys.any(|it| it.columns.len() > 1 && it.columns.contains(name))
        };
        let columns = table.columns.iter().filter(|it| it.holds() && !is_of_pair(&it.name));
        let columns: Vec<Name> = columns.map(|it| it.name.clone()).collect();
        columns.into_iter().map(|it| self.odd_row(table, Oddity::TwinBut(it))).collect()
    }

    /// Rows of a table that differ in their keys alone, and there only just: in case, in spaces, by one.
    /// What is made of the keys may be the same for all of them. Its other texts differ no more.
    pub fn cousins(&mut self, table: &Name) -> Option<Row> {
        let table = self.schema.table(table)?;
        let mark = self.mark();
        let references = self.references(table, 0);
        let columns: Vec<&Column> = table.columns.iter().filter(|it| it.holds()).collect();
        let tuple = |nth: usize| {
            let value = |(at, column): (usize, &&Column)| {
                let is_key = is_of_key(self.schema, table, &column.name);
                let own = &self.values[&(&table.name, 0, &column.name)];
                if let Some((_, value)) = references.iter().find(|it| *it.0 == column.name) {
                    value.clone()
                } else if own.starts_with('\'') {
                    let text = [format!("Ab {mark} {at}"), format!("aB {mark} {at}")];
                    let text = text.get(nth).cloned();
                    format!("'{}'", text.unwrap_or_else(|| format!("Ab {mark} {at} ")))
                } else if is_key {
                    // Far from all other numbers, which begin with an 8.
                    literal(column.datatype.text(), &(9_000_000 + [0, 1, 1000][nth]).to_string())
                } else {
                    own.clone()
                }
            };
            let values: Vec<String> = columns.iter().enumerate().map(value).collect();
            format!("({})", values.join(", "))
        };
        let tuples = [0, 1, 2].map(tuple).join(", ");
        let names: Vec<String> = columns.iter().map(|it| it.name.quoted()).collect();
        let insert =
            format!("INSERT INTO {} ({}) VALUES {tuples}", table.name.quoted(), names.join(", "));
        let table = table.name.clone();
        let (values, marks, other) = (Vec::new(), Vec::new(), Vec::new());
        Some(Row { table, oddity: Oddity::Twin, insert, values, marks, other })
    }

    /// Whether a row of this table says something besides these columns and a number that it may not
    /// keep.
    pub fn says_more(&self, table: &Name, columns: &[Name]) -> bool {
        self.schema.table(table).is_some_and(|table| {
            let holding = table.columns.iter().filter(|it| it.holds()).map(|it| &it.name);
            let mut others = holding.filter(|it| !columns.contains(it) && !references(table, it));
            others.any(|it| !table.is_rowid(it))
        })
    }

    fn odd_row(&mut self, table: &'s Table, oddity: Oddity) -> Row {
        let references: HashMap<&Name, String> = self.references(table, 0).into_iter().collect();
        let schema = self.schema;
        let is_key = |name: &Name| is_of_key(schema, table, name);
        let is_like = |name: &Name| match &oddity {
            Oddity::Twin => !is_key(name),
            Oddity::TwinBut(column) => name != column && !is_key(name),
            _ => false,
        };
        let others: HashMap<&Name, String> = match &oddity {
            Oddity::TwinBut(_) => self.references(table, 1).into_iter().collect(),
            _ => HashMap::new(),
        };
        let mut values = Vec::new();
        let (mut marks, mut other) = (Vec::new(), Vec::new());
        for column in table.columns.iter().filter(|it| it.holds()) {
            let name = &column.name;
            let value = if oddity.is_null(name) {
                "NULL".to_owned()
            } else if let Some(value) = oddity.held(name) {
                value.to_owned()
            } else if let Some(value) = others.get(name).filter(|_| oddity.is_but(name)) {
                value.clone()
            } else if let Some(value) = references.get(name) {
                value.clone()
            } else if is_like(name) {
                self.values[&(&table.name, 0, name)].clone()
            } else {
                let value = literal(column.datatype.text(), &self.mark());
                marks.push(value.clone());
                if oddity == Oddity::Twin {
                    other.push(self.values[&(&table.name, 0, name)].clone());
                }
                value
            };
            values.push((name, value));
        }
        Row { other: digits(&other), ..row(table, oddity, &values, &marks) }
    }
}

fn row(table: &Table, oddity: Oddity, values: &[(&Name, String)], marks: &[String]) -> Row {
    let insert = format!("INSERT {}", into(table, values));
    let (marks, other) = (digits(marks), Vec::new());
    let values = values.iter().map(|(name, it)| ((*name).clone(), it.clone())).collect();
    Row { table: table.name.clone(), oddity, insert, values, marks, other }
}

/// What puts a row into a table, behind `INSERT`.
pub fn into(table: &Table, values: &[(&Name, String)]) -> String {
    let names: Vec<String> = values.iter().map(|it| it.0.quoted()).collect();
    let values: Vec<&str> = values.iter().map(|it| it.1.as_str()).collect();
    let table = table.name.quoted();
    format!("INTO {table} ({}) VALUES ({})", names.join(", "), values.join(", "))
}

/// Values at which expressions may turn, as SQL; texts, or numbers.
pub fn turning_points(expressions: &[&str], of_texts: bool) -> Vec<String> {
    let literals = |kind: TokenKind| {
        expressions.iter().flat_map(move |sql| {
            let all = tokens(sql).filter(move |it| it.kind == kind);
            all.map(move |it| it.text(sql).to_owned())
        })
    };
    let mut found: Vec<String> = if of_texts {
        literals(TokenKind::String).chain(["''".to_owned()]).collect()
    } else {
        // The same as numbers, so that each is one value only.
        let numbers = literals(TokenKind::Number).filter_map(|it| it.parse::<i32>().ok());
        let near = numbers.map(i64::from).flat_map(|it| [it - 1, it, it + 1]);
        near.map(|it| it.to_string()).collect()
    };
    found.sort_unstable();
    found.dedup();
    found
}

/// Whether a column holds texts, as far as rows that are made up go.
fn is_of_texts(column: &Column) -> bool {
    literal(column.datatype.text(), "").starts_with('\'')
}

/// Values as they are found: without quotes, and for a BLOB in hexadecimal too.
fn digits(values: &[String]) -> Vec<String> {
    let digits = |it: &String| {
        let rest = it.chars().skip_while(|it| !it.is_ascii_digit());
        rest.take_while(char::is_ascii_digit).collect::<String>()
    };
    let both = |it: String| [it.chars().flat_map(|it| ['3', it]).collect(), it];
    values.iter().map(digits).flat_map(both).collect()
}

/// Whether a column is one of a key, or in an expression of one.
fn is_of_key(schema: &Schema, table: &Table, name: &Name) -> bool {
    let keys = table.primary_key.iter().map(|it| &it.columns);
    let mut keys = keys.chain(table.uniques.iter().map(|it| &it.columns)).flatten();
    let mut indexes = schema.indexes.iter().filter(|it| it.table == table.name && it.is_unique);
    keys.any(|it| it.name == *name) || indexes.any(|it| it.columns.iter().any(|it| it.names(name)))
}

/// Whether a column is one of a foreign key.
pub fn references(table: &Table, column: &Name) -> bool {
    table.foreign_keys.iter().any(|it| it.columns.contains(column))
}
