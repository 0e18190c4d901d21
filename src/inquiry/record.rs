//! One inquiry as it stands in the database, and its opening with the practice's key.
//!
//! Opening takes a fraction of a millisecond and is done outside of any transaction. A record that does not open is shown
//! as damaged; it never keeps others from being shown.

use anyhow::{Context, Result, anyhow};
use jiff::Timestamp;
use sqlx::SqliteConnection;

use super::answers::Answers;
use super::reference::Reference;
use super::status::{CloseReason, Status};
use super::suspicion::Reason;
use super::timeline::Step;
use crate::seal::{self, PrivateKey};

/// A row, still sealed.
pub struct Record {
    pub id: i64,
    pub reference: Reference,
    pub received: Timestamp,
    pub reply_by: Timestamp,
    pub status: Status,
    pub suspicion: Vec<Reason>,
    pub first_contact: Option<Timestamp>,
    pub last_activity: Timestamp,
    pub next_step: Option<Timestamp>,
    pub closed: Option<Timestamp>,
    pub close_reason: Option<CloseReason>,
    /// Counts the changes; a form that was made from an older one meets a conflict.
    pub version: i64,
    /// What happened last and still stands.
    pub last_step: Step,
    sealed: Vec<u8>,
}

/// A row and what was in it.
pub struct Inquiry {
    pub record: Record,
    /// `None` where the record is damaged.
    pub answers: Option<Answers>,
}

impl Record {
    /// Whether it was closed because the person wants to hear nothing more.
    pub fn asked_to_stop(&self) -> bool {
        self.close_reason == Some(CloseReason::AskedToStop)
    }

    /// Opens it. Slow enough to be kept away from transactions and, for many, from async threads.
    pub fn open(self, key: &PrivateKey) -> Inquiry {
        let answers = answers_in(key, self.reference.as_str(), &self.sealed);
        Inquiry { record: self, answers }
    }
}

impl Inquiry {
    /// What says how the person may be reached. `None` where nobody may reach them: they asked to stop, or the record is
    /// damaged.
    pub fn plan(&self) -> Option<&Answers> {
        self.answers.as_ref().filter(|_| !self.record.asked_to_stop())
    }
}

/// What is in a sealed blob, `None` where it does not open or is not of this reference.
pub fn answers_in(key: &PrivateKey, reference: &str, sealed: &[u8]) -> Option<Answers> {
    let opened = seal::open(key, reference, sealed).ok()?;
    serde_json::from_slice(&opened).ok()
}

#[derive(sqlx::FromRow)]
struct Stored {
    id: i64,
    reference: String,
    received_at: i64,
    reply_by: i64,
    status: String,
    suspicion: Option<String>,
    answers: Vec<u8>,
    first_contact_at: Option<i64>,
    last_activity_at: i64,
    next_step_at: Option<i64>,
    closed_at: Option<i64>,
    close_reason: Option<String>,
    version: i64,
    last_kind: Option<String>,
    last_detail: Option<String>,
}

/// The records with these ids, in this order. An id that is not there is left out.
///
/// # Errors
/// When the database can't be read, or holds what no program of ours wrote.
pub async fn load(conn: &mut SqliteConnection, ids: &[i64]) -> Result<Vec<Record>> {
    let rows: Vec<Stored> = sqlx::query_as(
        "SELECT inquiries.*, last.kind AS last_kind, last.detail AS last_detail
         FROM json_each(?) AS wanted
         JOIN inquiries ON inquiries.id = wanted.value
         LEFT JOIN events AS last ON last.id =
             (SELECT max(id) FROM events WHERE inquiry_id = inquiries.id AND undone_at IS NULL AND kind <> 'undone')
         ORDER BY wanted.key",
    )
    .bind(serde_json::to_string(ids)?)
    .fetch_all(conn)
    .await
    .context("reading inquiries")?;
    rows.into_iter().map(Record::try_from).collect()
}

/// The record with this reference.
///
/// # Errors
/// As `load`.
pub async fn find(conn: &mut SqliteConnection, reference: &Reference) -> Result<Option<Record>> {
    let id: Option<i64> = sqlx::query_scalar("SELECT id FROM inquiries WHERE reference = ?")
        .bind(reference.as_str())
        .fetch_optional(&mut *conn)
        .await
        .context("looking for an inquiry")?;
    let Some(id) = id else { return Ok(None) };
    Ok(load(conn, &[id]).await?.pop())
}

impl TryFrom<Stored> for Record {
    type Error = anyhow::Error;

    fn try_from(row: Stored) -> Result<Self> {
        let reference = row.reference.parse().map_err(|_| anyhow!("a reference in the database is none"))?;
        let status = Status::named(&row.status).context("a status in the database is none")?;
        let words = row.suspicion.unwrap_or_default();
        let last_kind = row.last_kind.unwrap_or_default();
        Ok(Self {
            id: row.id,
            reference,
            received: Timestamp::from_millisecond(row.received_at)?,
            reply_by: Timestamp::from_millisecond(row.reply_by)?,
            status,
            suspicion: words.split(' ').filter_map(Reason::named).collect(),
            first_contact: row.first_contact_at.map(Timestamp::from_millisecond).transpose()?,
            last_activity: Timestamp::from_millisecond(row.last_activity_at)?,
            next_step: row.next_step_at.map(Timestamp::from_millisecond).transpose()?,
            closed: row.closed_at.map(Timestamp::from_millisecond).transpose()?,
            close_reason: row.close_reason.as_deref().and_then(CloseReason::named),
            version: row.version,
            last_step: Step::read(&last_kind, row.last_detail.as_deref()),
            sealed: row.answers,
        })
    }
}
