//! A project that Alembic made goes on here, as the README says.

use std::path::Path;
use std::process::Command;

use super::project::{python, write};

/// Runs a program in `folder`, and gives what it prints to standard output; it must succeed.
fn run(folder: &Path, program: &Path, args: &[&str]) -> String {
    let output = Command::new(program)
        .args(args)
        .current_dir(folder)
        .env("SQLITE_DATABASE_URL", "app.db")
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args:?}: {stderr}");
    String::from_utf8(output.stdout).unwrap()
}

const REVISION: &str = r#"
from alembic import op
import sqlalchemy as sa

revision = "3b8ff9aee0c1"
down_revision = None

def upgrade():
    op.create_table(
        "users",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("email", sa.String(50), nullable=False, unique=True),
        sa.Column("made", sa.DateTime, server_default=sa.func.now()),
    )
    op.create_table(
        "posts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("author", sa.Integer, sa.ForeignKey("users.id", ondelete="CASCADE"), index=True),
        sa.CheckConstraint("author > 0", name="author_is_positive"),
    )

def downgrade():
    op.drop_table("posts")
    op.drop_table("users")
"#;

#[test]
fn a_database_of_alembic_is_taken_over() {
    let Some(python) = python() else { return };
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    run(folder, &python, &["-m", "alembic", "init", "alembic"]);
    let ini = std::fs::read_to_string(folder.join("alembic.ini")).unwrap();
    let ini = ini.lines().map(|it| match it.strip_prefix("sqlalchemy.url") {
        Some(_) => "sqlalchemy.url = sqlite:///app.db",
        None => it,
    });
    write(&folder.join("alembic.ini"), &ini.collect::<Vec<_>>().join("\n"));
    write(&folder.join("alembic/versions/first.py"), REVISION);
    run(folder, &python, &["-m", "alembic", "upgrade", "head"]);

    let migrator = |args: &[&str]| run(folder, Path::new(env!("CARGO_BIN_EXE_migrator")), args);
    migrator(&["init", "-t", "schema"]);
    write(&folder.join("schema.sql"), &migrator(&["schema", "dump"]));
    migrator(&["revision", "--autogenerate", "--rev-id", "3b8ff9aee0c1", "-m", "As it was"]);
    // Each fails if anything is wrong, or differs.
    migrator(&["status"]);
    migrator(&["check", "--database"]);
    migrator(&["verify"]);
    assert_eq!(migrator(&["current"]), "3b8ff9aee0c1 (head)\n");

    // Alembic does not know what was added here; without it, it goes on.
    migrator(&["revision", "--rev-id", "0123456789ab", "-m", "More"]);
    migrator(&["upgrade"]);
    let alembic = Command::new(&python)
        .args(["-m", "alembic", "current"])
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(!alembic.status.success());
    let said = String::from_utf8_lossy(&alembic.stderr).into_owned();
    let said = said + &String::from_utf8_lossy(&alembic.stdout);
    assert!(said.contains("Can't locate revision identified by '0123456789ab'"), "{said}");
    migrator(&["downgrade", "3b8f"]);
    assert_eq!(run(folder, &python, &["-m", "alembic", "current"]), "3b8ff9aee0c1 (head)\n");
}
