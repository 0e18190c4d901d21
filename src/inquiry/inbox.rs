//! Which inquiries a view shows and in which order, and what is to be done today. Only ids and counts: nothing is opened here.

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp, ToSpan};
use sqlx::SqliteConnection;

use super::reference::Reference;
use super::status::Status;
use crate::content::Practice;

/// Rows on a page.
pub const PAGE: usize = 25;
/// The longest list on the page of the day; more than anybody does in one.
const TODAY: i64 = 100;
/// An open inquiry without activity for this long is quiet.
const QUIET: SignedDuration = SignedDuration::from_hours(10 * 24);

/// A view of the inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    New,
    Contacted,
    CallBooked,
    Waitlist,
    /// Everything that ended, spam left out.
    Closed,
    Spam,
    All,
}

impl View {
    pub const ALL: [Self; 7] =
        [Self::New, Self::Contacted, Self::CallBooked, Self::Waitlist, Self::Closed, Self::Spam, Self::All];

    /// The word in addresses.
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Contacted => "contacted",
            Self::CallBooked => "call-booked",
            Self::Waitlist => "waitlist",
            Self::Closed => "closed",
            Self::Spam => "spam",
            Self::All => "all",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|view| view.name() == name)
    }

    /// The view in which an inquiry with this status is found.
    pub fn of(status: Status) -> Self {
        match status {
            Status::New => Self::New,
            Status::Contacted => Self::Contacted,
            Status::CallBooked => Self::CallBooked,
            Status::Waitlist => Self::Waitlist,
            Status::BecameClient | Status::ReferredOut | Status::Closed => Self::Closed,
            Status::Spam => Self::Spam,
        }
    }

    pub fn shows(self, status: Status) -> bool {
        self == Self::All || self == Self::of(status)
    }

    /// Its statuses as a JSON list, for SQL.
    fn statuses(self) -> String {
        let names: Vec<_> =
            Status::ALL.into_iter().filter(|status| self.shows(*status)).map(Status::name).collect();
        serde_json::to_string(&names).unwrap_or_default()
    }
}

/// How many inquiries each view has, in the order of [`View::ALL`].
///
/// # Errors
/// When the database can't be read.
pub async fn counts(conn: &mut SqliteConnection) -> Result<[(View, usize); 7]> {
    let rows: Vec<(String, i64)> = sqlx::query_as("SELECT status, count(*) FROM inquiries GROUP BY status")
        .fetch_all(conn)
        .await
        .context("counting inquiries")?;
    let count = |view: View| {
        let shown =
            rows.iter().filter(|(name, _)| Status::named(name).is_some_and(|status| view.shows(status)));
        shown.map(|(_, count)| usize::try_from(*count).unwrap_or_default()).sum()
    };
    Ok(View::ALL.map(|view| (view, count(view))))
}

/// The ids on one page of a view; the first page is 1. New: who has waited longest comes first. Else: the latest activity.
///
/// # Errors
/// When the database can't be read.
pub async fn page(conn: &mut SqliteConnection, view: View, page: usize) -> Result<Vec<i64>> {
    sqlx::query_scalar(
        "SELECT id FROM inquiries WHERE status IN (SELECT value FROM json_each(?1))
         ORDER BY iif(?2, reply_by, -last_activity_at), id LIMIT ?3 OFFSET ?4",
    )
    .bind(view.statuses())
    .bind(view == View::New)
    .bind(PAGE as i64)
    .bind(i64::try_from(page.saturating_sub(1).saturating_mul(PAGE)).unwrap_or(i64::MAX))
    .fetch_all(conn)
    .await
    .context("reading a view")
}

/// The inquiries before and after one in a view, where it is in it.
///
/// # Errors
/// When the database can't be read.
pub async fn neighbours(
    conn: &mut SqliteConnection,
    view: View,
    reference: &Reference,
) -> Result<(Option<Reference>, Option<Reference>)> {
    let (before, after): (Option<String>, Option<String>) = sqlx::query_as(
        "WITH all_of_them AS (
           SELECT id, reference, iif(?2, reply_by, -last_activity_at) AS place FROM inquiries
           WHERE status IN (SELECT value FROM json_each(?1))),
         here AS (SELECT id, place FROM all_of_them WHERE reference = ?3)
         SELECT
           (SELECT there.reference FROM all_of_them AS there, here
            WHERE (there.place, there.id) < (here.place, here.id) ORDER BY there.place DESC, there.id DESC LIMIT 1),
           (SELECT there.reference FROM all_of_them AS there, here
            WHERE (there.place, there.id) > (here.place, here.id) ORDER BY there.place, there.id LIMIT 1)",
    )
    .bind(view.statuses())
    .bind(view == View::New)
    .bind(reference.as_str())
    .fetch_one(conn)
    .await
    .context("reading a view")?;
    let read = |text: Option<String>| text.and_then(|text| text.parse().ok());
    Ok((read(before), read(after)))
}

/// The ids in the three lists of the day. No inquiry is in two of them.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Today {
    /// Nobody has been in touch yet; the oldest promise first.
    pub reply_now: Vec<i64>,
    /// Calls booked, check-ins and next steps within the week, and those whose day has passed.
    pub coming_up: Vec<i64>,
    /// Open, and nothing happened for 10 days.
    pub quiet: Vec<i64>,
}

/// What is to be done.
///
/// # Errors
/// When the database can't be read.
pub async fn today(conn: &mut SqliteConnection, practice: &Practice, now: Timestamp) -> Result<Today> {
    let week = now.to_zoned(practice.time_zone()).date().saturating_add(8.days());
    let week = week.to_zoned(practice.time_zone()).map_or(now, |day| day.timestamp()).as_millisecond();
    let quiet_since = (now - QUIET).as_millisecond();
    let reply_now = sqlx::query_scalar(
        "SELECT id FROM inquiries
         WHERE status IN ('new', 'contacted', 'call-booked', 'waitlist') AND first_contact_at IS NULL
         ORDER BY reply_by, id LIMIT ?",
    )
    .bind(TODAY)
    .fetch_all(&mut *conn)
    .await
    .context("reading who waits for a reply")?;
    let coming_up = sqlx::query_scalar(
        "SELECT id FROM inquiries
         WHERE status IN ('new', 'contacted', 'call-booked', 'waitlist') AND first_contact_at IS NOT NULL
           AND (next_step_at < ?1 OR (next_step_at IS NULL AND status = 'call-booked' AND last_activity_at > ?2))
         ORDER BY next_step_at IS NULL, next_step_at, id LIMIT ?3",
    )
    .bind(week)
    .bind(quiet_since)
    .bind(TODAY)
    .fetch_all(&mut *conn)
    .await
    .context("reading what comes up")?;
    let quiet = sqlx::query_scalar(
        "SELECT id FROM inquiries
         WHERE status IN ('new', 'contacted', 'call-booked', 'waitlist') AND first_contact_at IS NOT NULL
           AND next_step_at IS NULL AND last_activity_at <= ?
         ORDER BY last_activity_at, id LIMIT ?",
    )
    .bind(quiet_since)
    .bind(TODAY)
    .fetch_all(conn)
    .await
    .context("reading what is quiet")?;
    Ok(Today { reply_now, coming_up, quiet })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inquiry::change::{self, Changed, NewStatus};
    use crate::inquiry::contact::Kind;
    use crate::inquiry::fixture::{BY, Inbox, answers, at};
    use crate::inquiry::record;

    async fn set(inbox: &Inbox, reference: &Reference, status: Status, hours: i64) {
        let mut write = inbox.db.begin().await.expect("begins");
        let record = record::find(&mut write, reference).await.expect("reads").expect("there");
        let new = NewStatus { status, version: record.version, reason: None, referred_to: None };
        let new = match status {
            Status::Closed => NewStatus { reason: Some(crate::inquiry::status::CloseReason::NoReply), ..new },
            _ => new,
        };
        let changed = change::set_status(&mut write, BY, reference, &new, &inbox.practice, at(hours)).await;
        assert!(matches!(changed.expect("writes"), Changed::Done(_)));
        write.commit().await.expect("commits");
    }

    async fn references(inbox: &Inbox, ids: &[i64]) -> Vec<Reference> {
        let mut read = inbox.db.read().await.expect("reads");
        let records = record::load(&mut read, ids).await.expect("reads");
        records.into_iter().map(|record| record.reference).collect()
    }

    #[tokio::test]
    async fn each_view_counts_and_orders_its_inquiries() {
        let inbox = Inbox::new().await;
        let a = inbox.add(&answers("A"), 0, "").await;
        let b = inbox.add(&answers("B"), 1, "").await;
        let c = inbox.add(&answers("C"), 2, "").await;
        let d = inbox.add(&answers("D"), 3, "trap").await;
        set(&inbox, &a, Status::Contacted, 5).await;
        set(&inbox, &c, Status::Closed, 6).await;
        let mut read = inbox.db.read().await.expect("reads");
        let counts = counts(&mut read).await.expect("counts").map(|(_, count)| count);
        assert_eq!(counts, [1, 1, 0, 0, 1, 1, 4]);
        for (view, expected) in [
            (View::New, vec![&b]),
            (View::Contacted, vec![&a]),
            (View::Closed, vec![&c]),
            (View::Spam, vec![&d]),
            (View::All, vec![&c, &a, &d, &b]),
        ] {
            let ids = page(&mut read, view, 1).await.expect("reads");
            assert_eq!(references(&inbox, &ids).await.iter().collect::<Vec<_>>(), expected, "{view:?}");
        }
        assert_eq!(neighbours(&mut read, View::All, &a).await.expect("reads"), (Some(c), Some(d)));
        assert_eq!(neighbours(&mut read, View::New, &a).await.expect("reads"), (None, None));
    }

    #[tokio::test]
    async fn in_new_who_has_waited_longest_comes_first_and_a_page_has_25() {
        let inbox = Inbox::new().await;
        let mut expected = Vec::new();
        for hours in (0..30).rev() {
            expected.insert(0, inbox.add(&answers("A"), hours, "").await);
        }
        let mut read = inbox.db.read().await.expect("reads");
        let first = page(&mut read, View::New, 1).await.expect("reads");
        let second = page(&mut read, View::New, 2).await.expect("reads");
        assert_eq!(references(&inbox, &first).await, expected[..25]);
        assert_eq!(references(&inbox, &second).await, expected[25..]);
        assert!(page(&mut read, View::New, usize::MAX).await.expect("reads").is_empty());
    }

    #[tokio::test]
    async fn the_day_has_who_waits_what_comes_up_and_what_is_quiet() {
        let inbox = Inbox::new().await;
        let waits = inbox.add(&answers("A"), 0, "").await;
        let quiet = inbox.add(&answers("B"), 0, "").await;
        let booked = inbox.add(&answers("C"), 0, "").await;
        let listed = inbox.add(&answers("D"), 0, "").await;
        inbox.add(&answers("E"), 0, "trap").await;
        set(&inbox, &quiet, Status::Contacted, 1).await;
        set(&inbox, &listed, Status::Contacted, 1).await;
        set(&inbox, &listed, Status::Waitlist, 2).await;
        let later = 11 * 24;
        set(&inbox, &booked, Status::CallBooked, later).await;
        let mut read = inbox.db.read().await.expect("reads");
        let today = |hours| at(hours);
        let found = super::today(&mut read, &inbox.practice, today(later + 1)).await.expect("reads");
        assert_eq!(references(&inbox, &found.reply_now).await, [waits]);
        assert_eq!(references(&inbox, &found.coming_up).await, [booked]);
        assert_eq!(references(&inbox, &found.quiet).await, [quiet]);
        // Three weeks on, the one on the waitlist is to be asked again.
        let found = super::today(&mut read, &inbox.practice, today(20 * 24)).await.expect("reads");
        assert!(references(&inbox, &found.coming_up).await.contains(&listed));
    }

    #[tokio::test]
    async fn who_was_put_on_the_waitlist_unspoken_to_still_waits_for_a_reply() {
        let inbox = Inbox::new().await;
        let reference = inbox.add(&answers("A"), 0, "").await;
        set(&inbox, &reference, Status::Waitlist, 1).await;
        let mut write = inbox.db.begin().await.expect("begins");
        let found = today(&mut write, &inbox.practice, at(2)).await.expect("reads");
        assert_eq!(found.reply_now.len(), 1);
        let logged = change::log_contact(&mut write, BY, &reference, Kind::Email, 2, at(3)).await;
        assert!(matches!(logged.expect("writes"), Changed::Done(_)));
        let found = today(&mut write, &inbox.practice, at(4)).await.expect("reads");
        assert!(found.reply_now.is_empty());
    }
}
