//! Runs on real files: what stays, what is rolled back, and what is said of it.

mod autocommit;
mod concurrency;
mod directives;
mod in_memory;
mod rehearsal;
mod stamping;
mod transactions;

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::PathBuf;

use super::testing::{Options, Project, revision};
use super::*;
use crate::revision::{Revision, RunMode};

/// A parent with two children that go with it.
const FAMILY: &str = "CREATE TABLE p(id INTEGER PRIMARY KEY, name TEXT);
    CREATE TABLE c(id INTEGER PRIMARY KEY, p REFERENCES p(id) ON DELETE CASCADE);
    INSERT INTO p VALUES (1, 'a'), (2, 'b');
    INSERT INTO c VALUES (10, 1), (11, 2);";

/// The documented rebuild of the parent.
const REBUILD: &str = "CREATE TABLE p_new(id INTEGER PRIMARY KEY, name TEXT NOT NULL);
    INSERT INTO p_new SELECT id, name FROM p;
    DROP TABLE p;
    ALTER TABLE p_new RENAME TO p;";

/// A statement that runs for hours.
const ENDLESS: &str = "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n
    WHERE i < 100000000000) SELECT sum(i) FROM n;";

fn with_mode(revision: Revision, autocommit: bool, foreign_keys: bool) -> Revision {
    Revision { mode: RunMode { autocommit, foreign_keys }, ..revision }
}

/// Every file of the folder, with a hash of its bytes.
fn contents(project: &Project) -> BTreeMap<PathBuf, u64> {
    let entries = fs::read_dir(project.folder.path()).unwrap().map(|entry| entry.unwrap().path());
    let hash = |path: &PathBuf| {
        let mut hasher = DefaultHasher::new();
        fs::read(path).unwrap().hash(&mut hasher);
        hasher.finish()
    };
    entries.map(|path| (path.clone(), hash(&path))).collect()
}

fn ids(steps: &[StepReport]) -> Vec<&str> {
    steps.iter().map(|it| it.revision.as_str()).collect()
}
