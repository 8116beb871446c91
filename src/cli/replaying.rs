//! How the revisions of a project are run in memory, the same for every command.

use std::path::PathBuf;

use super::project::Project;
use crate::exec::{Foreign, Replay};
use crate::graph::RevisionGraph;
use crate::schema::SchemaObject;

/// What a [`Replay`] borrows.
pub struct Replaying<'a> {
    project: &'a Project,
    extensions: Vec<PathBuf>,
    beside: Vec<SchemaObject>,
}

impl Replaying<'_> {
    /// How revisions are run in memory.
    pub fn replay(&self) -> Replay<'_> {
        Replay {
            version_table: &self.project.config.database.version_table,
            log: self.project.config.database.log,
            extensions: &self.extensions,
            beside: &self.beside,
        }
    }
}

impl Project {
    /// How revisions are run in memory, with the tables that `exclude` leaves to other programs.
    ///
    /// # Errors
    ///
    /// What is wrong in the declared schema, where a revision uses a table that only it can tell of.
    pub fn replaying(&self, graph: &RevisionGraph) -> anyhow::Result<Replaying<'_>> {
        let foreign = self.foreign(graph);
        let beside = if foreign.is_used() && self.declares_schema() {
            foreign.not_made(self.declared()?.excluded)
        } else {
            Vec::new()
        };
        self.replaying_beside(beside)
    }

    /// The same with these tables and views of other programs.
    pub fn replaying_beside(&self, beside: Vec<SchemaObject>) -> anyhow::Result<Replaying<'_>> {
        Ok(Replaying { project: self, extensions: self.extensions()?, beside })
    }

    /// What the revisions say of tables that `exclude` leaves to other programs.
    pub fn foreign(&self, graph: &RevisionGraph) -> Foreign {
        let exclude = &self.config.schema.exclude;
        if exclude.is_empty() {
            return Foreign::default();
        }
        Foreign::of(graph, &|name| exclude.matches(name))
    }

    fn declares_schema(&self) -> bool {
        !self.config.schema.files.is_empty() || !self.config.schema.command.is_empty()
    }
}
