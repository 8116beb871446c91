//! What is read of nasty statements is what SQLite's pragmas say.

use std::collections::BTreeSet;

use rusqlite::Connection;

use super::*;

/// A key: its columns with their collations, and which of them descend.
type Key = (Vec<(String, String)>, Vec<bool>);

/// A foreign key as `foreign_key_list` shows it: parent, columns, parent columns, actions.
type Reference = (String, Vec<String>, Vec<Option<String>>, String, String);

/// Demands that the schema of `db` is read as SQLite understands it, and that its dump is equal.
#[track_caller]
pub(super) fn check_database(db: &Connection) {
    let found = read_from(db);
    for table in &found.tables {
        check_table(db, &found, table);
    }
    for index in &found.indexes {
        check_index(db, &found, index);
    }
    let sql = dump::dump(&found);
    let again = schema(&sql);
    assert_eq!(again, found, "{sql}");
    assert_eq!(dump::dump(&again), sql);
}

#[track_caller]
fn check_table(db: &Connection, schema: &Schema, table: &Table) {
    let name = table.name.as_str();
    let [wr, strict]: [bool; 2] = db
        .query_row(
            "SELECT wr, strict FROM pragma_table_list WHERE name = ?1 AND schema = 'main'",
            [name],
            |row| Ok([row.get(0)?, row.get(1)?]),
        )
        .unwrap();
    assert_eq!([table.is_without_rowid, table.is_strict], [wr, strict], "{table:#?}");
    check_columns(db, table);

    let theirs: BTreeSet<Key> = keys(db, name, &["u", "pk"]).into_iter().map(|it| it.1).collect();
    let mut ours: BTreeSet<Key> =
        table.uniques.iter().map(|it| our_key(table, &it.columns)).collect();
    if let Some(it) = table.primary_key.as_ref().filter(|it| !it.is_rowid) {
        ours.insert(our_key(table, &it.columns));
    }
    assert!(theirs.is_subset(&ours), "{theirs:?} {table:#?}");
    // SQLite makes one index of two that differ in order only.
    let without_order = |keys: BTreeSet<Key>| keys.into_iter().map(|it| it.0).collect();
    let (theirs, ours): (BTreeSet<_>, BTreeSet<_>) = (without_order(theirs), without_order(ours));
    assert_eq!(ours, theirs, "{table:#?}");

    assert_eq!(our_references(table), references(db, schema, name), "{table:#?}");
}

fn check_columns(db: &Connection, table: &Table) {
    let mut statement = db
        .prepare(
            "SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo(?1)",
        )
        .unwrap();
    let mut rows = statement.query([table.name.as_str()]).unwrap();
    let key = table.primary_key.as_ref();
    for column in &table.columns {
        let row = rows.next().unwrap().expect("a column less");
        let name: String = row.get(0).unwrap();
        assert_eq!(column.name.as_str(), name);
        assert_eq!(column.datatype, Fragment::new(&row.get::<_, String>(1).unwrap()), "{column:?}");

        let position = key.and_then(|it| it.columns.iter().position(|it| it.name == column.name));
        let is_rowid = key.is_some_and(|it| it.is_rowid) && position.is_some();
        let is_strict = table.is_strict || table.is_without_rowid;
        let is_implied = position.is_some() && is_strict && !is_rowid;
        if !is_rowid {
            let is_not_null: bool = row.get(2).unwrap();
            assert_eq!(column.not_null.is_some() || is_implied, is_not_null, "{column:?}");
        }
        let default: Option<String> = row.get(3).unwrap();
        let ours = column.default.as_ref().map(|it| Fragment::new(it.text()));
        let default = default.map(|it| bare(&it)).filter(|it| *it != Fragment::new("NULL"));
        assert_eq!(ours, default, "{column:?}");
        let position = position.map_or(0, |it| it + 1);
        assert_eq!(position, usize::try_from(row.get::<_, i64>(4).unwrap()).unwrap(), "{column:?}");
        let hidden = match &column.generated {
            None => 0,
            Some(it) if it.is_stored => 3,
            Some(_) => 2,
        };
        assert_eq!(hidden, row.get::<_, i64>(5).unwrap(), "{column:?}");

        let metadata = db.column_metadata(None, table.name.as_str(), name.as_str()).unwrap();
        let (_, collation, _, _, is_autoincrement) = metadata;
        let collation = collation.unwrap().to_str().unwrap().to_owned();
        assert_eq!(Name::new(collation_of(table, &column.name)), Name::new(collation));
        let has_autoincrement = key.is_some_and(|it| it.is_autoincrement) && position > 0;
        assert_eq!(has_autoincrement, is_autoincrement, "{column:?}");
    }
    assert!(rows.next().unwrap().is_none(), "a column more: {table:#?}");
}

/// A default as `table_xinfo` shows it, without all of its parentheses.
fn bare(default: &str) -> Fragment {
    let cursor = cursor::Cursor::new(default);
    cursor.fragment(cursor.without_parentheses(0..cursor.end()))
}

fn collation_of(table: &Table, column: &Name) -> String {
    let collation = table.column(column).and_then(|it| it.collation.as_ref());
    collation.map_or("BINARY", Name::as_str).to_owned()
}

/// Names are compared in lower case.
fn our_key(table: &Table, columns: &[KeyColumn]) -> Key {
    let column = |it: &KeyColumn| {
        let own = it.collation.as_ref().map(|it| it.as_str().to_owned());
        let collation = own.unwrap_or_else(|| collation_of(table, &it.name));
        (it.name.as_str().to_ascii_lowercase(), collation.to_ascii_lowercase())
    };
    (columns.iter().map(column).collect(), columns.iter().map(|it| it.is_descending).collect())
}

/// The indexes of a table that have one of these origins, by name.
fn keys(db: &Connection, table: &str, origins: &[&str]) -> Vec<(String, Key)> {
    let mut statement = db.prepare("SELECT name, origin FROM pragma_index_list(?1)").unwrap();
    let rows = statement.query_map([table], |row| Ok([row.get(0)?, row.get(1)?])).unwrap();
    let rows =
        rows.map(Result::unwrap).filter(|[_, it]: &[String; 2]| origins.contains(&it.as_str()));
    rows.map(|[name, _]| (name.clone(), key(db, &name))).collect()
}

fn key(db: &Connection, index: &str) -> Key {
    let mut statement = db
        .prepare("SELECT name, coll, \"desc\" FROM pragma_index_xinfo(?1) WHERE key ORDER BY seqno")
        .unwrap();
    let mut rows = statement.query([index]).unwrap();
    let mut key = (Vec::new(), Vec::new());
    while let Some(row) = rows.next().unwrap() {
        let name: Option<String> = row.get(0).unwrap();
        let collation: String = row.get(1).unwrap();
        let name = name.unwrap_or_else(|| "an expression".to_owned());
        key.0.push((name.to_ascii_lowercase(), collation.to_ascii_lowercase()));
        key.1.push(row.get(2).unwrap());
    }
    key
}

fn our_references(table: &Table) -> Vec<Reference> {
    let lower = |it: &Name| it.as_str().to_ascii_lowercase();
    let one = |it: &ForeignKey| {
        let columns: Vec<String> = it.columns.iter().map(lower).collect();
        let mut parents: Vec<_> = it.parent_columns.iter().map(|it| Some(lower(it))).collect();
        parents.resize(columns.len(), None);
        (lower(&it.parent), columns, parents, action(it.on_update), action(it.on_delete))
    };
    table.foreign_keys.iter().map(one).collect()
}

fn action(it: Action) -> String {
    let text = match it {
        Action::NoAction => "NO ACTION",
        Action::Restrict => "RESTRICT",
        Action::SetNull => "SET NULL",
        Action::SetDefault => "SET DEFAULT",
        Action::Cascade => "CASCADE",
    };
    text.to_owned()
}

fn references(db: &Connection, schema: &Schema, table: &str) -> Vec<Reference> {
    let mut statement = db
        .prepare(
            "SELECT id, \"table\", lower(\"from\"), lower(\"to\"), on_update, on_delete \
             FROM pragma_foreign_key_list(?1) ORDER BY id DESC, seq",
        )
        .unwrap();
    let mut rows = statement.query([table]).unwrap();
    let mut found: Vec<(i64, Reference)> = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        let id = row.get(0).unwrap();
        if found.last().is_none_or(|it| it.0 != id) {
            let parent: String = row.get(1).unwrap();
            let parent = parent.to_ascii_lowercase();
            let actions: [String; 2] = [row.get(4).unwrap(), row.get(5).unwrap()];
            let [on_update, on_delete] = actions;
            found.push((id, (parent, Vec::new(), Vec::new(), on_update, on_delete)));
        }
        let it = &mut found.last_mut().unwrap().1;
        it.1.push(row.get(2).unwrap());
        it.2.push(row.get(3).unwrap());
    }
    for (_, it) in &mut found {
        let key = schema.table(&Name::new(&it.0)).and_then(|it| it.primary_key.as_ref());
        if let Some(key) = key.filter(|key| key.columns.len() == it.1.len())
            && it.2.iter().all(Option::is_none)
        {
            let name = |it: &KeyColumn| Some(it.name.as_str().to_ascii_lowercase());
            it.2 = key.columns.iter().map(name).collect();
        }
    }
    found.into_iter().map(|it| it.1).collect()
}

#[track_caller]
fn check_index(db: &Connection, schema: &Schema, index: &Index) {
    let (is_unique, is_partial): (bool, bool) = db
        .query_row(
            "SELECT \"unique\", partial FROM pragma_index_list(?1) WHERE name = ?2",
            [index.table.as_str(), index.name.as_str()],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    assert_eq!((index.is_unique, index.condition.is_some()), (is_unique, is_partial), "{index:?}");
    let (columns, order) = key(db, index.name.as_str());
    assert_eq!(index.columns.len(), columns.len(), "{index:?}");
    let table = schema.table(&index.table).unwrap();
    for ((ours, (name, collation)), is_descending) in index.columns.iter().zip(columns).zip(order) {
        let meaning = ours.meaning();
        assert_eq!(meaning.ends_with(" \"desc\""), is_descending, "{ours:?}");
        let expected = Fragment::new(&format!("\"{}\"", name.replace('"', "\"\"")));
        if let Some(column) = table.column(&Name::new(&name)) {
            assert!(meaning.starts_with(expected.meaning()), "{ours:?}");
            if !meaning.contains("\"collate\"") {
                let own = collation_of(table, &column.name).to_ascii_lowercase();
                assert_eq!(own, collation, "{ours:?}");
            }
        }
    }
}

/// Statements that a careless reader gets wrong. `p` and `q` are there to be referenced.
#[rustfmt::skip]
const STATEMENTS: &[&str] = &[
    "CREATE TABLE t(a)",
    "CREATE TABLE t(a, b INT, c 'text', d \"Some Type\", e [integer])",
    "CREATE TABLE t(a UNSIGNED BIG INT, b DOUBLE PRECISION, c VARCHAR(10), d DECIMAL( 10 , 2 ))",
    "CREATE TABLE t(a DECIMAL(+10,-2), b NATIVE CHARACTER (70), c VARYING CHARACTER(255))",
    "CREATE TABLE t(a integer primary key, b Text)",
    "CREATE TABLE t(a INT PRIMARY KEY)",
    "CREATE TABLE t(a INTEGER PRIMARY KEY DESC)",
    "CREATE TABLE t(a INTEGER PRIMARY KEY ASC)",
    "CREATE TABLE t(a INTEGER, PRIMARY KEY(a DESC))",
    "CREATE TABLE t(a INTEGER, PRIMARY KEY(a COLLATE nocase))",
    "CREATE TABLE t(a INTEGER, PRIMARY KEY(a AUTOINCREMENT))",
    "CREATE TABLE t(a INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL)",
    "CREATE TABLE t(a INTEGER PRIMARY KEY ASC ON CONFLICT REPLACE AUTOINCREMENT)",
    "CREATE TABLE t(a \"INTEGER\" PRIMARY KEY)",
    "CREATE TABLE t(a 'integer' PRIMARY KEY)",
    "CREATE TABLE t(a INTEGER(10) PRIMARY KEY)",
    "CREATE TABLE t(a INTEGER PRIMARY KEY) WITHOUT ROWID",
    "CREATE TABLE t(a INTEGER PRIMARY KEY DESC, b NOT NULL) WITHOUT ROWID",
    "CREATE TABLE t(a, b, c, PRIMARY KEY(c, a DESC)) WITHOUT ROWID",
    "CREATE TABLE t(a NOT NULL ON CONFLICT IGNORE PRIMARY KEY) WITHOUT ROWID",
    "CREATE TABLE t(a INT NOT NULL PRIMARY KEY, b ANY) STRICT",
    "CREATE TABLE t(a TEXT PRIMARY KEY) STRICT, WITHOUT ROWID",
    "CREATE TABLE t(a TEXT PRIMARY KEY) WITHOUT rowid , strict",
    "CREATE TABLE t(a INTEGER PRIMARY KEY) STRICT",
    "CREATE TABLE t(a NULL, b NOT NULL, c NOT NULL ON CONFLICT FAIL, d NULL ON CONFLICT FAIL)",
    "CREATE TABLE t(a NOT NULL NULL, b NULL NOT NULL)",
    "CREATE TABLE t(a DEFAULT 1, b DEFAULT -1, c DEFAULT + 1.5, d DEFAULT 'it''s', e DEFAULT x'Ab')",
    "CREATE TABLE t(a DEFAULT (1), b DEFAULT ((1)), c DEFAULT ((1) + (2)), d DEFAULT (-(1)))",
    "CREATE TABLE t(a DEFAULT word, b DEFAULT \"Word\", c DEFAULT [a b], d DEFAULT key)",
    "CREATE TABLE t(a DEFAULT NULL, b DEFAULT true, c DEFAULT False, d DEFAULT \"true\")",
    "CREATE TABLE t(a DEFAULT CURRENT_TIMESTAMP, b DEFAULT current_date, c DEFAULT CURRENT_TIME)",
    "CREATE TABLE t(a DEFAULT (datetime('now', 'localtime')), b DEFAULT (CASE 1 WHEN 1 THEN ')' END))",
    "CREATE TABLE t(a INT DEFAULT 1 NOT NULL DEFAULT 2 CHECK (a > 0) DEFAULT 3)",
    "CREATE TABLE t(a DEFAULT 0x1F, b DEFAULT 1_000, c DEFAULT 1E5, d DEFAULT .5)",
    "CREATE TABLE t(a DEFAULT 9223372036854775808, b DEFAULT -9223372036854775808)",
    "CREATE TABLE t(a, b AS (a + 1), c INT GENERATED ALWAYS AS ((a)) STORED, d AS (1) VIRTUAL)",
    "CREATE TABLE t(a, b GENERATED ALWAYS AS (a), c TEXT GENERATED ALWAYS AS (a) NOT NULL)",
    "CREATE TABLE t(a, b INT(5) GENERATED ALWAYS AS (a) STORED UNIQUE)",
    "CREATE TABLE t(a GENERATED, b generated always, c ALWAYS, d GENERATED x)",
    "CREATE TABLE t(a COLLATE NOCASE, b TEXT COLLATE \"rtrim\", c COLLATE binary, d COLLATE 'NOCASE')",
    "CREATE TABLE t(a COLLATE NOCASE COLLATE RTRIM UNIQUE, b UNIQUE COLLATE NOCASE)",
    "CREATE TABLE t(a UNIQUE, b UNIQUE ON CONFLICT REPLACE, UNIQUE(a, b), UNIQUE(b COLLATE NOCASE))",
    "CREATE TABLE t(a, b, UNIQUE(a DESC, b ASC), UNIQUE('b', \"a\"), UNIQUE((b)))",
    "CREATE TABLE t(a COLLATE NOCASE, UNIQUE(a COLLATE binary), UNIQUE(a COLLATE nocase))",
    "CREATE TABLE t(a PRIMARY KEY, b, UNIQUE(a), UNIQUE(a))",
    "CREATE TABLE t(a CHECK (a > 0) CHECK ((a) < (10)), b, CHECK (a <> b), CHECK (((b))))",
    "CREATE TABLE t(a CHECK (a IN (1, 2, ')')), b CHECK (b LIKE '%(' ESCAPE '\\'))",
    "CREATE TABLE t(a, CHECK (a > 0) ON CONFLICT IGNORE, CHECK (a < 9))",
    "CREATE TABLE t(a CONSTRAINT n NOT NULL, b CONSTRAINT d DEFAULT 1 CONSTRAINT u UNIQUE)",
    "CREATE TABLE t(a CONSTRAINT p PRIMARY KEY CONSTRAINT r REFERENCES p CONSTRAINT c CHECK (a))",
    "CREATE TABLE t(a CONSTRAINT x, b CONSTRAINT y CONSTRAINT z CHECK (b))",
    "CREATE TABLE t(a CONSTRAINT [c d] COLLATE NOCASE CONSTRAINT g AS (1), b)",
    "CREATE TABLE t(a, b, CONSTRAINT x, CONSTRAINT y CONSTRAINT z CHECK (b), CONSTRAINT last)",
    "CREATE TABLE t(a, b, CONSTRAINT p PRIMARY KEY(a) CONSTRAINT u UNIQUE(b) CHECK (a) UNIQUE(a, b))",
    "CREATE TABLE t(a, b, CONSTRAINT x CHECK (a) CHECK (b) FOREIGN KEY(a) REFERENCES p CHECK (1))",
    "CREATE TABLE t(a REFERENCES p, b REFERENCES p(id), c INT REFERENCES P(ID) ON DELETE CASCADE)",
    "CREATE TABLE t(a REFERENCES p ON DELETE SET NULL ON UPDATE SET DEFAULT, b REFERENCES p ON UPDATE RESTRICT)",
    "CREATE TABLE t(a REFERENCES p MATCH FULL ON DELETE NO ACTION MATCH simple, b REFERENCES t)",
    "CREATE TABLE t(a REFERENCES p DEFERRABLE, b REFERENCES p NOT DEFERRABLE INITIALLY DEFERRED)",
    "CREATE TABLE t(a REFERENCES p DEFERRABLE INITIALLY DEFERRED NOT NULL, b REFERENCES p DEFERRABLE INITIALLY IMMEDIATE)",
    "CREATE TABLE t(a REFERENCES p ON INSERT CASCADE ON DELETE RESTRICT NOT DEFERRABLE NOT NULL)",
    "CREATE TABLE t(a REFERENCES nowhere, b REFERENCES q, c REFERENCES \"p\" (\"id\"))",
    "CREATE TABLE t(a, b, FOREIGN KEY(a, b) REFERENCES q, FOREIGN KEY(b, a) REFERENCES q(y, x) ON DELETE CASCADE)",
    "CREATE TABLE t(a PRIMARY KEY, b REFERENCES t(a), FOREIGN KEY(b) REFERENCES t DEFERRABLE INITIALLY DEFERRED)",
    "CREATE TABLE t(a, b, FOREIGN KEY(a) REFERENCES p MATCH PARTIAL NOT DEFERRABLE INITIALLY IMMEDIATE, UNIQUE(b))",
    "CREATE TABLE \"t\"(\"a\" INT, [b c] TEXT, `d` INT, 'e' INT, \"f\"\"g\" INT)",
    "CREATE TABLE \"select\"(\"from\" INT, [where] INT, `group` INT, 'order' INT, PRIMARY KEY(\"from\", [where]))",
    "CREATE TABLE action(key INT, desc TEXT, asc, abort, temp, if, replace, [check] CHECK ([check]))",
    "CREATE TABLE größe(\"😀\" INT, naïve TEXT DEFAULT 'ü', Ñ UNIQUE, ñ)",
    "CREATE TABLE \"a.b\"(\"c.d\", \"e(f\", \"g)h\", \"i,j\", \"--k\", \"/*l*/\")",
    "CREATE TABLE \"it's\"(\"x'y\" DEFAULT 'z\"', CHECK (\"x'y\" <> ','))",
    "CREATE TABLE t -- c1, (\n ( -- c2)\n a /* c3, */ INT /* ) */ NOT /**/ NULL, -- c4\n /* c5 */ b -- c6\n , c\n -- c7\n )",
    "CREATE TABLE t(a INT -- one, two\n, b /* CHECK (a) */ TEXT, CHECK /* x */ (a) -- end\n) -- done",
    "CREATE\tTABLE\r\nt\r\n(\r\na\tINT,\r\nb\r\n)",
    "CREATE TABLE IF NOT EXISTS main.t(a)",
    "CREATE TABLE t AS SELECT 1 AS a, 'x' AS \"b c\", NULL AS [select]",
    "CREATE TABLE t(a INT, b INT); ALTER TABLE t ADD COLUMN c INT REFERENCES p; ALTER TABLE t ADD d NOT NULL DEFAULT 1",
    "CREATE TABLE t(a INT, b INT, PRIMARY KEY(a), CHECK (b)); ALTER TABLE t ADD COLUMN c INT CHECK (c)",
    "CREATE TABLE t(a, B); CREATE INDEX i ON t(a); CREATE UNIQUE INDEX j ON t(b DESC, a ASC)",
    "CREATE TABLE t(a, b); CREATE INDEX i ON t(a COLLATE NOCASE DESC, b) WHERE a > 1 AND (b)",
    "CREATE TABLE t(a, b); CREATE INDEX i ON t('a', \"b\" COLLATE nocase, (a), a + b, lower(a), (a || ')') DESC)",
    "CREATE TABLE t(desc, asc); CREATE INDEX i ON t(desc, asc); CREATE INDEX j ON t(desc desc, asc asc)",
    "CREATE TABLE t(a); CREATE INDEX IF NOT EXISTS main.\"i j\" ON t(a) WHERE (a IS NOT NULL) -- c",
    "CREATE TABLE t(a); CREATE VIEW v AS SELECT a FROM t -- trailing",
    "CREATE TABLE t(a); CREATE VIEW \"v w\" (x, \"y\") AS SELECT a, a FROM t; CREATE TEMP VIEW tv AS SELECT 1",
    "CREATE TABLE t(a); CREATE TRIGGER tr AFTER INSERT ON t BEGIN SELECT 1; END",
    "CREATE TABLE t(a, b); CREATE TRIGGER tr BEFORE UPDATE OF a, b ON main.t FOR EACH ROW WHEN new.a > 1 BEGIN SELECT ';'; END",
    "CREATE TABLE t(a); CREATE VIEW v AS SELECT a FROM t; CREATE TRIGGER tr INSTEAD OF DELETE ON v BEGIN DELETE FROM t WHERE a = old.a; END",
    "CREATE VIRTUAL TABLE f USING fts5(a, b UNINDEXED, content='', tokenize = 'porter ascii')",
    "CREATE VIRTUAL TABLE IF NOT EXISTS [r t] USING rtree(id, x0, x1, +label)",
    "CREATE VIEW v2 AS SELECT * FROM v1; CREATE VIEW v1 AS SELECT 1 AS a; CREATE VIEW v3 AS SELECT * FROM v2",
    "CREATE TABLE c1(a REFERENCES c2); CREATE TABLE c2(a PRIMARY KEY REFERENCES c1)",
    "CREATE TABLE c1(a REFERENCES c2); CREATE TABLE c2(a PRIMARY KEY REFERENCES c3); CREATE TABLE c3(a PRIMARY KEY)",
];

#[test]
fn nasty_statements_are_read_as_sqlite_reads_them() {
    let parents =
        "CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE q(x, y, PRIMARY KEY(x, y));";
    for sql in STATEMENTS {
        check_database(&database(&format!("{parents}\n{sql}")));
    }
}
