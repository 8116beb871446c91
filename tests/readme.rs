//! Runs the sessions of the README and compares what they print.
//!
//! A session is a `console` block; the comment before it says where it takes place. A `diff` block
//! with a comment edits a file before the session. Times are not compared, everything else is,
//! standard error included.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

/// The example of this repository: its configuration and its revisions.
fn copy_example(to: &Path) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    std::fs::create_dir(to.join("versions")).unwrap();
    for name in ["alembic.toml", "schema.sql"] {
        std::fs::copy(root.join(name), to.join(name)).unwrap();
    }
    for entry in std::fs::read_dir(root.join("versions")).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, to.join("versions").join(path.file_name().unwrap())).unwrap();
    }
}

/// A revision file in the README's own words.
fn add_revision(
    folder: &Path,
    id: &str,
    slug: &str,
    message: &str,
    upgrade: &str,
    downgrade: &str,
) {
    let text = format!(
        "-- /// revision\n-- revision = \"{id}\"\n-- down_revision = \"c3d8e52f7041\"\n\
         -- message = \"{message}\"\n-- create_date = 2026-11-23T10:00:00Z\n-- ///\n\n\
         -- migrate:upgrade\n{upgrade}\n\n-- migrate:downgrade\n{downgrade}"
    );
    #[expect(clippy::disallowed_methods, reason = "a scratch folder")]
    std::fs::write(folder.join(format!("versions/{id}_{slug}.sql")), text).unwrap();
}

fn add_mistake(folder: &Path) {
    let upgrade = "UPDATE users SET username = lower(username) WHERE username GLOB '*[A-Z]*';\n\
                   UPDATE users SET email = lower(emial) WHERE email GLOB '*[A-Z]*';";
    let slug = "lower_case_addresses";
    add_revision(folder, "d1e2f3a4b5c6", slug, "Lower-case addresses", upgrade, "");
}

fn add_traps(folder: &Path) {
    let upgrade = "ALTER TABLE users ADD COLUMN country TEXT NOT NULL;\n\
                   UPDATE posts SET content = lower(\"contnet\") WHERE content GLOB '*[A-Z]*';\n\n\
                   -- migrator:allow drop-column: the feed has it\n\
                   ALTER TABLE posts DROP COLUMN created_at;";
    add_revision(folder, "d1e2f3a4b5c6", "ask_for_a_country", "Ask for a country", upgrade, "");
}

fn add_letter_case(folder: &Path) {
    let upgrade = "UPDATE users SET email = lower(email);\nDELETE FROM profiles WHERE bio IS NULL;";
    add_revision(
        folder,
        "d1e2f3a4b5c6",
        "lower_case_addresses",
        "Lower-case addresses",
        upgrade,
        "",
    );
}

/// What two branches have when they are merged: a revision each, and both tables in the schema.
fn add_two_heads(folder: &Path) {
    let schema = folder.join("schema.sql");
    let mut declared = std::fs::read_to_string(&schema).unwrap();
    for (id, name) in [("d2d2d2d2d2d2", "orders"), ("e3e3e3e3e3e3", "drafts")] {
        let create = format!("CREATE TABLE {name} (id INTEGER PRIMARY KEY);");
        let (slug, message) = (format!("add_{name}"), format!("Add {name}"));
        add_revision(folder, id, &slug, &message, &create, &format!("DROP TABLE {name};\n"));
        write!(declared, "\n{create}\n").unwrap();
    }
    #[expect(clippy::disallowed_methods, reason = "a scratch folder")]
    std::fs::write(schema, declared).unwrap();
    run(folder, "migrator upgrade d2d2");
}

/// Runs a command line as a shell would, and gives all that it prints.
fn run(folder: &Path, command: &str) -> String {
    let binary = Path::new(env!("CARGO_BIN_EXE_migrator")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap_or_default());
    let output = Command::new("sh")
        .args(["-c", &format!("exec 2>&1; {command}")])
        .current_dir(folder)
        .env_clear()
        .env("PATH", path)
        .env("MIGRATOR_NOW", "2026-11-23T10:00:00Z")
        .env("MIGRATOR_USER", "ada")
        .env("MIGRATOR_REVISION_IDS", "0123456789ab,123456789abc,23456789abcd")
        .output()
        .unwrap();
    let mut text = String::from_utf8(output.stdout).unwrap();
    match output.status.code() {
        Some(0) => {}
        code => writeln!(text, "[exit status: {}]", code.unwrap_or(-1)).unwrap(),
    }
    text
}

/// Replaces times such as `0.2 ms`, and removes blanks at the ends of lines.
fn normalized(text: &str) -> String {
    let mut lines = Vec::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let mut kept: Vec<String> = Vec::new();
        for (idx, word) in words.iter().enumerate() {
            let number = word.trim_start_matches('(');
            let unit = words.get(idx + 1).map(|it| it.trim_end_matches([')', ',']));
            let is_time = number.parse::<f64>().is_ok() && matches!(unit, Some("ms" | "s" | "min"));
            kept.push(if is_time { word.replace(number, "N") } else { (*word).to_owned() });
        }
        lines.push(kept.join(" ").trim_end().to_owned());
    }
    lines.join("\n")
}

/// A block of the README that means something to the tests.
struct Block {
    /// What its comment says: `session: PLACE` or `edit: FILE`.
    comment: String,
    lines: Vec<String>,
}

/// The blocks of a Markdown text that have a comment, and all sessions.
fn blocks(text: &str) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let mut comment = None;
    let mut is_inside = false;
    for line in text.lines() {
        if let Some(text) = line.strip_prefix("<!-- ") {
            comment = Some(text.trim_end_matches(" -->").to_owned());
        } else if line.starts_with("```")
            && !is_inside
            && (comment.is_some() || line == "```console")
        {
            is_inside = true;
            let comment = comment.take().expect("a session says where it takes place");
            found.push(Block { comment, lines: Vec::new() });
        } else if line == "```" {
            is_inside = false;
        } else if is_inside {
            found.last_mut().unwrap().lines.push(line.to_owned());
        }
    }
    found
}

/// Edits a file as a diff says, whose lines stand in it once.
fn edit(file: &Path, diff: &[String]) {
    let text = std::fs::read_to_string(file).unwrap();
    let side = |other: char| -> String {
        let lines = diff.iter().filter(|it| !it.starts_with(other));
        lines.flat_map(|it| [&it[1..], "\n"]).collect()
    };
    let (old, new) = (side('+'), side('-'));
    assert_eq!(text.matches(&old).count(), 1, "{} does not have:\n{old}", file.display());
    #[expect(clippy::disallowed_methods, reason = "a scratch folder")]
    std::fs::write(file, text.replace(&old, &new)).unwrap();
}

/// Rows in the database of the example, which lacks the last revision.
fn add_rows_below(folder: &Path) {
    add_rows(folder);
    run(folder, "migrator downgrade -1");
}

/// Users with profiles, two of them without a bio, in the database of the example.
fn add_rows(folder: &Path) {
    run(folder, "migrator upgrade");
    let database = rusqlite::Connection::open(folder.join("data/db.sqlite3")).unwrap();
    let sql = "INSERT INTO users (username, email)
               VALUES ('ada', 'a@x.org'), ('ben', 'b@x.org'), ('cid', 'c@x.org');
               INSERT INTO profiles (user_id, full_name, bio)
               VALUES (1, 'Ada', NULL), (2, 'Ben', 'A life'), (3, 'Cid', NULL);
               INSERT INTO posts (title, user_id) VALUES ('First', 1), ('Second', 2);";
    database.execute_batch(sql).unwrap();
}

/// A database as Alembic leaves it; `tests/alembic` does the same with Alembic itself.
fn add_what_alembic_made(folder: &Path) {
    let database = rusqlite::Connection::open(folder.join("app.db")).unwrap();
    let sql = "CREATE TABLE alembic_version (
            version_num VARCHAR(32) NOT NULL,
            CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
        );
        CREATE TABLE users (
            id INTEGER NOT NULL,
            email VARCHAR(50) NOT NULL,
            PRIMARY KEY (id),
            UNIQUE (email)
        );
        CREATE INDEX ix_users_email ON users (email);
        INSERT INTO alembic_version VALUES ('3b8ff9aee0c1');";
    database.execute_batch(sql).unwrap();
}

/// The cell of the table above that is from the benchmark is the one that stands there.
#[test]
fn the_numbers_of_the_readme_agree() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = std::fs::read_to_string(readme).unwrap();
    let cells = |line: &str| -> Vec<String> {
        line.split('|').map(|it| it.trim().trim_matches('*').to_owned()).collect()
    };
    let above = text.lines().find(|it| it.starts_with("| `current` with 100 revisions")).unwrap();
    let mut below = text.lines().skip_while(|it| !it.starts_with("| 100, a line"));
    let below = below.find(|it| it.starts_with("| | `current`")).unwrap();
    assert_eq!(cells(above)[2..4], cells(below)[3..5]);
}

#[test]
fn the_sessions_print_what_the_readme_says() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = std::fs::read_to_string(readme).unwrap();
    let blocks = blocks(&text);
    assert!(blocks.len() >= 4, "the sessions were not found");

    let mut folder = tempfile::tempdir().unwrap();
    let mut edits: Vec<(String, Vec<String>)> = Vec::new();
    for Block { comment, lines } in blocks {
        let Some(place) = comment.strip_prefix("session: ") else {
            if let Some(file) = comment.strip_prefix("edit: ") {
                edits.push((file.to_owned(), lines));
            }
            continue;
        };
        match place {
            "example" => {
                folder = tempfile::tempdir().unwrap();
                copy_example(folder.path());
            }
            // Goes on where the session before it stopped.
            "example with a mistake" => add_mistake(folder.path()),
            "example with traps" => {
                folder = tempfile::tempdir().unwrap();
                copy_example(folder.path());
                add_traps(folder.path());
            }
            "alembic" => {
                folder = tempfile::tempdir().unwrap();
                add_what_alembic_made(folder.path());
            }
            "empty" => folder = tempfile::tempdir().unwrap(),
            "two heads" => {
                folder = tempfile::tempdir().unwrap();
                copy_example(folder.path());
                add_two_heads(folder.path());
            }
            "declared" => {
                folder = tempfile::tempdir().unwrap();
                copy_example(folder.path());
                add_rows(folder.path());
            }
            "what ran" => {
                folder = tempfile::tempdir().unwrap();
                copy_example(folder.path());
                run(folder.path(), "migrator upgrade");
            }
            "with rows" => {
                folder = tempfile::tempdir().unwrap();
                copy_example(folder.path());
                add_rows_below(folder.path());
                add_letter_case(folder.path());
            }
            // Goes on too.
            "declared, further" => {}
            other => panic!("no session takes place in `{other}`"),
        }
        for (file, diff) in edits.drain(..) {
            edit(&folder.path().join(file), &diff);
        }
        let mut printed = String::new();
        for line in &lines {
            if let Some(command) = line.strip_prefix("$ ") {
                write!(printed, "{line}\n{}", run(folder.path(), command)).unwrap();
            }
        }
        let expected = lines.join("\n");
        assert_eq!(normalized(&printed), normalized(&expected), "in the session `{place}`");
    }
}

#[test]
fn the_revisions_of_the_example_make_its_schema() {
    let folder = tempfile::tempdir().unwrap();
    copy_example(folder.path());
    let clean = "no difference between the revisions and the declared schema\n";
    assert_eq!(run(folder.path(), "migrator check"), clean);
    let none = "the revisions make the declared schema; no file was written\n";
    assert_eq!(run(folder.path(), "migrator revision --autogenerate -m nothing"), none);
    run(folder.path(), "migrator upgrade");
    let clean = "no difference between the revisions up to c3d8e52f7041 and data/db.sqlite3\n";
    assert_eq!(run(folder.path(), "migrator check --database"), clean);
    assert_eq!(
        run(folder.path(), "migrator schema diff declared database"),
        "no difference between the declared schema and data/db.sqlite3\n"
    );
}

#[test]
fn the_revisions_of_the_example_go_up_down_and_up_again() {
    let folder = tempfile::tempdir().unwrap();
    copy_example(folder.path());
    let clean = "6 revisions: 6 go up, down and up again\n";
    assert_eq!(run(folder.path(), "migrator verify"), clean);
}

#[test]
fn the_configuration_of_the_example_is_that_of_new_projects() {
    assert_eq!(include_str!("../alembic.toml"), include_str!("../templates/schema/alembic.toml"));
}
