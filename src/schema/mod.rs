//! A schema as a value: what `sqlite_schema` holds, taken apart, and compared by meaning.
//!
//! Pure. The text of each object comes from SQLite, which has accepted it; so reading it only has to
//! find the clauses, not to judge them. Two schemas are equal (`==`) where SQLite would behave the
//! same: spacing, comments, quotes, the case of names and keywords, and the place of a constraint
//! (at its column or in the table) do not count. What is written into revisions is the text as its
//! author wrote it.

use std::fmt;

mod affinity;
mod column;
mod constraint;
mod cursor;
pub mod dump;
mod equality;
mod fragment;
pub mod hint;
mod index;
mod links;
mod lookup;
mod name;
mod object;
mod parts;
mod read;
mod table;
#[cfg(test)]
mod tests;

pub use affinity::Affinity;
pub use fragment::Fragment;
pub use links::{Links, Tie};
pub use name::Name;
pub use read::{ReadError, read};

/// What SQLite does with a row that violates a constraint. `ABORT` is what it does anyway, and is
/// not told apart from nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Conflict {
    /// `ON CONFLICT ROLLBACK`.
    Rollback,
    /// `ON CONFLICT FAIL`.
    Fail,
    /// `ON CONFLICT IGNORE`.
    Ignore,
    /// `ON CONFLICT REPLACE`.
    Replace,
}

/// What happens to rows that reference one that is deleted or changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[expect(clippy::enum_variant_names, reason = "NO ACTION is what SQL calls it")]
pub enum Action {
    /// Nothing: the statement fails if they still reference it at its end.
    #[default]
    NoAction,
    /// `RESTRICT`.
    Restrict,
    /// `SET NULL`.
    SetNull,
    /// `SET DEFAULT`.
    SetDefault,
    /// `CASCADE`.
    Cascade,
}

/// All objects that the user made, each kind in the order of `sqlite_schema`.
#[derive(Debug, Clone, Default)]
pub struct Schema {
    /// Ordinary tables.
    pub tables: Vec<Table>,
    /// `CREATE VIRTUAL TABLE`; their shadow tables are nowhere.
    pub virtual_tables: Vec<VirtualTable>,
    /// Indexes that have a statement of their own.
    pub indexes: Vec<Index>,
    /// Views.
    pub views: Vec<View>,
    /// Triggers.
    pub triggers: Vec<Trigger>,
}

/// A table. Constraints that were written at a column stand in the lists of the table.
///
/// Equal to another one if name, options, constraints (in any order) and columns (in any order) are;
/// their order is [`Table::has_order_of`].
#[derive(Debug, Clone)]
pub struct Table {
    /// Its name.
    pub name: Name,
    /// Its columns, in order.
    pub columns: Vec<Column>,
    /// `PRIMARY KEY`.
    pub primary_key: Option<PrimaryKey>,
    /// `UNIQUE`, in order of appearance.
    pub uniques: Vec<Unique>,
    /// `CHECK`, in order of appearance.
    pub checks: Vec<Check>,
    /// `FOREIGN KEY` and `REFERENCES`, in order of appearance.
    pub foreign_keys: Vec<ForeignKey>,
    /// `STRICT`.
    pub is_strict: bool,
    /// `WITHOUT ROWID`.
    pub is_without_rowid: bool,
    /// What stands behind the name, verbatim: from `(` to the last option. Comments inside are
    /// kept, but for the hints of [`Column::renamed_from`].
    pub body: String,
}

/// A column, without the constraints that stand in the lists of its table.
#[derive(Debug, Clone)]
pub struct Column {
    /// Its name.
    pub name: Name,
    /// The type; empty where there is none.
    pub datatype: Fragment,
    /// `NOT NULL`. Not set where it says nothing: on a column that is the rowid, and without a
    /// conflict clause on the primary key of a table that is STRICT or WITHOUT ROWID.
    pub not_null: Option<NotNull>,
    /// `DEFAULT`, without parentheses around the whole of it; `DEFAULT NULL` is none.
    pub default: Option<Fragment>,
    /// `COLLATE`, if it is not `BINARY`.
    pub collation: Option<Name>,
    /// `GENERATED ALWAYS AS`.
    pub generated: Option<Generated>,
    /// The definition verbatim, from the name to the last token of the last constraint; comments
    /// inside are kept, those around it are not. Does not take part in comparisons.
    pub definition: String,
    /// What `-- migrator:renamed from NAME` on one of its lines says. Does not take part in
    /// comparisons.
    pub renamed_from: Option<Name>,
}

/// `NOT NULL`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotNull {
    /// Its conflict clause.
    pub conflict: Option<Conflict>,
}

/// How a generated column gets its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generated {
    /// The expression, without the parentheses around it.
    pub expression: Fragment,
    /// `STORED`, and not `VIRTUAL`.
    pub is_stored: bool,
}

/// A column of a `PRIMARY KEY` or `UNIQUE`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KeyColumn {
    /// The column.
    pub name: Name,
    /// `COLLATE`, where the constraint has its own.
    pub collation: Option<Name>,
    /// `DESC`.
    pub is_descending: bool,
}

/// `PRIMARY KEY`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrimaryKey {
    /// `CONSTRAINT name`.
    pub name: Option<Name>,
    /// Its columns; not empty.
    pub columns: Vec<KeyColumn>,
    /// Its conflict clause.
    pub conflict: Option<Conflict>,
    /// `AUTOINCREMENT`.
    pub is_autoincrement: bool,
    /// Whether the column is the rowid: one column of type `INTEGER` in a table that has rowids
    /// (and not `INTEGER PRIMARY KEY DESC` at the column, which for historical reasons is not).
    pub is_rowid: bool,
}

/// `UNIQUE`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Unique {
    /// `CONSTRAINT name`.
    pub name: Option<Name>,
    /// Its columns; not empty.
    pub columns: Vec<KeyColumn>,
    /// Its conflict clause.
    pub conflict: Option<Conflict>,
}

/// `CHECK`.
#[derive(Debug, Clone)]
pub struct Check {
    /// `CONSTRAINT name`.
    pub name: Option<Name>,
    /// The expression, without the parentheses around it.
    pub expression: Fragment,
    /// The column at which it was written: dropping the column takes it along. Does not take part
    /// in comparisons.
    pub column: Option<Name>,
}

/// `FOREIGN KEY … REFERENCES`.
#[derive(Debug, Clone)]
pub struct ForeignKey {
    /// `CONSTRAINT name`.
    pub name: Option<Name>,
    /// The columns; not empty.
    pub columns: Vec<Name>,
    /// The table that they reference.
    pub parent: Name,
    /// Its columns, the primary key's where none were named; empty where that is not known.
    pub parent_columns: Vec<Name>,
    /// `ON DELETE`.
    pub on_delete: Action,
    /// `ON UPDATE`.
    pub on_update: Action,
    /// `MATCH name`, but for `SIMPLE`. SQLite takes no notice of it.
    pub match_name: Option<Name>,
    /// `DEFERRABLE INITIALLY DEFERRED`; every other form is checked at once.
    pub is_deferred: bool,
    /// The column at which it was written: dropping the column takes it along. Does not take part
    /// in comparisons.
    pub column: Option<Name>,
}

/// `CREATE VIRTUAL TABLE`.
#[derive(Debug, Clone)]
pub struct VirtualTable {
    /// Its name.
    pub name: Name,
    /// What makes it.
    pub module: Name,
    /// What stands between the parentheses; empty where there are none.
    pub arguments: Fragment,
    /// The whole statement.
    pub sql: String,
}

/// `CREATE INDEX`.
#[derive(Debug, Clone)]
pub struct Index {
    /// Its name.
    pub name: Name,
    /// Its table.
    pub table: Name,
    /// `UNIQUE`.
    pub is_unique: bool,
    /// Columns and expressions with their collation and `DESC`; `ASC` is left out.
    pub columns: Vec<Fragment>,
    /// `WHERE`.
    pub condition: Option<Fragment>,
    /// The whole statement.
    pub sql: String,
}

/// `CREATE VIEW`.
#[derive(Debug, Clone)]
pub struct View {
    /// Its name.
    pub name: Name,
    /// What stands behind the name: perhaps columns, and `AS SELECT …`.
    pub definition: Fragment,
    /// The whole statement.
    pub sql: String,
}

/// `CREATE TRIGGER`.
#[derive(Debug, Clone)]
pub struct Trigger {
    /// Its name.
    pub name: Name,
    /// The table or view.
    pub table: Name,
    /// What stands behind the name, without the words that say nothing: `BEFORE` where it is not
    /// `INSTEAD OF`, and `FOR EACH ROW`.
    pub definition: Fragment,
    /// The whole statement.
    pub sql: String,
}

/// An object as `sqlite_schema` lists it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SchemaObject {
    /// What it is.
    pub kind: ObjectKind,
    /// Its name.
    pub name: String,
    /// The table or view that it belongs to; its own name for tables and views.
    pub table: String,
    /// The statement that made it, as SQLite keeps it.
    pub sql: String,
}

impl SchemaObject {
    /// Whether it is a table or a view, and not something on one.
    pub fn is_itself(&self) -> bool {
        matches!(self.kind, ObjectKind::Table | ObjectKind::View)
    }
}

/// The kinds of objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectKind {
    /// An ordinary or a virtual table.
    Table,
    /// An index with a statement of its own.
    Index,
    /// A view.
    View,
    /// A trigger.
    Trigger,
}

impl fmt::Display for ObjectKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Table => "table",
            Self::Index => "index",
            Self::View => "view",
            Self::Trigger => "trigger",
        })
    }
}
