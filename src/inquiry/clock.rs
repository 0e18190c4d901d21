//! The promise clock of one inquiry in words: until when to answer, or how late it is. Never a countdown.

use jiff::civil::{Date, Time};
use jiff::{Timestamp, ToSpan};

use super::status::Status;
use crate::content::{Practice, calendar};

/// How an answer stands to its promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    Today(Time),
    Tomorrow,
    /// Within the next six days.
    Weekday(Date),
    Later(Date),
    /// The time has passed, and no business day has begun since.
    JustLate(Date, Time),
    /// So many business days have begun since; at least one.
    Late(u32),
}

/// Whether the clock of an inquiry runs: somebody waits, and nobody has been in touch.
pub fn runs(status: Status, first_contact: Option<Timestamp>) -> bool {
    status.is_open() && first_contact.is_none()
}

/// How a promise stands now.
pub fn due(reply_by: Timestamp, practice: &Practice, now: Timestamp) -> Due {
    let by = reply_by.to_zoned(practice.time_zone()).datetime();
    let today = now.to_zoned(practice.time_zone()).date();
    if now >= reply_by {
        return match business_days_after(by.date(), today, practice) {
            0 => Due::JustLate(by.date(), by.time()),
            days => Due::Late(days),
        };
    }
    match (by.date() - today).get_days() {
        ..=0 => Due::Today(by.time()),
        1 => Due::Tomorrow,
        2..=6 => Due::Weekday(by.date()),
        _ => Due::Later(by.date()),
    }
}

fn business_days_after(start: Date, end: Date, practice: &Practice) -> u32 {
    let days = start.series(1.day()).skip(1).take_while(|day| *day <= end);
    days.filter(|day| calendar::is_business_day(*day, practice)).count() as u32
}

impl Due {
    pub fn is_late(self) -> bool {
        matches!(self, Self::JustLate(..) | Self::Late(_))
    }

    /// Whether it needs an answer before the day is over.
    pub fn is_pressing(self) -> bool {
        self.is_late() || matches!(self, Self::Today(_))
    }

    /// Such as `Due today by 3:00 PM`.
    pub fn words(self) -> String {
        match self {
            Self::Today(time) => format!("Due today by {}", exact(time)),
            Self::Tomorrow => "Due tomorrow".into(),
            Self::Weekday(date) => date.strftime("Due %A").to_string(),
            Self::Later(date) => date.strftime("Due %B %-d").to_string(),
            Self::JustLate(date, time) => format!("Late since {}, {}", date.strftime("%A"), exact(time)),
            Self::Late(1) => "Late by 1 day".into(),
            Self::Late(days) => format!("Late by {days} days"),
        }
    }
}

fn exact(time: Time) -> String {
    time.strftime("%-I:%M %p").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(reply_by: &str, now: &str) -> String {
        let mut practice = Practice::bare("Elm Street Practice", "America/New_York");
        practice.holidays = vec![jiff::civil::date(2025, 5, 8)];
        let at = |local: &str| {
            let zoned: jiff::Zoned = format!("{local}[America/New_York]").parse().expect("a time");
            zoned.timestamp()
        };
        due(at(reply_by), &practice, at(now)).words()
    }

    #[test]
    fn what_is_due_is_said_in_days_and_never_counted_down() {
        let by = "2025-05-07T15:00";
        assert_eq!(words(by, "2025-05-07T00:00"), "Due today by 3:00 PM");
        assert_eq!(words(by, "2025-05-07T14:59:59"), "Due today by 3:00 PM");
        assert_eq!(words(by, "2025-05-06T23:59"), "Due tomorrow");
        assert_eq!(words(by, "2025-05-05T09:00"), "Due Wednesday");
        assert_eq!(words(by, "2025-05-01T09:00"), "Due Wednesday");
        assert_eq!(words(by, "2025-04-30T09:00"), "Due May 7");
    }

    #[test]
    fn lateness_counts_business_days() {
        let by = "2025-05-07T15:00"; // a Wednesday; the Thursday is a holiday
        assert_eq!(words(by, "2025-05-07T15:00"), "Late since Wednesday, 3:00 PM");
        assert_eq!(words(by, "2025-05-08T12:00"), "Late since Wednesday, 3:00 PM");
        assert_eq!(words(by, "2025-05-09T08:00"), "Late by 1 day");
        assert_eq!(words(by, "2025-05-11T08:00"), "Late by 1 day");
        assert_eq!(words(by, "2025-05-12T08:00"), "Late by 2 days");
    }

    #[test]
    fn days_are_the_practices_own() {
        let practice = Practice::bare("Elm Street Practice", "America/Los_Angeles");
        let at = |text: &str| text.parse::<Timestamp>().expect("a time");
        // 6 AM UTC on the 7th is still the evening of the 6th in Los Angeles.
        let due = due(at("2025-05-08T00:00:00Z"), &practice, at("2025-05-07T06:00:00Z"));
        assert_eq!(due, Due::Tomorrow);
    }

    #[test]
    fn the_clock_runs_only_while_somebody_waits_unanswered() {
        assert!(runs(Status::New, None));
        assert!(runs(Status::Waitlist, None));
        assert!(!runs(Status::New, Some(Timestamp::UNIX_EPOCH)));
        assert!(!runs(Status::Closed, None));
        assert!(!runs(Status::Spam, None));
    }
}
