//! What the rules are told about a revision. They look at nothing else.

use std::ops::Range;

use super::deed::{Alteration, Copy, Deed, What, deeds};
use super::fate::Fate;
use super::lineage::Lineage;
use super::probe::Probed;
use crate::diff::lines::Line;
use crate::diff::{Diff, TableDiff};
use crate::revision::{DirectiveKind, Downgrade, Revision, RevisionId};
use crate::schema::{Fragment, Name, Schema};
use crate::source::Location;

/// A revision, and what became of it when it was tried out.
pub struct Facts<'a> {
    /// The file.
    pub revision: &'a Revision,
    /// The statements of the upgrade.
    pub upgrade: Vec<Deed<'a>>,
    /// The statements of the downgrade.
    pub downgrade: Vec<Deed<'a>>,
    /// What the upgrade does to the schema; `None` where that could not be tried out.
    pub change: Option<Change>,
    /// What was found by trying.
    pub trial: Trial,
    /// The fingerprint of the upgrade that ran on the database, in hexadecimal.
    pub applied: Option<&'a str>,
    /// If it is a head: the other heads that `upgrade head` cannot tell from it.
    pub rivals: Vec<&'a RevisionId>,
}

/// The tables that an upgrade touches, before and after it, with all that belongs to them.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Before, with the names of after.
    pub before: Schema,
    /// After.
    pub after: Schema,
    /// What was renamed.
    pub lineage: Lineage,
    /// Whether `PRAGMA user_version` or `application_id` is another one.
    pub has_other_numbers: bool,
    /// Before, the tables that are not touched and whose rows are copied.
    pub sources: Schema,
    /// Before, all tables; only where foreign keys may be enforced while a table is dropped.
    pub all_before: Option<Schema>,
    /// After, the same for the downgrade.
    pub all_after: Option<Schema>,
}

/// What only running tells.
#[derive(Debug, Clone, Default)]
pub struct Trial {
    /// Why the upgrade does not run.
    pub failures: Vec<Failing>,
    /// Whether it does not run, so that what needs it is not tried out.
    pub is_over: bool,
    /// What becomes of rows, where a table or a column goes.
    pub fate: Option<Fate>,
    /// What becomes of odd rows.
    pub probed: Probed,
    /// Checks over new columns alone, by table, that what these columns hold is against.
    pub violated: Vec<(Name, Fragment)>,
    /// Checks over what a copy computes that nothing which was tried is against, by table.
    pub passed: Vec<(Name, Fragment)>,
    /// New indexes that are over no row that is there.
    pub vacant: Vec<Name>,
    /// Quoted names that SQLite takes for strings.
    pub strings: Vec<Range<usize>>,
    /// Views, and tables with triggers, that do not compile any more, and what SQLite says.
    pub broken: Vec<(Name, String)>,
    /// What the downgrade does after the upgrade.
    pub undo: Undo,
}

/// A statement or a revision that does not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failing {
    /// Where.
    pub location: Location,
    /// Why.
    pub message: String,
}

/// What a downgrade does.
#[derive(Debug, Clone, Default)]
pub enum Undo {
    /// There is none, or it could not be tried out.
    #[default]
    Untried,
    /// It leads back.
    Whole,
    /// It does not run.
    Fails(Failing),
    /// It leads to a schema that differs in this from the one before.
    Differs(Vec<Line>),
}

impl<'a> Facts<'a> {
    /// What a file says by itself.
    pub fn new(revision: &'a Revision) -> Self {
        let downgrade = match &revision.downgrade {
            Downgrade::Body(body) => deeds(revision, body),
            Downgrade::Irreversible(_) => Vec::new(),
        };
        Self {
            revision,
            upgrade: deeds(revision, &revision.upgrade),
            downgrade,
            change: None,
            trial: Trial::default(),
            applied: None,
            rivals: Vec::new(),
        }
    }

    /// The statements of both bodies.
    pub fn deeds(&self) -> impl Iterator<Item = &Deed<'a>> {
        self.upgrade.iter().chain(&self.downgrade)
    }

    /// What the upgrade does to the schema, and how that differs.
    pub fn diff(&self) -> Option<(&Change, Diff<'_>)> {
        let change = self.change.as_ref()?;
        Some((change, Diff::new(&change.before, &change.after, false)))
    }

    /// What a table of after is called somewhere in the upgrade.
    pub fn aliases(&self, table: &Name) -> Vec<Name> {
        let mut found = vec![table.clone()];
        if let Some(change) = &self.change {
            let old = change.lineage.tables.iter().filter(|(_, new)| new == table);
            found.extend(old.map(|(old, _)| old.clone()));
        }
        // From the last rename to the first: `new` becomes `t`.
        for deed in self.upgrade.iter().rev() {
            if let What::Alter(from, Alteration::Rename(to)) = &deed.what
                && found.contains(to)
                && !found.contains(from)
            {
                found.push(from.clone());
            }
        }
        found
    }

    /// Whether a column of a table of after has this name, or had it before.
    fn was(&self, table: &Name, old: &Name, column: &Name) -> bool {
        let columns = self.change.iter().flat_map(|it| &it.lineage.columns);
        let is_it = |it: &(Name, Name, Name)| it.0 == *table && it.1 == *old && it.2 == *column;
        old == column || { columns }.any(is_it)
    }

    /// What a table that has this name in the upgrade is called at its end.
    pub fn name_after(&self, table: &Name) -> Name {
        let mut name = table;
        let mut deeds = self.upgrade.iter();
        // Each is looked at once, so that names that change places come to an end.
        while let Some(to) = deeds.find_map(|it| match &it.what {
            What::Alter(from, Alteration::Rename(to)) if from == name => Some(to),
            _ => None,
        }) {
            name = to;
        }
        name.clone()
    }

    /// Where the upgrade does something to a table: the first statement about it that `is_it`, or
    /// else the first one about it; of that the word `word`, or else all of it.
    pub fn place(
        &self,
        table: &Name,
        word: Option<&Name>,
        is_it: &dyn Fn(&Deed<'_>) -> bool,
    ) -> Range<usize> {
        let aliases = self.aliases(table);
        let is_about = |it: &&Deed<'_>| it.table().is_some_and(|it| aliases.contains(it));
        let deed = (self.upgrade.iter().filter(is_about).find(|it| is_it(it)))
            .or_else(|| self.upgrade.iter().find(is_about))
            .or_else(|| self.upgrade.iter().find(|it| aliases.iter().any(|name| it.names(name))))
            .or_else(|| self.upgrade.first());
        let Some(deed) = deed else { return self.revision.spans.id.clone() };
        word.and_then(|it| deed.word(it)).unwrap_or_else(|| deed.span.clone())
    }

    /// Whether the upgrade refuses to run while rows of the table are in the way: a `refuse-if` that
    /// names the table and one of these words, and whose query is one that `asks`.
    pub fn is_refused(&self, table: &Name, words: &[&Name], asks: &dyn Fn(&str) -> bool) -> bool {
        let aliases = self.aliases(table);
        let refusals = self.revision.upgrade.directives.iter();
        let mut refusals = refusals.filter(|it| it.kind == DirectiveKind::RefuseIf);
        let file = &self.revision.source.text;
        refusals.any(|it| {
            let text = &file[it.span.clone()];
            let has = |name: &Name| has_word(text, name);
            aliases.iter().any(has)
                && (words.is_empty() || words.iter().any(|it| has(it)))
                && asks(&file[it.query.clone()])
        })
    }

    /// The copies that fill a table of after.
    pub fn copies(&self, table: &Name) -> impl Iterator<Item = &Copy> {
        let aliases = self.aliases(table);
        self.upgrade.iter().filter_map(move |it| match &it.what {
            What::Copy(copy) if aliases.contains(&copy.into) => Some(copy),
            _ => None,
        })
    }

    /// What UPDATEs of a table of after give a column.
    pub fn given(&self, table: &Name, column: &Name) -> impl Iterator<Item = &str> {
        let aliases = self.aliases(table);
        let updates = self.upgrade.iter().filter_map(move |it| match &it.what {
            What::Update(update) if aliases.contains(&update.table) => Some(update),
            _ => None,
        });
        let sets = updates.flat_map(|it| &it.sets);
        sets.filter(move |(name, _)| name == column).map(|(_, value)| value.as_str())
    }

    /// The column of before, by its name of after, that the only copy of a rebuild gives to a column as
    /// it stands.
    pub fn origin<'t>(&self, table: &TableDiff<'t>, column: &Name) -> Option<&'t Name> {
        let mut copies = self.copies(&table.to.name);
        let copy = copies.next().filter(|it| copies.next().is_none() && !it.source.is_joined)?;
        copy.origin(table.to, table.from, column)
    }

    /// Whether rows that differ were seen not to come to share a new key over these columns.
    pub fn keeps_apart(&self, table: &Name, columns: &[Name]) -> bool {
        let mut kept = self.trial.probed.kept_apart.iter();
        kept.any(|it| it.table == *table && it.columns == columns)
    }

    /// Whether no row was seen to come to reference nothing by a new foreign key over these columns.
    pub fn is_resolved(&self, table: &Name, columns: &[Name]) -> bool {
        let mut resolved = self.trial.probed.resolved.iter();
        resolved.any(|it| it.0 == *table && it.1 == columns)
    }

    /// What the copy of a rebuild gives to a column: `None` if there is no copy, or it does not
    /// write the column.
    pub fn copied(&self, table: &Name, column: &Name) -> Option<Source> {
        let after = self.change.as_ref().and_then(|it| it.after.table(table));
        let copy = self.copies(table).next()?;
        let is_listed = copy.targets.is_empty() || copy.targets.contains(column);
        if !is_listed {
            return None;
        }
        if copy.is_star() {
            return Some(Source::Unknown);
        }
        let place = copy.place(after, column)?;
        let value = copy.values.get(place)?;
        if copy.source.is_joined
            && value.column.as_ref().is_some_and(|it| !self.was(table, it, column))
        {
            return Some(Source::OtherColumn);
        }
        Some(if value.is_null() {
            Source::Null
        } else if value.column.is_some() {
            Source::Column
        } else {
            Source::Expression
        })
    }
}

/// Where a copy takes a value from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A column as it stands.
    Column,
    /// A column of another name, where several tables are joined: most often one of another table.
    OtherColumn,
    /// Something computed.
    Expression,
    /// `NULL`.
    Null,
    /// The copy does not list its columns.
    Unknown,
}

/// Whether `name` stands in `text` as a word, in either case.
pub(super) fn has_word(text: &str, name: &Name) -> bool {
    let is_inside = |it: char| it.is_alphanumeric() || it == '_';
    let is_plain = name.as_str().chars().all(is_inside);
    if is_plain {
        text.split(|it| !is_inside(it)).any(|it| name.is(it))
    } else {
        // As SQL writes it, where a quote in it stands twice, or as a message does.
        let (text, name) = (text.to_lowercase(), name.as_str().to_lowercase());
        let doubled = |quote: &str| name.replace(quote, &quote.repeat(2));
        text.contains(&name) || text.contains(&doubled("\"")) || text.contains(&doubled("`"))
    }
}
