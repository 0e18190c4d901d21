//! The one SQLite file: how it is opened, migrated, read and written. It knows no table.
//!
//! There is one connection for writing and a few for reading. A write takes the lock when it begins, so it never fails
//! half-way because somebody else wrote first; nothing slow may happen inside it: no network, no hashing, no rendering.

mod connection;
pub mod copy;
pub mod lock;
pub mod room;
pub mod update;
mod whole;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use connection::{create, options, pool, writing};
use lock::InUse;
use sqlx::migrate::Migrator;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::SqlitePool;
use sqlx::{Connection, Sqlite, Transaction};
use tokio::time::sleep;

/// Up to this length of a list, the statement for it is worth being remembered by the connection. Each length has its
/// own, and SQLite works on one for as long as on the rows themselves.
pub const REMEMBERED: usize = 32;

const READERS: u32 = 4;
static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// Why nothing more should come in, although what is there can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    Damaged,
    NearlyFull,
}

/// The database of the practice. Cloning it clones a handle.
#[derive(Debug, Clone)]
pub struct Db {
    writer: SqlitePool,
    readers: SqlitePool,
    path: PathBuf,
    /// Found by [`Db::check_whole`].
    damaged: Arc<AtomicBool>,
    /// While a handle lives, no other database is put in this one's place.
    _in_use: Arc<InUse>,
}

impl Db {
    /// Opens the file, making it where it is missing, and brings its tables up to date.
    ///
    /// # Errors
    /// When the folder can't be written, the file is no database, or it was made by a newer version of the program.
    pub async fn open(path: &Path) -> Result<Self> {
        room::make_way(path);
        let in_use = lock::share(path)?;
        create(path).with_context(|| format!("{} can't be written", path.display()))?;
        let writer = pool(1).connect_with(writing(path)).await.context("the database can't be opened")?;
        bring_up(&writer, path).await.context("the database can't be used")?;
        Self::with_readers(path, writer, in_use).await
    }

    /// Opens the file as it is: a command that only looks must not change the tables under a server that runs.
    ///
    /// # Errors
    /// When it is not there, or can't be opened.
    pub async fn open_as_it_is(path: &Path) -> Result<Self> {
        ensure!(path.is_file(), "there is no database at {}", path.display());
        room::make_way(path);
        let in_use = lock::share(path)?;
        let writer = pool(1).connect_with(writing(path)).await.context("the database can't be opened")?;
        Self::with_readers(path, writer, in_use).await
    }

    async fn with_readers(path: &Path, writer: SqlitePool, in_use: InUse) -> Result<Self> {
        let readers = pool(READERS)
            // The cache in KiB, for each connection: the rest is in the system's own.
            .connect_with(options(path).read_only(true).pragma("cache_size", "-512"))
            .await
            .context("the database can't be opened for reading")?;
        let damaged = Arc::new(AtomicBool::new(false));
        Ok(Self { writer, readers, path: path.to_owned(), damaged, _in_use: Arc::new(in_use) })
    }

    /// A connection that can only read. Give it back soon: an open reader keeps erased text in the write-ahead log.
    ///
    /// # Errors
    /// When no connection comes free within 5 seconds.
    pub async fn read(&self) -> Result<PoolConnection<Sqlite>> {
        self.readers.acquire().await.context("no connection for reading")
    }

    /// Begins a write. Dropping it without `commit` takes everything back.
    ///
    /// # Errors
    /// When the writer stays busy for 5 seconds, the disk refuses, or the database is known to be damaged.
    pub async fn begin(&self) -> Result<Transaction<'static, Sqlite>> {
        ensure!(!self.is_damaged(), "the database is damaged, so nothing is written into it");
        room::make_way(&self.path);
        // IMMEDIATE: a transaction that reads first and writes later would fail with SQLITE_BUSY without waiting.
        self.writer.begin_with("BEGIN IMMEDIATE").await.context("no write can begin")
    }

    /// Folds the write-ahead log into the file and empties it, so that what was deleted is nowhere on the disk any more.
    /// False where a reader was in the way all the time; then it has to be tried again later.
    ///
    /// # Errors
    /// When the disk refuses.
    pub async fn truncate_log(&self) -> Result<bool> {
        if std::fs::metadata(beside(&self.path, "-wal")).is_ok_and(|log| log.len() == 0) {
            return Ok(true);
        }
        for rest in [0, 50, 100, 200, 400, 800] {
            sleep(Duration::from_millis(rest)).await;
            if self.truncate_once().await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn truncate_once(&self) -> Result<bool> {
        let mut conn = self.writer.acquire().await.context("no connection for writing")?;
        // Not the usual 5 seconds: nobody can write meanwhile.
        sqlx::query("PRAGMA busy_timeout = 50").execute(&mut *conn).await?;
        let outcome: Result<(i64, i64, i64), _> =
            sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut *conn).await;
        sqlx::query("PRAGMA busy_timeout = 5000").execute(&mut *conn).await?;
        // Being held up is no error to SQLite: only the row says so.
        let (busy, _, _) = outcome.context("the write-ahead log can't be emptied")?;
        Ok(busy == 0)
    }

    /// Whether the disk has room for what senders write. Below the mark they are turned away before SQLite fails.
    ///
    /// # Errors
    /// When there is not: less than 16 MiB, or on a small disk less than a twentieth of it.
    pub fn check_room(&self) -> Result<()> {
        room::check(&self.path)
    }

    /// Reads all of the database. Until a later look finds it whole, nothing is written into a damaged one: what is there
    /// can still be read, and what comes in would be lost with it.
    ///
    /// # Errors
    /// When it is damaged, or can't be read.
    pub async fn check_whole(&self) -> Result<()> {
        // A connection of its own: another one would show the pages it remembers.
        let mut conn = copy::reader(&self.path).await?;
        let damage = whole::damage(&mut conn).await;
        conn.close().await.context("closing the database")?;
        let damage = damage.context("the database can't be checked")?;
        self.damaged.store(damage.is_some(), Ordering::Relaxed);
        match damage {
            Some(damage) => bail!("the database is damaged: {damage}"),
            None => Ok(()),
        }
    }

    /// Whether the last look found damage.
    pub fn is_damaged(&self) -> bool {
        self.damaged.load(Ordering::Relaxed)
    }

    /// What keeps new requests out; nothing where all is well.
    pub fn trouble(&self) -> Option<Trouble> {
        if self.is_damaged() {
            return Some(Trouble::Damaged);
        }
        self.check_room().is_err().then_some(Trouble::NearlyFull)
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Closes readers first: closing the writer last lets SQLite fold the write-ahead log back into the file.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// The path with something at its end, as SQLite names what belongs to a database.
pub fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.to_owned().into_os_string();
    name.push(ending);
    PathBuf::from(name)
}

/// Looked over before anything is changed.
async fn bring_up(writer: &SqlitePool, path: &Path) -> Result<()> {
    if let Some(damage) = whole::damage(&mut *writer.acquire().await?).await? {
        bail!("it is damaged: {damage}");
    }
    update::update(writer, path, &MIGRATIONS).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_connection_has_the_pragmas_that_keep_promises() {
        let dir = tempfile::tempdir().expect("a folder");
        let db = Db::open(&dir.path().join("practice.db")).await.expect("opens");
        let mut write = db.begin().await.expect("begins");
        for (pragma, wanted) in [
            ("PRAGMA synchronous", 2_i64),
            ("PRAGMA secure_delete", 1),
            ("PRAGMA foreign_keys", 1),
            ("PRAGMA trusted_schema", 0),
            ("PRAGMA cell_size_check", 1),
            ("PRAGMA temp_store", 2),
        ] {
            let value: i64 = sqlx::query_scalar(pragma).fetch_one(&mut *write).await.expect(pragma);
            assert_eq!(value, wanted, "{pragma}");
        }
        let mode: String =
            sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut *write).await.expect("mode");
        assert_eq!(mode, "wal");
    }

    #[tokio::test]
    async fn rel_06_a_damaged_database_does_not_open() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("practice.db");
        Db::open(&path).await.expect("opens").close().await;
        let mut bytes = std::fs::read(&path).expect("read");
        let page = bytes.len() / 4096 / 2 * 4096;
        bytes[page..page + 4096].fill(0xA5);
        std::fs::write(&path, bytes).expect("written");
        assert!(Db::open(&path).await.is_err());
    }

    #[tokio::test]
    async fn deleted_text_leaves_the_disk_when_the_log_is_emptied_and_a_reader_only_puts_that_off() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("practice.db");
        let db = Db::open(&path).await.expect("opens");
        let execute = async |sql: &'static str| {
            let mut write = db.begin().await.expect("begins");
            sqlx::query(sql).execute(&mut *write).await.expect(sql);
            write.commit().await.expect("commits");
        };
        execute("CREATE TABLE words (word TEXT) STRICT").await;
        execute("INSERT INTO words VALUES ('marmalade')").await;
        let mut reader = db.read().await.expect("reads");
        sqlx::query("BEGIN").execute(&mut *reader).await.expect("begins");
        sqlx::query("SELECT * FROM words").fetch_all(&mut *reader).await.expect("reads");
        execute("DELETE FROM words").await;

        assert!(!db.truncate_log().await.expect("no error"), "a reader is open");
        sqlx::query("COMMIT").execute(&mut *reader).await.expect("ends");
        assert!(db.truncate_log().await.expect("no error"));
        for end in ["", "-wal", "-shm"] {
            let bytes = std::fs::read(format!("{}{end}", path.display())).expect("a file");
            assert!(!bytes.windows(9).any(|part| part == b"marmalade"), "practice.db{end}");
        }
    }

    #[tokio::test]
    async fn a_write_that_sqlite_ended_by_itself_does_not_poison_the_next_one() {
        let dir = tempfile::tempdir().expect("a folder");
        let db = Db::open(&dir.path().join("practice.db")).await.expect("opens");
        let mut write = db.begin().await.expect("begins");
        sqlx::query("CREATE TABLE a (id INTEGER PRIMARY KEY) STRICT").execute(&mut *write).await.expect("a");
        write.commit().await.expect("commits");

        // As a full disk does it: the transaction is gone, and sqlx does not know.
        let mut write = db.begin().await.expect("begins");
        let twice = sqlx::query("INSERT OR ROLLBACK INTO a VALUES (1), (1)").execute(&mut *write).await;
        assert!(twice.is_err());
        drop(write);

        let mut write = db.begin().await.expect("the next write begins");
        sqlx::query("INSERT INTO a VALUES (1)").execute(&mut *write).await.expect("inserts");
        write.commit().await.expect("commits");
    }
}
