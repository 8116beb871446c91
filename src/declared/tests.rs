//! Whole schemas, from their files to their objects.

use super::*;
use crate::fsutil;
use crate::source::Problem;

/// Files of a scratch folder, all of which are the schema.
fn load_files(files: &[(&str, &str)]) -> Result<Declared, DeclaredError> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fsutil::write_new(&folder.path().join(name), text).unwrap();
    }
    load(&Declaration {
        root: folder.path(),
        files: &[".".to_owned()],
        command: None,
        extensions: &[],
        is_excluded: &|it| it.eq_ignore_ascii_case("alembic_version"),
    })
}

fn describe(problem: &Problem<DeclaredProblem>) -> String {
    let location = &problem.location;
    let (line, column) = location.line_column();
    let name = location.source.path.file_name().unwrap().to_string_lossy();
    let quoted = location.source.text[location.span.clone()].lines().next().unwrap_or_default();
    format!("{name}:{line}:{column} {quoted} | {}", problem.kind)
}

/// The names of all objects, kind by kind.
fn names(schema: &Schema) -> Vec<String> {
    let tables = schema.tables.iter().map(|it| &it.name);
    let names = tables
        .chain(schema.virtual_tables.iter().map(|it| &it.name))
        .chain(schema.indexes.iter().map(|it| &it.name))
        .chain(schema.views.iter().map(|it| &it.name))
        .chain(schema.triggers.iter().map(|it| &it.name));
    names.map(ToString::to_string).collect()
}

/// The names of the objects, or all that is wrong.
#[track_caller]
fn check_files(files: &[(&str, &str)], expected: &[&str]) {
    let found = match load_files(files) {
        Ok(declared) => names(&declared.schema),
        Err(DeclaredError::Problems(problems)) => problems.iter().map(describe).collect(),
        Err(err) => vec![err.to_string()],
    };
    assert_eq!(found, expected);
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    check_files(&[("s.sql", text)], expected);
}

#[test]
fn any_order_works() {
    check_files(
        &[
            (
                "a.sql",
                "CREATE TRIGGER r INSTEAD OF INSERT ON v BEGIN DELETE FROM b; END;
                       CREATE VIEW v AS SELECT * FROM w; CREATE VIEW w AS SELECT * FROM b;",
            ),
            (
                "b.sql",
                "CREATE INDEX i ON b(x); CREATE VIRTUAL TABLE d USING fts5(x, content = 'b');
                       CREATE TABLE c(x REFERENCES b);",
            ),
            ("c/b.sql", "CREATE TABLE b(x INTEGER PRIMARY KEY);"),
        ],
        &["c", "b", "d", "i", "v", "w", "r"],
    );
}

#[test]
fn a_dump_of_the_shell_works() {
    check(
        "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n\
         CREATE TABLE IF NOT EXISTS \"alembic_version\" (version_num VARCHAR(32) NOT NULL);\n\
         CREATE TABLE t(a);\nCREATE INDEX main.i ON t(a);\nCOMMIT;\n",
        &["t", "i"],
    );
    // `.schema` has more of what is nobody's.
    check(
        "CREATE TABLE sqlite_sequence(name,seq);\nCREATE TABLE docs_archive(a);\n\
         CREATE VIRTUAL TABLE docs USING fts5(body)\n/* docs(body) */;\n\
         CREATE TABLE IF NOT EXISTS 'docs_data'(id INTEGER PRIMARY KEY, block BLOB);\n\
         CREATE INDEX i ON docs_archive(a);\n",
        &["docs_archive", "docs", "i"],
    );
    check("-- nothing\n", &[]);
}

#[test]
fn what_the_application_has_is_stubbed() {
    let text =
        "CREATE TABLE t(a COLLATE app, b CHECK (f(b))); CREATE VIEW v AS SELECT g(a) FROM t;";
    let declared = load_files(&[("s.sql", text)]).unwrap();
    let stubs = declared.database.stubs();
    assert_eq!(format!("{stubs:?}"), r#"[Function("f"), Function("g"), Collation("app")]"#);
}

#[test]
fn hints_and_places_are_kept() {
    let text =
        "-- migrator:renamed from \"Old One\"\nCREATE TABLE new(a);\nCREATE INDEX i ON new(a);";
    let declared = load_files(&[("s.sql", text)]).unwrap();
    assert_eq!(declared.renamed_tables[&Name::new("NEW")], Name::new("old one"));
    let place = &declared.places[&(ObjectKind::Index, Name::new("I"))];
    assert_eq!(place.line_column(), (3, 1));
}

#[test]
fn all_that_is_wrong_is_said_at_its_place() {
    check(
        "CREATE TABLE t(\n  a INTEGRE PRIMARY KEY AUTOINCREMENT);\nINSERT INTO t VALUES (1);\n\
         CREATE INDEX i ON t(a);\nCREATE TABLE u(a CHECK (nope > 1));\nCREATE INDEX j ON z(a);\n",
        &[
            "s.sql:1:1 CREATE TABLE t( | AUTOINCREMENT is only allowed on an INTEGER PRIMARY KEY",
            "s.sql:3:1 INSERT | `INSERT` declares nothing",
            "s.sql:5:25 nope | no such column: nope",
            "s.sql:6:19 z | no such table: main.z",
        ],
    );
    check("CREATE TABEL t(a);", &["s.sql:1:8 TABEL | near \"TABEL\": syntax error"]);
    check("CREATE TABLE t(a\n", &["s.sql:1:1 CREATE TABLE t(a | incomplete input"]);
    check(
        "CREATE TABLE t(a);\n'",
        &["s.sql:2:1 ' | the string that begins here has no closing `'`"],
    );
}

#[test]
fn a_quoted_name_with_a_typo_is_no_string() {
    check(
        "CREATE TABLE t(name, CHECK (\"nmae\" <> ''));",
        &["s.sql:1:29 \"nmae\" | no such column: \"nmae\" - should this be a string literal in \
           single-quotes?"],
    );
}

#[test]
fn the_same_object_twice_names_both_places() {
    let files = [
        ("a.sql", "CREATE TABLE t(a);"),
        (
            "b.sql",
            "-- again\nCREATE VIEW IF NOT EXISTS \"T\" AS SELECT 1;\nCREATE TRIGGER t AFTER INSERT ON t BEGIN SELECT 1; END;",
        ),
    ];
    check_files(&files, &["b.sql:2:27 \"T\" | `T` is declared twice"]);
    let Err(DeclaredError::Problems(problems)) = load_files(&files) else { panic!("twice") };
    let DeclaredProblem::Duplicate { first, .. } = &problems[0].kind else { panic!("twice") };
    assert!(first.source.path.ends_with("a.sql"));
}

#[test]
fn views_and_triggers_must_compile() {
    check(
        "CREATE TABLE t(a);\nCREATE VIEW v AS\n  SELECT nope FROM t;\nCREATE VIEW w AS SELECT * FROM gone;\n\
         CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; END;\n\
         CREATE TRIGGER s AFTER DELETE ON t BEGIN\n  DELETE FROM lost; END;",
        &[
            "s.sql:3:10 nope | `v` does not compile: no such column: nope",
            "s.sql:4:32 gone | `w` does not compile: no such table: main.gone",
            "s.sql:7:15 lost | `s` does not compile: no such table: main.lost",
        ],
    );
}

#[test]
fn a_comment_in_a_statement_is_no_directive() {
    check(
        "-- migrate:upgrade\nCREATE TABLE t(a,\n-- migrate:refuse-if rows: SELECT 1\n\
         b, --migrate:x\n  c /* migrate:upgrade */, d DEFAULT '-- migrate:upgrade');\n",
        &[
            "s.sql:3:1 -- migrate:refuse-if rows: SELECT 1 | a comment in a statement cannot begin \
             with `migrate:`, which means something in a revision",
            "s.sql:4:4 --migrate:x | a comment in a statement cannot begin with `migrate:`, which \
             means something in a revision",
        ],
    );
}

#[test]
fn the_content_of_a_full_text_table_is_there() {
    check(
        "CREATE TABLE t(id INTEGER PRIMARY KEY, a);\nCREATE VIEW w AS SELECT g(a) AS x, id FROM t;\n\
         CREATE VIRTUAL TABLE b USING fts5(a, content=t, content_rowid = 'id');\n\
         CREATE VIRTUAL TABLE c USING fts5(x, content='w', content_rowid=id);\n\
         CREATE VIRTUAL TABLE d USING fts5(a, content='');\n\
         CREATE VIRTUAL TABLE e USING fts4(a, content=\"t\");\n",
        &["t", "b", "c", "d", "e", "w"],
    );
    check(
        "CREATE TABLE t(a);\nCREATE VIRTUAL TABLE b USING fts5(z, content=t);\n\
         CREATE VIRTUAL TABLE c USING fts5(a, content = 'gone');\n\
         CREATE VIRTUAL TABLE d USING fts4(z, content=t);\n",
        &[
            "s.sql:2:35 z | `b` cannot be filled from its content: no such column: z",
            "s.sql:3:48 'gone' | `c` cannot be filled from its content: no such table: main.gone",
            "s.sql:4:46 t | `d` cannot be filled from its content: `t` lacks one of its columns",
        ],
    );
}

#[test]
fn a_default_can_be_evaluated() {
    check(
        "CREATE TABLE t(a DEFAULT (random()), b DEFAULT (uuid()), c DEFAULT ('(') , d DEFAULT (1 + 2),\n\
         e DEFAULT (datetime('now')));",
        &["t"],
    );
    check(
        "CREATE TABLE t(a DEFAULT 1,\n  b TEXT DEFAULT (json('{')) NOT NULL);\n\
         CREATE TABLE u(c DEFAULT (abs(-9223372036854775807 - 1)));",
        &[
            "s.sql:2:19 json('{') | the default of `t.b` cannot be evaluated: malformed JSON",
            "s.sql:3:27 abs(-9223372036854775807 - 1) | the default of `u.c` cannot be evaluated: \
             integer overflow",
        ],
    );
}

#[test]
fn an_unknown_module_is_an_error() {
    let text = "CREATE VIRTUAL TABLE v USING vec0(a float[3]);";
    check(text, &["s.sql:1:30 vec0 | no such module: vec0"]);
}

#[cfg(unix)]
#[test]
fn a_program_is_a_source_like_a_file() {
    let folder = tempfile::tempdir().unwrap();
    fsutil::write_new(&folder.path().join("t.sql"), "CREATE TABLE t(a);").unwrap();
    let load = |script: &str| {
        let program = ["sh", "-c", script].map(str::to_owned);
        load(&Declaration {
            root: folder.path(),
            files: &["t.sql".to_owned()],
            command: Some(Command {
                program: &program,
                timeout: std::time::Duration::from_secs(20),
            }),
            extensions: &[],
            is_excluded: &|_| false,
        })
    };
    assert_eq!(load("echo 'CREATE INDEX i ON t(a);'").unwrap().schema.indexes.len(), 1);
    let Err(DeclaredError::Problems(problems)) = load("echo; echo ' SELECT 1;'") else {
        panic!("it declares nothing")
    };
    assert_eq!(
        describe(&problems[0]),
        "<sh -c echo; echo ' SELECT 1;'>:2:2 SELECT | `SELECT` declares nothing"
    );
}
