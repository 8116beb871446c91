//! What a column makes of the values that it is given.

use super::{Column, Table};

/// What SQLite makes of values that are stored in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Affinity {
    /// Numbers become text.
    Text,
    /// Text that looks like a number becomes one, and an integer if it can.
    Integer,
    /// The same.
    Numeric,
    /// Text that looks like a number, and integers, become floating point.
    Real,
    /// Nothing.
    None,
}

impl Affinity {
    /// By the rules of <https://sqlite.org/datatype3.html#determination_of_column_affinity>.
    pub fn of(column: &Column, table: &Table) -> Self {
        let datatype = column.datatype.text().to_ascii_uppercase();
        let has = |part: &str| datatype.contains(part);
        if has("INT") {
            Self::Integer
        } else if has("CHAR") || has("CLOB") || has("TEXT") {
            Self::Text
        } else if has("BLOB") || datatype.is_empty() || (datatype == "ANY" && table.is_strict) {
            Self::None
        } else if has("REAL") || has("FLOA") || has("DOUB") {
            Self::Real
        } else {
            Self::Numeric
        }
    }

    /// Whether text that looks like a number becomes one.
    pub fn is_numeric(self) -> bool {
        matches!(self, Self::Integer | Self::Numeric | Self::Real)
    }
}
