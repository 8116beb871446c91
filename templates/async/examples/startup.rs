//! Brings the database to the newest revision, then serves.

type Error = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Error> {
    upgrade_database().await?;
    serve().await
}

/// Applies all pending revisions.
///
/// SQLite blocks the thread that it runs on, so the work goes to one that may be blocked. If the
/// program is started several times at once, one applies the revisions and the others wait for it.
async fn upgrade_database() -> Result<(), Error> {
    tokio::task::spawn_blocking(|| -> Result<(), Error> {
        migrator::Migrator::open("alembic.toml")?.upgrade("head")?;
        Ok(())
    })
    .await?
}

/// Where the program proper begins: open the pool and listen.
async fn serve() -> Result<(), Error> {
    Ok(())
}
