//! The database as bodies find it one after another, and what their statements touch in it.
//!
//! Names are not resolved here: SQLite says what it reads for a query, at the beginning and where the
//! query stands. A view that was made anew, a column that takes a name away from another table, a
//! quoted word that was a string: in the one place SQLite reads something else than in the other.

use std::collections::{BTreeMap, BTreeSet};

use super::RewriteError;
use crate::db::{Quoting, Scratch, Touched, Witness};
use crate::revision::{Body, Revision};
use crate::sql::head::{Kind, Verb, head};
use crate::sql::lexer::{Token, has_keyword, tokens};

/// Virtual tables without rows of their own, which read nothing but what they are given.
pub(super) const PURE: [&str; 3] = ["json_each", "json_tree", "generate_series"];

/// The modules of virtual tables whose rows are those of their own tables, or of one that they name.
const STORES: [&str; 6] = ["fts3", "fts4", "fts5", "rtree", "rtree_i32", "geopoly"];

/// A database with the bodies so far, and the one before them.
pub(super) struct Course {
    start: Scratch,
    start_witness: Witness,
    now: Scratch,
    witness: Witness,
    /// Whether a statement did not run, so that what is there now is not known.
    is_lost: bool,
}

/// What a query asks where it stands.
pub(super) struct Asked {
    /// Whether it would ask the same at the beginning.
    pub is_same: bool,
    /// Whether it asks for more than the rows of tables: for the schema, or for whatever a virtual
    /// table makes up.
    pub is_foreign: bool,
    /// What it touches.
    pub touched: Touched,
}

impl Course {
    pub fn new(start: &Scratch) -> Result<Self, RewriteError> {
        let (mut start, mut now) = (start.copy()?, start.copy()?);
        let (start_witness, witness) = (start.witness()?, now.witness()?);
        Ok(Self { start, start_witness, now, witness, is_lost: false })
    }

    /// Runs a body; gives what each of its statements touches.
    pub fn run(&mut self, revision: &Revision, body: &Body) -> Result<Vec<Touched>, RewriteError> {
        let (database, mode) = (self.now.database(), revision.mode);
        database.set_foreign_keys(mode.foreign_keys)?;
        if !mode.autocommit {
            database.begin(crate::db::Lock::Write)?;
        }
        let mut all = Vec::with_capacity(body.statements.len());
        for sql in revision.statements(body) {
            self.witness.take();
            self.is_lost |= self.now.execute(sql).is_err();
            all.push(self.witness.take());
        }
        if mode.autocommit || self.is_lost {
            database.rollback()?;
        } else if !database.is_autocommit() {
            database.commit()?;
        }
        // As between two bodies of a run.
        database.detach_all()?;
        database.reset_settings()?;
        database.drop_temporary()?;
        database.set_foreign_keys(false)?;
        Ok(all)
    }

    /// What a query asks now that may read what is called like one of `names`; `None` where that
    /// cannot be known.
    pub fn ask(
        &self,
        query: &str,
        names: &BTreeSet<String>,
    ) -> Result<Option<Asked>, RewriteError> {
        let Some(touched) = touched_by(&self.now, &self.witness, query).filter(|_| !self.is_lost)
        else {
            return Ok(None);
        };
        let (before, now) = (objects(&self.start)?, objects(&self.now)?);
        let at_start = touched_by(&self.start, &self.start_witness, query);
        let is_defined = |sql: &&String| {
            let head = head(sql);
            head.verb == Verb::Create(Kind::View) || head.is_virtual
        };
        // Of the columns that two tables happen to share SQLite says nothing.
        let is_natural = |sql: &str| has_keyword(sql, "NATURAL");
        let mut texts = names.iter().filter_map(|it| now.get(it));
        let by_columns = is_natural(query) || texts.any(|it| is_natural(it));
        let definition = |objects: &BTreeMap<String, String>, name: &str| {
            objects.get(name).filter(|it| by_columns || is_defined(it)).cloned()
        };
        let mut tables = touched.reads.iter().map(|it| it.table.as_str());
        let is_same = at_start.is_some_and(|it| it == touched)
            && names.iter().all(|it| definition(&before, it) == definition(&now, it));
        let is_foreign = tables.any(|it| match now.get(it) {
            Some(sql) => module(sql).is_some_and(|it| !STORES.contains(&it.as_str())),
            None => !PURE.contains(&it),
        });
        Ok(Some(Asked { is_same, is_foreign, touched }))
    }
}

/// What a query touches; `None` where SQLite does not understand it.
fn touched_by(scratch: &Scratch, witness: &Witness, query: &str) -> Option<Touched> {
    // Once for what it lacks, and once with that.
    scratch.compiles(query, Quoting::Lenient).ok()?;
    witness.take();
    scratch.compiles(query, Quoting::Lenient).ok()?;
    Some(witness.take())
}

/// The texts of all tables and views, by name in lower case.
fn objects(scratch: &Scratch) -> Result<BTreeMap<String, String>, RewriteError> {
    let objects = scratch.database().schema_objects(&|_| false)?.into_iter();
    Ok(objects.map(|it| (it.name.to_ascii_lowercase(), it.sql)).collect())
}

/// The module of a virtual table, in lower case.
fn module(sql: &str) -> Option<String> {
    if !head(sql).is_virtual {
        return None;
    }
    let mut words = tokens(sql).filter(Token::is_significant);
    words.find(|it| it.is_keyword(sql, "USING"))?;
    words.next()?.name(sql).map(|it| it.to_ascii_lowercase())
}
