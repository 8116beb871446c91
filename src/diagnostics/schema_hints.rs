//! What to do about a declared schema and the revisions made for it.

use std::path::Path;

use super::hints::{did_you_mean, one, split};
use crate::autogenerate::{AutogenerateError, FillError, ProofFailure, RenameError};
use crate::db::Stub;
use crate::declared::{CommandFailure, DeclaredError, DeclaredProblem, Doubt};
use crate::sql::features::{Feature, Fts5Option};

/// What SQLite says where a statement begins in another one.
const NEXT_STATEMENT: &str = "near \"CREATE\": syntax error";

const NOT_UNDERSTOOD: &str = "that is a mistake of migrator: please report it with the statement";

/// What to do about a declared schema that cannot be read.
pub fn declared(err: &DeclaredError) -> Vec<String> {
    match err {
        DeclaredError::NoSources => {
            one("name its files in alembic.toml: `files = [\"schema.sql\"]` under `[schema]`; \
             `migrator schema dump` prints a schema to begin with")
        }
        DeclaredError::Missing { .. } | DeclaredError::NoMatch { .. } => {
            one("make the file, or change `files` under `[schema]` in alembic.toml; its paths are \
             relative to alembic.toml")
        }
        DeclaredError::Empty { .. } => one(
            "if a program writes it, see why it failed; a schema that declares nothing says so in \
             a comment: `-- Nothing is declared.`",
        ),
        DeclaredError::EmptyFolder { .. } => {
            one("put the schema there, or change `files` under `[schema]` in alembic.toml")
        }
        DeclaredError::Pattern { .. } => {
            one("`*` stands for any characters, `?` for one, `**` for folders, `[[]` for a bracket")
        }
        DeclaredError::Command(err) => match &err.failure {
            CommandFailure::Timeout(_) => {
                one("it may take longer with `timeout = \"2m\"` under `[schema]` in alembic.toml")
            }
            CommandFailure::Io(_) if err.has_blank_program => one(
                "`command` under `[schema]` in alembic.toml has each argument in quotes of its own: \
                 `command = [\"python\", \"-m\", \"app.ddl\"]`",
            ),
            CommandFailure::Io(_) => {
                one("check `command` under `[schema]` in alembic.toml; it runs in the folder of \
                 alembic.toml")
            }
            CommandFailure::Empty | CommandFailure::Status(_) => {
                one("it must print `CREATE` statements to its standard output")
            }
        },
        DeclaredError::Database(err) => super::run_hints::database(err),
        DeclaredError::NotUnderstood { .. } => one(NOT_UNDERSTOOD),
        DeclaredError::File(_) | DeclaredError::Problems(_) => Vec::new(),
    }
}

/// What stands below the quoted line of a problem in a declared schema.
pub fn declared_label(problem: &DeclaredProblem, here: &Path) -> String {
    match problem {
        DeclaredProblem::Duplicate { first, .. } => {
            let (line, _) = first.line_column();
            let path = first.source.path.strip_prefix(here).unwrap_or(&first.source.path);
            format!("first declared in {}:{line}", path.display())
        }
        _ => String::new(),
    }
}

/// What to do about a problem in a declared schema.
pub fn declared_problem(problem: &DeclaredProblem) -> Vec<String> {
    match problem {
        DeclaredProblem::NotUtf8 => one("save the file as UTF-8"),
        DeclaredProblem::Split(problem) => split(problem),
        DeclaredProblem::Temporary => one("leave it out"),
        DeclaredProblem::OtherDatabase { .. } => one("leave out the name before the dot"),
        DeclaredProblem::CreateTableAs => one("list the columns of the table"),
        DeclaredProblem::NotADeclaration { .. } => one(
            "a schema consists of `CREATE TABLE`, `INDEX`, `VIEW` and `TRIGGER`, as they should be \
             in the end; rows, and the steps that lead there, belong into revisions",
        ),
        DeclaredProblem::Sqlite { source } if source.message == NEXT_STATEMENT => {
            one("the statement before it needs a `;` at its end")
        }
        DeclaredProblem::Sqlite { source } => super::run_hints::module(source),
        DeclaredProblem::Broken { .. } | DeclaredProblem::Default { .. } => Vec::new(),
        DeclaredProblem::Content { .. } => one(
            "the table that `content` names must be declared, with columns of these names and that \
             of `content_rowid`",
        ),
        DeclaredProblem::NotUnderstood { .. } => one(NOT_UNDERSTOOD),
        DeclaredProblem::TooNew { feature, .. } => vec![
            otherwise(*feature).to_owned(),
            "or, if every program that opens the database has a newer SQLite, raise `target` under \
             `[sqlite]` in alembic.toml"
                .to_owned(),
        ],
        DeclaredProblem::Marker => one(
            "markers and directives stand in revision files; write the comment in other words, or \
             put it above the statement",
        ),
        DeclaredProblem::HintForm | DeclaredProblem::HintPlace => one(
            "write `-- migrator:renamed from old_name` on the line above `CREATE TABLE`, or on the \
             line of the column",
        ),
        DeclaredProblem::Duplicate { .. } | DeclaredProblem::HintTwice { .. } => {
            one("leave out one of the two")
        }
    }
}

/// Whether a body calls a function that nothing but the application has.
fn needs_application(failure: &ProofFailure) -> bool {
    matches!(failure, ProofFailure::Statement { source, .. } if source.message.ends_with(Stub::IS_CALLED))
}

/// What is probably a mistake, and what comes of it.
pub fn doubt(doubt: &Doubt) -> String {
    match doubt {
        Doubt::NoParent { child, .. } => {
            format!("{doubt}: SQLite takes no row of `{child}` where foreign keys are enforced")
        }
        Doubt::NoParentColumn { .. } | Doubt::NotUnique { .. } | Doubt::NoPrimaryKey { .. } => {
            format!(
                "{doubt}: to SQLite that is a foreign key mismatch, and `upgrade` takes no new one"
            )
        }
        Doubt::Function { .. } | Doubt::Collation { .. } => {
            format!("{doubt}: it is taken for one of the application")
        }
    }
}

/// How to write without it what a feature does.
fn otherwise(feature: Feature) -> &'static str {
    match feature {
        Feature::Strict => "leave it out; `CHECK (typeof(column) = 'integer')` refuses other types",
        Feature::OptionList => "leave out the second option",
        Feature::ByteOrderMark => "delete the mark, which most editors do not show",
        Feature::JsonArrow => "write `json_extract(column, '$.key')`",
        Feature::RightJoin => {
            "write a `LEFT JOIN` with the tables exchanged; a `FULL JOIN` is a `LEFT JOIN` and, by \
             `UNION ALL`, the rows of the other table that have no match"
        }
        Feature::IsDistinctFrom => {
            "write `IS NOT` for `IS DISTINCT FROM`, and `IS` for `IS NOT DISTINCT FROM`"
        }
        Feature::HavingAlone => "put the query into a subquery and write `WHERE` around it",
        Feature::JoinFunction => "write the name in double quotes",
        Feature::AggregateOrder => "take the rows from a subquery that has the `ORDER BY`",
        Feature::JsonValidFlags => "leave out the second argument",
        Feature::DigitSeparator => "write the number without `_`",
        Feature::RaiseExpression => "write the message as one string",
        Feature::ShortIif => "write `NULL` as third argument",
        Feature::LongIif => "write `CASE WHEN … THEN … ELSE … END`",
        Feature::TriggerAlias => "leave out the other name and write the table's",
        Feature::Fts5(
            Fts5Option::ContentlessDelete
            | Fts5Option::ContentlessUnindexed
            | Fts5Option::Locale
            | Fts5Option::Tokendata
            | Fts5Option::TrigramDiacritics,
        ) => "leave out the option",
    }
}

/// What to do where no revision can be generated. Nothing was written in any of these cases.
pub fn autogenerate(err: &AutogenerateError) -> Vec<String> {
    match err {
        AutogenerateError::Db(_) => Vec::new(),
        AutogenerateError::Proof(failure) if needs_application(failure) => vec![
            "no file was written: migrator has no such function, and existing rows would need its \
             value; check its name in the declared schema"
                .to_owned(),
            "rows that get a value from `--fill TABLE.COLUMN=EXPRESSION` need no default"
                .to_owned(),
        ],
        AutogenerateError::Schema(_) | AutogenerateError::Proof(_) => one(
            "no file was written: this is a mistake of migrator; please report it with both schemas",
        ),
        AutogenerateError::Rename(err) => rename(err),
        AutogenerateError::Fill(err) => fill(err),
        AutogenerateError::Refused { .. } => {
            one("look at the views and triggers of the schema: one may be broken already")
        }
    }
}

/// What to do about a `--rename`.
fn rename(err: &RenameError) -> Vec<String> {
    let otherwise =
        "`migrator check` lists what differs; `--rename` takes the old name and the new one";
    match err {
        RenameError::NoSource { similar, .. } | RenameError::NoTarget { similar, .. } => {
            did_you_mean(similar, otherwise)
        }
        RenameError::TargetExists { .. } => vec![
            "two names that change places are two renames: one `--rename` for each way".to_owned(),
            otherwise.to_owned(),
        ],
        RenameError::Virtual { .. } => one(
            "without --rename the table is made anew and its values are lost; in the revision that \
             is written, let the body copy them by hand: `INSERT INTO … (rowid, new_name) SELECT \
             rowid, old_name FROM …` before the old one is dropped",
        ),
        RenameError::SourceStays { .. } | RenameError::Twice { .. } | RenameError::Rowid { .. } => {
            one(otherwise)
        }
    }
}

/// What to do about a `--fill`.
fn fill(err: &FillError) -> Vec<String> {
    match err {
        FillError::Unknown { similar, .. } => did_you_mean(
            similar,
            "`--fill` takes `TABLE.COLUMN=EXPRESSION`, with the names of the declared schema",
        ),
        FillError::Twice { .. } => one("leave out one of the two"),
        FillError::Needless { .. } => one("leave it out"),
        FillError::Aggregate { .. } => one(
            "a query in parentheses is a value: `--fill \"t.pos=(SELECT max(pos) FROM other)\"`",
        ),
        FillError::Word { place, word } => {
            let text = word.trim_matches('"').replace('\'', "''");
            one(format!("a text has single quotes: `--fill \"{place}='{text}'\"`"))
        }
    }
}
