//! The table `outbox`: the only place that reads or writes it.

use anyhow::{Context, Result};
use data_encoding::BASE32HEX_NOPAD;
use jiff::Timestamp;
use sqlx::{QueryBuilder, SqliteConnection};

use super::backoff::{chance, pause};
use super::way;
use crate::db::REMEMBERED;
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

/// An email that may be joined with others of its topic, and be withdrawn.
#[derive(Debug, Clone, Copy)]
pub struct Joinable<'a> {
    pub subject: &'a str,
    pub body: &'a str,
    pub topic: &'a str,
    /// What a digest says of this email.
    pub line: &'a str,
    /// Names what it tells of; see [`withdraw`].
    pub about: &'a str,
    /// When what it tells of happened: it waits since then.
    pub at: Timestamp,
}

/// Puts an email into the queue and returns its id. Wake the worker after the commit.
pub async fn enqueue(conn: &mut SqliteConnection, subject: &str, body: &str, now: Timestamp) -> Result<i64> {
    let done = sqlx::query(
        "INSERT INTO outbox (created_at, subject, body, message_id, waits_since, due_at) VALUES (?1, ?2, ?3, ?4, ?1, ?1)",
    )
    .bind(now.as_millisecond())
    .bind(subject)
    .bind(body)
    .bind(new_message_id(now)?)
    .execute(conn)
    .await
    .context("an email can't be put into the outbox")?;
    Ok(done.last_insert_rowid())
}

/// The same for emails that may be joined with others of their topic, in one statement.
pub async fn enqueue_joinable(conn: &mut SqliteConnection, emails: &[Joinable<'_>]) -> Result<()> {
    if emails.is_empty() {
        return Ok(());
    }
    let message_ids: Vec<String> =
        emails.iter().map(|email| new_message_id(email.at)).collect::<Result<_>>()?;
    let mut insert = QueryBuilder::new(
        "INSERT INTO outbox (created_at, waits_since, due_at, subject, body, message_id, topic, line, about) ",
    );
    insert.push_values(emails.iter().zip(&message_ids), |mut values, (email, message_id)| {
        for _ in ["created_at", "waits_since", "due_at"] {
            values.push_bind(email.at.as_millisecond());
        }
        for text in [email.subject, email.body, message_id, email.topic, email.line, email.about] {
            values.push_bind(text);
        }
    });
    let query = insert.build().persistent(emails.len() <= REMEMBERED);
    query.execute(conn).await.context("emails can't be put into the outbox")?;
    Ok(())
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
    due_except(conn, &[], false, now).await
}

/// The same, leaving out topics that are held, but for what was tried before: it comes again as it was. With `tried`, only
/// what has failed before.
pub(super) async fn due_except(
    conn: &mut SqliteConnection,
    held: &[&str],
    tried: bool,
    now: Timestamp,
) -> Result<Option<Waiting>> {
    // A wait that began in the future is the trace of a clock that was put back: it is over.
    let row: Option<Columns> = sqlx::query_as(
        "SELECT id, attempts, subject, body, message_id, topic, line, parcel FROM outbox WHERE id = (
           SELECT id FROM outbox
           WHERE (due_at <= ?1 OR waits_since > ?1)
             AND (topic IS NULL OR parcel IS NOT NULL OR topic NOT IN (SELECT value FROM json_each(?2)))
             AND (attempts > 0 OR NOT ?3)
           ORDER BY attempts, id LIMIT 1)",
    )
    .bind(now.as_millisecond())
    .bind(serde_json::to_string(held)?)
    .bind(tried)
    .fetch_optional(conn)
    .await
    .context("the outbox can't be read")?;
    Ok(row.map(Waiting::of))
}

/// The emails of one topic that are due and were not tried yet, the oldest first.
pub async fn due_of(
    conn: &mut SqliteConnection,
    topic: &str,
    most: i64,
    now: Timestamp,
) -> Result<Vec<Waiting>> {
    let rows: Vec<Columns> = sqlx::query_as(
        "SELECT id, attempts, subject, body, message_id, topic, line, parcel FROM outbox WHERE id IN (
           SELECT id FROM outbox
           WHERE (due_at <= ?1 OR waits_since > ?1) AND topic = ?2 AND parcel IS NULL
           ORDER BY attempts, id LIMIT ?3)
         ORDER BY id",
    )
    .bind(now.as_millisecond())
    .bind(topic)
    .bind(most)
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

/// Lets the emails of a topic that are due, and were not tried yet, wait for the next digest.
pub async fn postpone(
    conn: &mut SqliteConnection,
    topic: &str,
    until: Timestamp,
    now: Timestamp,
) -> Result<()> {
    sqlx::query(
        "UPDATE outbox SET waits_since = ?2, due_at = ?3 WHERE id IN (
           SELECT id FROM outbox
           WHERE topic = ?1 AND parcel IS NULL AND (due_at <= ?2 OR waits_since > ?2))",
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

/// When the next of those emails comes due that are not due yet; nothing where none waits.
pub(super) async fn next_due(conn: &mut SqliteConnection, now: Timestamp) -> Result<Option<Timestamp>> {
    let due: Option<i64> = sqlx::query_scalar("SELECT min(due_at) FROM outbox WHERE due_at > ?1")
        .bind(now.as_millisecond())
        .fetch_one(conn)
        .await
        .context("the outbox can't be read")?;
    due.map(Timestamp::from_millisecond).transpose().context("a time in the outbox is out of range")
}

/// The time and 80 random bits, so that it is unique, and new ones stand beside each other in the index. Nothing in it
/// tells which inquiry an email is about.
fn new_message_id(now: Timestamp) -> Result<String> {
    let mut bytes = [0_u8; 16];
    bytes[..6].copy_from_slice(&now.as_millisecond().to_be_bytes()[2..]);
    getrandom::fill(&mut bytes[6..]).context("the operating system gives no randomness")?;
    Ok(BASE32HEX_NOPAD.encode(&bytes).to_lowercase())
}
