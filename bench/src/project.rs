//! Projects on disk: the same graph for migrator and for Alembic.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::shape::Shape;

/// What the bodies of a project do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// Each makes a table.
    CreateTable,
    /// Nothing that costs SQLite more the more there is in the database, so that what is measured
    /// is the tool.
    Select,
}

impl Body {
    /// The upgrade of revision `number`.
    pub fn upgrade(self, number: usize) -> String {
        match self {
            Self::CreateTable => format!("CREATE TABLE t{number} (id INTEGER PRIMARY KEY, a TEXT)"),
            Self::Select => format!("SELECT {number}"),
        }
    }

    fn downgrade(self, number: usize) -> String {
        match self {
            Self::CreateTable => format!("DROP TABLE t{number}"),
            Self::Select => format!("SELECT {number}"),
        }
    }
}

/// A folder with a project, removed when this value is dropped.
pub struct Project {
    /// Where commands are run.
    pub folder: PathBuf,
}

impl Drop for Project {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.folder).ok();
    }
}

impl Project {
    /// The database of every project.
    pub fn database(&self) -> PathBuf {
        self.folder.join("db.sqlite3")
    }

    /// Removes the database.
    pub fn remove_database(&self) {
        for suffix in ["", "-journal", "-wal", "-shm"] {
            fs::remove_file(self.folder.join(format!("db.sqlite3{suffix}"))).ok();
        }
    }

    /// Keeps a copy of the database.
    pub fn keep_database(&self) -> io::Result<()> {
        fs::copy(self.database(), self.folder.join("kept")).map(drop)
    }

    /// Puts the copy in the place of the database.
    pub fn restore_database(&self) -> io::Result<()> {
        self.remove_database();
        fs::copy(self.folder.join("kept"), self.database())?;
        // Or else the first fsync that is measured would write all of it.
        fs::File::open(self.database())?.sync_all()
    }

    /// A project of revision files with SQL bodies.
    pub fn for_migrator(
        parent: &Path,
        shape: Shape,
        n_revisions: usize,
        body: Body,
    ) -> io::Result<Self> {
        let folder = parent.join(format!("migrator-{shape:?}-{n_revisions}"));
        let versions = folder.join("versions");
        fs::create_dir_all(&versions)?;
        let config = "version_locations = [\"versions\"]\n\n\
                      [database]\nurl = \"sqlite:///db.sqlite3\"\nbackup = \"never\"\n";
        fs::write(folder.join("alembic.toml"), config)?;
        for number in 0..n_revisions {
            let edges = shape.edges(number, n_revisions);
            let mut text = format!("-- /// revision\n-- revision = \"{}\"\n", id(number));
            if let Some(value) = toml_value(&edges.down) {
                text += &format!("-- down_revision = {value}\n");
            }
            if !edges.depends_on.is_empty() {
                text += &format!("-- depends_on = {}\n", toml_list(&edges.depends_on));
            }
            text += &format!(
                "-- message = \"Add table {number}\"\n\
                 -- create_date = 2026-11-22T10:04:27Z\n-- ///\n\n\
                 -- migrate:upgrade\n{};\n\n-- migrate:downgrade\n{};\n",
                body.upgrade(number),
                body.downgrade(number)
            );
            let name = file_name(shape, number, n_revisions);
            fs::write(versions.join(format!("{name}.sql")), text)?;
        }
        Ok(Self { folder })
    }

    /// The same project for Alembic; its bodies make tables.
    pub fn for_alembic(parent: &Path, shape: Shape, n_revisions: usize) -> io::Result<Self> {
        let folder = parent.join(format!("alembic-{shape:?}-{n_revisions}"));
        let versions = folder.join("migrations").join("versions");
        fs::create_dir_all(&versions)?;
        let ini =
            "[alembic]\nscript_location = migrations\nsqlalchemy.url = sqlite:///db.sqlite3\n";
        fs::write(folder.join("alembic.ini"), ini)?;
        fs::write(folder.join("migrations").join("env.py"), ENV_PY)?;
        for number in 0..n_revisions {
            let edges = shape.edges(number, n_revisions);
            let parents: Vec<String> =
                edges.down.iter().map(|it| format!("\"{}\"", id(*it))).collect();
            let parents = match parents.as_slice() {
                [] => "None".to_owned(),
                [parent] => parent.clone(),
                several => format!("({})", several.join(", ")),
            };
            let text = format!(
                "\"\"\"Add table {number}\n\nRevision ID: {id}\nCreate Date: 2026-11-22 10:04:27\n\"\"\"\n\
                 from alembic import op\n\n\
                 revision = \"{id}\"\ndown_revision = {parents}\n\
                 branch_labels = None\ndepends_on = None\n\n\n\
                 def upgrade():\n    op.execute(\"{}\")\n\n\n\
                 def downgrade():\n    op.execute(\"{}\")\n",
                Body::CreateTable.upgrade(number),
                Body::CreateTable.downgrade(number),
                id = id(number),
            );
            let name = file_name(shape, number, n_revisions);
            fs::write(versions.join(format!("{name}.py")), text)?;
        }
        Ok(Self { folder })
    }
}

/// The id of a revision: twelve hexadecimal digits that look random.
pub fn id(number: usize) -> String {
    let scattered = (number as u64).wrapping_mul(2_654_435_761) % (1 << 32);
    format!("{scattered:08x}{number:04x}")
}

/// Files are loaded by name.
fn file_name(shape: Shape, number: usize, n_revisions: usize) -> String {
    format!("{:06}_{}", shape.load_place(number, n_revisions), id(number))
}

fn toml_value(numbers: &[usize]) -> Option<String> {
    match numbers {
        [] => None,
        [number] => Some(format!("\"{}\"", id(*number))),
        several => Some(toml_list(several)),
    }
}

fn toml_list(numbers: &[usize]) -> String {
    let ids: Vec<String> = numbers.iter().map(|it| format!("\"{}\"", id(*it))).collect();
    format!("[{}]", ids.join(", "))
}

/// What `alembic init` writes, without logging and without models.
const ENV_PY: &str = r#"from alembic import context
from sqlalchemy import engine_from_config, pool

config = context.config
if context.is_offline_mode():
    context.configure(url=config.get_main_option("sqlalchemy.url"), literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    engine = engine_from_config(
        config.get_section(config.config_ini_section, {}),
        prefix="sqlalchemy.",
        poolclass=pool.NullPool,
    )
    with engine.connect() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()
"#;
