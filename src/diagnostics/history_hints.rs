//! What to do where the files, the version table and the log disagree.
//!
//! Exhaustive like [`super::hints`]. Every trouble has a command that ends it, written so that it can
//! be copied.

use std::path::Path;

use super::hints::{one, plan};
use crate::audit::{Back, HistoryError, Trouble};
use crate::out_of_order::OutOfOrderError;
use crate::plan::Direction;
use crate::revision::RevisionId;
use crate::revision::script_dir::shown;

/// What to do about troubles of which [`Trouble::is_like`] is true, the command first that changes no
/// file. Each command mends all of them.
pub fn troubles(group: &[Trouble], here: &Path) -> Vec<String> {
    let Some(first) = group.first() else { return Vec::new() };
    let repair = repair(group);
    let is_one = group.len() == 1;
    let either = |one: &'static str, several: &'static str| if is_one { one } else { several };
    match first {
        Trouble::Edited { path, .. } => vec![
            format!(
                "`migrator {repair}` accepts the {} now",
                either("file as it is", "files as they are")
            ),
            if is_one {
                let path = shown(path, here);
                let path = path.display();
                format!("or put {path} back to what ran, and write a new revision for the change")
            } else {
                "or put the files back to what ran, and write a new revision for the changes"
                    .to_owned()
            },
        ],
        Trouble::Gone { .. } => vec![
            format!("`migrator {repair}` accepts that {} gone", either("it is", "they are")),
            format!(
                "or bring the {} on another branch of your repository, or {} to another version of \
                 the program",
                either("file back: it was deleted, is", "files back: they were deleted, are"),
                either("belongs", "belong")
            ),
        ],
        Trouble::Inserted { .. } => vec![
            format!(
                "`migrator upgrade --out-of-order` runs {}, where that is safe",
                either("it", "them")
            ),
            format!(
                "or `migrator {repair}`, if what {} is there already",
                either("it does", "they do")
            ),
        ],
        Trouble::PartlyRun { .. } => vec![
            format!(
                "`migrator {repair}`, if what {} is there already, or once you have brought it about",
                either("that does", "those do")
            ),
            "or bring back the files from before the squash, and ask again".to_owned(),
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
        Trouble::Rows(err) => plan(err),
        Trouble::NotInTable { back, .. } => {
            let accepted = format!(
                "`migrator {repair}` accepts that {} not applied",
                either("it is", "they are")
            );
            back_or(back.as_ref(), accepted)
        }
        // The first runs nothing a second time, whoever is right.
        Trouble::NotInLog { back, .. } => vec![
            format!(
                "`migrator {repair}`, if {} ran, by another tool or by hand: accepts {} as applied",
                either("it", "they"),
                either("it", "them")
            ),
            match back {
                Some(back) => format!(
                    "or `{}`, if {} did not run: puts the version table back to what the log says",
                    stamp(back),
                    either("it", "they")
                ),
                None => format!(
                    "or `migrator {}`, if {} did not run: then `upgrade --out-of-order` can run {}",
                    repair.replacen("repair", "repair --never-ran", 1),
                    either("it", "they"),
                    either("it", "them")
                ),
            },
        ],
    }
}

/// How many revisions a command names, and how many troubles of one kind are told one by one.
pub const MAX_NAMED: usize = 3;

/// The command that accepts these.
fn repair(group: &[Trouble]) -> String {
    match group {
        [first, ..] if group.len() > MAX_NAMED => format!("repair --all {}", first.kind()),
        _ => {
            let ids: Vec<&str> = group.iter().filter_map(Trouble::revision).collect();
            format!("repair {}", ids.join(" "))
        }
    }
}

/// The stamp that goes back to what the log says, or else what accepts the version table.
fn back_or(back: Option<&Back>, accepted: String) -> Vec<String> {
    match back {
        Some(back) => vec![
            format!("`{}` puts the version table back to what the log says", stamp(back)),
            format!("or {accepted}"),
        ],
        None => one(accepted),
    }
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
        HistoryError::Troubles { direction, troubles } => one(format!(
            "nothing was changed; `migrator {} --allow-changed` goes on this once{}, and `migrator \
             status` shows all that is wrong",
            direction.as_str(),
            match direction {
                Direction::Upgrade => String::new(),
                Direction::Downgrade => how_to_undo(troubles),
            }
        )),
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

/// What a downgrade does with revisions that never ran, if it must.
fn how_to_undo(troubles: &[Trouble]) -> String {
    let partly = troubles.iter().filter(|it| matches!(it, Trouble::PartlyRun { .. }));
    match partly.filter_map(Trouble::revision).collect::<Vec<_>>()[..] {
        [] => " and leaves out the bodies of what never ran".to_owned(),
        [first, ..] => format!(" and undoes all of `{first}`, also what never ran"),
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
        OutOfOrderError::Differs { revisions, .. } | OutOfOrderError::Replay { revisions, .. } => {
            revisions.first().map(instead).unwrap_or_default()
        }
        OutOfOrderError::Rows { revision, .. } => instead(revision),
        OutOfOrderError::Scratch(err) => super::schema_hints::autogenerate(err),
    }
}
