//! What to do where revisions cannot be moved or joined.

use std::path::Path;

use super::hints::{one, ticked};
use super::history_hints;
use super::{Report, with_causes};
use crate::audit::{Right, Trouble};
use crate::exec::Failure;
use crate::plan::Direction;
use crate::revision::RevisionId;
use crate::rewrite::{NamedBy, RewriteError};
use crate::source::Location;
use crate::sql::layout::one_line;

/// What to say of a refusal, with the place that it is about.
pub(super) fn report(err: &RewriteError, here: &Path) -> Report {
    let report = with_causes(err, rewrite(err, here));
    match err {
        RewriteError::Guard { location, .. } => {
            report.quote(location, "in one body it would be asked before all statements")
        }
        RewriteError::OfRun { location, .. } | RewriteError::Leaves { location, .. } => {
            report.quote(location, "")
        }
        RewriteError::DoesNotRun { place: Some(place), .. } => {
            report.quote(place, "it stands here")
        }
        RewriteError::DoesNotRun { place: None, sql: Some(sql), .. } => {
            Report { causes: vec![format!("`{}`", one_line(sql))], ..report }
        }
        RewriteError::NoWayBack(err) => match &err.failure {
            Failure::Statement { location, source, .. } => {
                report.quote(location, source.to_string())
            }
            failure => match failure.location() {
                Some(location) => report.quote(location, ""),
                None => report,
            },
        },
        RewriteError::OtherOrder { lines, .. } => {
            Report { causes: lines.iter().map(ToString::to_string).collect(), ..report }
        }
        RewriteError::OtherVerdict { lines, location, failure, .. } => {
            let label = match failure.as_deref() {
                Some(Failure::Statement { source, .. }) => source.to_string(),
                _ => String::new(),
            };
            let causes = lines.iter().map(ToString::to_string).collect();
            Report { causes, ..report.quote(location, label) }
        }
        _ => report,
    }
}

/// What to do; every refusal left all files as they are.
pub fn rewrite(err: &RewriteError, here: &Path) -> Vec<String> {
    match err {
        RewriteError::SeveralHeads { revision, heads } => {
            let head = heads.first().map_or("HEAD", RevisionId::as_str);
            one(format!("name one, for example `migrator rebase {revision} --onto {head}`"))
        }
        RewriteError::Unrelated { revision, head } => one(format!(
            "if the one is to come after the other all the same: `migrator rebase {revision} --onto \
             {head}`"
        )),
        RewriteError::OtherDatabase { .. } => {
            one("no file was written; each database has a line of its own")
        }
        RewriteError::NotAHead { .. } => {
            one("a line moves onto a head; `migrator heads` lists them")
        }
        RewriteError::OntoItself { first, .. } => one(format!(
            "all that follows `{first}` moves with it; name another head with `--onto`"
        )),
        RewriteError::SeveralFirsts { firsts, .. } => one(format!(
            "name the first revision of the line that is to move: {}",
            ticked(firsts.iter().map(RevisionId::as_str).collect::<Vec<_>>().as_slice(), " or ")
        )),
        RewriteError::Applied { database, named_by, is_logged, way_back, .. } => {
            applied(&option(named_by, database), *is_logged, way_back.as_deref())
        }
        RewriteError::Unknown { database, named_by, .. } => one(format!(
            "what ran there cannot be known: bring back the files that declare the rows, or \
             `migrator{} stamp REVISION`",
            option(named_by, database)
        )),
        RewriteError::Trouble { database, named_by, trouble } => {
            troubled(&option(named_by, database), trouble, here)
        }
        RewriteError::NoRange { .. } => one("a range is `FIRST:LAST`, of two or more revisions"),
        RewriteError::SecondWayIn { parent, .. } => {
            one(format!("let the range begin where `{parent}` is in it, or end before"))
        }
        RewriteError::SecondWayOut { revision, .. } => {
            one(format!("let the range end with `{revision}`, or begin after it"))
        }
        RewriteError::EndsReplaced { last, .. } => one(format!(
            "let the range end before or after `{last}`; or, once every database is further on than \
             that, remove `replaces` from its file"
        )),
        RewriteError::SeveralModes { other, .. } => {
            one(format!("let the range end before `{other}`, or begin with it"))
        }
        RewriteError::InTheMiddle { database, named_by, at, last, rows } => {
            in_the_middle(&option(named_by, database), at, last, rows)
        }
        RewriteError::Leaves { .. } => {
            one("let the range end with that revision, or begin after it")
        }
        RewriteError::OfRun { direction, revision, .. } => one(aside(*direction, revision)),
        RewriteError::Guard { direction, revision, earlier, .. } => {
            guard(*direction, revision, earlier.as_deref())
        }
        RewriteError::OtherOrder { first, onto, .. }
        | RewriteError::OtherRowsAfter { first, onto, .. } => instead(first, onto),
        RewriteError::BranchOrder { .. } => one(
            "the names of the files say which branch runs first; without `--rev-id` an id is made that \
             keeps the order, where one can",
        ),
        RewriteError::OtherVerdict { revision, onto, .. } => instead(revision, onto),
        RewriteError::DoesNotRun { .. }
        | RewriteError::OtherSchema { .. }
        | RewriteError::OtherRows { .. } => one(
            "both were run in memory, with invented rows; no file was written; try a smaller range",
        ),
        RewriteError::NoWayBack(_) => vec![
            "mend it, or say that there is none: `-- migrate:downgrade irreversible`".to_owned(),
            "they were run in a database in memory; no file was written".to_owned(),
        ],
        RewriteError::Interrupted { .. } => vec![
            "`migrator squash --continue` leads it to its end".to_owned(),
            "`migrator squash --abort` takes all files back to what they were before it".to_owned(),
        ],
        RewriteError::UnderWay { .. } => one("try again when it is done"),
        RewriteError::ChangedMeanwhile { .. } => {
            one("this squash changed nothing; look at what somebody else did, and try again")
        }
        RewriteError::ChangedSince { path } => changed_since(path),
        // The command line knows whether another way is open.
        RewriteError::MergeFirst { .. }
        | RewriteError::MergeInside { .. }
        | RewriteError::Io(_)
        | RewriteError::Replay(_)
        | RewriteError::Rehearsal(_)
        | RewriteError::Db(_)
        | RewriteError::Schema(_)
        | RewriteError::File(_)
        | RewriteError::Graph(_) => Vec::new(),
    }
}

/// What to do about a revision that ran; `way_back` is what takes back its line alone.
fn applied(option: &str, is_logged: bool, way_back: Option<&str>) -> Vec<String> {
    let way_back = if is_logged {
        "its version table does not say so: find out which is true first".to_owned()
    } else {
        let target = way_back.unwrap_or("base");
        format!(
            "take it back there first: `migrator{option} downgrade {target}`, and `upgrade` again \
             when the line has moved"
        )
    };
    vec![
        "a revision that ran keeps its place, or the database would miss what comes before it"
            .to_owned(),
        way_back,
    ]
}

/// What to do about a database that stopped in the middle of a range.
fn in_the_middle(option: &str, at: &RevisionId, last: &RevisionId, rows: &[String]) -> Vec<String> {
    if rows.is_empty() {
        return one(format!(
            "it could not go on from there: bring it to the end first, `migrator{option} upgrade {last}`"
        ));
    }
    vec![
        format!("it could not go on from there: let the range end with `{at}`, or begin after it"),
        format!(
            "or bring it to the end first: get the files that declare {} beside these, and \
             `migrator{option} upgrade {last}`",
            ticked(rows.iter().map(String::as_str).collect::<Vec<_>>().as_slice(), " and ")
        ),
    ]
}

/// What to do about a line that depends on what it stands on.
fn instead(revision: &RevisionId, onto: &RevisionId) -> Vec<String> {
    vec![
        format!(
            "both branches change it: edit `{revision}` so that it builds on what `{onto}` leaves, and \
             rebase again"
        ),
        format!(
            "if it is meant like that, write `down_revision = \"{onto}\"` into the file by hand"
        ),
    ]
}

/// What to do about a database on which something else ran than the files say.
fn troubled(option: &str, trouble: &Trouble, here: &Path) -> Vec<String> {
    let mut hints = history_hints::troubles(std::slice::from_ref(trouble), here, Right::Unknown);
    for hint in &mut hints {
        *hint = hint.replace("`migrator ", &format!("`migrator{option} "));
    }
    hints.push(
        "mend it first: in one revision nobody could find it any more; no file was written"
            .to_owned(),
    );
    hints
}

/// What to do about a file that has neither of its two texts.
fn changed_since(path: &Path) -> Vec<String> {
    let path = path.display();
    vec![
        format!(
            "no file was touched; give `{path}` one of its two texts, which stand in \
             `.migrator-squash` beside alembic.toml"
        ),
        "or take all files from git, and remove `.migrator-squash`".to_owned(),
    ]
}

/// What to do about a directive that would be asked too early.
fn guard(direction: Direction, revision: &RevisionId, earlier: Option<&Location>) -> Vec<String> {
    let mut hints = Vec::new();
    hints.extend(earlier.map(|it| {
        format!(
            "{}:{} runs before it: `{}`",
            it.source.path.display(),
            it.line_column().0,
            one_line(&it.source.text[it.span.clone()])
        )
    }));
    hints.push(match direction {
        Direction::Upgrade => format!("let the range begin with `{revision}`, or end before it"),
        Direction::Downgrade => format!("let the range end with `{revision}`, or begin after it"),
    });
    hints.push(
        "or, once no database needs it any more, remove the line: a comment is no part of what ran"
            .to_owned(),
    );
    hints
}

/// What to do about a revision whose bodies mean what they mean only by themselves.
fn aside(direction: Direction, revision: &RevisionId) -> String {
    match direction {
        Direction::Upgrade => {
            format!("let the range begin with `{revision}`, or end before it; no file was written")
        }
        Direction::Downgrade => {
            format!(
                "leave `{revision}` out: let the range end before it, or begin after it; no file was written"
            )
        }
    }
}

/// What makes a command use a database.
fn option(named_by: &NamedBy, database: &str) -> String {
    match named_by {
        NamedBy::ThisCall => String::new(),
        NamedBy::Environment(name) => format!(" -n {}", shell_words::quote(name)),
        NamedBy::Itself => format!(" --url {}", shell_words::quote(database)),
    }
}
