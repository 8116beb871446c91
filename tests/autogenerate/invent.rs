//! Invents schemas with everything that SQLite has, and pairs of them: the second is the first with
//! some changes, sometimes none, sometimes another schema altogether. A pair is a function of its
//! seed. Whatever SQLite refuses is taken back until it accepts it.

use std::collections::HashMap;

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use crate::model::{
    Check, Column, Conflict, Expr, ForeignKey, Id, Index, Key, KeyColumn, Module, Schema, Table,
    Trigger, View, Virtual, affinity, expr,
};
use crate::oracle;
use crate::print::{self, Printer};
use crate::rng::Rng;

/// Two schemas, and what is known of the way from one to the other.
#[derive(Debug, Clone)]
pub struct Pair {
    pub from: Vec<String>,
    pub to: Vec<String>,
    /// Whether the second is only another way of writing the first.
    pub is_reformatted: bool,
    /// Whether each statement of the second is to be a file of its own.
    pub is_scattered: bool,
    /// `--rename` and `--fill`, each with its value.
    pub arguments: Vec<String>,
    pub survivors: Vec<Survivor>,
}

/// A table that is in both schemas, with the columns that are in both.
#[derive(Debug, Clone)]
pub struct Survivor {
    pub from: String,
    pub to: String,
    pub columns: Vec<SurvivingColumn>,
}

#[derive(Debug, Clone)]
pub struct SurvivingColumn {
    pub from: String,
    pub to: String,
    /// Whether `--fill` may replace its NULLs.
    pub is_filled: bool,
}

const TABLES: &[&str] = &[
    "users",
    "posts",
    "tags",
    "profiles",
    "comments",
    "user_tags",
    "orders",
    "order",
    "group",
    "user data",
    "weird\"name",
    "naïve",
    "名前",
    "table",
    "x]y",
    "index",
    "a.b",
    "O'Brien",
    "-- no comment",
    "semi;colon",
    "back`tick",
    "Invoices",
    "key",
    "check",
    "t(1)",
    "view",
    "_",
];
const COLUMNS: &[&str] = &[
    "name",
    "email",
    "title",
    "body",
    "created_at",
    "updated_at",
    "is_active",
    "amount",
    "price",
    "kind",
    "status",
    "note",
    "position",
    "parent_id",
    "country",
    "FullName",
    "order",
    "group",
    "from",
    "select",
    "value",
    "key",
    "first name",
    "größe",
    "価格",
    "a\"b",
    "it's",
    "x]y",
    "back`tick",
    "check",
    "primary",
    "unique",
    "constraint",
    "foreign",
    "references",
    "generated",
    "stored",
    "default",
    "new",
    "old",
    "a.b",
    "oid",
    "c)",
    "as",
    "x--y",
];
const VIEW_COLUMNS: &[&str] = &["label", "total", "first", "select", "the name", "n", "größe"];
const CONSTRAINTS: &[&str] = &["valid", "uq_pair", "fk_parent", "check", "a name", "pk", "größe"];
const INDEXES: &[&str] = &["ix_name", "ix_lookup", "idx 1", "unique", "ix_größe", "by_key"];
const VIEWS: &[&str] = &["active_users", "recent", "totals", "select", "v w", "ansicht_ä"];
const TRIGGERS: &[&str] = &["tr_log", "on change", "update", "keep_count", "touch", "trä"];
const VIRTUALS: &[&str] = &["search", "posts_fts", "full text", "places", "match"];

const TYPES: &[&str] = &[
    "INTEGER",
    "INTEGER",
    "INT",
    "BIGINT",
    "UNSIGNED BIG INT",
    "TEXT",
    "TEXT",
    "TEXT",
    "VARCHAR(20)",
    "CHARACTER VARYING(255)",
    "CLOB",
    "BLOB",
    "REAL",
    "DOUBLE PRECISION",
    "FLOAT",
    "NUMERIC",
    "DECIMAL(10,2)",
    "DECIMAL(10, 2)",
    "BOOLEAN",
    "DATE",
    "DATETIME",
    "JSON",
    "",
    "STRING",
    "ANY",
    "POINT",
];
const STRICT_TYPES: &[&str] = &["INTEGER", "INT", "TEXT", "TEXT", "REAL", "BLOB", "ANY"];
const CONFLICTS: &[Conflict] = &[
    None,
    None,
    None,
    None,
    None,
    Some("REPLACE"),
    Some("IGNORE"),
    Some("FAIL"),
    Some("ROLLBACK"),
];
const ACTIONS: &[Option<&str>] =
    &[None, None, None, Some("CASCADE"), Some("SET NULL"), Some("RESTRICT"), Some("SET DEFAULT")];
const COLLATIONS: &[Option<&str>] = &[None, None, None, None, Some("NOCASE"), Some("RTRIM")];

/// The columns of a view, whether they are listed behind its name, and its body.
type Select = (Vec<(Id, String)>, bool, Expr);

struct Inventor {
    rng: Rng,
    last_id: Id,
}

/// The pair of a seed.
pub fn pair(seed: u64) -> Pair {
    let mut inventor = Inventor { rng: Rng::new(seed), last_id: 0 };
    let from = inventor.schema();
    let mut to = from.clone();
    let kind = inventor.rng.below(100);
    if kind < 10 {
        // Nothing changes.
    } else if kind < 15 {
        to = inventor.schema();
    } else {
        let n = match kind {
            15..50 => 1,
            50..85 => 2 + inventor.rng.below(3),
            _ => 5 + inventor.rng.below(11),
        };
        for _ in 0..n {
            inventor.change(&mut to);
        }
    }
    inventor.finish(&from, &to, kind < 10)
}

/// What SQLite says of a schema.
pub fn accept(statements: &[String]) -> Result<Connection, String> {
    let connection = Connection::open_in_memory().unwrap();
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false).unwrap();
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false).unwrap();
    connection.pragma_update(None, "foreign_keys", true).unwrap();
    for sql in statements {
        connection.execute_batch(sql).map_err(|it| format!("{sql}\n{it}"))?;
    }
    oracle::compile(&connection)?;
    Ok(connection)
}

impl Inventor {
    fn id(&mut self) -> Id {
        self.last_id += 1;
        self.last_id
    }

    /// One of the names, with a number behind it if it is taken.
    fn name(&mut self, pool: &[&str], taken: &[String]) -> String {
        let is_taken = |name: &str| taken.iter().any(|it| it.eq_ignore_ascii_case(name));
        for _ in 0..3 {
            // The first ones are plain; only plain names can be renamed and filled.
            let n_plain = if self.rng.chance(45) { pool.len().min(7) } else { pool.len() };
            let name = *self.rng.pick(&pool[..n_plain]);
            if !is_taken(name) {
                return name.to_owned();
            }
        }
        let name = *self.rng.pick(pool);
        let mut numbered = (2..1000).map(|n| format!("{name}_{n}"));
        numbered.find(|it| !is_taken(it)).unwrap()
    }

    fn constraint_name(&mut self) -> Option<String> {
        self.rng.chance(35).then(|| (*self.rng.pick(CONSTRAINTS)).to_owned())
    }

    fn schema(&mut self) -> Schema {
        let mut schema = Schema::default();
        for _ in 0..=self.rng.below(5) {
            self.try_change(&mut schema, Self::add_table);
        }
        for (n, add) in [
            (4, Self::add_index as fn(&mut Self, &mut Schema)),
            (2, Self::add_virtual),
            (3, Self::add_view),
            (4, Self::add_trigger),
        ] {
            for _ in 0..self.rng.below(n) {
                self.try_change(&mut schema, add);
            }
        }
        schema
    }

    /// Makes a change, and takes it back if SQLite does not accept what comes out.
    fn try_change(&mut self, schema: &mut Schema, change: fn(&mut Self, &mut Schema)) -> bool {
        let before = schema.clone();
        change(self, schema);
        schema.repair();
        let statements = Printer::new(0, false, HashMap::new()).print(schema);
        let is_accepted = accept(&statements).is_ok();
        if !is_accepted {
            *schema = before;
        }
        is_accepted
    }

    fn change(&mut self, schema: &mut Schema) {
        type Change = fn(&mut Inventor, &mut Schema);
        let changes: &[(usize, Change)] = &[
            (3, Self::add_table),
            (3, Self::drop_table),
            (3, Self::rename_table),
            (14, Self::add_column),
            (8, Self::drop_column),
            (5, Self::rename_column),
            (6, Self::change_type),
            (8, Self::change_not_null),
            (5, Self::change_default),
            (3, Self::change_collation),
            (5, Self::change_generated),
            (2, Self::reorder),
            (4, Self::change_primary_key),
            (4, Self::change_unique),
            (5, Self::change_check),
            (6, Self::change_foreign_key),
            (3, Self::change_options),
            (4, Self::add_index),
            (4, Self::change_index),
            (2, Self::add_view),
            (3, Self::change_view),
            (3, Self::add_trigger),
            (3, Self::change_trigger),
            (2, Self::add_virtual),
            (2, Self::change_virtual),
        ];
        let total: usize = changes.iter().map(|it| it.0).sum();
        for _ in 0..10 {
            let mut at = self.rng.below(total);
            let change = changes.iter().find(|(weight, _)| {
                let is_it = at < *weight;
                at = at.wrapping_sub(*weight);
                is_it
            });
            if self.try_change(schema, change.unwrap().1) {
                return;
            }
        }
    }

    // ------------------------------------------------------------------------------ tables

    fn add_table(&mut self, schema: &mut Schema) {
        let (id, name) = (self.id(), self.name(TABLES, &schema.object_names()));
        let is_strict = self.rng.chance(18);
        let mut table = Table {
            id,
            name,
            columns: Vec::new(),
            primary_key: None,
            is_autoincrement: false,
            uniques: Vec::new(),
            checks: Vec::new(),
            foreign_keys: Vec::new(),
            is_strict,
            is_without_rowid: false,
        };
        let key_kind = self.rng.below(100);
        if key_kind < 50 {
            let mut column = self.column(&table);
            column.name = String::from(*self.rng.pick(&["id", "id", "ID", "nr", "rowid"]));
            let others = ["INTEGER", "INTEGER", "INTEGER", "TEXT", "INT"];
            column.datatype = String::from(*self.rng.pick(&others));
            (column.default, column.collation) = (None, None);
            let id = column.id;
            table.columns.push(column);
            let is_descending = self.rng.chance(6);
            table.primary_key = Some(Key {
                name: if self.rng.chance(20) { self.constraint_name() } else { None },
                columns: vec![KeyColumn { id, collation: None, is_descending }],
                conflict: if self.rng.chance(10) { *self.rng.pick(CONFLICTS) } else { None },
                must_be_inline: is_descending,
            });
            table.is_autoincrement = table.rowid_column().is_some() && self.rng.chance(35);
        }
        for _ in 0..=self.rng.below(6) {
            let column = self.column(&table);
            table.columns.push(column);
        }
        if (50..75).contains(&key_kind) {
            let n = 1 + self.rng.below(3);
            table.primary_key = Some(self.key(&table, n));
        }
        if table.primary_key.is_some() && !table.is_autoincrement {
            table.is_without_rowid = self.rng.chance(15);
        }
        if self.rng.chance(25) {
            let n = 1 + self.rng.below(2);
            let key = self.key(&table, n);
            table.uniques.push(key);
        }
        for _ in 0..self.rng.below(3) {
            let check = self.check(&table);
            table.checks.push(check);
        }
        if self.rng.chance(20) {
            let column = self.generated(&table);
            table.columns.push(column);
        }
        let id = table.id;
        schema.tables.push(table);
        for _ in 0..self.rng.below(3) {
            self.add_foreign_key(schema, id);
        }
    }

    fn column(&mut self, table: &Table) -> Column {
        let taken: Vec<String> = table.columns.iter().map(|it| it.name.clone()).collect();
        let name = self.name(COLUMNS, &taken);
        let datatype = *self.rng.pick(if table.is_strict { STRICT_TYPES } else { TYPES });
        Column {
            id: self.id(),
            name,
            datatype: datatype.to_owned(),
            not_null: self.rng.chance(25).then(|| *self.rng.pick(CONFLICTS)),
            default: self.rng.chance(35).then(|| self.default_for(datatype)),
            collation: if affinity(datatype, false) == "TEXT" {
                *self.rng.pick(COLLATIONS)
            } else {
                None
            },
            generated: None,
        }
    }

    fn default_for(&mut self, datatype: &str) -> String {
        let of: &[&str] = match affinity(datatype, false) {
            "INTEGER" => &["0", "1", "-1", "42", "(1 + 2)", "0x1F", "(abs(-5))", "NULL"],
            "REAL" => &["0.5", "1e3", "-2.25", "0", "(1.5 * 2)"],
            "TEXT" => &[
                "''",
                "'it''s'",
                "'draft'",
                "'ünï ♥'",
                "CURRENT_TIMESTAMP",
                "(datetime('now'))",
                "(lower('ABC') || 'd')",
                "'a;b -- c'",
                "NULL",
                "'012'",
            ],
            "BLOB" => &["X'00ff'", "x''", "(zeroblob(3))", "NULL"],
            _ => {
                &["0", "TRUE", "false", "'text'", "CURRENT_DATE", "(json('{}'))", "1.50", "(NULL)"]
            }
        };
        (*self.rng.pick(of)).to_owned()
    }

    /// A generated column. Its expression fails for no value.
    fn generated(&mut self, table: &Table) -> Column {
        let mut column = self.column(table);
        if table.is_strict {
            "ANY".clone_into(&mut column.datatype);
        }
        (column.default, column.not_null) = (None, None);
        let names: Vec<Id> = table.columns.iter().map(|it| it.id).collect();
        column.generated = Some((self.generated_expression(&names), self.rng.chance(40)));
        column
    }

    fn generated_expression(&mut self, of: &[Id]) -> Expr {
        let (a, b) = (*self.rng.pick(of), *self.rng.pick(of));
        let (text, n) = *self.rng.pick(&[
            ("{} || '-' || {}", 2),
            ("length({})", 1),
            ("coalesce({}, 0) + 1", 1),
            ("upper({})", 1),
            ("CASE WHEN {} IS NULL THEN 'no''ne' ELSE typeof({}) END", 2),
            ("substr({}, 1, 3)", 1),
            ("{} IS NOT {}", 2),
            ("CAST({} AS TEXT)", 1),
        ]);
        expr(text, &[a, b][..n])
    }

    fn key(&mut self, table: &Table, n: usize) -> Key {
        let ids = self.rng.some(&table.plain(), n);
        let column = |rng: &mut Rng, id| KeyColumn {
            id,
            collation: if rng.chance(6) { Some("NOCASE") } else { None },
            is_descending: rng.chance(8),
        };
        Key {
            name: self.constraint_name(),
            columns: ids.into_iter().map(|it| column(&mut self.rng, it)).collect(),
            conflict: *self.rng.pick(CONFLICTS),
            must_be_inline: false,
        }
    }

    fn check(&mut self, table: &Table) -> Check {
        let first = self.rng.pick(&table.columns).clone();
        let second = self.rng.pick(&table.columns).id;
        let of: &[(&str, usize)] = match first.affinity(table.is_strict) {
            "INTEGER" | "REAL" | "NUMERIC" => &[
                ("{} >= 0", 1),
                ("{} <> 13", 1),
                ("{} IN (0, 1, 2)", 1),
                ("{} BETWEEN -1000 AND 1e6", 1),
                ("{} > 0 AND {} < 100000", 2),
            ],
            _ => &[
                ("length({}) > 0", 1),
                ("{} <> ''", 1),
                ("{} IN ('draft', 'published', 'it''s')", 1),
                ("{} = lower({})", 2),
                ("{} LIKE '%a%' OR {} IS NULL", 2),
                ("instr({}, ';') = 0", 1),
                ("{} GLOB '[a-z]*'", 1),
                ("CASE WHEN {} IS NULL THEN 1 ELSE {} = {} END", 3),
            ],
        };
        let id = first.id;
        let expression = if self.rng.chance(20) {
            let (text, n) = *self.rng.pick(&[
                ("{} IS NOT {}", 2),
                ("{} IS NULL OR {} IS NOT NULL", 2),
                ("coalesce({}, {}) IS NOT NULL", 2),
                ("{} IS NOT NULL", 1),
            ]);
            expr(text, &[id, second][..n])
        } else {
            let (text, n) = *self.rng.pick(of);
            expr(text, &[id, id, id][..n])
        };
        Check { name: self.constraint_name(), expression }
    }

    fn add_foreign_key(&mut self, schema: &mut Schema, child: Id) {
        let mut keys = Vec::new();
        for table in &schema.tables {
            keys.extend(table.candidate_keys().into_iter().map(|it| (table.id, it)));
        }
        let Some((parent, parent_columns)) = self.rng.maybe_pick(&keys) else { return };
        let first = schema.table(parent).unwrap().column(parent_columns[0]).unwrap();
        let datatype = first.datatype.clone();
        let table = schema.tables.iter_mut().find(|it| it.id == child).unwrap();
        let columns = if parent_columns.len() == 1 && self.rng.chance(70) {
            let mut column = self.column(table);
            if !table.is_strict || STRICT_TYPES.contains(&&*datatype) {
                column.datatype = datatype;
            }
            (column.not_null, column.default) = (None, None);
            let id = column.id;
            table.columns.push(column);
            vec![id]
        } else {
            let columns = self.rng.some(&table.plain(), parent_columns.len());
            if columns.len() < parent_columns.len() {
                return;
            }
            columns
        };
        let key = ForeignKey {
            name: self.constraint_name(),
            columns,
            parent,
            parent_columns,
            on_delete: *self.rng.pick(ACTIONS),
            on_update: *self.rng.pick(ACTIONS),
            match_name: if self.rng.chance(8) { Some("FULL") } else { None },
            is_deferred: self.rng.chance(25),
        };
        table.foreign_keys.push(key);
    }

    // ----------------------------------------------------------------------- other objects

    fn add_index(&mut self, schema: &mut Schema) {
        let name = self.name(INDEXES, &schema.object_names());
        let Some(table) = self.rng.maybe_pick(&schema.tables) else { return };
        let index = self.index(&table, name);
        schema.indexes.push(index);
    }

    fn index(&mut self, table: &Table, name: String) -> Index {
        let mut columns = Vec::new();
        let ids: Vec<Id> = table.columns.iter().map(|it| it.id).collect();
        let n = 1 + self.rng.below(3);
        for id in self.rng.some(&ids, n) {
            let text = *self.rng.pick(&[
                "{}",
                "{}",
                "{}",
                "{}",
                "{}",
                "lower({})",
                "coalesce({}, '')",
                "length({}) + 1",
                "substr({}, 1, 2) || 'x'",
            ]);
            let collation = if self.rng.chance(10) { Some("NOCASE") } else { None };
            columns.push((expr(text, &[id]), collation, self.rng.chance(15)));
        }
        let condition = self.rng.chance(25).then(|| {
            let id = *self.rng.pick(&ids);
            let text = *self.rng.pick(&[
                "{} IS NOT NULL",
                "{} > 0",
                "{} = 'it''s'",
                "{} <> '' AND typeof({}) = 'text'",
            ]);
            expr(text, &[id, id][..text.matches("{}").count()])
        });
        Index { name, table: table.id, is_unique: self.rng.chance(20), columns, condition }
    }

    fn add_virtual(&mut self, schema: &mut Schema) {
        let (id, name) = (self.id(), self.name(VIRTUALS, &schema.object_names()));
        let Some(module) = self.module(schema) else { return };
        let content = if let Module::Fts5Content { table, columns, rowid } = &module {
            Some((*table, columns.clone(), *rowid))
        } else {
            None
        };
        schema.virtuals.push(Virtual { id, name, module });
        if let Some((table, columns, rowid)) = content
            && self.rng.chance(60)
        {
            self.add_sync_triggers(schema, id, table, &columns, rowid);
        }
    }

    fn module(&mut self, schema: &Schema) -> Option<Module> {
        let own = |inventor: &mut Self, pool: &[&str], n: usize| {
            let mut columns: Vec<(Id, String)> = Vec::new();
            for _ in 0..n {
                let taken: Vec<String> = columns.iter().map(|it| it.1.clone()).collect();
                let column = (inventor.id(), inventor.name(pool, &taken));
                columns.push(column);
            }
            columns
        };
        Some(match self.rng.below(10) {
            0..3 => {
                let n = 1 + self.rng.below(3);
                let options = *self.rng.pick(&[
                    "",
                    "",
                    ", tokenize = 'porter unicode61'",
                    ", prefix='2 3'",
                    ", detail=column",
                ]);
                Module::Fts5 {
                    columns: own(self, &["title", "body", "first name", "größe"], n),
                    options,
                }
            }
            3..5 => {
                let mut columns = own(self, &["id"], 1);
                for name in ["min_x", "max_x", "min y", "max y"] {
                    columns.push((self.id(), name.to_owned()));
                }
                columns.truncate(*self.rng.pick(&[3, 5]));
                Module::Rtree { columns }
            }
            _ => {
                let with_rowid: Vec<Table> =
                    schema.tables.iter().filter(|it| !it.is_without_rowid).cloned().collect();
                let table = self.rng.maybe_pick(&with_rowid)?;
                let fits = |it: &&Column| {
                    it.affinity(false) == "TEXT"
                        && !["rank", "rowid"].contains(&&*it.name.to_ascii_lowercase())
                };
                let columns: Vec<Id> = table.columns.iter().filter(fits).map(|it| it.id).collect();
                if columns.is_empty() {
                    return None;
                }
                let n = 1 + self.rng.below(2);
                let columns = self.rng.some(&columns, n);
                let rowid = table.rowid_column();
                Module::Fts5Content { table: table.id, columns, rowid }
            }
        })
    }

    /// What keeps a full-text index up to date, as its documentation writes it.
    fn add_sync_triggers(
        &mut self,
        schema: &mut Schema,
        fts: Id,
        table: Id,
        columns: &[Id],
        rowid: Option<Id>,
    ) {
        let list = vec!["{}"; columns.len()].join(", ");
        let row = if rowid.is_some() { "{}" } else { "rowid" };
        let values = |which: &str| {
            columns.iter().map(|_| format!("{which}.{{}}")).collect::<Vec<_>>().join(", ")
        };
        let insert =
            format!("INSERT INTO {{}} (rowid, {list}) VALUES (new.{row}, {})", values("new"));
        let mut insert_ids = vec![fts];
        insert_ids.extend(columns);
        insert_ids.extend(rowid);
        insert_ids.extend(columns);
        let delete = format!(
            "INSERT INTO {{}} ({{}}, rowid, {list}) VALUES ('delete', old.{row}, {})",
            values("old")
        );
        let mut delete_ids = vec![fts];
        delete_ids.extend(&insert_ids);
        for (event, body) in [
            ("INSERT", vec![expr(&insert, &insert_ids)]),
            ("DELETE", vec![expr(&delete, &delete_ids)]),
            ("UPDATE", vec![expr(&delete, &delete_ids), expr(&insert, &insert_ids)]),
        ] {
            let taken: Vec<String> = schema.triggers.iter().map(|it| it.name.clone()).collect();
            let name = self.name(TRIGGERS, &taken);
            let event = expr(event, &[]);
            schema.triggers.push(Trigger {
                name,
                on: table,
                timing: "AFTER",
                event,
                condition: None,
                body,
            });
        }
    }

    fn add_view(&mut self, schema: &mut Schema) {
        let (id, name) = (self.id(), self.name(VIEWS, &schema.object_names()));
        if let Some((columns, has_list, body)) = self.select(schema) {
            schema.views.push(View { id, name, columns, has_list, body });
        }
    }

    /// Things with columns that a `SELECT` can read.
    fn readable(schema: &Schema) -> Vec<(Id, Vec<Id>)> {
        let tables = schema
            .tables
            .iter()
            .map(|it| (it.id, it.columns.iter().map(|it| it.id).collect::<Vec<_>>()));
        let views =
            schema.views.iter().map(|it| (it.id, it.columns.iter().map(|it| it.0).collect()));
        tables.chain(views).filter(|it| !it.1.is_empty()).collect()
    }

    fn select(&mut self, schema: &Schema) -> Option<Select> {
        let sources = Self::readable(schema);
        let (source, of) = self.rng.maybe_pick(&sources)?;
        let a = *self.rng.pick(&of);
        let b = *self.rng.pick(&of);
        let mut names = Vec::new();
        let column = |inventor: &mut Self, names: &mut Vec<(Id, String)>| {
            let taken: Vec<String> = names.iter().map(|it| it.1.clone()).collect();
            let column = (inventor.id(), inventor.name(VIEW_COLUMNS, &taken));
            names.push(column.clone());
            column.0
        };
        let kind = self.rng.below(10);
        if kind == 0 {
            return Some((names, false, expr("SELECT * FROM {}", &[source])));
        }
        let (one, two) = (column(self, &mut names), column(self, &mut names));
        // A column of a view is defined by its alias, so its name can be printed there.
        let (text, ids) = match kind {
            1..4 => (
                "SELECT {} AS {}, {} AS {} FROM {} WHERE {} IS NOT NULL",
                vec![a, one, b, two, source, a],
            ),
            4 => (
                "SELECT {} AS {}, count(*) AS {} FROM {} GROUP BY {} HAVING count(*) > 0 ORDER BY 2 DESC",
                vec![a, one, two, source, a],
            ),
            5..7 => {
                let (other, columns) = self.rng.maybe_pick(&sources)?;
                let c = *self.rng.pick(&columns);
                (
                    "SELECT p.{} AS {}, q.{} AS {} FROM {} AS p LEFT JOIN {} q ON q.{} = p.{}",
                    vec![a, one, c, two, source, other, c, a],
                )
            }
            7 => (
                "SELECT {} AS {}, 'it''s; a' AS {} FROM {} UNION ALL SELECT {}, NULL FROM {}",
                vec![a, one, two, source, b, source],
            ),
            8 => (
                "WITH w AS (SELECT {} AS one FROM {}) SELECT one AS {}, (SELECT max({}) FROM {}) AS {} FROM w",
                vec![a, source, one, b, source, two],
            ),
            _ => {
                let body = expr("SELECT {}, upper({}) FROM {}", &[a, b, source]);
                return Some((names, true, body));
            }
        };
        Some((names, false, expr(text, &ids)))
    }

    fn add_trigger(&mut self, schema: &mut Schema) {
        let taken: Vec<String> = schema.triggers.iter().map(|it| it.name.clone()).collect();
        let name = self.name(TRIGGERS, &taken);
        let trigger = if self.rng.chance(25) {
            self.view_trigger(schema, name)
        } else {
            self.table_trigger(schema, name)
        };
        schema.triggers.extend(trigger);
    }

    fn view_trigger(&mut self, schema: &Schema, name: String) -> Option<Trigger> {
        let usable: Vec<View> =
            schema.views.iter().filter(|it| !it.columns.is_empty()).cloned().collect();
        let view = self.rng.maybe_pick(&usable)?;
        let target = self.rng.maybe_pick(&schema.tables)?;
        let column = *self.rng.pick(&target.plain());
        let seen = self.rng.pick(&view.columns).0;
        let (event, text) = *self.rng.pick(&[
            ("INSERT", "INSERT OR IGNORE INTO {} ({}) VALUES (NEW.{})"),
            ("UPDATE", "UPDATE {} SET {} = NEW.{}"),
            ("DELETE", "DELETE FROM {} WHERE {} = OLD.{}"),
        ]);
        Some(Trigger {
            name,
            on: view.id,
            timing: "INSTEAD OF",
            event: expr(event, &[]),
            condition: None,
            body: vec![expr(text, &[target.id, column, seen])],
        })
    }

    fn table_trigger(&mut self, schema: &Schema, name: String) -> Option<Trigger> {
        let table = self.rng.maybe_pick(&schema.tables)?;
        let target = self.rng.maybe_pick(&schema.tables)?;
        let own = self.rng.pick(&table.columns).id;
        let plain = table.plain();
        let event = *self.rng.pick(&["INSERT", "UPDATE", "UPDATE OF", "DELETE"]);
        let row = if event == "DELETE" { "OLD" } else { "NEW" };
        let mut body = Vec::new();
        for _ in 0..=self.rng.below(2) {
            let other = *self.rng.pick(&target.plain());
            let statement = match self.rng.below(6) {
                0 | 1 => expr(
                    &format!("INSERT OR IGNORE INTO {{}} ({{}}) VALUES ({row}.{{}})"),
                    &[target.id, other, own],
                ),
                2 => expr(
                    &format!(
                        "UPDATE OR IGNORE {{}} SET {{}} = {row}.{{}} WHERE {{}} = 'it''s; END'"
                    ),
                    &[target.id, other, own, other],
                ),
                3 => expr(
                    &format!("DELETE FROM {{}} WHERE {{}} = {row}.{{}} AND 1 = 0"),
                    &[target.id, other, own],
                ),
                4 => expr(
                    &format!("SELECT RAISE(ABORT, 'no; not this') WHERE {row}.{{}} = 'forbidden'"),
                    &[own],
                ),
                _ => expr(
                    &format!(
                        "SELECT CASE WHEN {row}.{{}} IS NULL THEN RAISE(IGNORE) ELSE 1 END FROM {{}} WHERE 0"
                    ),
                    &[own, target.id],
                ),
            };
            body.push(statement);
        }
        let event = if event == "UPDATE OF" {
            expr("UPDATE OF {}", &[*self.rng.pick(&plain)])
        } else {
            expr(event, &[])
        };
        let condition =
            self.rng.chance(30).then(|| expr(&format!("{row}.{{}} IS NOT 'x'"), &[own]));
        let timing = *self.rng.pick(&["BEFORE", "AFTER", "AFTER"]);
        Some(Trigger { name, on: table.id, timing, event, condition, body })
    }

    // ----------------------------------------------------------------------------- changes

    /// A table to change.
    fn any_table<'a>(&mut self, schema: &'a mut Schema) -> Option<&'a mut Table> {
        if schema.tables.is_empty() {
            return None;
        }
        let at = self.rng.below(schema.tables.len());
        Some(&mut schema.tables[at])
    }

    fn drop_table(&mut self, schema: &mut Schema) {
        if let Some(table) = self.any_table(schema) {
            let id = table.id;
            schema.tables.retain(|it| it.id != id);
        }
    }

    fn rename_table(&mut self, schema: &mut Schema) {
        let taken = schema.object_names();
        let name = self.name(&["people", "articles", "labels", "Über", "new table"], &taken);
        if let Some(table) = self.any_table(schema) {
            table.name = name;
        }
    }

    fn add_column(&mut self, schema: &mut Schema) {
        let kind = self.rng.below(10);
        let Some(table) = self.any_table(schema) else { return };
        if kind < 2 {
            let id = table.id;
            self.add_foreign_key(schema, id);
            return;
        }
        let mut column = if kind == 2 { self.generated(table) } else { self.column(table) };
        let id = column.id;
        if matches!(kind, 3 | 6 | 7) {
            // A new NOT NULL column that says nothing of the rows that are there.
            (column.not_null, column.default) = (Some(None), None);
        }
        let at = if self.rng.chance(70) {
            table.columns.len()
        } else {
            self.rng.below(table.columns.len() + 1)
        };
        table.columns.insert(at, column);
        if kind == 4 {
            let mut key = self.key(table, 1);
            key.columns[0].id = id;
            table.uniques.push(key);
        }
        if kind == 5 {
            let check =
                Check { name: self.constraint_name(), expression: expr("{} <> 'no'", &[id]) };
            table.checks.push(check);
        }
    }

    fn drop_column(&mut self, schema: &mut Schema) {
        let Some(table) = self.any_table(schema) else { return };
        let at = self.rng.below(table.columns.len());
        table.columns.remove(at);
    }

    fn any_column<'a>(&mut self, table: &'a mut Table) -> &'a mut Column {
        let at = self.rng.below(table.columns.len());
        &mut table.columns[at]
    }

    fn rename_column(&mut self, schema: &mut Schema) {
        let Some(table) = self.any_table(schema) else { return };
        let taken: Vec<String> = table.columns.iter().map(|it| it.name.clone()).collect();
        let name = self.name(&["full_name", "label", "Betrag", "größe 2", "set"], &taken);
        let column = self.any_column(table);
        // SQLite refuses to rename these.
        if !["rowid", "oid", "_rowid_"].iter().any(|it| column.name.eq_ignore_ascii_case(it)) {
            column.name = name;
        }
    }

    fn change_type(&mut self, schema: &mut Schema) {
        let Some(table) = self.any_table(schema) else { return };
        let pool = if table.is_strict { STRICT_TYPES } else { TYPES };
        let datatype = (*self.rng.pick(pool)).to_owned();
        self.any_column(table).datatype = datatype;
    }

    fn change_not_null(&mut self, schema: &mut Schema) {
        let Some(table) = self.any_table(schema) else { return };
        let conflict = *self.rng.pick(CONFLICTS);
        let column = self.any_column(table);
        column.not_null = match column.not_null {
            None => Some(conflict),
            Some(old) if old != conflict => Some(conflict),
            Some(_) => None,
        };
    }

    fn change_default(&mut self, schema: &mut Schema) {
        let keep = self.rng.chance(70);
        let Some(table) = self.any_table(schema) else { return };
        let at = self.rng.below(table.columns.len());
        let datatype = table.columns[at].datatype.clone();
        table.columns[at].default = keep.then(|| self.default_for(&datatype));
    }

    fn change_collation(&mut self, schema: &mut Schema) {
        let collation = *self.rng.pick(&[None, Some("NOCASE"), Some("RTRIM")]);
        let Some(table) = self.any_table(schema) else { return };
        self.any_column(table).collation = collation;
    }

    fn change_generated(&mut self, schema: &mut Schema) {
        let kind = self.rng.below(4);
        let Some(table) = self.any_table(schema) else { return };
        let at = self.rng.below(table.columns.len());
        // The first generated one, if there is one: most columns are not.
        let at = table.columns.iter().position(|it| it.generated.is_some()).unwrap_or(at);
        let others: Vec<Id> = table
            .columns
            .iter()
            .enumerate()
            .filter(|(n, it)| *n != at && it.generated.is_none())
            .map(|(_, it)| it.id)
            .collect();
        if others.is_empty() {
            return;
        }
        let expression = self.generated_expression(&others);
        let column = &mut table.columns[at];
        column.generated = match (column.generated.take(), kind) {
            (Some(_), 0) => None,
            (Some((old, is_stored)), 1) => Some((old, !is_stored)),
            (Some((_, is_stored)), _) => Some((expression, is_stored)),
            (None, _) => {
                column.default = None;
                Some((expression, kind.is_multiple_of(2)))
            }
        };
    }

    fn reorder(&mut self, schema: &mut Schema) {
        let mut rng = self.rng.clone();
        if let Some(table) = self.any_table(schema) {
            rng.shuffle(&mut table.columns);
        }
        self.rng = rng;
        self.rng.next();
    }

    fn change_primary_key(&mut self, schema: &mut Schema) {
        let kind = self.rng.below(6);
        let Some(table) = self.any_table(schema) else { return };
        let n = 1 + self.rng.below(2);
        match kind {
            0 => table.primary_key = None,
            1 if table.primary_key.is_some() => {
                let name = self.constraint_name();
                table.primary_key.as_mut().unwrap().name = name;
            }
            2 => table.is_autoincrement = !table.is_autoincrement,
            3 if table.primary_key.is_some() => {
                let key = table.primary_key.as_mut().unwrap();
                key.conflict = *self.rng.pick(CONFLICTS);
            }
            _ => {
                table.is_autoincrement = false;
                table.primary_key = Some(self.key(table, n));
            }
        }
    }

    fn change_unique(&mut self, schema: &mut Schema) {
        let kind = self.rng.below(4);
        let Some(table) = self.any_table(schema) else { return };
        let n = 1 + self.rng.below(2);
        let at = self.rng.maybe_pick(&(0..table.uniques.len()).collect::<Vec<_>>());
        match (at, kind) {
            (Some(at), 0) => {
                table.uniques.remove(at);
            }
            (Some(at), 1) => table.uniques[at].conflict = *self.rng.pick(CONFLICTS),
            (Some(at), 2) => table.uniques[at].name = self.constraint_name(),
            _ => {
                let key = self.key(table, n);
                table.uniques.push(key);
            }
        }
    }

    fn change_check(&mut self, schema: &mut Schema) {
        let kind = self.rng.below(4);
        let Some(table) = self.any_table(schema) else { return };
        let at = self.rng.maybe_pick(&(0..table.checks.len()).collect::<Vec<_>>());
        let new = self.check(table);
        match (at, kind) {
            (Some(at), 0) => {
                table.checks.remove(at);
            }
            (Some(at), 1) => table.checks[at].expression = new.expression,
            (Some(at), 2) => table.checks[at].name = new.name,
            _ => table.checks.push(new),
        }
    }

    fn change_foreign_key(&mut self, schema: &mut Schema) {
        let kind = self.rng.below(7);
        let Some(table) = self.any_table(schema) else { return };
        let id = table.id;
        let Some(at) = self.rng.maybe_pick(&(0..table.foreign_keys.len()).collect::<Vec<_>>())
        else {
            return self.add_foreign_key(schema, id);
        };
        let key = &mut table.foreign_keys[at];
        match kind {
            0 => {
                table.foreign_keys.remove(at);
            }
            1 => key.on_delete = *self.rng.pick(ACTIONS),
            2 => key.on_update = *self.rng.pick(ACTIONS),
            3 => key.is_deferred = !key.is_deferred,
            4 => key.name = self.constraint_name(),
            5 => key.match_name = if key.match_name.is_none() { Some("FULL") } else { None },
            _ => self.add_foreign_key(schema, id),
        }
    }

    fn change_options(&mut self, schema: &mut Schema) {
        let kind = self.rng.below(2);
        let Some(table) = self.any_table(schema) else { return };
        if kind == 0 {
            table.is_without_rowid = !table.is_without_rowid && table.primary_key.is_some();
            if table.is_without_rowid {
                table.is_autoincrement = false;
            }
        } else {
            table.is_strict = !table.is_strict;
            for column in &mut table.columns {
                if table.is_strict && !STRICT_TYPES.contains(&&*column.datatype) {
                    column.datatype = match column.affinity(false) {
                        "NUMERIC" => "ANY".to_owned(),
                        other => other.to_owned(),
                    };
                }
            }
        }
    }

    fn change_index(&mut self, schema: &mut Schema) {
        if schema.indexes.is_empty() {
            return self.add_index(schema);
        }
        let at = self.rng.below(schema.indexes.len());
        let old = schema.indexes[at].clone();
        let new = self.index(&schema.table(old.table).unwrap().clone(), old.name.clone());
        let name = self.name(INDEXES, &schema.object_names());
        let index = &mut schema.indexes[at];
        match self.rng.below(6) {
            0 => {
                schema.indexes.remove(at);
            }
            1 => index.is_unique = !index.is_unique,
            2 => index.condition = new.condition,
            3 => index.columns[0].2 = !index.columns[0].2,
            4 => index.name = name,
            _ => *index = new,
        }
    }

    fn change_view(&mut self, schema: &mut Schema) {
        if schema.views.is_empty() {
            return self.add_view(schema);
        }
        let at = self.rng.below(schema.views.len());
        match self.rng.below(3) {
            0 => {
                schema.views.remove(at);
            }
            1 => {
                // Those before it only: a view cannot read itself.
                let mut others = schema.clone();
                others.views.truncate(at);
                if let Some((columns, has_list, body)) = self.select(&others) {
                    // Other objects name its columns, so they stay who they are.
                    let view = &mut schema.views[at];
                    if columns.len() == view.columns.len() && has_list == view.has_list {
                        let ids: HashMap<Id, Id> =
                            columns.iter().zip(&view.columns).map(|(a, b)| (a.0, b.0)).collect();
                        view.body = body
                            .into_iter()
                            .map(|it| match it {
                                crate::model::Part::Name(id) => {
                                    crate::model::Part::Name(*ids.get(&id).unwrap_or(&id))
                                }
                                sql @ crate::model::Part::Sql(_) => sql,
                            })
                            .collect();
                    } else {
                        (view.columns, view.has_list, view.body) = (columns, has_list, body);
                    }
                }
            }
            _ => {
                let name = self.name(VIEWS, &schema.object_names());
                schema.views[at].name = name;
            }
        }
    }

    fn change_trigger(&mut self, schema: &mut Schema) {
        if schema.triggers.is_empty() {
            return self.add_trigger(schema);
        }
        let at = self.rng.below(schema.triggers.len());
        let name = schema.triggers[at].name.clone();
        let kind = self.rng.below(10);
        if kind < 3 {
            schema.triggers.remove(at);
        } else if kind < 5 {
            let timing = &mut schema.triggers[at].timing;
            *timing = match *timing {
                "BEFORE" => "AFTER",
                "AFTER" => "BEFORE",
                other => other,
            };
        } else if let Some(new) = self.table_trigger(schema, name) {
            schema.triggers[at] = new;
        }
    }

    fn change_virtual(&mut self, schema: &mut Schema) {
        if schema.virtuals.is_empty() {
            return self.add_virtual(schema);
        }
        let at = self.rng.below(schema.virtuals.len());
        if self.rng.chance(40) {
            schema.virtuals.remove(at);
        } else if let Some(module) = self.module(schema) {
            schema.virtuals[at].module = module;
        }
    }

    // --------------------------------------------------------------------------- the pair

    fn finish(&mut self, from: &Schema, to: &Schema, is_reformatted: bool) -> Pair {
        let mut arguments = Vec::new();
        let mut hints = HashMap::new();
        let is_wild_from = self.rng.chance(40);
        let is_wild_to = if is_reformatted { self.rng.chance(85) } else { self.rng.chance(40) };
        let mut survivors = Vec::new();
        let mut renamed_to: HashMap<Id, String> = HashMap::new();
        for table in &from.tables {
            if let Some(new) = to.table(table.id).filter(|it| it.name != table.name) {
                let is_free =
                    free(&to.object_names(), &table.name) && free(&from.object_names(), &new.name);
                if is_free && self.is_said(&table.name, &new.name) {
                    self.say(
                        &mut arguments,
                        &mut hints,
                        !is_wild_to,
                        "",
                        new.id,
                        &table.name,
                        &new.name,
                    );
                    renamed_to.insert(table.id, new.name.clone());
                }
            }
        }
        for table in &from.tables {
            let new = match renamed_to.get(&table.id) {
                Some(_) => to.table(table.id),
                None => to.tables.iter().find(|it| {
                    it.name.eq_ignore_ascii_case(&table.name) && !renamed_to.contains_key(&it.id)
                }),
            };
            let Some(new) = new else { continue };
            let columns = self.surviving_columns(
                table,
                new,
                renamed_to.contains_key(&table.id),
                !is_wild_to,
                &mut arguments,
                &mut hints,
            );
            survivors.push(Survivor { from: table.name.clone(), to: new.name.clone(), columns });
        }
        let (one, two) = (self.rng.next(), self.rng.next());
        let from = Printer::new(one, is_wild_from, HashMap::new()).print(from);
        let mut to = Printer::new(two, is_wild_to, hints).print(to);
        let is_scattered = self.rng.chance(20);
        if is_scattered {
            self.rng.shuffle(&mut to);
        }
        Pair { from, to, is_reformatted, is_scattered, arguments, survivors }
    }

    /// Whether a rename is one that can be said, and is.
    fn is_said(&mut self, old: &str, new: &str) -> bool {
        let is_plain = |it: &str| it.is_ascii() && print::is_simple(it);
        is_plain(old) && is_plain(new) && self.rng.chance(80)
    }

    #[expect(clippy::too_many_arguments, reason = "two ways of saying it, and what is said")]
    fn say(
        &mut self,
        arguments: &mut Vec<String>,
        hints: &mut HashMap<Id, String>,
        can_hint: bool,
        table: &str,
        id: Id,
        old: &str,
        new: &str,
    ) {
        if can_hint && self.rng.chance(30) {
            hints.insert(id, old.to_owned());
        } else {
            arguments.extend(["--rename".to_owned(), format!("{table}{old}={new}")]);
        }
    }

    fn surviving_columns(
        &mut self,
        table: &Table,
        new: &Table,
        is_renamed: bool,
        can_hint: bool,
        arguments: &mut Vec<String>,
        hints: &mut HashMap<Id, String>,
    ) -> Vec<SurvivingColumn> {
        let names = |of: &Table| of.columns.iter().map(|it| it.name.clone()).collect::<Vec<_>>();
        let mut columns: Vec<SurvivingColumn> = Vec::new();
        let is_plain = |it: &str| it.is_ascii() && print::is_simple(it);
        for column in &new.columns {
            let same = |it: &&Column| it.name.eq_ignore_ascii_case(&column.name);
            let mut old = table.columns.iter().find(same);
            if old.is_none()
                && !is_renamed
                && is_plain(&table.name)
                && let Some(before) = table.column(column.id)
                && free(&names(new), &before.name)
                && self.is_said(&before.name, &column.name)
            {
                let prefix = format!("{}.", table.name);
                self.say(
                    arguments,
                    hints,
                    can_hint,
                    &prefix,
                    column.id,
                    &before.name,
                    &column.name,
                );
                old = Some(before);
            }
            let needs_value = column.not_null.is_some()
                && column.generated.is_none()
                && column.default.is_none()
                && old.is_none_or(|it| it.not_null.is_none());
            // Not by the dice, which would make other pairs of all seeds.
            let may_have_one =
                old.is_none() && column.generated.is_none() && column.id.is_multiple_of(3);
            let mut is_filled = false;
            if (needs_value || may_have_one)
                && !is_renamed
                && is_plain(&table.name)
                && is_plain(&column.name)
                && !new.constrains(column.id)
                && (!needs_value || self.rng.chance(80))
            {
                let value = match column.affinity(new.is_strict) {
                    "INTEGER" => "7",
                    "REAL" => "0.5",
                    "BLOB" => "X'01'",
                    _ => "'it''s'",
                };
                is_filled = true;
                arguments.extend([
                    "--fill".to_owned(),
                    format!("{}.{}={value}", table.name, column.name),
                ]);
            }
            // What a generated column holds is not the user's.
            if let Some(old) = old.filter(|it| it.generated.is_none())
                && column.generated.is_none()
                && old.affinity(table.is_strict) == column.affinity(new.is_strict)
            {
                let (from, to) = (old.name.clone(), column.name.clone());
                columns.push(SurvivingColumn { from, to, is_filled });
            }
        }
        columns
    }
}

fn free(names: &[String], name: &str) -> bool {
    !names.iter().any(|it| it.eq_ignore_ascii_case(name))
}
