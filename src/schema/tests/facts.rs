//! What is read of a statement, fact by fact: what no pragma of SQLite's says.

#![expect(clippy::format_push_string, reason = "what a summary costs does not matter")]

use super::*;

/// A table in one line: what the model holds, in a fixed order.
fn summary(table: &Table) -> String {
    let mut parts = Vec::new();
    for column in &table.columns {
        let mut text = column.name.to_string();
        if !column.datatype.is_empty() {
            text += &format!(" {}", column.datatype.meaning().replace('"', ""));
        }
        if let Some(it) = column.not_null {
            text += &format!(" not null{}", conflict(it.conflict));
        }
        if let Some(it) = &column.default {
            text += &format!(" default {}", it.text());
        }
        if let Some(it) = &column.collation {
            text += &format!(" collate {it}");
        }
        if let Some(it) = &column.generated {
            let kind = if it.is_stored { "stored" } else { "virtual" };
            text += &format!(" as {} {kind}", it.expression.text());
        }
        if let Some(it) = &column.renamed_from {
            text += &format!(" from {it}");
        }
        parts.push(text);
    }
    if let Some(it) = &table.primary_key {
        let rowid = if it.is_rowid { " rowid" } else { "" };
        let autoincrement = if it.is_autoincrement { " autoincrement" } else { "" };
        let key = key(&it.columns);
        let conflict = conflict(it.conflict);
        parts
            .push(format!("{}key({key}){conflict}{rowid}{autoincrement}", named(it.name.as_ref())));
    }
    for it in &table.uniques {
        let key = key(&it.columns);
        parts.push(format!("{}unique({key}){}", named(it.name.as_ref()), conflict(it.conflict)));
    }
    for it in &table.checks {
        let at = it.column.as_ref().map(|it| format!(" at {it}")).unwrap_or_default();
        parts.push(format!("{}check({}){at}", named(it.name.as_ref()), it.expression.text()));
    }
    for it in &table.foreign_keys {
        let columns =
            |names: &[Name]| names.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        let mut text = format!("{}({})", named(it.name.as_ref()), columns(&it.columns));
        text += &format!(" -> {}({})", it.parent, columns(&it.parent_columns));
        if it.on_delete != Action::NoAction {
            text += &format!(" delete {:?}", it.on_delete);
        }
        if it.on_update != Action::NoAction {
            text += &format!(" update {:?}", it.on_update);
        }
        if let Some(it) = &it.match_name {
            text += &format!(" match {it}");
        }
        if it.is_deferred {
            text += " deferred";
        }
        if let Some(it) = &it.column {
            text += &format!(" at {it}");
        }
        parts.push(text);
    }
    if table.is_strict {
        parts.push("strict".to_owned());
    }
    if table.is_without_rowid {
        parts.push("without rowid".to_owned());
    }
    parts.join(", ")
}

fn named(name: Option<&Name>) -> String {
    name.map(|it| format!("{it}: ")).unwrap_or_default()
}

fn conflict(it: Option<Conflict>) -> String {
    it.map(|it| format!(" or {it:?}")).unwrap_or_default()
}

fn key(columns: &[KeyColumn]) -> String {
    let column = |it: &KeyColumn| {
        let collation = it.collation.as_ref().map(|it| format!(" collate {it}"));
        let order = if it.is_descending { " desc" } else { "" };
        format!("{}{}{order}", it.name, collation.unwrap_or_default())
    };
    columns.iter().map(column).collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn check(sql: &str, expected: &str) {
    let body = format!("CREATE TABLE t{sql}");
    assert_eq!(summary(&table(&body)), expected, "{sql}");
}

#[test]
fn not_null_is_left_out_where_it_says_nothing() {
    check("(a NOT NULL)", "a not null");
    check("(a NOT NULL ON CONFLICT ABORT)", "a not null");
    check("(a NOT NULL ON CONFLICT REPLACE)", "a not null or Replace");
    check("(a INTEGER NOT NULL PRIMARY KEY)", "a integer, key(a) rowid");
    check("(a INT NOT NULL PRIMARY KEY)", "a int not null, key(a)");
    check("(a NOT NULL PRIMARY KEY) WITHOUT ROWID", "a, key(a), without rowid");
    check("(a INT NOT NULL, PRIMARY KEY(a)) STRICT", "a int, key(a), strict");
    check(
        "(a NOT NULL ON CONFLICT FAIL PRIMARY KEY) WITHOUT ROWID",
        "a not null or Fail, key(a), without rowid",
    );
}

#[test]
fn a_key_that_is_the_rowid_has_no_order() {
    check("(a INTEGER, PRIMARY KEY(a DESC))", "a integer, key(a) rowid");
    check("(a INTEGER PRIMARY KEY DESC)", "a integer, key(a desc)");
    check("(a INTEGER PRIMARY KEY ASC)", "a integer, key(a) rowid");
    check("(a \"integer\", CONSTRAINT p PRIMARY KEY('A'))", "a integer, p: key(A) rowid");
    check(
        "(a INTEGER, PRIMARY KEY(a COLLATE NOCASE DESC)) WITHOUT ROWID",
        "a integer, key(a desc), without rowid",
    );
    check("(a INTEGER, b, PRIMARY KEY(a, b))", "a integer, b, key(a b)");
    check(
        "(a INTEGER PRIMARY KEY ON CONFLICT REPLACE AUTOINCREMENT)",
        "a integer, key(a) or Replace rowid autoincrement",
    );
}

#[test]
fn a_collation_that_is_there_anyway_says_nothing() {
    check("(a COLLATE BINARY)", "a");
    check("(a COLLATE NOCASE UNIQUE)", "a collate NOCASE, unique(a)");
    check("(a COLLATE NOCASE, UNIQUE(a COLLATE nocase))", "a collate NOCASE, unique(a)");
    check("(a, UNIQUE(a COLLATE binary))", "a, unique(a)");
    check(
        "(a COLLATE NOCASE, UNIQUE(a COLLATE BINARY DESC))",
        "a collate NOCASE, unique(a collate BINARY desc)",
    );
}

#[test]
fn outer_parentheses_say_nothing() {
    check("(a DEFAULT ((1)))", "a default 1");
    check("(a DEFAULT ((1) + (2)))", "a default (1) + (2)");
    check("(a, CHECK (((a) > (1))))", "a, check((a) > (1))");
    check("(a CHECK (/* x */ (a) /* y */))", "a, check(a) at a");
    check("(a, b AS ((a)) STORED)", "a, b as a stored");
}

#[test]
fn names_belong_to_the_constraint_behind_them() {
    check(
        "(a CONSTRAINT n NOT NULL CONSTRAINT u UNIQUE CHECK (a), b CONSTRAINT x)",
        "a not null, b, u: unique(a), check(a) at a",
    );
    check("(a, CONSTRAINT x, CHECK (1))", "a, check(1)");
    check("(a, CONSTRAINT x CONSTRAINT y CHECK (1) CHECK (2))", "a, y: check(1), check(2)");
    check("(a, CONSTRAINT [u v] UNIQUE (a) ON CONFLICT IGNORE)", "a, u v: unique(a) or Ignore");
}

#[test]
fn foreign_keys_are_read_wherever_they_stand() {
    check(
        "(a PRIMARY KEY REFERENCES T ON DELETE CASCADE ON UPDATE SET NULL MATCH FULL)",
        "a, key(a), (a) -> T(a) delete Cascade update SetNull match FULL at a",
    );
    check(
        "(a, CONSTRAINT f FOREIGN KEY (a) REFERENCES p(x) MATCH SIMPLE ON DELETE SET DEFAULT)",
        "a, f: (a) -> p(x) delete SetDefault",
    );
    let deferred = "a, (a) -> p() deferred at a";
    check("(a REFERENCES p DEFERRABLE INITIALLY DEFERRED)", deferred);
    check("(a REFERENCES p DEFERRABLE INITIALLY DEFERRED NOT DEFERRABLE)", "a, (a) -> p() at a");
    check("(a REFERENCES p NOT DEFERRABLE DEFERRABLE INITIALLY DEFERRED)", deferred);
    check("(a REFERENCES p NOT DEFERRABLE INITIALLY DEFERRED)", "a, (a) -> p() at a");
    check("(a REFERENCES p DEFERRABLE)", "a, (a) -> p() at a");
    check(
        "(a, FOREIGN KEY (a) REFERENCES p(b) DEFERRABLE INITIALLY DEFERRED)",
        "a, (a) -> p(b) deferred",
    );
    check("(a, b, PRIMARY KEY (a, b), FOREIGN KEY (a) REFERENCES t)", "a, b, key(a b), (a) -> t()");
}

#[track_caller]
fn check_body(sql: &str, expected: &str) {
    assert_eq!(table(sql).body, expected);
}

#[test]
fn the_body_is_what_its_author_wrote() {
    check_body("CREATE TABLE t(a)", "(a)");
    check_body(
        "CREATE TABLE t /* x */ ( a INT ) /* z */ STRICT ; -- end",
        "( a INT ) /* z */ STRICT",
    );
    check_body(
        "CREATE TABLE t (\n    a INT, -- the a\n    b\n)",
        "(\n    a INT, -- the a\n    b\n)",
    );
    check_body(
        "CREATE TABLE t (\n    a INT, -- migrator:renamed from x\n    -- migrator:renamed from y\n    b\n)",
        "(\n    a INT,\n    b\n)",
    );
    check_body("CREATE TABLE t (a /* migrator:renamed from x */ INT)", "(a  INT)");
    check_body("CREATE TABLE t (a/* migrator:renamed from x */INT)", "(a INT)");
    check_body("CREATE TABLE t (a INT -- migrator:renamed from x\r\n)", "(a INT\r\n)");
    check_body(
        "CREATE TABLE t (a INT -- migrator:renamed to x\n)",
        "(a INT -- migrator:renamed to x\n)",
    );
}

#[track_caller]
fn check_definitions(sql: &str, expected: &[&str]) {
    let table = table(sql);
    let found: Vec<&str> = table.columns.iter().map(|it| it.definition.as_str()).collect();
    assert_eq!(found, expected);
}

#[test]
fn a_definition_has_no_comments_around_it() {
    check_definitions(
        "CREATE TABLE t (/* 1 */ a /* 2 */ INT /* 3 */, -- 4\n -- 5\n \"b\"  NOT NULL CHECK (b) -- 6\n)",
        &["a /* 2 */ INT", "\"b\"  NOT NULL CHECK (b)"],
    );
    check_definitions("CREATE TABLE t (a CONSTRAINT x, b, CHECK (a))", &["a CONSTRAINT x", "b"]);
    check_definitions(
        "CREATE TABLE t (a INT -- migrator:renamed from b\n  NOT NULL)",
        &["a INT\n  NOT NULL"],
    );
}

#[track_caller]
fn check_hints(sql: &str, expected: &str) {
    let table = table(&format!("CREATE TABLE t {sql}"));
    let hint = |it: &Column| Some(format!("{}<{}", it.name, it.renamed_from.as_ref()?));
    assert_eq!(table.columns.iter().filter_map(hint).collect::<Vec<_>>().join(" "), expected);
}

#[test]
fn a_hint_is_about_the_column_on_its_line_or_below() {
    check_hints("(\n a INT, -- migrator:renamed from x\n b)", "a<x");
    check_hints("(\n a INT -- migrator:renamed from x\n, b)", "a<x");
    check_hints("(\n a,\n b INT -- migrator:renamed from x\n)", "b<x");
    check_hints("(\n a,\n -- migrator:renamed from x\n b)", "b<x");
    check_hints("(\n a,\n -- migrator:renamed from x\n -- more\n\n b)", "b<x");
    check_hints("(\n -- migrator:renamed from x\n a, b)", "a<x");
    check_hints("(\n a\n -- migrator:renamed from x\n , b)", "b<x");
    check_hints("(\n a\n , -- migrator:renamed from x\n b)", "b<x");
    check_hints("(a, b, -- migrator:renamed from x\n c)", "b<x");
    check_hints("(a INT\n -- migrator:renamed from x\n NOT NULL, b)", "a<x");
    check_hints("(a INT -- migrator:renamed from x\n NOT NULL, b)", "a<x");
    check_hints("(a INT CHECK (a > 1 -- migrator:renamed from x\n ), b)", "a<x");
    check_hints("(a, b /* migrator:renamed from x */, c)", "b<x");
    check_hints(
        "(a, -- migrator:renamed from \"x y\"\nb, --migrator:renamed from [z] remark\nc)",
        "a<x y b<z",
    );
    check_hints("( -- migrator:renamed from x\n a, b)", "");
    check_hints("(a, b,\n -- migrator:renamed from x\n CHECK (a))", "");
    check_hints("(a, b,\n CHECK (a) -- migrator:renamed from x\n)", "");
    check_hints("(a, -- renamed from x\n b -- migrator: renamed from y\n)", "");
    check_hints("(a, -- migrator:renamed fromx\n b -- migrator:renamed from\n)", "");
}

#[track_caller]
fn check_same(left: &str, right: &str) {
    let (left, right) = (Fragment::new(left), Fragment::new(right));
    assert_eq!(left, right);
    assert_eq!(left.meaning(), right.meaning());
}

#[track_caller]
fn check_other(left: &str, right: &str) {
    assert_ne!(Fragment::new(left), Fragment::new(right));
}

#[test]
fn fragments_are_compared_token_by_token() {
    check_same("a  + b", "a+b");
    check_same("A /* x */ + b -- y", " a + [B]");
    check_same("\"a\"", "`A`");
    check_same("x'aB'", "X'Ab'");
    check_same("1E5 + 0xAb", "1e5+0XaB");
    check_same("'a\r\nb'", "'a\nb'");
    check_same("", " -- x");
    check_other("a b", "ab");
    check_other("'a'", "'A'");
    check_other("'a\rb'", "'a\nb'");
    check_other("'a'", "\"a\"");
    check_other("1", "1.0");
    check_other("\"a b\"", "a b");
    check_other("\"a\"\"b\"", "\"a\" \"b\"");
    check_other("Ä", "ä");
    assert_eq!(Fragment::new(" /* a */ b  c -- d").text(), "b  c");
    assert!(Fragment::new(" -- x").is_empty());
}

#[track_caller]
fn check_equal_tables(left: &str, right: &str) {
    let (left_table, right_table) = (table(left), table(right));
    assert_eq!(left_table, right_table);
}

#[track_caller]
fn check_unequal_tables(left: &str, right: &str) {
    let (left_table, right_table) = (table(left), table(right));
    assert_ne!(left_table, right_table);
}

#[test]
fn tables_are_compared_by_meaning() {
    check_equal_tables(
        "CREATE TABLE t (a integer PRIMARY KEY, b TEXT UNIQUE, c CHECK (c > 0) REFERENCES t (a))",
        "create table [T] (c, \"A\" INTEGER, B text, foreign key (c) references T, primary key (a), \
         check (\"c\">0), unique (b))",
    );
    check_equal_tables("CREATE TABLE t (a DEFAULT 'x')", "CREATE TABLE t (a DEFAULT \"x\")");
    check_equal_tables("CREATE TABLE t (a DEFAULT (1))", "CREATE TABLE t (a DEFAULT 1)");
    check_equal_tables("CREATE TABLE t (a DEFAULT null)", "CREATE TABLE t (a)");
    check_equal_tables(
        "CREATE TABLE t (a DEFAULT ((NULL)) NOT NULL)",
        "CREATE TABLE t (a NOT NULL)",
    );
    check_equal_tables("CREATE TABLE t (a DEFAULT 1 DEFAULT NULL)", "CREATE TABLE t (a)");
    check_unequal_tables("CREATE TABLE t (a DEFAULT \"null\")", "CREATE TABLE t (a)");
    check_equal_tables("CREATE TABLE t (a 'INT')", "CREATE TABLE t (a int)");
    check_equal_tables(
        "CREATE TABLE t (a, CHECK (a > 1), CHECK (a > 2), CHECK (a > 1))",
        "CREATE TABLE t (a, CHECK (a > 2), CHECK (a > 1), CHECK (a > 1))",
    );
    check_unequal_tables(
        "CREATE TABLE t (a, CHECK (a > 1), CHECK (a > 2), CHECK (a > 2))",
        "CREATE TABLE t (a, CHECK (a > 1), CHECK (a > 1), CHECK (a > 2))",
    );
    check_unequal_tables("CREATE TABLE t (a DEFAULT x)", "CREATE TABLE t (a DEFAULT X)");
    check_unequal_tables("CREATE TABLE t (a DEFAULT true)", "CREATE TABLE t (a DEFAULT \"true\")");
    check_unequal_tables("CREATE TABLE t (a INT)", "CREATE TABLE t (a INTEGER)");
    check_unequal_tables(
        "CREATE TABLE t (a UNIQUE)",
        "CREATE TABLE t (a, CONSTRAINT u UNIQUE (a))",
    );
    check_unequal_tables("CREATE TABLE t (a)", "CREATE TABLE t (a, b)");
    let [left, right] = ["CREATE TABLE t (a, b)", "CREATE TABLE t (B, a)"].map(table);
    assert!(left == right && !left.has_order_of(&right) && left.has_order_of(&left));
}

#[track_caller]
fn check_equal(left: &str, right: &str) {
    assert_eq!(schema(left), schema(right));
}

#[track_caller]
fn check_unequal(left: &str, right: &str) {
    assert_ne!(schema(left), schema(right));
}

#[test]
fn schemas_are_compared_by_meaning() {
    let t = "CREATE TABLE t (a, b); CREATE VIEW v AS SELECT a FROM t;";
    let with = |sql: &str| format!("{t} {sql}");
    let equal = |left: &str, right: &str| check_equal(&with(left), &with(right));
    let unequal = |left: &str, right: &str| check_unequal(&with(left), &with(right));
    equal("CREATE INDEX i ON t(a)", "create index \"I\" on T ( [A] ASC )");
    equal("CREATE INDEX i ON t(a) WHERE (b > 1)", "CREATE INDEX i ON t('a') WHERE b>1 -- x");
    equal("CREATE INDEX i ON t((a + b) DESC)", "CREATE INDEX i ON t(a+b desc)");
    unequal("CREATE INDEX i ON t(a DESC)", "CREATE INDEX i ON t(a)");
    unequal("CREATE INDEX i ON t(a)", "CREATE UNIQUE INDEX i ON t(a)");
    unequal("CREATE INDEX i ON t(a, b)", "CREATE INDEX i ON t(b, a)");
    equal("CREATE VIEW w AS SELECT 1", "create view \"W\"as/**/select 1;");
    unequal("CREATE VIEW w AS SELECT 'a'", "CREATE VIEW w AS SELECT 'A'");
    equal(
        "CREATE TRIGGER r BEFORE INSERT ON t FOR EACH ROW BEGIN SELECT 1; END",
        "CREATE TRIGGER R insert on main.[t] begin select 1; end",
    );
    unequal(
        "CREATE TRIGGER r BEFORE INSERT ON t BEGIN SELECT 1; END",
        "CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; END",
    );
    equal(
        "CREATE TRIGGER r INSTEAD OF UPDATE OF a ON v WHEN 1 BEGIN SELECT 1; END",
        "CREATE TRIGGER r INSTEAD OF UPDATE OF a ON v FOR EACH ROW WHEN 1 BEGIN SELECT 1; END",
    );
    equal("CREATE VIRTUAL TABLE f USING fts5(a, b)", "CREATE VIRTUAL TABLE F using FTS5 ( a,b )");
    unequal("CREATE VIRTUAL TABLE f USING fts5(a, b)", "CREATE VIRTUAL TABLE f USING fts5(a)");
    equal(
        "CREATE TABLE u (a); CREATE INDEX i ON t(a); CREATE INDEX j ON t(b)",
        "CREATE INDEX j ON t(b); CREATE TABLE u (a); CREATE INDEX i ON t(a)",
    );
}

#[test]
fn things_are_found_by_name() {
    let schema = schema(
        "CREATE TABLE \"Users\" (id, Email); CREATE INDEX i ON users(id); CREATE INDEX j ON users(email); \
         CREATE VIEW v AS SELECT 1; CREATE TRIGGER r DELETE ON users BEGIN SELECT 1; END; \
         CREATE VIRTUAL TABLE f USING fts5(a)",
    );
    let name = |it: &str| Name::new(it);
    let users = schema.table(&name("USERS")).unwrap();
    assert_eq!(users.column(&name("email")).unwrap().name.as_str(), "Email");
    assert!(users.column(&name("x")).is_none() && schema.table(&name("x")).is_none());
    assert_eq!(schema.indexes_by_table()[&name("users")].len(), 2);
    assert_eq!(schema.triggers_by_table()[&name("users")].len(), 1);
    assert_eq!(schema.tables_by_name()[&name("users")].columns.len(), 2);
}

#[track_caller]
fn check_error(sql: &str, expected: &str) {
    let object = SchemaObject {
        kind: ObjectKind::Table,
        name: "t".to_owned(),
        table: "t".to_owned(),
        sql: sql.to_owned(),
    };
    let err: ReadError = read(&[object]).unwrap_err();
    assert_eq!(err.to_string(), expected);
}

#[test]
fn what_is_not_understood_is_an_error() {
    let message = |expected: &str, offset: usize| {
        format!("the SQL of table `t` cannot be read: expected {expected} at byte {offset}")
    };
    check_error("", &message("CREATE", 0));
    check_error("CREATE TABLE t", &message("(", 14));
    check_error("CREATE TABLE t (a", &message(")", 17));
    check_error("CREATE TABLE t (a CHECK (", &message(")", 25));
    check_error("CREATE TABLE t (a DEFAULT)", &message("a value", 25));
    check_error("CREATE TABLE t (a NOT 1)", &message("a constraint of a column", 18));
    check_error("CREATE TABLE t (a, CHECK (1) x)", &message("a constraint of a table", 29));
    check_error("CREATE TABLE t (a) x", &message("a table option", 19));
    check_error("CREATE TABLE t (a, UNIQUE ())", &message("a column", 27));
}

#[track_caller]
fn check_dump(sql: &str, expected: &str) {
    assert_eq!(dump::dump(&schema(sql)), expected);
}

#[test]
fn a_dump_can_be_read() {
    check_dump("", "");
    check_dump(
        "CREATE TABLE \"child\"(p REFERENCES parent); CREATE VIEW b AS SELECT * FROM a -- trailing\n; \
         CREATE TABLE parent (id INTEGER PRIMARY KEY); CREATE INDEX i ON child(p); \
         CREATE TABLE \"order\" (a); CREATE VIEW a AS SELECT 1; \
         CREATE TRIGGER r INSTEAD OF DELETE ON b BEGIN SELECT 1; END; \
         CREATE TRIGGER s DELETE ON child BEGIN SELECT 1; END; \
         CREATE VIRTUAL TABLE f USING fts5(a);",
        "CREATE TABLE parent (id INTEGER PRIMARY KEY);\n\n\
         CREATE TABLE child (p REFERENCES parent);\n\n\
         CREATE INDEX i ON child(p);\n\n\
         CREATE TRIGGER s DELETE ON child BEGIN SELECT 1; END;\n\n\
         CREATE TABLE \"order\" (a);\n\n\
         CREATE VIRTUAL TABLE f USING fts5(a);\n\n\
         CREATE VIEW a AS SELECT 1;\n\n\
         CREATE VIEW b AS SELECT * FROM a -- trailing\n;\n\n\
         CREATE TRIGGER r INSTEAD OF DELETE ON b BEGIN SELECT 1; END;\n",
    );
}
