//! Brings the tables of a database up to date: one whole step or none at a time, never a step back, and never without a
//! copy of what was there.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use sqlx::SqliteConnection;
use sqlx::migrate::Migrator;
use sqlx::sqlite::SqlitePool;

use super::copy::{copy, size};
use super::{beside, room, whole};

/// What the copy from before an update is called, but for the version that it holds.
const BEFORE: &str = ".before-update-from-";

/// Applies what is missing.
///
/// # Errors
/// When the database was made by a newer version of the program, can't be copied first, or a step fails. Steps before
/// that one stand.
pub(super) async fn update(writer: &SqlitePool, path: &Path, known: &Migrator) -> Result<()> {
    let newest = known.iter().map(|step| step.version).max().unwrap_or_default();
    let mut conn = writer.acquire().await?;
    if let Some(version) = version(&mut conn).await? {
        ensure!(
            version <= newest,
            "it was made by a newer version of this program (its tables are number {version}, and this one knows up to \
             {newest}), so nothing was changed; start the newer version again, or restore a copy from before the update"
        );
        if version < newest {
            let to =
                copied(&mut conn, path, version).await.context("it can't be copied before the update")?;
            tracing::info!("the tables are brought up to date; what was there is {}", to.display());
        }
    }
    drop(conn);
    known.run(writer).await.context("its tables can't be brought up to date")
}

/// Copies it beside itself, where there is room for that.
async fn copied(conn: &mut SqliteConnection, path: &Path, version: i64) -> Result<PathBuf> {
    room::make_way_for_copy(path, size(conn).await?)?;
    let to = beside(path, &format!("{BEFORE}{version}"));
    copy(conn, &to).await?;
    Ok(to)
}

/// The last step that was applied; nothing where the database is new.
async fn version(conn: &mut SqliteConnection) -> Result<Option<i64>> {
    let has_steps: bool =
        sqlx::query_scalar("SELECT count(*) > 0 FROM sqlite_schema WHERE name = '_sqlx_migrations'")
            .fetch_one(&mut *conn)
            .await
            .context("its tables can't be read")?;
    if !has_steps {
        return Ok(None);
    }
    let versions = whole::versions(conn).await.context("its tables can't be read")?;
    Ok(versions.last().map(|(version, _)| *version))
}

/// Whether a file of this name is a copy from before an update of this database.
pub fn is_from_before(database: &Path, file: &Path) -> bool {
    let start: PathBuf = beside(database, BEFORE);
    let names =
        (start.file_name().and_then(|name| name.to_str()), file.file_name().and_then(|name| name.to_str()));
    matches!(names, (Some(start), Some(name)) if name.starts_with(start))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use sqlx::SqlSafeStr;
    use sqlx::migrate::{Migration, MigrationType};

    use super::*;
    use crate::db::MIGRATIONS;
    use crate::db::connection::{create, pool, writing};

    /// What this program knows and one step more.
    fn with(sql: &'static str) -> Migrator {
        let step = Migration::new(9_999, "more".into(), MigrationType::Simple, sql.into_sql_str(), false);
        Migrator::with_migrations(MIGRATIONS.iter().cloned().chain([step]).collect())
    }

    async fn count(writer: &SqlitePool, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(writer).await.expect(sql)
    }

    fn files(folder: &Path) -> usize {
        std::fs::read_dir(folder).expect("a folder").count()
    }

    #[tokio::test]
    async fn rel_19_a_step_that_fails_changes_nothing_and_can_be_taken_again() {
        const HALF: &str = "SELECT count(*) FROM sqlite_schema WHERE name = 'half'";
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("practice.db");
        create(&path).expect("made");
        let writer = pool(1).connect_with(writing(&path)).await.expect("opens");
        update(&writer, &path, &MIGRATIONS).await.expect("updates");
        let before = files(folder.path());

        let bad = with("CREATE TABLE half (a TEXT) STRICT; INSERT INTO half VALUES ('x'); SELECT nothing");
        for _ in 0..2 {
            assert!(update(&writer, &path, &bad).await.is_err());
            assert_eq!(count(&writer, HALF).await, 0);
        }
        assert_eq!(files(folder.path()), before + 1, "one copy, however often");
        let newest = MIGRATIONS.iter().map(|step| step.version).max().expect("steps");
        let copy = beside(&path, &format!("{BEFORE}{newest}"));
        assert!(is_from_before(&path, &copy) && !is_from_before(&path, &path));
        assert_eq!(copy.metadata().expect("a copy").permissions().mode() & 0o777, 0o600);

        let good = with("CREATE TABLE half (a TEXT) STRICT; INSERT INTO half VALUES ('x')");
        update(&writer, &path, &good).await.expect("updates");
        let error = format!("{:#}", update(&writer, &path, &MIGRATIONS).await.expect_err("a step back"));
        assert!(
            error.contains("made by a newer version of this program") && error.contains("9999"),
            "{error}"
        );
        assert_eq!(count(&writer, "SELECT count(*) FROM half").await, 1, "nothing was changed");
    }
}
