//! Looking at inquiries, with a row in the ledger for each look.
//!
//! Where the disk refuses that row, reading goes on: the practice must be able to reach people. The looks that were not
//! written down are counted, and one row tells of them as soon as there is room again.

use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp};
use sqlx::pool::PoolConnection;
use sqlx::{Sqlite, SqliteConnection, Transaction};

use crate::audit::{self, Actor, By, Entry, Outcome};
use crate::db::Db;

/// Whoever opens more inquiries than this in [`OPENED_WITHIN`] is not working through the inbox.
const MANY: i64 = 20;
const OPENED_WITHIN: SignedDuration = SignedDuration::from_mins(10);
/// So that nothing is missed by whoever asks every minute or two.
const LOOK_BACK: SignedDuration = SignedDuration::from_mins(15);

/// Whether somebody of the practice opened more than 20 inquiries within 10 minutes, a short time ago. Opening one twice
/// is opening it once.
///
/// # Errors
/// When the database can't be read.
pub async fn opened_many(conn: &mut SqliteConnection, now: Timestamp) -> Result<bool> {
    let from = now.saturating_sub(LOOK_BACK)?.as_millisecond();
    let within = i64::try_from(OPENED_WITHIN.as_millis())?;
    sqlx::query_scalar(
        "WITH opened AS (
             SELECT actor, target, at FROM (SELECT * FROM audit ORDER BY seq DESC LIMIT 1000)
             WHERE event = 'viewed' AND outcome = 'done' AND actor GLOB 'staff:*' AND at > ?1 LIMIT 300)
         SELECT EXISTS (SELECT 1 FROM opened AS last WHERE ?3 <
             (SELECT count(DISTINCT target) FROM opened
              WHERE opened.actor = last.actor AND opened.at <= last.at AND opened.at > last.at - ?2))",
    )
    .bind(from)
    .bind(within)
    .bind(MANY)
    .fetch_one(conn)
    .await
    .context("counting what was opened")
}

/// Looks that could not be written down.
#[derive(Debug, Default)]
pub struct Gap(AtomicU64);

/// A connection to read from for one look.
pub struct Look<'a> {
    gap: &'a Gap,
    conn: Conn,
}

enum Conn {
    Write(Transaction<'static, Sqlite>),
    /// No write could begin.
    Read(PoolConnection<Sqlite>),
}

impl<'a> Look<'a> {
    /// Begins a look. Nothing slow may happen until its end.
    ///
    /// # Errors
    /// When the database can't be read.
    pub async fn begin(db: &Db, gap: &'a Gap) -> Result<Self> {
        let conn = match db.begin().await {
            Ok(write) => Conn::Write(write),
            Err(error) => {
                tracing::error!("looks can't be written down: {error:#}");
                Conn::Read(db.read().await?)
            }
        };
        Ok(Self { gap, conn })
    }

    /// Ends it with its row in the ledger.
    pub async fn end(self, entry: Entry<'_>, now: Timestamp) {
        let missed = self.gap.0.load(Ordering::Relaxed);
        let written = match self.conn {
            Conn::Write(write) => write_down(write, entry, missed, now.as_millisecond()).await,
            Conn::Read(_) => Err(anyhow::anyhow!("no write could begin")),
        };
        match written {
            Ok(()) => self.gap.0.fetch_sub(missed, Ordering::Relaxed),
            Err(error) => {
                tracing::error!("a look is missing in the ledger: {error:#}");
                self.gap.0.fetch_add(1, Ordering::Relaxed)
            }
        };
    }
}

async fn write_down(
    mut write: Transaction<'static, Sqlite>,
    entry: Entry<'_>,
    missed: u64,
    now: i64,
) -> Result<()> {
    if missed > 0 {
        let by = By { actor: Actor::System, request_id: None };
        let detail = format!("{missed} looks were not written down");
        let gap = Entry { by, event: "gap", target: None, outcome: Outcome::Failed, detail: Some(&detail) };
        audit::record(&mut write, gap, now).await?;
    }
    audit::record(&mut write, entry, now).await?;
    write.commit().await.context("the commit failed")
}

impl Deref for Look<'_> {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        match &self.conn {
            Conn::Write(write) => write,
            Conn::Read(read) => read,
        }
    }
}

impl DerefMut for Look<'_> {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        match &mut self.conn {
            Conn::Write(write) => write,
            Conn::Read(read) => read,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Which, list};
    use crate::inquiry::fixture::{BY, Inbox, at};

    const ENTRY: Entry<'static> =
        Entry { by: BY, event: "viewed", target: Some("K7QF-2M"), outcome: Outcome::Done, detail: None };

    async fn events(inbox: &Inbox) -> Vec<String> {
        let listing = list(&mut inbox.db.read().await.expect("reads"), Which::All, 1).await.expect("reads");
        listing.rows.into_iter().rev().map(|row| row.event).collect()
    }

    /// As on a full disk: the page that the next row would need is not there.
    async fn allow_pages(inbox: &Inbox, more: i64) {
        let mut write = inbox.db.begin().await.expect("begins");
        let count: i64 = sqlx::query_scalar("PRAGMA page_count").fetch_one(&mut *write).await.expect("count");
        let limit = format!("PRAGMA max_page_count = {}", count + more);
        sqlx::query(sqlx::AssertSqlSafe(limit)).execute(&mut *write).await.expect("limits");
        write.commit().await.expect("commits");
    }

    #[tokio::test]
    async fn reading_goes_on_when_the_disk_is_full_and_one_row_tells_of_the_gap() {
        let inbox = Inbox::new().await;
        let gap = Gap::default();
        allow_pages(&inbox, 0).await;
        let mut looks = 0;
        while gap.0.load(Ordering::Relaxed) == 0 {
            looks += 1;
            assert!(looks < 1_000, "the limit does not bite");
            let mut look = Look::begin(&inbox.db, &gap).await.expect("begins");
            let one: i64 = sqlx::query_scalar("SELECT 1").fetch_one(&mut *look).await.expect("reads");
            assert_eq!(one, 1);
            look.end(ENTRY, at(0)).await;
        }
        allow_pages(&inbox, 100).await;
        Look::begin(&inbox.db, &gap).await.expect("begins").end(ENTRY, at(1)).await;
        Look::begin(&inbox.db, &gap).await.expect("begins").end(ENTRY, at(2)).await;
        let events = events(&inbox).await;
        assert_eq!(events[events.len() - 3..], ["gap", "viewed", "viewed"]);
    }
}
