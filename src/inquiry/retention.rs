//! Which inquiries have been kept long enough, and the nightly erasing of them.
//!
//! What is open is never erased by the clock. Nothing is erased while the clock can't be trusted, or where so much would
//! go at once that a mistake is likelier than a busy month; a person can then confirm it.

use anyhow::{Context, Result, anyhow};
use jiff::{SignedDuration, Timestamp};
use sqlx::SqliteConnection;

use super::erase::{Reason, erase};
use super::reference::Reference;
use super::regular;
use super::status::Status;
use super::timeline::{self, NewEvent, Step};
use crate::audit::{By, Entry, Outcome, record};
use crate::content::practice::Retention;
use crate::db::Db;

/// How long before it is erased an inquiry stands in the list.
const NOTICE_DAYS: i64 = 7;
/// One transaction erases this many, so that nobody waits long for the disk.
const BATCH: i64 = 100;
/// Up to this many go without a question, however few there are.
const FEW: i64 = 10;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// An inquiry that is soon erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaving {
    pub reference: Reference,
    pub status: Status,
    pub erased_at: Timestamp,
}

/// Why nothing is erased at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    ClockMoved { until: Timestamp },
    TooMany { due: i64, of: i64 },
}

/// What a night came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Night {
    Erased(u64),
    Held(Hold),
}

/// What is erased within the next seven days if nobody keeps it, the next first.
///
/// # Errors
/// When the database can't be read.
pub async fn leaving(conn: &mut SqliteConnection, kept: &Retention, now: Timestamp) -> Result<Vec<Leaving>> {
    let until = now.as_millisecond() + NOTICE_DAYS * DAY_MS;
    let rows = ending(conn, kept, until, i64::MAX).await?;
    let leaving = |(reference, status, erased_at): (String, String, i64)| {
        let reference = reference.parse().map_err(|_| anyhow!("a reference in the database is none"))?;
        let status = Status::named(&status).context("a status in the database is none")?;
        Ok(Leaving { reference, status, erased_at: Timestamp::from_millisecond(erased_at)? })
    };
    rows.into_iter().map(leaving).collect()
}

/// Whether something keeps the clock from erasing what of [`leaving`] is due; nothing where all is well or nothing is due.
///
/// # Errors
/// When the database can't be read.
pub async fn hold(conn: &mut SqliteConnection, leaving: &[Leaving], now: Timestamp) -> Result<Option<Hold>> {
    let due = leaving.iter().filter(|leaving| leaving.erased_at <= now).count() as i64;
    if due == 0 {
        return Ok(None);
    }
    if let Some(until) = regular::distrusted_until(conn, now).await? {
        return Ok(Some(Hold::ClockMoved { until }));
    }
    let of: i64 = sqlx::query_scalar("SELECT count(*) FROM inquiries")
        .fetch_one(conn)
        .await
        .context("counting inquiries")?;
    Ok((due > FEW && due * 5 > of).then_some(Hold::TooMany { due, of }))
}

/// Erases what is due, unless something is odd about it; that is written down.
///
/// # Errors
/// When the disk or the database refuses. What was erased until then is erased.
pub async fn run(db: &Db, kept: &Retention, by: By<'_>, now: Timestamp) -> Result<Night> {
    let mut read = db.read().await?;
    let leaving = leaving(&mut read, kept, now).await?;
    let held = hold(&mut read, &leaving, now).await?;
    drop(read);
    let Some(held) = held else { return Ok(Night::Erased(erase_due(db, kept, by, now).await?)) };
    let detail = match held {
        Hold::ClockMoved { .. } => "the clock moved".to_owned(),
        Hold::TooMany { due, of } => format!("{due} of {of} at once"),
    };
    tracing::warn!("nothing is erased although it is due: {detail}");
    let mut write = db.begin().await?;
    let entry =
        Entry { by, event: "retention", target: None, outcome: Outcome::Refused, detail: Some(&detail) };
    record(&mut write, entry, now.as_millisecond()).await?;
    write.commit().await.context("writing the ledger")?;
    Ok(Night::Held(held))
}

/// Erases what is due without a further question, and returns how much that was.
///
/// # Errors
/// As `run`.
pub async fn erase_due(db: &Db, kept: &Retention, by: By<'_>, now: Timestamp) -> Result<u64> {
    let mut erased = 0;
    loop {
        let mut write = db.begin().await?;
        let batch = ending(&mut write, kept, now.as_millisecond(), BATCH).await?;
        if batch.is_empty() {
            return Ok(erased);
        }
        for (reference, ..) in batch {
            let reference = reference.parse().map_err(|_| anyhow!("a reference in the database is none"))?;
            erase(&mut write, by, &reference, Reason::TimeIsOver, now).await?;
            erased += 1;
        }
        write.commit().await.context("erasing inquiries")?;
    }
}

/// Keeps an inquiry for as long again, from now on. False where it is not there or still open. It counts as a change, so
/// that nobody takes it back together with an earlier one.
///
/// # Errors
/// When the disk or the database refuses.
pub async fn keep(
    conn: &mut SqliteConnection,
    by: By<'_>,
    staff_id: i64,
    reference: &Reference,
    periods: &Retention,
    now: Timestamp,
) -> Result<bool> {
    let at = now.as_millisecond();
    let kept: Option<(i64, i64)> = sqlx::query_as(
        "UPDATE inquiries SET version = version + 1,
             keep_until = ?2 + CASE status WHEN 'spam' THEN ?4 ELSE ?3 END
         WHERE reference = ?1 AND status IN ('closed', 'referred-out', 'became-client', 'spam') RETURNING id, version",
    )
    .bind(reference.as_str())
    .bind(at)
    .bind(ms(periods.closed_days))
    .bind(ms(periods.spam_days))
    .fetch_optional(&mut *conn)
    .await
    .context("keeping an inquiry")?;
    let Some((id, version)) = kept else { return Ok(false) };
    let event = NewEvent { staff_id: Some(staff_id), step: Step::Kept, sealed: None, version, before: None };
    timeline::add(conn, id, event, now).await?;
    let target = Some(reference.as_str());
    record(conn, Entry { by, event: "kept", target, outcome: Outcome::Done, detail: None }, at).await?;
    Ok(true)
}

/// Reference, status and time of erasure of what is erased until then, the first first.
async fn ending(
    conn: &mut SqliteConnection,
    kept: &Retention,
    until: i64,
    most: i64,
) -> Result<Vec<(String, String, i64)>> {
    let query = sqlx::query_as(
        "SELECT * FROM (
             SELECT reference, status, max(coalesce(keep_until, 0), CASE status
                 WHEN 'spam' THEN last_activity_at + ?2
                 ELSE coalesce(closed_at, last_activity_at) + ?1 END) AS erased_at
             FROM inquiries WHERE status IN ('closed', 'referred-out', 'became-client', 'spam'))
         WHERE erased_at <= ?3 ORDER BY erased_at, reference LIMIT ?4",
    );
    query
        .bind(ms(kept.closed_days))
        .bind(ms(kept.spam_days))
        .bind(until)
        .bind(most)
        .fetch_all(conn)
        .await
        .context("looking for inquiries that were kept long enough")
}

fn ms(days: u16) -> i64 {
    i64::try_from(SignedDuration::from_hours(24 * i64::from(days)).as_millis()).unwrap_or(i64::MAX)
}
