//! Virtual tables that are dropped and made again, and what of their rows is left; by words alone.

use std::collections::HashMap;

use super::deed::{Alteration, Deed, What, deeds};
use crate::revision::Revision;
use crate::schema::Name;
use crate::sql::head::{Verb, head};
use crate::sql::lexer::{Token, TokenKind, has_keyword, tokens};

/// Whether the statement `at` drops a table that a later one makes again, and none before has copied
/// rows of it: it is empty then.
pub fn is_emptied(deeds: &[Deed<'_>], at: usize, name: &Name) -> bool {
    let (before, behind) = (&deeds[..at], &deeds[at + 1..]);
    // What the body itself made, or gave the name to, is another one.
    let is_another = before.iter().any(|it| match &it.what {
        What::CreateTable(made) => made == name,
        What::Create(made) => made == name && is_virtual(it.sql),
        What::Alter(from, Alteration::Rename(to)) => from == name || to == name,
        _ => false,
    });
    !is_another && is_made(behind, name) && !before.iter().any(|it| reads(it, name))
}

/// Whether the statements make the table as a full-text index of another.
pub fn is_index_again(deeds: &[Deed<'_>], name: &Name) -> bool {
    deeds.iter().any(|it| {
        matches!(&it.what, What::Create(made) if made == name)
            && is_virtual(it.sql)
            && makes_index(it.sql)
    })
}

/// Whether the statements make the table, and leave it there.
fn is_made(deeds: &[Deed<'_>], name: &Name) -> bool {
    let mut what_happens = deeds.iter().filter_map(|it| match &it.what {
        What::CreateTable(made) if made == name => Some(true),
        What::Create(made) if made == name && is_virtual(it.sql) => Some(true),
        What::DropTable(dropped) if dropped == name => Some(false),
        _ => None,
    });
    what_happens.next_back() == Some(true)
}

/// Whether a statement writes what it reads from the table: `INSERT … SELECT`, `CREATE TABLE … AS`,
/// be it to a temporary one.
fn reads(deed: &Deed<'_>, name: &Name) -> bool {
    let head = head(deed.sql);
    (head.verb == Verb::Insert || head.makes_rows)
        && deed.names(name)
        && has_keyword(deed.sql, "SELECT")
}

/// The tables that revisions make as full-text indexes of others, and as nothing else.
pub fn indexes<'a>(revisions: impl IntoIterator<Item = &'a Revision>) -> Vec<Name> {
    let mut found: HashMap<Name, bool> = HashMap::new();
    for revision in revisions {
        // Most make none.
        if !revision.statements(&revision.upgrade).any(is_virtual) {
            continue;
        }
        for deed in deeds(revision, &revision.upgrade) {
            if let What::Create(name) = &deed.what
                && is_virtual(deed.sql)
            {
                *found.entry(name.clone()).or_insert(true) &= makes_index(deed.sql);
            }
        }
    }
    found.into_iter().filter_map(|(name, is_index)| is_index.then_some(name)).collect()
}

fn is_virtual(sql: &str) -> bool {
    head(sql).is_virtual
}

/// Whether a `CREATE VIRTUAL TABLE` makes what holds nothing of its own.
fn makes_index(sql: &str) -> bool {
    let mut words = tokens(sql).filter(Token::is_significant);
    let using = words.find(|it| it.is_keyword(sql, "USING"));
    let (Some(_), Some(module)) = (using, words.next()) else { return false };
    let open = words.find(|it| it.kind == TokenKind::LeftParenthesis);
    let arguments = open.map_or("", |it| &sql[it.span.end..]);
    module.name(sql).is_some_and(|it| is_index(&it, arguments))
}

/// Whether a virtual table is a full-text index over another table, or without content: it holds
/// nothing that is nowhere else.
pub fn is_index(module: &str, arguments: &str) -> bool {
    module.to_ascii_lowercase().starts_with("fts")
        && arguments.split(',').any(|it| {
            it.split_once('=').is_some_and(|(key, _)| key.trim().eq_ignore_ascii_case("content"))
        })
}
