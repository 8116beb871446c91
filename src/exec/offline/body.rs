//! A body that no revision has, as a script.

use super::text::Text;
use crate::revision::DirectiveKind;
use crate::revision::directive::find;
use crate::revision::file::FileProblem;
use crate::sql::statement::split;

/// What a script does about rows of which its body only warns, since they are lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss<'a> {
    /// It goes on: whoever runs it knows.
    Allowed,
    /// It stops, and says that this is what would have allowed it.
    Refused(&'a str),
}

/// A body as a script that protects itself as that of a revision does; the version table and the log
/// stay as they are.
///
/// # Errors
///
/// The first thing that would be wrong with it in the file of a revision.
pub fn body_script(body: &str, loss: Loss<'_>) -> Result<String, FileProblem> {
    let mut problems = Vec::new();
    let directives = find(body, &(0..body.len()), &mut problems);
    let statements = split(body).unwrap_or_else(|found| {
        problems.extend(found.into_iter().map(|(span, it)| (span, FileProblem::Sql(it))));
        Vec::new()
    });
    if let Some((_, problem)) = problems.into_iter().next() {
        return Err(problem);
    }
    let mut text = Text::new();
    let queries = directives.iter().map(|it| &body[it.query.clone()]);
    // What else is too new stands in the schema itself.
    let other_form = ", or lower `target` under [sqlite] in alembic.toml and print this again";
    let texts = queries.chain(statements.iter().map(|it| &body[it.span.clone()]));
    text.guard_version(texts, [other_form, ""]);
    text.set_foreign_keys(false);
    text.statement("BEGIN IMMEDIATE");
    text.take_baseline();
    for it in &directives {
        let query = &body[it.query.clone()];
        match (it.kind, loss) {
            (DirectiveKind::RefuseIf, _) => text.refuse_if(&it.message, query),
            (DirectiveKind::WarnIf, Loss::Refused(way)) => {
                text.refuse_if(&format!("{}; {way} allows it", it.message), query);
            }
            (DirectiveKind::WarnIf, Loss::Allowed) => {}
        }
    }
    text.blank();
    text.lines(body.trim_end());
    text.end();
    Ok(format!("{}\n", text.finish().trim_end()))
}
