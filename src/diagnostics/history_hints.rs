//! What to do where the files, the version table and the log disagree.
//!
//! Exhaustive like [`super::hints`]. Every trouble has a command that ends it, written so that it can
//! be copied.

use std::path::Path;

use super::hints::{one, plan};
use crate::audit::{Back, HistoryError, Right, Trouble};
use crate::out_of_order::OutOfOrderError;
use crate::revision::RevisionId;
use crate::revision::script_dir::shown;

/// What to do about one trouble, the command first that changes no file.
pub fn trouble(trouble: &Trouble, here: &Path, right: Right) -> Vec<String> {
    match trouble {
        Trouble::Edited { revision, path, .. } => vec![
            format!("`migrator repair {revision}` accepts the file as it is now"),
            format!(
                "or put {} back to what ran, and write a new revision for the change",
                shown(path, here).display()
            ),
        ],
        Trouble::Gone { revision, .. } => vec![
            format!("`migrator repair {revision}` accepts that it is gone"),
            "or bring the file back: it was deleted, is on another branch of your repository, or \
             belongs to another version of the program"
                .to_owned(),
        ],
        Trouble::Inserted { revision, .. } => vec![
            "`migrator upgrade --out-of-order` runs it, where that is safe".to_owned(),
            format!("or `migrator repair {revision}`, if what it does is there already"),
        ],
        Trouble::Ahead { back, .. } => vec![
            "bring back the file: it belongs to a newer version of the program, was deleted, or is \
             on another branch of your repository"
                .to_owned(),
            match back {
                Some(back) => format!(
                    "or, if it is gone for good, `{}` goes back to what the files declare, without \
                     running anything",
                    stamp(back)
                ),
                None => "or, if it is gone for good, `migrator stamp REVISION` replaces it by one \
                         that exists, without running anything"
                    .to_owned(),
            },
        ],
        Trouble::Unreadable { back: Some(back), by_log, .. } => one(format!(
            "`{}` leaves {}, without running anything",
            stamp(back),
            if *by_log { "what the log says" } else { "the rows that are revisions" }
        )),
        Trouble::Unreadable { back: None, .. } => {
            one("nothing says where the database is: find the revision with `migrator schema diff \
             database REVISION`, then `migrator stamp --purge REVISION`")
        }
        Trouble::Rows(err) => plan(err),
        // Where nothing tells which is right, that comes first after which nothing runs again.
        Trouble::NotInTable { revision, back, .. } => {
            let accepted = format!("`migrator repair {revision}` accepts that it is not applied");
            let mut ways = vec![(Right::VersionTable, accepted)];
            ways.splice(0..0, back.iter().map(to_log));
            ways_out(ways, right)
        }
        Trouble::NotInLog { revision, back } => {
            let accepted = format!(
                "`migrator repair {revision}` accepts it as applied, with its file as it is"
            );
            let mut ways = vec![(Right::VersionTable, accepted)];
            ways.extend(back.iter().map(to_log));
            ways_out(ways, right)
        }
    }
}

/// The way back to what the log says.
fn to_log(back: &Back) -> (Right, String) {
    let stamp = stamp(back);
    (Right::Log, format!("`{stamp}` puts the version table back to what the log says"))
}

/// Ways out, each with who is right where it is the one; where that is not known, all of them.
fn ways_out(mut ways: Vec<(Right, String)>, right: Right) -> Vec<String> {
    if ways.iter().any(|it| it.0 == right) {
        ways.retain(|it| it.0 == right);
        let whose = if right == Right::Log { "the log has" } else { "the version table has" };
        return ways
            .into_iter()
            .map(|(_, way)| format!("{way}; the schema is what {whose}"))
            .collect();
    }
    let ways = ways.into_iter().enumerate();
    ways.map(|(idx, (_, way))| if idx == 0 { way } else { format!("or {way}") }).collect()
}

/// A stamp as a command.
fn stamp(Back { targets, purge }: &Back) -> String {
    let purge = if *purge { " --purge" } else { "" };
    let targets: Vec<&str> = targets.iter().map(RevisionId::as_str).collect();
    let targets = if targets.is_empty() { "base".to_owned() } else { targets.join(" ") };
    format!("migrator stamp{purge} {targets}")
}

/// What to do about a refusal that is about the history as a whole.
pub fn history(err: &HistoryError) -> Vec<String> {
    match err {
        HistoryError::Troubles(_) => vec![
            "nothing was changed; `migrator upgrade --allow-changed` goes on this once, and \
             `migrator status` shows all that is wrong"
                .to_owned(),
        ],
        HistoryError::NoLog => one("the log begins with the next revision that runs"),
        HistoryError::NotApplied { revision } => {
            one(format!("`migrator upgrade {revision}` applies it"))
        }
        HistoryError::UnknownRow { .. } => one(
            "bring back the file, or replace the row by a revision that exists: `migrator stamp \
             REVISION`",
        ),
    }
}

/// What to do about revisions that cannot run after others.
pub fn out_of_order(err: &OutOfOrderError) -> Vec<String> {
    let instead = |revision: &RevisionId| {
        one(format!(
            "nothing was changed; put `{revision}` on top of the others with another \
             `down_revision`, and mend its body for that place"
        ))
    };
    match err {
        OutOfOrderError::Differs { revisions, .. }
        | OutOfOrderError::OtherRows { revisions, .. }
        | OutOfOrderError::Number { revisions, .. }
        | OutOfOrderError::Replay { revisions, .. } => {
            revisions.first().map(instead).unwrap_or_default()
        }
        OutOfOrderError::Rows { revision, .. } | OutOfOrderError::Touches { revision, .. } => {
            instead(revision)
        }
        OutOfOrderError::Positions { revisions, by, .. } => {
            let mut hints =
                one(format!("name the columns in {by} instead of `*`, or in its INSERT"));
            hints.extend(revisions.first().map(instead).unwrap_or_default());
            hints
        }
        OutOfOrderError::Scratch(err) => super::schema_hints::autogenerate(err),
    }
}

/// What to do about a database at `row` where there are no revision files yet.
pub fn take_over(row: &str) -> String {
    format!(
        "if Alembic brought it there, take it over: `migrator schema dump > schema.sql`, with \
         `files = [\"schema.sql\"]` under `[schema]` in alembic.toml, then `migrator revision \
         --autogenerate --rev-id {row} -m \"…\"`, and it is at that revision"
    )
}
