//! What to do where revisions cannot be moved or joined.

use super::hints::{one, ticked};
use crate::revision::RevisionId;
use crate::rewrite::RewriteError;

/// What to do; every refusal left all files as they are.
pub fn rewrite(err: &RewriteError) -> Vec<String> {
    match err {
        RewriteError::SeveralHeads { revision, heads } => {
            let head = heads.first().map_or("HEAD", RevisionId::as_str);
            one(format!("name one, for example `migrator rebase {revision} --onto {head}`"))
        }
        RewriteError::NotAHead { .. } => {
            one("a line moves on top of a head; `migrator heads` lists them")
        }
        RewriteError::OntoItself { first, .. } => one(format!(
            "all that follows `{first}` moves with it; name another head with `--onto`"
        )),
        RewriteError::SeveralFirsts { firsts, .. } => one(format!(
            "name the first revision of the line that is to move: {}",
            ticked(firsts.iter().map(RevisionId::as_str).collect::<Vec<_>>().as_slice(), " or ")
        )),
        RewriteError::MergeFirst { .. } | RewriteError::MergeInside { .. } => {
            one("`migrator merge heads` joins the heads without moving anything")
        }
        RewriteError::Applied { environment, is_logged, parent, .. } => {
            let option = environment.as_ref().map(|it| format!(" -n {it}")).unwrap_or_default();
            let way_back = if *is_logged {
                "its version table does not say so: find out which is true first".to_owned()
            } else {
                let target = parent.as_ref().map_or("base", RevisionId::as_str);
                format!(
                    "take it back there first: `migrator{option} downgrade {target}`, and `upgrade` \
                     again when the line has moved"
                )
            };
            vec![
                "a revision that ran keeps its place, or the database would miss what comes before \
                 it"
                .to_owned(),
                way_back,
                "or leave the line where it is: `migrator merge heads` joins the heads".to_owned(),
            ]
        }
        RewriteError::Unknown { .. } => one(
            "whether the line ran there cannot be known: bring back the files that declare the rows, \
             or `migrator stamp` it",
        ),
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
        RewriteError::InTheMiddle { environment, last, .. } => {
            let option = environment.as_ref().map(|it| format!(" -n {it}")).unwrap_or_default();
            one(format!(
                "it could not go on from there: bring it to the end first, `migrator{option} upgrade \
                 {last}`"
            ))
        }
        RewriteError::Leaves { .. } => {
            one("let the range end with that revision, or begin after it")
        }
        RewriteError::OtherSchema { .. } | RewriteError::OtherRows { .. } => {
            one("no file was written; try a smaller range")
        }
        RewriteError::OtherOrder { first, onto, .. } => instead(first, onto),
        RewriteError::OtherVerdict { revision, onto, .. } => instead(revision, onto),
        RewriteError::Replay(_)
        | RewriteError::Rehearsal(_)
        | RewriteError::Db(_)
        | RewriteError::Schema(_)
        | RewriteError::File(_)
        | RewriteError::Graph(_) => Vec::new(),
    }
}

/// What to do about a line that depends on what it stands on.
fn instead(revision: &RevisionId, onto: &RevisionId) -> Vec<String> {
    vec![
        format!(
            "no file was written; both branches change it: edit `{revision}` so that it builds on \
             what `{onto}` leaves, and rebase again"
        ),
        "or join the heads as they are: `migrator merge heads`".to_owned(),
        format!(
            "if it is meant like that, write `down_revision = \"{onto}\"` into the file by hand"
        ),
    ]
}
