//! How many requests came in week by week, and how long people waited for a first contact.
//!
//! Reads plain columns only: nothing is opened here. Spam is left out, and what was erased is gone from here, too.

use anyhow::{Context, Result};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use sqlx::SqliteConnection;

/// This one and those before it.
pub const WEEKS: usize = 12;

/// Every status but spam by its name: the index begins with it.
const RECEIVED_SINCE: &str = "SELECT received_at, first_contact_at FROM inquiries
     WHERE status IN ('new', 'contacted', 'call-booked', 'waitlist', 'became-client', 'referred-out', 'closed')
       AND received_at >= ?";

/// The last weeks, the oldest first.
#[derive(Debug, PartialEq, Eq)]
pub struct Weeks {
    pub weeks: Vec<Week>,
    /// Of all the weeks together.
    pub median: Option<SignedDuration>,
}

/// Requests that came in within one week.
#[derive(Debug, PartialEq, Eq)]
pub struct Week {
    pub monday: Date,
    pub requests: usize,
    /// Those of them that somebody has been in touch about.
    pub answered: usize,
    /// Half of those waited no longer for it. Nights and weekends count.
    pub median: Option<SignedDuration>,
}

/// Counts up to now, in the time zone of the practice.
///
/// # Errors
/// When the database can't be read.
pub async fn last(conn: &mut SqliteConnection, zone: &TimeZone, now: Timestamp) -> Result<Weeks> {
    let today = now.to_zoned(zone.clone()).date();
    let monday = today.saturating_sub(i64::from(today.weekday().to_monday_zero_offset()).days());
    let first = monday.saturating_sub((WEEKS as i64 - 1).weeks());
    let since = first.to_zoned(zone.clone()).context("the first of the weeks")?.timestamp();
    let rows: Vec<(i64, Option<i64>)> = sqlx::query_as(RECEIVED_SINCE)
        .bind(since.as_millisecond())
        .fetch_all(conn)
        .await
        .context("counting the requests of the last weeks")?;
    let mut requests = [0; WEEKS];
    let mut waits: [Vec<i64>; WEEKS] = Default::default();
    for (received, contact) in rows {
        let day = Timestamp::from_millisecond(received)?.to_zoned(zone.clone()).date();
        // A clock that was set back leaves requests from the future; they belong to this week.
        let week = usize::try_from((day - first).get_days() / 7).unwrap_or_default().min(WEEKS - 1);
        requests[week] += 1;
        waits[week].extend(contact.map(|contact| (contact - received).max(0)));
    }
    let median_of_all = median(waits.concat());
    let mondays = first.series(1.week());
    let weeks = mondays.zip(requests).zip(waits).map(|((monday, requests), waits)| Week {
        monday,
        requests,
        answered: waits.len(),
        median: median(waits),
    });
    Ok(Weeks { weeks: weeks.collect(), median: median_of_all })
}

/// Of milliseconds.
fn median(mut waits: Vec<i64>) -> Option<SignedDuration> {
    waits.sort_unstable();
    let upper = *waits.get(waits.len() / 2)?;
    let lower = waits[(waits.len() - 1) / 2];
    Some(SignedDuration::from_millis(lower + (upper - lower) / 2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inquiry::fixture::{Inbox, answers, at};
    use crate::inquiry::status::Status;

    const HOUR: i64 = 3_600_000;

    async fn weeks(inbox: &Inbox, now: Timestamp) -> Weeks {
        let mut conn = inbox.db.read().await.expect("reads");
        last(&mut conn, &inbox.practice.time_zone(), now).await.expect("counts")
    }

    /// A request that came in so many hours after the beginning, and was answered so many hours later.
    async fn add(inbox: &Inbox, hours: i64, suspicion: &str, answered_after: Option<i64>) {
        let reference = inbox.add(&answers("Sam Example"), hours, suspicion).await;
        let mut write = inbox.db.begin().await.expect("begins");
        sqlx::query("UPDATE inquiries SET first_contact_at = received_at + ? WHERE reference = ?")
            .bind(answered_after.map(|hours| hours * HOUR))
            .bind(reference.as_str())
            .execute(&mut *write)
            .await
            .expect("updates");
        write.commit().await.expect("commits");
    }

    #[tokio::test]
    async fn nothing_has_come_in_yet() {
        let inbox = Inbox::new().await;
        let Weeks { weeks, median } = weeks(&inbox, at(0)).await;
        assert_eq!((weeks.len(), median), (WEEKS, None));
        assert_eq!(weeks[WEEKS - 1].monday, "2025-05-05".parse().expect("a date"));
        assert_eq!(weeks[0].monday, "2025-02-17".parse().expect("a date"));
        assert!(weeks.iter().all(|week| week.requests == 0 && week.median.is_none()));
    }

    #[tokio::test]
    async fn a_week_begins_with_monday_in_the_time_zone_of_the_practice() {
        let inbox = Inbox::new().await;
        // The beginning is Monday at 10 AM: ten hours before is midnight, and eleven are Sunday.
        add(&inbox, -10, "", None).await;
        add(&inbox, -11, "", None).await;
        let counts: Vec<usize> = weeks(&inbox, at(1)).await.weeks.iter().map(|week| week.requests).collect();
        assert_eq!(counts[WEEKS - 2..], [1, 1]);
    }

    #[tokio::test]
    async fn the_median_is_the_middle_of_what_was_answered_and_spam_counts_for_nothing() {
        let inbox = Inbox::new().await;
        for (hours, wait) in [(0, Some(2)), (1, Some(4)), (2, Some(30)), (3, None)] {
            add(&inbox, hours, "", wait).await;
        }
        add(&inbox, 4, "trap", Some(1)).await;
        add(&inbox, -7 * 24, "", Some(6)).await;
        let Weeks { weeks, median } = weeks(&inbox, at(40)).await;
        let this = &weeks[WEEKS - 1];
        assert_eq!((this.requests, this.answered), (4, 3));
        assert_eq!(this.median, Some(SignedDuration::from_hours(4)));
        assert_eq!(weeks[WEEKS - 2].median, Some(SignedDuration::from_hours(6)));
        assert_eq!(median, Some(SignedDuration::from_hours(5)));
    }

    #[tokio::test]
    async fn what_is_older_than_the_weeks_is_left_out() {
        let inbox = Inbox::new().await;
        add(&inbox, -11 * 7 * 24 - 11, "", Some(1)).await;
        let Weeks { weeks, median } = weeks(&inbox, at(1)).await;
        assert!(weeks.iter().all(|week| week.requests == 0) && median.is_none());
    }

    #[tokio::test]
    async fn only_the_requests_of_these_weeks_are_read() {
        let inbox = Inbox::new().await;
        let mut conn = inbox.db.read().await.expect("reads");
        let explain = format!("EXPLAIN QUERY PLAN {RECEIVED_SINCE}");
        let plan = sqlx::query_as(sqlx::AssertSqlSafe(explain)).bind(0);
        let plan: Vec<(i64, i64, i64, String)> = plan.fetch_all(&mut *conn).await.expect("a plan");
        let plan: Vec<_> = plan.into_iter().map(|(.., step)| step).collect();
        assert_eq!(plan, ["SEARCH inquiries USING INDEX inquiries_by_status (status=? AND received_at>?)"]);
    }

    #[test]
    fn every_status_counts_but_spam() {
        for status in Status::ALL {
            let is_named = RECEIVED_SINCE.contains(&format!("'{}'", status.name()));
            assert_eq!(is_named, status != Status::Spam, "{status:?}");
        }
    }
}
