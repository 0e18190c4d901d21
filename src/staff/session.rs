//! Sessions: from a sign-in until 15 minutes of quiet, 12 hours, or a sign-out (SEC-07 to SEC-09).
//!
//! Writes `sessions`. A row holds the private key encrypted under a key derived from the cookie, so that a restart signs
//! nobody out and a stolen database opens nothing.

use anyhow::{Context, Result, ensure};
use sqlx::{Row, SqliteConnection};
use zeroize::Zeroizing;

use super::keys;
use super::people::{Person, person_from};
use super::second_factor::Seed;
use super::token::Token;
use crate::audit::{By, Entry, Outcome, record};
use crate::seal::{PrivateKey, unwrap_key, wrap};

/// Quiet after which a session ends.
pub const IDLE: i64 = 15 * 60_000;
/// The longest a session lasts.
pub const ABSOLUTE: i64 = 12 * 60 * 60_000;
/// A session with longer to go is the trace of a clock that was put back, and is over: else it would last for years.
const LONGEST_TO_GO: i64 = ABSOLUTE + IDLE;
/// A session that was touched this recently need not be written again.
const TOUCH_EVERY: i64 = 30_000;

const HOLDER: &str = "session";

/// Somebody who is signed in. Nothing but a right cookie makes one.
#[derive(Debug)]
pub struct Session {
    pub id: i64,
    pub person: Person,
    pub private: PrivateKey,
    /// A seed whose first code is still awaited. Where a second factor is required, nothing but that code may be asked
    /// for until it has come.
    pub enrolling: Option<Seed>,
    /// Whether a recovery code was shown that is still to be typed back.
    pub recovery_to_confirm: bool,
    pub ends_at: i64,
    seen_at: i64,
}

/// A session in the list of one's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub id: i64,
    pub device: String,
    pub started_at: i64,
    pub seen_at: i64,
}

/// What a new session is made from.
pub struct NewSession<'a> {
    pub staff_id: i64,
    pub private: &'a PrivateKey,
    pub enrolling: Option<&'a Seed>,
    /// The end of the recovery code that was just shown, where one was.
    pub recovery_ending: Option<&'a str>,
    pub device: &'a str,
}

/// Starts a session and gives what its cookie holds. Always a new secret: one that the browser brings is never taken.
pub async fn start(conn: &mut SqliteConnection, new: NewSession<'_>, now: i64) -> Result<Zeroizing<String>> {
    let token = Token::generate()?;
    let under = token.wrapping()?;
    let enrolling = new.enrolling.map(|seed| seed.lock(&under, HOLDER)).transpose()?;
    let check = new.recovery_ending.map(|ending| token.digest_of(ending)).transpose()?;
    sqlx::query(
        "INSERT INTO sessions
             (staff_id, token_hash, wrapped, enrolling, recovery_check, device, started_at, seen_at, ends_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(new.staff_id)
    .bind(&token.hash()[..])
    .bind(wrap(&under, new.private, HOLDER)?)
    .bind(enrolling)
    .bind(check.as_ref().map(|check| &check[..]))
    .bind(new.device)
    .bind(now)
    .bind(now)
    .bind(now + ABSOLUTE)
    .execute(conn)
    .await
    .context("starting a session")?;
    Ok(token.cookie())
}

/// The session of a cookie, if it is still on. Reads only; see [`touch`].
///
/// # Errors
/// Also where the session's key is not the practice's: then somebody has changed the database.
pub async fn find(conn: &mut SqliteConnection, cookie: &str, now: i64) -> Result<Option<Session>> {
    let Some(token) = Token::parse(cookie) else { return Ok(None) };
    let row = sqlx::query(
        "SELECT staff.*, sessions.id AS session_id, wrapped, enrolling, recovery_check, seen_at, ends_at
         FROM sessions JOIN staff ON staff.id = sessions.staff_id
         WHERE token_hash = ?1 AND disabled_at IS NULL AND seen_at > ?2 AND ends_at > ?3 AND ends_at <= ?4",
    )
    .bind(&token.hash()[..])
    .bind(now - IDLE)
    .bind(now)
    .bind(now + LONGEST_TO_GO)
    .fetch_optional(&mut *conn)
    .await
    .context("reading a session")?;
    let Some(row) = row else { return Ok(None) };
    let under = token.wrapping()?;
    let private = unwrap_key(&under, row.try_get("wrapped")?, HOLDER).context("a session is damaged")?;
    ensure!(private.public() == keys::current(conn).await?, "the practice's key was exchanged");
    let enrolling: Option<Vec<u8>> = row.try_get("enrolling")?;
    Ok(Some(Session {
        id: row.try_get("session_id")?,
        person: person_from(&row)?,
        private,
        enrolling: enrolling.and_then(|locked| Seed::unlock(&under, HOLDER, &locked)),
        recovery_to_confirm: row.try_get::<Option<Vec<u8>>, _>("recovery_check")?.is_some(),
        ends_at: row.try_get("ends_at")?,
        seen_at: row.try_get("seen_at")?,
    }))
}

impl Session {
    /// Whether [`touch`] is due; not more often than every 30 seconds, to spare the disk.
    pub fn touch_is_due(&self, now: i64) -> bool {
        now - self.seen_at >= TOUCH_EVERY
    }
}

/// Notes that the session is in use, which keeps it on for another 15 minutes.
pub async fn touch(conn: &mut SqliteConnection, id: i64, now: i64) -> Result<()> {
    sqlx::query("UPDATE sessions SET seen_at = max(seen_at, ?) WHERE id = ?")
        .bind(now)
        .bind(id)
        .execute(conn)
        .await
        .context("noting that a session is in use")?;
    Ok(())
}

/// Whether the session was not ended meanwhile, for changes that rest on one that was found before the transaction.
pub(super) async fn is_on(conn: &mut SqliteConnection, id: i64) -> Result<bool> {
    sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM sessions WHERE id = ?)")
        .bind(id)
        .fetch_one(conn)
        .await
        .context("reading a session")
}

/// Ends one session of a person; false where it is not there or not theirs.
pub async fn end(conn: &mut SqliteConnection, by: By<'_>, staff_id: i64, id: i64, now: i64) -> Result<bool> {
    let ended = sqlx::query("DELETE FROM sessions WHERE id = ? AND staff_id = ?")
        .bind(id)
        .bind(staff_id)
        .execute(&mut *conn)
        .await
        .context("ending a session")?;
    if ended.rows_affected() == 0 {
        return Ok(false);
    }
    let holder = keys::holder_of(staff_id);
    let entry =
        Entry { by, event: "signed out", target: Some(&holder), outcome: Outcome::Done, detail: None };
    record(conn, entry, now).await?;
    Ok(true)
}

/// Ends all sessions of a person, except one where that is wanted. The caller writes down why.
pub async fn end_all_of(conn: &mut SqliteConnection, staff_id: i64, except: Option<i64>) -> Result<u64> {
    let ended = sqlx::query("DELETE FROM sessions WHERE staff_id = ? AND id IS NOT ?")
        .bind(staff_id)
        .bind(except)
        .execute(conn)
        .await
        .context("ending the sessions of a person")?;
    Ok(ended.rows_affected())
}

/// Ends every session of a person at their own wish.
pub async fn end_everywhere(conn: &mut SqliteConnection, by: By<'_>, staff_id: i64, now: i64) -> Result<u64> {
    let ended = end_all_of(conn, staff_id, None).await?;
    let holder = keys::holder_of(staff_id);
    let detail = Some("everywhere");
    let entry = Entry { by, event: "signed out", target: Some(&holder), outcome: Outcome::Done, detail };
    record(conn, entry, now).await?;
    Ok(ended)
}

/// Ends every session of everybody. The caller writes down why.
pub async fn end_all(conn: &mut SqliteConnection) -> Result<u64> {
    let ended = sqlx::query("DELETE FROM sessions").execute(conn).await.context("ending all sessions")?;
    Ok(ended.rows_affected())
}

/// Deletes what has run out, for housekeeping.
pub async fn sweep(conn: &mut SqliteConnection, now: i64) -> Result<u64> {
    let ended = sqlx::query("DELETE FROM sessions WHERE seen_at <= ?1 OR ends_at <= ?2 OR ends_at > ?3")
        .bind(now - IDLE)
        .bind(now)
        .bind(now + LONGEST_TO_GO)
        .execute(conn)
        .await
        .context("clearing away old sessions")?;
    Ok(ended.rows_affected())
}

/// The sessions of a person that are on, the latest first.
pub async fn list(conn: &mut SqliteConnection, staff_id: i64, now: i64) -> Result<Vec<Listed>> {
    let rows = sqlx::query(
        "SELECT id, device, started_at, seen_at FROM sessions
         WHERE staff_id = ?1 AND seen_at > ?2 AND ends_at > ?3 AND ends_at <= ?4 ORDER BY seen_at DESC, id DESC",
    )
    .bind(staff_id)
    .bind(now - IDLE)
    .bind(now)
    .bind(now + LONGEST_TO_GO)
    .fetch_all(conn)
    .await
    .context("reading the sessions of a person")?;
    let listed = |row: &sqlx::sqlite::SqliteRow| {
        Ok(Listed {
            id: row.try_get("id")?,
            device: row.try_get("device")?,
            started_at: row.try_get("started_at")?,
            seen_at: row.try_get("seen_at")?,
        })
    };
    rows.iter().map(listed).collect()
}
