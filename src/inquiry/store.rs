//! How a request gets into the tables `inquiries` and `events`. What happens to it later is written in `change`.

use anyhow::{Context, Result};
use jiff::Timestamp;
use sqlx::SqliteConnection;

use super::reference::Reference;
use crate::content::{Practice, calendar};

/// A row as it is stored first.
pub struct NewRow<'a> {
    pub reference: &'a Reference,
    pub submission_key: &'a [u8; 32],
    pub reply_by: Timestamp,
    /// Words of `suspicion::Reason`; blank for none.
    pub suspicion: &'a str,
    pub sealed: &'a [u8],
}

/// When an inquiry came in and when the person hears from the practice at the latest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Promise {
    pub received: Timestamp,
    pub reply_by: Timestamp,
}

impl Promise {
    /// The promise that begins now.
    pub fn made(received: Timestamp, practice: &Practice) -> Self {
        Self { received, reply_by: calendar::reply_by(received, practice) }
    }
}

/// Stores an inquiry and its first event. False where its submission key or its reference is taken.
///
/// # Errors
/// When the disk or the database refuses.
pub async fn insert(conn: &mut SqliteConnection, row: &NewRow<'_>, now: Timestamp) -> Result<bool> {
    let status = if row.suspicion.is_empty() { "new" } else { "spam" };
    // Both at once: each statement on its own costs two changes of threads.
    let stored = sqlx::query(
        "INSERT INTO inquiries (reference, submission_key, received_at, reply_by, status, suspicion, answers, last_activity_at)
         VALUES (?1, ?2, ?3, ?4, ?5, nullif(?6, ''), ?7, ?3) ON CONFLICT DO NOTHING;
         INSERT INTO events (inquiry_id, at, kind) SELECT last_insert_rowid(), ?3, 'received' WHERE changes() = 1",
    )
    .bind(row.reference.as_str())
    .bind(row.submission_key.as_slice())
    .bind(now.as_millisecond())
    .bind(row.reply_by.as_millisecond())
    .bind(status)
    .bind(row.suspicion)
    .bind(row.sealed)
    .execute(conn)
    .await
    .context("an inquiry can't be stored")?;
    Ok(stored.rows_affected() > 0)
}

/// The reference under which the same answers are stored already.
///
/// # Errors
/// When the database can't be read.
pub async fn sent_before(
    conn: &mut SqliteConnection,
    submission_key: &[u8; 32],
) -> Result<Option<Reference>> {
    let found: Option<String> =
        sqlx::query_scalar("SELECT reference FROM inquiries WHERE submission_key = ?")
            .bind(submission_key.as_slice())
            .fetch_optional(conn)
            .await
            .context("looking for the same answers")?;
    Ok(found.and_then(|reference| reference.parse().ok()))
}

/// What was promised to the sender of an inquiry.
///
/// # Errors
/// When the database can't be read, or holds a time that no clock shows.
pub async fn promise(conn: &mut SqliteConnection, reference: &Reference) -> Result<Option<Promise>> {
    let found: Option<(i64, i64)> =
        sqlx::query_as("SELECT received_at, reply_by FROM inquiries WHERE reference = ?")
            .bind(reference.as_str())
            .fetch_optional(conn)
            .await
            .context("looking for an inquiry")?;
    let Some((received, reply_by)) = found else { return Ok(None) };
    Ok(Some(Promise {
        received: Timestamp::from_millisecond(received)?,
        reply_by: Timestamp::from_millisecond(reply_by)?,
    }))
}
