//! The table `housekeeping`: when each regular task was last done, and whether the clock can be trusted.
//!
//! Its times survive restarts, so that nothing is done twice; and a clock that jumped stops what can't be undone.

use anyhow::{Context, Result};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use sqlx::SqliteConnection;

/// A clock that moves further than this at once is not believed. It is believed again after running on for as long.
pub const JUMP: SignedDuration = SignedDuration::from_hours(48);
/// How often the clock's time is written down.
const NOTE_EVERY: SignedDuration = SignedDuration::from_hours(1);

/// What is done regularly. A row of the table is called so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// The time as it was last seen.
    Clock,
    /// When the clock last jumped.
    ClockJumped,
    DailyEmail,
    Retention,
    Backup,
    /// When the practice was last told of something odd.
    ToldOfFailedSignIns,
    ToldOfManyOpened,
    ToldOfNoCopy,
}

impl Task {
    fn name(self) -> &'static str {
        match self {
            Self::Clock => "clock",
            Self::ClockJumped => "clock-jumped",
            Self::DailyEmail => "daily-email",
            Self::Retention => "retention",
            Self::Backup => "backup",
            Self::ToldOfFailedSignIns => "told-of-failed-sign-ins",
            Self::ToldOfManyOpened => "told-of-many-opened",
            Self::ToldOfNoCopy => "told-of-no-copy",
        }
    }
}

/// When it was last done.
pub async fn last(conn: &mut SqliteConnection, task: Task) -> Result<Option<Timestamp>> {
    let at: Option<i64> = sqlx::query_scalar("SELECT at FROM housekeeping WHERE name = ?")
        .bind(task.name())
        .fetch_optional(conn)
        .await
        .context("reading when a regular task was done")?;
    at.map(|at| Timestamp::from_millisecond(at).context("a time of a regular task is out of range"))
        .transpose()
}

/// Writes down that it is done now.
pub async fn note(conn: &mut SqliteConnection, task: Task, now: Timestamp) -> Result<()> {
    sqlx::query(
        "INSERT INTO housekeeping (name, at) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET at = ?2",
    )
    .bind(task.name())
    .bind(now.as_millisecond())
    .execute(conn)
    .await
    .context("writing down when a regular task was done")?;
    Ok(())
}

/// Whether a task that is done once a day, from this hour on, is to be done now.
pub fn is_due(last: Option<Timestamp>, from_hour: i8, zone: &TimeZone, now: Timestamp) -> bool {
    let local = now.to_zoned(zone.clone());
    let done = last.is_some_and(|last| last.to_zoned(zone.clone()).date() >= local.date());
    local.hour() >= from_hour && !done
}

/// Whether [`look_at_clock`] has something to write.
pub async fn clock_is_to_be_noted(conn: &mut SqliteConnection, now: Timestamp) -> Result<bool> {
    let last = last(conn, Task::Clock).await?;
    Ok(last.is_none_or(|last| now.duration_since(last).abs() >= NOTE_EVERY))
}

/// Compares the clock with when it was last seen and with the newest row, and writes down a jump.
pub async fn look_at_clock(conn: &mut SqliteConnection, now: Timestamp) -> Result<()> {
    let seen = last(conn, Task::Clock).await?;
    let newest = newest_row(conn, now).await?;
    let ahead = seen.max(newest).is_some_and(|before| now.duration_since(before) > JUMP);
    let back = seen.is_some_and(|before| before.duration_since(now) > JUMP);
    if ahead || back {
        tracing::warn!("the clock moved by more than two days, so nothing is erased for the next two");
        note(conn, Task::ClockJumped, now).await?;
    }
    if back {
        // Tasks that were done "in the future" would never be due again.
        sqlx::query("UPDATE housekeeping SET at = ?1 WHERE at > ?1")
            .bind(now.as_millisecond())
            .execute(&mut *conn)
            .await
            .context("putting regular tasks back")?;
    }
    note(conn, Task::Clock, now).await
}

/// Until when the clock is not believed; nothing where it is.
pub async fn distrusted_until(conn: &mut SqliteConnection, now: Timestamp) -> Result<Option<Timestamp>> {
    let Some(jumped) = last(conn, Task::ClockJumped).await? else { return Ok(None) };
    let until = jumped.saturating_add(JUMP)?;
    Ok((now < until).then_some(until))
}

/// When anything was first written down that has to be kept; nothing in an empty database.
pub async fn first_row(conn: &mut SqliteConnection) -> Result<Option<Timestamp>> {
    let first: Option<i64> = sqlx::query_scalar(
        "SELECT min(at) FROM (SELECT at FROM audit WHERE seq = 1 UNION ALL SELECT min(received_at) FROM inquiries)",
    )
    .fetch_one(conn)
    .await
    .context("looking for the first row")?;
    Ok(first.map(Timestamp::from_millisecond).transpose()?)
}

/// Of the ledger only its end is read: it grows for years, and senders wait meanwhile.
/// Rows from the future are the trace of a clock that was put back, and tell nothing.
async fn newest_row(conn: &mut SqliteConnection, now: Timestamp) -> Result<Option<Timestamp>> {
    let newest: Option<i64> = sqlx::query_scalar(
        "SELECT max(at) FROM (SELECT max(last_activity_at) AS at FROM inquiries WHERE last_activity_at <= ?1
                              UNION ALL SELECT max(at) FROM (SELECT at FROM audit ORDER BY seq DESC LIMIT 1000) WHERE at <= ?1)",
    )
    .bind(now.as_millisecond())
    .fetch_one(conn)
    .await
    .context("looking for the newest row")?;
    Ok(newest.map(Timestamp::from_millisecond).transpose()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Db;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn once_a_day_means_the_local_day() {
        let zone = TimeZone::get("America/New_York").expect("a time zone");
        let due = |last: Option<&str>, now: &str| is_due(last.map(at), 8, &zone, at(now));
        assert!(!due(None, "2025-05-05T11:59:59Z"));
        assert!(due(None, "2025-05-05T12:00:00Z"));
        assert!(!due(Some("2025-05-05T12:00:00Z"), "2025-05-06T03:59:00Z"));
        assert!(!due(Some("2025-05-05T12:00:00Z"), "2025-05-06T11:00:00Z"));
        assert!(due(Some("2025-05-05T12:00:00Z"), "2025-05-06T12:00:00Z"));
        assert!(!due(Some("2025-05-06T12:00:00Z"), "2025-05-05T12:00:00Z"), "a clock that was put back");
    }

    #[tokio::test]
    async fn a_clock_that_jumps_is_not_believed_until_it_has_run_on_for_two_days() {
        let folder = tempfile::tempdir().expect("a folder");
        let db = Db::open(&folder.path().join("practice.db")).await.expect("opens");
        let mut write = db.begin().await.expect("begins");
        let start = at("2025-05-05T12:00:00Z");
        let hours = |hours: i64| start + SignedDuration::from_hours(hours);
        let mut seen = Vec::new();
        for hour in [0, 47, 95, 87_600, 87_640, 87_647, 87_648, 87_649, 96, 140, 144] {
            look_at_clock(&mut write, hours(hour)).await.expect("looks");
            let until = distrusted_until(&mut write, hours(hour)).await.expect("an answer");
            seen.push((hour, until.is_none()));
        }
        let believed: Vec<i64> =
            seen.into_iter().filter(|(_, believed)| *believed).map(|(hour, _)| hour).collect();
        assert_eq!(believed, [0, 47, 95, 87_648, 87_649, 144]);
        // What was done while the clock was ahead does not count as done for ever.
        assert!(last(&mut write, Task::Clock).await.expect("reads") == Some(hours(144)));
    }
}
