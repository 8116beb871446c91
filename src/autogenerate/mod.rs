//! The revision between two schemas, proven before anybody sees it.
//!
//! Everything happens in scratch databases: the renames, since only SQLite knows where a name stands;
//! and the bodies that come out, up, down and up again, with rows.

use std::collections::HashSet;

use crate::db::{DbError, Scratch, SqliteError};
use crate::diff::Diff;
use crate::diff::lines::{Line, lines};
use crate::generate::{self, Fill, Note, Options, Script, Step};
use crate::schema::{self, Name, Schema};

mod fills;
mod proof;
pub mod renames;
mod respelling;
mod rows;

pub use fills::FillError;
pub(crate) use proof::show;
pub use proof::{Phase, ProofFailure};
pub use renames::{Rename, RenameError, Renames};
use respelling::Respelling;
pub(crate) use rows::{Contents, fill};

/// What the bodies are to do.
pub struct Request<'a> {
    /// The database at the parent of the new revision.
    pub from: &'a Scratch,
    /// The declared schema.
    pub to: &'a Schema,
    /// Tables that a declared file says were renamed: new and old name.
    pub hinted_tables: &'a [(Name, Name)],
    /// `--rename`.
    pub renames: &'a [Rename],
    /// `--fill`.
    pub fills: &'a [Fill],
    /// The oldest SQLite that must run the bodies: the `35` of 3.35.
    pub target: u32,
    /// Whether the order of columns is part of the schema.
    pub by_order: bool,
    /// The names of tables and views that are nobody's business here.
    pub is_excluded: &'a dyn Fn(&str) -> bool,
}

/// Two bodies that were proven.
#[derive(Debug, Clone)]
pub struct Generated {
    /// What differs.
    pub lines: Vec<Line>,
    /// The upgrade's SQL.
    pub upgrade: String,
    /// The downgrade's SQL.
    pub downgrade: String,
    /// Rows that the upgrade loses or may fail on.
    pub notes: Vec<Note>,
    /// Hints that name nothing, where something is dropped that may have been meant.
    pub unfollowed: Vec<Rename>,
}

/// Why there are no bodies. Nothing was written anywhere.
#[derive(Debug, thiserror::Error)]
pub enum AutogenerateError {
    /// A scratch database failed.
    #[error(transparent)]
    Db(#[from] DbError),
    /// A schema could not be taken apart.
    #[error(transparent)]
    Schema(#[from] schema::ReadError),
    /// `--rename` makes no sense.
    #[error(transparent)]
    Rename(#[from] RenameError),
    /// `--fill` makes no sense.
    #[error(transparent)]
    Fill(#[from] FillError),
    /// SQLite does not carry out a rename.
    #[error("SQLite refuses `{sql}`: {}", source.message)]
    Refused {
        /// The statement.
        sql: String,
        /// What it said.
        source: SqliteError,
    },
    /// The bodies do not do what they should.
    #[error("{0}")]
    Proof(Box<ProofFailure>),
}

/// The schema of a scratch database.
pub fn read_schema(
    scratch: &Scratch,
    is_excluded: &dyn Fn(&str) -> bool,
) -> Result<Schema, AutogenerateError> {
    Ok(schema::read(&scratch.database().schema_objects(is_excluded)?)?)
}

/// What differs between two schemas.
pub fn compare(from: &Schema, to: &Schema, by_order: bool) -> Vec<Line> {
    lines(&Diff::new(from, to, by_order))
}

/// Drops and adds between two schemas that may be renames, and go together.
pub fn likely_renames(from: &Schema, to: &Schema, by_order: bool) -> Vec<Rename> {
    let mut likely = Vec::new();
    for rename in renames::suggestions(&Diff::new(from, to, by_order)) {
        likely.push(rename);
        if Renames::new(from, to, &[], &likely).is_err() {
            likely.pop();
        }
    }
    likely
}

/// What differs when the renames are applied, and drops and adds that may be more of them.
pub fn differences(request: &Request<'_>) -> Result<(Vec<Line>, Vec<Rename>), AutogenerateError> {
    let sides = Sides::new(request)?;
    let diff = Diff::new(&sides.renamed.schema, request.to, request.by_order);
    let mut suggestions = renames::suggestions(&diff);
    suggestions.retain(|it| sides.takes(request, it));
    Ok((sides.lines(request), suggestions))
}

/// Writes the bodies and proves them; `None` if there is no difference.
///
/// # Errors
///
/// [`AutogenerateError`]; the proof is tried a second time with every altered table rebuilt, because
/// what SQLite alters in place depends on all that a schema holds.
pub fn autogenerate(request: &Request<'_>) -> Result<Option<Generated>, AutogenerateError> {
    fills::check_places(request)?;
    let sides = Sides::new(request)?;
    let diff = Diff::new(&sides.renamed.schema, request.to, request.by_order);
    if diff.is_empty() && sides.renames.is_empty() {
        return Ok(None);
    }
    sides.check_fills(request, &diff)?;
    match sides.prove(request, &diff, Ways::All) {
        Err(AutogenerateError::Proof(_)) if !diff.altered.is_empty() => {
            sides.prove(request, &diff, Ways::Rebuild)
        }
        outcome => outcome,
    }
    .map(Some)
}

/// How tables may be altered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ways {
    /// In place where SQLite can.
    All,
    /// By a rebuild.
    Rebuild,
}

impl Ways {
    /// The tables that are rebuilt even where an `ALTER TABLE` would do.
    fn rebuilt(self, diff: &Diff<'_>) -> HashSet<Name> {
        match self {
            Self::All => HashSet::new(),
            Self::Rebuild => diff.altered.iter().map(|it| it.to.name.clone()).collect(),
        }
    }
}

/// The schema of before, as it is and with its renames.
struct Sides {
    before: Schema,
    renames: Renames,
    renamed: Renamed,
}

/// A schema in which renames are carried out.
struct Renamed {
    /// Takes away what is in the way of the renames.
    steps: Vec<Step>,
    schema: Schema,
    /// Where they are; nothing is renamed in `None`.
    scratch: Option<Scratch>,
    /// Columns that have another type for it, by their new names.
    respelled: Vec<(Name, Name)>,
}

impl Sides {
    fn new(request: &Request<'_>) -> Result<Self, AutogenerateError> {
        let before = read_schema(request.from, request.is_excluded)?;
        let renames = Renames::new(&before, request.to, request.hinted_tables, request.renames)?;
        let renamed = rename(request.from, &before, request.to, &renames, request)?;
        Ok(Self { before, renames, renamed })
    }

    /// Whether a rename fits in with the others.
    fn takes(&self, request: &Request<'_>, rename: &Rename) -> bool {
        let mut all = request.renames.to_vec();
        all.push(rename.clone());
        Renames::new(&self.before, request.to, request.hinted_tables, &all).is_ok()
    }

    /// What differs; what is dropped only to be out of the way does if it changes too.
    fn lines(&self, request: &Request<'_>) -> Vec<Line> {
        let mut from = self.renamed.schema.clone();
        if !self.renamed.steps.is_empty() {
            from.views.clone_from(&self.before.views);
            from.triggers.clone_from(&self.before.triggers);
        }
        respelling::set_type(&mut from, &self.renamed.respelled, "INTEGER");
        let mut found = self.renames.lines();
        found.extend(lines(&Diff::new(&from, request.to, request.by_order)));
        found
    }

    /// Whether what the user gives to existing rows can be given to them.
    fn check_fills(&self, request: &Request<'_>, diff: &Diff<'_>) -> Result<(), AutogenerateError> {
        fills::check_need(request, diff)?;
        let scratch = self.renamed.scratch.as_ref().unwrap_or(request.from);
        for fill in request.fills {
            if let Some(table) = self.renamed.schema.table(&fill.table) {
                fills::check_expression(scratch, fill, table)??;
            }
        }
        Ok(())
    }

    /// Both bodies, and their proof.
    fn prove(
        &self,
        request: &Request<'_>,
        diff: &Diff<'_>,
        ways: Ways,
    ) -> Result<Generated, AutogenerateError> {
        let options = Options {
            target: request.target,
            fills: request.fills.to_vec(),
            old_names: self.renames.old_names(),
            rebuilt: ways.rebuilt(diff),
            is_downgrade: false,
        };
        let renamed = &self.renamed.schema;
        let mut upgrade = Script { steps: self.renamed.steps.clone() };
        upgrade.steps.extend(self.renames.steps());
        upgrade.steps.extend(generate::script(diff, renamed, request.to, &options).steps);

        let back = self.renames.inverse();
        // From what the upgrade leaves, and not from what was declared: the two mean the same and
        // need not be written the same.
        let way_back = |scratch: &Scratch, after: &Schema| {
            let Renamed { steps, schema: after, .. } =
                rename(scratch, after, &self.before, &back, request)?;
            let diff = Diff::new(&after, &self.before, request.by_order);
            let options = Options {
                fills: Vec::new(),
                old_names: back.old_names(),
                rebuilt: ways.rebuilt(&diff),
                is_downgrade: true,
                ..options.clone()
            };
            let mut downgrade = Script { steps };
            downgrade.steps.extend(back.steps());
            downgrade.steps.extend(generate::script(&diff, &after, &self.before, &options).steps);
            Ok(downgrade)
        };
        let proof = proof::Proof {
            from: request.from,
            before: &self.before,
            after: request.to,
            renamed,
            upgrade: &upgrade,
            way_back: &way_back,
            old_names: &self.renames.old_names(),
            fills: request.fills,
            by_order: request.by_order,
            is_excluded: request.is_excluded,
        };
        let downgrade = proof.hold()?;

        Ok(Generated {
            lines: self.lines(request),
            upgrade: generate::body(&upgrade),
            downgrade: generate::body(&downgrade),
            notes: upgrade.notes().cloned().collect(),
            unfollowed: renames::unfollowed(diff, request.hinted_tables),
        })
    }
}

/// Carries renames out on a copy and reads the schema that they lead to.
///
/// SQLite refuses a rename that a view or trigger does not survive. What is to be another one anyway
/// is dropped before; if that is not enough, so are all the rest; and then tables are made such that
/// SQLite can do it.
fn rename(
    scratch: &Scratch,
    from: &Schema,
    to: &Schema,
    renames: &Renames,
    request: &Request<'_>,
) -> Result<Renamed, AutogenerateError> {
    if renames.is_empty() {
        return Ok(Renamed {
            steps: Vec::new(),
            schema: from.clone(),
            scratch: None,
            respelled: Vec::new(),
        });
    }
    let attempt = |steps: Vec<Step>, respelled: Vec<(Name, Name)>| {
        let copy = scratch.copy()?;
        for sql in steps.iter().cloned().chain(renames.steps()).flat_map(|it| it.statements) {
            if let Err(source) = copy.execute(&sql) {
                return Err(AutogenerateError::Refused { sql, source });
            }
        }
        let schema = read_schema(&copy, request.is_excluded)?;
        Ok(Renamed { steps, schema, scratch: Some(copy), respelled })
    };
    // What is said in the end is what SQLite said of the rename alone.
    let refusal = match attempt(Vec::new(), Vec::new()) {
        Err(refusal @ AutogenerateError::Refused { .. }) => refusal,
        outcome => return outcome,
    };
    for all in [false, true] {
        let drops = generate::drops_in_the_way(from, to, all);
        if !drops.is_empty()
            && let Ok(renamed) = attempt(drops, Vec::new())
        {
            return Ok(renamed);
        }
    }
    let Respelling { steps, columns } =
        Respelling::new(from, &renames.old_columns(), request.target);
    if columns.is_empty() {
        return Err(refusal);
    }
    let mut drops = generate::drops_in_the_way(from, to, true);
    drops.extend(steps);
    let columns = columns.into_iter().map(|it| renames.renamed(it)).collect();
    attempt(drops, columns).map_err(|_| refusal)
}

#[cfg(test)]
mod tests;
