//! A schema that SQLAlchemy declares, with the program that the README shows.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::project::{python, write};

/// A block of the README: the lines after `<!-- file: NAME -->`.
fn from_readme(name: &str) -> String {
    let readme = include_str!("../../README.md");
    let (_, rest) = readme.split_once(&format!("<!-- file: {name} -->\n```")).unwrap();
    let (_, rest) = rest.split_once('\n').unwrap();
    let (text, _) = rest.split_once("```").unwrap();
    text.to_owned()
}

/// A project of Python, with a command `python`.
struct Blog {
    folder: TempDir,
    path: String,
}

impl Blog {
    /// `None` where there is no SQLAlchemy, which is said.
    fn new() -> Option<Self> {
        let python = python()?;
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["bin", "blog", "versions"] {
            std::fs::create_dir(at(name)).unwrap();
        }
        // The README calls it `python`, whatever it is called here.
        write(&at("bin/python"), &format!("#!/bin/sh\nexec '{}' \"$@\"\n", python.display()));
        set_executable(&at("bin/python"));
        write(&at("blog/__init__.py"), "");
        write(&at("blog/models.py"), include_str!("models.py"));
        write(&at("blog/ddl.py"), &from_readme("blog/ddl.py"));
        write(&at("rows.py"), include_str!("rows.py"));
        let schema = from_readme("alembic.toml");
        write(&at("alembic.toml"), &format!("[database]\nurl = \"app.db\"\n\n{schema}"));
        let path = std::env::var("PATH").unwrap_or_default();
        let path = format!("{}:{path}", at("bin").display());
        Some(Self { folder, path })
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs a program, and gives what it answers.
    #[track_caller]
    fn run(&self, program: &str, args: &[&str]) -> String {
        let mut command = Command::new(program);
        let command = command.args(args).current_dir(self.folder.path()).env_clear();
        let output = command.env("PATH", &self.path).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{program} {args:?}: {stderr}");
        String::from_utf8(output.stdout).unwrap()
    }

    #[track_caller]
    fn migrator(&self, args: &[&str]) -> String {
        self.run(env!("CARGO_BIN_EXE_migrator"), args)
    }

    /// Adds a user with all that belongs to one, and lists them all.
    #[track_caller]
    fn add_user(&self, name: &str) -> Vec<String> {
        let text = self.run(&self.at("bin/python").display().to_string(), &["rows.py", name]);
        text.lines().map(str::to_owned).collect()
    }

    /// Makes the revision that leads to the models, checks that nothing is left to do, and gives
    /// the list of what changed.
    #[track_caller]
    fn follow_the_models(&self, id: &str) -> Vec<String> {
        let changes = self.migrator(&["revision", "--autogenerate", "--rev-id", id, "-m", "blog"]);
        self.migrator(&["upgrade"]);
        self.migrator(&["check"]);
        self.migrator(&["check", "--database"]);
        assert_eq!(self.migrator(&["schema", "diff", "declared", "database"]), "");
        let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        changes.lines().map(words).collect()
    }
}

#[cfg(unix)]
fn set_executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn revisions_follow_the_models_and_the_models_find_their_rows() {
    let Some(blog) = Blog::new() else { return };
    let changes = blog.follow_the_models("a1");
    let expected = [
        "+ table tags (id, name)",
        "+ table users (id, username, email)",
        "+ table posts (id, user_id, title, created_at)",
        "+ table profiles (id, user_id, bio)",
        "+ table user_tags (user_id, tag_id)",
        "+ index ix_users_username UNIQUE ON users (username)",
        "+ index ix_posts_user_id ON posts (user_id)",
        "+ index ix_user_tags_tag_id ON user_tags (tag_id)",
        "wrote versions/a1_blog.sql (proven: up and down)",
    ];
    assert_eq!(changes, expected);
    let ada = "The life of ada | ['First', 'Second'] | ['by ada', 'rust']";
    assert_eq!(blog.add_user("ada"), [format!("ada | None | {ada}"), "ada".to_owned()]);

    // A column more, a column that must not be NULL any more, a key with another action.
    let models = include_str!("models.py");
    let pieces = [
        (
            "    email: Mapped[str] = mapped_column(unique=True)\n",
            "    email: Mapped[str] = mapped_column(unique=True)\n    \
             is_active: Mapped[bool] = mapped_column(server_default=true())\n",
        ),
        ("bio: Mapped[str | None]", "bio: Mapped[str]"),
        (
            "ForeignKey(\"users.id\"), index=True",
            "ForeignKey(\"users.id\", ondelete=\"CASCADE\"), index=True",
        ),
    ];
    let models = pieces.iter().fold(models.to_owned(), |models, (old, new)| {
        assert!(models.contains(old), "{old}");
        models.replace(old, new)
    });
    write(&blog.at("blog/models.py"), &models);
    let expected = [
        "+ column users.is_active BOOLEAN DEFAULT 1 NOT NULL",
        "~ column profiles.bio now NOT NULL",
        "+ foreign key posts (user_id) REFERENCES users(id) ON DELETE CASCADE",
        "- foreign key posts (user_id) REFERENCES users(id)",
        "wrote versions/b2_blog.sql (proven: up and down)",
    ];
    let mut changes = blog.follow_the_models("b2");
    changes.sort();
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    assert_eq!(changes, expected);
    let ben = ada.replace("ada", "ben");
    assert_eq!(
        blog.add_user("ben"),
        [format!("ada | True | {ada}"), format!("ben | True | {ben}"), "ada ben".to_owned()]
    );

    // And back: the models of before find all rows.
    blog.migrator(&["downgrade", "-1"]);
    write(&blog.at("blog/models.py"), include_str!("models.py"));
    let cid = ada.replace("ada", "cid");
    assert_eq!(
        blog.add_user("cid"),
        [
            format!("ada | None | {ada}"),
            format!("ben | None | {ben}"),
            format!("cid | None | {cid}"),
            "ada ben cid".to_owned()
        ]
    );
}
