//! A plan made ready to run: bodies at hand, everything refused that must be.
//!
//! Pure. It is made for the whole plan before anything runs, so that a mistake in the last revision
//! does not show when the first ones are committed.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::ops::Range;

use super::TransactionMode;
use super::error::{Failure, NotRehearsable};
use crate::audit::{Again, LogDirection, Note, stood_for};
use crate::graph::RevisionGraph;
use crate::plan::{Direction, Plan, RowWrite, Step};
use crate::revision::{Body, Directive, Downgrade, Revision, RevisionId, RunMode};
use crate::source::Problem;
use crate::sql::effect::{dropped_table, drops_data, writes_rows};
use crate::sql::head::{Verb, verb};
use crate::sql::row_loss::{loses_rows_of, makes_table};
use crate::sql::statement::checksum;
use crate::sql::transaction_control::forbidden_in_transaction;

/// The steps of a plan that are still to run.
#[derive(Debug, Clone)]
pub(super) struct Work<'g> {
    /// All steps, in order.
    steps: Vec<Task<'g>>,
    /// How many of them ran.
    n_done: usize,
    /// The rows of the version table that the rest of the steps belongs to.
    pub rows: Vec<String>,
    /// What the log lacks, to be written before anything else.
    pub unlogged: Vec<Note>,
    /// Those that run a second time, as the log has it.
    pub again: Vec<Again>,
    /// See [`Work::loses_data`].
    loses_data: OnceCell<bool>,
}

/// A step with its statements.
#[derive(Debug, Clone)]
pub(super) struct Task<'g> {
    /// The revision.
    pub revision: &'g Revision,
    /// Which way.
    pub direction: Direction,
    /// What happens to the version table afterwards.
    pub writes: Vec<RowWrite>,
    /// The statements, as bytes of the revision's file.
    pub statements: &'g [Range<usize>],
    /// What is evaluated before the statements run.
    pub directives: &'g [Directive],
    /// The text of the body; `None` where it is left out, and only the version table is written.
    body: Option<&'g str>,
}

/// Leading steps that share a transaction, or one step that has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group {
    /// How many; not zero.
    pub n_steps: usize,
    /// How they run.
    pub mode: RunMode,
}

impl<'g> Work<'g> {
    /// Takes the bodies of a plan, which was made for `rows`.
    ///
    /// # Errors
    ///
    /// [`Failure::Irreversible`], or [`Failure::Forbidden`] with all problems of all steps.
    pub fn new(graph: &'g RevisionGraph, plan: Plan, rows: Vec<String>) -> Result<Self, Failure> {
        let mut forbidden = Vec::new();
        let mut steps = Vec::with_capacity(plan.steps.len());
        for Step { revision, direction, runs, writes } in plan.steps {
            let revision = &graph[revision];
            if !runs {
                let (statements, directives) = (&[][..], &[][..]);
                let body = None;
                steps.push(Task { revision, direction, writes, statements, directives, body });
                continue;
            }
            let body = body(revision, direction)?;
            if !revision.mode.autocommit {
                for span in &body.statements {
                    if let Some(found) =
                        forbidden_in_transaction(&revision.source.text[span.clone()])
                    {
                        let place = span.start + found.span.start..span.start + found.span.end;
                        forbidden.push(Problem::new(&revision.source, place, found));
                    }
                }
            }
            let (statements, directives) = (&body.statements[..], &body.directives[..]);
            let body = Some(revision.body_text(body));
            steps.push(Task { revision, direction, writes, statements, directives, body });
        }
        if !forbidden.is_empty() {
            return Err(Failure::Forbidden { problems: forbidden });
        }
        let loses_data = OnceCell::new();
        Ok(Self { steps, n_done: 0, rows, unlogged: Vec::new(), again: Vec::new(), loses_data })
    }

    /// Whether any step takes away what only a backup brings back; looked at once, not before each of
    /// many transactions.
    pub fn loses_data(&self) -> bool {
        *self.loses_data.get_or_init(|| {
            // Tables that the plan itself made: what stands in them was not there before.
            let mut made = Vec::new();
            self.steps.iter().any(|it| it.loses_data(&mut made))
        })
    }

    /// The steps that are still to run, in order.
    pub fn rest(&self) -> &[Task<'g>] {
        &self.steps[self.n_done..]
    }

    /// Whether none of them has run.
    pub fn is_whole(&self) -> bool {
        self.n_done == 0
    }

    /// The next steps that run together, or `None` when all is done.
    pub fn next_group(&self, transaction: TransactionMode) -> Option<Group> {
        let rest = self.rest();
        let mode = rest.first()?.mode();
        let is_alone = mode != RunMode::default() || transaction == TransactionMode::Revision;
        let n_steps = if is_alone {
            1
        } else {
            rest.iter().take_while(|it| it.mode() == RunMode::default()).count()
        };
        Some(Group { n_steps, mode })
    }

    /// The one transaction of a rehearsal.
    ///
    /// # Errors
    ///
    /// [`Failure::NotRehearsable`] where one transaction cannot hold all steps.
    pub fn rehearsal_group(&self) -> Result<Option<Group>, Failure> {
        let rest = self.rest();
        let Some(first) = rest.first() else { return Ok(None) };
        for task in rest {
            let reason = match task.mode() {
                RunMode { autocommit: true, .. } => NotRehearsable::Autocommit,
                RunMode { foreign_keys: true, .. } if rest.len() > 1 => NotRehearsable::ForeignKeys,
                RunMode { .. } => continue,
            };
            return Err(Failure::NotRehearsable { revision: task.revision.id.clone(), reason });
        }
        Ok(Some(Group { n_steps: rest.len(), mode: first.mode() }))
    }

    /// Marks the next `n_steps` as done; the version table says `rows` now, and the log all.
    pub fn advance(&mut self, n_steps: usize, rows: Vec<String>) {
        self.unlogged.clear();
        self.n_done += n_steps;
        self.rows = rows;
    }
}

/// The body that a step runs.
fn body(revision: &Revision, direction: Direction) -> Result<&Body, Failure> {
    match (direction, &revision.downgrade) {
        (Direction::Upgrade, _) => Ok(&revision.upgrade),
        (Direction::Downgrade, Downgrade::Body(body)) => Ok(body),
        (Direction::Downgrade, Downgrade::Irreversible(span)) => Err(Failure::Irreversible {
            revision: revision.id.clone(),
            location: Box::new(revision.location(span)),
            backup: None,
        }),
    }
}

impl Task<'_> {
    /// The text of each statement, in order.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.statements.iter().map(|span| &self.revision.source.text[span.clone()])
    }

    /// The text of each query of its directives, in order.
    pub fn queries(&self) -> impl Iterator<Item = &str> {
        self.directives.iter().map(|it| self.query(it))
    }

    /// The text of the query of one of them.
    pub fn query(&self, directive: &Directive) -> &str {
        &self.revision.source.text[directive.query.clone()]
    }

    /// How it runs.
    pub fn mode(&self) -> RunMode {
        self.body.map_or(RunMode::default(), |_| self.revision.mode)
    }

    /// What the log says of it: ids and what becomes of them, in order, with the fingerprint of the
    /// body that ran, in hexadecimal; `None` where none did.
    pub fn logged(&self) -> Vec<(&RevisionId, LogDirection, Option<String>)> {
        let direction = match self.body {
            Some(_) => self.direction.into(),
            // It is left out.
            None => LogDirection::Unstamp,
        };
        let own = (&self.revision.id, direction, self.body.map(checksum));
        let others = stood_for(self.revision, direction);
        let mut rows: Vec<_> = others.into_iter().map(|(id, it)| (id, it, None)).collect();
        let place = if self.direction == Direction::Upgrade { rows.len() } else { 0 };
        rows.insert(place, own);
        rows
    }

    /// Whether it takes away what only a backup brings back: it drops a table or a column, rebuilds a
    /// table, deletes rows or overwrites all of them, or is a downgrade that writes rows: that undoes
    /// what an upgrade wrote, or sets off a trigger. Rows of tables that were `made` do not count.
    fn loses_data<'t>(&'t self, made: &mut Vec<Cow<'t, str>>) -> bool {
        let is_down = self.direction == Direction::Downgrade;
        self.texts().any(|sql| {
            let is_made = |table: &str| made.iter().any(|it| it.eq_ignore_ascii_case(table));
            let loses_data = drops_data(sql)
                || (is_down && writes_rows(sql))
                || loses_rows_of(sql).is_some_and(|it| !is_made(&it));
            made.extend(makes_table(sql));
            loses_data
        })
    }

    /// Whether it drops a table: then it probably rebuilds one.
    pub fn drops_table(&self) -> bool {
        self.texts().any(|it| dropped_table(it).is_some())
    }

    /// Whether it may make temporary tables, which last as long as the connection.
    pub fn may_have_temporary(&self) -> bool {
        let is_temp = |word: &[u8]| word.eq_ignore_ascii_case(b"TEMP");
        self.texts().any(|it| it.as_bytes().windows(4).any(is_temp))
    }

    /// Whether it may change settings of the connection, which no transaction takes back.
    pub fn has_pragma(&self) -> bool {
        self.texts().any(|it| verb(it) == Verb::Pragma)
    }
}
