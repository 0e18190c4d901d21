//! A copy of the database in one file: made while others write, and looked over before anybody relies on it.
//!
//! Copying the file itself would lose what still stands in the write-ahead log.

use std::fs::{self, File, OpenOptions, Permissions};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use anyhow::{Context, Result};
use jiff::civil::Date;
use sqlx::{Connection, SqliteConnection};
use tokio::task::spawn_blocking;

use super::connection::{options, writing};
use super::{Db, MIGRATIONS, beside, whole};

/// What the copy of a night is called.
pub fn name_of(night: Date) -> String {
    format!("practice-{night}.db")
}

/// The night that a file of this name is the copy of.
pub fn night_of(name: &str) -> Option<Date> {
    name.strip_prefix("practice-")?.strip_suffix(".db")?.parse().ok()
}

/// What a copy is called until it has proved to be good.
const UNPROVEN: &str = ".part";

/// Writes a consistent copy of everything that is committed, for nobody else to read. Under its name there is either a copy
/// that is whole, has been looked over and is on the disk, or what was there before.
///
/// # Errors
/// When the disk refuses, the database is damaged, or another copy of this name is being made.
pub async fn copy(conn: &mut SqliteConnection, to: &Path) -> Result<()> {
    let part = beside(to, UNPROVEN);
    let file = empty(&part).with_context(|| format!("{} can't be written", part.display()))?;
    let outcome = fill(conn, &part, file).await;
    if let Err(error) = outcome {
        // A copy that is not whole only takes up room.
        let _ = fs::remove_file(&part);
        return Err(error);
    }
    fs::rename(&part, to).with_context(|| format!("{} can't be written", to.display()))?;
    sync_folder_of(to)
}

async fn fill(conn: &mut SqliteConnection, part: &Path, file: File) -> Result<()> {
    let name = part.to_str().context("the name of the file is not in UTF-8")?;
    sqlx::query("VACUUM INTO ?").bind(name).execute(conn).await.context("the copy can't be written")?;
    prove(part).await.context("the copy is not good")?;
    spawn_blocking(move || file.sync_all()).await?.context("the copy can't be put on the disk")
}

impl Db {
    /// Copies the database, see [`copy`].
    ///
    /// # Errors
    /// As there.
    pub async fn copy_to(&self, to: &Path) -> Result<()> {
        copy(&mut *self.read().await?, to).await
    }

    /// How many bytes a copy may take.
    ///
    /// # Errors
    /// When the database can't be read.
    pub async fn size(&self) -> Result<u64> {
        size(&mut *self.read().await?).await
    }
}

/// How many bytes a copy may take.
pub(super) async fn size(conn: &mut SqliteConnection) -> Result<u64> {
    let pages: i64 = sqlx::query_scalar("PRAGMA page_count").fetch_one(&mut *conn).await?;
    let page: i64 = sqlx::query_scalar("PRAGMA page_size").fetch_one(conn).await?;
    Ok(pages.unsigned_abs() * page.unsigned_abs())
}

/// Opens a file and reads all of it: whether it is whole, ours, and not from a newer version of the program.
///
/// # Errors
/// One sentence about what is wrong with it.
pub async fn prove(file: &Path) -> Result<()> {
    let mut conn = reader(file).await?;
    let outcome = whole::look_over(&mut conn, &MIGRATIONS).await;
    let closed = conn.close().await;
    outcome?;
    closed.context("closing the copy")
}

/// A connection that only reads, to a database that may be a copy.
///
/// # Errors
/// When it can't be opened.
pub async fn reader(file: &Path) -> Result<SqliteConnection> {
    let opened = SqliteConnection::connect_with(&options(file).read_only(true)).await;
    opened.context("it can't be opened as a database")
}

/// Folds the write-ahead log of a database that nobody has opened into its file. False where somebody has, after all.
///
/// # Errors
/// When it can't be read.
pub async fn fold_log(database: &Path) -> Result<bool> {
    let mut conn = SqliteConnection::connect_with(&writing(database)).await?;
    let (busy, _, _): (i64, i64, i64) =
        sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut conn).await?;
    conn.close().await?;
    Ok(busy == 0)
}

/// SQLite would make a new file readable for all, but fills an empty one that is there.
fn empty(path: &Path) -> Result<File> {
    let file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
    file.try_lock().context("another copy is being made there")?;
    // Left over from a copy that was cut short, perhaps by somebody with other habits.
    file.set_len(0)?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    Ok(file)
}

/// A name in a folder outlives a power cut only when the folder has been put on the disk as well.
///
/// # Errors
/// When the disk refuses.
pub fn sync_folder_of(path: &Path) -> Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.with_context(|| format!("{} can't be put on the disk", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn with_words(path: &Path) -> Db {
        let db = Db::open(path).await.expect("opens");
        let mut write = db.begin().await.expect("begins");
        for sql in
            ["CREATE TABLE words (word TEXT) STRICT", "INSERT INTO words VALUES ('marmalade'), ('porridge')"]
        {
            sqlx::query(sql).execute(&mut *write).await.expect(sql);
        }
        write.commit().await.expect("commits");
        db
    }

    #[tokio::test]
    async fn a_copy_holds_what_is_still_in_the_log_and_is_for_nobody_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let db = with_words(&folder.path().join("practice.db")).await;
        let copy = folder.path().join("copy.db");
        std::fs::write(beside(&copy, UNPROVEN), "left over").expect("written");
        db.copy_to(&copy).await.expect("copies");
        assert_eq!(copy.metadata().expect("there").permissions().mode() & 0o777, 0o600);
        let mut conn = SqliteConnection::connect_with(&options(&copy).read_only(true)).await.expect("opens");
        let words: i64 =
            sqlx::query_scalar("SELECT count(*) FROM words").fetch_one(&mut conn).await.expect("2");
        assert_eq!(words, 2);
        assert!(!beside(&copy, UNPROVEN).exists() && !beside(&copy, "-wal").exists());
    }

    #[tokio::test]
    async fn rel_06_a_damaged_page_shows_when_a_copy_is_made_and_when_it_is_looked_over() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("practice.db");
        with_words(&path).await.close().await;
        let copy = folder.path().join("copy.db");
        Db::open(&path).await.expect("opens").copy_to(&copy).await.expect("copies");
        for file in [&path, &copy] {
            let sql = "SELECT (rootpage - 1) * 4096 FROM sqlite_schema WHERE name = 'words'";
            let mut conn = reader(file).await.expect("opens");
            let start: u32 = sqlx::query_scalar(sql).fetch_one(&mut conn).await.expect("a table");
            conn.close().await.expect("closes");
            let page = start as usize..start as usize + 4096;
            let mut bytes = std::fs::read(file).expect("read");
            bytes[page].fill(0xA5);
            std::fs::write(file, bytes).expect("written");
        }
        assert!(prove(&copy).await.is_err());
        let db = Db::open_as_it_is(&path).await.expect("opens: nobody has looked");
        let second = folder.path().join("second.db");
        assert!(db.check_whole().await.is_err());
        assert!(db.copy_to(&second).await.is_err());
        assert!(!second.exists() && !beside(&second, UNPROVEN).exists());
    }

    #[tokio::test]
    async fn what_is_not_ours_or_newer_is_no_copy() {
        let folder = tempfile::tempdir().expect("a folder");
        let (text, empty, newer) =
            (folder.path().join("text"), folder.path().join("empty"), folder.path().join("newer"));
        std::fs::write(&text, "not a database at all, only some words".repeat(40)).expect("written");
        std::fs::write(&empty, "").expect("written");
        let db = Db::open(&newer).await.expect("opens");
        prove(&newer).await.expect("good so far");
        let mut write = db.begin().await.expect("begins");
        sqlx::query("UPDATE _sqlx_migrations SET version = 9999 WHERE version = 8")
            .execute(&mut *write)
            .await
            .expect("updates");
        write.commit().await.expect("commits");
        for (file, words) in
            [(&text, "not a database"), (&empty, "not a database of this program"), (&newer, "newer version")]
        {
            let error = format!("{:#}", prove(file).await.expect_err("no copy"));
            assert!(error.contains(words), "{error}");
        }
    }
}
