//! Whether a database is whole, ours, and not from a newer version of the program.
//!
//! SQLite goes on writing into a damaged file until somebody reads the damaged part, so it has to be asked.

use anyhow::{Context, Result, bail, ensure};
use sqlx::SqliteConnection;
use sqlx::migrate::Migrator;

/// SQLITE_CORRUPT and SQLITE_NOTADB.
const DAMAGED: [i32; 2] = [11, 26];

/// What is wrong with the pages of a database; nothing where all is well.
///
/// # Errors
/// When it can't be asked: that says nothing about the pages.
pub async fn damage(conn: &mut SqliteConnection) -> Result<Option<String>> {
    match sqlx::query_scalar::<_, String>("PRAGMA quick_check(1)").fetch_one(conn).await {
        Ok(found) if found == "ok" => Ok(None),
        Ok(found) => Ok(Some(found.replace('\n', " "))),
        Err(error) if tells_of_damage(&error) => Ok(Some(error.to_string())),
        Err(error) => Err(error).context("it can't be read to its end"),
    }
}

fn tells_of_damage(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code()?.parse::<i32>().ok());
    // The upper bits only say more about it.
    code.is_some_and(|code| DAMAGED.contains(&(code & 0xFF)))
}

/// Reads all of it, and compares its tables with those that the program knows.
///
/// # Errors
/// One sentence about what is wrong with it.
pub async fn look_over(conn: &mut SqliteConnection, known: &Migrator) -> Result<()> {
    if let Some(damage) = damage(conn).await? {
        bail!("it is damaged: {damage}");
    }
    let applied = versions(conn).await.context("it is not a database of this program")?;
    ensure!(!applied.is_empty(), "it is empty");
    for (version, checksum) in &applied {
        match known.iter().find(|known| known.version == *version) {
            Some(known) if *known.checksum == checksum[..] => {}
            Some(_) => bail!("it is not a database of this program"),
            None => bail!("it was made by a newer version of this program"),
        }
    }
    Ok(())
}

/// The number and the checksum of each set of tables in it.
///
/// # Errors
/// Where no program with migrations has made it.
pub async fn versions(conn: &mut SqliteConnection) -> sqlx::Result<Vec<(i64, Vec<u8>)>> {
    sqlx::query_as("SELECT version, checksum FROM _sqlx_migrations ORDER BY version").fetch_all(conn).await
}
