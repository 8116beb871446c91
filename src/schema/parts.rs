//! Small questions that a schema is asked when SQL is written for it.

use super::dump::parents_first;
use super::{Action, Column, Conflict, Fragment, Name, Schema, Table};
use crate::sql::lexer::{Token, TokenKind, tokens};

impl Schema {
    /// The tables, parents before those that reference them where that is possible.
    pub fn tables_by_dependency(&self) -> Vec<&Table> {
        parents_first(&self.tables)
    }
}

impl Table {
    /// The column that is the rowid.
    pub fn rowid_column(&self) -> Option<&Column> {
        let key = self.primary_key.as_ref().filter(|it| it.is_rowid)?;
        self.column(&key.columns[0].name)
    }

    /// Whether the column of that name is the rowid.
    pub fn is_rowid(&self, column: &Name) -> bool {
        self.rowid_column().is_some_and(|it| it.name == *column)
    }
}

impl Column {
    /// Whether it is part of each row, and not computed when it is read.
    pub fn is_stored(&self) -> bool {
        self.generated.as_ref().is_none_or(|it| it.is_stored)
    }

    /// Whether it holds a value of its own, and is not computed from others.
    pub fn holds(&self) -> bool {
        self.generated.is_none()
    }
}

impl Fragment {
    /// Whether one of its words, quoted or not, is `name`. It need not mean the object of that name.
    pub fn names(&self, name: &Name) -> bool {
        let is_word =
            |it: &Token| matches!(it.kind, TokenKind::Identifier | TokenKind::QuotedIdentifier);
        let mut words = tokens(self.text()).filter(is_word);
        words.any(|it| it.name(self.text()).is_some_and(|it| name.is(&it)))
    }
}

impl Conflict {
    /// The word of SQL.
    pub fn as_sql(self) -> &'static str {
        match self {
            Self::Rollback => "ROLLBACK",
            Self::Fail => "FAIL",
            Self::Ignore => "IGNORE",
            Self::Replace => "REPLACE",
        }
    }
}

impl Action {
    /// The words of SQL.
    pub fn as_sql(self) -> &'static str {
        match self {
            Self::NoAction => "NO ACTION",
            Self::Restrict => "RESTRICT",
            Self::SetNull => "SET NULL",
            Self::SetDefault => "SET DEFAULT",
            Self::Cascade => "CASCADE",
        }
    }
}
