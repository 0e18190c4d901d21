//! The daily email to the practice: how many requests wait for a reply, are late, or are held as possible spam.
//! Counts only.

use anyhow::{Context, Result};
use askama::Template;
use jiff::{Timestamp, ToSpan};
use sqlx::SqliteConnection;

use super::regular::{self, Task};
use crate::content::{Practice, calendar};
use crate::outbox;

/// In the time zone of the practice.
const FROM_HOUR: i8 = 8;

const SUBJECT: &str = "Your requests today";

/// What the email counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct Counts {
    /// The promised time is today and not over.
    pub today: i64,
    pub late: i64,
    /// Held as possible spam, and nobody has looked at them.
    pub held: i64,
}

#[derive(Template)]
#[template(path = "email/daily.txt", whitespace = "preserve")]
struct DailyText<'a> {
    counts: Counts,
    base_url: &'a str,
}

/// Whether the email of today is still to be thought about.
///
/// # Errors
/// When the database can't be read.
pub async fn is_due(conn: &mut SqliteConnection, practice: &Practice, now: Timestamp) -> Result<bool> {
    let zone = practice.time_zone();
    let is_business_day = calendar::is_business_day(now.to_zoned(zone.clone()).date(), practice);
    let last = regular::last(conn, Task::DailyEmail).await?;
    Ok(is_business_day && regular::is_due(last, FROM_HOUR, &zone, now))
}

/// Puts the email of today into the outbox, where there is something to tell, and notes the day. Call it where
/// [`is_due`]; true where the worker is to be woken after the commit.
///
/// # Errors
/// When the disk or the database refuses.
pub async fn remind(
    conn: &mut SqliteConnection,
    practice: &Practice,
    base_url: &str,
    now: Timestamp,
) -> Result<bool> {
    let counts = counts(conn, practice, now).await?;
    regular::note(conn, Task::DailyEmail, now).await?;
    if counts.is_nothing() {
        return Ok(false);
    }
    let text = counts.text(base_url)?;
    outbox::enqueue(conn, SUBJECT, &text, now).await?;
    Ok(true)
}

/// What waits at this moment.
///
/// # Errors
/// When the database can't be read.
pub async fn counts(conn: &mut SqliteConnection, practice: &Practice, now: Timestamp) -> Result<Counts> {
    let zone = practice.time_zone();
    let tomorrow = now.to_zoned(zone.clone()).date().saturating_add(1.day());
    let end_of_day = tomorrow.to_zoned(zone).map_or(now, |midnight| midnight.timestamp());
    // Whoever opens an inquiry leaves a row in the ledger.
    sqlx::query_as(
        "SELECT coalesce(sum(waits AND reply_by > ?1 AND reply_by < ?2), 0) AS today,
                coalesce(sum(waits AND reply_by <= ?1), 0) AS late,
                coalesce(sum(status = 'spam' AND suspicion IS NOT NULL AND NOT EXISTS
                    (SELECT 1 FROM audit WHERE target = reference AND actor GLOB 'staff:*')), 0) AS held
         FROM (SELECT *, first_contact_at IS NULL
                   AND status IN ('new', 'contacted', 'call-booked', 'waitlist') AS waits FROM inquiries)",
    )
    .bind(now.as_millisecond())
    .bind(end_of_day.as_millisecond())
    .fetch_one(conn)
    .await
    .context("counting what waits for a reply")
}

impl Counts {
    fn is_nothing(self) -> bool {
        self.today + self.late + self.held == 0
    }

    fn text(self, base_url: &str) -> Result<String> {
        Ok(DailyText { counts: self, base_url }.render()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first_lines(today: i64, late: i64, held: i64) -> String {
        let text = Counts { today, late, held }.text("https://practice.example").expect("renders");
        let end = "\nOpen the inbox: https://practice.example/admin\n\n\
                   This message holds no details, because email is not private.";
        text.strip_suffix(end).unwrap_or_else(|| panic!("{text:?}")).to_owned()
    }

    #[test]
    fn the_email_counts_in_whole_sentences() {
        assert_eq!(
            first_lines(2, 1, 1),
            "2 requests need a reply today.\n1 is late.\n1 is held as possible spam.\n"
        );
        assert_eq!(first_lines(1, 0, 0), "1 request needs a reply today.\n");
        assert_eq!(first_lines(0, 1, 2), "1 request is late.\n2 are held as possible spam.\n");
        assert_eq!(first_lines(0, 3, 0), "3 requests are late.\n");
        assert_eq!(first_lines(0, 0, 1), "1 request is held as possible spam.\n");
        assert_eq!(first_lines(0, 0, 4), "4 requests are held as possible spam.\n");
    }
}
