//! Views and triggers compiled again, but only those that can have become others.
//!
//! Whether a view compiles depends on what it names, on what the views among that name in turn, and
//! so on; the statements that fire the triggers of a table compile those too, and the triggers of the
//! tables that they write. A schema of a thousand views in which one table changed needs the few that
//! lead to it, and not all of them after each of a thousand revisions.
//!
//! **Invariant.** What comes out is what [`checks::objects`](super::checks::objects) finds: whatever
//! may be a name counts as one, quoted or not, as text or as the name of a column.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, HashSet};
use std::hash::{Hash as _, Hasher as _};

use super::schema_objects::VIRTUAL;
use super::{Database, DbError, ObjectState, SchemaSnapshot};
use crate::schema::{ObjectKind, SchemaObject};
use crate::sql::lexer::tokens;

/// The views and triggers that do not compile, and the schema of which that was found.
#[derive(Debug, Clone, Default)]
pub struct CheckedSchema {
    schema: SchemaSnapshot,
    /// What does not compile.
    pub objects: ObjectState,
}

/// What a view, a trigger or a virtual table may name, as sorted hashes; nothing of other objects,
/// which compile whatever else there is while no foreign keys are enforced.
#[derive(Debug, PartialEq)]
pub(super) struct Words(Box<[u64]>);

impl Words {
    pub fn of(object: &SchemaObject) -> Self {
        let is_plain = match object.kind {
            ObjectKind::View | ObjectKind::Trigger => false,
            ObjectKind::Table => !object.sql.starts_with(VIRTUAL),
            ObjectKind::Index => true,
        };
        if is_plain {
            return Self(Box::default());
        }
        let sql = object.sql.as_str();
        let mut words: Vec<u64> = tokens(sql).filter_map(|it| Some(hash(&it.name(sql)?))).collect();
        words.sort_unstable();
        words.dedup();
        Self(words.into())
    }

    fn has_one_of(&self, hashes: &HashSet<u64>) -> bool {
        if hashes.len() < self.0.len() {
            hashes.iter().any(|it| self.0.binary_search(it).is_ok())
        } else {
            self.0.iter().any(|it| hashes.contains(it))
        }
    }
}

/// Of a name; two that are the same for SQLite have the same. Two that are not may have it too:
/// then something is compiled once more than it need be.
fn hash(name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.to_ascii_lowercase().hash(&mut hasher);
    hasher.finish()
}

impl CheckedSchema {
    /// What is known of a schema of which everything was compiled.
    pub(super) fn new(schema: SchemaSnapshot, objects: ObjectState) -> Self {
        Self { schema, objects }
    }

    /// Compiles what can have changed since. Foreign keys must be off.
    pub(super) fn recheck(
        &self,
        database: &Database,
        now: &SchemaSnapshot,
    ) -> Result<ObjectState, DbError> {
        let concerned = self.concerned(now);
        let is_concerned = |name: &str| concerned.contains(&hash(name));
        let mut state = self.objects.clone();
        state.broken.retain(|name, _| !is_concerned(name));
        state.unknown.retain(|name, _| !is_concerned(name));
        if concerned.is_empty() {
            return Ok(state);
        }
        let mut triggers: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for object in now.objects.iter().map(|it| &it.object) {
            match object.kind {
                ObjectKind::View if is_concerned(&object.name) => {
                    state.compile_view(database, &object.name)?;
                }
                ObjectKind::Trigger if is_concerned(&object.table) => {
                    triggers.entry(&object.table).or_default().push(object.name.clone());
                }
                _ => {}
            }
        }
        for (table, triggers) in triggers {
            state.compile_triggers(database, table, &triggers)?;
        }
        Ok(state)
    }

    /// The names of what changed, and of what leads to it.
    fn concerned(&self, now: &SchemaSnapshot) -> HashSet<u64> {
        let changed = self.schema.changed(now);
        let mut concerned: HashSet<u64> =
            changed.flat_map(|it| [hash(&it.name), hash(&it.table)]).collect();
        let mut latest = concerned.clone();
        while !latest.is_empty() {
            let leads = now.objects.iter().filter(|it| it.words.has_one_of(&latest));
            // What is said of a trigger is said of its table.
            let names: Vec<u64> = leads.map(|it| hash(&it.object.table)).collect();
            latest = names.into_iter().filter(|it| concerned.insert(*it)).collect();
        }
        concerned
    }
}

#[cfg(test)]
#[path = "recheck_tests.rs"]
mod tests;
