//! Which revisions a schema is that of.

use super::Rehearsal;
use crate::autogenerate::compare;
use crate::db::{DbError, Scratch};
use crate::exec::ReplayError;
use crate::graph::RevisionIndex;
use crate::graph::walk::RevisionSet;
use crate::schema::{self, Schema};

/// So many heads are walked to one by one; a database that is at one of several has the rest of its
/// way alone.
const MAX_HEADS: usize = 8;

impl Rehearsal<'_> {
    /// Where a database with this schema may be: the version rows of every state on the way to each
    /// head, and to all of them, that makes this schema. None stands for the base.
    ///
    /// A revision that does not run ends its way; what lies before it is found all the same.
    ///
    /// # Errors
    ///
    /// A scratch database that cannot be made.
    pub fn places(&self, schema: &Schema) -> Result<Vec<Vec<RevisionIndex>>, ReplayError> {
        let mut places: Vec<Vec<RevisionIndex>> = Vec::new();
        let start = self.replay.start()?;
        if self.is_that(&start, schema)? {
            places.push(Vec::new());
        }
        let heads = self.graph.real_heads();
        let mut ways = vec![heads.clone()];
        if heads.len() > 1 {
            ways.extend(heads.into_iter().take(MAX_HEADS).map(|it| vec![it]));
        }
        for way in ways {
            let mut ran = RevisionSet::new(self.graph);
            let mut after = |scratch: &Scratch, revision| {
                ran.insert(revision);
                if self.is_that(scratch, schema)? {
                    let place = self.graph.maximal(&ran);
                    if !places.contains(&place) {
                        places.push(place);
                    }
                }
                Ok(())
            };
            // Why it does not run is told where somebody wants to run it.
            self.replay.watch(self.graph, &way, &mut after).ok();
        }
        Ok(places)
    }

    /// Whether a scratch database has this schema.
    fn is_that(&self, scratch: &Scratch, schema: &Schema) -> Result<bool, DbError> {
        let objects = scratch.database().schema_objects(self.is_excluded)?;
        let Schema { tables, virtual_tables, indexes, views, triggers } = schema;
        let n_tables = tables.len() + virtual_tables.len();
        // Most states differ by this, and need not be taken apart.
        if objects.len() != n_tables + indexes.len() + views.len() + triggers.len() {
            return Ok(false);
        }
        let Ok(found) = schema::read(&objects) else { return Ok(false) };
        Ok(compare(&found, schema, self.by_order).is_empty())
    }
}
