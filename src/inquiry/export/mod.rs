//! Inquiries on their way out of the inbox: for one person who asks what is held, or for the practice's own records.
//!
//! Opens records with the key of whoever is signed in, and names those that are damaged instead of leaving them out. It
//! stores nothing; that somebody took a copy stands in the ledger.

mod readable;
mod spreadsheet;

use std::collections::HashMap;

use anyhow::{Context, Result};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};
use sqlx::SqliteConnection;

use super::answers::Answers;
use super::reference::Reference;
use crate::audit::{By, Entry, Outcome, record};
use crate::seal::{self, PrivateKey};

pub use readable::to_json;
pub use spreadsheet::to_csv;

/// What is to be exported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chosen {
    One(Reference),
    /// Received on these days and those between, in the time zone of the practice.
    Received {
        from: Date,
        to: Date,
    },
}

/// A record as it stands in the database.
pub struct Sealed {
    row: Row,
    events: Vec<EventRow>,
}

/// A record, opened.
pub struct Exported {
    pub reference: String,
    pub received: Zoned,
    pub reply_by: Zoned,
    /// The word in the database, such as `call-booked`.
    pub status: String,
    /// Why it may be spam: words of ours, separated by spaces.
    pub suspicion: Option<String>,
    pub first_contact: Option<Zoned>,
    pub next_step: Option<Zoned>,
    pub closed: Option<Zoned>,
    pub close_reason: Option<String>,
    /// `None` where the record is damaged.
    pub answers: Option<Answers>,
    /// The oldest first.
    pub timeline: Vec<Event>,
}

/// A step of the timeline.
pub struct Event {
    pub at: Zoned,
    /// The name of the person; `None` for the site itself.
    pub who: Option<String>,
    /// Words of ours, such as `status new contacted`.
    pub what: String,
    pub typed: Typed,
}

/// What somebody of the practice typed with a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Typed {
    Nothing,
    Text(String),
    Damaged,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    reference: String,
    received_at: i64,
    reply_by: i64,
    status: String,
    suspicion: Option<String>,
    answers: Vec<u8>,
    first_contact_at: Option<i64>,
    next_step_at: Option<i64>,
    closed_at: Option<i64>,
    close_reason: Option<String>,
}

#[derive(sqlx::FromRow)]
struct EventRow {
    inquiry_id: i64,
    at: i64,
    who: Option<String>,
    kind: String,
    detail: Option<String>,
    undone_at: Option<i64>,
    sealed: Option<Vec<u8>>,
}

/// Reads what was chosen, the oldest first. Nothing is opened yet: give the connection back before that.
///
/// # Errors
/// When the database can't be read.
pub async fn load(conn: &mut SqliteConnection, chosen: &Chosen, zone: &TimeZone) -> Result<Vec<Sealed>> {
    let (reference, from, until) = match chosen {
        Chosen::One(reference) => (Some(reference.as_str()), i64::MIN, i64::MAX),
        Chosen::Received { from, to } => {
            (None, start_of(*from, zone)?, start_of(to.saturating_add(1.day()), zone)?)
        }
    };
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT * FROM inquiries WHERE (?1 IS NULL OR reference = ?1) AND received_at >= ?2 AND received_at < ?3
         ORDER BY received_at, id",
    )
    .bind(reference)
    .bind(from)
    .bind(until)
    .fetch_all(&mut *conn)
    .await
    .context("reading inquiries for an export")?;
    let ids = serde_json::to_string(&rows.iter().map(|row| row.id).collect::<Vec<_>>())?;
    let events: Vec<EventRow> = sqlx::query_as(
        "SELECT inquiry_id, at, staff.name AS who, kind, detail, undone_at, sealed
         FROM events LEFT JOIN staff ON staff.id = staff_id
         WHERE inquiry_id IN (SELECT value FROM json_each(?)) ORDER BY events.id",
    )
    .bind(ids)
    .fetch_all(conn)
    .await
    .context("reading timelines for an export")?;
    let mut timelines: HashMap<i64, Vec<EventRow>> = HashMap::new();
    for event in events {
        timelines.entry(event.inquiry_id).or_default().push(event);
    }
    let with_events = |row: Row| Sealed { events: timelines.remove(&row.id).unwrap_or_default(), row };
    Ok(rows.into_iter().map(with_events).collect())
}

/// Writes down who took a copy of what; a record that turned out to be damaged is written down as that.
///
/// # Errors
/// When the disk or the database refuses.
pub async fn write_down(
    conn: &mut SqliteConnection,
    by: By<'_>,
    chosen: &Chosen,
    exported: &[Exported],
    now: Timestamp,
) -> Result<()> {
    for record_out in exported {
        let (outcome, detail) = match record_out.is_damaged() {
            false => (Outcome::Done, None),
            true => (Outcome::Failed, Some("damaged")),
        };
        let entry = Entry { by, event: "exported", target: Some(&record_out.reference), outcome, detail };
        record(&mut *conn, entry, now.as_millisecond()).await?;
    }
    if let Chosen::Received { from, to } = chosen {
        let detail = format!("{} received from {from} to {to}", exported.len());
        let detail = Some(detail.as_str());
        let entry = Entry { by, event: "exported", target: None, outcome: Outcome::Done, detail };
        record(conn, entry, now.as_millisecond()).await?;
    }
    Ok(())
}

impl Sealed {
    /// Opens it. About 0.2 ms: for many, on a thread where nobody waits.
    ///
    /// # Errors
    /// Where a time in the database is one that no clock shows.
    pub fn open(self, key: &PrivateKey, zone: &TimeZone) -> Result<Exported> {
        let Self { row, events } = self;
        let at = |ms: i64| anyhow::Ok(Timestamp::from_millisecond(ms)?.to_zoned(zone.clone()));
        let opened = seal::open(key, &row.reference, &row.answers).ok();
        let answers = opened.and_then(|json| serde_json::from_slice(&json).ok());
        let step = |event: EventRow| {
            let typed = match event.sealed.map(|sealed| seal::open(key, &row.reference, &sealed)) {
                None => Typed::Nothing,
                Some(Ok(text)) => Typed::Text(String::from_utf8_lossy(&text).into_owned()),
                Some(Err(_)) => Typed::Damaged,
            };
            let taken_back = event.undone_at.map(|_| "(taken back)".to_owned());
            let words = [Some(event.kind), event.detail, taken_back];
            let what = words.into_iter().flatten().collect::<Vec<_>>().join(" ");
            anyhow::Ok(Event { at: at(event.at)?, who: event.who, what, typed })
        };
        Ok(Exported {
            timeline: events.into_iter().map(step).collect::<Result<_>>()?,
            received: at(row.received_at)?,
            reply_by: at(row.reply_by)?,
            status: row.status,
            suspicion: row.suspicion,
            first_contact: row.first_contact_at.map(at).transpose()?,
            next_step: row.next_step_at.map(at).transpose()?,
            closed: row.closed_at.map(at).transpose()?,
            close_reason: row.close_reason,
            answers,
            reference: row.reference,
        })
    }
}

impl Exported {
    /// Whether some of it did not open.
    pub fn is_damaged(&self) -> bool {
        self.answers.is_none() || self.timeline.iter().any(|event| event.typed == Typed::Damaged)
    }
}

fn start_of(date: Date, zone: &TimeZone) -> Result<i64> {
    Ok(date.to_zoned(zone.clone()).context("a day without a beginning")?.timestamp().as_millisecond())
}
