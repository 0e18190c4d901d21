//! The part of a row that changes move, and what a new status makes of it. No database, no ledger.

use anyhow::{Context, Result};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use crate::content::{Practice, calendar};
use crate::inquiry::status::{CloseReason, Status};

/// Somebody on the waitlist is asked again after so many weeks.
const CHECK_IN_WEEKS: i64 = 3;

/// The part of a row that changes move. As JSON it stands with an event, for taking it back.
#[derive(Clone, Serialize, Deserialize, sqlx::FromRow)]
pub struct State {
    pub status: String,
    pub suspicion: Option<String>,
    pub reply_by: i64,
    pub first_contact_at: Option<i64>,
    pub last_activity_at: i64,
    pub next_step_at: Option<i64>,
    pub closed_at: Option<i64>,
    pub close_reason: Option<String>,
    pub keep_until: Option<i64>,
}

impl State {
    pub fn status(&self) -> Result<Status> {
        Status::named(&self.status).context("a status in the database is none")
    }

    /// The day of the next step at the practice.
    pub fn next_step(&self, practice: &Practice) -> Option<Date> {
        let at = Timestamp::from_millisecond(self.next_step_at?).ok()?;
        Some(at.to_zoned(practice.time_zone()).date())
    }

    /// With a new status. What it brings along: a clock, a check-in, an end.
    pub fn after(
        &self,
        status: Status,
        reason: Option<CloseReason>,
        practice: &Practice,
        now: Timestamp,
    ) -> Self {
        let at = now.as_millisecond();
        let mut after = Self {
            status: status.name().into(),
            last_activity_at: at,
            closed_at: (!status.is_open()).then_some(at),
            close_reason: reason.map(|reason| reason.name().into()),
            keep_until: None,
            ..self.clone()
        };
        if self.status == Status::Spam.name() {
            after.suspicion = None;
        }
        match status {
            // Opened again: a new promise begins now.
            Status::New => {
                after.first_contact_at = None;
                after.reply_by = calendar::reply_by(now, practice).as_millisecond();
            }
            Status::Waitlist => {
                let day = now.to_zoned(practice.time_zone()).date().saturating_add(CHECK_IN_WEEKS.weeks());
                after.next_step_at = Some(start_of(day, practice, now));
            }
            // The day was the one of the check-in, or nothing is left to do.
            _ if self.status == Status::Waitlist.name() || !status.is_open() => after.next_step_at = None,
            _ => {}
        }
        if status.means_contact() {
            after.first_contact_at.get_or_insert(at);
        }
        after
    }
}

/// The first moment of a day at the practice; where that can't be told, now.
pub fn start_of(date: Date, practice: &Practice, now: Timestamp) -> i64 {
    date.to_zoned(practice.time_zone()).map_or(now, |day| day.timestamp()).as_millisecond()
}
