//! Squashes of invented lines whose bodies work on rows, in databases with rows of their own: what the
//! old files do, up and down, the new ones do, or the squash is refused.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;

use super::super::rebase::tests::files;
use super::tests::{SETTINGS, draft};
use super::*;
use crate::config::BackupMode;
use crate::revision::file;
use crate::source::Source;

/// What a body of an invented revision does, and what its downgrade does about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Make a table; drop it.
    Table,
    /// Make a table; keep it.
    KeptTable,
    /// Make a table; save its rows in another one, and drop it.
    SavedTable,
    /// Make a table of the rows of another one; put them back.
    TableOfRows,
    /// Give the table of the revision before another column, and an index; take both.
    ColumnOfNew,
    /// Give a table a column and fill it; drop it.
    Column,
    /// Fill what is empty; empty it.
    Fill,
    /// Move rows to another table; nothing.
    Move,
    /// Nothing; delete rows.
    Delete,
    /// Make a unique index, which rows may be against; drop it.
    Unique,
    /// Refuse rows, delete others; refuse others.
    Refuse,
    /// Refuse rows of a table of its own that came from others.
    RefuseOwn,
    /// Warn of rows that are deleted; of a table that is dropped.
    Warn,
    /// Make a table, with no way back.
    Irreversible,
}

impl Kind {
    const ALL: [Self; 14] = [
        Self::Table,
        Self::KeptTable,
        Self::SavedTable,
        Self::TableOfRows,
        Self::ColumnOfNew,
        Self::Column,
        Self::Fill,
        Self::Move,
        Self::Delete,
        Self::Unique,
        Self::Refuse,
        Self::RefuseOwn,
        Self::Warn,
        Self::Irreversible,
    ];

    fn refuses(self) -> bool {
        matches!(self, Self::Refuse | Self::RefuseOwn)
    }

    /// The bodies of revision `n`.
    fn bodies(self, n: usize) -> (String, Option<String>) {
        let table = format!("CREATE TABLE n{n} (id INTEGER PRIMARY KEY, a TEXT, b TEXT);");
        let drop = format!("DROP TABLE n{n};");
        let (up, down) = match self {
            Self::Table => (table, drop),
            Self::KeptTable => (table.replace("TABLE", "TABLE IF NOT EXISTS"), String::new()),
            Self::SavedTable => {
                (table, format!("INSERT INTO t1 (a, b) SELECT a, 'n{n}' FROM n{n};\n{drop}"))
            }
            Self::TableOfRows => (
                format!("CREATE TABLE n{n} AS SELECT id, a, b FROM t0 WHERE a IN ('p', 'q');"),
                format!("UPDATE t0 SET b = 'back' WHERE id IN (SELECT id FROM n{n});\n{drop}"),
            ),
            Self::ColumnOfNew => (
                format!(
                    "{table}\nALTER TABLE n{n} ADD COLUMN c TEXT;\nCREATE INDEX i{n} ON n{n} (c);"
                ),
                format!("DROP INDEX i{n};\nALTER TABLE n{n} DROP COLUMN c;\n{drop}"),
            ),
            Self::Column => (
                format!("ALTER TABLE t0 ADD COLUMN c{n} TEXT;\nUPDATE t0 SET c{n} = a || '{n}';"),
                format!("ALTER TABLE t0 DROP COLUMN c{n};"),
            ),
            Self::Fill => (
                format!("UPDATE t0 SET b = 'filled {n}' WHERE b IS NULL;"),
                format!("UPDATE t0 SET b = NULL WHERE b = 'filled {n}';"),
            ),
            Self::Move => (
                "INSERT INTO t1 (a, b) SELECT a, b FROM t0 WHERE a = 'q';\n\
                 DELETE FROM t0 WHERE a = 'q';"
                    .to_owned(),
                String::new(),
            ),
            Self::Delete => (String::new(), "DELETE FROM t1 WHERE a = 'p';".to_owned()),
            Self::Unique => {
                (format!("CREATE UNIQUE INDEX u{n} ON t1 (a, b);"), format!("DROP INDEX u{n};"))
            }
            Self::Refuse => (
                "-- migrate:refuse-if rows have no b: SELECT id FROM t0 WHERE b IS NULL\n\
                 DELETE FROM t0 WHERE a = 'r';"
                    .to_owned(),
                "-- migrate:refuse-if rows are locked: SELECT id FROM t1 WHERE a = 'q'\n\
                 DELETE FROM t1 WHERE b = 'p';"
                    .to_owned(),
            ),
            Self::RefuseOwn => (
                format!(
                    "-- migrate:refuse-if rows are there: SELECT id FROM n{} WHERE a = 'q'\n\
                     CREATE TABLE n{n} AS SELECT 1 AS id, 'x' AS a;",
                    n - 1
                ),
                drop,
            ),
            Self::Warn => (
                format!("-- migrate:warn-if rows go: SELECT id FROM t1\n{table}"),
                format!("-- migrate:warn-if rows go: SELECT id FROM n{n}\n{drop}"),
            ),
            Self::Irreversible => return (table, None),
        };
        (up, Some(down))
    }
}

/// A line of revisions `r0` to the last; the first makes what the others work on.
fn line(kinds: &[Kind]) -> RevisionGraph {
    let base = (
        "CREATE TABLE t0 (id INTEGER PRIMARY KEY, a TEXT, b TEXT);\n\
         CREATE TABLE t1 (id INTEGER PRIMARY KEY, a TEXT, b TEXT);\n\
         INSERT INTO t0 (a, b) VALUES ('p', 'first'), ('q', 'second');\n\
         CREATE TABLE n0 (id INTEGER PRIMARY KEY, a TEXT);"
            .to_owned(),
        Some("DROP TABLE n0;\nDROP TABLE t1;\nDROP TABLE t0;".to_owned()),
    );
    let mut bodies = vec![base];
    for kind in kinds {
        let n = bodies.len();
        let has_own = bodies[n - 1].0.contains(&format!("n{} ", n - 1));
        // There must be such a table.
        let kind = if *kind == Kind::RefuseOwn && !has_own { Kind::Table } else { *kind };
        bodies.push(kind.bodies(n));
    }
    let revisions = bodies.into_iter().enumerate().map(|(n, (up, down))| {
        let mut text = format!("-- /// revision\n-- revision = \"r{n}\"\n");
        if n > 0 {
            writeln!(text, "-- down_revision = \"r{}\"", n - 1).unwrap();
        }
        write!(text, "-- ///\n-- migrate:upgrade\n{up}\n-- migrate:downgrade").unwrap();
        match down {
            Some(down) => write!(text, "\n{down}\n").unwrap(),
            None => text.push_str(" irreversible\n"),
        }
        file::parse(&Arc::new(Source { path: format!("versions/r{n}.sql").into(), text })).unwrap()
    });
    RevisionGraph::new(revisions.collect()).unwrap()
}

/// Squashes the range and says what comes out, or why nothing does.
fn squash(graph: &RevisionGraph, first: usize, last: usize) -> Result<RevisionGraph, RewriteError> {
    let index = |n: usize| graph.by_id(&format!("r{n}")).unwrap();
    let range = Range::new(graph, index(first), index(last))?;
    let squash = Squash::new(graph, &range, &SETTINGS)?;
    let mut refusal = None;
    for candidate in squash.candidates()? {
        let (_, new) = range.replace(graph, &draft(graph, &range, &candidate))?;
        let squashed = new.by_id("squashed").unwrap();
        let proof = squash.prove(&new, squashed);
        match proof.and_then(|()| squash.prove_heads(&new, squashed)) {
            Ok(()) => return Ok(new),
            Err(err) => refusal = Some(err),
        }
    }
    Err(refusal.unwrap())
}

/// Everything in a database but what migrator keeps there.
fn state(database: &Path) -> Vec<String> {
    let connection = rusqlite::Connection::open(database).unwrap();
    let texts = |sql: &str| -> Vec<String> {
        let mut statement = connection.prepare(sql).unwrap();
        let texts = statement.query_map([], |row| row.get(0)).unwrap();
        texts.collect::<Result<_, _>>().unwrap()
    };
    let mut found = texts(
        "SELECT type || ' ' || name FROM sqlite_schema \
         WHERE tbl_name NOT IN ('alembic_version', 'migrator_log') ORDER BY 1",
    );
    for table in tables(&connection) {
        let columns = texts(&format!("SELECT name FROM pragma_table_info('{table}') ORDER BY 1"));
        let values: Vec<String> =
            columns.iter().map(|it| format!("'{it}=' || quote({it})")).collect();
        found.push(format!("{table} ({})", columns.join(", ")));
        found.extend(texts(&format!(
            "SELECT concat_ws(' ', {}) FROM {table} ORDER BY 1",
            values.join(", ")
        )));
    }
    found
}

fn tables(connection: &rusqlite::Connection) -> Vec<String> {
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' \
               AND tbl_name NOT IN ('alembic_version', 'migrator_log') ORDER BY 1";
    let mut statement = connection.prepare(sql).unwrap();
    let names = statement.query_map([], |row| row.get(0)).unwrap();
    names.collect::<Result<_, _>>().unwrap()
}

/// Rows as an application would write them: a table, and values of its columns.
type Rows = Vec<(prop::sample::Index, usize, usize)>;

fn insert(database: &Path, rows: &Rows) {
    const VALUES: [&str; 4] = ["'p'", "'q'", "'r'", "NULL"];
    let connection = rusqlite::Connection::open(database).unwrap();
    let tables = tables(&connection);
    for (table, a, b) in rows.iter().filter(|_| !tables.is_empty()) {
        let table = table.get(&tables);
        let has_b = connection.prepare(&format!("SELECT b FROM {table}")).is_ok();
        let (a, b) = (VALUES[a % 4], VALUES[b % 4]);
        let sql = if has_b {
            format!("INSERT OR IGNORE INTO {table} (a, b) VALUES ({a}, {b})")
        } else {
            format!("INSERT INTO {table} (a) VALUES ({a})")
        };
        connection.execute(&sql, []).unwrap();
    }
}

/// Brings a database to a revision, from below or from above; says whether that worked.
fn bring(graph: &RevisionGraph, database: &Path, target: &str, direction: Direction) -> bool {
    let migrator = crate::Migrator::from_files(files(graph), database.to_str().unwrap()).unwrap();
    let migrator = migrator.with_backup(BackupMode::Never);
    match direction {
        Direction::Upgrade => migrator.upgrade(target).is_ok(),
        Direction::Downgrade => migrator.downgrade(target).is_ok(),
    }
}

/// Whether the old files and the new ones do the same from every point where a database may be.
fn check(
    kinds: &[Kind],
    (first, last): (usize, usize),
    rows: &[Rows; 3],
    refused: &mut bool,
) -> Result<(), TestCaseError> {
    let graph = line(kinds);
    let new = match squash(&graph, first, last) {
        Ok(new) => new,
        Err(err) => {
            *refused = true;
            let may_refuse = kinds.iter().any(|it| it.refuses());
            prop_assert!(may_refuse, "{err}: {kinds:?} {first}:{last}");
            return Ok(());
        }
    };
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let parent = if first == 0 { "base".to_owned() } else { format!("r{}", first - 1) };
    let end = format!("r{last}");
    let both = |old_target: &str, new_target: &str, direction| {
        let old = bring(&graph, &path("old.db"), old_target, direction);
        let is_same = old == bring(&new, &path("new.db"), new_target, direction);
        prop_assert!(is_same, "only one goes {} to {old_target}: {old}", direction.as_str());
        if old {
            prop_assert_eq!(state(&path("old.db")), state(&path("new.db")));
        }
        Ok(old)
    };

    // Below the range, with rows; then up and past it, and with more rows down again, and up once more.
    for name in ["old.db", "new.db"] {
        if first > 0 {
            prop_assert!(bring(&graph, &path(name), &parent, Direction::Upgrade) || first > 1);
        }
        insert(&path(name), &rows[0]);
    }
    let mut goes_on = both(&end, "squashed", Direction::Upgrade)?;
    let ran = path("ran.db");
    if goes_on {
        for name in ["old.db", "new.db"] {
            insert(&path(name), &rows[1]);
        }
        std::fs::copy(path("old.db"), &ran).unwrap();
        // Past the end too, as far as the rows let them.
        both("heads", "heads", Direction::Upgrade)?;
        goes_on = both(&parent, &parent, Direction::Downgrade)?;
    }
    if goes_on {
        for name in ["old.db", "new.db"] {
            insert(&path(name), &rows[2]);
        }
        both(&end, "squashed", Direction::Upgrade)?;
    }
    // At the end of the range, where the old files ran: down with the new ones.
    if ran.exists() {
        std::fs::copy(&ran, path("old.db")).unwrap();
        std::fs::copy(&ran, path("new.db")).unwrap();
        if both(&parent, &parent, Direction::Downgrade)? {
            both(&end, "squashed", Direction::Upgrade)?;
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(40) })]

    #[test]
    fn a_range_made_one_does_the_same_with_rows_up_and_down(
        kinds in proptest::collection::vec(prop::sample::select(&Kind::ALL[..]), 2..6),
        ends in any::<(prop::sample::Index, prop::sample::Index)>(),
        rows in [any_rows(), any_rows(), any_rows()],
    ) {
        let (first, last) = (ends.0.index(kinds.len()), ends.1.index(kinds.len()));
        let (first, last) = (first.min(last), first.max(last) + 1);
        check(&kinds, (first, last), &rows, &mut false)?;
    }
}

fn any_rows() -> impl Strategy<Value = Rows> {
    proptest::collection::vec((any::<prop::sample::Index>(), 0..4_usize, 0..4_usize), 0..6)
}

#[test]
fn what_cannot_be_one_is_refused_and_the_rest_is_not() {
    let rows = [Rows::new(), Rows::new(), Rows::new()];
    let is_refused = |kinds: &[Kind], first, last| {
        let mut refused = false;
        check(kinds, (first, last), &rows, &mut refused).unwrap();
        refused
    };
    for kind in Kind::ALL.into_iter().filter(|it| !it.refuses()) {
        assert!(!is_refused(&[kind, Kind::Table], 1, 2), "{kind:?}");
        assert!(!is_refused(&[Kind::Table, kind], 0, 2), "{kind:?}");
    }
    // The rows are filled before they are asked about.
    assert!(is_refused(&[Kind::Fill, Kind::Refuse], 1, 2));
    assert!(!is_refused(&[Kind::Refuse, Kind::Table], 1, 2));
    // They came from a table that was there; or from one of the range.
    assert!(is_refused(&[Kind::TableOfRows, Kind::RefuseOwn], 1, 2));
    assert!(!is_refused(&[Kind::Table, Kind::RefuseOwn], 1, 2));
}
