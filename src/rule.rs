//! The rules of `migrator lint` by name, and how much each of them matters.
//!
//! Apart from what the rules do, because `alembic.toml` names them too.

use std::collections::BTreeMap;

/// A rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// A table goes, with its rows.
    DropTable,
    /// A column goes, with its values.
    DropColumn,
    /// Rows that were there before are deleted.
    DeleteRows,
    /// A column that was there before gets other values in all rows.
    UpdateAllRows,
    /// A column gets a type that changes its values, or a table a stricter one.
    TypeNarrowed,
    /// Rows must have a value from now on.
    AddNotNull,
    /// Rows must differ from now on.
    AddUnique,
    /// Rows must pass a check from now on.
    AddCheck,
    /// Rows must reference others from now on.
    AddForeignKey,
    /// A table is dropped whose loss others pass on.
    DropParentWithCascade,
    /// A name with a typo that SQLite takes for a string.
    DoubleQuotedString,
    /// A PRAGMA that does nothing where it stands.
    PragmaInTransaction,
    /// A second database, which need not be committed together with the first.
    AttachInWal,
    /// Rows that are searched one by one when their parent goes.
    MissingIndexOnForeignKey,
    /// A comment that becomes a part of the schema.
    TrailingCommentInAddColumn,
    /// A view or a trigger does not compile any more.
    BrokenViewOrTrigger,
    /// The upgrade does nothing.
    EmptyUpgrade,
    /// Nothing takes the revision back.
    NoDowngrade,
    /// What should take the revision back does not.
    DowngradeDoesNotUndo,
    /// The file is not what ran.
    EditedAfterApplied,
    /// `upgrade head` does not know which.
    TwoHeads,
    /// What is already there is taken for what should be there.
    IfNotExistsHidesDrift,
    /// A directive finds something whatever there is.
    AlwaysFindsRows,
    /// The revision does not run on an empty database.
    DoesNotRun,
    /// A file silences something that is no rule.
    Unknown,
    /// A file silences what is not found.
    UnusedAllow,
}

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Not at all.
    Off,
    /// Good to know.
    Note,
    /// Somebody should have a look.
    Warning,
    /// `lint` exits with 1.
    Error,
}

impl Rule {
    /// All of them, in the order in which they are documented.
    pub const ALL: [Self; 26] = [
        Self::DropTable,
        Self::DropColumn,
        Self::DeleteRows,
        Self::UpdateAllRows,
        Self::TypeNarrowed,
        Self::AddNotNull,
        Self::AddUnique,
        Self::AddCheck,
        Self::AddForeignKey,
        Self::DropParentWithCascade,
        Self::DoubleQuotedString,
        Self::PragmaInTransaction,
        Self::AttachInWal,
        Self::MissingIndexOnForeignKey,
        Self::TrailingCommentInAddColumn,
        Self::BrokenViewOrTrigger,
        Self::EmptyUpgrade,
        Self::NoDowngrade,
        Self::DowngradeDoesNotUndo,
        Self::EditedAfterApplied,
        Self::TwoHeads,
        Self::IfNotExistsHidesDrift,
        Self::AlwaysFindsRows,
        Self::DoesNotRun,
        Self::Unknown,
        Self::UnusedAllow,
    ];

    /// Its name, and how much it matters where nobody says otherwise.
    const fn facts(self) -> (&'static str, Level) {
        match self {
            Self::DropTable => ("drop-table", Level::Warning),
            Self::DropColumn => ("drop-column", Level::Warning),
            Self::DeleteRows => ("delete-rows", Level::Warning),
            Self::UpdateAllRows => ("update-all-rows", Level::Note),
            Self::TypeNarrowed => ("type-narrowed", Level::Warning),
            Self::AddNotNull => ("add-not-null", Level::Warning),
            Self::AddUnique => ("add-unique", Level::Warning),
            Self::AddCheck => ("add-check", Level::Warning),
            Self::AddForeignKey => ("add-foreign-key", Level::Warning),
            Self::DropParentWithCascade => ("drop-parent-with-cascade", Level::Error),
            Self::DoubleQuotedString => ("double-quoted-string", Level::Error),
            Self::PragmaInTransaction => ("pragma-in-transaction", Level::Error),
            Self::AttachInWal => ("attach-in-wal", Level::Warning),
            Self::MissingIndexOnForeignKey => ("missing-index-on-foreign-key", Level::Warning),
            Self::TrailingCommentInAddColumn => ("trailing-comment-in-add-column", Level::Warning),
            Self::BrokenViewOrTrigger => ("broken-view-or-trigger", Level::Error),
            Self::EmptyUpgrade => ("empty-upgrade", Level::Warning),
            Self::NoDowngrade => ("no-downgrade", Level::Warning),
            Self::DowngradeDoesNotUndo => ("downgrade-does-not-undo", Level::Error),
            Self::EditedAfterApplied => ("edited-after-applied", Level::Error),
            Self::TwoHeads => ("two-heads", Level::Warning),
            Self::IfNotExistsHidesDrift => ("if-not-exists-hides-drift", Level::Warning),
            Self::AlwaysFindsRows => ("always-finds-rows", Level::Warning),
            Self::DoesNotRun => ("does-not-run", Level::Error),
            Self::Unknown => ("unknown-rule", Level::Warning),
            Self::UnusedAllow => ("unused-allow", Level::Note),
        }
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        self.facts().0
    }

    /// How much it matters where nobody says otherwise.
    pub const fn default_level(self) -> Level {
        self.facts().1
    }

    /// Whether it is about a revision as a whole and not about one of its statements.
    pub const fn is_about_revision(self) -> bool {
        matches!(
            self,
            Self::EmptyUpgrade
                | Self::NoDowngrade
                | Self::DowngradeDoesNotUndo
                | Self::EditedAfterApplied
                | Self::TwoHeads
                | Self::DoesNotRun
        )
    }

    /// The rule of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

impl Level {
    /// All of them, the gravest first.
    pub const ALL: [Self; 4] = [Self::Error, Self::Warning, Self::Note, Self::Off];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// The level of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == name)
    }
}

/// How much each rule matters in a project: those that matter otherwise than by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Levels(BTreeMap<Rule, Level>);

impl Levels {
    /// How much a rule matters.
    pub fn of(&self, rule: Rule) -> Level {
        self.0.get(&rule).copied().unwrap_or(rule.default_level())
    }
}

impl FromIterator<(Rule, Level)> for Levels {
    fn from_iter<I: IntoIterator<Item = (Rule, Level)>>(levels: I) -> Self {
        Self(levels.into_iter().filter(|(rule, level)| *level != rule.default_level()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_known_by_its_name() {
        for rule in Rule::ALL {
            assert_eq!(Rule::by_name(rule.name()), Some(rule));
        }
        assert_eq!(Rule::by_name("drop-tabel"), None);
        let mut sorted = Rule::ALL;
        sorted.sort();
        assert_eq!(sorted, Rule::ALL, "the order of the list is that of the enum");
    }

    #[test]
    fn a_project_may_weigh_them_otherwise() {
        let levels: Levels = [(Rule::DropTable, Level::Error)].into_iter().collect();
        assert_eq!(levels.of(Rule::DropTable), Level::Error);
        assert_eq!(levels.of(Rule::DropColumn), Level::Warning);
        assert_eq!(Levels::from_iter([(Rule::DropTable, Level::Warning)]), Levels::default());
        assert_eq!(Level::by_name("off"), Some(Level::Off));
        assert_eq!(Level::by_name("fatal"), None);
    }
}
