//! What has another name and is still the same thing.
//!
//! Nothing in two schemas tells a rename from a drop and an add; only a person can. What was said is
//! carried out on a scratch database by SQLite itself, which follows the name into indexes, views,
//! triggers and foreign keys, and the result is compared.

use std::collections::HashSet;

use crate::diff::lines::Line;
use crate::diff::{Change, Diff};
use crate::flag::part;
use crate::generate::{OldNames, Step};
use crate::schema::{Column, Name, Schema, Table};
use crate::similar::similar;

/// `--rename TABLE=NEW` or `--rename TABLE.COLUMN=NEW`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rename {
    /// The table; for a column by its old or new name.
    pub table: Name,
    /// The column by its old name, or `None` for the table itself.
    pub column: Option<Name>,
    /// What it is called from now on.
    pub to: Name,
}

/// Why a rename that was asked for cannot be one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenameError {
    /// The schema of before has no such thing.
    #[error("nothing is called `{old}` before this revision")]
    NoSource {
        /// What was to be renamed.
        old: String,
        /// What it may have meant.
        similar: Vec<String>,
    },
    /// The declared schema has no such thing.
    #[error("the declared schema has nothing called `{new}`")]
    NoTarget {
        /// The new name.
        new: String,
        /// What it may have meant.
        similar: Vec<String>,
    },
    /// The declared schema has both.
    #[error("the declared schema still has `{old}`, so that `{new}` is something new")]
    SourceStays {
        /// What was to be renamed.
        old: String,
        /// The new name.
        new: String,
    },
    /// One of the two is in another rename already.
    #[error("`{old}` cannot be renamed to `{new}`: one of the two is renamed otherwise as well")]
    Twice {
        /// What was to be renamed.
        old: String,
        /// The new name.
        new: String,
    },
    /// SQLite refuses to rename it, since 3.54.
    #[error("SQLite cannot rename `{old}`, which is a name of the rowid")]
    Rowid {
        /// What was to be renamed.
        old: String,
    },
    /// SQLite alters no virtual table.
    #[error("SQLite cannot rename `{old}`: it is a column of a virtual table")]
    Virtual {
        /// What was to be renamed.
        old: String,
    },
    /// Both were there before.
    #[error("`{new}` is there before this revision already")]
    TargetExists {
        /// The new name.
        new: String,
    },
}

/// Renames that fit two schemas.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Renames {
    /// Tables: old and new name.
    tables: Vec<(Name, Name)>,
    /// Columns: the new name of the table, old and new name of the column.
    columns: Vec<(Name, Name, Name)>,
}

impl Renames {
    /// Takes those that the declared files and the user name.
    ///
    /// `hinted_tables` are new and old names. A hint in a file stays there after its revision was
    /// made, so that one which fits nothing is passed over; a wrong `asked` is an error.
    pub fn new(
        from: &Schema,
        to: &Schema,
        hinted_tables: &[(Name, Name)],
        asked: &[Rename],
    ) -> Result<Self, RenameError> {
        let mut renames = Self::default();
        for (new, old) in hinted_tables {
            if check_table(from, to, old, new, false).is_ok() {
                renames.tables.push((old.clone(), new.clone()));
            }
        }
        for Rename { table, to: new, .. } in asked.iter().filter(|it| it.column.is_none()) {
            let is_inverse =
                |it: &Rename| it.column.is_none() && it.table == *new && it.to == *table;
            check_table(from, to, table, new, asked.iter().any(is_inverse))
                .map_err(|err| err.with_similar("", tables_of(from), tables_of(to)))?;
            let pair = (table.clone(), new.clone());
            if renames.tables.contains(&pair) {
                continue;
            }
            if renames.tables.iter().any(|(old, it)| old == table || it == new) {
                return Err(RenameError::Twice { old: table.to_string(), new: new.to_string() });
            }
            renames.tables.push(pair);
        }
        let old_tables = from.tables_by_name();
        for table in &to.tables {
            let old_table = renames.old_table(&table.name);
            let Some(before) = old_tables.get(&old_table) else { continue };
            for column in &table.columns {
                let Some(old) = &column.renamed_from else { continue };
                match check_column(before, table, old, &column.name, false) {
                    Ok(()) => renames.add_column(&table.name, old, &column.name)?,
                    Err(err @ RenameError::Rowid { .. }) => return Err(err),
                    Err(_) => {}
                }
            }
        }
        for Rename { table, column, to: new } in asked {
            let Some(old) = column else { continue };
            let new_table = renames.new_table(table);
            let before = from.table(&renames.old_table(&new_table));
            let after = to.table(&new_table);
            let (Some(before), Some(after)) = (before, after) else {
                let is_virtual = from.virtual_tables.iter().any(|it| it.name == *table);
                if is_virtual {
                    return Err(RenameError::Virtual { old: format!("{table}.{old}") });
                }
                let old = table.to_string();
                let err = RenameError::NoSource { old, similar: Vec::new() };
                return Err(err.with_similar("", tables_of(from), std::iter::empty()));
            };
            let is_inverse = |it: &Rename| {
                it.column.as_ref() == Some(new) && it.to == *old && it.table == *table
            };
            let prefix = format!("{new_table}.");
            check_column(before, after, old, new, asked.iter().any(is_inverse))
                .map_err(|err| err.with_similar(&prefix, columns_of(before), columns_of(after)))?;
            renames.add_column(&new_table, old, new)?;
        }
        Ok(renames)
    }

    fn add_column(&mut self, table: &Name, old: &Name, new: &Name) -> Result<(), RenameError> {
        let column = (table.clone(), old.clone(), new.clone());
        if self.columns.contains(&column) {
            return Ok(());
        }
        if self.columns.iter().any(|it| it.0 == *table && (it.1 == *old || it.2 == *new)) {
            return Err(RenameError::Twice {
                old: format!("{table}.{old}"),
                new: format!("{table}.{new}"),
            });
        }
        self.columns.push(column);
        Ok(())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty() && self.columns.is_empty()
    }

    /// The way back.
    pub fn inverse(&self) -> Self {
        let columns = self.columns.iter();
        Self {
            tables: self.tables.iter().map(|(old, new)| (new.clone(), old.clone())).collect(),
            columns: columns
                .map(|(table, old, new)| (self.old_table(table), new.clone(), old.clone()))
                .collect(),
        }
    }

    fn old_table(&self, new: &Name) -> Name {
        let found = self.tables.iter().find(|(_, it)| it == new);
        found.map_or(new, |(old, _)| old).clone()
    }

    fn new_table(&self, old: &Name) -> Name {
        let found = self.tables.iter().find(|(it, _)| it == old);
        found.map_or(old, |(_, new)| new).clone()
    }

    /// The columns by table and column, with the names that both had.
    pub(super) fn old_columns(&self) -> Vec<(Name, Name)> {
        let columns = self.columns.iter();
        columns.map(|(table, old, _)| (self.old_table(table), old.clone())).collect()
    }

    /// The new names of a table and its column.
    pub(super) fn renamed(&self, (table, column): (Name, Name)) -> (Name, Name) {
        let table = self.new_table(&table);
        let found = self.columns.iter().find(|it| it.0 == table && it.1 == column);
        let column = found.map_or(column, |it| it.2.clone());
        (table, column)
    }

    /// The old names, by the new ones.
    pub fn old_names(&self) -> OldNames {
        let columns = self.columns.iter();
        OldNames {
            tables: self.tables.iter().map(|(old, new)| (new.clone(), old.clone())).collect(),
            columns: columns
                .map(|(table, old, new)| ((table.clone(), new.clone()), old.clone()))
                .collect(),
        }
    }

    /// A line for each.
    pub fn lines(&self) -> Vec<Line> {
        let tables = self.tables.iter().map(|(old, new)| Line::renamed("table", &old, new));
        let columns = self
            .columns
            .iter()
            .map(|(table, old, new)| Line::renamed("column", &format!("{table}.{old}"), new));
        tables.chain(columns).collect()
    }

    /// The statements, tables first.
    pub fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        let tables: Vec<(&Name, &Name)> = self.tables.iter().map(|(old, new)| (old, new)).collect();
        for (comment, old, new) in in_order(&tables) {
            let statement = format!("ALTER TABLE {} RENAME TO {}", old.quoted(), new.quoted());
            steps.push(Step::new(format!("the table {comment}"), vec![statement]));
        }
        let mut done: Vec<&Name> = Vec::new();
        for (table, ..) in &self.columns {
            if done.contains(&table) {
                continue;
            }
            done.push(table);
            let of_table = self.columns.iter().filter(|it| it.0 == *table);
            let columns: Vec<(&Name, &Name)> = of_table.map(|(_, old, new)| (old, new)).collect();
            for (comment, old, new) in in_order(&columns) {
                let (table_name, old, new) = (table.quoted(), old.quoted(), new.quoted());
                let statement = format!("ALTER TABLE {table_name} RENAME COLUMN {old} TO {new}");
                steps.push(Step::new(format!("{table}: {comment}"), vec![statement]));
            }
        }
        steps
    }
}

/// Renames so ordered that no name is taken twice, with a name between where two change places.
fn in_order(renames: &[(&Name, &Name)]) -> Vec<(String, Name, Name)> {
    let olds: HashSet<&Name> = renames.iter().map(|(old, _)| *old).collect();
    let mut first = Vec::new();
    let mut then = Vec::new();
    for &(old, new) in renames {
        let comment = format!("{old} is called {new} from now on");
        if olds.contains(new) {
            let between = Name::new(format!("_migrator_renamed_{new}"));
            first.push((format!("{old} makes room"), old.clone(), between.clone()));
            then.push((comment, between, new.clone()));
        } else {
            then.push((comment, old.clone(), new.clone()));
        }
    }
    first.append(&mut then);
    first
}

impl RenameError {
    /// With the names that were probably meant, of those that there are before and after; all of
    /// them with `prefix` before it.
    fn with_similar<'s>(
        mut self,
        prefix: &str,
        before: impl Iterator<Item = &'s Name>,
        after: impl Iterator<Item = &'s Name>,
    ) -> Self {
        match &mut self {
            Self::NoSource { old: name, similar } => *similar = near(prefix, name, before),
            Self::NoTarget { new: name, similar } => *similar = near(prefix, name, after),
            _ => {}
        }
        self
    }
}

fn near<'s>(prefix: &str, name: &str, names: impl Iterator<Item = &'s Name>) -> Vec<String> {
    let name = name.strip_prefix(prefix).unwrap_or(name);
    let found = similar(name, names.map(Name::as_str)).into_iter();
    found.map(|it| format!("{prefix}{it}")).collect()
}

fn tables_of(schema: &Schema) -> impl Iterator<Item = &Name> {
    let tables = schema.tables.iter().map(|it| &it.name);
    tables.chain(schema.virtual_tables.iter().map(|it| &it.name))
}

fn columns_of(table: &Table) -> impl Iterator<Item = &Name> {
    table.columns.iter().map(|it| &it.name)
}

/// `swaps`: whether the way back is asked for as well.
fn check_table(
    from: &Schema,
    to: &Schema,
    old: &Name,
    new: &Name,
    swaps: bool,
) -> Result<(), RenameError> {
    let has = |schema: &Schema, name: &Name| {
        schema.table(name).is_some() || schema.virtual_tables.iter().any(|it| it.name == *name)
    };
    let before = [has(from, old), has(from, new)];
    check(before, [has(to, old), has(to, new)], swaps, old.as_str(), new.as_str())
}

fn check_column(
    from: &Table,
    to: &Table,
    old: &Name,
    new: &Name,
    swaps: bool,
) -> Result<(), RenameError> {
    let has = |table: &Table, name: &Name| table.column(name).is_some();
    let shown = |name: &Name| format!("{}.{name}", to.name);
    let before = [has(from, old), has(from, new)];
    check(before, [has(to, old), has(to, new)], swaps, &shown(old), &shown(new))?;
    if ["rowid", "_rowid_", "oid"].iter().any(|it| old.is(it)) {
        return Err(RenameError::Rowid { old: shown(old) });
    }
    Ok(())
}

/// By which of the old and the new name there are before and after.
///
/// Where both are there on both sides, nothing tells a swap from a rename that was made long ago
/// and a name that was used again; so a hint, which stays in the file, never means a swap.
fn check(
    before: [bool; 2],
    after: [bool; 2],
    swaps: bool,
    old: &str,
    new: &str,
) -> Result<(), RenameError> {
    let (old, new) = (old.to_owned(), new.to_owned());
    match (before, after) {
        ([false, _], _) => Err(RenameError::NoSource { old, similar: Vec::new() }),
        (_, [_, false]) => Err(RenameError::NoTarget { new, similar: Vec::new() }),
        ([true, true], [true, true]) if swaps => Ok(()),
        ([true, false], [false, true]) => Ok(()),
        ([true, true], _) => Err(RenameError::TargetExists { new }),
        ([true, false], [true, true]) => Err(RenameError::SourceStays { old, new }),
    }
}

/// Pairs of a drop and an add that may be a rename, each thing in at most one.
pub fn suggestions(diff: &Diff<'_>) -> Vec<Rename> {
    let mut found = Vec::new();
    let mut taken: HashSet<&Name> = HashSet::new();
    let only_new = |it: &Change<'_, Table>| it.old().is_none();
    let added = diff.tables.iter().filter(|it| only_new(it)).map(Change::any);
    let added: Vec<&Table> = added.collect();
    for change in &diff.tables {
        let Change::Dropped(old) = change else { continue };
        let new = added.iter().find(|new| !taken.contains(&new.name) && is_like(old, new));
        if let Some(new) = new {
            taken.insert(&new.name);
            let (table, to) = (old.name.clone(), new.name.clone());
            found.push(Rename { table, column: None, to });
        }
    }
    for table in &diff.altered {
        let mut taken: HashSet<&Name> = HashSet::new();
        for old in table.dropped.iter().filter(|it| it.holds()) {
            let is_like = |new: &&&Column| {
                !taken.contains(&new.name) && new.holds() && old.datatype == new.datatype
            };
            if let Some(new) = table.added.iter().find(is_like) {
                taken.insert(&new.name);
                let (column, to) = (Some(old.name.clone()), new.name.clone());
                found.push(Rename { table: table.to.name.clone(), column, to });
            }
        }
    }
    found
}

/// The hints of what is new all the same, where something of its kind is dropped. Elsewhere a hint is
/// one that did its work in an earlier revision.
pub fn unfollowed(diff: &Diff<'_>, hinted_tables: &[(Name, Name)]) -> Vec<Rename> {
    let mut found = Vec::new();
    if diff.tables.iter().any(|it| matches!(it, Change::Dropped(_))) {
        for (new, old) in hinted_tables {
            if diff.tables.iter().any(|it| matches!(it, Change::Added(it) if it.name == *new)) {
                found.push(Rename { table: old.clone(), column: None, to: new.clone() });
            }
        }
    }
    for table in diff.altered.iter().filter(|it| !it.dropped.is_empty()) {
        for new in &table.added {
            let Some(old) = &new.renamed_from else { continue };
            let (table, column) = (table.to.name.clone(), Some(old.clone()));
            found.push(Rename { table, column, to: new.name.clone() });
        }
    }
    found
}

/// Whether at least half of the columns of both tables are the same.
fn is_like(old: &Table, new: &Table) -> bool {
    let is_shared =
        |it: &&Column| new.column(&it.name).is_some_and(|other| it.datatype == other.datatype);
    let n_shared = old.columns.iter().filter(is_shared).count();
    n_shared * 2 >= old.columns.len().max(new.columns.len())
}

impl std::fmt::Display for Rename {
    /// As the option is written.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (table, to) = (part(self.table.as_str()), part(self.to.as_str()));
        match &self.column {
            None => write!(formatter, "{table}={to}"),
            Some(column) => write!(formatter, "{table}.{}={to}", part(column.as_str())),
        }
    }
}
