//! The table `mail_way`: whether emails would reach the practice, known also on days when none has to go (REL-26).
//!
//! The only place that reads or writes it. An accepted email proves the way; where none was accepted for a day, the
//! worker walks it without one.

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp};
use sqlx::SqliteConnection;

use crate::mail::Blocked;

/// A way that nobody went for this long is walked without an email.
const PROVE_EVERY: SignedDuration = SignedDuration::from_hours(24);
/// A way that is closed is tried again this often.
const TRY_AGAIN: SignedDuration = SignedDuration::from_hours(1);

/// What is known of the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// When the other side last took an email, or would have.
    pub open_at: Option<Timestamp>,
    /// Where the last walk ended too early.
    pub closed: Option<Closed>,
    walked_at: Option<Timestamp>,
}

/// Where the way ends too early. All of it is safe to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    pub since: Timestamp,
    /// How far the last walk came: `naming the recipient`.
    pub stage: String,
    pub reply: String,
    /// The server refused for good, so somebody has to change something.
    pub refused: bool,
}

impl Way {
    /// Whether it is time to walk it. `own` is the last walk since the program started: a program that was started anew
    /// may have been given what the closed way needed.
    pub(super) fn is_to_be_walked(&self, own: Option<Timestamp>, now: Timestamp) -> bool {
        let long_ago = |at: Option<Timestamp>, wait: SignedDuration| {
            // Either way: a time in the future is the trace of a clock that was put back.
            at.is_none_or(|at| now.duration_since(at).abs() >= wait)
        };
        match self.closed {
            // Asked twice, since a walk that can't be stored must not be taken every minute.
            Some(_) => {
                own.is_none()
                    || self.walked_at.is_none()
                    || (long_ago(self.walked_at, TRY_AGAIN) && long_ago(own, TRY_AGAIN))
            }
            None => long_ago(self.open_at, PROVE_EVERY) && long_ago(own, TRY_AGAIN),
        }
    }
}

/// What is known of the way at the moment.
pub async fn way(conn: &mut SqliteConnection) -> Result<Way> {
    type Columns = (Option<i64>, Option<i64>, Option<i64>, Option<String>, Option<String>, bool);
    let row: Columns = sqlx::query_as(
        "SELECT open_at, closed_since, walked_at, stage, reply, refused FROM mail_way WHERE id = 1",
    )
    .fetch_one(conn)
    .await
    .context("what is known of the way of emails can't be read")?;
    let (open_at, closed_since, walked_at, stage, reply, refused) = row;
    let time = |ms: Option<i64>| ms.map(Timestamp::from_millisecond).transpose();
    let closed = time(closed_since)?.map(|since| Closed {
        since,
        stage: stage.unwrap_or_default(),
        reply: reply.unwrap_or_default(),
        refused,
    });
    Ok(Way { open_at: time(open_at)?, closed, walked_at: time(walked_at)? })
}

/// Writes down that an email went the whole way, or could have.
pub(super) async fn opened(conn: &mut SqliteConnection, now: Timestamp) -> Result<()> {
    sqlx::query(
        "UPDATE mail_way SET open_at = ?1, closed_since = NULL, stage = NULL, reply = NULL, refused = 0
         WHERE id = 1",
    )
    .bind(now.as_millisecond())
    .execute(conn)
    .await
    .context("that the way of emails is open can't be noted")?;
    Ok(())
}

/// Writes down how a walk ended.
pub(super) async fn walked(
    conn: &mut SqliteConnection,
    walk: &Result<(), Blocked>,
    now: Timestamp,
) -> Result<()> {
    let Err(blocked) = walk else { return opened(conn, now).await };
    sqlx::query(
        "UPDATE mail_way SET closed_since = min(coalesce(closed_since, ?1), ?1), walked_at = ?1,
             stage = ?2, reply = ?3, refused = ?4
         WHERE id = 1",
    )
    .bind(now.as_millisecond())
    .bind(blocked.stage.to_string())
    .bind(blocked.reply())
    .bind(blocked.is_refused())
    .execute(conn)
    .await
    .context("that the way of emails is closed can't be noted")?;
    Ok(())
}

/// Has a closed way walked again at once. Wake the worker after the commit.
pub(super) async fn walk_again(conn: &mut SqliteConnection) -> Result<()> {
    sqlx::query("UPDATE mail_way SET walked_at = NULL WHERE id = 1")
        .execute(conn)
        .await
        .context("another walk can't be asked for")?;
    Ok(())
}
