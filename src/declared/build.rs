//! Declarations made in a scratch database.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use super::error::{DeclaredError, DeclaredProblem};
use super::statement::{Declaration, Kind};
use crate::db::{BrokenObject, Lock, Quoting, Scratch};
use crate::schema::{Name, ObjectKind};
use crate::source::{Location, Problem, Source};
use crate::sql::lexer::{Token, tokens};

/// What was made.
pub(super) struct Built {
    pub database: Scratch,
    pub renamed_tables: BTreeMap<Name, Name>,
    pub places: HashMap<(ObjectKind, Name), Location>,
}

/// Makes all declarations.
///
/// # Errors
///
/// [`DeclaredError::Problems`] with those that were found before and all that SQLite finds.
pub(super) fn build(
    mut declarations: Vec<Declaration>,
    mut problems: Vec<Problem<DeclaredProblem>>,
    sources: &[Arc<Source>],
    extensions: &[PathBuf],
) -> Result<Built, DeclaredError> {
    remove_duplicates(&mut declarations, &mut problems);
    let prefixes = shadow_prefixes(&declarations);
    let may_be_shadow = |it: &Declaration| {
        let name = it.name.to_ascii_lowercase();
        it.kind == Kind::Table && prefixes.iter().any(|prefix| name.starts_with(prefix))
    };
    // What may be a shadow table comes right after the virtual tables, which make theirs themselves.
    declarations.sort_by_cached_key(|it| {
        (if may_be_shadow(it) { Kind::VirtualTable } else { it.kind }, may_be_shadow(it))
    });

    let database = Scratch::new(Quoting::Strict, extensions)?;
    database.database().begin(Lock::Write)?;
    // What is on a table that failed would fail as well, and say nothing new.
    let mut failed: HashSet<Name> = HashSet::new();
    for declaration in &declarations {
        let table = declaration.table.as_deref().map(Name::new);
        if table.is_some_and(|it| failed.contains(&it)) {
            continue;
        }
        let is_made =
            may_be_shadow(declaration) && database.database().has_table(&declaration.name)?;
        if is_made {
            continue;
        }
        if let Err(source) = database.execute(declaration.sql()) {
            failed.insert(Name::new(declaration.name.as_str()));
            let span = match source.offset {
                Some(_) => source.span_in(declaration.sql()),
                None => named_token(declaration.sql(), &source.message),
            };
            problems.push(problem(declaration, span, DeclaredProblem::Sqlite { source }));
        }
    }
    database.database().commit()?;
    // A view of a table that failed does not compile.
    if problems.is_empty() {
        for broken in database.objects()?.broken.values() {
            problems.extend(broken_problem(&declarations, broken));
        }
    }
    // It may be a view.
    if problems.is_empty() {
        let found = super::content::problems(&database, &declarations)?;
        problems.extend(found.into_iter().map(|(it, span, kind)| problem(it, span, kind)));
    }
    if !problems.is_empty() {
        sort(&mut problems, sources);
        return Err(DeclaredError::Problems(problems));
    }

    let mut renamed_tables = BTreeMap::new();
    let mut places = HashMap::new();
    for Declaration { kind, name, renamed_from, location, .. } in declarations {
        let name = Name::new(name);
        if let Some(old) = renamed_from {
            renamed_tables.insert(name.clone(), old);
        }
        places.insert((kind.into(), name), location);
    }
    Ok(Built { database, renamed_tables, places })
}

impl From<Kind> for ObjectKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Table | Kind::VirtualTable => Self::Table,
            Kind::Index => Self::Index,
            Kind::View => Self::View,
            Kind::Trigger => Self::Trigger,
        }
    }
}

/// How the names of the shadow tables of declared virtual tables begin, in lower case: the shell's
/// `.schema` lists them like others.
fn shadow_prefixes(declarations: &[Declaration]) -> Vec<String> {
    let virtual_tables = declarations.iter().filter(|it| it.kind == Kind::VirtualTable);
    virtual_tables.map(|it| format!("{}_", it.name.to_ascii_lowercase())).collect()
}

/// Reports what is declared a second time and leaves the first: `IF NOT EXISTS` would hide it.
fn remove_duplicates(
    declarations: &mut Vec<Declaration>,
    problems: &mut Vec<Problem<DeclaredProblem>>,
) {
    // Tables, views and indexes share their names; triggers have their own.
    let mut firsts: HashMap<(bool, Name), Location> = HashMap::new();
    declarations.retain(|it| {
        if it.name.is_empty() {
            return true;
        }
        match firsts.entry((it.kind == Kind::Trigger, Name::new(it.name.as_str()))) {
            Entry::Vacant(entry) => {
                entry.insert(it.location.clone());
                true
            }
            Entry::Occupied(entry) => {
                let kind = DeclaredProblem::Duplicate {
                    name: it.name.clone(),
                    first: entry.get().clone(),
                };
                problems.push(Problem::new(&it.location.source, it.name_span.clone(), kind));
                false
            }
        }
    });
}

/// A problem at bytes of a statement.
fn problem(
    declaration: &Declaration,
    span: Range<usize>,
    kind: DeclaredProblem,
) -> Problem<DeclaredProblem> {
    let Location { source, span: statement } = &declaration.location;
    Problem::new(source, statement.start + span.start..statement.start + span.end, kind)
}

/// Finds the view or the trigger that does not compile: of several triggers of one table, which
/// SQLite does not tell apart, the first that names what is missing.
fn broken_problem(
    declarations: &[Declaration],
    broken: &BrokenObject,
) -> Option<Problem<DeclaredProblem>> {
    let names: Vec<Name> = if broken.triggers.is_empty() {
        vec![Name::new(broken.name.as_str())]
    } else {
        broken.triggers.iter().map(|it| Name::new(it.as_str())).collect()
    };
    let kind = if broken.triggers.is_empty() { Kind::View } else { Kind::Trigger };
    let candidates: Vec<&Declaration> = declarations
        .iter()
        .filter(|it| it.kind == kind && names.contains(&Name::new(it.name.as_str())))
        .collect();
    let span = |it: &Declaration| named_token(it.sql(), &broken.message);
    let is_narrow = |it: &&&Declaration| span(it).len() < it.sql().len();
    let declaration = *candidates.iter().find(is_narrow).or(candidates.first())?;
    let is_certain = candidates.len() == 1 || is_narrow(&&declaration);
    let name = if is_certain { &declaration.name } else { &broken.name };
    let kind = DeclaredProblem::Broken { name: name.clone(), message: broken.message.clone() };
    Some(problem(declaration, span(declaration), kind))
}

/// The bytes of a statement with the name that a message of SQLite ends in (`no such table: main.t`);
/// all of them where there is none.
pub(super) fn named_token(sql: &str, message: &str) -> Range<usize> {
    let named = message.strip_prefix("no such ").and_then(|it| it.split_once(": "));
    let all = 0..sql.len();
    let Some((_, name)) = named else { return all };
    let name = name.split(" - ").next().unwrap_or_default();
    let name = name.rsplit('.').next().unwrap_or_default().trim_matches('"');
    let is_named = |it: &Token| {
        it.is_significant() && it.name(sql).is_some_and(|it| it.eq_ignore_ascii_case(name))
    };
    tokens(sql).find(is_named).map_or(all, |it| it.span)
}

/// Sorts problems by their places, the files in the order in which they were read.
fn sort(problems: &mut [Problem<DeclaredProblem>], files: &[Arc<Source>]) {
    problems.sort_by_key(|it| {
        let file = files.iter().position(|file| Arc::ptr_eq(file, &it.location.source));
        (file, it.location.span.start)
    });
}
