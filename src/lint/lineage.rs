//! Which table and column of before is which one of after, where a body renamed it.
//!
//! A rename is said by `ALTER TABLE`, or by a copy into a new table. Followed by tokens: a rebuild
//! renames twice and ends where it began, which is no rename at all.

use std::collections::{HashMap, HashSet};

use super::deed::{Alteration, Copy, Deed, What};
use crate::schema::{Fragment, KeyColumn, Name, Schema, Table};
use crate::sql::lexer::{TokenKind, tokens};
use crate::sql::quote::identifier;

/// What has another name after a body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lineage {
    /// Tables: before and after.
    pub tables: Vec<(Name, Name)>,
    /// Columns: their table of after, before and after.
    pub columns: Vec<(Name, Name, Name)>,
}

impl Lineage {
    /// What `deeds` rename between two schemas.
    pub fn new(deeds: &[Deed<'_>], before: &Schema, after: &Schema) -> Self {
        let is_rename = |it: &Deed<'_>| {
            matches!(
                it.what,
                What::Copy(_)
                    | What::Alter(_, Alteration::Rename(_) | Alteration::RenameColumn(..))
            )
        };
        if !deeds.iter().any(is_rename) {
            return Self::default();
        }
        let mut names = Names { before, origins: HashMap::new(), columns: HashMap::new() };
        for deed in deeds {
            names.follow(deed);
        }
        names.finish(after)
    }

    /// The schema of before with the names of after.
    pub fn apply(&self, before: &Schema) -> Schema {
        let mut schema = before.clone();
        let table_name = |name: &mut Name| {
            if let Some((_, new)) = self.tables.iter().find(|(old, _)| old == name) {
                *name = new.clone();
            }
        };
        for table in &mut schema.tables {
            table_name(&mut table.name);
            for key in &mut table.foreign_keys {
                table_name(&mut key.parent);
                self.rename_all(&key.parent.clone(), &mut key.parent_columns);
                self.rename_all(&table.name, &mut key.columns);
            }
            self.rename_columns(table);
        }
        for index in &mut schema.indexes {
            table_name(&mut index.table);
            for part in index.columns.iter_mut().chain(&mut index.condition) {
                self.rename_in(&index.table, part);
            }
        }
        schema.triggers.iter_mut().for_each(|it| table_name(&mut it.table));
        schema
    }

    /// What a table of after was called before.
    pub fn old_table<'n>(&'n self, table: &'n Name) -> &'n Name {
        self.tables.iter().find(|(_, new)| new == table).map_or(table, |(old, _)| old)
    }

    /// What columns of a table of after were called before.
    pub fn old_columns(&self, table: &Name, columns: &[Name]) -> Vec<Name> {
        let old = |name: &Name| {
            let is_it = |it: &&(Name, Name, Name)| it.0 == *table && it.2 == *name;
            self.columns.iter().find(is_it).map_or(name, |(_, old, _)| old).clone()
        };
        columns.iter().map(old).collect()
    }

    fn column(&self, table: &Name, name: &Name) -> Option<&Name> {
        let is_it = |it: &&(Name, Name, Name)| it.0 == *table && it.1 == *name;
        self.columns.iter().find(is_it).map(|(_, _, new)| new)
    }

    fn rename_all(&self, table: &Name, columns: &mut [Name]) {
        for name in columns {
            if let Some(new) = self.column(table, name) {
                *name = new.clone();
            }
        }
    }

    fn rename_columns(&self, table: &mut Table) {
        if !self.columns.iter().any(|(it, _, _)| *it == table.name) {
            return;
        }
        let name = table.name.clone();
        let rename_key = |columns: &mut Vec<KeyColumn>| {
            for it in columns {
                self.rename_all(&name, std::slice::from_mut(&mut it.name));
            }
        };
        table.primary_key.iter_mut().for_each(|it| rename_key(&mut it.columns));
        table.uniques.iter_mut().for_each(|it| rename_key(&mut it.columns));
        for check in &mut table.checks {
            self.rename_in(&name, &mut check.expression);
        }
        for column in &mut table.columns {
            self.rename_all(&name, std::slice::from_mut(&mut column.name));
            if let Some(generated) = &mut column.generated {
                self.rename_in(&name, &mut generated.expression);
            }
        }
    }

    /// Renames the columns of a table in a piece of SQL.
    fn rename_in(&self, table: &Name, fragment: &mut Fragment) {
        let sql = fragment.text();
        let mut text = String::with_capacity(sql.len());
        let mut is_other = false;
        for token in tokens(sql) {
            let is_name = matches!(token.kind, TokenKind::Identifier | TokenKind::QuotedIdentifier);
            let name = token.name(sql).filter(|_| is_name).map(Name::new);
            match name.and_then(|it| self.column(table, &it)) {
                Some(new) => {
                    text.push_str(&identifier(new.as_str()));
                    is_other = true;
                }
                None => text.push_str(token.text(sql)),
            }
        }
        if is_other {
            *fragment = Fragment::new(&text);
        }
    }
}

/// What has which name while a body runs.
struct Names<'s> {
    before: &'s Schema,
    /// For names that a statement gave away: the table of before that has it now.
    origins: HashMap<Name, Origin>,
    /// By the table's name of now: columns of before that have another name now.
    columns: HashMap<Name, Vec<(Name, Name)>>,
}

/// Where a table comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Origin {
    /// It is new, or gone.
    Nothing,
    /// It was renamed from this one.
    Renamed(Name),
    /// It has rows of this one.
    Copied(Name),
}

impl Names<'_> {
    fn origin(&self, name: &Name) -> Option<Name> {
        match self.origins.get(name) {
            Some(Origin::Nothing) => None,
            Some(Origin::Renamed(it) | Origin::Copied(it)) => Some(it.clone()),
            None => self.before.table(name).map(|it| it.name.clone()),
        }
    }

    fn follow(&mut self, deed: &Deed<'_>) {
        match &deed.what {
            What::Alter(from, Alteration::Rename(to)) => {
                let origin = match self.origins.remove(from) {
                    Some(known) => known,
                    None => self
                        .before
                        .table(from)
                        .map_or(Origin::Nothing, |it| Origin::Renamed(it.name.clone())),
                };
                self.origins.insert(from.clone(), Origin::Nothing);
                self.origins.insert(to.clone(), origin);
                if let Some(columns) = self.columns.remove(from) {
                    self.columns.insert(to.clone(), columns);
                }
            }
            What::Alter(table, Alteration::RenameColumn(from, to)) => {
                self.rename_column(table, from, to);
            }
            What::CreateTable(name) if self.origin(name).is_none() => {
                self.origins.insert(name.clone(), Origin::Nothing);
            }
            What::DropTable(name) => {
                self.origins.insert(name.clone(), Origin::Nothing);
                self.columns.remove(name);
            }
            What::Copy(copy) if self.origins.get(&copy.into) == Some(&Origin::Nothing) => {
                let Some(origin) = self.origin(&copy.from) else { return };
                let columns = self.copied(copy);
                self.columns.insert(copy.into.clone(), columns);
                self.origins.insert(copy.into.clone(), Origin::Copied(origin));
            }
            _ => {}
        }
    }

    /// Which column of before is which one of the table that a copy fills. All at once: columns may
    /// change places, and one may go to two.
    fn copied(&self, copy: &Copy) -> Vec<(Name, Name)> {
        let renamed = self.columns.get(&copy.from).map_or(&[][..], Vec::as_slice);
        let origin = |now: &Name| match renamed.iter().find(|it| it.1 == *now) {
            Some((before, _)) => before.clone(),
            None => now.clone(),
        };
        let as_they_stand = copy.columns().filter_map(|(to, from)| Some((to, from?)));
        let mut columns: Vec<_> =
            as_they_stand.map(|(to, from)| (origin(from), to.clone())).collect();
        // What an expression was made of keeps its name.
        for it in renamed {
            if !columns.iter().any(|(_, now)| *now == it.1) {
                columns.push(it.clone());
            }
        }
        columns
    }

    fn rename_column(&mut self, table: &Name, from: &Name, to: &Name) {
        let columns = self.columns.entry(table.clone()).or_default();
        match columns.iter_mut().find(|(_, now)| now == from) {
            Some((_, now)) => now.clone_from(to),
            None if from != to => columns.push((from.clone(), to.clone())),
            None => {}
        }
    }

    fn finish(self, after: &Schema) -> Lineage {
        let is_there: HashSet<&Name> = after.tables.iter().map(|it| &it.name).collect();
        let mut lineage = Lineage::default();
        for table in &after.tables {
            let origin = match self.origins.get(&table.name) {
                Some(Origin::Renamed(it)) => self.before.table(it),
                // What is still there was copied and not moved.
                Some(Origin::Copied(it)) if *it == table.name || !is_there.contains(it) => {
                    self.before.table(it)
                }
                None | Some(Origin::Nothing | Origin::Copied(_)) => self.before.table(&table.name),
            };
            let Some(origin) = origin else { continue };
            if origin.name != table.name {
                lineage.tables.push((origin.name.clone(), table.name.clone()));
            }
            for (from, to) in self.columns.get(&table.name).into_iter().flatten() {
                let was = |name: &Name| origin.column(name).is_some();
                let is = |name: &Name| table.column(name).is_some();
                if was(from) && !is(from) && is(to) && !was(to) {
                    lineage.columns.push((table.name.clone(), from.clone(), to.clone()));
                }
            }
        }
        lineage
    }
}
