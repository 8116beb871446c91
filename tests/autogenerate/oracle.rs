//! What a database is, told without the code under test: SQLite's pragmas, and the tokens of what
//! they do not tell. Two schemas are the same if their facts are.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

use crate::print::plain_name;
use crate::tokens::{self, Kind, Token, meaning};

/// The lines that describe each object.
pub type Facts = BTreeMap<String, Vec<String>>;

/// What no user made.
fn is_ours(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with("sqlite_") || name == "alembic_version" || name == "migrator_log"
}

fn folded(name: &str) -> String {
    name.to_ascii_lowercase()
}

/// A table as the pragmas list it.
#[derive(Debug, Clone)]
pub struct TableInfo {
    pub name: String,
    pub kind: String,
    pub is_without_rowid: bool,
    pub is_strict: bool,
}

/// A column as the pragmas list it.
#[derive(Debug, Clone)]
pub struct ColumnInfo {
    pub name: String,
    pub datatype: String,
    pub is_not_null: bool,
    pub default: Option<String>,
    pub key: i64,
    /// 2 and 3 are generated columns.
    pub hidden: i64,
}

pub fn query<T>(
    connection: &Connection,
    sql: &str,
    params: &[&dyn rusqlite::ToSql],
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Vec<T> {
    let mut statement = connection.prepare(sql).unwrap_or_else(|it| panic!("{sql}: {it}"));
    let rows = statement.query_map(params, read).unwrap();
    rows.map(|it| it.unwrap_or_else(|it| panic!("{sql}: {it}"))).collect()
}

/// Tables and virtual tables, without those that serve others.
pub fn tables(connection: &Connection) -> Vec<TableInfo> {
    let sql = "SELECT name, type, wr, strict FROM pragma_table_list
               WHERE schema = 'main' AND type IN ('table', 'virtual') ORDER BY name";
    let mut found = query(connection, sql, &[], |row| {
        Ok(TableInfo {
            name: row.get(0)?,
            kind: row.get(1)?,
            is_without_rowid: row.get(2)?,
            is_strict: row.get(3)?,
        })
    });
    found.retain(|it| !is_ours(&it.name));
    found
}

pub fn columns(connection: &Connection, table: &str) -> Vec<ColumnInfo> {
    let sql = "SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo(?1)";
    query(connection, sql, &[&table], |row| {
        Ok(ColumnInfo {
            name: row.get(0)?,
            datatype: row.get(1)?,
            is_not_null: row.get(2)?,
            default: row.get(3)?,
            key: row.get(4)?,
            hidden: row.get(5)?,
        })
    })
}

/// All that a schema says.
pub fn facts(connection: &Connection) -> Facts {
    let mut facts = Facts::new();
    let tables = tables(connection);
    let is_virtual: BTreeSet<String> =
        tables.iter().filter(|it| it.kind == "virtual").map(|it| folded(&it.name)).collect();
    for table in &tables {
        let lines = if table.kind == "virtual" {
            let sql = sql_of(connection, "table", &table.name);
            let tokens = tokens::tokens(&sql);
            let using = tokens.iter().position(|it| it.is("USING")).unwrap();
            vec![meaning(&tokens[using..])]
        } else {
            table_facts(connection, table)
        };
        facts.insert(format!("table {}", folded(&table.name)), lines);
    }
    let shadows: BTreeSet<String> = query(
        connection,
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'shadow'",
        &[],
        |row| row.get(0),
    )
    .into_iter()
    .map(|it: String| folded(&it))
    .collect();
    let sql = "SELECT type, name, tbl_name, sql FROM sqlite_schema
               WHERE type <> 'table' AND sql IS NOT NULL";
    let objects =
        query(connection, sql, &[], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)));
    for (kind, name, table, sql) in objects {
        let (kind, name, table, sql): (String, String, String, String) = (kind, name, table, sql);
        if is_ours(&table) || shadows.contains(&folded(&table)) {
            continue;
        }
        assert!(!is_virtual.contains(&folded(&table)), "{kind} {name} on a virtual table");
        let lines = match &*kind {
            "index" => index_facts(connection, &name, &table, &sql),
            "view" => vec![behind_name(&sql, "VIEW")],
            _ => vec![trigger_meaning(&sql)],
        };
        facts.insert(format!("{kind} {}", folded(&name)), lines);
    }
    facts
}

/// What differs, for a person to read.
pub fn difference(left: &Facts, right: &Facts) -> String {
    let mut text = String::new();
    let keys: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
    for key in keys {
        let empty = Vec::new();
        let lines = |of: &Facts| of.get(key).unwrap_or(&empty).clone();
        let (a, b) = (lines(left), lines(right));
        if a == b && left.contains_key(key) == right.contains_key(key) {
            continue;
        }
        writeln!(text, "{key}").unwrap();
        for line in a.iter().filter(|it| !b.contains(it)) {
            writeln!(text, "  - {line}").unwrap();
        }
        for line in b.iter().filter(|it| !a.contains(it)) {
            writeln!(text, "  + {line}").unwrap();
        }
        if a.len() != b.len() {
            writeln!(text, "  ({} lines, {} lines)", a.len(), b.len()).unwrap();
        }
    }
    text
}

fn sql_of(connection: &Connection, kind: &str, name: &str) -> String {
    let sql = "SELECT sql FROM sqlite_schema WHERE type = ?1 AND name = ?2";
    connection.query_row(sql, [kind, name], |row| row.get(0)).unwrap()
}

/// What stands behind the name in `CREATE … what [IF NOT EXISTS] name`.
fn behind_name(sql: &str, what: &str) -> String {
    meaning(&tokens_behind_name(sql, what))
}

fn tokens_behind_name(sql: &str, what: &str) -> Vec<Token> {
    let tokens = tokens::tokens(sql);
    let at = tokens.iter().position(|it| it.is(what)).unwrap() + 1;
    let at = if tokens[at].is("IF") { at + 3 } else { at };
    tokens[at + 1..].to_vec()
}

fn trigger_meaning(sql: &str) -> String {
    let mut tokens = tokens_behind_name(sql, "TRIGGER");
    if tokens[0].is("BEFORE") {
        tokens.remove(0);
    }
    let begin = tokens.iter().position(|it| it.is("BEGIN")).unwrap();
    if let Some(at) = tokens[..begin].iter().position(|it| it.is("FOR"))
        && tokens[at + 1].is("EACH")
    {
        tokens.drain(at..at + 3);
    }
    meaning(&tokens)
}

fn index_facts(connection: &Connection, name: &str, table: &str, sql: &str) -> Vec<String> {
    let tokens = tokens_behind_name(sql, "INDEX");
    let open = tokens.iter().position(|it| it.is("(")).unwrap();
    let close = end_of_group(&tokens, open);
    let columns: Vec<String> = split(&tokens[open + 1..close])
        .iter()
        .map(|it| {
            let last_is_asc = it.last().is_some_and(|it| it.is("ASC"));
            meaning(&it[..it.len() - usize::from(last_is_asc)])
        })
        .collect();
    let (is_unique, is_partial): (bool, bool) = connection
        .query_row(
            "SELECT \"unique\", partial FROM pragma_index_list(?1) WHERE name = ?2",
            [table, name],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    vec![
        format!("on {} unique {is_unique} partial {is_partial}", folded(table)),
        columns.join(", "),
        index_columns(connection, name),
        meaning(&tokens[close + 1..]),
    ]
}

fn index_columns(connection: &Connection, index: &str) -> String {
    let sql = "SELECT coalesce(name, '<' || cid || '>'), \"desc\", coll
               FROM pragma_index_xinfo(?1) WHERE key ORDER BY seqno";
    let columns = query(connection, sql, &[&index], |row| {
        let (name, desc, collation): (String, i64, String) =
            (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(format!("{} desc {desc} {}", folded(&name), folded(&collation)))
    });
    columns.join(", ")
}

/// The index of the parenthesis that closes the one here.
fn end_of_group(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0;
    for (n, token) in tokens.iter().enumerate().skip(open) {
        depth += i32::from(token.is("(")) - i32::from(token.is(")"));
        if depth == 0 {
            return n;
        }
    }
    panic!("nothing closes the parenthesis in {}", meaning(tokens))
}

/// What stands between the commas that are in no parentheses.
fn split(tokens: &[Token]) -> Vec<Vec<Token>> {
    let mut items = vec![Vec::new()];
    let mut depth = 0;
    for token in tokens {
        depth += i32::from(token.is("(")) - i32::from(token.is(")"));
        if depth == 0 && token.is(",") {
            items.push(Vec::new());
        } else {
            items.last_mut().unwrap().push(token.clone());
        }
    }
    items
}

fn table_facts(connection: &Connection, table: &TableInfo) -> Vec<String> {
    let TableInfo { name, is_without_rowid, is_strict, .. } = table;
    let mut lines = vec![format!("without rowid {is_without_rowid} strict {is_strict}")];
    let columns = columns(connection, name);
    let sql = sql_of(connection, "table", name);
    let clauses = TableText::read(connection, &sql);

    let sql = "SELECT name, origin FROM pragma_index_list(?1) WHERE origin <> 'c'";
    let automatic = query(connection, sql, &[&name], |row| Ok((row.get(0)?, row.get(1)?)));
    let mut has_key_index = false;
    for (index, origin) in automatic {
        let (index, origin): (String, String) = (index, origin);
        has_key_index |= origin == "pk";
        lines.push(format!("automatic index {origin} {}", index_columns(connection, &index)));
    }
    for column in &columns {
        let of = clauses.columns.get(&folded(&column.name)).cloned().unwrap_or_default();
        let is_rowid = column.key > 0 && !has_key_index && !is_without_rowid;
        let says_nothing = is_rowid
            || (column.key > 0 && (*is_without_rowid || *is_strict) && of.not_null.is_empty());
        let not_null = if column.is_not_null && !says_nothing {
            format!("not null {}", of.not_null)
        } else {
            String::new()
        };
        let default = column.default.as_deref().map(|it| meaning(unwrapped(&tokens::tokens(it))));
        // That is the value of a column that has none.
        let default = default.filter(|it| it != "null");
        lines.push(format!(
            "column {}: type {} {not_null} default {default:?} collate {} key {} hidden {} as {}",
            folded(&column.name),
            meaning(&tokens::tokens(&column.datatype)),
            of.collation,
            column.key,
            column.hidden,
            of.generated,
        ));
    }
    let sql = "SELECT id, \"from\", \"table\", \"to\", on_update, on_delete
               FROM pragma_foreign_key_list(?1) ORDER BY id, seq";
    let mut keys: BTreeMap<i64, String> = BTreeMap::new();
    for (id, line) in query(connection, sql, &[&name], |row| {
        let (from, parent): (String, String) = (row.get(1)?, row.get(2)?);
        let (update, delete): (String, String) = (row.get(4)?, row.get(5)?);
        let line = format!("{} to {} {update} {delete};", folded(&from), folded(&parent));
        Ok((row.get::<_, i64>(0)?, line))
    }) {
        keys.entry(id).or_default().push_str(&line);
    }
    lines.extend(keys.into_values().map(|it| format!("reference {it}")));
    lines.extend(clauses.constraints);
    lines.sort();
    lines
}

/// Without parentheses around all of it.
fn unwrapped(mut tokens: &[Token]) -> &[Token] {
    while tokens.len() > 2 && tokens[0].is("(") && end_of_group(tokens, 0) == tokens.len() - 1 {
        tokens = &tokens[1..tokens.len() - 1];
    }
    tokens
}

/// What only the text of a table says.
#[derive(Debug, Default)]
struct TableText {
    columns: BTreeMap<String, ColumnText>,
    constraints: Vec<String>,
}

#[derive(Debug, Clone, Default)]
struct ColumnText {
    not_null: String,
    collation: String,
    generated: String,
}

const CONSTRAINTS: &[&str] = &["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"];
const CLAUSES: &[&str] = &[
    "CONSTRAINT",
    "PRIMARY",
    "NOT",
    "NULL",
    "UNIQUE",
    "CHECK",
    "DEFAULT",
    "COLLATE",
    "REFERENCES",
    "GENERATED",
    "AS",
    "DEFERRABLE",
];

fn is_one_of(token: &Token, words: &[&str]) -> bool {
    token.kind == Kind::Word && words.iter().any(|it| token.is(it))
}

impl TableText {
    fn read(connection: &Connection, sql: &str) -> Self {
        let tokens = tokens_behind_name(sql, "TABLE");
        let open = tokens.iter().position(|it| it.is("(")).unwrap();
        let close = end_of_group(&tokens, open);
        let mut text = Self::default();
        for item in split(&tokens[open + 1..close]) {
            if is_one_of(&item[0], CONSTRAINTS) {
                text.clauses(connection, &item, None);
            } else {
                let mut name = item[0].clone();
                if name.kind == Kind::Text {
                    let inner = &name.text[1..name.text.len() - 1];
                    name.text = inner.replace("''", "'");
                }
                let column = folded(&name.text);
                let first = item.iter().skip(1).position(|it| is_one_of(it, CLAUSES));
                text.columns.insert(column.clone(), ColumnText::default());
                if let Some(first) = first {
                    text.clauses(connection, &item[first + 1..], Some(&column));
                }
            }
        }
        text
    }

    fn clauses(&mut self, connection: &Connection, tokens: &[Token], column: Option<&String>) {
        let mut cursor = Cursor { tokens, at: 0 };
        let mut name = String::new();
        while let Some(token) = cursor.next() {
            let own = std::mem::take(&mut name);
            let key_columns = |cursor: &mut Cursor<'_>, at_column: Option<&String>| {
                let group = cursor.group();
                let listed: Vec<String> = split(&group)
                    .iter()
                    .filter(|it| !it.is_empty())
                    .map(|it| key_column(it))
                    .collect();
                if listed.is_empty() {
                    at_column.cloned().unwrap_or_default()
                } else {
                    listed.join(", ")
                }
            };
            if token.is("CONSTRAINT") {
                name = cursor.next().unwrap().meaning();
            } else if token.is("PRIMARY") {
                cursor.skip("KEY");
                let mut columns = key_columns(&mut cursor, column);
                cursor.skip("ASC");
                if cursor.skip("DESC") {
                    columns.push_str(" desc at column");
                }
                let conflict = cursor.conflict();
                let mut auto = cursor.skip("AUTOINCREMENT");
                if let Some(before) = columns.strip_suffix(" autoincrement") {
                    (columns, auto) = (before.to_owned(), true);
                }
                self.constraints
                    .push(format!("primary key {own} ({columns}) {conflict} autoincrement {auto}"));
            } else if token.is("NOT") && cursor.skip("NULL") {
                let conflict = cursor.conflict();
                self.column(column).not_null = conflict;
            } else if token.is("UNIQUE") {
                let columns = key_columns(&mut cursor, column);
                let conflict = cursor.conflict();
                self.constraints.push(format!("unique {own} ({columns}) {conflict}"));
            } else if token.is("CHECK") {
                let expression = meaning(&cursor.group());
                self.constraints.push(format!("check {own} ({expression})"));
            } else if token.is("DEFAULT") {
                if cursor.group().is_empty()
                    && cursor.next().is_some_and(|it| it.is("-") || it.is("+"))
                {
                    cursor.next();
                }
            } else if token.is("COLLATE") {
                let collation = cursor.next().unwrap().meaning();
                let is_usual = collation == "binary";
                self.column(column).collation = if is_usual { String::new() } else { collation };
            } else if token.is("GENERATED") || token.is("AS") {
                cursor.skip("ALWAYS");
                cursor.skip("AS");
                self.column(column).generated = meaning(&cursor.group());
            } else if token.is("FOREIGN") {
                cursor.skip("KEY");
                let columns = key_columns(&mut cursor, None);
                cursor.skip("REFERENCES");
                self.references(connection, &mut cursor, &own, &columns);
            } else if token.is("REFERENCES") {
                self.references(connection, &mut cursor, &own, column.unwrap());
            }
        }
    }

    fn column(&mut self, name: Option<&String>) -> &mut ColumnText {
        self.columns.entry(name.unwrap().clone()).or_default()
    }

    fn references(
        &mut self,
        connection: &Connection,
        cursor: &mut Cursor<'_>,
        name: &str,
        columns: &str,
    ) {
        let parent = cursor.next().unwrap();
        let mut parent_columns = meaning(&cursor.group()).replace(" , ", ", ");
        if parent_columns.is_empty() {
            let mut key: Vec<(i64, String)> = self::columns(connection, &parent.text)
                .into_iter()
                .filter(|it| it.key > 0)
                .map(|it| (it.key, folded(&it.name)))
                .collect();
            key.sort();
            parent_columns = key.into_iter().map(|it| it.1).collect::<Vec<_>>().join(", ");
        }
        let (mut matched, mut is_deferred) = (String::new(), false);
        loop {
            if cursor.skip("ON") {
                // The pragma tells the actions.
                cursor.next();
                let _is_two_words = cursor.skip("SET") || cursor.skip("NO");
                cursor.next();
            } else if cursor.skip("MATCH") {
                matched = cursor.next().unwrap().meaning();
            } else if cursor.peek(0, "NOT") && cursor.peek(1, "DEFERRABLE") {
                cursor.at += 2;
                if cursor.skip("INITIALLY") {
                    cursor.next();
                }
            } else if cursor.skip("DEFERRABLE") {
                if cursor.skip("INITIALLY") {
                    is_deferred = cursor.skip("DEFERRED") || cursor.next().is_none();
                }
            } else {
                break;
            }
        }
        let matched = if matched == "simple" { String::new() } else { matched };
        let parent = parent.meaning();
        self.constraints.push(format!(
            "foreign key {name} ({columns}) to {parent} ({parent_columns}) match {matched} \
             deferred {is_deferred}"
        ));
    }
}

/// A column of a key. Its collation is the column's own where none is written, and stands with the
/// automatic index.
fn key_column(tokens: &[Token]) -> String {
    let collate = tokens.iter().position(|it| it.is("COLLATE"));
    let is_said = |at: usize| collate.is_some_and(|it| at == it || at == it + 1);
    let kept = tokens.iter().enumerate().filter(|(at, it)| !is_said(*at) && !it.is("ASC"));
    meaning(&kept.map(|it| it.1.clone()).collect::<Vec<_>>())
}

struct Cursor<'a> {
    tokens: &'a [Token],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn next(&mut self) -> Option<&'a Token> {
        self.at += 1;
        self.tokens.get(self.at - 1)
    }

    fn peek(&self, ahead: usize, word: &str) -> bool {
        self.tokens.get(self.at + ahead).is_some_and(|it| it.is(word))
    }

    fn skip(&mut self, word: &str) -> bool {
        let is_there = self.peek(0, word);
        self.at += usize::from(is_there);
        is_there
    }

    /// What is in the parentheses here, if there are any.
    fn group(&mut self) -> Vec<Token> {
        if !self.peek(0, "(") {
            return Vec::new();
        }
        let (open, close) = (self.at, end_of_group(self.tokens, self.at));
        self.at = close + 1;
        self.tokens[open + 1..close].to_vec()
    }

    fn conflict(&mut self) -> String {
        if !(self.peek(0, "ON") && self.peek(1, "CONFLICT")) {
            return String::new();
        }
        self.at += 2;
        let conflict = self.next().unwrap().meaning();
        if conflict == "abort" { String::new() } else { conflict }
    }
}

// ------------------------------------------------------------------------------------- rows

/// A value with its type, so that equal texts are equal bytes.
pub fn value(of: ValueRef<'_>) -> String {
    match of {
        ValueRef::Null => "null".to_owned(),
        ValueRef::Integer(it) => format!("i{it}"),
        ValueRef::Real(it) => format!("r{:016x} {it}", it.to_bits()),
        ValueRef::Text(it) => format!("t{}", String::from_utf8_lossy(it)),
        ValueRef::Blob(it) => format!("b{it:02x?}"),
    }
}

/// The rows of a table: the columns that are asked for, by the rowid where there is one.
pub fn rows(
    connection: &Connection,
    table: &str,
    columns: &[String],
    rowid: Option<&str>,
) -> Vec<Vec<String>> {
    let mut list: Vec<String> = rowid.map(str::to_owned).into_iter().collect();
    list.extend(columns.iter().map(|it| plain_name(it)));
    if list.is_empty() {
        list.push("1".to_owned());
    }
    let sql = format!("SELECT {} FROM {}", list.join(", "), plain_name(table));
    let n = list.len();
    let mut rows =
        query(connection, &sql, &[], |row| (0..n).map(|it| Ok(value(row.get_ref(it)?))).collect());
    rows.sort();
    rows
}

/// A name for the rowid that no column has taken.
pub fn rowid_name(columns: &[ColumnInfo]) -> Option<&'static str> {
    let taken = |name: &str| columns.iter().any(|it| it.name.eq_ignore_ascii_case(name));
    ["rowid", "_rowid_", "oid"].into_iter().find(|it| !taken(it))
}

/// What SQLite itself finds wrong.
pub fn damage(connection: &Connection) -> Vec<String> {
    let mut found: Vec<String> = query(connection, "PRAGMA integrity_check", &[], |row| row.get(0));
    let misread = misread(connection);
    found.retain(|it| {
        let is_about_type = it.starts_with("TEXT value in") || it.starts_with("non-");
        it != "ok" && !(is_about_type && misread.iter().any(|last| it.ends_with(last)))
    });
    let keys = query(connection, "PRAGMA foreign_key_check", &[], |row| {
        let (table, parent): (String, String) = (row.get(0)?, row.get(2)?);
        Ok(format!("a row of {table} references none of {parent}"))
    });
    found.extend(keys);
    found
}

/// What the check says of values that it does not look at: the column of these names, stored last in
/// its table, has the number that the column of the rowid has among all of them, virtual ones too.
fn misread(connection: &Connection) -> Vec<String> {
    let mut found = Vec::new();
    for table in tables(connection).iter().filter(|it| it.kind == "table") {
        let columns = columns(connection, &table.name);
        let sql = "SELECT count(*) FROM pragma_index_list(?1) WHERE origin = 'pk'";
        let n: i64 = connection.query_row(sql, [&table.name], |row| row.get(0)).unwrap();
        let key = columns.iter().position(|it| it.key > 0).filter(|_| n == 0);
        let stored = || columns.iter().filter(|it| it.hidden != 2);
        if let (Some(key), Some(last)) = (key, stored().next_back())
            && key + 1 == stored().count()
            && last.key == 0
        {
            found.push(format!(" value in {}.{}", table.name, last.name));
        }
    }
    found
}

/// Compiles every view, and every trigger by way of its table.
pub fn compile(connection: &Connection) -> Result<(), String> {
    let sql = "SELECT name, type FROM pragma_table_list
               WHERE schema = 'main' AND type IN ('table', 'view', 'virtual')
                 AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
    for (name, kind) in query(connection, sql, &[], |row| Ok((row.get(0)?, row.get(1)?))) {
        let (name, kind): (String, String) = (name, kind);
        let quoted = plain_name(&name);
        let mut probes = vec![format!("EXPLAIN SELECT * FROM {quoted}")];
        let sql = "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ?1
                   AND lower(sql) LIKE ?2";
        let has = |event: &str| -> bool {
            kind == "table"
                || connection.query_row(sql, [&name, event], |row| row.get(0)).unwrap_or(0_i64) > 0
        };
        if kind != "virtual" {
            let first = columns(connection, &name)
                .into_iter()
                .filter(|it| it.hidden == 0)
                .map(|it| format!("{0} = {0}", plain_name(&it.name)))
                .collect::<Vec<_>>();
            if has("%insert%") {
                probes.push(format!("EXPLAIN INSERT INTO {quoted} DEFAULT VALUES"));
            }
            if has("%update%") && !first.is_empty() {
                probes.push(format!("EXPLAIN UPDATE {quoted} SET {}", first.join(", ")));
            }
            if has("%delete%") {
                probes.push(format!("EXPLAIN DELETE FROM {quoted}"));
            }
        }
        for probe in probes {
            match connection.prepare(&probe) {
                Ok(_) => {}
                // A view has no such trigger; the word was in the body of another.
                Err(error)
                    if kind == "view" && error.to_string().contains("because it is a view") => {}
                Err(error) => return Err(format!("{probe}: {error}")),
            }
        }
    }
    Ok(())
}
