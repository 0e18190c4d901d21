//! Emails that do not get through: what a banner tells of them, and trying again at once.

use anyhow::{Context, Result};
use jiff::Timestamp;
use sqlx::SqliteConnection;

use super::way;

/// Emails that do not get through, as a banner tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// When the oldest of them was written.
    pub since: Timestamp,
    pub waiting: i64,
    /// What the server said last; nothing where no attempt was made at all.
    pub last_reply: Option<String>,
    /// The server refused for good, so somebody has to change something.
    pub refused: bool,
}

/// An email that was not tried for this long although it was due is trouble too: nobody is sending.
const TOO_LONG_UNTRIED_MS: i64 = 5 * 60 * 1000;

/// Emails that failed, or should have gone over five minutes ago; nothing where all is well.
pub async fn trouble(conn: &mut SqliteConnection, now: Timestamp) -> Result<Option<Trouble>> {
    let row: (i64, Option<i64>, Option<String>, Option<bool>) = sqlx::query_as(
        "WITH late AS (SELECT * FROM outbox WHERE id IN (
           SELECT id FROM outbox WHERE attempts > 0 UNION SELECT id FROM outbox WHERE due_at < ?1))
         SELECT count(*), min(created_at),
                (SELECT last_reply FROM late WHERE attempts > 0 ORDER BY waits_since DESC, id DESC LIMIT 1),
                max(refused)
         FROM late",
    )
    .bind(now.as_millisecond().saturating_sub(TOO_LONG_UNTRIED_MS))
    .fetch_one(conn)
    .await
    .context("the outbox can't be read")?;
    let (waiting, Some(since), last_reply, refused) = row else { return Ok(None) };
    // A clock that was put back must not show a time that has not come yet.
    let since = Timestamp::from_millisecond(since).context("a time in the outbox is out of range")?.min(now);
    Ok(Some(Trouble { since, waiting, last_reply, refused: refused.unwrap_or(false) }))
}

/// Makes everything that waits after a failure due at once, and returns how much that is. A way that is closed is walked
/// again. Wake the worker after the commit.
pub async fn retry_now(conn: &mut SqliteConnection, now: Timestamp) -> Result<u64> {
    way::walk_again(&mut *conn).await?;
    let made_due = sqlx::query("UPDATE outbox SET due_at = min(due_at, ?1) WHERE attempts > 0")
        .bind(now.as_millisecond())
        .execute(conn)
        .await
        .context("waiting emails can't be made due")?;
    Ok(made_due.rows_affected())
}
