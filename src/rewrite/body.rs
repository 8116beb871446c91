//! The text of a body that does what several did.

use std::fmt::Write as _;
use std::ops::Range;

use super::RewriteError;
use super::guards::{Guards, Place};
use crate::db::Scratch;
use crate::graph::{RevisionGraph, RevisionIndex};
use crate::lint::allows;
use crate::plan::Direction;
use crate::revision::{Body, Directive, Revision};
use crate::schema::Name;
use crate::source::Location;
use crate::sql::head::{Kind, Verb, head};
use crate::sql::lexer::{Token, TokenKind, tokens};

/// What a statement is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// It makes something.
    Creates,
    /// It changes or drops something; `table` if that is one.
    Changes {
        /// The table.
        table: Option<Name>,
    },
    /// It is about rows, or about the connection.
    Other,
}

/// What a statement does, by its first words.
pub fn effect(sql: &str) -> Effect {
    let head = head(sql);
    match head.verb {
        _ if head.is_temporary || head.makes_rows => Effect::Other,
        Verb::Create(_) => Effect::Creates,
        Verb::Alter | Verb::Drop(_) => {
            let is_table = matches!(head.verb, Verb::Alter | Verb::Drop(Kind::Table));
            let table = head.name.filter(|_| is_table);
            Effect::Changes { table: table.map(|it| Name::new(it.into_owned())) }
        }
        _ => Effect::Other,
    }
}

/// The PRAGMAs that set nothing in the connection: they read, or write into the file.
const HARMLESS: [&str; 20] = [
    "application_id",
    "collation_list",
    "compile_options",
    "database_list",
    "foreign_key_check",
    "foreign_key_list",
    "freelist_count",
    "function_list",
    "index_info",
    "index_list",
    "index_xinfo",
    "integrity_check",
    "module_list",
    "page_count",
    "pragma_list",
    "quick_check",
    "table_info",
    "table_list",
    "table_xinfo",
    "user_version",
];

/// Whether a statement leaves something in the connection: a setting, a temporary object, or a
/// database that nothing of the `rest` of its body detaches.
fn leaves<'a>(sql: &str, mut rest: impl Iterator<Item = &'a str>) -> Option<&'static str> {
    let head = head(sql);
    let is_harmless = |it: &str| HARMLESS.iter().any(|known| it.eq_ignore_ascii_case(known));
    match head.verb {
        Verb::Pragma => (!head.name.is_some_and(|it| is_harmless(&it))).then_some("a PRAGMA"),
        Verb::Attach => {
            let name = last_name(sql);
            let is_detached = name.is_some() && rest.any(|it| detached(it) == name);
            (!is_detached).then_some("a database that is attached")
        }
        _ if head.is_temporary => Some("a temporary object"),
        _ => None,
    }
}

/// The database that a statement detaches, in lower case.
fn detached(sql: &str) -> Option<String> {
    let mut words = tokens(sql).filter(Token::is_significant);
    words.next().filter(|it| it.is_keyword(sql, "DETACH"))?;
    last_name(sql)
}

/// The name that a statement ends with, in lower case.
fn last_name(sql: &str) -> Option<String> {
    let is_word = |it: &Token| it.is_significant() && it.kind != TokenKind::Semicolon;
    Some(tokens(sql).filter(is_word).last()?.name(sql)?.to_ascii_lowercase())
}

/// The statements of the bodies that are about more than the schema, each with its place, in the
/// order in which they run.
pub fn data_statements(
    graph: &RevisionGraph,
    members: &[RevisionIndex],
    direction: Direction,
) -> Vec<Location> {
    let bodies: Vec<(&Revision, &Body)> = match direction {
        Direction::Upgrade => members.iter().map(|it| (&graph[*it], &graph[*it].upgrade)).collect(),
        Direction::Downgrade => reversed(graph, members).unwrap_or_default(),
    };
    let places = bodies.into_iter().flat_map(|(revision, body)| {
        let is_data = |sql: &str| effect(sql) == Effect::Other;
        let spans = body.statements.iter();
        let spans = spans.filter(move |it| is_data(&revision.source.text[(*it).clone()]));
        spans.map(|it| revision.location(it))
    });
    places.collect()
}

/// The downgrades, the last first; `None` where one is irreversible.
fn reversed<'a>(
    graph: &'a RevisionGraph,
    members: &[RevisionIndex],
) -> Option<Vec<(&'a Revision, &'a Body)>> {
    let revisions = members.iter().rev().map(|it| &graph[*it]);
    revisions.map(|it| Some((it, it.downgrade.body()?))).collect()
}

/// The comments by which these revisions allow something as a whole, each once, but for those that
/// come with their bodies; for a sum also those of statements that make something, since it makes the
/// same.
pub fn allowed<'a>(
    revisions: impl Iterator<Item = &'a Revision>,
    is_sum: bool,
    has_downgrades: bool,
) -> Vec<&'a str> {
    let mut lines = Vec::new();
    for revision in revisions {
        let text = &revision.source.text;
        let makes = |it: &&Range<usize>| effect(&text[(*it).clone()]) == Effect::Creates;
        let upgrade = Some(&revision.upgrade).filter(|_| !is_sum);
        let downgrade = revision.downgrade.body().filter(|_| has_downgrades);
        for allow in allows(revision) {
            let mut bodies = upgrade.into_iter().chain(downgrade);
            let comes_along = bodies.any(|it| it.span.contains(&allow.comment.start));
            let scope = allow.scope.clone().unwrap_or_default();
            let mut makers = revision.upgrade.statements.iter().filter(makes);
            let is_needed = is_sum && makers.any(|it| scope.contains(&it.start));
            let line = text[allow.comment.clone()].trim_end();
            if (allow.is_for_all() || is_needed) && !comes_along && !lines.contains(&line) {
                lines.push(line);
            }
        }
    }
    lines
}

/// A body made of others, and what could not come with them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Joined {
    /// The SQL.
    pub text: String,
    /// Directives that are comments now.
    pub left_out: Vec<Location>,
}

/// All upgrades, one after another, word for word.
///
/// All directives of a body are evaluated before its first statement; `start` is the database then.
/// `kept` are the tables that migrator writes between two bodies.
///
/// # Errors
///
/// [`RewriteError::Leaves`]: between two bodies a connection is cleaned up, within one it is not.
/// [`RewriteError::OfRun`]: what a statement finds depends on what migrator does between two bodies.
/// [`RewriteError::Guard`]: what a directive finds depends on the bodies before it.
pub fn upgrades(
    graph: &RevisionGraph,
    members: &[RevisionIndex],
    start: &Scratch,
    kept: &[&str],
) -> Result<Joined, RewriteError> {
    let bodies: Vec<_> = members.iter().map(|it| (&graph[*it], &graph[*it].upgrade)).collect();
    let guards = Guards::new(start, &bodies, Direction::Upgrade, kept)?;
    join(&bodies, guards)
}

/// All downgrades, the last first; `None` where one is irreversible.
///
/// # Errors
///
/// As for [`upgrades`].
pub fn downgrades(
    graph: &RevisionGraph,
    members: &[RevisionIndex],
    start: &Scratch,
    kept: &[&str],
) -> Result<Option<Joined>, RewriteError> {
    let Some(bodies) = reversed(graph, members) else { return Ok(None) };
    let guards = Guards::new(start, &bodies, Direction::Downgrade, kept)?;
    join(&bodies, guards).map(Some)
}

fn join<'a>(
    bodies: &[(&'a Revision, &'a Body)],
    mut guards: Guards<'a>,
) -> Result<Joined, RewriteError> {
    let mut joined = Joined::default();
    for (idx, (revision, body)) in bodies.iter().enumerate() {
        let text = &revision.source.text;
        if idx + 1 < bodies.len() {
            for (at, span) in body.statements.iter().enumerate() {
                let rest = body.statements[at + 1..].iter().map(|it| &text[it.clone()]);
                if let Some(what) = leaves(&text[span.clone()], rest) {
                    let location = Box::new(revision.location(span));
                    return Err(RewriteError::Leaves { what, location });
                }
            }
        }
        let mut left_out = Vec::new();
        for directive in &body.directives {
            if guards.place(revision, directive)? == Place::LeftOut {
                left_out.push(directive);
            }
        }
        guards.pass(revision, body)?;
        joined.left_out.extend(left_out.iter().map(|it| revision.location(&it.span)));
        let sql = body_text(text, body, &left_out);
        let sql = sql.trim_matches(['\r', '\n']);
        if sql.trim().is_empty() {
            continue;
        }
        let gap = if joined.text.is_empty() { "" } else { "\n" };
        let summary = revision.summary();
        let colon = if summary.is_empty() { "" } else { ": " };
        writeln!(joined.text, "{gap}-- from {}{colon}{summary}\n{sql}", revision.id)
            .expect("a String takes everything");
    }
    Ok(joined)
}

/// A body whose last statement ends in a semicolon, and in which these directives are comments.
fn body_text(text: &str, body: &Body, left_out: &[&Directive]) -> String {
    let mut edits: Vec<(usize, &str)> = Vec::new();
    if let Some(last) = body.statements.last() {
        let rest = &text[last.end..body.span.end];
        if !tokens(rest).any(|it| it.kind == TokenKind::Semicolon) {
            edits.push((last.end, ";"));
        }
    }
    // With a word before it, the line is no directive any more.
    edits.extend(left_out.iter().map(|it| (it.span.start + "-- ".len(), "(left out) ")));
    edits.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    let mut sql = text[body.span.clone()].to_owned();
    for (at, what) in edits {
        sql.insert_str(at - body.span.start, what);
    }
    sql
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::db::Quoting;
    use crate::revision::file;
    use crate::source::Source;

    #[test]
    fn a_statement_is_known_by_its_first_words() {
        let check = |sql: &str, expected: &str| {
            let found = match effect(sql) {
                Effect::Creates => "creates".to_owned(),
                Effect::Changes { table } => {
                    format!("changes {}", table.map_or(String::new(), |it| it.to_string()))
                }
                Effect::Other => "other".to_owned(),
            };
            assert_eq!(found, expected, "{sql}");
        };
        check("CREATE TABLE t (a AS (1))", "creates");
        check("create /* x */ unique index i on t (a)", "creates");
        check("CREATE TRIGGER t AFTER INSERT ON x BEGIN DELETE FROM y; END", "creates");
        check("CREATE TABLE IF NOT EXISTS main.t AS SELECT 1", "other");
        check("CREATE TEMP TABLE t (a)", "other");
        check("CREATE TABLE IF NOT EXISTS temp.t (a)", "other");
        check("DROP TABLE temp", "changes temp");
        check("ALTER TABLE \"a b\" ADD COLUMN c", "changes a b");
        check("DROP TABLE IF EXISTS main.[t]", "changes t");
        check("DROP VIEW t", "changes ");
        check("WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x", "other");
        check("PRAGMA user_version = 1", "other");
    }

    /// The upgrade of revisions with these bodies.
    #[track_caller]
    fn check(bodies: &[&str], expected: Result<&str, &str>) {
        let revisions = (1..).zip(bodies).map(|(n, body)| {
            let down =
                if n == 1 { String::new() } else { format!("-- down_revision = \"r{}\"\n", n - 1) };
            let text = format!(
                "-- /// revision\n-- revision = \"r{n}\"\n{down}-- message = \"Step {n}\"\n-- ///\n\
                 -- migrate:upgrade\n{body}"
            );
            let path = format!("versions/r{n}.sql").into();
            file::parse(&Arc::new(Source { path, text })).unwrap()
        });
        let graph = RevisionGraph::new(revisions.collect()).unwrap();
        let members: Vec<RevisionIndex> = graph.indices().collect();
        let start = Scratch::new(Quoting::Lenient, &[]).unwrap();
        start.execute("CREATE TABLE here (a)").unwrap();
        start.execute("CREATE TABLE kept (a)").unwrap();
        let found = upgrades(&graph, &members, &start, &["kept"]);
        let found = found.map(|it| it.text).map_err(|err| err.to_string());
        assert_eq!(found.as_deref().map_err(String::as_str), expected);
    }

    #[test]
    fn bodies_stand_one_after_another_word_for_word() {
        check(
            &[
                "CREATE TABLE t (a);\n\n-- why\nINSERT INTO t VALUES (';') -- end\n",
                "",
                "\n\nDELETE FROM t",
            ],
            Ok(
                "-- from r1: Step 1\nCREATE TABLE t (a);\n\n-- why\nINSERT INTO t VALUES (';'); -- end\n\n\
                -- from r3: Step 3\nDELETE FROM t;\n",
            ),
        );
    }

    #[test]
    fn a_table_may_be_called_temp() {
        check(
            &["DELETE FROM temp;", "DROP TABLE temp;", "CREATE TABLE temp (a);"],
            Ok("-- from r1: Step 1\nDELETE FROM temp;\n\n-- from r2: Step 2\nDROP TABLE temp;\n\n\
                -- from r3: Step 3\nCREATE TABLE temp (a);\n"),
        );
    }

    #[test]
    fn what_leaves_nothing_in_the_connection_may_stand_anywhere() {
        check(
            &[
                "PRAGMA user_version = 1;",
                "PRAGMA main.application_id(7);",
                "PRAGMA foreign_key_check;",
                "SELECT 1",
            ],
            Ok("-- from r1: Step 1\nPRAGMA user_version = 1;\n\n\
                -- from r2: Step 2\nPRAGMA main.application_id(7);\n\n\
                -- from r3: Step 3\nPRAGMA foreign_key_check;\n\n-- from r4: Step 4\nSELECT 1;\n"),
        );
    }

    #[test]
    fn what_asks_for_the_run_itself_may_only_stand_in_the_first_body() {
        let other = |what: &str| {
            format!(
                "`{what}`, which the upgrade of `r2` uses, is something else where the bodies are one"
            )
        };
        let first = "INSERT INTO here VALUES (1);";
        let check_second = |second: &str, what: &str| {
            check(&[first, second], Err(&other(what)));
            let found = format!("-- from r1: Step 1\n{second}\n\n-- from r2: Step 2\nSELECT 1;\n");
            check(&[second, "SELECT 1"], Ok(&found));
        };
        check_second("INSERT INTO here SELECT changes();", "changes()");
        check_second("INSERT INTO here SELECT a FROM kept;", "kept");
        check_second("DELETE FROM kept;", "kept");
        check_second("UPDATE here SET a = total_changes();", "total_changes()");
        check_second("CREATE TABLE x AS SELECT last_insert_rowid();", "last_insert_rowid()");
        // It is its own change that it asks for.
        let own = "INSERT INTO here VALUES (2);\nINSERT INTO here VALUES (last_insert_rowid());";
        check(
            &[first, own],
            Ok(&format!("-- from r1: Step 1\n{first}\n\n-- from r2: Step 2\n{own}\n")),
        );
    }

    #[test]
    fn a_directive_about_what_the_range_makes_becomes_a_comment() {
        check(
            &[
                "CREATE TABLE made (a);",
                "-- migrate:warn-if rows: SELECT 1 FROM here\n\
                 -- migrate:refuse-if rows: SELECT 1 FROM made\nDELETE FROM made",
            ],
            Ok("-- from r1: Step 1\nCREATE TABLE made (a);\n\n\
                -- from r2: Step 2\n-- migrate:warn-if rows: SELECT 1 FROM here\n\
                -- (left out) migrate:refuse-if rows: SELECT 1 FROM made\nDELETE FROM made;\n"),
        );
    }

    #[test]
    fn what_stays_in_the_connection_may_only_stand_in_the_last_body() {
        let refusal =
            "a PRAGMA in `versions/r1.sql` would reach the statements of the revisions after it";
        check(&["PRAGMA legacy_alter_table = 1;", "SELECT 1"], Err(refusal));
        let refusal = "a temporary object in `versions/r1.sql` would reach the statements of the revisions after it";
        check(&["CREATE TEMP TABLE t (a);", "SELECT 1"], Err(refusal));
        let attached = "a database that is attached in `versions/r1.sql` would reach the statements of the revisions after it";
        check(&["ATTACH ':memory:' AS x;", "SELECT 1"], Err(attached));
        check(&["ATTACH ':memory:' AS x; DETACH y;", "SELECT 1"], Err(attached));
        check(&["CREATE TABLE temp.t (a);", "SELECT 1"], Err(refusal));
        check(&["CREATE TABLE IF NOT EXISTS temp.t (a);", "SELECT 1"], Err(refusal));
        check(&["CREATE VIRTUAL TABLE temp.t USING fts5(a);", "SELECT 1"], Err(refusal));
        check(
            &["SELECT 1;", "PRAGMA legacy_alter_table = 1;"],
            Ok(
                "-- from r1: Step 1\nSELECT 1;\n\n-- from r2: Step 2\nPRAGMA legacy_alter_table = 1;\n",
            ),
        );
    }
}
