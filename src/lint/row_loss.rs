//! Rows and values that an upgrade loses: where a table or a column goes, what became of what stood
//! in it.
//!
//! What was tried out ([`super::fate`]) decides, and the words of the statements only in favour of
//! the author: what a statement reads before it goes was not forgotten, even if no value of ours came
//! through.

use std::collections::HashMap;

use super::data_failure::{forbids_null, is_key};
use super::data_loss::{drop_column, drop_table};
use super::deed::{Alteration, Copy, Deed, What, names};
use super::facts::Facts;
use super::fate::Fate;
use super::finding::Findings;
use super::mending::newly_constrained;
use super::odd_rows;
use crate::rule::Rule;
use crate::schema::{Column, Name, Table};
use crate::sql::head::{Kind, Verb, verb};
use crate::sql::layout::one_line;
use crate::sql::lexer::{Token, TokenKind, has_keyword, tokens};
use crate::sql::row_loss::chooses_all;

/// `drop-table` and `drop-column`, but for virtual tables.
pub fn check(facts: &Facts<'_>, found: &mut Findings<'_>) {
    let Some(fate) = &facts.trial.fate else { return };
    let walk = Walk::new(&facts.upgrade);
    for table in &fate.before.tables {
        Loss::new(facts, fate, table, &walk).check(&walk, found);
    }
}

/// The names that tables have while a body runs, and which of them are dropped.
pub(super) struct Walk {
    /// By the name of before: other names.
    names: HashMap<Name, Vec<Name>>,
    /// By the name of before: the byte at which it is dropped.
    dropped: HashMap<Name, usize>,
}

impl Walk {
    /// Follows the statements of a body.
    pub(super) fn new(deeds: &[Deed<'_>]) -> Self {
        let mut walk = Self { names: HashMap::new(), dropped: HashMap::new() };
        // By the name of now, of those that a statement gave away: what it was called before.
        let mut origins: HashMap<&Name, Option<Name>> = HashMap::new();
        for deed in deeds {
            match &deed.what {
                What::CreateTable(name) => {
                    origins.entry(name).and_modify(|it| *it = None);
                }
                What::Alter(from, Alteration::Rename(to)) => {
                    let origin = origins.insert(from, None).unwrap_or_else(|| Some(from.clone()));
                    if let Some(origin) = &origin {
                        walk.names.entry(origin.clone()).or_default().push(to.clone());
                    }
                    origins.insert(to, origin);
                }
                What::DropTable(name) => {
                    let origin = origins.insert(name, None).unwrap_or_else(|| Some(name.clone()));
                    if let Some(origin) = origin {
                        walk.dropped.entry(origin).or_insert(deed.span.start);
                    }
                }
                _ => {}
            }
        }
        walk
    }

    /// All names of a table of before.
    fn names(&self, table: &Name) -> Vec<Name> {
        let mut names = self.names.get(table).cloned().unwrap_or_default();
        names.push(table.clone());
        names
    }
}

/// A table of before, and what the upgrade does to its rows.
pub(super) struct Loss<'f, 'a> {
    pub facts: &'f Facts<'a>,
    pub fate: &'f Fate,
    pub table: &'f Table,
    /// What it is called while the upgrade runs.
    pub names: Vec<Name>,
}

impl<'f, 'a> Loss<'f, 'a> {
    pub(super) fn new(facts: &'f Facts<'a>, fate: &'f Fate, table: &'f Table, walk: &Walk) -> Self {
        Self { facts, fate, table, names: walk.names(&table.name) }
    }

    /// The names under which its rows may be found while the upgrade runs: its own, and those of what
    /// a rebuild puts in its place.
    pub(super) fn all_names(&self) -> Vec<Name> {
        let mut names = self.facts.aliases(&self.now());
        names.extend(
            self.names.iter().filter(|it| !names.contains(it)).cloned().collect::<Vec<_>>(),
        );
        names
    }

    fn check(&self, walk: &Walk, found: &mut Findings<'_>) {
        let dropped = walk.dropped.get(&self.table.name).copied();
        let all_names = self.all_names();
        let is_it = |it: &Name| all_names.contains(it);
        let drops_column = |it: &Deed<'_>| matches!(&it.what, What::Alter(it, Alteration::DropColumn(_)) if is_it(it));
        if dropped.is_none() && !self.facts.upgrade.iter().any(drops_column) {
            return;
        }
        let is_any = |query: &str| !has_keyword(query, "WHERE");
        if self.facts.is_refused(&self.now(), &[], &is_any) {
            return;
        }
        let after = self.after();
        let holding: Vec<&Column> = self.table.columns.iter().filter(|it| it.holds()).collect();
        let is_gone = |it: &Column| self.is_gone(it, after.as_ref());
        let some_survive = holding.iter().any(|it| !self.is_lost(it, true));
        if let Some(until) = dropped {
            let is_emptied = after.is_some() && self.is_emptied(until);
            // In a table that is rebuilt, nothing but trying tells that of columns that stay.
            let all_lost = holding.iter().all(|it| self.is_lost(it, is_gone(it)));
            let is_kept = is_copied(&self.facts.upgrade, &self.names);
            if all_lost && !is_emptied && !is_kept {
                self.report_table(after.is_some(), found);
                return;
            }
            if !self.rows_left_out(found) && after.is_some() {
                odd_rows::left_out(self, found);
            }
        }
        for column in holding {
            let is_gone = is_gone(column);
            // Where no row of ours came through, that is not the column's fault.
            let is_lost = self.is_lost(column, is_gone) && (is_gone || some_survive);
            // Rows that move to another table get a number there.
            let is_moved = dropped.is_some() && (after.is_none() || self.now() != self.table.name);
            let is_number = is_moved && self.table.is_rowid(&column.name);
            let until = dropped.unwrap_or(usize::MAX);
            if !is_lost
                || is_number
                || self.reads(column, until)
                || self.facts.is_refused(&self.now(), &[&column.name], &|_| true)
            {
                continue;
            }
            if is_gone {
                // What is built in the place of a table that goes may be called otherwise.
                let table = if dropped.is_some() { self.table.name.clone() } else { self.now() };
                drop_column(self.facts, (&self.now(), &table), &column.name, found);
            } else if !self.sets(column) && !self.is_looked_up(column) {
                self.report_values(column, found);
            }
        }
    }

    /// Whether the values of a column are nowhere afterwards; `unless_tried` if nobody could look.
    pub(super) fn is_lost(&self, column: &Column, unless_tried: bool) -> bool {
        let key = (self.table.name.clone(), column.name.clone());
        self.fate.lost.as_ref().map_or(unless_tried, |lost| lost.contains(&key))
    }

    /// What the table is called afterwards.
    pub(super) fn now(&self) -> Name {
        let tables = self.facts.change.iter().flat_map(|it| &it.lineage.tables);
        let renamed = { tables }.find(|(old, _)| *old == self.table.name);
        renamed.map_or_else(|| self.table.name.clone(), |(_, new)| new.clone())
    }

    /// The table afterwards, if it is still there.
    pub(super) fn after(&self) -> Option<Table> {
        let change = self.facts.change.as_ref()?;
        let now = self.now();
        match change.after.table(&now) {
            Some(table) => Some(table.clone()),
            None if change.before.table(&now).is_some() => None,
            // Nothing about it differs.
            None => Some(self.table.clone()),
        }
    }

    /// Whether a column is not there afterwards.
    pub(super) fn is_gone(&self, column: &Column, after: Option<&Table>) -> bool {
        let Some(after) = after else { return true };
        let columns = self.facts.change.iter().flat_map(|it| &it.lineage.columns);
        let is_it = |it: &&(Name, Name, Name)| it.0 == after.name && it.1 == column.name;
        let name = { columns }.find(is_it).map_or(&column.name, |(_, _, new)| new);
        !after.column(name).is_some_and(Column::holds)
    }

    /// Whether a statement before this byte, and before the column is dropped, takes its values
    /// elsewhere.
    pub(super) fn reads(&self, column: &Column, until: usize) -> bool {
        let mut known = vec![column.name.clone()];
        let mut added = Vec::new();
        for deed in self.facts.upgrade.iter().take_while(|it| it.span.start < until) {
            match &deed.what {
                What::Alter(table, Alteration::DropColumn(name))
                    if self.names.contains(table) && known.contains(name) =>
                {
                    return false;
                }
                What::Alter(table, Alteration::RenameColumn(from, to))
                    if self.names.contains(table) && known.contains(from) =>
                {
                    known.push(to.clone());
                }
                What::Alter(table, Alteration::AddColumn(name)) => added.push((table, name)),
                // `UPDATE … SET is_new = 1 WHERE status = 'new'` says in another way what it said.
                What::Update(it)
                    if self.names.iter().any(|name| deed.names(name))
                        && it
                            .sets
                            .iter()
                            .any(|(target, _)| added.contains(&(&it.table, target)))
                        && it
                            .filter
                            .as_deref()
                            .is_some_and(|it| known.iter().any(|name| names(it, name))) =>
                {
                    return true;
                }
                _ if reads(deed, &self.names, &known) => return true,
                _ => {}
            }
        }
        false
    }

    /// Whether an UPDATE says what stands in a column from now on.
    fn sets(&self, column: &Column) -> bool {
        let all_names = self.all_names();
        let is_it = |it: &Name| all_names.contains(it);
        self.facts.upgrade.iter().any(|it| {
            matches!(&it.what, What::Update(it)
                if is_it(&it.table) && it.sets.iter().any(|it| it.0 == column.name))
        })
    }

    /// Whether a copy looks up what a new foreign key over a column is to reference: what references
    /// nothing becomes NULL.
    fn is_looked_up(&self, column: &Column) -> bool {
        let now = self.now();
        let Some((_, diff)) = self.facts.diff() else { return false };
        let altered = diff.altered.iter().find(|it| it.to.name == now);
        let mut added = altered.iter().flat_map(|it| &it.foreign_keys.added);
        added.any(|it| it.columns.contains(&column.name))
            && self.facts.copies(&now).any(|it| it.source.is_joined)
    }

    /// Whether the rows are deleted on purpose before this byte.
    fn is_emptied(&self, until: usize) -> bool {
        self.facts.upgrade.iter().take_while(|it| it.span.start < until).any(|it| {
            matches!(&it.what, What::Delete(it)
                if it.filter.is_none() && self.names.contains(&it.table))
        })
    }

    fn report_table(&self, is_rebuilt: bool, found: &mut Findings<'_>) {
        let (facts, table) = (self.facts, &self.table.name);
        if !is_rebuilt {
            drop_table(facts, table, found);
            return;
        }
        let drops =
            |it: &&Deed<'_>| matches!(&it.what, What::DropTable(it) if self.names.contains(it));
        let place = facts.upgrade.iter().find(drops).map(|it| it.span.clone());
        found.add(
            Rule::DropTable,
            place.unwrap_or_else(|| facts.revision.spans.id.clone()),
            format!("rebuilds the table `{table}` without its rows: nothing copies them"),
            "`INSERT INTO … SELECT …` before the old table is dropped; if nobody needs the rows, say so: \
             `-- migrator:allow drop-table: WHY` above the statement",
        );
    }

    fn report_values(&self, column: &Column, found: &mut Findings<'_>) {
        let (table, name) = (self.now(), &column.name);
        let place = self.facts.place(&table, None, &|it| match &it.what {
            What::Alter(_, Alteration::DropColumn(dropped)) => dropped == name,
            What::Copy(_) => true,
            _ => false,
        });
        found.add(
            Rule::DropColumn,
            place,
            format!("`{table}.{name}` stays and loses its values: nothing copies them"),
            "copy them along; if nobody needs them, say so: `-- migrator:allow drop-column: WHY` above \
             the statement",
        );
    }

    /// Whether a directive of the upgrade asks for rows of the table, so that somebody knows of them.
    pub(super) fn is_asked_for(&self) -> bool {
        let file = &self.facts.revision.source.text;
        let mut directives = self.facts.revision.upgrade.directives.iter();
        directives.any(|it| self.names.iter().any(|name| names(&file[it.query.clone()], name)))
    }

    /// The copy that leaves rows out, which go with the old table; says whether its words tell.
    fn rows_left_out(&self, found: &mut Findings<'_>) -> bool {
        let facts = self.facts;
        let copies = facts.upgrade.iter().filter_map(|it| match &it.what {
            What::Copy(copy) if self.names.contains(&copy.from) => Some((it, copy)),
            _ => None,
        });
        // Several may well take all of them together.
        let [(deed, copy)] = copies.collect::<Vec<_>>()[..] else { return false };
        let clause = left_out(copy).filter(|it| copy.source.is_limited || !self.chooses_all(it));
        let Some(clause) = clause else { return false };
        let may_be_meant = self.newly_constrained().iter().any(|it| names(clause, it));
        if may_be_meant && !copy.source.is_limited {
            // Whether all of them are meant, only trying tells.
            return false;
        }
        if !self.is_asked_for() {
            self.report_left_out(deed, &one_line(clause), found);
        }
        true
    }

    /// The columns that new constraints are about, as the copy names them.
    pub(super) fn newly_constrained(&self) -> Vec<Name> {
        let Some((change, diff)) = self.facts.diff() else { return Vec::new() };
        let columns = newly_constrained(change, &diff, &self.now());
        change.lineage.old_columns(&self.now(), &columns)
    }

    /// Whether a WHERE asks for a column that is never NULL not to be NULL, and for nothing else.
    fn chooses_all(&self, filter: &str) -> bool {
        let words: Vec<Token> = tokens(filter).filter(Token::is_significant).collect();
        let is = |at: usize, word: &str| words[at].is_keyword(filter, word);
        let asks = match words.len() {
            3 => is(2, "NOTNULL"),
            4 => is(2, "NOT") && is(3, "NULL"),
            5 => is(2, "IS") && is(3, "NOT") && is(4, "NULL"),
            _ => return false,
        };
        let name = words[1].name(filter).map(Name::new);
        let column = name.and_then(|it| self.table.column(&it));
        asks && column
            .is_some_and(|it| forbids_null(self.table, it) || is_key(self.table, &it.name))
    }

    /// Reports the copy that leaves out these rows.
    pub(super) fn report_left_out(&self, deed: &Deed<'_>, which: &str, found: &mut Findings<'_>) {
        found.add(
            Rule::DropTable,
            deed.span.clone(),
            format!(
                "the copy leaves out rows of `{}` ({which}), and the old table is dropped with them",
                self.table.name
            ),
            "if nobody needs them, say so: `-- migrator:allow drop-table: WHY` above the statement; \
             `-- migrate:warn-if MESSAGE: QUERY` says how many there are",
        );
    }
}

/// The clause by which a copy of one table leaves rows out.
fn left_out(copy: &Copy) -> Option<&str> {
    let source = &copy.source;
    if source.is_joined {
        return None;
    }
    if source.is_limited {
        return Some("LIMIT");
    }
    // `WHERE true` stands before `ON CONFLICT`; a query may look whether the rows are there already.
    let is_query = |sql: &str| has_keyword(sql, "SELECT");
    let filter = source.filter.as_deref().filter(|it| !chooses_all(it));
    filter.filter(|it| !is_query(it))
}

/// Whether a statement takes the values of a column that has these names, of a table that has those,
/// to another place.
pub fn reads(deed: &Deed<'_>, table: &[Name], column: &[Name]) -> bool {
    if !table.iter().any(|it| deed.names(it)) {
        return false;
    }
    let is_named = |text: &str| column.iter().any(|it| names(text, it));
    match &deed.what {
        What::Copy(it) => {
            it.is_star() && table.contains(&it.from)
                || it.values.iter().any(|it| is_named(&it.text))
        }
        What::Update(it) => {
            let mut sets = it.sets.iter();
            sets.any(|(target, value)| !column.contains(target) && is_named(value))
        }
        What::Temporary(_) | What::Other | What::CreateTable(_) => {
            let select = tokens(deed.sql).find(|it| it.is_keyword(deed.sql, "SELECT"));
            let rest = select.map_or("", |it| &deed.sql[it.span.start..]);
            is_named(rest) || rest.contains('*')
        }
        _ => false,
    }
}

/// Whether a statement takes rows of a table that has these names elsewhere, perhaps by way of a
/// temporary one, or of a view: not only how many there are.
pub fn is_copied(deeds: &[Deed<'_>], table: &[Name]) -> bool {
    let mut table = table.to_vec();
    for deed in deeds {
        let name = match &deed.what {
            What::Temporary(name) => name,
            What::Create(name) if verb(deed.sql) == Verb::Create(Kind::View) => name,
            _ => continue,
        };
        if selects(deed, &table) {
            table.push(name.clone());
        }
    }
    let is_named = |sql: &str| table.iter().any(|it| names(sql, it));
    deeds.iter().any(|deed| match &deed.what {
        What::Copy(it) => {
            // What `WITH` calls so is another one.
            let is_made_of_it = it.source.is_joined || has_keyword(deed.sql, "WITH");
            let is_from = table.contains(&it.from) || is_made_of_it && is_named(deed.sql);
            let mut values = it.values.iter();
            is_from && (it.is_star() || values.clone().any(|it| has_name(&it.text)))
                || values.any(|it| is_named(&it.text))
        }
        What::Update(it) => {
            let mut sets = it.sets.iter();
            !table.contains(&it.table)
                && is_named(deed.sql)
                && sets.any(|(_, value)| has_name(value))
        }
        What::Other | What::CreateTable(_) => selects(deed, &table),
        _ => false,
    })
}

/// Whether a statement selects from one of these tables.
pub(super) fn selects(deed: &Deed<'_>, tables: &[Name]) -> bool {
    let has_select = has_keyword(deed.sql, "SELECT");
    has_select && tables.iter().any(|it| deed.names(it))
}

/// Whether a name that is no function stands in an expression.
pub(super) fn has_name(sql: &str) -> bool {
    let words: Vec<Token> = tokens(sql).filter(Token::is_significant).collect();
    words.iter().enumerate().any(|(at, it)| {
        let next = words.get(at + 1);
        let is_function = next.is_some_and(|it| it.kind == TokenKind::LeftParenthesis);
        let is_word = matches!(it.kind, TokenKind::Identifier | TokenKind::QuotedIdentifier);
        let no_names = ["NULL", "TRUE", "FALSE", "AS", "DISTINCT"];
        is_word && !is_function && !no_names.iter().any(|word| it.is_keyword(sql, word))
    })
}
