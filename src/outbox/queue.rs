//! The table `outbox`: the only place that reads or writes it.

use anyhow::{Context, Result};
use data_encoding::BASE32_NOPAD;
use jiff::Timestamp;
use sqlx::SqliteConnection;

use super::backoff::{chance, pause};
use crate::mail::{Affects, Email, SendError};

/// An email whose time has come.
#[derive(Debug, Clone)]
pub struct Waiting {
    pub id: i64,
    pub email: Email,
    /// How often it has failed so far.
    pub attempts: i64,
}

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

/// An email that was never tried after this long is trouble too: nobody is sending.
const TOO_LONG_UNTRIED_MS: i64 = 5 * 60 * 1000;

/// Puts an email into the queue and returns its id. Wake the worker after the commit.
pub async fn enqueue(conn: &mut SqliteConnection, subject: &str, body: &str, now: Timestamp) -> Result<i64> {
    let done = sqlx::query(
        "INSERT INTO outbox (created_at, subject, body, message_id, waits_since, due_at)
         VALUES (?1, ?2, ?3, ?4, ?1, ?1)",
    )
    .bind(now.as_millisecond())
    .bind(subject)
    .bind(body)
    .bind(new_message_id()?)
    .execute(conn)
    .await
    .context("an email can't be put into the outbox")?;
    Ok(done.last_insert_rowid())
}

/// The email to try next. What failed least often comes first, so that a bad email delays no other.
pub async fn due(conn: &mut SqliteConnection, now: Timestamp) -> Result<Option<Waiting>> {
    // A wait that began in the future is the trace of a clock that was put back: it is over.
    let row: Option<(i64, i64, String, String, String)> = sqlx::query_as(
        "SELECT id, attempts, subject, body, message_id FROM outbox
         WHERE due_at <= ?1 OR waits_since > ?1
         ORDER BY attempts, id LIMIT 1",
    )
    .bind(now.as_millisecond())
    .fetch_optional(conn)
    .await
    .context("the outbox can't be read")?;
    Ok(row.map(|(id, attempts, subject, text, message_id)| Waiting {
        id,
        email: Email { subject, text, message_id },
        attempts,
    }))
}

/// The server has the email: its row goes. What waits after a failure is due at once, since the server works again.
pub async fn accepted(conn: &mut SqliteConnection, id: i64, now: Timestamp) -> Result<()> {
    sqlx::query("DELETE FROM outbox WHERE id = ?1")
        .bind(id)
        .execute(&mut *conn)
        .await
        .context("an accepted email can't be taken out of the outbox")?;
    sqlx::query("UPDATE outbox SET due_at = ?1 WHERE due_at > ?1")
        .bind(now.as_millisecond())
        .execute(conn)
        .await
        .context("waiting emails can't be made due")?;
    Ok(())
}

/// Notes a failed attempt and when the next one comes. Trouble that would meet every email postpones all that are due,
/// so that a dead server sees one connection and not one for each.
pub async fn failed(conn: &mut SqliteConnection, id: i64, error: &SendError, now: Timestamp) -> Result<()> {
    let before: Option<i64> = sqlx::query_scalar("SELECT attempts FROM outbox WHERE id = ?1")
        .bind(id)
        .fetch_optional(&mut *conn)
        .await
        .context("the outbox can't be read")?;
    let Some(before) = before else { return Ok(()) };
    let attempts = before.saturating_add(1);
    let due_at = now.saturating_add(pause(attempts, error.is_permanent(), chance()))?;
    sqlx::query(
        "UPDATE outbox
         SET attempts = max(attempts, ?3), waits_since = ?2, due_at = ?4, last_reply = ?5, refused = ?6
         WHERE id = ?1 OR (?7 AND (due_at <= ?2 OR waits_since > ?2))",
    )
    .bind(id)
    .bind(now.as_millisecond())
    .bind(attempts)
    .bind(due_at.as_millisecond())
    .bind(error.reply())
    .bind(error.is_permanent())
    .bind(error.affects() == Affects::EveryEmail)
    .execute(conn)
    .await
    .context("a failed attempt can't be noted in the outbox")?;
    Ok(())
}

/// When the next email comes due; nothing where none waits. In the past or `now`: there is one to send.
pub async fn next_due(conn: &mut SqliteConnection, now: Timestamp) -> Result<Option<Timestamp>> {
    let next: Option<i64> =
        sqlx::query_scalar("SELECT min(CASE WHEN waits_since > ?1 THEN ?1 ELSE due_at END) FROM outbox")
            .bind(now.as_millisecond())
            .fetch_one(conn)
            .await
            .context("the outbox can't be read")?;
    next.map(|ms| Timestamp::from_millisecond(ms).context("a time in the outbox is out of range")).transpose()
}

/// Emails that failed, or wait untried for over five minutes; nothing where all is well.
pub async fn trouble(conn: &mut SqliteConnection, now: Timestamp) -> Result<Option<Trouble>> {
    let row: (i64, Option<i64>, Option<String>, Option<bool>) = sqlx::query_as(
        "WITH late AS (SELECT * FROM outbox WHERE attempts > 0 OR created_at < ?1)
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

/// 128 random bits: nothing in it tells which inquiry an email is about.
fn new_message_id() -> Result<String> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).context("the operating system gives no randomness")?;
    Ok(BASE32_NOPAD.encode(&bytes).to_lowercase())
}
