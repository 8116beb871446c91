//! Checks over what a copy computes: whether a value can be against them at which such things go
//! wrong. What the copy takes as it stands may be anything, and is not asked.

use std::collections::BTreeSet;

use super::Request;
use super::deed::{Copy, What, names};
use super::facts::{Facts, Source};
use super::fate::{Inconclusive, literal, named};
use super::made_up::into;
use crate::db::{Quoting, SchemaSnapshot, Scratch};
use crate::diff::TableDiff;
use crate::schema::{self, Fragment, Name, Table};
use crate::sql::lexer::{TokenKind, tokens};

/// New checks that nothing which was tried is against, with their tables of after.
pub fn passed(
    facts: &Facts<'_>,
    before: &SchemaSnapshot,
    request: &Request<'_>,
) -> Result<Vec<(Name, Fragment)>, schema::ReadError> {
    let Some((_, diff)) = facts.diff() else { return Ok(Vec::new()) };
    let mut passed = Vec::new();
    for table in &diff.altered {
        for check in &table.checks.added {
            let Some(asked) = Asked::new(facts, table, &check.expression) else { continue };
            let objects = named(&facts.upgrade, before);
            let tables = schema::read(&objects)?.tables;
            let scratch = Scratch::new(Quoting::Lenient, request.replay.extensions);
            let is_passed = scratch.map_err(|_| Inconclusive).and_then(|scratch| {
                for it in &objects {
                    scratch.execute(&it.sql)?;
                }
                asked.is_passed(&scratch, &tables)
            });
            if is_passed.unwrap_or(false) {
                passed.push((table.to.name.clone(), check.expression.clone()));
            }
        }
    }
    Ok(passed)
}

/// A check, and the copy that it is asked of.
struct Asked<'f, 'a> {
    facts: &'f Facts<'a>,
    check: &'f Fragment,
    copy: &'f Copy,
}

impl<'f, 'a> Asked<'f, 'a> {
    /// Nothing where the check is about anything but what one copy computes.
    fn new(facts: &'f Facts<'a>, table: &TableDiff<'_>, check: &'f Fragment) -> Option<Self> {
        let name = &table.to.name;
        let mut copies = facts.copies(name);
        let copy = copies.next().filter(|it| copies.next().is_none() && !it.source.is_joined)?;
        let mut columns = table.to.columns.iter().filter(|it| check.names(&it.name));
        let is_computed = columns.all(|it| {
            facts.copied(name, &it.name) == Some(Source::Expression)
                && facts.given(name, &it.name).next().is_none()
        });
        is_computed.then_some(Self { facts, check, copy })
    }

    /// Runs the upgrade up to the copy, over rows with odd values; whether the check takes what is
    /// there then.
    fn is_passed(&self, scratch: &Scratch, tables: &[Table]) -> Result<bool, Inconclusive> {
        scratch.execute("PRAGMA ignore_check_constraints = ON")?;
        scratch.set_triggers(false)?;
        let (texts, numbers) = (self.texts(), self.numbers());
        for table in tables {
            for (nth, row) in self.rows(table, &texts, &numbers).iter().enumerate() {
                // A value that the table does not take is none that can be there.
                scratch.execute(&insert(table, nth, row)).ok();
            }
        }
        scratch.set_triggers(true)?;
        for deed in &self.facts.upgrade {
            scratch.execute(deed.sql)?;
            if matches!(&deed.what, What::Copy(it) if it == self.copy) {
                break;
            }
        }
        let (into, check) = (self.copy.into.quoted(), self.check.text());
        let is_filled = scratch.rows_found(&format!("SELECT 1 FROM {into}"))?.is_some();
        let against = scratch.rows_found(&format!("SELECT 1 FROM {into} WHERE NOT ({check})"))?;
        Ok(is_filled && against.is_none())
    }

    /// What the columns that the copy computes with hold, row by row: each value in each of them, and in
    /// all of them.
    fn rows<'t>(
        &self,
        table: &'t Table,
        texts: &BTreeSet<String>,
        numbers: &BTreeSet<String>,
    ) -> Vec<Vec<(&'t Name, String)>> {
        let is_used = |name: &Name| {
            let mut values = self.copy.values.iter().filter(|it| it.column.is_none());
            values.any(|it| names(&it.text, name))
        };
        let used = table.columns.iter().filter(|it| it.holds() && is_used(&it.name));
        let used: Vec<(&Name, &BTreeSet<String>)> = used
            .map(|it| {
                let is_text = literal(it.datatype.text(), "").starts_with('\'');
                (&it.name, if is_text { texts } else { numbers })
            })
            .collect();
        let each = used
            .iter()
            .flat_map(|(name, values)| values.iter().map(|it| vec![(*name, it.clone())]));
        let all = (0..texts.len().max(numbers.len())).map(|nth| {
            let value = |(name, values): &(&'t Name, &BTreeSet<String>)| {
                Some((*name, values.iter().nth(nth)?.clone()))
            };
            used.iter().filter_map(value).collect()
        });
        each.chain(all).collect()
    }

    /// Literals of SQL of this kind in the check, and in what is computed.
    fn literals(&self, kind: TokenKind) -> impl Iterator<Item = &str> {
        let values = self.copy.values.iter().map(|it| it.text.as_str());
        let all = std::iter::once(self.check.text()).chain(values);
        all.flat_map(move |sql| {
            tokens(sql).filter(move |it| it.kind == kind).map(move |it| it.text(sql))
        })
    }

    fn texts(&self) -> BTreeSet<String> {
        let odd =
            ["NULL", "''", "' '", "'x'", "'X y'", "'-1'", "'0'", "'ä'", "'12345678901234567890'"];
        let mut texts: BTreeSet<String> = odd.iter().map(|it| (*it).to_owned()).collect();
        let signs = (' '..='~').filter(|it| !it.is_ascii_alphanumeric() && *it != '\'');
        texts.extend(signs.map(|it| format!("'a{it}b'")));
        for it in self.literals(TokenKind::String) {
            texts.extend([it.to_owned(), format!("upper({it})"), format!("' ' || {it}")]);
        }
        texts
    }

    fn numbers(&self) -> BTreeSet<String> {
        let odd = ["NULL", "-1", "0", "1", "0.5", "-0.5", "9223372036854775807", "-1e300", "1e300"];
        let mut numbers: BTreeSet<String> = odd.iter().map(|it| (*it).to_owned()).collect();
        for it in self.literals(TokenKind::Number) {
            let near = ["", " - 1", " + 1", " - 0.5", " + 0.5"].map(|by| format!("{it}{by}"));
            numbers.extend(near);
            numbers.insert(format!("-{it}"));
        }
        numbers
    }
}

/// Puts a row of a table there.
fn insert(table: &Table, nth: usize, odd: &[(&Name, String)]) -> String {
    let holding = table.columns.iter().filter(|it| it.holds()).enumerate();
    let columns: Vec<(&Name, String)> = holding
        .map(|(at, it)| {
            let odd = odd.iter().find(|(name, _)| **name == it.name);
            let mark = (6_000_000 + nth * 1_000 + at).to_string();
            let value = || literal(it.datatype.text(), &mark);
            (&it.name, odd.map_or_else(value, |(_, value)| value.clone()))
        })
        .collect();
    format!("INSERT OR IGNORE {}", into(table, &columns))
}
