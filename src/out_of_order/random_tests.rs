//! Invented chains: what is said to be safe leaves, with rows that the proof has never seen, what the
//! order of the files leaves.

use std::collections::BTreeMap;

use proptest::prelude::*;
use rusqlite::Connection;

use super::*;
use crate::exec::testing::revision;

const BASE: &str = "CREATE TABLE t (id INTEGER PRIMARY KEY, a, b);
    CREATE TABLE u (id INTEGER PRIMARY KEY, a);
    CREATE TABLE l (x);
    CREATE UNIQUE INDEX q0 ON u (a);
    CREATE TRIGGER g0 AFTER UPDATE ON t BEGIN INSERT INTO l (x) VALUES (old.a); END;";

/// Something that a body may do; `n` is another number in each.
fn sql(kind: usize, n: usize) -> String {
    let rebuild = |columns: &str, select: &str| {
        format!(
            "CREATE TABLE n ({columns}); INSERT INTO n SELECT {select} FROM t; DROP TABLE t;
             ALTER TABLE n RENAME TO t;"
        )
    };
    match kind {
        0 | 1 => format!("ALTER TABLE t ADD COLUMN c{n} DEFAULT '{n}';"),
        2 => format!("ALTER TABLE u ADD COLUMN c{n};"),
        3 => format!("CREATE INDEX i{n} ON t (a);"),
        4 => format!("CREATE UNIQUE INDEX q{n} ON t (b, id);"),
        5 => format!(
            "CREATE TRIGGER g{n} AFTER INSERT ON u BEGIN INSERT INTO l (x) VALUES (new.a); END;"
        ),
        6 => "UPDATE t SET a = a + 1;".to_owned(),
        7 => "UPDATE t SET b = (SELECT count(*) FROM u);".to_owned(),
        8 => "INSERT OR IGNORE INTO u (a) VALUES (7);".to_owned(),
        9 => "DELETE FROM t WHERE a > 5;".to_owned(),
        10 => "INSERT INTO l (x) SELECT a FROM t;".to_owned(),
        11 => {
            "CREATE TABLE n AS SELECT * FROM t; DROP TABLE t; ALTER TABLE n RENAME TO t;".to_owned()
        }
        12 => rebuild("id INTEGER PRIMARY KEY, a, b", "id, a, b"),
        13 => rebuild("id INTEGER PRIMARY KEY, a, b, d, e", "*"),
        14 => format!("PRAGMA user_version = {n};"),
        15 => "INSERT INTO l (x) SELECT user_version FROM pragma_user_version;".to_owned(),
        16 => "DROP TRIGGER IF EXISTS g0;".to_owned(),
        17 => "DROP INDEX IF EXISTS q0;".to_owned(),
        18 => format!("CREATE VIEW v{n} AS SELECT * FROM t;"),
        19 => format!("CREATE TABLE w{n} (a); INSERT INTO w{n} VALUES ({n});"),
        20 => "INSERT INTO l SELECT b FROM t WHERE a = 7;".to_owned(),
        _ => format!("CREATE TABLE IF NOT EXISTS w (a); INSERT INTO w (a) VALUES ({n});"),
    }
}

/// What a database holds, by the names of its columns.
fn content(db: &Connection) -> Vec<String> {
    let texts = |sql: &str| -> Vec<String> {
        let mut statement = db.prepare(sql).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let mut found = texts("SELECT 'user_version ' || user_version FROM pragma_user_version");
    found.extend(texts(
        "SELECT type || ' ' || name || ' ' || iif(type = 'table', '', sql) FROM sqlite_schema
         WHERE sql IS NOT NULL ORDER BY 1",
    ));
    for table in texts("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY 1") {
        let columns = texts(&format!("SELECT name FROM pragma_table_info('{table}') ORDER BY 1"));
        let values: Vec<String> = columns.iter().map(|it| format!("quote({it})")).collect();
        found.push(format!("{table} ({})", columns.join(", ")));
        found.extend(texts(&format!(
            "SELECT concat_ws(' ', {}) FROM {table} ORDER BY 1",
            values.join(", ")
        )));
    }
    found
}

/// What views show, by position.
fn shown(db: &Connection) -> BTreeMap<String, Vec<String>> {
    let mut statement = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'view'").unwrap();
    let views = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
    views
        .map(|name| {
            let name = name.unwrap();
            let statement = db.prepare(&format!("SELECT * FROM {name}")).unwrap();
            let columns = statement.column_names().map(str::to_owned).collect();
            (name, columns)
        })
        .collect()
}

/// The bodies run in this order over live rows, as far as they do.
fn run(
    bodies: &[String],
    order: impl IntoIterator<Item = usize>,
    rows: &[(i64, i64)],
) -> Option<Connection> {
    let db = Connection::open_in_memory().unwrap();
    db.execute_batch(BASE).unwrap();
    for (a, b) in rows {
        db.execute("INSERT INTO t (a, b) VALUES (?1, ?2)", [a, b]).unwrap();
        db.execute("INSERT OR IGNORE INTO u (a) VALUES (?1)", [b]).unwrap();
    }
    order.into_iter().all(|it| db.execute_batch(&bodies[it]).is_ok()).then_some(db)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn what_is_said_to_be_safe_leaves_what_the_files_say(
        kinds in prop::collection::vec(prop::collection::vec(0_usize..22, 1..=2), 3..=5),
        place in any::<prop::sample::Index>(),
        n_applied in any::<prop::sample::Index>(),
        rows in prop::collection::vec((0_i64..9, 0_i64..9), 1..5),
    ) {
        let bodies: Vec<String> = kinds.iter().enumerate().map(|(at, kinds)| {
            kinds.iter().enumerate().map(|(n, kind)| sql(*kind, 10 * (at + 1) + n)).collect()
        }).collect();
        let n = bodies.len();
        let place = place.index(n - 1);
        let n_applied = place + 2 + n_applied.index(n - place - 1);

        let mut revisions = vec![revision("root", BASE, "")];
        for (at, body) in bodies.iter().enumerate() {
            let mut made = revision(&format!("r{at}"), body, "");
            let below = if at == 0 { "root".to_owned() } else { format!("r{}", at - 1) };
            made.down_revisions = vec![RevisionId::new(&below).unwrap()];
            made.spans.down_revisions = vec![0..0; 1];
            revisions.push(made);
        }
        let graph = RevisionGraph::new(revisions).unwrap();
        let index = |at: usize| graph.by_id(&format!("r{at}")).unwrap();
        let applied: Vec<RevisionIndex> =
            graph.by_id("root").into_iter().chain((0..n_applied).map(index)).collect();
        let outcome = prove(&Question {
            graph: &graph,
            applied: &applied,
            inserted: &[index(place)],
            replay: Replay { version_table: "alembic_version", log: true, extensions: &[], beside: &[] },
            by_order: false,
            is_excluded: &|_| false,
        });
        if outcome.is_err() {
            return Ok(());
        }
        let late = || (0..n_applied).filter(|it| *it != place).chain([place]);
        // Live rows may be against a body in any order.
        if let Some(planned) = run(&bodies, 0..n_applied, &rows) {
            let actual = run(&bodies, late(), &rows);
            prop_assert!(actual.is_some(), "fails late");
            let actual = actual.unwrap();
            prop_assert_eq!(content(&planned), content(&actual));
            prop_assert_eq!(shown(&planned), shown(&actual));
        }
        if let Some(planned) = run(&bodies, 0..n, &rows) {
            let actual = run(&bodies, late().chain(n_applied..n), &rows);
            prop_assert!(actual.is_some(), "what is still to run fails after it");
            prop_assert_eq!(content(&planned), content(&actual.unwrap()));
        }
    }
}
