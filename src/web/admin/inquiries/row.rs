//! An inquiry as one row of a list.

use crate::content::{Practice, calendar, states};
use crate::inquiry::record::Inquiry;
use crate::inquiry::{Answers, clock, looks};
use jiff::Timestamp;

/// What a row shows, in words where they depend on the practice's time zone.
pub struct Row {
    pub inquiry: Inquiry,
    /// Absent when nobody waits for a first word.
    pub due: Option<clock::Due>,
    /// `May 5, 2025, 9:14 AM`
    pub received: String,
    pub next_step: Option<String>,
    pub last_activity: String,
}

impl Row {
    pub fn of(inquiry: Inquiry, practice: &Practice, now: Timestamp) -> Self {
        let record = &inquiry.record;
        let runs = clock::runs(record.status, record.first_contact);
        let day = |at: Timestamp| calendar::weekday_and_day(at.to_zoned(practice.time_zone()).date());
        Self {
            due: runs.then(|| clock::due(record.reply_by, practice, now)),
            received: moment(record.received, practice),
            next_step: record.next_step.map(day),
            last_activity: moment(record.last_activity, practice),
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

/// `May 5, 2025, 9:14 AM`
pub fn moment(at: Timestamp, practice: &Practice) -> String {
    at.to_zoned(practice.time_zone()).strftime("%b %-d, %Y, %-I:%M %p").to_string()
}
