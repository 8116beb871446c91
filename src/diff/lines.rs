//! What differs, in lines for people and programs: one for each column, constraint and object.

use std::fmt::{self, Display};

use crate::schema::{
    Action, Check, Column, Conflict, ForeignKey, Fragment, Index, KeyColumn, Name, PrimaryKey,
    Table, Unique,
};
use crate::sql::layout::one_line;
use crate::sql::lexer::{Token, tokens};

use super::{Change, Diff, TableDiff};

/// What happened to something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// The new side has it.
    Added,
    /// The new side does not have it any more.
    Dropped,
    /// It is not what it was.
    Changed,
    /// It has another name.
    Renamed,
}

impl Sign {
    /// One character.
    pub fn symbol(self) -> char {
        match self {
            Self::Added => '+',
            Self::Dropped => '-',
            Self::Changed => '~',
            Self::Renamed => '>',
        }
    }

    /// A word, for programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Dropped => "dropped",
            Self::Changed => "changed",
            Self::Renamed => "renamed",
        }
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What happened.
    pub sign: Sign,
    /// To what: `table`, `column`, `primary key`, `unique`, `check`, `foreign key`, `index`, `view`,
    /// `trigger`.
    pub kind: &'static str,
    /// Its name; of a column or constraint with the table's before it.
    pub name: String,
    /// What it is now, or how it changed; may be empty. One line.
    pub detail: String,
}

impl Display for Line {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {} {}", self.sign.symbol(), self.kind, self.name)?;
        if self.detail.is_empty() { Ok(()) } else { write!(formatter, " {}", self.detail) }
    }
}

impl Line {
    fn new(sign: Sign, kind: &'static str, name: &dyn Display, detail: impl Into<String>) -> Self {
        Self { sign, kind, name: name.to_string(), detail: detail.into() }
    }

    /// The line of a rename.
    pub fn renamed(kind: &'static str, from: &dyn Display, to: &Name) -> Self {
        Self::new(Sign::Renamed, kind, from, format!("now {to}"))
    }
}

/// A table, or a column of it, of which it is said that it is dropped.
pub fn dropped(table: &Name, column: Option<&Name>) -> String {
    match column {
        None => format!("the table `{table}`"),
        Some(column) => format!("the column `{table}.{column}`"),
    }
}

/// What goes away where the new side is made the old one again, with the rows and values in it.
pub fn dropped_on_the_way_back(lines: &[Line]) -> Vec<String> {
    let is_dropped = |it: &&Line| it.sign == Sign::Added && matches!(it.kind, "table" | "column");
    lines.iter().filter(is_dropped).map(|it| format!("the {} `{}`", it.kind, it.name)).collect()
}

/// All differences: tables, then what belongs to them, then the other objects.
pub fn lines(diff: &Diff<'_>) -> Vec<Line> {
    let mut lines = Vec::new();
    for change in &diff.tables {
        match change {
            Change::Added(table) => {
                lines.push(Line::new(Sign::Added, "table", &table.name, columns_of(table)));
            }
            Change::Dropped(table) | Change::Changed { from: table, .. } => {
                lines.push(Line::new(Sign::Dropped, "table", &table.name, ""));
            }
        }
    }
    diff.altered.iter().for_each(|it| table_lines(it, &mut lines));
    objects(
        &mut lines,
        "table",
        &diff.virtual_tables,
        |it| &it.name,
        |it| format!("USING {}", it.module),
    );
    for change in &diff.indexes {
        lines.push(match change {
            Change::Added(index) => Line::new(Sign::Added, "index", &index.name, index_text(index)),
            Change::Dropped(index) => Line::new(Sign::Dropped, "index", &index.name, ""),
            Change::Changed { from, to } => {
                Line::new(Sign::Changed, "index", &to.name, index_change(from, to))
            }
        });
    }
    objects(&mut lines, "view", &diff.views, |it| &it.name, |_| String::new());
    objects(&mut lines, "trigger", &diff.triggers, |it| &it.name, |it| format!("ON {}", it.table));
    lines
}

fn objects<'s, T>(
    lines: &mut Vec<Line>,
    kind: &'static str,
    changes: &[Change<'s, T>],
    name: impl Fn(&'s T) -> &'s Name,
    detail: impl Fn(&T) -> String,
) {
    for change in changes {
        lines.push(match *change {
            Change::Added(it) => Line::new(Sign::Added, kind, &name(it), detail(it)),
            Change::Dropped(it) => Line::new(Sign::Dropped, kind, &name(it), ""),
            Change::Changed { to, .. } => Line::new(Sign::Changed, kind, &name(to), detail(to)),
        });
    }
}

fn table_lines(diff: &TableDiff<'_>, lines: &mut Vec<Line>) {
    let table = &diff.to.name;
    let n_before = lines.len();
    let of = |name: &Name| format!("{table}.{name}");
    for column in &diff.added {
        lines.push(Line::new(Sign::Added, "column", &of(&column.name), definition_text(column)));
    }
    for (from, to) in &diff.changed {
        lines.push(Line::new(Sign::Changed, "column", &of(&to.name), column_change(from, to)));
    }
    for column in &diff.dropped {
        lines.push(Line::new(Sign::Dropped, "column", &of(&column.name), ""));
    }
    let is_new = |column: &Option<Name>| {
        column.as_ref().is_some_and(|it| diff.added.iter().any(|added| added.name == *it))
    };
    let is_gone = |column: &Option<Name>| {
        column.as_ref().is_some_and(|it| diff.dropped.iter().any(|gone| gone.name == *it))
    };
    if diff.has_other_primary_key {
        let (old, new) = (&diff.from.primary_key, &diff.to.primary_key);
        let (sign, detail) = match (old, new) {
            (_, None) => (Sign::Dropped, String::new()),
            (None, Some(new)) => (Sign::Added, primary_key_text(new)),
            (Some(_), Some(new)) => (Sign::Changed, format!("now {}", primary_key_text(new))),
        };
        lines.push(Line::new(sign, "primary key", &table, detail));
    }
    for it in &diff.uniques.added {
        lines.push(Line::new(Sign::Added, "unique", &table, unique_text(it)));
    }
    for it in &diff.uniques.dropped {
        lines.push(Line::new(Sign::Dropped, "unique", &table, unique_text(it)));
    }
    // What stands in the definition of a column that comes or goes has been shown with it.
    for it in diff.checks.added.iter().filter(|it| !is_new(&it.column)) {
        lines.push(Line::new(Sign::Added, "check", &table, check_text(it)));
    }
    for it in diff.checks.dropped.iter().filter(|it| !is_gone(&it.column)) {
        lines.push(Line::new(Sign::Dropped, "check", &table, check_text(it)));
    }
    for it in diff.foreign_keys.added.iter().filter(|it| !is_new(&it.column)) {
        lines.push(Line::new(Sign::Added, "foreign key", &table, foreign_key_text(it)));
    }
    for it in diff.foreign_keys.dropped.iter().filter(|it| !is_gone(&it.column)) {
        lines.push(Line::new(Sign::Dropped, "foreign key", &table, foreign_key_text(it)));
    }
    let option =
        |is_set: bool, word: &str| format!("{} {word}", if is_set { "now" } else { "no longer" });
    if diff.from.is_strict != diff.to.is_strict {
        lines.push(Line::new(Sign::Changed, "table", &table, option(diff.to.is_strict, "STRICT")));
    }
    if diff.from.is_without_rowid != diff.to.is_without_rowid {
        let detail = option(diff.to.is_without_rowid, "WITHOUT ROWID");
        lines.push(Line::new(Sign::Changed, "table", &table, detail));
    }
    // Nothing else differs, so it is what was asked for.
    if lines.len() == n_before {
        let detail = format!("now {}", columns_of(diff.to));
        lines.push(Line::new(Sign::Changed, "table", &table, detail));
    }
}

fn columns_of(table: &Table) -> String {
    let names: Vec<&str> = table.columns.iter().map(|it| it.name.as_str()).collect();
    format!("({})", names.join(", "))
}

/// A definition without the name, on one line and without comments.
fn definition_text(column: &Column) -> String {
    let text = column.definition.as_str();
    let name_end = tokens(text).next().map_or(0, |it| it.span.end);
    one_line(&text[name_end..])
}

fn column_change(from: &Column, to: &Column) -> String {
    let mut parts = Vec::new();
    if from.datatype != to.datatype {
        parts.push(match (from.datatype.is_empty(), to.datatype.is_empty()) {
            (_, true) => format!("now without a type, was {}", one_line(from.datatype.text())),
            (true, false) => format!("now {}", one_line(to.datatype.text())),
            (false, false) => format!(
                "now {}, was {}",
                one_line(to.datatype.text()),
                one_line(from.datatype.text())
            ),
        });
    }
    match (from.not_null, to.not_null) {
        (old, new) if old == new => {}
        (_, Some(new)) => {
            parts.push(format!("now NOT NULL{}", conflict_text(new.conflict)));
        }
        (_, None) => parts.push("now may be NULL".to_owned()),
    }
    if from.default != to.default {
        parts.push(match &to.default {
            Some(default) => format!("now DEFAULT {}", default_text(default)),
            None => "now without DEFAULT".to_owned(),
        });
    }
    if from.collation != to.collation {
        parts.push(match &to.collation {
            Some(collation) => format!("now COLLATE {collation}"),
            None => "now COLLATE BINARY".to_owned(),
        });
    }
    if from.generated != to.generated {
        parts.push(match &to.generated {
            Some(generated) => format!(
                "now generated as ({}){}",
                one_line(generated.expression.text()),
                if generated.is_stored { " STORED" } else { "" }
            ),
            None => "now not generated".to_owned(),
        });
    }
    parts.join(", ")
}

/// A default as it may be written: with parentheses unless it is a literal.
fn default_text(default: &Fragment) -> String {
    let text = one_line(default.text());
    let is_signed = text.starts_with(['-', '+']);
    let n_tokens = tokens(&text).filter(Token::is_significant).count();
    if n_tokens == 1 || (is_signed && n_tokens == 2) { text } else { format!("({text})") }
}

fn conflict_text(conflict: Option<Conflict>) -> String {
    conflict.map_or_else(String::new, |it| format!(" ON CONFLICT {}", it.as_sql()))
}

fn key_text(columns: &[KeyColumn]) -> String {
    let columns = columns.iter().map(|it| {
        let collation =
            it.collation.as_ref().map_or_else(String::new, |it| format!(" COLLATE {it}"));
        format!("{}{collation}{}", it.name, if it.is_descending { " DESC" } else { "" })
    });
    format!("({})", columns.collect::<Vec<_>>().join(", "))
}

fn named(name: Option<&Name>, text: &str) -> String {
    name.map_or_else(|| text.to_owned(), |name| format!("{name} {text}"))
}

fn primary_key_text(key: &PrimaryKey) -> String {
    let text = format!(
        "{}{}{}",
        key_text(&key.columns),
        if key.is_autoincrement { " AUTOINCREMENT" } else { "" },
        conflict_text(key.conflict)
    );
    named(key.name.as_ref(), &text)
}

fn unique_text(unique: &Unique) -> String {
    let text = format!("{}{}", key_text(&unique.columns), conflict_text(unique.conflict));
    named(unique.name.as_ref(), &text)
}

fn check_text(check: &Check) -> String {
    named(check.name.as_ref(), &format!("({})", one_line(check.expression.text())))
}

fn names_text(names: &[Name]) -> String {
    let names: Vec<&str> = names.iter().map(Name::as_str).collect();
    format!("({})", names.join(", "))
}

fn foreign_key_text(key: &ForeignKey) -> String {
    let action = |event: &str, action: Action| match action {
        Action::NoAction => String::new(),
        action => format!(" ON {event} {}", action.as_sql()),
    };
    let parent_columns = match key.parent_columns.as_slice() {
        [] => String::new(),
        columns => names_text(columns),
    };
    let text = format!(
        "{} REFERENCES {}{parent_columns}{}{}{}{}",
        names_text(&key.columns),
        key.parent,
        action("DELETE", key.on_delete),
        action("UPDATE", key.on_update),
        key.match_name.as_ref().map_or_else(String::new, |it| format!(" MATCH {it}")),
        if key.is_deferred { " DEFERRABLE INITIALLY DEFERRED" } else { "" },
    );
    named(key.name.as_ref(), &text)
}

fn index_text(index: &Index) -> String {
    let columns: Vec<String> = index.columns.iter().map(|it| one_line(it.text())).collect();
    let condition = index
        .condition
        .as_ref()
        .map_or_else(String::new, |it| format!(" WHERE {}", one_line(it.text())));
    let unique = if index.is_unique { "UNIQUE " } else { "" };
    format!("{unique}ON {} ({}){condition}", index.table, columns.join(", "))
}

fn index_change(from: &Index, to: &Index) -> String {
    if from.table != to.table || from.columns != to.columns {
        return format!("now {}", index_text(to));
    }
    let mut parts = Vec::new();
    if from.is_unique != to.is_unique {
        parts.push(if to.is_unique { "now UNIQUE" } else { "no longer UNIQUE" }.to_owned());
    }
    if from.condition != to.condition {
        parts.push(match &to.condition {
            Some(condition) => format!("now WHERE {}", one_line(condition.text())),
            None => "now without WHERE".to_owned(),
        });
    }
    parts.join(", ")
}
