//! The SQL that leads from one schema to another, as a careful person would write it.
//!
//! Pure: it decides by what both schemas say, and whoever calls it proves the result. Each change is
//! made where it can be made: by `ALTER TABLE` where SQLite can and the table stays as it is, by
//! dropping and creating what has no rows, and by one rebuild of the table for all the rest.

use std::collections::{HashMap, HashSet};

use crate::diff::{Change, Diff, TableDiff};
use crate::schema::dump::create_table;
use crate::schema::{Column, Index, Name, Schema, Table, Trigger, View};

mod affinity;
mod before;
mod in_place;
mod new_rows;
mod notes;
mod orphans;
mod rebuild;
mod render;
mod virtual_table;

pub use before::OldNames;
pub use rebuild::rebuilt_table;
pub use render::body;

/// What a downgrade says where it makes again what had rows.
const DELETED_ROWS: &str = "The rows that the upgrade deleted do not come back.";

/// What a downgrade says over a column that it adds.
const DROPPED_VALUES: &str = "The values that the upgrade dropped do not come back.";

/// What the generator may do, and what it was told.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The oldest SQLite that must run the SQL: the `35` of 3.35.
    pub target: u32,
    /// Values for columns that existing rows have none for.
    pub fills: Vec<Fill>,
    /// What tables and columns of the old side are called while nothing has run yet.
    pub old_names: OldNames,
    /// Tables that are rebuilt even where an `ALTER TABLE` would do.
    pub rebuilt: HashSet<Name>,
    /// Whether this is the downgrade: what it adds was dropped by the upgrade, with its rows.
    pub is_downgrade: bool,
}

/// `--fill TABLE.COLUMN=EXPRESSION`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fill {
    /// The table.
    pub table: Name,
    /// The column.
    pub column: Name,
    /// The expression, over the columns of the table as it was.
    pub expression: String,
}

impl Fill {
    /// Whether it makes a value of another type out of that which the column has.
    pub fn converts(&self, old: &Column, new: &Column) -> bool {
        rebuild::is_made_of(&self.expression, old, new)
    }
}

/// The statements of a body, in steps.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Script {
    /// Each changes one thing.
    pub steps: Vec<Step>,
}

/// Statements that belong together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Step {
    /// What they do, a line for each sentence.
    pub comments: Vec<String>,
    /// Which rows they lose, or may fail on.
    pub notes: Vec<Note>,
    /// The statements, without the semicolon.
    pub statements: Vec<String>,
}

/// Rows that a step loses, or that it may fail on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Whether the step is not to be run while there are such rows.
    pub is_refused: bool,
    /// What is said when it is written.
    pub hazard: String,
    /// What is said of the rows when there are some, after their number.
    pub rows: String,
    /// A query for them, on one line; its first column tells which row it is.
    pub query: String,
    /// What to write to the command line instead, if there is something.
    pub flag: Option<String>,
    /// The table that the rows are in, and what the query gives of each, as SQL with the names of
    /// before.
    pub table: String,
    /// See `table`.
    pub identity: String,
}

/// Both schemas and how they differ.
pub(crate) struct Task<'s> {
    pub(crate) from: &'s Schema,
    pub(crate) to: &'s Schema,
    pub(crate) options: &'s Options,
    /// The tables of both sides by name.
    old_tables: HashMap<&'s Name, &'s Table>,
    new_tables: HashMap<&'s Name, &'s Table>,
    /// The indexes that each table has in the end.
    new_indexes: HashMap<&'s Name, Vec<&'s Index>>,
    /// Tables of the old side that are rebuilt.
    rebuilt: HashSet<&'s Name>,
    /// Tables of the old side that are dropped.
    dropped: HashSet<&'s Name>,
    /// Views that are dropped and made again although nothing about them changes.
    renewed_views: Vec<&'s View>,
    /// The same for triggers.
    renewed_triggers: Vec<&'s Trigger>,
}

/// The statements that lead from `from` to `to`, which differ by `diff`.
pub fn script(diff: &Diff<'_>, from: &Schema, to: &Schema, options: &Options) -> Script {
    let altered: Vec<(&TableDiff<'_>, Option<Vec<in_place::Alteration>>)> =
        diff.altered.iter().map(|it| (it, in_place::alterations(it, from, options))).collect();
    let rebuilt = altered.iter().filter(|(_, way)| way.is_none()).map(|(it, _)| &it.from.name);
    let mut task = Task {
        from,
        to,
        options,
        old_tables: from.tables_by_name(),
        new_tables: to.tables_by_name(),
        new_indexes: to.indexes_by_table(),
        rebuilt: rebuilt.collect(),
        dropped: diff.tables.iter().filter_map(Change::old).map(|it| &it.name).collect(),
        renewed_views: Vec::new(),
        renewed_triggers: Vec::new(),
    };
    let reads_schema =
        altered.iter().any(|(_, way)| way.iter().flatten().any(in_place::Alteration::reads_schema));
    task.renew(diff, reads_schema);

    let mut script = Script::default();
    script.extend(task.drops(diff));
    script.extend(task.drop_virtual_tables(diff, true));
    for change in &diff.tables {
        if let Change::Added(table) = change {
            script.push(task.create_table(table));
        }
    }
    for (table, way) in &altered {
        match way {
            Some(alterations) => script.extend(task.alter(table, alterations)),
            None => script.push(task.rebuild(table)),
        }
    }
    // Those that reference others first.
    for table in from.tables_by_dependency().into_iter().rev() {
        if task.dropped.contains(&table.name) {
            script.push(task.drop_table(table));
        }
    }
    script.extend(task.drop_virtual_tables(diff, false));
    for change in &diff.virtual_tables {
        script.extend(task.create_virtual_table(change));
    }
    script.extend(task.creates(diff));
    script.say_once();
    script
}

/// Drops views and triggers before a rename that SQLite refuses because of them: those that are
/// others in the end, or `all`. What they leave open is made like anything that is new.
pub fn drops_in_the_way(from: &Schema, to: &Schema, all: bool) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut drop = |kind: &str, name: &Name, is_made_again: bool| {
        let comment =
            if is_made_again { in_the_way(kind, name) } else { replaced(kind, name, false) };
        let statement = format!("DROP {} {}", kind.to_ascii_uppercase(), name.quoted());
        steps.push(Step::new(comment, vec![statement]));
    };
    for trigger in from.triggers.iter().filter(|it| all || !to.triggers.contains(it)) {
        let is_made_again = to.triggers.iter().any(|it| it.name == trigger.name);
        drop("trigger", &trigger.name, is_made_again);
    }
    for view in from.views.iter().filter(|it| all || !to.views.contains(it)) {
        drop("view", &view.name, to.views.iter().any(|it| it.name == view.name));
    }
    steps
}

impl Script {
    fn push(&mut self, step: Step) {
        if !step.statements.is_empty() {
            self.steps.push(step);
        }
    }

    fn extend(&mut self, steps: Vec<Step>) {
        for step in steps {
            self.push(step);
        }
    }

    /// Removes what was said of the same rows before: a key may be looked at from both its tables.
    fn say_once(&mut self) {
        let mut said = HashSet::new();
        for step in &mut self.steps {
            step.notes.retain(|it| said.insert((it.rows.clone(), it.query.clone())));
        }
    }

    /// All rows that are lost or in the way, in order.
    pub fn notes(&self) -> impl Iterator<Item = &Note> {
        self.steps.iter().flat_map(|it| &it.notes)
    }
}

impl Step {
    pub(crate) fn new(comment: impl Into<String>, statements: Vec<String>) -> Self {
        Self { comments: vec![comment.into()], notes: Vec::new(), statements }
    }
}

impl<'s> Task<'s> {
    /// Finds the views and triggers that would be in the way although they do not change.
    ///
    /// An `ALTER TABLE` that reads the whole schema fails if it finds a view without one of its
    /// tables; while a view is being replaced, those that use it are such views.
    fn renew(&mut self, diff: &Diff<'s>, reads_schema: bool) {
        // A trigger goes with its view.
        let mut gone: HashSet<&Name> =
            diff.views.iter().filter_map(Change::old).map(|it| &it.name).collect();
        let changed_views: HashSet<&Name> =
            diff.views.iter().map(Change::any).map(|it| &it.name).collect();
        if reads_schema {
            let mut is_growing = !gone.is_empty();
            while is_growing {
                is_growing = false;
                for view in &self.to.views {
                    if !changed_views.contains(&view.name)
                        && !gone.contains(&view.name)
                        && gone.iter().any(|it| view.definition.names(it))
                    {
                        gone.insert(&view.name);
                        self.renewed_views.push(view);
                        is_growing = true;
                    }
                }
            }
        }
        let changed: HashSet<&Name> =
            diff.triggers.iter().map(Change::any).map(|it| &it.name).collect();
        for trigger in &self.to.triggers {
            let goes_along = gone.contains(&trigger.table) || self.rebuilt.contains(&trigger.table);
            let is_in_the_way = reads_schema && gone.iter().any(|it| trigger.definition.names(it));
            if !changed.contains(&trigger.name) && (goes_along || is_in_the_way) {
                self.renewed_triggers.push(trigger);
            }
        }
    }

    /// Drops what is replaced or gone and has no rows, what uses others first.
    fn drops(&self, diff: &Diff<'_>) -> Vec<Step> {
        let mut steps = Vec::new();
        let renewed_views: HashSet<&Name> = self.renewed_views.iter().map(|it| &it.name).collect();
        let is_gone_view = |name: &Name| {
            renewed_views.contains(name)
                || diff.views.iter().filter_map(Change::old).any(|it| it.name == *name)
        };
        let mut drop = |comment: String, kind: &str, name: &Name| {
            steps.push(Step::new(comment, vec![format!("DROP {kind} {}", name.quoted())]));
        };
        for change in &diff.triggers {
            let (Some(old), is_replaced) = (change.old(), change.new_one().is_some()) else {
                continue;
            };
            // It goes with its table or view, but if its name is to be free before that.
            let goes_along = self.goes_along(&old.table) || is_gone_view(&old.table);
            let stays_there = change.new_one().is_none_or(|new| new.table == old.table);
            if !(goes_along && stays_there) {
                drop(replaced("trigger", &old.name, is_replaced), "TRIGGER", &old.name);
            }
        }
        for trigger in &self.renewed_triggers {
            if !self.goes_along(&trigger.table) && !is_gone_view(&trigger.table) {
                drop(in_the_way("trigger", &trigger.name), "TRIGGER", &trigger.name);
            }
        }
        for change in &diff.views {
            let Some(old) = change.old() else { continue };
            drop(replaced("view", &old.name, change.new_one().is_some()), "VIEW", &old.name);
        }
        for view in &self.renewed_views {
            drop(in_the_way("view", &view.name), "VIEW", &view.name);
        }
        for change in &diff.indexes {
            let Some(old) = change.old() else { continue };
            let stays_there = change.new_one().is_none_or(|new| new.table == old.table);
            if !(self.goes_along(&old.table) && stays_there) {
                let is_replaced = change.new_one().is_some();
                drop(replaced("index", &old.name, is_replaced), "INDEX", &old.name);
            }
        }
        steps
    }

    /// Drops virtual tables: late, since a trigger that still stands may name one; early only if
    /// something else is to have the name.
    fn drop_virtual_tables(&self, diff: &Diff<'_>, early: bool) -> Vec<Step> {
        let is_reused = |name: &Name| {
            self.new_tables.contains_key(name) || self.to.views.iter().any(|it| it.name == *name)
        };
        let dropped = diff.virtual_tables.iter().filter_map(|it| match it {
            Change::Dropped(table) if is_reused(&table.name) == early => Some(*table),
            _ => None,
        });
        dropped
            .map(|table| {
                let drop = format!("DROP TABLE {}", table.name.quoted());
                let mut step =
                    Step::new(format!("drop the virtual table {}", table.name), vec![drop]);
                step.notes.extend(self.content_deleted(table));
                step
            })
            .collect()
    }

    /// Whether a table is dropped, be it to be made again, with all that belongs to it.
    fn goes_along(&self, table: &Name) -> bool {
        self.rebuilt.contains(table) || self.dropped.contains(table)
    }

    fn create_table(&self, table: &Table) -> Step {
        let mut statements = vec![create_table(table)];
        statements.extend(self.indexes_of(&table.name).map(|it| it.sql.clone()));
        let mut step = Step::new(format!("create the table {}", table.name), statements);
        if self.options.is_downgrade {
            step.comments.push(DELETED_ROWS.to_owned());
        }
        step
    }

    fn drop_table(&self, table: &Table) -> Step {
        let drop = format!("DROP TABLE {}", table.name.quoted());
        let mut step = Step::new(format!("drop the table {}", table.name), vec![drop]);
        step.notes.push(self.rows_deleted(table));
        step.notes.extend(self.rows_orphaned(table));
        step
    }

    /// Creates what has no rows and needs everything else, each kind after what it may use.
    fn creates(&self, diff: &Diff<'_>) -> Vec<Step> {
        let mut steps = Vec::new();
        let added_tables: HashSet<&Name> =
            diff.tables.iter().filter_map(Change::new_one).map(|it| &it.name).collect();
        for change in &diff.indexes {
            let Some(new) = change.new_one() else { continue };
            if self.rebuilt.contains(&new.table) || added_tables.contains(&new.table) {
                continue; // made there
            }
            let is_replaced = change.old().is_some();
            let mut step = Step::new(made("index", &new.name, is_replaced), vec![new.sql.clone()]);
            step.notes.extend(self.rows_against_index(new));
            steps.push(step);
        }
        let new_views: HashSet<&Name> =
            diff.views.iter().filter_map(Change::new_one).map(|it| &it.name).collect();
        let renewed: HashSet<&Name> = self.renewed_views.iter().map(|it| &it.name).collect();
        for view in &self.to.views {
            if new_views.contains(&view.name) {
                let comment = format!("create the view {}", view.name);
                steps.push(Step::new(comment, vec![view.sql.clone()]));
            } else if renewed.contains(&view.name) {
                let comment = format!("the view {} as it was", view.name);
                steps.push(Step::new(comment, vec![view.sql.clone()]));
            }
        }
        let new_triggers: HashSet<&Name> =
            diff.triggers.iter().filter_map(Change::new_one).map(|it| &it.name).collect();
        let renewed: HashSet<&Name> = self.renewed_triggers.iter().map(|it| &it.name).collect();
        for trigger in &self.to.triggers {
            if new_triggers.contains(&trigger.name) {
                let comment = format!("create the trigger {}", trigger.name);
                steps.push(Step::new(comment, vec![trigger.sql.clone()]));
            } else if renewed.contains(&trigger.name) {
                let comment = format!("the trigger {} as it was", trigger.name);
                steps.push(Step::new(comment, vec![trigger.sql.clone()]));
            }
        }
        steps
    }

    /// The indexes that a table has in the end.
    fn indexes_of(&self, table: &Name) -> impl Iterator<Item = &'s Index> + use<'s, '_> {
        self.new_indexes.get(table).into_iter().flatten().copied()
    }
}

fn replaced(kind: &str, name: &Name, is_replaced: bool) -> String {
    if is_replaced {
        format!("the {kind} {name} is replaced")
    } else {
        format!("drop the {kind} {name}")
    }
}

fn made(kind: &str, name: &Name, is_replaced: bool) -> String {
    if is_replaced {
        format!("the {kind} {name} as it is now")
    } else {
        format!("create the {kind} {name}")
    }
}

fn in_the_way(kind: &str, name: &Name) -> String {
    format!("the {kind} {name} would be in the way; it is made again below")
}
