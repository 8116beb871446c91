//! The tree polices itself: the arrows of ARCHITECTURE.md, and habits that a compiler does not know.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What each stage may name from its siblings: the arrows of ARCHITECTURE.md.
const MAY_USE: &[(&str, &[&str])] = &[
    ("clock", &[]),
    ("rule", &[]),
    ("similar", &[]),
    ("keyword", &[]),
    ("flag", &[]),
    ("fsutil", &[]),
    ("source", &[]),
    ("toml_table", &["similar"]),
    ("user", &[]),
    ("sql", &[]),
    ("schema", &["sql"]),
    ("config", &["fsutil", "rule", "similar", "source", "toml_table"]),
    ("revision", &["fsutil", "keyword", "similar", "source", "sql", "toml_table"]),
    ("graph", &["revision", "similar", "source"]),
    ("plan", &["graph", "revision"]),
    ("audit", &["graph", "plan", "revision", "sql"]),
    ("db", &["audit", "config", "fsutil", "plan", "schema", "sql"]),
    ("declared", &["db", "fsutil", "keyword", "schema", "similar", "source", "sql"]),
    (
        "exec",
        &[
            "audit", "clock", "config", "db", "fsutil", "graph", "plan", "revision", "schema",
            "source", "sql",
        ],
    ),
    ("diff", &["schema", "sql"]),
    ("generate", &["diff", "flag", "keyword", "schema", "sql"]),
    ("autogenerate", &["db", "diff", "flag", "generate", "schema", "similar", "sql"]),
    (
        "rehearsal",
        &[
            "autogenerate",
            "config",
            "db",
            "diff",
            "exec",
            "fsutil",
            "graph",
            "plan",
            "revision",
            "schema",
            "source",
            "sql",
        ],
    ),
    (
        "rewrite",
        &[
            "audit",
            "autogenerate",
            "db",
            "diff",
            "exec",
            "fsutil",
            "graph",
            "lint",
            "out_of_order",
            "plan",
            "rehearsal",
            "revision",
            "schema",
            "source",
            "sql",
        ],
    ),
    (
        "out_of_order",
        &["autogenerate", "db", "diff", "exec", "graph", "plan", "revision", "schema", "sql"],
    ),
    (
        "lint",
        &[
            "audit", "db", "diff", "exec", "graph", "keyword", "plan", "revision", "rule",
            "schema", "similar", "source", "sql",
        ],
    ),
    (
        "error",
        &[
            "audit",
            "autogenerate",
            "config",
            "db",
            "declared",
            "exec",
            "fsutil",
            "graph",
            "lint",
            "out_of_order",
            "plan",
            "rehearsal",
            "revision",
            "rewrite",
            "source",
        ],
    ),
    (
        "migrator",
        &[
            "audit",
            "clock",
            "config",
            "db",
            "error",
            "exec",
            "fsutil",
            "graph",
            "out_of_order",
            "plan",
            "revision",
            "user",
        ],
    ),
    (
        "diagnostics",
        &[
            "Error",
            "audit",
            "autogenerate",
            "config",
            "db",
            "declared",
            "exec",
            "fsutil",
            "graph",
            "lint",
            "out_of_order",
            "plan",
            "rehearsal",
            "revision",
            "rewrite",
            "rule",
            "source",
            "sql",
            "toml_table",
        ],
    ),
];

/// Stages that compute and therefore never reach for the world.
const PURE: &[&str] = &[
    "rule",
    "similar",
    "keyword",
    "flag",
    "source",
    "toml_table",
    "sql",
    "schema",
    "graph",
    "plan",
    "audit",
    "diff",
    "generate",
];

/// What the world is called in code.
const WORLD: &[&str] = &["std::fs", "std::env", "std::process", "rusqlite", "Utc::now", "std::io"];

/// Above this a file has more than one reason.
const MAX_LINES: usize = 500;

/// A source file: its stage, its path and its text without what is only compiled for tests.
struct SourceFile {
    stage: String,
    path: PathBuf,
    text: String,
    code: String,
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|it| it == "rs") {
            found.push(path);
        }
    }
}

/// Whether a file holds nothing but tests.
fn is_test_file(path: &Path) -> bool {
    let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
    let in_tests = path.components().any(|it| it.as_os_str() == "tests");
    stem == "tests" || stem.ends_with("_tests") || stem == "testing" || stem == "replay" || in_tests
}

fn sources() -> Vec<SourceFile> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    rust_files(&root.join("src"), &mut paths);
    let mut files = Vec::new();
    for path in paths {
        let relative = path.strip_prefix(root).unwrap().to_owned();
        if is_test_file(&relative) {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default().to_owned();
        let stage = relative.components().nth(1).unwrap().as_os_str().to_string_lossy();
        let stage = stage.trim_end_matches(".rs").to_owned();
        files.push(SourceFile { stage, path: relative, text, code });
    }
    assert!(files.len() > 50, "the sources were not found");
    files
}

/// The siblings that a text names as `crate::x`, each with its line.
fn crate_paths(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (idx, line) in code.lines().enumerate() {
        if line.trim_start().starts_with("//") {
            continue;
        }
        for (at, _) in line.match_indices("crate::") {
            let rest = &line[at + "crate::".len()..];
            let name: String =
                rest.chars().take_while(|it| it.is_alphanumeric() || *it == '_').collect();
            found.push((idx + 1, name));
        }
    }
    found
}

#[test]
fn stages_use_only_earlier_ones() {
    let may_use: BTreeMap<&str, &[&str]> = MAY_USE.iter().copied().collect();
    let mut wrong = Vec::new();
    for file in sources() {
        // The command line stands on everything; lib.rs and main.rs only name it.
        if ["cli", "lib", "main"].contains(&file.stage.as_str()) {
            continue;
        }
        let Some(allowed) = may_use.get(file.stage.as_str()) else {
            wrong.push(format!("`{}` is not in MAY_USE", file.stage));
            continue;
        };
        for (line, used) in crate_paths(&file.code) {
            if used != file.stage && !allowed.contains(&used.as_str()) {
                let path = file.path.display();
                wrong.push(format!("{path}:{line}: `{}` may not use `{used}`", file.stage));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_allowed_arrows_are_all_drawn() {
    let mut used: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in sources() {
        let names = crate_paths(&file.code).into_iter().map(|(_, name)| name);
        used.entry(file.stage).or_default().extend(names);
    }
    for (stage, allowed) in MAY_USE {
        for name in *allowed {
            assert!(used[*stage].contains(*name), "`{stage}` does not use `{name}` any more");
        }
    }
}

#[test]
fn pure_stages_do_not_reach_for_the_world() {
    for file in sources().iter().filter(|it| PURE.contains(&it.stage.as_str())) {
        for (idx, line) in file.code.lines().enumerate() {
            let is_comment = line.trim_start().starts_with("//");
            let named = WORLD.iter().find(|it| !is_comment && line.contains(**it));
            assert_eq!(named, None, "{}:{}: {line}", file.path.display(), idx + 1);
        }
    }
}

#[test]
fn only_db_names_rusqlite() {
    // The binary makes a setting of the process.
    for file in sources().iter().filter(|it| !["db", "main"].contains(&it.stage.as_str())) {
        assert!(!file.code.contains("rusqlite::"), "{} names rusqlite", file.path.display());
    }
}

#[test]
fn every_file_says_what_it_is_for() {
    for file in sources() {
        assert!(file.text.starts_with("//! "), "{} has no module comment", file.path.display());
    }
}

#[test]
fn files_stay_small() {
    for file in sources() {
        let n_lines = file.code.lines().count();
        assert!(n_lines <= MAX_LINES, "{} has {n_lines} lines", file.path.display());
    }
}

#[test]
fn nothing_is_left_to_do() {
    // Written apart, so that this file does not find itself.
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
    for file in sources() {
        for mark in marks {
            assert!(!file.text.contains(mark), "{} has a {mark}", file.path.display());
        }
    }
}

#[test]
fn the_architecture_names_every_stage() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap();
    assert!(page.lines().count() <= 150, "ARCHITECTURE.md is one page");
    for (stage, _) in MAY_USE {
        let is_named =
            page.contains(&format!("`{stage}`")) || page.contains(&format!("/{stage}/`"));
        assert!(is_named, "ARCHITECTURE.md does not name `{stage}`");
    }
}
