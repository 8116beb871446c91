//! What SQLite accepts in a declared schema, and what is a mistake all the same, most likely.

use std::collections::HashMap;

use super::Declared;
use crate::db::Stub;
use crate::schema::{ForeignKey, Index, Name, ObjectKind, Table};
use crate::similar::similar;
use crate::source::{Location, Problem};
use crate::sql::lexer::{Token, tokens};

/// A likely mistake at a place in a declared schema.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// A foreign key to a table that is not there.
    #[error("`{child}` references the table `{parent}`, which does not exist{}", meant(near.as_ref()))]
    NoParent {
        /// The table with the key.
        child: Name,
        /// The table that it names.
        parent: Name,
        /// The table that was probably meant.
        near: Option<String>,
    },
    /// A foreign key to a column that is not there.
    #[error("`{child}` references `{parent}.{column}`, which does not exist{}", meant(near.as_ref()))]
    NoParentColumn {
        /// The table with the key.
        child: Name,
        /// The table that it names.
        parent: Name,
        /// The column that it names.
        column: Name,
        /// The column that was probably meant.
        near: Option<String>,
    },
    /// A foreign key to columns that need not be unique.
    #[error(
        "`{child}` references `{parent}` ({columns}), which is neither a primary key nor unique"
    )]
    NotUnique {
        /// The table with the key.
        child: Name,
        /// The table that it names.
        parent: Name,
        /// The columns that it names.
        columns: String,
    },
    /// A foreign key to a primary key that has other columns, or none.
    #[error("`{child}` references the primary key of `{parent}`, which does not have {n_columns} column{}", if *.n_columns == 1 { "" } else { "s" })]
    NoPrimaryKey {
        /// The table with the key.
        child: Name,
        /// The table that it names.
        parent: Name,
        /// How many columns the key has.
        n_columns: usize,
    },
    /// A function that SQLite does not have, with nearly the name of one that it has.
    #[error("SQLite has no function `{name}`{}", meant(near.as_ref()))]
    Function {
        /// As it was written.
        name: String,
        /// What was probably meant.
        near: Option<String>,
    },
    /// The same for a collation.
    #[error("SQLite has no collation `{name}`{}", meant(near.as_ref()))]
    Collation {
        /// As it was written.
        name: String,
        /// What was probably meant.
        near: Option<String>,
    },
}

fn meant(near: Option<&String>) -> String {
    near.map_or_else(String::new, |it| format!(" (did you mean `{it}`?)"))
}

impl Declared {
    /// What is probably a mistake, in the order of the tables, functions and collations last.
    pub fn doubts(&self) -> Vec<Problem<Doubt>> {
        let mut doubts = Vec::new();
        let tables = self.schema.tables_by_name();
        let indexes = self.schema.indexes_by_table();
        for table in &self.schema.tables {
            for (idx, key) in table.foreign_keys.iter().enumerate() {
                if let Some((doubt, name)) = self.doubt_of_key(table, key, &tables, &indexes) {
                    doubts.extend(self.at_key(table, idx, name, doubt));
                }
            }
        }
        doubts.extend(self.doubts_of_names());
        doubts
    }

    /// What is wrong with a foreign key, and the name in it that is.
    fn doubt_of_key<'k>(
        &self,
        table: &Table,
        key: &'k ForeignKey,
        tables: &HashMap<&Name, &Table>,
        indexes: &HashMap<&Name, Vec<&Index>>,
    ) -> Option<(Doubt, &'k Name)> {
        let (child, name) = (table.name.clone(), key.parent.clone());
        let Some(parent) = tables.get(&key.parent) else {
            // What is excluded is known by name only.
            if self.database.database().has_table(name.as_str()).unwrap_or(true) {
                return None;
            }
            let near = nearest(name.as_str(), tables.keys().map(|it| it.as_str()));
            return Some((Doubt::NoParent { child, parent: name, near }, &key.parent));
        };
        let n_columns = key.columns.len();
        if key.parent_columns.len() != n_columns {
            return Some((Doubt::NoPrimaryKey { child, parent: name, n_columns }, &key.parent));
        }
        let is_missing = |it: &&Name| parent.column(it).is_none();
        if let Some(missing) = key.parent_columns.iter().find(is_missing) {
            let near = nearest(missing.as_str(), parent.columns.iter().map(|it| it.name.as_str()));
            let column = missing.clone();
            return Some((Doubt::NoParentColumn { child, parent: name, column, near }, missing));
        }
        if is_unique(parent, indexes.get(&parent.name).map_or(&[], Vec::as_slice), key) {
            return None;
        }
        let columns: Vec<&str> = key.parent_columns.iter().map(Name::as_str).collect();
        let columns = columns.join(", ");
        Some((Doubt::NotUnique { child, parent: name, columns }, &key.parent_columns[0]))
    }

    /// A doubt at a name in the foreign key number `idx` of a table.
    fn at_key(
        &self,
        table: &Table,
        idx: usize,
        name: &Name,
        doubt: Doubt,
    ) -> Option<Problem<Doubt>> {
        let Location { source, span } =
            self.places.get(&(ObjectKind::Table, table.name.clone()))?;
        let sql = &source.text[span.clone()];
        let all: Vec<Token> = tokens(sql).filter(Token::is_significant).collect();
        // No other clause has the word, and the keys are in the order of the text.
        let mut references =
            (0..all.len()).filter(|at| all[*at].is_keyword(sql, "REFERENCES")).map(|at| at + 1);
        let parent = references.nth(idx)?;
        let end = references.next().unwrap_or(all.len());
        let is_it = |it: &&Token| it.name(sql).is_some_and(|it| name.is(&it));
        let place = all[parent..end].iter().find(is_it).or(all.get(parent))?.span.clone();
        Some(Problem::new(source, span.start + place.start..span.start + place.end, doubt))
    }

    /// Functions and collations that SQLite does not know; most are the application's.
    fn doubts_of_names(&self) -> Vec<Problem<Doubt>> {
        let mut doubts = Vec::new();
        let stubs = self.database.stubs();
        if stubs.is_empty() {
            return doubts;
        }
        let sql = "SELECT DISTINCT name FROM pragma_function_list";
        let functions = self.database.texts(sql).unwrap_or_default();
        let is_stub = |name: &str| {
            stubs.iter().any(|it| match it {
                Stub::Function(it) | Stub::Aggregate(it) => it.eq_ignore_ascii_case(name),
                Stub::Collation(_) => false,
            })
        };
        let functions = functions.iter().flatten().map(String::as_str);
        let functions: Vec<&str> = functions.filter(|it| !is_stub(it)).collect();
        for stub in &stubs {
            let (name, near) = match stub {
                Stub::Function(name) | Stub::Aggregate(name) => {
                    (name, nearest(name, functions.iter().copied()))
                }
                Stub::Collation(name) => (name, nearest(name, ["BINARY", "NOCASE", "RTRIM"])),
            };
            let is_function = !matches!(stub, Stub::Collation(_));
            let Some(location) = near.as_ref().and_then(|_| self.place_of(name, is_function))
            else {
                continue;
            };
            let name: String = name.clone();
            let kind = if is_function {
                Doubt::Function { name, near }
            } else {
                Doubt::Collation { name, near }
            };
            doubts.push(Problem { location, kind });
        }
        doubts
    }

    /// The first place where a function is called, or a collation named.
    fn place_of(&self, name: &str, is_function: bool) -> Option<Location> {
        let mut found: Vec<Location> = Vec::new();
        for Location { source, span } in self.places.values() {
            let sql = &source.text[span.clone()];
            let all: Vec<Token> = tokens(sql).filter(Token::is_significant).collect();
            let place = (1..all.len()).find(|at| {
                all[*at].name(sql).is_some_and(|it| it.eq_ignore_ascii_case(name))
                    && if is_function {
                        all.get(at + 1).is_some_and(|it| it.text(sql) == "(")
                    } else {
                        all[at - 1].is_keyword(sql, "COLLATE")
                    }
            });
            found.extend(place.map(|at| {
                let place = &all[at].span;
                Location::new(source, span.start + place.start..span.start + place.end)
            }));
        }
        found.into_iter().min_by(|a, b| {
            let key = |it: &Location| (it.source.path.clone(), it.span.start);
            key(a).cmp(&key(b))
        })
    }
}

/// Whether the columns that a key references are unique together, as SQLite wants it.
fn is_unique(parent: &Table, indexes: &[&Index], key: &ForeignKey) -> bool {
    let is_key = |columns: &[Name]| {
        columns.len() == key.parent_columns.len()
            && key.parent_columns.iter().all(|it| columns.contains(it))
    };
    let names = |columns: &[crate::schema::KeyColumn]| -> Vec<Name> {
        columns.iter().map(|it| it.name.clone()).collect()
    };
    parent.primary_key.iter().any(|it| is_key(&names(&it.columns)))
        || parent.uniques.iter().any(|it| is_key(&names(&it.columns)))
        || indexes.iter().filter(|it| it.is_unique && it.condition.is_none()).any(|index| {
            let columns: Option<Vec<Name>> =
                index.columns.iter().map(|it| column_of(it.text())).collect();
            columns.is_some_and(|it| is_key(&it))
        })
}

/// The column that an index has, and not an expression.
fn column_of(text: &str) -> Option<Name> {
    let mut significant = tokens(text).filter(Token::is_significant);
    let name = Name::new(significant.next()?.name(text)?);
    let is_column = significant
        .next()
        .is_none_or(|it| ["COLLATE", "ASC", "DESC"].iter().any(|word| it.is_keyword(text, word)));
    is_column.then_some(name)
}

/// The candidate with nearly that name; a longer one is another.
fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let lower = name.to_lowercase();
    let candidates = candidates.into_iter().filter(|it| !it.to_lowercase().starts_with(&lower));
    similar(name, candidates).first().map(|it| (*it).to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::{Declaration, load};
    use super::*;
    use crate::fsutil;

    /// The doubts about a schema, each with its place and the text there.
    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let folder = tempfile::tempdir().unwrap();
        fsutil::write_new(&folder.path().join("s.sql"), text).unwrap();
        let declared = load(&Declaration {
            root: folder.path(),
            files: &["s.sql".to_owned()],
            command: None,
            extensions: &[],
            is_excluded: &|it| it.starts_with("legacy_"),
        });
        let doubts = declared.unwrap_or_else(|err| panic!("{err}")).doubts();
        let found: Vec<String> = doubts
            .iter()
            .map(|Problem { location, kind }| {
                let (line, column) = location.line_column();
                let quoted = &location.source.text[location.span.clone()];
                format!("{line}:{column} {quoted} | {kind}")
            })
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_foreign_key_names_what_is_there_and_unique() {
        check(
            "CREATE TABLE users(id INTEGER PRIMARY KEY, mail TEXT UNIQUE, a, b, c, d, UNIQUE (a, b));\n\
             CREATE UNIQUE INDEX i ON users(\"C\" COLLATE NOCASE DESC);\n\
             CREATE UNIQUE INDEX j ON users(d) WHERE d > 1;\n\
             CREATE TABLE legacy_t(a);\n\
             CREATE TABLE p(\n\
               a REFERENCES users, b REFERENCES users (mail), c REFERENCES users (c),\n\
               d REFERENCES p, e REFERENCES usrs (id),\n\
               f REFERENCES users (idd), g REFERENCES users (d), h REFERENCES legacy_t,\n\
               FOREIGN KEY (a, b) REFERENCES users (b, a),\n\
               FOREIGN KEY (a, b) REFERENCES users\n\
             );\n",
            &[
                "7:14 p | `p` references the primary key of `p`, which does not have 1 column",
                "7:30 usrs | `p` references the table `usrs`, which does not exist (did you mean \
                 `users`?)",
                "8:21 idd | `p` references `users.idd`, which does not exist (did you mean `id`?)",
                "8:47 d | `p` references `users` (d), which is neither a primary key nor unique",
                "10:31 users | `p` references the primary key of `users`, which does not have 2 \
                 columns",
            ],
        );
    }

    #[test]
    fn a_function_or_collation_with_a_typo_is_told_from_an_own_one() {
        check(
            "CREATE TABLE t(a COLLATE app, b COLLATE NOCSE, CHECK (slug(a) AND lenght(b)));\n\
             CREATE VIEW v AS SELECT cuont(a) FILTER (WHERE a) FROM t;\n",
            &[
                "1:67 lenght | SQLite has no function `lenght` (did you mean `length`?)",
                "2:25 cuont | SQLite has no function `cuont` (did you mean `count`?)",
                "1:41 NOCSE | SQLite has no collation `NOCSE` (did you mean `NOCASE`?)",
            ],
        );
    }
}
