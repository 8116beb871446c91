//! Virtual tables, which cannot be altered.

use crate::diff::Change;
use crate::schema::{Name, VirtualTable};
use crate::sql::lexer::{Token, TokenKind, tokens};

use super::{Note, Step, Task, quoted};

impl Task<'_> {
    /// Makes a virtual table, with the content of the one that it replaces where it has its own.
    pub(super) fn create_virtual_table(&self, change: &Change<'_, VirtualTable>) -> Vec<Step> {
        match *change {
            Change::Dropped(_) => Vec::new(), // done before
            Change::Added(new) => {
                let mut statements = vec![new.sql.clone()];
                statements.extend(reindex(new));
                vec![Step::new(format!("create the virtual table {}", new.name), statements)]
            }
            Change::Changed { from, to } => vec![self.replace_virtual_table(from, to)],
        }
    }

    fn replace_virtual_table(&self, from: &VirtualTable, to: &VirtualTable) -> Step {
        let name = quoted(&to.name);
        let comment = format!("the virtual table {} is replaced", to.name);
        let (old_columns, new_columns) = (own_columns(from), own_columns(to));
        let shared: Vec<String> = match (&old_columns, &new_columns) {
            (Some(old), Some(new)) => {
                new.iter().filter(|it| old.contains(it)).map(quoted).collect()
            }
            _ => Vec::new(),
        };
        if shared.is_empty() {
            let mut statements = vec![format!("DROP TABLE {name}"), to.sql.clone()];
            statements.extend(reindex(to));
            let mut step = Step::new(comment, statements);
            if reindex(to).is_none() {
                step.notes.push(Note {
                    is_refused: false,
                    hazard: format!("replaces {} and what is in it", to.name),
                    rows: format!("rows of {} are deleted with it", to.name),
                    query: format!("SELECT rowid FROM {}", self.old_table(&from.name)),
                    flag: None,
                    table: self.old_table(&from.name),
                    identity: "rowid".to_owned(),
                });
            }
            return step;
        }
        let old = quoted(&Name::new(format!("_migrator_old_{}", to.name)));
        // The first column of an R*Tree is its rowid.
        let is_rtree = to.module == Name::new("rtree") || to.module == Name::new("rtree_i32");
        let columns =
            if is_rtree { shared.join(", ") } else { format!("rowid, {}", shared.join(", ")) };
        let statements = vec![
            format!("ALTER TABLE {name} RENAME TO {old}"),
            to.sql.clone(),
            format!("INSERT INTO {name} ({columns})\nSELECT {columns}\nFROM {old}"),
            format!("DROP TABLE {old}"),
        ];
        Step::new(comment, statements)
    }
}

/// The columns of a virtual table whose module keeps their content itself, or `None`.
fn own_columns(table: &VirtualTable) -> Option<Vec<Name>> {
    let is = |module: &str| table.module == Name::new(module);
    if is("rtree") || is("rtree_i32") {
        return Some(arguments(table).iter().filter_map(|it| first_word(it)).collect());
    }
    if !is("fts5") || arguments(table).iter().any(|it| option(it).as_deref() == Some("content")) {
        return None;
    }
    let columns = arguments(table);
    Some(columns.iter().filter(|it| option(it).is_none()).filter_map(|it| first_word(it)).collect())
}

/// The command that fills the index of an FTS table whose content is another table.
fn reindex(table: &VirtualTable) -> Option<String> {
    let is_fts = ["fts5", "fts4"].iter().any(|it| table.module == Name::new(*it));
    let has_content = arguments(table).iter().any(|it| {
        option(it).as_deref() == Some("content")
            && !matches!(value(it).as_str(), "" | "''" | "\"\"")
    });
    let name = quoted(&table.name);
    (is_fts && has_content).then(|| format!("INSERT INTO {name} ({name}) VALUES ('rebuild')"))
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
