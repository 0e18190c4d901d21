//! The table `outbox`: the only place that reads or writes it.

use anyhow::{Context, Result};
use data_encoding::BASE32_NOPAD;
use jiff::Timestamp;
use sqlx::SqliteConnection;

use super::backoff::{chance, pause};
use super::way;
use crate::mail::{Affects, Email, SendError};

/// An email whose time has come.
#[derive(Debug, Clone)]
pub struct Waiting {
    pub id: i64,
    pub email: Email,
    /// How often it has failed so far.
    pub attempts: i64,
    /// Where it may be joined with others.
    pub topic: Option<String>,
    /// What a digest says of it; blank where there is no topic.
    pub line: String,
    /// The Message-ID that it was tried under before, alone or with others.
    pub parcel: Option<String>,
}

type Columns = (i64, i64, String, String, String, Option<String>, Option<String>, Option<String>);

impl Waiting {
    fn of((id, attempts, subject, text, message_id, topic, line, parcel): Columns) -> Self {
        let email = Email { subject, text, message_id };
        Self { id, email, attempts, topic, line: line.unwrap_or_default(), parcel }
    }
}

/// What lets an email be joined with others of its topic, and be withdrawn.
#[derive(Debug, Clone, Copy)]
pub struct Joinable<'a> {
    pub topic: &'a str,
    /// What a digest says of this email.
    pub line: &'a str,
    /// Names what it tells of; see [`withdraw`].
    pub about: &'a str,
}

/// Puts an email into the queue and returns its id. Wake the worker after the commit.
pub async fn enqueue(conn: &mut SqliteConnection, subject: &str, body: &str, now: Timestamp) -> Result<i64> {
    insert(conn, subject, body, None, now).await
}

/// The same for an email that may be joined with others of its topic.
pub async fn enqueue_joinable(
    conn: &mut SqliteConnection,
    subject: &str,
    body: &str,
    joins: Joinable<'_>,
    now: Timestamp,
) -> Result<i64> {
    insert(conn, subject, body, Some(joins), now).await
}

async fn insert(
    conn: &mut SqliteConnection,
    subject: &str,
    body: &str,
    joins: Option<Joinable<'_>>,
    now: Timestamp,
) -> Result<i64> {
    let done = sqlx::query(
        "INSERT INTO outbox (created_at, subject, body, message_id, waits_since, due_at, topic, line, about)
         VALUES (?1, ?2, ?3, ?4, ?1, ?1, ?5, ?6, ?7)",
    )
    .bind(now.as_millisecond())
    .bind(subject)
    .bind(body)
    .bind(new_message_id()?)
    .bind(joins.map(|joins| joins.topic))
    .bind(joins.map(|joins| joins.line))
    .bind(joins.map(|joins| joins.about))
    .execute(conn)
    .await
    .context("an email can't be put into the outbox")?;
    Ok(done.last_insert_rowid())
}

/// Takes out what tells of something that is no more.
pub async fn withdraw(conn: &mut SqliteConnection, about: &str) -> Result<()> {
    sqlx::query("DELETE FROM outbox WHERE about = ?1")
        .bind(about)
        .execute(conn)
        .await
        .context("an email can't be withdrawn from the outbox")?;
    Ok(())
}

/// The email to try next. What failed least often comes first, so that a bad email delays no other.
pub async fn due(conn: &mut SqliteConnection, now: Timestamp) -> Result<Option<Waiting>> {
    due_except(conn, &[], now).await
}

/// The same, leaving out topics that are held.
pub(super) async fn due_except(
    conn: &mut SqliteConnection,
    held: &[&str],
    now: Timestamp,
) -> Result<Option<Waiting>> {
    Ok(due_where(conn, None, held, 1, now).await?.pop())
}

/// The emails of one topic that are due and were not tried yet, the oldest first.
pub async fn due_of(
    conn: &mut SqliteConnection,
    topic: &str,
    most: i64,
    now: Timestamp,
) -> Result<Vec<Waiting>> {
    let mut rows = due_where(conn, Some(topic), &[], most, now).await?;
    rows.sort_by_key(|row| row.id);
    Ok(rows)
}

async fn due_where(
    conn: &mut SqliteConnection,
    topic: Option<&str>,
    except: &[&str],
    most: i64,
    now: Timestamp,
) -> Result<Vec<Waiting>> {
    // A wait that began in the future is the trace of a clock that was put back: it is over.
    let rows: Vec<Columns> = sqlx::query_as(
        "SELECT id, attempts, subject, body, message_id, topic, line, parcel FROM outbox
         WHERE (due_at <= ?1 OR waits_since > ?1) AND (?2 IS NULL OR (topic = ?2 AND parcel IS NULL))
           AND (topic IS NULL OR topic NOT IN (SELECT value FROM json_each(?4)))
         ORDER BY attempts, id LIMIT ?3",
    )
    .bind(now.as_millisecond())
    .bind(topic)
    .bind(most)
    .bind(serde_json::to_string(except)?)
    .fetch_all(conn)
    .await
    .context("the outbox can't be read")?;
    Ok(rows.into_iter().map(Waiting::of).collect())
}

/// What was tried under this Message-ID, the oldest first.
pub(super) async fn of_parcel(conn: &mut SqliteConnection, parcel: &str) -> Result<Vec<Waiting>> {
    let rows: Vec<Columns> = sqlx::query_as(
        "SELECT id, attempts, subject, body, message_id, topic, line, parcel FROM outbox WHERE parcel = ?1 ORDER BY id",
    )
    .bind(parcel)
    .fetch_all(conn)
    .await
    .context("the outbox can't be read")?;
    Ok(rows.into_iter().map(Waiting::of).collect())
}

/// Notes under which Message-ID these are about to be tried.
pub(super) async fn pack(conn: &mut SqliteConnection, ids: &[i64], parcel: &str) -> Result<()> {
    sqlx::query("UPDATE outbox SET parcel = ?2 WHERE id IN (SELECT value FROM json_each(?1))")
        .bind(serde_json::to_string(ids)?)
        .bind(parcel)
        .execute(conn)
        .await
        .context("emails can't be packed")?;
    Ok(())
}

/// Lets the emails of a topic that are due wait for the next digest.
pub async fn postpone(
    conn: &mut SqliteConnection,
    topic: &str,
    until: Timestamp,
    now: Timestamp,
) -> Result<()> {
    sqlx::query(
        "UPDATE outbox SET waits_since = ?2, due_at = ?3
         WHERE topic = ?1 AND (due_at <= ?2 OR waits_since > ?2)",
    )
    .bind(topic)
    .bind(now.as_millisecond())
    .bind(until.as_millisecond())
    .execute(conn)
    .await
    .context("emails can't be postponed")?;
    Ok(())
}

/// They go out anew, alone or with others: it is certain that the server has none of them.
pub(super) async fn unpack(conn: &mut SqliteConnection, ids: &[i64]) -> Result<()> {
    sqlx::query("UPDATE outbox SET parcel = NULL WHERE id IN (SELECT value FROM json_each(?1))")
        .bind(serde_json::to_string(ids)?)
        .execute(conn)
        .await
        .context("emails can't be unpacked")?;
    Ok(())
}

/// The server has these emails: their rows go. What waits after a failure is due at once, since the server works again;
/// what only waited with the others, and may have to wait for a digest, is no trouble any more.
pub async fn accepted(conn: &mut SqliteConnection, ids: &[i64], now: Timestamp) -> Result<()> {
    sqlx::query("DELETE FROM outbox WHERE id IN (SELECT value FROM json_each(?1))")
        .bind(serde_json::to_string(ids)?)
        .execute(&mut *conn)
        .await
        .context("accepted emails can't be taken out of the outbox")?;
    way::opened(&mut *conn, now).await?;
    sqlx::query("UPDATE outbox SET due_at = ?1 WHERE due_at > ?1 AND attempts > 0")
        .bind(now.as_millisecond())
        .execute(&mut *conn)
        .await
        .context("waiting emails can't be made due")?;
    sqlx::query(
        "UPDATE outbox SET attempts = 0, last_reply = NULL, refused = 0
         WHERE attempts > 0 AND topic IS NOT NULL AND parcel IS NULL",
    )
    .execute(conn)
    .await
    .context("waiting emails can't be cleared of their trouble")?;
    Ok(())
}

/// Notes a failed attempt and when the next one comes. Trouble that would meet every email postpones all that are due,
/// so that a dead server sees one connection and not one for each.
pub async fn failed(
    conn: &mut SqliteConnection,
    ids: &[i64],
    error: &SendError,
    now: Timestamp,
) -> Result<()> {
    let affects_every = error.affects() == Affects::EveryEmail;
    // Somebody new must not make those that have waited long ask more often.
    let before: Option<i64> = sqlx::query_scalar(
        "SELECT max(attempts) FROM outbox
         WHERE id IN (SELECT value FROM json_each(?1)) OR (?3 AND (due_at <= ?2 OR waits_since > ?2))",
    )
    .bind(serde_json::to_string(ids)?)
    .bind(now.as_millisecond())
    .bind(affects_every)
    .fetch_one(&mut *conn)
    .await
    .context("the outbox can't be read")?;
    let Some(before) = before else { return Ok(()) };
    let attempts = before.saturating_add(1);
    let due_at = now.saturating_add(pause(attempts, error.is_permanent(), chance()))?;
    let sql = if affects_every {
        "UPDATE outbox
         SET attempts = max(attempts, ?3), waits_since = ?2, due_at = ?4, last_reply = ?5, refused = ?6
         WHERE id IN (SELECT value FROM json_each(?1)) OR due_at <= ?2 OR waits_since > ?2"
    } else {
        "UPDATE outbox
         SET attempts = max(attempts, ?3), waits_since = ?2, due_at = ?4, last_reply = ?5, refused = ?6
         WHERE id IN (SELECT value FROM json_each(?1))"
    };
    sqlx::query(sql)
        .bind(serde_json::to_string(ids)?)
        .bind(now.as_millisecond())
        .bind(attempts)
        .bind(due_at.as_millisecond())
        .bind(error.reply())
        .bind(error.is_permanent())
        .execute(conn)
        .await
        .context("a failed attempt can't be noted in the outbox")?;
    Ok(())
}

/// When the next email comes due; nothing where none waits. In the past or `now`: there is one to send.
pub async fn next_due(conn: &mut SqliteConnection, now: Timestamp) -> Result<Option<Timestamp>> {
    let waits = next_due_by_topic(conn, now).await?;
    Ok(waits.into_iter().map(|(_, due)| due).min())
}

/// The same for each topic, and for the emails without one.
pub(super) async fn next_due_by_topic(
    conn: &mut SqliteConnection,
    now: Timestamp,
) -> Result<Vec<(Option<String>, Timestamp)>> {
    let rows: Vec<(Option<String>, i64)> = sqlx::query_as(
        "SELECT topic, min(CASE WHEN waits_since > ?1 THEN ?1 ELSE due_at END) FROM outbox GROUP BY topic",
    )
    .bind(now.as_millisecond())
    .fetch_all(conn)
    .await
    .context("the outbox can't be read")?;
    let due = |(topic, ms): (Option<String>, i64)| {
        Ok((topic, Timestamp::from_millisecond(ms).context("a time in the outbox is out of range")?))
    };
    rows.into_iter().map(due).collect()
}

/// 128 random bits: nothing in it tells which inquiry an email is about.
fn new_message_id() -> Result<String> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).context("the operating system gives no randomness")?;
    Ok(BASE32_NOPAD.encode(&bytes).to_lowercase())
}
