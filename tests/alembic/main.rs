//! Alembic and migrator on one database: the same graph as a project of each, real Alembic. And a
//! schema that SQLAlchemy declares.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on is a test that failed")]
#![expect(clippy::print_stderr, reason = "tests say what they skipped")]

mod graphs;
mod order;
mod project;
mod sharing;
mod sqlalchemy;
mod take_over;
mod text;
