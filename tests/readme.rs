//! Runs the sessions of the README and of `docs/` and compares what they print.
//!
//! A session is a `console` block; the comment before it says where it takes place. A block with
//! the comment `edit: FILE` (a diff) or `write: FILE` changes a file before the session. Times are
//! not compared, everything else is, standard error included; `MIGRATOR_BLESS=1` writes into the
//! pages what is printed now. Links lead to files and headings
//! that exist, and what CI is told to run passes on the example.

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

/// A revision file after the last of the example.
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

fn add_typo(folder: &Path) {
    let upgrade = "UPDATE posts SET content = trim(\"contnet\") WHERE content LIKE ' %';";
    add_revision(folder, "d1e2f3a4b5c6", "trim_posts", "Trim posts", upgrade, "");
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

/// What was printed, with the times of the lines that differ in nothing else.
fn with_times_of(old: &str, printed: &str) -> String {
    let kept = |line: &str| {
        let same = old.lines().find(|it| normalized(it) == normalized(line));
        same.unwrap_or(line.trim_end()).to_owned()
    };
    printed.lines().map(kept).collect::<Vec<_>>().join("\n")
}

/// A block of a page that means something to the tests.
struct Block {
    /// What its comment says: `session: PLACE`, `edit: FILE`, `write: FILE` or `file: FILE`.
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

/// Writes a file that a command has made, with more in it than there was: the new lines come
/// between those that stand there.
fn fill_in(file: &Path, lines: &[String]) {
    let text = std::fs::read_to_string(file).unwrap();
    let mut rest = lines.iter();
    for line in text.lines().filter(|it| !it.is_empty()) {
        assert!(rest.any(|it| it == line), "{}: the page lacks `{line}`", file.display());
    }
    #[expect(clippy::disallowed_methods, reason = "a scratch folder")]
    std::fs::write(file, lines.join("\n") + "\n").unwrap();
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

/// A database that no tool for migrations made.
fn add_what_somebody_made(folder: &Path) {
    let database = rusqlite::Connection::open(folder.join("app.db")).unwrap();
    let sql = "CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
        CREATE TABLE invoices (
            id INTEGER PRIMARY KEY,
            customer_id INTEGER NOT NULL REFERENCES customers (id)
        );
        CREATE INDEX ix_invoices_customer_id ON invoices (customer_id);
        INSERT INTO customers (name) VALUES ('Ada'), ('Ben');
        INSERT INTO invoices (customer_id) VALUES (1);";
    database.execute_batch(sql).unwrap();
}

/// The text of a file of this repository.
fn text_of(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The README and the pages of `docs/`, by their paths.
fn pages() -> Vec<(String, String)> {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let names = std::fs::read_dir(docs).unwrap().map(|it| it.unwrap().file_name());
    let mut paths: Vec<String> = names.map(|it| format!("docs/{}", it.display())).collect();
    paths.sort();
    paths.insert(0, "README.md".to_owned());
    paths.into_iter().map(|path| (path.clone(), text_of(&path))).collect()
}

/// The numbers of the README are those of the page that says how they were measured.
#[test]
fn the_numbers_of_the_readme_agree() {
    let cells = |line: &str| -> Vec<String> {
        line.split('|').map(|it| it.trim().trim_matches('*').to_owned()).collect()
    };
    let (readme, page) = (text_of("README.md"), text_of("docs/benchmarks.md"));
    let above = readme.lines().find(|it| it.starts_with("| `current` with 100 revisions")).unwrap();
    let mut below = page.lines().skip_while(|it| !it.starts_with("| 100, a line"));
    let below = below.find(|it| it.starts_with("| | `current`")).unwrap();
    assert_eq!(cells(above)[2..4], cells(below)[3..5]);

    let (_, section) = readme.split_once("\n## How fast\n").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let rows: Vec<&str> = section.lines().filter(|it| it.contains(" ms")).collect();
    assert!(rows.len() >= 6, "the table was not found");
    for row in rows {
        let numbers: Vec<String> =
            cells(row)[2..].iter().filter(|it| !it.is_empty()).cloned().collect();
        let is_there = page.lines().any(|it| {
            let cells = cells(it);
            numbers.iter().all(|number| cells.contains(number))
        });
        assert!(is_there, "docs/benchmarks.md has no such row: {row}");
    }
}

/// Makes the folder in which a session takes place; `None` goes on where the one before stopped.
fn folder_of(place: &str) -> Option<tempfile::TempDir> {
    if place == "further" {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    if !matches!(place, "empty" | "alembic" | "by hand") {
        copy_example(path);
    }
    match place {
        "empty" | "example" => {}
        "example with a mistake" => {
            run(path, "migrator upgrade a90b");
            add_mistake(path);
        }
        "example with a typo" => add_typo(path),
        "example with traps" => add_traps(path),
        "alembic" => add_what_alembic_made(path),
        "by hand" => add_what_somebody_made(path),
        "two heads" => add_two_heads(path),
        "declared" => add_rows(path),
        "what ran" => {
            run(path, "migrator upgrade");
        }
        "with rows" => {
            add_rows_below(path);
            add_letter_case(path);
        }
        other => panic!("no session takes place in `{other}`"),
    }
    Some(folder)
}

#[test]
fn the_sessions_print_what_the_pages_say() {
    let mut sessions = 0;
    let is_blessed = std::env::var_os("MIGRATOR_BLESS").is_some();
    for (page, text) in pages() {
        let mut blessed = text.clone();
        let mut folder = tempfile::tempdir().unwrap();
        let mut edits: Vec<(String, Vec<String>)> = Vec::new();
        for Block { comment, lines } in blocks(&text) {
            let Some((kind, place)) = comment.split_once(": ") else {
                panic!("{page}: what does `{comment}` mean?")
            };
            match kind {
                "session" => {}
                "edit" | "write" => {
                    edits.push((comment, lines));
                    continue;
                }
                // Other tests take these from the README.
                "file" => continue,
                _ => panic!("{page}: what does `{comment}` mean?"),
            }
            if let Some(new) = folder_of(place) {
                folder = new;
            }
            for (comment, lines) in edits.drain(..) {
                match comment.split_once(": ").unwrap() {
                    ("edit", file) => edit(&folder.path().join(file), &lines),
                    (_, file) => fill_in(&folder.path().join(file), &lines),
                }
            }
            let mut printed = String::new();
            for line in &lines {
                if let Some(command) = line.strip_prefix("$ ") {
                    write!(printed, "{line}\n{}", run(folder.path(), command)).unwrap();
                }
            }
            let expected = lines.join("\n");
            let (new, old) = (normalized(&printed), normalized(&expected));
            if is_blessed && new != old {
                blessed = blessed.replacen(&expected, &with_times_of(&expected, &printed), 1);
            } else {
                assert_eq!(new, old, "in the session `{place}` of {page}");
            }
            sessions += 1;
        }
        if blessed != text {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(&page);
            #[expect(
                clippy::disallowed_methods,
                reason = "written for the author, who asked for it"
            )]
            std::fs::write(path, blessed).unwrap();
        }
        assert!(edits.is_empty(), "{page}: an edit without a session after it");
    }
    assert!(sessions >= 20, "only {sessions} sessions were found");
}

/// What a link of GitHub to a heading has after `#`.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().to_lowercase();
    let kept = kept.chars().filter(|it| it.is_alphanumeric() || matches!(it, ' ' | '-' | '_'));
    kept.map(|it| if it == ' ' { '-' } else { it }).collect()
}

/// The lines of a page that are not in a block of code.
fn prose(text: &str) -> Vec<&str> {
    let mut is_code = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if line.starts_with("```") {
            is_code = !is_code;
        } else if !is_code {
            found.push(line);
        }
    }
    found
}

#[test]
fn the_links_lead_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages = pages();
    for path in ["ARCHITECTURE.md", "CHANGELOG.md"] {
        pages.push((path.to_owned(), text_of(path)));
    }
    let mut links = 0;
    for (page, text) in &pages {
        for link in prose(text).iter().flat_map(|line| line.split("](").skip(1)) {
            let (link, _) = link.split_once(')').unwrap();
            if link.starts_with("https://") {
                continue;
            }
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let path = match file {
                "" => page.clone(),
                file => Path::new(page).parent().unwrap().join(file).display().to_string(),
            };
            let path = path.replace("docs/../", "");
            assert!(root.join(&path).exists(), "{page}: {link}");
            if !heading.is_empty() {
                let target = text_of(&path);
                let lines = prose(&target);
                let mut headings = lines.iter().filter(|it| it.starts_with('#'));
                let is_there = headings.any(|it| anchor(it.trim_start_matches('#')) == heading);
                assert!(is_there, "{page}: no heading for {link}");
            }
            links += 1;
        }
    }
    assert!(links >= 30, "only {links} links were found");
}

/// The commands of the README's snippets for CI.
fn commands_for_ci() -> Vec<String> {
    let readme = text_of("README.md");
    let mut commands: Vec<String> = Vec::new();
    for line in readme.lines().map(str::trim) {
        if let Some(command) = line.strip_prefix("- run: migrator ") {
            commands.push(format!("migrator {command}"));
        } else if let Some(command) = line.strip_prefix("entry: ") {
            commands.push(command.to_owned());
        }
    }
    commands
}

#[test]
fn what_the_readme_gives_to_ci_passes_on_the_example() {
    let commands = commands_for_ci();
    assert_eq!(commands.len(), 5, "{commands:?}");
    let example = tempfile::tempdir().unwrap();
    copy_example(example.path());
    for command in &commands {
        let printed = run(example.path(), command);
        assert!(!printed.contains("[exit status"), "{command}: {printed}");
    }
}

/// Where no schema is declared, `check` is to be left out, and nothing else.
#[test]
fn without_a_declared_schema_only_check_is_to_be_left_out() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), "migrator init");
    for command in commands_for_ci() {
        let is_refused = run(folder.path(), &command).contains("no schema is declared");
        assert_eq!(is_refused, command.contains("migrator check"), "{command}");
        let rest = command.replace("migrator check && ", "");
        if !rest.starts_with("migrator check") {
            let printed = run(folder.path(), &rest);
            assert!(!printed.contains("[exit status"), "{rest}: {printed}");
        }
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
