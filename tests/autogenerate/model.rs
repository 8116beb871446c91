//! A schema as a value from which text is made. Things refer to each other by number, so that a
//! rename is felt everywhere, and so that what a dropped thing takes along can be told.

use std::collections::{BTreeSet, HashMap};

pub type Id = u32;

/// A piece of SQL with names in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    Sql(String),
    /// The name of a table, a view, a virtual table or a column of one of them.
    Name(Id),
}

pub type Expr = Vec<Part>;

/// `{}` in the text stands for the name of each id in turn.
pub fn expr(text: &str, ids: &[Id]) -> Expr {
    let mut parts = Vec::new();
    let mut ids = ids.iter();
    for (n, piece) in text.split("{}").enumerate() {
        if n > 0 {
            parts.push(Part::Name(*ids.next().expect("an id for every {}")));
        }
        if !piece.is_empty() {
            parts.push(Part::Sql(piece.to_owned()));
        }
    }
    parts
}

pub fn ids_of(of: &Expr) -> impl Iterator<Item = Id> + '_ {
    of.iter().filter_map(|it| if let Part::Name(id) = it { Some(*id) } else { None })
}

/// What stands behind `ON CONFLICT`; nothing is the same as `ABORT`.
pub type Conflict = Option<&'static str>;

#[derive(Debug, Clone, Default)]
pub struct Schema {
    pub tables: Vec<Table>,
    pub virtuals: Vec<Virtual>,
    pub indexes: Vec<Index>,
    pub views: Vec<View>,
    pub triggers: Vec<Trigger>,
}

#[derive(Debug, Clone)]
pub struct Table {
    pub id: Id,
    pub name: String,
    pub columns: Vec<Column>,
    pub primary_key: Option<Key>,
    pub is_autoincrement: bool,
    pub uniques: Vec<Key>,
    pub checks: Vec<Check>,
    pub foreign_keys: Vec<ForeignKey>,
    pub is_strict: bool,
    pub is_without_rowid: bool,
}

#[derive(Debug, Clone)]
pub struct Column {
    pub id: Id,
    pub name: String,
    pub datatype: String,
    pub not_null: Option<Conflict>,
    pub default: Option<String>,
    pub collation: Option<&'static str>,
    pub generated: Option<(Expr, bool)>,
}

#[derive(Debug, Clone)]
pub struct Key {
    pub name: Option<String>,
    pub columns: Vec<KeyColumn>,
    pub conflict: Conflict,
    /// `INTEGER PRIMARY KEY DESC` is another thing at the column than in the table.
    pub must_be_inline: bool,
}

#[derive(Debug, Clone)]
pub struct KeyColumn {
    pub id: Id,
    pub collation: Option<&'static str>,
    pub is_descending: bool,
}

#[derive(Debug, Clone)]
pub struct Check {
    pub name: Option<String>,
    pub expression: Expr,
}

#[derive(Debug, Clone)]
pub struct ForeignKey {
    pub name: Option<String>,
    pub columns: Vec<Id>,
    pub parent: Id,
    pub parent_columns: Vec<Id>,
    pub on_delete: Option<&'static str>,
    pub on_update: Option<&'static str>,
    pub match_name: Option<&'static str>,
    pub is_deferred: bool,
}

#[derive(Debug, Clone)]
pub struct Index {
    pub name: String,
    pub table: Id,
    pub is_unique: bool,
    pub columns: Vec<(Expr, Option<&'static str>, bool)>,
    pub condition: Option<Expr>,
}

#[derive(Debug, Clone)]
pub struct View {
    pub id: Id,
    pub name: String,
    /// Only those that other objects may name.
    pub columns: Vec<(Id, String)>,
    /// Whether the columns are listed behind the name.
    pub has_list: bool,
    /// With `AS {}` for each column if they are not listed.
    pub body: Expr,
}

#[derive(Debug, Clone)]
pub struct Trigger {
    pub name: String,
    pub on: Id,
    pub timing: &'static str,
    pub event: Expr,
    pub condition: Option<Expr>,
    pub body: Vec<Expr>,
}

#[derive(Debug, Clone)]
pub enum Module {
    Fts5 {
        columns: Vec<(Id, String)>,
        options: &'static str,
    },
    /// The columns are those of the table, and the last is its rowid.
    Fts5Content {
        table: Id,
        columns: Vec<Id>,
        rowid: Option<Id>,
    },
    Rtree {
        columns: Vec<(Id, String)>,
    },
}

#[derive(Debug, Clone)]
pub struct Virtual {
    pub id: Id,
    pub name: String,
    pub module: Module,
}

impl Column {
    /// The affinity, by SQLite's rules for the name of a type.
    pub fn affinity(&self, is_strict: bool) -> &'static str {
        affinity(&self.datatype, is_strict)
    }
}

/// The affinity of a type, by SQLite's rules.
pub fn affinity(datatype: &str, is_strict: bool) -> &'static str {
    let datatype = datatype.to_ascii_uppercase();
    let has = |words: &[&str]| words.iter().any(|it| datatype.contains(it));
    if is_strict && datatype == "ANY" {
        "ANY"
    } else if has(&["INT"]) {
        "INTEGER"
    } else if has(&["CHAR", "CLOB", "TEXT"]) {
        "TEXT"
    } else if datatype.is_empty() || has(&["BLOB"]) {
        "BLOB"
    } else if has(&["REAL", "FLOA", "DOUB"]) {
        "REAL"
    } else {
        "NUMERIC"
    }
}

impl Table {
    pub fn column(&self, id: Id) -> Option<&Column> {
        self.columns.iter().find(|it| it.id == id)
    }

    /// Columns that can be written.
    pub fn plain(&self) -> Vec<Id> {
        self.columns.iter().filter(|it| it.generated.is_none()).map(|it| it.id).collect()
    }

    /// The column that is the rowid.
    pub fn rowid_column(&self) -> Option<Id> {
        let key = self.primary_key.as_ref()?;
        let [only] = key.columns.as_slice() else { return None };
        let datatype = &self.column(only.id)?.datatype;
        let is_rowid = datatype.eq_ignore_ascii_case("integer")
            && !self.is_without_rowid
            && !(key.must_be_inline && only.is_descending);
        is_rowid.then_some(only.id)
    }

    /// Whether not every value will do in a column, whatever its type.
    pub fn constrains(&self, column: Id) -> bool {
        let in_key = |it: &Key| it.columns.iter().any(|it| it.id == column);
        self.primary_key.iter().chain(&self.uniques).any(in_key)
            || self.foreign_keys.iter().any(|it| it.columns.contains(&column))
            || self.checks.iter().any(|it| ids_of(&it.expression).any(|it| it == column))
            || self.columns.iter().any(|it| {
                let expression = it.generated.as_ref().map(|it| &it.0);
                expression.is_some_and(|it| ids_of(it).any(|it| it == column))
            })
    }

    /// Sets of columns that a foreign key may reference.
    pub fn candidate_keys(&self) -> Vec<Vec<Id>> {
        let keys = self.primary_key.iter().chain(&self.uniques);
        keys.filter(|it| it.columns.iter().all(|it| it.collation.is_none()))
            .map(|it| it.columns.iter().map(|it| it.id).collect())
            .collect()
    }
}

impl Schema {
    pub fn table(&self, id: Id) -> Option<&Table> {
        self.tables.iter().find(|it| it.id == id)
    }

    /// Everything that has a name and a number.
    pub fn names(&self) -> HashMap<Id, String> {
        let mut names = HashMap::new();
        for table in &self.tables {
            names.insert(table.id, table.name.clone());
            names.extend(table.columns.iter().map(|it| (it.id, it.name.clone())));
        }
        for view in &self.views {
            names.insert(view.id, view.name.clone());
            names.extend(view.columns.iter().cloned());
        }
        for table in &self.virtuals {
            names.insert(table.id, table.name.clone());
            if let Module::Fts5 { columns, .. } | Module::Rtree { columns } = &table.module {
                names.extend(columns.iter().cloned());
            }
        }
        names
    }

    /// The names of tables, views and indexes, which share a space.
    pub fn object_names(&self) -> Vec<String> {
        let tables = self.tables.iter().map(|it| &it.name);
        let virtuals = self.virtuals.iter().map(|it| &it.name);
        let views = self.views.iter().map(|it| &it.name);
        let indexes = self.indexes.iter().map(|it| &it.name);
        tables.chain(virtuals).chain(views).chain(indexes).cloned().collect()
    }

    /// Takes out what names something that is no longer there, until nothing does.
    pub fn repair(&mut self) {
        loop {
            let before = self.count();
            self.repair_once();
            if self.count() == before {
                return;
            }
        }
    }

    fn count(&self) -> usize {
        let in_tables = self.tables.iter().map(|it| {
            1 + it.columns.len() + it.uniques.len() + it.checks.len() + it.foreign_keys.len()
        });
        in_tables.sum::<usize>()
            + self.virtuals.len()
            + self.indexes.len()
            + self.views.len()
            + self.triggers.len()
    }

    fn repair_once(&mut self) {
        let alive: BTreeSet<Id> = self.names().into_keys().collect();
        let lives = |it: &Expr| ids_of(it).all(|it| alive.contains(&it));
        let key_lives = |it: &Key| it.columns.iter().all(|it| alive.contains(&it.id));
        for table in &mut self.tables {
            table.columns.retain(|it| it.generated.as_ref().is_none_or(|(it, _)| lives(it)));
            table.checks.retain(|it| lives(&it.expression));
            table.uniques.retain(key_lives);
            // Of two keys with the same columns SQLite makes one index, of whichever comes first.
            let set = |it: &Key| it.columns.iter().map(|it| it.id).collect::<BTreeSet<_>>();
            let mut sets: Vec<BTreeSet<Id>> = table.primary_key.iter().map(set).collect();
            table.uniques.retain(|it| {
                let is_new = !sets.contains(&set(it));
                sets.push(set(it));
                is_new
            });
            if !table.primary_key.as_ref().is_none_or(key_lives) {
                table.primary_key = None;
            }
            if table.primary_key.is_none() {
                table.is_without_rowid = false;
            }
            if table.rowid_column().is_none()
                || table.primary_key.as_ref().unwrap().columns[0].is_descending
            {
                table.is_autoincrement = false;
            }
        }
        self.tables.retain(|it| !it.plain().is_empty());
        let keys: HashMap<Id, Vec<Vec<Id>>> =
            self.tables.iter().map(|it| (it.id, it.candidate_keys())).collect();
        for table in &mut self.tables {
            table.foreign_keys.retain(|it| {
                it.columns.iter().all(|it| alive.contains(it))
                    && keys.get(&it.parent).is_some_and(|keys| {
                        keys.iter().any(|key| {
                            let of = |ids: &[Id]| ids.iter().copied().collect::<BTreeSet<_>>();
                            of(key) == of(&it.parent_columns)
                        })
                    })
            });
        }
        self.indexes.retain(|it| {
            alive.contains(&it.table)
                && it.columns.iter().all(|(it, ..)| lives(it))
                && it.condition.as_ref().is_none_or(lives)
        });
        self.views.retain(|it| lives(&it.body));
        self.triggers.retain(|it| {
            alive.contains(&it.on)
                && lives(&it.event)
                && it.condition.as_ref().is_none_or(lives)
                && it.body.iter().all(lives)
        });
        let without_rowid: Vec<Id> =
            self.tables.iter().filter(|it| it.is_without_rowid).map(|it| it.id).collect();
        self.virtuals.retain(|it| match &it.module {
            Module::Fts5Content { table, columns, rowid } => {
                alive.contains(table)
                    && !without_rowid.contains(table)
                    && columns.iter().chain(rowid).all(|it| alive.contains(it))
            }
            Module::Fts5 { .. } | Module::Rtree { .. } => true,
        });
    }
}
