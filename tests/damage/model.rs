//! Random graphs and random commands, through the library on real files. After each command the
//! database is at a state that the graph has, and the version table names it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use migrator::Migrator;
use proptest::collection::vec;
use proptest::prelude::*;
use rusqlite::Connection;

/// A revision needs earlier ones only: `parents` and `dependencies` are taken modulo its number.
#[derive(Debug, Clone)]
struct Node {
    parents: Vec<usize>,
    dependencies: Vec<usize>,
}

/// What to do; numbers are taken modulo the number of revisions.
#[derive(Debug, Clone)]
enum Command {
    Upgrade(usize),
    UpgradeHeads,
    UpgradeOne,
    Downgrade(usize),
    DowngradeBase,
    DowngradeOne,
}

fn node() -> impl Strategy<Value = Node> {
    let parents = prop_oneof![1 => vec(any::<usize>(), 0..1), 5 => vec(any::<usize>(), 1..2), 2 => vec(any::<usize>(), 2..4)];
    let dependencies = prop_oneof![3 => vec(any::<usize>(), 0..1), 1 => vec(any::<usize>(), 1..3)];
    (parents, dependencies).prop_map(|(parents, dependencies)| Node { parents, dependencies })
}

fn command() -> impl Strategy<Value = Command> {
    prop_oneof![
        3 => any::<usize>().prop_map(Command::Upgrade),
        1 => Just(Command::UpgradeHeads),
        1 => Just(Command::UpgradeOne),
        3 => any::<usize>().prop_map(Command::Downgrade),
        1 => Just(Command::DowngradeBase),
        2 => Just(Command::DowngradeOne),
    ]
}

type Ids = BTreeSet<String>;

/// What each revision needs directly, by `down_revision` and by either key.
struct Graph {
    parents: BTreeMap<String, Ids>,
    needs: BTreeMap<String, Ids>,
    /// In an order in which they could run.
    ids: Vec<String>,
}

impl Graph {
    /// `names` decides the names of the files, and with them the order in which they are loaded.
    fn new(nodes: &[Node], names: &[u16]) -> Self {
        let ids: Vec<String> =
            (0..nodes.len()).map(|n| format!("{:04x}{n:02}", names[n])).collect();
        let mut graph = Self { parents: BTreeMap::new(), needs: BTreeMap::new(), ids };
        for (n, node) in nodes.iter().enumerate() {
            let earlier = |picks: &[usize]| -> Ids {
                let picks = if n == 0 { &[] } else { picks };
                picks.iter().map(|it| graph.ids[it % n].clone()).collect()
            };
            let parents = earlier(&node.parents);
            let mut needs = earlier(&node.dependencies);
            needs.extend(parents.iter().cloned());
            graph.parents.insert(graph.ids[n].clone(), parents);
            graph.needs.insert(graph.ids[n].clone(), needs);
        }
        graph
    }

    fn files(&self) -> Vec<(String, String)> {
        let list = |ids: &mut dyn Iterator<Item = &String>| {
            ids.map(|it| format!("\"{it}\"")).collect::<Vec<_>>().join(", ")
        };
        let file = |id: &String| {
            let (parents, needs) = (&self.parents[id], &self.needs[id]);
            let mut text = format!("-- /// revision\n-- revision = \"{id}\"\n");
            writeln!(text, "-- down_revision = [{}]", list(&mut parents.iter())).unwrap();
            let dependencies = list(&mut needs.difference(parents));
            writeln!(text, "-- depends_on = [{dependencies}]\n-- ///").unwrap();
            write!(
                text,
                "-- migrate:upgrade\nINSERT INTO applied VALUES ('{id}');
                 INSERT INTO journal(id, up) VALUES ('{id}', 1);
                 -- the other way
                 \n-- migrate:downgrade\nDELETE FROM applied WHERE id = '{id}';
                 INSERT INTO journal(id, up) VALUES ('{id}', 0);"
            )
            .unwrap();
            (format!("{id}.sql"), text)
        };
        self.ids.iter().map(file).collect()
    }

    /// The revision and all that it needs.
    fn with_ancestors(&self, id: &str) -> Ids {
        let mut all = Ids::from([id.to_owned()]);
        // Earlier ones only are needed.
        for id in self.ids.iter().rev() {
            if all.contains(id) {
                all.extend(self.needs[id].iter().cloned());
            }
        }
        all
    }

    /// Those that nothing else in the set needs.
    fn maximal(&self, applied: &Ids) -> Ids {
        let needed: Ids = applied.iter().flat_map(|it| self.needs[it].clone()).collect();
        applied.difference(&needed).cloned().collect()
    }
}

fn column(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection.prepare(sql).unwrap();
    let found = statement.query_map([], |row| row.get(0)).unwrap();
    found.map(Result::unwrap).collect()
}

/// The rows of the version table.
fn rows(connection: &Connection) -> Ids {
    let has_table = "SELECT name FROM sqlite_schema WHERE name = 'alembic_version'";
    if column(connection, has_table).is_empty() {
        return Ids::new();
    }
    column(connection, "SELECT version_num FROM alembic_version").into_iter().collect()
}

fn check(nodes: &[Node], names: &[u16], commands: &[Command]) {
    let graph = Graph::new(nodes, names);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch(
            "CREATE TABLE applied(id TEXT PRIMARY KEY);
             CREATE TABLE journal(n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT, up INTEGER);",
        )
        .unwrap();
    let migrator = Migrator::from_files(graph.files(), path.to_str().unwrap()).unwrap();
    let pick = |n: &usize| graph.ids[n % graph.ids.len()].clone();

    let mut applied = Ids::new();
    for command in commands {
        let before = applied.clone();
        let rows_before = rows(&connection);
        let outcome = match command {
            Command::Upgrade(n) => migrator.upgrade(&pick(n)),
            Command::UpgradeHeads => migrator.upgrade("heads"),
            Command::UpgradeOne => migrator.upgrade("+1"),
            Command::Downgrade(n) => migrator.downgrade(&pick(n)),
            Command::DowngradeBase => migrator.downgrade("base"),
            Command::DowngradeOne => migrator.downgrade("-1"),
        };

        // What ran, in order: upgrades after all that they need, downgrades after all that need
        // them.
        let ran = column(&connection, "SELECT id || ' ' || up FROM journal ORDER BY n");
        connection.execute_batch("DELETE FROM journal").unwrap();
        for step in &ran {
            match step.split_once(' ').unwrap() {
                (id, "1") => {
                    assert!(graph.needs[id].is_subset(&applied), "{id} ran too early");
                    assert!(applied.insert(id.to_owned()), "{id} ran twice");
                }
                (id, _) => {
                    assert!(applied.remove(id), "{id} was not there");
                    let needed_by = applied.iter().find(|it| graph.needs[*it].contains(id));
                    assert_eq!(needed_by, None, "{id} was reverted too early");
                }
            }
        }
        let in_table = column(&connection, "SELECT id FROM applied");
        assert_eq!(applied, in_table.into_iter().collect());
        assert_eq!(rows(&connection), graph.maximal(&applied), "{applied:?}");
        assert_eq!(
            migrator.current().unwrap().iter().map(ToString::to_string).collect::<Ids>(),
            graph.maximal(&applied)
        );

        let Ok(outcome) = outcome else {
            assert!(ran.is_empty(), "it was refused and ran {ran:?}");
            assert_eq!(rows(&connection), rows_before);
            let may_fail = !matches!(
                command,
                Command::Upgrade(_) | Command::UpgradeHeads | Command::DowngradeBase
            );
            assert!(may_fail, "{command:?} failed");
            continue;
        };
        assert_eq!(outcome.steps.len(), ran.len());
        match command {
            Command::Upgrade(n) => {
                assert_eq!(applied, &before | &graph.with_ancestors(&pick(n)));
            }
            Command::UpgradeHeads => assert_eq!(applied.len(), graph.ids.len()),
            Command::DowngradeBase => assert!(applied.is_empty()),
            Command::Downgrade(n) => assert!(applied.contains(&pick(n))),
            Command::UpgradeOne => assert!(applied.is_superset(&before)),
            Command::DowngradeOne => assert!(applied.is_subset(&before)),
        }

        // Back down to where it was, where there is one name for that.
        if applied.len() > before.len() && rows_before.len() < 2 {
            let target = rows_before.first().map_or("base", String::as_str);
            if migrator.downgrade(target).is_ok() {
                let now: Ids = column(&connection, "SELECT id FROM applied").into_iter().collect();
                if now == before {
                    assert_eq!(rows(&connection), rows_before);
                }
                applied = now;
                connection.execute_batch("DELETE FROM journal").unwrap();
                assert_eq!(rows(&connection), graph.maximal(&applied));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_command_leaves_a_state_of_the_graph(
        nodes in vec(node(), 1..10),
        names in vec(any::<u16>(), 10),
        commands in vec(command(), 1..8),
    ) {
        check(&nodes, &names, &commands);
    }
}
