//! `migrator revision --autogenerate`

use std::str::FromStr;

use super::App;
use super::interrupt;
use super::new_file::{self, NewFile};
use super::output::Format;
use super::project::Project;
use super::prompt::{can_ask, confirm};
use super::schemas::{Side, renamed, show, supply_excluded, warn_of_doubts, warn_of_renames};
use super::screen::COMPARING;
use crate::Error;
use crate::autogenerate::{
    AutogenerateError, Generated, ProofFailure, Rename, Request, autogenerate, compare, differences,
};
use crate::diagnostics::{ExitStatus, Usage};
use crate::flag::first_part;
use crate::generate::{Fill, Note};
use crate::graph::{Edges, RevisionGraph, RevisionIndex};
use crate::schema::Name;

/// The options of `--autogenerate`.
#[derive(Debug, clap::Args)]
pub(super) struct AutogenerateArgs {
    /// Write the bodies that lead to the declared schema (`[schema]` in alembic.toml)
    ///
    /// The revisions are replayed in memory up to the parent of the new one and compared with the
    /// declared schema. Both bodies are run there, up, down and up again with invented rows, before
    /// anything is written.
    #[arg(long)]
    autogenerate: bool,

    /// Compare with the database instead of the replayed revisions; it must be at the parent
    #[arg(long, requires = "autogenerate")]
    from_database: bool,

    /// What has another name: `users.name=full_name` or `posts=articles` (can be repeated)
    ///
    /// The declared schema can say the same: `-- migrator:renamed from name` on the line of the
    /// column, or above `CREATE TABLE`. On a terminal you are asked.
    #[arg(long, value_name = "OLD=NEW", requires = "autogenerate")]
    rename: Vec<RenameArg>,

    /// A value for existing rows: `users.country="'US'"`, any expression of SQL (can be repeated)
    ///
    /// It may name the columns that the table has already: `--fill users.slug="lower(name)"`.
    /// Rows keep a value that they have, unless it is made into one of another type:
    /// `--fill files.data="CAST(data AS BLOB)"`.
    #[arg(long, value_name = "COLUMN=EXPRESSION", requires = "autogenerate")]
    fill: Vec<FillArg>,
}

/// `--rename`, read.
#[derive(Debug, Clone)]
pub(super) struct RenameArg(pub Rename);

/// `--fill`, read.
#[derive(Debug, Clone)]
pub(super) struct FillArg(Fill);

/// What the user said, with options or at the terminal.
#[derive(Debug, Clone, Default)]
pub(super) struct Answers {
    pub renames: Vec<Rename>,
    pub fills: Vec<Fill>,
}

impl FromStr for RenameArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let rename = || {
            let (table, rest) = first_part(text, &['.', '='])?;
            let (column, rest) = match rest.strip_prefix('.') {
                None => (None, rest),
                Some(rest) => {
                    let (column, rest) = first_part(rest, &['='])?;
                    (Some(Name::new(column)), rest)
                }
            };
            let new = rest.strip_prefix('=')?;
            // `users.name=users.full_name` is what one writes without thinking.
            let repeated = column.as_ref().and_then(|_| {
                let (name, rest) = first_part(new, &['.'])?;
                rest.strip_prefix('.').filter(|_| name == table)
            });
            let (to, rest) = first_part(repeated.unwrap_or(new), &[])?;
            let is_all = rest.is_empty();
            is_all.then(|| Rename { table: Name::new(table), column, to: Name::new(to) })
        };
        let expected = || "expected `TABLE.COLUMN=NEW` or `TABLE=NEW`".to_owned();
        rename().map(Self).ok_or_else(expected)
    }
}

impl FromStr for FillArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fill = || {
            let (table, rest) = first_part(text, &['.', '='])?;
            let (column, rest) = first_part(rest.strip_prefix('.')?, &['='])?;
            let expression = rest.strip_prefix('=')?.trim();
            let (table, column) = (Name::new(table), Name::new(column));
            let is_there = !expression.is_empty();
            is_there.then(|| Fill { table, column, expression: expression.to_owned() })
        };
        fill().map(Self).ok_or_else(|| "expected `TABLE.COLUMN=EXPRESSION`".to_owned())
    }
}

impl AutogenerateArgs {
    /// Whether there are bodies to write.
    pub fn is_wanted(&self) -> bool {
        self.autogenerate
    }
}

/// Writes the bodies of `new`, which follows `parents`, and the file.
pub(super) fn run(
    app: &mut App,
    project: &Project,
    graph: &RevisionGraph,
    new: &NewFile<'_>,
    parents: &[RevisionIndex],
    args: &AutogenerateArgs,
    prints: bool,
) -> anyhow::Result<ExitStatus> {
    let (to, from) = if args.from_database {
        (project.declared()?, database_at(project, graph, parents)?)
    } else {
        project.declared_and_replayed(graph, parents)?
    };
    warn_of_doubts(app, project, &to);
    supply_excluded(app, &from, &to)?;
    let mut answers = Answers {
        renames: args.rename.iter().map(|it| it.0.clone()).collect(),
        fills: args.fill.iter().map(|it| it.0.clone()).collect(),
    };
    let is_excluded = |name: &str| project.config.is_excluded(name);
    let suggestions = |answers: &Answers| {
        let _busy = project.busy(COMPARING);
        let request = request(project, &from, &to, answers, &is_excluded);
        differences(&request).map(|(_, suggestions)| suggestions)
    };
    let open = ask_of_renames(&mut answers, suggestions)?;
    let request = request(project, &from, &to, &answers, &is_excluded);
    let busy = project.busy("proving the revision in memory");
    let generated = autogenerate(&request).map_err(|err| refused_fill(err, &answers.fills))?;
    drop(busy);
    let Some(generated) = generated else {
        if app.output.format == Format::Json {
            new_file::print_nothing(app)?;
        }
        let has = if args.from_database { "has" } else { "make" };
        let name = &from.name;
        app.output.status(if to.schema.is_empty() {
            format!(
                "the declared schema is empty, and so is what {name} {has}; no file was written"
            )
        } else {
            format!("{name} {has} the declared schema; no file was written")
        });
        return Ok(ExitStatus::Done);
    };
    let new =
        NewFile { upgrade: &generated.upgrade, downgrade: &generated.downgrade, ..new.clone() };
    let prepared = new_file::prepare(project, graph, &new)?;
    interrupt::check()?;
    show_changes(app, &generated, prints)?;
    let again = if prints { "run it again" } else { "remove the file and run it again" };
    warn_of_renames(app, &open, again);
    for rename in &generated.unfollowed {
        let (kind, old) = renamed(rename);
        app.output.warning(format_args!(
            "the hint at the {kind} {} was not followed: {old} is not there before this revision, \
             or stays",
            rename.to
        ));
    }
    warn(app, &generated, again);
    if args.from_database {
        warn_of_drift(app, project, graph, parents, &from);
    }
    warn_of_other_heads(app, graph, parents);
    if prints {
        app.output.line(prepared.revision.source.text.trim_end_matches('\n'))?;
        return Ok(ExitStatus::Done);
    }
    new_file::write(app, project, &prepared, Some(&generated.lines))
}

/// An expression of the user that SQLite does not take is no mistake of migrator.
fn refused_fill(err: AutogenerateError, fills: &[Fill]) -> anyhow::Error {
    let AutogenerateError::Proof(failure) = &err else { return Error::from(err).into() };
    let (fill, reason) = match &**failure {
        ProofFailure::Statement { sql, source, .. } => {
            (fills.iter().find(|it| sql.contains(&it.expression)), source.message.as_str())
        }
        ProofFailure::Split { .. } => (fills.first(), "a quote or a comment in it has no end"),
        _ => return Error::from(err).into(),
    };
    let Some(Fill { table, column, expression }) = fill else { return Error::from(err).into() };
    Usage::new(format!("`--fill {table}.{column}={expression}` does not work: {reason}"))
        .hint(
            "no file was written; an expression may name the columns that the table has already, \
             by their new names, and a string has quotes: `--fill users.country=\"'US'\"`",
        )
        .into()
}

/// What is asked of the comparison.
pub(super) fn request<'a>(
    project: &Project,
    from: &'a Side,
    to: &'a Side,
    answers: &'a Answers,
    is_excluded: &'a dyn Fn(&str) -> bool,
) -> Request<'a> {
    Request {
        from: &from.scratch,
        to: &to.schema,
        hinted_tables: &to.renamed_tables,
        renames: &answers.renames,
        fills: &answers.fills,
        target: project.config.sqlite.target().minor,
        by_order: project.config.schema.column_order,
        is_excluded,
    }
}

/// The schema of the database, which must be where the new revision begins.
fn database_at(
    project: &Project,
    graph: &RevisionGraph,
    parents: &[RevisionIndex],
) -> anyhow::Result<Side> {
    let location = project.location()?;
    let rows = project.rows()?;
    let mut applied: Vec<RevisionIndex> =
        crate::plan::applied_rows(graph, &rows).map_err(Error::from)?;
    let mut wanted = graph.maximal(&graph.ancestors(parents.iter().copied(), Edges::All));
    applied.sort_unstable();
    wanted.sort_unstable();
    if applied != wanted {
        let at = super::words::describe_rows(&rows);
        return Err(Usage::new(format!(
            "{} is at {at}, and the new revision would follow {}",
            project.shown_database(&location),
            super::words::describe_rows(
                &graph.ids(&wanted).iter().map(ToString::to_string).collect::<Vec<_>>()
            )
        ))
        .hint("bring it there with `migrator upgrade`, or leave out --from-database")
        .into());
    }
    project.live(&location)
}

/// Says that a revision which begins with what a database has does not fit others.
fn warn_of_drift(
    app: &App,
    project: &Project,
    graph: &RevisionGraph,
    parents: &[RevisionIndex],
    live: &Side,
) {
    // Revisions that cannot be replayed are a reason to ask the database instead.
    let Ok(replayed) = project.replayed(String::new(), graph, parents) else { return };
    let by_order = project.config.schema.column_order;
    if !compare(&replayed.schema, &live.schema, by_order).is_empty() {
        app.output.warning(format_args!(
            "{} is not what its revisions make (`migrator check --database` lists it): the new \
             revision fits it, and may fail on a database that is, and where revisions are replayed",
            live.name
        ));
    }
}

/// On a terminal, asks whether what is dropped was renamed; gives what nobody was asked about.
fn ask_of_renames(
    answers: &mut Answers,
    suggestions: impl Fn(&Answers) -> Result<Vec<Rename>, AutogenerateError>,
) -> anyhow::Result<Vec<Rename>> {
    let mut asked: Vec<Rename> = Vec::new();
    loop {
        let mut open = suggestions(answers).map_err(Error::from)?;
        if !can_ask() {
            return Ok(open);
        }
        open.retain(|it| !asked.contains(it));
        if open.is_empty() {
            return Ok(open);
        }
        for rename in &open {
            let (kind, old) = renamed(rename);
            let question = format!("Was the {kind} {old} renamed to {}?", rename.to);
            if confirm(&question)? {
                answers.renames.push(rename.clone());
            }
        }
        // The columns of a renamed table may have been renamed too.
        asked.append(&mut open);
    }
}

/// Lists what differs: as the answer, or beside the answer where that is a file's text.
fn show_changes(app: &mut App, generated: &Generated, is_beside: bool) -> std::io::Result<()> {
    if is_beside {
        show(&generated.lines, |line| {
            app.output.status(line);
            Ok(())
        })
    } else if app.output.format == Format::Text {
        show(&generated.lines, |line| app.output.line(line))
    } else {
        Ok(())
    }
}

/// Says what the upgrade loses and what it may fail on.
fn warn(app: &App, generated: &Generated, again: &str) {
    for note in &generated.notes {
        let Note { hazard, rows, flag, .. } = note;
        let refusal = match note.is_refused {
            _ if note.directive().is_none() => {
                "; `upgrade` cannot count the rows, since a name has a line end".to_owned()
            }
            false => String::new(),
            true if hazard.ends_with(rows) => ": `upgrade` refuses if there are any".to_owned(),
            true => format!(": `upgrade` refuses if {rows}"),
        };
        let way = flag.as_ref().map_or_else(String::new, |flag| {
            format!("; to give them a value, {again} with `{flag}`")
        });
        let message = format!("{hazard}{refusal}{way}").replace(['\n', '\r'], " ");
        app.output.warning(message);
    }
}

/// Says which heads the declared schema was not compared with: what they make is made once more.
fn warn_of_other_heads(app: &App, graph: &RevisionGraph, parents: &[RevisionIndex]) {
    let applied = graph.ancestors(parents.iter().copied(), Edges::All);
    for head in graph.real_heads().into_iter().filter(|it| !applied.contains(*it)) {
        let id = graph.id(head);
        app.output.warning(format_args!(
            "`{id}` is another head, and what it makes was left out of the comparison; \
             `--depends-on {id}` or `migrator merge heads` brings it in"
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_rename(text: &str, expected: Option<(&str, Option<&str>, &str)>) {
        let found = text.parse::<RenameArg>().ok().map(|it| it.0);
        let wanted = expected.map(|(table, column, to)| Rename {
            table: Name::new(table),
            column: column.map(Name::new),
            to: Name::new(to),
        });
        assert_eq!(found, wanted);
        // What is suggested is what is read.
        if let Some(rename) = found {
            assert_eq!(rename.to_string().parse::<RenameArg>().unwrap().0, rename);
        }
    }

    #[track_caller]
    fn check_fill(text: &str, expected: Option<(&str, &str, &str)>) {
        let found = text.parse::<FillArg>().ok().map(|it| it.0);
        let wanted = expected.map(|(table, column, expression)| Fill {
            table: Name::new(table),
            column: Name::new(column),
            expression: expression.to_owned(),
        });
        assert_eq!(found, wanted);
    }

    #[test]
    fn a_rename_names_a_table_or_a_column() {
        check_rename("posts=articles", Some(("posts", None, "articles")));
        check_rename("users.name=full_name", Some(("users", Some("name"), "full_name")));
        check_rename("users.name=users.full_name", Some(("users", Some("name"), "full_name")));
        check_rename("users.a.b=a.c", Some(("users", Some("a.b"), "a.c")));
        check_rename("my posts=our posts", Some(("my posts", None, "our posts")));
        check_rename("\"my.t\".\"x=y\"=\"x=z\"", Some(("my.t", Some("x=y"), "x=z")));
        check_rename("\"t\".\"a\"=\"t\".\"b\"", Some(("t", Some("a"), "b")));
        for text in
            ["users", "users.name", "users.=x", ".name=x", "users.name=", "\"t=x", "t=\"x\"y"]
        {
            check_rename(text, None);
        }
    }

    #[test]
    fn a_fill_names_a_column() {
        check_fill("t.a='x.y=z'", Some(("t", "a", "'x.y=z'")));
        check_fill("my t.a b= 1 ", Some(("my t", "a b", "1")));
        check_fill("\"t.u\".\"a=b\"=a || \"c\"", Some(("t.u", "a=b", "a || \"c\"")));
        for text in ["t.a", "t.a=", "a=1", "t.=1", ".a=1"] {
            check_fill(text, None);
        }
    }
}
