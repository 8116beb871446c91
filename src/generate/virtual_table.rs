//! Virtual tables, which cannot be altered.

use crate::diff::{Change, TableDiff};
use crate::schema::{Name, Table, VirtualTable};
use crate::sql::lexer::{Token, TokenKind, tokens};

use super::new_rows::NewRows;
use super::{DELETED_ROWS, DROPPED_VALUES, Note, Step, Task};

impl Task<'_> {
    /// Makes a virtual table, with the content of the one that it replaces where it has its own.
    pub(super) fn create_virtual_table(&self, change: &Change<'_, VirtualTable>) -> Vec<Step> {
        match *change {
            Change::Dropped(_) => Vec::new(), // done before
            Change::Added(new) => {
                let mut statements = vec![new.sql.clone()];
                statements.extend(reindex(new));
                let mut step =
                    Step::new(format!("create the virtual table {}", new.name), statements);
                if self.options.is_downgrade && content(new).is_none() {
                    step.comments.push(DELETED_ROWS.to_owned());
                }
                vec![step]
            }
            Change::Changed { from, to } => vec![self.replace_virtual_table(from, to)],
        }
    }

    /// All rows of a virtual table that is dropped and keeps them itself, or an index of texts that
    /// are nowhere in the database.
    pub(super) fn content_deleted(&self, table: &VirtualTable) -> Option<Note> {
        let is_contentless = is_contentless(table);
        if own_columns(table).is_none() && !is_contentless {
            return None;
        }
        let what = if is_contentless { "its whole index" } else { "all its rows" };
        let hazard = format!("drops the virtual table {} with {what}", table.name);
        let rows = format!("rows of {} are deleted with it", table.name);
        Some(self.rows_lost(&table.name, hazard, rows, ""))
    }

    /// Rows of a virtual table that are lost.
    fn rows_lost(&self, table: &Name, hazard: String, rows: String, condition: &str) -> Note {
        let table = self.old_table(table);
        Note {
            is_refused: false,
            hazard,
            rows,
            query: format!("SELECT rowid FROM {table}{condition}"),
            flag: None,
            table,
            identity: "rowid".to_owned(),
        }
    }

    /// The commands that fill full-text indexes again whose content a rebuild changes.
    pub(super) fn stale_search_indexes(&self, diff: &TableDiff<'_>) -> Vec<String> {
        let rows = NewRows::new(self, diff.from, diff.to);
        let is_stale = |table: &&VirtualTable| {
            let is_new = !self.from.virtual_tables.contains(table); // made after this, from the rows
            let is_of = content(table).is_some_and(|it| it == diff.to.name);
            let columns = arguments(table).into_iter().filter(|it| option(it).is_none());
            let mut columns = columns.filter_map(first_word).filter_map(|it| diff.to.column(&it));
            // A column of that name is what the index takes for the rowid.
            let has_rowid = |it: &Table| it.column(&Name::new("rowid")).is_some();
            let has_other_rowid = has_rowid(diff.from) != has_rowid(diff.to);
            !is_new && is_of && (has_other_rowid || columns.any(|it| !rows.is_same(it)))
        };
        self.to.virtual_tables.iter().filter(is_stale).filter_map(reindex).collect()
    }

    fn replace_virtual_table(&self, from: &VirtualTable, to: &VirtualTable) -> Step {
        let name = to.name.quoted();
        let comment = format!("the virtual table {} is replaced", to.name);
        let (old_columns, new_columns) = (own_columns(from), own_columns(to));
        let shared: Vec<String> = match (&old_columns, &new_columns) {
            (Some(old), Some(new)) => {
                new.iter().filter(|it| old.contains(it)).map(Name::quoted).collect()
            }
            _ => Vec::new(),
        };
        if shared.is_empty() {
            let mut statements = vec![format!("DROP TABLE {name}"), to.sql.clone()];
            statements.extend(reindex(to));
            let mut step = Step::new(comment, statements);
            if reindex(to).is_none() {
                if self.options.is_downgrade {
                    step.comments.push(DELETED_ROWS.to_owned());
                }
                let hazard = format!("replaces {} and what is in it", to.name);
                let rows = format!("rows of {} are deleted with it", to.name);
                step.notes.push(self.rows_lost(&from.name, hazard, rows, ""));
            }
            return step;
        }
        let gone: Vec<Name> = old_columns
            .iter()
            .flatten()
            .filter(|it| !shared.contains(&it.quoted()))
            .cloned()
            .collect();
        let old = Name::new(format!("_migrator_old_{}", to.name)).quoted();
        // The first column of an R*Tree is its rowid.
        let is_rtree = to.module == Name::new("rtree") || to.module == Name::new("rtree_i32");
        let columns =
            if is_rtree { shared.join(", ") } else { format!("rowid, {}", shared.join(", ")) };
        // Without the pragma, triggers and views that name the table would follow it.
        let statements = vec![
            "PRAGMA legacy_alter_table = ON".to_owned(),
            format!("ALTER TABLE {name} RENAME TO {old}"),
            "PRAGMA legacy_alter_table = OFF".to_owned(),
            to.sql.clone(),
            format!("INSERT INTO {name} ({columns})\nSELECT {columns}\nFROM {old}"),
            format!("DROP TABLE {old}"),
        ];
        let notes = gone.iter().map(|it| {
            let hazard = format!("drops {}.{it} with its values", from.name);
            let rows = format!("rows of {} have a value in {it}, which is dropped", from.name);
            let condition = format!(" WHERE {} IS NOT NULL", it.quoted());
            self.rows_lost(&from.name, hazard, rows, &condition)
        });
        let notes: Vec<Note> = notes.collect();
        let mut step = Step { notes, ..Step::new(comment, statements) };
        let is_back = |it: &Name| !old_columns.iter().flatten().any(|old| old == it);
        if self.options.is_downgrade && new_columns.iter().flatten().any(is_back) {
            step.comments.push(DROPPED_VALUES.to_owned());
        }
        step
    }
}

/// Whether a full-text table keeps an index and no texts.
fn is_contentless(table: &VirtualTable) -> bool {
    let is_fts = ["fts5", "fts4"].iter().any(|it| table.module.is(it));
    let has_option = arguments(table).iter().any(|it| option(it).as_deref() == Some("content"));
    is_fts && has_option && content(table).is_none()
}

/// The columns of a virtual table whose module keeps their content itself, or `None`.
fn own_columns(table: &VirtualTable) -> Option<Vec<Name>> {
    let is = |module: &str| table.module == Name::new(module);
    if is("rtree") || is("rtree_i32") {
        // `+` stands before a column that is only kept.
        let columns = arguments(table).into_iter().map(|it| it.trim_start_matches('+'));
        return Some(columns.filter_map(first_word).collect());
    }
    if !is("fts5") || arguments(table).iter().any(|it| option(it).as_deref() == Some("content")) {
        return None;
    }
    let columns = arguments(table);
    Some(columns.iter().filter(|it| option(it).is_none()).filter_map(|it| first_word(it)).collect())
}

/// The command that fills the index of an FTS table whose content is another table.
fn reindex(table: &VirtualTable) -> Option<String> {
    content(table)?;
    let name = table.name.quoted();
    Some(format!("INSERT INTO {name} ({name}) VALUES ('rebuild')"))
}

/// The table that an FTS table keeps an index of.
fn content(table: &VirtualTable) -> Option<Name> {
    let is_fts = ["fts5", "fts4"].iter().any(|it| table.module.is(it));
    let arguments = arguments(table);
    let content = arguments.iter().find(|it| option(it).as_deref() == Some("content"))?;
    let value = value(content);
    let name = tokens(&value).next()?.name(&value)?.into_owned();
    (is_fts && !name.is_empty()).then(|| Name::new(name))
}

/// What stands between the commas.
fn arguments(table: &VirtualTable) -> Vec<&str> {
    let text = table.arguments.text();
    let mut arguments = Vec::new();
    let (mut start, mut depth) = (0, 0_usize);
    for token in tokens(text) {
        match token.kind {
            TokenKind::LeftParenthesis => depth += 1,
            TokenKind::RightParenthesis => depth = depth.saturating_sub(1),
            TokenKind::Comma if depth == 0 => {
                arguments.push(text[start..token.span.start].trim());
                start = token.span.end;
            }
            _ => {}
        }
    }
    arguments.push(text[start..].trim());
    arguments
}

fn first_word(argument: &str) -> Option<Name> {
    tokens(argument).find(Token::is_significant)?.name(argument).map(Name::new)
}

/// The key of `key = value`, in lower case.
fn option(argument: &str) -> Option<String> {
    let (key, _) = argument.split_once('=')?;
    let is_key = tokens(key).filter(Token::is_significant).count() == 1;
    is_key.then(|| key.trim().to_ascii_lowercase())
}

fn value(argument: &str) -> String {
    argument.split_once('=').map_or_else(String::new, |(_, it)| it.trim().to_owned())
}
