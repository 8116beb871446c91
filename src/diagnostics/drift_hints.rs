//! What to do about a schema that is not what the revisions make of which its database says that they
//! are applied.
//!
//! Nobody may lose rows by doing what stands here: where a stamp mends it, nothing else is said, and
//! where something is dropped, it is named and a backup comes first.

use super::hints::{one, ticked};
use super::history_hints::{MAX_NAMED, stamp};
use crate::audit::Back;
use crate::revision::RevisionId;

/// What a schema may be that is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Drifted {
    /// That of other revisions.
    Elsewhere {
        /// The stamps that say so, one for each state that has this schema.
        places: Vec<Back>,
        /// Whether the database has nothing that the applied revisions do not make.
        only_lacks: bool,
    },
    /// That of something else: no revision is applied, and none makes it.
    NotOurs {
        /// The heads of the revisions that there are.
        heads: Vec<RevisionId>,
        /// What is declared, for the first revision.
        declared: DeclaredState,
    },
    /// That of the applied revisions, and somebody changed it.
    Changed {
        /// The tables that a rebuild left, and what they are the old state of.
        left: Vec<(String, String)>,
        /// What goes away with the way back, in words.
        drops: Vec<String>,
        /// What of it may only have another name.
        renamed: Option<Renamed>,
    },
}

/// Tables and columns that may only have another name than the revisions give them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renamed {
    /// The name that each should have, a column with its table, and the one that it has.
    pub names: Vec<(String, String)>,
    /// The values of `--rename` that say so, as a shell takes them.
    pub options: Vec<String>,
    /// What goes away all the same, in words.
    pub drops: Vec<String>,
}

/// How the declared schema compares with that of a database without revisions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeclaredState {
    /// No schema is declared.
    Nowhere,
    /// This file is to declare it, and is not there or declares nothing; as the shell takes it.
    Nothing(String),
    /// It is the same.
    Same,
    /// It is another one, or cannot be read.
    Other,
}

/// What to do about it; `database` is its name.
pub fn drift(drifted: &Drifted, database: &str) -> Vec<String> {
    match drifted {
        Drifted::Elsewhere { places, only_lacks } => {
            let mut hints = one(elsewhere(places));
            hints.extend(only_lacks.then(|| format!("or {}", undo("", database))));
            hints
        }
        Drifted::NotOurs { heads, declared } if heads.is_empty() => adopt(declared),
        Drifted::NotOurs { heads, .. } => not_ours(heads, database),
        Drifted::Changed { left, drops, renamed } => {
            let mut hints: Vec<String> = left.iter().map(left_by_rebuild).collect();
            hints.extend(renamed.as_ref().map(|it| take_back(it, database)));
            let or_else = if renamed.is_some() { "otherwise, " } else { "" };
            if drops.is_empty() {
                hints.push(undo("", database));
            } else {
                hints.push(format!(
                    "{or_else}what undoes it drops {}, with all that is in there: `migrator backup` first",
                    shortened(drops)
                ));
                hints.push(format!("then {}", undo(" --yes", database)));
                hints.push(
                    "or, if another program makes it, name it in `exclude` under `[schema]` in \
                     alembic.toml"
                        .to_owned(),
                );
            }
            hints.push(
                "or, to keep it, let a revision make it (`migrator schema diff current database --sql` \
                 has the SQL), and `migrator stamp` that"
                    .to_owned(),
            );
            hints
        }
    }
}

/// What takes away what the revisions do not make.
fn undo(yes: &str, database: &str) -> String {
    format!("{} undoes it; look at the SQL first", way_back(yes, database))
}

/// What gives things their names again.
fn take_back(renamed: &Renamed, database: &str) -> String {
    let Renamed { names, options, drops } = renamed;
    let names: Vec<String> =
        names.iter().map(|(right, now)| format!("`{right}` was renamed to `{now}`")).collect();
    // What begins with a dash would be taken for another option.
    let sign = |it: &String| if it.starts_with('-') { '=' } else { ' ' };
    let option = |it: &String| format!(" --rename{}{it}", sign(it));
    let options: String = options.iter().map(option).collect();
    let names = names.join(" and ");
    if drops.is_empty() {
        let way = way_back(&options, database);
        return format!(
            "if {names}: {way} takes that back and keeps the rows; look at the SQL first"
        );
    }
    let way = way_back(&format!(" --yes{options}"), database);
    format!(
        "if {names}: {way} takes that back, and drops {}: `migrator backup` first, and look at the SQL",
        shortened(drops)
    )
}

/// What makes the database what the revisions make.
fn way_back(options: &str, database: &str) -> String {
    // The shell of SQLite would take it for an option.
    let database =
        if database.starts_with('-') { format!("./{database}") } else { database.to_owned() };
    let database = shell_words::quote(&database);
    format!("`migrator schema diff database current --sql{options} | sqlite3 -bail {database}`")
}

fn elsewhere(places: &[Back]) -> String {
    let named: Vec<String> = places.iter().map(name).collect();
    let stamps: Vec<String> = places.iter().map(stamp).collect();
    let stamps = ticked(&stamps[..stamps.len().min(MAX_NAMED)], " or ");
    match &named[..] {
        [only] => format!(
            "the schema is that of {only}: if that is where the database is, {stamps} says so; it runs \
             nothing, no statement about rows either"
        ),
        _ => format!(
            "the schema is that of {}, which is the same: {stamps} says where the database is; it runs \
             nothing, no statement about rows either",
            shortened(&named)
        ),
    }
}

/// The state that a stamp leads to.
fn name(place: &Back) -> String {
    match &place.targets[..] {
        [] => "base".to_owned(),
        ids => ticked(ids.iter().map(RevisionId::as_str).collect::<Vec<_>>().as_slice(), " with "),
    }
}

/// How a database gets its first revision that is in use already.
fn adopt(declared: &DeclaredState) -> Vec<String> {
    let first = "`migrator revision --autogenerate -m \"What was there\"`, then `migrator stamp head`, \
                 which runs nothing";
    let not_ours = "there is no revision yet: to go on from what is there,";
    match declared {
        DeclaredState::Nowhere => vec![
            format!("{not_ours} `migrator schema dump > schema.sql`"),
            "name it in alembic.toml: `files = [\"schema.sql\"]` under `[schema]`".to_owned(),
            first.to_owned(),
        ],
        DeclaredState::Nothing(file) => {
            vec![format!("{not_ours} `migrator schema dump > {file}`"), first.to_owned()]
        }
        DeclaredState::Same => one(format!("{not_ours} {first}")),
        DeclaredState::Other => vec![
            format!(
                "{not_ours} declare just that first: `migrator schema diff declared database` shows what \
                 is declared otherwise"
            ),
            first.to_owned(),
        ],
    }
}

/// What to do where there are revisions, and none of them has anything to do with the database.
fn not_ours(heads: &[RevisionId], database: &str) -> Vec<String> {
    let near = heads.iter().take(MAX_NAMED).map(|it| {
        format!(
            "if it has what `{it}` makes all the same: `migrator schema diff database {it}` shows how far \
             it is from that, and `migrator stamp {it}` says that it is there, without running anything"
        )
    });
    let first = format!(
        "no revision is applied here, and none makes this schema: look whether `{database}` is the database \
         that is meant"
    );
    std::iter::once(first).chain(near).collect()
}

fn left_by_rebuild((name, whole): &(String, String)) -> String {
    format!(
        "`{name}` is what a rebuild of `{whole}` left that did not come to its end, and may have rows \
         that are nowhere else: put them back before it is dropped"
    )
}

/// A list of which only the beginning is named.
fn shortened(items: &[String]) -> String {
    let n_more = items.len().saturating_sub(MAX_NAMED);
    match (items, n_more) {
        ([rest @ .., last], 0) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        (items, 0) => items.join(", "),
        (items, _) => format!("{} and {n_more} more", items[..MAX_NAMED].join(", ")),
    }
}
