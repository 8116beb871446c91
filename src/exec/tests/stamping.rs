//! Writes to the version table alone.

use super::*;
use crate::audit::{LogDirection, Note};
use crate::db::DbError;
use crate::exec::event::Silent;
use crate::plan::RowWrite;

fn id(text: &str) -> RevisionId {
    RevisionId::new(text).unwrap()
}

fn note(revision: &str) -> Note {
    Note { revision: revision.to_owned(), direction: LogDirection::Stamp, checksum: None }
}

fn inserting(ids: &[&str]) -> Stamp {
    Stamp {
        writes: ids.iter().map(|it| RowWrite::Insert(id(it))).collect(),
        notes: ids.iter().map(|it| note(it)).collect(),
    }
}

fn stamp_with(project: &Project, purge: bool, wanted: &Stamp) -> Result<Outcome, ExecError> {
    project.request(&Options::default(), |request| {
        stamp(request, purge, &mut |_| Ok(wanted.clone()), &mut Silent)
    })
}

#[test]
fn a_stamp_makes_the_database_and_the_table() {
    let project = Project::of_upgrades(&[]);
    let outcome = stamp_with(&project, false, &inserting(&["a", "b"])).unwrap();
    assert_eq!(outcome.rows, ["a", "b"]);
    assert_eq!(project.summary(), " @ a,b");
    assert_eq!(
        project.query("SELECT group_concat(revision || direction) FROM migrator_log"),
        "astamp,bstamp"
    );
}

#[test]
fn a_stamp_that_fails_changes_nothing() {
    let project = Project::of_upgrades(&[]);
    stamp_with(&project, false, &inserting(&["a"])).unwrap();
    let before = contents(&project);
    let err = stamp_with(&project, false, &inserting(&["b", "a"])).unwrap_err();
    assert!(matches!(err.failure, Failure::Database(DbError::Sqlite { .. })), "{err:?}");
    assert_eq!(err.exit_class(), ExitClass::Refused);
    assert_eq!(contents(&project), before);
}

#[test]
fn a_purge_removes_whatever_is_there() {
    let project = Project::of_upgrades(&[]).prepare(
        "CREATE TABLE alembic_version(version_num); INSERT INTO alembic_version VALUES (NULL), (7)",
    );
    let err = stamp_with(&project, false, &inserting(&["a"])).unwrap_err();
    assert!(matches!(err.failure, Failure::Database(DbError::NotARevision { .. })));
    assert_eq!(stamp_with(&project, true, &inserting(&["a"])).unwrap().rows, ["a"]);
    assert_eq!(stamp_with(&project, true, &inserting(&[])).unwrap().rows, [""; 0]);
}

#[test]
fn a_stamp_with_nothing_to_write_still_makes_the_table() {
    let project = Project::of_upgrades(&[]);
    stamp_with(&project, false, &inserting(&[])).unwrap();
    assert_eq!(project.summary(), " @ ");
    let before = contents(&project);
    stamp_with(&project, false, &inserting(&[])).unwrap();
    assert_eq!(contents(&project), before);
}

#[test]
fn the_version_table_is_made_once() {
    let project = Project::of_upgrades(&[]);
    let ensure = || project.request(&Options::default(), |it| ensure_version(it, &mut Silent));
    assert!(ensure().unwrap());
    assert!(!ensure().unwrap());
    assert_eq!(project.summary(), " @ ");
}
