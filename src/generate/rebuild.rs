//! A table made anew, for what `ALTER TABLE` cannot change.
//!
//! The old table is renamed away, the new one made under its name with the text of its author, the
//! rows copied, the old one dropped. In this order, with `legacy_alter_table` and without foreign
//! keys (which are off while a body runs), nothing else notices: views, triggers of other tables and
//! foreign keys name the table and find the new one, and the statistics of `ANALYZE` stay.
//! Documented at <https://sqlite.org/lang_altertable.html#otheralter> in another order, in which
//! they are lost.

use crate::diff::TableDiff;
use crate::schema::dump::create_table;
use crate::schema::{Column, Fragment, Name, Table};
use crate::sql::lexer::has_keyword;
use crate::sql::quote::literal;

use super::before::rowid;
use super::{DROPPED_VALUES, Step, Task, in_place};

impl Task<'_> {
    /// The whole rebuild: indexes after the rows, which is three times as fast.
    pub(super) fn rebuild(&self, diff: &TableDiff<'_>) -> Step {
        let (from, to) = (diff.from, diff.to);
        let old = self.free_name(&to.name);
        let (name, old_quoted) = (to.name.quoted(), old.quoted());
        let mut statements = vec![
            "PRAGMA legacy_alter_table = ON".to_owned(),
            format!("ALTER TABLE {} RENAME TO {old_quoted}", from.name.quoted()),
            "PRAGMA legacy_alter_table = OFF".to_owned(),
            create_table(to),
        ];
        let copy = self.copied(from, to);
        if !copy.is_empty() {
            let (targets, sources): (Vec<_>, Vec<_>) = copy.into_iter().unzip();
            // ABORT, because a constraint with its own clause would replace or leave out rows.
            statements.push(format!(
                "INSERT OR ABORT INTO {name} ({})\nSELECT {}\nFROM {old_quoted}",
                targets.join(", "),
                sources.join(", ")
            ));
        }
        let counts = |it: &Table| it.primary_key.iter().any(|it| it.is_autoincrement);
        if counts(from) && counts(to) {
            // The number that was given last, which may be higher than any that is left.
            let (table, old) = (literal(to.name.as_str()), literal(old.as_str()));
            statements.push(format!("DELETE FROM sqlite_sequence WHERE name = {table}"));
            statements
                .push(format!("UPDATE sqlite_sequence SET name = {table} WHERE name = {old}"));
        }
        statements.push(format!("DROP TABLE {old_quoted}"));
        statements.extend(self.indexes_of(&to.name).map(|it| it.sql.clone()));
        statements.extend(self.stale_search_indexes(diff));

        let mut step = Step::new(Self::reason(diff), statements);
        if self.options.is_downgrade && diff.added.iter().any(|it| it.holds()) {
            step.comments.push(DROPPED_VALUES.to_owned());
        }
        self.rebuild_notes(diff, &mut step);
        step
    }

    /// What the rebuild is for.
    fn reason(diff: &TableDiff<'_>) -> String {
        let names = |columns: &[&Name]| columns.iter().map(ToString::to_string).collect::<Vec<_>>();
        let added: Vec<&Name> = diff.added.iter().map(|it| &it.name).collect();
        let dropped: Vec<&Name> = diff.dropped.iter().map(|it| &it.name).collect();
        let changed: Vec<&Name> = diff.changed.iter().map(|(_, it)| &it.name).collect();
        let mut changed = names(&changed);
        for (what, is_other) in [
            ("the primary key", diff.has_other_primary_key),
            ("unique constraints", !diff.uniques.is_empty()),
            ("checks", !diff.checks.is_empty()),
            ("foreign keys", !diff.foreign_keys.is_empty()),
            ("the order of the columns", diff.wants_order && diff.has_other_order),
        ] {
            if is_other {
                changed.push(what.to_owned());
            }
        }
        let mut changes = Vec::new();
        for (verb, things) in
            [("add", names(&added)), ("drop", names(&dropped)), ("change", changed)]
        {
            if !things.is_empty() {
                changes.push(format!("{verb} {}", things.join(", ")));
            }
        }
        for (word, old, new) in [
            ("STRICT", diff.from.is_strict, diff.to.is_strict),
            ("WITHOUT ROWID", diff.from.is_without_rowid, diff.to.is_without_rowid),
        ] {
            if old != new {
                changes.push(format!("be {}{word}", if new { "" } else { "no longer " }));
            }
        }
        format!("{}: rebuilt to {}", diff.to.name, changes.join("; "))
    }

    /// The columns that get their value from the old row, each with the expression for it.
    fn copied(&self, from: &Table, to: &Table) -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        let old_rowid = match from.rowid_column() {
            _ if from.is_without_rowid => None,
            Some(column) => Some(column.name.quoted()),
            None => rowid(&[from]).map(str::to_owned),
        };
        // Other tables, such as the index of a full-text search, may know rows by their rowid.
        if !to.is_without_rowid
            && to.rowid_column().is_none()
            && let (Some(new), Some(old)) = (rowid(&[to]), &old_rowid)
        {
            pairs.push((new.to_owned(), old.clone()));
        }
        for column in to.columns.iter().filter(|it| it.holds()) {
            let fill = self.fill(&to.name, &column.name);
            let name = column.name.quoted();
            let value = match (from.column(&column.name), fill) {
                (Some(old), Some(fill)) if is_made_of(fill, old, column) => fill.to_owned(),
                (Some(_), Some(fill)) => format!("coalesce({name}, {fill})"),
                (Some(old), None) => old.name.quoted(),
                (None, Some(fill)) => fill.to_owned(),
                // A rowid that gets a name.
                (None, None) if to.is_rowid(&column.name) => match &old_rowid {
                    Some(old) => old.clone(),
                    None => continue,
                },
                (None, None) => continue,
            };
            pairs.push((name, value));
        }
        // Rows that keep nothing are still rows.
        if pairs.is_empty()
            && let Some(column) = to.columns.iter().find(|it| it.holds())
        {
            let default = column.default.as_ref().map_or("NULL", |it| it.text());
            pairs.push((column.name.quoted(), in_place::literal(default)));
        }
        pairs
    }

    /// The expression that `--fill` gave for a column.
    pub(super) fn fill(&self, table: &Name, column: &Name) -> Option<&str> {
        let fills = &self.options.fills;
        let fill = fills.iter().find(|it| it.table == *table && it.column == *column);
        fill.map(|it| it.expression.as_str())
    }

    /// The name of the old table while there are two of them.
    fn free_name(&self, table: &Name) -> Name {
        let is_taken = |name: &Name| {
            [self.from, self.to].iter().any(|it| {
                it.table(name).is_some()
                    || it.views.iter().any(|it| it.name == *name)
                    || it.virtual_tables.iter().any(|it| it.name == *name)
                    || it.indexes.iter().any(|it| it.name == *name)
            })
        };
        let mut name = Name::new(format!("_{OLD}{table}"));
        while is_taken(&name) {
            name = Name::new(format!("_{name}"));
        }
        name
    }
}

/// What the name of the old table begins with while there are two of them, behind underscores.
const OLD: &str = "migrator_old_";

/// The table that another one is the old state of, by its name: one that was left when a rebuild did not
/// come to its end.
pub fn rebuilt_table(name: &Name) -> Option<&str> {
    let name = name.as_str();
    name.strip_prefix('_')?.trim_start_matches('_').strip_prefix(OLD).filter(|it| !it.is_empty())
}

/// Whether a `--fill` makes a value of another type out of that which the column has: it names the
/// column. Any other is for rows that have none; so is a query, where the name may be another's.
pub(super) fn is_made_of(fill: &str, old: &Column, new: &Column) -> bool {
    let has_query = has_keyword(fill, "SELECT");
    old.datatype != new.datatype && !has_query && Fragment::new(fill).names(&new.name)
}
