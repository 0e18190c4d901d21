//! The timeline of an inquiry: what happened, who did it and when. What was typed with it is sealed.

use anyhow::{Context, Result};
use jiff::Timestamp;
use jiff::civil::Date;
use sqlx::SqliteConnection;

use super::contact::Kind;
use super::reference::Reference;
use super::status::{CloseReason, Status};
use crate::seal::{self, PrivateKey};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Received,
    Status {
        from: Status,
        to: Status,
        reason: Option<CloseReason>,
    },
    Note,
    Contact(Kind),
    /// `None`: the date was taken away.
    NextStep(Option<Date>),
    /// The change before was taken back.
    Undone,
    /// It is kept longer than the clock would have it.
    Kept,
    /// Something that another part of the program wrote down.
    Other,
}

impl Step {
    /// The words in the database: `kind` and `detail`.
    pub fn words(self) -> (&'static str, String) {
        match self {
            Self::Received => ("received", String::new()),
            Self::Status { from, to, reason } => {
                let reason = reason.map_or("", CloseReason::name);
                ("status", format!("{} {} {reason}", from.name(), to.name()).trim_end().to_owned())
            }
            Self::Note => ("note", String::new()),
            Self::Contact(kind) => ("contact", kind.name().to_owned()),
            Self::NextStep(date) => ("next-step", date.map(|date| date.to_string()).unwrap_or_default()),
            Self::Undone => ("undone", String::new()),
            Self::Kept => ("kept", String::new()),
            Self::Other => ("other", String::new()),
        }
    }

    /// Reads the words back.
    pub fn read(kind: &str, detail: Option<&str>) -> Self {
        let detail = detail.unwrap_or_default();
        match kind {
            "received" => Self::Received,
            "status" => Self::status_in(detail).unwrap_or(Self::Other),
            "note" => Self::Note,
            "contact" => Kind::named(detail).map_or(Self::Other, Self::Contact),
            "next-step" => Self::NextStep(detail.parse().ok()),
            "undone" => Self::Undone,
            "kept" => Self::Kept,
            _ => Self::Other,
        }
    }

    fn status_in(detail: &str) -> Option<Self> {
        let mut words = detail.split(' ');
        let from = Status::named(words.next()?)?;
        let to = Status::named(words.next()?)?;
        Some(Self::Status { from, to, reason: words.next().and_then(CloseReason::named) })
    }
}

/// What is written down with a change.
pub struct NewEvent<'a> {
    /// `None`: the site itself.
    pub staff_id: Option<i64>,
    pub step: Step,
    pub sealed: Option<&'a [u8]>,
    /// The version of the inquiry after it.
    pub version: i64,
    /// How the row stood before, where it can be taken back.
    pub before: Option<String>,
}

/// Adds an event.
pub(super) async fn add(
    conn: &mut SqliteConnection,
    inquiry_id: i64,
    event: NewEvent<'_>,
    now: Timestamp,
) -> Result<()> {
    let (kind, detail) = event.step.words();
    sqlx::query(
        "INSERT INTO events (inquiry_id, at, staff_id, kind, detail, sealed, version, before)
         VALUES (?, ?, ?, ?, nullif(?, ''), ?, ?, ?)",
    )
    .bind(inquiry_id)
    .bind(now.as_millisecond())
    .bind(event.staff_id)
    .bind(kind)
    .bind(detail)
    .bind(event.sealed)
    .bind(event.version)
    .bind(event.before)
    .execute(conn)
    .await
    .context("writing the timeline")?;
    Ok(())
}

/// A step of the timeline, still sealed.
pub struct Sealed {
    at: Timestamp,
    staff_id: Option<i64>,
    who: Option<String>,
    step: Step,
    version: Option<i64>,
    undone: bool,
    sealed: Option<Vec<u8>>,
}

/// A step of the timeline as it is read.
pub struct Event {
    pub at: Timestamp,
    /// The name of the person; `None` for the site itself.
    pub who: Option<String>,
    pub step: Step,
    /// The version of the inquiry after it.
    pub version: Option<i64>,
    /// It was taken back later.
    pub undone: bool,
    pub text: Text,
}

/// What was typed with a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Text {
    None,
    Typed(String),
    Damaged,
}

#[derive(sqlx::FromRow)]
struct Stored {
    at: i64,
    staff_id: Option<i64>,
    who: Option<String>,
    kind: String,
    detail: Option<String>,
    version: Option<i64>,
    undone_at: Option<i64>,
    sealed: Option<Vec<u8>>,
}

/// The whole timeline, the latest first.
///
/// # Errors
/// When the database can't be read.
pub async fn list(conn: &mut SqliteConnection, inquiry_id: i64) -> Result<Vec<Sealed>> {
    let rows: Vec<Stored> = sqlx::query_as(
        "SELECT at, staff_id, staff.name AS who, kind, detail, version, undone_at, sealed
         FROM events LEFT JOIN staff ON staff.id = staff_id
         WHERE inquiry_id = ? ORDER BY events.id DESC",
    )
    .bind(inquiry_id)
    .fetch_all(conn)
    .await
    .context("reading the timeline")?;
    let sealed = |row: Stored| {
        Ok(Sealed {
            at: Timestamp::from_millisecond(row.at)?,
            staff_id: row.staff_id,
            who: row.who,
            step: Step::read(&row.kind, row.detail.as_deref()),
            version: row.version,
            undone: row.undone_at.is_some(),
            sealed: row.sealed,
        })
    };
    rows.into_iter().map(sealed).collect()
}

impl Sealed {
    /// Whether this person did it after that version, and it still stands.
    pub fn stands_since(&self, version: i64, staff_id: i64) -> bool {
        self.staff_id == Some(staff_id) && !self.undone && self.version.is_some_and(|after| after > version)
    }

    /// Opens what was typed with it.
    pub fn open(self, key: &PrivateKey, reference: &Reference) -> Event {
        let text = match &self.sealed {
            None => Text::None,
            Some(sealed) => match seal::open(key, reference.as_str(), sealed) {
                Ok(opened) => Text::Typed(String::from_utf8_lossy(&opened).into_owned()),
                Err(_) => Text::Damaged,
            },
        };
        let Self { at, who, step, version, undone, .. } = self;
        Event { at, who, step, version, undone, text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inquiry::fixture::{self, Inbox};

    #[test]
    fn every_step_reads_back_from_its_words() {
        for step in [
            Step::Received,
            Step::Status { from: Status::New, to: Status::Spam, reason: None },
            Step::Status { from: Status::Contacted, to: Status::Closed, reason: Some(CloseReason::NoReply) },
            Step::Note,
            Step::Contact(Kind::Voicemail),
            Step::NextStep(Some(jiff::civil::date(2026, 12, 1))),
            Step::NextStep(None),
            Step::Undone,
            Step::Kept,
        ] {
            let (kind, detail) = step.words();
            assert_eq!(Step::read(kind, Some(&detail).filter(|d| !d.is_empty()).map(|d| d.as_str())), step);
        }
        assert_eq!(Step::read("erased", None), Step::Other);
        assert_eq!(Step::read("status", Some("new nonsense")), Step::Other);
    }

    #[tokio::test]
    async fn the_timeline_of_a_new_inquiry_has_its_arrival() {
        let inbox = Inbox::new().await;
        let reference = inbox.add(&fixture::answers("Sam Made-Up"), 0, "").await;
        let listed = list(&mut inbox.db.read().await.expect("reads"), 1).await.expect("reads");
        let events: Vec<_> = listed.into_iter().map(|event| event.open(&inbox.key, &reference)).collect();
        assert_eq!(events.len(), 1);
        assert_eq!(
            (events[0].at, events[0].step, &events[0].text),
            (fixture::at(0), Step::Received, &Text::None)
        );
    }
}
