//! The schemas that a command compares: what is declared, what the revisions make, what a database
//! has.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::App;
use super::project::Project;
use super::replaying::Replaying;
use super::screen::REPLAYING;
use crate::Error;
use crate::autogenerate::{AutogenerateError, Rename, read_schema};
use crate::config::url::DatabaseLocation;
use crate::db::{DbError, Scratch};
use crate::declared::{self, Command, Declaration, Declared, Doubt};
use crate::diagnostics::{self, Usage};
use crate::diff::lines::{Line, Sign};
use crate::flag::shell;
use crate::graph::{Edges, RevisionGraph, RevisionIndex};
use crate::revision::script_dir;
use crate::schema::{self, Name, Schema, SchemaObject, Trigger, View};
use crate::similar::similar;
use crate::source::Problem;

/// One side of a comparison.
pub struct Side {
    /// What messages call it.
    pub name: String,
    /// A database with the schema and without rows.
    pub scratch: Scratch,
    /// Its schema, without what is excluded.
    pub schema: Schema,
    /// Tables that a declared file says were renamed: new and old name.
    pub renamed_tables: Vec<(Name, Name)>,
    /// The declared tables and views that are left out, with what is on them.
    pub excluded: Vec<SchemaObject>,
    /// What is probably a mistake in it.
    pub doubts: Vec<Problem<Doubt>>,
}

/// A difference, as JSON.
#[derive(Debug, Serialize)]
pub struct ChangeJson {
    change: &'static str,
    kind: &'static str,
    name: String,
    detail: String,
}

/// What can be named as a schema.
const SIDES: &str = "a schema is `database`, `declared`, a SQL file or folder, a database or its URL, or \
                     a revision";

impl Side {
    fn from_declared(name: &str, declared: Declared) -> Self {
        let doubts = declared.doubts();
        let Declared { schema, database, renamed_tables, excluded, .. } = declared;
        Self {
            name: name.to_owned(),
            scratch: database,
            schema,
            renamed_tables: renamed_tables.into_iter().collect(),
            excluded,
            doubts,
        }
    }
}

impl Project {
    /// The extensions of SQLite that schemas need.
    pub fn extensions(&self) -> anyhow::Result<Vec<PathBuf>> {
        Ok(self.config.sqlite_extensions().map_err(Error::from)?)
    }

    /// What `[schema]` declares.
    pub fn declared(&self) -> anyhow::Result<Side> {
        let files = self.config.schema_files().map_err(Error::from)?;
        let command = self.config.schema_command().map_err(Error::from)?;
        if files.is_empty() && command.is_empty() {
            return Err(Usage::new("no schema is declared")
                .hint("name its files in alembic.toml: `files = [\"schema.sql\"]` under `[schema]`")
                .hint("`migrator schema dump > schema.sql` begins one with what the database has")
                .into());
        }
        let timeout = self.config.schema.timeout;
        let command = (!command.is_empty()).then_some(Command { program: &command, timeout });
        let declared = self.load_declared(&files, command)?;
        // What the database's programs cannot read must not get into it.
        declared.check_target(self.config.sqlite.target().minor).map_err(Error::from)?;
        Ok(Side::from_declared("the declared schema", declared))
    }

    /// The schema of SQL files or folders.
    pub fn declared_in(
        &self,
        name: &str,
        files: &[String],
        command: Option<Command<'_>>,
    ) -> anyhow::Result<Side> {
        Ok(Side::from_declared(name, self.load_declared(files, command)?))
    }

    fn load_declared(
        &self,
        files: &[String],
        command: Option<Command<'_>>,
    ) -> anyhow::Result<Declared> {
        let extensions = self.extensions()?;
        let _busy = self.busy("reading the declared schema");
        let is_excluded = |name: &str| self.config.is_excluded(name);
        let root = std::path::absolute(&self.config.root).unwrap_or(self.config.root.clone());
        let declaration = Declaration {
            root: &root,
            files,
            command,
            extensions: &extensions,
            is_excluded: &is_excluded,
        };
        Ok(declared::load(&declaration).map_err(Error::from)?)
    }

    /// What is declared, and what the revisions make up to `targets`: both at the same time, since
    /// SQLite takes most of it.
    pub fn declared_and_replayed(
        &self,
        graph: &RevisionGraph,
        targets: &[RevisionIndex],
    ) -> anyhow::Result<(Side, Side)> {
        let _busy = self.busy("replaying the revisions in memory, and reading the declared schema");
        let replayed = |beside| {
            let replaying = self.replaying_beside(beside)?;
            self.side_of(&replaying, "the revisions".to_owned(), graph, targets)
        };
        let foreign = self.foreign(graph);
        if foreign.is_used() {
            let declared = self.declared()?;
            let replayed = replayed(foreign.not_made(declared.excluded.clone()))?;
            return Ok((declared, replayed));
        }
        let (declared, replayed) = std::thread::scope(|scope| {
            let declared = scope.spawn(|| self.declared());
            let replayed = replayed(Vec::new());
            (declared.join(), replayed)
        });
        let declared = declared.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        Ok((declared, replayed?))
    }

    /// What the revisions make of an empty database, up to `targets`; one of them may come before
    /// another.
    pub fn replayed(
        &self,
        name: String,
        graph: &RevisionGraph,
        targets: &[RevisionIndex],
    ) -> anyhow::Result<Side> {
        let unknown = match self.replaying(graph) {
            Ok(replaying) => return self.side_of(&replaying, name, graph, targets),
            Err(unknown) => unknown,
        };
        // Most bodies run without the tables that they name; if not, that is why.
        let replaying = self.replaying_beside(Vec::new())?;
        self.side_of(&replaying, name, graph, targets).map_err(|_| unknown)
    }

    fn side_of(
        &self,
        replaying: &Replaying<'_>,
        name: String,
        graph: &RevisionGraph,
        targets: &[RevisionIndex],
    ) -> anyhow::Result<Side> {
        let applied = graph.ancestors(targets.iter().copied(), Edges::All);
        let _busy = self.busy(REPLAYING);
        let scratch = replaying.replay().run(graph, &graph.maximal(&applied));
        self.side(name, scratch.map_err(Error::from)?)
    }

    /// The schema of a database, which is only read.
    pub fn live(&self, location: &DatabaseLocation) -> anyhow::Result<Side> {
        let extensions = self.extensions()?;
        let live = self.open(location)?;
        // Only the module of a virtual table knows which tables are its shadow tables.
        live.load_extensions(&extensions).map_err(Error::from)?;
        let scratch = Scratch::with_schema_of(&live, &extensions).map_err(Error::from)?;
        self.side(self.shown_database(location), scratch)
    }

    /// The same, to be compared and no more: nothing is made of it.
    pub fn live_schema(&self, location: &DatabaseLocation) -> anyhow::Result<Schema> {
        let live = self.open(location)?;
        live.load_extensions(&self.extensions()?).map_err(Error::from)?;
        let is_excluded = |name: &str| self.config.is_excluded(name);
        let objects = live.schema_objects(&is_excluded).map_err(Error::from)?;
        Ok(schema::read(&objects).map_err(AutogenerateError::from).map_err(Error::from)?)
    }

    fn side(&self, name: String, scratch: Scratch) -> anyhow::Result<Side> {
        let schema =
            read_schema(&scratch, &|name| self.config.is_excluded(name)).map_err(Error::from)?;
        Ok(Side {
            name,
            scratch,
            schema,
            renamed_tables: Vec::new(),
            excluded: Vec::new(),
            doubts: Vec::new(),
        })
    }

    /// The schema that `text` names: `database`, `declared`, a SQL file or folder, a database or its
    /// URL, or else a revision.
    pub fn named_side(&self, text: &str) -> anyhow::Result<Side> {
        let path = Path::new(text);
        match text {
            "database" => return self.live(&self.location()?),
            "declared" => return self.declared(),
            _ => {}
        }
        let full = self.here.join(path);
        let is_sql = path.extension().is_some_and(|it| it.eq_ignore_ascii_case("sql"));
        if full.is_dir() || (is_sql && full.is_file()) {
            return self.declared_in(text, &[full.display().to_string()], None);
        }
        let is_url = ["sqlite:", "sqlite+", "file:"].iter().any(|it| text.starts_with(it));
        if is_url || full.is_file() {
            let location =
                self.config.database_location(Some(text), &self.here).map_err(Error::from)?;
            return self.live(&location).map_err(|err| match err.downcast::<Error>() {
                Ok(Error::Database(
                    err @ (DbError::NotADatabase { .. }
                    | DbError::Missing { .. }
                    | DbError::MissingFolder { .. }
                    | DbError::BrokenLink { .. }
                    | DbError::Unreachable { .. }
                    | DbError::FixedMode { .. }),
                )) => Usage::new(err.to_string())
                    .hint(format!("`{text}` was named as a schema; {SIDES}"))
                    .into(),
                Ok(err) => err.into(),
                Err(err) => err,
            });
        }
        let graph = self.graph()?;
        let targets = match text.parse().map_err(Error::from) {
            Ok(symbol) => self.resolve_with_current(&graph, &symbol),
            Err(err) => Err(err.into()),
        };
        let targets =
            targets.map_err(|err| match similar(text, ["database", "declared"]).first() {
                Some(near) => Usage::new(format!("no schema is called `{text}`"))
                    .hint(format!("did you mean `{near}`?"))
                    .into(),
                None if is_sql || text.contains(['.', '/', '\\']) => {
                    Usage::new(format!("there is no file, folder or revision `{text}`"))
                        .hint(SIDES)
                        .into()
                }
                None => err,
            })?;
        self.replayed(format!("revision {text}"), &graph, &targets)
    }
}

/// Shows differences, one to a line and in columns.
pub fn show(
    lines: &[Line],
    mut line: impl FnMut(String) -> std::io::Result<()>,
) -> std::io::Result<()> {
    use anstyle::{AnsiColor, Style};
    use console::measure_text_width as width;
    // Names and texts may hold line ends.
    let one_line = |text: &str| text.replace(['\n', '\r'], " ");
    let kind_width = lines.iter().map(|it| it.kind.len()).max().unwrap_or_default();
    let name_width = lines.iter().map(|it| width(&one_line(&it.name))).max().unwrap_or_default();
    for it in lines {
        let color = match it.sign {
            Sign::Added => AnsiColor::Green,
            Sign::Dropped => AnsiColor::Red,
            Sign::Changed | Sign::Renamed => AnsiColor::Yellow,
        };
        let style = Style::new().fg_color(Some(color.into()));
        let (sign, kind, name) = (it.sign.symbol(), it.kind, one_line(&it.name));
        let detail = match it.detail.as_str() {
            "" => String::new(),
            detail => {
                let blanks = " ".repeat(name_width - width(&name));
                format!("{blanks}  {}", one_line(detail))
            }
        };
        line(format!("  {style}{sign}{style:#} {kind:kind_width$}  {name}{detail}"))?;
    }
    Ok(())
}

/// Differences as JSON.
pub fn changes_json(lines: &[Line]) -> Vec<ChangeJson> {
    let json = |it: &Line| ChangeJson {
        change: it.sign.word(),
        kind: it.kind,
        name: it.name.clone(),
        detail: it.detail.clone(),
    };
    lines.iter().map(json).collect()
}

/// Says that something was dropped and something alike added, and how to say that it is the same;
/// `again` is what to do for it.
pub fn warn_of_renames(app: &App, suggestions: &[Rename], again: &str) {
    for rename in suggestions {
        let (kind, old) = renamed(rename);
        app.output.warning(format_args!(
            "the {kind} {old} is dropped and {} added; if it was renamed, {again} with \
             `--rename {}`",
            rename.to,
            shell(&rename.to_string())
        ));
    }
}

/// Makes in `from` what the declared schema has beside what is compared, since views and triggers
/// that name it must compile there too; says which of the new ones need a database that has it.
pub fn supply_excluded(app: &App, from: &Side, to: &Side) -> Result<(), Error> {
    let made = from.scratch.supply(&to.excluded)?;
    // What is lent may have been made before.
    let lent = to.excluded.iter().filter(|it| it.is_itself() && from.scratch.lends(&it.name));
    let names: BTreeSet<&str> =
        made.iter().chain(lent.map(|it| &it.name)).map(String::as_str).collect();
    for name in names.into_iter().map(Name::new) {
        let is_new_view =
            |it: &&View| !from.schema.views.contains(it) && it.definition.names(&name);
        let is_new_trigger =
            |it: &&Trigger| !from.schema.triggers.contains(it) && it.definition.names(&name);
        let views = to.schema.views.iter().filter(is_new_view).map(|it| ("view", &it.name));
        let triggers = to.schema.triggers.iter().filter(is_new_trigger);
        for (kind, user) in views.chain(triggers.map(|it| ("trigger", &it.name))) {
            app.output.warning(format_args!(
                "the {kind} {user} uses {name}, which `exclude` leaves to others: `upgrade` takes it \
                 only in a database that has {name}"
            ));
        }
    }
    Ok(())
}

/// Says what is probably a mistake in a declared schema, and where.
pub fn warn_of_doubts(app: &App, project: &Project, side: &Side) {
    for Problem { location, kind } in &side.doubts {
        let path = script_dir::shown(&location.source.path, &project.here);
        let (line, column) = location.line_column();
        let message = diagnostics::doubt(kind);
        app.output.warning(format_args!("{}:{line}:{column}: {message}", path.display()));
    }
}

/// What a rename is about: the kind of object, and its name of before.
pub fn renamed(rename: &Rename) -> (&'static str, String) {
    match &rename.column {
        None => ("table", rename.table.to_string()),
        Some(column) => ("column", format!("{}.{column}", rename.table)),
    }
}
