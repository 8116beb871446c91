//! A schema as text: plainly, or in one of the many ways of writing the same.

use std::collections::HashMap;

use crate::model::{
    Check, Column, Conflict, Expr, ForeignKey, Id, Index, Key, Module, Part, Schema, Table,
    Trigger, View, Virtual,
};
use crate::rng::Rng;
use crate::tokens::{self, Kind, Token};

/// A piece of a statement before it has a form.
#[derive(Debug, Clone)]
enum Piece {
    Token(Token),
    Name(String),
    /// As it stands: types, and what modules read themselves.
    Raw(String),
    NewLine(usize),
    /// A comment to the end of the line.
    Hint(String),
}

/// Words that cannot stand without quotes; more than SQLite has, so that it is never too few.
const KEYWORDS: &str = " abort action add after all alter always analyze and any as asc attach \
    autoincrement before begin between by cascade case cast check collate column commit conflict \
    constraint create cross current current_date current_time current_timestamp database default \
    deferrable deferred delete desc detach distinct do drop each else end escape except exclude \
    exclusive exists explain fail filter first following for foreign from full generated glob \
    group groups having if ignore immediate in index indexed initially inner insert instead \
    intersect into is isnull join last left like limit match materialized natural no not \
    nothing notnull null nulls of offset on or order others outer over partition plan pragma \
    preceding primary query raise range recursive references regexp reindex release rename \
    replace restrict returning right rollback row rows savepoint select set stored strict table \
    temp temporary then ties to transaction trigger unbounded union unique update using vacuum \
    values view virtual when where window with within without ";

/// Keywords that SQLite takes for names where only a name can be.
const HARMLESS: &[&str] = &["key", "action", "plan", "query", "release", "offset", "last", "desc_"];

/// Where a statement stands that is printed by itself.
pub fn plain_name(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Whether a name needs no quotes.
pub fn is_simple(name: &str) -> bool {
    let first = name.chars().next().unwrap_or('0');
    let is_word = (first.is_ascii_alphabetic() || first == '_' || !first.is_ascii())
        && name.chars().all(|it| it.is_ascii_alphanumeric() || it == '_' || !it.is_ascii());
    let lower = name.to_ascii_lowercase();
    is_word && (HARMLESS.contains(&&*lower) || !KEYWORDS.contains(&format!(" {lower} ")))
}

pub struct Printer {
    rng: Rng,
    /// Every way of writing the same, instead of the usual one.
    is_wild: bool,
    names: HashMap<Id, String>,
    /// Old names, to be said in comments.
    hints: HashMap<Id, String>,
    pending_hint: Option<String>,
    pieces: Vec<Piece>,
}

impl Printer {
    pub fn new(seed: u64, is_wild: bool, hints: HashMap<Id, String>) -> Self {
        let (names, pieces) = (HashMap::new(), Vec::new());
        Self { rng: Rng::new(seed), is_wild, names, hints, pending_hint: None, pieces }
    }

    /// A statement for each object, in an order in which they can run.
    pub fn print(&mut self, schema: &Schema) -> Vec<String> {
        self.names = schema.names();
        let mut statements = Vec::new();
        for table in &schema.tables {
            self.table(schema, table);
            statements.push(self.take());
        }
        for table in &schema.virtuals {
            self.virtual_table(table);
            statements.push(self.take());
        }
        for index in &schema.indexes {
            self.index(index);
            statements.push(self.take());
        }
        for view in &schema.views {
            self.view(view);
            statements.push(self.take());
        }
        for trigger in &schema.triggers {
            self.trigger(trigger);
            statements.push(self.take());
        }
        statements
    }

    /// A choice that only one who writes wildly makes.
    fn wildly(&mut self, percent: usize) -> bool {
        self.is_wild && self.rng.chance(percent)
    }

    fn sql(&mut self, text: &str) {
        self.pieces.extend(tokens::tokens(text).into_iter().map(Piece::Token));
    }

    fn raw(&mut self, text: impl Into<String>) {
        self.pieces.push(Piece::Raw(text.into()));
    }

    fn name(&mut self, name: &str) {
        self.pieces.push(Piece::Name(name.to_owned()));
    }

    /// A name where only a new name can stand; SQLite takes a string for one there.
    fn new_name(&mut self, name: &str) {
        if self.wildly(5) {
            self.raw(format!("'{}'", name.replace('\'', "''")));
        } else {
            self.name(name);
        }
    }

    fn id(&mut self, id: Id) {
        let name = self.names[&id].clone();
        self.name(&name);
    }

    fn ids(&mut self, ids: &[Id]) {
        self.sql("(");
        for (n, id) in ids.iter().enumerate() {
            if n > 0 {
                self.sql(",");
            }
            self.id(*id);
        }
        self.sql(")");
    }

    fn expr(&mut self, of: &Expr) {
        for part in of {
            match part {
                Part::Sql(text) => self.sql(text),
                Part::Name(id) => self.id(*id),
            }
        }
    }

    fn line(&mut self, indent: usize) {
        self.pieces.push(Piece::NewLine(indent));
    }

    fn create(&mut self, what: &str) {
        self.sql("CREATE");
        self.sql(what);
        if self.wildly(15) && what != "VIRTUAL TABLE" {
            self.sql("IF NOT EXISTS");
        }
    }

    fn conflict(&mut self, conflict: Conflict) {
        self.conflict_of_one_of(1, conflict);
    }

    /// The clause of one of so many keys: two that have the same columns must not both have one,
    /// even if it says nothing.
    fn conflict_of_one_of(&mut self, n_keys: usize, conflict: Conflict) {
        if let Some(conflict) = conflict {
            self.sql("ON CONFLICT");
            self.sql(conflict);
        } else if n_keys == 1 && self.wildly(10) {
            self.sql("ON CONFLICT ABORT");
        }
    }

    fn constraint(&mut self, name: Option<&String>) {
        if let Some(name) = name {
            self.sql("CONSTRAINT");
            self.name(name);
        }
    }

    // ------------------------------------------------------------------------------ tables

    #[expect(clippy::too_many_lines, reason = "one clause after the other")]
    fn table(&mut self, schema: &Schema, table: &Table) {
        if let Some(old) = self.hints.get(&table.id).cloned() {
            self.pieces.push(Piece::Hint(format!("migrator:renamed from {old}")));
            self.line(0);
        }
        self.create("TABLE");
        self.new_name(&table.name);
        self.sql("(");

        let mut columns: Vec<&Column> = table.columns.iter().collect();
        if self.wildly(30) {
            self.rng.shuffle(&mut columns);
        }
        // Where each constraint goes: to a column, or below.
        let mut uniques: Vec<&Key> = table.uniques.iter().collect();
        let mut checks: Vec<&Check> = table.checks.iter().collect();
        let mut foreign_keys: Vec<&ForeignKey> = table.foreign_keys.iter().collect();
        let mut primary_key = table.primary_key.as_ref();
        let n_keys = uniques.len() + usize::from(primary_key.is_some());
        if self.wildly(50) {
            self.rng.shuffle(&mut uniques);
            self.rng.shuffle(&mut checks);
            self.rng.shuffle(&mut foreign_keys);
        }

        for (n, column) in columns.iter().enumerate() {
            if n > 0 {
                self.sql(",");
                if let Some(hint) = self.hints.get(&columns[n - 1].id).cloned() {
                    self.pieces.push(Piece::Hint(format!("migrator:renamed from {hint}")));
                }
            }
            self.line(1);
            self.column(column);
            let is_single = |it: &Key| it.columns.len() == 1 && it.columns[0].id == column.id;
            if let Some(key) = primary_key.filter(|it| is_single(it))
                && (key.must_be_inline || !self.wildly(40))
                && key.columns[0].collation.is_none()
                && (key.must_be_inline || !key.columns[0].is_descending)
            {
                primary_key = None;
                self.constraint(key.name.as_ref());
                self.sql("PRIMARY KEY");
                if key.columns[0].is_descending {
                    self.sql("DESC");
                } else if self.wildly(20) {
                    self.sql("ASC");
                }
                self.conflict_of_one_of(n_keys, key.conflict);
                if table.is_autoincrement {
                    self.sql("AUTOINCREMENT");
                }
            }
            let wild = self.is_wild;
            let mut rng = self.rng.clone();
            let mut inline = |plainly: usize| rng.chance(if wild { 50 } else { plainly });
            let here = |it: &&Key| {
                is_single(it) && it.columns[0].collation.is_none() && !it.columns[0].is_descending
            };
            let (now, later): (Vec<_>, Vec<_>) =
                uniques.into_iter().partition(|it| here(it) && inline(70));
            uniques = later;
            let (now_checks, later): (Vec<_>, Vec<_>) = checks.into_iter().partition(|it| {
                let mut ids = crate::model::ids_of(&it.expression);
                let fits = ids.all(|it| it == column.id);
                inline(if fits { 60 } else { 3 }) && (fits || !wild || column.id % 4 == 0)
            });
            checks = later;
            let (now_keys, later): (Vec<_>, Vec<_>) =
                foreign_keys.into_iter().partition(|it| it.columns == [column.id] && inline(70));
            foreign_keys = later;
            self.rng = rng;
            for key in now {
                self.constraint(key.name.as_ref());
                self.sql("UNIQUE");
                self.conflict_of_one_of(n_keys, key.conflict);
            }
            for check in now_checks {
                self.check(check);
            }
            for key in now_keys {
                self.references(schema, key);
            }
        }
        self.pending_hint = columns.last().and_then(|it| self.hints.get(&it.id)).cloned();

        if let Some(key) = primary_key {
            self.comma();
            self.constraint(key.name.as_ref());
            self.sql("PRIMARY KEY");
            self.key_columns(key, table.is_autoincrement);
            self.conflict_of_one_of(n_keys, key.conflict);
        }
        for key in uniques {
            self.comma();
            self.constraint(key.name.as_ref());
            self.sql("UNIQUE");
            self.key_columns(key, false);
            self.conflict_of_one_of(n_keys, key.conflict);
        }
        for check in checks {
            self.comma();
            self.check(check);
        }
        for key in foreign_keys {
            self.comma();
            let mut key = key.clone();
            self.constraint(key.name.take().as_ref());
            self.sql("FOREIGN KEY");
            self.ids(&key.columns);
            self.references(schema, &key);
        }
        self.pending_hint();
        self.line(0);
        self.sql(")");
        match (table.is_strict, table.is_without_rowid) {
            (true, true) if self.wildly(50) => self.sql("WITHOUT ROWID, STRICT"),
            (true, true) => self.sql("STRICT, WITHOUT ROWID"),
            (true, false) => self.sql("STRICT"),
            (false, true) => self.sql("WITHOUT ROWID"),
            (false, false) => {}
        }
    }

    /// The hint of the last column, on its line.
    fn pending_hint(&mut self) {
        if let Some(hint) = self.pending_hint.take() {
            self.pieces.push(Piece::Hint(format!("migrator:renamed from {hint}")));
        }
    }

    fn comma(&mut self) {
        self.sql(",");
        self.pending_hint();
        self.line(1);
    }

    fn key_columns(&mut self, key: &Key, is_autoincrement: bool) {
        self.sql("(");
        for (n, column) in key.columns.iter().enumerate() {
            if n > 0 {
                self.sql(",");
            }
            self.id(column.id);
            if let Some(collation) = column.collation {
                self.sql("COLLATE");
                self.name(collation);
            }
            if column.is_descending {
                self.sql("DESC");
            } else if self.wildly(15) {
                self.sql("ASC");
            }
        }
        if is_autoincrement {
            self.sql("AUTOINCREMENT");
        }
        self.sql(")");
    }

    fn column(&mut self, column: &Column) {
        self.new_name(&column.name);
        let datatype = if self.wildly(30) {
            column.datatype.to_ascii_lowercase()
        } else {
            column.datatype.clone()
        };
        self.raw(datatype);
        // In an order of their own, as SQLite takes them in any.
        let mut clauses = [0, 1, 2, 3];
        if self.wildly(40) {
            self.rng.shuffle(&mut clauses);
        }
        for clause in clauses {
            match clause {
                0 if column.not_null.is_some() => {
                    self.sql("NOT NULL");
                    self.conflict(column.not_null.unwrap());
                }
                0 if self.wildly(5) => self.sql("NULL"),
                1 => {
                    if let Some(default) = column.default.clone() {
                        self.sql("DEFAULT");
                        let is_expression = default.starts_with('(');
                        let parentheses = !is_expression && self.wildly(20);
                        self.sql(if parentheses { "(" } else { "" });
                        self.sql(&default);
                        self.sql(if parentheses { ")" } else { "" });
                    }
                }
                2 => {
                    if let Some(collation) = column.collation {
                        self.sql("COLLATE");
                        self.name(collation);
                    } else if self.wildly(5) {
                        self.sql("COLLATE BINARY");
                    }
                }
                3 => {
                    if let Some((expression, is_stored)) = &column.generated {
                        if !self.wildly(40) {
                            self.raw("GENERATED ALWAYS");
                        }
                        self.sql("AS");
                        self.sql("(");
                        self.expr(expression);
                        self.sql(")");
                        if *is_stored {
                            self.sql("STORED");
                        } else if !self.wildly(50) {
                            self.sql("VIRTUAL");
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn check(&mut self, check: &Check) {
        self.constraint(check.name.as_ref());
        self.sql("CHECK (");
        self.expr(&check.expression);
        self.sql(")");
    }

    fn references(&mut self, schema: &Schema, key: &ForeignKey) {
        self.constraint(key.name.as_ref());
        self.sql("REFERENCES");
        self.id(key.parent);
        let primary: Option<Vec<Id>> = schema
            .table(key.parent)
            .and_then(|it| it.primary_key.as_ref())
            .map(|it| it.columns.iter().map(|it| it.id).collect());
        if primary.as_ref() != Some(&key.parent_columns) || !self.wildly(40) {
            self.ids(&key.parent_columns);
        }
        let mut clauses = [0, 1, 2];
        if self.wildly(50) {
            self.rng.shuffle(&mut clauses);
        }
        for clause in clauses {
            match clause {
                0 => self.action("ON DELETE", key.on_delete),
                1 => self.action("ON UPDATE", key.on_update),
                _ => match key.match_name {
                    Some(name) => {
                        self.sql("MATCH");
                        self.sql(name);
                    }
                    None if self.wildly(5) => self.sql("MATCH SIMPLE"),
                    None => {}
                },
            }
        }
        if key.is_deferred {
            self.sql("DEFERRABLE INITIALLY DEFERRED");
        } else if self.wildly(20) {
            let same = ["NOT DEFERRABLE", "DEFERRABLE", "DEFERRABLE INITIALLY IMMEDIATE"];
            let text = *self.rng.pick(&same);
            self.sql(text);
        }
    }

    fn action(&mut self, event: &str, action: Option<&str>) {
        if let Some(action) = action {
            self.sql(event);
            self.sql(action);
        } else if self.wildly(10) {
            self.sql(event);
            self.sql("NO ACTION");
        }
    }

    // ---------------------------------------------------------------------- everything else

    fn virtual_table(&mut self, table: &Virtual) {
        self.create("VIRTUAL TABLE");
        self.name(&table.name);
        self.sql("USING");
        let names = |of: &[(Id, String)]| {
            of.iter().map(|(_, name)| plain_name(name)).collect::<Vec<_>>().join(", ")
        };
        let (module, arguments) = match &table.module {
            Module::Fts5 { columns, options } => ("fts5", format!("{}{options}", names(columns))),
            Module::Rtree { columns } => ("rtree", names(columns)),
            Module::Fts5Content { table, columns, rowid } => {
                let columns: Vec<String> =
                    columns.iter().map(|it| plain_name(&self.names[it])).collect();
                let text = |id: &Id| format!("'{}'", self.names[id].replace('\'', "''"));
                let rowid = rowid.map(|it| format!(", content_rowid={}", text(&it)));
                let content = text(table);
                let rowid = rowid.unwrap_or_default();
                ("fts5", format!("{}, content={content}{rowid}", columns.join(", ")))
            }
        };
        self.sql(module);
        self.sql("(");
        self.raw(arguments);
        self.sql(")");
    }

    fn index(&mut self, index: &Index) {
        self.create(if index.is_unique { "UNIQUE INDEX" } else { "INDEX" });
        self.name(&index.name);
        self.sql("ON");
        self.id(index.table);
        self.sql("(");
        for (n, (expression, collation, is_descending)) in index.columns.iter().enumerate() {
            if n > 0 {
                self.sql(",");
            }
            self.expr(expression);
            if let Some(collation) = collation {
                self.sql("COLLATE");
                self.name(collation);
            }
            if *is_descending {
                self.sql("DESC");
            } else if self.wildly(20) {
                self.sql("ASC");
            }
        }
        self.sql(")");
        if let Some(condition) = &index.condition {
            self.sql("WHERE");
            self.expr(condition);
        }
    }

    fn view(&mut self, view: &View) {
        self.create("VIEW");
        self.name(&view.name);
        if view.has_list {
            let ids: Vec<Id> = view.columns.iter().map(|it| it.0).collect();
            self.ids(&ids);
        }
        self.sql("AS");
        self.line(0);
        self.expr(&view.body);
    }

    fn trigger(&mut self, trigger: &Trigger) {
        self.create("TRIGGER");
        self.name(&trigger.name);
        if trigger.timing != "BEFORE" || !self.wildly(40) {
            self.sql(trigger.timing);
        }
        self.expr(&trigger.event);
        self.sql("ON");
        self.id(trigger.on);
        if self.wildly(30) {
            self.sql("FOR EACH ROW");
        }
        if let Some(condition) = &trigger.condition {
            self.sql("WHEN");
            self.expr(condition);
        }
        self.line(0);
        self.sql("BEGIN");
        for statement in &trigger.body {
            self.line(1);
            self.expr(statement);
            self.sql(";");
        }
        self.line(0);
        self.sql("END");
    }

    // -------------------------------------------------------------------------- the form

    /// The pieces so far as text.
    fn take(&mut self) -> String {
        let pieces = std::mem::take(&mut self.pieces);
        let mut text = String::new();
        let mut before = String::new();
        let mut needs_line = false;
        for piece in pieces {
            let (next, is_glued) = match piece {
                Piece::NewLine(indent) => {
                    if !self.is_wild || needs_line || self.rng.chance(50) {
                        text.push('\n');
                        text.push_str(&"    ".repeat(indent));
                        before.clear();
                        needs_line = false;
                    }
                    continue;
                }
                Piece::Hint(hint) => {
                    let space = if text.is_empty() { "" } else { " " };
                    text.extend([space, "-- ", &hint]);
                    needs_line = true;
                    continue;
                }
                Piece::Raw(raw) if raw.is_empty() => continue,
                Piece::Raw(raw) => (raw, false),
                Piece::Name(name) => (self.quote(&name), false),
                Piece::Token(token) => {
                    let is_glued = matches!(&*token.text, "," | ")" | ";" | ".");
                    (self.token(&token), is_glued)
                }
            };
            if needs_line {
                text.push('\n');
                needs_line = false;
                before.clear();
            }
            // SQLite takes these two for words of the type, and drops them only if nothing else
            // stands between.
            let ends_type = next == "GENERATED ALWAYS";
            let opens = before.is_empty() || before == "(" || before == ".";
            let is_sign = |it: &str| it.len() == 1 && "(),;".contains(it);
            if self.is_wild && !text.is_empty() && !ends_type && self.rng.chance(12) {
                let between = *self.rng.pick(&[
                    " ",
                    "  ",
                    "\n",
                    "\t",
                    " /* it's; \"odd */ ",
                    " -- don't (\n",
                    "\r\n",
                    "/**/",
                ]);
                // A sign that begins a comment must not meet the end of another.
                text.push_str(between);
                if before == "/" || before == "-" {
                    text.push(' ');
                }
            } else if self.is_wild && (is_sign(&before) || is_sign(&next)) && self.rng.chance(40) {
            } else if !opens && !is_glued {
                text.push(' ');
            }
            text.push_str(&next);
            before = next;
        }
        text
    }

    fn token(&mut self, token: &Token) -> String {
        match token.kind {
            Kind::Word if self.wildly(30) => {
                if self.rng.chance(50) {
                    token.text.to_ascii_lowercase()
                } else {
                    let flip = |(n, it): (usize, char)| {
                        if n % 2 == 0 { it.to_ascii_lowercase() } else { it.to_ascii_uppercase() }
                    };
                    token.text.chars().enumerate().map(flip).collect()
                }
            }
            Kind::Quoted => plain_name(&token.text),
            _ => token.text.clone(),
        }
    }

    fn quote(&mut self, name: &str) -> String {
        let name = if self.wildly(10) { name.to_ascii_uppercase() } else { name.to_owned() };
        if is_simple(&name) && !self.wildly(35) {
            return name;
        }
        match if self.is_wild { self.rng.below(3) } else { 0 } {
            1 => format!("`{}`", name.replace('`', "``")),
            2 if !name.contains(']') => format!("[{name}]"),
            _ => plain_name(&name),
        }
    }
}
