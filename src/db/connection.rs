//! How a connection to a database is opened, and what each of them promises.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use sqlx::Connection;
use sqlx::sqlite::{
    SqliteAutoVacuum, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};

pub(super) fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(Duration::from_secs(5))
        .foreign_keys(true)
        .pragma("trusted_schema", "OFF")
        .pragma("cell_size_check", "ON")
        // Nothing readable in temporary files.
        .pragma("temp_store", "MEMORY")
}

pub(super) fn writing(path: &Path) -> SqliteConnectOptions {
    let options = if is_new(path) {
        // Said again later, it would be written into the database each time, also into one that must not be changed.
        options(path).auto_vacuum(SqliteAutoVacuum::Incremental)
    } else {
        options(path)
    };
    options
        .journal_mode(SqliteJournalMode::Wal)
        // FULL: an acknowledged inquiry survives a power cut, not only a crash of the program.
        .synchronous(SqliteSynchronous::Full)
        // What is deleted is overwritten.
        .pragma("secure_delete", "ON")
}

fn is_new(path: &Path) -> bool {
    std::fs::metadata(path).map_or(true, |file| file.len() == 0)
}

/// Makes the file readable for nobody else before SQLite would make it readable for all; its log files follow.
pub(super) fn create(path: &Path) -> std::io::Result<()> {
    OpenOptions::new().create(true).append(true).mode(0o600).open(path).map(drop)
}

pub(super) fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(Duration::from_secs(5))
        // A connection is tested when it comes back, and a file does not go away in between as a server might.
        .test_before_acquire(false)
        // A failed COMMIT leaves sqlx counting a transaction that SQLite has ended, and the connection would refuse
        // every later write. Such a connection is closed instead of being handed out again.
        .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
}
