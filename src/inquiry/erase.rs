//! Erases an inquiry: its answers, its timeline, its emails that still wait. Only the ledger remembers its reference.
//!
//! The caller empties the write-ahead log after the commit (`Db::truncate_log`), since until then the bytes are on the disk,
//! and brings the list of what was erased up to date (`erased::write_down`).

use anyhow::{Context, Result};
use jiff::Timestamp;
use sqlx::SqliteConnection;

use super::reference::Reference;
use crate::audit::{By, Entry, Outcome, record};
use crate::outbox;

/// Why it is erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Somebody of the practice wanted it.
    AtOnce,
    /// It was closed, or spam, for as long as the practice keeps that.
    TimeIsOver,
    /// It had been erased already, and a copy of the database brought it back.
    Before,
}

impl Reason {
    fn words(self) -> &'static str {
        match self {
            Self::AtOnce => "at once",
            Self::TimeIsOver => "its time was over",
            Self::Before => "as before the copy was put back",
        }
    }
}

/// Erases one; false where it is not there (any more).
///
/// # Errors
/// When the disk or the database refuses.
pub async fn erase(
    conn: &mut SqliteConnection,
    by: By<'_>,
    reference: &Reference,
    reason: Reason,
    now: Timestamp,
) -> Result<bool> {
    // The timeline goes with it: ON DELETE CASCADE.
    let erased = sqlx::query("DELETE FROM inquiries WHERE reference = ?")
        .bind(reference.as_str())
        .execute(&mut *conn)
        .await
        .context("erasing an inquiry")?;
    if erased.rows_affected() == 0 {
        return Ok(false);
    }
    outbox::withdraw(&mut *conn, reference.as_str()).await?;
    let (target, detail) = (Some(reference.as_str()), Some(reason.words()));
    let entry = Entry { by, event: "erased", target, outcome: Outcome::Done, detail };
    record(conn, entry, now.as_millisecond()).await?;
    Ok(true)
}
