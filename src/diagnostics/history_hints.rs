//! What to do where the files, the version table and the log disagree.
//!
//! Exhaustive like [`super::hints`]. Every trouble has a command that ends it, written so that it can
//! be copied.

use std::path::Path;

use super::hints::{one, plan};
use crate::audit::{Back, HistoryError, Right, Trouble};
use crate::out_of_order::OutOfOrderError;
use crate::plan::Direction;
use crate::revision::RevisionId;
use crate::revision::script_dir::shown;

/// What to do about troubles of which [`Trouble::is_like`] is true, first what leads the database to
/// what the files say. Each command mends all of them.
pub fn troubles(group: &[Trouble], here: &Path, right: Right) -> Vec<String> {
    let Some(first) = group.first() else { return Vec::new() };
    let repair = repair(group);
    let is_one = group.len() == 1;
    let either = |one: &'static str, several: &'static str| if is_one { one } else { several };
    match first {
        Trouble::Edited { path, .. } => vec![
            if is_one {
                let path = shown(path, here);
                let path = path.display();
                format!("put {path} back to what ran, and write a new revision for the change")
            } else {
                "put the files back to what ran, and write a new revision for the changes"
                    .to_owned()
            },
            accept(&repair, is_one),
        ],
        Trouble::FilledIn { .. } => vec![
            format!(
                "`migrator {repair} --never-ran`, and then `migrator upgrade --out-of-order` runs {} as \
                 {} now",
                either("it", "them"),
                either("it is", "they are")
            ),
            accept(&repair, is_one),
        ],
        Trouble::Gone { .. } => vec![
            format!(
                "`migrator {repair}` accepts that {} gone; what {} did stays",
                either("it is", "they are"),
                either("it", "they")
            ),
            format!(
                "or bring the {} on another branch of your repository, or {} to another version of \
                 the program",
                either("file back: it was deleted, is", "files back: they were deleted, are"),
                either("belongs", "belong")
            ),
        ],
        Trouble::Inserted { gone, .. } => inserted(gone.as_deref(), &repair, is_one),
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
                     running anything: what it did stays",
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
        Trouble::NotInTable { back, .. } => not_in_table(back.as_ref(), &repair, is_one, right),
        Trouble::NotInLog { back, left, .. } => {
            not_in_log(back.as_ref(), left.is_some(), &repair, is_one, right)
        }
    }
}

/// The way out where the database has by other means what the files say.
fn accept(repair: &str, is_one: bool) -> String {
    let (make, file) =
        if is_one { ("it makes", "file as it is") } else { ("they make", "files as they are") };
    format!(
        "or, if the database has all that {make} now, `migrator {repair}` accepts the {file}; it runs \
         nothing"
    )
}

/// What to do about what the log alone has as applied. Where nothing tells which is right, that comes
/// first after which nothing runs again.
fn not_in_table(back: Option<&Back>, repair: &str, is_one: bool, right: Right) -> Vec<String> {
    let (were, are) = if is_one { ("it was", "it is") } else { ("they were", "they are") };
    let accepted = Way {
        right: Right::VersionTable,
        command: format!("migrator {repair}"),
        condition: format!("{were} reverted, by another tool or by hand"),
        effect: format!("accepts that {are} not applied"),
    };
    let to_log = back.map(|it| to_log(it, format!("{were} not reverted")));
    ways_out(to_log.into_iter().chain([accepted]).collect(), right)
}

/// What to do about what was put below others; `gone` ran and has no file.
fn inserted(gone: Option<&str>, repair: &str, is_one: bool) -> Vec<String> {
    let either = |one: &'static str, several: &'static str| if is_one { one } else { several };
    match gone {
        Some(gone) if is_one => vec![
            format!(
                "`migrator {repair}`, if `{gone}`, which was applied and has no file here, did what it does"
            ),
            "or `migrator upgrade --out-of-order --allow-changed` runs it, if it did not, and where that \
             is safe"
                .to_owned(),
        ],
        // Each may be another case.
        Some(gone) => vec![
            format!(
                "`migrator {repair}`, without those whose work `{gone}`, which was applied and has no file \
                 here, did not do"
            ),
            "then `migrator upgrade --out-of-order --allow-changed` runs the others, where that is safe"
                .to_owned(),
        ],
        None => vec![
            format!(
                "`migrator upgrade --out-of-order` runs {}, where that is safe",
                either("it", "them")
            ),
            format!(
                "or `migrator {repair}`, if what {} is there already",
                either("it does", "they do")
            ),
        ],
    }
}

/// The same for what the version table alone has.
fn not_in_log(
    back: Option<&Back>,
    has_run: bool,
    repair: &str,
    is_one: bool,
    right: Right,
) -> Vec<String> {
    let (they, them) = if is_one { ("it", "it") } else { ("they", "them") };
    let [is_there, is_not] = if has_run {
        [
            format!("what {they} did is there still"),
            format!("what {they} did is not there any more"),
        ]
    } else {
        [format!("{they} ran, by another tool or by hand"), format!("{they} did not run")]
    };
    let accepted = Way {
        right: Right::VersionTable,
        command: format!("migrator {repair}"),
        condition: is_there,
        effect: format!("accepts {them} as applied"),
    };
    if let Some(back) = back {
        return ways_out(vec![accepted, to_log(back, is_not)], right);
    }
    let never_ran = Way {
        right: Right::Log,
        command: format!("migrator {}", repair.replacen(' ', " --never-ran ", 1)),
        condition: is_not,
        effect: format!("then `migrator upgrade --out-of-order` can run {them}"),
    };
    // What ran above it keeps it on both sides, so that the schema of the log has it too.
    let right = if right == Right::Log { Right::Unknown } else { right };
    ways_out(vec![accepted, never_ran], right)
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

/// A way out where the version table and the log disagree.
struct Way {
    /// Who must be right for it.
    right: Right,
    command: String,
    /// What must have happened for it.
    condition: String,
    effect: String,
}

/// The way back to what the log says.
fn to_log(back: &Back, condition: String) -> Way {
    let effect = "puts the version table back to what the log says".to_owned();
    Way { right: Right::Log, command: stamp(back), condition, effect }
}

/// The one way out, where it is known who is right; else all of them, with what must have happened for
/// each.
fn ways_out(mut ways: Vec<Way>, right: Right) -> Vec<String> {
    if ways.iter().any(|it| it.right == right) {
        ways.retain(|it| it.right == right);
        let whose = if right == Right::Log { "the log has" } else { "the version table has" };
        let line = |Way { command, effect, .. }: Way| {
            format!("`{command}` {effect}; the schema is what {whose}")
        };
        return ways.into_iter().map(line).collect();
    }
    let line = |(idx, Way { command, condition, effect, .. }): (usize, Way)| {
        format!("{}`{command}`, if {condition}: {effect}", if idx == 0 { "" } else { "or " })
    };
    ways.into_iter().enumerate().map(line).collect()
}

/// A stamp as a command.
pub(super) fn stamp(Back { targets, purge }: &Back) -> String {
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
