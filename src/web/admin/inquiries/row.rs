//! An inquiry as one row of a list.

use jiff::Timestamp;
use tokio::task::{JoinError, spawn_blocking};

use crate::content::{Practice, calendar, states};
use crate::inquiry::record::{Inquiry, Record};
use crate::inquiry::{Answers, clock, looks};
use crate::seal::PrivateKey;

/// What a row shows, in words where they depend on the practice's time zone.
pub struct Row {
    pub inquiry: Inquiry,
    /// Absent when nobody waits for a first word.
    pub due: Option<clock::Due>,
    /// `May 5, 9:14 AM`
    pub received: String,
    pub next_step: Option<String>,
    pub last_activity: String,
}

/// Opens the records of a list. A page of them takes some milliseconds, which is too long for an async thread.
///
/// # Errors
/// When the opening ends early.
pub async fn rows(
    records: Vec<Record>,
    key: &PrivateKey,
    practice: &Practice,
    now: Timestamp,
) -> Result<Vec<Row>, JoinError> {
    let key = key.clone();
    let open = move || records.into_iter().map(|record| record.open(&key)).collect::<Vec<_>>();
    let inquiries = spawn_blocking(open).await?;
    Ok(inquiries.into_iter().map(|inquiry| Row::of(inquiry, practice, now)).collect())
}

impl Row {
    pub fn of(inquiry: Inquiry, practice: &Practice, now: Timestamp) -> Self {
        let record = &inquiry.record;
        let runs = clock::runs(record.status, record.first_contact);
        let day = |at: Timestamp| calendar::weekday_and_day(at.to_zoned(practice.time_zone()).date());
        Self {
            due: runs.then(|| clock::due(record.reply_by, practice, now)),
            received: moment_in_row(record.received, practice, now),
            next_step: record.next_step.map(day),
            last_activity: moment_in_row(record.last_activity, practice, now),
            inquiry,
        }
    }

    pub fn answers(&self) -> Option<&Answers> {
        self.inquiry.answers.as_ref()
    }

    /// The address of the inquiry, opened from a view; blank: from none.
    pub fn address(&self, view: &str) -> String {
        let reference = &self.inquiry.record.reference;
        match view {
            "" => format!("/admin/inquiries/{reference}"),
            view => format!("/admin/inquiries/{reference}?view={view}"),
        }
    }

    /// Where the name could fool the eye.
    pub fn turns_direction(&self) -> bool {
        self.answers().is_some_and(|answers| looks::turns_direction(&answers.name))
    }

    pub fn state(&self) -> &str {
        self.answers().map_or("", |answers| states::name(&answers.location).unwrap_or(&answers.location))
    }
}

/// `May 5, 9:14 AM`, where there is little room; a year that is over is named instead of the time.
fn moment_in_row(at: Timestamp, practice: &Practice, now: Timestamp) -> String {
    let zone = practice.time_zone();
    let (at, now) = (at.to_zoned(zone.clone()), now.to_zoned(zone));
    at.strftime(if at.year() == now.year() { "%b %-d, %-I:%M\u{a0}%p" } else { "%b %-d, %Y" }).to_string()
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::mpsc;
    use std::task::{Context, Waker};

    use super::*;

    #[test]
    fn records_are_opened_away_from_the_async_threads() {
        let runtime = tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).build();
        let (release, busy) = mpsc::channel::<()>();
        runtime.expect("a runtime").block_on(async {
            // The only other thread has something to do until it is released.
            let other = spawn_blocking(move || busy.recv());
            let (key, practice) = (PrivateKey::generate(), Practice::bare("Elm Street", "America/New_York"));
            let mut opening = pin!(rows(Vec::new(), &key, &practice, Timestamp::UNIX_EPOCH));
            let first = opening.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            assert!(first.is_pending(), "it waits for the other thread");
            release.send(()).expect("somebody waits");
            assert!(opening.await.expect("opens").is_empty());
            other.await.expect("ends").expect("is released");
        });
    }
}
