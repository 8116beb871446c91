//! Projects with a declared schema: many tables, or one with many rows.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

use crate::project::{Project, id};

/// What the revisions lack of the declared schema of many tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Nothing.
    Nothing,
    /// A column of one table, which SQLite adds in place.
    Column,
    /// A constraint of one table, which is rebuilt.
    Unique,
    /// Everything: there is no revision yet.
    Everything,
    /// A column of every table.
    EveryColumn,
    /// A constraint of every table.
    EveryUnique,
}

/// What a revision does to the table with many rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowsChange {
    /// `ADD COLUMN`.
    Column,
    /// A rebuild for another default.
    Default,
    /// A rebuild for NOT NULL, which rows may be against: they are looked for first. SQLite 3.35
    /// cannot do that in place.
    NotNull,
}

impl Project {
    /// A revision that makes `n_tables` tables, and the schema that is declared.
    pub fn of_tables(parent: &Path, n_tables: usize, change: Change) -> io::Result<Self> {
        let folder = parent.join(format!("declared-{n_tables}-{change:?}"));
        let project = Self::declared(folder, "", &schema(n_tables, change))?;
        if change != Change::Everything {
            project.write_revision(&schema(n_tables, Change::Nothing))?;
        }
        Ok(project)
    }

    /// A table with two indexes and a foreign key, and the schema with a change to it.
    pub fn of_rows(parent: &Path, change: RowsChange) -> io::Result<Self> {
        let target =
            if change == RowsChange::NotNull { "[sqlite]\ntarget = \"3.35\"\n" } else { "" };
        let declared = match change {
            RowsChange::Column => users("", ",\n    nickname TEXT", ""),
            RowsChange::Default => users("", "", " DEFAULT ''"),
            RowsChange::NotNull => users(" NOT NULL", "", ""),
        };
        let folder = parent.join(format!("rows-{change:?}"));
        let project = Self::declared(folder, target, &declared)?;
        project.write_revision(&users("", "", ""))?;
        fs::write(project.folder.join("fill.sql"), FILL)?;
        fs::write(project.folder.join("rebuild.sql"), rebuild(change))?;
        Ok(project)
    }

    /// The bodies of the revision that was generated, as `up.txt` and `down.txt`; the revision is
    /// gone then.
    pub fn take_bodies(&self) -> io::Result<()> {
        for entry in fs::read_dir(self.folder.join("versions"))? {
            let path = entry?.path();
            if path.to_string_lossy().ends_with("_begin.sql") {
                continue;
            }
            let text = fs::read_to_string(&path)?;
            let (_, bodies) = text.split_once("-- migrate:upgrade\n").unwrap_or_default();
            let (up, down) = bodies.split_once("-- migrate:downgrade\n").unwrap_or_default();
            fs::write(self.folder.join("up.txt"), up)?;
            fs::write(self.folder.join("down.txt"), down)?;
            fs::remove_file(path)?;
        }
        Ok(())
    }

    fn declared(folder: std::path::PathBuf, config: &str, schema: &str) -> io::Result<Self> {
        fs::create_dir_all(folder.join("versions"))?;
        let config = format!(
            "version_locations = [\"versions\"]\n\n[database]\nurl = \"sqlite:///db.sqlite3\"\nbackup = \"never\"\n\n\
             [schema]\nfiles = [\"schema.sql\"]\n\n{config}"
        );
        fs::write(folder.join("alembic.toml"), config)?;
        fs::write(folder.join("schema.sql"), schema)?;
        Ok(Self { folder })
    }

    fn write_revision(&self, upgrade: &str) -> io::Result<()> {
        let id = id(1);
        let text = format!(
            "-- /// revision\n-- revision = \"{id}\"\n-- message = \"Begin\"\n\
             -- create_date = 2026-11-22T10:04:27Z\n-- ///\n\n\
             -- migrate:upgrade\n{upgrade}\n-- migrate:downgrade\nSELECT 1;\n"
        );
        fs::write(self.folder.join("versions").join(format!("{id}_begin.sql")), text)
    }
}

/// Tables of ten columns with two indexes and a foreign key each; the change is to the middle one,
/// or to all.
pub fn schema(n_tables: usize, change: Change) -> String {
    let mut sql = String::new();
    for number in 0..n_tables {
        let parent = number.saturating_sub(1);
        let is_middle = number == n_tables / 2;
        let (column, constraint) = match change {
            Change::EveryColumn => (",\n    extra TEXT", ""),
            Change::EveryUnique => ("", ",\n    UNIQUE (c1, c2)"),
            Change::Column if is_middle => (",\n    extra TEXT", ""),
            Change::Unique if is_middle => ("", ",\n    UNIQUE (c1, c2)"),
            _ => ("", ""),
        };
        write!(
            sql,
            "CREATE TABLE t{number} (\n    id INTEGER PRIMARY KEY,\n    c1 TEXT NOT NULL,\n    \
             c2 INTEGER,\n    c3 TEXT,\n    c4 INTEGER NOT NULL DEFAULT 0,\n    c5 TEXT,\n    \
             c6 REAL,\n    c7 TEXT NOT NULL DEFAULT '',\n    c8 BLOB,\n    \
             parent_id INTEGER REFERENCES t{parent} (id){column}{constraint}\n);\n\
             CREATE INDEX ix_t{number}_c1 ON t{number} (c1);\n\
             CREATE INDEX ix_t{number}_parent_id ON t{number} (parent_id, c2);\n"
        )
        .unwrap_or_default();
    }
    sql
}

/// Drops what [`schema`] makes.
pub fn drops(n_tables: usize) -> String {
    (0..n_tables).rev().map(|it| format!("DROP TABLE t{it};\n")).collect()
}

/// What stands in the parentheses of the table with many rows.
fn users_body(email: &str, column: &str, created_at: &str) -> String {
    format!(
        "(\n    id INTEGER PRIMARY KEY,\n    name TEXT NOT NULL,\n    email TEXT{email},\n    \
         age INTEGER,\n    team_id INTEGER REFERENCES teams (id),\n    \
         created_at TEXT NOT NULL{created_at}{column}\n)"
    )
}

fn users(email: &str, column: &str, created_at: &str) -> String {
    let body = users_body(email, column, created_at);
    format!("CREATE TABLE teams (id INTEGER PRIMARY KEY);\nCREATE TABLE users {body};\n{INDEXES}")
}

const INDEXES: &str = "\
CREATE INDEX ix_users_email ON users (email);
CREATE INDEX ix_users_age_name ON users (age, name);
";

const FILL: &str = "\
INSERT INTO teams WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
SELECT i FROM n;
INSERT INTO users
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000)
SELECT i, 'name ' || i, 'user' || (i * 7919 % 1000003) || '@example.com', i * 31 % 90,
       i % 1000 + 1, '2026-11-22 10:04:27'
FROM n;
";

/// The rebuild as SQLite's documentation has it, with nothing around it.
fn rebuild(change: RowsChange) -> String {
    let body = match change {
        RowsChange::Column => return "ALTER TABLE users ADD COLUMN nickname TEXT;\n".to_owned(),
        RowsChange::Default => users_body("", "", " DEFAULT ''"),
        RowsChange::NotNull => users_body(" NOT NULL", "", ""),
    };
    format!(
        "CREATE TABLE new_users {body};\n\
         INSERT INTO new_users (id, name, email, age, team_id, created_at)\n\
         SELECT id, name, email, age, team_id, created_at FROM users;\n\
         DROP TABLE users;\nALTER TABLE new_users RENAME TO users;\n{INDEXES}"
    )
}
