//! The databases that alembic.toml names: what each says of what ran on it.

use std::path::PathBuf;

use super::App;
use super::project::{Project, environment};
use crate::Error;
use crate::audit::Net;
use crate::config::url::DatabaseLocation;
use crate::config::{Config, LoadOptions};
use crate::db::{self, Access, Database, LogTable, VersionTable};
use crate::graph::RevisionGraph;
use crate::graph::rivals::Databases;
use crate::rewrite::{KnownDatabase, NamedBy};

impl Project {
    /// Every database that is there: the one of this call, and those of the file and of each of its
    /// environments that use these revisions.
    ///
    /// One that another environment names and that cannot be found or read is left out;
    /// that of this call must be readable. `warn` is told.
    pub fn known_databases(
        &self,
        app: &App,
        warn: &dyn Fn(String),
    ) -> anyhow::Result<Vec<KnownDatabase>> {
        let mut seen: Vec<PathBuf> = Vec::new();
        let mut known = Vec::new();
        let has_url = self.config.database.url.is_some() || app.globals.url.is_some();
        if has_url {
            let location = self.location()?;
            known.extend(self.ask(&self.config, &location, NamedBy::ThisCall, &mut seen)?);
        }
        let environments = self.config.environments_with_url.iter().map(|it| Some(it.as_str()));
        for name in std::iter::once(None).chain(environments) {
            match self.ask_environment(app, name, &mut seen) {
                Ok(found) => known.extend(found),
                Err(err) => {
                    let what = name.map_or_else(
                        || "the database".to_owned(),
                        |it| format!("the database of `-n {it}`"),
                    );
                    warn(format!("{what} was not asked: {err}"));
                }
            }
        }
        Ok(known)
    }

    /// Which databases each revision is for: where alembic.toml has several and this call names none,
    /// those of the environments in whose folders its file lies.
    pub fn databases(&self, app: &App, graph: &RevisionGraph) -> Databases {
        let names_one = self.config.environment.is_some()
            || self.config.database.url.is_some()
            || app.globals.url.is_some();
        let names = &self.config.environments_with_url;
        if names_one || names.len() < 2 {
            return Databases::default();
        }
        let load = |name: &String| {
            let options = LoadOptions {
                environment_name: Some(name),
                extra: &app.globals.variables,
                environment: &environment,
            };
            // One that cannot be read has no say in this.
            let config = Config::load(&self.config.file.path, &options).ok()?;
            Some((name.clone(), config.version_locations))
        };
        let folders: Vec<_> = names.iter().filter_map(load).collect();
        let of = graph.indices().map(|it| {
            let path = self.here.join(&graph[it].source.path);
            let has_it = |folders: &[PathBuf]| folders.iter().any(|it| path.starts_with(it));
            let databases = folders.iter().filter(|(_, folders)| has_it(folders));
            databases.map(|(name, _)| name.clone()).collect()
        });
        Databases::new(of.collect())
    }

    fn ask_environment(
        &self,
        app: &App,
        name: Option<&str>,
        seen: &mut Vec<PathBuf>,
    ) -> Result<Option<KnownDatabase>, Error> {
        let options = LoadOptions {
            environment_name: name,
            extra: &app.globals.variables,
            environment: &environment,
        };
        let config = Config::load(&self.config.file.path, &options)?;
        let uses_these =
            config.version_locations.iter().any(|it| self.config.version_locations.contains(it));
        if config.database.url.is_none() || !uses_these {
            return Ok(None);
        }
        let location = config.database_location(None, &self.here)?;
        let named_by = name.map_or(NamedBy::Itself, |it| NamedBy::Environment(it.to_owned()));
        self.ask(&config, &location, named_by, seen)
    }

    /// What a database says; nothing if it is not there or was asked before.
    fn ask(
        &self,
        config: &Config,
        location: &DatabaseLocation,
        named_by: NamedBy,
        seen: &mut Vec<PathBuf>,
    ) -> Result<Option<KnownDatabase>, Error> {
        let Some(path) = location.path().filter(|_| db::exists(location)) else { return Ok(None) };
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        if seen.contains(&path) {
            return Ok(None);
        }
        let waiting = self.waiting(config.database.busy_timeout);
        let database = Database::open(location, Access::Read, waiting)?;
        let table = VersionTable::new(&config.database.version_table);
        let name = &config.database.version_table;
        let [log_table, ever] = [config.database.log, true].map(|it| LogTable::new(it, name));
        let (history, log) =
            database.read_at_once(|it| Ok((log_table.history(it, &table)?, ever.read(it)?)))?;
        let logged = Net::new(&log).ids().into_iter().map(str::to_owned).collect();
        seen.push(path);
        Ok(Some(KnownDatabase {
            name: self.shown_database(location),
            named_by,
            rows: history.rows.clone(),
            logged: (!log.is_empty()).then_some(logged),
            history,
            is_ours: config.version_locations == self.config.version_locations,
        }))
    }
}
