//! Runs the sessions of the README and compares what they print.
//!
//! A session is a `console` block; the comment before it says where it takes place. Times are not
//! compared, everything else is, standard error included.

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
fn add_revision(folder: &Path, id: &str, slug: &str, message: &str, upgrade: &str) {
    let text = format!(
        "-- /// revision\n-- revision = \"{id}\"\n-- down_revision = \"c3d8e52f7041\"\n\
         -- message = \"{message}\"\n-- create_date = 2026-11-23T10:00:00Z\n-- ///\n\n\
         -- migrate:upgrade\n{upgrade}\n\n-- migrate:downgrade\n"
    );
    #[expect(clippy::disallowed_methods, reason = "a scratch folder")]
    std::fs::write(folder.join(format!("versions/{id}_{slug}.sql")), text).unwrap();
}

fn add_mistake(folder: &Path) {
    let upgrade = "UPDATE users SET username = lower(username);\n\
                   UPDATE users SET email = lower(emial);";
    let slug = "lower_case_addresses";
    add_revision(folder, "d1e2f3a4b5c6", slug, "Lower-case addresses", upgrade);
}

fn add_two_heads(folder: &Path) {
    let orders = "CREATE TABLE orders (id INTEGER PRIMARY KEY);";
    add_revision(folder, "d2d2d2d2d2d2", "add_orders", "Add orders", orders);
    let drafts = "CREATE TABLE drafts (id INTEGER PRIMARY KEY);";
    add_revision(folder, "e3e3e3e3e3e3", "add_drafts", "Add drafts", drafts);
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
        .env("MIGRATOR_REVISION_IDS", "0123456789ab")
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

/// The sessions of a Markdown text: where each takes place, and its lines.
fn sessions(text: &str) -> Vec<(String, Vec<String>)> {
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    let mut place = None;
    let mut is_inside = false;
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("<!-- session: ") {
            place = Some(name.trim_end_matches(" -->").to_owned());
        } else if line == "```console" {
            is_inside = true;
            let place = place.take().expect("a session says where it takes place");
            found.push((place, Vec::new()));
        } else if line == "```" {
            is_inside = false;
        } else if is_inside {
            found.last_mut().unwrap().1.push(line.to_owned());
        }
    }
    found
}

#[test]
fn the_sessions_print_what_the_readme_says() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = std::fs::read_to_string(readme).unwrap();
    let sessions = sessions(&text);
    assert!(sessions.len() >= 4, "the sessions were not found");

    let mut folder = tempfile::tempdir().unwrap();
    for (place, lines) in sessions {
        match place.as_str() {
            "example" => {
                folder = tempfile::tempdir().unwrap();
                copy_example(folder.path());
            }
            // Goes on where the session before it stopped.
            "example with a mistake" => add_mistake(folder.path()),
            "empty" => folder = tempfile::tempdir().unwrap(),
            "two heads" => {
                folder = tempfile::tempdir().unwrap();
                copy_example(folder.path());
                add_two_heads(folder.path());
            }
            other => panic!("no session takes place in `{other}`"),
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
fn the_configuration_of_the_example_is_that_of_new_projects() {
    assert_eq!(include_str!("../alembic.toml"), include_str!("../templates/schema/alembic.toml"));
}
